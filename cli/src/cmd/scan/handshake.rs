//! The questions that need the keys of a handshake, to decrypt messages or to resume a session.
//! OpenSSL does these handshakes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::wire::certificate_authorities;

use super::chain::SentChain;
use super::parallel;
use super::probe::Prober;
use crate::cmd::connect::await_verdict;
use crate::net::{self, Deadline};

/// Signature schemes by the kind of key that they need.
const KINDS: [&str; 3] = [
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256",
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512",
    "ed25519:ed448",
];

/// How often a session is offered until the server resumes it. The processes of a server may not
/// share their sessions, so a single refusal proves nothing.
const MOST_RESUMPTIONS: u32 = 3;

/// How long to wait for a TLS 1.3 session ticket after the handshake.
const TICKET_WAIT: Duration = Duration::from_millis(500);

/// The versions of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    Tls13,
    Older,
}

/// The messages of a TLS 1.3 server that are encrypted.
#[derive(Debug, Default)]
pub(super) struct Encrypted {
    /// One chain for each kind of key.
    pub(super) chains: Vec<SentChain>,
    /// The authorities that the CertificateRequest names, as DER.
    pub(super) request: Option<Vec<Vec<u8>>>,
    /// Why there is no chain.
    pub(super) error: Option<String>,
}

/// A connection whose handshake succeeded or failed.
struct Shaken {
    sock: ssl::SslSocket,
    outcome: ssl::Result<()>,
    time: Duration,
    deadline: Deadline,
}

fn context(versions: Versions) -> ssl::Result<ssl::SslContext> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    context.set_check_hostname(false)?;
    context.set_verify_mode(ssl::CERT_NONE)?;
    context.set_ciphers("ALL:@SECLEVEL=0")?;
    match versions {
        Versions::Tls13 => context.set_minimum_version(TlsVersion::TLSv1_3)?,
        Versions::Older => {
            context.set_minimum_version(TlsVersion::TLSv1)?;
            context.set_maximum_version(TlsVersion::TLSv1_2)?;
            context.set_options(context.options() | ssl::Options::OP_LEGACY_SERVER_CONNECT)?;
        }
    }
    Ok(context)
}

fn shake(
    prober: &Prober<'_>,
    what: &str,
    context: &ssl::SslContext,
    session: Option<&ssl::SslSession>,
) -> ssl::Result<Shaken> {
    let permit = prober.permit();
    prober.pace(&permit, what);
    let deadline = Deadline::after(prober.timeout());
    let mut stream = net::connect(&prober.target().address, deadline)?;
    net::start_tls(&mut stream, prober.target(), prober.server_name(), deadline)?;
    let options = ssl::WrapSocket::new()
        .read_ahead(true)
        .server_hostname(prober.server_name())
        .do_handshake_on_connect(false);
    let sock = context.wrap_socket(stream, options)?;
    if let Some(session) = session {
        sock.set_session(session)?;
    }
    sock.settimeout(deadline.left())?;
    let start = Instant::now();
    let outcome = sock.do_handshake();
    Ok(Shaken {
        sock,
        outcome,
        time: start.elapsed(),
        deadline,
    })
}

/// The certificates of a TLS 1.3 server, one for each kind of key, and its request for a client
/// certificate.
pub(super) fn encrypted(prober: &Prober<'_>) -> Encrypted {
    let mut found = Encrypted::default();
    for result in parallel::each(KINDS, |kind| encrypted_for(prober, kind)) {
        match result {
            Ok((chain, request)) => {
                found.chains.extend(chain);
                found.request = found.request.or(request);
            }
            Err(error) => found.error = Some(error.to_string()),
        }
    }
    found
}

type ChainAndRequest = (Option<SentChain>, Option<Vec<Vec<u8>>>);

fn encrypted_for(prober: &Prober<'_>, kind: &str) -> ssl::Result<ChainAndRequest> {
    let context = context(Versions::Tls13)?;
    // On a client, this sets the signature algorithms that it offers.
    context.set_server_sigalgs(kind)?;
    context.set_ocsp_mode(ssl::OcspMode::Request)?;
    let request = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&request);
    context.set_message_callback(move |message| {
        let request = ssl::MessageKind::Message(ssl::TlsMessageType::CERTIFICATE_REQUEST);
        if message.kind() == request && message.direction() == ssl::Direction::Read {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = Some(certificate_authorities(message.data()).unwrap_or_default());
        }
        Ok(())
    })?;
    let shaken = shake(prober, "certificates", &context, None)?;
    let certificates = shaken.sock.get_unverified_chain().unwrap_or_default();
    let ocsp_response = shaken.sock.ocsp_response();
    let request = request
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if certificates.is_empty() {
        return shaken.outcome.map(|()| (None, request));
    }
    let chain = SentChain {
        certificates,
        ocsp_response,
    };
    Ok((Some(chain), request))
}

/// Whether a server that requests a client certificate refuses clients without one; `None` if this
/// is unknown.
pub(super) fn requires_certificate(prober: &Prober<'_>, versions: Versions) -> Option<bool> {
    let shaken = shake(prober, "client certificate", &context(versions).ok()?, None).ok()?;
    // If the server has not sent its certificate, the handshake failed before the server could
    // refuse a client without a certificate.
    if shaken.sock.get_unverified_chain().ok()?.is_empty() {
        return None;
    }
    let is_alert = |error: &ssl::Error| {
        let reason = error.reason();
        reason.is_some_and(|reason| reason.contains("_ALERT_"))
    };
    let verdict = match shaken.outcome {
        Ok(()) => await_verdict(&shaken.sock, shaken.time, shaken.deadline).map(|_| ()),
        failed => failed,
    };
    match verdict {
        Ok(()) => Some(false),
        Err(error) if is_alert(&error) => Some(true),
        Err(_) => None,
    }
}

/// How a session is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// By the server, under an id.
    Id,
    /// By the client, in a ticket.
    Ticket,
}

/// Whether the server resumes a session; `None` if this is unknown.
pub(super) fn resumes(prober: &Prober<'_>, versions: Versions, kept: Kept) -> Option<bool> {
    const WHAT: &str = "resumption";
    let context = context(versions).ok()?;
    if kept == Kept::Id {
        let options = context.options() | ssl::Options::OP_NO_TICKET;
        context.set_options(options).ok()?;
    }
    let first = shake(prober, WHAT, &context, None).ok()?;
    first.outcome.ok()?;
    if versions == Versions::Tls13 {
        await_ticket(&first.sock)?;
    }
    let session = first.sock.session()?;
    if session.has_ticket() != (kept == Kept::Ticket) || !session.is_resumable() {
        return Some(false);
    }
    close(&first.sock);
    for _ in 0..MOST_RESUMPTIONS {
        let again = shake(prober, WHAT, &context, Some(&session)).ok()?;
        again.outcome.ok()?;
        let reused = again.sock.session_reused()?;
        close(&again.sock);
        if reused {
            return Some(true);
        }
    }
    Some(false)
}

/// Reads until the server has sent a ticket or the waiting time is over. `None` if the connection
/// fails.
fn await_ticket(sock: &ssl::SslSocket) -> Option<()> {
    let start = Instant::now();
    let has_ticket = || sock.session().is_some_and(|session| session.has_ticket());
    while !has_ticket() && start.elapsed() < TICKET_WAIT {
        sock.settimeout(Some(Duration::from_millis(10))).ok()?;
        match sock.recv(1) {
            Err(ssl::Error::Timeout(_)) => {}
            // The server sent data or closed the connection.
            Ok(_) => break,
            Err(_) => return None,
        }
    }
    Some(())
}

/// Sends `close_notify`. Servers drop the session of a connection that ends without it.
fn close(sock: &ssl::SslSocket) {
    let short = Duration::from_millis(20);
    let _ = sock.settimeout(Some(short)).and_then(|()| sock.unwrap());
}

/// The application protocol that the server chooses from these; `None` if the handshake fails.
pub(super) fn alpn(prober: &Prober<'_>, offered: &[&str]) -> Option<Option<String>> {
    let context = context(Versions::Tls13).ok()?;
    context.set_alpn_protocols(offered).ok()?;
    let shaken = shake(prober, "ALPN", &context, None).ok()?;
    let refused = shaken.outcome.as_ref().err().and_then(ssl::Error::reason);
    if refused.is_some_and(|reason| reason.contains("NO_APPLICATION_PROTOCOL")) {
        return Some(None);
    }
    shaken.outcome.ok()?;
    Some(shaken.sock.selected_alpn_protocol())
}
