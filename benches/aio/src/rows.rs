//! The measured work, the same for each library.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use crate::setup::{Setup, cpu_time};
use crate::subject::{Settings, Subject, Version};

#[derive(Clone, Copy)]
enum Kind {
    /// Connections one after the other. On each of them, the server sends a byte.
    Handshake,
    /// 32 connections at a time, each with one message there and back.
    AcceptLoop,
    /// The client sends 4 MiB in writes of this size.
    ToServer(usize),
    ToClient(usize),
    /// 64 bytes there and back.
    PingPong,
}

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    version: Version,
    resume: bool,
    kind: Kind,
}

const fn row(name: &'static str, unit: &'static str, kind: Kind) -> Row {
    Row {
        name,
        unit,
        version: Version::V13,
        resume: false,
        kind,
    }
}

const fn handshake(name: &'static str, version: Version, resume: bool) -> Row {
    let row = row(name, "µs", Kind::Handshake);
    Row {
        version,
        resume,
        ..row
    }
}

pub(crate) const ROWS: [Row; 10] = [
    handshake("full-1.3", Version::V13, false),
    handshake("full-1.2", Version::V12, false),
    handshake("resumed-1.3", Version::V13, true),
    handshake("resumed-1.2", Version::V12, true),
    row("accept-loop", "µs for each connection", Kind::AcceptLoop),
    row(
        "to-server-16KiB",
        "µs for each MiB",
        Kind::ToServer(16 << 10),
    ),
    row(
        "to-client-16KiB",
        "µs for each MiB",
        Kind::ToClient(16 << 10),
    ),
    row("to-server-1MiB", "µs for each MiB", Kind::ToServer(1 << 20)),
    row("to-client-1MiB", "µs for each MiB", Kind::ToClient(1 << 20)),
    row("ping-pong-64B", "µs", Kind::PingPong),
];

const BATCH: usize = 4 << 20;
const CONCURRENT: usize = 32;

/// A runtime with a server, and an operation that does some units of work.
pub(crate) struct Work {
    runtime: Runtime,
    tasks: LocalSet,
    units: usize,
    operation: Box<dyn FnMut() -> Boxed>,
}

type Boxed = std::pin::Pin<Box<dyn Future<Output = ()>>>;

impl Work {
    /// Works for this many seconds of processor time. Returns the units of work for one second.
    pub(crate) fn rate(&mut self, seconds: f64) -> f64 {
        let start = cpu_time();
        let mut count = 0;
        loop {
            self.times(1);
            count += 1;
            let spent = (cpu_time() - start).as_secs_f64();
            if spent >= seconds {
                return (count * self.units) as f64 / spent;
            }
        }
    }

    pub(crate) fn times(&mut self, times: usize) {
        for _ in 0..times {
            let operation = (self.operation)();
            self.tasks.block_on(&self.runtime, operation);
        }
    }
}

pub(crate) fn work<S: Subject>(setup: &Setup, row: &Row) -> Work {
    let settings = Settings {
        version: row.version,
        resume: row.resume,
    };
    let client = S::client(setup, settings);
    let server = S::server(setup, settings);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let tasks = LocalSet::new();
    let kind = row.kind;
    let address = tasks.block_on(&runtime, serve::<S>(server, kind));
    let (units, operation) = match kind {
        Kind::Handshake => (1, connections::<S>(client, address, row.resume, 1)),
        Kind::AcceptLoop => (
            CONCURRENT,
            connections::<S>(client, address, false, CONCURRENT),
        ),
        Kind::ToServer(_) | Kind::ToClient(_) | Kind::PingPong => {
            let stream = tasks.block_on(&runtime, async {
                S::connect(&client, dial(address).await).await
            });
            let units = if matches!(kind, Kind::PingPong) {
                1
            } else {
                BATCH >> 20
            };
            (units, one_stream::<S>(stream, kind))
        }
    };
    Work {
        runtime,
        tasks,
        units,
        operation,
    }
}

async fn dial(address: SocketAddr) -> TcpStream {
    let tcp = TcpStream::connect(address).await.expect("a connection");
    tcp.set_nodelay(true).expect("an option");
    // Closing sends a reset: sockets in TIME_WAIT would use up the ports.
    tcp.set_zero_linger().expect("an option");
    tcp
}

/// Serves connections, each in a task of its own.
async fn serve<S: Subject>(server: S::Server, kind: Kind) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::task::spawn_local(async move {
        loop {
            let (tcp, _) = listener.accept().await.expect("a connection");
            tcp.set_nodelay(true).expect("an option");
            let server = server.clone();
            tokio::task::spawn_local(async move {
                let stream = S::accept(&server, tcp).await;
                // An error is expected: the client ends the connection.
                let _ = answer::<S>(stream, kind).await;
            });
        }
    });
    address
}

async fn answer<S: Subject>(mut stream: S::ServerStream, kind: Kind) -> std::io::Result<()> {
    match kind {
        Kind::Handshake => {
            stream.write_all(b"!").await?;
            stream.flush().await?;
            stream.read_u8().await?;
        }
        Kind::AcceptLoop | Kind::PingPong => {
            let mut message = [0; 64];
            loop {
                stream.read_exact(&mut message).await?;
                stream.write_all(&message).await?;
                stream.flush().await?;
            }
        }
        Kind::ToServer(_) => {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let mut left = BATCH;
                while left > 0 {
                    match stream.read(&mut buffer).await? {
                        0 => return Ok(()),
                        n => left -= n,
                    }
                }
                stream.write_all(b"!").await?;
                stream.flush().await?;
            }
        }
        Kind::ToClient(size) => {
            let data = vec![7; size];
            loop {
                stream.read_u8().await?;
                for _ in 0..BATCH / size {
                    stream.write_all(&data).await?;
                }
                stream.flush().await?;
            }
        }
    }
    Ok(())
}

/// An operation that makes `count` connections at the same time.
fn connections<S: Subject>(
    client: S::Client,
    address: SocketAddr,
    resume: bool,
    count: usize,
) -> Box<dyn FnMut() -> Boxed> {
    let first = Rc::new(RefCell::new(true));
    let concurrent = count > 1;
    Box::new(move || {
        let mut connecting = Vec::new();
        for _ in 0..count {
            let (client, first) = (client.clone(), Rc::clone(&first));
            connecting.push(async move {
                let mut stream = S::connect(&client, dial(address).await).await;
                if concurrent {
                    stream.write_all(&[7; 64]).await.expect("sent");
                    stream.flush().await.expect("sent");
                    stream.read_exact(&mut [0; 64]).await.expect("received");
                } else {
                    stream.read_u8().await.expect("a byte");
                }
                let resumes = resume && !first.replace(false);
                assert_eq!(S::resumed(&stream), resumes, "{}", S::NAME);
                // OpenSSL does not resume a session of a connection that ended without close_notify.
                stream.shutdown().await.expect("closed");
            });
        }
        Box::pin(async move {
            let tasks: Vec<_> = connecting
                .into_iter()
                .map(tokio::task::spawn_local)
                .collect();
            for task in tasks {
                task.await.expect("no panic");
            }
        })
    })
}

fn one_stream<S: Subject>(stream: S::ClientStream, kind: Kind) -> Box<dyn FnMut() -> Boxed> {
    let stream = Rc::new(tokio::sync::Mutex::new(stream));
    let data = Rc::new(match kind {
        Kind::ToServer(size) => vec![7; size],
        _ => vec![7; 64],
    });
    Box::new(move || {
        let (stream, data) = (Rc::clone(&stream), Rc::clone(&data));
        Box::pin(async move {
            let mut stream = stream.lock().await;
            let done = match kind {
                Kind::ToServer(_) => to_server::<S>(&mut stream, &data).await,
                Kind::ToClient(_) => to_client::<S>(&mut stream).await,
                _ => ping_pong::<S>(&mut stream, &data).await,
            };
            done.expect("a transfer");
        })
    })
}

async fn to_server<S: Subject>(stream: &mut S::ClientStream, data: &[u8]) -> std::io::Result<()> {
    for _ in 0..BATCH / data.len() {
        stream.write_all(data).await?;
    }
    stream.flush().await?;
    stream.read_u8().await.map(drop)
}

async fn to_client<S: Subject>(stream: &mut S::ClientStream) -> std::io::Result<()> {
    stream.write_all(b"!").await?;
    stream.flush().await?;
    let mut buffer = vec![0; 64 << 10];
    let mut left = BATCH;
    while left > 0 {
        match stream.read(&mut buffer).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => left -= n,
        }
    }
    Ok(())
}

async fn ping_pong<S: Subject>(
    stream: &mut S::ClientStream,
    message: &[u8],
) -> std::io::Result<()> {
    stream.write_all(message).await?;
    stream.flush().await?;
    stream.read_exact(&mut [0; 64]).await.map(drop)
}
