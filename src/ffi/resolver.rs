//! Host name lookup with `getaddrinfo(3)`. The standard library does not return the error numbers of this function,
//! which Python reports.

use std::ffi::CStr;
use std::io;
use std::net::SocketAddr;
use std::ptr::{self, NonNull};

use socket2::SockAddr;

use super::sys;

/// An error of `getaddrinfo`.
pub(crate) enum LookupError {
    /// The system's error, for `EAI_SYSTEM`.
    System(io::Error),
    /// Another error of `getaddrinfo`: its number and its text.
    Lookup(i32, String),
}

/// The list that `getaddrinfo` returned.
struct List(*mut sys::addrinfo);

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: the list is from `getaddrinfo`, and freed once.
        unsafe { sys::freeaddrinfo(self.0) };
    }
}

/// The addresses of a host for stream sockets of a family (`AF_UNSPEC` for all).
pub(crate) fn addresses(
    host: &CStr,
    port: u16,
    family: i32,
) -> Result<Vec<SocketAddr>, LookupError> {
    // SAFETY: a C struct of numbers and pointers, for which zero is a value.
    let mut hints: sys::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family;
    hints.ai_socktype = sys::SOCK_STREAM;
    let mut list = ptr::null_mut();
    // SAFETY: the host is a C string, and a null service is allowed. The other pointers are to local variables.
    let number =
        unsafe { sys::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut list) };
    match number {
        0 => {}
        sys::EAI_SYSTEM => return Err(LookupError::System(io::Error::last_os_error())),
        number => return Err(LookupError::Lookup(number, sys::lookup_text(number))),
    }
    let list = List(list);
    let mut found = Vec::new();
    let mut next = NonNull::new(list.0);
    while let Some(entry) = next {
        // SAFETY: `entry` is an entry of the list, which is freed only at the end of this function.
        let entry = unsafe { entry.as_ref() };
        let length = usize::try_from(entry.ai_addrlen).unwrap_or(usize::MAX);
        // SAFETY: the closure copies at most `*room` bytes to the storage. It copies them from `ai_addr`, which has
        // `ai_addrlen` bytes, and sets the length to the number of copied bytes.
        let copied = unsafe {
            SockAddr::try_init(|storage, room| {
                if entry.ai_addr.is_null() || length > usize::try_from(*room).unwrap_or(0) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                ptr::copy_nonoverlapping(entry.ai_addr.cast::<u8>(), storage.cast(), length);
                *room = length.try_into().map_err(io::Error::other)?;
                Ok(())
            })
        };
        let address = copied.ok().and_then(|((), address)| address.as_socket());
        found.extend(address.map(|mut address| {
            address.set_port(port);
            address
        }));
        next = NonNull::new(entry.ai_next);
    }
    Ok(found)
}
