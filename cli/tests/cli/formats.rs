//! The formats of findings, and the schema of the JSON output.

use pyssl_testing::openssl::ssl::SslVersion;
use pyssl_testing::{EchoServer, Scripted, ServerConfig, closed_port};
use serde_json::Value;

use crate::support::{Output, World, pyssl, run, run_command};

/// Fails unless `value` has the types, constants and required keys that a definition states.
fn assert_valid(schema: &Value, definition: &Value, value: &Value, at: &str) {
    if let Some(reference) = definition["$ref"].as_str() {
        let name = reference.trim_start_matches("#/$defs/");
        return assert_valid(schema, &schema["$defs"][name], value, at);
    }
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("{at}: the type {other}"),
    };
    match &definition["type"] {
        Value::String(name) => assert!(is(name), "{at}: {value} is no {name}"),
        Value::Array(names) => {
            let names = || names.iter().filter_map(Value::as_str);
            assert!(names().any(is), "{at}: {value}");
        }
        _ => {}
    }
    if let Some(constant) = definition.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    if let Some(values) = definition["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
    }
    for key in definition["required"].as_array().into_iter().flatten() {
        let key = key.as_str().unwrap();
        assert!(value.get(key).is_some(), "{at}: the key {key} is missing");
    }
    for (key, inner) in definition["properties"].as_object().into_iter().flatten() {
        if let Some(found) = value.get(key) {
            assert_valid(schema, inner, found, &format!("{at}.{key}"));
        }
    }
    if let Some(items) = definition.get("items") {
        for (number, item) in value.as_array().into_iter().flatten().enumerate() {
            assert_valid(schema, items, item, &format!("{at}[{number}]"));
        }
    }
}

#[test]
fn json_output_matches_its_schema() {
    let schema = include_str!("../../../docs/schema/pyssl-1.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.txt");
    std::fs::write(&path, "HIGH\n").unwrap();
    let file = path.to_str().unwrap();
    let world = World::new();
    let server = EchoServer::start(&world.ca.issue("other.example"));
    let (good, bad) = (target(server.addr().port()), target(closed_port().port()));
    let silent = Scripted::closes_at_once();
    let silent = target(silent.addr().port());
    let scan = ["scan", "--rate", "10000", "--json"];
    let of_scan = |rest: &[&'static str]| [&scan[..], rest].concat();
    let own = |args: Vec<&str>| args.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let with = |args: Vec<&str>, servers: &[&str]| own([&args[..], servers].concat());
    for (kind, args) in [
        (
            "ciphers",
            own(vec!["ciphers", "HIGH", "--lint", "--fix", "--json"]),
        ),
        ("files", own(vec!["ciphers", "--json", "--server", file])),
        ("audit", own(vec!["audit", "--json", "--policy", "rfc9325"])),
        (
            "scan",
            with(
                of_scan(&["--policy", "rfc9325", "--ciphers", "AES128-SHA"]),
                &[&good],
            ),
        ),
        (
            "scans",
            with(of_scan(&["--timeout", "0.5"]), &[&good, &bad, &silent]),
        ),
    ] {
        let output = run(args);
        let value: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_valid(&schema, &schema["$defs"][kind], &value, kind);
    }
}

fn target(port: u16) -> String {
    format!("localhost:{port}")
}

fn scan(format: &str, servers: &[&str], more: &[&str]) -> Output {
    let args = ["scan", "--rate", "10000", "--format", format];
    run(args.iter().chain(servers).chain(more))
}

#[test]
fn a_scan_is_printed_in_the_formats_of_other_programs() {
    let world = World::new();
    let server = EchoServer::start(&world.ca.issue("other.example"));
    let (good, bad) = (target(server.addr().port()), target(closed_port().port()));
    let trust = ["--cafile", world.cafile()];
    let wrong_name = "the certificate is not valid for localhost";
    let sarif = scan("sarif", &[&good], &trust);
    assert_eq!(sarif.code, Some(0), "{sarif:?}");
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "S011");
    let result = result.unwrap();
    assert_eq!(result["level"], "error");
    assert_eq!(result["message"]["text"], wrong_name);
    let place = &result["locations"][0]["logicalLocations"][0]["name"];
    assert_eq!(place, &*good);
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array();
    assert!(rules.unwrap().iter().any(|rule| rule["id"] == "S011"));

    let junit = scan("junit", &[&good, &bad], &trust);
    assert_eq!(junit.code, Some(2), "{junit:?}");
    assert_eq!(junit.stdout.matches("<testsuite ").count(), 2, "{junit:?}");
    assert!(junit.stdout.contains(wrong_name) && junit.stdout.contains("S020"));

    let markdown = scan("markdown", &[&good], &trust).stdout;
    assert!(markdown.contains(&format!("| error | S011 |  | {wrong_name} |")));
    assert!(markdown.contains("### TLS 1.3"), "{markdown}");

    let nagios = scan("nagios", &[&good], &trust);
    assert_eq!(nagios.code, Some(2), "{nagios:?}");
    assert!(
        nagios
            .stdout
            .starts_with(&format!("TLS CRITICAL - S011 {wrong_name} |"))
    );
    let nagios = scan("nagios", &[&bad], &[]);
    assert_eq!(nagios.code, Some(3), "{nagios:?}");
    assert!(
        nagios.stdout.starts_with("TLS UNKNOWN - S020 "),
        "{nagios:?}"
    );

    let html = scan("html", &[&good, &bad], &trust).stdout;
    assert!(html.contains("<section id=\"S011\">") && html.contains("id=\"d1\""));
    for other in ["<script", "<link", "src=", "http-equiv", "@import", "url("] {
        assert!(!html.contains(other), "the page refers to {other}");
    }
}

#[test]
fn fail_on_applies_to_the_findings_of_a_scan() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    let server = EchoServer::start(ServerConfig::new(&leaf).only_version(SslVersion::TLS1_2));
    let server = target(server.addr().port());
    let run = |args: &[&str]| {
        let trust = [
            "scan",
            &server,
            "--rate",
            "10000",
            "--cafile",
            world.cafile(),
        ];
        run(trust.iter().chain(args)).code
    };
    // The only findings are notes and a warning on CBC suites.
    assert_eq!(run(&[]), Some(0));
    assert_eq!(run(&["--fail-on", "note"]), Some(1));
    assert_eq!(run(&["--fail-on", "error"]), Some(0));
    assert_eq!(run(&["--policy", "mozilla-modern"]), Some(1));
    assert_eq!(
        run(&["--policy", "mozilla-modern", "--fail-on", "error"]),
        Some(1)
    );
    assert_eq!(
        run(&["--policy", "mozilla-modern", "--fail-on", "never"]),
        Some(0)
    );
}

#[test]
fn explain_prints_html_and_markdown_pages() {
    let html = run(["explain", "--format", "html"]).stdout;
    for code in ["C007", "A003", "F001", "S005"] {
        assert!(html.contains(&format!("<section id=\"{code}\">")), "{code}");
    }
    let markdown = run(["explain", "s005", "--format", "markdown"]).stdout;
    assert!(markdown.contains("### S005\n"), "{markdown}");
}

/// A cipher string has neither groups nor keys nor a certificate.
#[test]
fn what_was_not_compared_with_a_policy_is_in_every_format_and_does_not_change_the_exit_code() {
    let print = |format: &[&str]| {
        let args = ["ciphers", "ECDHE+AESGCM", "--min", "1.2"];
        let policy = ["--policy", "mozilla-intermediate", "--fail-on", "error"];
        let output = run(args.iter().chain(&policy).chain(format));
        assert_eq!(output.code, Some(0), "{output:?}");
        output.stdout
    };
    let text = print(&[]);
    let verdict = "unknown whether it follows mozilla-intermediate 6.0 (not compared: groups, key \
                   sizes, certificates)";
    assert!(text.contains(verdict), "{text}");
    let json: Value = serde_json::from_str(&print(&["--json"])).unwrap();
    assert_eq!(json["policy"]["conforms"], Value::Null);
    let sarif: Value = serde_json::from_str(&print(&["--format", "sarif"])).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let open = results.iter().filter(|r| r["ruleId"] == "not-compared");
    let open: Vec<_> = open.inspect(|r| assert_eq!(r["kind"], "open")).collect();
    assert_eq!(open.len(), 3, "{sarif}");
    assert_eq!(
        open[0]["message"]["text"],
        "not compared with mozilla-intermediate 6.0: groups"
    );
    let junit = print(&["--format", "junit"]);
    assert!(junit.contains("skipped=\"3\""), "{junit}");
    assert_eq!(junit.matches("<skipped message=").count(), 3, "{junit}");
    assert_eq!(
        junit.matches("<testcase ").count(),
        junit_tests(&junit),
        "{junit}"
    );
    let nagios = print(&["--format", "nagios"]);
    assert!(nagios.starts_with("TLS OK - "), "{nagios}");
    assert!(nagios.contains("; not compared: 3 | "), "{nagios}");
    for format in ["markdown", "html"] {
        let page = print(&["--format", format]);
        assert!(page.contains(verdict), "{page}");
        assert_eq!(
            page.matches("not compared with mozilla").count(),
            3,
            "{page}"
        );
    }
}

/// The number of test cases that a JUnit file states.
fn junit_tests(junit: &str) -> usize {
    let (_, rest) = junit.split_once("tests=\"").unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

/// The policy `system` comes from the file that OpenSSL reads.
#[test]
fn policy_system_compares_with_openssls_configuration_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("own.cnf");
    let text = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n\
                MinProtocol = TLSv1.2\nCipherString = ECDHE+AESGCM\nGroups = X25519:P-256\n";
    std::fs::write(&file, text).unwrap();
    let compare = |string: &str| {
        let args = ["ciphers", string, "--policy", "system", "--min", "1.2"];
        run_command(pyssl().args(args).env("OPENSSL_CONF", &file))
    };
    let output = compare("ECDHE-RSA-AES128-GCM-SHA256");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("own.cnf"), "{output:?}");
    let output = compare("AES128-SHA");
    assert_eq!(output.code, Some(1), "{output:?}");
    // The security level and the signatures are compared with a context.
    let world = World::new();
    let audit = |level: u32, schemes: &str| {
        let text = format!(
            "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n\
             CipherString = @SECLEVEL={level}:ECDHE+AESGCM\n{schemes}"
        );
        let file = dir.path().join("level.cnf");
        std::fs::write(&file, text).unwrap();
        let cert = crate::support::path(&world.server.combined);
        let args = [
            "audit",
            "--server",
            "--cert",
            cert,
            "--ciphers",
            "ECDHE+AESGCM",
        ];
        let policy = ["--policy", "system", "--json"];
        let output = run_command(pyssl().args(args).args(policy).env("OPENSSL_CONF", &file));
        let value: Value = serde_json::from_str(&output.stdout).unwrap();
        value["policy"].to_string()
    };
    let text = audit(2, "SignatureAlgorithms = ECDSA+SHA256\n");
    assert!(text.contains("\"not_compared\":[]"), "{text}");
    let text = audit(4, "");
    assert!(
        text.contains("key has 256 bits; the minimum is 384"),
        "{text}"
    );
    std::fs::write(&file, "[x]\n").unwrap();
    let output = compare("HIGH");
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(
        output.stderr.contains("no system_default section"),
        "{output:?}"
    );
}
