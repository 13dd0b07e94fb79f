//! Getters of a connection while one of its callbacks runs. A test hangs if a getter waits for the
//! callback.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use pyssl as ssl;

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, Watchdog, client_options, server_options, tcp_pair,
};
use crate::support::{Pair, class};

/// Calls every getter of an object or a socket. Each entry has a name, and whether the result equals
/// Python's.
macro_rules! answers {
    ($connection:expr) => {{
        let c = $connection;
        vec![
            (
                "debug",
                format!("{c:?}").contains("SslObject {") || format!("{c:?}").contains("fd:"),
            ),
            ("version", format!("{:?}", c.version()) == "None"),
            ("cipher", format!("{:?}", c.cipher()) == "None"),
            (
                "shared_ciphers",
                format!("{:?}", c.shared_ciphers()) == "None",
            ),
            ("compression", format!("{:?}", c.compression()) == "None"),
            ("group", format!("{:?}", c.group()) == "None"),
            ("client_sigalg", answer_or_too_old(&c.client_sigalg())),
            ("server_sigalg", answer_or_too_old(&c.server_sigalg())),
            ("ocsp_response", c.ocsp_response().is_none()),
            (
                "selected_alpn_protocol",
                c.selected_alpn_protocol().is_none(),
            ),
            ("pending", c.pending() == 0),
            ("getpeercert", not_done(&c.getpeercert())),
            ("getpeercert_binary", not_done(&c.getpeercert_binary())),
            (
                "verified chain",
                is_empty(&format!("{:?}", c.get_verified_chain())),
            ),
            (
                "unverified chain",
                is_empty(&format!("{:?}", c.get_unverified_chain())),
            ),
            (
                "tls-unique",
                c.get_channel_binding("tls-unique").unwrap().is_none(),
            ),
            (
                "tls-exporter",
                c.get_channel_binding("tls-exporter").unwrap().is_none(),
            ),
            (
                "tls-server-end-point",
                c.get_channel_binding("tls-server-end-point")
                    .unwrap()
                    .is_none(),
            ),
            (
                "keying material",
                not_done(&c.export_keying_material(32, "EXPERIMENTAL", None)),
            ),
            ("session", c.session().is_none()),
            (
                "session_reused",
                ["false", "Some(false)"].contains(&&*format!("{:?}", c.session_reused())),
            ),
            (
                "context",
                c.context().protocol() == ssl::PROTOCOL_TLS_SERVER,
            ),
            ("server_side", c.server_side()),
            ("server_hostname", c.server_hostname().is_none()),
        ]
    }};
}

fn not_done<T: std::fmt::Debug>(outcome: &ssl::Result<T>) -> bool {
    matches!(outcome, Err(ssl::Error::Value(text)) if text.to_string() == "handshake not done yet")
}

fn answer_or_too_old(outcome: &ssl::Result<Option<String>>) -> bool {
    matches!(outcome, Ok(None) | Err(ssl::Error::NotImplemented(_)))
}

fn is_empty(chain: &str) -> bool {
    ["[]", "Ok([])"].contains(&chain)
}

/// The connection of a server, as an object or as a socket, before its handshake is done.
enum Server {
    Object(Box<ssl::SslObject>),
    Socket(Box<ssl::SslSocket>),
}

impl Server {
    /// Calls every getter, and fails if a result differs from CPython's in a server's SNI callback.
    fn ask(&self) {
        let answers = match self {
            Server::Object(object) => answers!(object),
            Server::Socket(socket) => answers!(socket),
        };
        for (question, as_in_python) in answers {
            assert!(as_in_python, "{question}");
        }
    }

    fn do_handshake(&self) -> ssl::Result<()> {
        match self {
            Server::Object(object) => object.do_handshake(),
            Server::Socket(socket) => socket.do_handshake(),
        }
    }
}

/// A server that has received its client's hello, as an object or as a socket. Also returns the client.
fn served(contexts: &Contexts, object: bool) -> (Server, Box<dyn std::any::Any>) {
    if object {
        let pair = contexts.pair();
        let _ = pair.client.do_handshake();
        pair.pump();
        let Pair { client, server, .. } = pair;
        return (Server::Object(Box::new(server)), Box::new(client));
    }
    let (near, far) = tcp_pair();
    let client = client_options().do_handshake_on_connect(false);
    let client = contexts.client.wrap_socket(near, client).unwrap();
    client.setblocking(false).unwrap();
    let _ = client.do_handshake();
    let server = server_options().do_handshake_on_connect(false);
    let server = contexts.server.wrap_socket(far, server).unwrap();
    // The server needs a time-out, because the client does not continue the handshake.
    server.settimeout(Some(crate::link::PATIENCE)).unwrap();
    (Server::Socket(Box::new(server)), Box::new(client))
}

/// The control of a callback that reports when it is called, and then waits until this value is dropped.
struct Stop {
    reached: Receiver<()>,
    _go_on: Sender<()>,
}

/// A function that waits in each call until its [`Stop`] is dropped.
fn stop() -> (Stop, impl Fn() + Send + Sync + 'static) {
    let (reach, reached) = channel();
    let (go_on, gone_on) = channel();
    let ends = Mutex::new((reach, gone_on));
    let stop = move || {
        let (reach, gone_on) = &*ends.lock().unwrap();
        let _ = reach.send(());
        let _ = gone_on.recv();
    };
    let stopped = Stop {
        reached,
        _go_on: go_on,
    };
    (stopped, stop)
}

/// Sets a message callback. If the test puts a function into the returned cell, the callback calls it.
fn stop_in_messages(context: &ssl::SslContext) -> Arc<OnceLock<Box<dyn Fn() + Send + Sync>>> {
    let stopping: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>> = Arc::default();
    let here = Arc::clone(&stopping);
    let set = context.set_message_callback(move |_| {
        if let Some(stop) = here.get() {
            stop();
        }
        Ok(())
    });
    set.unwrap();
    stopping
}

/// A connection whose client will wait in a callback at its next message.
fn stopping_link() -> (Link, Stop) {
    let contexts = Contexts::new();
    let stopping = stop_in_messages(&contexts.client);
    let link = contexts.link();
    // The client must have read the session tickets, because they would also call the callback.
    link.server.send(b"first").unwrap();
    assert_eq!(link.client.recv(10).unwrap(), b"first");
    let (stop, called) = stop();
    stopping.set(Box::new(called)).ok().unwrap();
    (link, stop)
}

const FORMS: [bool; 2] = [true, false];

#[test]
fn getters_called_in_a_callback_match_python() {
    let _watchdog = Watchdog::new();
    for object in FORMS {
        let contexts = Contexts::new();
        let place: Arc<OnceLock<Weak<Server>>> = Arc::default();
        let here = Arc::clone(&place);
        let set = contexts.server.set_sni_callback(move |_| {
            here.get().and_then(Weak::upgrade).unwrap().ask();
            Ok(ssl::SniAction::Alert(ssl::AlertDescription::ACCESS_DENIED))
        });
        set.unwrap();
        let (server, _client) = served(&contexts, object);
        let server = Arc::new(server);
        place.set(Arc::downgrade(&server)).ok().unwrap();
        // This error shows that the callback was called.
        let error = server.do_handshake().unwrap_err();
        assert!(error.to_string().contains("CALLBACK_FAILED"), "{error}");
    }
}

#[test]
fn callbacks_can_call_getters_of_each_others_connections() {
    let _watchdog = Watchdog::new();
    for object in FORMS {
        let places: [Arc<OnceLock<Weak<Server>>>; 2] = Default::default();
        let inside = Arc::new(Barrier::new(2));
        let mut servers = Vec::new();
        for own in 0..2 {
            let contexts = Contexts::new();
            let (other, inside) = (Arc::clone(&places[1 - own]), Arc::clone(&inside));
            let set = contexts.server.set_sni_callback(move |_| {
                inside.wait();
                other.get().and_then(Weak::upgrade).unwrap().ask();
                // Both callbacks wait here, so both run while the getters are called.
                inside.wait();
                Ok(ssl::SniAction::Alert(ssl::AlertDescription::ACCESS_DENIED))
            });
            set.unwrap();
            let (server, client) = served(&contexts, object);
            let server = Arc::new(server);
            places[own].set(Arc::downgrade(&server)).ok().unwrap();
            servers.push((server, client));
        }
        thread::scope(|scope| {
            for (server, _) in &servers {
                let server = Arc::clone(server);
                scope.spawn(move || server.do_handshake().unwrap_err());
            }
        });
    }
}

#[test]
fn getters_do_not_wait_for_a_callback_of_a_handshake() {
    let _watchdog = Watchdog::new();
    for object in FORMS {
        let contexts = Contexts::new();
        let (stop, called) = stop();
        let set = contexts.server.set_sni_callback(move |_| {
            called();
            Ok(ssl::SniAction::Alert(ssl::AlertDescription::ACCESS_DENIED))
        });
        set.unwrap();
        let (server, _client) = served(&contexts, object);
        thread::scope(|scope| {
            let handshake = scope.spawn(|| server.do_handshake());
            stop.reached.recv().unwrap();
            server.ask();
            // `set_context` does not wait for the callback either.
            let other = contexts.server.copy().unwrap();
            let refused = match &server {
                Server::Object(server) => server.set_context(&other),
                Server::Socket(server) => server.set_context(&other),
            };
            assert_eq!(
                refused.unwrap_err().to_string(),
                "Cannot switch the context in the middle of a handshake"
            );
            drop(stop);
            assert!(handshake.join().unwrap().is_err());
        });
    }
}

/// After the handshake, getters return the usual results.
#[test]
fn getters_do_not_wait_for_a_callback_of_a_read() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        contexts.client.set_alpn_protocols(&["h2"]).unwrap();
        contexts.server.set_alpn_protocols(&["h2"]).unwrap();
        let stopping = stop_in_messages(&contexts.client);
        let pair = contexts.connected();
        let client = &pair.client;
        pair.talk();
        let all = || {
            let binding = |name| client.get_channel_binding(name).unwrap();
            [
                format!("{client:?}"),
                format!("{:?}", (client.version(), client.cipher(), client.group())),
                format!("{:?}", client.selected_alpn_protocol()),
                format!("{:?}", client.getpeercert().unwrap().unwrap().to_string()),
                format!("{:?}", client.getpeercert_binary().unwrap().unwrap()),
                format!("{:?}", client.get_verified_chain()),
                format!("{:?}", client.get_unverified_chain()),
                format!(
                    "{:?}",
                    ["tls-unique", "tls-exporter", "tls-server-end-point"].map(binding)
                ),
                format!(
                    "{:?}",
                    client
                        .export_keying_material(32, "EXPERIMENTAL", None)
                        .unwrap()
                ),
                format!(
                    "{:?}",
                    client.session().map(|session| session.id().to_vec())
                ),
                format!("{:?}", (client.session_reused(), client.pending())),
            ]
        };
        let before = all();
        pair.server.write(b"word").unwrap();
        pair.pump();
        let (stop, called) = stop();
        stopping.set(Box::new(called)).ok().unwrap();
        thread::scope(|scope| {
            let read = scope.spawn(|| client.read(10));
            stop.reached.recv().unwrap();
            assert_eq!(all(), before);
            let late = client.set_session(&client.session().unwrap()).unwrap_err();
            assert_eq!(late.to_string(), "Cannot set session after handshake.");
            drop(stop);
            assert_eq!(read.join().unwrap().unwrap(), b"word");
        });
    }
}

/// While a callback runs in one thread, operations in another thread end at their time-out, and non-blocking operations
/// at once. The callback continues when all of them have ended.
#[test]
fn operations_time_out_while_a_callback_runs() {
    type Operation = fn(&ssl::SslSocket) -> &'static str;
    const SOON: Duration = Duration::from_millis(20);
    let timed: [(&str, Operation); 5] = [
        ("TimeoutError", |socket| class(socket.recv(10))),
        ("TimeoutError", |socket| {
            class(socket.recv_into(&mut [0; 10]))
        }),
        ("TimeoutError", |socket| class(socket.send(b"x"))),
        ("TimeoutError", |socket| class(socket.unwrap())),
        ("TimeoutError", |socket| {
            class(socket.verify_client_post_handshake())
        }),
    ];
    let at_once: [(&str, Operation); 4] = [
        ("SSLWantReadError", |socket| class(socket.recv(10))),
        ("SSLWantReadError", |socket| {
            class(socket.recv_into(&mut [0; 10]))
        }),
        ("SSLWantWriteError", |socket| class(socket.send(b"x"))),
        ("SSLWantWriteError", |socket| class(socket.unwrap())),
    ];
    let _watchdog = Watchdog::new();
    // The callback runs within a write, or within a read.
    for reads in [false, true] {
        let (Link { client, server }, stop) = stopping_link();
        thread::scope(|scope| {
            let stopped = scope.spawn(|| match reads {
                true => client.recv(10),
                false => client.send(b"sent").map(|n| vec![0; n]),
            });
            server.send(b"next").unwrap();
            stop.reached.recv().unwrap();
            client.settimeout(Some(SOON)).unwrap();
            for (expected, operation) in timed {
                assert_eq!(operation(&client), expected);
            }
            client.setblocking(false).unwrap();
            for (expected, operation) in at_once {
                assert_eq!(operation(&client), expected);
            }
            client.setblocking(true).unwrap();
            drop(stop);
            assert_eq!(stopped.join().unwrap().unwrap().len(), 4);
        });
        // The connection works after the operations that timed out.
        client.sendall(b"on").unwrap();
        let expected: &[u8] = if reads { b"on" } else { b"senton" };
        let mut heard = Vec::new();
        while heard.len() < expected.len() {
            heard.extend(server.recv(10).unwrap());
        }
        assert_eq!(heard, expected);
    }
}

#[test]
fn close_within_returns_while_a_callback_runs() {
    let _watchdog = Watchdog::new();
    let (Link { client, server }, stop) = stopping_link();
    thread::scope(|scope| {
        scope.spawn(|| client.recv(10));
        server.send(b"next").unwrap();
        stop.reached.recv().unwrap();
        let closed = client.close_within(Duration::from_millis(20)).unwrap();
        assert_eq!(closed, ssl::Closed::TimedOut);
        drop(stop);
    });
}
