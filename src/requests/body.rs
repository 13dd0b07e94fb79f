//! Bodies and queries: `requests.models.RequestEncodingMixin`, `urllib.parse.urlencode` and
//! `urllib3.filepost`.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use percent_encoding::percent_encode_byte;
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::Error;
use super::text::hex;
use super::upload::Upload;

/// A part of a `multipart/form-data` body: one file of Python's `files`.
///
/// | Python | Rust |
/// |---|---|
/// | `{"f": open("a.txt", "rb")}` | `("f", FilePart::new(std::fs::read("a.txt")?).filename("a.txt"))` |
/// | `{"f": ("a.txt", data)}` | `("f", FilePart::new(data).filename("a.txt"))` |
/// | `{"f": ("a.txt", data, "text/plain")}` | `("f", FilePart::new(data).filename("a.txt").content_type("text/plain"))` |
/// | `{"f": ("a.txt", data, None, {"X-Id": "1"})}` | `("f", FilePart::new(data).filename("a.txt").headers([("X-Id", "1")]))` |
/// | `{"f": (None, data)}` | `("f", FilePart::new(data).no_filename())` |
#[derive(Clone, PartialEq, Eq)]
pub struct FilePart {
    pub(super) content: Vec<u8>,
    filename: Filename,
    content_type: Option<String>,
    headers: Fields,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Filename {
    OfField,
    None,
    Is(String),
}

impl FilePart {
    /// A file with this content. Its name is the field's name.
    pub fn new(content: impl Into<Vec<u8>>) -> FilePart {
        FilePart {
            content: content.into(),
            filename: Filename::OfField,
            content_type: None,
            headers: Vec::new(),
        }
    }

    /// Sets the name that the server sees.
    #[must_use]
    pub fn filename(mut self, filename: impl Into<String>) -> FilePart {
        self.filename = Filename::Is(filename.into());
        self
    }

    /// Sends no file name, so the server sees a field of a form.
    #[must_use]
    pub fn no_filename(mut self) -> FilePart {
        self.filename = Filename::None;
        self
    }

    /// Adds headers to the part: the last element of Python's `("a.txt", data, "text/plain", headers)`.
    #[must_use]
    pub fn headers<N: Into<String>, V: Into<String>>(
        mut self,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> FilePart {
        let headers = headers.into_iter();
        self.headers
            .extend(headers.map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Sets the media type. As in Python, a part has none otherwise.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> FilePart {
        self.content_type = Some(content_type.into());
        self
    }
}

impl std::fmt::Debug for FilePart {
    /// Leaves out the content, which may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilePart")
            .field("filename", &self.filename)
            .field("length", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// Fields of a form or of a query, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// Python's `data`.
#[derive(Clone)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    Form(Fields),
    Upload(Upload),
}

/// A body with its media type, if it has one.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: Option<String>,
}

/// Encodes the body as `PreparedRequest.prepare_body` does.
pub(super) fn encode(
    body: Option<&Body>,
    json: Option<&Result<Vec<u8>, Arc<Error>>>,
    files: &[(String, FilePart)],
) -> Result<Option<Encoded>, Error> {
    let has_data = match body {
        None => false,
        Some(Body::Bytes(bytes)) => !bytes.is_empty(),
        Some(Body::Form(fields)) => !fields.is_empty(),
        Some(Body::Upload(_)) => true,
    };
    let json = match json {
        // As in Python, `json` is encoded if there is no `data`, even if files make up the body.
        Some(Err(error)) if !has_data => {
            return Err(Error::InvalidJSONError(error.to_string().into()));
        }
        json => json.and_then(|json| json.as_ref().ok()),
    };
    let of = |bytes: Vec<u8>, content_type: &str| Encoded {
        bytes,
        content_type: Some(content_type.to_owned()),
    };
    if !files.is_empty() {
        let fields = match body {
            Some(Body::Form(fields)) => fields.as_slice(),
            // As in Python, `json` is ignored if there are `files`, and `data` must then be fields,
            // not bytes.
            Some(Body::Bytes(bytes)) if !bytes.is_empty() => {
                return Err(Error::ValueError("Data must not be a string.".into()));
            }
            Some(Body::Upload(_)) => {
                let text = "Streamed bodies and files are mutually exclusive.";
                return Err(Error::ValueError(text.into()));
            }
            _ => &[],
        };
        let boundary = boundary()?;
        let bytes = multipart(fields, files, &boundary);
        return Ok(Some(of(
            bytes,
            &format!("multipart/form-data; boundary={boundary}"),
        )));
    }
    Ok(match (body, json) {
        (Some(Body::Bytes(bytes)), _) if !bytes.is_empty() => Some(Encoded {
            bytes: bytes.clone(),
            content_type: None,
        }),
        (Some(Body::Form(fields)), _) if !fields.is_empty() => Some(of(
            urlencode(fields).into_bytes(),
            "application/x-www-form-urlencoded",
        )),
        (_, Some(json)) => Some(of(json.clone(), "application/json")),
        _ => None,
    })
}

/// Encodes the fields of a form or of a query as `urllib.parse.urlencode` does.
pub(super) fn urlencode(fields: &[(String, String)]) -> String {
    let mut text = String::new();
    for (number, (name, value)) in fields.iter().enumerate() {
        if number > 0 {
            text.push('&');
        }
        quote_plus(&mut text, name);
        text.push('=');
        quote_plus(&mut text, value);
    }
    text
}

fn quote_plus(text: &mut String, part: &str) {
    for byte in part.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            _ => *text += percent_encode_byte(byte),
        }
    }
}

fn boundary() -> Result<String, Error> {
    let random = crate::RAND_bytes(16).map_err(Error::SSLError)?;
    Ok(hex(&random))
}

fn multipart(fields: &[(String, String)], files: &[(String, FilePart)], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |head: String, content: &[u8]| {
        body.extend(format!("--{boundary}\r\n{head}\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n");
    };
    for (name, value) in fields {
        let name = quoted(name);
        part(
            format!("Content-Disposition: form-data; name=\"{name}\""),
            value.as_bytes(),
        );
    }
    for (name, file) in files {
        let filename = match &file.filename {
            Filename::OfField => Some(name),
            Filename::None => None,
            Filename::Is(name) => Some(name),
        };
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
        if let Some(filename) = filename {
            let _ = write!(head, "; filename=\"{}\"", quoted(filename));
        }
        if let Some(content_type) = &file.content_type {
            let _ = write!(head, "\r\nContent-Type: {content_type}");
        }
        // As in urllib3, these headers of the caller, and empty ones, are left out.
        const OWN: [&str; 3] = ["Content-Disposition", "Content-Type", "Content-Location"];
        for (name, value) in &file.headers {
            if !OWN.contains(&&**name) && !value.is_empty() {
                let _ = write!(head, "\r\n{name}: {value}");
            }
        }
        part(head, &file.content);
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    body
}

/// Quotes a parameter of a part's header as `urllib3.fields.format_multipart_header_param` does.
fn quoted(value: &str) -> String {
    value
        .replace('"', "%22")
        .replace('\n', "%0A")
        .replace('\r', "%0D")
}

/// Python's `json.dumps(value)`: spaces after `,` and `:`, and nothing outside ASCII.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PythonJsonFormatter);
    let outcome = value.serialize(&mut serializer);
    outcome.map_err(|error| Error::InvalidJSONError(error.to_string().into()))?;
    Ok(bytes)
}

struct PythonJsonFormatter;

impl Formatter for PythonJsonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        for character in text.chars() {
            match character {
                '\u{7f}' => out.write_all(b"\x7f")?,
                _ if character.is_ascii() => out.write_all(&[character as u8])?,
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(byte) => write!(out, "\\u{byte:04x}"),
            CharEscape::Quote => out.write_all(b"\\\""),
            CharEscape::ReverseSolidus => out.write_all(b"\\\\"),
            CharEscape::Solidus => out.write_all(b"/"),
            CharEscape::Backspace => out.write_all(b"\\b"),
            CharEscape::FormFeed => out.write_all(b"\\f"),
            CharEscape::LineFeed => out.write_all(b"\\n"),
            CharEscape::CarriageReturn => out.write_all(b"\\r"),
            CharEscape::Tab => out.write_all(b"\\t"),
        }
    }
}
