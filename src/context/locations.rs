use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::x509::X509;

use super::bundle::Bundle;
use super::trust::{self, Trust};
use super::{CertStoreStats, SslContext};
use crate::certificate::Certificate;
use crate::constants::Purpose;
use crate::error::{Error, Result};
use crate::ffi::pem::{self, Source};
use crate::ffi::store::StoreObject;
use crate::ffi::x509;
use crate::optional::{Optional, from_paths, optional};
use crate::sys;

/// Certificates in memory: Python's `cadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "Python's two kinds")]
pub enum CaData {
    /// One or more certificates in PEM. Text around the certificates is ignored. Corresponds to Python's `str`.
    Pem(String),
    /// One or more concatenated certificates in DER. Corresponds to Python's `bytes`.
    Der(Vec<u8>),
}

optional! {
    CaData, Into::into;
    [V: Into<CaData>] V,
}

impl From<&str> for CaData {
    fn from(pem: &str) -> CaData {
        CaData::Pem(pem.to_owned())
    }
}

impl From<&String> for CaData {
    fn from(pem: &String) -> CaData {
        CaData::Pem(pem.clone())
    }
}

impl From<String> for CaData {
    fn from(pem: String) -> CaData {
        CaData::Pem(pem)
    }
}

impl From<&[u8]> for CaData {
    fn from(der: &[u8]) -> CaData {
        CaData::Der(der.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for CaData {
    fn from(der: &[u8; N]) -> CaData {
        CaData::Der(der.to_vec())
    }
}

impl From<&Vec<u8>> for CaData {
    fn from(der: &Vec<u8>) -> CaData {
        CaData::Der(der.clone())
    }
}

impl From<Vec<u8>> for CaData {
    fn from(der: Vec<u8>) -> CaData {
        CaData::Der(der)
    }
}

/// The sources of trusted certificates: Python's `cafile`, `capath` and `cadata`. At least one is
/// required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyLocations {
    cafile: Option<PathBuf>,
    capath: Option<PathBuf>,
    cadata: Option<CaData>,
    pem: Option<Vec<u8>>,
}

impl VerifyLocations {
    /// No sources.
    pub fn new() -> VerifyLocations {
        VerifyLocations::default()
    }

    /// A PEM file with certificates and revocation lists.
    #[must_use]
    pub fn cafile(mut self, cafile: impl Optional<PathBuf>) -> VerifyLocations {
        self.cafile = cafile.into_option();
        self
    }

    /// A directory whose files are named by subject hash (`openssl rehash`). OpenSSL reads a file
    /// when a handshake needs its certificate.
    #[must_use]
    pub fn capath(mut self, capath: impl Optional<PathBuf>) -> VerifyLocations {
        self.capath = capath.into_option();
        self
    }

    /// Certificates in memory: PEM text or DER bytes.
    #[must_use]
    pub fn cadata(mut self, cadata: impl Optional<CaData>) -> VerifyLocations {
        self.cadata = cadata.into_option();
        self
    }

    /// Certificates and revocation lists as PEM in memory, with the rules of `cafile`. Python has no
    /// equivalent: `cadata` takes certificates only.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let (ca_pem, crl_pem) = (ca.cert_pem(), ca.crl(&[]));
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.load_verify_locations(ssl::VerifyLocations::new().pem(ca_pem + &crl_pem))?;
    /// assert_eq!(context.cert_store_stats().crl, 1);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    #[must_use]
    pub fn pem(mut self, data: impl AsRef<[u8]>) -> VerifyLocations {
        self.pem = Some(data.as_ref().to_vec());
        self
    }

    /// Whether all sources are missing or empty, by Python's rules for truth.
    pub(crate) fn is_falsy(&self) -> bool {
        let empty = |path: &Option<PathBuf>| path.as_deref().is_none_or(|p| p == Path::new(""));
        let no_data = match &self.cadata {
            None => true,
            Some(CaData::Pem(text)) => text.is_empty(),
            Some(CaData::Der(bytes)) => bytes.is_empty(),
        };
        empty(&self.cafile) && empty(&self.capath) && no_data && self.pem.is_none()
    }
}

from_paths! {
    VerifyLocations,
    "Python's first argument: `cafile`.",
    |cafile| VerifyLocations::new().cafile(cafile)
}

impl SslContext {
    /// Loads trusted certificates and revocation lists from a file, a directory or memory.
    ///
    /// ```python
    /// context.load_verify_locations(cafile="ca_cert.pem")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.load_verify_locations("ca_cert.pem")?;
    /// context.load_verify_locations(ssl::VerifyLocations::new().capath("/etc/ssl/certs"))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `TypeError` if there is no source; `OSError` if a file cannot be read; `SSLError` if a file
    /// has no certificate (`NO_CERTIFICATE_OR_CRL_FOUND`), a certificate is invalid, or `capath` is
    /// empty (`INVALID_DIRECTORY`); `ValueError` if `cadata` is empty. The context stays unchanged
    /// (in Python, certificates before the error stay loaded). As in Python, a missing directory is
    /// not an error.
    #[doc(alias = "set_ca_file")]
    pub fn load_verify_locations(&self, locations: impl Into<VerifyLocations>) -> Result<()> {
        let VerifyLocations {
            cafile,
            capath,
            cadata,
            pem,
        } = locations.into();
        if cafile.is_none() && capath.is_none() && cadata.is_none() && pem.is_none() {
            return Err(Error::type_error(
                "cafile, capath and cadata cannot be all omitted",
            ));
        }
        if let Some(cafile) = &cafile {
            trust::c_path(cafile)?;
        }
        let directory = capath.as_deref().map(trust::c_path).transpose()?;
        let mut certificates = Vec::new();
        if let Some(cadata) = &cadata {
            let parsed = parse_cadata(cadata)?;
            certificates.extend(parsed.into_iter().map(StoreObject::Certificate));
        }
        let mut bundles = Vec::new();
        if let Some(cafile) = &cafile {
            bundles.push(Bundle::open(cafile)?);
        }
        if let Some(pem) = &pem {
            trust::require_countable("The PEM text", pem)?;
            bundles.push(Arc::new(Bundle::read(&Source::memory(pem)?, false)?));
        }
        let add = |trust: &Trust| {
            trust.extend(&certificates)?;
            bundles
                .into_iter()
                .try_for_each(|bundle| trust.add_bundle(bundle))
        };
        self.edit_trust(|trust| match directory {
            None => add(trust).map(|()| None),
            Some(directory) => {
                let copy = trust.copy_with_directories(directory)?;
                add(&copy)?;
                Ok(Some(Arc::new(copy)))
            }
        })
    }

    /// Loads the system's trusted certificates.
    ///
    /// ```python
    /// context.load_default_certs()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.load_default_certs(())?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The locations are those of [`get_default_verify_paths`](crate::get_default_verify_paths).
    /// Each call checks the file, and reads it again if it has changed. Each handshake searches the
    /// directories. As in Python, the purpose has an effect on Windows only: there, the certificates of the
    /// system's stores `CA` and `ROOT` that are trusted for the purpose are loaded too.
    ///
    /// # Errors
    ///
    /// `OSError` on Windows, if the stores cannot be read; `SSLError` if OpenSSL cannot create a trust store. As in Python, a missing or invalid file
    /// counts as empty.
    pub fn load_default_certs(&self, purpose: impl Into<Purpose>) -> Result<()> {
        let stored = sys::trusted_certificates(purpose.into().oid())?;
        // As in Python, certificates that OpenSSL cannot decode are left out.
        let certificates: Vec<_> = stored
            .iter()
            .filter_map(|der| X509::from_der(der).ok())
            .map(StoreObject::Certificate)
            .collect();
        self.edit_trust(|trust| {
            let trust = trust.with_system()?;
            if !certificates.is_empty() {
                trust.extend(&certificates)?;
            }
            Ok(Some(trust))
        })
    }

    /// Loads the trusted certificates of OpenSSL's default file and directory. The environment
    /// variables `SSL_CERT_FILE` and `SSL_CERT_DIR` override these.
    ///
    /// ```python
    /// context.set_default_verify_paths()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_default_verify_paths()?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a trust store. As in Python, a missing or invalid file
    /// counts as empty.
    pub fn set_default_verify_paths(&self) -> Result<()> {
        self.edit_trust(|trust| trust.with_system().map(Some))
    }

    /// The number of certificates and revocation lists in the trust store. An object of a directory
    /// counts after a handshake has used it.
    ///
    /// ```python
    /// print(context.cert_store_stats())
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// assert_eq!(context.cert_store_stats().x509, 0);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn cert_store_stats(&self) -> CertStoreStats {
        let mut stats = CertStoreStats::default();
        for object in self.trust().objects() {
            match object {
                StoreObject::Certificate(certificate) => {
                    stats.x509 += 1;
                    stats.x509_ca += usize::from(x509::is_ca(&certificate));
                }
                StoreObject::Crl(_) => stats.crl += 1,
            }
        }
        stats
    }

    /// The CA certificates in the trust store, in the store's order.
    ///
    /// ```python
    /// for ca in context.get_ca_certs(): print(ca["subject"])
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// for ca in context.get_ca_certs() { println!("{:?}", ca.get_info()?.subject()); }
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Python's `binary_form=True` is [`Certificate::to_der`] on each.
    pub fn get_ca_certs(&self) -> Vec<Certificate> {
        self.trust()
            .objects()
            .into_iter()
            .filter_map(|object| match object {
                StoreObject::Certificate(certificate) if x509::is_ca(&certificate) => {
                    Some(Certificate::from_x509(certificate))
                }
                _ => None,
            })
            .collect()
    }

    /// Replaces the trust store of the context, if `change` returns a new one.
    pub(super) fn edit_trust(
        &self,
        change: impl FnOnce(&Trust) -> Result<Option<Arc<Trust>>>,
    ) -> Result<()> {
        self.edit_if(
            |next| match change(&next.trust)? {
                Some(trust) => {
                    next.trust = trust;
                    Ok(true)
                }
                None => Ok(false),
            },
            |ctx, next| {
                ctx.set_store(next.trust.store());
                Ok(())
            },
        )
    }
}

fn parse_cadata(cadata: &CaData) -> Result<Vec<X509>> {
    let (bytes, empty) = match cadata {
        CaData::Pem(text) if !text.is_ascii() => {
            return Err(Error::type_error(
                "cadata should be an ASCII string or a bytes-like object",
            ));
        }
        CaData::Pem(text) => (text.as_bytes(), "no start line"),
        CaData::Der(bytes) => (bytes.as_slice(), "not enough data"),
    };
    if bytes.is_empty() {
        return Err(Error::value("Empty certificate data"));
    }
    trust::require_countable("Certificate data", bytes)?;
    let (certificates, stopped) = match cadata {
        CaData::Pem(_) => pem::read_certificates(bytes),
        CaData::Der(_) => pem::read_der_certificates(bytes),
    };
    if certificates.is_empty() {
        return Err(Error::ssl_text(format!(
            "{empty}: cadata does not contain a certificate"
        )));
    }
    match stopped {
        Some(stack) => Err(Error::from_stack(stack)),
        None => Ok(certificates),
    }
}
