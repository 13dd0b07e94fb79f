//! Tables of what a version of OpenSSL has: written from the linked library, read for another.
//!
//! One statement a line, its values separated by tabs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use once_cell::sync::OnceCell;

use super::Cipher;
use super::library::{Library, Suite};
use super::names;
use super::rules::State;
use super::selector::{Bits, Selector, strong};

/// The name of each version, and its table.
pub(super) const TABLES: &[(&str, &str)] = &[
    ("3.0", include_str!("tables/openssl-3.0.tsv")),
    ("3.6", include_str!("tables/openssl-3.6.tsv")),
    ("4.0", include_str!("tables/openssl-4.0.tsv")),
];

const CLASSES: [(&str, Bits); 5] = [
    ("NONE", strong::NONE),
    ("LOW", strong::LOW),
    ("MEDIUM", strong::MEDIUM),
    ("HIGH", strong::HIGH),
    ("FIPS", strong::FIPS),
];

pub(super) struct Table {
    pub(super) version: &'static str,
    pub(super) build: &'static str,
    pub(super) library: Library,
}

/// Reads a table; the error is the line that cannot be read.
pub(super) fn read(text: &'static str) -> Result<Table, &'static str> {
    let mut suites: Vec<Suite> = Vec::new();
    let mut tls13 = Vec::new();
    let mut facts: HashMap<&str, &'static str> = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (keyword, value) = line.split_once('\t').ok_or(line)?;
        match keyword {
            "tls13" => tls13.push(read_suite(value).ok_or(line)?.cipher),
            "suite" => suites.push(read_suite(value).ok_or(line)?),
            _ => {
                facts.insert(keyword, value);
            }
        }
    }
    let fact = |name: &'static str| facts.get(name).copied().ok_or(name);
    let yes = |name| fact(name).map(|value| value == "yes");
    let by_id: HashMap<u32, u16> = suites.iter().map(|s| s.cipher.id).zip(0..).collect();
    let indices = |name| -> Result<Vec<u16>, &'static str> {
        let numbers = fact(name)?.split_whitespace();
        let index = |n| {
            u32::from_str_radix(n, 16)
                .ok()
                .and_then(|id| by_id.get(&id))
        };
        numbers.map(|n| index(n).copied().ok_or(name)).collect()
    };
    let mut library = Library {
        default: State::from_lists(
            suites.len(),
            &indices("default")?,
            &indices("default-alive")?,
        ),
        suites,
        tls13,
        security_level: fact("level")?.parse().map_err(|_| "level")?,
        case_blind: yes("case-blind")?,
        underscore: yes("underscore")?,
        profiles: yes("profiles")?,
        standard_names: yes("registry-names")?,
        from_table: true,
        suite_names: HashMap::new(),
        useful: OnceCell::new(),
        asked: Mutex::default(),
    };
    library.name_suites();
    let mut known = HashMap::new();
    for name in fact("names")?.split_whitespace() {
        let alias = names::alias(name).ok_or(name)?;
        known.insert(library.fold(name), Some(Arc::new(alias.selector())));
    }
    library.asked = Mutex::new(known);
    Ok(Table {
        version: fact("version")?,
        build: fact("build")?,
        library,
    })
}

fn read_suite(line: &'static str) -> Option<Suite> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let optional = |text: &'static str| (text != "-").then_some(text);
    let mut cipher = Cipher::default();
    cipher.id = u32::from_str_radix(next()?, 16).ok()?;
    cipher.name = next()?;
    cipher.protocol = next()?;
    cipher.strength_bits = next()?.parse().ok()?;
    cipher.alg_bits = next()?.parse().ok()?;
    cipher.aead = next()? == "yes";
    cipher.symmetric = optional(next()?);
    cipher.digest = optional(next()?);
    cipher.kea = optional(next()?);
    cipher.auth = optional(next()?);
    cipher.standard_name = optional(next()?);
    let mut properties = Selector::of_suite(&cipher);
    for word in next()?.split_whitespace() {
        match CLASSES.iter().find(|(name, _)| *name == word) {
            Some((_, bit)) => properties.strong |= bit,
            None => properties.not_default = word == "not-default",
        }
    }
    cipher.description = next()?.into();
    Some(Suite { cipher, properties })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// The linked library as a table.
    fn write(library: &Library, version: &str, build: &str) -> String {
        let mut out = String::from(
            "# What one build of OpenSSL has, made by `cargo xtask ciphers`; ciphers/src/cipher/table.rs reads it.\n",
        );
        let yes = |b| if b { "yes" } else { "no" };
        let ids = |list: Vec<u16>| {
            let ids = list.iter().map(|i| library.suite(*i).cipher.id);
            ids.map(|id| format!("{id:08x}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let aliases = names::ALIASES.iter().map(|alias| alias.name);
        let known = library.ask(aliases.clone()).unwrap();
        let known: Vec<_> = aliases
            .filter(|name| library.selector(name, &known).is_some())
            .collect();
        for (keyword, value) in [
            ("version", version.to_owned()),
            ("build", build.to_owned()),
            ("level", library.security_level.to_string()),
            ("case-blind", yes(library.case_blind).to_owned()),
            ("underscore", yes(library.underscore).to_owned()),
            ("profiles", yes(library.profiles).to_owned()),
            ("registry-names", yes(library.standard_names).to_owned()),
            ("names", known.join(" ")),
            ("default", ids(library.default.listed())),
            ("default-alive", ids(library.default.alive().to_vec())),
        ] {
            writeln!(out, "{keyword}\t{value}").unwrap();
        }
        for cipher in &library.tls13 {
            write_suite(&mut out, "tls13", cipher, &Selector::default());
        }
        for suite in &library.suites {
            write_suite(&mut out, "suite", &suite.cipher, &suite.properties);
        }
        out
    }

    fn write_suite(out: &mut String, keyword: &str, c: &Cipher, properties: &Selector) {
        let classes = CLASSES
            .iter()
            .filter(|(_, bit)| properties.strong & bit != 0);
        let mut words: Vec<_> = classes.map(|(name, _)| *name).collect();
        if properties.not_default {
            words.push("not-default");
        }
        let optional = |text: Option<&'static str>| text.unwrap_or("-");
        let id = format!("{:08x}", c.id);
        let bits = [c.strength_bits, c.alg_bits].map(|bits| bits.to_string());
        let fields = [
            id.as_str(),
            c.name,
            c.protocol,
            bits[0].as_str(),
            bits[1].as_str(),
            if c.aead { "yes" } else { "no" },
            optional(c.symmetric),
            optional(c.digest),
            optional(c.kea),
            optional(c.auth),
            optional(c.standard_name),
            &words.join(" "),
            &c.description,
        ];
        writeln!(out, "{keyword}\t{}", fields.join("\t")).unwrap();
    }

    /// With `PYSSL_CIPHER_TABLE` (a path and, after a `=`, where the build is from), this writes the
    /// table of the linked library there: `cargo xtask ciphers`.
    #[test]
    fn the_table_of_the_linked_version_is_what_the_library_says() {
        let library = Library::current().unwrap();
        let version = openssl::version::version();
        if let Ok(wanted) = std::env::var("PYSSL_CIPHER_TABLE") {
            let (path, build) = wanted.split_once('=').unwrap();
            std::fs::write(path, write(&library, version, build)).unwrap();
            return;
        }
        for (name, text) in TABLES {
            let table = read(text).unwrap();
            if table.version == version {
                assert_eq!(write(&library, version, table.build), *text, "{name}");
                return;
            }
        }
        pyssl_testing::skipped(format_args!("there is no table of {version}"));
    }
}
