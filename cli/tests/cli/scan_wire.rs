//! `pyssl scan` against servers with algorithms that the linked OpenSSL lacks, and against
//! misbehaving ones.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, EchoServer, Scripted, ServerConfig};
use serde_json::Value;

use crate::fake::{Exchange, Offer, Reply, alert, flight, serve, tls13_hello, unsigned_flight};
use crate::scan::{json, scan};
use crate::support::{Output, path};

const RC4: u16 = 0x0005;
const TRIPLE_DES: u16 = 0x000a;
const DHE_RSA: u16 = 0x0033;
const ECDHE_RSA: u16 = 0xc02f;
const X448: u16 = 30;
const PKCS1_SHA256: u16 = 0x0401;

fn certificate() -> Vec<u8> {
    let leaf = Ca::new()
        .builder()
        .san("localhost")
        .key(KeyKind::Rsa2048)
        .build();
    leaf.cert().to_der().unwrap()
}

/// An answer of TLS 1.2 with the first of these suites that is offered.
fn old_server(certificate: &[u8], offer: &Offer) -> Reply {
    if offer.version != 0x0303 {
        return alert(70);
    }
    let has = |suite: &u16| offer.suites.contains(suite);
    let Some(suite) = [RC4, TRIPLE_DES, DHE_RSA, ECDHE_RSA].into_iter().find(has) else {
        return alert(40);
    };
    let exchange = match suite {
        ECDHE_RSA if !offer.groups.contains(&X448) => return alert(40),
        _ if suite > TRIPLE_DES && !offer.signatures.contains(&PKCS1_SHA256) => return alert(40),
        ECDHE_RSA => Exchange::Curve(X448, PKCS1_SHA256),
        DHE_RSA => Exchange::Dh(128, PKCS1_SHA256),
        _ => Exchange::None,
    };
    flight(0x0303, suite, certificate, exchange)
}

#[test]
fn scan_finds_suites_and_groups_that_openssl_does_not_implement() {
    let der = certificate();
    let server = serve(move |_, offer| old_server(&der, offer));
    let (found, code) = json(server.addr(), &["--policy", "rfc9325"]);
    assert_eq!(code, Some(1), "{found}");
    let versions = found["versions"].as_array().unwrap();
    let tls12 = versions.iter().find(|v| v["version"] == "TLS 1.2").unwrap();
    let names: Vec<_> = tls12["ciphers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].clone())
        .collect();
    assert_eq!(
        names,
        [
            "TLS_RSA_WITH_RC4_128_SHA",
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
            "DHE-RSA-AES128-SHA",
            "ECDHE-RSA-AES128-GCM-SHA256",
        ]
    );
    assert_eq!(tls12["order"], "server");
    for version in versions.iter().filter(|v| v["version"] != "TLS 1.2") {
        assert_eq!(
            (&version["enabled"], &version["unknown"]),
            (&Value::Bool(false), &Value::Null)
        );
    }
    assert_eq!(found["groups"], serde_json::json!(["x448"]));
    assert_eq!(found["dh_bits"], serde_json::json!([1024]));
    assert_eq!(
        found["signature_algorithms"],
        serde_json::json!([{"version": "TLS 1.2", "name": "rsa_pkcs1_sha256"}])
    );
    assert_eq!(found["client_certificate_requested"], true);
    assert_eq!(found["certificates"][0]["key"], "RSA 2048 bits");
    assert_eq!(found["unanswered"], 0);
    let violations = found["policy"]["violations"].to_string();
    for text in [
        "TLS_RSA_WITH_RC4_128_SHA is forbidden: RC4",
        "a DH key has 1024 bits; the minimum is 2048",
    ] {
        assert!(violations.contains(text), "{text}: {violations}");
    }
}

/// The groups that a scan finds on a TLS 1.2 server. The server prefers these groups, and uses its
/// certificate only if the client offers the certificate's curve.
fn groups_found(prefers: &'static [u16], client_order: bool, curve: Option<u16>) -> Vec<String> {
    const ECDHE_ECDSA: u16 = 0xc02b;
    let der = certificate();
    let server = serve(move |_, offer| {
        let suite = if curve.is_some() {
            ECDHE_ECDSA
        } else {
            ECDHE_RSA
        };
        let usable = curve.is_none_or(|curve| offer.groups.contains(&curve));
        let (first, second) = match client_order {
            true => (&offer.groups[..], prefers),
            false => (prefers, &offer.groups[..]),
        };
        let group = first.iter().find(|group| second.contains(group));
        match group {
            Some(group) if usable && offer.version == 0x0303 && offer.suites.contains(&suite) => {
                flight(0x0303, suite, &der, Exchange::Curve(*group, PKCS1_SHA256))
            }
            _ => alert(40),
        }
    });
    let (found, code) = json(server.addr(), &[]);
    assert_eq!(code, Some(0), "{found}");
    let names = found["groups"].as_array().unwrap().iter();
    let mut names: Vec<_> = names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn scan_lists_only_groups_that_a_client_can_negotiate() {
    let all = ["secp256r1", "secp384r1", "x25519", "x448"];
    const SERVER: &[u16] = &[29, 23, 30, 24];
    assert_eq!(groups_found(SERVER, false, None), all);
    assert_eq!(groups_found(SERVER, true, None), all);
    // A server that follows the client's order uses every group that the client lists before the
    // certificate's curve.
    assert_eq!(groups_found(SERVER, true, Some(23)), all);
    // A server with its own order chooses no group after the certificate's curve.
    assert_eq!(
        groups_found(SERVER, false, Some(23)),
        ["secp256r1", "x25519"]
    );
    assert_eq!(groups_found(SERVER, false, Some(24)), all);
}

/// The signature schemes that a scan finds on a server of TLS 1.2 or 1.3, and why there may be more.
fn signatures_found(
    version: u16,
    reply: impl Fn(&Offer) -> Reply + Send + Sync + 'static,
) -> Value {
    let server = serve(move |_, offer| match offer.version == version {
        true => reply(offer),
        false => alert(70),
    });
    let (found, _) = json(server.addr(), &[]);
    found["signatures_by_version"][0].clone()
}

/// A server of TLS 1.3 chooses the first suite and group of the offer, and then sends records that cannot be
/// decrypted, as long as a certificate.
fn opaque_tls13(offer: &Offer) -> Reply {
    let (suite, group) = (offer.suites[0], offer.groups[0]);
    if (suite, group) != (0x1301, 29) {
        return tls13_hello(0x1301, 29, true);
    }
    let Reply::Bytes(mut bytes) = tls13_hello(suite, group, false) else {
        unreachable!("a hello has bytes");
    };
    bytes.extend([23, 3, 3, 4, 0]);
    bytes.extend([5; 1024]);
    Reply::Bytes(bytes)
}

#[test]
fn a_signature_scheme_is_listed_only_if_the_server_signed_with_it() {
    let found = signatures_found(0x0304, opaque_tls13);
    assert_eq!(found["names"], Value::Array(Vec::new()), "{found}");
    assert!(found["unknown"].is_string(), "{found}");
}

/// Go and Java choose a suite and send their certificate before they find that they cannot use any of
/// the offered schemes.
#[test]
fn an_alert_instead_of_the_signature_is_a_refusal_of_the_offered_schemes() {
    let der = certificate();
    let found = signatures_found(0x0303, move |offer| {
        if !offer.suites.contains(&ECDHE_RSA) || !offer.groups.contains(&29) {
            return alert(40);
        }
        let signed = Exchange::Curve(29, PKCS1_SHA256);
        if offer.signatures.contains(&PKCS1_SHA256) {
            return flight(0x0303, ECDHE_RSA, &der, signed);
        }
        unsigned_flight(0x0303, ECDHE_RSA, &der, 80)
    });
    assert_eq!(found["names"], serde_json::json!(["rsa_pkcs1_sha256"]));
    assert_eq!(found["unknown"], Value::Null, "{found}");
}

/// Java's PKIX key manager sends no certificate whose own signature has a scheme that the client does not
/// offer for certificates.
#[test]
fn the_signature_of_the_certificate_does_not_hide_those_of_the_handshake() {
    const PSS_SHA256: u16 = 0x0804;
    let der = certificate();
    let found = signatures_found(0x0303, move |offer| {
        let for_certificates = match offer.certificate_signatures.is_empty() {
            true => &offer.signatures,
            false => &offer.certificate_signatures,
        };
        let usable = for_certificates.contains(&PKCS1_SHA256);
        let both = [PKCS1_SHA256, PSS_SHA256];
        let scheme = both.into_iter().find(|s| offer.signatures.contains(s));
        match scheme {
            Some(scheme) if usable && offer.suites.contains(&ECDHE_RSA) => {
                flight(0x0303, ECDHE_RSA, &der, Exchange::Curve(29, scheme))
            }
            _ => alert(40),
        }
    });
    let both = serde_json::json!(["rsa_pkcs1_sha256", "rsa_pss_rsae_sha256"]);
    assert_eq!(found["names"], both, "{found}");
}

#[test]
fn scan_detects_ssl_2_and_ssl_3() {
    let der = certificate();
    let server = Scripted::follows(move |socket| {
        use std::io::{Read, Write};
        let mut stream = socket.stream();
        let mut start = [0; 2048];
        let count = stream.read(&mut start).unwrap_or(0);
        let bytes = match start[..count] {
            // The SERVER-HELLO of SSL 2.0, with an empty certificate and one suite.
            [128..=255, ..] => {
                let body = [4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0x07, 0x00, 0xc0];
                [&[0x80, 14], &body[..]].concat()
            }
            [_, _, _, _, _, _, _, _, _, 3, 0, ..] if offers(&start[..count], TRIPLE_DES) => {
                match flight(0x0300, TRIPLE_DES, &der, Exchange::None) {
                    Reply::Bytes(bytes) => bytes,
                    _ => Vec::new(),
                }
            }
            _ => vec![21, 3, 0, 0, 2, 2, 40],
        };
        let _ = stream.write_all(&bytes);
        socket.finish();
    });
    // The suites of SSL 2.0 are compared even if the policy has no rule on versions.
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("ours.toml");
    let text = "name = 'ours'\nversion = '1'\nsource = 'here'\n[[rule]]\nforbid = ['md5']\n";
    std::fs::write(&policy, text).unwrap();
    let (found, code) = json(server.addr(), &["--policy", path(&policy)]);
    assert_eq!(code, Some(1), "{found}");
    let violations = found["policy"]["violations"].to_string();
    let text = "SSL_CK_DES_192_EDE3_CBC_WITH_MD5 is forbidden: MD5";
    assert!(violations.contains(text), "{violations}");
    let (found, code) = json(server.addr(), &["--policy", "rfc9325"]);
    assert_eq!(code, Some(1), "{found}");
    assert_eq!(found["ssl2"]["enabled"], true);
    assert_eq!(
        found["ssl2"]["ciphers"],
        serde_json::json!(["SSL_CK_DES_192_EDE3_CBC_WITH_MD5"])
    );
    let ssl3 = found["versions"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&ssl3["version"], &ssl3["enabled"]),
        (&"SSL 3.0".into(), &true.into())
    );
    let violations = found["policy"]["violations"].to_string();
    assert!(violations.contains("SSL 2.0 is on"), "{violations}");
    assert!(violations.contains("SSLv3 is on"), "{violations}");
}

#[test]
fn scan_finds_the_dh_group_of_clients_that_name_no_group() {
    const FFDHE2048: u16 = 256;
    let der = certificate();
    // Like Java, the server uses a group of RFC 7919 for a client that offers it, and its own group
    // for other clients.
    let server = serve(move |_, offer| {
        if offer.version != 0x0303 || !offer.suites.contains(&DHE_RSA) {
            return alert(40);
        }
        let bytes = if offer.groups.contains(&FFDHE2048) {
            256
        } else {
            64
        };
        flight(0x0303, DHE_RSA, &der, Exchange::Dh(bytes, PKCS1_SHA256))
    });
    let (found, _) = json(server.addr(), &[]);
    let mut bits: Vec<_> = found["dh_bits"].as_array().unwrap().iter().collect();
    bits.sort_by_key(|bits| bits.as_u64());
    assert_eq!(bits, [512, 2048], "{found}");
    let findings = found["findings"].to_string();
    assert!(findings.contains("the DH group has 512 bits"), "{findings}");
}

#[test]
fn a_server_that_fails_with_a_suite_that_it_chose_is_scanned_for_the_others() {
    let der = certificate();
    // Like Dovecot without DH parameters, the server closes the connection if it would choose DHE.
    let server = serve(move |_, offer| {
        let has = |suite: u16| offer.suites.contains(&suite);
        match offer.version {
            0x0303 if has(DHE_RSA) => Reply::Close,
            0x0303 if has(ECDHE_RSA) && offer.groups.contains(&X448) => {
                let exchange = Exchange::Curve(X448, PKCS1_SHA256);
                flight(0x0303, ECDHE_RSA, &der, exchange)
            }
            0x0303 if has(RC4) => flight(0x0303, RC4, &der, Exchange::None),
            0x0303 => alert(40),
            _ => alert(70),
        }
    });
    let (found, code) = json(server.addr(), &["--timeout", "1"]);
    assert_eq!(code, Some(0), "{found}");
    let mut versions = found["versions"].as_array().unwrap().iter();
    let tls12 = versions.find(|v| v["version"] == "TLS 1.2").unwrap();
    let ciphers = tls12["ciphers"].as_array().unwrap().iter();
    let names: Vec<_> = ciphers.map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["ECDHE-RSA-AES128-GCM-SHA256", "TLS_RSA_WITH_RC4_128_SHA"]
    );
}

/// The server refuses long offers with each alert and each limit on the number of suites. Its suites have several kinds
/// of key exchange, and those of TLS 1.0 are not among the scan's common suites.
#[test]
fn a_server_that_refuses_long_offers_is_scanned_with_short_ones() {
    const CAMELLIA: u16 = 0x0041;
    const PSK: u16 = 0x008c;
    for limit in [127, 40, 20] {
        for refusal in [40, 70] {
            let der = certificate();
            let server = serve(move |_, offer| {
                let accepted = match offer.version {
                    0x0303 => &[ECDHE_RSA, RC4, PSK][..],
                    0x0301 => &[CAMELLIA],
                    _ => return alert(70),
                };
                if offer.suites.len() > limit {
                    return alert(refusal);
                }
                let chosen = accepted.iter().find(|s| offer.suites.contains(s));
                let Some(chosen) = chosen.copied() else {
                    return alert(40);
                };
                let exchange = match chosen {
                    ECDHE_RSA if !offer.groups.contains(&X448) => return alert(40),
                    ECDHE_RSA => Exchange::Curve(X448, PKCS1_SHA256),
                    _ => Exchange::None,
                };
                flight(offer.version, chosen, &der, exchange)
            });
            let (found, _) = json(server.addr(), &["--timeout", "2"]);
            let versions = found["versions"].as_array().unwrap().iter();
            let found: Vec<_> = versions
                .map(|version| {
                    let all = version["ciphers"].as_array().into_iter().flatten();
                    let mut numbers: Vec<_> =
                        all.map(|c| c["id"].as_u64().unwrap() & 0xffff).collect();
                    numbers.sort_unstable();
                    (version["version"].as_str().unwrap(), numbers)
                })
                .filter(|(_, numbers)| !numbers.is_empty())
                .collect();
            let expected = [
                ("TLS 1.2", [RC4, PSK, ECDHE_RSA].map(u64::from).to_vec()),
                ("TLS 1.0", vec![u64::from(CAMELLIA)]),
            ];
            assert_eq!(found, expected, "limit {limit}, alert {refusal}");
        }
    }
}

/// Whether a hello of SSL 3.0 offers a suite.
fn offers(record: &[u8], suite: u16) -> bool {
    let suites = &record[46..];
    suites
        .chunks_exact(2)
        .any(|pair| pair == suite.to_be_bytes())
}

#[test]
fn every_format_reports_what_a_scan_could_not_determine() {
    let ca = Ca::new();
    let upstream = EchoServer::start(&ca.issue("localhost"));
    for (format, text) in [
        ("sarif", "\"kind\": \"open\""),
        ("junit", "classname=\"S021\""),
        ("markdown", "### Unknown"),
        ("html", "<h2>Unknown</h2>"),
        ("nagios", "TLS "),
    ] {
        let throttled = throttle(upstream.addr(), 5);
        let args = ["--format", format, "--timeout", "0.5"];
        let output = scan(throttled.addr(), &args);
        assert!(output.stdout.contains(text), "{format}: {output:?}");
        assert!(!output.stdout.contains("TLS OK"), "{output:?}");
        assert!(!output.stdout.contains("unanswered=0"), "{output:?}");
        assert_ne!(output.code, Some(0), "{format}: {output:?}");
    }
}

#[test]
fn results_are_unknown_if_a_server_throttles_the_scan() {
    let leaf = Ca::new().builder().san("localhost").valid_for_days(90);
    let config = ServerConfig::new(&leaf.build());
    let modern = config.only_version(pyssl_testing::openssl::ssl::SslVersion::TLS1_3);
    let upstream = EchoServer::start(modern.configure(|context| {
        context.set_groups_list("X25519:P-256:P-384").unwrap();
    }));
    // Without the throttle, the server answers every ClientHello.
    let output = scan(upstream.addr(), &["--policy", "mozilla-modern"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("conforms"), "{output:?}");
    for passed in [2, 5, 9] {
        let throttled = throttle(upstream.addr(), passed);
        let output = scan(
            throttled.addr(),
            &["--policy", "mozilla-modern", "--timeout", "0.5"],
        );
        let output_text = format!("{passed}: {output:?}");
        assert!(!output.stdout.contains("conforms"), "{output_text}");
        assert!(output.stdout.contains("unknown"), "{output_text}");
        assert_eq!(output.code, Some(3), "{output_text}");
    }
    // If the server stops answering, the scan does not report the other suites as missing.
    let der = certificate();
    let cut = serve(move |number, offer| match number {
        0..2 => old_server(&der, offer),
        _ => Reply::Close,
    });
    let string = "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA";
    let output = scan(cut.addr(), &["--ciphers", string, "--timeout", "0.5"]);
    assert!(!output.stdout.contains("is not accepted"), "{output:?}");
    assert!(!output.stdout.contains("no difference\n"), "{output:?}");
}

/// Passes the first connections on, and closes the others at once.
fn throttle(upstream: SocketAddr, passed: usize) -> Scripted {
    use std::io::{Read, Write};
    let count = std::sync::atomic::AtomicUsize::new(0);
    Scripted::follows(move |socket| {
        if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= passed {
            return socket.finish();
        }
        let mut client = socket.stream();
        let mut server = std::net::TcpStream::connect(upstream).unwrap();
        // The scanner writes its ClientHello and reads the answer. The loop passes on the further
        // rounds of a whole handshake.
        let mut buffer = vec![0; 1 << 16];
        server
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        client
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        loop {
            let sent = client.read(&mut buffer).unwrap_or(0);
            if sent == 0 || server.write_all(&buffer[..sent]).is_err() {
                break;
            }
            let answered = server.read(&mut buffer).unwrap_or(0);
            if answered == 0 || client.write_all(&buffer[..answered]).is_err() {
                break;
            }
        }
        socket.finish();
    })
}

#[test]
fn a_closed_connection_counts_as_a_refusal_only_if_other_hellos_are_answered() {
    let der = certificate();
    // Like some real servers, this server closes the connection where other servers send an alert.
    let silent = serve(move |_, offer| match old_server(&der, offer) {
        Reply::Bytes(bytes) if bytes[0] == 21 => Reply::Close,
        reply => reply,
    });
    let (found, code) = json(silent.addr(), &["--timeout", "2"]);
    assert_eq!(code, Some(0), "{found}");
    assert_eq!(found["unanswered"], 0, "{found}");
    let versions = found["versions"].as_array().unwrap();
    let on: Vec<_> = versions.iter().filter(|v| v["enabled"] == true).collect();
    assert_eq!(on.len(), 1);
    assert_eq!(on[0]["ciphers"].as_array().unwrap().len(), 4);
}

/// Answers that a scan must not trust: endless records, an endless certificate, corrupt bytes,
/// single bytes, and no bytes.
#[test]
fn scanning_a_misbehaving_server_gives_no_verdict() {
    let der = certificate();
    let Reply::Bytes(good) = flight(0x0303, ECDHE_RSA, &der, Exchange::Curve(X448, PKCS1_SHA256))
    else {
        unreachable!()
    };
    let record = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind, 3, 3], &length[..], body].concat()
    };
    let endless: Vec<(&str, Vec<u8>)> = vec![
        ("empty records", record(22, &[]).repeat(100_000)),
        (
            "records that change the cipher",
            record(20, &[1]).repeat(100_000),
        ),
        ("warnings", record(21, &[1, 112]).repeat(100_000)),
        (
            "requests for a hello",
            record(22, &[0, 0, 0, 0]).repeat(100_000),
        ),
        (
            "a message without end",
            record(22, &[2, 0xff, 0xff, 0xff]).repeat(2000),
        ),
        ("a certificate without end", {
            let mut bytes = good[..105].to_vec();
            bytes.extend(record(22, &[0x55; 16_000]).repeat(40));
            bytes
        }),
        ("another protocol", b"SSH-2.0-OpenSSH_9.9\r\n".repeat(10)),
    ];
    let limit = Duration::from_secs(120);
    for (what, bytes) in endless {
        let server = serve(move |_, _| Reply::Bytes(bytes.clone()));
        let start = Instant::now();
        let output = scan(
            server.addr(),
            &["--timeout", "0.5", "--policy", "mozilla-modern"],
        );
        assert_without_verdict(what, &output);
        assert!(start.elapsed() < limit, "{what}");
    }
    let silent = Scripted::never_answers();
    let output = scan(
        silent.addr(),
        &["--timeout", "0.1", "--policy", "mozilla-modern"],
    );
    assert_without_verdict("silence", &output);
    // Each answer has another byte wrong, so that the scan sees hundreds of broken answers.
    let wrong = serve(move |number, _| {
        let mut bytes = good.clone();
        let at = (number * 7) % bytes.len();
        bytes[at] ^= 0xff;
        Reply::Bytes(bytes)
    });
    let start = Instant::now();
    let output = scan(
        wrong.addr(),
        &["--timeout", "0.5", "--policy", "mozilla-modern"],
    );
    assert_without_verdict("wrong bytes", &output);
    assert!(start.elapsed() < limit, "wrong bytes");
}

fn assert_without_verdict(what: &str, output: &Output) {
    assert!(!output.stdout.contains("conforms"), "{what}: {output:?}");
    assert!(!output.stderr.contains("panicked"), "{what}: {output:?}");
    assert!(matches!(output.code, Some(1..=3)), "{what}: {output:?}");
}
