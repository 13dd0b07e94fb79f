//! The values of expressions, and the uses in them.

use std::rc::Rc;

use super::{FrameKind, How, Mark, Target, Walker};
use crate::PortError;
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, children, pairs, strip};
use crate::tree::Node;
use crate::value::Value;

impl<'t> Walker<'t> {
    pub(super) fn mark(
        &mut self,
        node: Node<'t>,
        name: &Rc<str>,
        rule: Option<&'static Rule>,
        how: How<'t>,
        receiver: Option<Node<'t>>,
        value: Value,
    ) {
        let is_type = matches!(how, How::Type | How::Import);
        // Some types are known to the rules by name only. Calls of their constructors are not recorded.
        let is_answerable = rule.is_some() || is_type || name.starts_with("ssl");
        if self.second && is_answerable {
            let name = Rc::clone(name);
            self.marks.push(Mark {
                node,
                name,
                rule,
                how,
                receiver,
                value,
            });
        }
    }

    /// The value of a name or attribute, without marking a use.
    pub(super) fn peek(&self, node: Node<'t>) -> Value {
        match node.kind() {
            "identifier" => self.lookup(self.text(node)),
            "attribute" => match self.assigned(node) {
                Some(value) => value,
                None => {
                    let object = node.child_by_field_id(FIELDS.object);
                    let name = node.child_by_field_id(FIELDS.attribute);
                    match (object, name) {
                        // The limit keeps this recursion short: a chain of attributes may be as long as the parser's
                        // tree is deep.
                        (Some(object), Some(name)) if self.text(node).matches('.').count() < 20 => {
                            self.attribute(&self.peek(object), self.text(name)).value
                        }
                        _ => Value::Unknown,
                    }
                }
            },
            _ => Value::Unknown,
        }
    }

    /// The value that the function has assigned to an attribute such as `self.sock`.
    fn assigned(&self, node: Node<'t>) -> Option<Value> {
        let frame = self.frames.last()?;
        frame
            .names
            .get(self.text(node))
            .filter(|value| **value != Value::Nothing)
            .cloned()
    }

    /// The target of `base.name`. Its `name` is set if a rule covers the attribute, or if the attribute
    /// belongs to the module `ssl` or one of its classes.
    pub(super) fn attribute(&self, base: &Value, name: &str) -> Target<'t> {
        let nothing = || Target {
            value: Value::Unknown,
            name: None,
            receiver: None,
        };
        match base {
            Value::Path(path) => self.path_target(&format!("{path}.{name}")),
            Value::Instance(class) => match rules().attribute(class, name) {
                Some((full, rule)) => {
                    let value = match &rule.returns {
                        Some(returns) => Value::returned(returns, base),
                        None => Value::Unknown,
                    };
                    Target {
                        value,
                        name: Some((full.into(), Some(rule))),
                        receiver: None,
                    }
                }
                None if class.starts_with("ssl.") && !name.starts_with("__") => Target {
                    value: Value::Unknown,
                    name: Some((format!("{class}.{name}").into(), None)),
                    receiver: None,
                },
                None => nothing(),
            },
            Value::Object(number) | Value::Class(number) => {
                self.member(*number, name, 0).unwrap_or_else(nothing)
            }
            _ => nothing(),
        }
    }

    fn path_target(&self, full: &str) -> Target<'t> {
        let path: Rc<str> = rules().canonical(full).into();
        let rule = rules().get(&path);
        let is_known = rule.is_some() || rules().type_of(&path).is_some();
        // Every name of the module `ssl` is recorded, except the modules that it imports.
        let is_ssl = path.strip_prefix("ssl.").is_some_and(|last| {
            !last.is_empty() && !last.starts_with("__") && last != "socket" && last != "os"
        });
        let name = (is_known || is_ssl).then(|| (Rc::clone(&path), rule));
        Target {
            value: Value::Path(path),
            name,
            receiver: None,
        }
    }

    /// The attribute of a class of the program or of an instance, or of the classes from which it
    /// inherits.
    fn member(&self, class: usize, name: &str, depth: usize) -> Option<Target<'t>> {
        let class = &self.classes[class];
        if let Some(value) = class.attributes.get(name) {
            let value = value.clone();
            return Some(Target {
                value,
                name: None,
                receiver: None,
            });
        }
        class.bases.iter().find_map(|base| match base {
            Value::Class(base) if depth < 20 => self.member(*base, name, depth + 1),
            Value::Path(path) if rules().type_of(path).is_some() => {
                let target = self.attribute(&Value::Instance(Rc::clone(path)), name);
                // An unknown attribute of a subclass is probably defined in the subclass, so only known names are taken
                // from the base class.
                let is_known = matches!(target.name, Some((_, Some(_))));
                is_known.then_some(target)
            }
            _ => None,
        })
    }

    /// Resolves a name or an attribute. Marks the uses in its object, but not the expression itself.
    pub(super) fn target(&mut self, node: Node<'t>) -> Result<Target<'t>, PortError> {
        match node.kind() {
            "identifier" => {
                let value = self.lookup(self.text(node));
                Ok(match &value {
                    Value::Path(path) => {
                        let mut target = self.path_target(path);
                        target.name = (target.name)
                            .filter(|(name, rule)| name.contains('.') || rule.is_some());
                        target
                    }
                    _ => Target {
                        value,
                        name: None,
                        receiver: None,
                    },
                })
            }
            "attribute" => {
                let (Some(object), Some(name)) = (
                    node.child_by_field_id(FIELDS.object),
                    node.child_by_field_id(FIELDS.attribute),
                ) else {
                    return Ok(Target {
                        value: Value::Unknown,
                        name: None,
                        receiver: None,
                    });
                };
                self.deeper(node)?;
                let base = self.target(object)?;
                self.depth -= 1;
                let mut target = self.attribute(&base.value, self.text(name));
                // An attribute of a constant such as `ssl.OPENSSL_VERSION` is not a name of the module.
                let is_constant = match &base.value {
                    Value::Path(path) => {
                        let rule = rules().get(path);
                        rule.is_some() && rules().type_of(path).is_none()
                    }
                    _ => true,
                };
                if is_constant {
                    self.read(object, &base);
                    if matches!(base.value, Value::Path(_)) {
                        target = Target {
                            value: Value::Unknown,
                            name: None,
                            receiver: None,
                        };
                    }
                }
                if matches!(base.value, Value::Instance(_) | Value::Object(_)) {
                    target.receiver = Some((object, base.value));
                }
                if let Some(value) = self.assigned(node) {
                    // For a plain attribute, the value that the function has assigned is more exact than the rules.
                    if target.name.is_none() {
                        target.value = value;
                    }
                }
                Ok(target)
            }
            _ => {
                let value = self.value(node)?;
                Ok(Target {
                    value,
                    name: None,
                    receiver: None,
                })
            }
        }
    }

    /// Marks a name or property that is read.
    pub(super) fn read(&mut self, node: Node<'t>, target: &Target<'t>) {
        let Some((name, rule)) = &target.name else {
            return;
        };
        if rule.is_some_and(|rule| rule.hidden) {
            return;
        }
        let receiver = target.receiver.as_ref().map(|(node, _)| *node);
        let is_class = rules().type_of(name).is_some() && receiver.is_none();
        let how =
            match is_class && rule.is_none_or(|rule| rule.arm.is_none() && rule.guard.is_none()) {
                true => How::Type,
                false => How::Read,
            };
        self.mark(node, name, *rule, how, receiver, target.value.clone());
    }

    /// The value of an expression. Marks the uses in it.
    pub(super) fn value(&mut self, node: Node<'t>) -> Result<Value, PortError> {
        self.deeper(node)?;
        let field = |name| node.child_by_field_id(name);
        let value = match node.kind() {
            "identifier" | "attribute" => {
                let target = self.target(node)?;
                self.read(node, &target);
                target.value
            }
            "call" => self.call(node)?,
            "none" => Value::Nothing,
            "integer" | "float" | "true" | "false" | "ellipsis" | "comment" => Value::Unknown,
            "await" | "parenthesized_expression" | "expression_statement" => {
                let mut value = Value::Unknown;
                for child in children(node) {
                    value = self.value(child)?;
                }
                value
            }
            "as_pattern" => {
                let parts = children(node);
                let mut value = Value::Unknown;
                if let Some(first) = parts.first() {
                    value = self.value(*first)?;
                }
                if let Some(alias) = field(FIELDS.alias) {
                    if let Some(first) = parts.first() {
                        self.remember_host(alias, *first);
                    }
                    self.assign(alias, value.clone())?;
                }
                value
            }
            "assignment" => self.assignment(node)?,
            "augmented_assignment" => {
                let (Some(left), Some(right)) = (field(FIELDS.left), field(FIELDS.right)) else {
                    return Ok(Value::Unknown);
                };
                self.value(right)?;
                let operator = field(FIELDS.operator).map_or("", |operator| self.text(operator));
                self.set(node, left, right, Some(operator))?;
                Value::Unknown
            }
            "named_expression" => {
                let mut value = Value::Unknown;
                if let Some(right) = field(FIELDS.value) {
                    value = self.value(right)?;
                }
                if let Some(name) = field(FIELDS.name) {
                    self.assign(name, value.clone())?;
                }
                value
            }
            "conditional_expression" => {
                let parts = children(node);
                let mut values = Vec::new();
                for part in parts {
                    values.push(self.value(part)?);
                }
                match <[Value; 3]>::try_from(values) {
                    Ok([yes, _, no]) => yes.join(no),
                    Err(_) => Value::Unknown,
                }
            }
            "boolean_operator" => {
                let mut value = Value::Unknown;
                for part in [field(FIELDS.left), field(FIELDS.right)]
                    .into_iter()
                    .flatten()
                {
                    value = value.join(self.value(part)?);
                }
                value
            }
            "tuple" | "expression_list" => {
                let mut values = Vec::new();
                for child in children(node) {
                    values.push(self.value(child)?);
                }
                Value::Tuple(values)
            }
            "lambda"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => {
                self.inner(node)?;
                Value::Unknown
            }
            "keyword_argument" => match field(FIELDS.value) {
                Some(value) => self.value(value)?,
                None => Value::Unknown,
            },
            _ => {
                let inner: Vec<Node<'t>> = node.named_children().collect();
                for child in inner {
                    self.value(child)?;
                }
                Value::Unknown
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    /// An expression with names of its own.
    fn inner(&mut self, node: Node<'t>) -> Result<(), PortError> {
        let mark = self.frames.last().map_or(0, |frame| frame.names.mark());
        let parts = children(node);
        for clause in parts.iter().filter(|part| part.kind() == "for_in_clause") {
            if let Some(right) = clause.child_by_field_id(FIELDS.right) {
                self.value(right)?;
            }
            if let Some(left) = clause.child_by_field_id(FIELDS.left) {
                self.assign(left, Value::Unknown)?;
            }
        }
        for part in parts.iter().filter(|part| part.kind() != "for_in_clause") {
            match part.kind() {
                "lambda_parameters" => {
                    for parameter in children(*part) {
                        let name = match parameter.kind() {
                            "identifier" => Some(parameter),
                            _ => parameter.child_by_field_id(FIELDS.name),
                        };
                        if let Some(value) = parameter.child_by_field_id(FIELDS.value) {
                            self.value(value)?;
                        }
                        if let Some(name) = name {
                            self.bind(self.text(name), Value::Unknown);
                        }
                    }
                }
                _ => {
                    self.value(*part)?;
                }
            }
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.names.undo(mark);
        }
        Ok(())
    }

    /// The key of a variable in `hosts`. An attribute of `self` belongs to the class, and another variable to the
    /// function.
    fn host_key(&self, name: &'t str) -> (usize, &'t str) {
        let class = self.frames.iter().rev().find_map(|frame| match frame.kind {
            FrameKind::Class(number) if name.starts_with("self.") => Some(usize::MAX - number),
            _ => None,
        });
        (class.unwrap_or_else(|| self.scope()), name)
    }

    /// Records the host of `server = smtplib.SMTP(host)`.
    fn remember_host(&mut self, target: Node<'t>, value: Node<'t>) {
        let last = self
            .last_host
            .filter(|(call, _)| *call == strip(value).id());
        let Some((_, host)) = last else {
            return;
        };
        let key = self.host_key(self.text(target));
        let text = self.text(host);
        let is_other =
            |known: &Option<Node<'t>>| known.is_none_or(|known| self.text(known) != text);
        let host = match self.hosts.get(&key) {
            Some(known) if is_other(known) => None,
            _ => Some(host),
        };
        self.hosts.insert(key, host);
    }

    /// The host with which the object was created.
    pub(super) fn host(&self, object: Node<'t>) -> Option<Node<'t>> {
        let name = self.text(object);
        let mut frames = self.frames.iter();
        let is_local = frames.any(|frame| {
            matches!(frame.kind, FrameKind::Function(_)) && frame.names.get(name).is_some()
        });
        let found = self.hosts.get(&self.host_key(name));
        *found.or_else(|| self.hosts.get(&(0, name)).filter(|_| !is_local))?
    }

    fn assignment(&mut self, node: Node<'t>) -> Result<Value, PortError> {
        let field = |name| node.child_by_field_id(name);
        let mut value = Value::Unknown;
        if let Some(right) = field(FIELDS.right) {
            value = self.value(right)?;
        }
        if let Some(annotation) = field(FIELDS.r#type) {
            let declared = self.annotation(annotation)?;
            if matches!(value, Value::Unknown | Value::Nothing) {
                value = declared;
            }
        }
        if let Some(left) = field(FIELDS.left) {
            if let Some(right) = field(FIELDS.right) {
                self.remember_host(left, right);
            }
            match field(FIELDS.right).map(assigned_value) {
                Some(right) if matches!(left.kind(), "pattern_list" | "tuple_pattern") => {
                    for (left, right) in pairs(&children(left), Some(right)) {
                        match right {
                            Some(right) if left.kind() == "attribute" => {
                                self.set(left, left, right, None)?;
                            }
                            _ => {}
                        }
                    }
                    self.assign(left, value.clone())?;
                }
                Some(right) if matches!(left.kind(), "attribute" | "subscript") => {
                    if !self.set(node, left, right, None)? {
                        self.assign(left, value.clone())?;
                    }
                }
                _ => self.assign(left, value.clone())?,
            }
        }
        Ok(value)
    }

    /// An assignment to an attribute; true if it is a property of the rules.
    fn set(
        &mut self,
        node: Node<'t>,
        left: Node<'t>,
        right: Node<'t>,
        operator: Option<&'t str>,
    ) -> Result<bool, PortError> {
        if let ("subscript", None) = (left.kind(), operator) {
            let object = left.child_by_field_id(FIELDS.value);
            let class = object.map(|object| (object, self.peek(object)));
            if let Some((object, Value::Instance(class))) = class {
                if let Some((name, rule)) = rules().attribute(&class, "__setitem__") {
                    self.value(left)?;
                    let how = How::Set(right, operator);
                    self.mark(
                        node,
                        &name.into(),
                        Some(rule),
                        how,
                        Some(object),
                        Value::Unknown,
                    );
                    return Ok(true);
                }
            }
        }
        if left.kind() != "attribute" {
            if operator.is_some() {
                if left.kind() == "identifier" {
                    self.bind(self.text(left), Value::Unknown);
                } else {
                    self.value(left)?;
                }
            }
            return Ok(false);
        }
        let target = self.target(left)?;
        let Some((name, rule)) = target.name else {
            return Ok(false);
        };
        // An object of the program's own class sets an attribute with the name of one in the base class. If the rules
        // have no line for setting it, it is the program's own attribute.
        let is_own = matches!(target.receiver, Some((_, Value::Object(_))));
        if is_own && rule.is_some_and(|rule| rule.set.is_none()) {
            return Ok(true);
        }
        let receiver = target.receiver.map(|(node, _)| node);
        let how = How::Set(right, operator);
        self.mark(node, &name, rule, how, receiver, Value::Unknown);
        Ok(true)
    }
}

/// The value of `b = value` in `a = b = value`.
fn assigned_value(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while let ("assignment", Some(right)) = (node.kind(), node.child_by_field_id(FIELDS.right)) {
        node = right;
    }
    node
}
