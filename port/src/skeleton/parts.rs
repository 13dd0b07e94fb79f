//! The parts of a function while it is written: its blocks, the names that they bind, and how they are left.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::tree::Node;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Kind {
    Plain,
    Loop,
    /// The lines of a `try`.
    Closure,
}

/// A Rust block while it is written.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Where the Python statement of the block is.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The names that the block declares, with their binding.
    pub(super) declared: HashMap<String, Option<usize>>,
    /// The bindings of the block itself that may move out of it.
    pub(super) bound: BTreeMap<String, Vec<usize>>,
    /// The names whose value a line of the block takes.
    pub(super) consumed: HashSet<String>,
    /// The names of a `for` loop: the type and whether they are `mut`, as soon as a line needs them.
    pub(super) pending: Vec<(String, Option<(String, bool)>)>,
    /// Whether the end of the block is not reached.
    pub(super) diverges: bool,
    /// Whether a `break` leaves the loop.
    pub(super) breaks: bool,
    /// The statements that leave a closure.
    pub(super) leaves: Leaves,
}

/// How the lines of a `try` are left.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaves {
    pub(super) breaks: bool,
    pub(super) continues: bool,
    pub(super) returns: bool,
}

impl Leaves {
    pub(super) fn any(self) -> bool {
        self != Leaves::default()
    }
}

/// A statement that leaves its block.
pub(super) enum Jump {
    Break,
    Continue,
    Return(Returned),
}

impl Block {
    pub(super) fn new(kind: Kind, node: Node<'_>) -> Block {
        Block {
            kind,
            start: node.start_byte(),
            end: node.end_byte(),
            declared: HashMap::new(),
            bound: BTreeMap::new(),
            consumed: HashSet::new(),
            pending: Vec::new(),
            diverges: false,
            breaks: false,
            leaves: Leaves::default(),
        }
    }
}

/// A written block.
pub(super) struct Branch {
    pub(super) lines: String,
    pub(super) block: Block,
    /// The types of the names at its end.
    pub(super) types: HashMap<String, Option<String>>,
}

/// What a `return` returns.
#[derive(Debug)]
pub(super) struct Returned {
    /// The Rust type, if it is known.
    pub(super) kind: Option<String>,
    /// The Rust expression; `None` for Python's `None`.
    pub(super) value: Option<String>,
    /// Whether the expression has an effect.
    pub(super) acts: bool,
}

/// A place where a name is bound.
#[derive(Debug)]
pub(super) struct Binding<'t> {
    pub(super) name: String,
    /// The name in Python, or its last part.
    pub(super) word: &'t str,
    pub(super) mutable: bool,
    /// Whether it is a part of a pattern, which always declares its variables.
    pub(super) in_pattern: bool,
    /// The binding whose variable gets this value, if it is no variable of its own.
    pub(super) declared_by: Option<usize>,
}
