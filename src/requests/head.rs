//! Reads the head of a response as Python's `http.client` does, and rewrites it for the HTTP library.

use ureq::http::{HeaderMap, HeaderName};

use super::Error;

/// The longest line (`http.client._MAXLINE`).
pub(super) const MAX_LINE: usize = 65_536;

/// The most lines, including the empty one (`http.client._MAXHEADERS`).
pub(super) const MAX_LINES: usize = 100;

/// The most informational responses before the final one. Python has no limit.
const MAX_INFORMATIONAL: usize = 100;

/// A field of the rewritten head with the reason phrase, which the HTTP library does not pass on.
pub(super) const REASON: &str = "pyssl-reason-phrase";

/// The part of a head that has been received.
#[derive(Debug, Default)]
pub(super) struct Head {
    status: Option<Status>,
    informational: usize,
    lines: usize,
    fields: Vec<Field>,
    /// Whether the next line can start or continue a field.
    state: State,
}

#[derive(Debug, Clone)]
struct Status {
    is_http10: bool,
    code: u16,
    reason: Vec<u8>,
}

#[derive(Debug)]
struct Field {
    name: String,
    value: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// A new field may start; there is no field to continue.
    #[default]
    Closed,
    /// The last line was a field, which the next line may continue.
    Open,
    /// A line was not a field: Python ignores all fields after it.
    Over,
}

/// A complete head.
#[derive(Debug)]
pub(super) struct Complete {
    /// The head as rewritten for the HTTP library.
    pub(super) bytes: Vec<u8>,
    pub(super) is_chunked: bool,
    pub(super) is_http10: bool,
}

impl Head {
    /// Adds the next line, including its line end. The line may be empty, or lack its line end, only at the end
    /// of the stream.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<Complete>, Error> {
        let Some(status) = &self.status else {
            self.status = Some(Status::parse(line)?);
            return Ok(None);
        };
        self.lines += 1;
        if self.lines > MAX_LINES {
            return Err(aborted(&format!("got more than {MAX_LINES} headers")));
        }
        if !matches!(line, b"\r\n" | b"\n" | b"") {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            // To Python's parser, every carriage return ends a line.
            for part in line.split(|byte| *byte == b'\r') {
                self.field(part);
            }
            return Ok(None);
        }
        // Skip informational responses (RFC 9110, section 15.2).
        if (100..200).contains(&status.code) && status.code != 101 {
            let informational = self.informational + 1;
            if informational > MAX_INFORMATIONAL {
                let text = format!("got more than {MAX_INFORMATIONAL} informational responses");
                return Err(aborted(&text));
            }
            *self = Head {
                informational,
                ..Head::default()
            };
            return Ok(None);
        }
        self.complete(status).map(Some)
    }

    /// Reads a field as Python's `email.feedparser` does: see `_parsegen` and `_parse_headers` there.
    fn field(&mut self, line: &[u8]) {
        if self.state == State::Over || line.starts_with(b"From ") {
            return;
        }
        if let [b' ' | b'\t', ..] = line {
            if let (State::Open, Some(field)) = (&self.state, self.fields.last_mut()) {
                field.value.push(b' ');
                field.value.extend(line.trim_ascii_start());
            }
            return;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        match colon.map(|colon| line.split_at(colon)) {
            Some(([], _)) => self.state = State::Closed,
            Some((name, value)) if name.iter().all(u8::is_ascii_graphic) => {
                self.state = State::Open;
                self.fields.push(Field {
                    name: String::from_utf8_lossy(name).into_owned(),
                    value: value[1..].trim_ascii().to_vec(),
                });
            }
            _ => self.state = State::Over,
        }
    }

    /// All values of a field, joined as in urllib3.
    fn value(&self, name: &str) -> Option<String> {
        let fields = self.fields.iter();
        let values = fields.filter(|field| field.name.eq_ignore_ascii_case(name));
        let values: Vec<_> = values
            .map(|field| String::from_utf8_lossy(&field.value))
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn complete(&self, status: &Status) -> Result<Complete, Error> {
        let lower = |name: &str| self.value(name).unwrap_or_default().to_ascii_lowercase();
        let codings = lower("transfer-encoding");
        let is_chunked = codings.split(',').any(|coding| coding.trim() == "chunked");
        let length = match self.value("content-length") {
            Some(lengths) if !is_chunked => content_length(&lengths)?,
            _ => None,
        };

        // Like Python, read chunked bodies of HTTP/1.0 servers too.
        let version = if status.is_http10 && !is_chunked {
            0
        } else {
            1
        };
        let mut bytes = format!("HTTP/1.{version} {:03}\r\n", status.code).into_bytes();
        let mut push = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            // RFC 9112, section 5, and RFC 9110, section 5.5: replace invalid bytes with spaces.
            bytes.extend(value.iter().map(|byte| match byte {
                0..=8 | 10..=31 | 127 => b' ',
                byte => *byte,
            }));
            bytes.extend_from_slice(b"\r\n");
        };
        // The HTTP library must get `Transfer-Encoding: chunked` if and only if Python takes the body for
        // chunked. The library cannot read a value that is not ASCII, so such fields are replaced by `chunked`.
        let is = |field: &Field, name: &str| field.name.eq_ignore_ascii_case(name);
        let are_readable = is_chunked
            && (self.fields.iter())
                .filter(|field| is(field, "transfer-encoding"))
                .all(|field| field.value.is_ascii());
        for field in &self.fields {
            let is_framing =
                is(field, "content-length") || (is(field, "transfer-encoding") && !are_readable);
            let is_passed = !is_framing && !is(field, REASON);
            if is_passed && HeaderName::try_from(&field.name).is_ok() {
                push(&field.name, &field.value);
            }
        }
        if !status.reason.is_empty() {
            push(REASON, &status.reason);
        }
        if is_chunked && !are_readable {
            push("Transfer-Encoding", b"chunked");
        }
        if let Some(length) = length {
            push("Content-Length", length.to_string().as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        Ok(Complete {
            bytes,
            is_chunked,
            is_http10: status.is_http10,
        })
    }
}

impl Status {
    /// Parses the status line: `http.client.HTTPResponse._read_status`.
    fn parse(line: &[u8]) -> Result<Status, Error> {
        if line.is_empty() {
            return Err(aborted("Remote end closed connection without response"));
        }
        let text = String::from_utf8_lossy(line);
        let mut words = text.split_ascii_whitespace();
        let (version, code) = (words.next().unwrap_or_default(), words.next());
        // The reason phrase is the rest of the line: `line.split(None, 2)`.
        let mut reason = line.trim_ascii();
        for _ in 0..2 {
            let end = reason.iter().position(u8::is_ascii_whitespace);
            reason = reason[end.unwrap_or(reason.len())..].trim_ascii();
        }
        let reason = reason.to_vec();
        let code = code.and_then(|code| code.parse().ok());
        let code = code.filter(|code| (100..=999).contains(code));
        match (version, code) {
            ("HTTP/1.0" | "HTTP/0.9", Some(code)) => Ok(Status {
                is_http10: true,
                code,
                reason,
            }),
            (version, Some(code)) if version.starts_with("HTTP/1.") => Ok(Status {
                is_http10: false,
                code,
                reason,
            }),
            (version, Some(_)) if version.starts_with("HTTP/") => {
                Err(aborted(&format!("unknown protocol {version}")))
            }
            _ => Err(aborted(&format!("bad status line {:?}", text.trim_end()))),
        }
    }
}

/// As in urllib3, an invalid length counts as absent, and two different lengths are an error.
fn content_length(values: &str) -> Result<Option<u64>, Error> {
    let mut lengths = values.split(',').map(|value| value.trim().parse::<i128>());
    let first = lengths.next();
    let Some(Ok(first)) = first else {
        return Ok(None);
    };
    for length in lengths {
        match length {
            Ok(length) if length != first => {
                let text =
                    format!("Content-Length contained multiple unmatching values ({values})");
                return Err(Error::InvalidHeader(text.into()));
            }
            Ok(_) => {}
            Err(_) => return Ok(None),
        }
    }
    let most = i128::from(u64::MAX);
    Ok(u64::try_from(first.min(most)).ok())
}

/// Python's `ConnectionError` that wraps urllib3's `ProtocolError`.
pub(super) fn aborted(why: &str) -> Error {
    Error::ConnectionError(format!("Connection aborted: {why}").into())
}

/// All values of a header, joined as in urllib3.
pub(super) fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    values.join(", ")
}
