//! Channel bindings and exported keys: values that only the two ends of a connection can compute.

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::ssl::SslVersion;

use super::Connection;
use crate::error::{Error, Result};
use crate::ffi::util::clear_errors;
use crate::ffi::x509;

/// A kind of channel binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// `tls-unique` (RFC 5929, section 3).
    Unique,
    /// `tls-server-end-point` (RFC 5929, section 4).
    ServerEndPoint,
    /// `tls-exporter` (RFC 9266).
    Exporter,
}

impl Binding {
    /// The kind with this name in the IANA registry.
    pub(crate) fn by_name(name: &str) -> Option<Binding> {
        match name {
            "tls-unique" => Some(Binding::Unique),
            "tls-server-end-point" => Some(Binding::ServerEndPoint),
            "tls-exporter" => Some(Binding::Exporter),
            _ => None,
        }
    }
}

impl Connection {
    /// The channel binding `name`; `None` before the handshake, and if the connection has none of this kind.
    pub(crate) fn channel_binding(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match Binding::by_name(name) {
            Some(Binding::Unique) => Ok(self.tls_unique()),
            Some(Binding::ServerEndPoint) => self.server_end_point(),
            Some(Binding::Exporter) => self.exporter(),
            None => Err(Error::value(format!(
                "'{name}' channel binding type not implemented"
            ))),
        }
    }

    /// A hash of the server's certificate; `None` without a certificate, and if its signature algorithm
    /// names no hash.
    fn server_end_point(&self) -> Result<Option<Vec<u8>>> {
        let certificate = self.with_view(|view| {
            let ssl = view.ssl();
            if !ssl.is_init_finished() {
                return None;
            }
            if !self.server_side {
                return ssl.peer_certificate();
            }
            // A resumed session does not record which of several certificates the server sent.
            if ssl.session_reused() && view.hooks().has_several_identities() {
                return None;
            }
            ssl.certificate().map(ToOwned::to_owned)
        })?;
        let Some(certificate) = certificate else {
            return Ok(None);
        };
        let digest = match x509::signature_digest(&certificate) {
            Some(Nid::MD5 | Nid::SHA1) => Some(MessageDigest::sha256()),
            Some(nid) => MessageDigest::from_nid(nid),
            None => None,
        };
        match digest {
            Some(digest) => Ok(Some(certificate.digest(digest)?.to_vec())),
            None => Ok(None),
        }
    }

    fn exporter(&self) -> Result<Option<Vec<u8>>> {
        self.with_view(|view| {
            let ssl = view.ssl();
            let unique =
                ssl.version2() == Some(SslVersion::TLS1_3) || view.has_extended_master_secret();
            if !ssl.is_init_finished() || !unique {
                return Ok(None);
            }
            let mut binding = vec![0; 32];
            ssl.export_keying_material(&mut binding, "EXPORTER-Channel-Binding", Some(b""))?;
            Ok(Some(binding))
        })?
    }

    /// Derives keying material for another protocol (RFC 5705).
    pub(crate) fn export_keying_material(
        &self,
        length: usize,
        label: &str,
        context: Option<&[u8]>,
    ) -> Result<Vec<u8>> {
        /// The most bytes of one call. Protocols need far fewer, and OpenSSL has higher limits of
        /// its own, which depend on the TLS version.
        const LENGTH_MAX: usize = 16 * 1024;
        if length > LENGTH_MAX {
            return Err(Error::overflow(format!(
                "more than {LENGTH_MAX} bytes of keying material"
            )));
        }
        self.with_view(|view| {
            let ssl = view.ssl();
            if !ssl.is_init_finished() {
                return Err(Error::value("handshake not done yet"));
            }
            if length == 0 {
                // For a length of 0, OpenSSL returns an error in TLS 1.2.
                return Ok(Vec::new());
            }
            clear_errors();
            let mut material = vec![0; length];
            ssl.export_keying_material(&mut material, label, context)?;
            Ok(material)
        })?
    }
}
