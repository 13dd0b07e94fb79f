//! Rust functions for the functions that use TLS: the Rust lines in the control flow of the program, the rest as
//! comments.

mod blocks;
mod conditions;
mod names;
mod parts;
mod statements;
mod tries;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::names::{Program, Scope, Statement};
use crate::render::{Marks, Need};
use crate::syntax::Source;
use crate::value::Names;
use crate::words::variable;

use parts::{Binding, Block, Returned};

/// The functions of a file.
pub(crate) fn of<'t>(
    source: &'t Source<'_>,
    program: &Program<'t>,
    marks: &Marks<'_, 't>,
) -> String {
    let mut by_scope: BTreeMap<usize, Vec<&Statement<'t>>> = BTreeMap::new();
    for statement in &program.statements {
        by_scope.entry(statement.scope).or_default().push(statement);
    }
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut out = String::new();
    for (number, statements) in by_scope {
        let scope = &program.scopes[number];
        let mut name = match scope.name.as_str() {
            "" => "module".to_owned(),
            name => variable(&name.trim_matches('_').replace('.', "_"), true),
        };
        if name.is_empty() || matches!(name.as_str(), "py" | "caught" | "_") {
            name = format!("{name}_function");
        }
        let count = names.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            name = format!("{name}_{count}");
        }
        let mut function = Function::new(source.text, program, marks, number, statements);
        function.body();
        out += &function.finish(&name, scope.is_async);
        out.push('\n');
    }
    out
}

/// A function while it is written. In its lines, names that may become `let`, `let mut` or an assignment, and
/// `return`s, are marks until the end (`resolve`).
struct Function<'s, 't> {
    source: &'t str,
    scope: &'s Scope<'t>,
    marks: &'s Marks<'s, 't>,
    /// The statements with uses, by the number of their node.
    statements: HashMap<usize, &'s Statement<'t>>,
    /// The same in their order.
    ordered: Vec<&'s Statement<'t>>,
    /// Where there are uses, and where statements leave a block.
    uses: Vec<usize>,
    jumps: Vec<usize>,
    /// The functions in this one, which are written on their own.
    others: Vec<(usize, usize)>,
    next_other: usize,
    /// The source before this byte has been written.
    place: usize,
    /// The column of the current block of Python.
    indent: usize,
    parameters: Vec<Need>,
    /// The Rust types of the bound names; `None` if the name has no value in Rust.
    types: Names<Option<String>>,
    bindings: Vec<Binding<'t>>,
    returns: Vec<Returned>,
    /// The parameters in Python.
    passed: HashSet<&'t str>,
    /// Where the words of the function are.
    words: HashMap<&'t str, Vec<usize>>,
    blocks: Vec<Block>,
    /// The names of the errors of the `except` clauses around, with their levels.
    errors: Vec<(String, usize)>,
    lines: String,
    depth: usize,
}
