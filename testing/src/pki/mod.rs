//! Certificates, made when the test runs.
//!
//! [`Ca`] follows Python's package `trustme`: an authority issues certificates for names. The kind of a name (DNS, IP
//! address, mail address, URI) is guessed from its text.
//!
//! ```
//! use pyssl_testing::pki::{Ca, Files};
//!
//! let ca = Ca::new();
//! let leaf = ca.issue("localhost");
//! let files = Files::new(&ca, &leaf);
//! assert!(files.ca.is_file() && files.combined.is_file());
//!
//! let expired = ca.builder().san("localhost").expired().build();
//! let other = ca.intermediate().issue("*.example.org");
//! # let _ = (expired, other);
//! ```
//!
//! By default certificates pass `X509_V_FLAG_X509_STRICT`, which Python 3.13's `create_default_context` sets.
//! [`odd`] has deliberately unusual certificates.

mod builder;
mod ca;
pub mod der;
mod files;
mod key;
mod leaf;
mod name;
pub mod ocsp;
pub mod odd;

pub use builder::CertBuilder;
pub use ca::Ca;
pub use files::{Files, PASSWORD, Paths, write_hashed_cert, write_hashed_crl};
pub use key::KeyKind;
pub use leaf::Leaf;
pub use name::{Attribute, DistinguishedName, San};

#[cfg(test)]
mod tests;
