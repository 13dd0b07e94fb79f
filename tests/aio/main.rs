//! TLS on tokio's streams: one binary, a module for each subject.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "an error in a fixture fails the test"
)]

mod asyncio;
mod cancel;
mod dropped;
mod endpoint;
mod every_poll;
mod handshake;
mod inner;
mod lazy;
mod listener;
mod live;
mod misbehaviour;
mod protocol;
mod python;
mod reads;
mod split;
mod start_tls;
mod stream;
mod support;
