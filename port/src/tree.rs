//! The syntax tree as a list of nodes, which is made from the parser's tree once.
//!
//! The program is walked several times, and each walk reads kinds, fields and parents. In the parser's tree this is
//! slow: it searches all children for a field, starts from the root to find a parent, and reads a kind as a C string.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use tree_sitter::{Language, Point, TreeCursor};

/// The names of the kinds of nodes, by their numbers.
static KINDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let language = Language::from(tree_sitter_python::LANGUAGE);
    let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
    (0..count)
        .map(|kind| language.node_kind_for_id(kind).unwrap_or_default())
        .collect()
});

/// The kind of a node with text that is not Python.
const ERROR: &str = "ERROR";

#[derive(Debug)]
struct Entry {
    kind: &'static str,
    /// 0 if the node is in no field.
    field: u16,
    is_named: bool,
    start: u32,
    end: u32,
    row: u32,
    column: u32,
    parent: u32,
    /// The index after the last descendant. The first child, if there is one, follows the node itself.
    after: u32,
}

/// All nodes of a file. Each node precedes its children.
pub(crate) struct Tree {
    entries: Vec<Entry>,
    pub(crate) has_error: bool,
    /// The offsets of the bytes that do not begin a UTF-8 character.
    inner_bytes: Vec<u32>,
}

impl Tree {
    /// Copies the parser's tree. `text` is shorter than 4 GiB.
    pub(crate) fn new(text: &str, tree: &tree_sitter::Tree) -> Tree {
        let mut entries: Vec<Entry> = Vec::new();
        let mut cursor = tree.walk();
        let mut parent = 0;
        'nodes: loop {
            let index = entries.len();
            entries.push(entry(&cursor, parent));
            if cursor.goto_first_child() {
                parent = index;
                continue;
            }
            // This node ends, and so does each ancestor of which it is the last descendant.
            let mut ended = index;
            loop {
                entries[ended].after = short(entries.len());
                if cursor.goto_next_sibling() {
                    continue 'nodes;
                }
                if !cursor.goto_parent() {
                    break 'nodes;
                }
                ended = parent;
                parent = entries[ended].parent as usize;
            }
        }
        let bytes = text.bytes().enumerate();
        let inner_bytes = bytes.filter(|(at, _)| !text.is_char_boundary(*at));
        Tree {
            entries,
            has_error: tree.root_node().has_error(),
            inner_bytes: inner_bytes.map(|(at, _)| short(at)).collect(),
        }
    }

    pub(crate) fn root_node(&self) -> Node<'_> {
        Node {
            tree: self,
            index: 0,
        }
    }
}

fn entry(cursor: &TreeCursor<'_>, parent: usize) -> Entry {
    let node = cursor.node();
    let start = node.start_position();
    let kind = KINDS.get(usize::from(node.kind_id()));
    Entry {
        kind: kind.copied().unwrap_or(ERROR),
        field: cursor.field_id().map_or(0, u16::from),
        is_named: node.is_named(),
        start: short(node.start_byte()),
        end: short(node.end_byte()),
        row: short(start.row),
        column: short(start.column),
        parent: short(parent),
        after: 0,
    }
}

/// Converts an offset or an index. It fits, because the parser itself uses numbers of 32 bits.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A node of the tree.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    tree: &'t Tree,
    index: u32,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind(), self.byte_range())
    }
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry {
        &self.tree.entries[self.index as usize]
    }

    /// The index of the node in the list.
    pub(crate) fn id(self) -> usize {
        self.index as usize
    }

    pub(crate) fn kind(self) -> &'static str {
        self.entry().kind
    }

    pub(crate) fn start_byte(self) -> usize {
        self.entry().start as usize
    }

    pub(crate) fn end_byte(self) -> usize {
        self.entry().end as usize
    }

    pub(crate) fn byte_range(self) -> Range<usize> {
        self.start_byte()..self.end_byte()
    }

    /// The row and the column in bytes, from 0.
    pub(crate) fn start_position(self) -> Point {
        Point {
            row: self.entry().row as usize,
            column: self.entry().column as usize,
        }
    }

    /// The line and the column in characters, from 1.
    pub(crate) fn place(self) -> (usize, usize) {
        let entry = self.entry();
        let inner_before = |byte: u32| self.tree.inner_bytes.partition_point(|at| *at < byte);
        let inner = inner_before(entry.start) - inner_before(entry.start - entry.column);
        (entry.row as usize + 1, entry.column as usize - inner + 1)
    }

    pub(crate) fn parent(self) -> Option<Node<'t>> {
        let parent = self.entry().parent;
        (self.index != 0).then_some(Node {
            tree: self.tree,
            index: parent,
        })
    }

    /// Whether `other` is this node or inside of it.
    pub(crate) fn has(self, other: Node<'_>) -> bool {
        (self.index..self.entry().after).contains(&other.index)
    }

    /// The node and all nodes inside of it, each before its children.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let tree = self.tree;
        (self.index..self.entry().after).map(move |index| Node { tree, index })
    }

    /// All children, including those without a name, such as brackets.
    pub(crate) fn all_children(self) -> impl Iterator<Item = Node<'t>> + Clone + use<'t> {
        let tree = self.tree;
        let end = self.entry().after;
        let child = move |index: u32| (index < end).then_some(Node { tree, index });
        std::iter::successors(child(self.index + 1), move |node| child(node.entry().after))
    }

    /// The children with a name, including comments.
    pub(crate) fn named_children(self) -> impl Iterator<Item = Node<'t>> + Clone + use<'t> {
        self.all_children().filter(|child| child.entry().is_named)
    }

    pub(crate) fn named_child(self, index: usize) -> Option<Node<'t>> {
        self.named_children().nth(index)
    }

    pub(crate) fn children_of_field(self, field: u16) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.all_children()
            .filter(move |child| child.entry().field == field)
    }

    pub(crate) fn child_by_field_id(self, field: u16) -> Option<Node<'t>> {
        self.children_of_field(field).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{FIELDS, Source};

    /// Programs with missing and superfluous parts, comments inside of fields, and fields of hidden nodes.
    const PROGRAMS: [&str; 5] = [
        include_str!("../tests/skeletons/client.py"),
        include_str!("../tests/skeletons/server.py"),
        include_str!("../tests/skeletons/asynchronous.py"),
        "",
        "x: int = (  # one\n  1)\nif a: # two\n  pass\nelif b:\n  f(*c, d=e) # \u{e4}\nelse: g = '\u{e4}\u{1f600}', h\n\
         from a import (b as c, d)\nx += 1 < 2 not in y\ndef (:\n  async with a as b, c: ssl.\nprint 'a'\n}\n",
    ];

    /// Compares the list with the parser's own tree.
    #[test]
    fn the_list_has_the_nodes_fields_and_parents_of_the_parsers_tree() {
        for text in PROGRAMS {
            let source = Source::parse(text.as_bytes()).unwrap();
            let mut parser = tree_sitter::Parser::new();
            parser
                .set_language(&tree_sitter_python::LANGUAGE.into())
                .unwrap();
            let parsed = parser.parse(text, None).unwrap();
            let mut pending = vec![(source.tree.root_node(), parsed.root_node())];
            let mut count = 0;
            while let Some((node, expected)) = pending.pop() {
                count += 1;
                assert_eq!(node.kind(), expected.kind(), "{text}");
                assert_eq!(node.byte_range(), expected.byte_range(), "{text}");
                assert_eq!(node.start_position(), expected.start_position(), "{text}");
                assert_eq!(
                    node.parent().map(Node::byte_range),
                    expected.parent().map(|parent| parent.byte_range())
                );
                let fields = u16::try_from(parser.language().unwrap().field_count()).unwrap();
                for field in 1..=fields {
                    // In the parser's tree, the block of `match` is in two fields. The list has only the other one,
                    // which is documented.
                    if node.kind() == "match_statement" && field == FIELDS.alternative {
                        continue;
                    }
                    assert_eq!(
                        node.child_by_field_id(field).map(Node::byte_range),
                        expected
                            .child_by_field_id(field)
                            .map(|child| child.byte_range()),
                        "field {field} of {node:?} in {text}"
                    );
                }
                let named: Vec<_> = node.named_children().map(Node::byte_range).collect();
                let mut cursor = parsed.walk();
                let expected_named = expected.named_children(&mut cursor);
                let expected_named: Vec<_> =
                    expected_named.map(|child| child.byte_range()).collect();
                assert_eq!(named, expected_named, "{node:?} in {text}");
                let children: Vec<_> = node.all_children().collect();
                assert_eq!(children.len(), expected.child_count(), "{node:?} in {text}");
                let expected_children = (0..).map_while(|index| expected.child(index));
                pending.extend(children.into_iter().zip(expected_children));
            }
            assert_eq!(count, source.tree.entries.len());
        }
    }

    #[test]
    fn columns_count_characters() {
        let text = "a = 1\n\u{e4}\u{20000}b = '\u{20ac}'; c = d\n";
        let source = Source::parse(text.as_bytes()).unwrap();
        let names = source.tree.root_node().named_children();
        let names = names.filter_map(|statement| statement.named_child(0)?.named_child(1));
        let places: Vec<_> = names.map(Node::place).collect();
        assert_eq!(places, [(1, 5), (2, 7), (2, 16)]);
    }
}
