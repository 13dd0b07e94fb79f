//! Both directions against CPython's asyncio.

use std::ffi::OsStr;

use pyssl_testing::{Ca, Files, skip_without_python};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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

/// Sends a file, and prints how many of the same bytes came back.
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
async fn an_asyncio_server_echoes_what_it_gets() {
    echo_to_asyncio(false).await;
}

#[tokio::test]
async fn an_asyncio_server_starts_tls_in_the_middle() {
    echo_to_asyncio(true).await;
}

#[tokio::test]
async fn an_asyncio_client_gets_its_bytes_back() {
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
