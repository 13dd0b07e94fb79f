//! Finds the signature schemes that a server uses.

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::wire::{ClientHello, SIGNATURE_SCHEMES, has_key_share, signature_name};

use super::parallel;
use super::probe::is_refused;
use super::scanner::{Chosen, Scanner};
use crate::report::scan::{Groups, Signatures, VersionScan};

/// Why a scheme is unknown if the server has sent its ServerHello, but neither a signature nor an alert. An alert refuses
/// the offered schemes: some servers notice only after the ServerHello that they cannot use them.
const UNSIGNED: &str = "the server did not sign";

/// Why the schemes are unknown if no offer had a signature. The server signs with other offers.
const ALL_REFUSED: &str = "the server refuses every scheme that was offered";

impl Scanner<'_> {
    /// The signature schemes that the server uses in a version: none below TLS 1.2, where they are
    /// not negotiated.
    pub(super) fn signatures(
        &self,
        version: &VersionScan,
        groups: Option<&Groups>,
    ) -> ssl::Result<Option<Signatures>> {
        let tls13 = version.version == TlsVersion::TLSv1_3;
        let mut suites = version.suites.clone();
        suites.retain(|suite| {
            let ephemeral = matches!(suite.kea, Some("kx-any" | "kx-ecdhe" | "kx-dhe"));
            ephemeral && suite.auth != Some("auth-null")
        });
        if suites.is_empty() || version.version < TlsVersion::TLSv1_2 {
            return Ok(None);
        }
        let mut signatures = Signatures {
            label: version.label,
            names: Vec::new(),
            unknown: None,
        };
        if tls13 {
            let known = groups.map_or(&[][..], |groups| &groups.numbers);
            match known.iter().copied().find(|group| has_key_share(*group)) {
                Some(group) => self.signatures_tls13(&suites, group, &mut signatures)?,
                None => {
                    let text = "no group with which this scan can continue".to_owned();
                    signatures.unknown = Some(text);
                }
            }
            return Ok(Some(signatures));
        }
        // OpenSSL may choose a suite before it looks for a signature scheme for it, and then fails. So the
        // suites of each kind of certificate are offered alone.
        let mut kinds: Vec<Option<&str>> = suites.iter().map(|suite| suite.auth).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let found = parallel::each(kinds, |kind| {
            let mut suites = suites.clone();
            suites.retain(|suite| suite.auth == kind);
            self.signatures_tls12(version.version, &suites)
        });
        for found in found {
            let (names, unknown) = found?;
            for name in names {
                if !signatures.names.contains(&name) {
                    signatures.names.push(name);
                }
            }
            signatures.unknown = signatures.unknown.or(unknown);
        }
        Ok(Some(signatures))
    }

    /// The names of the signature schemes that the server uses with these suites, and why there may
    /// be more. The server's choice is removed from the offer until the server refuses.
    fn signatures_tls12(
        &self,
        version: TlsVersion,
        suites: &[ssl::Cipher],
    ) -> ssl::Result<(Vec<String>, Option<String>)> {
        let mut left: Vec<u16> = SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect();
        let mut names = Vec::new();
        while !left.is_empty() {
            let chosen = self.offer("signatures", version, suites, |hello| {
                with_signatures(hello, &left)
            })?;
            let flight = match chosen {
                Chosen::Suite(_, flight) => flight,
                Chosen::Refused | Chosen::VersionRefused => break,
                Chosen::Unknown(reason) => return Ok((names, Some(reason))),
            };
            let Some(scheme) = flight.signature() else {
                if !is_refused(&flight) {
                    return Ok((names, Some(UNSIGNED.to_owned())));
                }
                break;
            };
            names.push(signature_name(scheme));
            if !left.contains(&scheme) {
                // The server uses this scheme although it was not offered.
                break;
            }
            left.retain(|other| *other != scheme);
        }
        let unknown = names.is_empty().then(|| ALL_REFUSED.to_owned());
        Ok((names, unknown))
    }

    /// The schemes are offered one by one, since a server may choose one with which it cannot sign.
    fn signatures_tls13(
        &self,
        suites: &[ssl::Cipher],
        group: u16,
        signatures: &mut Signatures,
    ) -> ssl::Result<()> {
        // TLS 1.3 handshakes have no signatures with PKCS #1, DSA or SHA-1 (RFC 8446, section
        // 4.2.3).
        let legacy = |scheme: u16| matches!(scheme >> 8, 1..=3) || matches!(scheme & 0xff, 1 | 2);
        let mut schemes = SIGNATURE_SCHEMES.to_vec();
        schemes.retain(|(scheme, _)| *scheme >= 0x0700 || !legacy(*scheme));
        let chosen = parallel::each(&schemes, |(scheme, _)| {
            self.offer("signatures", TlsVersion::TLSv1_3, suites, |hello| {
                let hello = hello.groups(&[group]).key_share(group);
                with_signatures(hello, &[*scheme])
            })
        });
        for chosen in chosen {
            match chosen? {
                Chosen::Suite(_, flight) => match flight.signature().map(signature_name) {
                    // A server may use a scheme that was not offered.
                    Some(name) if signatures.names.contains(&name) => {}
                    Some(name) => signatures.names.push(name),
                    None if is_refused(&flight) => {}
                    None => {
                        signatures
                            .unknown
                            .get_or_insert_with(|| UNSIGNED.to_owned());
                    }
                },
                Chosen::Unknown(reason) => signatures.unknown = Some(reason),
                Chosen::Refused | Chosen::VersionRefused => {}
            }
        }
        if signatures.names.is_empty() {
            signatures
                .unknown
                .get_or_insert_with(|| ALL_REFUSED.to_owned());
        }
        Ok(())
    }
}

/// Offers these schemes for the signature of the handshake, and all for those of certificates. Some
/// servers do not send a certificate whose own signature has a scheme that was not offered.
fn with_signatures(hello: ClientHello, schemes: &[u16]) -> ClientHello {
    let all: Vec<u16> = SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect();
    hello.signatures(schemes).certificate_signatures(&all)
}
