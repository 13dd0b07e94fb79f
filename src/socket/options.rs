use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use socket2::Socket;

use super::SslSocket;
use crate::constants::{OcspMode, VerifyMode};
use crate::context::{Identity, SslSession};
use crate::engine::{Overrides, override_setters};
use crate::error::Result;
use crate::optional::Optional;
use crate::sealed::{Sealed, seal};

/// The options of [`SslContext::wrap_socket`](crate::SslContext::wrap_socket), with Python's
/// names and defaults.
///
/// | option | default |
/// |---|---|
/// | `server_side` | `false` |
/// | `do_handshake_on_connect` | `true` |
/// | `suppress_ragged_eofs` | `true` |
/// | `read_ahead` (not in Python) | `false` |
/// | `server_hostname` | none |
/// | `session` | none |
#[derive(Debug, Clone)]
pub struct WrapSocket {
    pub(super) server_side: bool,
    pub(super) do_handshake_on_connect: bool,
    pub(super) suppress_ragged_eofs: bool,
    pub(super) read_ahead: bool,
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
            server_hostname: None,
            session: None,
            overrides: Overrides::default(),
        }
    }
}

impl WrapSocket {
    /// A client's socket.
    pub fn new() -> WrapSocket {
        WrapSocket::default()
    }

    /// Whether the socket is a server's.
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

    /// Whether the end of the connection without `close_notify` reads as a normal end. Without
    /// `close_notify` nobody knows whether the peer or an attacker ended the connection.
    #[must_use]
    pub fn suppress_ragged_eofs(mut self, on: bool) -> WrapSocket {
        self.suppress_ragged_eofs = on;
        self
    }

    /// Whether reads take more from the socket than the record that they need: up to 4 KiB. Python
    /// has no such option.
    ///
    /// **Gain.** A small record takes one system call or less in place of two. That makes exchanges of
    /// small messages a few per cent faster. (A stream of records of 1 KiB gets slower: its reader
    /// takes them faster than they are sent, and sleeps more often.)
    ///
    /// **Price.** Records that came along are not in the system's queue any more, so `select` and
    /// `poll` do not tell of them. A program that waits for the descriptor must ask
    /// [`pending`](SslSocket::pending) first, and wait if it is 0. Then `pending` also counts, as one
    /// byte, the end of the stream or an error that came along. Plain bytes that came along with the
    /// peer's `close_notify` stay with the socket: it receives them after [`unwrap`](SslSocket::unwrap),
    /// and the descriptor of [`detach`](SslSocket::detach) does not.
    ///
    /// Without it, a read never takes more than the record that it needs, in any mode: the descriptor
    /// tells what it would tell in Python.
    #[must_use]
    pub fn read_ahead(mut self, on: bool) -> WrapSocket {
        self.read_ahead = on;
        self
    }

    /// The name of the server that a client connects to: sent to it (SNI, RFC 6066), and checked
    /// in its certificate if the context checks host names. A host name or an IP address.
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
    /// A client that names its server, or does not.
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
    note = "an asynchronous stream gives its socket away with `into_std()`, which needs `set_nonblocking(false)`; with the feature `tokio`, the module `pyssl::aio` wraps it as it is",
    note = "for any other transport there is `wrap_bio`, for which the program moves the bytes"
)]
pub trait IntoSocket: Sealed<Socket> {
    /// Whether the type is always a stream. The kind of the other types is asked of the system, which
    /// takes a system call.
    #[doc(hidden)]
    const IS_STREAM: bool = false;

    /// The socket, and what was read from it already.
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
                    let socket = Socket::from(self.as_fd().try_clone_to_owned()?);
                    Ok((socket, Vec::new()))
                }
            }
        )*
    };
}

owned! {
    true: TcpStream, TcpListener, UnixStream, UnixListener
}

owned! {
    false: UdpSocket, OwnedFd, Socket
}

seal!(Socket: SslSocket);

impl IntoSocket for SslSocket {
    const IS_STREAM: bool = true;

    fn into_socket(self) -> Result<(Socket, Vec<u8>)> {
        // Only unwrapped sockets have some: the beginning of the next TLS connection.
        let left_over = self.io.take_left_over();
        Ok((Socket::from(self.detach()?), left_over))
    }
}
