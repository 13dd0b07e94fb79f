//! A context that is changed while other threads do handshakes with it.
//!
//! `PYSSL_STRESS_SECONDS` is the time for the whole table of setters; the default is 20.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files, Leaf, print_uncaptured, skip_without_python, skipped};

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, Watchdog, client_options, plain_socket, server_options, tcp_pair,
};
use crate::support::{Pair, class, client_context, connected, outcome, server_context, told};

/// Contexts, and the values with which the setters change them.
struct Stage {
    client: ssl::SslContext,
    server: ssl::SslContext,
    /// The context to which the SNI callback switches.
    other_server: ssl::SslContext,
    certificates: [Files; 2],
    cafile: PathBuf,
    capath: PathBuf,
    cadata: String,
    stranger: String,
    keylog: PathBuf,
    _dir: Files,
}

impl Stage {
    fn new() -> Stage {
        let ca = Ca::new();
        let leaf = |_| ca.issue("localhost");
        let leaves: [Leaf; 3] = [0, 1, 2].map(leaf);
        let dir = Files::of(&leaves[0]);
        let capath = dir.dir().join("hashed");
        std::fs::create_dir(&capath).unwrap();
        ca.write_hashed(&capath);
        Stage {
            client: client_context(&ca),
            server: server_context(&leaves[0]),
            other_server: server_context(&leaves[2]),
            certificates: [Files::of(&leaves[0]), Files::of(&leaves[1])],
            cafile: ca.write(dir.dir()),
            capath,
            cadata: ca.cert_pem(),
            stranger: Ca::new().cert_pem(),
            keylog: dir.dir().join("keys.txt"),
            _dir: dir,
        }
    }
}

/// One row of the table: a change of the context that must not affect running handshakes. The number is that of the
/// call, and lets the change have another value each time.
type Change = fn(&Stage, usize) -> ssl::Result<()>;

const CHANGES: &[(&str, Change)] = &[
    ("set_ciphers", |stage, i| {
        let lists = [
            "HIGH:!aNULL:!MD5",
            "ECDHE+AESGCM",
            "ECDHE+CHACHA20:ECDHE+AES",
        ];
        stage.server.set_ciphers(lists[i % 3])?;
        stage
            .client
            .set_ciphers(["HIGH:!aNULL", "ALL:!aNULL:!eNULL"][i % 2])
    }),
    ("a setter that fails", |stage, _| {
        assert_eq!(class(stage.server.set_ciphers("BOGUS")), "SSLError");
        assert_eq!(class(stage.client.set_alpn_protocols(&[""])), "SSLError");
        let missing = stage.server.load_cert_chain("/no/such/file");
        assert_eq!(class(missing), "FileNotFoundError");
        Ok(())
    }),
    ("load_cert_chain", |stage, i| {
        let certificate = &stage.certificates[i % 2].combined;
        stage.server.load_cert_chain(certificate)?;
        stage.client.load_cert_chain(certificate)
    }),
    ("set_alpn_protocols", |stage, i| {
        let lists: [&[&str]; 3] = [&["h2", "http/1.1"], &[], &["http/1.1"]];
        stage.client.set_alpn_protocols(lists[i % 3])?;
        stage.server.set_alpn_protocols(lists[(i + 1) % 3])
    }),
    ("options", |stage, i| {
        let side = [&stage.client, &stage.server][i % 2];
        side.set_options(side.options() ^ ssl::OP_NO_TLSv1_3)
    }),
    ("maximum_version, minimum_version", |stage, i| {
        let versions = [ssl::TlsVersion::TLSv1_2, ssl::TlsVersion::MAXIMUM_SUPPORTED];
        stage.client.set_maximum_version(versions[i % 2])?;
        stage.server.set_minimum_version(ssl::TlsVersion::TLSv1_2)
    }),
    ("verify_mode, check_hostname", |stage, i| {
        if i % 2 == 0 {
            stage.client.set_check_hostname(false)?;
            stage.client.set_verify_mode(ssl::CERT_NONE)
        } else {
            stage.client.set_check_hostname(true)
        }
    }),
    ("hostname_checks_common_name", |stage, i| {
        stage.client.set_hostname_checks_common_name(i % 2 == 0)
    }),
    ("verify_flags", |stage, _| {
        let flags = stage.client.verify_flags() ^ ssl::VERIFY_X509_STRICT;
        stage.client.set_verify_flags(flags)
    }),
    ("num_tickets", |stage, i| {
        stage.server.set_num_tickets(i % 4)
    }),
    ("set_ticket_keys", |stage, _| {
        let mut keys = stage.server.ticket_keys();
        keys.insert(0, ssl::TicketKey::generate()?);
        keys.truncate(3);
        stage.server.set_ticket_keys(keys)
    }),
    ("ocsp_mode, set_ocsp_response", |stage, i| {
        let modes = [ssl::OcspMode::Request, ssl::OcspMode::Check];
        stage.client.set_ocsp_mode(modes[i % 2])?;
        match i % 3 {
            0 => stage.server.set_ocsp_response(None),
            _ => stage.server.set_ocsp_server_callback(|_| Ok(None)),
        }
    }),
    ("post_handshake_auth", |stage, i| {
        stage.client.set_post_handshake_auth(i % 2 == 0)
    }),
    ("set_identities", |stage, i| {
        let chain = ssl::CertChain::new(&stage.certificates[i % 2].combined);
        stage.server.set_identities([&ssl::Identity::load(chain)?])
    }),
    ("set_trust_of", |stage, i| {
        let fresh = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
        let data = stage.cadata.clone();
        fresh.load_verify_locations(ssl::VerifyLocations::new().cadata(data))?;
        if i % 2 == 0 {
            stage.client.set_trust_of(&fresh)?;
        }
        Ok(())
    }),
    ("load_verify_locations(cafile)", |stage, _| {
        stage
            .client
            .load_verify_locations(ssl::VerifyLocations::new().cafile(&stage.cafile))
    }),
    ("load_verify_locations(cadata)", |stage, i| {
        let data = [&stage.cadata, &stage.stranger][i % 2].clone();
        stage
            .client
            .load_verify_locations(ssl::VerifyLocations::new().cadata(data))
    }),
    ("load_verify_locations(capath)", |stage, i| {
        // The directory has a new name each time. Every second name is that of an existing directory.
        let name = if i % 2 == 0 { "." } else { &*i.to_string() };
        stage
            .client
            .load_verify_locations(ssl::VerifyLocations::new().capath(stage.capath.join(name)))
    }),
    ("set_default_verify_paths", |stage, _| {
        stage.client.set_default_verify_paths()
    }),
    ("sni_callback", |stage, i| match i % 3 {
        0 => stage
            .server
            .set_sni_callback(|_| Ok(ssl::SniAction::Continue)),
        1 => {
            let other = stage.other_server.clone();
            stage
                .server
                .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(other.clone())))
        }
        _ => stage.server.clear_sni_callback(),
    }),
    ("the context that sni_callback switches to", |stage, i| {
        let other = stage.other_server.clone();
        stage
            .server
            .set_sni_callback(move |_| Ok(ssl::SniAction::Switch(other.clone())))?;
        stage
            .other_server
            .load_cert_chain(&stage.certificates[i % 2].combined)
    }),
    ("message callback", |stage, i| {
        if i % 2 == 0 {
            stage.server.set_message_callback(|_| Ok(()))?;
            stage.client.set_message_callback(|_| Ok(()))
        } else {
            stage.server.clear_message_callback()?;
            stage.client.clear_message_callback()
        }
    }),
    ("psk callbacks", |stage, i| {
        if i % 2 == 0 {
            let none = |_: Option<&str>| Ok(Vec::<u8>::new());
            stage.server.set_psk_server_callback(none, Some("hint"))?;
            stage
                .client
                .set_psk_client_callback(|_| Ok((None::<&str>, "")))
        } else {
            stage.server.clear_psk_server_callback()?;
            stage.client.clear_psk_client_callback()
        }
    }),
    ("keylog_filename", |stage, i| {
        let filename: Option<&Path> = (i % 2 == 0).then_some(&stage.keylog);
        stage.client.set_keylog_filename(filename)?;
        stage.server.set_keylog_filename(filename)
    }),
    ("what can be read", |stage, _| {
        assert!(!stage.client.get_ca_certs().is_empty());
        assert!(stage.client.cert_store_stats().x509_ca > 0);
        assert!(stage.server.session_stats().accept > 0);
        assert!(!stage.server.get_ciphers()?.is_empty());
        assert!(!format!("{:?}", stage.client).is_empty());
        Ok(())
    }),
];

/// The time for one row of the table.
fn time_of_a_row() -> Duration {
    let seconds = std::env::var("PYSSL_STRESS_SECONDS")
        .ok()
        .map_or(20.0, |text| text.parse().expect("a number of seconds"));
    Duration::from_secs_f64(seconds / CHANGES.len() as f64)
}

/// Does a handshake and sends data each way: in memory, over TCP, or over Unix sockets, by `how`.
fn shake_hands(stage: &Stage, how: usize) {
    match how {
        0 => {
            connected(&stage.client, &stage.server).talk();
        }
        _ => {
            let contexts = Contexts {
                client: stage.client.clone(),
                server: stage.server.clone(),
            };
            let Link { client, server } = match how {
                1 => contexts.link(),
                _ => contexts.local_link(client_options()).0,
            };
            client.send(b"ping").unwrap();
            assert_eq!(server.recv(10).unwrap(), b"ping");
            server.send(b"pong").unwrap();
            assert_eq!(client.recv(10).unwrap(), b"pong");
        }
    }
}

#[test]
fn handshakes_succeed_while_setters_change_their_context() {
    for (name, change) in CHANGES {
        let _watchdog = Watchdog::beyond(time_of_a_row());
        let stage = Stage::new();
        let over = AtomicBool::new(false);
        let handshakes = AtomicUsize::new(0);
        // The first handshake is over before the getters are called, so that they have results to return.
        shake_hands(&stage, 0);
        thread::scope(|scope| {
            for how in 0..3 {
                let (stage, over, handshakes) = (&stage, &over, &handshakes);
                thread::Builder::new()
                    .name(format!("{name}: handshakes"))
                    .spawn_scoped(scope, move || {
                        while !over.load(Ordering::Relaxed) {
                            shake_hands(stage, how);
                            handshakes.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                    .unwrap();
            }
            let begin = Instant::now();
            let mut changes = 0;
            while begin.elapsed() < time_of_a_row() || handshakes.load(Ordering::Relaxed) < 30 {
                if let Err(error) = change(&stage, changes) {
                    over.store(true, Ordering::Relaxed);
                    panic!("{name}: {error:?}");
                }
                changes += 1;
            }
            over.store(true, Ordering::Relaxed);
        });
        // The counters of a context include those of its earlier `SSL_CTX`s. OpenSSL counts a handshake for the context
        // to which the SNI callback switched.
        let done = i64::try_from(handshakes.load(Ordering::Relaxed)).unwrap();
        let connected = stage.client.session_stats().connect_good;
        let [accepted, switched] =
            [&stage.server, &stage.other_server].map(|server| server.session_stats().accept_good);
        assert!(connected >= done, "{name}: {connected} of {done}");
        assert!(
            accepted + switched >= done,
            "{name}: {accepted} and {switched} of {done}"
        );
    }
}

/// A Python script that changes a context while threads do handshakes. The test prints how the process ends, and passes
/// in any case.
const RECIPE: &str = r#"
import ssl, sys, threading, time
cert, ca = sys.argv[1:]
client = ssl.create_default_context(cafile=ca)
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(cert)
end = time.monotonic() + 20
count = [0, 0]
def shake_hands():
    while time.monotonic() < end:
        a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
        ends = [client.wrap_bio(a, b, server_hostname="localhost"), server.wrap_bio(c, d, server_side=True)]
        try:
            while ends:
                for one in list(ends):
                    try:
                        one.do_handshake()
                        ends.remove(one)
                    except ssl.SSLWantReadError:
                        pass
                c.write(b.read())
                a.write(d.read())
            count[0] += 1
        except ssl.SSLError:
            count[1] += 1
for _ in range(3):
    threading.Thread(target=shake_hands).start()
while time.monotonic() < end:
    for context in (client, server):
        context.set_ciphers("HIGH:!aNULL:!MD5")
        context.set_ciphers("ECDHE+AESGCM")
    server.load_cert_chain(cert)
print(*count)
"#;

// Not on Windows: it has no signals.
#[cfg(unix)]
#[test]
fn cpython_may_crash_when_setters_run_during_handshakes() {
    use std::os::unix::process::ExitStatusExt;

    // The run takes up to 20 seconds and does not affect the result, so it is optional.
    if std::env::var_os("PYSSL_STRESS_SECONDS").is_none() {
        skipped("set PYSSL_STRESS_SECONDS to see what happens to CPython");
        return;
    }
    let python = skip_without_python!();
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let begin = Instant::now();
    let output = python.run(RECIPE, &[&files.combined, &files.ca]);
    let seconds = begin.elapsed().as_secs_f64();
    let (major, minor, patch) = python.version();
    let what = match output.status.signal() {
        Some(6) => format!("died with SIGABRT after {seconds:.1} s"),
        Some(11) => format!("died with SIGSEGV after {seconds:.1} s"),
        Some(other) => format!("died of signal {other} after {seconds:.1} s"),
        None => {
            let (status, counts) = (output.status, output.stdout.trim());
            format!("survived {seconds:.1} s ({status}; handshakes, failures: {counts})")
        }
    };
    let with = python.openssl_version();
    print_uncaptured(format_args!(
        "CPython {major}.{minor}.{patch} with {with} {what}"
    ));
}

fn fingerprint(end: &ssl::SslSocket) -> Vec<u8> {
    end.getpeercert_binary().unwrap().unwrap()
}

#[test]
fn a_renewed_certificate_is_used_by_new_connections_only() {
    let ca = Ca::new();
    let (old, new) = (ca.issue("localhost"), ca.issue("localhost"));
    let contexts = Contexts {
        client: client_context(&ca),
        server: server_context(&old),
    };
    let before = contexts.link();
    assert_eq!(fingerprint(&before.client), old.der());
    let renewed = Files::of(&new);
    contexts.server.load_cert_chain(&renewed.combined).unwrap();
    let after = contexts.link();
    assert_eq!(fingerprint(&after.client), new.der());
    for Link { client, server } in [&before, &after] {
        client.sendall(b"still here").unwrap();
        assert_eq!(server.recv(100).unwrap(), b"still here");
        server.sendall(b"so am I").unwrap();
        assert_eq!(client.recv(100).unwrap(), b"so am I");
    }
    assert_eq!(fingerprint(&before.client), old.der());
    let stats = contexts.server.session_stats();
    assert_eq!((stats.accept, stats.accept_good), (2, 2));
    drop(before);
    assert_eq!(contexts.server.session_stats().accept_good, 2);
}

/// The library builds a new `SSL_CTX` for a copy of a context, and for a setter while connections hold the current one.
/// The new `SSL_CTX` has all settings.
#[test]
fn a_rebuilt_context_has_all_settings() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    client.set_alpn_protocols(&["b"]).unwrap();
    server.set_alpn_protocols(&["a", "b"]).unwrap();
    server.set_num_tickets(5).unwrap();
    // The level stays when another list is set.
    server.set_ciphers("HIGH:@SECLEVEL=3").unwrap();
    server.set_ciphers("HIGH").unwrap();
    let held = connected(&client, &server);
    server.set_options(server.options()).unwrap();
    client.set_options(client.options()).unwrap();
    let copies = (client.copy().unwrap(), server.copy().unwrap());
    let weak = ca.builder().key(KeyKind::Rsa2048).build();
    let weak = Files::of(&weak);
    for (client, server) in [(client, server), copies] {
        let pair = connected(&client, &server);
        let chosen = pair.client.selected_alpn_protocol();
        assert_eq!(chosen.as_deref(), Some("b"));
        assert_eq!(server.num_tickets(), 5);
        let refused = outcome(&server.load_cert_chain(&weak.combined));
        assert_eq!(refused, "SSLError:EE_KEY_TOO_SMALL");
        client.set_server_sigalgs("ed25519").unwrap();
        let client = client.copy().unwrap();
        let pair = Pair::new(&client, &server, "localhost").unwrap();
        let unsigned = outcome(&pair.handshake().1);
        assert_eq!(unsigned, "SSLError:NO_SUITABLE_SIGNATURE_ALGORITHM");
    }
    drop(held);
}

#[test]
fn sessions_resume_after_every_setter_that_rebuilds_the_context() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let renewed = Files::of(&Ca::new().issue("localhost"));
        let first = contexts.link();
        first.server.sendall(b"x").unwrap();
        assert_eq!(first.client.recv(1).unwrap(), b"x");
        let session = first.client.session().unwrap();
        // A connection holds the current `SSL_CTX`, so each of these setters builds a new one.
        let changes: [(&str, &dyn Fn() -> ssl::Result<()>); 7] = [
            ("ciphers", &|| {
                contexts.server.set_ciphers("HIGH:!aNULL:!MD5")
            }),
            ("certificate", &|| {
                contexts.server.load_cert_chain(&renewed.combined)
            }),
            ("ALPN", &|| contexts.server.set_alpn_protocols(&["h2"])),
            ("options", &|| {
                let options = contexts.server.options();
                contexts
                    .server
                    .set_options(options | ssl::OP_NO_COMPRESSION)
            }),
            ("verify flags", &|| {
                let flags = contexts.client.verify_flags();
                contexts
                    .client
                    .set_verify_flags(flags ^ ssl::VERIFY_X509_STRICT)
            }),
            ("client's ciphers", &|| {
                contexts.client.set_ciphers("HIGH:!aNULL")
            }),
            ("SNI callback", &|| {
                contexts
                    .server
                    .set_sni_callback(|_| Ok(ssl::SniAction::Continue))
            }),
        ];
        let mut hits = 0;
        let mut held = vec![first];
        for (name, change) in changes {
            change().unwrap();
            let link = contexts.link_with(client_options().session(session.clone()));
            hits += 1;
            let reused = [&link.client, &link.server].map(|end| end.session_reused());
            let seen = (reused, contexts.server.session_stats().hits);
            assert_eq!(seen, ([Some(true); 2], hits), "{version:?}: {name}");
            held.push(link);
        }
        // By now the server has a certificate of an authority that the client does not trust. Only a
        // full handshake verifies it.
        let (near, far) = tcp_pair();
        thread::scope(|scope| {
            let server = scope.spawn(|| contexts.server.wrap_socket(far, server_options()));
            let refused = contexts.client.wrap_socket(near, client_options());
            assert_eq!(class(refused), "SSLCertVerificationError");
            let alert = outcome(&server.join().unwrap());
            assert_eq!(alert, "SSLError:TLSV1_ALERT_UNKNOWN_CA");
        });
    }
}

#[test]
fn a_session_of_another_context_is_rejected() {
    let (contexts, others) = (Contexts::new(), Contexts::new());
    let link = contexts.link();
    let session = link.client.session().unwrap();
    let options = client_options().session(session.clone());
    let (near, _far) = tcp_pair();
    let different = "ValueError: Session refers to a different SSLContext.";
    assert_eq!(told(others.client.wrap_socket(near, options)), different);
    // A new context at the address of a dropped one is a different context.
    let addresses: Vec<_> = (0..50).map(|_| Contexts::new()).collect();
    drop((contexts, link));
    for context in addresses {
        let object = context
            .client
            .wrap_bio(&ssl::MemoryBio::new(), &ssl::MemoryBio::new(), "localhost")
            .unwrap();
        assert_eq!(told(object.set_session(&session)), different);
    }
}

#[test]
fn set_session_and_set_context_fail_during_a_handshake() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_2);
    let session = contexts.link().client.session().unwrap();
    // This option shows later that the connections still have the settings of these contexts.
    for context in [&contexts.client, &contexts.server] {
        let options = context.options() | ssl::OP_NO_RENEGOTIATION;
        context.set_options(options).unwrap();
    }
    let pair = contexts.pair();
    pair.client.set_session(&session).unwrap();
    assert_eq!(class(pair.client.do_handshake()), "SSLWantReadError");
    // The handshake has begun.
    let late = "ValueError: Cannot set session after handshake.";
    assert_eq!(told(pair.client.set_session(&session)), late);
    pair.pump();
    assert_eq!(class(pair.server.do_handshake()), "SSLWantReadError");
    assert!(pair.server.session().is_none());
    for end in [&pair.client, &pair.server] {
        assert_eq!(class(end.set_context(&Contexts::new().server)), "SSLError");
        assert!(end.context().options().contains(ssl::OP_NO_RENEGOTIATION));
    }
    let pair = pair.connected();
    assert!(pair.client.session_reused());
    assert!(pair.client.session().is_some() && pair.server.session().is_some());
    pair.server.set_context(&Contexts::new().server).unwrap();
}

#[test]
fn enabling_check_hostname_applies_to_a_socket_that_is_not_connected_yet() {
    let contexts = Contexts::new();
    contexts.client.set_check_hostname(false).unwrap();
    let client = contexts
        .client
        .wrap_socket(plain_socket(), ssl::WrapSocket::new());
    contexts.client.set_check_hostname(true).unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let connected = client.unwrap().connect(listener.local_addr().unwrap());
    let text = "ValueError: check_hostname requires server_hostname";
    assert_eq!(told(connected), text);
}

#[test]
fn copies_without_verification_leave_the_original_verifying() {
    let contexts = Contexts::new();
    let strict = contexts.client.copy().unwrap();
    let seen = Arc::new(Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..200 {
                    // Python programs change the shared context instead, and verification stays off.
                    let lax = strict.copy().unwrap();
                    lax.set_check_hostname(false).unwrap();
                    lax.set_verify_mode(ssl::CERT_NONE).unwrap();
                    assert_eq!(strict.verify_mode(), ssl::CERT_REQUIRED);
                    *seen.lock().unwrap() += 1;
                }
            });
        }
    });
    assert_eq!(*seen.lock().unwrap(), 400);
    assert!(strict.check_hostname());
}
