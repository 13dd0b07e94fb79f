//! The end of connections, with and without `close_notify`, and clear text after it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{LocalStream, errno, local_pair, skip_without_python};

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, is_bad_fd, pattern,
    plain_socket, readable, recv_exactly, server_options, tcp_pair, unwrap_without_waiting,
    waiting,
};
use crate::support::{after_failure, class, outcome, told};

const EOF: &str =
    "SSLEOFError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol";
const BARE_EOF: &str = "SSLEOFError: EOF occurred in violation of protocol";

#[test]
fn writes_succeed_after_the_peers_close_notify() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        server.send(b"last words").unwrap();
        unwrap_without_waiting(&server);
        assert_eq!(client.recv(100).unwrap(), b"last words");
        for _ in 0..3 {
            assert_eq!(client.recv(100).unwrap(), b"");
            assert_eq!(client.recv_into(&mut [0; 10]).unwrap(), 0);
        }
        assert_eq!(client.send(b"half open").unwrap(), 9);
        assert_eq!(server.recv(100).unwrap(), b"half open");
        client.unwrap().unwrap();
        server.unwrap().unwrap();
    }
}

#[test]
fn reads_succeed_and_writes_fail_after_our_close_notify() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        unwrap_without_waiting(&client);
        for data in [&b"x"[..], b""] {
            let text = "SSLError: [SSL: PROTOCOL_IS_SHUTDOWN] protocol is shutdown";
            assert_eq!(told(client.send(data)), text);
        }
        server.send(b"one moment").unwrap();
        assert_eq!(client.recv(100).unwrap(), b"one moment");
        thread::scope(|scope| {
            scope.spawn(|| server.unwrap().unwrap());
            // Both sides have sent `close_notify`.
            let text = "SSLZeroReturnError: TLS/SSL connection has been closed (EOF)";
            assert_eq!(told(client.recv(100)), text);
        });
        assert_eq!(class(client.recv(100)), "SSLZeroReturnError");
        client.unwrap().unwrap();
    }
}

#[test]
fn a_ragged_eof_is_an_error_unless_suppressed() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        server.send(b"cut").unwrap();
        // As in Python, `close` sends no `close_notify`.
        server.close();
        assert_eq!(client.recv(100).unwrap(), b"cut");
        let error = client.recv(100).unwrap_err();
        assert_eq!(error.reason(), Some("UNEXPECTED_EOF_WHILE_READING"));
        assert_eq!(told::<()>(Err(error)), EOF);
        // Later calls get an error without OpenSSL's reason.
        assert_eq!(told(client.recv(100)), BARE_EOF);
        assert_eq!(told(client.send(b"x")), BARE_EOF);

        let lenient = client_options().suppress_ragged_eofs(true);
        let Link { client, server } = Contexts::of(version).link_with(lenient);
        server.send(b"cut").unwrap();
        server.close();
        assert_eq!(client.recv(100).unwrap(), b"cut");
        for _ in 0..3 {
            assert_eq!(client.recv(100).unwrap(), b"");
        }
        // `suppress_ragged_eofs` affects only reads.
        assert_eq!(told(client.send(b"x")), BARE_EOF);
        let failed = after_failure("SSLError:SHUTDOWN_WHILE_IN_INIT");
        assert_eq!(outcome(&client.unwrap()), failed);
    }
}

#[test]
fn op_ignore_unexpected_eof_accepts_a_missing_close_notify() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let options = contexts.client.options() | ssl::OP_IGNORE_UNEXPECTED_EOF;
    contexts.client.set_options(options).unwrap();
    let Link { client, server } = contexts.link();
    server.close();
    assert_eq!(client.recv(100).unwrap(), b"");
}

/// Makes the socket send a reset when it is closed.
fn reset_on_close(socket: &TcpStream) {
    let linger = socket2::SockRef::from(socket);
    linger.set_linger(Some(Duration::ZERO)).unwrap();
}

/// Whether each call on a socket that was reset fails. On Linux only the first does, and then the stream is at its end.
fn resets_are_repeated() -> bool {
    let (mut near, far) = tcp_pair();
    reset_on_close(&far);
    drop(far);
    let first = near.read(&mut [0]).unwrap_err();
    assert_eq!(first.kind(), io::ErrorKind::ConnectionReset);
    near.read(&mut [0]).is_err()
}

#[test]
fn a_connection_reset_is_reported_as_often_as_the_system_reports_it() {
    let _watchdog = Watchdog::new();
    for (lenient, afterwards) in [(true, Ok(Vec::new())), (false, Err("SSLEOFError"))] {
        let contexts = Contexts::new();
        let (near, far) = tcp_pair();
        reset_on_close(&far);
        let options = client_options().suppress_ragged_eofs(lenient);
        let Link { client, server } = contexts.wrap(near, far, options);
        server.close();
        // On Windows, the system words the text.
        let expected = match cfg!(windows) {
            true => "ConnectionResetError: [WinError 10054] ",
            false => "ConnectionResetError: [Errno 104] Connection reset by peer",
        };
        let text = told(client.recv(100));
        assert!(text.starts_with(expected), "{text}");
        let (afterwards, failed) = match resets_are_repeated() {
            true => (
                Err("ConnectionResetError"),
                "ConnectionResetError:None".to_owned(),
            ),
            false => (afterwards, after_failure("SSLError:BAD_LENGTH").into()),
        };
        let later = client.recv(100).map_err(|error| error.python_class());
        assert_eq!(later, afterwards);
        assert_eq!(outcome(&client.send(b"x")), failed);
    }
}

#[test]
fn unwrap_returns_a_plaintext_socket() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let link = Contexts::of(version).link();
        link.unwrap();
        let Link { client, server } = link;
        assert_eq!((client.version(), client.cipher()), (None, None));
        assert_eq!(
            (client.session().is_none(), client.session_reused()),
            (true, None)
        );
        assert_eq!(client.pending(), 0);
        let text = told(client.unwrap());
        assert!(
            text.starts_with("ValueError: No SSL wrapper around "),
            "{text}"
        );
        let text = "ValueError: Read on closed or unwrapped SSL socket.";
        assert_eq!(told(client.read(10)), text);
        client.sendall(b"in the clear").unwrap();
        assert_eq!(server.recv(100).unwrap(), b"in the clear");
        server.send(b"so be it").unwrap();
        assert_eq!(client.recv(100).unwrap(), b"so be it");
        server.close();
        assert_eq!(client.recv(100).unwrap(), b"");
    }
}

#[test]
fn unwrap_before_the_handshake_is_an_error() {
    let contexts = Contexts::new();
    let (near, _far) = tcp_pair();
    let options = client_options().do_handshake_on_connect(false);
    let client = contexts.client.wrap_socket(near, options).unwrap();
    for early in [client.unwrap(), contexts.pair().client.unwrap()] {
        assert_eq!(outcome(&early), "SSLError:SHUTDOWN_WHILE_IN_INIT");
    }
}

#[test]
fn unwrap_with_unread_data_is_an_error() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        server.send(b"have you read this?").unwrap();
        let in_the_way = "SSLError:APPLICATION_DATA_AFTER_CLOSE_NOTIFY";
        assert_eq!(outcome(&client.unwrap()), in_the_way);
    }
}

#[test]
fn unwrap_fails_if_the_peer_closes_without_close_notify() {
    let _watchdog = Watchdog::new();
    let lenient = client_options().suppress_ragged_eofs(true);
    let Link { client, server } = Contexts::new().link_with(lenient);
    thread::scope(|scope| {
        let unwrap = waiting(scope, || client.unwrap());
        // Read `close_notify` first, because closing with unread data sends a reset.
        assert_eq!(server.recv(1).unwrap(), b"");
        server.close();
        assert_eq!(told(unwrap.join().unwrap()), EOF);
    });
}

#[test]
fn shutdown_ends_tls_and_never_sends_plaintext() {
    let _watchdog = Watchdog::new();
    for how in [Shutdown::Read, Shutdown::Write, Shutdown::Both] {
        // TLS 1.2 is used because closing with unread tickets of TLS 1.3 would send a reset.
        let Link { client, server } = Contexts::of(ssl::TlsVersion::TLSv1_2).link();
        client.shutdown(how).unwrap();
        assert_eq!((client.version(), client.pending()), (None, 0));
        // Python would send and receive in clear text now. This library refuses.
        assert_eq!(class(client.send(b"secret")), "ValueError");
        assert_eq!(class(client.recv(10)), "ValueError");
        assert_eq!(class(client.unwrap()), "ValueError");
        client.close();
        assert_eq!(class(server.recv(10)), "SSLEOFError");
    }
    let client = Contexts::new().client;
    let client = client.wrap_socket(plain_socket(), "localhost").unwrap();
    let error = client.shutdown(Shutdown::Both).unwrap_err();
    assert_eq!(error.errno(), Some(errno::ENOTCONN));
}

#[test]
fn shutdown_wakes_a_thread_that_receives() {
    let _watchdog = Watchdog::new();
    let lenient = client_options().suppress_ragged_eofs(true);
    let Link { client, server } = Contexts::new().link_with(lenient);
    thread::scope(|scope| {
        let reader = waiting(scope, || client.recv(10));
        client.shutdown(Shutdown::Both).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), b"");
    });
    drop(server);
}

#[test]
fn close_can_be_repeated() {
    let Link { client, server } = Contexts::of(ssl::TlsVersion::TLSv1_2).link();
    client.close();
    client.close();
    assert_eq!(client.fileno(), -1);
    // The value is `INVALID_SOCKET`, because the handle may already belong to another socket.
    #[cfg(windows)]
    assert_eq!(
        std::os::windows::io::AsRawSocket::as_raw_socket(&client),
        u64::MAX
    );
    assert_eq!((client.version(), client.pending()), (None, 0));
    assert!(is_bad_fd(&client.send(b"x").unwrap_err()));
    assert!(is_bad_fd(&client.recv(1).unwrap_err()));
    assert_eq!(class(server.recv(1)), "SSLEOFError");
}

#[test]
fn plaintext_read_together_with_close_notify_is_not_lost() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let options = client_options().read_ahead(true);
        let (Link { client, server }, mut raw) = Contexts::of(version).local_link(options);
        server.send(b"sealed").unwrap();
        unwrap_without_waiting(&server);
        raw.write_all(b"220 in the clear\r\n").unwrap();
        assert_eq!(client.recv(100).unwrap(), b"sealed");
        assert_eq!(client.pending(), 1);
        assert_eq!(client.recv(100).unwrap(), b"");
        assert_eq!(client.pending(), 0);
        client.unwrap().unwrap();
        // The system's queue is empty, so `pending` must count the bytes, or a program would wait.
        assert!(!readable(&client));
        assert_eq!(client.pending(), 18);
        assert_eq!(client.recv(4).unwrap(), b"220 ");
        assert_eq!(client.pending(), 14);
        let mut rest = [0; 14];
        assert_eq!(client.recv_into(&mut rest).unwrap(), 14);
        assert_eq!(&rest, b"in the clear\r\n");
        assert_eq!(client.pending(), 0);
        raw.write_all(b"and more").unwrap();
        assert_eq!(client.recv(100).unwrap(), b"and more");
    }
}

#[test]
fn plaintext_is_received_after_we_send_close_notify_first() {
    let _watchdog = Watchdog::new();
    let (Link { client, server }, mut raw) = Contexts::new().local_link(client_options());
    unwrap_without_waiting(&client);
    assert_eq!(server.recv(10).unwrap(), b"");
    server.unwrap().unwrap();
    raw.write_all(b"clear").unwrap();
    client.unwrap().unwrap();
    assert_eq!(recv_exactly(&client, 5), b"clear");
}

#[test]
fn unwrap_reads_nothing_beyond_the_peers_close_notify() {
    use std::io::Read;

    let _watchdog = Watchdog::new();
    for (version, timeout) in BOTH_VERSIONS.into_iter().zip([None, Some(PATIENCE)]) {
        let (Link { client, server }, mut raw) = Contexts::of(version).local_link(client_options());
        client.settimeout(timeout).unwrap();
        unwrap_without_waiting(&client);
        assert_eq!(server.recv(10).unwrap(), b"");
        server.unwrap().unwrap();
        raw.write_all(b"clear").unwrap();
        client.unwrap().unwrap();
        assert_eq!(client.pending(), 0);
        // The library has not read the clear text, so it is still in the descriptor.
        let mut plain = LocalStream::from(client.detach().unwrap());
        plain.set_nonblocking(false).unwrap();
        let mut buffer = [0; 5];
        plain.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"clear");
    }
}

/// Reads and discards one TLS record.
fn skip_record(plain: &mut LocalStream) {
    use std::io::Read;

    let mut header = [0; 5];
    plain.read_exact(&mut header).unwrap();
    let length = u16::from_be_bytes([header[3], header[4]]);
    plain.read_exact(&mut vec![0; length.into()]).unwrap();
}

#[test]
fn an_unwrapped_socket_wrapped_again_gets_the_data_of_the_new_connection() {
    let _watchdog = Watchdog::new();
    for (version, ahead) in BOTH_VERSIONS
        .into_iter()
        .flat_map(|v| [(v, true), (v, false)])
    {
        let contexts = Contexts::of(version);
        let (near, far) = local_pair();
        let options = server_options().read_ahead(ahead);
        let Link { client, server } = contexts.wrap_with(near, far, client_options(), options);
        // The ClientHello of the next connection directly follows `close_notify`.
        unwrap_without_waiting(&client);
        let mut plain = LocalStream::from(client.detach().unwrap());
        let client = contexts
            .client
            .wrap_socket(&plain, client_options().do_handshake_on_connect(false))
            .unwrap();
        client.setblocking(false).unwrap();
        assert_eq!(class(client.do_handshake()), "SSLWantReadError");
        client.setblocking(true).unwrap();
        // With `read_ahead`, the server reads `close_notify` and the ClientHello together, before it has sent its own
        // `close_notify`.
        assert_eq!(server.recv(10).unwrap(), b"");
        server.unwrap().unwrap();
        assert_eq!(server.pending() > 0, ahead);
        skip_record(&mut plain);
        thread::scope(|scope| {
            let server = scope.spawn(|| contexts.server.wrap_socket(server, server_options()));
            client.do_handshake().unwrap();
            let server = server.join().unwrap().unwrap();
            client.send(b"again").unwrap();
            assert_eq!(server.recv(10).unwrap(), b"again");
        });
    }
}

#[test]
fn plaintext_after_close_notify_does_not_start_tls() {
    let contexts = Contexts::new();
    let options = client_options().read_ahead(true);
    let (Link { client, server }, mut raw) = contexts.local_link(options);
    unwrap_without_waiting(&server);
    raw.write_all(b"injected").unwrap();
    assert_eq!(client.recv(10).unwrap(), b"");
    client.unwrap().unwrap();
    // The clear text is not a valid ServerHello.
    let refused = contexts.client.wrap_socket(client, client_options());
    assert_eq!(class(refused), "SSLError");
}

#[test]
fn detach_after_unwrap_returns_the_descriptor() {
    use std::io::Read;

    let _watchdog = Watchdog::new();
    let link = Contexts::new().link();
    link.unwrap();
    let Link { client, server } = link;
    let mut plain = std::net::TcpStream::from(client.detach().unwrap());
    server.send(b"clear").unwrap();
    let mut buffer = [0; 5];
    plain.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"clear");
}

#[test]
fn an_object_shuts_down_like_a_socket() {
    for version in BOTH_VERSIONS {
        let pair = Contexts::of(version).connected();
        pair.pump();
        assert_eq!(class(pair.client.unwrap()), "SSLWantReadError");
        pair.pump();
        assert_eq!(pair.server.read(10).unwrap(), b"");
        assert_eq!(pair.server.read(10).unwrap(), b"");
        pair.server.write(b"late").unwrap();
        pair.pump();
        assert_eq!(pair.client.read(10).unwrap(), b"late");
        pair.server.unwrap().unwrap();
        pair.pump();
        pair.client.unwrap().unwrap();
        assert_eq!(class(pair.client.read(10)), "SSLZeroReturnError");
        pair.client.unwrap().unwrap();
    }
}

/// The peer of this library is CPython, as a server and as a client.
#[test]
fn python_and_this_library_unwrap_and_continue_in_plaintext() {
    const SCRIPT: &str = r#"
import socket, ssl, sys
cert, ca, role, port = sys.argv[1:]
if role == "server":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1])
    sock = context.wrap_socket(listener.accept()[0], server_side=True)
else:
    context = ssl.create_default_context(cafile=ca)
    sock = context.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname="localhost")
data = b""
while len(data) < 1000000:
    data += sock.recv(65536)
sock.sendall(data)
if role == "server":
    assert sock.recv(10) == b""
sock = sock.unwrap()
sock.sendall(b"clear")
assert sock.recv(10) == b"clear"
print("done")
"#;
    let python = skip_without_python!();
    let _watchdog = Watchdog::new();
    let files = pyssl_testing::Files::localhost();
    let (cert, ca) = (files.combined.to_str().unwrap(), files.ca.to_str().unwrap());
    let talk = |ours: &ssl::SslSocket, we_begin: bool| {
        let data = pattern(17, 1_000_000);
        ours.sendall(&data).unwrap();
        assert!(recv_exactly(ours, data.len()) == data);
        if !we_begin {
            assert_eq!(ours.recv(10).unwrap(), b"");
        }
        ours.unwrap().unwrap();
        ours.sendall(b"clear").unwrap();
        assert_eq!(recv_exactly(ours, 5), b"clear");
    };
    {
        let mut peer = python.spawn_script(SCRIPT, &[cert, ca, "server", "0"]);
        let locations = ssl::DefaultContext::default().cafile(&files.ca);
        let context = ssl::create_default_context(locations).unwrap();
        let socket = std::net::TcpStream::connect(("127.0.0.1", peer.port())).unwrap();
        talk(
            &context.wrap_socket(socket, client_options()).unwrap(),
            true,
        );
        assert_eq!(peer.line(), "done");
    }
    {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        context.load_cert_chain(&files.combined).unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let mut peer = python.spawn_script(SCRIPT, &[cert, ca, "client", &port]);
        let (socket, _) = listener.accept().unwrap();
        talk(
            &context.wrap_socket(socket, server_options()).unwrap(),
            false,
        );
        assert_eq!(peer.line(), "done");
    }
}
