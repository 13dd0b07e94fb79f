use crate::codes::codes;

codes! {
    /// The code of an [`AuditFinding`](super::AuditFinding), which identifies the kind of problem.
    AuditCode {
        TrustUnused = "A001", "trusted certificates are loaded, but nothing is verified";
        NotVerified = "A002", "the server's certificate is not verified";
        HostNotChecked = "A003", "the server's name is not checked";
        NothingTrusted = "A004", "certificates are verified, but none is trusted";
        OldVersions = "A005", "versions below TLS 1.2 are on";
        SslV3 = "A006", "SSL 3.0 is on";
        NoTls13 = "A007", "TLS 1.3 is off";
        NoVersion = "A008", "no version is on";
        WeakSuites = "A009", "weak suites can be negotiated";
        NoSuite = "A010", "no suite can be used";
        LowSecurityLevel = "A011", "the security level is below 2";
        Compression = "A012", "compression is on";
        UnsafeRenegotiation = "A013", "peers without secure renegotiation are accepted";
        ClientPreference = "A014", "the client's order of suites decides";
        Tickets = "A015", "session tickets are encrypted with a key that never changes";
        NoSni = "A016", "every server name gets the same certificate";
        NotStrict = "A017", "certificates are not verified strictly";
        KeyLog = "A018", "secrets are written to a key log";
        NoRevocationList = "A019", "revocation is checked without a revocation list";
        NoCertificate = "A020", "the server has no certificate";
        Expired = "A021", "a certificate has expired";
        ExpiresSoon = "A022", "a certificate expires soon";
        NotYetValid = "A023", "a certificate is not valid yet";
        SmallKey = "A024", "a key is too small";
        WeakSignature = "A025", "a certificate is signed with a broken digest";
        ChainIncomplete = "A026", "the chain does not lead to a root";
        ChainOrder = "A027", "the chain is in the wrong order";
        RootSent = "A028", "the chain ends with the root, which peers do not need";
        NameMismatch = "A029", "the certificate is for another host";
        NoAltName = "A030", "the certificate has no subjectAltName";
        WrongPurpose = "A031", "the certificate is for another purpose";
        SelfSigned = "A032", "the certificate is self-signed";
        ExpiredTrust = "A033", "trusted certificates have expired";
        ClientsOptional = "A034", "clients without a certificate are accepted";
        SmallDhParams = "A035", "the DH parameters are too small";
        CaAsLeaf = "A036", "the certificate is a CA certificate";
        CipherString = "A037", "OpenSSL ignores a part of a list of suites";
        HandshakeFails = "A038", "a handshake with a default peer fails";
        NotTried = "A039", "a check was not possible";
    }
}
