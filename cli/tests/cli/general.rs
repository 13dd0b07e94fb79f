//! Common behaviour of all subcommands.

use std::fs::File;
use std::process::Stdio;

use pyssl_testing::skipped;

use crate::support::{Killed, pyssl, run};

#[test]
fn version_prints_the_openssl_version() {
    let output = run(["--version"]);
    assert_eq!(output.code, Some(0));
    let openssl = *pyssl::OPENSSL_VERSION;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(output.stdout, format!("pyssl {version} ({openssl})\n"));
}

#[test]
fn wrong_usage_has_exit_code_2() {
    for args in [
        vec![],
        vec!["no-such-command"],
        vec!["connect"],
        vec!["connect", "localhost:"],
        vec!["connect", "::1:443"],
        vec!["connect", "localhost:1", "--brief", "--json"],
        vec!["connect", "localhost:1", "--cafile", "a", "--no-verify"],
        vec!["connect", "localhost:1", "--key", "a"],
        vec!["connect", "localhost:1", "--timeout", "0"],
        vec!["connect", "localhost:1", "--min", "1.3", "--max", "1.2"],
        vec!["connect", "localhost:1", "--min", "1.4"],
        vec!["ciphers", "AES", "-V", "--json"],
        vec!["ciphers", "AES", "--full"],
        vec!["ciphers", "AES", "--server", "a"],
        vec!["ciphers", "--min", "1.3", "--max", "1.2"],
        vec!["scan", ""],
        vec!["scan", "localhost:1", "--starttls", "gopher"],
        vec!["audit", "--key", "a"],
        vec!["serve", "localhost:0"],
        vec!["serve", "localhost:0", "--cert", "a", "--http", "--echo"],
        vec!["serve", "localhost:0", "--cert", "a", "--max-clients", "0"],
    ] {
        let output = run(&args);
        assert_eq!(output.code, Some(2), "{args:?} {output:?}");
        assert_eq!(output.stdout, "", "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn every_command_has_help() {
    for command in [
        "demo",
        "serve",
        "connect",
        "ciphers",
        "audit",
        "scan",
        "completions",
        "man",
    ] {
        let output = run([command, "--help"]);
        assert_eq!(output.code, Some(0), "{output:?}");
        assert!(output.stdout.contains("Usage: pyssl"), "{output:?}");
    }
}

#[test]
fn completions_and_the_manual_are_printed() {
    let output = run(["completions", "bash"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout.contains("--client-ca"));
    for option in ["--explain", "--verify-mode", "--rate"] {
        assert!(output.stdout.contains(option), "{option}");
    }
    let output = run(["man"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout.starts_with(".ie") && output.stdout.contains(".TH pyssl"));
    assert!(output.stdout.contains("pyssl\\-connect"));
    for command in ["ciphers", "audit", "scan"] {
        assert!(
            output.stdout.contains(&format!("pyssl\\-{command}")),
            "{command}"
        );
        let page = run(["man", command]);
        assert!(page.stdout.contains("\\-\\-json") && page.stdout.contains("Exit codes"));
    }
    let output = run(["man", "connect"]);
    assert!(output.stdout.contains("\\-\\-no\\-verify"), "{output:?}");
}

// Not on Windows: the standard library has no pipe whose end is closed.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_not_a_failure() {
    for args in [vec!["demo"], vec!["man"], vec!["completions", "zsh"]] {
        let (reader, writer) = crate::support::pipe();
        drop(reader);
        let child = pyssl().args(&args).stdout(writer).spawn().unwrap();
        assert_eq!(Killed(child).wait(), Some(0), "{args:?}");
    }
}

#[test]
fn a_full_disk_sets_the_exit_code() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        skipped("there is no /dev/full");
        return;
    };
    let child = pyssl()
        .arg("man")
        .stdout(full)
        .stderr(Stdio::null())
        .spawn();
    assert_eq!(Killed(child.unwrap()).wait(), Some(2));
}

#[test]
fn explain_prints_the_meaning_of_codes() {
    let output = run(["explain", "c007", "A003"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    for text in ["C007  ", "why ", "what to do ", "RFC 9325", "A003  "] {
        assert!(output.stdout.contains(text), "{text}: {output:?}");
    }
    let all = run(["explain"]);
    assert!(all.stdout.lines().count() > 70, "{all:?}");
    let output = run(["explain", "Z1"]);
    assert_eq!(output.code, Some(2));
    assert!(
        output.stderr.contains("there is no code 'Z1'"),
        "{output:?}"
    );
}
