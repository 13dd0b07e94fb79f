use std::net::IpAddr;

use pyssl::TlsVersion;

/// `TLS_EMPTY_RENEGOTIATION_INFO_SCSV` (RFC 5746), for SSL 3.0, which has no extensions.
const RENEGOTIATION_SCSV: u16 = 0x00ff;

/// The longest record (RFC 8446, section 5.1).
const MOST_IN_RECORD: usize = 1 << 14;

/// A ClientHello with exactly the offer that was set, for one version of the protocol unless
/// [`also`](ClientHello::also) adds older ones.
///
/// In TLS 1.3, the message has no key share unless [`key_share`](ClientHello::key_share) adds one.
/// A server then answers with a HelloRetryRequest, which names the suite and the group that it has
/// chosen (RFC 8446, section 4.2.8).
#[derive(Debug, Clone)]
pub struct ClientHello {
    version: TlsVersion,
    older: Vec<TlsVersion>,
    suites: Vec<u16>,
    groups: Vec<u16>,
    signatures: Vec<u16>,
    certificate_signatures: Vec<u16>,
    key_share: Option<u16>,
    server_name: Option<String>,
    alpn: Vec<String>,
    compression: bool,
    session_ticket: bool,
    ocsp_response: bool,
}

impl ClientHello {
    /// Offers suites in this version.
    pub fn new(version: TlsVersion, suites: &[u16]) -> ClientHello {
        ClientHello {
            version,
            older: Vec::new(),
            suites: suites.to_vec(),
            groups: super::groups().collect(),
            signatures: super::SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect(),
            certificate_signatures: Vec::new(),
            key_share: None,
            server_name: None,
            alpn: Vec::new(),
            compression: false,
            session_ticket: false,
            ocsp_response: false,
        }
    }

    /// Also offers these versions, which must be older.
    #[must_use]
    pub fn also(mut self, older: &[TlsVersion]) -> ClientHello {
        self.older = older.to_vec();
        self
    }

    /// Offers these application protocols, in order (ALPN, RFC 7301).
    #[must_use]
    pub fn alpn<S: AsRef<str>>(mut self, protocols: &[S]) -> ClientHello {
        self.alpn = protocols.iter().map(|p| p.as_ref().to_owned()).collect();
        self
    }

    /// Offers compression with DEFLATE (RFC 3749), which TLS 1.3 forbids.
    #[must_use]
    pub fn compression(mut self) -> ClientHello {
        self.compression = true;
        self
    }

    /// Asks for a session ticket (RFC 5077).
    #[must_use]
    pub fn session_ticket(mut self) -> ClientHello {
        self.session_ticket = true;
        self
    }

    /// Asks for an OCSP response (RFC 6066, section 8).
    #[must_use]
    pub fn ocsp_response(mut self) -> ClientHello {
        self.ocsp_response = true;
        self
    }

    /// Offers these groups, in order; by default all groups of the TLS registry are offered.
    #[must_use]
    pub fn groups(mut self, groups: &[u16]) -> ClientHello {
        self.groups = groups.to_vec();
        self
    }

    /// Offers these signature schemes, in order; by default
    /// [`SIGNATURE_SCHEMES`](super::SIGNATURE_SCHEMES).
    #[must_use]
    pub fn signatures(mut self, signatures: &[u16]) -> ClientHello {
        self.signatures = signatures.to_vec();
        self
    }

    /// Offers these schemes for the signatures of certificates (RFC 8446, section 4.2.3). By default,
    /// the signature schemes of the handshake also apply to certificates.
    #[must_use]
    pub fn certificate_signatures(mut self, signatures: &[u16]) -> ClientHello {
        self.certificate_signatures = signatures.to_vec();
        self
    }

    /// Sends the server's name (SNI); an IP address is not sent (RFC 6066, section 3).
    #[must_use]
    pub fn server_name(mut self, name: &str) -> ClientHello {
        let is_address = name.parse::<IpAddr>().is_ok();
        self.server_name = (!is_address && !name.is_empty()).then(|| name.to_owned());
        self
    }

    /// Adds a key share for a group for which [there is one](has_key_share), so that a server of
    /// TLS 1.3 answers with its ServerHello and its encrypted messages.
    #[must_use]
    pub fn key_share(mut self, group: u16) -> ClientHello {
        self.key_share = Some(group);
        self
    }

    /// The message in records, with these random bytes.
    pub fn to_bytes(&self, random: &[u8; 32]) -> Vec<u8> {
        let message = self.message(random);
        let ssl3 = self.version == TlsVersion::SSLv3;
        let mut out = Vec::with_capacity(message.len() + 5);
        for part in message.chunks(MOST_IN_RECORD) {
            out.extend([22, 3, u8::from(!ssl3)]);
            vector(&mut out, 2, part);
        }
        out
    }

    fn message(&self, random: &[u8; 32]) -> Vec<u8> {
        let tls13 = self.version == TlsVersion::TLSv1_3;
        let mut body = Vec::new();
        number(&mut body, legacy_version(self.version));
        body.extend(random);
        // A session id makes TLS 1.3 servers use the middlebox compatibility mode (RFC 8446,
        // appendix D.4).
        vector(&mut body, 1, if tls13 { random } else { &[] });
        let ssl3 = self.version == TlsVersion::SSLv3;
        let scsv = ssl3.then_some(RENEGOTIATION_SCSV);
        let suites = self.suites.iter().copied().chain(scsv);
        vector(&mut body, 2, &numbers(suites));
        vector(&mut body, 1, if self.compression { &[1, 0] } else { &[0] });
        if !ssl3 {
            vector(&mut body, 2, &self.extensions());
        }
        let mut message = vec![1];
        vector(&mut message, 3, &body);
        message
    }

    fn extensions(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut extension = |kind: u16, body: &[u8]| {
            number(&mut out, kind);
            vector(&mut out, 2, body);
        };
        if let Some(name) = &self.server_name {
            let mut entry = vec![0];
            vector(&mut entry, 2, name.as_bytes());
            extension(0, &with_length(2, &entry));
        }
        if !self.groups.is_empty() {
            let groups = numbers(self.groups.iter().copied());
            extension(10, &with_length(2, &groups));
        }
        if self.version >= TlsVersion::TLSv1_2 {
            let signatures = numbers(self.signatures.iter().copied());
            extension(13, &with_length(2, &signatures));
            if !self.certificate_signatures.is_empty() {
                let signatures = numbers(self.certificate_signatures.iter().copied());
                extension(50, &with_length(2, &signatures));
            }
        }
        if self.ocsp_response {
            extension(5, &[1, 0, 0, 0, 0]);
        }
        if !self.alpn.is_empty() {
            let mut names = Vec::new();
            for name in &self.alpn {
                vector(&mut names, 1, name.as_bytes());
            }
            extension(16, &with_length(2, &names));
        }
        if self.session_ticket {
            extension(35, &[]);
        }
        let tls13 = self.version == TlsVersion::TLSv1_3;
        if !tls13 || !self.older.is_empty() {
            // The extensions ec_point_formats (uncompressed only), extended_master_secret and
            // renegotiation_info.
            extension(11, &[1, 0]);
            extension(23, &[]);
            extension(0xff01, &[0]);
        }
        if tls13 {
            let older = self.older.iter().copied().map(legacy_version);
            let versions = numbers([0x0304].into_iter().chain(older));
            extension(43, &with_length(1, &versions));
            extension(45, &[1, 1]);
            let mut shares = Vec::new();
            if let Some(group) = self.key_share {
                number(&mut shares, group);
                vector(&mut shares, 2, &share(group).unwrap_or_default());
            }
            extension(51, &with_length(2, &shares));
        }
        out
    }
}

/// The number of a version in the body of a hello. For TLS 1.3, it is the number of TLS 1.2.
pub(super) fn legacy_version(version: TlsVersion) -> u16 {
    match version {
        TlsVersion::SSLv3 => 0x0300,
        TlsVersion::TLSv1 => 0x0301,
        TlsVersion::TLSv1_1 => 0x0302,
        _ => 0x0303,
    }
}

/// Whether [`ClientHello::key_share`] has a key share for a group.
pub fn has_key_share(group: u16) -> bool {
    share(group).is_some()
}

/// A public key of a group. It is the group's generator, so the private key is 1. Such a share
/// protects nothing, but no handshake is finished with it.
fn share(group: u16) -> Option<Vec<u8>> {
    let hex = |text: &str| -> Vec<u8> {
        let digits = text.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        [4].into_iter().chain(digits.filter_map(byte)).collect()
    };
    // `first` encodes a small number in little-endian order (RFC 7748), `last` in big-endian order
    // (RFC 8446, section 4.2.8.1).
    let first = |value, length| {
        let mut bytes = vec![0; length];
        bytes[0] = value;
        bytes
    };
    let last = |value, length| {
        let mut bytes = first(0, length);
        bytes[length - 1] = value;
        bytes
    };
    Some(match group {
        23 => hex(P256),
        24 => hex(P384),
        25 => hex(P521),
        29 => first(9, 32),
        30 => first(5, 56),
        256 => last(2, 256),
        257 => last(2, 384),
        258 => last(2, 512),
        259 => last(2, 768),
        260 => last(2, 1024),
        _ => return None,
    })
}

/// The secret that a key share of [`share`] and the server's key share have in common. The private key
/// is 1, so it is the server's public key, of which curves use the first coordinate (RFC 8446, section
/// 7.4). `None` if the server's key share has the wrong length.
pub(super) fn shared_secret(group: u16, server: &[u8]) -> Option<&[u8]> {
    let own = share(group)?;
    if server.len() != own.len() {
        return None;
    }
    match group {
        23..=25 => server.get(1..=own.len() / 2),
        _ => Some(server),
    }
}

/// The generators of the curves (SEC 2), without the leading byte for "uncompressed".
const P256: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                    4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const P384: &str = "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38\
                    5502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29\
                    f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";
const P521: &str = "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d\
                    3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5\
                    bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17\
                    273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be9476\
                    9fd16650";

fn number(out: &mut Vec<u8>, number: u16) {
    out.extend(number.to_be_bytes());
}

fn numbers(all: impl Iterator<Item = u16>) -> Vec<u8> {
    all.flat_map(u16::to_be_bytes).collect()
}

/// Appends the length of the bytes, and the bytes.
fn vector(out: &mut Vec<u8>, length_bytes: usize, bytes: &[u8]) {
    let length = bytes.len().to_be_bytes();
    out.extend(&length[length.len() - length_bytes..]);
    out.extend(bytes);
}

fn with_length(length_bytes: usize, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    vector(&mut out, length_bytes, bytes);
    out
}

#[cfg(test)]
mod tests {
    use openssl::bn::BigNumContext;
    use openssl::ec::{EcGroup, PointConversionForm};
    use openssl::nid::Nid;

    use super::*;

    #[test]
    fn key_shares_of_nist_curves_are_the_generator_points() {
        let mut context = BigNumContext::new().unwrap();
        for (group, curve) in [
            (23, Nid::X9_62_PRIME256V1),
            (24, Nid::SECP384R1),
            (25, Nid::SECP521R1),
        ] {
            let curve = EcGroup::from_curve_name(curve).unwrap();
            let form = PointConversionForm::UNCOMPRESSED;
            let generator = curve
                .generator_opt()
                .unwrap()
                .to_bytes(&curve, form, &mut context);
            assert_eq!(share(group), Some(generator.unwrap()), "{group}");
        }
        assert!(!has_key_share(4588));
    }
}
