//! Unix.

use std::ffi::{CStr, OsStr, OsString};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket};

use crate::ffi::sys::{self, Interest};

/// The type of the number in programs.
pub(crate) use std::os::fd::RawFd as Fileno;
pub(crate) use std::os::fd::{
    BorrowedFd as BorrowedDescriptor, OwnedFd as OwnedDescriptor, RawFd as RawDescriptor,
};

/// The number that programs get for a closed socket.
pub(crate) const CLOSED: Fileno = -1;

/// The number of an open descriptor.
pub(crate) fn fileno(descriptor: RawDescriptor) -> Fileno {
    descriptor
}

/// The environment variable that names the home directory.
#[cfg(feature = "requests")]
pub(crate) const HOME_VARIABLE: &str = "HOME";

/// The shortest time-out that a plain socket can have.
pub(crate) const LEAST_TIMEOUT: Duration = Duration::from_micros(1);

/// Whether asyncio sets `SO_REUSEADDR` on listening sockets.
#[cfg(feature = "tokio")]
pub(crate) const REUSES_ADDRESS: bool = true;

/// A socket that several threads use, and that any of them may close.
#[derive(Debug)]
pub(crate) enum Shared {
    Owned(Socket),
    /// A share of a socket of the program. `close` leaves the socket open; its last owner closes it.
    Lent(Lent),
}

/// This library's share of a socket that the program's code owns too.
pub(crate) struct Lent(Arc<dyn AsFd + Send + Sync>);

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_fd().fmt(f)
    }
}

impl Shared {
    pub(crate) fn new(socket: Socket) -> io::Result<Shared> {
        Ok(Shared::Owned(socket))
    }

    pub(crate) fn lent(owner: Arc<dyn AsFd + Send + Sync>) -> Shared {
        Shared::Lent(Lent(owner))
    }

    /// Makes calls on the socket. After [`close`](Self::close), an owned socket is `/dev/null`.
    #[inline]
    pub(crate) fn with<T>(&self, call: impl FnOnce(&Socket) -> io::Result<T>) -> io::Result<T> {
        match self {
            Shared::Owned(socket) => call(socket),
            Shared::Lent(owner) => call(&SockRef::from(&owner.0)),
        }
    }

    pub(crate) fn number(&self) -> RawDescriptor {
        self.borrow().as_raw_fd()
    }

    pub(crate) fn borrow(&self) -> BorrowedDescriptor<'_> {
        match self {
            Shared::Owned(socket) => socket.as_fd(),
            Shared::Lent(owner) => owner.0.as_fd(),
        }
    }

    pub(crate) fn into_owned(self) -> io::Result<OwnedDescriptor> {
        match self {
            Shared::Owned(socket) => Ok(socket.into()),
            Shared::Lent(_) => self.duplicate(),
        }
    }

    pub(crate) fn duplicate(&self) -> io::Result<OwnedDescriptor> {
        self.borrow().try_clone_to_owned()
    }

    /// Waits until the socket is ready or `wake` is readable, and returns which of the two it is.
    pub(crate) fn wait(
        &self,
        interest: Interest,
        wake: Option<&Wake>,
        timeout: Option<Duration>,
    ) -> io::Result<[bool; 2]> {
        sys::poll(
            self.borrow(),
            interest,
            wake.map(|wake| wake.waits.as_fd()),
            timeout,
        )
    }

    /// Closes the socket for all threads. Its descriptor then refers to `/dev/null`, and is closed
    /// when this value is dropped. So no thread can use another file that has got the same number.
    /// A lent socket stays as it is.
    ///
    /// `wake` wakes the threads that wait for the socket.
    pub(crate) fn close(&self, wake: impl FnOnce()) {
        if let Shared::Owned(socket) = self {
            let replaced =
                dev_null().is_some_and(|null| sys::replace(null.as_fd(), socket.as_fd()).is_ok());
            if !replaced {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
        wake();
    }
}

fn dev_null() -> Option<&'static File> {
    static NULL: OnceCell<File> = OnceCell::new();
    NULL.get_or_try_init(|| File::options().read(true).write(true).open("/dev/null"))
        .ok()
}

/// A descriptor that becomes readable once, and then stays readable.
#[derive(Debug)]
pub(crate) struct Wake {
    waits: WakeSocket,
    /// Other systems than Linux refuse to shut down a socket without a peer (`ENOTCONN`).
    #[cfg(not(target_os = "linux"))]
    _peer: WakeSocket,
}

#[cfg(target_os = "linux")]
type WakeSocket = std::os::unix::net::UnixDatagram;
#[cfg(not(target_os = "linux"))]
type WakeSocket = std::os::unix::net::UnixStream;

impl Wake {
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> io::Result<Wake> {
        let waits = WakeSocket::unbound()?;
        Ok(Wake { waits })
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> io::Result<Wake> {
        let (waits, peer) = WakeSocket::pair()?;
        Ok(Wake { waits, _peer: peer })
    }

    pub(crate) fn wake(&self) {
        // A forked process may have the descriptor too, so it is shut down rather than closed.
        let _ = self.waits.shutdown(Shutdown::Both);
    }
}

/// A number by which descriptors are divided into groups. Consecutive descriptors get different numbers.
pub(crate) fn group(descriptor: RawDescriptor) -> usize {
    descriptor.unsigned_abs() as usize
}

/// Sets the mode of a socket. Does nothing where every socket of this crate is in non-blocking mode.
pub(crate) fn set_nonblocking(socket: &Socket, nonblocking: bool) -> io::Result<()> {
    socket.set_nonblocking(nonblocking)
}

/// Restores the blocking mode of a socket that has no time-out, before the program gets it back. Nothing to do, because that
/// mode was never changed.
pub(crate) fn leave(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Whether the socket was set to non-blocking mode.
pub(crate) fn is_nonblocking(socket: &Socket) -> io::Result<bool> {
    socket.nonblocking()
}

/// The address family of a socket.
pub(crate) fn domain(socket: &Socket) -> io::Result<Domain> {
    Ok(socket.local_addr()?.domain())
}

/// The protocol of a socket. `None` stands for 0.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) fn protocol(socket: &Socket) -> io::Result<Option<Protocol>> {
    socket.protocol()
}

/// `None`, because this system does not report the protocol of a socket.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) fn protocol(_socket: &Socket) -> io::Result<Option<Protocol>> {
    Ok(None)
}

/// The path of a Unix socket's address; `None` if it has none.
pub(crate) fn unix_path(address: &SockAddr) -> Option<PathBuf> {
    address.as_pathname().map(Path::to_owned)
}

pub(crate) fn set_inheritable(socket: &Socket, inheritable: bool) -> io::Result<()> {
    socket.set_cloexec(!inheritable)
}

/// Opens a file so that only its owner can read it, if it is created.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Converts a path, or the name of an environment variable, that OpenSSL has returned.
pub(crate) fn os_string(text: &CStr) -> OsString {
    OsStr::from_bytes(text.to_bytes()).to_owned()
}

/// The certificates that the system trusts for a purpose and that are not in OpenSSL's files, in DER.
pub(crate) fn trusted_certificates(_purpose: &str) -> io::Result<Vec<Vec<u8>>> {
    Ok(Vec::new())
}

/// Calls a macro with the types of stream sockets, and with the types whose kind the system knows.
macro_rules! socket_types {
    ($call:ident) => {
        $call! { true: TcpStream, TcpListener, std::os::unix::net::UnixStream, std::os::unix::net::UnixListener }
        $call! { false: UdpSocket, std::os::fd::OwnedFd, Socket }
    };
}

/// A duplicate of a borrowed socket.
macro_rules! duplicate {
    ($socket:expr) => {
        std::os::fd::AsFd::as_fd($socket).try_clone_to_owned()
    };
}

/// Implements the traits that lend the descriptor of a field of type `Shared`.
macro_rules! lend_descriptor {
    ($ty:ty, $($field:ident).+) => {
        impl std::os::fd::AsFd for $ty {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.$($field).+.borrow()
            }
        }

        impl std::os::fd::AsRawFd for $ty {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.$($field).+.number()
            }
        }
    };
}

pub(crate) use {duplicate, lend_descriptor, socket_types};
