//! `pyssl scan`: finds the settings that a server accepts.

mod compare;
mod probe;

use std::process::ExitCode;
use std::time::Instant;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{CipherString, Policy};

use crate::args::ScanArgs;
use crate::cmd::ciphers::read_policy;
use crate::failure::{Failure, WithContext};
use crate::report;
use crate::report::scan::{Order, Scan, VersionScan};
use probe::{Offer, Prober};

const VERSIONS: [(TlsVersion, &str); 4] = [
    (TlsVersion::TLSv1_3, "TLS 1.3"),
    (TlsVersion::TLSv1_2, "TLS 1.2"),
    (TlsVersion::TLSv1_1, "TLS 1.1"),
    (TlsVersion::TLSv1, "TLS 1.0"),
];

const TLS13: &str = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:\
                     TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";

/// The registry's names. Groups that this OpenSSL lacks are skipped.
const GROUPS: &[&str] = &[
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "x25519",
    "secp256r1",
    "x448",
    "secp384r1",
    "secp521r1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
    "ffdhe2048",
    "ffdhe3072",
    "ffdhe4096",
    "ffdhe6144",
    "ffdhe8192",
];

const SIGALGS: &[&str] = &[
    "mldsa44",
    "mldsa65",
    "mldsa87",
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ed25519",
    "ed448",
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
    "ecdsa_sha1",
    "rsa_pkcs1_sha1",
];

pub(crate) fn run(args: &ScanArgs) -> Result<ExitCode, Failure> {
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let meant = match &args.ciphers {
        None => None,
        Some(text) => {
            let meant = CipherString::parse(text).and_then(|string| string.resolve());
            Some(meant.map_err(|error| {
                Failure::Usage(report::ciphers::pointed("--ciphers", text, &error))
            })?)
        }
    };
    let scan = scan(args, policy, meant.as_ref())?;
    report::print(|out| {
        if args.json {
            report::scan::json(out, &scan)
        } else {
            report::scan::human(out, &scan)
        }
    })?;
    Ok(ExitCode::from(scan.exit_code()))
}

fn scan(
    args: &ScanArgs,
    policy: Option<Policy>,
    meant: Option<&pyssl_ciphers::cipher::Resolved>,
) -> Result<Scan, Failure> {
    let start = Instant::now();
    let name = args
        .server_name
        .as_deref()
        .unwrap_or(args.address.server_name());
    let mut scanner = Scanner {
        prober: Prober::new(&args.address, name, args.timeout, args.rate),
        certificates: Vec::new(),
        last_error: None,
    };
    let failed = || format!("cannot scan {}", args.address);
    let candidates = candidates().with_context(failed)?;
    let mut versions = Vec::new();
    for (version, label) in VERSIONS {
        versions.push(
            scanner
                .version(version, label, &candidates)
                .with_context(failed)?,
        );
    }
    if versions.iter().all(|v| v.suites.is_empty()) {
        let error = scanner.last_error.take();
        let error = error.unwrap_or_else(|| ssl::Error::Value("it accepts no suite".into()));
        return Err(error).with_context(failed);
    }
    let (groups, group_order) = scanner.groups(&versions).with_context(failed)?;
    let mut scan = Scan {
        groups,
        group_order,
        target: args.address.clone(),
        server_name: name.to_owned(),
        signatures: scanner.signatures(&versions).with_context(failed)?,
        certificates: scanner.certificates,
        connections: scanner.prober.made,
        unanswered: scanner.prober.unanswered,
        time: start.elapsed(),
        versions,
        policy: None,
        deviations: None,
    };
    if let Some(meant) = meant {
        scan.deviations = Some(compare::with_string(&scan, meant));
    }
    if let Some(policy) = policy {
        scan.policy = Some(compare::with_policy(&scan, &policy));
    }
    Ok(scan)
}

/// All suites that this OpenSSL can offer.
fn candidates() -> ssl::Result<Vec<ssl::Cipher>> {
    let all = CipherString::parse("ALL:COMPLEMENTOFALL:@SECLEVEL=0")?.resolve()?;
    let mut suites = all.supported()?;
    suites.retain(|suite| !suite.is_tls13());
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    context.set_ciphersuites(TLS13)?;
    suites.extend(
        context
            .get_ciphers()?
            .into_iter()
            .filter(ssl::Cipher::is_tls13),
    );
    Ok(suites)
}

struct Scanner<'a> {
    prober: Prober<'a>,
    certificates: Vec<ssl::Certificate>,
    last_error: Option<ssl::Error>,
}

impl Scanner<'_> {
    fn ask(&mut self, what: &str, offer: &Offer<'_>) -> ssl::Result<probe::Answer> {
        let mut answer = self.prober.ask(what, offer)?;
        if let Some(leaf) = answer.chain.first() {
            if !self.certificates.contains(leaf) {
                self.certificates.push(leaf.clone());
            }
        }
        if answer.suite.is_none() {
            if let Some(error) = answer.error.take() {
                self.last_error = Some(error);
            }
        }
        Ok(answer)
    }

    /// The suites of a version: removes the server's choice from the offer until the server
    /// refuses.
    fn version(
        &mut self,
        version: TlsVersion,
        label: &'static str,
        candidates: &[ssl::Cipher],
    ) -> ssl::Result<VersionScan> {
        let tls13 = version == TlsVersion::TLSv1_3;
        let fits = |suite: &&ssl::Cipher| {
            suite.is_tls13() == tls13
                && (version >= TlsVersion::TLSv1_2 || suite.protocol != "TLSv1.2")
        };
        let mut left: Vec<_> = candidates.iter().filter(fits).cloned().collect();
        let mut suites = Vec::new();
        let mut completes = false;
        while !left.is_empty() {
            let offer = Offer {
                version,
                suites: &left,
                groups: None,
                sigalg: None,
            };
            let answer = self.ask(label, &offer)?;
            let complete = answer.is_complete();
            let Some(suite) = answer.suite else { break };
            completes |= complete;
            left.retain(|other| other.id != suite.id);
            suites.push(suite);
        }
        let order = if suites.len() < 2 {
            Order::Unknown
        } else {
            let reversed: Vec<_> = suites.iter().rev().cloned().collect();
            let offer = Offer {
                version,
                suites: &reversed,
                groups: None,
                sigalg: None,
            };
            let chosen = self.ask(label, &offer)?.suite.map(|suite| suite.id);
            if chosen == suites.first().map(|suite| suite.id) {
                Order::Server
            } else if chosen == reversed.first().map(|suite| suite.id) {
                Order::Client
            } else {
                Order::Unknown
            }
        };
        Ok(VersionScan {
            version,
            label,
            suites,
            order,
            completes,
        })
    }

    /// The groups for key exchange: removes the server's choice from the offer until the server
    /// refuses.
    fn groups(&mut self, versions: &[VersionScan]) -> ssl::Result<(Vec<String>, Order)> {
        let Some((version, suites)) = for_key_exchange(versions) else {
            return Ok((Vec::new(), Order::Unknown));
        };
        let mut offer = Offer {
            version,
            suites: &suites,
            groups: None,
            sigalg: None,
        };
        // The groups that this OpenSSL knows, found without the server.
        let mut left = Vec::new();
        let probe = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
        for name in GROUPS {
            let known = [*name, openssl_name(name)];
            if let Some(name) = known.iter().find(|name| probe.set_groups(name).is_ok()) {
                left.push((*name).to_owned());
            }
        }
        let (mut found, mut offered) = (Vec::new(), Vec::new());
        while !left.is_empty() {
            offer.groups = Some(left.join(":"));
            let answer = self.ask("groups", &offer)?;
            let Some(group) = answer.group.filter(|_| answer.suite.is_some()) else {
                break;
            };
            let Some(at) = left.iter().position(|name| same_group(name, &group)) else {
                break;
            };
            offered.push(left.remove(at));
            found.push(group);
        }
        let (Some([first, second]), Some(offered)) = (found.get(..2), offered.get(..2)) else {
            return Ok((found, Order::Unknown));
        };
        // Two groups are enough, and the last ones are slow.
        let swapped: Vec<_> = offered.iter().rev().cloned().collect();
        offer.groups = Some(swapped.join(":"));
        let again = self.ask("groups", &offer)?.group;
        let order = if again.as_ref() == Some(first) {
            Order::Server
        } else if again.as_ref() == Some(second) {
            Order::Client
        } else {
            Order::Unknown
        };
        Ok((found, order))
    }

    /// The signature algorithms that the server can use in a handshake.
    fn signatures(&mut self, versions: &[VersionScan]) -> ssl::Result<Vec<(&'static str, String)>> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for scanned in versions {
            if scanned.version < TlsVersion::TLSv1_2 {
                continue;
            }
            let Some((version, suites)) = for_key_exchange(std::slice::from_ref(scanned)) else {
                continue;
            };
            for sigalg in SIGALGS {
                let offer = Offer {
                    version,
                    suites: &suites,
                    groups: None,
                    sigalg: Some(sigalg),
                };
                let answer = self.prober.ask_if_known("signature algorithms", &offer)?;
                if let Some(answer) = answer.filter(probe::Answer::is_complete) {
                    if let Some(leaf) = answer.chain.first() {
                        if !self.certificates.contains(leaf) {
                            self.certificates.push(leaf.clone());
                        }
                    }
                    found.push((scanned.label, (*sigalg).to_owned()));
                }
            }
        }
        Ok(found)
    }
}

/// The newest version that was found, with its suites that use a group and a signature.
fn for_key_exchange(versions: &[VersionScan]) -> Option<(TlsVersion, Vec<ssl::Cipher>)> {
    versions.iter().filter(|v| v.completes).find_map(|scanned| {
        let mut suites = scanned.suites.clone();
        suites.retain(|s| s.is_tls13() || s.kea == Some("kx-ecdhe") && s.auth != Some("auth-null"));
        (!suites.is_empty()).then_some((scanned.version, suites))
    })
}

/// The name for old OpenSSL versions of a group from the registry.
fn openssl_name(group: &str) -> &str {
    match group {
        "x25519" => "X25519",
        "x448" => "X448",
        "secp256r1" => "prime256v1",
        other => other,
    }
}

/// Whether both are names of one group.
fn same_group(a: &str, b: &str) -> bool {
    let plain = |name: &str| match name.to_ascii_lowercase().as_str() {
        "prime256v1" | "p-256" => "secp256r1".to_owned(),
        "p-384" => "secp384r1".to_owned(),
        "p-521" => "secp521r1".to_owned(),
        other => other.replace("tls13", ""),
    };
    plain(a) == plain(b)
}
