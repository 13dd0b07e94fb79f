//! Pins: the certificates and keys that one connection accepts.

use openssl::sha::sha256;

use crate::certificate::{Certificate, Pin};
use crate::context::NO_PINS;
use crate::ffi::hooks::{Peer, PeerCheck};

/// The pins of a connection, at least one.
pub(super) struct Pins {
    pins: Vec<Pin>,
    verifies: bool,
}

impl Pins {
    /// The check of a connection; `None` without pins. `verifies` tells whether the connection also
    /// verifies the peer's chain.
    pub(super) fn new(pins: &[Pin], verifies: bool) -> Option<Pins> {
        let pins = pins.to_vec();
        (!pins.is_empty()).then_some(Pins { pins, verifies })
    }
}

impl PeerCheck for Pins {
    fn needs_verification(&self) -> bool {
        self.verifies
    }

    fn accepts(&self, peer: &Peer) -> bool {
        // If the chain was not verified, only the peer's own certificate is compared: the handshake
        // proves possession of its key, and nothing about the others.
        let counted = match peer.verified {
            true => peer.chain.len(),
            false => 1,
        };
        peer.chain.iter().take(counted).any(|certificate| {
            let certificate = Certificate::from_x509(certificate.clone());
            // A certificate that OpenSSL cannot encode matches nothing.
            let matches = |pin: &Pin| pin.matches(&certificate).unwrap_or(false);
            self.pins.iter().any(matches)
        })
    }
}

/// A hash of the pins, which does not depend on their order; [`NO_PINS`] if there are none.
pub(super) fn hash(pins: &[Pin]) -> [u8; 32] {
    if pins.is_empty() {
        return NO_PINS;
    }
    let mut texts: Vec<_> = pins.iter().map(Pin::to_string).collect();
    texts.sort();
    texts.dedup();
    sha256(texts.join("\n").as_bytes())
}
