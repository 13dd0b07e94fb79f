//! `LazyConfigAcceptor`: a server chooses the context after it has read the ClientHello.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use pyssl as ssl;
use pyssl::ClientHello;
use pyssl::aio::LazyConfigAcceptor;
use pyssl_testing::Ca;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::inner::Trickle;
use super::support::{VERSIONS, client_context, contexts, pattern};

/// The first flight of a client.
fn first_flight(client: &ssl::SslContext, options: impl Into<ssl::WrapBio>) -> Vec<u8> {
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = client.wrap_bio(&incoming, &outgoing, options);
    let started = object.expect("an object").do_handshake();
    assert!(matches!(started, Err(ssl::Error::WantRead(_))));
    outgoing.read(None)
}

fn parse(bytes: &[u8]) -> ClientHello {
    let hello = ClientHello::parse(bytes).expect("a ClientHello");
    hello.expect("it is complete")
}

/// Splits a flight into records of these sizes.
fn fragmented(flight: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut rest, mut records) = (&flight[5..], Vec::new());
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (fragment, left) = rest.split_at(rest.len().min(*sizes.next().expect("a cycle")));
        records.extend([22, 3, 1]);
        records.extend(u16::try_from(fragment.len()).expect("short").to_be_bytes());
        records.extend_from_slice(fragment);
        rest = left;
    }
    records
}

/// A server's context for `name`, and the CA of its certificate.
fn server_for(ca: &Ca, name: &str) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).expect("a context");
    let pem = ca.issue(name).combined_pem();
    let chain = ssl::CertChain::from_pem(&pem, &pem);
    context.load_cert_chain(chain).expect("a pair");
    context
}

#[test]
fn client_hello_reports_what_the_client_offers() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    context
        .set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
        .expect("known");
    context
        .set_ciphersuites("TLS_AES_256_GCM_SHA384")
        .expect("known");
    context
        .set_alpn_protocols(&["h2", "http/1.1"])
        .expect("names");
    context.set_ecdh_curve("prime256v1").expect("known");
    let hello = parse(&first_flight(&context, "b.example"));
    assert_eq!(hello.server_name(), Some("b.example"));
    assert!(hello.alpn_protocols().eq([&b"h2"[..], b"http/1.1"]));
    let versions = [ssl::TlsVersion::TLSv1_3, ssl::TlsVersion::TLSv1_2];
    assert_eq!(hello.versions(), versions);
    // For secure renegotiation (RFC 5746), OpenSSL 3.0 sends a signalling value at the end; 3.6 sends an
    // extension.
    let suites = hello.cipher_suites();
    let suites = suites.strip_suffix(&[0x00ff]).unwrap_or(suites);
    assert_eq!(suites, [0x1302, 0xc02f]);
    assert_eq!(hello.groups(), [23]);
    assert!(hello.signature_algorithms().contains(&0x0403));
    assert!(!hello.wants_ocsp_response());
    assert_eq!(hello.psk_identities().count(), 0);
    assert!(hello.extensions().any(|number| number == 43));
    let older = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    older.set_check_hostname(false).expect("allowed");
    older
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .expect("known");
    older.set_ocsp_mode(ssl::OcspMode::Request).expect("known");
    let hello = parse(&first_flight(&older, ()));
    assert_eq!(hello.server_name(), None);
    assert_eq!(hello.versions(), [ssl::TlsVersion::TLSv1_2]);
    assert!(hello.wants_ocsp_response());
    assert_eq!(hello.alpn_protocols().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_client_hello_is_parsed_from_records_of_any_size(
        sizes in proptest::collection::vec(1usize..300, 1..20),
        name in "[a-z]{1,60}\\.example",
    ) {
        let (client, _) = contexts();
        let flight = first_flight(&client, name.as_str());
        let whole = parse(&flight);
        prop_assert_eq!(whole.server_name(), Some(name.as_str()));
        let records = fragmented(&flight, &sizes);
        for end in 0..records.len() {
            prop_assert_eq!(ClientHello::parse(&records[..end]).expect("no error yet"), None);
        }
        prop_assert_eq!(parse(&records), whole);
    }

    #[test]
    fn the_client_hello_parser_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = ClientHello::parse(&bytes);
        let framed = [&[22, 3, 1, 2, 88, 1, 0, 2, 84][..], &bytes, &[0; 600]].concat();
        let _ = ClientHello::parse(&framed);
    }
}

#[test]
fn bytes_that_are_no_client_hello_fail_with_openssls_reasons() {
    let ssl2 = [
        &[0x80, 28, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x2f][..],
        &[7; 16],
    ]
    .concat();
    let huge = [22, 3, 1, 0, 4, 1, 2, 0, 0];
    let long = [&[22, 3, 1, 0x40, 1][..], &[1; 0x4001]].concat();
    let endless = [22, 3, 1, 0, 0].repeat(14_000);
    for (bytes, reason) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "HTTP_REQUEST"),
        (b"PUT x HTTP/1.1\r\n\r\n", "HTTP_REQUEST"),
        (b"CONNECT a:1 HTTP/1.1\r\n\r\n", "HTTPS_PROXY_REQUEST"),
        (b"SSH-2.0-client\r\n", "WRONG_VERSION_NUMBER"),
        (&[22, 3, 1, 0, 4, 2, 0, 0, 0], "UNEXPECTED_MESSAGE"),
        (&[22, 3, 1, 0, 4, 1, 0, 0, 0], "LENGTH_MISMATCH"),
        (&[22, 3, 1, 0x50, 0, 1, 0, 0, 0], "PACKET_LENGTH_TOO_LONG"),
        (&long, "DATA_LENGTH_TOO_LONG"),
        (&ssl2, "UNSUPPORTED_PROTOCOL"),
        (&huge, "EXCESSIVE_MESSAGE_SIZE"),
        (&endless, "EXCESSIVE_MESSAGE_SIZE"),
    ] {
        let error = ClientHello::parse(bytes).expect_err(reason);
        assert_eq!(error.reason(), Some(reason));
        assert_eq!(error.python_class(), "SSLError");
    }
}

#[tokio::test]
async fn a_server_can_await_before_it_chooses_a_context() {
    let ca = Ca::new();
    for version in VERSIONS {
        let client = client_context(&ca);
        client.set_maximum_version(version).expect("known");
        for name in ["a.example", "b.example"] {
            let (near, far) = duplex(100);
            let serve = async {
                let start = LazyConfigAcceptor::new(Trickle::new(far)).await?;
                let asked = start.client_hello().server_name().map(str::to_owned);
                tokio::task::yield_now().await;
                let context = server_for(&ca, asked.as_deref().unwrap_or("none"));
                let mut stream = start.accept(&context).await?;
                stream.write_all(b"hello").await?;
                stream.shutdown().await?;
                Ok::<_, io::Error>(())
            };
            let connect = async {
                let mut stream = client.connect(near, name).await?;
                let mut text = String::new();
                stream.read_to_string(&mut text).await?;
                Ok::<_, io::Error>((text, stream.getpeercert()?))
            };
            let (served, connected) = tokio::join!(serve, connect);
            served.expect("served");
            let (text, certificate) = connected.expect("connected");
            assert_eq!(text, "hello");
            let names = format!("{:?}", certificate.expect("a certificate"));
            assert!(names.contains(name), "{names}");
        }
    }
}

#[tokio::test]
async fn accept_with_uses_the_certificate_of_its_options() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_for(&ca, "other.example"));
    let pem = ca.issue("localhost").combined_pem();
    let identity = ssl::Identity::load(ssl::CertChain::from_pem(&pem, &pem)).expect("a pair");
    let (near, far) = duplex(4096);
    let serve = async {
        let start = LazyConfigAcceptor::new(far).await?;
        let options = ssl::WrapBio::new().identity(&identity);
        start.accept_with(&server, options).await
    };
    let (served, connected) = tokio::join!(serve, client.connect(near, "localhost"));
    served.expect("served");
    connected.expect("the certificate has the name");
}

#[tokio::test]
async fn a_connection_can_require_a_client_certificate_that_its_context_does_not() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_for(&ca, "localhost"));
    server
        .load_verify_locations(ssl::VerifyLocations::new().cadata(ca.cert_pem()))
        .expect("a certificate");
    let (near, far) = duplex(4096);
    let options = ssl::WrapBio::new().verify_mode(ssl::CERT_REQUIRED);
    let serve = server.accept_with(far, options);
    let (served, _) = tokio::join!(serve, client.connect(near, "localhost"));
    let error = served.expect_err("the client has no certificate");
    assert_eq!(error.reason(), Some("PEER_DID_NOT_RETURN_A_CERTIFICATE"));
}

const KEY: [u8; 32] = [7; 32];

/// A client's context with the key of `device-7`.
fn psk_client() -> ssl::SslContext {
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    client.set_check_hostname(false).expect("allowed");
    client.set_verify_mode(ssl::CERT_NONE).expect("allowed");
    let callback = |_: Option<&str>| Ok(("device-7", KEY));
    client.set_psk_client_callback(callback).expect("supported");
    client
}

#[tokio::test]
async fn a_server_can_await_a_pre_shared_key_before_the_handshake() {
    let client = psk_client();
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).expect("a context");
    let keys: Arc<Mutex<HashMap<Vec<u8>, [u8; 32]>>> = Arc::default();
    let known = Arc::clone(&keys);
    let callback = move |identity: Option<&str>| {
        let identity = identity.unwrap_or_default().as_bytes();
        let known = known.lock().map_err(|_| "poisoned")?;
        Ok(known.get(identity).copied().unwrap_or_default())
    };
    server
        .set_psk_server_callback(callback, None)
        .expect("supported");
    let (near, far) = duplex(4096);
    let serve = async {
        let start = LazyConfigAcceptor::new(far).await?;
        for identity in start.client_hello().psk_identities() {
            tokio::task::yield_now().await;
            keys.lock().unwrap().insert(identity.to_vec(), KEY);
        }
        start.accept(&server).await
    };
    let (served, connected) = tokio::join!(serve, client.connect(near, ()));
    let (served, connected) = (served.expect("served"), connected.expect("connected"));
    assert_eq!(served.version(), Some("TLSv1.3"));
    // In a handshake with a pre-shared key, the server sends no certificate.
    assert!(connected.getpeercert_binary().expect("done").is_none());
    let keys = keys.lock().unwrap();
    assert!(keys.contains_key(&b"device-7"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tls_1_2_psk_callback_can_block_in_a_multi_thread_runtime() {
    let client = psk_client();
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).expect("a context");
    let callback = |_: Option<&str>| {
        let lookup = async {
            tokio::task::yield_now().await;
            KEY
        };
        let runtime = tokio::runtime::Handle::current();
        Ok(tokio::task::block_in_place(|| runtime.block_on(lookup)))
    };
    server
        .set_psk_server_callback(callback, None)
        .expect("supported");
    for context in [&client, &server] {
        context.set_ciphers("PSK-AES128-GCM-SHA256").expect("known");
        let version = ssl::TlsVersion::TLSv1_2;
        context.set_maximum_version(version).expect("known");
    }
    let (near, far) = duplex(4096);
    let serving = tokio::spawn(async move { server.accept(far).await });
    let connected = client.connect(near, ()).await.expect("connected");
    assert_eq!(connected.version(), Some("TLSv1.2"));
    assert!(serving.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn into_inner_returns_the_stream_and_the_received_bytes() {
    let (client, server) = contexts();
    let (near, far) = duplex(4096);
    let serve = async {
        let start = LazyConfigAcceptor::new(far).await?;
        let (far, received) = start.into_inner();
        assert_eq!(parse(&received).server_name(), Some("localhost"));
        server.accept(far).received(&received).await
    };
    let (served, connected) = tokio::join!(serve, client.connect(near, "localhost"));
    assert!(served.is_ok() && connected.is_ok());
}

#[tokio::test]
async fn a_client_without_tls_can_be_answered_in_plaintext() {
    let (mut near, far) = duplex(4096);
    near.write_all(b"GET / HTTP/1.1\r\n\r\n")
        .await
        .expect("room");
    let mut acceptor = LazyConfigAcceptor::new(far);
    let error = (&mut acceptor).await.expect_err("not TLS");
    assert_eq!(error.reason(), Some("HTTP_REQUEST"));
    let (mut far, request) = acceptor.into_inner().expect("the stream");
    assert_eq!(request, b"GET / HTTP/1.1\r\n\r\n");
    far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .expect("room");
    drop(far);
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.expect("an answer");
    assert_eq!(answer, "HTTP/1.1 400 Bad Request\r\n\r\n");
}

/// Lets a server read `bytes` and the end of the stream. Returns the server's error, and the bytes that it has sent.
async fn refused(lazily: bool, bytes: &[u8]) -> (ssl::Error, Vec<u8>) {
    let (_, server) = contexts();
    let (mut near, far) = duplex(1 << 20);
    near.write_all(bytes).await.expect("room");
    near.shutdown().await.expect("half-closed");
    let error = match lazily {
        true => match LazyConfigAcceptor::new(far).await {
            Ok(start) => start.accept(&server).await.map(drop),
            Err(error) => Err(error),
        },
        false => server.accept(far).await.map(drop),
    };
    let mut alert = Vec::new();
    near.read_to_end(&mut alert).await.expect("the end");
    (error.expect_err("no handshake"), alert)
}

#[tokio::test]
async fn a_lazy_accept_fails_with_the_same_error_and_alert_as_accept() {
    let (client, _) = contexts();
    let flight = first_flight(&client, "localhost");
    let mut inputs: Vec<Vec<u8>> = [
        &b""[..],
        b"G",
        b"GET / HTTP/1.1\r\n\r\n",
        b"220 mail.example.com\r\n",
        &[21, 3, 1, 0, 2, 1, 0],
        &[21, 3, 1, 0, 2, 2, 40],
        &[20, 3, 1, 0, 1, 1],
        &[23, 3, 3, 0, 1, 0],
        &[22, 3, 1, 0, 4, 2, 0, 0, 0],
        &[22, 3, 1, 0, 4, 1, 0, 0, 0],
    ]
    .map(<[u8]>::to_vec)
    .into();
    for place in (0..flight.len()).step_by(7) {
        inputs.push(flight[..place].to_vec());
        let mut damaged = flight.clone();
        damaged[place] ^= 1 << (place % 8);
        inputs.push(damaged);
    }
    for bytes in inputs {
        let (plain, plain_alert) = refused(false, &bytes).await;
        let (lazy, lazy_alert) = refused(true, &bytes).await;
        let shown = &bytes[..bytes.len().min(40)];
        assert_eq!(lazy.to_string(), plain.to_string(), "{shown:?}");
        assert_eq!(lazy.python_class(), plain.python_class(), "{shown:?}");
        // Only alerts, which have seven bytes, are compared. Other answers contain random bytes.
        let alert = |bytes: &[u8]| (bytes.len() == 7).then(|| bytes.to_vec());
        assert_eq!(alert(&lazy_alert), alert(&plain_alert), "{shown:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_out_of_a_lazy_accept_covers_the_whole_handshake() {
    let (client, server) = contexts();
    let flight = first_flight(&client, "localhost");
    let (_near, far) = duplex(4096);
    let begun = tokio::time::Instant::now();
    let error = LazyConfigAcceptor::new(far).await.expect_err("silence");
    assert_eq!(error.python_class(), "ConnectionAbortedError");
    assert_eq!(begun.elapsed().as_secs(), 60);
    // The client sends its hello, then nothing.
    let (mut near, far) = duplex(4096);
    near.write_all(&flight).await.expect("room");
    let begun = tokio::time::Instant::now();
    let acceptor = LazyConfigAcceptor::new(far).timeout(Some(Duration::from_secs(10)));
    let start = acceptor.await.expect("a hello");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let error = start.accept(&server).await.expect_err("silence");
    assert_eq!(
        error.to_string(),
        "SSL handshake is taking longer than 10.0 seconds: aborting the connection"
    );
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn bytes_after_the_client_hello_reach_the_handshake() {
    let (client, server) = contexts();
    let (near, far) = duplex(64 * 1024);
    let serve = async {
        let mut far = far;
        // A program that speaks STARTTLS may have read the first bytes of the ClientHello together with
        // the last plaintext.
        let mut first = vec![0; 100];
        far.read_exact(&mut first).await?;
        let start = LazyConfigAcceptor::new(far).received(&first).await?;
        let mut stream = start.accept(&server).await?;
        let mut data = Vec::new();
        stream.read_to_end(&mut data).await.map(|_| data)
    };
    let data = pattern(50_000);
    let connect = async {
        let mut stream = client.connect(near, "localhost").await?;
        stream.write_all(&data).await?;
        stream.shutdown().await
    };
    let (received, sent) = tokio::join!(serve, connect);
    sent.expect("sent");
    assert!(received.expect("received") == data);
}
