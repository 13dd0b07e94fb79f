use std::fmt;
use std::sync::Arc;

use super::cert_chain::CertChain;
use super::settings;
use crate::error::Result;

/// A certificate with its chain and key, read and parsed once, for single connections: see
/// [`WrapSocket::identity`](crate::WrapSocket::identity). Cloning takes a reference.
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
pub struct Identity(Arc<settings::Credential>);

impl Identity {
    /// Reads what [`SslContext::load_cert_chain`](crate::SslContext::load_cert_chain) would load.
    ///
    /// # Errors
    ///
    /// As `load_cert_chain`; that key and certificate belong together shows when they are used.
    pub fn load(chain: impl Into<CertChain>) -> Result<Identity> {
        Ok(Identity(Arc::new(chain.into().read(|_, _| Ok(()))?)))
    }

    pub(crate) fn get(&self) -> &settings::Credential {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}
