//! The summary of a run of `cargo test`.

use std::collections::BTreeMap;
use std::fmt;

/// The results of the test binaries, read from the output of `cargo test`.
#[derive(Debug, Default)]
pub(super) struct Summary {
    binaries: Vec<Binary>,
}

#[derive(Debug)]
struct Binary {
    name: String,
    /// The counts in the line `test result: ...`. `None` if the binary crashed or a time-out ended it.
    result: Option<Counts>,
    failed: Vec<String>,
    /// The tests that were skipped completely or in part, with the reasons.
    skipped: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
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
                skipped: BTreeMap::new(),
            });
        } else if let Some(binary) = self.binaries.last_mut() {
            if let Some(result) = code.strip_prefix("test result: ") {
                binary.result = counts(result);
            } else if let Some(name) = failure(code) {
                binary.failed.push(name.to_owned());
            } else if let Some((name, reason)) = skip(code) {
                binary.skipped.insert(name.to_owned(), reason.to_owned());
            }
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for binary in &self.binaries {
            write!(f, "{:<20} ", binary.name)?;
            match &binary.result {
                Some(counts) => {
                    let is_passed = |name: &&String| !binary.failed.contains(name);
                    let skipped = binary.skipped.keys().filter(is_passed).count();
                    let passed = counts.passed.saturating_sub(skipped);
                    let (failed, ignored) = (counts.failed, counts.ignored);
                    write!(f, "{passed} passed, {failed} failed, {ignored} ignored")?;
                    writeln!(f, ", {skipped} skipped")?;
                }
                None => writeln!(f, "it ended without a result")?,
            }
            for name in &binary.failed {
                writeln!(f, "{:<20} FAILED {name}", "")?;
            }
            for (name, reason) in &binary.skipped {
                writeln!(f, "{:<20} SKIPPED {name}: {reason}", "")?;
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
fn counts(result: &str) -> Option<Counts> {
    let (_, counts) = result.split_once(". ")?;
    let count = |kind| {
        let count = counts.split("; ").find_map(|part| part.strip_suffix(kind));
        count?.trim().parse().ok()
    };
    Some(Counts {
        passed: count("passed")?,
        failed: count("failed")?,
        ignored: count("ignored")?,
    })
}

/// The test in `test module::name ... FAILED`.
fn failure(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// The test and the reason in `SKIPPED module::name: reason`, which may follow other output on the same line. libtest
/// counts a skipped test as passed.
fn skip(line: &str) -> Option<(&str, &str)> {
    line.split_once("SKIPPED ")?.1.split_once(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_failures_skipped_tests_and_binaries_without_a_result() {
        let output = "   Compiling pyssl v0.1.0
     Running unittests src/lib.rs (target/debug/deps/pyssl-7b3b.exe)
test result: ok. 99 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s
     Running tests/aio/main.rs (target/debug/deps/aio-87e6.exe)
test endpoint::one ... FAILED
SKIPPED endpoint::two: no Python was found
SKIPPED endpoint::two: no Python was found
test endpoint::two ... ok
SKIPPED endpoint::one: it has no IPv6
test endpoint::three ... ok
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/wire.rs (target/debug/deps/wire-01ba.exe)
error: test failed";
        let mut summary = Summary::default();
        output.lines().for_each(|line| summary.read(line));
        let expected = "\
pyssl                99 passed, 0 failed, 1 ignored, 0 skipped
aio                  1 passed, 1 failed, 0 ignored, 1 skipped
                     FAILED endpoint::one
                     SKIPPED endpoint::one: it has no IPv6
                     SKIPPED endpoint::two: no Python was found
wire                 it ended without a result
";
        assert_eq!(summary.to_string(), expected);
    }
}
