//! One question to a server: a connection with a ClientHello, and the answer.
//!
//! The linked OpenSSL has no RC4, no SSL 3.0 and perhaps no ML-KEM, so `pyssl_ciphers::wire` makes
//! the messages. OpenSSL does only the handshakes that must be finished. A closed connection counts
//! as a refusal only if the server answers another offer at that time; otherwise the answer is
//! unknown.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_ciphers::wire::{ClientHello, ServerFlight, Ssl2Answer, WireError, ssl2_hello};

use super::progress::Progress;
use crate::args::Endpoint;
use crate::net::{self, Deadline, PlainError};

/// The pauses before a question is repeated, as divisors of the time-out: 0.25, 1 and 2.5 seconds by
/// default.
const PAUSES: [u32; 3] = [20, 5, 2];

/// The longest time between two connections, as a divisor of the time-out: 1.25 seconds by default.
const LONGEST_INTERVAL: u32 = 4;

/// The numbers of consecutive unanswered questions after which the scan asks no further questions. The first number
/// applies if the server has answered a question before, the second if it has not.
const MOST_UNANSWERED: [u32; 2] = [3, 2];

/// The order in which two questions are repeated, to find out whether the server refuses one of them. `true` stands for
/// a question that the server has answered before, `false` for the question after which the server has ended the
/// connection. If the server answers the first question every time, and ends the connection after the second one every
/// time, it refuses the second one. A limit on connections, which may admit every second or third connection, gives
/// other results.
const COMPARISON: [bool; 6] = [true, false, false, true, true, false];

/// The alert `protocol_version`.
const PROTOCOL_VERSION: u8 = 70;

/// The server's answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// A ServerHello, and the messages after it.
    Hello(Box<ServerFlight>),
    /// A refusal: an alert, or the end of the connection while another question is answered.
    Refused,
    /// A refusal of the version, by the alert `protocol_version`.
    VersionRefused,
    /// No answer and no refusal, although the question was repeated. The text is the reason.
    Unknown(String),
}

/// Why a connection has no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// The server ended the connection, perhaps with an alert.
    Closed(String),
    /// Any other failure.
    Other(String),
}

/// The outcome of a question that was repeated as often as necessary.
#[derive(Debug)]
pub(super) enum Asked<T> {
    Answered(T),
    /// The server ends the connection after this question only.
    Refused,
    /// The text is the reason.
    Unknown(String),
}

/// The outcome of one attempt. The outer error is a failure on this side, the inner one the reason why there is no
/// answer.
pub(super) type Attempt<T> = ssl::Result<Result<T, Silence>>;

/// Asks questions, a few at a time and at a limited rate. Threads share it.
#[derive(Debug)]
pub(super) struct Prober<'a> {
    target: &'a Endpoint,
    server_name: &'a str,
    timeout: Duration,
    /// The time at which the scan of this server ends.
    end: Deadline,
    state: Mutex<State>,
    places: Mutex<Places>,
    freed: Condvar,
    /// Each question holds a read lock. A comparison of two questions holds the write lock, so that
    /// no other question is asked meanwhile.
    quiet: RwLock<()>,
    progress: &'a Progress,
}

/// The facts that the questions share.
#[derive(Debug)]
struct State {
    interval: Duration,
    next: Instant,
    /// A ClientHello that the server has answered with a ServerHello.
    answered: Option<ClientHello>,
    unanswered_in_a_row: u32,
    /// Whether any question was answered, including with a refusal.
    answers: bool,
    /// Whether the server has accepted a connection and started TLS.
    is_there: bool,
    made: u32,
    unanswered: u32,
    first_silence: Option<String>,
}

/// The connections that are open at the same time.
#[derive(Debug)]
struct Places {
    taken: u32,
    most: u32,
}

/// The permission for one connection, returned on drop.
#[derive(Debug)]
pub(super) struct Permit<'p> {
    places: &'p Mutex<Places>,
    freed: &'p Condvar,
    quiet: Option<RwLockReadGuard<'p, ()>>,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        lock(self.places).taken -= 1;
        self.freed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change of the data is complete by itself, so the data is valid even after a panic of
    // another thread.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Prober<'a> {
    pub(super) fn new(
        target: &'a Endpoint,
        server_name: &'a str,
        (timeout, most): (Duration, Duration),
        (rate, parallel): (u32, u32),
        progress: &'a Progress,
    ) -> Prober<'a> {
        Prober {
            target,
            server_name,
            timeout,
            end: Deadline::after(most),
            state: Mutex::new(State {
                interval: Duration::from_secs(1) / rate.max(1),
                next: Instant::now(),
                answered: None,
                unanswered_in_a_row: 0,
                answers: false,
                is_there: false,
                made: 0,
                unanswered: 0,
                first_silence: None,
            }),
            places: Mutex::new(Places {
                taken: 0,
                most: parallel.max(1),
            }),
            freed: Condvar::new(),
            quiet: RwLock::new(()),
            progress,
        }
    }

    pub(super) fn server_name(&self) -> &'a str {
        self.server_name
    }

    /// The time-out of one connection, within the time for the server.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout.min(self.end.left().unwrap_or(self.timeout))
    }

    /// The numbers of connections and of unanswered questions.
    pub(super) fn counts(&self) -> (u32, u32) {
        let state = lock(&self.state);
        (state.made, state.unanswered)
    }

    /// Why the first unanswered question has no answer.
    pub(super) fn first_silence(&self) -> Option<String> {
        lock(&self.state).first_silence.clone()
    }

    /// Asks a question. A question without an answer is repeated, after a longer pause each time.
    ///
    /// A server may refuse by closing the connection or with an unusual alert, and a server or
    /// firewall that limits connections closes them too. So an end of the connection counts as a
    /// refusal only if another question is answered at that time.
    pub(super) fn ask(&self, what: &str, hello: &ClientHello) -> ssl::Result<Answer> {
        let asked = self.repeat(what, |permit| self.once_permitted(permit, what, hello))?;
        Ok(match asked {
            Asked::Answered(answer) => {
                if matches!(answer, Answer::Hello(_)) {
                    lock(&self.state).answered = Some(hello.clone());
                }
                answer
            }
            Asked::Refused => Answer::Refused,
            Asked::Unknown(reason) => Answer::Unknown(reason),
        })
    }

    /// Asks any question, as [`ask`](Prober::ask) does. `once` makes one attempt.
    pub(super) fn repeat<T>(
        &self,
        what: &str,
        once: impl Fn(&Permit<'_>) -> Attempt<T>,
    ) -> ssl::Result<Asked<T>> {
        let attempt = || match self.has_given_up() {
            true => Ok(Err(Silence::Other(self.why_given_up()))),
            false => once(&self.permit()),
        };
        let mut outcome = attempt()?;
        for pause in [0].into_iter().chain(PAUSES) {
            if self.has_given_up() {
                break;
            }
            if let Some(pause) = self.timeout.checked_div(pause) {
                self.become_careful();
                thread::sleep(pause.min(self.timeout()));
                outcome = attempt()?;
                if outcome.is_ok() {
                    // The server answers after a pause, so the next questions are asked more
                    // slowly, up to a limit.
                    let mut state = lock(&self.state);
                    let slower = (state.interval * 2).max(pause / 4);
                    let most = (self.timeout / LONGEST_INTERVAL).max(state.interval);
                    state.interval = slower.min(most);
                }
            }
            match &outcome {
                Ok(_) => break,
                Err(Silence::Closed(_)) if self.refuses(what, &once)? => {
                    self.is_answered();
                    return Ok(Asked::Refused);
                }
                Err(_) => {}
            }
        }
        Ok(match outcome {
            Ok(answer) => {
                self.is_answered();
                Asked::Answered(answer)
            }
            Err(silence) => Asked::Unknown(self.leave_open(silence)),
        })
    }

    fn is_answered(&self) {
        let mut state = lock(&self.state);
        state.unanswered_in_a_row = 0;
        state.answers = true;
    }

    /// From now on, allows only one connection at a time, because the server may limit connections.
    fn become_careful(&self) {
        lock(&self.places).most = 1;
    }

    /// Whether the server always ends the connection after this question, and always answers another question that is
    /// asked in between ([`COMPARISON`]).
    fn refuses<T>(
        &self,
        what: &str,
        once: impl Fn(&Permit<'_>) -> Attempt<T>,
    ) -> ssl::Result<bool> {
        let Some(answered) = lock(&self.state).answered.clone() else {
            return Ok(false);
        };
        let _quiet = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
        for is_answered in COMPARISON {
            let place = self.place();
            let as_before = match is_answered {
                true => {
                    let answer = self.once_permitted(&place, what, &answered)?;
                    matches!(answer, Ok(Answer::Hello(_)))
                }
                false => matches!(once(&place)?, Err(Silence::Closed(_))),
            };
            if !as_before {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Asks which suites of SSL 2.0 the server accepts. The inner error is the reason why there is
    /// no answer.
    pub(super) fn ask_ssl2(&self) -> ssl::Result<Result<Vec<u32>, String>> {
        const WHAT: &str = "SSL 2.0";
        let once = |permit: &Permit<'_>| -> Attempt<Vec<u32>> {
            let challenge = random::<16>()?;
            let mut received = Vec::new();
            let ended = self.exchange(permit, WHAT, &ssl2_hello(&challenge), |bytes| {
                received.extend(bytes);
                Ok(Ssl2Answer::read(&received)? != Ssl2Answer::Incomplete)
            })?;
            Ok(match (Ssl2Answer::read(&received), ended) {
                (Ok(Ssl2Answer::Accepted(suites)), _) => Ok(suites),
                (Ok(Ssl2Answer::Refused), _) => Ok(Vec::new()),
                // Current servers do not know the message and end the connection, or wait for more bytes.
                (_, Err(Silence::Closed(reason) | Silence::Other(reason)))
                    if received.is_empty() =>
                {
                    Err(Silence::Closed(reason))
                }
                _ => Err(Silence::Other(WireError::Malformed.to_string())),
            })
        };
        Ok(match self.repeat(WHAT, once)? {
            Asked::Answered(suites) => Ok(suites),
            Asked::Refused => Ok(Vec::new()),
            Asked::Unknown(reason) => Err(reason),
        })
    }

    /// Whether the scan asks no further questions, because too many had no answer.
    pub(super) fn has_given_up(&self) -> bool {
        if self.end.has_passed() {
            return true;
        }
        let state = lock(&self.state);
        let [answered, never] = MOST_UNANSWERED;
        let most = if state.answers { answered } else { never };
        state.unanswered_in_a_row >= most
    }

    fn why_given_up(&self) -> String {
        let text = match self.end.has_passed() {
            true => "not asked: the time for this server is over (--max-time)",
            false => "not asked: the server has stopped answering",
        };
        text.to_owned()
    }

    /// Takes back the last unanswered question, so that it does not count. Other questions are asked instead.
    pub(super) fn withdraw_unanswered(&self) {
        let mut state = lock(&self.state);
        state.unanswered = state.unanswered.saturating_sub(1);
    }

    /// Counts a question without a usable answer. Returns the reason.
    pub(super) fn leave_open(&self, silence: Silence) -> String {
        let (Silence::Closed(reason) | Silence::Other(reason)) = silence;
        let mut state = lock(&self.state);
        state.unanswered += 1;
        state.unanswered_in_a_row += 1;
        state.first_silence.get_or_insert_with(|| reason.clone());
        reason
    }

    /// Waits until the limit on open connections allows one more.
    fn permit(&self) -> Permit<'_> {
        let quiet = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        let mut permit = self.place();
        permit.quiet = Some(quiet);
        permit
    }

    fn place(&self) -> Permit<'_> {
        let mut places = lock(&self.places);
        while places.taken >= places.most {
            let waited = self.freed.wait(places);
            places = waited.unwrap_or_else(PoisonError::into_inner);
        }
        places.taken += 1;
        Permit {
            places: &self.places,
            freed: &self.freed,
            quiet: None,
        }
    }

    /// Waits until the rate limit allows the next connection, and counts the connection.
    fn pace(&self, _: &Permit<'_>, what: &str) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let at = state.next.max(now);
        state.next = at + state.interval;
        state.made += 1;
        drop(state);
        thread::sleep((at - now).min(self.timeout()));
        self.progress.connection(what);
    }

    /// Asks the question once.
    fn once_permitted(
        &self,
        permit: &Permit<'_>,
        what: &str,
        hello: &ClientHello,
    ) -> Attempt<Answer> {
        let read = || -> ssl::Result<_> {
            let hello = hello.to_bytes(&random::<32>()?);
            let mut flight = ServerFlight::answering(&hello);
            let ended = self.exchange(permit, what, &hello, |bytes| {
                flight.feed(bytes)?;
                Ok(flight.is_complete())
            })?;
            Ok((flight, ended))
        };
        let (mut flight, mut ended) = read()?;
        if flight.hello().is_some() && !flight.is_complete() {
            // The server has chosen a suite, but the rest of its answer is missing or broken. The connection may
            // have failed, so the question is asked once more.
            let again = read()?;
            if again.0.hello().is_some() {
                (flight, ended) = again;
            }
        }
        if flight.hello().is_some() {
            return Ok(Ok(Answer::Hello(Box::new(flight))));
        }
        Ok(match (flight.alert(), ended) {
            (Some(PROTOCOL_VERSION), _) => Ok(Answer::VersionRefused),
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

    /// Connects, and runs the dialogue before TLS.
    pub(super) fn connect(
        &self,
        permit: &Permit<'_>,
        what: &str,
    ) -> Attempt<(TcpStream, Deadline)> {
        self.pace(permit, what);
        let deadline = Deadline::after(self.timeout());
        let is_there = lock(&self.state).is_there;
        let mut stream = match net::connect(&self.target.address, deadline) {
            Ok(stream) => stream,
            // No connection has succeeded before, so there is no server to scan.
            Err(error) if !is_there => return Err(error),
            Err(error @ ssl::Error::Timeout(_)) => {
                return Ok(Err(Silence::Other(error.to_string())));
            }
            Err(error) if matches!(error, ssl::Error::Os(_)) => {
                return Ok(Err(Silence::Closed(error.to_string())));
            }
            Err(error) => return Err(error),
        };
        match net::start_tls(&mut stream, self.target, self.server_name, deadline) {
            Ok(()) => lock(&self.state).is_there = true,
            Err(PlainError::Io(error)) => return Ok(Err(silence(error))),
            Err(error @ PlainError::Closed) => return Ok(Err(Silence::Closed(error.to_string()))),
            // No connection has reached TLS before, so the server does not support STARTTLS, and
            // the scan ends.
            Err(error) if !is_there => return Err(error.into()),
            Err(error) => return Ok(Err(Silence::Other(error.to_string()))),
        }
        Ok(Ok((stream, deadline)))
    }

    /// Connects, sends, and reads until the reader has enough.
    fn exchange(
        &self,
        permit: &Permit<'_>,
        what: &str,
        message: &[u8],
        mut read: impl FnMut(&[u8]) -> Result<bool, WireError>,
    ) -> ssl::Result<Result<(), Silence>> {
        let (mut stream, deadline) = match self.connect(permit, what)? {
            Ok(connected) => connected,
            Err(silence) => return Ok(Err(silence)),
        };
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
}

/// Whether the server has ended its answer with an alert that refuses the offer.
pub(super) fn is_refused(flight: &ServerFlight) -> bool {
    flight.alert().is_some_and(|alert| alert != 0)
}

/// The alerts by which servers refuse an offer: `handshake_failure`, `illegal_parameter`,
/// `insufficient_security`, `missing_extension`, `no_application_protocol`.
fn is_refusal(alert: u8) -> bool {
    matches!(alert, 40 | 47 | 71 | 109 | 120)
}

/// Converts an error of a connection to the reason why there is no answer.
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
