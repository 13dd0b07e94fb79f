//! `tests/behaviour/census.tsv` and `tests/aio/census.tsv`: every case of CPython's suites of `ssl`
//! and of asyncio's TLS, and the tests here that check the same.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A table, the number of its cases, and the number of those that do not depend on Python or on Windows.
const TABLES: [(&str, usize, usize); 2] = [
    (include_str!("../behaviour/census.tsv"), 196, 175),
    (include_str!("../aio/census.tsv"), 57, 41),
];

#[test]
fn the_census_lists_every_case_of_cpythons_tests_once() {
    for (table, cases, apply) in TABLES {
        let table = crate::rows::<4>(table);
        assert_eq!(table.len(), cases);
        let distinct: HashSet<_> = table.iter().map(|row| (row[0], row[1])).collect();
        assert_eq!(distinct.len(), cases);
        assert_eq!(table.iter().filter(|row| row[2] == "yes").count(), apply);
    }
}

#[test]
fn every_census_case_names_existing_tests_or_a_reason() {
    let mut wrong = Vec::new();
    for [class, case, applies, tests] in TABLES.iter().flat_map(|(table, ..)| crate::rows(table)) {
        let problem = match applies {
            "yes" => tests.split(", ").find_map(|test| missing(test).err()),
            "python" | "windows" if !tests.is_empty() => None,
            _ => Some("neither tests nor a reason".to_owned()),
        };
        wrong.extend(problem.map(|problem| format!("{class}.{case}: {problem}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows of the security record, from the first to the last.
const RECORD: std::ops::RangeInclusive<usize> = 1..=36;

#[test]
fn every_row_of_the_security_record_names_existing_tests_or_a_reason() {
    let readme = include_str!("../behaviour/README.md");
    let rows = readme.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.splitn(3, " | ");
        Some((cells.next()?.parse::<usize>().ok()?, cells.nth(1)?))
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.iter().map(|(number, _)| *number).eq(RECORD));
    for (number, tests) in rows {
        let named: Vec<_> = (tests.split('`').skip(1).step_by(2))
            .filter(|name| name.contains("::"))
            .collect();
        let excused = tests.starts_with("none: ") || tests.starts_with("as row ");
        assert!(excused || !named.is_empty(), "row {number}");
        for test in named {
            missing(&format!("behaviour::{test}")).unwrap_or_else(|e| panic!("row {number}: {e}"));
        }
    }
}

/// An error if there is no test at this path. A path such as `behaviour::sni::a_client_context_rejects_an_sni_callback`
/// has a test binary of `pyssl` or of `pyssl-ciphers`, modules, and a function. `unit` instead of a binary means the
/// library's own unit tests.
fn missing(test: &str) -> Result<(), String> {
    let (place, function) = test
        .rsplit_once("::")
        .ok_or_else(|| format!("{test:?} is no path"))?;
    let file = file_of(place)?;
    let source = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let head = format!("fn {function}(");
    let mut lines = source.lines().collect::<Vec<_>>().into_iter().rev();
    if !lines.any(|line| {
        line.trim_start()
            .trim_start_matches("async ")
            .starts_with(&head)
    }) {
        return Err(format!("there is no {test}"));
    }
    // The attributes and comments of the function are above it.
    let above: Vec<_> = lines
        .map(str::trim_start)
        .take_while(|line| line.starts_with('#') || line.starts_with("//"))
        .collect();
    let is_test = |line: &&str| *line == "#[test]" || line.starts_with("#[tokio::test");
    if !above.iter().any(is_test) || above.iter().any(|line| line.starts_with("#[ignore")) {
        return Err(format!("{test} is no test that is run"));
    }
    Ok(())
}

/// The file of a module, which must be part of its binary.
fn file_of(place: &str) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (binary, modules) = place.split_once("::").unwrap_or((place, ""));
    let (mut directory, mut file) = match binary {
        "unit" => (root.join("src"), root.join("src/lib.rs")),
        "cli" => (
            root.join("cli/tests/cli"),
            root.join("cli/tests/cli/main.rs"),
        ),
        _ => {
            let of_ciphers = root.join("ciphers/tests").join(binary);
            let own = root.join("tests").join(binary);
            let single = of_ciphers.with_extension("rs");
            let directory = match of_ciphers.exists() || single.exists() {
                true => of_ciphers,
                false => own,
            };
            let single = directory.with_extension("rs");
            let main = directory.join("main.rs");
            (directory, if single.exists() { single } else { main })
        }
    };
    for module in modules.split("::").filter(|module| !module.is_empty()) {
        let parent = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let declared = parent.lines().any(|line| {
            line.trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ")
                == format!("mod {module};")
        });
        if !declared {
            return Err(format!(
                "{place}: {} has no module {module}",
                file.display()
            ));
        }
        file = directory.join(module).with_extension("rs");
        directory.push(module);
        if !file.exists() {
            file = directory.join("mod.rs");
        }
    }
    Ok(file)
}

/// Tests must report that they are skipped past libtest's capture, because libtest hides the output of a test that
/// passes, and a skipped test passes.
#[test]
fn no_test_is_skipped_silently() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left: Vec<PathBuf> = ["src", "tests", "testing/src", "cli/src", "cli/tests"]
        .map(|directory| root.join(directory))
        .into();
    let quiet = ["println!(\"", "SKIP"].concat();
    let mut files = 0;
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains(&quiet),
                "{}: call pyssl_testing::skipped, whose output is not captured",
                path.display()
            );
            files += 1;
        }
    }
    assert!(files > 100, "{files}");
}

#[test]
fn the_census_check_detects_missing_tests() {
    for test in [
        "behaviour::sni::no_such_test",
        "behaviour::no_such_module::a_client_context_rejects_an_sni_callback",
        "no_such_binary::some_test",
        "behaviour::support::outcome",
        "nothing",
    ] {
        assert!(missing(test).is_err(), "{test}");
    }
    missing("unit::object::memory_bio::eof_is_true_after_all_data_was_read").unwrap();
    missing("cli::serve::serve_http_answers_any_request").unwrap();
    missing("cipher_assertions::both_sides_offer_modern_suites_only").unwrap();
}
