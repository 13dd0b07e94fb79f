//! Read access to a connection: the results of its handshake.

use std::cell::RefCell;
use std::sync::Arc;

use foreign_types::ForeignTypeRef;
#[cfg(not(ossl350))]
use openssl::nid::Nid;
use openssl::ssl::{SslCipherRef, SslRef, SslSession};
use openssl_sys as sys;

use super::hooks::Hooks;
use super::{decl, session, util};

/// Read access to a connection. While a thread has a view, no other thread uses the connection (S4): the thread holds
/// the connection's lock, or reads through the connection's [`Window`](super::window::Window). No method changes the
/// connection. A view stays on its thread, since a `RefCell` is not `Sync`.
pub(crate) struct View<'a> {
    ssl: &'a SslRef,
    context: &'a RefCell<Arc<dyn Hooks>>,
}

impl<'a> View<'a> {
    /// # Safety
    ///
    /// No other thread uses the connection while the references live (S4).
    pub(super) unsafe fn new(ssl: &'a SslRef, context: &'a RefCell<Arc<dyn Hooks>>) -> View<'a> {
        View { ssl, context }
    }

    /// The connection as a type of the `openssl` crate.
    pub(crate) fn ssl(&self) -> &'a SslRef {
        self.ssl
    }

    /// The context in use: after a switch in the server name callback, the new one.
    pub(crate) fn hooks(&self) -> Arc<dyn Hooks> {
        Arc::clone(&self.context.borrow())
    }

    /// The number of decrypted bytes that were not read yet.
    pub(crate) fn pending(&self) -> usize {
        // SAFETY: no other thread uses this `SSL` (S4).
        let pending = unsafe { sys::SSL_pending(self.ssl.as_ptr()) };
        usize::try_from(pending).unwrap_or(0)
    }

    /// Whether a handshake has begun and is not done. The settings of the connection must not
    /// change during a handshake.
    pub(crate) fn is_mid_handshake(&self) -> bool {
        // SAFETY: no other thread uses this `SSL` (S4).
        let before = unsafe { decl::SSL_in_before(self.ssl.as_ptr()) } == 1;
        !before && !self.ssl.is_init_finished()
    }

    /// Whether a handshake is done and no other one has begun. Unlike [`SslRef::is_init_finished`] it
    /// stays true if the connection fails afterwards.
    pub(crate) fn is_settled(&self) -> bool {
        // SAFETY: no other thread uses this `SSL` (S4).
        unsafe { decl::SSL_get_state(self.ssl.as_ptr()) == decl::TLS_ST_OK }
    }

    /// Whether `close_notify` was sent, and whether the peer's was received.
    pub(crate) fn shutdown_state(&self) -> (bool, bool) {
        // SAFETY: no other thread uses this `SSL` (S4).
        let state = unsafe { sys::SSL_get_shutdown(self.ssl.as_ptr()) };
        (
            state & sys::SSL_SENT_SHUTDOWN != 0,
            state & sys::SSL_RECEIVED_SHUTDOWN != 0,
        )
    }

    /// Whether the peer has ended the connection, by `close_notify` or another alert, while this side has
    /// not sent `close_notify`.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        self.shutdown_state() == (false, true)
    }

    /// A copy of the session. The connection does not change the copy.
    pub(crate) fn session(&self) -> Option<SslSession> {
        self.ssl.session().and_then(|own| session::copy(own).ok())
    }

    /// The suites that client and server both have, in this server's order.
    pub(crate) fn shared_ciphers(&self) -> Option<Vec<(&'static str, &'static str, i32)>> {
        let ssl = self.ssl.as_ptr();
        // SAFETY: no other thread uses this `SSL` (S4). Both lists live until the connection's next
        // step.
        unsafe {
            let client = decl::SSL_get_client_ciphers(ssl);
            let server = decl::SSL_get_ciphers(ssl);
            if client.is_null() || server.is_null() {
                return None;
            }
            let client = stack(client.cast());
            let shared = stack(server.cast())
                .into_iter()
                .filter(|cipher| client.contains(cipher))
                .filter_map(|cipher| cipher_tuple(cipher))
                .collect();
            Some(shared)
        }
    }

    /// The suite of the handshake, which may be in progress.
    pub(crate) fn cipher(&self) -> Option<(&'static str, &'static str, i32)> {
        let cipher: &SslCipherRef = self.ssl.current_cipher()?;
        // SAFETY: `cipher` is a suite of the library, whose suites and names are static.
        unsafe { cipher_tuple(cipher.as_ptr()) }
    }

    /// The name of the signature algorithm with which this side, or the peer, signed the handshake.
    #[cfg(ossl350)]
    pub(crate) fn signature_name(&self, peer: bool) -> Option<String> {
        let command = if peer {
            decl::SSL_CTRL_GET_PEER_SIGNATURE_NAME
        } else {
            decl::SSL_CTRL_GET_SIGNATURE_NAME
        };
        let mut name: *const std::ffi::c_char = std::ptr::null();
        // SAFETY: no other thread uses this `SSL` (S4). The commands write a pointer to `name`. The
        // string belongs to the connection and is copied.
        unsafe {
            let told = sys::SSL_ctrl(self.ssl.as_ptr(), command, 0, (&raw mut name).cast());
            (told == 1).then(|| util::text(name).map(str::to_owned))?
        }
    }

    /// The TLS name of the group of the key exchange.
    pub(crate) fn group(&self) -> Option<String> {
        // OpenSSL reads the group from the session, which does not exist before the handshake is
        // done.
        if !self.ssl.is_init_finished() {
            return None;
        }
        #[cfg(ossl320)]
        {
            // SAFETY: no other thread uses this `SSL` (S4).
            let name = unsafe { sys::SSL_get0_group_name(self.ssl.as_ptr()) };
            // SAFETY: null or a string of the `SSL_CTX`, copied at once.
            unsafe { util::text(name) }.map(str::to_owned)
        }
        #[cfg(not(ossl320))]
        {
            let null = std::ptr::null_mut();
            let get = decl::SSL_CTRL_GET_NEGOTIATED_GROUP;
            // SAFETY: no other thread uses this `SSL` (S4); the command takes no argument.
            let nid = unsafe { sys::SSL_ctrl(self.ssl.as_ptr(), get, 0, null) };
            let name = openssl::nid::Nid::from_raw(i32::try_from(nid).ok()?);
            // OpenSSL 3.2 and newer return the names of the IANA registry. They differ from OpenSSL's own names in the
            // cases below.
            Some(match name.short_name().ok()? {
                "UNDEF" => return None,
                "prime256v1" => "secp256r1".to_owned(),
                curve @ ("X25519" | "X448") => curve.to_lowercase(),
                other => other.to_owned(),
            })
        }
    }

    /// Whether the extended master secret was used (RFC 7627).
    pub(crate) fn has_extended_master_secret(&self) -> bool {
        let (get, null) = (decl::SSL_CTRL_GET_EXTMS_SUPPORT, std::ptr::null_mut());
        // SAFETY: no other thread uses this `SSL` (S4); the command takes no argument.
        unsafe { sys::SSL_ctrl(self.ssl.as_ptr(), get, 0, null) == 1 }
    }

    /// The compression method, if records are compressed.
    pub(crate) fn compression(&self) -> Option<&'static str> {
        // SAFETY: no other thread uses this `SSL` (S4).
        let method = unsafe { decl::SSL_get_current_compression(self.ssl.as_ptr()) };
        // OpenSSL compresses records with zlib only. No distribution's OpenSSL can do so, and
        // contexts turn compression off.
        (!method.is_null()).then_some("ZLIB")
    }

    /// The digest and the signature type with which the peer signed the handshake. OpenSSL 3.5 and newer
    /// return the algorithm's name instead.
    #[cfg(not(ossl350))]
    pub(crate) fn peer_signature(&self) -> Option<(Option<Nid>, Nid)> {
        let (mut digest, mut kind) = (0, 0);
        // SAFETY: no other thread uses this `SSL` (S4). Each call writes one number, or returns 0.
        let found = unsafe {
            (
                sys::SSL_ctrl(
                    self.ssl.as_ptr(),
                    decl::SSL_CTRL_GET_PEER_SIGNATURE_NID,
                    0,
                    (&raw mut digest).cast(),
                ),
                decl::SSL_get_peer_signature_type_nid(self.ssl.as_ptr(), &raw mut kind),
            )
        };
        if found.1 != 1 || kind == 0 {
            return None;
        }
        let digest = (found.0 == 1 && digest != 0).then(|| Nid::from_raw(digest));
        Some((digest, Nid::from_raw(kind)))
    }
}

/// The entries of a stack of suites.
///
/// # Safety
///
/// `list` is a live stack of `SSL_CIPHER`, and does not change during the call.
unsafe fn stack(list: *const sys::OPENSSL_STACK) -> Vec<*mut sys::SSL_CIPHER> {
    // SAFETY: the caller promises a live stack that does not change, so each index is below its length.
    unsafe {
        (0..sys::OPENSSL_sk_num(list))
            .map(|i| sys::OPENSSL_sk_value(list, i).cast())
            .collect()
    }
}

/// The name, protocol and bits of a suite, as in Python's `cipher()`.
///
/// # Safety
///
/// `cipher` is one of the library's suites.
unsafe fn cipher_tuple(
    cipher: *const sys::SSL_CIPHER,
) -> Option<(&'static str, &'static str, i32)> {
    // SAFETY: the caller promises a suite of the library. Its names are static.
    unsafe {
        let name = util::text(sys::SSL_CIPHER_get_name(cipher))?;
        let protocol = util::text(sys::SSL_CIPHER_get_version(cipher))?;
        let bits = sys::SSL_CIPHER_get_bits(cipher, std::ptr::null_mut());
        Some((name, protocol, bits))
    }
}
