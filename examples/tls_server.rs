//! The simple server: it wraps a socket before binding it, then binds, listens and accepts.
//!
//! `cargo run --example tls_server [PORT]`; `tls_client` is its client.

mod certificates;

use pyssl as ssl;
use ssl::socket2::{Domain, Socket, Type};

fn serve(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    // context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2)?;

    // context.load_cert_chain(certfile="server.crt", keyfile="server.key")
    context.load_cert_chain(("server.crt", "server.key"))?;

    // sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // ssl_sock = context.wrap_socket(sock, server_side=True)
    let ssl_sock = context.wrap_socket(sock, ssl::WrapSocket::new().server_side(true))?;

    // ssl_sock.bind(('localhost', 8443))
    ssl_sock.bind(("localhost", port))?;
    // ssl_sock.listen(5)
    ssl_sock.listen(5)?;

    // print('Server listening on port 8443...')
    println!("Server listening on port {}...", ssl_sock.getsockname()?);

    // while True:
    loop {
        // conn, addr = ssl_sock.accept()
        let (conn, addr) = ssl_sock.accept()?;
        // print(f'Connected by {addr}')
        println!("Connected by {addr}");
        // data = conn.recv(1024)
        let data = conn.recv(1024)?;
        // if data:
        if !data.is_empty() {
            // print(f'Received: {data.decode()}')
            println!("Received: {}", std::str::from_utf8(&data)?);
            // conn.sendall(b'Hello from server!')
            conn.sendall(b"Hello from server!")?;
        }
        // conn.close()
        conn.close();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    certificates::here()?;
    serve(certificates::port()?)
}
