//! Threads that serve connections on the loopback interface until they are stopped.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use socket2::SockRef;

use crate::process::PATIENCE;

/// A connection that a test peer has accepted. Both of its directions end when the test peer is dropped.
#[derive(Clone, Debug)]
pub struct Socket(Arc<TcpStream>);

impl Socket {
    /// The underlying stream, for its options.
    pub fn stream(&self) -> &TcpStream {
        &self.0
    }

    /// Closes the connection with a FIN: sends nothing more, and discards received data until the other end
    /// closes too. (Closing with unread data would make the kernel send a reset, which destroys data that the
    /// other end has not yet read.)
    pub fn finish(self) {
        let _ = self.0.shutdown(Shutdown::Write);
        let _ = io::copy(&mut &*self.0, &mut io::sink());
    }

    /// Closes the connection with a reset, sent when the last clone of the socket is dropped.
    pub fn reset(self) {
        let _ = SockRef::from(&*self.0).set_linger(Some(std::time::Duration::ZERO));
    }

    pub(crate) fn shutdown(&self, how: Shutdown) {
        let _ = self.0.shutdown(how);
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// State shared by a listener and its connections.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    stopping: AtomicBool,
    // The references are weak, so that a connection closes when its handler drops it.
    sockets: Mutex<Vec<Weak<TcpStream>>>,
}

impl Shared {
    /// Wraps a stream in a socket, both of whose directions end when the listener is dropped.
    pub(crate) fn adopt(&self, stream: TcpStream) -> Socket {
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        let mut sockets = self.lock();
        sockets.retain(|socket| socket.strong_count() > 0);
        sockets.push(Arc::downgrade(&stream));
        if self.stopping() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        Socket(stream)
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn stop(&self) {
        let sockets = self.lock();
        self.stopping.store(true, Ordering::SeqCst);
        for socket in sockets.iter().filter_map(Weak::upgrade) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<TcpStream>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An accepting thread, and one thread for each connection. All are joined on drop.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<Vec<JoinHandle<()>>>>,
}

impl Listener {
    pub(crate) fn start<H>(handler: H) -> Self
    where
        H: Fn(Socket, &Shared) + Send + Sync + 'static,
    {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let handler = Arc::new(handler);
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared, &handler)
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn accept<H>(listener: &TcpListener, shared: &Arc<Shared>, handler: &Arc<H>) -> Vec<JoinHandle<()>>
where
    H: Fn(Socket, &Shared) + Send + Sync + 'static,
{
    let mut handlers: Vec<JoinHandle<()>> = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        if shared.stopping() {
            break;
        }
        let socket = shared.adopt(stream);
        let (shared, handler) = (Arc::clone(shared), Arc::clone(handler));
        handlers.push(thread::spawn(move || handler(socket, &shared)));
    }
    handlers
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.stop();
        // The accepting thread wakes only if somebody connects. If this connection is refused, the thread has already
        // ended.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
        let handlers = self
            .acceptor
            .take()
            .and_then(|acceptor| acceptor.join().ok());
        for handler in handlers.unwrap_or_default() {
            if handler.join().is_err() && !thread::panicking() {
                panic!("a thread of the test peer panicked");
            }
        }
    }
}

/// The values that the threads of a peer report to the test.
#[derive(Debug)]
pub(crate) struct Reports<T>(Mutex<Receiver<T>>);

impl<T> Reports<T> {
    pub(crate) fn new() -> (Sender<T>, Self) {
        let (sender, receiver) = channel();
        (sender, Self(Mutex::new(receiver)))
    }

    /// Waits for the next report.
    #[track_caller]
    pub(crate) fn next(&self) -> T {
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        receiver
            .recv_timeout(PATIENCE)
            .expect("the peer has something to report")
    }
}
