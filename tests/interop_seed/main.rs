//! Connects three Python programs with the Rust examples that are ports of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an error fails the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use pyssl_testing::process::Process;
use pyssl_testing::{Ca, python, skip_without_python, skip_without_same_openssl};

const SIMPLE_SERVER: &str = include_str!("simple_server.py");
const FULL_SERVER: &str = include_str!("full_server.py");
const CLIENT: &str = include_str!("client.py");

/// The files that the programs expect in their directory.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    for (name, text) in [
        ("server.crt", leaf.chain_pem()),
        ("server.key", leaf.key_pem()),
        ("ca_cert.pem", ca.cert_pem()),
    ] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// An example, which Cargo builds along with the tests.
fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    path
}

fn start(name: &str, directory: &Path, port: u16) -> Process {
    let mut command = Command::new(example(name));
    command.arg(port.to_string()).current_dir(directory);
    Process::spawn(&mut command)
}

/// Starts a Python program in this directory, with `port` in place of 8443.
fn start_python(program: &str, directory: &Path, port: u16) -> Process {
    let program = program
        .replace("('localhost', 8443)", &format!("('localhost', {port})"))
        .replace(
            "print('Server listening on port 8443...')",
            "print((ssl_sock if 'ssl_sock' in locals() else sock).getsockname()[1])",
        );
    let enter = "import os, sys; os.chdir(sys.argv[1])\n";
    python()
        .unwrap()
        .spawn_script(&format!("{enter}{program}"), &[directory])
}

/// The port in `Server listening on port 127.0.0.1:40001...`
fn port_of(server: &mut Process) -> u16 {
    let line = server.line();
    let digits = line
        .trim_end_matches('.')
        .rsplit(|c: char| !c.is_ascii_digit())
        .next();
    digits
        .unwrap()
        .parse()
        .unwrap_or_else(|_| panic!("{line:?} names no port"))
}

fn assert_served(server: &mut Process) {
    assert!(server.line().starts_with("Connected by "));
    assert_eq!(server.line(), "Received: Hello from client!");
}

#[test]
fn the_servers_serve_the_python_client() {
    skip_without_python!();
    let files = directory();
    for name in ["tls_server", "tls_server_loop"] {
        let mut server = start(name, files.path(), 0);
        let port = port_of(&mut server);
        // Connect twice, because the server continues after a client.
        for _ in 0..2 {
            let client = start_python(CLIENT, files.path(), port).finish();
            assert_eq!(client.expect_success(), "Received: Hello from server!\n");
            assert_served(&mut server);
        }
    }
}

#[test]
fn the_client_talks_to_the_python_servers() {
    skip_without_python!();
    let files = directory();
    for program in [SIMPLE_SERVER, FULL_SERVER] {
        let mut server = start_python(program, files.path(), 0);
        let port = server.port();
        let client = start("tls_client", files.path(), port).finish();
        assert_eq!(
            client.expect_success(),
            "Received: Hello from server!\nReceived: Hello from server!, verified\n"
        );
        assert_served(&mut server);
        assert_served(&mut server);
    }
}

#[test]
fn the_client_talks_to_our_servers() {
    let files = directory();
    for name in ["tls_server", "tls_server_loop"] {
        let mut server = start(name, files.path(), 0);
        let port = port_of(&mut server);
        start("tls_client", files.path(), port)
            .finish()
            .expect_success();
        assert_served(&mut server);
        assert_served(&mut server);
    }
}

#[test]
fn the_cipher_string_selects_the_same_suites_as_in_python() {
    let python = skip_without_same_openssl!();
    let files = directory();
    let script = "import ssl\n\
        context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)\n\
        context.set_ciphers('HIGH:!aNULL:!MD5')\n\
        for c in context.get_ciphers(): print(c['name'])";
    let theirs = python.run(script, &[""; 0]).expect_success();
    let mut command = Command::new(example("set_ciphers"));
    command.current_dir(files.path());
    assert_eq!(
        Process::spawn(&mut command).finish().expect_success(),
        theirs
    );
}
