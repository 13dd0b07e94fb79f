//! The client: it wraps a socket before connecting it.
//!
//! `cargo run --example tls_client [PORT]`, beside a running `tls_server`.
//!
//! The Python program loads a certificate authority, but a context made with `PROTOCOL_TLSv1_2`
//! does not verify (`verify_mode` is `CERT_NONE`), so **any server is accepted**.
//! `start_ssl_client` is its exact port. Use `start_verifying_client` instead.

mod certificates;

use pyssl as ssl;
use ssl::socket2::{Domain, Socket, Type};

// def start_ssl_client():
fn start_ssl_client(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    // context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2)?;
    // context.load_verify_locations(cafile="ca_cert.pem")
    context.load_verify_locations("ca_cert.pem")?;

    // with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
    let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // with context.wrap_socket(sock, server_hostname='localhost') as ssl_sock:
    let ssl_sock = context.wrap_socket(sock, "localhost")?;
    // ssl_sock.connect(('localhost', 8443))
    ssl_sock.connect(("localhost", port))?;
    // ssl_sock.sendall(b'Hello from client!')
    ssl_sock.sendall(b"Hello from client!")?;
    // data = ssl_sock.recv(1024)
    let data = ssl_sock.recv(1024)?;
    // print(f'Received: {data.decode()}')
    println!("Received: {}", std::str::from_utf8(&data)?);
    Ok(())
}

/// Like `start_ssl_client`, but verifies the server's certificate and name.
fn start_verifying_client(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    // context = ssl.create_default_context(cafile="ca_cert.pem")
    let context = ssl::create_default_context("ca_cert.pem")?;

    let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let ssl_sock = context.wrap_socket(sock, "localhost")?;
    ssl_sock.connect(("localhost", port))?;
    ssl_sock.sendall(b"Hello from client!")?;
    let data = ssl_sock.recv(1024)?;
    println!("Received: {}, verified", std::str::from_utf8(&data)?);
    Ok(())
}

// if __name__ == "__main__":
fn main() -> Result<(), Box<dyn std::error::Error>> {
    certificates::here()?;
    let port = certificates::port()?;
    // start_ssl_client()
    start_ssl_client(port)?;
    start_verifying_client(port)
}
