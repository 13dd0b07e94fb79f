//! Every function that OpenSSL calls, and the one way through which they reach Rust code.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl::ssl::NameType;
use openssl_sys as sys;

use super::hooks::{Hooks, SniDecision};
use super::util;

/// Why user code, called by OpenSSL, did not do its work.
pub(crate) enum Failure {
    Error(Box<dyn std::error::Error + Send + Sync>),
    Panic(Box<dyn Any + Send>),
}

/// What callbacks find through the one `ex_data` slot of an `SSL`.
///
/// The owner of the `SSL` keeps it alive and in place until after `SSL_free` (invariant S2).
pub(crate) struct Callbacks {
    /// The context that the connection was made from.
    original: Arc<dyn Hooks>,
    /// The context after a switch for the client's server name.
    current: RefCell<Arc<dyn Hooks>>,
    failure: RefCell<Option<Failure>>,
    /// Some user code failed: none is called again for this operation.
    poisoned: Cell<bool>,
    /// The protocol that was chosen; OpenSSL copies it after the callback has returned.
    alpn: RefCell<Vec<u8>>,
}

impl Callbacks {
    pub(crate) fn new(hooks: Arc<dyn Hooks>) -> Callbacks {
        Callbacks {
            current: RefCell::new(Arc::clone(&hooks)),
            original: hooks,
            failure: RefCell::new(None),
            poisoned: Cell::new(false),
            alpn: RefCell::new(Vec::new()),
        }
    }

    /// The context in use now.
    pub(crate) fn current(&self) -> Arc<dyn Hooks> {
        Arc::clone(&self.current.borrow())
    }

    /// Keeps another context alive for as long as the connection may use it.
    pub(crate) fn set_current(&self, hooks: Arc<dyn Hooks>) {
        // Dropped behind the borrow: callbacks may go with it.
        drop(self.current.replace(hooks));
    }

    /// What user code failed with since the last call of this.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.poisoned.set(false);
        self.failure.borrow_mut().take()
    }

    fn fail(&self, failure: Failure) {
        self.poisoned.set(true);
        // The first one counts.
        let earlier = self.failure.take();
        self.failure.replace(earlier.or(Some(failure)));
    }
}

/// The index of our slot in every `SSL`.
pub(super) fn slot() -> Result<c_int, ErrorStack> {
    static SLOT: OnceCell<c_int> = OnceCell::new();
    SLOT.get_or_try_init(|| {
        openssl::init();
        // SAFETY: no callbacks and no argument; OpenSSL locks its list of indices.
        let index = unsafe {
            sys::CRYPTO_get_ex_new_index(
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

/// Runs `f` for the connection behind `ssl`: nothing unwinds into C, the thread's error queue
/// stays as OpenSSL left it, and after a failure no user code runs until the caller has seen it.
///
/// # Safety
///
/// `ssl` is what OpenSSL handed to a callback.
unsafe fn dispatch<R>(ssl: *const sys::SSL, refused: R, f: impl FnOnce(&Callbacks) -> R) -> R {
    let Ok(index) = slot() else { return refused };
    // SAFETY: OpenSSL passes a live SSL; our slot holds null or what `SslHandle::new` put there.
    let data = unsafe { sys::SSL_get_ex_data(ssl, index) }.cast::<Callbacks>();
    if data.is_null() {
        return refused;
    }
    // SAFETY: S2, the owner of the SSL keeps the state alive while the SSL lives, and gives out
    // shared references only.
    let state = unsafe { &*data };
    if state.poisoned.get() {
        return refused;
    }
    let queue = ErrorStack::get();
    let answer = catch_unwind(AssertUnwindSafe(|| f(state)));
    // What user code left behind is none of the running operation's.
    drop(ErrorStack::get());
    queue.put();
    answer.unwrap_or_else(|panic| {
        state.fail(Failure::Panic(panic));
        refused
    })
}

/// Chooses the first of the server's protocols that the client offers. Without one in common the
/// extension is ignored, as in Python.
pub(super) unsafe extern "C" fn alpn_select(
    ssl: *mut sys::SSL,
    out: *mut *const c_uchar,
    out_len: *mut c_uchar,
    offered: *const c_uchar,
    offered_len: c_uint,
    _arg: *mut c_void,
) -> c_int {
    let choose = |state: &Callbacks| {
        // SAFETY: OpenSSL's list of the client's protocols, valid during the call.
        let offered = unsafe { util::slice(offered, offered_len as usize) };
        let current = state.current();
        let Some(protocol) = first_common(current.alpn(), offered) else {
            return sys::SSL_TLSEXT_ERR_NOACK;
        };
        let Ok(length) = c_uchar::try_from(protocol.len()) else {
            return sys::SSL_TLSEXT_ERR_NOACK;
        };
        let mut kept = state.alpn.borrow_mut();
        kept.clear();
        kept.extend_from_slice(protocol);
        // SAFETY: OpenSSL passes two places to write to, and copies the protocol before the next
        // callback; the state, which owns the bytes, lives longer (S2).
        unsafe {
            *out = kept.as_ptr();
            *out_len = length;
        }
        sys::SSL_TLSEXT_ERR_OK
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, sys::SSL_TLSEXT_ERR_ALERT_FATAL, choose) }
}

/// The first entry of `preferred` that stands in `offered`; both have length bytes.
fn first_common<'a>(preferred: &'a [u8], offered: &[u8]) -> Option<&'a [u8]> {
    protocols(preferred).find(|ours| protocols(offered).any(|theirs| theirs == *ours))
}

/// The entries of a list with length bytes; what is cut off at the end is left out.
fn protocols(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (&length, rest) = list.split_first()?;
        let (entry, rest) = rest.split_at_checked(usize::from(length))?;
        list = rest;
        Some(entry)
    })
}

/// Asks the context what to do for the client's server name.
pub(super) unsafe extern "C" fn server_name(
    ssl: *mut sys::SSL,
    alert: *mut c_int,
    _arg: *mut c_void,
) -> c_int {
    let decide = |state: &Callbacks| {
        // SAFETY: `ssl` is live, the name belongs to it and is not changed during the call.
        let name =
            unsafe { util::c_str(sys::SSL_get_servername(ssl, NameType::HOST_NAME.as_raw())) };
        match state.original.server_name(name) {
            SniDecision::NotAsked => sys::SSL_TLSEXT_ERR_NOACK,
            SniDecision::Continue => sys::SSL_TLSEXT_ERR_OK,
            SniDecision::Switch(hooks) => {
                // SAFETY: both are live; the state keeps the new context alive as long as the SSL
                // may use it (S3), which holds a reference of its own besides.
                let now = unsafe { sys::SSL_set_SSL_CTX(ssl, hooks.handle().as_ptr()) };
                if now.is_null() {
                    return refuse(alert, sys::SSL_AD_INTERNAL_ERROR);
                }
                state.set_current(hooks);
                sys::SSL_TLSEXT_ERR_OK
            }
            SniDecision::Refuse(number, error) => {
                if let Some(error) = error {
                    state.fail(Failure::Error(error));
                }
                refuse(alert, c_int::from(number))
            }
        }
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, refuse(alert, sys::SSL_AD_HANDSHAKE_FAILURE), decide) }
}

/// Sets the alert that goes to the peer.
fn refuse(alert: *mut c_int, number: c_int) -> c_int {
    if !alert.is_null() {
        // SAFETY: OpenSSL passes a place for the alert to this callback.
        unsafe { *alert = number };
    }
    sys::SSL_TLSEXT_ERR_ALERT_FATAL
}

/// Passes a line of the key log on.
pub(super) unsafe extern "C" fn keylog(ssl: *const sys::SSL, line: *const c_char) {
    let write = |state: &Callbacks| {
        // SAFETY: OpenSSL passes a string that ends in NUL.
        if let Some(line) = unsafe { util::text(line) } {
            state.current().keylog(line);
        }
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, (), write) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_order_decides_between_common_protocols() {
        assert_eq!(
            first_common(b"\x02h2\x08http/1.1", b"\x08http/1.1\x02h2"),
            Some(&b"h2"[..])
        );
        assert_eq!(first_common(b"\x02h2", b"\x03spd"), None);
    }

    #[test]
    fn lists_that_are_cut_off_or_empty_select_nothing() {
        assert_eq!(first_common(b"\x02h2", b"\x08htt"), None);
        assert_eq!(first_common(b"", b"\x02h2"), None);
        assert_eq!(first_common(b"\x02h2", b""), None);
    }
}
