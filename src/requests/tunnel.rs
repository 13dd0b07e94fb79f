//! Connects through HTTP proxies with `CONNECT`.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use ureq::http::HeaderValue;

use super::Error;
use super::auth::basic;
use super::connection::{Remaining, Stream, connect, handshake, is_timeout};
use super::url::{self, Url};
use crate as ssl;

/// The longest answer to `CONNECT`.
const LONGEST: usize = 64 << 10;

/// A proxy and the credentials for it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Proxy {
    host: String,
    port: u16,
    pub(super) is_tls: bool,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<HeaderValue>,
}

impl fmt::Debug for Proxy {
    /// Omits the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
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
        let authorization = credentials.map(|(name, password)| basic(&name, &password));
        Ok(Proxy {
            host: url.host(),
            port: url.port().unwrap_or(if is_tls { 443 } else { 80 }),
            is_tls,
            authorization: authorization.transpose()?,
        })
    }

    pub(super) fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref()?.to_str().ok()
    }

    /// Connects to the proxy, with TLS if its URL says `https`.
    pub(super) fn connect(
        &self,
        context: impl FnOnce() -> Result<ssl::SslContext, Error>,
        remaining: &Remaining,
    ) -> Result<Stream, Error> {
        let proxied = |error: Error| match error {
            Error::OSError(_) => error,
            error => Error::ProxyError(Box::new(error)),
        };
        let addresses = self
            .addresses()
            .map_err(|error| proxied(Error::not_connected(error)))?;
        let plain = connect(&addresses, remaining).map_err(proxied)?;
        let _ = plain.set_nodelay(true);
        match self.is_tls {
            false => Ok(Stream::Plain(plain.into())),
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
        Ok((&*self.host, self.port).to_socket_addrs()?.collect())
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
            error if is_timeout(&error) => Error::ReadTimeout,
            error => Error::ProxyError(Box::new(error)),
        };
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(value) = self.authorization() {
            request += &format!("Proxy-Authorization: {value}\r\n");
        }
        request += "\r\n";
        let left = || remaining.get().ok_or(Error::ConnectTimeout);
        stream.send(request.as_bytes(), left()?).map_err(timed)?;
        let mut answer = Vec::new();
        // The answer is read byte by byte, since the bytes after it belong to the tunnel.
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
