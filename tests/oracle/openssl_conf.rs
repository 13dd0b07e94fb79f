//! The effect of OpenSSL's configuration file on contexts and handshakes. Each file is tested in a process
//! of its own, here and in Python, because OpenSSL reads it once per process.

mod files;

use std::io::Write as _;
use std::process::{Command, Stdio};

use pyssl_testing::pki::KeyKind;
use pyssl_testing::python::same_openssl_or_skip;
use serde_json::{Value, json};

use crate::fixtures::{fixtures, leaf_with};
use crate::harness::{Case, Outcomes, differences, input, run_here, run_in_python};
use crate::interpreter::hex;

/// The environment variable that is set in the process that runs the cases on this library.
const INNER: &str = "PYSSL_TEST_INNER";
/// The prefix of each line of outcomes.
const MARK: &str = "outcomes: ";

/// A ServerHello of TLS 1.2 without the extension for secure renegotiation (RFC 5746), as old servers send
/// it.
fn old_server_hello() -> String {
    let mut hello = vec![2, 0, 0, 38, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2b, 0]);
    let mut record = vec![22, 3, 3, 0, 42];
    record.append(&mut hello);
    hex(&record)
}

/// The contexts of a case, before and after setters.
fn contexts() -> Vec<Case> {
    let mut cases = Vec::new();
    for protocol in [2, 3, 4, 5, 16, 17] {
        let mut steps = vec![
            json!(["context", "c", protocol]),
            json!(["state", "c"]),
            json!(["ciphers", "c"]),
        ];
        // A connection holds the context from here on, so a setter builds a new `SSL_CTX`.
        steps.push(json!(["object", "o", "c", {"server_side": protocol == 17}]));
        for setter in [
            json!(["set", "c", "verify_flags", 0x8020]),
            json!(["set", "c", "maximum_version", 0x303]),
            json!(["set", "c", "minimum_version", 0x302]),
            json!(["set", "c", "maximum_version", -1]),
            json!(["set", "c", "num_tickets", 4]),
            json!(["set_ciphers", "c", "ALL:@SECLEVEL=1"]),
            json!(["load_cert_chain", "c", fixtures().combined()]),
            json!(["set", "c", "options", 0x8252_0054_u32]),
        ] {
            steps.push(setter);
            steps.push(json!(["state", "c"]));
            steps.push(json!(["object", "o", "c", {"server_side": protocol == 17}]));
        }
        cases.push(Case::new(format!("protocol {protocol}"), json!(steps)));
    }
    for purpose in ["server", "client"] {
        cases.push(Case::new(
            format!("default context for {purpose}"),
            json!([
                ["default_context", "c", purpose, {"cafile": fixtures().ca()}],
                ["state", "c"],
                ["set_ciphers", "c", "HIGH"],
                ["object", "o", "c", {"server_side": purpose == "client"}],
                ["set", "c", "verify_flags", 0x8000],
                ["state", "c"],
            ]),
        ));
    }
    cases
}

/// Handshakes with the settings of the configuration, and after setters on contexts in use.
fn handshakes(rsa: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let attempt = |steps: &mut Vec<Value>| {
        steps.push(json!(["pair", "p", "c", "s", "localhost"]));
        steps.push(json!(["handshake", "p"]));
        for side in ["p.client", "p.server"] {
            for method in ["version", "cipher", "selected_alpn_protocol"] {
                steps.push(json!(["do", side, method]));
            }
        }
    };
    let ecdsa = fixtures().combined();
    for (name, certificate) in [("ECDSA", ecdsa.as_str()), ("RSA", rsa)] {
        for client in [5, 16] {
            let mut steps = vec![
                json!(["context", "c", client]),
                json!(["context", "s", 17]),
                json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}]),
                json!(["load_cert_chain", "s", certificate]),
            ];
            attempt(&mut steps);
            for setter in [
                json!(["set_alpn_protocols", "c", ["x"]]),
                json!(["set", "s", "maximum_version", 0x303]),
                json!(["set_ecdh_curve", "s", "secp384r1"]),
                json!(["set_ciphers", "c", "ECDHE+AESGCM"]),
            ] {
                steps.push(setter);
                attempt(&mut steps);
            }
            cases.push(Case::new(format!("{name} with {client}"), json!(steps)));
        }
    }
    for (name, setters) in [
        ("an old server", vec![]),
        (
            "an old server, after a setter",
            vec![
                json!(["object", "o", "c", {"server_hostname": "localhost"}]),
                json!(["set_alpn_protocols", "c", ["x"]]),
            ],
        ),
    ] {
        let mut steps = vec![json!(["context", "c", 16])];
        steps.extend(setters);
        steps.extend([
            json!(["object", "o", "c", {"server_hostname": "localhost"}]),
            json!(["do", "o", "do_handshake"]),
            json!(["feed", "o", old_server_hello()]),
            json!(["do", "o", "do_handshake"]),
        ]);
        cases.push(Case::new(name, json!(steps)));
    }
    cases
}

/// Runs the cases in another process of ours that has this configuration.
fn run_in_process(input: &str, conf: &str) -> Vec<Outcomes> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("openssl_conf::openssls_configuration_file_has_the_effect_it_has_in_python")
        .env(INNER, "1")
        .env("OPENSSL_CONF", conf)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines()
        .filter_map(|line| line.split_once(MARK))
        .map(|(_, json)| serde_json::from_str(json).unwrap())
        .collect()
}

#[test]
fn openssls_configuration_file_has_the_effect_it_has_in_python() {
    if std::env::var_os(INNER).is_some() {
        for case in std::io::stdin().lines() {
            println!("{MARK}{}", json!(run_here(&case.unwrap())));
        }
        return;
    }
    let Some(python) = same_openssl_or_skip() else {
        return;
    };
    let rsa = fixtures().write_combined("rsa for conf.pem", &leaf_with(KeyKind::Rsa2048));
    let mut cases = contexts();
    cases.extend(handshakes(&rsa));
    let input = input(&cases);
    let files = files::all();
    let mut found = String::new();
    for (name, path) in &files {
        // Python and this library run at the same time, to save time.
        let (theirs, ours) = std::thread::scope(|scope| {
            let ours = scope.spawn(|| run_in_process(&input, path));
            let theirs = run_in_python(python, &input, &[("OPENSSL_CONF", path)]);
            (theirs, ours.join().unwrap())
        });
        for line in differences(&cases, theirs, ours).lines() {
            found += &format!("{name}: {line}\n");
        }
    }
    println!("{} files", files.len());
    assert!(found.is_empty(), "{found}");
}
