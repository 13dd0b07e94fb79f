//! Seals the extension traits: other crates can use them, but not implement them. So a later
//! release can add methods to the traits.
//!
//! ```compile_fail
//! struct Other;
//! impl pyssl_ciphers::CipherExt for Other {
//!     fn severity(&self) -> Option<pyssl_ciphers::cipher::Severity> {
//!         None
//!     }
//!     fn weaknesses(&self) -> Vec<pyssl_ciphers::cipher::Weakness> {
//!         Vec::new()
//!     }
//! }
//! ```
//!
//! The same methods compile as inherent methods:
//!
//! ```
//! struct Other;
//! impl Other {
//!     fn severity(&self) -> Option<pyssl_ciphers::cipher::Severity> {
//!         None
//!     }
//!     fn weaknesses(&self) -> Vec<pyssl_ciphers::cipher::Weakness> {
//!         Vec::new()
//!     }
//! }
//! ```

/// The supertrait of every extension trait, which other crates cannot name.
#[expect(
    unnameable_types,
    reason = "it is private, so other crates cannot implement it"
)]
pub trait Sealed {}

impl Sealed for pyssl::Cipher {}
impl Sealed for pyssl::SslContext {}
