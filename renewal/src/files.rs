use std::path::PathBuf;

use pyssl::{Optional, Password};

/// The files of one certificate, and the names that the certificate must have.
///
/// ```
/// use pyssl_renewal::CertFiles;
/// let files = CertFiles::new("fullchain.pem").keyfile("privkey.pem").names(["example.org"]);
/// ```
#[derive(Debug, Clone)]
pub struct CertFiles {
    pub(crate) certfile: PathBuf,
    pub(crate) keyfile: Option<PathBuf>,
    pub(crate) password: Option<Password>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) names: Vec<String>,
    pub(crate) roots: Option<PathBuf>,
    pub(crate) ocsp: Option<PathBuf>,
}

impl CertFiles {
    /// A PEM file with the certificate, then its intermediates, and the key unless it has its own file.
    pub fn new(certfile: impl Into<PathBuf>) -> CertFiles {
        CertFiles {
            certfile: certfile.into(),
            keyfile: None,
            password: None,
            password_file: None,
            names: Vec::new(),
            roots: None,
            ocsp: None,
        }
    }

    /// The PEM file with the private key.
    #[must_use]
    pub fn keyfile(mut self, keyfile: impl Into<PathBuf>) -> CertFiles {
        self.keyfile = Some(keyfile.into());
        self
    }

    /// The password of the key. If it is a callback, it is called at each load.
    #[must_use]
    pub fn password(mut self, password: impl Optional<Password>) -> CertFiles {
        self.password = password.into_option();
        self
    }

    /// A file whose first line is the password of the key. It is watched as the other files are.
    #[must_use]
    pub fn password_file(mut self, path: impl Into<PathBuf>) -> CertFiles {
        self.password_file = Some(path.into());
        self
    }

    /// The host names and IP addresses that the certificate must be valid for. By default, names are not
    /// checked.
    #[must_use]
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> CertFiles {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// A PEM file with the CA certificates that the chain must lead to. Without it, the chain need not lead
    /// to a trusted CA, but each certificate must have signed the one before it.
    #[must_use]
    pub fn roots(mut self, cafile: impl Into<PathBuf>) -> CertFiles {
        self.roots = Some(cafile.into());
        self
    }

    /// A file with the OCSP response (DER) to staple. If the file is missing, or its response cannot be
    /// used for this certificate, the certificate is used without a response.
    #[must_use]
    pub fn ocsp_response(mut self, path: impl Into<PathBuf>) -> CertFiles {
        self.ocsp = Some(path.into());
        self
    }
}
