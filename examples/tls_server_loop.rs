//! The full server: it binds and listens first, then wraps the listening socket.
//!
//! `cargo run --example tls_server_loop [PORT]`; `tls_client` is its client.

mod certificates;

use std::net::{Ipv4Addr, SocketAddr};

use pyssl as ssl;
use ssl::socket2::{Domain, Socket, Type};

// def start_ssl_server():
fn start_ssl_server(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    // context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2)?;
    // context.load_cert_chain(certfile="server.crt", keyfile="server.key")
    context.load_cert_chain(("server.crt", "server.key"))?;

    // with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0) as sock:
    let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // sock.bind(('localhost', 8443))
    sock.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    // sock.listen(5)
    sock.listen(5)?;

    // with context.wrap_socket(sock, server_side=True) as ssl_sock:
    let ssl_sock = context.wrap_socket(sock, ssl::WrapSocket::new().server_side(true))?;
    // print('Server listening on port 8443...')
    println!("Server listening on port {}...", ssl_sock.getsockname()?);

    // while True:
    loop {
        // conn, addr = ssl_sock.accept()
        let (conn, addr) = ssl_sock.accept()?;
        // print(f'Connected by {addr}')
        println!("Connected by {addr}");
        // try:
        //     data = conn.recv(1024)
        let data = conn.recv(1024)?;
        // if data:
        if !data.is_empty() {
            // print(f'Received: {data.decode()}')
            println!("Received: {}", std::str::from_utf8(&data)?);
            // conn.sendall(b'Hello from server!')
            conn.sendall(b"Hello from server!")?;
        }
        // finally:
        //     conn.close()   -- here, dropping `conn` closes the connection in every case
    }
}

// if __name__ == "__main__":
fn main() -> Result<(), Box<dyn std::error::Error>> {
    certificates::here()?;
    // start_ssl_server()
    start_ssl_server(certificates::port()?)
}
