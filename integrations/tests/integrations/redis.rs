//! redis, with a server in this process and with the real one.

use std::process::{Command, Stdio};

use pyssl_integrations::redis::connect;
use pyssl_testing::{Ca, Files};
use redis::{AsyncCommands, RedisConnectionInfo};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::support::{Server, client, free_port, listener, program, server, show};

#[tokio::test]
async fn redis_commands_are_sent_over_tls() {
    let ca = Ca::new();
    let server = server(&ca.issue("localhost"));
    let (tcp, port) = listener().await;
    let serving = tokio::spawn(async move {
        let (tcp, _) = tcp.accept().await.unwrap();
        let mut stream = BufReader::new(server.accept(tcp).await.unwrap());
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap() > 0 {
            // A command of the protocol is an array of strings, each with its length in the line
            // before it. Lines with a length get no answer.
            let answer: &[u8] = match line.trim_end() {
                "CLIENT" => b"+OK\r\n",
                "PING" => b"+PONG\r\n",
                _ => b"",
            };
            stream.get_mut().write_all(answer).await.unwrap();
            stream.get_mut().flush().await.unwrap();
            line.clear();
        }
    });
    let settings = RedisConnectionInfo::default();
    let mut connection = connect(&client(&ca), ("localhost", port), &settings)
        .await
        .unwrap();
    let answer: String = connection.ping().await.unwrap();
    assert_eq!(answer, "PONG");
    drop(connection);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_real_redis_server_accepts_the_client_certificate() {
    let Some(program) = program("redis-server", &[]) else {
        return;
    };
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let port = free_port();
    let server = Command::new(program)
        .args(["--port", "0", "--save", "", "--tls-auth-clients", "yes"])
        .args(["--bind", "127.0.0.1", "--tls-port", &port.to_string()])
        .args(["--dir".as_ref(), files.dir().as_os_str()])
        .args(["--tls-ca-cert-file".as_ref(), files.ca.as_os_str()])
        .args(["--tls-cert-file".as_ref(), files.cert.as_os_str()])
        .args(["--tls-key-file".as_ref(), files.key.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Server(server);
    // The server prints a line when it accepts connections.
    let output = std::io::BufReader::new(server.0.stdout.take().unwrap());
    let ready = |line: &std::io::Result<String>| {
        line.as_ref()
            .is_ok_and(|line| line.contains("Ready to accept connections"))
    };
    let mut lines = std::io::BufRead::lines(output);
    assert!(lines.any(|line| ready(&line)), "the server ended");
    let context = client(&ca);
    show(&context, &ca.issue("me"));
    let settings = RedisConnectionInfo::default();
    let mut connection = connect(&context, ("localhost", port), &settings)
        .await
        .unwrap();
    let large = "x".repeat(1 << 20);
    let _: () = connection.set("key", &large).await.unwrap();
    let value: String = connection.get("key").await.unwrap();
    assert_eq!(value, large);
}
