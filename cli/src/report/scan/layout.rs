//! Wraps text for a terminal of 80 columns.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::Style;

use super::super::Styled;

/// The columns of a terminal.
pub(super) const WIDTH: usize = 80;

/// Prints a text in as many lines as necessary. The first line begins with `first`, which is
/// styled; the others are indented by its width.
pub(super) fn folded(
    out: &mut dyn Write,
    (style, first): (Style, &str),
    text: &str,
) -> io::Result<()> {
    let indent = first.chars().count();
    for (number, line) in lines(text, WIDTH.saturating_sub(indent)).iter().enumerate() {
        match number {
            0 => writeln!(out, "{}{line}", Styled(style, first))?,
            _ => writeln!(out, "{:indent$}{line}", "")?,
        }
    }
    Ok(())
}

/// Prints a row like [`row`](super::super::row), but wrapped.
pub(super) fn row(out: &mut dyn Write, label: &str, text: impl Display) -> io::Result<()> {
    let first = format!("  {label:<14}");
    folded(out, (Style::new(), &first), &text.to_string())
}

/// Cuts a text into lines of this width, at spaces where possible.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last().map_or(0, |line| line.chars().count());
            let space = usize::from(line > 0);
            if line + space + word.len() <= width {
                if let Some(line) = lines.last_mut() {
                    line.extend((space > 0).then_some(' ').into_iter().chain(word));
                }
                break;
            }
            if line > 0 {
                lines.push(String::new());
                continue;
            }
            // The word is longer than a line, so it is split.
            let rest = word.split_off(width);
            if let Some(line) = lines.last_mut() {
                line.extend(word);
            }
            lines.push(String::new());
            word = rest;
        }
    }
    lines
}

/// The part of a text that fits into one line after `indent` columns.
pub(super) fn cut(text: &str, indent: usize) -> String {
    const MARK: &str = "...";
    let width = WIDTH.saturating_sub(indent);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(MARK.len());
    text.chars().take(kept).chain(MARK.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_spaces_or_at_the_width() {
        assert_eq!(lines("one two three", 8), ["one two", "three"]);
        assert_eq!(lines("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(lines("", 4), [""]);
        for width in 1..12 {
            let text = "a bb ccc dddd eeeee ffffff ggggggg";
            let all = lines(text, width);
            assert!(all.iter().all(|line| line.chars().count() <= width));
            let letters = |text: &str| text.replace(' ', "");
            assert_eq!(letters(&all.concat()), letters(text));
        }
    }

    #[test]
    fn a_text_is_cut_to_one_line() {
        assert_eq!(cut("short", 0), "short");
        assert_eq!(cut(&"x".repeat(100), 10).chars().count(), 70);
    }
}
