//! Connections on transports that fail.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use pyssl_testing::flood::Message;
use pyssl_testing::{Ca, Files, Flood};

use super::{Config, Connection, Deadline, Step};
use crate::constants::{Options, Protocol, VerifyMode};
use crate::context::SslContext;
use crate::error::Error;
use crate::ffi::bio::{IoMode, Transport};
use crate::ffi::read_buf::ReadBuf;
use crate::hostname::ServerName;
use crate::sys::errno;

/// One end of a pair of queues, which connect two transports. `broken` makes writes fail.
#[derive(Clone, Default)]
pub(super) struct Queues {
    pub(super) incoming: Arc<Mutex<Vec<u8>>>,
    outgoing: Arc<Mutex<Vec<u8>>>,
    broken: Arc<AtomicBool>,
}

impl Queues {
    fn pair() -> (Queues, Queues) {
        let one = Queues::default();
        let other = Queues {
            incoming: Arc::clone(&one.outgoing),
            outgoing: Arc::clone(&one.incoming),
            broken: Arc::default(),
        };
        (one, other)
    }
}

impl Transport for Queues {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let mut incoming = self.incoming.lock().unwrap();
        if incoming.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = buf.put(&incoming);
        incoming.drain(..n);
        Ok(())
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(errno::CUT[1]));
        }
        self.outgoing.lock().unwrap().extend_from_slice(buf);
        Ok(buf.len())
    }
}

/// A transport that reads ahead from the queues.
struct Ahead {
    below: Queues,
    ahead: Vec<u8>,
    mode: IoMode,
}

impl Transport for Ahead {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        if self.ahead.is_empty() {
            let mut below = self.below.incoming.lock().unwrap();
            let n = below.len().min(4000);
            if n == 0 || self.mode == IoMode::BufferOnly {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.ahead.extend(below.drain(..n));
        }
        let n = buf.put(&self.ahead);
        self.ahead.drain(..n);
        Ok(())
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.below.write(buf)
    }

    fn buffered(&self) -> usize {
        self.ahead.len()
    }

    fn set_io_mode(&mut self, mode: IoMode) {
        self.mode = mode;
    }
}

/// A client and a server after the handshake, and the queues of the client's transport.
pub(super) fn connected() -> (Connection, Connection, Queues) {
    static FILES: LazyLock<Files> = LazyLock::new(Files::localhost);
    let server = SslContext::new(Protocol::PROTOCOL_TLS_SERVER).unwrap();
    server.load_cert_chain(&FILES.combined).unwrap();
    let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
    client.load_verify_locations(&FILES.ca).unwrap();
    let (near, far) = Queues::pair();
    let (client, server) = connections(&client, &server, near.clone(), far);
    for side in [&client, &server, &client, &server] {
        side.do_handshake(IoMode::NonBlocking, Deadline::Never)
            .unwrap();
    }
    // Reads the tickets.
    let step = client.read_vec(1, Deadline::Never).unwrap();
    assert!(matches!(step, Step::WantRead));
    (client, server, near)
}

/// A client and a server for `localhost` before the handshake.
fn connections(
    client: &SslContext,
    server: &SslContext,
    near: Queues,
    far: Queues,
) -> (Connection, Connection) {
    let config = Config {
        server_hostname: Some(ServerName::new("localhost").unwrap()),
        ..Config::default()
    };
    let client = Connection::new(client, config, Box::new(near)).unwrap();
    let config = Config {
        server_side: true,
        ..Config::default()
    };
    let server = Connection::new(server, config, Box::new(far)).unwrap();
    (client, server)
}

#[test]
fn an_alert_that_cannot_be_sent_does_not_hide_its_cause() {
    let ca = Ca::new();
    let files = Files::of(&ca.issue("localhost"));
    let server = SslContext::new(Protocol::PROTOCOL_TLS_SERVER).unwrap();
    server.load_cert_chain(&files.combined).unwrap();
    // This client trusts no certificate.
    let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
    let (near, far) = Queues::pair();
    let broken = Arc::clone(&near.broken);
    let (client, server) = connections(&client, &server, near, far);
    for side in [&client, &server] {
        assert!(matches!(
            side.do_handshake(IoMode::NonBlocking, Deadline::Never)
                .unwrap(),
            Step::WantRead
        ));
    }
    broken.store(true, Ordering::Relaxed);
    let error = client
        .do_handshake(IoMode::NonBlocking, Deadline::Never)
        .unwrap_err();
    assert!(matches!(error, Error::CertVerification(_)), "{error:?}");
    // Later calls do not report the transport's old error either.
    let error = client.read_vec(1, Deadline::Never).unwrap_err();
    assert!(matches!(error, Error::Eof(_)), "{error:?}");
}

#[test]
fn each_step_processes_a_bounded_part_of_a_flood() {
    const MESSAGES: usize = 1000;
    for message in Message::ALL {
        let ca = Ca::new();
        let mut server = Flood::new(&ca.issue("localhost"), message);
        let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
        client.set_options(Options::OP_NO_RENEGOTIATION).unwrap();
        client.set_check_hostname(false).unwrap();
        client.set_verify_mode(VerifyMode::CERT_NONE).unwrap();
        let near = Queues::default();
        let client = Connection::new(&client, Config::default(), Box::new(near.clone())).unwrap();
        let answer = |server: &mut Flood| {
            let sent = std::mem::take(&mut *near.outgoing.lock().unwrap());
            near.incoming.lock().unwrap().extend(server.answer(&sent));
        };
        while !client.handshaken() {
            client
                .do_handshake(IoMode::NonBlocking, Deadline::Never)
                .unwrap();
            answer(&mut server);
        }
        let read = || client.read_vec(1, Deadline::Never).unwrap();
        assert!(matches!(read(), Step::WantRead));
        let flood = server.messages(MESSAGES);
        let length = flood.len() / MESSAGES;
        near.incoming.lock().unwrap().extend(flood);
        let left = || near.incoming.lock().unwrap().len();
        let mut steps = 0;
        loop {
            let before = left();
            match read() {
                Step::Again => steps += 1,
                Step::WantRead => break,
                other => panic!("{other:?}"),
            }
            let worked = before - left();
            assert!((1..=65 * length).contains(&worked), "{message:?}: {worked}");
        }
        assert_eq!(left(), 0);
        assert!(steps >= MESSAGES / 65, "{message:?}: {steps}");
    }
}

#[test]
fn draining_consumes_only_the_bytes_that_were_read_ahead() {
    const MESSAGES: usize = 1000;
    let ca = Ca::new();
    let mut server = Flood::new(&ca.issue("localhost"), Message::KeyUpdate);
    let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
    client.set_check_hostname(false).unwrap();
    client.set_verify_mode(VerifyMode::CERT_NONE).unwrap();
    let below = Queues::default();
    let transport = Ahead {
        below: below.clone(),
        ahead: Vec::new(),
        mode: IoMode::NonBlocking,
    };
    let client = Connection::new(&client, Config::default(), Box::new(transport)).unwrap();
    while !client.handshaken() {
        client
            .do_handshake(IoMode::NonBlocking, Deadline::Never)
            .unwrap();
        let sent = std::mem::take(&mut *below.outgoing.lock().unwrap());
        let answer = server.answer(&sent);
        below.incoming.lock().unwrap().extend(answer);
    }
    let read = || client.read_vec(10, Deadline::Never).unwrap();
    assert!(matches!(read(), Step::WantRead));
    let mut flood = server.messages(MESSAGES);
    flood.extend(server.data(b"after it"));
    below.incoming.lock().unwrap().extend(flood);
    let left = || below.incoming.lock().unwrap().len();
    assert!(matches!(read(), Step::Again));
    assert!(client.has_buffered());
    let draining = client.drain();
    let before = left();
    while let Step::Again = read() {}
    assert_eq!(left(), before);
    assert!(!client.has_buffered());
    drop(draining);
    loop {
        match read() {
            Step::Again => {}
            Step::Done(data) => break assert_eq!(data, b"after it"),
            other => panic!("{other:?}"),
        }
    }
}
