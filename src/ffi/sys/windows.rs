//! Windows: Winsock, and the state of files.

use std::fs::File;
use std::io;
use std::mem::size_of;
use std::os::windows::io::{AsRawHandle, AsRawSocket, AsSocket, BorrowedSocket};
use std::path::PathBuf;
use std::ptr;
use std::sync::Once;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket};
use windows_sys::Win32::Foundation::{GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT};
use windows_sys::Win32::Networking::WinSock;
use windows_sys::Win32::Storage::FileSystem;

use super::Interest;

pub(crate) use windows_sys::Win32::Networking::WinSock::{ADDRINFOA as addrinfo, freeaddrinfo};

pub(crate) const AF_UNSPEC: i32 = WinSock::AF_UNSPEC as i32;
pub(crate) const SOCK_STREAM: i32 = WinSock::SOCK_STREAM;

/// A number that `getaddrinfo` never returns: on Windows, none of its numbers means a system error.
pub(crate) const EAI_SYSTEM: i32 = i32::MIN;

/// Windows has no flag for a single call that does not wait, so each socket of this crate is in non-blocking mode.
pub(crate) const MSG_DONTWAIT: i32 = 0;

/// Windows sends no signal when the peer has closed the connection, so there is no flag against it.
pub(crate) const MSG_NOSIGNAL: i32 = 0;

pub(crate) const MSG_PEEK: i32 = WinSock::MSG_PEEK;

/// Whether this crate sets each of its sockets to non-blocking mode. Windows has no flag for a single call that does
/// not wait.
pub(crate) const ALWAYS_NONBLOCKING: bool = true;

/// Waits until the socket is ready or `wake` is readable, and returns which of the two it is. Both are
/// false after the time-out (rounded up to milliseconds).
pub(crate) fn poll(
    socket: BorrowedSocket<'_>,
    interest: Interest,
    wake: Option<BorrowedSocket<'_>>,
    timeout: Option<Duration>,
) -> io::Result<[bool; 2]> {
    let milliseconds = timeout.map_or(-1, |timeout| {
        i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
    });
    let [socket, wake] = [Some(socket), wake].map(|socket| socket.as_ref().map(number));
    let events = match interest {
        Interest::Read => WinSock::POLLRDNORM,
        Interest::Write => WinSock::POLLWRNORM,
        Interest::Connect => return select(socket, wake, milliseconds),
    };
    let entry = |fd: Option<WinSock::SOCKET>, events| WinSock::WSAPOLLFD {
        fd: fd.unwrap_or(WinSock::INVALID_SOCKET),
        events,
        revents: 0,
    };
    let mut entries = [entry(socket, events), entry(wake, WinSock::POLLRDNORM)];
    let count = 1 + u32::from(wake.is_some());
    // SAFETY: `entries` has `count` elements, which the system changes in place.
    if unsafe { WinSock::WSAPoll(entries.as_mut_ptr(), count, milliseconds) } < 0 {
        return Err(last_error());
    }
    Ok(entries.map(|entry| entry.revents != 0))
}

/// Waits for the end of a `connect`, or until `wake` is readable. Before version 2004 of Windows 10,
/// `WSAPoll` did not report a `connect` that failed. CPython calls `select` too.
fn select(
    socket: Option<WinSock::SOCKET>,
    wake: Option<WinSock::SOCKET>,
    milliseconds: i32,
) -> io::Result<[bool; 2]> {
    let set = |socket: Option<WinSock::SOCKET>| {
        let mut set = WinSock::FD_SET::default();
        if let Some(socket) = socket {
            (set.fd_array[0], set.fd_count) = (socket, 1);
        }
        set
    };
    let (mut reads, mut writes, mut failed) = (set(wake), set(socket), set(socket));
    let time = WinSock::TIMEVAL {
        tv_sec: milliseconds / 1000,
        tv_usec: milliseconds % 1000 * 1000,
    };
    let limit = match milliseconds {
        ..0 => ptr::null(),
        _ => &raw const time,
    };
    // SAFETY: the three sets are local variables, which the system changes in place. The time is a local variable or
    // null.
    let found =
        unsafe { WinSock::select(0, &raw mut reads, &raw mut writes, &raw mut failed, limit) };
    if found < 0 {
        return Err(last_error());
    }
    Ok([writes.fd_count + failed.fd_count > 0, reads.fd_count > 0])
}

fn number(socket: &BorrowedSocket<'_>) -> WinSock::SOCKET {
    socket.as_raw_socket() as WinSock::SOCKET
}

fn last_error() -> io::Error {
    // SAFETY: the call takes no argument.
    io::Error::from_raw_os_error(unsafe { WinSock::WSAGetLastError() })
}

/// The descriptor of a socket.
pub(crate) fn borrow(socket: &Socket) -> BorrowedSocket<'_> {
    socket.as_socket()
}

/// Whether programs that this process starts inherit the descriptor.
pub(crate) fn is_inheritable(socket: &Socket) -> io::Result<bool> {
    let mut flags = 0;
    // SAFETY: the handle is open, and the pointer is to a local variable.
    if unsafe { GetHandleInformation(socket.as_raw_socket() as HANDLE, &raw mut flags) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(flags & HANDLE_FLAG_INHERIT != 0)
}

/// The address family that the socket was created with. `getsockname` returns it only for a socket that
/// has an address.
pub(crate) fn domain(socket: &Socket) -> io::Result<Domain> {
    Ok(Domain::from(protocol_info(socket)?.iAddressFamily))
}

/// The protocol of the socket. `None` stands for 0.
pub(crate) fn protocol(socket: &Socket) -> io::Result<Option<Protocol>> {
    let number = protocol_info(socket)?.iProtocol;
    Ok((number != 0).then(|| Protocol::from(number)))
}

fn protocol_info(socket: &Socket) -> io::Result<WinSock::WSAPROTOCOL_INFOW> {
    let mut info = WinSock::WSAPROTOCOL_INFOW::default();
    let mut length = size_of::<WinSock::WSAPROTOCOL_INFOW>() as i32;
    // SAFETY: the socket is open. The pointer is to a local variable of `length` bytes, for which every bit pattern is
    // a value.
    let outcome = unsafe {
        WinSock::getsockopt(
            number(&socket.as_socket()),
            WinSock::SOL_SOCKET,
            WinSock::SO_PROTOCOL_INFOW,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    match outcome {
        0 => Ok(info),
        _ => Err(last_error()),
    }
}

/// The path of a Unix socket's address; `None` if it has none.
pub(crate) fn unix_path(address: &SockAddr) -> Option<PathBuf> {
    if address.domain() != Domain::UNIX {
        return None;
    }
    let length = usize::try_from(address.len()).ok()?;
    // SAFETY: `address` has `length` bytes, and is borrowed.
    let bytes = unsafe { std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), length) };
    // The path follows the address family, a number of two bytes, and ends with a NUL.
    let path = bytes.get(2..)?.split(|&byte| byte == 0).next()?;
    (!path.is_empty()).then(|| String::from_utf8_lossy(path).into_owned().into())
}

/// Starts Winsock, and then calls the system function of the same name.
///
/// # Safety
///
/// The arguments are those of the system function: host and service are C strings or null, `hints` is null or points to
/// hints, and `list` points to a variable.
pub(crate) unsafe fn getaddrinfo(
    host: *const std::ffi::c_char,
    service: *const std::ffi::c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
) -> i32 {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let mut data = WinSock::WSADATA::default();
        // SAFETY: the call gets a version number and a pointer to a local variable. Winsock counts the calls of this
        // function, and stays started until the process ends.
        unsafe { WinSock::WSAStartup(0x202, &raw mut data) };
    });
    // SAFETY: the caller promises valid arguments.
    unsafe { WinSock::getaddrinfo(host.cast(), service.cast(), hints, list) }
}

/// The text of one of `getaddrinfo`'s numbers. Python has one text for all on Windows.
pub(crate) fn lookup_text(_number: i32) -> String {
    "getaddrinfo failed".to_owned()
}

/// Whether the program may have more rights than the user who started it. Windows has no set-user-ID bit.
pub(crate) fn is_privileged() -> bool {
    false
}

/// The C library's text of one of its own error numbers.
pub(crate) fn c_text(number: i32) -> String {
    // SAFETY: the call takes a number. The string belongs to this thread and is valid until the thread's next call.
    let text = unsafe { libc::strerror(number) };
    if text.is_null() {
        return "Unknown error".to_owned();
    }
    // SAFETY: `text` is not null, so it is a string. Nothing changes it before it is copied.
    unsafe { std::ffi::CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// Identifies a file and its state. Each change of a file's content or attributes updates its change time.
#[derive(Debug, PartialEq)]
pub(crate) struct FileState {
    volume: u32,
    index: u64,
    size: u64,
    modified: i64,
    changed: i64,
}

impl FileState {
    /// `None` if it is not a regular file, or if its file system does not record changes.
    pub(crate) fn of(file: &File) -> io::Result<Option<FileState>> {
        let handle = file.as_raw_handle();
        // SAFETY: `handle` is open.
        if unsafe { FileSystem::GetFileType(handle) } != FileSystem::FILE_TYPE_DISK {
            return Ok(None);
        }
        let mut info = FileSystem::BY_HANDLE_FILE_INFORMATION::default();
        let mut times = FileSystem::FILE_BASIC_INFO::default();
        // SAFETY: `handle` is open. The pointers are to local variables of the types that the calls fill.
        let done = unsafe {
            FileSystem::GetFileInformationByHandle(handle, &raw mut info) != 0
                && FileSystem::GetFileInformationByHandleEx(
                    handle,
                    FileSystem::FileBasicInfo,
                    (&raw mut times).cast(),
                    size_of::<FileSystem::FILE_BASIC_INFO>() as u32,
                ) != 0
        };
        if !done {
            return Err(io::Error::last_os_error());
        }
        let is_directory = info.dwFileAttributes & FileSystem::FILE_ATTRIBUTE_DIRECTORY != 0;
        let join = |high: u32, low: u32| (u64::from(high) << 32) | u64::from(low);
        Ok((!is_directory && times.ChangeTime != 0).then(|| FileState {
            volume: info.dwVolumeSerialNumber,
            index: join(info.nFileIndexHigh, info.nFileIndexLow),
            size: join(info.nFileSizeHigh, info.nFileSizeLow),
            modified: times.LastWriteTime,
            changed: times.ChangeTime,
        }))
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// When the file was last changed, in seconds since 1970. Windows counts steps of 100 ns since 1601.
    pub(crate) fn changed(&self) -> i64 {
        self.changed / 10_000_000 - 11_644_473_600
    }

    /// Whether both are states of the same file.
    pub(crate) fn is_same_file(&self, other: &FileState) -> bool {
        (self.volume, self.index) == (other.volume, other.index)
    }
}
