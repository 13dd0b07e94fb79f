//! `axum::serve` on a [`TlsListener`].
//!
//! ```
//! # use pyssl as ssl;
//! # use pyssl_integrations::{TlsInfo, TlsListener};
//! # async fn f(context: ssl::SslContext) -> std::io::Result<()> {
//! let app = axum::Router::new(); // ... handlers can take `ConnectInfo<TlsInfo>`
//! let tcp = tokio::net::TcpListener::bind("localhost:8443").await?;
//! let listener = TlsListener::new(tcp, context);
//! axum::serve(listener, app.into_make_service_with_connect_info::<TlsInfo>()).await
//! # }
//! ```

use std::io;
use std::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use pyssl::aio::TlsStream;
use tokio::net::TcpStream;

use crate::{TlsInfo, TlsListener};

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TlsListener::local_addr(self)
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for TlsInfo {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> TlsInfo {
        TlsInfo::of(stream.io())
    }
}
