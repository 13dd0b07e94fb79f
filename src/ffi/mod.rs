//! The one room for `unsafe` code: what `openssl` and `openssl-sys` lack, callbacks, raw handles.
//!
//! Rules: each block says why it holds; a pointer enters an owning type on the line that receives
//! it; every callback goes through [`trampoline::dispatch`]; the error queue is emptied before a
//! call and read once after it. `ARCHITECTURE.md` numbers the invariants that comments cite.
#![allow(unsafe_code, reason = "this is the room for it")]

pub(crate) mod bio;
pub(crate) mod cache;
pub(crate) mod cipher;
pub(crate) mod ctx;
mod decl;
mod file;
pub(crate) mod hooks;
pub(crate) mod ip;
pub(crate) mod lookup;
pub(crate) mod net;
pub(crate) mod object;
pub(crate) mod paths;
pub(crate) mod pem;
pub(crate) mod rand;
pub(crate) mod resolver;
pub(crate) mod room;
pub(crate) mod session;
pub(crate) mod ssl;
pub(crate) mod store;
pub(crate) mod trampoline;
pub(crate) mod util;
pub(crate) mod view;
pub(crate) mod window;
pub(crate) mod x509;
