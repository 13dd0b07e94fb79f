//! Certificates of servers that do not verify.

use pyssl_testing::pki::{CertBuilder, KeyKind, odd};
use pyssl_testing::{Ca, Leaf};
use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};
use crate::scene::{Scene, compare_scenes, unique};

fn flags(value: u32) -> Value {
    json!(["set", "c", "verify_flags", value])
}

const STRICT: u32 = 0x8_8020;
const PARTIAL_CHAIN: u32 = 0x8_8000;
const CRL_LEAF: u32 = 0x8004;
const CRL_CHAIN: u32 = 0x800c;

/// The description of a certificate for `localhost`.
fn localhost() -> CertBuilder {
    fixtures().ca.builder().san("localhost")
}

#[test]
fn server_certificate_errors_match_python() {
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

/// Writes a leaf, followed by these authorities.
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

#[test]
fn host_name_mismatches_match_python() {
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
fn revocation_errors_match_python() {
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
