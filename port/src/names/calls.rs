//! Calls: the arguments, what a function of the program receives, and the built-in functions that hide a name.

use std::rc::Rc;

use super::{Arguments, FrameKind, How, Walker, instance_of};
use crate::PortError;
use crate::given::Given;
use crate::literals::{Literal, literal};
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, awaited, children};
use crate::tree::Node;
use crate::value::Value;

impl<'t> Walker<'t> {
    fn arguments(&self, node: Node<'t>) -> Arguments<'t> {
        let mut arguments = Arguments::default();
        let Some(list) = node.child_by_field_id(FIELDS.arguments) else {
            return arguments;
        };
        if list.kind() != "argument_list" {
            // The only argument is a generator expression, which needs no parentheses of its own.
            arguments.positional.push(list);
            return arguments;
        }
        let mut has_splat = false;
        for child in children(list) {
            match child.kind() {
                "keyword_argument" => {
                    let name = child.child_by_field_id(FIELDS.name);
                    if let (Some(name), Some(value)) = (name, child.child_by_field_id(FIELDS.value))
                    {
                        arguments.keywords.push((self.text(name), value));
                    }
                }
                "list_splat" | "dictionary_splat" => arguments.open.push(self.text(child)),
                // After `*args`, the place of an argument is unknown.
                _ if has_splat => arguments.open.push(self.text(child)),
                _ => arguments.positional.push(child),
            }
            has_splat |= child.kind() == "list_splat";
        }
        arguments
    }

    pub(super) fn call(&mut self, node: Node<'t>) -> Result<Value, PortError> {
        let Some(function) = node.child_by_field_id(FIELDS.function) else {
            return Ok(Value::Unknown);
        };
        let mut arguments = self.arguments(node);
        if function.kind() == "identifier" {
            if let Some(value) = self.builtin(node, self.text(function), &arguments)? {
                return Ok(value);
            }
        }
        if let Some(value) = self.descriptor(node, function, &arguments)? {
            return Ok(value);
        }
        let target = self.target(function)?;
        let mut values = Vec::new();
        for argument in &arguments.positional {
            values.push(self.value(*argument)?);
        }
        let mut keywords = Vec::new();
        for (name, argument) in &arguments.keywords {
            keywords.push((*name, self.value(*argument)?));
        }
        if self.second {
            let nodes = arguments.positional.iter().zip(&values);
            let named = arguments.keywords.iter().zip(&keywords);
            let named = named.map(|((_, node), (_, value))| (node, value));
            let known = nodes.chain(named).filter_map(|(node, value)| match value {
                Value::Instance(class) => Some((node.id(), Rc::clone(class))),
                _ => None,
            });
            arguments.known = known.collect();
        }
        if !arguments.open.is_empty() {
            if let Some(list) = node.child_by_field_id(FIELDS.arguments) {
                let mut has_splat = false;
                for child in children(list) {
                    has_splat |= child.kind() == "list_splat";
                    let is_open = has_splat && child.kind() != "keyword_argument";
                    if is_open || child.kind() == "dictionary_splat" {
                        self.value(child)?;
                    }
                }
            }
        }
        if let Some((name, rule)) = &target.name {
            let receiver = target.receiver.as_ref().map(|(node, _)| *node);
            let held = target
                .receiver
                .as_ref()
                .map_or(&Value::Unknown, |(_, value)| value);
            let passed = rule.and_then(|rule| {
                let index = rule.passes?;
                let named = || {
                    let name = &rule.parameters.get(index)?.name;
                    let mut keywords = keywords.iter();
                    Some(&keywords.find(|(keyword, _)| keyword == name)?.1)
                };
                values.get(index).or_else(named)
            });
            let returns = rule.and_then(|rule| {
                let form = match rule.forms.iter().any(|form| form.len() > 2) {
                    true => Given::new(rule, &arguments).form(self.source, rule),
                    false => None,
                };
                let returns = form.and_then(|form| form.get(2));
                returns.or(rule.returns.as_ref()).map(String::as_str)
            });
            let value = match (passed, returns) {
                (Some(value), _) => value.clone(),
                (None, Some(returns)) => Value::returned(returns, held),
                (None, None) if rules().type_of(name).is_some() => Value::Instance(Rc::clone(name)),
                _ => Value::Unknown,
            };
            let is_mail = ["smtplib.", "imaplib.", "poplib.", "ftplib."];
            if is_mail.iter().any(|module| name.starts_with(module)) {
                arguments.host = receiver.and_then(|receiver| self.host(receiver));
                let host = rule.and_then(|rule| Given::new(rule, &arguments).get("host"));
                if let (None, Some(host)) = (receiver, host) {
                    self.last_host = Some((node.id(), host));
                }
            }
            // `wait_for` has a Rust line of its own if its argument has one.
            let is_shown = rule.is_none_or(|rule| match rule.passes {
                Some(_) => rule.has_rust() && self.waits(rule, &arguments),
                None => !rule.hidden,
            });
            if is_shown {
                self.mark(
                    node,
                    name,
                    *rule,
                    How::Call(arguments),
                    receiver,
                    value.clone(),
                );
            }
            return Ok(value);
        }
        Ok(match target.value {
            Value::Function(number) => {
                let is_method = target.receiver.is_some();
                self.pass(number, usize::from(is_method), &values, &keywords);
                self.functions[number].returns.clone()
            }
            Value::Class(number) => {
                let constructor = self.classes[number].attributes.get("__init__").cloned();
                if let Some(Value::Function(number)) = constructor {
                    self.pass(number, 1, &values, &keywords);
                }
                Value::Object(number)
            }
            Value::Path(path) if &*path == "contextlib.closing" => {
                values.first().cloned().unwrap_or(Value::Unknown)
            }
            other => instance_of(&other),
        })
    }

    /// Whether the first argument is a call for which Rust has a future.
    fn waits(&self, rule: &'static Rule, arguments: &Arguments<'t>) -> bool {
        let argument = Given::new(rule, arguments).get("fut");
        let Some(call) = argument.map(|node| awaited(self.source, node)) else {
            return false;
        };
        let marks = self.marks.iter().rev();
        let mut inner = marks.take_while(|mark| mark.node.start_byte() >= call.start_byte());
        inner.any(|mark| {
            let rust = mark.rule.and_then(|rule| rule.rust.as_deref());
            mark.node.id() == call.id() && rust.is_some_and(|rust| rust.contains(".await"))
        })
    }

    /// Reads `super().verify_flags.__set__(self, value)` and `__get__` as uses of the property.
    fn descriptor(
        &mut self,
        node: Node<'t>,
        function: Node<'t>,
        arguments: &Arguments<'t>,
    ) -> Result<Option<Value>, PortError> {
        let name = function.child_by_field_id(FIELDS.attribute);
        let name = name.map_or("", |name| self.text(name));
        let property = function.child_by_field_id(FIELDS.object);
        let Some(property) = property.filter(|_| matches!(name, "__set__" | "__get__")) else {
            return Ok(None);
        };
        let target = self.target(property)?;
        for argument in &arguments.positional {
            self.value(*argument)?;
        }
        let Some((full, rule)) = &target.name else {
            return Ok(Some(Value::Unknown));
        };
        match (name, &arguments.positional[..]) {
            ("__set__", [object, value]) => {
                let how = How::Set(*value, None);
                self.mark(node, full, *rule, how, Some(*object), Value::Unknown);
            }
            ("__get__", [object, ..]) => {
                let value = target.value.clone();
                self.mark(node, full, *rule, How::Read, Some(*object), value);
                return Ok(Some(target.value));
            }
            _ => {}
        }
        Ok(Some(Value::Unknown))
    }

    /// Records what a caller passes to a function of the file.
    fn pass(&mut self, number: usize, skip: usize, values: &[Value], keywords: &[(&str, Value)]) {
        if self.second {
            return;
        }
        let function = &mut self.functions[number];
        let positional = values.iter().enumerate().filter_map(|(index, value)| {
            Some((function.names.get(index + skip)?.clone(), value.clone()))
        });
        let named = keywords
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        // If callers pass an object, the parameter gets the object's type. Constants are ignored, because other callers
        // may pass other constants.
        for (name, value) in positional.chain(named).collect::<Vec<_>>() {
            if !matches!(value, Value::Instance(_) | Value::Object(_)) {
                continue;
            }
            let known = function.parameters.remove(&name).unwrap_or(Value::Unknown);
            function.parameters.insert(name, known.join(value));
        }
    }

    /// `super()`, `getattr(ssl, "NAME")`, `isinstance` and `cast`.
    fn builtin(
        &mut self,
        node: Node<'t>,
        name: &str,
        arguments: &Arguments<'t>,
    ) -> Result<Option<Value>, PortError> {
        match (name, &arguments.positional[..]) {
            ("super", _) => {
                let class = self.frames.iter().rev().find_map(|frame| match frame.kind {
                    FrameKind::Class(number) => Some(number),
                    _ => None,
                });
                let base = class.and_then(|class| self.classes[class].bases.first().cloned());
                Ok(Some(base.as_ref().map_or(Value::Unknown, instance_of)))
            }
            ("getattr" | "hasattr" | "setattr", [object, attribute, rest @ ..]) => {
                let Some(Literal::Text(attribute)) = literal(self.source, *attribute) else {
                    return Ok(None);
                };
                let base = self.target(*object)?;
                for argument in rest {
                    self.value(*argument)?;
                }
                if !matches!(base.value, Value::Path(_)) {
                    self.read(*object, &base);
                }
                let mut target = self.attribute(&base.value, &attribute);
                let is_instance = matches!(base.value, Value::Instance(_));
                if is_instance {
                    target.receiver = Some((*object, base.value));
                }
                // A name that the class does not have: the program asks because the object may be another.
                let is_guess = is_instance && matches!(target.name, Some((_, None)));
                if is_guess && (name == "hasattr" || !rest.is_empty()) {
                    return Ok(Some(Value::Unknown));
                }
                let value = target.value.clone();
                if let (Some((name, rule)), "setattr", [value]) = (&target.name, name, rest) {
                    let receiver = target.receiver.map(|(node, _)| node);
                    self.mark(
                        node,
                        name,
                        *rule,
                        How::Set(*value, None),
                        receiver,
                        Value::Unknown,
                    );
                } else {
                    self.read(node, &target);
                }
                Ok(Some(match name {
                    "getattr" => value,
                    _ => Value::Unknown,
                }))
            }
            ("isinstance" | "issubclass", [object, classes]) => {
                self.value(*object)?;
                let all = match classes.kind() {
                    "tuple" => children(*classes),
                    _ => vec![*classes],
                };
                let mut value = Value::Unknown;
                for class in all {
                    let target = self.target(class)?;
                    if let Some((name, rule)) = &target.name {
                        self.mark(class, name, *rule, How::Type, None, Value::Unknown);
                    }
                    value = value.join(instance_of(&target.value));
                }
                let _ = value;
                Ok(Some(Value::Unknown))
            }
            ("cast", [class, object]) => {
                let value = self.annotation(*class)?;
                self.value(*object)?;
                Ok(Some(value))
            }
            _ => Ok(None),
        }
    }
}
