//! The names that Python prints for OpenSSL's library and reason numbers.

use std::collections::HashMap;

use once_cell::sync::Lazy;

/// The names for the linked OpenSSL. `cargo xtask reasons` generates the tables. Reasons keep their
/// numbers within a major version, so the table of 3.6 also serves 3.2 to 3.5.
///
/// For 3.0, the table has CPython's names, except six that contain `FIPS`. CPython kept these six
/// from OpenSSL 1.1, and OpenSSL 3.0 does not raise them.
const TABLE: &str = if cfg!(ossl400) {
    include_str!("reasons/openssl-4.0.tsv")
} else if cfg!(ossl320) {
    include_str!("reasons/openssl-3.6.tsv")
} else {
    include_str!("reasons/openssl-3.0.tsv")
};

static NAMES: Lazy<HashMap<(u8, u32), &str>> =
    Lazy::new(|| TABLE.lines().filter_map(entry).collect());

/// Library, reason and name, unless the line is a comment.
fn entry(line: &'static str) -> Option<((u8, u32), &'static str)> {
    let (library, rest) = line.split_once('\t')?;
    let (reason, name) = rest.split_once('\t')?;
    Some(((library.parse().ok()?, reason.parse().ok()?), name))
}

/// The name of the library (`ERR_LIB_*`) that an error code belongs to.
///
/// CPython's table for 3.0 also has 23 as `OFFSET` and 255 as `MASK`. These are parts of
/// `ERR_PACK`, not libraries.
pub(super) fn library(code: u64) -> Option<&'static str> {
    Some(match library_number(code) {
        1 => "NONE",
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
        128 => "USER",
        _ => return None,
    })
}

/// The name of the reason (`SSL_R_*` and so on), if the table has one. Reasons that all libraries
/// share (`ERR_R_PEM_LIB`) have none.
pub(super) fn mnemonic(code: u64) -> Option<&'static str> {
    let reason = u32::try_from(code & 0x7f_ffff).ok()?;
    NAMES.get(&(library_number(code), reason)).copied()
}

/// `ERR_GET_LIB`.
fn library_number(code: u64) -> u8 {
    (code >> 23).to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    fn code(library: u8, reason: u32) -> u64 {
        u64::from(library) << 23 | u64::from(reason)
    }

    #[test]
    fn reason_names_match_python() {
        for (library, reason, name) in [
            (20, 1048, "TLSV1_ALERT_UNKNOWN_CA"),
            (20, 134, "CERTIFICATE_VERIFY_FAILED"),
            (20, 193, "NO_SHARED_CIPHER"),
            (20, 294, "UNEXPECTED_EOF_WHILE_READING"),
            (11, 116, "KEY_VALUES_MISMATCH"),
            (9, 108, "NO_START_LINE"),
            (53, 101, "BAD_SIGNATURE"),
        ] {
            assert_eq!(mnemonic(code(library, reason)), Some(name));
        }
        let handshake_failure = if cfg!(ossl400) {
            "TLS_ALERT_HANDSHAKE_FAILURE"
        } else {
            "SSLV3_ALERT_HANDSHAKE_FAILURE"
        };
        assert_eq!(mnemonic(code(20, 1040)), Some(handshake_failure));
        // CPython's table for OpenSSL 3.0 lacks the names of these two alerts.
        let newer = cfg!(ossl320).then_some("TLSV1_ALERT_UNKNOWN_PSK_IDENTITY");
        assert_eq!(mnemonic(code(20, 1115)), newer);
        let newer = cfg!(ossl320).then_some("TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
        assert_eq!(mnemonic(code(20, 1120)), newer);
    }

    #[test]
    fn unknown_codes_have_no_reason_name() {
        assert_eq!(library(code(20, 0x80009)), Some("SSL"));
        assert_eq!(mnemonic(code(20, 0x80009)), None);
        assert_eq!(mnemonic(code(20, 9999)), None);
        assert_eq!(library(code(200, 100)), None);
        assert_eq!(mnemonic(code(200, 100)), None);
    }

    #[test]
    fn reason_tables_are_sorted_and_complete() {
        for (line, text) in [
            ("3.0", include_str!("reasons/openssl-3.0.tsv")),
            ("3.6", include_str!("reasons/openssl-3.6.tsv")),
            ("4.0", include_str!("reasons/openssl-4.0.tsv")),
        ] {
            let names = xtask::reasons::parse(text).unwrap();
            let lines = text.lines().filter_map(entry).count();
            assert_eq!((lines, lines > 1600), (names.len(), true), "{line}");
            let sorted: Vec<_> = text
                .lines()
                .filter_map(entry)
                .map(|(code, _)| code)
                .collect();
            assert!(sorted.is_sorted(), "{line}");
            for (number, _) in names.keys() {
                assert!(
                    library(code(*number, 0)).is_some(),
                    "{line}: library {number}"
                );
            }
        }
    }

    /// Fails if a new version of OpenSSL has reasons that the table lacks. In that case, regenerate
    /// the table with `cargo xtask reasons`. The table for 3.0 is CPython's, which no longer
    /// changes.
    #[test]
    fn the_reason_table_matches_openssls_headers() {
        let include = PathBuf::from(option_env!("PYSSL_OPENSSL_INCLUDE").unwrap_or("/usr/include"));
        if !include.join("openssl/err.h").exists() {
            pyssl_testing::skipped(format_args!("no headers in {}", include.display()));
            return;
        }
        let linked = openssl::version::version();
        let made_from = TABLE
            .split([':', '\n'])
            .next()
            .unwrap()
            .trim_start_matches("# ");
        let same_release = linked.starts_with(&format!("{made_from} "));
        let line = made_from.rsplit_once('.').unwrap().0;
        let same_line = linked.starts_with(&format!("{line}."));

        let headers = xtask::reasons::from_headers(&[include]).unwrap();
        let omitted = xtask::reasons::parse(include_str!("reasons/openssl-3.0.omit")).unwrap();
        let libraries: BTreeSet<u8> = headers.keys().map(|(library, _)| *library).collect();
        let mut missing = Vec::new();
        for (code, name) in &headers {
            match NAMES.get(code) {
                Some(ours) => assert_eq!(ours, name, "{code:?}"),
                None if cfg!(not(ossl320)) && omitted.get(code) == Some(name) => {}
                None => missing.push(name),
            }
        }
        if same_release || (same_line && cfg!(ossl320)) {
            assert!(missing.is_empty(), "{linked} has more reasons: {missing:?}");
        }
        if same_release {
            for (code, name) in NAMES
                .iter()
                .filter(|((library, _), _)| libraries.contains(library))
            {
                assert!(headers.contains_key(code), "{linked} lacks {name}");
            }
        }
    }
}
