//! Peers that misbehave: CPython's asyncio and this library connect to the same peer, and must
//! return the same error.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::TlsStream;
use pyssl::aio::asyncio::{self, Ssl};
use pyssl_testing::{Ca, Files, skip_without_python};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::support::{client_context, server_context};

/// A client that prints each step that succeeds, and the exception with which it ends.
const CLIENT: &str = r#"
import asyncio, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
limits = {name: float(value) for name, value in (word.split("=") for word in sys.argv[3:])}
async def attempt(what, action):
    try:
        print(what, await action, flush=True)
    except Exception as e:
        text = str(e) if isinstance(e, (ConnectionAbortedError, TimeoutError)) else ""
        print(what, type(e).__name__, text, flush=True)
        return False
    return True
streams = []
async def connect():
    streams.extend(await asyncio.open_connection("127.0.0.1", int(sys.argv[2]), ssl=context, server_hostname="localhost", **limits))
async def main():
    if await attempt("connect", connect()):
        reader, writer = streams
        await attempt("read", reader.read())
        writer.close()
        await attempt("close", writer.wait_closed())
asyncio.run(main())
"#;

/// The misbehaviour of the peer.
#[derive(Debug, Clone, Copy)]
enum Peer {
    ClosesAtOnce,
    ClosesAfterTheHello,
    ResetsAfterTheHello,
    SpeaksClearText,
    SendsCloseNotifyInTheHandshake,
    SendsAnAlertInTheHandshake,
    NeverAnswers,
    /// Ends TCP without `close_notify` after the handshake and some data.
    EndsWithoutCloseNotify,
    Resets,
    SendsClearText,
    EndsInARecord,
    Closes,
    NeverAnswersTheShutdown,
}

impl Peer {
    const ALL: [Peer; 13] = [
        Peer::ClosesAtOnce,
        Peer::ClosesAfterTheHello,
        Peer::ResetsAfterTheHello,
        Peer::SpeaksClearText,
        Peer::SendsCloseNotifyInTheHandshake,
        Peer::SendsAnAlertInTheHandshake,
        Peer::NeverAnswers,
        Peer::EndsWithoutCloseNotify,
        Peer::Resets,
        Peer::SendsClearText,
        Peer::EndsInARecord,
        Peer::Closes,
        Peer::NeverAnswersTheShutdown,
    ];

    /// The time limit of the client that applies with this peer. Only a silent peer lets it pass.
    fn limit(self) -> Option<&'static str> {
        match self {
            Peer::NeverAnswers => Some("ssl_handshake_timeout"),
            Peer::NeverAnswersTheShutdown => Some("ssl_shutdown_timeout"),
            _ => None,
        }
    }

    async fn serve(self, context: &ssl::SslContext, mut tcp: TcpStream) {
        let hello = async |tcp: &mut TcpStream| {
            let _ = tcp.read(&mut [0; 4096]).await;
        };
        let (answer, resets): (&[u8], bool) = match self {
            Peer::ClosesAtOnce => return,
            Peer::ClosesAfterTheHello => (b"", false),
            Peer::ResetsAfterTheHello => (b"", true),
            Peer::SpeaksClearText => (b"220 mail.example.com ESMTP\r\n", false),
            Peer::SendsCloseNotifyInTheHandshake => (&[21, 3, 3, 0, 2, 1, 0], false),
            Peer::SendsAnAlertInTheHandshake => (&[21, 3, 3, 0, 2, 2, 40], false),
            Peer::NeverAnswers => {
                // Wait until the client closes.
                while tcp.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
                return;
            }
            later => {
                return later
                    .serve_tls(context.accept(tcp).await.expect("a handshake"))
                    .await;
            }
        };
        hello(&mut tcp).await;
        let _ = tcp.write_all(answer).await;
        end(tcp, resets).await;
    }

    async fn serve_tls(self, mut stream: TlsStream<TcpStream>) {
        stream.write_all(b"data").await.expect("sealed");
        stream.flush().await.expect("sent");
        match self {
            Peer::Closes => {
                stream.shutdown().await.expect("sent");
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
            Peer::NeverAnswersTheShutdown => {
                // The client gets the header of a record and the end of the stream, without `close_notify`, and closes.
                let mut tcp = stream.into_inner();
                let _ = tcp.write_all(&[23, 3, 3]).await;
                while tcp.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
            }
            Peer::SendsClearText => {
                let mut tcp = stream.into_inner();
                let _ = tcp.write_all(b"please do not do this").await;
                end(tcp, false).await;
            }
            Peer::EndsInARecord => {
                let mut tcp = stream.into_inner();
                let _ = tcp.write_all(&[23, 3, 3, 0, 100, 1, 2, 3]).await;
                end(tcp, false).await;
            }
            Peer::Resets => {
                // Read the client's data first: the client has then written it before the reset, so its write does
                // not fail, and only its read does.
                stream.read_exact(&mut [0; 3]).await.expect("the client's");
                end(stream.into_inner(), true).await;
            }
            _ => end(stream.into_inner(), false).await,
        }
    }
}

/// Ends a TCP connection, with a reset or without one.
async fn end(mut tcp: TcpStream, resets: bool) {
    if resets {
        let socket = socket2::SockRef::from(&tcp);
        socket.set_linger(Some(Duration::ZERO)).expect("set");
        return;
    }
    let _ = tcp.shutdown().await;
    // Read all bytes, because closing with unread bytes sends a reset.
    while tcp.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
}

/// Does the steps of the script `CLIENT`, and returns the lines that the script would print.
async fn client(context: &ssl::SslContext, address: SocketAddr, peer: Peer) -> String {
    let mut lines = String::new();
    let mut tell = |what: &str, outcome: Result<String, ssl::Error>| {
        let line = match &outcome {
            Ok(text) => format!("{what} {text}\n"),
            Err(error) => {
                let class = error.python_class();
                let shown = ["ConnectionAbortedError", "TimeoutError"].contains(&class);
                let text = if shown {
                    error.to_string()
                } else {
                    String::new()
                };
                format!("{what} {class} {text}\n")
            }
        };
        lines.push_str(&line);
        outcome.is_ok()
    };
    let mut tls = Ssl::new(context).server_hostname("localhost");
    let short = Duration::from_millis(500);
    match peer {
        Peer::NeverAnswers => tls = tls.ssl_handshake_timeout(short),
        Peer::NeverAnswersTheShutdown => tls = tls.ssl_shutdown_timeout(short),
        _ => {}
    }
    let streams = asyncio::open_connection(("127.0.0.1", address.port()), tls).await;
    let (mut reader, mut writer) = match streams {
        Ok(streams) => streams,
        Err(error) => {
            tell("connect", Err(error));
            return lines;
        }
    };
    tell("connect", Ok("None".to_owned()));
    let read = async {
        match peer {
            Peer::NeverAnswersTheShutdown => Ok(reader.readexactly(4).await?),
            _ => reader.read(None).await,
        }
    };
    if let Peer::Resets = peer {
        writer.write(b"now");
    }
    let text = |data: Vec<u8>| format!("b'{}'", String::from_utf8_lossy(&data));
    tell("read", read.await.map(text));
    writer.close();
    tell(
        "close",
        writer.wait_closed().await.map(|()| "None".to_owned()),
    );
    lines
}

#[tokio::test]
async fn misbehaving_peers_give_the_same_errors_as_in_asyncio() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let (context, server) = (client_context(&ca), server_context(&ca));
    let files = Files::localhost();
    let cafile = files.write("trusted.pem", ca.cert_pem());
    let mut wrong = Vec::new();
    for peer in Peer::ALL {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let serving = tokio::spawn({
            let server = server.clone();
            async move {
                for _ in 0..2 {
                    let (tcp, _) = listener.accept().await.expect("a client");
                    peer.serve(&server, tcp).await;
                }
            }
        });
        let ours = client(&context, address, peer).await;
        let port = address.port().to_string();
        let limit = peer.limit().map(|name| format!("{name}=0.5"));
        let mut script = CLIENT.to_owned();
        match peer {
            Peer::NeverAnswersTheShutdown => {
                script = script.replace("reader.read()", "reader.readexactly(4)");
            }
            Peer::Resets => {
                script = script.replace(
                    "        await attempt(\"read\"",
                    "        writer.write(b\"now\")\n        await attempt(\"read\"",
                );
            }
            _ => {}
        }
        let mut args = vec![cafile.as_os_str(), OsStr::new(&port)];
        args.extend(limit.as_ref().map(OsStr::new));
        let process = python.spawn_script(&script, &args);
        let output = tokio::task::spawn_blocking(|| process.finish().expect_success());
        let pythons = output.await.expect("Python ends");
        serving.await.expect("no panic");
        if ours
            .lines()
            .map(str::trim)
            .ne(pythons.lines().map(str::trim))
        {
            wrong.push(format!("{peer:?}\nCPython:\n{pythons}pyssl:\n{ours}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
