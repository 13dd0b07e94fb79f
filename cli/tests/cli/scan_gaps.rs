//! `pyssl scan` against servers that withhold or break one kind of answer and tell the truth otherwise.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pyssl_testing::openssl::ssl::SslVersion;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, EchoServer, Scripted, ServerConfig};

use crate::fake::{Exchange, Offer, Reply, alert, beginning, flight, serve, tls13_hello};
use crate::scan::{json, scan};
use crate::support::path;

const RC4: u16 = 0x0005;
const DHE: u16 = 0x009e;
const ECDHE_RSA: u16 = 0xc02f;
const ECDHE_ECDSA: u16 = 0xc02b;
const P256: u16 = 23;
const RSA_SHA256: u16 = 0x0401;
const ECDSA_SHA256: u16 = 0x0403;
const PSS_SHA256: u16 = 0x0804;

const POLICY: &str = r#"
name = "ours"
version = "1"
source = "https://ours.example"
[[rule]]
section = "1"
versions = ["TLSv1.2", "TLSv1.3"]
forbid = ["rc4"]
keys = { rsa = 2048, ec = 256, dh = 2048 }
"#;

/// The certificates of a truthful server, and its implementation of TLS 1.3.
struct Truth {
    rsa: Vec<u8>,
    ec: Vec<u8>,
    tls13: SocketAddr,
}

impl Truth {
    fn answer(&self, offer: &Offer) -> Reply {
        match offer.version {
            0x0303 => self.answer_with(&[ECDHE_RSA, ECDHE_ECDSA, DHE], offer),
            0x0304 => Reply::Pass(self.tls13),
            _ => alert(70),
        }
    }

    /// The answer of TLS 1.2 with the first of these suites that fits the offer.
    fn answer_with(&self, suites: &[u16], offer: &Offer) -> Reply {
        let fits = |suite: &&u16| {
            let (curve, scheme) = match **suite {
                ECDHE_RSA => (true, RSA_SHA256),
                ECDHE_ECDSA => (true, ECDSA_SHA256),
                _ => (false, RSA_SHA256),
            };
            let usable = !curve || offer.groups.contains(&P256);
            usable && offer.suites.contains(suite) && offer.signatures.contains(&scheme)
        };
        match suites.iter().find(fits) {
            Some(&ECDHE_RSA) => self.flight(ECDHE_RSA, Exchange::Curve(P256, RSA_SHA256)),
            Some(&ECDHE_ECDSA) => self.flight(ECDHE_ECDSA, Exchange::Curve(P256, ECDSA_SHA256)),
            Some(&DHE) => self.flight(DHE, Exchange::Dh(256, RSA_SHA256)),
            _ => alert(40),
        }
    }

    fn flight(&self, suite: u16, exchange: Exchange) -> Reply {
        let certificate = match suite {
            ECDHE_ECDSA => &self.ec,
            _ => &self.rsa,
        };
        flight(0x0303, suite, certificate, exchange)
    }

    /// The suite of TLS 1.2 that the truthful server chooses.
    fn choice(&self, offer: &Offer) -> Option<u16> {
        let suites = [ECDHE_RSA, ECDHE_ECDSA, DHE];
        let alone = |suite: &u16| matches!(self.answer_with(&[*suite], offer), Reply::Bytes(b) if b[0] == 22);
        suites
            .into_iter()
            .find(|suite| offer.version == 0x0303 && alone(suite))
    }
}

/// A ServerHello without a body.
fn empty_hello() -> Reply {
    Reply::Bytes(vec![22, 3, 3, 0, 4, 2, 0, 0, 0])
}

/// The answer that replaces the truthful one, if this offer is of the broken kind.
type Break = fn(&Truth, &Offer) -> Option<Reply>;

/// Whether OpenSSL has sent the offer. The scan's own offers with a key share have one signature scheme.
fn is_openssl(offer: &Offer) -> bool {
    offer.has_key_share && offer.signatures.len() > 1
}

/// Each kind of answer on which the policy depends.
const JUDGED: &[(&str, Break)] = &[
    ("the ServerHello of TLS 1.1", |_, offer| {
        (offer.version == 0x0302).then(empty_hello)
    }),
    ("the ServerHello of TLS 1.3", |_, offer| {
        (offer.version == 0x0304).then(empty_hello)
    }),
    ("no ServerHello of TLS 1.0", |_, offer| {
        (offer.version == 0x0301).then_some(Reply::Hang)
    }),
    ("the second certificate", |truth, offer| {
        let broken = [0x30, 0x82, 0x01, 0x00, 0x55];
        let exchange = Exchange::Curve(P256, ECDSA_SHA256);
        (truth.choice(offer) == Some(ECDHE_ECDSA))
            .then(|| flight(0x0303, ECDHE_ECDSA, &broken, exchange))
    }),
    ("no second certificate", |truth, offer| {
        (truth.choice(offer) == Some(ECDHE_ECDSA)).then(|| beginning(0x0303, ECDHE_ECDSA, None))
    }),
    ("no ServerKeyExchange with DHE", |truth, offer| {
        (truth.choice(offer) == Some(DHE)).then(|| beginning(0x0303, DHE, Some(&truth.rsa)))
    }),
    ("a ServerKeyExchange without a prime", |truth, offer| {
        let empty = Exchange::Dh(0, RSA_SHA256);
        (truth.choice(offer) == Some(DHE)).then(|| truth.flight(DHE, empty))
    }),
    (
        "the DH group of clients that offer no such group",
        |_, offer| {
            let alone = offer.version == 0x0303 && offer.suites == [DHE];
            (alone && !offer.groups.contains(&256)).then_some(Reply::Hang)
        },
    ),
    ("an alert that hides RC4", |truth, offer| {
        let refused = offer.version == 0x0303 && truth.choice(offer).is_none();
        // Among the suites with static RSA, the server accepts RC4.
        let rsa = offer.suites.contains(&RC4) && !offer.suites.contains(&0x0034);
        refused.then(|| match rsa {
            true => truth.flight(RC4, Exchange::None),
            false => alert(70),
        })
    }),
    ("the certificate of TLS 1.3", |_, offer| {
        offer.has_key_share.then_some(Reply::Close)
    }),
    ("no answer to OpenSSL in TLS 1.3", |_, offer| {
        is_openssl(offer).then_some(Reply::Hang)
    }),
    ("the second certificate of TLS 1.3", |_, offer| {
        let ecdsa = offer.signatures.contains(&ECDSA_SHA256);
        (is_openssl(offer) && ecdsa && !offer.signatures.contains(&PSS_SHA256))
            .then_some(Reply::Hang)
    }),
    ("the key share of TLS 1.3", |_, offer| {
        is_openssl(offer).then(|| tls13_hello(0x1301, 29, false))
    }),
];

/// Kinds of answers that are not compared, each with the part of the report that is unknown.
const TOLD: &[(&str, Break)] = &[
    ("resumption, TLS 1.3", |_, offer| {
        offer.resumes.then_some(Reply::Hang)
    }),
    ("ALPN and the settings before TLS 1.3", |_, offer| {
        offer.has_alpn.then_some(Reply::Hang)
    }),
];

fn truth() -> (Truth, EchoServer) {
    let ca = Ca::new();
    let issue = |key| ca.builder().san("localhost").key(key).build();
    let modern = ServerConfig::new(&issue(KeyKind::Rsa2048)).only_version(SslVersion::TLS1_3);
    let server = EchoServer::start(modern);
    let der = |key| issue(key).cert().to_der().unwrap();
    let truth = Truth {
        rsa: der(KeyKind::Rsa2048),
        ec: der(KeyKind::EcP256),
        tls13: server.addr(),
    };
    (truth, server)
}

fn broken(kind: Break) -> (Scripted, EchoServer) {
    let (truth, upstream) = truth();
    let server = serve(move |_, offer| kind(&truth, offer).unwrap_or_else(|| truth.answer(offer)));
    (server, upstream)
}

#[test]
fn a_server_that_breaks_one_kind_of_answer_never_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("ours.toml");
    std::fs::write(&policy, POLICY).unwrap();
    let args = ["--policy", path(&policy), "--timeout", "1"];
    let (server, _upstream) = broken(|_, _| None);
    let output = scan(server.addr(), &args);
    assert!(output.stdout.contains("conforms to ours 1"), "{output:?}");
    assert_eq!(output.code, Some(0), "{output:?}");
    for (kind, replaced) in JUDGED {
        let (server, _upstream) = broken(*replaced);
        let address = server.addr();
        let (output, (found, code)) = std::thread::scope(|scope| {
            let output = scope.spawn(|| scan(address, &args));
            let found = json(address, &args);
            (output.join().unwrap(), found)
        });
        assert!(!output.stdout.contains("conforms"), "{kind}: {output:?}");
        assert!(matches!(output.code, Some(1 | 3)), "{kind}: {output:?}");
        assert_ne!(found["policy"]["conforms"], true, "{kind}: {found}");
        assert!(matches!(code, Some(1 | 3)), "{kind}: {found}");
        let named = !found["unknown"].as_array().unwrap().is_empty();
        assert!(named || code == Some(1), "{kind}: {found}");
    }
}

#[test]
fn answers_that_no_policy_needs_are_named_if_they_are_missing() {
    for (part, replaced) in TOLD {
        let (server, _upstream) = broken(*replaced);
        let output = scan(server.addr(), &["--timeout", "1"]);
        let unknown = output.stdout.split("Unknown").nth(1).unwrap_or_default();
        assert!(unknown.contains(part), "{part}: {output:?}");
        assert_eq!(output.code, Some(3), "{part}: {output:?}");
    }
}

#[test]
fn a_scan_ends_after_its_total_time_and_leaves_the_rest_open() {
    let (truth, _upstream) = truth();
    let server = serve(move |number, offer| match number % 3 {
        2 => Reply::Hang,
        _ => truth.answer(offer),
    });
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("ours.toml");
    std::fs::write(&policy, POLICY).unwrap();
    let start = Instant::now();
    let policy = path(&policy);
    let args = ["--policy", policy, "--timeout", "2", "--max-time", "4"];
    let output = scan(server.addr(), &args);
    assert!(start.elapsed() < Duration::from_secs(60), "{output:?}");
    assert!(output.stdout.contains("--max-time"), "{output:?}");
    assert!(!output.stdout.contains("conforms"), "{output:?}");
    assert_eq!(output.code, Some(3), "{output:?}");
}

#[test]
fn the_verdict_names_the_guideline_and_the_cipher_string() {
    let (server, _upstream) = broken(|_, _| None);
    let args = [
        "--policy",
        "rfc9325",
        "--ciphers",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ];
    let output = scan(server.addr(), &args);
    let verdict = output.stdout.lines().nth(2).unwrap();
    assert!(verdict.contains("rfc9325"), "{output:?}");
    assert!(
        verdict.contains("2 differences from the cipher string"),
        "{output:?}"
    );
    assert_eq!(output.code, Some(1), "{output:?}");
}
