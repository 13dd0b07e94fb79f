//! A `BIO` on a file. It reads lines as OpenSSL's own file `BIO` does. In addition, it keeps the
//! error of a failed read, and limits what OpenSSL reads into memory.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_long, c_void};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl_sys as sys;
use zeroize::Zeroizing;

use super::method::BioMethod;
use super::sys::FileState;
use super::{decl, util};

/// The most bytes of all PEM blocks of a file (`-----BEGIN` to `-----END`), and of one block. OpenSSL keeps a whole
/// block in memory, and has no limit of its own.
const MAX_IN_ALL_BLOCKS: usize = 512 << 20;
const MAX_IN_A_BLOCK: usize = 128 << 20;

/// The most bytes that are read from a pipe to find a key. OpenSSL keeps these bytes in memory, since a pipe cannot be
/// read twice, and has no limit of its own.
const MAX_KEPT_FROM_A_PIPE: usize = 16 << 20;

/// The most lines of a file that may begin with a NUL. When OpenSSL looks for a key, it starts its search again after
/// each such line, so without a limit the search could take very long.
const MAX_NUL_LINES: usize = 4096;

/// The data of the `BIO`.
struct State {
    reader: Reader,
    failure: Option<io::Error>,
}

/// A file and a buffer. The buffer is overwritten when it is freed, since it may hold a key.
struct Reader {
    file: File,
    buffer: Zeroizing<Vec<u8>>,
    /// The part of the buffer that was not returned yet: `next..end`.
    next: usize,
    end: usize,
    /// Whether the end of the file was reached.
    ended: bool,
    /// How many bytes of the current block were read; `None` outside of blocks.
    block: Option<usize>,
    in_blocks: usize,
    kept: usize,
    /// The number of lines that began with a NUL, for [`MAX_NUL_LINES`].
    nul_lines: usize,
}

impl Reader {
    fn new(file: File) -> Reader {
        Reader {
            file,
            buffer: Zeroizing::new(vec![0; 8192]),
            next: 0,
            end: 0,
            ended: false,
            block: None,
            in_blocks: 0,
            kept: 0,
            nul_lines: 0,
        }
    }

    /// The bytes in the buffer. An empty buffer is filled first, so the result is empty only at the
    /// end of the file.
    fn available(&mut self) -> io::Result<&[u8]> {
        while self.next == self.end && !self.ended {
            match self.file.read(&mut self.buffer) {
                Ok(0) => self.ended = true,
                Ok(n) => (self.next, self.end) = (0, n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.next..self.end])
    }

    /// C's `fgets`: copies bytes up to a line feed, or until one byte of `out` is left, and then a
    /// NUL. Returns the position of the first NUL, as OpenSSL's `strlen` does.
    fn line(&mut self, out: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        let Some((last, room)) = out.split_last_mut() else {
            return Ok(0);
        };
        let mut room = room.iter_mut();
        let mut first_nul = None;
        let mut begins = [0_u8; 11];
        let mut n = 0;
        loop {
            let available = self.available()?;
            let fitting = &available[..available.len().min(room.len())];
            let line_end = fitting.iter().position(|&byte| byte == b'\n');
            let part = line_end.map_or(fitting, |at| &fitting[..=at]);
            let taken = part.len();
            if taken == 0 {
                break;
            }
            if first_nul.is_none() {
                first_nul = part.iter().position(|&byte| byte == 0).map(|at| n + at);
            }
            for (to, &byte) in begins.iter_mut().skip(n).zip(part) {
                *to = byte;
            }
            // `zip` advances `part` before `room`, so no place of `room` is skipped when `part`
            // ends.
            for (&byte, to) in part.iter().zip(room.by_ref()) {
                to.write(byte);
            }
            n += taken;
            self.next += taken;
            if line_end.is_some() {
                break;
            }
        }
        match room.next() {
            Some(end) => end.write(0),
            None => last.write(0),
        };
        if first_nul == Some(0) {
            self.nul_lines += 1;
            if self.nul_lines > MAX_NUL_LINES {
                self.end_here();
            }
        }
        Ok(match self.count(&begins, n) {
            false => first_nul.unwrap_or(n),
            true => 0,
        })
    }

    /// Counts a line of `n` bytes. Returns whether a limit is exceeded.
    fn count(&mut self, begins: &[u8; 11], n: usize) -> bool {
        if begins == b"-----BEGIN " {
            self.block = Some(0);
        } else if begins.starts_with(b"-----END ") {
            self.block = None;
        } else if let Some(block) = &mut self.block {
            *block += n;
            self.in_blocks += n;
            if *block > MAX_IN_A_BLOCK || self.in_blocks > MAX_IN_ALL_BLOCKS {
                self.end_here();
                return true;
            }
        }
        false
    }

    /// C's `fread`: fills `out`, or copies the rest of the file.
    fn fill(&mut self, out: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        let size = out.len();
        let mut room = out.iter_mut();
        while room.len() > 0 {
            let available = self.available()?;
            if available.is_empty() {
                break;
            }
            let mut n = 0;
            for (&byte, to) in available.iter().zip(room.by_ref()) {
                to.write(byte);
                n += 1;
            }
            self.next += n;
        }
        let n = size - room.len();
        self.kept += n;
        if self.kept > MAX_KEPT_FROM_A_PIPE && self.file.stream_position().is_err() {
            self.end_here();
        }
        Ok(n)
    }

    /// Makes the file end here for OpenSSL. OpenSSL then fails, because the file ends within a
    /// block or before a key was found.
    fn end_here(&mut self) {
        (self.next, self.end, self.ended) = (0, 0, true);
    }

    fn tell(&mut self) -> io::Result<u64> {
        let unread = (self.end - self.next) as u64;
        Ok(self.file.stream_position()?.saturating_sub(unread))
    }

    fn seek(&mut self, to: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(to))?;
        (self.next, self.end, self.ended) = (0, 0, false);
        self.block = None;
        Ok(())
    }
}

/// A new `BIO`, which owns the file and reads from its current position.
pub(super) fn open(file: File) -> Result<*mut sys::BIO, ErrorStack> {
    static METHOD: OnceCell<BioMethod> = OnceCell::new();
    let method = METHOD.get_or_try_init(|| {
        // SAFETY: `BioMethod::new` has just made the table, and the setters only store the
        // functions.
        BioMethod::new(c"pyssl file", |method| unsafe {
            sys::BIO_meth_set_read__fixed_rust(method, Some(read));
            decl::BIO_meth_set_gets(method, Some(gets));
            sys::BIO_meth_set_ctrl__fixed_rust(method, Some(ctrl));
            sys::BIO_meth_set_destroy__fixed_rust(method, Some(destroy));
        })
    })?;
    // SAFETY: the functions accept null as data, which is replaced below.
    let bio = unsafe { method.bio(std::ptr::null_mut()) }?;
    let state = Box::new(RefCell::new(State {
        reader: Reader::new(file),
        failure: None,
    }));
    // SAFETY: a new `BIO` of this table. The functions take the data as a `RefCell<State>`, and
    // `destroy` frees it.
    unsafe { sys::BIO_set_data(bio, Box::into_raw(state).cast()) };
    Ok(bio)
}

/// Takes the error of the last read that failed.
///
/// # Safety
///
/// `bio` is live and was made by [`open`].
pub(super) unsafe fn take_failure(bio: *mut sys::BIO) -> Option<io::Error> {
    // SAFETY: the caller promises a live `BIO` of `open`.
    let state = unsafe { state(bio) }?;
    state.try_borrow_mut().ok()?.failure.take()
}

/// Goes back to the start of the file, to read it again. A pipe is an error.
///
/// # Safety
///
/// `bio` is live and was made by [`open`].
pub(super) unsafe fn rewind(bio: *mut sys::BIO) -> io::Result<()> {
    // SAFETY: the caller promises a live `BIO` of `open`.
    let state = unsafe { state(bio) }.ok_or(io::ErrorKind::Unsupported)?;
    let mut state = state.try_borrow_mut().map_err(io::Error::other)?;
    state.failure = None;
    state.reader.seek(0)
}

/// The state of the file; `None` if it is not a regular file.
///
/// # Safety
///
/// `bio` is live and was made by [`open`].
pub(super) unsafe fn file_state(bio: *mut sys::BIO) -> io::Result<Option<FileState>> {
    // SAFETY: the caller promises a live `BIO` of `open`.
    let state = unsafe { state(bio) }.ok_or(io::ErrorKind::Unsupported)?;
    FileState::of(&state.try_borrow().map_err(io::Error::other)?.reader.file)
}

/// # Safety
///
/// `bio` is live and was made by [`open`].
unsafe fn state<'a>(bio: *mut sys::BIO) -> Option<&'a RefCell<State>> {
    // SAFETY: the data is null or the `RefCell<State>` of `open`, which lives as long as the BIO.
    unsafe { sys::BIO_get_data(bio).cast::<RefCell<State>>().as_ref() }
}

/// Runs one operation. If it fails, keeps the error and returns `failed`.
///
/// # Safety
///
/// `bio` is live and was made by [`open`].
unsafe fn run<T>(
    bio: *mut sys::BIO,
    failed: T,
    operation: impl FnOnce(&mut Reader) -> io::Result<T>,
) -> T {
    // SAFETY: the caller promises a live `BIO` of `open`.
    let Some(state) = (unsafe { state(bio) }) else {
        return failed;
    };
    let Ok(mut state) = state.try_borrow_mut() else {
        return failed;
    };
    // An operation should not panic. If it does, the read fails, because a panic must not unwind
    // into C.
    let outcome = catch_unwind(AssertUnwindSafe(|| operation(&mut state.reader)));
    match outcome.unwrap_or_else(|_| Err(io::Error::other("reading panicked"))) {
        Ok(value) => value,
        Err(error) => {
            state.failure.get_or_insert(error);
            failed
        }
    }
}

unsafe extern "C" fn read(bio: *mut sys::BIO, data: *mut c_char, len: c_int) -> c_int {
    // SAFETY: only `open` makes a `BIO` with this function, and OpenSSL passes `len` bytes of its
    // own memory.
    unsafe {
        let room = util::uninit_slice(data, len);
        run(bio, -1, |reader| reader.fill(room).map(count))
    }
}

unsafe extern "C" fn gets(bio: *mut sys::BIO, data: *mut c_char, len: c_int) -> c_int {
    // SAFETY: only `open` makes a `BIO` with this function, and OpenSSL passes `len` bytes of its
    // own memory.
    unsafe {
        let room = util::uninit_slice(data, len);
        run(bio, 0, |reader| reader.line(room).map(count))
    }
}

fn count(n: usize) -> c_int {
    c_int::try_from(n).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn ctrl(
    bio: *mut sys::BIO,
    command: c_int,
    number: c_long,
    _pointer: *mut c_void,
) -> c_long {
    // SAFETY: only `open` makes a `BIO` with this function.
    unsafe {
        match command {
            decl::BIO_C_FILE_SEEK | decl::BIO_CTRL_RESET => run(bio, -1, |reader| {
                let to = u64::try_from(number).map_err(io::Error::other)?;
                reader.seek(to).map(|()| 0)
            }),
            decl::BIO_C_FILE_TELL | decl::BIO_CTRL_INFO => run(bio, -1, |reader| {
                c_long::try_from(reader.tell()?).map_err(io::Error::other)
            }),
            decl::BIO_CTRL_EOF => run(bio, 1, |reader| {
                Ok(c_long::from(reader.ended && reader.next == reader.end))
            }),
            sys::BIO_CTRL_FLUSH => 1,
            _ => 0,
        }
    }
}

unsafe extern "C" fn destroy(bio: *mut sys::BIO) -> c_int {
    // SAFETY: only `open` makes a `BIO` with this function, and OpenSSL calls it once, when it
    // frees the `BIO`. The data is null or comes from `Box::into_raw` in `open`.
    unsafe {
        let data = sys::BIO_get_data(bio).cast::<RefCell<State>>();
        if !data.is_null() {
            sys::BIO_set_data(bio, std::ptr::null_mut());
            drop(Box::from_raw(data));
        }
    }
    1
}
