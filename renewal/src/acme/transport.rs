//! HTTP for the protocol, on `pyssl::requests`.

use std::future::Future;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use pyssl::requests::{RequestOptions, Session};

use super::binding::Binding;
use super::challenge::BoxError;
#[cfg(test)]
use super::tests::Steps;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest answer that is read. A certificate with its chain has some kilobytes.
const LONGEST: u64 = 1 << 20;

/// The longest pause that a server can demand. A longer pause is shortened to it.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone)]
pub(super) struct Transport(Arc<Inner>, Option<Arc<Binding>>);

struct Inner {
    session: Session,
    cafile: Option<PathBuf>,
    /// The pause that the last answer demands.
    retry_after: Mutex<Option<Duration>>,
    #[cfg(test)]
    steps: Steps,
}

impl Transport {
    pub(super) fn new(cafile: Option<&Path>, #[cfg(test)] steps: Steps) -> Transport {
        let options = RequestOptions::new()
            .total_timeout(PATIENCE)
            .allow_redirects(false);
        let inner = Inner {
            session: Session::new(options),
            cafile: cafile.map(Path::to_owned),
            retry_after: Mutex::default(),
            #[cfg(test)]
            steps,
        };
        Transport(Arc::new(inner), None)
    }

    /// The same, with a binding for new accounts.
    pub(super) fn with_binding(&self, binding: Binding) -> Transport {
        Transport(Arc::clone(&self.0), Some(Arc::new(binding)))
    }

    /// The pause that the last answer demands.
    pub(super) fn take_retry_after(&self) -> Option<Duration> {
        let mut last = self.0.retry_after.lock();
        last.as_mut()
            .map_or_else(|poisoned| poisoned.get_mut().take(), |last| last.take())
    }
}

impl HttpClient for Transport {
    /// Sends a request and waits for the answer. The request may block its thread, because the runtime has nothing else
    /// to do.
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let Transport(inner, binding) = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap_or_default().to_bytes();
            let bound = binding.map(|binding| binding.add(&body)).transpose();
            let bound = bound.map_err(Error::Other)?.flatten();
            let body = bound.map_or(body, Bytes::from);
            inner.send(&parts, &body).map_err(Error::Other)
        })
    }
}

impl Inner {
    fn send(&self, parts: &http::request::Parts, body: &[u8]) -> Result<BytesResponse, BoxError> {
        if !is_secure(&parts.uri) {
            return Err(format!("{} does not use HTTPS", parts.uri).into());
        }
        #[cfg(test)]
        self.steps.next()?;
        let headers = parts.headers.iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let mut options = RequestOptions::new().headers(headers);
        // An option of the request, unlike one of the session, overrides `REQUESTS_CA_BUNDLE`.
        if let Some(cafile) = &self.cafile {
            options = options.verify(cafile.as_path());
        }
        if !body.is_empty() {
            options = options.data(body);
        }
        let method = parts.method.as_str();
        let answer = self
            .session
            .stream(method, parts.uri.to_string(), options)?;
        let mut response = Response::builder().status(answer.status_code());
        let others = answer.headers().iter();
        for (name, value) in others.filter(|(name, _)| **name != RETRY_AFTER) {
            response = response.header(name, value);
        }
        // `instant_acme` adds the number of seconds to the clock, which may overflow.
        let pause = retry_after(answer.headers());
        if let Some(pause) = pause {
            response = response.header(RETRY_AFTER, pause.as_secs());
        }
        *self
            .retry_after
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = pause;
        let mut content = Vec::new();
        answer.take(LONGEST + 1).read_to_end(&mut content)?;
        if content.len() as u64 > LONGEST {
            return Err("the answer is longer than 1 MiB".into());
        }
        #[cfg(test)]
        self.steps.next()?;
        let (parts, ()) = response.body(())?.into_parts();
        Ok(BytesResponse {
            parts,
            body: Box::new(Bytes::from(content)),
        })
    }
}

/// Whether the connection is protected: by HTTPS (RFC 8555, section 6.1), or because it stays on this host.
pub(super) fn is_secure(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => {
            host == "localhost" || IpAddr::from_str(address).is_ok_and(|ip| ip.is_loopback())
        }
        _ => false,
    }
}

/// The pause of a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(SystemTime::now()).unwrap_or_default()
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn only_https_urls_and_urls_of_this_host_are_secure() {
        let secure = |url: &str| is_secure(&url.parse().unwrap());
        for url in [
            "https://a.example/",
            "http://127.0.0.1:80/d",
            "http://[::1]/d",
            "http://localhost/",
        ] {
            assert!(secure(url), "{url}");
        }
        for url in [
            "http://a.example/",
            "http://127.0.0.1.example/",
            "http://localhost@a.example/",
            "/directory",
        ] {
            assert!(!secure(url), "{url}");
        }
    }

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date_and_limited_to_a_day() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(of("120"), Some(Duration::from_secs(120)));
        assert_eq!(of("Thu, 01 Jan 1970 00:00:10 GMT"), Some(Duration::ZERO));
        assert_eq!(of("99999999999"), Some(LONGEST_PAUSE));
        assert_eq!(of("Fri, 31 Dec 9999 23:59:59 GMT"), Some(LONGEST_PAUSE));
        assert_eq!(of("soon"), None);
    }
}
