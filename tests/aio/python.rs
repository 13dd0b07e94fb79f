//! A client and a server of this library with peers on CPython's asyncio.

use std::ffi::OsStr;

use pyssl_testing::{Ca, Files, skip_without_python};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use pyssl as ssl;
use pyssl::aio::asyncio::{self, Ssl, StreamReader, StreamWriter};
use pyssl_testing::openssl::sha::Sha256;

use super::support::{client_context, pattern, server_context};

/// An echo server on a free port, which it prints. The client's `STARTTLS` line comes first, in
/// clear text, if an argument says so.
const SERVER: &str = r#"
import asyncio, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
async def handle(reader, writer):
    if sys.argv[2] == "starttls":
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"ready\n")
        await writer.start_tls(context)
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def main():
    tls = None if sys.argv[2] == "starttls" else context
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server: await server.serve_forever()
asyncio.run(main())
"#;

/// A client that sends a file to an echo server, and prints how many of its bytes came back.
const CLIENT: &str = r#"
import asyncio, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
data = open(sys.argv[3], "rb").read()
async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]), ssl=context, server_hostname="localhost")
    async def send():
        writer.write(data)
        await writer.drain()
    sending = asyncio.ensure_future(send())
    echoed = await reader.readexactly(len(data))
    await sending
    writer.close()
    await writer.wait_closed()
    print(len(echoed) if echoed == data else "differs")
asyncio.run(main())
"#;

async fn echo_to_asyncio(starttls: bool) {
    let python = skip_without_python!();
    let ca = Ca::new();
    let files = Files::localhost();
    let combined = files.write("combined.pem", ca.issue("localhost").combined_pem());
    let mode = if starttls { "starttls" } else { "tls" };
    let mut process = python.spawn_script(SERVER, &[combined.as_os_str(), OsStr::new(mode)]);
    let port = tokio::task::spawn_blocking(move || {
        let port = process.port();
        (process, port)
    });
    let (process, port) = port.await.expect("a port");
    let mut tcp = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("connected");
    if starttls {
        tcp.write_all(b"STARTTLS\n").await.expect("sent");
        let mut ready = [0; 6];
        tcp.read_exact(&mut ready).await.expect("an answer");
        assert_eq!(&ready, b"ready\n");
    }
    let stream = client_context(&ca)
        .connect(tcp, "localhost")
        .await
        .expect("a handshake");
    let data = pattern(3 << 20);
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (sent, received) = tokio::join!(
        async {
            writer.write_all(&data).await?;
            writer.flush().await
        },
        async {
            let mut received = vec![0; data.len()];
            reader.read_exact(&mut received).await.map(|_| received)
        }
    );
    sent.expect("sent");
    assert!(received.expect("received") == data);
    writer.shutdown().await.expect("half-closed");
    assert_eq!(reader.read(&mut [0; 8]).await.expect("the end"), 0);
    process.kill();
}

#[tokio::test]
async fn a_client_gets_its_data_back_from_an_asyncio_server() {
    echo_to_asyncio(false).await;
}

#[tokio::test]
async fn a_client_gets_its_data_back_from_an_asyncio_server_that_calls_start_tls() {
    echo_to_asyncio(true).await;
}

#[tokio::test]
async fn an_asyncio_client_gets_its_data_back_from_a_server() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let files = Files::localhost();
    let cafile = files.write("trusted.pem", ca.cert_pem());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let data = files.write("data", pattern(3 << 20));
    let port = port.to_string();
    let process = python.spawn_script(
        CLIENT,
        &[cafile.as_os_str(), OsStr::new(&port), data.as_os_str()],
    );
    let (tcp, _) = listener.accept().await.expect("a client");
    let stream = server_context(&ca).accept(tcp).await.expect("a handshake");
    let (mut reader, mut writer) = tokio::io::split(stream);
    let copied = tokio::io::copy(&mut reader, &mut writer)
        .await
        .expect("copied");
    writer.shutdown().await.expect("closed");
    assert_eq!(copied, 3 << 20);
    let output = tokio::task::spawn_blocking(|| process.finish().expect_success());
    let output = output.await.expect("Python ends");
    assert_eq!(output.trim(), copied.to_string());
}

/// Both ends of a transfer: after a line in clear text and `start_tls`, one end sends its bytes and
/// the other answers with their hash. Then the roles change.
const TRANSFER: &str = r#"
import asyncio, hashlib, ssl, sys
role, port, pem, size = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
block = bytes(range(256)) * 4096
async def send(reader, writer):
    digest = hashlib.sha256()
    for _ in range(size):
        writer.write(block)
        digest.update(block)
        await writer.drain()
    assert await reader.readline() == digest.hexdigest().encode() + b"\n"
async def receive(reader, writer):
    digest, left = hashlib.sha256(), size * len(block)
    while left:
        data = await reader.read(65536)
        assert data
        digest.update(data)
        left -= len(data)
    writer.write(digest.hexdigest().encode() + b"\n")
async def serve(reader, writer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    assert await reader.readline() == b"STARTTLS\n"
    writer.write(b"ready\n")
    await writer.start_tls(context)
    await receive(reader, writer)
    await send(reader, writer)
    writer.close()
    await writer.wait_closed()
    done.set()
async def main():
    global done
    done = asyncio.Event()
    if role == "server":
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await done.wait()
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"STARTTLS\n")
        assert await reader.readline() == b"ready\n"
        await writer.start_tls(ssl.create_default_context(cafile=pem), server_hostname="localhost")
        await send(reader, writer)
        await receive(reader, writer)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    print("done")
asyncio.run(main())
"#;

/// The number of MiB that each end sends: `PYSSL_TRANSFER_MIB`, 64 by default.
fn mebibytes() -> usize {
    let size = std::env::var("PYSSL_TRANSFER_MIB").ok();
    size.map_or(64, |size| size.parse().expect("a number"))
}

fn hex(digest: Sha256) -> Vec<u8> {
    let digits: String = digest
        .finish()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{digits}\n").into_bytes()
}

async fn send(reader: &mut StreamReader, writer: &mut StreamWriter) -> ssl::Result<()> {
    let block: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let mut digest = Sha256::new();
    for _ in 0..mebibytes() {
        writer.write(&block);
        digest.update(&block);
        writer.drain().await?;
    }
    assert_eq!(reader.readline().await?, hex(digest));
    Ok(())
}

async fn receive(reader: &mut StreamReader, writer: &mut StreamWriter) -> ssl::Result<()> {
    let (mut digest, mut left) = (Sha256::new(), mebibytes() << 20);
    while left > 0 {
        let data = reader.read(65_536).await?;
        assert!(!data.is_empty());
        digest.update(&data);
        left -= data.len();
    }
    writer.write(&hex(digest));
    Ok(())
}

#[tokio::test]
async fn a_client_and_an_asyncio_server_exchange_64_mebibytes_after_start_tls() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let files = Files::localhost();
    let pem = files.write("combined.pem", ca.issue("localhost").combined_pem());
    let size = mebibytes().to_string();
    let args = ["server", "0", pem.to_str().expect("text"), &size];
    let mut process = python.spawn_script(TRANSFER, &args);
    let started = tokio::task::spawn_blocking(move || (process.port(), process));
    let (port, process) = started.await.expect("a port");
    let exchange = async {
        let (mut reader, mut writer) = asyncio::open_connection(("127.0.0.1", port), ()).await?;
        writer.write(b"STARTTLS\n");
        assert_eq!(reader.readline().await?, b"ready\n");
        let tls = Ssl::new(&client_context(&ca)).server_hostname("localhost");
        writer.start_tls(tls).await?;
        send(&mut reader, &mut writer).await?;
        receive(&mut reader, &mut writer).await?;
        assert_eq!(reader.read(None).await?, b"");
        writer.close();
        writer.wait_closed().await
    };
    exchange.await.expect("exchanged");
    let output = tokio::task::spawn_blocking(|| process.finish().expect_success());
    assert!(output.await.expect("Python ends").ends_with("done\n"));
}

#[tokio::test]
async fn a_server_and_an_asyncio_client_exchange_64_mebibytes_after_start_tls() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let files = Files::localhost();
    let cafile = files.write("trusted.pem", ca.cert_pem());
    let context = server_context(&ca);
    let (results, mut result) = tokio::sync::mpsc::unbounded_channel();
    let handle = move |mut reader: StreamReader, mut writer: StreamWriter| {
        let (context, results) = (context.clone(), results.clone());
        async move {
            let served = async {
                assert_eq!(reader.readline().await?, b"STARTTLS\n");
                writer.write(b"ready\n");
                writer.start_tls(&context).await?;
                receive(&mut reader, &mut writer).await?;
                send(&mut reader, &mut writer).await?;
                writer.close();
                writer.wait_closed().await
            };
            let _ = results.send(served.await);
        }
    };
    let server = asyncio::start_server(handle, ("127.0.0.1", 0), ()).await;
    let server = server.expect("a server");
    let port = server.sockets()[0].port().to_string();
    let size = mebibytes().to_string();
    let args = ["client", &port, cafile.to_str().expect("text"), &size];
    let process = python.spawn_script(TRANSFER, &args);
    let output = tokio::task::spawn_blocking(|| process.finish().expect_success());
    assert_eq!(output.await.expect("Python ends"), "done\n");
    result
        .recv()
        .await
        .expect("the handler ends")
        .expect("exchanged");
}
