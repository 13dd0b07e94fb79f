//! [`SocketFile`]: a stream that shares ownership of a socket.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::SslSocket;

/// A stream over a shared socket: Python's `sock.makefile("rwb", buffering=0)`.
///
/// ```python
/// class Client:
///     def __init__(self, sock):
///         self.sock = sock
///         self.file = sock.makefile("rb")
/// ```
/// ```
/// # use pyssl as ssl;
/// use std::io::BufReader;
/// use std::sync::Arc;
///
/// struct Client {
///     sock: Arc<ssl::SslSocket>,
///     file: BufReader<ssl::SocketFile>,
/// }
///
/// impl Client {
///     fn new(sock: ssl::SslSocket) -> Client {
///         let sock = Arc::new(sock);
///         let file = BufReader::new(sock.makefile());
///         Client { sock, file }
///     }
/// }
/// ```
///
/// Rust allows `Read` and `Write` for `&SslSocket`, but not for `Arc<SslSocket>`. A borrowed `&*sock` is enough for
/// a stream that does not outlive the `Arc`; a `SocketFile` can be kept, cloned, and moved to another thread.
///
/// A `SocketFile` has no buffer: put it into a [`BufReader`](io::BufReader) or a
/// [`BufWriter`](io::BufWriter). The socket stays open until its last owner is dropped, as in
/// Python. [`SslSocket::close`] closes it at once, though, where Python waits for its files.
#[derive(Debug, Clone)]
pub struct SocketFile(Arc<SslSocket>);

impl SslSocket {
    /// A stream that shares ownership of the socket; see [`SocketFile`].
    ///
    /// ```python
    /// for line in sock.makefile("r"): print(line)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # use std::io::{BufRead, BufReader};
    /// # use std::sync::Arc;
    /// # fn f(sock: Arc<ssl::SslSocket>) -> std::io::Result<()> {
    /// for line in BufReader::new(sock.makefile()).lines() { println!("{}", line?); }
    /// # Ok(()) }
    /// ```
    #[doc(alias = "try_clone")]
    #[doc(alias = "dup")]
    pub fn makefile(self: &Arc<SslSocket>) -> SocketFile {
        SocketFile(Arc::clone(self))
    }
}

impl SocketFile {
    /// The socket.
    pub fn get_ref(&self) -> &Arc<SslSocket> {
        &self.0
    }
}

impl Read for SocketFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.recv_into(buf)?)
    }
}

impl Write for SocketFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(self.0.send(buf)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
