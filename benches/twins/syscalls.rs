//! System calls, counted by `strace` where it is found. Exact: the difference of two runs.

use std::process::{Command, Stdio};

use crate::ours::Ours;
use crate::setup;
use crate::tls::Tls;
use crate::twin::Twin;

/// Prints how many system calls of both sides together a unit of work takes.
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
    for (title, work) in [
        ("64 bytes there and back", "round-trips"),
        ("16 KiB in one write", "records"),
        ("1 MiB in one write", "large-writes"),
    ] {
        println!(
            "  {title:<40}{:>15}{:>15}",
            of::<Ours>(work).unwrap_or_default(),
            of::<Twin>(work).unwrap_or_default()
        );
    }
}

fn of<T: Tls>(work: &str) -> Option<String> {
    let few = count::<T>(work, 100)?;
    let many = count::<T>(work, 300)?;
    Some(format!("{:.2}", (many - few) / 200.0))
}

fn count<T: Tls>(work: &str, times: u32) -> Option<f64> {
    let report = Command::new("strace")
        .args(["-f", "-c", "-U", "calls,name"])
        .arg(std::env::current_exe().ok()?)
        .args(["--child", T::NAME, work, &times.to_string()])
        .args(["--clock", setup::clock()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&report.stderr);
    let total = text.lines().find(|line| line.contains("total"))?;
    total.split_whitespace().next()?.parse().ok()
}
