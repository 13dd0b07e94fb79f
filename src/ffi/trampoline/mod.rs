//! The functions that OpenSSL calls for a connection. All of them go through [`dispatch`].

mod alpn;
mod client_hello;
mod keylog;
mod message;
mod psk;
mod server_name;
mod session;
mod status;
mod ticket;
mod verify;

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl_sys as sys;

use super::bio;
use super::decl;
use super::hooks::{BoxError, Hooks, PeerCheck, SessionKeeper, Stapling};
use super::util::clear_errors;
use super::window::Window;

pub(in crate::ffi) use alpn::alpn_select;
pub(crate) use alpn::{first_common, protocols};
pub(in crate::ffi) use client_hello::client_hello;
pub(in crate::ffi) use keylog::keylog;
pub(in crate::ffi) use message::message;
pub(in crate::ffi) use psk::{psk_client, psk_server};
pub(in crate::ffi) use server_name::server_name;
pub(in crate::ffi) use session::client_session;
pub(in crate::ffi) use status::status;
pub(in crate::ffi) use ticket::{keep_ticket_keys, ticket};
pub(in crate::ffi) use verify::verify;

/// How user code that OpenSSL called has failed.
pub(crate) enum CallbackFailure {
    Error(BoxError),
    Panic(Box<dyn Any + Send>),
    /// An error of the key log or of the message callback, which does not end the operation.
    NonFatal(BoxError),
}

/// The data of a connection's callbacks, which they find through the `ex_data` index of [`slot`].
///
/// The owner of the `SSL` keeps the data at its address until after `SSL_free` (S2).
pub(crate) struct Callbacks {
    /// The context that the connection was made from.
    original: Arc<dyn Hooks>,
    /// The context in use: the original one until a switch.
    current: RefCell<Arc<dyn Hooks>>,
    failure: RefCell<Option<CallbackFailure>>,
    /// The chosen ALPN protocol. OpenSSL copies it after the callback has returned.
    alpn: RefCell<Vec<u8>>,
    /// The ALPN protocols that the client offers, for the callback for server names.
    offered: RefCell<Vec<u8>>,
    stapling: Option<Box<dyn Stapling>>,
    keeper: OnceCell<Box<dyn SessionKeeper>>,
    check: OnceCell<Box<dyn PeerCheck>>,
    /// The errors of the current verification, each with its depth in the chain.
    errors: RefCell<Vec<(c_int, c_int)>>,
    /// Lets other threads read the connection while user code runs.
    window: Arc<Window>,
}

impl Callbacks {
    pub(crate) fn new(
        hooks: Arc<dyn Hooks>,
        stapling: Option<Box<dyn Stapling>>,
        window: Arc<Window>,
    ) -> Callbacks {
        Callbacks {
            current: RefCell::new(Arc::clone(&hooks)),
            original: hooks,
            failure: RefCell::new(None),
            alpn: RefCell::new(Vec::new()),
            offered: RefCell::new(Vec::new()),
            stapling,
            keeper: OnceCell::new(),
            check: OnceCell::new(),
            errors: RefCell::default(),
            window,
        }
    }

    /// Sets the receiver of the connection's sessions, once.
    pub(crate) fn set_keeper(&self, keeper: Box<dyn SessionKeeper>) {
        let _ = self.keeper.set(keeper);
    }

    /// Sets the connection's own check of the peer's certificates; the first one stays.
    pub(crate) fn set_check(&self, check: Box<dyn PeerCheck>) {
        let _ = self.check.set(check);
    }

    /// Whether a callback or a check of the connection also decides on the peer's certificates.
    fn checks_peers(&self) -> bool {
        self.check.get().is_some() || self.current.borrow().verifies_peers()
    }

    /// The context in use now.
    pub(crate) fn current(&self) -> Arc<dyn Hooks> {
        Arc::clone(&self.current.borrow())
    }

    /// The context in use, for a [`View`](super::view::View).
    pub(crate) fn current_cell(&self) -> &RefCell<Arc<dyn Hooks>> {
        &self.current
    }

    /// Sets the context in use, and returns the earlier one.
    #[must_use = "user code may be dropped with it"]
    pub(crate) fn set_current(&self, hooks: Arc<dyn Hooks>) -> Arc<dyn Hooks> {
        self.current.replace(hooks)
    }

    /// Takes the failure of user code. A [`CallbackFailure::NonFatal`] is taken only if the operation is
    /// `over`.
    pub(crate) fn take_failure(&self, over: bool) -> Option<CallbackFailure> {
        if over || self.has_failed() {
            self.failure.take()
        } else {
            None
        }
    }

    /// Whether user code has failed in a way that ends the operation.
    fn has_failed(&self) -> bool {
        !matches!(
            *self.failure.borrow(),
            None | Some(CallbackFailure::NonFatal(_))
        )
    }

    /// Keeps a failure that ends the operation. No user code runs until it is taken.
    fn fail(&self, failure: CallbackFailure) {
        // An earlier failure is dropped when the cell is no longer borrowed, because its destructor
        // may be user code.
        drop(self.failure.replace(Some(failure)));
    }

    /// Keeps an error that does not end the operation. The operation reports the error at its end.
    fn note_failure(&self, error: BoxError) {
        // The first error is kept. The later error is dropped when the cell is no longer borrowed,
        // because its destructor may be user code.
        let earlier = self.failure.take();
        self.failure
            .replace(earlier.or(Some(CallbackFailure::NonFatal(error))));
    }
}

/// The `ex_data` index of [`Callbacks`] in an `SSL`.
pub(in crate::ffi) fn slot() -> Result<c_int, ErrorStack> {
    static SLOT: OnceCell<c_int> = OnceCell::new();
    SLOT.get_or_try_init(|| {
        // SAFETY: the call gets no callbacks and no argument. OpenSSL locks its list of indices.
        let index = unsafe {
            decl::CRYPTO_get_ex_new_index(
                sys::CRYPTO_EX_INDEX_SSL,
                0,
                std::ptr::null_mut(),
                None,
                None,
                None,
            )
        };
        if index < 0 {
            Err(ErrorStack::get())
        } else {
            Ok(index)
        }
    })
    .copied()
}

/// The connection for which OpenSSL has called a callback.
struct CallbackConnection<'a> {
    callbacks: &'a Callbacks,
    ssl: *mut sys::SSL,
}

impl CallbackConnection<'_> {
    /// Runs user code. Other threads, and the user code itself, can read the connection during that
    /// time. `f` itself must not change the `SSL`.
    fn user_code<R>(&self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the connection is live, and its BIO was made by `bio::new`, in `SslHandle::new`.
        unsafe { bio::pause(self.ssl) };
        // SAFETY: the connection is live until the callback returns. The connection is used by this thread, which runs
        // only `f` until the window is closed.
        let _open = unsafe {
            self.callbacks
                .window
                .open(self.ssl, &raw const self.callbacks.current)
        };
        f()
    }
}

impl Deref for CallbackConnection<'_> {
    type Target = Callbacks;

    fn deref(&self) -> &Callbacks {
        self.callbacks
    }
}

/// The data of a connection's callbacks.
///
/// # Safety
///
/// `ssl` is the argument of a callback, and the result is used in that callback only.
unsafe fn callbacks<'a>(ssl: *const sys::SSL) -> Option<&'a Callbacks> {
    let index = slot().ok()?;
    // SAFETY: the caller promises the argument of a callback, which is a live `SSL`. The index has
    // null or the pointer of `SslHandle::new`, whose value lives longer than the SSL, and there are
    // only shared references to it (S2).
    unsafe {
        sys::SSL_get_ex_data(ssl, index)
            .cast::<Callbacks>()
            .as_ref()
    }
}

/// Runs `f` for a connection, or returns `refused` if user code has failed before. A panic does not
/// unwind into C, and the thread's error queue stays as it was.
///
/// # Safety
///
/// `ssl` is the argument of a callback.
unsafe fn dispatch<R>(
    ssl: *const sys::SSL,
    refused: R,
    f: impl FnOnce(&CallbackConnection<'_>) -> R,
) -> R {
    // SAFETY: the caller promises the argument of a callback, and the result is used within it.
    let Some(state) = (unsafe { callbacks(ssl) }) else {
        return refused;
    };
    if state.has_failed() {
        return refused;
    }
    let running = CallbackConnection {
        callbacks: state,
        ssl: ssl.cast_mut(),
    };
    let queue = ErrorStack::get();
    let answer = catch_unwind(AssertUnwindSafe(|| f(&running)));
    // The errors that user code left in the queue do not belong to the current operation.
    clear_errors();
    queue.put();
    answer.unwrap_or_else(|panic| {
        state.fail(CallbackFailure::Panic(panic));
        refused
    })
}

/// Sets whether a connection calls the message callback.
///
/// # Safety
///
/// `ssl` is live, and no other thread uses it.
pub(in crate::ffi) unsafe fn show_messages(ssl: *mut sys::SSL, on: bool) {
    let callback = on.then_some(message as _);
    // SAFETY: the caller promises a live `SSL` that no other thread uses. The trampoline finds its
    // data through this `SSL`, which that data outlives (S2).
    unsafe { decl::SSL_set_msg_callback(ssl, callback) };
}
