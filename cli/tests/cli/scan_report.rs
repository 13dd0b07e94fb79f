//! The report of `pyssl scan` apart from suites and groups: certificates, settings, clients,
//! several servers, and the layout.

use pyssl_testing::openssl::ssl::{SslOptions, SslRef, SslSessionCacheMode, SslVersion};
use pyssl_testing::pki::KeyKind;
use pyssl_testing::pki::ocsp::{malformed, try_later};
use pyssl_testing::{Ca, ClientConfig, EchoServer, Files, Scripted, ServerConfig, closed_port};
use serde_json::Value;

use crate::scan::{json, scan, unfolded};
use crate::support::{World, path, run};

fn messages(findings: &Value) -> String {
    let all = findings.as_array().unwrap().iter();
    let all = all.map(|f| format!("{}: {}", f["severity"], f["message"]));
    all.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_trusted_chain_has_no_findings() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    let server = EchoServer::start(ServerConfig::new(&leaf).only_version(SslVersion::TLS1_3));
    let (found, code) = json(server.addr(), &["--cafile", world.cafile()]);
    assert_eq!(code, Some(0));
    assert_eq!(found["findings"], serde_json::json!([]), "{found}");
    let certificate = &found["certificates"][0];
    assert_eq!(certificate["trusted"], true, "{certificate}");
    assert_eq!(certificate["valid_for_name"], true);
    assert_eq!(certificate["must_staple"], false);
    assert_eq!(certificate["stapled"]["status"], "no");
    let days = certificate["days_left"].as_i64().unwrap();
    assert!((1..=400).contains(&days), "{days}");
}

#[test]
fn scan_finds_faulty_certificates_in_tls_1_2_and_1_3() {
    let ca = Ca::new();
    let leaf = || ca.builder().san("localhost");
    let cases = [
        (leaf().expired().build(), "the certificate has expired"),
        (leaf().not_yet_valid().build(), "is not valid yet"),
        (ca.issue("other.example"), "is not valid for localhost"),
    ];
    for (leaf, text) in &cases {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let server = EchoServer::start(ServerConfig::new(leaf).only_version(version));
            let (found, code) = json(
                server.addr(),
                &["--cafile", path(&Files::new(&ca, leaf).ca)],
            );
            assert_eq!(code, Some(0), "{found}");
            let messages = messages(&found["findings"]);
            assert!(messages.contains(text), "{version:?}: {messages}");
            assert_eq!(messages.matches("\"error\"").count(), 1, "{messages}");
        }
    }
    // The extension of this certificate demands a stapled OCSP response.
    let must_staple = leaf().extension("1.3.6.1.5.5.7.1.24", false, &[0x30, 3, 2, 1, 5]);
    let leaf = must_staple.build();
    let server = EchoServer::start(&leaf);
    let (found, _) = json(
        server.addr(),
        &["--cafile", path(&Files::new(&ca, &leaf).ca)],
    );
    assert_eq!(found["certificates"][0]["must_staple"], true);
    let messages_found = messages(&found["findings"]);
    assert!(
        messages_found.contains("the server sends none"),
        "{messages_found}"
    );
    // `--cafile` names another authority, so the chain is not trusted.
    let server = EchoServer::start(&ca.issue("localhost"));
    let (found, _) = json(server.addr(), &["--cafile", World::new().cafile()]);
    let messages = messages(&found["findings"]);
    assert!(
        messages.contains("not trusted: unable to get local issuer"),
        "{messages}"
    );
    assert_eq!(found["certificates"][0]["trusted"], false);
    assert_eq!(found["certificates"][0]["verify_code"], 20);
}

#[test]
fn wrong_order_and_superfluous_certificates_are_reported() {
    let ca = Ca::new();
    let (lower, other) = (ca.intermediate().intermediate(), Ca::new());
    let leaf = lower.issue("localhost");
    let sent = leaf.intermediates().to_vec();
    assert_eq!(sent.len(), 2);
    let [first, second] = [sent[0].clone(), sent[1].clone()];
    let root = ca.cert().clone();
    let cafile = Files::new(&ca, &leaf);
    for (chain, text) in [
        (vec![first.clone(), second.clone()], ""),
        (
            vec![second.clone(), first.clone()],
            "not in the order of the chain",
        ),
        (
            vec![first.clone(), second.clone(), root],
            "the root was sent",
        ),
        (
            vec![first.clone(), second, other.cert().clone()],
            "a superfluous certificate was sent",
        ),
        (vec![first], "not trusted"),
    ] {
        let server = EchoServer::start(&leaf.clone().with_intermediates(&chain));
        let (found, _) = json(server.addr(), &["--cafile", path(&cafile.ca)]);
        let messages = messages(&found["certificates"][0]["findings"]);
        assert!(messages.contains(text), "{text}: {messages}");
        assert_eq!(
            messages.lines().count(),
            usize::from(!text.is_empty()),
            "{messages}"
        );
    }
}

#[test]
fn every_certificate_of_a_chain_is_compared_with_a_policy_except_its_root() {
    let root = Ca::root_builder().sha1().key(KeyKind::Rsa1024).build_ca();
    let good = root.builder().build_ca();
    let weak = root.builder().key(KeyKind::Rsa1024).build_ca();
    let sha1 = root.builder().sha1().build_ca();
    for (ca, text) in [
        (&good, ""),
        (&weak, "an RSA key has 1024 bits"),
        (&sha1, "an intermediate certificate is signed with"),
    ] {
        let leaf = ca.issue("localhost");
        let mut sent = leaf.intermediates().to_vec();
        sent.push(root.cert().clone());
        let leaf = leaf.with_intermediates(&sent);
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let config = ServerConfig::new(&leaf).ciphers("ECDHE+AESGCM:@SECLEVEL=0");
            let server = EchoServer::start(config.only_version(version));
            for policy in ["rfc9325", "pci-dss", "mozilla-intermediate"] {
                let (found, _) = json(server.addr(), &["--policy", policy]);
                let violations = found["policy"]["violations"].to_string();
                let is_found = violations.contains("an RSA key has 1024 bits")
                    || violations.contains("an intermediate certificate is signed with");
                assert_eq!(is_found, !text.is_empty(), "{policy}: {violations}");
                assert!(violations.contains(text), "{policy}: {violations}");
            }
        }
    }
}

#[test]
fn scan_judges_stapled_ocsp_responses_in_tls_1_2_and_1_3() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let other = ca.issue("localhost");
    // From OpenSSL 3.6 on, the test's server sends only responses that it can decode and that are for its
    // certificate.
    let unusable: &[&str] = match openssl::version::number() {
        0x3060_0000.. => &["invalid", "no"],
        _ => &["invalid"],
    };
    let responses: [(Vec<u8>, &[&str]); 7] = [
        (ca.ocsp(&leaf).build(), &["good"]),
        (ca.ocsp(&leaf).sha256().revoked().build(), &["revoked"]),
        (
            ca.ocsp(&leaf).signed_by(&ca.ocsp_responder()).build(),
            &["good"],
        ),
        (ca.ocsp(&other).build(), unusable),
        (Ca::new().ocsp(&leaf).build(), unusable),
        (try_later(), unusable),
        (malformed(), unusable),
    ];
    for (number, (response, status)) in responses.into_iter().enumerate() {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let response = response.clone();
            let config = ServerConfig::new(&leaf).only_version(version);
            let server = EchoServer::start(config.configure(move |context| {
                let response = response.clone();
                let callback =
                    move |ssl: &mut SslRef| ssl.set_ocsp_status(&response).map(|()| true);
                context.set_status_callback(callback).unwrap();
            }));
            let (found, _) = json(server.addr(), &["--cafile", path(&files.ca)]);
            let stapled = &found["certificates"][0]["stapled"];
            let found = stapled["status"].as_str().unwrap();
            assert!(status.contains(&found), "{number} {version:?}: {stapled}");
        }
    }
}

#[test]
fn scan_finds_alpn_resumption_and_renegotiation_settings() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    let with_alpn = || ServerConfig::new(&leaf).alpn(&["http/1.1", "h2"]);
    let server = EchoServer::start(with_alpn());
    let (found, _) = json(server.addr(), &[]);
    let features = &found["features"];
    assert_eq!(
        features["alpn"],
        serde_json::json!(["http/1.1", "h2"]),
        "{features}"
    );
    for (name, wanted) in [
        ("extended_master_secret", true),
        ("secure_renegotiation", true),
        ("compression", false),
        ("resumption_by_id", true),
        ("resumption_by_ticket", true),
        ("resumption_tls13", true),
    ] {
        assert_eq!(features[name], wanted, "{name}: {features}");
    }
    // This server has only TLS 1.3, which encrypts the server's ALPN extension.
    let server = EchoServer::start(with_alpn().only_version(SslVersion::TLS1_3));
    let (found, _) = json(server.addr(), &[]);
    let features = &found["features"];
    assert_eq!(
        features["alpn"],
        serde_json::json!(["http/1.1", "h2"]),
        "{features}"
    );
    assert_eq!(features["compression"], Value::Null, "{features}");
    // This server has neither session tickets nor a session cache.
    let config = with_alpn()
        .only_version(SslVersion::TLS1_2)
        .configure(|context| {
            context.set_options(SslOptions::NO_TICKET);
            context.set_session_cache_mode(SslSessionCacheMode::OFF);
        });
    let (found, _) = json(EchoServer::start(config).addr(), &[]);
    let features = &found["features"];
    assert_eq!(features["resumption_by_id"], false, "{features}");
    assert_eq!(features["resumption_by_ticket"], false, "{features}");
}

#[test]
fn scan_names_the_accepted_client_authorities_in_tls_1_2_and_1_3() {
    let world = World::new();
    let leaf = world.ca.issue("localhost");
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let config = || ServerConfig::new(&leaf).only_version(version);
        let requiring = config().require_client_cert(&world.ca);
        let requesting = config().request_client_cert(&world.ca);
        for (config, required) in [(requiring, true), (requesting, false)] {
            let server = EchoServer::start(config);
            let (found, code) = json(server.addr(), &[]);
            assert_eq!(code, Some(0));
            let client = &found["client_certificate"];
            assert_eq!(
                (&client["requested"], &client["required"]),
                (&true.into(), &required.into()),
                "{version:?}: {client}"
            );
            let authorities = client["authorities"].as_array().unwrap();
            assert_eq!(authorities.len(), 1, "{client}");
            let name = authorities[0].as_str().unwrap();
            assert!(name.contains("CN=Test CA"), "{client}");
        }
        let server = EchoServer::start(ServerConfig::new(&leaf).only_version(version));
        let (found, _) = json(server.addr(), &[]);
        assert_eq!(found["client_certificate"]["requested"], false);
        assert_eq!(found["client_certificate"]["required"], false);
    }
}

/// A client whose security level is too high for the key of the server.
#[test]
fn the_security_level_of_a_simulated_client_is_applied() {
    let ca = Ca::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clients.toml");
    let profile = |level: u32| {
        let text = format!(
            "[[profile]]\nname = \"own\"\nsource = \"test\"\nversions = [\"TLSv1.2\", \"TLSv1.3\"]\n\
             ciphers = [\"TLS_AES_128_GCM_SHA256\", \"ECDHE-RSA-AES128-GCM-SHA256\"]\n\
             groups = [\"prime256v1\"]\nlevel = {level}\n"
        );
        std::fs::write(&file, text).unwrap();
        format!("--profiles={}", path(&file))
    };
    let leaf = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = EchoServer::start(ServerConfig::new(&leaf).only_version(version));
        // A key of 2048 bits has the 112 bits of security that level 2 demands, and not the 128
        // of level 3.
        let (found, code) = json(server.addr(), &[&profile(2)]);
        assert_eq!(code, Some(0), "{found}");
        let output = scan(server.addr(), &[&profile(3)]);
        assert_eq!(output.code, Some(1), "{output:?}");
        let text = "its security level 3 rejects the server's key with 2048 bits";
        assert!(unfolded(&output).contains(text), "{output:?}");
    }
}

/// Chains with a weak part: keys and signatures of the server and of an intermediate.
#[test]
fn a_simulated_client_accepts_what_openssl_accepts_at_its_security_level() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clients.toml");
    let clients: String = (0..=4).map(|level| {
        format!(
            "[[profile]]\nname = \"level-{level}\"\nsource = \"test\"\nversions = [\"TLSv1\", \"TLSv1.1\", \"TLSv1.2\", \"TLSv1.3\"]\n\
             ciphers = [\"TLS_AES_256_GCM_SHA384\", \"TLS_AES_128_GCM_SHA256\", \"ECDHE-RSA-AES256-GCM-SHA384\", \
             \"ECDHE-ECDSA-AES256-GCM-SHA384\", \"ECDHE-RSA-AES128-GCM-SHA256\", \"ECDHE-RSA-AES128-SHA\", \"ECDHE-ECDSA-AES128-SHA\", \"AES128-SHA\"]\n\
             groups = [\"prime256v1\", \"secp384r1\"]\nlevel = {level}\n"
        )
    }).collect();
    std::fs::write(&file, clients).unwrap();
    let profiles = format!("--profiles={}", path(&file));
    let root = Ca::new();
    let intermediate = root.builder().key(KeyKind::Rsa1024).build_ca();
    let sha1 = root.builder().sha1().build_ca();
    let rsa = |ca: &Ca, kind| ca.builder().san("localhost").key(kind).build();
    let leaves = [
        ("P-256", rsa(&root, KeyKind::EcP256)),
        ("P-384", rsa(&root, KeyKind::EcP384)),
        ("RSA 2048", rsa(&root, KeyKind::Rsa2048)),
        ("RSA 1024", rsa(&root, KeyKind::Rsa1024)),
        ("SHA-1", root.builder().san("localhost").sha1().build()),
        (
            "an intermediate with RSA 1024",
            rsa(&intermediate, KeyKind::EcP256),
        ),
        ("an intermediate with SHA-1", rsa(&sha1, KeyKind::EcP256)),
    ];
    for (what, leaf) in &leaves {
        // OpenSSL 3.0 turns off TLS 1.0 at level 3 and TLS 1.1 at level 4. Before TLS 1.2, it rejects signed key exchanges
        // from level 1 on.
        for (version, ciphers) in [
            (SslVersion::TLS1, "ALL:@SECLEVEL=0"),
            (SslVersion::TLS1, "kRSA:@SECLEVEL=0"),
            (SslVersion::TLS1_1, "ALL:@SECLEVEL=0"),
            (SslVersion::TLS1_1, "kRSA:@SECLEVEL=0"),
            (SslVersion::TLS1_2, "ALL:@SECLEVEL=0"),
            (SslVersion::TLS1_3, "ALL:@SECLEVEL=0"),
        ] {
            // A simulated client that offers these versions at level 1 is one of OpenSSL 3.0.
            let is_newer = *pyssl::OPENSSL_VERSION_INFO >= (3, 1, 0, 0, 0);
            if is_newer && version != SslVersion::TLS1_2 && version != SslVersion::TLS1_3 {
                continue;
            }
            if ciphers.starts_with("kRSA") && !what.starts_with("RSA") {
                continue;
            }
            let config = ServerConfig::new(leaf).ciphers(ciphers);
            let server = EchoServer::start(config.only_version(version));
            let (found, _) = json(server.addr(), &[&profiles]);
            for (level, client) in (0..).zip(found["clients"].as_array().unwrap()) {
                let openssl = ClientConfig::new().ca(&root).security_level(level);
                let openssl = openssl.only_version(version);
                let openssl = openssl.connect("localhost", server.addr());
                let expected = openssl.is_ok();
                assert_eq!(
                    client["connects"],
                    expected,
                    "{what} at {level}: {client}, {:?}",
                    openssl.err()
                );
            }
        }
    }
}

/// Browsers do not accept Ed25519 signatures, and the profiles do not state which clients accept them.
#[test]
fn a_key_that_not_every_client_accepts_leaves_the_outcome_of_simulated_clients_open() {
    let ca = Ca::new();
    let ed25519 = || ca.builder().san("localhost").key(KeyKind::Ed25519).build();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let config = ServerConfig::new(&ed25519()).ciphers("ALL:@SECLEVEL=0");
        let server = EchoServer::start(config.only_version(version));
        let (found, _) = json(server.addr(), &["--profiles"]);
        let clients = found["clients"].as_array().unwrap();
        assert!(clients.iter().all(|c| c["connects"] != true), "{found}");
        let output = scan(server.addr(), &["--profiles=chrome-150"]);
        assert_eq!(output.code, Some(3), "{output:?}");
        assert!(
            unfolded(&output).contains("the server's key is ED25519"),
            "{output:?}"
        );
        for kind in [KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa2048] {
            let leaf = ca.builder().san("localhost").key(kind).build();
            let server = EchoServer::start(ServerConfig::new(&leaf).only_version(version));
            let (found, code) = json(server.addr(), &["--profiles=chrome-150"]);
            assert_eq!(
                (&found["clients"][0]["connects"], code),
                (&true.into(), Some(0))
            );
        }
    }
}

#[test]
fn simulated_clients_that_cannot_connect_are_named() {
    let ca = Ca::new();
    let config = ServerConfig::new(&ca.builder().san("localhost").key(KeyKind::Rsa2048).build());
    let server = EchoServer::start(config.only_version(SslVersion::TLS1_3));
    let (found, code) = json(server.addr(), &["--profiles"]);
    assert_eq!(code, Some(0));
    let clients = found["clients"].as_array().unwrap();
    let client = |name: &str| clients.iter().find(|c| c["name"] == name).unwrap();
    let modern = client("firefox-137");
    assert_eq!(modern["connects"], true, "{modern}");
    assert_eq!(modern["version"], "TLS 1.3");
    let old = clients.iter().filter(|c| c["connects"] == false).count();
    assert!(
        old > 3 && clients.iter().all(|c| !c["connects"].is_null()),
        "{clients:?}"
    );
    // If `--profiles` names a client, the exit code is 1 unless this client can connect.
    let (_, code) = json(server.addr(), &["--profiles=firefox-137"]);
    assert_eq!(code, Some(0));
    let refused = clients.iter().find(|c| c["connects"] == false).unwrap();
    let named = format!("--profiles={}", refused["name"].as_str().unwrap());
    let output = scan(server.addr(), &[&named]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(unfolded(&output).contains("cannot connect"), "{output:?}");
}

#[test]
fn the_verdict_has_three_lines_and_no_line_is_wider_than_a_terminal() {
    let ca = Ca::new();
    let many = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    let config = ServerConfig::new(&many).min_version(SslVersion::TLS1);
    let config = config.security_level(0).ciphers("ALL:@SECLEVEL=0");
    let server = EchoServer::start(config);
    for more in [
        &[][..],
        &[
            "--policy",
            "mozilla-modern",
            "--profiles",
            "--ciphers",
            "AES",
        ],
    ] {
        let output = scan(server.addr(), more);
        let lines: Vec<&str> = output.stdout.lines().collect();
        assert!(lines[0].contains("TLS 1.0 to 1.3;"), "{lines:?}");
        assert!(lines[1].contains("error"), "{lines:?}");
        assert_eq!(lines[3], "", "{lines:?}");
        let wide: Vec<_> = lines
            .iter()
            .filter(|line| line.chars().count() > 80)
            .collect();
        assert!(wide.is_empty(), "{wide:?}");
        let clients = output.stdout.split("\nClients\n").nth(1);
        for client in clients.iter().flat_map(|clients| clients.lines()) {
            // No name of a suite is cut.
            let broken = client.trim_start().starts_with("TLS_") || client.ends_with('_');
            assert!(!broken, "{client}");
        }
        assert!(
            output
                .stdout
                .contains("(Heartbleed, ROBOT and others) were not tried")
        );
        // Standard error is no terminal, so there is no progress.
        assert_eq!(output.stderr, "");
        // Findings are sorted and have no duplicates.
        let start = lines.iter().position(|line| *line == "Findings").unwrap();
        let findings = lines[start + 1..]
            .iter()
            .take_while(|line| !line.is_empty());
        // A finding begins with its code: `  S005 error: `.
        let severities = [" error:", " warning:", " note:"];
        let rank = |line: &&&str| {
            let rest = line.strip_prefix("  S")?.get(3..)?;
            severities.iter().position(|s| rest.starts_with(s))
        };
        let ranks: Vec<_> = findings.clone().filter_map(|line| rank(&line)).collect();
        assert!(ranks.is_sorted() && ranks.len() > 3, "{lines:?}");
        let mut each: Vec<_> = findings.filter(|line| rank(line).is_some()).collect();
        let all = each.len();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each.len(), all, "{lines:?}");
    }
}

#[test]
fn several_servers_are_summarized() {
    let world = World::new();
    let server = EchoServer::start(&world.ca.issue_for(&["localhost", "127.0.0.1"]));
    let closed = closed_port();
    let good = format!("localhost:{}", server.port());
    let bad = format!("localhost:{}", closed.port());
    let file = world.server.write(
        "targets",
        format!("# ours\n\n{bad} # closed\nhttps://{good}/\n"),
    );
    let common = ["--json", "--rate", "10000", "--cafile", world.cafile()];
    let fixed = ["scan", &good, "--targets", path(&file)];
    let output = run(fixed.iter().chain(&common));
    assert_eq!(output.code, Some(2), "{output:?}");
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(found["exit_code"], 2);
    let summary = found["summary"].as_array().unwrap();
    let codes: Vec<_> = summary.iter().map(|s| s["exit_code"].as_u64()).collect();
    assert_eq!(codes, [Some(0), Some(2), Some(0)]);
    assert!(
        summary[1]["error"].as_str().unwrap().contains("refused"),
        "{summary:?}"
    );
    assert_eq!(found["scans"].as_array().unwrap().len(), 2);
    // The server is scanned once with each name, and violates the policy each time.
    let args = [
        "scan",
        &good,
        "--server-name",
        "localhost,other.example",
        "--rate",
        "10000",
    ];
    let output = run(args.iter().chain(&["--policy", "mozilla-modern"]));
    assert_eq!(output.code, Some(1), "{output:?}");
    for text in [
        "2 servers: 2 with a mismatch",
        "as other.example",
        "not valid for other.example",
    ] {
        assert!(output.stdout.contains(text), "{text}: {output:?}");
    }
    // With `--all-addresses`, a host that is given as an address has only this address.
    let address = format!("127.0.0.1:{}", server.port());
    let output = run([
        "scan",
        &address,
        "--all-addresses",
        "--json",
        "--rate",
        "10000",
    ]);
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(found["target"], *address);
    let output = run(["scan", "--targets", "-"]);
    assert_eq!(output.code, Some(2), "{output:?}");
}

#[test]
fn scan_does_not_exceed_the_number_of_connections() {
    use std::io::{Read, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let ca = Ca::new();
    let upstream = EchoServer::start(&ca.issue("localhost"));
    let address = upstream.addr();
    for limit in [1, 3] {
        let open = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let counted = Arc::clone(&open);
        let proxy = Scripted::follows(move |socket| {
            let now = counted.0.fetch_add(1, Ordering::SeqCst) + 1;
            counted.1.fetch_max(now, Ordering::SeqCst);
            let mut client = socket.stream();
            let mut server = std::net::TcpStream::connect(address).unwrap();
            let mut hello = vec![0; 1 << 14];
            // Each connection of a scan has one ClientHello and one answer. Then the scanner closes
            // it.
            let sent = client.read(&mut hello).unwrap_or(0);
            let mut answer = vec![0; 1 << 14];
            if server.write_all(&hello[..sent]).is_ok() {
                let length = server.read(&mut answer).unwrap_or(0);
                // The client may connect again as soon as it has the answer.
                counted.0.fetch_sub(1, Ordering::SeqCst);
                let _ = client.write_all(&answer[..length]);
            } else {
                counted.0.fetch_sub(1, Ordering::SeqCst);
            }
            socket.finish();
        });
        let limit_text = limit.to_string();
        let _ = scan(proxy.addr(), &["--parallel", &limit_text, "--timeout", "1"]);
        let most = open.1.load(Ordering::SeqCst);
        assert!((1..=limit).contains(&most), "{most} of {limit}");
    }
}
