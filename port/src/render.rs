//! Writes the Rust expression for each use of a name of Python's `ssl` in a statement. Variables and
//! arguments stay those of the program.

mod expressions;
mod options;

use std::collections::HashMap;

use crate::given::{Given, kind_of};
use crate::kinds::rust_type;
use crate::names::{How, Mark, Program};
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, children, strip, text};
use crate::tree::Node;
use crate::words::comment;

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
    marks: &'s Marks<'s, 't>,
    typed: bool,
    pub(crate) needs: Vec<Need>,
    /// Arguments that the Rust line leaves out.
    pub(crate) dropped: Vec<String>,
    /// The arguments that the current template has used.
    used: Vec<&'static str>,
    depth: usize,
}

/// The uses of a program, by their nodes.
pub(crate) struct Marks<'s, 't> {
    by_node: HashMap<usize, &'s Mark<'t>>,
    /// The class of each argument that is an instance of a known class, by its node.
    known: HashMap<usize, &'s str>,
}

impl<'s, 't> Marks<'s, 't> {
    pub(crate) fn of(program: &'s Program<'t>) -> Marks<'s, 't> {
        let mut marks = Marks {
            by_node: HashMap::new(),
            known: HashMap::new(),
        };
        for mark in program.statements.iter().flat_map(|s| &s.marks) {
            if let How::Call(arguments) = &mark.how {
                let known = arguments.known.iter();
                marks.known.extend(known.map(|(id, class)| (*id, &**class)));
            }
            if !matches!(mark.how, How::Set(..)) {
                marks.by_node.insert(mark.node.id(), mark);
            }
        }
        marks
    }

    fn get(&self, node: Node<'_>) -> Option<&'s Mark<'t>> {
        self.by_node.get(&node.id()).copied()
    }
}

impl<'s, 't> Renderer<'s, 't> {
    pub(crate) fn new(source: &'t str, marks: &'s Marks<'s, 't>, typed: bool) -> Renderer<'s, 't> {
        Renderer {
            source,
            marks,
            typed,
            needs: Vec::new(),
            dropped: Vec::new(),
            used: Vec::new(),
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
        if let Some(has) = self.has(mark) {
            return Some(has);
        }
        let rule = mark.rule?;
        match &mark.how {
            How::Delete => None,
            How::Set(value, operator) => self.set(mark, rule, *value, *operator),
            How::Call(arguments) => {
                let rust = rule.rust.as_deref()?;
                let given = Given::new(rule, arguments);
                let receiver = mark.receiver.or(given.receiver);
                let form = given.form(self.source, rule);
                let template = form.map_or(rust, |form| &form[1]);
                if template.is_empty() {
                    return None;
                }
                for name in &given.unknown {
                    self.dropped.push((*name).to_owned());
                }
                let outer = std::mem::take(&mut self.used);
                let text = self.fill(template, mark, rule, receiver, &given);
                let used = std::mem::replace(&mut self.used, outer);
                let condition = form.map_or("", |form| &form[0]);
                self.drop_unused(rule, &given, condition, &used);
                Some(text)
            }
            _ => {
                if let Some(arm) = pattern(rule, &mark.name, "e") {
                    return Some(format!("|e: &{}| {arm}", error_type(rule)));
                }
                let rust = rule.rust.as_deref().filter(|rust| !rust.is_empty())?;
                let needs_arguments = rule
                    .parameters
                    .iter()
                    .any(|parameter| parameter.default.is_none());
                let is_function = mark.receiver.is_none() && rust.contains('(');
                let has_self = rust.contains("{self}");
                let is_bound = mark.receiver.is_some();
                // Other parents may have many children, among which a search for a field would be slow.
                let parent = mark.node.parent().filter(|parent| parent.kind() == "call");
                let function = parent.and_then(|parent| parent.child_by_field_id(FIELDS.function));
                let is_called = function.is_some_and(|function| function.id() == mark.node.id());
                if has_self && is_bound && rule.is_method() && !is_called {
                    return self.closure(mark, rule, rust);
                }
                if has_self && !is_bound {
                    return self.path(mark, rust);
                }
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

    /// A method that is not called, as in `partial(sock.write, data)`. It becomes a closure with the method's required
    /// arguments.
    fn closure(&mut self, mark: &Mark<'t>, rule: &'static Rule, rust: &str) -> Option<String> {
        if self.typed {
            return None;
        }
        let call = self.fill(rust, mark, rule, mark.receiver, &Given::default());
        let call = call.trim_end_matches('?').trim_end_matches(".await");
        let needed = rule
            .parameters
            .iter()
            .filter(|p| p.default.is_none() && !matches!(p.kind.as_str(), "-" | "~"));
        let needed: Vec<&str> = needed.map(|parameter| parameter.name.as_str()).collect();
        Some(format!("|{}| {call}", needed.join(", ")))
    }

    /// A method or a property of a class, such as `ssl.SSLSocket.recv`. It becomes the path of the Rust method.
    fn path(&self, mark: &Mark<'t>, rust: &str) -> Option<String> {
        let (class, last) = mark.name.rsplit_once('.')?;
        let class = rules().type_of(class).filter(|_| !self.typed)?;
        let method = rust.strip_prefix("{self}.")?.split('(').next()?;
        Some(format!(
            "{}::{}",
            class.rust,
            method.replace("{name}", last)
        ))
    }

    /// The answer to `hasattr(context, "post_handshake_auth")`, which is a constant in Rust.
    fn has(&self, mark: &Mark<'t>) -> Option<String> {
        let function = mark.node.child_by_field_id(FIELDS.function)?;
        let is_question = matches!(mark.how, How::Read) && self.python(function) == "hasattr";
        let has = mark
            .rule
            .is_some_and(|rule| rule.has_rust() && rule.gone.is_none());
        is_question.then(|| format!("{} {has}", comment(self.python(mark.node))))
    }

    /// Records the arguments of a call that the template has not used.
    fn drop_unused(
        &mut self,
        rule: &'static Rule,
        given: &Given<'t>,
        condition: &str,
        used: &[&'static str],
    ) {
        let decided = condition.split_once(['=', '~']).map(|(name, _)| name);
        for (name, node) in &given.values {
            let kind = kind_of(rule, name);
            let node = strip(*node);
            let is_empty = matches!(node.kind(), "none" | "false") || self.python(node) == "0";
            let is_needless = match kind {
                "-" => true,
                // Rust does not need the argument if it has no effect in Python.
                "~" => is_empty || !has_neutral_default(rule, name),
                _ => node.kind() == "none",
            };
            let is_used = used.contains(name) || decided == Some(name);
            if !is_used && !is_needless && !is_default(self.source, rule, name, node) {
                self.dropped.push((*name).to_owned());
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
        let mut text = match template.contains("{value}") {
            true => self.expression(value, kind),
            false => String::new(),
        };
        if let Some(operator) = operator.and_then(|operator| operator.strip_suffix('=')) {
            let getter = rule.rust.as_deref()?;
            let getter = self.fill(getter, mark, rule, mark.receiver, &Given::default());
            text = format!("{getter} {operator} {text}");
        }
        // `target[key] = value`
        let target = mark.node.child_by_field_id(FIELDS.left);
        let key = target.filter(|target| target.kind() == "subscript");
        let key = key.and_then(|target| children(target).get(1).copied());
        let given = Given {
            values: [Some(("value", value)), key.map(|key| ("key", key))]
                .into_iter()
                .flatten()
                .collect(),
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
                "owner" => out += &self.owner(receiver),
                "name" => out += mark.name.rsplit('.').next().unwrap_or_default(),
                "upper" => {
                    let last = mark.name.rsplit('.').next().unwrap_or_default();
                    out += &last.to_uppercase();
                }
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
                    let context = self.fill(template, mark, rule, receiver, given);
                    let mut setters = Vec::new();
                    for [name, setter] in &rule.setters {
                        if given.get(name).is_some_and(|node| node.kind() != "none") {
                            setters.push(self.fill(setter, mark, rule, receiver, given));
                        }
                    }
                    out += &match &setters[..] {
                        [] => context,
                        all => {
                            let all = all.join(" ");
                            let block = format!("{{ let context = {context}; {all} context }}");
                            // Rust would end a statement after the block, so a method call needs parentheses around it.
                            if rest.starts_with('.') {
                                format!("({block})")
                            } else {
                                block
                            }
                        }
                    };
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
            self.mark_used(rule, argument.trim_start_matches('&'));
            let (reference, argument) = match argument.strip_prefix('&') {
                Some(argument) => ("&", argument),
                None => ("", argument),
            };
            return match given.get(argument) {
                Some(node) if !is_default(self.source, rule, argument, node) => {
                    match (reference, kind_of(rule, argument)) {
                        ("", kind) => self.option(method, kind, node),
                        (_, kind) => {
                            format!(".{method}({reference}{})", self.expression(node, kind))
                        }
                    }
                }
                _ => String::new(),
            };
        }
        if let Some(name) = place.strip_prefix('?') {
            self.mark_used(rule, name);
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
        self.mark_used(rule, name);
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

    fn mark_used(&mut self, rule: &'static Rule, name: &str) {
        let found = rule.parameters.iter().find(|p| p.name == name);
        self.used
            .extend(found.map(|parameter| parameter.name.as_str()));
    }

    /// The session of `session.headers`.
    fn owner(&mut self, receiver: Option<Node<'t>>) -> String {
        let owner = receiver.and_then(|node| node.child_by_field_id(FIELDS.object));
        match (owner, receiver) {
            (Some(owner), _) => self.expression(owner, "requests.Session"),
            (None, Some(receiver)) if !self.typed => self.free(receiver, 0),
            _ => format!("py::<{}>(\"session\")", rust_type("requests.Session")),
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
            Some(node) if !self.typed && self.python(node).starts_with("super(") => {
                "self".to_owned()
            }
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
            let name = parameter.name.as_str();
            let Some(node) = given.get(name) else {
                continue;
            };
            if is_default(self.source, rule, name, node)
                || mentioned(rust, name)
                || mentioned(context, name)
                || rule
                    .setters
                    .iter()
                    .any(|[_, setter]| mentioned(setter, name))
            {
                continue;
            }
            if matches!(parameter.kind.as_str(), "-" | "~") {
                // Rust has no such argument, and `Given` has recorded that.
            } else if mentioned(long, name) {
                needs_long |= !mentioned(short, name);
            } else if long.contains("{.") || parameter.kind == "comment" {
                // The template lists all arguments that Rust takes, so this argument is left out.
                self.dropped.push(name.to_owned());
            } else {
                self.mark_used(rule, name);
                extra += &self.option(name, &parameter.kind, node);
            }
        }
        if extra.is_empty() && !needs_long {
            return self.fill(short, mark, rule, receiver, given);
        }
        self.fill(long, mark, rule, receiver, given) + &extra
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

/// Whether an argument has no effect by default: `0`, `False` or `None`.
fn has_neutral_default(rule: &Rule, name: &str) -> bool {
    let found = rule.parameters.iter().find(|p| p.name == name);
    let default = found.and_then(|parameter| parameter.default.as_deref());
    matches!(default, Some("0" | "False" | "None"))
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

/// The Rust condition that is true if the exception in the variable `name` has the Python class `class` of the rule.
pub(crate) fn pattern(rule: &Rule, class: &str, name: &str) -> Option<String> {
    match (&rule.arm, &rule.guard) {
        (Some(arm), _) => Some(format!("matches!({name}, {arm})")),
        (_, Some(guard)) => Some(guard.replace("{e}", name).replace("{name}", class)),
        _ => None,
    }
}
