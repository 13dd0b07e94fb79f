//! A context that changes while clients connect.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::Ca;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use super::support::{client_context, server_context};

/// How often each client connects.
const TIMES: usize = 2;

/// The number of clients: 1,000, or fewer if the process may not open enough descriptors.
fn clients() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    // Other tests of the process need some too. A connection has two ends.
    let room = limit.unwrap_or(1024_usize).saturating_sub(200) / 2;
    room.clamp(20, 1000)
}

/// The outcome of all connections.
struct Outcome {
    connections: usize,
    resumed: usize,
    /// The different certificates that the clients have seen in full handshakes.
    certificates: usize,
}

/// All clients open a connection, then all do their handshakes at once, and so on. Meanwhile the server's certificate
/// changes every 50 ms if `renews`.
async fn connections(renews: bool) -> Outcome {
    let clients = clients();
    let ca = Ca::new();
    let server = server_context(&ca);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let serving = tokio::spawn({
        let server = server.clone();
        async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let handshake = server.accept(tcp);
                tokio::spawn(async move {
                    let mut stream = handshake.await?;
                    stream.write_all(b"hello").await?;
                    stream.shutdown().await?;
                    // Wait until the client has read everything, because closing earlier could
                    // reset the connection.
                    stream.read_to_end(&mut Vec::new()).await
                });
            }
        }
    });
    let leaves: Vec<String> = (0..4)
        .map(|_| ca.issue("localhost").combined_pem())
        .collect();
    let renewing = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        for pem in leaves.iter().cycle().take_while(|_| renews) {
            ticks.tick().await;
            server
                .load_cert_chain(ssl::CertChain::from_pem(pem, pem))
                .expect("a pair");
        }
    });
    let together = Arc::new(Barrier::new(clients));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (client, together) = (client_context(&ca), Arc::clone(&together));
        running.spawn(async move {
            let mut session: Option<ssl::SslSession> = None;
            let mut resumed = 0;
            let mut seen = None;
            for _ in 0..TIMES {
                let tcp = TcpStream::connect(address).await.expect("connected");
                together.wait().await;
                let options = ssl::WrapBio::from("localhost").session(session.take());
                let handshake = client.connect(tcp, options);
                let mut stream = handshake.timeout(None).await.expect("a handshake");
                match stream.session_reused() {
                    true => resumed += 1,
                    false => seen = stream.getpeercert_binary().expect("encoded"),
                }
                let mut hello = String::new();
                stream.read_to_string(&mut hello).await.expect("hello");
                assert_eq!(hello, "hello");
                session = stream.session();
                stream.shutdown().await.expect("closed");
            }
            (resumed, seen)
        });
    }
    let mut resumed = 0;
    let mut certificates = HashSet::new();
    while let Some(client) = running.join_next().await {
        let (times, seen) = client.expect("no handshake fails");
        resumed += times;
        certificates.extend(seen);
    }
    assert!(!renews || !renewing.is_finished(), "a renewal has failed");
    renewing.abort();
    serving.abort();
    Outcome {
        connections: clients * TIMES,
        resumed,
        certificates: certificates.len(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_resume_as_often_while_the_certificate_is_renewed_every_50_ms() {
    let without = connections(false).await;
    let with = connections(true).await;
    // Every connection of a client resumes, except its first one.
    assert_eq!(without.resumed, without.connections / TIMES * (TIMES - 1));
    assert_eq!(with.resumed, without.resumed);
    assert_eq!(without.certificates, 1);
    // The certificate was renewed while the clients connected.
    assert!(with.certificates > 1);
}
