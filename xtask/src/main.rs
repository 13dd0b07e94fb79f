//! `cargo xtask`: pyssl's chores.

use std::path::PathBuf;
use std::process::ExitCode;

use xtask::{Result, openssl, reasons};

const USAGE: &str = "\
usage: cargo xtask reasons <OpenSSL version> <include directory>...
           prints the table of reason names for src/error/reasons/
       cargo xtask openssl 4.0
           builds OpenSSL 4.0 once and prints its directory, for OPENSSL_DIR
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(output) => {
            print!("{output}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["reasons", version, ref directories @ ..] if !directories.is_empty() => {
            let directories: Vec<PathBuf> = directories.iter().map(PathBuf::from).collect();
            reasons::table(version, &directories)
        }
        ["openssl", "4.0"] => Ok(format!("{}\n", openssl::build_4_0()?.display())),
        _ => Err(USAGE.into()),
    }
}
