//! The table of programs and of the names of their settings.

use std::collections::BTreeMap;

use once_cell::sync::Lazy;
use serde::Deserialize;

use super::statement::Statement;
use super::text::{Word, fits, folded};

/// A program, or one of its formats.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Program {
    pub(super) name: Box<str>,
    pub(super) dialect: Box<str>,
    #[serde(default)]
    pub(super) files: Vec<Box<str>>,
    #[serde(default)]
    pub(super) marks: Vec<Box<str>>,
    #[serde(default)]
    pub(super) labels: Vec<Box<str>>,
    #[serde(default)]
    pub(super) transparent: Vec<Box<str>>,
    #[serde(default)]
    pub(super) global: Vec<Box<str>>,
    #[serde(default)]
    pub(super) inherit: bool,
    /// Whether the versions of a block are added to those of the blocks around it.
    #[serde(default)]
    pub(super) merge: bool,
    /// Whether settings without a side (client or server) also hold for each side.
    #[serde(default)]
    pub(super) sides: bool,
    #[serde(default)]
    pub(super) options: Vec<Box<str>>,
    /// The directives that show that the block around them uses TLS.
    #[serde(default)]
    tls: Vec<Mark>,
    /// The kinds of blocks that hold only under a condition.
    #[serde(default)]
    conditional: Vec<Box<str>>,
    /// Whether a directive with commands of `SSL_CONF_cmd` replaces those of the blocks around it.
    #[serde(default)]
    pub(super) commands_replace: bool,
    /// Whether the outermost level of the file is a server itself.
    #[serde(default)]
    pub(super) main: bool,
    #[serde(default)]
    pub(super) include: Vec<Box<str>>,
    #[serde(default)]
    pub(super) optional: Vec<Box<str>>,
    #[serde(default)]
    pub(super) include_directory: Vec<Box<str>>,
    #[serde(default)]
    pub(super) ignored: Vec<Box<str>>,
    pub(super) root: Option<Box<str>>,
    pub(super) variables: Option<Variables>,
    settings: BTreeMap<Key, Vec<Box<str>>>,
    #[serde(default)]
    words: BTreeMap<Key, Vec<Box<str>>>,
}

/// How a program refers to the value of another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Variables {
    /// `Define NAME value`, then `${NAME}`.
    Define,
    /// `$name`, of any directive.
    Dollar,
    /// The name of another assignment, which begins with a capital letter.
    Macro,
}

/// The kind of a setting, and the side (client or server) for which it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Key {
    pub(super) side: Box<str>,
    pub(super) kind: Kind,
}

/// The kinds that the table names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Ciphers,
    Suites,
    Tls13,
    Excluded,
    Grade,
    Versions,
    Min,
    Max,
    Without,
    Switch,
    Flag,
    Options,
    Groups,
    Signatures,
    DhFile,
    DhBits,
    Preference,
    Command,
}

impl Kind {
    /// Whether the value selects suites.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Kind::Ciphers | Kind::Suites | Kind::Tls13)
    }
}

/// A directive that shows that a block uses TLS, even if the block has no settings for TLS: `listen ssl`. The innermost
/// block around the directive uses TLS, unless a kind of block precedes the name: `SSLHostConfig/certificateFile`. A
/// side (client or server) may precede both: `proxy: proxy_pass https:*`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Mark {
    side: Box<str>,
    block: Option<Box<str>>,
    name: Box<str>,
    /// A pattern that one of the directive's values must fit.
    value: Option<Box<str>>,
}

impl From<String> for Mark {
    fn from(text: String) -> Mark {
        let (side, rest) = text.split_once(": ").unwrap_or(("", &text));
        let (name, value) = match rest.split_once(' ') {
            Some((name, value)) => (name, Some(value)),
            None => (rest, None),
        };
        let (block, name) = match name.split_once('/') {
            Some((block, name)) => (Some(block), name),
            None => (None, name),
        };
        Mark {
            side: side.into(),
            block: block.map(|block| folded(block).into()),
            name: folded(name).into(),
            value: value.map(|value| value.to_ascii_lowercase().into()),
        }
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Key, String> {
        let (side, kind) = text.rsplit_once(' ').unwrap_or(("", &text));
        let kind = match kind {
            "ciphers" => Kind::Ciphers,
            "suites" => Kind::Suites,
            "tls13" => Kind::Tls13,
            "excluded" => Kind::Excluded,
            "grade" => Kind::Grade,
            "versions" => Kind::Versions,
            "min" => Kind::Min,
            "max" => Kind::Max,
            "without" => Kind::Without,
            "switch" => Kind::Switch,
            "flag" => Kind::Flag,
            "options" => Kind::Options,
            "groups" => Kind::Groups,
            "signatures" => Kind::Signatures,
            "dh-file" => Kind::DhFile,
            "dh-bits" => Kind::DhBits,
            "preference" => Kind::Preference,
            "command" => Kind::Command,
            _ => return Err(format!("`{kind}` is not a kind of setting")),
        };
        let side = side.into();
        Ok(Key { side, kind })
    }
}

impl Program {
    /// Every program of the table.
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    pub(super) fn all() -> &'static [Program] {
        #[derive(Deserialize)]
        struct File {
            program: Vec<Program>,
        }
        static ALL: Lazy<Vec<Program>> = Lazy::new(|| {
            let file: Result<File, _> = crate::data::read(include_str!("programs.toml"));
            let mut all = file.expect("the crate's table of programs").program;
            for program in &mut all {
                let maps = [&mut program.settings, &mut program.words];
                let tables = maps.into_iter().flat_map(|map| map.values_mut());
                let lists = [
                    &mut program.marks,
                    &mut program.labels,
                    &mut program.transparent,
                    &mut program.conditional,
                    &mut program.global,
                    &mut program.options,
                    &mut program.include,
                    &mut program.optional,
                    &mut program.include_directory,
                ];
                for names in tables.chain(lists) {
                    for name in names {
                        *name = folded(name).into();
                    }
                }
            }
            all
        });
        &ALL
    }

    /// The kind of setting that a statement makes; none if its name is not a TLS setting of the
    /// program.
    pub(super) fn setting(&self, statement: &Statement) -> Option<&Key> {
        let (name, full) = (&statement.folded_name, &statement.full_name);
        let mut all = self.settings.iter();
        all.find_map(|(key, names)| {
            let fits = names
                .iter()
                .any(|pattern| names_setting(pattern, name, full));
            fits.then_some(key)
        })
    }

    /// If the statement shows that a block uses TLS: the side, and the depth of that block.
    pub(super) fn uses_tls(&self, statement: &Statement) -> Option<(&str, usize)> {
        let (name, full) = (&statement.folded_name, &statement.full_name);
        self.tls.iter().find_map(|mark| {
            let depth = match &mark.block {
                None => statement.path.len(),
                Some(kind) => {
                    let mut path = statement.path.iter();
                    path.rposition(|block| folded(&block.kind) == **kind)? + 1
                }
            };
            let has = |pattern: &str| {
                let mut values = statement.values.iter();
                values.any(|value| fits(pattern, &value.text().to_ascii_lowercase()))
            };
            let is = names_setting(&mark.name, name, full);
            (is && mark.value.as_deref().is_none_or(has)).then_some((&*mark.side, depth))
        })
    }

    /// The kind of setting that a word in a directive with options makes.
    pub(super) fn word(&self, word: &str) -> Option<&Key> {
        let word = folded(word);
        let mut all = self.words.iter();
        all.find_map(|(key, names)| names.iter().any(|name| **name == *word).then_some(key))
    }

    pub(super) fn has_options(&self, statement: &Statement) -> bool {
        is_one_of(&self.options, statement.name.text())
    }

    /// Whether a block holds only under a condition. `<IfModule mod_ssl.c>` does not count: without this module, the
    /// server has no TLS.
    pub(super) fn is_conditional(&self, kind: &str, arguments: &str) -> bool {
        let module = arguments.to_ascii_lowercase();
        let has_tls =
            (module.contains("ssl") || module.contains("tls")) && !module.starts_with('!');
        is_one_of(&self.conditional, kind) && !(kind.eq_ignore_ascii_case("IfModule") && has_tls)
    }

    pub(super) fn is_transparent(&self, kind: &str) -> bool {
        is_one_of(&self.transparent, kind) || is_one_of(&self.global, kind)
    }

    /// A score for the probability that a file with these statements belongs to this program.
    pub(super) fn score(&self, file: &str, statements: &[Statement]) -> usize {
        let mut score = 0;
        if self.files.iter().any(|pattern| fits(pattern, file)) {
            score += 40;
        }
        let mut seen: Vec<&str> = Vec::new();
        for statement in statements.iter().take(2000) {
            let (name, full) = (&statement.folded_name, &statement.full_name);
            let mut marks = self.marks.iter();
            if let Some(mark) = marks.find(|mark| names_setting(mark, name, full)) {
                if !seen.contains(&&**mark) {
                    seen.push(mark);
                    score += 4;
                }
            }
            if self.setting(statement).is_some() || self.has_words(statement) {
                score += 10;
            }
        }
        score
    }

    fn has_words(&self, statement: &Statement) -> bool {
        self.has_options(statement)
            && statement.values.iter().any(|value| {
                let name = value.text().split('=').next().unwrap_or("");
                self.word(name).is_some()
            })
    }

    /// The names of all programs. A program with several formats is named once.
    pub(super) fn names() -> Vec<&'static str> {
        let mut names: Vec<&str> = Program::all()
            .iter()
            .map(|program| &*program.name)
            .collect();
        names.dedup();
        names
    }
}

/// Whether a name, without regard to letter case, fits one of the patterns in a list. The patterns
/// are in the form of `folded`.
pub(super) fn is_one_of(list: &[Box<str>], name: &str) -> bool {
    !list.is_empty() && {
        let name = folded(name);
        list.iter().any(|other| fits(other, &name))
    }
}

/// Whether a pattern fits a name, or the end of its full name that starts after a dot.
fn names_setting(pattern: &str, name: &str, full: &str) -> bool {
    if !pattern.contains(['.', '*']) {
        return pattern == name;
    }
    if fits(pattern, full) || fits(pattern, name) {
        return true;
    }
    let mut dots = full.match_indices('.');
    dots.any(|(at, _)| full.get(at + 1..).is_some_and(|rest| fits(pattern, rest)))
}

/// The value of a variable. A value that is itself a variable is resolved, up to 8 levels deep.
pub(super) fn variable(
    kind: Variables,
    name: &str,
    statements: &[Statement],
    level: usize,
) -> Option<Word> {
    if level > 8 {
        return None;
    }
    let value = match kind {
        Variables::Define => {
            let name = name.strip_prefix('$')?;
            let found = statements.iter().rev().find(|statement| {
                statement.name.text().eq_ignore_ascii_case("define")
                    && statement
                        .values
                        .first()
                        .is_some_and(|value| value.text() == name)
            });
            found?.values.get(1)?
        }
        Variables::Dollar => {
            let name = name.strip_prefix('$')?;
            let found = statements
                .iter()
                .rev()
                .find(|statement| statement.name.text() == name);
            found?.values.first()?
        }
        Variables::Macro => {
            if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
                return None;
            }
            let found = statements
                .iter()
                .rev()
                .find(|statement| statement.name.text() == name);
            found?.values.first()?
        }
    };
    match variable(kind, value.text(), statements, level + 1) {
        Some(inner) => Some(inner),
        None => Some(value.clone()),
    }
}
