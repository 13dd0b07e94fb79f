//! The dict of a certificate, judged by CPython's own decoder.

use std::collections::HashSet;
use std::fs;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use pyssl as ssl;
use pyssl_testing::pki::{Ca, odd};
use pyssl_testing::skip_without_python;

use crate::der::{self, *};

/// Kinds of otherName that OpenSSL prints, and one that it does not.
const UPN: &str = "1.3.6.1.4.1.311.20.2.3";
const XMPP: &str = "1.3.6.1.5.5.7.8.5";
const SRV: &str = "1.3.6.1.5.5.7.8.7";
const SMTP_UTF8: &str = "1.3.6.1.5.5.7.8.9";
const NAI_REALM: &str = "1.3.6.1.5.5.7.8.8";

const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

#[test]
fn a_plain_certificate_reads_as_in_python() {
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
fn an_empty_dict_is_pythons() {
    let dict = ssl::CertDict::default();
    assert!(dict.is_empty());
    assert_eq!(
        (dict.to_string(), dict.to_json()),
        ("{}".into(), "{}".into())
    );
    assert!(dict.subject().is_empty() && dict.subject_alt_name().is_empty());
}

/// CVE-2013-4238, and its like in the names that CPython leaves to OpenSSL to print.
#[test]
fn a_nul_cuts_no_name_short() {
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

/// CVE-2019-5010, and the names that CPython reads as what they are not.
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

/// CVE-2026-42327 was an invalid `str` from such a certificate.
#[test]
fn text_that_is_none_is_an_error() {
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
    // OpenSSL itself takes no such name.
    let parts = Parts::subject(&[vec![attribute(COMMON_NAME, UTF8_STRING, text)]]);
    assert!(ssl::Certificate::from_der(&parts.build(&key())).is_err());
}

#[test]
fn long_serial_numbers_are_whole() {
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
fn certificates_are_values() {
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
fn an_encrypted_pem_asks_nobody_for_a_password() {
    let pem = Parts::default().certificate().to_pem().unwrap().replacen(
        '\n',
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n",
        1,
    );
    assert!(ssl::Certificate::from_pem(pem).is_err());
}

#[test]
fn the_subject_is_written_most_specific_first() {
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

/// Where the two are meant to differ, there is no such certificate here: a serial number of more
/// than 35 bytes, an empty BIT STRING, a NUL or a line break in an otherName.
#[test]
fn every_certificate_reads_as_in_python() {
    let python = skip_without_python!();
    if python.version() < (3, 12, 0) {
        eprintln!("SKIPPED: {python:?} has no bytes for a BIT STRING");
        return;
    }
    let mut runner = TestRunner::deterministic();
    let generated = (0..200).map(|_| certificate().new_tree(&mut runner).unwrap().current());
    let key = key();
    // What is still accepted as a certificate depends on the release of OpenSSL.
    let strange = if python.has_our_openssl() {
        strange()
    } else {
        Vec::new()
    };
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

    /// Whatever bytes stand where text ought to, there is a dict or an error.
    #[test]
    fn any_bytes_give_a_dict_or_an_error(text: Vec<u8>, tag in 1_u8..31) {
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

/// Certificates that each have one thing out of the ordinary.
fn strange() -> Vec<Parts> {
    let text = "Zürich 日本 \u{1f600} '\"\\\n\u{200b}";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf32: Vec<u8> = text
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    let bmp: Vec<u8> = "Zürich 日本"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let subject = |tag, value: &[u8]| Parts::subject(&[vec![attribute(COMMON_NAME, tag, value)]]);
    let cn = |value| attribute(COMMON_NAME, UTF8_STRING, value);
    let serial = |bytes: &[u8]| Parts {
        serial: bytes.to_vec(),
        ..Parts::default()
    };
    let time = |tag, text: &[u8]| Parts {
        not_before: element(tag, text),
        ..Parts::default()
    };
    let version = |version| Parts {
        version,
        ..Parts::default()
    };
    let long_oid = format!(
        "1.2{}",
        ".340282366920938463463374607431768211455".repeat(9)
    );
    let mut all = vec![
        Parts::default(),
        Parts::subject(&[]),
        // Strings of every kind
        subject(UTF8_STRING, text.as_bytes()),
        subject(UTF8_STRING, b"a\0b"),
        subject(UTF8_STRING, b""),
        subject(UTF8_STRING, b"\xff"),
        subject(UTF8_STRING, b"\xed\xa0\x80"),
        subject(UTF8_STRING, b"\xf4\x90\x80\x80"),
        subject(BMP_STRING, &bmp),
        subject(BMP_STRING, &utf16),
        subject(BMP_STRING, b"odd"),
        subject(UNIVERSAL_STRING, &utf32),
        subject(UNIVERSAL_STRING, b"\0\x11\0\0"),
        subject(T61_STRING, b"Z\xfcrich"),
        subject(IA5_STRING, b"Z\xfcrich"),
        subject(PRINTABLE_STRING, b"not @ printable\xfc"),
        subject(BIT_STRING, b"\0\x01\xff'\""),
        subject(BIT_STRING, b"\x04\xf0"),
        subject(4, b"octets"),
        subject(2, b"\x01"),
        subject(0x30, b""),
        // Attributes and RDNs
        Parts::subject(&[vec![attribute("1.2.3.4.5", UTF8_STRING, b"x")]]),
        Parts::subject(&[vec![attribute(&long_oid, UTF8_STRING, b"x")]]),
        Parts::subject(&[
            vec![cn(b"a"), attribute("2.5.4.10", UTF8_STRING, b"b")],
            vec![cn(b"c")],
        ]),
        Parts::subject(&[vec![], vec![cn(b"a")], vec![]]),
        // Serial numbers, times, versions
        serial(b"\0"),
        serial(b"\x7f"),
        serial(b"\0\xff"),
        serial(b"\xff"),
        serial(b"\x80\0"),
        serial(b"\xff\x01"),
        serial(&[0x11].repeat(20)),
        serial(&[0x11].repeat(35)),
        serial(b""),
        time(UTC_TIME, b"500101000000Z"),
        time(UTC_TIME, b"491231235959Z"),
        time(UTC_TIME, b"2001010000Z"),
        time(UTC_TIME, b"200101000000+0100"),
        time(UTC_TIME, b"201301000000Z"),
        time(UTC_TIME, b"nonsense"),
        time(UTC_TIME, b""),
        time(GENERALIZED_TIME, b"00010101000000Z"),
        time(GENERALIZED_TIME, b"99991231235959Z"),
        time(GENERALIZED_TIME, b"20200101000000.125Z"),
        time(GENERALIZED_TIME, b"20200229000000Z"),
        time(GENERALIZED_TIME, b"20210229000000Z"),
        version(None),
        version(Some(0)),
        version(Some(1)),
        version(Some(9)),
        version(Some(0x80)),
        // Extensions that cannot be decoded, or are there twice
        Parts::alt_names(&[]),
        Parts::extension(extension("2.5.29.17", b"\x30\x05")),
        Parts::extension(extension("2.5.29.17", b"")),
        Parts::extension(extension("2.5.29.31", b"\x04\0")),
        Parts::extension(extension("1.3.6.1.5.5.7.1.1", b"\x30\x01\0")),
        Parts {
            extensions: vec![
                subject_alt_name(&[dns(b"a")]),
                subject_alt_name(&[dns(b"b")]),
            ],
            ..Parts::default()
        },
        // Distribution points and access descriptions
        Parts::extension(crl_distribution_points(&[])),
        Parts::extension(crl_distribution_points(&[sequence([])])),
        Parts::extension(crl_distribution_points(&[sequence([element(
            0x81,
            &[0, 0x80],
        )])])),
        Parts::extension(crl_distribution_points(&[full_name(&[])])),
        Parts::extension(crl_distribution_points(&[full_name(&[uri(b"\xff")])])),
        Parts::extension(authority_info(&[])),
        Parts::extension(authority_info(&[(OCSP, dns(b"x"))])),
        Parts::extension(authority_info(&[("1.2.3", uri(b"x"))])),
        Parts::extension(authority_info(&[
            (CA_ISSUERS, uri(b"\xff")),
            (OCSP, uri(b"\xfe")),
        ])),
    ];
    // Alternative names, one to a certificate
    all.extend(
        [
            dns(b""),
            dns(b"a\0b"),
            dns("ü.example".as_bytes()),
            dns(b"\xff"),
            dns(b"a\xe2\x82"),
            email(b"a\n'\"b"),
            uri(b"\x7f\x1b"),
            ip(b""),
            ip(&[1, 2, 3]),
            ip(&[255, 0, 1, 2]),
            ip(&[0; 8]),
            ip(&[0; 16]),
            ip(&[0xfe; 16]),
            ip(&[0; 32]),
            directory(&name(&[])),
            directory(&name(&[
                vec![cn("ü\0".as_bytes()), cn(b"b")],
                vec![cn(b"c")],
            ])),
            directory(&name(&[vec![attribute(
                COMMON_NAME,
                BIT_STRING,
                b"\0\xff",
            )]])),
            registered_id("1.2.3.4.5"),
            registered_id(COMMON_NAME),
            registered_id(&long_oid),
            other_name(UPN, UTF8_STRING, "ü@example".as_bytes()),
            other_name(UPN, IA5_STRING, b"x"),
            other_name(UPN, UTF8_STRING, b""),
            other_name(UPN, UTF8_STRING, b"\xff"),
            other_name(UPN, 5, b""),
            other_name(UPN, 1, b"\xff"),
            other_name(UPN, 0x30, b""),
            other_name(XMPP, UTF8_STRING, b"a:b"),
            other_name(SRV, IA5_STRING, b"_sip.example"),
            other_name(SRV, UTF8_STRING, b"_sip.example"),
            other_name(SMTP_UTF8, UTF8_STRING, "ü@ü".as_bytes()),
            other_name(NAI_REALM, UTF8_STRING, b"realm"),
            other_name("1.2.3", UTF8_STRING, b"x"),
            other_name("1.2.3", 4, b"x"),
            // x400Address, ediPartyName
            constructed(3, &sequence([])),
            constructed(5, &constructed(1, &element(UTF8_STRING, b"party"))),
        ]
        .map(|name| Parts::alt_names(&[dns(b"first"), name, dns(b"last")])),
    );
    all
}

/// A certificate with everything, of everything a few.
fn certificate() -> impl Strategy<Value = Parts> {
    let names = || prop::collection::vec(prop::collection::vec(any_attribute(), 1..3), 0..5);
    let uris = || prop::collection::vec(location(), 0..3);
    (
        (names(), names()),
        prop::collection::vec(any::<u8>(), 1..21),
        (any_time(), any_time()),
        prop::option::of(prop::collection::vec(alt_name(), 0..5)),
        prop::collection::vec((select(vec![OCSP, CA_ISSUERS, "1.2.3"]), location()), 0..4),
        prop::collection::vec(uris(), 0..3),
    )
        .prop_map(|(names, serial, times, alt_names, access, points)| Parts {
            version: Some(2),
            serial: minimal(serial),
            issuer: name(&names.0),
            subject: name(&names.1),
            not_before: times.0,
            not_after: times.1,
            extensions: [
                alt_names.map(|names| subject_alt_name(&names)),
                (!access.is_empty()).then(|| authority_info(&access)),
                (!points.is_empty()).then(|| {
                    let points: Vec<_> = points.iter().map(|uris| full_name(uris)).collect();
                    crl_distribution_points(&points)
                }),
            ]
            .into_iter()
            .flatten()
            .collect(),
        })
}

/// DER allows no superfluous first byte in an INTEGER.
fn minimal(mut integer: Vec<u8>) -> Vec<u8> {
    while let [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] = integer[..] {
        integer.remove(0);
    }
    integer
}

fn any_attribute() -> impl Strategy<Value = Vec<u8>> {
    let kind = select(vec![
        COMMON_NAME,
        "2.5.4.6",
        "2.5.4.7",
        "2.5.4.10",
        "2.5.4.11",
        "2.5.4.5",
        "2.5.4.12",
        "1.2.840.113549.1.9.1",
        "0.9.2342.19200300.100.1.25",
        "1.3.6.1.4.1.99999.1.2.3",
    ]);
    let value = prop_oneof![
        text().prop_map(|text| (UTF8_STRING, text.into_bytes())),
        "[ -~]{0,20}".prop_map(|text| (PRINTABLE_STRING, text.into_bytes())),
        "[ -~]{0,20}".prop_map(|text| (IA5_STRING, text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| (T61_STRING, bytes)),
        prop::collection::vec(any::<u8>(), 1..5)
            .prop_map(|bytes| (BIT_STRING, [&[0], &bytes[..]].concat())),
        text().prop_map(|text| {
            let text = text.replace(|c| c > '\u{ffff}', "");
            (
                BMP_STRING,
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            )
        }),
        text().prop_map(|text| {
            let text = text.chars().flat_map(|c| u32::from(c).to_be_bytes());
            (UNIVERSAL_STRING, text.collect())
        }),
    ];
    (kind, value).prop_map(|(kind, (tag, value))| attribute(kind, tag, &value))
}

/// Text of characters that are as old as the oldest Python, so that both know whether they print.
fn text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        prop::char::range('\0', '\u{24f}'),
        prop::char::range('\u{4e00}', '\u{9fa5}'),
        select(vec![
            '\u{301}',
            '\u{5d0}',
            '\u{600}',
            '\u{e33}',
            '\u{115f}',
            '\u{2028}',
            '\u{200d}',
            '\u{20ac}',
            '\u{3000}',
            '\u{e000}',
            '\u{feff}',
            '\u{ffff}',
            '\u{10330}',
            '\u{1f600}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{10ffff}',
        ]),
    ];
    prop::collection::vec(char, 0..12).prop_map(String::from_iter)
}

fn any_time() -> impl Strategy<Value = Vec<u8>> {
    (
        1_u16..=9999,
        1..=12,
        1..=28,
        0..24,
        0..60,
        0..60,
        any::<bool>(),
    )
        .prop_map(|(year, month, day, hour, minute, second, short)| {
            let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
            if short {
                element(UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())
            } else {
                element(GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
            }
        })
}

fn alt_name() -> impl Strategy<Value = Vec<u8>> {
    let text = || text().prop_map(String::into_bytes);
    prop_oneof![
        text().prop_map(|text| dns(&text)),
        text().prop_map(|text| email(&text)),
        text().prop_map(|text| uri(&text)),
        any::<[u8; 4]>().prop_map(|bytes| ip(&bytes)),
        any::<[u8; 16]>().prop_map(|bytes| ip(&bytes)),
        prop::collection::vec(prop::collection::vec(any_attribute(), 1..3), 0..3)
            .prop_map(|rdns| der::directory(&name(&rdns))),
        (0_u8..2, 0_u8..40, any::<u64>())
            .prop_map(|(a, b, c)| registered_id(&format!("{a}.{b}.{c}"))),
        (
            select(vec![UPN, XMPP, SMTP_UTF8, NAI_REALM, "1.2.3"]),
            "[^\0\n\r]{0,20}"
        )
            .prop_map(|(kind, text)| other_name(kind, UTF8_STRING, text.as_bytes())),
    ]
}

fn location() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => text().prop_map(|text| uri(text.as_bytes())),
        1 => Just(dns(b"not.a.uri")),
    ]
}
