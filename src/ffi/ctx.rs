//! `CtxHandle`: an `SSL_CTX` and its settings.

use std::ffi::{CStr, c_int, c_long, c_uint, c_void};
use std::ptr;

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Params, Private};
use openssl::ssl::{
    Ssl, SslCipherRef, SslContext, SslContextBuilder, SslContextRef, SslVerifyMode,
};
use openssl::x509::{X509, X509Ref};
use openssl_sys as sys;
use zeroize::Zeroizing;

use super::store::StoreHandle;
use super::util::{check, clear_errors};
use super::{cipher, decl};

/// The length of the block of ticket keys in OpenSSL 1.1 and later.
pub(crate) const TICKET_KEYS_LEN: usize = 80;

/// The keys with which a server encrypts tickets: a name, a key for the MAC and a key for the cipher.
pub(crate) type TicketBlock = Zeroizing<[u8; TICKET_KEYS_LEN]>;

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
pub(crate) struct CtxHandle(pub(super) SslContextBuilder);

/// The names of all signature algorithms, with colons between them. `None` with older versions of OpenSSL, which do not
/// list them.
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

/// The names of all signature algorithms, with colons between them. `None` with older versions of OpenSSL, which do not
/// list them.
#[cfg(not(ossl340))]
pub(crate) fn builtin_sigalgs() -> Option<Result<String, ErrorStack>> {
    None
}

impl CtxHandle {
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
        // This `SSL` only computes the list, and never connects.
        let mut ssl = Ssl::new(self.as_ref())?;
        ssl.set_min_proto_version(None)?;
        ssl.set_max_proto_version(None)?;
        ssl.set_security_level(level);
        cipher::each_supported(&mut ssl, visit);
        Ok(())
    }

    /// Sets the list for TLS 1.2 and older. On failure the list may be empty.
    pub(crate) fn set_cipher_list(&mut self, list: &CStr) -> Result<(), ErrorStack> {
        // SAFETY: `&mut self`: no connection uses this context (S1). `list` is a C string.
        check(unsafe { sys::SSL_CTX_set_cipher_list(self.as_ptr(), list.as_ptr()) })
    }

    /// Sets the suites for TLS 1.3.
    pub(crate) fn set_ciphersuites(&mut self, list: &CStr) -> Result<(), ErrorStack> {
        // SAFETY: `&mut self`: no connection uses this context (S1). `list` is a C string.
        check(unsafe { sys::SSL_CTX_set_ciphersuites(self.as_ptr(), list.as_ptr()) })
    }

    pub(crate) fn options(&self) -> u64 {
        // SAFETY: `self` owns the context, and the call only reads a field.
        unsafe { sys::SSL_CTX_get_options(self.as_ptr()) as u64 }
    }

    /// Sets these options, and clears all others.
    pub(crate) fn set_options(&mut self, options: u64) {
        let now = self.options();
        // SAFETY: `&mut self`: no connection uses this context (S1).
        unsafe {
            sys::SSL_CTX_clear_options(self.as_ptr(), now & !options);
            sys::SSL_CTX_set_options(self.as_ptr(), options & !now);
        }
    }

    pub(crate) fn set_verify(&mut self, mode: SslVerifyMode) {
        self.0.set_verify(mode);
    }

    /// Sets the lowest protocol version; 0 for no limit.
    pub(crate) fn set_min_proto_version(&mut self, version: c_int) -> Result<(), ErrorStack> {
        // SAFETY: `&mut self`: no connection uses this context (S1).
        check(unsafe { sys::SSL_CTX_set_min_proto_version(self.as_ptr(), version) })
    }

    /// Sets the highest protocol version; 0 for no limit.
    pub(crate) fn set_max_proto_version(&mut self, version: c_int) -> Result<(), ErrorStack> {
        // SAFETY: `&mut self`: no connection uses this context (S1).
        check(unsafe { sys::SSL_CTX_set_max_proto_version(self.as_ptr(), version) })
    }

    pub(crate) fn min_proto_version(&self) -> c_int {
        // SAFETY: `self` owns the context, and the call only reads a field.
        unsafe { sys::SSL_CTX_get_min_proto_version(self.as_ptr()) }
    }

    pub(crate) fn max_proto_version(&self) -> c_int {
        // SAFETY: `self` owns the context, and the call only reads a field.
        unsafe { sys::SSL_CTX_get_max_proto_version(self.as_ptr()) }
    }

    #[allow(clippy::unnecessary_cast, reason = "C's long differs by platform")]
    pub(crate) fn verify_flags(&self) -> u64 {
        // SAFETY: the parameters belong to the context, which `self` owns. The calls only read.
        unsafe { sys::X509_VERIFY_PARAM_get_flags(sys::SSL_CTX_get0_param(self.as_ptr())) as u64 }
    }

    /// Sets exactly these verification flags.
    pub(crate) fn set_verify_flags(&mut self, flags: u64) -> Result<(), ErrorStack> {
        let now = self.verify_flags();
        // SAFETY: the parameters belong to the context, which no connection uses (`&mut self`, S1).
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

    /// Sets how host names are compared (`X509_CHECK_FLAG_*`).
    pub(crate) fn set_hostflags(&mut self, flags: c_uint) {
        // SAFETY: the parameters belong to the context, which no connection uses (`&mut self`, S1).
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

    /// Sets a certificate and its chain. They replace a certificate with the same key type, and its
    /// chain.
    ///
    /// As in CPython, an error that OpenSSL queues is returned, even if OpenSSL accepts the
    /// certificate.
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
        // SAFETY: `&mut self`: no connection uses this context (S1). The second command takes a
        // reference of its own to the certificate, because its number is 1.
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
        // SAFETY: `&mut self`: no connection uses this context (S1). OpenSSL reads one number from
        // the pointer.
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
        // SAFETY: `&mut self`: no connection uses this context (S1). The callers pass commands that
        // read a C string.
        check(unsafe { ctrl(self.as_ptr(), command, 0, list) })
    }

    /// The names of the groups for the context's range of versions. `None` with older versions of OpenSSL, which do not
    /// list them.
    #[cfg(ossl350)]
    pub(crate) fn implemented_groups(
        &self,
        aliases: bool,
    ) -> Option<Result<Vec<String>, ErrorStack>> {
        clear_errors();
        // SAFETY: `self` owns the context. OpenSSL fills the stack with strings of the context,
        // which lives longer than the stack. Freeing the stack does not free its entries.
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

    /// The names of the groups for the context's range of versions. `None` with older versions of OpenSSL, which do not
    /// list them.
    #[cfg(not(ossl350))]
    pub(crate) fn implemented_groups(
        &self,
        _aliases: bool,
    ) -> Option<Result<Vec<String>, ErrorStack>> {
        None
    }

    /// Sets the identity hint, by which a client of TLS 1.2 chooses its pre-shared key.
    pub(crate) fn set_psk_identity_hint(&mut self, hint: Option<&CStr>) -> Result<(), ErrorStack> {
        let hint = hint.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: `&mut self`: no connection uses this context (S1). OpenSSL copies the string;
        // null means that there is no hint.
        #[cfg(has_psk)]
        return check(unsafe { decl::SSL_CTX_use_psk_identity_hint(self.as_ptr(), hint) });
        #[cfg(not(has_psk))]
        {
            let _ = hint;
            Ok(())
        }
    }

    pub(crate) fn num_tickets(&self) -> usize {
        self.as_ref().num_tickets()
    }

    pub(crate) fn set_num_tickets(&mut self, tickets: usize) -> Result<(), ErrorStack> {
        self.0.set_num_tickets(tickets)
    }

    /// The keys that encrypt the tickets of this context. OpenSSL generates keys for every
    /// `SSL_CTX`.
    pub(crate) fn ticket_keys(&self) -> Result<TicketBlock, ErrorStack> {
        let mut keys = TicketBlock::new([0; TICKET_KEYS_LEN]);
        // SAFETY: `self` owns the context. OpenSSL writes as many bytes as the length argument
        // says, which is the size of the array.
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
        // SAFETY: `&mut self`: no connection uses this context (S1). OpenSSL reads as many bytes as
        // the length argument says, which is the size of the array.
        unsafe {
            check(ctrl(
                self.as_ptr(),
                decl::SSL_CTRL_SET_TLSEXT_TICKET_KEYS,
                TICKET_KEYS_LEN as c_long,
                keys.as_ptr().cast_mut().cast(),
            ))
        }
    }

    /// Sets the store of trusted certificates, to which the context takes a reference.
    pub(crate) fn set_store(&mut self, store: &StoreHandle) {
        // SAFETY: `&mut self`: no connection uses this context (S1). `store` is borrowed, and
        // `set1` takes a reference of its own.
        unsafe { decl::SSL_CTX_set1_cert_store(self.as_ptr(), store.as_ptr()) };
    }

    /// Lets a client answer requests for its certificate after the handshake.
    pub(crate) fn set_post_handshake_auth(&mut self) {
        // SAFETY: `&mut self`: no connection uses this context (S1).
        unsafe { sys::SSL_CTX_set_post_handshake_auth(self.as_ptr(), 1) };
    }

    /// The counters of the session statistics. They can be read at any time.
    pub(crate) fn session_counters(&self) -> SessionCounters {
        SessionCounters(self.as_ref().to_owned())
    }
}

/// The session statistics of an `SSL_CTX`. It has a reference to the context, which it only reads.
#[derive(Debug)]
pub(crate) struct SessionCounters(SslContext);

impl SessionCounters {
    /// OpenSSL's counters, in the order in which Python shows them. OpenSSL does not count the sessions and the misses
    /// of a [`SessionCache`], which counts them itself.
    pub(crate) fn read(&self) -> [i64; 9] {
        [
            decl::SSL_CTRL_SESS_CONNECT,
            decl::SSL_CTRL_SESS_CONNECT_GOOD,
            decl::SSL_CTRL_SESS_CONNECT_RENEGOTIATE,
            decl::SSL_CTRL_SESS_ACCEPT,
            decl::SSL_CTRL_SESS_ACCEPT_GOOD,
            decl::SSL_CTRL_SESS_ACCEPT_RENEGOTIATE,
            decl::SSL_CTRL_SESS_HIT,
            // For clients, this counts the sessions that servers refused to resume.
            decl::SSL_CTRL_SESS_MISSES,
            decl::SSL_CTRL_SESS_TIMEOUTS,
        ]
        .map(|counter| {
            // SAFETY: `self` owns a reference to the context, and the commands take no argument.
            // Other threads may change a counter meanwhile: OpenSSL reads it atomically
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

/// `SSL_CTX_ctrl`, for commands whose result fits an `int`.
///
/// # Safety
///
/// `ctx` is live, no other thread uses it if `command` changes it, and `n` and `arg` are what the
/// manual requires for `command`.
unsafe fn ctrl(ctx: *mut sys::SSL_CTX, command: c_int, n: c_long, arg: *mut c_void) -> c_int {
    // SAFETY: the caller promises a live context, and arguments that the command accepts.
    let result = unsafe { sys::SSL_CTX_ctrl(ctx, command, n, arg) };
    c_int::try_from(result).unwrap_or(0)
}
