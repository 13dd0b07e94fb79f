//! OpenSSL's numbers for libraries and reasons, as the names that Python prints.

/// The name of the library (`ERR_LIB_*`) that an error code belongs to.
pub(super) fn library(code: u64) -> Option<&'static str> {
    Some(match (code >> 23) & 0xff {
        2 => "SYS",
        3 => "BN",
        4 => "RSA",
        5 => "DH",
        6 => "EVP",
        7 => "BUF",
        8 => "OBJ",
        9 => "PEM",
        10 => "DSA",
        11 => "X509",
        13 => "ASN1",
        14 => "CONF",
        15 => "CRYPTO",
        16 => "EC",
        20 => "SSL",
        32 => "BIO",
        33 => "PKCS7",
        34 => "X509V3",
        35 => "PKCS12",
        36 => "RAND",
        37 => "DSO",
        38 => "ENGINE",
        39 => "OCSP",
        40 => "UI",
        41 => "COMP",
        42 => "ECDSA",
        43 => "ECDH",
        44 => "OSSL_STORE",
        45 => "FIPS",
        46 => "CMS",
        47 => "TS",
        48 => "HMAC",
        50 => "CT",
        51 => "ASYNC",
        52 => "KDF",
        53 => "SM2",
        54 => "ESS",
        55 => "PROP",
        56 => "CRMF",
        57 => "PROV",
        58 => "CMP",
        59 => "OSSL_ENCODER",
        60 => "OSSL_DECODER",
        61 => "HTTP",
        _ => return None,
    })
}

/// The name of the reason, if the release line of the linked OpenSSL has one for it.
pub(super) fn mnemonic(_code: u64) -> Option<&'static str> {
    None
}
