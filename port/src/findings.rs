//! Mistakes in the Python program itself, whether it is ported or not.

use std::collections::{HashMap, HashSet};

use pyssl_ciphers::cipher::{CipherString, Severity};
use serde::Serialize;

use crate::constants::{Constant, Constants};
use crate::given::{Given, kind_of};
use crate::names::{Assignment, How, Mark, Program, Statement};
use crate::syntax::{FIELDS, Source, strip, text};
use crate::tree::Node;

/// A mistake in the Python program, and its place.
#[non_exhaustive]
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The code of the finding: a code of `pyssl audit` (A…) or of `pyssl ciphers` (C…), or P001 for a deprecated name,
    /// P002 for a name that Python has removed, P003 for an invalid cipher string.
    pub code: String,
    /// The severity of the mistake.
    pub severity: Severity,
    /// The mistake in words.
    pub message: String,
}

/// The facts about a context.
#[derive(Default)]
struct Facts {
    /// The indexes of the findings which say that this context does not verify the peer.
    unverified: Vec<usize>,
    trusted: bool,
}

/// A context: a function, a name in it, and the index of the assignment that has bound the name. `None` stands for
/// a name that the function does not assign, such as a parameter.
type Context<'t> = (usize, &'t str, Option<usize>);

/// More branches that assign the same name are not looked at.
const MOST_BRANCHES: usize = 64;

/// The assignments of a program.
struct Assignments<'p, 't> {
    list: &'p [Assignment<'t>],
    /// By function and name, in order.
    by_name: HashMap<(usize, &'t str), Vec<usize>>,
    by_node: HashMap<usize, usize>,
}

impl<'p, 't> Assignments<'p, 't> {
    fn of(program: &'p Program<'t>) -> Assignments<'p, 't> {
        let list = &program.assignments[..];
        let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
        let mut by_node = HashMap::new();
        for (index, assignment) in list.iter().enumerate() {
            let key = (assignment.scope, assignment.name);
            by_name.entry(key).or_default().push(index);
            by_node.insert(assignment.node, index);
        }
        for indexes in by_name.values_mut() {
            indexes.sort_by_key(|index| list[*index].start);
        }
        Assignments {
            list,
            by_name,
            by_node,
        }
    }

    /// The contexts that a name may hold at a place of a function. An assignment replaces all earlier ones for the rest
    /// of its block, and those of its own block for the places after the block.
    fn contexts(&self, scope: usize, name: &'t str, place: usize) -> Vec<Context<'t>> {
        let mut found = Vec::new();
        let indexes = self.by_name.get(&(scope, name));
        let indexes = indexes.map_or(&[][..], Vec::as_slice);
        let start = |index: &usize| self.list[*index].start;
        let mut end = indexes.partition_point(|index| start(index) < place);
        while end > 0 && found.len() < MOST_BRANCHES {
            let index = indexes[end - 1];
            found.push((scope, name, Some(index)));
            let block = &self.list[index].block;
            if place < block.end {
                break;
            }
            end = indexes[..end - 1].partition_point(|index| start(index) < block.start);
        }
        if found.is_empty() {
            found.push((scope, name, None));
        }
        found
    }

    /// The contexts that a statement with this expression creates and assigns; and whether the expression is an
    /// argument of a call, such as the protocol of `SSLContext(protocol)`.
    fn created(&self, expression: Node<'t>) -> (Vec<Context<'t>>, bool) {
        let mut contexts = Vec::new();
        let mut is_argument = false;
        let mut node = expression;
        while let Some(parent) = node.parent() {
            let target = match parent.kind() {
                "assignment" => parent.child_by_field_id(FIELDS.left),
                "named_expression" => parent.child_by_field_id(FIELDS.name),
                "call" => {
                    is_argument |= node.kind() == "argument_list";
                    None
                }
                "argument_list"
                | "keyword_argument"
                | "parenthesized_expression"
                | "await"
                | "conditional_expression"
                | "boolean_operator" => None,
                _ => break,
            };
            let index = target.and_then(|target| self.by_node.get(&target.id()));
            contexts.extend(index.map(|index| {
                let assignment = &self.list[*index];
                (assignment.scope, assignment.name, Some(*index))
            }));
            node = parent;
        }
        (contexts, is_argument)
    }
}

/// The contexts that require certificates.
struct Verified<'p, 't> {
    assignments: &'p Assignments<'p, 't>,
    contexts: HashSet<Context<'t>>,
    /// For each name that is passed to calls: whether all these calls create contexts that require certificates. The
    /// key also has the function with the calls; `None` stands for all functions.
    calls: HashMap<(Option<usize>, &'t str), bool>,
}

impl<'p, 't> Verified<'p, 't> {
    fn of(
        source: &'t str,
        program: &'p Program<'t>,
        assignments: &'p Assignments<'p, 't>,
        constants: &Constants<'_, 't>,
    ) -> Verified<'p, 't> {
        let mut verified = Verified {
            assignments,
            contexts: HashSet::new(),
            calls: HashMap::new(),
        };
        let marks = || {
            let statements = program.statements.iter();
            statements.flat_map(|s| s.marks.iter().map(|mark| (s.scope, mark)))
        };
        for (scope, mark) in marks() {
            let (How::Set(value, _), Some(receiver)) = (&mark.how, mark.receiver) else {
                continue;
            };
            let is_off = || {
                let value = constants.value(*value);
                value.is_some_and(|value| value.is("ssl.CERT_NONE", "ssl.VerifyMode"))
            };
            if &*mark.name == "ssl.SSLContext.verify_mode" && !is_off() {
                let (name, place) = (text(source, receiver), receiver.start_byte());
                let contexts = assignments.contexts(scope, name, place);
                verified.contexts.extend(contexts);
            }
        }
        for (scope, mark) in marks() {
            let How::Call(arguments) = &mark.how else {
                continue;
            };
            let is_verified = verified.any(&assignments.created(mark.node).0);
            let keywords = arguments.keywords.iter().map(|(_, node)| node);
            let all = arguments.positional.iter().chain(keywords);
            for node in all.filter(|node| matches!(node.kind(), "identifier" | "attribute")) {
                let name = text(source, *node);
                for key in [(None, name), (Some(scope), name)] {
                    *verified.calls.entry(key).or_insert(true) &= is_verified;
                }
            }
        }
        verified
    }

    fn any(&self, contexts: &[Context<'t>]) -> bool {
        contexts.iter().any(|c| self.contexts.contains(c))
    }

    /// Whether the context that a use creates requires certificates. A use may be a protocol that the statement assigns
    /// to a name. Then all contexts that are created with this name must require certificates.
    fn has(&self, statement: &Statement<'t>, mark: &Mark<'t>) -> bool {
        let (contexts, is_argument) = self.assignments.created(mark.node);
        if is_argument || matches!(mark.how, How::Call(_)) || contexts.is_empty() {
            return self.any(&contexts);
        }
        // `protocol = ssl.PROTOCOL_TLS`: the contexts are created with the name.
        let scope = Some(statement.scope).filter(|scope| *scope != 0);
        let calls = contexts.iter();
        let mut calls = calls
            .filter_map(|(_, name, _)| self.calls.get(&(scope, *name)))
            .peekable();
        calls.peek().is_some() && calls.all(|is_verified| *is_verified)
    }
}

pub(crate) fn of<'t>(source: &'t Source<'_>, program: &Program<'t>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut contexts: HashMap<Context<'_>, Facts> = HashMap::new();
    let constants = Constants::of(source, program);
    let assignments = Assignments::of(program);
    let verified = Verified::of(source.text, program, &assignments, &constants);
    for statement in &program.statements {
        for mark in &statement.marks {
            let is_mention = matches!(
                mark.how,
                How::Import | How::Type | How::Except | How::Delete
            );
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
                    message.contains("verifies nothing") && verified.has(statement, mark);
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
                    .is_some_and(|condition| holds(&constants, mark, condition))
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
                findings.extend(ciphers(&constants, mark, argument));
            }
            let unverified: Vec<usize> = (before..findings.len())
                .filter(|index| findings[*index].code == "A002")
                .collect();
            let trusted = trusts(source.text, mark);
            if unverified.is_empty() && !trusted {
                continue;
            }
            let found = match (mark.receiver, &mark.how) {
                (Some(receiver), _) => {
                    let (name, place) = (text(source.text, receiver), receiver.start_byte());
                    assignments.contexts(statement.scope, name, place)
                }
                (None, How::Call(_)) => assignments.created(mark.node).0,
                (None, _) => continue,
            };
            for context in found {
                let facts = contexts.entry(context).or_default();
                facts.unverified.extend(&unverified);
                facts.trusted |= trusted;
            }
        }
    }
    for facts in contexts.values().filter(|facts| facts.trusted) {
        for index in &facts.unverified {
            findings[*index].code = "A001".to_owned();
            "trusted certificates are loaded, but nothing is verified"
                .clone_into(&mut findings[*index].message);
        }
    }
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings.dedup_by(|a, b| {
        (a.line, a.column, &a.code, &a.message) == (b.line, b.column, &b.code, &b.message)
    });
    findings
}

fn finding(mark: &Mark<'_>, code: &str, severity: Severity, message: String) -> Finding {
    let (line, column) = mark.node.place();
    Finding {
        line,
        column,
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

/// Whether a use loads trusted certificates into a context.
fn trusts(source: &str, mark: &Mark<'_>) -> bool {
    let (Some(rule), How::Call(arguments)) = (mark.rule, &mark.how) else {
        return false;
    };
    let given = Given::new(rule, arguments);
    let is_given = |name: &&str| {
        let node = given.get(name);
        node.is_some_and(|node| !matches!(text(source, node), "None" | ""))
    };
    matches!(
        &*mark.name,
        "ssl.SSLContext.load_verify_locations" | "ssl.SSLContext.load_default_certs"
    ) || ["cafile", "capath", "cadata"].iter().any(is_given)
}

/// Whether the condition of a rule holds for a use.
fn holds<'t>(constants: &Constants<'_, 't>, mark: &Mark<'t>, condition: &str) -> bool {
    if let Some((first, rest)) = condition.split_once(" & ") {
        let mut both = [first, rest].into_iter();
        return both.all(|condition| holds(constants, mark, condition));
    }
    let is = |node: Node<'t>, wanted: &str, kind: &str| {
        let value = constants.value(node);
        value.is_some_and(|value| value.is(wanted, kind))
    };
    match &mark.how {
        How::Set(value, None) => match condition.split_once('=') {
            Some(("value", wanted)) => {
                let kind = mark.rule.and_then(|rule| rule.kind.as_deref());
                is(*value, wanted, kind.unwrap_or("any"))
            }
            _ => condition == "value" && strip(*value).kind() != "none",
        },
        How::Call(arguments) => {
            let Some(rule) = mark.rule else {
                return false;
            };
            let given = Given::new(rule, arguments);
            match condition.split_once('=') {
                Some((name, wanted)) => given
                    .get(name)
                    .is_some_and(|node| is(node, wanted, kind_of(rule, name))),
                None => {
                    let is_given = |name: &str| {
                        let node = given.get(name);
                        node.is_some_and(|node| node.kind() != "none")
                    };
                    match condition.strip_prefix('!') {
                        // `**kwargs` may contain the argument, so it is not known to be missing.
                        Some(name) => arguments.open.is_empty() && !is_given(name),
                        None => is_given(condition),
                    }
                }
            }
        }
        _ => false,
    }
}

/// The findings of the linter of cipher strings.
fn ciphers<'t>(constants: &Constants<'_, 't>, mark: &Mark<'t>, argument: &str) -> Vec<Finding> {
    let (Some(rule), How::Call(arguments)) = (mark.rule, &mark.how) else {
        return Vec::new();
    };
    let Some(node) = Given::new(rule, arguments).get(argument) else {
        return Vec::new();
    };
    let (line, column) = node.place();
    let at = |code: &str, severity, message| Finding {
        line,
        column,
        code: code.to_owned(),
        severity,
        message,
    };
    let mut findings = Vec::new();
    for value in constants.values(node).unwrap_or_default() {
        let value = match value {
            Constant::Text(value) => value,
            // pyOpenSSL's functions take the string as bytes.
            Constant::Bytes(value) => String::from_utf8_lossy(&value).into_owned(),
            _ => continue,
        };
        match CipherString::parse(&value).and_then(|string| string.lint()) {
            Ok(found) => findings.extend(
                found
                    .iter()
                    .map(|f| at(f.code().code(), f.severity(), f.message().to_owned())),
            ),
            Err(error) => findings.push(at(
                "P003",
                Severity::Error,
                format!("the cipher string is invalid: {error}"),
            )),
        }
    }
    findings
}
