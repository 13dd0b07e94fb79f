//! Rust expressions for Python expressions: literals, variables, flags, and expressions that are not understood.

use super::{Need, Renderer};
use crate::kinds::{possible_types, rust_type, same_type};
use crate::literals::{Literal, float, format_text, has_break, integer, literal};
use crate::names::How;
use crate::rules::rules;
use crate::syntax::{FIELDS, MOST_LEVELS, awaited, children, strip, text};
use crate::tree::Node;
use crate::words::{comment, one_line, quoted, quoted_bytes, variable};

/// Python's names of socket families, types and protocols, and their values in the crate `socket2`.
const SOCKETS: [(&str, &str); 8] = [
    ("AF_INET", "Domain::IPV4"),
    ("AF_INET6", "Domain::IPV6"),
    ("AF_UNIX", "Domain::UNIX"),
    ("SOCK_STREAM", "Type::STREAM"),
    ("SOCK_DGRAM", "Type::DGRAM"),
    ("IPPROTO_TCP", "Protocol::TCP"),
    ("IPPROTO_UDP", "Protocol::UDP"),
    ("IPPROTO_ICMP", "Protocol::ICMPV4"),
];

impl<'t> Renderer<'_, 't> {
    pub(super) fn python(&self, node: Node<'_>) -> &'t str {
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
        if let "future" | "awaited" = kind {
            return self.future(node, kind == "awaited");
        }
        if let Some(mark) = self.marks.get(node) {
            if matches!(kind, "shutdown" | "domain" | "socktype" | "protocol") {
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
            // Python's `bool` is a number.
            ("true" | "false", "usize" | "u16" | "u32" | "u64" | "i32" | "f64" | "retry") => {
                let number = u8::from(node.kind() == "true");
                let suffix = if kind == "f64" { "f64" } else { "" };
                format!("{number}{suffix}")
            }
            ("integer", "bool") => match integer(self.python(node), u128::MAX) {
                Some(_) => (integer(self.python(node), 0).is_none()).to_string(),
                None => self.hole(node, kind),
            },
            ("integer", "domain" | "socktype" | "protocol") => {
                match integer(self.python(node), 0x7fff_ffff) {
                    Some(number) => format!("{}::from({number})", rust_type(kind)),
                    None => self.hole(node, kind),
                }
            }
            ("integer", "seconds") => match integer(self.python(node), u64::MAX.into()) {
                Some(text) => format!("Duration::from_secs({text})"),
                None => self.hole(node, kind),
            },
            ("float", "seconds") => self.seconds(node),
            ("integer", "usize" | "u16" | "u32" | "u64" | "i32" | "any" | "retry") => {
                let most = match kind {
                    "u16" => u16::MAX.into(),
                    "u32" | "retry" => u32::MAX.into(),
                    "usize" | "u64" => u64::MAX.into(),
                    _ => 0x7fff_ffff,
                };
                integer(self.python(node), most).unwrap_or_else(|| self.hole(node, kind))
            }
            ("integer" | "float", "f64") => match float(self.python(node)) {
                Some(text) => format!("{text}f64"),
                None => self.hole(node, kind),
            },
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
            // In `name.encode()`, Python needs bytes, and Rust takes the text.
            ("call", "str") if self.encoded_text(node).is_some() => match self.encoded_text(node) {
                Some(text) => self.expression(text, kind),
                None => self.hole(node, kind),
            },
            ("call", "file") if self.opened(node).is_some() => {
                let path = self.opened(node).map(|path| self.expression(path, "path"));
                format!("std::fs::File::open({})?", path.unwrap_or_default())
            }
            ("call", "bytes" | "data") => {
                self.encoded(node).unwrap_or_else(|| self.hole(node, kind))
            }
            ("identifier" | "attribute", _) => self.name(node, kind),
            _ => self.hole(node, kind),
        }
    }

    /// A call that Python awaits later, or its value.
    fn future(&mut self, node: Node<'t>, is_awaited: bool) -> String {
        let mark = self.marks.get(awaited(self.source, node));
        let Some(text) = mark.and_then(|mark| self.mark(mark)) else {
            return self.hole(node, "any");
        };
        match text.strip_suffix(".await?") {
            _ if is_awaited => text,
            Some(future) => future.to_owned(),
            None => format!("async {{ Ok({text}) }}"),
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
        if let "domain" | "socktype" | "protocol" = kind {
            let last = python.rsplit('.').next().unwrap_or_default();
            let known = SOCKETS.iter().find(|(python, _)| *python == last);
            if let Some((_, rust)) = known {
                return format!("ssl::socket2::{rust}");
            }
        }
        let name = variable(python, self.typed);
        if self.typed {
            let is_mutable = rules().type_of(kind).is_some_and(|kind| kind.mutable);
            self.needs.push(Need {
                name: name.clone(),
                types: possible_types(kind),
                mutable: is_mutable,
                moves: matches!(
                    rust_type(kind).as_str(),
                    "Vec<(String, String)>"
                        | "ssl::requests::HttpAdapter"
                        | "ssl::requests::PreparedRequest"
                        | "ssl::requests::Retry"
                        | "(&str, &str, ssl::requests::RequestOptions)"
                ),
            });
        }
        match kind {
            "domain" | "socktype" | "protocol" => format!("{}::from({name})", rust_type(kind)),
            "seconds" => format!("Duration::from_secs_f64({name})"),
            "bytes" | "file" => format!("&{name}"),
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
            _ => format!("py::<{}>({python})", rust_type(kind)),
        }
    }

    /// Writes an expression for readers: a simple one as in Rust, any other as a comment.
    pub(super) fn free(&mut self, node: Node<'t>, depth: usize) -> String {
        let node = strip(node);
        if depth > 20 {
            return comment(self.python(node));
        }
        if let Some(mark) = self.marks.get(node) {
            if let Some(text) = self.mark(mark) {
                return text;
            }
        }
        match node.kind() {
            "true" | "false" => node.kind().to_owned(),
            "none" => "None".to_owned(),
            "integer" => {
                integer(self.python(node), u128::MAX).unwrap_or_else(|| comment(self.python(node)))
            }
            "float" => float(self.python(node)).unwrap_or_else(|| comment(self.python(node))),
            "identifier" => variable(self.python(node), false),
            "string" | "concatenated_string" => match literal(self.source, node) {
                Some(Literal::Text(text)) => quoted(&text),
                Some(Literal::Bytes(bytes)) => quoted_bytes(&bytes),
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

    fn seconds(&mut self, node: Node<'t>) -> String {
        let Some(text) = float(self.python(node)) else {
            return self.hole(node, "seconds");
        };
        match text.parse::<f64>() {
            Ok(seconds) if (seconds * 1000.0).fract() == 0.0 && (0.0..1e9).contains(&seconds) => {
                format!("Duration::from_millis({:.0})", seconds * 1000.0)
            }
            _ => format!("Duration::from_secs_f64({text})"),
        }
    }

    fn string(&mut self, node: Node<'t>, kind: &str) -> String {
        match (literal(self.source, node), kind) {
            (Some(Literal::Bytes(bytes)), "bytes" | "data" | "cadata" | "password" | "any") => {
                quoted_bytes(&bytes)
            }
            (Some(Literal::Text(text)), "bytes" | "data") => text_as_bytes(&text),
            (
                Some(Literal::Text(text)),
                "str" | "path" | "cadata" | "password" | "any" | "verify" | "cert",
            ) => quoted(&text),
            // A path may be bytes in Python.
            (Some(Literal::Bytes(bytes)), "str" | "path" | "cert") => {
                match String::from_utf8(bytes) {
                    Ok(text) => quoted(&text),
                    Err(_) => self.hole(node, kind),
                }
            }
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
        let prefix = self.python(node).split(['\'', '"']).next()?;
        let prefix = prefix.to_ascii_lowercase();
        if !prefix.contains('f') {
            return None;
        }
        let mut text = String::new();
        let mut place = node.start_byte();
        let mut marks = 0;
        for part in node.named_children() {
            // The parser has no node for some of the texts between, and takes others for a part of the end.
            let end = match part.kind() {
                "string_end" => Some(part.end_byte() - marks),
                "interpolation" => Some(part.start_byte()),
                _ => None,
            };
            if let Some(end) = end {
                let python = self.source.get(place..end)?;
                if marks == 1 && has_break(python) {
                    return None;
                }
                let value = format_text(python, prefix.contains('r'))?;
                let value = quoted(&value.replace('{', "{{").replace('}', "}}"));
                text += &value[1..value.len() - 1];
            }
            match part.kind() {
                "interpolation" => {
                    // `{`, the name and `}`: not `{name!r}`, `{name=}` or `{name:>8}`.
                    let name = part.named_child(0)?;
                    if name.kind() != "identifier" || part.all_children().count() != 3 {
                        return None;
                    }
                    // Rust's formats name a variable `r#type` without its `r#`.
                    let name = variable(self.python(name), true);
                    text += &format!("{{{}}}", name.trim_start_matches("r#"));
                }
                "string_start" => marks = part.byte_range().len() - prefix.len(),
                "string_end" => {}
                "string_content" => continue,
                _ => return None,
            }
            place = part.end_byte();
        }
        Some(format!("&format!(\"{text}\")"))
    }

    /// The object `text` in `text.encode(...)`.
    fn encoded_text(&self, node: Node<'t>) -> Option<Node<'t>> {
        let function = node.child_by_field_id(FIELDS.function)?;
        let name = self.python(function.child_by_field_id(FIELDS.attribute)?);
        let object = function.child_by_field_id(FIELDS.object)?;
        (name == "encode").then_some(object)
    }

    /// `"text".encode()`.
    fn encoded(&self, node: Node<'t>) -> Option<String> {
        let function = node.child_by_field_id(FIELDS.function)?;
        let object = function.child_by_field_id(FIELDS.object)?;
        let name = self.python(function.child_by_field_id(FIELDS.attribute)?);
        let Some(Literal::Text(text)) = literal(self.source, object).filter(|_| name == "encode")
        else {
            return None;
        };
        let arguments = children(node.child_by_field_id(FIELDS.arguments)?);
        let encoding = match arguments[..] {
            [] => "utf-8".to_owned(),
            [encoding] => match literal(self.source, encoding)? {
                Literal::Text(name) => name.to_ascii_lowercase().replace('_', "-"),
                Literal::Bytes(_) => return None,
            },
            _ => return None,
        };
        match encoding.as_str() {
            "utf-8" | "utf8" => Some(text_as_bytes(&text)),
            "ascii" | "us-ascii" | "latin-1" | "latin1" | "iso-8859-1" if text.is_ascii() => {
                Some(text_as_bytes(&text))
            }
            _ => None,
        }
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
            .map(|child| match literal(self.source, child)? {
                Literal::Text(text) => Some(quoted(&text)),
                Literal::Bytes(_) => None,
            })
            .collect();
        match texts {
            Some(texts) if !texts.is_empty() => format!("&[{}]", texts.join(", ")),
            _ => self.hole(node, "strs"),
        }
    }

    fn pairs(&mut self, node: Node<'t>, kind: &str) -> String {
        self.pairs_of(&children(node), node, kind)
    }

    /// Some pairs of a dictionary.
    pub(super) fn pairs_of(&mut self, parts: &[Node<'t>], node: Node<'t>, kind: &str) -> String {
        let mut pairs = Vec::new();
        for child in parts {
            let key = child.child_by_field_id(FIELDS.key);
            let value = child.child_by_field_id(FIELDS.value);
            let (Some(key), Some(value)) = (key, value) else {
                return self.hole(node, kind);
            };
            let Some(Literal::Text(key)) = literal(self.source, key) else {
                return self.hole(node, kind);
            };
            let is_unknown = kind == "json" && literal(self.source, value).is_none();
            if is_unknown || strip(value).kind() == "none" {
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

/// A text as a Rust literal of its bytes in UTF-8.
pub(super) fn text_as_bytes(text: &str) -> String {
    match text.is_ascii() {
        true => quoted_bytes(text.as_bytes()),
        false => format!("{}.as_bytes()", quoted(text)),
    }
}
