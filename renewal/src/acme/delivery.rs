//! The certificate that the server delivers, and facts about a stored one.

use std::net::IpAddr;
use std::time::SystemTime;

use openssl::pkey::{PKeyRef, Private};
use openssl::x509::{X509, X509Ref};

use super::challenge::base64url;
use super::error::AcmeError;
use super::schedule;
use crate::time::system_time;

/// The certificate of a file, without its chain.
pub(super) struct Leaf {
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
    /// The unique identifier of a certificate (RFC 9773, section 4.1): key identifier of the issuer, and serial number.
    pub(super) identifier: Option<[String; 2]>,
    /// The place in the window of the renewal, from 0 to 1 ([`share`](schedule::share)).
    pub(super) share: f64,
    names: Vec<String>,
}

impl Leaf {
    pub(super) fn of(chain: &[u8]) -> Result<Leaf, AcmeError> {
        let chain = X509::stack_from_pem(chain)?;
        let unusable = || AcmeError::Certificate("there is no certificate".to_owned());
        let leaf = chain.first().ok_or_else(unusable)?;
        Ok(Leaf {
            not_before: system_time(leaf.not_before())?,
            not_after: system_time(leaf.not_after())?,
            identifier: identifier(leaf),
            share: schedule::share(&leaf.to_der()?),
            names: names(leaf),
        })
    }

    /// Whether the certificate has all of these names.
    pub(super) fn covers(&self, domains: &[String]) -> Result<(), AcmeError> {
        let missing = |domain: &&String| !self.names.contains(&normal(domain));
        match domains.iter().find(missing) {
            None => Ok(()),
            Some(domain) => Err(AcmeError::Certificate(format!("it is not for {domain}"))),
        }
    }
}

/// Checks that the server has delivered what was ordered. The dates are not checked here: if this clock is wrong,
/// the certificate is kept, and used when it is valid.
pub(super) fn check(
    chain: &[u8],
    key: &PKeyRef<Private>,
    domains: &[String],
) -> Result<Leaf, AcmeError> {
    let unusable = |text: &str| AcmeError::Certificate(text.to_owned());
    let certificates = X509::stack_from_pem(chain).map_err(|_| unusable("it is not PEM"))?;
    let leaf = certificates
        .first()
        .ok_or_else(|| unusable("the answer has no certificate"))?;
    if !leaf.public_key()?.public_eq(key) {
        return Err(unusable("it has another key"));
    }
    let leaf = Leaf::of(chain)?;
    leaf.covers(domains)?;
    Ok(leaf)
}

fn names(leaf: &X509Ref) -> Vec<String> {
    let names = leaf.subject_alt_names();
    let names = names.iter().flatten();
    let names = names.filter_map(|name| {
        let address = || match name.ipaddress()? {
            bytes if bytes.len() == 4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
            bytes => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        };
        let address = || address().map(|address| address.to_string());
        name.dnsname().map(str::to_ascii_lowercase).or_else(address)
    });
    names.collect()
}

/// Returns a name in the form of `names`.
fn normal(domain: &str) -> String {
    match domain.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => domain.to_ascii_lowercase(),
    }
}

fn identifier(leaf: &X509Ref) -> Option<[String; 2]> {
    let issuer = leaf.authority_key_id()?;
    let serial = leaf.serial_number().to_bn().ok()?.to_vec();
    // The number is the content of its DER form, which has a zero byte before a first bit of 1.
    let sign: &[u8] = match serial.first() {
        Some(first) if first & 0x80 == 0 => &[],
        _ => &[0],
    };
    Some([
        base64url(issuer.as_slice()),
        base64url(&[sign, &serial].concat()),
    ])
}
