//! The codes of a scan's findings.

use crate::codes::codes;

codes! {
    /// The findings of a scan of a server, with the codes of `pyssl scan`.
    ///
    /// ```
    /// use pyssl_ciphers::CodeExplanation;
    /// use pyssl_ciphers::wire::ScanCode;
    ///
    /// assert_eq!(ScanCode::OldTls.code(), "S003");
    /// assert!(CodeExplanation::of("S003").is_some());
    /// ```
    ScanCode {
        Ssl2 = "S001", "SSL 2.0 is on";
        Ssl3 = "S002", "SSL 3.0 is on";
        OldTls = "S003", "TLS 1.0 or TLS 1.1 is on";
        NoTls13 = "S004", "TLS 1.3 is off";
        WeakSuites = "S005", "suites with a known weakness";
        SmallGroup = "S006", "a small group for the key exchange";
        SmallDh = "S007", "small DH parameters";
        OldSignature = "S008", "handshakes signed with SHA-1 or MD5";
        Untrusted = "S009", "a chain that is not trusted";
        Validity = "S010", "a certificate that has expired, expires soon, or is not valid yet";
        WrongName = "S011", "a certificate for another name";
        ChainOrder = "S012", "the order of the chain, or superfluous certificates";
        WeakCertificate = "S013", "a certificate with a short key or an old signature";
        Stapling = "S014", "the stapled OCSP response";
        Compression = "S015", "compression is on";
        InsecureRenegotiation = "S016", "no secure renegotiation";
        NoExtendedMasterSecret = "S017", "no extended master secret";
        Deviation = "S018", "a difference from the intended cipher string";
        ClientRefused = "S019", "a client that cannot connect";
        NotScanned = "S020", "a server that could not be scanned";
        Unanswered = "S021", "a question without an answer";
    }
}
