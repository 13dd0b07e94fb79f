//! The kinds of values to which a Python name can be bound.

use std::collections::HashMap;
use std::rc::Rc;

use crate::rules::rules;

/// The known facts about the value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Unknown,
    /// `None`.
    Nothing,
    /// A module, class, function or constant with a dotted name.
    Path(Rc<str>),
    /// An instance of a class of the rules.
    Instance(Rc<str>),
    /// A class of the program, by its number.
    Class(usize),
    /// An instance of a class of the program.
    Object(usize),
    /// A function of the program.
    Function(usize),
    Tuple(Vec<Value>),
    /// Values of different types.
    Mixed,
}

impl Value {
    pub(crate) fn path(name: &str) -> Value {
        Value::Path(rules().canonical(name).into())
    }

    /// The value that a rule's `returns` describes.
    pub(crate) fn returned(text: &str, receiver: &Value) -> Value {
        match text {
            "self" => receiver.clone(),
            "?" => Value::Unknown,
            _ => match text.strip_prefix('(') {
                Some(parts) => Value::Tuple(
                    parts
                        .trim_end_matches(')')
                        .split(", ")
                        .map(|part| Value::returned(part, receiver))
                        .collect(),
                ),
                None => Value::Instance(text.trim_start_matches('?').into()),
            },
        }
    }

    /// The value of a name that has one of two values.
    pub(crate) fn join(self, other: Value) -> Value {
        match (self, other) {
            (a, b) if a == b => a,
            (Value::Nothing | Value::Unknown, known) | (known, Value::Nothing | Value::Unknown) => {
                known
            }
            (Value::Tuple(a), Value::Tuple(b)) if a.len() == b.len() => {
                Value::Tuple(a.into_iter().zip(b).map(|(a, b)| a.join(b)).collect())
            }
            (Value::Instance(a), Value::Instance(b)) => {
                let rules = rules();
                if rules.inherits(&a, &b) {
                    Value::Instance(a)
                } else if rules.inherits(&b, &a) {
                    Value::Instance(b)
                } else if rules.base(&a).is_some() && rules.base(&a) == rules.base(&b) {
                    // A TLS socket or a plain one: the lines of the TLS socket suit both.
                    match (&*a, &*b) {
                        ("ssl.SSLSocket", _) => Value::Instance(a),
                        (_, "ssl.SSLSocket") => Value::Instance(b),
                        _ => rules
                            .base(&a)
                            .map_or(Value::Mixed, |base| Value::Instance(base.into())),
                    }
                } else {
                    Value::Mixed
                }
            }
            _ => Value::Mixed,
        }
    }
}

/// The names of a module, of a class body or of a function, with a journal of the changes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    values: HashMap<String, Value>,
    journal: Vec<(String, Option<Value>)>,
}

impl Names {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        let old = self.values.insert(name.to_owned(), value);
        self.journal.push((name.to_owned(), old));
    }

    /// The place in the journal, for `changes`.
    pub(crate) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Takes back the changes since `mark`, and returns them.
    pub(crate) fn undo(&mut self, mark: usize) -> HashMap<String, Value> {
        let mut changes = HashMap::new();
        for (name, old) in self.journal.drain(mark..).rev() {
            let current = match old {
                Some(old) => self.values.insert(name.clone(), old),
                None => self.values.remove(&name),
            };
            if let Some(current) = current {
                changes.entry(name).or_insert(current);
            }
        }
        changes
    }

    /// Sets what different branches have set: a name that a branch does not set keeps its value there.
    pub(crate) fn merge(&mut self, branches: Vec<HashMap<String, Value>>) {
        let mut names: Vec<&String> = branches.iter().flat_map(HashMap::keys).collect();
        names.sort_unstable();
        names.dedup();
        let merged: Vec<(String, Value)> = names
            .into_iter()
            .map(|name| {
                let before = self.values.get(name).unwrap_or(&Value::Unknown);
                let values = branches
                    .iter()
                    .map(|branch| branch.get(name).unwrap_or(before).clone());
                let value = values.reduce(Value::join).unwrap_or(Value::Unknown);
                (name.clone(), value)
            })
            .collect();
        for (name, value) in merged {
            self.set(&name, value);
        }
    }

    pub(crate) fn into_values(self) -> HashMap<String, Value> {
        self.values
    }
}
