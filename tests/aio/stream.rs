use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::TlsStream;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};

use super::inner::{Counting, Failing};
use super::support::{
    VERSIONS, contexts, contexts_for_post_handshake_authentication, pair, pattern, shake, tls_error,
};

#[tokio::test]
async fn writes_of_every_size_arrive_through_pipes_of_every_size() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        for room in [1, 100, 16 * 1024, 1 << 20] {
            let (mut near, mut far) = pair(&client, &server, room).await;
            let data = pattern(if room == 1 { 3000 } else { 300_000 });
            for size in [1, 1000, 16 * 1024, 16 * 1024 + 1, data.len()] {
                let data = &data[..data.len().min(size * 3000)];
                let (sent, received) = tokio::join!(
                    async {
                        for chunk in data.chunks(size) {
                            near.write_all(chunk).await?;
                        }
                        near.flush().await
                    },
                    async {
                        let mut received = vec![0; data.len()];
                        far.read_exact(&mut received).await.map(|_| received)
                    }
                );
                sent.expect("sent");
                assert!(
                    received.expect("received") == data,
                    "{version:?} {room} {size}"
                );
            }
        }
    }
}

#[tokio::test]
async fn full_pipes_in_both_directions_do_not_deadlock() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        let (near, far) = pair(&client, &server, 1000).await;
        let data = pattern(1 << 20);
        let exchange = |stream, data: Vec<u8>| async move {
            let (mut reader, mut writer) = tokio::io::split(stream);
            let expected = data.clone();
            let sending = tokio::spawn(async move {
                writer.write_all(&data).await?;
                writer.shutdown().await
            });
            let mut received = Vec::new();
            reader.read_to_end(&mut received).await.expect("received");
            sending.await.expect("no panic").expect("sent");
            assert!(received == expected);
        };
        tokio::join!(exchange(near, data.clone()), exchange(far, data));
    }
}

#[tokio::test]
async fn a_read_sends_data_that_a_write_left_unsent() {
    let (client, server) = contexts();
    // The pipe has room for each record of the handshake, but not for the data.
    let (mut near, mut far) = pair(&client, &server, 512).await;
    let data = pattern(40_000);
    // The write returns although the pipe is full and nothing is flushed.
    near.write_all(&data).await.expect("sealed");
    let mut answer = [0; 2];
    let (answered, received) = tokio::join!(near.read_exact(&mut answer), async {
        let mut received = vec![0; data.len()];
        far.read_exact(&mut received).await?;
        far.write_all(b"ok").await?;
        far.flush().await.map(|()| received)
    });
    answered.expect("an answer");
    assert!(received.expect("received") == data);
}

#[tokio::test]
async fn dropping_a_stream_sends_what_the_transport_accepts() {
    let (client, server) = contexts();
    let (mut near, mut far) = pair(&client, &server, 1 << 20).await;
    near.write_all(b"last words").await.expect("sealed");
    drop(near);
    let mut received = Vec::new();
    far.read_to_end(&mut received).await.expect("received");
    assert_eq!(received, b"last words");
}

#[tokio::test]
async fn shutdown_closes_one_direction_only() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        let (mut near, mut far) = pair(&client, &server, 64 * 1024).await;
        near.write_all(b"question").await.expect("sealed");
        near.shutdown().await.expect("half-closed");
        let mut question = String::new();
        far.read_to_string(&mut question)
            .await
            .expect("the whole question");
        assert_eq!(question, "question");
        far.write_all(b"answer").await.expect("sealed");
        far.shutdown().await.expect("closed");
        let mut answer = String::new();
        near.read_to_string(&mut answer)
            .await
            .expect("the whole answer");
        assert_eq!(answer, "answer", "{version:?}");
        // Later reads return the end too.
        assert_eq!(near.read(&mut [0; 8]).await.expect("the end"), 0);
        let error = near.write_all(b"more").await.expect_err("half-closed");
        assert_eq!(tls_error(error).reason(), Some("PROTOCOL_IS_SHUTDOWN"));
    }
}

#[tokio::test]
async fn a_missing_close_notify_is_an_error_unless_it_is_suppressed() {
    for suppress in [true, false] {
        let (client, server) = contexts();
        let (near, far) = duplex(64 * 1024);
        let connect = client
            .connect(near, "localhost")
            .suppress_ragged_eofs(suppress);
        let (near, far) = tokio::join!(connect, server.accept(far));
        let (mut near, mut far) = (near.expect("connected"), far.expect("accepted"));
        far.write_all(b"data").await.expect("sealed");
        far.flush().await.expect("sent");
        drop(far.into_inner());
        let mut data = Vec::new();
        let end = near.read_to_end(&mut data).await;
        assert_eq!(data, b"data");
        match suppress {
            true => assert_eq!(end.expect("an end"), 4),
            false => {
                let error = tls_error(end.expect_err("a truncated stream"));
                assert_eq!(error.python_class(), "SSLEOFError");
            }
        }
    }
}

#[tokio::test]
async fn unwrap_ends_tls_and_returns_to_plaintext() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        let (near, far) = pair(&client, &server, 64 * 1024).await;
        let (near, far) = tokio::join!(near.unwrap(), async {
            let (mut far, ahead) = far.unwrap().await?;
            far.write_all(b"in the clear").await?;
            Ok::<_, std::io::Error>((far, ahead))
        });
        let (mut near, ahead) = near.expect("unwrapped");
        let (far, none) = far.expect("unwrapped");
        assert!(none.is_empty());
        drop(far);
        let mut rest = ahead;
        near.read_to_end(&mut rest).await.expect("clear text");
        assert_eq!(rest, b"in the clear", "{version:?}");
    }
}

#[tokio::test]
async fn unwrap_sends_everything_before_it_returns_to_plaintext() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        let (mut near, mut far) = pair(&client, &server, 600).await;
        let data = pattern(50_000);
        near.write_all(&data).await.expect("sealed");
        // The near side gets the peer's `close_notify` before its own data is sent.
        far.object().send_close_notify().expect("sealed");
        far.flush().await.expect("sent");
        let (near, received) = tokio::join!(near.unwrap(), async {
            let mut received = Vec::new();
            far.read_to_end(&mut received).await.map(|_| received)
        });
        near.expect("unwrapped");
        assert!(received.expect("close_notify came") == data, "{version:?}");
    }
}

#[tokio::test]
async fn a_buffered_inner_stream_is_flushed_before_waiting_for_the_peer() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        let (near, far) = duplex(1 << 20);
        let inner = (BufWriter::new(near), BufWriter::new(far));
        let (mut near, mut far) = shake((&client, &server), inner).await;
        near.write_all(b"question").await.expect("sealed");
        let (asked, answered) = tokio::join!(near.read_u8(), async {
            far.read_exact(&mut [0; 8]).await?;
            far.write_u8(42).await?;
            far.flush().await
        });
        answered.expect("answered");
        assert_eq!(asked.expect("an answer"), 42);
        let (near, far) = tokio::join!(near.unwrap(), far.unwrap());
        assert!(near.is_ok() && far.is_ok(), "{version:?}");
    }
}

#[tokio::test]
async fn data_is_readable_after_the_client_has_closed() {
    for version in VERSIONS {
        let (client, server) = contexts();
        client.set_maximum_version(version).expect("known");
        let (near, far) = duplex(1 << 20);
        let data = pattern(50_000);
        let (sent, far) = tokio::join!(
            async {
                let mut near = client.connect(near, "localhost").await?;
                near.write_all(&data).await?;
                // The client closes, and a TLS 1.3 server may not have sent its tickets yet.
                near.shutdown().await
            },
            server.accept(far)
        );
        sent.expect("sent");
        let mut received = Vec::new();
        let mut far = far.expect("accepted");
        far.read_to_end(&mut received).await.expect("the data");
        assert!(received == data, "{version:?}");
        let error = far.write_all(&data).await.expect_err("gone");
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
}

#[tokio::test]
async fn unwrap_returns_plaintext_received_after_close_notify() {
    let (client, server) = contexts();
    let (near, mut far) = duplex(64 * 1024);
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().server_side(true);
    let peer = server
        .wrap_bio(&incoming, &outgoing, options)
        .expect("an object");
    let serve = async {
        let mut buffer = [0; 4096];
        while let Err(ssl::Error::WantRead(_)) = peer.do_handshake() {
            far.write_all(&outgoing.read(None)).await?;
            let n = far.read(&mut buffer).await?;
            incoming.write(&buffer[..n])?;
        }
        // `close_notify` and the following plaintext are sent in one piece.
        assert!(matches!(peer.unwrap(), Err(ssl::Error::WantRead(_))));
        let mut last = outgoing.read(None);
        last.extend_from_slice(b"in the clear");
        far.write_all(&last).await
    };
    let (near, served) = tokio::join!(client.connect(near, "localhost"), serve);
    served.expect("served");
    let (_near, ahead) = near
        .expect("connected")
        .unwrap()
        .await
        .expect("both have closed");
    assert_eq!(ahead, b"in the clear");
}

#[tokio::test(start_paused = true)]
async fn unwrap_times_out_if_the_peer_does_not_answer() {
    let (client, server) = contexts();
    let (near, _far) = pair(&client, &server, 64 * 1024).await;
    let before = tokio::time::Instant::now();
    let error = near.unwrap().await.expect_err("no answer");
    assert_eq!(error.python_class(), "TimeoutError");
    assert_eq!(error.to_string(), "SSL shutdown timed out");
    assert_eq!(before.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn set_shutdown_timeout_limits_how_long_unwrap_waits() {
    let (client, server) = contexts();
    let (mut near, _far) = pair(&client, &server, 64 * 1024).await;
    let begun = tokio::time::Instant::now();
    near.set_shutdown_timeout(Some(Duration::from_secs(7)));
    let error = near.unwrap().await.expect_err("no answer");
    assert_eq!(error.to_string(), "SSL shutdown timed out");
    assert_eq!(begun.elapsed().as_secs(), 7);
    // Without a limit, it waits. The limit of the test is far beyond the default.
    let (_near, mut far) = pair(&client, &server, 64 * 1024).await;
    far.set_shutdown_timeout(None);
    let waiting = tokio::time::timeout(Duration::from_secs(1_000_000), far.unwrap());
    assert!(waiting.await.is_err());
}

#[tokio::test]
async fn vectored_writes_arrive_in_order() {
    let (client, server) = contexts();
    let (mut near, mut far) = pair(&client, &server, 1 << 20).await;
    let slices = [&b"SP"[..], b"", b"A", b"M"].map(IoSlice::new);
    assert!(tokio::io::AsyncWrite::is_write_vectored(&near));
    assert_eq!(near.write_vectored(&slices).await.expect("sealed"), 4);
    near.flush().await.expect("sent");
    let mut record = [0; 64];
    // The slices arrive in one record.
    assert_eq!(far.read(&mut record).await.expect("received"), 4);
    assert_eq!(&record[..4], b"SPAM");
    let large = pattern(20_000);
    let slices = [&b"x"[..], &large, &large].map(IoSlice::new);
    let n = near.write_vectored(&slices).await.expect("sealed");
    near.flush().await.expect("sent");
    let mut received = vec![0; n];
    far.read_exact(&mut received).await.expect("received");
    let whole: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
    assert!(received == whole[..n]);
}

#[tokio::test]
async fn a_damaged_record_is_an_ssl_error_and_its_alert_is_sent() {
    let (client, server) = contexts();
    let (mut near, far) = pair(&client, &server, 64 * 1024).await;
    let mut far = far.into_inner();
    far.write_all(b"please do not do this").await.expect("room");
    let error = near.read(&mut [0; 64]).await.expect_err("not a record");
    assert_eq!(tls_error(error).python_class(), "SSLError");
    let mut alert = [0; 5];
    far.read_exact(&mut alert).await.expect("an alert");
    // TLS 1.3 encrypts the alert, so its record has the content type of application data.
    assert_eq!(alert[..3], [23, 3, 3]);
    near.shutdown().await.expect("the inner stream ends");
}

#[tokio::test]
async fn errors_of_the_inner_stream_keep_their_kind() {
    let (client, server) = contexts();
    let (near, far) = duplex(64 * 1024);
    let near = Failing {
        inner: near,
        reads: false,
        writes: false,
    };
    let (mut near, _far) = shake((&client, &server), (near, far)).await;
    near.get_mut().reads = true;
    let error = near.read(&mut [0; 8]).await.expect_err("it fails");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    near.get_mut().writes = true;
    let error = near.write_all(b"x").await.expect_err("it fails");
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn a_stream_of_a_runtime_that_has_ended_returns_os_errors() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().expect("a runtime")
    };
    let (client, server) = contexts();
    let first = runtime();
    let (mut near, _far) = first.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let near = TcpStream::connect(address).await.expect("connected");
        let (far, _) = listener.accept().await.expect("a client");
        shake((&client, &server), (near, far)).await
    });
    drop(first);
    runtime().block_on(async {
        let error = near.read(&mut [0; 8]).await.expect_err("no runtime");
        assert_eq!(tls_error(error).python_class(), "OSError");
        let error = near.write_all(b"x").await.expect_err("no runtime");
        assert_eq!(tls_error(error).python_class(), "OSError");
    });
}

/// A client on a stream that counts, and its server.
async fn counting() -> (TlsStream<Counting>, TlsStream<DuplexStream>) {
    let (client, server) = contexts();
    let (inner, far) = duplex(256 * 1024);
    let near = Counting {
        inner,
        writes: 0,
        panics: false,
    };
    shake((&client, &server), (near, far)).await
}

#[tokio::test]
async fn a_write_of_up_to_four_records_is_one_write_of_the_inner_stream() {
    let (mut near, mut far) = counting().await;
    for size in [1, 100, 16 * 1024, 16 * 1024 + 1, 64 * 1024] {
        let before = near.get_ref().writes;
        let data = pattern(size);
        // `write` itself sends the records. No flush is needed.
        assert_eq!(near.write(&data).await.expect("room"), size);
        assert_eq!(near.get_ref().writes, before + 1, "{size} bytes");
        let mut received = vec![0; size];
        far.read_exact(&mut received).await.expect("all of it");
        assert!(received == data);
    }
}

#[tokio::test]
async fn a_panic_of_the_inner_stream_reaches_the_writer() {
    let (mut near, _far) = counting().await;
    near.get_mut().panics = true;
    // The stream is dropped while its task unwinds, and must not panic again.
    let write = AssertUnwindSafe(move || {
        let mut near = near;
        let cx = &mut Context::from_waker(Waker::noop());
        Pin::new(&mut near).poll_write(cx, b"x").is_pending()
    });
    let panic = catch_unwind(write).expect_err("a panic");
    assert_eq!(
        panic.downcast_ref::<&str>(),
        Some(&"the inner stream panics")
    );
}

#[tokio::test]
async fn a_session_received_with_data_can_be_resumed() {
    let (client, server) = contexts();
    let (mut near, mut far) = pair(&client, &server, 64 * 1024).await;
    far.write_all(b"x").await.expect("sealed");
    far.flush().await.expect("sent");
    near.read_exact(&mut [0]).await.expect("ticket and data");
    let session = near.object().session().expect("a ticket has come");
    let (near, far) = duplex(64 * 1024);
    let options = ssl::WrapBio::from("localhost").session(session);
    let (near, far) = tokio::join!(client.connect(near, options), server.accept(far));
    assert!(near.expect("connected").object().session_reused());
    assert!(far.expect("accepted").object().session_reused());
}

#[tokio::test]
async fn a_read_answers_post_handshake_authentication() {
    let (client, server) = contexts_for_post_handshake_authentication();
    // The pipe is so small that neither side can send its flight at once.
    let (mut near, mut far) = pair(&client, &server, 50).await;
    assert!(far.object().getpeercert_binary().expect("done").is_none());
    far.object()
        .verify_client_post_handshake()
        .expect("offered");
    let mut received = [0; 2];
    let (read, exchange) = tokio::join!(near.read_exact(&mut received), async {
        far.write_all(b"go").await?;
        far.flush().await
    });
    exchange.expect("sent");
    read.expect("read");
    let (written, read) = tokio::join!(
        async {
            near.write_all(b"x").await?;
            near.flush().await
        },
        far.read_exact(&mut received[..1])
    );
    written.expect("sent");
    read.expect("read");
    assert!(far.object().getpeercert_binary().expect("done").is_some());
}

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn tls_streams_and_handshakes_implement_send() {
    is_send_and_sync::<ssl::aio::TlsStream<tokio::net::TcpStream>>();
    is_send_and_sync::<ssl::aio::Handshake<tokio::net::TcpStream>>();
}
