//! Receiving and sending. The calls do not wait, even on a blocking socket, unless their argument
//! `wait` is true.

#![allow(clippy::disallowed_methods, reason = "the pointers are not null")]

use std::io;
use std::mem::MaybeUninit;

use socket2::{MaybeUninitSlice, Socket};

use super::read_buf::ReadBuf;
use super::sys::{self, Interest, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK};

/// Converts a slice of initialised bytes to one of possibly uninitialised bytes.
fn uninit(buf: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (ptr, len) = (buf.as_mut_ptr().cast(), buf.len());
    // SAFETY: the same memory with the same lifetime, borrowed exclusively. The callers below pass it to
    // the kernel only, which never makes initialised bytes uninitialised.
    unsafe { std::slice::from_raw_parts_mut(ptr, len) }
}

/// Receives into `buf`.
pub(crate) fn recv(socket: &Socket, buf: &mut [u8]) -> io::Result<usize> {
    retry(socket, Interest::Read, false, || {
        socket.recv_with_flags(uninit(buf), flags(false))
    })
}

/// The flags of a call. If `wait` is set, the call waits on a blocking socket.
fn flags(wait: bool) -> i32 {
    match wait {
        true => MSG_NOSIGNAL,
        false => MSG_NOSIGNAL | MSG_DONTWAIT,
    }
}

/// Receives into `buf`. If nothing is received, the stream has ended. If `wait` is set, it waits for
/// data on a blocking socket.
pub(crate) fn recv_buf(socket: &Socket, buf: &mut ReadBuf<'_>, wait: bool) -> io::Result<()> {
    let n = retry(socket, Interest::Read, wait, || {
        socket.recv_with_flags(buf.free(), flags(wait))
    })?;
    // SAFETY: the kernel has written `n` bytes to `buf.free()`.
    unsafe { buf.advance(n) };
    Ok(())
}

/// Receives one byte without removing it from the queue. Returns 0 at the end of the stream.
pub(crate) fn peek(socket: &Socket) -> io::Result<usize> {
    retry(socket, Interest::Read, false, || {
        socket.recv_with_flags(uninit(&mut [0]), flags(false) | MSG_PEEK)
    })
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
    let n = retry(socket, Interest::Read, wait, || {
        let spare = &mut into.spare_capacity_mut()[..more];
        socket.recv_with_flags(spare, flags(wait) | MSG_PEEK)
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
    let n = retry(socket, Interest::Read, wait, || {
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
    retry(socket, Interest::Write, wait, || {
        socket.send_with_flags(buf, flags(wait))
    })
}

/// Repeats a call that a signal has interrupted. If every socket is in non-blocking mode, it also waits
/// for the socket if `wait` is set.
fn retry(
    socket: &Socket,
    interest: Interest,
    wait: bool,
    mut call: impl FnMut() -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error)
                if sys::ALWAYS_NONBLOCKING && wait && error.kind() == io::ErrorKind::WouldBlock =>
            {
                sys::poll(sys::borrow(socket), interest, None, None)?;
            }
            outcome => return outcome,
        }
    }
}
