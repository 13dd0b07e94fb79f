//! `pyssl connect`: does a handshake with a server and reports the result.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pyssl as ssl;

use crate::args::ConnectArgs;
use crate::attempt::{ConnectOutcome, Handshake, Stage};
use crate::failure::{Failure, WithContext};
use crate::net::{self, Deadline};
use crate::report;
use crate::setup;

pub(crate) fn run(args: &ConnectArgs) -> Result<ExitCode, Failure> {
    if args.trust.no_verify {
        let _ = writeln!(
            io::stderr(),
            "pyssl: warning: --no-verify accepts any certificate; \
             anyone on the network path can read and change everything"
        );
    }
    let target = args.target.endpoint(args.starttls);
    let own_name = target.address.server_name();
    let server_name = args.server_name.as_deref().unwrap_or(own_name).to_owned();
    let mut outcome = ConnectOutcome {
        target,
        server_name,
        checked: !args.trust.no_verify,
        trust: report::connect::trust_source(&args.trust),
        address: None,
        connect_time: None,
        handshake: None,
        chain: Vec::new(),
        verified_chain: Vec::new(),
        stage: Stage::Setup,
        error: None,
    };
    let code = match prepare(args, &outcome.server_name) {
        Ok(context) => {
            outcome.error = talk(args, &context, &mut outcome).err();
            u8::from(outcome.error.is_some())
        }
        // --brief and --json print their line or object for this failure too.
        Err(failure @ Failure::Setup { .. }) if args.format.brief || args.format.json => {
            failure.print();
            if let Failure::Setup { error, .. } = failure {
                outcome.error = Some(error);
            }
            2
        }
        Err(failure) => return Err(failure),
    };
    report::print(|out| {
        if args.format.brief {
            report::connect::brief(out, &outcome)
        } else if args.format.json {
            report::connect::json(out, &outcome)
        } else {
            report::connect::human(out, &outcome)
        }
    })?;
    Ok(ExitCode::from(code))
}

/// Builds the context. All local errors occur here, before anything is sent.
fn prepare(args: &ConnectArgs, name: &str) -> Result<ssl::SslContext, Failure> {
    let context = setup::client_context(&args.trust)?;
    setup::apply(&context, &args.tls)?;
    if let Some(cert) = &args.cert {
        setup::load_identity(&context, cert, &args.key)?;
    }
    // This connection is never used. Making it checks the server name, so that an invalid name is
    // reported before anything is sent.
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().server_hostname(name);
    context
        .wrap_bio(&incoming, &outgoing, options)
        .with_context(|| format!("'{}' is not a valid server name", name.escape_debug()))?;
    Ok(context)
}

fn talk(
    args: &ConnectArgs,
    context: &ssl::SslContext,
    outcome: &mut ConnectOutcome,
) -> ssl::Result<()> {
    outcome.stage = Stage::Connect;
    let deadline = Deadline::after(args.timeout);
    let start = Instant::now();
    let mut stream = net::connect(&outcome.target.address, deadline)?;
    outcome.connect_time = Some(start.elapsed());
    outcome.address = Some(stream.peer_addr()?);

    outcome.stage = Stage::StartTls;
    net::start_tls(&mut stream, &outcome.target, &outcome.server_name, deadline)?;

    outcome.stage = Stage::Handshake;
    // The socket is wrapped without the handshake, so that the server's certificates are available
    // if the handshake fails.
    let options = ssl::WrapSocket::new()
        .read_ahead(true)
        .server_hostname(&outcome.server_name)
        // A connection that ends without close_notify is a failure here.
        .suppress_ragged_eofs(false)
        .do_handshake_on_connect(false);
    let sock = context.wrap_socket(stream, options)?;
    sock.settimeout(deadline.left())?;
    let start = Instant::now();
    let shaken = sock.do_handshake();
    let time = start.elapsed();
    outcome.chain = sock.get_unverified_chain()?;
    shaken?;
    outcome.verified_chain = sock.get_verified_chain()?;
    let (cipher, protocol, bits) = sock.cipher().unwrap_or_default();
    outcome.handshake = Some(Handshake {
        time,
        version: sock.version().unwrap_or_default(),
        cipher,
        cipher_protocol: protocol,
        bits,
        group: sock.group(),
        alpn: sock.selected_alpn_protocol(),
        session_ticket: false,
        closed: false,
    });

    outcome.stage = Stage::Afterwards;
    let closed = await_verdict(&sock, time, deadline)?;
    if let Some(handshake) = &mut outcome.handshake {
        handshake.session_ticket = has_ticket(&sock);
        handshake.closed = closed;
    }
    outcome.stage = Stage::Done;
    // The handshake succeeded; ignore errors of the shutdown.
    let _ = sock
        .settimeout(Some(Duration::from_millis(200)))
        .and_then(|()| sock.unwrap());
    Ok(())
}

/// Waits for the server to accept or reject this client's certificate, or its absence. A TLS 1.3
/// client finishes its handshake before the server has checked the certificate (RFC 8446, section
/// 4.4). A server rejects it with an alert, or by closing or resetting the connection; the next
/// read reports each of them. Returns whether the server closed the connection with `close_notify`.
pub(super) fn await_verdict(
    sock: &ssl::SslSocket,
    handshake_time: Duration,
    deadline: Deadline,
) -> ssl::Result<bool> {
    let start = Instant::now();
    // The server's answer takes a round trip and some computation, like the handshake, so the
    // waiting time depends on the handshake's duration.
    let verdict = (handshake_time * 4).clamp(Duration::from_millis(500), Duration::from_secs(2));
    let judged = || sock.version() != Some("TLSv1.3") || has_ticket(sock);
    let is_over = || start.elapsed() >= if judged() { verdict / 2 } else { verdict };
    while !is_over() && !deadline.has_passed() {
        sock.settimeout(Some(Duration::from_millis(10)))?;
        match sock.recv(1) {
            Ok(data) => return Ok(data.is_empty()),
            // A read does not return when a session ticket arrives, so `is_over` looks for a ticket
            // after each time-out.
            Err(ssl::Error::Timeout(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn has_ticket(sock: &ssl::SslSocket) -> bool {
    sock.session().is_some_and(|session| session.has_ticket())
}
