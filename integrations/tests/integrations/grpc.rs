//! gRPC with tonic.

use pyssl_integrations::hyper_client::HttpsConnector;
use pyssl_integrations::tonic::incoming;
use pyssl_integrations::{TlsInfo, TlsListener};
use pyssl_testing::Ca;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{client, listener, server, show, tls_error, trust};

#[tokio::test]
async fn a_grpc_call_succeeds_with_client_authentication() {
    let ca = Ca::new();
    let (client, server) = (client(&ca), server(&ca.issue("localhost")));
    for context in [&client, &server] {
        context.set_alpn_protocols(&["h2"]).unwrap();
    }
    server.set_verify_mode(pyssl::CERT_REQUIRED).unwrap();
    trust(&server, &ca);
    show(&client, &ca.issue("me"));
    let (tcp, port) = listener().await;
    let (_, health) = tonic_health::server::health_reporter();
    let known = |request: Request<()>| match request.extensions().get::<TlsInfo>() {
        Some(info) if info.certificate.is_some() => Ok(request),
        _ => Err(Status::unauthenticated("no certificate")),
    };
    let router = Server::builder()
        .layer(tonic::service::InterceptorLayer::new(known))
        .add_service(health);
    let serving = tokio::spawn(router.serve_with_incoming(incoming(TlsListener::new(tcp, server))));
    let endpoint = Endpoint::from_shared(format!("https://localhost:{port}")).unwrap();
    let channel = endpoint
        .connect_with_connector(HttpsConnector::new(client.clone()))
        .await
        .unwrap();
    let answer = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await
        .unwrap();
    assert_eq!(answer.into_inner().status, 1, "SERVING");

    let stranger = crate::support::client(&Ca::new());
    let refused = endpoint
        .connect_with_connector(HttpsConnector::new(stranger))
        .await
        .unwrap_err();
    let error = tls_error(&refused).expect("a TLS error");
    assert_eq!(error.python_class(), "SSLCertVerificationError");
    serving.abort();
}
