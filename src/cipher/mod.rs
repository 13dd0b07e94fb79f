//! Cipher suites and cipher strings.

mod info;

pub use info::Cipher;
pub(crate) use info::ciphers_of_context;
