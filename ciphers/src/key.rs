//! A server's or client's certificate with its chain, as the `openssl` crate has them.

use openssl::error::ErrorStack;
use openssl::pkey::Id;
use openssl::x509::{X509, X509Ref};
use pyssl::{Certificate, ContextSettings, Identity, Result};

/// A certificate of a context.
pub(crate) struct ContextCertificate {
    pub(crate) leaf: X509,
    pub(crate) chain: Vec<X509>,
    pub(crate) identity: Identity,
}

impl ContextCertificate {
    pub(crate) fn all(settings: &ContextSettings) -> Result<Vec<ContextCertificate>> {
        let identities = settings.identities().into_iter();
        identities.map(ContextCertificate::new).collect()
    }

    fn new(identity: Identity) -> Result<ContextCertificate> {
        let mut sent = Vec::new();
        for certificate in identity.certificates() {
            sent.push(x509(&certificate)?);
        }
        let leaf = sent.remove(0);
        Ok(ContextCertificate {
            leaf,
            chain: sent,
            identity,
        })
    }
}

/// The kinds of keys of a context's certificates.
pub(crate) fn ids(settings: &ContextSettings) -> Result<Vec<Id>> {
    let held = ContextCertificate::all(settings)?;
    let ids = held
        .iter()
        .filter_map(|held| Some(held.leaf.public_key().ok()?.id()));
    Ok(ids.collect())
}

pub(crate) fn x509(certificate: &Certificate) -> Result<X509> {
    Ok(X509::from_der(&certificate.to_der()?)?)
}

/// The certificate as a type of `pyssl`.
pub(crate) fn certificate(x509: &X509Ref) -> Result<Certificate, ErrorStack> {
    let der = x509.to_der()?;
    Certificate::from_der(&der).map_err(|_| ErrorStack::get())
}
