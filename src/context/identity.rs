use std::fmt;
use std::sync::Arc;

use super::cert_chain::CertChain;
use super::credential::Credential;
use crate::certificate::Certificate;
use crate::error::Result;

/// A parsed certificate with its chain and key, for single connections; see
/// [`WrapSocket::identity`](crate::WrapSocket::identity). Cloning is cheap.
///
/// ```
/// # use pyssl as ssl;
/// # fn f(context: &ssl::SslContext, sock: std::net::TcpStream) -> ssl::Result<()> {
/// let me = ssl::Identity::load(ssl::CertChain::new("me.pem"))?;
/// let options = ssl::WrapSocket::from("localhost").identity(&me);
/// let sock = context.wrap_socket(sock, options)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Identity(Arc<Credential>);

impl Identity {
    /// Loads an identity, as [`SslContext::load_cert_chain`](crate::SslContext::load_cert_chain)
    /// does.
    ///
    /// # Errors
    ///
    /// As `load_cert_chain`, except that a mismatch of certificate and key is reported on first
    /// use.
    pub fn load(chain: impl Into<CertChain>) -> Result<Identity> {
        Ok(Identity(Arc::new(chain.into().read(|_, _| Ok(()))?)))
    }

    /// The certificate, followed by the chain that is sent with it.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// let me = ssl::Identity::load(ssl::CertChain::new("me.pem"))?;
    /// println!("{}", me.certificates()[0]);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn certificates(&self) -> Vec<Certificate> {
        let chain = self.0.chain.iter();
        let sent = std::iter::once(&self.0.leaf).chain(chain);
        sent.cloned().map(Certificate::from_x509).collect()
    }

    pub(super) fn of(credential: Arc<Credential>) -> Identity {
        Identity(credential)
    }

    pub(super) fn credential(&self) -> Arc<Credential> {
        Arc::clone(&self.0)
    }

    pub(crate) fn get(&self) -> &Credential {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}
