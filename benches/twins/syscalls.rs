//! System calls, counted by `strace` if it is installed. A figure comes from the difference of a
//! short and a long run, so the start of the program does not count.

use crate::ours::{Ahead, Ours};
use crate::rows::Row;
use crate::setup::{is_installed, run_under};
use crate::tls::Tls;
use crate::twin::Twin;

/// Prints the system calls of both sides for one unit of work.
pub(crate) fn print() {
    if !is_installed("strace", "-V") {
        println!("System calls: not counted, since strace is not installed.");
        return;
    }
    println!(
        "System calls of client and server together{:>15}{:>15}{:>15}",
        "ours", "read ahead", "openssl crate"
    );
    for (title, row, times) in [
        ("64 bytes there and back", Row::PingPong, 100),
        ("64 bytes there and back, recv", Row::PingPongRecv, 100),
        ("1 MiB in writes of 64 bytes", Row::Bulk64, 1),
        ("1 MiB in writes of 256 bytes", Row::Bulk256, 1),
        ("1 MiB in writes of 1 KiB", Row::Bulk1K, 4),
        ("1 MiB in writes of 4 KiB", Row::Bulk4K, 4),
        ("16 MiB in writes of 64 bytes, buffered", Row::Buffered64, 4),
        ("16 MiB in writes of 16 KiB", Row::Bulk16K, 4),
        ("16 MiB in writes of 1 MiB", Row::Bulk1M, 4),
        ("full handshake, TLS 1.3", Row::Full13, 20),
        ("full handshake, TLS 1.2", Row::Full12, 20),
        ("resumed handshake, TLS 1.3", Row::Resumed13, 20),
        ("resumed handshake, TLS 1.2", Row::Resumed12, 20),
    ] {
        println!(
            "  {title:<40}{:>15}{:>15}{:>15}",
            of::<Ours>(row, times).unwrap_or_default(),
            of::<Ahead>(row, times).unwrap_or_default(),
            of::<Twin>(row, times).unwrap_or_default()
        );
    }
}

/// The calls for one unit of work.
fn of<T: Tls>(row: Row, times: u32) -> Option<String> {
    let few = count::<T>(row, times)?;
    let many = count::<T>(row, times * 3)?;
    Some(format!("{:.1}", (many - few) / f64::from(times * 2)))
}

fn count<T: Tls>(row: Row, times: u32) -> Option<f64> {
    let text = run_under::<T>(&["strace", "-f", "-c", "-U", "calls,name"], row, times)?;
    let total = text.lines().find(|line| line.contains("total"))?;
    total.split_whitespace().next()?.parse().ok()
}
