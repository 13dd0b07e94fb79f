// Traits that other crates cannot implement.
use pyssl as ssl;

struct Mine;

impl ssl::IntoSocket for Mine {
    fn into_socket(self) -> ssl::Result<(ssl::socket2::Socket, Vec<u8>)> {
        unimplemented!()
    }
}

impl ssl::ToAddress for Mine {
    fn to_address(&self, _: ssl::socket2::Domain) -> ssl::Result<ssl::socket2::SockAddr> {
        unimplemented!()
    }
}

impl ssl::ReadTarget for Mine {
    type Output = usize;

    fn read_from(self, _: &ssl::SslSocket) -> ssl::Result<usize> {
        unimplemented!()
    }
}

impl ssl::Optional<String> for Mine {
    fn into_option(self) -> Option<String> {
        unimplemented!()
    }
}

fn main() {}
