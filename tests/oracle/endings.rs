//! The end of connections: with `close_notify`, without it, and with invalid bytes.

use pyssl_testing::pki::KeyKind;
use serde_json::json;

use crate::alerts::afterwards;
use crate::fixtures::{fixtures, leaf_with};
use crate::harness::{Case, compare};
use crate::interpreter::hex;

/// The highest versions that each case is run with.
const VERSIONS: [i32; 2] = [0x303, 0x304];

#[test]
fn connections_end_as_in_python() {
    // The lengths of the sent data are compared. Ed25519 signatures always have one length, and
    // ECDSA signatures do not.
    let leaf = leaf_with(KeyKind::Ed25519);
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
                    cases.push(Case::new(name, json!(steps)).since(13));
                }
            }
        }
        // The peer ends the connection after this many exchanges.
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
                    cases.push(Case::new(name, json!(steps)).since(13));
                }
            }
        }
        // Each record in turn is replaced by invalid bytes.
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
            let name = format!("noise at {at} up to {maximum:#x}");
            cases.push(Case::new(name, json!(steps)).since(13));
        }
    }
    compare(cases);
}
