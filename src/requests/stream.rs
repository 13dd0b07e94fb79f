use std::fmt;
use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ureq::http::header::CONTENT_ENCODING;
use ureq::http::{HeaderMap, StatusCode, response::Parts};
use ureq::{Body, BodyReader};

use super::response::joined;
use super::url::Url;
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
    head: Parts,
    url: Url,
    body: Option<Box<dyn Read + Send + Sync>>,
    encoding: Encoding,
    history: Vec<Response>,
}

/// The coding of the body, which is set up at the first read.
#[derive(Clone, Copy)]
enum Encoding {
    Identity,
    Gzip,
    Deflate,
}

impl StreamingResponse {
    pub(super) fn new(
        head: Parts,
        body: Body,
        url: Url,
        history: Vec<Response>,
    ) -> Result<StreamingResponse, Error> {
        let encodings = joined(&head.headers, &CONTENT_ENCODING).to_ascii_lowercase();
        let encoding = match encodings.trim() {
            "gzip" | "x-gzip" => Encoding::Gzip,
            "deflate" => Encoding::Deflate,
            _ => Encoding::Identity,
        };
        let body = body.into_with_config().limit(u64::MAX).reader();
        Ok(StreamingResponse {
            head,
            url,
            body: Some(Box::new(Raw(body))),
            encoding,
            history,
        })
    }

    /// Python's `response.status_code`.
    pub fn status_code(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// Python's `response.url`.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Python's `response.headers`.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Python's `response.history`: the redirects that led here, oldest first.
    pub fn history(&self) -> &[Response] {
        &self.history
    }

    /// Reads the rest of the body.
    ///
    /// # Errors
    ///
    /// [`Error::ConnectionError`], [`Error::ChunkedEncodingError`], [`Error::ContentDecodingError`].
    pub fn into_response(mut self) -> Result<Response, Error> {
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(Error::of_read)?;
        Ok(Response::of(
            self.head.status,
            self.url.to_string(),
            self.head.headers,
            content,
            self.history,
        ))
    }

    fn status(&self) -> StatusCode {
        self.head.status
    }
}

impl Read for StreamingResponse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
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
        self.0.read(buffer).map_err(|error| {
            let error = match error.downcast::<ureq::Error>() {
                Ok(error) => Error::of_body(error),
                Err(error) => Error::ChunkedEncodingError(Box::new(error)),
            };
            io::Error::other(error)
        })
    }
}

impl fmt::Debug for StreamingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Response [{}]>", self.status().as_u16())
    }
}
