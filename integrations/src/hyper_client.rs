//! A connector for `hyper_util`'s client, for `http` and `https`.
//!
//! ```
//! # use pyssl as ssl;
//! # use pyssl_integrations::hyper_client::HttpsConnector;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! # async fn f(body: String) -> Result<(), Box<dyn std::error::Error>> {
//! let context = ssl::create_default_context(())?;
//! context.set_alpn_protocols(&["h2", "http/1.1"])?;
//! let client = Client::builder(TokioExecutor::new()).build(HttpsConnector::new(context));
//! # let client: Client<_, String> = client;
//! let response = client.get("https://localhost:8443/".parse()?).await?;
//! # Ok(()) }
//! ```

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use pyssl::aio::TlsStream;
use pyssl::{SslContext, WrapBio};
use tokio::net::TcpStream;
use tokio_util::either::Either;
use tower_service::Service;

use crate::Stream;

/// Connects to servers.
#[derive(Clone, Debug)]
pub struct HttpsConnector {
    http: HttpConnector,
    context: SslContext,
}

impl HttpsConnector {
    /// A connector that uses `context` for `https`.
    pub fn new(context: SslContext) -> HttpsConnector {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        HttpsConnector { http, context }
    }
}

/// A connection to a server.
pub type HttpsStream = Stream<Either<TlsStream<TcpStream>, TcpStream>>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for HttpsConnector {
    type Response = TokioIo<HttpsStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let context = self.context.clone();
        let connecting = self.http.call(uri.clone());
        Box::pin(async move {
            let tcp = connecting.await?.into_inner();
            let stream = if uri.scheme() == Some(&Scheme::HTTPS) {
                let host = uri.host().unwrap_or_default();
                // An IPv6 address has brackets in a URI.
                let host = host.trim_matches(['[', ']']);
                // The port selects the sessions that the context keeps.
                let port = uri.port_u16().unwrap_or(443);
                let options = WrapBio::from(host).port(port);
                Either::Left(context.connect(tcp, options).await?)
            } else {
                Either::Right(tcp)
            };
            Ok(TokioIo::new(Stream(stream)))
        })
    }
}

impl Connection for HttpsStream {
    fn connected(&self) -> Connected {
        match &self.0 {
            Either::Left(tls) => {
                let connected = TcpStream::connected(tls.get_ref());
                match tls.object().selected_alpn_protocol().as_deref() {
                    Some("h2") => connected.negotiated_h2(),
                    _ => connected,
                }
            }
            Either::Right(tcp) => tcp.connected(),
        }
    }
}
