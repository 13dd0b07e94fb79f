//! The mode and the time-out of a plain socket, from wrapping to `detach`.

#[cfg(unix)]
use std::io::Write;
#[cfg(unix)]
use std::net::TcpStream;
#[cfg(unix)]
use std::sync::Arc;
use std::time::Duration;

use pyssl as ssl;

#[cfg(unix)]
use crate::link::server_options;
use crate::link::{Contexts, Link, PATIENCE, Watchdog, client_options, tcp_pair};
use crate::support::class;
#[cfg(unix)]
use crate::support::told;

const SHORT: Duration = Duration::from_millis(150);

#[test]
fn a_wrapped_socket_keeps_blocking_mode_and_time_out_of_the_plain_socket() {
    let contexts = Contexts::new();
    let options = || client_options().do_handshake_on_connect(false);
    let wrap = |set: &dyn Fn(&std::net::TcpStream)| {
        let (near, _) = tcp_pair();
        set(&near);
        contexts.client.wrap_socket(near, options()).unwrap()
    };
    let blocking = wrap(&|_| {});
    assert_eq!(
        (blocking.gettimeout(), blocking.getblocking()),
        (None, true)
    );
    let other = wrap(&|socket| socket.set_nonblocking(true).unwrap());
    // Windows does not report the mode of a socket.
    let expected = (!cfg!(windows)).then_some(Duration::ZERO);
    assert_eq!(
        (other.gettimeout(), other.getblocking()),
        (expected, cfg!(windows))
    );
    let timed = wrap(&|socket| socket.set_read_timeout(Some(SHORT)).unwrap());
    // The system rounds the time-out, so it may be longer than `SHORT`.
    assert!(timed.gettimeout().unwrap() >= SHORT && timed.getblocking());
}

// Not on Windows: it does not tell the mode of a socket.
#[cfg(unix)]
#[test]
fn a_nonblocking_socket_is_not_wrapped_with_a_handshake() {
    let contexts = Contexts::new();
    let (near, _far) = tcp_pair();
    near.set_nonblocking(true).unwrap();
    assert_eq!(
        told(contexts.client.wrap_socket(near, "localhost")),
        "ValueError: do_handshake_on_connect should not be specified for non-blocking sockets"
    );
}

#[test]
fn a_detached_socket_keeps_the_time_out() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    for timeout in [
        None,
        Some(Duration::ZERO),
        Some(Duration::from_millis(2500)),
    ] {
        let Link {
            client,
            server: _server,
        } = contexts.link();
        client.settimeout(timeout).unwrap();
        let plain = ssl::socket2::Socket::from(client.detach().unwrap());
        #[cfg(unix)]
        assert_eq!(
            plain.nonblocking().unwrap(),
            timeout == Some(Duration::ZERO)
        );
        let kernel = timeout.filter(|timeout| !timeout.is_zero());
        assert_eq!(plain.read_timeout().unwrap(), kernel);
        assert_eq!(plain.write_timeout().unwrap(), kernel);
    }
}

#[test]
fn a_socket_that_is_wrapped_again_keeps_its_time_out() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let link = contexts.link();
    link.client.settimeout(Some(PATIENCE)).unwrap();
    link.unwrap();
    let Link { client, server } = contexts.wrap(link.client, link.server, client_options());
    assert_eq!(client.gettimeout(), Some(PATIENCE));
    client.send(b"again").unwrap();
    assert_eq!(server.recv(10).unwrap(), b"again");
}

#[test]
fn a_socket_that_could_not_be_wrapped_keeps_its_time_out() {
    let contexts = Contexts::new();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let plain = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    drop(listener.accept().unwrap());
    plain
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let failed = class(contexts.client.wrap_socket(&plain, client_options()));
    assert!(
        ["SSLEOFError", "ConnectionResetError"].contains(&failed),
        "{failed}"
    );
    let plain = ssl::socket2::Socket::from(plain);
    #[cfg(unix)]
    assert!(!plain.nonblocking().unwrap());
    assert_eq!(plain.read_timeout().unwrap(), Some(Duration::from_secs(30)));
}

/// A client on a shared socket, and its server.
#[cfg(unix)]
fn shared_link(contexts: &Contexts) -> (Arc<TcpStream>, ssl::SslSocket, ssl::SslSocket) {
    let (near, far) = tcp_pair();
    let near = Arc::new(near);
    let server = std::thread::scope(|scope| {
        let server = scope.spawn(|| contexts.server.wrap_socket(far, server_options()));
        let client = contexts
            .client
            .wrap_shared_socket(Arc::clone(&near), client_options());
        (client.unwrap(), server.join().unwrap().unwrap())
    });
    (near, server.0, server.1)
}

// Not on Windows: `wrap_shared_socket` exists on Unix only.
#[cfg(unix)]
#[test]
fn a_shared_socket_is_used_without_a_duplicate_and_stays_open() {
    use std::os::fd::AsRawFd;
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (plain, client, server) = shared_link(&contexts);
    assert_eq!(client.fileno(), plain.as_raw_fd());
    client.sendall(b"over TLS").unwrap();
    assert_eq!(server.recv(100).unwrap(), b"over TLS");

    client.close();
    assert_eq!(client.fileno(), -1);
    assert_eq!(
        told(client.recv(1)),
        "OSError: [Errno 9] Bad file descriptor"
    );
    drop(client);
    // The owner still has the same connection, in clear text.
    (&*plain).write_all(b"not a record").unwrap();
    assert_eq!(class(server.recv(100)), "SSLError");
    assert_eq!(Arc::strong_count(&plain), 1);
}

// Not on Windows: `wrap_shared_socket` exists on Unix only.
#[cfg(unix)]
#[test]
fn a_detached_shared_socket_is_a_duplicate() {
    use std::os::fd::AsRawFd;
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (plain, client, _server) = shared_link(&contexts);
    let detached = client.detach().unwrap();
    assert_ne!(detached.as_raw_fd(), plain.as_raw_fd());
    drop(detached);
    assert!(plain.peer_addr().is_ok());
}

// Not on Windows: `wrap_shared_socket` exists on Unix only.
#[cfg(unix)]
#[test]
fn closing_wakes_a_thread_that_receives_from_a_shared_socket() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (plain, client, _server) = shared_link(&contexts);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| told(client.recv(1)));
        // Whether the thread waits already does not matter: it must return in both cases.
        std::thread::yield_now();
        client.close();
        // Python has the second error between its two checks of a closed socket.
        let possible = [
            "OSError: [Errno 9] Bad file descriptor",
            "ValueError: Read on closed or unwrapped SSL socket.",
        ];
        let told = reader.join().unwrap();
        assert!(possible.contains(&&*told), "{told}");
    });
    assert!(plain.peer_addr().is_ok());
}

// Not on Windows: `wrap_shared_socket` exists on Unix only.
#[cfg(unix)]
#[test]
fn a_shared_socket_that_cannot_be_wrapped_stays_as_it_is() {
    let contexts = Contexts::new();
    let (near, _far) = tcp_pair();
    let near = Arc::new(near);
    let refused = contexts.client.wrap_shared_socket(Arc::clone(&near), ());
    assert_eq!(class(refused), "ValueError");
    assert!(near.peer_addr().is_ok());
    assert_eq!(Arc::strong_count(&near), 1);

    let datagrams = Arc::new(std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap());
    let refused = contexts
        .client
        .wrap_shared_socket(Arc::clone(&datagrams), client_options());
    assert_eq!(class(refused), "NotImplementedError");
    assert!(datagrams.local_addr().is_ok());
}
