//! The grammars of files that are trees: YAML and JSON, TOML, and XML.

use saphyr_parser::{Event, Parser};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::statement::{Block, Builder};
use super::text::Word;

/// Why the rest of a file was not read.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) at: usize,
    pub(super) message: String,
}

/// A list or a mapping of YAML that is open.
enum Open {
    List(Vec<Word>, Option<Word>),
    Mapping(Option<Word>),
}

/// Reads YAML or JSON. Placeholders of templates (`{{ ... }}`) count as a word.
pub(super) fn yaml(text: &str, start: usize, builder: &mut Builder) -> Option<Stopped> {
    let plain = without_placeholders(text);
    let offsets: Vec<usize> = plain.char_indices().map(|(at, _)| at).collect();
    let offset = |index: usize| offsets.get(index).copied().unwrap_or(plain.len());
    let base = builder.stack.len();
    let mut open: Vec<Open> = Vec::new();
    let mut stopped = None;
    for event in Parser::new_from_str(&plain) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                stopped = Some(Stopped {
                    at: start + offset(error.marker().index()),
                    message: error.info().to_owned(),
                });
                break;
            }
        };
        let at = start + offset(span.start.index());
        match event {
            Event::DocumentStart(_) => {
                builder.close_to(base);
                open.clear();
                builder.open("", "", at);
            }
            Event::MappingStart(..) => {
                let kind = match open.last() {
                    Some(Open::Mapping(Some(key))) => key.text().to_owned(),
                    _ => String::new(),
                };
                builder.open(&kind, "", at);
                open.push(Open::Mapping(None));
            }
            Event::SequenceStart(..) => {
                let key = match open.last() {
                    Some(Open::Mapping(key)) => key.clone(),
                    _ => None,
                };
                builder.open(key.as_ref().map_or("", Word::text), "", at);
                open.push(Open::List(Vec::new(), key));
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let closed = open.pop();
                builder.close_to(builder.stack.len().saturating_sub(1).max(base));
                if let Some(Open::List(items, key)) = closed {
                    arguments(&items, builder);
                    if let Some(key) = key {
                        builder.add(key, items);
                    }
                }
                if let Some(Open::Mapping(key)) = open.last_mut() {
                    *key = None;
                }
            }
            Event::Scalar(value, style, ..) => {
                let mut from = at - start;
                if matches!(
                    style,
                    saphyr_parser::ScalarStyle::Literal | saphyr_parser::ScalarStyle::Folded
                ) {
                    // The event's position is that of the sign `|` or `>`. The text starts on the
                    // next line.
                    let rest = plain
                        .get(from..)
                        .filter(|rest| rest.starts_with(['|', '>']));
                    from += rest
                        .and_then(|rest| rest.find('\n'))
                        .map_or(0, |line| line + 1);
                }
                let mut word = Word::aligned(&value, &plain, from);
                word.shift(start);
                word.quoted = !matches!(style, saphyr_parser::ScalarStyle::Plain);
                match open.last_mut() {
                    Some(Open::Mapping(key @ None)) => *key = Some(word),
                    Some(Open::Mapping(key)) => {
                        if let Some(key) = key.take() {
                            builder.add(key, vec![word]);
                        }
                    }
                    Some(Open::List(items, _)) => items.push(word),
                    None => {}
                }
            }
            Event::Alias(_) => {
                if let Some(Open::Mapping(key)) = open.last_mut() {
                    *key = None;
                }
            }
            _ => {}
        }
    }
    builder.close_to(base);
    stopped
}

/// Options of a command line in a list: `--name=value`, or `--name` and the value behind it.
fn arguments(items: &[Word], builder: &mut Builder) {
    for (at, item) in items.iter().enumerate() {
        let Some(rest) = item.text().strip_prefix('-') else {
            continue;
        };
        let dashes = item.text().len() - rest.trim_start_matches('-').len();
        let option = item.part(dashes..item.text().len());
        match (option.split_once('='), items.get(at + 1)) {
            (Some((name, value)), _) => builder.add(name, vec![value]),
            (None, Some(value)) if !value.text().starts_with('-') => {
                builder.add(option, vec![value.clone()]);
            }
            _ => {}
        }
    }
}

/// Replaces each byte of a placeholder by `x`. A line that starts and ends with a placeholder
/// becomes a comment.
fn without_placeholders(text: &str) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        if words.starts_with("{{") && words.ends_with("}}") {
            plain.push('#');
            plain.extend(
                line.bytes()
                    .skip(1)
                    .map(|b| if b == b'\n' { '\n' } else { '#' }),
            );
            continue;
        }
        let mut rest = line;
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((inner, after)) = behind.split_once("}}") else {
                break;
            };
            plain.push_str(before);
            plain.push_str(&"x".repeat(inner.len() + 4));
            rest = after;
        }
        plain.push_str(rest);
    }
    plain
}

/// Reads TOML.
pub(super) fn toml(text: &str, start: usize, builder: &mut Builder) -> Option<Stopped> {
    let (table, errors) = DeTable::parse_recoverable(text);
    toml_table(table.get_ref(), text, start, builder);
    let error = errors.first()?;
    Some(Stopped {
        at: start + error.span().map_or(0, |span| span.start),
        message: error.message().to_owned(),
    })
}

fn toml_table(table: &DeTable<'_>, text: &str, start: usize, builder: &mut Builder) {
    for (key, value) in table {
        let name = Word::of(key.get_ref(), start + key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => {
                builder.open(key.get_ref(), "", name.start());
                toml_table(inner, text, start, builder);
                builder.close_to(builder.stack.len().saturating_sub(1));
            }
            DeValue::Array(items) => {
                builder.open(key.get_ref(), "", name.start());
                let mut words = Vec::new();
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::Table(inner) => {
                            builder.open("", "", start + item.span().start);
                            toml_table(inner, text, start, builder);
                            builder.close_to(builder.stack.len().saturating_sub(1));
                        }
                        _ => words.extend(toml_word(item, text, start)),
                    }
                }
                arguments(&words, builder);
                builder.close_to(builder.stack.len().saturating_sub(1));
                builder.add(name, words);
            }
            _ => {
                if let Some(word) = toml_word(value, text, start) {
                    builder.add(name, vec![word]);
                }
            }
        }
    }
}

fn toml_word(value: &Spanned<DeValue<'_>>, text: &str, start: usize) -> Option<Word> {
    let from = value.span().start;
    match value.get_ref() {
        DeValue::String(string) => {
            let rest = text.get(from..)?;
            let quotes = rest.len() - rest.trim_start_matches(['"', '\'', '\n']).len();
            let mut word = Word::aligned(string, text, from + quotes.min(3));
            word.shift(start);
            word.quoted = true;
            Some(word)
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => text
            .get(value.span())
            .map(|raw| Word::of(raw, start + from)),
        _ => None,
    }
}

/// Reads the elements of XML and their attributes.
pub(super) fn xml(text: &str, start: usize, builder: &mut Builder) {
    let base = builder.stack.len();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += found;
        let rest = &text[at..];
        let skipped = [
            ("<!--", "-->"),
            ("<![CDATA[", "]]>"),
            ("<?", "?>"),
            ("<!", ">"),
        ]
        .into_iter()
        .find(|(open, _)| rest.starts_with(open));
        if let Some((_, close)) = skipped {
            match rest.find(close) {
                Some(end) => at += end + close.len(),
                None => break,
            }
            continue;
        }
        if let Some(closing) = rest.strip_prefix("</") {
            let end = closing.find('>').unwrap_or(closing.len());
            let name = closing.get(..end).unwrap_or_default().trim();
            let open = builder
                .stack
                .iter()
                .rposition(|block: &Block| block.kind == name);
            if let Some(depth) = open.filter(|depth| *depth >= base) {
                builder.close_to(depth);
            }
            at += end.min(closing.len()) + 2;
            continue;
        }
        at += element(text, at, start, builder);
    }
    builder.close_to(base);
}

/// Reads an element that starts here, and returns its length.
fn element(text: &str, at: usize, start: usize, builder: &mut Builder) -> usize {
    let inner = text.get(at + 1..).unwrap_or_default();
    let ends = |c: char| c.is_whitespace() || matches!(c, '>' | '/');
    let length = inner.find(ends).unwrap_or(inner.len());
    if length == 0 {
        return 1;
    }
    builder.open(&inner[..length], "", start + at);
    let mut place = at + 1 + length;
    loop {
        let rest = text.get(place..).unwrap_or_default();
        let name = rest.trim_start();
        place += rest.len() - name.len();
        match name.chars().next() {
            None => break,
            Some('>') => return place + 1 - at,
            Some('/') if name.starts_with("/>") => {
                builder.close_to(builder.stack.len().saturating_sub(1));
                return place + 2 - at;
            }
            Some('<') => break,
            Some(_) => {}
        }
        let length = name
            .find(|c: char| c == '=' || ends(c))
            .unwrap_or(name.len())
            .max(1);
        let length = (length..=name.len())
            .find(|at| name.is_char_boundary(*at))
            .unwrap_or(name.len());
        let behind = name[length..].trim_start();
        let word = Word::of(&name[..length], start + place);
        let value = behind.strip_prefix('=').map(str::trim_start);
        let Some(value) = value.filter(|value| value.starts_with(['"', '\''])) else {
            place += length;
            continue;
        };
        let quote = if value.starts_with('"') { '"' } else { '\'' };
        let from = text.len() - value.len() + 1;
        let Some(end) = value[1..].find(quote) else {
            break;
        };
        let raw = &value[1..=end];
        let decoded = raw
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
        let mut aligned = match decoded.contains('&') || decoded != raw {
            true => Word::aligned(&decoded.replace("&amp;", "&"), text, from),
            false => Word::of(raw, from),
        };
        aligned.shift(start);
        aligned.quoted = true;
        builder.add(word, vec![aligned]);
        place = from + end + 1;
    }
    text.len() - at
}
