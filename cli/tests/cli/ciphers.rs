//! `pyssl ciphers`.

use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, skip_without_openssl, skip_without_same_openssl, skipped};
use serde_json::Value;

use crate::support::{Output, World, path, pyssl, run, run_command, run_with_input};

const STRINGS: &[&str] = &[
    "HIGH:!aNULL:!MD5",
    "ALL:COMPLEMENTOFALL",
    "DEFAULT@SECLEVEL=1",
    "ECDHE+AESGCM:AES128-SHA",
    "HIGH:!aNUL:+kRSA:@STRENGTH",
    "PSK:SRP",
    "kRSA+AES+SHA1, CAMELLIA",
];

fn json(args: &[&str]) -> (Value, String, Option<i32>) {
    let output = run(["ciphers", "--json"].iter().chain(args));
    let value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (value, output.stdout, output.code)
}

/// Passes the string on standard input, where it may be of any length and content.
fn with_input(args: &[&str], input: &[u8]) -> Output {
    run_with_input(pyssl().arg("ciphers").args(args), input)
}

#[test]
fn ciphers_prints_one_line_per_suite_with_its_weaknesses() {
    let output = run(["ciphers", "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:NULL-SHA"]);
    assert_eq!((output.code, &*output.stderr), (Some(0), ""));
    let lines: Vec<Vec<&str>> = output
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let of = |name: &str| {
        lines
            .iter()
            .find(|l| l.first() == Some(&name))
            .unwrap()
            .join(" ")
    };
    assert_eq!(
        of("ECDHE-RSA-AES128-GCM-SHA256"),
        "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ECDHE RSA AES-128-GCM 128 AEAD"
    );
    assert!(of("AES128-SHA").ends_with("SHA1 weak: CBC with SHA-1, static RSA"));
    assert!(of("NULL-SHA").contains("none SHA1 weak: no encryption"));
    assert!(!output.stdout.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn ciphers_without_a_string_uses_pythons_default() {
    let (value, _, code) = json(&[]);
    assert_eq!(code, Some(0));
    let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT).unwrap();
    let theirs: Vec<_> = context.get_ciphers().unwrap();
    let ours: Vec<_> = value["ciphers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(ours, theirs.iter().map(|c| c.name).collect::<Vec<_>>());
    assert_eq!(value["security_level"], context.security_level());
}

#[test]
fn ciphers_json_matches_pythons_get_ciphers() {
    const SCRIPT: &str = r"
import json, ssl, sys
for text in json.load(sys.stdin):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if text: context.set_ciphers(text)
    print(json.dumps(context.get_ciphers()))
";
    let python = skip_without_same_openssl!();
    let input = serde_json::to_string(STRINGS).unwrap();
    let theirs = python.script(SCRIPT).stdin(input).run().expect_success();
    assert_eq!(theirs.lines().count(), STRINGS.len());
    for (text, theirs) in STRINGS.iter().zip(theirs.lines()) {
        let (_, ours, _) = json(&[text, "--explain", "--lint", "--usable"]);
        // The text is compared, without its white space, so that the order of the keys counts.
        let (_, rest) = ours.split_once("\"ciphers\": ").unwrap();
        let (list, _) = rest.split_once("\n  ]").unwrap();
        let without_space = |text: &str| text.replace([' ', '\n'], "");
        assert!(without_space(list) + "]" == without_space(theirs), "{text}");
    }
}

#[test]
fn the_verbose_list_matches_the_openssl_program() {
    let openssl = skip_without_openssl!();
    if !openssl.version().starts_with(*pyssl::OPENSSL_VERSION) {
        skipped(format_args!("the command is {}", openssl.version()));
        return;
    }
    for text in STRINGS {
        let theirs = openssl.run(&["ciphers", "-V", text], b"").expect_success();
        let ours = run(["ciphers", "-V", text]);
        assert_eq!((ours.code, &*ours.stdout), (Some(0), &*theirs), "{text}");
    }
    let theirs = [
        "ciphers",
        "-V",
        "-ciphersuites",
        "TLS_AES_128_CCM_SHA256",
        "AES128-SHA",
    ];
    let ours = [
        "ciphers",
        "-V",
        "--tls13",
        "TLS_AES_128_CCM_SHA256",
        "AES128-SHA",
    ];
    assert_eq!(run(ours).stdout, openssl.run(&theirs, b"").expect_success());
}

#[test]
fn explain_prints_the_effect_of_each_part() {
    let output = run([
        "ciphers",
        "AES128-SHA:AES256-SHA:!aNUL:+AES128-SHA:-kRSA:kRSA+ECDHE",
        "--explain",
    ]);
    // The string removes every suite that it has selected.
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("No cipher can be selected."));
    for text in [
        "adds 1\n    + added (1) AES128-SHA\n    = list (1) AES128-SHA\n",
        "unknown to this OpenSSL: did you mean `aNULL`?",
        "moves 1 of 2\n    ~ moved to the end (1) AES128-SHA\n    = list (2) AES256-SHA AES128-SHA\n",
        "removes 2 of 2  (static RSA key exchange)\n",
        "= list (0)",
        "no effect: the names exclude each other",
    ] {
        assert!(output.stdout.contains(text), "{text}: {}", output.stdout);
    }
    let (value, _, code) = json(&["AES128-SHA:!MD5:BOGUS", "--explain"]);
    assert_eq!(code, Some(0));
    let steps = value["explanation"]["steps"].as_array().unwrap();
    let effects: Vec<_> = steps.iter().map(|step| &step["effect"]).collect();
    assert_eq!(effects, ["added", "excluded", "unknown"]);
    assert_eq!(steps[0]["list"], serde_json::json!(["AES128-SHA"]));
    assert_eq!(
        (&steps[1]["list"], &steps[1]["column"]),
        (&Value::Null, &12.into())
    );
}

#[test]
fn findings_set_the_exit_code() {
    let clean = "ECDHE+AESGCM";
    let ssl_is_4 = pyssl::OPENSSL_VERSION_INFO.0 >= 4;
    for (args, code) in [
        (vec![clean, "--lint"], 0),
        (vec!["HIGH:!aNUL:!MD5"], 0),
        (vec!["HIGH:!aNUL:!MD5", "--lint"], 1),
        (vec![clean, "--diff", "ECDHE+AESGCM:AES128-SHA"], 1),
        (vec!["ECDHE+AESGCM:AES128-SHA", "--diff", clean], 0),
        (vec![clean, "--diff", clean], 0),
        (vec![clean, "--diff", "HIGH:!"], 2),
        (vec![clean, "--policy", "mozilla-intermediate"], 0),
        (vec![clean, "--policy", "rfc9325"], 0),
        (vec!["AES128-SHA", "--policy", "mozilla-intermediate"], 1),
        (vec![clean, "--policy", "mozilla-modern"], 1),
        (vec![clean, "--policy", "mozilla-modern", "--min", "1.3"], 0),
        (vec![clean, "--policy", "no-such-policy"], 2),
        (vec!["BOGUS"], 2),
        (vec![clean, "--tls13", "TLS_AES_128_GCM_SHA256:BOGUS"], 2),
        (vec![clean, "--min", "1.3", "--max", "1.2"], 2),
        (vec![clean, "--openssl", "all"], 0),
        (vec![clean, "--openssl", "3.0,4.0"], 0),
        // The default security level of 1.1.1 is 1.
        (vec![clean, "--openssl", "1.1.1"], 1),
        (vec![clean, "--openssl", "0.9"], 2),
        // OpenSSL 4.0 removed the name `SSLv3`.
        (vec!["ECDHE+AESGCM:SSLv3", "--openssl", "4.0"], 0),
        (
            vec!["SSLv3", "--openssl", "4.0"],
            if ssl_is_4 { 2 } else { 1 },
        ),
        (vec![clean, "--profiles"], 0),
        (vec![clean, "--profiles=firefox-137,java-17"], 0),
        (vec![clean, "--profiles=firefox-137,ie-8-xp"], 1),
        (vec![clean, "--profiles=netscape"], 2),
        (vec![clean, "--usable=server"], 0),
        (vec![clean, "--usable=both"], 2),
    ] {
        for format in [None, Some("--json")] {
            let output = run(["ciphers"].iter().chain(&args).copied().chain(format));
            assert_eq!(output.code, Some(code), "{args:?} {output:?}");
            assert_eq!(output.stderr.is_empty(), code != 2, "{args:?} {output:?}");
        }
    }
}

#[test]
fn a_policy_is_read_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ours.toml");
    let file = file.to_str().unwrap();
    let head = "name = \"ours\"\nversion = \"1\"\nsource = \"here\"\n[[rule]]\n";
    let text = format!("{head}forbid = [\"AES128-SHA\"]\n");
    std::fs::write(file, text).unwrap();
    let output = run(["ciphers", "AES128-SHA", "--policy", file]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stdout.contains("ours (version 1), here"),
        "{output:?}"
    );
    assert!(
        output.stdout.contains("error: AES128-SHA is forbidden"),
        "{output:?}"
    );
    std::fs::write(file, format!("{head}vresions = []\n")).unwrap();
    let output = run(["ciphers", "--policy", file]);
    assert_eq!(output.code, Some(2));
    for part in [file, "line 5", "expected one of `section`, `versions`"] {
        assert!(output.stderr.contains(part), "{part} {output:?}");
    }
}

#[test]
fn usable_suites_are_found_by_versions_and_handshakes() {
    let output = run(["ciphers", "AES128-SHA:PSK-AES128-GCM-SHA256", "--usable"]);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout.contains("4 usable by a client"), "{output:?}");
    assert!(
        output.stdout.contains("not usable: needs a PSK callback"),
        "{output:?}"
    );
    let output = run(["ciphers", "AES128-SHA", "--max", "1.2"]);
    assert!(
        output.stdout.contains("not usable: needs TLS 1.3"),
        "{output:?}"
    );
    let (value, _, _) = json(&["AES128-GCM-SHA256", "--usable", "--min", "1.3"]);
    let details = value["details"].as_array().unwrap();
    assert_eq!(details[0]["usable"], true);
    assert_eq!(details.last().unwrap()["usable"], false);
}

#[test]
fn an_invalid_cipher_string_is_rejected_with_a_column() {
    let output = run(["ciphers", "HIGH:!"]);
    assert_eq!(
        output.stderr,
        "pyssl: STRING: column 7: a name is missing after `!`\n  HIGH:!\n        ^\n"
    );
    assert_eq!((output.code, &*output.stdout), (Some(2), ""));
    let output = run(["ciphers", "BOGUS"]);
    assert_eq!(
        output.stderr,
        "pyssl: STRING: No cipher can be selected. --lint explains why.\n"
    );
    let output = run(["ciphers", "BOGUS", "--lint"]);
    assert!(!output.stderr.contains("--lint"), "{output:?}");
    let long = "ALL:".repeat(1 << 18);
    let separators = ":,; ".repeat(5000);
    let deep = format!("{}!", "AES+".repeat(9000));
    for (input, text) in [
        ("", "STRING: the string has no names\n"),
        (&*separators, "STRING: the string has no names\n"),
        (&*long, "column 65537"),
        (&*deep, "column 36001"),
        ("HIGH:\0AES", "column 6"),
        ("HIGH:!\u{dc}LL", "column 7"),
        ("HIGH:@SECLEVEL=99", "column 16"),
    ] {
        for option in ["--lint", "--explain", "--usable", "--json"] {
            let output = with_input(&["-", option], input.as_bytes());
            assert_eq!(output.code, Some(2), "{text} {option}");
            assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
            assert!(output.stderr.len() < 1000);
            assert_eq!(output.stdout.is_empty(), option != "--json");
        }
        for option in ["--openssl=all", "--profiles", "--usable=server"] {
            let output = with_input(&["-", option], input.as_bytes());
            assert_eq!(output.code, Some(2), "{text} {option}");
            assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
            // Each version reports its own reason.
            let refused = output.stdout.matches("refused: ").count();
            assert_eq!(refused, if option == "--openssl=all" { 4 } else { 0 });
        }
    }
    let output = with_input(&["-"], b"HIGH:\xff");
    assert!(output.stderr.contains("column 6"), "{output:?}");
    let (value, _, code) = json(&["HIGH:!"]);
    assert_eq!(code, Some(2));
    assert_eq!(value["ciphers"], Value::Null);
    assert_eq!(
        value["error"],
        serde_json::json!({"argument": "STRING", "kind": "missing-name", "column": 7,
                           "message": "a name is missing after `!`"})
    );
}

#[test]
fn long_valid_strings_are_accepted() {
    let unknown = format!("ALL{}", ":BOGUS".repeat(2000));
    let output = with_input(&["-", "--openssl", "all"], unknown.as_bytes());
    assert_eq!(output.stdout.matches("and 1980 parts more").count(), 4);
    let many = format!("ALL{}", ":+AES".repeat(2000));
    let output = with_input(&["-", "--explain", "--lint"], many.as_bytes());
    assert_eq!(output.code, Some(1), "{}", output.stderr);
}

#[test]
fn colour_is_printed_to_a_pipe_only_on_request() {
    let mut command = pyssl();
    let output = run_command(
        command
            .args(["ciphers", "NULL-SHA"])
            .env("CLICOLOR_FORCE", "1"),
    );
    assert!(output.stdout.contains('\u{1b}'), "{output:?}");
    let mut command = pyssl();
    let output = run_command(command.args(["ciphers", "NULL-SHA"]).env("NO_COLOR", "1"));
    assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
}

#[test]
fn usable_suites_of_a_server_depend_on_its_certificates() {
    let string = "ECDHE+AESGCM:PSK-AES128-GCM-SHA256";
    let output = run(["ciphers", string, "--usable=server"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let line = |name: &str| {
        let found = output.stdout.lines().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("{output:?}")).to_owned()
    };
    assert!(line("ECDHE-RSA-AES128").ends_with("usable (given an RSA certificate)"));
    assert!(line("ECDHE-ECDSA-AES128").ends_with("usable (given an EC certificate)"));
    assert!(line("TLS_AES_128").ends_with("usable (given a certificate)"));
    assert!(line("PSK-AES128").ends_with("not usable: needs a PSK callback"));

    let world = World::new();
    let (value, _, code) = json(&[
        string,
        "--usable=server",
        "--cert",
        path(&world.server.combined),
    ]);
    assert_eq!(code, Some(0));
    let details = value["details"].as_array().unwrap();
    let of = |name: &str| details.iter().find(|d| d["name"] == name).unwrap();
    assert_eq!(of("TLS_AES_128_GCM_SHA256")["usable"], true);
    assert_eq!(of("TLS_AES_128_GCM_SHA256").get("test_key"), None);
    let usable: Vec<_> = [
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ]
    .map(|name| of(name)["usable"] == true)
    .into();
    assert!(
        usable.contains(&true) && usable.contains(&false),
        "{usable:?}"
    );
}

#[test]
fn other_versions_are_explained_and_compared() {
    // The exit code is not checked: it depends on whether another version is weaker than the linked one.
    let (value, _, _) = json(&["AES128-SHA:RSA+CAMELLIA:aNUL", "--all-versions"]);
    let versions = value["versions"].as_array().unwrap();
    let names: Vec<_> = versions
        .iter()
        .map(|v| v["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["3.0", "3.5", "3.6", "4.0"]);
    assert_eq!(versions[2]["unknown"][0]["part"], "RSA+CAMELLIA");
    assert_eq!(versions[2]["unknown"][1]["hint"], "did you mean `aNULL`?");
    assert_eq!(
        versions[2]["ciphers"].as_array().unwrap().last().unwrap(),
        "AES128-SHA"
    );
    assert!(versions[2].get("explanation").is_none());
    let (value, _, _) = json(&["AES128-SHA", "--openssl", "4.0", "--explain"]);
    assert_eq!(value["versions"][0]["explanation"]["method"], "table");

    // A string that only newer versions accept is shown too, even if the linked one rejects it.
    let output = run(["ciphers", "ecdhe+aesgcm", "--openssl", "4.0"]);
    assert!(output.stdout.contains("With OpenSSL 4.0"), "{output:?}");
    assert!(
        output.stdout.contains("  7 suites, security level 2"),
        "{output:?}"
    );
    let output = run(["ciphers", "ecdhe+aesgcm", "--openssl", "3.6"]);
    assert!(output.stdout.contains("selects nothing"), "{output:?}");
    assert!(
        output
            .stdout
            .contains("does not know `ecdhe+aesgcm` at column 1"),
        "{output:?}"
    );
}

#[test]
fn profiles_prints_the_negotiated_settings_of_known_clients() {
    let (value, _, code) = json(&["ECDHE+AESGCM", "--profiles"]);
    assert_eq!(code, Some(0));
    let clients = value["clients"].as_array().unwrap();
    let of = |name: &str| clients.iter().find(|c| c["name"] == name).unwrap();
    assert_eq!(of("firefox-137")["agreed"]["version"], "TLSv1.3");
    assert!(
        of("firefox-137")["source"]
            .as_str()
            .unwrap()
            .contains("testssl")
    );
    assert_eq!(of("ie-8-xp")["agreed"], Value::Null);
    assert!(
        of("ie-8-xp")["refused_because"]
            .as_str()
            .unwrap()
            .contains("no version in common")
    );

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ours.toml");
    let text = "[[profile]]\nname = 'terminal'\nsource = 'here'\nversions = ['TLSv1.2']\n\
                ciphers = ['AES128-SHA']\n";
    std::fs::write(&file, text).unwrap();
    let wanted = format!("--profiles={}", file.display());
    let output = run(["ciphers", "ECDHE+AESGCM", &wanted]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stdout.contains("0 of 1 client can connect"),
        "{output:?}"
    );
    assert_eq!(run(["ciphers", "AES128-SHA", &wanted]).code, Some(0));
    std::fs::write(&file, "nonsense\n").unwrap();
    let output = run(["ciphers", "AES128-SHA", &wanted]);
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains("line 1"), "{output:?}");
}

#[test]
fn a_certificate_that_not_every_client_accepts_leaves_the_outcome_of_clients_open() {
    let (dir, ca) = (tempfile::tempdir().unwrap(), Ca::new());
    let file = dir.path().join("server.pem");
    for (kind, expected) in [
        (KeyKind::Ed25519, 3),
        (KeyKind::EcP256, 0),
        (KeyKind::EcP384, 0),
        (KeyKind::Rsa2048, 0),
    ] {
        let leaf = ca.builder().san("localhost").key(kind).build();
        std::fs::write(&file, leaf.combined_pem()).unwrap();
        let args = [
            "ECDHE+AESGCM",
            "--cert",
            path(&file),
            "--profiles=chrome-150,safari-9",
        ];
        let (value, _, code) = json(&args);
        assert_eq!(code, Some(expected), "{kind:?}: {value}");
        let clients = value["clients"].as_array().unwrap();
        let connect = clients.iter().all(|client| !client["agreed"].is_null());
        assert_eq!(connect, expected == 0, "{kind:?}: {value}");
        let output = run(["ciphers"].iter().chain(&args));
        let text = match expected {
            0 => "2 of 2 clients can connect\n",
            _ => "0 of 2 clients can connect, 2 unknown\n",
        };
        assert!(output.stdout.contains(text), "{output:?}");
    }
}

#[test]
fn fix_prints_a_corrected_string_with_both_lists() {
    let output = run(["ciphers", "ECDHE+AESGCM:AES128-SHA:!aNUL", "--fix"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let has = |text: &str| assert!(output.stdout.contains(text), "{text}: {output:?}");
    has("\n  ECDHE+AESGCM:!aNULL\n  `aNUL` becomes `aNULL`\n");
    has("no warning is left");
    has("- AES128-SHA\n");
    // An invalid string is corrected too, but is still an error.
    let (value, _, code) = json(&["ECDHE+AESGCM:!", "--fix"]);
    assert_eq!(code, Some(2));
    assert_eq!(value["fix"]["string"], "ECDHE+AESGCM");
    assert_eq!(value["fix"]["passes"], true);
    let output = run([
        "ciphers",
        "HIGH",
        "--fix",
        "--policy",
        "mozilla-intermediate",
    ]);
    assert!(
        output.stdout.contains("no violation of Mozilla"),
        "{output:?}"
    );

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, "server { ssl_ciphers 'HIGH:!aNUL'; } # x\n").unwrap();
    let output = run(["ciphers", "--fix", "--server", path.to_str().unwrap()]);
    assert_eq!(output.code, Some(1), "{output:?}");
    let has = |text: &str| assert!(output.stdout.contains(text), "{text}: {output:?}");
    has("\n-server { ssl_ciphers 'HIGH:!aNUL'; } # x\n+server { ssl_ciphers 'HIGH:!aNULL");
    has("no warning is left");
}
