//! The behaviour of the public API, one module for each subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an error fails the test"
)]

mod arguments;
mod binding;
mod busy_poll;
mod callbacks;
mod chains;
mod close_within;
mod connecting;
mod der;
mod dh;
mod enumerations;
mod environment;
mod first_call;
mod floods;
mod full_duplex;
mod getpeercert;
mod groups;
mod half_close;
mod handshake;
mod identity;
mod inherited;
mod keylog;
mod leniency;
mod link;
mod live_context;
mod memory;
mod message_callback;
mod objects;
mod ocsp;
mod openssl_types;
mod overrides;
mod peer_checks;
mod pha;
mod psk;
mod questions;
mod read_ahead;
mod record_edges;
mod reentry;
mod replacing;
mod resumption;
mod security_record;
mod sendfile;
mod sessions;
mod shutdown;
mod sni;
mod support;
mod timeouts;
mod transfer;
mod troubleshooting;
mod utilities;
mod versions;
mod wrapping;
