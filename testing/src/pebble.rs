//! Let's Encrypt's test server, from the Debian package `pebble`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::pki::Ca;
use crate::process::{PATIENCE, Process};

/// An ACME server and its name server, which resolves all names to 127.0.0.1.
#[derive(Debug)]
pub struct Pebble {
    directory: TempDir,
    port: u16,
    management: u16,
    dns_management: u16,
    /// The port on which http-01 challenges are expected.
    pub http_port: u16,
    /// The port on which tls-alpn-01 challenges are expected.
    pub tls_port: u16,
    _processes: [Process; 2],
}

/// The identifier and the key for external account binding.
pub const EAB: (&str, &str) = (
    "kid-1",
    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W",
);

/// A TCP port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Pebble {
    /// Starts the server, or prints that the test is skipped. If `eab` is set, the server requires external account
    /// binding.
    pub fn start_or_skip(eab: bool) -> Option<Pebble> {
        Pebble::start_on(eab, free_port(), free_port())
    }

    /// Like [`start_or_skip`](Self::start_or_skip), for services on these ports.
    pub fn start_on(eab: bool, http_port: u16, tls_port: u16) -> Option<Pebble> {
        let version = Command::new("pebble").arg("-h").output();
        let dns = Command::new("pebble-challtestsrv").arg("-h").output();
        if version.is_err() || dns.is_err() {
            crate::skip::skipped("pebble is not installed (Debian: apt-get install pebble)");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        let ca = Ca::new();
        let leaf = ca.issue_for(&["localhost", "127.0.0.1"]);
        fs::write(file("ca.pem"), ca.cert_pem()).unwrap();
        fs::write(file("cert.pem"), leaf.chain_pem()).unwrap();
        fs::write(file("key.pem"), leaf.key_pem()).unwrap();
        let [port, management, dns_port, dns_management] = [(); 4].map(|()| free_port());
        let (kid, key) = EAB;
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": file("cert.pem"),
            "privateKey": file("key.pem"),
            "httpPort": http_port,
            "tlsPort": tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": eab,
            "externalAccountMACKeys": { kid: key },
        }});
        fs::write(file("config.json"), config.to_string()).unwrap();
        let dns = Process::spawn(
            Command::new("pebble-challtestsrv")
                .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""])
                .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
                .args(["-dns01", &format!("127.0.0.1:{dns_port}")])
                .args(["-management", &format!("127.0.0.1:{dns_management}")]),
        );
        let pebble = Process::spawn(
            Command::new("pebble")
                .arg("-config")
                .arg(file("config.json"))
                .args(["-strict", "-dnsserver", &format!("127.0.0.1:{dns_port}")])
                // Validations are not delayed, and the server refuses no nonce at random.
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_WFE_NONCEREJECT", "0")
                // The server validates the names of each order, even if it has validated them before.
                .env("PEBBLE_AUTHZREUSE", "0"),
        );
        for port in [port, management, dns_management] {
            wait_for(port);
        }
        Some(Pebble {
            directory,
            port,
            management,
            dns_management,
            http_port,
            tls_port,
            _processes: [dns, pebble],
        })
    }

    /// The URL of the directory.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// The CA certificate for the server's own certificate.
    pub fn cafile(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// The root certificate of the certificates that the server issues, PEM.
    pub fn root(&self) -> String {
        let mut tls = openssl::ssl::SslConnector::builder(openssl::ssl::SslMethod::tls()).unwrap();
        tls.set_ca_file(self.cafile()).unwrap();
        let tcp = TcpStream::connect(("127.0.0.1", self.management)).unwrap();
        let mut stream = tls.build().connect("localhost", tcp).unwrap();
        let request = b"GET /roots/0 HTTP/1.0\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    }

    /// A function that adds a TXT record to the name server.
    pub fn txt_setter(&self) -> impl Fn(&str, &str) + Send + 'static {
        let port = self.dns_management;
        move |name, value| {
            let record = serde_json::json!({ "host": format!("{name}."), "value": value });
            post(port, "set-txt", &record);
        }
    }
}

fn post(port: u16, path: &str, body: &serde_json::Value) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "POST /{path} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 "), "{answer}");
}

/// Waits until a port accepts connections.
fn wait_for(port: u16) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < PATIENCE, "nothing listens on port {port}");
        thread::sleep(Duration::from_millis(10));
    }
}
