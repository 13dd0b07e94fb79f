//! Each test runs an exchange again and again: the inner stream has a fault at its first poll, then at its second one,
//! and so on, or the future is dropped after one poll, then after two, and so on. Tokio's clock is paused, so a time
//! limit passes when no task can run.

use std::future::Future;
use std::io;
use std::task::Poll;

use pyssl as ssl;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::inner::{Fault, Faulty};
use super::support::{VERSIONS, contexts, pair, pattern};

/// The size of the pipe's buffer. It is small, so that most operations take several polls.
const ROOM: usize = 300;
const SIZE: usize = 2000;

/// The operations of the near side, from the handshake to the return to clear text.
async fn near_side(
    context: &ssl::SslContext,
    stream: &mut Faulty<DuplexStream>,
    written: &mut usize,
) -> ssl::Result<Vec<u8>> {
    let mut tls = context.connect(stream, "localhost").await?;
    let data = pattern(SIZE);
    while *written < data.len() {
        *written += tls.write(&data[*written..]).await?;
    }
    tls.flush().await?;
    let mut received = vec![0; SIZE];
    tls.read_exact(&mut received).await?;
    let (_, clear_text) = tls.unwrap().await?;
    assert!(clear_text.is_empty());
    Ok(received)
}

/// The operations of the far side: it receives the data and answers. Returns the received data also after an error.
async fn far_side(context: &ssl::SslContext, stream: DuplexStream) -> (ssl::Result<()>, Vec<u8>) {
    let mut received = Vec::new();
    let done = async {
        let mut tls = context.accept(stream).await?;
        let mut piece = [0; 100];
        while received.len() < SIZE {
            match tls.read(&mut piece).await? {
                0 => return Ok(()),
                n => received.extend_from_slice(&piece[..n]),
            }
        }
        tls.write_all(&pattern(SIZE)).await?;
        tls.flush().await?;
        tls.unwrap().await.map(drop)
    };
    (done.await, received)
}

#[tokio::test(start_paused = true)]
async fn a_fault_at_any_poll_of_the_inner_stream_neither_hangs_nor_loses_data() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        for fault in Fault::ALL {
            let mut at = 0;
            loop {
                let (near, far) = duplex(ROOM);
                let mut near = Faulty::new(near, fault, at);
                let far = tokio::spawn({
                    let server = server.clone();
                    async move { far_side(&server, far).await }
                });
                let mut written = 0;
                // Some faults leave the library waiting without a time limit. This limit of the test ends them.
                let side = near_side(&client, &mut near, &mut written);
                let limit = std::time::Duration::from_secs(1000);
                let outcome = tokio::time::timeout(limit, side).await;
                let reached = near.reached();
                drop(near);
                let (far_done, received) = far.await.expect("no panic");
                let place = format!("{version:?} {fault:?} at {at}");
                // The received data is in order, and is no more than was sent.
                assert!(pattern(SIZE).starts_with(&received), "{place}");
                match (outcome, fault) {
                    (Ok(Ok(answer)), _) => {
                        // The near side can succeed in spite of an error, if a later call sends the bytes again. No
                        // data may be lost then.
                        assert!(answer == pattern(SIZE), "{place}");
                        assert_eq!(received.len(), SIZE, "{place}");
                        assert!(fault == Fault::ErrorOnce || far_done.is_ok(), "{place}");
                    }
                    (Ok(Err(error)), Fault::ErrorOnce) => {
                        let class = error.python_class();
                        assert_eq!(class, "ConnectionResetError", "{place}: {error}");
                    }
                    (Ok(Err(error)), Fault::PendingForEver) => {
                        let class = error.python_class();
                        let known = ["ConnectionAbortedError", "TimeoutError"];
                        assert!(known.contains(&class), "{place}: {error}");
                    }
                    // As in Python, reads and writes of data have no time limit.
                    (Err(_), Fault::PendingForEver) => {}
                    (other, _) => panic!("{place}: {other:?}"),
                }
                if !reached {
                    break;
                }
                at += 1;
            }
            assert!(at > 30, "{version:?} {fault:?}: {at} polls");
        }
    }
}

/// Polls a future `polls` times at most, then drops it.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Runs `operation` on the near side of a connection, dropping its future after each number of polls in turn, until it
/// is done. The far side reads to the end and returns what it received.
async fn drop_everywhere<F, R>(operation: F)
where
    F: AsyncFn(ssl::aio::TlsStream<DuplexStream>, usize) -> (Option<io::Result<usize>>, R),
{
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        for polls in 1.. {
            let (near, mut far) = pair(&client, &server, ROOM).await;
            let far = tokio::spawn(async move {
                let mut received = Vec::new();
                let mut piece = [0; 50];
                while let Ok(n @ 1..) = far.read(&mut piece).await {
                    received.extend_from_slice(&piece[..n]);
                }
                received
            });
            let (done, rest) = operation(near, polls).await;
            drop(rest);
            let received = far.await.expect("no panic");
            assert!(pattern(SIZE).starts_with(&received), "{version:?} {polls}");
            match done {
                None => {}
                Some(done) => {
                    let sent = done.expect("it was not disturbed");
                    assert_eq!(received.len(), sent, "{version:?} {polls}");
                    assert!(polls > 1, "the first poll was not the last");
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_flush_dropped_at_any_poll_can_be_continued() {
    drop_everywhere(async |mut near, polls| {
        near.write_all(&pattern(SIZE)).await.expect("sealed");
        let done = dropped_after(polls, near.flush()).await;
        // `shutdown` sends the data that the dropped future has left.
        near.shutdown().await.expect("sent");
        (done.map(|done| done.map(|()| SIZE)), near)
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_dropped_at_any_poll_can_be_continued() {
    drop_everywhere(async |mut near, polls| {
        near.write_all(&pattern(SIZE)).await.expect("sealed");
        let done = dropped_after(polls, near.shutdown()).await;
        near.shutdown().await.expect("sent");
        near.shutdown().await.expect("again");
        (done.map(|done| done.map(|()| SIZE)), near)
    })
    .await;
}

#[tokio::test]
async fn dropping_unwrap_at_any_poll_closes_the_connection() {
    let operation = async |mut near: ssl::aio::TlsStream<DuplexStream>, polls| {
        near.write_all(&pattern(SIZE)).await.expect("sealed");
        let done = dropped_after(polls, near.unwrap()).await;
        // The far side does not answer close_notify, but ends the connection.
        (done.map(|done| done.map(|_| SIZE).or(Ok(SIZE))), ())
    };
    drop_everywhere(operation).await;
}

#[tokio::test]
async fn dropping_a_handshake_at_any_poll_closes_the_connection_for_the_peer() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        for lazily in [false, true] {
            for polls in 1.. {
                let (near, far) = duplex(ROOM);
                let connecting = tokio::spawn({
                    let client = client.clone();
                    async move { client.connect(near, "localhost").await }
                });
                let accepting = async {
                    match lazily {
                        true => {
                            let start = ssl::aio::LazyConfigAcceptor::new(far).await?;
                            start.accept(&server).await
                        }
                        false => server.accept(far).await,
                    }
                };
                let accepted = dropped_after(polls, accepting).await;
                let connected = connecting.await.expect("no panic");
                match accepted {
                    Some(stream) => {
                        assert!(stream.is_ok() && connected.is_ok());
                        assert!(polls > 3, "the handshake took {polls} polls");
                        break;
                    }
                    // The connection may fail, or succeed if the last flight was sent before the drop.
                    None => {
                        let class = connected.as_ref().err().map(ssl::Error::python_class);
                        let gone = ["ConnectionResetError", "BrokenPipeError"];
                        assert!(class.is_none_or(|class| gone.contains(&class)), "{class:?}");
                    }
                }
            }
        }
    }
}
