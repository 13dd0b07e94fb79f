//! `pyssl demo`: a server and a client that exchange messages.

mod pki;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;
use socket2::{Domain, Socket, Type};

use crate::args::DemoArgs;
use crate::failure::{Failure, WithContext};
use crate::report;
use crate::report::demo::{Check, ClientSide, DemoOutcome, ServerSide};
use crate::setup;
use crate::sys;
use pki::Authority;

const FROM_CLIENT: &[u8] = b"Hello from client!";
const FROM_SERVER: &[u8] = b"Hello from server!";

/// The demo needs milliseconds. This time-out only ends a demo that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let outcome = greet()?;
    report::print(|out| match args.json {
        true => report::demo::json(out, &outcome),
        false => report::demo::human(out, &outcome),
    })?;
    Ok(ExitCode::from(u8::from(!outcome.ok())))
}

fn greet() -> Result<DemoOutcome, Failure> {
    let failed = || "cannot create the certificates".to_owned();
    let authority = Authority::new().with_context(failed)?;
    let server_pem = authority.issue("localhost").with_context(failed)?;
    let ca_pem = authority.cert_pem().with_context(failed)?;
    // As in Python, load_cert_chain takes only files. The directory is private and temporary.
    let directory = tempfile::tempdir().with_context(|| "cannot create a directory".to_owned())?;
    let certfile = directory.path().join("server.pem");
    write_secret(&certfile, &server_pem)
        .with_context(|| "cannot write the certificate".to_owned())?;

    // The client's context is created before the server's thread starts, because the server would
    // wait for a client that has failed.
    let options = ssl::DefaultContext::default().cadata(ca_pem.as_str());
    let context = ssl::create_default_context(options);
    let context = setup::made(context, "cannot create the client's context")?;

    let (port, ready) = mpsc::channel();
    let (server, client) = thread::scope(|scope| {
        let server = thread::Builder::new()
            .name("server".to_owned())
            .spawn_scoped(scope, || start_ssl_server(&certfile, port))?;
        // If the server fails before it sends its port, the channel closes and `recv_timeout`
        // returns at once.
        let client = ready
            .recv_timeout(PATIENCE)
            .ok()
            .map(|port| start_ssl_client(&context, port));
        let server = server
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, std::io::Error>((server, client))
    })
    .with_context(|| "cannot start a thread".to_owned())?;
    Ok(examine(server, client))
}

/// The server of `examples/tls_server.rs`, on a free port.
fn start_ssl_server(certfile: &Path, port: mpsc::Sender<u16>) -> ssl::Result<ServerSide> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    context.load_cert_chain(certfile)?;

    let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let ssl_sock = context.wrap_socket(sock, ssl::WrapSocket::new().server_side(true))?;
    ssl_sock.bind(("localhost", 0))?;
    ssl_sock.listen(5)?;
    ssl_sock.settimeout(Some(PATIENCE))?;
    // The send fails only if the client side has already failed.
    let _ = port.send(ssl_sock.getsockname()?.port().unwrap_or_default());

    let (conn, address) = ssl_sock.accept()?;
    conn.settimeout(Some(PATIENCE))?;
    let received = conn.recv(1024)?;
    if !received.is_empty() {
        conn.sendall(FROM_SERVER)?;
    }
    let side = ServerSide {
        client: address.to_string(),
        version: conn.version(),
        cipher: conn.cipher(),
        received,
    };
    conn.close();
    Ok(side)
}

/// The client of `examples/tls_client.rs`, with verification.
fn start_ssl_client(context: &ssl::SslContext, port: u16) -> ssl::Result<ClientSide> {
    let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // The socket is wrapped without the handshake, so that the handshake can be timed.
    let options = ssl::WrapSocket::new()
        .server_hostname("localhost")
        .do_handshake_on_connect(false);
    let ssl_sock = context.wrap_socket(sock, options)?;
    ssl_sock.settimeout(Some(PATIENCE))?;
    ssl_sock.connect(("localhost", port))?;
    let start = Instant::now();
    ssl_sock.do_handshake()?;
    let handshake_time = start.elapsed();
    ssl_sock.sendall(FROM_CLIENT)?;
    let received = ssl_sock.recv(1024)?;
    Ok(ClientSide {
        port,
        handshake_time,
        version: ssl_sock.version(),
        cipher: ssl_sock.cipher(),
        group: ssl_sock.group(),
        certificate: ssl_sock.getpeercert()?,
        verified_chain: ssl_sock.get_verified_chain()?,
        received,
    })
}

/// Compares what both sides have observed with the expected results.
fn examine(
    server: ssl::Result<ServerSide>,
    client: Option<ssl::Result<ClientSide>>,
) -> DemoOutcome {
    let mut checks = Vec::new();
    if let (Ok(server), Some(Ok(client))) = (&server, &client) {
        let names = client.certificate.iter().flat_map(|c| c.subject_alt_name());
        let localhost = ssl::SubjectAltName::Dns("localhost".to_owned());
        checks.extend([
            Check::new(
                "the server received the client's message",
                server.received == FROM_CLIENT,
            ),
            Check::new(
                "the client received the server's message",
                client.received == FROM_SERVER,
            ),
            Check::new(
                "both agree on protocol and cipher",
                client.version.is_some()
                    && client.cipher.is_some()
                    && (client.version, client.cipher) == (server.version, server.cipher),
            ),
            Check::new(
                "the certificate was verified, and is for localhost",
                client.verified_chain.len() == 2 && names.into_iter().any(|n| *n == localhost),
            ),
        ]);
    }
    DemoOutcome {
        sent_by_client: FROM_CLIENT,
        sent_by_server: FROM_SERVER,
        server,
        client,
        checks,
    }
}

fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = sys::private(options.write(true).create_new(true)).open(path)?;
    file.write_all(text.as_bytes())
}
