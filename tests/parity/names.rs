//! `docs/parity.tsv`: every name of Python's module, and where it is here.

use std::collections::{BTreeSet, HashSet};

use pyssl_testing::skip_without_python;

use crate::paths::MENTIONED;

const TABLE: &str = include_str!("../../docs/parity.tsv");
/// The names of Python 3.15 and of all versions before it.
const NAMES: usize = 362;

struct Row {
    owner: &'static str,
    name: &'static str,
    rust: &'static str,
    note: &'static str,
}

fn table() -> Vec<Row> {
    crate::rows(TABLE)
        .into_iter()
        .map(|[owner, name, _since, rust, note]| Row {
            owner,
            name,
            rust,
            note,
        })
        .collect()
}

#[test]
fn the_parity_table_lists_every_name_once() {
    let table = table();
    assert_eq!(table.len(), NAMES);
    let distinct: HashSet<_> = table.iter().map(|row| (row.owner, row.name)).collect();
    assert_eq!(distinct.len(), NAMES);
}

#[test]
fn every_missing_python_name_has_a_reason() {
    for row in table() {
        let (owner, name) = (row.owner, row.name);
        assert!(!row.rust.is_empty(), "{owner} {name}");
        assert!(
            row.rust != "-" || !row.note.is_empty(),
            "{owner} {name} has no Rust name and no reason"
        );
    }
}

/// Each name in `paths.rs` exists, because the file compiles. The test compares these names with
/// those of the table.
#[test]
fn every_rust_name_of_the_parity_table_exists() {
    let named: BTreeSet<&str> = table()
        .iter()
        .filter(|row| row.rust != "-")
        .flat_map(|row| row.rust.split(", "))
        .collect();
    let mentioned: BTreeSet<&str> = MENTIONED.iter().copied().collect();
    let unchecked: Vec<_> = named.difference(&mentioned).collect();
    assert!(unchecked.is_empty(), "not in paths.rs: {unchecked:?}");
    let unused: Vec<_> = mentioned.difference(&named).collect();
    assert!(unused.is_empty(), "not in docs/parity.tsv: {unused:?}");
}

/// Looks for each public name in the chapter `porting`. The chapter does not list the members of
/// `AlertDescription` one by one, so the test leaves them out.
#[test]
fn the_porting_guide_has_every_public_name() {
    let words: HashSet<&str> = include_str!("../../docs/porting.md")
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let missing: Vec<_> = table()
        .iter()
        .filter(|row| !row.owner.starts_with('_') && row.owner != "AlertDescription")
        .map(|row| row.name.rsplit('.').next().unwrap_or(row.name))
        .filter(|name| !name.starts_with('_') && !words.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Prints the owner and the name of everything in the interpreter's module.
const ASK: &str = r#"
import enum, inspect, socket, ssl, _ssl

def show(owner, names):
    for name in sorted(names):
        print(owner, name, sep="\t")

def public(cls, base=object):
    return {name for name in dir(cls) if not name.startswith("_")} - set(dir(base))

borrowed = {"namedtuple", "socket", "create_connection"}
names = set()
for name, value in vars(ssl).items():
    if name.startswith("_") or inspect.ismodule(value) or name in borrowed:
        continue
    # AF_INET, SOCK_STREAM and the like.
    if name.isupper() and getattr(socket, name, None) is value and not hasattr(_ssl, name):
        continue
    names.add(name)
show("module", names)
for name, value in vars(ssl).items():
    if inspect.isclass(value) and issubclass(value, enum.Enum) and value.__module__ == "ssl":
        show(name, value.__members__)
show("SSLContext", public(ssl.SSLContext))
# `socket.socket` gives the socket's names, on Linux those that the table has.
show("SSLSocket", public(ssl.SSLSocket))
show("SSLObject", public(ssl.SSLObject))
show("MemoryBIO", public(ssl.MemoryBIO))
show("SSLSession", public(ssl.SSLSession))
if hasattr(_ssl, "Certificate"):
    show("Certificate", public(_ssl.Certificate))
"#;

/// The owners in the table whose members are also names of the module `ssl` itself.
const MODULE_TOO: [&str; 8] = [
    "module",
    "PROTOCOL_*",
    "VerifyMode",
    "VerifyFlags",
    "Options",
    "AlertDescription",
    "SSLErrorNumber",
    "exceptions",
];

#[test]
fn the_parity_table_has_every_name_of_the_interpreter() {
    let python = skip_without_python!();
    let shown = python.run(ASK, &[""; 0]).expect_success();
    let table = table();
    let has = |owner: &str, name: &str| {
        table.iter().any(|row| {
            row.name == name
                && match owner {
                    "module" => MODULE_TOO.contains(&row.owner),
                    "_SSLMethod" => row.owner == "PROTOCOL_*",
                    _ => row.owner == owner,
                }
        })
    };
    let lines: Vec<_> = shown
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    assert!(lines.len() > 250, "{shown}");
    let missing: Vec<_> = lines
        .into_iter()
        .filter(|(owner, name)| !has(owner, name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
