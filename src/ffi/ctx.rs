//! `CtxHandle`: an `SSL_CTX` and its settings.

use std::ffi::{CStr, c_int, c_long, c_uint, c_void};
use std::ptr;
use std::sync::Arc;

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Params, Private};
use openssl::ssl::{
    Ssl, SslCipherRef, SslContext, SslContextBuilder, SslContextRef, SslMethod, SslMode,
    SslSessionCacheMode, SslVerifyMode,
};
use openssl::x509::{X509, X509Ref};
use openssl_sys as sys;

use super::cache::SessionCache;
use super::hooks::TicketBlock;
use super::store::StoreHandle;
use super::trampoline;
use super::util::clear_errors;
use super::{cipher, decl};

/// The length of the block of ticket keys in OpenSSL 1.1 and later.
pub(crate) const TICKET_KEYS_LEN: usize = 80;

/// Which method a context is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Any,
    Client,
    Server,
    /// One version only, by its number on the wire.
    Fixed(c_int),
}

/// Owns an `SSL_CTX`. Setters take `&mut self`: whoever can call them holds the only handle
/// (invariant S1), so no connection reads what they change.
pub(crate) struct CtxHandle(SslContextBuilder);

impl std::fmt::Debug for CtxHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CtxHandle")
    }
}

/// Success is 1.
fn check(result: c_int) -> Result<(), ErrorStack> {
    if result == 1 {
        Ok(())
    } else {
        Err(ErrorStack::get())
    }
}

/// The names of all signature algorithms, with colons between them; `None` if OpenSSL is too old
/// to tell.
#[cfg(ossl340)]
pub(crate) fn builtin_sigalgs() -> Option<Result<String, ErrorStack>> {
    clear_errors();
    // SAFETY: null is the default library context; the string is ours to free, once it is copied.
    unsafe {
        let names = decl::SSL_get1_builtin_sigalgs(ptr::null_mut());
        let copy = super::util::text(names).map(str::to_owned);
        sys::OPENSSL_free(names.cast());
        Some(copy.ok_or_else(ErrorStack::get))
    }
}

/// The names of all signature algorithms, with colons between them; `None` if OpenSSL is too old
/// to tell.
#[cfg(not(ossl340))]
pub(crate) fn builtin_sigalgs() -> Option<Result<String, ErrorStack>> {
    None
}

impl CtxHandle {
    pub(crate) fn new(method: Method) -> Result<CtxHandle, ErrorStack> {
        let builder = match method {
            Method::Any => SslContextBuilder::new(SslMethod::tls()),
            Method::Client => SslContextBuilder::new(SslMethod::tls_client()),
            Method::Server => SslContextBuilder::new(SslMethod::tls_server()),
            Method::Fixed(version) => SslContextBuilder::new(fixed_version(version)),
        }?;
        let mut ctx = CtxHandle(builder);
        // What OpenSSL passed over in its configuration file.
        clear_errors();
        #[cfg(not(has_fixed_version_methods))]
        if let Method::Fixed(version) = method {
            // The methods of one version are gone; a range of one version is the same protocol.
            ctx.set_min_proto_version(version)?;
            ctx.set_max_proto_version(version)?;
        }
        // The openssl crate sets modes of its own; Python has these two.
        ctx.0.set_mode(
            SslMode::AUTO_RETRY | SslMode::RELEASE_BUFFERS | SslMode::ACCEPT_MOVING_WRITE_BUFFER,
        );
        // SAFETY: a live context that nobody else uses; the trampoline finds what it needs through
        // the connection.
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

    pub(super) fn as_ptr(&self) -> *mut sys::SSL_CTX {
        self.0.as_ptr()
    }

    /// The context as the `openssl` crate sees it. Not for other layers: they could keep a reference
    /// to the `SSL_CTX` for longer than this handle (S1).
    pub(super) fn as_ref(&self) -> &SslContextRef {
        // SAFETY: the pointer is live for as long as `self`, and the result borrows `self`.
        unsafe { SslContextRef::from_ptr(self.0.as_ptr()) }
    }

    /// Calls `visit` with each suite of the list, in order; TLS 1.3 suites come first.
    pub(crate) fn each_cipher(&self, visit: impl FnMut(&SslCipherRef)) {
        cipher::each_of_context(self.as_ref(), visit);
    }

    /// Calls `visit` with each suite of the list that a security level leaves, whatever the versions
    /// are, and without those that need a callback.
    pub(crate) fn each_cipher_at_level(
        &self,
        level: u32,
        visit: impl FnMut(&SslCipherRef),
    ) -> Result<(), ErrorStack> {
        // Only asked for its list; it never meets a peer.
        let mut ssl = Ssl::new(self.as_ref())?;
        ssl.set_min_proto_version(None)?;
        ssl.set_max_proto_version(None)?;
        ssl.set_security_level(level);
        cipher::each_supported(&mut ssl, visit);
        Ok(())
    }

    /// Sets the list for TLS 1.2 and older. On failure the list may be empty.
    pub(crate) fn set_cipher_list(&mut self, list: &CStr) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses, and a C string.
        check(unsafe { sys::SSL_CTX_set_cipher_list(self.as_ptr(), list.as_ptr()) })
    }

    /// Sets the suites for TLS 1.3.
    pub(crate) fn set_ciphersuites(&mut self, list: &CStr) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses, and a C string.
        check(unsafe { sys::SSL_CTX_set_ciphersuites(self.as_ptr(), list.as_ptr()) })
    }

    pub(crate) fn options(&self) -> u64 {
        // SAFETY: a live context.
        unsafe { sys::SSL_CTX_get_options(self.as_ptr()) as u64 }
    }

    /// Makes the options exactly these, as far as OpenSSL lets go of its own.
    pub(crate) fn set_options(&mut self, options: u64) {
        let now = self.options();
        // SAFETY: a live context that nobody else uses.
        unsafe {
            sys::SSL_CTX_clear_options(self.as_ptr(), now & !options);
            sys::SSL_CTX_set_options(self.as_ptr(), options & !now);
        }
    }

    pub(crate) fn set_verify(&mut self, mode: SslVerifyMode) {
        self.0.set_verify(mode);
    }

    /// The lower bound; 0 for none.
    pub(crate) fn set_min_proto_version(&mut self, version: c_int) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses.
        check(unsafe { sys::SSL_CTX_set_min_proto_version(self.as_ptr(), version) })
    }

    /// The upper bound; 0 for none.
    pub(crate) fn set_max_proto_version(&mut self, version: c_int) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses.
        check(unsafe { sys::SSL_CTX_set_max_proto_version(self.as_ptr(), version) })
    }

    pub(crate) fn min_proto_version(&self) -> c_int {
        // SAFETY: a live context.
        unsafe { sys::SSL_CTX_get_min_proto_version(self.as_ptr()) }
    }

    pub(crate) fn max_proto_version(&self) -> c_int {
        // SAFETY: a live context.
        unsafe { sys::SSL_CTX_get_max_proto_version(self.as_ptr()) }
    }

    #[allow(clippy::unnecessary_cast, reason = "C's long differs by platform")]
    pub(crate) fn verify_flags(&self) -> u64 {
        // SAFETY: the parameters live as long as the context.
        unsafe { sys::X509_VERIFY_PARAM_get_flags(sys::SSL_CTX_get0_param(self.as_ptr())) as u64 }
    }

    /// Makes the verification flags exactly these.
    pub(crate) fn set_verify_flags(&mut self, flags: u64) -> Result<(), ErrorStack> {
        let now = self.verify_flags();
        // SAFETY: the parameters live as long as the context, which nobody else uses.
        unsafe {
            let param = sys::SSL_CTX_get0_param(self.as_ptr());
            // Bits above C's long are dropped, as in Python.
            check(sys::X509_VERIFY_PARAM_clear_flags(
                param,
                (now & !flags) as _,
            ))?;
            check(sys::X509_VERIFY_PARAM_set_flags(param, (flags & !now) as _))
        }
    }

    /// How host names are compared (`X509_CHECK_FLAG_*`).
    pub(crate) fn set_hostflags(&mut self, flags: c_uint) {
        // SAFETY: the parameters live as long as the context, which nobody else uses.
        unsafe {
            sys::X509_VERIFY_PARAM_set_hostflags(sys::SSL_CTX_get0_param(self.as_ptr()), flags);
        }
    }

    pub(crate) fn security_level(&self) -> u32 {
        self.as_ref().security_level()
    }

    pub(crate) fn set_security_level(&mut self, level: u32) {
        self.0.set_security_level(level);
    }

    /// Uses a certificate with its chain; an older one for the same kind of key goes.
    ///
    /// What OpenSSL finds wrong with the certificate is an error even where it would use it
    /// nevertheless, as in Python.
    pub(crate) fn use_certificate(
        &mut self,
        leaf: &X509Ref,
        chain: &[X509],
    ) -> Result<(), ErrorStack> {
        clear_errors();
        self.0.set_certificate(leaf)?;
        let complaints = ErrorStack::get();
        if !complaints.errors().is_empty() {
            return Err(complaints);
        }
        // The chain of the current certificate: none, then one by one.
        // SAFETY: a live context that nobody else uses; `add1` takes a reference of its own.
        unsafe {
            check(ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_CHAIN,
                0,
                ptr::null_mut(),
            ))?;
            for certificate in chain {
                check(ctrl(
                    self.as_ptr(),
                    decl::SSL_CTRL_CHAIN_CERT,
                    1,
                    certificate.as_ptr().cast(),
                ))?;
            }
        }
        Ok(())
    }

    /// Uses the key of the certificate that was set last, which must be of the same kind.
    pub(crate) fn use_private_key(&mut self, key: &PKeyRef<Private>) -> Result<(), ErrorStack> {
        self.0.set_private_key(key)?;
        self.0.check_private_key()
    }

    /// Finite-field parameters for a server's DHE suites.
    pub(crate) fn set_tmp_dh(&mut self, dh: &Dh<Params>) -> Result<(), ErrorStack> {
        self.0.set_tmp_dh(dh)
    }

    /// The groups for key exchange, in order of preference.
    pub(crate) fn set_groups_list(&mut self, groups: &CStr) -> Result<(), ErrorStack> {
        self.set_list(decl::SSL_CTRL_SET_GROUPS_LIST, groups)
    }

    /// One group for key exchange, by its NID.
    pub(crate) fn set_group(&mut self, mut nid: c_int) -> Result<(), ErrorStack> {
        clear_errors();
        // SAFETY: a live context that nobody else uses; OpenSSL reads one number.
        check(unsafe {
            ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_SET_GROUPS,
                1,
                (&raw mut nid).cast(),
            )
        })
    }

    /// The signature algorithms of the handshake.
    pub(crate) fn set_sigalgs_list(&mut self, sigalgs: &CStr) -> Result<(), ErrorStack> {
        self.set_list(decl::SSL_CTRL_SET_SIGALGS_LIST, sigalgs)
    }

    /// The signature algorithms for clients' certificates.
    pub(crate) fn set_client_sigalgs_list(&mut self, sigalgs: &CStr) -> Result<(), ErrorStack> {
        self.set_list(decl::SSL_CTRL_SET_CLIENT_SIGALGS_LIST, sigalgs)
    }

    fn set_list(&mut self, command: c_int, list: &CStr) -> Result<(), ErrorStack> {
        clear_errors();
        let list = list.as_ptr().cast_mut().cast();
        // SAFETY: a live context that nobody else uses; `command` is one that reads a C string.
        check(unsafe { ctrl(self.as_ptr(), command, 0, list) })
    }

    /// The names of the groups for the context's range of versions; `None` if OpenSSL is too old
    /// to tell.
    #[cfg(ossl350)]
    pub(crate) fn implemented_groups(
        &self,
        aliases: bool,
    ) -> Option<Result<Vec<String>, ErrorStack>> {
        clear_errors();
        // SAFETY: a live context. OpenSSL fills the stack with strings that belong to the context,
        // which lives longer than the stack; freeing the stack leaves its entries alone.
        unsafe {
            let list = decl::OPENSSL_sk_new_null();
            if list.is_null() {
                return Some(Err(ErrorStack::get()));
            }
            let told = check(ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_GET0_IMPLEMENTED_GROUPS,
                aliases.into(),
                list.cast(),
            ));
            let names = (0..sys::OPENSSL_sk_num(list))
                .filter_map(|i| super::util::text(sys::OPENSSL_sk_value(list, i).cast()))
                .map(str::to_owned)
                .collect();
            sys::OPENSSL_sk_free(list);
            Some(told.map(|()| names))
        }
    }

    /// The names of the groups for the context's range of versions; `None` if OpenSSL is too old
    /// to tell.
    #[cfg(not(ossl350))]
    pub(crate) fn implemented_groups(
        &self,
        _aliases: bool,
    ) -> Option<Result<Vec<String>, ErrorStack>> {
        None
    }

    /// The protocols that a client offers and a server chooses from, with length bytes.
    pub(crate) fn set_alpn(&mut self, protocols: &[u8]) -> Result<(), ErrorStack> {
        self.0.set_alpn_protos(protocols)?;
        let select = (!protocols.is_empty()).then_some(trampoline::alpn_select as _);
        // SAFETY: a live context that nobody else uses; the trampoline finds the list through the
        // connection.
        unsafe {
            sys::SSL_CTX_set_alpn_select_cb__fixed_rust(self.as_ptr(), select, ptr::null_mut());
        }
        Ok(())
    }

    /// Whether the context is asked for a client's identity and key.
    pub(crate) fn set_psk_client(&mut self, on: bool) {
        // SAFETY: a live context that nobody else uses; the trampoline finds what it needs through
        // the connection.
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

    /// Whether the context is asked for the keys of clients' identities.
    pub(crate) fn set_psk_server(&mut self, on: bool) {
        // SAFETY: as above.
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

    /// The hint that a server gives to clients of TLS 1.2 for the choice of their identity.
    pub(crate) fn set_psk_identity_hint(&mut self, hint: Option<&CStr>) -> Result<(), ErrorStack> {
        let hint = hint.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: a live context that nobody else uses, and null or a C string, which is copied.
        #[cfg(has_psk)]
        return check(unsafe { decl::SSL_CTX_use_psk_identity_hint(self.as_ptr(), hint) });
        #[cfg(not(has_psk))]
        {
            let _ = hint;
            Ok(())
        }
    }

    /// Whether new connections show their messages.
    pub(crate) fn set_messages(&mut self, on: bool) {
        let callback = on.then_some(trampoline::message as _);
        // SAFETY: a live context that nobody else uses; the trampoline finds what it needs through
        // the connection.
        unsafe { decl::SSL_CTX_set_msg_callback(self.as_ptr(), callback) };
    }

    /// Whether the client's server name is passed on. OpenSSL takes a server that listens to it
    /// for one that will find a certificate by it, and acknowledges the name to the client.
    pub(crate) fn set_server_name(&mut self, on: bool) {
        // SAFETY: a live context that nobody else uses; the trampoline finds what it needs through
        // the connection.
        unsafe {
            sys::SSL_CTX_set_tlsext_servername_callback__fixed_rust(
                self.as_ptr(),
                on.then_some(trampoline::server_name as _),
            );
        }
    }

    /// Whether lines of the key log are passed on.
    pub(crate) fn set_keylog(&mut self, on: bool) {
        // SAFETY: a live context that nobody else uses.
        unsafe {
            sys::SSL_CTX_set_keylog_callback(self.as_ptr(), on.then_some(trampoline::keylog as _));
        }
    }

    pub(crate) fn num_tickets(&self) -> usize {
        self.as_ref().num_tickets()
    }

    pub(crate) fn set_num_tickets(&mut self, tickets: usize) -> Result<(), ErrorStack> {
        self.0.set_num_tickets(tickets)
    }

    /// The keys that tickets of this context are sealed with; OpenSSL makes some for every context.
    pub(crate) fn ticket_keys(&self) -> Result<TicketBlock, ErrorStack> {
        let mut keys = TicketBlock::new([0; TICKET_KEYS_LEN]);
        // SAFETY: a live context; OpenSSL writes exactly as many bytes as it is told there is room for.
        unsafe {
            check(ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_GET_TLSEXT_TICKET_KEYS,
                TICKET_KEYS_LEN as c_long,
                keys.as_mut_ptr().cast(),
            ))?;
        }
        Ok(keys)
    }

    /// Sets the keys that tickets of this context are sealed with.
    pub(crate) fn set_ticket_keys(
        &mut self,
        keys: &[u8; TICKET_KEYS_LEN],
    ) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses; OpenSSL reads exactly as many bytes as it
        // is told there are.
        unsafe {
            check(ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_SET_TLSEXT_TICKET_KEYS,
                TICKET_KEYS_LEN as c_long,
                keys.as_ptr().cast_mut().cast(),
            ))
        }
    }

    /// Whether the context is asked for the keys of tickets.
    pub(crate) fn set_ticket_callback(&mut self, on: bool) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses; the trampoline finds the keys through the
        // connection.
        check(unsafe {
            decl::SSL_CTX_set_tlsext_ticket_key_evp_cb(
                self.as_ptr(),
                on.then_some(trampoline::ticket as _),
            )
        })
    }

    /// Verifies against this store, of which the context takes a reference.
    pub(crate) fn set_store(&mut self, store: &StoreHandle) {
        // SAFETY: both are live; `set1` takes a reference of its own.
        unsafe { decl::SSL_CTX_set1_cert_store(self.as_ptr(), store.as_ptr()) };
    }

    /// Lets a client answer requests for its certificate after the handshake.
    pub(crate) fn set_post_handshake_auth(&mut self) {
        // SAFETY: a live context that nobody else uses.
        unsafe { sys::SSL_CTX_set_post_handshake_auth(self.as_ptr(), 1) };
    }

    /// The context, for connections that are not ours. Our callbacks would look for a connection of
    /// ours, so the ones that every context has are removed here. Those for ALPN, server names, the
    /// key log, messages and pre-shared keys must not be set.
    pub(crate) fn into_builder(
        mut self,
        ticket_keys: &Arc<[TicketBlock]>,
    ) -> Result<SslContextBuilder, ErrorStack> {
        // SAFETY: a live context that nobody else uses.
        unsafe {
            sys::SSL_CTX_set_tlsext_status_cb(self.as_ptr(), None);
            sys::SSL_CTX_set_alpn_select_cb__fixed_rust(self.as_ptr(), None, ptr::null_mut());
        }
        if ticket_keys.len() > 1 {
            trampoline::keep_ticket_keys(&mut self.0, Arc::clone(ticket_keys))?;
        }
        Ok(self.0)
    }

    /// Keeps sessions without tickets in this cache, in place of OpenSSL's own.
    pub(crate) fn set_session_cache(&mut self, cache: &Arc<SessionCache>) {
        self.keep_client_sessions(false);
        // The crate finds these through the `SSL_CTX` that a connection was made from, as OpenSSL does.
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
        // SAFETY: the cache gives out copies, which belong to no `SSL_CTX`.
        unsafe {
            self.0
                .set_get_session_callback(move |ssl, id| sessions.find(ssl, id));
        }
    }

    /// Whether the new sessions of client connections are shown to their [`SessionKeeper`](super::hooks::SessionKeeper).
    pub(crate) fn keep_client_sessions(&mut self, on: bool) {
        let client = match on {
            true => SslSessionCacheMode::CLIENT,
            false => SslSessionCacheMode::OFF,
        };
        let server = SslSessionCacheMode::SERVER | SslSessionCacheMode::NO_INTERNAL;
        self.0.set_session_cache_mode(server | client);
    }

    /// The counters of the session statistics, to be read at any time.
    pub(crate) fn session_counters(&self) -> SessionCounters {
        SessionCounters(self.as_ref().to_owned())
    }
}

/// The session statistics of an `SSL_CTX`, through a reference that can do nothing else.
#[derive(Debug)]
pub(crate) struct SessionCounters(SslContext);

impl SessionCounters {
    /// The counters that do not concern the cache, in the order in which Python shows them.
    pub(crate) fn read(&self) -> [i64; 8] {
        [
            decl::SSL_CTRL_SESS_CONNECT,
            decl::SSL_CTRL_SESS_CONNECT_GOOD,
            decl::SSL_CTRL_SESS_CONNECT_RENEGOTIATE,
            decl::SSL_CTRL_SESS_ACCEPT,
            decl::SSL_CTRL_SESS_ACCEPT_GOOD,
            decl::SSL_CTRL_SESS_ACCEPT_RENEGOTIATE,
            decl::SSL_CTRL_SESS_HIT,
            decl::SSL_CTRL_SESS_TIMEOUTS,
        ]
        .map(|counter| {
            // SAFETY: a live context, and a control without argument; the counters are atomic
            // (ssl_tsan_load).
            #[allow(clippy::useless_conversion, reason = "C's long differs by platform")]
            unsafe {
                i64::from(sys::SSL_CTX_ctrl(
                    self.0.as_ptr(),
                    counter,
                    0,
                    ptr::null_mut(),
                ))
            }
        })
    }
}

impl PartialEq for SessionCounters {
    /// Whether both belong to the same context.
    fn eq(&self, other: &SessionCounters) -> bool {
        ptr::eq(self.0.as_ptr(), other.0.as_ptr())
    }
}

/// A control call whose results fit an `int`.
///
/// # Safety
///
/// As the manual says for `command`.
unsafe fn ctrl(ctx: *mut sys::SSL_CTX, command: c_int, n: c_long, arg: *mut c_void) -> c_int {
    // SAFETY: the caller's.
    let result = unsafe { sys::SSL_CTX_ctrl(ctx, command, n, arg) };
    c_int::try_from(result).unwrap_or(0)
}

#[cfg(has_fixed_version_methods)]
fn fixed_version(version: c_int) -> SslMethod {
    // SAFETY: the methods are tables that live for ever.
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
