//! Finds the groups that a server accepts.

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::wire::{ServerFlight, group_name, groups};

use super::probe::is_refused;
use super::scanner::{Chosen, Scanner};
use crate::report::scan::{Groups, Order, VersionScan};

/// The groups that current clients prefer: hybrids with ML-KEM, X25519, P-256, X448, P-384 and
/// P-521.
const USUAL_GROUPS: [u16; 8] = [4588, 4587, 4589, 29, 23, 30, 24, 25];

impl Scanner<'_> {
    /// The groups that the server accepts in a version: removes the server's choice from the offer until the server refuses.
    /// None if no suite of the version uses a group.
    pub(super) fn groups(&self, version: &VersionScan) -> ssl::Result<Option<Groups>> {
        let mut suites = version.suites.clone();
        suites.retain(|suite| matches!(suite.kea, Some("kx-any" | "kx-ecdhe" | "kx-ecdhe-psk")));
        if suites.is_empty() || version.version == TlsVersion::SSLv3 {
            return Ok(None);
        }
        let mut left: Vec<u16> = groups().collect();
        left.sort_by_key(|group| {
            let usual = USUAL_GROUPS.iter().position(|usual| usual == group);
            usual.unwrap_or(USUAL_GROUPS.len())
        });
        let mut found: Vec<u16> = Vec::new();
        let mut unknown = None;
        // Below TLS 1.3, a server can use an EC certificate only if the client offers the
        // certificate's curve as a group (RFC 8422, section 5.1). So if the server refuses the
        // remaining groups, they are offered again, followed by one of the groups that were found.
        // A group that the server does not choose in such an offer is not negotiated with any
        // client.
        let curves = version.version < TlsVersion::TLSv1_3;
        let curves = curves && suites.iter().any(|suite| suite.auth == Some("auth-ecdsa"));
        let mut behind: Option<usize> = None;
        loop {
            let last = behind.and_then(|at| found.get(at)).copied();
            let offered: Vec<u16> = left.iter().copied().chain(last).collect();
            let chosen = self.offer("groups", version.version, &suites, |hello| {
                hello.groups(&offered)
            })?;
            let group = match chosen {
                Chosen::Suite(_, flight) => match group_of(&flight) {
                    None if is_refused(&flight) => last,
                    // The answer has no ServerKeyExchange, or a curve without a name.
                    None => {
                        unknown = Some("the server names no group".to_owned());
                        break;
                    }
                    group => group,
                },
                Chosen::Refused | Chosen::VersionRefused => last,
                Chosen::Unknown(reason) => {
                    unknown = Some(reason);
                    break;
                }
            };
            match group {
                Some(group) if left.contains(&group) => {
                    left.retain(|other| *other != group);
                    found.push(group);
                }
                // The server accepts none of the remaining groups.
                group if group == last => {
                    let next = behind.map_or(0, |at| at + 1);
                    if !curves || next >= found.len() {
                        break;
                    }
                    behind = Some(next);
                }
                _ => {
                    unknown = Some("the server names no group that was offered".to_owned());
                    break;
                }
            }
        }
        if found.is_empty() {
            unknown.get_or_insert_with(|| {
                "the server refuses every group that was offered".to_owned()
            });
        }
        let order = self.order_of_groups(version, &suites, &found)?;
        Ok(Some(Groups {
            label: version.label,
            numbers: found.clone(),
            names: found.into_iter().map(group_name).collect(),
            order,
            unknown,
        }))
    }

    /// The side whose order of groups decides. The first two groups are enough to find it.
    fn order_of_groups(
        &self,
        version: &VersionScan,
        suites: &[ssl::Cipher],
        found: &[u16],
    ) -> ssl::Result<Order> {
        let [first, second, ..] = *found else {
            return Ok(Order::Unknown);
        };
        let swapped: Vec<u16> = [second, first]
            .into_iter()
            .chain(found[2..].to_vec())
            .collect();
        let chosen = self.offer("groups", version.version, suites, |hello| {
            hello.groups(&swapped)
        })?;
        let Chosen::Suite(_, flight) = chosen else {
            return Ok(Order::Unknown);
        };
        Ok(match group_of(&flight) {
            Some(group) if group == first => Order::Server,
            Some(group) if group == second => Order::Client,
            _ => Order::Unknown,
        })
    }
}

/// The number of the group that the server chose for the key exchange.
fn group_of(flight: &ServerFlight) -> Option<u16> {
    let exchange = flight.key_exchange().and_then(|exchange| exchange.group);
    exchange.or(flight.hello().and_then(|hello| hello.group))
}
