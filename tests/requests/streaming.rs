//! Responses whose body is read piece by piece.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use pyssl::requests::{Error, Session};
use pyssl_testing::Scripted;

use crate::peer::{answers, redirector};

fn session() -> Session {
    Session::new(()).trust_env(false)
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

#[test]
fn compressed_bodies_are_decoded_as_they_are_read() {
    let text = b"some text, again and again, ".repeat(5000);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&text).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&text).unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
    raw.write_all(&text).unwrap();
    let server = answers(vec![
        answer("Content-Encoding: gzip\r\n", &gzip.finish().unwrap()),
        answer("Content-Encoding: deflate\r\n", &zlib.finish().unwrap()),
        answer("Content-Encoding: deflate\r\n", &raw.finish().unwrap()),
        answer("", &text),
        answer("Content-Encoding: gzip\r\nContent-Length: 0\r\n", b""),
    ]);
    for number in 0..5 {
        let url = format!("http://{}/{number}", server.addr());
        let mut response = session().stream("GET", &url, ()).unwrap();
        assert_eq!((response.status_code(), response.url()), (200, url));
        let mut read = Vec::new();
        response.read_to_end(&mut read).unwrap();
        let expected = if number == 4 { &[][..] } else { &text };
        assert!(read == expected, "{number}: {} bytes", read.len());
    }
}

#[test]
fn lines_are_those_of_python_whatever_the_pieces_are() {
    let body = b"one\ntwo\r\nthree\r\n\r\nfour\rfive\n\nlast";
    let mut bodies = vec![body.to_vec()];
    for at in 1..body.len() {
        bodies.push([&body[..at], b"\n"].concat());
    }
    let chunked = |body: &[u8]| {
        let chunks = body
            .iter()
            .flat_map(|byte| [b"1\r\n", &[*byte][..], b"\r\n"].concat());
        let chunks: Vec<u8> = chunks.chain(*b"0\r\n\r\n").collect();
        answer("Transfer-Encoding: chunked\r\n", &chunks)
    };
    let all = bodies
        .iter()
        .flat_map(|body| [answer("", body), chunked(body)]);
    let server = answers(all.collect());
    for (number, body) in bodies.iter().enumerate() {
        // `bytes.splitlines`
        let text = String::from_utf8(body.clone())
            .unwrap()
            .replace("\r\n", "\n");
        let expected = text.strip_suffix(['\n', '\r']).unwrap_or(&text);
        let expected: Vec<&str> = expected.split(['\n', '\r']).collect();
        for number in [2 * number, 2 * number + 1] {
            let url = format!("http://{}/{number}", server.addr());
            let mut response = session().stream("GET", url, ()).unwrap();
            let lines: Vec<String> = response
                .iter_lines()
                .map(|line| String::from_utf8(line.unwrap()).unwrap())
                .collect();
            assert_eq!(lines, expected, "{number} {body:?}");
        }
    }
}

#[test]
fn a_response_begins_before_its_body_has_ended() {
    let (go, gone) = std::sync::mpsc::channel();
    let gone = std::sync::Mutex::new(gone);
    let server = Scripted::follows(move |mut socket| {
        crate::peer::Request::read(&mut socket);
        socket
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
            .unwrap();
        gone.lock().unwrap().recv().unwrap();
        let _ = socket.write_all(b"def");
        socket.finish();
    });
    let mut response = session()
        .stream("GET", format!("http://{}/", server.addr()), ())
        .unwrap();
    let mut half = [0; 3];
    response.read_exact(&mut half).unwrap();
    assert_eq!(&half, b"abc");
    go.send(()).unwrap();
    let rest = response.into_response().unwrap();
    assert_eq!(rest.content(), b"def");
}

#[test]
fn broken_bodies_are_errors_of_this_crate() {
    let server = answers(vec![
        answer("Content-Length: 10\r\n", b"short"),
        answer("Content-Encoding: gzip\r\n", b"not gzip"),
        answer("Transfer-Encoding: chunked\r\n", b"2\r\nab\r\nzz\r\n"),
    ]);
    let outcome = |number: usize| {
        let url = format!("http://{}/{number}", server.addr());
        // The first bytes of the body may come with the head.
        let response = session().stream("GET", url, ());
        response
            .and_then(|response| response.into_response())
            .unwrap_err()
    };
    assert!(matches!(outcome(0), Error::ChunkedEncodingError(_)));
    assert!(matches!(outcome(1), Error::ContentDecodingError(_)));
    assert!(matches!(outcome(2), Error::ChunkedEncodingError(_)));
}

#[test]
fn the_history_has_the_redirects_that_led_to_a_streamed_response() {
    let server = redirector();
    let url = format!(
        "http://{}/302/{}",
        server.addr(),
        crate::peer::hex(b"/echo")
    );
    let response = session().stream("GET", url, ()).unwrap();
    let history: Vec<u16> = response
        .history()
        .iter()
        .map(|hop| hop.status_code())
        .collect();
    assert_eq!(history, [302]);
    assert!(
        response
            .into_response()
            .unwrap()
            .text()
            .starts_with("GET /echo")
    );
}
