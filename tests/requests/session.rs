//! Sessions, and the requests that can reuse a connection.

use std::io::Write;
use std::time::Duration;

use pyssl::requests::{Error, HttpAdapter, RequestOptions, Session};
use pyssl_testing::server::{HangUp, HttpResponse};
use pyssl_testing::{Ca, Files, HttpsServer, Scripted, ServerConfig};

use crate::peer::Request;

/// A session that ignores the environment variables.
fn new_session(options: impl Into<RequestOptions>) -> Session {
    Session::new(options).trust_env(false)
}

fn requests_in(received: &[u8]) -> usize {
    let text = String::from_utf8_lossy(received);
    text.matches(" HTTP/1.1\r\n").count()
}

#[test]
fn a_session_reuses_the_connection() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let server = HttpsServer::start(&leaf, "hello");
    let session = new_session(&*files.ca);
    for _ in 0..3 {
        assert_eq!(
            session
                .get(server.url("localhost", "/"), ())
                .unwrap()
                .text(),
            "hello"
        );
    }
    drop(session);
    assert_eq!(requests_in(&server.next_connection().received), 3);
}

#[test]
fn ten_thousand_requests_of_a_session_need_one_handshake() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let server = HttpsServer::start(&leaf, "hello");
    let url = server.url("localhost", "/");
    let session = new_session(&*files.ca);
    for number in 0..10_000 {
        let response = match number % 3 {
            0 => session.get(&url, ()),
            1 => session.post(&url, RequestOptions::new().data("body")),
            _ => session.delete(&url, ()),
        };
        assert_eq!(response.unwrap().status_code(), 200);
    }
    drop(session);
    // Each connection has one handshake.
    assert_eq!(requests_in(&server.next_connection().received), 10_000);
}

/// In Python, `Session.send` adds no cookies: `prepare_request` has done so.
#[test]
fn a_prepared_request_is_sent_without_cookies_that_came_later() {
    let server = Scripted::follows(|mut socket| {
        while let Some(request) = Request::read(&mut socket) {
            let cookie = request.header("cookie").unwrap_or("none");
            let length = cookie.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: {length}\r\n\r\n{cookie}"
            );
            socket.write_all(answer.as_bytes()).unwrap();
        }
    });
    let (session, url) = (new_session(()), format!("http://{}/", server.addr()));
    let prepared = session.prepare_request("GET", &url, ()).unwrap();
    assert_eq!(session.get(&url, ()).unwrap().text(), "none");
    assert_eq!(session.get(&url, ()).unwrap().text(), "a=1");
    assert_eq!(session.send(prepared, ()).unwrap().text(), "none");
}

#[test]
fn an_unverified_connection_is_not_reused_with_verification() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&Ca::new(), &leaf);
    let server = HttpsServer::start(&leaf, "hello");
    let session = new_session(&*files.ca);
    let url = server.url("localhost", "/");
    assert!(session.get(&url, false).is_ok());
    assert!(matches!(session.get(&url, ()), Err(Error::SSLError(_))));
    assert!(session.get(&url, false).is_ok());
}

#[test]
fn a_connection_that_the_server_closed_is_not_reused() {
    let leaf = Ca::new().issue("localhost");
    let config = ServerConfig::new(&leaf).hang_up_after(1, HangUp::CloseNotify);
    let server = HttpsServer::start(config, "hello");
    let session = new_session(false);
    for _ in 0..3 {
        session.get(server.url("localhost", "/"), ()).unwrap();
        // The server reports a connection only after it has ended it, so the next request finds a
        // closed connection.
        assert_eq!(requests_in(&server.next_connection().received), 1);
    }
}

#[test]
fn new_connections_of_a_session_resume_the_tls_session() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let config = ServerConfig::new(&leaf).hang_up_after(1, HangUp::CloseNotify);
    let server = HttpsServer::start(config, "hello");
    let url = server.url("localhost", "/");
    let session = new_session(&*files.ca);
    let resumed = |session: &Session, options: RequestOptions| {
        session.get(&url, options).unwrap();
        server.next_connection().resumed
    };
    assert!(!resumed(&session, RequestOptions::new()));
    assert!(resumed(&session, RequestOptions::new()));
    assert!(resumed(&session, RequestOptions::new()));
    // Connections and TLS sessions are not shared between different values of `verify`.
    assert!(!resumed(&session, false.into()));
    assert!(!resumed(&new_session(&*files.ca), RequestOptions::new()));
}

#[test]
fn session_and_request_headers_are_merged() {
    let leaf = Ca::new().issue("localhost");
    let server = HttpsServer::start(&leaf, "hello");
    let defaults = RequestOptions::new().verify(false);
    let session = new_session(defaults.headers([("X-One", "session"), ("X-Two", "session")]));
    let options = RequestOptions::new().headers([("x-two", "request"), ("User-Agent", "mine")]);
    session.get(server.url("localhost", "/"), options).unwrap();
    drop(session);
    let received = server.next_connection().received;
    let text = String::from_utf8_lossy(&received).to_ascii_lowercase();
    for line in [
        "x-one: session",
        "x-two: request",
        "user-agent: mine",
        "accept: */*",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{text}");
    }
    assert!(!text.contains("x-two: session"), "{text}");
}

#[test]
fn credentials_in_a_url_are_sent() {
    let server = HttpsServer::start(&Ca::new().issue("localhost"), "hello");
    let url = server.url("user:secret@localhost", "/");
    pyssl::requests::get(url, false).unwrap();
    let received = server.next_connection().received;
    let text = String::from_utf8_lossy(&received).to_ascii_lowercase();
    assert!(
        text.contains("authorization: basic dxnlcjpzzwnyzxq="),
        "{text}"
    );
}

#[test]
fn redirects_are_followed_up_to_max_redirects() {
    let leaf = Ca::new().issue("localhost");
    let target = HttpsServer::start(&leaf, "there");
    let location = target.url("localhost", "/there");
    let server = HttpsServer::start(&leaf, HttpResponse::redirect(&location));
    let session = new_session(false);
    let url = server.url("localhost", "/");

    let secret = RequestOptions::new().headers([("Authorization", "Bearer 1")]);
    let response = session.get(&url, secret).unwrap();
    assert_eq!((&*response.text(), response.url()), ("there", &*location));
    let unfollowed = session
        .get(&url, RequestOptions::new().allow_redirects(false))
        .unwrap();
    assert_eq!(unfollowed.status_code(), 302);
    assert_eq!(session.head(&url, ()).unwrap().status_code(), 302);
    drop(session);
    let received = target.next_connection().received;
    assert!(
        !String::from_utf8_lossy(&received)
            .to_lowercase()
            .contains("bearer")
    );

    let server = HttpsServer::start(&leaf, HttpResponse::redirect("/again"));
    let url = server.url("localhost", "/");
    let session = new_session(false).max_redirects(5);
    assert!(matches!(
        session.get(&url, ()),
        Err(Error::TooManyRedirects {
            max_redirects: 5,
            ..
        })
    ));
    drop(session);
    assert_eq!(requests_in(&server.next_connection().received), 6);
}

#[test]
fn a_body_is_sent_with_its_own_request_only() {
    let leaf = Ca::new().issue("localhost");
    let server = HttpsServer::start(&leaf, "hello");
    let session = new_session(false);
    let url = server.url("localhost", "/");
    session
        .post(&url, RequestOptions::new().data("body"))
        .unwrap();
    session.post(&url, ()).unwrap();
    session.request("delete", &url, ()).unwrap();
    drop(session);
    let received = server.next_connection().received;
    let text = String::from_utf8_lossy(&received).to_ascii_lowercase();
    let heads: Vec<&str> = text.split("\r\n\r\n").collect();
    assert!(heads[0].contains("\r\ncontent-length: 4"), "{text}");
    assert!(heads[1].starts_with("bodypost /") && heads[1].contains("\r\ncontent-length: 0"));
    assert!(
        heads[2].starts_with("delete /") && !heads[2].contains("chunked"),
        "{text}"
    );
}

#[test]
fn debug_output_of_a_session_has_no_secrets() {
    let server = crate::peer::answers(vec![
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=hidden1\r\nContent-Length: 0\r\n\r\n".to_vec(),
    ]);
    let session = new_session(
        RequestOptions::new()
            .auth("user", "hidden2")
            .cookies([("b", "hidden3")])
            .headers([("X-Token", "hidden4")]),
    );
    session
        .get(format!("http://{}/0", server.addr()), ())
        .unwrap();
    let closed = pyssl_testing::closed_port();
    let proxy = format!("http://hidden5:hidden6@{}", closed.addr());
    let proxied = RequestOptions::new().proxies([("http", proxy)]);
    let _ = session.get("http://localhost/0", proxied);
    let text = format!("{session:#?}");
    assert!(text.starts_with("Session"), "{text}");
    // Base64 of `hidden5:hidden6`.
    assert!(
        !text.contains("hidden") && !text.contains("aGlkZGVu"),
        "{text}"
    );
}

#[test]
fn a_pause_before_a_retry_ends_with_the_total_time() {
    let unavailable = b"HTTP/1.1 503 Later\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";
    let server = crate::peer::answers(vec![unavailable.to_vec()]);
    let session = new_session(()).mount("http://", HttpAdapter::new().max_retries(3));
    let options = RequestOptions::new().total_timeout(Duration::from_millis(300));
    let error = session
        .get(format!("http://{}/0", server.addr()), options)
        .unwrap_err();
    assert!(
        error.is_timeout() || error.is_connection_error(),
        "{error:?}"
    );
}
