//! Unix: descriptors, `poll`, `dup2` and `getaddrinfo`.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use socket2::Socket;

use super::Interest;

pub(crate) use libc::{AF_UNSPEC, EAI_SYSTEM, SOCK_STREAM, addrinfo, freeaddrinfo, getaddrinfo};

/// The flag of a call that does not wait, even on a blocking socket.
pub(crate) const MSG_DONTWAIT: i32 = libc::MSG_DONTWAIT;

/// The flag of a call that returns an error instead of a signal if the peer has closed the
/// connection.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) const MSG_NOSIGNAL: i32 = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) const MSG_NOSIGNAL: i32 = 0;

pub(crate) const MSG_PEEK: i32 = libc::MSG_PEEK;

/// Whether this crate sets each of its sockets to non-blocking mode. A platform needs this if it has no flag for a
/// single call that does not wait.
pub(crate) const ALWAYS_NONBLOCKING: bool = false;

/// Waits until the socket is ready or `wake` is readable, and returns which of the two it is. Both are
/// false after the time-out (rounded up to milliseconds) and after a signal.
pub(crate) fn poll(
    socket: BorrowedFd<'_>,
    interest: Interest,
    wake: Option<BorrowedFd<'_>>,
    timeout: Option<Duration>,
) -> io::Result<[bool; 2]> {
    let timeout = timeout.map_or(-1, |timeout| {
        i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
    });
    let events = match interest {
        Interest::Read => libc::POLLIN,
        Interest::Write | Interest::Connect => libc::POLLOUT,
    };
    let entry = |fd, events| libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // `poll` ignores an entry with a negative number.
    let mut entries = [
        entry(socket.as_raw_fd(), events),
        entry(wake.map_or(-1, |wake| wake.as_raw_fd()), libc::POLLIN),
    ];
    // SAFETY: `entries` has two elements and is borrowed exclusively. The kernel changes them
    // during the call only.
    if unsafe { libc::poll(entries.as_mut_ptr(), 2, timeout) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(entries.map(|entry| entry.revents != 0))
}

/// The descriptor of a socket.
pub(crate) fn borrow(socket: &Socket) -> BorrowedFd<'_> {
    socket.as_fd()
}

/// Whether programs that this process starts inherit the descriptor.
pub(crate) fn is_inheritable(socket: &Socket) -> io::Result<bool> {
    // SAFETY: the call takes numbers only, and the descriptor is open while `socket` is borrowed.
    let flags = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETFD) };
    if flags < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(flags & libc::FD_CLOEXEC == 0)
}

/// Makes `target` refer to the file of `source`, and closes the file to which it referred before.
/// The number of `target` stays in use, so no other file can get it.
pub(crate) fn replace(source: BorrowedFd<'_>, target: BorrowedFd<'_>) -> io::Result<()> {
    loop {
        // SAFETY: both descriptors are open during the call. The owner of `target` still owns its number,
        // which is open afterwards too.
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        let result = unsafe {
            // Child processes must not inherit the duplicate, as they did not inherit the socket.
            libc::dup3(source.as_raw_fd(), target.as_raw_fd(), libc::O_CLOEXEC)
        };
        // SAFETY: both descriptors are open during the call. The owner of `target` still owns its
        // number, which is open afterwards too.
        #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
        let result = unsafe { libc::dup2(source.as_raw_fd(), target.as_raw_fd()) };
        if result >= 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The text of one of `getaddrinfo`'s numbers.
pub(crate) fn lookup_text(number: i32) -> String {
    // SAFETY: the call takes a number, and returns null or a string that is never freed.
    let text = unsafe { libc::gai_strerror(number) };
    if text.is_null() {
        return "Unknown error".to_owned();
    }
    // SAFETY: `text` is not null, so it is a string that is never freed.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// Whether the program may have more rights than the user who started it, for example with a set-user-ID
/// bit. The user's environment must not decide then which certificates it trusts.
pub(crate) fn is_privileged() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: the call takes a number and returns one.
    return unsafe { libc::getauxval(libc::AT_SECURE) != 0 };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: the calls take no argument and do not fail.
    return unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() };
}

/// Identifies a file and its state. Each change of a file's content, owner or mode updates its
/// `ctime`, which programs cannot set.
#[derive(Debug, PartialEq)]
pub(crate) struct FileState {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileState {
    /// `None` if it is not a regular file.
    pub(crate) fn of(file: &File) -> io::Result<Option<FileState>> {
        let meta = file.metadata()?;
        Ok(meta.is_file().then(|| FileState {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }))
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// When the file was last changed, in seconds since 1970.
    pub(crate) fn changed(&self) -> i64 {
        self.changed.0
    }

    /// Whether both are states of the same file.
    pub(crate) fn is_same_file(&self, other: &FileState) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}
