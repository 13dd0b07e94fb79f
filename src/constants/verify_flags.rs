use bitflags::bitflags;

use super::names::flag_names;

bitflags! {
    /// How certificates are verified: Python's `ssl.VerifyFlags`.
    ///
    /// ```python
    /// context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_verify_flags(context.verify_flags() | ssl::VERIFY_CRL_CHECK_LEAF)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The numbers are OpenSSL's `X509_V_FLAG_*`. Bits without a name here are kept, as in Python.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct VerifyFlags: u64 {
        /// No extra checks.
        const VERIFY_DEFAULT = 0;
        /// Checks the leaf certificate against the loaded CRLs, one of which must cover it.
        const VERIFY_CRL_CHECK_LEAF = 0x4;
        /// Checks every certificate of the chain against the loaded CRLs.
        const VERIFY_CRL_CHECK_CHAIN = 0xc;
        /// No workarounds for broken certificates (RFC 5280 to the letter).
        const VERIFY_X509_STRICT = 0x20;
        /// Proxy certificates (RFC 3820) are accepted.
        const VERIFY_ALLOW_PROXY_CERTS = 0x40;
        /// Chain building prefers trusted certificates.
        const VERIFY_X509_TRUSTED_FIRST = 0x8000;
        /// A trusted intermediate certificate ends the chain; its root is not needed.
        const VERIFY_X509_PARTIAL_CHAIN = 0x8_0000;
        // Bits that OpenSSL defines and Python does not name.
        const _ = !0;
    }
}

flag_names!(VerifyFlags, "VerifyFlags");
