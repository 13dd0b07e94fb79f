//! The `BIO` through which OpenSSL reads and writes records: it calls a [`Transport`].

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_long, c_void};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl_sys as sys;

use super::decl::{BIO_CTRL_EOF, BIO_FLAGS_IN_EOF};
use super::method::BioMethod;
use super::read_buf::ReadBuf;
use super::util;

/// Reads and writes a connection's records. The error is `WouldBlock` if there is no data to read
/// now, or no room to write. Only calls in [`IoMode::Blocking`] wait.
pub(crate) trait Transport: Send {
    /// Reads bytes into `buf`. If it writes none, the stream has ended.
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()>;

    /// Writes some of `buf`.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize>;

    /// Sets whether `write` may collect data, to send more of it in one system call.
    fn gather(&mut self, _on: bool) {}

    /// Sends the data that `write` has collected. If there is no room for all of it, the next call
    /// first sends the rest.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// The number of bytes that were read from the socket and not yet passed to OpenSSL.
    fn buffered(&self) -> usize {
        0
    }

    /// Sets how `read` and `write` use the network.
    fn set_io_mode(&mut self, _mode: IoMode) {}

    /// Begins a step of the handshake. `waits` tells whether the caller waits for the socket before the next step.
    fn begin_flight(&mut self, _waits: bool) {}

    /// Ends the step: removes from the socket's queue the bytes that OpenSSL has read, and no others.
    fn end_flight(&mut self) {}

    /// Removes from the socket's queue the bytes that OpenSSL has read so far. The `BIO` calls this before user code
    /// runs within a step, because user code may use the socket.
    fn pause_flight(&mut self) {}

    /// Takes `seen`: the bytes that the caller found in the socket's queue while it waited, or the socket's error. The
    /// next step reads these bytes first.
    fn feed(&mut self, _seen: io::Result<Vec<u8>>) {}

    /// Returns the buffered bytes, which the peer sent after the end of the TLS connection.
    fn take_buffered(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// How the reads and writes of a step use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IoMode {
    /// Reads take bytes from the buffer, or else from the network. Reads and writes wait if they must. Only
    /// for transports that can wait.
    Blocking,
    /// Reads take bytes from the buffer, or else from the network. Nothing waits.
    NonBlocking,
    /// Reads take bytes from the buffer only. Nothing waits.
    BufferOnly,
}

/// The data of the `BIO`.
pub(super) struct BioState {
    pub(super) transport: RefCell<Box<dyn Transport>>,
    pub(super) error: RefCell<Option<io::Error>>,
    eof: Cell<bool>,
    /// The part of the current step's budget that is left.
    budget: Cell<u32>,
    /// Whether the last step ended because its budget was used up.
    spent: Cell<bool>,
    /// How often the current step has read.
    reads: Cell<u32>,
}

/// The budget of one step. It limits how many records without application data (key updates, tickets, requests,
/// warnings) a step processes. A record takes two reads. A write costs more than a read: during a read, OpenSSL writes
/// only to answer the peer, and the answer may require a signature.
const BUDGET: u32 = 128;
const READ: u32 = 1;
const WRITE: u32 = 16;

impl BioState {
    pub(super) fn new(transport: Box<dyn Transport>) -> BioState {
        BioState {
            transport: RefCell::new(transport),
            error: RefCell::new(None),
            eof: Cell::new(false),
            budget: Cell::new(BUDGET),
            spent: Cell::new(false),
            reads: Cell::new(0),
        }
    }

    /// Begins a step, with its whole budget.
    pub(super) fn begin_step(&self) {
        self.budget.set(BUDGET);
        self.spent.set(false);
        self.reads.set(0);
    }

    /// Whether the last step has read more than one record. A record takes two reads.
    pub(super) fn has_read_several(&self) -> bool {
        self.reads.get() > 2
    }

    /// Whether the last step ended because its budget was used up.
    pub(super) fn is_budget_used(&self) -> bool {
        self.spent.get()
    }

    fn spend(&self, cost: u32) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(cost));
        left > 0
    }

    /// Converts the transport's result: the number for C, and whether to set the retry flag.
    fn to_c(&self, outcome: std::thread::Result<io::Result<usize>>) -> (c_int, bool) {
        match outcome {
            Ok(Ok(n)) => (c_int::try_from(n).unwrap_or(c_int::MAX), false),
            Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => (-1, true),
            Ok(Err(error)) => {
                *self.error.borrow_mut() = Some(error);
                (-1, false)
            }
            // A transport should not panic. If one does, the connection fails.
            Err(_) => {
                *self.error.borrow_mut() = Some(io::Error::other("the transport panicked"));
                (-1, false)
            }
        }
    }
}

/// A new `BIO` with `state` as its data. The caller passes it to an `SSL`, which frees it.
///
/// # Safety
///
/// `state` must stay valid, and be used through shared references only, until the `BIO` is freed.
pub(super) unsafe fn new(state: *const BioState) -> Result<*mut sys::BIO, ErrorStack> {
    static METHOD: OnceCell<BioMethod> = OnceCell::new();
    let method = METHOD.get_or_try_init(|| {
        // SAFETY: `BioMethod::new` has just made the table, and the setters only store the
        // functions.
        BioMethod::new(c"pyssl", |method| unsafe {
            sys::BIO_meth_set_write__fixed_rust(method, Some(write));
            sys::BIO_meth_set_read__fixed_rust(method, Some(read));
            sys::BIO_meth_set_ctrl__fixed_rust(method, Some(ctrl));
        })
    })?;
    // SAFETY: the three functions read the data as a `BioState`, and the caller promises one that
    // outlives the `BIO`.
    unsafe { method.bio(state.cast_mut().cast()) }
}

/// # Safety
///
/// `bio` was made by [`new`].
unsafe fn state<'a>(bio: *mut sys::BIO) -> Option<&'a BioState> {
    // SAFETY: the data of a `BIO` of `new` is a `BioState`. The caller of `new` has promised that
    // it is valid until the `BIO` is freed.
    unsafe { sys::BIO_get_data(bio).cast::<BioState>().as_ref() }
}

/// Prepares the transport of a connection for user code, which OpenSSL is about to call.
///
/// # Safety
///
/// `ssl` is live, and its `BIO` was made by [`new`].
pub(super) unsafe fn pause(ssl: *const sys::SSL) {
    // SAFETY: the caller promises a live `SSL` whose `BIO` was made by `new`.
    let state = unsafe {
        let bio = sys::SSL_get_rbio(ssl);
        if bio.is_null() { None } else { state(bio) }
    };
    // The transport is not in use: OpenSSL calls user code between its reads and writes.
    if let Some(mut transport) = state.and_then(|state| state.transport.try_borrow_mut().ok()) {
        transport.pause_flight();
    }
}

unsafe extern "C" fn write(bio: *mut sys::BIO, data: *const c_char, len: c_int) -> c_int {
    // SAFETY: only `new` makes a `BIO` with this function, and OpenSSL passes `len` readable bytes.
    let (Some(state), data) = (unsafe { state(bio) }, unsafe {
        util::slice(data.cast(), usize::try_from(len).unwrap_or(0))
    }) else {
        return -1;
    };
    // SAFETY: `bio` is the argument of this function, so it is live.
    unsafe { sys::BIO_clear_retry_flags(bio) };
    // The data is sent even if the budget is used up, because OpenSSL has encrypted it already.
    state.spend(WRITE);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        state.transport.borrow_mut().write(data)
    }));
    let (n, retry) = state.to_c(outcome);
    if retry {
        // SAFETY: `bio` is the argument of this function, so it is live.
        unsafe { sys::BIO_set_retry_write(bio) };
    }
    n
}

unsafe extern "C" fn read(bio: *mut sys::BIO, data: *mut c_char, len: c_int) -> c_int {
    // SAFETY: only `new` makes a `BIO` with this function.
    let Some(state) = (unsafe { state(bio) }) else {
        return -1;
    };
    if len <= 0 {
        return 0;
    }
    // SAFETY: OpenSSL passes `len` bytes of its own memory, which nothing else uses during this
    // call.
    let mut buf = ReadBuf::new(unsafe { util::uninit_slice(data, len) });
    state.reads.set(state.reads.get() + 1);
    // SAFETY: `bio` is the argument of this function, so it is live.
    unsafe { sys::BIO_clear_retry_flags(bio) };
    let outcome = match state.spend(READ) {
        true => catch_unwind(AssertUnwindSafe(|| {
            state.transport.borrow_mut().read(&mut buf)
        })),
        false => {
            state.spent.set(true);
            Ok(Err(io::ErrorKind::WouldBlock.into()))
        }
    };
    let outcome = outcome.map(|read| read.map(|()| buf.filled()));
    state.eof.set(matches!(outcome, Ok(Ok(0))));
    let (n, retry) = state.to_c(outcome);
    if retry {
        // SAFETY: `bio` is the argument of this function, so it is live.
        unsafe { sys::BIO_set_retry_read(bio) };
    }
    if state.eof.get() {
        // SAFETY: `bio` is the argument of this function, so it is live. OpenSSL's own socket `BIO`
        // marks its end with the same flag.
        unsafe { sys::BIO_set_flags(bio, BIO_FLAGS_IN_EOF) };
    }
    n
}

unsafe extern "C" fn ctrl(
    bio: *mut sys::BIO,
    cmd: c_int,
    _num: c_long,
    _ptr: *mut c_void,
) -> c_long {
    match cmd {
        sys::BIO_CTRL_FLUSH => 1,
        // SAFETY: only `new` makes a `BIO` with this function.
        BIO_CTRL_EOF => unsafe { state(bio) }.map_or(0, |state| c_long::from(state.eof.get())),
        // The other commands ask for features of sockets, which this `BIO` does not have. OpenSSL sends such commands
        // several times for each record.
        _ => 0,
    }
}
