//! The subcommands, one file each.

mod audit;
mod ciphers;
mod connect;
mod demo;
mod explain;
mod http;
mod policy;
mod port;
mod scan;
mod serve;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Cli, Command};
use crate::failure::Failure;

pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::run(args),
        Command::Connect(args) => connect::run(&args),
        Command::Ciphers(args) => ciphers::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Port(args) => port::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pyssl", &mut script);
            print(&script)
        }
        Command::Man { of } => print(&manual(of.as_deref())?),
    }
}

/// The manual page of the command, or of the subcommand `of`.
fn manual(of: Option<&str>) -> Result<Vec<u8>, Failure> {
    let mut command = Cli::command();
    // Gives the subcommands their full names.
    command.build();
    let command = match of {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::Usage(format!("there is no command '{name}'")))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

fn print(bytes: &[u8]) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
