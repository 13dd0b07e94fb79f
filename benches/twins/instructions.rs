//! Instructions in user space, counted by valgrind if it is installed. A figure comes from the difference of a
//! short and a long run, so the start of the program does not count. It does not depend on other programs, and
//! hardly changes when it is measured again.

use crate::ours::{Ahead, Ours};
use crate::report;
use crate::rows::{Row, Unit};
use crate::setup::{is_installed, run_under};
use crate::tls::Tls;
use crate::twin::Twin;

/// Whether valgrind is installed.
pub(crate) fn can_be_counted() -> bool {
    is_installed("valgrind", "--version")
}

/// Counts the instructions of both sides for one repetition of the row's work. `None` for memory. Also `None` for
/// setters of a context with open connections, because each setter follows a new connection, whose instructions would
/// be counted too.
pub(crate) fn of_subject(row: Row, subject: usize) -> Option<f64> {
    if row.unit() == Unit::Bytes || row == Row::SetCiphersLive {
        return None;
    }
    match subject {
        report::OURS => of::<Ours>(row),
        report::AHEAD if row.has_sockets() => of::<Ahead>(row),
        report::CRATE => of::<Twin>(row),
        _ => None,
    }
}

fn of<T: Tls>(row: Row) -> Option<f64> {
    if row.needs_process() {
        return Some(count::<T>(row, 1)? - count::<T>(row, 0)?);
    }
    let times = match row.unit() {
        Unit::Throughput => 1,
        Unit::Rate if row.name().starts_with("ping-pong") => 100,
        _ => 10,
    };
    let few = count::<T>(row, times)?;
    let many = count::<T>(row, times * 3)?;
    Some((many - few) / f64::from(times * 2))
}

fn count<T: Tls>(row: Row, times: u32) -> Option<f64> {
    let command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
    ];
    let text = run_under::<T>(&command, row, times)?;
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}
