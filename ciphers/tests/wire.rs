//! Sends ClientHellos of `wire` to a server of `pyssl`, and parses the answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic fails the test"
)]

use std::collections::BTreeSet;

use pyssl as ssl;
use pyssl::{MemoryBio, SslContext, TlsVersion, WrapBio};
use pyssl_ciphers::cipher::registry;
use pyssl_ciphers::wire::{
    ClientHello, SIGNATURE_SCHEMES, ServerFlight, Ssl2Answer, WireError, group_name, groups,
    has_key_share, signature_name, ssl2_hello,
};
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files};

fn server(kind: KeyKind) -> (SslContext, Vec<u8>) {
    let leaf = Ca::new().builder().san("localhost").key(kind).build();
    let files = Files::of(&leaf);
    let context = SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    context.load_cert_chain(&files.combined).unwrap();
    (context, leaf.cert().to_der().unwrap())
}

/// The server's bytes for a hello.
fn answer(server: &SslContext, hello: &ClientHello) -> Vec<u8> {
    let (incoming, outgoing) = (MemoryBio::new(), MemoryBio::new());
    let options = WrapBio::new().server_side(true);
    let object = server.wrap_bio(&incoming, &outgoing, options).unwrap();
    incoming.write(&hello.to_bytes(&[7; 32])).unwrap();
    // The server waits for the client's next message, or rejects the ClientHello.
    assert!(object.do_handshake().is_err());
    outgoing.read(None)
}

/// Reads the answer to the hello that [`answer`] sends.
fn read_answer(hello: &ClientHello, bytes: &[u8]) -> Result<ServerFlight, WireError> {
    let mut flight = ServerFlight::answering(&hello.to_bytes(&[7; 32]));
    flight.feed(bytes)?;
    Ok(flight)
}

fn read(bytes: &[u8]) -> Result<ServerFlight, WireError> {
    let mut flight = ServerFlight::new();
    flight.feed(bytes)?;
    Ok(flight)
}

#[test]
fn a_tls_1_2_server_flight_is_parsed() {
    let (server, der) = server(KeyKind::Rsa2048);
    let hello = ClientHello::new(TlsVersion::TLSv1_2, &[0x0005, 0xc02f])
        .groups(&[4588, 24])
        .signatures(&[0x0805]);
    let flight = read(&answer(&server, &hello)).unwrap();
    assert!(flight.is_complete() && !flight.requests_certificate());
    let hello = flight.hello().unwrap();
    assert_eq!(
        (hello.version, hello.suite, hello.retry),
        (0x0303, 0xc02f, false)
    );
    assert_eq!(flight.certificates(), [der]);
    let exchange = flight.key_exchange().unwrap();
    assert_eq!((exchange.group, exchange.dh_bits), (Some(24), None));
    assert_eq!(
        exchange.signature.map(signature_name).unwrap(),
        "rsa_pss_rsae_sha384"
    );
}

#[test]
fn a_tls_1_3_hello_retry_request_is_parsed() {
    let (server, _) = server(KeyKind::EcP256);
    let hello = ClientHello::new(TlsVersion::TLSv1_3, &[0x1303, 0x1301]).groups(&[30, 24]);
    let flight = read(&answer(&server, &hello)).unwrap();
    let chosen = flight.hello().unwrap();
    assert!(flight.is_complete() && chosen.retry);
    assert_eq!(chosen.version, 0x0304);
    assert!([0x1303, 0x1301].contains(&chosen.suite));
    assert_eq!(chosen.group.map(group_name).unwrap(), "x448");
}

#[test]
fn the_signature_of_a_tls_1_3_server_is_decrypted_with_every_suite_and_group() {
    let (server, _) = server(KeyKind::EcP256);
    let suites = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];
    let all = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:\
               TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";
    server.set_ciphers("ALL:@SECLEVEL=0").unwrap();
    server.set_ciphersuites(all).unwrap();
    let mut tried = 0;
    for group in groups().filter(|group| has_key_share(*group)) {
        // Newer versions of OpenSSL do not enable the larger groups by default.
        if server.set_groups(&group_name(group)).is_err() {
            continue;
        }
        for suite in suites {
            tried += 1;
            let what = format!("{} {suite:#06x}", group_name(group));
            let hello = ClientHello::new(TlsVersion::TLSv1_3, &[suite]).groups(&[group]);
            let hello = hello.key_share(group);
            let flight = read_answer(&hello, &answer(&server, &hello)).unwrap();
            assert_eq!(flight.signature(), Some(0x0403), "{what}");
            assert!(flight.is_complete() && flight.alert().is_none(), "{what}");
            // No signature algorithm of the hello fits the key of the certificate.
            let rsa = hello.signatures(&[0x0804]);
            let flight = read_answer(&rsa, &answer(&server, &rsa)).unwrap();
            assert_eq!(
                (flight.signature(), flight.alert()),
                (None, Some(40)),
                "{what}"
            );
        }
    }
    assert!(tried >= 8 * suites.len(), "{tried}");
}

/// Servers such as Java's send their certificate before they look for a scheme with which they can
/// sign. So the certificate does not show that the server supports the offered scheme.
#[test]
fn a_tls_1_3_server_has_no_signature_before_its_certificate_verify_message() {
    let (server, certificate) = server(KeyKind::EcP256);
    let hello = ClientHello::new(TlsVersion::TLSv1_3, &[0x1301]).groups(&[29]);
    let hello = hello.key_share(29);
    let bytes = answer(&server, &hello);
    let signed = (0..=bytes.len()).find(|end| {
        let flight = read_answer(&hello, &bytes[..*end]).unwrap();
        assert_eq!(flight.is_complete(), flight.signature().is_some());
        flight.is_complete()
    });
    assert!(signed.unwrap() > certificate.len());
}

/// A server accepts every suite that OpenSSL can offer, with every kind of key exchange.
#[test]
fn openssl_accepts_every_one_of_its_suites_from_our_client_hello() {
    let (server, _) = server(KeyKind::Rsa2048);
    server
        .set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        .unwrap();
    server
        .set_minimum_version(TlsVersion::MINIMUM_SUPPORTED)
        .unwrap();
    server.set_ecdh_curve("prime256v1").unwrap();
    let mut accepted = 0;
    for suite in server.get_ciphers().unwrap() {
        if suite.is_tls13() || !matches!(suite.auth, Some("auth-rsa" | "auth-null")) {
            continue;
        }
        if !matches!(suite.kea, Some("kx-rsa" | "kx-ecdhe")) {
            continue;
        }
        let hello = ClientHello::new(TlsVersion::TLSv1_2, &[suite.protocol_id()]);
        let flight = read(&answer(&server, &hello)).unwrap();
        let chosen = flight.hello().map(|hello| hello.suite);
        assert_eq!(chosen, Some(suite.protocol_id()), "{}", suite.name);
        assert_eq!(
            flight.key_exchange().is_some(),
            suite.kea == Some("kx-ecdhe"),
            "{}",
            suite.name
        );
        accepted += 1;
    }
    assert!(accepted > 20, "{accepted}");
}

/// Reads bytes in portions of this size, and returns everything that the public API tells about
/// them, as text.
fn seen(hello: &ClientHello, bytes: &[u8], portion: usize) -> String {
    let mut flight = ServerFlight::answering(&hello.to_bytes(&[7; 32]));
    for part in bytes.chunks(portion) {
        if let Err(error) = flight.feed(part) {
            return error.to_string();
        }
    }
    let (hello, certificates) = (flight.hello(), flight.certificates());
    let (exchange, alert) = (flight.key_exchange(), flight.alert());
    let rest = (
        flight.requests_certificate(),
        flight.signature(),
        flight.is_complete(),
    );
    format!("{hello:?} {certificates:?} {exchange:?} {alert:?} {rest:?}")
}

#[test]
fn a_corrupt_flight_is_parsed_the_same_in_pieces_of_any_size() {
    let (server, _) = server(KeyKind::EcP256);
    let suites: Vec<u16> = registry().iter().map(ssl::Cipher::protocol_id).collect();
    for version in [TlsVersion::TLSv1_2, TlsVersion::TLSv1_3] {
        let hello = ClientHello::new(version, &suites)
            .groups(&[29, 23])
            .key_share(29);
        let good = answer(&server, &hello);
        assert!(read(&good).unwrap().hello().is_some());
        for at in 0..good.len() {
            for bit in [0x01, 0x80] {
                let mut wrong = good.clone();
                wrong[at] ^= bit;
                let whole = seen(&hello, &wrong, wrong.len());
                assert_eq!(whole, seen(&hello, &wrong, 1), "byte {at}");
            }
            assert_eq!(
                seen(&hello, &good[..at], usize::MAX),
                seen(&hello, &good[..at], 3),
                "cut at {at}"
            );
        }
    }
}

#[test]
fn ssl_2_answers_are_parsed() {
    let hello = ssl2_hello(&[1; 16]);
    assert_eq!(
        usize::from(hello[0] & 0x7f) << 8 | usize::from(hello[1]),
        hello.len() - 2
    );
    let body = [4, 0, 1, 0, 2, 0, 2, 0, 3, 0, 1, 9, 9, 0x07, 0x00, 0xc0, 5];
    let good = [&[0x80, 17], &body[..]].concat();
    assert_eq!(
        Ssl2Answer::read(&good),
        Ok(Ssl2Answer::Accepted(vec![0x0700c0]))
    );
    for length in 0..good.len() {
        assert_eq!(
            Ssl2Answer::read(&good[..length]),
            Ok(Ssl2Answer::Incomplete)
        );
    }
    assert_eq!(
        Ssl2Answer::read(&[21, 3, 1, 0, 2, 2, 70]),
        Ok(Ssl2Answer::Refused)
    );
    assert_eq!(
        Ssl2Answer::read(&[0x80, 3, 0, 0, 1]),
        Ok(Ssl2Answer::Refused)
    );
    assert_eq!(Ssl2Answer::read(b"HTTP/1.1 400"), Err(WireError::NotTls));
    assert_eq!(Ssl2Answer::read(&[0x80, 1, 4]), Err(WireError::Malformed));
}

#[test]
fn numbers_and_names_of_signature_schemes_and_groups_are_unique() {
    for numbers in [
        SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect(),
        groups().collect::<Vec<u16>>(),
    ] {
        let different: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(different.len(), numbers.len());
    }
    for names in [
        SIGNATURE_SCHEMES
            .iter()
            .map(|(id, _)| signature_name(*id))
            .collect(),
        groups().map(group_name).collect::<Vec<String>>(),
    ] {
        // A name is found in capital and in small letters.
        let different: BTreeSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(different.len(), names.len());
    }
}

#[test]
fn unknown_signature_schemes_and_groups_are_named_by_their_number_in_hexadecimal() {
    assert_eq!(signature_name(0xfefe), "0xfefe");
    assert_eq!(group_name(0xfefe), "0xfefe");
}
