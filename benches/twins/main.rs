//! Measures the speed of this library as a ratio to its *twins*, which do the same work: the plain
//! `openssl` crate and, if it is installed, CPython.
//!
//! ```sh
//! cargo bench --bench twins -- [ROW…] [--quick] [--rounds N] [--clock cpu] [--json] [--no-python] \
//!     [--instructions]
//! ```
//!
//! A row of the table is one kind of work. ROW selects the rows whose names contain it: `memory-` selects
//! all measurements of memory. The *subjects* are the twins and this library, which is measured twice:
//! with its defaults, and with `read_ahead(true)` on both sides. The `openssl` crate is measured twice, too: its
//! ratios to itself are the noise of the run.
//!
//! A round measures a row once with each subject, one after the other. The result of a row is the median
//! of the rounds' ratios. Absolute figures only show the scale. `--clock cpu` measures processor time, which depends less on other
//! programs. `--instructions` also counts instructions; with `--rounds 0`, nothing else is measured.
//!
//! Another version of OpenSSL is measured like this:
//!
//! ```sh
//! OPENSSL_DIR=$(cargo xtask openssl 4.0) OPENSSL_STATIC=1 cargo bench --bench twins -- memory-
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed benchmark cannot continue"
)]

mod instructions;
mod memory;
mod ours;
mod python;
mod report;
mod rows;
mod setup;
mod subject;
mod syscalls;
mod tls;
mod twin;
mod work;

use std::time::Duration;

use ours::{Ahead, Ours};
use python::Cpython;
use report::Outcome;
use rows::Row;
use setup::Setup;
use subject::{InProcess, Subject};
use twin::Twin;

/// The options of the command line.
struct Options {
    filters: Vec<String>,
    rounds: usize,
    slice: Duration,
    json: bool,
    python: bool,
    instructions: bool,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = args.iter().position(|arg| arg == "--child") {
        setup::use_clock(&args);
        return child(&args[at + 1..]);
    }
    let Some(options) = options(&args) else {
        // `cargo test --benches` passes `--test`: only check that the benchmarks build.
        return;
    };
    let Some(setup) = Setup::from_environment() else {
        std::process::exit(Setup::run_again());
    };
    setup::use_clock(&args);
    let outcomes = measure(&setup, &options);
    if options.json {
        report::json(&outcomes);
    } else {
        report::table(&outcomes);
        if options.wants("system-calls") {
            syscalls::print();
        }
    }
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter))
    }
}

fn options(args: &[String]) -> Option<Options> {
    let mut options = Options {
        filters: Vec::new(),
        rounds: 9,
        slice: Duration::from_millis(400),
        json: false,
        python: true,
        instructions: false,
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--test" => return None,
            "--quick" => {
                options.rounds = 3;
                options.slice = Duration::from_millis(120);
            }
            "--rounds" => options.rounds = args.next()?.parse().expect("a number of rounds"),
            "--json" => options.json = true,
            "--no-python" => options.python = false,
            "--instructions" if instructions::can_be_counted() => options.instructions = true,
            "--instructions" => eprintln!("Not counted, since valgrind is not installed."),
            "--clock" => drop(args.next()),
            other if other.starts_with('-') => {}
            filter => options.filters.push(filter.to_owned()),
        }
    }
    Some(options)
}

fn measure(setup: &Setup, options: &Options) -> Vec<Outcome> {
    let python = options.python.then(|| Cpython::new(setup)).flatten();
    let mut subjects: [Option<Box<dyn Subject>>; 5] = [
        Some(Box::new(InProcess::<Ours>::new(setup))),
        Some(Box::new(InProcess::<Ahead>::new(setup))),
        Some(Box::new(InProcess::<Twin>::new(setup))),
        python.map(|python| Box::new(python) as Box<dyn Subject>),
        Some(Box::new(InProcess::<Twin>::new(setup))),
    ];
    let mut outcomes = Vec::new();
    for &row in Row::ALL.iter().filter(|row| options.wants(row.name())) {
        if !options.json {
            eprintln!("{}", row.name());
        }
        let mut outcome = Outcome::new(row);
        for subject in 0..subjects.len() {
            if options.instructions {
                outcome.set_instructions(subject, instructions::of_subject(row, subject));
            }
        }
        if options.rounds == 0 {
            outcomes.push(outcome);
            continue;
        }
        for round in 0..=options.rounds {
            for turn in 0..subjects.len() {
                // The first subject changes from round to round.
                let which = (turn + round) % subjects.len();
                if which == report::AHEAD && !row.has_sockets() {
                    continue;
                }
                let Some(subject) = &mut subjects[which] else {
                    continue;
                };
                let value = subject.measure(row, options.slice);
                // The first round is a warm-up.
                if round > 0 {
                    outcome.add(which, value);
                }
            }
        }
        for subject in subjects.iter_mut().flatten() {
            subject.finish(row);
        }
        outcomes.push(outcome);
    }
    outcomes
}

/// Measures once in a process of its own, and prints the value.
fn child(args: &[String]) {
    let setup = Setup::from_environment().expect("the parent's environment");
    let [subject, work, rest @ ..] = args else {
        panic!("--child SUBJECT WORK");
    };
    match subject.as_str() {
        "ours" => subject::in_child::<Ours>(&setup, work, rest),
        "ahead" => subject::in_child::<Ahead>(&setup, work, rest),
        "twin" => subject::in_child::<Twin>(&setup, work, rest),
        other => panic!("no subject {other}"),
    }
}
