//! Runs cases in Python and here, and compares the outcomes.

use std::fmt::Write as _;

use pyssl_testing::python::{Python, python_or_skip, same_openssl_or_skip};
use pyssl_testing::skipped;
use serde_json::Value;

use crate::interpreter::Interpreter;

/// A scenario: steps that both sides run in order, even if earlier ones failed.
pub(crate) struct Case {
    name: String,
    steps: Vec<Value>,
    since: (u32, u32),
    until_an_error: bool,
    differs: Option<Difference>,
}

/// The outcomes of a case's steps on this library, and other problems that were found.
pub(crate) type Outcomes = (Vec<Value>, Vec<String>);

/// A function that changes the outcomes of a case.
type Rewrite = Box<dyn Fn(&mut [Value])>;

/// A deliberate difference.
struct Difference {
    why: &'static str,
    /// Changes Python's outcomes into those that this library must have.
    ours: Rewrite,
}

impl Case {
    /// A case; `steps` is a JSON array.
    pub(crate) fn new(name: impl Into<String>, steps: Value) -> Case {
        let Value::Array(steps) = steps else {
            panic!("steps are an array: {steps}");
        };
        Case {
            name: name.into(),
            steps,
            since: (3, 10),
            until_an_error: false,
            differs: None,
        }
    }

    /// Sets the first version of Python that behaves as this case expects. Older versions do not run the case.
    pub(crate) fn since(mut self, minor: u32) -> Case {
        self.since = (3, minor);
        self
    }

    /// Compares up to the first step that fails, because in Python a failed step may leave the context
    /// changed. (Here a failed step leaves it as it was, which is always checked.)
    pub(crate) fn until_an_error(mut self) -> Case {
        self.until_an_error = true;
        self
    }

    /// Declares a deliberate difference, with the reason. `ours` changes Python's outcomes into ours.
    pub(crate) fn differs(
        mut self,
        why: &'static str,
        ours: impl Fn(&mut [Value]) + 'static,
    ) -> Case {
        self.differs = Some(Difference {
            why,
            ours: Box::new(ours),
        });
        self
    }
}

/// Runs the cases in Python and on this library, if a Python with the same OpenSSL is installed.
pub(crate) fn compare(cases: Vec<Case>) {
    if let Some(python) = same_openssl_or_skip() {
        compare_with(python, cases);
    }
}

/// Like [`compare`], for cases whose outcomes do not depend on OpenSSL's release.
pub(crate) fn compare_with_any_openssl(cases: Vec<Case>) {
    if let Some(python) = python_or_skip() {
        compare_with(python, cases);
    }
}

fn compare_with(python: &Python, cases: Vec<Case>) {
    let (major, minor, _) = python.version();
    let (cases, lacking): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .partition(|case| (major, minor) >= case.since);
    if let Some(last) = lacking.last() {
        skipped(format_args!(
            "{} cases, from {:?} to {:?}: Python {major}.{minor} differs from {}.{}",
            lacking.len(),
            lacking[0].name,
            last.name,
            last.since.0,
            last.since.1,
        ));
    }
    let input = input(&cases);
    let theirs = run_in_python(python, &input, &[]);
    let ours = input.lines().map(run_here).collect();
    let differences = differences(&cases, theirs, ours);
    let count = differences.lines().count();
    assert!(
        differences.is_empty(),
        "{count} differences from Python {major}.{minor}:\n{differences}"
    );
}

/// Runs the steps of a case on this library.
pub(crate) fn run_here(case: &str) -> Outcomes {
    let steps: Vec<Value> = serde_json::from_str(case).expect("a case is a list of steps");
    let mut interpreter = Interpreter::default();
    let outcomes = steps.iter().map(|step| interpreter.run(step)).collect();
    (outcomes, interpreter.complaints().to_vec())
}

/// A text with one line or more for each difference, and for each problem that an interpreter found.
pub(crate) fn differences(cases: &[Case], theirs: Vec<Vec<Value>>, ours: Vec<Outcomes>) -> String {
    assert_eq!(theirs.len(), cases.len(), "Python has run every case");
    assert_eq!(ours.len(), cases.len(), "every case has run here");
    let mut differences = String::new();
    let (mut steps, mut errors) = (0, 0);
    for ((case, mut theirs), (ours, complaints)) in cases.iter().zip(theirs).zip(ours) {
        assert_eq!(theirs.len(), ours.len(), "{}", case.name);
        if let Some(difference) = &case.differs {
            let before = theirs.clone();
            (difference.ours)(&mut theirs);
            if before == theirs {
                let _ = writeln!(
                    differences,
                    "{}: Python no longer differs ({})",
                    case.name, difference.why
                );
            }
        }
        for (step, (theirs, ours)) in case.steps.iter().zip(theirs.iter().zip(&ours)) {
            let shown: String = step.to_string().chars().take(160).collect();
            difference(&mut differences, &case.name, &shown, theirs, ours);
            steps += 1;
            errors += usize::from(theirs.get("error").is_some());
            if case.until_an_error && theirs.get("error").is_some() {
                break;
            }
        }
        for complaint in complaints {
            let _ = writeln!(differences, "{}: {complaint}", case.name);
        }
    }
    println!(
        "{} cases, {steps} steps, of which {errors} failed",
        cases.len()
    );
    differences
}

/// The cases in the format that the interpreters read, one in each line.
pub(crate) fn input(cases: &[Case]) -> String {
    cases
        .iter()
        .map(|case| Value::Array(case.steps.clone()).to_string() + "\n")
        .collect()
}

/// Runs the cases in Python, with these environment variables.
pub(crate) fn run_in_python(
    python: &Python,
    input: &str,
    variables: &[(&str, &str)],
) -> Vec<Vec<Value>> {
    let mut script = python.script(include_str!("interpreter.py"));
    for (name, value) in variables {
        script = script.env(name, value);
    }
    let printed = script.stdin(input).run().expect_success();
    printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("the interpreter prints JSON"))
        .collect()
}

/// Adds a line for each field that differs.
fn difference(
    out: &mut String,
    case: &str,
    path: &dyn std::fmt::Display,
    python: &Value,
    ours: &Value,
) {
    match (python, ours) {
        (Value::Object(python), Value::Object(ours)) if python.keys().eq(ours.keys()) => {
            for (key, python) in python {
                difference(out, case, &format_args!("{path} {key}"), python, &ours[key]);
            }
        }
        (Value::Array(python), Value::Array(ours)) if python.len() == ours.len() => {
            for (i, (python, ours)) in python.iter().zip(ours).enumerate() {
                difference(out, case, &format_args!("{path} [{i}]"), python, ours);
            }
        }
        _ if python == ours => {}
        _ => {
            let _ = writeln!(
                out,
                "{case}: {path}\n    Python {python}\n    ours   {ours}"
            );
        }
    }
}
