use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::{self, Cursor, Read};
use std::time::Duration;

use ureq::Body;
use ureq::http::HeaderMap;
use ureq::http::header::CONTENT_ENCODING;

use super::decode::{Pieces, Raw, decoder};
use super::head::joined;
use super::{Error, PreparedRequest, Response};

/// A response whose body is read piece by piece: Python's `stream=True`. It implements [`Read`].
///
/// ```python
/// with session.get(url, stream=True) as response:
///     for piece in response.iter_content(8192):
///         out.write(piece)
/// ```
/// ```no_run
/// # use pyssl::requests::Session;
/// # let (session, url) = (Session::new(()), "https://example.com");
/// let mut response = session.stream("GET", url, ())?;
/// let mut out = std::fs::File::create("page.html")?;
/// std::io::copy(&mut response, &mut out)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `read` decodes `gzip` and `deflate` as `iter_content` does, also several encodings (`Content-Encoding: deflate,
/// gzip`). An `io::Error` of `read` contains an [`Error`]. Dropping the response before the end of the body closes the connection.
pub struct StreamingResponse {
    head: Response,
    body: Coded,
    max: Option<u64>,
}

/// The body, which is decoded from the first read on.
enum Coded {
    Raw(Pieces),
    Decoded(Pieces),
}

impl StreamingResponse {
    /// `body` is the unread body of the response from the server. It is not used if a hook has returned another
    /// response, which has its own body.
    pub(super) fn new(head: Response, body: Option<Body>, max: Option<u64>) -> StreamingResponse {
        let body = match body.filter(|_| head.is_unread) {
            Some(body) => {
                let body = body.into_with_config().limit(u64::MAX).reader();
                Coded::Raw(Box::new(Raw(body)))
            }
            None => Coded::Decoded(Box::new(Cursor::new(head.content().to_vec()))),
        };
        StreamingResponse { head, body, max }
    }

    /// Python's `response.status_code`.
    pub fn status_code(&self) -> u16 {
        self.head.status_code()
    }

    /// Python's `response.reason`.
    pub fn reason(&self) -> &str {
        self.head.reason()
    }

    /// Python's `response.ok`.
    pub fn ok(&self) -> bool {
        self.head.ok()
    }

    /// Python's `response.url`.
    pub fn url(&self) -> String {
        self.head.url().to_owned()
    }

    /// Python's `response.headers`.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// Python's `response.encoding`; see [`Response::encoding`].
    pub fn encoding(&self) -> Option<String> {
        self.head.encoding()
    }

    /// Python's `response.elapsed`.
    pub fn elapsed(&self) -> Duration {
        self.head.elapsed()
    }

    /// Python's `response.history`: the redirects that led here, oldest first.
    pub fn history(&self) -> &[Response] {
        self.head.history()
    }

    /// Python's `response.request`: the request that led to this response.
    pub fn request(&self) -> &PreparedRequest {
        self.head.request()
    }

    /// Python's `response.is_redirect`.
    pub fn is_redirect(&self) -> bool {
        self.head.is_redirect()
    }

    /// Python's `response.is_permanent_redirect`.
    pub fn is_permanent_redirect(&self) -> bool {
        self.head.is_permanent_redirect()
    }

    /// Python's `response.next`; see [`Response::next`].
    pub fn next(&self) -> Option<&PreparedRequest> {
        self.head.next()
    }

    /// Python's `response.cookies.items()`; see [`Response::cookies`].
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.head.cookies()
    }

    /// Python's `response.links`; see [`Response::links`].
    pub fn links(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        self.head.links()
    }

    /// Python's `response.raise_for_status()`: returns an error if the status is 400 or above.
    ///
    /// ```python
    /// with session.get(url, stream=True) as response:
    ///     response.raise_for_status()
    /// ```
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com");
    /// let response = session.stream("GET", url, ())?;
    /// response.raise_for_status()?;
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::HTTPError`] if the status is from 400 to 599. Its response has no body; the body can still be read
    /// from this value.
    pub fn raise_for_status(&self) -> Result<(), Error> {
        self.head.raise_for_status()
    }

    /// Python's `response.iter_content(8192)`: the body in pieces of at most this size, as they arrive. A size of zero
    /// counts as one.
    ///
    /// ```python
    /// for piece in response.iter_content(8192):
    ///     print(len(piece), "bytes")
    /// ```
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com");
    /// let mut response = session.stream("GET", url, ())?;
    /// for piece in response.iter_content(8192) {
    ///     println!("{} bytes", piece?.len());
    /// }
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An element is an error, and the last one, if the body cannot be read: [`Error::ConnectionError`],
    /// [`Error::SSLError`], [`Error::ReadTimeout`], [`Error::ChunkedEncodingError`], [`Error::ContentDecodingError`]
    /// or [`Error::ContentTooLong`].
    pub fn iter_content(
        &mut self,
        chunk_size: usize,
    ) -> impl Iterator<Item = Result<Vec<u8>, Error>> + '_ {
        let mut buffer = vec![0; chunk_size.max(1)];
        let mut is_over = false;
        std::iter::from_fn(move || {
            let outcome = match is_over {
                true => return None,
                false => self.read(&mut buffer),
            };
            is_over = !matches!(outcome, Ok(1..));
            match outcome {
                Ok(0) => None,
                Ok(count) => Some(Ok(buffer[..count].to_vec())),
                Err(error) => Some(Err(Error::of_read(error))),
            }
        })
    }

    /// Python's `response.iter_lines()`: the lines of the body without their ends, which are `\n`, `\r` or
    /// `\r\n`. A `\r\n` that arrives in two pieces ends one line; in Python, it ends two. For lines that another byte
    /// ends (`delimiter=b"\0"`), use [`BufRead::split`](std::io::BufRead::split) of a `BufReader` on the response.
    ///
    /// ```python
    /// for line in events.iter_lines():
    ///     print(line.decode())
    /// ```
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com/events");
    /// let mut events = session.stream("GET", url, ())?;
    /// for line in events.iter_lines() {
    ///     println!("{}", String::from_utf8_lossy(&line?));
    /// }
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`iter_content`](Self::iter_content). If a line is incomplete when an error occurs, its beginning is
    /// dropped, as in Python.
    pub fn iter_lines(&mut self) -> impl Iterator<Item = Result<Vec<u8>, Error>> + '_ {
        let mut pieces = self.iter_content(512);
        let mut lines = VecDeque::new();
        let (mut line, mut was_return) = (Vec::new(), false);
        std::iter::from_fn(move || {
            while lines.is_empty() {
                match pieces.next() {
                    Some(Err(error)) => {
                        line.clear();
                        return Some(Err(error));
                    }
                    None if line.is_empty() => return None,
                    None => lines.push_back(std::mem::take(&mut line)),
                    Some(Ok(piece)) => {
                        for byte in piece {
                            match byte {
                                b'\n' if was_return => {}
                                b'\n' | b'\r' => lines.push_back(std::mem::take(&mut line)),
                                byte => line.push(byte),
                            }
                            was_return = byte == b'\r';
                        }
                    }
                }
            }
            lines.pop_front().map(Ok)
        })
    }

    /// Python's `response.raw`: the bytes of the body as the server sent them, without decoding
    /// `Content-Encoding`. If a part of the body was read before, the rest is decoded.
    ///
    /// ```python
    /// shutil.copyfileobj(response.raw, out)
    /// ```
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com");
    /// # let mut out = std::io::sink();
    /// let response = session.stream("GET", url, ())?;
    /// std::io::copy(&mut response.into_raw(), &mut out)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "raw")]
    pub fn into_raw(self) -> impl Read + Send + Sync {
        match self.body {
            Coded::Raw(body) => decoder("", body, self.max),
            Coded::Decoded(body) => body,
        }
    }

    /// Reads the rest of the body: Python's `response.content` after `stream=True`.
    ///
    /// ```python
    /// response = session.get(url, stream=True)
    /// if int(response.headers["content-length"]) < 1_000_000:
    ///     print(response.text)
    /// ```
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com");
    /// let response = session.stream("GET", url, ())?;
    /// let length = response.headers()["content-length"].to_str().unwrap_or_default();
    /// if length.parse::<u64>().is_ok_and(|length| length < 1_000_000) {
    ///     println!("{}", response.into_response()?.text());
    /// }
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`iter_content`](Self::iter_content).
    pub fn into_response(mut self) -> Result<Response, Error> {
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(Error::of_read)?;
        Ok(self.head.with_content(content))
    }
}

impl Read for StreamingResponse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Coded::Raw(body) = &mut self.body {
            let body = std::mem::replace(body, Box::new(io::empty()));
            let encodings = joined(self.head.headers(), &CONTENT_ENCODING);
            self.body = Coded::Decoded(decoder(&encodings, body, self.max));
        }
        let (Coded::Raw(body) | Coded::Decoded(body)) = &mut self.body;
        body.read(buffer)
    }
}

impl fmt::Debug for StreamingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.fmt(f)
    }
}
