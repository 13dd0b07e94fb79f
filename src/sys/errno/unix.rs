//! Unix: the C library's `errno`.

use std::io;

pub(crate) use libc::{
    EADDRNOTAVAIL, EALREADY, ECONNABORTED, ECONNREFUSED, ECONNRESET, EINPROGRESS, ENOTCONN,
    ESHUTDOWN, ETIMEDOUT, EWOULDBLOCK,
};

/// The error of a call on a closed socket.
pub(crate) const CLOSED: i32 = libc::EBADF;

/// The errors of a `connect` that the system continues.
pub(crate) const CONNECTING: &[i32] = &[libc::EINPROGRESS, libc::EINTR];

/// The errors that mean that the peer has ended the connection.
pub(crate) const CUT: &[i32] = &[libc::ECONNRESET, libc::EPIPE];

/// The errors of `accept` after which asyncio waits: no descriptors or no memory are left.
#[cfg(feature = "tokio")]
pub(crate) const EXHAUSTED: &[i32] = &[libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];

/// The errors of an address that the system does not have, or whose family it does not support.
#[cfg(feature = "tokio")]
pub(crate) const ABSENT: &[i32] = &[libc::EADDRNOTAVAIL, libc::EAFNOSUPPORT];

/// The errors of receiving from a socket that is not connected.
pub(crate) const UNCONNECTED: &[i32] = &[libc::ENOTCONN, libc::EINVAL];

/// Python's `e.errno` for a number of the system.
pub(crate) fn python(number: i32) -> i32 {
    number
}

/// The word and the number at the beginning of Python's message: `[Errno 2]`.
pub(crate) fn prefix(number: i32) -> (&'static str, i32) {
    ("Errno", number)
}

/// Python's text of an error with a number of the system.
pub(crate) fn text(number: i32) -> String {
    let mut text = io::Error::from_raw_os_error(number).to_string();
    // The standard library appends the number.
    let appended = format!(" (os error {number})");
    text.truncate(text.strip_suffix(&appended).map_or(text.len(), str::len));
    text
}

macro_rules! errno_names {
    ($($(#[$condition:meta])? $name:ident),* $(,)?) => {
        &[$($(#[$condition])? (libc::$name, stringify!($name))),*]
    };
}

/// Numbers that every Unix has.
pub(super) const COMMON: &[(i32, &str)] = errno_names! {
    EPERM, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF, ECHILD, EAGAIN, ENOMEM,
    EACCES, EFAULT, ENOTBLK, EBUSY, EEXIST, EXDEV, ENODEV, ENOTDIR, EISDIR, EINVAL, ENFILE,
    EMFILE, ENOTTY, ETXTBSY, EFBIG, ENOSPC, ESPIPE, EROFS, EMLINK, EPIPE, EDOM, ERANGE,
    ENAMETOOLONG, ENOLCK, ENOSYS, ENOTEMPTY, ELOOP, ENOMSG, EIDRM, EPROTO, EMULTIHOP, EBADMSG,
    EOVERFLOW, EILSEQ, EUSERS, ENOTSOCK, EDESTADDRREQ, EMSGSIZE, EPROTOTYPE, ENOPROTOOPT,
    EPROTONOSUPPORT, ESOCKTNOSUPPORT, ENOTSUP, EPFNOSUPPORT, EAFNOSUPPORT, EADDRINUSE,
    EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED, ECONNRESET, ENOBUFS, EISCONN,
    ENOTCONN, ESHUTDOWN, ETOOMANYREFS, ETIMEDOUT, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH,
    EALREADY, EINPROGRESS, ESTALE, EDQUOT, ECANCELED, EOWNERDEAD, ENOTRECOVERABLE
};

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const OWN: &[(i32, &str)] = errno_names! {
    EDEADLOCK, ECHRNG, EL2NSYNC, EL3HLT, EL3RST, ELNRNG, EUNATCH, ENOCSI, EL2HLT, EBADE, EBADR,
    EXFULL, ENOANO, EBADRQC, EBADSLT, EBFONT, ENOSTR, ENODATA, ETIME, ENOSR, ENONET, ENOPKG,
    EREMOTE, ENOLINK, EADV, ESRMNT, ECOMM, EDOTDOT, ENOTUNIQ, EBADFD, EREMCHG, ELIBACC, ELIBBAD,
    ELIBSCN, ELIBMAX, ELIBEXEC, ERESTART, ESTRPIPE, EUCLEAN, ENOTNAM, ENAVAIL, EISNAM,
    EREMOTEIO, ENOMEDIUM, EMEDIUMTYPE, ENOKEY, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED, ERFKILL
};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const OWN: &[(i32, &str)] = &[];

/// `getaddrinfo`'s numbers: Python's `socket.EAI_*`.
pub(super) const LOOKUP: &[(i32, &str)] = errno_names! {
    EAI_BADFLAGS, EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_FAMILY, EAI_SOCKTYPE, EAI_SERVICE,
    EAI_MEMORY, EAI_SYSTEM, EAI_OVERFLOW,
    #[cfg(not(target_os = "freebsd"))]
    EAI_NODATA,
};
