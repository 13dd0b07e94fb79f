//! Callbacks that use the connection or the context that has called them, and values that they own.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::thread;

use pyssl as ssl;
use pyssl_testing::{Ca, ClientConfig};

use crate::link::{
    Contexts, Link, PATIENCE, Watchdog, client_options, is_bad_fd, server_options, tcp_pair,
};
use crate::support::{Pair, after_failure, class, connected, outcome, panic_text, server_context};

const REFUSED: &str = "a callback cannot use the connection that has called it";

/// Runs `f` in the SNI callback of a server, with the socket of the handshake. Returns the results of
/// the server's and of the client's handshake.
fn in_callback_of_a_socket(
    f: impl Fn(&ssl::SslSocket) + Send + Sync + 'static,
) -> (ssl::Result<()>, ssl::Result<()>) {
    let _watchdog = Watchdog::new();
    let Contexts { client, server } = Contexts::new();
    let place: Arc<OnceLock<Weak<ssl::SslSocket>>> = Arc::default();
    let here = Arc::clone(&place);
    server
        .set_sni_callback(move |_| {
            f(&here.get().unwrap().upgrade().unwrap());
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    let (near, far) = tcp_pair();
    let options = server_options().do_handshake_on_connect(false);
    let socket = Arc::new(server.wrap_socket(far, options).unwrap());
    place.set(Arc::downgrade(&socket)).unwrap();
    thread::scope(|scope| {
        let client = scope.spawn(|| client.wrap_socket(near, client_options()).map(drop));
        let outcome = socket.do_handshake();
        socket.close();
        (outcome, client.join().unwrap())
    })
}

/// Does a handshake in memory, after `prepare` was called with the server's object.
fn shake_hands(
    contexts: &Contexts,
    prepare: impl FnOnce(&Arc<ssl::SslObject>),
) -> Arc<ssl::SslObject> {
    let bio = ssl::MemoryBio::new;
    let (up, down, near, far) = (bio(), bio(), bio(), bio());
    let client = contexts.client.wrap_bio(&near, &up, "localhost").unwrap();
    let server = contexts
        .server
        .wrap_bio(&far, &down, ssl::WrapBio::new().server_side(true))
        .unwrap();
    let server = Arc::new(server);
    prepare(&server);
    loop {
        let outcomes = [client.do_handshake(), server.do_handshake()];
        far.write(&up.read(None)).unwrap();
        near.write(&down.read(None)).unwrap();
        if outcomes.iter().all(Result::is_ok) {
            return server;
        }
        for outcome in outcomes {
            assert!(
                matches!(outcome, Ok(()) | Err(ssl::Error::WantRead(_))),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn an_object_refuses_operations_in_its_own_sni_callback() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let place: Arc<OnceLock<Weak<ssl::SslObject>>> = Arc::default();
    let here = Arc::clone(&place);
    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    let other = contexts.server.copy().unwrap();
    contexts
        .server
        .set_sni_callback(move |_| {
            let object = here.get().unwrap().upgrade().unwrap();
            // The getters return the same as in Python.
            assert!(object.server_side());
            assert_eq!((object.version(), object.cipher()), (None, None));
            assert_eq!(object.shared_ciphers(), None);
            assert_eq!(object.selected_alpn_protocol(), None);
            assert_eq!((object.pending(), object.session_reused()), (0, false));
            assert!(object.session().is_none());
            assert!(format!("{object:?}").contains("SslObject"));
            // In Python, these calls would enter OpenSSL's running handshake a second time. This library refuses them.
            let operations = [
                object.do_handshake(),
                object.read(10).map(|_| ()),
                object.read_into(&mut [0; 10]).map(|_| ()),
                object.write(b"x").map(|_| ()),
                object.unwrap(),
                object.verify_client_post_handshake(),
                object.set_context(&other),
            ];
            for operation in operations {
                assert_eq!(operation.unwrap_err().to_string(), REFUSED);
            }
            count.fetch_add(1, Ordering::Relaxed);
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    let object = shake_hands(&contexts, |object| {
        place.set(Arc::downgrade(object)).unwrap()
    });
    assert_eq!(called.load(Ordering::Relaxed), 1);
    assert!(object.version().is_some());
}

#[test]
fn a_socket_refuses_operations_in_its_own_callback() {
    let (server, client) = in_callback_of_a_socket(|socket| {
        assert_eq!((socket.version(), socket.cipher()), (None, None));
        assert_eq!(socket.pending(), 0);
        assert!(format!("{socket:?}").contains("SslSocket"));
        let operations = [
            socket.do_handshake(),
            socket.recv(10).map(|_| ()),
            socket.send(b"x").map(|_| ()),
            socket.sendall(b"x"),
            socket.unwrap(),
            socket.verify_client_post_handshake(),
            socket.set_context(&socket.context()),
        ];
        for operation in operations {
            assert_eq!(operation.unwrap_err().to_string(), REFUSED);
        }
        // A socket with a time-out refuses the call too.
        socket.settimeout(Some(PATIENCE)).unwrap();
        assert_eq!(socket.recv(10).unwrap_err().to_string(), REFUSED);
    });
    server.unwrap();
    client.unwrap();
}

#[test]
fn a_callback_that_closes_its_socket_ends_the_handshake() {
    let (server, client) = in_callback_of_a_socket(ssl::SslSocket::close);
    let error = server.unwrap_err();
    assert!(is_bad_fd(&error), "{error:?}");
    assert_eq!(class(client), "SSLEOFError");
}

#[test]
fn a_callback_that_shuts_its_socket_down_ends_the_handshake() {
    let (server, client) =
        in_callback_of_a_socket(|socket| socket.shutdown(std::net::Shutdown::Both).unwrap());
    // The class of the error depends on the system call that fails first.
    let noticed = class(server);
    assert!(
        ["BrokenPipeError", "ConnectionResetError"].contains(&noticed),
        "{noticed}"
    );
    assert_eq!(class(client), "SSLEOFError");
}

#[test]
fn a_callback_can_drop_the_last_outside_reference_to_its_object() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let place: Arc<Mutex<Option<Arc<ssl::SslObject>>>> = Arc::default();
    let here = Arc::clone(&place);
    contexts
        .server
        .set_sni_callback(move |_| {
            drop(here.lock().unwrap().take());
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    let object = shake_hands(&contexts, |object| {
        *place.lock().unwrap() = Some(Arc::clone(object));
    });
    assert!(place.lock().unwrap().is_none());
    assert_eq!(Arc::strong_count(&object), 1);
}

#[test]
fn a_callback_may_change_its_own_context() {
    let _watchdog = Watchdog::new();
    let Contexts { client, server } = Contexts::new();
    let own = server.clone();
    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    server
        .set_sni_callback(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            own.set_ciphers("ECDHE+AESGCM")?;
            own.set_alpn_protocols(&["h2"])?;
            assert!(own.session_stats().accept > 0);
            assert!(!own.get_ciphers()?.is_empty());
            // The running closure is dropped only after it has returned.
            own.clear_sni_callback()?;
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    client.set_alpn_protocols(&["h2"]).unwrap();
    // The first connection keeps its settings, although its callback changes the context. The second one has the new
    // settings.
    for alpn in [None, Some("h2")] {
        let pair = connected(&client, &server);
        assert_eq!(pair.client.selected_alpn_protocol().as_deref(), alpn);
    }
    assert_eq!(called.load(Ordering::Relaxed), 1);
    let ciphers = server.get_ciphers().unwrap();
    assert!(
        ciphers
            .iter()
            .all(|c| c.is_tls13() || c.name.contains("GCM"))
    );
}

/// A value that a callback owns. It uses the context when it is dropped.
struct Owned {
    context: ssl::SslContext,
    gone: Arc<AtomicUsize>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.context.set_ciphers("HIGH:!aNULL:!MD5").unwrap();
        assert!(self.context.verify_mode() == ssl::CERT_NONE);
        self.gone.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn values_owned_by_a_callback_are_dropped_once_without_a_deadlock() {
    let _watchdog = Watchdog::new();
    let Contexts { client, server } = Contexts::new();
    let gone = Arc::new(AtomicUsize::new(0));
    let install = || {
        let owned = Owned {
            context: server.clone(),
            gone: Arc::clone(&gone),
        };
        let callback = move |_: &ssl::SniRequest<'_>| {
            assert_eq!(owned.context.protocol(), ssl::PROTOCOL_TLS_SERVER);
            Ok(ssl::SniAction::Continue)
        };
        server.set_sni_callback(callback).unwrap();
    };
    install();
    install();
    assert_eq!(gone.load(Ordering::Relaxed), 1, "the first was replaced");
    let held = connected(&client, &server);
    install();
    assert_eq!(
        gone.load(Ordering::Relaxed),
        1,
        "a connection holds the second"
    );
    drop(held);
    assert_eq!(
        gone.load(Ordering::Relaxed),
        2,
        "it went with the connection"
    );
    server.clear_sni_callback().unwrap();
    assert_eq!(gone.load(Ordering::Relaxed), 3);
}

#[test]
fn replacing_a_callback_during_handshakes_drops_each_callback_once() {
    let _watchdog = Watchdog::new();
    let Contexts { client, server } = Contexts::new();
    let (made, gone) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let called = Arc::new(AtomicUsize::new(0));
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let replace = || {
        let (counted, called) = (Counted(Arc::clone(&gone)), Arc::clone(&called));
        made.fetch_add(1, Ordering::Relaxed);
        let callback = move |_: &ssl::SniRequest<'_>| {
            let _alive = &counted;
            called.fetch_add(1, Ordering::Relaxed);
            Ok(ssl::SniAction::Continue)
        };
        server.set_sni_callback(callback).unwrap();
    };
    replace();
    thread::scope(|scope| {
        let shaking = scope.spawn(|| {
            for _ in 0..100 {
                connected(&client, &server);
            }
        });
        while !shaking.is_finished() {
            replace();
        }
    });
    assert_eq!(called.load(Ordering::Relaxed), 100);
    server.clear_sni_callback().unwrap();
    assert_eq!(made.into_inner(), gone.load(Ordering::Relaxed));
}

#[test]
fn a_callback_panic_resumes_in_the_caller_and_fails_only_its_connection() {
    let _watchdog = Watchdog::new();
    let Contexts { client, server } = Contexts::new();
    server
        .set_sni_callback(|request| match request.server_name() {
            Some("localhost") => panic!("on purpose"),
            _ => Ok(ssl::SniAction::Continue),
        })
        .unwrap();
    let (near, far) = tcp_pair();
    let options = server_options().do_handshake_on_connect(false);
    let socket = server.wrap_socket(far, options).unwrap();
    thread::scope(|scope| {
        let peer = scope.spawn(|| client.wrap_socket(near, client_options()).map(drop));
        assert_eq!(panic_text(|| socket.recv(1)), "on purpose");
        let error = peer.join().unwrap().unwrap_err();
        let alert = if *ssl::OPENSSL_VERSION_INFO >= (4, 0, 0, 0, 0) {
            "TLS_ALERT_HANDSHAKE_FAILURE"
        } else {
            "SSLV3_ALERT_HANDSHAKE_FAILURE"
        };
        assert_eq!(error.reason(), Some(alert));
    });
    // The panic has left no lock held, so further calls return.
    assert_eq!(class(socket.recv(1)), "SSLEOFError");
    assert_eq!(class(socket.send(b"x")), "SSLEOFError");
    let failed = after_failure("SSLError:SHUTDOWN_WHILE_IN_INIT");
    assert_eq!(outcome(&socket.unwrap()), failed);
    client.set_check_hostname(false).unwrap();
    let options = client_options().server_hostname("other.example");
    let Link { client, server } = Contexts { client, server }.link_with(options);
    client.sendall(b"fine").unwrap();
    assert_eq!(server.recv(10).unwrap(), b"fine");
}

/// A connection whose server has sent the records `one` and `two`. The client has read the first, and has
/// read the second ahead.
fn one_of_two_read(contexts: &Contexts) -> Link {
    let (link, _) = contexts.local_link(client_options().read_ahead(true));
    link.server.send(b"one").unwrap();
    link.server.send(b"two").unwrap();
    assert_eq!(link.client.recv(3).unwrap(), b"one");
    link
}

/// Gives the client a message callback that calls `f` while the returned flag is true.
fn arm(contexts: &Contexts, f: fn() -> Result<(), ssl::BoxError>) -> Arc<AtomicBool> {
    let armed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&armed);
    let callback = move |_: &ssl::TlsMessage<'_>| match seen.load(Ordering::Relaxed) {
        true => f(),
        false => Ok(()),
    };
    contexts.client.set_message_callback(callback).unwrap();
    armed
}

#[test]
fn a_message_callback_panic_in_pending_resumes_in_pending() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let armed = arm(&contexts, || panic!("on purpose"));
    let Link {
        client,
        server: _server,
    } = one_of_two_read(&contexts);
    armed.store(true, Ordering::Relaxed);
    assert_eq!(panic_text(|| client.pending()), "on purpose");
    armed.store(false, Ordering::Relaxed);
    assert_eq!(client.recv(3).unwrap(), b"two");
}

#[test]
fn a_callback_error_in_pending_is_returned_by_the_next_read() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let armed = arm(&contexts, || Err("looked at".into()));
    let Link {
        client,
        server: _server,
    } = one_of_two_read(&contexts);
    armed.store(true, Ordering::Relaxed);
    assert_eq!(client.pending(), 3);
    armed.store(false, Ordering::Relaxed);
    assert_eq!(client.recv(3).unwrap_err().to_string(), "looked at");
    assert_eq!(client.pending(), 3);
    assert_eq!(client.recv(3).unwrap(), b"two");
    assert_eq!(client.pending(), 0);
}

#[test]
fn an_error_of_an_observing_callback_does_not_damage_a_write() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let armed = arm(&contexts, || Err("looked at".into()));
    let (near, far) = pyssl_testing::local_pair();
    let Link { client, server } = contexts.wrap(near, far, client_options());
    let data: Vec<u8> = (0..=250).cycle().take(4_000_000).collect();
    armed.store(true, Ordering::Relaxed);
    client.setblocking(false).unwrap();
    let error = client.send(&data).unwrap_err();
    assert_eq!(error.python_class(), "SSLWantWriteError");
    client.setblocking(true).unwrap();
    std::thread::scope(|scope| {
        let length = data.len();
        let server = &server;
        let reader = scope.spawn(move || {
            let mut received = Vec::new();
            while received.len() < length {
                received.extend(server.recv(1 << 14).unwrap());
            }
            received
        });
        assert_eq!(client.send(&data).unwrap_err().to_string(), "looked at");
        assert!(reader.join().unwrap() == data);
    });
}

/// A key log writer that does a handshake with the context whose keys it logs.
struct Recursive {
    contexts: Contexts,
    errors: Arc<Mutex<Vec<String>>>,
}

impl Write for Recursive {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Contexts { client, server } = &self.contexts;
        let pair = Pair::new(client, server, "localhost").unwrap();
        if let (Err(error), _) = pair.handshake() {
            self.errors.lock().unwrap().push(error.to_string());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_key_log_writer_that_makes_a_handshake_does_not_deadlock() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let errors: Arc<Mutex<Vec<String>>> = Arc::default();
    let writer = Recursive {
        contexts: Contexts {
            client: contexts.client.clone(),
            server: contexts.server.clone(),
        },
        errors: Arc::clone(&errors),
    };
    contexts.client.set_keylog_writer(writer).unwrap();
    contexts.link();
    contexts.client.set_keylog_filename(None::<&str>).unwrap();
    let errors = errors.lock().unwrap();
    assert!(
        !errors.is_empty() && errors.iter().all(|error| error == REFUSED),
        "{errors:?}"
    );
}

#[test]
fn a_server_name_that_is_not_utf_8_fails_the_handshake() {
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    server
        .set_sni_callback(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    let (near, far) = tcp_pair();
    thread::scope(|scope| {
        // OpenSSL sends any bytes as a name, but 4.0 does not verify such a name.
        let peer = scope.spawn(|| ClientConfig::new().handshake("w\u{fc}rst", near).map(drop));
        let error = server.wrap_socket(far, server_options()).unwrap_err();
        assert_eq!(error.reason(), Some("CALLBACK_FAILED"));
        let error = peer.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("internal error"), "{error}");
    });
    assert_eq!(called.load(Ordering::Relaxed), 0);
}

/// The extensions of the server's hello, by number.
fn extensions(hello: &[u8]) -> Option<Vec<u16>> {
    let rest = hello.get(4 + 2 + 32..)?;
    let (&session_id, rest) = rest.split_first()?;
    let mut rest = rest.get(usize::from(session_id) + 2 + 1 + 2..)?;
    let mut found = Vec::new();
    while let [a, b, c, d, more @ ..] = rest {
        found.push(u16::from_be_bytes([*a, *b]));
        rest = more.get(usize::from(u16::from_be_bytes([*c, *d]))..)?;
    }
    Some(found)
}

#[test]
fn the_server_hello_acknowledges_the_server_name_only_with_an_sni_callback() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_2);
    let found: Arc<Mutex<Vec<Vec<u16>>>> = Arc::default();
    let seen = Arc::clone(&found);
    contexts
        .client
        .set_message_callback(move |message| {
            let hello = ssl::MessageKind::Message(ssl::TlsMessageType::SERVER_HELLO);
            if message.kind() == hello {
                seen.lock().unwrap().extend(extensions(message.data()));
            }
            Ok(())
        })
        .unwrap();
    contexts.link();
    contexts
        .server
        .set_sni_callback(|_| Ok(ssl::SniAction::Continue))
        .unwrap();
    contexts.link();
    let acknowledged: Vec<bool> = (found.lock().unwrap().iter())
        .map(|extensions| extensions.contains(&0))
        .collect();
    assert_eq!(acknowledged, [false, true]);
}
