//! `WrapSocket::busy_poll`: a read that does not sleep before the next message.

use std::io::Read;
use std::time::Duration;

use pyssl as ssl;

use crate::link::{Contexts, Link, Watchdog, client_options, waiter, waiting};
use crate::support::class;

const HOUR: Duration = Duration::from_secs(3600);

fn link(time: Duration) -> Link {
    Contexts::new().link_with(client_options().busy_poll(time))
}

/// Runs `read` in a thread, and `then` after that thread has used the processor for some time, which shows
/// that it does not sleep.
fn while_it_runs<T: Send>(read: impl FnOnce() -> T + Send, then: impl FnOnce()) -> T {
    let _watchdog = Watchdog::new();
    let (here, waiter) = waiter();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            here.tell();
            read()
        });
        waiter.until_it_has_run();
        then();
        reader.join().unwrap()
    })
}

#[test]
fn busy_poll_keeps_a_read_from_sleeping() {
    let Link { client, server } = link(HOUR);
    let send = || server.sendall(b"data").unwrap();
    let data = while_it_runs(|| client.recv(10).unwrap(), send);
    assert_eq!(data, b"data");
    let mut client = client;
    let mut buffer = [0; 10];
    let n = while_it_runs(|| Read::read(&mut client, &mut buffer).unwrap(), send);
    assert_eq!(n, 4);
}

#[test]
fn busy_poll_keeps_a_handshake_from_sleeping() {
    let contexts = Contexts::new();
    let (near, far) = crate::link::tcp_pair();
    let options = client_options().busy_poll(HOUR);
    std::thread::scope(|scope| {
        let (go, wait) = std::sync::mpsc::channel();
        let context = &contexts.server;
        scope.spawn(move || {
            let () = wait.recv().unwrap();
            let server = ssl::WrapSocket::new().server_side(true);
            context.wrap_socket(far, server).unwrap();
        });
        let client = || contexts.client.wrap_socket(near, options);
        while_it_runs(client, || go.send(()).unwrap()).unwrap();
    });
}

#[test]
fn a_read_sleeps_after_the_busy_poll_time() {
    let Link { client, server } = link(Duration::from_millis(1));
    std::thread::scope(|scope| {
        let reader = waiting(scope, || client.recv(10).unwrap());
        server.sendall(b"data").unwrap();
        assert_eq!(reader.join().unwrap(), b"data");
    });
}

#[test]
fn close_and_the_time_out_end_a_read_that_does_not_sleep() {
    let Link {
        client,
        server: _server,
    } = link(HOUR);
    let outcome = while_it_runs(|| client.recv(10), || client.close());
    assert!(crate::link::is_bad_fd(&outcome.unwrap_err()));
    let Link { client, server } = link(HOUR);
    client.settimeout(Duration::from_millis(1)).unwrap();
    assert_eq!(class(client.recv(10)), "TimeoutError");
    client.setblocking(false).unwrap();
    assert_eq!(class(client.recv(10)), "SSLWantReadError");
    drop(server);
}

#[test]
fn accepted_sockets_inherit_busy_poll() {
    let contexts = Contexts::new();
    let options = ssl::WrapSocket::new().server_side(true).busy_poll(HOUR);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = contexts.server.wrap_socket(listener, options).unwrap();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| listener.accept().unwrap().0);
        let client = std::net::TcpStream::connect(address).unwrap();
        let client = contexts.client.wrap_socket(client, "localhost").unwrap();
        let server = server.join().unwrap();
        let data = while_it_runs(
            || server.recv(10).unwrap(),
            || client.sendall(b"data").unwrap(),
        );
        assert_eq!(data, b"data");
    });
}
