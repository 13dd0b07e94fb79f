//! A minimal HTTP/1.x server.

use pyssl as ssl;

use crate::net::Deadline;

/// The longest request head that is read.
const HEAD_MAX: usize = 16 * 1024;

/// Reads a request and answers it with a text about the connection.
pub(super) fn answer(conn: &ssl::SslSocket, deadline: Deadline) -> ssl::Result<String> {
    let (response, what) = match read_head(conn, deadline)? {
        Head::Nothing => return Ok("closed without a request".to_owned()),
        Head::CutOff => bad_request(),
        Head::TooLong => (
            text_response("431 Request Header Fields Too Large", "too long\n", true),
            "431".to_owned(),
        ),
        Head::Complete(head) => match RequestLine::parse(&head) {
            Some(line) => (
                text_response("200 OK", &about(conn), line.method != "HEAD"),
                format!("{} {} 200", line.method, line.target),
            ),
            None => bad_request(),
        },
    };
    conn.settimeout(deadline.left())?;
    conn.sendall(response.as_bytes())?;
    Ok(what)
}

fn bad_request() -> (String, String) {
    let body = "this is not an HTTP/1 request\n";
    (
        text_response("400 Bad Request", body, true),
        "400".to_owned(),
    )
}

enum Head {
    /// The client closed first.
    Nothing,
    CutOff,
    TooLong,
    Complete(Vec<u8>),
}

/// Reads until the empty line. Later bytes are ignored.
fn read_head(conn: &ssl::SslSocket, deadline: Deadline) -> ssl::Result<Head> {
    let mut head = Vec::new();
    loop {
        conn.settimeout(deadline.left())?;
        let data = conn.recv(4096)?;
        if data.is_empty() {
            return Ok(match head.is_empty() {
                true => Head::Nothing,
                false => Head::CutOff,
            });
        }
        head.extend(data);
        if let Some(end) = end_of_head(&head) {
            head.truncate(end);
            return Ok(Head::Complete(head));
        }
        if head.len() > HEAD_MAX {
            return Ok(Head::TooLong);
        }
    }
}

/// Where the empty line ends; a line may end with a bare LF (RFC 9112, section 2.2).
fn end_of_head(head: &[u8]) -> Option<usize> {
    let ends = |end: &[u8]| {
        head.windows(end.len())
            .position(|window| window == end)
            .map(|start| start + end.len())
    };
    match (ends(b"\r\n\r\n"), ends(b"\n\n")) {
        (Some(crlf), Some(lf)) => Some(crlf.min(lf)),
        (crlf, lf) => crlf.or(lf),
    }
}

struct RequestLine<'a> {
    method: &'a str,
    target: &'a str,
}

impl RequestLine<'_> {
    fn parse(head: &[u8]) -> Option<RequestLine<'_>> {
        // Empty lines before a request are skipped.
        let line = head
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end)
            .find(|line| !line.is_empty())?;
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let is_http = version
            .strip_prefix("HTTP/1.")
            .is_some_and(|minor| minor.len() == 1 && minor.as_bytes()[0].is_ascii_digit());
        let is_token = !method.is_empty()
            && method
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        let is_clean = target.bytes().all(|b| b.is_ascii_graphic());
        (is_http && is_token && is_clean && words.next().is_none())
            .then_some(RequestLine { method, target })
    }
}

/// The text of the body.
fn about(conn: &ssl::SslSocket) -> String {
    let (cipher, _, bits) = conn.cipher().unwrap_or_default();
    let mut text = format!(
        "protocol: {}\ncipher: {cipher}\nbits: {bits}\n",
        conn.version().unwrap_or_default()
    );
    if let Some(group) = conn.group() {
        text += &format!("key exchange: {group}\n");
    }
    if let Some(protocol) = conn.selected_alpn_protocol() {
        text += &format!("alpn: {protocol}\n");
    }
    if let Ok(Some(cert)) = conn.getpeercert() {
        text += &format!("client: {}\n", cert.subject());
    }
    text
}

fn text_response(status: &str, body: &str, with_body: bool) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{}",
        body.len(),
        if with_body { body } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines_are_read() {
        let line = RequestLine::parse(b"\r\nGET /a?b HTTP/1.0\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!((line.method, line.target), ("GET", "/a?b"));
        for bad in [
            "",
            "GET /",
            "GET / HTTP/2.0",
            "GET / HTTP/1.",
            "GET / HTTP/1.1 x",
            "G{T / HTTP/1.1",
            "GET /\u{1} HTTP/1.1",
            "Hello from client!",
        ] {
            assert!(RequestLine::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(end_of_head(b"GET / HTTP/1.1\r\n\r\nbody"), Some(18));
        assert_eq!(end_of_head(b"GET / HTTP/1.1\n\nbody\r\n\r\n"), Some(16));
        assert_eq!(end_of_head(b"GET / HTTP/1.1\r\nHost: x\r\n"), None);
    }

    #[test]
    fn an_answer_to_head_has_the_length_and_no_body() {
        let response = text_response("200 OK", "body\n", false);
        assert!(response.contains("\r\nContent-Length: 5\r\n"));
        assert!(response.ends_with("\r\n\r\n"));
    }
}
