//! Certificates are obtained and renewed while clients connect.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_renewal::acme::AcmeClient;
use pyssl_renewal::{CertFiles, CertReloader};
use pyssl_testing::pebble::{Pebble, free_port};

use crate::support::{NAME, PATIENCE, Renewal, connect, server, service, trusting};

const CLIENTS: usize = 64;

/// Without a terminal, certbot sleeps for minutes before it renews.
const RENEW: [&str; 3] = ["renew", "--force-renewal", "--no-random-sleep-on-renew"];

/// Connects with 64 clients in a loop while `renew` is called. Every other client offers the session of its last
/// connection. No handshake may fail.
fn under_load(
    root: &str,
    address: std::net::SocketAddr,
    tickets: bool,
    renew: impl FnOnce(&dyn Fn()),
) {
    let (over, done, resumed) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let (faults, seen) = (Mutex::new(Vec::new()), Mutex::new(HashSet::new()));
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (over, done, resumed) = (&over, &done, &resumed);
            let (faults, seen) = (&faults, &seen);
            let client = trusting(root);
            scope.spawn(move || {
                let mut session = None;
                while !over.load(Ordering::Relaxed) {
                    let offered = session.take();
                    let offers = offered.is_some();
                    match connect(&client, address, offered) {
                        Ok(conn) => {
                            let reused = conn.session_reused().unwrap_or_default();
                            if offers && tickets && !reused {
                                let text = "a session was not resumed".to_owned();
                                faults.lock().unwrap().push(text);
                            }
                            resumed.fetch_add(usize::from(reused), Ordering::Relaxed);
                            let shown = conn.getpeercert_binary().unwrap().unwrap();
                            seen.lock().unwrap().insert(shown);
                            session = conn.session().filter(|_| number % 2 == 0);
                        }
                        Err(error) => faults.lock().unwrap().push(error.to_string()),
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let round = || {
            let now = done.load(Ordering::Relaxed);
            while done.load(Ordering::Relaxed) < now + 2 * CLIENTS {
                thread::sleep(Duration::from_millis(2));
            }
        };
        // The clients end even if a check in `renew` fails.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            round();
            renew(&round);
            round();
        }));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
    let (done, resumed) = (done.into_inner(), resumed.into_inner());
    assert_eq!(faults.into_inner().unwrap(), [""; 0], "of {done}");
    assert!(seen.into_inner().unwrap().len() >= 6);
    assert_eq!(resumed > 0, tickets);
    println!("{done} handshakes, {resumed} of them resumed, none failed");
}

fn without_tickets(context: &ssl::SslContext) {
    context
        .set_options(context.options() | ssl::OP_NO_TICKET)
        .unwrap();
    context.set_num_tickets(0).unwrap();
}

#[test]
fn pebbles_certificate_is_renewed_five_times_while_64_clients_connect() {
    for tickets in [true, false] {
        let context = server();
        if !tickets {
            without_tickets(&context);
        }
        let address = service(&context);
        let Some(pebble) = Pebble::start_on(false, free_port(), address.port()) else {
            return;
        };
        let directory = tempfile::tempdir().unwrap();
        let client = AcmeClient::new(pebble.url(), directory.path().join("acme"))
            .cafile(pebble.cafile())
            .domains([NAME])
            .email("admin@service.example")
            .agree_tos(true)
            .tls_alpn_01(&context);
        let watched = Renewal::start(client, &context);
        assert!(watched.renewal.wait(PATIENCE).is_some());
        watched.obtained();
        under_load(&pebble.root(), address, tickets, |round| {
            for _ in 0..5 {
                let before = watched.served();
                watched.renewal.renew();
                watched.renewed();
                assert_ne!(watched.served(), before);
                round();
            }
        });
    }
}

/// Runs certbot.
fn certbot(pebble: &Pebble, directory: &Path, args: &[&str]) {
    let part = |name: &str| directory.join(name);
    let output = Command::new("certbot")
        .args(args)
        .args(["--server", &pebble.url(), "--non-interactive"])
        .args(["--http-01-port", &pebble.http_port.to_string()])
        .arg("--config-dir")
        .arg(part("config"))
        .arg("--work-dir")
        .arg(part("work"))
        .arg("--logs-dir")
        .arg(part("logs"))
        .env("REQUESTS_CA_BUNDLE", pebble.cafile())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

#[test]
fn certbots_renewals_are_put_into_service_while_64_clients_connect() {
    if Command::new("certbot").arg("--version").output().is_err() {
        pyssl_testing::skip::skipped("certbot is not installed (Debian: apt-get install certbot)");
        return;
    }
    let Some(pebble) = Pebble::start_or_skip(false) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let new = ["certonly", "--standalone", "-d", NAME, "--agree-tos"];
    let new = [&new[..], &["--register-unsafely-without-email"]].concat();
    certbot(&pebble, directory.path(), &new);

    let live = directory.path().join("config/live").join(NAME);
    let files = CertFiles::new(live.join("fullchain.pem"))
        .keyfile(live.join("privkey.pem"))
        .names([NAME]);
    for tickets in [true, false] {
        let context = server();
        if !tickets {
            without_tickets(&context);
        }
        let (told, events) = std::sync::mpsc::channel();
        let _reloader = CertReloader::builder(&context)
            .certificate(files.clone())
            .on_event(move |event| drop(told.send(event.clone())))
            .start()
            .unwrap();
        let address = service(&context);
        under_load(&pebble.root(), address, tickets, |round| {
            for _ in 0..5 {
                certbot(&pebble, directory.path(), &RENEW);
                match events.recv_timeout(PATIENCE).unwrap() {
                    pyssl_renewal::Event::Loaded { .. } => {}
                    other => panic!("{other}"),
                }
                round();
            }
        });
    }
    assert!(
        fs::read_dir(directory.path().join("config/archive").join(NAME))
            .unwrap()
            .count()
            >= 44
    );
}
