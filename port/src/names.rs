//! Resolution: what the names of a program are bound to, and where it uses names of the rules.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use tree_sitter::Node;

use crate::PortError;
use crate::rules::{Rule, rules};
use crate::syntax::{MOST_LEVELS, Source, children, text};
use crate::value::{Names, Value};

/// A use of a name of the rules.
#[derive(Debug, Clone)]
pub(crate) struct Mark<'t> {
    pub(crate) node: Node<'t>,
    /// The canonical name, such as `ssl.SSLContext.wrap_socket`.
    pub(crate) name: Rc<str>,
    /// `None` if the module has no such name.
    pub(crate) rule: Option<&'static Rule>,
    pub(crate) how: How<'t>,
    /// The object of a method or property.
    pub(crate) receiver: Option<Node<'t>>,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum How<'t> {
    /// The name alone, or a property.
    Read,
    Call(Arguments<'t>),
    /// An assignment to a property: the value, and the operator of `|=`.
    Set(Node<'t>, Option<&'t str>),
    /// `except`.
    Except,
    /// An annotation, a base class or an argument of `isinstance`.
    Type,
    Import,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments<'t> {
    pub(crate) positional: Vec<Node<'t>>,
    pub(crate) keywords: Vec<(&'t str, Node<'t>)>,
    /// Whether there is a `*args` or `**kwargs`.
    pub(crate) open: bool,
}

/// A statement with uses. A compound statement is cut before its body.
#[derive(Debug)]
pub(crate) struct Statement<'t> {
    pub(crate) node: Node<'t>,
    /// Where the text of the statement ends.
    pub(crate) end: usize,
    pub(crate) marks: Vec<Mark<'t>>,
    /// The number of the function, in `Program::scopes`; 0 is the module.
    pub(crate) scope: usize,
}

/// A function, or the module.
#[derive(Debug)]
pub(crate) struct Scope<'t> {
    /// `Class.method`; empty for the module.
    pub(crate) name: String,
    pub(crate) node: Node<'t>,
    pub(crate) is_async: bool,
}

/// The uses of a program.
#[derive(Debug)]
pub(crate) struct Program<'t> {
    pub(crate) statements: Vec<Statement<'t>>,
    pub(crate) scopes: Vec<Scope<'t>>,
}

impl<'t> Program<'t> {
    pub(crate) fn read(source: &'t Source<'_>) -> Result<Program<'t>, PortError> {
        let mut walker = Walker::new(source);
        // Names may be used above their definition, and through one another: two walks collect.
        walker.run()?;
        walker.scopes.truncate(1);
        walker.run()?;
        walker.second = true;
        walker.scopes.truncate(1);
        walker.run()?;
        Ok(Program {
            statements: walker.statements,
            scopes: walker.scopes,
        })
    }
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum FrameKind {
    Module,
    Class(usize),
    Function(usize),
}

#[derive(Debug)]
struct Frame {
    kind: FrameKind,
    names: Names,
    globals: HashSet<String>,
    /// The part of a qualified name after the names of classes.
    name: String,
    scope: usize,
}

#[derive(Debug, Default)]
struct Class {
    bases: Vec<Value>,
    attributes: HashMap<String, Value>,
}

#[derive(Debug)]
struct Function {
    returns: Value,
    /// The arguments that callers in the same file pass.
    parameters: HashMap<String, Value>,
    names: Vec<String>,
}

struct Walker<'t> {
    source: &'t str,
    root: Node<'t>,
    second: bool,
    depth: usize,
    frames: Vec<Frame>,
    /// The module's names after the first walk: functions run later.
    module: HashMap<String, Value>,
    classes: Vec<Class>,
    functions: Vec<Function>,
    /// The number of the class or function that begins at a byte.
    at: HashMap<usize, usize>,
    marks: Vec<Mark<'t>>,
    statements: Vec<Statement<'t>>,
    scopes: Vec<Scope<'t>>,
}

/// An expression that may be a name of the rules.
struct Target<'t> {
    value: Value,
    name: Option<(Rc<str>, Option<&'static Rule>)>,
    receiver: Option<(Node<'t>, Value)>,
}

impl<'t> Walker<'t> {
    fn new(source: &'t Source<'_>) -> Walker<'t> {
        let root = source.tree.root_node();
        Walker {
            source: source.text,
            root,
            second: false,
            depth: 0,
            frames: Vec::new(),
            module: HashMap::new(),
            classes: Vec::new(),
            functions: Vec::new(),
            at: HashMap::new(),
            marks: Vec::new(),
            statements: Vec::new(),
            scopes: vec![Scope {
                name: String::new(),
                node: root,
                is_async: false,
            }],
        }
    }

    fn run(&mut self) -> Result<(), PortError> {
        self.push(FrameKind::Module, "", 0);
        let result = self.block(self.root);
        if let Some(frame) = self.frames.pop() {
            self.module = frame.names.into_values();
        }
        result
    }

    fn push(&mut self, kind: FrameKind, name: &str, scope: usize) {
        self.frames.push(Frame {
            kind,
            names: Names::default(),
            globals: HashSet::new(),
            name: name.to_owned(),
            scope,
        });
    }

    fn text(&self, node: Node<'_>) -> &'t str {
        text(self.source, node)
    }

    // ------------------------------------------------------------ names

    fn lookup(&self, name: &str) -> Value {
        let in_function = self
            .frames
            .iter()
            .any(|frame| matches!(frame.kind, FrameKind::Function(_)));
        for (index, frame) in self.frames.iter().enumerate().rev() {
            let innermost = index + 1 == self.frames.len();
            if matches!(frame.kind, FrameKind::Class(_)) && !innermost {
                continue;
            }
            let found = match frame.kind {
                FrameKind::Module if self.second && in_function => self.module.get(name),
                _ => frame.names.get(name),
            };
            if let Some(value) = found {
                return value.clone();
            }
        }
        Value::Unknown
    }

    fn bind(&mut self, name: &str, value: Value) {
        let Some(last) = self.frames.len().checked_sub(1) else {
            return;
        };
        if self.frames[last].globals.contains(name) {
            if !self.second {
                let known = self.frames[0]
                    .names
                    .get(name)
                    .cloned()
                    .unwrap_or(Value::Unknown);
                self.frames[0].names.set(name, known.join(value.clone()));
            }
            self.frames[last].names.set(name, value);
            return;
        }
        if let FrameKind::Class(class) = self.frames[last].kind {
            self.class_attribute(class, name, value.clone());
        }
        self.frames[last].names.set(name, value);
    }

    fn class_attribute(&mut self, class: usize, name: &str, value: Value) {
        if self.second {
            return;
        }
        let attributes = &mut self.classes[class].attributes;
        let old = attributes.remove(name).unwrap_or(Value::Unknown);
        attributes.insert(name.to_owned(), old.join(value));
    }

    /// Binds the names of the target of an assignment.
    fn assign(&mut self, target: Node<'t>, value: Value) -> Result<(), PortError> {
        match target.kind() {
            "identifier" => self.bind(self.text(target), value),
            "attribute" => {
                let object = target.child_by_field_name("object");
                let name = target
                    .child_by_field_name("attribute")
                    .map(|node| self.text(node));
                if let (Some(object), Some(name)) = (object, name) {
                    if let Value::Object(class) | Value::Class(class) = self.peek(object) {
                        self.class_attribute(class, name, value.clone());
                    }
                    let key = self.text(target);
                    if let Some(frame) = self.frames.last_mut() {
                        frame.names.set(key, value);
                    }
                }
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list"
            | "expression_list" => {
                let parts = children(target);
                let values = match value {
                    Value::Tuple(values) if values.len() == parts.len() => values,
                    _ => vec![Value::Unknown; parts.len()],
                };
                for (part, value) in parts.into_iter().zip(values) {
                    self.assign(part, value)?;
                }
            }
            "as_pattern_target"
            | "parenthesized_expression"
            | "list_splat_pattern"
            | "case_pattern" => {
                for part in children(target) {
                    self.assign(part, value.clone())?;
                }
            }
            "subscript" => {
                self.value(target)?;
            }
            _ => {}
        }
        Ok(())
    }

    // ------------------------------------------------------------ statements

    fn deeper(&mut self, node: Node<'_>) -> Result<(), PortError> {
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(PortError::TooDeep {
                line: node.start_position().row + 1,
            });
        }
        Ok(())
    }

    fn block(&mut self, node: Node<'t>) -> Result<(), PortError> {
        self.deeper(node)?;
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn scope(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.scope)
    }

    /// Ends a statement: keeps it if it has uses.
    fn finish(&mut self, node: Node<'t>, end: usize) {
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
    fn finish_head(&mut self, node: Node<'t>) {
        let body = node.child_by_field_name("body").or_else(|| {
            node.child_by_field_name("consequence").or_else(|| {
                children(node)
                    .into_iter()
                    .find(|child| child.kind() == "block")
            })
        });
        let end = body.map_or(node.end_byte(), |body| body.start_byte());
        self.finish(node, end);
    }

    /// Walks branches, one of which runs; with `may_skip`, possibly none.
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

    fn statement(&mut self, node: Node<'t>) -> Result<(), PortError> {
        self.deeper(node)?;
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "comment" | "pass_statement" | "break_statement" | "continue_statement" => {}
            "block" | "module" | "else_clause" | "finally_clause" => {
                for child in children(node) {
                    self.statement(child)?;
                }
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
                for child in children(node) {
                    self.value(child)?;
                }
                self.finish(node, node.end_byte());
            }
            "if_statement" => self.if_statement(node)?,
            "while_statement" => {
                if let Some(condition) = field("condition") {
                    self.value(condition)?;
                }
                self.finish_head(node);
                let blocks: Vec<_> = [field("body"), field("alternative")]
                    .into_iter()
                    .flatten()
                    .collect();
                for block in blocks {
                    self.branches(&[block], true)?;
                }
            }
            "for_statement" => {
                if let (Some(left), Some(right)) = (field("left"), field("right")) {
                    self.value(right)?;
                    self.assign(left, Value::Unknown)?;
                }
                self.finish_head(node);
                for block in [field("body"), field("alternative")].into_iter().flatten() {
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
                if let Some(body) = field("body") {
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
                if let Some(subject) = field("subject") {
                    self.value(subject)?;
                }
                self.finish_head(node);
                if let Some(body) = field("body") {
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
            // `raise`, `assert`, `print`, and what the parser could not read.
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
        if let Some(condition) = node.child_by_field_name("condition") {
            self.value(condition)?;
        }
        self.finish_head(node);
        let mut cursor = node.walk();
        let alternatives: Vec<Node<'t>> = node
            .children_by_field_name("alternative", &mut cursor)
            .collect();
        let has_else = alternatives
            .iter()
            .any(|clause| clause.kind() == "else_clause");
        let mut blocks: Vec<Node<'t>> = node
            .child_by_field_name("consequence")
            .into_iter()
            .collect();
        for clause in alternatives {
            if clause.kind() == "elif_clause" {
                if let Some(condition) = clause.child_by_field_name("condition") {
                    self.value(condition)?;
                }
                self.finish_head(clause);
                blocks.extend(clause.child_by_field_name("consequence"));
            } else {
                blocks.push(clause);
            }
        }
        self.branches(&blocks, !has_else)
    }

    fn try_statement(&mut self, node: Node<'t>) -> Result<(), PortError> {
        let mut handlers = Vec::new();
        let mut last = Vec::new();
        for child in children(node) {
            match child.kind() {
                "except_clause" | "except_group_clause" => handlers.push(child),
                "finally_clause" => last.push(child),
                // The body, and `else`.
                _ => self.statement(child)?,
            }
        }
        let mut results = vec![HashMap::new()];
        for handler in handlers {
            let mark = self.frames.last().map_or(0, |frame| frame.names.mark());
            self.handler(handler)?;
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

    fn handler(&mut self, node: Node<'t>) -> Result<(), PortError> {
        let parts = children(node);
        let (blocks, mut heads): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|child| child.kind() == "block");
        let mut alias = None;
        if let [class, name] = heads[..] {
            // Python 2: `except E, e`.
            (heads, alias) = (vec![class], Some(name));
        }
        for head in heads {
            let mut classes = head;
            if head.kind() == "as_pattern" {
                alias = head.child_by_field_name("alias");
                classes = head.named_child(0).unwrap_or(head);
            }
            let mut caught = Value::Unknown;
            let all = match classes.kind() {
                "tuple" | "parenthesized_expression" => children(classes),
                _ => vec![classes],
            };
            for class in all {
                let target = self.target(class)?;
                if let Some((name, rule)) = &target.name {
                    if rules().type_of(name).is_some() {
                        caught = caught.join(Value::Instance(Rc::clone(name)));
                    } else {
                        caught = Value::Mixed;
                    }
                    self.mark(class, name, *rule, How::Except, None, Value::Unknown);
                } else if target.value != Value::Unknown {
                    caught = Value::Mixed;
                }
            }
            // `except (SSLWantReadError, SSLWantWriteError) as e`: what all SSLErrors have.
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

/// The value of an instance of a class.
fn instance_of(class: &Value) -> Value {
    match class {
        Value::Class(number) => Value::Object(*number),
        Value::Path(path) if rules().type_of(path).is_some() => Value::Instance(Rc::clone(path)),
        _ => Value::Unknown,
    }
}

mod definitions;
mod expressions;
