//! The callback for the client's server name.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::link::Contexts;
use crate::support::{Pair, client_context, connected, outcome, panic_text, server_context, told};

#[test]
fn an_sni_callback_gets_the_name_and_switches_contexts() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("first.example"));
    let other = server_context(&ca.issue("second.example"));
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&names);
    server
        .set_sni_callback(move |request| {
            let name = request.server_name().map(str::to_owned);
            seen.lock().unwrap().push(name.clone());
            Ok(match name.as_deref() {
                Some("second.example") => ssl::SniAction::Switch(other.clone()),
                _ => ssl::SniAction::Continue,
            })
        })
        .unwrap();
    let client = client_context(&ca);
    for name in ["first.example", "second.example"] {
        Pair::new(&client, &server, name).unwrap().connected();
    }
    client.set_check_hostname(false).unwrap();
    // An address is not sent as a name (RFC 6066).
    for unnamed in [ssl::WrapBio::new(), "127.0.0.1".into(), "::1".into()] {
        Pair::new(&client, &server, unnamed).unwrap().connected();
    }
    let names = names.lock().unwrap();
    let names: Vec<_> = names.iter().map(Option::as_deref).collect();
    let [first, second] = ["first.example", "second.example"].map(Some);
    assert_eq!(names, [first, second, None, None, None]);
}

/// A connection to a server whose SNI callback is `answer`.
fn pair_with_sni(answer: fn() -> Result<ssl::SniAction, ssl::BoxError>) -> Pair {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    server.set_sni_callback(move |_| answer()).unwrap();
    Pair::new(&client_context(&ca), &server, "localhost").unwrap()
}

/// The alert in the error of a client.
fn alert(result: &ssl::Result<()>) -> String {
    outcome(result).rsplit("ALERT_").next().unwrap().to_owned()
}

#[test]
fn an_sni_callback_sends_the_alert_that_it_returns() {
    let denied = || Ok(ssl::SniAction::Alert(ssl::ALERT_DESCRIPTION_ACCESS_DENIED));
    let (c, s) = pair_with_sni(denied).handshake();
    assert_eq!(outcome(&s), "SSLError:CALLBACK_FAILED");
    assert_eq!(alert(&c), "ACCESS_DENIED");
}

/// The alert is that of Python (CVE-2026-27448: a failure of the callback was ignored).
#[test]
fn an_sni_callback_that_fails_or_panics_sends_handshake_failure() {
    let (c, s) = pair_with_sni(|| Err("no such host".into())).handshake();
    assert_eq!(s.unwrap_err().to_string(), "no such host");
    assert_eq!(alert(&c), "HANDSHAKE_FAILURE");
    let pair = pair_with_sni(|| panic!("in the callback"));
    assert_eq!(panic_text(|| pair.handshake()), "in the callback");
    // `pump` brings the alert to the client.
    pair.pump();
    assert_eq!(alert(&pair.client.do_handshake()), "HANDSHAKE_FAILURE");
}

/// The number of calls of each callback.
#[derive(Clone, Default)]
struct Counts(Arc<[AtomicUsize; 4]>);

impl Counts {
    fn count(&self, which: usize) {
        self.0[which].fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self, which: usize) -> usize {
        self.0[which].load(Ordering::Relaxed)
    }
}

const KEYLOG: usize = 0;
const MESSAGE: usize = 1;
const PSK: usize = 2;
const SNI: usize = 3;

impl std::io::Write for Counts {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.count(KEYLOG);
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn install_everything(context: &ssl::SslContext, counts: &Counts, protocol: &str) {
    let (message, psk) = (counts.clone(), counts.clone());
    context.set_keylog_writer(counts.clone()).unwrap();
    context
        .set_message_callback(move |_| {
            message.count(MESSAGE);
            Ok(())
        })
        .unwrap();
    context
        .set_psk_server_callback(
            move |_| {
                psk.count(PSK);
                Ok(Vec::new())
            },
            Some("hint"),
        )
        .unwrap();
    context.set_alpn_protocols(&[protocol]).unwrap();
    context.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
}

/// Row 32 of the table in this directory's README. Both contexts have every callback, and the SNI
/// callback switches from one to the other.
#[test]
fn an_sni_switch_works_with_every_callback_installed() {
    let ca = Ca::new();
    for tls13 in [true, false] {
        let (first, second) = (
            server_context(&ca.issue("first.example")),
            server_context(&ca.issue("second.example")),
        );
        let (of_first, of_second) = (Counts::default(), Counts::default());
        install_everything(&first, &of_first, "first");
        install_everything(&second, &of_second, "second");
        let (counts, other) = (of_first.clone(), second.clone());
        first
            .set_sni_callback(move |_| {
                counts.count(SNI);
                Ok(ssl::SniAction::Switch(other.clone()))
            })
            .unwrap();
        second.set_sni_callback(|_| panic!("asked twice")).unwrap();
        drop(second);
        let client = client_context(&ca);
        client.set_alpn_protocols(&["first", "second"]).unwrap();
        client
            .set_psk_client_callback(|_| Ok(("me", "key")))
            .unwrap();
        if !tls13 {
            client
                .set_maximum_version(ssl::TlsVersion::TLSv1_2)
                .unwrap();
        }
        let pair = Pair::new(&client, &first, "second.example").unwrap();
        // From here on, the connection alone keeps both contexts alive.
        drop(first);
        let pair = pair.connected();
        assert_eq!(
            pair.server.selected_alpn_protocol().as_deref(),
            Some("second")
        );
        assert_eq!(of_first.get(SNI), 1);
        assert_eq!((of_first.get(KEYLOG), of_second.get(PSK)), (0, 0));
        assert_eq!(of_first.get(PSK), usize::from(tls13));
        assert!(of_second.get(KEYLOG) > 0 && of_second.get(MESSAGE) > 0);
        assert!(of_first.get(MESSAGE) > 0);
    }
}

#[test]
fn an_sni_callback_can_be_replaced_while_it_runs() {
    let Contexts { client, server } = Contexts::new();
    let context = server.clone();
    server
        .set_sni_callback(move |_| {
            context.clear_sni_callback()?;
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    for _ in 0..2 {
        connected(&client, &server);
        assert!(server.sni_callback().is_none());
    }
}

#[test]
fn a_client_context_rejects_an_sni_callback() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let text = "ValueError: sni_callback cannot be set on TLS_CLIENT context";
    assert_eq!(told(context.clear_sni_callback()), text);
    let set = context.set_sni_callback(|_| Ok(ssl::SniAction::Continue));
    assert_eq!(told(set), text);
}

/// Python programs save `context.sni_callback`, call it from another callback, and set it again.
#[test]
fn an_sni_callback_can_be_read_called_and_set_again() {
    let Contexts { client, server } = Contexts::new();
    assert!(server.sni_callback().is_none());
    let calls = Arc::new(Mutex::new(Vec::new()));
    let record = |who: &'static str| {
        let calls = Arc::clone(&calls);
        move || calls.lock().unwrap().push(who)
    };
    let (first, second) = (record("first"), record("second"));
    server
        .set_sni_callback(move |_| {
            first();
            Ok(ssl::SniAction::Alert(ssl::ALERT_DESCRIPTION_ACCESS_DENIED))
        })
        .unwrap();
    let old = server.sni_callback().unwrap();
    let inner = old.clone();
    server
        .set_sni_callback(move |request| {
            second();
            match request.server_name() {
                Some("localhost") => Ok(ssl::SniAction::Continue),
                _ => inner(request),
            }
        })
        .unwrap();
    let connect = |name: &str| {
        let options = ssl::WrapBio::from(name).expected_names(["localhost"]);
        let pair = Pair::new(&client, &server, options).unwrap();
        pair.handshake().0.is_ok()
    };
    assert!(connect("localhost"));
    assert!(!connect("other.example"));
    server.set_sni_callback(old).unwrap();
    assert!(!connect("localhost"));
    server.clear_sni_callback().unwrap();
    assert!(server.sni_callback().is_none());
    assert!(connect("localhost"));
    assert_eq!(
        *calls.lock().unwrap(),
        ["second", "second", "first", "first"]
    );
    let seen = Arc::clone(&calls);
    client
        .set_message_callback(move |_| {
            seen.lock().unwrap().push("message");
            Ok(())
        })
        .unwrap();
    let old = client.message_callback().unwrap();
    client.clear_message_callback().unwrap();
    assert!(client.message_callback().is_none());
    client.set_message_callback(old).unwrap();
    assert!(connect("localhost"));
    assert!(calls.lock().unwrap().contains(&"message"));
}

#[test]
fn an_sni_callback_sees_the_protocols_that_the_client_offers() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    server
        .set_sni_callback(move |request| {
            let offered = request.alpn_protocols().map(<[u8]>::to_vec);
            told.lock().unwrap().push(offered.collect::<Vec<_>>());
            Ok(ssl::SniAction::Continue)
        })
        .unwrap();
    // The server has no protocols of its own in the first round.
    for ours in [&[][..], &["http/1.1"]] {
        server.set_alpn_protocols(ours).unwrap();
        for version in [ssl::TlsVersion::TLSv1_2, ssl::TlsVersion::TLSv1_3] {
            let client = client_context(&ca);
            client.set_maximum_version(version).unwrap();
            for offered in [&[][..], &["acme-tls/1"], &["h2", "http/1.1"]] {
                client.set_alpn_protocols(offered).unwrap();
                let pair = Pair::new(&client, &server, "localhost").unwrap();
                let pair = pair.connected();
                let common = offered.iter().find(|name| ours.contains(name)).copied();
                assert_eq!(pair.client.selected_alpn_protocol().as_deref(), common);
                let bytes = offered.iter().map(|name| name.as_bytes().to_vec());
                let expected: Vec<_> = bytes.collect();
                assert_eq!(seen.lock().unwrap().pop(), Some(expected));
            }
        }
    }
}
