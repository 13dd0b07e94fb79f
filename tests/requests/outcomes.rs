//! URLs, statuses and texts.

use pyssl::requests::{self, Error, RequestOptions};
use pyssl_testing::server::HttpResponse;
use pyssl_testing::{Ca, HttpsServer};

fn text_of(url: &str) -> String {
    requests::get(url, ()).unwrap_err().to_string()
}

#[test]
fn invalid_urls_have_pythons_error_texts() {
    for (url, text) in [
        (
            "example.com",
            "Invalid URL 'example.com': No scheme supplied. Perhaps you meant https://example.com?",
        ),
        (
            "",
            "Invalid URL '': No scheme supplied. Perhaps you meant https://?",
        ),
        (
            "localhost:80/x",
            "No connection adapters were found for 'localhost:80/x'",
        ),
        (
            "ftp://x/",
            "No connection adapters were found for 'ftp://x/'",
        ),
        (
            "httpx://y/",
            "No connection adapters were found for 'httpx://y/'",
        ),
        ("http:///x", "Invalid URL 'http:///x': No host supplied"),
        ("http:/x", "Invalid URL 'http:/x': No host supplied"),
        ("http://", "Invalid URL 'http://': No host supplied"),
    ] {
        assert_eq!(text_of(url), text);
    }
    for url in [
        "https://a b/",
        "https://[::1",
        "https://h:99999999/",
        "https://h:http/",
        "https://\u{fc}/",
        "https://@/",
    ] {
        let error = requests::get(url, ()).unwrap_err();
        assert!(matches!(error, Error::InvalidURL(_)), "{url}: {error:?}");
    }
}

#[test]
fn invalid_header_bytes_are_an_invalid_header_error() {
    for (name, value) in [("X", "a\r\nY: b"), ("X Y", "a"), ("", "a")] {
        let options = RequestOptions::new().headers([(name, value)]);
        let error = requests::get("http://localhost:1/", options).unwrap_err();
        assert!(matches!(error, Error::InvalidHeader(_)), "{error:?}");
    }
    let error = requests::request("A B", "http://localhost:1/", ()).unwrap_err();
    assert!(matches!(error, Error::InvalidHeader(_)), "{error:?}");
}

#[test]
fn raise_for_status_returns_an_error_for_4xx_and_5xx() {
    let leaf = Ca::new().issue("localhost");
    for (status, text) in [
        ("404 Not Found", "404 Client Error: Not Found for url: "),
        (
            "503 Service Unavailable",
            "503 Server Error: Service Unavailable for url: ",
        ),
    ] {
        let server = HttpsServer::start(&leaf, HttpResponse::ok("no").status(status));
        let url = server.url("localhost", "/");
        let response = requests::get(&url, false).unwrap();
        assert!(!response.ok());
        assert_eq!(response.text(), "no");
        let error = response.raise_for_status().unwrap_err();
        assert_eq!(error.to_string(), format!("{text}{url}"));
    }
    let server = HttpsServer::start(&leaf, "yes");
    let response = requests::get(server.url("localhost", "/"), false).unwrap();
    response.raise_for_status().unwrap();
    assert_eq!(format!("{response:?}"), "<Response [200]>");
}

#[test]
fn text_is_decoded_with_the_servers_charset() {
    let leaf = Ca::new().issue("localhost");
    for (content_type, body, text) in [
        ("text/html; charset=GBK", &b"\xc4\xe3\xba\xc3"[..], "你好"),
        ("text/html; Charset=\"utf-8\"", "ü".as_bytes(), "ü"),
        ("text/plain", b"\xfc", "ü"),
        ("application/json", "ü".as_bytes(), "ü"),
        ("application/json; charset=unheard-of", b"\xff", "\u{fffd}"),
    ] {
        let response = HttpResponse::ok(body).header("Content-Type", content_type);
        let server = HttpsServer::start(&leaf, response);
        let response = requests::get(server.url("localhost", "/"), false).unwrap();
        assert_eq!(response.text(), text);
        assert_eq!(response.headers()["content-type"], content_type);
    }
}
