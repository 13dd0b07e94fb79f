//! `axum_server` with a [`TlsAcceptor`]. The extensions of each request have a [`TlsInfo`].
//!
//! ```
//! # use pyssl as ssl;
//! # use pyssl_integrations::axum_server::TlsAcceptor;
//! # async fn f(context: ssl::SslContext, app: axum::Router) -> std::io::Result<()> {
//! let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8443));
//! axum_server::bind(address)
//!     .acceptor(TlsAcceptor(context))
//!     .serve(app.into_make_service())
//!     .await
//! # }
//! ```

use std::future::Future;
use std::io;
use std::pin::Pin;

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use pyssl::SslContext;
use pyssl::aio::TlsStream;
use tokio::net::TcpStream;
use tower_layer::Layer;

use crate::TlsInfo;

/// Accepts connections with a context, which can be changed while the server runs.
#[derive(Clone, Debug)]
pub struct TlsAcceptor(pub SslContext);

impl<S: Send + 'static> Accept<TcpStream, S> for TlsAcceptor {
    type Stream = TlsStream<TcpStream>;
    type Service = AddExtension<S, TlsInfo>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, tcp: TcpStream, service: S) -> Self::Future {
        let handshake = self.0.accept(tcp);
        Box::pin(async move {
            let stream = handshake.await?;
            let service = Extension(TlsInfo::of(&stream)).layer(service);
            Ok((stream, service))
        })
    }
}
