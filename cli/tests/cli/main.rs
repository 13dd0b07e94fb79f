//! Runs the command, and checks its output and exit code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic fails the test"
)]

mod audit;
mod ci;
mod ciphers;
mod ciphers_files;
mod connect;
mod demo;
mod fake;
mod formats;
mod general;
mod peers;
mod port;
mod renewal;
mod scan;
mod scan_gaps;
mod scan_report;
mod scan_wire;
mod serve;
mod serve_limits;
mod starttls;
mod support;
