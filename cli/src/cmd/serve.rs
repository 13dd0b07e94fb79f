//! `pyssl serve`: a server with a thread for each client.

mod acme;
mod renewal;
mod slots;

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use socket2::SockRef;

use super::http;
use crate::args::{Mode, ServeArgs};
use crate::failure::{Failure, WithContext};
use crate::net::Deadline;
use crate::sys::{self, Request};
use renewal::Renewal;
use slots::Slots;

/// How long the server waits for its clients when it stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a client may take to answer the server's `close_notify` or to close.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// The number of descriptors that are left for other uses than clients: standard streams, the
/// listening socket, signals, watched files, the 17 that the library uses to wake threads, and ACME.
const OTHER_DESCRIPTORS: u64 = 40;

/// How long the server waits for a client to disconnect when descriptors or memory run out.
const RETRY_DELAY: Duration = Duration::from_millis(50);

pub(crate) fn run(args: ServeArgs) -> Result<ExitCode, Failure> {
    let args = Arc::new(args);
    let renewal = Renewal::start(&args)?;

    let address = &args.address;
    let host = match address.host.as_str() {
        "" => "0.0.0.0",
        host => host,
    };
    let listener = TcpListener::bind((host, address.port))
        .with_context(|| format!("cannot listen on {address}"))?;
    let listener = Arc::new(listener);
    let slots = Arc::new(slots_for(&args));
    handle_signals(&listener, &slots, &renewal)?;

    let mode = args.mode.mode();
    if mode == Mode::Http && args.tls.alpn.iter().any(|name| name == "h2") {
        log(format_args!(
            "pyssl: warning: --http speaks HTTP/1 only; clients that choose h2 get no answer"
        ));
    }
    announce(&listener)?;
    let service = Arc::new(Service {
        renewal,
        mode,
        timeout: args.timeout,
        verbose: args.verbose,
    });
    accept_clients(&listener, &slots, &service);
    slots.wait_until_empty(STOP_TIMEOUT);
    Ok(ExitCode::SUCCESS)
}

/// The slots for clients: `--max-clients`, or fewer if the process may not open so many files.
/// Otherwise the clients of one address could use up all descriptors.
fn slots_for(args: &ServeArgs) -> Slots {
    let most = sys::file_limit().map_or(u32::MAX, |limit| {
        u32::try_from(limit.saturating_sub(OTHER_DESCRIPTORS)).unwrap_or(u32::MAX)
    });
    let most = most.max(1);
    if most < args.max_clients {
        log(format_args!(
            "pyssl: warning: at most {most} clients at once, because of the limit of open files \
             (ulimit -n)"
        ));
    }
    let most = most.min(args.max_clients);
    Slots::new(most, args.max_per_address(most))
}

/// Prints the listening address. The server runs even if standard output is a closed pipe.
fn announce(listener: &TcpListener) -> Result<(), Failure> {
    let address = listener
        .local_addr()
        .with_context(|| "cannot get the listening address".to_owned())?;
    let mut out = io::stdout().lock();
    match writeln!(out, "listening on {address}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Reloads the certificate if asked to. After the first request to stop, the server accepts no further
/// clients; the second ends the process.
fn handle_signals(
    listener: &Arc<TcpListener>,
    slots: &Arc<Slots>,
    renewal: &Arc<Renewal>,
) -> Result<(), Failure> {
    let (listener, slots) = (Arc::clone(listener), Arc::clone(slots));
    let renewal = Arc::clone(renewal);
    let mut closing = false;
    let handle = move |request| match request {
        Request::Reload => renewal.reload(),
        Request::Stop if closing => std::process::exit(0),
        Request::Stop => {
            closing = true;
            slots.close();
            sys::stop_accepting(&listener);
        }
    };
    sys::on_request(handle).with_context(|| "cannot handle signals".to_owned())
}

/// Accepts clients until `slots` is closed.
fn accept_clients(listener: &TcpListener, slots: &Arc<Slots>, service: &Arc<Service>) {
    let mut is_short = false;
    while let Some(slot) = slots.enter() {
        let (stream, address) = match listener.accept() {
            // This may be the connection that ends `accept`.
            Ok(_) if sys::CONNECTION_ENDS_ACCEPT && slots.is_closed() => return,
            Ok(accepted) => accepted,
            Err(_) if slots.is_closed() => return,
            Err(error) => {
                drop(slot);
                let was_short = mem::replace(&mut is_short, is_shortage(&error));
                if !(is_short && was_short) {
                    log(format_args!("accept: {}", describe(&error.into())));
                }
                // Any other error concerns one client, which has disconnected already (accept(2)).
                if is_short {
                    slots.wait_for_change(RETRY_DELAY);
                }
                continue;
            }
        };
        is_short = false;
        let Some(slot) = slot.of(address.ip()) else {
            log(format_args!(
                "{address}: refused, too many connections from this address (--max-per-address)"
            ));
            continue;
        };
        let service = Arc::clone(service);
        let serve = move || {
            let _place = slot;
            let conn = match service.wrap(stream) {
                Ok(conn) => conn,
                Err(error) => return log(format_args!("{address}: {}", describe(&error))),
            };
            let outcome = service.serve(&conn);
            match &outcome {
                Ok(what) if service.verbose => log(format_args!("{address}: {what}")),
                Ok(_) => {}
                Err(error) => log(format_args!("{address}: {}", describe(error))),
            }
            close(conn, outcome.is_ok());
        };
        if let Err(error) = thread::Builder::new()
            .name("client".to_owned())
            .spawn(serve)
        {
            log(format_args!("cannot start a thread: {error}"));
            slots.wait_for_change(RETRY_DELAY);
        }
    }
}

/// Whether the error is a shortage of descriptors or memory (accept(2)).
fn is_shortage(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|errno| sys::SHORTAGES.contains(&errno))
}

/// Serves the clients.
struct Service {
    renewal: Arc<Renewal>,
    mode: Mode,
    timeout: Duration,
    verbose: bool,
}

impl Service {
    /// Wraps the stream without the handshake.
    fn wrap(&self, stream: TcpStream) -> ssl::Result<ssl::SslSocket> {
        let options = ssl::WrapSocket::new()
            .server_side(true)
            .do_handshake_on_connect(false)
            .read_ahead(true);
        self.renewal.context().wrap_socket(stream, options)
    }

    /// Serves one client, and returns a short summary.
    fn serve(&self, conn: &ssl::SslSocket) -> ssl::Result<String> {
        conn.settimeout(Some(self.timeout))?;
        // The server sends TLS 1.3 session tickets before its answer, and the client does not
        // respond to tickets. With Nagle's algorithm, the answer would wait 40 ms for the client's
        // delayed acknowledgement.
        SockRef::from(conn).set_tcp_nodelay(true)?;
        conn.do_handshake()?;
        let what = match self.mode {
            Mode::Http => http::answer(conn, Deadline::after(self.timeout))?,
            Mode::Echo => echo(conn)?,
            Mode::Hello => hello(conn)?,
        };
        let (cipher, ..) = conn.cipher().unwrap_or_default();
        let version = conn.version().unwrap_or_default();
        Ok(format!("{version} {cipher}, {what}"))
    }
}

fn echo(conn: &ssl::SslSocket) -> ssl::Result<String> {
    let mut buffer = vec![0; 16 * 1024];
    let mut total = 0_u64;
    loop {
        match conn.recv_into(&mut buffer)? {
            0 => return Ok(format!("{total} bytes sent back")),
            n => {
                conn.sendall(&buffer[..n])?;
                total += n as u64;
            }
        }
    }
}

fn hello(conn: &ssl::SslSocket) -> ssl::Result<String> {
    let data = conn.recv(1024)?;
    if data.is_empty() {
        return Ok("closed without a message".to_owned());
    }
    conn.sendall(b"Hello from server!")?;
    Ok(format!("received \"{}\"", data.escape_ascii()))
}

/// Closes the connection so that the client receives everything that was sent, including an alert.
/// If `in_order`, exchanges `close_notify` with the client first. Then reads and discards the data
/// that the client still sends: if a socket is closed with unread data, the kernel sends a reset,
/// and the client loses data that it has not read yet.
fn close(conn: ssl::SslSocket, in_order: bool) {
    let deadline = Deadline::after(CLOSE_TIMEOUT);
    if in_order {
        // The client has been served, so errors of closing are ignored.
        let _ = conn
            .settimeout(Some(CLOSE_TIMEOUT))
            .and_then(|()| conn.unwrap());
    }
    let Ok(socket) = conn.detach() else { return };
    let mut stream = TcpStream::from(socket);
    let _ = stream.set_nonblocking(false);
    let _ = stream.shutdown(Shutdown::Write);
    let mut buffer = vec![0; 16 * 1024];
    while !deadline.has_passed() {
        let _ = stream.set_read_timeout(deadline.left());
        match io::Read::read(&mut stream, &mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// Prints one line on standard error, and ignores write errors.
fn log(line: fmt::Arguments<'_>) {
    // The line is written with one call, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

fn describe(error: &ssl::Error) -> String {
    format!("{}: {error}", error.python_class())
}
