//! A context that changes while clients connect.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyssl as ssl;
use pyssl_testing::Ca;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::support::{client_context, server_context};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_client_fails_while_the_certificate_is_renewed() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca));
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
                    // Until the client has read all: closing earlier could reset the connection.
                    stream.read_to_end(&mut Vec::new()).await
                });
            }
        }
    });
    let done = Arc::new(AtomicBool::new(false));
    let renewing = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut renewed = 0_usize;
            while !done.load(Ordering::Relaxed) {
                let pem = leaves[renewed % leaves.len()].clone();
                server
                    .load_cert_chain(ssl::CertChain::from_pem(&pem, &pem))
                    .expect("a pair");
                renewed += 1;
            }
            renewed
        }
    });
    let mut session: Option<ssl::SslSession> = None;
    let mut resumed = 0;
    for _ in 0..100 {
        let tcp = TcpStream::connect(address).await.expect("connected");
        let options = ssl::WrapBio::from("localhost").session(session.take());
        let mut stream = client.connect(tcp, options).await.expect("a handshake");
        resumed += usize::from(stream.object().session_reused());
        let mut hello = String::new();
        stream.read_to_string(&mut hello).await.expect("hello");
        assert_eq!(hello, "hello");
        session = stream.object().session();
        stream.shutdown().await.expect("closed");
    }
    done.store(true, Ordering::Relaxed);
    assert!(renewing.join().expect("no panic") > 1);
    serving.abort();
    assert_eq!(
        resumed, 99,
        "each ticket resumes under the next certificate"
    );
}
