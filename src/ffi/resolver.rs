//! Host name lookup with `getaddrinfo(3)`. The standard library drops the error numbers, which Python
//! reports.

use std::ffi::CStr;
use std::io;
use std::net::SocketAddr;
use std::ptr::{self, NonNull};

use socket2::SockAddr;

/// An error of `getaddrinfo`.
pub(crate) enum LookupError {
    /// The system's error, for `EAI_SYSTEM`.
    System(io::Error),
    /// Another number, and its text.
    Lookup(i32, String),
}

/// The list that `getaddrinfo` returned.
struct List(*mut libc::addrinfo);

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: the list is from `getaddrinfo`, and freed once.
        unsafe { libc::freeaddrinfo(self.0) };
    }
}

/// The addresses of a host for stream sockets of a family (`AF_UNSPEC` for all).
pub(crate) fn addresses(
    host: &CStr,
    port: u16,
    family: i32,
) -> Result<Vec<SocketAddr>, LookupError> {
    // SAFETY: a C struct of numbers and pointers, for which zero is a value.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = family;
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list = ptr::null_mut();
    // SAFETY: a C string, no service, and two pointers to local variables.
    let number =
        unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut list) };
    match number {
        0 => {}
        libc::EAI_SYSTEM => return Err(LookupError::System(io::Error::last_os_error())),
        number => return Err(LookupError::Lookup(number, text_of(number))),
    }
    let list = List(list);
    let mut found = Vec::new();
    let mut next = NonNull::new(list.0);
    while let Some(entry) = next {
        // SAFETY: an entry of the list, which is freed at the end of this function only.
        let entry = unsafe { entry.as_ref() };
        let length = usize::try_from(entry.ai_addrlen).unwrap_or(usize::MAX);
        // SAFETY: the closure writes `*room` bytes at most to the storage, all of them from
        // `ai_addr`, where `ai_addrlen` bytes of an address are. It sets the length that it wrote.
        let copied = unsafe {
            SockAddr::try_init(|storage, room| {
                if entry.ai_addr.is_null() || entry.ai_addrlen > *room {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                ptr::copy_nonoverlapping(entry.ai_addr.cast::<u8>(), storage.cast(), length);
                *room = entry.ai_addrlen;
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

fn text_of(number: i32) -> String {
    // SAFETY: takes a number. It returns a string that is never freed, or null.
    let text = unsafe { libc::gai_strerror(number) };
    if text.is_null() {
        return "Unknown error".to_owned();
    }
    // SAFETY: not null, so a string that is never freed.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}
