//! TCP peers that misbehave.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use crate::listener::Listener;
pub use crate::listener::Socket;

/// A TCP server that follows a script instead of speaking TLS. On drop its open connections end, and its threads
/// are joined.
#[derive(Debug)]
pub struct Scripted {
    listener: Listener,
}

impl Scripted {
    /// Accepts, and closes without sending anything (a FIN).
    pub fn closes_at_once() -> Self {
        Self::closes_after(0)
    }

    /// Reads exactly this many bytes, then closes (a FIN).
    pub fn closes_after(bytes: usize) -> Self {
        Self::sends_after(bytes, b"")
    }

    /// Sends these bytes at once, then closes (a FIN).
    pub fn sends(bytes: &[u8]) -> Self {
        Self::sends_after(0, bytes)
    }

    /// Reads exactly this many bytes, sends these, then closes (a FIN).
    pub fn sends_after(count: usize, bytes: &[u8]) -> Self {
        let bytes = bytes.to_vec();
        Self::follows(move |mut socket| {
            discard(&mut socket, count);
            let _ = socket.write_all(&bytes);
            socket.finish();
        })
    }

    /// Waits for data, responds in plain HTTP as a web server does to a TLS client, then closes.
    pub fn speaks_http() -> Self {
        const ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad request";
        Self::sends_after(1, ANSWER)
    }

    /// Accepts and reads, and never answers.
    pub fn never_answers() -> Self {
        Self::follows(|mut socket| discard(&mut socket, usize::MAX))
    }

    /// Reads exactly this many bytes, then resets the connection.
    pub fn resets_after(bytes: usize) -> Self {
        Self::follows(move |mut socket| {
            discard(&mut socket, bytes);
            socket.reset();
        })
    }

    /// Runs any script. The connection ends when the script drops the socket; [`Socket::finish`] and
    /// [`Socket::reset`] choose how.
    pub fn follows<F: Fn(Socket) + Send + Sync + 'static>(script: F) -> Self {
        let listener = Listener::start(move |socket, _| script(socket));
        Self { listener }
    }

    /// The listening address.
    pub fn addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The listening port.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }
}

/// A loopback port that refuses connections during the lifetime of this value: it is bound, so no other process
/// gets it, and it does not listen.
#[derive(Debug)]
pub struct ClosedPort {
    address: SocketAddr,
    _bound: socket2::Socket,
}

/// Finds a port and keeps it closed.
pub fn closed_port() -> ClosedPort {
    let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)
        .expect("a socket can be made");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    bound.bind(&any.into()).expect("a loopback port is free");
    let address = bound.local_addr().ok().and_then(|a| a.as_socket());
    ClosedPort {
        address: address.expect("a bound socket has an address"),
        _bound: bound,
    }
}

impl ClosedPort {
    /// The address of the port.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The port number.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

/// Reads this many bytes, or fewer if the stream ends.
fn discard(socket: &mut Socket, count: usize) {
    let count = u64::try_from(count).expect("a usize fits");
    let _ = io::copy(&mut socket.take(count), &mut io::sink());
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;
    use crate::ClientConfig;

    fn connect(peer: &Scripted) -> TcpStream {
        TcpStream::connect(peer.addr()).unwrap()
    }

    fn read_all(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).map(|_| all)
    }

    #[test]
    fn a_peer_that_closes_at_once_sends_no_reset() {
        let peer = Scripted::closes_at_once();
        let mut stream = connect(&peer);
        stream.write_all(&[0; 1000]).unwrap();
        assert_eq!(read_all(&mut stream).unwrap(), b"");
    }

    #[test]
    fn a_peer_closes_after_the_given_number_of_bytes() {
        let peer = Scripted::closes_after(3);
        let mut stream = connect(&peer);
        stream.write_all(b"abcdef").unwrap();
        assert_eq!(read_all(&mut stream).unwrap(), b"");
    }

    #[test]
    fn a_peer_sends_the_given_bytes() {
        let peer = Scripted::sends(b"220 ready\r\n");
        assert_eq!(read_all(&mut connect(&peer)).unwrap(), b"220 ready\r\n");
    }

    #[test]
    fn a_plain_http_peer_fails_the_handshake() {
        let peer = Scripted::speaks_http();
        let error = ClientConfig::new()
            .connect("localhost", peer.addr())
            .unwrap_err();
        assert!(
            error.to_string().contains("wrong version number"),
            "{error}"
        );
    }

    #[test]
    fn a_peer_can_reset_the_connection() {
        let peer = Scripted::resets_after(4);
        let mut stream = connect(&peer);
        stream.write_all(b"abcd").unwrap();
        assert_eq!(
            read_all(&mut stream).unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
    }

    #[test]
    fn dropping_a_silent_peer_ends_its_connections() {
        let peer = Scripted::never_answers();
        let mut stream = connect(&peer);
        stream.write_all(b"hello").unwrap();
        stream.set_nonblocking(true).unwrap();
        assert_eq!(
            stream.read(&mut [0]).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        stream.set_nonblocking(false).unwrap();
        drop(peer);
        // The connection ends with a FIN, or with a reset if the peer had unread data.
        assert!(read_all(&mut stream).map_or_else(
            |e| e.kind() == ErrorKind::ConnectionReset,
            |all| all.is_empty()
        ));
    }

    #[test]
    fn a_peer_runs_any_script() {
        let peer = Scripted::follows(|mut socket| {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            socket.write_all(&[byte[0] + 1]).unwrap();
            socket.finish();
        });
        let mut stream = connect(&peer);
        stream.write_all(b"a").unwrap();
        assert_eq!(read_all(&mut stream).unwrap(), b"b");
    }

    #[test]
    fn a_closed_port_refuses_connections() {
        let closed = closed_port();
        for _ in 0..2 {
            let error = TcpStream::connect(closed.addr()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        }
    }

    #[test]
    fn a_peer_without_connections_can_be_dropped() {
        drop(Scripted::never_answers());
    }
}
