//! `pyssl serve`: a server for many clients, with a thread each.

mod crowd;
mod renewal;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use socket2::SockRef;

use super::http;
use crate::args::{Mode, ServeArgs};
use crate::failure::{Doing, Failure};
use crate::net::Deadline;
use crowd::Crowd;
use renewal::Renewal;

/// How long clients have to come to an end when the server is to end.
const GRACE: Duration = Duration::from_secs(3);

/// How long a client may take to answer our `close_notify`, or to go.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long a server that lacks descriptors or memory waits for a client to leave.
const SHORTAGE: Duration = Duration::from_millis(50);

pub(crate) fn run(args: ServeArgs) -> Result<ExitCode, Failure> {
    let args = Arc::new(args);
    let renewal = Renewal::start(&args)?;

    let address = &args.address;
    let host = match address.host.as_str() {
        "" => "0.0.0.0",
        host => host,
    };
    let listener =
        TcpListener::bind((host, address.port)).doing(|| format!("cannot listen on {address}"))?;
    let listener = Arc::new(listener);
    let crowd = Arc::new(Crowd::new(args.max_clients, args.max_per_address()));
    renewal.watch()?;
    handle_signals(&listener, &crowd, &renewal)?;

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
    accept_clients(&listener, &crowd, &service);
    crowd.wait_until_empty(GRACE);
    Ok(ExitCode::SUCCESS)
}

/// A closed pipe is no reason not to serve.
fn announce(listener: &TcpListener) -> Result<(), Failure> {
    let address = listener
        .local_addr()
        .doing(|| "cannot tell the address".to_owned())?;
    let mut out = io::stdout().lock();
    match writeln!(out, "listening on {address}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Loads the certificate again at SIGHUP. Closes the listening socket at the first other signal, which
/// ends the wait for clients, and ends the process at the second.
fn handle_signals(
    listener: &Arc<TcpListener>,
    crowd: &Arc<Crowd>,
    renewal: &Arc<Renewal>,
) -> Result<(), Failure> {
    let doing = || "cannot handle signals".to_owned();
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).doing(doing)?;
    let (listener, crowd) = (Arc::clone(listener), Arc::clone(crowd));
    let renewal = Arc::clone(renewal);
    let had_terminal = has_terminal();
    let wait = move || {
        let mut closing = false;
        for signal in signals.forever() {
            // A terminal that is closed sends this signal too, and means the end.
            if signal == SIGHUP && had_terminal == has_terminal() {
                renewal.load();
                continue;
            }
            if closing {
                std::process::exit(0);
            }
            closing = true;
            crowd.close();
            // Wakes the thread that accepts.
            let _ = SockRef::from(&*listener).shutdown(Shutdown::Both);
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .doing(doing)?;
    Ok(())
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

/// Until the crowd is closed.
fn accept_clients(listener: &TcpListener, crowd: &Arc<Crowd>, service: &Arc<Service>) {
    let mut is_short = false;
    while let Some(place) = crowd.enter() {
        let (stream, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(_) if crowd.is_closed() => return,
            Err(error) => {
                drop(place);
                let was_short = mem::replace(&mut is_short, is_shortage(&error));
                if !(is_short && was_short) {
                    log(format_args!("accept: {}", describe(&error.into())));
                }
                // Any other error is that of one client, which has gone (accept(2)).
                if is_short {
                    crowd.wait_for_change(SHORTAGE);
                }
                continue;
            }
        };
        is_short = false;
        let Some(place) = place.of(address.ip()) else {
            log(format_args!(
                "{address}: refused, this address has too many connections (--max-per-address)"
            ));
            continue;
        };
        let service = Arc::clone(service);
        let serve = move || {
            let _place = place;
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
            say_goodbye(conn, outcome.is_ok());
        };
        if let Err(error) = thread::Builder::new()
            .name("client".to_owned())
            .spawn(serve)
        {
            log(format_args!("cannot start a thread: {error}"));
            crowd.wait_for_change(SHORTAGE);
        }
    }
}

/// Whether this machine lacks what every client needs: descriptors or memory (accept(2)).
fn is_shortage(error: &io::Error) -> bool {
    let shortages = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error
        .raw_os_error()
        .is_some_and(|errno| shortages.contains(&errno))
}

/// The service that every client gets.
struct Service {
    renewal: Arc<Renewal>,
    mode: Mode,
    timeout: Duration,
    verbose: bool,
}

impl Service {
    /// The handshake comes later.
    fn wrap(&self, stream: TcpStream) -> ssl::Result<ssl::SslSocket> {
        let options = ssl::WrapSocket::new()
            .server_side(true)
            .do_handshake_on_connect(false)
            .read_ahead(true);
        self.renewal.context().wrap_socket(stream, options)
    }

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
