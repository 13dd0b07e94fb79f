use std::pin::Pin;
use std::sync::{Arc, Mutex};

use openssl::ssl::{
    Ssl, SslAcceptor, SslConnector, SslContextBuilder, SslMethod, SslOptions, SslSession,
    SslSessionCacheMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::setup::Setup;
use crate::subject::{Settings, Subject, Version};

pub(crate) struct TokioOpenssl;

fn limit(context: &mut SslContextBuilder, version: Version) {
    let version = match version {
        Version::V12 => SslVersion::TLS1_2,
        Version::V13 => SslVersion::TLS1_3,
    };
    // The acceptor's preset excludes versions by options.
    context.clear_options(SslOptions::NO_TLSV1_2 | SslOptions::NO_TLSV1_3);
    context
        .set_min_proto_version(Some(version))
        .and_then(|()| context.set_max_proto_version(Some(version)))
        .and_then(|()| context.set_cipher_list("ECDHE-ECDSA-AES256-GCM-SHA384"))
        .and_then(|()| context.set_ciphersuites("TLS_AES_256_GCM_SHA384"))
        .and_then(|()| context.set_groups_list("X25519:P-256"))
        .expect("versions, suites and groups");
}

#[derive(Clone)]
pub(crate) struct Client {
    connector: SslConnector,
    session: Option<Arc<Mutex<Option<SslSession>>>>,
}

impl Subject for TokioOpenssl {
    const NAME: &'static str = "tokio-openssl";
    type Client = Client;
    type Server = SslAcceptor;
    type ClientStream = SslStream<TcpStream>;
    type ServerStream = SslStream<TcpStream>;

    fn client(setup: &Setup, settings: Settings) -> Client {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).expect("a connector");
        limit(&mut builder, settings.version);
        let mut store = X509StoreBuilder::new().expect("a store");
        store
            .add_cert(setup.ca.cert().clone())
            .expect("an authority");
        builder.set_cert_store(store.build());
        let session = settings.resume.then(Arc::default);
        if let Some(session) = &session {
            let kept: Arc<Mutex<Option<SslSession>>> = Arc::clone(session);
            builder.set_session_cache_mode(SslSessionCacheMode::CLIENT);
            builder.set_new_session_callback(move |_, session| {
                *kept.lock().expect("no panic") = Some(session);
            });
        }
        Client {
            connector: builder.build(),
            session,
        }
    }

    fn server(setup: &Setup, settings: Settings) -> SslAcceptor {
        let mut builder =
            SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("an acceptor");
        limit(&mut builder, settings.version);
        setup.leaf.load(&mut builder).expect("a certificate");
        builder.set_session_id_context(b"bench").expect("an id");
        builder.build()
    }

    async fn connect(client: &Client, tcp: TcpStream) -> SslStream<TcpStream> {
        let configured = client.connector.configure().expect("a connection");
        let mut ssl = configured.into_ssl("localhost").expect("a name");
        if let Some(session) = &client.session {
            if let Some(session) = &*session.lock().expect("no panic") {
                offer(&mut ssl, session);
            }
        }
        let mut stream = SslStream::new(ssl, tcp).expect("a stream");
        Pin::new(&mut stream).connect().await.expect("a handshake");
        stream
    }

    async fn accept(server: &SslAcceptor, tcp: TcpStream) -> SslStream<TcpStream> {
        let ssl = Ssl::new(server.context()).expect("a connection");
        let mut stream = SslStream::new(ssl, tcp).expect("a stream");
        Pin::new(&mut stream).accept().await.expect("a handshake");
        stream
    }

    fn resumed(stream: &SslStream<TcpStream>) -> bool {
        stream.ssl().session_reused()
    }
}

#[allow(unsafe_code, reason = "the crate has no safe function for it")]
fn offer(ssl: &mut Ssl, session: &SslSession) {
    // SAFETY: the session is from the connector's own context.
    unsafe { ssl.set_session(session).expect("a session") };
}
