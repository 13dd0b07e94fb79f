//! A context that changes while clients connect.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::Ca;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::support::{client_context, server_context};

/// Clients that connect at once, and how often each connects.
const CLIENTS: usize = 50;
const TIMES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_resume_while_the_certificate_is_renewed_every_50_ms() {
    let ca = Ca::new();
    let server = server_context(&ca);
    let leaves: Vec<String> = (0..4)
        .map(|_| ca.issue("localhost").combined_pem())
        .collect();
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
    let done = Arc::new(AtomicBool::new(false));
    let renewing = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            let mut renewed = 0_usize;
            let mut ticks = tokio::time::interval(Duration::from_millis(50));
            while !done.load(Ordering::Relaxed) {
                ticks.tick().await;
                let pem = &leaves[renewed % leaves.len()];
                server
                    .load_cert_chain(ssl::CertChain::from_pem(pem, pem))
                    .expect("a pair");
                renewed += 1;
            }
            renewed
        }
    });
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let client = client_context(&ca);
        clients.spawn(async move {
            let mut session: Option<ssl::SslSession> = None;
            let mut resumed = 0;
            for _ in 0..TIMES {
                let tcp = TcpStream::connect(address).await.expect("connected");
                let options = ssl::WrapBio::from("localhost").session(session.take());
                let mut stream = client.connect(tcp, options).await.expect("a handshake");
                resumed += usize::from(stream.session_reused());
                let mut hello = String::new();
                stream.read_to_string(&mut hello).await.expect("hello");
                assert_eq!(hello, "hello");
                session = stream.session();
                stream.shutdown().await.expect("closed");
            }
            resumed
        });
    }
    let mut resumed = 0;
    while let Some(client) = clients.join_next().await {
        resumed += client.expect("no handshake fails");
    }
    done.store(true, Ordering::Relaxed);
    assert!(renewing.await.expect("no panic") > 1);
    serving.abort();
    // Renewals do not prevent resumption: every connection of a client resumes, except its first
    // one.
    assert_eq!(resumed, CLIENTS * (TIMES - 1));
}
