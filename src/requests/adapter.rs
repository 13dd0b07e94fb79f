use std::collections::BTreeSet;
use std::time::Duration;

use ureq::http::{HeaderMap, Method, header::RETRY_AFTER};

use super::Error;
use super::error::Failure;
use crate as ssl;

/// How a [`Session`](super::Session) connects to some servers: Python's `HTTPAdapter`, or a subclass of it that
/// passes arguments to urllib3's pool.
///
/// ```python
/// class Adapter(HTTPAdapter):
///     def init_poolmanager(self, *args, **kwargs):
///         context = create_urllib3_context(ciphers="ECDHE+AESGCM")
///         super().init_poolmanager(*args, ssl_context=context, **kwargs)
/// session.mount("https://", Adapter(max_retries=3))
/// ```
/// ```
/// use pyssl as ssl;
/// use ssl::requests::{HttpAdapter, Session};
/// let context = ssl::create_default_context(())?;
/// context.set_ciphers("ECDHE+AESGCM")?;
/// let adapter = HttpAdapter::new().ssl_context(&context).max_retries(3);
/// let session = Session::new(()).mount("https://", adapter);
/// # Ok::<(), ssl::Error>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "HTTPAdapter")]
pub struct HttpAdapter {
    pub(super) context: Option<ssl::SslContext>,
    pub(super) retries: Option<Retry>,
    pub(super) assert_hostname: Option<AssertHostname>,
    pub(super) assert_fingerprint: Option<String>,
    pub(super) pool_connections: usize,
    pub(super) pool_maxsize: usize,
}

impl Default for HttpAdapter {
    /// The adapter that a session has at first.
    fn default() -> HttpAdapter {
        HttpAdapter {
            context: None,
            retries: None,
            assert_hostname: None,
            assert_fingerprint: None,
            pool_connections: 10,
            pool_maxsize: 10,
        }
    }
}

/// urllib3's `assert_hostname`: which host name the server's certificate must be valid for.
///
/// | Python | Rust |
/// |---|---|
/// | (not given) | `true`: the host name of the URL |
/// | `assert_hostname=False` | `false`: none |
/// | `assert_hostname="name"` | `"name"` |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssertHostname {
    /// The host name of the URL.
    OfUrl,
    /// **None: the certificate of any server is accepted** if a trusted authority has signed it.
    DangerNone,
    /// The certificate must be valid for this host name.
    Name(String),
}

impl From<bool> for AssertHostname {
    fn from(check: bool) -> AssertHostname {
        match check {
            true => AssertHostname::OfUrl,
            false => AssertHostname::DangerNone,
        }
    }
}

impl From<&str> for AssertHostname {
    fn from(name: &str) -> AssertHostname {
        AssertHostname::Name(name.to_owned())
    }
}

impl HttpAdapter {
    /// The adapter that a session has at first: `requests`' own context, and no retries.
    pub fn new() -> HttpAdapter {
        HttpAdapter::default()
    }

    /// Uses a copy of this context for `https`: its cipher string, security level, versions, certificates and the rest.
    /// As in Python, the `verify` of a request changes it: `true` adds the system's trusted certificates, a path adds
    /// those, and `false` disables verification. `cert` adds a client certificate. The host name is checked even if the
    /// context's `check_hostname` is off, unless `verify` is `false`, also as in Python. To disable this check, use
    /// [`assert_hostname(false)`](Self::assert_hostname).
    ///
    /// A copy is made for each pair of `verify` and `cert`, at the first request that uses it.
    #[must_use]
    pub fn ssl_context(mut self, context: &ssl::SslContext) -> HttpAdapter {
        self.context = Some(context.clone());
        self
    }

    /// Repeats requests that fail: a number of repetitions, or a [`Retry`].
    #[must_use]
    pub fn max_retries(mut self, retries: impl Into<Retry>) -> HttpAdapter {
        self.retries = Some(retries.into());
        self
    }

    /// Python's `HTTPAdapter(pool_connections=100)`. The default is 10. The session keeps at most this number times
    /// [`pool_maxsize`](Self::pool_maxsize) idle connections, to all servers together. Python limits the number of
    /// servers instead. Connections that are in use do not count.
    ///
    /// ```
    /// # use pyssl::requests::{HttpAdapter, Session};
    /// let adapter = HttpAdapter::new().pool_connections(100).pool_maxsize(100);
    /// let session = Session::new(()).mount("https://", adapter);
    /// ```
    #[must_use]
    pub fn pool_connections(mut self, servers: usize) -> HttpAdapter {
        self.pool_connections = servers;
        self
    }

    /// The most idle connections to one server: Python's `HTTPAdapter(pool_maxsize=100)`. The default is 10. More
    /// concurrent requests make more connections, as in Python without `pool_block`, which does not exist here.
    #[must_use]
    pub fn pool_maxsize(mut self, connections: usize) -> HttpAdapter {
        self.pool_maxsize = connections;
        self
    }

    /// Requires this host name in the server's certificate; `false` disables the check.
    #[must_use]
    pub fn assert_hostname(mut self, name: impl Into<AssertHostname>) -> HttpAdapter {
        self.assert_hostname = Some(name.into());
        self
    }

    /// Requires the server's certificate to have this digest (MD5, SHA-1 or SHA-256 of its DER form, in hexadecimal
    /// digits, with or without colons). As in urllib3, the digest replaces the check of the host name, including that
    /// of [`assert_hostname`](Self::assert_hostname). The chain is verified as `verify` requires. With `verify`
    /// `false`, only the digest is checked. The certificate of a proxy is not compared with the digest.
    ///
    /// An empty digest is an error. Python ignores it.
    #[must_use]
    pub fn assert_fingerprint(mut self, digest: impl Into<String>) -> HttpAdapter {
        self.assert_fingerprint = Some(digest.into());
        self
    }
}

/// urllib3's `Retry`: which failed requests are repeated, and when.
///
/// ```python
/// Retry(total=3, backoff_factor=0.5, status_forcelist=[502, 503])
/// ```
/// ```
/// # use pyssl::requests::Retry;
/// let retry = Retry::new(3).backoff_factor(0.5).status_forcelist([502, 503]);
/// ```
///
/// A number alone, as in `HTTPAdapter(max_retries=3)`, is `Retry::new(3)`; 0 repeats nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    total: Option<i64>,
    connect: Option<i64>,
    read: Count,
    status: Option<i64>,
    other: Option<i64>,
    allowed_methods: Option<BTreeSet<String>>,
    status_forcelist: BTreeSet<u16>,
    backoff_factor: f64,
    backoff_max: f64,
    backoff_jitter: f64,
    retry_after_max: Duration,
    raise_on_status: bool,
    respect_retry_after: bool,
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    /// Python's `False`: never.
    Never,
    Unlimited,
    Left(i64),
}

/// The reaction to a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryDecision {
    Again,
    /// Report the error itself.
    Raise,
    /// Report that the retries are used up.
    Exhausted,
}

impl From<u32> for Retry {
    fn from(total: u32) -> Retry {
        match total {
            0 => Retry::none(),
            total => Retry::new(total),
        }
    }
}

impl Retry {
    /// Repeats a request up to `total` times if connecting fails. With a method of `allowed_methods`, also if
    /// reading the response fails, or if its status is in `status_forcelist`.
    pub fn new(total: u32) -> Retry {
        let methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"];
        Retry {
            total: Some(total.into()),
            connect: None,
            read: Count::Unlimited,
            status: None,
            other: None,
            allowed_methods: Some(methods.map(str::to_owned).into()),
            status_forcelist: BTreeSet::new(),
            backoff_factor: 0.0,
            backoff_max: 120.0,
            backoff_jitter: 0.0,
            retry_after_max: Duration::from_secs(6 * 60 * 60),
            raise_on_status: true,
            respect_retry_after: true,
            failures: 0,
        }
    }

    /// The default of `requests`: `Retry(0, read=False)`.
    pub(super) fn none() -> Retry {
        Retry {
            read: Count::Never,
            ..Retry::new(0)
        }
    }

    /// Sets the limit of all repetitions together: Python's `total`. With `None`, only the limits of the single causes
    /// hold. As in Python, `Retry-After` then has no effect on a status that is not in `status_forcelist`.
    ///
    /// ```
    /// # use pyssl::requests::Retry;
    /// let retry = Retry::new(0).total(None).connect(5).read(2);
    /// ```
    #[must_use]
    pub fn total(mut self, total: impl Into<Option<u32>>) -> Retry {
        self.total = total.into().map(i64::from);
        self
    }

    /// Limits repetitions after errors that are neither of connecting nor of reading, such as a failed handshake: Python's
    /// `Retry(other=2)`.
    #[must_use]
    pub fn other(mut self, count: u32) -> Retry {
        self.other = Some(count.into());
        self
    }

    /// Limits attempts to connect.
    #[must_use]
    pub fn connect(mut self, count: u32) -> Retry {
        self.connect = Some(count.into());
        self
    }

    /// Limits repetitions after failures to read the response.
    #[must_use]
    pub fn read(mut self, count: u32) -> Retry {
        self.read = Count::Left(count.into());
        self
    }

    /// Limits repetitions because of the response's status.
    #[must_use]
    pub fn status(mut self, count: u32) -> Retry {
        self.status = Some(count.into());
        self
    }

    /// The methods of requests that may be repeated after they were sent. By default, the idempotent methods.
    #[must_use]
    pub fn allowed_methods<M: Into<String>>(
        mut self,
        methods: impl IntoIterator<Item = M>,
    ) -> Retry {
        self.allowed_methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Repeats all methods: Python's `allowed_methods=None`.
    #[must_use]
    pub fn all_methods(mut self) -> Retry {
        self.allowed_methods = None;
        self
    }

    /// The statuses that are repeated.
    #[must_use]
    pub fn status_forcelist(mut self, statuses: impl IntoIterator<Item = u16>) -> Retry {
        self.status_forcelist = statuses.into_iter().collect();
        self
    }

    /// After failure `n`, waits `factor * 2 ** (n - 1)` seconds, from the second failure on.
    #[must_use]
    pub fn backoff_factor(mut self, factor: f64) -> Retry {
        self.backoff_factor = factor;
        self
    }

    /// The longest wait, in seconds. Default 120.
    #[must_use]
    pub fn backoff_max(mut self, seconds: f64) -> Retry {
        self.backoff_max = seconds;
        self
    }

    /// Adds up to this number of seconds, chosen at random, to each wait after the first repetition, except those of
    /// `Retry-After`: Python's `backoff_jitter`.
    #[must_use]
    pub fn backoff_jitter(mut self, seconds: f64) -> Retry {
        self.backoff_jitter = seconds;
        self
    }

    /// The longest wait that a `Retry-After` header can cause: Python's `retry_after_max`. The default is six hours.
    #[must_use]
    pub fn retry_after_max(mut self, longest: Duration) -> Retry {
        self.retry_after_max = longest;
        self
    }

    /// Whether the last failed status is an error ([`Error::RetryError`], the default), or is returned as a
    /// response.
    #[must_use]
    pub fn raise_on_status(mut self, raise: bool) -> Retry {
        self.raise_on_status = raise;
        self
    }

    /// Whether to obey the server's `Retry-After` header (default true): to repeat requests whose response 413,
    /// 429 or 503 has it, and to wait that long.
    #[must_use]
    pub fn respect_retry_after_header(mut self, respect: bool) -> Retry {
        self.respect_retry_after = respect;
        self
    }

    /// Counts a failure, and decides what follows: `Retry.increment`.
    pub(super) fn count(&mut self, failure: Failure, method: &Method) -> RetryDecision {
        let allowed = self.allows(method);
        if let Some(total) = &mut self.total {
            *total -= 1;
        }
        let counted = match failure {
            Failure::Connect => &mut self.connect,
            Failure::Status => &mut self.status,
            Failure::Other => &mut self.other,
            Failure::Read => match &mut self.read {
                _ if !allowed => return RetryDecision::Raise,
                Count::Never => return RetryDecision::Raise,
                Count::Unlimited => &mut None,
                Count::Left(left) => {
                    *left -= 1;
                    &mut None
                }
            },
        };
        if let Some(left) = counted {
            *left -= 1;
        }
        self.failures += 1;
        let read = match self.read {
            Count::Left(left) => Some(left),
            _ => None,
        };
        let counts = [self.total, self.connect, read, self.status, self.other];
        match counts.into_iter().flatten().any(|left| left < 0) {
            true => RetryDecision::Exhausted,
            false => RetryDecision::Again,
        }
    }

    fn allows(&self, method: &Method) -> bool {
        let methods = self
            .allowed_methods
            .as_ref()
            .filter(|methods| !methods.is_empty());
        methods.is_none_or(|methods| methods.contains(method.as_str()))
    }

    /// Whether a response is a failure: `Retry.is_retry`.
    pub(super) fn repeats(&self, method: &Method, status: u16, headers: &HeaderMap) -> bool {
        let by_header = || {
            let some = self.total.is_some_and(|total| total != 0) && self.respect_retry_after;
            let has_value = headers
                .get(RETRY_AFTER)
                .is_some_and(|value| !value.is_empty());
            some && has_value && [413, 429, 503].contains(&status)
        };
        self.allows(method) && (self.status_forcelist.contains(&status) || by_header())
    }

    pub(super) fn raises_on_status(&self) -> bool {
        self.raise_on_status
    }

    /// How long to wait before the next attempt.
    pub(super) fn pause(&self, response: Option<&HeaderMap>) -> Result<Duration, Error> {
        let header = response.filter(|_| self.respect_retry_after);
        if let Some(value) = header.and_then(|headers| headers.get(RETRY_AFTER)) {
            let after = retry_after(&String::from_utf8_lossy(value.as_bytes()))?;
            let after = after.min(self.retry_after_max);
            if !after.is_zero() {
                return Ok(after);
            }
        }
        if self.failures <= 1 {
            return Ok(Duration::ZERO);
        }
        let exponent = i32::try_from(self.failures - 1).unwrap_or(i32::MAX);
        let mut seconds = self.backoff_factor * 2_f64.powi(exponent);
        if self.backoff_jitter != 0.0 {
            let random = crate::RAND_bytes(4).map_err(Error::SSLError)?;
            let random = random
                .iter()
                .fold(0.0, |sum, byte| (sum + f64::from(*byte)) / 256.0);
            seconds += random * self.backoff_jitter;
        }
        let seconds = seconds.min(self.backoff_max).max(0.0);
        Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }
}

/// A number of seconds or a date.
fn retry_after(value: &str) -> Result<Duration, Error> {
    let value = value.trim();
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match is_number {
        true => Ok(value.parse().map_or(Duration::MAX, Duration::from_secs)),
        false => until(value).ok_or_else(|| {
            Error::InvalidHeader(format!("Invalid Retry-After header: {value}").into())
        }),
    }
}

/// The time until a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn until(date: &str) -> Option<Duration> {
    let date = date.split_once(',').map_or(date, |(_, rest)| rest).trim();
    let mut words = date.split_whitespace();
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (time, zone) = (words.next()?, words.next()?);
    if !matches!(zone, "GMT" | "UTC" | "+0000" | "-0000") {
        return None;
    }
    let end = ssl::cert_time_to_seconds(&format!("{month} {day:>2} {time} {year} GMT")).ok()?;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    let end = Duration::from_secs(u64::try_from(end).ok()?);
    Some(end.saturating_sub(now))
}
