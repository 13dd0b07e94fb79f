//! Passes the server's bytes to the HTTP library. The head and the lines between chunks are parsed by
//! Python's rules, which differ from the library's, and passed on in a canonical form.

use ureq::unversioned::transport::Buffers;

use super::Error;
use super::head::{Head, MAX_LINE, MAX_LINES, aborted};

/// The most bytes that one call receives.
const PIECE: usize = 64 * 1024;

/// The most bytes of a chunked request body that the HTTP library reads at a time.
const SCRATCH: usize = 10 * 1024;

/// The buffers of a connection.
#[derive(Debug)]
pub(super) struct ResponseRewriter {
    /// Received bytes; those from `taken` to `filled` are unprocessed.
    raw: Vec<u8>,
    taken: usize,
    filled: usize,
    /// The number of bytes after `taken` that were searched and have no line end.
    searched: usize,
    /// Bytes for the HTTP library, from `consumed` on.
    input: Vec<u8>,
    consumed: usize,
    progress: bool,
    output: Vec<u8>,
    output_size: usize,
    /// The library's buffer for a chunked request body.
    scratch: Vec<u8>,
    phase: Phase,
    is_over: bool,
    /// Whether the connection cannot be used for another request.
    is_last: bool,
}

/// The part of the response that comes next.
#[derive(Debug)]
enum Phase {
    Head(Head),
    /// The body, passed on unchanged.
    Body,
    /// The line with a chunk's size.
    Size,
    /// The remaining bytes of a chunk, and of the line end after it.
    Chunk {
        data: u64,
        end: usize,
    },
    /// The fields after the last chunk, and how many were received.
    Trailer(usize),
}

impl ResponseRewriter {
    /// The buffers are allocated on first use.
    pub(super) fn new(output_size: usize) -> ResponseRewriter {
        ResponseRewriter {
            raw: Vec::new(),
            taken: 0,
            filled: 0,
            searched: 0,
            input: Vec::new(),
            consumed: 0,
            progress: false,
            output: Vec::new(),
            output_size,
            scratch: Vec::new(),
            phase: Phase::Head(Head::default()),
            is_over: false,
            is_last: false,
        }
    }

    /// Prepares for the response to a request.
    pub(super) fn expect_head(&mut self) {
        if !matches!(self.phase, Phase::Head(_)) {
            self.phase = Phase::Head(Head::default());
        }
    }

    /// Whether the connection can be reused: no unexpected bytes are left.
    pub(super) fn is_idle(&self) -> bool {
        let is_empty = self.taken == self.filled && self.consumed == self.input.len();
        is_empty && !self.is_over && !self.is_last
    }

    /// Receives once. Returns whether the connection is still open.
    pub(super) fn receive<E>(
        &mut self,
        receive: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<bool, E> {
        self.raw.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        if self.raw.len() < self.filled + PIECE {
            self.raw.resize(self.filled + PIECE, 0);
        }
        let received = receive(&mut self.raw[self.filled..])?;
        self.filled += received;
        self.is_over = received == 0;
        Ok(received > 0)
    }

    /// Processes the received bytes as far as possible.
    pub(super) fn advance(&mut self) -> Result<(), Error> {
        if self.consumed == self.input.len() {
            self.input.clear();
            self.consumed = 0;
        }
        loop {
            match &mut self.phase {
                Phase::Body => {
                    let raw = &self.raw[self.taken..self.filled];
                    self.input.extend_from_slice(raw);
                    self.taken = self.filled;
                    return Ok(());
                }
                Phase::Chunk { data, end } => {
                    let raw = &self.raw[self.taken..self.filled];
                    let most = usize::try_from(*data).unwrap_or(usize::MAX);
                    let passed = raw.len().min(most);
                    self.input.extend_from_slice(&raw[..passed]);
                    *data -= passed as u64;
                    // Like Python, discard the two bytes after a chunk without checking that they
                    // are a line end.
                    let thrown = (raw.len() - passed).min(*end);
                    *end -= thrown;
                    self.taken += passed + thrown;
                    if *data > 0 || *end > 0 {
                        return Ok(());
                    }
                    self.input.extend_from_slice(b"\r\n");
                    self.phase = Phase::Size;
                }
                _ => {
                    let Some(end) = self.line_end()? else {
                        return Ok(());
                    };
                    let line = self.taken..end;
                    self.taken = end;
                    self.line(line)?;
                }
            }
        }
    }

    /// The end of the next line. The end of the stream also ends a line.
    fn line_end(&mut self) -> Result<Option<usize>, Error> {
        let raw = &self.raw[self.taken..self.filled];
        let searched = self.searched.min(raw.len());
        let found = raw[searched..].iter().position(|byte| *byte == b'\n');
        let length = found.map_or(raw.len(), |at| searched + at + 1);
        self.searched = if found.is_some() { 0 } else { length };
        if length > MAX_LINE {
            return Err(match self.phase {
                Phase::Head(_) => aborted(&format!("got more than {MAX_LINE} bytes in a line")),
                _ => broken("a line between two chunks is too long"),
            });
        }
        Ok((found.is_some() || self.is_over).then_some(self.taken + length))
    }

    fn line(&mut self, line: std::ops::Range<usize>) -> Result<(), Error> {
        let line = &self.raw[line];
        match &mut self.phase {
            Phase::Head(head) => {
                if let Some(complete) = head.line(line)? {
                    self.input.extend_from_slice(&complete.bytes);
                    self.phase = match complete.is_chunked {
                        true => Phase::Size,
                        false => Phase::Body,
                    };
                    // A server of HTTP/1.0 closes the connection, but the rewritten head says
                    // HTTP/1.1, so the library would keep it.
                    self.is_last |= complete.is_chunked && complete.is_http10;
                }
            }
            Phase::Size => {
                let size = chunk_size(line).ok_or_else(|| {
                    let text = String::from_utf8_lossy(line).into_owned();
                    broken(&format!("invalid chunk length {text:?}"))
                })?;
                self.input
                    .extend_from_slice(format!("{size:x}\r\n").as_bytes());
                self.phase = match size {
                    0 => Phase::Trailer(0),
                    data => Phase::Chunk { data, end: 2 },
                };
            }
            Phase::Trailer(lines) => {
                *lines += 1;
                if *lines > MAX_LINES {
                    return Err(broken("the trailer has too many lines"));
                }
                if matches!(line, b"\r\n" | b"") {
                    self.input.extend_from_slice(b"\r\n");
                    self.phase = Phase::Body;
                }
            }
            Phase::Body | Phase::Chunk { .. } => {}
        }
        Ok(())
    }
}

/// The size in a line such as `5;extension`. As in Python's `int(size, 16)`, it may have the prefix
/// `0x`.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|byte| *byte == b';').next()?;
    let size = std::str::from_utf8(size).ok()?.trim();
    let digits = size.strip_prefix("0x").or(size.strip_prefix("0X"));
    u64::from_str_radix(digits.unwrap_or(size), 16).ok()
}

fn broken(why: &str) -> Error {
    Error::ChunkedEncodingError(why.into())
}

impl Buffers for ResponseRewriter {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(self.output_size, 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.consumed..]
    }

    /// The library gets no room: only [`advance`](Self::advance) adds to the input.
    fn input_append_buf(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_appended(&mut self, _: usize) {}

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.consumed += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.output.resize(self.output_size, 0);
        self.scratch.resize(SCRATCH, 0);
        (&mut self.scratch, &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        !self.input().is_empty() && self.progress
    }
}
