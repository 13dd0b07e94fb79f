//! `tokio_postgres` with channel binding (`tls-server-end-point`), which SCRAM uses to detect a
//! man in the middle.
//!
//! ```
//! # use pyssl as ssl;
//! # use pyssl_integrations::postgres::MakeTls;
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let context = ssl::create_default_context(())?;
//! let config = "host=localhost user=me sslmode=require channel_binding=require";
//! let (client, connection) = tokio_postgres::connect(config, MakeTls(context)).await?;
//! # Ok(()) }
//! ```

use std::future::Future;
use std::pin::Pin;

use pyssl::aio::TlsStream;
use pyssl::{Error, SslContext};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{self, ChannelBinding, MakeTlsConnect, TlsConnect};

use crate::Stream;

/// Starts TLS on connections to PostgreSQL servers.
#[derive(Clone, Debug)]
pub struct MakeTls(pub SslContext);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for MakeTls {
    type Stream = Stream<TlsStream<S>>;
    type TlsConnect = Connect;
    type Error = Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connect, Error> {
        Ok(Connect(self.0.clone(), host.to_owned()))
    }
}

/// Starts TLS on one connection, whose host name it has.
#[derive(Debug)]
pub struct Connect(SslContext, String);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Stream<TlsStream<S>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let stream = self.0.connect(stream, self.1.as_str()).await?;
            Ok(Stream(stream))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> tls::TlsStream for Stream<TlsStream<S>> {
    fn channel_binding(&self) -> ChannelBinding {
        let binding = self.0.object().get_channel_binding("tls-server-end-point");
        match binding {
            Ok(Some(hash)) => ChannelBinding::tls_server_end_point(hash),
            _ => ChannelBinding::none(),
        }
    }
}
