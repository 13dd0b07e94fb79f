//! The options `verify` and `cert`.

use std::error::Error as _;
use std::path::Path;
use std::process::Command;

use pyssl::requests::{self, Error, HttpAdapter, RequestOptions, Session, Verify};
use pyssl_testing::pki::odd;
use pyssl_testing::{Ca, Files, HttpsServer, ServerConfig};

fn ssl_error(result: Result<requests::Response, Error>) -> pyssl::Error {
    match result {
        Err(Error::SSLError(e)) => e,
        other => panic!("{other:?}"),
    }
}

#[test]
fn verify_accepts_a_ca_file_or_directory() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let server = HttpsServer::start(&leaf, "hello");
    let url = server.url("localhost", "/a?b");

    let response = requests::get(&url, files.ca.to_str().unwrap()).unwrap();
    assert_eq!((response.status_code(), response.reason()), (200, "OK"));
    assert_eq!((response.content(), response.url()), (&b"hello"[..], &*url));
    let seen = server.next_connection();
    assert_eq!(seen.alpn, None);
    assert_eq!(seen.server_name.as_deref(), Some("localhost"));
    assert_eq!(seen.version.as_deref(), Some("TLSv1.3"));
    assert!(seen.received.starts_with(b"GET /a?b HTTP/1.1\r\n"));

    let hashed = tempfile::tempdir().unwrap();
    ca.write_hashed(hashed.path());
    assert!(requests::get(&url, hashed.path()).unwrap().ok());
}

#[test]
fn requests_negotiate_http_1_1_with_alpn() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let config = ServerConfig::new(&leaf).alpn(&["h2", "http/1.1"]);
    let server = HttpsServer::start(config, "hello");
    requests::get(server.url("localhost", "/"), &*files.ca).unwrap();
    assert_eq!(server.next_connection().alpn.as_deref(), Some("http/1.1"));
}

#[test]
fn an_unknown_issuer_is_an_ssl_error_with_a_verify_code() {
    let server = HttpsServer::start(&Ca::new().issue("localhost"), "hello");
    let other = Files::new(&Ca::new(), &Ca::new().issue("localhost"));
    let result = requests::get(server.url("localhost", "/"), &*other.ca);

    let error = result.as_ref().unwrap_err();
    assert!(error.is_connection_error());
    assert!(error.source().unwrap().is::<pyssl::Error>());
    let error = ssl_error(result);
    assert_eq!(error.python_class(), "SSLCertVerificationError");
    assert_eq!(error.reason(), Some("CERTIFICATE_VERIFY_FAILED"));
    assert_eq!(error.verify_code(), Some(20));
}

#[test]
fn verify_false_accepts_any_certificate_and_any_name() {
    let server = HttpsServer::start(&odd::self_signed(), "hello");
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(
            requests::get(server.url(host, "/"), false).unwrap().text(),
            "hello"
        );
    }
}

#[test]
fn a_wrong_name_and_an_expired_certificate_give_different_errors() {
    let ca = Ca::new();
    for (leaf, code) in [
        (ca.issue("example.org"), 62),
        (ca.builder().san("localhost").expired().build(), 10),
        // As in urllib3, the common name does not count as a host name.
        (ca.builder().common_name("localhost").build(), 62),
    ] {
        let files = Files::new(&ca, &leaf);
        let server = HttpsServer::start(&leaf, "hello");
        let url = server.url("localhost", "/");
        let error = ssl_error(requests::get(&url, &*files.ca));
        assert_eq!(error.verify_code(), Some(code));
        assert!(requests::get(&url, false).is_ok());
    }
}

#[test]
fn an_ip_address_is_verified_as_an_address() {
    let ca = Ca::new();
    let leaf = ca.issue("127.0.0.1");
    let files = Files::new(&ca, &leaf);
    let server = HttpsServer::start(&leaf, "hello");
    requests::get(server.url("127.0.0.1", "/"), &*files.ca).unwrap();
    assert_eq!(server.next_connection().server_name, None);
    let error = ssl_error(requests::get(server.url("localhost", "/"), &*files.ca));
    assert_eq!(error.verify_code(), Some(62));
}

#[test]
fn missing_files_are_os_errors_with_pythons_text() {
    let server = HttpsServer::start(&odd::self_signed(), "hello");
    let url = server.url("localhost", "/");
    let files = Files::of(&odd::self_signed());
    let missing = |options: RequestOptions| match requests::get(&url, options) {
        Err(Error::OSError(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        &*missing("/nowhere/ca.pem".into()),
        "Could not find a suitable TLS CA certificate bundle, invalid path: /nowhere/ca.pem"
    );
    // In Python an empty path disables verification.
    missing("".into());
    let unverified = || RequestOptions::new().verify(false);
    assert_eq!(
        &*missing(unverified().cert("/nowhere/me.pem")),
        "Could not find the TLS certificate file, invalid path: /nowhere/me.pem"
    );
    assert_eq!(
        &*missing(unverified().cert((&files.cert, "/nowhere/me.key"))),
        "Could not find the TLS key file, invalid path: /nowhere/me.key"
    );
}

#[test]
fn a_file_without_certificates_is_an_ssl_error() {
    let files = Files::localhost();
    let garbage = files.write("garbage.pem", "nothing");
    let server = HttpsServer::start(&odd::self_signed(), "hello");
    let error = ssl_error(requests::get(server.url("localhost", "/"), &garbage));
    assert_eq!(error.reason(), Some("NO_CERTIFICATE_OR_CRL_FOUND"));
}

#[test]
fn cert_sends_the_clients_certificate() {
    let ca = Ca::new();
    let me = ca.issue("me");
    let files = Files::new(&ca, &me);
    let both = files.write("both.pem", me.combined_pem());
    let leaf = ca.issue("localhost");
    let server = HttpsServer::start(ServerConfig::new(&leaf).require_client_cert(&ca), "hello");
    let url = server.url("localhost", "/");

    let options = || RequestOptions::new().verify(&*files.ca);
    for options in [
        options().cert(both.as_path()),
        options().cert((&files.cert, &files.key)),
    ] {
        requests::get(&url, options).unwrap();
        assert_eq!(server.next_connection().peer_cert, Some(me.der()));
    }
    let error = ssl_error(requests::get(&url, options()));
    assert_eq!(error.reason(), Some("TLSV13_ALERT_CERTIFICATE_REQUIRED"));
}

#[test]
fn plain_http_ignores_a_missing_ca_file_but_not_a_missing_client_certificate() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    let server = pyssl_testing::Scripted::sends_after(1, head.as_bytes());
    let url = format!("http://localhost:{}/", server.port());
    assert_eq!(requests::get(url, "/nowhere/ca.pem").unwrap().text(), "hi");
    // As in Python, the file of a client certificate must exist.
    let url = format!("http://localhost:{}/", server.port());
    let error = requests::get(url, RequestOptions::new().cert("/nowhere/me.pem"));
    assert!(matches!(error, Err(Error::OSError(_))), "{error:?}");
}

#[test]
fn verify_is_a_bool_or_a_path() {
    assert_eq!(Verify::from(true), Verify::Default);
    assert_eq!(Verify::from(false), Verify::DangerDisabled);
    assert_eq!(Verify::from("ca.pem"), Verify::Path("ca.pem".into()));
    assert_eq!(Verify::from(Path::new("ca")), Verify::Path("ca".into()));
}

#[test]
fn ca_bundle_variables_apply_unless_a_request_names_its_own_ca_file() {
    const INNER: &str = "PYSSL_TEST_INNER";
    if let Ok(url) = std::env::var(INNER) {
        let other = std::env::var("PYSSL_TEST_OTHER_CA").unwrap();
        assert!(requests::get(&url, ()).is_ok());
        assert!(requests::get(&url, true).is_ok());
        ssl_error(requests::get(&url, &*other));
        // As in Python, the variable overrides the setting of the session.
        for session in [RequestOptions::from(&*other), false.into()] {
            let session = requests::Session::new(session);
            assert!(session.get(&url, ()).is_ok());
            let error = session.trust_env(false).get(&url, true);
            assert_eq!(ssl_error(error).verify_code(), Some(20));
        }
        return;
    }
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let (files, other) = (Files::new(&ca, &leaf), Files::localhost());
    let server = HttpsServer::start(&leaf, "hello");
    for variables in [
        [
            ("REQUESTS_CA_BUNDLE", &*files.ca),
            ("CURL_CA_BUNDLE", &*other.ca),
        ],
        [
            ("REQUESTS_CA_BUNDLE", Path::new("")),
            ("CURL_CA_BUNDLE", &*files.ca),
        ],
    ] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("verify::ca_bundle_variables_apply_unless_a_request_names_its_own_ca_file")
            .env(INNER, server.url("localhost", "/"))
            .env("PYSSL_TEST_OTHER_CA", &*other.ca)
            .envs(variables)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
    }
}

#[test]
fn verify_true_trusts_the_systems_certificates() {
    const INNER: &str = "PYSSL_TEST_INNER";
    if let Ok(url) = std::env::var(INNER) {
        assert!(requests::get(&url, true).is_ok());
        return;
    }
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::new(&ca, &leaf);
    let server = HttpsServer::start(&leaf, "hello");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("verify::verify_true_trusts_the_systems_certificates")
        .env(INNER, server.url("localhost", "/"))
        .env_remove("REQUESTS_CA_BUNDLE")
        .env_remove("CURL_CA_BUNDLE")
        .env("SSL_CERT_FILE", &*files.ca)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

#[test]
fn an_empty_fingerprint_is_an_error() {
    let server = HttpsServer::start(&Ca::new().issue("localhost"), "hello");
    let adapter = HttpAdapter::new().assert_fingerprint("");
    let session = Session::new(()).trust_env(false);
    let session = session.mount("https://", adapter);
    let options = RequestOptions::new().verify(false);
    let outcome = session.get(server.url("localhost", "/"), options);
    assert!(matches!(outcome, Err(Error::SSLError(_))), "{outcome:?}");
}
