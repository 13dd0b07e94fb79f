use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::thread;

use rustix::process::{Resource, getrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use socket2::SockRef;

use super::Request;

/// The errors of `accept` if descriptors or memory run out.
pub(crate) const SHORTAGES: &[i32] = &[libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];

/// How many files the process may open.
pub(crate) fn file_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Starts one thread, which calls `handle` for each signal. SIGTERM and SIGINT are [`Request::Stop`].
/// SIGHUP is [`Request::Reload`], but it is `Stop` if the terminal was closed.
pub(crate) fn on_request(mut handle: impl FnMut(Request) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let had_terminal = has_terminal();
    let wait = move || {
        for signal in signals.forever() {
            // The kernel also sends SIGHUP when the terminal is closed.
            handle(match signal {
                SIGHUP if had_terminal == has_terminal() => Request::Reload,
                _ => Request::Stop,
            });
        }
    };
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(wait).map(drop)
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

/// Whether [`stop_accepting`] connects to the listener.
pub(crate) const CONNECTION_ENDS_ACCEPT: bool = false;

/// Ends a blocking `accept` in another thread.
pub(crate) fn stop_accepting(listener: &TcpListener) {
    let _ = SockRef::from(listener).shutdown(Shutdown::Both);
}

/// Opens a file so that only its owner can read it, if it is created.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}
