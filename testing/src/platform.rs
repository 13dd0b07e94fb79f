//! Functions for tests whose implementations differ between Unix and Windows.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

/// One end of a pair of connected sockets on this machine.
#[cfg(unix)]
pub type LocalStream = std::os::unix::net::UnixStream;
/// One end of a pair of connected sockets on this machine.
#[cfg(windows)]
pub type LocalStream = std::net::TcpStream;

/// A pair of connected sockets. On Unix, data that was written together can be read together.
#[cfg(unix)]
pub fn local_pair() -> (LocalStream, LocalStream) {
    LocalStream::pair().unwrap()
}

/// A pair of connected sockets.
#[cfg(windows)]
pub fn local_pair() -> (LocalStream, LocalStream) {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let near = LocalStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    for stream in [&near, &far] {
        stream.set_nodelay(true).unwrap();
    }
    (near, far)
}

/// An owned socket.
#[cfg(unix)]
pub type OwnedDescriptor = std::os::fd::OwnedFd;
/// An owned socket.
#[cfg(windows)]
pub type OwnedDescriptor = std::os::windows::io::OwnedSocket;

/// A listening Unix socket, which the standard library lacks on Windows. `None` if the system has none.
#[cfg(windows)]
pub fn unix_listener(path: &std::path::Path) -> Option<socket2::Socket> {
    let made = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
    let Ok(listener) = made else {
        crate::skipped("this system has no Unix sockets");
        return None;
    };
    listener
        .bind(&socket2::SockAddr::unix(path).unwrap())
        .unwrap();
    listener.listen(5).unwrap();
    Some(listener)
}

/// Replaces a file in one step, as a program that renews certificates does. On Windows, this may fail while another
/// thread reads the old file, so it is tried again.
pub fn replace(path: &Path, content: impl AsRef<[u8]>) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    rename(&new, path);
}

/// Gives a file another name. On Windows, this may fail while another thread reads the file that had the name, so it
/// is tried again.
pub fn rename(from: &Path, to: &Path) {
    let begin = Instant::now();
    loop {
        match fs::rename(from, to) {
            Err(error)
                if cfg!(windows)
                    && error.kind() == io::ErrorKind::PermissionDenied
                    && begin.elapsed() < Duration::from_secs(60) =>
            {
                std::thread::yield_now();
            }
            outcome => return outcome.unwrap(),
        }
    }
}

/// Python's numbers of socket errors.
pub mod errno {
    /// The address does not accept connections.
    pub const ECONNREFUSED: i32 = if cfg!(windows) {
        10061
    } else {
        libc::ECONNREFUSED
    };
    /// The socket is not connected.
    pub const ENOTCONN: i32 = if cfg!(windows) { 10057 } else { libc::ENOTCONN };
    /// The operation would have to wait.
    pub const EWOULDBLOCK: i32 = if cfg!(windows) {
        10035
    } else {
        libc::EWOULDBLOCK
    };
    /// The `connect` is in progress.
    pub const EINPROGRESS: i32 = if cfg!(windows) {
        10035
    } else {
        libc::EINPROGRESS
    };
    /// The socket is closed.
    pub const CLOSED: i32 = if cfg!(windows) { 10038 } else { libc::EBADF };
}

/// The error of a full disk.
pub fn disk_full() -> io::Error {
    io::Error::from_raw_os_error(if cfg!(windows) { 112 } else { libc::ENOSPC })
}
