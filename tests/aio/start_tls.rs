//! TLS that starts in the middle of a connection, with asyncio's functions.

use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::asyncio::{self, StreamReader, StreamWriter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::asyncio::{LOCAL, MIB, address, silent, tls};
use super::support::{contexts, pattern};

/// A server and a client in clear text that start TLS after a line each.
async fn upgraded(
    extra: &'static [u8],
) -> (
    ssl::Result<(StreamReader, StreamWriter)>,
    ssl::Result<Vec<u8>>,
) {
    let (client, server) = contexts();
    let (results, mut result) = tokio::sync::mpsc::unbounded_channel();
    let handle = move |mut reader: StreamReader, mut writer: StreamWriter| {
        let (server, results) = (server.clone(), results.clone());
        async move {
            let served = async {
                assert_eq!(reader.readline().await?, b"STARTTLS\n");
                writer.write(b"ready\n");
                writer.start_tls(&server).await?;
                let data = reader.readexactly(MIB).await?;
                writer.write(b"bye\n");
                writer.close();
                writer.wait_closed().await.map(|()| data)
            };
            results.send(served.await).expect("the test waits");
        }
    };
    let server = asyncio::start_server(handle, LOCAL, ())
        .await
        .expect("a server");
    let streams = asyncio::open_connection(address(&server), ()).await;
    let (mut reader, mut writer) = streams.expect("connected");
    writer.write(b"STARTTLS\n");
    writer.write(extra);
    let connected = async {
        assert_eq!(reader.readline().await?, b"ready\n");
        writer.start_tls(tls(&client)).await?;
        writer.write(&pattern(MIB));
        assert_eq!(reader.readline().await?, b"bye\n");
        Ok((reader, writer))
    };
    let connected = connected.await;
    (connected, result.recv().await.expect("the handler ends"))
}

#[tokio::test]
async fn start_tls_upgrades_a_plaintext_connection() {
    let (connected, received) = upgraded(b"").await;
    let (mut reader, mut writer) = connected.expect("upgraded");
    assert_eq!(writer.object().expect("TLS").version(), Some("TLSv1.3"));
    assert!(received.expect("upgraded") == pattern(MIB));
    assert_eq!(reader.read(None).await.expect("the end"), b"");
    writer.close();
    writer.wait_closed().await.expect("closed");
}

#[tokio::test]
async fn plaintext_after_the_starttls_line_fails_the_handshake() {
    // CVE-2011-0411: this plaintext must not be treated as data of the TLS connection.
    let (connected, received) = upgraded(b"injected\n").await;
    assert!(connected.is_err());
    let error = received.expect_err("not a ClientHello");
    assert_eq!(error.reason(), Some("WRONG_VERSION_NUMBER"));
}

#[tokio::test]
async fn a_client_hello_read_with_the_starttls_line_is_not_lost() {
    let (client, server) = contexts();
    let handle = move |mut reader: StreamReader, mut writer: StreamWriter| {
        let server = server.clone();
        async move {
            // The line and the ClientHello arrive in one piece.
            assert_eq!(reader.readline().await.expect("a line"), b"STARTTLS\n");
            writer.start_tls(&server).await.expect("a handshake");
            writer.write(b"secret");
            writer.close();
            writer.wait_closed().await.expect("closed");
        }
    };
    let server = asyncio::start_server(handle, LOCAL, ())
        .await
        .expect("a server");
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = client
        .wrap_bio(&incoming, &outgoing, "localhost")
        .expect("an object");
    let mut tcp = TcpStream::connect(address(&server))
        .await
        .expect("connected");
    assert!(object.do_handshake().is_err());
    let first = [b"STARTTLS\n", &outgoing.read(None)[..]].concat();
    tcp.write_all(&first).await.expect("sent");
    let mut buffer = [0; 4096];
    let secret = loop {
        let n = tcp.read(&mut buffer).await.expect("received");
        incoming.write(&buffer[..n]).expect("open");
        let read = object.do_handshake().and_then(|()| object.read(100));
        tcp.write_all(&outgoing.read(None)).await.expect("sent");
        match read {
            Err(ssl::Error::WantRead(_)) => {}
            other => break other,
        }
    };
    assert_eq!(secret.expect("read"), b"secret");
}

#[tokio::test(start_paused = true)]
async fn starting_tls_against_a_silent_peer_can_be_cancelled() {
    let (client, _) = contexts();
    let (listener, address) = silent().await;
    let streams = asyncio::open_connection(address, ()).await;
    let (mut reader, mut writer) = streams.expect("connected");
    let (mut peer, _) = listener.accept().await.expect("a client");
    let starting = writer.start_tls(tls(&client));
    let cancelled = tokio::time::timeout(Duration::from_millis(500), starting).await;
    assert!(cancelled.is_err());
    // As in Python, the connection is closed.
    assert!(writer.is_closing());
    assert_eq!(reader.read(100).await.expect("the end"), b"");
    peer.read_to_end(&mut Vec::new()).await.expect("the end");
    assert!(writer.start_tls(&client).await.is_err());
}
