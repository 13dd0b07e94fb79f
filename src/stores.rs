//! The certificate stores of Windows: Python's `ssl.enum_certificates` and `ssl.enum_crls`, which exist
//! on Windows only.

use std::collections::BTreeSet;
use std::ffi::CString;

use crate::error::{Error, Result};
use crate::ffi::sys::stores;

/// The encoding of a certificate or of a revocation list in a store.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StoreEncoding {
    /// DER of X.509: Python's `"x509_asn"`.
    X509Asn,
    /// DER of PKCS #7: Python's `"pkcs_7_asn"`.
    Pkcs7Asn,
    /// Another encoding, by its number in Windows.
    Other(u32),
}

impl StoreEncoding {
    fn from_number(number: u32) -> StoreEncoding {
        match number {
            stores::X509 => StoreEncoding::X509Asn,
            stores::PKCS_7 => StoreEncoding::Pkcs7Asn,
            other => StoreEncoding::Other(other),
        }
    }
}

/// The purposes that a store trusts a certificate for.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StoreTrust {
    /// All purposes: Python's `True`.
    All,
    /// The object identifiers of the purposes, such as `Purpose::SERVER_AUTH.oid()`.
    Purposes(BTreeSet<String>),
}

impl StoreTrust {
    /// Whether the certificate is trusted for a purpose: Python's `trust is True or purpose.oid in trust`.
    pub fn includes(&self, purpose: crate::Purpose) -> bool {
        match self {
            StoreTrust::All => true,
            StoreTrust::Purposes(purposes) => purposes.contains(purpose.oid()),
        }
    }
}

/// The certificates of a store of Windows, such as `"CA"`, `"ROOT"` or `"MY"`: their bytes, the encoding of
/// these, and the purposes that each is trusted for.
///
/// ```python
/// for cert, encoding, trust in ssl.enum_certificates("ROOT"): ...
/// ```
/// ```
/// # use pyssl as ssl;
/// for (cert, encoding, trust) in ssl::enum_certificates("ROOT")? {}
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// As in Python, the store is read at the locations of the user and of the machine, and each certificate is
/// returned once.
///
/// # Errors
///
/// `OSError` if no store of this name can be read; `ValueError` for a name with a null character.
pub fn enum_certificates(store_name: &str) -> Result<Vec<(Vec<u8>, StoreEncoding, StoreTrust)>> {
    let entries = stores::certificates(&c_name(store_name)?)?;
    let distinct: BTreeSet<_> = entries
        .into_iter()
        .map(|(der, encoding, purposes)| {
            let trust = purposes.map_or(StoreTrust::All, StoreTrust::Purposes);
            (der, StoreEncoding::from_number(encoding), trust)
        })
        .collect();
    Ok(distinct.into_iter().collect())
}

/// The revocation lists of a store of Windows: their bytes, and the encoding of these.
///
/// ```python
/// for crl, encoding in ssl.enum_crls("CA"): ...
/// ```
/// ```
/// # use pyssl as ssl;
/// for (crl, encoding) in ssl::enum_crls("CA")? {}
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`enum_certificates`].
pub fn enum_crls(store_name: &str) -> Result<Vec<(Vec<u8>, StoreEncoding)>> {
    let entries = stores::crls(&c_name(store_name)?)?;
    let distinct: BTreeSet<_> = entries
        .into_iter()
        .map(|(der, encoding)| (der, StoreEncoding::from_number(encoding)))
        .collect();
    Ok(distinct.into_iter().collect())
}

fn c_name(name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::value("embedded null character"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Purpose;
    use crate::ffi::sys::stores::Added;

    #[test]
    fn a_purpose_is_trusted_if_the_store_names_it_or_names_none() {
        assert!(StoreTrust::All.includes(Purpose::CLIENT_AUTH));
        let only = [Purpose::SERVER_AUTH.oid().to_owned()].into();
        let trust = StoreTrust::Purposes(only);
        assert!(trust.includes(Purpose::SERVER_AUTH));
        assert!(!trust.includes(Purpose::CLIENT_AUTH));
    }

    #[test]
    fn the_default_certificates_are_those_that_a_store_trusts_for_the_purpose() {
        let [all, clients] = [(); 2].map(|()| pyssl_testing::Ca::new());
        let [of_all, of_clients] =
            [&all, &clients].map(|ca| crate::PEM_cert_to_DER_cert(&ca.cert_pem()).unwrap());
        let _first = Added::new(&of_all, None).unwrap();
        let _second = Added::new(&of_clients, Some(&[c"1.3.6.1.5.5.7.3.2"])).unwrap();
        let found = enum_certificates("CA").unwrap();
        let trust = |der: &Vec<u8>| {
            let mut entries = found.iter().filter(|(known, ..)| known == der);
            let (_, encoding, trust) = entries.next().unwrap();
            assert_eq!((*encoding, entries.count()), (StoreEncoding::X509Asn, 0));
            trust.clone()
        };
        assert_eq!(trust(&of_all), StoreTrust::All);
        let only = [Purpose::CLIENT_AUTH.oid().to_owned()].into();
        assert_eq!(trust(&of_clients), StoreTrust::Purposes(only));
        for (purpose, expected) in [
            (Purpose::SERVER_AUTH, [true, false]),
            (Purpose::CLIENT_AUTH, [true, true]),
        ] {
            let context = crate::SslContext::new(crate::Protocol::PROTOCOL_TLS).unwrap();
            context.load_default_certs(purpose).unwrap();
            let loaded = context
                .get_ca_certs()
                .into_iter()
                .map(|found| found.to_der().unwrap());
            let loaded: Vec<_> = loaded.collect();
            assert_eq!(
                [&of_all, &of_clients].map(|der| loaded.contains(der)),
                expected
            );
        }
    }

    #[test]
    fn each_certificate_of_a_store_is_returned_once() {
        let found = enum_certificates("ROOT").unwrap();
        let distinct: BTreeSet<_> = found.iter().collect();
        assert_eq!(distinct.len(), found.len());
        enum_crls("CA").unwrap();
        assert_eq!(
            enum_certificates("a\0b").unwrap_err().python_class(),
            "ValueError"
        );
    }
}
