//! Crates that take the `openssl` crate's types, with copies of contexts.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer};
use ssl::openssl::ssl::Ssl;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{client, listener, server, show};

/// Connects with tokio-openssl and a copy of the context.
async fn connect_with_tokio_openssl<S: AsyncRead + AsyncWrite + Unpin>(
    client: &ssl::SslContext,
    inner: S,
) -> tokio_openssl::SslStream<S> {
    let connector = client.to_openssl_connector().unwrap().build();
    let configured = connector.configure().unwrap();
    let connecting = configured.into_ssl("localhost").unwrap();
    let mut stream = tokio_openssl::SslStream::new(connecting, inner).unwrap();
    Pin::new(&mut stream).connect().await.unwrap();
    stream
}

async fn tokio_openssl_echo(client: &ssl::SslContext, server: &ssl::SslContext) {
    let (near, far) = tokio::io::duplex(1 << 14);
    let accepted = Ssl::new(&server.to_openssl().unwrap().build()).unwrap();
    let serving = tokio::spawn(async move {
        let mut stream = tokio_openssl::SslStream::new(accepted, far).unwrap();
        Pin::new(&mut stream).accept().await.unwrap();
        let (mut reader, mut writer) = tokio::io::split(stream);
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
        writer.shutdown().await.unwrap();
    });
    let stream = connect_with_tokio_openssl(client, near).await;
    let data = vec![7; 1 << 20];
    let (mut reader, mut writer) = tokio::io::split(stream);
    let sent = data.clone();
    let writing = tokio::spawn(async move {
        writer.write_all(&sent).await.unwrap();
        writer.shutdown().await.unwrap();
    });
    let mut received = Vec::new();
    reader.read_to_end(&mut received).await.unwrap();
    assert!(received == data);
    writing.await.unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn tokio_openssl_works_with_copied_contexts_on_both_sides() {
    let ca = Ca::new();
    let (client, server) = (client(&ca), server(&ca.issue("localhost")));
    for version in [ssl::TlsVersion::TLSv1_3, ssl::TlsVersion::TLSv1_2] {
        client.set_maximum_version(version).unwrap();
        tokio_openssl_echo(&client, &server).await;
    }
}

#[tokio::test]
async fn a_copied_context_connects_to_the_original() {
    let ca = Ca::new();
    let (client, server) = (client(&ca), server(&ca.issue("localhost")));
    let (tcp, port) = listener().await;
    let serving = tokio::spawn(async move {
        let (tcp, _) = tcp.accept().await.unwrap();
        let mut stream = server.accept(tcp).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    });
    let tcp = TcpStream::connect(("localhost", port)).await.unwrap();
    let mut stream = connect_with_tokio_openssl(&client, tcp).await;
    let mut hello = String::new();
    stream.read_to_string(&mut hello).await.unwrap();
    assert_eq!(hello, "hello");
    stream.shutdown().await.unwrap();
    serving.await.unwrap();
}

/// A client of hyper-openssl, which resumes sessions by itself.
async fn hyper_openssl_get(context: &ssl::SslContext, port: u16) -> Option<String> {
    let mut http = hyper_util::client::legacy::connect::HttpConnector::new();
    http.enforce_http(false);
    let connector = context.to_openssl_connector().unwrap();
    let connector =
        hyper_openssl::client::legacy::HttpsConnector::with_connector(http, connector).unwrap();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let url = format!("https://localhost:{port}/").parse().unwrap();
    let response = client.get(url).await.ok()?;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Some(String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn axum_server_and_hyper_openssl_work_with_copied_contexts() {
    let (old, new) = (Ca::new(), Ca::new());
    let server = server(&old.issue("localhost"));
    let acceptor = || Arc::new(server.to_openssl_acceptor().unwrap().build());
    let config = axum_server::tls_openssl::OpenSSLConfig::from_acceptor(acceptor());
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let app = Router::new().route("/", get(|| async { "hello" }));
    let running = config.clone();
    let serving = tokio::spawn(async {
        axum_server::from_tcp(tcp)
            .unwrap()
            .acceptor(axum_server::tls_openssl::OpenSSLAcceptor::new(running))
            .serve(app.into_make_service())
            .await
    });
    let (old, new) = (client(&old), (client(&new), new));
    assert_eq!(
        hyper_openssl_get(&old, port).await.as_deref(),
        Some("hello")
    );
    assert_eq!(hyper_openssl_get(&new.0, port).await, None);
    show(&server, &new.1.issue("localhost"));
    config.reload_from_acceptor(acceptor());
    assert_eq!(
        hyper_openssl_get(&new.0, port).await.as_deref(),
        Some("hello")
    );
    serving.abort();
}

#[tokio::test]
async fn postgres_openssl_works_with_a_copied_connector() {
    let ca = Ca::new();
    let echo = EchoServer::start(&ca.issue("localhost"));
    let connector = client(&ca).to_openssl_connector().unwrap().build();
    let mut make = postgres_openssl::MakeTlsConnector::new(connector);
    use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
    let connect = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut make, "localhost").unwrap();
    let tcp = TcpStream::connect(echo.addr()).await.unwrap();
    let mut stream = TlsConnect::<TcpStream>::connect(connect, tcp)
        .await
        .unwrap();
    stream.write_all(b"hello").await.unwrap();
    stream.read_exact(&mut [0; 5]).await.unwrap();
}

#[actix_rt::test]
async fn actix_takes_acceptors_and_connectors() {
    use actix_service::{Service, ServiceFactory};
    use actix_tls::accept::openssl::Acceptor;
    use actix_tls::connect::openssl::TlsConnector;
    use actix_tls::connect::{ConnectInfo, Connection};

    let ca = Ca::new();
    let (client, server) = (client(&ca), server(&ca.issue("localhost")));
    let (tcp, port) = listener().await;
    let acceptor = Acceptor::new(server.to_openssl_acceptor().unwrap().build());
    let connector = TlsConnector::service(client.to_openssl_connector().unwrap().build());
    let accepting = async {
        let (tcp, _) = tcp.accept().await.unwrap();
        let service: actix_tls::accept::openssl::AcceptorService =
            ServiceFactory::<TcpStream>::new_service(&acceptor, ())
                .await
                .unwrap();
        service.call(tcp).await.unwrap()
    };
    let connecting = async {
        let tcp = TcpStream::connect(("localhost", port)).await.unwrap();
        let _ = ConnectInfo::new("localhost");
        let connection = Connection::new("localhost", tcp);
        connector.call(connection).await.unwrap()
    };
    let (mut far, near) = tokio::join!(accepting, connecting);
    let (mut near, _) = near.into_parts();
    near.write_all(b"hello").await.unwrap();
    far.read_exact(&mut [0; 5]).await.unwrap();
}
