//! Files that must not come into service.

use std::fs;
use std::time::{Duration, SystemTime};

use pyssl_renewal::{CertFiles, CertReloader, Event, ReloadError};
use pyssl_testing::pki::KeyKind;
use pyssl_testing::platform::{rename, replace};
use pyssl_testing::{Ca, Leaf};

use crate::support::{Pair, Watched, client, connect, server};

const DAY: i64 = 24 * 60 * 60;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

/// The files of a certificate with each fault, and a part of the error's text.
fn faulty(ca: &Ca) -> Vec<(&'static str, String, String, &'static str)> {
    let good = ca.issue("localhost");
    let build =
        |builder: pyssl_testing::pki::CertBuilder| -> Leaf { builder.san("localhost").build() };
    let expired = build(ca.builder().expired());
    let early = build(ca.builder().not_yet_valid());
    let client_only = build(ca.builder().client_only());
    let weak = build(ca.builder().key(KeyKind::Rsa1024));
    let other_name = ca.issue("other.example");
    let stranger = Ca::new().issue("localhost");
    let middle = ca.intermediate();
    let below = middle.issue("localhost");
    let wrong_chain = format!("{}{}", below.cert_pem(), Ca::new().cert_pem());
    let of = |leaf: &Leaf| (leaf.chain_pem(), leaf.key_pem());
    let row = |name, (chain, key): (String, String), text| (name, chain, key, text);
    vec![
        row("no certificate", (String::new(), good.key_pem()), "PEM"),
        row("no key", (good.chain_pem(), String::new()), "PEM"),
        row(
            "garbage",
            ("\0\u{1}garbage".repeat(1000), good.key_pem()),
            "PEM",
        ),
        row(
            "half a file",
            (good.chain_pem()[..200].to_owned(), good.key_pem()),
            "PEM",
        ),
        row(
            "the key of another",
            (good.chain_pem(), stranger.key_pem()),
            "KEY_VALUES_MISMATCH",
        ),
        row("expired", of(&expired), "expired on"),
        row("not yet valid", of(&early), "not valid before"),
        row("for clients only", of(&client_only), "does not verify"),
        row("too weak", of(&weak), "EE_KEY_TOO_SMALL"),
        row("another name", of(&other_name), "not valid for localhost"),
        row("another CA", of(&stranger), "does not verify"),
        row(
            "the wrong chain",
            (wrong_chain, below.key_pem()),
            "does not verify",
        ),
        row(
            "encrypted",
            (good.chain_pem(), good.encrypted_key_pem(b"secret")),
            "password",
        ),
    ]
}

#[test]
fn each_fault_keeps_the_old_certificate_and_is_reported_once() {
    let ca = Ca::new();
    let (old, client) = (ca.issue("localhost"), client(&ca));
    let roots = tempfile::tempdir().unwrap();
    let roots = ca.write(roots.path());
    for (name, chain, key, text) in faulty(&ca) {
        let (pair, server) = (Pair::new(&old), server());
        fs::write(
            pair.dir.path().join("ca.pem"),
            fs::read(&roots).unwrap_or(ca.cert_pem().into()),
        )
        .unwrap();
        let files = pair
            .files()
            .names(["localhost"])
            .roots(pair.dir.path().join("ca.pem"));
        let watched = Watched::start(CertReloader::builder(&server).certificate(files));
        fs::write(pair.key(), key).unwrap();
        fs::write(pair.chain(), chain).unwrap();
        // If the reloader reads the files between the two writes, it may first report that the key
        // does not match.
        loop {
            let error = watched.rejected();
            if error.contains(text) {
                break;
            }
            assert!(
                error.contains("MISMATCH") || error.contains("PEM"),
                "{name}: {error}"
            );
        }
        assert_eq!(
            connect(&client, &server, "localhost").unwrap(),
            old.der(),
            "{name}"
        );
        assert!(watched.reloader.status()[0].problem().is_some(), "{name}");
        // The fault has been reported, so it causes no further event until good files are there.
        let new = ca.issue("localhost");
        pair.write(&new);
        loop {
            match watched.event() {
                Event::Loaded { .. } => break,
                Event::Rejected { error, .. } => {
                    let error = error.to_string();
                    assert!(
                        error.contains("MISMATCH")
                            || error.contains("PEM")
                            || error.contains("password")
                            // The reloader may find the new key before the new chain.
                            || error.contains(text),
                        "{name}: {error}"
                    );
                }
                other => panic!("{name}: {other}"),
            }
        }
        assert_eq!(
            connect(&client, &server, "localhost").unwrap(),
            new.der(),
            "{name}"
        );
    }
}

#[test]
fn a_faulty_file_at_start_is_an_error_without_effect() {
    let ca = Ca::new();
    let first = ca.issue("localhost");
    for (name, chain, key, text) in faulty(&ca) {
        let (pair, server) = (Pair::new(&first), server());
        fs::write(pair.dir.path().join("ca.pem"), ca.cert_pem()).unwrap();
        let good = Pair::new(&first);
        fs::write(pair.key(), key).unwrap();
        fs::write(pair.chain(), chain).unwrap();
        let files = pair
            .files()
            .names(["localhost"])
            .roots(pair.dir.path().join("ca.pem"));
        let builder = CertReloader::builder(&server)
            .certificate(good.files())
            .certificate(files);
        let error = builder.start().unwrap_err().to_string();
        assert!(error.contains(text), "{name}: {error}");
        assert!(server.settings().identities().is_empty(), "{name}");
    }
}

#[test]
fn an_unreadable_file_is_reported_until_it_is_readable_again() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let (pair, server) = (Pair::new(&leaf), server());
    let watched = Watched::start(CertReloader::builder(&server).certificate(pair.files()));
    let away = pair.dir.path().join("away");
    rename(&pair.chain(), &away);
    assert!(watched.rejected().contains("cannot read"));
    // A directory, a device (on Unix) and a file of 17 MiB take the place of the chain's file.
    fs::create_dir(pair.chain()).unwrap();
    assert!(watched.rejected().contains("not a regular file"));
    fs::remove_dir(pair.chain()).unwrap();
    let mut seen = watched.rejected();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/dev/zero", pair.chain()).unwrap();
        while !seen.contains("not a regular file") {
            seen = watched.rejected();
        }
        fs::remove_file(pair.chain()).unwrap();
    }
    fs::write(pair.chain(), vec![b'x'; 17 << 20]).unwrap();
    while !seen.contains("16 MiB") {
        seen = watched.rejected();
    }
    rename(&away, &pair.chain());
    // The content is the same as the one in service, so nothing is loaded.
    while watched.reloader.status()[0].problem().is_some() {
        std::thread::yield_now();
    }
    assert_eq!(
        watched.reloader.status()[0].certificate().to_der().unwrap(),
        leaf.der()
    );
}

// Not on Windows: its files have no mode.
#[cfg(unix)]
#[test]
fn start_returns_a_read_error_if_the_key_file_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;

    if openssl_runs_as_root() {
        pyssl_testing::skipped("the permissions of files do not bind root");
        return;
    }
    let ca = Ca::new();
    let pair = Pair::new(&ca.issue("localhost"));
    fs::set_permissions(pair.key(), fs::Permissions::from_mode(0o000)).unwrap();
    let error = CertReloader::builder(&server())
        .certificate(pair.files())
        .start()
        .unwrap_err();
    assert!(matches!(error, ReloadError::Read { .. }), "{error}");
}

#[cfg(unix)]
fn openssl_runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[test]
fn a_certificate_is_loaded_when_it_becomes_valid() {
    let ca = Ca::new();
    let early = ca
        .builder()
        .san("localhost")
        .valid(now() + 2, now() + DAY)
        .build();
    let (pair, server, client) = (Pair::new(&ca.issue("localhost")), server(), client(&ca));
    let watched = Watched::start(CertReloader::builder(&server).certificate(pair.files()));
    pair.write(&early);
    while !matches!(watched.event(), Event::Loaded { .. }) {}
    assert_eq!(connect(&client, &server, "localhost").unwrap(), early.der());
}

#[test]
fn a_certificate_that_expires_soon_is_reported() {
    let ca = Ca::new();
    let soon = ca
        .builder()
        .san("localhost")
        .valid(now() - 80 * DAY, now() + 3 * DAY + 60)
        .build();
    let pair = Pair::new(&soon);
    let watched = Watched::start(CertReloader::builder(&server()).certificate(pair.files()));
    let event = watched.event();
    assert!(event.to_string().ends_with("expires in 3 days"), "{event}");
    assert_eq!(watched.reloader.status()[0].days_left(), 3);
    let builder = CertReloader::builder(&server()).certificate(pair.files());
    let watched = Watched::start(builder.warn_before(Duration::MAX));
    let event = watched.event();
    assert!(event.to_string().ends_with("expires in 3 days"), "{event}");
}

#[test]
fn a_certificate_of_six_days_is_reported_when_less_than_a_day_is_left() {
    let ca = Ca::new();
    let of = |from: i64, until: i64| {
        let valid = ca.builder().valid(now() + from, now() + until);
        Pair::new(&valid.san("localhost").build())
    };
    let [fresh, due, late] = [
        (-DAY, 5 * DAY),
        (-4 * DAY, 2 * DAY),
        (-5 * DAY - 60, DAY - 60),
    ]
    .map(|(from, until)| of(from, until));
    // The thread reports all certificates at its start, in this order.
    let all = || {
        let builder = CertReloader::builder(&server());
        let builder = builder.certificate(fresh.files());
        builder.certificate(due.files()).certificate(late.files())
    };
    let watched = Watched::start(all());
    match watched.event() {
        Event::Expiring { path, .. } => assert_eq!(path, late.chain()),
        other => panic!("{other}"),
    }
    // A time of the user's counts as it is.
    let time = Duration::from_secs(3 * 24 * 60 * 60);
    let watched = Watched::start(all().warn_before(time));
    for expected in [&due, &late] {
        match watched.event() {
            Event::Expiring { path, .. } => assert_eq!(path, expected.chain()),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn the_report_of_one_certificate_does_not_delay_that_of_another() {
    let ca = Ca::new();
    let soon = |days: i64| {
        let valid = ca.builder().valid(now() - 80 * DAY, now() + days * DAY);
        valid.san("localhost").build()
    };
    let (first, second) = (Pair::new(&soon(3)), Pair::new(&ca.issue("localhost")));
    let builder = CertReloader::builder(&server()).certificate(first.files());
    let watched = Watched::start(builder.certificate(second.files()));
    let expiring = |expected: &Pair| {
        loop {
            match watched.event() {
                Event::Expiring { path, .. } => break assert_eq!(path, expected.chain()),
                Event::Rejected { .. } | Event::Loaded { .. } => {}
                other => panic!("{other}"),
            }
        }
    };
    expiring(&first);
    second.write(&soon(3));
    expiring(&second);
    // Another certificate in the same files is reported too.
    first.write(&soon(2));
    expiring(&first);
}

#[test]
fn names_that_the_new_certificate_lacks_are_reported() {
    let ca = Ca::new();
    let pair = Pair::new(&ca.issue_for(&["localhost", "www.example"]));
    let watched = Watched::start(CertReloader::builder(&server()).certificate(pair.files()));
    pair.write(&ca.issue("localhost"));
    loop {
        match watched.event() {
            Event::Loaded { lost_names, .. } => {
                assert_eq!(lost_names, ["www.example"]);
                break;
            }
            Event::Rejected { .. } => {}
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_reloader_without_files_does_not_start() {
    assert!(matches!(
        CertReloader::builder(&server()).start(),
        Err(ReloadError::Nothing)
    ));
}

#[test]
fn an_encrypted_key_is_loaded_with_its_password() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let pair = Pair::new(&leaf);
    fs::write(pair.key(), leaf.encrypted_key_pem(b"secret")).unwrap();
    let files: CertFiles = pair.files().password("secret");
    let server = server();
    Watched::start(
        CertReloader::builder(&server)
            .certificate(files)
            .interval(Duration::from_secs(1)),
    );
    assert_eq!(
        connect(&client(&ca), &server, "localhost").unwrap(),
        leaf.der()
    );
}

#[test]
fn a_listener_that_panics_does_not_end_the_watching() {
    let ca = Ca::new();
    let (pair, server) = (Pair::new(&ca.issue("localhost")), server());
    // The panic's message is part of the test's output.
    let builder = CertReloader::builder(&server)
        .certificate(pair.files())
        .on_event(|event| panic!("a listener's fault, on purpose: {event}"));
    let watched = Watched::start(builder);
    for _ in 0..3 {
        let renewed = ca.issue("localhost");
        pair.write(&renewed);
        // The listener that was added later is called too.
        watched.loaded();
        let shown = connect(&client(&ca), &server, "localhost").unwrap();
        assert_eq!(shown, renewed.der());
    }
    fs::write(pair.chain(), "garbage").unwrap();
    assert!(watched.rejected().contains("PEM"));
}

#[test]
fn a_reloader_that_keeps_the_current_certificate_starts_with_a_faulty_file() {
    let ca = Ca::new();
    let expired = ca.builder().san("localhost").expired().build();
    let (pair, server) = (Pair::new(&expired), server());
    let chain = pyssl::CertChain::new(pair.chain()).keyfile(pair.key());
    server.load_cert_chain(chain).unwrap();
    let builder = || CertReloader::builder(&server).certificate(pair.files());
    assert!(builder().start().is_err());
    let watched = Watched::start(builder().keep_current());
    assert!(watched.rejected().contains("expired on"));
    let trusting = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT).unwrap();
    trusting.set_check_hostname(false).unwrap();
    trusting.set_verify_mode(pyssl::CERT_NONE).unwrap();
    let shown = connect(&trusting, &server, "localhost").unwrap();
    assert_eq!(shown, expired.der());
    let renewed = ca.issue("localhost");
    pair.write(&renewed);
    watched.loaded();
    let shown = connect(&client(&ca), &server, "localhost").unwrap();
    assert_eq!(shown, renewed.der());
}

#[test]
fn the_file_of_a_password_is_watched() {
    let ca = Ca::new();
    let (leaf, server) = (ca.issue("localhost"), server());
    let pair = Pair::new(&leaf);
    let password = pair.dir.path().join("password");
    // Each file is replaced in one step, so that the reloader never reads an empty file.
    replace(&pair.key(), leaf.encrypted_key_pem(b"right"));
    replace(&password, "right\r\nanother line");
    let files = pair.files().password_file(&password);
    let watched = Watched::start(CertReloader::builder(&server).certificate(files));
    replace(&password, "wrong");
    watched.rejected();
    replace(&password, "right\n");
    // The file has the content that is in service again, so the problem ends although nothing is
    // loaded.
    watched.reloader.reload();
    watched.loaded();
    let renewed = ca.issue("localhost");
    replace(&pair.key(), renewed.encrypted_key_pem(b"right"));
    replace(&pair.chain(), renewed.chain_pem());
    watched.loaded();
}
