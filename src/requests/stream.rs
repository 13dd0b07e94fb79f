use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ureq::http::HeaderMap;
use ureq::http::header::CONTENT_ENCODING;
use ureq::{Body, BodyReader};

use super::head::joined;
use super::{Error, Response};

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
/// `read` decodes `gzip` and `deflate`, as `iter_content` does. An `io::Error` of `read` contains an
/// [`Error`]. Dropping the response before the end of the body closes the connection.
pub struct StreamingResponse {
    head: Response,
    body: Option<Box<dyn Read + Send + Sync>>,
    encoding: Encoding,
    /// The limit of the body, and the number of bytes that it leaves.
    max: Option<(u64, u64)>,
}

/// The coding of the body, which is set up at the first read.
#[derive(Clone, Copy)]
enum Encoding {
    Identity,
    Gzip,
    Deflate,
}

impl StreamingResponse {
    pub(super) fn new(head: Response, body: Body, max: Option<u64>) -> StreamingResponse {
        let encodings = joined(head.headers(), &CONTENT_ENCODING).to_ascii_lowercase();
        let encoding = match encodings.trim() {
            "gzip" | "x-gzip" => Encoding::Gzip,
            "deflate" => Encoding::Deflate,
            _ => Encoding::Identity,
        };
        let body = body.into_with_config().limit(u64::MAX).reader();
        StreamingResponse {
            head,
            body: Some(Box::new(Raw(body))),
            encoding,
            max: max.map(|max| (max, max)),
        }
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

    /// Returns an error if the status is 400 or above.
    ///
    /// # Errors
    ///
    /// [`Error::HTTPError`].
    pub fn raise_for_status(&self) -> Result<(), Error> {
        self.head.raise_for_status()
    }

    /// Python's `response.iter_content(8192)`: the body in pieces of at most this size, as they arrive.
    ///
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com");
    /// let mut response = session.stream("GET", url, ())?;
    /// for piece in response.iter_content(8192) {
    ///     println!("{} bytes", piece?.len());
    /// }
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
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
    /// `\r\n`. A `\r\n` that arrives in two pieces ends one line; in Python, it ends two.
    ///
    /// ```no_run
    /// # use pyssl::requests::Session;
    /// # let (session, url) = (Session::new(()), "https://example.com/events");
    /// let mut events = session.stream("GET", url, ())?;
    /// for line in events.iter_lines() {
    ///     println!("{}", String::from_utf8_lossy(&line?));
    /// }
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
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

    /// Reads the rest of the body.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionError`], [`Error::ChunkedEncodingError`], [`Error::ContentDecodingError`],
    /// [`Error::ContentTooLong`].
    pub fn into_response(mut self) -> Result<Response, Error> {
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(Error::of_read)?;
        Ok(self.head.with_content(content))
    }
}

impl Read for StreamingResponse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_decoded(buffer)?;
        if let Some((max, left)) = &mut self.max {
            let too_long = || io::Error::other(Error::ContentTooLong(*max));
            *left = left.checked_sub(count as u64).ok_or_else(too_long)?;
        }
        Ok(count)
    }
}

impl StreamingResponse {
    fn read_decoded(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(body) = &mut self.body else {
                return Ok(0);
            };
            match self.encoding {
                Encoding::Identity => return body.read(buffer).map_err(decoding),
                // The first byte is read here: an empty body is not decoded, and for `deflate` the byte
                // tells whether there is a zlib header.
                encoding => {
                    let mut first = [0];
                    if body.read(&mut first).map_err(decoding)? == 0 {
                        self.body = None;
                        return Ok(0);
                    }
                    let Some(body) = self.body.take() else {
                        return Ok(0);
                    };
                    let whole = io::Cursor::new(first).chain(body);
                    self.body = Some(match encoding {
                        Encoding::Gzip => Box::new(MultiGzDecoder::new(whole)),
                        // The zlib header (RFC 1950) starts with compression method 8.
                        _ if first[0] & 0x0f == 8 => Box::new(ZlibDecoder::new(whole)),
                        _ => Box::new(DeflateDecoder::new(whole)),
                    });
                    self.encoding = Encoding::Identity;
                }
            }
        }
    }
}

/// Wraps the decoder's errors. Errors of the network are an [`Error`] already.
fn decoding(error: io::Error) -> io::Error {
    match error.get_ref().is_some_and(|inner| inner.is::<Error>()) {
        true => error,
        false => io::Error::other(Error::ContentDecodingError(error.to_string().into())),
    }
}

/// The body before decoding; its errors are [`Error`]s of this module.
struct Raw(BodyReader<'static>);

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0
            .read(buffer)
            .map_err(|error| io::Error::other(Error::of_body_read(error)))
    }
}

impl fmt::Debug for StreamingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.fmt(f)
    }
}
