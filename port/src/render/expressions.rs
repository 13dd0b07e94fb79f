//! Rust expressions for Python expressions: literals, variables, flags, and expressions that are not understood.

use tree_sitter::Node;

use super::{Need, Renderer};
use crate::kinds::{possible_types, rust_type, same_type};
use crate::names::How;
use crate::rules::rules;
use crate::syntax::{FIELDS, MOST_LEVELS, children, literal, strip, text};
use crate::words::{comment, escaped, one_line, quoted, variable};

impl<'t> Renderer<'_, 't> {
    fn python(&self, node: Node<'_>) -> &'t str {
        text(self.source, node)
    }

    /// A Rust expression of the kind `kind` of the rules.
    pub(crate) fn expression(&mut self, node: Node<'t>, kind: &str) -> String {
        let node = strip(node);
        self.depth += 1;
        let text = match self.depth > MOST_LEVELS {
            true => self.hole(node, kind),
            false => self.expression_inner(node, kind),
        };
        self.depth -= 1;
        text
    }

    fn expression_inner(&mut self, node: Node<'t>, kind: &str) -> String {
        if kind == "comment" {
            return comment(self.python(node));
        }
        if let Some(mark) = self.marks.get(&node.id()).copied() {
            if kind == "shutdown" {
                return self.name(node, kind);
            }
            let is_same = mark
                .rule
                .and_then(|rule| rule.returns.as_deref())
                .is_some_and(|returns| same_type(returns, kind, &mark.value));
            let is_value = !matches!(mark.how, How::Type | How::Except | How::Import);
            if is_value && (is_same || !self.typed || kind == "any") {
                if let Some(text) = self.mark(mark) {
                    let needs_reference = kind == "bytes" && !text.starts_with('&');
                    return if needs_reference {
                        format!("&{text}")
                    } else {
                        text
                    };
                }
            }
            return self.hole(node, kind);
        }
        match (node.kind(), kind) {
            ("none", "seconds") => "None".to_owned(),
            ("none", _) if !self.typed => "None".to_owned(),
            ("none", "str" | "path" | "cadata" | "password") => "None::<&str>".to_owned(),
            ("none", "session") => "None".to_owned(),
            ("true" | "false", "context") => match node.kind() {
                "true" => "ssl::create_default_context(())?".to_owned(),
                _ => "ssl::create_unverified_context(())?".to_owned(),
            },
            ("true" | "false", "bool" | "any" | "verify") => node.kind().to_owned(),
            ("integer", "bool") => (self.python(node) != "0").to_string(),
            ("integer", "seconds") => format!("Duration::from_secs({})", self.python(node)),
            ("float", "seconds") => self.seconds(node),
            ("integer", "usize" | "u16" | "u32" | "u64" | "i32" | "any") => {
                self.python(node).trim_end_matches(['l', 'L']).to_owned()
            }
            ("integer" | "float", "f64") => format!("{}f64", self.python(node)),
            ("string" | "concatenated_string", _) => self.string(node, kind),
            ("tuple", "addr") => self.address(node),
            ("tuple", "cert") => match children(node)[..] {
                [cert, key] => format!(
                    "({}, {})",
                    self.expression(cert, "path"),
                    self.expression(key, "path")
                ),
                _ => self.hole(node, kind),
            },
            ("list" | "tuple", "strs") => self.texts(node),
            ("dictionary", "pairs" | "json") => self.pairs(node, kind),
            ("conditional_expression", _) => self.conditional(node, kind),
            ("binary_operator" | "unary_operator", _) if kind.starts_with("ssl.") => {
                self.flags(node, kind)
            }
            ("call", "bytes" | "data") => {
                self.encoded(node).unwrap_or_else(|| self.hole(node, kind))
            }
            ("identifier" | "attribute", _) => self.name(node, kind),
            _ => self.hole(node, kind),
        }
    }

    /// A variable.
    fn name(&mut self, node: Node<'t>, kind: &str) -> String {
        let python = self.python(node);
        let is_plain = python
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_alphanumeric()));
        if !is_plain {
            return self.hole(node, kind);
        }
        if kind == "shutdown" {
            return match python.rsplit('.').next() {
                Some("SHUT_RD") => "std::net::Shutdown::Read".to_owned(),
                Some("SHUT_WR") => "std::net::Shutdown::Write".to_owned(),
                Some("SHUT_RDWR") => "std::net::Shutdown::Both".to_owned(),
                _ => self.hole(node, kind),
            };
        }
        let name = variable(python, self.typed);
        if self.typed {
            let is_mutable = rules().type_of(kind).is_some_and(|kind| kind.mutable);
            self.needs.push(Need {
                name: name.clone(),
                types: possible_types(kind),
                mutable: is_mutable,
                moves: rust_type(kind) == "ssl::requests::HttpAdapter",
            });
        }
        match kind {
            "seconds" => format!("Duration::from_secs_f64({name})"),
            "bytes" => format!("&{name}"),
            "json" => format!("&{name}"),
            "data" => format!("&{name}[..]"),
            "buffer" if !self.typed => format!("&mut {name}"),
            "session" => format!("{name}.clone()"),
            "socket" if self.typed => format!("&{name}"),
            _ => name,
        }
    }

    /// Writes an expression that is not understood. If the text must compile, `py::<Type>("python")` takes its place.
    fn hole(&mut self, node: Node<'t>, kind: &str) -> String {
        if !self.typed {
            let text = self.free(node, 0);
            return match kind {
                "seconds" => format!("Duration::from_secs_f64({text})"),
                "bytes" => format!("&{text}"),
                _ => text,
            };
        }
        let python = quoted(&one_line(self.python(node)));
        match kind {
            "seconds" => format!("Duration::from_secs_f64(py::<f64>({python}))"),
            "json" => format!("&py::<{}>({python})", rust_type(kind)),
            "session" | "context" | "verify" | "any" => {
                format!("py::<{}>({python})", rust_type(kind))
            }
            _ => format!("py::<{}>({python})", rust_type(kind)),
        }
    }

    /// Writes an expression for readers: a simple one as in Rust, any other as a comment.
    fn free(&mut self, node: Node<'t>, depth: usize) -> String {
        let node = strip(node);
        if depth > 20 {
            return comment(self.python(node));
        }
        if let Some(mark) = self.marks.get(&node.id()).copied() {
            if let Some(text) = self.mark(mark) {
                return text;
            }
        }
        match node.kind() {
            "true" | "false" => node.kind().to_owned(),
            "none" => "None".to_owned(),
            "integer" | "float" => self.python(node).to_owned(),
            "identifier" => variable(self.python(node), false),
            "string" | "concatenated_string" => match literal(self.source, node) {
                Some((text, false)) => quoted(&text),
                Some((text, true)) => format!("b{}", quoted(&text)),
                None => self
                    .format(node)
                    .unwrap_or_else(|| comment(self.python(node))),
            },
            "attribute" => {
                let object = node.child_by_field_id(FIELDS.object);
                let name = node
                    .child_by_field_id(FIELDS.attribute)
                    .map(|name| self.python(name));
                match (object, name) {
                    (Some(object), Some(name)) => {
                        format!("{}.{name}", self.free(object, depth + 1))
                    }
                    _ => comment(self.python(node)),
                }
            }
            "subscript" => match children(node)[..] {
                [object, index] if index.kind() != "slice" => {
                    format!(
                        "{}[{}]",
                        self.free(object, depth + 1),
                        self.free(index, depth + 1)
                    )
                }
                _ => comment(self.python(node)),
            },
            "binary_operator" => {
                let operator = node
                    .child_by_field_id(FIELDS.operator)
                    .map_or("", |o| self.python(o));
                match (children(node).as_slice(), operator) {
                    ([left, right], "+" | "-" | "*" | "/" | "|" | "&") => {
                        format!(
                            "{} {operator} {}",
                            self.free(*left, depth + 1),
                            self.free(*right, depth + 1)
                        )
                    }
                    _ => comment(self.python(node)),
                }
            }
            "call" => {
                let function = node.child_by_field_id(FIELDS.function);
                let arguments = node.child_by_field_id(FIELDS.arguments);
                match (function, arguments) {
                    (Some(function), Some(list)) if list.kind() == "argument_list" => {
                        let function = self.free(function, depth + 1);
                        let list = children(list);
                        let is_plain = list.iter().all(|a| {
                            a.kind() != "keyword_argument" && !a.kind().ends_with("splat")
                        });
                        if !is_plain {
                            return comment(self.python(node));
                        }
                        let list: Vec<_> =
                            list.into_iter().map(|a| self.free(a, depth + 1)).collect();
                        format!("{function}({})", list.join(", "))
                    }
                    _ => comment(self.python(node)),
                }
            }
            _ => comment(self.python(node)),
        }
    }

    fn seconds(&self, node: Node<'_>) -> String {
        let python = self.python(node);
        match python.parse::<f64>() {
            Ok(seconds) if (seconds * 1000.0).fract() == 0.0 && (0.0..1e9).contains(&seconds) => {
                format!("Duration::from_millis({:.0})", seconds * 1000.0)
            }
            _ => format!("Duration::from_secs_f64({python})"),
        }
    }

    fn string(&mut self, node: Node<'t>, kind: &str) -> String {
        match (literal(self.source, node), kind) {
            (Some((text, _)), "bytes" | "data") if text.is_ascii() => format!("b{}", quoted(&text)),
            (Some((text, _)), "bytes") => format!("{}.as_bytes()", quoted(&text)),
            (Some((text, true)), "cadata" | "password" | "any") if text.is_ascii() => {
                format!("b{}", quoted(&text))
            }
            (
                Some((text, _)),
                "str" | "path" | "cadata" | "password" | "any" | "verify" | "cert",
            ) => quoted(&text),
            (None, "str" | "path" | "any" | "verify") if !self.typed => match self.format(node) {
                Some(text) => text,
                None => self.hole(node, kind),
            },
            _ => self.hole(node, kind),
        }
    }

    /// An f-string with simple names as `format!`.
    fn format(&self, node: Node<'_>) -> Option<String> {
        if node.kind() != "string" {
            return None;
        }
        let mut text = String::new();
        let mut cursor = node.walk();
        for part in node.named_children(&mut cursor) {
            match part.kind() {
                "string_content" => text += &escaped(self.python(part)),
                "interpolation" => {
                    let name = part.named_child(0)?;
                    if name.kind() != "identifier" || part.named_child_count() > 1 {
                        return None;
                    }
                    text += &format!("{{{}}}", self.python(name));
                }
                "string_start" | "string_end" => {}
                _ => return None,
            }
        }
        Some(format!("&format!(\"{text}\")"))
    }

    /// `"text".encode()`.
    fn encoded(&self, node: Node<'t>) -> Option<String> {
        let function = node.child_by_field_id(FIELDS.function)?;
        let object = function.child_by_field_id(FIELDS.object)?;
        let name = self.python(function.child_by_field_id(FIELDS.attribute)?);
        let (text, _) = literal(self.source, object).filter(|_| name == "encode")?;
        Some(match text.is_ascii() {
            true => format!("b{}", quoted(&text)),
            false => format!("{}.as_bytes()", quoted(&text)),
        })
    }

    fn address(&mut self, node: Node<'t>) -> String {
        match children(node)[..] {
            [host, port] => format!(
                "({}, {})",
                self.expression(host, "str"),
                self.expression(port, "u16")
            ),
            _ => self.hole(node, "addr"),
        }
    }

    fn texts(&mut self, node: Node<'t>) -> String {
        let texts: Option<Vec<String>> = children(node)
            .into_iter()
            .map(|child| Some(quoted(&literal(self.source, child)?.0)))
            .collect();
        match texts {
            Some(texts) if !texts.is_empty() => format!("&[{}]", texts.join(", ")),
            _ => self.hole(node, "strs"),
        }
    }

    fn pairs(&mut self, node: Node<'t>, kind: &str) -> String {
        let mut pairs = Vec::new();
        for child in children(node) {
            let key = child.child_by_field_id(FIELDS.key);
            let value = child.child_by_field_id(FIELDS.value);
            let (Some(key), Some(value)) = (key, value) else {
                return self.hole(node, kind);
            };
            let Some((key, _)) = literal(self.source, key) else {
                return self.hole(node, kind);
            };
            if kind == "json" && literal(self.source, value).is_none() {
                return self.hole(node, kind);
            }
            pairs.push(format!(
                "({}, {})",
                quoted(&key),
                self.expression(value, "str")
            ));
        }
        if pairs.is_empty() {
            return self.hole(node, kind);
        }
        let list = format!("[{}]", pairs.join(", "));
        match kind {
            "json" => format!("&std::collections::HashMap::from({list})"),
            _ => list,
        }
    }

    fn conditional(&mut self, node: Node<'t>, kind: &str) -> String {
        match children(node)[..] {
            [yes, condition, no] if yes.kind() != "none" && no.kind() != "none" => {
                let condition = match self.typed {
                    true => format!("py::<bool>({})", quoted(&one_line(self.python(condition)))),
                    false => self.free(condition, 0),
                };
                let (yes, no) = (self.expression(yes, kind), self.expression(no, kind));
                format!("if {condition} {{ {yes} }} else {{ {no} }}")
            }
            _ => self.hole(node, kind),
        }
    }

    /// `ssl.OP_A | ssl.OP_B`, `~ssl.OP_A`.
    fn flags(&mut self, node: Node<'t>, kind: &str) -> String {
        if node.kind() == "unary_operator" {
            let argument = node.child_by_field_id(FIELDS.argument);
            return match argument {
                Some(argument) if self.python(node).starts_with('~') => {
                    let inner = self.expression(argument, kind);
                    match inner.contains(' ') {
                        true => format!("!({inner})"),
                        false => format!("!{inner}"),
                    }
                }
                _ => self.hole(node, kind),
            };
        }
        let operator = node
            .child_by_field_id(FIELDS.operator)
            .map_or("", |o| self.python(o));
        match (children(node).as_slice(), operator) {
            ([left, right], "|" | "&" | "^") => {
                let (left, right) = (self.expression(*left, kind), self.expression(*right, kind));
                format!("{left} {operator} {right}")
            }
            _ => self.hole(node, kind),
        }
    }
}
