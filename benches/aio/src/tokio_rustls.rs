use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::setup::Setup;
use crate::subject::{Settings, Subject, Version};

pub(crate) struct TokioRustls;

fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider.cipher_suites = vec![
        ring::cipher_suite::TLS13_AES_256_GCM_SHA384,
        ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ];
    provider.kx_groups = vec![ring::kx_group::X25519];
    Arc::new(provider)
}

fn versions(version: Version) -> [&'static SupportedProtocolVersion; 1] {
    match version {
        Version::V12 => [&rustls::version::TLS12],
        Version::V13 => [&rustls::version::TLS13],
    }
}

impl Subject for TokioRustls {
    const NAME: &'static str = "tokio-rustls";
    type Client = TlsConnector;
    type Server = TlsAcceptor;
    type ClientStream = client::TlsStream<TcpStream>;
    type ServerStream = server::TlsStream<TcpStream>;

    fn client(setup: &Setup, settings: Settings) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(setup.ca.der()))
            .expect("an authority");
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions(settings.version))
            .expect("a version")
            .with_root_certificates(roots)
            .with_no_client_auth();
        if !settings.resume {
            config.resumption = Resumption::disabled();
        }
        TlsConnector::from(Arc::new(config))
    }

    fn server(setup: &Setup, settings: Settings) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(setup.leaf.key_der()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions(settings.version))
            .expect("a version")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(setup.leaf.der())], key)
            .expect("a certificate");
        // Session tickets are on, as in OpenSSL.
        config.ticketer = ring::Ticketer::new().expect("a key");
        TlsAcceptor::from(Arc::new(config))
    }

    async fn connect(client: &TlsConnector, tcp: TcpStream) -> client::TlsStream<TcpStream> {
        let name = ServerName::try_from("localhost").expect("a name");
        client.connect(name, tcp).await.expect("a handshake")
    }

    async fn accept(server: &TlsAcceptor, tcp: TcpStream) -> server::TlsStream<TcpStream> {
        server.accept(tcp).await.expect("a handshake")
    }

    fn resumed(stream: &client::TlsStream<TcpStream>) -> bool {
        stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}
