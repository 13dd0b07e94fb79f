//! `SslHandle`: an `SSL` on a [`Transport`]. Each operation is one step, which does not wait.

use std::ffi::{c_int, c_uint};
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

use super::bio::{self, BioState, IoMode, Transport};
use super::hooks::{Hooks, PeerCheck, SessionKeeper, Stapling};
use super::trampoline::{self, CallbackFailure, Callbacks};
use super::util::{self, clear_errors};
use super::view::View;
use super::window::Window;
use super::{decl, session};

/// The most bytes that one record carries.
pub(crate) const RECORD_MAX: usize = decl::SSL3_RT_MAX_PLAIN_LENGTH;

/// The result of one step that has not failed.
#[derive(Debug)]
pub(crate) enum Step<T> {
    Done(T),
    /// The step has used up its budget, because the peer has sent many records. The caller releases the lock, and then
    /// repeats the step.
    Again,
    /// Another thread held the connection's lock until the deadline.
    Busy,
    /// The transport has no data yet.
    WantRead,
    /// The transport has no room now.
    WantWrite,
}

/// The reason why a step failed.
#[derive(Debug)]
pub(crate) enum StepError {
    /// The peer sent `close_notify`.
    Closed,
    /// OpenSSL's error queue.
    Ssl(ErrorStack),
    /// The transport's error.
    Io(io::Error),
    /// The transport has ended, and OpenSSL queued no error.
    Eof,
    /// Another result of `SSL_get_error`, which OpenSSL should not return here.
    Unknown,
}

/// The outcome of a step.
pub(crate) type StepResult<T> = Result<Step<T>, StepError>;

/// A value to which OpenSSL has a pointer. The value is freed when its `Pinned` is dropped, and
/// there are only shared references to it.
struct Pinned<T>(NonNull<T>);

// SAFETY: a `Pinned` owns its value, as a `Box` does.
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
        // SAFETY: the pointer comes from a `Box`, which only `drop` frees. No method makes a unique
        // reference.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Pinned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from `Box::leak` and is freed once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Owns an `SSL` and everything that OpenSSL can reach through it.
///
/// It is `Send` but not `Sync`: one thread at a time uses an `SSL` (S4). The fields are freed in their
/// order: the `SSL` first.
pub(crate) struct SslHandle {
    ssl: Ssl,
    /// Whether OpenSSL counts `close_notify` as sent although the transport had no room for all of it.
    close_notify_unsent: bool,
    /// Whether OpenSSL's buffers are freed after every step.
    releases: bool,
    callbacks: Pinned<Callbacks>,
    bio: Pinned<BioState>,
}

impl SslHandle {
    /// A connection on `transport`, made from the context of `hooks`.
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
            releases: false,
            callbacks: Pinned::new(Callbacks::new(hooks, stapling, window)),
            bio: Pinned::new(BioState::new(transport)),
        };
        let ssl = handle.ssl.as_ptr();
        // SAFETY: the index is for `Callbacks`, and `callbacks` is freed after `ssl` (S2).
        let stored = unsafe {
            sys::SSL_set_ex_data(ssl, index, handle.callbacks.as_ptr().cast_mut().cast())
        };
        if stored != 1 {
            return Err(ErrorStack::get());
        }
        // SAFETY: `handle.bio` is freed after `ssl`, which owns the BIO from here on. SSL_set_bio takes
        // one reference if both directions have the same BIO.
        unsafe {
            let bio = bio::new(handle.bio.as_ptr())?;
            sys::SSL_set_bio(ssl, bio, bio);
        }
        Ok(handle)
    }

    /// The connection as a type of the `openssl` crate.
    pub(crate) fn ssl(&self) -> &SslRef {
        &self.ssl
    }

    /// The connection as a type of the `openssl` crate, for its setters.
    pub(crate) fn ssl_mut(&mut self) -> &mut SslRef {
        &mut self.ssl
    }

    /// Read access to the connection.
    pub(crate) fn view(&self) -> View<'_> {
        // SAFETY: `SslHandle` is not `Sync`, and this thread borrows it for as long as the view lives (S4).
        unsafe { View::new(&self.ssl, self.callbacks.current_cell()) }
    }

    /// Switches to another context, and returns the earlier one. The caller drops the earlier
    /// context without a lock, because that may drop user code, such as callbacks.
    pub(crate) fn set_hooks(
        &mut self,
        hooks: Arc<dyn Hooks>,
    ) -> Result<Arc<dyn Hooks>, ErrorStack> {
        self.ssl.set_ssl_context(hooks.handle().as_ref())?;
        // SAFETY: this thread has the connection to itself (S4). OpenSSL keeps the earlier
        // context's message callback, so the new context's is set here.
        unsafe { trampoline::show_messages(self.ssl.as_ptr(), hooks.wants_messages()) };
        Ok(self.callbacks.set_current(hooks))
    }

    /// Takes the error of user code; see [`Callbacks::take_failure`].
    pub(crate) fn take_failure(&mut self, over: bool) -> Option<CallbackFailure> {
        self.callbacks.take_failure(over)
    }

    /// Sets how the reads and writes of the next steps use the network.
    pub(crate) fn set_io_mode(&mut self, mode: IoMode) {
        self.bio.transport.borrow_mut().set_io_mode(mode);
    }

    /// The number of bytes that the transport has read ahead.
    pub(crate) fn transport_buffered(&self) -> usize {
        self.bio.transport.borrow().buffered()
    }

    /// Takes the bytes that the transport read beyond the TLS connection.
    pub(crate) fn take_transport_buffered(&mut self) -> Vec<u8> {
        self.bio.transport.borrow_mut().take_buffered()
    }

    /// Passes bytes that were seen in the socket's queue to the transport.
    pub(crate) fn feed(&mut self, seen: io::Result<Vec<u8>>) {
        self.bio.transport.borrow_mut().feed(seen);
    }

    /// A step of the first handshake. If `waits` is set, the caller waits before the next step.
    pub(crate) fn first_handshake(&mut self, waits: bool) -> StepResult<()> {
        self.bio.transport.borrow_mut().begin_flight(waits);
        let outcome = self.do_handshake();
        self.bio.transport.borrow_mut().end_flight();
        outcome
    }

    pub(crate) fn do_handshake(&mut self) -> StepResult<()> {
        self.step(|ssl| {
            // SAFETY: no other thread uses this `SSL` (S4).
            unsafe { sys::SSL_do_handshake(ssl) }
        })
    }

    /// Reads into memory that need not be initialised.
    pub(crate) fn read(&mut self, buf: &mut [MaybeUninit<u8>]) -> StepResult<usize> {
        let mut n = 0;
        let step = self.step(|ssl| {
            // SAFETY: no other thread uses this `SSL` (S4); OpenSSL writes at most `len` bytes and
            // says how many.
            unsafe { sys::SSL_read_ex(ssl, buf.as_mut_ptr().cast(), buf.len(), &mut n) }
        })?;
        Ok(step.map(|()| n))
    }

    /// Reads up to `limit` bytes into a vector of that capacity.
    pub(crate) fn read_vec(&mut self, limit: usize) -> StepResult<Vec<u8>> {
        let mut data = Vec::with_capacity(limit);
        let step = self.read(data.spare_capacity_mut())?;
        if let Step::Done(n) = step {
            // SAFETY: OpenSSL has written `n` bytes, which are no more than the capacity.
            unsafe { data.set_len(n) };
        }
        Ok(step.map(|_| data))
    }

    /// Reads into initialised memory.
    pub(crate) fn read_into(&mut self, buf: &mut [u8]) -> StepResult<usize> {
        let mut n = 0;
        let step = self.step(|ssl| {
            // SAFETY: no other thread uses this `SSL` (S4); OpenSSL writes at most `len` bytes and
            // says how many.
            unsafe { sys::SSL_read_ex(ssl, buf.as_mut_ptr().cast(), buf.len(), &mut n) }
        })?;
        Ok(step.map(|()| n))
    }

    /// Writes all of `data`. A step that was not done must be repeated with the same data. If `data` is
    /// longer than one record, a part may stay in the transport until [`flush`](Self::flush).
    pub(crate) fn write(&mut self, data: &[u8]) -> StepResult<usize> {
        let mut n = 0;
        self.bio
            .transport
            .borrow_mut()
            .gather(data.len() > RECORD_MAX);
        let outcome = self.step(|ssl| {
            // SAFETY: no other thread uses this `SSL` (S4); OpenSSL reads at most `len` bytes.
            unsafe { sys::SSL_write_ex(ssl, data.as_ptr().cast(), data.len(), &mut n) }
        });
        self.bio.transport.borrow_mut().gather(false);
        Ok(outcome?.map(|()| n))
    }

    /// Sends the data that the transport kept back.
    pub(crate) fn flush(&mut self) -> StepResult<()> {
        match self.bio.transport.borrow_mut().flush() {
            Ok(()) => Ok(Step::Done(())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Step::WantWrite),
            Err(error) => Err(StepError::Io(error)),
        }
    }

    /// Keeps OpenSSL's buffers until [`release_buffers`](Self::release_buffers). A new connection keeps them.
    pub(crate) fn keep_buffers(&mut self) {
        self.releases = false;
        if mode_releases() {
            self.set_mode(decl::SSL_CTRL_CLEAR_MODE);
        }
    }

    /// Frees OpenSSL's buffers now, if they are empty, and from now on after every step. Before version 3.2, OpenSSL
    /// itself frees the buffers after most steps (`SSL_MODE_RELEASE_BUFFERS`), which is cheaper than
    /// `SSL_free_buffers`.
    pub(crate) fn release_buffers(&mut self) {
        self.releases = true;
        if mode_releases() {
            self.set_mode(sys::SSL_CTRL_MODE);
        }
        self.free_buffers();
    }

    /// Sets or clears `SSL_MODE_RELEASE_BUFFERS`.
    fn set_mode(&mut self, command: c_int) {
        let mode = sys::SSL_MODE_RELEASE_BUFFERS;
        // SAFETY: no other thread uses this `SSL` (S4). The commands take and return bits.
        unsafe { sys::SSL_ctrl(self.ssl.as_ptr(), command, mode, std::ptr::null_mut()) };
    }

    /// Frees OpenSSL's buffers if they are empty.
    fn free_buffers(&mut self) {
        let ssl = self.ssl.as_ptr();
        // SAFETY: no other thread uses this `SSL` (S4). Before 3.0.14, SSL_free_buffers also frees
        // the buffer of a record that was read only in part (CVE-2024-4741). So it is called only
        // between records.
        unsafe {
            let header_is_next = util::c_str(decl::SSL_rstate_string(ssl)) == Some(c"RH");
            if header_is_next && decl::SSL_has_pending(ssl) == 0 {
                decl::SSL_free_buffers(ssl);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn keeps_buffers(&self) -> bool {
        !self.releases
    }

    /// Whether a read can only wait for the peer: the handshake is done, no data is buffered, and the
    /// peer has not sent `close_notify`.
    pub(crate) fn awaits_peer(&self) -> bool {
        let ssl = self.ssl.as_ptr();
        // SAFETY: no other thread uses this `SSL` (S4).
        let raw = unsafe { decl::SSL_has_pending(ssl) };
        self.ssl.is_init_finished()
            && raw == 0
            && self.transport_buffered() == 0
            && !self.view().shutdown_state().1
    }

    /// Whether all of `close_notify` was sent.
    pub(crate) fn sent_close_notify(&self) -> bool {
        self.view().shutdown_state().0 && !self.close_notify_unsent
    }

    /// Sends `close_notify`, or the rest of it. If `close_notify` was sent already, reads the peer's. Returns true when
    /// both were sent and received.
    ///
    /// OpenSSL counts `close_notify` as sent when it tries to send it. If the transport had no room, the call must be
    /// repeated (`SSL_shutdown(3)`).
    pub(crate) fn shutdown(&mut self) -> StepResult<bool> {
        let sends = !self.sent_close_notify();
        let mut both = false;
        let outcome = self.step(|ssl| {
            // SAFETY: no other thread uses this `SSL` (S4).
            let result = unsafe { sys::SSL_shutdown(ssl) };
            both = result == 1;
            // `SSL_shutdown` returns 0 if it has sent `close_notify` and the peer's has not arrived, which is a success
            // too.
            if result == 0 { 1 } else { result }
        });
        self.close_notify_unsent = sends && !matches!(outcome, Ok(Step::Done(())));
        Ok(outcome?.map(|()| both))
    }

    /// Whether the transport has read ahead bytes that may be application data.
    pub(crate) fn has_read_ahead(&self) -> bool {
        self.transport_buffered() > 0
            && self.ssl.is_init_finished()
            && !self.view().shutdown_state().1
    }

    /// Decrypts the next record of application data. The next read returns the data.
    pub(crate) fn peek(&mut self) -> StepResult<()> {
        let mut byte = 0u8;
        let mut n = 0;
        self.step(|ssl| {
            // SAFETY: no other thread uses this `SSL` (S4); OpenSSL writes at most one byte.
            unsafe { sys::SSL_peek_ex(ssl, (&raw mut byte).cast(), 1, &mut n) }
        })
    }

    /// Empties the error queue, makes the call, and converts its result. `f` returns 1 for success.
    fn step(&mut self, f: impl FnOnce(*mut sys::SSL) -> c_int) -> StepResult<()> {
        clear_errors();
        // Drops a transport error that an earlier step did not report, because the step failed for
        // another reason, for example when the alert could not be sent.
        self.bio.error.borrow_mut().take();
        self.bio.begin_step();
        let result = f(self.ssl.as_ptr());
        let outcome = self.outcome(result);
        // Despite `SSL_MODE_RELEASE_BUFFERS`, OpenSSL keeps the write buffer that it allocates when it receives a
        // ticket, a KeyUpdate or a CertificateRequest. A step that receives such a message usually reads another record
        // too, or tries to.
        if self.releases && (!mode_releases() || self.bio.has_read_several()) {
            self.free_buffers();
        }
        outcome
    }

    /// Converts the result of the call that this thread has just made.
    fn outcome(&self, result: c_int) -> StepResult<()> {
        if result == 1 {
            return Ok(Step::Done(()));
        }
        // SAFETY: no other thread uses this `SSL` (S4). This is the thread of the call, and no
        // other call of OpenSSL came between.
        let error = unsafe { sys::SSL_get_error(self.ssl.as_ptr(), result) };
        match error {
            sys::SSL_ERROR_WANT_READ if self.bio.is_budget_used() => Ok(Step::Again),
            sys::SSL_ERROR_WANT_READ => Ok(Step::WantRead),
            sys::SSL_ERROR_WANT_WRITE => Ok(Step::WantWrite),
            sys::SSL_ERROR_ZERO_RETURN => Err(StepError::Closed),
            sys::SSL_ERROR_SSL => Err(self.library_error()),
            sys::SSL_ERROR_SYSCALL => Err(self.transport_error()),
            _ => Err(StepError::Unknown),
        }
    }

    /// The error for `SSL_ERROR_SSL`.
    ///
    /// For `SSL_ERROR_SSL`, the queue has an error, with one exception: for a call on a connection
    /// that has failed before, OpenSSL 4.0 returns `SSL_ERROR_SSL` with an empty queue. OpenSSL 3
    /// returns `SSL_ERROR_SYSCALL`.
    fn library_error(&self) -> StepError {
        let queue = ErrorStack::get();
        if queue.errors().is_empty() {
            return self.transport_error();
        }
        StepError::Ssl(queue)
    }

    /// The error for `SSL_ERROR_SYSCALL`.
    fn transport_error(&self) -> StepError {
        let queue = ErrorStack::get();
        match self.bio.error.borrow_mut().take() {
            Some(error) => StepError::Io(error),
            None if queue.errors().is_empty() => StepError::Eof,
            None => StepError::Ssl(queue),
        }
    }

    /// Lets a client answer, or a server send, a request for a certificate after the handshake.
    pub(crate) fn enable_post_handshake_auth(&mut self, server: bool) {
        if server {
            let mode = self.ssl.verify_mode().bits() | sys::SSL_VERIFY_POST_HANDSHAKE;
            self.ssl.set_verify(SslVerifyMode::from_bits_retain(mode));
        } else {
            // SAFETY: no other thread uses this `SSL` (S4).
            unsafe { decl::SSL_set_post_handshake_auth(self.ssl.as_ptr(), 1) };
        }
    }

    /// Uses this certificate instead of the context's.
    pub(crate) fn use_identity(
        &mut self,
        leaf: &X509Ref,
        chain: &[X509],
        key: &PKeyRef<Private>,
    ) -> Result<(), ErrorStack> {
        // SAFETY: no other thread uses this `SSL` (S4). The list of certificates belongs to the
        // connection: `SSL_new` copied it.
        unsafe { decl::SSL_certs_clear(self.ssl.as_ptr()) };
        self.ssl.set_certificate(leaf)?;
        for certificate in chain {
            self.ssl.add_chain_cert(certificate.clone())?;
        }
        self.ssl.set_private_key(key)
    }

    /// Adds a host name that the peer's certificate may have. An empty name is an error.
    pub(crate) fn add_host(&mut self, name: &str) -> Result<(), ErrorStack> {
        // For a length of 0, OpenSSL reads up to a NUL.
        if name.is_empty() {
            return Err(ErrorStack::get());
        }
        // SAFETY: no other thread uses this `SSL` (S4). The parameters belong to the connection.
        // The name has `len` bytes, which are copied.
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

    /// Sets the session id context of a server. The server does not resume a session with another
    /// session id context.
    pub(crate) fn set_session_id_context(&mut self, id: &[u8]) -> Result<(), ErrorStack> {
        let len = c_uint::try_from(id.len()).unwrap_or(c_uint::MAX);
        // SAFETY: no other thread uses this `SSL` (S4). OpenSSL copies `len` bytes, or returns an
        // error if that is too many.
        match unsafe { decl::SSL_set_session_id_context(self.ssl.as_ptr(), id.as_ptr(), len) } {
            1 => Ok(()),
            _ => Err(ErrorStack::get()),
        }
    }

    /// Requests the client's certificate. The next write sends the request.
    pub(crate) fn verify_client_post_handshake(&mut self) -> Result<(), ErrorStack> {
        clear_errors();
        // SAFETY: no other thread uses this `SSL` (S4).
        match unsafe { decl::SSL_verify_client_post_handshake(self.ssl.as_ptr()) } {
            1 => Ok(()),
            _ => Err(ErrorStack::get()),
        }
    }

    /// Ends the connection: nothing can be sent or received any more.
    pub(crate) fn end(&mut self) {
        // SAFETY: no other thread uses this `SSL` (S4).
        unsafe {
            let both = sys::SSL_SENT_SHUTDOWN | sys::SSL_RECEIVED_SHUTDOWN;
            sys::SSL_set_shutdown(self.ssl.as_ptr(), both);
        }
    }

    /// Sets the connection's own check of the peer's certificates.
    pub(crate) fn set_peer_check(&mut self, check: Box<dyn PeerCheck>) {
        self.callbacks.set_check(check);
    }

    /// Sets the receiver of the connection's new sessions.
    pub(crate) fn set_session_keeper(&mut self, keeper: Box<dyn SessionKeeper>) {
        self.callbacks.set_keeper(keeper);
    }

    /// Offers a copy of a session for resumption. The caller has compared the session's context with its
    /// own. OpenSSL marks the session of a connection that ends without `close_notify` as not resumable;
    /// since that affects the copy only, the session can be offered again.
    pub(crate) fn set_session(&mut self, session: &SslSessionRef) -> Result<(), ErrorStack> {
        let copy = session::copy(session)?;
        // SAFETY: a session must be used with one `SSL_CTX` only, because the cache of that `SSL_CTX` may contain the
        // session (SSL_set_session(3)). This copy is in no cache, and only this connection has it. OpenSSL takes a
        // reference of its own.
        unsafe { self.ssl.set_session(&copy) }
    }
}

/// Whether `SSL_MODE_RELEASE_BUFFERS` can be changed on a connection. From 3.2 on, setting the mode
/// affects only the read buffer, and clearing the mode affects no buffer.
fn mode_releases() -> bool {
    openssl::version::number() < 0x3020_0000
}

impl<T> Step<T> {
    /// Converts the value of a finished step.
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Done(value) => Step::Done(f(value)),
            Step::Again => Step::Again,
            Step::Busy => Step::Busy,
            Step::WantRead => Step::WantRead,
            Step::WantWrite => Step::WantWrite,
        }
    }
}
