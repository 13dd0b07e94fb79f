//! TLS within TLS.

use std::time::Duration;

use crate as ssl;

/// TLS within the TLS connection to a proxy.
#[derive(Debug)]
pub(super) struct TlsInTls {
    outer: ssl::SslSocket,
    inner: ssl::SslObject,
    incoming: ssl::MemoryBio,
    outgoing: ssl::MemoryBio,
}

impl TlsInTls {
    pub(super) fn connect(
        context: &ssl::SslContext,
        outer: ssl::SslSocket,
        options: impl Into<ssl::WrapBio>,
        timeout: Option<Duration>,
    ) -> ssl::Result<TlsInTls> {
        let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        let inner = context.wrap_bio(&incoming, &outgoing, options)?;
        let nested = TlsInTls {
            outer,
            inner,
            incoming,
            outgoing,
        };
        nested.outer.limit(timeout);
        nested.drive(ssl::SslObject::do_handshake)?;
        Ok(nested)
    }

    pub(super) fn outer(&self) -> &ssl::SslSocket {
        &self.outer
    }

    pub(super) fn inner(&self) -> &ssl::SslObject {
        &self.inner
    }

    /// Repeats an operation of the inner connection, and sends and receives over the outer one,
    /// until the operation needs no more data of the peer.
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
        self.outer.limit(Some(Duration::ZERO));
        inner_waits && matches!(self.outer.recv(1), Err(ssl::Error::WantRead(_)))
    }
}
