//! Reading Python source into a syntax tree, with limits.

use std::sync::LazyLock;

use tree_sitter::{Language, ParseOptions, ParseState, Parser};

use crate::PortError;
use crate::tree::{Node, Tree};

/// Larger files are refused: they are generated tables, not programs.
const MOST_BYTES: usize = 8 << 20;
/// CPython refuses 200 nested brackets and 100 levels of indentation. A statement can be nested deeper
/// in other ways, such as `not not x`.
pub(crate) const MOST_LEVELS: usize = 400;
/// How often the parser may ask whether to continue. It asks after every few hundred operations. A file of the largest
/// size makes it ask a tenth as often as this limit allows.
const MOST_QUESTIONS: usize = 2_000_000;

/// The parser's numbers of its fields. They are looked up once, because a look-up by name compares the name with all
/// names.
pub(crate) struct Fields {
    pub(crate) alias: u16,
    pub(crate) alternative: u16,
    pub(crate) argument: u16,
    pub(crate) arguments: u16,
    pub(crate) attribute: u16,
    pub(crate) body: u16,
    pub(crate) condition: u16,
    pub(crate) consequence: u16,
    pub(crate) function: u16,
    pub(crate) key: u16,
    pub(crate) left: u16,
    pub(crate) module_name: u16,
    pub(crate) name: u16,
    pub(crate) object: u16,
    pub(crate) operator: u16,
    pub(crate) parameters: u16,
    pub(crate) return_type: u16,
    pub(crate) right: u16,
    pub(crate) subject: u16,
    pub(crate) superclasses: u16,
    pub(crate) r#type: u16,
    pub(crate) value: u16,
}

pub(crate) static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    let language = Language::from(tree_sitter_python::LANGUAGE);
    // No field has the number 0.
    let id = |name| language.field_id_for_name(name).map_or(0, u16::from);
    Fields {
        alias: id("alias"),
        alternative: id("alternative"),
        argument: id("argument"),
        arguments: id("arguments"),
        attribute: id("attribute"),
        body: id("body"),
        condition: id("condition"),
        consequence: id("consequence"),
        function: id("function"),
        key: id("key"),
        left: id("left"),
        module_name: id("module_name"),
        name: id("name"),
        object: id("object"),
        operator: id("operator"),
        parameters: id("parameters"),
        return_type: id("return_type"),
        right: id("right"),
        subject: id("subject"),
        superclasses: id("superclasses"),
        r#type: id("type"),
        value: id("value"),
    }
});

/// The source text and its tree.
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) tree: Tree,
}

impl<'a> Source<'a> {
    /// The text, if the limits and the encoding are Python's.
    pub(crate) fn check(bytes: &'a [u8]) -> Result<&'a str, PortError> {
        if bytes.len() > MOST_BYTES {
            return Err(PortError::TooLarge { most: MOST_BYTES });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| PortError::NotUtf8 {
            line: line_of(bytes, error.valid_up_to()),
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(place) = text.bytes().position(|byte| byte == 0) {
            return Err(PortError::Nul {
                line: line_of(text.as_bytes(), place),
            });
        }
        if let Some(place) = too_deep(text.as_bytes()) {
            return Err(PortError::TooDeep {
                line: line_of(text.as_bytes(), place),
            });
        }
        Ok(text)
    }

    /// Parses `bytes`, which must be UTF-8.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Source<'a>, PortError> {
        let text = Source::check(bytes)?;
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_python::LANGUAGE.into())
            .map_err(|_| PortError::NotParsed)?;
        let mut questions = 0;
        let mut stop = |_: &ParseState| {
            questions += 1;
            questions > MOST_QUESTIONS
        };
        let options = ParseOptions::new().progress_callback(&mut stop);
        let bytes = text.as_bytes();
        let mut input = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
        let tree = parser
            .parse_with_options(&mut input, None, Some(options))
            .ok_or(PortError::NotParsed)?;
        Ok(Source {
            text,
            tree: Tree::new(text, &tree),
        })
    }
}

/// The place where brackets or indentation are nested deeper than CPython allows. Brackets in strings
/// and comments count too if their line has more opening than closing ones, so the limits are wider
/// than CPython's.
fn too_deep(text: &[u8]) -> Option<usize> {
    let mut depth: usize = 0;
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            // A statement starts at the margin, so brackets that are still open were in strings.
            b'\n' if text.get(place + 1).is_some_and(u8::is_ascii_alphabetic) => depth = 0,
            _ => {}
        }
        if depth > MOST_LEVELS {
            return Some(place);
        }
    }
    None
}

fn line_of(text: &[u8], place: usize) -> usize {
    1 + text[..place].iter().filter(|byte| **byte == b'\n').count()
}

/// The text of a node.
pub(crate) fn text<'a>(source: &'a str, node: Node<'_>) -> &'a str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// The named children of a node, without comments.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children()
        .filter(|child| child.kind() != "comment")
        .collect()
}

/// Whether a call is one of asyncio's that has the value of the coroutine that is its argument. A task has it later.
pub(crate) fn passes_value(source: &str, call: Node<'_>) -> bool {
    let function = call.child_by_field_id(FIELDS.function);
    let function = function.map_or("", |function| text(source, function));
    let last = function.rsplit('.').next();
    function == "asyncio.run" || matches!(last, Some("shield" | "run_until_complete"))
}

fn makes_task(source: &str, call: Node<'_>) -> bool {
    let function = call.child_by_field_id(FIELDS.function);
    let last = function.and_then(|function| text(source, function).rsplit('.').next());
    matches!(last, Some("ensure_future" | "create_task"))
}

/// The coroutine of `shield(coroutine)`.
pub(crate) fn awaited<'t>(source: &str, node: Node<'t>) -> Node<'t> {
    let mut node = strip(node);
    while passes_value(source, node) || makes_task(source, node) {
        let arguments = node.child_by_field_id(FIELDS.arguments).map(children);
        match arguments.and_then(|arguments| arguments.first().copied()) {
            Some(inner) => node = strip(inner),
            None => break,
        }
    }
    node
}

/// The node without parentheses and `await`.
pub(crate) fn strip(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while matches!(node.kind(), "parenthesized_expression" | "await") {
        match children(node)[..] {
            [inner] => node = inner,
            _ => break,
        }
    }
    node
}

/// The targets of `a, b = 1, 2`, each with its value. The value is `None` if the sides do not correspond one to one.
pub(crate) fn pairs<'t>(
    targets: &[Node<'t>],
    value: Option<Node<'t>>,
) -> Vec<(Node<'t>, Option<Node<'t>>)> {
    let value = value.map(strip);
    let is_list = |value: &Node<'_>| matches!(value.kind(), "expression_list" | "tuple" | "list");
    let values = value.filter(is_list).map(children).unwrap_or_default();
    let is_splat = |node: &Node<'_>| node.kind().contains("splat");
    let fits = values.len() == targets.len() && !targets.iter().chain(&values).any(is_splat);
    let value = |index: usize| values.get(index).copied().filter(|_| fits);
    let targets = targets.iter().enumerate();
    targets
        .map(|(index, target)| (*target, value(index)))
        .collect()
}
