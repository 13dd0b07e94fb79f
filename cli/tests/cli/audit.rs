//! `pyssl audit`.

use pyssl_testing::{Ca, Files};
use serde_json::Value;

use crate::support::{World, path, run};

fn findings(args: &[&str]) -> (Vec<(String, String)>, Value, Option<i32>) {
    let output = run(["audit", "--json"].iter().chain(args));
    let value: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = value["findings"].as_array().unwrap();
    let pairs = list
        .iter()
        .map(|f| (text(&f["code"]), text(&f["severity"])))
        .collect();
    (pairs, value, output.code)
}

fn has(findings: &[(String, String)], code: &str, severity: &str) -> bool {
    findings.contains(&(code.to_owned(), severity.to_owned()))
}

/// `SSLContext(PROTOCOL_TLSv1_2)` with `load_verify_locations`, which verifies nothing.
#[test]
fn a_client_with_a_ca_file_but_no_verification_is_reported() {
    let world = World::new();
    let seed = [
        "--protocol",
        "TLSv1_2",
        "--cafile",
        world.cafile(),
        "--client",
    ];
    let (found, value, code) = findings(&seed);
    assert_eq!(code, Some(1));
    assert!(has(&found, "A001", "error"), "{found:?}");
    assert!(has(&found, "A003", "error"), "{found:?}");
    assert!(has(&found, "A007", "warning"), "{found:?}");
    assert_eq!(value["role"], "client");
    assert_eq!(
        value["findings"][0]["python"],
        "context.verify_mode = ssl.CERT_REQUIRED"
    );
    let output = run(["audit"].iter().chain(&seed));
    assert_eq!(output.code, Some(1));
    for text in [
        "A001 error: trusted certificates are loaded, but the mode is CERT_NONE",
        "in Rust       context.set_verify_mode(ssl::CERT_REQUIRED)?",
        "in Python     context.check_hostname = True",
    ] {
        assert!(output.stdout.contains(text), "{text}: {}", output.stdout);
    }
}

#[test]
fn following_the_advice_satisfies_the_audit() {
    let world = World::new();
    let output = run(["audit", "--cafile", world.cafile(), "--client"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let cert = path(&world.server.combined);
    let server = ["--cert", cert, "--host", "localhost"];
    let trusted = [&server[..], &["--peer-cafile", world.cafile()]].concat();
    let (found, value, code) = findings(&trusted);
    assert_eq!(
        (code, &value["role"]),
        (Some(0), &"server".into()),
        "{found:?}"
    );
    // The system does not trust the test's authority.
    let (found, _, code) = findings(&server);
    assert_eq!(code, Some(1), "{found:?}");
    assert!(has(&found, "A026", "warning"), "{found:?}");
}

#[test]
fn audit_reports_faulty_certificates_ciphers_and_versions() {
    let ca = Ca::new();
    let expired = Files::new(&ca, &ca.builder().san("localhost").expired().build());
    let cert = path(&expired.combined);
    let (found, _, code) = findings(&["--cert", cert, "--host", "other.example"]);
    assert_eq!(code, Some(1));
    assert!(has(&found, "A021", "error"), "{found:?}");
    assert!(found.iter().any(|(code, _)| code == "A029"), "{found:?}");
    let args = [
        "--protocol",
        "TLS_CLIENT",
        "--ciphers",
        "ALL:@SECLEVEL=0",
        "--min",
        "1.0",
    ];
    let (found, _, _) = findings(&args);
    for code in ["A004", "A005", "A009", "A011"] {
        assert!(found.iter().any(|(c, _)| c == code), "{code} {found:?}");
    }
}

#[test]
fn audit_of_invalid_settings_exits_with_2_and_prints_no_report() {
    let world = World::new();
    for args in [
        vec!["--cafile", "/no/such/file"],
        vec!["--cert", "/no/such/file"],
        vec!["--cert", world.cafile()],
        vec!["--ciphers", "BOGUS"],
        vec!["--client", "--server"],
        vec!["--client", "--protocol", "TLS_SERVER"],
        vec!["--protocol", "TLSv9"],
        vec!["--min", "1.3", "--max", "1.2"],
        vec!["--host", ""],
        // As in Python, `CERT_NONE` is an error while `check_hostname` is on.
        vec!["--verify-mode", "none"],
    ] {
        let output = run(["audit"].iter().chain(&args));
        assert_eq!(output.code, Some(2), "{args:?} {output:?}");
        assert_eq!(output.stdout, "", "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
    let (found, _, code) = findings(&["--no-check-hostname", "--verify-mode", "none"]);
    assert_eq!(code, Some(1));
    assert!(
        found
            .iter()
            .any(|(code, _)| code == "A001" || code == "A002")
    );
}

#[test]
fn ignored_suites_and_guideline_violations_are_reported() {
    let world = World::new();
    let server = ["--server", "--cert", path(&world.server.combined)];
    let with = |more: &[&'static str]| [&server[..], more].concat();
    let (found, value, code) = findings(&with(&[
        "--ciphers",
        "ECDHE+AESGCM:!aNUL",
        "--tls13",
        "TLS_AES_128_GCM_SHA256:TLS_BOGUS",
        "--policy",
        "mozilla-intermediate",
    ]));
    assert_eq!(code, Some(1));
    let ignored = found.iter().filter(|(code, _)| code == "A037");
    assert_eq!(ignored.count(), 2, "{value:#}");
    // OpenSSL's default groups include some that are not Mozilla's.
    assert_eq!(value["policy"]["conforms"], false);
    assert_eq!(value["policy"]["not_compared"], serde_json::json!([]));
    let groups = "X25519:prime256v1:secp384r1";
    let (_, value, _) = findings(&with(&[
        "--ciphers",
        "ECDHE+AESGCM",
        "--groups",
        groups,
        "--policy",
        "mozilla-intermediate",
    ]));
    assert_eq!(value["policy"]["conforms"], true);
    let policy = ["--groups", groups, "--policy", "mozilla-intermediate"];
    let args = ["audit"]
        .into_iter()
        .chain(with(&["--ciphers", "ECDHE+AESGCM"]));
    let text = crate::support::run(args.chain(policy)).stdout;
    assert!(
        text.contains("  conforms to mozilla-intermediate 6.0\n"),
        "{text}"
    );
    let rfc = with(&["--ciphers", "ECDHE+AES", "--policy", "rfc9325"]);
    let (_, value, code) = findings(&rfc);
    assert_eq!(code, Some(1));
    let violations = value["policy"]["violations"].as_array().unwrap();
    assert!(
        violations.iter().all(|v| v["section"] == "4.2"),
        "{violations:#?}"
    );
    let output = run(["audit"].iter().chain(&rfc));
    assert!(output.stdout.contains("CBC (section 4.2)"), "{output:?}");
}
