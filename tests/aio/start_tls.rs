//! TLS that starts in the middle of a connection, with asyncio's functions.

use std::ffi::OsStr;
use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::asyncio::{self, Protocol, Ssl, StreamReader, StreamWriter, Transport};
use pyssl_testing::{Ca, Files, skip_without_python};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::asyncio::{LOCAL, MIB, address, silent, tls};
use super::support::{client_context, contexts, pattern, server_context};

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

/// A protocol that starts TLS when it is told to, as the client or the server of the handshake. It prints the calls of
/// its functions.
const PROTOCOL: &str = r#"
import asyncio, ssl, sys
file, port, side = sys.argv[1:]
class Printer(asyncio.Protocol):
    def __init__(self):
        self.ready = asyncio.get_running_loop().create_future()
        self.gone = asyncio.get_running_loop().create_future()
    def connection_made(self, transport):
        print("made")
        transport.write(b"STARTTLS")
    def data_received(self, data):
        print("data", data.decode())
        if data == b"ready": self.ready.set_result(None)
    def eof_received(self): print("eof")
    def connection_lost(self, e):
        print("lost", type(e).__name__ if e else None)
        self.gone.set_result(None)
async def main():
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(Printer, "127.0.0.1", int(port))
    await protocol.ready
    transport.write(b"go")
    try:
        if side == "server":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            transport = await loop.start_tls(transport, protocol, context, server_side=True)
        else:
            context = ssl.create_default_context(cafile=file)
            transport = await loop.start_tls(transport, protocol, context, server_hostname="localhost")
        print("tls", transport.get_extra_info("ssl_object").server_side)
        transport.write(b"secret")
    except Exception as e:
        print("start_tls", type(e).__name__)
    await protocol.gone
asyncio.run(main())
"#;

/// The same protocol.
struct Printer(UnboundedSender<String>);

impl Printer {
    fn print(&self, line: impl Into<String>) {
        let _ = self.0.send(line.into());
    }
}

impl Protocol for Printer {
    fn connection_made(&mut self, transport: &Transport) {
        self.print("made");
        transport.write(b"STARTTLS");
    }

    fn data_received(&mut self, data: &[u8]) {
        self.print(format!("data {}", String::from_utf8_lossy(data)));
    }

    fn eof_received(&mut self) -> bool {
        self.print("eof");
        false
    }

    fn connection_lost(&mut self, error: Option<&ssl::Error>) {
        let class = error.map_or("None", ssl::Error::python_class);
        self.print(format!("lost {class}"));
    }
}

async fn printed(tls: Ssl, port: u16) -> Vec<String> {
    let (lines, mut printed) = unbounded_channel();
    let made = asyncio::create_connection(|| Printer(lines.clone()), ("127.0.0.1", port), ());
    let (transport, running) = made.await.expect("connected");
    let mut told = Vec::new();
    while told.last().is_none_or(|line| line != "data ready") {
        told.push(printed.recv().await.expect("the protocol runs"));
    }
    // Without this word, the peer's ClientHello could arrive before `start_tls` is called, as data of the protocol.
    transport.write(b"go");
    match transport.start_tls(tls).await {
        Ok(()) => {
            let object = transport.object().expect("TLS");
            let side = if object.server_side() {
                "True"
            } else {
                "False"
            };
            let _ = lines.send(format!("tls {side}"));
            transport.write(b"secret");
        }
        Err(error) => {
            let _ = lines.send(format!("start_tls {}", error.python_class()));
        }
    }
    running.await.expect("no panic");
    drop((transport, lines));
    while let Some(line) = printed.recv().await {
        told.push(line);
    }
    // The order of these two is not defined here: the protocol runs in a task.
    told.sort_by_key(|line| line.starts_with("lost"));
    told
}

#[tokio::test]
async fn start_tls_on_a_transport_calls_the_protocol_as_in_asyncio() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca));
    let files = Files::localhost();
    let cafile = files.write("trusted.pem", ca.cert_pem());
    let combined = files.write("combined.pem", ca.issue("localhost").combined_pem());
    for (side, garbage) in [("client", false), ("server", false), ("client", true)] {
        let (listener, address) = silent().await;
        let peers = match side {
            "client" => server.clone(),
            _ => client.clone(),
        };
        let serving = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut tcp, _) = listener.accept().await.expect("a client");
                tcp.read_exact(&mut [0; 8]).await.expect("the word");
                tcp.write_all(b"ready").await.expect("sent");
                tcp.read_exact(&mut [0; 2]).await.expect("the word");
                if garbage {
                    tcp.read_exact(&mut [0; 5]).await.expect("a hello");
                    tcp.write_all(b"this is not TLS").await.expect("sent");
                    let _ = tcp.read_to_end(&mut Vec::new()).await;
                    continue;
                }
                let stream = match side {
                    "client" => peers.accept(tcp).await,
                    _ => peers.connect(tcp, "localhost").await,
                };
                let mut stream = stream.expect("a handshake");
                let mut secret = [0; 6];
                stream.read_exact(&mut secret).await.expect("received");
                assert_eq!(&secret, b"secret");
                stream.write_all(b"answer").await.expect("sealed");
                stream.shutdown().await.expect("closed");
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        let (tls, file) = match side {
            "client" => (tls(&client), &cafile),
            _ => (Ssl::new(&server).server_side(true), &combined),
        };
        let ours = printed(tls, address.1).await;
        let port = address.1.to_string();
        let arguments = [file.as_os_str(), OsStr::new(&port), OsStr::new(side)];
        let process = python.spawn_script(PROTOCOL, &arguments);
        let output = tokio::task::spawn_blocking(|| process.finish().expect_success());
        let pythons = output.await.expect("Python ends");
        serving.await.expect("no panic");
        let mut pythons: Vec<&str> = pythons.lines().collect();
        pythons.sort_by_key(|line| line.starts_with("lost"));
        assert_eq!(ours, pythons, "{side}");
    }
}

#[tokio::test]
async fn server_side_is_an_argument_of_start_tls_on_a_transport_only() {
    let (client, server) = contexts();
    let (_listener, address) = silent().await;
    let with = |context: &ssl::SslContext| tls(context).server_side(true);
    let opened = asyncio::open_connection(address, with(&client)).await;
    let handle = |_, _| async {};
    let served = asyncio::start_server(handle, LOCAL, with(&server)).await;
    let streams = asyncio::open_connection(address, ()).await;
    let (_reader, mut writer) = streams.expect("connected");
    let started = writer.start_tls(with(&client)).await;
    for error in [opened.err(), served.err(), started.err()] {
        assert_eq!(error.expect("an error").python_class(), "TypeError");
    }
    assert!(!writer.is_closing());
}

/// A server in clear text that echoes what it gets.
async fn echo() -> asyncio::Server {
    let answer = |mut reader: asyncio::StreamReader, mut writer: asyncio::StreamWriter| async move {
        while let Ok(data) = reader.read(Some(100)).await {
            if data.is_empty() {
                break;
            }
            writer.write(&data);
        }
    };
    let server = asyncio::start_server(answer, LOCAL, ()).await;
    server.expect("a server")
}

#[tokio::test]
async fn arguments_of_start_tls_that_the_context_refuses_leave_the_connection_in_clear_text() {
    let server = echo().await;
    let streams = asyncio::open_connection(address(&server), ()).await;
    let (mut reader, mut writer) = streams.expect("connected");
    let (client, of_server) = contexts();
    for (context, name) in [
        (&of_server, "localhost"),
        (&client, ".x"),
        (&client, "a\0b"),
    ] {
        let refused = Ssl::new(context).server_hostname(name);
        writer.start_tls(refused).await.expect_err("refused");
        writer.write(b"clear");
        let answer = reader.readexactly(5).await.expect("an answer");
        assert_eq!(answer, b"clear");
    }
    let without = Ssl::default().server_hostname("localhost");
    let error = writer.start_tls(without).await.expect_err("refused");
    assert_eq!(error.python_class(), "TypeError");
}

#[tokio::test]
async fn closing_or_aborting_ends_start_tls_and_the_peer_sees_the_end() {
    for abort in [true, false] {
        let (listener, address) = silent().await;
        let streams = asyncio::open_connection(address, ()).await;
        let (_reader, mut writer) = streams.expect("connected");
        let (mut peer, _) = listener.accept().await.expect("accepted");
        let transport = writer.transport();
        let (client, _) = contexts();
        let starting = tokio::spawn(async move { writer.start_tls(tls(&client)).await });
        // The handshake has begun.
        let hello = peer.read_u8().await.expect("a ClientHello");
        assert_eq!(hello, 22);
        match abort {
            true => transport.abort(),
            false => transport.close(),
        }
        let error = starting.await.expect("no panic").expect_err("closed");
        assert_eq!(error.python_class(), "ConnectionResetError");
        let mut rest = Vec::new();
        let _ = peer.read_to_end(&mut rest).await;
    }
}
