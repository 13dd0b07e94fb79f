//! Converts statements into TLS settings.

use std::path::Path;
use std::sync::Arc;

use openssl::dh::Dh;

use super::include;
use super::programs::{Key, Kind, Program};
use super::statement::{Block, Change, Statement};
use super::suites::{List, is_separator, suite, suites};
use super::text::{Source, Word, folded};
use super::value::{self, VersionRule};
use crate::cipher::{Cipher, Group};

/// The kinds of a [`Setting`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SettingKind {
    /// A cipher string of OpenSSL.
    Ciphers,
    /// Suites by the names of the TLS registry, Java or Go.
    Suites,
    /// The suites of TLS 1.3.
    Ciphersuites,
    /// Names that the program excludes, as if each had a `!` (Postfix).
    Excluded,
    /// The name of the list of suites that Postfix uses: `high` or `medium`.
    Grade,
    /// Versions of the protocol.
    Versions,
    /// Groups of the key exchange.
    Groups,
    /// Signature schemes of the handshake.
    Signatures,
    /// Parameters for finite-field Diffie-Hellman: a file, or a number of bits.
    DhParams,
    /// Whether the server's order of suites decides.
    Preference,
}

impl SettingKind {
    /// The name in JSON: `"ciphers"`.
    pub fn name(self) -> &'static str {
        match self {
            SettingKind::Ciphers => "ciphers",
            SettingKind::Suites => "suites",
            SettingKind::Ciphersuites => "ciphersuites",
            SettingKind::Excluded => "excluded",
            SettingKind::Grade => "grade",
            SettingKind::Versions => "versions",
            SettingKind::Groups => "groups",
            SettingKind::Signatures => "signatures",
            SettingKind::DhParams => "dh",
            SettingKind::Preference => "preference",
        }
    }
}

/// One setting of a file.
#[derive(Debug, Clone)]
pub struct Setting {
    pub(super) kind: SettingKind,
    pub(super) directive: Box<str>,
    pub(super) value: Word,
    pub(super) source: Arc<Source>,
    pub(super) rules: Vec<VersionRule>,
    /// Words that are not known versions.
    pub(super) unknown: Vec<Word>,
    pub(super) preference: Option<bool>,
    pub(super) bits: Option<u32>,
    /// The directive with the command of `SSL_CONF_cmd`, if the setting is such a command.
    pub(super) command: Option<Box<str>>,
    /// Whether the setting holds only under a condition.
    pub(super) is_conditional: bool,
}

impl Setting {
    /// The kind of the setting.
    pub fn kind(&self) -> SettingKind {
        self.kind
    }

    /// The name in the file: `"ssl_ciphers"`.
    pub fn directive(&self) -> &str {
        &self.directive
    }

    /// The value, without quotes and continued lines. A list has `:` between its words.
    pub fn value(&self) -> &str {
        self.value.text()
    }

    /// The file that contains the setting, which may be an included one.
    pub fn file(&self) -> &Path {
        &self.source.path
    }

    /// Line and column of a byte of the value, or of its end, counted from 1; columns are characters.
    pub fn place(&self, byte: usize) -> (usize, usize) {
        self.source.place(self.value.offset(byte))
    }

    /// The places of all bytes of the value and of its end: [`place`](Self::place) for each.
    pub fn places(&self) -> Vec<(usize, usize)> {
        let bytes = 0..=self.value.text().len();
        self.source
            .places(bytes.map(|byte| self.value.offset(byte)))
    }

    /// The line and column of a byte offset in the file.
    pub(super) fn place_in_file(&self, offset: usize) -> (usize, usize) {
        self.source.place(offset)
    }

    /// The first line of the value with another value in its place; none if the value is on several
    /// lines, or the file writes it with escapes or variables.
    ///
    /// ```
    /// use pyssl_ciphers::config::Config;
    ///
    /// let config = Config::parse("nginx.conf", "server { ssl_ciphers HIGH:RC4; }");
    /// let setting = &config.services()[0].settings()[0];
    /// assert_eq!(
    ///     setting.line_with("HIGH").as_deref(),
    ///     Some("server { ssl_ciphers HIGH; }"),
    /// );
    /// ```
    pub fn line_with(&self, value: &str) -> Option<String> {
        let (start, end) = (self.value.start(), self.value.end());
        if self.source.text.get(start..end)? != self.value.text() {
            return None;
        }
        let line = self.source.line(self.source.place(start).0);
        let line_start = line.as_ptr() as usize - self.source.text.as_ptr() as usize;
        let before = line.get(..start.checked_sub(line_start)?)?;
        let after = line.get(end.checked_sub(line_start)?..)?;
        Some(format!("{before}{value}{after}"))
    }

    /// The line of the file on which the value starts.
    pub fn line(&self) -> &str {
        self.source.line(self.place(0).0)
    }

    /// The names of a list of [`SettingKind::Suites`] with their suites, and where they start in the
    /// value. A name without a suite is unknown.
    pub fn suites(&self) -> Vec<(usize, &str, Option<&'static Cipher>)> {
        let mut at = 0;
        let mut all = Vec::new();
        for name in self.value.text().split(':') {
            if !name.is_empty() && !name.ends_with("_SCSV") {
                all.push((at, name, suite(name)));
            }
            at += name.len() + 1;
        }
        all
    }

    pub(super) fn bits(&self) -> Option<u32> {
        self.bits
    }

    /// Whether the setting replaces options and names no version. Programs have options of many kinds, so such a setting
    /// counts only if another setting takes versions away.
    pub(super) fn replaces_options(&self) -> bool {
        self.rules == [VersionRule::Doubt(None)] && !value::clears_options(&self.directive)
    }

    /// Reads the size of the parameters in the file that the value names.
    pub(super) fn read_bits(&mut self) {
        if self.kind != SettingKind::DhParams || self.bits.is_some() {
            return;
        }
        let directory = self.file().parent().unwrap_or(Path::new(""));
        let Ok(pem) = include::read(&directory.join(self.value())) else {
            return;
        };
        let parameters = Dh::params_from_pem(pem.as_bytes());
        let bits = parameters.map(|parameters| parameters.prime_p().num_bits());
        self.bits = bits.ok().and_then(|bits| u32::try_from(bits).ok());
    }
}

/// A cipher string from a file that is a list of cipher strings.
pub(super) fn plain(value: Word, source: &Arc<Source>) -> Setting {
    blank(SettingKind::Ciphers, "", value, source)
}

fn blank(kind: SettingKind, directive: &str, value: Word, source: &Arc<Source>) -> Setting {
    Setting {
        kind,
        directive: directive.into(),
        value,
        source: Arc::clone(source),
        rules: Vec::new(),
        unknown: Vec::new(),
        preference: None,
        bits: None,
        command: None,
        is_conditional: false,
    }
}

/// A setting with the side (client or server) for which it holds, and the blocks around it.
pub(super) struct Located {
    pub(super) side: Box<str>,
    pub(super) path: Vec<Block>,
    /// `None` if the statement only shows that the block uses TLS.
    pub(super) setting: Option<Setting>,
}

/// Returns the value that the file assigns to a name, for programs whose settings can refer to
/// names.
pub(super) type Lookup<'a> = dyn Fn(&str) -> Option<Word> + 'a;

/// The settings of a statement.
pub(super) fn settings(
    program: &Program,
    statement: &Statement,
    source: &Arc<Source>,
    blocks: &mut usize,
    lookup: &Lookup<'_>,
) -> Vec<Located> {
    let mut all = Vec::new();
    let mut path = statement.path.iter();
    let is_conditional = statement.is_in_branch
        || statement.is_conditional
        || path.any(|block| program.is_conditional(&block.kind, &block.arguments));
    let mut add = |side: &str, path: &[Block], mut setting: Option<Setting>| {
        if let Some(setting) = &mut setting {
            setting.is_conditional = is_conditional;
        }
        all.push(Located {
            side: side.into(),
            path: path.to_vec(),
            setting,
        });
    };
    if let Some(key) = program.setting(statement) {
        let values: Vec<_> = statement
            .values
            .iter()
            .map(|value| expanded(value, lookup))
            .collect();
        let change = statement.change;
        for setting in made(program, key, &statement.name, &values, change, source) {
            add(&key.side, &statement.path, Some(setting));
        }
        return all;
    }
    let used = program.uses_tls(statement);
    if !program.has_options(statement) {
        if let Some((side, depth)) = used {
            add(side, statement.path.get(..depth).unwrap_or_default(), None);
        }
        return all;
    }
    let mut path = statement.path.clone();
    let directive = folded(statement.name.text());
    let side = if directive.contains("server") || directive == "cache-peer" {
        "server"
    } else {
        ""
    };
    // `ssl-default-bind-options` and similar directives of HAProxy set defaults for the servers of
    // the file, and are no servers themselves.
    if !directive.starts_with("ssl-default") {
        *blocks += 1;
        let named = &*program.dialect != "master.cf";
        path.push(Block {
            id: usize::MAX - *blocks,
            kind: statement.name.text().to_owned(),
            arguments: statement
                .values
                .first()
                .filter(|word| named && !word.text().contains('='))
                .map_or("", Word::text)
                .to_owned(),
            file: statement.file,
            at: statement.name.start(),
        });
    }
    if used.is_some() {
        add(side, &path, None);
    }
    let mut words = statement.values.iter();
    while let Some(word) = words.next() {
        let split = word.split_once('=');
        let (name, value) = match &split {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let Some(key) = program.word(name.text()) else {
            continue;
        };
        let values = match (key.kind, value) {
            (Kind::Flag, _) => Vec::new(),
            (_, Some(value)) => {
                let mut value = value.clone();
                // In `name="value"`, the quotes are inside the word, so they are removed here.
                if value.text().starts_with(['"', '\'']) {
                    value = value.trimmed(|c| matches!(c, '"' | '\''));
                }
                vec![value]
            }
            (_, None) => match words.next() {
                Some(value) => vec![value.clone()],
                None => break,
            },
        };
        for setting in made(program, key, name, &values, Change::Adds, source) {
            add(side, &path, Some(setting));
        }
    }
    all
}

/// The value, with each variable in it replaced by the variable's value.
fn expanded(value: &Word, lookup: &Lookup<'_>) -> Word {
    if let Some(found) = lookup(value.text()) {
        return found.moved_to(value.start());
    }
    let text = value.text();
    if !text.contains('$') {
        return value.clone();
    }
    let mut all = Word::at(value.start());
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('$')) {
        let dollar = at + found;
        all.append(&value.part(at..dollar));
        let rest = &text[dollar + 1..];
        let (name, length) = match rest.strip_prefix(['{', '(']) {
            Some(inner) => {
                let end = inner.find(['}', ')']).unwrap_or(inner.len());
                (&inner[..end], (end + 2).min(rest.len()))
            }
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let end = end.unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        match lookup(&format!("${name}")) {
            Some(found) => all.append(&found.moved_to(value.offset(dollar))),
            None => all.append(&value.part(dollar..dollar + 1 + length)),
        }
        at = dollar + 1 + length;
    }
    all.append(&value.part(at.min(text.len())..text.len()));
    all
}

fn is_group(name: &str) -> bool {
    Group::named(name).is_some()
}

fn made(
    program: &Program,
    key: &Key,
    name: &Word,
    values: &[Word],
    change: Change,
    source: &Arc<Source>,
) -> Vec<Setting> {
    let blank = |kind, value: Word| blank(kind, name.text(), value, source);
    let is_code = program.dialect.starts_with("code");
    // In source code, the value of a variable is not known, so only strings count.
    let strings: Vec<Word> = match is_code && &*program.name == "source" {
        true => values
            .iter()
            .filter(|value| value.quoted && !is_separator(value))
            .cloned()
            .collect(),
        false => values.to_vec(),
    };
    let versions = |(rules, unknown): (Vec<VersionRule>, Vec<Word>)| {
        let unknown = if is_code { Vec::new() } else { unknown };
        let all = rules.is_empty() && unknown.is_empty();
        let value = match values.is_empty() {
            true => name.clone(),
            false => value::joined(values),
        };
        let setting = Setting {
            rules,
            unknown,
            ..blank(SettingKind::Versions, value)
        };
        (!all).then_some(setting).into_iter().collect::<Vec<_>>()
    };
    match key.kind {
        Kind::Ciphers => {
            let mut words = &strings[..];
            let mut kind = SettingKind::Ciphers;
            // Apache's directive may name the protocol first.
            if folded(name.text()).ends_with("ciphersuite") && words.len() > 1 {
                let protocol = words.first().map(|word| word.text().to_ascii_lowercase());
                let newer = protocol.as_deref() == Some("tlsv1.3");
                if newer {
                    kind = SettingKind::Ciphersuites;
                }
                if newer || protocol.as_deref() == Some("ssl") {
                    words = words.get(1..).unwrap_or_default();
                }
            }
            let value = if is_code {
                value::joined(words)
            } else {
                spaced(words)
            };
            // The program replaces a placeholder such as `{}` when it runs, so the value is not known
            // here.
            let open = is_code && value.text().contains('{');
            let nothing = value.is_empty() && &*program.dialect == "yaml";
            if strings.is_empty() && is_code || open || nothing {
                return Vec::new();
            }
            vec![blank(kind, value)]
        }
        Kind::Suites => suites(is_code, values)
            .into_iter()
            .map(|list| match list {
                List::String(word) => blank(SettingKind::Ciphers, word),
                List::Registry(word) => blank(SettingKind::Suites, word),
                List::Tls13(word) => blank(SettingKind::Ciphersuites, word),
            })
            .collect(),
        Kind::Tls13 => {
            let value = list(&strings);
            match value.is_empty() && is_code {
                true => Vec::new(),
                false => vec![blank(SettingKind::Ciphersuites, value)],
            }
        }
        Kind::Grade => vec![blank(SettingKind::Grade, spaced(&strings))],
        Kind::Excluded => vec![blank(SettingKind::Excluded, spaced(&strings))],
        Kind::Versions => {
            let is_empty = values.iter().all(|value| value.text().trim().is_empty());
            versions(
                match (is_empty && !values.is_empty() && !is_code, &*program.name) {
                    // An empty value of Postfix excludes no version.
                    (true, "postfix") => {
                        (vec![VersionRule::Only(value::USUAL.to_vec())], Vec::new())
                    }
                    (true, _) => (vec![VersionRule::Default], Vec::new()),
                    (false, name) => value::version_list(values, name == "apache"),
                },
            )
        }
        Kind::Without => {
            let (rules, unknown) = value::version_list(values, false);
            let without = rules.into_iter().flat_map(|rule| match rule {
                VersionRule::Only(list) => list,
                VersionRule::With(version) => vec![version],
                _ => Vec::new(),
            });
            versions((without.map(VersionRule::Without).collect(), unknown))
        }
        Kind::Min | Kind::Max => {
            // `SSL_CTX_set_min_proto_version` and its kind, in C and in the Rust crate `openssl`.
            let is_library = &*program.name == "openssl"
                || &*program.name == "source" && name.text().ends_with("_proto_version");
            versions(value::limit(key.kind, values, is_library))
        }
        Kind::Switch => versions((value::switch(name.text(), values), Vec::new())),
        Kind::Flag => {
            let (rules, preference) = value::flag(name.text());
            match preference {
                Some(_) => {
                    let setting = blank(SettingKind::Preference, name.clone());
                    vec![Setting {
                        preference,
                        ..setting
                    }]
                }
                None => versions((rules, Vec::new())),
            }
        }
        Kind::Options => {
            // A function of C has the context as its first argument.
            let context = usize::from(name.text().starts_with("SSL_"));
            let options = values.get(context..).unwrap_or_default();
            let (rules, preference) = value::options(options, change);
            let mut all = versions((rules, Vec::new()));
            if preference.is_some() {
                let setting = blank(SettingKind::Preference, value::joined(values));
                all.push(Setting {
                    preference,
                    ..setting
                });
            }
            all
        }
        Kind::Groups => {
            let value = value::groups(if is_code && !strings.is_empty() {
                &strings
            } else {
                values
            });
            let nothing = matches!(value.text(), "" | "auto" | "none" | "true" | "yes" | "on");
            // In source code, a name that is not that of a group is a variable.
            let mut names = value.text().split(':');
            let variable = is_code && strings.is_empty() && !names.any(is_group);
            match nothing || variable || value.text().starts_with('/') {
                true => Vec::new(),
                false => vec![blank(SettingKind::Groups, value)],
            }
        }
        Kind::Signatures => vec![blank(SettingKind::Signatures, value::joined(values))],
        Kind::DhFile => {
            let mut value = spaced(&strings).trimmed(|c| c == '<');
            // squid puts the name of a curve before the file.
            if let Some((_, file)) = value
                .split_once(':')
                .filter(|(_, file)| file.text().starts_with('/'))
            {
                value = file;
            }
            match value.is_empty() || matches!(value.text(), "auto" | "none") {
                true => Vec::new(),
                false => vec![blank(SettingKind::DhParams, value)],
            }
        }
        Kind::DhBits => {
            let value = spaced(&strings);
            let bits = value.text().trim().parse().ok();
            bits.map(|bits| Setting {
                bits: Some(bits),
                ..blank(SettingKind::DhParams, value)
            })
            .into_iter()
            .collect()
        }
        Kind::Preference => {
            let value = spaced(values);
            let preference = Some(value::truth(value.text()).unwrap_or(true));
            vec![Setting {
                preference,
                ..blank(SettingKind::Preference, value)
            }]
        }
        Kind::Command => {
            let mut all = commands(program, key, values, source);
            for setting in &mut all {
                setting.command = Some(folded(name.text()).into());
            }
            all
        }
    }
}

/// The words with blanks between them, as a program reads the rest of a line.
fn spaced(words: &[Word]) -> Word {
    let mut all = Word::at(words.first().map_or(0, Word::start));
    for word in words {
        if !all.is_empty() {
            all.insert(" ");
        }
        all.append(word);
    }
    all
}

/// Suites of TLS 1.3 with `:` between them.
fn list(values: &[Word]) -> Word {
    match values {
        [one] if !one.text().contains([',', ' ']) => one.clone(),
        _ => {
            let all = values
                .iter()
                .flat_map(|value| value.split(|c| c.is_whitespace() || ",:".contains(c)));
            value::joined(&all.collect::<Vec<_>>())
        }
    }
}

/// Commands of `SSL_CONF_cmd`: `Ciphersuites TLS_AES_128_GCM_SHA256`.
fn commands(program: &Program, key: &Key, values: &[Word], source: &Arc<Source>) -> Vec<Setting> {
    let openssl = Program::all()
        .iter()
        .find(|other| &*other.name == "openssl");
    let Some(openssl) = openssl else {
        return Vec::new();
    };
    let mut words: Vec<Word> = Vec::new();
    for value in values {
        // stunnel writes `config = MinProtocol:TLSv1.2`.
        match value
            .split_once(':')
            .filter(|_| &*program.name == "stunnel")
        {
            Some((name, value)) => words.extend([name, value]),
            None => words.push(value.clone()),
        }
    }
    let mut all = Vec::new();
    for pair in words.chunks(2) {
        let [name, value] = pair else { continue };
        let statement = Statement::new(0, Vec::new(), name.clone(), vec![value.clone()]);
        if let Some(found) = openssl.setting(&statement) {
            let key = Key {
                side: key.side.clone(),
                kind: found.kind,
            };
            let values = &statement.values;
            let mut made = made(openssl, &key, name, values, Change::Adds, source);
            // Unless the command states a lowest version, that of the program holds and not that of the library.
            for setting in &mut made {
                setting
                    .rules
                    .retain(|rule| *rule != VersionRule::LibraryMin);
            }
            all.extend(made);
        }
    }
    all
}
