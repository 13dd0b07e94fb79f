//! `pyssl demo`.

use crate::support::{pyssl, run, run_command};

#[test]
fn the_demo_shows_the_connection() {
    let output = run(["demo"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stderr, "");
    for part in [
        "protocol      TLSv1.3",
        "cipher        TLS_AES_",
        "handshake     ",
        "\"Hello from client!\" (18 bytes sent, 18 received)",
        "\"Hello from server!\" (18 bytes sent, 18 received)",
        "((('commonName', 'localhost'),),)",
        "('DNS', 'localhost')",
        "ok     the certificate was verified, and is for localhost",
    ] {
        assert!(output.stdout.contains(part), "{part}\n{}", output.stdout);
    }
    assert!(!output.stdout.contains("FAILED"));
    assert!(!output.stdout.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn the_demo_prints_json() {
    let output = run(["demo", "--json"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["ok"], true);
    assert_eq!(json["version"], "TLSv1.3");
    assert_eq!(json["messages"][0]["text"], "Hello from client!");
    assert_eq!(json["messages"][1]["text"], "Hello from server!");
    assert_eq!(
        json["certificate"]["subjectAltName"],
        serde_json::json!([["DNS", "localhost"]])
    );
    assert!(json["handshake_ms"].as_f64().unwrap() > 0.0);
}

/// The variable that names the directory of temporary files.
const TEMPORARY: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

#[test]
fn the_demo_leaves_no_files_behind() {
    let directory = tempfile::tempdir().unwrap();
    let output = run_command(pyssl().arg("demo").env(TEMPORARY, directory.path()));
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn the_demo_needs_a_directory_for_the_key() {
    let output = run_command(pyssl().arg("demo").env(TEMPORARY, "/nonexistent"));
    assert_eq!(output.code, Some(2));
    assert_eq!(output.stdout, "");
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
}
