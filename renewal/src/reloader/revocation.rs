//! Checks revocation lists.

use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

use openssl::asn1::Asn1Time;
use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Crl, X509CrlRef};

use crate::error::ReloadError;
use crate::time::system_time;

const BEGIN: &str = "-----BEGIN X509 CRL-----";
const END: &str = "-----END X509 CRL-----";

/// The time at which each revocation list in service was issued. The key is the issuer's name in
/// DER.
#[derive(Clone, Default)]
pub(super) struct Lists(HashMap<Vec<u8>, SystemTime>);

impl Lists {
    /// Checks the lists of a file, and returns them with the others. An error if one is not valid now, is older
    /// than the one in service, or has a wrong signature (checked if its issuer is in `cas`).
    pub(super) fn updated(
        &self,
        path: &Path,
        pem: &[u8],
        cas: &[X509],
    ) -> Result<Lists, ReloadError> {
        let refused = |message: String| ReloadError::RevocationList {
            path: path.to_owned(),
            message,
        };
        let stack = |stack: ErrorStack| refused(format!("not a revocation list: {stack}"));
        let now = Asn1Time::days_from_now(0).map_err(stack)?;
        let mut lists = self.clone();
        for list in parse(pem).map_err(stack)? {
            let issuer = issuer(&list);
            if list.last_update() > &*now {
                let from = list.last_update();
                return Err(refused(format!(
                    "the revocation list of {issuer} is not valid before {from}"
                )));
            }
            if let Some(end) = list.next_update().filter(|&end| end < &*now) {
                return Err(refused(format!(
                    "the revocation list of {issuer} expired on {end}"
                )));
            }
            let name = list.issuer_name().to_der().map_err(stack)?;
            let signers: Vec<&X509> = cas
                .iter()
                .filter(|ca| {
                    ca.subject_name()
                        .to_der()
                        .is_ok_and(|subject| subject == name)
                })
                .collect();
            let signed = |ca: &&X509| {
                ca.public_key()
                    .and_then(|key| list.verify(&key))
                    .unwrap_or(false)
            };
            if !signers.is_empty() && !signers.iter().any(signed) {
                return Err(refused(format!(
                    "the signature of the revocation list of {issuer} is wrong"
                )));
            }
            let issued = system_time(list.last_update()).map_err(stack)?;
            if lists.0.get(&name).is_some_and(|old| issued < *old) {
                let older =
                    format!("the revocation list of {issuer} is older than the one in service");
                return Err(refused(older));
            }
            lists.0.insert(name, issued);
        }
        Ok(lists)
    }
}

fn issuer(list: &X509CrlRef) -> String {
    let entries = list.issuer_name().entries();
    let last = entries
        .filter_map(|entry| entry.data().to_string().ok())
        .last();
    last.unwrap_or_else(|| "an issuer without a name".to_owned())
}

fn parse(pem: &[u8]) -> Result<Vec<X509Crl>, ErrorStack> {
    let text = String::from_utf8_lossy(pem);
    let mut rest = &*text;
    let mut lists = Vec::new();
    while let Some(start) = rest.find(BEGIN) {
        let list = &rest[start..];
        let end = list.find(END).map_or(list.len(), |end| end + END.len());
        lists.push(X509Crl::from_pem(&list.as_bytes()[..end])?);
        rest = &list[end..];
    }
    Ok(lists)
}
