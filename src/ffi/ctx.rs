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
use super::util::{check, clear_errors};
use super::{cipher, decl};

/// The length of the block of ticket keys in OpenSSL 1.1 and later.
pub(crate) const TICKET_KEYS_LEN: usize = 80;

/// The role and versions that a context supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CtxMethod {
    Any,
    Client,
    Server,
    /// One version only, by its number on the wire.
    Fixed(c_int),
}

/// Owns an `SSL_CTX`. Setters take `&mut self`, which is borrowed only while no connection uses the
/// context (S1).
pub(crate) struct CtxHandle(SslContextBuilder);

impl std::fmt::Debug for CtxHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CtxHandle")
    }
}

/// The names of all signature algorithms, with colons between them; `None` if OpenSSL is too old
/// to tell.
#[cfg(ossl340)]
pub(crate) fn builtin_sigalgs() -> Option<Result<String, ErrorStack>> {
    clear_errors();
    // SAFETY: null means the default library context. The string is copied, and then freed once.
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
    pub(crate) fn new(method: CtxMethod) -> Result<CtxHandle, ErrorStack> {
        let builder = match method {
            CtxMethod::Any => SslContextBuilder::new(SslMethod::tls()),
            CtxMethod::Client => SslContextBuilder::new(SslMethod::tls_client()),
            CtxMethod::Server => SslContextBuilder::new(SslMethod::tls_server()),
            CtxMethod::Fixed(version) => SslContextBuilder::new(fixed_version(version)),
        }?;
        let mut ctx = CtxHandle(builder);
        // The errors of commands in OpenSSL's configuration file that OpenSSL ignored.
        clear_errors();
        #[cfg(not(has_fixed_version_methods))]
        if let CtxMethod::Fixed(version) = method {
            // Without the methods for one version, a range of one version has the same effect.
            ctx.set_min_proto_version(version)?;
            ctx.set_max_proto_version(version)?;
        }
        // The modes that CPython sets, beside the one that the openssl crate sets.
        ctx.0.set_mode(
            SslMode::AUTO_RETRY | SslMode::RELEASE_BUFFERS | SslMode::ACCEPT_MOVING_WRITE_BUFFER,
        );
        // SAFETY: a new context. The trampoline finds its data through the connection.
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

    /// The context as a type of the `openssl` crate. It is private to `ffi`: other modules could keep a
    /// reference to the `SSL_CTX` for longer than they borrow this handle (S1).
    pub(super) fn as_ref(&self) -> &SslContextRef {
        // SAFETY: the pointer is live for as long as `self`, and the result borrows `self`.
        unsafe { SslContextRef::from_ptr(self.0.as_ptr()) }
    }

    /// Calls `visit` with each suite of the list, in order; TLS 1.3 suites come first.
    pub(crate) fn each_cipher(&self, visit: impl FnMut(&SslCipherRef)) {
        cipher::each_of_context(self.as_ref(), visit);
    }

    /// Calls `visit` with each suite of the list that a security level permits, for any version. Suites
    /// that need a callback are left out.
    pub(crate) fn each_cipher_at_level(
        &self,
        level: u32,
        visit: impl FnMut(&SslCipherRef),
    ) -> Result<(), ErrorStack> {
        // This connection only computes the list.
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

    /// Sets exactly these options. OpenSSL keeps some that it does not let anybody clear.
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

    /// Sets exactly these verification flags.
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

    /// Sets a certificate and its chain. It replaces one with the same kind of key.
    ///
    /// As in CPython, an error in OpenSSL's queue counts, even if OpenSSL accepts the certificate.
    pub(crate) fn use_certificate(
        &mut self,
        leaf: &X509Ref,
        chain: &[X509],
    ) -> Result<(), ErrorStack> {
        clear_errors();
        self.0.set_certificate(leaf)?;
        let queue = ErrorStack::get();
        if !queue.errors().is_empty() {
            return Err(queue);
        }
        // Removes the chain of the current certificate, and then adds one certificate after the other.
        // SAFETY: a live context that nobody else uses. The second command, with 1 as its number,
        // takes a reference of its own.
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

    /// Sets the key of the certificate that was set last, which must match it.
    pub(crate) fn use_private_key(&mut self, key: &PKeyRef<Private>) -> Result<(), ErrorStack> {
        self.0.set_private_key(key)?;
        self.0.check_private_key()
    }

    /// Sets finite-field parameters for a server's DHE suites.
    pub(crate) fn set_tmp_dh(&mut self, dh: &Dh<Params>) -> Result<(), ErrorStack> {
        self.0.set_tmp_dh(dh)
    }

    /// Sets the groups for key exchange, in order of preference.
    pub(crate) fn set_groups_list(&mut self, groups: &CStr) -> Result<(), ErrorStack> {
        self.set_list(decl::SSL_CTRL_SET_GROUPS_LIST, groups)
    }

    /// Sets one group for key exchange, by its NID.
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

    /// Sets the signature algorithms of the handshake.
    pub(crate) fn set_sigalgs_list(&mut self, sigalgs: &CStr) -> Result<(), ErrorStack> {
        self.set_list(decl::SSL_CTRL_SET_SIGALGS_LIST, sigalgs)
    }

    /// Sets the signature algorithms for clients' certificates.
    pub(crate) fn set_client_sigalgs_list(&mut self, sigalgs: &CStr) -> Result<(), ErrorStack> {
        self.set_list(decl::SSL_CTRL_SET_CLIENT_SIGALGS_LIST, sigalgs)
    }

    fn set_list(&mut self, command: c_int, list: &CStr) -> Result<(), ErrorStack> {
        clear_errors();
        let list = list.as_ptr().cast_mut().cast();
        // SAFETY: a live context that nobody else uses. The callers pass commands that read a C string.
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
        // SAFETY: a live context. OpenSSL fills the stack with strings of the context, which lives
        // longer than the stack. Freeing the stack does not free its entries.
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

    /// Sets the ALPN protocols that a client offers and a server chooses from, each after a length
    /// byte.
    pub(crate) fn set_alpn(&mut self, protocols: &[u8]) -> Result<(), ErrorStack> {
        self.0.set_alpn_protos(protocols)?;
        let select = (!protocols.is_empty()).then_some(trampoline::alpn_select as _);
        // SAFETY: a live context that nobody else uses. The trampoline finds the list through the
        // connection.
        unsafe {
            sys::SSL_CTX_set_alpn_select_cb__fixed_rust(self.as_ptr(), select, ptr::null_mut());
        }
        Ok(())
    }

    /// Sets whether OpenSSL calls back for a client's pre-shared key.
    pub(crate) fn set_psk_client(&mut self, on: bool) {
        // SAFETY: a live context that nobody else uses. The trampoline finds its data through
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

    /// Sets whether OpenSSL calls back for the pre-shared key of a client's identity.
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

    /// Sets the hint by which clients of TLS 1.2 choose their identity.
    pub(crate) fn set_psk_identity_hint(&mut self, hint: Option<&CStr>) -> Result<(), ErrorStack> {
        let hint = hint.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: a live context that nobody else uses. OpenSSL copies the string; null means none.
        #[cfg(has_psk)]
        return check(unsafe { decl::SSL_CTX_use_psk_identity_hint(self.as_ptr(), hint) });
        #[cfg(not(has_psk))]
        {
            let _ = hint;
            Ok(())
        }
    }

    /// Sets whether new connections call the message callback.
    pub(crate) fn set_messages(&mut self, on: bool) {
        let callback = on.then_some(trampoline::message as _);
        // SAFETY: a live context that nobody else uses. The trampoline finds its data through
        // the connection.
        unsafe { decl::SSL_CTX_set_msg_callback(self.as_ptr(), callback) };
    }

    /// Sets whether OpenSSL calls back for the client's server name. With a callback, a server also
    /// acknowledges the name to the client.
    pub(crate) fn set_server_name(&mut self, on: bool) {
        // SAFETY: a live context that nobody else uses. The trampoline finds its data through
        // the connection.
        unsafe {
            sys::SSL_CTX_set_tlsext_servername_callback__fixed_rust(
                self.as_ptr(),
                on.then_some(trampoline::server_name as _),
            );
        }
    }

    /// Sets whether OpenSSL calls back with lines of the key log.
    pub(crate) fn set_keylog(&mut self, on: bool) {
        // SAFETY: a live context that nobody else uses. The trampoline finds its data through the
        // connection.
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

    /// The keys that encrypt the tickets of this context. OpenSSL makes some for every context.
    pub(crate) fn ticket_keys(&self) -> Result<TicketBlock, ErrorStack> {
        let mut keys = TicketBlock::new([0; TICKET_KEYS_LEN]);
        // SAFETY: a live context. OpenSSL writes the number of bytes that it gets, which is the size of
        // the array.
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

    /// Sets the keys that encrypt the tickets of this context.
    pub(crate) fn set_ticket_keys(
        &mut self,
        keys: &[u8; TICKET_KEYS_LEN],
    ) -> Result<(), ErrorStack> {
        // SAFETY: a live context that nobody else uses. OpenSSL reads the number of bytes that it gets,
        // which is the size of the array.
        unsafe {
            check(ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_SET_TLSEXT_TICKET_KEYS,
                TICKET_KEYS_LEN as c_long,
                keys.as_ptr().cast_mut().cast(),
            ))
        }
    }

    /// Sets whether OpenSSL calls back for ticket keys.
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

    /// Sets the store of trusted certificates, to which the context takes a reference.
    pub(crate) fn set_store(&mut self, store: &StoreHandle) {
        // SAFETY: both are live; `set1` takes a reference of its own.
        unsafe { decl::SSL_CTX_set1_cert_store(self.as_ptr(), store.as_ptr()) };
    }

    /// Lets a client answer requests for its certificate after the handshake.
    pub(crate) fn set_post_handshake_auth(&mut self) {
        // SAFETY: a live context that nobody else uses.
        unsafe { sys::SSL_CTX_set_post_handshake_auth(self.as_ptr(), 1) };
    }

    /// The context as a type of the `openssl` crate, for that crate's connections. Our callbacks find
    /// their data through connections of our own, so the ones that every context has are removed. The
    /// callbacks for server names, the key log, messages and pre-shared keys must not be set.
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

    /// Keeps sessions without tickets in this cache, instead of OpenSSL's own.
    pub(crate) fn set_session_cache(&mut self, cache: &Arc<SessionCache>) {
        self.keep_client_sessions(false);
        // The openssl crate finds these closures through the `SSL_CTX` from which a connection was
        // made. That is the one whose callback OpenSSL calls.
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

    /// The counters of the session statistics, to be read at any time.
    pub(crate) fn session_counters(&self) -> SessionCounters {
        SessionCounters(self.as_ref().to_owned())
    }
}

/// The session statistics of an `SSL_CTX`. It has a reference to the context, which it only reads.
#[derive(Debug)]
pub(crate) struct SessionCounters(SslContext);

impl SessionCounters {
    /// OpenSSL's counters, in the order in which Python shows them. They lack the sessions in a server's
    /// cache and the misses there, which [`SessionCache`] counts.
    pub(crate) fn read(&self) -> [i64; 9] {
        [
            decl::SSL_CTRL_SESS_CONNECT,
            decl::SSL_CTRL_SESS_CONNECT_GOOD,
            decl::SSL_CTRL_SESS_CONNECT_RENEGOTIATE,
            decl::SSL_CTRL_SESS_ACCEPT,
            decl::SSL_CTRL_SESS_ACCEPT_GOOD,
            decl::SSL_CTRL_SESS_ACCEPT_RENEGOTIATE,
            decl::SSL_CTRL_SESS_HIT,
            // Those of clients whose session was refused.
            decl::SSL_CTRL_SESS_MISSES,
            decl::SSL_CTRL_SESS_TIMEOUTS,
        ]
        .map(|counter| {
            // SAFETY: a live context, and a command without argument. OpenSSL reads the counters
            // atomically (ssl_tsan_load).
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

/// `SSL_CTX_ctrl`, for commands whose result fits an `int`.
///
/// # Safety
///
/// `n` and `arg` are what the manual requires for `command`.
unsafe fn ctrl(ctx: *mut sys::SSL_CTX, command: c_int, n: c_long, arg: *mut c_void) -> c_int {
    // SAFETY: the caller promises arguments that the command accepts.
    let result = unsafe { sys::SSL_CTX_ctrl(ctx, command, n, arg) };
    c_int::try_from(result).unwrap_or(0)
}

#[cfg(has_fixed_version_methods)]
fn fixed_version(version: c_int) -> SslMethod {
    // SAFETY: the functions return static tables.
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
