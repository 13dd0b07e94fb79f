//! Connections over memory, which somebody else carries.

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::support::{Pair, client_context, server_context, unverified_client};

fn pair() -> Pair {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    Pair::new(&client_context(&ca), &server, "localhost").unwrap()
}

#[test]
fn an_object_knows_nothing_before_its_handshake() {
    let pair = pair();
    for end in [&pair.client, &pair.server] {
        assert_eq!((end.cipher(), end.version()), (None, None));
        assert_eq!(end.shared_ciphers(), None);
        assert_eq!(end.get_channel_binding("tls-unique").unwrap(), None);
        let error = end.getpeercert().unwrap_err();
        assert_eq!(error.python_class(), "ValueError");
        assert_eq!(error.to_string(), "handshake not done yet");
    }
    let pair = pair.connected();
    assert!(pair.client.cipher().is_some() && pair.client.version().is_some());
    assert!(pair.server.shared_ciphers().is_some());
    assert!(pair.client.getpeercert().unwrap().is_some());
}

#[test]
fn unwrap_says_goodbye_and_waits_for_the_answer() {
    let pair = pair().connected();
    pair.client.write(b"FOO\n").unwrap();
    pair.pump();
    assert_eq!(pair.server.read(1024).unwrap(), b"FOO\n");
    // What was sent before goes on to be read.
    pair.pump();
    assert!(matches!(pair.client.read(1), Err(ssl::Error::WantRead(_))));
    assert!(matches!(pair.client.unwrap(), Err(ssl::Error::WantRead(_))));
    pair.pump();
    pair.server.unwrap().unwrap();
    pair.pump();
    pair.client.unwrap().unwrap();
    let error = pair.client.write(b"more").unwrap_err();
    assert_eq!(error.reason(), Some("PROTOCOL_IS_SHUTDOWN"));
}

#[test]
fn an_end_without_goodbye_is_an_error() {
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = unverified_client()
        .wrap_bio(&incoming, &outgoing, "localhost")
        .unwrap();
    assert!(matches!(object.read(1), Err(ssl::Error::WantRead(_))));
    incoming.write_eof();
    let error = object.read(1).unwrap_err();
    assert_eq!(error.python_class(), "SSLEOFError");
}

#[test]
fn contexts_count_what_became_of_their_connections() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
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

/// A switch to a context that shows nobody its messages, while the first one's callback is at work.
#[test]
fn a_switch_to_a_context_without_message_callback_locks_nothing() {
    let ca = Ca::new();
    let (first, second) = (
        server_context(&ca.issue("localhost")),
        server_context(&ca.issue("localhost")),
    );
    first.set_message_callback(|_| Ok(())).unwrap();
    first
        .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(second.clone())))
        .unwrap();
    let client = client_context(&ca);
    for _ in 0..2 {
        Pair::new(&client, &first, "localhost").unwrap().connected();
    }
}

#[test]
fn eight_threads_load_one_certificate_into_one_context() {
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
    Pair::new(&client_context(&ca), &context, "localhost")
        .unwrap()
        .connected();
}

#[test]
fn a_store_counts_leaves_authorities_and_lists() {
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
