//! Contexts and certificates.

use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::process::{Child, Command};

use pyssl as ssl;
use pyssl_testing::{Ca, Leaf};
use tokio::net::TcpListener;

pub(crate) fn client(ca: &Ca) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    trust(&context, ca);
    context
}

pub(crate) fn server(leaf: &Leaf) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    show(&context, leaf);
    context
}

pub(crate) fn trust(context: &ssl::SslContext, ca: &Ca) {
    let trusted = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context.load_verify_locations(trusted).unwrap();
}

pub(crate) fn show(context: &ssl::SslContext, leaf: &Leaf) {
    let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
    context.load_cert_chain(chain).unwrap();
}

/// A listener, and its port.
pub(crate) async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port that was free a moment ago, for servers that cannot choose a free port themselves.
pub(crate) fn free_port() -> u16 {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Finds a program in the search path or in one of these directories. If there is none, prints that the test is
/// skipped.
pub(crate) fn program(name: &str, directories: &[&str]) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(directories.iter().map(Into::into))
        .map(|directory| directory.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        pyssl_testing::skipped(format_args!("{name} is not installed"));
    }
    found
}

/// A server process that is killed on drop.
pub(crate) struct Server(pub(crate) Child);

impl Drop for Server {
    fn drop(&mut self) {
        // PostgreSQL ends its processes on SIGQUIT. Redis ends on SIGTERM, even if the tests were started
        // with SIGQUIT ignored, as a shell does for a command in the background.
        for signal in ["-QUIT", "-TERM"] {
            let mut kill = Command::new("kill");
            let _ = kill.args([signal, &self.0.id().to_string()]).status();
        }
        let _ = self.0.wait();
    }
}

/// The TLS error among the causes of an error.
pub(crate) fn tls_error<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a ssl::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<ssl::Error>() {
            return Some(tls);
        }
        let inner = error.downcast_ref::<std::io::Error>();
        let inner = inner.and_then(|error| error.get_ref()?.downcast_ref());
        if inner.is_some() {
            return inner;
        }
        next = error.source();
    }
    None
}
