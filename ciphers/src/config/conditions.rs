//! The parts of a file that hold only under a condition.

use std::ops::Range;

use super::text::Source;

/// The words that start a branch, in languages whose branches are found by their indentation.
const BRANCHES: [&str; 14] = [
    "if", "elif", "else", "elsif", "elseif", "unless", "while", "for", "try", "except", "rescue",
    "case", "when", "match",
];

/// The parts of a file that hold only under a condition: `.if` in HAProxy's files, `.ifdef` in
/// Exim's, `#ifdef` in C, the tags of templates, and branches in Python, Ruby, Lua, Perl and shell
/// scripts.
pub(super) fn regions(dialect: &str, source: &Source) -> Vec<Range<usize>> {
    let ending = source.path.extension().and_then(|ending| ending.to_str());
    let mut all = tags(&source.text);
    if matches!(dialect, "haproxy" | "exim") {
        all.extend(directives(&source.text, '.'));
    }
    match ending.unwrap_or_default() {
        "c" | "h" | "cc" | "cpp" | "hpp" | "cxx" if dialect == "code" => {
            all.extend(directives(&source.text, '#'));
        }
        "py" | "rb" | "lua" | "pl" | "pm" | "sh" => all.extend(branches(&source.text)),
        _ => {}
    }
    all
}

/// The parts between lines such as `.if` and `.endif`.
fn directives(text: &str, mark: char) -> Vec<Range<usize>> {
    let (mut all, mut open) = (Vec::new(), Vec::new());
    let mut at = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let word = |line: &str| {
            let rest = line.trim_start().strip_prefix(mark)?;
            let mut words = rest.split_whitespace();
            Some((words.next()?.to_owned(), words.next().map(str::to_owned)))
        };
        if let Some((first, name)) = word(line) {
            if first.starts_with("if") {
                // The include guard of a header, `#ifndef A` followed by `#define A`, is not a condition.
                let next = lines.peek().and_then(|line| word(line));
                let is_guard = first == "ifndef"
                    && next.is_some_and(|next| next == ("define".to_owned(), name));
                open.push((at, is_guard));
            } else if first == "endif" {
                let start = open.pop().filter(|(_, is_guard)| !is_guard);
                all.extend(start.map(|(start, _)| start..at));
            }
        }
        at += line.len();
    }
    let unclosed = open.into_iter().filter(|(_, is_guard)| !is_guard);
    all.extend(unclosed.map(|(start, _)| start..text.len()));
    all
}

/// The parts between the tags of conditions in a template: `{% if %}`, `{{ if }}`, `<% if %>`.
fn tags(text: &str) -> Vec<Range<usize>> {
    let (mut all, mut open) = (Vec::new(), Vec::new());
    for (start, mark) in ["{%", "{{", "<%"]
        .iter()
        .flat_map(|mark| text.match_indices(mark))
    {
        let tag = text.get(start + 2..).unwrap_or_default();
        let close = if mark == "{{" { "}}" } else { "%" };
        let tag = tag
            .split([close.chars().next().unwrap_or('%'), '\n'])
            .next();
        let tag = tag.unwrap_or_default().trim_matches(['-', '~', ' ', '\t']);
        let word = tag.split_whitespace().next().unwrap_or_default();
        let condition = matches!(word, "if" | "unless" | "case") || mark == "{{" && word == "with";
        let other = mark == "{{" && matches!(word, "range" | "define" | "block")
            || mark == "<%" && (tag.ends_with(" do") || tag.contains(" do |"));
        if condition || other {
            open.push((start, condition));
        } else if matches!(word, "endif" | "endunless" | "endcase")
            || matches!(word, "end") && *mark != *"{%"
        {
            let start_of = open.pop().filter(|(_, condition)| *condition);
            all.extend(start_of.map(|(first, _)| first..start));
        }
    }
    let unclosed = open.into_iter().filter(|(_, condition)| *condition);
    all.extend(unclosed.map(|(start, _)| start..text.len()));
    all
}

/// The branches of a program in a language with indented blocks. A branch ends before the next line
/// that is not indented more than its first line.
fn branches(text: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        let words = code.trim_start();
        let indent = code.len() - words.len();
        if !words.trim().is_empty() {
            while open.last().is_some_and(|(depth, _)| indent <= *depth) {
                all.extend(open.pop().map(|(_, start)| start..at));
            }
            let first = words.split(|c: char| !c.is_ascii_alphanumeric()).next();
            let is_branch = first.is_some_and(|first| BRANCHES.contains(&first));
            if is_branch && !words.contains("__name__") {
                open.push((indent, at));
            } else if [" if ", " unless "].iter().any(|word| words.contains(word)) {
                all.push(at..at + line.len());
            }
        }
        at += line.len();
    }
    all.extend(open.into_iter().map(|(_, start)| start..text.len()));
    all
}
