use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LINK, LOCATION};
use ureq::http::response::Parts;
use ureq::http::{HeaderMap, StatusCode};

use super::cookies::cookies_of;
use super::decode::{Raw, decoder, is_encoded};
use super::encodings::decode;
use super::head::{REASON, joined};
use super::prepared::is_redirect;
use super::{Error, PreparedRequest, text};

/// The server's response: Python's `requests.Response`.
///
/// ```python
/// response.raise_for_status()
/// print(response.headers["content-type"], len(response.content), response.text)
/// ```
/// ```
/// # use pyssl::requests;
/// # fn f(response: &requests::Response) -> Result<(), requests::Error> {
/// response.raise_for_status()?;
/// println!("{:?} {} {}", response.headers().get("content-type"), response.content().len(), response.text());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Response {
    status: StatusCode,
    reason: String,
    url: String,
    headers: HeaderMap,
    /// Shared, since an error of `raise_for_status` has the response too.
    content: Arc<Vec<u8>>,
    encoding: Option<String>,
    pub(super) history: Vec<Response>,
    pub(super) elapsed: Duration,
    /// Whether the body has not been read.
    pub(super) is_unread: bool,
    request: Box<PreparedRequest>,
    pub(super) next: Option<Box<PreparedRequest>>,
}

impl Response {
    /// A response without its body.
    pub(super) fn head(mut head: Parts, request: PreparedRequest, elapsed: Duration) -> Response {
        let reason = head.headers.remove(REASON);
        let reason = reason.map_or_else(String::new, |reason| text::latin_1(reason.as_bytes()));
        Response {
            status: head.status,
            reason,
            url: request.url(),
            headers: head.headers,
            content: Arc::default(),
            encoding: None,
            history: Vec::new(),
            elapsed,
            is_unread: false,
            request: Box::new(request),
            next: None,
        }
    }

    /// Reads and decodes the body.
    pub(super) fn read_body(&mut self, body: Body, max: Option<u64>) -> Result<(), Error> {
        let encodings = joined(&self.headers, &CONTENT_ENCODING);
        self.content = Arc::new(read(body, &encodings, max)?);
        Ok(())
    }

    pub(super) fn with_content(mut self, content: Vec<u8>) -> Response {
        self.content = Arc::new(content);
        self
    }

    /// Python's `response.request`: the request that led to this response.
    pub fn request(&self) -> &PreparedRequest {
        &self.request
    }

    /// Python's `response.is_redirect`.
    pub fn is_redirect(&self) -> bool {
        is_redirect(self.status, &self.headers)
    }

    /// The target of a redirect, if the response is one: `Session.get_redirect_target`.
    pub(super) fn redirect_target(&self) -> Result<Option<String>, Error> {
        if !self.is_redirect() {
            return Ok(None);
        }
        for value in self.headers.get_all(LOCATION) {
            // Python's `UnicodeDecodeError` is a `ValueError`.
            std::str::from_utf8(value.as_bytes()).map_err(|error| {
                Error::ValueError(format!("the header Location: {error}").into())
            })?;
        }
        Ok(Some(joined(&self.headers, &LOCATION)).filter(|location| !location.is_empty()))
    }

    /// Python's `response.is_permanent_redirect`.
    pub fn is_permanent_redirect(&self) -> bool {
        [301, 308].contains(&self.status_code()) && self.headers.contains_key(LOCATION)
    }

    /// Python's `response.next`: the request that follows the redirect, if redirects are not followed.
    ///
    /// ```no_run
    /// # use pyssl::requests::{RequestOptions, Session};
    /// # let (session, url) = (Session::new(()), "https://example.com");
    /// let mut response = session.get(url, RequestOptions::new().allow_redirects(false))?;
    /// while let Some(next) = response.next().cloned() {
    ///     println!("{}", next.url());
    ///     response = session.send(next, RequestOptions::new().allow_redirects(false))?;
    /// }
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    pub fn next(&self) -> Option<&PreparedRequest> {
        self.next.as_deref()
    }

    /// Python's `response.cookies.items()`: the cookies that this response sets.
    pub fn cookies(&self) -> Vec<(String, String)> {
        cookies_of(&self.request, &self.headers)
    }

    /// Python's `response.links`: the links of the header `Link`, by their relation or else by their URL.
    ///
    /// ```
    /// # use pyssl::requests::Response;
    /// # fn f(response: &Response) -> Option<String> {
    /// let next = response.links().get("next")?.get("url")?.clone();
    /// # Some(next) }
    /// ```
    pub fn links(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let links = links(&joined(&self.headers, &LINK)).into_iter();
        let named = links.filter_map(|link| {
            let relation = link.get("rel").filter(|relation| !relation.is_empty());
            let name = relation.or(link.get("url"))?.clone();
            Some((name, link))
        });
        named.collect()
    }

    /// Python's `response.history`: the redirects that led here, oldest first. Unlike in Python, these
    /// responses have no history of their own.
    pub fn history(&self) -> &[Response] {
        &self.history
    }

    /// Python's `response.elapsed`: the time from sending the request to the head of the response.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Python's `response.json()`.
    ///
    /// ```
    /// # use pyssl::requests;
    /// # fn f(response: &requests::Response) -> Result<(), requests::Error> {
    /// let numbers: Vec<u32> = response.json()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidJSONError`] if the body is not JSON, or not a value of the type `T`. As in Python, the body has
    /// the encoding of [`encoding`](Self::encoding), or else UTF-8, UTF-16 or UTF-32, which the first bytes tell.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = match self.encoding() {
            None if self.content.len() > 3 => text::decode_json(&self.content),
            _ => self.text(),
        };
        // Python reports a byte-order mark as an error.
        serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| Error::InvalidJSONError(error.to_string().into()))
    }

    /// Python's `response.status_code`, for example 200.
    pub fn status_code(&self) -> u16 {
        self.status.as_u16()
    }

    /// Python's `response.reason`: the server's phrase, for example `"Not Found"`.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Python's `response.ok`: the status is below 400.
    pub fn ok(&self) -> bool {
        self.status_code() < 400
    }

    /// Python's `response.url`: the final URL after redirects.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Python's `response.headers`. Names are case-insensitive.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Python's `response.content`: the body.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Python's `response.text`: the body decoded by [`encoding`](Self::encoding). Without one, the body is
    /// decoded as UTF-8; Python guesses.
    pub fn text(&self) -> String {
        let encoding = self.encoding();
        decode(&self.content, encoding.as_deref().unwrap_or("utf-8"))
    }

    /// Python's `response.iter_lines()`: the lines of the body without their ends, which are `\n`, `\r` or `\r\n`.
    ///
    /// Python's `response.iter_content(1024)` is `response.content().chunks(1024)`. With
    /// [`Session::stream`](super::Session::stream), the body is read line by line, or piece by piece.
    ///
    /// ```
    /// # use pyssl::requests;
    /// # fn f(response: &requests::Response) {
    /// for line in response.iter_lines() {
    ///     println!("{}", String::from_utf8_lossy(line));
    /// }
    /// # }
    /// ```
    pub fn iter_lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.content();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = rest.iter().position(|byte| b"\r\n".contains(byte));
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            let after = after.strip_prefix(b"\r\n").or(after.get(1..));
            rest = after.unwrap_or_default();
            Some(line)
        })
    }

    /// Python's `response.encoding`: the charset of `Content-Type`. Without a charset, it is `ISO-8859-1` for
    /// `text/...`, and `utf-8` for `application/json`.
    pub fn encoding(&self) -> Option<String> {
        if self.encoding.is_some() {
            return self.encoding.clone();
        }
        let content_type = self.headers.get(CONTENT_TYPE)?;
        let content_type = String::from_utf8_lossy(content_type.as_bytes());
        let (media_type, parameters) = content_type.split_once(';').unwrap_or((&*content_type, ""));
        // As in Python, the last charset counts.
        let charset = parameters.rsplit(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches(['"', '\'']).to_owned())
        });
        charset.or_else(|| match media_type {
            text if text.contains("text") => Some("ISO-8859-1".to_owned()),
            json if json.contains("application/json") => Some("utf-8".to_owned()),
            _ => None,
        })
    }

    /// Sets the encoding of [`text`](Self::text): Python's `response.encoding = "utf-8"`. An unknown encoding
    /// counts as UTF-8.
    ///
    /// The names are those of Python's codecs. These codecs are missing: `utf_7`, `utf_32`, `hz`, `johab`, `kz1048`,
    /// `koi8_t`, `palmos`, `ptcp154`, `hp_roman8`, `unicode_escape`, `raw_unicode_escape`, `punycode`, `idna`,
    /// `charmap`, the code pages of IBM and DOS except `cp866` (for example `cp437`), those of the Macintosh except
    /// `mac_roman` and `mac_cyrillic`, and the variants of ISO 2022 and JIS except `iso2022_jp`, `euc_jp`, `shift_jis`
    /// and `cp932`. The other codecs follow the WHATWG Encoding Standard. They accept some bytes that Python's codecs
    /// for Chinese, Japanese and Korean refuse, and also the byte CA of `cp1255` and the byte A0 of `tis_620`. Some
    /// characters differ: `shift_jis`, `euc_jp` and `iso2022_jp` decode the wave dash as U+FF5E (Python: U+301C), and
    /// five other signs as `cp932` does. `gb2312` decodes A1A4 and A1AA as `gbk` does. `koi8_u` decodes AE and BE as
    /// U+045E and U+040E (Python: U+255D and U+256C).
    pub fn set_encoding(&mut self, encoding: impl Into<String>) {
        self.encoding = Some(encoding.into());
    }

    /// Returns an error if the status is 400 or above.
    ///
    /// ```python
    /// try:
    ///     response.raise_for_status()
    /// except requests.HTTPError as e:
    ///     print(e, e.response.text)
    /// ```
    /// ```
    /// # use pyssl::requests;
    /// # fn f(response: &requests::Response) {
    /// if let Err(e) = response.raise_for_status() {
    ///     println!("{e} {:?}", e.response().map(|response| response.text()));
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::HTTPError`] if the status is from 400 to 599.
    pub fn raise_for_status(&self) -> Result<(), Error> {
        let status_code = self.status_code();
        let whose = match status_code {
            400..500 => "Client",
            500..600 => "Server",
            _ => return Ok(()),
        };
        let (reason, url) = (self.reason(), &self.url);
        Err(Error::HTTPError {
            status_code,
            message: format!("{status_code} {whose} Error: {reason} for url: {url}").into(),
            response: Box::new(self.clone()),
        })
    }
}

impl fmt::Debug for Response {
    /// Python's `repr`: `<Response [200]>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Response [{}]>", self.status_code())
    }
}

/// Reads the whole body and decodes it.
pub(super) fn read(body: Body, encodings: &str, max: Option<u64>) -> Result<Vec<u8>, Error> {
    let body = body.into_with_config().limit(u64::MAX);
    if max.is_none() && !is_encoded(encodings) {
        return body.read_to_vec().map_err(Error::of_body);
    }
    let mut content = Vec::new();
    let mut body = decoder(encodings, Box::new(Raw(body.reader())), max);
    body.read_to_end(&mut content).map_err(Error::of_read)?;
    Ok(content)
}

/// The links of a header: `requests.utils.parse_header_links`.
fn links(header: &str) -> Vec<BTreeMap<String, String>> {
    let marks = [' ', '\'', '"'];
    let header = header.trim_matches(marks);
    let mut starts = vec![0];
    // A comma, any number of blanks and `<` separate two links.
    for (at, _) in header.match_indices(',') {
        if header[at + 1..].trim_start_matches(' ').starts_with('<') {
            starts.push(at + 1);
        }
    }
    let ends = starts.iter().skip(1).map(|start| start - 1);
    let ends: Vec<usize> = ends.chain([header.len()]).collect();
    let parts = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &header[*start..end]);
    let parts = parts.filter(|_| !header.is_empty());
    parts
        .map(|part| {
            let (url, parameters) = part.split_once(';').unwrap_or((part, ""));
            let url = url.trim_matches(['<', '>', ' ', '\'', '"']);
            let mut link = BTreeMap::from([("url".to_owned(), url.to_owned())]);
            for parameter in parameters.split(';') {
                let Some((name, value)) = parameter.split_once('=') else {
                    break;
                };
                if value.contains('=') {
                    break;
                }
                let bare = |text: &str| text.trim_matches(marks).to_owned();
                link.insert(bare(name), bare(value));
            }
            link
        })
        .collect()
}
