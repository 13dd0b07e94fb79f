//! hyper, axum and axum-server.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::routing::get;
use axum::{Extension, Router};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use pyssl as ssl;
use pyssl_integrations::axum_server::TlsAcceptor;
use pyssl_integrations::hyper_client::HttpsConnector;
use pyssl_integrations::{TlsInfo, TlsListener, hyper_server};
use pyssl_testing::{Ca, HttpsServer};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{client, listener, server, show, tls_error, trust};

type HttpClient = Client<HttpsConnector, Empty<bytes::Bytes>>;

fn http_client(context: &ssl::SslContext) -> HttpClient {
    Client::builder(TokioExecutor::new()).build(HttpsConnector::new(context.clone()))
}

async fn text(client: &HttpClient, url: String) -> String {
    let response = client.get(url.parse().unwrap()).await.unwrap();
    let version = response.version();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    format!("{version:?} {}", String::from_utf8_lossy(&body))
}

/// The answer of a handler: the properties of its connection.
fn told(info: &TlsInfo) -> String {
    let protocol = info.protocol.as_deref().unwrap_or("none");
    let subject = info.certificate.as_ref().map(|certificate| {
        let dict = certificate.get_info().unwrap();
        dict.subject_alt_name()[0].value().to_string()
    });
    let version = info.version.unwrap();
    format!(
        "{version} {protocol} {}",
        subject.as_deref().unwrap_or("nobody")
    )
}

/// The contexts of a client that trusts `ca`, and of a server that requests certificates and offers HTTP/1.1 and
/// HTTP/2.
fn contexts(ca: &Ca) -> (ssl::SslContext, ssl::SslContext) {
    let server = server(&ca.issue("localhost"));
    server.set_alpn_protocols(&["h2", "http/1.1"]).unwrap();
    server.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
    trust(&server, ca);
    (client(ca), server)
}

/// Sends requests without and with a client certificate, and with each protocol.
async fn clients_are_told_what_was_negotiated(ca: &Ca, context: ssl::SslContext, port: u16) {
    let url = || format!("https://localhost:{port}/");
    let plain = http_client(&context.copy().unwrap());
    assert_eq!(text(&plain, url()).await, "HTTP/1.1 TLSv1.3 none nobody");
    show(&context, &ca.issue("me"));
    for (protocols, expected) in [
        (&["h2", "http/1.1"][..], "HTTP/2.0 TLSv1.3 h2 me"),
        (&["http/1.1"], "HTTP/1.1 TLSv1.3 http/1.1 me"),
    ] {
        context.set_alpn_protocols(protocols).unwrap();
        let client = http_client(&context);
        // The second request reuses the connection of the first one.
        for _ in 0..2 {
            assert_eq!(text(&client, url()).await, expected);
        }
    }
}

async fn serve_hyper(tcp: TcpListener, context: ssl::SslContext) {
    let answer = async |request: http::Request<hyper::body::Incoming>| {
        let info = request.extensions().get::<TlsInfo>().unwrap();
        http::Response::new(told(info))
    };
    let listener = TlsListener::new(tcp, context);
    hyper_server::serve(listener, move |request| Box::pin(answer(request))).await;
}

#[tokio::test]
async fn hyper_client_and_server_speak_http_1_and_http_2() {
    let ca = Ca::new();
    let (client, server) = contexts(&ca);
    let (tcp, port) = listener().await;
    let serving = tokio::spawn(serve_hyper(tcp, server));
    clients_are_told_what_was_negotiated(&ca, client, port).await;
    serving.abort();
}

#[tokio::test]
async fn axum_serves_on_a_tls_listener() {
    let ca = Ca::new();
    let (client, server) = contexts(&ca);
    let (tcp, port) = listener().await;
    let handler = async |ConnectInfo(info): ConnectInfo<TlsInfo>| told(&info);
    let app = Router::new().route("/", get(handler));
    let service = app.into_make_service_with_connect_info::<TlsInfo>();
    let serving = tokio::spawn(async { axum::serve(TlsListener::new(tcp, server), service).await });
    clients_are_told_what_was_negotiated(&ca, client, port).await;
    serving.abort();
}

#[tokio::test]
async fn axum_server_adds_the_connection_to_each_request() {
    let ca = Ca::new();
    let (client, server) = contexts(&ca);
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let handler = async |Extension(info): Extension<TlsInfo>, _: Request| told(&info);
    let app = Router::new().route("/", get(handler));
    let serving = tokio::spawn(async {
        axum_server::from_tcp(tcp)
            .unwrap()
            .acceptor(TlsAcceptor(server))
            .serve(app.into_make_service())
            .await
    });
    clients_are_told_what_was_negotiated(&ca, client, port).await;
    serving.abort();
}

#[tokio::test]
async fn a_client_uses_http_1_if_the_server_has_no_alpn() {
    let ca = Ca::new();
    let server = HttpsServer::start(&ca.issue("localhost"), "hello");
    let context = client(&ca);
    context.set_alpn_protocols(&["h2", "http/1.1"]).unwrap();
    let url = server.url("localhost", "/");
    assert_eq!(text(&http_client(&context), url).await, "HTTP/1.1 hello");
}

#[tokio::test]
async fn a_client_reports_why_a_servers_certificate_is_rejected() {
    let server = HttpsServer::start(&Ca::new().issue("localhost"), "hello");
    let url = server.url("localhost", "/").parse().unwrap();
    let error = http_client(&client(&Ca::new())).get(url).await.unwrap_err();
    let error = tls_error(&error).expect("a TLS error");
    assert_eq!(error.python_class(), "SSLCertVerificationError");
}

#[tokio::test]
async fn the_same_client_requests_http_without_tls() {
    let (tcp, port) = listener().await;
    let app = Router::new().route("/", get(|| async { "plain" }));
    let serving = tokio::spawn(async { axum::serve(tcp, app).await });
    let client = http_client(&client(&Ca::new()));
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(text(&client, url).await, "HTTP/1.1 plain");
    serving.abort();
}

#[tokio::test]
async fn silent_and_failing_clients_do_not_delay_others() {
    let ca = Ca::new();
    let (client, server) = contexts(&ca);
    let (tcp, port) = listener().await;
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let serving = tokio::spawn(serve_hyper(tcp, server));
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    // This client has connected before the others fail.
    let good = TcpStream::connect(address).await.unwrap();
    for _ in 0..20 {
        let mut failing = TcpStream::connect(address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut failing, b"GET / HTTP/1.1\r\n\r\n")
            .await
            .unwrap();
        // Reads the server's alert, and the end of the connection.
        let _ = failing.read_to_end(&mut Vec::new()).await;
    }
    let mut stream = client.connect(good, "localhost").await.unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, request)
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("TLSv1.3"), "{answer}");
    drop(silent);
    serving.abort();
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let (old, new) = (Ca::new(), Ca::new());
    let (_, server) = contexts(&old);
    let (tcp, port) = listener().await;
    let serving = tokio::spawn(serve_hyper(tcp, server.clone()));
    let url = || format!("https://localhost:{port}/");
    text(&http_client(&client(&old)), url()).await;
    show(&server, &new.issue("localhost"));
    text(&http_client(&client(&new)), url()).await;
    serving.abort();
}
