use pyssl as ssl;
use ssl::aio::TlsStream;
use ssl::{SslContext, TlsVersion};
use tokio::net::TcpStream;

use crate::setup::Setup;
use crate::subject::{Settings, Subject, Version};

pub(crate) struct Ours;

fn limit(context: &SslContext, version: Version) {
    let version = match version {
        Version::V12 => TlsVersion::TLSv1_2,
        Version::V13 => TlsVersion::TLSv1_3,
    };
    context.set_maximum_version(version).expect("a version");
    context.set_minimum_version(version).expect("a version");
    context
        .set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
        .expect("a suite");
    context
        .set_ciphersuites("TLS_AES_256_GCM_SHA384")
        .expect("a suite");
    context.set_groups("X25519:P-256").expect("a group");
}

impl Subject for Ours {
    const NAME: &'static str = "ours";
    type Client = SslContext;
    type Server = SslContext;
    type ClientStream = TlsStream<TcpStream>;
    type ServerStream = TlsStream<TcpStream>;

    fn client(setup: &Setup, settings: Settings) -> SslContext {
        let context = SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
        let trusted = ssl::VerifyLocations::new().cadata(setup.ca.cert_pem());
        context
            .load_verify_locations(trusted)
            .expect("an authority");
        limit(&context, settings.version);
        if settings.resume {
            context.set_client_session_cache(1).expect("a cache");
        }
        context
    }

    fn server(setup: &Setup, settings: Settings) -> SslContext {
        let context = SslContext::new(ssl::PROTOCOL_TLS_SERVER).expect("a context");
        let chain = ssl::CertChain::from_pem(setup.leaf.chain_pem(), setup.leaf.key_pem());
        context.load_cert_chain(chain).expect("a certificate");
        limit(&context, settings.version);
        context
    }

    async fn connect(client: &SslContext, tcp: TcpStream) -> TlsStream<TcpStream> {
        let port = tcp.peer_addr().expect("connected").port();
        let options = ssl::WrapBio::from("localhost").port(port);
        client.connect(tcp, options).await.expect("a handshake")
    }

    async fn accept(server: &SslContext, tcp: TcpStream) -> TlsStream<TcpStream> {
        server.accept(tcp).await.expect("a handshake")
    }

    fn resumed(stream: &TlsStream<TcpStream>) -> bool {
        stream.session_reused()
    }
}
