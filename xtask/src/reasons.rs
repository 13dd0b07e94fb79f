//! The names of OpenSSL's error reasons, read from its headers.
//!
//! CPython makes a table of these names for a release line of OpenSSL and prints them as an
//! `SSLError`'s `reason`. pyssl has the same tables in `src/error/reasons/`, from these headers:
//!
//! | table | directories |
//! |---|---|
//! | 3.0 | an installed 3.0.19, then the source tree of 3.0.8 for the internal libraries |
//! | 3.6 | the source tree of 3.6.3 |
//! | 4.0 | the source tree of 4.0.3 |
//!
//! The source trees are those in the crate `openssl-src` (300.0.13, 300.6.1 and 400.0.2). An
//! installed OpenSSL lacks the headers of three libraries (DSO, PROP and SM2), whose reasons did
//! not change within a line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Result, workspace};

/// Names by library (`ERR_GET_LIB`) and reason (`ERR_GET_REASON`).
pub type Names = BTreeMap<(u8, u32), String>;

/// The text of a table: the reasons that the headers define, except those listed in
/// `openssl-<line>.omit`.
///
/// # Errors
///
/// If a header cannot be read, or has a definition that this module does not support.
pub fn table(version: &str, directories: &[PathBuf]) -> Result<String> {
    let mut names = from_headers(directories)?;
    let line: Vec<&str> = version.split('.').take(2).collect();
    let omit = format!("src/error/reasons/openssl-{}.omit", line.join("."));
    if let Ok(text) = fs::read_to_string(workspace().join(omit)) {
        for (code, name) in parse(&text)? {
            if names.remove(&code).as_ref() != Some(&name) {
                return Err(
                    format!("the headers do not define {name}, which is to be omitted").into(),
                );
            }
        }
    }
    let mut text = format!(
        "# OpenSSL {version}: library, reason, name. `cargo xtask reasons` made this file.\n"
    );
    for ((library, reason), name) in names {
        writeln!(text, "{library}\t{reason}\t{name}")?;
    }
    Ok(text)
}

/// Reads a table or a list of omissions: lines of library, reason and name, and `#` comments.
///
/// # Errors
///
/// If a line has another form, or a number occurs twice.
pub fn parse(text: &str) -> Result<Names> {
    let mut names = Names::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [library, reason, name] = fields[..] else {
            return Err(format!("not library, reason, name: {line}").into());
        };
        if names
            .insert((library.parse()?, reason.parse()?), name.to_owned())
            .is_some()
        {
            return Err(format!("twice: {line}").into());
        }
    }
    Ok(names)
}

/// The definitions of the `*err.h` headers in these include directories. A later directory only
/// adds libraries that the earlier directories lack.
///
/// # Errors
///
/// If a header cannot be read or gives two names to one reason.
pub fn from_headers(directories: &[PathBuf]) -> Result<Names> {
    let mut names = Names::new();
    let mut known = BTreeSet::new();
    for directory in directories {
        let found = from_directory(directory)?;
        names.extend(
            found
                .iter()
                .filter(|((library, _), _)| !known.contains(library))
                .map(|(code, name)| (*code, name.clone())),
        );
        known.extend(found.keys().map(|(library, _)| *library));
    }
    Ok(names)
}

fn from_directory(directory: &Path) -> Result<Names> {
    let libraries = libraries(directory)?;
    let mut names = Names::new();
    // `crypto` and `internal` exist in source trees only.
    for part in ["openssl", "crypto", "internal"] {
        let Ok(entries) = fs::read_dir(directory.join(part)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if !path.to_string_lossy().ends_with("err.h") {
                continue;
            }
            for (name, value) in defines(&fs::read_to_string(&path)?) {
                // In the headers, a remark after the number means that OpenSSL does not use the
                // reason.
                let (Some((library, name)), Ok(reason)) = (name.split_once("_R_"), value.parse())
                else {
                    continue;
                };
                let Some(&library) = libraries.get(library) else {
                    continue; // ERR_R_*: reasons of every library, without a name in Python
                };
                let before = names.insert((library, reason), name.to_owned());
                if before.is_some_and(|before| before != name) {
                    return Err(format!("{}: two names for {name}", path.display()).into());
                }
            }
        }
    }
    if names.is_empty() {
        return Err(format!("no reasons in {}", directory.display()).into());
    }
    Ok(names)
}

/// The libraries' numbers: `ERR_LIB_SSL` is 20.
fn libraries(directory: &Path) -> Result<BTreeMap<String, u8>> {
    let header = directory.join("openssl/err.h");
    let text = fs::read_to_string(&header)
        .or_else(|_| fs::read_to_string(header.with_extension("h.in")))
        .map_err(|error| format!("{}: {error}", header.display()))?;
    Ok(defines(&text)
        .filter_map(|(name, value)| {
            Some((
                name.strip_prefix("ERR_LIB_")?.to_owned(),
                value.parse().ok()?,
            ))
        })
        .collect())
}

/// The names and values of `#define` lines.
fn defines(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.lines().filter_map(|line| {
        let rest = line
            .strip_prefix('#')?
            .trim_start()
            .strip_prefix("define")?;
        let (name, value) = rest.trim().split_once(char::is_whitespace)?;
        Some((name, value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_defines_are_found() {
        let header = "#define A_R_B 1\n# define  A_R_C\t 2\n/* #define A_R_D 3 */\n#define A_R_E\n";
        assert_eq!(
            defines(header).collect::<Vec<_>>(),
            [("A_R_B", "1"), ("A_R_C", "2")]
        );
    }

    #[test]
    fn an_irregular_reason_table_is_rejected() {
        assert_eq!(parse("# x\n20\t1048\tY\n").unwrap()[&(20, 1048)], "Y");
        assert!(parse("20\t1048\n").is_err());
        assert!(parse("20\t1048\tY\n20\t1048\tZ\n").is_err());
        assert!(parse("20 1048 Y\n").is_err());
    }
}
