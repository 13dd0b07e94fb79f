//! Sessions that a client context keeps for later connections.

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::link::{BOTH_VERSIONS, Contexts, Watchdog, client_options, server_options, tcp_pair};
use crate::support::{Pair, client_context, server_context, trust};

const TLS12: ssl::TlsVersion = ssl::TlsVersion::TLSv1_2;
const TLS13: ssl::TlsVersion = ssl::TlsVersion::TLSv1_3;

fn localhost() -> ssl::WrapBio {
    ssl::WrapBio::from("localhost").port(443)
}

/// Connects, lets the client read, and says whether the handshake resumed a session.
fn resumes(client: &ssl::SslContext, server: &ssl::SslContext, options: ssl::WrapBio) -> bool {
    let pair = Pair::new(client, server, options).unwrap().connected();
    pair.talk();
    assert_eq!(pair.client.session_reused(), pair.server.session_reused());
    // Both ends exchange `close_notify`. Otherwise a server removes a session without a ticket from
    // its cache.
    for side in [&pair.client, &pair.server, &pair.client] {
        let _ = side.unwrap();
        pair.pump();
    }
    pair.client.session_reused()
}

/// Contexts for one version, whose client keeps the sessions of ten servers.
fn keeping(version: ssl::TlsVersion) -> Contexts {
    let contexts = Contexts::of(version);
    contexts.client.set_client_session_cache(10).unwrap();
    contexts
}

#[test]
fn a_context_keeps_no_sessions_by_default() {
    for version in BOTH_VERSIONS {
        let Contexts { client, server } = Contexts::of(version);
        assert_eq!(client.client_session_cache(), 0);
        for _ in 0..3 {
            assert!(!resumes(&client, &server, localhost()));
        }
    }
}

#[test]
fn the_session_cache_resumes_later_connections_to_the_same_server() {
    for version in BOTH_VERSIONS {
        for tickets in [true, false] {
            let Contexts { client, server } = keeping(version);
            if !tickets {
                server
                    .set_options(server.options() | ssl::OP_NO_TICKET)
                    .unwrap();
            }
            assert!(!resumes(&client, &server, localhost()));
            for case in 0..10 {
                let case = format!("{version}, tickets {tickets}, connection {case}");
                assert!(resumes(&client, &server, localhost()), "{case}");
            }
            assert_eq!(server.session_stats().hits, 10);
        }
    }
}

#[test]
fn the_session_cache_of_sockets_is_keyed_by_name_and_port() {
    for version in BOTH_VERSIONS {
        let contexts = keeping(version);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connect = || {
            let near = std::net::TcpStream::connect(address).unwrap();
            let (far, _) = listener.accept().unwrap();
            let link = contexts.wrap_with(near, far, client_options(), server_options());
            link.server.sendall(b"x").unwrap();
            assert_eq!(link.client.recv(1).unwrap(), b"x");
            link.client.session_reused().unwrap()
        };
        assert!(!connect());
        assert!(connect() && connect());
        // This server has another port, so the client offers it no session.
        let (near, far) = tcp_pair();
        let link = contexts.wrap(near, far, client_options());
        assert_eq!(link.client.session_reused(), Some(false));
    }
}

#[test]
fn a_tls_1_3_session_is_offered_once() {
    let Contexts { client, server } = keeping(TLS13);
    server.set_num_tickets(1).unwrap();
    assert!(!resumes(&client, &server, localhost()));
    let first = Pair::new(&client, &server, localhost()).unwrap();
    let second = Pair::new(&client, &server, localhost()).unwrap();
    let (first, second) = (first.connected(), second.connected());
    assert!(first.client.session_reused());
    assert!(!second.client.session_reused());
}

#[test]
fn up_to_four_tls_1_3_sessions_of_a_server_are_kept() {
    let Contexts { client, server } = keeping(TLS13);
    server.set_num_tickets(6).unwrap();
    assert!(!resumes(&client, &server, localhost()));
    let pairs = [(); 6].map(|()| Pair::new(&client, &server, localhost()).unwrap());
    let resumed = pairs.map(|pair| pair.connected().client.session_reused());
    assert_eq!(resumed, [true, true, true, true, false, false]);
}

#[test]
fn concurrent_tls_1_2_connections_share_a_session() {
    let Contexts { client, server } = keeping(TLS12);
    assert!(!resumes(&client, &server, localhost()));
    let pairs = [(); 5].map(|()| Pair::new(&client, &server, localhost()).unwrap());
    for pair in pairs {
        assert!(pair.connected().client.session_reused());
    }
}

#[test]
fn a_kept_session_is_not_offered_to_another_server() {
    let ca = Ca::new();
    let server = server_context(&ca.issue_for(&["localhost", "other.example"]));
    for version in BOTH_VERSIONS {
        let client = client_context(&ca);
        client.set_maximum_version(version).unwrap();
        client.set_client_session_cache(10).unwrap();
        let others = [
            localhost().port(444),
            ssl::WrapBio::from("other.example").port(443),
            localhost().expected_names(["other.example"]),
            // Without a port, an object neither keeps nor resumes a session.
            localhost().port(None),
        ];
        assert!(!resumes(&client, &server, localhost()));
        for other in others {
            assert!(!resumes(&client, &server, other.clone()), "{other:?}");
        }
        assert!(resumes(&client, &server, localhost()));
        assert!(resumes(
            &client,
            &server,
            ssl::WrapBio::from("LOCALHOST").port(443)
        ));
    }
}

#[test]
fn a_kept_session_is_not_used_with_other_verification_settings() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let pin = ssl::Pin::Certificate(openssl::sha::sha256(&leaf.der()));
    for version in BOTH_VERSIONS {
        let settings = [
            localhost(),
            localhost().check_hostname(false),
            localhost()
                .check_hostname(false)
                .verify_mode(ssl::CERT_NONE),
            localhost().ocsp_mode(ssl::OcspMode::Request),
            localhost().pins([pin]),
        ];
        for (i, first) in settings.iter().enumerate() {
            for (j, next) in settings.iter().enumerate() {
                let (client, server) = (client_context(&ca), server_context(&leaf));
                client.set_maximum_version(version).unwrap();
                client.set_client_session_cache(10).unwrap();
                assert!(!resumes(&client, &server, first.clone()));
                let case = format!("{version}: {first:?}, then {next:?}");
                assert_eq!(resumes(&client, &server, next.clone()), i == j, "{case}");
            }
        }
    }
}

type Change = fn(&ssl::SslContext);

#[test]
fn a_change_of_the_context_discards_kept_sessions() {
    let changes: [(&str, Change); 5] = [
        ("authorities", |context| trust(context, &Ca::new())),
        ("protocols", |context| {
            context.set_alpn_protocols(&["h2"]).unwrap();
        }),
        ("suites", |context| context.set_ciphers("HIGH").unwrap()),
        ("flags", |context| {
            let flags = context.verify_flags() | ssl::VERIFY_X509_STRICT;
            context.set_verify_flags(flags).unwrap();
        }),
        ("limit", |context| {
            context.set_client_session_cache(5).unwrap();
        }),
    ];
    for version in BOTH_VERSIONS {
        for (name, change) in changes {
            let Contexts { client, server } = keeping(version);
            assert!(!resumes(&client, &server, localhost()));
            // This connection began before the change, and gets its session after it.
            let pair = Pair::new(&client, &server, localhost()).unwrap();
            change(&client);
            pair.connected().talk();
            assert!(!resumes(&client, &server, localhost()), "{version} {name}");
            assert!(resumes(&client, &server, localhost()), "{version} {name}");
        }
    }
}

#[test]
fn the_session_cache_evicts_the_least_recently_used_server() {
    for version in BOTH_VERSIONS {
        let Contexts { client, server } = keeping(version);
        client.set_client_session_cache(2).unwrap();
        let to = |port: u16| resumes(&client, &server, localhost().port(port));
        assert!(!to(1) && !to(2));
        assert!(to(1));
        assert!(!to(3));
        assert!(to(1));
        assert!(!to(2), "it made room for 3");
        client.set_client_session_cache(0).unwrap();
        assert!(!to(1) && !to(1));
    }
}

#[test]
fn a_failed_handshake_discards_kept_sessions() {
    for version in BOTH_VERSIONS {
        let contexts = keeping(version);
        assert!(!resumes(&contexts.client, &contexts.server, localhost()));
        // A server with a certificate of an unknown issuer has taken the place of the first one. It
        // cannot resume the session.
        let stranger = server_context(&Ca::new().issue("localhost"));
        let pair = Pair::new(&contexts.client, &stranger, localhost()).unwrap();
        assert!(pair.handshake().0.is_err());
        assert!(!resumes(&contexts.client, &contexts.server, localhost()));
        assert!(resumes(&contexts.client, &contexts.server, localhost()));
    }
}

#[test]
fn kept_sessions_are_not_used_with_an_identity_or_an_explicit_session() {
    for version in BOTH_VERSIONS {
        let ca = Ca::new();
        let Contexts { client, server } = keeping(version);
        let leaf = ca.issue("client");
        let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
        let identity = ssl::Identity::load(chain).unwrap();
        assert!(!resumes(&client, &server, localhost()));
        for _ in 0..2 {
            assert!(!resumes(&client, &server, localhost().identity(&identity)));
        }
        let pair = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        pair.talk();
        let session = pair.client.session().unwrap();
        for _ in 0..2 {
            let options = localhost().session(session.clone());
            let pair = Pair::new(&client, &server, options).unwrap().connected();
            assert!(pair.client.session_reused());
        }
        assert!(resumes(&client, &server, localhost()));
    }
}

#[test]
fn a_copy_has_the_cache_limit_but_no_sessions() {
    let Contexts { client, server } = keeping(TLS13);
    assert!(!resumes(&client, &server, localhost()));
    let copy = client.copy().unwrap();
    assert_eq!(copy.client_session_cache(), 10);
    assert!(!resumes(&copy, &server, localhost()));
    assert!(resumes(&copy, &server, localhost()) && resumes(&client, &server, localhost()));
}

#[test]
fn a_connection_that_switched_contexts_keeps_no_session() {
    for version in BOTH_VERSIONS {
        let Contexts { client, server } = keeping(version);
        let other = client.copy().unwrap();
        let pair = Pair::new(&client, &server, localhost()).unwrap();
        pair.client.set_context(&other).unwrap();
        pair.connected().talk();
        assert!(!resumes(&client, &server, localhost()));
        assert!(!resumes(&other, &server, localhost()));
    }
}

#[test]
fn sessions_kept_by_one_thread_are_resumed_by_another_after_the_cache_was_resized_meanwhile() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Contexts { client, server } = keeping(version);
        let resized = std::sync::Barrier::new(5);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (client, server, resized) = (&client, &server, &resized);
                scope.spawn(move || {
                    for _ in 0..50 {
                        resumes(client, server, localhost().port(thread % 2));
                    }
                    resized.wait();
                    assert!(!resumes(client, server, localhost().port(10 + thread)));
                });
            }
            for servers in 0..20 {
                client.set_client_session_cache(servers % 3).unwrap();
            }
            client.set_client_session_cache(10).unwrap();
            resized.wait();
        });
        for thread in 0..4 {
            let resumed = resumes(&client, &server, localhost().port(10 + thread));
            assert!(resumed, "{version}, thread {thread}");
        }
    }
}
