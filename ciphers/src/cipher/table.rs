//! Tables of one version of OpenSSL each: its suites, names and defaults. With a table, this crate evaluates cipher
//! strings as that version does. `cargo xtask ciphers` writes the table of the linked library, and `xtask/ciphers.py`
//! that of another library.
//!
//! The tables are JSON, because a program writes them and JSON is read fast.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use once_cell::sync::OnceCell;
use serde::{Deserialize, Serialize};

use super::Cipher;
use super::library::Library;
use super::names;
use super::rules::{State, Suite};
use super::selector::{Bits, Selector, strong};

/// The name of each version, and its table.
pub(super) const TABLES: &[(&str, &str)] = &[
    ("1.1.1", include_str!("tables/openssl-1.1.1.json")),
    ("3.0", include_str!("tables/openssl-3.0.json")),
    ("3.5", include_str!("tables/openssl-3.5.json")),
    ("3.6", include_str!("tables/openssl-3.6.json")),
    ("4.0", include_str!("tables/openssl-4.0.json")),
];

const CLASSES: [(&str, Bits); 5] = [
    ("NONE", strong::NONE),
    ("LOW", strong::LOW),
    ("MEDIUM", strong::MEDIUM),
    ("HIGH", strong::HIGH),
    ("FIPS", strong::FIPS),
];

/// The class of a suite that `DEFAULT` leaves out.
const NOT_DEFAULT: &str = "not-default";

pub(super) struct Table {
    pub(super) version: &'static str,
    pub(super) build: &'static str,
    pub(super) library: Library,
}

/// The format of a table's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    version: &'a str,
    build: &'a str,
    security_level: u32,
    ignores_case: bool,
    underscore: bool,
    profiles: bool,
    registry_names: bool,
    #[serde(borrow)]
    names: Vec<&'a str>,
    /// The numbers of the suites that `DEFAULT` selects. `default_alive` has all suites that can
    /// still be added after `DEFAULT`.
    default: Vec<&'a str>,
    default_alive: Vec<&'a str>,
    tls13: Vec<Row<'a>>,
    suites: Vec<Row<'a>>,
}

/// A suite in a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    /// The number, hexadecimal.
    id: &'a str,
    name: &'a str,
    protocol: &'a str,
    strength_bits: i32,
    alg_bits: i32,
    aead: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    symmetric: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kea: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standard_name: Option<&'a str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<&'a str>,
    description: &'a str,
}

/// Reads a table.
pub(super) fn read(text: &'static str) -> Result<Table, serde_json::Error> {
    let file: File<'static> = serde_json::from_str(text)?;
    let suites: Vec<Suite> = file.suites.iter().map(Row::suite).collect();
    let by_id: HashMap<&str, u16> = file.suites.iter().map(|row| row.id).zip(0..).collect();
    let indices = |ids: &[&str]| -> Vec<u16> {
        let found = ids.iter().filter_map(|id| by_id.get(id));
        found.copied().collect()
    };
    let default = State::from_lists(
        suites.len(),
        &indices(&file.default),
        &indices(&file.default_alive),
    );
    let mut library = Library {
        default,
        suites,
        tls13: file.tls13.iter().map(|row| row.suite().cipher).collect(),
        security_level: file.security_level,
        ignores_case: file.ignores_case,
        underscore: file.underscore,
        profiles: file.profiles,
        standard_names: file.registry_names,
        from_table: true,
        suite_names: HashMap::new(),
        useful: OnceCell::new(),
        asked: Mutex::default(),
    };
    library.name_suites();
    let known = file.names.iter().filter_map(|name| {
        let selector = names::alias(name)?.selector();
        Some((library.fold(name), Some(Arc::new(selector))))
    });
    library.asked = Mutex::new(known.collect());
    Ok(Table {
        version: file.version,
        build: file.build,
        library,
    })
}

impl Row<'static> {
    fn suite(&self) -> Suite {
        let mut cipher = Cipher::default();
        cipher.id = u32::from_str_radix(self.id, 16).unwrap_or_default();
        cipher.name = self.name;
        cipher.protocol = self.protocol;
        cipher.strength_bits = self.strength_bits;
        cipher.alg_bits = self.alg_bits;
        cipher.aead = self.aead;
        cipher.symmetric = self.symmetric;
        cipher.digest = self.digest;
        cipher.kea = self.kea;
        cipher.auth = self.auth;
        cipher.standard_name = self.standard_name;
        cipher.description = self.description.into();
        let mut properties = Selector::of_suite(&cipher);
        for word in &self.classes {
            if let Some((_, bit)) = CLASSES.iter().find(|(name, _)| name == word) {
                properties.strong |= bit;
            }
        }
        properties.not_default = self.classes.contains(&NOT_DEFAULT);
        Suite { cipher, properties }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The linked library as a table, with one line for each suite.
    fn write(library: &Library, version: &str, build: &str) -> String {
        let ids = |list: &[u16]| -> Vec<String> {
            let ids = list.iter().map(|i| library.suite(*i).cipher.id);
            ids.map(|id| format!("{id:08x}")).collect()
        };
        let aliases = names::ALIASES.iter().map(|alias| alias.name);
        let known = library.ask(aliases.clone()).unwrap();
        let (default, alive) = (ids(&library.default.listed()), ids(library.default.alive()));
        let none = Selector::default();
        let tls13: Vec<_> = library.tls13.iter().map(|c| (c, &none)).collect();
        let suites = library.suites.iter().map(|s| (&s.cipher, &s.properties));
        let all: Vec<_> = tls13.iter().copied().chain(suites).collect();
        let numbers: Vec<_> = all.iter().map(|(c, _)| format!("{:08x}", c.id)).collect();
        let rows = all.iter().zip(&numbers).map(|((c, p), id)| row(c, p, id));
        let mut rows: Vec<_> = rows.collect();
        let file = File {
            version,
            build,
            security_level: library.security_level,
            ignores_case: library.ignores_case,
            underscore: library.underscore,
            profiles: library.profiles,
            registry_names: library.standard_names,
            names: aliases
                .filter(|name| library.selector(name, &known).is_some())
                .collect(),
            default: default.iter().map(String::as_str).collect(),
            default_alive: alive.iter().map(String::as_str).collect(),
            suites: rows.split_off(tls13.len()),
            tls13: rows,
        };
        // The fields of the table and the suites each begin a line.
        let text = serde_json::to_string(&file).unwrap();
        let fields = [
            "build",
            "security_level",
            "ignores_case",
            "underscore",
            "profiles",
        ];
        let more = [
            "registry_names",
            "names",
            "default",
            "default_alive",
            "tls13",
            "suites",
        ];
        let mut text = text.replacen("{\"version\"", "{\n\"version\"", 1);
        for field in fields.iter().chain(&more) {
            text = text.replacen(&format!(",\"{field}\":"), &format!(",\n\"{field}\":"), 1);
        }
        text = text.replace("{\"id\"", "\n{\"id\"").replace("}]", "}\n]");
        text.push('\n');
        text
    }

    fn row<'a>(c: &'a Cipher, properties: &Selector, id: &'a str) -> Row<'a> {
        let classes = CLASSES
            .iter()
            .filter(|(_, bit)| properties.strong & bit != 0);
        let mut classes: Vec<_> = classes.map(|(name, _)| *name).collect();
        if properties.not_default {
            classes.push(NOT_DEFAULT);
        }
        Row {
            id,
            name: c.name,
            protocol: c.protocol,
            strength_bits: c.strength_bits,
            alg_bits: c.alg_bits,
            aead: c.aead,
            symmetric: c.symmetric,
            digest: c.digest,
            kea: c.kea,
            auth: c.auth,
            standard_name: c.standard_name,
            classes,
            description: &c.description,
        }
    }

    #[test]
    fn every_suite_of_a_table_is_in_the_registry() {
        for (name, text) in TABLES {
            let file: File<'_> = serde_json::from_str(text).unwrap();
            let known: Vec<_> = file.suites.iter().map(|row| row.id).collect();
            for id in file.default.iter().chain(&file.default_alive) {
                assert!(known.contains(id), "{name}: {id}");
            }
            for row in file.suites.iter().chain(&file.tls13) {
                assert!(
                    u32::from_str_radix(row.id, 16).is_ok(),
                    "{name}: {}",
                    row.id
                );
                for class in &row.classes {
                    let is_class = CLASSES.iter().any(|(known, _)| known == class);
                    assert!(is_class || *class == NOT_DEFAULT, "{name}: {class}");
                }
            }
            for alias in &file.names {
                assert!(names::alias(alias).is_some(), "{name}: {alias}");
            }
        }
    }

    /// If `PYSSL_CIPHER_TABLE` is set, as `cargo xtask ciphers` does, the test writes the table of
    /// the linked library. The value is the path of the table, `=`, and the origin of the build.
    #[test]
    fn the_table_of_the_linked_version_matches_the_library() {
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
                if cfg!(all(windows, not(feature = "vendored"))) {
                    pyssl_testing::skipped("on Windows, builds of OpenSSL have different suites");
                    return;
                }
                assert_eq!(write(&library, version, table.build), *text, "{name}");
                return;
            }
        }
        pyssl_testing::skipped(format_args!("there is no table of {version}"));
    }
}
