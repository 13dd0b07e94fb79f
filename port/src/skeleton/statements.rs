//! One function: its comments, its simple statements, and its signature.

use std::collections::{HashMap, HashSet};

use super::Function;
use super::names::{bindings, bound_type};
use super::parts::{Block, Jump, Kind, Returned};
use crate::names::{How, Mark, Program, Statement};
use crate::pieces::{Piece, Shape, pieces, raised};
use crate::render::{Marks, Renderer};
use crate::syntax::{FIELDS, children, text};
use crate::tree::Node;
use crate::value::{Names, Value};
use crate::words::{is_direction, one_line, quoted, variable};

impl<'s, 't> Function<'s, 't> {
    pub(super) fn new(
        source: &'t str,
        program: &'s Program<'t>,
        marks: &'s Marks<'s, 't>,
        number: usize,
        mut ordered: Vec<&'s Statement<'t>>,
    ) -> Function<'s, 't> {
        let scope = &program.scopes[number];
        let node = scope.node;
        let range = node.start_byte()..=node.end_byte();
        let mut others: Vec<(usize, usize)> = program
            .scopes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .map(|(_, other)| (other.node.start_byte(), other.node.end_byte()))
            .filter(|(start, end)| range.contains(start) && range.contains(end))
            .collect();
        others.sort_unstable();
        ordered.sort_by_key(|statement| statement.node.start_byte());
        let mut uses: Vec<usize> = ordered
            .iter()
            .flat_map(|statement| &statement.marks)
            .filter(|mark| !matches!(mark.how, How::Import | How::Type))
            .map(|mark| mark.node.start_byte())
            .collect();
        uses.sort_unstable();
        let mut words: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut place = node.start_byte();
        for part in
            source[node.byte_range()].split_inclusive(|c: char| c != '_' && !c.is_alphanumeric())
        {
            let word = part.trim_end_matches(|c: char| c != '_' && !c.is_alphanumeric());
            if !word.is_empty() {
                words.entry(word).or_default().push(place);
            }
            place += part.len();
        }
        Function {
            source,
            scope,
            marks,
            statements: ordered.iter().map(|s| (s.node.id(), *s)).collect(),
            ordered,
            uses,
            jumps: jumps(node),
            others,
            next_other: 0,
            place: node.start_byte(),
            indent: 0,
            parameters: Vec::new(),
            types: Names::default(),
            bindings: Vec::new(),
            returns: Vec::new(),
            passed: passed(source, node),
            words,
            blocks: vec![Block::new(Kind::Plain, node)],
            errors: Vec::new(),
            lines: String::new(),
            depth: 1,
        }
    }

    pub(super) fn push(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        for _ in 0..self.depth {
            self.lines += "    ";
        }
        self.lines += line;
        self.lines.push('\n');
    }

    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        text(self.source, node)
    }

    /// Writes the Python lines up to `end` as comments.
    pub(super) fn comment(&mut self, end: usize) {
        let rest = self.source.get(end..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let end = match line.trim_start() {
            "" => end + line.len(),
            rest if rest.starts_with('#') => end + line.len(),
            _ => end,
        };
        let mut place = self.place;
        for line in self
            .source
            .get(place..end)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            while self
                .others
                .get(self.next_other)
                .is_some_and(|(_, end)| *end <= place)
            {
                self.next_other += 1;
            }
            // Of another function, the first line stays as a comment, and its body is left out.
            let other = self.others.get(self.next_other);
            if !other.is_some_and(|(start, end)| *start < place && place < *end) {
                let blank = line.len() - line.trim_start().len();
                self.comment_line(line.get(blank.min(self.indent)..).unwrap_or(line));
            }
            place += line.len();
        }
        self.place = self.place.max(end);
    }

    fn comment_line(&mut self, line: &str) {
        let line: String = line
            .chars()
            .filter(|c| !c.is_control() && !is_direction(*c))
            .collect();
        let line = line.trim_end();
        if !line.trim_matches([' ', ';', ':']).is_empty() {
            self.push(&format!("// {line}"));
        }
    }

    /// Whether a word is used after `end`, or again in the next turn of a loop around it.
    pub(super) fn is_used_after(&self, word: &str, end: usize) -> bool {
        let places = self.words.get(word).map(Vec::as_slice).unwrap_or_default();
        let in_range = |start: usize, end: usize| {
            let first = places.partition_point(|place| *place < start);
            places.get(first).is_some_and(|place| *place < end)
        };
        in_range(end, usize::MAX)
            || self
                .blocks
                .iter()
                .any(|block| block.kind == Kind::Loop && in_range(block.start, block.end))
    }

    /// The statements with uses in a part of the program.
    pub(super) fn statements_in(&self, start: usize, end: usize) -> Vec<&'s Statement<'t>> {
        let first = self
            .ordered
            .partition_point(|s| s.node.start_byte() < start);
        let rest = self.ordered.get(first..).unwrap_or_default();
        rest.iter()
            .take_while(|s| s.node.start_byte() < end)
            .copied()
            .collect()
    }

    /// Whether there is a use in a part of the program.
    pub(super) fn has_uses(&self, node: Node<'_>) -> bool {
        has(&self.uses, node)
    }

    /// Whether the statement becomes Rust, and not only a comment.
    pub(super) fn is_live(&self, node: Node<'_>) -> bool {
        has(&self.uses, node) || node.kind() == "if_statement" && has(&self.jumps, node)
    }

    pub(super) fn body(&mut self) {
        match self.scope.node.child_by_field_id(FIELDS.body) {
            Some(body) if self.scope.node.kind() == "function_definition" => {
                self.comment(body.start_byte());
                self.block(body);
            }
            _ => self.block(self.scope.node),
        }
    }

    /// Whether a name is a parameter of the Python function, and all blocks around pass it on.
    pub(super) fn can_pass(&self, word: &str) -> bool {
        self.passed.contains(word) && self.blocks.iter().all(|block| block.kind == Kind::Plain)
    }

    /// The statements of a block.
    pub(super) fn block(&mut self, node: Node<'t>) {
        self.block_of(&children(node), node.end_byte());
    }

    pub(super) fn block_of(&mut self, statements: &[Node<'t>], end: usize) {
        let outer = self.indent;
        if let Some(first) = statements.first() {
            self.indent = first.start_position().column;
        }
        for statement in statements {
            self.statement(*statement);
        }
        self.comment(end);
        self.indent = outer;
    }

    pub(super) fn statement(&mut self, node: Node<'t>) {
        match node.kind() {
            "block" | "else_clause" | "finally_clause" if self.is_live(node) => self.block(node),
            "class_definition" if self.is_live(node) => {
                let body = node.child_by_field_id(FIELDS.body);
                self.comment(body.map_or(node.end_byte(), |body| body.start_byte()));
                self.pieces(node);
                if let Some(body) = body {
                    self.block(body);
                }
            }
            "decorated_definition" => {
                for child in children(node) {
                    self.statement(child);
                }
            }
            "return_statement" => self.return_statement(node),
            "break_statement" => self.jump(node, Jump::Break),
            "continue_statement" => self.jump(node, Jump::Continue),
            "raise_statement" => self.raise(node),
            _ if !self.is_live(node) => self.comment(node.end_byte()),
            "if_statement" => self.if_statement(node),
            "while_statement" => self.while_statement(node),
            "for_statement" => self.for_statement(node),
            "with_statement" => self.with_statement(node),
            "match_statement" => self.match_statement(node),
            "try_statement" => self.try_statement(node),
            "function_definition" => {
                self.comment(node.end_byte());
                self.pieces(node);
            }
            kind if kind.ends_with("statement") || kind == "decorator" => {
                self.comment(node.end_byte());
                self.pieces(node);
            }
            // A part that the parser could not read.
            _ => self.flat(node),
        }
    }

    /// The uses in a part of the program without its control flow.
    pub(super) fn flat(&mut self, node: Node<'t>) {
        self.comment(node.end_byte());
        for statement in self.statements_in(node.start_byte(), node.end_byte()) {
            for piece in pieces(self.source, statement) {
                self.piece(statement, &piece);
            }
        }
    }

    /// The uses in a statement, or in the head of a compound one.
    pub(super) fn pieces(&mut self, node: Node<'t>) {
        if let Some(statement) = self.statements.get(&node.id()).copied() {
            for piece in pieces(self.source, statement) {
                self.piece(statement, &piece);
            }
        }
    }

    fn piece(&mut self, statement: &'s Statement<'t>, piece: &Piece<'s, 't>) {
        let mark = piece.mark;
        let Some(text) = self.rendered(mark) else {
            return;
        };
        let rule = mark.rule;
        let is_bound = rule.is_none_or(|rule| !rule.no_let);
        let target = match piece.shape {
            Shape::Let(target) | Shape::With(Some(target)) if is_bound => {
                bindings(self.source, target)
            }
            _ => None,
        };
        let returns = rule.and_then(|rule| rule.returns.as_deref());
        let values = match (&mark.value, &target) {
            (Value::Tuple(values), Some(names)) if values.len() == names.len() => values.clone(),
            (value, _) => vec![value.clone()],
        };
        let end = statement.end;
        match target {
            Some(names) if names.len() == 1 => {
                let (kind, mutable) = bound_type(&values[0], returns);
                let pattern = self.bind(&names[0], kind, mutable, end);
                self.push(&format!("{pattern} = {text};"));
            }
            Some(names) if names.len() == values.len() => {
                let mut pattern = Vec::new();
                for ((name, word), value) in names.iter().zip(&values) {
                    let (kind, mutable) = bound_type(value, returns);
                    pattern.push(match mutable {
                        true => format!("mut {name}"),
                        false => name.clone(),
                    });
                    self.declare(name, kind);
                    self.bind_in_pattern(name, word, mutable);
                }
                self.push(&format!("let ({}) = {text};", pattern.join(", ")));
            }
            Some(names) => {
                for (name, _) in names {
                    self.types.set(&name, None);
                }
                self.push(&format!("let _ = {text};"));
            }
            None if matches!(piece.shape, Shape::With(_)) => {
                self.push(&format!("let _open = {text};"))
            }
            None if raised(mark.node) => self.push(&format!("return Err({text}.into());")),
            None if text.ends_with([')', '?']) => self.push(&format!("{text};")),
            None => self.push(&format!("let _ = {text};")),
        }
    }

    /// The Rust expression of a use. The names that it needs are available before it.
    pub(super) fn rendered(&mut self, mark: &'s Mark<'t>) -> Option<String> {
        if matches!(mark.how, How::Except | How::Import | How::Type) {
            return None;
        }
        let mut renderer = Renderer::new(self.source, self.marks, true);
        let text = renderer.mark(mark)?;
        let mut dropped = std::mem::take(&mut renderer.dropped);
        let mut seen = HashSet::new();
        dropped.retain(|name| seen.insert(name.clone()));
        for name in dropped {
            self.comment_line(&format!("The next line leaves out `{}`.", one_line(&name)));
        }
        let needs = std::mem::take(&mut renderer.needs);
        let consumed = mark
            .receiver
            .filter(|_| mark.rule.is_some_and(|rule| rule.moves))
            .map(|receiver| variable(self.text(receiver), true));
        for mut need in needs.iter().cloned() {
            need.moves |= consumed.as_ref() == Some(&need.name);
            self.need(need);
        }
        for need in needs.into_iter().filter(|need| need.moves) {
            self.consume(&need.name);
        }
        if let Some(name) = consumed {
            self.consume(&name);
        }
        Some(text)
    }

    fn return_statement(&mut self, node: Node<'t>) {
        let returned = self.returned(node);
        self.leave(Jump::Return(returned));
    }

    /// What a `return` returns.
    pub(super) fn returned(&mut self, node: Node<'t>) -> Returned {
        self.comment(node.end_byte());
        let mut returned = match children(node).first() {
            None => Returned {
                kind: None,
                value: None,
                acts: false,
            },
            Some(value) if value.kind() == "none" => Returned {
                kind: None,
                value: None,
                acts: false,
            },
            Some(value) => {
                let python = self.text(*value);
                let name = variable(python, true);
                let kind = match value.kind() {
                    "identifier" | "attribute" => self.types.get(&name).cloned().flatten(),
                    _ => None,
                };
                match kind.filter(|kind| !kind.contains('&') && kind != "()") {
                    Some(kind) => Returned {
                        kind: Some(kind),
                        value: Some(name),
                        acts: false,
                    },
                    None => {
                        let value = format!("py({})", quoted(&one_line(python)));
                        Returned {
                            kind: None,
                            value: Some(value),
                            acts: false,
                        }
                    }
                }
            }
        };
        if let Some(statement) = self.statements.get(&node.id()).copied() {
            for piece in pieces(self.source, statement) {
                if !matches!(piece.shape, Shape::Return) {
                    self.piece(statement, &piece);
                } else if let Some(text) = self.rendered(piece.mark) {
                    let returns = piece.mark.rule.and_then(|rule| rule.returns.as_deref());
                    let (kind, _) = bound_type(&piece.mark.value, returns);
                    returned = Returned {
                        kind,
                        value: Some(text),
                        acts: true,
                    };
                }
            }
        }
        returned
    }

    fn jump(&mut self, node: Node<'t>, jump: Jump) {
        self.comment(node.end_byte());
        self.leave(jump);
    }

    fn raise(&mut self, node: Node<'t>) {
        self.comment(node.end_byte());
        let before = self.lines.len();
        self.pieces(node);
        let is_written = self
            .lines
            .get(before..)
            .is_some_and(|lines| lines.contains("return Err("));
        if !is_written {
            let line = match (children(node).first(), self.errors.last()) {
                (None, Some((name, level))) if self.is_reachable(*level) => {
                    let name = name.clone();
                    self.consume(&name);
                    format!("return Err({name}.into());")
                }
                _ => format!("return Err(py({}));", quoted(&one_line(self.text(node)))),
            };
            self.push(&line);
        }
        self.diverge();
    }

    pub(super) fn finish(mut self, name: &str, is_async: bool) -> String {
        let falls_off = self.blocks.first().is_some_and(|block| !block.diverges);
        let mut kinds: Vec<&String> = self
            .returns
            .iter()
            .filter_map(|returned| returned.kind.as_ref())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let kind = match kinds[..] {
            [one] => Some(one.clone()),
            _ => None,
        };
        let is_option = kind.is_some()
            && (falls_off || self.returns.iter().any(|returned| returned.value.is_none()));
        let (returns, end) = match &kind {
            None => ("()".to_owned(), "    Ok(())\n"),
            Some(kind) if is_option && kind.starts_with("Option<") => {
                (kind.clone(), "    Ok(None)\n")
            }
            Some(kind) if is_option => (format!("Option<{kind}>"), "    Ok(None)\n"),
            Some(kind) => (kind.clone(), ""),
        };
        let end = if falls_off { end } else { "" };
        let lines = self.resolve(kind.is_some(), is_option);
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
        let word = match is_async || lines.contains(".await") {
            true => "async ",
            false => "",
        };
        format!(
            "pub {word}fn {name}({}) -> Result<{returns}, AnyError> {{\n{lines}{end}}}\n",
            parameters.join(", ")
        )
    }
}

/// The names of the parameters of a function.
fn passed<'t>(source: &'t str, node: Node<'t>) -> HashSet<&'t str> {
    let parameters = node
        .child_by_field_id(FIELDS.parameters)
        .map(children)
        .unwrap_or_default();
    let names = parameters
        .into_iter()
        .filter_map(|parameter| match parameter.kind() {
            "identifier" => Some(parameter),
            "typed_parameter" => parameter.named_child(0),
            _ => parameter.child_by_field_id(FIELDS.name),
        });
    names.map(|name| text(source, name)).collect()
}

fn has(places: &[usize], node: Node<'_>) -> bool {
    let first = places.partition_point(|place| *place < node.start_byte());
    places
        .get(first)
        .is_some_and(|place| *place < node.end_byte())
}

/// Where statements leave their block, outside of inner functions.
fn jumps(node: Node<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut pending = vec![node];
    while let Some(next) = pending.pop() {
        for child in next.named_children() {
            match child.kind() {
                "return_statement" | "break_statement" | "continue_statement"
                | "raise_statement" => {
                    found.push(child.start_byte());
                }
                "function_definition" | "class_definition" | "lambda" => {}
                kind if kind.ends_with("statement") && kind != "expression_statement"
                    || kind.ends_with("clause")
                    || kind == "block" =>
                {
                    pending.push(child);
                }
                _ => {}
            }
        }
    }
    found.sort_unstable();
    found
}
