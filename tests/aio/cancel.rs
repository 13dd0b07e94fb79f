//! Futures that are dropped before they are done.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::inner::Trickle;
use super::support::{contexts, pattern, shake};

/// Polls a future `polls` times, then drops it.
async fn poll_times<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => {
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            }
        }
    })
    .await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn dropping_a_read_future_loses_no_data(
        cuts in proptest::collection::vec(0usize..40, 1..60),
        size in 1usize..5000,
        room in 1usize..300,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, server) = contexts();
            let (near, far) = duplex(room);
            let (mut near, mut far) =
                shake((&client, &server), (Trickle::new(near), Trickle::new(far))).await;
            let data = pattern(size);
            let (sent, received) = tokio::join!(
                async {
                    near.write_all(&data).await?;
                    near.shutdown().await
                },
                async {
                    let mut received = Vec::new();
                    let mut cuts = cuts.iter().cycle();
                    let mut buffer = [0; 700];
                    let mut attempts = 0;
                    loop {
                        // Each attempt polls more often than the last, so that the test ends.
                        attempts += 1;
                        let polls = cuts.next().unwrap() + attempts / 100;
                        match poll_times(far.read(&mut buffer), polls).await {
                            Some(n) => match n? {
                                0 => return Ok::<_, std::io::Error>(received),
                                n => received.extend_from_slice(&buffer[..n]),
                            },
                            None => tokio::task::yield_now().await,
                        }
                    }
                }
            );
            sent.expect("sent");
            assert!(received.expect("received") == data);
        });
    }

    #[test]
    fn dropping_a_write_future_encrypts_all_or_none_of_its_chunk(
        cuts in proptest::collection::vec(0usize..6, 1..40),
        room in 1usize..300,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, server) = contexts();
            let (near, far) = duplex(room);
            let (mut near, mut far) =
                shake((&client, &server), (Trickle::new(near), Trickle::new(far))).await;
            let data = pattern(100_000);
            let (sent, received) = tokio::join!(
                async {
                    // `written` counts the bytes of completed writes only. A dropped write has sent
                    // none of its bytes, so they are written again.
                    let mut written = 0;
                    for cut in &cuts {
                        let chunk = &data[written..(written + 2000).min(data.len())];
                        if let Some(n) = poll_times(near.write(chunk), *cut).await {
                            written += n?;
                        }
                    }
                    near.shutdown().await.map(|()| written)
                },
                async {
                    let mut received = Vec::new();
                    far.read_to_end(&mut received).await.map(|_| received)
                }
            );
            let written = sent.expect("sent");
            assert!(received.expect("received") == data[..written]);
        });
    }
}
