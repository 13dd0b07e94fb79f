//! The parts of a statement: its outermost uses, and the arm of an `except` clause.

use tree_sitter::Node;

use crate::names::{How, Mark, Statement};
use crate::render::error_type;
use crate::syntax::{FIELDS, children, strip, text};
use crate::words::variable;

/// The uses that are not a part of another use.
pub(crate) fn outermost<'s, 't>(marks: &'s [Mark<'t>]) -> Vec<&'s Mark<'t>> {
    let mut sorted: Vec<&Mark<'t>> = marks.iter().collect();
    sorted.sort_by_key(|mark| (mark.node.start_byte(), usize::MAX - mark.node.end_byte()));
    let mut end = 0;
    sorted.retain(|mark| {
        let is_outer = mark.node.start_byte() >= end;
        if is_outer {
            end = mark.node.end_byte();
        }
        is_outer
    });
    sorted
}

/// A part of a statement: a use, and the name to which the statement binds it.
pub(crate) struct Piece<'s, 't> {
    pub(crate) mark: &'s Mark<'t>,
    pub(crate) shape: Shape<'t>,
}

pub(crate) enum Shape<'t> {
    /// `target = use`
    Let(Node<'t>),
    /// `return use`
    Return,
    /// `with use as target:`
    With(Option<Node<'t>>),
    /// A use inside of another expression.
    Inner,
}

/// The uses of a statement with their shapes.
pub(crate) fn pieces<'s, 't>(statement: &'s Statement<'t>) -> Vec<Piece<'s, 't>> {
    let outer = outermost(&statement.marks);
    let shape = |mark: &Mark<'t>| {
        let mut node = mark.node;
        while let Some(parent) = node.parent() {
            let is_value = |name| {
                parent
                    .child_by_field_name(name)
                    .is_some_and(|value| strip(value).id() == mark.node.id())
            };
            match parent.kind() {
                "await" | "parenthesized_expression" => node = parent,
                "assignment" if is_value("right") => {
                    return parent
                        .child_by_field_id(FIELDS.left)
                        .map_or(Shape::Inner, Shape::Let);
                }
                "return_statement" => return Shape::Return,
                "with_item" => return Shape::With(None),
                "as_pattern" => {
                    return match parent.parent().map(|item| item.kind()) {
                        Some("with_item") => Shape::With(parent.child_by_field_id(FIELDS.alias)),
                        _ => Shape::Inner,
                    };
                }
                _ => return Shape::Inner,
            }
        }
        Shape::Inner
    };
    outer
        .into_iter()
        .map(|mark| Piece {
            mark,
            shape: match mark.how {
                How::Call(_) | How::Read => shape(mark),
                _ => Shape::Inner,
            },
        })
        .collect()
}

/// Whether an expression is the operand of a `raise` statement.
pub(crate) fn raised(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        parent.kind() == "raise_statement"
            && parent
                .named_child(0)
                .is_some_and(|first| first.id() == node.id())
    })
}

/// The match arm of an `except` clause, without its body.
pub(crate) fn arm(source: &str, statement: &Statement<'_>) -> Option<String> {
    let alias = alias(source, statement.node).unwrap_or_else(|| "e".to_owned());
    let caught = statement
        .marks
        .iter()
        .filter(|mark| matches!(mark.how, How::Except));
    let rules = caught.filter_map(|mark| mark.rule);
    let (patterns, guards): (Vec<_>, Vec<_>) = rules
        .filter(|rule| rule.arm.is_some() || rule.guard.is_some())
        .partition(|rule| rule.arm.is_some());
    let patterns: Vec<&str> = patterns
        .iter()
        .filter_map(|rule| rule.arm.as_deref())
        .collect();
    let mut guards: Vec<String> = guards
        .iter()
        .filter_map(|rule| Some(rule.guard.as_ref()?.replace("{e}", &alias)))
        .collect();
    match (&patterns[..], guards.is_empty()) {
        ([], true) => None,
        ([one], true) => Some(format!("Err({alias} @ {one}) => {{")),
        (all, true) => Some(format!("Err({alias} @ ({})) => {{", all.join(" | "))),
        (all, false) => {
            if !all.is_empty() {
                guards.insert(0, format!("matches!({alias}, {})", all.join(" | ")));
            }
            Some(format!("Err({alias}) if {} => {{", guards.join(" || ")))
        }
    }
}

/// The name of the exception in an `except` clause.
pub(crate) fn alias(source: &str, clause: Node<'_>) -> Option<String> {
    let heads: Vec<Node<'_>> = children(clause)
        .into_iter()
        .filter(|child| child.kind() != "block")
        .collect();
    let name = match heads[..] {
        [one] => one.child_by_field_id(FIELDS.alias)?,
        // Python 2.
        [_, name] => name,
        _ => return None,
    };
    let name = text(source, name);
    name.chars()
        .all(|c| c == '_' || c.is_alphanumeric())
        .then(|| variable(name, true))
}

/// The Rust error type of the exceptions of a clause; `None` if no rule has one.
pub(crate) fn family(statement: &Statement<'_>) -> Option<&'static str> {
    let rules = statement
        .marks
        .iter()
        .filter(|mark| matches!(mark.how, How::Except))
        .filter_map(|mark| mark.rule);
    rules
        .filter(|rule| rule.arm.is_some() || rule.guard.is_some())
        .map(error_type)
        .next()
}
