//! One question to a server: a connection with a ClientHello, and the answer.
//!
//! The linked OpenSSL has no RC4, no SSL 3.0 and perhaps no ML-KEM, so the messages are those of
//! `pyssl_ciphers::wire`. OpenSSL connects only to read the certificates of TLS 1.3. A closed connection
//! counts as a refusal only if the server answers another offer at that time; otherwise the answer is
//! unknown.

use std::io::{self, IsTerminal, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_ciphers::wire::{ClientHello, ServerFlight, Ssl2Answer, WireError, ssl2_hello};

use crate::args::Endpoint;
use crate::net::{self, Deadline, PlainError};

/// The pauses before a question is repeated, as divisors of the time-out: 0.25, 1 and 2.5 seconds by
/// default.
const PAUSES: [u32; 3] = [20, 5, 2];

/// The scan stops after this many questions in a row without an answer. The first number applies if
/// the server has answered before, the second if it has not.
const MOST_UNANSWERED: [u32; 2] = [3, 2];

/// The order in which two questions are repeated: `true` is one that the server has answered, `false`
/// one on which it has ended the connection. If both results are repeated in this order, the server
/// refuses the second question. A limit on connections, which may let every second or third one pass,
/// gives other results.
const COMPARISON: [bool; 6] = [true, false, false, true, true, false];

/// The server's answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// A hello, with what follows it.
    Hello(Box<ServerFlight>),
    /// A refusal: an alert, or the end of the connection while another question is answered.
    Refused,
    /// No answer and no refusal, although the question was repeated. The text is the reason.
    Unknown(String),
}

/// The reason why a connection gave no answer.
#[derive(Debug)]
enum Silence {
    /// The server ended the connection, perhaps with an alert.
    Closed(String),
    /// Another error, such as a time-out.
    Other(String),
}

/// Asks questions at a limited rate, and shows the progress on a terminal.
#[derive(Debug)]
pub(super) struct Prober<'a> {
    target: &'a Endpoint,
    server_name: &'a str,
    timeout: Duration,
    interval: Duration,
    next: Instant,
    /// A question that was answered with a hello.
    answered: Option<ClientHello>,
    unanswered_in_a_row: u32,
    /// Whether the server has answered any question, including with a refusal.
    answers: bool,
    /// The number of connections.
    pub(super) made: u32,
    /// The number of questions without an answer.
    pub(super) unanswered: u32,
    /// Why the first question without an answer has none.
    pub(super) first_silence: Option<String>,
    shows: bool,
}

impl<'a> Prober<'a> {
    pub(super) fn new(
        target: &'a Endpoint,
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
            answered: None,
            unanswered_in_a_row: 0,
            answers: false,
            made: 0,
            unanswered: 0,
            first_silence: None,
            shows: io::stderr().is_terminal(),
        }
    }

    /// Asks a question. If it has no answer, it is repeated, after a longer pause each time.
    ///
    /// A server may refuse by closing the connection or with an unusual alert, and a server or
    /// firewall that limits connections closes them too. So an end of the connection counts as a
    /// refusal only if another question is answered at that time.
    pub(super) fn ask(&mut self, what: &str, hello: ClientHello) -> ssl::Result<Answer> {
        let hello = hello.server_name(self.server_name);
        let mut outcome = self.once(what, &hello)?;
        for pause in [0].into_iter().chain(PAUSES) {
            if self.has_given_up() {
                break;
            }
            if let Some(timeout) = self.timeout.checked_div(pause) {
                thread::sleep(timeout);
                outcome = self.once(what, &hello)?;
                if outcome.is_ok() {
                    // The server answered after a pause, so ask more slowly from now on.
                    self.interval = (self.interval * 2).max(timeout / 4);
                }
            }
            match &outcome {
                Ok(_) => break,
                Err(Silence::Closed(_)) if self.refuses(what, &hello)? => {
                    outcome = Ok(Answer::Refused);
                    break;
                }
                Err(_) => {}
            }
        }
        Ok(match outcome {
            Ok(answer) => {
                self.unanswered_in_a_row = 0;
                self.answers = true;
                if matches!(answer, Answer::Hello(_)) {
                    self.answered = Some(hello);
                }
                answer
            }
            Err(silence) => Answer::Unknown(self.leave_open(silence)),
        })
    }

    /// Whether the server always ends the connection on this question, and always answers another one
    /// that is asked in between ([`COMPARISON`]).
    fn refuses(&mut self, what: &str, hello: &ClientHello) -> ssl::Result<bool> {
        let Some(answered) = self.answered.clone() else {
            return Ok(false);
        };
        for is_answered in COMPARISON {
            let question = if is_answered { &answered } else { hello };
            let as_before = match self.once(what, question)? {
                Ok(Answer::Hello(_)) => is_answered,
                Err(Silence::Closed(_)) => !is_answered,
                _ => false,
            };
            if !as_before {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Asks for SSL 2.0: the suites that the server accepts.
    pub(super) fn ask_ssl2(&mut self) -> ssl::Result<Result<Vec<u32>, String>> {
        let once = |prober: &mut Self| -> ssl::Result<Result<Vec<u32>, Silence>> {
            let challenge = random::<16>()?;
            let mut received = Vec::new();
            let ended = prober.exchange("SSL 2.0", &ssl2_hello(&challenge), |bytes| {
                received.extend(bytes);
                Ok(Ssl2Answer::read(&received)? != Ssl2Answer::Incomplete)
            })?;
            Ok(match (Ssl2Answer::read(&received), ended) {
                (Ok(Ssl2Answer::Accepted(suites)), _) => Ok(suites),
                (Ok(Ssl2Answer::Refused), _) => Ok(Vec::new()),
                (_, Err(silence)) => Err(silence),
                (_, Ok(())) => Err(Silence::Other(WireError::Malformed.to_string())),
            })
        };
        let silence = match once(self)? {
            Ok(suites) => return Ok(Ok(suites)),
            // Current servers do not know the message and end the connection, or wait for more bytes.
            Err(silence) => match self.answered.clone() {
                Some(answered) => match self.ask("SSL 2.0", answered)? {
                    Answer::Hello(_) => return Ok(Ok(Vec::new())),
                    _ => silence,
                },
                None => silence,
            },
        };
        Ok(Err(self.leave_open(silence)))
    }

    /// Whether so many questions have had no answer that no further ones are asked.
    pub(super) fn has_given_up(&self) -> bool {
        let [answered, never] = MOST_UNANSWERED;
        let most = if self.answers { answered } else { never };
        self.unanswered_in_a_row >= most
    }

    fn leave_open(&mut self, silence: Silence) -> String {
        let (Silence::Closed(reason) | Silence::Other(reason)) = silence;
        self.unanswered += 1;
        self.unanswered_in_a_row += 1;
        self.first_silence.get_or_insert_with(|| reason.clone());
        reason
    }

    /// Asks the question once. The outer error is a failure on this side.
    fn once(&mut self, what: &str, hello: &ClientHello) -> ssl::Result<Result<Answer, Silence>> {
        if self.has_given_up() {
            let text = "not asked: the server has stopped answering";
            return Ok(Err(Silence::Other(text.to_owned())));
        }
        let mut flight = ServerFlight::new();
        let random = random::<32>()?;
        let ended = self.exchange(what, &hello.to_bytes(&random), |bytes| {
            flight.feed(bytes)?;
            Ok(flight.is_complete())
        })?;
        if flight.hello().is_some() {
            return Ok(Ok(Answer::Hello(Box::new(flight))));
        }
        Ok(match (flight.alert(), ended) {
            (Some(alert), _) if is_refusal(alert) => Ok(Answer::Refused),
            (Some(0), _) => Err(Silence::Closed(
                "the server closed the connection".to_owned(),
            )),
            (Some(alert), _) => {
                let alert = ssl::AlertDescription(alert);
                Err(Silence::Closed(format!(
                    "the server sent the alert {alert:?}"
                )))
            }
            (None, Err(silence)) => Err(silence),
            (None, Ok(())) => Err(Silence::Other(WireError::Malformed.to_string())),
        })
    }

    /// Connects, sends, and reads until the reader has enough.
    fn exchange(
        &mut self,
        what: &str,
        message: &[u8],
        mut read: impl FnMut(&[u8]) -> Result<bool, WireError>,
    ) -> ssl::Result<Result<(), Silence>> {
        self.wait();
        self.made += 1;
        self.show(what);
        let deadline = Deadline::after(self.timeout);
        let mut stream = match net::connect(&self.target.address, deadline) {
            Ok(stream) => stream,
            // The first connection failed, so no server listens at the address.
            Err(error) if self.made == 1 => return Err(error),
            Err(error @ ssl::Error::Timeout(_)) => {
                return Ok(Err(Silence::Other(error.to_string())));
            }
            Err(error) if matches!(error, ssl::Error::Os(_)) => {
                return Ok(Err(Silence::Closed(error.to_string())));
            }
            Err(error) => return Err(error),
        };
        match net::start_tls(&mut stream, self.target, self.server_name, deadline) {
            Ok(()) => {}
            Err(PlainError::Io(error)) => return Ok(Err(silence(error))),
            Err(error @ PlainError::Closed) => return Ok(Err(Silence::Closed(error.to_string()))),
            // The server's first answer decides whether it has TLS at all.
            Err(error) if self.made == 1 => return Err(error.into()),
            Err(error) => return Ok(Err(Silence::Other(error.to_string()))),
        }
        let send = net::within(&mut stream, deadline, |stream| stream.write_all(message));
        if let Err(error) = send {
            return Ok(Err(silence(error)));
        }
        let mut buffer = [0; 4096];
        loop {
            let count = match net::within(&mut stream, deadline, |stream| stream.read(&mut buffer))
            {
                Ok(0) => {
                    let text = "the server closed the connection without an answer";
                    return Ok(Err(Silence::Closed(text.to_owned())));
                }
                Ok(count) => count,
                Err(error) => return Ok(Err(silence(error))),
            };
            match read(buffer.get(..count).unwrap_or_default()) {
                Ok(true) => return Ok(Ok(())),
                Ok(false) => {}
                Err(error) => return Ok(Err(Silence::Other(error.to_string()))),
            }
        }
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

/// The alerts by which servers refuse an offer: `handshake_failure`, `illegal_parameter`,
/// `protocol_version`, `insufficient_security`, `missing_extension`.
fn is_refusal(alert: u8) -> bool {
    matches!(alert, 40 | 47 | 70 | 71 | 109)
}

/// The meaning of an error of a connection.
fn silence(error: io::Error) -> Silence {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            Silence::Closed("the server reset the connection".to_owned())
        }
        _ => Silence::Other(error.to_string()),
    }
}

fn random<const N: usize>() -> ssl::Result<[u8; N]> {
    let mut bytes = [0; N];
    openssl::rand::rand_bytes(&mut bytes)?;
    Ok(bytes)
}
