//! A connection that is only looked at: what its handshake agreed on.

use std::sync::Arc;

use foreign_types::ForeignTypeRef;
#[cfg(not(ossl350))]
use openssl::nid::Nid;
use openssl::ssl::{SslCipherRef, SslRef, SslSession};
use openssl_sys as sys;

use super::hooks::Hooks;
use super::trampoline::Callbacks;
use super::{decl, session, util};

/// A connection to look at. The thread that has this has the connection to itself (S4): through the
/// connection's lock, or through its window. Nothing here changes the connection. It stays on its
/// thread, since `Callbacks` is not `Sync`.
pub(crate) struct View<'a> {
    ssl: &'a SslRef,
    callbacks: &'a Callbacks,
}

impl<'a> View<'a> {
    /// # Safety
    ///
    /// No other thread is in the connection for as long as the references live (S4).
    pub(super) unsafe fn new(ssl: &'a SslRef, callbacks: &'a Callbacks) -> View<'a> {
        View { ssl, callbacks }
    }

    /// The connection as the `openssl` crate sees it.
    pub(crate) fn ssl(&self) -> &'a SslRef {
        self.ssl
    }

    /// The context in use, after a switch for the client's server name the new one.
    pub(crate) fn hooks(&self) -> Arc<dyn Hooks> {
        self.callbacks.current()
    }

    /// How many decrypted bytes there are.
    pub(crate) fn pending(&self) -> usize {
        // SAFETY: S4.
        let pending = unsafe { sys::SSL_pending(self.ssl.as_ptr()) };
        usize::try_from(pending).unwrap_or(0)
    }

    /// Whether the handshake is neither to begin nor over: what it works on must stay as it is.
    pub(crate) fn is_mid_handshake(&self) -> bool {
        // SAFETY: S4.
        let before = unsafe { decl::SSL_in_before(self.ssl.as_ptr()) } == 1;
        !before && !self.ssl.is_init_finished()
    }

    /// Whether a handshake was completed and no other one has begun. Unlike
    /// [`SslRef::is_init_finished`] it stays true when the connection fails afterwards.
    pub(crate) fn is_settled(&self) -> bool {
        // SAFETY: S4.
        unsafe { decl::SSL_get_state(self.ssl.as_ptr()) == decl::TLS_ST_OK }
    }

    /// Whether `close_notify` went out already, and whether the peer's came.
    pub(crate) fn shutdown_state(&self) -> (bool, bool) {
        // SAFETY: S4.
        let state = unsafe { sys::SSL_get_shutdown(self.ssl.as_ptr()) };
        (
            state & sys::SSL_SENT_SHUTDOWN != 0,
            state & sys::SSL_RECEIVED_SHUTDOWN != 0,
        )
    }

    /// Whether the peer has closed the connection, by `close_notify` or another alert, and this
    /// side has not.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        self.shutdown_state() == (false, true)
    }

    /// A copy of the session: what becomes of the connection does not concern it.
    pub(crate) fn session(&self) -> Option<SslSession> {
        self.ssl.session().and_then(|own| session::copy(own).ok())
    }

    /// The suites that client and server both have, in this server's order.
    pub(crate) fn shared_ciphers(&self) -> Option<Vec<(&'static str, &'static str, i32)>> {
        let ssl = self.ssl.as_ptr();
        // SAFETY: S4; both lists live as long as the connection is not stepped.
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

    /// The suite of a finished or running handshake.
    pub(crate) fn cipher(&self) -> Option<(&'static str, &'static str, i32)> {
        let cipher: &SslCipherRef = self.ssl.current_cipher()?;
        // SAFETY: suites live for ever.
        unsafe { cipher_tuple(cipher.as_ptr()) }
    }

    /// The name of the signature algorithm that this side, or the peer, signed with.
    #[cfg(ossl350)]
    pub(crate) fn signature_name(&self, peer: bool) -> Option<String> {
        let command = if peer {
            decl::SSL_CTRL_GET_PEER_SIGNATURE_NAME
        } else {
            decl::SSL_CTRL_GET_SIGNATURE_NAME
        };
        let mut name: *const std::ffi::c_char = std::ptr::null();
        // SAFETY: S4; the commands write a string to `name` that belongs to the connection, and is
        // copied at once.
        unsafe {
            let told = sys::SSL_ctrl(self.ssl.as_ptr(), command, 0, (&raw mut name).cast());
            (told == 1).then(|| util::text(name).map(str::to_owned))?
        }
    }

    /// The group that the keys were agreed in, under its name in TLS.
    pub(crate) fn group(&self) -> Option<String> {
        // OpenSSL looks into the session, which is not there before.
        if !self.ssl.is_init_finished() {
            return None;
        }
        #[cfg(ossl320)]
        {
            // SAFETY: S4.
            let name = unsafe { sys::SSL_get0_group_name(self.ssl.as_ptr()) };
            // SAFETY: null or a string of the `SSL_CTX`, copied at once.
            unsafe { util::text(name) }.map(str::to_owned)
        }
        #[cfg(not(ossl320))]
        {
            let null = std::ptr::null_mut();
            let get = decl::SSL_CTRL_GET_NEGOTIATED_GROUP;
            // SAFETY: S4; the control takes no argument.
            let nid = unsafe { sys::SSL_ctrl(self.ssl.as_ptr(), get, 0, null) };
            let name = openssl::nid::Nid::from_raw(i32::try_from(nid).ok()?);
            // From OpenSSL's names to those of the registry, which are 3.2's.
            Some(match name.short_name().ok()? {
                "UNDEF" => return None,
                "prime256v1" => "secp256r1".to_owned(),
                curve @ ("X25519" | "X448") => curve.to_lowercase(),
                other => other.to_owned(),
            })
        }
    }

    /// Whether the keys depend on the whole handshake (RFC 7627).
    pub(crate) fn has_extended_master_secret(&self) -> bool {
        let (get, null) = (decl::SSL_CTRL_GET_EXTMS_SUPPORT, std::ptr::null_mut());
        // SAFETY: S4; the control takes no argument.
        unsafe { sys::SSL_ctrl(self.ssl.as_ptr(), get, 0, null) == 1 }
    }

    /// Whether records are compressed, and how.
    pub(crate) fn compression(&self) -> Option<&'static str> {
        // SAFETY: S4.
        let method = unsafe { decl::SSL_get_current_compression(self.ssl.as_ptr()) };
        // Only builds that no distribution ships can compress, and contexts forbid it.
        (!method.is_null()).then_some("ZLIB")
    }

    /// What the peer signed the handshake with: the digest, and the kind of signature. Newer releases
    /// tell the algorithm's name.
    #[cfg(not(ossl350))]
    pub(crate) fn peer_signature(&self) -> Option<(Option<Nid>, Nid)> {
        let (mut digest, mut kind) = (0, 0);
        // SAFETY: S4; the calls write one number
        // each, or return 0.
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
/// `list` is a live stack of `SSL_CIPHER` that nobody changes meanwhile.
unsafe fn stack(list: *const sys::OPENSSL_STACK) -> Vec<*mut sys::SSL_CIPHER> {
    // SAFETY: the caller's; entries are within the length that was just read.
    unsafe {
        (0..sys::OPENSSL_sk_num(list))
            .map(|i| sys::OPENSSL_sk_value(list, i).cast())
            .collect()
    }
}

/// Name, protocol and bits, as Python's `cipher()` gives them.
///
/// # Safety
///
/// `cipher` is one of the library's suites.
unsafe fn cipher_tuple(
    cipher: *const sys::SSL_CIPHER,
) -> Option<(&'static str, &'static str, i32)> {
    // SAFETY: the caller's; names are static.
    unsafe {
        let name = util::text(sys::SSL_CIPHER_get_name(cipher))?;
        let protocol = util::text(sys::SSL_CIPHER_get_version(cipher))?;
        let bits = sys::SSL_CIPHER_get_bits(cipher, std::ptr::null_mut());
        Some((name, protocol, bits))
    }
}
