//! `SslHandle`: an `SSL` on a [`Transport`], driven one step at a time.

use std::ffi::{c_int, c_long, c_uint};
use std::io;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use foreign_types::ForeignType;
use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Private};
use openssl::ssl::{Ssl, SslRef, SslSessionRef, SslVerifyMode};
use openssl::x509::{X509, X509Ref};
use openssl_sys as sys;

use super::bio::{self, BioState, ReadMode, Transport};
use super::hooks::{Hooks, PeerCheck, SessionKeeper, Stapling};
use super::trampoline::{self, Callbacks, Failure};
use super::util::{self, clear_errors};
use super::view::View;
use super::window::Window;
use super::{decl, session};

/// The most that one record carries.
pub(crate) const RECORD_MAX: usize = decl::SSL3_RT_MAX_PLAIN_LENGTH;

/// What one step came to.
#[derive(Debug)]
pub(crate) enum Status<T> {
    Done(T),
    /// The peer has sent so much that the step was ended before it was done: it is to be repeated.
    Again,
    /// The transport has no data yet.
    WantRead,
    /// The transport has no room.
    WantWrite,
    /// The peer sent `close_notify`.
    Closed,
    Failed(Fault),
}

/// How a step failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// OpenSSL's queue.
    Ssl(ErrorStack),
    /// The transport.
    Io(io::Error),
    /// The transport ended, and OpenSSL queued nothing about it.
    Eof,
    /// A result of `SSL_get_error` that no step here can have.
    Unknown,
}

/// A value at an address that C knows: freed with its owner, reached by shared reference only.
struct Pinned<T>(NonNull<T>);

// SAFETY: it owns the value, like a Box.
unsafe impl<T: Send> Send for Pinned<T> {}

impl<T> Pinned<T> {
    fn new(value: T) -> Pinned<T> {
        Pinned(NonNull::from(Box::leak(Box::new(value))))
    }

    fn as_ptr(&self) -> *const T {
        self.0.as_ptr()
    }
}

impl<T> Deref for Pinned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the pointer came from a Box that only `drop` frees; nobody makes a unique
        // reference from it.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Pinned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `Box::leak` and is freed here only.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Owns an `SSL` and everything that OpenSSL can reach through it.
///
/// It is `Send` but not `Sync`: one thread at a time is in an `SSL` (invariant S4). The order of
/// the fields is the order in which they are freed: the `SSL` first.
pub(crate) struct SslHandle {
    ssl: Ssl,
    /// `close_notify` is made, and there was no room to send all of it. OpenSSL says that it was
    /// sent.
    close_notify_unsent: bool,
    callbacks: Pinned<Callbacks>,
    bio: Pinned<BioState>,
}

impl std::fmt::Debug for SslHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SslHandle")
    }
}

impl SslHandle {
    /// A connection made from the context behind `hooks`, on `transport`.
    pub(crate) fn new(
        hooks: Arc<dyn Hooks>,
        stapling: Option<Box<dyn Stapling>>,
        transport: Box<dyn Transport>,
        window: Arc<Window>,
    ) -> Result<SslHandle, ErrorStack> {
        let index = trampoline::slot()?;
        let ssl = Ssl::new(hooks.handle().as_ref())?;
        let handle = SslHandle {
            ssl,
            close_notify_unsent: false,
            callbacks: Pinned::new(Callbacks::new(hooks, stapling, window)),
            bio: Pinned::new(BioState::new(transport)),
        };
        let ssl = handle.ssl.as_ptr();
        // SAFETY: the slot is ours; S2, `callbacks` is freed after `ssl`.
        let stored = unsafe {
            sys::SSL_set_ex_data(ssl, index, handle.callbacks.as_ptr().cast_mut().cast())
        };
        if stored != 1 {
            return Err(ErrorStack::get());
        }
        // SAFETY: `bio` is freed after `ssl`, which owns the BIO from here on (one reference for
        // both directions, as SSL_set_bio wants it).
        unsafe {
            let bio = bio::new(handle.bio.as_ptr())?;
            sys::SSL_set_bio(ssl, bio, bio);
        }
        Ok(handle)
    }

    /// The connection as the `openssl` crate sees it.
    pub(crate) fn ssl(&self) -> &SslRef {
        &self.ssl
    }

    /// The connection as the `openssl` crate sees it, to be set up.
    pub(crate) fn ssl_mut(&mut self) -> &mut SslRef {
        &mut self.ssl
    }

    /// The connection, to be looked at.
    pub(crate) fn view(&self) -> View<'_> {
        // SAFETY: S4: `SslHandle` is not `Sync`, and is borrowed by this thread meanwhile.
        unsafe { View::new(&self.ssl, &self.callbacks) }
    }

    /// Switches to another context: its certificate, protocols and store. The one before comes back:
    /// callbacks may go with it, so it is dropped where no lock is held.
    pub(crate) fn set_hooks(
        &mut self,
        hooks: Arc<dyn Hooks>,
    ) -> Result<Arc<dyn Hooks>, ErrorStack> {
        self.ssl.set_ssl_context(hooks.handle().as_ref())?;
        // SAFETY: S4; OpenSSL keeps the old context's choice.
        unsafe { trampoline::show_messages(self.ssl.as_ptr(), hooks.wants_messages()) };
        Ok(self.callbacks.set_current(hooks))
    }

    /// What user code failed with; see [`Callbacks::take_failure`].
    pub(crate) fn take_failure(&mut self, over: bool) -> Option<Failure> {
        self.callbacks.take_failure(over)
    }

    /// Sets where the transport's reads get their bytes from.
    pub(crate) fn set_read_mode(&mut self, mode: ReadMode) {
        self.bio.transport.borrow_mut().set_read_mode(mode);
    }

    /// Bytes that the transport has read ahead.
    pub(crate) fn transport_buffered(&self) -> usize {
        self.bio.transport.borrow().buffered()
    }

    /// Takes the bytes that the transport read beyond the TLS connection.
    pub(crate) fn take_transport_buffered(&mut self) -> Vec<u8> {
        self.bio.transport.borrow_mut().take_buffered()
    }

    /// What was seen of the transport while its caller waited.
    pub(crate) fn feed(&mut self, seen: io::Result<Vec<u8>>) {
        self.bio.transport.borrow_mut().feed(seen);
    }

    /// A step of the first handshake; `waits` says that the caller waits before the next one.
    pub(crate) fn first_handshake(&mut self, waits: bool) -> Status<()> {
        self.bio.transport.borrow_mut().begin_flight(waits);
        let status = self.do_handshake();
        self.bio.transport.borrow_mut().end_flight();
        status
    }

    pub(crate) fn do_handshake(&mut self) -> Status<()> {
        self.step(|ssl| {
            // SAFETY: S4, a live connection that this thread has to itself.
            unsafe { sys::SSL_do_handshake(ssl) }
        })
    }

    /// Reads into memory that need not be initialised.
    pub(crate) fn read(&mut self, buf: &mut [MaybeUninit<u8>]) -> Status<usize> {
        let mut n = 0;
        let status = self.step(|ssl| {
            // SAFETY: S4; OpenSSL writes at most `len` bytes and says how many.
            unsafe { sys::SSL_read_ex(ssl, buf.as_mut_ptr().cast(), buf.len(), &mut n) }
        });
        status.map(|()| n)
    }

    /// Reads up to `limit` bytes into a vector of that size or less.
    pub(crate) fn read_vec(&mut self, limit: usize) -> Status<Vec<u8>> {
        let mut data = Vec::with_capacity(limit);
        match self.read(data.spare_capacity_mut()) {
            Status::Done(n) => {
                // SAFETY: OpenSSL has written `n` bytes, which are no more than the capacity.
                unsafe { data.set_len(n) };
                Status::Done(data)
            }
            other => other.map(|_| Vec::new()),
        }
    }

    /// Reads into initialised memory.
    pub(crate) fn read_into(&mut self, buf: &mut [u8]) -> Status<usize> {
        let mut n = 0;
        let status = self.step(|ssl| {
            // SAFETY: S4; OpenSSL writes at most `len` bytes and says how many.
            unsafe { sys::SSL_read_ex(ssl, buf.as_mut_ptr().cast(), buf.len(), &mut n) }
        });
        status.map(|()| n)
    }

    /// Writes all of `data` or nothing that the caller may count on; a step that did not finish
    /// must be repeated with the same data. What is more than one record may stay in the
    /// transport until [`flush`](Self::flush).
    pub(crate) fn write(&mut self, data: &[u8]) -> Status<usize> {
        let mut n = 0;
        self.bio
            .transport
            .borrow_mut()
            .gather(data.len() > RECORD_MAX);
        let status = self.step(|ssl| {
            // SAFETY: S4; OpenSSL reads at most `len` bytes.
            unsafe { sys::SSL_write_ex(ssl, data.as_ptr().cast(), data.len(), &mut n) }
        });
        self.bio.transport.borrow_mut().gather(false);
        status.map(|()| n)
    }

    /// Sends what the transport has gathered.
    pub(crate) fn flush(&mut self) -> Status<()> {
        match self.bio.transport.borrow_mut().flush() {
            Ok(()) => Status::Done(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Status::WantWrite,
            Err(error) => Status::Failed(Fault::Io(error)),
        }
    }

    /// Keeps OpenSSL's buffers until [`release_buffers`](Self::release_buffers).
    pub(crate) fn keep_buffers(&mut self) {
        self.mode(decl::SSL_CTRL_CLEAR_MODE, sys::SSL_MODE_RELEASE_BUFFERS);
    }

    /// Frees OpenSSL's buffers after every message, and now if there is nothing in them.
    pub(crate) fn release_buffers(&mut self) {
        self.mode(sys::SSL_CTRL_MODE, sys::SSL_MODE_RELEASE_BUFFERS);
        let ssl = self.ssl.as_ptr();
        // SAFETY: S4. Before 3.0.14 OpenSSL frees the buffer of a record that was read in part, or
        // whose body has not come (CVE-2024-4741): not asked then.
        unsafe {
            let header_is_next = util::text(decl::SSL_rstate_string(ssl)) == Some("RH");
            if header_is_next && sys::SSL_pending(ssl) == 0 && decl::SSL_has_pending(ssl) == 0 {
                decl::SSL_free_buffers(ssl);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn keeps_buffers(&mut self) -> bool {
        self.mode(sys::SSL_CTRL_MODE, 0) & sys::SSL_MODE_RELEASE_BUFFERS == 0
    }

    /// Changes modes; returns all of them.
    fn mode(&mut self, command: c_int, modes: c_long) -> c_long {
        // SAFETY: S4; the commands take and give bits.
        unsafe { sys::SSL_ctrl(self.ssl.as_ptr(), command, modes, std::ptr::null_mut()) }
    }

    /// Whether a read could only wait for the peer: nothing has come that was not read yet, and
    /// there is nothing to be sent first.
    pub(crate) fn awaits_peer(&self) -> bool {
        let ssl = self.ssl.as_ptr();
        // SAFETY: S4.
        let raw = unsafe { decl::SSL_has_pending(ssl) };
        self.ssl.is_init_finished()
            && raw == 0
            && self.transport_buffered() == 0
            && !self.view().shutdown_state().1
    }

    /// Whether all of `close_notify` went out.
    pub(crate) fn sent_close_notify(&self) -> bool {
        self.view().shutdown_state().0 && !self.close_notify_unsent
    }

    /// Sends `close_notify` or the rest of it and reads nothing, or takes the peer's if ours is out:
    /// true once both are through.
    ///
    /// OpenSSL counts `close_notify` as sent when it tries to send it. With no room for it, this call
    /// must be repeated (`SSL_shutdown(3)`).
    pub(crate) fn shutdown(&mut self) -> Status<bool> {
        let sends = !self.sent_close_notify();
        let mut both = false;
        let status = self.step(|ssl| {
            // SAFETY: S4.
            let result = unsafe { sys::SSL_shutdown(ssl) };
            both = result == 1;
            // 0 is a success too: ours is out, the peer's is not here yet.
            if result == 0 { 1 } else { result }
        });
        self.close_notify_unsent = sends && !matches!(status, Status::Done(()));
        status.map(|()| both)
    }

    /// Whether the transport has read ahead what may be application data.
    pub(crate) fn has_read_ahead(&self) -> bool {
        self.transport_buffered() > 0
            && self.ssl.is_init_finished()
            && !self.view().shutdown_state().1
    }

    /// Decrypts the next record of application data, and leaves the data for the next read.
    pub(crate) fn peek(&mut self) -> Status<()> {
        let mut byte = 0u8;
        let mut n = 0;
        self.step(|ssl| {
            // SAFETY: S4; one byte is written at most.
            unsafe { sys::SSL_peek_ex(ssl, (&raw mut byte).cast(), 1, &mut n) }
        })
    }

    /// Empties the queue, makes the call, and tells what came of it. `f` returns 1 for success.
    fn step(&mut self, f: impl FnOnce(*mut sys::SSL) -> c_int) -> Status<()> {
        // SAFETY: the queue belongs to this thread. To clear an empty one takes longer.
        if unsafe { decl::ERR_peek_last_error() } != 0 {
            clear_errors();
        }
        // An error that an earlier step got over, such as that of sending its alert.
        self.bio.error.borrow_mut().take();
        self.bio.begin_step();
        let result = f(self.ssl.as_ptr());
        if result == 1 {
            return Status::Done(());
        }
        // SAFETY: S4; right after the call, on the same thread.
        let error = unsafe { sys::SSL_get_error(self.ssl.as_ptr(), result) };
        match error {
            sys::SSL_ERROR_WANT_READ if self.bio.has_spent_all() => Status::Again,
            sys::SSL_ERROR_WANT_READ => Status::WantRead,
            sys::SSL_ERROR_WANT_WRITE => Status::WantWrite,
            sys::SSL_ERROR_ZERO_RETURN => Status::Closed,
            sys::SSL_ERROR_SSL => Status::Failed(self.library_fault()),
            sys::SSL_ERROR_SYSCALL => Status::Failed(self.transport_fault()),
            _ => Status::Failed(Fault::Unknown),
        }
    }

    /// OpenSSL says that it was itself.
    ///
    /// It queues something then, but for calls on a connection that has failed already: from 4.0
    /// on those come here, with nothing in the queue, where 3.x blames the system.
    fn library_fault(&self) -> Fault {
        let queue = ErrorStack::get();
        if queue.errors().is_empty() {
            return self.transport_fault();
        }
        Fault::Ssl(queue)
    }

    /// OpenSSL says that it was the system.
    fn transport_fault(&self) -> Fault {
        let queue = ErrorStack::get();
        match self.bio.error.borrow_mut().take() {
            Some(error) => Fault::Io(error),
            None if queue.errors().is_empty() => Fault::Eof,
            None => Fault::Ssl(queue),
        }
    }

    /// Answers (client) or may send (server) requests for a certificate after the handshake.
    pub(crate) fn enable_post_handshake_auth(&mut self, server: bool) {
        if server {
            let mode = self.ssl.verify_mode().bits() | sys::SSL_VERIFY_POST_HANDSHAKE;
            self.ssl.set_verify(SslVerifyMode::from_bits_retain(mode));
        } else {
            // SAFETY: S4.
            unsafe { decl::SSL_set_post_handshake_auth(self.ssl.as_ptr(), 1) };
        }
    }

    /// Shows this certificate in place of those of the context.
    pub(crate) fn use_identity(
        &mut self,
        leaf: &X509Ref,
        chain: &[X509],
        key: &PKeyRef<Private>,
    ) -> Result<(), ErrorStack> {
        // SAFETY: S4; the connection's own list of certificates, which `SSL_new` copied.
        unsafe { decl::SSL_certs_clear(self.ssl.as_ptr()) };
        self.ssl.set_certificate(leaf)?;
        for certificate in chain {
            self.ssl.add_chain_cert(certificate.clone())?;
        }
        self.ssl.set_private_key(key)
    }

    /// One more host name that the peer's certificate may have.
    ///
    /// The name is not empty: OpenSSL would look for a NUL behind it.
    pub(crate) fn add_host(&mut self, name: &str) -> Result<(), ErrorStack> {
        if name.is_empty() {
            return Err(ErrorStack::get());
        }
        // SAFETY: S4; the parameters are the connection's own, and the name is copied.
        let added = unsafe {
            decl::X509_VERIFY_PARAM_add1_host(
                sys::SSL_get0_param(self.ssl.as_ptr()),
                name.as_ptr().cast(),
                name.len(),
            )
        };
        if added == 1 {
            Ok(())
        } else {
            Err(ErrorStack::get())
        }
    }

    /// Names what sessions of a server are for: those with another name are not resumed.
    pub(crate) fn set_session_id_context(&mut self, id: &[u8]) -> Result<(), ErrorStack> {
        let len = c_uint::try_from(id.len()).unwrap_or(c_uint::MAX);
        // SAFETY: S4; OpenSSL copies `len` bytes, or refuses if they are too many.
        match unsafe { decl::SSL_set_session_id_context(self.ssl.as_ptr(), id.as_ptr(), len) } {
            1 => Ok(()),
            _ => Err(ErrorStack::get()),
        }
    }

    /// Asks the client for its certificate; the request goes out with the next write.
    pub(crate) fn verify_client_post_handshake(&mut self) -> Result<(), ErrorStack> {
        clear_errors();
        // SAFETY: S4.
        match unsafe { decl::SSL_verify_client_post_handshake(self.ssl.as_ptr()) } {
            1 => Ok(()),
            _ => Err(ErrorStack::get()),
        }
    }

    /// Ends the connection: nothing can be sent or received any more.
    pub(crate) fn end(&mut self) {
        // SAFETY: S4.
        unsafe {
            let both = sys::SSL_SENT_SHUTDOWN | sys::SSL_RECEIVED_SHUTDOWN;
            sys::SSL_set_shutdown(self.ssl.as_ptr(), both);
        }
    }

    /// Sets the connection's own check of the peer's certificates.
    pub(crate) fn set_peer_check(&mut self, check: Box<dyn PeerCheck>) {
        self.callbacks.set_check(check);
    }

    /// Sets what keeps the connection's new sessions.
    pub(crate) fn set_session_keeper(&mut self, keeper: Box<dyn SessionKeeper>) {
        self.callbacks.set_keeper(keeper);
    }

    /// Offers a copy of a session for resumption, whose context the caller compares with its own. A
    /// copy, since OpenSSL makes the session of a connection that ends without `close_notify`
    /// unresumable, and the session can be offered again.
    pub(crate) fn set_session(&mut self, session: &SslSessionRef) -> Result<(), ErrorStack> {
        let copy = session::copy(session)?;
        // SAFETY: a session may be used with one `SSL_CTX` only, since it is linked into that one's
        // cache (SSL_set_session(3)). This copy is in no cache and nobody else has it: it is used
        // with the context of this connection only, whichever the session itself came from.
        // OpenSSL takes a reference of its own.
        unsafe { self.ssl.set_session(&copy) }
    }
}

impl<T> Status<T> {
    /// The same outcome with another value.
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Status<U> {
        match self {
            Status::Done(value) => Status::Done(f(value)),
            Status::Again => Status::Again,
            Status::WantRead => Status::WantRead,
            Status::WantWrite => Status::WantWrite,
            Status::Closed => Status::Closed,
            Status::Failed(fault) => Status::Failed(fault),
        }
    }
}
