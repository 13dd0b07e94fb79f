//! Each test runs an exchange again and again: the inner stream has a fault at its first poll, then at its second one,
//! and so on, or the future is dropped after one poll, then after two, and so on. Tokio's clock is paused, so a time
//! limit passes when no task can run.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::task::Poll;
use std::time::Duration;

use pyssl as ssl;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::inner::{Fault, Faulty};
use super::support::{VERSIONS, contexts, pair, pattern};

/// The size of the pipe's buffer. It is small, so that most operations take several polls.
const ROOM: usize = 300;
const SIZE: usize = 2000;

/// The operation in which the near side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum During {
    Handshake,
    Data,
    Unwrap,
}

/// The operations of the near side, from the handshake to the return to clear text.
async fn near_side(
    context: &ssl::SslContext,
    stream: &mut Faulty<DuplexStream>,
    during: &Cell<During>,
) -> ssl::Result<Vec<u8>> {
    let mut tls = context.connect(stream, "localhost").await?;
    during.set(During::Data);
    tls.write_all(&pattern(SIZE)).await?;
    tls.flush().await?;
    let mut received = vec![0; SIZE];
    tls.read_exact(&mut received).await?;
    during.set(During::Unwrap);
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

/// The end of an exchange with one fault.
struct Exchange {
    /// The result of the near side; none if it was still waiting after a very long time.
    near: Option<ssl::Result<Vec<u8>>>,
    /// The last operation of the near side.
    during: During,
    far: ssl::Result<()>,
    /// The number of bytes that the far side received.
    received: usize,
    place: String,
}

impl Exchange {
    /// Fails unless both sides have all data.
    fn assert_complete(&self) {
        let place = &self.place;
        let Some(Ok(answer)) = &self.near else {
            panic!("{place}: {:?} in {:?}", self.near, self.during);
        };
        assert!(*answer == pattern(SIZE), "{place}");
        assert_eq!(self.received, SIZE, "{place}");
    }

    /// The class of the near side's error.
    fn error(&self) -> Option<&'static str> {
        let error = self.near.as_ref()?.as_ref().err()?;
        Some(error.python_class())
    }
}

/// Makes an exchange with the fault at the first poll of the near side's inner stream, one with the fault at the
/// second poll, and so on, until an exchange ends before the fault.
async fn with_a_fault_at_each_poll(fault: Fault, check: impl Fn(&Exchange)) {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        for at in 0.. {
            let (near, far) = duplex(ROOM);
            let mut near = Faulty::new(near, fault, at);
            let far = tokio::spawn({
                let server = server.clone();
                async move { far_side(&server, far).await }
            });
            let during = Cell::new(During::Handshake);
            let limit = Duration::from_secs(1000);
            let side = near_side(&client, &mut near, &during);
            let outcome = tokio::time::timeout(limit, side).await;
            let reached = near.reached();
            drop(near);
            let (far, received) = far.await.expect("no panic");
            let place = format!("{version:?} {fault:?} at {at}");
            // The received data is in order, and is no more than was sent.
            assert!(pattern(SIZE).starts_with(&received), "{place}");
            let exchange = Exchange {
                near: outcome.ok(),
                during: during.get(),
                far,
                received: received.len(),
                place,
            };
            if !reached {
                exchange.assert_complete();
                assert!(at > 30, "{}", exchange.place);
                break;
            }
            check(&exchange);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_completes_if_any_poll_of_the_inner_stream_is_pending_once() {
    with_a_fault_at_each_poll(Fault::PendingOnce, |exchange| {
        exchange.assert_complete();
        assert!(exchange.far.is_ok(), "{}", exchange.place);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_exchange_completes_or_reports_the_error_if_any_poll_of_the_inner_stream_fails_once() {
    with_a_fault_at_each_poll(Fault::ErrorOnce, |exchange| match exchange.error() {
        Some(class) => assert_eq!(class, "ConnectionResetError", "{}", exchange.place),
        // If no error was reported, a later poll has sent the bytes.
        None => exchange.assert_complete(),
    })
    .await;
}

/// As in Python, reads and writes of data have no time limit.
#[tokio::test(start_paused = true)]
async fn handshake_and_unwrap_time_out_if_the_inner_stream_stalls_at_any_poll_and_transfers_wait() {
    with_a_fault_at_each_poll(Fault::PendingForEver, |exchange| {
        let class = match exchange.during {
            During::Handshake => Some("ConnectionAbortedError"),
            During::Data => None,
            During::Unwrap => Some("TimeoutError"),
        };
        assert_eq!(exchange.error(), class, "{}", exchange.place);
        assert!(!matches!(exchange.near, Some(Ok(_))), "{}", exchange.place);
    })
    .await;
}

/// Polls a future `polls` times at most, then drops it.
pub(crate) async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
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
        for dropped in ["accept", "lazy accept", "connect"] {
            for polls in 1.. {
                let (near, far) = duplex(ROOM);
                // The result of the dropped side, and that of its peer.
                let (done, other) = if dropped == "connect" {
                    let accepting = tokio::spawn(server.accept(far));
                    let connecting = client.connect(near, "localhost");
                    (dropped_after(polls, connecting).await, accepting.await)
                } else {
                    let connecting = tokio::spawn(client.connect(near, "localhost"));
                    let accepting = async {
                        match dropped {
                            "accept" => server.accept(far).await,
                            _ => {
                                let start = ssl::aio::LazyConfigAcceptor::new(far).await?;
                                start.accept(&server).await
                            }
                        }
                    };
                    (dropped_after(polls, accepting).await, connecting.await)
                };
                let other = other.expect("no panic");
                match done {
                    Some(stream) => {
                        assert!(stream.is_ok() && other.is_ok());
                        assert!(polls > 3, "{dropped} took {polls} polls");
                        break;
                    }
                    // The peer may fail, or succeed if the last flight was sent before the drop.
                    None => {
                        let class = other.as_ref().err().map(ssl::Error::python_class);
                        let gone = ["ConnectionResetError", "BrokenPipeError"];
                        assert!(class.is_none_or(|class| gone.contains(&class)), "{class:?}");
                    }
                }
            }
        }
    }
}
