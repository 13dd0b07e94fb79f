//! Certificates, keys and broken files, made once for all scenarios.

use std::path::Path;
use std::sync::OnceLock;

use pyssl_testing::openssl::bn::BigNum;
use pyssl_testing::openssl::dh::Dh;
use pyssl_testing::openssl::error::ErrorStack;
use pyssl_testing::pki::{KeyKind, PASSWORD};
use pyssl_testing::{Ca, Files, Leaf};

pub(crate) struct Fixtures {
    pub(crate) ca: Ca,
    pub(crate) leaf: Leaf,
    files: Files,
}

/// The fixtures of this process.
pub(crate) fn fixtures() -> &'static Fixtures {
    static MADE: OnceLock<Fixtures> = OnceLock::new();
    MADE.get_or_init(Fixtures::new)
}

impl Fixtures {
    fn new() -> Fixtures {
        let ca = Ca::new();
        let leaf = ca.issue_for(&["localhost", "127.0.0.1"]);
        let files = Files::new(&ca, &leaf);
        Fixtures { ca, leaf, files }
    }

    /// The path of a file that [`Fixtures::write`] or `Files` has made, or that does not exist.
    pub(crate) fn path(&self, name: &str) -> String {
        let path = self.files.dir().join(name);
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// Writes a file and gives its path. Scenarios use names of their own.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        self.files.write(name, content);
        self.path(name)
    }

    /// Makes a directory and gives its path.
    pub(crate) fn directory(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(Path::new(&path)).expect("a directory can be made");
        path
    }

    /// Key and certificate of the leaf in one file, with its chain.
    pub(crate) fn combined(&self) -> String {
        self.path("combined.pem")
    }

    /// The certificate of the authority that issued the leaf.
    pub(crate) fn ca(&self) -> String {
        self.path("ca.pem")
    }

    /// Key, certificate and chain of another leaf, under a name of its own.
    pub(crate) fn write_combined(&self, name: &str, leaf: &Leaf) -> String {
        self.write(name, leaf.combined_pem())
    }

    /// Certificates of different subjects in PEM. Only one is signed. No test checks the
    /// signatures of the others.
    pub(crate) fn many(&self, count: usize) -> String {
        const NUMBER: &str = "0000000000";
        let subject = pyssl_testing::pki::DistinguishedName::new().with("CN", NUMBER);
        let mut der = self.ca.builder().subject(subject).build().der();
        let at = der
            .windows(NUMBER.len())
            .position(|window| window == NUMBER.as_bytes())
            .expect("the subject is in the certificate");
        let numbered = (0..count).map(|number| {
            der[at..at + NUMBER.len()].copy_from_slice(format!("{number:010}").as_bytes());
            pem("CERTIFICATE", &der)
        });
        numbered.collect()
    }
}

/// A block of PEM.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = pyssl_testing::openssl::base64::encode_block(der);
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// Parameters for a Diffie-Hellman key exchange with 2048 bits (RFC 3526), in PEM.
pub(crate) fn dh_params() -> String {
    dh_params_of(BigNum::get_rfc3526_prime_2048())
}

/// Parameters with 1024 bits (RFC 2409), in PEM.
pub(crate) fn weak_dh_params() -> String {
    dh_params_of(BigNum::get_rfc2409_prime_1024())
}

fn dh_params_of(prime: Result<BigNum, ErrorStack>) -> String {
    let prime = prime.expect("OpenSSL has the primes");
    let generator = BigNum::from_u32(2).expect("OpenSSL makes a number");
    let params = Dh::from_pqg(prime, None, generator).expect("prime and generator are enough");
    let pem = params.params_to_pem().expect("parameters have a PEM form");
    String::from_utf8(pem).expect("PEM is ASCII")
}

/// A leaf with this kind of key.
pub(crate) fn leaf_with(kind: KeyKind) -> Leaf {
    fixtures().ca.builder().san("localhost").key(kind).build()
}

/// The password of the encrypted keys.
pub(crate) fn password() -> &'static str {
    PASSWORD
}
