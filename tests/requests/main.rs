//! `pyssl::requests` against servers of the plain `openssl` crate, and beside Python's `requests`.
#![allow(clippy::unwrap_used, reason = "what cannot be done is a failed test")]

mod oracle;
mod outcomes;
mod session;
mod transfer;
mod verify;
