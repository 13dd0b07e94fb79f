//! The counter of a `Retry` that each error decreases. Only this module can call `Error::failure`.

use std::io::{Read, Write};
use std::net::TcpListener;

use std::time::Duration;

use ureq::http::header::RETRY_AFTER;
use ureq::http::{HeaderMap, Method};

use super::adapter::Retry;
use super::error::Failure;
use super::{RequestOptions, Session};

#[test]
fn each_failure_uses_up_the_counter_of_urllib3() {
    let failure = |url: &str, options: RequestOptions| {
        let session = Session::new(()).trust_env(false);
        session.post(url, options).unwrap_err().failure()
    };
    let through = |proxy: String| RequestOptions::new().proxies([("all", proxy)]);
    let unknown = "http://no.such.name.invalid/";
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let plain = RequestOptions::new;
    assert_eq!(failure(unknown, plain()), Some(Failure::Connect));
    assert_eq!(failure(&closed, plain()), Some(Failure::Connect));
    for proxy in [unknown, &closed] {
        for url in ["http://site.test/", "https://site.test/"] {
            let options = through(proxy.to_owned());
            assert_eq!(
                failure(url, options),
                Some(Failure::Connect),
                "{proxy} {url}"
            );
        }
    }
    let missing = plain().verify("/nowhere");
    assert_eq!(failure(&closed.replace("http", "https"), missing), None);
    // A proxy that refuses `CONNECT`, and a server with two lengths.
    for (answer, url, expected) in [
        (
            "HTTP/1.1 403 No\r\n\r\n",
            "https://site.test/",
            Some(Failure::Other),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "http://site.test/",
            None,
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = through(format!("http://{}", listener.local_addr().unwrap()));
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            // The client closes the connection.
            let _ = stream.read_to_end(&mut head);
        });
        assert_eq!(failure(url, proxy), expected, "{answer}");
        server.join().unwrap();
    }
}

/// The pause after each of several failures of this kind.
fn pauses(mut retry: Retry, answers: &[Option<&str>]) -> Vec<f64> {
    let pause = |after: &Option<&str>| {
        let mut headers = HeaderMap::new();
        if let Some(value) = after {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
        }
        retry.count(Failure::Status, &Method::GET);
        retry.pause(Some(&headers)).unwrap().as_secs_f64()
    };
    answers.iter().map(pause).collect()
}

#[test]
fn pauses_between_attempts_grow_as_in_urllib3() {
    let retry = Retry::new(10).backoff_factor(0.5).backoff_max(3.0);
    // `Retry.get_backoff_time`: backoff_factor * 2 ** (failures - 1), and nothing after the first.
    assert_eq!(pauses(retry, &[None; 5]), [0.0, 1.0, 2.0, 3.0, 3.0]);
    let jitter = Retry::new(10).backoff_factor(1.0).backoff_jitter(0.5);
    let jitter = pauses(jitter, &[None; 2]);
    assert!(
        jitter[0] == 0.0 && (2.0..=2.5).contains(&jitter[1]),
        "{jitter:?}"
    );
    let retry = Retry::new(10).backoff_factor(0.5);
    // A server's pause takes the place of the other, unless it is over.
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    let found = pauses(
        retry,
        &[Some("5"), Some(past), Some("99999999"), Some("0"), None],
    );
    assert_eq!(found, [5.0, 1.0, 6.0 * 3600.0, 4.0, 8.0]);
    let retry = Retry::new(10).retry_after_max(Duration::from_secs(7));
    let far = "Sun, 06 Nov 2094 08:49:37 GMT";
    assert_eq!(
        pauses(retry, &[Some("8"), Some(far), Some("6")]),
        [7.0, 7.0, 6.0]
    );
    let ignored = Retry::new(10).respect_retry_after_header(false);
    assert_eq!(pauses(ignored, &[Some("5")]), [0.0]);
}
