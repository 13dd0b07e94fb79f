//! Authentication: `requests.auth`.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Weak};

use openssl::hash::{MessageDigest, hash};
use ureq::http::HeaderValue;
use ureq::http::header::WWW_AUTHENTICATE;
use ureq::http::{HeaderMap, StatusCode};

use super::Error;
use super::head::joined;
use super::text::{header_value, hex, to_latin_1};

/// The `Basic` credentials for a name and a password. Like Python, decodes UTF-8 and sends Latin-1.
pub(super) fn basic(name: &[u8], password: &[u8]) -> Result<HeaderValue, Error> {
    let latin_1 = |part| to_latin_1(&String::from_utf8_lossy(part));
    basic_of_bytes(&latin_1(name)?, &latin_1(password)?)
}

/// The `Basic` credentials for a name and a password in the server's encoding.
pub(super) fn basic_of_bytes(name: &[u8], password: &[u8]) -> Result<HeaderValue, Error> {
    let pair = [name, password].join(&b':');
    let value = format!("Basic {}", openssl::base64::encode_block(&pair));
    HeaderValue::try_from(value).map_err(Error::of_header)
}

/// Digest authentication (RFC 7616) with `MD5`, `MD5-SESS`, `SHA`, `SHA-256` or `SHA-512`: Python's
/// `HTTPDigestAuth`.
///
/// ```python
/// response = session.get(url, auth=HTTPDigestAuth("user", "secret"))
/// ```
/// ```no_run
/// # use pyssl::requests::{HttpDigestAuth, RequestOptions, Session};
/// # let (session, url) = (Session::new(()), "https://example.com");
/// let auth = HttpDigestAuth::new("user", "secret");
/// let response = session.get(url, RequestOptions::new().digest_auth(&auth))?;
/// # Ok::<(), pyssl::requests::Error>(())
/// ```
///
/// The request is sent a second time with the answer to the server's challenge. A later request of the same thread with
/// this value or a clone of it answers the last challenge at once, without a second attempt. As in Python, each thread
/// keeps its own challenge, so the server receives the counts of a nonce (`nc`) in order. As in Python, a challenge of
/// a server to which a redirect led is answered too, and `qop=auth-int` is not supported.
#[derive(Clone)]
#[doc(alias = "HTTPDigestAuth")]
pub struct HttpDigestAuth(Arc<Digest>);

struct Digest {
    name: String,
    password: String,
}

thread_local! {
    /// This thread's last challenges.
    static LAST: RefCell<Vec<(Weak<Digest>, Last)>> = const { RefCell::new(Vec::new()) };
}

/// The last challenge of a server.
#[derive(Default)]
struct Last {
    challenge: Vec<(String, String)>,
    /// The nonce of the last answer, and the number of its answers.
    nonce: String,
    count: u32,
}

impl HttpDigestAuth {
    /// Authenticates with this name and this password.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> HttpDigestAuth {
        HttpDigestAuth(Arc::new(Digest {
            name: name.into(),
            password: password.into(),
        }))
    }

    /// Whether the response has a challenge, which is remembered: the first part of
    /// `HTTPDigestAuth.handle_401`.
    pub(super) fn is_challenge(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let text = joined(headers, &WWW_AUTHENTICATE);
        let at = text.to_ascii_lowercase().find("digest ");
        let Some(at) = at.filter(|_| status.is_client_error()) else {
            return false;
        };
        let text = [&text[..at], &text[at + "digest ".len()..]].concat();
        self.with_last(|last| last.challenge = fields(&text));
        true
    }

    /// Whether a challenge was answered, so that the next request can answer it again.
    pub(super) fn has_answered(&self) -> bool {
        self.with_last(|last| !last.nonce.is_empty())
    }

    /// The value of `Authorization` that answers the last challenge, if it can be answered.
    pub(super) fn answer(&self, method: &str, uri: &str) -> Result<Option<HeaderValue>, Error> {
        let random = crate::RAND_bytes(8).map_err(Error::SSLError)?;
        let answer = self.with_last(|last| self.header(last, method, uri, &hex(&random)))?;
        answer.map(|answer| header_value(&answer)).transpose()
    }

    /// `HTTPDigestAuth.build_digest_header`.
    fn header(
        &self,
        last: &mut Last,
        method: &str,
        uri: &str,
        cnonce: &str,
    ) -> Result<Option<String>, Error> {
        let field = |name: &str| {
            let mut fields = last.challenge.iter().rev();
            let found = fields.find(|(other, _)| other == name);
            found.map(|(_, value)| value.clone())
        };
        let (Some(realm), Some(nonce)) = (field("realm"), field("nonce")) else {
            return Ok(None);
        };
        let set = |name: &str| field(name).filter(|value| !value.is_empty());
        let (qop, opaque, algorithm) = (set("qop"), set("opaque"), field("algorithm"));
        let upper = algorithm.as_deref().unwrap_or("MD5").to_ascii_uppercase();
        let kind = match &*upper {
            "MD5" | "MD5-SESS" => MessageDigest::md5(),
            "SHA" => MessageDigest::sha1(),
            "SHA-256" => MessageDigest::sha256(),
            "SHA-512" => MessageDigest::sha512(),
            _ => return Ok(None),
        };
        if qop
            .as_ref()
            .is_some_and(|qop| qop.split(',').all(|one| one != "auth"))
        {
            return Ok(None);
        }
        let digest = |text: String| {
            let digest = hash(kind, text.as_bytes());
            digest
                .map(|bytes| hex(&bytes))
                .map_err(|stack| Error::SSLError(stack.into()))
        };
        let Digest { name, password, .. } = &*self.0;
        let mut secret = digest(format!("{name}:{realm}:{password}"))?;
        if upper == "MD5-SESS" {
            secret = digest(format!("{secret}:{nonce}:{cnonce}"))?;
        }
        let request = digest(format!("{method}:{uri}"))?;
        last.count = if last.nonce == nonce {
            last.count + 1
        } else {
            1
        };
        let count = format!("{:08x}", last.count);
        let response = match &qop {
            None => digest(format!("{secret}:{nonce}:{request}"))?,
            Some(_) => digest(format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}"))?,
        };
        let mut header = format!(
            "Digest username=\"{name}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\""
        );
        if let Some(opaque) = opaque {
            header += &format!(", opaque=\"{opaque}\"");
        }
        if let Some(algorithm) = algorithm.filter(|algorithm| !algorithm.is_empty()) {
            header += &format!(", algorithm=\"{algorithm}\"");
        }
        if qop.is_some() {
            header += &format!(", qop=\"auth\", nc={count}, cnonce=\"{cnonce}\"");
        }
        last.nonce = nonce;
        Ok(Some(header))
    }

    /// Uses this thread's last challenge.
    fn with_last<T>(&self, mut f: impl FnMut(&mut Last) -> T) -> T {
        let of_thread = LAST.try_with(|all| {
            let mut all = all.borrow_mut();
            let is_this = |(of, _): &(Weak<Digest>, Last)| of.as_ptr() == Arc::as_ptr(&self.0);
            let at = all.iter().position(is_this).unwrap_or_else(|| {
                all.retain(|(of, _)| of.strong_count() > 0);
                all.push((Arc::downgrade(&self.0), Last::default()));
                all.len() - 1
            });
            f(&mut all[at].1)
        });
        // A thread that ends has no challenges any more.
        of_thread.unwrap_or_else(|_| f(&mut Last::default()))
    }
}

impl From<&HttpDigestAuth> for HttpDigestAuth {
    fn from(auth: &HttpDigestAuth) -> HttpDigestAuth {
        auth.clone()
    }
}

impl fmt::Debug for HttpDigestAuth {
    /// Omits the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpDigestAuth").finish_non_exhaustive()
    }
}

/// The fields of a challenge: `requests.utils.parse_dict_header`. A field without a value is left out.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            ',' if !is_quoted => {
                parts.push(String::new());
                continue;
            }
            '\\' if is_quoted => chars.next(),
            c => {
                is_quoted ^= c == '"';
                Some(c)
            }
        };
        if let Some(part) = parts.last_mut() {
            part.extend(c);
        }
    }
    let parts = parts.iter().filter_map(|part| part.trim().split_once('='));
    parts
        .map(|(name, value)| {
            let inner = value
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            (name.to_owned(), inner.unwrap_or(value).to_owned())
        })
        .collect()
}
