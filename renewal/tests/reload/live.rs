//! Renewals under load.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use pyssl as ssl;
use pyssl_renewal::CertReloader;
use pyssl_testing::Ca;

use crate::support::{Pair, Watched, client, connected, server};

#[test]
fn no_handshake_fails_and_sessions_resume_while_the_certificate_is_renewed_five_times() {
    let ca = Ca::new();
    let (pair, server) = (Pair::new(&ca.issue("localhost")), server());
    let watched = Watched::start(CertReloader::builder(&server).certificate(pair.files()));
    let (over, handshakes, resumed) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    thread::scope(|scope| {
        for number in 0..4 {
            let (over, handshakes, resumed) = (&over, &handshakes, &resumed);
            let (client, server) = (client(&ca), &server);
            scope.spawn(move || {
                let mut session: Option<ssl::SslSession> = None;
                while !over.load(Ordering::Relaxed) {
                    let had = session.is_some();
                    let options = ssl::WrapBio::from("localhost").session(session.take());
                    let end = connected(&client, server, options).unwrap();
                    assert_eq!(end.session_reused(), had);
                    resumed.fetch_add(usize::from(had), Ordering::Relaxed);
                    handshakes.fetch_add(1, Ordering::Relaxed);
                    // The clients with even numbers offer the session of the connection before.
                    session = end.session().filter(|_| number % 2 == 0);
                }
            });
        }
        for _ in 0..5 {
            let leaf = ca.issue("localhost");
            pair.write(&leaf);
            watched.loaded();
            let now = handshakes.load(Ordering::Relaxed);
            while handshakes.load(Ordering::Relaxed) < now + 20 {
                thread::yield_now();
            }
            let status = watched.reloader.status();
            assert_eq!(status[0].certificate().to_der().unwrap(), leaf.der());
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(resumed.load(Ordering::Relaxed) > 0);
}

#[cfg(feature = "tokio")]
#[test]
fn an_asynchronous_task_receives_the_events_from_its_subscription_on() {
    let ca = Ca::new();
    let (pair, server) = (Pair::new(&ca.issue("localhost")), server());
    let watched = Watched::start(CertReloader::builder(&server).certificate(pair.files()));
    let mut early = watched.reloader.subscribe();
    let renewed = ca.issue("localhost");
    pair.write(&renewed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let loaded = runtime.block_on(async {
        let patience = std::time::Duration::from_secs(60);
        loop {
            let event = tokio::time::timeout(patience, early.recv()).await;
            // The reloader may read the files after only one of them was written. Then a failure precedes this event.
            if let pyssl_renewal::Event::Loaded { path, .. } = event.unwrap().unwrap() {
                return path;
            }
        }
    });
    assert_eq!(loaded, pair.chain());
    let served = crate::support::connect(&client(&ca), &server, "localhost");
    assert_eq!(served.unwrap(), renewed.der());
    // This subscription begins after the event, so it does not receive it. The channel closes when the reloader is
    // dropped.
    let mut late = watched.reloader.subscribe();
    drop(watched);
    let end = runtime.block_on(async { late.recv().await });
    assert!(
        matches!(end, Err(tokio::sync::broadcast::error::RecvError::Closed)),
        "{end:?}"
    );
}
