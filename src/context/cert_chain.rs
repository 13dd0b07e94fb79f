use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use zeroize::{Zeroize, Zeroizing};

use super::SslContext;
use super::credential::Credential;
use super::settings::Settings;
use super::trust::{c_path, require_countable};
use crate::error::{BoxError, Error, Result, SslError};
use crate::ffi::ctx::CtxHandle;
use crate::ffi::pem::{self, ChainError, Source};
use crate::optional::{Optional, from_paths, optional};

/// The arguments of [`SslContext::load_cert_chain`]: Python's `certfile`, `keyfile` and `password`.
///
/// | Python | default |
/// |---|---|
/// | `certfile` | required |
/// | `keyfile=None` | the key is read from `certfile` |
/// | `password=None` | an encrypted key is an error |
///
/// Unlike Python, it also takes certificates and keys from memory: [`from_pem`](Self::from_pem),
/// [`from_der`](Self::from_der), [`from_pkcs12`](Self::from_pkcs12).
#[derive(Clone)]
pub struct CertChain {
    certificates: Certificates,
    key: Option<Key>,
    password: Option<Password>,
}

#[derive(Clone)]
enum Certificates {
    File(PathBuf),
    Pem(Vec<u8>),
    Der(Vec<Vec<u8>>),
    Pkcs12(Zeroizing<Vec<u8>>),
}

#[derive(Clone)]
enum Key {
    File(PathBuf),
    Pem(Zeroizing<Vec<u8>>),
    Der(Zeroizing<Vec<u8>>),
}

impl CertChain {
    /// A PEM file with the certificate, then its intermediates, and the key unless it has its own
    /// file.
    pub fn new(certfile: impl AsRef<Path>) -> CertChain {
        CertChain {
            certificates: Certificates::File(certfile.as_ref().to_owned()),
            key: None,
            password: None,
        }
    }

    /// The certificate, its intermediates and the key, as PEM text in memory.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let leaf = ca.issue("localhost");
    /// # let (cert_pem, key_pem) = (leaf.chain_pem(), leaf.key_pem());
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.load_cert_chain(ssl::CertChain::from_pem(cert_pem, key_pem))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn from_pem(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> CertChain {
        CertChain {
            certificates: Certificates::Pem(certificates.as_ref().to_vec()),
            key: Some(Key::Pem(Zeroizing::new(key.as_ref().to_vec()))),
            password: None,
        }
    }

    /// The certificate, its intermediates and the key (PKCS#8, PKCS#1 or SEC 1), as DER in memory.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let leaf = ca.issue("localhost");
    /// # let (cert_der, key_der) = (leaf.der(), leaf.key_der());
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.load_cert_chain(ssl::CertChain::from_der(&[cert_der], key_der))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn from_der<C: AsRef<[u8]>>(certificates: &[C], key: impl AsRef<[u8]>) -> CertChain {
        let certificates = certificates.iter().map(|der| der.as_ref().to_vec());
        CertChain {
            certificates: Certificates::Der(certificates.collect()),
            key: Some(Key::Der(Zeroizing::new(key.as_ref().to_vec()))),
            password: None,
        }
    }

    /// The certificate, intermediates and key in a PKCS#12 file (`.p12`, `.pfx`) in memory.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// let der = std::fs::read("me.p12")?;
    /// context.load_cert_chain(ssl::CertChain::from_pkcs12(der, "secret"))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn from_pkcs12(der: impl AsRef<[u8]>, password: impl Into<Password>) -> CertChain {
        CertChain {
            certificates: Certificates::Pkcs12(Zeroizing::new(der.as_ref().to_vec())),
            key: None,
            password: Some(password.into()),
        }
    }

    /// The PEM file with the private key.
    #[must_use]
    pub fn keyfile(mut self, keyfile: impl Optional<PathBuf>) -> CertChain {
        if let Some(keyfile) = keyfile.into_option() {
            self.key = Some(Key::File(keyfile));
        }
        self
    }

    /// The password of the encrypted key: text, bytes or a callback.
    #[must_use]
    pub fn password(mut self, password: impl Optional<Password>) -> CertChain {
        self.password = password.into_option();
        self
    }
}

impl fmt::Debug for CertChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CertChain");
        if let Certificates::File(certfile) = &self.certificates {
            debug.field("certfile", certfile);
        }
        if let Some(Key::File(keyfile)) = &self.key {
            debug.field("keyfile", keyfile);
        }
        debug.finish_non_exhaustive()
    }
}

from_paths! {
    CertChain,
    "Python's first argument: `certfile`.",
    CertChain::new
}

impl<C, K> From<(C, K)> for CertChain
where
    CertChain: From<C>,
    K: Optional<PathBuf>,
{
    /// Python's first two arguments: `certfile` and `keyfile`.
    fn from((certfile, keyfile): (C, K)) -> CertChain {
        CertChain::from(certfile).keyfile(keyfile)
    }
}

type PasswordFunction = dyn Fn() -> Result<Vec<u8>, BoxError> + Send + Sync;

/// The password of an encrypted key: Python's `password` argument.
///
/// ```python
/// context.load_cert_chain("server.pem", password=lambda: input("? "))
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn ask() -> std::io::Result<String> { Ok("secret".to_owned()) }
/// let chain = ssl::CertChain::new("server.pem").password(ssl::Password::callback(|| Ok(ask()?)));
/// ```
///
/// Its bytes are overwritten when it is dropped.
#[derive(Clone)]
pub struct Password(Secret);

optional! {
    Password, Into::into;
    [V: Into<Password>] V,
}

#[derive(Clone)]
enum Secret {
    Bytes(Vec<u8>),
    Callback(Arc<PasswordFunction>),
}

impl Password {
    /// A password from a callback. The callback is called only if the key is encrypted.
    ///
    /// If the callback returns an error, `load_cert_chain` returns [`Error::Callback`].
    pub fn callback<T: Into<Vec<u8>>>(
        ask: impl Fn() -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> Password {
        Password(Secret::Callback(Arc::new(move || ask().map(Into::into))))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Password {
        Password(Secret::Bytes(text.as_bytes().to_vec()))
    }
}

impl From<&String> for Password {
    fn from(text: &String) -> Password {
        Password::from(text.as_str())
    }
}

impl From<String> for Password {
    fn from(text: String) -> Password {
        Password(Secret::Bytes(text.into_bytes()))
    }
}

impl From<&[u8]> for Password {
    fn from(bytes: &[u8]) -> Password {
        Password(Secret::Bytes(bytes.to_vec()))
    }
}

impl<const N: usize> From<&[u8; N]> for Password {
    fn from(bytes: &[u8; N]) -> Password {
        Password(Secret::Bytes(bytes.to_vec()))
    }
}

impl From<Vec<u8>> for Password {
    fn from(bytes: Vec<u8>) -> Password {
        Password(Secret::Bytes(bytes))
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        if let Secret::Bytes(bytes) = &mut self.0 {
            bytes.zeroize();
        }
    }
}

impl Password {
    fn take(mut self) -> Result<Zeroizing<Vec<u8>>> {
        match std::mem::replace(&mut self.0, Secret::Bytes(Vec::new())) {
            Secret::Bytes(bytes) => Ok(Zeroizing::new(bytes)),
            Secret::Callback(ask) => ask().map(Zeroizing::new).map_err(|error| {
                error
                    .downcast::<Error>()
                    .map_or_else(Error::Callback, |own| *own)
            }),
        }
    }
}

impl SslContext {
    /// Loads the certificate that this side presents, with its chain and key.
    ///
    /// ```python
    /// context.load_cert_chain(certfile="server.crt", keyfile="server.key")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.load_cert_chain(("server.crt", "server.key"))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// A single path names a file with the certificate and its key. A pair of paths names a file
    /// for each. For passwords, and for certificates and keys in memory, use [`CertChain`].
    ///
    /// One certificate can be loaded for each key type (RSA, EC, Ed25519). A second one for the
    /// same key type replaces the first. On a running server, existing connections keep the old
    /// certificate, new connections get the new one, and sessions stay resumable.
    ///
    /// If an encrypted key has no password, Python asks for it on the terminal. This crate does
    /// not.
    ///
    /// # Errors
    ///
    /// `OSError` if a file cannot be read; `ValueError` if an encrypted key has no password, or the
    /// password has more than 1024 bytes. `SSLError`:
    ///
    /// - the file has no certificate or no key, or the password is wrong: `[SSL] PEM lib`;
    /// - certificate and key do not match: `KEY_VALUES_MISMATCH`, `NO_CERTIFICATE_ASSIGNED`;
    /// - the security level forbids the key or the certificate: `EE_KEY_TOO_SMALL` and others.
    ///
    /// The context stays unchanged.
    #[doc(alias = "set_certificate_chain_file")]
    #[doc(alias = "set_private_key_file")]
    #[doc(alias = "use_certificate_file")]
    pub fn load_cert_chain(&self, cert_and_key: impl Into<CertChain>) -> Result<()> {
        let chain = cert_and_key.into();
        let identity = Arc::new(chain.read(|leaf, chain| self.accepts(leaf, chain))?);
        let settings = Arc::clone(&identity);
        self.edit(
            |next| next.add_identity(settings),
            |ctx, _| identity.install(ctx),
        )
    }

    /// Checks whether the context accepts these certificates, regardless of the key.
    fn accepts(&self, leaf: &X509, chain: &[X509]) -> Result<()> {
        let mut ctx = self.read(Settings::clone).build()?;
        Ok(ctx.use_certificate(leaf, chain)?)
    }
}

impl Credential {
    /// Makes connections of this context present the certificate.
    pub(super) fn install(&self, ctx: &mut CtxHandle) -> Result<()> {
        ctx.use_certificate(&self.leaf, &self.chain)?;
        self.require_one_kind()?;
        Ok(ctx.use_private_key(&self.key)?)
    }

    /// Checks that certificate and key have the same key type. OpenSSL keeps one certificate for
    /// each key type. It would pair a key of another type with an older certificate of that type,
    /// and leave the new certificate without a key.
    pub(crate) fn require_one_kind(&self) -> Result<()> {
        match self.leaf.public_key() {
            Ok(public) if public.id() != self.key.id() => Err(Error::Ssl(Box::new(
                SslError::ssl_reason("NO_CERTIFICATE_ASSIGNED", "no certificate assigned")
                    .with_errno(NO_CERTIFICATE_ASSIGNED),
            ))),
            _ => Ok(()),
        }
    }
}

/// `SSL_R_NO_CERTIFICATE_ASSIGNED`.
const NO_CERTIFICATE_ASSIGNED: i32 = 177;

impl CertChain {
    /// Reads and parses the certificates and the key. If the key is invalid, `accepts` checks the
    /// certificates: Python loads them before the key, so their errors take precedence.
    pub(super) fn read(
        self,
        accepts: impl FnOnce(&X509, &[X509]) -> Result<()>,
    ) -> Result<Credential> {
        // Clear entries that earlier calls left in the queue.
        drop(ErrorStack::get());
        let CertChain {
            certificates,
            key,
            password,
        } = self;
        // Reject NULs in both paths before reading either file. As in Python, an `OSError` of
        // opening a file has no file name here.
        if let Certificates::File(path) = &certificates {
            c_path(path)?;
        }
        if let Some(Key::File(path)) = &key {
            c_path(path)?;
        }
        let (leaf, chain, source) = match &certificates {
            Certificates::Pkcs12(der) => return read_pkcs12(der, password),
            Certificates::Der(certificates) => {
                let mut parsed = certificates.iter().map(|der| X509::from_der(der));
                let Some(leaf) = parsed.next() else {
                    return Err(Error::value("no certificate was given"));
                };
                (leaf?, parsed.collect::<Result<_, _>>()?, None)
            }
            Certificates::File(certfile) => {
                let source = Source::file(File::open(certfile)?)?;
                let (leaf, chain) = read_certificates(&source)?;
                (leaf, chain, Some((source, certfile)))
            }
            Certificates::Pem(pem) => {
                let (leaf, chain) = read_certificates(&Source::memory(pem)?)?;
                (leaf, chain, None)
            }
        };
        let key = match (&key, source) {
            (Some(Key::File(keyfile)), _) => File::open(keyfile)
                .map_err(Error::from)
                .and_then(|file| read_key(&Source::file(file)?, password)),
            (Some(Key::Pem(pem)), _) => read_pem_key(pem, password),
            (Some(Key::Der(der)), _) => read_der_key(der, password),
            (None, Some((source, certfile))) => match source.rewind() {
                Ok(()) => read_key(&source, password),
                // A pipe cannot be rewound, so it is opened a second time, as in Python. The first
                // reader is dropped before, so that the writer sees the end of the first reading.
                Err(_) => {
                    drop(source);
                    File::open(certfile)
                        .map_err(Error::from)
                        .and_then(|file| read_key(&Source::file(file)?, password))
                }
            },
            (None, None) => Err(Error::value("no private key was given")),
        };
        match key {
            Ok(key) => Ok(Credential { leaf, chain, key }),
            Err(error) => Err(accepts(&leaf, &chain).err().unwrap_or(error)),
        }
    }
}

fn read_certificates(source: &Source<'_>) -> Result<(X509, Vec<X509>)> {
    pem::read_chain(source).map_err(|error| match (source.take_failure(), error) {
        (Some(failure), _) => failure.into(),
        (None, ChainError::Leaf(stack)) => pem_lib(stack),
        (None, ChainError::Chain(stack)) => Error::from_stack(stack),
    })
}

fn read_pkcs12(der: &[u8], password: Option<Password>) -> Result<Credential> {
    let password = password.map(Password::take).transpose()?;
    let password = password.as_deref().map_or(&[][..], Vec::as_slice);
    let password = std::str::from_utf8(password)
        .map_err(|_| Error::unicode("the password of a PKCS#12 file must be UTF-8"))?;
    if password.contains('\0') {
        return Err(Error::value("embedded null character"));
    }
    let parsed = Pkcs12::from_der(der)?.parse2(password)?;
    let (Some(leaf), Some(key)) = (parsed.cert, parsed.pkey) else {
        return Err(Error::value(
            "the PKCS#12 file has no certificate with a private key",
        ));
    };
    let chain = parsed.ca.into_iter().flatten().collect();
    Ok(Credential { leaf, chain, key })
}

/// Parses a key in DER. With a password, it may be encrypted (PKCS#8).
fn read_der_key(der: &[u8], password: Option<Password>) -> Result<PKey<Private>> {
    require_countable("The private key", der)?;
    match (PKey::private_key_from_der(der), password) {
        (Ok(key), _) => Ok(key),
        (Err(stack), None) => Err(stack.into()),
        (Err(_), Some(password)) => {
            let password = password.take()?;
            let ask = |buffer: &mut [u8]| match buffer.get_mut(..password.len()) {
                Some(room) => {
                    room.copy_from_slice(&password);
                    Ok(password.len())
                }
                None => Err(ErrorStack::get()),
            };
            Ok(PKey::private_key_from_pkcs8_callback(der, ask)?)
        }
    }
}

fn pem_lib(stack: ErrorStack) -> Error {
    Error::Ssl(Box::new(SslError::pem_lib("SSL", stack)))
}

/// The size of OpenSSL's password buffer (`PEM_BUFSIZE`).
const PASSWORD_MAX: usize = 1024;

fn read_pem_key(pem: &[u8], password: Option<Password>) -> Result<PKey<Private>> {
    require_countable("The private key", pem)?;
    read_key(&Source::memory(pem)?, password)
}

fn read_key(source: &Source<'_>, password: Option<Password>) -> Result<PKey<Private>> {
    let mut failure = None;
    let mut cache = PasswordCache::Pending(password);
    let key = pem::read_private_key(source, |buffer| {
        if failure.is_some() {
            // OpenSSL asks for the password again after the callback has refused.
            return None;
        }
        match cache.bytes() {
            Ok(password) if password.len() > PASSWORD_MAX.min(buffer.len()) => {
                failure = Some(Error::value(format!(
                    "password cannot be longer than {PASSWORD_MAX} bytes"
                )));
                None
            }
            Ok(password) => {
                buffer[..password.len()].copy_from_slice(password);
                Some(password.len())
            }
            Err(error) => {
                failure = Some(error);
                None
            }
        }
    });
    match (key, failure) {
        (_, Some(failure)) => Err(failure),
        (Ok(key), None) => Ok(key),
        (Err(stack), None) => Err(match source.take_failure() {
            Some(failure) => failure.into(),
            None => pem_lib(stack),
        }),
    }
}

/// A password that is requested at most once, even if OpenSSL asks repeatedly.
enum PasswordCache {
    Pending(Option<Password>),
    Bytes(Zeroizing<Vec<u8>>),
}

impl PasswordCache {
    fn bytes(&mut self) -> Result<&[u8]> {
        if let PasswordCache::Pending(password) = self {
            let password = password.take().ok_or_else(|| {
                Error::value("the private key is encrypted, and no password was given")
            })?;
            *self = PasswordCache::Bytes(password.take()?);
        }
        match self {
            PasswordCache::Bytes(bytes) => Ok(bytes),
            PasswordCache::Pending(_) => Ok(&[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_longer_than_i32_max_is_an_error() {
        // The vector's zero pages are never touched, so it uses no physical memory.
        let long = vec![0; 1 << 31];
        let pem = read_pem_key(&long, None).unwrap_err();
        let der = read_der_key(&long, Some("secret".into())).unwrap_err();
        for error in [pem, der] {
            assert_eq!(error.to_string(), "The private key is too long.");
            assert_eq!(error.python_class(), "OverflowError");
        }
    }
}
