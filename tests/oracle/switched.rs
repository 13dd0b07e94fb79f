//! Connections that are switched from one context to another: which context's callbacks are called, and which context's
//! settings apply.

use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};
use crate::scene::unique;

/// The time at which the connection is switched from context `a` to context `b`.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Moment {
    Never,
    Before,
    /// In the SNI callback of a server. Context `a` has this callback in every case.
    InCallback,
    After,
}

/// A setting or callback that contexts may have; `give` makes the steps that set it.
struct Kind {
    name: &'static str,
    give: fn(context: &str, side: &str) -> Vec<Value>,
    /// The steps that contexts `a` and `b` and the peer's context `o` need, whichever context has the setting.
    prepare: fn(tls12: bool) -> Vec<Value>,
    certificates: bool,
}

const fn kind(name: &'static str, give: fn(&str, &str) -> Vec<Value>) -> Kind {
    Kind {
        name,
        give,
        prepare: |_| Vec::new(),
        certificates: true,
    }
}

fn kinds() -> Vec<Kind> {
    vec![
        kind("server name", |x, side| match side {
            "server" => vec![json!(["record", x, "sni"])],
            _ => Vec::new(),
        }),
        Kind {
            prepare: |_| vec![json!(["set_alpn_protocols", "o", ["a", "b"]])],
            ..kind("ALPN", |x, _| vec![json!(["set_alpn_protocols", x, [x]])])
        },
        Kind {
            prepare: |tls12| {
                let mut steps = vec![
                    json!(["set", "o", "check_hostname", false]),
                    json!(["set", "o", "verify_mode", 0]),
                    json!(["record", "o", "psk_client"]),
                    json!(["record", "o", "psk_server"]),
                ];
                if tls12 {
                    steps.extend(["a", "b", "o"].map(|x| json!(["set_ciphers", x, "PSK"])));
                }
                steps
            },
            certificates: false,
            ..kind("pre-shared key", |x, side| {
                vec![json!(["record", x, format!("psk_{side}")])]
            })
        },
        kind("key log", |x, _| {
            let path = fixtures().path(&format!("keys of {x}"));
            vec![json!(["set", x, "keylog_filename", path])]
        }),
        kind("messages", |x, _| vec![json!(["record", x, "messages"])]),
        Kind {
            certificates: false,
            ..kind("certificate", |x, _| vec![certificate(x)])
        },
        kind("trusted authority", |x, _| {
            vec![json!(["load_verify_locations", x, {"cafile": fixtures().ca()}])]
        }),
        kind("verify mode", |x, _| {
            vec![
                json!(["set", x, "check_hostname", false]),
                json!(["set", x, "verify_mode", 1]),
            ]
        }),
        kind("no verification", |x, _| {
            vec![
                json!(["set", x, "check_hostname", false]),
                json!(["set", x, "verify_mode", 0]),
            ]
        }),
        kind("ciphers", |x, _| {
            vec![json!(["set_ciphers", x, "ECDHE-ECDSA-AES128-GCM-SHA256"])]
        }),
        kind("versions", |x, _| {
            vec![json!(["set", x, "maximum_version", 0x303])]
        }),
        kind("options", |x, _| {
            vec![json!(["set", x, "options", 0x2000_0000])]
        }),
        kind("strict certificates", |x, _| {
            vec![json!(["set", x, "verify_flags", 0x8020])]
        }),
        // The certificates have keys on P-256, and TLS 1.2 cannot use these keys if the list of groups lacks P-256.
        kind("group", |x, _| {
            vec![json!(["set_ecdh_curve", x, "prime256v1"])]
        }),
        kind("number of tickets", |x, side| match side {
            "server" => vec![json!(["set", x, "num_tickets", 5])],
            _ => Vec::new(),
        }),
        kind("security level", |x, _| {
            vec![json!(["set_ciphers", x, "DEFAULT:@SECLEVEL=5"])]
        }),
    ]
}

/// Loads a certificate for this context's name, so that the certificates of contexts `a` and `b` differ.
fn certificate(context: &str) -> Value {
    let leaf = fixtures().ca.issue_for(&["localhost", context]);
    json!([
        "load_cert_chain",
        context,
        fixtures().write_combined(&unique(), &leaf)
    ])
}

fn steps(kind: &Kind, side: &str, given: &[&str], moment: Moment, maximum: i32) -> Value {
    let (own, others) = match side {
        "server" => (17, 16),
        _ => (16, 17),
    };
    let mut steps = vec![
        json!(["context", "a", own]),
        json!(["context", "b", own]),
        json!(["context", "o", others]),
        json!(["set", "o", "maximum_version", maximum]),
    ];
    for context in ["a", "b", "o"] {
        let trust = json!(["load_verify_locations", context, {"cafile": fixtures().ca()}]);
        if kind.name != "trusted authority" || context == "o" {
            steps.push(trust);
        }
        if kind.certificates && context != "o" {
            steps.push(certificate(context));
        }
    }
    if side == "client" && (kind.certificates || kind.name == "certificate") {
        steps.push(json!(["load_cert_chain", "o", fixtures().combined()]));
        steps.push(json!(["set", "o", "verify_mode", 1]));
    }
    if kind.name == "pre-shared key" && side == "client" {
        for context in ["a", "b"] {
            steps.push(json!(["set", context, "check_hostname", false]));
            steps.push(json!(["set", context, "verify_mode", 0]));
        }
    }
    steps.extend((kind.prepare)(maximum == 0x303));
    if moment == Moment::InCallback {
        steps.push(json!(["record", "a", "sni", "b"]));
    }
    for context in given {
        // The SNI callback of context `a` is already the one that switches, so the test cannot set another one.
        let taken = moment == Moment::InCallback && kind.name == "server name";
        if !(taken && *context == "a") {
            steps.extend((kind.give)(context, side));
        }
    }
    let (client, server) = match side {
        "server" => ("o", "a"),
        _ => ("a", "o"),
    };
    let end = format!("p.{side}");
    steps.push(json!(["pair", "p", client, server, "localhost"]));
    if moment == Moment::Before {
        steps.push(json!(["switch", end, "b"]));
    }
    steps.push(json!(["handshake", "p"]));
    steps.push(json!(["log"]));
    if moment == Moment::After {
        steps.push(json!(["switch", end, "b"]));
    }
    for side in ["p.client", "p.server"] {
        for method in ["version", "selected_alpn_protocol", "cipher"] {
            steps.push(json!(["do", side, method]));
        }
        steps.push(json!(["peer_is_shown", side]));
        steps.push(json!(["do", side, "write", "word"]));
        steps.push(json!(["pump", "p"]));
    }
    for side in ["p.client", "p.server"] {
        steps.push(json!(["do", side, "read"]));
        steps.push(json!(["do", side, "getpeercert"]));
    }
    steps.push(json!(["log"]));
    if kind.name == "key log" {
        for context in given {
            let path = fixtures().path(&format!("keys of {context}"));
            steps.push(json!(["key_labels", path]));
            // The file is removed, because Python and this library append to an existing key log.
            steps.push(json!(["forget", path]));
        }
    }
    for context in ["a", "b"] {
        steps.push(json!(["state", context]));
    }
    json!(steps)
}

fn wanted_differences(
    case: Case,
    kind: &Kind,
    side: &str,
    given: &[&str],
    moment: Moment,
    steps: Value,
) -> Case {
    let steps = steps.as_array().cloned().unwrap_or_default();
    let index = move |wanted: Value| steps.iter().position(|step| *step == wanted);
    if kind.name == "no verification" && side == "client" && moment != Moment::Never {
        let shown = given != ["a"];
        let step = index(json!(["peer_is_shown", "p.client"]));
        return match given.len() {
            1 => case.differs(
                "Python asks the context at the time of the call",
                move |python| python[step.unwrap()] = json!({"value": shown}),
            ),
            _ => case,
        };
    }
    let fails = match kind.name {
        "pre-shared key" | "certificate" => given == ["b"],
        "trusted authority" => given == ["b"] && side == "client",
        "security level" => given != ["b"],
        _ => false,
    };
    if fails && moment == Moment::After && !(kind.name == "certificate" && side == "client") {
        let step = index(json!(["switch", format!("p.{side}"), "b"]));
        return case.differs(
            "A failed handshake counts as one under way",
            move |python| {
                let text = "Cannot switch the context in the middle of a handshake";
                let error = json!({"class": "SSLError", "errno": 0, "library": null, "reason": null,
                "text": text, "verify_code": null, "verify_message": null});
                python[step.unwrap()] = json!({"error": error});
            },
        );
    }
    case
}

#[test]
fn a_connection_that_switched_contexts_uses_the_same_callbacks_and_settings_as_in_python() {
    let mut cases = Vec::new();
    for kind in kinds() {
        for side in ["server", "client"] {
            for given in [&["a"][..], &["b"], &["a", "b"]] {
                for moment in [
                    Moment::Never,
                    Moment::Before,
                    Moment::InCallback,
                    Moment::After,
                ] {
                    if moment == Moment::InCallback && side == "client" {
                        continue;
                    }
                    for maximum in [0x303, 0x304] {
                        let name = format!(
                            "{} on the {side}'s {given:?}, switched {moment:?}, up to {maximum:#x}",
                            kind.name
                        );
                        let steps = steps(&kind, side, given, moment, maximum);
                        let case = Case::new(name, steps.clone()).since(13);
                        cases.push(wanted_differences(case, &kind, side, given, moment, steps));
                    }
                }
            }
        }
    }
    compare(cases);
}
