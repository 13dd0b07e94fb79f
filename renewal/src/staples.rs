//! The OCSP responses that the server staples.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use openssl::asn1::Asn1GeneralizedTimeRef;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{
    OcspBasicResponse, OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspResponseStatus,
};
use openssl::stack::Stack;
use openssl::x509::X509Ref;
use openssl::x509::store::X509StoreBuilder;
use pyssl::SslContext;

use crate::check::Checked;
use crate::error::ReloadError;

/// The tolerated difference of clocks, in seconds.
const SKEW: u32 = 5 * 60;

/// The responses. The key is the certificate in DER.
#[derive(Clone, Default)]
pub(crate) struct Staples(Arc<RwLock<HashMap<Vec<u8>, Staple>>>);

/// A response that has passed the checks.
#[derive(Clone)]
pub(crate) struct Staple {
    der: Vec<u8>,
    /// The start of the response's validity.
    #[cfg_attr(
        not(feature = "ocsp"),
        expect(dead_code, reason = "only `fetch_ocsp` reads it")
    )]
    pub(crate) this_update: SystemTime,
    pub(crate) next_update: Option<SystemTime>,
}

impl Staples {
    /// Makes the context staple these responses.
    pub(crate) fn install(&self, context: &SslContext) -> pyssl::Result<()> {
        let staples = self.clone();
        context.set_ocsp_server_callback(move |request| {
            Ok(staples.get(&request.certificate().to_der()?))
        })
    }

    pub(crate) fn insert(&self, leaf: &X509Ref, staple: Staple) -> Result<(), ErrorStack> {
        let der = leaf.to_der()?;
        let mut staples = self.0.write().unwrap_or_else(PoisonError::into_inner);
        staples.insert(der, staple);
        Ok(())
    }

    /// The response for a certificate, even if it has expired.
    #[cfg(feature = "ocsp")]
    pub(crate) fn staple(&self, leaf: &X509Ref) -> Option<Staple> {
        let der = leaf.to_der().ok()?;
        let staples = self.0.read().unwrap_or_else(PoisonError::into_inner);
        staples.get(&der).cloned()
    }

    /// Forgets the responses of other certificates than these.
    pub(crate) fn keep<'a>(&self, leaves: impl Iterator<Item = &'a X509Ref>) {
        let kept: Vec<Vec<u8>> = leaves.filter_map(|leaf| leaf.to_der().ok()).collect();
        let mut staples = self.0.write().unwrap_or_else(PoisonError::into_inner);
        staples.retain(|leaf, _| kept.contains(leaf));
    }

    /// The response for a certificate, unless it has expired.
    fn get(&self, leaf: &[u8]) -> Option<Vec<u8>> {
        let staples = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let staple = staples.get(leaf)?;
        let expired = staple
            .next_update
            .is_some_and(|time| time < SystemTime::now());
        (!expired).then(|| staple.der.clone())
    }
}

impl Staple {
    /// Checks a response as a client would (RFC 6960, section 3.2).
    pub(crate) fn check(
        source: &Path,
        der: &[u8],
        certificate: &Checked,
    ) -> Result<Staple, ReloadError> {
        let refused = |message: &str| ReloadError::OcspResponse {
            path: source.to_owned(),
            message: message.to_owned(),
        };
        let stack = |stack: ErrorStack| ReloadError::OcspResponse {
            path: source.to_owned(),
            message: reason(&stack),
        };
        let response =
            OcspResponse::from_der(der).map_err(|_| refused("it is not an OCSP response"))?;
        if response.status() != OcspResponseStatus::SUCCESSFUL {
            return Err(refused("the OCSP response has an error status"));
        }
        let basic = response.basic().map_err(stack)?;
        let Some(issuer) = certificate.issuer() else {
            return Err(refused(
                "the issuer of the certificate is neither in the chain nor in the roots",
            ));
        };
        verify(&basic, certificate, issuer).map_err(stack)?;
        let ids = [
            MessageDigest::sha1(),
            MessageDigest::sha256(),
            MessageDigest::sha384(),
            MessageDigest::sha512(),
        ]
        .map(|digest| OcspCertId::from_cert(digest, certificate.leaf(), issuer));
        let mut ids = ids.into_iter().flatten();
        let found = ids.find_map(|id| {
            let status = basic.find_status(&id)?;
            let times = (
                time(status.this_update),
                status.next_update().and_then(time),
            );
            let valid = status.check_validity(SKEW, None).is_ok();
            Some((status.status, valid, times))
        });
        let Some((status, valid, (this_update, next_update))) = found else {
            return Err(refused("the OCSP response is for another certificate"));
        };
        if !valid {
            return Err(refused(
                "the OCSP response has expired, or is not valid yet",
            ));
        }
        match status {
            OcspCertStatus::GOOD => {}
            OcspCertStatus::REVOKED => return Err(refused("the certificate has been revoked")),
            _ => return Err(refused("the responder does not know the certificate")),
        }
        Ok(Staple {
            der: der.to_vec(),
            this_update: this_update.unwrap_or_else(SystemTime::now),
            next_update,
        })
    }
}

/// Verifies the signature: the issuer's, or that of a responder whose certificate the issuer has signed.
fn verify(
    basic: &OcspBasicResponse,
    certificate: &Checked,
    issuer: &X509Ref,
) -> Result<(), ErrorStack> {
    /// `OCSP_PARTIAL_CHAIN`, which the openssl crate lacks. With this flag, the issuer may be an
    /// intermediate certificate.
    const PARTIAL_CHAIN: OcspFlag = OcspFlag::from_bits_retain(0x1000);
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(issuer.to_owned())?;
    store.set_flags(openssl::x509::verify::X509VerifyFlags::PARTIAL_CHAIN)?;
    let mut issuers = Stack::new()?;
    issuers.push(issuer.to_owned())?;
    for other in certificate.chain.iter().skip(1) {
        issuers.push(other.clone())?;
    }
    basic.verify(
        &issuers,
        &store.build(),
        OcspFlag::NO_EXPLICIT | PARTIAL_CHAIN,
    )
}

fn reason(stack: &ErrorStack) -> String {
    let last = stack.errors().last().and_then(|error| error.reason());
    format!(
        "the OCSP response is not valid: {}",
        last.unwrap_or("unknown error")
    )
}

/// Converts a time. OpenSSL prints it in the format of certificate times.
fn time(time: &Asn1GeneralizedTimeRef) -> Option<SystemTime> {
    let seconds = pyssl::cert_time_to_seconds(&time.to_string()).ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}
