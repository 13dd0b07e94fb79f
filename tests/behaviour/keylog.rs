//! The key log: to files and to any writer.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::{Ca, skipped};

use crate::link::Contexts;
use crate::support::{Pair, class, client_context, connected, panic_text};

/// A writer whose content the test can read.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn labels(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let label = |line: &str| line.split(' ').next().unwrap().to_owned();
        text.lines().map(label).collect()
    }
}

struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(pyssl_testing::platform::disk_full())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_key_log_can_be_any_writer() {
    let Contexts { client, server } = Contexts::new();
    let log = Shared::default();
    client.set_keylog_writer(log.clone()).unwrap();
    connected(&client, &server);
    assert_eq!(
        log.labels(),
        [
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "EXPORTER_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0"
        ]
    );
    let log = Shared::default();
    client.set_keylog_writer(log.clone()).unwrap();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    connected(&client, &server);
    assert_eq!(log.labels(), ["CLIENT_RANDOM"]);
    client.set_keylog_filename(None::<&str>).unwrap();
    connected(&client, &server);
    assert_eq!(log.labels().len(), 1);
}

#[test]
fn a_key_log_writers_error_is_returned_after_the_operation() {
    let Contexts { client, server } = Contexts::new();
    client.set_keylog_writer(Broken).unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    for end in [&pair.client, &pair.server] {
        assert_eq!(class(end.do_handshake()), "SSLWantReadError");
        pair.pump();
    }
    let error = pair.client.do_handshake().unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOSPC));
    // The handshake continues after the error.
    pair.client.do_handshake().unwrap();
    pair.pump();
    pair.server.do_handshake().unwrap();
    assert_eq!(pair.client.version(), Some("TLSv1.3"));
}

#[test]
fn a_key_log_writers_error_does_not_interrupt_a_handshake() {
    let Contexts { client, server } = Contexts::new();
    server.set_keylog_writer(Broken).unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    // The writer fails during the handshake, but its error is returned only at the end.
    for end in [&pair.client, &pair.server] {
        assert_eq!(class(end.do_handshake()), "SSLWantReadError");
        pair.pump();
    }
    pair.client.do_handshake().unwrap();
    pair.pump();
    let error = pair.server.do_handshake().unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOSPC));
    assert_eq!(pair.server.version(), Some("TLSv1.3"));
    pair.server.do_handshake().unwrap();
}

#[test]
fn a_handshake_error_takes_precedence_over_a_key_log_error() {
    let stranger = client_context(&Ca::new());
    stranger.set_keylog_writer(Broken).unwrap();
    let pair = Pair::new(&stranger, &Contexts::new().server, "localhost").unwrap();
    for end in [&pair.client, &pair.server] {
        assert_eq!(class(end.do_handshake()), "SSLWantReadError");
        pair.pump();
    }
    assert_eq!(
        class(pair.client.do_handshake()),
        "SSLCertVerificationError"
    );
}

struct Panics;

impl Write for Panics {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("on purpose")
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_key_log_writers_panic_resumes_in_the_caller() {
    let Contexts { client, server } = Contexts::new();
    server.set_keylog_writer(Panics).unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert_eq!(panic_text(|| pair.handshake()), "on purpose");
    // The context can still be used.
    let log = Shared::default();
    server.set_keylog_writer(log.clone()).unwrap();
    connected(&client, &server);
    assert_eq!(log.labels().len(), 5);
}

/// A writer that takes three bytes at a time.
#[derive(Clone, Default)]
struct Slow(Shared);

impl Write for Slow {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(&buf[..buf.len().min(3)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both ends log the same secrets, and lines of several threads are not interleaved.
#[test]
fn key_log_lines_of_several_threads_are_not_interleaved() {
    const THREADS: usize = 4;
    let Contexts { client, server } = Contexts::new();
    let (clients, servers) = (Slow::default(), Slow::default());
    client.set_keylog_writer(clients.clone()).unwrap();
    server.set_keylog_writer(servers.clone()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..5 {
                    connected(&client, &server);
                }
            });
        }
    });
    let lines = |log: &Slow| {
        let text = String::from_utf8(log.0.0.lock().unwrap().clone()).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let (ours, theirs) = (lines(&clients), lines(&servers));
    assert_eq!(ours.len(), THREADS * 5 * 5);
    assert_eq!(ours, theirs);
    for line in &ours {
        let parts: Vec<_> = line.split(' ').collect();
        assert_eq!((parts.len(), parts[1].len()), (3, 64), "{line}");
    }
}

// Not on Windows: its files have no mode.
#[cfg(unix)]
#[test]
fn a_new_key_log_is_readable_by_its_owner_only() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let mode = |file: &std::path::Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
    let context = client_context(&Ca::new());

    let new = directory.path().join("new");
    context.set_keylog_filename(Some(&new)).unwrap();
    assert_eq!(mode(&new), 0o600);

    // An existing file that others can read keeps its mode.
    let shared = directory.path().join("shared");
    fs::write(&shared, "").unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o644)).unwrap();
    context.set_keylog_filename(Some(&shared)).unwrap();
    assert_eq!(mode(&shared), 0o644);

    // As in Python, the error has the file's name.
    let missing = directory.path().join("none").join("log");
    let error = context.set_keylog_filename(Some(&missing)).unwrap_err();
    match error {
        ssl::Error::Os(error) => assert_eq!(error.filename(), Some(&*missing)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_disk_does_not_fail_handshakes() {
    if !std::path::Path::new("/dev/full").exists() {
        skipped("there is no /dev/full");
        return;
    }
    let Contexts { client, server } = Contexts::new();
    for context in [&client, &server] {
        context.set_keylog_filename("/dev/full").unwrap();
    }
    for version in [ssl::TlsVersion::TLSv1_2, ssl::TlsVersion::TLSv1_3] {
        client.set_maximum_version(version).unwrap();
        connected(&client, &server);
    }
}
