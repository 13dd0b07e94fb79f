// Names in Python's spelling.
use pyssl as ssl;

fn exceptions(error: ssl::SSLError, context: &ssl::SSLContext) {}

fn attributes(c: &ssl::SslContext) {
    c.check_hostname = false;
}

fn main() {}
