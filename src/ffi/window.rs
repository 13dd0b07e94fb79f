//! Questions to a connection that is in the middle of a callback.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foreign_types::ForeignTypeRef;
use openssl::ssl::SslRef;
use openssl_sys as sys;

use super::trampoline::Callbacks;
use super::view::View;

/// Told when OpenSSL, called by the holder of a connection's lock, calls user code.
pub(crate) trait CallbackWatch: Send + Sync {
    /// User code begins (true), or has returned.
    fn in_callback(&self, on: bool);
}

/// Through this, threads look at a connection while user code, called by OpenSSL, keeps its lock.
///
/// OpenSSL stands still meanwhile. It goes on after the last one has looked.
pub(crate) struct Window {
    paused: Mutex<Option<Paused>>,
    watch: Arc<dyn CallbackWatch>,
}

/// A connection whose thread is in user code.
struct Paused {
    ssl: *mut sys::SSL,
    callbacks: *const Callbacks,
}

// SAFETY: both pointers are used by one thread at a time, the one that holds `Window::paused`, and
// valid for as long as the value stands there: see `Window::ask`.
unsafe impl Send for Paused {}

/// The window, open until this is dropped.
pub(super) struct Opened<'a>(&'a Window);

impl Window {
    pub(crate) fn new(watch: Arc<dyn CallbackWatch>) -> Window {
        Window {
            paused: Mutex::new(None),
            watch,
        }
    }

    fn paused(&self) -> MutexGuard<'_, Option<Paused>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the window for the time in which user code runs.
    ///
    /// # Safety
    ///
    /// Until the result is dropped, `ssl` and `callbacks` stay valid, and the thread that is in `ssl`
    /// runs nothing but user code, which reaches neither but through this window.
    pub(super) unsafe fn open(
        &self,
        ssl: *mut sys::SSL,
        callbacks: *const Callbacks,
    ) -> Opened<'_> {
        *self.paused() = Some(Paused { ssl, callbacks });
        self.watch.in_callback(true);
        Opened(self)
    }

    /// Looks at the connection; `None` if it is not in user code. `look` runs no user code.
    pub(crate) fn ask<R>(&self, look: impl FnOnce(&View<'_>) -> R) -> Option<R> {
        let paused = self.paused();
        let paused = paused.as_ref()?;
        // SAFETY: what stands here is valid, and the thread that is in the connection does not touch
        // it: it leaves user code through `Opened::drop`, which waits for the mutex held here. No
        // other thread looks at the same time. The view does not outlive the call.
        let view = unsafe { View::new(SslRef::from_ptr(paused.ssl), &*paused.callbacks) };
        Some(look(&view))
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.0.watch.in_callback(false);
        *self.0.paused() = None;
    }
}
