//! An HTTP server on `hyper`: HTTP/1.1 and HTTP/2 by ALPN.

use std::convert::Infallible;
use std::future::Future;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;

use crate::{TlsInfo, TlsListener};

/// Answers requests, whose extensions have a [`TlsInfo`]. The context offers the protocols:
/// `context.set_alpn_protocols(&["h2", "http/1.1"])`. The server runs until the future is dropped.
pub async fn serve<F, A, B>(mut listener: TlsListener, answer: F) -> Infallible
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.next().await;
        let info = TlsInfo::of(&stream);
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(info.clone());
                let answered = answer(request);
                async { Ok::<_, Infallible>(answered.await) }
            });
            let builder = auto::Builder::new(TokioExecutor::new());
            // The failure of one connection does not affect the others.
            let _ = builder
                .serve_connection_with_upgrades(TokioIo::new(stream), service)
                .await;
        });
    }
}
