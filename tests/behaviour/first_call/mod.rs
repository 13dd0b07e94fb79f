//! Every public function as the first call of a process.
//!
//! OpenSSL must be initialised with `OPENSSL_INIT_NO_ATEXIT` before anything else uses it.
//! Otherwise it registers an exit handler, which frees state that other threads still use, and a
//! process that returns from `main` at that time crashes. So each function runs as the first call
//! of a process of its own. The exit status shows whether the handler was registered.

/// Lists calls, each with the names of the public functions that it covers: `"name", "name" =>
/// call;`.
macro_rules! calls {
    ($($($name:literal),+ => $call:expr;)*) => {
        &[$(Call {
            functions: &[$($name),+],
            run: || {
                let _ = std::hint::black_box($call);
            },
        }),*]
    };
}

mod calls;
mod census;
mod plain;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use pyssl_testing::{Files, at_exit, skipped};

const CALL: &str = "PYSSL_TEST_FIRST_CALL";
const REGISTER: &str = "PYSSL_TEST_REGISTER";
/// The path of a certificate with its key, for the calls.
const PEM: &str = "PYSSL_TEST_PEM";

/// The call that makes OpenSSL register its exit handler, as a control.
const CONTROL: &str = "OpenSSL's own initialisation";

/// One call, and the public functions that it covers.
struct Call {
    functions: &'static [&'static str],
    run: fn(),
}

/// The state of OpenSSL in a process.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// OpenSSL was not called.
    Untouched,
    /// OpenSSL is initialised, without the exit handler.
    Initialised,
    /// OpenSSL's exit handler ran.
    Registered,
}

/// Runs in a child process. Its first call is the one that the environment variable names.
#[test]
fn child_process_makes_the_call_that_a_variable_names() {
    let Ok(name) = std::env::var(CALL) else {
        return;
    };
    if name != CONTROL {
        let mut calls = calls::alone().chain(calls::untouched());
        let call = calls.find(|call| call.functions[0] == name).unwrap();
        (call.run)();
    }
    if name == CONTROL || std::env::var_os(REGISTER).is_some() {
        at_exit::watch_and_register();
    } else {
        at_exit::watch();
    }
}

/// Whether the exit handler ran in a process that began with this call.
fn handler_ran(name: &str, pem: &str, register: bool) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "first_call::child_process_makes_the_call_that_a_variable_names",
        ])
        .env(CALL, name)
        .env(PEM, pem);
    if register {
        command.env(REGISTER, "1");
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{name}: {text}");
    match output.status.code() {
        Some(0) => false,
        Some(at_exit::CLEANED_UP) => true,
        _ => panic!("{name}: {}", output.status),
    }
}

/// Calls `f` with the path of a file that holds a certificate and its key. Skips where OpenSSL
/// registers no exit handler.
fn with_pem(f: impl FnOnce(&str)) {
    let files = Files::localhost();
    let pem = files.combined.to_str().unwrap();
    if handler_ran(CONTROL, pem, false) {
        f(pem);
    } else {
        skipped("this OpenSSL registers no exit handler");
    }
}

fn outcome(name: &str, pem: &str) -> Outcome {
    if handler_ran(name, pem, false) {
        Outcome::Registered
    } else if handler_ran(name, pem, true) {
        Outcome::Untouched
    } else {
        Outcome::Initialised
    }
}

#[test]
fn no_function_registers_openssls_exit_handler() {
    with_pem(|pem| {
        let registered: Vec<_> = calls::alone()
            .map(|call| call.functions[0])
            .filter(|name| handler_ran(name, pem, false))
            .collect();
        assert!(registered.is_empty(), "{registered:#?}");
    });
}

/// Functions of options and plain values do not call OpenSSL.
#[test]
fn functions_of_plain_values_do_not_call_openssl() {
    with_pem(|pem| {
        for call in calls::untouched() {
            let name = call.functions[0];
            assert_eq!(outcome(name, pem), Outcome::Untouched, "{name}");
        }
    });
}

/// Methods of these types are never the first call, because the functions that make their values
/// initialise OpenSSL.
#[test]
fn constructors_initialise_openssl() {
    with_pem(|pem| {
        let made: BTreeSet<&str> = calls::MADE_BY
            .iter()
            .flat_map(|(_, by)| *by)
            .copied()
            .collect();
        for name in made {
            assert_eq!(outcome(name, pem), Outcome::Initialised, "{name}");
        }
    });
}

/// Reads the sources, so that no function that is added later can be forgotten.
#[test]
fn every_public_function_is_tested_as_first_call() {
    let made: BTreeSet<&str> = calls::MADE_BY.iter().map(|(made, _)| *made).collect();
    let found = census::functions(&made);
    let mut called = BTreeMap::new();
    for call in calls::alone().chain(calls::untouched()) {
        for name in call.functions {
            // The further calls of a function have a text after a colon.
            let name = name.split(": ").next().unwrap_or(name);
            called.insert(name, call.functions[0]);
        }
    }
    let missing: Vec<_> = found
        .iter()
        .filter(|name| !called.contains_key(name.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "add these to calls.rs or plain.rs beside this test: {missing:#?}"
    );
    let gone: Vec<_> = called
        .keys()
        .filter(|name| !found.contains(**name))
        .collect();
    assert!(gone.is_empty(), "no such functions: {gone:#?}");
}
