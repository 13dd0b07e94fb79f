#![allow(non_upper_case_globals, reason = "Python's spelling")]

use bitflags::bitflags;

use super::names::flag_names;

bitflags! {
    /// Protocol options of a context: Python's `ssl.Options`.
    ///
    /// ```python
    /// context.options |= ssl.OP_NO_TICKET
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_options(context.options() | ssl::OP_NO_TICKET)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The numbers are those of OpenSSL 3 and 4. Bits without a name here are kept, as in Python.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Options: u64 {
        /// OpenSSL's workarounds for bugs of other implementations: `SSL_OP_ALL`, as in Python
        /// without `SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS`.
        const OP_ALL = 0x8000_0050;
        /// Kept for old programs; no effect with OpenSSL 3 and 4.
        const OP_NO_SSLv2 = 0;
        /// Refuses SSL 3.0.
        const OP_NO_SSLv3 = 0x0200_0000;
        /// Refuses TLS 1.0.
        const OP_NO_TLSv1 = 0x0400_0000;
        /// Refuses TLS 1.1.
        const OP_NO_TLSv1_1 = 0x1000_0000;
        /// Refuses TLS 1.2.
        const OP_NO_TLSv1_2 = 0x0800_0000;
        /// Refuses TLS 1.3.
        const OP_NO_TLSv1_3 = 0x2000_0000;
        /// A server selects suites by its own order of preference, not the client's.
        const OP_CIPHER_SERVER_PREFERENCE = 0x0040_0000;
        /// Kept for old programs; no effect with OpenSSL 3 and 4.
        const OP_SINGLE_DH_USE = 0;
        /// Kept for old programs; no effect with OpenSSL 3 and 4.
        const OP_SINGLE_ECDH_USE = 0;
        /// No session tickets in TLS 1.2. In TLS 1.3, a server's tickets refer to sessions in its
        /// cache.
        const OP_NO_TICKET = 0x4000;
        /// No TLS compression (the CRIME attack).
        const OP_NO_COMPRESSION = 0x0002_0000;
        /// No renegotiation in TLS 1.2 and older.
        const OP_NO_RENEGOTIATION = 0x4000_0000;
        /// TLS 1.3 handshakes look like TLS 1.2 to middleboxes (RFC 8446, appendix D.4).
        const OP_ENABLE_MIDDLEBOX_COMPAT = 0x0010_0000;
        /// Treats an end of the transport without `close_notify` as a normal end of the connection.
        const OP_IGNORE_UNEXPECTED_EOF = 0x80;
        /// Lets the kernel encrypt and decrypt. No effect here: kernel TLS needs OpenSSL's own
        /// socket `BIO`, and this crate uses its own.
        const OP_ENABLE_KTLS = 0x8;
        /// Connects to servers without secure renegotiation (RFC 5746).
        const OP_LEGACY_SERVER_CONNECT = 0x4;
        // Bits that OpenSSL defines and Python does not name.
        const _ = !0;
    }
}

flag_names!(Options, "Options");
