//! OCSP responses that are stapled to handshakes.

mod client;
mod server;

use pyssl as ssl;
use pyssl_testing::{Ca, Leaf};

use crate::support::{Pair, client_context, outcome, server_context};

const DAY: i64 = 24 * 60 * 60;

/// An authority, a certificate that it issued, and contexts that use both.
struct Scene {
    ca: Ca,
    leaf: Leaf,
    client: ssl::SslContext,
    server: ssl::SslContext,
}

impl Scene {
    fn new(mode: ssl::OcspMode) -> Scene {
        let ca = Ca::new();
        let leaf = ca.issue("localhost");
        Scene::of(ca, leaf, mode)
    }

    fn of(ca: Ca, leaf: Leaf, mode: ssl::OcspMode) -> Scene {
        let (client, server) = (client_context(&ca), server_context(&leaf));
        client.set_ocsp_mode(mode).unwrap();
        Scene {
            ca,
            leaf,
            client,
            server,
        }
    }

    /// Makes the server staple these bytes, or nothing.
    fn staple(&self, response: Option<Vec<u8>>) {
        self.server
            .set_ocsp_server_callback(move |_| Ok(response.clone()))
            .unwrap();
    }

    fn pair(&self) -> Pair {
        Pair::new(&self.client, &self.server, "localhost").unwrap()
    }

    /// Does a handshake. If the client rejects the server, returns the `verify_code` and
    /// `verify_message` of its error.
    fn verdict(&self, version: ssl::TlsVersion) -> Option<(i32, String)> {
        self.client.set_minimum_version(version).unwrap();
        self.client.set_maximum_version(version).unwrap();
        let (client, server) = self.pair().handshake();
        let error = client.err()?;
        let text = error.to_string();
        let begin = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ";
        assert!(text.starts_with(begin), "{text}");
        assert_eq!(error.python_class(), "SSLCertVerificationError");
        let alert = "SSLError:TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE";
        assert_eq!(outcome(&server), alert);
        let code = error.verify_code().unwrap();
        Some((code, error.verify_message().unwrap().to_owned()))
    }
}
