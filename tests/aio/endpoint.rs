//! The arguments of asyncio's functions, and the limits of unsent data, compared with CPython.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use pyssl::aio::asyncio::{self, Endpoint, Ssl, StreamReader, StreamWriter};
use pyssl_testing::{Ca, Files, skip_without_python};
use tokio::net::{TcpListener, TcpStream};

use super::asyncio::{LOCAL, address, tls};
use super::support::{client_context, contexts, server_context};

async fn echo_a_line(mut reader: StreamReader, mut writer: StreamWriter) {
    if let Ok(line) = reader.readline().await {
        writer.write(&line);
    }
}

#[tokio::test]
async fn open_connection_on_a_connected_socket_requires_server_hostname() {
    let (client, server) = contexts();
    let server = asyncio::start_server(echo_a_line, LOCAL, &server)
        .await
        .expect("a server");
    let connect = || TcpStream::connect(server.sockets()[0]);
    let tcp = connect().await.expect("connected");
    let error = asyncio::open_connection(tcp, &client).await;
    let error = error.expect_err("there is no name");
    assert_eq!(error.python_class(), "ValueError");
    assert_eq!(
        error.to_string(),
        "You must set server_hostname when using ssl without a host"
    );
    let tcp = connect().await.expect("connected");
    let streams = asyncio::open_connection(tcp, tls(&client)).await;
    let (mut reader, mut writer) = streams.expect("a handshake");
    writer.write(b"hello\n");
    assert_eq!(reader.readline().await.expect("a line"), b"hello\n");
}

// macOS and FreeBSD have no second address of the loopback interface.
#[cfg(any(target_os = "linux", windows))]
#[tokio::test]
async fn a_connection_is_bound_to_its_local_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let endpoint = Endpoint::new("127.0.0.1", port)
        .local_addr("127.0.0.2", 0)
        .happy_eyeballs_delay(Duration::from_millis(250));
    let _streams = asyncio::open_connection(endpoint, ())
        .await
        .expect("connected");
    let (_, peer) = listener.accept().await.expect("a client");
    assert_eq!(peer.ip(), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));
    // An IPv6 address cannot be the local address of an IPv4 connection.
    let endpoint = Endpoint::new("127.0.0.1", port).local_addr("::1", 0);
    let error = asyncio::open_connection(endpoint, ()).await;
    assert_eq!(error.expect_err("refused").python_class(), "OSError");
}

const LIMITS: &str = r#"
import asyncio, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
async def main():
    for port, tls in ((sys.argv[2], None), (sys.argv[3], context)):
        name = {"server_hostname": "localhost"} if tls else {}
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port), ssl=tls, **name)
        transport = writer.transport
        print(transport.get_write_buffer_limits())
        for high, low in ((0, None), (None, 10), (100, 40), (None, None), (1, 2)):
            try:
                transport.set_write_buffer_limits(high=high, low=low)
            except ValueError as e:
                print(e)
            print(transport.get_write_buffer_limits())
        writer.close()
    for arguments in ({"server_hostname": "x"}, {"ssl_handshake_timeout": 1}, {"ssl_shutdown_timeout": 1}):
        try:
            await asyncio.open_connection("127.0.0.1", 1, **arguments)
        except ValueError as e:
            print(e)
asyncio.run(main())
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn write_buffer_limits_and_argument_errors_match_asyncio() {
    let python = skip_without_python!();
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca));
    let start = |ssl: Ssl| asyncio::start_server(echo_a_line, LOCAL, ssl);
    let plain = start(Ssl::from(())).await.expect("a server");
    let secure = start(Ssl::from(server)).await.expect("a server");
    let mut ours = Vec::new();
    for (server, ssl) in [(&plain, Ssl::from(())), (&secure, tls(&client))] {
        let streams = asyncio::open_connection(address(server), ssl).await;
        let (_reader, writer) = streams.expect("connected");
        let transport = writer.transport();
        ours.push(format!("{:?}", transport.get_write_buffer_limits()));
        for (high, low) in [
            (Some(0), None),
            (None, Some(10)),
            (Some(100), Some(40)),
            (None, None),
            (Some(1), Some(2)),
        ] {
            if let Err(error) = transport.set_write_buffer_limits(high, low) {
                ours.push(error.to_string());
            }
            ours.push(format!("{:?}", transport.get_write_buffer_limits()));
        }
    }
    let second = Duration::from_secs(1);
    for ssl in [
        Ssl::from(()).server_hostname("x"),
        Ssl::from(()).ssl_handshake_timeout(second),
        Ssl::from(()).ssl_shutdown_timeout(second),
    ] {
        let error = asyncio::open_connection(("127.0.0.1", 1), ssl).await;
        ours.push(error.expect_err("no context").to_string());
    }
    let files = Files::localhost();
    let cafile = files.write("trusted.pem", ca.cert_pem());
    let ports = [&plain, &secure].map(|server| server.sockets()[0].port().to_string());
    let args = [
        cafile.display().to_string(),
        ports[0].clone(),
        ports[1].clone(),
    ];
    let output = tokio::task::spawn_blocking(move || python.run(LIMITS, &args));
    let output = output.await.expect("Python ends");
    let theirs: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(ours, theirs, "{}", output.stderr);
}

/// Whether `drain` returns at its second poll. Its first poll only yields, so it is always pending.
async fn drains_at_once(writer: &mut StreamWriter) -> bool {
    let mut draining = pin!(writer.drain());
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(draining.as_mut().poll(cx).is_pending());
    draining.as_mut().poll(cx).is_ready()
}

#[tokio::test]
async fn drain_waits_above_the_limit_until_a_quarter_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let streams = asyncio::open_connection(address, ()).await;
    let (_reader, mut writer) = streams.expect("connected");
    let (peer, _) = listener.accept().await.expect("a client");
    let transport = writer.transport();
    let (low, high) = transport.get_write_buffer_limits();
    // Fill the buffers of the system. Until the reads below, this test does not yield to the runtime, so no task can
    // send more.
    while transport.get_write_buffer_size() == 0 {
        writer.write(&[7; 1000]);
    }
    writer.write(&vec![7; high - transport.get_write_buffer_size()]);
    assert_eq!(transport.get_write_buffer_size(), high);
    assert!(drains_at_once(&mut writer).await);
    writer.write(b"x");
    assert!(!drains_at_once(&mut writer).await);
    let read = async {
        let mut buffer = [0; 1000];
        loop {
            peer.readable().await.expect("open");
            let _ = peer.try_read(&mut buffer);
        }
    };
    tokio::select! {
        drained = writer.drain() => drained.expect("sent"),
        () = read => unreachable!("it reads until then"),
    }
    assert!(transport.get_write_buffer_size() <= low);
}
