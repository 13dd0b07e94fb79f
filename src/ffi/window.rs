//! Read access to a connection whose thread is in a callback.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foreign_types::ForeignTypeRef;
use openssl::ssl::SslRef;
use openssl_sys as sys;

use super::hooks::Hooks;
use super::view::View;

/// Notified when OpenSSL calls user code while a thread holds the connection's lock.
pub(crate) trait CallbackWatch: Send + Sync {
    /// User code begins if `on` is set, and has returned otherwise.
    fn in_callback(&self, on: bool);
}

/// Lets other threads read a connection while OpenSSL calls user code under the connection's lock.
///
/// OpenSSL does nothing while user code runs. It continues when user code has returned and the last reader is done.
pub(crate) struct Window {
    paused: Mutex<Option<PausedConnection>>,
    watch: Arc<dyn CallbackWatch>,
}

/// A connection whose thread runs user code.
struct PausedConnection {
    ssl: *mut sys::SSL,
    context: *const RefCell<Arc<dyn Hooks>>,
}

// SAFETY: only the thread that holds `Window::paused` uses the pointers, and they are valid while
// the value is in that mutex: see `Window::read`.
unsafe impl Send for PausedConnection {}

/// Keeps a window open until it is dropped.
pub(super) struct WindowGuard<'a>(&'a Window);

impl Window {
    pub(crate) fn new(watch: Arc<dyn CallbackWatch>) -> Window {
        Window {
            paused: Mutex::new(None),
            watch,
        }
    }

    fn paused(&self) -> MutexGuard<'_, Option<PausedConnection>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the window while user code runs.
    ///
    /// # Safety
    ///
    /// Until the result is dropped, `ssl` and `context` stay valid, and the thread that uses `ssl`
    /// runs only user code, which reaches both only through this window.
    pub(super) unsafe fn open(
        &self,
        ssl: *mut sys::SSL,
        context: *const RefCell<Arc<dyn Hooks>>,
    ) -> WindowGuard<'_> {
        *self.paused() = Some(PausedConnection { ssl, context });
        self.watch.in_callback(true);
        WindowGuard(self)
    }

    /// Calls `look` with the connection; `None` if no user code runs. `look` must not run user code.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&View<'_>) -> R) -> Option<R> {
        let paused = self.paused();
        let paused = paused.as_ref()?;
        // SAFETY: the caller of `open` has promised valid pointers for as long as the window is
        // open. The connection's thread does not use them now: it leaves user code through
        // `WindowGuard::drop`, which waits for the mutex that is held here. The mutex also excludes
        // other readers. The view does not outlive the call.
        let view = unsafe { View::new(SslRef::from_ptr(paused.ssl), &*paused.context) };
        Some(look(&view))
    }
}

impl Drop for WindowGuard<'_> {
    fn drop(&mut self) {
        self.0.watch.in_callback(false);
        *self.0.paused() = None;
    }
}
