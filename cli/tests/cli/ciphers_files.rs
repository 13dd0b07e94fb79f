//! `pyssl ciphers --server`, and its output for other programs.

use serde_json::Value;

use crate::support::{path, pyssl, run, run_command};

#[test]
fn strings_in_files_are_linted_with_line_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(&path, text).unwrap();
        path
    };
    let nginx = write(
        "nginx.conf",
        "server {\n    ssl_ciphers HIGH:!aNUL:!MD5;\n}\n",
    );
    let list = write("list.txt", "# good\nECDHE+AESGCM\nHIGH:!\n");
    let none = write("none.conf", "server {\n  listen 443 ssl;\n}\n");
    let clean = write("clean.txt", "ECDHE+AESGCM\n");
    let output = run(["ciphers", "--server", &nginx]);
    assert_eq!(output.code, Some(1), "{output:?}");
    let first = output.stdout.lines().next().unwrap();
    assert!(
        first.starts_with(&format!("{nginx}:2:23: C001 error: ")),
        "{first}"
    );
    let output = run(["ciphers", "--server", &nginx, &list]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(
        output
            .stdout
            .contains(&format!("{list}:3:7: error: a name is missing"))
    );
    let output = run(["ciphers", "--server", &none]);
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains("no cipher string found"));
    assert_eq!(run(["ciphers", "--server", &clean]).code, Some(0));
    let modern = run(["ciphers", "--server", &clean, "--policy", "mozilla-modern"]);
    assert_eq!(modern.code, Some(1), "{modern:?}");
    let output = run(["ciphers", "--json", "--server", &nginx, &clean]);
    let value: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(value["strings"][0]["directive"], "ssl_ciphers");
    assert_eq!(
        (&value["strings"][0]["line"], &value["strings"][0]["column"]),
        (&2.into(), &17.into())
    );
    assert_eq!(value["strings"][1]["findings"], serde_json::json!([]));
    assert_eq!(run(["ciphers", "--server", "/no/such/file"]).code, Some(2));
}

#[test]
fn lint_checks_tls_1_3_lists_and_postfix_exclusions_in_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    let text = "ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:TLS_BOGUS;\n";
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let output = run(["ciphers", "--server", file]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output
            .stdout
            .starts_with(&format!("{file}:1:54: C001 error: ")),
        "{output:?}"
    );
    let path = dir.path().join("main.cf");
    let text = "smtpd_tls_exclude_ciphers = aNULL, aNUL,!MD5\n\
                smtp_tls_exclude_ciphers = aNULL, MD5, DES\n";
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let output = run(["ciphers", "--server", file]);
    let lines: Vec<_> = output.stdout.lines().collect();
    assert_eq!(output.code, Some(2), "{output:?}");
    // Postfix itself puts a `!` before each name that it excludes, so a `!` in the file is an
    // error.
    assert!(
        lines[0].starts_with(&format!("{file}:1:41: error: `!` is not")),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with(&format!("{file}:2:40: C016 note: ")),
        "{lines:?}"
    );
    std::fs::write(&path, "smtpd_tls_exclude_ciphers = aNULL, aNUL\n").unwrap();
    let output = run(["ciphers", "--server", file]);
    let place = format!("{file}:1:36: C001 error: ");
    assert!(output.stdout.starts_with(&place), "{output:?}");
    assert_eq!(output.code, Some(1));
}

#[test]
fn ciphers_server_checks_the_settings_of_each_server_together() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    let text = "http {\n  ssl_protocols TLSv1.2 TLSv1.3;\n  ssl_ecdh_curve X25519:prime256v1;\n\
                server { server_name good.example; ssl_ciphers ECDHE+AESGCM; }\n\
                server { server_name bad.example; ssl_ciphers AES128-SHA; ssl_protocols TLSv1; }\n\
                }\n";
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let policy = ["--policy", "mozilla-intermediate"];
    let output = run(["ciphers", "--server", file].into_iter().chain(policy));
    assert_eq!(output.code, Some(1), "{output:?}");
    let has = |text: &str| assert!(output.stdout.contains(text), "{text}: {output:?}");
    has("AES128-SHA is not in the guideline's list [server bad.example]");
    // The report gives the place of the directive that causes the violation.
    has(&format!(
        "{file}:5:73: mozilla-intermediate error: TLSv1 is on"
    ));
    has("  server good.example\n    ciphers ECDHE+AESGCM (line 4)\n    versions TLSv1.2, TLSv1.3");
    let open = "not compared: key sizes, certificates";
    has(&format!(
        "unknown whether it follows mozilla-intermediate 6.0 ({open})\n"
    ));
    has("does not conform to mozilla-intermediate 6.0: 2 errors");

    let json = ["--json"].into_iter().chain(policy);
    let output = run(["ciphers", "--server", file].into_iter().chain(json));
    let value: Value = serde_json::from_str(&output.stdout).unwrap();
    let servers = value["files"][0]["servers"].as_array().unwrap();
    assert_eq!(value["files"][0]["program"], "nginx");
    assert_eq!(servers[0]["name"], "server good.example");
    // The file names neither groups nor certificates.
    assert_eq!(servers[0]["policy"]["conforms"], Value::Null);
    assert_eq!(servers[1]["policy"]["conforms"], false);
    assert_eq!(servers[1]["versions"], serde_json::json!(["TLSv1"]));
}

#[test]
fn ciphers_server_compares_strings_with_other_openssl_versions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("redis.conf");
    std::fs::write(&path, "tls-ciphers CAMELLIA128-SHA\n").unwrap();
    let file = path.to_str().unwrap();
    let output = run(["ciphers", "--server", file, "--openssl", "4.0", "--json"]);
    let value: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(value["strings"][0]["versions"][0]["name"], "4.0");
}

#[test]
fn an_included_file_that_is_missing_is_reported_and_prevents_a_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    let text = "include mime.types;\ninclude tls.conf;\nssl_protocols TLSv1.3;\n\
                ssl_ciphers ECDHE+AESGCM;\n";
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let output = run([
        "ciphers",
        "--server",
        file,
        "--policy",
        "mozilla-intermediate",
    ]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stdout.contains(":2:1: F011 warning: `tls.conf`"),
        "{output:?}"
    );
    assert!(
        output.stdout.contains("unknown whether it follows"),
        "{output:?}"
    );
    assert!(!output.stdout.contains("mime.types"), "{output:?}");
}

#[test]
fn findings_are_printed_as_sarif_junit_markdown_nagios_and_html() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, "ssl_protocols TLSv1.1;\nssl_ciphers HIGH:!aNUL;\n").unwrap();
    let file = path.to_str().unwrap();
    let print = |format: &str, code: i32| {
        let output = run(["ciphers", "--format", format, "--server", file]);
        assert_eq!(output.code, Some(code), "{output:?}");
        output.stdout
    };
    let sarif: Value = serde_json::from_str(&print("sarif", 1)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"C001".into(), &"error".into())
    );
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        region,
        &serde_json::json!({"startLine": 2, "startColumn": 19})
    );
    assert!(print("junit", 1).contains("<failure type=\"error\""));
    // Markdown has a second backslash for each one of a Windows path.
    let place = format!("| error | C001 | {}:2:19 |", file.replace('\\', r"\\"));
    assert!(print("markdown", 1).contains(&place));
    assert!(print("nagios", 2).starts_with("TLS CRITICAL - C0"));
    let html = print("html", 1);
    assert!(html.contains("<a href=\"#C001\">") && html.contains("<section id=\"C001\">"));
    assert!(html.ends_with("</body></html>\n"));
    let good = run(["ciphers", "ECDHE+AESGCM", "--format", "nagios"]);
    assert_eq!(
        (good.code, &*good.stdout),
        (
            Some(0),
            "TLS OK - no findings | errors=0 warnings=0 unanswered=0 not_compared=0\n"
        )
    );
}

#[test]
fn fail_on_sets_the_severity_that_fails() {
    let weak = "AES128-SHA:ECDHE+AESGCM";
    for (severity, code) in [("error", 0), ("warning", 1), ("note", 1), ("never", 0)] {
        let output = run(["ciphers", weak, "--fail-on", severity]);
        assert_eq!(output.code, Some(code), "{severity}: {output:?}");
    }
    assert_eq!(
        run(["ciphers", "HIGH:!", "--fail-on", "never"]).code,
        Some(2)
    );
}

#[test]
fn a_server_with_the_programs_defaults_leaves_the_verdict_open() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    let server = |name: &str, settings: &str| {
        format!("server {{ listen 443 ssl; server_name {name}; {settings} }}\n")
    };
    let strong = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM;";
    let text = server("a", strong) + &server("b", "ssl_certificate b.pem;");
    std::fs::write(&path, text).unwrap();
    let policy = dir.path().join("ours.toml");
    let rules = "name = \"ours\"\nversion = \"1\"\nsource = \"https://ours.example\"\n\
                 [[rule]]\nversions = [\"TLSv1.2\", \"TLSv1.3\"]\nforbid = [\"rc4\"]\n";
    std::fs::write(&policy, rules).unwrap();
    let [file, policy] = [&path, &policy].map(|path| path.to_str().unwrap());
    let output = run(["ciphers", "--server", file, "--policy", policy]);
    let has = |text: &str| assert!(output.stdout.contains(text), "{text}: {output:?}");
    has("  server b\n    no setting for TLS: the program's defaults hold\n");
    has("unknown whether it follows ours 1 (not compared: versions, suites)");
}

/// `openssl.cnf` has several sections with settings. OpenSSL applies the one that `system_default` names to every
/// program.
#[test]
fn the_system_policy_comes_from_the_section_that_openssl_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("openssl.cnf");
    let check = |text: &str, string: &str| {
        std::fs::write(&path, text).unwrap();
        let args = ["ciphers", string, "--policy", "system"];
        let output = run_command(pyssl().args(args).env("OPENSSL_CONF", &path));
        (output.stdout + &output.stderr, output.code)
    };
    let head = "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nserver = srv\nsystem_default = sd\n";
    let old = "MinProtocol = TLSv1\nCipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0\n";
    let new = "MinProtocol = TLSv1.2\nCipherString = ECDHE+AESGCM\n";
    let weak = "AES128-SHA";
    for other in ["srv", "system_default_old"] {
        let text = format!("{head}[{other}]\n{old}[sd]\n{new}");
        let (output, code) = check(&text, weak);
        assert_eq!(code, Some(1), "{output}");
        assert!(output.contains("does not conform to system"), "{output}");
    }
    // Only the lowest version is set, so the suites are those of OpenSSL's own list.
    let text = format!("{head}[sd]\nMinProtocol = TLSv1.2\n");
    let (output, code) = check(&text, "NULL-SHA256:@SECLEVEL=0");
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("does not conform to system"), "{output}");
    // `openssl_conf` is commented out, so OpenSSL reads no section.
    let text = format!("#{head}[sd]\n{new}");
    let (output, code) = check(&text, "ECDHE+AESGCM");
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("has no system_default section"), "{output}");
}

/// Files with a value that cannot be read. Their other values conform to the policy.
#[test]
fn a_value_that_cannot_be_read_prevents_a_verdict() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(&path, text).unwrap();
        path
    };
    let policy = write(
        "ours.toml",
        "name = \"ours\"\nversion = \"1\"\nsource = \"https://ours.example\"\n\
         [[rule]]\nversions = [\"TLSv1.2\", \"TLSv1.3\"]\nforbid = [\"rc4\"]\n",
    );
    let verdict = |name: &str, text: &str| {
        let file = write(name, text);
        let output = run(["ciphers", "--json", "--policy", &policy, "--server", &file]);
        let value: Value = serde_json::from_str(&output.stdout).unwrap();
        let compared = &value["files"][0]["servers"][0]["policy"];
        assert!(compared.is_object(), "{output:?}");
        compared["conforms"].clone()
    };
    let nginx = "ssl_protocols TLSv1.2 TLSv1.3;\nssl_ciphers ECDHE+AESGCM;\n";
    assert_eq!(verdict("nginx.conf", nginx), true);
    let go = |suites: &str| {
        format!(
            "c := tls.Config{{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{{{suites}}}}}"
        )
    };
    assert_eq!(
        verdict("a.go", &go("tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")),
        true
    );
    let python = "ctx.minimum_version = ssl.TLSVersion.TLSv1_2\nctx.set_ciphers('ECDHE+AESGCM')\n";
    assert_eq!(verdict("a.py", python), true);
    let dovecot = "ssl = yes\nssl_min_protocol = TLSv1.2\nssl_cipher_list = ECDHE+AESGCM\n";
    assert_eq!(verdict("10-ssl.conf", dovecot), true);
    for (name, text) in [
        ("a.go", go("tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_NEW_SUITE")),
        ("a.go", go("tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, extra")),
        ("a.py", "ctx.minimum_version = ssl.TLSVersion.TLSv1_2\nctx.set_ciphers('ECDHE+AESGCM:' + extra)\n".to_owned()),
        ("a.py", "ctx.minimum_version = lowest\nctx.set_ciphers('ECDHE+AESGCM')\n".to_owned()),
        // The lowest version is the default of the program's release.
        ("a.go", "c := tls.Config{MaxVersion: tls.VersionTLS13, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}".to_owned()),
        // The settings depend on conditions, on other files, or on a section that OpenSSL does not read.
        ("httpd.conf", "SSLCipherSuite ECDHE+AESGCM\n<IfDefine OLD>\nSSLProtocol all\n</IfDefine>\nSSLProtocol -all +TLSv1.3\n<IfDefine A>\nSSLCipherSuite ECDHE+CHACHA20\n</IfDefine>\n".to_owned()),
        ("openssl.cnf", "[sd]\nMinProtocol = TLSv1.2\nCipherString = ECDHE+AESGCM\n".to_owned()),
        ("main.cf", "smtpd_tls_security_level = may\nsmtpd_tls_protocols = >=TLSv1.2\ntls_high_cipherlist = ECDHE+AESGCM\n".to_owned()),
        ("redis.conf", "tls-ciphers ECDHE+AESGCM\ntls-protocols TLSv1.3\ntls-protocols \"\"\n".to_owned()),
        ("nginx.conf", format!("{nginx}ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:\0;\n")),
        ("10-ssl.conf", "ssl = yes\nssl_min_protocol = TLSv9\nssl_cipher_list = ECDHE+AESGCM\n".to_owned()),
    ] {
        assert_eq!(verdict(name, &text), Value::Null, "{text}");
    }
}

#[test]
fn a_string_that_is_fine_in_other_versions_of_openssl_has_a_line_for_each() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, "server {\n    ssl_ciphers ECDHE+AESGCM;\n}\n").unwrap();
    let file = path.to_str().unwrap();
    let output = run([
        "ciphers",
        "--server",
        file,
        "--openssl",
        "4.0",
        "--openssl",
        "3.5",
    ]);
    assert_eq!(output.code, Some(0), "{output:?}");
    for version in ["3.5", "4.0"] {
        let line = format!("{file}:2: with OpenSSL {version}: ");
        assert!(output.stdout.contains(&line), "{output:?}");
    }
}

#[test]
fn the_correction_of_a_file_lists_every_suite_before_and_after() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, "server {\n    ssl_ciphers HIGH:!aNULL;\n}\n").unwrap();
    let output = run(["ciphers", "--fix", "--server", path.to_str().unwrap()]);
    for label in ["before", "after"] {
        let mut lines = output.stdout.lines().map(str::trim);
        let line = lines.find(|line| line.starts_with(label)).unwrap();
        let (count, names) = line.split_once(" suites: ").unwrap();
        let count: usize = count.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(names.split(' ').count(), count, "{line}");
        assert!(count > 4, "{line}");
    }
}

#[test]
fn a_source_file_whose_only_value_is_not_in_the_file_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.py");
    std::fs::write(&path, "ctx.set_ciphers(os.getenv('CIPHERS'))\n").unwrap();
    let file = path.to_str().unwrap();
    for policy in ["mozilla-modern", "rfc9325", "fips-140-3"] {
        let output = run(["ciphers", "--server", file, "--policy", policy]);
        assert_eq!(output.stderr, "", "{output:?}");
        assert_eq!(output.code, Some(1), "{output:?}");
        let has = |text: &str| output.stdout.contains(text);
        assert!(has("`set_ciphers` was not read"), "{output:?}");
        assert!(
            has("unknown: the values of the settings were not read"),
            "{output:?}"
        );
        assert!(!has("conforms to"), "{output:?}");
    }
}

#[test]
fn suites_that_this_openssl_does_not_have_are_compared_with_a_policy() {
    let dir = tempfile::tempdir().unwrap();
    let rules_file = dir.path().join("ours.toml");
    let rules = "versions = ['TLSv1.2', 'TLSv1.3']\nforbid = ['rc4', 'export', 'small-block', 'no-encryption']\n";
    let text = format!("name = 'ours'\nversion = '1'\nsource = 'here'\n[[rule]]\n{rules}");
    std::fs::write(&rules_file, text).unwrap();
    let config = dir.path().join("nginx.conf");
    for (string, newer, verdict, found) in [
        ("ECDHE+AESGCM", "", Value::Bool(true), vec![]),
        (
            "ECDHE+AESGCM:RC4-SHA:EXP-RC4-MD5:DES-CBC3-SHA",
            "",
            Value::Bool(false),
            vec!["RC4-SHA is forbidden", "EXP-RC4-MD5 is", "DES-CBC3-SHA is"],
        ),
        (
            "ECDHE+AESGCM:RC4-SHA:DES-CBC3-SHA:!RC4:!3DES",
            "",
            Value::Bool(true),
            vec![],
        ),
        (
            "EXP-RC4-MD5",
            "",
            Value::Bool(false),
            vec!["EXP-RC4-MD5 is forbidden"],
        ),
        ("ECDHE+AESGCM:QUANTUM", "", Value::Null, vec![]),
        (
            "ECDHE+AESGCM:TLS_AES_128_GCM_SHA256",
            "",
            Value::Bool(true),
            vec![],
        ),
        (
            "ECDHE+AESGCM",
            "TLS_AES_128_GCM_SHA256:TLS_SHA256_SHA256",
            Value::Bool(false),
            vec!["TLS_SHA256_SHA256 is forbidden"],
        ),
        (
            "ECDHE+AESGCM",
            "TLS_AES_128_GCM_SHA256:TLS_SM4_GCM_SM3",
            Value::Bool(true),
            vec![],
        ),
        (
            "ECDHE+AESGCM",
            "TLS_AES_128_GCM_SHA256:TLS_QUANTUM",
            Value::Null,
            vec![],
        ),
    ] {
        let newer_line = match newer {
            "" => String::new(),
            newer => format!("ssl_conf_command Ciphersuites {newer};"),
        };
        let server = format!("ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {string}; {newer_line}");
        std::fs::write(&config, format!("server {{ {server} }}\n")).unwrap();
        let mut reports = Vec::new();
        for openssl in [&[][..], &["--openssl", "1.1.1"]] {
            let args = ["ciphers", "--json", "--policy", path(&rules_file)];
            let file = ["--server", path(&config)];
            let output = run(args.iter().chain(&file).chain(openssl));
            let value: Value = serde_json::from_str(&output.stdout).unwrap();
            reports.push(value["files"][0]["servers"][0]["policy"].clone());
            if newer.is_empty() && string != "EXP-RC4-MD5" {
                let versions = ["--min", "TLSv1.2", "--max", "TLSv1.3"];
                let output = run(args.iter().chain(&[string]).chain(&versions).chain(openssl));
                let value: Value = serde_json::from_str(&output.stdout).unwrap();
                reports.push(value["policy"].clone());
            }
        }
        for report in reports {
            assert_eq!(report["conforms"], verdict, "{string} {newer}: {report}");
            let violations = report["violations"].to_string();
            for text in &found {
                assert!(violations.contains(text), "{string} {newer}: {report}");
            }
        }
    }
}
