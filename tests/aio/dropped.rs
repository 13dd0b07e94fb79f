//! The futures of asyncio's functions, dropped after each number of polls.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::TlsStream;
use pyssl::aio::asyncio::{self, Server, StreamReader, StreamWriter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::asyncio::{LOCAL, address, tls};
use super::every_poll::dropped_after;
use super::support::{contexts, pattern};

/// A time that passes only if a connection stays open. It is shorter than the time limit of a handshake.
const LONG: Duration = Duration::from_secs(30);

/// Fails if a connection of the server does not end.
async fn all_end(mut server: Server) {
    server.close();
    let closed = tokio::time::timeout(LONG, server.wait_closed()).await;
    closed.expect("every connection ends");
}

#[tokio::test]
async fn open_connection_dropped_at_any_poll_closes_the_connection() {
    let (client, server) = contexts();
    let handle = |mut reader: StreamReader, _writer: StreamWriter| async move {
        let _ = reader.read(None).await;
    };
    let server = asyncio::start_server(handle, LOCAL, &server).await;
    let server = server.expect("a server");
    for polls in 1.. {
        let opening = asyncio::open_connection(address(&server), tls(&client));
        if let Some(streams) = dropped_after(polls, opening).await {
            streams.expect("connected");
            assert!(polls > 2, "the handshake took {polls} polls");
            break;
        }
    }
    all_end(server).await;
}

#[tokio::test]
async fn start_tls_dropped_at_any_poll_closes_the_connection() {
    let (client, server) = contexts();
    let handle = move |mut reader: StreamReader, mut writer: StreamWriter| {
        let server = server.clone();
        async move {
            if writer.start_tls(&server).await.is_ok() {
                let _ = reader.read(None).await;
            }
        }
    };
    let server = asyncio::start_server(handle, LOCAL, ()).await;
    let server = server.expect("a server");
    for polls in 1.. {
        let streams = asyncio::open_connection(address(&server), ()).await;
        let (mut reader, mut writer) = streams.expect("connected");
        let started = dropped_after(polls, writer.start_tls(tls(&client))).await;
        if let Some(started) = started {
            started.expect("a handshake");
            assert!(polls > 1, "the handshake took {polls} polls");
            break;
        }
        // As in Python, a cancelled `start_tls` closes the connection.
        assert!(writer.is_closing());
        assert_eq!(reader.read(100).await.expect("the end"), b"");
    }
    all_end(server).await;
}

/// A connection of asyncio's functions, and the stream of its server. The sockets have small buffers.
async fn connected() -> (StreamReader, StreamWriter, TlsStream<TcpStream>) {
    let (client, server) = contexts();
    let listener = TcpListener::bind(LOCAL).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_send_buffer_size(4096).expect("set");
    let tcp = socket.connect(address).await.expect("connected");
    let accept = async {
        let (tcp, _) = listener.accept().await.expect("a client");
        let far = socket2::SockRef::from(&tcp);
        far.set_recv_buffer_size(4096).expect("set");
        server.accept(tcp).await.expect("a handshake")
    };
    let (streams, far) = tokio::join!(asyncio::open_connection(tcp, tls(&client)), accept);
    let (reader, writer) = streams.expect("connected");
    (reader, writer, far)
}

/// Polls a future once. If it is pending, waits until it is woken.
async fn step<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
    let mut polled = false;
    std::future::poll_fn(|cx| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(None),
        false => future.as_mut().poll(cx).map(Some),
    })
    .await
}

/// Drops the future of a read after one poll, then after two, and so on, while the text arrives byte by byte. The
/// next read must return the same as an undisturbed one.
async fn reads_lose_no_data<F>(expected: &[u8], read: F)
where
    F: AsyncFn(&mut StreamReader) -> ssl::Result<Vec<u8>>,
{
    const TEXT: &[u8] = b"a line\nand the rest";
    for polls in 1.. {
        let (mut reader, _writer, mut far) = connected().await;
        let mut left = TEXT;
        let mut done = None;
        let mut reading = Box::pin(read(&mut reader));
        for _ in 0..polls {
            let send = async {
                if let Some((byte, rest)) = left.split_first() {
                    far.write_all(&[*byte]).await.expect("sealed");
                    far.flush().await.expect("sent");
                    left = rest;
                }
            };
            let (polled, ()) = tokio::join!(step(&mut reading), send);
            if polled.is_some() {
                done = polled;
                break;
            }
        }
        drop(reading);
        far.write_all(left).await.expect("sealed");
        far.shutdown().await.expect("half-closed");
        let last = done.is_some();
        let found = match done {
            Some(found) => found,
            None => read(&mut reader).await,
        };
        assert_eq!(found.expect("received"), expected, "{polls}");
        let rest = reader.read(None).await.expect("the rest");
        assert_eq!(rest, TEXT[expected.len()..], "{polls}");
        if last {
            assert!(polls > 2, "the read took {polls} polls");
            break;
        }
    }
}

#[tokio::test]
async fn readline_dropped_at_any_poll_loses_no_data() {
    reads_lose_no_data(b"a line\n", async |reader| reader.readline().await).await;
}

#[tokio::test]
async fn readexactly_dropped_at_any_poll_loses_no_data() {
    reads_lose_no_data(b"a line\nand", async |reader| reader.readexactly(10).await).await;
}

#[tokio::test]
async fn readuntil_dropped_at_any_poll_loses_no_data() {
    let read = async |reader: &mut StreamReader| reader.readuntil(b"and ").await;
    reads_lose_no_data(b"a line\nand ", read).await;
}

/// Reads to the end in small pieces, and closes.
async fn receives(mut far: TlsStream<TcpStream>) -> Vec<u8> {
    let mut received = Vec::new();
    let mut piece = [0; 3000];
    while let Ok(n @ 1..) = far.read(&mut piece).await {
        received.extend_from_slice(&piece[..n]);
    }
    let _ = far.shutdown().await;
    received
}

#[tokio::test]
async fn drain_returns_under_a_limit_of_zero_if_everything_is_sent() {
    let (_reader, mut writer, _far) = connected().await;
    let transport = writer.transport();
    transport
        .set_write_buffer_limits(0, None)
        .expect("in order");
    for _ in 0..4 {
        writer.write(b"x");
        assert_eq!(writer.transport().get_write_buffer_size(), 0);
        let drained = tokio::time::timeout(LONG, writer.drain()).await;
        drained.expect("nothing is left to wait for").expect("sent");
    }
}

#[tokio::test]
async fn drain_and_wait_closed_dropped_at_any_poll_lose_no_data() {
    const SIZE: usize = 200_000;
    let mut most = [0, 0];
    for polls in 1.. {
        let (_reader, mut writer, far) = connected().await;
        writer
            .transport()
            .set_write_buffer_limits(0, None)
            .expect("in order");
        let far = tokio::spawn(receives(far));
        writer.write(&pattern(SIZE));
        let drained = dropped_after(polls, writer.drain()).await;
        writer.drain().await.expect("sent");
        assert_eq!(writer.transport().get_write_buffer_size(), 0);
        writer.close();
        let closed = dropped_after(polls, writer.wait_closed()).await;
        writer.wait_closed().await.expect("closed");
        assert!(far.await.expect("no panic") == pattern(SIZE), "{polls}");
        for (most, done) in most.iter_mut().zip([drained.is_some(), closed.is_some()]) {
            if !done {
                *most = polls;
            }
        }
        if drained.is_some() && closed.is_some() {
            break;
        }
    }
    // Each future was dropped at least once while it waited.
    assert!(most.iter().all(|polls| *polls > 0), "{most:?}");
}
