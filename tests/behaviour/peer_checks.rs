//! A program's own checks of the peer's certificate: fingerprints, pins and the verify callback.

use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::{Ca, Leaf};

use crate::link::{BOTH_VERSIONS, Contexts};
use crate::support::{
    Pair, client_context, require_certificates, server_context, told, trust, unverified_client,
};

const TLS12: ssl::TlsVersion = ssl::TlsVersion::TLSv1_2;
const TLS13: ssl::TlsVersion = ssl::TlsVersion::TLSv1_3;
const HOSTNAME_MISMATCH: i32 = 62;
const UNKNOWN_ISSUER: i32 = 20;
const HAS_EXPIRED: i32 = 10;
/// The depth of the peer's own certificate.
const LEAF: usize = 0;

fn certificate(leaf: &Leaf) -> ssl::Certificate {
    ssl::Certificate::from_der(&leaf.der()).unwrap()
}

fn pins_of(leaf: &Leaf) -> [ssl::Pin; 2] {
    let certificate = certificate(leaf);
    [
        ssl::Pin::Certificate(certificate.fingerprint().unwrap()),
        ssl::Pin::PublicKey(certificate.public_key_fingerprint().unwrap()),
    ]
}

/// The verify code and text of the client's error, and the alert that the server got; or "ok".
fn outcome(client: &ssl::SslContext, server: &ssl::SslContext, options: ssl::WrapBio) -> String {
    let pair = Pair::new(client, server, options).unwrap();
    let (client, server) = pair.handshake();
    // In TLS 1.3 a server has finished its handshake before the client refuses it.
    let server = server.and_then(|()| pair.server.read(1).map(drop));
    match client {
        Ok(()) => "ok".to_owned(),
        Err(error) => format!(
            "{} {} {}",
            error.verify_code().unwrap_or_default(),
            error.verify_message().unwrap_or_default(),
            server.unwrap_err().reason().unwrap_or("none"),
        ),
    }
}

/// The beginning of the alert's name depends on the version of OpenSSL.
fn is_bad_certificate(outcome: &str) -> bool {
    outcome.ends_with("_ALERT_BAD_CERTIFICATE")
}

#[test]
fn fingerprints_match_the_openssl_command() {
    let leaf = Ca::new().issue("localhost");
    let [by_certificate, _] = pins_of(&leaf);
    let openssl = pyssl_testing::skip_without_openssl!();
    let show = |option| {
        let args = ["x509", "-inform", "der", "-noout", "-sha256", option];
        openssl.run(&args, &leaf.der()).stdout
    };
    let text = show("-fingerprint");
    let fingerprint = format!("={by_certificate}");
    assert!(text.trim_end().ends_with(&fingerprint), "{text}");
    let key = openssl::pkey::PKey::public_key_from_pem(show("-pubkey").as_bytes()).unwrap();
    assert_eq!(
        openssl::sha::sha256(&key.public_key_to_der().unwrap()),
        certificate(&leaf).public_key_fingerprint().unwrap()
    );
}

#[test]
fn pins_are_parsed_and_formatted_as_in_urllib3_and_curl() {
    let leaf = Ca::new().issue("localhost");
    let [by_certificate, by_key] = pins_of(&leaf);
    let (certificate, key) = (by_certificate.to_string(), by_key.to_string());
    for (text, pin) in [
        (certificate.clone(), by_certificate),
        (certificate.to_lowercase(), by_certificate),
        (certificate.replace(':', ""), by_certificate),
        (key.clone(), by_key),
        (key.replacen("//", "/", 1), by_key),
    ] {
        assert_eq!(text.parse::<ssl::Pin>().unwrap(), pin, "{text}");
    }
    for text in [
        "",
        "sha256//",
        &key[..key.len() - 1],
        &key.replace("sha256", "sha1"),
        &format!("{key} "),
        &format!(" {key}"),
        &certificate[1..],
        &format!("{certificate}00"),
        &certificate.replace(':', " "),
        &"é".repeat(32),
        &format!("sha256//{}", "=".repeat(44)),
        &format!("sha256//{}é=", "A".repeat(41)),
    ] {
        let error = text.parse::<ssl::Pin>().unwrap_err();
        assert_eq!(error.python_class(), "ValueError", "{text}");
    }
}

#[test]
fn a_verified_chain_must_have_one_of_the_pins() {
    let (ca, stranger) = (Ca::new(), Ca::new());
    let leaf = ca.issue("localhost");
    let server = server_context(&leaf);
    let authority = ssl::Certificate::from_pem(ca.cert_pem()).unwrap();
    let authority = ssl::Pin::PublicKey(authority.public_key_fingerprint().unwrap());
    let others = pins_of(&stranger.issue("localhost"));
    for version in BOTH_VERSIONS {
        let client = client_context(&ca);
        client.set_maximum_version(version).unwrap();
        let with = |pins: Vec<ssl::Pin>| {
            outcome(&client, &server, ssl::WrapBio::from("localhost").pins(pins))
        };
        for pin in pins_of(&leaf) {
            assert_eq!(with(vec![pin]), "ok");
            assert_eq!(with(vec![others[0], pin]), "ok");
        }
        assert_eq!(with(vec![authority]), "ok");
        let refused = with(others.to_vec());
        assert!(
            refused.starts_with("28 the peer's certificates match none of the pins")
                && is_bad_certificate(&refused),
            "{refused}"
        );
        // Pins do not replace verification.
        let stranger_trusts = client_context(&stranger);
        let options = ssl::WrapBio::from("localhost").pins(pins_of(&leaf));
        let refused = outcome(&stranger_trusts, &server, options);
        assert!(
            refused.starts_with(&UNKNOWN_ISSUER.to_string()),
            "{refused}"
        );
        // Pins do not replace the check of the name.
        let options = ssl::WrapBio::from("other.example").pins(pins_of(&leaf));
        assert!(outcome(&client, &server, options).starts_with("62 Hostname mismatch"));
    }
}

#[test]
fn without_verification_only_the_peers_own_certificate_counts() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let server = server_context(&leaf);
    // The authority is in the chain that the server sends.
    let authority = ssl::Certificate::from_pem(ca.cert_pem()).unwrap();
    let authority = ssl::Pin::Certificate(authority.fingerprint().unwrap());
    for version in BOTH_VERSIONS {
        let client = unverified_client();
        client.set_maximum_version(version).unwrap();
        let with = |pin| outcome(&client, &server, ssl::WrapBio::from("x").pins([pin]));
        for pin in pins_of(&leaf) {
            assert_eq!(with(pin), "ok");
        }
        let refused = with(authority);
        assert!(
            refused.starts_with("28 ") && is_bad_certificate(&refused),
            "{refused}"
        );
    }
}

#[test]
fn a_server_can_pin_its_clients() {
    let ca = Ca::new();
    let (first, second) = (ca.issue("first"), ca.issue("second"));
    for version in BOTH_VERSIONS {
        for mode in [ssl::CERT_OPTIONAL, ssl::CERT_REQUIRED] {
            let Contexts { client, server } = Contexts::of(version);
            require_certificates(&server, &ca);
            server.set_verify_mode(mode).unwrap();
            let shake = |identity: Option<&Leaf>| {
                let mut options = ssl::WrapBio::from("localhost");
                if let Some(leaf) = identity {
                    let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
                    options = options.identity(&ssl::Identity::load(chain).unwrap());
                }
                let pins = ssl::WrapBio::new().pins(pins_of(&first));
                let pair = Pair::with(&client, &server, options, pins).unwrap();
                let result = pair.handshake().1;
                result.map_err(|error| error.reason().map(str::to_owned))
            };
            assert_eq!(shake(Some(&first)), Ok(()));
            let refused = Err(Some("CERTIFICATE_VERIFY_FAILED".to_owned()));
            assert_eq!(shake(Some(&second)), refused);
            let none = Err(Some("PEER_DID_NOT_RETURN_A_CERTIFICATE".to_owned()));
            assert_eq!(shake(None), none);
        }
    }
    let server = server_context(&first);
    let options = ssl::WrapBio::new().server_side(true).pins(pins_of(&first));
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    assert_eq!(
        told(server.wrap_bio(&a, &b, options)),
        "ValueError: pins of a server need a verify mode other than CERT_NONE"
    );
}

/// A client and a server that agree on a handshake without certificates.
fn without_certificates(version: Option<ssl::TlsVersion>) -> (ssl::SslContext, ssl::SslContext) {
    let client = unverified_client();
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let Some(version) = version else {
        for context in [&client, &server] {
            context
                .set_maximum_version(ssl::TlsVersion::TLSv1_2)
                .unwrap();
            context.set_ciphers("aNULL:@SECLEVEL=0").unwrap();
        }
        return (client, server);
    };
    client.set_maximum_version(version).unwrap();
    for context in [&client, &server] {
        context.set_ciphers("PSK").unwrap();
    }
    server
        .set_psk_server_callback(|_| Ok(b"key".to_vec()), None)
        .unwrap();
    client
        .set_psk_client_callback(|_| Ok(("client", b"key".to_vec())))
        .unwrap();
    (client, server)
}

#[test]
fn a_peer_without_a_certificate_matches_no_pin() {
    let pins = pins_of(&Ca::new().issue("localhost"));
    for version in [None, Some(TLS12), Some(TLS13)] {
        let (client, server) = without_certificates(version);
        let pair = Pair::new(&client, &server, "x").unwrap().connected();
        assert!(pair.client.getpeercert().unwrap().is_none());
        pair.talk();
        let options = ssl::WrapBio::from("x").pins(pins);
        let pair = Pair::new(&client, &server, options).unwrap();
        let refused = pair.handshake().0.unwrap_err();
        if version.is_none() {
            let text = "the peer has shown no certificate to compare with the pins";
            assert_eq!(refused.to_string(), text);
            let _ = pair.server.write(b"down");
            pair.pump();
        }
        assert!(pair.client.write(b"secret").is_err());
        assert!(pair.client.read(1).map_or(true, |read| read.is_empty()));
        assert!(pair.client.do_handshake().is_err());
    }
}

#[test]
fn a_connection_with_pins_resumes_sessions_of_the_same_pins_only() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let server = server_context(&leaf);
    let [one, two] = pins_of(&leaf);
    for version in BOTH_VERSIONS {
        let client = client_context(&ca);
        client.set_maximum_version(version).unwrap();
        let all: [&[ssl::Pin]; 4] = [&[], &[one], &[two], &[two, one]];
        for before in all {
            for after in all {
                let wrap =
                    |pins: &[ssl::Pin]| ssl::WrapBio::from("localhost").pins(pins.iter().copied());
                let pair = Pair::new(&client, &server, wrap(before))
                    .unwrap()
                    .connected();
                pair.talk();
                let session = pair.client.session().unwrap();
                let decoded =
                    ssl::SslSession::from_der(&client, &session.to_der().unwrap()).unwrap();
                for session in [session, decoded] {
                    let pair = Pair::new(&client, &server, wrap(after).session(session));
                    let resumes = pair.map(|pair| pair.connected().client.session_reused());
                    match after.is_empty() || before == after {
                        true => assert!(resumes.unwrap(), "{before:?}, {after:?}"),
                        false => assert_eq!(
                            told(resumes),
                            "ValueError: Session refers to a connection that verified less than \
                             this one."
                        ),
                    }
                }
            }
        }
        // A session made with the same pins in another order can be resumed.
        let wrap = |pins| ssl::WrapBio::from("localhost").pins(pins);
        let pair = Pair::new(&client, &server, wrap([one, two]))
            .unwrap()
            .connected();
        pair.talk();
        let options = wrap([two, one]).session(pair.client.session());
        let again = Pair::new(&client, &server, options).unwrap().connected();
        assert!(again.client.session_reused());
    }
}

#[test]
fn the_verify_callback_gets_the_chain_and_openssls_errors() {
    let (ca, stranger) = (Ca::new(), Ca::new());
    let leaf = ca.issue("localhost");
    let server = server_context(&leaf);
    for version in BOTH_VERSIONS {
        for (authority, codes, length) in [(&ca, vec![], 2), (&stranger, vec![UNKNOWN_ISSUER], 1)] {
            let client = client_context(authority);
            client.set_maximum_version(version).unwrap();
            let seen = Arc::new(Mutex::new(Vec::new()));
            let sink = Arc::clone(&seen);
            client
                .set_verify_callback(move |peer| {
                    let chain = peer.chain();
                    let errors = peer.errors();
                    assert_eq!(peer.is_verified(), errors.is_empty());
                    assert!(
                        errors
                            .iter()
                            .all(|e| e.depth() == 0 && !e.message().is_empty())
                    );
                    let codes: Vec<_> = errors.iter().map(ssl::VerifyError::code).collect();
                    sink.lock()
                        .unwrap()
                        .push((codes, chain.len(), chain[0].clone()));
                    Ok(ssl::VerifyDecision::Keep)
                })
                .unwrap();
            let outcome = outcome(&client, &server, ssl::WrapBio::from("localhost"));
            assert_eq!(outcome == "ok", codes.is_empty(), "{outcome}");
            let seen = seen.lock().unwrap();
            let [(seen_codes, seen_length, first)] = &seen[..] else {
                panic!("asked {} times", seen.len());
            };
            assert_eq!((seen_codes, *seen_length >= length), (&codes, true));
            assert_eq!(*first, certificate(&leaf));
        }
    }
}

#[test]
fn a_verify_callback_accepts_only_the_errors_it_lists() {
    let leaf = Ca::new().issue("localhost");
    let server = server_context(&leaf);
    let name = &[HOSTNAME_MISMATCH][..];
    let issuer = &[UNKNOWN_ISSUER][..];
    let all = [name, issuer].concat();
    for version in BOTH_VERSIONS {
        for (host, codes, accepted) in [
            ("localhost", issuer, true),
            ("localhost", &all[..], true),
            ("localhost", &[], false),
            ("localhost", &[0], false),
            ("localhost", &[UNKNOWN_ISSUER + 1], false),
            ("localhost", name, false),
            // OpenSSL reports the unknown issuer before the wrong name. A decision that accepts the unknown issuer must
            // not accept the wrong name.
            ("other.example", issuer, false),
            ("other.example", name, false),
            ("other.example", &all, true),
        ] {
            let client = client_context(&Ca::new());
            client.set_maximum_version(version).unwrap();
            let named: Vec<_> = codes.iter().map(|&code| (code, LEAF)).collect();
            client
                .set_verify_callback(move |_| Ok(ssl::VerifyDecision::AcceptDespite(named.clone())))
                .unwrap();
            let outcome = outcome(&client, &server, ssl::WrapBio::from(host));
            let case = format!("{version} {host} {codes:?}: {outcome}");
            assert_eq!(outcome == "ok", accepted, "{case}");
            if !accepted {
                // The error is the one that OpenSSL reports without a callback.
                assert!(
                    outcome.starts_with("20 unable to get local issuer"),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn a_verify_callback_accepts_an_error_only_at_the_depth_it_lists() {
    let ca = Ca::new();
    let expired_leaf = ca.builder().san("localhost").expired().build();
    let expired_issuer = ca.builder().expired().build_ca();
    for (leaf, depth) in [(expired_leaf, 0), (expired_issuer.issue("localhost"), 1)] {
        let server = server_context(&leaf);
        for listed in 0..3 {
            let client = client_context(&ca);
            let accept = move |_: &ssl::PeerVerification<'_>| {
                Ok(ssl::VerifyDecision::AcceptDespite(vec![(
                    HAS_EXPIRED,
                    listed,
                )]))
            };
            client.set_verify_callback(accept).unwrap();
            let outcome = outcome(&client, &server, ssl::WrapBio::from("localhost"));
            assert_eq!(
                outcome == "ok",
                listed == depth,
                "{depth} {listed} {outcome}"
            );
        }
    }
}

#[test]
fn a_verify_callback_that_rejects_or_fails_ends_the_handshake() {
    type Callback = fn(&ssl::PeerVerification<'_>) -> Result<ssl::VerifyDecision, ssl::BoxError>;
    let callbacks: [Callback; 2] = [
        |_| Ok(ssl::VerifyDecision::Reject("not this one".into())),
        |_| Err("not this one".into()),
    ];
    for version in BOTH_VERSIONS {
        for callback in callbacks {
            let Contexts { client, server } = Contexts::of(version);
            client.set_verify_callback(callback).unwrap();
            let pair = Pair::new(&client, &server, "localhost").unwrap();
            let (client, server) = pair.handshake();
            let server = server.and_then(|()| pair.server.read(1).map(drop));
            assert_eq!(client.unwrap_err().to_string(), "not this one");
            let alert = server.unwrap_err();
            assert!(is_bad_certificate(alert.reason().unwrap()), "{alert}");
        }
    }
}

#[test]
fn a_verify_callback_panic_resumes_in_the_caller() {
    let Contexts { client, server } = Contexts::new();
    client
        .set_verify_callback(|_| panic!("in the callback"))
        .unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    let text = crate::support::panic_text(|| pair.handshake());
    assert_eq!(text, "in the callback");
}

#[test]
fn a_session_is_refused_after_the_verify_callback_changes() {
    let leaf = Ca::new().issue("localhost");
    let server = server_context(&leaf);
    for version in BOTH_VERSIONS {
        let client = client_context(&Ca::new());
        client.set_maximum_version(version).unwrap();
        let accept = |_: &ssl::PeerVerification<'_>| {
            Ok(ssl::VerifyDecision::AcceptDespite(vec![(
                UNKNOWN_ISSUER,
                LEAF,
            )]))
        };
        client.set_verify_callback(accept).unwrap();
        let pair = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        pair.talk();
        let session = pair.client.session().unwrap();
        let options = || ssl::WrapBio::from("localhost").session(session.clone());
        let again = Pair::new(&client, &server, options()).unwrap().connected();
        assert!(again.client.session_reused());
        let refused =
            "ValueError: Session refers to a connection that verified less than this one.";
        client.set_verify_callback(accept).unwrap();
        assert_eq!(told(Pair::new(&client, &server, options())), refused);
        client.clear_verify_callback().unwrap();
        assert_eq!(told(Pair::new(&client, &server, options())), refused);
        let saved = ssl::SslSession::from_der(&client, &session.to_der().unwrap()).unwrap();
        let saved = ssl::WrapBio::from("localhost").session(saved);
        assert_eq!(told(Pair::new(&client, &server, saved)), refused);
    }
}

#[test]
fn a_verify_callback_requires_certificate_verification() {
    let client = unverified_client();
    client
        .set_verify_callback(|_| Ok(ssl::VerifyDecision::Keep))
        .unwrap();
    assert_eq!(client.verify_mode(), ssl::CERT_REQUIRED);
    assert_eq!(
        told(client.set_verify_mode(ssl::CERT_NONE)),
        "ValueError: Cannot set verify_mode to CERT_NONE when a verify callback is set."
    );
    client.clear_verify_callback().unwrap();
    client.set_verify_mode(ssl::CERT_NONE).unwrap();
}

#[test]
fn a_server_uses_the_verify_callback_of_the_current_context() {
    let ca = Ca::new();
    let identity = ca.issue("client");
    for version in BOTH_VERSIONS {
        let Contexts { client, server } = Contexts::of(version);
        crate::support::show(&client, &identity);
        require_certificates(&server, &ca);
        let other = server.copy().unwrap();
        server
            .set_verify_callback(|_| Ok(ssl::VerifyDecision::Reject("the first".into())))
            .unwrap();
        other
            .set_verify_callback(|_| Ok(ssl::VerifyDecision::Reject("the second".into())))
            .unwrap();
        let answer = |server: &ssl::SslContext| {
            let pair = Pair::new(&client, server, "localhost").unwrap();
            pair.handshake().1.unwrap_err().to_string()
        };
        assert_eq!(answer(&server), "the first");
        let switched = other.clone();
        server
            .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(switched.clone())))
            .unwrap();
        assert_eq!(answer(&server), "the second");
    }
}

/// The callback may ask the connection and change the context.
#[test]
fn a_verify_callback_can_call_the_library() {
    let ca = Ca::new();
    let Contexts { client, server } = Contexts::new();
    let inner = client.clone();
    client
        .set_verify_callback(move |peer| {
            trust(&inner, &ca);
            inner.set_ciphers("HIGH").unwrap();
            inner.clear_verify_callback().unwrap();
            assert!(ssl::Certificate::from_der(b"x").is_err());
            assert!(peer.chain()[0].get_info().is_ok());
            Ok(ssl::VerifyDecision::Keep)
        })
        .unwrap();
    assert_eq!(
        outcome(&client, &server, ssl::WrapBio::from("localhost")),
        "ok"
    );
}
