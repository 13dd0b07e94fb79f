//! Parameters for finite-field key exchange.

use pyssl as ssl;
use pyssl_testing::openssl::bn::BigNum;
use pyssl_testing::openssl::dh::Dh;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files, skip_without_python};

use crate::support::{Pair, client_context, server_context};

fn parameters(prime: BigNum) -> String {
    let generator = BigNum::from_u32(2).unwrap();
    let dh = Dh::from_pqg(prime, None, generator).unwrap();
    String::from_utf8(dh.params_to_pem().unwrap()).unwrap()
}

fn strong() -> String {
    parameters(BigNum::get_rfc3526_prime_2048().unwrap())
}

fn weak() -> String {
    parameters(BigNum::get_rfc2409_prime_1024().unwrap())
}

/// What stands in front of EC keys: parameters of another kind.
fn curve() -> String {
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".to_owned()
}

const SCRIPT: &str = r#"
import ssl, sys
for path in sys.argv[1:]:
    try: print(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_dh_params(path))
    except OSError as e:
        print(type(e).__name__, e.errno, getattr(e, 'reason', None), str(e).split(' (_ssl.c')[0])
"#;

#[test]
fn files_are_taken_and_refused_as_in_python() {
    let python = skip_without_python!();
    if !python.has_our_openssl() {
        return;
    }
    let files = Files::of(&Ca::new().issue("localhost"));
    let strong = strong();
    let block = |body: &str| {
        format!("-----BEGIN DH PARAMETERS-----\n{body}\n-----END DH PARAMETERS-----\n")
    };
    let mut paths: Vec<String> = [
        ("good", strong.clone()),
        ("weak", weak()),
        ("empty", String::new()),
        ("curve", curve()),
        (
            "certificate",
            std::fs::read_to_string(&files.combined).unwrap(),
        ),
        (
            "lines",
            format!("{}{}trailing", curve(), strong.replace('\n', "\r\n")),
        ),
        ("base64", block("!!!!")),
        ("der", block("AAAA")),
        ("cut", strong[..strong.len() / 2].to_owned()),
    ]
    .into_iter()
    .map(|(name, text)| files.write(name, text).to_str().unwrap().to_owned())
    .collect();
    paths.push(files.dir().to_str().unwrap().to_owned());
    paths.push(files.dir().join("none").to_str().unwrap().to_owned());
    let output = python.run(SCRIPT, &paths).expect_success();
    assert_eq!(output.lines().count(), paths.len());
    for (path, theirs) in paths.iter().zip(output.lines()) {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        let ours = match context.load_dh_params(path) {
            Ok(()) => "None".to_owned(),
            Err(e) => format!(
                "{} {} {} {e}",
                e.python_class(),
                e.errno().unwrap(),
                e.reason().unwrap_or("None")
            ),
        };
        assert_eq!(ours, theirs, "{path}");
    }
}

#[test]
fn parameters_give_a_server_dhe_suites_also_after_a_rebuild() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    server
        .load_cert_chain(
            &Files::of(&ca.builder().san("localhost").key(KeyKind::Rsa2048).build()).combined,
        )
        .unwrap();
    let client = client_context(&ca);
    client.set_check_hostname(false).unwrap();
    client.set_verify_mode(ssl::CERT_NONE).unwrap();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("DHE-RSA-AES128-GCM-SHA256").unwrap();
    let files = Files::of(&ca.issue("localhost"));
    server
        .load_dh_params(files.write("dh.pem", strong()))
        .unwrap();
    let kept = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    server.set_alpn_protocols(&["h2"]).unwrap();
    let error = server
        .load_dh_params(files.write("ec.pem", curve()))
        .unwrap_err();
    assert_eq!(error.reason(), Some("NO_START_LINE"));
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    assert_eq!(pair.client.cipher(), kept.client.cipher());
}

#[test]
fn a_path_with_a_nul_is_refused() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let error = context.load_dh_params("dh\0.pem").unwrap_err();
    assert_eq!(error.to_string(), "embedded null byte");
}
