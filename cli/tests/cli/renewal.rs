//! Certificates that are renewed while `pyssl serve` runs.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;
use std::path::Path;

use pyssl_testing::openssl::ssl::SslVersion;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, ClientConfig, EchoClient, Leaf};
use tempfile::TempDir;

use crate::support::{STOPPED, Server, Signal, path};

const LOADED: &str = "pyssl: reloaded the certificate";
const KEPT: &str = "pyssl: the old certificate stays in use: ";

fn connect(ca: &Ca, server: &Server) -> EchoClient {
    let client = ClientConfig::new().ca(ca);
    client.connect("localhost", server.address).unwrap()
}

/// The certificate that the server sends to a new client.
fn shown(ca: &Ca, server: &Server) -> Vec<u8> {
    end_and_show(connect(ca, server))
}

/// The server's certificate. The client reads the session tickets and closes with `close_notify`, so that
/// the server logs nothing.
fn end_and_show(mut client: EchoClient) -> Vec<u8> {
    let shown = client.peer_cert().unwrap();
    assert_eq!(client.echo(b"hi").unwrap(), b"hi");
    client.close().unwrap();
    shown
}

fn start(cert: &Path, key: &Path) -> Server {
    let args = ["--cert", path(cert), "--key", path(key), "--echo"];
    Server::start_on("127.0.0.1:0", args)
}

#[test]
fn serve_takes_the_option_reload_and_reloads_without_it_too() {
    let scene = Scene::new();
    let (cert, key) = (scene.path().join("cert.pem"), scene.path().join("key.pem"));
    for option in [&["--reload"][..], &[]] {
        write_pair(scene.path(), ["cert.pem", "key.pem"], &scene.old);
        let files = ["--cert", path(&cert), "--key", path(&key), "--echo"];
        let server = Server::start_on("127.0.0.1:0", files.iter().chain(option).copied());
        write_pair(scene.path(), ["cert.pem", "key.pem"], &scene.new);
        // The server may see one of the two new files first, and report that.
        while server.log_line() != "pyssl: reloaded the certificate" {}
        assert_eq!(shown(&scene.ca, &server), scene.new.der());
    }
}

fn write_pair(directory: &Path, names: [&str; 2], leaf: &Leaf) {
    fs::write(directory.join(names[0]), leaf.cert_pem()).unwrap();
    fs::write(directory.join(names[1]), leaf.key_pem()).unwrap();
}

/// Atomically replaces a link, as `ln -sfn` and `mv -T` do.
#[cfg(unix)]
fn relink(target: &str, link: &Path) {
    let new = link.with_file_name("new");
    symlink(target, &new).unwrap();
    fs::rename(new, link).unwrap();
}

struct Scene {
    ca: Ca,
    directory: TempDir,
    old: Leaf,
    new: Leaf,
}

impl Scene {
    fn new() -> Scene {
        let ca = Ca::new();
        Scene {
            directory: tempfile::tempdir().unwrap(),
            old: ca.issue("localhost"),
            new: ca.issue("localhost"),
            ca,
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }
}

// Not on Windows: it has no signals.
#[cfg(unix)]
#[test]
fn sighup_loads_a_renewed_certificate() {
    let scene = Scene::new();
    let names = ["cert.pem", "key.pem"];
    write_pair(scene.path(), names, &scene.old);
    let [cert, key] = names.map(|name| scene.path().join(name));
    let server = start(&cert, &key);
    let mut before = connect(&scene.ca, &server);
    assert_eq!(before.echo(b"before").unwrap(), b"before");

    write_pair(scene.path(), names, &scene.new);
    server.reload();
    assert_eq!(server.log_line(), LOADED);
    assert_eq!(shown(&scene.ca, &server), scene.new.der());
    // A connection from before the renewal still works.
    assert_eq!(before.echo(b"after").unwrap(), b"after");
    let (code, _) = server.stop(Signal::TERM);
    assert_eq!(code, Some(0));
}

#[test]
fn a_session_from_before_a_renewal_is_resumed_after_it() {
    for (kind, renewed) in [
        (KeyKind::EcP256, KeyKind::EcP256),
        // The renewed certificate has a key of another type.
        (KeyKind::Rsa2048, KeyKind::EcP256),
    ] {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let scene = Scene::new();
            let leaf = |kind| scene.ca.builder().san("localhost").key(kind).build();
            let names = ["cert.pem", "key.pem"];
            write_pair(scene.path(), names, &leaf(kind));
            let [cert, key] = names.map(|name| scene.path().join(name));
            let server = start(&cert, &key);
            let client = ClientConfig::new().ca(&scene.ca).only_version(version);
            let mut first = client.connect("localhost", server.address).unwrap();
            first.echo(b"a ticket comes along").unwrap();
            let session = first.session().unwrap();
            first.close().unwrap();

            let new = leaf(renewed);
            write_pair(scene.path(), names, &new);
            server.reload();
            assert_eq!(server.log_line(), LOADED);
            let again = client.clone().session(&session);
            let mut again = again.connect("localhost", server.address).unwrap();
            assert!(again.resumed(), "{version:?}");
            assert_eq!(again.echo(b"hi").unwrap(), b"hi");
            assert_eq!(shown(&scene.ca, &server), new.der());
        }
    }
}

#[test]
fn a_renewal_to_another_key_type_ends_the_use_of_the_old_certificate() {
    let scene = Scene::new();
    let leaf = |kind| scene.ca.builder().san("localhost").key(kind).build();
    let [old, new] = [KeyKind::Rsa2048, KeyKind::EcP256].map(leaf);
    let names = ["cert.pem", "key.pem"];
    write_pair(scene.path(), names, &old);
    let [cert, key] = names.map(|name| scene.path().join(name));
    let server = start(&cert, &key);
    let shown = || {
        let prefers_rsa = ClientConfig::new().ca(&scene.ca).configure(|context| {
            let algorithms = "RSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA256";
            context.set_sigalgs_list(algorithms).unwrap();
        });
        end_and_show(prefers_rsa.connect("localhost", server.address).unwrap())
    };
    assert_eq!(shown(), old.der());
    write_pair(scene.path(), names, &new);
    server.reload();
    assert_eq!(server.log_line(), LOADED);
    assert_eq!(shown(), new.der());
}

// Not on Windows: links need a privilege there.
#[cfg(unix)]
#[test]
fn serve_follows_certbots_links_and_ignores_mismatched_pairs() {
    let scene = Scene::new();
    for (n, leaf) in [(1, &scene.old), (2, &scene.new)] {
        let names = [format!("fullchain{n}.pem"), format!("privkey{n}.pem")];
        write_pair(scene.path(), [&names[0], &names[1]], leaf);
    }
    let [cert, key] = ["fullchain.pem", "privkey.pem"].map(|name| scene.path().join(name));
    relink("fullchain1.pem", &cert);
    relink("privkey1.pem", &key);
    let server = start(&cert, &key);
    assert_eq!(shown(&scene.ca, &server), scene.old.der());

    // Only the certificate is replaced. The old pair stays in use, and the reason is logged.
    relink("fullchain2.pem", &cert);
    let line = server.log_line();
    assert!(
        line.starts_with(KEPT) && line.contains("KEY_VALUES_MISMATCH"),
        "{line}"
    );
    assert_eq!(shown(&scene.ca, &server), scene.old.der());

    relink("privkey2.pem", &key);
    assert_eq!(server.log_line(), LOADED);
    assert_eq!(shown(&scene.ca, &server), scene.new.der());

    // A missing or invalid file changes nothing either.
    fs::remove_file(&cert).unwrap();
    let line = server.log_line();
    assert!(
        line.starts_with(KEPT) && line.contains("No such file"),
        "{line}"
    );
    fs::write(&cert, "garbage").unwrap();
    let line = server.log_line();
    assert!(line.starts_with(KEPT), "{line}");
    assert_eq!(shown(&scene.ca, &server), scene.new.der());
    fs::remove_file(&cert).unwrap();
    relink("fullchain2.pem", &cert);
    assert_eq!(server.log_line(), LOADED);
    let (code, rest) = server.stop(Signal::TERM);
    assert_eq!((code, rest), (Some(0), Vec::new()));
}

// Not on Windows: links need a privilege there.
#[cfg(unix)]
#[test]
fn serve_follows_directories_that_kubernetes_replaces() {
    let scene = Scene::new();
    let names = ["tls.crt", "tls.key"];
    for (directory, leaf) in [("..1", &scene.old), ("..2", &scene.new)] {
        fs::create_dir(scene.path().join(directory)).unwrap();
        write_pair(&scene.path().join(directory), names, leaf);
    }
    let data = scene.path().join("..data");
    relink("..1", &data);
    for name in names {
        symlink(format!("..data/{name}"), scene.path().join(name)).unwrap();
    }
    let [cert, key] = names.map(|name| scene.path().join(name));
    let server = start(&cert, &key);
    assert_eq!(shown(&scene.ca, &server), scene.old.der());
    relink("..2", &data);
    fs::remove_dir_all(scene.path().join("..1")).unwrap();
    assert_eq!(server.log_line(), LOADED);
    assert_eq!(shown(&scene.ca, &server), scene.new.der());
    let (code, rest) = server.stop(Signal::TERM);
    assert_eq!((code, rest), (Some(0), Vec::new()));
}

#[test]
fn a_certificate_that_has_expired_does_not_replace_a_valid_one() {
    let scene = Scene::new();
    let names = ["cert.pem", "key.pem"];
    write_pair(scene.path(), names, &scene.old);
    let [cert, key] = names.map(|name| scene.path().join(name));
    let server = start(&cert, &key);
    let expired = scene.ca.builder().san("localhost").expired().build();
    write_pair(scene.path(), names, &expired);
    server.reload();
    let line = server.log_line();
    assert!(
        line.starts_with(KEPT) && line.contains("expired on"),
        "{line}"
    );
    assert_eq!(shown(&scene.ca, &server), scene.old.der());
    let (code, rest) = server.stop(Signal::TERM);
    assert_eq!((code, rest), (STOPPED, Vec::new()));

    // When the server starts, it has no other certificate, so it serves the expired one with a
    // warning.
    let server = start(&cert, &key);
    let line = server.log_line();
    assert!(line.contains("expired on"), "{line}");
    let client = ClientConfig::new()
        .configure(|context| context.set_verify(pyssl_testing::openssl::ssl::SslVerifyMode::NONE));
    let client = client.connect("localhost", server.address).unwrap();
    assert_eq!(client.peer_cert().unwrap(), expired.der());
}

#[test]
fn a_changed_password_file_is_read_with_the_key_that_it_decrypts() {
    let scene = Scene::new();
    let [cert, key, password] =
        ["cert.pem", "key.pem", "password"].map(|name| scene.path().join(name));
    let write = |leaf: &Leaf, text: &str| {
        fs::write(&cert, leaf.cert_pem()).unwrap();
        fs::write(&key, leaf.encrypted_key_pem(text.as_bytes())).unwrap();
        fs::write(&password, format!("{text}\n")).unwrap();
    };
    write(&scene.old, "first");
    let args = ["--cert", path(&cert), "--key", path(&key), "--echo"];
    let args = [&args[..], &["--password-file", path(&password)]].concat();
    let server = Server::start_on("127.0.0.1:0", args);
    assert_eq!(shown(&scene.ca, &server), scene.old.der());
    write(&scene.new, "second");
    server.reload();
    assert_eq!(server.log_line(), LOADED);
    assert_eq!(shown(&scene.ca, &server), scene.new.der());
}

// Not on Windows: its files cannot be pipes.
#[cfg(unix)]
#[test]
fn a_certificate_file_that_becomes_a_pipe_delays_neither_clients_nor_signals() {
    use rustix::fs::{CWD, Mode, mkfifoat};

    let scene = Scene::new();
    let names = ["cert.pem", "key.pem"];
    write_pair(scene.path(), names, &scene.old);
    let [cert, key] = names.map(|name| scene.path().join(name));
    let server = start(&cert, &key);
    // Nothing writes to this pipe, so reading it would block.
    fs::remove_file(&cert).unwrap();
    mkfifoat(CWD, &cert, Mode::RUSR | Mode::WUSR).unwrap();
    server.reload();
    // The file may have been missing for a moment, between its removal and the creation of the
    // pipe.
    let lines = std::iter::from_fn(|| Some(server.log_line()));
    let line = { lines }.find(|line| !line.contains("No such file"));
    assert!(line.unwrap().contains("not a regular file"));
    assert_eq!(shown(&scene.ca, &server), scene.old.der());
    let (code, _) = server.stop(Signal::TERM);
    assert_eq!(code, Some(0));
}

// Not on Windows: Wine cannot run Pebble.
#[cfg(unix)]
#[test]
fn serve_obtains_its_certificate_from_pebble_through_its_own_port() {
    let port = pyssl_testing::pebble::free_port();
    let Some(pebble) = pyssl_testing::pebble::Pebble::start_on(false, 1, port) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let (url, ca, storage) = (pebble.url(), pebble.cafile(), directory.path().join("acme"));
    let address = format!("127.0.0.1:{port}");
    let args = [
        "--acme",
        &url,
        "--domain",
        "a.example",
        "--domain",
        "b.example",
    ];
    let more = [
        "--agree-tos",
        "--acme-ca",
        path(&ca),
        "--acme-dir",
        path(&storage),
        "--echo",
    ];
    let args = [&args[..], &more].concat();
    let server = Server::start_on(&address, &args);
    let line = server.log_line();
    assert!(
        line.starts_with("pyssl: obtained a certificate for a.example, b.example, "),
        "{line}"
    );
    let root = directory.path().join("root.pem");
    fs::write(&root, pebble.root()).unwrap();
    let connected = || {
        let target = ["connect", &address, "--server-name", "b.example"];
        let output = crate::support::run([&target[..], &["--cafile", path(&root)]].concat());
        assert_eq!(output.code, Some(0), "{output:?}");
    };
    connected();
    let (code, _) = server.stop(Signal::TERM);
    assert_eq!(code, Some(0));

    // The next start uses the stored certificate, also without the ACME server.
    drop(pebble);
    let server = Server::start_on(&address, &args);
    connected();
    drop(server);
}

// Not on Windows: it has no signals.
#[cfg(unix)]
#[test]
fn sighup_ends_the_pause_after_a_failed_renewal() {
    let acme = pyssl_testing::acme::AcmeServer::start();
    acme.fail("new-order", pyssl_testing::acme::Fault::Refuse);
    let directory = tempfile::tempdir().unwrap();
    let (url, storage) = (acme.directory(), directory.path().join("acme"));
    let args = ["--acme", &url, "--domain", "a.example", "--agree-tos"];
    let more = ["--acme-dir", path(&storage), "--echo"];
    let server = Server::start_on("127.0.0.1:0", args.into_iter().chain(more));
    let line = server.log_line();
    assert!(line.contains("; the next attempt is in "), "{line}");
    acme.heal();
    server.reload();
    let line = server.log_line();
    let obtained = "pyssl: obtained a certificate for a.example, ";
    assert!(line.starts_with(obtained), "{line}");
    // The new certificate is not due.
    acme.take_requests();
    server.reload();
    acme.wait_for_request("directory");
    let (code, rest) = server.stop(Signal::TERM);
    assert_eq!((code, rest), (Some(0), Vec::new()));
    assert_eq!(acme.orders().len(), 1);
}

#[test]
fn settings_for_acme_that_cannot_work_are_usage_errors() {
    let directory = tempfile::tempdir().unwrap();
    let storage = directory.path().join("acme");
    let base = ["serve", "127.0.0.1:0", "--acme-dir", path(&storage)];
    let url = ["--acme", "https://localhost:1/dir"];
    let cases: [(&[&str], &str); 6] = [
        (&["--domain", "a.example", "--agree-tos"], "--acme"),
        (&[url[0], url[1], "--agree-tos"], "--domain"),
        (&[url[0], url[1], "--domain", "a.example"], "--agree-tos"),
        (
            &[url[0], url[1], "--domain", "*.a.example", "--agree-tos"],
            "dns-01",
        ),
        (
            &[
                "--acme",
                "http://a.example/",
                "--domain",
                "a.example",
                "--agree-tos",
            ],
            "HTTPS",
        ),
        (
            &[
                url[0],
                url[1],
                "--domain",
                "a.example",
                "--agree-tos",
                "--cert",
                "a.pem",
            ],
            "--cert",
        ),
    ];
    for (args, text) in cases {
        let output = crate::support::run([&base[..], args].concat());
        assert_eq!(output.code, Some(2), "{output:?}");
        assert!(output.stderr.contains(text), "{output:?}");
    }
}
