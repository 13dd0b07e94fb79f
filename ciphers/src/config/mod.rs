//! The TLS settings of configuration files, and of source code.
//!
//! Each program has a grammar of its own; the table `programs.toml` says which names are its settings.
//! The settings of a server are read together: the cipher string, the suites of TLS 1.3, versions,
//! groups, parameters and preference.
//!
//! ```
//! use pyssl_ciphers::config::Config;
//!
//! let config = Config::parse(
//!     "nginx.conf",
//!     "http {
//!        ssl_protocols TLSv1.2 TLSv1.3;
//!        server { server_name a.example; ssl_ciphers ECDHE+AESGCM; }
//!        server { server_name b.example; ssl_ciphers HIGH:!aNULL; ssl_protocols TLSv1.2; }
//!      }",
//! );
//! assert_eq!(config.program(), Some("nginx"));
//! let [a, b] = config.services() else { panic!() };
//! assert_eq!((a.name(), b.name()), ("server a.example", "server b.example"));
//! assert_eq!(a.versions().unwrap().len(), 2);
//! assert_eq!(b.versions().unwrap().len(), 1);
//! ```

mod code;
mod conditions;
mod dialect;
mod finding;
mod include;
mod lines;
mod programs;
mod service;
mod setting;
mod statement;
mod suites;
mod text;
mod tokens;
mod trees;
mod value;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use finding::{ConfigCode, ConfigFinding};
pub use service::Service;
pub use setting::{Setting, SettingKind};

use include::Includes;
use programs::{Kind, Program, is_one_of, variable};
use setting::Located;
use statement::{Builder, Statement};
use text::{Source, Word};
use trees::Stopped;

/// The settings of a file and of the files that it includes.
#[derive(Debug, Clone, Default)]
pub struct Config {
    program: Option<&'static str>,
    services: Vec<Service>,
    unread: Vec<Unread>,
    /// The name of the section of `openssl.cnf` with the settings for every program.
    system_default: Option<Box<str>>,
}

/// A file, or a part of one, that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    file: PathBuf,
    line: usize,
    message: Box<str>,
}

impl Unread {
    /// The file with the directive that includes an unread file, or the file that was not read to
    /// its end.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The line of the directive, or where reading ended.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The part that was not read, and the reason.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Config {
    /// Reads a file and the files that it includes.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the file cannot be read, or is larger than 4 MiB. An included file that
    /// cannot be read is no error, but is in [`unread`](Self::unread).
    pub fn read(file: &Path) -> io::Result<Config> {
        let text = include::read(file)?;
        Ok(Config::of(file, &text, true))
    }

    /// Reads a text as the content of a file with this name. The name helps to detect the program.
    /// Included files are not read.
    pub fn parse(name: impl AsRef<Path>, text: &str) -> Config {
        Config::of(name.as_ref(), text, false)
    }

    fn of(file: &Path, text: &str, follow: bool) -> Config {
        let source = Arc::new(Source::new(file, text));
        let programs = detected(&source);
        let mut first = None;
        for (score, program) in programs.into_iter().take(TRIED) {
            let config = Config::as_of(program, file, &source, follow);
            if !config.services.is_empty() {
                return config;
            }
            // A lower score proves little: a word such as `include` is in many files.
            if score >= CERTAIN {
                first.get_or_insert(config);
            }
        }
        let list = plain_list(&source);
        match first.filter(|_| list.services.is_empty()) {
            Some(Config { unread, .. }) => Config {
                unread,
                ..Config::default()
            },
            None => list,
        }
    }

    fn as_of(program: &'static Program, file: &Path, source: &Arc<Source>, follow: bool) -> Config {
        let mut reading = Reading {
            program,
            includes: Includes::new(file, follow),
            sources: Vec::new(),
            unread: Vec::new(),
            embedded: Vec::new(),
        };
        let mut builder = Builder::default();
        reading.read(Arc::clone(source), &mut builder);
        if &*program.dialect == "assignments" {
            merge_numbered(&mut builder.statements);
        }
        reading.finish(&builder.statements)
    }

    /// The program to which the file belongs: `"nginx"`; none if no setting was found, or if the
    /// file is a list of cipher strings.
    pub fn program(&self) -> Option<&str> {
        self.program
    }

    /// The names of the programs whose files can be read.
    pub fn programs() -> Vec<&'static str> {
        Program::names()
    }

    /// The servers, clients and other parts that use TLS or have settings of their own, in the order of the file. If no
    /// value in source code can be read, there is one service without settings.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The settings that OpenSSL applies to every program: the section of `openssl.cnf` that the name `system_default`
    /// states. `None` if the file has no such section, or belongs to another program.
    ///
    /// Source: [config(5)](https://docs.openssl.org/master/man5/config/), "SSL Configuration".
    pub fn system_default(&self) -> Option<&Service> {
        let section = self.system_default.as_deref()?;
        self.services
            .iter()
            .find(|service| service.name() == section)
    }

    /// The files, and parts of files, that were not read.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }
}

/// Reads a file with the grammar of this dialect. Returns where and why reading stopped, if it did
/// not reach the end.
fn grammar(
    dialect: &str,
    source: &Source,
    builder: &mut Builder,
    visit: &mut dyn FnMut(&mut Builder),
) -> Option<Stopped> {
    let (start, text) = source.body();
    match dialect {
        "yaml" => return trees::yaml(text, start, builder),
        "toml" => return trees::toml(text, start, builder),
        "xml" => trees::xml(text, start, builder),
        _ => {
            if let Some(name) = dialect.strip_prefix("code") {
                let ending = source.path.extension().and_then(|ending| ending.to_str());
                let language = match name.strip_prefix(':') {
                    Some(name) => tokens::by_name(name),
                    None => ending
                        .and_then(tokens::by_ending)
                        .or(tokens::by_name("any")),
                };
                if let Some(language) = language {
                    code::read(language, text, start, builder, visit);
                }
            } else if let Some(dialect) = dialect::named(dialect) {
                lines::read(dialect, text, start, builder, visit);
            }
        }
    }
    None
}

/// The number of programs whose grammar is tried.
const TRIED: usize = 8;

/// The lowest score at which a file belongs to a program even if no setting was found.
const CERTAIN: usize = 8;

/// The programs to which a file may belong, each with its score, the most probable first.
fn detected(source: &Source) -> Vec<(usize, &'static Program)> {
    let name = source
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let body = source.body().1.trim_start();
    let is_template = matches!(
        ending,
        "j2" | "tmpl" | "tpl" | "erb" | "in" | "dist" | "example" | "bak"
    );
    let ending = if is_template { "" } else { ending };
    let fits = |program: &Program| match ending {
        "yaml" | "yml" | "json" => &*program.dialect == "yaml",
        "toml" => &*program.dialect == "toml",
        "xml" => &*program.dialect == "xml",
        "ldif" => &*program.dialect == "ldif",
        "properties" | "security" => &*program.name == "java",
        "lua" => matches!(&*program.dialect, "code:lua" | "code"),
        "config" if body.starts_with(['[', '%']) => &*program.dialect == "code:erlang",
        _ if tokens::by_ending(ending).is_some() && ending != "config" => {
            &*program.dialect == "code"
        }
        _ => match &*program.dialect {
            "xml" => body.starts_with('<'),
            "toml" => body.contains("[tls") || body.contains("[http"),
            _ => true,
        },
    };
    let mut read: Vec<(&str, Vec<Statement>)> = Vec::new();
    let mut found: Vec<(usize, &'static Program)> = Vec::new();
    for program in Program::all().iter().filter(|program| fits(program)) {
        let dialect: &'static str = &program.dialect;
        let known = read.iter().position(|(other, _)| *other == dialect);
        let at = known.unwrap_or_else(|| {
            let mut builder = Builder::default();
            grammar(dialect, source, &mut builder, &mut |_| ());
            read.push((dialect, builder.statements));
            read.len() - 1
        });
        let statements = read.get(at).map_or(&[][..], |(_, statements)| statements);
        let has = statements.iter().any(|statement| {
            program.setting(statement).is_some() || program.has_options(statement)
        });
        let includes = statements.iter().any(|statement| {
            is_one_of(&program.include, statement.name.text())
                || is_one_of(&program.optional, statement.name.text())
                || is_one_of(&program.include_directory, statement.name.text())
        });
        let embedded = &*program.dialect == "yaml" && statements.iter().any(is_embedded);
        let score = match has || includes || embedded {
            true => program.score(&name, statements) + usize::from(includes),
            false => 0,
        };
        // Many kinds of files have lines with a name and `=`. Without the ending of a language, such lines
        // prove little, so they count a quarter.
        let score = match &*program.name {
            "source" if tokens::by_ending(ending).is_none() => score.div_ceil(4),
            _ => score,
        };
        if score > 0 {
            found.push((score, program));
        }
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found
}

/// Whether a quoted value of YAML looks like the text of a configuration file, as in a ConfigMap of
/// Kubernetes: it has several lines and contains `ssl` or `cipher`.
fn is_embedded(statement: &Statement) -> bool {
    matches!(&statement.values[..], [value] if value.quoted && value.text().contains('\n')
        && (value.text().contains("ssl") || value.text().contains("SSL") || value.text().contains("cipher")))
}

/// Reads a file as a list of cipher strings, one on each line. The result is empty if a line has
/// anything but one word.
fn plain_list(source: &Arc<Source>) -> Config {
    let (start, text) = source.body();
    let mut services = Vec::new();
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let word = line.trim();
        if !word.is_empty() && !word.starts_with('#') {
            if !word
                .chars()
                .all(|c| c.is_alphanumeric() || ":!+-@=_.,".contains(c))
            {
                return Config::default();
            }
            let offset = at + (line.len() - line.trim_start().len());
            let setting = setting::plain(Word::of(word, offset), source);
            let name = Box::default();
            services.push(Service::new(name, vec![setting], false, false));
        }
        at += line.len();
    }
    Config {
        services,
        ..Config::default()
    }
}

/// The deepest chain of included files.
const DEPTH: usize = 16;

struct Reading {
    program: &'static Program,
    includes: Includes,
    sources: Vec<Arc<Source>>,
    unread: Vec<Unread>,
    /// The services of configuration files that are values in a YAML file.
    embedded: Vec<Service>,
}

impl Reading {
    fn read(&mut self, source: Arc<Source>, builder: &mut Builder) {
        let before = std::mem::replace(&mut builder.file, self.sources.len());
        let stack = builder.stack.clone();
        self.sources.push(Arc::clone(&source));
        let dialect = &*self.program.dialect;
        self.includes.open(&source.path);
        // The condition of an `include` directive also applies to the included file.
        let is_conditional = builder.is_conditional
            || builder
                .statements
                .last()
                .is_some_and(|last| last.is_in_branch);
        let outer = std::mem::replace(&mut builder.is_conditional, is_conditional);
        let regions = conditions::regions(dialect, &source);
        let regions = std::mem::replace(&mut builder.regions, regions);
        let mut visit = |builder: &mut Builder| self.visit(&source, builder);
        let stopped = grammar(dialect, &source, builder, &mut visit);
        self.includes.close();
        if let Some(stopped) = stopped {
            self.unread.push(Unread {
                file: source.path.clone(),
                line: source.place(stopped.at).0,
                message: format!("the rest of the file was not read: {}", stopped.message).into(),
            });
        }
        (builder.is_conditional, builder.regions) = (outer, regions);
        builder.file = before;
        builder.stack = stack;
    }

    /// Follows a directive that includes files.
    fn visit(&mut self, source: &Arc<Source>, builder: &mut Builder) {
        let Some(statement) = builder.statements.last() else {
            return;
        };
        let name = statement.name.text();
        let program = self.program;
        if program
            .root
            .as_deref()
            .is_some_and(|root| root.eq_ignore_ascii_case(name))
        {
            if let Some(value) = statement.values.first() {
                self.includes.set_root(value.text());
            }
            return;
        }
        let directory = is_one_of(&program.include_directory, name);
        let optional = is_one_of(&program.optional, name);
        if !directory && !optional && !is_one_of(&program.include, name) {
            return;
        }
        let line = source.place(statement.name.start()).0;
        if self.includes.depth() > DEPTH {
            self.unread.push(Unread {
                file: source.path.clone(),
                line,
                message: format!("files are included more than {DEPTH} deep").into(),
            });
            return;
        }
        let wanted: Vec<String> = statement
            .values
            .iter()
            .map(|v| v.text().to_owned())
            .collect();
        let ignored = |pattern: &String| program.ignored.iter().any(|i| text::fits(i, pattern));
        for pattern in wanted.iter().filter(|pattern| !ignored(pattern)) {
            // Caddy's `import` can also name a snippet of the same file, which is not an included
            // file.
            let snippet = &*program.name == "caddy" && !pattern.contains(['.', '/', '*']);
            if snippet {
                continue;
            }
            let includes = &mut self.includes;
            let (files, unread) = includes.find(&source.path, pattern, directory, optional);
            for file in files {
                self.read(file, builder);
            }
            self.unread.extend(unread.into_iter().map(|why| Unread {
                file: source.path.clone(),
                line,
                message: format!("`{pattern}` was not read: {why}").into(),
            }));
        }
    }

    /// Why the value of a statement of source code is not known, or a part of it.
    fn unresolved(&self, statement: &Statement, is_missing: bool) -> Option<String> {
        let kind = self.program.setting(statement)?.kind;
        if &*self.program.name != "source" {
            return None;
        }
        let name = statement.name.text();
        let is_compared = matches!(kind, Kind::Versions | Kind::Min | Kind::Max | Kind::Groups);
        if statement.is_conditional && !is_missing && (kind.is_list() || is_compared) {
            return Some(format!(
                "the value of `{name}` depends on a condition or is a default; only one alternative was read"
            ));
        }
        if statement.is_partly_unknown && (kind.is_list() || kind == Kind::Versions) {
            return Some(format!(
                "a part of the value of `{name}` was not read: it is not in this file"
            ));
        }
        let has_other_value = is_compared && is_variable(statement);
        (is_missing && (kind.is_list() || has_other_value)).then(|| {
            format!("the value of `{name}` was not read: it is not in this file, or is computed")
        })
    }

    fn finish(mut self, statements: &[Statement]) -> Config {
        let mut located: Vec<Located> = Vec::new();
        let mut unresolved = Vec::new();
        let mut blocks = 0;
        let variables = self.program.variables;
        let lookup = |name: &str| variables.and_then(|kind| variable(kind, name, statements, 0));
        for statement in statements {
            let Some(source) = self.sources.get(statement.file) else {
                continue;
            };
            let before = located.len();
            located.extend(setting::settings(
                self.program,
                statement,
                source,
                &mut blocks,
                &lookup,
            ));
            if let Some(message) = self.unresolved(statement, before == located.len()) {
                unresolved.push(Unread {
                    file: source.path.clone(),
                    line: source.place(statement.name.start()).0,
                    message: message.into(),
                });
            }
            if &*self.program.dialect == "yaml" && is_embedded(statement) {
                self.embedded.extend(embedded(statement, source));
            }
        }
        if self.program.dialect.starts_with("code") {
            used_constants(&mut located);
        }
        if self.includes.follow() {
            let settings = located.iter_mut().filter_map(|one| one.setting.as_mut());
            settings.for_each(Setting::read_bits);
        }
        let mut services = service::services(self.program, located, statements);
        services.append(&mut self.embedded);
        // The file has settings, but no value could be read.
        if services.is_empty() && !unresolved.is_empty() {
            services.push(Service::new(Box::default(), Vec::new(), true, false));
        }
        self.unread.extend(unresolved);
        let is_openssl = &*self.program.name == "openssl";
        let system_default = service::section(statements, "system_default")
            .filter(|_| is_openssl)
            .map(Into::into);
        Config {
            system_default,
            program: Some(&self.program.name),
            services,
            unread: self.unread,
        }
    }
}

/// Whether the last value of a statement is a name and not a string, a number or a word such as `null`, or is computed.
fn is_variable(statement: &Statement) -> bool {
    const NO_NAMES: [&str; 6] = ["none", "null", "nil", "true", "false", "auto"];
    statement.values.last().is_none_or(|value| {
        let lower = value.text().to_ascii_lowercase();
        let is_word = lower.starts_with(|c: char| c.is_alphabetic() || c == '_');
        !value.quoted && is_word && !NO_NAMES.contains(&&*lower)
    })
}

/// Drops a setting outside all blocks if a later setting has the same value from the same place: it
/// is a constant that the later setting uses.
fn used_constants(located: &mut Vec<Located>) {
    let place = |one: &Located| {
        let setting = one.setting.as_ref()?;
        let (kind, value) = (setting.kind().name(), setting.value().to_owned());
        Some((setting.file().to_owned(), setting.place(0), kind, value))
    };
    let mut later = std::collections::HashSet::new();
    let mut kept: Vec<bool> = Vec::new();
    for one in located.iter().rev() {
        let place = place(one);
        let new = place.is_none() || later.insert(place);
        kept.push(new || !one.path.is_empty());
    }
    kept.reverse();
    let mut kept = kept.into_iter();
    located.retain(|_| kept.next().unwrap_or(true));
}

/// Joins the values of `name.1`, `name.2` and so on into one statement.
fn merge_numbered(statements: &mut Vec<Statement>) {
    let stem = |name: &str| {
        let (stem, number) = name.rsplit_once('.')?;
        number.parse::<u32>().is_ok().then(|| stem.to_owned())
    };
    let mut merged: Vec<Statement> = Vec::new();
    for statement in statements.drain(..) {
        let own = stem(statement.name.text());
        let first = merged
            .iter_mut()
            .find(|other| own.is_some() && stem(other.name.text()) == own);
        match first {
            Some(first) => first.values.extend(statement.values),
            None => merged.push(statement),
        }
    }
    *statements = merged;
}

/// The services of a file that is a value in a file of YAML. Places are those of the outer file.
fn embedded(statement: &Statement, source: &Arc<Source>) -> Vec<Service> {
    let Some(value) = statement.values.first() else {
        return Vec::new();
    };
    let inner = Config::parse(statement.name.text(), value.text());
    let mut services = inner.services;
    for service in &mut services {
        for setting in &mut service.settings {
            setting.value.relocate(value);
            setting.source = Arc::clone(source);
        }
        service.name = match &*service.name {
            "" => statement.name.text().into(),
            name => format!("{} {name}", statement.name.text()).into(),
        };
    }
    services
}
