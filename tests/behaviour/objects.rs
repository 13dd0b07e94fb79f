//! Connections over memory buffers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::link::{Contexts, Watchdog};
use crate::support::{
    Pair, class, client_context, connected, outcome, server_context, told, unverified_client,
};

#[test]
fn getters_of_an_object_are_none_before_the_handshake() {
    let pair = Contexts::new().pair();
    for end in [&pair.client, &pair.server] {
        assert_eq!((end.cipher(), end.version()), (None, None));
        assert_eq!(end.shared_ciphers(), None);
        assert_eq!(end.get_channel_binding("tls-unique").unwrap(), None);
        let text = "ValueError: handshake not done yet";
        assert_eq!(told(end.getpeercert()), text);
    }
    let pair = pair.connected();
    assert!(pair.client.cipher().is_some() && pair.client.version().is_some());
    assert!(pair.server.shared_ciphers().is_some());
    assert!(pair.client.getpeercert().unwrap().is_some());
}

#[test]
fn unwrap_sends_close_notify_and_waits_for_the_peers() {
    let pair = Contexts::new().connected();
    pair.client.write(b"FOO\n").unwrap();
    pair.pump();
    assert_eq!(pair.server.read(1024).unwrap(), b"FOO\n");
    // The server has sent neither data nor `close_notify`, so both calls must wait.
    pair.pump();
    assert_eq!(class(pair.client.read(1)), "SSLWantReadError");
    assert_eq!(class(pair.client.unwrap()), "SSLWantReadError");
    pair.pump();
    pair.server.unwrap().unwrap();
    pair.pump();
    pair.client.unwrap().unwrap();
    let late = outcome(&pair.client.write(b"more"));
    assert_eq!(late, "SSLError:PROTOCOL_IS_SHUTDOWN");
}

#[test]
fn an_end_without_close_notify_is_an_error() {
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = unverified_client().wrap_bio(&incoming, &outgoing, "localhost");
    let object = object.unwrap();
    assert_eq!(class(object.read(1)), "SSLWantReadError");
    incoming.write_eof();
    assert_eq!(class(object.read(1)), "SSLEOFError");
}

#[test]
fn session_stats_count_the_contexts_handshakes() {
    let Contexts { client, server } = Contexts::new();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    for context in [&client, &server] {
        let items = context.session_stats().items();
        assert_eq!(items.len(), 11);
        assert!(items.iter().all(|(_, count)| *count == 0), "{items:?}");
    }
    let mut session = None;
    for (resumes, hits) in [(false, 0), (true, 1), (false, 1), (true, 2)] {
        let offered = session.clone().filter(|_| resumes);
        let options = ssl::WrapBio::from("localhost").session(offered);
        let pair = Pair::new(&client, &server, options).unwrap().connected();
        assert_eq!(pair.client.session_reused(), resumes);
        assert_eq!(server.session_stats().hits, hits);
        session = pair.client.session();
    }
    let stats = server.session_stats();
    assert_eq!((stats.accept, stats.accept_good), (4, 4));
}

/// Switches to a context without a message callback while the first context's callback runs.
#[test]
fn switching_to_a_context_without_message_callback_does_not_deadlock() {
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let (first, second) = (
        server_context(&ca.issue("localhost")),
        server_context(&ca.issue("localhost")),
    );
    let (shown, switched) = (Arc::new(AtomicUsize::new(0)), second.clone());
    let count = Arc::clone(&shown);
    first
        .set_message_callback(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
    first
        .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(switched.clone())))
        .unwrap();
    let client = client_context(&ca);
    for done in 1..=2 {
        connected(&client, &first);
        assert!(shown.swap(0, Ordering::Relaxed) > 0);
        assert_eq!(second.session_stats().accept_good, done);
    }
}

#[test]
fn eight_threads_load_one_certificate_into_a_shared_context() {
    let ca = Ca::new();
    let files = pyssl_testing::Files::new(&ca, &ca.issue("localhost"));
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    context.load_cert_chain(&files.combined).unwrap();
                }
            });
        }
    });
    connected(&client_context(&ca), &context);
}

#[test]
fn cert_store_stats_counts_leaves_authorities_and_crls() {
    let ca = Ca::new();
    let files = pyssl_testing::Files::new(&ca, &ca.issue("localhost"));
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let counts = || {
        let stats = context.cert_store_stats();
        (stats.x509, stats.x509_ca, stats.crl)
    };
    assert_eq!(counts(), (0, 0, 0));
    context.load_cert_chain(&files.combined).unwrap();
    assert_eq!(counts(), (0, 0, 0));
    context.load_verify_locations(&files.cert).unwrap();
    assert_eq!(counts(), (1, 0, 0));
    assert!(context.get_ca_certs().is_empty());
    context.load_verify_locations(&files.ca).unwrap();
    assert_eq!(counts(), (2, 1, 0));
    let found = context.get_ca_certs();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_der().unwrap(), ca.der());
    assert_eq!(found[0].get_info().unwrap().version(), 3);
}
