//! Cipher suites and cipher strings.
//!
//! OpenSSL silently ignores a misspelt part of a cipher string. This module reads a string as the
//! linked OpenSSL does, explains each part, and finds problems.
//!
//! ```
//! use pyssl_ciphers::cipher::CipherString;
//!
//! let string = CipherString::parse("HIGH:!aNUL:!MD5")?;
//! for step in string.explain()?.steps() {
//!     println!("{:10} {}", step.part().text(), step);
//! }
//! for finding in string.lint()? {
//!     println!("{finding}");
//! }
//! assert!(CipherString::strict("HIGH:!aNUL:!MD5").is_err());
//! # Ok::<(), pyssl::Error>(())
//! ```
//!
//! | question | call |
//! |---|---|
//! | Which suites, in which order? | [`CipherString::resolve`] |
//! | What did each part do? | [`CipherString::explain`] |
//! | What is wrong with it? | [`CipherString::lint`] |
//! | How is it corrected? | [`Fix::new`] |
//! | What differs from another string? | [`CipherString::diff`] |
//! | Does it conform to a guideline? | [`Policy::check`] |
//! | Does it have typing errors? | [`CipherString::strict`], [`Ciphersuites::strict`] for TLS 1.3 |
//! | How do other versions of OpenSSL read it? | [`KnownOpenssl::explain`] |

mod absent;
mod ciphersuites;
mod diff;
mod error;
mod explain;
mod fix;
mod group;
mod hint;
mod known;
mod library;
mod lint;
mod moves;
mod names;
mod part;
mod policy;
mod registry;
mod resolve;
mod rules;
mod selector;
mod severity;
pub(crate) mod signature;
mod strict;
mod string;
mod table;
mod weakness;

pub use absent::Absent;
pub use ciphersuites::Ciphersuites;
pub use diff::{CipherDiff, Reordered, Weakening};
pub use error::{CipherStringError, CipherStringErrorKind};
pub use explain::{Effect, Explanation, Method, NoEffect, Step};
pub use fix::{Change, Fix};
pub(crate) use group::Group;
pub use hint::Hint;
pub use known::KnownOpenssl;
pub(crate) use library::is_suite;
pub use lint::{Finding, LintCode};
pub(crate) use names::nearest_suite;
pub use part::{Operator, Part, PartKind, Term};
pub use policy::{Aspect, CertificateFacts, Feature, Policy, Report, Violation, ViolationKind};
pub use pyssl::Cipher;
pub(crate) use registry::from_name;
pub use registry::registry;
pub use resolve::Resolved;
pub use severity::Severity;
pub use string::CipherString;
pub use weakness::{CipherExt, Weakness};
