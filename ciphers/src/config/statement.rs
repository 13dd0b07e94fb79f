//! The common result of all grammars: statements, which are names with values, in blocks.

use std::ops::Range;

use super::text::{Word, folded};

/// A block, a section, an element or a mapping that contains statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Unique for each block of a file.
    pub(super) id: usize,
    /// The first word of the block: `server`, `VirtualHost`.
    pub(super) kind: String,
    /// The words after the first one.
    pub(super) arguments: String,
    pub(super) file: usize,
    /// The offset in the file at which the block starts.
    pub(super) at: usize,
}

/// A name and its values.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) file: usize,
    /// The blocks around the statement, the outermost first.
    pub(super) path: Vec<Block>,
    pub(super) name: Word,
    /// The name in the form in which names are compared (`folded`).
    pub(super) folded_name: String,
    /// The names of the blocks around the statement, and its own: `ssl.ciphers`.
    pub(super) full_name: String,
    pub(super) values: Vec<Word>,
    /// In source code, whether a part of the value is a variable that the file does not assign.
    pub(super) is_partly_unknown: bool,
    /// Whether the value depends on a condition, or is the default of a value outside the file.
    pub(super) is_conditional: bool,
    /// Whether the program reads the statement only under a condition.
    pub(super) is_in_branch: bool,
    /// The effect of the statement on options that were set before.
    pub(super) change: Change,
}

/// The effect of a statement on options that were set before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Change {
    /// They stay, and those of the value are added.
    #[default]
    Adds,
    /// Those of the value take their place: `ctx.options = OP_ALL`.
    Replaces,
    /// Those of the value are taken away: `ctx.options &= ~OP_ALL`, `SSL_CTX_clear_options(ctx, SSL_OP_ALL)`.
    TakesAway,
    /// The value is computed from masks: `ctx.options = a & ~b`.
    Unclear,
}

impl Statement {
    pub(super) fn new(file: usize, path: Vec<Block>, name: Word, values: Vec<Word>) -> Statement {
        let folded_name = folded(name.text());
        let kinds = path.iter().map(|block| block.kind.as_str());
        let all: Vec<_> = kinds.chain([name.text()]).collect();
        Statement {
            file,
            full_name: folded(&all.join(".")),
            folded_name,
            path,
            name,
            values,
            is_partly_unknown: false,
            is_conditional: false,
            is_in_branch: false,
            change: Change::Adds,
        }
    }
}

/// The statements that have been read, and the blocks that are open.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) statements: Vec<Statement>,
    pub(super) stack: Vec<Block>,
    pub(super) file: usize,
    /// The parts of the file that hold only under a condition, and whether the whole file does.
    pub(super) regions: Vec<Range<usize>>,
    pub(super) is_conditional: bool,
    blocks: usize,
    /// Sections that may be opened again.
    sections: Vec<Block>,
}

/// The maximum depth of blocks. Statements in deeper blocks belong to the last block that was
/// opened.
const DEPTH: usize = 64;

impl Builder {
    pub(super) fn add(&mut self, name: Word, values: Vec<Word>) {
        let path = self.stack.clone();
        self.add_in(path, name, values);
    }

    pub(super) fn add_in(&mut self, path: Vec<Block>, name: Word, values: Vec<Word>) {
        let mut regions = self.regions.iter();
        let is_in_branch =
            self.is_conditional || regions.any(|region| region.contains(&name.start()));
        self.statements.push(Statement {
            is_in_branch,
            ..Statement::new(self.file, path, name, values)
        });
    }

    pub(super) fn block(&mut self, kind: &str, arguments: &str, at: usize) -> Block {
        self.blocks += 1;
        Block {
            id: self.blocks,
            kind: kind.to_owned(),
            arguments: arguments.to_owned(),
            file: self.file,
            at,
        }
    }

    pub(super) fn open(&mut self, kind: &str, arguments: &str, at: usize) {
        let block = self.block(kind, arguments, at);
        if self.stack.len() < DEPTH {
            self.stack.push(block);
        }
    }

    /// Opens a section, or continues an earlier section of this name.
    pub(super) fn section(&mut self, kind: &str, at: usize) {
        let known = self
            .sections
            .iter()
            .find(|block| block.kind == kind)
            .cloned();
        let block = known.unwrap_or_else(|| {
            let block = self.block(kind, "", at);
            self.sections.push(block.clone());
            block
        });
        self.stack.push(block);
    }

    /// Opens a block with the words before its brace.
    pub(super) fn open_words(&mut self, words: &[Word], at: usize) {
        let kind = words.first().map_or("", Word::text);
        let rest: Vec<_> = words.iter().skip(1).map(Word::text).collect();
        self.open(kind, &rest.join(" "), words.first().map_or(at, Word::start));
    }

    /// Closes blocks until only `depth` blocks are open.
    pub(super) fn close_to(&mut self, depth: usize) {
        self.stack.truncate(depth);
    }
}
