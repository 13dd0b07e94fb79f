//! The offer of a context, read from its ClientHello.

use super::usable::{IDENTITY, KEY};
use crate::wire::{group_name, reader::Reader, signature_name};
use pyssl::Result;
use pyssl::SslContext;
use pyssl::{MemoryBio, WrapBio};

const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;

/// The groups of a context by their names in the TLS registry, whether they were set or are
/// OpenSSL's default; none if the context cannot begin a handshake.
///
/// OpenSSL has no getter for its default list. So a client with the same settings makes a
/// ClientHello.
pub(crate) fn groups_on(context: &SslContext) -> Result<Option<Vec<String>>> {
    let groups = numbers_of(&hello(context)?, SUPPORTED_GROUPS);
    Ok(groups.map(|groups| groups.into_iter().map(group_name).collect()))
}

/// The signature schemes that a context accepts, by the names of the TLS registry; empty if it uses none, `None` if they
/// are not known.
pub(crate) fn signatures_on(context: &SslContext) -> Result<Option<Vec<String>>> {
    let schemes = numbers_of(&hello(context)?, SIGNATURE_ALGORITHMS);
    Ok(schemes.map(|schemes| schemes.into_iter().map(signature_name).collect()))
}

/// The ClientHello of a client with the settings of a context.
fn hello(context: &SslContext) -> Result<Vec<u8>> {
    let settings = context.settings();
    let mut client = context.variant().for_both_roles().without_observers();
    client = client.without_verification();
    if settings.has_psk_client_callback() || settings.has_psk_server_callback() {
        client = client.with_psk(IDENTITY, KEY);
    }
    let client = client.build()?;
    let (incoming, outgoing) = (MemoryBio::new(), MemoryBio::new());
    let object = client.wrap_bio(&incoming, &outgoing, WrapBio::new())?;
    // `do_handshake` returns an error in any case: it has written the ClientHello and waits for the
    // answer, or cannot write one.
    let _ = object.do_handshake();
    Ok(outgoing.read(None))
}

/// The numbers in a list of a ClientHello (RFC 8446, section 4.1.2); empty without the extension, `None` if
/// the message is not complete.
fn numbers_of(record: &[u8], extension: u16) -> Option<Vec<u16>> {
    let mut rest = Reader(record);
    // Skips the headers of the record and of the message, the version and the random bytes. Then
    // come the session id, the suites and the compression methods.
    rest.take(5 + 4 + 2 + 32)?;
    for length_bytes in [1, 2, 1] {
        rest.vector(length_bytes)?;
    }
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let mut extensions = rest.vector(2)?;
    while !extensions.is_empty() {
        let kind = extensions.u16()?;
        let mut body = extensions.vector(2)?;
        if kind == extension {
            let pairs = body.vector(2)?.0.chunks_exact(2);
            let number = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
            return Some(pairs.map(number).collect());
        }
    }
    Some(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pyssl::{Protocol, TlsVersion};

    #[test]
    fn groups_are_the_configured_ones_or_openssls_default() {
        for protocol in [Protocol::PROTOCOL_TLS_CLIENT, Protocol::PROTOCOL_TLS_SERVER] {
            let context = SslContext::new(protocol).unwrap();
            let own = groups_on(&context).unwrap().unwrap();
            for group in ["x25519", "secp256r1"] {
                assert!(own.iter().any(|name| name == group), "{own:?}");
            }
            context.set_groups("P-384:X448").unwrap();
            let set = groups_on(&context).unwrap().unwrap();
            assert_eq!(set, ["secp384r1", "x448"]);
            // Static RSA uses no groups.
            context.set_maximum_version(TlsVersion::TLSv1_2).unwrap();
            context.set_ciphers("kRSA+AES").unwrap();
            assert_eq!(groups_on(&context).unwrap(), Some(Vec::new()));
        }
    }

    #[test]
    fn a_truncated_client_hello_is_rejected() {
        let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
        client.set_check_hostname(false).unwrap();
        let (incoming, outgoing) = (MemoryBio::new(), MemoryBio::new());
        let object = client.wrap_bio(&incoming, &outgoing, ()).unwrap();
        assert!(object.do_handshake().is_err());
        let hello = outgoing.read(None);
        assert!(numbers_of(&hello, SUPPORTED_GROUPS).is_some_and(|groups| groups.len() > 2));
        for length in 0..hello.len() {
            let _ = numbers_of(&hello[..length], SUPPORTED_GROUPS);
        }
        assert_eq!(numbers_of(&hello[..40], SUPPORTED_GROUPS), None);
    }
}
