//! CPython, which runs `twins.py` in a process of its own.

use std::time::Duration;

use pyssl_testing::process::Process;
use pyssl_testing::python::{Python, python};

use crate::rows::Row;
use crate::setup::{CIPHERS, Setup, clock};
use crate::subject::Subject;

const SCRIPT: &str = include_str!("twins.py");

pub(crate) struct Cpython<'a> {
    python: &'static Python,
    setup: &'a Setup,
    process: Option<Process>,
}

impl<'a> Cpython<'a> {
    /// None if there is no Python.
    pub(crate) fn new(setup: &'a Setup) -> Option<Self> {
        let python = python()?;
        eprintln!(
            "CPython {:?} with {}; the others with {}",
            python.version(),
            python.openssl_version(),
            *pyssl::OPENSSL_VERSION,
        );
        Some(Cpython {
            python,
            setup,
            process: None,
        })
    }

    fn script(&self, row: Row) -> pyssl_testing::python::Script {
        self.python
            .script(SCRIPT)
            .args(&[
                row.name(),
                &self.setup.ca,
                &self.setup.combined,
                &self.setup.bundle,
            ])
            .args(&[CIPHERS, clock()])
            .env("OPENSSL_CONF", &self.setup.configuration)
            .env("MALLOC_ARENA_MAX", "1")
    }
}

impl Subject for Cpython<'_> {
    fn measure(&mut self, row: Row, slice: Duration) -> f64 {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.script(row).spawn(),
        };
        process.send(format!("{}\n", slice.as_secs_f64()).as_bytes());
        let value = process.line().parse().unwrap();
        if !row.needs_process() {
            self.process = Some(process);
        }
        value
    }

    fn finish(&mut self, _row: Row) {
        self.process = None;
    }
}
