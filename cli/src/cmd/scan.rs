//! `pyssl scan`: finds the settings that servers accept.

mod chain;
mod clients;
mod compare;
mod features;
mod findings;
mod groups;
mod handshake;
mod parallel;
mod probe;
mod progress;
mod scanner;
mod signatures;

use std::net::ToSocketAddrs;
use std::process::ExitCode;
use std::time::Instant;

use openssl::x509::X509;
use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{CipherString, Policy, Resolved};
use pyssl_ciphers::negotiate::Profile;

use crate::args::{Endpoint, ScanArgs, Target, TrustArgs};
use crate::cmd::ciphers::profiles;
use crate::cmd::policy::read_policy;
use crate::failure::{Failure, WithContext};
use crate::input;
use crate::report;
use crate::report::scan::{ClientCertificate, Job, Order, Outcome, Scan, Signatures, VersionScan};
use chain::Judge;
use handshake::{Encrypted, Versions};
use probe::Prober;
use progress::Progress;
use scanner::{CERTIFICATE, CERTIFICATES, Scanner};

/// How many servers are scanned at the same time.
const SERVERS: usize = 4;

pub(crate) fn run(args: &ScanArgs) -> Result<ExitCode, Failure> {
    let meant = match &args.ciphers {
        None => None,
        Some(text) => {
            let meant = CipherString::parse(text).and_then(|string| string.resolve());
            Some(meant.map_err(|error| {
                Failure::Usage(report::ciphers::pointed("--ciphers", text, &error))
            })?)
        }
    };
    let trust = TrustArgs {
        cafile: args.cafile.clone(),
        capath: args.capath.clone(),
        no_verify: false,
    };
    let wanted = Wanted {
        args,
        policy: args.policy.as_deref().map(read_policy).transpose()?,
        meant,
        profiles: match &args.profiles {
            Some(wanted) => profiles(wanted)?,
            None => Vec::new(),
        },
        judge: Judge::new(&trust)?,
        trust: report::connect::trust_source(&trust),
    };
    let jobs = jobs(args)?;
    let progress = Progress::new(jobs.len());
    let mut outcomes = parallel::in_threads(SERVERS, &jobs, |job| {
        let result = wanted.scan(job, &progress);
        progress.scan_is_done();
        Outcome {
            job: job.clone(),
            result,
            code: 0,
        }
    });
    drop(progress);
    let documents: Vec<_> = outcomes.iter().map(report::scan::document).collect();
    for (outcome, document) in outcomes.iter_mut().zip(&documents) {
        outcome.code = document.exit_code(&args.output);
    }
    let code = report::problems::exit_code(&args.output, &documents);
    if args.output.format.is_none() && matches!(&outcomes[..], [only] if only.result.is_err()) {
        return outcomes.remove(0).result.map(|_| ExitCode::SUCCESS);
    }
    report::print(|out| match (&outcomes[..], args.output.format) {
        (_, Some(format)) => report::problems::write(out, format, &documents),
        (
            [
                Outcome {
                    result: Ok(scan), ..
                },
            ],
            None,
        ) if args.json => report::scan::json(out, scan),
        (
            [
                Outcome {
                    result: Ok(scan), ..
                },
            ],
            None,
        ) => report::scan::human(out, scan),
        (_, None) if args.json => report::scan::json_of_several(out, &outcomes, code),
        (_, None) => report::scan::several(out, &outcomes),
    })?;
    Ok(ExitCode::from(code))
}

/// The servers and the names under which they are scanned.
fn jobs(args: &ScanArgs) -> Result<Vec<Job>, Failure> {
    let mut targets = args.target.clone();
    if let Some(file) = &args.targets {
        let text = input::read_text(file)
            .with_context(|| format!("cannot read the targets in {}", file.display()))?;
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                let target: Target = line.parse().map_err(|error| {
                    let line = number + 1;
                    Failure::Usage(format!("{}, line {line}: {error}", file.display()))
                })?;
                targets.push(target);
            }
        }
    }
    let mut jobs = Vec::new();
    for target in &targets {
        let endpoint = target.endpoint(args.starttls);
        let own = endpoint.address.server_name().to_owned();
        let names = match &args.server_name[..] {
            [] => vec![own],
            names => names.to_vec(),
        };
        for endpoint in addresses(args, endpoint) {
            for name in &names {
                jobs.push(Job {
                    endpoint: endpoint.clone(),
                    server_name: name.clone(),
                });
            }
        }
    }
    if jobs.is_empty() {
        return Err(Failure::Usage("there is no server to scan".to_owned()));
    }
    Ok(jobs)
}

/// All addresses of an endpoint's name, if `--all-addresses` is set. If the name cannot be
/// resolved, the scan reports it.
fn addresses(args: &ScanArgs, endpoint: Endpoint) -> Vec<Endpoint> {
    if !args.all_addresses {
        return vec![endpoint];
    }
    let port = endpoint.address.port;
    let found = (endpoint.address.host.as_str(), port).to_socket_addrs();
    let mut all: Vec<Endpoint> = Vec::new();
    for address in found.into_iter().flatten() {
        let mut one = endpoint.clone();
        one.address.host = crate::net::with_scope(&address);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    match all.is_empty() {
        true => vec![endpoint],
        false => all,
    }
}

/// The settings of the scan of every server.
struct Wanted<'a> {
    args: &'a ScanArgs,
    policy: Option<Policy>,
    meant: Option<Resolved>,
    profiles: Vec<Profile>,
    judge: Judge,
    trust: String,
}

impl Wanted<'_> {
    fn scan(&self, job: &Job, progress: &Progress) -> Result<Scan, Failure> {
        let start = Instant::now();
        let Wanted { args, .. } = self;
        let limits = (args.rate, args.parallel);
        let times = (args.timeout, args.max_time);
        let (endpoint, name) = (&job.endpoint, &job.server_name);
        let prober = Prober::new(endpoint, name, times, limits, progress);
        let scanner = Scanner::new(prober);
        let failed = || format!("cannot scan {endpoint}");
        let mut versions = scanner.versions().with_context(failed)?;
        if versions.iter().all(|version| version.suites.is_empty()) {
            let reason = scanner.prober.first_silence();
            let reason = reason.unwrap_or_else(|| "it accepts no suite of any version".to_owned());
            return Err(Failure::Usage(format!("{}: {reason}", failed())));
        }
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        let on: Vec<&VersionScan> = versions.iter().filter(|v| !v.suites.is_empty()).collect();
        let tls13 = on.iter().any(|v| v.version == TlsVersion::TLSv1_3);
        let (details, rest) = std::thread::scope(|scope| {
            let rest = scope.spawn(|| self.rest(&scanner, &on, tls13));
            let details = parallel::each(&on, |version| details(&scanner, version));
            let join = |panic| std::panic::resume_unwind(panic);
            (details, rest.join().unwrap_or_else(join))
        });
        let rest = rest.with_context(failed)?;
        let mut orders = Vec::new();
        let (mut groups, mut signatures) = (Vec::new(), Vec::new());
        for details in details {
            let (order, found_groups, found_signatures) = details.with_context(failed)?;
            orders.push(order);
            groups.extend(found_groups);
            signatures.extend(found_signatures);
        }
        drop(on);
        let found = versions.iter_mut().filter(|v| !v.suites.is_empty());
        for (version, order) in found.zip(orders) {
            version.order = order;
        }
        scanner.look_for_missing_certificates();
        let nothing = scanner.seen().chains.is_empty();
        if nothing {
            let reason = "no certificate was seen".to_owned();
            scanner.leave_open(CERTIFICATES, reason, CERTIFICATE);
        }
        let seen = std::mem::take(&mut *scanner.seen());
        let mut chains = Vec::new();
        for chain in &seen.chains {
            chains.push(self.judge.judge(chain, name).with_context(failed)?);
        }
        let mut authorities = seen.authorities;
        authorities.extend(rest.encrypted.request.into_iter().flatten());
        authorities.sort_unstable();
        authorities.dedup();
        let (connections, unanswered) = scanner.prober.counts();
        let mut scan = Scan {
            job: job.clone(),
            ssl2: rest.ssl2,
            versions,
            groups,
            signatures,
            chains,
            trust: self.trust.clone(),
            open: seen.open,
            dh: seen.dh,
            client_certificate: ClientCertificate {
                requested: rest.requests_certificate,
                required: rest.requires_certificate,
                authorities: authorities.iter().map(|der| authority(der)).collect(),
            },
            features: rest.features,
            clients: rest.clients,
            clients_must_connect: args
                .profiles
                .as_ref()
                .is_some_and(|names| !names.is_empty()),
            connections,
            unanswered,
            time: start.elapsed(),
            policy: None,
            deviations: None,
            findings: Vec::new(),
        };
        scan.findings = findings::of(&scan);
        let compare = |meant: &Resolved| compare::with_string(&scan, meant);
        scan.deviations = self.meant.as_ref().map(compare);
        let compare = |policy: &Policy| compare::with_policy(&scan, policy);
        scan.policy = self.policy.as_ref().map(compare);
        Ok(scan)
    }

    /// Asks the questions whose answers do not depend on the version.
    fn rest(&self, scanner: &Scanner<'_>, on: &[&VersionScan], tls13: bool) -> ssl::Result<Rest> {
        let prober = &scanner.prober;
        let ssl2 = scanner.ssl2()?;
        let features = features::find(scanner, on)?;
        // TLS 1.3 encrypts certificates, so OpenSSL does the handshake.
        let encrypted = match tls13 {
            true => handshake::encrypted(prober),
            false => Encrypted::default(),
        };
        for chain in &encrypted.chains {
            scanner.keep(chain.clone());
        }
        if let Some(reason) = &encrypted.unknown {
            let part = format!("{CERTIFICATES}, TLS 1.3");
            scanner.leave_open(&part, reason.clone(), CERTIFICATE);
        }
        let x509 =
            |certificate: &ssl::Certificate| X509::from_der(&certificate.to_der().ok()?).ok();
        let chains = encrypted.chains.iter();
        let chains = chains.map(|chain| chain.certificates.iter().filter_map(x509).collect());
        let chains: Vec<Vec<X509>> = chains.collect();
        let in_the_open = scanner.seen().requests_certificate;
        let required = match &encrypted.request {
            Some(_) => handshake::requires_certificate(prober, Versions::Tls13),
            None if in_the_open => handshake::requires_certificate(prober, Versions::Older),
            None => Ok(false),
        };
        let part = "whether a client certificate is required";
        let requires_certificate = scanner.known(part, required);
        Ok(Rest {
            ssl2,
            features,
            requests_certificate: in_the_open || encrypted.request.is_some(),
            requires_certificate,
            encrypted,
            clients: clients::simulate(prober, &self.profiles, &chains)?,
        })
    }
}

/// The answers to the questions that do not depend on the version.
struct Rest {
    ssl2: report::scan::Ssl2,
    features: report::scan::Features,
    encrypted: Encrypted,
    requests_certificate: bool,
    requires_certificate: Option<bool>,
    clients: Vec<report::scan::ClientScan>,
}

type Details = (Order, Option<report::scan::Groups>, Option<Signatures>);

/// The order of suites, the groups and the signatures of a version.
fn details(scanner: &Scanner<'_>, version: &VersionScan) -> ssl::Result<Details> {
    let order = scanner.order(version)?;
    scanner.dh_groups(version)?;
    let groups = scanner.groups(version)?;
    let signatures = scanner.signatures(version, groups.as_ref())?;
    Ok((order, groups, signatures))
}

/// The name of an authority in readable form. `der` is the encoded name from a CertificateRequest.
fn authority(der: &[u8]) -> String {
    let name = openssl::x509::X509Name::from_der(der);
    let Ok(name) = name else {
        return "a name that cannot be read".to_owned();
    };
    let entry = |entry: &openssl::x509::X509NameEntryRef| {
        let key = entry.object().nid().short_name().unwrap_or("?").to_owned();
        let value = entry.data().to_string();
        let value = value.unwrap_or_else(|_| "?".to_owned());
        format!("{key}={value}")
    };
    let entries: Vec<_> = name.entries().map(entry).collect();
    entries.join(", ")
}
