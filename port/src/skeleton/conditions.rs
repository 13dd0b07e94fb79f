//! Conditions of `if` and `while`: what TLS has in them is Rust, the rest is left to be ported.

use super::Function;
use crate::names::{How, Mark, Statement};
use crate::rules::rules;
use crate::syntax::{FIELDS, MOST_LEVELS, children, strip};
use crate::tree::Node;
use crate::words::{one_line, quoted, variable};

impl<'s, 't> Function<'s, 't> {
    /// A Rust expression for a condition. Calls that it does not show stand in lines before it.
    pub(super) fn condition(
        &mut self,
        node: Node<'t>,
        statement: Option<&'s Statement<'t>>,
    ) -> String {
        match statement {
            Some(statement) => self.part(node, statement, 0),
            None => self.unported(strip(node)),
        }
    }

    fn unported(&self, node: Node<'t>) -> String {
        let known = self.known(node, true);
        known.unwrap_or_else(|| format!("py::<bool>({})", quoted(&one_line(self.text(node)))))
    }

    /// Whether a condition without TLS, or its opposite, holds, if it is about a name with a known type: its
    /// bytes, or `None`.
    fn known(&self, node: Node<'t>, holds: bool) -> Option<String> {
        let node = strip(node);
        let name = |node: Node<'t>| {
            let name = variable(self.text(node), true);
            let kind = self.types.get(&name).cloned().flatten()?;
            Some((name, kind))
        };
        match (node.kind(), &children(node)[..]) {
            ("identifier" | "attribute", _) => {
                let (name, kind) = name(node)?;
                match (kind.as_str(), holds) {
                    ("Vec<u8>", true) => Some(format!("!{name}.is_empty()")),
                    ("Vec<u8>", false) => Some(format!("{name}.is_empty()")),
                    (kind, true) if kind.starts_with("Option<") => {
                        Some(format!("{name}.is_some()"))
                    }
                    (kind, false) if kind.starts_with("Option<") => {
                        Some(format!("{name}.is_none()"))
                    }
                    _ => None,
                }
            }
            ("not_operator", [inner]) => self.known(*inner, !holds),
            ("comparison_operator", [object, none]) if none.kind() == "none" => {
                let (name, kind) = name(*object)?;
                let operator = self.source.get(object.end_byte()..none.start_byte())?;
                let is_none = match operator.trim() {
                    "is" | "==" => holds,
                    "is not" | "!=" => !holds,
                    _ => return None,
                };
                let test = if is_none { "is_none" } else { "is_some" };
                kind.starts_with("Option<")
                    .then(|| format!("{name}.{test}()"))
            }
            _ => None,
        }
    }

    fn part(&mut self, node: Node<'t>, statement: &'s Statement<'t>, depth: usize) -> String {
        let node = strip(node);
        let range = node.byte_range();
        let inside = |mark: &&Mark<'t>| {
            range.contains(&mark.node.start_byte()) && !matches!(mark.how, How::Type | How::Import)
        };
        if depth > MOST_LEVELS || !statement.marks.iter().any(|mark| inside(&mark)) {
            return self.unported(node);
        }
        let is_own = |mark: &&Mark<'t>| strip(mark.node).id() == node.id();
        if let Some(mark) = statement.marks.iter().filter(inside).find(is_own) {
            if let Some(text) = self.truth(node, mark) {
                return text;
            }
        }
        match (node.kind(), &children(node)[..]) {
            ("not_operator", [inner]) => {
                let text = self.part(*inner, statement, depth + 1);
                match text.contains([' ', '=']) && !text.starts_with("py::<") {
                    true => format!("!({text})"),
                    false => format!("!{text}"),
                }
            }
            ("boolean_operator", [left, right]) => {
                let operator = node
                    .child_by_field_id(FIELDS.operator)
                    .map_or("", |o| self.text(o));
                let operator = if operator == "and" { "&&" } else { "||" };
                let mut texts = Vec::new();
                for side in [left, right] {
                    let text = self.part(*side, statement, depth + 1);
                    let is_mixed =
                        strip(*side).kind() == "boolean_operator" && !text.starts_with("py::<");
                    texts.push(if is_mixed { format!("({text})") } else { text });
                }
                format!("{} {operator} {}", texts[0], texts[1])
            }
            ("comparison_operator", [left, right]) => {
                let operator = self
                    .source
                    .get(left.end_byte()..right.start_byte())
                    .unwrap_or_default();
                match self.comparison(*left, operator.trim(), *right, statement) {
                    Some(text) => text,
                    None => self.with_lines(node, statement, depth),
                }
            }
            _ => self.with_lines(node, statement, depth),
        }
    }

    /// A use that is true or false.
    fn truth(&mut self, node: Node<'t>, mark: &'s Mark<'t>) -> Option<String> {
        let rule = mark.rule?;
        if node.kind() == "call" && matches!(mark.how, How::Read) {
            let function = node
                .child_by_field_id(FIELDS.function)
                .map(|function| self.text(function));
            return (function == Some("hasattr")).then(|| rule.has_rust().to_string());
        }
        if rule
            .returns
            .as_deref()
            .is_some_and(|returns| returns.starts_with('?'))
        {
            return Some(format!("{}.is_some()", self.rendered(mark)?));
        }
        if mark.name.ends_with(".pending") && matches!(mark.how, How::Call(_)) {
            return Some(format!("{} != 0", self.rendered(mark)?));
        }
        let is_bool = matches!(mark.how, How::Read)
            && (rule.kind.as_deref() == Some("bool") || mark.name.starts_with("ssl.HAS_"));
        if is_bool { self.rendered(mark) } else { None }
    }

    /// `context.verify_mode == ssl.CERT_NONE`, `sock.session is None`.
    fn comparison(
        &mut self,
        left: Node<'t>,
        operator: &str,
        right: Node<'t>,
        statement: &'s Statement<'t>,
    ) -> Option<String> {
        let is_equal = match operator {
            "==" | "is" => true,
            "!=" | "is not" => false,
            _ => return None,
        };
        let of = |node: Node<'t>| {
            let id = strip(node).id();
            statement
                .marks
                .iter()
                .find(|mark| mark.node.id() == id && !matches!(mark.how, How::Type))
        };
        let first = of(left)?;
        if right.kind() == "none" {
            let is_option = first.rule?.returns.as_deref()?.starts_with('?');
            let text = self.rendered(first).filter(|_| is_option)?;
            return Some(format!(
                "{text}.{}()",
                if is_equal { "is_none" } else { "is_some" }
            ));
        }
        let second = of(right)?;
        let kind = |mark: &Mark<'t>| rules().type_of(mark.rule?.returns.as_deref()?);
        let compares = |kind: &str| {
            matches!(
                kind,
                "ssl::VerifyMode"
                    | "ssl::VerifyFlags"
                    | "ssl::Options"
                    | "ssl::TlsVersion"
                    | "ssl::Protocol"
            )
        };
        let (a, b) = (kind(first)?, kind(second)?);
        if a.rust != b.rust || !compares(&a.rust) {
            return None;
        }
        let (left, right) = (self.rendered(first)?, self.rendered(second)?);
        Some(format!(
            "{left} {} {right}",
            if is_equal { "==" } else { "!=" }
        ))
    }

    /// The uses in a condition that cannot be shown as a whole.
    fn with_lines(&mut self, node: Node<'t>, statement: &'s Statement<'t>, depth: usize) -> String {
        let range = node.byte_range();
        let outer = crate::pieces::outermost(&statement.marks);
        let mut lines = Vec::new();
        for mark in outer
            .into_iter()
            .filter(|mark| range.contains(&mark.node.start_byte()))
        {
            lines.extend(self.rendered(mark).map(|text| format!("let _ = {text};")));
        }
        let text = self.unported(node);
        if lines.is_empty() {
            return text;
        }
        if depth == 0 {
            for line in lines {
                self.push(&line);
            }
            return text;
        }
        // The call is made only if the condition gets so far.
        format!("{{ {} {text} }}", lines.join(" "))
    }
}
