//! The arguments of a call.

use crate::names::Arguments;
use crate::rules::Rule;
use crate::syntax::{strip, text};
use crate::tree::Node;

/// The arguments of a call, by the names of the parameters.
#[derive(Debug, Default)]
pub(crate) struct Given<'t> {
    pub(crate) values: Vec<(&'static str, Node<'t>)>,
    /// Keywords that the function does not have, and arguments that Rust does not have.
    pub(crate) unknown: Vec<&'t str>,
    /// The first argument of a method that is called on its class.
    pub(crate) receiver: Option<Node<'t>>,
    /// The host with which the receiver was created, as in `smtplib.SMTP(host)`. Templates name it `host`.
    pub(crate) host: Option<Node<'t>>,
    pub(crate) value: Option<String>,
}

impl<'t> Given<'t> {
    pub(crate) fn new(rule: &'static Rule, arguments: &Arguments<'t>) -> Given<'t> {
        let mut given = Given {
            host: arguments.host,
            ..Given::default()
        };
        let mut parameters = rule.parameters.iter();
        for node in &arguments.positional {
            match parameters.next() {
                Some(parameter) => given.values.push((&parameter.name, *node)),
                None => given.unknown.push("a further argument"),
            }
        }
        for (name, node) in &arguments.keywords {
            match rule
                .parameters
                .iter()
                .find(|parameter| parameter.name == *name)
            {
                Some(parameter) => given.values.push((&parameter.name, *node)),
                None => given.unknown.push(name),
            }
        }
        given.unknown.extend(&arguments.open);
        for (name, _) in &given.values {
            if kind_of(rule, name) == "-" {
                given.unknown.push(name);
            }
        }
        given
    }

    /// The form of the rule for these arguments: the condition, the template and the type of the value.
    pub(crate) fn form(&self, source: &str, rule: &'static Rule) -> Option<&'static [String]> {
        let mut forms = rule.forms.iter().map(Vec::as_slice);
        forms.find(|form| self.meets(source, &form[0]))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Node<'t>> {
        let found = self.values.iter().find(|(given, _)| *given == name);
        let found = found.map(|(_, node)| strip(*node));
        found.or(self.host.filter(|_| name == "host"))
    }

    /// Whether a condition of the rules holds: `x`, `!x`, `x=text`, `x~NAME`, `x:string`, `x:variable` or `only x y`.
    pub(crate) fn meets(&self, source: &str, condition: &str) -> bool {
        if let Some(names) = condition.strip_prefix("only ") {
            let names: Vec<&str> = names.split(' ').collect();
            return names.len() == self.values.len()
                && names
                    .iter()
                    .all(|name| self.get(name).is_some_and(|node| node.kind() != "none"));
        }
        if let Some(name) = condition.strip_prefix('!') {
            return self.get(name).is_none();
        }
        // Only the last part of the name is compared, because the module `socket` may have another name in the program.
        if let Some((name, last)) = condition.split_once('~') {
            let node = self.get(name);
            return node.is_some_and(|node| text(source, node).rsplit('.').next() == Some(last));
        }
        if let Some((name, form)) = condition.split_once(':') {
            return self.get(name).is_some_and(|node| match form {
                "string" => matches!(node.kind(), "string" | "concatenated_string"),
                _ => !matches!(node.kind(), "string" | "concatenated_string" | "tuple"),
            });
        }
        match condition.split_once('=') {
            Some((name, value)) => self
                .get(name)
                .is_some_and(|node| text(source, node) == value),
            None => self.get(condition).is_some(),
        }
    }
}

/// The kind of argument that a parameter of the rule takes (`str`, `path`, a type of Python), as
/// `rules.toml` names it; `any` if the rule has no such parameter. `value` is the
/// value of an assignment.
pub(crate) fn kind_of(rule: &'static Rule, name: &str) -> &'static str {
    let found = rule
        .parameters
        .iter()
        .find(|parameter| parameter.name == name);
    match (found, &rule.kind) {
        (Some(parameter), _) => &parameter.kind,
        (None, Some(kind)) if name == "value" => kind,
        _ => "any",
    }
}
