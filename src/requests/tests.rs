//! What repeats a request, which only the module itself can see.

use std::io::{Read, Write};
use std::net::TcpListener;

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
