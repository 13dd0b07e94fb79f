use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

/// A certificate, its chain and its key.
pub(crate) struct Credential {
    pub(crate) leaf: X509,
    pub(crate) chain: Vec<X509>,
    pub(crate) key: PKey<Private>,
}
