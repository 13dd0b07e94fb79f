//! A reloader whose events a test can receive, and connections in memory.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use pyssl as ssl;
use pyssl_renewal::{CertReloader, CertReloaderBuilder, Event};
pub(crate) use pyssl_testing::platform::replace;
use pyssl_testing::{Ca, Leaf};
use tempfile::TempDir;

/// How long a test waits for an event before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn server() -> ssl::SslContext {
    ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap()
}

pub(crate) fn client(ca: &Ca) -> ssl::SslContext {
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let locations = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    client.load_verify_locations(locations).unwrap();
    client
}

/// Handshakes in memory. Returns the certificate that the client gets.
pub(crate) fn connect(
    client: &ssl::SslContext,
    server: &ssl::SslContext,
    name: &str,
) -> ssl::Result<Vec<u8>> {
    Ok(connected(client, server, ssl::WrapBio::from(name))?
        .getpeercert_binary()?
        .unwrap())
}

pub(crate) fn connected(
    client: &ssl::SslContext,
    server: &ssl::SslContext,
    options: ssl::WrapBio,
) -> ssl::Result<ssl::SslObject> {
    let (up, down) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let near = client.wrap_bio(&down, &up, options)?;
    let far = server.wrap_bio(&up, &down, ssl::WrapBio::new().server_side(true))?;
    let (mut near_done, mut far_done) = (false, false);
    while !near_done || !far_done {
        for (end, done) in [(&near, &mut near_done), (&far, &mut far_done)] {
            match end.do_handshake() {
                Ok(()) => *done = true,
                Err(ssl::Error::WantRead(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    // The client receives the session tickets of TLS 1.3 when it reads.
    far.write(b"x")?;
    assert_eq!(near.read(1)?, b"x");
    Ok(near)
}

/// A reloader and its events.
pub(crate) struct Watched {
    pub(crate) reloader: CertReloader,
    events: Receiver<Event>,
}

impl Watched {
    /// Files are read every 20 ms, so that a test does not depend on notifications.
    pub(crate) fn start(builder: CertReloaderBuilder) -> Watched {
        let millis = Duration::from_millis;
        Watched::start_as_is(builder.interval(millis(20)).settle(millis(20)))
    }

    pub(crate) fn start_as_is(builder: CertReloaderBuilder) -> Watched {
        let (told, events) = mpsc::channel();
        let listener = move |event: &Event| drop(told.send(event.clone()));
        let reloader = builder.on_event(listener).start().unwrap();
        Watched { reloader, events }
    }

    pub(crate) fn event(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("an event")
    }

    /// Waits for a file to be loaded. Skips events about files that do not match, since the reloader may read them
    /// while the test is still writing.
    pub(crate) fn loaded(&self) -> PathBuf {
        loop {
            match self.event() {
                Event::Loaded { path, .. } => return path,
                Event::Rejected { error, .. }
                    if error.to_string().contains("KEY_VALUES_MISMATCH") => {}
                other => panic!("{other}"),
            }
        }
    }

    /// Waits for a file to be refused, and returns the error's text.
    pub(crate) fn rejected(&self) -> String {
        match self.event() {
            Event::Rejected { error, .. } => error.to_string(),
            other => panic!("{other}"),
        }
    }
}

/// A directory with `fullchain.pem` and `privkey.pem`.
pub(crate) struct Pair {
    pub(crate) dir: TempDir,
}

impl Pair {
    pub(crate) fn new(leaf: &Leaf) -> Pair {
        let pair = Pair {
            dir: tempfile::tempdir().unwrap(),
        };
        pair.write(leaf);
        pair
    }

    /// Replaces each file atomically, by renaming a new file to its name.
    pub(crate) fn write(&self, leaf: &Leaf) {
        replace(&self.key(), leaf.key_pem().as_bytes());
        replace(&self.chain(), leaf.chain_pem().as_bytes());
    }

    pub(crate) fn chain(&self) -> PathBuf {
        self.dir.path().join("fullchain.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.dir.path().join("privkey.pem")
    }

    pub(crate) fn files(&self) -> pyssl_renewal::CertFiles {
        pyssl_renewal::CertFiles::new(self.chain()).keyfile(self.key())
    }
}
