//! The statements of a program: their order, their branches and their blocks.

use std::collections::HashMap;
use std::rc::Rc;

use super::{FrameKind, How, Statement, Walker, caught_classes};
use crate::PortError;
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, MOST_LEVELS, children};
use crate::tree::Node;
use crate::value::Value;

/// Whether the body of a `try` has uses, and whether these include `requests` and tokio.
#[derive(Clone, Copy)]
struct Tried {
    uses: bool,
    requests: bool,
    tokio: bool,
}

impl Tried {
    fn of(statements: &[Statement<'_>]) -> Tried {
        let marks = statements.iter().flat_map(|statement| &statement.marks);
        let is_use = |how: &How<'_>| matches!(how, How::Read | How::Call(_) | How::Set(..));
        let rules = marks.filter(|mark| is_use(&mark.how)).map(|mark| mark.rule);
        let mut tried = Tried {
            uses: false,
            requests: false,
            tokio: false,
        };
        for rule in rules {
            let feature = rule.and_then(|rule| rule.feature.as_deref());
            tried.uses = true;
            tried.requests |= feature == Some("requests");
            tried.tokio |= feature == Some("tokio");
        }
        tried
    }
}

impl<'t> Walker<'t> {
    pub(super) fn deeper(&mut self, node: Node<'_>) -> Result<(), PortError> {
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(PortError::TooDeep {
                line: node.start_position().row + 1,
            });
        }
        Ok(())
    }

    pub(super) fn block(&mut self, node: Node<'t>) -> Result<(), PortError> {
        self.deeper(node)?;
        for child in node.named_children() {
            self.statement(child)?;
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn scope(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.scope)
    }

    /// Ends a statement: keeps it if it has uses.
    pub(super) fn finish(&mut self, node: Node<'t>, end: usize) {
        let marks = std::mem::take(&mut self.marks);
        if self.second && !marks.is_empty() {
            let scope = self.scope();
            self.statements.push(Statement {
                node,
                end,
                marks,
                scope,
            });
        }
    }

    /// Ends the head of a compound statement, which lasts until its first block.
    pub(super) fn finish_head(&mut self, node: Node<'t>) {
        let body = node.child_by_field_id(FIELDS.body).or_else(|| {
            node.child_by_field_id(FIELDS.consequence).or_else(|| {
                children(node)
                    .into_iter()
                    .find(|child| child.kind() == "block")
            })
        });
        let end = body.map_or(node.end_byte(), |body| body.start_byte());
        self.finish(node, end);
    }

    /// Walks branches of which one runs or, with `may_skip`, possibly none.
    fn branches(&mut self, blocks: &[Node<'t>], may_skip: bool) -> Result<(), PortError> {
        let mut results = Vec::new();
        for block in blocks {
            let mark = self.frames.last().map_or(0, |frame| frame.names.mark());
            self.statement(*block)?;
            if let Some(frame) = self.frames.last_mut() {
                results.push(frame.names.undo(mark));
            }
        }
        if may_skip {
            results.push(HashMap::new());
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.names.merge(results);
        }
        Ok(())
    }

    pub(super) fn statement(&mut self, node: Node<'t>) -> Result<(), PortError> {
        self.deeper(node)?;
        let field = |name| node.child_by_field_id(name);
        match node.kind() {
            "comment" | "pass_statement" | "break_statement" | "continue_statement" => {}
            "block" | "module" | "else_clause" | "finally_clause" => {
                let outer = std::mem::replace(&mut self.block, node.byte_range());
                for child in children(node) {
                    self.statement(child)?;
                }
                self.block = outer;
            }
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                self.import(node);
                self.finish(node, node.end_byte());
            }
            "global_statement" | "nonlocal_statement" => {
                for name in children(node) {
                    let name = self.text(name).to_owned();
                    if let (Some(frame), "global_statement") = (self.frames.last_mut(), node.kind())
                    {
                        frame.globals.insert(name);
                    }
                }
            }
            "expression_statement" => {
                for child in children(node) {
                    self.value(child)?;
                }
                self.finish(node, node.end_byte());
            }
            "return_statement" => {
                let mut value = Value::Nothing;
                for child in children(node) {
                    value = self.value(child)?;
                }
                let function = self.frames.iter().rev().find_map(|frame| match frame.kind {
                    FrameKind::Function(number) => Some(number),
                    _ => None,
                });
                if let (Some(number), false) = (function, self.second) {
                    let known =
                        std::mem::replace(&mut self.functions[number].returns, Value::Unknown);
                    self.functions[number].returns = known.join(value);
                }
                self.finish(node, node.end_byte());
            }
            "delete_statement" => {
                let mut targets = children(node);
                if let [list] = targets[..] {
                    if matches!(list.kind(), "expression_list" | "tuple") {
                        targets = children(list);
                    }
                }
                for target in targets {
                    if target.kind() != "attribute" {
                        self.value(target)?;
                        continue;
                    }
                    let property = self.target(target)?;
                    let receiver = property.receiver.map(|(node, _)| node);
                    if let Some((name, rule)) = property.name {
                        self.mark(target, &name, rule, How::Delete, receiver, Value::Unknown);
                    }
                }
                self.finish(node, node.end_byte());
            }
            "if_statement" => self.if_statement(node)?,
            "while_statement" => {
                if let Some(condition) = field(FIELDS.condition) {
                    self.value(condition)?;
                }
                self.finish_head(node);
                let blocks: Vec<_> = [field(FIELDS.body), field(FIELDS.alternative)]
                    .into_iter()
                    .flatten()
                    .collect();
                for block in blocks {
                    self.branches(&[block], true)?;
                }
            }
            "for_statement" => {
                if let (Some(left), Some(right)) = (field(FIELDS.left), field(FIELDS.right)) {
                    self.value(right)?;
                    self.assign(left, Value::Unknown)?;
                }
                self.finish_head(node);
                for block in [field(FIELDS.body), field(FIELDS.alternative)]
                    .into_iter()
                    .flatten()
                {
                    self.branches(&[block], true)?;
                }
            }
            "with_statement" => {
                for child in children(node) {
                    if child.kind() == "with_clause" {
                        for item in children(child) {
                            for value in children(item) {
                                self.value(value)?;
                            }
                        }
                    }
                }
                self.finish_head(node);
                if let Some(body) = field(FIELDS.body) {
                    self.statement(body)?;
                }
            }
            "try_statement" => self.try_statement(node)?,
            "function_definition" => self.function(node)?,
            "class_definition" => self.class(node)?,
            "decorated_definition" => {
                for child in children(node) {
                    if child.kind() == "decorator" {
                        for inner in children(child) {
                            self.value(inner)?;
                        }
                        self.finish(child, child.end_byte());
                    } else {
                        self.statement(child)?;
                    }
                }
            }
            "match_statement" => {
                if let Some(subject) = field(FIELDS.subject) {
                    self.value(subject)?;
                }
                self.finish_head(node);
                if let Some(body) = field(FIELDS.body) {
                    let cases = children(body);
                    self.branches(&cases, true)?;
                }
            }
            "case_clause" => {
                for child in children(node) {
                    if child.kind() == "block" {
                        self.finish(node, child.start_byte());
                        self.statement(child)?;
                    } else {
                        self.value(child)?;
                    }
                }
            }
            // Other statements, such as `raise`, `assert` and `print`, and text that the parser
            // could not read.
            _ => {
                for child in children(node) {
                    let kind = child.kind();
                    if kind == "block"
                        || kind.ends_with("_statement")
                        || kind.ends_with("_definition")
                    {
                        self.statement(child)?;
                    } else {
                        self.value(child)?;
                    }
                }
                self.finish(node, node.end_byte());
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn if_statement(&mut self, node: Node<'t>) -> Result<(), PortError> {
        if let Some(condition) = node.child_by_field_id(FIELDS.condition) {
            self.value(condition)?;
        }
        self.finish_head(node);
        let alternatives: Vec<Node<'t>> = node.children_of_field(FIELDS.alternative).collect();
        let has_else = alternatives
            .iter()
            .any(|clause| clause.kind() == "else_clause");
        let mut blocks: Vec<Node<'t>> = node
            .child_by_field_id(FIELDS.consequence)
            .into_iter()
            .collect();
        for clause in alternatives {
            if clause.kind() == "elif_clause" {
                if let Some(condition) = clause.child_by_field_id(FIELDS.condition) {
                    self.value(condition)?;
                }
                self.finish_head(clause);
                blocks.extend(clause.child_by_field_id(FIELDS.consequence));
            } else {
                blocks.push(clause);
            }
        }
        self.branches(&blocks, !has_else)
    }

    fn try_statement(&mut self, node: Node<'t>) -> Result<(), PortError> {
        let before = self.statements.len();
        let mut handlers = Vec::new();
        let mut last = Vec::new();
        for child in children(node) {
            match child.kind() {
                "except_clause" | "except_group_clause" => handlers.push(child),
                "finally_clause" => last.push(child),
                // The body of the `try` statement, and its `else` clause.
                _ => self.statement(child)?,
            }
        }
        let body = self.statements.get(before..).unwrap_or_default();
        let body = Tried::of(body);
        let mut results = vec![HashMap::new()];
        for handler in handlers {
            let mark = self.frames.last().map_or(0, |frame| frame.names.mark());
            self.handler(handler, body)?;
            if let Some(frame) = self.frames.last_mut() {
                results.push(frame.names.undo(mark));
            }
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.names.merge(results);
        }
        for clause in last {
            self.statement(clause)?;
        }
        Ok(())
    }

    /// Marks the classes of an `except` clause. Returns the value that the exception has in all of them.
    fn caught(&mut self, head: Node<'t>, body: Tried) -> Result<Value, PortError> {
        let mut found: Vec<(Node<'t>, Rc<str>, Option<&'static Rule>)> = Vec::new();
        let mut builtins: Vec<(Node<'t>, Rc<str>)> = Vec::new();
        let mut is_shown = body.uses;
        let mut caught = Value::Unknown;
        for class in caught_classes(head) {
            let target = self.target(class)?;
            let name = match (target.name, target.value) {
                (Some((name, rule)), _) if name.contains('.') => {
                    found.push((class, Rc::clone(&name), rule));
                    name
                }
                // A built-in class, possibly under another name: `socket.error` is `OSError`.
                (Some((name, _)), _) => {
                    builtins.push((class, Rc::clone(&name)));
                    is_shown = true;
                    name
                }
                (None, Value::Unknown) => {
                    let name = self.text(class);
                    if class.kind() == "identifier" && self.bound(name).is_none() {
                        builtins.push((class, rules().canonical(name).into()));
                    }
                    continue;
                }
                (None, _) => {
                    caught = Value::Mixed;
                    continue;
                }
            };
            caught = match rules().type_of(&name) {
                Some(_) => caught.join(Value::Instance(name)),
                None => Value::Mixed,
            };
        }
        let is_requests = |rule: &Rule| rule.family.as_deref() == Some("requests");
        let is_requests = match found.iter().find_map(|(_, _, rule)| *rule) {
            Some(rule) => is_requests(rule),
            None => body.requests,
        };
        if !found.is_empty() || is_shown {
            for (class, name) in builtins {
                let rule = match (is_requests, body.tokio) {
                    (true, _) => rules().get(&format!("requests.builtins.{name}")),
                    (false, true) => (rules().get(&format!("asyncio.builtins.{name}")))
                        .or_else(|| rules().get(&name)),
                    (false, false) => rules().get(&name),
                };
                if let Some(rule) = rule {
                    found.push((class, name, Some(rule)));
                }
            }
        }
        found.sort_by_key(|(class, ..)| class.start_byte());
        for (class, name, rule) in found {
            self.mark(class, &name, rule, How::Except, None, Value::Unknown);
        }
        Ok(caught)
    }

    fn handler(&mut self, node: Node<'t>, body: Tried) -> Result<(), PortError> {
        let parts = children(node);
        let (blocks, mut heads): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|child| child.kind() == "block");
        let mut alias = None;
        if let [class, name] = heads[..] {
            // Python 2: `except E, e`.
            (heads, alias) = (vec![class], Some(name));
        }
        if let (true, true, rule @ Some(_)) =
            (heads.is_empty(), body.uses, rules().get("BaseException"))
        {
            let name = "BaseException".into();
            self.mark(node, &name, rule, How::Except, None, Value::Unknown);
        }
        for head in heads {
            if head.kind() == "as_pattern" {
                alias = head.child_by_field_id(FIELDS.alias);
            }
            let caught = self.caught(head, body)?;
            // With several classes, as in `except (SSLWantReadError, SSLWantWriteError) as e`, the
            // alias gets what they have in common.
            if let Some(alias) = alias {
                self.assign(alias, caught)?;
            }
        }
        match blocks.first() {
            Some(block) => self.finish(node, block.start_byte()),
            None => self.finish(node, node.end_byte()),
        }
        for block in blocks {
            self.statement(block)?;
        }
        Ok(())
    }
}
