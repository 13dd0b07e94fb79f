//! One connection that a reader, a writer and background tasks share.

mod closing;
mod task;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use task::Task;
pub(super) use task::Upgrade;

use super::flow::Flow;
use crate::aio::TlsStream;
use crate::error::{Error, Result};
use crate::object::SslObject;

/// The inner stream of a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(super) type Inner = Box<dyn Stream>;

/// The most bytes that one read takes from the connection.
const READ: usize = 64 * 1024;

/// Reading pauses while more bytes than this are unread: twice asyncio's `limit`.
const READ_AHEAD: usize = 128 * 1024;

/// A change of the connection that is reported to its [`Protocol`](super::protocol::Protocol).
pub(super) enum Change {
    /// The unsent data has crossed one of the limits.
    Writing {
        pause: bool,
    },
    Received(Vec<u8>),
    /// The stream has ended.
    Ended(Option<Error>),
    /// The connection is closed.
    Closed(Option<Error>),
}

pub(super) enum Channel {
    Plain(Inner),
    Tls(Box<TlsStream<Inner>>),
    /// `start_tls` has taken the stream.
    Upgrading,
    /// The connection was closed, or is being closed.
    Gone,
}

/// How a connection ended.
enum End {
    Open,
    Closing,
    Closed(Option<Error>),
}

struct State {
    channel: Channel,
    object: Option<Arc<SslObject>>,
    /// Data that was received, decrypted under TLS, and not read yet.
    received: Vec<u8>,
    /// Whether nothing more will be received.
    ended: bool,
    /// Whether the peer has ended its direction.
    at_eof: bool,
    /// The first error of the connection. As in asyncio, each later `read`, `drain` and `wait_closed` returns it: an
    /// empty read would look like the end of the data. Only data that was received before is read first.
    failure: Option<Error>,
    /// Whether a read waits for more data, so that receiving must not pause.
    wanted: bool,
    /// False between `pause_reading` and `resume_reading`.
    reading: bool,
    /// Data that was written and not sent yet.
    unsent: VecDeque<u8>,
    flow: Flow,
    /// Whether the write side will be shut down when `unsent` is empty.
    ends: bool,
    /// Whether a task is sending `unsent`.
    sending: bool,
    end: End,
    /// Whether reading or writing has failed, or the connection was aborted.
    lost: bool,
    server_side: bool,
    /// Tasks that wait for a change.
    waiting: Vec<Waker>,
    /// The task that receives.
    receiver: Option<Waker>,
    /// Tasks to wake when the lock is released.
    woken: Vec<Waker>,
}

/// A connection.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<State>>);

/// The locked state. It wakes tasks after it has released the lock: a runtime that is shutting down
/// drops the tasks that are woken, and a dropped task takes the lock to close its connection.
struct Locked<'a>(Option<MutexGuard<'a, State>>);

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.0
            .as_deref()
            .unwrap_or_else(|| unreachable!("locked until it is dropped"))
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.0
            .as_deref_mut()
            .unwrap_or_else(|| unreachable!("locked until it is dropped"))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let woken = std::mem::take(&mut self.woken);
        self.0 = None;
        woken.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn wake(&mut self) {
        self.wake_waiting();
        self.wake_receiver();
    }

    fn wake_waiting(&mut self) {
        self.woken.append(&mut self.waiting);
    }

    fn wake_receiver(&mut self) {
        self.woken.extend(self.receiver.take());
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn stream(&mut self) -> Option<Pin<&mut dyn Stream>> {
        match &mut self.channel {
            Channel::Plain(stream) => Some(Pin::new(stream)),
            Channel::Tls(stream) => Some(Pin::new(&mut **stream)),
            Channel::Upgrading | Channel::Gone => None,
        }
    }

    /// Sends the unsent data. During `start_tls` this data stays queued.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let unsent = std::mem::take(&mut self.unsent);
            // The rest follows when the front was sent.
            let (front, _) = unsent.as_slices();
            let written = self.stream().map(|stream| stream.poll_write(cx, front));
            self.unsent = unsent;
            let Some(written) = written else {
                return Poll::Ready(Ok(()));
            };
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => drop(self.unsent.drain(..n)),
            }
            self.flow.sent(self.unsent.len());
            // A task in `drain` may be waiting until fewer bytes are unsent.
            self.wake_waiting();
        }
        let ends = self.ends;
        let Some(mut stream) = self.stream() else {
            return Poll::Ready(Ok(()));
        };
        ready!(stream.as_mut().poll_flush(cx))?;
        match ends {
            true => stream.poll_shutdown(cx),
            false => Poll::Ready(Ok(())),
        }
    }

    /// The connection is lost because of this error.
    fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
        if self.ended {
            self.close_failed();
        }
        // The task that receives takes what has arrived already, then ends.
        self.lose();
    }

    fn lose(&mut self) {
        self.lost = true;
        self.unsent = VecDeque::new();
        self.wake();
    }

    /// As in asyncio, an error closes the connection at once.
    fn close_failed(&mut self) {
        if let (End::Open, Some(error)) = (&self.end, &self.failure) {
            self.end = End::Closed(Some(error.copy()));
            self.channel = Channel::Gone;
        }
    }

    /// The error of a function that needs the connection, which is lost or closed.
    fn loss(&self) -> Error {
        match (&self.failure, &self.end) {
            (Some(error), _) | (None, End::Closed(Some(error))) => error.copy(),
            _ => connection_lost(),
        }
    }
}

/// Asyncio's error for a connection that was lost without an error of its own.
fn connection_lost() -> Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "Connection lost").into()
}

impl Shared {
    pub(super) fn new(channel: Channel, server_side: bool) -> Shared {
        let mut state = State {
            channel: Channel::Gone,
            object: None,
            received: Vec::new(),
            ended: false,
            at_eof: false,
            failure: None,
            wanted: false,
            reading: true,
            unsent: VecDeque::new(),
            flow: Flow::new(false),
            ends: false,
            sending: false,
            end: End::Open,
            lost: false,
            server_side,
            waiting: Vec::new(),
            receiver: None,
            woken: Vec::new(),
        };
        state.set(channel);
        let shared = Shared(Arc::new(Mutex::new(state)));
        tokio::spawn(Task::new(&shared).receives());
        shared
    }

    fn lock(&self) -> Locked<'_> {
        Locked(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    pub(super) fn server_side(&self) -> bool {
        self.lock().server_side
    }

    pub(super) fn object(&self) -> Option<Arc<SslObject>> {
        self.lock().object.clone()
    }

    /// Lets the reader change the received data.
    pub(super) fn with_received<T>(&self, change: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state.received);
        if state.received.len() <= READ_AHEAD {
            state.wake_receiver();
        }
        changed
    }

    pub(super) fn at_eof(&self) -> bool {
        let state = self.lock();
        let clean = state.at_eof || state.failure.is_none();
        state.ended && clean && state.received.is_empty()
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lock().lost
    }

    /// Waits until more than `have` bytes were received. False if the stream ends before.
    pub(super) async fn receive(&self, have: usize) -> Result<bool> {
        poll_fn(|cx| self.poll_receive(have, cx)).await
    }

    pub(super) fn poll_receive(&self, have: usize, cx: &Context<'_>) -> Poll<Result<bool>> {
        let mut state = self.lock();
        if state.received.len() > have {
            return Poll::Ready(Ok(true));
        }
        if state.ended {
            return Poll::Ready(match &state.failure {
                Some(error) => Err(error.copy()),
                None => Ok(false),
            });
        }
        state.wanted = true;
        state.wake_receiver();
        state.wait(cx)
    }

    /// Waits for the next change of which the protocol is to be told. `paused` says whether the protocol was last told
    /// to pause writing, and `ended` whether it was told that the stream has ended.
    pub(super) async fn next_change(&self, paused: bool, ended: bool) -> Change {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.flow.paused != paused && !state.lost {
                return Poll::Ready(Change::Writing { pause: !paused });
            }
            if ended {
                return match &state.end {
                    End::Closed(error) => {
                        Poll::Ready(Change::Closed(error.as_ref().map(Error::copy)))
                    }
                    End::Open | End::Closing => state.wait(cx),
                };
            }
            let closed = matches!(state.end, End::Closed(_)) && state.received.is_empty();
            if !state.reading && !state.lost && !closed {
                return state.wait(cx);
            }
            drop(state);
            Poll::Ready(match ready!(self.poll_receive(0, cx)) {
                Ok(true) => Change::Received(self.with_received(std::mem::take)),
                // This side has closed the connection. As in asyncio, the protocol is not told of an end.
                Ok(false) if self.closed_here() => Change::Closed(None),
                Ok(false) => Change::Ended(None),
                Err(error) => Change::Ended(Some(error)),
            })
        })
        .await
    }

    fn closed_here(&self) -> bool {
        let state = self.lock();
        matches!(state.end, End::Closed(_)) && !state.at_eof
    }

    pub(super) fn is_reading(&self) -> bool {
        let state = self.lock();
        state.reading && matches!(state.end, End::Open) && !state.lost
    }

    pub(super) fn set_reading(&self, reading: bool) {
        let mut state = self.lock();
        // As in Python, `pause_reading` has no effect once the connection is closing.
        if reading || matches!(state.end, End::Open) {
            state.reading = reading;
            state.wake();
        }
    }

    /// Receives until the stream ends. The result says whether the peer has ended it.
    fn poll_receives(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let state = &mut *self.lock();
        loop {
            if matches!(state.channel, Channel::Gone) {
                return Poll::Ready(Ok(false));
            }
            state.receiver = Some(cx.waker().clone());
            let before = state.received.len();
            let stopped = !state.reading && !state.lost;
            let paused = stopped || (before > READ_AHEAD && !state.wanted && !state.lost);
            let mut received = std::mem::take(&mut state.received);
            received.resize(before + READ, 0);
            let mut room = ReadBuf::new(&mut received[before..]);
            let polled = match state.stream() {
                Some(stream) if !paused => stream.poll_read(cx, &mut room),
                _ => Poll::Pending,
            };
            let n = room.filled().len();
            received.truncate(before + n);
            // While a connection waits for data, it keeps no memory for data.
            state.received = if received.is_empty() {
                Vec::new()
            } else {
                received
            };
            if polled.is_pending() && state.lost && !paused {
                return Poll::Ready(Ok(false));
            }
            ready!(polled)?;
            if n == 0 {
                return Poll::Ready(Ok(true));
            }
            state.wanted = false;
            state.wake_waiting();
        }
    }

    /// Receiving has ended: the result is that of [`poll_receives`](Self::poll_receives).
    fn receiving_ended(&self, outcome: io::Result<bool>) {
        let mut state = self.lock();
        match outcome {
            // The task that closes the connection has taken the stream, and notes the end of reading.
            Ok(false) if matches!(state.end, End::Closing) && !state.lost => return,
            Ok(at_eof) => state.at_eof = at_eof,
            Err(error) => state.fail(error.into()),
        }
        state.ended = true;
        state.close_failed();
        state.wake();
        // As in asyncio, the peer's `close_notify` closes the connection.
        if state.at_eof && matches!(state.channel, Channel::Tls(_)) {
            self.start_closing(state);
        }
    }

    /// Queues data, and sends as much as possible at once. A task sends the rest.
    pub(super) fn write(&self, data: &[u8]) {
        let mut state = self.lock();
        let open = matches!(state.end, End::Open) && !state.ends && !state.lost;
        if open && !data.is_empty() {
            state.unsent.extend(data);
            self.send(state);
            let mut state = self.lock();
            let unsent = state.unsent.len();
            let paused = state.flow.paused;
            state.flow.written(unsent);
            if state.flow.paused != paused {
                // This wakes the task that tells the protocol to pause writing.
                state.wake_waiting();
            }
        }
    }

    /// Shuts down the write side once all data is sent.
    pub(super) fn write_eof(&self) {
        let mut state = self.lock();
        state.ends = true;
        self.send(state);
    }

    fn send(&self, mut state: Locked<'_>) {
        if state.sending || matches!(state.channel, Channel::Upgrading) {
            return;
        }
        match state.poll_send(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => state.fail(error.into()),
            Poll::Pending => {
                state.sending = true;
                drop(state);
                tokio::spawn(Task::new(self).sends());
            }
        }
    }

    pub(super) fn unsent(&self) -> usize {
        self.lock().unsent.len()
    }

    pub(super) fn limits(&self) -> (usize, usize) {
        self.lock().flow.limits()
    }

    pub(super) fn set_limits(&self, high: Option<usize>, low: Option<usize>) -> Result<()> {
        let mut state = self.lock();
        state.flow.set(high, low)?;
        let unsent = state.unsent.len();
        state.flow.sent(unsent);
        state.flow.written(unsent);
        state.wake_waiting();
        Ok(())
    }

    /// Waits until a condition holds.
    async fn wait_until(&self, holds: impl Fn(&State) -> bool) -> Result<()> {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.lost {
                return Poll::Ready(Err(state.loss()));
            }
            match holds(&state) {
                true => Poll::Ready(Ok(())),
                false => state.wait(cx),
            }
        })
        .await
    }

    /// Python's `await writer.drain()`.
    pub(super) async fn drained(&self) -> Result<()> {
        // Python yields here only if the connection is closing. In a loop of writes, the tasks of the connection must run.
        tokio::task::yield_now().await;
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.lost || state.failure.is_some() || matches!(state.end, End::Closed(_)) {
                return Poll::Ready(Err(state.loss()));
            }
            match state.flow.paused {
                false => Poll::Ready(Ok(())),
                true => state.wait(cx),
            }
        })
        .await
    }

    /// Waits until the connection is closed, for example by `abort`.
    pub(super) fn poll_closed(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        match &state.end {
            End::Closed(_) => Poll::Ready(()),
            End::Open | End::Closing => state.wait(cx),
        }
    }

    pub(super) async fn flushed(&self) -> Result<()> {
        self.wait_until(|state| state.unsent.is_empty() && !state.sending)
            .await
    }

    /// Takes the stream for a handshake, with the bytes that were received and not read.
    pub(super) fn take_for_upgrade(&self) -> Result<(Inner, Vec<u8>)> {
        let mut state = self.lock();
        let closing = !matches!(state.end, End::Open);
        let stream: Inner = match std::mem::replace(&mut state.channel, Channel::Upgrading) {
            Channel::Plain(stream) if !closing => stream,
            // The new TLS connection runs inside the present one.
            Channel::Tls(stream) if !closing => stream,
            other => {
                state.channel = other;
                return Err(io::Error::from(io::ErrorKind::NotConnected).into());
            }
        };
        let received = std::mem::take(&mut state.received);
        // The tasks that wait are woken, so that they register with the new connection.
        state.wake();
        Ok((stream, received))
    }
}

impl State {
    fn set(&mut self, channel: Channel) {
        if let Channel::Tls(stream) = &channel {
            self.object = Some(Arc::clone(&stream.object));
            self.flow = Flow::new(true);
        }
        self.channel = channel;
        self.wake();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Connection")
            .field("ssl_object", &state.object)
            .field("received", &state.received.len())
            .field("unsent", &state.unsent.len())
            .finish_non_exhaustive()
    }
}
