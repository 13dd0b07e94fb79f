//! TLS servers on the plain `openssl` crate.

use std::net::SocketAddr;
use std::sync::Arc;

use openssl::ssl::{
    self, AlpnError, ErrorCode, NameType, Ssl, SslContext, SslContextBuilder, SslMethod, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use crate::listener::{Listener, Reports, Socket};
use crate::pki::{Ca, Leaf};
use crate::settings::{Settings, setters};

/// The settings of a server. A `&Leaf` converts to the default settings with this certificate.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    identity: Leaf,
    client_ca: Option<(X509, SslVerifyMode)>,
    alpn: Vec<u8>,
    hang_up: Option<(usize, HangUp)>,
    settings: Settings,
}

/// How a server closes a connection on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// The server sends a close_notify alert, and closes the TCP connection.
    CloseNotify,
    /// The server closes the TCP connection without close_notify.
    Abruptly,
    /// The server resets the TCP connection.
    Reset,
}

impl ServerConfig {
    /// A server with this certificate and its intermediates, and OpenSSL's defaults.
    pub fn new(identity: &Leaf) -> Self {
        Self {
            identity: identity.clone(),
            client_ca: None,
            alpn: Vec::new(),
            hang_up: None,
            settings: Settings::default(),
        }
    }

    /// Requires a client certificate from this authority.
    pub fn require_client_cert(mut self, ca: &Ca) -> Self {
        let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
        self.client_ca = Some((ca.cert().clone(), mode));
        self
    }

    /// Requests a client certificate, and refuses one that is not from this authority.
    pub fn request_client_cert(mut self, ca: &Ca) -> Self {
        self.client_ca = Some((ca.cert().clone(), SslVerifyMode::PEER));
        self
    }

    setters!();

    /// The ALPN protocols, most preferred first. A client that offers none of them gets no protocol.
    pub fn alpn(mut self, protocols: &[&str]) -> Self {
        self.alpn = alpn_wire(protocols);
        self
    }

    /// Closes the connection after this many bytes were received (and, by an echo server, sent back).
    pub fn hang_up_after(mut self, bytes: usize, how: HangUp) -> Self {
        self.hang_up = Some((bytes, how));
        self
    }

    fn build(&self) -> Result<SslContext, openssl::error::ErrorStack> {
        let mut context = SslContext::builder(SslMethod::tls_server())?;
        self.settings.apply(&mut context)?;
        self.identity.load(&mut context)?;
        context.set_session_id_context(b"pyssl-testing")?;
        if let Some((ca, mode)) = &self.client_ca {
            let mut store = X509StoreBuilder::new()?;
            store.add_cert(ca.clone())?;
            context.set_verify_cert_store(store.build())?;
            context.add_client_ca(ca)?;
            context.set_verify(*mode);
        }
        if !self.alpn.is_empty() {
            let ours = self.alpn.clone();
            context.set_alpn_select_callback(move |_, theirs| {
                let chosen = ssl::select_next_proto(&ours, theirs).ok_or(AlpnError::NOACK)?;
                // OpenSSL requires that the chosen name points into the client's list.
                let start = theirs
                    .windows(chosen.len())
                    .position(|window| window == chosen);
                start
                    .map(|start| &theirs[start..start + chosen.len()])
                    .ok_or(AlpnError::NOACK)
            });
        }
        self.settings.configure(&mut context);
        Ok(context.build())
    }
}

impl From<&Leaf> for ServerConfig {
    fn from(identity: &Leaf) -> Self {
        Self::new(identity)
    }
}

/// Protocol names in ALPN's wire format.
pub(crate) fn alpn_wire(protocols: &[&str]) -> Vec<u8> {
    let prefixed = protocols.iter().map(|name| {
        let length = u8::try_from(name.len()).expect("an ALPN protocol has at most 255 bytes");
        [&[length], name.as_bytes()].concat()
    });
    prefixed.collect::<Vec<_>>().concat()
}

/// The record of one connection, available once it has ended.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// OpenSSL's text for the error that ended the handshake.
    pub handshake_error: Option<String>,
    /// The client's certificate as DER.
    pub peer_cert: Option<Vec<u8>>,
    /// The name that the client sent (SNI).
    pub server_name: Option<String>,
    /// The protocol version in OpenSSL's spelling: `TLSv1.3`.
    pub version: Option<String>,
    /// The cipher suite in OpenSSL's spelling.
    pub cipher: Option<String>,
    /// The negotiated ALPN protocol.
    pub alpn: Option<String>,
    /// True if an earlier session was resumed.
    pub resumed: bool,
    /// The data that the client sent.
    pub received: Vec<u8>,
    /// How the connection ended, if the handshake succeeded.
    pub end: Option<End>,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The client sent close_notify.
    CloseNotify,
    /// The TCP stream ended without close_notify.
    Eof,
    /// The server closed the connection as configured.
    HungUp,
    /// An error occurred.
    Failed(String),
}

impl End {
    pub(crate) fn of(error: &ssl::Error) -> Self {
        let eof = error.ssl_error().is_some_and(|stack| {
            let mut reasons = stack.errors().iter().filter_map(|e| e.reason());
            reasons.any(|reason| reason == "unexpected eof while reading")
        });
        match error.code() {
            ErrorCode::ZERO_RETURN => Self::CloseNotify,
            ErrorCode::SYSCALL if error.io_error().is_none() => Self::Eof,
            _ if eof => Self::Eof,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// The part that [`EchoServer`] and [`HttpsServer`] have in common.
#[derive(Debug)]
struct TlsServer {
    connections: Reports<Connection>,
    listener: Listener,
}

impl TlsServer {
    fn start<F>(config: &ServerConfig, serve: F) -> Self
    where
        F: Fn(&mut SslStream<Socket>, &mut Connection) -> Result<HangUp, ssl::Error>
            + Send
            + Sync
            + 'static,
    {
        let context = config.build().expect("OpenSSL takes the server's settings");
        let (sender, connections) = Reports::new();
        let listener = Listener::start(move |socket, _| {
            let mut seen = Connection::default();
            let ssl = Ssl::new(&context).expect("OpenSSL makes a connection");
            let mut stream = SslStream::new(ssl, socket.clone()).expect("OpenSSL takes the stream");
            let mut how = HangUp::Abruptly;
            let handshake = stream.accept();
            seen.note(stream.ssl());
            match handshake {
                Err(error) => seen.handshake_error = Some(error.to_string()),
                Ok(()) => match serve(&mut stream, &mut seen) {
                    Ok(hang_up) => {
                        seen.end = Some(End::HungUp);
                        how = hang_up;
                    }
                    Err(error) => {
                        let end = End::of(&error);
                        if end == End::CloseNotify {
                            how = HangUp::CloseNotify;
                        }
                        seen.end = Some(end);
                    }
                },
            }
            if how == HangUp::CloseNotify {
                let _ = stream.shutdown();
            }
            drop(stream);
            let _ = sender.send(seen);
            match how {
                HangUp::Reset => socket.reset(),
                _ => socket.finish(),
            }
        });
        Self {
            connections,
            listener,
        }
    }
}

impl Connection {
    fn note(&mut self, ssl: &ssl::SslRef) {
        self.server_name = ssl.servername(NameType::HOST_NAME).map(str::to_owned);
        if self.handshake_error.is_none() && ssl.is_init_finished() {
            self.peer_cert = ssl
                .peer_certificate()
                .map(|cert| cert.to_der().expect("a certificate has a DER form"));
            self.version = Some(ssl.version_str().to_owned());
            self.cipher = ssl.current_cipher().map(|cipher| cipher.name().to_owned());
            self.alpn = ssl
                .selected_alpn_protocol()
                .map(|name| String::from_utf8_lossy(name).into_owned());
            self.resumed = ssl.session_reused();
        }
    }
}

/// A server that sends all data back until the client closes. Its threads are joined on drop.
#[derive(Debug)]
pub struct EchoServer(TlsServer);

impl EchoServer {
    /// Starts on a free port of the loopback interface, with a certificate (`&leaf`) or a [`ServerConfig`].
    pub fn start<C: Into<ServerConfig>>(config: C) -> Self {
        let config = config.into();
        let hang_up = config.hang_up;
        Self(TlsServer::start(&config, move |stream, seen| {
            let mut buffer = vec![0; 1 << 16];
            loop {
                if let Some((_, how)) = hang_up.filter(|(after, _)| seen.received.len() >= *after) {
                    return Ok(how);
                }
                let length = stream.ssl_read(&mut buffer)?;
                seen.received.extend_from_slice(&buffer[..length]);
                let mut rest = &buffer[..length];
                while !rest.is_empty() {
                    let written = stream.ssl_write(rest)?;
                    rest = &rest[written..];
                }
            }
        }))
    }

    /// The listening address.
    pub fn addr(&self) -> SocketAddr {
        self.0.listener.address()
    }

    /// The listening port.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Waits for the next connection to end, and returns its record.
    #[track_caller]
    pub fn next_connection(&self) -> Connection {
        self.0.connections.next()
    }
}

/// The fixed response of an [`HttpsServer`]. A body converts to a response with the status `200 OK`.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    status: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: usize,
    raw: Option<Vec<u8>>,
}

impl HttpResponse {
    /// `200 OK` with this body.
    pub fn ok<B: Into<Vec<u8>>>(body: B) -> Self {
        let body = body.into();
        Self {
            status: "200 OK".to_owned(),
            headers: Vec::new(),
            length: body.len(),
            body,
            raw: None,
        }
    }

    /// Sends exactly these bytes, including the head.
    pub fn raw<B: Into<Vec<u8>>>(bytes: B) -> Self {
        Self {
            raw: Some(bytes.into()),
            ..Self::ok("")
        }
    }

    /// A redirect (302) to this address.
    pub fn redirect(location: &str) -> Self {
        Self::ok("")
            .status("302 Found")
            .header("Location", location)
    }

    /// Sets another status, for example `404 Not Found`.
    pub fn status(mut self, status: &str) -> Self {
        self.status = status.to_owned();
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a `Content-Length` that differs from the body's length.
    pub fn content_length(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    fn to_bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut head = format!(
            "HTTP/1.1 {}\r\nContent-Length: {}\r\n",
            self.status, self.length
        );
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }
}

impl<B: Into<Vec<u8>>> From<B> for HttpResponse {
    fn from(body: B) -> Self {
        Self::ok(body)
    }
}

/// A server that gives the same response to every HTTP/1.1 request. Its threads are joined on drop.
#[derive(Debug)]
pub struct HttpsServer(TlsServer);

impl HttpsServer {
    /// Starts on a free port of the loopback interface. The server keeps a connection open for further requests
    /// unless the client sends `Connection: close`; it then closes with close_notify.
    pub fn start<C: Into<ServerConfig>, R: Into<HttpResponse>>(config: C, response: R) -> Self {
        let config = config.into();
        let response = response.into().to_bytes();
        let hang_up = config.hang_up;
        Self(TlsServer::start(&config, move |stream, seen| {
            loop {
                let before = seen.received.len();
                read_request(stream, seen)?;
                let head = String::from_utf8_lossy(&seen.received[before..]).to_ascii_lowercase();
                let mut rest = &response[..];
                while !rest.is_empty() {
                    let written = stream.ssl_write(rest)?;
                    rest = &rest[written..];
                }
                if let Some((_, how)) = hang_up.filter(|(after, _)| seen.received.len() >= *after) {
                    return Ok(how);
                }
                if head.contains("\r\nconnection: close\r\n") {
                    return Ok(HangUp::CloseNotify);
                }
            }
        }))
    }

    /// The listening address.
    pub fn addr(&self) -> SocketAddr {
        self.0.listener.address()
    }

    /// The listening port.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// An `https` URL of this server; `host` must resolve to the loopback interface.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.port())
    }

    /// Waits for the next connection to end, and returns its record. The requests are in
    /// [`received`](Connection::received).
    #[track_caller]
    pub fn next_connection(&self) -> Connection {
        self.0.connections.next()
    }
}

/// Reads a request's head, and the body that it announces.
fn read_request(stream: &mut SslStream<Socket>, seen: &mut Connection) -> Result<(), ssl::Error> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.ssl_read(&mut byte)?;
        request.push(byte[0]);
        seen.received.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length:"));
    for _ in 0..length
        .and_then(|length| length.trim().parse().ok())
        .unwrap_or(0)
    {
        stream.ssl_read(&mut byte)?;
        seen.received.push(byte[0]);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
