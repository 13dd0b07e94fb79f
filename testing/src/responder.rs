//! An OCSP responder.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use openssl::ocsp::OcspRequest;

/// A responder that answers each OCSP request with the same response. It runs until the process ends.
#[derive(Debug)]
pub struct Responder {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    response: Vec<u8>,
    requests: usize,
}

impl Responder {
    /// Starts on a free port of the loopback interface, with an empty response.
    pub fn start() -> Responder {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/ocsp", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &shared);
            }
        });
        Responder { url, state }
    }

    /// The address for [`CertBuilder::ocsp`](crate::pki::CertBuilder::ocsp).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets the response, DER.
    pub fn answer(&self, response: Vec<u8>) {
        self.state.lock().unwrap().response = response;
    }

    /// The number of requests so far.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

/// Answers one request, and closes the connection.
fn serve(mut stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("content-type: application/ocsp-request"),
        "{head}"
    );
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut der = vec![0; length];
    reader.read_exact(&mut der).unwrap();
    OcspRequest::from_der(&der).unwrap();
    let response = {
        let mut state = state.lock().unwrap();
        state.requests += 1;
        state.response.clone()
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        response.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&response).unwrap();
}
