//! Peers that misbehave: CPython's asyncio and this library meet the same peer, as a client and as a server, and must
//! return the same errors.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use pyssl as ssl;
use pyssl::aio::TlsStream;
use pyssl::aio::asyncio::{self, Ssl, StreamReader, StreamWriter};
use pyssl_testing::process::Process;
use pyssl_testing::{Ca, Files, skip_without_python};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::support::{client_context, server_context};

/// Does the steps of an argument, and prints the outcome of each.
const STEPS: &str = r#"
import asyncio, ssl, sys
file, port, steps, *limits = sys.argv[1:]
limits = {name: float(value) for name, value in (word.split("=") for word in limits)}
async def attempt(what, action):
    try:
        print(what, await action, flush=True)
    except Exception as e:
        text = str(e) if isinstance(e, (ConnectionAbortedError, TimeoutError)) else ""
        print(what, type(e).__name__, text, flush=True)
        return False
    return True
async def handle(reader, writer):
    for step in steps.split():
        match step:
            case "write": writer.write(b"now")
            case "read": await attempt(step, reader.read())
            case "readexactly": await attempt(step, reader.readexactly(4))
            case "close": writer.close()
            case _: await attempt(step, getattr(writer, step)())
    writer.close()
"#;

/// A client that does the steps if it can connect.
const CLIENT: &str = r#"
context = ssl.create_default_context(cafile=file)
streams = []
async def connect():
    streams.extend(await asyncio.open_connection("127.0.0.1", int(port), ssl=context, server_hostname="localhost", **limits))
async def main():
    if await attempt("connect", connect()):
        await handle(*streams)
asyncio.run(main())
"#;

/// A server that does the steps with each client. It ends when its input ends and no connection is left.
const SERVER: &str = r#"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(file)
async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context, **limits)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
asyncio.run(main())
"#;

/// The side that CPython and this library take in turn. The misbehaving peer takes the other one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Client,
    Server,
}

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

    /// The time limit that applies with this peer. Only a silent peer lets it pass.
    fn limit(self) -> Option<&'static str> {
        match self {
            Peer::NeverAnswers => Some("ssl_handshake_timeout"),
            Peer::NeverAnswersTheShutdown => Some("ssl_shutdown_timeout"),
            _ => None,
        }
    }

    /// The steps of the other side after its handshake.
    fn steps(self) -> &'static str {
        match self {
            // A second read would wait for ever.
            Peer::NeverAnswersTheShutdown => "readexactly close wait_closed wait_closed drain read",
            Peer::Resets => "write read read drain close wait_closed wait_closed drain read",
            Peer::SendsClearText => "read read drain wait_closed close wait_closed drain read",
            _ => "read read close wait_closed wait_closed drain read",
        }
    }

    /// Misbehaves on this connection to `side`, until the connection ends.
    async fn meet(self, side: Side, context: &ssl::SslContext, mut tcp: TcpStream) {
        let clear_text: &[u8] = match side {
            Side::Client => b"220 mail.example.com ESMTP\r\n",
            Side::Server => b"GET / HTTP/1.1\r\n\r\n",
        };
        let (answer, resets): (&[u8], bool) = match self {
            Peer::ClosesAtOnce => return,
            Peer::ClosesAfterTheHello => (b"", false),
            Peer::ResetsAfterTheHello => (b"", true),
            Peer::SpeaksClearText => (clear_text, false),
            Peer::SendsCloseNotifyInTheHandshake => (&[21, 3, 3, 0, 2, 1, 0], false),
            Peer::SendsAnAlertInTheHandshake => (&[21, 3, 3, 0, 2, 2, 40], false),
            Peer::NeverAnswers => {
                // Wait until the other side closes.
                while tcp.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
                return;
            }
            later => {
                let stream = match side {
                    Side::Client => context.accept(tcp).await,
                    Side::Server => context.connect(tcp, "localhost").await,
                };
                return later.serve_tls(stream.expect("a handshake")).await;
            }
        };
        match (side, self) {
            (Side::Server, Peer::SpeaksClearText) => {}
            (Side::Server, _) => {
                let _ = tcp.write_all(&client_hello(context)).await;
                if !resets && !answer.is_empty() {
                    let _ = tcp.read(&mut [0; 4096]).await;
                }
            }
            (Side::Client, _) => {
                let _ = tcp.read(&mut [0; 4096]).await;
            }
        }
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
                // The other side gets data and the header of a record, and closes.
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
                // Read the other side's data first: it was then written before the reset, so the write does not fail,
                // and only the read does.
                stream.read_exact(&mut [0; 3]).await.expect("three bytes");
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

/// The first message of a client.
fn client_hello(context: &ssl::SslContext) -> Vec<u8> {
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = context.wrap_bio(&incoming, &outgoing, "localhost");
    assert!(object.expect("an object").do_handshake().is_err());
    outgoing.read(None)
}

/// The line that the scripts print for this outcome.
fn line(what: &str, outcome: Result<String, ssl::Error>) -> String {
    match outcome {
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
    }
}

/// Does the steps as the function `handle` of the scripts, and returns the lines that it would print.
async fn handle(steps: &str, mut reader: StreamReader, mut writer: StreamWriter) -> String {
    let data = |data: Vec<u8>| format!("b'{}'", String::from_utf8_lossy(&data));
    let none = |()| "None".to_owned();
    let mut lines = String::new();
    for step in steps.split_whitespace() {
        let outcome = match step {
            "write" => {
                writer.write(b"now");
                continue;
            }
            "close" => {
                writer.close();
                continue;
            }
            "read" => reader.read(None).await.map(data),
            "readexactly" => reader.readexactly(4).await.map(data),
            "drain" => writer.drain().await.map(none),
            "wait_closed" => writer.wait_closed().await.map(none),
            other => panic!("{other}"),
        };
        lines.push_str(&line(step, outcome));
    }
    lines
}

/// The arguments of asyncio's functions for this context and the limit of this peer.
fn limited(context: &ssl::SslContext, peer: Peer) -> Ssl {
    let short = Duration::from_millis(500);
    let tls = Ssl::new(context);
    match peer {
        Peer::NeverAnswers => tls.ssl_handshake_timeout(short),
        Peer::NeverAnswersTheShutdown => tls.ssl_shutdown_timeout(short),
        _ => tls,
    }
}

/// Our client, which connects to the peer.
async fn client(context: &ssl::SslContext, port: u16, peer: Peer) -> String {
    let tls = limited(context, peer).server_hostname("localhost");
    match asyncio::open_connection(("127.0.0.1", port), tls).await {
        Ok((reader, writer)) => {
            line("connect", Ok("None".to_owned())) + &handle(peer.steps(), reader, writer).await
        }
        Err(error) => line("connect", Err(error)),
    }
}

/// Our server, to which the peer connects with the client's context.
async fn server(context: &ssl::SslContext, peers: &ssl::SslContext, peer: Peer) -> String {
    let (lines, mut told) = tokio::sync::mpsc::unbounded_channel();
    let serve = move |reader, writer| {
        let lines = lines.clone();
        async move {
            let _ = lines.send(handle(peer.steps(), reader, writer).await);
        }
    };
    let server = asyncio::start_server(serve, ("127.0.0.1", 0), limited(context, peer)).await;
    let mut server = server.expect("a server");
    let tcp = TcpStream::connect(server.sockets()[0]).await;
    peer.meet(Side::Server, peers, tcp.expect("connected"))
        .await;
    server.close();
    server.wait_closed().await;
    drop(server);
    told.recv().await.unwrap_or_default()
}

/// The arguments of a script.
fn arguments<'a>(file: &'a Path, port: &'a str, peer: Peer) -> Vec<Cow<'a, OsStr>> {
    let mut arguments = vec![
        Cow::Borrowed(file.as_os_str()),
        Cow::Borrowed(OsStr::new(port)),
        Cow::Borrowed(OsStr::new(peer.steps())),
    ];
    let limit = peer.limit().map(|name| format!("{name}=0.5"));
    arguments.extend(limit.map(|limit| Cow::Owned(limit.into())));
    arguments
}

async fn finish(process: Process) -> String {
    let output = tokio::task::spawn_blocking(|| process.finish().expect_success());
    output.await.expect("Python ends")
}

/// Fails if there are differences between the lines of CPython and ours.
fn assert_same(outcomes: Vec<(Peer, String, String)>) {
    let mut wrong = String::new();
    for (peer, pythons, ours) in outcomes {
        if pythons
            .lines()
            .map(str::trim)
            .ne(ours.lines().map(str::trim))
        {
            wrong.push_str(&format!("{peer:?}\nCPython:\n{pythons}pyssl:\n{ours}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn misbehaving_servers_give_a_client_the_same_errors_as_in_asyncio() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let (context, servers) = (client_context(&ca), server_context(&ca));
    let files = Files::localhost();
    let file = files.write("trusted.pem", ca.cert_pem());
    let mut outcomes = Vec::new();
    for peer in Peer::ALL {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let servers = servers.clone();
        let serving = tokio::spawn(async move {
            for _ in 0..2 {
                let (tcp, _) = listener.accept().await.expect("a client");
                peer.meet(Side::Client, &servers, tcp).await;
            }
        });
        let ours = client(&context, port, peer).await;
        let port = port.to_string();
        let script = format!("{STEPS}{CLIENT}");
        let process = python.spawn_script(&script, &arguments(&file, &port, peer));
        let pythons = finish(process).await;
        serving.await.expect("no panic");
        assert!(pythons.starts_with("connect "), "{pythons}");
        outcomes.push((peer, pythons, ours));
    }
    assert_same(outcomes);
}

#[tokio::test]
async fn misbehaving_clients_give_a_server_the_same_errors_as_in_asyncio() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let (clients, context) = (client_context(&ca), server_context(&ca));
    let files = Files::localhost();
    let file = files.write("combined.pem", ca.issue("localhost").combined_pem());
    let mut outcomes = Vec::new();
    for peer in Peer::ALL {
        let ours = server(&context, &clients, peer).await;
        let script = format!("{STEPS}{SERVER}");
        let mut process = python.spawn_script(&script, &arguments(&file, "", peer));
        let port = tokio::task::spawn_blocking(move || {
            let port = process.port();
            (process, port)
        });
        let (process, port) = port.await.expect("a port");
        let tcp = TcpStream::connect(("127.0.0.1", port)).await;
        peer.meet(Side::Server, &clients, tcp.expect("connected"))
            .await;
        outcomes.push((peer, finish(process).await, ours));
    }
    let silent = outcomes.iter().filter(|(_, _, ours)| ours.is_empty());
    assert_eq!(silent.count(), 7, "a failed handshake calls no handler");
    assert_same(outcomes);
}
