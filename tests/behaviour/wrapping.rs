//! The mode and the time-out of a plain socket, from wrapping to `detach`.

use std::time::Duration;

use pyssl as ssl;

use crate::link::{Contexts, Link, PATIENCE, Watchdog, client_options, tcp_pair};
use crate::support::{class, told};

const SHORT: Duration = Duration::from_millis(150);

#[test]
fn a_wrapped_socket_keeps_the_plain_sockets_blocking_mode() {
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
    assert_eq!(
        (other.gettimeout(), other.getblocking()),
        (Some(Duration::ZERO), false)
    );
    let timed = wrap(&|socket| socket.set_read_timeout(Some(SHORT)).unwrap());
    // The system rounds the time-out.
    assert!(timed.gettimeout().unwrap() >= SHORT && timed.getblocking());

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
    assert!(!plain.nonblocking().unwrap());
    assert_eq!(plain.read_timeout().unwrap(), Some(Duration::from_secs(30)));
}
