//! The server: a child process on the plain `openssl` crate.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream};
use pyssl_testing::{Ca, Files};

pub(crate) struct Server {
    child: Child,
    port: u16,
    /// The authority's certificate.
    pub(crate) ca: PathBuf,
}

impl Server {
    pub(crate) fn start() -> Server {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server");
        let output = child.stdout.take().expect("the output");
        let mut lines = BufReader::new(output).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        let (port, ca) = (line(), line());
        Server {
            child,
            port: port.parse().expect("a port"),
            ca: ca.into(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// The number of handshakes so far: the answer to a connection without TLS.
    pub(crate) fn handshakes(&self) -> usize {
        let mut socket = TcpStream::connect(("localhost", self.port)).expect("a connection");
        socket.write_all(b"?").expect("a question");
        let mut text = String::new();
        socket.read_to_string(&mut text).expect("an answer");
        text.parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server ends when its standard input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Serves until standard input ends.
pub(crate) fn serve() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let mut context = SslContext::builder(SslMethod::tls_server()).expect("a context");
    leaf.load(&mut context).expect("a certificate");
    let context = Arc::new(context.build());
    let listener = TcpListener::bind("localhost:0").expect("a listener");
    println!("{}", listener.local_addr().expect("an address").port());
    println!("{}", files.ca.display());
    thread::spawn(move || {
        let handshakes = Arc::new(AtomicUsize::new(0));
        for socket in listener.incoming().flatten() {
            let (context, handshakes) = (Arc::clone(&context), Arc::clone(&handshakes));
            thread::spawn(move || connection(socket, &context, &handshakes));
        }
    });
    let _ = std::io::stdin().read(&mut [0]);
}

fn connection(mut socket: TcpStream, context: &SslContext, handshakes: &AtomicUsize) {
    let mut first = [0];
    if socket.peek(&mut first).is_err() {
        return;
    }
    if first == *b"?" {
        // Unread bytes would make the close a reset.
        let _ = socket.read(&mut first);
        let _ = write!(socket, "{}", handshakes.load(Ordering::SeqCst));
        return;
    }
    let _ = socket.set_nodelay(true);
    let ssl = Ssl::new(context).expect("an SSL");
    let mut stream = SslStream::new(ssl, socket).expect("a stream");
    if stream.accept().is_err() {
        return;
    }
    handshakes.fetch_add(1, Ordering::SeqCst);
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(received) => head.extend_from_slice(&buffer[..received]),
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&head);
        let path = text.split(' ').nth(1).unwrap_or("/0");
        let length: usize = path[1..].parse().unwrap_or(0);
        let mut answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + length, b'x');
        if stream.write_all(&answer).is_err() {
            return;
        }
        head.clear();
    }
}
