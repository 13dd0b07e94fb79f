//! Windows.

use std::ffi::{CStr, OsString};
use std::fs::OpenOptions;
use std::io;
use std::net::{Ipv4Addr, Shutdown, UdpSocket};
use std::os::windows::io::{AsRawSocket, AsSocket};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use socket2::{Socket, Type};

use super::errno;
use crate::ffi::sys::{self, Interest, stores};

pub(crate) use crate::ffi::sys::{domain, protocol, unix_path};
pub(crate) use std::os::windows::io::{
    BorrowedSocket as BorrowedDescriptor, OwnedSocket as OwnedDescriptor,
    RawSocket as RawDescriptor,
};

/// The number that programs get for a closed socket.
pub(crate) const CLOSED: Fileno = -1;

/// The type of the number in programs. Python's is signed too; handles are small.
pub(crate) type Fileno = i64;

/// The number of an open handle.
pub(crate) fn fileno(descriptor: RawDescriptor) -> Fileno {
    Fileno::try_from(descriptor).unwrap_or(CLOSED)
}

/// The environment variable that names the home directory.
#[cfg(feature = "requests")]
pub(crate) const HOME_VARIABLE: &str = "USERPROFILE";

/// The shortest time-out that a plain socket can have.
pub(crate) const LEAST_TIMEOUT: Duration = Duration::from_millis(1);

/// Whether asyncio sets `SO_REUSEADDR` on listening sockets. On Windows, the option would allow other
/// programs to take over the address.
#[cfg(feature = "tokio")]
pub(crate) const REUSES_ADDRESS: bool = false;

/// A socket in non-blocking mode. It is in blocking mode again before it is closed, since duplicates of it
/// may share the mode.
#[derive(Debug)]
struct Open(Option<Socket>);

impl Open {
    fn socket(&self) -> io::Result<&Socket> {
        self.0.as_ref().ok_or_else(closed)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(socket) = &self.0 {
            let _ = socket.set_nonblocking(false);
        }
    }
}

fn closed() -> io::Error {
    io::Error::from_raw_os_error(errno::CLOSED)
}

/// A socket that several threads use, and that any of them may close. Each call shares the ownership of the socket with
/// the other calls, and the last owner closes it. After [`close`](Self::close), no call waits.
#[derive(Debug)]
pub(crate) struct Shared {
    open: Mutex<Option<Arc<Open>>>,
    number: RawDescriptor,
    /// The socket that [`borrow`](Self::borrow) has lent. The socket must stay open as long as this value exists.
    lent: OnceLock<Arc<Open>>,
}

impl Shared {
    pub(crate) fn new(socket: Socket) -> io::Result<Shared> {
        socket.set_nonblocking(true)?;
        Ok(Shared {
            number: socket.as_raw_socket(),
            open: Mutex::new(Some(Arc::new(Open(Some(socket))))),
            lent: OnceLock::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes calls on the socket. After [`close`](Self::close), this is an error.
    pub(crate) fn with<T>(&self, call: impl FnOnce(&Socket) -> io::Result<T>) -> io::Result<T> {
        let open = self.lock().clone().ok_or_else(closed)?;
        call(open.socket()?)
    }

    /// The number of the socket, also after [`close`](Self::close).
    pub(crate) fn number(&self) -> RawDescriptor {
        self.number
    }

    /// The handle for programs. After [`close`](Self::close), it is `INVALID_SOCKET`, because another socket may have
    /// got the same handle.
    pub(crate) fn raw(&self) -> RawDescriptor {
        match *self.lock() {
            Some(_) => self.number,
            None => RawDescriptor::MAX,
        }
    }

    /// Lends the socket. After [`close`](Self::close), this is a socket that is not connected.
    ///
    /// # Panics
    ///
    /// Panics if the socket is closed and the system cannot create another one.
    #[allow(clippy::expect_used, reason = "the trait `AsSocket` has no error")]
    pub(crate) fn borrow(&self) -> BorrowedDescriptor<'_> {
        let lent = self.lent.get_or_init(|| {
            self.lock().clone().unwrap_or_else(|| {
                let unconnected = Socket::new(socket2::Domain::IPV4, Type::STREAM, None);
                Arc::new(Open(Some(unconnected.expect("no sockets are left"))))
            })
        });
        lent.socket()
            .expect("a lent socket is not taken")
            .as_socket()
    }

    pub(crate) fn into_owned(self) -> io::Result<OwnedDescriptor> {
        // Nothing is lent any more, because this function owns the value.
        drop(self.lent);
        let open = self.open.into_inner();
        let open = open
            .unwrap_or_else(PoisonError::into_inner)
            .ok_or_else(closed)?;
        match Arc::try_unwrap(open) {
            Ok(mut open) => Ok(open.0.take().ok_or_else(closed)?.into()),
            Err(open) => open.socket()?.as_socket().try_clone_to_owned(),
        }
    }

    pub(crate) fn duplicate(&self) -> io::Result<OwnedDescriptor> {
        self.with(|socket| socket.as_socket().try_clone_to_owned())
    }

    /// Waits until the socket is ready or `wake` is readable, and returns which of the two it is.
    pub(crate) fn wait(
        &self,
        interest: Interest,
        wake: Option<&Wake>,
        timeout: Option<Duration>,
    ) -> io::Result<[bool; 2]> {
        self.with(|socket| {
            let wake = wake.map(|wake| wake.0.as_socket());
            sys::poll(socket.as_socket(), interest, wake, timeout)
        })
    }

    /// Closes the socket for all threads. `wake` wakes the threads that wait for the socket, and the last call that
    /// ends closes it. If the socket was lent, the connection is shut down now, and the socket is closed when this
    /// value is dropped.
    pub(crate) fn close(&self, wake: impl FnOnce()) {
        let open = self.lock().take();
        if let (Some(lent), Some(_)) = (self.lent.get(), &open) {
            let _ = lent
                .socket()
                .and_then(|socket| socket.shutdown(Shutdown::Both));
        }
        wake();
        drop(open);
    }
}

/// A socket that becomes readable once, and then stays readable: one that receives only from itself.
#[derive(Debug)]
pub(crate) struct Wake(UdpSocket);

impl Wake {
    pub(crate) fn new() -> io::Result<Wake> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(socket.local_addr()?)?;
        socket.set_nonblocking(true)?;
        Ok(Wake(socket))
    }

    pub(crate) fn wake(&self) {
        let _ = self.0.send(&[0]);
    }
}

/// A number by which descriptors are divided into groups. Consecutive descriptors, which differ by four, get different
/// numbers.
pub(crate) fn group(descriptor: RawDescriptor) -> usize {
    usize::try_from(descriptor / 4).unwrap_or(0)
}

/// Sets the mode of a socket. Does nothing, because every socket of this crate is in non-blocking mode.
pub(crate) fn set_nonblocking(_socket: &Socket, _nonblocking: bool) -> io::Result<()> {
    Ok(())
}

/// Restores the blocking mode of a socket that has no time-out, before the program gets it back.
pub(crate) fn leave(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(false)
}

/// Whether the socket was set to non-blocking mode. Windows does not report this, so the result is false.
pub(crate) fn is_nonblocking(_socket: &Socket) -> io::Result<bool> {
    Ok(false)
}

pub(crate) fn set_inheritable(socket: &Socket, inheritable: bool) -> io::Result<()> {
    socket.set_no_inherit(!inheritable)
}

/// Opens a file so that only its owner can read it, if it is created. A new file has the permissions that
/// its directory passes on, as in Python. The standard library opens it so that others can read, write and
/// delete it meanwhile.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Converts a path, or the name of an environment variable, that OpenSSL has returned.
pub(crate) fn os_string(text: &CStr) -> OsString {
    text.to_string_lossy().into_owned().into()
}

/// The certificates of the stores `CA` and `ROOT` that the system trusts for a purpose, in DER. As in
/// Python, a store that the program may not read counts as empty.
pub(crate) fn trusted_certificates(purpose: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for name in [c"CA", c"ROOT"] {
        let entries = match stores::certificates(name) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => continue,
            entries => entries?,
        };
        for (der, encoding, trust) in entries {
            let trusted = trust.is_none_or(|purposes| purposes.contains(purpose));
            if encoding == stores::X509 && trusted && !found.contains(&der) {
                found.push(der);
            }
        }
    }
    Ok(found)
}

/// Calls a macro with the types of stream sockets, and with the types whose kind the system knows.
macro_rules! socket_types {
    ($call:ident) => {
        $call! { true: TcpStream, TcpListener }
        $call! { false: UdpSocket, std::os::windows::io::OwnedSocket, Socket }
    };
}

/// A duplicate of a borrowed socket.
macro_rules! duplicate {
    ($socket:expr) => {
        std::os::windows::io::AsSocket::as_socket($socket).try_clone_to_owned()
    };
}

/// Implements the traits that lend the descriptor of a field of type `Shared`.
macro_rules! lend_descriptor {
    ($ty:ty, $($field:ident).+) => {
        impl std::os::windows::io::AsSocket for $ty {
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                self.$($field).+.borrow()
            }
        }

        impl std::os::windows::io::AsRawSocket for $ty {
            fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
                self.$($field).+.raw()
            }
        }
    };
}

pub(crate) use {duplicate, lend_descriptor, socket_types};
