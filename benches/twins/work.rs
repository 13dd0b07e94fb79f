//! The measured work, the same for each library.

use std::collections::VecDeque;
use std::io::{ErrorKind, Seek, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::rows::Row;
use crate::setup::{Setup, Stopwatch};
use crate::tls::{Tls, Version};

/// Does the given amount of work, and returns the rate per second.
pub(crate) type Work = Box<dyn FnMut(Amount) -> f64>;

/// The amount of work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Amount {
    Time(Duration),
    Times(u32),
}

impl Amount {
    fn is_done(self, watch: &Stopwatch, count: u32) -> bool {
        match self {
            Amount::Time(time) => watch.elapsed() >= time.as_secs_f64(),
            Amount::Times(times) => count >= times,
        }
    }
}

/// How much bulk data the sender sends before it waits for an acknowledgement.
const BATCH: usize = 16 << 20;
const MESSAGE: usize = 64;

pub(crate) fn work<T: Tls>(setup: &Setup, row: Row) -> Work {
    match row {
        Row::Full13 => handshakes::<T>(setup, Version::V13, T::client, false),
        Row::Full12 => handshakes::<T>(setup, Version::V12, T::client, false),
        Row::Resumed13 => handshakes::<T>(setup, Version::V13, T::client, true),
        Row::Resumed12 => handshakes::<T>(setup, Version::V12, T::client, true),
        Row::Cached13 => handshakes::<T>(setup, Version::V13, T::client_with_cache, false),
        Row::Cached12 => handshakes::<T>(setup, Version::V12, T::client_with_cache, false),
        Row::EightClients => eight_clients::<T>(setup),
        Row::Bulk64 => bulk::<T>(setup, 64, T::send),
        Row::Bulk256 => bulk::<T>(setup, 256, T::send),
        Row::Bulk1K => bulk::<T>(setup, 1 << 10, T::send),
        Row::Bulk4K => bulk::<T>(setup, 4 << 10, T::send),
        Row::Bulk16K => bulk::<T>(setup, 16 << 10, T::send),
        Row::Bulk1M => bulk::<T>(setup, 1 << 20, T::send),
        Row::Buffered64 => buffered::<T>(setup, 64),
        Row::Buffered1K => buffered::<T>(setup, 1 << 10),
        Row::SendFile => send_file::<T>(setup),
        Row::PingPong => repeat(round_trip::<T>(setup, 0)),
        Row::PingPongRecv => repeat(round_trip::<T::Shared>(setup, 0)),
        Row::PingPongBusy => repeat(round_trip::<T::Busy>(setup, 0)),
        Row::PingPongOfMany => repeat(round_trip::<T>(setup, 1000)),
        Row::NextContext => {
            T::default_context();
            repeat(T::default_context)
        }
        Row::NextCafile => {
            let bundle = setup.bundle.clone();
            T::cafile(&bundle);
            repeat(move || drop(T::cafile(&bundle)))
        }
        Row::BareContext => repeat(T::bare_context),
        Row::CopyContext => {
            let context = T::client(setup, Version::V13);
            repeat(move || drop(T::copy(&context)))
        }
        Row::GetCaCerts => {
            let context = T::cafile(&setup.bundle);
            repeat(move || assert!(!T::get_ca_certs(&context).is_empty()))
        }
        Row::GetCiphers => {
            let lister = T::lister();
            repeat(move || assert!(T::get_ciphers(&lister) > 0))
        }
        Row::SetCiphers => {
            let mut lister = T::lister();
            repeat(move || T::set_ciphers(&mut lister, "HIGH:!aNULL:!MD5"))
        }
        Row::SetCiphersLive => set_ciphers_live::<T>(setup),
        Row::Wrap => {
            let addr = listen_only();
            let (tcp, context) = (dial(addr), T::client(setup, Version::V13));
            repeat(move || drop(T::open(&context, tcp.try_clone().unwrap())))
        }
        Row::MemoryBulk64 => in_memory::<T>(setup, 64),
        Row::MemoryBulk1K => in_memory::<T>(setup, 1 << 10),
        Row::MemoryBulk4K => in_memory::<T>(setup, 4 << 10),
        Row::MemoryBulk16K => in_memory::<T>(setup, 16 << 10),
        Row::MemoryBulk64K => in_memory::<T>(setup, 64 << 10),
        Row::MemoryBulk256K => in_memory::<T>(setup, 256 << 10),
        Row::MemoryBulk1M => in_memory::<T>(setup, 1 << 20),
        Row::MemoryBio => {
            let client = T::client(setup, Version::V13);
            let server = T::server(setup, Version::V13);
            repeat(move || T::handshake_in_memory(&client, &server))
        }
        Row::FirstContext | Row::FirstCafile | Row::MemoryIdle | Row::MemoryUsed => {
            unreachable!("in processes of their own")
        }
    }
}

fn repeat(op: impl FnMut() + 'static) -> Work {
    repeat_each(1.0, op)
}

/// Repeats an operation that does `unit` units of work.
fn repeat_each(unit: f64, mut op: impl FnMut() + 'static) -> Work {
    Box::new(move |amount| {
        let watch = Stopwatch::start();
        let mut count = 0;
        while !amount.is_done(&watch, count) {
            op();
            count += 1;
        }
        f64::from(count) * unit / watch.elapsed()
    })
}

/// Serves connections one after the other. The thread ends with the process.
pub(crate) fn serve<T: Tls>(
    context: T::Context,
    mut work: impl FnMut(T::Stream) + Send + 'static,
) -> SocketAddr {
    serve_with::<T>(context, move |context, tcp| work(T::accept(&context, tcp)))
}

/// Accepts connections. The thread ends with the process.
fn serve_with<T: Tls>(
    context: T::Context,
    mut work: impl FnMut(T::Context, TcpStream) + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let tcp = tcp.unwrap();
            tcp.set_nodelay(true).unwrap();
            work(context.clone(), tcp);
        }
    });
    addr
}

/// Accepts connections and keeps them, without TLS.
fn listen_only() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut last = VecDeque::new();
        for tcp in listener.incoming() {
            last.push_back(tcp.unwrap());
            if last.len() > 200 {
                last.pop_front();
            }
        }
    });
    addr
}

/// Raises the limit of open descriptors to this number and some more.
fn allow_descriptors(more: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let needed = more as u64 + 500;
    if limit.current.is_some_and(|now| now < needed) {
        limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
        setrlimit(Resource::Nofile, limit).unwrap();
    }
}

/// Connects without TLS. Closing sends a reset: sockets in TIME_WAIT would use up the ports.
pub(crate) fn dial(addr: SocketAddr) -> TcpStream {
    let tcp = loop {
        match TcpStream::connect(addr) {
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => thread::yield_now(),
            outcome => break outcome.unwrap(),
        }
    };
    tcp.set_nodelay(true).unwrap();
    SockRef::from(&tcp)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    tcp
}

/// Connections on which the server sends a byte. To measure resumption, each resumes the session of
/// the previous one.
fn handshakes<T: Tls>(
    setup: &Setup,
    version: Version,
    client: fn(&Setup, Version) -> T::Context,
    resumed: bool,
) -> Work {
    let addr = serve::<T>(T::server(setup, version), |mut stream| {
        T::send(&mut stream, b"!");
        while T::recv(&mut stream, &mut [0; 16]) > 0 {}
    });
    let context = client(setup, version);
    let connect = move |session: Option<&T::Session>| {
        let mut stream = T::connect(&context, dial(addr), session);
        T::recv_exact(&mut stream, &mut [0]);
        stream
    };
    if !resumed {
        return repeat(move || T::close(connect(None)));
    }
    let stream = connect(None);
    let mut session = T::session(&stream);
    T::close(stream);
    repeat(move || {
        let stream = connect(Some(&session));
        assert!(T::reused(&stream), "{} was not resumed", T::NAME);
        session = T::session(&stream);
        T::close(stream);
    })
}

/// How a chunk is sent.
type SendFn<T> = fn(&mut <T as Tls>::Stream, &[u8]);

fn bulk<T: Tls>(setup: &Setup, chunk: usize, send: SendFn<T>) -> Work {
    // Small writes take longer for each byte, so their batch is smaller.
    let batch = if chunk < 16 << 10 { BATCH / 16 } else { BATCH };
    let mut batch_of = sender::<T>(setup, batch);
    let data = vec![7; chunk];
    repeat_each(batch as f64, move || {
        batch_of(&mut |stream| (0..batch / chunk).for_each(|_| send(stream, &data)));
    })
}

/// Small writes into a buffer of one record, as `std::io::BufWriter` does it.
fn buffered<T: Tls>(setup: &Setup, chunk: usize) -> Work {
    let mut batch_of = sender::<T>(setup, BATCH);
    let data = vec![7; chunk];
    let mut buffer = Vec::with_capacity(16 << 10);
    repeat_each(BATCH as f64, move || {
        batch_of(&mut |stream| {
            for _ in 0..BATCH / chunk {
                buffer.extend_from_slice(&data);
                if buffer.len() == buffer.capacity() {
                    T::send(stream, &buffer);
                    buffer.clear();
                }
            }
        });
    })
}

/// Sends a file of the size of a batch. The file is in the system's page cache.
fn send_file<T: Tls>(setup: &Setup) -> Work {
    let mut batch_of = sender::<T>(setup, BATCH);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![7; BATCH]).unwrap();
    repeat_each(BATCH as f64, move || {
        file.rewind().unwrap();
        batch_of(&mut |stream| T::send_file(stream, &file));
    })
}

/// Sends a batch on a stream.
type SendBatch<'a, S> = &'a mut dyn FnMut(&mut S);

/// Lets `send` send a batch, and waits for its acknowledgement.
fn sender<T: Tls>(setup: &Setup, batch: usize) -> impl FnMut(SendBatch<'_, T::Stream>) + 'static {
    let addr = serve::<T>(T::server(setup, Version::V13), move |mut stream| {
        let mut buf = vec![0; 64 << 10];
        let mut left = batch;
        loop {
            let n = T::recv(&mut stream, &mut buf);
            if n == 0 {
                return;
            }
            left -= n;
            if left == 0 {
                T::send(&mut stream, b"!");
                left = batch;
            }
        }
    });
    let mut stream = T::connect(&T::client(setup, Version::V13), dial(addr), None);
    move |send| {
        send(&mut stream);
        T::recv_exact(&mut stream, &mut [0]);
    }
}

/// Encrypts and decrypts without sockets.
fn in_memory<T: Tls>(setup: &Setup, chunk: usize) -> Work {
    let (client, server) = (
        T::client(setup, Version::V13),
        T::server(setup, Version::V13),
    );
    let mut pair = T::connected_in_memory(&client, &server);
    let (data, mut buf) = (vec![7; chunk], vec![0; 64 << 10]);
    repeat_each(chunk as f64, move || {
        T::transfer(&mut pair, &data, &mut buf)
    })
}

/// Eight clients at once: each connects, sends 64 bytes and receives 1 KiB, from a thread of its own.
fn eight_clients<T: Tls>(setup: &Setup) -> Work {
    const CLIENTS: usize = 8;
    const EACH: usize = 4;
    let addr = serve_with::<T>(T::server(setup, Version::V13), |context, tcp| {
        thread::spawn(move || {
            let mut stream = T::accept(&context, tcp);
            T::recv_exact(&mut stream, &mut [0; MESSAGE]);
            T::send(&mut stream, &[7; 1 << 10]);
            while T::recv(&mut stream, &mut [0; 16]) > 0 {}
        });
    });
    let context = T::client(setup, Version::V13);
    repeat_each((CLIENTS * EACH) as f64, move || {
        let client = || {
            for _ in 0..EACH {
                let mut stream = T::connect(&context, dial(addr), None);
                T::send(&mut stream, &[7; MESSAGE]);
                T::recv_exact(&mut stream, &mut [0; 1 << 10]);
                T::close(stream);
            }
        };
        thread::scope(|scope| {
            (0..CLIENTS).for_each(|_| drop(scope.spawn(client)));
        });
    })
}

/// Changes the suites of a context while 100 of its connections are open. Before each change, a new connection
/// replaces the oldest. Only the setter is measured.
fn set_ciphers_live<T: Tls>(setup: &Setup) -> Work {
    const LISTS: [&str; 2] = ["HIGH:!aNULL:!MD5", "HIGH:!aNULL"];
    let addr = listen_only();
    let mut context = T::client(setup, Version::V13);
    let mut lister = T::lister();
    let connect = move |context: &T::Context| T::open(context, dial(addr));
    let mut open: VecDeque<_> = (0..100).map(|_| connect(&context)).collect();
    Box::new(move |amount| {
        let watch = Stopwatch::start();
        let (mut count, mut seconds) = (0, 0.0);
        while !amount.is_done(&watch, count) {
            open.pop_front();
            open.push_back(connect(&context));
            let setter = Stopwatch::start();
            T::set_ciphers_live(&mut context, &mut lister, LISTS[count as usize % 2]);
            seconds += setter.elapsed();
            count += 1;
        }
        f64::from(count) / seconds
    })
}

/// Sends a message and receives it back, while other connections are open and idle.
fn round_trip<T: Tls>(setup: &Setup, idle: usize) -> impl FnMut() + 'static {
    allow_descriptors(2 * idle);
    let mut others = Vec::new();
    let addr = serve::<T>(T::server(setup, Version::V13), move |mut stream| {
        if others.len() < idle {
            return others.push(stream);
        }
        let mut buf = [0; MESSAGE];
        let mut filled = 0;
        loop {
            match T::recv(&mut stream, &mut buf[filled..]) {
                0 => return,
                n => filled += n,
            }
            if filled == MESSAGE {
                T::send(&mut stream, &buf);
                filled = 0;
            }
        }
    });
    let context = T::client(setup, Version::V13);
    let idle: Vec<_> = (0..idle)
        .map(|_| T::connect(&context, dial(addr), None))
        .collect();
    let mut stream = T::connect(&context, dial(addr), None);
    let mut buf = [7; MESSAGE];
    move || {
        let _ = &idle;
        T::send(&mut stream, &buf);
        T::recv_exact(&mut stream, &mut buf);
    }
}
