//! A TLS client on the plain `openssl` crate.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslSession, SslStream, SslVerifyMode,
    SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509CheckFlags;

use crate::pki::{Ca, Leaf};
use crate::process::PATIENCE;
use crate::server::{End, alpn_wire};
use crate::settings::{Settings, setters};

/// The settings of a client.
#[derive(Clone, Debug, Default)]
pub struct ClientConfig {
    ca: Option<X509>,
    identity: Option<Leaf>,
    alpn: Vec<u8>,
    session: Option<Session>,
    settings: Settings,
}

impl ClientConfig {
    /// A client that does not verify, has no certificate, and uses OpenSSL's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts only this authority, and checks the server's name.
    pub fn ca(mut self, ca: &Ca) -> Self {
        self.ca = Some(ca.cert().clone());
        self
    }

    /// Sends this certificate if the server requests one.
    pub fn identity(mut self, leaf: &Leaf) -> Self {
        self.identity = Some(leaf.clone());
        self
    }

    setters!();

    /// The ALPN protocols to offer.
    pub fn alpn(mut self, protocols: &[&str]) -> Self {
        self.alpn = alpn_wire(protocols);
        self
    }

    /// Tries to resume a session. OpenSSL can resume it only with the context of its first connection. The client uses
    /// this context, and ignores its other settings.
    pub fn session(mut self, session: &Session) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// Connects and does the handshake. The name is sent (SNI) unless it is empty or an IP address. If the client
    /// trusts an authority, it also checks that the server's certificate has this name.
    ///
    /// # Errors
    ///
    /// If the connection or the handshake fails; TLS errors have OpenSSL's text. A server that does not answer
    /// within three minutes is a time-out.
    pub fn connect(&self, name: &str, address: SocketAddr) -> io::Result<EchoClient> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        self.handshake(name, stream)
    }

    /// Does the handshake on a connected stream.
    ///
    /// # Errors
    ///
    /// The errors of [`connect`](Self::connect).
    pub fn handshake(&self, name: &str, stream: TcpStream) -> io::Result<EchoClient> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut stream = SslStream::new(self.ssl(name)?, stream)?;
        stream.connect().map_err(io_error)?;
        Ok(EchoClient { stream })
    }

    fn ssl(&self, name: &str) -> Result<Ssl, openssl::error::ErrorStack> {
        let mut ssl = match &self.session {
            Some(session) => Ssl::new(&session.context)?,
            None => Ssl::new(&self.build()?.build())?,
        };
        let ip = name.parse().ok();
        if !name.is_empty() && ip.is_none() {
            ssl.set_hostname(name)?;
        }
        if self.ca.is_some() {
            let param = ssl.param_mut();
            param.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            match ip {
                Some(ip) => param.set_ip(ip)?,
                None => param.set_host(name)?,
            }
        }
        if let Some(session) = &self.session {
            // SAFETY: the session was made by a connection of the same context.
            unsafe { ssl.set_session(&session.session)? };
        }
        Ok(ssl)
    }

    fn build(&self) -> Result<SslContextBuilder, openssl::error::ErrorStack> {
        let mut context = SslContext::builder(SslMethod::tls_client())?;
        self.settings.apply(&mut context)?;
        if let Some(ca) = &self.ca {
            let mut store = X509StoreBuilder::new()?;
            store.add_cert(ca.clone())?;
            context.set_cert_store(store.build());
            context.set_verify(SslVerifyMode::PEER);
        } else {
            context.set_verify(SslVerifyMode::NONE);
        }
        if let Some(identity) = &self.identity {
            identity.load(&mut context)?;
        }
        if !self.alpn.is_empty() {
            context.set_alpn_protos(&self.alpn)?;
        }
        self.settings.configure(&mut context);
        Ok(context)
    }
}

/// A session that can be resumed.
#[derive(Clone)]
pub struct Session {
    session: SslSession,
    context: SslContext,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// A connected client. Dropping it closes the TCP connection without close_notify.
#[derive(Debug)]
pub struct EchoClient {
    stream: SslStream<TcpStream>,
}

impl EchoClient {
    /// Sends bytes to an echo server, and returns what comes back. It reads after each piece that it sends, so that
    /// neither end blocks on a full buffer.
    ///
    /// # Errors
    ///
    /// If the connection fails, or ends before all bytes were received.
    pub fn echo(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        for piece in bytes.chunks(1 << 13) {
            self.send(piece)?;
            all.extend(self.receive_exactly(piece.len())?);
        }
        Ok(all)
    }

    /// Sends bytes.
    ///
    /// # Errors
    ///
    /// If the connection fails.
    pub fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.stream.ssl_write(bytes).map_err(io_error)?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    /// Reads the data of one record; empty after close_notify.
    ///
    /// # Errors
    ///
    /// If the connection fails or ends without close_notify.
    pub fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 1 << 14];
        match self.stream.ssl_read(&mut buffer) {
            Ok(length) => buffer.truncate(length),
            Err(error) if error.code() == ErrorCode::ZERO_RETURN => buffer.clear(),
            Err(error) => return Err(io_error(error)),
        }
        Ok(buffer)
    }

    /// Reads exactly this many bytes.
    ///
    /// # Errors
    ///
    /// If the connection fails, or ends before all bytes were received.
    pub fn receive_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while all.len() < length {
            let mut buffer = vec![0; length - all.len()];
            let read = self.stream.ssl_read(&mut buffer).map_err(io_error)?;
            all.extend_from_slice(&buffer[..read]);
        }
        Ok(all)
    }

    /// Reads until close_notify.
    ///
    /// # Errors
    ///
    /// If the connection fails or ends without close_notify.
    pub fn receive_all(&mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let some = self.receive()?;
            if some.is_empty() {
                return Ok(all);
            }
            all.extend(some);
        }
    }

    /// Sends close_notify, waits for the server's, and closes the TCP connection. Data that the server still
    /// sends is discarded.
    ///
    /// # Errors
    ///
    /// If the connection fails or ends without close_notify.
    pub fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().map_err(io_error)?;
        self.receive_all()?;
        Ok(())
    }

    /// The protocol version in OpenSSL's spelling: `TLSv1.3`.
    pub fn version(&self) -> &str {
        self.stream.ssl().version_str()
    }

    /// The cipher suite in OpenSSL's spelling.
    pub fn cipher(&self) -> &str {
        self.stream
            .ssl()
            .current_cipher()
            .map_or("", |cipher| cipher.name())
    }

    /// The negotiated ALPN protocol.
    pub fn alpn(&self) -> Option<String> {
        let name = self.stream.ssl().selected_alpn_protocol();
        name.map(|name| String::from_utf8_lossy(name).into_owned())
    }

    /// The server's certificate as DER.
    pub fn peer_cert(&self) -> Option<Vec<u8>> {
        let cert = self.stream.ssl().peer_certificate();
        cert.map(|cert| cert.to_der().expect("a certificate has a DER form"))
    }

    /// The session, for resumption. A TLS 1.3 session is available once data was received.
    pub fn session(&self) -> Option<Session> {
        let ssl = self.stream.ssl();
        Some(Session {
            session: ssl.session()?.to_owned(),
            context: ssl.ssl_context().to_owned(),
        })
    }

    /// True if an earlier session was resumed.
    pub fn resumed(&self) -> bool {
        self.stream.ssl().session_reused()
    }

    /// The TLS stream.
    pub fn stream(&mut self) -> &mut SslStream<TcpStream> {
        &mut self.stream
    }

    /// Shuts down the write side of the TCP connection without close_notify.
    ///
    /// # Errors
    ///
    /// If the TCP stream is no longer connected.
    pub fn shutdown_tcp(&self) -> io::Result<()> {
        self.stream.get_ref().shutdown(Shutdown::Write)
    }
}

impl Read for EchoClient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for EchoClient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Converts an error of OpenSSL: a system error keeps its kind, and a TLS error its text.
fn io_error(error: openssl::ssl::Error) -> io::Error {
    if End::of(&error) == End::Eof {
        return io::ErrorKind::UnexpectedEof.into();
    }
    match error.code() {
        ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => {
            io::Error::new(io::ErrorKind::TimedOut, "no answer came")
        }
        _ => error.into_io_error().unwrap_or_else(io::Error::other),
    }
}
