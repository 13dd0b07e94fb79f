//! The `pyssl` command: TLS servers and clients like those of Python's `ssl`.

mod args;
mod attempt;
mod cmd;
mod failure;
mod hint;
mod host_name;
mod input;
mod level;
mod net;
mod report;
mod setup;
mod sys;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cmd::run(cli.command) {
        Ok(code) => code,
        // The reader of the output has closed the pipe, which is not a failure.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            failure.print();
            ExitCode::from(2)
        }
    }
}
