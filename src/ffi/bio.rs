//! A `BIO` on a Rust value: how OpenSSL reaches sockets and buffers.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_long, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl_sys as sys;

use super::decl::{self, BIO_CTRL_EOF, BIO_FLAGS_IN_EOF};
use super::room::Room;
use super::util;

/// Where a connection's records come from and go to. Neither call waits, except a read in
/// [`ReadMode::Blocking`]: without data or without room it returns `WouldBlock`.
pub(crate) trait Transport: Send {
    /// Reads what fits into `room`. To leave it empty is the end.
    fn read(&mut self, room: &mut Room<'_>) -> io::Result<()>;

    /// Writes some of `buf`.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize>;

    /// Sets whether `write` only gathers what it is given, up to some size.
    fn gather(&mut self, _on: bool) {}

    /// Writes what was gathered. What there is no room for stays and goes before all else.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// How many bytes were read from below and not yet handed up.
    fn buffered(&self) -> usize {
        0
    }

    /// Sets where `read` gets bytes from.
    fn set_read_mode(&mut self, _mode: ReadMode) {}

    /// A step of the handshake begins. `waits` says that its caller waits before the next one.
    fn begin_flight(&mut self, _waits: bool) {}

    /// The step is over: what was read in it is to be taken from below, and no more.
    fn end_flight(&mut self) {}

    /// User code is about to run in this step, and may use what is below: what was read so far is to
    /// be taken from there.
    fn pause_flight(&mut self) {}

    /// What the caller has seen while it waited: the next step begins with it.
    fn feed(&mut self, _seen: io::Result<Vec<u8>>) {}

    /// Takes what is buffered; it belongs to whatever follows the TLS connection.
    fn take_buffered(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// Where the reads of a step get their bytes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadMode {
    /// From the buffer, or else from the network. An empty network is waited for, if the transport can
    /// wait.
    Blocking,
    /// From the buffer, or else from the network.
    NonBlocking,
    /// From the buffer only.
    BufferOnly,
}

/// What the functions of the `BIO` find as its data.
pub(super) struct BioState {
    pub(super) transport: RefCell<Box<dyn Transport>>,
    pub(super) error: RefCell<Option<io::Error>>,
    eof: Cell<bool>,
    /// What the step that is under way may still spend.
    budget: Cell<u32>,
    /// The step was ended since it had spent all.
    spent: Cell<bool>,
}

/// What one step may spend. A record takes two reads, so these are the records that a peer can make
/// a step work on without giving the program any data: key updates, tickets, requests, warnings.
/// Writing counts for more, since a step that reads writes when it answers, and may sign.
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
        }
    }

    /// Gives the step that begins its budget.
    pub(super) fn begin_step(&self) {
        self.budget.set(BUDGET);
        self.spent.set(false);
    }

    /// Whether the step that has ended was ended for its budget.
    pub(super) fn has_spent_all(&self) -> bool {
        self.spent.get()
    }

    fn spend(&self, cost: u32) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(cost));
        left > 0
    }

    /// Counts an outcome of the transport; the number for C, and whether to try again later.
    fn settle(&self, outcome: std::thread::Result<io::Result<usize>>) -> (c_int, bool) {
        match outcome {
            Ok(Ok(n)) => (c_int::try_from(n).unwrap_or(c_int::MAX), false),
            Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => (-1, true),
            Ok(Err(error)) => {
                *self.error.borrow_mut() = Some(error);
                (-1, false)
            }
            // Transports are ours and do not panic; if one did, the connection fails.
            Err(_) => {
                *self.error.borrow_mut() = Some(io::Error::other("the transport panicked"));
                (-1, false)
            }
        }
    }
}

/// A new `BIO` with `state` as its data, to be handed to an `SSL` at once.
///
/// # Safety
///
/// `state` must stay valid, and be used through shared references only, until the `BIO` is freed.
pub(super) unsafe fn new(state: *const BioState) -> Result<*mut sys::BIO, ErrorStack> {
    let method = method()?;
    // SAFETY: the method is complete and lives for ever.
    let bio = unsafe { sys::BIO_new(method.0) };
    if bio.is_null() {
        return Err(ErrorStack::get());
    }
    // SAFETY: a fresh BIO of our method; its functions take the data as `BioState`.
    unsafe {
        sys::BIO_set_data(bio, state.cast_mut().cast::<c_void>());
        sys::BIO_set_init(bio, 1);
    }
    Ok(bio)
}

struct Method(*mut sys::BIO_METHOD);

// SAFETY: a table of function pointers, complete before it is shared and never changed after.
unsafe impl Send for Method {}
// SAFETY: as above.
unsafe impl Sync for Method {}

fn method() -> Result<&'static Method, ErrorStack> {
    static METHOD: OnceCell<Method> = OnceCell::new();
    METHOD.get_or_try_init(|| {
        // SAFETY: a name that lives for ever; the setters only store the functions.
        unsafe {
            let method = decl::BIO_meth_new(sys::BIO_TYPE_NONE, c"pyssl".as_ptr());
            if method.is_null() {
                return Err(ErrorStack::get());
            }
            sys::BIO_meth_set_write__fixed_rust(method, Some(write));
            sys::BIO_meth_set_read__fixed_rust(method, Some(read));
            sys::BIO_meth_set_ctrl__fixed_rust(method, Some(ctrl));
            Ok(Method(method))
        }
    })
}

/// # Safety
///
/// `bio` was made by [`new`].
unsafe fn state<'a>(bio: *mut sys::BIO) -> Option<&'a BioState> {
    // SAFETY: by the promise made to `new`, its data is a `BioState` for as long as the BIO lives.
    unsafe { sys::BIO_get_data(bio).cast::<BioState>().as_ref() }
}

/// Prepares the transport of a connection for user code, which OpenSSL is about to call.
///
/// # Safety
///
/// `ssl` is live, and its `BIO` was made by [`new`].
pub(super) unsafe fn pause(ssl: *const sys::SSL) {
    // SAFETY: the caller's.
    let state = unsafe {
        let bio = sys::SSL_get_rbio(ssl);
        if bio.is_null() { None } else { state(bio) }
    };
    // OpenSSL calls user code from outside the transport; otherwise there is nothing to prepare.
    if let Some(mut transport) = state.and_then(|state| state.transport.try_borrow_mut().ok()) {
        transport.pause_flight();
    }
}

unsafe extern "C" fn write(bio: *mut sys::BIO, data: *const c_char, len: c_int) -> c_int {
    // SAFETY: OpenSSL calls this for BIOs of our method only, with `len` readable bytes.
    let (Some(state), data) = (unsafe { state(bio) }, unsafe {
        util::slice(data.cast(), usize::try_from(len).unwrap_or(0))
    }) else {
        return -1;
    };
    // SAFETY: a live BIO.
    unsafe { sys::BIO_clear_retry_flags(bio) };
    // A write is never refused: what OpenSSL has sealed must go out.
    state.spend(WRITE);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        state.transport.borrow_mut().write(data)
    }));
    let (n, retry) = state.settle(outcome);
    if retry {
        // SAFETY: a live BIO.
        unsafe { sys::BIO_set_retry_write(bio) };
    }
    n
}

unsafe extern "C" fn read(bio: *mut sys::BIO, data: *mut c_char, len: c_int) -> c_int {
    // SAFETY: OpenSSL calls this for BIOs of our method only.
    let Some(state) = (unsafe { state(bio) }) else {
        return -1;
    };
    let Ok(len @ 1..) = usize::try_from(len) else {
        return 0;
    };
    // SAFETY: OpenSSL passes `len` writable bytes of its own, which nobody else uses during the
    // call; they need not be initialised.
    #[allow(clippy::disallowed_methods, reason = "not null")]
    let memory = unsafe { std::slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), len) };
    let mut room = Room::new(memory);
    // SAFETY: a live BIO.
    unsafe { sys::BIO_clear_retry_flags(bio) };
    let outcome = match state.spend(READ) {
        true => catch_unwind(AssertUnwindSafe(|| {
            state.transport.borrow_mut().read(&mut room)
        })),
        false => {
            state.spent.set(true);
            Ok(Err(io::ErrorKind::WouldBlock.into()))
        }
    };
    let outcome = outcome.map(|read| read.map(|()| room.filled()));
    state.eof.set(matches!(outcome, Ok(Ok(0))));
    let (n, retry) = state.settle(outcome);
    if retry {
        // SAFETY: a live BIO.
        unsafe { sys::BIO_set_retry_read(bio) };
    }
    if state.eof.get() {
        // SAFETY: a live BIO. OpenSSL's own socket BIO marks its end in the same way.
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
        // SAFETY: OpenSSL calls this for BIOs of our method only.
        BIO_CTRL_EOF => unsafe { state(bio) }.map_or(0, |state| c_long::from(state.eof.get())),
        // Most calls ask for what only sockets have, several times for each record.
        _ => 0,
    }
}
