use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};

use super::SslContext;
use super::settings::Identity;
use super::trust::c_path;
use crate::error::{Error, Result, SslError};
use crate::ffi::pem::{self, ChainError};

/// What [`SslContext::load_cert_chain`] loads: Python's `certfile`, `keyfile` and `password`.
///
/// | Python | default |
/// |---|---|
/// | `certfile` | required |
/// | `keyfile=None` | the key is read from `certfile` |
/// | `password=None` | an encrypted key is an error |
#[derive(Debug)]
pub struct CertChain {
    certfile: PathBuf,
    keyfile: Option<PathBuf>,
    password: Option<Password>,
}

impl CertChain {
    /// The file with the certificate, then its intermediates, and the key if that has no file of
    /// its own. PEM.
    pub fn new(certfile: impl AsRef<Path>) -> CertChain {
        CertChain {
            certfile: certfile.as_ref().to_owned(),
            keyfile: None,
            password: None,
        }
    }

    /// The file with the private key. PEM.
    #[must_use]
    pub fn keyfile(mut self, keyfile: impl AsRef<Path>) -> CertChain {
        self.keyfile = Some(keyfile.as_ref().to_owned());
        self
    }

    /// What the key is encrypted with: text, bytes or a callback.
    #[must_use]
    pub fn password(mut self, password: impl Into<Password>) -> CertChain {
        self.password = Some(password.into());
        self
    }
}

impl<P: AsRef<Path>> From<P> for CertChain {
    fn from(certfile: P) -> CertChain {
        CertChain::new(certfile)
    }
}

type PasswordFunction =
    dyn FnOnce() -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> + Send;

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
pub struct Password(Secret);

enum Secret {
    Bytes(Vec<u8>),
    Callback(Box<PasswordFunction>),
}

impl Password {
    /// A password that is asked for only if the key turns out to be encrypted.
    ///
    /// An error of the callback comes out of `load_cert_chain` as
    /// [`Error::Callback`].
    pub fn callback<T: Into<Vec<u8>>>(
        ask: impl FnOnce() -> Result<T, Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    ) -> Password {
        Password(Secret::Callback(Box::new(move || ask().map(Into::into))))
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

use zeroize::{Zeroize, Zeroizing};

impl SslContext {
    /// Loads the certificate that this side shows, with its chain and key.
    ///
    /// ```python
    /// context.load_cert_chain(certfile="server.crt", keyfile="server.key")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.load_cert_chain(ssl::CertChain::new("server.crt").keyfile("server.key"))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// One certificate for each kind of key (RSA, EC, Ed25519) can be loaded; another one for the
    /// same kind takes its place. On a server that is running, connections that begin later get
    /// the new certificate, those under way go on with the old one, and sessions stay resumable.
    ///
    /// Python asks on the terminal for the password of an encrypted key if none is given; this
    /// does not.
    ///
    /// # Errors
    ///
    /// `OSError` for files that cannot be read; `SSLError` for a file without certificate or key,
    /// for a wrong password (`[SSL] PEM lib`), for a key of another certificate
    /// (`KEY_VALUES_MISMATCH`, `NO_CERTIFICATE_ASSIGNED`) and for what the security level refuses
    /// (`EE_KEY_TOO_SMALL`); `ValueError` for a missing password or one of more than 1024 bytes.
    /// The context stays as it was.
    pub fn load_cert_chain(&self, chain: impl Into<CertChain>) -> Result<()> {
        let CertChain {
            certfile,
            keyfile,
            password,
        } = chain.into();
        for path in [Some(&certfile), keyfile.as_ref()].into_iter().flatten() {
            c_path(path)?;
        }
        // Python's `OSError` for certificates names no file, and neither does this.
        let certificates = std::fs::read(&certfile)?;
        let (leaf, chain) = pem::read_chain(&certificates).map_err(|error| match error {
            ChainError::Leaf(stack) => pem_lib(stack),
            ChainError::Chain(stack) => Error::from_stack(stack),
        })?;
        let certificates = Zeroizing::new(certificates);
        let key = match &keyfile {
            Some(keyfile) => read_key(&Zeroizing::new(std::fs::read(keyfile)?), password)?,
            None => read_key(&certificates, password)?,
        };
        let identity = Arc::new(Identity { leaf, chain, key });
        let settings = Arc::clone(&identity);
        self.edit(
            |next| {
                next.add_identity(settings);
                Ok(())
            },
            |ctx, _| Ok(ctx.use_identity(&identity.leaf, &identity.chain, &identity.key)?),
        )
    }
}

fn pem_lib(stack: ErrorStack) -> Error {
    Error::Ssl(Box::new(SslError::pem_lib("SSL", stack)))
}

/// OpenSSL's buffer for passwords (`PEM_BUFSIZE`).
const PASSWORD_MAX: usize = 1024;

fn read_key(pem: &[u8], password: Option<Password>) -> Result<PKey<Private>> {
    let mut failure = None;
    let key = PKey::private_key_from_pem_callback(pem, |buffer| {
        let given = password
            .ok_or_else(|| Error::value("the private key is encrypted, and no password was given"))
            .and_then(Password::take);
        match given {
            Ok(password) if password.len() > PASSWORD_MAX.min(buffer.len()) => {
                failure = Some(Error::value(format!(
                    "password cannot be longer than {PASSWORD_MAX} bytes"
                )));
                Err(ErrorStack::get())
            }
            Ok(password) => {
                buffer[..password.len()].copy_from_slice(&password);
                Ok(password.len())
            }
            Err(error) => {
                failure = Some(error);
                Err(ErrorStack::get())
            }
        }
    });
    match (key, failure) {
        (_, Some(failure)) => Err(failure),
        (Ok(key), None) => Ok(key),
        (Err(stack), None) => Err(pem_lib(stack)),
    }
}
