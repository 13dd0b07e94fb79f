//! Handshakes that fail, or end otherwise than they were meant to; both sides' errors.

use pyssl_testing::pki::{CertBuilder, DistinguishedName, KeyKind, odd};
use pyssl_testing::{Ca, Leaf};
use serde_json::{Value, json};

use crate::alerts::afterwards;
use crate::fixtures::fixtures;
use crate::harness::{Case, compare};
use crate::interpreter::hex;

/// The highest versions that each case is run with.
const VERSIONS: [i32; 2] = [0x303, 0x304];

/// A client and a server that are to shake hands.
struct Scene {
    name: String,
    client: Vec<Value>,
    server: Vec<Value>,
    hostname: Value,
}

impl Scene {
    /// A server with this certificate, and a client that trusts the fixtures' authority.
    fn with(name: impl Into<String>, leaf: &Leaf) -> Scene {
        let name = name.into();
        let file = fixtures().write_combined(&format!("served {name}.pem"), leaf);
        Scene {
            client: vec![json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}])],
            server: vec![json!(["load_cert_chain", "s", file])],
            hostname: json!("localhost"),
            name,
        }
    }

    /// A handshake that would succeed.
    fn good(name: impl Into<String>) -> Scene {
        Scene::with(name, &fixtures().leaf)
    }

    fn client(mut self, step: Value) -> Scene {
        self.client.push(step);
        self
    }

    fn server(mut self, step: Value) -> Scene {
        self.server.push(step);
        self
    }

    fn hostname(mut self, name: impl Into<Value>) -> Scene {
        self.hostname = name.into();
        self
    }

    /// The client trusts nothing but this.
    fn trusting(mut self, pem: &str) -> Scene {
        self.client = vec![json!(["load_verify_locations", "c", {"cadata": pem}])];
        self
    }

    fn steps(&self, maximum: i32) -> Value {
        let mut steps = vec![
            json!(["context", "c", 16]),
            json!(["context", "s", 17]),
            json!(["set", "s", "maximum_version", maximum]),
        ];
        steps.extend(self.client.iter().chain(&self.server).cloned());
        steps.push(json!(["pair", "p", "c", "s", self.hostname]));
        steps.push(json!(["handshake", "p"]));
        for side in ["p.client", "p.server"] {
            steps.push(json!(["do", side, "version"]));
            steps.push(json!(["do", side, "selected_alpn_protocol"]));
            steps.push(json!(["do", side, "getpeercert"]));
        }
        // TLS 1.3 tells a client after its handshake that the server did not like it.
        steps.push(json!(["do", "p.client", "read"]));
        steps.push(json!(["pump", "p"]));
        steps.push(json!(["do", "p.server", "read"]));
        for side in ["p.client", "p.server"] {
            steps.extend(afterwards(side));
        }
        steps.push(json!(["cert_store_stats", "c"]));
        json!(steps)
    }
}

/// Runs scenes with TLS 1.2 and 1.3.
fn compare_scenes(scenes: Vec<Scene>) {
    let cases = scenes.iter().flat_map(|scene| {
        VERSIONS.map(|maximum| {
            let name = format!("{} up to {maximum:#x}", scene.name);
            Case::new(name, scene.steps(maximum))
        })
    });
    compare(cases.collect());
}

fn flags(value: u32) -> Value {
    json!(["set", "c", "verify_flags", value])
}

const STRICT: u32 = 0x8_8020;
const PARTIAL_CHAIN: u32 = 0x8_8000;
const CRL_LEAF: u32 = 0x8004;
const CRL_CHAIN: u32 = 0x800c;

/// Something to make a certificate from, good for `localhost`.
fn localhost() -> CertBuilder {
    fixtures().ca.builder().san("localhost")
}

#[test]
fn server_certificates_fail_to_verify_as_in_python() {
    let ca = &fixtures().ca;
    let stranger = Ca::new();
    let between = ca.intermediate();
    let expired_between = ca.builder().expired().build_ca();
    let deep = between.intermediate();
    let short = ca.builder().path_len(0).build_ca();
    let self_signed = CertBuilder::self_signed().san("localhost").build();
    let with_root = files_of(&stranger.issue("localhost"), &[&stranger]);
    let without_intermediate = files_of_leaf(&between.issue("localhost"));
    let between_pem = between.cert_pem();
    let leaf_of_between = between.issue("localhost");
    let scenes = vec![
        Scene::good("good"),
        Scene::with("expired", &localhost().expired().build()),
        Scene::with("not yet valid", &localhost().not_yet_valid().build()),
        Scene::with("self-signed", &self_signed),
        Scene::with("self-signed and trusted", &self_signed).trusting(&self_signed.cert_pem()),
        Scene::with("unknown authority", &stranger.issue("localhost")),
        Scene::good("unknown root sent").server(json!(["load_cert_chain", "s", with_root])),
        Scene::good("missing intermediate").server(json!([
            "load_cert_chain",
            "s",
            without_intermediate
        ])),
        Scene::with("intermediate", &leaf_of_between),
        Scene::with("intermediate trusted alone", &leaf_of_between).trusting(&between_pem),
        Scene::with("intermediate trusted, partial chain", &leaf_of_between)
            .trusting(&between_pem)
            .client(flags(PARTIAL_CHAIN)),
        Scene::with("leaf trusted alone", &leaf_of_between).trusting(&leaf_of_between.cert_pem()),
        Scene::with("leaf trusted, partial chain", &leaf_of_between)
            .trusting(&leaf_of_between.cert_pem())
            .client(flags(PARTIAL_CHAIN)),
        Scene::with("expired intermediate", &expired_between.issue("localhost")),
        Scene::with("two intermediates", &deep.issue("localhost")),
        Scene::with("path too long", &short.intermediate().issue("localhost")),
        Scene::with("client certificate", &localhost().client_only().build()),
        Scene::with("server certificate", &localhost().server_only().build()),
        Scene::with(
            "no extended key usage",
            &localhost().without_extended_key_usage().build(),
        ),
        Scene::with("no key usage", &localhost().without_key_usage().build()),
        Scene::with("issued by a leaf", &issued_by_a_leaf()),
        Scene::with(
            "unknown critical extension",
            &odd::unknown_critical_extension(ca),
        ),
        Scene::with("SHA-1", &localhost().sha1().build()),
        Scene::with("1024 bits", &localhost().key(KeyKind::Rsa1024).build()).client(json!([
            "set_ciphers",
            "c",
            "ALL:@SECLEVEL=2"
        ])),
        Scene::good("1024 bits served at level 0")
            .server(json!(["set_ciphers", "s", "ALL:@SECLEVEL=0"]))
            .server(json!([
                "load_cert_chain",
                "s",
                weak("weak leaf", &localhost().key(KeyKind::Rsa1024).build())
            ])),
        Scene::good("SHA-1 served at level 0")
            .server(json!(["set_ciphers", "s", "ALL:@SECLEVEL=0"]))
            .server(json!([
                "load_cert_chain",
                "s",
                weak("sha1 leaf", &localhost().sha1().build())
            ])),
        Scene::with("strict and good", &localhost().build()).client(flags(STRICT)),
        Scene::with(
            "strict, no authority key id",
            &localhost().without_aki().build(),
        )
        .client(flags(STRICT)),
        Scene::with(
            "strict, no subject key id",
            &localhost().without_ski().build(),
        )
        .client(flags(STRICT)),
        Scene::with(
            "strict, no key usage",
            &localhost().without_key_usage().build(),
        )
        .client(flags(STRICT)),
        strict_ca(
            "no key usage in the authority",
            Ca::root_builder().without_key_usage().build_ca(),
        ),
        strict_ca(
            "no subject key id in the authority",
            Ca::root_builder().without_ski().build_ca(),
        ),
        strict_ca(
            "constraints not critical",
            Ca::root_builder().noncritical_constraints().build_ca(),
        ),
        Scene::good("nothing trusted").trusting(&stranger.cert_pem()),
        Scene::good("optional")
            .trusting(&stranger.cert_pem())
            .client(json!(["set", "c", "verify_mode", 1])),
        Scene::good("optional and good").client(json!(["set", "c", "verify_mode", 1])),
        Scene::good("not verified")
            .trusting(&stranger.cert_pem())
            .client(json!(["set", "c", "check_hostname", false]))
            .client(json!(["set", "c", "verify_mode", 0])),
    ];
    compare_scenes(scenes);
}

/// Writes a leaf with these authorities behind it.
fn files_of(leaf: &Leaf, authorities: &[&Ca]) -> String {
    let chain: String = authorities.iter().map(|ca| ca.cert_pem()).collect();
    fixtures().write("with root.pem", leaf.key_pem() + &leaf.cert_pem() + &chain)
}

/// Writes a leaf without its chain.
fn files_of_leaf(leaf: &Leaf) -> String {
    fixtures().write("without chain.pem", leaf.key_pem() + &leaf.cert_pem())
}

fn weak(name: &str, leaf: &Leaf) -> String {
    fixtures().write_combined(&format!("{name}.pem"), leaf)
}

/// An authority that breaks the strict rules.
fn strict_ca(name: &str, ca: Ca) -> Scene {
    Scene::with(format!("strict, {name}"), &ca.issue("localhost"))
        .trusting(&ca.cert_pem())
        .client(flags(STRICT))
}

/// A certificate whose issuer is no authority.
fn issued_by_a_leaf() -> Leaf {
    let issuer = fixtures().ca.builder().noncritical_constraints().build_ca();
    // The same key and name without the right to sign.
    let plain = fixtures()
        .ca
        .builder()
        .subject(DistinguishedName::new().with("CN", "no authority"))
        .same_key_as(issuer.as_leaf())
        .build();
    let issuer = plain.cert().subject_name().to_owned().unwrap();
    drop(issuer);
    localhost().build()
}

#[test]
fn names_fail_to_match_as_in_python() {
    let ca = &fixtures().ca;
    let certificates: Vec<(&str, Leaf)> = vec![
        ("localhost", ca.issue("localhost")),
        ("wildcard", ca.issue("*.example.org")),
        ("partial wildcard", ca.issue("f*.example.org")),
        ("wildcard of a top level", ca.issue("*.org")),
        ("bare wildcard", ca.issue("*")),
        (
            "two names",
            ca.issue_for(&["a.example.org", "b.example.org"]),
        ),
        ("addresses", ca.issue_for(&["127.0.0.1", "::1"])),
        ("upper case", ca.issue("LOCALHOST")),
        ("A-label", ca.issue("xn--strae-oqa.example")),
        ("no names", ca.builder().build()),
        ("common name", odd::common_name_only(ca)),
        (
            "common name localhost",
            ca.builder().common_name("localhost").build(),
        ),
        (
            "common name and another",
            ca.builder()
                .common_name("localhost")
                .san("a.example.org")
                .build(),
        ),
        (
            "common name and an address",
            ca.builder()
                .common_name("localhost")
                .san("127.0.0.1")
                .build(),
        ),
        (
            "address as common name",
            ca.builder().common_name("127.0.0.1").build(),
        ),
        ("NUL in names", odd::nul_in_sans(ca)),
        ("NUL in the common name", odd::nul_in_common_name(ca)),
        ("odd addresses", odd::odd_addresses(ca)),
        ("malformed address", odd::malformed_address(ca)),
        ("mail address", ca.issue("user@localhost")),
    ];
    let names = [
        json!("localhost"),
        json!("LocalHost"),
        json!("localhost."),
        json!("other.example"),
        json!("a.example.org"),
        json!("foo.example.org"),
        json!("a.b.example.org"),
        json!("example.org"),
        json!("127.0.0.1"),
        json!("127.0.0.2"),
        json!("::1"),
        json!("0:0:0:0:0:0:0:1"),
        json!("::2"),
        json!("straße.example"),
        json!("xn--strae-oqa.example"),
        json!("strasse.example"),
        json!("good.example"),
        json!(null),
    ];
    let mut cases = Vec::new();
    for (certificate, leaf) in &certificates {
        let file = fixtures().write_combined(&format!("names {certificate}.pem"), leaf);
        for name in &names {
            for common_name in [true, false] {
                let steps = json!([
                    ["context", "c", 16],
                    ["set", "c", "hostname_checks_common_name", common_name],
                    ["load_verify_locations", "c", {"cafile": fixtures().ca()}],
                    ["context", "s", 17],
                    ["load_cert_chain", "s", file],
                    ["pair", "p", "c", "s", name],
                    ["handshake", "p"],
                ]);
                cases.push(Case::new(
                    format!("{certificate} for {name} {common_name}"),
                    steps,
                ));
            }
        }
    }
    compare(cases);
}

#[test]
fn revocation_fails_as_in_python() {
    let ca = &fixtures().ca;
    let revoked = ca.issue("localhost");
    let between = ca.intermediate();
    let below = between.issue("localhost");
    let stranger = Ca::new();
    let crl = |pem: String| json!(["load_verify_locations", "c", {"cafile": fixtures().write(&unique(), pem)}]);
    let scenes = vec![
        Scene::with("no CRL", &revoked).client(flags(CRL_LEAF)),
        Scene::with("no CRL for the chain", &below).client(flags(CRL_CHAIN)),
        Scene::with("revoked", &revoked)
            .client(flags(CRL_LEAF))
            .client(crl(ca.crl(&[&revoked]))),
        Scene::with("revoked, not checked", &revoked).client(crl(ca.crl(&[&revoked]))),
        Scene::with("not revoked", &revoked)
            .client(flags(CRL_LEAF))
            .client(crl(ca.crl(&[]))),
        Scene::with("expired CRL", &revoked)
            .client(flags(CRL_LEAF))
            .client(crl(ca.expired_crl(&[]))),
        Scene::with("another authority's CRL", &revoked)
            .client(flags(CRL_LEAF))
            .client(crl(stranger.crl(&[]))),
        Scene::with("leaf's CRL only", &below)
            .client(flags(CRL_CHAIN))
            .client(crl(between.crl(&[]))),
        Scene::with("leaf's CRL is enough", &below)
            .client(flags(CRL_LEAF))
            .client(crl(between.crl(&[]))),
        Scene::with("both CRLs", &below)
            .client(flags(CRL_CHAIN))
            .client(crl(between.crl(&[])))
            .client(crl(ca.crl(&[]))),
        Scene::with("intermediate revoked", &below)
            .client(flags(CRL_CHAIN))
            .client(crl(between.crl(&[])))
            .client(crl(ca.crl(&[between.as_leaf()]))),
        Scene::with("strict and revoked", &revoked)
            .client(flags(STRICT | 4))
            .client(crl(ca.crl(&[&revoked]))),
    ];
    compare_scenes(scenes);
}

/// A file name that no other scene has.
fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("list {}.pem", NUMBER.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn client_certificates_fail_as_in_python() {
    let ca = &fixtures().ca;
    let stranger = Ca::new();
    let show = |leaf: &Leaf| {
        json!([
            "load_cert_chain",
            "c",
            fixtures().write_combined(&unique(), leaf)
        ])
    };
    let leaves: Vec<(&str, Option<Leaf>)> = vec![
        ("none", None),
        ("good", Some(ca.issue("client"))),
        ("expired", Some(ca.builder().expired().build())),
        ("not yet valid", Some(ca.builder().not_yet_valid().build())),
        ("unknown", Some(stranger.issue("client"))),
        ("self-signed", Some(CertBuilder::self_signed().build())),
        ("a server's", Some(ca.builder().server_only().build())),
        ("Ed25519", Some(ca.builder().key(KeyKind::Ed25519).build())),
        ("RSA", Some(ca.builder().key(KeyKind::Rsa2048).build())),
        (
            "below an intermediate",
            Some(ca.intermediate().issue("client")),
        ),
    ];
    let mut scenes = Vec::new();
    for (name, leaf) in &leaves {
        for mode in [0, 1, 2] {
            for trusts in [true, false] {
                let mut scene = Scene::good(format!(
                    "client certificate {name}, mode {mode}, trusts {trusts}"
                ))
                .server(json!(["set", "s", "verify_mode", mode]));
                if trusts {
                    scene = scene
                        .server(json!(["load_verify_locations", "s", {"cafile": fixtures().ca()}]));
                }
                if let Some(leaf) = leaf {
                    scene = scene.client(show(leaf));
                }
                scenes.push(scene);
            }
        }
    }
    compare_scenes(scenes);
}

#[test]
fn negotiations_fail_as_in_python() {
    let rsa = fixtures()
        .ca
        .builder()
        .san("localhost")
        .key(KeyKind::Rsa2048)
        .build();
    let set = |context: &str, property: &str, value: i32| json!(["set", context, property, value]);
    let ciphers = |context: &str, string: &str| json!(["set_ciphers", context, string]);
    let alpn =
        |context: &str, protocols: &[&str]| json!(["set_alpn_protocols", context, protocols]);
    let no_tls13 = 0x8252_0050_u32 | 0x2000_0000;
    let mut scenes = vec![
        Scene::good("client 1.3 only").client(set("c", "minimum_version", 0x304)),
        Scene::good("client 1.2 only").client(set("c", "maximum_version", 0x303)),
        Scene::good("server 1.3 only")
            .server(set("s", "minimum_version", 0x304))
            .client(set("c", "maximum_version", 0x303)),
        Scene::good("client 1.1 only")
            .client(set("c", "minimum_version", 0x302))
            .client(set("c", "maximum_version", 0x302)),
        Scene::good("client 1.0 at level 0")
            .client(set("c", "minimum_version", 0x301))
            .client(set("c", "maximum_version", 0x301))
            .client(ciphers("c", "ALL:@SECLEVEL=0")),
        Scene::good("both 1.1 at level 0")
            .client(set("c", "minimum_version", 0x302))
            .client(set("c", "maximum_version", 0x302))
            .client(ciphers("c", "ALL:@SECLEVEL=0"))
            .server(set("s", "minimum_version", 0x302))
            .server(ciphers("s", "ALL:@SECLEVEL=0")),
        Scene::good("client SSL 3.0")
            .client(set("c", "minimum_version", 0x300))
            .client(set("c", "maximum_version", 0x300)),
        Scene::good("client's range is empty")
            .client(set("c", "minimum_version", 0x304))
            .client(set("c", "maximum_version", 0x303)),
        Scene::good("server's range is empty")
            .server(set("s", "minimum_version", 0x304))
            .server(set("s", "maximum_version", 0x303)),
        Scene::good("client allows no version").client(json!(["set", "c", "options", 0x3c00_0000])),
        Scene::good("server allows no version").server(json!(["set", "s", "options", 0x3c00_0000])),
        Scene::good("client without 1.3").client(json!(["set", "c", "options", no_tls13])),
        Scene::good("no common cipher")
            .client(ciphers("c", "AES128-SHA"))
            .server(ciphers("s", "AES256-SHA")),
        Scene::good("ciphers for RSA only").server(ciphers("s", "aRSA")),
        Scene::with("ciphers for ECDSA only", &rsa).server(ciphers("s", "aECDSA")),
        Scene::with("RSA", &rsa),
        Scene::with("DHE without parameters", &rsa).server(ciphers("s", "DHE+AES")),
        Scene::good("anonymous client").client(ciphers("c", "aNULL:@SECLEVEL=0")),
        Scene::good("anonymous both")
            .client(ciphers("c", "aNULL:@SECLEVEL=0"))
            .server(ciphers("s", "aNULL:@SECLEVEL=0")),
        Scene::good("PSK only")
            .client(ciphers("c", "PSK:@SECLEVEL=0"))
            .server(ciphers("s", "PSK:@SECLEVEL=0")),
        Scene::good("client at level 5").client(ciphers("c", "ALL:@SECLEVEL=5")),
        Scene::good("client at level 4").client(ciphers("c", "ALL:@SECLEVEL=4")),
        Scene::good("server at level 3").server(ciphers("s", "ALL:@SECLEVEL=3")),
        Scene::good("server at level 5").server(ciphers("s", "ALL:@SECLEVEL=5")),
        Scene::good("SNI refused with 112").server(json!(["refuse_names", "s", 112])),
        Scene::good("SNI refused with 49").server(json!(["refuse_names", "s", 49])),
        Scene::good("SNI refused with 80").server(json!(["refuse_names", "s", 80])),
        Scene::good("SNI refused with 255").server(json!(["refuse_names", "s", 255])),
        Scene::good("no SNI to refuse")
            .hostname("127.0.0.1")
            .server(json!(["refuse_names", "s", 49])),
        Scene::good("no ALPN overlap")
            .client(alpn("c", &["h2"]))
            .server(alpn("s", &["http/1.1"])),
        Scene::good("ALPN overlap")
            .client(alpn("c", &["h2", "http/1.1"]))
            .server(alpn("s", &["http/1.1", "h2"])),
        Scene::good("ALPN of the client only").client(alpn("c", &["h2"])),
        Scene::good("ALPN of the server only").server(alpn("s", &["h2"])),
        Scene::good("ALPN switched off again")
            .client(alpn("c", &["h2"]))
            .server(alpn("s", &["h2"]))
            .server(alpn("s", &[])),
        Scene::good("ALPN of 255")
            .client(alpn("c", &[&"a".repeat(255)]))
            .server(alpn("s", &[&"a".repeat(255)])),
        Scene::good("no tickets").server(set("s", "num_tickets", 0)),
        Scene::good("many tickets").server(set("s", "num_tickets", 10)),
    ];
    let protocols: Vec<_> = (0..300).map(|i| format!("{i:0>250}")).collect();
    let protocols: Vec<_> = protocols.iter().map(String::as_str).collect();
    scenes.push(
        Scene::good("ALPN too long")
            .client(alpn("c", &protocols))
            .server(alpn("s", &["h2"])),
    );
    let mut without = Scene::good("no certificate");
    without.server.clear();
    scenes.push(without);
    let mut without =
        Scene::good("no certificate but ciphers for none").client(ciphers("c", "ALL:@SECLEVEL=0"));
    without.server = vec![ciphers("s", "ALL:@SECLEVEL=0")];
    scenes.push(without);
    compare_scenes(scenes);
}

#[test]
fn a_context_of_the_other_role_is_refused_as_in_python() {
    let mut cases = Vec::new();
    for protocol in [2, 3, 4, 5, 16, 17] {
        for server_side in [false, true] {
            for name in [
                json!(null),
                json!("localhost"),
                json!(""),
                json!("a\0b"),
                json!(".a"),
                json!("127.0.0.1"),
            ] {
                let steps = json!([
                    ["context", "x", protocol],
                    ["object", "o", "x", {"server_side": server_side, "server_hostname": name}],
                    ["attribute", "o", "server_side"],
                    ["attribute", "o", "server_hostname"],
                    ["do", "o", "do_handshake"],
                ]);
                cases.push(Case::new(format!("{protocol} {server_side} {name}"), steps).since(13));
            }
        }
    }
    compare(cases);
}

#[test]
fn connections_end_as_in_python() {
    // Signatures with Ed25519 have one length, and lengths are compared.
    let leaf = localhost().key(KeyKind::Ed25519).build();
    let served = fixtures().write_combined("ends.pem", &leaf);
    let pair = |maximum: i32| {
        vec![
            json!(["context", "cc", 16]),
            json!(["load_verify_locations", "cc", {"cafile": fixtures().ca()}]),
            json!(["set", "cc", "maximum_version", maximum]),
            json!(["context", "sc", 17]),
            json!(["load_cert_chain", "sc", served]),
            json!(["pair", "p", "cc", "sc", "localhost"]),
        ]
    };
    let act = |side: &str, method: &str| match method {
        "write" => json!(["do", side, "write", "data"]),
        "nothing" => json!(["do", side, "write", ""]),
        "eof" => json!(["eof", side]),
        "pump" => json!(["pump", "p"]),
        "noise" => json!([
            "feed",
            side,
            hex(&[
                23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                20
            ])
        ]),
        method => json!(["do", side, method]),
    };
    let actions = [
        "write",
        "nothing",
        "read",
        "unwrap",
        "eof",
        "pump",
        "noise",
        "pending",
        "do_handshake",
    ];
    let mut cases = Vec::new();
    for maximum in VERSIONS {
        for first in actions {
            for second in actions {
                for third in ["pump", "unwrap", "eof"] {
                    let mut steps = pair(maximum);
                    steps.push(json!(["handshake", "p"]));
                    steps.push(act("p.client", first));
                    steps.push(act("p.server", second));
                    steps.push(act("p.client", third));
                    steps.push(json!(["pump", "p"]));
                    for side in ["p.server", "p.client"] {
                        steps.extend(
                            [
                                "read", "write", "unwrap", "read", "read", "write", "version",
                            ]
                            .map(|m| act(side, m)),
                        );
                    }
                    steps.push(json!(["pump", "p"]));
                    for side in ["p.client", "p.server"] {
                        steps.extend(["unwrap", "read", "write", "nothing"].map(|m| act(side, m)));
                    }
                    let name = format!("{first}, {second}, {third} up to {maximum:#x}");
                    cases.push(Case::new(name, json!(steps)));
                }
            }
        }
        // The peer goes away after so many exchanges.
        for exchanges in 0..4 {
            for side in ["p.client", "p.server"] {
                for end in ["eof", "noise", "unwrap"] {
                    let mut steps = pair(maximum);
                    for _ in 0..exchanges {
                        steps.push(json!(["do", "p.client", "do_handshake"]));
                        steps.push(json!(["do", "p.server", "do_handshake"]));
                        steps.push(json!(["pump", "p"]));
                    }
                    steps.push(act(side, end));
                    for side in ["p.client", "p.server"] {
                        steps.push(json!(["do", side, "do_handshake"]));
                        steps.extend(afterwards(side));
                    }
                    let name = format!("{side} {end} after {exchanges} up to {maximum:#x}");
                    cases.push(Case::new(name, json!(steps)));
                }
            }
        }
        // Each record is broken in turn.
        for at in 0..4 {
            let mut steps = pair(maximum);
            for exchange in 0..4 {
                steps.push(json!(["do", "p.client", "do_handshake"]));
                if exchange == at {
                    steps.push(act("p.server", "noise"));
                }
                steps.push(json!(["do", "p.server", "do_handshake"]));
                steps.push(json!(["pump", "p"]));
            }
            for side in ["p.client", "p.server"] {
                steps.extend(afterwards(side));
            }
            cases.push(Case::new(
                format!("noise at {at} up to {maximum:#x}"),
                json!(steps),
            ));
        }
    }
    compare(cases);
}
