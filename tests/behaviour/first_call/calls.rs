//! The first calls that are tested. If a function is tested with several calls, the names of the further ones have a
//! colon and a text after the function.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use pyssl as ssl;
use pyssl::*;

use super::{Call, PEM, plain};

/// Types whose methods cannot be the first call of a process, and single methods of this kind. Each is
/// listed with the functions that must be called before.
pub(super) const MADE_BY: &[(&str, &[&str])] = &[
    ("SslContext", &["SslContext::new"]),
    ("SslObject", &["SslContext::new"]),
    ("SslSocket", &["SslContext::new"]),
    ("SocketFile", &["SslContext::new"]),
    ("Identity", &["Identity::load"]),
    (
        "Certificate",
        &["Certificate::from_der", "Certificate::from_pem"],
    ),
    (
        "CertDict",
        &["Certificate::from_der", "Certificate::from_pem"],
    ),
    (
        "DistinguishedName",
        &["Certificate::from_der", "Certificate::from_pem"],
    ),
    ("Rdn", &["Certificate::from_der", "Certificate::from_pem"]),
    (
        "AttributeValue",
        &["Certificate::from_der", "Certificate::from_pem"],
    ),
    (
        "SubjectAltName",
        &["Certificate::from_der", "Certificate::from_pem"],
    ),
    (
        "JsonDict",
        &["Certificate::from_der", "Certificate::from_pem"],
    ),
    ("Cipher", &["SslContext::new"]),
    ("ContextSettings", &["SslContext::new"]),
    ("Variant", &["SslContext::new"]),
    ("Agreed", &["SslContext::new"]),
    ("Identity", &["Identity::load"]),
    ("SniRequest", &["SslContext::new"]),
    ("OcspRequest", &["SslContext::new"]),
    ("PeerVerification", &["SslContext::new"]),
    ("VerifyError", &["SslContext::new"]),
    ("TlsMessage", &["SslContext::new"]),
    ("SessionStats", &["SslContext::new"]),
    ("SslSession", &["SslContext::new"]),
    ("OcspFailure", &["SslContext::new"]),
    ("Handshake", &["SslContext::new"]),
    ("IntoFallible", &["SslContext::new"]),
    ("TlsConnector", &["SslContext::new"]),
    ("TlsStream", &["SslContext::new"]),
    ("OwnedReadHalf", &["SslContext::new"]),
    ("OwnedWriteHalf", &["SslContext::new"]),
    ("ReuniteError", &["SslContext::new"]),
    ("StartHandshake", &["SslContext::new"]),
    ("TlsTransport", &["SslContext::new"]),
    // Private types that implement a trait whose name is also that of a public type.
    ("BioTransport", &["SslContext::new"]),
    ("BorrowingTransport", &["SslContext::new"]),
    ("SocketTransport", &["SslContext::new"]),
    ("WireTransport", &["SslContext::new"]),
    // A macro defines these methods for `SslSocket` and `SslObject`.
    ("$type::cipher", &["SslContext::new"]),
    ("$type::client_sigalg", &["SslContext::new"]),
    ("$type::compression", &["SslContext::new"]),
    ("$type::export_keying_material", &["SslContext::new"]),
    ("$type::group", &["SslContext::new"]),
    ("$type::selected_alpn_protocol", &["SslContext::new"]),
    ("$type::selected_npn_protocol", &["SslContext::new"]),
    ("$type::server_sigalg", &["SslContext::new"]),
    ("$type::shared_ciphers", &["SslContext::new"]),
    ("$type::version", &["SslContext::new"]),
    // A type of the `openssl` crate. Functions of that crate initialise OpenSSL before they return such a value.
    ("ErrorStack", &[]),
];

fn pem_path() -> String {
    std::env::var(PEM).unwrap()
}

fn pem() -> String {
    std::fs::read_to_string(pem_path()).unwrap()
}

fn der() -> Vec<u8> {
    // The PEM is decoded here, because decoding it with the library would be the first call.
    let text = pem();
    let from = text.find("-----BEGIN CERTIFICATE-----\n").unwrap() + 28;
    let block = &text[from..from + text[from..].find("-----END").unwrap()];
    let (mut der, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for c in block.bytes().filter(|c| !b"\n=".contains(c)) {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        (bits, held) = (bits << 6 | u32::from(digit), held + 6);
        if held >= 8 {
            held -= 8;
            der.push((bits >> held & 0xff) as u8);
        }
    }
    der
}

/// The address of a server that does not speak TLS.
fn clear_text_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        }
    });
    address
}

pub(super) fn connection() -> TcpStream {
    TcpStream::connect(clear_text_server()).unwrap()
}

/// A server and a client of asyncio's functions, without TLS.
fn clear_text_streams() {
    #[cfg(feature = "tokio")]
    {
        use ssl::aio::asyncio;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let limit = std::time::Duration::from_secs(9);
            let _ = asyncio::Ssl::from(())
                .ssl_handshake_timeout(limit)
                .ssl_shutdown_timeout(limit)
                .server_hostname("x")
                .server_side(false);
            let handle = |_, _| async {};
            let server = asyncio::start_server(handle, ("127.0.0.1", 0), ()).await;
            let mut server = server.unwrap();
            let port = server.sockets()[0].port();
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
            let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
            let host = "127.0.0.1".to_owned();
            let _: [asyncio::Endpoint; 5] = [
                ("127.0.0.1", port).into(),
                (&host, port).into(),
                (host.clone(), port).into(),
                address.into(),
                tcp.into(),
            ];
            let endpoint = asyncio::Endpoint::new("127.0.0.1", port)
                .local_addr("127.0.0.1", 0)
                .family(socket2::Domain::IPV4)
                .happy_eyeballs_delay(limit);
            let streams = asyncio::open_connection(endpoint, ()).await;
            let (mut reader, mut writer) = streams.unwrap();
            let error = reader.readexactly(9).await.unwrap_err();
            let incomplete = asyncio::IncompleteReadError::of(&error).unwrap();
            let _ = (incomplete.partial(), incomplete.expected());
            let _ = format!("{incomplete}");
            writer.write(b"a");
            writer.writelines(["b", "c"]);
            let _ = (writer.can_write_eof(), writer.object(), reader.at_eof());
            let transport = writer.transport();
            transport.write(b"d");
            let (low, high) = transport.get_write_buffer_limits();
            assert!(transport.set_write_buffer_limits(high, low).is_ok());
            assert_eq!(transport.get_write_buffer_size(), 0);
            transport.pause_reading();
            transport.resume_reading();
            let _ = transport.is_reading();
            transport.write_eof();
            writer.write_eof();
            let _ = (
                transport.object(),
                transport.is_closing(),
                writer.is_closing(),
            );
            transport.close();
            writer.close();
            let _ = tokio::io::AsyncReadExt::read(&mut reader, &mut [0; 8]).await;
            transport.abort();
            let _ = (format!("{server:?}"), server.is_serving());
            server.close();
        });
    }
}

/// A lazy acceptor whose client does not speak TLS, polled to its end.
fn lazy_accept() {
    #[cfg(feature = "tokio")]
    {
        let (_near, far) = tokio::io::duplex(64);
        let acceptor = ssl::aio::LazyConfigAcceptor::new(far).timeout(None);
        let mut acceptor = acceptor.received(b"GET / HTTP/1.1\r\n\r\n");
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let polled = std::future::Future::poll(std::pin::Pin::new(&mut acceptor), &mut cx);
        assert!(matches!(polled, std::task::Poll::Ready(Err(_))));
        let _ = (format!("{acceptor:?}"), acceptor.into_inner().is_some());
    }
    #[cfg(not(feature = "tokio"))]
    let _ = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER);
}

pub(super) fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

pub(super) fn value_error() -> ssl::Error {
    ssl::TlsVersion::try_from(1).unwrap_err()
}

pub(super) fn os_error() -> ssl::Error {
    std::io::Error::from(std::io::ErrorKind::AddrInUse).into()
}

pub(super) fn want_read() -> ssl::Error {
    std::io::Error::from_raw_os_error(11).into()
}

/// The calls that run in a process of their own.
pub(super) fn alone() -> impl Iterator<Item = &'static Call> {
    let all: &'static [&'static [Call]] = &[
        ALONE,
        #[cfg(feature = "requests")]
        requests::ALONE,
    ];
    all.iter().copied().flatten()
}

/// The calls that must not use OpenSSL at all. Each runs in a process of its own.
pub(super) fn untouched() -> impl Iterator<Item = &'static Call> {
    let all: &'static [&'static [Call]] = &[
        plain::UNTOUCHED,
        #[cfg(feature = "requests")]
        requests::UNTOUCHED,
    ];
    all.iter().copied().flatten()
}

const ALONE: &[Call] = calls! {
    "Server::close", "Server::is_serving", "Server::sockets", "impl fmt::Debug for Server",
    "Ssl::server_hostname", "Ssl::ssl_handshake_timeout", "Ssl::ssl_shutdown_timeout",
    "Ssl::server_side", "IncompleteReadError::expected", "IncompleteReadError::of",
    "IncompleteReadError::partial", "impl fmt::Display for IncompleteReadError",
    "Endpoint::new", "Endpoint::local_addr", "Endpoint::family", "Endpoint::happy_eyeballs_delay",
    "Transport::get_write_buffer_limits", "Transport::set_write_buffer_limits",
    "Transport::get_write_buffer_size", "Transport::pause_reading", "Transport::resume_reading",
    "Transport::is_reading", "impl From<(&str, u16)> for Endpoint",
    "impl From<(&String, u16)> for Endpoint", "impl From<(String, u16)> for Endpoint",
    "impl From<SocketAddr> for Endpoint", "impl From<TcpStream> for Endpoint",
    "impl From<()> for Ssl", "StreamReader::at_eof", "impl AsyncRead for StreamReader",
    "StreamWriter::can_write_eof", "StreamWriter::close", "StreamWriter::is_closing",
    "StreamWriter::object", "StreamWriter::transport", "StreamWriter::write",
    "StreamWriter::write_eof", "StreamWriter::writelines", "impl Drop for StreamWriter",
    "Transport::abort", "Transport::close", "Transport::is_closing", "Transport::object",
    "Transport::write", "Transport::write_eof" => clear_text_streams();
    "LazyConfigAcceptor::new", "LazyConfigAcceptor::received", "LazyConfigAcceptor::timeout",
    "LazyConfigAcceptor::into_inner", "impl Future for LazyConfigAcceptor<S>",
    "impl fmt::Debug for LazyConfigAcceptor<S>" => lazy_accept();
    "SslContext::new" => SslContext::new(Protocol::PROTOCOL_TLS_CLIENT);
    "SslContext::new: one version" => SslContext::new(Protocol::PROTOCOL_TLSv1_2);
    "create_default_context" => create_default_context(());
    "create_default_context: own authorities" => {
        create_default_context(DefaultContext::new(Purpose::SERVER_AUTH).cafile(pem_path()))
    };
    "create_default_context: no certificates" => {
        create_default_context(DefaultContext::new(Purpose::SERVER_AUTH).cadata("none"))
    };
    "create_default_https_context" => create_default_https_context(());
    "create_unverified_context" => create_unverified_context(());
    "create_stdlib_context" => create_stdlib_context(());
    "get_server_certificate" => {
        let address = clear_text_server();
        get_server_certificate(("127.0.0.1", address.port()), ())
    };
    "get_server_certificate: no such file" => get_server_certificate(
        ("127.0.0.1", clear_text_server().port()),
        ServerCertificate::new().ca_certs("/nonexistent"),
    );
    "create_connection" => create_connection(("127.0.0.1", clear_text_server().port()), None);
    "Identity::load" => Identity::load(pem_path());
    "Identity::load: bytes" => Identity::load(CertChain::from_pem(pem(), pem()));
    "Identity::load: bad bytes" => Identity::load(CertChain::from_pem("", ""));
    "Identity::load: DER" => Identity::load(CertChain::from_der(&[der()], b"no key"));
    "Identity::load: PKCS#12" => Identity::load(CertChain::from_pkcs12(b"none", "password"));
    "Identity::load: no such file" => Identity::load("/nonexistent");
    "Certificate::from_der" => Certificate::from_der(&der()).unwrap();
    "Certificate::from_der: no certificate" => Certificate::from_der(b"none");
    "Certificate::from_pem" => Certificate::from_pem(pem()).unwrap();
    "Certificate::from_pem: no certificate" => Certificate::from_pem("none");
    "DER_cert_to_PEM_cert" => DER_cert_to_PEM_cert(der());
    "PEM_cert_to_DER_cert" => PEM_cert_to_DER_cert(&pem());
    "PEM_cert_to_DER_cert: no certificate" => PEM_cert_to_DER_cert("none");
    "cert_time_to_seconds" => cert_time_to_seconds("Jan  5 09:34:43 2018 GMT");
    "Asn1Object::new" => Asn1Object::new("1.3.6.1.5.5.7.3.1");
    "Asn1Object::new: not assigned" => Asn1Object::new("1.2.3.4.5.6");
    "Asn1Object::new: no object" => Asn1Object::new("none");
    "Asn1Object::fromname" => Asn1Object::fromname("serverAuth");
    "Asn1Object::fromname: unknown" => Asn1Object::fromname("none");
    "Asn1Object::fromnid" => Asn1Object::fromnid(129);
    "Asn1Object::fromnid: unknown" => Asn1Object::fromnid(100_000);
    "impl From<Purpose> for Asn1Object" => Asn1Object::from(Purpose::SERVER_AUTH);
    "get_sigalgs" => get_sigalgs();
    "openssl_default_ciphers" => openssl_default_ciphers();
    "SslError::new" => ssl::SslError::new("a text");
    "Cipher::list" => {
        let method = openssl::ssl::SslMethod::tls();
        Cipher::list(&openssl::ssl::SslContextBuilder::new(method).unwrap())
    };
    "Cipher::supported" => {
        let method = openssl::ssl::SslMethod::tls();
        let context = openssl::ssl::SslContext::builder(method).unwrap().build();
        Cipher::supported(&mut openssl::ssl::Ssl::new(&context).unwrap())
    };
    "TicketKey::generate" => TicketKey::generate();
    "impl PartialEq for TicketKey" => TicketKey::from([0; TicketKey::LEN]) == [1; TicketKey::LEN].into();
    "get_default_verify_paths" => get_default_verify_paths();
    "RAND_bytes" => RAND_bytes(1);
    "RAND_status" => RAND_status();
    "RAND_add" => RAND_add(b"seed", 1.0);
    "OPENSSL_VERSION" => OPENSSL_VERSION.len();
    "OPENSSL_VERSION_NUMBER" => *OPENSSL_VERSION_NUMBER;
    "OPENSSL_VERSION_INFO" => *OPENSSL_VERSION_INFO;
};

#[cfg(feature = "requests")]
mod requests {
    use pyssl::requests::{
        self, AssertHostname, ClientCert, FilePart, HttpAdapter, HttpDigestAuth, RequestOptions,
        Retry, Session, Verify,
    };

    use super::*;

    fn url() -> String {
        format!("https://127.0.0.1:{}/", clear_text_server().port())
    }

    fn options() -> RequestOptions {
        RequestOptions::new()
    }

    pub(super) const ALONE: &[Call] = calls! {
        "get" => requests::get(url(), ());
        "get: unverified" => requests::get(url(), false);
        "get: own authorities" => requests::get(url(), pem_path());
        "get: no such file" => requests::get(url(), "/nonexistent");
        "get: no such certificate" => requests::get(url(), options().cert("/nonexistent"));
        "head" => requests::head(url(), ());
        "post" => requests::post(url(), ());
        "put" => requests::put(url(), ());
        "patch" => requests::patch(url(), ());
        "delete" => requests::delete(url(), ());
        "options" => requests::options(url(), ());
        "request" => requests::request("PUT", url(), ());
        "Session::get" => Session::new(()).get(url(), ());
        "Session::head" => Session::new(()).head(url(), ());
        "Session::post" => Session::new(()).post(url(), ());
        "Session::request" => Session::new(()).request("PUT", url(), ());
        "Response::status_code", "Response::reason", "Response::ok", "Response::url",
        "Response::headers", "Response::content", "Response::text", "Response::raise_for_status",
        "impl fmt::Debug for Response" => {
            let url = url().replace("https", "http");
            let response = requests::get(url, ()).unwrap();
            let _ = (response.status_code(), response.ok(), format!("{response:?}"));
            let _ = (response.reason().len(), response.url().len(), response.headers().len());
            let _ = (response.content().len(), response.text().len());
            let _ = response.raise_for_status();
        };
        "Response::elapsed", "Response::history", "Response::json", "Response::cookies",
        "Response::encoding", "Response::is_permanent_redirect", "Response::is_redirect",
        "Response::links", "Response::next", "Response::request", "Response::set_encoding",
        "Response::iter_lines" => {
            let mut response = requests::get(url().replace("https", "http"), ()).unwrap();
            let _ = (response.elapsed(), response.history().len());
            let _ = response.json::<u32>();
            response.set_encoding("utf-8");
            let _ = (response.cookies(), response.encoding(), response.links());
            let _ = (response.is_redirect(), response.is_permanent_redirect());
            let _ = (response.request().url(), response.next().is_some());
            let _ = response.iter_lines().next();
        };
        "Session::send_stream" => {
            let session = Session::new(());
            let prepared = session.prepare_request("GET", url(), ()).unwrap();
            session.send_stream(prepared, ())
        };
        "Session::send" => {
            let session = Session::new(());
            let prepared = session.prepare_request("GET", url(), ()).unwrap();
            session.send(prepared, ())
        };
        "PreparedRequest::body", "PreparedRequest::headers", "PreparedRequest::headers_mut",
        "PreparedRequest::method", "PreparedRequest::url", "Session::prepare_request",
        "PreparedRequest::path_url", "PreparedRequest::register_hook", "PreparedRequest::set_body",
        "PreparedRequest::set_method", "PreparedRequest::set_url",
        "impl fmt::Debug for PreparedRequest" => {
            let session = Session::new(());
            let mut prepared = session.prepare_request("GET", url(), ()).unwrap();
            let _ = (prepared.headers_mut().len(), prepared.headers().len());
            let _ = (prepared.method().len(), prepared.url(), prepared.body().is_some());
            let _ = format!("{prepared:?}");
            prepared.set_body("body");
            prepared.set_method("POST").unwrap();
            prepared.set_url("http://localhost/").unwrap();
            prepared.register_hook(Ok);
            let _ = prepared.path_url();
        };
        "Session::put" => Session::new(()).put(url(), ());
        "Session::patch" => Session::new(()).patch(url(), ());
        "Session::delete" => Session::new(()).delete(url(), ());
        "Session::options" => Session::new(()).options(url(), ());
        "Session::stream" => Session::new(()).stream("GET", url(), ());
        "Session::request: files" => {
            let options = options().files([("f", FilePart::new("content"))]);
            Session::new(()).request("POST", url().replace("https", "http"), options)
        };
        "StreamingResponse::headers", "StreamingResponse::history", "StreamingResponse::into_response",
        "StreamingResponse::status_code", "StreamingResponse::url", "impl Read for StreamingResponse",
        "StreamingResponse::elapsed", "StreamingResponse::encoding", "StreamingResponse::iter_content",
        "StreamingResponse::iter_lines", "StreamingResponse::ok", "StreamingResponse::raise_for_status",
        "StreamingResponse::reason", "StreamingResponse::cookies", "StreamingResponse::is_permanent_redirect",
        "StreamingResponse::is_redirect", "StreamingResponse::links", "StreamingResponse::next",
        "StreamingResponse::request",
        "impl fmt::Debug for StreamingResponse" => {
            let url = url().replace("https", "http");
            let mut response = Session::new(()).stream("GET", url, ()).unwrap();
            let _ = (response.headers().len(), response.history().len(), format!("{response:?}"));
            let _ = (response.status_code(), response.url(), response.reason().len());
            let _ = (response.ok(), response.elapsed(), response.encoding());
            let _ = response.raise_for_status();
            let _ = (response.cookies(), response.links(), response.next().is_some());
            let _ = (response.is_redirect(), response.is_permanent_redirect());
            let _ = response.request().url();
            let _ = response.iter_content(1).next();
            let _ = response.iter_lines().next();
            let _ = std::io::Read::read(&mut response, &mut [0]);
            response.into_response()
        };
        "StreamingResponse::into_raw" => {
            let url = url().replace("https", "http");
            let response = Session::new(()).stream("GET", url, ()).unwrap();
            let _ = std::io::Read::read(&mut response.into_raw(), &mut [0]);
        };
        "HttpAdapter::ssl_context" => {
            let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT).unwrap();
            let adapter = HttpAdapter::new().ssl_context(&context);
            Session::new(()).mount("https://", adapter).get(url(), ())
        };
        "Error::is_connection_error", "Error::is_timeout", "Error::request", "Error::response" => {
            let error = requests::get(url(), ()).unwrap_err();
            let _ = (error.request().is_some(), error.response().is_some());
            (error.is_connection_error(), error.is_timeout())
        };
    };

    pub(super) const UNTOUCHED: &[Call] = calls! {
        "Session::new", "Session::trust_env", "Session::max_redirects",
        "impl fmt::Debug for Session" => {
            let session = Session::new(()).trust_env(false).max_redirects(1);
            let _ = format!("{session:?}");
        };
        "impl Default for HttpAdapter",
        "HttpAdapter::new", "HttpAdapter::assert_fingerprint", "HttpAdapter::assert_hostname",
        "HttpAdapter::max_retries", "Session::mount", "Session::cookies", "Session::clear_cookies",
        "impl From<&str> for AssertHostname", "impl From<bool> for AssertHostname",
        "impl From<u32> for Retry", "Retry::new", "Retry::all_methods", "Retry::allowed_methods",
        "Retry::backoff_factor", "Retry::backoff_max", "Retry::connect", "Retry::raise_on_status",
        "Retry::read", "Retry::respect_retry_after_header", "Retry::status",
        "Retry::status_forcelist", "Retry::backoff_jitter", "Retry::other", "Retry::retry_after_max", "Retry::total",
        "HttpAdapter::pool_connections", "HttpAdapter::pool_maxsize", "Session::set_cookie",
        "Session::remove_cookie", "Session::update" => {
            let retry = Retry::new(3)
                .total(None)
                .other(1)
                .backoff_jitter(0.5)
                .retry_after_max(std::time::Duration::ZERO)
                .all_methods()
                .allowed_methods(["GET"])
                .backoff_factor(0.5)
                .backoff_max(1.0)
                .connect(1)
                .raise_on_status(false)
                .read(1)
                .respect_retry_after_header(false)
                .status(1)
                .status_forcelist([503]);
            let adapter = HttpAdapter::new()
                .pool_connections(1)
                .pool_maxsize(1)
                .assert_fingerprint("00")
                .assert_hostname("name")
                .assert_hostname(AssertHostname::from(false))
                .max_retries(Retry::from(1))
                .max_retries(retry);
            let mut session = Session::new(()).mount("http://", adapter);
            session.update(|options| options.verify(false));
            session.set_cookie("a", "1");
            session.remove_cookie("a");
            let _ = session.cookies();
            session.clear_cookies();
        };
        "FilePart::headers", "FilePart::no_filename", "HttpDigestAuth::new",
        "RequestOptions::auth_bytes", "RequestOptions::without_headers", "RequestOptions::without_params",
        "RequestOptions::auth_with", "RequestOptions::data_file", "RequestOptions::data_reader",
        "RequestOptions::digest_auth", "RequestOptions::max_content",
        "RequestOptions::response_hook", "impl From<&HttpDigestAuth> for HttpDigestAuth",
        "impl fmt::Debug for HttpDigestAuth" => {
            let auth = HttpDigestAuth::new("user", "secret");
            let _ = format!("{auth:?}");
            let options = options().digest_auth(&auth).auth_with(|_| {}).max_content(1);
            let options = options.data_file(std::io::Cursor::new("")).data_reader(std::io::empty());
            let options = options.without_headers(["X"]).without_params(["a"]).auth_bytes("u", "p");
            let _ = options.response_hook(Ok);
            let _ = FilePart::new("").no_filename().headers([("X", "y")]);
        };
        "FilePart::new", "FilePart::filename", "FilePart::content_type",
        "impl std::fmt::Debug for FilePart", "RequestOptions::auth", "RequestOptions::cookies",
        "RequestOptions::files", "RequestOptions::form", "RequestOptions::json",
        "RequestOptions::params", "RequestOptions::proxies" => {
            let file = FilePart::new("data").filename("name").content_type("text/plain");
            let _ = format!("{file:?}");
            options()
                .auth("user", "password")
                .cookies([("name", "value")])
                .files([("name", file)])
                .form([("name", "value")])
                .json(&1)
                .params([("name", "value")])
                .proxies([("http", "http://localhost")])
        };
        "RequestOptions::new", "RequestOptions::verify", "RequestOptions::cert",
        "RequestOptions::headers", "RequestOptions::data", "RequestOptions::timeout",
        "RequestOptions::connect_timeout", "RequestOptions::read_timeout",
        "RequestOptions::total_timeout", "RequestOptions::allow_redirects",
        "impl fmt::Debug for RequestOptions", "impl From<()> for RequestOptions",
        "impl From<Verify> for RequestOptions", "impl From<bool> for RequestOptions",
        "impl From<$path> for RequestOptions", "impl From<bool> for Verify",
        "impl From<$path> for Verify", "impl From<(C, K)> for ClientCert",
        "impl From<$path> for ClientCert" => {
            let second = std::time::Duration::from_secs(1);
            let options = options()
                .verify("file")
                .cert(("cert", "key"))
                .cert("cert")
                .headers([("name", "value")])
                .data("data")
                .timeout(second)
                .connect_timeout(second)
                .read_timeout(second)
                .total_timeout(second)
                .allow_redirects(false);
            (
                format!("{options:?}"),
                RequestOptions::from(()),
                RequestOptions::from(Verify::from(true)),
                RequestOptions::from(false),
                RequestOptions::from("file"),
                ClientCert::from(("cert", "key")),
            )
        };
    };
}
