//! The processes in which a history runs.

use std::io::BufRead;
use std::process::Command;

use pyssl_testing::process::Process;
use pyssl_testing::python::Python;
use serde_json::{Value, json};

use super::files::TrustFiles;
use crate::interpreter::Interpreter;

const INNER: &str = "PYSSL_TEST_INNER";
const MARK: &str = "@answer ";

/// Runs the steps on standard input, in a process that [`Runner::ours`] has started. Otherwise does nothing.
#[test]
fn child_process_runs_the_steps_from_its_stdin() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let mut interpreter = Interpreter::default();
    for line in std::io::stdin().lock().lines() {
        let step: Value = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{MARK}{}", interpreter.run(&step));
    }
}

/// A process, of ours or of CPython, that runs steps one by one and answers each.
pub(super) struct Runner(Process);

impl Runner {
    pub(super) fn ours(files: &TrustFiles) -> Runner {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "--nocapture",
                "histories::runner::child_process_runs_the_steps_from_its_stdin",
            ])
            .env(INNER, "1");
        Runner(Process::spawn(&mut command)).prepared(files)
    }

    pub(super) fn python(python: &Python, files: &TrustFiles) -> Runner {
        let script = python
            .script(include_str!("../interpreter.py"))
            .args(&["steps"]);
        Runner(script.spawn()).prepared(files)
    }

    fn prepared(mut self, files: &TrustFiles) -> Runner {
        for (name, value) in &files.environment {
            self.run(&json!(["environ", name, value]));
        }
        for (number, server) in files.servers.iter().enumerate() {
            let name = format!("s{number}");
            self.run(&json!(["context", name, 17]));
            self.run(&json!(["load_cert_chain", name, server]));
        }
        // Python must import its modules before the descriptors run out.
        self.run(&json!(["context", "first", 16]));
        self.ask("first", files);
        self
    }

    pub(super) fn run(&mut self, step: &Value) -> Value {
        self.0.send(format!("{step}\n").as_bytes());
        loop {
            let line = self.0.line();
            // libtest prints to the same output, and does not always end its line before an answer.
            let answer = match line.split_once(MARK) {
                Some((_, answer)) => answer,
                None if line.starts_with('{') => &line,
                None => continue,
            };
            return serde_json::from_str(answer).unwrap();
        }
    }

    /// The outcome of a handshake with each server, and the statistics and certificates of the context's
    /// store before and after.
    pub(super) fn ask(&mut self, context: &str, files: &TrustFiles) -> Vec<Value> {
        let mut answers = Vec::new();
        for number in 0..files.servers.len() {
            answers.push(self.run(&json!(["cert_store_stats", context])));
            self.run(&json!([
                "pair",
                "p",
                context,
                format!("s{number}"),
                "localhost"
            ]));
            answers.push(self.run(&json!(["handshake", "p"])));
        }
        answers.push(self.run(&json!(["cert_store_stats", context])));
        answers.push(self.run(&json!(["ca_certs", context])));
        answers
    }
}
