//! Nameprep (RFC 3491): the mapping and normalization of a label, with Unicode 3.2.

use std::collections::HashMap;

use once_cell::sync::Lazy;

/// The tables of CPython's codec. The file describes its format.
const TEXT: &str = include_str!("nameprep.txt");

/// Parsed when the first name that is not ASCII is converted.
static TABLES: Lazy<Tables> = Lazy::new(Tables::read);

#[derive(Default)]
struct Tables {
    map: Ranges<&'static str>,
    classes: Ranges<u8>,
    compositions: HashMap<(char, char), char>,
    prohibited: Ranges<()>,
    left_to_right: Ranges<()>,
    right_to_left: Ranges<()>,
}

impl Tables {
    fn read() -> Tables {
        let mut tables = Tables::default();
        let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
        for (keyword, line) in lines.filter_map(|line| line.split_once(' ')) {
            let (range, value) = line.split_once(' ').unwrap_or((line, ""));
            match keyword {
                "map" => tables.map.push(range, value),
                "class" => tables
                    .classes
                    .push(range, u8::from_str_radix(value, 16).unwrap_or(0)),
                "prohibited" => tables.prohibited.push(range, ()),
                "left" => tables.left_to_right.push(range, ()),
                "right" => tables.right_to_left.push(range, ()),
                _ => {
                    let mut characters = characters(line);
                    if let (Some(a), Some(b), Some(to)) =
                        (characters.next(), characters.next(), characters.next())
                    {
                        tables.compositions.insert((a, b), to);
                    }
                }
            }
        }
        tables
    }
}

/// Ranges of characters (first, last) with their values, sorted.
struct Ranges<T>(Vec<(char, char, T)>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Ranges(Vec::new())
    }
}

impl<T> Ranges<T> {
    fn push(&mut self, range: &str, value: T) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Some(first), Some(last)) = (characters(first).next(), characters(last).next()) {
            self.0.push((first, last, value));
        }
    }

    /// The first character of the range that contains `c`, and the value.
    fn get(&self, c: char) -> Option<(char, &T)> {
        let after = self.0.partition_point(|&(first, ..)| first <= c);
        let (first, last, value) = self.0.get(after.checked_sub(1)?)?;
        (c <= *last).then_some((*first, value))
    }

    fn contains(&self, c: char) -> bool {
        self.get(c).is_some()
    }
}

/// The characters with these code points, which are hexadecimal numbers.
fn characters(numbers: &str) -> impl Iterator<Item = char> {
    let number = |text| u32::from_str_radix(text, 16).ok();
    numbers
        .split_whitespace()
        .filter_map(number)
        .filter_map(char::from_u32)
}

/// Maps the characters of a label (RFC 3454, tables B.1 and B.2), and normalizes the result (NFKC).
pub(super) fn prepare(label: &str) -> Vec<char> {
    let mut text = Vec::with_capacity(label.len());
    for c in label.chars() {
        match TABLES.map.get(c) {
            None => text.push(c),
            Some((first, to)) => {
                let offset = u32::from(c) - u32::from(first);
                text.extend(characters(to).filter_map(|to| char::from_u32(u32::from(to) + offset)));
            }
        }
    }
    for marks in text.chunk_by_mut(|_, &next| class(next) > 0) {
        // The chunk begins with the letter before the marks. Only at the start of the text may this
        // letter be missing.
        let start = usize::from(class(marks[0]) == 0);
        marks[start..].sort_by_key(|&mark| class(mark));
    }
    composed(text)
}

fn class(c: char) -> u8 {
    TABLES.classes.get(c).map_or(0, |(_, class)| *class)
}

/// Canonical composition (UAX #15).
fn composed(text: Vec<char>) -> Vec<char> {
    let mut composed: Vec<char> = Vec::with_capacity(text.len());
    let mut starter = None;
    for c in text {
        let class_of_c = class(c);
        if let Some(at) = starter {
            // A mark of the same class, or a letter, in between blocks the composition.
            let next = composed.len() == at + 1;
            let blocked = !next
                && composed
                    .last()
                    .is_some_and(|&last| class(last) >= class_of_c);
            if let Some(to) = compose(composed[at], c).filter(|_| !blocked) {
                composed[at] = to;
                continue;
            }
        }
        if class_of_c == 0 {
            starter = Some(composed.len());
        }
        composed.push(c);
    }
    composed
}

fn compose(a: char, b: char) -> Option<char> {
    hangul(a, b).or_else(|| TABLES.compositions.get(&(a, b)).copied())
}

/// Composes Hangul (The Unicode Standard, section 3.12): a leading consonant and a vowel, or such a
/// syllable and a trailing consonant.
fn hangul(a: char, b: char) -> Option<char> {
    const L: u32 = 0x1100;
    const V: u32 = 0x1161;
    const T: u32 = 0x11a7;
    const S: u32 = 0xac00;
    let (a, b) = (u32::from(a), u32::from(b));
    let syllable = match (a, b) {
        (L..0x1113, V..0x1176) => S + ((a - L) * 21 + (b - V)) * 28,
        (S..0xd7a4, 0x11a8..0x11c3) if (a - S) % 28 == 0 => a + (b - T),
        _ => return None,
    };
    char::from_u32(syllable)
}

/// Whether a label cannot contain the character (RFC 3491, section 5).
pub(super) fn is_prohibited(c: char) -> bool {
    TABLES.prohibited.contains(c)
}

pub(super) fn is_left_to_right(c: char) -> bool {
    TABLES.left_to_right.contains(c)
}

pub(super) fn is_right_to_left(c: char) -> bool {
    TABLES.right_to_left.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_nameprep_tables_is_parsed() {
        let lines = |keyword: &str| {
            let keyword = format!("{keyword} ");
            TEXT.lines()
                .filter(|line| line.starts_with(&keyword))
                .count()
        };
        let sorted = |ranges: &[(char, char)]| {
            assert!(ranges.iter().all(|(first, last)| first <= last));
            assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
            ranges.len()
        };
        let map: Vec<_> = TABLES.map.0.iter().map(|&(a, b, _)| (a, b)).collect();
        let classes: Vec<_> = TABLES.classes.0.iter().map(|&(a, b, _)| (a, b)).collect();
        assert_eq!(sorted(&map), lines("map"));
        assert_eq!(sorted(&classes), lines("class"));
        assert!(TABLES.classes.0.iter().all(|&(.., class)| class > 0));
        assert_eq!(TABLES.compositions.len(), lines("compose"));
        for (keyword, ranges) in [
            ("prohibited", &TABLES.prohibited),
            ("left", &TABLES.left_to_right),
            ("right", &TABLES.right_to_left),
        ] {
            let ranges: Vec<_> = ranges.0.iter().map(|&(a, b, ())| (a, b)).collect();
            assert_eq!(sorted(&ranges), lines(keyword));
        }
        let all = [
            "map",
            "class",
            "compose",
            "prohibited",
            "left",
            "right",
            "#",
        ];
        let known: usize = all.into_iter().map(lines).sum();
        assert_eq!(
            known + TEXT.lines().filter(|&line| line == "#").count(),
            TEXT.lines().count()
        );
    }
}
