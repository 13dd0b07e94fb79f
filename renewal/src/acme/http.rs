//! Answers http-01 challenges.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::challenge::{BoxError, Challenge, ChallengeHook};

const PATH: &str = "/.well-known/acme-challenge/";

/// How long a client may take to send its request.
const PATIENCE: Duration = Duration::from_secs(5);

/// The number of clients that are served at once.
const CLIENTS: usize = 32;

/// The longest request that is read.
const LONGEST: usize = 8 << 10;

/// A small HTTP server that answers http-01 challenges, and nothing else; certbot's `--standalone`.
///
/// The validating server connects to port 80 of the name. The listener stays open until it is dropped.
pub struct HttpListener {
    shared: Arc<Shared>,
    address: SocketAddr,
}

#[derive(Default)]
struct Shared {
    /// The key authorisation of each token.
    answers: Mutex<HashMap<String, String>>,
    clients: AtomicUsize,
    stopped: AtomicBool,
}

impl Shared {
    fn answers(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpListener {
    /// Listens on this address, usually `0.0.0.0:80` or `[::]:80`.
    ///
    /// # Errors
    ///
    /// If the address is in use or not permitted, or a thread cannot be started.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<HttpListener> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let server = Arc::clone(&shared);
        thread::Builder::new()
            .name("pyssl-http-01".to_owned())
            .spawn(move || accept(&listener, &server))?;
        Ok(HttpListener { shared, address })
    }

    /// The address on which it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl ChallengeHook for HttpListener {
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        let (token, answer) = (challenge.token(), challenge.key_authorization());
        self.shared
            .answers()
            .insert(token.to_owned(), answer.to_owned());
        Ok(())
    }

    fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        self.shared.answers().remove(challenge.token());
        Ok(())
    }
}

impl Drop for HttpListener {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // A connection ends the blocking `accept`.
        let host = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let address = SocketAddr::new(host, self.address.port());
        let _ = TcpStream::connect_timeout(&address, PATIENCE);
    }
}

impl fmt::Debug for HttpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpListener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.stopped.load(Ordering::Acquire) {
            return;
        }
        let Ok((stream, _)) = accepted else {
            // Descriptors or memory may have run out.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if shared.clients.fetch_add(1, Ordering::AcqRel) >= CLIENTS {
            shared.clients.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let server = Arc::clone(shared);
        let serve = move || {
            // A client that breaks the connection needs no answer.
            let _ = answer(&stream, &server);
            server.clients.fetch_sub(1, Ordering::AcqRel);
        };
        if thread::Builder::new().spawn(serve).is_err() {
            shared.clients.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Reads the head of a request: the socket is closed without a reset only if nothing is left unread.
fn head(mut stream: &TcpStream, patience: Duration) -> io::Result<String> {
    let end = Instant::now() + patience;
    let mut head = Vec::new();
    let mut room = [0; 1024];
    let is_complete = |head: &[u8]| head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n");
    while !is_complete(&head) && head.len() < LONGEST {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut room)? {
            0 => break,
            n => head.extend_from_slice(&room[..n]),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn answer(mut stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = head(stream, PATIENCE)?;
    let mut words = request.split_ascii_whitespace();
    let wanted = match (words.next(), words.next()) {
        (Some("GET" | "HEAD"), Some(path)) => path.strip_prefix(PATH),
        _ => None,
    };
    let found = wanted.and_then(|token| shared.answers().get(token).cloned());
    let (status, body) = match found {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", String::new()),
    };
    let sent = if request.starts_with("HEAD") {
        ""
    } else {
        &body
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{sent}",
        body.len()
    )
}

/// Writes the answers of http-01 challenges into the directory that a web server serves; certbot's `--webroot`.
#[derive(Debug, Clone)]
pub struct Webroot {
    directory: PathBuf,
}

impl Webroot {
    /// The directory that the web server serves as `http://DOMAIN/`.
    pub fn new(directory: impl Into<PathBuf>) -> Webroot {
        Webroot {
            directory: directory.into(),
        }
    }

    fn file(&self, challenge: &Challenge) -> PathBuf {
        self.directory
            .join(".well-known/acme-challenge")
            .join(challenge.token())
    }
}

impl ChallengeHook for Webroot {
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        let file = self.file(challenge);
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        Ok(fs::write(file, challenge.key_authorization())?)
    }

    fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        Ok(fs::remove_file(self.file(challenge))?)
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn a_client_that_sends_byte_by_byte_does_not_get_more_time() {
        let (mut client, server) = pair();
        // If each byte had a time limit of its own, the listener would read all bytes, and then the end of the stream.
        let sends = thread::spawn(move || {
            (0..2000).all(|_| {
                thread::sleep(Duration::from_millis(10));
                client.write_all(b"x").is_ok()
            })
        });
        assert!(head(&server, Duration::from_millis(200)).is_err());
        drop(server);
        assert!(!sends.join().unwrap());
    }

    #[test]
    fn a_request_is_read_to_the_end_of_its_head() {
        for text in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\n\n"] {
            let (mut client, server) = pair();
            client.write_all(text.as_bytes()).unwrap();
            assert_eq!(head(&server, Duration::from_secs(60)).unwrap(), text);
        }
    }
}
