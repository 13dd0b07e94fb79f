//! The dict of a certificate, compared with CPython's decoder.

mod random;
mod strange;

use std::collections::HashSet;
use std::fs;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use pyssl as ssl;
use pyssl_testing::pki::{Ca, odd};
use pyssl_testing::python::same_openssl_or_skip;
use pyssl_testing::skip_without_python;

use crate::der::*;
use crate::support::class;

#[test]
fn getpeercert_of_a_plain_certificate_matches_python() {
    let cert = Parts {
        extensions: vec![
            subject_alt_name(&[dns(b"localhost"), ip(&[127, 0, 0, 1])]),
            authority_info(&[(OCSP, uri(b"http://ocsp")), (CA_ISSUERS, uri(b"http://ca"))]),
            crl_distribution_points(&[full_name(&[uri(b"http://crl")])]),
        ],
        ..Parts::default()
    }
    .certificate();
    let dict = cert.get_info().unwrap();
    assert_eq!(
        dict.to_string(),
        "{'subject': ((('commonName', 'subject'),),), 'issuer': ((('commonName', 'issuer'),),), \
         'version': 3, 'serialNumber': '01', 'notBefore': 'Jan  2 03:04:05 2020 GMT', \
         'notAfter': 'Dec 31 23:59:59 2099 GMT', \
         'subjectAltName': (('DNS', 'localhost'), ('IP Address', '127.0.0.1')), \
         'OCSP': ('http://ocsp',), 'caIssuers': ('http://ca',), \
         'crlDistributionPoints': ('http://crl',)}"
    );
    assert_eq!(
        dict.to_json(),
        r#"{"subject": [[["commonName", "subject"]]], "issuer": [[["commonName", "issuer"]]], "version": 3, "serialNumber": "01", "notBefore": "Jan  2 03:04:05 2020 GMT", "notAfter": "Dec 31 23:59:59 2099 GMT", "subjectAltName": [["DNS", "localhost"], ["IP Address", "127.0.0.1"]], "OCSP": ["http://ocsp"], "caIssuers": ["http://ca"], "crlDistributionPoints": ["http://crl"]}"#
    );
    assert_eq!(dict.subject().get("commonName"), Some("subject"));
    assert_eq!(dict.issuer()[0][0].1, "issuer");
    assert_eq!(dict.ocsp(), ["http://ocsp"]);
    assert_eq!(dict.ca_issuers(), ["http://ca"]);
    assert_eq!(dict.crl_distribution_points(), ["http://crl"]);
    assert_eq!(dict.subject_alt_name()[1].kind(), "IP Address");
    assert_eq!(dict.subject_alt_name()[1].value(), "127.0.0.1");
    assert_eq!(
        ssl::cert_time_to_seconds(dict.not_after()).unwrap(),
        4_102_444_799
    );
    assert_eq!(cert.to_string(), "CN=subject");
}

#[test]
fn an_empty_cert_dict_is_printed_as_braces() {
    let dict = ssl::CertDict::default();
    assert!(dict.is_empty());
    assert_eq!(
        (dict.to_string(), dict.to_json()),
        ("{}".into(), "{}".into())
    );
    assert!(dict.subject().is_empty() && dict.subject_alt_name().is_empty());
}

/// CVE-2013-4238: a NUL within a name, also in names that OpenSSL prints for CPython.
#[test]
fn a_nul_does_not_truncate_a_name() {
    let text = b"good.example\0evil.example";
    let dict = Parts {
        subject: name(&[vec![attribute(COMMON_NAME, UTF8_STRING, text)]]),
        extensions: vec![
            subject_alt_name(&[
                dns(text),
                email(text),
                uri(text),
                directory(&name(&[vec![attribute(COMMON_NAME, UTF8_STRING, text)]])),
                other_name(UPN, UTF8_STRING, text),
                other_name(SRV, IA5_STRING, text),
            ]),
            authority_info(&[(OCSP, uri(text)), (CA_ISSUERS, uri(text))]),
            crl_distribution_points(&[full_name(&[uri(text)])]),
        ],
        ..Parts::default()
    }
    .certificate()
    .get_info()
    .unwrap();
    let text = "good.example\0evil.example";
    assert_eq!(dict.subject().get("commonName"), Some(text));
    let values: Vec<_> = dict
        .subject_alt_name()
        .iter()
        .map(|san| san.value())
        .collect();
    assert_eq!(values[..3], [text, text, text]);
    assert_eq!(
        values[3],
        r"((('commonName', 'good.example\x00evil.example'),),)"
    );
    assert_eq!(values[4], format!("UPN:{text}"));
    assert_eq!(values[5], format!("SRVName:{text}"));
    for uris in [
        dict.ocsp(),
        dict.ca_issuers(),
        dict.crl_distribution_points(),
    ] {
        assert_eq!(uris, [text]);
    }
}

/// CVE-2019-5010: CPython crashed on a distribution point without a name. The certificate also has names that CPython
/// misreads.
#[test]
fn distribution_points_without_a_full_name_are_skipped() {
    let cn = attribute(COMMON_NAME, UTF8_STRING, b"relative");
    let dict = Parts::extension(crl_distribution_points(&[
        sequence([]),
        sequence([implicit(1, &[0, 0x80])]),
        relative_name(std::slice::from_ref(&cn)),
        full_name(&[]),
        full_name(&[directory(&name(&[vec![cn]]))]),
        full_name(&[uri(b"http://crl"), dns(b"not.a.uri")]),
    ]))
    .certificate()
    .get_info()
    .unwrap();
    assert_eq!(dict.crl_distribution_points(), ["http://crl"]);
}

/// CVE-2026-42327: the `openssl` crate made an invalid `str` from such text.
#[test]
fn invalid_text_in_a_certificate_is_an_error() {
    let text = b"ab\xff";
    for parts in [
        Parts::alt_names(&[dns(text)]),
        Parts::alt_names(&[email(text)]),
        Parts::alt_names(&[uri(text)]),
        Parts::alt_names(&[other_name(UPN, UTF8_STRING, text)]),
        Parts::extension(authority_info(&[(OCSP, uri(text))])),
        Parts::extension(authority_info(&[(CA_ISSUERS, uri(text))])),
        Parts::extension(crl_distribution_points(&[full_name(&[uri(text)])])),
    ] {
        let error = parts.certificate().get_info().unwrap_err();
        assert!(matches!(error, ssl::Error::Unicode(_)), "{error:?}");
    }
    // OpenSSL itself rejects such a name.
    let parts = Parts::subject(&[vec![attribute(COMMON_NAME, UTF8_STRING, text)]]);
    let refused = ssl::Certificate::from_der(&parts.build(&key()));
    assert_eq!(class(refused), "SSLError");
}

#[test]
fn long_serial_numbers_are_complete() {
    let dict = Parts {
        serial: [1].repeat(40),
        ..Parts::default()
    }
    .certificate()
    .get_info()
    .unwrap();
    assert_eq!(dict.serial_number(), "01".repeat(40));
}

#[test]
fn equal_certificates_have_equal_hashes() {
    let parts = Parts::alt_names(&[dns(b"localhost")]);
    let der = parts.build(&key());
    let cert = ssl::Certificate::from_der(&der).unwrap();
    let pem = cert.to_pem().unwrap();
    assert_eq!(pem, ssl::DER_cert_to_PEM_cert(&der));
    assert_eq!(cert.to_der().unwrap(), der);
    let other = parts.certificate();
    let file = format!("a comment\n{pem}{}", other.to_pem().unwrap());
    assert_eq!(ssl::Certificate::from_pem(&file).unwrap(), cert);
    assert_ne!(cert, other);
    let set: HashSet<_> = [cert.clone(), cert, other].into_iter().collect();
    assert_eq!(set.len(), 2);
}

#[test]
fn an_encrypted_pem_is_an_error_without_a_prompt() {
    let pem = Parts::default().certificate().to_pem().unwrap().replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n",
        1,
    );
    assert_eq!(class(ssl::Certificate::from_pem(pem)), "SSLError");
}

#[test]
fn display_of_a_subject_starts_with_the_most_specific_part() {
    let cert = Parts::subject(&[
        vec![attribute("2.5.4.6", PRINTABLE_STRING, b"DE")],
        vec![
            attribute("2.5.4.10", UTF8_STRING, "Bücher, Inc".as_bytes()),
            attribute("2.5.4.11", UTF8_STRING, b"Unit"),
        ],
        vec![attribute(COMMON_NAME, UTF8_STRING, b"localhost")],
    ])
    .certificate();
    let text = r"CN=localhost,OU=Unit+O=B\C3\BCcher\, Inc,C=DE";
    assert_eq!(cert.to_string(), text);
    assert_eq!(format!("{cert:?}"), format!("<Certificate '{text}'>"));
    let cert = Parts::subject(&[vec![attribute(COMMON_NAME, 0x30, b"")]]).certificate();
    assert_eq!(cert.to_string(), "CN=#3000");
}

/// Prints two lines for each file: the dict, or the error behind a `!`, and its JSON.
const DECODE: &str = r#"
import _ssl, json, re, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
for path in sys.stdin.read().split():
    # _test_decode_cert leaves errors in OpenSSL's queue; this empties it.
    try:
        context.set_ciphers("nonsense")
    except ssl.SSLError:
        pass
    try:
        cert = _ssl._test_decode_cert(path)
    except Exception as e:
        print(f"!{type(e).__name__}: " + re.sub(r" \(_ssl.c:\d+\)$", "", str(e)))
        print("-")
        continue
    print(repr(cert))
    try:
        print(json.dumps(cert))
    except TypeError:
        print("-")
"#;

/// The certificates lack the features for which the dicts deliberately differ: a serial number of more
/// than 35 bytes, an empty BIT STRING, a NUL or a line break in an otherName.
#[test]
fn getpeercert_of_generated_certificates_matches_python() {
    let python = skip_without_python!();
    if python.version() < (3, 12, 0) {
        pyssl_testing::skipped("this Python has no bytes for a BIT STRING");
        return;
    }
    let mut runner = TestRunner::deterministic();
    let generated = (0..200).map(|_| {
        random::certificate()
            .new_tree(&mut runner)
            .unwrap()
            .current()
    });
    let key = key();
    // The release of OpenSSL decides which of the strange files are accepted as certificates, so Python must use the
    // same release.
    let strange = same_openssl_or_skip().map_or_else(Vec::new, |_| strange::strange());
    let ders: Vec<_> = strange
        .into_iter()
        .chain(generated)
        .map(|parts| parts.build(&key))
        .chain(odd::all(&Ca::new()).into_iter().map(|(_, leaf)| leaf.der()))
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let mut paths = String::new();
    for (index, der) in ders.iter().enumerate() {
        let path = directory.path().join(format!("{index}.pem"));
        fs::write(&path, ssl::DER_cert_to_PEM_cert(der)).unwrap();
        paths += path.to_str().unwrap();
        paths += "\n";
    }
    let answers = python.script(DECODE).stdin(paths).run().expect_success();
    let answers: Vec<_> = answers.lines().collect();
    assert_eq!(answers.len(), ders.len() * 2);
    let mut decoded = 0;
    for (der, answer) in ders.iter().zip(answers.chunks(2)) {
        let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
        let Ok(cert) = ssl::Certificate::from_der(der) else {
            assert_eq!(
                answer[0], "!SSLError: ('Error decoding PEM-encoded file',)",
                "{hex}"
            );
            continue;
        };
        match cert.get_info() {
            Ok(dict) => {
                assert_eq!(dict.to_string(), answer[0], "{hex}");
                decoded += 1;
                if answer[1] != "-" {
                    assert_eq!(dict.to_json(), answer[1], "{hex}");
                }
            }
            Err(error) => {
                let class = match &error {
                    ssl::Error::Unicode(_) => "UnicodeDecodeError",
                    other => other.python_class(),
                };
                assert_eq!(format!("!{class}: {error}"), answer[0], "{hex}");
            }
        }
    }
    assert!(
        decoded > 200,
        "only {decoded} of {} were decoded",
        ders.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bytes in place of text give a dict or an error.
    #[test]
    fn get_info_of_any_bytes_is_a_dict_or_an_error(text: Vec<u8>, tag in 1_u8..31) {
        let parts = Parts {
            subject: name(&[vec![attribute(COMMON_NAME, tag, &text)]]),
            extensions: vec![
                subject_alt_name(&[dns(&text), element(0x80 | (tag % 9), &text), element(0xa0 | (tag % 9), &text)]),
                crl_distribution_points(&[text.clone(), full_name(&[uri(&text)])]),
            ],
            ..Parts::default()
        };
        if let Ok(cert) = ssl::Certificate::from_der(&parts.build(&key())) {
            let _ = cert.to_string();
            if let Ok(dict) = cert.get_info() {
                prop_assert!(dict.to_json().is_ascii());
                let _ = dict.to_string();
            }
        }
    }
}
