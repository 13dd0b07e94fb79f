//! Asyncio's protocols and transports.

use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl::aio::asyncio::{self, Protocol, StreamReader, StreamWriter, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::asyncio::{LOCAL, address, silent, tls};
use super::support::contexts;

/// A protocol that records the calls of its functions.
#[derive(Default, Clone)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    async fn waits_for(&self, what: &str) {
        while !self.0.lock().unwrap().iter().any(|noted| noted == what) {
            tokio::task::yield_now().await;
        }
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, transport: &Transport) {
        self.note(format!("made {}", transport.object().is_some()));
        transport.write(b"ping");
    }

    fn data_received(&mut self, data: &[u8]) {
        self.note(String::from_utf8_lossy(data));
    }

    fn eof_received(&mut self) -> bool {
        self.note("eof");
        false
    }

    fn pause_writing(&mut self) {
        self.note("pause writing");
    }

    fn resume_writing(&mut self) {
        self.note("resume writing");
    }

    fn connection_lost(&mut self, error: Option<&ssl::Error>) {
        self.note(format!("lost {:?}", error.map(ssl::Error::python_class)));
    }
}

#[tokio::test]
async fn a_protocol_receives_the_callbacks_of_asyncio() {
    let (client, server) = contexts();
    let handle = |mut reader: StreamReader, mut writer: StreamWriter| async move {
        assert_eq!(reader.readexactly(4).await.expect("received"), b"ping");
        writer.write(b"pong");
    };
    let server = asyncio::start_server(handle, LOCAL, &server)
        .await
        .expect("a server");
    let recorder = Recorder::default();
    let made = asyncio::create_connection(|| recorder.clone(), address(&server), tls(&client));
    let (transport, running) = made.await.expect("connected");
    running.await.expect("no panic");
    let told = recorder.0.lock().unwrap().clone();
    assert_eq!(told, ["made true", "pong", "eof", "lost None"]);
    assert!(transport.is_closing());
}

#[tokio::test]
async fn abort_calls_connection_lost_without_an_error() {
    let (client, server) = contexts();
    let handle = |mut reader: StreamReader, _writer: StreamWriter| async move {
        let _ = reader.read(None).await;
    };
    let server = asyncio::start_server(handle, LOCAL, &server)
        .await
        .expect("a server");
    let recorder = Recorder::default();
    let made = asyncio::create_connection(|| recorder.clone(), address(&server), tls(&client));
    let (transport, running) = made.await.expect("connected");
    transport.abort();
    transport.write(b"ignored");
    running.await.expect("no panic");
    let told = recorder.0.lock().unwrap().clone();
    assert_eq!(told, ["made true", "lost None"]);
}

#[tokio::test]
async fn data_after_a_close_is_ignored() {
    struct Closer(Option<Transport>, Vec<u8>);
    impl Protocol for Closer {
        fn connection_made(&mut self, transport: &Transport) {
            self.0 = Some(transport.clone());
        }
        fn data_received(&mut self, data: &[u8]) {
            self.1.extend_from_slice(data);
            self.0.take().expect("no data after the close").close();
        }
    }
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let mut stream = server.accept(tcp).await.expect("a handshake");
        stream.write_all(b"first").await.expect("sealed");
        stream.flush().await.expect("sent");
        // The client has closed its direction.
        stream.read_to_end(&mut Vec::new()).await.expect("the end");
        stream.write_all(b"second").await.expect("sealed");
        let _ = stream.shutdown().await;
    };
    let closer = || Closer(None, Vec::new());
    let (made, ()) = tokio::join!(
        asyncio::create_connection(closer, address, tls(&client)),
        serve
    );
    let (_, running) = made.expect("connected");
    assert_eq!(running.await.expect("no panic").1, b"first");
}

/// A client's protocol of a connection whose server is the result of `accept`.
async fn connected(
    recorder: &Recorder,
) -> (
    Transport,
    JoinHandle<Recorder>,
    ssl::aio::TlsStream<TcpStream>,
) {
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        server.accept(tcp).await.expect("a handshake")
    };
    let made = asyncio::create_connection(|| recorder.clone(), address, tls(&client));
    let (made, mut stream) = tokio::join!(made, serve);
    let (transport, running) = made.expect("connected");
    stream.read_exact(&mut [0; 4]).await.expect("the ping");
    (transport, running, stream)
}

#[tokio::test]
async fn a_protocol_is_told_to_pause_writing_and_to_resume_it() {
    // The data is larger than the buffers of the sockets.
    const LENGTH: usize = 32 << 20;
    let recorder = Recorder::default();
    let (transport, running, mut stream) = connected(&recorder).await;
    transport.write(&vec![b'x'; LENGTH]);
    recorder.waits_for("pause writing").await;
    let mut received = vec![0; LENGTH];
    stream.read_exact(&mut received).await.expect("all of it");
    recorder.waits_for("resume writing").await;
    stream.shutdown().await.expect("closed");
    running.await.expect("no panic");
    let told = recorder.0.lock().unwrap().clone();
    let expected = [
        "made true",
        "pause writing",
        "resume writing",
        "eof",
        "lost None",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_protocol_receives_no_data_while_reading_is_paused() {
    let recorder = Recorder::default();
    let (transport, running, mut stream) = connected(&recorder).await;
    transport.pause_reading();
    assert!(!transport.is_reading());
    stream.write_all(b"held").await.expect("sealed");
    stream.flush().await.expect("sent");
    // The connection can still be written to. When the peer has received "more", the task of the
    // connection has run, and could have delivered "held".
    transport.write(b"more");
    stream.read_exact(&mut [0; 4]).await.expect("received");
    assert_eq!(*recorder.0.lock().unwrap(), ["made true"]);
    transport.resume_reading();
    assert!(transport.is_reading());
    recorder.waits_for("held").await;
    stream.shutdown().await.expect("closed");
    running.await.expect("no panic");
    let told = recorder.0.lock().unwrap().clone();
    assert_eq!(told, ["made true", "held", "eof", "lost None"]);
    assert!(!transport.is_reading());
}

#[tokio::test]
async fn a_connection_can_be_closed_while_reading_is_paused() {
    let recorder = Recorder::default();
    let (transport, running, mut stream) = connected(&recorder).await;
    transport.pause_reading();
    stream.write_all(b"lost").await.expect("sealed");
    stream.flush().await.expect("sent");
    transport.write(b"more");
    stream.read_exact(&mut [0; 4]).await.expect("received");
    // "lost" arrived before "more". The runtime usually notices both at once. Under Wine, it notices "lost" one turn
    // later.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    transport.close();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("close_notify");
    stream.shutdown().await.expect("closed");
    running.await.expect("no panic");
    let told = recorder.0.lock().unwrap().clone();
    assert!(!told.contains(&"lost".to_owned()), "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("lost None"));
}
