//! Resolution: what the names of a program are bound to, and where it uses names of the rules.

mod calls;
mod definitions;
mod expressions;
mod statements;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use crate::PortError;
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, Source, children, text};
use crate::tree::Node;
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
    /// `del`.
    Delete,
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
    /// Each `*args` and `**kwargs`, and each argument after `*args`, as the program writes it.
    pub(crate) open: Vec<&'t str>,
    /// The host with which the method's object was created, as in `smtplib.SMTP(host)`.
    pub(crate) host: Option<Node<'t>>,
    /// The arguments that are instances of known classes, by their nodes.
    pub(crate) known: Vec<(usize, Rc<str>)>,
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

/// An assignment to a name or to an attribute.
#[derive(Debug)]
pub(crate) struct Assignment<'t> {
    pub(crate) scope: usize,
    pub(crate) name: &'t str,
    /// The number of the target's node.
    pub(crate) node: usize,
    /// The first byte of the target.
    pub(crate) start: usize,
    /// The bytes of the innermost block.
    pub(crate) block: Range<usize>,
}

/// The uses of a program.
#[derive(Debug)]
pub(crate) struct Program<'t> {
    pub(crate) statements: Vec<Statement<'t>>,
    pub(crate) assignments: Vec<Assignment<'t>>,
    pub(crate) scopes: Vec<Scope<'t>>,
}

impl<'t> Program<'t> {
    pub(crate) fn read(source: &'t Source<'_>) -> Result<Program<'t>, PortError> {
        let mut walker = Walker::new(source);
        // A name may be used above its definition, and its definition may use further names. So the
        // first two walks collect definitions, and the third walk records the uses.
        walker.run()?;
        walker.scopes.truncate(1);
        walker.run()?;
        walker.second = true;
        walker.scopes.truncate(1);
        walker.run()?;
        Ok(Program {
            statements: walker.statements,
            assignments: walker.assignments,
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
    /// The last part of the qualified name; the names of the classes around it come before it.
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
    /// Whether the program has `import *`, which may bind any name.
    has_wildcard: bool,
    root: Node<'t>,
    second: bool,
    depth: usize,
    frames: Vec<Frame>,
    /// The module's names at the end of the first walks. Functions see these values, because they
    /// run after the module's statements.
    module: HashMap<String, Value>,
    classes: Vec<Class>,
    functions: Vec<Function>,
    /// The number of the class or function that begins at a byte.
    at: HashMap<usize, usize>,
    marks: Vec<Mark<'t>>,
    statements: Vec<Statement<'t>>,
    assignments: Vec<Assignment<'t>>,
    /// The hosts with which variables of `smtplib` and similar modules were created. The key is the function or class,
    /// and the name of the variable. `None` stands for several hosts.
    hosts: HashMap<(usize, &'t str), Option<Node<'t>>>,
    /// The last call that created such an object, and its host.
    last_host: Option<(usize, Node<'t>)>,
    /// The bytes of the innermost block.
    block: Range<usize>,
    scopes: Vec<Scope<'t>>,
}

/// The classes of the head of an `except` clause.
pub(crate) fn caught_classes(head: Node<'_>) -> Vec<Node<'_>> {
    let classes = match head.kind() {
        "as_pattern" => head.named_child(0).unwrap_or(head),
        _ => head,
    };
    match classes.kind() {
        "tuple" | "parenthesized_expression" => children(classes),
        _ => vec![classes],
    }
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
            has_wildcard: source.text.contains("import *"),
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
            assignments: Vec::new(),
            hosts: HashMap::new(),
            last_host: None,
            block: root.byte_range(),
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

    /// The value to which the program binds a name in this scope; `None` if it does not bind the name.
    fn bound(&self, name: &str) -> Option<&Value> {
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
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn lookup(&self, name: &str) -> Value {
        if let Some(value) = self.bound(name) {
            return value.clone();
        }
        // `ssl` is not bound if the source is a part of a program without its imports. It is then
        // taken for the module.
        let is_unbound = !self.module.contains_key(name) && !self.has_wildcard;
        match name {
            "ssl" | "requests" if is_unbound => Value::Path(name.into()),
            _ => Value::Unknown,
        }
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
        if self.second && matches!(target.kind(), "identifier" | "attribute") {
            self.assignments.push(Assignment {
                scope: self.scope(),
                name: self.text(target),
                node: target.id(),
                start: target.start_byte(),
                block: self.block.clone(),
            });
        }
        match target.kind() {
            "identifier" => self.bind(self.text(target), value),
            "attribute" => {
                let object = target.child_by_field_id(FIELDS.object);
                let name = target
                    .child_by_field_id(FIELDS.attribute)
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
}

/// The value of an instance of a class.
fn instance_of(class: &Value) -> Value {
    match class {
        Value::Class(number) => Value::Object(*number),
        Value::Path(path) if rules().type_of(path).is_some() => Value::Instance(Rc::clone(path)),
        _ => Value::Unknown,
    }
}
