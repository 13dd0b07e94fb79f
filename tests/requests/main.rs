//! Tests `pyssl::requests` with servers on the plain `openssl` crate, and compares it with Python's
//! `requests`.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod answers;
mod codings;
mod digest;
mod echo;
mod extras;
mod hostile;
mod merging;
mod oracle;
mod outcomes;
mod peer;
mod prepared;
mod redirects;
mod scene;
mod sending;
mod session;
mod streaming;
mod table;
mod texts;
mod threads;
mod transfer;
mod ureq;
mod verify;
