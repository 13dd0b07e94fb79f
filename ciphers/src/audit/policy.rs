//! Compares a whole context with a guideline.

use pyssl::{Result, SslContext, TlsVersion};

use crate::cipher::{Aspect, CertificateFacts, Policy, Report};
use crate::key::ContextCertificate;
use crate::negotiate::{self, Role};

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
