//! Pre-shared keys: callbacks, limits, and a comparison with CPython for the same values.

use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::{Ca, skip_without_same_openssl, skipped};

use crate::link::{server_options, tcp_pair};
use crate::support::{
    Pair, class, connected, outcome, panic_text, server_context, show, told, unverified_client,
};

/// One handshake: its version, and what the callbacks of client and server return.
#[derive(Clone)]
struct Case {
    name: &'static str,
    tls13: bool,
    identity: Option<String>,
    client_key: usize,
    server_key: usize,
    hint: Option<&'static str>,
}

impl Case {
    const fn new(name: &'static str, tls13: bool) -> Case {
        Case {
            name,
            tls13,
            identity: None,
            client_key: 16,
            server_key: 16,
            hint: None,
        }
    }

    fn identity(mut self, identity: impl Into<String>) -> Case {
        self.identity = Some(identity.into());
        self
    }

    fn keys(mut self, client: usize, server: usize) -> Case {
        (self.client_key, self.server_key) = (client, server);
        self
    }

    fn contexts(&self) -> (ssl::SslContext, ssl::SslContext) {
        let client = unverified_client();
        let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        if !self.tls13 {
            for context in [&client, &server] {
                context
                    .set_maximum_version(ssl::TlsVersion::TLSv1_2)
                    .unwrap();
                context.set_ciphers("PSK").unwrap();
            }
        }
        (client, server)
    }

    /// Both outcomes, the client's version, and the arguments of the callbacks, as Python prints them.
    fn run(&self) -> String {
        let (client, server) = self.contexts();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = |what: &'static str| {
            let seen = Arc::clone(&seen);
            move |text: Option<&str>| {
                let text = text.map_or("None".to_owned(), |t| format!("'{t}'"));
                seen.lock().unwrap().push(format!("{what} {text}"));
            }
        };
        let (hinted, asked) = (log("hint"), log("identity"));
        let (identity, client_key) = (self.identity.clone(), vec![b'k'; self.client_key]);
        client
            .set_psk_client_callback(move |hint| {
                hinted(hint);
                Ok((identity.clone(), client_key.clone()))
            })
            .unwrap();
        let server_key = vec![b'k'; self.server_key];
        server
            .set_psk_server_callback(
                move |identity| {
                    asked(identity);
                    Ok(server_key.clone())
                },
                self.hint,
            )
            .unwrap();
        let pair = Pair::new(&client, &server, ssl::WrapBio::new()).unwrap();
        let (c, s) = pair.handshake();
        let seen = seen.lock().unwrap().join(", ");
        let version = pair.client.version().unwrap_or("None");
        format!("{} {} {version} {seen}", outcome(&c), outcome(&s))
    }

    /// The case as a tuple in Python.
    fn python(&self) -> String {
        let option = |text: Option<&str>| text.map_or("None".to_owned(), |t| format!("{t:?}"));
        format!(
            "({}, {}, {}, {}, {})",
            if self.tls13 { "True" } else { "False" },
            option(self.identity.as_deref()),
            self.client_key,
            self.server_key,
            option(self.hint)
        )
    }
}

const SCRIPT: &str = r#"
import ssl, sys
sys.unraisablehook = lambda _: None
def step(obj):
    try: obj.do_handshake(); return 'ok'
    except ssl.SSLWantReadError: return None
    except ssl.SSLError as e: return type(e).__name__ + ':' + str(e.reason)
def run(tls13, identity, ck, sk, hint):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False; client.verify_mode = ssl.CERT_NONE
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if not tls13:
        for c in (client, server):
            c.maximum_version = ssl.TLSVersion.TLSv1_2; c.set_ciphers('PSK')
    seen = []
    def ccb(h): seen.append('hint %r' % h); return identity, b'k' * ck
    def scb(i): seen.append('identity %r' % i); return b'k' * sk
    client.set_psk_client_callback(ccb); server.set_psk_server_callback(scb, hint)
    a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
    C = client.wrap_bio(a, b); S = server.wrap_bio(c, d, server_side=True)
    rc = rs = None
    for _ in range(8):
        rc = rc or step(C); c.write(b.read())
        rs = rs or step(S); a.write(d.read())
    print(rc, rs, C.version(), ', '.join(seen))
"#;

fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case {
            hint: Some("a hint"),
            ..Case::new("1.2", false).identity("id")
        },
        Case {
            hint: Some("a hint"),
            ..Case::new("1.3", true).identity("id")
        },
        Case::new("no identity, 1.2", false),
        Case::new("no identity, 1.3", true),
        Case::new("other script", true).identity("Ω"),
    ];
    for tls13 in [false, true] {
        let case = |name, length: usize| Case::new(name, tls13).identity("a".repeat(length));
        cases.extend([
            case("longest identity", 255),
            case("longest key", 1).keys(512, 512),
            case("client has no key", 1).keys(0, 16),
            case("server has no key", 1).keys(16, 0),
            case("keys differ", 1).keys(16, 17),
        ]);
    }
    let case = |name, length: usize| Case::new(name, false).identity("a".repeat(length));
    // In TLS 1.3 Python continues without the key; this library does not.
    cases.extend([
        case("identity too long", 256),
        case("client key too long", 1).keys(513, 512),
        case("server key too long", 1).keys(512, 513),
    ]);
    cases
}

#[test]
fn psk_callbacks_behave_as_in_python() {
    let python = skip_without_same_openssl!();
    if python.version() < (3, 13, 0) {
        skipped("Python has pre-shared keys since 3.13");
        return;
    }
    let cases = cases();
    let calls: Vec<_> = cases
        .iter()
        .map(|case| format!("run(*{})", case.python()))
        .collect();
    let output = python.run(&format!("{SCRIPT}\n{}", calls.join("\n")), &[""; 0]);
    let output = output.expect_success();
    assert_eq!(output.lines().count(), cases.len());
    for (case, theirs) in cases.iter().zip(output.lines()) {
        assert_eq!(case.run(), theirs, "{}", case.name);
    }
}

#[test]
fn a_pre_shared_key_connects_in_tls_1_2_and_1_3() {
    for tls13 in [false, true] {
        let case = Case::new("plain", tls13).identity("me");
        let version = if tls13 { "TLSv1.3" } else { "TLSv1.2" };
        assert_eq!(
            case.run(),
            format!("ok ok {version} hint None, identity 'me'")
        );
    }
}

/// CVE-2026-41898, CVE-2026-27459: a callback with a value that was too long wrote beyond OpenSSL's buffer.
#[test]
fn psk_values_that_are_too_long_fail_the_handshake_on_their_side() {
    for tls13 in [false, true] {
        let long = |n: usize| Case::new("long", tls13).identity("a".repeat(n));
        for (case, client_fails) in [
            (long(256), true),
            (long(257), true),
            (long(1 << 20), true),
            (long(1).keys(513, 16), true),
            (long(1).keys(1 << 20, 16), true),
            (long(1).keys(16, 513), false),
            (long(1).keys(16, 1 << 20), false),
        ] {
            let text = case.run();
            let at = if client_fails { 0 } else { 1 };
            let side = text.split(' ').nth(at).unwrap();
            assert_eq!(side, "SSLError:PSK_IDENTITY_NOT_FOUND", "{text}");
        }
    }
}

#[test]
fn a_psk_identity_with_a_nul_is_rejected() {
    for tls13 in [false, true] {
        let case = Case::new("nul", tls13).identity("alice\0mallory");
        let text = case.run();
        assert!(
            text.starts_with("SSLError:PSK_IDENTITY_NOT_FOUND"),
            "{text}"
        );
        assert!(!text.contains("alice"), "{text}");
    }
}

fn contexts_with_key(tls13: bool) -> (ssl::SslContext, ssl::SslContext) {
    let (client, server) = Case::new("", tls13).contexts();
    client
        .set_psk_client_callback(|_| Ok(("me", b"key")))
        .unwrap();
    server
        .set_psk_server_callback(|_| Ok(b"key"), None)
        .unwrap();
    (client, server)
}

#[test]
fn a_psk_callback_error_ends_the_handshake_and_is_returned() {
    let ca = Ca::new();
    for tls13 in [false, true] {
        let (client, server) = contexts_with_key(tls13);
        client
            .set_psk_client_callback(|_| Err::<(&str, &str), _>("no client key".into()))
            .unwrap();
        let pair = Pair::new(&client, &server, ssl::WrapBio::new()).unwrap();
        let error = pair.handshake().0.unwrap_err();
        assert!(matches!(error, ssl::Error::Callback(_)), "{error:?}");
        assert_eq!(error.to_string(), "no client key");
        assert_eq!(class(pair.client.do_handshake()), "SSLEOFError");

        let (client, server) = contexts_with_key(tls13);
        // The server has a certificate, but must not continue with it.
        show(&server, &ca.issue("localhost"));
        server
            .set_psk_server_callback(|_| Err::<Vec<u8>, _>("no server key".into()), None)
            .unwrap();
        let pair = Pair::new(&client, &server, ssl::WrapBio::new()).unwrap();
        let (c, s) = pair.handshake();
        assert_eq!(s.unwrap_err().to_string(), "no server key");
        assert_eq!(class(c), "SSLError");
    }
}

#[test]
fn a_psk_callback_panic_resumes_in_the_caller() {
    for tls13 in [false, true] {
        let (client, server) = contexts_with_key(tls13);
        server
            .set_psk_server_callback::<Vec<u8>>(|_| panic!("in the callback"), None)
            .unwrap();
        let pair = Pair::new(&client, &server, ssl::WrapBio::new()).unwrap();
        assert_eq!(panic_text(|| pair.handshake()), "in the callback");
        assert_eq!(class(pair.server.do_handshake()), "SSLEOFError");
    }
}

#[test]
fn psk_setters_reject_the_wrong_role_and_invalid_hints() {
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let error = server.clear_psk_client_callback().unwrap_err();
    assert_eq!(error.errno(), Some(0));
    assert_eq!(
        told::<()>(Err(error)),
        "SSLError: Cannot add PSK client callback to a PROTOCOL_TLS_SERVER context"
    );
    assert_eq!(
        told(client.set_psk_server_callback(|_| Ok(""), None)),
        "SSLError: Cannot add PSK server callback to a PROTOCOL_TLS_CLIENT context"
    );
    let hinted = |hint: &str| told(server.set_psk_server_callback(|_| Ok("k"), Some(hint)));
    assert_eq!(hinted(&"h".repeat(256)), "ok");
    let long = "ValueError: failed to set identity hint";
    assert_eq!(hinted(&"h".repeat(257)), long);
    assert_eq!(hinted("a\0b"), "ValueError: embedded null character");
}

#[test]
fn psk_callbacks_can_be_removed_and_survive_a_rebuild() {
    let (client, server) = contexts_with_key(false);
    let connect = || {
        let pair = Pair::new(&client, &server, ssl::WrapBio::new()).unwrap();
        (outcome(&pair.handshake().1), pair)
    };
    let (first, kept) = connect();
    assert_eq!(first, "ok");
    // `kept` holds the `SSL_CTX` of each context, so these setters build new ones.
    server.set_alpn_protocols(&["h2"]).unwrap();
    client.set_alpn_protocols(&["h2"]).unwrap();
    assert_eq!(connect().0, "ok");
    server.clear_psk_server_callback().unwrap();
    assert_eq!(connect().0, "SSLError:NO_SHARED_CIPHER");
    drop(kept);
}

/// In the `openssl` crate, a PSK callback after a switch of the context aborted the process (rust-openssl pull request
/// 2624).
#[test]
fn the_context_chosen_by_sni_gets_the_psk_callback() {
    for tls13 in [false, true] {
        let (client, with_key) = contexts_with_key(tls13);
        let without = server_context(&Ca::new().issue("localhost"));
        // In TLS 1.3, OpenSSL calls the PSK callback before the SNI callback.
        let (server, other) = match tls13 {
            true => (with_key, without.clone()),
            false => (without.clone(), with_key),
        };
        without.set_ciphers("PSK").unwrap();
        without
            .set_psk_server_callback::<Vec<u8>>(|_| panic!("asked the wrong context"), None)
            .unwrap();
        server
            .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(other.clone())))
            .unwrap();
        let pair = connected(&client, &server);
        assert_eq!(pair.server.getpeercert().unwrap(), None);
        assert_eq!(pair.client.getpeercert().unwrap(), None);
    }
}

/// A peer may send an identity that is not valid UTF-8.
#[test]
fn a_psk_identity_that_is_not_utf_8_is_unknown() {
    use pyssl_testing::openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};

    for tls13 in [false, true] {
        let (_, server) = contexts_with_key(tls13);
        server
            .set_psk_server_callback::<Vec<u8>>(|_| panic!("asked for what is no text"), None)
            .unwrap();
        let mut plain = SslConnector::builder(SslMethod::tls_client()).unwrap();
        plain.set_verify(SslVerifyMode::NONE);
        if !tls13 {
            plain
                .set_max_proto_version(Some(SslVersion::TLS1_2))
                .unwrap();
            plain.set_cipher_list("PSK").unwrap();
        }
        plain.set_psk_client_callback(|_, _, identity, key| {
            identity[..3].copy_from_slice(b"\xff\xfe\0");
            key[..3].copy_from_slice(b"key");
            Ok(3)
        });
        let plain = plain.build();
        let (near, far) = tcp_pair();
        std::thread::scope(|scope| {
            scope.spawn(move || plain.connect("localhost", near).unwrap_err());
            let error = server.wrap_socket(far, server_options()).unwrap_err();
            assert_eq!(error.python_class(), "SSLError", "{error}");
            if !tls13 {
                assert_eq!(error.reason(), Some("PSK_IDENTITY_NOT_FOUND"));
            }
        });
    }
}
