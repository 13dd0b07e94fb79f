//! Connects through HTTP proxies: `CONNECT`, and TLS within TLS.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use super::Error;
use super::transport::{Remaining, Stream, connect, handshake};
use super::url::{self, Url};
use crate as ssl;

/// The longest answer to `CONNECT`.
const LONGEST: usize = 64 << 10;

/// A proxy and the credentials for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Proxy {
    host: String,
    port: u16,
    pub(super) is_tls: bool,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<String>,
}

impl Proxy {
    /// Parses the URL of a proxy.
    pub(super) fn parse(text: &str) -> Result<Proxy, Error> {
        let invalid = || {
            Error::InvalidProxyURL(
                "Please check proxy URL. It is malformed and could be missing the host.".into(),
            )
        };
        let full = match text.contains("://") {
            true => text.to_owned(),
            false => format!("http://{text}"),
        };
        let scheme = full
            .split("://")
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if scheme.starts_with("socks") {
            return Err(Error::InvalidSchema(
                "SOCKS proxies are not supported.".into(),
            ));
        }
        let url: Url = url::parse(&full).map_err(|_| invalid())?;
        let is_tls = url.scheme() == "https";
        let credentials = url.credentials().filter(|(name, _)| !name.is_empty());
        let authorization = credentials.map(|(name, password)| {
            let pair = [name, password].join(&b':');
            format!("Basic {}", openssl::base64::encode_block(&pair))
        });
        Ok(Proxy {
            host: url.host(),
            port: url.port().unwrap_or(if is_tls { 443 } else { 80 }),
            is_tls,
            authorization,
        })
    }

    /// Connects to the proxy, with TLS if its URL says `https`.
    pub(super) fn connect(
        &self,
        context: impl FnOnce() -> Result<ssl::SslContext, Error>,
        remaining: &Remaining,
    ) -> Result<Stream, Error> {
        let proxied = |error: Error| match error {
            Error::ConnectTimeout | Error::OSError(_) => error,
            error => Error::ProxyError(Box::new(error)),
        };
        let addresses = self
            .addresses()
            .map_err(|error| Error::ProxyError(Box::new(error)))?;
        let plain = connect(&addresses, remaining).map_err(proxied)?;
        let _ = plain.set_nodelay(true);
        match self.is_tls {
            false => Ok(Stream::Plain(plain)),
            true => {
                let sock = handshake(
                    &context()?,
                    plain,
                    ssl::WrapSocket::from(&*self.host),
                    remaining,
                );
                Ok(Stream::Tls(Box::new(sock.map_err(proxied)?)))
            }
        }
    }

    fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        Ok((host, self.port).to_socket_addrs()?.collect())
    }

    /// Asks the proxy for a connection to the server.
    pub(super) fn tunnel(
        &self,
        stream: &mut Stream,
        host: &str,
        port: u16,
        remaining: &Remaining,
    ) -> Result<(), Error> {
        let broken = |text: String| Error::ProxyError(text.into());
        let timed = |error: ssl::Error| match error {
            ssl::Error::Timeout(_) => Error::ReadTimeout,
            error if error.is_would_block() => Error::ReadTimeout,
            error => Error::ProxyError(Box::new(error)),
        };
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(value) = &self.authorization {
            request += &format!("Proxy-Authorization: {value}\r\n");
        }
        request += "\r\n";
        let left = || remaining.get().ok_or(Error::ConnectTimeout);
        stream.send(request.as_bytes(), left()?).map_err(timed)?;
        let mut answer = Vec::new();
        // Byte by byte, since the bytes after the answer belong to the tunnel.
        while !answer.ends_with(b"\r\n\r\n") && !answer.ends_with(b"\n\n") {
            let mut byte = [0];
            if stream.receive(&mut byte, left()?).map_err(timed)? == 0 || answer.len() > LONGEST {
                return Err(broken(
                    "the proxy closed the connection without an answer to CONNECT".to_owned(),
                ));
            }
            answer.push(byte[0]);
        }
        let line = answer
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let mut words = line.trim_end().splitn(3, ' ');
        let status: Option<u16> = words.nth(1).and_then(|status| status.parse().ok());
        match status {
            Some(200) => Ok(()),
            Some(status) => {
                let reason = words.next().unwrap_or_default();
                Err(broken(format!(
                    "Tunnel connection failed: {status} {reason}"
                )))
            }
            None => Err(broken(format!(
                "the proxy's answer to CONNECT is not HTTP: {line}"
            ))),
        }
    }
}

/// TLS within the TLS connection to a proxy.
#[derive(Debug)]
pub(super) struct Nested {
    outer: ssl::SslSocket,
    inner: ssl::SslObject,
    incoming: ssl::MemoryBio,
    outgoing: ssl::MemoryBio,
}

impl Nested {
    pub(super) fn connect(
        context: &ssl::SslContext,
        outer: ssl::SslSocket,
        options: impl Into<ssl::WrapBio>,
        timeout: Option<Duration>,
    ) -> ssl::Result<Nested> {
        let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        let inner = context.wrap_bio(&incoming, &outgoing, options)?;
        let nested = Nested {
            outer,
            inner,
            incoming,
            outgoing,
        };
        nested.outer.settimeout(timeout)?;
        nested.drive(ssl::SslObject::do_handshake)?;
        Ok(nested)
    }

    pub(super) fn outer(&self) -> &ssl::SslSocket {
        &self.outer
    }

    pub(super) fn inner(&self) -> &ssl::SslObject {
        &self.inner
    }

    /// Repeats an operation until it does not wait for the peer.
    pub(super) fn drive<T>(
        &self,
        mut operation: impl FnMut(&ssl::SslObject) -> ssl::Result<T>,
    ) -> ssl::Result<T> {
        loop {
            let outcome = operation(&self.inner);
            let sent = self.outgoing.read(None);
            if !sent.is_empty() {
                self.outer.sendall(&sent)?;
            }
            match outcome {
                Err(ssl::Error::WantRead(_)) => match self.outer.recv(16 << 10)? {
                    received if received.is_empty() => self.incoming.write_eof(),
                    received => drop(self.incoming.write(&received)?),
                },
                outcome => return outcome,
            }
        }
    }

    /// Whether the peer has sent nothing, not even the end of the stream.
    pub(super) fn is_silent(&self) -> bool {
        let inner_waits = matches!(self.inner.read(1), Err(ssl::Error::WantRead(_)));
        let idle = self
            .outer
            .setblocking(false)
            .and_then(|()| self.outer.recv(1));
        inner_waits && matches!(idle, Err(ssl::Error::WantRead(_)))
    }
}
