//! Checks a certificate before it is put into service.

use std::path::Path;
use std::time::SystemTime;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509PurposeId, X509Ref, X509StoreContext, X509VerifyResult};
use pyssl::{CertChain, Certificate, Identity, Protocol, SslContext};
use zeroize::Zeroizing;

use crate::error::ReloadError;
use crate::files::CertFiles;
use crate::time::system_time;

/// A certificate that has passed the checks.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) identity: Identity,
    /// The certificate and the chain that is sent with it.
    pub(crate) chain: Vec<X509>,
    /// The CA certificates of the file `CertFiles::roots`.
    pub(crate) roots: Vec<X509>,
    pub(crate) certificate: Certificate,
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
    pub(crate) loaded: SystemTime,
    /// The DNS names, in lower case.
    pub(crate) names: Vec<String>,
}

impl Checked {
    /// The certificate of this host, without its chain.
    pub(crate) fn leaf(&self) -> &X509Ref {
        // `check` rejects a chain without a certificate.
        &self.chain[0]
    }

    /// The issuer's certificate, if it is in the chain or one of the roots.
    pub(crate) fn issuer(&self) -> Option<&X509Ref> {
        let issued = |issuer: &&X509| issuer.issued(self.leaf()) == X509VerifyResult::OK;
        let mut known = self
            .chain
            .iter()
            .skip(1)
            .chain(&self.roots)
            .chain(&self.chain[..1]);
        known.find(issued).map(|issuer| &**issuer)
    }
}

/// Checks a certificate before it is used. `content` has its files: certificates, then the key, the roots
/// and the password if they have files.
pub(crate) fn check(
    context: &SslContext,
    files: &CertFiles,
    content: &[Zeroizing<Vec<u8>>],
) -> Result<Checked, ReloadError> {
    let path = &files.certfile;
    let refused = |source| ReloadError::Content {
        path: path.clone(),
        source,
    };
    let mut content = content.iter();
    let pem = content.next().map_or(&[][..], |pem| pem.as_slice());
    let key = match &files.keyfile {
        Some(_) => content.next().map_or(&[][..], |pem| pem.as_slice()),
        None => pem,
    };
    let roots = match files.roots.as_ref().and_then(|_| content.next()) {
        Some(pem) => X509::stack_from_pem(pem).map_err(|stack| refused(stack.into()))?,
        None => Vec::new(),
    };
    let mut chain = CertChain::from_pem(pem, key).password(files.password.clone());
    if let Some(text) = files.password_file.as_ref().and_then(|_| content.next()) {
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        chain = chain.password(line.strip_suffix(b"\r").unwrap_or(line));
    }
    let identity = Identity::load(chain).map_err(refused)?;
    // The certificate is loaded into a copy of the context without certificates. The copy rejects a key that
    // does not match, and a key that its security level forbids.
    let trial = context.variant().with_identities([]).build()?;
    trial.set_identities([&identity]).map_err(refused)?;

    let certificates = identity.certificates();
    let parsed: Result<Vec<X509>, ErrorStack> = certificates
        .iter()
        .map(|certificate| X509::from_der(&certificate.to_der().unwrap_or_default()))
        .collect();
    let chain = parsed.map_err(|stack| refused(stack.into()))?;
    let (Some(leaf), Some(certificate)) = (chain.first(), certificates.first()) else {
        return Err(ReloadError::Nothing);
    };
    for certificate in &chain {
        check_dates(path, certificate)?;
    }
    let verified = verify(context.protocol(), &chain, &roots, None);
    match verified.map_err(|stack| refused(stack.into()))? {
        X509VerifyResult::OK => {}
        error => {
            return Err(ReloadError::Chain {
                path: path.clone(),
                code: error.as_raw(),
                message: error.error_string().to_owned(),
            });
        }
    }
    for name in &files.names {
        let fits = verify(context.protocol(), &chain, &roots, Some(name));
        if fits.map_err(|stack| refused(stack.into()))? != X509VerifyResult::OK {
            return Err(ReloadError::Name {
                path: path.clone(),
                name: name.clone(),
            });
        }
    }
    let time = |time| system_time(time).map_err(|stack| refused(stack.into()));
    let (not_before, not_after) = (time(leaf.not_before())?, time(leaf.not_after())?);
    Ok(Checked {
        names: dns_names(leaf),
        certificate: certificate.clone(),
        not_before,
        not_after,
        loaded: SystemTime::now(),
        identity,
        chain,
        roots,
    })
}

fn check_dates(path: &Path, certificate: &X509Ref) -> Result<(), ReloadError> {
    let now = Asn1Time::days_from_now(0).map_err(|stack| ReloadError::Context(stack.into()))?;
    let is_before = |time: &Asn1TimeRef, other: &Asn1TimeRef| {
        time.compare(other).is_ok_and(|order| order.is_lt())
    };
    let subject = || subject(certificate);
    if is_before(certificate.not_after(), &now) {
        return Err(ReloadError::Expired {
            path: path.to_owned(),
            subject: subject(),
            not_after: certificate.not_after().to_string(),
        });
    }
    if is_before(&now, certificate.not_before()) {
        return Err(ReloadError::NotYetValid {
            path: path.to_owned(),
            subject: subject(),
            not_before: certificate.not_before().to_string(),
        });
    }
    Ok(())
}

/// The common name, or else the first name that the certificate is valid for.
fn subject(certificate: &X509Ref) -> String {
    let names = certificate.subject_name().entries();
    let common = names.filter(|entry| entry.object().nid() == openssl::nid::Nid::COMMONNAME);
    let common = common
        .filter_map(|entry| entry.data().to_string().ok())
        .next();
    match common {
        Some(name) => name,
        None => dns_names(certificate)
            .into_iter()
            .next()
            .unwrap_or_else(|| "no name".to_owned()),
    }
}

fn dns_names(certificate: &X509Ref) -> Vec<String> {
    let names = certificate.subject_alt_names();
    let names = names.iter().flatten().filter_map(|name| name.dnsname());
    names.map(str::to_ascii_lowercase).collect()
}

/// Verifies that each certificate has signed the one before it, that the chain may be used for the context's
/// role, and that the leaf is valid for `name`, if given. Without roots, the last certificate of the chain is
/// trusted.
fn verify(
    protocol: Protocol,
    chain: &[X509],
    roots: &[X509],
    name: Option<&str>,
) -> Result<X509VerifyResult, ErrorStack> {
    let store = trusted(protocol, chain, roots, name)?;
    let mut untrusted = Stack::new()?;
    for certificate in chain.iter().skip(1) {
        untrusted.push(certificate.clone())?;
    }
    let mut context = X509StoreContext::new()?;
    context.init(&store, &chain[0], &untrusted, |context| {
        context.verify_cert()?;
        Ok(context.error())
    })
}

fn trusted(
    protocol: Protocol,
    chain: &[X509],
    roots: &[X509],
    name: Option<&str>,
) -> Result<X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    let trusted = match roots {
        [] => &chain[chain.len() - 1..],
        roots => roots,
    };
    for certificate in trusted {
        store.add_cert(certificate.clone())?;
    }
    store.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    if let Some(name) = name {
        let mut param = openssl::x509::verify::X509VerifyParam::new()?;
        match name.parse() {
            Ok(address) => param.set_ip(address)?,
            Err(_) => param.set_host(name)?,
        }
        store.set_param(&param)?;
    }
    match protocol {
        Protocol::PROTOCOL_TLS_SERVER => store.set_purpose(X509PurposeId::SSL_SERVER)?,
        Protocol::PROTOCOL_TLS_CLIENT => store.set_purpose(X509PurposeId::SSL_CLIENT)?,
        _ => {}
    }
    Ok(store.build())
}
