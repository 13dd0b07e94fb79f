//! Tests about known vulnerabilities of similar libraries. The rows are those of the table in this directory's README.
//! Other rows are tested in other files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pyssl as ssl;
use pyssl_testing::pki::DistinguishedName;
use pyssl_testing::pki::der::{constructed, implicit, sequence};
use pyssl_testing::{Ca, Files, Leaf};

use crate::link::{Contexts, Watchdog, tcp_pair};
use crate::support::{Pair, class, client_context, connected, outcome, server_context, told};

/// Row 2: host names are compared by OpenSSL, and only a whole first label can be a wildcard.
#[test]
fn wildcards_match_one_whole_label() {
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let client = client_context(&ca);
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "*.example.com",
            &["a.example.com", "A.Example.COM"],
            &[
                "example.com",
                "a.b.example.com",
                "a.example.com.evil",
                ".example.com",
            ],
        ),
        ("*.com", &[], &["example.com", "com"]),
        ("*", &[], &["localhost", "example.com"]),
        ("f*.example.com", &[], &["foo.example.com", "f.example.com"]),
        ("*f.example.com", &[], &["foof.example.com"]),
        ("a.*.example.com", &[], &["a.b.example.com"]),
        ("*.*.example.com", &[], &["a.b.example.com"]),
        ("xn--*.example.com", &[], &["xn--4ca.example.com"]),
        (
            "*a*a*a*a*a*a*a*a*a*a*.example.com",
            &[],
            &["aaaaaaaaaaaaaaaaaaaaaaaaab.example.com"],
        ),
        (
            "exact.example.com",
            &["exact.example.com", "EXACT.example.com"],
            &["exact.example.com."],
        ),
    ];
    for (pattern, good, bad) in cases {
        let server = server_context(&ca.issue(pattern));
        for (names, matches) in [(good, true), (bad, false)] {
            for name in *names {
                let Ok(pair) = Pair::new(&client, &server, *name) else {
                    assert!(!matches, "{name} is a name");
                    continue;
                };
                let outcome = pair.handshake().0;
                assert_eq!(
                    outcome.is_ok(),
                    matches,
                    "{pattern} against {name}: {outcome:?}"
                );
                if let Err(error) = outcome {
                    assert_eq!(error.verify_code(), Some(62), "{error:?}");
                }
            }
        }
    }
    // The library itself does not compare host names.
    for text in sources(&["src", "cli/src"]) {
        assert!(
            !text.1.contains("fn match_hostname"),
            "{}",
            text.0.display()
        );
    }
}

/// Row 3 (CPython issue 13885): the default options switch no protection off.
#[test]
fn default_options_match_python() {
    for protocol in [
        ssl::PROTOCOL_TLS_CLIENT,
        ssl::PROTOCOL_TLS_SERVER,
        ssl::PROTOCOL_TLS,
        ssl::PROTOCOL_TLSv1_2,
    ] {
        let options = ssl::SslContext::new(protocol).unwrap().options();
        assert_eq!(options.bits(), 0x8252_0050, "{protocol:?}");
        // The bit that CPython once set by mistake, as a part of `OP_ALL`.
        assert_eq!(options.bits() & 0x800, 0, "DONT_INSERT_EMPTY_FRAGMENTS");
    }
}

/// Rows 4 and 16: every function that makes a client's context makes one that verifies.
#[test]
fn every_default_client_context_verifies() {
    let server = server_context(&Ca::new().issue("localhost"));
    let other = Ca::new();
    let make = |options: ssl::DefaultContext| ssl::create_default_context(options).unwrap();
    let contexts = [
        ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap(),
        ssl::create_default_context(()).unwrap(),
        make(ssl::DefaultContext::new(ssl::Purpose::SERVER_AUTH)),
        make(ssl::DefaultContext::default().cadata(other.cert_pem())),
        ssl::create_default_context(()).unwrap().copy().unwrap(),
    ];
    for context in contexts {
        assert_eq!(context.verify_mode(), ssl::CERT_REQUIRED);
        assert!(context.check_hostname());
        let pair = Pair::new(&context, &server, "localhost").unwrap();
        assert_eq!(class(pair.handshake().0), "SSLCertVerificationError");
    }
}

/// Rows 5 and 33: invalid names are errors, and valid names are checked, also with a private CA.
#[test]
fn an_invalid_host_name_never_disables_the_check() {
    let contexts = Contexts::new();
    let long = "a.".repeat(200) + "example";
    for (name, expected) in [
        ("", "ValueError"),
        (".", "UnicodeError"),
        (".example.com", "UnicodeError"),
        ("a\0.example", "TypeError"),
        ("local\0host", "TypeError"),
        ("localhost\0", "TypeError"),
        (&*long, "SSLError"),
    ] {
        let pair = Pair::new(&contexts.client, &contexts.server, name);
        assert_eq!(class(pair), expected, "{name:?}");
        let (near, _far) = tcp_pair();
        let wrapped = contexts.client.wrap_socket(near, name);
        assert_eq!(class(wrapped), expected, "{name:?}");
    }
    // 62 is the verify code of a host name mismatch, and 64 that of an IP address mismatch.
    for (name, code) in [
        ("other.example", 62),
        ("localhost.example", 62),
        ("ocalhost", 62),
        ("localhos", 62),
        ("127.0.0.1", 64),
        ("::1", 64),
    ] {
        let pair = Pair::new(&contexts.client, &contexts.server, name).unwrap();
        let error = pair.handshake().0.unwrap_err();
        assert_eq!(error.verify_code(), Some(code), "{name:?}: {error}");
    }
}

/// Row 8 (CVE-2024-0397): the store is listed while handshakes add certificates to it.
#[test]
fn get_ca_certs_is_safe_while_handshakes_load_certificates() {
    let _watchdog = Watchdog::new();
    let root = Ca::new();
    let dir = Files::of(&root.issue("x"));
    let authorities: Vec<Ca> = (0..20).map(|_| Ca::new()).collect();
    for ca in &authorities {
        ca.write_hashed(dir.dir());
    }
    let servers: Vec<_> = authorities
        .iter()
        .map(|ca| server_context(&ca.issue("localhost")))
        .collect();
    for _ in 0..5 {
        let locations = ssl::DefaultContext::default().capath(dir.dir());
        let client = ssl::create_default_context(locations).unwrap();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let (listed, stats) = (client.get_ca_certs(), client.cert_store_stats());
                        assert!(listed.len() <= stats.x509);
                        for ca in listed {
                            assert!(!ca.get_info().unwrap().subject().is_empty());
                        }
                    }
                });
            }
            for server in &servers {
                connected(&client, server);
            }
            over.store(true, Ordering::Relaxed);
        });
        assert_eq!(client.cert_store_stats().x509_ca, authorities.len());
    }
}

/// Row 9 (CVE-2024-5642): invalid lists of ALPN protocols, with which OpenSSL would read out of bounds.
#[test]
fn set_alpn_protocols_rejects_invalid_lists() {
    let contexts = Contexts::new();
    let (client, server) = (&contexts.client, &contexts.server);
    client.set_alpn_protocols(&["h2"]).unwrap();
    server.set_alpn_protocols(&["h2"]).unwrap();
    let long = "x".repeat(256);
    for bad in [&[""][..], &["h2", ""], &[&long], &["h2", &long]] {
        let text = "SSLError: ALPN protocols must be 1 to 255 in length";
        assert_eq!(told(client.set_alpn_protocols(bad)), text, "{bad:?}");
        assert_eq!(told(server.set_alpn_protocols(bad)), text, "{bad:?}");
    }
    let not_ascii = client.set_alpn_protocols(&["\u{e9}"]);
    assert_eq!(class(not_ascii), "UnicodeError");
    let chosen = || {
        let pair = connected(client, server);
        assert_eq!(
            pair.client.selected_alpn_protocol(),
            pair.server.selected_alpn_protocol()
        );
        pair.client.selected_alpn_protocol()
    };
    assert_eq!(
        chosen().as_deref(),
        Some("h2"),
        "what was refused changed nothing"
    );
    for (ours, theirs) in [
        (&[][..], &["h2"][..]),
        (&["h2"], &[]),
        (&[], &[]),
        (&["a"], &["b"]),
    ] {
        client.set_alpn_protocols(ours).unwrap();
        server.set_alpn_protocols(theirs).unwrap();
        assert_eq!(chosen(), None, "{ours:?} {theirs:?}");
    }
    let longest = "y".repeat(255);
    client.set_alpn_protocols(&[&longest; 100]).unwrap();
    server.set_alpn_protocols(&[&longest]).unwrap();
    assert_eq!(chosen(), Some(longest));
}

/// Row 18: several threads read shared certificates and sessions at once.
#[test]
fn certificates_and_sessions_can_be_read_from_several_threads() {
    let contexts = Contexts::new();
    let link = contexts.link();
    let session = contexts.link().client.session().unwrap();
    let mut certificates = contexts.client.get_ca_certs();
    certificates.extend(link.client.get_unverified_chain().unwrap());
    let read = || {
        let of =
            |c: &ssl::Certificate| (c.get_info().unwrap(), c.to_der().unwrap(), format!("{c:?}"));
        let certificates: Vec<_> = certificates.iter().map(of).collect();
        let id = session.id().to_vec();
        (
            certificates,
            id,
            session.time(),
            session.timeout(),
            session.has_ticket(),
        )
    };
    let alone = read();
    assert_eq!(alone.0.len(), 2);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| assert!(read() == alone)));
        }
    });
}

/// Row 20 (RUSTSEC-2023-0024): every constructor works without its optional arguments.
#[test]
fn every_constructor_works_without_optional_arguments() {
    ssl::create_default_context(()).unwrap();
    ssl::create_unverified_context(()).unwrap();
    let contexts = Contexts::new();
    let bio = ssl::MemoryBio::new;
    let wrap = |context: &ssl::SslContext| context.wrap_bio(&bio(), &bio(), ssl::WrapBio::new());
    wrap(&contexts.client).unwrap();
    assert_eq!(
        told(wrap(&contexts.server)),
        "SSLError: Cannot create a client socket with a PROTOCOL_TLS_SERVER context"
    );
    let (near, _far) = tcp_pair();
    let options = ssl::WrapSocket::new()
        .server_side(true)
        .do_handshake_on_connect(false);
    contexts.server.wrap_socket(near, options).unwrap();
    let nothing = ssl::VerifyLocations::new();
    let loaded = contexts.client.load_verify_locations(nothing);
    assert_eq!(class(loaded), "TypeError");
    contexts.client.set_keylog_filename(None::<&str>).unwrap();
}

/// Row 21 (RUSTSEC-2023-0044): empty strings as arguments.
#[test]
fn empty_strings_are_errors_or_have_no_effect() {
    let Contexts { client, server } = Contexts::new();
    assert_eq!(class(client.set_ciphers("")), "SSLError");
    let text = "ValueError: unknown elliptic curve name ''";
    assert_eq!(told(client.set_ecdh_curve("")), text);
    // From 3.5 on, OpenSSL accepts an empty list, and the client then has no group.
    let lists_may_be_empty = *ssl::OPENSSL_VERSION_INFO >= (3, 5, 0, 0, 0);
    assert_eq!(client.set_groups("").is_ok(), lists_may_be_empty);
    if lists_may_be_empty {
        let pair = Pair::new(&client, &server, "localhost").unwrap();
        let (result, _) = pair.handshake();
        assert_eq!(class(result), "SSLError");
        client.set_groups("X25519:P-256").unwrap();
    }
    let none = "FileNotFoundError";
    assert_eq!(class(client.load_cert_chain("")), none);
    let chain = ssl::CertChain::new("").keyfile("");
    assert_eq!(class(client.load_cert_chain(chain)), none);
    assert_eq!(class(client.set_keylog_filename(Some(""))), none);
    let load = |locations| client.load_verify_locations(locations);
    let locations = ssl::VerifyLocations::new;
    assert_eq!(class(load(locations().cafile(""))), none);
    let text = "ValueError: Empty certificate data";
    assert_eq!(told(load(locations().cadata(""))), text);
    assert_eq!(told(load(locations().cadata(&b""[..]))), text);
    assert_eq!(class(Pair::new(&client, &server, "")), "ValueError");
    let pair = connected(&client, &server);
    assert_eq!(class(pair.client.get_channel_binding("")), "ValueError");
}

/// Row 23: reads and writes of 0 bytes make no slice from a null pointer.
#[test]
fn reads_and_writes_of_zero_bytes_succeed() {
    let bio = ssl::MemoryBio::new();
    assert_eq!(bio.read(None), b"");
    assert_eq!(bio.read(0), b"");
    assert_eq!(bio.write(b"").unwrap(), 0);
    bio.write_eof();
    assert!(bio.eof() && bio.read(10).is_empty());
    let contexts = Contexts::new();
    let pair = connected(&contexts.client, &contexts.server);
    assert_eq!(pair.client.read(0).unwrap(), b"");
    assert_eq!(pair.client.read_into(&mut []).unwrap(), 0);
    assert_eq!(pair.client.write(b"").unwrap(), 0);
    assert_eq!(pair.client.pending(), 0);
    let link = contexts.link();
    assert_eq!(link.client.recv(0).unwrap(), b"");
    assert_eq!(link.client.recv_into(&mut []).unwrap(), 0);
    assert_eq!(link.client.send(b"").unwrap(), 0);
    link.client.sendall(b"").unwrap();
}

/// Row 24 (RUSTSEC-2025-0004): the chosen protocol outlives the list that it was chosen from.
#[test]
fn the_selected_alpn_protocol_outlives_the_servers_list() {
    let contexts = Contexts::new();
    let name = "a-protocol-of-some-length/1.0";
    contexts.client.set_alpn_protocols(&[name]).unwrap();
    contexts
        .server
        .set_alpn_protocols(&[name.to_owned()])
        .unwrap();
    let pair = Pair::new(&contexts.client, &contexts.server, "localhost").unwrap();
    contexts.server.set_alpn_protocols::<&str>(&[]).unwrap();
    let pair = pair.connected();
    drop(contexts);
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.selected_alpn_protocol().as_deref(), Some(name));
    }
}

/// Row 27 (CVE-2026-41677): a password longer than OpenSSL's buffer.
#[test]
fn a_password_longer_than_openssls_buffer_is_rejected() {
    let leaf = Ca::new().issue("localhost");
    let files = Files::of(&leaf);
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let load = |password: ssl::Password| {
        let chain = ssl::CertChain::new(&files.cert).keyfile(&files.encrypted_key);
        context.load_cert_chain(chain.password(password))
    };
    for length in [1025, 4096, 1 << 20] {
        let text = "ValueError: password cannot be longer than 1024 bytes";
        assert_eq!(told(load("x".repeat(length).into())), text);
        let callback = ssl::Password::callback(move || Ok(vec![b'x'; length]));
        assert_eq!(told(load(callback)), text);
    }
    assert_eq!(class(load("x".repeat(1024).into())), "SSLError");
    assert_eq!(class(load("".into())), "SSLError");
    load(pyssl_testing::pki::PASSWORD.into()).unwrap();
}

/// Row 35 (rustls-webpki): a revocation list counts only if the authority itself has signed it, and name
/// constraints are enforced.
#[test]
fn revocation_and_name_constraints_are_enforced() {
    const NAME_CONSTRAINTS: &str = "2.5.29.30";
    let verdict = |client: &ssl::SslContext, leaf: &Leaf, name: &str| {
        let pair = Pair::new(client, &server_context(leaf), name).unwrap();
        pair.handshake()
            .0
            .err()
            .and_then(|error| error.verify_code())
    };
    let root = Ca::new();
    let client = client_context(&root);
    // Permits names below example.com, except those below bad.example.com.
    let subtree = |name: &str| sequence([implicit(2, name.as_bytes())]);
    let permitted = constructed(0, &subtree("example.com"));
    let excluded = constructed(1, &subtree("bad.example.com"));
    let constraints = sequence([permitted, excluded]);
    let builder = root
        .builder()
        .extension(NAME_CONSTRAINTS, true, &constraints);
    let authority = builder.build_ca();
    for (name, code) in [
        ("example.com", None),
        ("a.example.com", None),
        ("example.org", Some(47)),
        ("notexample.com", Some(47)),
        ("bad.example.com", Some(48)),
        ("a.bad.example.com", Some(48)),
    ] {
        assert_eq!(
            verdict(&client, &authority.issue(name), name),
            code,
            "{name}"
        );
        // One excluded name makes the whole certificate invalid.
        let both = authority.issue_for(&["good.example.com", name]);
        assert_eq!(verdict(&client, &both, "good.example.com"), code, "{name}");
    }

    client
        .set_verify_flags(client.verify_flags() | ssl::VERIFY_CRL_CHECK_LEAF)
        .unwrap();
    let (good, bad) = (root.issue("localhost"), root.issue("localhost"));
    assert_eq!(verdict(&client, &good, "localhost"), Some(3));
    // Two authorities with the same name and different keys.
    let subject = DistinguishedName::new().with("CN", "one name for two");
    let twins = [0, 1].map(|_| Ca::root_builder().subject(subject.clone()).build_ca());
    let leaf = twins[0].issue("localhost");
    let deceived = client_context(&twins[0]);
    deceived.set_verify_flags(client.verify_flags()).unwrap();
    for (context, list, leaf, code) in [
        (&deceived, twins[1].crl(&[]), &leaf, Some(3)),
        (&deceived, twins[0].crl(&[]), &leaf, None),
        (&client, root.crl(&[&bad]), &good, None),
        (&client, root.crl(&[&bad]), &bad, Some(23)),
    ] {
        let files = Files::of(leaf);
        let list = files.write("list.pem", list);
        context.load_verify_locations(&list).unwrap();
        assert_eq!(verdict(context, leaf, "localhost"), code);
    }
}

/// Row 36: suites that a cipher string excludes are not negotiated.
#[test]
fn excluded_suites_are_not_negotiated() {
    let contexts = Contexts::of(ssl::TlsVersion::TLSv1_2);
    for (excluded, only) in [
        ("AESGCM", "ECDHE+AESGCM"),
        ("CHACHA20", "ECDHE+CHACHA20"),
        ("AES256", "ECDHE+AES256"),
        ("SHA1", "ECDHE+SHA1"),
        ("ECDHE", "ECDHE"),
        ("aECDSA", "aECDSA"),
        ("TLSv1.2", "ECDHE+AESGCM"),
    ] {
        let Contexts { client, server } = &contexts;
        let serve = |string: &str| {
            server
                .set_ciphers(&format!("{string}:@SECLEVEL=0"))
                .unwrap()
        };
        client.set_ciphers(&format!("{only}:@SECLEVEL=0")).unwrap();
        // Without the exclusion, the server negotiates the suite.
        serve("ALL:COMPLEMENTOFALL");
        contexts.connected();
        serve(&format!("ALL:COMPLEMENTOFALL:!{excluded}"));
        let (client, server) = contexts.pair().handshake();
        assert_eq!(outcome(&server), "SSLError:NO_SHARED_CIPHER", "!{excluded}");
        let alert = outcome(&client);
        assert!(alert.ends_with("ALERT_HANDSHAKE_FAILURE"), "{alert}");
    }
}

/// The Rust files in these directories, with their text without comments.
pub(crate) fn sources(directories: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = directories.iter().map(|d| root.join(d)).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = |line: &&str| !line.trim_start().starts_with("//");
            let text = text.lines().filter(code).collect::<Vec<_>>().join("\n");
            found.push((path.strip_prefix(root).unwrap().to_owned(), text));
        }
    }
    assert!(found.len() > 5);
    found
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|other| other == word)
}

/// Only `src/ffi` has unsafe code.
#[test]
fn only_the_ffi_module_has_unsafe_code() {
    for (path, text) in sources(&["src", "cli/src", "examples"]) {
        let room = path.starts_with("src/ffi");
        assert!(room || !has_word(&text, "unsafe"), "{}", path.display());
        for way_around in ["extern \"C\"", "transmute", "from_raw_parts"] {
            assert!(
                room || !text.contains(way_around),
                "{}: {way_around}",
                path.display()
            );
        }
    }
}

/// Rows 17, 19, 22, 25 and 28: functions of the `openssl` crate that were unsound in some release
/// are not used.
#[test]
fn unsound_functions_of_the_openssl_crate_are_not_called() {
    let banned = [
        // Row 17 is about signing with CMS.
        "CmsContentInfo",
        // Row 19 is about extensions from configuration text, which can open files.
        "X509V3_EXT_nconf",
        "X509V3_EXT_conf",
        "X509Extension",
        "append_extension2",
        // Row 22 is about a borrowed list of a store's objects.
        ".objects().iter",
        "X509StoreRef::objects(",
        // Row 25 is about fetching an algorithm with a property string.
        "Cipher::fetch",
        "Md::fetch",
        "EVP_CIPHER_fetch",
        "EVP_MD_fetch",
        // Rows 28 and 30 are about key derivation and key wrapping with short buffers.
        "Deriver",
        "unwrap_key",
        "wrap_key",
        "EVP_PKEY_derive",
    ];
    for (path, text) in sources(&["src", "cli/src"]) {
        for name in banned {
            assert!(!text.contains(name), "{}: {name}", path.display());
        }
    }
    let lints = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy.toml"));
    assert!(lints.unwrap().contains("X509StoreRef::objects"));
}

/// Rows 28, 30 and 31: releases of the `openssl` crate that are known to be unsound.
#[test]
fn the_openssl_crate_has_no_known_vulnerabilities() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
    let lock = lock.unwrap();
    let version = |name: &str| -> (u32, u32, u32) {
        let entry = lock.split("[[package]]").find(|entry| {
            entry
                .lines()
                .any(|line| line == format!("name = \"{name}\""))
        });
        let line = entry
            .unwrap()
            .lines()
            .find(|line| line.starts_with("version"));
        let mut numbers = line.unwrap().split('"').nth(1).unwrap().split('.');
        let mut next = || numbers.next().unwrap().parse().unwrap();
        (next(), next(), next())
    };
    assert!(version("openssl") >= (0, 10, 82));
    assert!(version("openssl-sys") >= (0, 9, 118));
    // The requirement in `Cargo.toml` also keeps older versions from programs that use this crate.
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    assert!(manifest.unwrap().contains("openssl = \"0.10.82\""));
}
