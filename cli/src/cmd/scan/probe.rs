//! One handshake of a scan.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl::{Direction, MessageKind, Options, TlsMessageType, TlsVersion};

use crate::args::HostPort;
use crate::net::{self, Deadline};

/// How long to wait before retrying a failed connection.
const PAUSE: Duration = Duration::from_millis(500);

/// The settings offered to the server.
#[derive(Debug, Clone)]
pub(super) struct Offer<'a> {
    pub(super) version: TlsVersion,
    pub(super) suites: &'a [ssl::Cipher],
    pub(super) groups: Option<String>,
    pub(super) sigalg: Option<&'a str>,
}

/// The server's response.
#[derive(Debug)]
pub(super) struct Answer {
    /// The suite in the ServerHello.
    pub(super) suite: Option<ssl::Cipher>,
    pub(super) group: Option<String>,
    pub(super) chain: Vec<ssl::Certificate>,
    /// Why the handshake failed.
    pub(super) error: Option<ssl::Error>,
}

impl Answer {
    pub(super) fn is_complete(&self) -> bool {
        self.error.is_none()
    }
}

/// Makes connections at a limited rate, and shows the progress on a terminal.
#[derive(Debug)]
pub(super) struct Prober<'a> {
    target: &'a HostPort,
    server_name: &'a str,
    timeout: Duration,
    interval: Duration,
    next: Instant,
    pub(super) made: u32,
    /// The number of connections on which the server did not answer in time.
    pub(super) unanswered: u32,
    shows: bool,
}

impl<'a> Prober<'a> {
    pub(super) fn new(
        target: &'a HostPort,
        server_name: &'a str,
        timeout: Duration,
        rate: u32,
    ) -> Prober<'a> {
        Prober {
            target,
            server_name,
            timeout,
            interval: Duration::from_secs(1) / rate.max(1),
            next: Instant::now(),
            made: 0,
            unanswered: 0,
            shows: io::stderr().is_terminal(),
        }
    }

    /// Makes one connection. Returns an error for a local failure or if no server answers; a
    /// refusal by the server is an answer.
    pub(super) fn ask(&mut self, what: &str, offer: &Offer<'_>) -> ssl::Result<Answer> {
        let context = context(offer)?;
        self.ask_with(what, offer, &context)
    }

    /// The same as [`ask`](Self::ask), but `None` if this OpenSSL does not know the offer.
    pub(super) fn ask_if_known(
        &mut self,
        what: &str,
        offer: &Offer<'_>,
    ) -> ssl::Result<Option<Answer>> {
        match context(offer) {
            Ok(context) => self.ask_with(what, offer, &context).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn ask_with(
        &mut self,
        what: &str,
        offer: &Offer<'_>,
        context: &ssl::SslContext,
    ) -> ssl::Result<Answer> {
        self.wait();
        self.made += 1;
        self.show(what);
        let hello: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let keep = Arc::clone(&hello);
        context.set_message_callback(move |message| {
            let server_hello = MessageKind::Message(TlsMessageType::SERVER_HELLO);
            if message.direction() == Direction::Read && message.kind() == server_hello {
                let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
                *kept = Some(message.data().to_vec());
            }
            Ok(())
        })?;
        let deadline = Deadline::after(self.timeout);
        let stream = match net::connect(self.target, deadline) {
            // Try once more: busy servers drop connections.
            Err(_) if self.made > 1 => {
                thread::sleep(PAUSE);
                net::connect(self.target, Deadline::after(self.timeout))?
            }
            connected => connected?,
        };
        let options = ssl::WrapSocket::new()
            .read_ahead(true)
            .server_hostname(self.server_name)
            .do_handshake_on_connect(false);
        let sock = context.wrap_socket(stream, options)?;
        sock.settimeout(deadline.left())?;
        let error = sock.do_handshake().err();
        if matches!(error, Some(ssl::Error::Timeout(_))) {
            self.unanswered += 1;
        }
        let hello = hello.lock().unwrap_or_else(PoisonError::into_inner).take();
        let id = hello.and_then(|hello| chosen(&hello, offer.version));
        Ok(Answer {
            suite: id.and_then(|id| {
                let offered = offer.suites.iter().find(|suite| suite.protocol_id() == id);
                offered.cloned()
            }),
            group: sock.group(),
            chain: sock.get_unverified_chain().unwrap_or_default(),
            error,
        })
    }

    fn wait(&mut self) {
        let now = Instant::now();
        if self.next > now {
            thread::sleep(self.next - now);
        }
        self.next = self.next.max(now) + self.interval;
    }

    fn show(&self, what: &str) {
        if self.shows {
            let _ = write!(io::stderr(), "\r\u{1b}[K{} connections, {what}", self.made);
        }
    }
}

impl Drop for Prober<'_> {
    fn drop(&mut self) {
        if self.shows && self.made > 0 {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

/// A client that accepts everything within the offer.
fn context(offer: &Offer<'_>) -> ssl::Result<ssl::SslContext> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    context.set_check_hostname(false)?;
    context.set_verify_mode(ssl::CERT_NONE)?;
    context.set_options(context.options() | Options::OP_LEGACY_SERVER_CONNECT)?;
    context.set_minimum_version(TlsVersion::MINIMUM_SUPPORTED)?;
    context.set_maximum_version(offer.version)?;
    context.set_minimum_version(offer.version)?;
    let names: Vec<_> = offer.suites.iter().map(|suite| suite.name).collect();
    let names = names.join(":");
    if offer.version == TlsVersion::TLSv1_3 {
        context.set_ciphers("ALL:@SECLEVEL=0")?;
        context.set_ciphersuites(&names)?;
    } else {
        context.set_ciphers(&format!("{names}:@SECLEVEL=0"))?;
    }
    if let Some(groups) = &offer.groups {
        context.set_groups(groups)?;
    }
    if let Some(sigalg) = offer.sigalg {
        // Despite its name, this sets a client's offer.
        context.set_server_sigalgs(sigalg)?;
    }
    Ok(context)
}

/// The suite in a ServerHello of this version: the server's choice, even if this side cannot
/// continue (RFC 5246, section 7.4.1.3; RFC 8446, section 4.1.3).
fn chosen(hello: &[u8], version: TlsVersion) -> Option<u16> {
    const HEADER: usize = 4;
    const RANDOM: usize = 32;
    let number = |at: usize| {
        let bytes = hello.get(at..at.checked_add(2)?)?;
        Some(u16::from_be_bytes(bytes.try_into().ok()?))
    };
    // TLS 1.3 has the version number of 1.2 there.
    let legacy = version.min(TlsVersion::TLSv1_2);
    if i32::from(number(HEADER)?) != legacy as i32 {
        return None;
    }
    let session = HEADER + 2 + RANDOM;
    let length = usize::from(*hello.get(session)?);
    number(session + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_is_read_from_a_hello_of_any_length() {
        let mut hello = vec![2, 0, 0, 40, 3, 3];
        hello.extend([0; 32]);
        hello.extend([2, 9, 9, 0xc0, 0x2f, 0]);
        assert_eq!(chosen(&hello, TlsVersion::TLSv1_2), Some(0xc02f));
        assert_eq!(chosen(&hello, TlsVersion::TLSv1_3), Some(0xc02f));
        assert_eq!(chosen(&hello, TlsVersion::TLSv1), None);
        for length in 0..43 {
            assert_eq!(chosen(&hello[..length], TlsVersion::TLSv1_2), None);
        }
    }
}
