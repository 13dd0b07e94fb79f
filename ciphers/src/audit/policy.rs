//! Compares a whole context with a guideline.

use openssl::pkey::Id;
use openssl::x509::X509Ref;
use pyssl::{Result, SslContext};

use crate::cipher::{Aspect, CertificateFacts, Policy, Report};
use crate::key::ContextCertificate;
use crate::negotiate::{self, Role};

pub(crate) fn check_policy(context: &SslContext, policy: &Policy, role: Role) -> Result<Report> {
    let settings = context.settings();
    let ciphers = negotiate::without_obstacles(context, role)?;
    let mut report = policy.check(&ciphers, &settings.versions());
    if let Some(groups) = negotiate::groups_on(context)? {
        report.extend(policy.check_groups(&groups));
    }
    if role == Role::Client {
        report.extend(policy.check_nothing(Aspect::Keys));
        report.extend(policy.check_nothing(Aspect::Certificates));
    }
    let held = ContextCertificate::all(&settings)?;
    for held in &held {
        let Ok(key) = held.leaf.public_key() else {
            continue;
        };
        if role == Role::Server {
            if let Some(facts) = facts(&held.leaf) {
                report.extend(policy.check_certificate(&facts));
            }
        }
        let kind = match key.id() {
            Id::RSA | Id::RSA_PSS => "rsa",
            Id::DSA => "dsa",
            Id::EC => "ec",
            // Policies cannot have rules for other key types.
            _ => {
                report.extend(policy.check_nothing(Aspect::Keys));
                continue;
            }
        };
        report.extend(policy.check_key(kind, key.bits()));
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

/// The facts about a certificate that policies have rules for.
fn facts(leaf: &X509Ref) -> Option<CertificateFacts> {
    let key = leaf.public_key().ok()?;
    let kind = match key.id() {
        Id::RSA | Id::RSA_PSS => "rsa",
        Id::EC => "ecdsa",
        Id::DSA => "dsa",
        Id::ED25519 => "ed25519",
        Id::ED448 => "ed448",
        _ => "other",
    };
    let days = leaf.not_before().diff(leaf.not_after()).ok()?.days;
    let signature = leaf.signature_algorithm().object().nid();
    let facts = CertificateFacts::new(
        kind,
        signature.long_name().unwrap_or("unknown"),
        u32::try_from(days).unwrap_or(0),
    );
    let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
    Some(match curve.and_then(|curve| curve.short_name().ok()) {
        Some(curve) => facts.curve(curve),
        None => facts,
    })
}
