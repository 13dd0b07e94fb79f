//! The defaults of contexts.

use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};

const PROTOCOLS: [i32; 6] = [2, 3, 4, 5, 16, 17];

#[test]
fn every_protocol_has_the_defaults_of_python() {
    let mut cases: Vec<_> = PROTOCOLS
        .into_iter()
        .map(|protocol| {
            let steps = json!([["context", "c", protocol], ["state", "c"], ["ciphers", "c"]]);
            Case::new(format!("protocol {protocol}"), steps)
        })
        .collect();
    for number in [-1, 0, 1, 6, 7, 15, 18, 99, i32::MAX, i32::MIN] {
        let steps = json!([["context", "c", number]]);
        cases.push(Case::new(format!("protocol {number}"), steps));
    }
    compare(cases);
}

#[test]
fn default_contexts_match_python() {
    let files = fixtures();
    let pem = files.ca.cert_pem();
    let trusts = [
        json!({}),
        json!({"cafile": files.ca()}),
        json!({"capath": files.directory("empty")}),
        json!({"cadata": pem}),
        json!({"cafile": ""}),
        json!({"capath": ""}),
        json!({"cadata": ""}),
        json!({"cafile": "", "cadata": pem}),
        json!({"cafile": files.path("missing.pem")}),
        json!({"cafile": files.ca(), "cadata": pem}),
        json!({"cafile": files.ca(), "capath": ""}),
        json!({"cadata": "nothing"}),
    ];
    let mut cases = Vec::new();
    for purpose in ["server", "client"] {
        for trust in &trusts {
            let steps = json!([
                ["default_context", "c", purpose, trust],
                ["state", "c"],
                ["ciphers", "c"],
                ["ca_certs", "c"],
            ]);
            let case = Case::new(format!("default context {purpose} {trust}"), steps);
            cases.push(case.since(13));
        }
    }
    compare(cases);
}

#[test]
fn unverified_contexts_match_python() {
    let files = fixtures();
    let mut all: Vec<Value> = Vec::new();
    for purpose in ["server", "client"] {
        for check in [false, true] {
            all.push(json!({"purpose": purpose, "check_hostname": check}));
            for mode in [json!(null), json!(0), json!(1), json!(2), json!(3)] {
                let options =
                    json!({"purpose": purpose, "check_hostname": check, "cert_reqs": mode});
                all.push(options);
            }
        }
    }
    for protocol in PROTOCOLS {
        all.push(json!({"protocol": protocol}));
        all.push(json!({"protocol": protocol, "cert_reqs": 2, "check_hostname": true}));
    }
    all.extend([
        json!({"protocol": 99}),
        json!({"keyfile": files.path("key.pem")}),
        json!({"certfile": files.combined()}),
        json!({"certfile": files.path("cert.pem"), "keyfile": files.path("key.pem")}),
        json!({"certfile": files.path("cert.pem")}),
        json!({"certfile": files.path("missing.pem")}),
        json!({"cafile": files.ca()}),
        json!({"cafile": files.path("missing.pem"), "cert_reqs": 2}),
        json!({"cadata": files.ca.cert_pem(), "cert_reqs": 2}),
        json!({"cadata": "", "cert_reqs": 1}),
    ]);
    let cases = all.into_iter().map(|options| {
        let name = format!("unverified context {options}");
        let steps = json!([
            ["unverified_context", "c", options],
            ["state", "c"],
            ["ca_certs", "c"],
        ]);
        Case::new(name, steps)
    });
    compare(cases.collect());
}
