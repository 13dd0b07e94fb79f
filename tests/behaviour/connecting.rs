//! Ways to connect a socket, and `get_server_certificate`.

use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::openssl::ssl::{NameType, SniError};
use pyssl_testing::{Ca, EchoServer, Files, Scripted, ServerConfig, closed_port, errno, skipped};
use rustix::event::PollFlags;
use socket2::SockRef;

use crate::link::{
    Contexts, PATIENCE, Watchdog, client_options, full_listener, is_bad_fd, plain_socket,
    readiness, tcp_pair, wait_until_done, waiting,
};
use crate::support::{class, client_context, server_context, told, trust, unverified_client};

/// A client that trusts this authority and is not connected yet.
fn wrapped(ca: &Ca, name: &str) -> ssl::SslSocket {
    client_context(ca)
        .wrap_socket(plain_socket(), name)
        .unwrap()
}

fn echo_once(sock: &ssl::SslSocket) {
    sock.sendall(b"foo\n").unwrap();
    assert_eq!(sock.recv(1024).unwrap(), b"foo\n");
}

#[test]
fn getpeercert_of_an_unverified_peer_is_an_empty_dict() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let sock = unverified_client().wrap_socket(plain_socket(), "localhost");
    let sock = sock.unwrap();
    sock.connect(server.addr()).unwrap();
    assert!(sock.getpeercert().unwrap().unwrap().is_empty());
    assert!(!sock.server_side());

    let sock = wrapped(&ca, "localhost");
    assert_eq!(sock.version(), None);
    sock.connect(server.addr()).unwrap();
    let cert = sock.getpeercert().unwrap().unwrap();
    let time = |text| ssl::cert_time_to_seconds(text).unwrap();
    assert!(time(cert.not_before()) < time(cert.not_after()));
    assert_eq!(sock.version(), Some("TLSv1.3"));
    sock.close();
    assert_eq!(sock.version(), None);
}

#[test]
fn connect_fails_without_a_trusted_authority() {
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let sock = context.wrap_socket(plain_socket(), "localhost").unwrap();
    let error = sock.connect(server.addr()).unwrap_err();
    assert_eq!(error.python_class(), "SSLCertVerificationError");
    assert_eq!(error.verify_code(), Some(20));
    let why = "unable to get local issuer certificate";
    assert_eq!(error.verify_message(), Some(why));
    for part in ["certificate verify failed", why] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn connect_ex_returns_errno_but_raises_handshake_errors() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let sock = wrapped(&ca, "localhost");
    assert_eq!(sock.connect_ex(server.addr()).unwrap(), 0);
    assert!(sock.getpeercert().unwrap().is_some());

    let sock = wrapped(&ca, "wrong");
    let refused = sock.connect_ex(server.addr());
    assert_eq!(class(refused), "SSLCertVerificationError");

    let closed = closed_port();
    let sock = wrapped(&ca, "localhost");
    assert_eq!(sock.connect_ex(closed.addr()).unwrap(), errno::ECONNREFUSED);

    let (full, _queue) = full_listener();
    let sock = wrapped(&ca, "localhost");
    sock.settimeout(Some(Duration::from_nanos(100))).unwrap();
    assert_eq!(sock.connect_ex(full).unwrap(), errno::EWOULDBLOCK);
}

#[test]
fn a_non_blocking_socket_connects_and_handshakes_in_steps() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let options = ssl::WrapSocket::new()
        .server_hostname("localhost")
        .do_handshake_on_connect(false);
    let sock = client_context(&ca)
        .wrap_socket(plain_socket(), options.clone())
        .unwrap();
    sock.setblocking(false).unwrap();
    let number = sock.connect_ex(server.addr()).unwrap();
    assert!(
        [0, errno::EINPROGRESS, errno::EWOULDBLOCK].contains(&number),
        "{number}"
    );
    assert!(readiness(&sock, PollFlags::OUT, PATIENCE));
    wait_until_done(&sock, || sock.do_handshake());
    assert!(sock.getpeercert().unwrap().is_some());
    assert_eq!(sock.recv(0).unwrap(), b"");
    assert_eq!(sock.recv_into(&mut []).unwrap(), 0);

    let connected = TcpStream::connect(server.addr()).unwrap();
    let sock = client_context(&ca).wrap_socket(connected, options).unwrap();
    sock.setblocking(false).unwrap();
    wait_until_done(&sock, || sock.do_handshake());
    sock.settimeout(Some(PATIENCE)).unwrap();
    echo_once(&sock);
}

#[test]
fn do_handshake_starts_tls_on_a_socket_connected_elsewhere() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let sock = wrapped(&ca, "localhost");
    assert_eq!(
        sock.do_handshake().unwrap_err().errno(),
        Some(errno::ENOTCONN)
    );
    let addr = server.addr();
    if let Err(error) = SockRef::from(&sock).connect(&addr.into()) {
        // On Windows, the socket is in non-blocking mode.
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        assert!(readiness(&sock, PollFlags::OUT, PATIENCE));
    }
    sock.do_handshake().unwrap();
    assert!(sock.getpeercert().unwrap().is_some());
    echo_once(&sock);

    // The socket is connected by a `connect` that did not wait.
    let sock = wrapped(&ca, "localhost");
    sock.setblocking(false).unwrap();
    if let Err(error) = sock.connect(addr) {
        assert_eq!(error.errno(), Some(errno::EINPROGRESS));
        assert!(readiness(&sock, PollFlags::OUT, PATIENCE));
    }
    wait_until_done(&sock, || sock.do_handshake());
    sock.settimeout(Some(PATIENCE)).unwrap();
    echo_once(&sock);
}

#[test]
fn a_non_blocking_handshake_with_a_silent_peer_wants_to_read() {
    let (near, _far) = tcp_pair();
    let options = ssl::WrapSocket::from("localhost").do_handshake_on_connect(false);
    let sock = unverified_client().wrap_socket(near, options).unwrap();
    sock.setblocking(false).unwrap();
    let error = sock.do_handshake().unwrap_err();
    assert_eq!(error.errno(), Some(2));
    let text = "SSLWantReadError: The operation did not complete (read)";
    assert_eq!(told::<()>(Err(error)), text);
}

#[test]
fn one_context_connects_with_changing_verify_modes() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let context = unverified_client();
    let connect = |options: ssl::WrapSocket| {
        let sock = context.wrap_socket(plain_socket(), options).unwrap();
        sock.connect(server.addr()).unwrap();
        echo_once(&sock);
        sock.getpeercert().unwrap().unwrap()
    };
    assert!(connect(ssl::WrapSocket::new()).is_empty());
    assert!(connect("dummy".into()).is_empty());
    context.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
    // The certificate is loaded as text and as bytes.
    trust(&context, &ca);
    let bytes = ssl::VerifyLocations::new().cadata(ca.der());
    context.load_verify_locations(bytes).unwrap();
    let stats = context.cert_store_stats();
    assert_eq!((stats.x509, stats.x509_ca, stats.crl), (1, 1, 0));
    assert!(!connect(ssl::WrapSocket::new()).is_empty());
}

#[test]
fn authorities_in_a_directory_are_loaded_on_demand() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let directory = tempfile::tempdir().unwrap();
    ca.write_hashed(directory.path());
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context
        .load_verify_locations(ssl::VerifyLocations::new().capath(directory.path()))
        .unwrap();
    assert!(context.get_ca_certs().is_empty());
    let sock = context.wrap_socket(plain_socket(), "localhost").unwrap();
    sock.connect(server.addr()).unwrap();
    assert!(!sock.getpeercert().unwrap().unwrap().is_empty());
    let found = context.get_ca_certs();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_der().unwrap(), ca.der());
}

#[test]
fn set_context_replaces_the_context_of_a_connected_socket() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let (first, second) = (client_context(&ca), client_context(&ca));
    first.set_alpn_protocols(&["first"]).unwrap();
    second.set_alpn_protocols(&["second"]).unwrap();
    let sock = first.wrap_socket(plain_socket(), "localhost").unwrap();
    sock.connect(server.addr()).unwrap();
    sock.set_context(&second).unwrap();
    // The socket has the context itself and not a copy, so a change of the context shows.
    second.set_ciphers("AES256").unwrap();
    assert_eq!(
        sock.context().get_ciphers().unwrap(),
        second.get_ciphers().unwrap()
    );
    echo_once(&sock);
}

#[test]
fn contexts_of_the_wrong_role_are_rejected() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    let connected = TcpStream::connect(server.addr()).unwrap();
    assert_eq!(
        told(context.wrap_socket(connected, "localhost")),
        "SSLError: Cannot create a client socket with a PROTOCOL_TLS_SERVER context"
    );
}

#[test]
fn get_server_certificate_works_with_and_without_verification() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    let server = EchoServer::start(ServerConfig::new(&leaf).configure(move |context| {
        let seen = Arc::clone(&seen);
        context.set_servername_callback(move |ssl, _| {
            let name = ssl.servername(NameType::HOST_NAME).map(str::to_owned);
            seen.lock().unwrap().extend(name);
            Ok::<(), SniError>(())
        });
    }));
    let address = ("localhost", server.port());
    let fetch = |options| ssl::get_server_certificate(address, options);
    let pem = fetch(ssl::ServerCertificate::new()).unwrap();
    assert_eq!(ssl::PEM_cert_to_DER_cert(&pem).unwrap(), leaf.der());
    let verified = fetch(ssl::ServerCertificate::new().ca_certs(&files.ca)).unwrap();
    assert_eq!(verified, pem);
    assert_eq!(*names.lock().unwrap(), ["localhost", "localhost"]);

    let other = Files::of(&Ca::new().issue("localhost"));
    let refused = fetch(ssl::ServerCertificate::new().ca_certs(&other.ca));
    assert_eq!(class(refused), "SSLCertVerificationError");
}

#[test]
fn get_server_certificate_times_out() {
    let server = Scripted::never_answers();
    let options = ssl::ServerCertificate::new().timeout(Duration::from_millis(100));
    let fetched = ssl::get_server_certificate(("localhost", server.port()), options);
    assert_eq!(class(fetched), "TimeoutError");
}

#[test]
fn get_server_certificate_works_over_ipv6() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        skipped("this machine has no IPv6");
        return;
    };
    let ca = Ca::new();
    let leaf = ca.issue("::1");
    let files = Files::new(&ca, &leaf);
    let context = server_context(&leaf);
    let listener = context
        .wrap_socket(listener, ssl::WrapSocket::new().server_side(true))
        .unwrap();
    let address: SocketAddr = listener.getsockname().unwrap().as_inet().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2 {
                // `accept` fails for the second client, which rejects the certificate.
                let _ = listener.accept();
            }
        });
        let fetch = |options| ssl::get_server_certificate(("::1", address.port()), options);
        let pem = fetch(ssl::ServerCertificate::new().ca_certs(&files.ca)).unwrap();
        assert_eq!(ssl::PEM_cert_to_DER_cert(&pem).unwrap(), leaf.der());
        let other = Files::of(&Ca::new().issue("::1"));
        let refused = fetch(ssl::ServerCertificate::new().ca_certs(&other.ca));
        assert_eq!(class(refused), "SSLCertVerificationError");
    });
}

/// Names without an address, and addresses of another type than the socket's.
#[test]
fn unresolvable_hosts_give_pythons_errors() {
    const SCRIPT: &str = r#"
import socket, sys
def told(f):
    try:
        f()
        return "ok"
    except OSError as e:
        return f"{type(e).__name__} {e.errno} {e}"
    except (TypeError, UnicodeError) as e:
        return "UnicodeError" if isinstance(e, UnicodeError) else type(e).__name__
for host in sys.stdin.read().split("\n"):
    host = host.replace("NUL", "\0")
    with socket.socket() as sock:
        print(told(lambda: sock.connect((host, 1))))
    print(told(lambda: socket.create_connection((host, 1))))
"#;
    let python = pyssl_testing::skip_without_python!();
    if python.version() < (3, 13, 0) {
        skipped("this Python has other errors for names that cannot be");
        return;
    }
    let long = format!("{}.invalid", "x".repeat(70));
    let hosts = [
        "nosuch.invalid",
        "bücher.invalid",
        "::1",
        "fe80::1",
        "aNULb",
        "256.256.256.256",
        &long,
        "a..invalid",
        "127.0.0.1",
        "localhost",
    ];
    let told = |result: ssl::Result<()>| match result {
        Ok(()) => "ok".to_owned(),
        Err(error @ ssl::Error::Os(_)) => {
            let (class, errno) = (error.python_class(), error.errno().unwrap());
            format!("{class} {errno} {error}")
        }
        Err(error) => error.python_class().to_owned(),
    };
    let output = python.script(SCRIPT).stdin(hosts.join("\n")).run();
    let output = output.expect_success();
    let mut answers = output.lines();
    let context = unverified_client();
    for host in hosts {
        let host = host.replace("NUL", "\0");
        let sock = context.wrap_socket(plain_socket(), ssl::WrapSocket::new());
        let sock = sock.unwrap();
        let ours = told(sock.connect((&*host, 1)));
        assert_eq!(Some(&*ours), answers.next(), "connect to {host:?}");
        let ours = told(ssl::create_connection((&host, 1), None).map(|_| ()));
        let theirs = answers.next().unwrap();
        // In Python a NUL ends the name that is passed to `getaddrinfo`.
        if !host.contains('\0') {
            assert_eq!(ours, theirs, "create_connection to {host:?}");
        }
    }
}

#[test]
fn create_connection_keeps_its_time_out() {
    let server = TcpListener::bind("localhost:0").unwrap();
    let port = server.local_addr().unwrap().port();
    for timeout in [None, Some(PATIENCE)] {
        let sock = ssl::create_connection(("localhost", port), timeout).unwrap();
        let options = ssl::WrapSocket::from("localhost").do_handshake_on_connect(false);
        let sock = unverified_client().wrap_socket(sock, options).unwrap();
        assert_eq!(sock.gettimeout(), timeout);
    }
}

/// The system does not wake a thread that waits for room in the queue of a Unix listener.
// Not on Windows: it has no queue of a Unix socket that could be full.
#[cfg(unix)]
#[test]
fn connecting_to_a_full_unix_listener_waits_until_accept_or_close() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let socket = || socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
    let listener = socket().unwrap();
    let address = socket2::SockAddr::unix(&path).unwrap();
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let fill = || {
        let connects = || {
            let filler = socket().unwrap();
            filler.set_nonblocking(true).unwrap();
            filler.connect(&address).is_ok().then_some(filler)
        };
        std::iter::from_fn(connects).collect::<Vec<_>>()
    };
    let fillers = fill();
    let wrap = || {
        let options = client_options().do_handshake_on_connect(false);
        contexts
            .client
            .wrap_socket(socket().unwrap(), options)
            .unwrap()
    };
    let sock = wrap();
    std::thread::scope(|scope| {
        let connecting = waiting(scope, || sock.connect(&path));
        sock.close();
        let error = connecting.join().unwrap().unwrap_err();
        assert!(is_bad_fd(&error), "{error}");
    });
    let sock = wrap();
    std::thread::scope(|scope| {
        let connecting = waiting(scope, || sock.connect(&path));
        for _ in &fillers {
            listener.accept().unwrap();
        }
        connecting.join().unwrap().unwrap();
    });
    // `connect` has reset the socket options that it set in order to wait.
    let plain = socket2::Socket::from(sock.detach().unwrap());
    assert_eq!(plain.write_timeout().unwrap(), None);
    // With a time-out, `connect` returns Python's error at once.
    let _fillers = fill();
    let sock = wrap();
    sock.settimeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(class(sock.connect(&path)), "BlockingIOError");
}
