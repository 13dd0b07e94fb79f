//! A connection does not resume the session of a connection that verified less, in whatever way the session was passed
//! to it.

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::link::BOTH_VERSIONS;
use crate::support::{Pair, outcome, server_context, show, told, trust};

/// The verification of a client, from the least to the most.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
enum Verifies {
    Nothing,
    TheCertificate,
    TheNameToo,
}

use Verifies::{Nothing, TheCertificate, TheNameToo};

const ALL: [Verifies; 3] = [Nothing, TheCertificate, TheNameToo];

impl Verifies {
    fn set_on(self, context: &ssl::SslContext) {
        context.set_check_hostname(false).unwrap();
        let mode = match self {
            Nothing => ssl::CERT_NONE,
            _ => ssl::CERT_REQUIRED,
        };
        context.set_verify_mode(mode).unwrap();
        context.set_check_hostname(self == TheNameToo).unwrap();
    }

    fn context(self, ca: &Ca, version: ssl::TlsVersion) -> ssl::SslContext {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        context.set_maximum_version(version).unwrap();
        trust(&context, ca);
        self.set_on(&context);
        context
    }

    fn overrides(self) -> ssl::WrapBio {
        ssl::WrapBio::from("localhost")
            .check_hostname(self == TheNameToo)
            .verify_mode(match self {
                Nothing => ssl::CERT_NONE,
                _ => ssl::CERT_REQUIRED,
            })
    }
}

/// A way to pass a session from one connection to another. The function takes the verification of
/// both, and returns the context and options of the second connection, and the session.
type Way = (
    &'static str,
    fn(&Scene, Verifies, Verifies) -> (ssl::SslContext, ssl::WrapBio, ssl::SslSession),
);

struct Scene {
    ca: Ca,
    server: ssl::SslContext,
    version: ssl::TlsVersion,
}

impl Scene {
    fn talk(&self, context: &ssl::SslContext, options: impl Into<ssl::WrapBio>) -> Pair {
        let pair = Pair::new(context, &self.server, options).unwrap();
        let pair = pair.connected();
        pair.talk();
        pair
    }

    fn session(&self, context: &ssl::SslContext) -> ssl::SslSession {
        self.talk(context, "localhost").client.session().unwrap()
    }
}

const WAYS: [Way; 6] = [
    ("setters on the same context", |scene, before, after| {
        let context = before.context(&scene.ca, scene.version);
        let session = scene.session(&context);
        after.set_on(&context);
        (context, "localhost".into(), session)
    }),
    ("set_context after the handshake", |scene, before, after| {
        let old = before.context(&scene.ca, scene.version);
        let new = after.context(&scene.ca, scene.version);
        let pair = scene.talk(&old, "localhost");
        pair.client.set_context(&new).unwrap();
        let session = pair.client.session().unwrap();
        (new, "localhost".into(), session)
    }),
    (
        "set_context before the handshake",
        |scene, before, after| {
            let old = before.context(&scene.ca, scene.version);
            let new = after.context(&scene.ca, scene.version);
            let pair = Pair::new(&old, &scene.server, "localhost").unwrap();
            pair.client.set_context(&new).unwrap();
            let pair = pair.connected();
            pair.talk();
            let session = pair.client.session().unwrap();
            (new, "localhost".into(), session)
        },
    ),
    ("options of the first connection", |scene, before, after| {
        let context = after.context(&scene.ca, scene.version);
        let session = scene.talk(&context, before.overrides()).client.session();
        (context, "localhost".into(), session.unwrap())
    }),
    ("options of both connections", |scene, before, after| {
        let context = TheNameToo.context(&scene.ca, scene.version);
        let session = scene.talk(&context, before.overrides()).client.session();
        (context, after.overrides(), session.unwrap())
    }),
    ("bytes, for another context", |scene, before, after| {
        let session = scene.session(&before.context(&scene.ca, scene.version));
        let context = after.context(&scene.ca, scene.version);
        let read = ssl::SslSession::from_der(&context, &session.to_der().unwrap());
        (context, "localhost".into(), read.unwrap())
    }),
];

#[test]
fn a_client_refuses_a_session_from_a_connection_that_verified_less() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let refused = "ValueError: Session refers to a connection that verified less than this one.";
    let after_handshake = "ValueError: Cannot set session after handshake.";
    for version in BOTH_VERSIONS {
        let scene = Scene {
            ca: ca.clone(),
            server: server.clone(),
            version,
        };
        for (way, carry) in WAYS {
            for before in ALL {
                for after in ALL {
                    let case = format!("{version} {way}: {before:?}, then {after:?}");
                    let (context, options, session) = carry(&scene, before, after);
                    // The session is set by `set_session`, after the connection was made. Further below, it is passed
                    // as an option.
                    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
                    let late = context.wrap_bio(&a, &b, options.clone()).unwrap();
                    let late = told(late.set_session(&session));
                    // After the handshake, Python's own error takes precedence.
                    let done = Pair::new(&context, &scene.server, options.clone()).unwrap();
                    let done = told(done.connected().client.set_session(&session));
                    assert_eq!(done, after_handshake, "{case}");
                    let pair = Pair::new(&context, &scene.server, options.session(session));
                    if before < after {
                        assert_eq!(late, refused, "{case}");
                        assert_eq!(told(pair), refused, "{case}");
                    } else {
                        assert_eq!(late, "ok", "{case}");
                        let pair = pair.unwrap().connected();
                        assert!(pair.client.session_reused(), "{case}");
                    }
                }
            }
        }
    }
}

/// A server resumes a session, from a ticket or from its cache, only if it verified the client in the same way.
/// Otherwise a client without a certificate, or with another name, could get in.
#[test]
fn a_server_resumes_only_sessions_with_equal_verification() {
    let ca = Ca::new();
    let leaf = ca.issue("client.example");
    let none = || ssl::WrapBio::new().verify_mode(ssl::CERT_NONE);
    let optional = || ssl::WrapBio::new().verify_mode(ssl::CERT_OPTIONAL);
    let required = || ssl::WrapBio::new().verify_mode(ssl::CERT_REQUIRED);
    let named = |name: &str| required().expected_names([name]);
    type Options<'a> = &'a dyn Fn() -> ssl::WrapBio;
    let first = || named("client.example");
    let both = || required().expected_names(["client.example", "second.example"]);
    let kinds: [Options<'_>; 5] = [&none, &optional, &required, &first, &both];
    for version in BOTH_VERSIONS {
        for tickets in [true, false] {
            let server = server_context(&ca.issue("localhost"));
            trust(&server, &ca);
            if !tickets {
                let options = server.options() | ssl::OP_NO_TICKET;
                server.set_options(options).unwrap();
            }
            let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
            client.set_maximum_version(version).unwrap();
            trust(&client, &ca);
            show(&client, &leaf);
            let talk = |kind: Options<'_>, session: Option<ssl::SslSession>| {
                let options = ssl::WrapBio::from("localhost").session(session);
                let pair = Pair::with(&client, &server, options, kind()).unwrap();
                let pair = pair.connected();
                pair.talk();
                pair
            };
            for (i, before) in kinds.into_iter().enumerate() {
                for (j, after) in kinds.into_iter().enumerate() {
                    // A connection that ends without `close_notify` removes its session from the cache.
                    let first = talk(before, None);
                    let again = talk(after, first.client.session()).client;
                    let case = format!("{version}, tickets {tickets}: {i}, then {j}");
                    assert_eq!(again.session_reused(), i == j, "{case}");
                }
            }
        }
    }
}

/// After a server has begun to require certificates, it resumes no earlier session.
#[test]
fn a_server_that_starts_to_verify_rejects_older_sessions() {
    let ca = Ca::new();
    for version in BOTH_VERSIONS {
        let server = server_context(&ca.issue("localhost"));
        let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        client.set_maximum_version(version).unwrap();
        trust(&client, &ca);
        let pair = Pair::new(&client, &server, "localhost").unwrap();
        let pair = pair.connected();
        pair.talk();
        let session = pair.client.session();
        server.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
        let options = ssl::WrapBio::from("localhost").session(session);
        let pair = Pair::new(&client, &server, options).unwrap();
        assert_eq!(
            outcome(&pair.handshake().1),
            "SSLError:PEER_DID_NOT_RETURN_A_CERTIFICATE",
            "{version}"
        );
    }
}
