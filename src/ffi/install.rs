//! The constructor of [`CtxHandle`], and the setters that install callbacks.

use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::ssl::{SslContextBuilder, SslMethod, SslMode, SslSessionCacheMode};
use openssl_sys as sys;

use super::cache::SessionCache;
use super::ctx::{CtxHandle, CtxMethod, TicketBlock};
use super::util::{check, clear_errors};
use super::{decl, trampoline};

impl CtxHandle {
    pub(crate) fn new(method: CtxMethod) -> Result<CtxHandle, ErrorStack> {
        let builder = match method {
            CtxMethod::Any => SslContextBuilder::new(SslMethod::tls()),
            CtxMethod::Client => SslContextBuilder::new(SslMethod::tls_client()),
            CtxMethod::Server => SslContextBuilder::new(SslMethod::tls_server()),
            CtxMethod::Fixed(version) => SslContextBuilder::new(fixed_version(version)),
        }?;
        let mut ctx = CtxHandle(builder);
        // OpenSSL ignores wrong commands in its configuration file, but leaves their errors in the error queue.
        clear_errors();
        #[cfg(not(has_fixed_version_methods))]
        if let CtxMethod::Fixed(version) = method {
            // OpenSSL 4.0 has no methods for single versions. A range that has only this version has the same effect.
            ctx.set_min_proto_version(version)?;
            ctx.set_max_proto_version(version)?;
        }
        // The modes that CPython sets, except `SSL_MODE_RELEASE_BUFFERS`: `SslHandle` decides when
        // buffers are released.
        ctx.0
            .set_mode(SslMode::AUTO_RETRY | SslMode::ACCEPT_MOVING_WRITE_BUFFER);
        // SAFETY: this function has just made the context, so no connection uses it. The
        // trampolines find their data through the `SSL`, which that data outlives (S2).
        unsafe {
            sys::SSL_CTX_set_tlsext_status_cb(ctx.as_ptr(), Some(trampoline::status));
            decl::SSL_CTX_set_cert_verify_callback(
                ctx.as_ptr(),
                Some(trampoline::verify),
                ptr::null_mut(),
            );
        }
        Ok(ctx)
    }

    /// Sets the ALPN protocols that a client offers and a server chooses from, each after a length
    /// byte.
    pub(crate) fn set_alpn(&mut self, protocols: &[u8]) -> Result<(), ErrorStack> {
        self.0.set_alpn_protos(protocols)?;
        let select = (!protocols.is_empty()).then_some(trampoline::alpn_select as _);
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampoline finds its data
        // through the `SSL`, which that data outlives (S2).
        unsafe {
            sys::SSL_CTX_set_alpn_select_cb__fixed_rust(self.as_ptr(), select, ptr::null_mut());
        }
        Ok(())
    }

    /// Sets whether OpenSSL calls back for a client's pre-shared key.
    pub(crate) fn set_psk_client(&mut self, on: bool) {
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampoline finds its data
        // through the `SSL`, which that data outlives (S2).
        #[cfg(has_psk)]
        unsafe {
            decl::SSL_CTX_set_psk_client_callback(
                self.as_ptr(),
                on.then_some(trampoline::psk_client as _),
            );
        }
        #[cfg(not(has_psk))]
        let _ = on;
    }

    /// Sets whether OpenSSL calls back for the pre-shared key of a client's identity.
    pub(crate) fn set_psk_server(&mut self, on: bool) {
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampoline finds its data
        // through the `SSL`, which that data outlives (S2).
        #[cfg(has_psk)]
        unsafe {
            decl::SSL_CTX_set_psk_server_callback(
                self.as_ptr(),
                on.then_some(trampoline::psk_server as _),
            );
        }
        #[cfg(not(has_psk))]
        let _ = on;
    }

    /// Sets whether new connections call the message callback.
    pub(crate) fn set_messages(&mut self, on: bool) {
        let callback = on.then_some(trampoline::message as _);
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampoline finds its data
        // through the `SSL`, which that data outlives (S2).
        unsafe { decl::SSL_CTX_set_msg_callback(self.as_ptr(), callback) };
    }

    /// Sets whether OpenSSL calls back for the client's server name, and before that for its whole ClientHello. With a
    /// callback, a server also acknowledges the name to the client.
    pub(crate) fn set_server_name(&mut self, on: bool) {
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampolines find their data
        // through the `SSL`, which that data outlives (S2).
        unsafe {
            sys::SSL_CTX_set_client_hello_cb(
                self.as_ptr(),
                on.then_some(trampoline::client_hello as _),
                ptr::null_mut(),
            );
            sys::SSL_CTX_set_tlsext_servername_callback__fixed_rust(
                self.as_ptr(),
                on.then_some(trampoline::server_name as _),
            );
        }
    }

    /// Sets whether OpenSSL calls back with lines of the key log.
    pub(crate) fn set_keylog(&mut self, on: bool) {
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampoline finds its data
        // through the `SSL`, which that data outlives (S2).
        unsafe {
            sys::SSL_CTX_set_keylog_callback(self.as_ptr(), on.then_some(trampoline::keylog as _));
        }
    }

    /// Sets whether OpenSSL calls back for ticket keys.
    pub(crate) fn set_ticket_callback(&mut self, on: bool) -> Result<(), ErrorStack> {
        // SAFETY: `&mut self`: no connection uses this context (S1). The trampoline finds its data
        // through the `SSL`, which that data outlives (S2).
        check(unsafe {
            decl::SSL_CTX_set_tlsext_ticket_key_evp_cb(
                self.as_ptr(),
                on.then_some(trampoline::ticket as _),
            )
        })
    }

    /// Keeps sessions without tickets in this cache, instead of OpenSSL's own.
    pub(crate) fn set_session_cache(&mut self, cache: &Arc<SessionCache>) {
        self.keep_client_sessions(false);
        // The openssl crate finds these closures through the `SSL_CTX` from which a connection was
        // made. OpenSSL calls the callbacks of the same `SSL_CTX`.
        let sessions = Arc::clone(cache);
        self.0
            .set_new_session_callback(move |ssl, session| match ssl.is_server() {
                true => sessions.add(ssl, &session),
                false => trampoline::client_session(ssl, &session),
            });
        let sessions = Arc::clone(cache);
        self.0
            .set_remove_session_callback(move |_, session| sessions.remove(session));
        let sessions = Arc::clone(cache);
        // SAFETY: the callback must not return a session of another `SSL_CTX`. `find` returns a new
        // copy, which belongs to none.
        unsafe {
            self.0
                .set_get_session_callback(move |ssl, id| sessions.find(ssl, id));
        }
    }

    /// Sets whether the [`SessionKeeper`](super::hooks::SessionKeeper) of a client connection gets its
    /// new sessions.
    pub(crate) fn keep_client_sessions(&mut self, on: bool) {
        let client = match on {
            true => SslSessionCacheMode::CLIENT,
            false => SslSessionCacheMode::OFF,
        };
        let server = SslSessionCacheMode::SERVER | SslSessionCacheMode::NO_INTERNAL;
        self.0.set_session_cache_mode(server | client);
    }

    /// The context as a type of the `openssl` crate, for that crate's connections. Our callbacks
    /// find their data through connections of our own, so the callbacks that every context has are
    /// removed. The callbacks for server names, the key log, messages and pre-shared keys must not
    /// be set.
    pub(crate) fn into_builder(
        mut self,
        ticket_keys: &Arc<[TicketBlock]>,
    ) -> Result<SslContextBuilder, ErrorStack> {
        // SAFETY: `self` is passed by value, so no connection uses this context (S1). Null removes
        // a callback.
        unsafe {
            sys::SSL_CTX_set_tlsext_status_cb(self.as_ptr(), None);
            sys::SSL_CTX_set_alpn_select_cb__fixed_rust(self.as_ptr(), None, ptr::null_mut());
        }
        self.0.set_mode(SslMode::RELEASE_BUFFERS);
        if ticket_keys.len() > 1 {
            trampoline::keep_ticket_keys(&mut self.0, Arc::clone(ticket_keys))?;
        }
        Ok(self.0)
    }
}

#[cfg(has_fixed_version_methods)]
fn fixed_version(version: c_int) -> SslMethod {
    // SAFETY: the functions take no argument and return static tables.
    unsafe {
        SslMethod::from_ptr(match version {
            sys::TLS1_VERSION => decl::TLSv1_method(),
            sys::TLS1_1_VERSION => decl::TLSv1_1_method(),
            _ => decl::TLSv1_2_method(),
        })
    }
}

#[cfg(not(has_fixed_version_methods))]
fn fixed_version(_version: c_int) -> SslMethod {
    SslMethod::tls()
}
