//! The responses that a server staples.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::pki::{KeyKind, ocsp};
use pyssl_testing::{Ca, skip_without_openssl};

use super::{DAY, Scene};
use crate::link::BOTH_VERSIONS;
use crate::support::{Pair, class, connected, outcome, panic_text, server_context, show, told};

#[test]
fn set_ocsp_response_rejects_unusable_responses() {
    let ca = Ca::new();
    let issuer = ca.intermediate();
    let (leaf, other) = (issuer.issue("localhost"), issuer.issue("localhost"));
    let server = server_context(&leaf);
    let good = issuer.ocsp(&leaf).build();
    server.set_ocsp_response(Some(good.clone())).unwrap();
    for (response, expected) in [
        (
            issuer.ocsp(&other).build(),
            "the OCSP response matches none of the context's certificates",
        ),
        (
            issuer.ocsp(&leaf).valid(-DAY, Some(-DAY / 2)).build(),
            "the OCSP response has expired, or is not valid yet",
        ),
        (ocsp::try_later(), "the OCSP response has an error status"),
    ] {
        let refused = told(server.set_ocsp_response(Some(response)));
        assert_eq!(refused, format!("ValueError: {expected}"));
    }
    for bytes in [
        &b""[..],
        b"nothing",
        &good[..good.len() - 1],
        &ocsp::malformed(),
    ] {
        let refused = server.set_ocsp_response(Some(bytes.to_vec()));
        assert_eq!(class(refused), "SSLError");
    }
    assert_eq!(server.ocsp_response(), Some(good));

    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let text = "ValueError: OCSP responses cannot be stapled by a TLS_CLIENT context";
    assert_eq!(told(client.set_ocsp_response(None)), text);
    assert_eq!(told(client.set_ocsp_server_callback(|_| Ok(None))), text);
    let text = "ValueError: ocsp_mode cannot be set on TLS_SERVER context";
    assert_eq!(told(server.set_ocsp_mode(ssl::OcspMode::Check)), text);
}

#[test]
fn an_old_response_is_not_stapled_to_a_renewed_certificate() {
    let ca = Ca::new();
    let issuer = ca.intermediate();
    let (old, new) = (issuer.issue("localhost"), issuer.issue("localhost"));
    let scene = Scene::of(ca, old.clone(), ssl::OcspMode::Check);
    let responses = [&old, &new].map(|leaf| issuer.ocsp(leaf).build());
    scene
        .server
        .set_ocsp_response(Some(responses[0].clone()))
        .unwrap();
    let stapled = || scene.pair().connected().client.ocsp_response();
    assert_eq!(stapled().as_ref(), Some(&responses[0]));
    show(&scene.server, &new);
    assert_eq!(stapled(), None);
    scene
        .server
        .set_ocsp_response(Some(responses[1].clone()))
        .unwrap();
    assert_eq!(stapled().as_ref(), Some(&responses[1]));
}

#[test]
fn the_ocsp_callback_gets_the_certificate_and_the_server_name() {
    let ca = Ca::new();
    let ecdsa = ca.issue("localhost");
    let rsa = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    let scene = Scene::of(ca.clone(), ecdsa.clone(), ssl::OcspMode::Require);
    show(&scene.server, &rsa);
    let responses = [&ecdsa, &rsa].map(|leaf| (leaf.der(), ca.ocsp(leaf).build()));
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    let known = responses.clone();
    scene
        .server
        .set_ocsp_server_callback(move |request| {
            seen.lock()
                .unwrap()
                .push(request.server_name().map(str::to_owned));
            let der = request.certificate().to_der()?;
            let own = known.iter().find(|(leaf, _)| *leaf == der);
            Ok(own.map(|(_, response)| response.clone()))
        })
        .unwrap();
    assert_eq!(scene.server.ocsp_response(), None);
    scene
        .client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    for ((_, response), suites) in responses.iter().zip([
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ]) {
        scene.client.set_ciphers(suites).unwrap();
        let pair = scene.pair().connected();
        assert_eq!(pair.client.ocsp_response().as_ref(), Some(response));
    }
    assert_eq!(
        *names.lock().unwrap(),
        vec![Some("localhost".to_owned()); 2]
    );
    // The callback is not called for a client that requests no response, or for a resumption.
    scene.client.set_ocsp_mode(ssl::OcspMode::Off).unwrap();
    drop(scene.pair().connected());
    assert_eq!(names.lock().unwrap().len(), 2);
}

#[test]
fn an_ocsp_callback_error_fails_the_handshake() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Request);
        scene.client.set_maximum_version(version).unwrap();
        scene
            .server
            .set_ocsp_server_callback(|_| Err("no responder".into()))
            .unwrap();
        let (client, server) = scene.pair().handshake();
        assert_eq!(server.unwrap_err().to_string(), "no responder");
        let alert = outcome(&client);
        assert!(alert.ends_with("ALERT_INTERNAL_ERROR"), "{alert}");
        scene
            .server
            .set_ocsp_server_callback(|_| panic!("on purpose"))
            .unwrap();
        let pair = scene.pair();
        assert_eq!(panic_text(|| pair.handshake()), "on purpose");
        // If the callback returns an empty response, the server staples none.
        scene.staple(Some(Vec::new()));
        assert_eq!(scene.pair().connected().client.ocsp_response(), None);
    }
}

#[test]
fn the_context_chosen_by_sni_staples_its_own_response() {
    for version in BOTH_VERSIONS {
        let scene = Scene::new(ssl::OcspMode::Require);
        scene.client.set_maximum_version(version).unwrap();
        let response = scene.ca.ocsp(&scene.leaf).build();
        scene
            .server
            .set_ocsp_response(Some(response.clone()))
            .unwrap();
        let front = server_context(&scene.ca.issue("front.example"));
        front
            .set_ocsp_server_callback(|_| Err("not me".into()))
            .unwrap();
        let target = scene.server.clone();
        // The context is switched before the handshake.
        let pair = Pair::new(&scene.client, &front, "localhost").unwrap();
        pair.server.set_context(&target).unwrap();
        let pair = pair.connected();
        assert_eq!(pair.client.ocsp_response().as_ref(), Some(&response));
        // The context is switched during the handshake, by the SNI callback.
        front
            .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(target.clone())))
            .unwrap();
        let pair = connected(&scene.client, &front);
        assert_eq!(pair.client.ocsp_response(), Some(response));
    }
}

#[test]
fn ocsp_responses_can_be_replaced_during_handshakes() {
    let scene = Scene::new(ssl::OcspMode::Require);
    let responses = [-2, -1].map(|days| {
        scene
            .ca
            .ocsp(&scene.leaf)
            .valid(days * DAY, Some(DAY))
            .build()
    });
    scene
        .server
        .set_ocsp_response(Some(responses[0].clone()))
        .unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for response in responses.iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                scene
                    .server
                    .set_ocsp_response(Some(response.clone()))
                    .unwrap();
            }
        });
        for _ in 0..50 {
            let stapled = scene.pair().connected().client.ocsp_response().unwrap();
            assert!(responses.contains(&stapled));
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn openssl_s_client_accepts_the_stapled_response() {
    let openssl = skip_without_openssl!();
    let scene = Scene::new(ssl::OcspMode::Off);
    scene
        .server
        .set_ocsp_response(Some(scene.ca.ocsp(&scene.leaf).build()))
        .unwrap();
    let options = ssl::WrapSocket::new().server_side(true);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = scene.server.wrap_socket(listener, options).unwrap();
    let peer = openssl.s_client(address, &["-status"]);
    let (conn, _) = listener.accept().unwrap();
    conn.send(b"bye").unwrap();
    conn.close();
    let output = peer.finish().stdout;
    assert!(output.contains("Cert Status: good"), "{output}");
}
