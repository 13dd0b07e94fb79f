//! Decodes compressed response bodies as urllib3 does.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use ureq::BodyReader;

use super::Error;

/// The encodings offered to servers.
pub(super) const ACCEPTED: &str = "gzip, deflate";

/// The most encodings that one response may have.
const MOST: usize = 5;

/// A body that is read piece by piece.
pub(super) type Pieces = Box<dyn Read + Send + Sync>;

/// Whether the body of a response with this `Content-Encoding` is decoded.
pub(super) fn is_encoded(encodings: &str) -> bool {
    let mut list = encodings.split(',').map(str::trim);
    let known = ["gzip", "x-gzip", "deflate"];
    list.any(|encoding| {
        known
            .iter()
            .any(|known| encoding.eq_ignore_ascii_case(known))
    })
}

/// Decodes a body by its `Content-Encoding` while it is read. A body without a known encoding stays as it is. Neither
/// the body nor the outcome of any of its encodings may be longer than `max` bytes.
pub(super) fn decoder(encodings: &str, body: Pieces, max: Option<u64>) -> Pieces {
    let body = limited(body, max);
    if !is_encoded(encodings) {
        return body;
    }
    let encodings = encodings.to_ascii_lowercase();
    let list: Vec<&str> = encodings.split(',').map(str::trim).collect();
    if list.len() > MOST {
        return Box::new(TooMany(encodings));
    }
    // The last encoding of the list was applied last.
    list.iter().rev().fold(body, |body, encoding| {
        let decoder = Decoder {
            input: Input::Begin(BufReader::new(body)),
            // If any encoding of the list is known, Python decodes the unknown ones as `deflate`.
            is_gzip: ["gzip", "x-gzip"].contains(encoding),
            is_first: true,
            encodings: encodings.clone(),
        };
        limited(Box::new(decoder), max)
    })
}

/// The error of a body with this `Content-Encoding`.
fn failed(encodings: &str) -> io::Error {
    io::Error::other(Error::ContentDecodingError(encodings.into()))
}

/// A body with too many encodings.
struct TooMany(String);

impl Read for TooMany {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(failed(&self.0))
    }
}

fn limited(body: Pieces, max: Option<u64>) -> Pieces {
    match max {
        None => body,
        Some(max) => Box::new(Limited {
            body,
            max,
            left: max,
        }),
    }
}

/// Reports a body with more than `max` bytes as an error.
struct Limited {
    body: Pieces,
    max: u64,
    left: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(buffer)?;
        let too_long = || io::Error::other(Error::ContentTooLong(self.max));
        self.left = self.left.checked_sub(count as u64).ok_or_else(too_long)?;
        Ok(count)
    }
}

/// Decodes one encoding. Like Python, accepts data that end early.
struct Decoder {
    input: Input,
    is_gzip: bool,
    /// Whether no gzip member has ended yet.
    is_first: bool,
    /// The header's value, for errors.
    encodings: String,
}

/// The bytes that tell the format, and the bytes after them.
type Whole = io::Chain<Cursor<Vec<u8>>, BufReader<Pieces>>;

/// What is read next.
enum Input {
    /// The first bytes of the data or of a gzip member.
    Begin(BufReader<Pieces>),
    /// A gzip member (RFC 1952, section 2.2).
    Gzip(GzDecoder<Whole>),
    /// Deflate data with a zlib header (RFC 1950).
    Zlib(ZlibDecoder<Whole>),
    /// Deflate data alone (RFC 1951), which some servers send.
    Deflate(DeflateDecoder<Whole>),
    /// Bytes after the end of the data, which are ignored.
    Rest(BufReader<Pieces>),
    Nothing,
}

impl Input {
    fn decode(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Gzip(decoder) => decoder.read(buffer),
            Input::Zlib(decoder) => decoder.read(buffer),
            Input::Deflate(decoder) => decoder.read(buffer),
            Input::Begin(_) | Input::Rest(_) | Input::Nothing => Ok(0),
        }
    }

    fn into_rest(self) -> Option<BufReader<Pieces>> {
        let whole = match self {
            Input::Gzip(decoder) => decoder.into_inner(),
            Input::Zlib(decoder) => decoder.into_inner(),
            Input::Deflate(decoder) => decoder.into_inner(),
            Input::Begin(rest) | Input::Rest(rest) => return Some(rest),
            Input::Nothing => return None,
        };
        Some(whole.into_inner().1)
    }
}

impl Decoder {
    /// Chooses the format by the first two bytes.
    fn begin(&mut self, mut input: BufReader<Pieces>) -> io::Result<()> {
        let mut first = Vec::new();
        (&mut input).take(2).read_to_end(&mut first)?;
        let is_member = first
            .iter()
            .zip([0x1f, 0x8b])
            .all(|(byte, magic)| *byte == magic);
        let is_zlib = matches!(first[..], [method, flags] if method & 0x0f == 8
            && method >> 4 < 8 && u16::from_be_bytes([method, flags]) % 31 == 0);
        if first.is_empty() {
            return Ok(());
        }
        if self.is_gzip && !is_member {
            self.input = Input::Rest(input);
            return match self.is_first {
                true => Err(failed(&self.encodings)),
                // As in Python, other bytes after the first member are ignored.
                false => Ok(()),
            };
        }
        let whole = Cursor::new(first).chain(input);
        self.input = match self.is_gzip {
            true => Input::Gzip(GzDecoder::new(whole)),
            false if is_zlib => Input::Zlib(ZlibDecoder::new(whole)),
            false => Input::Deflate(DeflateDecoder::new(whole)),
        };
        Ok(())
    }
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let outcome = match std::mem::replace(&mut self.input, Input::Nothing) {
                Input::Nothing => return Ok(0),
                Input::Begin(input) => {
                    self.begin(input)?;
                    continue;
                }
                // The rest is read, so that the connection can be used again.
                Input::Rest(mut input) => {
                    while !input.fill_buf()?.is_empty() {
                        input.consume(input.buffer().len());
                    }
                    return Ok(0);
                }
                input => {
                    self.input = input;
                    self.input.decode(buffer)
                }
            };
            let rest = match outcome {
                Ok(0) if self.is_gzip => Input::Begin,
                Ok(0) => Input::Rest,
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Input::Rest,
                // An error of the network or of another decoder.
                Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Error>()) => {
                    return Err(error);
                }
                Err(_) if self.is_first => {
                    self.input = Input::Nothing;
                    return Err(failed(&self.encodings));
                }
                Err(_) => Input::Rest,
            };
            self.is_first = false;
            let input = std::mem::replace(&mut self.input, Input::Nothing);
            self.input = input.into_rest().map_or(Input::Nothing, rest);
        }
    }
}

/// The body before decoding; its errors are [`Error`]s of this module.
pub(super) struct Raw(pub(super) BodyReader<'static>);

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0
            .read(buffer)
            .map_err(|error| io::Error::other(Error::of_body_read(error)))
    }
}
