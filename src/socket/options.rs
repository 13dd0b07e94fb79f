use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use socket2::Socket;

use super::SslSocket;
use crate::constants::{OcspMode, VerifyMode};
use crate::context::{Identity, SslSession};
use crate::engine::{Overrides, override_setters};
use crate::error::Result;
use crate::optional::Optional;
use crate::sealed::{Sealed, seal};
use crate::sys;

/// The options of [`SslContext::wrap_socket`](crate::SslContext::wrap_socket), with Python's names and
/// defaults.
///
/// | option | default |
/// |---|---|
/// | `server_side` | `false` |
/// | `do_handshake_on_connect` | `true` |
/// | `suppress_ragged_eofs` | `true` |
/// | `read_ahead` (not in Python) | `false` |
/// | `busy_poll` (not in Python) | zero |
/// | `server_hostname` | none |
/// | `session` | none |
#[derive(Debug, Clone)]
pub struct WrapSocket {
    pub(super) server_side: bool,
    pub(super) do_handshake_on_connect: bool,
    pub(super) suppress_ragged_eofs: bool,
    pub(super) read_ahead: bool,
    pub(super) busy_poll: Duration,
    pub(super) server_hostname: Option<String>,
    pub(super) session: Option<SslSession>,
    pub(super) overrides: Overrides,
}

impl Default for WrapSocket {
    fn default() -> WrapSocket {
        WrapSocket {
            server_side: false,
            do_handshake_on_connect: true,
            suppress_ragged_eofs: true,
            read_ahead: false,
            busy_poll: Duration::ZERO,
            server_hostname: None,
            session: None,
            overrides: Overrides::default(),
        }
    }
}

impl WrapSocket {
    /// The options of a client without a host name.
    pub fn new() -> WrapSocket {
        WrapSocket::default()
    }

    /// Whether the socket is the server of its connections. By default, it is the client.
    #[must_use]
    pub fn server_side(mut self, on: bool) -> WrapSocket {
        self.server_side = on;
        self
    }

    /// Whether `connect`, `accept` and the wrapping of a connected socket do the handshake.
    #[must_use]
    pub fn do_handshake_on_connect(mut self, on: bool) -> WrapSocket {
        self.do_handshake_on_connect = on;
        self
    }

    /// Whether reads report an end of the connection without `close_notify` as a normal end. Such an end may
    /// have been caused by an attacker instead of the peer.
    #[must_use]
    pub fn suppress_ragged_eofs(mut self, on: bool) -> WrapSocket {
        self.suppress_ragged_eofs = on;
        self
    }

    /// Whether a read takes up to 4 KiB more from the socket than the record that it needs. Not in Python.
    ///
    /// **Advantage.** A small record takes one system call or less instead of two. Exchanges of small messages
    /// become a few per cent faster. (A stream of records of 1 KiB becomes slower: the reader receives
    /// them faster than the peer sends them, and sleeps more often.)
    ///
    /// **Disadvantage.** Records that were read ahead are no longer in the system's receive buffer,
    /// so `select` and `poll` do not report them. A program that waits for the descriptor must
    /// check [`pending`](SslSocket::pending) first, and wait only if it is 0. `pending` then also
    /// counts the end of the stream, or an error, as one byte if it was read ahead. Clear text
    /// after the peer's `close_notify` may be read ahead too. After [`unwrap`](SslSocket::unwrap)
    /// the socket receives this text, but the descriptor of [`detach`](SslSocket::detach) does not.
    ///
    /// Without this option, a read takes only the record that it needs, in any mode, and the descriptor
    /// behaves as in Python.
    #[must_use]
    pub fn read_ahead(mut self, on: bool) -> WrapSocket {
        self.read_ahead = on;
        self
    }

    /// How long a read that needs bytes of the peer polls the socket before it sleeps. Not in
    /// Python. With zero, the default, it sleeps at once.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// use std::time::Duration;
    ///
    /// let options = ssl::WrapSocket::from("localhost").busy_poll(Duration::from_micros(20));
    /// ```
    ///
    /// **Advantage.** If the answer comes within this time, no thread has to be woken, which takes longer than
    /// many answers. With 20 µs on both sides, messages of 64 bytes went to and fro 1.8 times as often on one
    /// computer with two idle cores (row `ping-pong-64B-busy-poll` of `benches/twins`). On another computer, a
    /// prototype of this option reached 6.1 times, with 2.7 times less processor time for each message; resumed
    /// handshakes of TLS 1.2 were 2.5 times as fast there, full ones of TLS 1.3 1.05 times. The gain depends on
    /// how long the system takes to wake a thread.
    ///
    /// **Disadvantage.** The thread uses a processor meanwhile. If other threads need it,
    /// everything becomes slower: a server with eight clients on two cores did 0.79 times as much
    /// work. With ten other programs on these cores, messages went to and fro a quarter as often.
    /// So this option suits programs with few connections, whose threads have cores of their own.
    ///
    /// A time-out and `close` end the polling as they end any wait. Reads of a non-blocking socket
    /// do not poll, and neither do reads in clear text after `unwrap`. The system's option
    /// `SO_BUSY_POLL` is something else: it makes the kernel poll the network card.
    #[must_use]
    pub fn busy_poll(mut self, time: Duration) -> WrapSocket {
        self.busy_poll = time;
        self
    }

    /// The host name or IP address of the server that a client connects to. A host name is sent to the
    /// server (SNI, RFC 6066). If the context checks host names, the certificate must have the name.
    #[must_use]
    pub fn server_hostname(mut self, name: impl Optional<String>) -> WrapSocket {
        self.server_hostname = name.into_option();
        self
    }

    /// A session to resume.
    #[must_use]
    pub fn session(mut self, session: impl Into<Option<SslSession>>) -> WrapSocket {
        self.session = session.into();
        self
    }
}

override_setters!(WrapSocket, "`wrap_socket`");

impl From<&str> for WrapSocket {
    /// A client that names its server.
    fn from(server_hostname: &str) -> WrapSocket {
        WrapSocket::new().server_hostname(server_hostname)
    }
}

impl From<&String> for WrapSocket {
    /// A client that names its server.
    fn from(server_hostname: &String) -> WrapSocket {
        WrapSocket::new().server_hostname(server_hostname)
    }
}

impl From<String> for WrapSocket {
    /// A client that names its server.
    fn from(server_hostname: String) -> WrapSocket {
        WrapSocket::new().server_hostname(server_hostname)
    }
}

impl From<Option<&str>> for WrapSocket {
    /// A client. `None` means that its server has no name to check.
    fn from(server_hostname: Option<&str>) -> WrapSocket {
        WrapSocket::new().server_hostname(server_hostname)
    }
}

impl From<()> for WrapSocket {
    /// Python's defaults.
    fn from((): ()) -> WrapSocket {
        WrapSocket::new()
    }
}

/// A socket that `wrap_socket` takes: one of `std` or `socket2`, or an [`SslSocket`], whose
/// descriptor is used. Other crates cannot implement the trait.
///
/// `wrap_socket` takes over an owned socket. It duplicates the descriptor of a borrowed one, so the
/// original stays as it is if wrapping fails.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wrapped",
    label = "not a socket that `wrap_socket` takes",
    note = "sockets of `std::net`, `std::os::unix::net` and `socket2` can be wrapped, owned or borrowed",
    note = "`into_std()` of an asynchronous stream returns its socket, which then needs `set_nonblocking(false)`; with the feature `tokio`, the module `pyssl::aio` wraps the stream itself",
    note = "for any other transport, use `wrap_bio`: the program then moves the bytes itself"
)]
pub trait IntoSocket: Sealed<Socket> {
    /// Whether the type is always a stream. For the other types, a system call returns the kind of the
    /// socket.
    #[doc(hidden)]
    const IS_STREAM: bool = false;

    /// The socket, and the bytes that were read from it already.
    #[doc(hidden)]
    fn into_socket(self) -> Result<(Socket, Vec<u8>)>;
}

macro_rules! owned {
    ($is_stream:literal: $($ty:ty),*) => {
        $(
            seal!(Socket: $ty, &$ty);

            impl IntoSocket for $ty {
                const IS_STREAM: bool = $is_stream;

                fn into_socket(self) -> Result<(Socket, Vec<u8>)> {
                    Ok((Socket::from(self), Vec::new()))
                }
            }

            impl IntoSocket for &$ty {
                const IS_STREAM: bool = $is_stream;

                fn into_socket(self) -> Result<(Socket, Vec<u8>)> {
                    let socket = Socket::from(sys::duplicate!(self)?);
                    Ok((socket, Vec::new()))
                }
            }
        )*
    };
}

sys::socket_types!(owned);

seal!(Socket: SslSocket);

impl IntoSocket for SslSocket {
    const IS_STREAM: bool = true;

    fn into_socket(self) -> Result<(Socket, Vec<u8>)> {
        // After `unwrap`, bytes may be left over: the beginning of the next TLS connection.
        let left_over = self.io.take_left_over();
        Ok((Socket::from(self.detach()?), left_over))
    }
}
