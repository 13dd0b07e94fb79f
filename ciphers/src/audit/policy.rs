//! Compares a whole context with a guideline.

use pyssl::{Options, Result, SslContext, TlsVersion};

use crate::cipher::{Aspect, CertificateFacts, Feature, Policy, Report};
use crate::key::ContextCertificate;
use crate::negotiate::{self, Role};

/// `SSL_OP_NO_EXTENDED_MASTER_SECRET`, for which Python has no name.
const NO_EXTENDED_MASTER_SECRET: Options = Options::from_bits_retain(0x1);

pub(crate) fn check_policy(context: &SslContext, policy: &Policy, role: Role) -> Result<Report> {
    let settings = context.settings();
    let ciphers = negotiate::without_obstacles(context, role)?;
    let mut report = policy.check(&ciphers, &settings.versions());
    if let Some(groups) = negotiate::groups_on(context)? {
        report.extend(policy.check_groups(&groups));
    } else {
        // The sizes of groups are compared with the rules on keys.
        report.leave_open(policy, Aspect::Keys);
    }
    if let Some(schemes) = negotiate::signatures_on(context)? {
        report.extend(policy.check_signatures(&schemes));
    }
    // Before TLS 1.2, the signature scheme is not negotiated.
    let mut versions = settings.versions().into_iter();
    if versions.any(|version| version < TlsVersion::TLSv1_2) {
        report.leave_open(policy, Aspect::Signatures);
    }
    report.extend(features(policy, context.options(), &settings.versions()));
    if role == Role::Client {
        report.extend(policy.check_nothing(Aspect::Keys));
        report.extend(policy.check_nothing(Aspect::Certificates));
    }
    let held = ContextCertificate::all(&settings)?;
    for held in &held {
        let facts = CertificateFacts::of(&crate::key::certificate(&held.leaf)?)?;
        if role == Role::Server {
            report.extend(policy.check_certificate(&facts));
        }
        report.extend(policy.check_certificate_key(&facts));
    }
    if let Some(bits) = settings.dh_bits() {
        report.extend(policy.check_key("dh", bits));
    }
    if role == Role::Server && held.is_empty() {
        report.leave_open(policy, Aspect::Keys);
        report.leave_open(policy, Aspect::Certificates);
    }
    Ok(report)
}

/// Compares the features of versions before TLS 1.3.
fn features(policy: &Policy, options: Options, versions: &[TlsVersion]) -> Report {
    if !versions
        .iter()
        .any(|version| *version < TlsVersion::TLSv1_3)
    {
        return policy.check_nothing(Aspect::Features);
    }
    let extended = !options.contains(NO_EXTENDED_MASTER_SECRET);
    let mut known = vec![
        (Feature::ExtendedMasterSecret, extended),
        // OpenSSL always supports secure renegotiation (SSL_CTX_set_options(3), "Secure renegotiation").
        (Feature::SecureRenegotiation, true),
    ];
    // Without the option, compression depends on how OpenSSL was built.
    if options.contains(Options::OP_NO_COMPRESSION) {
        known.push((Feature::Compression, false));
    }
    policy.check_features(&known)
}
