//! The memory of idle connections. Each kind of connection is measured in a process of its own.
// Not on Windows: it has no `/proc`.
#![cfg(target_os = "linux")]

use std::process::Command;

use pyssl as ssl;

use crate::link::{Contexts, Link};

/// The variable with the index of the kind of connections, for the process that makes them.
const KIND: &str = "PYSSL_TEST_MEMORY";
const TEST: &str = "memory::idle_connections_hold_no_openssl_buffers";

/// Kinds of idle connections: the version, and the number of messages that each side has sent.
const KINDS: [(ssl::TlsVersion, usize); 4] = [
    (ssl::TlsVersion::TLSv1_3, 0),
    (ssl::TlsVersion::TLSv1_2, 1),
    (ssl::TlsVersion::TLSv1_3, 1),
    // After 16 messages, a connection keeps OpenSSL's buffers, until the buffers of other
    // connections take their place (`src/engine/buffers.rs`).
    (ssl::TlsVersion::TLSv1_3, 40),
];
const MESSAGE: usize = 16_000;

/// The number of first connections that are not measured. It is more than the number of busy connections that keep
/// their buffers.
const WARM_UP: usize = 40;
const PAIRS: usize = 80;

/// The resident memory of this process in KiB.
fn resident() -> usize {
    const PAGE: usize = 4;
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * PAGE
}

fn exchange(link: &Link, messages: usize) {
    let mut data = [7; MESSAGE];
    for _ in 0..messages {
        for (from, to) in [(&link.client, &link.server), (&link.server, &link.client)] {
            from.sendall(&data).unwrap();
            let mut filled = 0;
            while filled < MESSAGE {
                filled += to.recv_into(&mut data[filled..]).unwrap();
            }
        }
    }
}

/// The memory of a pair of connections in KiB.
fn pair((version, messages): (ssl::TlsVersion, usize)) -> usize {
    let contexts = Contexts::of(version);
    // OpenSSL keeps the keys of the key exchange with a connection. The keys of ML-KEM, which these groups exclude,
    // take 20 KiB.
    contexts.client.set_groups("X25519:P-256").unwrap();
    let link = || {
        let link = contexts.link();
        exchange(&link, messages);
        link
    };
    let mut links: Vec<_> = (0..WARM_UP).map(|_| link()).collect();
    let before = resident();
    links.extend((0..PAIRS).map(|_| link()));
    (resident() - before) / PAIRS
}

#[test]
fn idle_connections_hold_no_openssl_buffers() {
    if let Ok(kind) = std::env::var(KIND) {
        println!("{} KiB", pair(KINDS[kind.parse::<usize>().unwrap()]));
        return;
    }
    // Without buffers, a pair of connections takes up to 38 KiB with OpenSSL 3.0 and 51 KiB with 3.6, of which 47 KiB are
    // OpenSSL's. Each of the four buffers of a pair would add 16 KiB.
    let limit = if *ssl::OPENSSL_VERSION_NUMBER < 0x3020_0000 {
        40
    } else {
        53
    };
    for (i, kind) in KINDS.iter().enumerate() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", TEST])
            .env(KIND, i.to_string())
            .env("MALLOC_ARENA_MAX", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let size: Option<usize> = text
            .lines()
            .find_map(|line| line.strip_suffix(" KiB")?.rsplit(' ').next()?.parse().ok());
        let size = size.unwrap_or_else(|| {
            panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
        });
        println!("{kind:?}: {size} KiB");
        assert!(size <= limit, "{kind:?}: a pair takes {size} KiB");
    }
}
