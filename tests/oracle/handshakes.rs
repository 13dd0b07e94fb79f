//! Handshakes that fail for other reasons than the server's certificate.

use pyssl_testing::pki::{CertBuilder, KeyKind};
use pyssl_testing::{Ca, Leaf};
use serde_json::json;

use crate::fixtures::{dh_params, fixtures};
use crate::harness::{Case, compare};
use crate::scene::{Scene, compare_scenes, unique};

#[test]
fn client_certificate_errors_match_python() {
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
fn negotiation_errors_match_python() {
    let rsa = fixtures()
        .ca
        .builder()
        .san("localhost")
        .key(KeyKind::Rsa2048)
        .build();
    let set = |context: &str, property: &str, value: i32| json!(["set", context, property, value]);
    let curve = |context: &str, name: &str| json!(["set_ecdh_curve", context, name]);
    let dh = fixtures().write("dh.pem", dh_params());
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
        Scene::good("no common group")
            .client(curve("c", "X25519"))
            .server(curve("s", "secp384r1")),
        Scene::good("one group").client(curve("c", "secp384r1")),
        Scene::good("the server's group").server(curve("s", "secp521r1")),
        Scene::good("a group that the client does not offer").server(curve("s", "ffdhe8192")),
        Scene::with("DHE with parameters", &rsa)
            .server(ciphers("s", "DHE+AES"))
            .server(json!(["load_dh_params", "s", dh])),
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
    scenes.push(Scene::good("no certificate").server_only(vec![]));
    scenes.push(
        Scene::good("no certificate but ciphers for none")
            .client(ciphers("c", "ALL:@SECLEVEL=0"))
            .server_only(vec![ciphers("s", "ALL:@SECLEVEL=0")]),
    );
    compare_scenes(scenes);
}

#[test]
fn a_context_of_the_wrong_role_is_rejected_as_in_python() {
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
fn getpeercert_depends_on_the_connections_own_verify_mode() {
    let files = fixtures();
    let steps = |before: i32, after: i32| {
        json!([
            ["context", "c", 2],
            ["load_verify_locations", "c", {"cafile": files.ca()}],
            ["set", "c", "verify_mode", before],
            ["context", "s", 17],
            ["load_cert_chain", "s", files.combined()],
            ["pair", "p", "c", "s", "localhost"],
            ["handshake", "p"],
            ["peer_is_shown", "p.client"],
            ["set", "c", "verify_mode", after],
            ["peer_is_shown", "p.client"],
        ])
    };
    let mut cases = Vec::new();
    for (before, after) in [(0, 0), (0, 2), (2, 2), (2, 0), (1, 1), (1, 0)] {
        let case = Case::new(format!("{before} then {after}"), steps(before, after));
        cases.push(match (before == 0) == (after == 0) {
            true => case,
            false => case.differs(
                "Python asks the context at the time of the call",
                move |python| {
                    python[9] = json!({"value": before != 0});
                },
            ),
        });
    }
    compare(cases);
}
