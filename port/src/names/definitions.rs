//! Imports, functions, classes and annotations.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Class, FrameKind, Function, How, Scope, Walker, instance_of};
use crate::PortError;
use crate::literals::{Literal, literal};
use crate::rules::rules;
use crate::syntax::{FIELDS, children};
use crate::tree::Node;
use crate::value::Value;

impl<'t> Walker<'t> {
    pub(super) fn import(&mut self, node: Node<'t>) {
        let module = node
            .child_by_field_id(FIELDS.module_name)
            .map(|name| self.text(name));
        let names: Vec<Node<'t>> = node.children_of_field(FIELDS.name).collect();
        for name in names {
            let (path, alias) = match name.kind() {
                "aliased_import" => (
                    name.child_by_field_id(FIELDS.name).unwrap_or(name),
                    name.child_by_field_id(FIELDS.alias),
                ),
                _ => (name, None),
            };
            let dotted: String = self.text(path).split_whitespace().collect();
            let full = match module {
                Some(module) if module.starts_with('.') => relative(module, &dotted),
                Some(module) => format!("{module}.{dotted}"),
                None => dotted.clone(),
            };
            let value = Value::path(&full);
            let Value::Path(canonical) = &value else {
                continue;
            };
            match rules().get(canonical) {
                // A function such as `asyncio.wait_for` has no Rust line of its own. A call of it becomes that of its
                // argument, so the import is not shown.
                Some(rule) if rule.passes.is_some() => {}
                // A name without a Rust line is counted where it is used.
                Some(rule) if rule.plain && !rule.has_rust() => {}
                Some(rule) => self.mark(
                    name,
                    canonical,
                    Some(rule),
                    How::Import,
                    None,
                    Value::Unknown,
                ),
                None if &**canonical == "ssl" || rules().type_of(canonical).is_some() => {
                    self.mark(name, canonical, None, How::Import, None, Value::Unknown);
                }
                None if module == Some("ssl") => {
                    self.mark(name, canonical, None, How::Import, None, Value::Unknown);
                }
                None => {}
            }
            match (alias, module) {
                (Some(alias), _) => self.bind(self.text(alias), value),
                (None, Some(_)) => self.bind(&dotted, value),
                // `import http.client` binds `http`.
                (None, None) => {
                    let first = dotted.split('.').next().unwrap_or(&dotted);
                    let whole = match first == dotted {
                        true => value,
                        false => Value::Path(first.into()),
                    };
                    self.bind(first, whole);
                }
            }
        }
        let is_wildcard = node
            .named_children()
            .any(|child| child.kind() == "wildcard_import");
        if let (true, Some(module @ ("ssl" | "_ssl"))) = (is_wildcard, module) {
            let prefix = format!("{}.", rules().canonical(module));
            for rule in &rules().list {
                for name in &rule.names {
                    match name.strip_prefix(&prefix) {
                        Some(last) if !last.contains('.') => self.bind(last, Value::path(name)),
                        _ => {}
                    }
                }
            }
        }
    }

    pub(super) fn function(&mut self, node: Node<'t>) -> Result<(), PortError> {
        let field = |name| node.child_by_field_id(name);
        let name = field(FIELDS.name).map_or("", |name| self.text(name));
        let class = match self.frames.last().map(|frame| frame.kind) {
            Some(FrameKind::Class(class)) => Some(class),
            _ => None,
        };
        let number = match self.at.get(&node.start_byte()) {
            Some(number) => *number,
            None => {
                self.functions.push(Function {
                    returns: Value::Unknown,
                    parameters: HashMap::new(),
                    names: Vec::new(),
                });
                self.at.insert(node.start_byte(), self.functions.len() - 1);
                self.functions.len() - 1
            }
        };
        // Defaults and annotations are evaluated outside of the function.
        let mut bound = Vec::new();
        for parameter in field(FIELDS.parameters).map(children).unwrap_or_default() {
            let name = match parameter.kind() {
                "identifier" => Some(parameter),
                "typed_parameter" => parameter.named_child(0),
                "default_parameter" | "typed_default_parameter" => {
                    parameter.child_by_field_id(FIELDS.name)
                }
                _ => None,
            };
            let mut value = Value::Unknown;
            if let Some(annotation) = parameter.child_by_field_id(FIELDS.r#type) {
                value = self.annotation(annotation)?;
            }
            if let Some(default) = parameter.child_by_field_id(FIELDS.value) {
                self.value(default)?;
            }
            if let Some(name) = name {
                bound.push((self.text(name), value));
            } else if let Some(name) = parameter.named_child(0) {
                bound.push((self.text(name), Value::Unknown));
            }
        }
        let mut returns = Value::Unknown;
        if let Some(annotation) = field(FIELDS.return_type) {
            returns = self.annotation(annotation)?;
        }
        self.finish_head(node);
        if !self.second {
            self.functions[number].names =
                bound.iter().map(|(name, _)| (*name).to_owned()).collect();
        }
        let is_property = node.parent().is_some_and(|parent| {
            parent.kind() == "decorated_definition"
                && children(parent).iter().any(|child| {
                    self.text(*child)
                        .trim_start_matches('@')
                        .trim()
                        .ends_with("property")
                })
        });
        if !is_property {
            self.bind(name, Value::Function(number));
        }

        let outer = self.frames.last().map_or("", |frame| &frame.name);
        let qualified = match outer {
            "" => name.to_owned(),
            outer => format!("{outer}.{name}"),
        };
        let is_async = node
            .all_children()
            .next()
            .is_some_and(|first| first.kind() == "async");
        self.scopes.push(Scope {
            name: qualified.clone(),
            node,
            is_async,
        });
        self.push(
            FrameKind::Function(number),
            &qualified,
            self.scopes.len() - 1,
        );
        let is_static = class.is_some() && self.is_static(node);
        for (index, (name, mut value)) in bound.into_iter().enumerate() {
            if let (0, Some(class), false) = (index, class, is_static) {
                value = match name {
                    "cls" | "klass" => Value::Class(class),
                    _ => Value::Object(class),
                };
            } else if value == Value::Unknown {
                let passed = self.functions[number].parameters.get(name);
                value = passed.cloned().unwrap_or(Value::Unknown);
            }
            self.bind(name, value);
        }
        let result = match field(FIELDS.body) {
            Some(body) => self.statement(body),
            None => Ok(()),
        };
        self.frames.pop();
        result?;
        if returns != Value::Unknown && !self.second {
            self.functions[number].returns = returns;
        }
        if let (true, Some(class)) = (is_property, class) {
            let value = self.functions[number].returns.clone();
            self.class_attribute(class, name, value);
        }
        Ok(())
    }

    fn is_static(&self, node: Node<'t>) -> bool {
        node.parent().is_some_and(|parent| {
            parent.kind() == "decorated_definition"
                && children(parent)
                    .iter()
                    .any(|child| self.text(*child).ends_with("staticmethod"))
        })
    }

    pub(super) fn class(&mut self, node: Node<'t>) -> Result<(), PortError> {
        let field = |name| node.child_by_field_id(name);
        let name = field(FIELDS.name).map_or("", |name| self.text(name));
        let number = match self.at.get(&node.start_byte()) {
            Some(number) => *number,
            None => {
                self.classes.push(Class::default());
                self.at.insert(node.start_byte(), self.classes.len() - 1);
                self.classes.len() - 1
            }
        };
        let mut bases = Vec::new();
        for base in field(FIELDS.superclasses).map(children).unwrap_or_default() {
            if base.kind() == "keyword_argument" {
                continue;
            }
            let target = self.target(base)?;
            if let Some((name, rule)) = &target.name {
                self.mark(base, name, *rule, How::Type, None, Value::Unknown);
            }
            bases.push(target.value);
        }
        self.classes[number].bases = bases;
        self.finish_head(node);
        self.bind(name, Value::Class(number));
        let outer = self.frames.last().map_or("", |frame| &frame.name);
        let qualified = match outer {
            "" => name.to_owned(),
            outer => format!("{outer}.{name}"),
        };
        let scope = self.scope();
        self.push(FrameKind::Class(number), &qualified, scope);
        let result = match field(FIELDS.body) {
            Some(body) => self.statement(body),
            None => Ok(()),
        };
        self.frames.pop();
        result
    }

    /// The instance that an annotation describes, also as a string, `Optional` or `| None`.
    pub(super) fn annotation(&mut self, node: Node<'t>) -> Result<Value, PortError> {
        self.deeper(node)?;
        let value = match node.kind() {
            "type"
            | "parenthesized_expression"
            | "union_type"
            | "binary_operator"
            | "type_parameter" => {
                let mut values = Vec::new();
                for child in children(node) {
                    values.push(self.annotation(child)?);
                }
                // A value of `dict | ssl.SSLContext` may have either type.
                values.retain(|value| *value != Value::Nothing);
                match <[Value; 1]>::try_from(values) {
                    Ok([one]) => one,
                    Err(_) => Value::Unknown,
                }
            }
            "generic_type" | "subscript" => {
                let parts = children(node);
                let is_optional = parts.first().is_some_and(|head| {
                    matches!(
                        self.text(*head),
                        "Optional" | "typing.Optional" | "t.Optional"
                    )
                });
                let mut value = Value::Unknown;
                for part in parts.into_iter().skip(1) {
                    let inner = self.annotation(part)?;
                    if is_optional {
                        value = inner;
                    }
                }
                value
            }
            "string" => {
                let name = match literal(self.source, node) {
                    Some(Literal::Text(name)) => name,
                    _ => String::new(),
                };
                let name = name.split('|').next().unwrap_or_default().trim().to_owned();
                let mut parts = name.split('.');
                let mut value = parts
                    .next()
                    .map_or(Value::Unknown, |first| self.lookup(first));
                for part in parts {
                    value = match value {
                        Value::Path(path) => Value::path(&format!("{path}.{part}")),
                        _ => Value::Unknown,
                    };
                }
                if let Value::Path(path) = &value {
                    if let (Some(_), path) = (rules().type_of(path), Rc::clone(path)) {
                        self.mark(
                            node,
                            &path,
                            rules().get(&path),
                            How::Type,
                            None,
                            Value::Unknown,
                        );
                    }
                }
                instance_of(&value)
            }
            "none" => Value::Nothing,
            "identifier" | "attribute" | "member_type" => {
                let target = self.target(node)?;
                if let Some((name, rule)) = &target.name {
                    self.mark(node, name, *rule, How::Type, None, Value::Unknown);
                }
                instance_of(&target.value)
            }
            _ => {
                self.value(node)?;
                Value::Unknown
            }
        };
        self.depth -= 1;
        Ok(value)
    }
}

/// The name that a relative import means, as far as the rules know it: `.util.ssl_` of urllib3.
fn relative(module: &str, name: &str) -> String {
    let path = module.trim_start_matches('.');
    let full = match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let candidates = ["urllib3.", "urllib3.util.", "requests.", "aiohttp."];
    let known = candidates
        .iter()
        .map(|prefix| rules().canonical(&format!("{prefix}{full}")));
    let found = known.into_iter().find(|candidate| {
        (full.contains("ssl_") || full.contains("urllib3")) && rules().get(candidate).is_some()
    });
    found.unwrap_or(format!(".{full}"))
}
