//! Files, and words that record the position of each byte in the file.

use std::path::{Path, PathBuf};

/// A file that was read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Where each line starts; the first one starts after a byte order mark.
    lines: Vec<usize>,
}

impl Source {
    pub(super) fn new(path: &Path, text: &str) -> Source {
        let text = text.to_owned();
        let start = text.len() - text.trim_start_matches('\u{feff}').len();
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(start).chain(breaks.filter(|at| *at > start));
        Source {
            path: path.to_owned(),
            lines: lines.collect(),
            text,
        }
    }

    /// The text without a byte order mark, and where it starts.
    pub(super) fn body(&self) -> (usize, &str) {
        let start = self.lines.first().copied().unwrap_or(0);
        (start, self.text.get(start..).unwrap_or_default())
    }

    /// Line and column of an offset, counted from 1; columns are characters.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let rest = self.text.get(start..).unwrap_or_default();
        let before = rest.char_indices();
        let column = before.take_while(|(at, _)| start + at < offset).count();
        (line, column + 1)
    }

    /// The places of ascending offsets. Each character of a line is counted once.
    pub(super) fn places(&self, offsets: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
        let mut last: Option<(usize, (usize, usize))> = None;
        let place = |offset: usize| {
            let next = match last {
                Some((before, (line, column)))
                    if before <= offset
                        && self.lines.get(line).is_none_or(|next| *next > offset) =>
                {
                    let between = self
                        .text
                        .get(before..offset)
                        .map(|text| text.chars().count());
                    between.map(|count| (line, column + count))
                }
                _ => None,
            };
            let found = next.unwrap_or_else(|| self.place(offset));
            last = Some((offset, found));
            found
        };
        offsets.map(place).collect()
    }

    /// A line, counted from 1, without its end.
    pub(super) fn line(&self, line: usize) -> &str {
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line));
        let rest = start.and_then(|start| self.text.get(*start..));
        rest.and_then(|rest| rest.lines().next()).unwrap_or("")
    }
}

/// A text taken from a file, possibly without its quotes, escapes and line breaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    text: String,
    /// The offset in the file of each byte.
    at: Vec<usize>,
    /// The offset after the last byte. For an empty word, it is the position of the word.
    end: usize,
    pub(super) quoted: bool,
}

impl Word {
    /// An empty word at this offset.
    pub(super) fn at(offset: usize) -> Word {
        Word {
            end: offset,
            ..Word::default()
        }
    }

    /// A word that the file has without escapes, starting at this offset.
    pub(super) fn of(text: &str, at: usize) -> Word {
        let mut word = Word::at(at);
        for (offset, c) in text.char_indices() {
            word.push(c, at + offset);
        }
        word
    }

    pub(super) fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.at.extend((0..c.len_utf8()).map(|byte| at + byte));
        self.end = at + c.len_utf8();
    }

    pub(super) fn append(&mut self, other: &Word) {
        self.text.push_str(&other.text);
        self.at.extend(&other.at);
        self.end = other.end;
    }

    /// Appends a text that is not in the file; its bytes are at the end of the word.
    pub(super) fn insert(&mut self, text: &str) {
        self.text.push_str(text);
        self.at.extend(text.bytes().map(|_| self.end));
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The offset in the file of a byte, or of the end.
    pub(super) fn offset(&self, byte: usize) -> usize {
        self.at.get(byte).copied().unwrap_or(self.end)
    }

    /// The offset of the first byte.
    pub(super) fn start(&self) -> usize {
        self.offset(0)
    }

    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// A part of the word; the range must be on character boundaries.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Word {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let at = self.at.get(range.clone()).unwrap_or_default();
        let end = match at.last() {
            Some(_) if range.end < self.at.len() => at.last().map_or(self.end, |last| last + 1),
            Some(_) => self.end,
            None => self.offset(range.start),
        };
        Word {
            text: text.to_owned(),
            at: at.to_vec(),
            end,
            quoted: self.quoted,
        }
    }

    pub(super) fn trimmed(&self, drop: impl Fn(char) -> bool) -> Word {
        let front = self.text.len() - self.text.trim_start_matches(&drop).len();
        let back = self.text.trim_end_matches(&drop).len().max(front);
        self.part(front..back)
    }

    /// The parts between separators. Empty parts are left out.
    pub(super) fn split(&self, separates: impl Fn(char) -> bool) -> Vec<Word> {
        let mut parts = Vec::new();
        let mut start = None;
        for (at, c) in self.text.char_indices() {
            match (separates(c), start) {
                (true, Some(from)) => {
                    parts.push(self.part(from..at));
                    start = None;
                }
                (false, None) => start = Some(at),
                _ => {}
            }
        }
        if let Some(from) = start {
            parts.push(self.part(from..self.text.len()));
        }
        parts
    }

    /// The part before the first `separator`, and the part after it.
    pub(super) fn split_once(&self, separator: char) -> Option<(Word, Word)> {
        let at = self.text.find(separator)?;
        let behind = at + separator.len_utf8();
        Some((self.part(0..at), self.part(behind..self.text.len())))
    }

    /// Adds `by` to the offset of each byte: the offsets were counted from the position `by` of the
    /// file.
    pub(super) fn shift(&mut self, by: usize) {
        for at in &mut self.at {
            *at += by;
        }
        self.end += by;
    }

    /// Converts the offset of each byte from the text of `outer` to the file that contains `outer`.
    pub(super) fn relocate(&mut self, outer: &Word) {
        for at in &mut self.at {
            *at = outer.offset(*at);
        }
        self.end = match self.end.checked_sub(1).filter(|_| !self.text.is_empty()) {
            Some(last) => outer.offset(last) + 1,
            None => outer.offset(self.end),
        };
    }

    /// Sets the offset of each byte to `at`, the place where the file uses the variable whose value
    /// this is.
    pub(super) fn moved_to(mut self, at: usize) -> Word {
        self.at.fill(at);
        self.end = at;
        self
    }

    /// Finds the characters of a value in a file, from an offset on; the file may have escapes, and
    /// line breaks where the value has blanks.
    pub(super) fn aligned(value: &str, source: &str, from: usize) -> Word {
        let mut word = Word::at(from);
        let mut at = from;
        for c in value.chars() {
            let rest = source.get(at..).unwrap_or_default();
            let found = match c.is_whitespace() {
                true => rest.find(char::is_whitespace).filter(|found| *found < 200),
                false => rest.find(c).filter(|found| *found < 2000),
            };
            let here = found.map_or(at, |found| at + found);
            let length = source.get(here..).and_then(|rest| rest.chars().next());
            word.text.push(c);
            word.at.extend((0..c.len_utf8()).map(|_| here));
            if found.is_some() {
                at = here + length.map_or(0, char::len_utf8);
            }
            word.end = at;
        }
        word
    }
}

/// A name in the form in which names are compared: in lower case, with `-` instead of `_`.
pub(super) fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// Whether a text fits a pattern in which `*` stands for any characters.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(before) = last.replace(piece) {
            match rest.find(before) {
                Some(at) => rest = &rest[at + before.len()..],
                None => return false,
            }
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_patterns_match_whole_names() {
        for (pattern, text, wanted) in [
            ("a*c", "abbc", true),
            ("a*c", "ab", false),
            ("*", "", true),
            ("a", "ab", false),
            ("*params*", "fastcgi_params.conf", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(fits(pattern, text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn source_positions_are_lines_and_characters() {
        let source = Source::new(Path::new("a"), "\u{feff}é=1\nab\n");
        assert_eq!(source.place(3), (1, 1));
        assert_eq!(source.place(5), (1, 2));
        assert_eq!(source.place(8), (2, 1));
        assert_eq!(source.line(2), "ab");
    }

    #[test]
    fn the_places_of_many_offsets_are_those_of_each() {
        let text = "a=1é\n\n  b\tc\r\nlast";
        let source = Source::new(Path::new("a"), text);
        let offsets = [0, 1, 2, 9, 3, 3].into_iter().chain(0..=text.len() + 1);
        let each: Vec<_> = offsets.clone().map(|offset| source.place(offset)).collect();
        assert_eq!(source.places(offsets), each);
    }

    #[test]
    fn offsets_of_a_value_map_to_the_file() {
        let source = "x: \"a\\\"b\n  c\"";
        let word = Word::aligned("a\"b c", source, 4);
        let found: String = (0..word.text().len())
            .filter_map(|byte| source[word.offset(byte)..].chars().next())
            .collect();
        assert_eq!(found, "a\"b\nc");
    }
}
