//! Servers that answer, or refuse, before they have read the request.

use std::io::{Read, Write};

use pyssl::requests::{self, Error, RequestOptions};
use pyssl_testing::openssl::ssl::{
    Ssl, SslContext, SslMethod, SslStream, SslVerifyMode, SslVersion,
};
use pyssl_testing::{Ca, Files, Scripted};

use crate::peer::{Request, no_reads_after_a_failed_write};

const LARGE: usize = 5_000_000;

const ANSWER: &[u8] =
    b"HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much";

/// Reads the head, answers and closes. The kernel sends a reset, since there is unread data.
fn refuse(socket: &mut (impl Read + Write)) {
    Request::read_head(socket).unwrap();
    socket.write_all(ANSWER).unwrap();
}

#[cfg_attr(windows, ignore = "a reset discards data that was not read")]
#[test]
fn a_response_received_while_sending_the_body_is_returned() {
    let plain = Scripted::follows(|mut socket| refuse(&mut socket));
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let mut servers = vec![format!("http://{}/", plain.addr())];
    let mut tls = Vec::new();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        leaf.load(&mut context).unwrap();
        context.set_max_proto_version(Some(version)).unwrap();
        let context = context.build();
        let server = Scripted::follows(move |socket| {
            let mut stream = SslStream::new(Ssl::new(&context).unwrap(), socket).unwrap();
            stream.accept().unwrap();
            refuse(&mut stream);
        });
        servers.push(format!("https://localhost:{}/", server.port()));
        tls.push(server);
    }
    // In Python the outcome depends on OpenSSL: the answer, or an SSLError without it.
    for url in servers {
        let options = RequestOptions::new().verify(false).data(vec![b'x'; LARGE]);
        let response = match requests::post(&url, options) {
            Err(Error::ConnectionError(_))
                if url.starts_with("https:") && no_reads_after_a_failed_write() =>
            {
                continue;
            }
            outcome => outcome.unwrap(),
        };
        assert_eq!(
            (response.status_code(), &*response.text()),
            (413, "too much")
        );
    }
}

#[cfg_attr(windows, ignore = "a reset discards data that was not read")]
#[test]
fn the_alert_for_a_missing_client_certificate_is_the_error_while_sending() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    for drains in [false, true] {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        leaf.load(&mut context).unwrap();
        context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        let context = context.build();
        let server = Scripted::follows(move |socket| {
            let ssl = Ssl::new(&context).unwrap();
            let mut stream = SslStream::new(ssl, socket.clone()).unwrap();
            assert!(stream.accept().is_err());
            if drains {
                socket.finish();
            }
        });
        let url = format!("https://localhost:{}/", server.port());
        for length in [0, 10, LARGE] {
            let options = RequestOptions::new()
                .verify(&files.ca)
                .data(vec![b'x'; length]);
            match requests::post(&url, options) {
                Err(Error::SSLError(error)) => assert_eq!(
                    error.reason(),
                    Some("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
                    "{length} {drains}"
                ),
                other => {
                    // The alert is lost if the server's reset comes before the request.
                    let is_lost = no_reads_after_a_failed_write() && !drains;
                    let is_cut = matches!(other, Err(Error::ConnectionError(_)));
                    assert!(is_lost && is_cut, "{other:?}, {length} {drains}");
                }
            }
        }
    }
}

#[cfg_attr(windows, ignore = "a reset discards data that was not read")]
#[test]
fn a_connection_cut_while_sending_is_not_reused() {
    let server = Scripted::follows(|mut socket| {
        Request::read_head(&mut socket).unwrap();
        // The answer has no `Connection: close`, so the client could try to reuse the connection.
        let answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\ntoo much";
        socket.write_all(answer).unwrap();
    });
    let session = requests::Session::new(());
    let url = format!("http://{}/", server.addr());
    for _ in 0..3 {
        let response = session.post(&url, RequestOptions::new().data(vec![b'x'; LARGE]));
        assert_eq!(response.unwrap().status_code(), 413);
    }
}

#[test]
fn a_server_that_closes_without_a_response_is_a_connection_error() {
    let server = Scripted::follows(|mut socket| {
        Request::read_head(&mut socket).unwrap();
    });
    let url = format!("http://{}/", server.addr());
    let options = RequestOptions::new().data(vec![b'x'; LARGE]);
    let error = requests::post(&url, options).unwrap_err();
    assert!(matches!(error, Error::ConnectionError(_)), "{error:?}");
}
