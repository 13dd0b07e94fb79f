//! Response bodies, including those that end early.

use std::io::Write;
use std::time::{Duration, Instant};

use pyssl::requests::{self, Error, RequestOptions, Response};
use pyssl_testing::server::{HangUp, HttpResponse};
use pyssl_testing::{Ca, HttpsServer, Scripted, ServerConfig, closed_port};

/// The outcome of a request to a TLS server that sends this answer and then ends the connection.
fn get(answer: impl Into<Vec<u8>>, how: HangUp) -> Result<Response, Error> {
    let config = ServerConfig::new(&Ca::new().issue("localhost")).hang_up_after(1, how);
    let server = HttpsServer::start(config, HttpResponse::raw(answer));
    requests::get(server.url("localhost", "/"), false)
}

#[test]
fn bodies_with_length_chunked_and_until_close_are_read() {
    let big = "0123456789".repeat(40_000);
    let chunk = format!("{:x}\r\n{big}\r\n", big.len());
    for (answer, body) in [
        (
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{big}",
                big.len()
            ),
            big.clone(),
        ),
        (
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"),
            big.repeat(2),
        ),
        (format!("HTTP/1.0 200 OK\r\n\r\n{big}"), big.clone()),
        ("HTTP/1.1 204 No Content\r\n\r\n".to_owned(), String::new()),
    ] {
        let response = get(answer, HangUp::CloseNotify).unwrap();
        assert!(response.text() == body);
    }
}

#[test]
fn a_body_that_ends_early_is_an_error() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
    ] {
        for how in [HangUp::CloseNotify, HangUp::Abruptly] {
            let error = get(answer, how).unwrap_err();
            assert!(matches!(error, Error::ChunkedEncodingError(_)), "{error:?}");
        }
    }
}

#[test]
fn a_connection_reset_does_not_end_a_body() {
    let error = get("HTTP/1.0 200 OK\r\n\r\nbody", HangUp::Reset).unwrap_err();
    // The reset may arrive before the head is read.
    assert!(
        matches!(
            error,
            Error::ChunkedEncodingError(_) | Error::ConnectionError(_)
        ),
        "{error:?}"
    );
    // As in Python, an end without close_notify ends the body.
    let response = get("HTTP/1.0 200 OK\r\n\r\nbody", HangUp::Abruptly);
    assert_eq!(response.unwrap().text(), "body");
}

#[test]
fn a_response_that_is_not_http_is_a_connection_error() {
    for answer in ["", "nonsense\r\n\r\n", "HTTP/1.1 OK"] {
        let error = get(answer, HangUp::CloseNotify).unwrap_err();
        assert!(matches!(error, Error::ConnectionError(_)), "{error:?}");
    }
    let port = closed_port();
    for scheme in ["http", "https"] {
        let error = requests::get(format!("{scheme}://{}/", port.addr()), false).unwrap_err();
        assert!(matches!(error, Error::ConnectionError(_)), "{error:?}");
        assert!(error.to_string().contains("onnection refused"), "{error}");
    }
}

#[test]
fn a_server_without_tls_is_an_ssl_error() {
    let server = Scripted::speaks_http();
    match requests::get(format!("https://localhost:{}/", server.port()), false) {
        Err(Error::SSLError(e)) => assert_eq!(e.reason(), Some("WRONG_VERSION_NUMBER")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_silent_server_times_out() {
    let server = Scripted::never_answers();
    let options = RequestOptions::new().verify(false);
    let options = options.timeout(Duration::from_millis(50));
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{}/", server.addr());
        let error = requests::get(url, options.clone()).unwrap_err();
        assert!(matches!(error, Error::ReadTimeout), "{error:?}");
        assert!(error.is_timeout() && !error.is_connection_error());
    }
    let zero = RequestOptions::new().connect_timeout(Duration::ZERO);
    let zero = zero.verify(false);
    let error = requests::get(format!("https://{}/", server.addr()), zero.clone());
    assert!(matches!(error, Err(Error::ConnectTimeout)), "{error:?}");
    // As in Python, a time-out while connecting to a proxy is a `ProxyError`.
    let proxy = zero.proxies([("all", format!("http://{}", server.addr()))]);
    let error = requests::get("http://site.test/", proxy);
    assert!(matches!(error, Err(Error::ProxyError(_))), "{error:?}");
}

#[test]
fn a_stalled_body_is_a_connection_error_as_in_python() {
    let leaf = Ca::new().issue("localhost");
    let stalled = HttpResponse::ok("some").content_length(10);
    let server = HttpsServer::start(&leaf, stalled);
    let options = RequestOptions::new().verify(false);
    let options = options.read_timeout(Duration::from_millis(200));
    let error = requests::get(server.url("localhost", "/"), options).unwrap_err();
    assert!(matches!(error, Error::ConnectionError(_)), "{error:?}");
}

#[test]
fn the_total_time_out_applies_to_a_body_that_trickles() {
    let server = Scripted::follows(|mut socket| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
        let mut sent = socket.write_all(head);
        let mut pause = [0];
        let _ = socket
            .stream()
            .set_read_timeout(Some(Duration::from_millis(5)));
        while sent.is_ok() {
            let _ = std::io::Read::read(&mut socket, &mut pause);
            sent = socket.write_all(b"x");
        }
    });
    let options = RequestOptions::new().read_timeout(Duration::from_secs(60));
    let options = options.total_timeout(Duration::from_millis(300));
    let start = Instant::now();
    let error = requests::get(format!("http://{}/", server.addr()), options).unwrap_err();
    assert!(matches!(error, Error::ReadTimeout), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(30));
}
