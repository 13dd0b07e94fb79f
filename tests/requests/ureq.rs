//! Requests of the crate `ureq` with a context of this library.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{Ca, HttpsServer, Scripted};
use ssl::ureq::ureq::config::Config;
use ssl::ureq::ureq::{Error, Proxy, Timeout};

fn context(ca: &Ca) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let trusted = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context.load_verify_locations(trusted).unwrap();
    context
}

fn text(agent: &ssl::ureq::ureq::Agent, url: &str) -> Result<String, Error> {
    agent.get(url).call()?.body_mut().read_to_string()
}

#[test]
fn a_ureq_agent_uses_the_context_and_reuses_connections() {
    let ca = Ca::new();
    let server = HttpsServer::start(&ca.issue("localhost"), "hello");
    let url = server.url("localhost", "/");
    let agent = ssl::ureq::agent(&context(&ca), Config::default());
    for _ in 0..2 {
        assert_eq!(text(&agent, &url).unwrap(), "hello");
    }
    drop(agent);
    let received = server.next_connection().received;
    let requests = received.windows(6).filter(|part| part == b"GET / ");
    assert_eq!(requests.count(), 2);
}

#[test]
fn large_bodies_are_sent_and_received() {
    let ca = Ca::new();
    let body = "x".repeat(3 << 20);
    let server = HttpsServer::start(&ca.issue("localhost"), body.as_str());
    let agent = ssl::ureq::agent(&context(&ca), Config::default());
    let url = server.url("localhost", "/");
    let mut answer = agent.post(&url).send(&body).unwrap();
    assert!(answer.body_mut().read_to_string().unwrap() == body);
}

#[test]
fn a_rejected_certificate_gives_pythons_error() {
    let server = HttpsServer::start(&Ca::new().issue("localhost"), "hello");
    let url = server.url("localhost", "/");
    let agent = ssl::ureq::agent(&context(&Ca::new()), Config::default());
    let Err(Error::Other(error)) = text(&agent, &url) else {
        panic!("the server is not trusted");
    };
    let error = error.downcast::<ssl::Error>().unwrap();
    assert_eq!(error.python_class(), "SSLCertVerificationError");
    let other_name = server.url("127.0.0.1", "/");
    assert!(text(&agent, &other_name).is_err());
}

#[test]
fn a_change_of_the_context_applies_to_the_next_connection() {
    let ca = Ca::new();
    let server = HttpsServer::start(&ca.issue("localhost"), "hello");
    let context = context(&Ca::new());
    let agent = ssl::ureq::agent(&context, Config::default());
    let url = server.url("localhost", "/");
    assert!(text(&agent, &url).is_err());
    let trusted = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context.load_verify_locations(trusted).unwrap();
    assert_eq!(text(&agent, &url).unwrap(), "hello");
}

#[test]
fn a_server_that_never_answers_the_handshake_times_out() {
    let server = Scripted::never_answers();
    let config = Config::builder()
        .timeout_connect(Some(Duration::from_millis(200)))
        .build();
    let agent = ssl::ureq::agent(&context(&Ca::new()), config);
    let url = format!("https://127.0.0.1:{}/", server.addr().port());
    match text(&agent, &url) {
        Err(Error::Timeout(Timeout::Connect)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_closes_during_the_handshake_is_an_error() {
    let server = Scripted::closes_at_once();
    let agent = ssl::ureq::agent(&context(&Ca::new()), Config::default());
    let url = format!("https://127.0.0.1:{}/", server.addr().port());
    assert!(text(&agent, &url).is_err());
}

#[test]
fn a_connection_through_a_proxy_uses_tls() {
    let ca = Ca::new();
    let server = HttpsServer::start(&ca.issue("localhost"), "hello");
    let url = server.url("localhost", "/");
    let target = url.trim_start_matches("https://").trim_end_matches('/');
    let target = target.to_owned();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let proxying = std::thread::spawn({
        let target = target.clone();
        move || {
            let (mut near, _) = proxy.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                near.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let far = TcpStream::connect(&target).unwrap();
            near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let (mut up, mut down) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            let upward = std::thread::spawn(move || {
                let _ = std::io::copy(&mut up, &mut down);
                let _ = down.shutdown(std::net::Shutdown::Both);
            });
            let _ = std::io::copy(&mut &far, &mut near);
            let _ = near.shutdown(std::net::Shutdown::Both);
            upward.join().unwrap();
            String::from_utf8(head).unwrap()
        }
    });
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    let config = Config::builder().proxy(Some(proxy)).build();
    let agent = ssl::ureq::agent(&context(&ca), config);
    assert_eq!(text(&agent, &url).unwrap(), "hello");
    drop(agent);
    let head = proxying.join().unwrap();
    assert!(head.starts_with(&format!("CONNECT {target} ")), "{head}");
}
