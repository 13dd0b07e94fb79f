//! All `unsafe` code: functions that `openssl` and `openssl-sys` lack, callbacks, system calls.
//!
//! Rules: each `unsafe` block says why it is sound; a pointer that must be freed enters an owning
//! type on the line that receives it; every callback of an `SSL` goes through
//! [`trampoline::dispatch`]; the error queue is emptied before a call and read once after it.
//! `ARCHITECTURE.md` lists the invariants that comments cite (S1 to S5).
#![allow(unsafe_code, reason = "all unsafe code is in this module")]

pub(crate) mod bio;
pub(crate) mod cache;
pub(crate) mod cipher;
pub(crate) mod ctx;
mod decl;
mod file;
pub(crate) mod hooks;
mod install;
pub(crate) mod ip;
#[cfg(feature = "tokio")]
pub(crate) mod lend;
pub(crate) mod lookup;
mod method;
pub(crate) mod net;
pub(crate) mod object;
pub(crate) mod paths;
pub(crate) mod pem;
pub(crate) mod rand;
pub(crate) mod read_buf;
pub(crate) mod resolver;
pub(crate) mod session;
pub(crate) mod ssl;
pub(crate) mod store;
pub(crate) mod sys;
pub(crate) mod trampoline;
pub(crate) mod util;
pub(crate) mod view;
pub(crate) mod window;
pub(crate) mod x509;
