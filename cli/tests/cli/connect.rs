//! `pyssl connect`, against the servers of the `testing` crate.

use std::time::{Duration, Instant};

use pyssl_testing::openssl::ssl::SslVersion;
use pyssl_testing::server::HangUp;
use pyssl_testing::{Ca, EchoServer, Files, Scripted, ServerConfig, closed_port, skipped};

use crate::support::{Killed, PATIENCE, Server, World, brief, path, pyssl, run, run_command};

/// The line for a rejected certificate, with OpenSSL's code and text.
fn unverified(why: &str) -> String {
    format!("ERR SSLCertVerificationError SSL CERTIFICATE_VERIFY_FAILED {why}")
}

fn target(port: u16) -> String {
    format!("localhost:{port}")
}

#[test]
fn brief_prints_one_line_on_success() {
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let server = EchoServer::start(&ca.issue("localhost"));
    let (line, code) = brief(&target(server.port()), &["--cafile", path(&files.ca)]);
    assert_eq!(line, "OK TLSv1.3 TLS_AES_256_GCM_SHA384");
    assert_eq!(code, Some(0));

    let args = [
        "--cafile",
        path(&files.ca),
        "--max",
        "1.2",
        "--ciphers",
        "ECDHE+CHACHA20",
    ];
    let (line, code) = brief(&target(server.port()), &args);
    assert_eq!(line, "OK TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305");
    assert_eq!(code, Some(0));
}

#[test]
fn brief_prints_one_line_for_each_failure() {
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let cafile = path(&files.ca);
    let server = EchoServer::start(&ca.issue("localhost"));
    let expired = EchoServer::start(&ca.builder().san("localhost").expired().build());
    let only_12 = ServerConfig::new(&ca.issue("localhost")).only_version(SslVersion::TLS1_2);
    let only_12 = EchoServer::start(only_12);
    let http = Scripted::speaks_http();
    let closes = Scripted::closes_after(10);
    let resets = Scripted::resets_after(10);
    let silent = Scripted::never_answers();
    let refused = closed_port();
    let unknown_issuer = unverified("20 unable to get local issuer certificate");
    let has_expired = unverified("10 certificate has expired");
    let mismatch = "62 Hostname mismatch, certificate is not valid for 'other.example'.";
    let mismatch = unverified(mismatch);

    for (port, args, expected) in [
        (
            server.port(),
            vec!["--cafile", cafile, "--server-name", "other.example"],
            mismatch.as_str(),
        ),
        (server.port(), vec![], &unknown_issuer),
        (expired.port(), vec!["--cafile", cafile], &has_expired),
        (
            only_12.port(),
            vec!["--cafile", cafile, "--min", "1.3"],
            "ERR SSLError SSL TLSV1_ALERT_PROTOCOL_VERSION",
        ),
        (http.port(), vec![], "ERR SSLError SSL WRONG_VERSION_NUMBER"),
        (
            closes.port(),
            vec![],
            "ERR SSLEOFError SSL UNEXPECTED_EOF_WHILE_READING",
        ),
        (resets.port(), vec![], "ERR ConnectionResetError - -"),
        (
            silent.port(),
            vec!["--timeout", "0.3"],
            "ERR TimeoutError - -",
        ),
        (refused.port(), vec![], "ERR ConnectionRefusedError - -"),
    ] {
        let (line, code) = brief(&target(port), &args);
        // OpenSSL 3.2 and later have another reason for an answer in plain HTTP.
        let line = line.replace("PACKET_LENGTH_TOO_LONG", "WRONG_VERSION_NUMBER");
        assert_eq!((line.as_str(), code), (expected, Some(1)), "{args:?}");
    }
}

#[test]
fn connect_ends_when_the_time_out_has_passed() {
    let silent = Scripted::never_answers();
    let start = Instant::now();
    let (line, _) = brief(&target(silent.port()), &["--timeout", "0.5"]);
    assert_eq!(line, "ERR TimeoutError - -");
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert!(start.elapsed() < PATIENCE / 4);
}

#[test]
fn connect_does_not_wait_for_the_time_out_after_a_handshake() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    let config = ServerConfig::new(&leaf).configure(|context| {
        context.set_num_tickets(0).unwrap();
    });
    let server = EchoServer::start(config);
    // If the command waited for the time-out, the test would take an hour.
    let args = ["--cafile", world.cafile(), "--timeout", "3600"];
    let (line, code) = brief(&target(server.port()), &args);
    assert_eq!(
        (line.as_str(), code),
        ("OK TLSv1.3 TLS_AES_256_GCM_SHA384", Some(0))
    );
}

#[test]
fn no_verify_prints_a_warning() {
    let server = EchoServer::start(&Ca::new().issue("other.example"));
    let output = run(["connect", &target(server.port()), "--no-verify"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stderr.contains("warning: --no-verify"));
    assert!(output.stdout.contains("verification  not done"));
    assert!(output.stdout.contains("names         DNS:other.example"));
    assert!(!output.stdout.contains("Chain that was verified"));
}

#[test]
fn the_report_shows_the_verified_chain() {
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let server = EchoServer::start(&ca.intermediate().issue("localhost"));
    let output = run([
        "connect",
        &target(server.port()),
        "--cafile",
        path(&files.ca),
    ]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stderr, "");
    for part in [
        "protocol      TLSv1.3",
        "cipher        TLS_AES_256_GCM_SHA384 (256 bits)",
        "verification  passed: trusted by ",
        "names         DNS:localhost",
        "days left)",
        "SHA-256       ",
        "Chain that the server sent\n  0 OU=Test certificate,O=pyssl testing\n  1 ",
        "Chain that was verified\n  0 OU=Test certificate,O=pyssl testing\n  1 ",
    ] {
        assert!(output.stdout.contains(part), "{part}\n{}", output.stdout);
    }
    assert!(!output.stdout.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn the_report_explains_a_verification_failure_and_gives_a_hint() {
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let cafile = path(&files.ca);
    let report = |leaf: &pyssl_testing::Leaf, args: &[&str]| {
        let server = EchoServer::start(leaf);
        let output = run(["connect", &target(server.port())].iter().chain(args));
        assert_eq!(output.code, Some(1), "{output:?}");
        // The report also shows a rejected certificate.
        assert!(
            output.stdout.contains("\nCertificate\n  subject"),
            "{output:?}"
        );
        output.stdout
    };

    let other = report(
        &ca.issue_for(&["other.example", "::1"]),
        &["--cafile", cafile],
    );
    assert!(
        other.contains("verification  failed: Hostname mismatch"),
        "{other}"
    );
    assert!(other.contains("(code 62)"), "{other}");
    assert!(other.contains("It is for other.example, ::1."), "{other}");

    let unknown = report(&ca.issue("localhost"), &[]);
    assert!(
        unknown.contains("(code 20)") && unknown.contains("--cafile"),
        "{unknown}"
    );

    let expired = ca.builder().san("localhost").expired().build();
    let expired = report(&expired, &["--cafile", cafile]);
    assert!(
        expired.contains("(code 10)") && expired.contains("(expired)"),
        "{expired}"
    );

    let loose = ca.builder().san("localhost").without_aki().build();
    let loose = report(&loose, &["--cafile", cafile]);
    assert!(loose.contains("VERIFY_X509_STRICT"), "{loose}");
}

#[test]
fn json_contains_every_field_of_the_report() {
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let config = ServerConfig::new(&ca.issue("localhost")).alpn(&["http/1.1"]);
    let server = EchoServer::start(config);
    let target = target(server.port());
    let args = [
        "connect",
        &target,
        "--json",
        "--alpn",
        "h2,http/1.1",
        "--cafile",
        path(&files.ca),
    ];
    let output = run(args);
    assert_eq!(output.code, Some(0), "{output:?}");
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["ok"], true);
    assert_eq!(json["version"], "TLSv1.3");
    assert_eq!(json["cipher"]["name"], "TLS_AES_256_GCM_SHA384");
    assert_eq!(json["alpn"], "http/1.1");
    assert_eq!(json["verification"]["ok"], true);
    assert_eq!(json["verified_chain"].as_array().unwrap().len(), 2);
    assert_eq!(
        json["chain"][0]["info"]["subjectAltName"][0][1],
        "localhost"
    );
    assert_eq!(json["error"], serde_json::Value::Null);
    assert_eq!(json["stage"], "done");

    let output = run(["connect", &target, "--json"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["ok"], false);
    assert_eq!(json["stage"], "handshake");
    assert_eq!(json["verification"]["ok"], false);
    assert_eq!(json["verification"]["code"], 20);
    assert_eq!(json["error"]["class"], "SSLCertVerificationError");
    assert_eq!(json["error"]["reason"], "CERTIFICATE_VERIFY_FAILED");
    assert_eq!(json["chain"].as_array().unwrap().len(), 1);
}

#[test]
fn capath_reads_a_hashed_directory() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let directory = tempfile::tempdir().unwrap();
    ca.write_hashed(directory.path());
    let args = ["--capath", path(directory.path())];
    let (line, code) = brief(&target(server.port()), &args);
    assert_eq!(
        (line.as_str(), code),
        ("OK TLSv1.3 TLS_AES_256_GCM_SHA384", Some(0))
    );
}

#[test]
fn a_tls13_server_that_requires_a_client_certificate_is_reported() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    let server = EchoServer::start(ServerConfig::new(&leaf).require_client_cert(&world.ca));
    let target = target(server.port());
    let (line, code) = brief(&target, &["--cafile", world.cafile()]);
    assert_eq!(line, "ERR SSLError SSL TLSV13_ALERT_CERTIFICATE_REQUIRED");
    assert_eq!(code, Some(1));

    let client = path(&world.client.combined);
    let (line, code) = brief(&target, &["--cafile", world.cafile(), "--cert", client]);
    assert_eq!(
        (line.as_str(), code),
        ("OK TLSv1.3 TLS_AES_256_GCM_SHA384", Some(0))
    );

    let stranger = Files::localhost();
    let stranger = path(&stranger.combined);
    let (line, code) = brief(&target, &["--cafile", world.cafile(), "--cert", stranger]);
    assert_eq!(line, "ERR SSLError SSL TLSV1_ALERT_UNKNOWN_CA");
    assert_eq!(code, Some(1));

    let report = run(["connect", &target, "--cafile", world.cafile()]);
    assert!(report.stdout.starts_with("refused after the handshake by "));
    assert!(report.stdout.contains("--cert and --key"), "{report:?}");
}

#[test]
fn a_connection_that_is_closed_after_the_handshake_is_reported() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    for tickets in [0, 2] {
        for version in ["1.2", "1.3"] {
            for (hang_up, expected) in [
                (
                    HangUp::Abruptly,
                    "ERR SSLEOFError SSL UNEXPECTED_EOF_WHILE_READING",
                ),
                (HangUp::Reset, "ERR ConnectionResetError - -"),
                (HangUp::CloseNotify, "OK TLSv1."),
            ] {
                let config = ServerConfig::new(&leaf).hang_up_after(0, hang_up);
                let config = config.configure(move |context| {
                    context.set_num_tickets(tickets).unwrap();
                });
                let server = EchoServer::start(config);
                let target = target(server.port());
                let args = ["--cafile", world.cafile(), "--max", version];
                let (line, code) = brief(&target, &args);
                let what = format!("{hang_up:?}, {version}, {tickets} tickets: {line}");
                let failed = hang_up != HangUp::CloseNotify;
                assert!(line.starts_with(expected), "{what}");
                assert_eq!(code, Some(i32::from(failed)), "{what}");

                let report = run(["connect", &target].iter().chain(&args)).stdout;
                if cfg!(windows) && report.starts_with("the handshake failed") {
                    // On Windows, a reset discards data that was not read: here, the end of the handshake.
                    assert_eq!(hang_up, HangUp::Reset, "{report}");
                    continue;
                }
                let told = match hang_up {
                    HangUp::CloseNotify => "the server closed the connection at once",
                    _ => "the connection broke right after the handshake with",
                };
                assert!(report.contains(told), "{what}\n{report}");
                // The handshake succeeded, and the report shows it.
                assert!(report.contains("verification  passed"), "{what}\n{report}");
                assert_eq!(
                    report.contains("without an alert"),
                    failed,
                    "{what}\n{report}"
                );
            }
        }
    }
}

#[test]
fn connect_accepts_a_url() {
    let world = World::new();
    let server = EchoServer::start(&world.ca.issue("localhost"));
    let authority = target(server.port());
    for url in [
        format!("https://{authority}"),
        format!("HTTPS://user:p%40ss@{authority}/path?query#fragment"),
        format!("imaps://{authority}/"),
        format!("https://LOCALHOST:{}/", server.port()),
    ] {
        let (line, code) = brief(&url, &["--cafile", world.cafile()]);
        assert_eq!(
            (line.as_str(), code),
            ("OK TLSv1.3 TLS_AES_256_GCM_SHA384", Some(0)),
            "{url}"
        );
    }
    let scan = run(["scan", &format!("https://{authority}/"), "--rate", "10000"]);
    assert_eq!(scan.code, Some(0), "{scan:?}");
}

#[test]
fn an_invalid_time_out_is_a_usage_error() {
    for (timeout, text) in [
        ("1e300", "at most 9223372036"),
        ("inf", "at most 9223372036"),
        ("-1", "more than 0"),
        ("0", "more than 0"),
        ("nan", "a number"),
        ("soon", "a number of seconds"),
    ] {
        for command in ["connect", "scan"] {
            let output = run([command, "127.0.0.1:1", "--timeout", timeout]);
            assert_eq!(output.code, Some(2), "{output:?}");
            assert!(output.stderr.contains(text), "{output:?}");
        }
    }
}

#[test]
fn the_error_names_a_key_log_that_cannot_be_opened() {
    let files = Files::localhost();
    for args in [
        vec!["connect", "127.0.0.1:1"],
        vec!["connect", "127.0.0.1:1", "--no-verify"],
        vec!["connect", "127.0.0.1:1", "--cafile", path(&files.ca)],
        vec!["serve", "127.0.0.1:0", "--cert", path(&files.combined)],
        vec!["audit", "--client"],
        vec!["demo"],
    ] {
        let mut command = pyssl();
        command
            .args(&args)
            .env("SSLKEYLOGFILE", "/nonexistent/keys");
        let output = run_command(&mut command);
        assert_eq!(output.code, Some(2), "{output:?}");
        let stderr = output.stderr.lines().last().unwrap();
        assert_eq!(
            stderr,
            "pyssl: cannot open the key log of SSLKEYLOGFILE: [Errno 2] No such file or \
             directory: '/nonexistent/keys'",
            "{args:?}"
        );
    }
}

/// A link-local address of this machine.
fn link_local() -> Option<String> {
    let interfaces = std::fs::read_to_string("/proc/net/if_inet6").ok()?;
    interfaces.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let digits = fields.next()?;
        let name = fields.last()?;
        let groups: Vec<_> = (0..8).map(|n| digits.get(4 * n..4 * n + 4)).collect();
        let groups: Option<Vec<_>> = groups.into_iter().collect();
        digits
            .starts_with("fe80")
            .then_some(format!("{}%{name}", groups?.join(":")))
    })
}

#[test]
fn a_link_local_address_keeps_its_scope() {
    let Some(address) = link_local() else {
        skipped("this machine has no link-local address");
        return;
    };
    let world = World::new();
    let plain = address.split('%').next().unwrap();
    let files = Files::new(&world.ca, &world.ca.issue(plain));
    let server = Server::start_on(&format!("[{address}]:0"), ["--cert", path(&files.combined)]);
    let url = format!(
        "https://[{}]:{}/",
        address.replace('%', "%25"),
        server.port()
    );
    for target in [format!("[{address}]:{}", server.port()), url] {
        // The certificate contains the address without the scope.
        let (line, code) = brief(&target, &["--cafile", world.cafile()]);
        assert_eq!(
            (line.as_str(), code),
            ("OK TLSv1.3 TLS_AES_256_GCM_SHA384", Some(0)),
            "{target}"
        );
    }
}

#[test]
fn local_failures_have_exit_code_2() {
    let files = Files::localhost();
    let garbage = files.write("garbage.pem", "no certificate");
    for (args, class, text) in [
        (
            vec!["--cafile", "/nonexistent"],
            "FileNotFoundError",
            "/nonexistent",
        ),
        (
            vec!["--capath", "/nonexistent"],
            "FileNotFoundError",
            "/nonexistent",
        ),
        (vec!["--cafile", path(&garbage)], "SSLError", "garbage.pem"),
        (
            vec!["--cert", "/nonexistent"],
            "FileNotFoundError",
            "/nonexistent",
        ),
        (
            vec!["--cert", path(&files.cert)],
            "SSLError",
            "cert.pem (which has no PEM private key)",
        ),
        (
            vec!["--cert", path(&files.cert), "--key", "/none"],
            "FileNotFoundError",
            "/none",
        ),
        (
            vec!["--ciphers", "NO-SUCH-CIPHER"],
            "SSLError",
            "NO-SUCH-CIPHER",
        ),
        (vec!["--alpn", ","], "SSLError", "--alpn"),
    ] {
        let output = run(["connect", "127.0.0.1:1", "--brief"].iter().chain(&args));
        assert_eq!(output.code, Some(2), "{output:?}");
        assert!(
            output.stdout.starts_with(&format!("ERR {class} ")),
            "{output:?}"
        );
        assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        assert!(output.stderr.contains(text), "{output:?}");

        let output = run(["connect", "127.0.0.1:1", "--json"].iter().chain(&args));
        assert_eq!(output.code, Some(2), "{output:?}");
        let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(
            (&json["stage"], &json["error"]["class"]),
            (&"setup".into(), &class.into())
        );
    }
}

#[test]
fn invalid_names_have_exit_code_2() {
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    for (name, class) in [("", "ValueError"), (".example.org", "UnicodeError")] {
        let (line, code) = brief(&target(server.port()), &["--server-name", name]);
        assert_eq!(
            (line, code),
            (format!("ERR {class} - -"), Some(2)),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_host_is_a_failure() {
    let output = run(["connect", "no-such-host.invalid:443", "--brief"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stdout.starts_with("ERR ") && output.stdout.ends_with(" - -\n"));
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    let server = EchoServer::start(ServerConfig::new(&leaf).require_client_cert(&world.ca));
    let target = target(server.port());
    let cert = path(&world.client.cert);
    let key = path(&world.client.encrypted_key);
    let password = world.client.write("password", "somepass\n");
    let common = ["--cafile", world.cafile(), "--cert", cert, "--key", key];
    let with = |more: &[&str]| {
        run(["connect", &target, "--brief"]
            .iter()
            .chain(&common)
            .chain(more))
    };

    for more in [
        ["--password", "somepass"],
        ["--password-file", path(&password)],
    ] {
        let output = with(&more);
        assert_eq!(
            output.stdout, "OK TLSv1.3 TLS_AES_256_GCM_SHA384\n",
            "{output:?}"
        );
    }
    let output = with(&["--password", "wrong"]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stdout.starts_with("ERR SSLError "), "{output:?}");
    let output = with(&[]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("--password-file"), "{output:?}");
}

// Not on Windows: the test makes the pipe with a function that only Unix has.
#[cfg(unix)]
#[test]
fn a_closed_stdout_does_not_change_the_exit_code() {
    let refused = closed_port();
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let server = EchoServer::start(&ca.issue("localhost"));
    for (port, expected) in [(refused.port(), Some(1)), (server.port(), Some(0))] {
        let (reader, writer) = crate::support::pipe();
        drop(reader);
        let child = pyssl()
            .args(["connect", &target(port), "--cafile", path(&files.ca)])
            .stdout(writer)
            .spawn();
        assert_eq!(Killed(child.unwrap()).wait(), expected);
    }
}
