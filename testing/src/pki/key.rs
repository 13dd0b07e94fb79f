//! Private keys.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

/// How many RSA keys of one size a process makes. A test uses them in turn, so that certificates issued one after
/// the other have different keys.
const POOL: usize = 3;

static RSA_2048: [OnceLock<PKey<Private>>; POOL] = [const { OnceLock::new() }; POOL];
static RSA_1024: [OnceLock<PKey<Private>>; POOL] = [const { OnceLock::new() }; POOL];

thread_local! {
    // The number of the next key in the pool, for each thread. libtest runs each test on its own thread, so the keys of
    // a test do not depend on concurrent tests.
    static TURN: RefCell<HashMap<KeyKind, usize>> = RefCell::new(HashMap::new());
}

/// The kind of a certificate's private key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// ECDSA on P-256; made in microseconds.
    #[default]
    EcP256,
    /// ECDSA on P-384.
    EcP384,
    /// RSA with 2048 bits, from a small pool.
    Rsa2048,
    /// RSA with 1024 bits, from a small pool: too weak for OpenSSL's security levels 2 and above.
    Rsa1024,
    /// Ed25519.
    Ed25519,
}

impl KeyKind {
    /// A key of this kind: a new one, or for RSA the next one from the pool.
    pub fn key(self) -> PKey<Private> {
        match self {
            Self::EcP256 => ec(Nid::X9_62_PRIME256V1),
            Self::EcP384 => ec(Nid::SECP384R1),
            Self::Rsa2048 => self.pooled(&RSA_2048, 2048),
            Self::Rsa1024 => self.pooled(&RSA_1024, 1024),
            Self::Ed25519 => PKey::generate_ed25519().expect("OpenSSL makes Ed25519 keys"),
        }
    }

    fn pooled(self, pool: &[OnceLock<PKey<Private>>; POOL], bits: u32) -> PKey<Private> {
        let turn = TURN.with_borrow_mut(|turns| {
            let turn = turns.entry(self).or_insert(0);
            *turn += 1;
            (*turn - 1) % POOL
        });
        pool[turn]
            .get_or_init(|| {
                let rsa = Rsa::generate(bits).expect("OpenSSL makes RSA keys");
                PKey::from_rsa(rsa).expect("an RSA key is a key")
            })
            .clone()
    }
}

fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).expect("OpenSSL knows the NIST curves");
    let key = EcKey::generate(&group).expect("OpenSSL makes keys on the NIST curves");
    PKey::from_ec_key(key).expect("an EC key is a key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_pooled_keys_differ_and_the_pool_is_reused() {
        let keys: Vec<_> = (0..=POOL).map(|_| KeyKind::Rsa1024.key()).collect();
        assert!(keys.windows(2).all(|pair| !pair[0].public_eq(&pair[1])));
        assert!(keys[0].public_eq(&keys[POOL]));
        assert_eq!(keys[0].bits(), 1024);
    }
}
