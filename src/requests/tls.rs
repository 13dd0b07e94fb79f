//! The contexts of sessions.

use std::path::Path;

use super::{ClientCert, Error, HttpAdapter, Verify};
use crate as ssl;

/// The number of servers for which TLS sessions are kept.
const RESUMED_SERVERS: usize = 100;

/// The TLS options of a connection. Connections with equal options can be shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tls {
    pub(super) verify: Verify,
    pub(super) cert: Option<ClientCert>,
}

impl Tls {
    /// Creates the context as urllib3 does for `requests`, or changes a copy of the adapter's.
    pub(super) fn context(&self, adapter: &HttpAdapter) -> Result<ssl::SslContext, Error> {
        let context = match &adapter.context {
            Some(context) => self.of_adapter(context)?,
            None => self.own_context()?,
        };
        if self.verify != Verify::DangerDisabled {
            // As in urllib3, the host name is checked unless a fingerprint is set, whatever the context's own
            // `check_hostname` is. `assert_hostname` is applied to the connection.
            let by_name = adapter.assert_fingerprint.is_none();
            context
                .set_check_hostname(by_name)
                .map_err(Error::SSLError)?;
        }
        Ok(context)
    }

    fn of_adapter(&self, context: &ssl::SslContext) -> Result<ssl::SslContext, Error> {
        if let Verify::Path(path) = &self.verify {
            must_exist(path, "Could not find a suitable TLS CA certificate bundle")?;
        }
        let set = || {
            let context = context.copy()?;
            match &self.verify {
                Verify::DangerDisabled => {
                    context.set_check_hostname(false)?;
                    context.set_verify_mode(ssl::CERT_NONE)?;
                }
                Verify::Default => {
                    context.set_verify_mode(ssl::CERT_REQUIRED)?;
                    context.load_default_certs(ssl::Purpose::SERVER_AUTH)?;
                }
                Verify::Path(path) => {
                    context.set_verify_mode(ssl::CERT_REQUIRED)?;
                    let locations = ssl::VerifyLocations::new();
                    context.load_verify_locations(match path.is_dir() {
                        true => locations.capath(path),
                        false => locations.cafile(path),
                    })?;
                }
            }
            context.set_client_session_cache(RESUMED_SERVERS)?;
            context.set_alpn_protocols(&["http/1.1"])?;
            Ok(context)
        };
        let context = set().map_err(Error::SSLError)?;
        self.load_cert(&context)?;
        Ok(context)
    }

    fn own_context(&self) -> Result<ssl::SslContext, Error> {
        let context = match &self.verify {
            Verify::Default => ssl::create_default_context(()),
            Verify::DangerDisabled => ssl::create_unverified_context(ssl::UnverifiedContext::new()),
            Verify::Path(path) => {
                let what = "Could not find a suitable TLS CA certificate bundle";
                must_exist(path, what)?;
                let options = ssl::DefaultContext::default();
                ssl::create_default_context(if path.is_dir() {
                    options.capath(path)
                } else {
                    options.cafile(path)
                })
            }
        };
        let context = context.map_err(Error::SSLError)?;
        self.set_up(&context)?;
        Ok(context)
    }

    /// Checks that the files of the client certificate exist.
    pub(super) fn find_cert(&self) -> Result<(), Error> {
        if let Some(ClientCert { cert, key }) = &self.cert {
            must_exist(cert, "Could not find the TLS certificate file")?;
            if let Some(key) = key {
                must_exist(key, "Could not find the TLS key file")?;
            }
        }
        Ok(())
    }

    fn load_cert(&self, context: &ssl::SslContext) -> Result<(), Error> {
        self.find_cert()?;
        if let Some(ClientCert { cert, key }) = &self.cert {
            let mut chain = ssl::CertChain::new(cert);
            if let Some(key) = key {
                chain = chain.keyfile(key);
            }
            context.load_cert_chain(chain).map_err(Error::SSLError)?;
        }
        Ok(())
    }

    fn set_up(&self, context: &ssl::SslContext) -> Result<(), Error> {
        self.load_cert(context)?;
        let set = || {
            context.set_options(context.options() | ssl::OP_NO_TICKET)?;
            context.set_hostname_checks_common_name(false)?;
            context.set_post_handshake_auth(true)?;
            context.set_client_session_cache(RESUMED_SERVERS)?;
            context.set_alpn_protocols(&["http/1.1"])
        };
        set().map_err(Error::SSLError)
    }
}

fn must_exist(path: &Path, what: &str) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    let text = format!("{what}, invalid path: {}", path.display());
    Err(Error::OSError(text.into()))
}
