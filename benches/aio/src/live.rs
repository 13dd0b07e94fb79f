//! Handshakes while the server's certificate is renewed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use pyssl as ssl;
use ssl::SslContext;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::ours::Ours;
use crate::setup::Setup;
use crate::subject::{Settings, Subject, Version};

const RENEWAL: Duration = Duration::from_millis(50);

/// How many connections had which result.
#[derive(Debug, Default)]
struct Counts {
    full: usize,
    resumed: usize,
    failed: usize,
}

/// `clients` clients connect at the same time. Each connects `times` times in a row, and offers its
/// last session.
pub(crate) fn report(clients: usize, times: usize) {
    for renews in [false, true] {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (counts, renewals) = runtime.block_on(run(clients, times, renews));
        println!("{clients} clients, {times} connections each, {renewals} renewals: {counts:?}");
    }
}

async fn run(clients: usize, times: usize, renews: bool) -> (Counts, usize) {
    let setup = Setup::new();
    let settings = Settings {
        version: Version::V13,
        resume: false,
    };
    let client = Ours::client(&setup, settings);
    let server = Ours::server(&setup, settings);
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let listener = socket.listen(4096).expect("a queue");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(serve(listener, server.clone()));
    let renewals = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&renewals);
    let renewing = tokio::spawn(async move {
        while renews {
            let leaf = setup.ca.issue("localhost");
            let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
            server.load_cert_chain(chain).expect("a certificate");
            counter.fetch_add(1, Relaxed);
            tokio::time::sleep(RENEWAL).await;
        }
    });
    let mut running = JoinSet::new();
    for _ in 0..clients {
        running.spawn(connect(client.clone(), address, times));
    }
    let mut all = Counts::default();
    while let Some(counts) = running.join_next().await {
        let counts = counts.expect("no panic");
        all.full += counts.full;
        all.resumed += counts.resumed;
        all.failed += counts.failed;
    }
    serving.abort();
    renewing.abort();
    (all, renewals.load(Relaxed))
}

async fn serve(listener: TcpListener, server: SslContext) {
    while let Ok((tcp, _)) = listener.accept().await {
        let handshake = server.accept(tcp);
        tokio::spawn(async move {
            let mut stream = handshake.await?;
            stream.write_all(b"hello").await?;
            stream.shutdown().await?;
            stream.read_to_end(&mut Vec::new()).await
        });
    }
}

async fn connect(client: SslContext, address: SocketAddr, times: usize) -> Counts {
    let mut counts = Counts::default();
    let mut session: Option<ssl::SslSession> = None;
    for _ in 0..times {
        let tcp = TcpStream::connect(address).await.expect("a connection");
        let options = ssl::WrapBio::from("localhost").session(session.take());
        let Ok(mut stream) = client.connect(tcp, options).await else {
            counts.failed += 1;
            continue;
        };
        match stream.session_reused() {
            true => counts.resumed += 1,
            false => counts.full += 1,
        }
        let mut hello = String::new();
        if stream.read_to_string(&mut hello).await.is_err() || hello != "hello" {
            counts.failed += 1;
        }
        session = stream.session();
        let _ = stream.shutdown().await;
    }
    counts
}
