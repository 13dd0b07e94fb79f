//! Servers whose response describes the request, and proxies for these servers.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use pyssl as ssl;
use pyssl_testing::{Ca, Leaf};

use crate::digest::Challenge;
use crate::peer::Request;

/// One end of a connection, which two threads can use.
#[derive(Clone)]
enum Stream {
    Plain(Arc<TcpStream>),
    Tls(Arc<ssl::SslSocket>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => (&**stream).read(buffer),
            Stream::Tls(stream) => Ok(stream.recv_into(buffer)?),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => (&**stream).write(data),
            Stream::Tls(stream) => Ok(stream.send(data)?),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    /// Ends the connection for both threads.
    fn end(&self) {
        match self {
            Stream::Plain(stream) => drop(stream.shutdown(Shutdown::Both)),
            Stream::Tls(stream) => drop(stream.shutdown(Shutdown::Both)),
        }
    }
}

/// How often each counted path was requested.
type Counts = Arc<Mutex<HashMap<String, u32>>>;

fn context(leaf: &Leaf, clients: Option<&Ca>) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
    context.load_cert_chain(chain).unwrap();
    if let Some(ca) = clients {
        let locations = ssl::VerifyLocations::new().cadata(ca.cert_pem());
        context.load_verify_locations(locations).unwrap();
        context.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
    }
    context
}

/// Starts a server on a port that the system chooses. Its threads end with the process.
fn serve(tls: Option<ssl::SslContext>, answer: impl Fn(Stream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let (tls, answer) = (tls.clone(), Arc::clone(&answer));
            thread::spawn(move || match tls {
                None => answer(Stream::Plain(Arc::new(tcp))),
                Some(tls) => {
                    let options = ssl::WrapSocket::new().server_side(true);
                    if let Ok(stream) = tls.wrap_socket(tcp, options) {
                        answer(Stream::Tls(Arc::new(stream)));
                    }
                }
            });
        }
    });
    port
}

/// Answers every request of a connection with its description.
pub(crate) fn server(leaf: Option<&Leaf>, clients: Option<&Ca>) -> u16 {
    server_with(leaf.map(|leaf| context(leaf, clients)))
}

/// A server like [`server`], without TLS 1.3.
pub(crate) fn server_of_tls_1_2(leaf: &Leaf) -> u16 {
    let context = context(leaf, None);
    context
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    server_with(Some(context))
}

fn server_with(context: Option<ssl::SslContext>) -> u16 {
    let counts = Counts::default();
    serve(context, move |mut stream| {
        while let Some(request) = Request::read(&mut stream) {
            if answer(&mut stream, &request, &counts).is_err() {
                return;
            }
        }
    })
}

fn answer(stream: &mut impl Write, request: &Request, counts: &Counts) -> io::Result<()> {
    let path = request.path.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let (action, first, second) = (parts.next(), parts.next(), parts.next());
    let number = |part: Option<&str>| {
        part.and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(200)
    };
    let (mut status, mut headers) = (200, String::new());
    let (_, query) = request.path.split_once('?').unwrap_or_default();
    match action {
        Some("status") => status = number(first),
        // `/redirect/302?target`
        Some("redirect") => {
            status = number(first);
            let _ = write!(headers, "Location: {query}\r\n");
            headers += "Set-Cookie: hop=1; Path=/\r\n";
        }
        Some("set") => {
            for cookie in query.split('&') {
                let _ = write!(headers, "Set-Cookie: {}\r\n", cookie.replace('~', "; "));
            }
        }
        // `/head?STATUS|REASON|HEADER: VALUE|...`: this head, percent-decoded.
        Some("head") => {
            let text = percent_encoding::percent_decode_str(query).decode_utf8_lossy();
            let mut parts = text.split('|');
            let status = parts.next().unwrap_or_default();
            let reason = parts.next().unwrap_or_default();
            let headers: String = parts.map(|header| format!("{header}\r\n")).collect();
            let body = "caf\u{e9}";
            return write!(
                stream,
                "HTTP/1.1 {status} {reason}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
        // `/digest/ALGORITHM/QOP/STATUS`
        Some("digest") => {
            let challenge = Challenge::of(&request.path);
            let authorization = request.header("authorization").unwrap_or_default();
            match challenge.check(&request.method, &request.path, authorization) {
                Some(_) if parts.next() == Some("302") => {
                    status = 302;
                    let _ = write!(
                        headers,
                        "Location: {}\r\n",
                        request.path.replace("/302", "")
                    );
                }
                Some(_) => {}
                None => {
                    status = 401;
                    headers += &challenge.header();
                    headers += "Set-Cookie: challenged=1; Path=/\r\n";
                }
            }
        }
        // `/flaky/NAME/2`: fails twice with 503.
        Some("flaky" | "later" | "empty" | "closes" | "conflicts") => {
            let side = request.header("x-side").unwrap_or_default();
            let mut counts = counts.lock().unwrap();
            let count = counts
                .entry(format!("{side} {} {}", request.method, request.path))
                .or_default();
            *count += 1;
            if *count <= number(second) {
                if action == Some("closes") {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                status = 503;
                match action {
                    Some("later") => headers += "Retry-After: 0\r\n",
                    Some("empty") => headers += "Retry-After:\r\n",
                    Some("conflicts") => headers += "Content-Length: 1\r\n",
                    _ => {}
                }
            }
        }
        _ => {}
    }
    let body = describe(request);
    let mut length = body.len();
    // `/cut`: a body that ends early.
    if action == Some("cut") {
        headers += "Set-Cookie: cut=1; Path=/\r\n";
        length += 1;
    }
    write!(
        stream,
        "HTTP/1.1 {status} Test\r\n{headers}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n"
    )?;
    if request.method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    match action {
        Some("cut") => Err(io::ErrorKind::ConnectionAborted.into()),
        _ => stream.flush(),
    }
}

/// The text of a request, without the parts that are random or differ between libraries.
fn describe(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.path);
    let boundary = request
        .header("content-type")
        .and_then(|value| value.split_once("boundary="));
    let boundary = boundary.map_or("no boundary", |(_, boundary)| boundary);
    // The headers that the two libraries send without being told are shown on request.
    let automatic = ["accept", "accept-encoding", "connection"];
    let shown = request.header("x-show").map_or(0, |_| automatic.len());
    for name in automatic[..shown].iter().copied().chain([
        "host",
        "content-type",
        "content-length",
        "transfer-encoding",
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-mine",
        "via",
    ]) {
        let Some(value) = request.header(name) else {
            continue;
        };
        let mut value = value.replace(boundary, "BOUNDARY");
        if value.starts_with("Digest ") {
            let challenge = Challenge::of(&request.path);
            let checked = challenge.check(&request.method, &request.path, &value);
            value = checked.unwrap_or_else(|| "wrong".to_owned());
        }
        let _ = writeln!(text, "{name}: {value}");
    }
    text += &String::from_utf8_lossy(&request.body).replace(boundary, "BOUNDARY");
    text
}

/// A proxy for the host `site.test`, whose port 80 is the plain server, and port 443 the server with TLS. `credentials`
/// is the required value of `Proxy-Authorization`.
pub(crate) fn proxy(
    leaf: Option<&Leaf>,
    plain: u16,
    tls: u16,
    credentials: Option<&'static str>,
) -> u16 {
    serve(leaf.map(|leaf| context(leaf, None)), move |mut client| {
        while let Some(request) = Request::read(&mut client) {
            if credentials.is_some() && request.header("proxy-authorization") != credentials {
                let refusal =
                    "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno";
                if client.write_all(refusal.as_bytes()).is_err() || request.method == "CONNECT" {
                    return;
                }
                continue;
            }
            let port_of = |authority: &str, default: u16| match authority.rsplit_once(':') {
                Some((_, port)) => port.parse().unwrap_or(default),
                None => default,
            };
            let real = |port: u16| match port {
                80 => plain,
                443 => tls,
                other => other,
            };
            if request.method == "CONNECT" {
                let Ok(server) =
                    TcpStream::connect(("127.0.0.1", real(port_of(&request.path, 443))))
                else {
                    let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
                    return;
                };
                let _ = client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
                relay(client, server);
                return;
            }
            let Some(rest) = request.path.strip_prefix("http://") else {
                return;
            };
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let Ok(mut server) = TcpStream::connect(("127.0.0.1", real(port_of(authority, 80))))
            else {
                let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
                continue;
            };
            let mut head = format!(
                "{} {path} HTTP/1.1\r\nVia: 1.1 test\r\nConnection: close\r\n",
                request.method
            );
            for (name, value) in &request.headers {
                if name != "connection" {
                    let _ = write!(head, "{name}: {value}\r\n");
                }
            }
            let _ = server.write_all(format!("{head}\r\n").as_bytes());
            let _ = server.write_all(&request.body);
            let Some(answer) = read_answer(&mut server, &request.method) else {
                return;
            };
            if client.write_all(&answer).is_err() || client.flush().is_err() {
                return;
            }
        }
    })
}

fn read_answer(server: &mut TcpStream, method: &str) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        server.read_exact(&mut byte).ok()?;
        answer.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)?
        .split("\r\n")
        .next()?
        .parse()
        .ok()?;
    if method != "HEAD" {
        let mut body = vec![0; length];
        server.read_exact(&mut body).ok()?;
        answer.extend(body);
    }
    Some(answer)
}

/// Passes bytes in both directions.
fn relay(client: Stream, server: TcpStream) {
    let server = Stream::Plain(Arc::new(server));
    let (mut from, mut to) = (server.clone(), client.clone());
    let back = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        from.end();
        to.end();
    });
    let (mut from, mut to) = (client, server);
    let _ = io::copy(&mut from, &mut to);
    to.end();
    from.end();
    let _ = back.join();
}
