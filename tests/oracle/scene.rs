//! A handshake of a client and a server over memory BIOs.

use pyssl_testing::Leaf;
use serde_json::{Value, json};

use crate::alerts::afterwards;
use crate::fixtures::fixtures;
use crate::harness::{Case, compare};

/// The highest versions that each case is run with.
const VERSIONS: [i32; 2] = [0x303, 0x304];

/// The steps that prepare a client and a server for a handshake.
pub(crate) struct Scene {
    name: String,
    client: Vec<Value>,
    server: Vec<Value>,
    hostname: Value,
}

impl Scene {
    /// A server with this certificate, and a client that trusts the fixtures' authority.
    pub(crate) fn with(name: impl Into<String>, leaf: &Leaf) -> Scene {
        let name = name.into();
        let file = fixtures().write_combined(&format!("served {name}.pem"), leaf);
        Scene {
            client: vec![json!(["load_verify_locations", "c", {"cafile": fixtures().ca()}])],
            server: vec![json!(["load_cert_chain", "s", file])],
            hostname: json!("localhost"),
            name,
        }
    }

    /// A handshake that succeeds unless a step changes it.
    pub(crate) fn good(name: impl Into<String>) -> Scene {
        Scene::with(name, &fixtures().leaf)
    }

    pub(crate) fn client(mut self, step: Value) -> Scene {
        self.client.push(step);
        self
    }

    pub(crate) fn server(mut self, step: Value) -> Scene {
        self.server.push(step);
        self
    }

    pub(crate) fn hostname(mut self, name: impl Into<Value>) -> Scene {
        self.hostname = name.into();
        self
    }

    /// Replaces the steps of the server.
    pub(crate) fn server_only(mut self, steps: Vec<Value>) -> Scene {
        self.server = steps;
        self
    }

    /// The client trusts only these certificates.
    pub(crate) fn trusting(mut self, pem: &str) -> Scene {
        self.client = vec![json!(["load_verify_locations", "c", {"cadata": pem}])];
        self
    }

    fn steps(&self, maximum: i32) -> Value {
        let mut steps = vec![
            json!(["context", "c", 16]),
            json!(["context", "s", 17]),
            json!(["set", "s", "maximum_version", maximum]),
        ];
        steps.extend(self.client.iter().chain(&self.server).cloned());
        steps.push(json!(["pair", "p", "c", "s", self.hostname]));
        steps.push(json!(["handshake", "p"]));
        for side in ["p.client", "p.server"] {
            steps.push(json!(["do", side, "version"]));
            steps.push(json!(["do", side, "selected_alpn_protocol"]));
            steps.push(json!(["do", side, "getpeercert"]));
        }
        // In TLS 1.3, a client's handshake ends before the server checks the client. The client
        // gets the server's alert when it reads.
        steps.push(json!(["do", "p.client", "read"]));
        steps.push(json!(["pump", "p"]));
        steps.push(json!(["do", "p.server", "read"]));
        for side in ["p.client", "p.server"] {
            steps.extend(afterwards(side));
        }
        steps.push(json!(["cert_store_stats", "c"]));
        json!(steps)
    }
}

/// Runs scenes with TLS 1.2 and 1.3.
pub(crate) fn compare_scenes(scenes: Vec<Scene>) {
    let cases = scenes.iter().flat_map(|scene| {
        VERSIONS.map(|maximum| {
            let name = format!("{} up to {maximum:#x}", scene.name);
            // Before Python 3.13, a call on an ended connection raised another exception.
            Case::new(name, scene.steps(maximum)).since(13)
        })
    });
    compare(cases.collect());
}

/// A file name that no other scene has.
pub(crate) fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("list {}.pem", NUMBER.fetch_add(1, Ordering::Relaxed))
}
