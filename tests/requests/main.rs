//! `pyssl::requests` against servers of the plain `openssl` crate, and beside Python's `requests`.
#![allow(clippy::unwrap_used, reason = "what cannot be done is a failed test")]

mod answers;
mod oracle;
mod outcomes;
mod peer;
mod redirects;
mod sending;
mod session;
mod transfer;
mod ureq;
mod verify;
