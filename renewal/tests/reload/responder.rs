//! OCSP responses that are fetched from the CA's responder.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use pyssl as ssl;
use pyssl_renewal::{CertReloader, Event};
use pyssl_testing::Ca;

use crate::support::{Pair, Watched, client, connect, replace, server};

/// A responder that answers each request with the current body. Returns its address.
fn responder(body: Arc<Mutex<Vec<u8>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            let head = String::from_utf8(request).unwrap().to_ascii_lowercase();
            assert!(
                head.contains("content-type: application/ocsp-request"),
                "{head}"
            );
            let (_, length) = head.split_once("content-length: ").unwrap();
            let length = length.split("\r\n").next().unwrap().parse().unwrap();
            let mut der = vec![0; length];
            stream.read_exact(&mut der).unwrap();
            openssl::ocsp::OcspRequest::from_der(&der).unwrap();
            let body = body.lock().unwrap().clone();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    format!("http://{address}/ocsp")
}

fn write(pair: &Pair, ca: &Ca, leaf: &pyssl_testing::Leaf) {
    replace(&pair.key(), leaf.key_pem().as_bytes());
    replace(
        &pair.chain(),
        (leaf.chain_pem() + &ca.cert_pem()).as_bytes(),
    );
}

#[test]
fn ocsp_responses_are_fetched_and_faulty_ones_are_not_stapled() {
    let ca = Ca::new();
    let body = Arc::new(Mutex::new(Vec::new()));
    let address = responder(Arc::clone(&body));
    let issue = || ca.builder().san("localhost").ocsp(&address).build();
    let (first, second) = (issue(), issue());
    *body.lock().unwrap() = ca.ocsp(&first).build();
    let pair = Pair::new(&first);
    write(&pair, &ca, &first);
    let server = server();
    let builder = CertReloader::builder(&server)
        .certificate(pair.files())
        .fetch_ocsp();
    let watched = Watched::start(builder);
    assert_eq!(watched.loaded().to_str(), Some(&*address));
    let requiring = client(&ca);
    requiring.set_ocsp_mode(ssl::OcspMode::Require).unwrap();
    connect(&requiring, &server, "localhost").unwrap();
    // The responder has no response for the new certificate. The certificate comes into service
    // without one.
    write(&pair, &ca, &second);
    loop {
        match watched.event() {
            Event::Rejected { error, .. } if error.to_string().contains("another certificate") => {
                break;
            }
            Event::Rejected { error, .. } => {
                assert!(error.to_string().contains("MISMATCH"), "{error}")
            }
            Event::Loaded { path, .. } => assert_eq!(path, pair.chain()),
            other => panic!("{other}"),
        }
    }
    assert_eq!(
        connect(&client(&ca), &server, "localhost").unwrap(),
        second.der()
    );
    assert!(connect(&requiring, &server, "localhost").is_err());
}
