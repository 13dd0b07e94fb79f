//! The background tasks of a connection, and the guard of `start_tls`.

use std::future::poll_fn;
use std::task::{Poll, ready};

use super::{Channel, End, Shared, connection_lost};
use crate::error::Error;

/// A task of the connection. If the runtime ends and drops the task before it is done, the connection
/// is lost.
pub(super) struct Task {
    shared: Shared,
    done: bool,
}

impl Task {
    pub(super) fn new(shared: &Shared) -> Task {
        let shared = shared.clone();
        let done = false;
        Task { shared, done }
    }

    /// Receives data in the background, as asyncio does.
    pub(super) async fn receives(mut self) {
        let ended = poll_fn(|cx| self.shared.poll_receives(cx)).await;
        self.done = true;
        self.shared.receiving_ended(ended);
    }

    /// Sends the unsent data.
    pub(super) async fn sends(mut self) {
        let sent = poll_fn(|cx| {
            let mut state = self.shared.lock();
            let sent = ready!(state.poll_send(cx));
            state.sending = false;
            state.wake();
            Poll::Ready(sent)
        });
        let sent = sent.await;
        self.done = true;
        if let Err(error) = sent {
            self.shared.lock().fail(error.into());
        }
    }

    /// Closes the connection.
    pub(super) async fn closes(mut self) {
        let limit = match &mut self.shared.lock().channel {
            Channel::Tls(stream) => stream.shutdown_timeout.take(),
            _ => None,
        };
        let finish = self.shared.finish();
        let done = match limit {
            None => finish.await,
            Some(limit) => tokio::time::timeout(limit, finish)
                .await
                .unwrap_or(Err(Error::Timeout("SSL shutdown timed out"))),
        };
        self.done = true;
        self.shared.closed(done);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut state = self.shared.lock();
        state.sending = false;
        state.ended = true;
        state.channel = Channel::Gone;
        if matches!(state.end, End::Closing) {
            state.end = End::Closed(None);
        }
        match state.at_eof {
            true => state.lose(),
            false => state.fail(connection_lost()),
        }
    }
}

/// A `start_tls` in progress. If it is dropped, the connection is aborted.
pub(in crate::aio::asyncio) struct Upgrade<'a>(&'a Shared, bool);

impl Upgrade<'_> {
    pub(in crate::aio::asyncio) fn new(shared: &Shared) -> Upgrade<'_> {
        Upgrade(shared, false)
    }

    /// Puts the TLS stream in place, unless the connection was closed meanwhile.
    pub(in crate::aio::asyncio) fn done(mut self, channel: Channel) -> bool {
        self.1 = true;
        let mut state = self.0.lock();
        if !matches!(state.channel, Channel::Upgrading) {
            return false;
        }
        state.set(channel);
        // Sends the data that was written during the handshake.
        self.0.send(state);
        true
    }

    /// The handshake has failed. As in asyncio, later reads return its error.
    pub(in crate::aio::asyncio) fn failed(mut self, error: Error) {
        self.1 = true;
        let mut state = self.0.lock();
        state.ended = true;
        state.fail(error);
    }
}

impl Drop for Upgrade<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.abort();
        }
    }
}
