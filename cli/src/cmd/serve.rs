//! `pyssl serve`: a server for many clients, with a thread each.

use std::fmt;
use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use socket2::SockRef;

use super::http;
use crate::args::{Mode, ServeArgs};
use crate::failure::{Doing, Failure};
use crate::net::Deadline;
use crate::setup;

/// How long clients have to come to an end when the server is to end.
const GRACE: Duration = Duration::from_secs(3);

/// How long a client may take to answer our `close_notify`, or to go.
const FAREWELL: Duration = Duration::from_millis(500);

pub(crate) fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let context = setup::server_context(args.client_ca.as_deref())?;
    setup::apply(&context, &args.tls)?;
    setup::load_identity(&context, &args.cert, &args.key)?;

    let address = &args.address;
    let cannot_listen = || format!("cannot listen on {address}");
    let host = match address.host.as_str() {
        "" => "0.0.0.0",
        host => host,
    };
    let socket = TcpListener::bind((host, address.port)).doing(cannot_listen)?;
    // The handshake is for the client's own thread: who is slow at it holds up nobody else.
    let options = ssl::WrapSocket::new()
        .server_side(true)
        .do_handshake_on_connect(false);
    let listener = context.wrap_socket(socket, options).doing(cannot_listen)?;
    let listener = Arc::new(listener);
    let crowd = Arc::new(Crowd::new(args.max_clients));
    close_on_signal(&listener, &crowd)?;

    let mode = args.mode.mode();
    if mode == Mode::Http && args.tls.alpn.iter().any(|name| name == "h2") {
        log(format_args!(
            "pyssl: warning: --http speaks HTTP/1 only; clients that choose h2 get no answer"
        ));
    }
    announce(&listener)?;
    let service = Arc::new(Service {
        mode,
        timeout: args.timeout,
        verbose: args.verbose,
    });
    accept_clients(&listener, &crowd, &service);
    crowd.wait_until_empty(GRACE);
    Ok(ExitCode::SUCCESS)
}

/// Nobody need read the address: a closed pipe is no reason not to serve.
fn announce(listener: &ssl::SslSocket) -> Result<(), Failure> {
    let address = listener
        .getsockname()
        .doing(|| "cannot tell the address".to_owned())?;
    let mut out = io::stdout().lock();
    match writeln!(out, "listening on {address}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Closes the listening socket at the first signal, which ends the wait for clients, and ends the
/// process at the second.
fn close_on_signal(listener: &Arc<ssl::SslSocket>, crowd: &Arc<Crowd>) -> Result<(), Failure> {
    let doing = || "cannot handle signals".to_owned();
    let mut signals = Signals::new([SIGTERM, SIGINT]).doing(doing)?;
    let (listener, crowd) = (Arc::clone(listener), Arc::clone(crowd));
    let wait = move || {
        for (count, _) in signals.forever().enumerate() {
            if count > 0 {
                std::process::exit(0);
            }
            listener.close();
            crowd.close();
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .doing(doing)?;
    Ok(())
}

/// Until the listening socket is closed.
fn accept_clients(listener: &ssl::SslSocket, crowd: &Arc<Crowd>, service: &Arc<Service>) {
    while let Some(place) = crowd.enter() {
        let (conn, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(_) if listener.fileno() < 0 => return,
            Err(error) => {
                log(format_args!("accept: {}", describe(&error)));
                // Too many open files, say: that does not go away by trying again at once.
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        let service = Arc::clone(service);
        let serve = move || {
            let _place = place;
            let outcome = service.serve(&conn);
            match &outcome {
                Ok(what) if service.verbose => log(format_args!("{address}: {what}")),
                Ok(_) => {}
                Err(error) => log(format_args!("{address}: {}", describe(error))),
            }
            say_goodbye(conn, outcome.is_ok());
        };
        if let Err(error) = thread::Builder::new()
            .name("client".to_owned())
            .spawn(serve)
        {
            log(format_args!("cannot start a thread: {error}"));
        }
    }
}

/// What every client gets.
struct Service {
    mode: Mode,
    timeout: Duration,
    verbose: bool,
}

impl Service {
    /// Serves one client, and says in a few words how it went.
    fn serve(&self, conn: &ssl::SslSocket) -> ssl::Result<String> {
        conn.settimeout(Some(self.timeout))?;
        // The session tickets of TLS 1.3 go out before the answer, and the client has nothing to
        // say to them: the answer would wait for its delayed acknowledgement, 40 ms.
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

/// Ends the connection so that the client gets all that was sent, be it the alert that says why
/// it is refused: `close_notify` both ways if all went well and the client takes part, and then
/// whatever it still sends is read. To close with unread data would make the kernel send a reset,
/// which destroys what the client has not read yet.
fn say_goodbye(conn: ssl::SslSocket, in_order: bool) {
    let deadline = Deadline::after(FAREWELL);
    if in_order {
        // The work is done; a client that leaves in another way does no harm.
        let _ = conn.settimeout(Some(FAREWELL)).and_then(|()| conn.unwrap());
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

/// One line on standard error. If nobody reads it, it is lost.
fn log(line: fmt::Arguments<'_>) {
    // One write for the line, so that those of several threads do not mix.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

fn describe(error: &ssl::Error) -> String {
    format!("{}: {error}", error.python_class())
}

/// Counts the clients.
struct Crowd {
    most: u32,
    state: Mutex<CrowdState>,
    changed: Condvar,
}

#[derive(Default)]
struct CrowdState {
    inside: u32,
    closed: bool,
}

/// A client's place, given back when dropped.
struct Place(Arc<Crowd>);

impl Crowd {
    fn new(most: u32) -> Crowd {
        Crowd {
            most,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, CrowdState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place; there is none any more once the crowd is closed.
    fn enter(self: &Arc<Crowd>) -> Option<Place> {
        let mut state = self
            .changed
            .wait_while(self.lock(), |state| {
                state.inside >= self.most && !state.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        state.inside += 1;
        Some(Place(Arc::clone(self)))
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn wait_until_empty(&self, patience: Duration) {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), patience, |state| state.inside > 0);
        drop(waited);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.changed.notify_all();
    }
}
