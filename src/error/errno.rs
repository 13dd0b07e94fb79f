//! The names of the system's error numbers: Python's `errno.errorcode`.

macro_rules! errno_names {
    ($($name:ident),* $(,)?) => {
        &[$((libc::$name, stringify!($name))),*]
    };
}

/// Numbers that every Unix has.
const COMMON: &[(i32, &str)] = errno_names! {
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
const OWN: &[(i32, &str)] = errno_names! {
    EDEADLOCK, ECHRNG, EL2NSYNC, EL3HLT, EL3RST, ELNRNG, EUNATCH, ENOCSI, EL2HLT, EBADE, EBADR,
    EXFULL, ENOANO, EBADRQC, EBADSLT, EBFONT, ENOSTR, ENODATA, ETIME, ENOSR, ENONET, ENOPKG,
    EREMOTE, ENOLINK, EADV, ESRMNT, ECOMM, EDOTDOT, ENOTUNIQ, EBADFD, EREMCHG, ELIBACC, ELIBBAD,
    ELIBSCN, ELIBMAX, ELIBEXEC, ERESTART, ESTRPIPE, EUCLEAN, ENOTNAM, ENAVAIL, EISNAM,
    EREMOTEIO, ENOMEDIUM, EMEDIUMTYPE, ENOKEY, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED, ERFKILL
};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
const OWN: &[(i32, &str)] = &[];

/// `getaddrinfo`'s numbers: Python's `socket.EAI_*`.
const LOOKUP: &[(i32, &str)] = errno_names! {
    EAI_BADFLAGS, EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_FAMILY, EAI_SOCKTYPE, EAI_SERVICE,
    EAI_MEMORY, EAI_SYSTEM, EAI_OVERFLOW, EAI_NODATA,
};

fn find(number: i32, tables: [&[(i32, &'static str)]; 2]) -> Option<&'static str> {
    let mut rows = tables.into_iter().flatten();
    let (_, name) = rows.find(|(known, _)| *known == number)?;
    Some(name)
}

/// The name of one of the system's numbers.
pub(super) fn name(number: i32) -> Option<&'static str> {
    find(number, [COMMON, OWN])
}

/// The name of one of `getaddrinfo`'s numbers.
pub(super) fn lookup_name(number: i32) -> Option<&'static str> {
    find(number, [LOOKUP, &[]])
}
