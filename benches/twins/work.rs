//! The measured work, the same for each library.

use std::io::ErrorKind;
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
        Row::Full13 => handshakes::<T>(setup, Version::V13, false),
        Row::Full12 => handshakes::<T>(setup, Version::V12, false),
        Row::Resumed13 => handshakes::<T>(setup, Version::V13, true),
        Row::Resumed12 => handshakes::<T>(setup, Version::V12, true),
        Row::Bulk64 => bulk::<T>(setup, 64),
        Row::Bulk1K => bulk::<T>(setup, 1 << 10),
        Row::Bulk16K => bulk::<T>(setup, 16 << 10),
        Row::Bulk1M => bulk::<T>(setup, 1 << 20),
        Row::PingPong => repeat(round_trip::<T>(setup)),
        Row::PingPongRecv => repeat(round_trip::<T::Shared>(setup)),
        Row::NextContext => {
            T::default_context();
            repeat(T::default_context)
        }
        Row::BareContext => repeat(T::bare_context),
        Row::GetCiphers => {
            let lister = T::lister();
            repeat(move || assert!(T::get_ciphers(&lister) > 0))
        }
        Row::SetCiphers => {
            let mut lister = T::lister();
            repeat(move || T::set_ciphers(&mut lister, "HIGH:!aNULL:!MD5"))
        }
        Row::MemoryBio => {
            let client = T::client(setup, Version::V13);
            let server = T::server(setup, Version::V13);
            repeat(move || T::handshake_in_memory(&client, &server))
        }
        Row::FirstContext | Row::MemoryIdle | Row::MemoryUsed => {
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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let tcp = tcp.unwrap();
            tcp.set_nodelay(true).unwrap();
            work(T::accept(&context, tcp));
        }
    });
    addr
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
fn handshakes<T: Tls>(setup: &Setup, version: Version, resumed: bool) -> Work {
    let addr = serve::<T>(T::server(setup, version), |mut stream| {
        T::send(&mut stream, b"!");
        while T::recv(&mut stream, &mut [0; 16]) > 0 {}
    });
    let context = T::client(setup, version);
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

fn bulk<T: Tls>(setup: &Setup, chunk: usize) -> Work {
    // Small writes take longer.
    let batch = if chunk < 16 << 10 { BATCH / 16 } else { BATCH };
    repeat_each(batch as f64, sender::<T>(setup, chunk, batch))
}

/// Sends a batch in chunks, and waits for its acknowledgement.
fn sender<T: Tls>(setup: &Setup, chunk: usize, batch: usize) -> impl FnMut() + 'static {
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
    let data = vec![7; chunk];
    move || {
        for _ in 0..batch / data.len() {
            T::send(&mut stream, &data);
        }
        T::recv_exact(&mut stream, &mut [0]);
    }
}

/// Sends a message and receives it back.
fn round_trip<T: Tls>(setup: &Setup) -> impl FnMut() + 'static {
    let addr = serve::<T>(T::server(setup, Version::V13), |mut stream| {
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
    let mut stream = T::connect(&T::client(setup, Version::V13), dial(addr), None);
    let mut buf = [7; MESSAGE];
    move || {
        T::send(&mut stream, &buf);
        T::recv_exact(&mut stream, &mut buf);
    }
}
