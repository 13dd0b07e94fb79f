//! The summary of a run of `cargo test`.

use std::fmt;

/// The results of the test binaries, read from the output of `cargo test`.
#[derive(Debug, Default)]
pub(super) struct Summary {
    binaries: Vec<Binary>,
}

#[derive(Debug)]
struct Binary {
    name: String,
    /// The line `test result: ...`. A binary that crashes or is ended by a time-out writes none.
    result: Option<String>,
    failed: Vec<String>,
}

impl Summary {
    /// Reads the next line of the output.
    pub(super) fn read(&mut self, line: &str) {
        let code = line.trim();
        if let Some(rest) = code.strip_prefix("Running ") {
            self.binaries.push(Binary {
                name: binary(rest).unwrap_or(rest).to_owned(),
                result: None,
                failed: Vec::new(),
            });
        } else if let Some(binary) = self.binaries.last_mut() {
            if let Some(result) = code.strip_prefix("test result: ") {
                binary.result = Some(counts(result));
            } else if let Some(name) = failure(code) {
                binary.failed.push(name.to_owned());
            }
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for binary in &self.binaries {
            let result = binary
                .result
                .as_deref()
                .unwrap_or("it ended without a result");
            writeln!(f, "{:<20} {result}", binary.name)?;
            for name in &binary.failed {
                writeln!(f, "{:<20} FAILED {name}", "")?;
            }
        }
        Ok(())
    }
}

/// The name of a binary in `unittests src/lib.rs (target/debug/deps/pyssl-7b3b976513f43c56.exe)`.
fn binary(running: &str) -> Option<&str> {
    let (_, file) = running.rsplit_once(['/', '\\'])?;
    Some(file.rsplit_once('-')?.0)
}

/// The counts in `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.10s`.
fn counts(result: &str) -> String {
    let (_, counts) = result.split_once(". ").unwrap_or(("", result));
    let counts: Vec<_> = counts.split("; ").take(3).collect();
    counts.join(", ")
}

/// The test in `test module::name ... FAILED`.
fn failure(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_failures_and_binaries_without_a_result() {
        let output = "   Compiling pyssl v0.1.0
     Running unittests src/lib.rs (target/debug/deps/pyssl-7b3b.exe)
test result: ok. 99 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s
     Running tests/aio/main.rs (target/debug/deps/aio-87e6.exe)
test endpoint::one ... FAILED
test endpoint::two ... ok
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/wire.rs (target/debug/deps/wire-01ba.exe)
error: test failed";
        let mut summary = Summary::default();
        output.lines().for_each(|line| summary.read(line));
        let expected = "\
pyssl                99 passed, 0 failed, 1 ignored
aio                  1 passed, 1 failed, 0 ignored
                     FAILED endpoint::one
wire                 it ended without a result
";
        assert_eq!(summary.to_string(), expected);
    }
}
