//! Asyncio's functions, as CPython's own tests of asyncio check them; `census.tsv` names the tests.

use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::asyncio::{self, Protocol, Server, Ssl, StreamReader, StreamWriter};
use pyssl_testing::Ca;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::support::{client_context, contexts, pattern, server_context};

pub(crate) const LOCAL: (&str, u16) = ("127.0.0.1", 0);

/// TLS to a server whose certificate is for `localhost`.
pub(crate) fn tls(context: &ssl::SslContext) -> Ssl {
    Ssl::new(context).server_hostname("localhost")
}

pub(crate) fn address(server: &Server) -> (&'static str, u16) {
    ("127.0.0.1", server.sockets()[0].port())
}

/// A listener that does not speak TLS.
pub(crate) async fn silent() -> (TcpListener, (&'static str, u16)) {
    let listener = TcpListener::bind(LOCAL).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    (listener, ("127.0.0.1", port))
}

pub(crate) const MIB: usize = 1 << 20;

/// Answers the first MiB with `OK`, and the second one with `SPAM`, which it writes in pieces.
async fn answer_twice(mut reader: StreamReader, mut writer: StreamWriter) {
    let data = pattern(MIB);
    assert!(reader.readexactly(MIB).await.expect("received") == data);
    writer.write(b"OK");
    assert!(reader.readexactly(MIB).await.expect("received") == data);
    writer.writelines([&b"SP"[..], b"A", b"M"]);
    writer.close();
    writer.wait_closed().await.expect("closed");
}

async fn ask_twice(mut reader: StreamReader, mut writer: StreamWriter) {
    let data = pattern(MIB);
    writer.write(&data);
    assert_eq!(reader.readexactly(2).await.expect("received"), b"OK");
    writer.write(&data);
    writer.drain().await.expect("sent");
    assert_eq!(reader.read(None).await.expect("received"), b"SPAM");
    assert!(reader.at_eof());
    writer.close();
    writer.wait_closed().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_five_asyncio_style_clients_exchange_a_mebibyte_twice() {
    for secure in [true, false] {
        let (client, server) = contexts();
        let (client, server) = match secure {
            true => (tls(&client), Ssl::from(server)),
            false => (Ssl::from(()), Ssl::from(())),
        };
        let mut server = asyncio::start_server(answer_twice, LOCAL, server)
            .await
            .expect("a server");
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..25 {
            let (client, address) = (client.clone(), address(&server));
            clients.spawn(async move {
                let streams = asyncio::open_connection(address, client).await;
                let (reader, writer) = streams.expect("connected");
                assert_eq!(writer.object().is_some(), secure);
                ask_twice(reader, writer).await;
            });
        }
        while let Some(client) = clients.join_next().await {
            client.expect("no panic");
        }
        server.close();
        server.wait_closed().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_exchange_a_mebibyte_through_tls_inside_tls() {
    let (client, server) = contexts();
    let inner = server.clone();
    let handle = move |reader, mut writer: StreamWriter| {
        let inner = inner.clone();
        async move {
            writer.start_tls(&inner).await.expect("the inner handshake");
            answer_twice(reader, writer).await;
        }
    };
    let server = asyncio::start_server(handle, LOCAL, &server);
    let server = server.await.expect("a server");
    for _ in 0..5 {
        let streams = asyncio::open_connection(address(&server), tls(&client)).await;
        let (reader, mut writer) = streams.expect("connected");
        writer
            .start_tls(tls(&client))
            .await
            .expect("the inner handshake");
        ask_twice(reader, writer).await;
    }
}

#[tokio::test]
async fn an_untrusted_server_is_a_verification_error() {
    let (client, server) = (client_context(&Ca::new()), server_context(&Ca::new()));
    let handle = |_, _| async { panic!("the handshake must fail") };
    let server = asyncio::start_server(handle, LOCAL, &server);
    let server = server.await.expect("a server");
    let error = asyncio::open_connection(address(&server), tls(&client)).await;
    let error = error.expect_err("an unknown issuer");
    assert_eq!(error.python_class(), "SSLCertVerificationError");
}

#[tokio::test(start_paused = true)]
async fn ssl_handshake_timeout_aborts_a_connection_to_a_silent_server() {
    let (client, _) = contexts();
    let (_listener, address) = silent().await;
    let limited = tls(&client).ssl_handshake_timeout(Duration::from_secs(1));
    let error = asyncio::open_connection(address, limited).await;
    let error = error.expect_err("silence");
    assert_eq!(error.python_class(), "ConnectionAbortedError");
    assert_eq!(
        error.to_string(),
        "SSL handshake is taking longer than 1.0 seconds: aborting the connection"
    );
}

#[tokio::test]
async fn a_connection_lost_during_the_handshake_is_a_reset_error() {
    let (client, _) = contexts();
    #[derive(Debug)]
    struct Never;
    impl Protocol for Never {
        fn data_received(&mut self, _: &[u8]) {
            panic!("there is no connection");
        }
    }
    let (listener, address) = silent().await;
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            // Read the ClientHello, because closing with unread data would reset the connection.
            let _ = tcp.read(&mut [0; 4096]).await;
        }
    });
    let never = || -> Never { panic!("the factory is not called") };
    let error = asyncio::create_connection(never, address, tls(&client)).await;
    assert_eq!(
        error.expect_err("lost").python_class(),
        "ConnectionResetError"
    );
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_cancelled_closes_the_connection() {
    let (client, _) = contexts();
    let (listener, address) = silent().await;
    let connecting = asyncio::open_connection(address, tls(&client));
    let (cancelled, peer) = tokio::join!(
        tokio::time::timeout(Duration::from_millis(500), connecting),
        listener.accept()
    );
    assert!(cancelled.is_err());
    let (mut peer, _) = peer.expect("a client");
    peer.read_to_end(&mut Vec::new()).await.expect("the end");
}

#[test]
fn time_limits_must_be_positive() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, _) = contexts();
        for (ssl, name) in [
            (
                tls(&client).ssl_handshake_timeout(Duration::ZERO),
                "ssl_handshake_timeout",
            ),
            (
                tls(&client).ssl_shutdown_timeout(Duration::ZERO),
                "ssl_shutdown_timeout",
            ),
        ] {
            let error = asyncio::open_connection(LOCAL, ssl)
                .await
                .expect_err("zero");
            assert_eq!(error.python_class(), "ValueError");
            let text = format!("{name} should be a positive number, got 0");
            assert_eq!(error.to_string(), text);
        }
    });
}

#[tokio::test]
async fn plaintext_on_a_tls_connection_is_an_ssl_error() {
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let stream = server.accept(tcp).await.expect("a handshake");
        let mut tcp = stream.into_inner();
        tcp.write_all(b"please do not do this").await.expect("sent");
        tcp
    };
    let (streams, _tcp) = tokio::join!(asyncio::open_connection(address, tls(&client)), serve);
    let (mut reader, mut writer) = streams.expect("connected");
    // As in CPython, every later call returns the error too. An empty result would look like the end of the data.
    for _ in 0..3 {
        for error in [
            reader.read(100).await.err(),
            reader.read(None).await.err(),
            reader.readline().await.err(),
            reader.readexactly(1).await.err(),
            AsyncReadExt::read(&mut reader, &mut [0; 9])
                .await
                .err()
                .map(ssl::Error::from),
            writer.drain().await.err(),
            writer.wait_closed().await.err(),
        ] {
            let error = error.expect("not a record");
            assert_eq!(error.python_class(), "SSLError");
            // OpenSSL 3.2 and newer add an error of their own, which is the last one.
            let expected = ["WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"];
            assert!(
                expected.contains(&error.reason().unwrap_or_default()),
                "{error}"
            );
        }
        assert!(!reader.at_eof());
    }
}

#[tokio::test]
async fn close_sends_all_written_data_before_close_notify() {
    for secure in [true, false] {
        let (client, server) = contexts();
        let (sent, mut received) = tokio::sync::mpsc::unbounded_channel();
        let handle = move |mut reader: StreamReader, writer: StreamWriter| {
            let sent = sent.clone();
            async move {
                let data = reader.read(None).await;
                let _ = sent.send((data, writer));
            }
        };
        let (client, server) = match secure {
            // The time-out would end the connection on a slow machine, as in CPython.
            true => (
                tls(&client).ssl_shutdown_timeout(Duration::from_secs(3600)),
                Ssl::from(server),
            ),
            false => (Ssl::from(()), Ssl::from(())),
        };
        let server = asyncio::start_server(handle, LOCAL, server);
        let server = server.await.expect("a server");
        let data = pattern(16 * MIB);
        let streams = asyncio::open_connection(address(&server), client).await;
        let (_reader, mut writer) = streams.expect("connected");
        writer.write(&data);
        // The writer is dropped without `drain`. A task of the runtime must send the rest.
        drop(writer);
        let (got, _) = received.recv().await.expect("the handler ends");
        let got = got.expect("to the end");
        assert_eq!(got.len(), data.len(), "secure: {secure}");
        assert!(got == data, "secure: {secure}");
    }
}

#[tokio::test]
async fn a_peer_that_sends_close_notify_still_receives_pending_data() {
    // The server ends the connection with `close_notify`, or only ends TCP.
    for polite in [true, false] {
        let (client, server) = contexts();
        let (listener, address) = silent().await;
        let data = pattern(4 * MIB);
        let sent = data.clone();
        let serve = async move {
            let (tcp, _) = listener.accept().await.expect("a client");
            let mut stream = server.accept(tcp).await.expect("a handshake");
            // The server does not read yet, so unsent data collects in the client. Then the server ends its direction.
            stream.write_all(b"go").await.expect("sent");
            match polite {
                true => stream.shutdown().await.expect("half-closed"),
                false => {
                    stream.flush().await.expect("sent");
                    stream.get_mut().shutdown().await.expect("half-closed");
                }
            }
            let mut received = vec![0; data.len()];
            stream.read_exact(&mut received).await.expect("received");
            assert!(received == data, "polite: {polite}");
        };
        let connect = async move {
            let streams = asyncio::open_connection(address, tls(&client)).await;
            let (mut reader, mut writer) = streams.expect("connected");
            writer.write(&sent);
            assert_eq!(reader.read(None).await.expect("received"), b"go");
            writer.close();
            writer.wait_closed().await.expect("closed");
        };
        tokio::join!(serve, connect);
    }
}

#[tokio::test]
async fn buffered_data_is_readable_after_the_peer_closed() {
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let mut stream = server.accept(tcp).await.expect("a handshake");
        stream.write_all(b"extra bytes").await.expect("sealed");
        stream.flush().await.expect("sent");
        stream.into_inner().shutdown().await.expect("half-closed");
    };
    let (streams, ()) = tokio::join!(asyncio::open_connection(address, tls(&client)), serve);
    let (mut reader, _writer) = streams.expect("connected");
    assert_eq!(reader.read(5).await.expect("received"), b"extra");
    assert_eq!(reader.read(None).await.expect("received"), b" bytes");
    assert!(reader.at_eof());
}

#[tokio::test]
async fn writes_after_a_close_are_ignored() {
    let (client, server) = contexts();
    let handle = |mut reader: StreamReader, _writer| async move {
        assert_eq!(reader.read(None).await.expect("the end"), b"first");
    };
    let server = asyncio::start_server(handle, LOCAL, &server);
    let mut server = server.await.expect("a server");
    let streams = asyncio::open_connection(address(&server), tls(&client)).await;
    let (mut reader, mut writer) = streams.expect("connected");
    writer.write(b"first");
    writer.close();
    assert!(writer.is_closing());
    writer.write(b"second");
    writer.wait_closed().await.expect("closed");
    writer.write(b"third");
    writer.close();
    assert_eq!(reader.read(None).await.expect("the end"), b"");
    server.close();
    server.wait_closed().await;
}

#[tokio::test]
async fn writes_to_a_lost_connection_fail_with_a_reset_error() {
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let stream = server.accept(tcp).await.expect("a handshake");
        let tcp = stream.into_inner();
        socket2::SockRef::from(&tcp)
            .set_linger(Some(Duration::ZERO))
            .expect("set");
    };
    let (streams, ()) = tokio::join!(asyncio::open_connection(address, tls(&client)), serve);
    let (mut reader, mut writer) = streams.expect("connected");
    let error = reader.read(100).await.expect_err("reset");
    assert_eq!(error.python_class(), "ConnectionResetError");
    writer.write(&pattern(MIB));
    let error = writer.drain().await.expect_err("lost");
    assert_eq!(error.python_class(), "ConnectionResetError");
    let error = reader.read(100).await.expect_err("reset");
    assert_eq!(error.python_class(), "ConnectionResetError");
}

#[tokio::test]
async fn wait_closed_times_out_if_the_peer_does_not_answer_close_notify() {
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async {
        let (tcp, _) = listener.accept().await.expect("a client");
        server.accept(tcp).await.expect("a handshake")
    };
    let limited = tls(&client).ssl_shutdown_timeout(Duration::from_secs(7));
    let (streams, _stream) = tokio::join!(asyncio::open_connection(address, limited), serve);
    let (_reader, mut writer) = streams.expect("connected");
    // Time is paused only after the handshake. Earlier, the clock could pass the handshake's time limit while its bytes
    // are in transit.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    writer.close();
    let error = writer.wait_closed().await.expect_err("silence");
    assert_eq!(error.python_class(), "TimeoutError");
    assert_eq!(error.to_string(), "SSL shutdown timed out");
    assert_eq!(begun.elapsed().as_secs(), 7);
}

#[tokio::test]
async fn close_ends_a_connection_whose_peer_does_not_read() {
    let (client, server) = contexts();
    let (listener, address) = silent().await;
    let serve = async {
        let (tcp, _) = listener.accept().await.expect("a client");
        server.accept(tcp).await.expect("a handshake")
    };
    let (streams, _stream) = tokio::join!(asyncio::open_connection(address, tls(&client)), serve);
    let (_reader, mut writer) = streams.expect("connected");
    // Time is paused only after the handshake. Earlier, the clock could pass the handshake's time limit while its bytes
    // are in transit.
    tokio::time::pause();
    // The data is larger than the buffers of both sockets.
    writer.write(&pattern(16 * MIB));
    writer.close();
    let error = writer.wait_closed().await.expect_err("silence");
    assert_eq!(error.to_string(), "SSL shutdown timed out");
}

#[tokio::test]
async fn written_data_is_sent_while_the_task_waits_for_something_else() {
    let (client, server) = contexts();
    let (done, mut told) = tokio::sync::mpsc::unbounded_channel();
    let handle = move |mut reader: StreamReader, writer: StreamWriter| {
        let done = done.clone();
        async move {
            let data = reader.readexactly(16 * MIB).await.expect("received");
            let _ = done.send((data.len(), writer));
        }
    };
    let server = asyncio::start_server(handle, LOCAL, &server)
        .await
        .expect("a server");
    let streams = asyncio::open_connection(address(&server), tls(&client)).await;
    let (_reader, mut writer) = streams.expect("connected");
    writer.write(&pattern(16 * MIB));
    // The handler neither drains nor reads. A task of the runtime must send the data.
    let (length, _) = told.recv().await.expect("the handler ends");
    assert_eq!(length, 16 * MIB);
}

#[tokio::test]
async fn an_unresolvable_host_gives_pythons_gaierror() {
    let error = asyncio::open_connection(("no-such-host.invalid", 1), ()).await;
    assert_eq!(error.expect_err("no address").python_class(), "gaierror");
}

#[test]
fn dropping_the_runtime_ends_waiting_readers() {
    let (client, server) = contexts();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    };
    let (serving, connecting, other) = (runtime(), runtime(), runtime());
    let handle = |mut reader: StreamReader, writer: StreamWriter| async move {
        // Wait until the client has closed.
        while reader.read(65_536).await.is_ok_and(|data| !data.is_empty()) {}
        drop(writer);
    };
    let server = serving.block_on(asyncio::start_server(handle, LOCAL, &server));
    let server = server.expect("a server");
    let made = asyncio::open_connection(address(&server), tls(&client));
    let (mut reader, mut writer) = connecting.block_on(made).expect("connected");
    drop(connecting);
    other.block_on(async {
        let error = reader.read(None).await.expect_err("lost");
        assert_eq!(error.python_class(), "ConnectionResetError");
        writer.write(b"ignored");
        let error = writer.drain().await.expect_err("lost");
        assert_eq!(error.python_class(), "ConnectionResetError");
        writer.close();
        // `wait_closed` may return the connection's first error, or no error.
        let _ = writer.wait_closed().await;
    });
    drop((reader, writer));
}

#[tokio::test]
async fn a_second_connection_resumes_a_session_that_the_context_keeps() {
    let (client, server) = contexts();
    client.set_client_session_cache(4).expect("a cache");
    let answer = |mut reader: StreamReader, mut writer: StreamWriter| async move {
        let data = reader.readexactly(5).await.expect("received");
        writer.write(&data);
        writer.close();
        let _ = writer.wait_closed().await;
    };
    let server = asyncio::start_server(answer, LOCAL, &server).await;
    let server = server.expect("a server");
    let mut resumed = Vec::new();
    for _ in 0..3 {
        let streams = asyncio::open_connection(address(&server), tls(&client)).await;
        let (mut reader, mut writer) = streams.expect("connected");
        resumed.push(writer.object().expect("TLS").session_reused());
        writer.write(b"hello");
        assert_eq!(reader.read(None).await.expect("received"), b"hello");
        writer.close();
        writer.wait_closed().await.expect("closed");
    }
    assert_eq!(resumed, [false, true, true]);
}
