//! The effect of environment variables. Each test runs itself in another process with its variables.

use std::path::Path;
use std::process::Command;

use pyssl as ssl;
use pyssl_testing::{Ca, Files};

use crate::link::Contexts;
use crate::support::{class, connected};

const INNER: &str = "PYSSL_TEST_INNER";

/// Whether this process was started by [`run`].
fn inner() -> bool {
    std::env::var_os(INNER).is_some()
}

/// Runs one of these tests in a process that has these variables, and returns what it printed.
fn run(test: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg(format!("environment::{test}"))
        .env(INNER, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // With a wrong test name no test would run, and the process would succeed.
    let passed = output.status.success() && text.contains("1 passed");
    assert!(passed, "{text}");
    text
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn cert_time_to_seconds_ignores_time_zone_and_locale() {
    if inner() {
        let seconds = |text| ssl::cert_time_to_seconds(text).unwrap();
        assert_eq!(seconds("May  9 00:00:00 2007 GMT"), 1_178_668_800);
        assert_eq!(seconds("Feb  9 00:00:00 2007 GMT"), 1_170_979_200);
        let french = ssl::cert_time_to_seconds("févr.  9 00:00:00 2007 GMT");
        assert_eq!(class(french), "ValueError");
        return;
    }
    for zone in ["America/New_York", "Asia/Kathmandu"] {
        run(
            "cert_time_to_seconds_ignores_time_zone_and_locale",
            &[("TZ", zone), ("LC_ALL", "fr_FR.UTF-8")],
        );
    }
}

// Not on Windows: the certificates of the system's stores are loaded too.
#[cfg(unix)]
#[test]
fn default_certificates_follow_the_environment_variables() {
    if inner() {
        for purpose in [ssl::Purpose::SERVER_AUTH, ssl::Purpose::CLIENT_AUTH] {
            let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
            context.load_default_certs(purpose).unwrap();
            let stats = context.cert_store_stats();
            println!("found {} {} {}", stats.x509, stats.x509_ca, stats.crl);
        }
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        context.set_default_verify_paths().unwrap();
        return;
    }
    let ca = Ca::new();
    let files = Files::new(&ca, &ca.issue("localhost"));
    let empty = tempfile::tempdir().unwrap();
    for (file, found) in [(&files.cert, "found 1 0 0\n"), (&files.ca, "found 1 1 0\n")] {
        let printed = run(
            "default_certificates_follow_the_environment_variables",
            &[
                ("SSL_CERT_FILE", text(file)),
                ("SSL_CERT_DIR", text(empty.path())),
            ],
        );
        assert_eq!(printed.matches(found).count(), 2, "{printed}");
    }
}

#[test]
fn default_certificates_are_read_again_when_their_file_changes() {
    if inner() {
        let file = std::env::var_os("SSL_CERT_FILE").unwrap();
        let found = || {
            let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
            context.set_default_verify_paths().unwrap();
            context.cert_store_stats().x509
        };
        assert_eq!(found(), 1);
        let both = [Ca::new().cert_pem(), Ca::new().cert_pem()].concat();
        std::fs::write(&file, both).unwrap();
        assert_eq!(found(), 2);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(found(), 0);
        return;
    }
    let files = Files::of(&Ca::new().issue("localhost"));
    run(
        "default_certificates_are_read_again_when_their_file_changes",
        &[
            ("SSL_CERT_FILE", text(&files.ca)),
            ("SSL_CERT_DIR", "/nothing"),
        ],
    );
}

#[test]
fn default_verify_paths_follow_the_variables() {
    if inner() {
        let paths = ssl::get_default_verify_paths();
        println!("found {:?} {:?}", paths.cafile, paths.capath);
        return;
    }
    let found = |file: &Path, directory: &Path| {
        let variables = [
            ("SSL_CERT_FILE", text(file)),
            ("SSL_CERT_DIR", text(directory)),
        ];
        run("default_verify_paths_follow_the_variables", &variables)
    };
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let file = directory.join("roots.pem");
    std::fs::write(&file, "").unwrap();
    let both = format!("found Some({file:?}) Some({directory:?})\n");
    let printed = found(&file, directory);
    assert!(printed.contains(&both), "{printed}");
    // SSL_CERT_FILE and SSL_CERT_DIR replace the built-in paths even if they do not name a file or a directory.
    let nothing = Path::new("");
    for (file, directory) in [(directory, &*file), (nothing, nothing)] {
        let printed = found(file, directory);
        assert!(printed.contains("found None None\n"), "{printed}");
    }
}

#[test]
fn sslkeylogfile_applies_to_default_contexts_only() {
    if inner() {
        let name = |context: ssl::SslContext| context.keylog_filename().is_some();
        let plain = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        let unverified = ssl::create_unverified_context(()).unwrap();
        let stdlib = ssl::create_stdlib_context(()).unwrap();
        println!(
            "logs {} {} {} {}",
            name(plain),
            name(ssl::create_default_context(ssl::Purpose::CLIENT_AUTH).unwrap()),
            name(unverified),
            name(stdlib)
        );
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("keys.txt");
    let test = "sslkeylogfile_applies_to_default_contexts_only";
    let printed = run(test, &[("SSLKEYLOGFILE", text(&log))]);
    assert!(printed.contains("logs false true true true\n"), "{printed}");
    assert!(log.exists());
    let printed = run(test, &[("SSLKEYLOGFILE", "")]);
    assert!(
        printed.contains("logs false false false false\n"),
        "{printed}"
    );
}

#[test]
fn a_key_log_has_one_header_and_a_line_for_each_secret() {
    let Contexts { client, server } = Contexts::new();
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("keys.txt");
    let lines = || std::fs::read_to_string(&log).unwrap().lines().count();
    let connect = || connected(&client, &server);
    assert_eq!(client.keylog_filename(), None);
    client.set_keylog_filename(Some(&log)).unwrap();
    assert_eq!(client.keylog_filename().as_deref(), Some(log.as_path()));
    assert_eq!(lines(), 1);
    connect();
    assert_eq!(lines(), 6);
    client.set_keylog_filename(None::<&Path>).unwrap();
    server.set_keylog_filename(Some(&log)).unwrap();
    connect();
    assert_eq!(lines(), 11);
    client.set_keylog_filename(Some(&log)).unwrap();
    connect();
    assert_eq!(lines(), 21);
    client.set_keylog_filename(None::<&Path>).unwrap();
    assert_eq!(client.keylog_filename(), None);
    let refused = client.set_keylog_filename(Some(directory.path()));
    let expected = match cfg!(windows) {
        true => "PermissionError",
        false => "IsADirectoryError",
    };
    assert_eq!(class(refused), expected);
}

/// `tests/oracle/openssl_conf.rs` compares many more files with CPython, if it has the same OpenSSL.
#[test]
fn contexts_start_with_the_settings_of_openssls_configuration_file() {
    if inner() {
        let legacy = ssl::Options::OP_LEGACY_SERVER_CONNECT;
        let (no_tickets, no_tls12) = (ssl::OP_NO_TICKET, ssl::OP_NO_TLSv1_2);
        for protocol in [
            ssl::PROTOCOL_TLS,
            ssl::PROTOCOL_TLS_CLIENT,
            ssl::PROTOCOL_TLS_SERVER,
        ] {
            let context = ssl::SslContext::new(protocol).unwrap();
            let facts = |context: &ssl::SslContext| {
                let first = context.get_ciphers().unwrap()[0].name;
                (
                    context.options() & (legacy | no_tickets | no_tls12),
                    context.maximum_version(),
                    first,
                    context.security_level(),
                )
            };
            let expected = (
                legacy | no_tickets,
                ssl::TlsVersion::TLSv1_2,
                "TLS_AES_128_GCM_SHA256",
                2,
            );
            assert_eq!(facts(&context), expected);
            // A connection holds the `SSL_CTX`, so the next setter builds a new one. It must have the settings of the
            // file too.
            let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
            let server_side = protocol == ssl::PROTOCOL_TLS_SERVER;
            let options = ssl::WrapBio::new().server_side(server_side);
            let held = context.wrap_bio(&a, &b, options.server_hostname("localhost"));
            context.set_options(context.options() | no_tls12).unwrap();
            let mut rebuilt = expected;
            rebuilt.0 |= no_tls12;
            assert_eq!(facts(&context), rebuilt);
            assert_eq!(facts(&context.copy().unwrap()), rebuilt);
            // The program can override the settings of the file.
            context.set_options(ssl::Options::empty()).unwrap();
            context
                .set_maximum_version(ssl::TlsVersion::MAXIMUM_SUPPORTED)
                .unwrap();
            assert!(!context.options().intersects(legacy | no_tickets | no_tls12));
            let maximum = context.maximum_version();
            assert_eq!(maximum, ssl::TlsVersion::MAXIMUM_SUPPORTED);
            drop(held);
        }
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("openssl.cnf");
    let lines = "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n\
        Options = UnsafeLegacyServerConnect, -SessionTicket\nMaxProtocol = TLSv1.2\n\
        Ciphersuites = TLS_AES_128_GCM_SHA256\nCipherString = ALL:@SECLEVEL=0\n";
    std::fs::write(&file, lines).unwrap();
    run(
        "contexts_start_with_the_settings_of_openssls_configuration_file",
        &[("OPENSSL_CONF", text(&file))],
    );
}
