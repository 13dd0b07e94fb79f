//! The parts of a statement: its outermost uses, and the arm of an `except` clause.

use crate::names::{How, Mark, Statement, caught_classes};
use crate::render::{error_type, pattern};
use crate::rules::{Rule, rules};
use crate::syntax::{FIELDS, children, passes_value, text};
use crate::tree::Node;
use crate::words::variable;

/// The uses that are not a part of another use.
pub(crate) fn outermost<'s, 't>(marks: &'s [Mark<'t>]) -> Vec<&'s Mark<'t>> {
    // In `a.x, a.y = 1, 2`, each value is a part of the assignment to its property.
    let values = marks.iter().filter_map(|mark| match mark.how {
        How::Set(value, _) if value.start_byte() >= mark.node.end_byte() => {
            Some(value.byte_range())
        }
        _ => None,
    });
    let values: Vec<_> = values.collect();
    let is_value = |mark: &&Mark<'t>| {
        let mut values = values.iter();
        let (start, end) = (mark.node.start_byte(), mark.node.end_byte());
        values.any(|value| value.start <= start && end <= value.end)
    };
    let mut sorted: Vec<&Mark<'t>> = marks.iter().filter(|mark| !is_value(mark)).collect();
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
pub(crate) fn pieces<'s, 't>(source: &str, statement: &'s Statement<'t>) -> Vec<Piece<'s, 't>> {
    let outer = outermost(&statement.marks);
    let shape = |mark: &Mark<'t>| {
        let mut node = mark.node;
        while let Some(parent) = node.parent() {
            let is_value = || {
                parent
                    .child_by_field_id(FIELDS.right)
                    .is_some_and(|value| value.id() == node.id())
            };
            match parent.kind() {
                "await" | "parenthesized_expression" => node = parent,
                "argument_list" => match parent.parent() {
                    Some(call) if passes_value(source, call) => node = call,
                    _ => return Shape::Inner,
                },
                "assignment" if is_value() => {
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
    let error = family_or_any(statement);
    let caught = caught(statement).filter(|(_, rule)| error_type(rule) == error);
    let caught: Vec<(&str, &Rule)> = caught.collect();
    let mut patterns = Vec::new();
    let mut guards = Vec::new();
    for (name, rule) in &caught {
        // The arm of a base class covers its subclasses: `OSError` includes `ssl.SSLError`.
        let is_included = caught.iter().any(|(other, _)| {
            other != name && rules().inherits(name, other) || *other == "Exception"
        });
        match (&rule.arm, pattern(rule, name, &alias)) {
            (Some(arm), _) if arm == "_" => return Some(format!("Err({alias}) => {{")),
            _ if is_included => {}
            (Some(arm), _) if !patterns.contains(&arm.as_str()) => patterns.push(arm),
            (None, Some(guard)) if !guards.contains(&guard) => guards.push(guard),
            _ => {}
        }
    }
    let patterns = patterns.join(" | ");
    match (&*patterns, guards.is_empty()) {
        ("", true) => None,
        (all, true) if all.contains(" | ") => Some(format!("Err({alias} @ ({all})) => {{")),
        (one, true) => Some(format!("Err({alias} @ {one}) => {{")),
        (all, false) => {
            if !all.is_empty() {
                guards.insert(0, format!("matches!({alias}, {all})"));
            }
            Some(format!("Err({alias}) if {} => {{", guards.join(" || ")))
        }
    }
}

/// The Python names and the rules of the classes that a clause catches.
fn caught<'s>(statement: &'s Statement<'_>) -> impl Iterator<Item = (&'s str, &'static Rule)> {
    let marks = statement.marks.iter();
    let caught = marks.filter(|mark| matches!(mark.how, How::Except));
    let rules = caught.filter_map(|mark| Some((&*mark.name, mark.rule?)));
    rules.filter(|(_, rule)| rule.arm.is_some() || rule.guard.is_some())
}

/// The classes of a clause that its arm does not match, as the program writes them.
pub(crate) fn without_arm<'t>(source: &'t str, statement: &Statement<'t>) -> Vec<&'t str> {
    let error = family_or_any(statement);
    let has_arm = |class: &Node<'_>| {
        let mut marks = statement.marks.iter();
        marks.any(|mark| {
            mark.node.id() == class.id()
                && mark.rule.is_some_and(|rule| {
                    (rule.arm.is_some() || rule.guard.is_some()) && error_type(rule) == error
                })
        })
    };
    let heads = children(statement.node);
    let heads = heads.into_iter().filter(|child| child.kind() != "block");
    let classes = heads.take(1).flat_map(caught_classes);
    let classes = classes.filter(|class| class.kind() != "comment" && !has_arm(class));
    classes.map(|class| text(source, class)).collect()
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

/// The Rust error type of the exceptions of a clause; `None` if no rule has one. `Exception` alone has none.
pub(crate) fn family(statement: &Statement<'_>) -> Option<&'static str> {
    let rules = caught(statement).map(|(_, rule)| rule);
    let mut rules = rules.filter(|rule| rule.arm.as_deref() != Some("_"));
    rules.next().map(error_type)
}

/// The Rust error type of the exceptions of a clause, which may be `Exception` alone.
fn family_or_any(statement: &Statement<'_>) -> &'static str {
    let any = || Some(error_type(caught(statement).next()?.1));
    family(statement).or_else(any).unwrap_or("ssl::Error")
}
