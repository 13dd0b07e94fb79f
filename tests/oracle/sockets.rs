//! Sockets that are wrapped in every state, and calls in the wrong state.

use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};

/// Contexts for both sides, and one that checks no names.
fn contexts() -> Vec<Value> {
    vec![
        json!(["context", "c", 16]),
        json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}]),
        json!(["context", "s", 17]),
        json!(["load_cert_chain", "s", fixtures().combined()]),
        json!(["context", "any", 2]),
    ]
}

fn case(name: impl Into<String>, steps: &[Value]) -> Case {
    let mut all = contexts();
    all.extend(steps.iter().cloned());
    Case::new(name, json!(all))
}

/// Calls all getters of a socket that have no arguments.
fn questions(name: &str) -> Vec<Value> {
    [
        "version",
        "cipher",
        "shared_ciphers",
        "compression",
        "selected_alpn_protocol",
        "pending",
    ]
    .map(|method| json!(["do", name, method]))
    .into()
}

#[test]
fn wrap_socket_accepts_the_same_sockets_as_python() {
    let name = json!({"server_hostname": "localhost"});
    let wrap =
        |context: &str, sock: &str, options: &Value| json!(["wrap", "t", context, sock, options]);
    let mut cases = Vec::new();
    let options = [
        json!({}),
        name.clone(),
        json!({"server_hostname": ""}),
        json!({"server_side": true}),
        json!({"server_side": true, "server_hostname": "localhost"}),
        json!({"server_side": true, "server_hostname": ""}),
        json!({"do_handshake_on_connect": false}),
        json!({"do_handshake_on_connect": false, "server_hostname": "localhost"}),
        json!({"do_handshake_on_connect": false, "server_side": true}),
        json!({"suppress_ragged_eofs": false, "server_hostname": "localhost"}),
    ];
    for context in ["c", "s", "any"] {
        for option in &options {
            for kind in ["tcp", "udp"] {
                let mut steps = vec![
                    json!(["plain_socket", "sock", kind]),
                    wrap(context, "sock", option),
                    json!(["attribute", "t", "server_side"]),
                    json!(["attribute", "t", "server_hostname"]),
                ];
                steps.extend(questions("t"));
                cases.push(case(format!("{kind} with {context} {option}"), &steps));
            }
            let mut steps = vec![json!(["listener", "sock"]), wrap(context, "sock", option)];
            steps.extend(questions("t"));
            cases.push(case(format!("listener with {context} {option}"), &steps));
            if option.get("do_handshake_on_connect").is_some() {
                let mut steps = vec![
                    json!(["tcp_pair", "a", "b"]),
                    wrap(context, "a", option),
                    json!(["attribute", "t", "server_hostname"]),
                    json!(["do", "t", "getpeercert"]),
                    json!(["settimeout", "t", 0]),
                    json!(["do", "t", "do_handshake"]),
                    json!(["do", "t", "recv"]),
                    json!(["do", "t", "send", "data"]),
                    json!(["do", "t", "unwrap"]),
                ];
                steps.extend(questions("t"));
                cases.push(case(format!("connected with {context} {option}"), &steps));
            }
        }
    }
    let twice = [
        json!(["plain_socket", "sock", "tcp"]),
        json!(["wrap", "t", "c", "sock", name]),
        json!(["wrap", "u", "c", "t", name]),
        json!(["attribute", "u", "server_hostname"]),
        json!(["do", "u", "version"]),
    ];
    cases.push(case("twice", &twice));
    compare(cases);
}

#[test]
fn unconnected_sockets_behave_as_in_python() {
    let mut cases = Vec::new();
    for (context, options) in [
        ("c", json!({"server_hostname": "localhost"})),
        ("s", json!({"server_side": true})),
        ("any", json!({})),
    ] {
        let begin = |kind: &str| {
            let kind = match kind {
                "listener" => json!(["listener", "sock"]),
                _ => json!(["plain_socket", "sock", "tcp"]),
            };
            vec![kind, json!(["wrap", "t", context, "sock", options])]
        };
        for kind in ["socket", "listener"] {
            for method in [
                "getpeercert",
                "do_handshake",
                "unwrap",
                "read",
                "recv",
                "pending",
                "getpeername",
                "version",
            ] {
                let mut steps = begin(kind);
                steps.push(json!(["do", "t", method]));
                cases.push(case(format!("{context} {kind} {method}"), &steps));
            }
            for method in ["write", "send", "sendall"] {
                let mut steps = begin(kind);
                steps.push(json!(["do", "t", method, "data"]));
                cases.push(case(format!("{context} {kind} {method}"), &steps));
            }
            for how in ["read", "write", "both"] {
                let mut steps = begin(kind);
                steps.push(json!(["shutdown", "t", how]));
                cases.push(case(format!("{context} {kind} shutdown {how}"), &steps));
            }
        }
        let mut steps = begin("socket");
        steps.push(json!(["connect_to_closed_port", "t"]));
        steps.push(json!(["do", "t", "version"]));
        cases.push(case(format!("{context} closed port"), &steps));
        let mut steps = begin("socket");
        steps.push(json!(["connect_ex_to_closed_port", "t"]));
        cases.push(case(format!("{context} closed port, as a number"), &steps));
        let mut steps = begin("socket");
        steps.push(json!(["listener", "l"]));
        steps.push(json!(["settimeout", "t", 0.05]));
        steps.push(json!(["connect_to", "t", "l"]));
        cases.push(case(format!("{context} to a silent peer"), &steps));
        let mut steps = begin("listener");
        steps.push(json!(["settimeout", "t", 0]));
        steps.push(json!(["do", "t", "accept"]));
        steps.push(json!(["settimeout", "t", 0.05]));
        steps.push(json!(["do", "t", "accept"]));
        cases.push(case(format!("{context} accept in vain"), &steps));
    }
    compare(cases);
}

#[test]
fn time_out_errors_have_pythons_texts() {
    let wrap = json!(["wrap", "t", "c", "a", {"server_hostname": "localhost", "do_handshake_on_connect": false}]);
    let tls = json!(["tls_pair", "t", "u", "c", "s", {}]);
    let mut cases = Vec::new();
    for seconds in [0.0, 0.05] {
        let set = json!(["settimeout", "t", seconds]);
        for (name, act) in [
            ("do_handshake", json!(["do", "t", "do_handshake"])),
            ("recv", json!(["do", "t", "recv"])),
            ("read", json!(["do", "t", "read"])),
            ("send", json!(["do", "t", "send", "data"])),
            ("write", json!(["do", "t", "write", "data"])),
            ("unwrap", json!(["do", "t", "unwrap"])),
        ] {
            let steps = [
                json!(["tcp_pair", "a", "b"]),
                wrap.clone(),
                set.clone(),
                act.clone(),
                act.clone(),
            ];
            cases.push(case(
                format!("{name} before the handshake, {seconds} s"),
                &steps,
            ));
            let steps = [tls.clone(), set.clone(), act.clone(), act];
            cases.push(case(
                format!("{name} after the handshake, {seconds} s"),
                &steps,
            ));
        }
        let steps = [tls.clone(), set, json!(["fill", "t"])];
        cases.push(case(format!("fill, {seconds} s"), &steps));
    }
    compare(cases);
}

#[test]
fn connections_over_sockets_end_as_in_python() {
    let mut cases = Vec::new();
    for suppress in [true, false] {
        let tls = json!(["tls_pair", "t", "u", "c", "s", {"suppress_ragged_eofs": suppress}]);
        for maximum in [0x303, 0x304] {
            let begin = || vec![json!(["set", "c", "maximum_version", maximum]), tls.clone()];
            // The client closes without `close_notify`. In TLS 1.3 it reads the tickets first, since
            // the system would otherwise reset the connection.
            let mut steps = begin();
            steps.extend([
                json!(["do", "u", "send", "hello"]),
                json!(["do", "t", "recv"]),
                json!(["close", "t"]),
                json!(["do", "u", "recv"]),
                json!(["do", "u", "recv"]),
                json!(["do", "u", "read"]),
                json!(["do", "u", "unwrap"]),
            ]);
            cases.push(case(
                format!("closed, suppress {suppress}, {maximum:#x}"),
                &steps,
            ));
            let mut steps = begin();
            steps.extend([
                json!(["do", "u", "send", "hello"]),
                json!(["do", "t", "recv"]),
                json!(["shutdown", "t", "write"]),
                json!(["do", "t", "unwrap"]),
                json!(["do", "t", "read"]),
                json!(["do", "t", "write", "data"]),
                json!(["do", "t", "version"]),
                json!(["do", "u", "recv"]),
                json!(["do", "u", "recv"]),
            ]);
            cases.push(case(
                format!("shut down, suppress {suppress}, {maximum:#x}"),
                &steps,
            ));
            let mut steps = begin();
            steps.extend([
                json!(["do", "u", "send", "hello"]),
                json!(["do", "t", "recv"]),
                json!(["settimeout", "t", 0.05]),
                json!(["do", "t", "unwrap"]),
                json!(["do", "u", "recv"]),
                json!(["do", "u", "recv"]),
                json!(["do", "u", "send", "data"]),
                json!(["do", "t", "recv"]),
                json!(["do", "t", "send", "data"]),
                json!(["do", "u", "unwrap"]),
                json!(["do", "u", "version"]),
                json!(["do", "t", "unwrap"]),
                json!(["do", "t", "version"]),
                json!(["do", "t", "read"]),
                json!(["do", "t", "write", "data"]),
                json!(["do", "t", "send", "in clear text"]),
                json!(["do", "u", "recv"]),
                json!(["do", "t", "pending"]),
                json!(["do", "t", "cipher"]),
            ]);
            cases.push(case(
                format!("unwrapped, suppress {suppress}, {maximum:#x}"),
                &steps,
            ));
            let mut steps = begin();
            steps.extend([
                json!(["do", "t", "do_handshake"]),
                json!(["connect_to_closed_port", "t"]),
                json!(["connect_ex_to_closed_port", "t"]),
                json!(["do", "u", "do_handshake"]),
                json!(["connect_to_closed_port", "u"]),
                json!(["do", "t", "recv", 0]),
                json!(["do", "t", "send", ""]),
                json!(["do", "t", "getpeercert"]),
                json!(["do", "u", "getpeercert"]),
                json!(["do", "t", "shared_ciphers"]),
                json!(["do", "u", "shared_ciphers"]),
                json!(["do", "t", "cipher"]),
            ]);
            cases.push(case(
                format!("connected, suppress {suppress}, {maximum:#x}"),
                &steps,
            ));
        }
    }
    compare(cases);
}

#[test]
fn closed_sockets_behave_as_in_python() {
    let wrap = json!(["wrap", "t", "c", "sock", {"server_hostname": "localhost"}]);
    let mut cases = Vec::new();
    for method in [
        "recv",
        "read",
        "do_handshake",
        "getpeername",
        "fileno",
        "accept",
    ] {
        let steps = [
            json!(["plain_socket", "sock", "tcp"]),
            wrap.clone(),
            json!(["close", "t"]),
            json!(["close", "t"]),
            json!(["do", "t", method]),
        ];
        cases.push(case(method, &steps));
    }
    for method in ["send", "sendall", "write"] {
        let steps = [
            json!(["plain_socket", "sock", "tcp"]),
            wrap.clone(),
            json!(["close", "t"]),
            json!(["do", "t", method, "data"]),
        ];
        cases.push(case(method, &steps));
    }
    let steps = [
        json!(["plain_socket", "sock", "tcp"]),
        wrap,
        json!(["close", "t"]),
        json!(["connect_to_closed_port", "t"]),
        json!(["settimeout", "t", 1]),
        json!(["shutdown", "t", "both"]),
        json!(["do", "t", "version"]),
        json!(["do", "t", "cipher"]),
        json!(["do", "t", "pending"]),
    ];
    cases.push(case("connect", &steps));
    for method in ["recv", "read", "do_handshake", "unwrap"] {
        let steps = [
            json!(["tls_pair", "t", "u", "c", "s", {}]),
            json!(["close", "t"]),
            json!(["do", "t", method]),
        ];
        cases.push(case(format!("{method} after the connection"), &steps));
    }
    for method in ["send", "sendall", "write"] {
        let steps = [
            json!(["tls_pair", "t", "u", "c", "s", {}]),
            json!(["close", "t"]),
            json!(["do", "t", method, "data"]),
        ];
        cases.push(case(format!("{method} after the connection"), &steps));
    }
    compare(cases);
}

#[test]
fn getpeercert_of_a_closed_socket_is_a_value_error_unlike_python() {
    let methods = ["getpeercert"];
    let cases = methods.map(|method| {
        let steps = [
            json!(["tls_pair", "t", "u", "c", "s", {}]),
            json!(["close", "t"]),
            json!(["do", "t", method]),
        ];
        let why = "in Python an internal None shows";
        case(method, &steps).differs(why, |python| {
            let error = &mut python.last_mut().unwrap()["error"];
            error["class"] = json!("ValueError");
            error["text"] = json!("No SSL wrapper around it");
        })
    });
    compare(cases.into());
}

/// This library's error for a socket that has lost its TLS connection.
fn refused(what: &str) -> Value {
    json!({"error": {
        "class": "ValueError",
        "text": format!("{what} on closed or unwrapped SSL socket."),
        "errno": null, "library": null, "reason": null,
        "verify_code": null, "verify_message": null,
    }})
}

#[test]
fn a_socket_that_lost_tls_sends_no_plaintext() {
    const WHY: &str = "nothing goes out in clear text that was meant to be sealed";
    let failed = [
        json!(["plain_socket", "sock", "tcp"]),
        json!(["wrap", "t", "c", "sock", {"server_hostname": "localhost"}]),
        json!(["listener", "l"]),
        json!(["settimeout", "t", 0.05]),
        json!(["connect_to", "t", "l"]),
        json!(["do", "t", "send", "data"]),
        json!(["do", "t", "sendall", "data"]),
    ];
    let failed = case("after a handshake that failed", &failed).differs(WHY, |python| {
        let at = python.len() - 2;
        python[at] = refused("Write");
        python[at + 1] = refused("Write");
    });
    let down = [
        json!(["tls_pair", "t", "u", "c", "s", {}]),
        json!(["shutdown", "t", "read"]),
        json!(["do", "t", "send", "data"]),
        json!(["do", "t", "recv"]),
    ];
    let down = case("after shutdown", &down).differs(WHY, |python| {
        let at = python.len() - 2;
        python[at] = refused("Write");
        python[at + 1] = refused("Read");
    });
    compare(vec![failed, down]);
}

#[test]
fn data_before_the_handshake_is_rejected_as_in_python() {
    let name = json!({"server_hostname": "localhost"});
    let cases = [
        (
            "HTTP to a server",
            "GET / HTTP/1.0\r\n\r\n",
            "s",
            json!({"server_side": true}),
        ),
        ("text to a client", "220 mail.example ESMTP\r\n", "c", name),
    ]
    .map(|(name, text, context, options)| {
        let steps = [
            json!(["tcp_pair", "a", "b"]),
            json!(["plain_send", "b", text]),
            json!(["wrap", "t", context, "a", options]),
            json!(["do", "t", "version"]),
        ];
        case(name, &steps)
    });
    compare(cases.into());
}
