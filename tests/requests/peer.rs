//! Servers without TLS that send given bytes.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use pyssl_testing::Scripted;

/// A received request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads a request. Returns `None` at the end of the connection.
    pub(crate) fn read(socket: &mut impl Read) -> Option<Request> {
        let mut request = Request::read_head(socket)?;
        if request.header("transfer-encoding") == Some("chunked") {
            request.body = read_chunks(socket)?;
            return Some(request);
        }
        let length = request.header("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        socket.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    pub(crate) fn read_head(socket: &mut impl Read) -> Option<Request> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).ok()?;
            head.extend(byte);
        }
        // Headers are Latin-1 to Python.
        let head: String = head.into_iter().map(char::from).collect();
        let mut lines = head.trim_end().split("\r\n");
        let mut words = lines.next().unwrap().split(' ');
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Some(Request {
            method: words.next().unwrap().to_owned(),
            path: words.next().unwrap().to_owned(),
            headers: lines.map(header).collect(),
            body: Vec::new(),
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn read_chunks(socket: &mut impl Read) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = read_line(socket)?;
        let size = usize::from_str_radix(&size, 16).unwrap();
        let mut chunk = vec![0; size];
        socket.read_exact(&mut chunk).ok()?;
        assert_eq!(read_line(socket)?, "");
        if size == 0 {
            return Some(body);
        }
        body.extend(chunk);
    }
}

fn read_line(socket: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).ok()?;
        line.extend(byte);
    }
    Some(String::from_utf8(line).unwrap().trim_end().to_owned())
}

/// Answers a request for `/N` with element N of `answers`, and closes the connection.
pub(crate) fn answers(answers: Vec<Vec<u8>>) -> Scripted {
    Scripted::follows(move |mut socket| {
        if let Some(request) = Request::read(&mut socket) {
            let number: usize = request.path[1..].parse().unwrap();
            let _ = socket.write_all(&answers[number]);
            socket.finish();
        }
    })
}

/// Answers `/STATUS/LOCATION` (in hexadecimal digits) with a redirect, `/loop` with one to itself, and
/// everything else with a description of the request.
pub(crate) fn redirector() -> Scripted {
    Scripted::follows(|mut socket| while serve(&mut socket).is_ok() {})
}

fn serve(socket: &mut (impl Read + Write)) -> io::Result<()> {
    let request = Request::read(socket).ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut parts = request.path.splitn(3, '/').skip(1);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let status = first.parse::<u16>().ok();
    if request.path == "/loop" {
        return socket
            .write_all(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
    }
    if let (Some(status), Some(location)) = (status, second.and_then(unhex)) {
        let mut answer = format!("HTTP/1.1 {status} Moved\r\nContent-Length: 5\r\n").into_bytes();
        if !location.is_empty() {
            answer.extend(b"Location: ");
            answer.extend(location);
            answer.extend(b"\r\n");
        }
        answer.extend(b"\r\nmoved");
        return socket.write_all(&answer);
    }
    let mut text = format!("{} {}\n", request.method, request.path);
    for name in [
        "authorization",
        "content-length",
        "content-type",
        "cookie",
        "accept-encoding",
        "transfer-encoding",
        "x-mine",
    ] {
        if let Some(value) = request.header(name) {
            writeln!(text, "{name}: {value}").unwrap();
        }
    }
    text += &String::from_utf8_lossy(&request.body);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
    socket.write_all(head.as_bytes())?;
    match request.method.as_str() {
        "HEAD" => Ok(()),
        _ => socket.write_all(text.as_bytes()),
    }
}

pub(crate) fn hex(text: &[u8]) -> String {
    text.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

/// Whether OpenSSL reads nothing more after a failed write, as 4.0. An answer or an alert of a server that
/// closes while the request is sent is lost then, if the reset comes first.
pub(crate) fn no_reads_after_a_failed_write() -> bool {
    *pyssl::OPENSSL_VERSION_INFO >= (4, 0, 0, 0, 0)
}
