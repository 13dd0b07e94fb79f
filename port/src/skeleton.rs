//! Rust functions for the functions that use TLS: the Rust lines in their places, the rest as comments.

use std::collections::{BTreeMap, HashMap};

use tree_sitter::Node;

use crate::names::{How, Program, Statement};
use crate::pieces::{Piece, Shape, alias, arms, family, pieces, raised};
use crate::render::{Need, Renderer};
use crate::rules::rules;
use crate::syntax::{Source, children, text};
use crate::value::Value;
use crate::words::{is_direction, quoted, variable};

/// The functions of a file.
pub(crate) fn of(source: &Source<'_>, program: &Program<'_>) -> String {
    let mut by_scope: BTreeMap<usize, Vec<&Statement<'_>>> = BTreeMap::new();
    for statement in &program.statements {
        by_scope.entry(statement.scope).or_default().push(statement);
    }
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut out = String::new();
    for (scope, statements) in by_scope {
        let mut function = Function::new(source.text, statements);
        function.body(program, scope);
        let scope = &program.scopes[scope];
        let mut name = match scope.name.as_str() {
            "" => "module".to_owned(),
            name => variable(&name.trim_matches('_').replace('.', "_"), true),
        };
        if name.is_empty() || name == "py" || name == "_" {
            name = format!("{name}_function");
        }
        let count = names.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            name = format!("{name}_{count}");
        }
        out += &function.finish(&name, scope.is_async);
        out.push('\n');
    }
    out
}

struct Function<'s, 't> {
    source: &'t str,
    /// The statements, in the order in which they start.
    statements: Vec<&'s Statement<'t>>,
    parameters: Vec<Need>,
    /// The Rust types of the bound names.
    types: HashMap<String, Option<String>>,
    lines: String,
    depth: usize,
    /// The open `match`es: where their arms end, and the types that the names had before.
    open: Vec<Open>,
}

struct Open {
    /// The byte where the body of the clause ends.
    end: usize,
    /// Whether the clause is the last one of its `try`.
    is_last: bool,
    types: HashMap<String, Option<String>>,
}

impl<'s, 't> Function<'s, 't> {
    fn new(source: &'t str, mut statements: Vec<&'s Statement<'t>>) -> Function<'s, 't> {
        statements.sort_by_key(|statement| statement.node.start_byte());
        Function {
            source,
            statements,
            parameters: Vec::new(),
            types: HashMap::new(),
            lines: String::new(),
            depth: 1,
            open: Vec::new(),
        }
    }

    fn push(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        for _ in 0..self.depth {
            self.lines += "    ";
        }
        self.lines += line;
        self.lines.push('\n');
    }

    /// A line of Python as a comment.
    fn comment(&mut self, line: &str) {
        let line: String = line
            .chars()
            .filter(|c| !c.is_control() && !is_direction(*c))
            .collect();
        let line = line.trim_end();
        if !line.trim().is_empty() {
            self.push(&format!("// {line}"));
        }
    }

    fn body(&mut self, program: &Program<'t>, scope: usize) {
        let node = program.scopes[scope].node;
        // Functions that are defined within this function are written on their own.
        let mut others: Vec<(usize, usize)> = program
            .scopes
            .iter()
            .enumerate()
            .filter(|(number, other)| {
                *number != scope
                    && node.start_byte() <= other.node.start_byte()
                    && other.node.end_byte() <= node.end_byte()
            })
            .map(|(_, other)| (other.node.start_byte(), other.node.end_byte()))
            .collect();
        others.sort_unstable();
        let statements = std::mem::take(&mut self.statements);
        let mut pending = statements.iter().peekable();
        let mut place = node.start_byte() - node.start_position().column;
        let indent = match scope {
            0 => 0,
            _ => node.start_position().column,
        };
        let mut other = 0;
        let end = node.end_byte();
        for line in self.source[place..end].split_inclusive('\n') {
            let line_end = place + line.len();
            self.close(place);
            while others.get(other).is_some_and(|(_, end)| *end <= place) {
                other += 1;
            }
            // Of such a function, the first line stays as a comment, and its body is left out.
            let is_other = others
                .get(other)
                .is_some_and(|(start, end)| *start < place && place < *end);
            if !is_other {
                let blank = line.len() - line.trim_start().len();
                self.comment(
                    line.get(blank.min(indent)..)
                        .unwrap_or(line)
                        .trim_end_matches(['\n', '\r']),
                );
            }
            while let Some(statement) =
                pending.next_if(|s| s.end.min(end) <= line_end || !within(s, line_end))
            {
                self.statement(statement);
            }
            place = line_end;
        }
        for statement in pending {
            self.statement(statement);
        }
        self.close(usize::MAX);
    }

    /// Closes the arms that end before `place`.
    fn close(&mut self, place: usize) {
        while self.open.last().is_some_and(|open| open.end <= place) {
            if let Some(open) = self.open.pop() {
                self.types = open.types;
                self.depth -= 1;
                self.push("}");
                if open.is_last {
                    self.push("Err(e) => return Err(e.into()),");
                    self.depth -= 1;
                    self.push("}");
                }
            }
        }
    }

    fn statement(&mut self, statement: &'s Statement<'t>) {
        if statement.node.kind().starts_with("except") {
            self.except(statement);
        }
        for piece in pieces(statement) {
            self.piece(statement, &piece);
        }
    }

    /// Opens a `match` at the first clause with exceptions of TLS, and the arm of each clause.
    fn except(&mut self, statement: &'s Statement<'t>) {
        let (Some(family), Some(whole)) = (family(statement), statement.node.parent()) else {
            return;
        };
        let arms = arms(self.source, statement);
        let Some(body) = children(statement.node)
            .into_iter()
            .find(|child| child.kind() == "block")
        else {
            return;
        };
        let name = alias(self.source, statement.node).unwrap_or_else(|| "e".to_owned());
        let line = whole.start_position().row + 1;
        self.push(&format!(
            "match py::<Result<(), {family}>>(\"the lines of `try`, line {line}\") {{"
        ));
        self.depth += 1;
        self.push("Ok(()) => {}");
        for (index, arm) in arms.iter().enumerate() {
            self.push(arm);
            if index + 1 < arms.len() {
                self.push("}");
            }
        }
        self.depth += 1;
        let types = self.types.clone();
        self.types.insert(name, Some(family.to_owned()));
        self.open.push(Open {
            end: body.end_byte(),
            is_last: true,
            types,
        });
    }

    fn piece(&mut self, statement: &'s Statement<'t>, piece: &Piece<'s, 't>) {
        let mark = piece.mark;
        if matches!(mark.how, How::Except | How::Import | How::Type) {
            return;
        }
        let mut renderer = Renderer::new(self.source, &statement.marks, true);
        let Some(text) = renderer.mark(mark) else {
            return;
        };
        let needs = std::mem::take(&mut renderer.needs);
        for need in needs.iter().cloned() {
            self.need(need);
        }
        for need in needs.into_iter().filter(|need| need.moves) {
            self.types.insert(need.name, None);
        }
        let rule = mark.rule;
        let is_bound = rule.is_none_or(|rule| !rule.no_let);
        let target = match piece.shape {
            Shape::Let(target) | Shape::With(Some(target)) if is_bound => {
                bindings(self.source, target)
            }
            _ => None,
        };
        let values = match (&mark.value, &target) {
            (Value::Tuple(values), Some(names)) if values.len() == names.len() => values.clone(),
            (value, _) => vec![value.clone()],
        };
        match target {
            Some(names) if names.len() == values.len() || names.len() == 1 => {
                let mut pattern = Vec::new();
                for (name, value) in names.iter().zip(&values) {
                    let (kind, mutable) =
                        bound_type(value, rule.and_then(|rule| rule.returns.as_deref()));
                    pattern.push(match mutable {
                        true => format!("mut {name}"),
                        false => name.clone(),
                    });
                    self.types.insert(name.clone(), kind);
                }
                let pattern = match &pattern[..] {
                    [one] => one.clone(),
                    all => format!("({})", all.join(", ")),
                };
                self.push(&format!("let {pattern} = {text};"));
            }
            Some(names) => {
                for name in names {
                    self.types.insert(name, None);
                }
                self.push(&format!("let _ = {text};"));
            }
            None if matches!(piece.shape, Shape::With(_)) => {
                self.push(&format!("let _open = {text};"))
            }
            None if raised(mark.node) => {
                self.push(&format!("let raised: AnyError = {text}.into();"))
            }
            None => self.push(&format!("let _ = {text};")),
        }
        if rule.is_some_and(|rule| rule.moves) {
            if let Some(receiver) = mark.receiver {
                let name = variable(self::text(self.source, receiver), true);
                self.types.insert(name, None);
            }
        }
    }

    /// Makes a name available that a line needs: the name is bound already, or becomes a parameter, or is bound to a
    /// placeholder.
    fn need(&mut self, need: Need) {
        match self.types.get(&need.name) {
            Some(Some(kind)) if need.types.contains(kind) => {}
            None if self.open.is_empty() => {
                self.types
                    .insert(need.name.clone(), need.types.first().cloned());
                self.parameters.push(need);
            }
            _ => {
                let kind = need.types.first().cloned().unwrap_or_default();
                let word = if need.mutable { "mut " } else { "" };
                let python = quoted(&need.name);
                self.push(&format!("let {word}{}: {kind} = py({python});", need.name));
                self.types.insert(need.name, Some(kind));
            }
        }
    }

    fn finish(self, name: &str, is_async: bool) -> String {
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|need| {
                let word = if need.mutable { "mut " } else { "" };
                format!(
                    "{word}{}: {}",
                    need.name,
                    need.types.first().map_or("()", String::as_str)
                )
            })
            .collect();
        let word = match is_async || self.lines.contains(".await") {
            true => "async ",
            false => "",
        };
        format!(
            "pub {word}fn {name}({}) -> Result<(), AnyError> {{\n{}    Ok(())\n}}\n",
            parameters.join(", "),
            self.lines
        )
    }
}

/// Whether a statement ends after a line.
fn within(statement: &Statement<'_>, line_end: usize) -> bool {
    statement.end > line_end
}

/// The names of a target.
fn bindings(source: &str, target: Node<'_>) -> Option<Vec<String>> {
    match target.kind() {
        "identifier" | "attribute" => {
            let python = text(source, target);
            let is_plain = python
                .chars()
                .all(|c| c == '_' || c == '.' || c.is_alphanumeric());
            is_plain.then(|| vec![variable(python, true)])
        }
        "pattern_list" | "tuple_pattern" | "tuple" => {
            let mut names = Vec::new();
            for part in children(target) {
                let one = bindings(source, part)?;
                if one.len() != 1 || names.contains(&one[0]) {
                    return None;
                }
                names.extend(one);
            }
            Some(names)
        }
        "as_pattern_target" => bindings(source, target.named_child(0)?),
        _ => None,
    }
}

/// The Rust type of a bound value, and whether it must be `mut`.
fn bound_type(value: &Value, returns: Option<&str>) -> (Option<String>, bool) {
    let Value::Instance(class) = value else {
        return (None, false);
    };
    let Some(kind) = rules().type_of(class) else {
        return (None, false);
    };
    match returns.is_some_and(|returns| returns.starts_with('?')) {
        true => (Some(format!("Option<{}>", kind.rust)), false),
        false => (Some(kind.rust.clone()), kind.mutable),
    }
}
