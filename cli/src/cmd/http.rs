//! A minimal HTTP/1.x server.

use pyssl as ssl;

use crate::net::Deadline;

/// The limits of a request's head, in bytes and in header lines.
const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 100;

/// Reads a request and answers it with a text about the connection.
pub(super) fn answer(conn: &ssl::SslSocket, deadline: Deadline) -> ssl::Result<String> {
    let (response, summary) = match read_request(conn, deadline)? {
        RequestHead::Closed => return Ok("closed without a request".to_owned()),
        RequestHead::Invalid => (
            text_response("400 Bad Request", "this is not an HTTP/1 request\n", true),
            "400".to_owned(),
        ),
        RequestHead::TooLong => (
            text_response("431 Request Header Fields Too Large", "too long\n", true),
            "431".to_owned(),
        ),
        RequestHead::Request { method, target } => (
            text_response("200 OK", &about(conn), method != "HEAD"),
            format!("{method} {target} 200"),
        ),
    };
    conn.settimeout(deadline.left())?;
    conn.sendall(response.as_bytes())?;
    Ok(summary)
}

#[derive(Debug, PartialEq)]
enum RequestHead {
    /// The client closed without sending anything.
    Closed,
    Invalid,
    TooLong,
    Request {
        method: String,
        target: String,
    },
}

/// Reads a request up to the empty line. Later bytes are ignored.
fn read_request(conn: &ssl::SslSocket, deadline: Deadline) -> ssl::Result<RequestHead> {
    let mut head = Vec::new();
    loop {
        conn.settimeout(deadline.left())?;
        let data = conn.recv(4096)?;
        if data.is_empty() {
            return Ok(match head.is_empty() {
                true => RequestHead::Closed,
                false => RequestHead::Invalid,
            });
        }
        head.extend(data);
        if let Some(outcome) = parse(&head) {
            return Ok(outcome);
        }
        if head.len() > HEAD_MAX {
            return Ok(RequestHead::TooLong);
        }
    }
}

/// Parses the head of a request; `None` if the head is not complete.
fn parse(head: &[u8]) -> Option<RequestHead> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Partial) => None,
        Ok(httparse::Status::Complete(_)) => Some(RequestHead::Request {
            method: request.method?.to_owned(),
            target: request.path?.to_owned(),
        }),
        Err(httparse::Error::TooManyHeaders) => Some(RequestHead::TooLong),
        Err(_) => Some(RequestHead::Invalid),
    }
}

/// The body of the answer: the version, the cipher and other facts about the connection.
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

    fn request(method: &str, target: &str) -> Option<RequestHead> {
        Some(RequestHead::Request {
            method: method.to_owned(),
            target: target.to_owned(),
        })
    }

    #[test]
    fn http_requests_are_parsed() {
        let head = b"\r\nGET /a?b HTTP/1.0\r\nHost: x\r\n\r\n";
        assert_eq!(parse(head), request("GET", "/a?b"));
        assert_eq!(parse(b"HEAD / HTTP/1.1\n\nbody"), request("HEAD", "/"));
        for incomplete in ["", "GET /", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            assert_eq!(parse(incomplete.as_bytes()), None, "{incomplete}");
        }
        for invalid in [
            "GET / HTTP/2.0\r\n\r\n",
            "GET / HTTP/1.\r\n\r\n",
            "GET / HTTP/1.1 x\r\n\r\n",
            "G{T / HTTP/1.1\r\n\r\n",
            "GET /\u{1} HTTP/1.1\r\n\r\n",
            "Hello from client!",
        ] {
            assert_eq!(
                parse(invalid.as_bytes()),
                Some(RequestHead::Invalid),
                "{invalid}"
            );
        }
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(HEADERS_MAX + 1)
        );
        assert_eq!(parse(many.as_bytes()), Some(RequestHead::TooLong));
    }

    #[test]
    fn a_response_to_head_has_content_length_and_no_body() {
        let response = text_response("200 OK", "body\n", false);
        assert!(response.contains("\r\nContent-Length: 5\r\n"));
        assert!(response.ends_with("\r\n\r\n"));
    }
}
