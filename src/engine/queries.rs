//! The getters and setters of a connection. Getters do not wait for callbacks: see [`Connection::look`].

use std::sync::Arc;
use std::sync::atomic::Ordering;

use openssl::ssl::{SslVerifyMode, SslVersion};

use super::{Connection, Deadline, Step};
use crate::certificate::{CertDict, Certificate};
use crate::context::{ContextId, SslContext, SslSession};
use crate::error::{Error, Result};
use crate::ffi::view::View;
use crate::lock::LockError;

impl Connection {
    pub(crate) fn version(&self) -> Option<&'static str> {
        self.with_view(version).ok().flatten()
    }

    pub(crate) fn cipher(&self) -> Option<(&'static str, &'static str, i32)> {
        self.with_view(|view| view.cipher()).ok().flatten()
    }

    pub(crate) fn shared_ciphers(&self) -> Option<Vec<(&'static str, &'static str, i32)>> {
        self.with_view(|view| view.shared_ciphers()).ok().flatten()
    }

    pub(crate) fn compression(&self) -> Option<&'static str> {
        self.with_view(|view| view.compression()).ok().flatten()
    }

    pub(crate) fn group(&self) -> Option<String> {
        self.with_view(|view| view.group()).ok().flatten()
    }

    /// The signature algorithm of the client (true) or of the server.
    pub(crate) fn sigalg(&self, client: bool) -> Result<Option<String>> {
        #[cfg(ossl350)]
        return self.with_view(|view| view.signature_name(client == self.server_side));
        #[cfg(not(ossl350))]
        Err(Error::not_implemented(format!(
            "Getting {} signature algorithm requires OpenSSL 3.5 or later.",
            if client { "client" } else { "server" }
        )))
    }

    pub(crate) fn selected_alpn_protocol(&self) -> Option<String> {
        let protocol = |view: &View<'_>| {
            let protocol = view.ssl().selected_alpn_protocol()?;
            Some(String::from_utf8_lossy(protocol).into_owned())
        };
        self.with_view(protocol).ok().flatten()
    }

    /// The OCSP response that the server stapled.
    pub(crate) fn ocsp_response(&self) -> Option<Vec<u8>> {
        let response = |view: &View<'_>| {
            let response = view.ssl().ocsp_status()?;
            (!self.server_side && !response.is_empty()).then(|| response.to_vec())
        };
        self.with_view(response).ok().flatten()
    }

    /// The peer's certificate, if it sent one.
    pub(crate) fn peer_certificate(&self) -> Result<Option<Certificate>> {
        self.with_view(|view| {
            let ssl = view.ssl();
            if !ssl.is_init_finished() {
                return Err(Error::value("handshake not done yet"));
            }
            Ok(ssl.peer_certificate().map(Certificate::from_x509))
        })?
    }

    /// Python's dict; empty if the certificate was not verified.
    pub(crate) fn getpeercert(&self) -> Result<Option<CertDict>> {
        let Some(certificate) = self.peer_certificate()? else {
            return Ok(None);
        };
        let mode = self.with_view(|view| view.ssl().verify_mode())?;
        let verified = mode.contains(SslVerifyMode::PEER);
        if verified {
            certificate.get_info().map(Some)
        } else {
            Ok(Some(CertDict::default()))
        }
    }

    /// The chain that the verification built, leaf first.
    pub(crate) fn verified_chain(&self) -> Vec<Certificate> {
        self.with_view(|view| chain(view.ssl().verified_chain()))
            .unwrap_or_default()
    }

    /// The chain that the peer sent, leaf first.
    pub(crate) fn unverified_chain(&self) -> Vec<Certificate> {
        let sent = |view: &View<'_>| {
            let ssl = view.ssl();
            let offered = self.offered.load(Ordering::Relaxed);
            if offered && (ssl.session_reused() || !view.is_settled()) {
                return Vec::new();
            }
            let sent = chain(ssl.peer_cert_chain());
            // On a server, OpenSSL's list lacks the leaf.
            match ssl.peer_certificate() {
                Some(leaf) if self.server_side && ssl.peer_cert_chain().is_some() => {
                    let mut all = vec![Certificate::from_x509(leaf)];
                    all.extend(sent);
                    all
                }
                _ => sent,
            }
        };
        self.with_view(sent).unwrap_or_default()
    }

    /// The `tls-unique` channel binding (RFC 5929).
    pub(super) fn tls_unique(&self) -> Option<Vec<u8>> {
        let finished = |view: &View<'_>| {
            let ssl = view.ssl();
            // A `Finished` value has at most 64 bytes in every version (`EVP_MAX_MD_SIZE`).
            let mut finished = [0; 64];
            let n = if ssl.session_reused() != self.server_side {
                ssl.peer_finished(&mut finished)
            } else {
                ssl.finished(&mut finished)
            };
            let n = n.min(finished.len());
            (n > 0).then(|| finished[..n].to_vec())
        };
        self.with_view(finished).ok().flatten()
    }

    /// The session. `None` before the handshake is done: until then OpenSSL changes the session,
    /// and this library reads sessions without a lock.
    pub(crate) fn session(&self) -> Option<SslSession> {
        let session = |view: &View<'_>| {
            // In TLS 1.3, each ticket makes a new session, so the present one does not change after
            // the handshake. In older versions, a renegotiation changes it.
            let tls13 = view.ssl().version2() == Some(SslVersion::TLS1_3);
            if !(tls13 && self.handshaken() || view.is_settled()) {
                return None;
            }
            let id = ContextId::of(&*view.hooks());
            Some(SslSession::new(view.session()?, id, self.verifies))
        };
        self.with_view(session).ok().flatten()
    }

    pub(crate) fn session_reused(&self) -> bool {
        self.with_view(|view| view.ssl().session_reused())
            .unwrap_or_default()
    }

    /// Offers a session for resumption.
    pub(crate) fn set_session(&self, session: &SslSession) -> Result<()> {
        let late = || Error::value("Cannot set session after handshake.");
        let refusal = |view: &View<'_>| {
            let error = if ContextId::of(&*view.hooks()) != session.context_id() {
                Error::value("Session refers to a different SSLContext.")
            } else if self.server_side {
                Error::value("Cannot set session for server-side SSLSocket.")
            } else if view.ssl().is_init_finished() || view.is_mid_handshake() {
                // OpenSSL changes the session during the handshake.
                late()
            } else if session.verified_less_than(self.verifies) {
                Error::value("Session refers to a connection that verified less than this one.")
            } else {
                return None;
            };
            Some(error)
        };
        if let Some(error) = self.with_view(refusal)? {
            return Err(error);
        }
        let mut locked = match self.ssl.lock(Deadline::Now) {
            Ok(locked) => locked,
            Err(LockError::Reentrant) => return Err(Error::in_callback()),
            // Another thread has started the handshake, and a callback is running in it.
            Err(LockError::NotInTime) => return Err(late()),
        };
        if let Some(error) = refusal(&locked.handle.view()) {
            return Err(error);
        }
        locked.handle.set_session(session.raw())?;
        self.offered.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Asks the client for its certificate. The next write sends the request.
    ///
    /// The caller has the turn to write.
    pub(crate) fn verify_client_post_handshake(&self, deadline: Deadline) -> Result<Step<()>> {
        let Some(mut locked) = self.lock_until(deadline)? else {
            return Ok(Step::Busy);
        };
        // The request cannot be sent before the rest of a record that was sent in part.
        if self.unfinished.is_some() {
            return Err(Connection::bad_retry());
        }
        locked.handle.verify_client_post_handshake()?;
        Ok(Step::Done(()))
    }

    /// Switches to another context: its certificate, protocols and trust store.
    pub(crate) fn set_context(&self, context: &SslContext) -> Result<()> {
        let snapshot = context.snapshot()?;
        // The handshake may have chosen a certificate of the old context.
        let refuse = |view: &View<'_>| match view.is_mid_handshake() {
            true => Err(Error::ssl_text(
                "Cannot switch the context in the middle of a handshake",
            )),
            false => Ok(()),
        };
        loop {
            match self.ssl.lock(Deadline::Now) {
                Ok(mut locked) => {
                    refuse(&locked.handle.view())?;
                    let replaced = locked.handle.set_hooks(snapshot)?;
                    let overtaken = self.next_context.take();
                    drop(locked);
                    // Dropping a context may drop callbacks, which runs user code, so the lock is
                    // released first.
                    drop((replaced, overtaken));
                    return Ok(());
                }
                Err(LockError::Reentrant) => return Err(Error::in_callback()),
                // Another thread is in a callback, and the callback may wait for this thread. That thread
                // switches the context after the callback.
                Err(LockError::NotInTime) => {
                    let next = || Some(Arc::clone(&snapshot));
                    let put = |view: &View<'_>| {
                        refuse(view)?;
                        let replace = |place: &mut _| std::mem::replace(place, next());
                        Ok(self.next_context.change(replace))
                    };
                    if let Some(outcome) = self.window.read(put) {
                        return outcome.map(drop);
                    }
                }
            }
        }
    }
}

/// The version of a finished handshake.
pub(super) fn version(view: &View<'_>) -> Option<&'static str> {
    let ssl = view.ssl();
    ssl.is_init_finished().then(|| ssl.version_str())
}

fn chain(list: Option<&openssl::stack::StackRef<openssl::x509::X509>>) -> Vec<Certificate> {
    list.into_iter()
        .flatten()
        .map(|certificate| Certificate::from_x509(certificate.to_owned()))
        .collect()
}
