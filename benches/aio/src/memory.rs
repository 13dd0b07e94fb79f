//! The memory of idle connections.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::ours::Ours;
use crate::setup::Setup;
use crate::subject::{Settings, Subject, Version};
use crate::tokio_openssl::TokioOpenssl;
use crate::tokio_rustls::TokioRustls;

/// The most connections of one process, each of which has two ends, since a process may have 1024
/// descriptors.
const PAIRS: usize = 400;
const WARM_UP: usize = 50;

/// The memory of one end of a connection in KiB: the mean over `connections` connections, which are idle at the
/// same time, in child processes with `PAIRS` connections each.
pub(crate) fn of(subject: &str, connections: usize) -> f64 {
    let program = std::env::current_exe().expect("a path");
    // Each process prints its figure when its connections are idle, and ends at the end of its input. The
    // processes start one after the other, so that they do not compete for the processor.
    let start = |_| {
        let mut child = Command::new(&program)
            .args(["--memory", subject])
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let stdout = child.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("text");
        (child, line.trim().parse::<f64>().expect("a number"))
    };
    let figures: Vec<(Child, f64)> = (0..connections.div_ceil(PAIRS)).map(start).collect();
    let count = figures.len() as f64;
    let sum: f64 = figures.iter().map(|(_, figure)| figure).sum();
    for (mut child, _) in figures {
        drop(child.stdin.take());
        child.wait().expect("it ends");
    }
    sum / count
}

pub(crate) fn child(subject: &str) {
    match subject {
        Ours::NAME => measure::<Ours>(),
        TokioOpenssl::NAME => measure::<TokioOpenssl>(),
        TokioRustls::NAME => measure::<TokioRustls>(),
        other => panic!("no subject {other}"),
    }
}

/// Prints the resident memory for a connection that has sent and received a message of 16 KiB and waits for
/// the next: the mean of clients and servers.
///
/// With OpenSSL 3.0, OpenSSL itself allocates 15 KiB of this memory (`valgrind --tool=dhat`): `SSL_new` alone
/// takes 7.6 KiB.
fn measure<S: Subject>() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let setup = Setup::new();
        let settings = Settings {
            version: Version::V13,
            resume: false,
        };
        let (client, server) = (S::client(&setup, settings), S::server(&setup, settings));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut message = vec![7; 16 << 10];
        let mut pairs = Vec::with_capacity(PAIRS + WARM_UP);
        let mut before = 0.0;
        for number in 0..PAIRS + WARM_UP {
            if number == WARM_UP {
                before = resident();
            }
            let tcp = TcpStream::connect(address).await.expect("a connection");
            let (far, _) = listener.accept().await.expect("a connection");
            let (mut near, mut far) =
                tokio::join!(S::connect(&client, tcp), S::accept(&server, far));
            for _ in 0..2 {
                near.write_all(&message).await.expect("sent");
                near.flush().await.expect("sent");
                far.read_exact(&mut message).await.expect("received");
                far.write_all(&message).await.expect("sent");
                far.flush().await.expect("sent");
                near.read_exact(&mut message).await.expect("received");
            }
            pairs.push((near, far));
        }
        let bytes = (resident() - before) / (2 * PAIRS) as f64;
        println!("{}", bytes / 1024.0);
        // The connections stay open until the parent has the figures of all processes.
        std::io::stdin()
            .read_line(&mut String::new())
            .expect("the end");
    });
}

fn resident() -> f64 {
    const PAGE: f64 = 4096.0;
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = text.split(' ').nth(1).expect("a field");
    pages.parse::<f64>().expect("a number") * PAGE
}
