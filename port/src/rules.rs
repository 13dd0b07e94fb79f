//! The rules: `rules.toml`, read once.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// Everything in `rules.toml`.
#[derive(Debug, Deserialize)]
pub(crate) struct Rules {
    /// The text of `docs/porting.md` before the tables.
    pub(crate) guide: String,
    /// Other Python names of the same objects, each with the name that the rules use.
    alias: HashMap<String, String>,
    types: HashMap<String, TypeRule>,
    #[serde(rename = "rule")]
    pub(crate) list: Vec<Rule>,
    /// The position in `list` of each Python name.
    #[serde(skip)]
    by_name: HashMap<String, usize>,
}

/// The Rust type of the instances of a Python class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeRule {
    pub(crate) rust: String,
    base: Option<String>,
    /// Whether methods need `&mut`.
    #[serde(default)]
    pub(crate) mutable: bool,
}

/// The Rust line of some Python names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rule {
    pub(crate) names: Vec<String>,
    args: String,
    pub(crate) rust: Option<String>,
    pub(crate) options: Option<[String; 2]>,
    pub(crate) context: Option<String>,
    /// Templates for some arguments: a condition, the template, and the type of the value if it differs.
    pub(crate) forms: Vec<Vec<String>>,
    /// Statements that change the `context` after its creation, each with the argument for which it is needed.
    pub(crate) setters: Vec<[String; 2]>,
    pub(crate) set: Option<String>,
    pub(crate) set_none: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) returns: Option<String>,
    pub(crate) arm: Option<String>,
    pub(crate) guard: Option<String>,
    pub(crate) family: Option<String>,
    pub(crate) differs: Option<String>,
    /// What differs for some arguments: a condition, and the text.
    pub(crate) notes: Vec<[String; 2]>,
    /// Whether the name is a method, although it has no arguments.
    pub(crate) method: bool,
    pub(crate) feature: Option<String>,
    pub(crate) gone: Option<String>,
    pub(crate) old: Option<String>,
    pub(crate) finding: Option<[String; 3]>,
    pub(crate) findings: Vec<Vec<String>>,
    /// The index of the argument whose type the value has.
    pub(crate) passes: Option<usize>,
    /// Whether the expression is a statement of its own, so that its value is not bound to a name.
    pub(crate) no_let: bool,
    /// Whether the call consumes its receiver.
    pub(crate) moves: bool,
    /// Whether the name is of interest only in a file that uses TLS.
    pub(crate) plain: bool,
    /// Whether the report leaves out the uses of the value, which other rules need.
    pub(crate) hidden: bool,
    #[serde(skip)]
    pub(crate) parameters: Vec<Parameter>,
}

/// A parameter of a Python function.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `str`, `path`, ..., a Python type, or `-` if Rust has no such argument.
    pub(crate) kind: String,
    pub(crate) default: Option<String>,
}

impl Rule {
    /// Whether the name is a method of a class, and not a property.
    pub(crate) fn is_method(&self) -> bool {
        self.method || !self.parameters.is_empty()
    }

    /// Whether there is a Rust line.
    pub(crate) fn has_rust(&self) -> bool {
        self.rust.is_some()
            || self.set.as_deref().is_some_and(|set| !set.is_empty())
            || self.arm.is_some()
            || self.guard.is_some()
    }
}

impl Rules {
    /// The rule of a canonical name.
    pub(crate) fn get(&self, name: &str) -> Option<&Rule> {
        Some(&self.list[*self.by_name.get(name)?])
    }

    pub(crate) fn type_of(&self, name: &str) -> Option<&TypeRule> {
        self.types.get(name)
    }

    /// The class from which `name` inherits.
    pub(crate) fn base(&self, name: &str) -> Option<&str> {
        self.types.get(name)?.base.as_deref()
    }

    /// Whether `name` is `class` or inherits from it.
    pub(crate) fn inherits(&self, name: &str, class: &str) -> bool {
        let mut current = Some(name);
        while let Some(name) = current {
            if name == class {
                return true;
            }
            current = self.base(name);
        }
        false
    }

    /// The name and the rule of an attribute of a class, which may be inherited.
    pub(crate) fn attribute(&self, class: &str, name: &str) -> Option<(String, &Rule)> {
        let mut current = Some(class);
        while let Some(class) = current {
            let full = format!("{class}.{name}");
            if let Some(rule) = self.get(&full) {
                return Some((full, rule));
            }
            current = self.base(class);
        }
        None
    }

    /// The canonical form of a dotted name.
    pub(crate) fn canonical(&self, name: &str) -> String {
        let mut name = name.to_owned();
        // An alias may lead to another one; the table has no circle longer than this.
        for _ in 0..4 {
            let mut end = name.len();
            let found = loop {
                if let Some(target) = self.alias.get(&name[..end]) {
                    break Some((target, end));
                }
                match name[..end].rfind('.') {
                    Some(dot) => end = dot,
                    None => break None,
                }
            };
            match found {
                Some((target, end)) if *target != name[..end] => {
                    name = format!("{target}{}", &name[end..]);
                }
                _ => break,
            }
        }
        name
    }

    /// The first parts of all names, such as `ssl` and `requests`: a file without any of these words
    /// has no use.
    pub(crate) fn roots(&self) -> &'static [&'static str] {
        static ROOTS: OnceLock<Vec<&'static str>> = OnceLock::new();
        ROOTS.get_or_init(|| {
            let rules = rules();
            let names = rules
                .list
                .iter()
                .filter(|rule| !rule.plain)
                .flat_map(|rule| &rule.names);
            let mut roots: Vec<&str> = names
                .chain(rules.alias.keys().filter(|key| {
                    let rule = rules.get(&rules.canonical(key));
                    !rule.is_some_and(|rule| rule.plain)
                }))
                .map(|name| name.split('.').next().unwrap_or(name))
                .filter(|root| !matches!(*root, "six" | "pip" | "gevent" | "eventlet"))
                .collect();
            roots.sort_unstable();
            roots.dedup();
            roots
        })
    }
}

/// The rules of this crate.
pub(crate) fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        #[expect(clippy::expect_used, reason = "a test reads the file")]
        let mut rules: Rules = toml::from_str(include_str!("rules.toml")).expect("rules.toml");
        for (index, rule) in rules.list.iter_mut().enumerate() {
            rule.parameters = parameters(&rule.args);
            for name in &rule.names {
                rules.by_name.insert(name.clone(), index);
            }
        }
        rules
    })
}

/// Reads `name: kind = default, ...`.
fn parameters(text: &str) -> Vec<Parameter> {
    let parts = text.split(", ").filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (head, default) = match part.split_once(" = ") {
                Some((head, default)) => (head, Some(default.to_owned())),
                None => (part, None),
            };
            let (name, kind) = head.split_once(": ").unwrap_or((head, "comment"));
            Parameter {
                name: name.to_owned(),
                kind: kind.to_owned(),
                default,
            }
        })
        .collect()
}

#[cfg(test)]
mod arguments;
#[cfg(test)]
mod methods;

#[cfg(test)]
mod tests;
