//! The skeletons of some programs. Those in `generated.rs` are compiled with this test.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use std::path::Path;

use pyssl_port::{Port, SKELETON_HEAD};

#[allow(missing_docs, unreachable_pub, reason = "made by the test")]
#[rustfmt::skip]
mod generated;

const PROGRAMS: [&str; 3] = ["client", "server", "asynchronous"];

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/skeletons"))
}

fn skeleton(python: &[u8]) -> String {
    let port = Port::with_skeleton(python).unwrap();
    assert!(!port.broken);
    port.skeleton
}

/// The Rust lines of a function, without comments.
fn lines(python: &str) -> Vec<String> {
    let text = skeleton(python.as_bytes());
    let (_, function) = text.rsplit_once("pub fn ").unwrap();
    let lines = function.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.map(str::to_owned).collect()
}

/// With `PYSSL_BLESS`, the file is written.
#[test]
fn the_skeletons_of_the_programs_are_those_that_are_compiled() {
    let mut text = String::from("//! Skeletons, made by a test.\n");
    for program in PROGRAMS {
        let python = std::fs::read(directory().join(format!("{program}.py"))).unwrap();
        let functions = skeleton(&python);
        text += &format!("\npub mod {program} {{\n{SKELETON_HEAD}{functions}}}\n");
    }
    let path = directory().join("generated.rs");
    if std::env::var_os("PYSSL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "{path:?} is out of date: run the test with PYSSL_BLESS=1"
    );
}

#[test]
fn a_try_in_a_loop_becomes_a_match_whose_arms_leave_the_loop() {
    let python = "
import ssl
def handshake(sock: ssl.SSLSocket):
    while True:
        try:
            sock.do_handshake()
            break
        except ssl.SSLWantReadError:
            wait(sock)
";
    assert_eq!(
        lines(python),
        [
            "handshake(sock: ssl::SslSocket) -> Result<(), AnyError> {",
            "loop {",
            "match sock.do_handshake() {",
            "Ok(_) => break,",
            "Err(e @ ssl::Error::WantRead(_)) => {",
            "}",
            "Err(e) => return Err(e.into()),",
            "}",
            "}",
            "Ok(())",
            "}",
        ]
    );
}

#[test]
fn branches_assign_to_a_variable_that_is_used_after_them() {
    let python = "
import ssl
def connect(context: ssl.SSLContext, plain, host):
    if ssl.HAS_SNI:
        sock = context.wrap_socket(plain, server_hostname=host)
    else:
        sock = context.wrap_socket(plain)
    return sock
";
    assert_eq!(
        lines(python)[1..],
        [
            "let sock;",
            "if ssl::HAS_SNI {",
            "sock = context.wrap_socket(&plain, host)?;",
            "} else {",
            "sock = context.wrap_socket(&plain, ())?;",
            "}",
            "return Ok(sock);",
            "}",
        ]
    );
}

#[test]
fn a_finally_clause_runs_before_the_error_is_returned() {
    let python = "
import ssl
def read(sock: ssl.SSLSocket):
    try:
        data = sock.recv(10)
    finally:
        sock.close()
    if not data:
        return None
    return data
";
    assert_eq!(
        lines(python),
        [
            "read(sock: ssl::SslSocket) -> Result<Option<Vec<u8>>, AnyError> {",
            "let tried = (|| -> Result<_, AnyError> {",
            "let data = sock.recv(10)?;",
            "Ok(data)",
            "})();",
            "sock.close();",
            "let data = tried?;",
            "if data.is_empty() {",
            "return Ok(None);",
            "}",
            "return Ok(Some(data));",
            "}",
        ]
    );
}

#[test]
fn a_value_that_a_loop_would_take_twice_is_taken_from_a_new_name() {
    let python = "
import ssl
def detach(sock: ssl.SSLSocket, names):
    for name in names:
        sock.detach()
";
    let lines = lines(python);
    assert!(
        lines.contains(&"let sock: ssl::SslSocket = py(\"sock\");".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn an_expression_with_quotes_is_a_rust_literal() {
    let python = "
import ssl, requests
def fetch(u):
    requests.get(u, auth=users['a\"b'].login)
";
    let lines = lines(python);
    let expected = r#"py::<&str>("users['a\"b'].login[0]")"#;
    assert!(
        lines.iter().any(|line| line.contains(expected)),
        "{lines:?}"
    );
}

#[test]
fn a_value_that_is_returned_inside_of_a_try_is_the_value_of_the_function() {
    let python = "
import ssl
def read(sock, context: ssl.SSLContext):
    try:
        with context.wrap_socket(sock) as tls:
            return tls.recv(10)
    except ssl.SSLError:
        return None
";
    let found = lines(python);
    assert!(
        found[0].ends_with("-> Result<Option<Vec<u8>>, AnyError> {"),
        "{found:?}"
    );
    let expected = [
        "return Ok(Leave::Return(Some(tls.recv(10)?)));",
        "Ok(Leave::Return(value)) => return Ok(value),",
    ];
    for line in expected {
        assert!(found.iter().any(|found| found == line), "{found:?}");
    }
}
