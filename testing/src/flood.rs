//! A TLS 1.2 or 1.3 server in memory that sends messages without application data.

use std::ffi::{c_int, c_void};
use std::io::{self, Read, Write};

use openssl::ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslRef, SslStream, SslVersion};

use crate::Leaf;

unsafe extern "C" {
    fn SSL_key_update(ssl: *mut c_void, kind: c_int) -> c_int;
    fn SSL_new_session_ticket(ssl: *mut c_void) -> c_int;
    fn SSL_renegotiate(ssl: *mut c_void) -> c_int;
}

/// A transport in memory: the bytes from the client, and those to the client.
#[derive(Debug, Default)]
struct Wire {
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.incoming.len().min(buf.len());
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buf[..n].copy_from_slice(&self.incoming[..n]);
        self.incoming.drain(..n);
        Ok(n)
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The kind of message to flood the client with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// TLS 1.3: the server updates its keys.
    KeyUpdate,
    /// TLS 1.3: the server updates its keys and requests the client to update its own.
    KeyUpdateRequest,
    /// TLS 1.3: a session ticket.
    Ticket,
    /// TLS 1.2: a request to renegotiate.
    HelloRequest,
}

impl Message {
    /// Every kind of message.
    pub const ALL: [Message; 4] = [
        Message::KeyUpdate,
        Message::KeyUpdateRequest,
        Message::Ticket,
        Message::HelloRequest,
    ];

    fn version(self) -> SslVersion {
        match self {
            Message::HelloRequest => SslVersion::TLS1_2,
            _ => SslVersion::TLS1_3,
        }
    }
}

/// A TLS server in memory.
#[derive(Debug)]
pub struct Flood {
    tls: SslStream<Wire>,
    message: Message,
}

impl Flood {
    /// Creates a server that negotiates the protocol version to which this message belongs. It has not sent anything
    /// yet.
    pub fn new(identity: &Leaf, message: Message) -> Flood {
        let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
        context.set_certificate(identity.cert()).unwrap();
        context.set_private_key(identity.key()).unwrap();
        let version = Some(message.version());
        context.set_min_proto_version(version).unwrap();
        context.set_max_proto_version(version).unwrap();
        let ssl = Ssl::new(&context.build()).unwrap();
        Flood {
            tls: SslStream::new(ssl, Wire::default()).unwrap(),
            message,
        }
    }

    /// Continues the handshake with the bytes from the client. Returns the bytes to send.
    pub fn answer(&mut self, received: &[u8]) -> Vec<u8> {
        self.tls.get_mut().incoming.extend_from_slice(received);
        match self.tls.accept() {
            Ok(()) => {}
            Err(error) if error.code() == ErrorCode::WANT_READ => {}
            Err(error) => panic!("{error}"),
        }
        self.take()
    }

    /// Whether the handshake is over.
    pub fn is_connected(&self) -> bool {
        self.tls.ssl().is_init_finished()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.tls.get_mut().outgoing)
    }

    /// Returns the records of this many messages.
    pub fn messages(&mut self, count: usize) -> Vec<u8> {
        let ssl = std::ptr::from_ref::<SslRef>(self.tls.ssl())
            .cast_mut()
            .cast::<c_void>();
        for _ in 0..count {
            // SAFETY: the connection is alive and used by this thread only; a `SslRef` is at the address of its
            // `SSL`.
            let begun = unsafe {
                match self.message {
                    Message::KeyUpdate => SSL_key_update(ssl, 0),
                    Message::KeyUpdateRequest => SSL_key_update(ssl, 1),
                    Message::Ticket => SSL_new_session_ticket(ssl),
                    Message::HelloRequest => SSL_renegotiate(ssl),
                }
            };
            assert_eq!(begun, 1, "{:?}", self.message);
            self.tls.do_handshake().unwrap();
        }
        self.take()
    }

    /// Returns a record of application data.
    pub fn data(&mut self, data: &[u8]) -> Vec<u8> {
        self.tls.write_all(data).unwrap();
        self.take()
    }

    /// Returns the record of a close_notify alert.
    pub fn close_notify(&mut self) -> Vec<u8> {
        let _ = self.tls.shutdown();
        self.take()
    }

    /// Decrypts the application data that the client sent.
    pub fn received(&mut self, sealed: &[u8]) -> Vec<u8> {
        self.tls.get_mut().incoming.extend_from_slice(sealed);
        let mut data = Vec::new();
        let mut buf = [0; 1024];
        loop {
            match self.tls.ssl_read(&mut buf) {
                Ok(n) => data.extend_from_slice(&buf[..n]),
                Err(error) if error.code() == ErrorCode::WANT_READ => return data,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
