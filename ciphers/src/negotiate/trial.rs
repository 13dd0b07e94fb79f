//! A handshake between two contexts in memory.

use pyssl::AlertDescription;
use pyssl::SslContext;
use pyssl::{Error, Result};
use pyssl::{MemoryBio, SslObject, WrapBio};

use super::Role;

/// A client and a server that are connected by two queues.
pub(super) struct Trial {
    pub(super) client: SslObject,
    pub(super) server: SslObject,
    up: MemoryBio,
    down: MemoryBio,
}

/// The outcome; without an error on either side, the handshake succeeded.
pub(super) struct TrialOutcome {
    pub(super) client: Option<Error>,
    pub(super) server: Option<Error>,
    /// The side that ended the handshake, and the alert that it sent.
    pub(super) alert: Option<(Role, AlertDescription)>,
}

impl Trial {
    pub(super) fn new(
        client: &SslContext,
        server: &SslContext,
        server_hostname: Option<&str>,
    ) -> Result<Trial> {
        let (up, down) = (MemoryBio::new(), MemoryBio::new());
        let options = server_hostname.map_or_else(WrapBio::new, WrapBio::from);
        Ok(Trial {
            client: client.wrap_bio(&down, &up, options)?,
            server: server.wrap_bio(&up, &down, WrapBio::new().server_side(true))?,
            up,
            down,
        })
    }

    /// Runs the handshake until both sides have finished or failed.
    pub(super) fn run(&self) -> TrialOutcome {
        let (mut client, mut server) = (None, None);
        loop {
            let before = (self.up.pending(), self.down.pending());
            step(&self.client, &mut client);
            step(&self.server, &mut server);
            let over = client.is_some() && server.is_some();
            if over || before == (self.up.pending(), self.down.pending()) {
                break;
            }
        }
        // A side that still waits for the other side gets the error `WantRead` from this call.
        let mut client = client.unwrap_or_else(|| self.client.do_handshake()).err();
        let mut server = server.unwrap_or_else(|| self.server.do_handshake()).err();
        // In TLS 1.3, a client finishes its handshake before the server verifies its certificate,
        // so it receives the server's alert afterwards.
        receive_alert(&self.client, &mut client, server.is_some());
        receive_alert(&self.server, &mut server, client.is_some());
        let received = |error: &Option<Error>| error.as_ref()?.ssl()?.received_alert();
        let alert = match (received(&client), received(&server)) {
            (Some(alert), _) => Some((Role::Server, alert)),
            (None, Some(alert)) => Some((Role::Client, alert)),
            (None, None) => None,
        };
        TrialOutcome {
            client,
            server,
            alert,
        }
    }
}

/// Continues the handshake of a side that has neither finished nor failed.
fn step(side: &SslObject, outcome: &mut Option<Result<()>>) {
    if outcome.is_none() {
        match side.do_handshake() {
            Err(Error::WantRead(_) | Error::WantWrite(_)) => {}
            other => *outcome = Some(other),
        }
    }
}

/// Lets a side whose handshake has finished receive the alert of the other side.
fn receive_alert(side: &SslObject, error: &mut Option<Error>, other_failed: bool) {
    if error.is_none() && other_failed {
        match side.read(1) {
            Ok(_) | Err(Error::WantRead(_)) => {}
            Err(learned) => *error = Some(learned),
        }
    }
}
