//! What a connection can be asked, and what can be changed about it from outside.
//!
//! In a callback that the connection has called, there is nothing to tell yet.

use std::sync::Arc;

use openssl::ssl::{SslVerifyMode, SslVersion};

use super::Connection;
use crate::certificate::{CertDict, Certificate};
use crate::context::{Snapshot, SslContext, SslSession};
use crate::error::{Error, Result};
use crate::ffi::ssl::SslHandle;

impl Connection {
    pub(crate) fn version(&self) -> Option<&'static str> {
        let locked = self.lock().ok()?;
        let ssl = locked.handle.ssl();
        ssl.is_init_finished().then(|| ssl.version_str())
    }

    pub(crate) fn cipher(&self) -> Option<(&'static str, &'static str, i32)> {
        self.lock().ok()?.handle.cipher()
    }

    pub(crate) fn shared_ciphers(&self) -> Option<Vec<(&'static str, &'static str, i32)>> {
        self.lock().ok()?.handle.shared_ciphers()
    }

    pub(crate) fn compression(&self) -> Option<&'static str> {
        self.lock().ok()?.handle.compression()
    }

    pub(crate) fn group(&self) -> Option<String> {
        self.lock().ok()?.handle.group()
    }

    /// The signature algorithm of the client (true) or of the server.
    pub(crate) fn sigalg(&self, client: bool) -> Result<Option<String>> {
        #[cfg(ossl350)]
        return Ok(self
            .lock()?
            .handle
            .signature_name(client == self.server_side));
        #[cfg(not(ossl350))]
        Err(Error::not_implemented(format!(
            "Getting {} signature algorithm requires OpenSSL 3.5 or later.",
            if client { "client" } else { "server" }
        )))
    }

    pub(crate) fn selected_alpn_protocol(&self) -> Option<String> {
        let locked = self.lock().ok()?;
        let protocol = locked.handle.ssl().selected_alpn_protocol()?;
        Some(String::from_utf8_lossy(protocol).into_owned())
    }

    /// The OCSP response that the server stapled.
    pub(crate) fn ocsp_response(&self) -> Option<Vec<u8>> {
        let locked = self.lock().ok()?;
        let response = locked.handle.ssl().ocsp_status()?;
        (!self.server_side && !response.is_empty()).then(|| response.to_vec())
    }

    /// The peer's certificate, if it sent one.
    pub(crate) fn peer_certificate(&self) -> Result<Option<Certificate>> {
        let locked = self.lock()?;
        let ssl = locked.handle.ssl();
        if !ssl.is_init_finished() {
            return Err(Error::value("handshake not done yet"));
        }
        Ok(ssl.peer_certificate().map(Certificate::from_x509))
    }

    /// Python's dict: empty for a certificate that nobody verified.
    pub(crate) fn getpeercert(&self) -> Result<Option<CertDict>> {
        let Some(certificate) = self.peer_certificate()? else {
            return Ok(None);
        };
        let verified = self
            .lock()?
            .handle
            .ssl()
            .verify_mode()
            .contains(SslVerifyMode::PEER);
        if verified {
            certificate.get_info().map(Some)
        } else {
            Ok(Some(CertDict::default()))
        }
    }

    /// The chain that verification built, leaf first.
    pub(crate) fn verified_chain(&self) -> Vec<Certificate> {
        let Ok(locked) = self.lock() else {
            return Vec::new();
        };
        chain(locked.handle.ssl().verified_chain())
    }

    /// The chain that the peer sent, leaf first.
    pub(crate) fn unverified_chain(&self) -> Vec<Certificate> {
        let Ok(locked) = self.lock() else {
            return Vec::new();
        };
        let ssl = locked.handle.ssl();
        let settled = locked.handle.is_settled();
        if locked.offered && (ssl.session_reused() || !settled) {
            return Vec::new();
        }
        let sent = chain(ssl.peer_cert_chain());
        // OpenSSL leaves the leaf out on a server.
        match ssl.peer_certificate() {
            Some(leaf) if self.server_side && ssl.peer_cert_chain().is_some() => {
                let mut all = vec![Certificate::from_x509(leaf)];
                all.extend(sent);
                all
            }
            _ => sent,
        }
    }

    /// The `tls-unique` channel binding (RFC 5929).
    pub(super) fn tls_unique(&self) -> Option<Vec<u8>> {
        let locked = self.lock().ok()?;
        let ssl = locked.handle.ssl();
        // Long enough for every hash of TLS.
        let mut finished = [0; 128];
        let n = if ssl.session_reused() != self.server_side {
            ssl.peer_finished(&mut finished)
        } else {
            ssl.finished(&mut finished)
        };
        let n = n.min(finished.len());
        (n > 0).then(|| finished[..n].to_vec())
    }

    /// The session, once the handshake is over: until then OpenSSL writes to it, and a session is
    /// read by whoever holds it, without a lock.
    pub(crate) fn session(&self) -> Option<SslSession> {
        let locked = self.lock().ok()?;
        let ssl = locked.handle.ssl();
        // In TLS 1.3 tickets make new sessions, and older versions may begin a second handshake.
        let once = ssl.version2() == Some(SslVersion::TLS1_3) && self.handshaken();
        if !(once || locked.handle.is_settled()) {
            return None;
        }
        let id = snapshot(&locked.handle)?.id();
        let session = locked.handle.session()?;
        Some(SslSession::new(session, id, self.verifies))
    }

    pub(crate) fn session_reused(&self) -> bool {
        self.lock()
            .is_ok_and(|locked| locked.handle.ssl().session_reused())
    }

    /// Offers a session for resumption.
    pub(crate) fn set_session(&self, session: &SslSession) -> Result<()> {
        let mut locked = self.lock()?;
        if snapshot(&locked.handle).is_none_or(|own| own.id() != session.context_id()) {
            return Err(Error::value("Session refers to a different SSLContext."));
        }
        if self.server_side {
            return Err(Error::value(
                "Cannot set session for server-side SSLSocket.",
            ));
        }
        if session.verified_less_than(self.verifies) {
            return Err(Error::value(
                "Session refers to a connection that verified less than this one.",
            ));
        }
        // Nor in the middle of it, when OpenSSL works on the session that it has.
        if locked.handle.ssl().is_init_finished() || locked.handle.is_mid_handshake() {
            return Err(Error::value("Cannot set session after handshake."));
        }
        locked.handle.set_session(session.raw())?;
        locked.offered = true;
        Ok(())
    }

    /// Asks the client for its certificate; the request goes out with the next write.
    ///
    /// The caller has the turn to write.
    pub(crate) fn verify_client_post_handshake(&self) -> Result<()> {
        let mut locked = self.lock()?;
        // The request would have to go out in the middle of a record.
        if locked.unfinished.is_some() {
            return Err(Connection::bad_retry());
        }
        Ok(locked.handle.verify_client_post_handshake()?)
    }

    /// Switches to another context: its certificate, protocols and trust store.
    pub(crate) fn set_context(&self, context: &SslContext) -> Result<()> {
        let snapshot = context.snapshot()?;
        let mut locked = self.lock()?;
        // What the handshake has chosen from the old certificates would be gone.
        if locked.handle.is_mid_handshake() {
            return Err(Error::ssl_text(
                "Cannot switch the context in the middle of a handshake",
            ));
        }
        Ok(locked.handle.set_hooks(snapshot)?)
    }
}

fn chain(list: Option<&openssl::stack::StackRef<openssl::x509::X509>>) -> Vec<Certificate> {
    list.into_iter()
        .flatten()
        .map(|certificate| Certificate::from_x509(certificate.to_owned()))
        .collect()
}

pub(super) fn snapshot(handle: &SslHandle) -> Option<Arc<Snapshot>> {
    handle.hooks().as_any().downcast::<Snapshot>().ok()
}
