//! Sessions: rules, resumption, serialisation, copies of contexts and ticket keys.

use pyssl as ssl;
use pyssl_testing::{Ca, Files};

use crate::link::{BOTH_VERSIONS, Contexts, plain_socket};
use crate::support::{
    Pair, class, client_context, connected, outcome, server_context, told, trust,
};

impl Contexts {
    /// Makes a connection that offers `session`, and sends data each way, so that the client has its session tickets.
    fn connect(&self, session: Option<&ssl::SslSession>) -> Pair {
        let options = ssl::WrapBio::from("localhost").session(session.cloned());
        let pair = Pair::new(&self.client, &self.server, options)
            .unwrap()
            .connected();
        pair.talk();
        pair
    }

    fn session(&self) -> ssl::SslSession {
        self.connect(None).client.session().unwrap()
    }

    fn resumes(&self, session: &ssl::SslSession) -> bool {
        let pair = self.connect(Some(session));
        assert_eq!(pair.client.session_reused(), pair.server.session_reused());
        pair.client.session_reused()
    }
}

#[test]
fn a_session_has_the_attributes_of_pythons_sslsession() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let pair = contexts.connected();
        let early = pair.client.session().unwrap();
        let tls13 = version == ssl::TlsVersion::TLSv1_3;
        assert_eq!((early.id().is_empty(), early.has_ticket()), (tls13, !tls13));
        assert_eq!(early.is_resumable(), !tls13);
        let session = contexts.session();
        assert_eq!(session.id().len(), 32);
        assert!(session.has_ticket() && session.is_resumable());
        assert_eq!(
            (session.timeout(), session.ticket_lifetime_hint()),
            (7200, 7200)
        );
        let again = contexts.connect(None);
        assert_eq!(again.client.session(), again.client.session());
        assert_ne!(again.client.session().unwrap(), session);
        assert!(again.server.session().is_some());
    }
}

#[test]
fn a_session_can_be_resumed_repeatedly() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let session = contexts.session();
        assert!(contexts.resumes(&session) && contexts.resumes(&session));
        let pair = contexts.connect(Some(&session));
        assert!(pair.client.getpeercert().unwrap().is_some());
        assert!(pair.client.get_verified_chain().is_empty());
        assert_eq!(contexts.server.session_stats().hits, 3);
    }
}

#[test]
fn a_tls_1_3_session_without_tickets_is_not_resumable() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_3);
    contexts.server.set_num_tickets(0).unwrap();
    let session = contexts.session();
    assert!(!session.is_resumable() && session.id().is_empty());
}

/// The checks have Python's order: the context of the session, the role, the state of the handshake.
#[test]
fn session_errors_are_checked_in_pythons_order() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_3);
    let session = contexts.session();
    let foreign = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let foreign = ssl::SslSession::from_der(&foreign, &session.to_der().unwrap()).unwrap();
    let servers = contexts.connect(None).server.session().unwrap();
    let pair = contexts.connect(None);
    let different = "ValueError: Session refers to a different SSLContext.";
    let servers_side = "ValueError: Cannot set session for server-side SSLSocket.";
    let late = "ValueError: Cannot set session after handshake.";
    assert_eq!(told(pair.client.set_session(&foreign)), different);
    assert_eq!(told(pair.server.set_session(&session)), different);
    assert_eq!(told(pair.server.set_session(&servers)), servers_side);
    assert_eq!(told(pair.client.set_session(&session)), late);
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let wrap = |options: ssl::WrapBio| contexts.client.wrap_bio(&a, &b, options);
    let early = wrap("localhost".into()).unwrap();
    early.set_session(&session).unwrap();
    early.set_session(&session).unwrap();
    let options = ssl::WrapBio::from("localhost").session(foreign);
    assert_eq!(told(wrap(options)), different);
    let options = ssl::WrapBio::new().server_side(true).session(servers);
    assert_eq!(
        told(contexts.server.wrap_bio(&a, &b, options)),
        servers_side
    );
}

#[test]
fn a_session_can_be_set_before_connect() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_3);
    let session = contexts.session();
    let sock = contexts
        .client
        .wrap_socket(plain_socket(), "localhost")
        .unwrap();
    assert_eq!((sock.session(), sock.session_reused()), (None, None));
    sock.set_session(&session).unwrap();
    assert_eq!(sock.session(), Some(session.clone()));
    let options = ssl::WrapSocket::new().server_side(true).session(session);
    assert_eq!(
        told(contexts.server.wrap_socket(plain_socket(), options)),
        "ValueError: session can only be specified in client mode"
    );
}

#[test]
fn a_session_round_trips_through_der() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let der = contexts.session().to_der().unwrap();
        let session = ssl::SslSession::from_der(&contexts.client, &der).unwrap();
        assert!(contexts.resumes(&session));
        for broken in [&der[..der.len() / 2], b"", b"\x30\x00", b"not a session"] {
            let read = ssl::SslSession::from_der(&contexts.client, broken);
            assert_eq!(class(read), "SSLError");
        }
    }
}

#[test]
fn a_copy_of_a_context_has_only_its_settings() {
    let ca = Ca::new();
    let original = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    original
        .set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=1")
        .unwrap();
    original.set_alpn_protocols(&["h2"]).unwrap();
    original
        .set_options(original.options() | ssl::OP_NO_TLSv1_3)
        .unwrap();
    original
        .set_verify_flags(original.verify_flags() | ssl::VERIFY_X509_STRICT)
        .unwrap();
    let copy = original.copy().unwrap();
    assert_eq!(copy.options(), original.options());
    assert_eq!(copy.verify_flags(), original.verify_flags());
    assert_eq!(copy.security_level(), 1);
    assert_eq!(copy.get_ciphers().unwrap(), original.get_ciphers().unwrap());
    trust(&copy, &ca);
    assert_eq!(original.cert_store_stats().x509, 0);
    assert_eq!(copy.cert_store_stats().x509, 1);
    let server = server_context(&ca.issue("localhost"));
    connected(&copy, &server);
    let failed = Pair::new(&original, &server, "localhost").unwrap();
    let error = failed.handshake().0.unwrap_err();
    assert_eq!(error.verify_code(), Some(20));
    // The copy of a server's context has the certificate, but it is another context for sessions.
    let twin = server.copy().unwrap();
    let session = connected(&copy, &twin).client.session().unwrap();
    let options = ssl::WrapBio::from("localhost").session(session);
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let different = "ValueError: Session refers to a different SSLContext.";
    assert_eq!(told(original.wrap_bio(&a, &b, options)), different);
}

#[test]
fn a_copied_server_context_has_its_own_ticket_keys() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let session = contexts.session();
        assert!(contexts.resumes(&session));
        let copy = contexts.server.copy().unwrap();
        assert_ne!(copy.ticket_keys(), contexts.server.ticket_keys());
        let other = Contexts {
            client: contexts.client,
            server: copy,
        };
        assert!(!other.resumes(&session));
    }
}

#[test]
fn servers_with_the_same_ticket_keys_resume_each_others_sessions() {
    for version in BOTH_VERSIONS {
        let ca = Ca::new();
        let leaf = ca.issue("localhost");
        let client = client_context(&ca);
        client.set_maximum_version(version).unwrap();
        let with = |keys: &[&ssl::TicketKey]| {
            let server = server_context(&leaf);
            server
                .set_ticket_keys(keys.iter().map(|&key| key.clone()))
                .unwrap();
            Contexts {
                client: client.clone(),
                server,
            }
        };
        let key = |_| ssl::TicketKey::generate().unwrap();
        let [old, new, other]: [ssl::TicketKey; 3] = std::array::from_fn(key);
        let session = with(&[&old]).session();
        assert!(with(&[&old]).resumes(&session));
        assert!(with(&[&new, &old]).resumes(&session));
        assert!(with(&[&new, &other, &old]).resumes(&session));
        assert!(!with(&[&new]).resumes(&session));
        assert!(!with(&[&new, &other]).resumes(&session));
        // A server with several keys encrypts its tickets with the first one. A server that has only this key resumes
        // them, and OpenSSL decrypts them without this library's callback.
        let session = with(&[&new, &old]).session();
        assert!(with(&[&new]).resumes(&session));
        assert!(!with(&[&old]).resumes(&session));
        // A resumption with an old key gives the client a ticket with the new key.
        let session = with(&[&old]).session();
        let pair = with(&[&new, &old]).connect(Some(&session));
        assert!(pair.client.session_reused());
        let renewed = pair.client.session().unwrap();
        assert!(with(&[&new]).resumes(&renewed));
    }
}

#[test]
fn ticket_keys_can_be_rotated_while_connections_are_open() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_3);
    let kept = contexts.connect(None);
    let session = kept.client.session().unwrap();
    let mut keys = contexts.server.ticket_keys();
    assert_eq!(keys.len(), 1);
    keys.insert(0, ssl::TicketKey::generate().unwrap());
    contexts.server.set_ticket_keys(keys.clone()).unwrap();
    assert_eq!(contexts.server.ticket_keys(), keys);
    assert!(contexts.resumes(&session));
    contexts.server.set_ticket_keys([keys[0].clone()]).unwrap();
    assert!(!contexts.resumes(&session));
    drop(kept);
}

#[test]
fn a_ticket_key_of_another_length_than_80_bytes_is_rejected() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    assert_eq!(class(context.set_ticket_keys([])), "ValueError");
    let text = "ValueError: a ticket key has 80 bytes, not 48";
    assert_eq!(told(ssl::TicketKey::try_from(&[0u8; 48][..])), text);
    let key = ssl::TicketKey::from([7; ssl::TicketKey::LEN]);
    context.set_ticket_keys([key.clone()]).unwrap();
    assert_eq!(context.ticket_keys()[0].as_bytes(), &[7; 80]);
    assert_eq!(format!("{key:?}"), "TicketKey(..)");
}

/// Sessions stay resumable after the server has loaded a new certificate.
#[test]
fn sessions_resume_after_a_rebuild() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_3);
    let kept = contexts.connect(None);
    let session = kept.client.session().unwrap();
    let files = Files::of(&Ca::new().issue("localhost"));
    contexts.server.load_cert_chain(&files.combined).unwrap();
    contexts.client.set_alpn_protocols(&["h2"]).unwrap();
    assert!(contexts.resumes(&session));
    drop(kept);
}

/// A damaged encoding is an error, or a session that the server does not resume.
#[test]
fn damaged_session_bytes_are_rejected_or_not_resumed() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let der = contexts.session().to_der().unwrap();
        let mut taken = 0;
        for at in (0..der.len()).step_by(7) {
            for bits in [0x01, 0x80, 0xff] {
                let mut damaged = der.clone();
                damaged[at] ^= bits;
                let Ok(session) = ssl::SslSession::from_der(&contexts.client, &damaged) else {
                    continue;
                };
                taken += 1;
                let options = ssl::WrapBio::from("localhost").session(session);
                if let Ok(pair) = Pair::new(&contexts.client, &contexts.server, options) {
                    let (client, server) = pair.handshake();
                    // Both sides accept the session, or both refuse it.
                    assert_eq!(client.is_ok(), server.is_ok(), "byte {at}, bits {bits:#x}");
                }
            }
        }
        assert!(taken > 0);
    }
}

#[test]
fn a_copied_context_has_the_callbacks_and_ocsp_responses_of_the_original() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let server = server_context(&leaf);
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    server
        .set_sni_callback(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    let response = ca.ocsp(&leaf).build();
    server.set_ocsp_response(Some(response.clone())).unwrap();
    let client = client_context(&ca);
    client.set_ocsp_mode(ssl::OcspMode::Require).unwrap();
    let (server_copy, client_copy) = (server.copy().unwrap(), client.copy().unwrap());
    assert_eq!(client_copy.ocsp_mode(), ssl::OcspMode::Require);
    // A setting that is removed from the original stays in the copy, and a change of the copy does not affect the
    // original.
    server.clear_sni_callback().unwrap();
    server.set_ocsp_response(None).unwrap();
    client_copy.set_check_hostname(false).unwrap();
    let pair = connected(&client_copy, &server_copy);
    assert_eq!(pair.client.ocsp_response(), Some(response));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!(client.check_hostname());
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert_eq!(pair.handshake().0.unwrap_err().verify_code(), Some(73));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    // Each of the two contexts counts its own connections.
    let accepted = |context: &ssl::SslContext| context.session_stats().accept;
    assert_eq!((accepted(&server), accepted(&server_copy)), (1, 1));
}

#[test]
fn a_session_is_resumable_after_its_connection_failed() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let pair = contexts.connect(None);
        pair.server.write(b"in the way").unwrap();
        pair.pump();
        let in_the_way = "SSLError:APPLICATION_DATA_AFTER_CLOSE_NOTIFY";
        assert_eq!(outcome(&pair.client.unwrap()), in_the_way);
        let session = pair.client.session().unwrap();
        assert!(contexts.resumes(&session));
    }
}

/// The session contains the peer's certificate of the original handshake. A resumption does not send certificates.
#[test]
fn a_resumed_connection_has_no_unverified_chain() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let session = contexts.session();
        let options = ssl::WrapBio::from("localhost").session(session);
        let pair = Pair::new(&contexts.client, &contexts.server, options).unwrap();
        assert!(pair.client.get_unverified_chain().is_empty());
        assert_eq!(class(pair.client.do_handshake()), "SSLWantReadError");
        assert!(pair.client.get_unverified_chain().is_empty());
        let pair = pair.connected();
        assert!(pair.client.session_reused());
        assert!(pair.client.get_unverified_chain().is_empty());
        assert!(pair.client.get_verified_chain().is_empty());
        // The certificate comes from the session.
        assert!(pair.client.getpeercert().unwrap().is_some());
    }
}

/// OpenSSL uses the ticket keys and the session cache of the context with which a connection was made, also after a
/// switch.
#[test]
fn tickets_use_the_keys_of_the_connections_original_context() {
    for version in BOTH_VERSIONS {
        // With one ticket key, OpenSSL handles tickets itself. With several keys, it calls this library's callback.
        for keys in [1, 2] {
            let contexts = Contexts::of(version);
            let own: Vec<_> = (0..keys)
                .map(|_| ssl::TicketKey::generate().unwrap())
                .collect();
            contexts.server.set_ticket_keys(own.clone()).unwrap();
            let other = contexts.server.copy().unwrap();
            let session = contexts.session();
            let resumed = |from: &ssl::SslContext, to: &ssl::SslContext| {
                let options = ssl::WrapBio::from("localhost").session(session.clone());
                let pair = Pair::new(&contexts.client, from, options).unwrap();
                pair.server.set_context(to).unwrap();
                pair.connected().server.session_reused()
            };
            assert!(resumed(&contexts.server, &other), "{version} {keys}");
            assert!(!resumed(&other, &contexts.server), "{version} {keys}");
        }
    }
}

/// A setter of a server that does not change what the server verifies, with its name.
type Setter = (&'static str, fn(&ssl::SslContext, &Ca, u32));

const SETTERS: [Setter; 16] = [
    ("load_cert_chain", |server, ca, _| {
        crate::support::show(server, &ca.issue("localhost"));
    }),
    ("set_ciphers", |server, _, i| {
        server
            .set_ciphers(["HIGH", "DEFAULT"][i as usize % 2])
            .unwrap();
    }),
    ("set_ciphersuites", |server, _, i| {
        let lists = [
            "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
        ];
        server.set_ciphersuites(lists[i as usize % 2]).unwrap();
    }),
    ("set_options", |server, _, i| {
        let on = ssl::OP_NO_TLSv1 | ssl::OP_NO_TICKET;
        let bit = match i % 2 {
            0 => ssl::OP_NO_TLSv1_1,
            _ => ssl::Options::empty(),
        };
        server.set_options(server.options() | on | bit).unwrap();
    }),
    ("set_verify_flags", |server, _, i| {
        let flags = [ssl::VERIFY_X509_STRICT, ssl::VERIFY_X509_TRUSTED_FIRST];
        server.set_verify_flags(flags[i as usize % 2]).unwrap();
    }),
    ("set_host_flags", |server, _, i| {
        server.set_host_flags(4 | (i % 2) << 1).unwrap();
    }),
    ("set_minimum_version", |server, _, _| {
        server
            .set_minimum_version(ssl::TlsVersion::TLSv1_2)
            .unwrap();
    }),
    ("set_maximum_version", |server, _, _| {
        server
            .set_maximum_version(ssl::TlsVersion::TLSv1_3)
            .unwrap();
    }),
    ("set_alpn_protocols", |server, _, i| {
        server.set_alpn_protocols(&[format!("p{i}")]).unwrap();
    }),
    ("set_num_tickets", |server, _, i| {
        server.set_num_tickets(1 + i as usize % 3).unwrap();
    }),
    ("set_ecdh_curve", |server, _, _| {
        server.set_ecdh_curve("prime256v1").unwrap();
    }),
    ("set_ticket_keys", |server, _, _| {
        let key = ssl::TicketKey::generate().unwrap();
        server.set_ticket_keys([key]).unwrap();
    }),
    ("set_sni_callback", |server, _, _| {
        server
            .set_sni_callback(|_| Ok(ssl::SniAction::Continue))
            .unwrap();
    }),
    ("set_message_callback", |server, _, _| {
        server.set_message_callback(|_| Ok(())).unwrap();
    }),
    ("set_post_handshake_auth", |server, _, i| {
        server.set_post_handshake_auth(i % 2 == 0).unwrap();
    }),
    ("load_verify_locations", |server, ca, _| trust(server, ca)),
];

#[test]
fn cached_sessions_resume_after_every_setter() {
    let ca = Ca::new();
    for version in BOTH_VERSIONS {
        let contexts = Contexts {
            client: crate::support::client_context(&ca),
            server: server_context(&ca.issue("localhost")),
        };
        let Contexts { client, server } = &contexts;
        client.set_maximum_version(version).unwrap();
        let options = server.options() | ssl::OP_NO_TICKET;
        server.set_options(options).unwrap();
        for (i, (name, set)) in (0..).zip(SETTERS) {
            // Because connections are kept, each setter builds another `SSL_CTX`.
            let first = contexts.connect(None);
            let session = first.client.session().unwrap();
            set(server, &ca, i);
            let again = contexts.connect(Some(&session));
            assert!(again.client.session_reused(), "{version} {name}");
            set(server, &ca, i + 1);
            // Close and drop the first connection, and with it the `SSL_CTX` with which it was made.
            first.client.unwrap().unwrap_err();
            first.pump();
            first.server.unwrap().unwrap();
            first.pump();
            first.client.unwrap().unwrap();
            drop(first);
            let again = contexts.connect(Some(&session));
            assert!(again.server.session_reused(), "{version} {name}, later");
        }
    }
}

/// A handshake with an old `SSL_CTX`, after a setter has built a new one, makes a session that the new one
/// can resume.
#[test]
fn a_session_from_an_old_ssl_ctx_resumes_after_a_rebuild() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let options = contexts.server.options() | ssl::OP_NO_TICKET;
        contexts.server.set_options(options).unwrap();
        let pair = contexts.pair();
        contexts.server.set_alpn_protocols(&["x"]).unwrap();
        let pair = pair.connected();
        pair.talk();
        assert!(
            contexts.resumes(&pair.client.session().unwrap()),
            "{version}"
        );
        // As in OpenSSL, a connection that ends without `close_notify` removes its session.
        let session = pair.client.session().unwrap();
        let before = contexts.server.session_stats();
        drop(pair);
        assert!(!contexts.resumes(&session), "{version}");
        let after = contexts.server.session_stats();
        assert_eq!(after.misses, before.misses + 1, "{version}");
        // A copy does not resume a session of the original, and counts a miss.
        let kept = contexts.connect(None);
        let other = Contexts {
            client: contexts.client.clone(),
            server: contexts.server.copy().unwrap(),
        };
        assert!(!other.resumes(&kept.client.session().unwrap()), "{version}");
        assert_eq!(other.server.session_stats().misses, 1, "{version}");
    }
}

#[test]
fn the_server_session_cache_has_openssls_size() {
    const LIMIT: i64 = 20 * 1024;
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_3);
    let options = contexts.server.options() | ssl::OP_NO_TICKET;
    contexts.server.set_options(options).unwrap();
    // Each ticket of TLS 1.3 makes a session in the cache.
    contexts.server.set_num_tickets(1000).unwrap();
    let pairs: Vec<_> = (0..21).map(|_| contexts.connect(None)).collect();
    let stats = contexts.server.session_stats();
    assert_eq!((stats.number, stats.cache_full), (LIMIT, 21_000 - LIMIT));
    drop(pairs);
}

/// A client connects three times: to a server, to the same server with the session of the first connection, and with
/// that session to a second server, which does not resume it. The numbers are CPython's.
#[test]
fn session_stats_of_both_ends_match_python() {
    let v12 = ssl::TlsVersion::TLSv1_2;
    let v13 = ssl::TlsVersion::TLSv1_3;
    // The numbers are the client's misses, and for each server its sessions and misses.
    for (version, tickets, client_misses, servers) in [
        (v12, true, 1, [(0, 1), (0, 0)]),
        (v12, false, 1, [(1, 1), (1, 1)]),
        (v13, true, 1, [(0, 0), (0, 0)]),
        (v13, false, 1, [(3, 0), (2, 1)]),
    ] {
        let ca = Ca::new();
        let client = client_context(&ca);
        let [first, second] = [(); 2].map(|()| {
            let server = server_context(&ca.issue("localhost"));
            server.set_minimum_version(version).unwrap();
            server.set_maximum_version(version).unwrap();
            let no_tickets = server.options() | ssl::OP_NO_TICKET;
            if !tickets {
                server.set_options(no_tickets).unwrap();
            }
            Contexts {
                client: client.clone(),
                server,
            }
        });
        let original = first.connect(None);
        let session = original.client.session().unwrap();
        let resumed = first.connect(Some(&session));
        let refused = second.connect(Some(&session));
        assert!(resumed.client.session_reused() && !refused.client.session_reused());
        let stats = client.session_stats();
        let found = (stats.connect, stats.connect_good, stats.hits, stats.misses);
        assert_eq!(found, (3, 3, 1, client_misses), "{version} {tickets}");
        for (contexts, accepted, hits, expected) in
            [(&first, 2, 1, servers[0]), (&second, 1, 0, servers[1])]
        {
            let stats = contexts.server.session_stats();
            let counts = (stats.accept, stats.accept_good, stats.hits);
            assert_eq!(counts, (accepted, accepted, hits), "{version} {tickets}");
            let found = (stats.number, stats.misses);
            assert_eq!(found, expected, "{version} {tickets}");
        }
    }
}
