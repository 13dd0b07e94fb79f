//! Default contexts while the files that they trust are created, removed and changed.
//!
//! A history changes files and environment variables, creates contexts, and checks which servers they
//! trust. It runs step by step in one process of ours and in one of CPython's, and the answers must be
//! the same. A context made with [`History::fresh`] must also trust the same servers as one of a new
//! CPython process.

mod files;
mod runner;
mod table;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::thread;

use pyssl_testing::python::{Python, same_openssl_or_skip};
use serde_json::{Value, json};

use files::TrustFiles;
use runner::Runner;
use table::{HISTORIES, Run};

/// A history that runs in both processes.
struct History<'a> {
    name: String,
    python: &'a Python,
    files: TrustFiles,
    ours: Runner,
    theirs: Runner,
    differences: Vec<String>,
    asked: usize,
    starved: bool,
}

impl<'a> History<'a> {
    fn new(name: &str, python: &'a Python) -> History<'a> {
        let files = TrustFiles::new();
        History {
            name: name.to_owned(),
            python,
            ours: Runner::ours(&files),
            theirs: Runner::python(python, &files),
            files,
            differences: Vec::new(),
            asked: 0,
            starved: false,
        }
    }

    fn both(&mut self, step: Value) {
        let (ours, theirs) = (self.ours.run(&step), self.theirs.run(&step));
        self.compare(&step.to_string(), "the same process", &[ours], &[theirs]);
    }

    fn environ(&mut self, name: &'static str, value: Option<String>) {
        self.both(json!(["environ", name, value]));
        self.files.environment.retain(|(other, _)| *other != name);
        self.files.environment.push((name, value));
    }

    fn starve(&mut self, on: bool) {
        self.both(json!(["starve", on]));
        self.starved = on;
    }

    fn make(&mut self, context: &str) {
        self.both(json!(["default_context", context, "server", {}]));
    }

    fn ask(&mut self, context: &str) {
        let ours = self.ours.ask(context, &self.files);
        let theirs = self.theirs.ask(context, &self.files);
        self.compare(context, "the same process", &ours, &theirs);
    }

    /// Compares a new default context with one of the same CPython process and with one of a new process.
    fn fresh(&mut self) {
        self.make("fresh");
        self.ask("fresh");
        if !self.starved {
            // The handshakes of the comparison have added certificates to the store of the context.
            self.make("fresh");
            let ours = self.ours.ask("fresh", &self.files);
            let mut theirs = Runner::python(self.python, &self.files);
            theirs.run(&json!(["default_context", "fresh", "server", {}]));
            let theirs = theirs.ask("fresh", &self.files);
            self.compare("fresh", "a new process", &ours, &theirs);
        }
    }

    fn compare(&mut self, what: &str, with: &str, ours: &[Value], theirs: &[Value]) {
        self.asked += ours.len();
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            if ours != theirs {
                let shown = |value: &Value| value.to_string().chars().take(300).collect::<String>();
                self.differences.push(format!(
                    "{}: {what} [{at}], answer {}, against {with}\n    Python {}\n    ours   {}",
                    self.name,
                    self.asked,
                    shown(theirs),
                    shown(ours)
                ));
            }
        }
    }
}

#[test]
fn default_contexts_trust_the_same_as_cpythons_after_each_listed_file_change() {
    let Some(python) = same_openssl_or_skip() else {
        return;
    };
    let run = |(name, run): &(&str, Run)| {
        let mut history = History::new(name, python);
        run(&mut history);
        history.fresh();
        (history.asked, history.differences)
    };
    report(in_parallel(HISTORIES, run));
}

/// Each step is chosen at random, from a fixed seed.
#[test]
fn default_contexts_trust_the_same_as_cpythons_after_random_file_changes() {
    let Some(python) = same_openssl_or_skip() else {
        return;
    };
    let seeds: Vec<u64> = (0..6).collect();
    report(in_parallel(&seeds, |seed| random_history(*seed, python)));
}

fn random_history(seed: u64, python: &Python) -> (usize, Vec<String>) {
    let mut random = Random(seed);
    let mut h = History::new(&format!("seed {seed}"), python);
    h.files.write("bundle.pem", &[0]);
    h.files.write("other.pem", &[1]);
    h.files.age();
    h.make("a");
    h.make("b");
    for _ in 0..30 {
        let file = ["bundle.pem", "other.pem"][random.below(2)];
        let directory = ["hashed", "second"][random.below(2)];
        let context = ["a", "b"][random.below(2)];
        let some: Vec<usize> = (0..4).filter(|_| random.below(2) == 0).collect();
        match random.below(14) {
            0 => h.files.write(file, &some),
            1 => h.files.overwrite(file, &some),
            2 => h.files.replace(file, &some),
            3 => h.files.remove(file),
            4 => h.files.remove(directory),
            5 | 6 => h.files.hash(directory, random.below(4)),
            7 => h.environ("SSL_CERT_FILE", Some(h.files.text(file))),
            8 => h.environ("SSL_CERT_DIR", Some(h.files.text(directory))),
            9 => h.make(context),
            10 => h.both(json!(["load_default_certs", context])),
            11 => h.ask(context),
            12 => {
                h.starve(true);
                h.make(context);
                h.ask(context);
                h.starve(false);
            }
            _ => h.fresh(),
        }
    }
    h.ask("a");
    h.ask("b");
    h.fresh();
    (h.asked, h.differences)
}

/// A generator of pseudo-random numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        self.0 = hasher.finish();
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// Runs up to six histories at a time, because they mostly wait for files to age.
fn in_parallel<T: Sync, R: Send>(all: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut outcomes = Vec::new();
    for some in all.chunks(6) {
        thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|one| scope.spawn(|| run(one))).collect();
            outcomes.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        });
    }
    outcomes
}

fn report(outcomes: Vec<(usize, Vec<String>)>) {
    let asked: usize = outcomes.iter().map(|(asked, _)| asked).sum();
    println!("{} histories, {asked} answers", outcomes.len());
    let differences: Vec<_> = outcomes.into_iter().flat_map(|(_, found)| found).collect();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
