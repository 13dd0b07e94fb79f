//! System calls on sockets. Calls that receive or send do not wait, even on a blocking socket,
//! unless their argument `wait` is true.

#![allow(clippy::disallowed_methods, reason = "the pointers are not null")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use socket2::{MaybeUninitSlice, Socket};

use super::read_buf::ReadBuf;

/// The flags of each call: it does not wait, and returns an error instead of a signal if the peer
/// has closed the connection.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const FLAGS: i32 = libc::MSG_DONTWAIT;

/// Converts a slice of initialised bytes to one of possibly uninitialised bytes.
fn uninit(buf: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (ptr, len) = (buf.as_mut_ptr().cast(), buf.len());
    // SAFETY: the same memory with the same lifetime, borrowed exclusively. The callers below pass it to
    // the kernel only, which never makes initialised bytes uninitialised.
    unsafe { std::slice::from_raw_parts_mut(ptr, len) }
}

/// Receives into `buf`.
pub(crate) fn recv(socket: &Socket, buf: &mut [u8]) -> io::Result<usize> {
    retry(|| socket.recv_with_flags(uninit(buf), FLAGS))
}

/// The flags of a call. If `wait` is set, the call waits on a blocking socket.
fn flags(wait: bool) -> i32 {
    match wait {
        true => FLAGS & !libc::MSG_DONTWAIT,
        false => FLAGS,
    }
}

/// Receives into `buf`. If nothing is received, the stream has ended. If `wait` is set, it waits for
/// data on a blocking socket.
pub(crate) fn recv_buf(socket: &Socket, buf: &mut ReadBuf<'_>, wait: bool) -> io::Result<()> {
    let n = retry(|| socket.recv_with_flags(buf.free(), flags(wait)))?;
    // SAFETY: the kernel has written `n` bytes to `buf.free()`.
    unsafe { buf.advance(n) };
    Ok(())
}

/// Receives one byte without removing it from the queue. Returns 0 at the end of the stream.
pub(crate) fn peek(socket: &Socket) -> io::Result<usize> {
    retry(|| socket.recv_with_flags(uninit(&mut [0]), FLAGS | libc::MSG_PEEK))
}

/// Copies up to `more` bytes of the socket's queue into `into`, without removing them from the queue.
/// The earlier content of `into` is replaced. If `wait` is set, it waits for data on a blocking socket.
pub(crate) fn peek_more(
    socket: &Socket,
    into: &mut Vec<u8>,
    more: usize,
    wait: bool,
) -> io::Result<()> {
    into.clear();
    into.reserve_exact(more);
    let n = retry(|| {
        let spare = &mut into.spare_capacity_mut()[..more];
        socket.recv_with_flags(spare, flags(wait) | libc::MSG_PEEK)
    })?;
    // SAFETY: the kernel has written `n` bytes to `spare`, which has room for `more` bytes.
    unsafe { into.set_len(n.min(more)) };
    Ok(())
}

/// Receives into `first`, and up to `more` further bytes into `second`, whose earlier content is
/// replaced. If `wait` is set, it waits for data on a blocking socket.
pub(crate) fn recv_two(
    socket: &Socket,
    first: &mut ReadBuf<'_>,
    second: &mut Vec<u8>,
    more: usize,
    wait: bool,
) -> io::Result<()> {
    second.clear();
    second.reserve_exact(more);
    let length = first.len();
    let n = retry(|| {
        let mut parts = [
            MaybeUninitSlice::new(first.free()),
            MaybeUninitSlice::new(&mut second.spare_capacity_mut()[..more]),
        ];
        socket
            .recv_vectored_with_flags(&mut parts, flags(wait))
            .map(|(n, _)| n)
    })?;
    // SAFETY: the kernel has filled `first`, and then `second`, which has capacity for `more` bytes.
    unsafe {
        first.advance(n.min(length));
        second.set_len(n.saturating_sub(length).min(more));
    }
    Ok(())
}

/// Sends bytes from the beginning of `buf`. If `wait` is set, it waits for room on a blocking
/// socket.
pub(crate) fn send(socket: &Socket, buf: &[u8], wait: bool) -> io::Result<usize> {
    retry(|| socket.send_with_flags(buf, flags(wait)))
}

fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// The event that a thread waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Interest {
    Read,
    Write,
}

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
        Interest::Write => libc::POLLOUT,
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

/// Whether programs that this process starts inherit the descriptor.
pub(crate) fn is_inheritable(socket: BorrowedFd<'_>) -> io::Result<bool> {
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
