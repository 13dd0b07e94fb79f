//! IP addresses, parsed by OpenSSL.

use std::net::IpAddr;

use openssl_sys as sys;

use super::decl;
use super::util::{self, clear_errors};

/// Parses an address as OpenSSL does (`a2i_IPADDRESS`).
pub(crate) fn parse(text: &str) -> Option<IpAddr> {
    // Most texts are host names. For a host name, OpenSSL would try several formats of addresses
    // and queue an error.
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) && !text.contains(':') {
        return None;
    }
    let text = std::ffi::CString::new(text).ok()?;
    // SAFETY: `text` is a C string. The octets belong to `string`, and are copied before `string`
    // is freed once.
    let octets = unsafe {
        let string = decl::a2i_IPADDRESS(text.as_ptr());
        if string.is_null() {
            clear_errors();
            return None;
        }
        let data = sys::ASN1_STRING_get0_data(string.cast());
        let len = usize::try_from(sys::ASN1_STRING_length(string.cast())).unwrap_or(0);
        let octets = util::slice(data, len).to_vec();
        sys::ASN1_STRING_free(string.cast());
        octets
    };
    if let Ok(v4) = <[u8; 4]>::try_from(octets.as_slice()) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(octets.as_slice())
        .ok()
        .map(IpAddr::from)
}
