use std::fs::OpenOptions;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use super::Request;

/// The errors of `accept` if sockets or memory run out: `WSAEMFILE`, `WSAENOBUFS` and
/// `ERROR_NOT_ENOUGH_MEMORY`.
pub(crate) const SHORTAGES: &[i32] = &[10024, 10055, 8];

/// How many files the process may open. Windows has no such limit.
pub(crate) fn file_limit() -> Option<u64> {
    None
}

/// Starts one thread, which calls `handle` with [`Request::Stop`] when the user presses Ctrl-C.
pub(crate) fn on_request(mut handle: impl FnMut(Request) + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(move || handle(Request::Stop)).map_err(io::Error::other)
}

/// Whether [`stop_accepting`] connects to the listener.
pub(crate) const CONNECTION_ENDS_ACCEPT: bool = true;

/// Ends a blocking `accept` in another thread: it accepts this connection.
pub(crate) fn stop_accepting(listener: &TcpListener) {
    let Ok(mut address) = listener.local_addr() else {
        return;
    };
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
            address.set_ip(Ipv4Addr::LOCALHOST.into())
        }
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            address.set_ip(Ipv6Addr::LOCALHOST.into())
        }
        _ => {}
    }
    let _ = TcpStream::connect(address);
}

/// Opens a file that its directory's permissions protect.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
