//! `pyssl scan` against servers that withhold or break one kind of answer and tell the truth otherwise.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pyssl_testing::openssl::ssl::SslVersion;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, EchoServer, Scripted, ServerConfig};
use serde_json::Value;

use crate::fake::{
    Exchange, Offer, Reply, alert, beginning, flight, serve, tls13_hello, unsigned_flight,
};
use crate::scan::{json, scan};
use crate::support::path;

const RC4: u16 = 0x0005;
const DHE: u16 = 0x009e;
const ECDHE_RSA_SHA1: u16 = 0xc013;
const ECDHE_RSA: u16 = 0xc02f;
const ECDHE_ECDSA: u16 = 0xc02b;
const P256: u16 = 23;
const RSA_SHA256: u16 = 0x0401;
const ECDSA_SHA256: u16 = 0x0403;
const ECDSA_SHA384: u16 = 0x0503;
const PSS_SHA256: u16 = 0x0804;

const POLICY: &str = r#"
name = "ours"
version = "1"
source = "https://ours.example"
[[rule]]
section = "1"
versions = ["TLSv1", "TLSv1.2", "TLSv1.3"]
forbid = ["rc4"]
keys = { rsa = 2048, ec = 256, dh = 2048 }
forbid-features = ["compression"]
groups = ["secp256r1"]
certificates = { kinds = ["rsa", "ecdsa"], curves = ["secp256r1"] }
signatures = [
    "rsa_pkcs1_sha256", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
    "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384",
]
"#;

/// The certificates of a truthful server, and its implementation of TLS 1.3.
struct Truth {
    rsa: Vec<u8>,
    ec: Vec<u8>,
    tls13: SocketAddr,
    /// An implementation of TLS 1.3 with a certificate that the policy forbids.
    forbidden: SocketAddr,
}

impl Truth {
    fn answer(&self, offer: &Offer) -> Reply {
        match offer.version {
            0x0303 => self.answer_with(&[ECDHE_RSA, ECDHE_ECDSA, DHE], offer),
            0x0304 => Reply::Pass(self.tls13),
            0x0002 => Reply::Close,
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

/// Whether the scan asks for signatures. Its other offers have no schemes of their own for certificates.
fn asks_for_signatures(offer: &Offer) -> bool {
    !offer.certificate_signatures.is_empty()
}

/// Whether the scan asks for groups: it offers the suites of the truthful server that need one.
fn asks_for_groups(offer: &Offer) -> bool {
    let all = [ECDHE_RSA, ECDHE_ECDSA];
    let fits = all.iter().all(|suite| offer.suites.contains(suite));
    fits && offer.suites.len() == all.len() && !asks_for_signatures(offer)
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
    (
        "an alert that hides RC4 from long offers",
        |truth, offer| {
            let refused = offer.version == 0x0303 && truth.choice(offer).is_none();
            let short = offer.suites.contains(&RC4) && offer.suites.len() <= 16;
            refused.then(|| match short {
                true => truth.flight(RC4, Exchange::None),
                false => alert(70),
            })
        },
    ),
    ("half a SERVER-HELLO of SSL 2.0", |_, offer| {
        (offer.version == 2).then(|| Reply::Bytes(vec![0x80, 14, 4, 0, 1]))
    }),
    ("no ServerKeyExchange with ECDHE", |truth, offer| {
        (truth.choice(offer) == Some(ECDHE_RSA) && !asks_for_signatures(offer))
            .then(|| beginning(0x0303, ECDHE_RSA, Some(&truth.rsa)))
    }),
    ("a curve without a name", |truth, offer| {
        (truth.choice(offer) == Some(ECDHE_RSA) && !asks_for_signatures(offer))
            .then(|| truth.flight(ECDHE_RSA, Exchange::ExplicitCurve))
    }),
    ("no group of TLS 1.2", |_, offer| {
        (offer.version == 0x0303 && asks_for_groups(offer)).then(|| alert(40))
    }),
    ("the settings before TLS 1.3", |_, offer| {
        (offer.version == 0x0303 && offer.has_alpn).then_some(Reply::Hang)
    }),
    ("the signatures of TLS 1.2", |_, offer| {
        (offer.version == 0x0303 && asks_for_signatures(offer)).then(|| alert(40))
    }),
    ("the signatures of TLS 1.3", |_, offer| {
        (offer.version == 0x0304 && asks_for_signatures(offer)).then(|| alert(40))
    }),
    ("a signature of TLS 1.0", |truth, offer| {
        let fits = offer.suites.contains(&ECDHE_RSA_SHA1) && offer.groups.contains(&P256);
        (offer.version == 0x0301).then(|| match fits {
            true => flight(
                0x0301,
                ECDHE_RSA_SHA1,
                &truth.rsa,
                Exchange::Curve(P256, RSA_SHA256),
            ),
            false => alert(40),
        })
    }),
    ("a certificate of TLS 1.3 for one scheme", |truth, offer| {
        (offer.version == 0x0304 && offer.signatures == [ECDSA_SHA384])
            .then_some(Reply::Pass(truth.forbidden))
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

/// Kinds of answers whose absence hides no small key: this certificate's key has enough bits.
const HIDES_NO_KEY: &[&str] = &["a certificate of TLS 1.3 for one scheme"];

/// Kinds of answers that are not compared, each with the part of the report that is unknown.
const TOLD: &[(&str, Break)] = &[
    ("resumption, TLS 1.3", |_, offer| {
        offer.resumes.then_some(Reply::Hang)
    }),
    ("ALPN and the settings before TLS 1.3", |_, offer| {
        offer.has_alpn.then_some(Reply::Hang)
    }),
];

fn truth() -> (Truth, [EchoServer; 2]) {
    let ca = Ca::new();
    let issue = |key| ca.builder().san("localhost").key(key).build();
    let modern = |key| {
        let config = ServerConfig::new(&issue(key)).only_version(SslVersion::TLS1_3);
        EchoServer::start(config.configure(|context| context.set_groups_list("P-256").unwrap()))
    };
    let servers = [modern(KeyKind::Rsa2048), modern(KeyKind::EcP384)];
    let der = |key| issue(key).cert().to_der().unwrap();
    let truth = Truth {
        rsa: der(KeyKind::Rsa2048),
        ec: der(KeyKind::EcP256),
        tls13: servers[0].addr(),
        forbidden: servers[1].addr(),
    };
    (truth, servers)
}

fn broken(kind: Break) -> (Scripted, [EchoServer; 2]) {
    let (truth, upstream) = truth();
    let server = serve(move |_, offer| kind(&truth, offer).unwrap_or_else(|| truth.answer(offer)));
    (server, upstream)
}

/// Scans a server that conforms to the policy, with one kind of answer broken in each scan. Returns the kinds with
/// which the report still says that the server conforms, or leaves the verdict open without a reason.
fn conforming(policy: &str, kinds: &[(&str, Break)]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ours.toml");
    std::fs::write(&file, policy).unwrap();
    let args = ["--policy", path(&file), "--timeout", "1"];
    let (server, _upstream) = broken(|_, _| None);
    let output = scan(server.addr(), &args);
    assert!(output.stdout.contains("conforms to ours 1"), "{output:?}");
    assert_eq!(output.code, Some(0), "{output:?}");
    let mut conform = Vec::new();
    for (kind, replaced) in kinds {
        let (server, _upstream) = broken(*replaced);
        let address = server.addr();
        let (output, (found, code)) = std::thread::scope(|scope| {
            let output = scope.spawn(|| scan(address, &args));
            let found = json(address, &args);
            (output.join().unwrap(), found)
        });
        let named = !found["unknown"].as_array().unwrap().is_empty();
        let open = !output.stdout.contains("conforms")
            && matches!(output.code, Some(1 | 3))
            && found["policy"]["conforms"] != true
            && matches!(code, Some(1 | 3))
            && (named || code == Some(1));
        if !open {
            conform.push(format!("{kind}: {output:?} {found}"));
        }
    }
    conform
}

#[test]
fn a_server_that_breaks_one_kind_of_answer_never_conforms() {
    let conform = conforming(POLICY, JUDGED);
    assert!(conform.is_empty(), "{}", conform.join("\n"));
}

/// Rules on keys also apply to the sizes of groups. So the verdict must be open if an answer hides a key or a group.
#[test]
fn a_policy_on_keys_alone_needs_the_answers_about_groups() {
    let rules: String = POLICY
        .lines()
        .take(5)
        .map(|line| format!("{line}\n"))
        .collect();
    let policy = format!("{rules}section = \"1\"\nkeys = {{ rsa = 2048, ec = 256, dh = 2048 }}\n");
    let names = |kind: &str| {
        let words = [
            "certificate",
            "ServerKeyExchange",
            "group",
            "curve",
            "key share",
        ];
        words.iter().any(|word| kind.contains(word))
    };
    let mut kinds = JUDGED.to_vec();
    kinds.retain(|(kind, _)| names(kind) && !HIDES_NO_KEY.contains(kind));
    assert!(kinds.len() >= 10);
    let conform = conforming(&policy, &kinds);
    assert!(conform.is_empty(), "{}", conform.join("\n"));
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
        "pci-dss",
        "--ciphers",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ];
    let output = scan(server.addr(), &args);
    let verdict = output.stdout.lines().nth(2).unwrap();
    assert!(verdict.contains("pci-dss"), "{output:?}");
    assert!(
        verdict.contains("2 differences from the cipher string"),
        "{output:?}"
    );
    assert_eq!(output.code, Some(1), "{output:?}");
}

#[test]
fn a_client_connects_only_if_the_answer_shows_it() {
    // A client of TLS 1.2, and one of TLS 1.3 with a security level, which judges the certificate.
    let (older, newer) = ("--profiles=openssl-1.1.0", "--profiles=openssl-3.5");
    let check = |client, replaced: Break, connects: Value, expected| {
        let (server, _upstream) = broken(replaced);
        let (found, code) = json(server.addr(), &[client, "--timeout", "1"]);
        assert_eq!(found["clients"][0]["connects"], connects, "{found}");
        assert_eq!(code, Some(expected), "{found}");
    };
    check(older, |_, _| None, true.into(), 0);
    check(newer, |_, _| None, true.into(), 0);
    let alert_instead_of_key_exchange: Break = |truth, offer| match offer.version {
        0x0303 => Some(unsigned_flight(0x0303, ECDHE_RSA, &truth.rsa, 80)),
        _ => Some(alert(70)),
    };
    check(older, alert_instead_of_key_exchange, false.into(), 1);
    let no_end: Break = |truth, offer| match offer.version {
        0x0303 => Some(beginning(0x0303, ECDHE_RSA, Some(&truth.rsa))),
        _ => Some(alert(70)),
    };
    check(older, no_end, Value::Null, 3);
    let no_handshake: Break = |_, offer| offer.has_key_share.then_some(Reply::Close);
    check(newer, no_handshake, Value::Null, 3);
}

#[test]
fn an_open_question_about_suites_leaves_the_comparison_with_a_string_open() {
    // The server chooses a suite that was not offered.
    let (server, _upstream) = broken(|truth, offer| {
        (offer.version == 0x0301).then(|| flight(0x0301, 0x0a0a, &truth.rsa, Exchange::None))
    });
    let string =
        "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256";
    let output = scan(server.addr(), &["--ciphers", string, "--timeout", "1"]);
    assert!(output.stdout.contains("in what"), "{output:?}");
    assert!(
        !output.stdout.contains("neither errors nor warnings\n"),
        "{output:?}"
    );
    assert_eq!(output.code, Some(3), "{output:?}");
}
