//! Contexts, and pairs of connections in memory.

use pyssl as ssl;
use pyssl_testing::{Ca, Leaf};

/// A client and a server in memory, with four buffers.
pub(crate) struct Pair {
    pub(crate) client: ssl::SslObject,
    pub(crate) server: ssl::SslObject,
    to_server: ssl::MemoryBio,
    from_server: ssl::MemoryBio,
    to_client: ssl::MemoryBio,
    from_client: ssl::MemoryBio,
}

impl Pair {
    pub(crate) fn new(
        client: &ssl::SslContext,
        server: &ssl::SslContext,
        options: impl Into<ssl::WrapBio>,
    ) -> ssl::Result<Pair> {
        Pair::with(client, server, options, ssl::WrapBio::new())
    }

    /// Like `new`, with options for the server too.
    pub(crate) fn with(
        client: &ssl::SslContext,
        server: &ssl::SslContext,
        options: impl Into<ssl::WrapBio>,
        server_options: ssl::WrapBio,
    ) -> ssl::Result<Pair> {
        let bio = ssl::MemoryBio::new;
        let (to_server, from_server, to_client, from_client) = (bio(), bio(), bio(), bio());
        Ok(Pair {
            client: client.wrap_bio(&to_client, &from_client, options)?,
            server: server.wrap_bio(&to_server, &from_server, server_options.server_side(true))?,
            to_server,
            from_server,
            to_client,
            from_client,
        })
    }

    /// Moves the output of each side to the other. False if there was none.
    pub(crate) fn pump(&self) -> bool {
        let (up, down) = (self.from_client.read(None), self.from_server.read(None));
        self.to_server.write(&up).expect("open");
        self.to_client.write(&down).expect("open");
        !up.is_empty() || !down.is_empty()
    }

    /// Does the handshake until both sides have ended, or both wait. Returns the results of both.
    pub(crate) fn handshake(&self) -> (ssl::Result<()>, ssl::Result<()>) {
        let waiting = |r: &ssl::Result<()>| matches!(r, Err(ssl::Error::WantRead(_)));
        let (mut client, mut server) = (Err(None), Err(None));
        loop {
            for (side, outcome) in [(&self.client, &mut client), (&self.server, &mut server)] {
                // Keep the first error of each side, because later calls only report that the connection has failed.
                if matches!(outcome, Err(None)) {
                    let step = side.do_handshake();
                    if !waiting(&step) {
                        *outcome = step.map_err(Some);
                    }
                }
            }
            let moved = self.pump();
            let over = |r: &Result<(), Option<ssl::Error>>| !matches!(r, Err(None));
            if !moved || (over(&client) && over(&server)) {
                let outcome = |r: Result<(), Option<ssl::Error>>, side: &ssl::SslObject| {
                    r.or_else(|error| error.map_or_else(|| side.do_handshake(), Err))
                };
                return (outcome(client, &self.client), outcome(server, &self.server));
            }
        }
    }

    /// Sends data each way. Returns the results of the client's and of the server's read.
    pub(crate) fn exchange(&self) -> [ssl::Result<Vec<u8>>; 2] {
        self.server.write(b"down").expect("the connection is open");
        self.pump();
        let client = self.client.read(100);
        // The write fails if the server has rejected the client. In that case the client's read has already reported
        // the reason.
        let _ = self.client.write(b"up");
        self.pump();
        let server = self.server.read(100);
        self.pump();
        [client, server]
    }

    /// Sends data each way, which both sides must receive.
    pub(crate) fn talk(&self) {
        let heard = self.exchange().map(|read| read.expect("a word"));
        assert_eq!(heard, [b"down".to_vec(), b"up".to_vec()]);
    }

    /// Does a handshake that must succeed on both sides.
    pub(crate) fn connected(self) -> Pair {
        let (client, server) = self.handshake();
        client.expect("the client finishes");
        server.expect("the server finishes");
        self
    }
}

/// A connection in memory with its handshake done, to the name `localhost`.
pub(crate) fn connected(client: &ssl::SslContext, server: &ssl::SslContext) -> Pair {
    Pair::new(client, server, "localhost").unwrap().connected()
}

/// A server context with this certificate.
pub(crate) fn server_context(leaf: &Leaf) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    show(&context, leaf);
    context
}

/// Loads this certificate into a context.
pub(crate) fn show(context: &ssl::SslContext, leaf: &Leaf) {
    let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
    context.load_cert_chain(chain).unwrap();
}

/// Lets a context trust this authority.
pub(crate) fn trust(context: &ssl::SslContext, ca: &Ca) {
    let locations = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context.load_verify_locations(locations).unwrap();
}

/// Lets a server require certificates of this authority.
pub(crate) fn require_certificates(server: &ssl::SslContext, ca: &Ca) {
    server.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
    trust(server, ca);
}

/// A client context that trusts this authority.
pub(crate) fn client_context(ca: &Ca) -> ssl::SslContext {
    let options = ssl::DefaultContext::default().cadata(ca.cert_pem());
    ssl::create_default_context(options).unwrap()
}

/// A client context that verifies nothing.
pub(crate) fn unverified_client() -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.set_check_hostname(false).unwrap();
    context.set_verify_mode(ssl::CERT_NONE).unwrap();
    context
}

/// The outcome of a call on a connection that has failed. OpenSSL 4.0 and later report no reason.
pub(crate) fn after_failure(before_4_0: &'static str) -> &'static str {
    match *ssl::OPENSSL_VERSION_INFO >= (4, 0, 0, 0, 0) {
        true => "SSLEOFError:None",
        false => before_4_0,
    }
}

/// `ok`, or the class and reason of the error.
pub(crate) fn outcome<T>(result: &ssl::Result<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(e) => format!("{}:{}", e.python_class(), e.reason().unwrap_or("None")),
    }
}

/// `ok`, or the class and text of the error, as a traceback ends in Python.
pub(crate) fn told<T>(result: ssl::Result<T>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(e) => format!("{}: {e}", e.python_class()),
    }
}

/// `ok`, or the class of the error.
pub(crate) fn class<T>(result: ssl::Result<T>) -> &'static str {
    result.map_or_else(|e| e.python_class(), |_| "ok")
}

/// The text of the panic of `run`.
pub(crate) fn panic_text<T>(run: impl FnOnce() -> T) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    let panic = caught.err().expect("a panic");
    (*panic.downcast_ref::<&str>().expect("a text")).to_owned()
}
