//! The end of a connection.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};

use super::task::Task;
use super::{Channel, End, Locked, Shared};
use crate::error::{Error, Result};

impl Shared {
    /// Closes the connection in the background: Python's `writer.close()`.
    pub(in crate::aio::asyncio) fn close(&self) {
        let mut state = self.lock();
        if !state.reading {
            // As in Python, a program that closes the connection while reading is paused does not get
            // the data that was received.
            state.received = Vec::new();
        }
        self.start_closing(state);
    }

    pub(super) fn start_closing(&self, mut state: Locked<'_>) {
        if !matches!(state.end, End::Open) {
            return;
        }
        state.end = End::Closing;
        drop(state);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(Task::new(self).closes())),
            // The runtime has ended, so no task can close the connection properly.
            Err(_) => self.closed(Ok(())),
        }
    }

    pub(super) fn closed(&self, done: Result<()>) {
        let mut state = self.lock();
        state.channel = Channel::Gone;
        state.unsent = VecDeque::new();
        state.ended = true;
        if !matches!(state.end, End::Closed(_)) {
            let first = state.failure.as_ref().map(Error::copy);
            let error = first.or(done.err());
            // An error of closing ends reading too, unless the peer has ended it before.
            if !state.at_eof {
                state.failure = error.as_ref().map(Error::copy);
            }
            state.end = End::Closed(error);
        }
        state.wake();
    }

    /// Sends the unsent data, and ends the connection.
    pub(super) async fn finish(&self) -> Result<()> {
        self.flushed().await?;
        let (channel, at_eof) = {
            let state = &mut *self.lock();
            let channel = std::mem::replace(&mut state.channel, Channel::Gone);
            state.wake();
            (channel, state.at_eof)
        };
        match channel {
            Channel::Plain(mut stream) => stream.shutdown().await?,
            Channel::Tls(mut stream) if at_eof => stream.shutdown().await?,
            Channel::Tls(mut stream) => {
                // As in Python, data that was received already is discarded.
                let mut waste = [0; 4096];
                poll_fn(|cx| {
                    loop {
                        let mut room = ReadBuf::new(&mut waste);
                        match Pin::new(&mut *stream).poll_read(cx, &mut room) {
                            Poll::Ready(Ok(())) if !room.filled().is_empty() => {}
                            _ => return Poll::Ready(()),
                        }
                    }
                })
                .await;
                (*stream).unwrap().await?;
            }
            Channel::Upgrading | Channel::Gone => {}
        }
        Ok(())
    }

    /// Closes the connection without `close_notify`: Python's `transport.abort()`.
    pub(in crate::aio::asyncio) fn abort(&self) {
        let mut state = self.lock();
        state.lost = true;
        state.unsent = VecDeque::new();
        drop(state);
        self.closed(Ok(()));
    }

    pub(in crate::aio::asyncio) fn is_closing(&self) -> bool {
        let state = self.lock();
        !matches!(state.end, End::Open) || state.lost
    }

    /// Python's `await writer.wait_closed()`.
    pub(in crate::aio::asyncio) async fn wait_closed(&self) -> Result<()> {
        poll_fn(|cx| {
            let mut state = self.lock();
            match &state.end {
                End::Closed(Some(error)) => Poll::Ready(Err(error.copy())),
                End::Closed(None) => Poll::Ready(Ok(())),
                End::Open | End::Closing => state.wait(cx),
            }
        })
        .await
    }
}
