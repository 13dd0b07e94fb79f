//! gRPC with `tonic`, whose own TLS features stay off. A client uses the connector of
//! [`hyper_client`](crate::hyper_client), a server [`incoming`].
//!
//! ```
//! # use pyssl as ssl;
//! # use pyssl_integrations::{TlsListener, hyper_client::HttpsConnector, tonic::incoming};
//! # use tonic::transport::{Endpoint, Server, server::Router};
//! # async fn f(context: ssl::SslContext, router: Router, tcp: tokio::net::TcpListener)
//! #     -> Result<(), Box<dyn std::error::Error>> {
//! context.set_alpn_protocols(&["h2"])?;
//! # let router: Router = {
//! // Server::builder().add_service(...)
//! # router };
//! router.serve_with_incoming(incoming(TlsListener::new(tcp, context))).await?;
//!
//! let context = ssl::create_default_context(())?;
//! context.set_alpn_protocols(&["h2"])?;
//! let channel = Endpoint::from_static("https://localhost:8443")
//!     .connect_with_connector(HttpsConnector::new(context))
//!     .await?;
//! # Ok(()) }
//! ```

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use pyssl::aio::TlsStream;
use tokio::net::TcpStream;
use tonic::transport::server::Connected;

use crate::{Stream, TlsInfo, TlsListener};

type ServerStream = Stream<TlsStream<TcpStream>>;

/// The connections of a listener. The extensions of each request have a [`TlsInfo`].
pub fn incoming(
    listener: TlsListener,
) -> impl futures_core::Stream<Item = io::Result<ServerStream>> + Send {
    Incoming(Box::pin(next(listener)))
}

type Next = Pin<Box<dyn Future<Output = (io::Result<ServerStream>, TlsListener)> + Send>>;

struct Incoming(Next);

async fn next(mut listener: TlsListener) -> (io::Result<ServerStream>, TlsListener) {
    let (stream, _) = listener.next().await;
    (Ok(Stream(stream)), listener)
}

impl futures_core::Stream for Incoming {
    type Item = io::Result<ServerStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll(cx).map(|(accepted, listener)| {
            self.0 = Box::pin(next(listener));
            Some(accepted)
        })
    }
}

impl Connected for ServerStream {
    type ConnectInfo = TlsInfo;

    fn connect_info(&self) -> TlsInfo {
        TlsInfo::of(&self.0)
    }
}
