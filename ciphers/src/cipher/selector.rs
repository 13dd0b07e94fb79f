//! The suites that a name in a cipher string selects.
//!
//! A suite has one key exchange, one authentication, one cipher, one MAC, a strength class and the
//! protocol that defined it. A name constrains some of these properties; a suite must satisfy all
//! names that are joined by `+`. The values of the bits are not those of OpenSSL.

use super::Cipher;

/// Values of one property of suites, one bit for each value. 0 means that the property may have any
/// value.
pub(super) type Bits = u32;

pub(super) mod kx {
    use super::Bits;
    pub(in super::super) const RSA: Bits = 1;
    pub(in super::super) const DHE: Bits = 1 << 1;
    pub(in super::super) const ECDHE: Bits = 1 << 2;
    pub(in super::super) const PSK: Bits = 1 << 3;
    pub(in super::super) const RSA_PSK: Bits = 1 << 4;
    pub(in super::super) const DHE_PSK: Bits = 1 << 5;
    pub(in super::super) const ECDHE_PSK: Bits = 1 << 6;
    pub(in super::super) const SRP: Bits = 1 << 7;
    pub(in super::super) const GOST: Bits = 1 << 8;
    pub(in super::super) const GOST18: Bits = 1 << 9;
}

pub(super) mod auth {
    use super::Bits;
    pub(in super::super) const RSA: Bits = 1;
    pub(in super::super) const DSS: Bits = 1 << 1;
    pub(in super::super) const NULL: Bits = 1 << 2;
    pub(in super::super) const ECDSA: Bits = 1 << 3;
    pub(in super::super) const PSK: Bits = 1 << 4;
    pub(in super::super) const SRP: Bits = 1 << 5;
    pub(in super::super) const GOST01: Bits = 1 << 6;
    pub(in super::super) const GOST12: Bits = 1 << 7;
}

pub(super) mod enc {
    use super::Bits;
    pub(in super::super) const NULL: Bits = 1;
    pub(in super::super) const DES: Bits = 1 << 1;
    pub(in super::super) const DES3: Bits = 1 << 2;
    pub(in super::super) const RC4: Bits = 1 << 3;
    pub(in super::super) const RC2: Bits = 1 << 4;
    pub(in super::super) const IDEA: Bits = 1 << 5;
    pub(in super::super) const SEED: Bits = 1 << 6;
    pub(in super::super) const AES128: Bits = 1 << 7;
    pub(in super::super) const AES256: Bits = 1 << 8;
    pub(in super::super) const AES128_GCM: Bits = 1 << 9;
    pub(in super::super) const AES256_GCM: Bits = 1 << 10;
    pub(in super::super) const AES128_CCM: Bits = 1 << 11;
    pub(in super::super) const AES256_CCM: Bits = 1 << 12;
    pub(in super::super) const AES128_CCM8: Bits = 1 << 13;
    pub(in super::super) const AES256_CCM8: Bits = 1 << 14;
    pub(in super::super) const CAMELLIA128: Bits = 1 << 15;
    pub(in super::super) const CAMELLIA256: Bits = 1 << 16;
    pub(in super::super) const CHACHA20: Bits = 1 << 17;
    pub(in super::super) const ARIA128: Bits = 1 << 18;
    pub(in super::super) const ARIA256: Bits = 1 << 19;
    pub(in super::super) const GOST89: Bits = 1 << 20;
    pub(in super::super) const GOST89_12: Bits = 1 << 21;
    pub(in super::super) const MAGMA: Bits = 1 << 22;
    pub(in super::super) const KUZNYECHIK: Bits = 1 << 23;
}

pub(super) mod mac {
    use super::Bits;
    pub(in super::super) const MD5: Bits = 1;
    pub(in super::super) const SHA1: Bits = 1 << 1;
    pub(in super::super) const SHA256: Bits = 1 << 2;
    pub(in super::super) const SHA384: Bits = 1 << 3;
    pub(in super::super) const AEAD: Bits = 1 << 4;
    pub(in super::super) const GOST94: Bits = 1 << 5;
    pub(in super::super) const GOST89: Bits = 1 << 6;
    pub(in super::super) const GOST89_12: Bits = 1 << 7;
    pub(in super::super) const GOST12: Bits = 1 << 8;
    pub(in super::super) const OTHER: Bits = 1 << 9;
}

/// Strength classes. A suite may have several: `HIGH` and `FIPS`.
pub(super) mod strong {
    use super::Bits;
    pub(in super::super) const NONE: Bits = 1;
    pub(in super::super) const LOW: Bits = 1 << 1;
    pub(in super::super) const MEDIUM: Bits = 1 << 2;
    pub(in super::super) const HIGH: Bits = 1 << 3;
    pub(in super::super) const FIPS: Bits = 1 << 4;
}

/// The properties of a suite, or those that a name requires.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) kx: Bits,
    pub(super) auth: Bits,
    pub(super) enc: Bits,
    pub(super) mac: Bits,
    pub(super) strong: Bits,
    /// Whether only suites that `DEFAULT` leaves out are selected.
    pub(super) not_default: bool,
    pub(super) protocol: Option<&'static str>,
    /// The index in the library's list, if the selector is the name of a single suite.
    pub(super) suite: Option<u16>,
    /// The suites that a name selects, if this crate has no table entry for the name.
    pub(super) listed: Option<Box<[u16]>>,
}

impl Selector {
    /// The properties that OpenSSL's description of a suite states.
    pub(super) fn of_suite(cipher: &Cipher) -> Selector {
        Selector {
            kx: kx_bits(cipher.kea),
            auth: auth_bits(cipher.auth),
            enc: enc_bits(cipher),
            mac: mac_bits(cipher),
            protocol: Some(cipher.protocol),
            ..Selector::default()
        }
    }

    /// Whether a suite with these properties is selected.
    pub(super) fn selects(&self, index: u16, suite: &Selector) -> bool {
        let meets = |wanted: Bits, has: Bits| wanted == 0 || wanted & has != 0;
        self.suite.is_none_or(|only| only == index)
            && meets(self.kx, suite.kx)
            && meets(self.auth, suite.auth)
            && meets(self.enc, suite.enc)
            && meets(self.mac, suite.mac)
            && meets(self.strong, suite.strong)
            && (!self.not_default || suite.not_default)
            && self.protocol.is_none_or(|p| suite.protocol == Some(p))
            && self.listed.as_ref().is_none_or(|l| l.contains(&index))
    }

    /// Adds the next name of a conjunction; `None` if OpenSSL gives up because two names
    /// exclude each other.
    ///
    /// As in OpenSSL, a suite's name selects that suite only as the last name. Before another name
    /// it selects all suites with the same algorithms. A strength class cancels an earlier
    /// `COMPLEMENTOFDEFAULT` ([`Selector::forgets_default`]).
    pub(super) fn and(mut self, next: &Selector) -> Option<Selector> {
        let join = |have: &mut Bits, next: Bits| {
            *have = match (*have, next) {
                (have, 0) => have,
                (0, next) => next,
                (have, next) => have & next,
            };
            next == 0 || *have != 0
        };
        let first_class = self.strong == 0 && next.strong != 0;
        let compatible = join(&mut self.kx, next.kx)
            && join(&mut self.auth, next.auth)
            && join(&mut self.enc, next.enc)
            && join(&mut self.mac, next.mac)
            && join(&mut self.strong, next.strong);
        if !compatible {
            return None;
        }
        if first_class {
            self.not_default = false;
        }
        self.not_default |= next.not_default;
        self.suite = next.suite;
        if next.suite.is_none() {
            match (self.protocol, next.protocol) {
                (Some(a), Some(b)) if a != b => return None,
                (None, p) => self.protocol = p,
                _ => {}
            }
        }
        if let Some(listed) = &next.listed {
            self.listed = Some(match self.listed {
                None => listed.clone(),
                Some(have) => have
                    .iter()
                    .copied()
                    .filter(|i| listed.contains(i))
                    .collect(),
            });
        }
        Some(self)
    }

    /// Whether joining `next` drops the condition that `COMPLEMENTOFDEFAULT` set before.
    pub(super) fn forgets_default(&self, next: &Selector) -> bool {
        self.not_default && self.strong == 0 && next.strong != 0 && !next.not_default
    }
}

fn kx_bits(kea: Option<&str>) -> Bits {
    match kea {
        Some("kx-rsa") => kx::RSA,
        Some("kx-dhe") => kx::DHE,
        Some("kx-ecdhe") => kx::ECDHE,
        Some("kx-psk") => kx::PSK,
        Some("kx-rsa-psk") => kx::RSA_PSK,
        Some("kx-dhe-psk") => kx::DHE_PSK,
        Some("kx-ecdhe-psk") => kx::ECDHE_PSK,
        Some("kx-srp") => kx::SRP,
        Some("kx-gost") => kx::GOST,
        Some("kx-gost18") => kx::GOST18,
        _ => 0,
    }
}

fn auth_bits(auth: Option<&str>) -> Bits {
    match auth {
        Some("auth-rsa") => auth::RSA,
        Some("auth-dss") => auth::DSS,
        Some("auth-null") => auth::NULL,
        Some("auth-ecdsa") => auth::ECDSA,
        Some("auth-psk") => auth::PSK,
        Some("auth-srp") => auth::SRP,
        Some("auth-gost01") => auth::GOST01,
        Some("auth-gost12") => auth::GOST12,
        // GOST suites accept two kinds of authentication. OpenSSL has no name for both.
        None => auth::GOST01 | auth::GOST12,
        Some(_) => 0,
    }
}

fn enc_bits(cipher: &Cipher) -> Bits {
    let short_tag = ["CCM8", "CCM_8", "CCM_8_SHA256"];
    let short_tag = short_tag.iter().any(|end| cipher.name.ends_with(end));
    match cipher.symmetric {
        None => enc::NULL,
        Some("des-cbc") => enc::DES,
        Some("des-ede3-cbc") => enc::DES3,
        Some("rc4") => enc::RC4,
        Some("rc2-cbc") => enc::RC2,
        Some("idea-cbc") => enc::IDEA,
        Some("seed-cbc") => enc::SEED,
        Some("aes-128-cbc") => enc::AES128,
        Some("aes-256-cbc") => enc::AES256,
        Some("aes-128-gcm") => enc::AES128_GCM,
        Some("aes-256-gcm") => enc::AES256_GCM,
        Some("aes-128-ccm") if short_tag => enc::AES128_CCM8,
        Some("aes-256-ccm") if short_tag => enc::AES256_CCM8,
        Some("aes-128-ccm") => enc::AES128_CCM,
        Some("aes-256-ccm") => enc::AES256_CCM,
        Some("camellia-128-cbc" | "camellia-128-gcm") => enc::CAMELLIA128,
        Some("camellia-256-cbc" | "camellia-256-gcm") => enc::CAMELLIA256,
        Some("chacha20-poly1305") => enc::CHACHA20,
        Some("aria-128-gcm" | "aria-128-cbc") => enc::ARIA128,
        Some("aria-256-gcm" | "aria-256-cbc") => enc::ARIA256,
        Some("gost89-cnt") => enc::GOST89,
        Some("gost89-cnt-12") => enc::GOST89_12,
        Some("magma-ctr-acpkm" | "magma-mgm") => enc::MAGMA,
        Some("kuznyechik-ctr-acpkm" | "kuznyechik-mgm") => enc::KUZNYECHIK,
        // This crate does not know the cipher. It gets a bit that no name requires.
        Some(_) => 1 << 31,
    }
}

fn mac_bits(cipher: &Cipher) -> Bits {
    match cipher.digest {
        _ if cipher.aead => mac::AEAD,
        Some("md5") => mac::MD5,
        Some("sha1") => mac::SHA1,
        Some("sha256") => mac::SHA256,
        Some("sha384") => mac::SHA384,
        Some("md_gost94") => mac::GOST94,
        Some("gost-mac") => mac::GOST89,
        Some("gost-mac-12") => mac::GOST89_12,
        Some("md_gost12_256") => mac::GOST12,
        _ => mac::OTHER,
    }
}
