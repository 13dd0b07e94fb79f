//! `pyssl port`.

use std::fs;
use std::path::Path;

use crate::support::{Output, run};

const PROGRAM: &str = "\
import ssl
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
";

fn port(directory: &Path, options: &[&str]) -> Output {
    let mut args = vec!["port".to_owned()];
    args.extend(options.iter().map(|option| (*option).to_owned()));
    args.push(directory.display().to_string());
    run(args)
}

#[test]
fn the_rust_lines_are_printed_beside_the_python_lines() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app.py"), PROGRAM).unwrap();
    for width in ["80", "140"] {
        let output = port(directory.path(), &["--width", width]);
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(
            output
                .stdout
                .contains("│ context.set_check_hostname(false)?;"),
            "{}",
            output.stdout
        );
        assert!(
            output
                .stdout
                .contains("A002 error: the peer's certificate is not verified")
        );
        assert!(
            output
                .stdout
                .contains("5 of 5 names have a Rust line (100.0 %)"),
            "{}",
            output.stdout
        );
        let widest = output
            .stdout
            .lines()
            .skip(1)
            .map(|line| line.chars().count())
            .max();
        assert!(widest <= width.parse().ok(), "{}", output.stdout);
    }
    let output = port(directory.path(), &["--fail-on", "never", "--findings"]);
    assert_eq!(output.code, Some(0));
    assert!(!output.stdout.contains('│'));
}

#[test]
fn a_port_is_printed_as_json() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app.py"), PROGRAM).unwrap();
    let output = port(directory.path(), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["summary"]["percent"], 100.0);
    let entry = &json["files"][0]["entries"][1];
    assert_eq!(
        entry["rust"][0],
        "let context = ssl::create_default_context(())?;"
    );
    assert_eq!(entry["uses"][0]["name"], "ssl.create_default_context");
    let output = port(directory.path(), &["--format", "sarif"]);
    let sarif: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results[1]["ruleId"], "A002");
    let output = port(directory.path(), &["--format", "markdown"]);
    assert!(output.stdout.contains(
        "| 3 | `context.check_hostname = False` | `context.set_check_hostname(false)?;` |  |"
    ));
}

#[test]
fn an_unreadable_file_does_not_stop_the_others() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app.py"), PROGRAM).unwrap();
    fs::write(directory.path().join("bad.py"), b"import ssl\n\xff\n").unwrap();
    let output = port(directory.path(), &[]);
    assert_eq!(output.code, Some(2));
    assert!(
        output.stderr.contains("bad.py: line 2 is not UTF-8"),
        "{}",
        output.stderr
    );
    assert!(output.stdout.contains("app.py"));
    assert_eq!(run(["port", "/no/such/file.py"]).code, Some(2));
}

#[test]
fn a_program_without_tls_has_no_percentage() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app.py"), "print(1)\n").unwrap();
    let text = port(directory.path(), &[]);
    assert_eq!(text.code, Some(0));
    assert!(text.stdout.contains("no use of ssl"), "{}", text.stdout);
    let json = port(directory.path(), &["--format=json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(json["summary"]["percent"].is_null());
}

#[test]
fn a_skeleton_is_a_cargo_project() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("my-app.py"), PROGRAM).unwrap();
    let target = directory.path().join("new");
    let option = format!("--skeleton={}", target.display());
    assert_eq!(port(directory.path(), &[&option]).code, Some(1));
    let manifest = fs::read_to_string(target.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("pyssl = { version = "), "{manifest}");
    assert!(manifest.contains("name = \"skeleton-new\""), "{manifest}");
    assert!(
        fs::read_to_string(target.join("src/lib.rs"))
            .unwrap()
            .contains("pub mod py_my_app;")
    );
    let module = fs::read_to_string(target.join("src/py_my_app.rs")).unwrap();
    assert!(module.contains("    // context.verify_mode = ssl.CERT_NONE\n    context.set_verify_mode(ssl::CERT_NONE)?;"), "{module}");
    // The command does not overwrite an existing project.
    assert_eq!(port(directory.path(), &[&option]).code, Some(2));
}

#[test]
fn a_skeleton_with_time_outs_depends_on_tokio() {
    let directory = tempfile::tempdir().unwrap();
    let read = "async def f(r: asyncio.StreamReader, ctx: ssl.SSLContext):\n    await ";
    for (call, is_needed) in [
        ("r.read(5)", false),
        ("asyncio.wait_for(r.read(5), 3)", true),
    ] {
        let program = format!("import asyncio, ssl\n{read}{call}\n");
        fs::write(directory.path().join("app.py"), program).unwrap();
        let target = directory.path().join(format!("new-{is_needed}"));
        let option = format!("--skeleton={}", target.display());
        port(directory.path(), &[&option]);
        let manifest = fs::read_to_string(target.join("Cargo.toml")).unwrap();
        assert_eq!(manifest.contains("\ntokio = "), is_needed, "{manifest}");
    }
}

#[test]
fn a_wrong_path_of_pyssl_is_named_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app.py"), PROGRAM).unwrap();
    let target = directory.path().join("new");
    let skeleton = format!("--skeleton={}", target.display());
    let missing = directory.path().join("missing").display().to_string();
    let output = port(
        directory.path(),
        &[&skeleton, &format!("--pyssl-path={missing}")],
    );
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains(&missing), "{}", output.stderr);
    assert!(!target.exists());
}

#[test]
fn columns_of_findings_are_characters() {
    let directory = tempfile::tempdir().unwrap();
    let program = "import ssl\nx = '\u{e4}\u{1f600}'; y = ssl._create_unverified_context()\n";
    fs::write(directory.path().join("app.py"), program).unwrap();
    let output = port(directory.path(), &["--format=sarif"]);
    let sarif: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"]),
        (&2.into(), &15.into())
    );
}

#[test]
fn the_last_line_counts_without_its_end() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("a.py", "import ssl\nssl.HAS_SNI"),
        ("b.py", "x = 1"),
        ("c.py", ""),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    let output = port(directory.path(), &["--format=json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["summary"]["lines"], 3);
}
