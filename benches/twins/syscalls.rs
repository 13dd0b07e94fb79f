//! System calls, counted by `strace` if it is installed. The result is exact: the difference of two
//! runs.

use std::process::{Command, Stdio};

use crate::ours::Ours;
use crate::rows::Row;
use crate::setup;
use crate::tls::Tls;
use crate::twin::Twin;

/// Prints the system calls of both sides for one unit of work.
pub(crate) fn print() {
    let found = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        println!("System calls: not counted, since strace is not installed.");
        return;
    }
    println!(
        "System calls of client and server together{:>15}{:>15}",
        "ours", "openssl crate"
    );
    for (title, row) in [
        ("64 bytes there and back", Row::PingPong),
        ("64 bytes there and back, read ahead", Row::PingPongAhead),
        ("1 MiB in writes of 64 bytes", Row::Bulk64),
        ("1 MiB in writes of 64 bytes, read ahead", Row::Bulk64Ahead),
        ("1 MiB in writes of 1 KiB", Row::Bulk1K),
        ("1 MiB in writes of 1 KiB, read ahead", Row::Bulk1KAhead),
        ("16 MiB in writes of 16 KiB", Row::Bulk16K),
        ("16 MiB in writes of 1 MiB", Row::Bulk1M),
        ("full handshake, TLS 1.3", Row::Full13),
        ("resumed handshake, TLS 1.3", Row::Resumed13),
        ("resumed handshake, TLS 1.2", Row::Resumed12),
    ] {
        println!(
            "  {title:<40}{:>15}{:>15}",
            of::<Ours>(row).unwrap_or_default(),
            of::<Twin>(row).unwrap_or_default()
        );
    }
}

fn of<T: Tls>(row: Row) -> Option<String> {
    let few = count::<T>(row, 10)?;
    let many = count::<T>(row, 30)?;
    Some(format!("{:.1}", (many - few) / 20.0))
}

fn count<T: Tls>(row: Row, times: u32) -> Option<f64> {
    let report = Command::new("strace")
        .args(["-f", "-c", "-U", "calls,name"])
        .arg(std::env::current_exe().ok()?)
        .args(["--child", T::NAME, row.name(), &format!("{times}x")])
        .args(["--clock", setup::clock()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&report.stderr);
    let total = text.lines().find(|line| line.contains("total"))?;
    total.split_whitespace().next()?.parse().ok()
}
