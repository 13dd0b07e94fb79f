//! The measured subjects: a library in this process or in a child process.

use std::marker::PhantomData;
use std::process::Command;
use std::time::Duration;

use crate::memory;
use crate::rows::Row;
use crate::setup::{self, Setup, Stopwatch};
use crate::tls::Tls;
use crate::work::{Amount, Work, work};

pub(crate) trait Subject {
    /// Measures once, for about this long if the work can be repeated.
    fn measure(&mut self, row: Row, slice: Duration) -> f64;

    /// Drops the resources of a row.
    fn finish(&mut self, row: Row);
}

/// A library linked into this program.
pub(crate) struct InProcess<'a, T: Tls> {
    setup: &'a Setup,
    work: Option<Work>,
    _library: PhantomData<T>,
}

impl<'a, T: Tls> InProcess<'a, T> {
    pub(crate) fn new(setup: &'a Setup) -> Self {
        InProcess {
            setup,
            work: None,
            _library: PhantomData,
        }
    }
}

impl<T: Tls> Subject for InProcess<'_, T> {
    fn measure(&mut self, row: Row, slice: Duration) -> f64 {
        if row.needs_process() {
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--child", T::NAME, row.name(), "--clock", setup::clock()])
                .env("MALLOC_ARENA_MAX", "1")
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            return text.trim().parse().unwrap_or_else(|_| {
                panic!("{text} {}", String::from_utf8_lossy(&output.stderr));
            });
        }
        let setup = self.setup;
        self.work.get_or_insert_with(|| work::<T>(setup, row))(Amount::Time(slice))
    }

    fn finish(&mut self, _row: Row) {
        self.work = None;
    }
}

/// Measures in a child process.
pub(crate) fn in_child<T: Tls>(setup: &Setup, name: &str, args: &[String]) {
    // The amount `0x` leaves out the work. Then only the instructions of the set-up are counted.
    let nothing = args.first().is_some_and(|amount| amount == "0x");
    let first = |op: &dyn Fn()| {
        // Initialise OpenSSL outside the measurement.
        T::bare_context();
        let watch = Stopwatch::start();
        if !nothing {
            op();
        }
        1.0 / watch.elapsed()
    };
    let value = match name {
        "default-context-first" => first(&T::default_context),
        "cafile-first" => first(&|| drop(T::cafile(&setup.bundle))),
        "memory-idle-pair" => memory::of_pair::<T>(setup, 0),
        "memory-pair-after-16KiB" => memory::of_pair::<T>(setup, 16 << 10),
        // Runs one row's work, for `strace`, valgrind and profilers.
        other => {
            let row = Row::ALL.iter().find(|row| row.name() == other);
            work::<T>(setup, *row.unwrap())(amount(args.first().unwrap()))
        }
    };
    println!("{value}");
}

/// Parses a number of repetitions (`20x`) or of seconds (`0.5`).
fn amount(text: &str) -> Amount {
    match text.strip_suffix('x') {
        Some(times) => Amount::Times(times.parse().unwrap()),
        None => Amount::Time(Duration::from_secs_f64(text.parse().unwrap())),
    }
}
