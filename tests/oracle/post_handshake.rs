//! Client authentication after the handshake: in memory, step by step, and over sockets with each
//! combination of CPython and this library.

use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;

use pyssl as ssl;
use pyssl_testing::Ca;
use pyssl_testing::python::{Python, python_or_skip};
use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};

const SCRIPT: &str = include_str!("post_handshake.py");

/// The client's certificates: none, a good one, and one that the server does not trust.
fn certificates() -> &'static [(&'static str, Option<String>); 3] {
    static MADE: OnceLock<[(&str, Option<String>); 3]> = OnceLock::new();
    MADE.get_or_init(|| {
        let write = |name: &str, ca: &Ca| {
            let leaf = ca.issue("client");
            Some(fixtures().write_combined(name, &leaf))
        };
        [
            ("none", None),
            ("good", write("pha good.pem", &fixtures().ca)),
            ("stranger", write("pha stranger.pem", &Ca::new())),
        ]
    })
}

#[test]
fn post_handshake_authentication_behaves_as_in_python() {
    const ASK: &str = "verify_client_post_handshake";
    let ask = |side: &str| json!(["do", side, ASK]);
    let mut cases = Vec::new();
    for maximum in [0x303, 0x304] {
        for mode in [0, 1, 2] {
            for (offers, expects) in [(true, true), (true, false), (false, true)] {
                for (which, certificate) in certificates() {
                    let mut steps = vec![
                        json!(["context", "c", 16]),
                        json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}]),
                        json!(["set", "c", "post_handshake_auth", offers]),
                        json!(["context", "s", 17]),
                        json!(["set", "s", "maximum_version", maximum]),
                        json!(["load_cert_chain", "s", fixtures().combined()]),
                        json!(["load_verify_locations", "s", {"cafile": fixtures().ca()}]),
                        json!(["set", "s", "verify_mode", mode]),
                        json!(["set", "s", "post_handshake_auth", expects]),
                    ];
                    if let Some(path) = certificate {
                        steps.push(json!(["load_cert_chain", "c", path]));
                    }
                    steps.push(json!(["pair", "p", "c", "s", "localhost"]));
                    steps.extend([ask("p.server"), ask("p.client")]);
                    steps.push(json!(["handshake", "p"]));
                    steps.push(json!(["do", "p.server", "getpeercert"]));
                    for round in 0..2 {
                        steps.extend([ask("p.client"), ask("p.server")]);
                        if round == 1 {
                            // The server requests a certificate again before its first request was sent.
                            steps.push(ask("p.server"));
                        }
                        steps.push(json!(["do", "p.server", "write", "down"]));
                        steps.push(json!(["pump", "p"]));
                        steps.push(json!(["do", "p.client", "read"]));
                        steps.push(json!(["do", "p.client", "write", "up"]));
                        steps.push(json!(["pump", "p"]));
                        steps.push(json!(["do", "p.server", "read"]));
                        steps.push(json!(["do", "p.server", "getpeercert"]));
                        steps.push(json!(["pump", "p"]));
                        steps.push(json!(["do", "p.client", "read"]));
                        steps.push(json!(["pump", "p"]));
                    }
                    let name = format!(
                        "{which}, mode {mode}, offered {offers}, expected {expects}, up to {maximum:#x}"
                    );
                    cases.push(Case::new(name, json!(steps)).since(13));
                }
            }
        }
    }
    compare(cases);
}

/// The implementation at one end of a connection.
#[derive(Debug, Clone, Copy)]
enum Who<'a> {
    We,
    Python(&'a Python),
}

#[test]
fn python_and_this_library_authenticate_each_other_after_the_handshake() {
    let Some(python) = python_or_skip() else {
        return;
    };
    let names = |who: Who<'_>| matches!(who, Who::We).then_some("we").unwrap_or("Python");
    for (which, certificate) in certificates() {
        for (mode, offers, maximum, asks) in [
            (2, true, 0x304, 1),
            (1, true, 0x304, 1),
            (2, true, 0x304, 2),
            (2, false, 0x304, 1),
            (0, true, 0x304, 1),
            (2, true, 0x303, 1),
        ] {
            // The certificates are varied only where the server requests one once, after the handshake. The other
            // settings are tested with the valid certificate.
            let asked = mode != 0 && offers && maximum == 0x304 && asks == 1;
            if !asked && *which != "good" {
                continue;
            }
            let settings = json!({
                "ca": fixtures().ca(),
                "server_cert": fixtures().combined(),
                "client_cert": certificate,
                "maximum_version": maximum,
                "verify_mode": mode,
                "server_pha": true,
                "client_pha": offers,
                "asks": asks,
            });
            let both = run(Who::Python(python), Who::Python(python), &settings);
            for (server, client) in [
                (Who::We, Who::We),
                (Who::We, Who::Python(python)),
                (Who::Python(python), Who::We),
            ] {
                let told = run(server, client, &settings);
                let (server, client) = (names(server), names(client));
                assert_eq!(told, both, "{server} serves, {client} connects: {settings}");
            }
        }
    }
}

/// Serves one client. Returns the outcome, and a value that keeps the socket open.
type Serving = Box<dyn FnOnce() -> (Value, Box<dyn Send>) + Send>;

/// The outcomes of the server and of the client.
fn run(server: Who<'_>, client: Who<'_>, settings: &Value) -> (Value, Value) {
    std::thread::scope(|scope| {
        let (port, serving): (u16, Serving) = match server {
            Who::We => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let port = listener.local_addr().unwrap().port();
                let settings = settings.clone();
                (
                    port,
                    Box::new(move || {
                        let (conn, steps) = serve(&listener, &settings);
                        (steps, Box::new(conn))
                    }),
                )
            }
            Who::Python(python) => {
                let mut process =
                    python.spawn_script(SCRIPT, &["server", "0", &settings.to_string()]);
                let port = process.port();
                (
                    port,
                    Box::new(move || {
                        let steps = serde_json::from_str(&process.line()).unwrap();
                        (steps, Box::new(process))
                    }),
                )
            }
        };
        let serving = scope.spawn(serving);
        let told = match client {
            Who::We => connect(port, settings),
            Who::Python(python) => {
                let port = port.to_string();
                let arguments = ["client", &port, &settings.to_string()];
                let mut process = python.spawn_script(SCRIPT, &arguments);
                serde_json::from_str(&process.line()).unwrap()
            }
        };
        // The server keeps its socket open until the client has read everything.
        let (steps, _kept) = serving.join().unwrap();
        (steps, told)
    })
}

fn outcome<T: Into<Value>>(result: ssl::Result<T>) -> Value {
    match result {
        Ok(value) => value.into(),
        Err(error) => {
            let reason = error.reason().unwrap_or("None");
            let errno = error.errno().map_or("None".to_owned(), |n| n.to_string());
            json!(format!("{} {reason} {errno}", error.python_class()))
        }
    }
}

fn said(result: ssl::Result<Vec<u8>>) -> Value {
    outcome(result.map(|data| String::from_utf8(data).unwrap()))
}

fn context(role: &str, protocol: ssl::Protocol, settings: &Value) -> ssl::SslContext {
    let text = |name: &str| settings[name].as_str();
    let context = ssl::SslContext::new(protocol).unwrap();
    context.load_verify_locations(text("ca").unwrap()).unwrap();
    let maximum = i32::try_from(settings["maximum_version"].as_i64().unwrap()).unwrap();
    let maximum = ssl::TlsVersion::try_from(maximum).unwrap();
    context.set_maximum_version(maximum).unwrap();
    if let Some(certificate) = text(&format!("{role}_cert")) {
        context.load_cert_chain(certificate).unwrap();
    }
    let on = settings[format!("{role}_pha")].as_bool().unwrap();
    context.set_post_handshake_auth(on).unwrap();
    context
}

fn serve(listener: &TcpListener, settings: &Value) -> (ssl::SslSocket, Value) {
    let context = context("server", ssl::PROTOCOL_TLS_SERVER, settings);
    let mode = i32::try_from(settings["verify_mode"].as_i64().unwrap()).unwrap();
    context
        .set_verify_mode(ssl::VerifyMode::try_from(mode).unwrap())
        .unwrap();
    let (sock, _) = listener.accept().unwrap();
    let options = ssl::WrapSocket::new().server_side(true);
    let conn = context.wrap_socket(sock, options).unwrap();
    let shown = || outcome(conn.getpeercert_binary().map(|der| der.is_some()));
    let mut steps = vec![shown()];
    for _ in 0..settings["asks"].as_u64().unwrap() {
        steps.push(outcome(conn.verify_client_post_handshake()));
    }
    conn.sendall(b"down").unwrap();
    steps.extend([said(conn.recv(2)), shown()]);
    steps.push(outcome(conn.sendall(b"end")));
    (conn, json!(steps))
}

fn connect(port: u16, settings: &Value) -> Value {
    let context = context("client", ssl::PROTOCOL_TLS_CLIENT, settings);
    let plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let conn = context.wrap_socket(plain, "localhost").unwrap();
    let first = said(conn.recv(4));
    json!([
        first,
        outcome(conn.verify_client_post_handshake()),
        outcome(conn.sendall(b"up")),
        said(conn.recv(3)),
    ])
}
