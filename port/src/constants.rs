//! The constant values of expressions, in every form in which a program can write them.

use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};

use crate::literals::{Literal, integer, literal};
use crate::names::{How, Program};
use crate::syntax::{FIELDS, Source, children, pairs, strip, text};
use crate::tree::Node;

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constant {
    None,
    Bool(bool),
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Constant>),
    /// A name of the rules, such as `ssl.CERT_NONE`.
    Name(String),
}

/// The numbers of the members of Python's enums.
const NUMBERS: [(&str, i64); 11] = [
    ("ssl.CERT_NONE", 0),
    ("ssl.CERT_OPTIONAL", 1),
    ("ssl.CERT_REQUIRED", 2),
    ("OpenSSL.SSL.VERIFY_NONE", 0),
    ("OpenSSL.SSL.VERIFY_PEER", 1),
    ("ssl.TLSVersion.MAXIMUM_SUPPORTED", -1),
    ("ssl.TLSVersion.SSLv3", 0x300),
    ("ssl.TLSVersion.TLSv1", 0x301),
    ("ssl.TLSVersion.TLSv1_1", 0x302),
    ("ssl.TLSVersion.TLSv1_2", 0x303),
    ("ssl.TLSVersion.TLSv1_3", 0x304),
];

impl Constant {
    /// The number of an integer, a `bool` or a member of an enum.
    fn number(&self) -> Option<i64> {
        match self {
            Constant::Number(number) => Some(*number),
            Constant::Bool(value) => Some((*value).into()),
            Constant::Name(name) => {
                let name = match name.strip_prefix("ssl.VerifyMode.") {
                    Some(member) => format!("ssl.{member}"),
                    None => name.replace("ssl.PROTO_", "ssl.TLSVersion."),
                };
                let mut numbers = NUMBERS.iter();
                let found = numbers.find(|(wanted, _)| *wanted == name);
                found.map(|(_, number)| *number)
            }
            _ => None,
        }
    }

    /// Whether the value is false in a condition in Python.
    fn is_false(&self) -> bool {
        match self {
            Constant::None => true,
            Constant::Text(text) => text.is_empty(),
            Constant::Bytes(bytes) => bytes.is_empty(),
            Constant::List(list) => list.is_empty(),
            other => other.number() == Some(0),
        }
    }

    /// Whether this is the value that a condition of the rules names, for an argument of the kind `kind`.
    pub(crate) fn is(&self, wanted: &str, kind: &str) -> bool {
        let number = Constant::Name(wanted.to_owned()).number();
        match (self, wanted) {
            (_, "False") if matches!(kind, "bool" | "verify") => {
                // With `verify=None`, the session's setting holds.
                self.is_false() && (*self != Constant::None || kind == "bool")
            }
            (value, "False") => *value == Constant::Bool(false),
            (value, "None") => *value == Constant::None,
            // urllib3 also accepts the name as a string.
            (Constant::Text(text), "ssl.CERT_NONE") => {
                matches!(text.as_str(), "CERT_NONE" | "NONE")
            }
            (value, _) if number.is_some() => value.number() == number,
            (Constant::Name(name), wanted) => name == wanted,
            _ => false,
        }
    }
}

/// The expressions that are bound to each name. The key has the function, class or module that binds the name. `None`
/// stands for a binding without a known value, such as a parameter or a loop variable.
type Bindings<'t> = HashMap<(usize, &'t str), Vec<Option<Node<'t>>>>;

/// The limits for one value: expressions, nesting and alternatives.
const MOST_STEPS: usize = 1000;
const MOST_LEVELS: usize = 100;
const MOST_VALUES: usize = 8;
/// A longer text is no cipher string.
const MOST_BYTES: usize = 1 << 14;

/// Finds the constant values in a program.
pub(crate) struct Constants<'p, 't> {
    source: &'t str,
    root: Node<'t>,
    /// The Python names of the uses, by their nodes. The program may have imported `ssl.CERT_NONE` under another name.
    names: HashMap<usize, &'p str>,
    calls: HashMap<usize, &'p str>,
    bindings: OnceCell<Bindings<'t>>,
    steps: Cell<usize>,
}

impl<'p, 't> Constants<'p, 't> {
    pub(crate) fn of(source: &'t Source<'_>, program: &'p Program<'t>) -> Constants<'p, 't> {
        let (mut names, mut calls) = (HashMap::new(), HashMap::new());
        for mark in program.statements.iter().flat_map(|s| &s.marks) {
            let of_kind = match mark.how {
                How::Call(_) => &mut calls,
                How::Set(..) => continue,
                _ => &mut names,
            };
            of_kind.entry(mark.node.id()).or_insert(&*mark.name);
        }
        Constants {
            source: source.text,
            root: source.tree.root_node(),
            names,
            calls,
            bindings: OnceCell::new(),
            steps: Cell::new(0),
        }
    }

    /// The value of an expression that always has the same value.
    pub(crate) fn value(&self, node: Node<'t>) -> Option<Constant> {
        let values = self.values(node)?;
        let (first, rest) = values.split_first()?;
        rest.iter()
            .all(|value| value == first)
            .then(|| first.clone())
    }

    /// The values that an expression can have, if all are known.
    pub(crate) fn values(&self, node: Node<'t>) -> Option<Vec<Constant>> {
        self.steps.set(0);
        self.fold(node, 0)
    }

    fn one(&self, node: Node<'t>, depth: usize) -> Option<Constant> {
        let values = self.fold(node, depth)?;
        match <[Constant; 1]>::try_from(values) {
            Ok([one]) => Some(one),
            Err(_) => None,
        }
    }

    fn fold(&self, node: Node<'t>, depth: usize) -> Option<Vec<Constant>> {
        self.steps.set(self.steps.get() + 1);
        if depth > MOST_LEVELS || self.steps.get() > MOST_STEPS {
            return None;
        }
        let depth = depth + 1;
        let node = strip(node);
        if let Some(name) = self.names.get(&node.id()) {
            return Some(vec![Constant::Name((*name).to_owned())]);
        }
        let field = |name| node.child_by_field_id(name);
        let value = match node.kind() {
            "none" => Constant::None,
            "true" => Constant::Bool(true),
            "false" => Constant::Bool(false),
            "integer" => Constant::Number(number(text(self.source, node))?),
            "string" | "concatenated_string" => match literal(self.source, node)? {
                Literal::Text(text) => Constant::Text(text),
                Literal::Bytes(bytes) => Constant::Bytes(bytes),
            },
            "list" | "tuple" | "expression_list" => {
                let parts = children(node).into_iter();
                let parts = parts.map(|part| self.one(part, depth));
                Constant::List(parts.collect::<Option<_>>()?)
            }
            // In `a = b = 1`, the value of `a` is the node `b = 1`.
            "assignment" => return self.fold(field(FIELDS.right)?, depth),
            "named_expression" => return self.fold(field(FIELDS.value)?, depth),
            "conditional_expression" => match children(node)[..] {
                [yes, _, no] => {
                    let mut values = self.fold(yes, depth)?;
                    values.extend(self.fold(no, depth)?);
                    return (values.len() <= MOST_VALUES).then_some(values);
                }
                _ => return None,
            },
            "not_operator" => Constant::Bool(self.one(field(FIELDS.argument)?, depth)?.is_false()),
            "unary_operator" => {
                let operand = self.one(field(FIELDS.argument)?, depth)?.number()?;
                match text(self.source, field(FIELDS.operator)?) {
                    "-" => Constant::Number(operand.checked_neg()?),
                    "+" => Constant::Number(operand),
                    _ => return None,
                }
            }
            "binary_operator" => {
                let (left, right) = (field(FIELDS.left)?, field(FIELDS.right)?);
                match text(self.source, field(FIELDS.operator)?) {
                    "+" => add(self.one(left, depth)?, self.one(right, depth)?)?,
                    _ => return None,
                }
            }
            "call" => self.call(node, depth)?,
            // `ssl.VerifyMode["CERT_NONE"]`
            "subscript" => {
                let class = self.names.get(&field(FIELDS.value)?.id())?;
                match self.one(children(node).get(1).copied()?, depth)? {
                    Constant::Text(member) => Constant::Name(format!("{class}.{member}")),
                    _ => return None,
                }
            }
            "identifier" | "attribute" => {
                let mut values = Vec::new();
                for bound in self.bound(node)? {
                    values.extend(self.fold((*bound)?, depth)?);
                }
                let has_values = (1..=MOST_VALUES).contains(&values.len());
                return has_values.then_some(values);
            }
            _ => return None,
        };
        Some(vec![value])
    }

    fn call(&self, node: Node<'t>, depth: usize) -> Option<Constant> {
        let list = children(node.child_by_field_id(FIELDS.arguments)?);
        let is_keyword = |node: &Node<'_>| node.kind() == "keyword_argument";
        let function = node.child_by_field_id(FIELDS.function)?;
        if list.iter().any(is_keyword) {
            return None;
        }
        // `ssl.VerifyMode(0)`
        if let Some(name) = self.calls.get(&node.id()) {
            let is_conversion = matches!(
                *name,
                "ssl.VerifyMode" | "ssl.TLSVersion" | "urllib3.util.resolve_cert_reqs"
            );
            return match list[..] {
                [value] if is_conversion => self.one(value, depth),
                _ => None,
            };
        }
        if function.kind() == "identifier" {
            return match (text(self.source, function), &list[..]) {
                ("bool", [value]) => Some(Constant::Bool(!self.one(*value, depth)?.is_false())),
                ("int", [value]) => self.one(*value, depth)?.number().map(Constant::Number),
                ("str", [value]) => Some(self.one(*value, depth)?)
                    .filter(|value| matches!(value, Constant::Text(_))),
                _ => None,
            };
        }
        let object = self.one(function.child_by_field_id(FIELDS.object)?, depth)?;
        let method = text(self.source, function.child_by_field_id(FIELDS.attribute)?);
        let mut arguments = list.into_iter().map(|node| self.one(node, depth));
        match (object, method) {
            (separator, "join") => {
                let Constant::List(parts) = arguments.next()?? else {
                    return None;
                };
                let mut parts = parts.into_iter();
                let mut all = parts.next()?;
                for part in parts {
                    all = add(add(all, separator.clone())?, part)?;
                }
                Some(all)
            }
            (Constant::Text(text), "encode") => Some(Constant::Bytes(text.into_bytes()))
                .filter(|value| matches!(value, Constant::Bytes(bytes) if bytes.is_ascii())),
            (Constant::Bytes(bytes), "decode") if bytes.is_ascii() => {
                String::from_utf8(bytes).ok().map(Constant::Text)
            }
            (Constant::Text(text), "strip") if arguments.next().is_none() => {
                Some(Constant::Text(text.trim().to_owned()))
            }
            (Constant::Text(text), "upper") => Some(Constant::Text(text.to_uppercase())),
            (Constant::Text(text), "replace") => match (arguments.next()??, arguments.next()??) {
                (Constant::Text(old), Constant::Text(new)) if !old.is_empty() => {
                    let text = text.replace(&old, &new);
                    (text.len() <= MOST_BYTES).then_some(Constant::Text(text))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The bindings of a variable, or of an attribute of `self` or of a class.
    fn bound(&self, node: Node<'t>) -> Option<&[Option<Node<'t>>]> {
        let bindings = self
            .bindings
            .get_or_init(|| Collector::collect(self.source, self.root));
        let object = node.child_by_field_id(FIELDS.object);
        let name = node.child_by_field_id(FIELDS.attribute).unwrap_or(node);
        let name = text(self.source, name);
        let mut is_innermost = true;
        let mut place = node;
        while let Some(parent) = place.parent() {
            place = parent;
            let is_class = place.kind() == "class_definition";
            match object.map(|object| text(self.source, object)) {
                None if is_container(place) && (!is_class || is_innermost) => {
                    is_innermost = false;
                    if let Some(found) = bindings.get(&(place.id(), name)) {
                        return Some(found);
                    }
                }
                Some("self" | "cls") if is_class => {
                    return bindings.get(&(place.id(), name)).map(Vec::as_slice);
                }
                _ => {}
            }
        }
        // `Class.NAME`
        let class = object.filter(|object| object.kind() == "identifier")?;
        match self.bound(class)? {
            [Some(class)] if class.kind() == "class_definition" => {
                bindings.get(&(class.id(), name)).map(Vec::as_slice)
            }
            _ => None,
        }
    }
}

/// The value of an integer literal, such as `0x301`.
fn number(python: &str) -> Option<i64> {
    let text = integer(python, 0x7fff_ffff)?;
    let digits = text.replace('_', "");
    match digits.get(..2) {
        Some("0x") => i64::from_str_radix(&digits[2..], 16).ok(),
        Some("0o") => i64::from_str_radix(&digits[2..], 8).ok(),
        Some("0b") => i64::from_str_radix(&digits[2..], 2).ok(),
        _ => digits.parse().ok(),
    }
}

fn add(left: Constant, right: Constant) -> Option<Constant> {
    let sum = match (left, right) {
        (Constant::Text(left), Constant::Text(right)) => Constant::Text(left + &right),
        (Constant::Bytes(left), Constant::Bytes(right)) => Constant::Bytes([left, right].concat()),
        (Constant::List(left), Constant::List(right)) => Constant::List([left, right].concat()),
        _ => return None,
    };
    let length = match &sum {
        Constant::Text(text) => text.len(),
        Constant::Bytes(bytes) => bytes.len(),
        Constant::List(list) => list.len(),
        _ => 0,
    };
    (length <= MOST_BYTES).then_some(sum)
}

fn is_container(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "module" | "class_definition" | "function_definition" | "lambda"
    )
}

/// Collects the bindings of a program.
struct Collector<'t> {
    source: &'t str,
    root: Node<'t>,
    bindings: Bindings<'t>,
    /// The names that a function declares as `global` or `nonlocal`.
    outer: HashSet<(usize, &'t str)>,
}

impl<'t> Collector<'t> {
    fn collect(source: &'t str, root: Node<'t>) -> Bindings<'t> {
        let mut collector = Collector {
            source,
            root,
            bindings: HashMap::new(),
            outer: HashSet::new(),
        };
        // The functions, classes and the module around the node.
        let mut containers = vec![root];
        for node in root.descendants() {
            while containers.len() > 1 && containers.last().is_some_and(|last| !last.has(node)) {
                containers.pop();
            }
            collector.node(node, &containers);
            if node.id() != root.id() && is_container(node) {
                containers.push(node);
            }
        }
        collector.bindings
    }

    fn node(&mut self, node: Node<'t>, containers: &[Node<'t>]) {
        let field = |name| node.child_by_field_id(name);
        match node.kind() {
            "assignment" => {
                if let (Some(left), Some(right)) = (field(FIELDS.left), field(FIELDS.right)) {
                    self.target(left, Some(right), containers);
                }
            }
            "augmented_assignment" | "for_statement" | "for_in_clause" => {
                if let Some(left) = field(FIELDS.left) {
                    self.target(left, None, containers);
                }
            }
            "named_expression" => {
                if let Some(name) = field(FIELDS.name) {
                    self.target(name, field(FIELDS.value), containers);
                }
            }
            "as_pattern_target" | "delete_statement" | "parameters" | "lambda_parameters"
            | "global_statement" | "nonlocal_statement" | "case_pattern" => {
                let is_outer = node.kind().ends_with("l_statement");
                for part in children(node) {
                    let name = match part.kind() {
                        "identifier" | "pattern_list" | "tuple_pattern" | "dotted_name" => part,
                        _ => match part.child_by_field_id(FIELDS.name).or(part.named_child(0)) {
                            Some(name) => name,
                            None => continue,
                        },
                    };
                    match (is_outer, containers) {
                        (true, [.., container]) => {
                            let key = (container.id(), text(self.source, name));
                            self.outer.insert(key);
                        }
                        _ => self.target(name, None, containers),
                    }
                }
            }
            "import_statement" | "import_from_statement" => {
                for part in children(node) {
                    let name = part.child_by_field_id(FIELDS.alias).unwrap_or(part);
                    self.target(name, None, containers);
                }
            }
            "function_definition" => {
                if let Some(name) = field(FIELDS.name) {
                    self.target(name, None, containers);
                }
            }
            "class_definition" => {
                if let Some(name) = field(FIELDS.name) {
                    self.target(name, Some(node), containers);
                }
            }
            _ => {}
        }
    }

    fn target(&mut self, target: Node<'t>, value: Option<Node<'t>>, containers: &[Node<'t>]) {
        let name = text(self.source, target);
        match target.kind() {
            "identifier" | "dotted_name" => {
                let Some(container) = containers.last() else {
                    return;
                };
                if self.outer.contains(&(container.id(), name)) {
                    // The function may run at any time, so the value counts in every scope around it.
                    for container in containers {
                        if let Some(bound) = self.bindings.get_mut(&(container.id(), name)) {
                            bound.push(value);
                        }
                    }
                    let root = self.bindings.entry((self.root.id(), name));
                    root.or_insert_with(|| vec![None]);
                    return;
                }
                let key = (container.id(), name);
                self.bindings.entry(key).or_default().push(value);
            }
            "attribute" => {
                let object = target.child_by_field_id(FIELDS.object);
                let is_own = object
                    .is_some_and(|object| matches!(text(self.source, object), "self" | "cls"));
                let mut outer = containers.iter().rev();
                let class = outer.find(|node| node.kind() == "class_definition");
                if let (true, Some(class)) = (is_own, class) {
                    let name = target.child_by_field_id(FIELDS.attribute);
                    let key = (class.id(), name.map_or("", |name| text(self.source, name)));
                    self.bindings.entry(key).or_default().push(value);
                }
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                let targets = children(target);
                for (target, value) in pairs(&targets, value) {
                    self.target(target, value, containers);
                }
            }
            _ => {}
        }
    }
}
