//! The keyword arguments of Python's functions exist here under the same names.

use std::collections::BTreeSet;

use pyssl_testing::skip_without_python;

/// A function of Python, and how its arguments are passed in Rust.
struct Function {
    python: &'static str,
    /// The arguments of the Rust function.
    arguments: &'static [&'static str],
    /// The setters of the options type that the Rust function takes.
    setters: &'static [&'static str],
}

/// Lists functions. The generated code calls each listed setter, so a missing one does not compile.
macro_rules! functions {
    ($($python:literal ($($argument:ident),*) $($options:ident { $($setter:ident($value:expr),)* })?;)*) => {
        const FUNCTIONS: &[Function] = &[
            $(Function {
                python: $python,
                arguments: &[$(stringify!($argument)),*],
                setters: &[$($(stringify!($setter)),*)?],
            },)*
        ];

        #[allow(dead_code, reason = "compiled to check the names, never run")]
        fn mention() {
            $($($(let _ = |options: pyssl::$options| options.$setter($value);)*)?)*
        }
    };
}

functions! {
    "create_default_context" () DefaultContext {
        purpose(pyssl::Purpose::SERVER_AUTH),
        cafile(""),
        capath(""),
        cadata(""),
    };
    "_create_unverified_context" () UnverifiedContext {
        protocol(pyssl::PROTOCOL_TLS_CLIENT),
        cert_reqs(pyssl::CERT_NONE),
        check_hostname(false),
        purpose(pyssl::Purpose::SERVER_AUTH),
        certfile(""),
        keyfile(""),
        cafile(""),
        capath(""),
        cadata(""),
    };
    "get_server_certificate" (addr) ServerCertificate {
        ssl_version(pyssl::PROTOCOL_TLS_CLIENT),
        ca_certs(""),
        timeout(std::time::Duration::ZERO),
    };
    "SSLContext.wrap_socket" (sock) WrapSocket {
        server_side(false),
        do_handshake_on_connect(true),
        suppress_ragged_eofs(true),
        server_hostname(""),
        session(None),
    };
    "SSLContext.wrap_bio" (incoming, outgoing) WrapBio {
        server_side(false),
        server_hostname(""),
        session(None),
    };
    "SSLContext.load_cert_chain" (certfile) CertChain {
        keyfile(""),
        password(""),
    };
    "SSLContext.load_verify_locations" () VerifyLocations {
        cafile(""),
        capath(""),
        cadata(""),
    };
    "SSLContext.load_default_certs" (purpose);
    "SSLContext.set_psk_server_callback" (callback, identity_hint);
    "SSLContext.get_groups" (include_aliases);
    "SSLSocket.sendfile" (file, offset, count);
    "SSLSocket.get_channel_binding" (cb_type);
}

/// Prints the parameters of a function, if this Python has it.
const ASK: &str = "import functools, inspect, ssl, sys
for name in sys.argv[1:]:
    try:
        function = functools.reduce(getattr, name.split('.'), ssl)
        print(name, *inspect.signature(function).parameters)
    except (AttributeError, ValueError):
        print(name, 'self')";

#[test]
fn every_python_keyword_is_an_argument_or_a_setter() {
    let python = skip_without_python!();
    let names: Vec<_> = FUNCTIONS.iter().map(|function| function.python).collect();
    let shown = python.run(ASK, &names).expect_success();
    let mut asked = 0;
    for (function, line) in FUNCTIONS.iter().zip(shown.lines()) {
        let theirs: BTreeSet<&str> = line
            .split(' ')
            .skip(1)
            .filter(|name| *name != "self")
            .collect();
        let ours: BTreeSet<&str> = function
            .arguments
            .iter()
            .chain(function.setters)
            .copied()
            .collect();
        if !theirs.is_empty() {
            assert_eq!(ours, theirs, "{}", function.python);
            asked += 1;
        }
    }
    assert!(asked >= 8, "{shown}");
}
