//! The `openssl` program: an independent reader of certificates, and `s_server` and `s_client` as peers.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::process::{Output, Process, clean_command};
use crate::skip::skipped;

/// The `openssl` program.
#[derive(Clone, Debug)]
pub struct OpensslBinary {
    executable: PathBuf,
    version: String,
}

/// The `openssl` program: `$PYSSL_ORACLE_OPENSSL`, or the one on the `PATH`. Programs older than 1.1.1, and those of
/// forks such as LibreSSL, are not used.
pub fn openssl_binary() -> Option<&'static OpensslBinary> {
    static FOUND: OnceLock<Option<OpensslBinary>> = OnceLock::new();
    FOUND.get_or_init(find).as_ref()
}

/// The `openssl` program. If there is none, prints that the test is skipped.
/// [`skip_without_openssl!`](crate::skip_without_openssl) calls this.
pub fn openssl_or_skip() -> Option<&'static OpensslBinary> {
    let found = openssl_binary();
    if found.is_none() {
        skipped("no openssl program found (set PYSSL_ORACLE_OPENSSL)");
    }
    found
}

impl OpensslBinary {
    /// The path of the program.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// The output of `openssl version`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs a command of `openssl` with this standard input, and waits until it ends.
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A], input: &[u8]) -> Output {
        let mut process = self.spawn(args);
        process.send(input);
        process.finish()
    }

    /// Starts a command of `openssl`, and does not wait for its end.
    pub fn spawn<A: AsRef<OsStr>>(&self, args: &[A]) -> Process {
        let mut command = clean_command(&self.executable);
        command.args(args);
        Process::spawn(&mut command)
    }

    /// Starts `s_server` on a free port of the loopback interface, and waits until it accepts connections.
    ///
    /// [`Process::line`] reads its output; text sent to its input goes to the client.
    pub fn s_server<A: AsRef<OsStr>>(&self, args: &[A]) -> (Process, SocketAddr) {
        let mut all: Vec<&OsStr> = ["s_server", "-accept", "127.0.0.1:0"]
            .map(OsStr::new)
            .into();
        all.extend(args.iter().map(AsRef::as_ref));
        let mut process = self.spawn(&all);
        loop {
            // "ACCEPT 127.0.0.1:12345"; some releases print "[::]" or "0.0.0.0" as the address.
            if let Some(address) = process.line().strip_prefix("ACCEPT") {
                let port = address
                    .rsplit(':')
                    .next()
                    .and_then(|port| port.trim().parse().ok());
                let port: u16 = port.expect("s_server prints its port");
                return (process, (Ipv4Addr::LOCALHOST, port).into());
            }
        }
    }

    /// Starts `s_client` to this address. Text sent to its input goes to the server.
    pub fn s_client<A: AsRef<OsStr>>(&self, address: SocketAddr, args: &[A]) -> Process {
        let address = address.to_string();
        let mut all: Vec<&OsStr> = ["s_client", "-connect", &address].map(OsStr::new).into();
        all.extend(args.iter().map(AsRef::as_ref));
        self.spawn(&all)
    }
}

fn find() -> Option<OpensslBinary> {
    let given = std::env::var_os("PYSSL_ORACLE_OPENSSL");
    let executable = PathBuf::from(given.unwrap_or_else(|| "openssl".into()));
    let output = clean_command(&executable).arg("version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    let number = version.strip_prefix("OpenSSL ")?;
    let old = ["0.", "1.0.", "1.1.0"]
        .iter()
        .any(|prefix| number.starts_with(prefix));
    (!old).then_some(OpensslBinary {
        executable,
        version,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Ca, ClientConfig, EchoServer, Files};

    #[test]
    fn s_server_serves_our_client() {
        let openssl = crate::skip_without_openssl!();
        let ca = Ca::new();
        let files = Files::new(&ca, &ca.issue("localhost"));
        let paths = [&files.cert, &files.key].map(|path| path.to_str().unwrap());
        let (process, address) = openssl.s_server(&["-cert", paths[0], "-key", paths[1], "-rev"]);
        let mut client = ClientConfig::new()
            .ca(&ca)
            .connect("localhost", address)
            .unwrap();
        client.send(b"abc\n").unwrap();
        assert_eq!(client.receive_exactly(4).unwrap(), b"cba\n");
        process.kill();
    }

    #[test]
    fn s_client_reaches_our_server() {
        let openssl = crate::skip_without_openssl!();
        let ca = Ca::new();
        let files = Files::new(&ca, &ca.issue("localhost"));
        let server = EchoServer::start(&ca.issue("localhost"));
        let ca_file = files.ca.to_str().unwrap();
        let args = [
            "-CAfile",
            ca_file,
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
            "-quiet",
        ];
        let mut process = openssl.s_client(server.addr(), &args);
        process.send(b"hello\n");
        assert_eq!(process.line(), "hello");
        process.kill();
        assert_eq!(server.next_connection().received, b"hello\n");
    }

    #[test]
    fn a_command_receives_standard_input() {
        let openssl = crate::skip_without_openssl!();
        let pem = Ca::new().issue("localhost").cert_pem();
        let text = openssl
            .run(
                &["x509", "-noout", "-ext", "subjectAltName"],
                pem.as_bytes(),
            )
            .expect_success();
        assert!(text.contains("DNS:localhost"), "{text}");
    }
}
