//! Heads and bodies of every kind, compared with Python's `requests`.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use pyssl::requests;
use serde_json::{Value, json};

use crate::oracle::compare;
use crate::peer::answers;

/// Compares the outcome of each answer with Python's, including the values of these headers.
fn compare_answers(all: Vec<Vec<u8>>, show: &[&str]) {
    let server = answers(all.clone());
    let scenes: Vec<(String, Value)> = (0..all.len())
        .map(|number| format!("http://{}/{number}", server.addr()))
        .map(|url| (url, json!({"show": show, "timeout": 60})))
        .collect();
    compare(&scenes);
}

#[test]
fn response_heads_are_parsed_as_in_python() {
    let ok = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nhi");
    let many = |count: usize| {
        let lines: String = (0..count).map(|n| format!("X-{n}: y\r\n")).collect();
        format!("HTTP/1.1 200 OK\r\n{lines}\r\nhi")
    };
    let long = |length: usize| ok(&format!("X: {}\r\n", "y".repeat(length - "X: \r\n".len())));
    let all = [
        ok("X: plain\r\n"),
        ok("X: folded\r\n\tinto\r\n   three\r\n"),
        ok("X:\r\n empty first\r\n"),
        ok("X: a\r\n \r\n"),
        ok(" X: continues nothing\r\nX: y\r\n"),
        ok("X: before\r\nno colon\r\nY: behind\r\n"),
        ok("no colon\r\n"),
        ok("X : blank before the colon\r\nY: z\r\n"),
        ok("A B: blank in the name\r\nX: y\r\n"),
        ok(": no name\r\nX: y\r\n"),
        ok(": no name\r\n goes on\r\nX: y\r\n"),
        ok("From me\r\nX: y\r\n"),
        ok("X: a\r\nX: b\r\nx: c\r\n"),
        ok("X:   blanks  \t\r\n").replace("  \t\r\n", "\r\n"),
        ok("X: a:b: c\r\n"),
        ok("X:\r\n"),
        ok("X: \u{e9}\r\n"),
        // These lines have a carriage return in the middle.
        ok("X: a\rY: b\r\n"),
        ok("X: a\r b\r\n"),
        ok("X: a\r\r\nY: b\r\n"),
        ok("X: a\rno colon\r\nY: b\r\n"),
        "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 1\r\n\r\nhi".to_owned(),
        // These lines end without a carriage return.
        "HTTP/1.1 200 OK\nX: y\nContent-Length: 2\n\nhi".to_owned(),
        // These heads are at Python's limits of the number of header lines and of the length of a
        // line.
        many(98),
        many(99),
        many(100),
        many(200),
        long(65_536),
        long(65_537),
        long(200_000),
        ok(&format!("X: {}\r\n", "y".repeat(60_000)).repeat(20)).replace("X: y", "X: z"),
        format!("HTTP/1.1 200 {}\r\n\r\nhi", "O".repeat(65_000)),
        format!("HTTP/1.1 200 {}\r\n\r\nhi", "O".repeat(66_000)),
        // These status lines are unusual.
        "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/1.1   200   O K \r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/1.7 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/1.1 099 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 1000 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
        "HTTP/1.1 abc OK\r\n\r\n".to_owned(),
        "HTTP/1.1\r\n\r\n".to_owned(),
        "http/1.1 200 OK\r\n\r\n".to_owned(),
        "ICY 200 OK\r\n\r\n".to_owned(),
        "\r\nHTTP/1.1 200 OK\r\n\r\n".to_owned(),
        "<html>\r\n\r\n".to_owned(),
        // These heads end early.
        String::new(),
        "HTTP/1.1 200 OK".to_owned(),
        "HTTP/1.1 200".to_owned(),
        "HTTP/1.1 200 OK\r\nX: y".to_owned(),
        "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n".to_owned(),
        // Informational responses come before the final response.
        format!(
            "HTTP/1.1 100 Continue\r\nX: first\r\n\r\n{}",
            ok("X: y\r\n")
        ),
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n{}",
            ok("")
        ),
        "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
    ];
    let mut all: Vec<Vec<u8>> = all.into_iter().map(String::into_bytes).collect();
    all.push(b"HTTP/1.1 200 OK\r\nX: \xe9\xff\r\nContent-Length: 2\r\n\r\nhi".to_vec());
    compare_answers(all, &["X", "Y"]);
}

#[test]
fn response_bodies_are_read_as_in_python() {
    let ok = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let chunked = |rest: &str| ok(&format!("Transfer-Encoding: chunked\r\n\r\n{rest}"));
    let extension = "x".repeat(300);
    compare_answers(
        vec![
            ok("Content-Length: 2\r\n\r\nhi"),
            ok("Content-Length: 2\r\n\r\nhi and more"),
            ok("Content-Length: 9\r\n\r\nhi"),
            ok("Content-Length: 0\r\n\r\nhi"),
            ok("Content-Length: +2\r\n\r\nhi"),
            ok("Content-Length: -2\r\n\r\nhi"),
            ok("Content-Length: two\r\n\r\nhi"),
            ok("Content-Length:\r\n\r\nhi"),
            ok("Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi"),
            ok("Content-Length: 2, 2\r\n\r\nhi"),
            ok("Content-Length: 2, 3\r\n\r\nhi"),
            ok("Content-Length: 2, x\r\n\r\nhi"),
            ok("Content-Length: 99999999999999999999\r\n\r\nhi"),
            ok("\r\nuntil the end"),
            ok("Connection: close\r\n\r\nuntil the end"),
            b"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nhi".to_vec(),
            b"HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\nhi".to_vec(),
            b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhi".to_vec(),
            b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n".to_vec(),
            chunked("2\r\nhi\r\n0\r\n\r\n"),
            chunked("2;a=b\r\nhi\r\n0;c\r\n\r\n"),
            chunked(&format!("2;{extension}\r\nhi\r\n0\r\n\r\n")),
            chunked("2\nhi\r\n0\r\n\r\n"),
            chunked("  2 \r\nhi\r\n0\r\n\r\n"),
            chunked("0002\r\nhi\r\n0000\r\n\r\n"),
            chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
            chunked("0x2\r\nhi\r\n0\r\n\r\n"),
            chunked("2\r\nhi??0\r\n\r\n"),
            chunked("2\r\nhi\r\n0\r\nTrailer: x\r\nMore: y\r\n\r\n"),
            chunked("2\r\nhi\r\n0\r\nTrailer: x\r\n"),
            chunked("2\r\nhi\r\n0\r\n"),
            chunked("2\r\nhi\r\n0"),
            chunked("2\r\nhi\r\n"),
            chunked("2\r\nhi"),
            chunked("2\r\nh"),
            chunked("2\r\n"),
            chunked("2"),
            chunked(""),
            chunked("\r\n"),
            chunked("g\r\nhi\r\n0\r\n\r\n"),
            chunked("2\r\nhi\r\nzz\r\n"),
            chunked(&"2".repeat(70_000)),
            ok("Transfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            ok("Transfer-Encoding: identity, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            ok("Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Transfer-Encoding: \0chunked\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Transfer-Encoding: chunked\0\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            ok("Transfer-Encoding: \"chunked\"\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Transfer-Encoding: \u{e9}, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            ok("Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Transfer-Encoding: chunked x\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Transfer-Encoding: chunked;a=b\r\nContent-Length: 2\r\n\r\nhi"),
            ok("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        ],
        &["Connection"],
    );
}

#[test]
fn compressed_bodies_are_decoded_as_in_python() {
    let text = "compressed and compressed and compressed".repeat(1000);
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    let zlib = zlib.finish().unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(text.as_bytes()).unwrap();
    let raw = raw.finish().unwrap();
    let one = gzip(&text);
    let mut twice = GzEncoder::new(Vec::new(), Compression::default());
    twice.write_all(&zlib).unwrap();
    let twice = twice.finish().unwrap();
    let mut bad_sum = one.clone();
    let at = bad_sum.len() - 8;
    bad_sum[at] ^= 1;
    let mut broken = one.clone();
    broken[40] ^= 0xff;
    let both = [one.clone(), gzip("more")].concat();
    let garbage = [one.clone(), b"garbage".to_vec()].concat();
    let zeros = [one.clone(), vec![0; 10]].concat();

    let mut all = Vec::new();
    for (encoding, body) in [
        ("gzip", one.clone()),
        ("GZIP", one.clone()),
        ("x-gzip", one.clone()),
        ("deflate", zlib.clone()),
        ("deflate", raw.clone()),
        ("deflate, gzip", twice.clone()),
        ("deflate,gzip", twice.clone()),
        ("gzip, deflate", twice.clone()),
        ("identity", b"plain".to_vec()),
        ("unheard-of", one.clone()),
        ("unheard-of, gzip", twice.clone()),
        ("unheard-of, other", twice.clone()),
        ("gzip, gzip, gzip, gzip, gzip, gzip", twice),
        ("gzip", both),
        ("gzip", garbage),
        ("gzip", zeros),
        ("gzip", one[..one.len() / 2].to_vec()),
        ("gzip", one[..one.len() - 4].to_vec()),
        ("gzip", one[..5].to_vec()),
        ("gzip", b"abc".to_vec()),
        ("gzip", b"no gzip at all, but something longer".to_vec()),
        ("gzip", bad_sum),
        ("gzip", broken),
        ("gzip", Vec::new()),
        ("deflate", b"no deflate at all".to_vec()),
        // Raw deflate data that refers back to bytes before its start.
        ("deflate", b"Content-Length".to_vec()),
        ("deflate", vec![3, 2]),
        ("deflate", vec![0x4b, 4, 0x12]),
        ("deflate", zlib[..zlib.len() / 2].to_vec()),
        ("deflate", raw[..raw.len() / 2].to_vec()),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n");
        let length = body.len();
        let plain = format!("{head}Content-Length: {length}\r\n\r\n");
        all.push([plain.as_bytes(), &body].concat());
        let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n");
        if length > 0 {
            all.push([chunked.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat());
        }
    }
    compare_answers(all, &["Content-Encoding"]);
}

/// The test does not compare with Python, because urllib3 2.7 never returns from such a response.
#[test]
fn bytes_after_a_compressed_body_are_ignored() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(b"text").unwrap();
    let body = [zlib.finish().unwrap(), b"garbage".to_vec()].concat();
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n";
    let server = answers(vec![[&head[..], &body].concat()]);
    let response = requests::get(format!("http://{}/0", server.addr()), ()).unwrap();
    assert_eq!(response.text(), "text");
}
