//! A client and a server that receive every alert, or bytes that are not TLS.

use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};
use crate::interpreter::hex;

/// A client and a server before their handshake.
fn ends() -> Vec<Value> {
    vec![
        json!(["context", "cc", 16]),
        json!(["context", "sc", 17]),
        json!(["load_cert_chain", "sc", fixtures().combined()]),
        json!(["object", "c", "cc", {"server_hostname": "localhost"}]),
        json!(["object", "s", "sc", {"server_side": true}]),
    ]
}

/// Calls every method of a connection that has ended.
pub(crate) fn afterwards(name: &str) -> Vec<Value> {
    let mut steps: Vec<_> = [
        "do_handshake",
        "read",
        "unwrap",
        "getpeercert",
        "version",
        "cipher",
    ]
    .map(|method| json!(["do", name, method]))
    .into();
    steps.insert(2, json!(["do", name, "write", "data"]));
    steps.push(json!(["do", name, "do_handshake"]));
    steps.push(json!(["sent", name]));
    steps
}

#[test]
fn every_handshake_alert_gives_pythons_error() {
    let mut cases = Vec::new();
    for number in 0..=130 {
        for level in [1_u8, 2] {
            // The alert arrives before the handshake has begun (`begun` is false), or after the
            // client's first flight.
            for begun in [false, true] {
                let mut steps = ends();
                for (side, version) in [("c", 3_u8), ("s", 1)] {
                    if begun {
                        steps.push(json!(["do", side, "do_handshake"]));
                    }
                    let record = [21, 3, version, 0, 2, level, number];
                    steps.push(json!(["feed", side, hex(&record)]));
                    steps.push(json!(["do", side, "do_handshake"]));
                    steps.push(json!(["do", side, "do_handshake"]));
                    steps.push(json!(["do", side, "read", 10]));
                }
                let name = format!("alert {number} level {level} begun {begun}");
                cases.push(Case::new(name, json!(steps)).since(13));
            }
        }
    }
    compare(cases);
}

#[test]
fn every_alert_after_the_handshake_gives_pythons_error() {
    let mut cases = Vec::new();
    for maximum in [0x303, 0x304] {
        // An alert in clear text after encryption has begun is always an error.
        for number in [0, 40, 90, 100] {
            let steps = json!([
                ["context", "cc", 16],
                ["load_verify_locations", "cc", {"cafile": fixtures().ca()}],
                ["set", "cc", "maximum_version", maximum],
                ["context", "sc", 17],
                ["load_cert_chain", "sc", fixtures().combined()],
                ["pair", "p", "cc", "sc", "localhost"],
                ["handshake", "p"],
                ["feed", "p.client", hex(&[21, 3, 3, 0, 2, 2, number])],
                ["do", "p.client", "read"],
                ["do", "p.client", "read"],
                ["do", "p.client", "write", "data"],
                ["do", "p.client", "unwrap"],
                ["pump", "p"],
                ["do", "p.server", "read"],
                ["do", "p.server", "read"],
                ["do", "p.server", "write", "data"],
                ["do", "p.server", "unwrap"],
            ]);
            let name = format!("alert {number} up to {maximum:#x}");
            cases.push(Case::new(name, steps));
        }
    }
    compare(cases);
}

#[test]
fn peers_without_tls_give_pythons_errors() {
    let long = [&b"GET /"[..], &[b'x'; 20_000]].concat();
    let noise: Vec<u8> = (0..2000_u32)
        .map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    let texts: Vec<(&str, Vec<u8>)> = vec![
        ("GET", b"GET / HTTP/1.0\r\n\r\n".to_vec()),
        ("POST", b"POST / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
        ("HEAD", b"HEAD / HTTP/1.1\r\n\r\n".to_vec()),
        ("PUT", b"PUT / HTTP/1.1\r\n\r\n".to_vec()),
        ("DELETE", b"DELETE / HTTP/1.1\r\n\r\n".to_vec()),
        ("OPTIONS", b"OPTIONS * HTTP/1.1\r\n\r\n".to_vec()),
        (
            "CONNECT",
            b"CONNECT example.com:443 HTTP/1.1\r\n\r\n".to_vec(),
        ),
        ("PRI", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("HTTP answer", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        ("SMTP", b"220 mail.example ESMTP\r\n".to_vec()),
        ("FTP", b"220 ready\r\n".to_vec()),
        ("IMAP", b"* OK ready\r\n".to_vec()),
        ("STARTTLS", b"STARTTLS\r\n".to_vec()),
        ("PROXY", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".to_vec()),
        ("SOCKS 5", b"\x05\x01\x00".to_vec()),
        ("MySQL", b"\x4a\x00\x00\x00\x0a8.0.36\x00".to_vec()),
        ("PostgreSQL", b"\x00\x00\x00\x08\x04\xd2\x16\x2f".to_vec()),
        ("long line", long),
        ("zeros", vec![0; 100]),
        ("ones", vec![0xff; 100]),
        ("noise", noise),
        ("one byte", vec![22]),
        ("four bytes", vec![22, 3, 1, 0]),
        ("a header", vec![22, 3, 1, 0, 0]),
        (
            "an empty handshake record",
            vec![22, 3, 3, 0, 0, 22, 3, 3, 0, 0],
        ),
        ("a record that is too long", vec![22, 3, 1, 0xff, 0xff, 1]),
        ("a handshake of type 99", vec![22, 3, 3, 0, 4, 99, 0, 0, 0]),
        ("a hello request", vec![22, 3, 3, 0, 4, 0, 0, 0, 0]),
        ("an empty client hello", vec![22, 3, 1, 0, 4, 1, 0, 0, 0]),
        ("an empty server hello", vec![22, 3, 3, 0, 4, 2, 0, 0, 0]),
        ("finished", vec![22, 3, 3, 0, 4, 20, 0, 0, 0]),
        (
            "a handshake that is too long",
            vec![22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff],
        ),
        ("application data", vec![23, 3, 3, 0, 3, 1, 2, 3]),
        ("change cipher spec", vec![20, 3, 3, 0, 1, 1]),
        ("broken change cipher spec", vec![20, 3, 3, 0, 1, 2]),
        ("heartbeat", vec![24, 3, 3, 0, 3, 1, 0, 0]),
        ("SSL 3.0", vec![22, 3, 0, 0, 4, 2, 0, 0, 0]),
        ("version 9", vec![22, 9, 9, 0, 4, 2, 0, 0, 0]),
        ("SSL 2.0", vec![0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10]),
        ("a short alert", vec![21, 3, 3, 0, 1, 2]),
        ("an empty alert", vec![21, 3, 3, 0, 0]),
        ("a long alert", vec![21, 3, 3, 0, 3, 2, 40, 40]),
        ("an alert of level 3", vec![21, 3, 3, 0, 2, 3, 40]),
    ];
    let mut cases = Vec::new();
    for (name, bytes) in &texts {
        for ended in [false, true] {
            for begun in [false, true] {
                let mut steps = ends();
                for side in ["c", "s"] {
                    if begun {
                        steps.push(json!(["do", side, "do_handshake"]));
                    }
                    steps.push(json!(["feed", side, hex(bytes)]));
                    if ended {
                        steps.push(json!(["eof", side]));
                    }
                    steps.push(json!(["do", side, "do_handshake"]));
                    steps.push(json!(["sent", side]));
                    steps.extend(afterwards(side));
                }
                let name = format!("{name}, ended {ended}, begun {begun}");
                cases.push(Case::new(name, json!(steps)).since(13));
            }
        }
    }
    compare(cases);
}

#[test]
fn a_closed_peer_gives_pythons_error() {
    let mut cases = Vec::new();
    for method in ["do_handshake", "read", "unwrap"] {
        for begun in [false, true] {
            let mut steps = ends();
            for side in ["c", "s"] {
                if begun {
                    steps.push(json!(["do", side, "do_handshake"]));
                }
                steps.push(json!(["eof", side]));
                steps.push(json!(["do", side, method]));
                steps.extend(afterwards(side));
            }
            cases.push(Case::new(format!("{method}, begun {begun}"), json!(steps)).since(13));
        }
    }
    compare(cases);
}
