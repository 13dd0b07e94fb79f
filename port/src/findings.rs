//! Mistakes in the Python program itself, whether it is ported or not.

use std::collections::HashMap;

use pyssl_ciphers::cipher::{CipherString, Severity};
use serde::Serialize;
use tree_sitter::Node;

use crate::given::Given;
use crate::names::{How, Mark, Program};
use crate::syntax::{FIELDS, Source, children, literal, strip, text};

/// A mistake in the Python program, and its place.
#[non_exhaustive]
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// The code of the finding: a code of `pyssl audit` (A…) or of `pyssl ciphers` (C…), or P001 for a deprecated name,
    /// P002 for a name that Python has removed, P003 for an invalid cipher string.
    pub code: String,
    /// The severity of the mistake.
    pub severity: Severity,
    /// The mistake in words.
    pub message: String,
}

/// The facts about a context, found in one function.
#[derive(Default)]
struct Facts {
    /// The index of the finding that this context verifies nothing.
    unverified: Option<usize>,
    trusted: bool,
}

pub(crate) fn of(source: &Source<'_>, program: &Program<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut contexts: HashMap<(usize, &str), Facts> = HashMap::new();
    let constants = constants(source);
    // The functions that require certificates.
    let verifying: Vec<usize> = program
        .statements
        .iter()
        .filter(|statement| {
            statement.marks.iter().any(|mark| match mark.how {
                How::Set(value, _) => {
                    &*mark.name == "ssl.SSLContext.verify_mode"
                        && !text(source.text, value).ends_with("CERT_NONE")
                }
                _ => false,
            })
        })
        .map(|statement| statement.scope)
        .collect();
    for statement in &program.statements {
        for mark in &statement.marks {
            let is_mention = matches!(mark.how, How::Import | How::Type | How::Except);
            let Some(rule) = mark.rule.filter(|_| !is_mention) else {
                continue;
            };
            let before = findings.len();
            if let Some(version) = &rule.gone {
                let message = format!("{} was removed in Python {version}", mark.name);
                findings.push(finding(mark, "P002", Severity::Error, message));
            } else if let Some(version) = &rule.old {
                let message = format!("{} is deprecated since Python {version}", mark.name);
                findings.push(finding(mark, "P001", Severity::Note, message));
            }
            if let Some([code, severity, message]) = &rule.finding {
                let is_verified =
                    verifying.contains(&statement.scope) && message.contains("verifies nothing");
                if !is_verified {
                    findings.push(finding(
                        mark,
                        code,
                        self::severity(severity),
                        message.clone(),
                    ));
                }
            }
            let found = rule.findings.iter().find(|row| {
                row.first()
                    .is_some_and(|condition| holds(source.text, &statement.marks, mark, condition))
            });
            if let Some([_, code, severity, message]) = found.map(Vec::as_slice) {
                findings.push(finding(
                    mark,
                    code,
                    self::severity(severity),
                    message.clone(),
                ));
            }
            for argument in ["cipherlist", "ciphers"] {
                findings.extend(ciphers(source.text, &constants, mark, argument));
            }
            if let Some(receiver) = mark.receiver {
                let facts = contexts
                    .entry((statement.scope, text(source.text, receiver)))
                    .or_default();
                let is_none = findings[before..]
                    .iter()
                    .position(|finding| finding.code == "A002");
                if let Some(place) = is_none {
                    facts.unverified = Some(before + place);
                }
                facts.trusted |= matches!(
                    &*mark.name,
                    "ssl.SSLContext.load_verify_locations" | "ssl.SSLContext.load_default_certs"
                );
            }
        }
    }
    for facts in contexts.values() {
        if let (Some(place), true) = (facts.unverified, facts.trusted) {
            findings[place].code = "A001".to_owned();
            "trusted certificates are loaded, but nothing is verified"
                .clone_into(&mut findings[place].message);
        }
    }
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings.dedup_by(|a, b| {
        (a.line, a.column, &a.code, &a.message) == (b.line, b.column, &b.code, &b.message)
    });
    findings
}

fn finding(mark: &Mark<'_>, code: &str, severity: Severity, message: String) -> Finding {
    let start = mark.node.start_position();
    Finding {
        line: start.row + 1,
        column: start.column + 1,
        code: code.to_owned(),
        severity,
        message,
    }
}

fn severity(text: &str) -> Severity {
    match text {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Note,
    }
}

/// Whether the condition of a rule holds for a use.
fn holds(source: &str, marks: &[Mark<'_>], mark: &Mark<'_>, condition: &str) -> bool {
    // `ssl.CERT_NONE` may have been imported under another name.
    let is = |node: Node<'_>, wanted: &str| {
        let node = strip(node);
        let found = marks.iter().find(|mark| mark.node.id() == node.id());
        found.map_or(text(source, node), |mark| &mark.name) == wanted
    };
    match &mark.how {
        How::Set(value, None) => match condition.split_once('=') {
            Some(("value", wanted)) => is(*value, wanted),
            _ => condition == "value" && strip(*value).kind() != "none",
        },
        How::Call(arguments) => {
            let Some(rule) = mark.rule else {
                return false;
            };
            let given = Given::new(rule, arguments);
            match condition.split_once('=') {
                Some((name, wanted)) => given.get(name).is_some_and(|node| is(node, wanted)),
                // With `**kwargs`, the call may pass the argument in them, so it is not known to be missing.
                None if condition.starts_with('!') => {
                    !arguments.open && given.meets(source, condition)
                }
                None => given.meets(source, condition),
            }
        }
        _ => false,
    }
}

/// The texts that are bound to names in the module.
fn constants<'t>(source: &'t Source<'_>) -> HashMap<&'t str, String> {
    let mut constants = HashMap::new();
    for statement in children(source.tree.root_node()) {
        let Some(assignment) = statement
            .named_child(0)
            .filter(|node| node.kind() == "assignment")
        else {
            continue;
        };
        let name = assignment.child_by_field_id(FIELDS.left);
        let value = assignment.child_by_field_id(FIELDS.right);
        if let (Some(name), Some(value)) = (name, value) {
            if let Some((value, false)) = literal(source.text, value) {
                constants.insert(text(source.text, name), value);
            }
        }
    }
    constants
}

/// The findings of the linter of cipher strings.
fn ciphers(
    source: &str,
    constants: &HashMap<&str, String>,
    mark: &Mark<'_>,
    argument: &str,
) -> Vec<Finding> {
    let (Some(rule), How::Call(arguments)) = (mark.rule, &mark.how) else {
        return Vec::new();
    };
    let Some(node) = Given::new(rule, arguments).get(argument) else {
        return Vec::new();
    };
    let written = literal(source, node).map(|(value, _)| value);
    let Some(value) = written.or_else(|| constants.get(text(source, node)).cloned()) else {
        return Vec::new();
    };
    let start = node.start_position();
    let at = |code: &str, severity, message| Finding {
        line: start.row + 1,
        column: start.column + 1,
        code: code.to_owned(),
        severity,
        message,
    };
    let lint = CipherString::parse(&value).and_then(|string| string.lint());
    match lint {
        Ok(found) => found
            .iter()
            .map(|f| at(f.code().code(), f.severity(), f.message().to_owned()))
            .collect(),
        Err(error) => vec![at(
            "P003",
            Severity::Error,
            format!("the cipher string is invalid: {error}"),
        )],
    }
}
