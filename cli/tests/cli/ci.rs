//! The commands in `examples/ci`, the examples for continuous integration, do what these files state.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pyssl_testing::{Ca, EchoServer, ServerConfig};
use serde_json::Value;

fn example(name: &str) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ci");
    std::fs::read_to_string(dir.join(name)).unwrap()
}

/// The values of a key in a YAML file. Each value is on the key's line.
fn values<'a>(yaml: &'a str, key: &str) -> Vec<&'a str> {
    let lines = yaml
        .lines()
        .map(|line| line.trim_start().trim_start_matches("- "));
    lines
        .filter_map(|line| line.strip_prefix(key))
        .map(str::trim)
        .collect()
}

/// Runs a command line in a directory, with `pyssl` in the path.
fn sh(dir: &Path, line: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_pyssl")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = [bin.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(dir);
    command.env("PATH", std::env::join_paths(paths).unwrap());
    command.output().unwrap()
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let file = dir.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

const WEAK: &str = "server {\n    ssl_ciphers HIGH:RC4-SHA;\n}\n";
const GOOD: &str = "server {\n    ssl_ciphers ECDHE+AESGCM;\n}\n";

#[test]
fn the_pre_commit_hook_stops_a_weak_file_and_passes_a_good_one() {
    let yaml = example("pre-commit-config.yaml");
    let [entry] = values(&yaml, "entry:")[..] else {
        panic!("{yaml}");
    };
    let [pattern] = values(&yaml, "files:")[..] else {
        panic!("{yaml}");
    };
    let dir = tempfile::tempdir().unwrap();
    for (text, code) in [(WEAK, 1), (GOOD, 0)] {
        for name in ["deploy/nginx.conf", "nginx-tls.conf"] {
            write(dir.path(), name, text);
            // pre-commit appends the names of the changed files.
            let output = sh(dir.path(), &format!("{entry} {name}"));
            assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
            let matches = sh(dir.path(), &format!("echo {name} | grep -Eq '{pattern}'"));
            assert!(matches.status.success(), "{name}");
        }
    }
    for (name, matches) in [
        ("etc/haproxy.cfg", true),
        ("main.cf", true),
        ("openssl.cnf", true),
        ("main.c", false),
    ] {
        let output = sh(dir.path(), &format!("echo {name} | grep -Eq '{pattern}'"));
        assert_eq!(output.status.success(), matches, "{name}");
    }
}

#[test]
fn the_github_action_writes_its_reports() {
    let yaml = example("github-action.yml");
    let lines = values(&yaml, "run:");
    let commands: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("pyssl "))
        .collect();
    let [files, servers] = commands[..] else {
        panic!("{yaml}");
    };
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        lines.contains(&"cargo install --path cli") && manifest.ends_with("cli"),
        "{yaml}"
    );
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "deploy/nginx.conf", WEAK);
    let output = sh(dir.path(), files);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // The next step of the action uploads this file.
    let sarif = values(&yaml, "sarif_file:")[0];
    let sarif = std::fs::read(dir.path().join(sarif)).unwrap();
    let sarif: Value = serde_json::from_slice(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of = |rule: &str| results.iter().any(|result| result["ruleId"] == rule);
    assert!(of("C007") && of("mozilla-intermediate"), "{sarif}");
    for rule in sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
    {
        assert!(rule["fullDescription"]["text"].is_string(), "{rule}");
    }
    let ca = Ca::new();
    let server = EchoServer::start(ServerConfig::new(&ca.issue("localhost")));
    write(
        dir.path(),
        "deploy/servers.txt",
        &format!("{}\n", server.addr()),
    );
    let output = sh(dir.path(), servers);
    // The certificate is not trusted.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let page = values(&yaml, "path:")[0];
    let page = std::fs::read_to_string(dir.path().join(page)).unwrap();
    assert!(
        page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"),
        "{page}"
    );
    assert!(page.contains(&server.addr().to_string()), "{page}");
}
