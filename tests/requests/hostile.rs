//! Servers that send without end, or that send small bodies which become large.

use std::io::{Read, Write};

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};
use pyssl::requests::{self, Error, RequestOptions, Response, Session};
use pyssl_testing::Scripted;

use crate::peer::{Request, answers, redirector};

/// Sends `start`, and then `rest` again and again until the client closes the connection.
fn endless(start: &'static [u8], rest: &'static [u8]) -> Scripted {
    Scripted::follows(move |mut socket| {
        if Request::read(&mut socket).is_none() || socket.write_all(start).is_err() {
            return;
        }
        let many = rest.repeat(1 + 4096 / rest.len());
        while socket.write_all(&many).is_ok() {}
    })
}

fn session() -> Session {
    Session::new(()).trust_env(false)
}

fn get(server: &Scripted, options: RequestOptions) -> Result<Response, Error> {
    session().get(format!("http://{}/", server.addr()), options)
}

#[test]
fn a_content_length_without_a_body_is_not_sent() {
    for method in ["GET", "HEAD"] {
        for (name, value) in [
            ("Content-Length", "5"),
            ("Content-Length", "0"),
            ("Content-Length", "abc"),
            ("Transfer-Encoding", "chunked"),
        ] {
            let server = redirector();
            let options = RequestOptions::new()
                .headers([(name, value)])
                .timeout(std::time::Duration::from_secs(60));
            let url = format!("http://{}/", server.addr());
            let response = requests::request(method, url, options).unwrap();
            assert_eq!(response.status_code(), 200);
            assert!(!response.text().contains(&name.to_ascii_lowercase()));
        }
    }
}

#[test]
fn endless_heads_and_trailers_are_errors() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let parts: [(&[u8], &[u8]); 9] = [
        (b"", b"HTTP/1.1"),
        (b"HTTP/1.1 200 ", b"O"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n", b" folded\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        (chunked, b"1"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            b"X: y\r\n",
        ),
    ];
    for (number, (start, rest)) in parts.into_iter().enumerate() {
        let error = get(&endless(start, rest), RequestOptions::new()).unwrap_err();
        let is_aborted = matches!(error, Error::ConnectionError(_));
        let is_broken = matches!(error, Error::ChunkedEncodingError(_));
        assert!(
            if number < 7 { is_aborted } else { is_broken },
            "{number}: {error:?}"
        );
    }
}

#[test]
fn an_endless_answer_of_a_proxy_to_connect_is_an_error() {
    let proxy = endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n");
    let options = RequestOptions::new().proxies([("https", format!("http://{}", proxy.addr()))]);
    let error = session().get("https://site.test/", options).unwrap_err();
    assert!(matches!(error, Error::ProxyError(_)), "{error:?}");
}

/// Zeros in the format `deflate` without a header. The bytes can be repeated.
fn zeros(length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length);
    let mut compress = Compress::new(Compression::best(), false);
    compress
        .compress_vec(&vec![0; length], &mut out, FlushCompress::Full)
        .unwrap();
    assert_eq!(compress.total_in(), length as u64);
    out
}

const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";

const MIB: u64 = 1 << 20;

#[test]
fn max_content_limits_bodies_before_and_after_decoding() {
    let bomb = zeros(1 << 20).repeat(200);
    assert!((bomb.len() as u64) < MIB);
    let zlib = [b"\x78\x01", &*bomb].concat();
    let gzip = [GZIP, &bomb].concat();
    let mut twice = GzEncoder::new(Vec::new(), Compression::best());
    twice.write_all(&zlib).unwrap();
    let twice = twice.finish().unwrap();
    let server = answers(vec![
        answer("Content-Encoding: gzip\r\n", &gzip),
        answer("Content-Encoding: deflate\r\n", &zlib),
        answer("Content-Encoding: deflate\r\n", &bomb),
        answer("Content-Encoding: deflate, gzip\r\n", &twice),
        answer("", &vec![b'x'; 1 << 21]),
        answer("", &vec![b'x'; 1 << 20]),
    ]);
    let options = RequestOptions::new().max_content(MIB);
    for number in 0..6 {
        let url = format!("http://{}/{number}", server.addr());
        let whole = session().get(&url, options.clone()).map(drop);
        let mut streamed = session().stream("GET", &url, options.clone()).unwrap();
        let read = streamed.read_to_end(&mut Vec::new());
        match number {
            5 => assert!(whole.is_ok() && read.is_ok()),
            _ => {
                assert!(
                    matches!(whole, Err(Error::ContentTooLong(MIB))),
                    "{number}: {whole:?}"
                );
                let error = read.map_err(|error| error.downcast::<Error>());
                let is_error = matches!(error, Err(Ok(Error::ContentTooLong(MIB))));
                assert!(is_error, "{number}");
            }
        }
    }
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn max_content_ends_endless_bodies() {
    for start in [
        &b"HTTP/1.1 200 OK\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
    ] {
        let server = endless(start, b"x");
        let error = get(&server, RequestOptions::new().max_content(MIB)).unwrap_err();
        assert!(matches!(error, Error::ContentTooLong(MIB)), "{error:?}");
    }
}

#[test]
fn an_endless_compressed_body_is_read_in_pieces() {
    let server = Scripted::follows(|mut socket| {
        if Request::read(&mut socket).is_some() {
            let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
            let zeros = zeros(1 << 20);
            let mut sent = socket.write_all(&[head, GZIP].concat());
            while sent.is_ok() {
                sent = socket.write_all(&zeros);
            }
        }
    });
    let url = format!("http://{}/", server.addr());
    let mut response = session().stream("GET", url, ()).unwrap();
    let mut total = 0;
    for piece in response.iter_content(10_000) {
        let piece = piece.unwrap();
        assert!(piece.len() <= 10_000 && piece.iter().all(|byte| *byte == 0));
        total += piece.len() as u64;
        if total > 20 * MIB {
            return;
        }
    }
    panic!("the body ended after {total} bytes");
}

#[test]
fn a_loop_of_redirects_to_longer_and_longer_urls_ends() {
    let server = Scripted::follows(|mut socket| {
        while let Some(request) = Request::read(&mut socket) {
            let path = request.path;
            let head = format!(
                "HTTP/1.1 302 Found\r\nLocation: {path}x{path}\r\nContent-Length: 0\r\n\r\n"
            );
            if socket.write_all(head.as_bytes()).is_err() {
                return;
            }
        }
    });
    let error = get(&server, RequestOptions::new()).unwrap_err();
    // The header line of the 15th redirect is too long.
    assert!(matches!(error, Error::ConnectionError(_)), "{error:?}");
    assert!(error.to_string().contains("bytes in a line"), "{error}");
}
