use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pyssl_ciphers::config::{Config, Service, SettingKind};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_files/corpus")
}

/// One service, as `expected.txt` writes it.
fn line(service: &Service) -> String {
    let mut parts = vec![service.name().to_owned()];
    for setting in service.settings() {
        let (line, value) = (setting.place(0).0, setting.value());
        match setting.kind() {
            SettingKind::Ciphers
            | SettingKind::Suites
            | SettingKind::Ciphersuites
            | SettingKind::Excluded => {
                parts.push(format!("{}:{line} {value}", setting.kind().name()));
            }
            _ => {}
        }
    }
    if let Some(versions) = service.versions() {
        let names: Vec<_> = versions.iter().map(ToString::to_string).collect();
        parts.push(format!("versions {}", names.join(" ")));
    }
    if let Some(groups) = service.groups() {
        parts.push(format!("groups {}", groups.join(":")));
    }
    if let Some(bits) = service.dh_bits() {
        parts.push(format!("dh {bits}"));
    }
    if let Some(file) = service.dh_file() {
        parts.push(format!("dh {}", file.display()));
    }
    match service.prefers_server() {
        Some(true) => parts.push("server's order".to_owned()),
        Some(false) => parts.push("client's order".to_owned()),
        None => {}
    }
    parts.join(" | ")
}

/// The expected lines of each file: `== file: program`, then a line for each service.
fn expected() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(directory().with_file_name("expected.txt")).unwrap();
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut file = String::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        match line.strip_prefix("== ") {
            Some(head) => {
                let (name, program) = head.split_once(": ").unwrap();
                file = name.to_owned();
                let before = files.insert(file.clone(), vec![program.to_owned()]);
                assert_eq!(before, None, "{name} is there twice");
            }
            None => files.get_mut(&file).unwrap().push(line.to_owned()),
        }
    }
    files
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn every_setting_of_the_corpus_is_found() {
    let mut wrong = 0;
    for (name, wanted) in expected() {
        let config = Config::read(&directory().join(&name)).unwrap();
        let mut found = vec![config.program().unwrap_or("none").to_owned()];
        found.extend(config.services().iter().map(line));
        let unread = config.unread().iter();
        found.extend(unread.map(|u| format!("unread:{} {}", u.line(), u.message())));
        if found != wanted {
            wrong += 1;
            println!("{name}\n  wanted:");
            for line in &wanted {
                println!("    {line}");
            }
            println!("  found:");
            for line in &found {
                println!("    {line}");
            }
        }
    }
    assert_eq!(wrong, 0, "files were read wrongly");
}

#[test]
fn every_file_of_the_corpus_has_its_expected_values() {
    let wanted = expected();
    let mut all = Vec::new();
    files(&directory(), &mut all);
    for path in &all {
        let name = path
            .strip_prefix(directory())
            .unwrap()
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/");
        // A file in a directory `included` is read through the file that includes it.
        if !name.contains("/included/") {
            assert!(wanted.contains_key(&name), "{name}");
        }
    }
    assert!(wanted.len() >= 60, "{}", wanted.len());
    let mut programs: BTreeMap<&str, usize> = BTreeMap::new();
    for lines in wanted.values() {
        *programs.entry(&lines[0]).or_default() += 1;
    }
    for program in Config::programs() {
        let fewest = match program {
            "hitch" | "pgbouncer" | "openvpn" | "java" | "yaml" => 1,
            _ => 3,
        };
        assert!(
            programs.get(program).is_some_and(|n| *n >= fewest),
            "{program}: {programs:?}"
        );
    }
}

/// Each character of a value is in the file at the reported place.
#[test]
fn values_have_the_position_of_their_characters() {
    let mut compared = 0;
    for name in expected().keys() {
        let config = Config::read(&directory().join(name)).unwrap();
        for setting in config.services().iter().flat_map(Service::settings) {
            let text = fs::read_to_string(setting.file()).unwrap();
            for (byte, c) in setting.value().char_indices() {
                let (line, column) = setting.place(byte);
                let there = text
                    .lines()
                    .nth(line - 1)
                    .and_then(|line| line.chars().nth(column - 1));
                // Some characters of a value are not in the file: separators that the reader
                // inserts, translated names, and the content of variables.
                let same = there == Some(c) || matches!(c, ':' | ' ' | '-');
                let translated = setting.kind() == SettingKind::Groups
                    || setting.directive().contains("ipher") && text.contains('$')
                    || setting.directive() == "tls_require_ciphers";
                assert!(same || translated, "{name}: {setting:?} {c:?} {there:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 3000, "{compared}");
}

/// Cut and damaged files never make a reader panic.
#[test]
fn damaged_configuration_files_do_not_cause_a_panic() {
    let mut all = Vec::new();
    files(&directory(), &mut all);
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap();
        for at in (0..text.len())
            .filter(|at| text.is_char_boundary(*at))
            .step_by(149)
        {
            let _ = Config::parse(name, &text[..at]).findings();
            let _ = Config::parse(name, &text[at..]).findings();
            for odd in ["\"", "}", "{", "\\\n", "'", "é", "#", "<", "$", "\u{0}"] {
                let damaged = format!("{}{odd}{}", &text[..at], &text[at..]);
                if at % 5 == 0 {
                    let _ = Config::parse(name, &damaged);
                }
            }
        }
    }
}
