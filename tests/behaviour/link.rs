//! Connected sockets in this process, and threads that have begun to wait.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_testing::{Ca, LocalStream, errno, local_pair, print_uncaptured};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::AsFd;

use crate::support::{Pair, class, client_context, connected, server_context};

/// The time after which a test fails. No result depends on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) const BOTH_VERSIONS: [ssl::TlsVersion; 2] =
    [ssl::TlsVersion::TLSv1_2, ssl::TlsVersion::TLSv1_3];

/// A client's context, and a server's context whose certificate it trusts.
pub(crate) struct Contexts {
    pub(crate) client: ssl::SslContext,
    pub(crate) server: ssl::SslContext,
}

impl Contexts {
    pub(crate) fn new() -> Contexts {
        let ca = Ca::new();
        Contexts {
            client: client_context(&ca),
            server: server_context(&ca.issue("localhost")),
        }
    }

    /// Contexts for one version of the protocol.
    pub(crate) fn of(version: ssl::TlsVersion) -> Contexts {
        let contexts = Contexts::new();
        contexts.client.set_minimum_version(version).unwrap();
        contexts.client.set_maximum_version(version).unwrap();
        contexts
    }

    /// Two objects before their handshake.
    pub(crate) fn pair(&self) -> Pair {
        Pair::new(&self.client, &self.server, "localhost").unwrap()
    }

    /// A connection in memory with its handshake done.
    pub(crate) fn connected(&self) -> Pair {
        connected(&self.client, &self.server)
    }

    /// A connection over sockets with its handshake done.
    pub(crate) fn link(&self) -> Link {
        self.link_with(client_options())
    }

    /// Like `link`, with options for the client.
    pub(crate) fn link_with(&self, client: ssl::WrapSocket) -> Link {
        let (near, far) = tcp_pair();
        self.wrap(near, far, client)
    }

    /// A connection over a pair of Unix sockets, so that data which was written together can be read
    /// together. Also returns a duplicate of the server's descriptor.
    pub(crate) fn local_link(&self, client: ssl::WrapSocket) -> (Link, LocalStream) {
        let (near, far) = local_pair();
        let raw = far.try_clone().unwrap();
        (self.wrap(near, far, client), raw)
    }

    /// Wraps two ends of a connection, and does the handshake.
    pub(crate) fn wrap(
        &self,
        near: impl ssl::IntoSocket + Send,
        far: impl ssl::IntoSocket + Send,
        client: ssl::WrapSocket,
    ) -> Link {
        self.wrap_with(near, far, client, server_options())
    }

    /// Like `wrap`, with options for both ends.
    pub(crate) fn wrap_with(
        &self,
        near: impl ssl::IntoSocket + Send,
        far: impl ssl::IntoSocket + Send,
        client: ssl::WrapSocket,
        server: ssl::WrapSocket,
    ) -> Link {
        std::thread::scope(|scope| {
            let server = scope.spawn(|| self.server.wrap_socket(far, server));
            let client = self.client.wrap_socket(near, client).unwrap();
            Link {
                client,
                server: server.join().unwrap().unwrap(),
            }
        })
    }
}

/// A client of `localhost` that reports an end without `close_notify` as an error.
pub(crate) fn client_options() -> ssl::WrapSocket {
    ssl::WrapSocket::from("localhost").suppress_ragged_eofs(false)
}

/// A server that reports an end without `close_notify` as an error.
pub(crate) fn server_options() -> ssl::WrapSocket {
    ssl::WrapSocket::new()
        .server_side(true)
        .suppress_ragged_eofs(false)
}

/// The two ends of a TLS connection.
pub(crate) struct Link {
    pub(crate) client: ssl::SslSocket,
    pub(crate) server: ssl::SslSocket,
}

impl Link {
    /// Both ends exchange `close_notify`, and continue in clear text.
    pub(crate) fn unwrap(&self) {
        std::thread::scope(|scope| {
            scope.spawn(|| self.server.unwrap().unwrap());
            self.client.unwrap().unwrap();
        });
    }
}

/// Sends `close_notify` and does not wait for the peer's.
pub(crate) fn unwrap_without_waiting(end: &ssl::SslSocket) {
    let timeout = end.gettimeout();
    end.setblocking(false).unwrap();
    assert_eq!(class(end.unwrap()), "SSLWantReadError");
    end.settimeout(timeout).unwrap();
}

/// A plain socket that is not connected.
pub(crate) fn plain_socket() -> socket2::Socket {
    socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap()
}

/// The two ends of a TCP connection.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    for end in [&near, &far] {
        end.set_nodelay(true).unwrap();
    }
    (near, far)
}

/// A listener whose queue is full, so that connecting to it does not finish. Also returns the sockets that
/// fill the queue.
pub(crate) fn full_listener() -> (SocketAddr, Vec<socket2::Socket>) {
    let listener = plain_socket();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut all = vec![listener];
    loop {
        let filler = plain_socket();
        filler.set_nonblocking(true).unwrap();
        let _ = filler.connect(&address.into());
        let connected = readiness(&filler, PollFlags::OUT, Duration::from_millis(200));
        all.push(filler);
        if !connected {
            return (address, all);
        }
        assert!(all.len() < 100, "the queue of the listener has no end");
    }
}

/// Whether a socket becomes ready within this time.
pub(crate) fn readiness(socket: &impl AsFd, flags: PollFlags, time: Duration) -> bool {
    let time = time.try_into().unwrap();
    poll(&mut [PollFd::new(socket, flags)], Some(&time)).unwrap() > 0
}

/// Whether `poll` reports that the socket can be read from.
pub(crate) fn readable(socket: &impl AsFd) -> bool {
    readiness(socket, PollFlags::IN, Duration::ZERO)
}

/// Python's usual loop around an operation of a non-blocking socket.
pub(crate) fn wait_until_done<T>(
    socket: &ssl::SslSocket,
    mut operation: impl FnMut() -> ssl::Result<T>,
) -> T {
    loop {
        let flags = match operation() {
            Ok(value) => return value,
            Err(ssl::Error::WantRead(_)) => PollFlags::IN,
            Err(ssl::Error::WantWrite(_)) => PollFlags::OUT,
            Err(other) if other.errno() == Some(errno::ENOTCONN) => PollFlags::OUT,
            Err(other) => panic!("{other:?}"),
        };
        assert!(readiness(socket, flags, PATIENCE), "{flags:?} never comes");
    }
}

/// Prints a message and aborts the test process if the test does not end. There is no other way to end
/// threads that wait for each other.
pub(crate) struct Watchdog(Option<Sender<()>>);

impl Watchdog {
    pub(crate) fn new() -> Watchdog {
        Watchdog::beyond(Duration::ZERO)
    }

    /// A watchdog for a test that takes this much time when it succeeds, on top of the usual patience.
    pub(crate) fn beyond(time: Duration) -> Watchdog {
        let name = std::thread::current().name().unwrap_or("?").to_owned();
        let patience = std::env::var("PYSSL_PATIENCE").map_or(PATIENCE, |seconds| {
            Duration::from_secs(seconds.parse().expect("a number of seconds"))
        });
        let (alive, over): (Sender<()>, Receiver<()>) = channel();
        std::thread::spawn(move || {
            let outcome = over.recv_timeout(patience + time);
            if outcome == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                print_uncaptured(format_args!(
                    "{name} does not end: threads wait for each other"
                ));
                std::process::abort();
            }
        });
        Watchdog(Some(alive))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

/// How long a test lets a thread begin to wait, on systems that do not report whether a thread waits.
const BRIEFLY: Duration = Duration::from_millis(100);

/// Receives the directory of a thread in `/proc`, with which a test finds out whether the thread waits.
pub(crate) struct Waiter(Receiver<std::path::PathBuf>);

/// Reports the thread that calls [`tell`](Here::tell) to the [`Waiter`]. The thread makes this call before any other.
pub(crate) struct Here(Sender<std::path::PathBuf>);

pub(crate) fn waiter() -> (Here, Waiter) {
    let (sender, receiver) = channel();
    (Here(sender), Waiter(receiver))
}

impl Here {
    pub(crate) fn tell(self) {
        let here = std::fs::read_link("/proc/thread-self").unwrap_or_default();
        self.0
            .send(std::path::Path::new("/proc").join(here))
            .unwrap();
    }
}

impl Waiter {
    /// Returns when the thread sleeps in the kernel, as it does while it waits for the network. The result
    /// is the number of its system call, if the kernel allows reading it.
    pub(crate) fn until_it_waits(self) -> Option<i64> {
        let place = self.0.recv_timeout(PATIENCE).unwrap();
        if cfg!(not(target_os = "linux")) {
            // Other systems do not report whether a thread waits. The thread has probably begun to wait after this
            // time. If not, the test passes without having checked its case.
            std::thread::sleep(BRIEFLY);
            return None;
        }
        let begin = Instant::now();
        let mut asleep = 0;
        // The thread must be asleep at many checks in a row, because a thread that waits for a mutex sleeps only
        // briefly.
        while asleep < 50 {
            let stat = std::fs::read_to_string(place.join("stat")).expect("the thread lives");
            let state = stat.rsplit(')').next().unwrap().trim().chars().next();
            asleep = if state == Some('S') { asleep + 1 } else { 0 };
            std::thread::yield_now();
            assert!(begin.elapsed() < PATIENCE, "the thread does not wait");
        }
        let call = std::fs::read_to_string(place.join("syscall")).ok()?;
        call.split_whitespace().next()?.parse().ok()
    }
}

impl Waiter {
    /// Returns when the thread has used the processor for some time from now on.
    pub(crate) fn until_it_has_run(self) {
        const TICKS: u64 = 3;
        let place = self.0.recv_timeout(PATIENCE).unwrap();
        if cfg!(not(target_os = "linux")) {
            std::thread::sleep(BRIEFLY);
            return;
        }
        let ticks = || {
            let stat = std::fs::read_to_string(place.join("stat")).expect("the thread lives");
            // `utime` and `stime` are the 12th and 13th fields after the name.
            let fields = stat.rsplit(')').next().unwrap().split_whitespace();
            let times = fields.skip(11).take(2);
            times.map(|time| time.parse::<u64>().unwrap()).sum::<u64>()
        };
        let begin = Instant::now();
        let before = ticks();
        while ticks() < before + TICKS {
            std::thread::yield_now();
            assert!(begin.elapsed() < PATIENCE, "the thread sleeps");
        }
    }
}

/// Runs `f` in a thread of the scope, and returns when the thread waits for the network.
pub(crate) fn waiting<'scope, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    f: impl FnOnce() -> T + Send + 'scope,
) -> std::thread::ScopedJoinHandle<'scope, T> {
    let (here, waiter) = waiter();
    let thread = scope.spawn(move || {
        here.tell();
        f()
    });
    waiter.until_it_waits();
    thread
}

/// Pseudo-random bytes, so that lost or repeated pieces are noticed.
pub(crate) fn pattern(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Reads until there are `len` bytes.
pub(crate) fn recv_exactly(socket: &ssl::SslSocket, len: usize) -> Vec<u8> {
    let mut all = Vec::with_capacity(len);
    while all.len() < len {
        let data = socket.recv(len - all.len()).unwrap();
        assert!(!data.is_empty(), "the end came after {} bytes", all.len());
        all.extend(data);
    }
    all
}

pub(crate) fn is_bad_fd(error: &ssl::Error) -> bool {
    error.python_class() == "OSError" && error.errno() == Some(errno::CLOSED)
}
