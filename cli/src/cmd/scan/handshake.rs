//! The questions that need the keys of a handshake, to decrypt messages or to resume a session.
//! OpenSSL does these handshakes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::wire::certificate_authorities;

use super::chain::SentChain;
use super::parallel;
use super::probe::{Asked, Attempt, Permit, Prober, Silence};
use crate::cmd::connect::await_verdict;
use crate::net::Deadline;

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
    /// Why there may be more chains.
    pub(super) unknown: Option<String>,
}

/// The alerts by which servers refuse an offer, as OpenSSL names them.
const REFUSALS: [&str; 6] = [
    "HANDSHAKE_FAILURE",
    "ILLEGAL_PARAMETER",
    "PROTOCOL_VERSION",
    "INSUFFICIENT_SECURITY",
    "MISSING_EXTENSION",
    "NO_APPLICATION_PROTOCOL",
];

/// Why a handshake has no result.
enum Failed {
    /// The server refuses the offer.
    Refused,
    Silent(Silence),
    /// OpenSSL cannot finish the handshake with the server's messages.
    Unusable(String),
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

impl Shaken {
    fn certificates(&self) -> Vec<ssl::Certificate> {
        self.sock.get_unverified_chain().unwrap_or_default()
    }

    /// Checks that the handshake succeeded.
    fn succeeded(&self) -> Result<(), Failed> {
        match &self.outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: &ssl::Error) -> Failed {
        let text = error.to_string();
        match error {
            ssl::Error::Timeout(_) => Failed::Silent(Silence::Other(text)),
            ssl::Error::Eof(_)
            | ssl::Error::ZeroReturn(_)
            | ssl::Error::Syscall(_)
            | ssl::Error::Os(_) => Failed::Silent(Silence::Closed(text)),
            _ if !is_alert(error) => Failed::Unusable(text),
            _ => {
                let reason = error.reason().unwrap_or_default();
                let refusal = REFUSALS.iter().any(|name| reason.ends_with(name));
                // An alert after the server's certificate is about the client's messages.
                match refusal || !self.certificates().is_empty() {
                    true => Failed::Refused,
                    false => Failed::Silent(Silence::Closed(text)),
                }
            }
        }
    }
}

fn is_alert(error: &ssl::Error) -> bool {
    let reason = error.reason();
    reason.is_some_and(|reason| reason.contains("_ALERT_"))
}

/// Does a handshake, and judges it. A handshake without an answer is repeated, as [`Prober::ask`] repeats a question.
fn shake<T>(
    prober: &Prober<'_>,
    what: &str,
    context: &ssl::SslContext,
    session: Option<&ssl::SslSession>,
    judge: impl Fn(&Shaken) -> Result<T, Failed>,
) -> Asked<T> {
    let once = |permit: &Permit<'_>| -> Attempt<Result<T, Failed>> {
        let shaken = match shake_once(prober, permit, what, context, session)? {
            Ok(shaken) => shaken,
            Err(silence) => return Ok(Err(silence)),
        };
        Ok(match judge(&shaken) {
            Err(Failed::Silent(silence)) => Err(silence),
            judged => Ok(judged),
        })
    };
    match prober.repeat(what, once) {
        Ok(Asked::Answered(Ok(answer))) => Asked::Answered(answer),
        Ok(Asked::Answered(Err(Failed::Refused)) | Asked::Refused) => Asked::Refused,
        Ok(Asked::Answered(Err(Failed::Unusable(reason)))) => Asked::Unknown(reason),
        Ok(Asked::Answered(Err(Failed::Silent(
            Silence::Closed(reason) | Silence::Other(reason),
        )))) => Asked::Unknown(reason),
        Ok(Asked::Unknown(reason)) => Asked::Unknown(reason),
        Err(error) => Asked::Unknown(error.to_string()),
    }
}

fn shake_once(
    prober: &Prober<'_>,
    permit: &Permit<'_>,
    what: &str,
    context: &ssl::SslContext,
    session: Option<&ssl::SslSession>,
) -> Attempt<Shaken> {
    let (stream, deadline) = match prober.connect(permit, what)? {
        Ok(connected) => connected,
        Err(silence) => return Ok(Err(silence)),
    };
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
    Ok(Ok(Shaken {
        sock,
        outcome,
        time: start.elapsed(),
        deadline,
    }))
}

/// The certificates of a TLS 1.3 server, one for each kind of key, and its request for a client
/// certificate.
pub(super) fn encrypted(prober: &Prober<'_>) -> Encrypted {
    let mut found = Encrypted::default();
    for result in parallel::each(KINDS, |kind| encrypted_for(prober, kind)) {
        match result {
            Ok(Asked::Answered((chain, request))) => {
                found.chains.push(chain);
                found.request = found.request.or(request);
            }
            // The server has no key of this kind.
            Ok(Asked::Refused) => {}
            Ok(Asked::Unknown(reason)) => found.unknown = Some(reason),
            Err(error) => found.unknown = Some(error.to_string()),
        }
    }
    if found.chains.is_empty() && found.unknown.is_none() {
        found.unknown = Some("the server refuses every handshake of OpenSSL".to_owned());
    }
    found
}

type ChainAndRequest = (SentChain, Option<Vec<Vec<u8>>>);

fn encrypted_for(prober: &Prober<'_>, kind: &str) -> ssl::Result<Asked<ChainAndRequest>> {
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
    Ok(shake(prober, "certificates", &context, None, |shaken| {
        let certificates = shaken.certificates();
        if certificates.is_empty() {
            shaken.succeeded()?;
            let text = "the server sent no certificate".to_owned();
            return Err(Failed::Unusable(text));
        }
        let chain = SentChain {
            certificates,
            ocsp_response: shaken.sock.ocsp_response(),
        };
        let mut request = request.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((chain, request.take()))
    }))
}

/// Whether a server that requests a client certificate refuses clients without one. The error is the reason why this
/// is unknown.
pub(super) fn requires_certificate(
    prober: &Prober<'_>,
    versions: Versions,
) -> Result<bool, String> {
    let context = context(versions).map_err(|error| error.to_string())?;
    known(shake(
        prober,
        "client certificate",
        &context,
        None,
        |shaken| {
            // If the server has not sent its certificate, the handshake failed before the server could
            // refuse a client without a certificate.
            if shaken.certificates().is_empty() {
                shaken.succeeded()?;
            }
            let verdict = shaken.succeeded().and_then(|()| {
                let verdict = await_verdict(&shaken.sock, shaken.time, shaken.deadline);
                verdict.map_err(|error| shaken.failed(&error))
            });
            match verdict {
                Ok(_) => Ok(false),
                Err(Failed::Refused) => Ok(true),
                Err(failed) => Err(failed),
            }
        },
    ))
}

/// The answer, or the reason why it is unknown.
fn known<T>(asked: Asked<T>) -> Result<T, String> {
    match asked {
        Asked::Answered(answer) => Ok(answer),
        Asked::Refused => Err("the server refuses the handshake of OpenSSL".to_owned()),
        Asked::Unknown(reason) => Err(reason),
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

/// Whether the server resumes a session. The error is the reason why this is unknown.
pub(super) fn resumes(prober: &Prober<'_>, versions: Versions, kept: Kept) -> Result<bool, String> {
    const WHAT: &str = "resumption";
    let text = |error: ssl::Error| error.to_string();
    let context = context(versions).map_err(text)?;
    if kept == Kept::Id {
        let options = context.options() | ssl::Options::OP_NO_TICKET;
        context.set_options(options).map_err(text)?;
    }
    let first = shake(prober, WHAT, &context, None, |shaken| {
        shaken.succeeded()?;
        if versions == Versions::Tls13 {
            await_ticket(&shaken.sock).map_err(|error| shaken.failed(&error))?;
        }
        let session = shaken.sock.session();
        close(&shaken.sock);
        Ok(session)
    });
    let session = known(first)?.ok_or("the handshake has no session")?;
    if session.has_ticket() != (kept == Kept::Ticket) || !session.is_resumable() {
        return Ok(false);
    }
    for _ in 0..MOST_RESUMPTIONS {
        let again = shake(prober, WHAT, &context, Some(&session), |shaken| {
            shaken.succeeded()?;
            let reused = shaken.sock.session_reused();
            close(&shaken.sock);
            Ok(reused == Some(true))
        });
        if known(again)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads until the server has sent a ticket or the waiting time is over.
fn await_ticket(sock: &ssl::SslSocket) -> ssl::Result<()> {
    let start = Instant::now();
    let has_ticket = || sock.session().is_some_and(|session| session.has_ticket());
    while !has_ticket() && start.elapsed() < TICKET_WAIT {
        sock.settimeout(Some(Duration::from_millis(10)))?;
        match sock.recv(1) {
            Err(ssl::Error::Timeout(_)) => {}
            // The server sent data or closed the connection.
            Ok(_) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sends `close_notify`. Servers drop the session of a connection that ends without it.
fn close(sock: &ssl::SslSocket) {
    let short = Duration::from_millis(20);
    let _ = sock.settimeout(Some(short)).and_then(|()| sock.unwrap());
}

/// The application protocol that the server chooses from these. The error is the reason why this is unknown.
pub(super) fn alpn(prober: &Prober<'_>, offered: &[&str]) -> Result<Option<String>, String> {
    let text = |error: ssl::Error| error.to_string();
    let context = context(Versions::Tls13).map_err(text)?;
    context.set_alpn_protocols(offered).map_err(text)?;
    let asked = shake(prober, "ALPN", &context, None, |shaken| {
        let refused = shaken.outcome.as_ref().err().and_then(ssl::Error::reason);
        if refused.is_some_and(|reason| reason.contains("NO_APPLICATION_PROTOCOL")) {
            return Ok(None);
        }
        shaken.succeeded()?;
        Ok(shaken.sock.selected_alpn_protocol())
    });
    known(asked)
}
