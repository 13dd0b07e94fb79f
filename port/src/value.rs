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
#[derive(Debug)]
pub(crate) struct Names<V = Value> {
    values: HashMap<String, V>,
    journal: Vec<(String, Option<V>)>,
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Names {
            values: HashMap::new(),
            journal: Vec::new(),
        }
    }
}

impl<V> Names<V> {
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.values.get(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: V) {
        let old = self.values.insert(name.to_owned(), value);
        self.journal.push((name.to_owned(), old));
    }

    /// The place in the journal, for `changes`.
    pub(crate) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Takes back the changes since `mark`, and returns them.
    pub(crate) fn undo(&mut self, mark: usize) -> HashMap<String, V> {
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

    pub(crate) fn into_values(self) -> HashMap<String, V> {
        self.values
    }
}

impl Names {
    /// Sets what different branches have set: a name that a branch does not set keeps its value there.
    pub(crate) fn merge(&mut self, branches: Vec<HashMap<String, Value>>) {
        let count = branches.len();
        // The value of each name after some branches, and how many have set it or were counted.
        let mut merged: HashMap<String, (Value, usize)> = HashMap::new();
        for (index, branch) in branches.into_iter().enumerate() {
            for (name, value) in branch {
                let before = || self.values.get(&name).cloned().unwrap_or(Value::Unknown);
                let value = match merged.remove(&name) {
                    None if index == 0 => value,
                    None => before().join(value),
                    Some((known, counted)) if counted == index => known.join(value),
                    Some((known, _)) => known.join(before()).join(value),
                };
                merged.insert(name, (value, index + 1));
            }
        }
        let mut merged: Vec<(String, (Value, usize))> = merged.into_iter().collect();
        merged.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (name, (value, counted)) in merged {
            let before = self.values.get(&name).cloned().unwrap_or(Value::Unknown);
            let value = if counted == count {
                value
            } else {
                value.join(before)
            };
            self.set(&name, value);
        }
    }
}
