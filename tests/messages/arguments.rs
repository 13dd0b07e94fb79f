// Arguments of wrong types.
use pyssl as ssl;

// A stream that is not from the standard library.
struct TokioStream;

fn sockets(context: &ssl::SslContext) -> ssl::Result<ssl::SslSocket> {
    context.wrap_socket(TokioStream, "example.com")
}

fn reading(sock: &ssl::SslSocket, buffer: &[u8]) -> ssl::Result<usize> {
    sock.connect("example.com:443")?;
    sock.read(buffer)
}

fn two_paths(context: &ssl::SslContext) -> ssl::Result<()> {
    context.load_cert_chain("cert.pem", "key.pem")
}

fn arguments(keyfile: &Option<String>) -> ssl::CertChain {
    ssl::CertChain::new("cert.pem").keyfile(keyfile)
}

fn main() {}
