//! Programs that wait for the descriptor and then receive: `poll`, `recv`, `poll`.

use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};

/// The lengths of the messages that the peer sends.
const MESSAGES: [&[usize]; 6] = [
    &[],
    &[5, 6, 7],
    &[1000, 1000, 1000, 1, 1],
    &[3, 16384, 3],
    &[20000],
    &[100; 30],
];

/// The ways in which the peer ends the connection.
const ENDS: [&str; 5] = ["open", "close_notify", "both", "fin", "reset"];

fn contexts(maximum: i32) -> Vec<Value> {
    vec![
        json!(["context", "c", 16]),
        json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}]),
        json!(["set", "c", "maximum_version", maximum]),
        json!(["context", "s", 17]),
        json!(["load_cert_chain", "s", fixtures().combined()]),
    ]
}

/// A connection on which both sides have received data, so that all tickets have been read.
fn used_connection(maximum: i32, suppress: bool) -> Vec<Value> {
    let mut steps = contexts(maximum);
    steps.extend([
        json!(["local_tls_pair", "t", "u", "c", "s", {"suppress_ragged_eofs": suppress}]),
        json!(["do", "t", "send", "hello"]),
        json!(["do", "u", "recv", 5]),
        json!(["do", "u", "send", "first"]),
        json!(["do", "t", "recv", 5]),
    ]);
    steps
}

fn end(how: &str) -> Vec<Value> {
    // `unwrap` that does not wait sends `close_notify`.
    let close_notify = [json!(["settimeout", "u", 0]), json!(["do", "u", "unwrap"])];
    let hung_up = || json!(["hung_up", "t"]);
    match how {
        "close_notify" => close_notify.into(),
        "both" => [&close_notify[..], &[json!(["close", "u"]), hung_up()]].concat(),
        "fin" => vec![json!(["close", "u"]), hung_up()],
        // Closing with unread data sends a reset.
        "reset" => vec![
            json!(["do", "t", "send", "never read"]),
            json!(["close", "u"]),
            hung_up(),
        ],
        _ => Vec::new(),
    }
}

fn loops(side: &str, size: usize, pending_first: bool) -> [Value; 3] {
    [
        json!(["poll_loop", side, size, pending_first]),
        json!(["do", side, "pending"]),
        json!(["readable", side]),
    ]
}

#[test]
fn a_loop_of_poll_and_recv_reads_the_same_as_in_python() {
    let mut cases = Vec::new();
    for maximum in [0x303, 0x304] {
        for (timeout, mode) in [
            (Value::Null, "blocking"),
            (json!(60), "timed"),
            (json!(0), "non-blocking"),
        ] {
            for messages in MESSAGES {
                for how in ENDS {
                    for (size, pending_first) in [(4, true), (16384, false)] {
                        let mut steps = used_connection(maximum, pending_first);
                        steps.push(json!(["settimeout", "t", timeout]));
                        for size in messages {
                            steps.push(json!(["do", "u", "send", "x".repeat(*size)]));
                        }
                        steps.extend(end(how));
                        for _ in 0..2 {
                            steps.extend(loops("t", size, pending_first));
                        }
                        let name = format!(
                            "{maximum:#x} {mode} {messages:?} {how} recv({size}), pending first: {pending_first}"
                        );
                        cases.push(Case::new(name, json!(steps)));
                    }
                }
            }
        }
    }
    compare(cases);
}

/// Operations other than receiving do not consume data that a loop waits for afterwards.
#[test]
fn operations_leave_the_same_bytes_in_the_descriptor_as_in_python() {
    let mut cases = Vec::new();
    let acts = [
        ("nothing", vec![]),
        ("pending", vec![json!(["do", "t", "pending"])]),
        ("do_handshake", vec![json!(["do", "t", "do_handshake"])]),
        ("send", vec![json!(["do", "t", "send", "more"])]),
        ("version", vec![json!(["do", "t", "version"])]),
        ("unwrap", vec![json!(["do", "t", "unwrap"])]),
        (
            "unwrap twice",
            vec![json!(["do", "t", "unwrap"]), json!(["do", "t", "unwrap"])],
        ),
        (
            "half a record",
            vec![json!(["do", "t", "recv", 2]), json!(["do", "t", "unwrap"])],
        ),
        (
            "questions",
            vec![
                json!(["do", "t", "cipher"]),
                json!(["do", "t", "getpeercert"]),
                json!(["do", "t", "selected_alpn_protocol"]),
            ],
        ),
    ];
    for maximum in [0x303, 0x304] {
        for timeout in [json!(0.05), json!(0)] {
            for (name, act) in &acts {
                for how in ["open", "close_notify", "fin"] {
                    let mut steps = used_connection(maximum, false);
                    steps.push(json!(["settimeout", "t", timeout]));
                    for message in ["one", "two", "three"] {
                        steps.push(json!(["do", "u", "send", message]));
                    }
                    steps.extend(end(how));
                    steps.extend(act.iter().cloned());
                    steps.extend(loops("t", 1024, false));
                    steps.push(json!(["do", "t", "unwrap"]));
                    steps.extend(loops("t", 1024, false));
                    let name = format!("{maximum:#x} {timeout} {name}, {how}");
                    cases.push(Case::new(name, json!(steps)));
                }
            }
        }
    }
    compare(cases);
}

/// The loops begin right after the handshake, when tickets and data have followed it.
#[test]
fn select_loops_after_a_handshake_behave_as_in_python() {
    let mut cases = Vec::new();
    for maximum in [0x303, 0x304] {
        for (reader, writer) in [("t", "u"), ("u", "t")] {
            for messages in [&[][..], &["one"], &["one", "two", "three"]] {
                for how in ["open", "close_notify"] {
                    let mut steps = contexts(maximum);
                    steps.push(json!(["local_tls_pair", "t", "u", "c", "s", {}]));
                    steps.push(json!(["readable", "t"]));
                    steps.push(json!(["readable", "u"]));
                    for message in messages {
                        steps.push(json!(["do", writer, "send", message]));
                    }
                    if how == "close_notify" {
                        steps.push(json!(["settimeout", writer, 0]));
                        steps.push(json!(["do", writer, "unwrap"]));
                    }
                    steps.push(json!(["settimeout", reader, 0]));
                    steps.extend(loops(reader, 1024, false));
                    let name = format!("{maximum:#x} {reader} reads {messages:?}, {how}");
                    cases.push(Case::new(name, json!(steps)));
                }
            }
        }
    }
    compare(cases);
}
