//! The time limit of a handshake.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::error::Error;

/// A time limit that begins with the first poll.
#[derive(Debug)]
pub(super) struct Timer {
    limit: Option<Duration>,
    started: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// A timer with asyncio's default limit.
    pub(super) fn new() -> Timer {
        Timer::of(Some(super::HANDSHAKE_TIMEOUT))
    }

    pub(super) fn of(limit: Option<Duration>) -> Timer {
        Timer {
            limit,
            started: None,
            sleep: None,
        }
    }

    pub(super) fn start(&mut self) {
        self.started.get_or_insert_with(Instant::now);
    }

    /// Ready with asyncio's error when the time is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let started = *self.started.get_or_insert_with(Instant::now);
        let sleep = self
            .sleep
            .get_or_insert_with(|| match started.checked_add(limit) {
                Some(end) => Box::pin(tokio::time::sleep_until(end)),
                // The limit is beyond the range of `Instant`. Tokio's `sleep` accepts it.
                None => Box::pin(tokio::time::sleep(limit)),
            });
        ready!(sleep.as_mut().poll(cx));
        let seconds = limit.as_secs_f64();
        let text = format!(
            "SSL handshake is taking longer than {seconds:?} seconds: aborting the connection"
        );
        Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, text).into())
    }
}
