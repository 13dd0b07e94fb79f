//! Measures TLS on tokio's streams: this library beside `tokio-openssl` and `tokio-rustls`, in one run.
//!
//! ```sh
//! cargo run --release --manifest-path benches/aio/Cargo.toml -- [ROW…] [--rounds N] [--slice MS] [--json]
//! cargo run --release --manifest-path benches/aio/Cargo.toml -- --once SUBJECT ROW TIMES
//! ```
//!
//! Client and server run on one thread, so a figure is the processor time of both. Each row is measured in
//! several rounds of all subjects; a ratio is the median of the rounds' ratios. `--once` repeats one row
//! `TIMES` times and ends, for `valgrind --tool=callgrind`, which counts instructions. `memory-idle` takes
//! `--connections N`, for example 10000.

mod memory;
mod ours;
mod rows;
mod setup;
mod subject;
mod tokio_openssl;
mod tokio_rustls;

use std::collections::VecDeque;

use ours::Ours;
use rows::{ROWS, Row};
use setup::Setup;
use subject::Subject;
use tokio_openssl::TokioOpenssl;
use tokio_rustls::TokioRustls;

const SUBJECTS: [&str; 3] = [Ours::NAME, TokioOpenssl::NAME, TokioRustls::NAME];

struct Options {
    rows: Vec<String>,
    rounds: usize,
    slice: f64,
    json: bool,
    connections: usize,
}

fn main() {
    let mut args: VecDeque<String> = std::env::args().skip(1).collect();
    match args.front().map(String::as_str) {
        Some("--once") => return once(&args),
        Some("--memory") => return memory::child(&args[1]),
        _ => {}
    }
    let mut options = Options {
        rows: Vec::new(),
        rounds: 7,
        slice: 0.2,
        json: false,
        connections: 400,
    };
    while let Some(arg) = args.pop_front() {
        let mut number = || args.pop_front().and_then(|text| text.parse::<f64>().ok());
        match arg.as_str() {
            "--rounds" => options.rounds = number().expect("a number of rounds") as usize,
            "--slice" => options.slice = number().expect("milliseconds") / 1e3,
            "--connections" => options.connections = number().expect("a number") as usize,
            "--json" => options.json = true,
            _ => options.rows.push(arg),
        }
    }
    let wanted =
        |name: &str| options.rows.is_empty() || options.rows.iter().any(|row| name.contains(row));
    println!(
        "{:<18} {:>14} {:>14}   processor time: {}",
        "",
        "ours / openssl",
        "ours / rustls",
        SUBJECTS.join(", ")
    );
    for row in ROWS.iter().filter(|row| wanted(row.name)) {
        report(row.name, row.unit, measure(row, &options), options.json);
    }
    if wanted("memory-idle") {
        let values = SUBJECTS.map(|name| vec![memory::of(name, options.connections)]);
        report("memory-idle", "KiB", values, options.json);
    }
}

/// The values of all rounds, for each subject.
fn measure(row: &Row, options: &Options) -> [Vec<f64>; 3] {
    let setup = Setup::new();
    let mut values: [Vec<f64>; 3] = Default::default();
    let mut works = [
        rows::work::<Ours>(&setup, row),
        rows::work::<TokioOpenssl>(&setup, row),
        rows::work::<TokioRustls>(&setup, row),
    ];
    for round in 0..=options.rounds {
        for turn in 0..works.len() {
            // The first subject changes from round to round.
            let which = (turn + round) % works.len();
            let value = works[which].rate(options.slice);
            // The first round is a warm-up.
            if round > 0 {
                values[which].push(1e6 / value);
            }
        }
    }
    values
}

/// Prints a row. A lower value is better, and a ratio above 1 means that this library is faster or
/// smaller.
fn report(name: &str, unit: &str, values: [Vec<f64>; 3], json: bool) {
    let ratio = |other: usize| {
        let pairs = values[0].iter().zip(&values[other]);
        median(pairs.map(|(ours, theirs)| theirs / ours).collect())
    };
    let [ours, openssl, rustls] = [0, 1, 2].map(|subject| median(values[subject].clone()));
    let (to_openssl, to_rustls) = (ratio(1), ratio(2));
    if json {
        println!(
            "{{\"row\": \"{name}\", \"unit\": \"{unit}\", \"ours\": {ours:.3}, \"tokio-openssl\": {openssl:.3}, \
             \"tokio-rustls\": {rustls:.3}, \"to_openssl\": {to_openssl:.3}, \"to_rustls\": {to_rustls:.3}}}"
        );
    } else {
        println!(
            "{name:<18} {to_openssl:>14.2} {to_rustls:>14.2}   {ours:.1}, {openssl:.1}, {rustls:.1} {unit}"
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn once(args: &VecDeque<String>) {
    let row = ROWS.iter().find(|row| row.name == args[2]).expect("a row");
    let times = args[3].parse().expect("a number of times");
    let setup = Setup::new();
    match args[1].as_str() {
        Ours::NAME => rows::work::<Ours>(&setup, row).times(times),
        TokioOpenssl::NAME => rows::work::<TokioOpenssl>(&setup, row).times(times),
        TokioRustls::NAME => rows::work::<TokioRustls>(&setup, row).times(times),
        other => panic!("no subject {other}"),
    }
}
