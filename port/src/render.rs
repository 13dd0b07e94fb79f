//! Writes the Rust expression for each use of a name of Python's `ssl` in a statement. Variables and
//! arguments stay those of the program.

use std::collections::HashMap;

use tree_sitter::Node;

use crate::given::{Given, kind_of};
use crate::kinds::{possible_types, rust_type, same_type};
use crate::names::{How, Mark};
use crate::rules::{Rule, rules};
use crate::syntax::{MOST_LEVELS, children, literal, strip, text};
use crate::words::{comment, escaped, one_line, quoted, variable};

/// A name that a Rust line takes from its surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) name: String,
    /// The Rust types that are possible; the first is used for a parameter.
    pub(crate) types: Vec<String>,
    pub(crate) mutable: bool,
    /// Whether the line consumes the value.
    pub(crate) moves: bool,
}

/// Writes the expressions of one statement.
///
/// With `typed`, the text must compile: `self.sock` becomes `self_sock`, and an expression that is not
/// understood becomes `py::<Type>("python")`.
pub(crate) struct Renderer<'s, 't> {
    source: &'t str,
    marks: HashMap<usize, &'s Mark<'t>>,
    typed: bool,
    pub(crate) needs: Vec<Need>,
    /// Arguments that the Rust line leaves out.
    pub(crate) dropped: Vec<String>,
    depth: usize,
}

impl<'s, 't> Renderer<'s, 't> {
    pub(crate) fn new(source: &'t str, marks: &'s [Mark<'t>], typed: bool) -> Renderer<'s, 't> {
        let marks = marks
            .iter()
            .filter(|mark| !matches!(mark.how, How::Set(..)))
            .map(|mark| (mark.node.id(), mark))
            .collect();
        Renderer {
            source,
            marks,
            typed,
            needs: Vec::new(),
            dropped: Vec::new(),
            depth: 0,
        }
    }

    /// The Rust text of a use; `None` if there is none.
    pub(crate) fn mark(&mut self, mark: &Mark<'t>) -> Option<String> {
        if matches!(mark.how, How::Import) {
            return Some("use pyssl as ssl;".to_owned());
        }
        if matches!(mark.how, How::Type) {
            if let Some(kind) = rules().type_of(&mark.name) {
                return Some(kind.rust.clone());
            }
        }
        let rule = mark.rule?;
        match &mark.how {
            How::Set(value, operator) => self.set(mark, rule, *value, *operator),
            How::Call(arguments) => {
                let rust = rule.rust.as_deref()?;
                let given = Given::new(rule, arguments);
                let receiver = mark.receiver.or(given.receiver);
                for name in &given.unknown {
                    self.dropped.push((*name).to_owned());
                }
                let form = rule
                    .forms
                    .iter()
                    .find(|[condition, _]| given.meets(self.source, condition));
                let template = form.map_or(rust, |[_, rust]| rust);
                Some(self.fill(template, mark, rule, receiver, &given))
            }
            _ => {
                if let Some(arm) = pattern(rule, "e") {
                    return Some(format!("|e: &{}| {arm}", error_type(rule)));
                }
                let rust = rule.rust.as_deref()?;
                let needs_arguments = rule
                    .parameters
                    .iter()
                    .any(|parameter| parameter.default.is_none());
                let is_function = mark.receiver.is_none() && rust.contains('(');
                if needs_arguments || is_function {
                    // The function itself, such as `ssl.create_default_context` without a call.
                    let head = rust.split(['(', '{']).next().unwrap_or(rust).to_owned();
                    let head = match head.ends_with("::") {
                        true => format!("{head}{}", bare(&mark.name)),
                        false => head,
                    };
                    return (!self.typed && !head.is_empty()).then_some(head);
                }
                let given = Given::default();
                Some(self.fill(rust, mark, rule, mark.receiver, &given))
            }
        }
    }

    fn set(
        &mut self,
        mark: &Mark<'t>,
        rule: &'static Rule,
        value: Node<'t>,
        operator: Option<&str>,
    ) -> Option<String> {
        let value = strip(value);
        let template = match (value.kind(), &rule.set_none) {
            ("none", Some(template)) => template,
            _ => rule.set.as_ref()?,
        };
        if template.is_empty() {
            return None;
        }
        let kind = rule.kind.as_deref().unwrap_or("comment");
        let mut text = self.expression(value, kind);
        if let Some(operator) = operator.and_then(|operator| operator.strip_suffix('=')) {
            let getter = rule.rust.as_deref()?;
            let getter = self.fill(getter, mark, rule, mark.receiver, &Given::default());
            text = format!("{getter} {operator} {text}");
        }
        let given = Given {
            value: Some(text),
            ..Given::default()
        };
        Some(self.fill(template, mark, rule, mark.receiver, &given))
    }

    /// Puts the arguments into a template of the rules.
    fn fill(
        &mut self,
        template: &str,
        mark: &Mark<'t>,
        rule: &'static Rule,
        receiver: Option<Node<'t>>,
        given: &Given<'t>,
    ) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(start) = rest.find('{') {
            out += &rest[..start];
            let inner = &rest[start + 1..];
            let end = inner.find('}').filter(|_| !inner.starts_with(' '));
            let Some(end) = end else {
                out.push('{');
                rest = inner;
                continue;
            };
            let place = &inner[..end];
            rest = &inner[end + 1..];
            let (place, default) = match place.split_once('|') {
                Some((place, default)) => (place, Some(default)),
                None => (place, None),
            };
            match place {
                "self" => out += &self.receiver(mark, rule, receiver),
                "name" => out += mark.name.rsplit('.').next().unwrap_or_default(),
                "bare" => out += bare(&mark.name),
                "value" if given.value.is_some() => {
                    out += given.value.as_deref().unwrap_or_default()
                }
                "options" => out += &self.options(mark, rule, receiver, given),
                "type" => {
                    let kind = rules().type_of(&mark.name);
                    out += kind.map_or("()", |kind| &kind.rust);
                }
                "proto" => out += mark.name.rsplit("PROTO_").next().unwrap_or_default(),
                "context" if rule.context.is_some() => {
                    let template = rule.context.as_deref().unwrap_or_default();
                    out += &self.fill(template, mark, rule, receiver, given);
                }
                _ => out += &self.argument(place, default, rule, given),
            }
        }
        out + rest
    }

    /// `{x}`, `{x|default}`, `{x:kind}` and `{.method(x)}`.
    fn argument(
        &mut self,
        place: &str,
        default: Option<&str>,
        rule: &'static Rule,
        given: &Given<'t>,
    ) -> String {
        if let Some((method, argument)) = place
            .strip_prefix('.')
            .and_then(|call| call.split_once('('))
        {
            let argument = argument.trim_end_matches(')');
            let (reference, argument) = match argument.strip_prefix('&') {
                Some(argument) => ("&", argument),
                None => ("", argument),
            };
            return match given.get(argument) {
                Some(node) if !is_default(self.source, rule, argument, node) => {
                    let value = self.expression(node, kind_of(rule, argument));
                    format!(".{method}({reference}{value})")
                }
                _ => String::new(),
            };
        }
        if let Some(name) = place.strip_prefix('?') {
            return match given.get(name) {
                Some(node) if node.kind() != "none" => {
                    format!("Some({})", self.expression(node, kind_of(rule, name)))
                }
                _ => "None".to_owned(),
            };
        }
        let (name, kind) = place
            .split_once(':')
            .unwrap_or((place, kind_of(rule, place)));
        match (given.get(name), default) {
            (Some(node), Some(default)) if is_default(self.source, rule, name, node) => {
                default.to_owned()
            }
            (Some(node), _) => self.expression(node, kind),
            (None, Some(default)) => default.to_owned(),
            (None, None) if self.typed => format!("py::<{}>(\"{name}\")", rust_type(kind)),
            (None, None) => name.to_owned(),
        }
    }

    fn receiver(
        &mut self,
        mark: &Mark<'t>,
        rule: &'static Rule,
        receiver: Option<Node<'t>>,
    ) -> String {
        let class = mark.name.rsplit_once('.').map_or("", |(class, _)| class);
        let _ = rule;
        match receiver {
            Some(node) => self.expression(node, class),
            None if self.typed => format!("py::<{}>(\"{class}\")", rust_type(class)),
            None => "self".to_owned(),
        }
    }

    /// The value of `{options}`: the short form if only its own arguments are given.
    fn options(
        &mut self,
        mark: &Mark<'t>,
        rule: &'static Rule,
        receiver: Option<Node<'t>>,
        given: &Given<'t>,
    ) -> String {
        let Some([short, long]) = &rule.options else {
            return String::new();
        };
        let mentioned = |template: &str, name: &str| {
            template.contains(&format!("{{{name}}}"))
                || template.contains(&format!("{{{name}|"))
                || template.contains(&format!("({name})}}"))
        };
        let rust = rule.rust.as_deref().unwrap_or_default();
        let context = rule.context.as_deref().unwrap_or_default();
        let mut extra = String::new();
        let mut needs_long = false;
        for parameter in &rule.parameters {
            let name = &parameter.name;
            let Some(node) = given.get(name) else {
                continue;
            };
            if is_default(self.source, rule, name, node)
                || mentioned(rust, name)
                || mentioned(context, name)
            {
                continue;
            }
            if matches!(parameter.kind.as_str(), "-" | "~") {
                // `Given` has noted it.
            } else if mentioned(long, name) {
                needs_long |= !mentioned(short, name);
            } else if long.contains("{.") || parameter.kind == "comment" {
                // The rule names all that the value takes.
                self.dropped.push(name.clone());
            } else {
                let value = self.expression(node, &parameter.kind);
                extra += &format!(".{name}({value})");
            }
        }
        if extra.is_empty() && !needs_long {
            return self.fill(short, mark, rule, receiver, given);
        }
        self.fill(long, mark, rule, receiver, given) + &extra
    }

    // ------------------------------------------------------------ expressions

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

    /// An expression that Rust writes in another way.
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

    /// An expression for the eyes: simple ones are written as in Rust, others are a comment.
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
                let object = node.child_by_field_name("object");
                let name = node
                    .child_by_field_name("attribute")
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
                    .child_by_field_name("operator")
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
                let function = node.child_by_field_name("function");
                let arguments = node.child_by_field_name("arguments");
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
        let function = node.child_by_field_name("function")?;
        let object = function.child_by_field_name("object")?;
        let name = self.python(function.child_by_field_name("attribute")?);
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
            let key = child.child_by_field_name("key");
            let value = child.child_by_field_name("value");
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
            let argument = node.child_by_field_name("argument");
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
            .child_by_field_name("operator")
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

fn is_default(source: &str, rule: &Rule, name: &str, node: Node<'_>) -> bool {
    let found = rule
        .parameters
        .iter()
        .find(|parameter| parameter.name == name);
    let default = found.and_then(|parameter| parameter.default.as_deref());
    default == Some(text(source, node))
}

fn bare(name: &str) -> &str {
    name.rsplit('.')
        .next()
        .unwrap_or(name)
        .trim_start_matches('_')
}

/// The type of the errors that a rule's pattern matches.
pub(crate) fn error_type(rule: &Rule) -> &'static str {
    match rule.family.as_deref() {
        Some("requests") => "ssl::requests::Error",
        _ => "ssl::Error",
    }
}

/// The condition that an exception `name` has the class of the rule.
pub(crate) fn pattern(rule: &Rule, name: &str) -> Option<String> {
    match (&rule.arm, &rule.guard) {
        (Some(arm), _) => Some(format!("matches!({name}, {arm})")),
        (_, Some(guard)) => Some(guard.replace("{e}", name)),
        _ => None,
    }
}
