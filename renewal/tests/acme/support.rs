//! A client whose events a test can receive, and a TLS service.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_renewal::acme::{AcmeClient, AcmeRenewal, BoxError, Challenge, ChallengeHook, Event};
use pyssl_testing::acme::AcmeServer;

/// How long a test waits for an event before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const NAME: &str = "service.example";

/// A hook for a server that accepts each challenge without a check.
pub(crate) struct Believed;

impl ChallengeHook for Believed {
    fn auth(&mut self, _: &Challenge) -> Result<(), BoxError> {
        Ok(())
    }

    fn cleanup(&mut self, _: &Challenge) -> Result<(), BoxError> {
        Ok(())
    }
}

pub(crate) fn server() -> ssl::SslContext {
    ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap()
}

/// A context that trusts this CA only.
pub(crate) fn trusting(ca_pem: &str) -> ssl::SslContext {
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let locations = ssl::VerifyLocations::new().cadata(ca_pem);
    client.load_verify_locations(locations).unwrap();
    client
}

/// A client of the fake server.
pub(crate) fn client(server: &AcmeServer, storage: &Path) -> AcmeClient {
    AcmeClient::new(server.directory(), storage.join("acme"))
        .domains([NAME])
        .agree_tos(true)
        .http_01(Believed)
}

/// A renewal and its events.
pub(crate) struct Renewal {
    pub(crate) renewal: AcmeRenewal,
    events: Receiver<Event>,
}

impl Renewal {
    pub(crate) fn start(client: AcmeClient, context: &ssl::SslContext) -> Renewal {
        let (told, events) = mpsc::channel();
        let listener = move |event: &Event| drop(told.send(event.clone()));
        let renewal = client.on_event(listener).start(context).unwrap();
        Renewal { renewal, events }
    }

    pub(crate) fn event(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("an event")
    }

    /// Waits for a failure, and returns its text and the pause.
    pub(crate) fn failed(&self) -> (String, Duration) {
        loop {
            match self.event() {
                Event::Failed { error, retry_in } => return (error.to_string(), retry_in),
                Event::Obtained { .. } => panic!("obtained"),
                _ => {}
            }
        }
    }

    /// Waits for a new certificate to be obtained.
    pub(crate) fn obtained(&self) {
        loop {
            match self.event() {
                Event::Obtained { .. } => return,
                Event::Failed { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    }

    /// Waits until a new certificate was obtained and is in service. The reloader may see the files first.
    pub(crate) fn renewed(&self) {
        self.obtained_and(|event| match event {
            pyssl_renewal::Event::Loaded { .. } => true,
            other => panic!("{other}"),
        });
    }

    /// Waits until a new certificate was obtained and its event of the reloader has come.
    pub(crate) fn obtained_and(&self, wanted: impl Fn(&pyssl_renewal::Event) -> bool) {
        let (mut obtained, mut reloaded) = (false, false);
        while !obtained || !reloaded {
            match self.event() {
                Event::Obtained { .. } => obtained = true,
                Event::Failed { error, .. } => panic!("{error}"),
                Event::Reload(event) => reloaded |= wanted(&event),
                _ => {}
            }
        }
    }

    /// Drops the renewal, and waits until its thread, which owns the listeners, has ended.
    pub(crate) fn end(self) {
        let Renewal { renewal, events } = self;
        drop(renewal);
        loop {
            match events.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the thread does not end"),
            }
        }
    }

    /// The certificate in service, DER.
    pub(crate) fn served(&self) -> Option<Vec<u8>> {
        let status = self.renewal.status()?;
        Some(status.certificate().to_der().unwrap())
    }
}

/// A TLS service on a free port, which sends one byte to each client. It runs until the process ends.
pub(crate) fn service(context: &ssl::SslContext) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let context = context.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let context = context.clone();
            thread::spawn(move || {
                let options = ssl::WrapSocket::new().server_side(true);
                // If the handshake fails, the client reports it, so the error is ignored here.
                let _ = context.wrap_socket(stream, options).and_then(|conn| {
                    conn.settimeout(Some(PATIENCE))?;
                    conn.sendall(b"x")?;
                    conn.recv(1)
                });
            });
        }
    });
    address
}

/// Connects to a service, and returns the connection after the first byte, with which session tickets come.
pub(crate) fn connect(
    client: &ssl::SslContext,
    address: SocketAddr,
    session: Option<ssl::SslSession>,
) -> ssl::Result<ssl::SslSocket> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let options = ssl::WrapSocket::from(NAME).session(session);
    let conn = client.wrap_socket(stream, options)?;
    conn.settimeout(Some(PATIENCE))?;
    assert_eq!(conn.recv(1)?, b"x");
    Ok(conn)
}
