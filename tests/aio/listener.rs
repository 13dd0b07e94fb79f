//! The listener of `integrations/`, with clients that fail and a listening socket that fails.

use std::net::{Shutdown, SocketAddr};

use pyssl as ssl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::support::contexts;

#[path = "../../integrations/src/listener.rs"]
#[allow(unreachable_pub, reason = "the file is a module of another crate")]
#[allow(dead_code, reason = "some functions are for other crates")]
mod subject;

use subject::TlsListener;

/// A time that passes only if the listener hangs.
const LONG: std::time::Duration = std::time::Duration::from_secs(60);

async fn tcp() -> (TcpListener, SocketAddr) {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("bound");
    (tcp, address)
}

/// Waits for one connection in a task, and returns the version of its TLS connection.
fn next(mut listener: TlsListener) -> JoinHandle<Option<&'static str>> {
    tokio::spawn(async move { listener.next().await.0.version() })
}

/// A client that sends clear text, and reads until the server closes the connection.
async fn fails(address: SocketAddr) {
    let mut tcp = TcpStream::connect(address).await.expect("connected");
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .expect("sent");
    let _ = tcp.read_to_end(&mut Vec::new()).await;
}

/// A client that does the handshake on this connection, while a listener waits for it.
async fn succeeds(context: &ssl::SslContext, tcp: TcpStream, next: JoinHandle<Option<&str>>) {
    let client = context.connect(tcp, "localhost").await;
    let client = client.expect("a handshake");
    let found = tokio::time::timeout(LONG, next).await;
    let version = found.expect("the listener hangs").expect("no panic");
    assert_eq!(version, client.version());
}

#[tokio::test]
async fn a_failed_handshake_does_not_delay_one_that_is_in_progress() {
    let (client, server) = contexts();
    let (tcp, address) = tcp().await;
    let next = next(TlsListener::new(tcp, server));
    let good = TcpStream::connect(address).await.expect("connected");
    // Nobody connects after the failed client, so only the end of the other handshake can wake the listener.
    fails(address).await;
    succeeds(&client, good, next).await;
}

#[tokio::test]
async fn failures_at_the_limit_of_handshakes_do_not_end_the_listener() {
    let (client, server) = contexts();
    for limit in [0, 1, 2] {
        let (tcp, address) = tcp().await;
        let next = next(TlsListener::new(tcp, server.clone()).max_handshakes(limit));
        for _ in 0..5 {
            fails(address).await;
        }
        let good = TcpStream::connect(address).await.expect("connected");
        succeeds(&client, good, next).await;
    }
}

// Not on Windows: only on Linux, `accept` fails on a listening socket after `shutdown`.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_error_of_accept_does_not_end_the_handshakes_in_progress() {
    let (client, server) = contexts();
    let (tcp, address) = tcp().await;
    let socket = socket2::SockRef::from(&tcp).try_clone().expect("a copy");
    let good = TcpStream::connect(address).await.expect("connected");
    let mut other = TcpStream::connect(address).await.expect("connected");
    let next = next(TlsListener::new(tcp, server));
    // The other client came later. When it has an answer, both were accepted.
    other.write_all(b"not TLS at all").await.expect("sent");
    let _ = other.read_to_end(&mut Vec::new()).await;
    socket.shutdown(Shutdown::Both).expect("shut down");
    succeeds(&client, good, next).await;
}
