//! Two tasks use one stream, while TLS messages require a read to send, or a write to receive.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use pyssl_testing::Ca;
use pyssl_testing::flood::{Flood, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::support::{
    client_context, contexts, contexts_for_post_handshake_authentication, pair, pattern,
};

/// Completes the handshake of a [`Flood`] over a pipe.
async fn accept(flood: &mut Flood, far: &mut tokio::io::DuplexStream) {
    let mut buffer = [0; 4096];
    while !flood.is_connected() {
        let n = far.read(&mut buffer).await.expect("a flight");
        let answer = flood.answer(&buffer[..n]);
        far.write_all(&answer).await.expect("sent");
    }
}

#[tokio::test]
async fn split_halves_work_during_key_updates_tickets_and_renegotiations() {
    for message in Message::ALL {
        let ca = Ca::new();
        let client = client_context(&ca);
        let mut flood = Flood::new(&ca.issue("localhost"), message);
        let (near, mut far) = duplex(600);
        let (near, ()) = tokio::join!(
            client.connect(near, "localhost"),
            accept(&mut flood, &mut far)
        );
        let (mut reader, mut writer) = near.expect("a handshake").into_split();
        let data = pattern(100_000);
        let sent = data.clone();
        let writing = tokio::spawn(async move {
            writer.write_all(&sent).await?;
            writer.flush().await?;
            Ok::<_, std::io::Error>(writer)
        });
        let reading = tokio::spawn(async move {
            let mut ticks = Vec::new();
            reader.read_to_end(&mut ticks).await.map(|_| ticks)
        });
        // The peer sends a message and a byte after each read.
        let mut received = Vec::new();
        let mut sent = 0;
        let mut buffer = [0; 300];
        while received.len() < data.len() {
            let n = far.read(&mut buffer).await.expect("a piece");
            received.extend(flood.received(&buffer[..n]));
            if flood.is_connected() {
                let mut answer = flood.messages(1);
                answer.extend(flood.data(b"."));
                far.write_all(&answer).await.expect("sent");
                sent += 1;
            } else {
                let answer = flood.answer(b"");
                far.write_all(&answer).await.expect("sent");
            }
        }
        assert!(received == data, "{message:?}");
        // The writer's flush waits until the client's answers to the messages are sent, so
        // something must read them.
        let (mut far_reader, mut far_writer) = tokio::io::split(far);
        tokio::spawn(async move { far_reader.read_to_end(&mut Vec::new()).await });
        let _writer = writing.await.expect("no panic").expect("written");
        let close = flood.close_notify();
        far_writer.write_all(&close).await.expect("sent");
        let ticks = reading.await.expect("no panic").expect("read");
        assert_eq!(ticks.len(), sent, "{message:?}");
        assert!(sent > 100, "{message:?}: {sent} messages");
        let renegotiated = client.session_stats().connect_renegotiate > 0;
        assert_eq!(renegotiated, message == Message::HelloRequest);
    }
}

#[tokio::test]
async fn split_halves_work_during_post_handshake_authentication() {
    let (client, server) = contexts_for_post_handshake_authentication();
    // The pipe is smaller than the client's answer, so sending it takes several writes.
    let (near, far) = pair(&client, &server, 50).await;
    far.object()
        .verify_client_post_handshake()
        .expect("offered");
    let ((mut near_reader, mut near_writer), (mut far_reader, mut far_writer)) =
        (near.into_split(), far.into_split());
    let data = pattern(200_000);
    let (mut at_near, mut at_far) = (vec![0], Vec::new());
    let (asked, was_asked) = tokio::sync::oneshot::channel();
    let (near_sent, far_sent, near_read, far_read) = tokio::join!(
        async {
            near_writer.write_all(&data[..100_000]).await?;
            // The client does not answer after its close_notify.
            was_asked.await.expect("data arrived");
            near_writer.write_all(&data[100_000..]).await?;
            near_writer.shutdown().await
        },
        async {
            far_writer.write_all(&data).await?;
            far_writer.shutdown().await
        },
        async {
            // The request comes before the data.
            near_reader.read_exact(&mut at_near).await?;
            asked.send(()).expect("the writer waits");
            near_reader.read_to_end(&mut at_near).await
        },
        far_reader.read_to_end(&mut at_far),
    );
    near_sent.and(far_sent).expect("sent");
    near_read.and(far_read).expect("received");
    assert!(at_near == data && at_far == data);
    let shown = far_reader.object().getpeercert_binary().expect("done");
    assert!(shown.is_some(), "the client has shown no certificate");
}

/// Counts wake-ups.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls once with a waker that counts.
fn poll_counted<F: Future + Unpin>(future: &mut F, count: &Arc<Count>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(count));
    std::pin::Pin::new(future).poll(&mut Context::from_waker(&waker))
}

#[tokio::test]
async fn a_reader_wakes_when_its_key_update_can_be_sent() {
    let ca = Ca::new();
    let client = client_context(&ca);
    let mut flood = Flood::new(&ca.issue("localhost"), Message::KeyUpdateRequest);
    let (near, mut far) = duplex(4096);
    let (near, ()) = tokio::join!(
        client.connect(near, "localhost"),
        accept(&mut flood, &mut far)
    );
    let (mut reader, mut writer) = near.expect("a handshake").into_split();
    // The data fills the pipe, so the writer waits.
    let data = pattern(200_000);
    let mut writing = Box::pin(writer.write_all(&data));
    let wake_writer = Arc::new(Count::default());
    assert!(poll_counted(&mut writing, &wake_writer).is_pending());
    // The reader must answer the key update, but the pipe is full.
    let request = flood.messages(1);
    far.write_all(&request).await.expect("room");
    let mut byte = [0];
    let mut reading = Box::pin(reader.read(&mut byte));
    let wake_reader = Arc::new(Count::default());
    assert!(poll_counted(&mut reading, &wake_reader).is_pending());
    // Now the pipe has room, and both tasks have something to send, so both must be woken.
    let mut buffer = [0; 4096];
    let n = far.read(&mut buffer).await.expect("a piece");
    let mut received = flood.received(&buffer[..n]);
    for wake in [&wake_writer, &wake_reader] {
        assert!(wake.0.load(Ordering::SeqCst) > 0);
    }
    // The reader sends the data that the writer left unsent.
    drop(writing);
    while received.len() < 65_536 {
        assert!(poll_counted(&mut reading, &wake_reader).is_pending());
        let n = far.read(&mut buffer).await.expect("a piece");
        received.extend(flood.received(&buffer[..n]));
    }
    assert!(received == data[..received.len()]);
}

#[tokio::test]
async fn split_halves_have_the_getters_and_can_be_reunited() {
    let (client, server) = contexts();
    let (near, far) = pair(&client, &server, 4096).await;
    let (reader, writer) = near.into_split();
    assert_eq!(reader.object().version(), Some("TLSv1.3"));
    assert_eq!(writer.object().cipher(), reader.object().cipher());
    let (other, _other_writer) = far.into_split();
    let error = other.reunite(writer).expect_err("another stream's");
    let mut near = reader.reunite(error.1).expect("halves of one stream");
    let mut other = error.0;
    near.write_all(b"whole").await.expect("sealed");
    near.flush().await.expect("sent");
    let mut received = [0; 5];
    other.read_exact(&mut received).await.expect("received");
    assert_eq!(&received, b"whole");
}

#[tokio::test]
async fn the_stream_has_the_getters_of_a_socket() {
    let (client, server) = contexts();
    client.set_alpn_protocols(&["h2"]).expect("a name");
    server.set_alpn_protocols(&["h2"]).expect("a name");
    let (near, far) = pair(&client, &server, 4096).await;
    assert_eq!(near.version(), Some("TLSv1.3"));
    assert_eq!(near.cipher(), far.cipher());
    assert_eq!(near.group(), far.group());
    assert_eq!(near.selected_alpn_protocol().as_deref(), Some("h2"));
    assert_eq!(near.server_hostname(), Some("localhost"));
    assert!(!near.server_side() && far.server_side());
    assert!(near.getpeercert().expect("a dict").is_some());
    let der = near.getpeercert_binary().expect("encoded");
    assert_eq!(near.get_unverified_chain()[0].to_der().ok(), der);
    assert_eq!(near.get_verified_chain().len(), 2);
    let key = |stream: &pyssl::aio::TlsStream<_>| {
        let key = stream.export_keying_material(32, "EXPORTER-test", None);
        key.expect("the handshake is done")
    };
    assert_eq!(key(&near), key(&far));
    let unique = near.get_channel_binding("tls-exporter");
    assert_eq!(unique.ok(), far.get_channel_binding("tls-exporter").ok());
    assert!(!near.session_reused());
    assert_eq!(near.pending(), 0);
    #[expect(deprecated, reason = "it is in Python too")]
    let npn = near.selected_npn_protocol();
    assert_eq!(npn, None);
    assert!(near.suppress_ragged_eofs());
}

/// Methods of `SslSocket` that a `TlsStream` does not have, with the reason.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "accept bind connect connect_ex listen do_handshake do_handshake_on_connect",
        "the handshake is a future",
    ),
    (
        "detach fileno getpeername getsockname family proto type get_inheritable set_inheritable",
        "the inner stream has them",
    ),
    (
        "getblocking setblocking gettimeout settimeout timeout",
        "tokio::time::timeout limits an operation",
    ),
    ("read recv recv_into recvfrom recvfrom_into", "AsyncRead"),
    ("write send sendall sendto sendfile flush", "AsyncWrite"),
    (
        "close close_within send_close_notify shutdown",
        "AsyncWrite::shutdown and unwrap",
    ),
    ("makefile", "tokio::io::BufStream"),
    (
        "set_context set_session",
        "options of the handshake; a LazyConfigAcceptor chooses the context",
    ),
    ("fmt as_fd as_raw_fd", "traits"),
];

/// The methods of a type in the listing of the public interface.
fn methods(of: &str) -> Vec<&'static str> {
    const API: &str = include_str!("../../docs/public-api/pyssl.txt");
    let functions = API.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ")?;
        line.strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("fn ")
    });
    let names = functions.filter_map(|line| line.strip_prefix(of)?.strip_prefix("::"));
    names
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect()
}

#[test]
fn the_stream_has_each_method_of_a_socket_or_there_is_a_reason() {
    let socket = methods("pyssl::SslSocket");
    let stream = methods("pyssl::aio::TlsStream<S>");
    assert!(socket.len() > 50 && stream.len() > 25);
    let otherwise = OTHERWISE.iter().flat_map(|(names, _)| names.split(' '));
    let otherwise: Vec<&str> = otherwise.collect();
    for name in &socket {
        let has = stream.contains(name) || otherwise.contains(name);
        assert!(has, "TlsStream has no {name}");
    }
    for name in &otherwise {
        assert!(socket.contains(name), "SslSocket has no {name}");
    }
}
