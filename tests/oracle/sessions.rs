//! Sessions with and without tickets, setters between them, and the statistics.

use serde_json::{Value, json};

use crate::fixtures::fixtures;
use crate::harness::{Case, compare};

/// Adds a connection whose client reads once, so that it has received its session tickets.
fn connect(steps: &mut Vec<Value>, name: &str, resumed: Option<&str>) {
    steps.push(json!(["pair", name, "c", "s", "localhost", resumed]));
    steps.push(json!(["handshake", name]));
    let (client, server) = (format!("{name}.client"), format!("{name}.server"));
    steps.push(json!(["do", server, "write", "word"]));
    steps.push(json!(["pump", name]));
    steps.push(json!(["do", client, "read"]));
    for end in [client, server] {
        steps.push(json!(["attribute", end, "session_reused"]));
    }
    steps.push(json!(["state", "s"]));
}

#[test]
fn sessions_and_statistics_after_setters_match_python() {
    let setters = [
        json!(["set_alpn_protocols", "s", ["x"]]),
        json!(["set_ciphers", "s", "ECDHE+AESGCM"]),
        json!(["load_cert_chain", "s", fixtures().combined()]),
        json!(["set", "s", "verify_flags", 0x8020]),
        json!(["set", "s", "maximum_version", -1]),
        json!(["set", "s", "num_tickets", 3]),
        json!(["set_ecdh_curve", "s", "prime256v1"]),
        json!(["record", "s", "sni"]),
        json!(["load_verify_locations", "s", {"cafile": fixtures().ca()}]),
        json!(["state", "s"]),
    ];
    let mut cases = Vec::new();
    for maximum in [0x303, 0x304] {
        for options in [0x8252_0050_u32, 0x8252_4050] {
            for setter in &setters {
                let mut steps = vec![
                    json!(["context", "c", 16]),
                    json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}]),
                    json!(["set", "c", "maximum_version", maximum]),
                    json!(["context", "s", 17]),
                    json!(["load_cert_chain", "s", fixtures().combined()]),
                    json!(["set", "s", "options", options]),
                ];
                connect(&mut steps, "first", None);
                connect(&mut steps, "second", Some("first.client"));
                // This handshake begins before the setter is called, and ends after it.
                steps.push(json!(["pair", "third", "c", "s", "localhost"]));
                steps.push(json!(["do", "third.client", "do_handshake"]));
                steps.push(setter.clone());
                connect(&mut steps, "fourth", Some("first.client"));
                steps.push(json!(["handshake", "third"]));
                steps.push(json!(["do", "third.server", "write", "word"]));
                steps.push(json!(["pump", "third"]));
                steps.push(json!(["do", "third.client", "read"]));
                connect(&mut steps, "fifth", Some("third.client"));
                // These connections end without `close_notify`, and OpenSSL then removes their
                // sessions from the cache.
                steps.push(json!(["forget_end", "fifth.server"]));
                steps.push(json!(["forget_end", "third.server"]));
                steps.push(json!(["state", "s"]));
                connect(&mut steps, "sixth", Some("third.client"));
                connect(&mut steps, "seventh", Some("second.client"));
                let name = format!("up to {maximum:#x}, options {options:#x}, {setter}");
                cases.push(Case::new(name, json!(steps)).since(13));
            }
        }
    }
    compare(cases);
}
