//! Measures requests over one connection: `pyssl::requests::Session` beside `ureq::Agent` and
//! `reqwest::blocking::Client`, in one run and with one server.
//!
//! ```sh
//! cargo run --release --manifest-path benches/http/Cargo.toml -- [--requests N] [--rounds N] [--json]
//! cargo run --release --manifest-path benches/http/Cargo.toml -- --once SUBJECT N
//! ```
//!
//! The server is a process of its own, on the plain `openssl` crate. All clients use OpenSSL too: `ureq` and
//! `reqwest` with their feature `native-tls`. A figure is the client's processor time for each request; the
//! elapsed time includes the server's. In each round every client sends `N` requests (10,000 unless given) with
//! one session, and the server counts the handshakes. A ratio is the median of the rounds' ratios. `--once`
//! sends the requests of one client and ends, for `valgrind --tool=callgrind`.

mod server;
mod subject;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use server::Server;
use subject::{Client, SUBJECTS};

/// The bodies that the server sends.
const ROWS: [(&str, &str); 2] = [("empty body", "/0"), ("body of 4 KiB", "/4096")];

struct Options {
    requests: u32,
    rounds: usize,
    json: bool,
}

/// The cost of one request.
#[derive(Clone, Copy)]
struct Cost {
    cpu: Duration,
    elapsed: Duration,
}

fn main() {
    let mut args: VecDeque<String> = std::env::args().skip(1).collect();
    match args.front().map(String::as_str) {
        Some("--serve") => return server::serve(),
        Some("--once") => return once(&args[1], args[2].parse().expect("a number")),
        _ => {}
    }
    let mut options = Options {
        requests: 10_000,
        rounds: 5,
        json: false,
    };
    while let Some(arg) = args.pop_front() {
        let mut number = || args.pop_front().and_then(|text| text.parse().ok());
        match arg.as_str() {
            "--requests" => options.requests = number().expect("a number of requests"),
            "--rounds" => options.rounds = number().expect("a number of rounds") as usize,
            "--json" => options.json = true,
            other => panic!("unknown option {other}"),
        }
    }
    for (name, path) in ROWS {
        measure(name, path, &options);
    }
}

fn once(subject: &str, requests: u32) {
    let server = Server::start();
    let client = Client::new(subject, &server.ca);
    for _ in 0..requests {
        client.get(&server.url("/0"));
    }
}

fn measure(name: &str, path: &str, options: &Options) {
    let server = Server::start();
    let mut costs: Vec<[Cost; 3]> = Vec::new();
    // The most handshakes of one round.
    let mut handshakes = [0; 3];
    for _ in 0..options.rounds {
        costs.push(SUBJECTS.map(|subject| {
            let before = server.handshakes();
            let client = Client::new(subject, &server.ca);
            let url = server.url(path);
            let length: usize = path[1..].parse().expect("a length");
            // One request more makes the connection, and is not measured.
            assert_eq!(client.get(&url), length);
            let (cpu, start) = (cpu_time(), Instant::now());
            for _ in 0..options.requests {
                assert_eq!(client.get(&url), length);
            }
            let cost = Cost {
                cpu: (cpu_time() - cpu) / options.requests,
                elapsed: start.elapsed() / options.requests,
            };
            let number = SUBJECTS.iter().position(|other| *other == subject);
            let most = &mut handshakes[number.expect("a subject")];
            *most = (server.handshakes() - before).max(*most);
            cost
        }));
    }
    println!("{name}, {} requests over one session", options.requests);
    for (number, subject) in SUBJECTS.iter().enumerate() {
        let of = |field: fn(&Cost) -> Duration| {
            median(
                costs
                    .iter()
                    .map(|round| field(&round[number]).as_secs_f64() * 1e6),
            )
        };
        let (cpu, elapsed) = (of(|cost| cost.cpu), of(|cost| cost.elapsed));
        let ratio = median(
            costs
                .iter()
                .map(|round| round[0].cpu.as_secs_f64() / round[number].cpu.as_secs_f64()),
        );
        let made = handshakes[number];
        if options.json {
            println!(
                "{{\"row\": \"{name}\", \"subject\": \"{subject}\", \"cpu_us\": {cpu:.2}, \"elapsed_us\": {elapsed:.2}, \"ours_by_this\": {ratio:.3}, \"handshakes\": {made}}}"
            );
        } else {
            println!(
                "  {subject:<8} {cpu:>8.2} µs CPU {elapsed:>8.2} µs elapsed   ours / {subject:<8} {ratio:>5.2}   handshakes {made}"
            );
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The processor time of this process, all threads.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().expect("a positive time")
}
