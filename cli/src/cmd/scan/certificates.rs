//! The certificates of a TLS 1.3 server. They are encrypted, so OpenSSL does the handshakes.

use std::time::Duration;

use pyssl as ssl;
use pyssl::TlsVersion;

use crate::args::Endpoint;
use crate::net::{self, Deadline};

/// Signature schemes by the kind of key that they need.
const KINDS: [&str; 3] = [
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256",
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512",
    "ed25519:ed448",
];

/// The server's certificates, one for each kind of key.
///
/// Returns the last error if there is none.
pub(super) fn of_tls13(
    target: &Endpoint,
    server_name: &str,
    timeout: Duration,
) -> ssl::Result<Vec<ssl::Certificate>> {
    let mut found = Vec::new();
    let mut last = None;
    for kind in KINDS {
        match leaf(target, server_name, timeout, kind) {
            Ok(leaf) => found.extend(leaf),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

fn leaf(
    target: &Endpoint,
    server_name: &str,
    timeout: Duration,
    kind: &str,
) -> ssl::Result<Option<ssl::Certificate>> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    context.set_check_hostname(false)?;
    context.set_verify_mode(ssl::CERT_NONE)?;
    context.set_minimum_version(TlsVersion::TLSv1_3)?;
    context.set_ciphers("ALL:@SECLEVEL=0")?;
    // On a client, this sets the signature algorithms that it offers.
    context.set_server_sigalgs(kind)?;
    let deadline = Deadline::after(timeout);
    let mut stream = net::connect(&target.address, deadline)?;
    net::start_tls(&mut stream, target, server_name, deadline)?;
    let options = ssl::WrapSocket::new()
        .read_ahead(true)
        .server_hostname(server_name)
        .do_handshake_on_connect(false);
    let sock = context.wrap_socket(stream, options)?;
    sock.settimeout(deadline.left())?;
    let outcome = sock.do_handshake();
    let leaf = sock
        .get_unverified_chain()
        .unwrap_or_default()
        .into_iter()
        .next();
    match (leaf, outcome) {
        (Some(leaf), _) => Ok(Some(leaf)),
        (None, outcome) => outcome.map(|()| None),
    }
}
