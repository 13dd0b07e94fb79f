//! Every function that OpenSSL calls, and the one way through which they reach Rust code.

mod alpn;
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
pub(crate) use alpn::first_common;
pub(in crate::ffi) use keylog::keylog;
pub(in crate::ffi) use message::message;
pub(in crate::ffi) use psk::{psk_client, psk_server};
pub(in crate::ffi) use server_name::server_name;
pub(in crate::ffi) use session::client_session;
pub(in crate::ffi) use status::status;
pub(in crate::ffi) use ticket::{keep_ticket_keys, ticket};
pub(in crate::ffi) use verify::verify;

/// Why user code, called by OpenSSL, did not do its work.
pub(crate) enum Failure {
    Error(BoxError),
    Panic(Box<dyn Any + Send>),
    /// An error of code that only looks on: it decides nothing.
    Aside(BoxError),
}

/// What callbacks find through the one `ex_data` slot of an `SSL`.
///
/// The owner of the `SSL` keeps it alive and in place until after `SSL_free` (invariant S2).
pub(crate) struct Callbacks {
    /// The context that the connection was made from.
    original: Arc<dyn Hooks>,
    /// The context in use: the original one until a switch.
    current: RefCell<Arc<dyn Hooks>>,
    failure: RefCell<Option<Failure>>,
    /// The protocol that was chosen; OpenSSL copies it after the callback has returned.
    alpn: RefCell<Vec<u8>>,
    stapling: Option<Box<dyn Stapling>>,
    keeper: OnceCell<Box<dyn SessionKeeper>>,
    check: OnceCell<Box<dyn PeerCheck>>,
    /// What the running verification has found so far: the errors and their places in the chain.
    errors: RefCell<Vec<(c_int, c_int)>>,
    /// Where others look at the connection while user code runs.
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
            stapling,
            keeper: OnceCell::new(),
            check: OnceCell::new(),
            errors: RefCell::default(),
            window,
        }
    }

    /// Sets what keeps the connection's sessions; the first one stays.
    pub(crate) fn set_keeper(&self, keeper: Box<dyn SessionKeeper>) {
        let _ = self.keeper.set(keeper);
    }

    /// Sets the connection's own check of the peer's certificates; the first one stays.
    pub(crate) fn set_check(&self, check: Box<dyn PeerCheck>) {
        let _ = self.check.set(check);
    }

    /// Whether more than OpenSSL decides on the peer's certificates.
    fn checks_peers(&self) -> bool {
        self.check.get().is_some() || self.current.borrow().verifies_peers()
    }

    /// The context in use now.
    pub(crate) fn current(&self) -> Arc<dyn Hooks> {
        Arc::clone(&self.current.borrow())
    }

    /// Keeps another context alive for as long as the connection may use it; the one before.
    #[must_use = "callbacks may go with it"]
    pub(crate) fn set_current(&self, hooks: Arc<dyn Hooks>) -> Arc<dyn Hooks> {
        self.current.replace(hooks)
    }

    /// What user code failed with. What it failed with aside waits until the operation is `over`.
    pub(crate) fn take_failure(&self, over: bool) -> Option<Failure> {
        if over || self.has_failed() {
            self.failure.take()
        } else {
            None
        }
    }

    /// Whether user code has failed in a way that decides how the operation ends.
    fn has_failed(&self) -> bool {
        !matches!(*self.failure.borrow(), None | Some(Failure::Aside(_)))
    }

    /// Keeps a failure that decides how the operation ends: no user code runs until it is seen.
    fn fail(&self, failure: Failure) {
        // The other is dropped behind the borrow.
        drop(self.failure.replace(Some(failure)));
    }

    /// Keeps an error of code that only looks on: the operation goes on, and then reports it.
    fn note(&self, error: BoxError) {
        // The first one counts; the other is dropped behind the borrow.
        let earlier = self.failure.take();
        self.failure
            .replace(earlier.or(Some(Failure::Aside(error))));
    }
}

/// The index of our slot in every `SSL`.
pub(in crate::ffi) fn slot() -> Result<c_int, ErrorStack> {
    static SLOT: OnceCell<c_int> = OnceCell::new();
    SLOT.get_or_try_init(|| {
        // SAFETY: no callbacks and no argument; OpenSSL locks its list of indices.
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

/// The connection that has called: what its callbacks share.
struct Running<'a> {
    callbacks: &'a Callbacks,
    ssl: *mut sys::SSL,
}

impl Running<'_> {
    /// Runs user code. Other threads, and the user code itself, may look at the connection meanwhile.
    /// `f` does not use the `SSL` itself but for reading.
    fn user_code<R>(&self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the connection is live, and `SslHandle::new` gave it its BIO.
        unsafe { bio::pause(self.ssl) };
        // SAFETY: the connection is live until the callback returns. This thread is the one that is in
        // it, and it is in `f` until the window is closed.
        let _open = unsafe { self.callbacks.window.open(self.ssl, self.callbacks) };
        f()
    }
}

impl Deref for Running<'_> {
    type Target = Callbacks;

    fn deref(&self) -> &Callbacks {
        self.callbacks
    }
}

/// The state of the connection behind `ssl`.
///
/// # Safety
///
/// `ssl` is what OpenSSL handed to a callback, and the result is used in that callback only.
unsafe fn callbacks<'a>(ssl: *const sys::SSL) -> Option<&'a Callbacks> {
    let index = slot().ok()?;
    // SAFETY: OpenSSL passes a live SSL; our slot holds null or what `SslHandle::new` put there. S2,
    // the owner of the SSL keeps the state alive while the SSL lives, and gives out shared
    // references only.
    unsafe {
        sys::SSL_get_ex_data(ssl, index)
            .cast::<Callbacks>()
            .as_ref()
    }
}

/// Runs `f` for the connection behind `ssl`: nothing unwinds into C, the thread's error queue
/// stays as OpenSSL left it, and after a failure no user code runs until the caller has seen it.
///
/// # Safety
///
/// `ssl` is what OpenSSL handed to a callback.
unsafe fn dispatch<R>(ssl: *const sys::SSL, refused: R, f: impl FnOnce(&Running<'_>) -> R) -> R {
    // SAFETY: the caller's.
    let Some(state) = (unsafe { callbacks(ssl) }) else {
        return refused;
    };
    if state.has_failed() {
        return refused;
    }
    let running = Running {
        callbacks: state,
        ssl: ssl.cast_mut(),
    };
    let queue = ErrorStack::get();
    let answer = catch_unwind(AssertUnwindSafe(|| f(&running)));
    // What user code left behind is none of the running operation's.
    clear_errors();
    queue.put();
    answer.unwrap_or_else(|panic| {
        state.fail(Failure::Panic(panic));
        refused
    })
}

/// Sets whether a connection shows its messages.
///
/// # Safety
///
/// `ssl` is live, and no other thread is in it.
pub(in crate::ffi) unsafe fn show_messages(ssl: *mut sys::SSL, on: bool) {
    let callback = on.then_some(message as _);
    // SAFETY: the caller's; the trampoline finds what it needs through the SSL.
    unsafe { decl::SSL_set_msg_callback(ssl, callback) };
}
