//! A client's check of stapled responses.

use pyssl as ssl;
use pyssl_testing::Ca;
use pyssl_testing::pki::ocsp;

use super::{DAY, Scene};
use crate::link::{BOTH_VERSIONS, Contexts};
use crate::support::{Pair, server_context, told};

const MODES: [ssl::OcspMode; 2] = [ssl::OcspMode::Check, ssl::OcspMode::Require];

#[test]
fn a_stapled_response_reaches_a_client_that_requests_it() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Request);
        scene.client.set_maximum_version(version).unwrap();
        let response = scene.ca.ocsp(&scene.leaf).build();
        let talk = || {
            let pair = scene.pair().connected();
            assert_eq!(pair.server.ocsp_response(), None);
            pair.client.ocsp_response()
        };
        assert_eq!(talk(), None);
        scene
            .server
            .set_ocsp_response(Some(response.clone()))
            .unwrap();
        assert_eq!(scene.server.ocsp_response().as_ref(), Some(&response));
        assert_eq!(talk().as_ref(), Some(&response));
        scene.client.set_ocsp_mode(ssl::OcspMode::Off).unwrap();
        assert_eq!(talk(), None);
        scene.client.set_ocsp_mode(ssl::OcspMode::Require).unwrap();
        assert_eq!(talk(), Some(response));
        scene.server.set_ocsp_response(None).unwrap();
        let refused = scene.pair().handshake().0.unwrap_err();
        assert_eq!(refused.verify_code(), Some(73));
    }
}

#[test]
fn a_stapled_response_reaches_a_client_over_sockets() {
    let scene = Scene::new(ssl::OcspMode::Require);
    let response = scene.ca.ocsp(&scene.leaf).build();
    scene
        .server
        .set_ocsp_response(Some(response.clone()))
        .unwrap();
    let contexts = Contexts {
        client: scene.client.clone(),
        server: scene.server.clone(),
    };
    let link = contexts.link();
    assert_eq!(link.client.ocsp_response(), Some(response));
    assert_eq!(link.server.ocsp_response(), None);
}

/// Each row has a response that must be rejected, with OpenSSL's verify code.
#[test]
fn a_bad_stapled_response_fails_the_handshake() {
    const FAILED: i32 = 74;
    let ca = Ca::new();
    let (leaf, other) = (ca.issue("localhost"), ca.issue("localhost"));
    let good = || ca.ocsp(&leaf);
    let stranger = Ca::new();
    let hour = DAY / 24;
    let rows: [(&str, Vec<u8>, Option<i32>); 14] = [
        ("good", good().build(), None),
        ("by SHA-256", good().sha256().build(), None),
        (
            "delegated",
            good().signed_by(&ca.ocsp_responder()).build(),
            None,
        ),
        ("no end, fresh", good().valid(-hour, None).build(), None),
        ("revoked", good().revoked().build(), Some(23)),
        ("unknown", good().unknown().build(), Some(75)),
        (
            "about another issuer's",
            good().issuer_key_of(&stranger).build(),
            Some(FAILED),
        ),
        (
            "expired",
            good().valid(-8 * DAY, Some(-hour)).build(),
            Some(FAILED),
        ),
        (
            "not yet",
            good().valid(hour, Some(DAY)).build(),
            Some(FAILED),
        ),
        (
            "no end, old",
            good().valid(-2 * DAY, None).build(),
            Some(FAILED),
        ),
        (
            "signed by a stranger",
            good().signed_by(stranger.as_leaf()).build(),
            Some(FAILED),
        ),
        (
            "signed by a server",
            good().signed_by(&other).build(),
            Some(FAILED),
        ),
        ("no answer", ocsp::try_later(), Some(FAILED)),
        ("malformed", ocsp::malformed(), Some(FAILED)),
    ];
    for mode in MODES {
        let scene = Scene::of(ca.clone(), leaf.clone(), mode);
        for version in BOTH_VERSIONS {
            for (what, response, expected) in &rows {
                scene.staple(Some(response.clone()));
                let code = scene.verdict(version).map(|(code, _)| code);
                assert_eq!(code, *expected, "{what}, {mode:?}, {version:?}");
            }
        }
    }
}

/// The verify code if the server's callback returns a response about another certificate. From OpenSSL 3.6 on, a server
/// does not send such a response, so the client gets none.
fn about_another() -> i32 {
    let sent = *ssl::OPENSSL_VERSION_INFO < (3, 6, 0, 0, 0);
    if sent { 75 } else { 73 }
}

#[test]
fn a_response_for_another_certificate_is_rejected() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Require);
        let other = scene.ca.issue("localhost");
        scene.staple(Some(scene.ca.ocsp(&other).build()));
        assert_eq!(scene.verdict(version).unwrap().0, about_another());
    }
}

#[test]
fn ocsp_errors_say_what_is_wrong() {
    let scene = Scene::new(ssl::OcspMode::Require);
    let message = |response: Option<Vec<u8>>| {
        scene.staple(response);
        scene.verdict(ssl::TlsVersion::TLSv1_3).unwrap().1
    };
    let good = || scene.ca.ocsp(&scene.leaf);
    for (response, expected) in [
        (
            None,
            "OCSP verification needed, the server stapled no response",
        ),
        (Some(good().revoked().build()), "certificate revoked"),
        (
            Some(good().unknown().build()),
            "OCSP unknown cert, the responder does not know the certificate",
        ),
        (
            Some(good().valid(-DAY, Some(-DAY / 2)).build()),
            "OCSP verification failed, status expired",
        ),
        (
            Some(ocsp::try_later()),
            "OCSP verification failed, the OCSP response has an error status",
        ),
    ] {
        assert_eq!(message(response), expected);
    }
}

#[test]
fn a_client_in_request_mode_accepts_any_response() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Request);
        for response in [
            scene.ca.ocsp(&scene.leaf).revoked().build(),
            ocsp::try_later(),
            ocsp::malformed(),
        ] {
            scene.staple(Some(response.clone()));
            assert_eq!(scene.verdict(version), None);
            assert_eq!(
                scene.pair().connected().client.ocsp_response(),
                Some(response)
            );
        }
    }
}

/// RFC 7633 defines the extension by which a certificate requires a stapled response.
#[test]
fn a_must_staple_certificate_requires_a_response() {
    const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
    let ca = Ca::new();
    let promising = |features: &[u8]| {
        let builder = ca.builder().san("localhost");
        let leaf = builder.extension(TLS_FEATURE, false, features).build();
        Scene::of(ca.clone(), leaf, ssl::OcspMode::Check)
    };
    for version in BOTH_VERSIONS {
        let plain = Scene::new(ssl::OcspMode::Check);
        assert_eq!(plain.verdict(version), None);
        // The first list has `status_request` and another feature, the second one only another feature.
        let scene = promising(&[0x30, 6, 2, 1, 17, 2, 1, 5]);
        assert_eq!(scene.verdict(version).unwrap().0, 73);
        scene.staple(Some(ca.ocsp(&scene.leaf).build()));
        assert_eq!(scene.verdict(version), None);
        let scene = promising(&[0x30, 3, 2, 1, 17]);
        assert_eq!(scene.verdict(version), None);
    }
    // A malformed list of features does not require a response.
    for odd in [
        &b""[..],
        b"\x30",
        b"\x30\x02\x02\x01",
        b"\x05\x05\x05\x05\x05",
    ] {
        assert_eq!(promising(odd).verdict(ssl::TlsVersion::TLSv1_3), None);
    }
}

#[test]
fn a_response_of_an_intermediate_issuer_is_accepted() {
    let root = Ca::new();
    let issuer = root.intermediate();
    let leaf = issuer.issue("localhost");
    let scene = Scene::of(root.clone(), leaf.clone(), ssl::OcspMode::Require);
    let answer = |ca: &Ca| ca.ocsp(&leaf).signed_by(&issuer.ocsp_responder()).build();
    for version in BOTH_VERSIONS {
        scene.staple(Some(issuer.ocsp(&leaf).build()));
        assert_eq!(scene.verdict(version), None);
        scene.staple(Some(answer(&issuer)));
        assert_eq!(scene.verdict(version), None);
        // The root has not issued `leaf`, so its response is about another certificate.
        scene.staple(Some(root.ocsp(&leaf).build()));
        assert_eq!(scene.verdict(version).unwrap().0, about_another());
    }
}

#[test]
fn a_resumed_session_needs_no_response() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Require);
        scene.client.set_maximum_version(version).unwrap();
        let response = scene.ca.ocsp(&scene.leaf).build();
        scene.server.set_ocsp_response(Some(response)).unwrap();
        let talk = |session: Option<ssl::SslSession>| {
            let options = ssl::WrapBio::from("localhost").session(session);
            let pair = Pair::new(&scene.client, &scene.server, options).unwrap();
            let pair = pair.connected();
            pair.talk();
            pair
        };
        let first = talk(None);
        assert!(first.client.ocsp_response().is_some());
        let again = talk(first.client.session());
        assert!(again.client.session_reused());
        assert_eq!(again.client.ocsp_response(), None);
    }
}

#[test]
fn a_session_made_without_ocsp_is_refused_where_ocsp_is_required() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Require);
        scene.client.set_maximum_version(version).unwrap();
        let lenient = ssl::WrapBio::from("localhost").ocsp_mode(ssl::OcspMode::Off);
        let pair = Pair::new(&scene.client, &scene.server, lenient).unwrap();
        let pair = pair.connected();
        pair.talk();
        let strict = ssl::WrapBio::from("localhost").session(pair.client.session());
        assert_eq!(
            told(Pair::new(&scene.client, &scene.server, strict)),
            "ValueError: Session refers to a connection that verified less than this one."
        );
    }
}

#[test]
fn ocsp_mode_and_response_can_be_set_for_one_connection() {
    let scene = Scene::new(ssl::OcspMode::Off);
    let own = scene.ca.ocsp(&scene.leaf).build();
    scene.server.set_ocsp_response(Some(own.clone())).unwrap();
    let other = scene.ca.issue("localhost");
    let identity = ssl::CertChain::from_pem(other.chain_pem(), other.key_pem());
    let identity = ssl::Identity::load(identity).unwrap();
    let talk = |server: ssl::WrapBio, mode| {
        let client = ssl::WrapBio::from("localhost").ocsp_mode(mode);
        let pair = Pair::with(&scene.client, &scene.server, client, server).unwrap();
        let outcome = pair.handshake().0;
        outcome.map(|()| pair.client.ocsp_response())
    };
    let require = ssl::OcspMode::Require;
    assert_eq!(talk(ssl::WrapBio::new(), require).unwrap(), Some(own));
    // The context's own response is for the context's certificate, so it is not stapled to another identity.
    let with_identity = || ssl::WrapBio::new().identity(&identity);
    assert_eq!(talk(with_identity(), ssl::OcspMode::Request).unwrap(), None);
    let response = scene.ca.ocsp(&other).build();
    let with_both = with_identity().ocsp_response(response.clone());
    assert_eq!(talk(with_both, require).unwrap(), Some(response));
    assert_eq!(scene.client.ocsp_mode(), ssl::OcspMode::Off);
    for (bytes, class) in [
        (ocsp::malformed(), "SSLError"),
        (ocsp::try_later(), "ValueError"),
    ] {
        let bad = ssl::WrapBio::new().ocsp_response(bytes);
        let pair = Pair::with(&scene.client, &scene.server, "localhost", bad);
        assert_eq!(pair.err().unwrap().python_class(), class);
    }
}

#[test]
fn ocsp_check_requires_certificate_verification() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS).unwrap();
    context.set_ocsp_mode(ssl::OcspMode::Request).unwrap();
    assert_eq!(context.verify_mode(), ssl::CERT_NONE);
    context.set_ocsp_mode(ssl::OcspMode::Check).unwrap();
    assert_eq!(context.verify_mode(), ssl::CERT_REQUIRED);
    let text =
        "ValueError: Cannot set verify_mode to CERT_NONE when ocsp_mode is Check or Require.";
    assert_eq!(told(context.set_verify_mode(ssl::CERT_NONE)), text);
    assert_eq!(context.verify_mode(), ssl::CERT_REQUIRED);
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().verify_mode(ssl::CERT_NONE);
    assert_eq!(told(context.wrap_bio(&a, &b, options)), text);
    context.set_ocsp_mode(ssl::OcspMode::Off).unwrap();
    context.set_verify_mode(ssl::CERT_NONE).unwrap();
    // An OCSP check that is set for one connection also turns on verification.
    let server = server_context(&Ca::new().issue("localhost"));
    let options = ssl::WrapBio::new().ocsp_mode(ssl::OcspMode::Check);
    let (client, _) = Pair::new(&context, &server, options).unwrap().handshake();
    assert_eq!(client.unwrap_err().verify_code(), Some(20));
}

/// The chain may end at a trusted intermediate certificate, or at the certificate itself.
#[test]
fn a_partial_chain_suffices_for_ocsp_if_it_has_the_issuer() {
    let root = Ca::new();
    let issuer = root.intermediate();
    let leaf = issuer.issue("localhost");
    let server = server_context(&leaf);
    let trusting = |pem: String| {
        let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        let locations = ssl::VerifyLocations::new().cadata(pem);
        client.load_verify_locations(locations).unwrap();
        let flags = client.verify_flags() | ssl::VERIFY_X509_PARTIAL_CHAIN;
        client.set_verify_flags(flags).unwrap();
        client.set_ocsp_mode(ssl::OcspMode::Check).unwrap();
        client
    };
    let verdict = |client: &ssl::SslContext, response: Option<Vec<u8>>| {
        server
            .set_ocsp_server_callback(move |_| Ok(response.clone()))
            .unwrap();
        let pair = Pair::new(client, &server, "localhost").unwrap();
        let error = pair.handshake().0.err()?;
        Some(error.verify_message().unwrap().to_owned())
    };
    let good = || Some(issuer.ocsp(&leaf).build());
    let delegated = issuer.ocsp(&leaf).signed_by(&issuer.ocsp_responder());
    let client = trusting(issuer.cert_pem());
    assert_eq!(verdict(&client, good()), None);
    assert_eq!(verdict(&client, Some(delegated.build())), None);
    let revoked = issuer.ocsp(&leaf).revoked().build();
    let said = Some("certificate revoked".to_owned());
    assert_eq!(verdict(&client, Some(revoked)), said);
    // Without `VERIFY_X509_PARTIAL_CHAIN`, the issuer is not trusted, and neither are its responses.
    client
        .set_verify_flags(client.verify_flags() & !ssl::VERIFY_X509_PARTIAL_CHAIN)
        .unwrap();
    let lost = Some("unable to get issuer certificate".to_owned());
    assert_eq!(verdict(&client, good()), lost);

    let client = trusting(leaf.cert_pem());
    assert_eq!(verdict(&client, None), None);
    // A client that trusts only the certificate itself does not trust the issuer, which signs the response.
    let said = verdict(&client, good()).unwrap();
    assert!(said.starts_with("OCSP verification failed, "), "{said}");
}
