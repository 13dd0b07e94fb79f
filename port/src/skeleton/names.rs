//! The names of a function: where they are bound, which type they have, and whether they still have a value.

use std::fmt::Write as _;

use super::Function;
use super::parts::{Binding, Kind, Returned};
use crate::render::Need;
use crate::rules::rules;
use crate::syntax::{children, text};
use crate::tree::Node;
use crate::value::Value;
use crate::words::{quoted, variable};

/// Around the mark of a binding, declaration or `return` in the lines. Python's text has no control characters
/// there.
const START: char = '\u{1}';
const END: char = '\u{2}';

impl<'t> Function<'_, 't> {
    /// Binds a name: the pattern before `=`.
    pub(super) fn bind(
        &mut self,
        (name, word): &(String, &'t str),
        kind: Option<String>,
        mutable: bool,
        end: usize,
    ) -> String {
        let is_same = kind.is_some() && self.types.get(name) == Some(&kind);
        if is_same && self.is_used_after(word, end) {
            let inner = self.blocks.len() - 1;
            let found = self.blocks.iter().enumerate().rev();
            let mut found =
                found.filter_map(|(level, block)| Some((level, *block.declared.get(name)?)));
            match found.next() {
                Some((level, Some(binding))) if level < inner => {
                    self.bindings[binding].mutable = true;
                    return name.clone();
                }
                None if inner > 0 => {
                    if let Some(parameter) =
                        self.parameters.iter_mut().find(|need| need.name == *name)
                    {
                        parameter.mutable = true;
                        return name.clone();
                    }
                }
                _ => {}
            }
        }
        let number = self.new_binding(name, word, mutable);
        self.declare_as(name, kind, Some(number));
        if let Some(block) = self.blocks.last_mut() {
            block.bound.entry(name.clone()).or_default().push(number);
            block.consumed.remove(name);
        }
        format!("{START}L{number}{END}")
    }

    fn new_binding(&mut self, name: &str, word: &'t str, mutable: bool) -> usize {
        self.bindings.push(Binding {
            name: name.to_owned(),
            word,
            mutable,
            in_pattern: false,
            declared_by: None,
        });
        self.bindings.len() - 1
    }

    /// Records a name of a pattern that is declared already.
    pub(super) fn bind_in_pattern(&mut self, name: &str, word: &'t str, mutable: bool) {
        let number = self.new_binding(name, word, mutable);
        self.bindings[number].in_pattern = true;
        if let Some(block) = self.blocks.last_mut() {
            block.bound.insert(name.to_owned(), vec![number]);
            block.consumed.remove(name);
        }
    }

    /// Declares a name above the blocks that bind it, which then assign to it.
    pub(super) fn declare_above(
        &mut self,
        name: &str,
        kind: Option<String>,
        bindings: &[usize],
        mutable: bool,
    ) {
        let Some(first) = bindings.first() else {
            return;
        };
        let number = self.new_binding(name, self.bindings[*first].word, mutable);
        for binding in bindings {
            self.bindings[*binding].declared_by = Some(number);
        }
        self.declare_as(name, kind, Some(number));
        if let Some(block) = self.blocks.last_mut() {
            block.bound.entry(name.to_owned()).or_default().push(number);
            block.consumed.remove(name);
        }
        self.push(&format!("{START}D{number}{END}"));
    }

    /// Records that a line or pattern declares a name.
    pub(super) fn declare(&mut self, name: &str, kind: Option<String>) {
        self.declare_as(name, kind, None);
        if let Some(block) = self.blocks.last_mut() {
            // What is bound in this way stays in its block.
            block.bound.remove(name);
        }
    }

    fn declare_as(&mut self, name: &str, kind: Option<String>, binding: Option<usize>) {
        self.types.set(name, kind);
        if let Some(block) = self.blocks.last_mut() {
            block.declared.insert(name.to_owned(), binding);
        }
    }

    /// Makes a name available that a line needs: the name is bound already, or becomes a parameter, or is bound to a
    /// placeholder.
    pub(super) fn need(&mut self, need: Need) {
        let in_loop = need.moves && self.is_outside_of_loop(&need.name);
        match self.types.get(&need.name).cloned() {
            Some(Some(kind)) if need.types.contains(&kind) && !in_loop => {}
            Some(None) if self.resolves_pending(&need) => {}
            None if !in_loop => {
                self.types.set(&need.name, need.types.first().cloned());
                self.parameters.push(need);
            }
            found => {
                let found = found.flatten().filter(|kind| need.types.contains(kind));
                let kind = found
                    .or_else(|| need.types.first().cloned())
                    .unwrap_or_default();
                let word = if need.mutable { "mut " } else { "" };
                let python = quoted(&need.name);
                self.push(&format!("let {word}{}: {kind} = py({python});", need.name));
                self.declare(&need.name, Some(kind));
            }
        }
    }

    /// Whether the innermost loop would find the name without its value in the second turn.
    fn is_outside_of_loop(&self, name: &str) -> bool {
        for block in self.blocks.iter().rev() {
            if block.declared.contains_key(name) {
                return false;
            }
            if block.kind == Kind::Loop {
                return true;
            }
        }
        false
    }

    /// Whether the name is that of a `for` loop, which can have the needed type.
    fn resolves_pending(&mut self, need: &Need) -> bool {
        for block in self.blocks.iter_mut().rev() {
            if let Some((_, known)) = block
                .pending
                .iter_mut()
                .find(|(name, _)| *name == need.name)
            {
                let (kind, mutable) = known.get_or_insert_with(|| {
                    (
                        need.types.first().cloned().unwrap_or_default(),
                        need.mutable,
                    )
                });
                let kind = kind.clone();
                *mutable |= need.mutable;
                let fits = need.types.contains(&kind) && !block.consumed.contains(&need.name);
                if fits {
                    self.types.set(&need.name, Some(kind));
                }
                return fits;
            }
            if block.declared.contains_key(&need.name) {
                return false;
            }
        }
        false
    }

    /// Records that a line takes the value of a name.
    pub(super) fn consume(&mut self, name: &str) {
        self.types.set(name, None);
        for block in self.blocks.iter_mut().rev() {
            block.consumed.insert(name.to_owned());
            if block.declared.contains_key(name) {
                break;
            }
        }
    }

    /// Whether a line can use a name of a block without taking it from an outer loop.
    pub(super) fn is_reachable(&self, level: usize) -> bool {
        let inner = self.blocks.get(level + 1..).unwrap_or_default();
        inner
            .iter()
            .all(|block| !matches!(block.kind, Kind::Loop | Kind::Closure))
    }

    /// The lines with words in place of the marks.
    pub(super) fn resolve(&mut self, has_value: bool, is_option: bool) -> String {
        // A variable that a changed one stands for is changed.
        for number in (0..self.bindings.len()).rev() {
            let mut next = self.bindings[number]
                .declared_by
                .filter(|_| self.bindings[number].mutable);
            while let Some(outer) = next.filter(|outer| !self.bindings[*outer].mutable) {
                self.bindings[outer].mutable = true;
                next = self.bindings[outer].declared_by;
            }
        }
        let mut out = String::with_capacity(self.lines.len());
        for line in self.lines.split_inclusive('\n') {
            let Some((before, rest)) = line.split_once(START) else {
                out += line;
                continue;
            };
            let Some((mark, after)) = rest.split_once(END) else {
                continue;
            };
            let (Some(what), Some(number)) = (
                mark.get(..1),
                mark.get(1..).and_then(|n| n.parse::<usize>().ok()),
            ) else {
                continue;
            };
            // Writing to a `String` does not fail.
            let _ = match what {
                "R" | "C" => {
                    let place = (number, what == "C");
                    self.resolve_return(&mut out, (before, after), place, has_value, is_option)
                }
                _ => {
                    let binding = &self.bindings[number];
                    let word = match (binding.declared_by, binding.mutable) {
                        // The declaration is further above.
                        (Some(_), _) if what == "D" => continue,
                        (Some(_), _) => "",
                        (None, true) => "let mut ",
                        (None, false) => "let ",
                    };
                    let end = if what == "D" { ";" } else { "" };
                    write!(out, "{before}{word}{}{end}{after}", binding.name)
                }
            };
        }
        out
    }

    fn resolve_return(
        &self,
        out: &mut String,
        (before, after): (&str, &str),
        (number, is_closure): (usize, bool),
        has_value: bool,
        is_option: bool,
    ) -> std::fmt::Result {
        let returned = &self.returns[number];
        let of_kind = |text: &str| {
            let kind = returned.kind.as_ref();
            kind.is_some_and(|kind| kind.starts_with(text))
        };
        let result = match (&returned.value, has_value) {
            (None, true) => "None".to_owned(),
            (Some(value), true) if is_option && returned.kind.is_some() && !of_kind("Option<") => {
                format!("Some({value})")
            }
            (Some(value), true) => value.clone(),
            (Some(value), false) if returned.acts && before.trim().is_empty() => {
                writeln!(out, "{before}let _ = {value};")?;
                "()".to_owned()
            }
            (_, false) => "()".to_owned(),
        };
        match is_closure {
            true => write!(out, "{before}return Ok(Leave::Return({result})){after}"),
            false => write!(out, "{before}return Ok({result}){after}"),
        }
    }

    /// Adds a `return` whose text is written later, and returns its placeholder: `R`, or `C` in a closure.
    pub(super) fn return_mark(&mut self, what: char, returned: Returned) -> String {
        self.returns.push(returned);
        format!("{START}{what}{}{END}", self.returns.len() - 1)
    }
}

impl Function<'_, '_> {
    /// Whether a line declares a name that is declared further above.
    pub(super) fn is_dropped(&self, line: &str) -> bool {
        let number = line
            .strip_prefix(START)
            .and_then(|line| line.strip_prefix('D'));
        let number = number.and_then(|line| line.strip_suffix(END)?.parse::<usize>().ok());
        number.is_some_and(|number| self.bindings[number].declared_by.is_some())
    }

    /// Makes a name that a branch binds a parameter of the function, to which the branch assigns: its caller
    /// passes it, or the branch replaces a default.
    pub(super) fn pass_to_branch(&mut self, name: &str, kind: String, bindings: &[usize]) {
        let word = self.bindings[bindings[0]].word;
        let number = self.new_binding(name, word, true);
        for binding in bindings {
            self.bindings[*binding].declared_by = Some(number);
        }
        self.types.set(name, Some(kind.clone()));
        self.parameters.push(Need {
            name: name.to_owned(),
            types: vec![kind],
            mutable: true,
            moves: false,
        });
    }
}

/// The number of the binding at the start of a line.
pub(super) fn binding_of(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line
        .strip_prefix(START)?
        .strip_prefix('L')?
        .split_once(END)?;
    Some((number.parse().ok()?, rest))
}

/// The names of a target, in Rust and in Python.
pub(super) fn bindings<'t>(source: &'t str, target: Node<'_>) -> Option<Vec<(String, &'t str)>> {
    match target.kind() {
        "identifier" | "attribute" => {
            let python = text(source, target);
            let is_plain = python
                .chars()
                .all(|c| c == '_' || c == '.' || c.is_alphanumeric());
            let word = python.rsplit('.').next().unwrap_or(python);
            is_plain.then(|| vec![(variable(python, true), word)])
        }
        "pattern_list" | "tuple_pattern" | "tuple" => {
            let mut names: Vec<(String, &str)> = Vec::new();
            for part in children(target) {
                let one = bindings(source, part)?;
                if one.len() != 1 || names.iter().any(|(name, _)| *name == one[0].0) {
                    return None;
                }
                names.extend(one);
            }
            Some(names)
        }
        "as_pattern_target" => bindings(source, target.named_child(0)?),
        _ => None,
    }
}

/// The Rust type of a bound value, and whether it must be `mut`.
pub(super) fn bound_type(value: &Value, returns: Option<&str>) -> (Option<String>, bool) {
    let Value::Instance(class) = value else {
        return (None, false);
    };
    let Some(kind) = rules().type_of(class) else {
        return (None, false);
    };
    match returns.is_some_and(|returns| returns.starts_with('?')) {
        true => (Some(format!("Option<{}>", kind.rust)), false),
        false => (Some(kind.rust.clone()), kind.mutable),
    }
}
