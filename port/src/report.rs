//! The parts of the port of a file.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use crate::findings::{self, Finding};
use crate::given::Given;
use crate::names::{How, Mark, Program, Statement};
use crate::pieces::{Piece, Shape, arm, pieces, raised, without_arm};
use crate::render::{Marks, Renderer};
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, Source, children, text};
use crate::tree::Node;
use crate::words::{one_line, variable};
use crate::{PortError, skeleton};

/// Enough for the levels of nesting that `syntax` allows.
const STACK: usize = 64 << 20;

/// The port of a file: what it uses of the rules, with the Rust lines.
///
/// ```
/// let port = pyssl_port::Port::of(b"import ssl\ncontext = ssl.create_default_context()\n")?;
/// assert_eq!(port.entries[1].rust, ["let context = ssl::create_default_context(())?;"]);
/// # Ok::<(), pyssl_port::PortError>(())
/// ```
#[non_exhaustive]
#[derive(Debug, Default, Serialize)]
pub struct Port {
    /// The statements with uses, in order.
    pub entries: Vec<Entry>,
    /// Mistakes in the Python program itself, whether it is ported or not.
    pub findings: Vec<Finding>,
    /// Whether the parser skipped a part that is not Python.
    pub broken: bool,
    /// The number of lines.
    pub lines: usize,
    /// The functions that use TLS, as Rust functions; only of [`Port::with_skeleton`].
    #[serde(skip)]
    pub skeleton: String,
}

/// A statement of the program, with its Rust lines.
#[non_exhaustive]
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The first line, from 1.
    pub line: usize,
    /// The last line.
    pub end_line: usize,
    /// `Class.method`, or empty.
    pub scope: String,
    /// The statement; a compound statement without its body.
    pub python: String,
    /// The Rust lines; none if there is no counterpart.
    pub rust: Vec<String>,
    /// The differences in Rust.
    pub differs: Vec<String>,
    /// The features of the crate `pyssl` that the lines need.
    pub features: Vec<String>,
    /// The names that Python has removed.
    pub gone: Vec<String>,
    /// The names in the statement.
    pub uses: Vec<Use>,
}

/// A name that the program uses.
#[non_exhaustive]
#[derive(Debug, Serialize)]
pub struct Use {
    /// The full name, such as `ssl.SSLContext.wrap_socket`.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whether there is a Rust line.
    pub rust: bool,
    /// Why there is no Rust line; `None` for an unknown name.
    pub reason: Option<String>,
}

impl Port {
    /// Reads a program.
    ///
    /// # Errors
    ///
    /// The file is too large, nested too deeply, not UTF-8, or has NUL bytes. [`PortError::Fault`] is
    /// a fault of this crate.
    pub fn of(bytes: &[u8]) -> Result<Port, PortError> {
        Port::read_on_thread(bytes, false)
    }

    /// Reads a program, and writes its functions in Rust.
    ///
    /// ```
    /// let python = b"import ssl\ndef version(sock: ssl.SSLSocket):\n    return sock.version()\n";
    /// let port = pyssl_port::Port::with_skeleton(python)?;
    /// assert!(port.skeleton.contains("pub fn version(sock: ssl::SslSocket)"));
    /// # Ok::<(), pyssl_port::PortError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Port::of`].
    pub fn with_skeleton(bytes: &[u8]) -> Result<Port, PortError> {
        Port::read_on_thread(bytes, true)
    }

    fn read_on_thread(bytes: &[u8], with_skeleton: bool) -> Result<Port, PortError> {
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        let lines = ends + usize::from(bytes.last().is_some_and(|byte| *byte != b'\n'));
        if !mentions_tls(bytes) {
            // A file without uses of TLS is checked too, so that a file that cannot be Python is
            // always refused.
            Source::check(bytes)?;
            return Ok(Port {
                lines,
                ..Port::default()
            });
        }
        on_thread(|| Port::read(bytes, lines, with_skeleton))
    }

    fn read(bytes: &[u8], lines: usize, with_skeleton: bool) -> Result<Port, PortError> {
        let source = Source::parse(bytes)?;
        let mut program = Program::read(&source)?;
        let is_tls = |mark: &Mark<'_>| mark.rule.is_none_or(|rule| !rule.plain);
        if !program
            .statements
            .iter()
            .any(|s| s.marks.iter().any(is_tls))
        {
            program.statements.clear();
        }
        let marks = Marks::of(&program);
        let statements = program.statements.iter();
        Ok(Port {
            entries: statements
                .map(|statement| entry(&source, &program, &marks, statement))
                .collect(),
            findings: findings::of(&source, &program),
            broken: source.tree.has_error,
            lines,
            skeleton: match with_skeleton {
                true => skeleton::of(&source, &program, &marks),
                false => String::new(),
            },
        })
    }
}

/// Reads on a thread of its own: the walk is recursive, and the caller's thread may have a small stack.
fn on_thread(read: impl FnOnce() -> Result<Port, PortError> + Send) -> Result<Port, PortError> {
    let fault = |message: String| Err(PortError::Fault { message });
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        match thread.spawn_scoped(scope, read).map(|thread| thread.join()) {
            Ok(Ok(port)) => port,
            Ok(Err(panic)) => {
                let text = panic.downcast_ref::<&str>().copied();
                let text = text.or(panic.downcast_ref::<String>().map(String::as_str));
                let text = text.unwrap_or("no text");
                fault(format!(
                    "the reader panicked: {text} (a fault of pyssl port: please report it)"
                ))
            }
            Err(error) => fault(format!("no thread can be started: {error}")),
        }
    })
}

/// Whether a module of the rules is named.
fn mentions_tls(bytes: &[u8]) -> bool {
    // The first bytes of the modules' names allow a quick test of the lines that import.
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let roots = rules().roots();
    bytes
        .split(|byte| !is_word(byte))
        .any(|word| roots.iter().any(|root| root.as_bytes() == word))
}

/// The note of a coroutine for which Python does not wait at once.
const BESIDE: &str = "The Rust line waits for the result. tokio::join! runs several futures at once, and tokio::spawn runs one beside the program.";

/// Whether a coroutine becomes a task.
fn runs_beside(source: &str, coroutine: Node<'_>) -> bool {
    let list = coroutine
        .parent()
        .filter(|list| list.kind() == "argument_list");
    let call = list.and_then(|list| list.parent());
    let function = call.and_then(|call| call.child_by_field_id(FIELDS.function));
    let last = function.and_then(|function| text(source, function).rsplit('.').next());
    matches!(last, Some("create_task" | "ensure_future" | "gather"))
}

fn entry<'t>(
    source: &'t Source<'_>,
    program: &Program<'t>,
    marks: &Marks<'_, 't>,
    statement: &Statement<'t>,
) -> Entry {
    let mut renderer = Renderer::new(source.text, marks, false);
    let mut rust = Vec::new();
    let mut differs: Vec<String> = Vec::new();
    let mut lines = HashSet::new();
    if statement.node.kind().starts_with("except") {
        rust.extend(arm(source.text, statement));
        for class in without_arm(source.text, statement) {
            differs.push(format!(
                "The arm does not match `{class}`: the error of these lines has no such class, or the class is unknown."
            ));
        }
    }
    for piece in pieces(source.text, statement) {
        let line = line(source.text, &mut renderer, &piece);
        rust.extend(line.filter(|line| lines.insert(line.clone())));
    }
    let mut features = BTreeSet::new();
    let mut gone = Vec::new();
    for mark in &statement.marks {
        let Some(rule) = mark.rule else {
            continue;
        };
        if matches!(mark.how, How::Delete) {
            differs.push(format!("Rust cannot delete the property `{}`.", mark.name));
        } else if !matches!(mark.how, How::Import | How::Type) {
            differs.extend(rule.differs.clone().filter(|text| !differs.contains(text)));
            if let How::Call(arguments) = &mark.how {
                let given = Given::new(rule, arguments);
                for [condition, note] in &rule.notes {
                    if given.meets(source.text, condition) && !differs.contains(note) {
                        differs.push(note.clone());
                    }
                }
            }
        }
        let waits = rule
            .rust
            .as_deref()
            .is_some_and(|rust| rust.ends_with(".await?"));
        if waits && runs_beside(source.text, mark.node) && !differs.iter().any(|d| d == BESIDE) {
            differs.push(BESIDE.to_owned());
        }
        features.extend(rule.feature.clone());
        if let Some(version) = &rule.gone {
            let text = format!("{} was removed in Python {version}", mark.name);
            if !gone.contains(&text) {
                gone.push(text);
            }
        }
    }
    let mut dropped = HashSet::new();
    for name in renderer.dropped.iter().filter(|name| dropped.insert(*name)) {
        differs.push(format!("The Rust line leaves out `{}`.", one_line(name)));
    }
    let marks = statement.marks.iter();
    let uses = marks.map(|mark| usage(mark, !rust.is_empty())).collect();
    let start = statement.node.start_position();
    let python = source
        .text
        .get(statement.node.start_byte()..statement.end)
        .unwrap_or_default()
        .trim_end();
    Entry {
        line: start.row + 1,
        end_line: start.row + 1 + python.matches('\n').count(),
        scope: program.scopes[statement.scope].name.clone(),
        python: dedent(python, start.column),
        rust,
        differs,
        features: features.into_iter().collect(),
        gone,
        uses,
    }
}

fn usage(mark: &Mark<'_>, has_line: bool) -> Use {
    // For a call such as `context.wrap_socket(sock)`, the place is that of the last name before the
    // bracket.
    let node = mark
        .node
        .child_by_field_id(FIELDS.function)
        .unwrap_or(mark.node);
    let node = node.child_by_field_id(FIELDS.left).unwrap_or(node);
    let place = node.child_by_field_id(FIELDS.attribute).unwrap_or(node);
    let (line, column) = place.place();
    let is_type =
        matches!(mark.how, How::Type | How::Import) && rules().type_of(&mark.name).is_some();
    let has_rust = is_type || &*mark.name == "ssl" || mark.rule.is_some_and(Rule::has_rust);
    let rust = has_rust && has_line;
    let is_partial = mark
        .rule
        .is_some_and(|rule| rule.rust.as_deref() == Some(""));
    let no_line = (has_rust && !has_line && !is_partial)
        .then(|| "There is no Rust line for this use of it.".to_owned());
    let is_set = matches!(mark.how, How::Set(..));
    let has_setter = mark.rule.is_some_and(|rule| rule.set.is_some());
    let not_set = (is_set && !has_setter).then(|| match mark.receiver {
        Some(_) => "Rust reads it only.".to_owned(),
        None => "Rust cannot replace a name of a module: pass the object to the code that uses it."
            .to_owned(),
    });
    Use {
        name: mark.name.to_string(),
        line,
        column,
        rust,
        reason: not_set
            .or(no_line)
            .or_else(|| mark.rule?.differs.clone())
            .filter(|_| !rust),
    }
}

/// The Rust line of a part of a statement.
fn line<'t>(
    source: &'t str,
    renderer: &mut Renderer<'_, 't>,
    piece: &Piece<'_, 't>,
) -> Option<String> {
    if matches!(piece.mark.how, How::Except) {
        return None;
    }
    let text = renderer.mark(piece.mark)?;
    if matches!(piece.mark.how, How::Import | How::Type) {
        return Some(text);
    }
    let is_bound = piece.mark.rule.is_none_or(|rule| !rule.no_let);
    // A coroutine that Python awaits later.
    let is_later = piece
        .mark
        .node
        .parent()
        .is_some_and(|parent| parent.kind() == "assignment");
    let text = match text.strip_suffix(".await?") {
        Some(future) if is_later => future.to_owned(),
        _ => text,
    };
    Some(match piece.shape {
        Shape::Let(target) if is_bound => match binding(source, target) {
            Some(name) if name.contains('.') => format!("{name} = {text};"),
            Some(name) => format!("let {name} = {text};"),
            None => format!("{text};"),
        },
        Shape::With(Some(target)) => match binding(source, target) {
            Some(name) => format!("let {name} = {text}; // closed at the end of its scope"),
            None => format!("{text};"),
        },
        Shape::With(None) => format!("let _open = {text}; // closed at the end of its scope"),
        Shape::Return if !piece.mark.name.contains("Error") => format!("return Ok({text});"),
        _ => match raised(piece.mark.node) {
            true => format!("return Err({text}.into());"),
            false => format!("{text};"),
        },
    })
}

/// The Rust pattern for the target of an assignment.
fn binding(source: &str, target: Node<'_>) -> Option<String> {
    match target.kind() {
        "identifier" | "attribute" => {
            let python = text(source, target);
            python
                .chars()
                .all(|c| c == '_' || c == '.' || c.is_alphanumeric())
                .then(|| variable(python, false))
        }
        "pattern_list" | "tuple_pattern" | "tuple" => {
            let parts: Option<Vec<String>> = children(target)
                .into_iter()
                .map(|part| binding(source, part).filter(|name| !name.contains('.')))
                .collect();
            Some(format!("({})", parts?.join(", ")))
        }
        "as_pattern_target" => binding(source, target.named_child(0)?),
        _ => None,
    }
}

fn dedent(text: &str, column: usize) -> String {
    let mut lines = text.lines();
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let blank = line.len() - line.trim_start().len();
        out.push('\n');
        out += line.get(blank.min(column)..).unwrap_or(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_reader_is_a_fault_and_not_an_error_of_the_file() {
        let error = on_thread(|| panic!("line {}", 7)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the reader panicked: line 7 (a fault of pyssl port: please report it)"
        );
        assert!(matches!(error, PortError::Fault { .. }));
        assert!(on_thread(|| Ok(Port::default())).is_ok());
    }
}
