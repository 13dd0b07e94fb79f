//! The ways in which files are replaced.

use std::fs;
use std::time::Duration;

use pyssl_renewal::{CertFiles, CertReloader};
use pyssl_testing::Ca;

use crate::support::{Pair, Watched, client, connect, replace, server};

#[test]
fn files_replaced_by_renaming_are_loaded_and_old_sessions_resume() {
    let ca = Ca::new();
    let (old, new) = (ca.issue("localhost"), ca.issue("localhost"));
    let (pair, server, client) = (Pair::new(&old), server(), client(&ca));
    let watched = Watched::start(CertReloader::builder(&server).certificate(pair.files()));
    assert_eq!(connect(&client, &server, "localhost").unwrap(), old.der());
    let first = crate::support::connected(&client, &server, "localhost".into()).unwrap();
    pair.write(&new);
    assert_eq!(watched.loaded(), pair.chain());
    assert_eq!(connect(&client, &server, "localhost").unwrap(), new.der());
    let session = first.session().unwrap();
    let options = pyssl::WrapBio::from("localhost").session(session.clone());
    assert!(
        crate::support::connected(&client, &server, options)
            .unwrap()
            .session_reused()
    );
}

#[test]
fn files_written_in_place_are_loaded_when_complete() {
    let ca = Ca::new();
    let (old, new) = (ca.issue("localhost"), ca.issue("localhost"));
    let (pair, server, client) = (Pair::new(&old), server(), client(&ca));
    let watched = Watched::start(CertReloader::builder(&server).certificate(pair.files()));
    let chain = new.chain_pem();
    fs::write(pair.chain(), &chain[..chain.len() / 2]).unwrap();
    assert!(!watched.rejected().is_empty());
    assert_eq!(connect(&client, &server, "localhost").unwrap(), old.der());
    fs::write(pair.key(), new.key_pem()).unwrap();
    fs::write(pair.chain(), chain).unwrap();
    // The reloader may find the complete chain before the new key, or after it.
    while connect(&client, &server, "localhost").unwrap() != new.der() {
        watched.event();
    }
}

/// certbot's `live` directory has one symbolic link for each file.
// Not on Windows: links need a privilege there.
#[cfg(unix)]
#[test]
fn certbots_links_are_followed_and_mismatched_pairs_are_never_used() {
    use std::os::unix::fs::symlink;

    let ca = Ca::new();
    let leaves = [ca.issue("localhost"), ca.issue("localhost")];
    let root = tempfile::tempdir().unwrap();
    let (archive, live) = (root.path().join("archive"), root.path().join("live"));
    for dir in [&archive, &live] {
        fs::create_dir(dir).unwrap();
    }
    for (number, leaf) in leaves.iter().enumerate() {
        fs::write(
            archive.join(format!("fullchain{number}.pem")),
            leaf.chain_pem(),
        )
        .unwrap();
        fs::write(archive.join(format!("privkey{number}.pem")), leaf.key_pem()).unwrap();
    }
    let point = |name: &str, number: usize| {
        let link = live.join(format!("{name}.pem"));
        let new = live.join("new");
        symlink(format!("../archive/{name}{number}.pem"), &new).unwrap();
        fs::rename(new, link).unwrap();
    };
    point("fullchain", 0);
    point("privkey", 0);
    let (server, client) = (server(), client(&ca));
    let files = CertFiles::new(live.join("fullchain.pem")).keyfile(live.join("privkey.pem"));
    let watched = Watched::start(CertReloader::builder(&server).certificate(files));
    point("privkey", 1);
    // The test replaces the key first. Until the certificate is replaced too, the two do not match.
    let error = watched.rejected();
    assert!(error.contains("KEY_VALUES_MISMATCH"), "{error}");
    assert_eq!(
        connect(&client, &server, "localhost").unwrap(),
        leaves[0].der()
    );
    assert!(watched.reloader.status()[0].problem().is_some());
    point("fullchain", 1);
    watched.loaded();
    assert_eq!(
        connect(&client, &server, "localhost").unwrap(),
        leaves[1].der()
    );
    assert!(watched.reloader.status()[0].problem().is_none());
}

/// Kubernetes replaces the link `..data`, so that all files change together.
// Not on Windows: links need a privilege there.
#[cfg(unix)]
#[test]
fn kubernetes_data_link_is_followed() {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    let ca = Ca::new();
    let leaves = [ca.issue("localhost"), ca.issue("localhost")];
    let volume = tempfile::tempdir().unwrap();
    let at = |name: &str| volume.path().join(name);
    let publish = |number: usize| {
        let version = format!("..2026_{number}");
        fs::create_dir(at(&version)).unwrap();
        fs::write(at(&version).join("tls.crt"), leaves[number].chain_pem()).unwrap();
        fs::write(at(&version).join("tls.key"), leaves[number].key_pem()).unwrap();
        symlink(&version, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
    };
    publish(0);
    for name in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(name), at(name)).unwrap();
    }
    let (server, client) = (server(), client(&ca));
    let files = CertFiles::new(at("tls.crt")).keyfile(at("tls.key"));
    let watched = Watched::start(CertReloader::builder(&server).certificate(files));
    publish(1);
    watched.loaded();
    assert_eq!(
        connect(&client, &server, "localhost").unwrap(),
        leaves[1].der()
    );
}

/// The interval is an hour, so only a notification can cause the reload.
#[test]
#[cfg(feature = "notify")]
fn a_change_notification_triggers_a_reload_before_the_interval_ends() {
    let ca = Ca::new();
    let pair = Pair::new(&ca.issue("localhost"));
    let builder = CertReloader::builder(&server()).certificate(pair.files());
    let hour = Duration::from_secs(3600);
    let watched = Watched::start_as_is(builder.interval(hour).settle(Duration::from_millis(20)));
    pair.write(&ca.issue("localhost"));
    watched.loaded();
}

/// The test watches the certificate itself, and counts how often it is opened.
// Not on Windows: the test needs notifications that a file is opened, which only Linux has.
#[cfg(all(target_os = "linux", feature = "notify"))]
#[test]
fn changes_of_other_files_in_the_directory_are_not_a_reason_to_read() {
    use notify::event::{AccessKind, EventKind};
    use notify::{RecursiveMode, Watcher};
    use std::sync::mpsc;

    const WRITES: usize = 1000;

    let ca = Ca::new();
    let (pair, server) = (Pair::new(&ca.issue("localhost")), server());
    let builder = CertReloader::builder(&server).certificate(pair.files());
    let hour = Duration::from_secs(3600);
    let watched = Watched::start_as_is(builder.interval(hour).settle(Duration::ZERO));
    let (told, opened) = mpsc::channel();
    let mut counter = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let event = event.unwrap();
        let foreign = event.paths.iter().any(|path| path.ends_with("other"));
        if matches!(event.kind, EventKind::Access(AccessKind::Open(_))) && !foreign {
            let _ = told.send(());
        }
    })
    .unwrap();
    counter
        .watch(pair.dir.path(), RecursiveMode::NonRecursive)
        .unwrap();
    let other = pair.dir.path().join("other");
    for number in 0..WRITES {
        fs::write(&other, number.to_string()).unwrap();
    }
    // The notifications come in order, so the reloader has had those of the other file when it loads this one.
    replace(&pair.chain(), b"garbage");
    watched.rejected();
    let opens = opened.try_iter().count();
    assert!(opens <= 20, "{opens} files were opened");
}

// Not on Windows: links need a privilege there.
#[cfg(unix)]
#[test]
#[cfg(feature = "notify")]
fn a_change_notification_follows_a_link_to_another_directory() {
    use std::os::unix::fs::symlink;

    let ca = Ca::new();
    let (old, new) = (ca.issue("localhost"), ca.issue("localhost"));
    let pair = Pair::new(&old);
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("current");
    symlink(pair.dir.path(), &link).unwrap();
    let files = CertFiles::new(link.join("fullchain.pem")).keyfile(link.join("privkey.pem"));
    let builder = CertReloader::builder(&server()).certificate(files);
    let hour = Duration::from_secs(3600);
    let watched = Watched::start_as_is(builder.interval(hour).settle(Duration::from_millis(20)));
    // First a link to the directory is replaced. Then files in the new directory are replaced.
    let other = Pair::new(&new);
    symlink(other.dir.path(), links.path().join("next")).unwrap();
    fs::rename(links.path().join("next"), &link).unwrap();
    watched.loaded();
    other.write(&old);
    watched.loaded();
}

#[test]
fn a_certificate_with_another_key_type_replaces_the_old_one() {
    let ca = Ca::new();
    let key = pyssl_testing::pki::KeyKind::Rsa2048;
    let old = ca.builder().san("localhost").key(key).build();
    let new = ca.issue("localhost");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("combined.pem");
    replace(&path, old.combined_pem().as_bytes());
    let (server, client) = (server(), client(&ca));
    let builder = CertReloader::builder(&server).certificate(CertFiles::new(&path));
    let watched = Watched::start(builder);
    replace(&path, new.combined_pem().as_bytes());
    watched.loaded();
    assert_eq!(server.settings().identities().len(), 1);
    assert_eq!(connect(&client, &server, "localhost").unwrap(), new.der());
}

#[test]
fn reload_reads_the_files_at_once() {
    let ca = Ca::new();
    let pair = Pair::new(&ca.issue("localhost"));
    let builder = CertReloader::builder(&server()).certificate(pair.files());
    let hour = Duration::from_secs(3600);
    let watched = Watched::start_as_is(builder.interval(hour).settle(hour));
    pair.write(&ca.issue("localhost"));
    watched.reloader.reload();
    watched.loaded();
}
