//! [`Certificate`], and Python's view of it: the dict, PEM and DER, times, object identifiers.

mod alt_name;
mod dict;
mod name;
mod oid;
mod pem;
mod pin;
mod time;

use std::fmt;
use std::hash::{Hash, Hasher};

use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKeyRef};
use openssl::x509::X509;

use crate::error::{Result, codec};
use crate::ffi::util::clear_errors;
use crate::ffi::x509 as raw;

pub use alt_name::SubjectAltName;
pub use dict::CertDict;
pub use name::{AttributeValue, DistinguishedName, Rdn};
pub use oid::Asn1Object;
pub use pem::{DER_cert_to_PEM_cert, PEM_FOOTER, PEM_HEADER, PEM_cert_to_DER_cert};
pub use pin::Pin;
pub use time::cert_time_to_seconds;

/// An X.509 certificate, as in the lists that `get_verified_chain()` and others return.
///
/// Two certificates are equal if their DER forms are equal. `Display` writes the subject's name,
/// most specific attribute first: `CN=localhost,O=Example`.
///
/// ```python
/// for cert in conn._sslobj.get_verified_chain():
///     print(cert, cert.get_info()["notAfter"], cert.public_bytes())
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn print(chain: &[ssl::Certificate]) -> ssl::Result<()> {
/// for cert in chain {
///     println!("{cert} {} {}", cert.get_info()?.not_after(), cert.to_pem()?);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(X509);

impl Certificate {
    /// Reads a certificate in DER form. Data after it is ignored.
    ///
    /// # Errors
    ///
    /// [`Error::Ssl`](crate::Error::Ssl) with OpenSSL's reason if `der` does not start with a
    /// certificate.
    pub fn from_der(der: &[u8]) -> Result<Certificate> {
        clear_errors();
        Ok(Certificate(X509::from_der(der)?))
    }

    /// Reads the first certificate of a PEM text. Text before it is ignored.
    ///
    /// ```python
    /// cert = _ssl._test_decode_cert("server.pem")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let pem = pyssl_testing::Ca::new().cert_pem();
    /// let cert = ssl::Certificate::from_pem(pem)?.get_info()?;
    /// # assert_eq!(cert.version(), 3);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Ssl`](crate::Error::Ssl) with OpenSSL's reason (`NO_START_LINE`) if the text has no
    /// certificate.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Certificate> {
        Ok(Certificate(crate::ffi::pem::read_certificate(
            pem.as_ref(),
        )?))
    }

    pub(crate) fn from_x509(x509: X509) -> Certificate {
        Certificate(x509)
    }

    /// The DER form: Python's `public_bytes(_ssl.ENCODING_DER)`.
    ///
    /// # Errors
    ///
    /// [`Error::Ssl`](crate::Error::Ssl) if OpenSSL cannot encode it.
    #[doc(alias = "public_bytes")]
    pub fn to_der(&self) -> Result<Vec<u8>> {
        clear_errors();
        Ok(self.0.to_der()?)
    }

    /// The PEM form: Python's `public_bytes()`.
    ///
    /// # Errors
    ///
    /// [`Error::Ssl`](crate::Error::Ssl) if OpenSSL cannot encode it.
    #[doc(alias = "public_bytes")]
    pub fn to_pem(&self) -> Result<String> {
        clear_errors();
        codec::utf8(self.0.to_pem()?)
    }

    /// The dict that `getpeercert()` would return for the certificate.
    ///
    /// # Errors
    ///
    /// As in Python: [`Error::Unicode`](crate::Error::Unicode) if a text is not valid UTF-8,
    /// [`Error::Ssl`](crate::Error::Ssl) if OpenSSL cannot convert a name.
    pub fn get_info(&self) -> Result<CertDict> {
        CertDict::from_x509(&self.0)
    }

    /// Whether it is a CA certificate, by the rule of `get_ca_certs()` and `cert_store_stats()`.
    pub fn is_ca(&self) -> bool {
        raw::is_ca(&self.0)
    }
}

impl Certificate {
    /// The SHA-256 of the DER form, as `openssl x509 -fingerprint -sha256` shows it.
    ///
    /// ```python
    /// hashlib.sha256(sock.getpeercert(binary_form=True)).digest()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let leaf = pyssl_testing::Ca::new().issue("localhost");
    /// let certificate = ssl::Certificate::from_der(&leaf.der())?;
    /// println!("{}", ssl::Pin::Certificate(certificate.fingerprint()?));
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Ssl`](crate::Error::Ssl) if OpenSSL cannot encode it.
    pub fn fingerprint(&self) -> Result<[u8; 32]> {
        Ok(openssl::sha::sha256(&self.to_der()?))
    }

    /// The SHA-256 of the public key with its algorithm (SubjectPublicKeyInfo, RFC 5280) as DER,
    /// which key pinning uses (RFC 7469, section 2.4).
    ///
    /// # Errors
    ///
    /// [`Error::Ssl`](crate::Error::Ssl) if OpenSSL cannot encode it.
    pub fn public_key_fingerprint(&self) -> Result<[u8; 32]> {
        Ok(openssl::sha::sha256(&raw::public_key_info(&self.0)?))
    }

    /// The type and size of the key: `RSA 2048`, `EC P-256`, `ED25519`. `None` if OpenSSL does not
    /// support the key type.
    ///
    /// ```
    /// # let leaf = pyssl_testing::Ca::new().issue("localhost");
    /// let certificate = pyssl::Certificate::from_der(&leaf.der())?;
    /// assert_eq!(certificate.key_name().as_deref(), Some("EC P-256"));
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    pub fn key_name(&self) -> Option<String> {
        self.0.public_key().ok().map(|key| key_name(&key))
    }
}

/// The type and size of a key: `RSA 2048`, `EC P-256`, `ED25519`.
pub(crate) fn key_name<T: HasPublic>(key: &PKeyRef<T>) -> String {
    match key.id() {
        Id::RSA => format!("RSA {}", key.bits()),
        Id::RSA_PSS => format!("RSA-PSS {}", key.bits()),
        Id::DSA => format!("DSA {}", key.bits()),
        Id::EC => match key.ec_key().ok().and_then(|key| key.group().curve_name()) {
            Some(Nid::X9_62_PRIME256V1) => "EC P-256".to_owned(),
            Some(Nid::SECP384R1) => "EC P-384".to_owned(),
            Some(Nid::SECP521R1) => "EC P-521".to_owned(),
            Some(curve) => format!("EC {}", curve.short_name().unwrap_or("unnamed")),
            None => format!("EC {}", key.bits()),
        },
        other => Nid::from_raw(other.as_raw())
            .short_name()
            .map_or_else(|_| format!("{} bits", key.bits()), str::to_owned),
    }
}

impl Hash for Certificate {
    /// As in Python, the hash of the subject's name.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.subject_name_hash().hash(state);
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match raw::name_text(self.0.subject_name()) {
            Ok(name) => f.write_str(&String::from_utf8_lossy(&name)),
            Err(_) => f.write_str("<invalid name>"),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Certificate '{self}'>")
    }
}
