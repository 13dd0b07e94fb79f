//! `pyssl scan`, against servers on the loopback interface.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pyssl_testing::openssl::ssl::{SslOptions, SslVersion};
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{
    Ca, EchoServer, Files, Scripted, ServerConfig, closed_port, skip_without_openssl,
};
use serde_json::Value;

use crate::support::{Output, path, run};

pub(crate) fn scan(address: SocketAddr, args: &[&str]) -> Output {
    let target = address.to_string();
    let fixed = [
        "scan",
        &target,
        "--server-name",
        "localhost",
        "--rate",
        "10000",
    ];
    run(fixed.iter().chain(args))
}

pub(crate) fn json(address: SocketAddr, args: &[&str]) -> (Value, Option<i32>) {
    let all: Vec<_> = args.iter().copied().chain(["--json"]).collect();
    let output = scan(address, &all);
    let value = serde_json::from_str(&output.stdout);
    (value.unwrap_or_else(|_| panic!("{output:?}")), output.code)
}

/// The report with its lines joined.
pub(crate) fn unfolded(output: &Output) -> String {
    let words: Vec<_> = output.stdout.split_whitespace().collect();
    words.join(" ")
}

/// The names of a version's suites, in order.
fn suites<'a>(scan: &'a Value, version: &str) -> Vec<&'a str> {
    let versions = scan["versions"].as_array().unwrap();
    let version = versions.iter().find(|v| v["version"] == version).unwrap();
    let suites = version["ciphers"].as_array().unwrap();
    suites.iter().map(|c| c["name"].as_str().unwrap()).collect()
}

fn order<'a>(scan: &'a Value, version: &str) -> &'a str {
    let versions = scan["versions"].as_array().unwrap();
    let version = versions.iter().find(|v| v["version"] == version).unwrap();
    version["order"].as_str().unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect()
}

fn rsa_and_more(ca: &Ca) -> ServerConfig {
    ServerConfig::new(&ca.builder().san("localhost").key(KeyKind::Rsa2048).build())
}

const SUITES: [&str; 3] = [
    "AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-SHA",
];

#[test]
fn scan_lists_suites_in_the_servers_order() {
    let ca = Ca::new();
    let server = EchoServer::start(
        rsa_and_more(&ca)
            .ciphers(&SUITES.join(":"))
            .ciphersuites("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")
            .configure(|context| {
                context.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
                context.set_groups_list("P-384:X25519").unwrap();
            }),
    );
    let (found, code) = json(server.addr(), &[]);
    assert_eq!(code, Some(0));
    assert_eq!(suites(&found, "TLS 1.2"), SUITES);
    assert_eq!(
        suites(&found, "TLS 1.3"),
        ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]
    );
    assert_eq!(
        (order(&found, "TLS 1.2"), order(&found, "TLS 1.3")),
        ("server", "server")
    );
    assert!(suites(&found, "TLS 1.1").is_empty() && suites(&found, "TLS 1.0").is_empty());
    // The order of the groups is not compared: the version of OpenSSL decides whether the client's
    // order or the server's order counts.
    let mut groups = names(&found["groups"]);
    groups.sort_unstable();
    assert_eq!(groups, ["secp384r1", "x25519"]);
    let signatures = found["signature_algorithms"].as_array().unwrap();
    let has = |version: &str, name: &str| {
        let wanted = serde_json::json!({"version": version, "name": name});
        signatures.contains(&wanted)
    };
    assert!(has("TLS 1.3", "rsa_pss_rsae_sha256") && has("TLS 1.2", "rsa_pkcs1_sha256"));
    assert!(!has("TLS 1.3", "rsa_pkcs1_sha256") && !has("TLS 1.3", "ecdsa_secp256r1_sha256"));
    assert_eq!(found["certificates"][0]["key"], "RSA 2048 bits");
    assert_eq!(found["certificates"].as_array().unwrap().len(), 1);
}

#[test]
fn scan_detects_whether_the_servers_or_the_clients_order_decides() {
    let ca = Ca::new();
    let server = EchoServer::start(
        rsa_and_more(&ca)
            .only_version(SslVersion::TLS1_2)
            .ciphers(&SUITES.join(":")),
    );
    let (found, _) = json(server.addr(), &[]);
    let mut sorted = suites(&found, "TLS 1.2");
    sorted.sort_unstable();
    let mut wanted = SUITES;
    wanted.sort_unstable();
    assert_eq!(sorted, wanted);
    assert_eq!(order(&found, "TLS 1.2"), "client");
    assert!(suites(&found, "TLS 1.3").is_empty());
}

#[test]
fn a_difference_from_the_expected_string_sets_the_exit_code() {
    let ca = Ca::new();
    let server = EchoServer::start(rsa_and_more(&ca).ciphers(&SUITES.join(":")).configure(
        |context| {
            context.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
        },
    ));
    let exact = SUITES.join(":");
    let reversed: Vec<_> = SUITES.iter().rev().copied().collect();
    for (string, code, text) in [
        (&*exact, 0, "no difference"),
        (
            "ECDHE-RSA-AES256-GCM-SHA384",
            1,
            "AES128-GCM-SHA256 is accepted, and the string does",
        ),
        (
            &*format!("{exact}:AES256-SHA"),
            1,
            "AES256-SHA is not accepted; the string selects it",
        ),
        (
            &*format!("{exact}:ECDHE-ECDSA-AES256-GCM-SHA384"),
            0,
            "no certificate of that kind",
        ),
        (
            &*reversed.join(":"),
            1,
            "TLS 1.2: the order is not that of the string",
        ),
    ] {
        let output = scan(server.addr(), &["--ciphers", string]);
        assert_eq!(output.code, Some(code), "{string} {output:?}");
        assert!(unfolded(&output).contains(text), "{string} {output:?}");
    }
    let output = scan(server.addr(), &["--ciphers", "HIGH:!"]);
    assert_eq!(output.code, Some(2));
    assert!(output.stderr.contains("--ciphers: column 7"), "{output:?}");
}

#[test]
fn scan_compares_suites_versions_and_groups_with_a_policy() {
    let ca = Ca::new();
    let modern = |days| {
        let leaf = ca.builder().san("localhost").valid_for_days(days).build();
        EchoServer::start(
            ServerConfig::new(&leaf)
                .only_version(SslVersion::TLS1_3)
                .configure(|context| context.set_groups_list("X25519:P-256:P-384").unwrap()),
        )
    };
    let output = scan(modern(90).addr(), &["--policy", "mozilla-modern"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("conforms"));
    // The policy also has rules for the certificate.
    let output = scan(modern(91).addr(), &["--policy", "mozilla-modern"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    let lifetime = "the certificate is valid for 91 days; the maximum is 90";
    assert!(unfolded(&output).contains(lifetime), "{output:?}");
    let old = EchoServer::start(
        rsa_and_more(&ca)
            .min_version(SslVersion::TLS1)
            .security_level(0)
            .ciphers("ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),
    );
    let (found, code) = json(old.addr(), &["--policy", "mozilla-intermediate"]);
    assert_eq!(code, Some(1));
    assert_eq!(suites(&found, "TLS 1.0"), ["ECDHE-RSA-AES128-SHA"]);
    let violations = found["policy"]["violations"].to_string();
    assert!(violations.contains("TLSv1.1 is on"), "{violations}");
    let violations = found["policy"]["violations"].as_array().unwrap();
    let said = |v: &serde_json::Value| v["message"].as_str().unwrap().contains("group secp521r1");
    assert!(violations.iter().any(said), "{violations:?}");
}

#[test]
fn scan_finds_both_certificates_of_openssl_s_server() {
    let openssl = skip_without_openssl!();
    let ca = Ca::new();
    let issue = |kind| Files::of(&ca.builder().san("localhost").key(kind).build());
    let (rsa, ec) = (issue(KeyKind::Rsa2048), issue(KeyKind::EcP256));
    let args = [
        ["-cert", path(&rsa.cert), "-key", path(&rsa.key)],
        ["-dcert", path(&ec.cert), "-dkey", path(&ec.key)],
    ]
    .concat();
    let string = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256";
    let rest = ["-cipher", string, "-serverpref", "-naccept", "500"];
    let (server, address) = openssl.s_server(&[&args[..], &rest].concat());
    let (found, code) = json(address, &["--ciphers", string]);
    assert_eq!(
        (code, &found["deviations"]),
        (Some(0), &serde_json::json!([]))
    );
    assert_eq!(suites(&found, "TLS 1.2").join(":"), string);
    let certificates = found["certificates"].as_array().unwrap();
    let mut keys: Vec<_> = certificates
        .iter()
        .map(|c| c["key"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["EC 256 bits", "RSA 2048 bits"]);
    server.kill();
}

#[test]
fn a_server_that_requires_a_client_certificate_can_be_scanned() {
    let ca = Ca::new();
    let config = rsa_and_more(&ca)
        .require_client_cert(&ca)
        .ciphers(&SUITES.join(":"));
    let server = EchoServer::start(config.only_version(SslVersion::TLS1_2));
    let output = scan(server.addr(), &[]);
    assert_eq!(output.code, Some(0), "{output:?}");
    for suite in SUITES {
        assert!(output.stdout.contains(suite), "{suite} {output:?}");
    }
    for text in [
        "the server asks for a certificate and requires it",
        "groups        TLS 1.2: x25519",
        "rsa_pkcs1_sha256",
        "RSA 2048 bits",
    ] {
        assert!(output.stdout.contains(text), "{text} {output:?}");
    }
}

#[test]
fn scanning_a_peer_that_answers_no_offer_with_tls_exits_with_code_2() {
    for peer in [Scripted::closes_at_once(), Scripted::speaks_http()] {
        let output = scan(peer.addr(), &[]);
        assert_eq!((output.code, &*output.stdout), (Some(2), ""), "{output:?}");
        assert!(output.stderr.contains("cannot scan"), "{output:?}");
    }
    let silent = Scripted::never_answers();
    let output = scan(silent.addr(), &["--timeout", "0.1"]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(
        output.stderr.contains("did not answer in time"),
        "{output:?}"
    );
    assert_eq!(scan(closed_port().addr(), &[]).code, Some(2));
}

#[test]
fn scan_refuses_a_rate_of_zero_as_wrong_usage() {
    let output = run(["scan", "localhost:1", "--rate", "0"]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("--rate"), "{output:?}");
}

#[test]
fn scan_does_not_exceed_the_rate() {
    let ca = Ca::new();
    let config = rsa_and_more(&ca).only_version(SslVersion::TLS1_2);
    let server = EchoServer::start(config.ciphers("AES128-SHA"));
    let target = server.addr().to_string();
    let start = Instant::now();
    let output = run(["scan", &target, "--rate", "20", "--json"]);
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    let connections = u32::try_from(found["connections"].as_u64().unwrap()).unwrap();
    assert!(connections >= 5, "{output:?}");
    assert!(start.elapsed() >= Duration::from_millis(50) * (connections - 1));
}
