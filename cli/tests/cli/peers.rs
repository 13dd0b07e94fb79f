//! `pyssl serve` and `pyssl connect` against other TLS programs. Programs that are not installed
//! are reported as skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pyssl_testing::process::Process;

use crate::support::{Output, Server, World, brief, path, run_command, run_with_input};

const REQUEST: &str = "GET / HTTP/1.0\r\n\r\n";

/// A client that prints the server's answer. It runs on Python 2.7 and newer.
const PYTHON_CLIENT: &str = "\
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
sock = context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))), server_hostname='localhost')
sock.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
while True:
    data = sock.recv(1000)
    if not data: break
    sys.stdout.write(data.decode())
";

/// A server that prints its port and serves one client. It runs on Python 2.7 and newer.
const PYTHON_SERVER: &str = "\
import socket, ssl, sys
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1])
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(5)
print(listener.getsockname()[1])
sys.stdout.flush()
sock = context.wrap_socket(listener.accept()[0], server_side=True)
while sock.recv(1000): pass
";

const NODE_CLIENT: &str = "
const [port, ca] = process.argv.slice(1);
const options = { host: 'localhost', port, ca: require('fs').readFileSync(ca) };
require('https').get(options, (response) => response.pipe(process.stdout));
";

const NODE_SERVER: &str = "
const pem = require('fs').readFileSync(process.argv[1]);
const server = require('tls').createServer({ cert: pem, key: pem }, (socket) => socket.resume());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
";

const JAVA_CLIENT: &str = r#"
import java.io.*;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.*;

public class Client {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream ca = new FileInputStream(args[1])) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(ca));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
            .createSocket(new Socket("127.0.0.1", port), "localhost", port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
        socket.getInputStream().transferTo(System.out);
    }
}
"#;

/// Whether a program is installed. If not, prints that it is skipped.
fn installed(program: impl AsRef<Path>, version: &str) -> bool {
    let program = program.as_ref();
    let found = Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        pyssl_testing::skipped(format_args!("{} is not installed", program.display()));
    }
    found
}

/// All installed interpreters with the `ssl` module.
fn pythons() -> Vec<PathBuf> {
    let found = pyssl_testing::python::every_python();
    if found.is_empty() {
        pyssl_testing::skipped("no Python found");
    }
    found
}

/// Checks that a client received the page of `serve --http`.
#[track_caller]
fn fetches(client: &str, output: &Output, protocol: &str) {
    let expected = format!("protocol: {protocol}\ncipher: ");
    assert!(output.stdout.contains(&expected), "{client}: {output:?}");
}

#[test]
fn curl_wget_and_python_fetch_a_page_from_serve() {
    let world = World::new();
    let server = Server::start(&world.server, &["--http"]);
    let (port, ca) = (server.port().to_string(), world.cafile());
    let url = format!("https://localhost:{port}/");
    let input = |command: &mut Command| run_with_input(command, REQUEST.as_bytes());
    if installed("curl", "--version") {
        for (args, protocol) in [
            (&["--tlsv1.3"][..], "TLSv1.3"),
            (&["--tlsv1.2", "--tls-max", "1.2"][..], "TLSv1.2"),
        ] {
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--show-error", "--cacert", ca, &url]);
            fetches("curl", &run_command(curl.args(args)), protocol);
        }
    }
    if installed("wget", "--version") {
        let mut wget = Command::new("wget");
        wget.args([
            "--quiet",
            "--output-document=-",
            "--ca-certificate",
            ca,
            &url,
        ]);
        fetches("wget", &run_command(&mut wget), "TLSv1.3");
    }
    if installed("openssl", "version") {
        let mut openssl = Command::new("openssl");
        let target = format!("localhost:{port}");
        openssl.args(["s_client", "-quiet", "-verify_return_error"]);
        openssl.args([
            "-verify_hostname",
            "localhost",
            "-CAfile",
            ca,
            "-connect",
            &target,
        ]);
        fetches("openssl s_client", &input(&mut openssl), "TLSv1.3");
    }
    if installed("gnutls-cli", "--version") {
        let mut gnutls = Command::new("gnutls-cli");
        gnutls.args(["--x509cafile", ca, "--port", &port, "localhost"]);
        fetches("gnutls-cli", &input(&mut gnutls), "TLSv1.3");
    }
    if installed("node", "--version") {
        let mut node = Command::new("node");
        fetches(
            "node",
            &run_command(node.args(["-e", NODE_CLIENT, &port, ca])),
            "TLSv1.3",
        );
    }
    if installed("java", "--version") {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("Client.java");
        std::fs::write(&source, JAVA_CLIENT).unwrap();
        let mut java = Command::new("java");
        fetches(
            "java",
            &run_command(java.args([path(&source), &port, ca])),
            "TLSv1.3",
        );
    }
    for python in pythons() {
        let mut command = Command::new(&python);
        let output = run_command(command.args(["-c", PYTHON_CLIENT, &port, ca]));
        let name = python.display().to_string();
        // Each program may be linked with another TLS library.
        let protocol = if output.stdout.contains("TLSv1.3") {
            "TLSv1.3"
        } else {
            "TLSv1.2"
        };
        fetches(&name, &output, protocol);
    }
}

#[test]
fn connect_verifies_other_programs_as_servers() {
    let world = World::new();
    let certificate = path(&world.server.combined);
    let mut servers = Vec::new();
    if installed("node", "--version") {
        let mut node = Command::new("node");
        node.args(["-e", NODE_SERVER, certificate]);
        servers.push(("node".to_owned(), node));
    }
    for python in pythons() {
        let mut command = Command::new(&python);
        command.args(["-c", PYTHON_SERVER, certificate]);
        servers.push((python.display().to_string(), command));
    }
    for (name, mut command) in servers {
        let mut server = Process::spawn(&mut command);
        let target = format!("localhost:{}", server.port());
        let (line, code) = brief(&target, &["--cafile", world.cafile()]);
        assert!(line.starts_with("OK TLSv1."), "{name}: {line}");
        assert_eq!(code, Some(0), "{name}");
    }
    let openssl = pyssl_testing::skip_without_openssl!();
    for version in ["-tls1_2", "-tls1_3"] {
        let (_server, address) =
            openssl.s_server(&["-cert", certificate, "-key", certificate, version]);
        let target = format!("localhost:{}", address.port());
        let (line, code) = brief(&target, &["--cafile", world.cafile()]);
        assert!(line.starts_with("OK TLSv1."), "{line}");
        assert_eq!(code, Some(0));
        let (line, code) = brief(&target, &[]);
        assert_eq!(
            line,
            "ERR SSLCertVerificationError SSL CERTIFICATE_VERIFY_FAILED 20 unable to get local issuer \
         certificate"
        );
        assert_eq!(code, Some(1));
    }
}
