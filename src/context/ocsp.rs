//! OCSP stapling: how a server selects a response, and how a client checks it.

use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{
    OcspBasicResponse, OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspResponseStatus,
    OcspStatus,
};
use openssl::ssl::{NameType, SslRef};
use openssl::stack::{Stack, StackRef};
use openssl::x509::{X509, X509Ref, X509VerifyResult};

use super::SslContext;
use super::credential::Credential;
use crate::certificate::Certificate;
use crate::constants::{OcspMode, Protocol, VerifyMode};
use crate::error::{BoxError, Error, Result, SslError};
use crate::ffi::util::clear_errors;
use crate::ffi::x509;

/// The argument of the OCSP callback; see [`SslContext::set_ocsp_server_callback`].
#[derive(Debug)]
pub struct OcspRequest<'a> {
    server_name: Option<&'a str>,
    certificate: Certificate,
}

impl OcspRequest<'_> {
    /// The server name that the client sent; `None` if it sent none.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name
    }

    /// The certificate of this handshake. The response must be for this certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

type OcspFunction = dyn Fn(&OcspRequest<'_>) -> Result<Option<Vec<u8>>, BoxError> + Send + Sync;

/// The source of a server's OCSP responses.
pub(crate) enum OcspResponseSource {
    Response(Arc<[u8]>),
    Callback(Box<OcspFunction>),
}

impl SslContext {
    /// The OCSP response to staple, if one is set.
    pub fn ocsp_response(&self) -> Option<Vec<u8>> {
        self.read(|settings| match settings.staple.as_deref() {
            Some(OcspResponseSource::Response(response)) => Some(response.to_vec()),
            _ => None,
        })
    }

    /// Sets the OCSP response (DER) that the server staples to handshakes if the client requests
    /// one. Clients then need not query the CA for revocation (RFC 6066, section 8). `None` removes
    /// it. Python has no equivalent.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.load_cert_chain("server.pem")?;
    /// context.set_ocsp_response(Some(std::fs::read("server.ocsp")?))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Load the certificate first. Any thread can replace the response at any time, without
    /// dropping connections. If the chain contains the issuer, the response is checked: it is not
    /// stapled to another certificate, or after it has expired, because clients would reject it.
    /// For several certificates, use [`set_ocsp_server_callback`](Self::set_ocsp_server_callback).
    /// Setting a response removes such a callback.
    ///
    /// Resumed sessions carry no response.
    ///
    /// # Errors
    ///
    /// `ValueError` on `PROTOCOL_TLS_CLIENT`, or if the response has an error status, matches none
    /// of the certificates, or has expired; `SSLError` if the bytes are not an OCSP response.
    pub fn set_ocsp_response(&self, response: Option<Vec<u8>>) -> Result<()> {
        self.replace_staple(|identities| match response {
            Some(response) => {
                require_acceptable(&response, identities)?;
                Ok(Some(OcspResponseSource::Response(response.into())))
            }
            None => Ok(None),
        })
    }

    /// Sets a callback that returns the OCSP response for each handshake in which the client
    /// requests one, or `None`. [`set_ocsp_response`](Self::set_ocsp_response) replaces it. The
    /// name is pyOpenSSL's.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use std::collections::HashMap;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # let responses: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    /// // The responses of several certificates.
    /// context.set_ocsp_server_callback(move |request| {
    ///     Ok(responses.get(&request.certificate().to_der()?).cloned())
    /// })?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The handshake waits for the callback, so it should not block. The response is sent without
    /// checks. If an SNI callback has switched contexts, the callback of the new context is called.
    /// If the callback returns an error, the handshake fails with [`Error::Callback`].
    ///
    /// # Errors
    ///
    /// `ValueError` on `PROTOCOL_TLS_CLIENT`.
    pub fn set_ocsp_server_callback(
        &self,
        callback: impl Fn(&OcspRequest<'_>) -> Result<Option<Vec<u8>>, BoxError> + Send + Sync + 'static,
    ) -> Result<()> {
        self.replace_staple(|_| Ok(Some(OcspResponseSource::Callback(Box::new(callback)))))
    }

    fn replace_staple(
        &self,
        staple: impl FnOnce(&[Arc<Credential>]) -> Result<Option<OcspResponseSource>>,
    ) -> Result<()> {
        if self.protocol() == Protocol::PROTOCOL_TLS_CLIENT {
            return Err(Error::value(
                "OCSP responses cannot be stapled by a TLS_CLIENT context",
            ));
        }
        self.edit(
            |next| staple(&next.identities).map(|staple| next.staple = staple.map(Arc::new)),
            |_, _| (),
        )
    }

    /// How clients use OCSP stapling.
    pub fn ocsp_mode(&self) -> OcspMode {
        self.read(|settings| settings.ocsp_mode)
    }

    /// Sets whether clients request a stapled OCSP response, and whether they check it. Python has
    /// no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_ocsp_mode(ssl::OcspMode::Require)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// `Check` and `Require` change `CERT_NONE` to `CERT_REQUIRED`, as `check_hostname` does. A
    /// good response meets these conditions (RFC 6960, section 3.2):
    ///
    /// - The certificate's issuer, or a responder that the issuer delegates to, has signed it.
    /// - It is for this certificate, and says that the certificate was not revoked.
    /// - It is valid now, with a tolerance of five minutes. Without `nextUpdate`, it is valid for a
    ///   day.
    ///
    /// If the check fails, the handshake fails with `SSLCertVerificationError` and OpenSSL's
    /// `verify_code`. The server receives the alert `bad_certificate_status_response`.
    ///
    /// | `verify_code` | |
    /// |---|---|
    /// | 23 | revoked |
    /// | 73 | no response, although the mode or the certificate requires one |
    /// | 74 | malformed, wrong signer, expired, or not valid yet |
    /// | 75 | for another certificate, or the responder does not know the certificate |
    ///
    /// Only the server's own certificate is checked, not its intermediates. A resumed session has
    /// no response; the result of its original handshake still applies.
    ///
    /// # Errors
    ///
    /// `ValueError` on `PROTOCOL_TLS_SERVER`.
    pub fn set_ocsp_mode(&self, mode: OcspMode) -> Result<()> {
        if self.protocol() == Protocol::PROTOCOL_TLS_SERVER {
            return Err(Error::value(
                "ocsp_mode cannot be set on TLS_SERVER context",
            ));
        }
        self.edit(
            |next| {
                next.ocsp_mode = mode;
                if mode.verifies() && next.verify_mode == VerifyMode::CERT_NONE {
                    next.verify_mode = VerifyMode::CERT_REQUIRED;
                }
            },
            |ctx, next| next.apply_verify_mode(ctx),
        )
    }
}

impl OcspResponseSource {
    /// The response to staple to a handshake of a context with these identities.
    pub(super) fn response_for(
        &self,
        ssl: &SslRef,
        identities: &[Arc<Credential>],
    ) -> Result<Option<Arc<[u8]>>, BoxError> {
        let Some(leaf) = ssl.certificate() else {
            return Ok(None);
        };
        match self {
            OcspResponseSource::Response(response) => {
                // A connection with its own certificate does not use the context's response.
                let identity = identities.iter().find(|own| *own.leaf == *leaf);
                let fits = identity.is_some_and(|identity| match identity.issuer() {
                    Some(issuer) => is_good_for(response, &identity.leaf, issuer),
                    None => true,
                });
                Ok(fits.then(|| Arc::clone(response)))
            }
            OcspResponseSource::Callback(callback) => {
                let answer = callback(&OcspRequest {
                    server_name: ssl.servername(NameType::HOST_NAME),
                    certificate: Certificate::from_x509(leaf.to_owned()),
                })?;
                Ok(answer.filter(|der| !der.is_empty()).map(Arc::from))
            }
        }
    }
}

/// Rejects responses that no client would accept for any of the certificates.
fn require_acceptable(der: &[u8], identities: &[Arc<Credential>]) -> Result<()> {
    let basic = parse(der)?;
    let mut expired = false;
    for identity in identities {
        let Some(issuer) = identity.issuer() else {
            return Ok(());
        };
        if let Some(status) = find(&basic, &identity.leaf, issuer) {
            if check_validity_period(&status).is_ok() {
                return Ok(());
            }
            expired = true;
        }
    }
    match (identities.is_empty(), expired) {
        (true, _) => Ok(()),
        (_, true) => Err(Error::value(
            "the OCSP response has expired, or is not valid yet",
        )),
        (_, false) => Err(Error::value(
            "the OCSP response matches none of the context's certificates",
        )),
    }
}

impl Credential {
    /// The issuer's certificate, if the chain contains it.
    fn issuer(&self) -> Option<&X509Ref> {
        let chain = self.chain.iter().chain([&self.leaf]);
        chain
            .map(|certificate| &**certificate)
            .find(|issuer| issuer.issued(&self.leaf) == X509VerifyResult::OK)
    }
}

/// Extracts the basic response of a successful OCSP response.
pub(crate) fn parse(der: &[u8]) -> Result<OcspBasicResponse> {
    clear_errors();
    let response = OcspResponse::from_der(der)?;
    if response.status() != OcspResponseStatus::SUCCESSFUL {
        return Err(Error::value("the OCSP response has an error status"));
    }
    Ok(response.basic()?)
}

fn is_good_for(der: &[u8], leaf: &X509Ref, issuer: &X509Ref) -> bool {
    let basic = parse(der).ok();
    let status = basic.as_ref().and_then(|basic| find(basic, leaf, issuer));
    let good = status.is_some_and(|status| check_validity_period(&status).is_ok());
    clear_errors();
    good
}

/// The status of a certificate in the response.
fn find<'a>(
    basic: &'a OcspBasicResponse,
    leaf: &X509Ref,
    issuer: &X509Ref,
) -> Option<OcspStatus<'a>> {
    // The responder chooses the hash algorithm of the certificate id.
    [
        MessageDigest::sha1(),
        MessageDigest::sha256(),
        MessageDigest::sha384(),
        MessageDigest::sha512(),
    ]
    .into_iter()
    .filter_map(|digest| OcspCertId::from_cert(digest, leaf, issuer).ok())
    .find_map(|id| basic.find_status(&id))
}

fn check_validity_period(status: &OcspStatus<'_>) -> Result<(), ErrorStack> {
    /// The tolerated clock difference.
    const SKEW: u32 = 5 * 60;
    /// The validity of a response without `nextUpdate`. Without a limit, an old response could be
    /// replayed forever.
    const DAY: u32 = 24 * 60 * 60;
    let oldest = status.next_update().is_none().then_some(DAY);
    status.check_validity(SKEW, oldest)
}

/// Why a client rejects a response: OpenSSL's code and text.
struct OcspFailure(i32, String);

const CERT_REVOKED: i32 = 23;
const OCSP_VERIFY_NEEDED: i32 = 73;
const OCSP_VERIFY_FAILED: i32 = 74;
const OCSP_CERT_UNKNOWN: i32 = 75;

impl OcspFailure {
    fn failed(why: impl std::fmt::Display) -> OcspFailure {
        OcspFailure(
            OCSP_VERIFY_FAILED,
            format!("OCSP verification failed, {why}"),
        )
    }

    fn unknown(why: &str) -> OcspFailure {
        OcspFailure(OCSP_CERT_UNKNOWN, format!("OCSP unknown cert, {why}"))
    }
}

impl From<OcspFailure> for Error {
    fn from(OcspFailure(code, message): OcspFailure) -> Error {
        let detail = SslError::ssl_reason("CERTIFICATE_VERIFY_FAILED", "certificate verify failed");
        Error::CertVerification(Box::new(detail.with_verification(code, message)))
    }
}

/// Checks the stapled response after the server's certificate has been verified.
pub(crate) fn check(ssl: &SslRef, mode: OcspMode, partial_chain: bool) -> Result<()> {
    // A resumed session was checked in its original handshake. A PSK handshake has no certificate.
    if !mode.verifies() || ssl.session_reused() {
        return Ok(());
    }
    let Some(leaf) = ssl.peer_certificate() else {
        return Ok(());
    };
    match ssl.ocsp_status() {
        Some(response) if !response.is_empty() => {
            verify_response(ssl, response, &leaf, partial_chain).map_err(Error::from)
        }
        _ if mode == OcspMode::Require || x509::promises_staple(&leaf) => Err(OcspFailure(
            OCSP_VERIFY_NEEDED,
            "OCSP verification needed, the server stapled no response".to_owned(),
        )
        .into()),
        _ => Ok(()),
    }
}

fn verify_response(
    ssl: &SslRef,
    response: &[u8],
    leaf: &X509Ref,
    partial_chain: bool,
) -> Result<(), OcspFailure> {
    /// `OCSP_PARTIAL_CHAIN`, which the openssl crate lacks.
    const PARTIAL_CHAIN: OcspFlag = OcspFlag::from_bits_retain(0x1000);
    let basic = parse(response).map_err(OcspFailure::failed)?;
    let chain = ssl.verified_chain();
    let issuer = chain.and_then(|chain| {
        let issued = |issuer: &&X509Ref| issuer.issued(leaf) == X509VerifyResult::OK;
        chain.iter().find(issued)
    });
    let (Some(chain), Some(issuer)) = (chain, issuer) else {
        return Err(OcspFailure::failed(
            "the issuer of the certificate is unknown",
        ));
    };
    let mut flags = OcspFlag::NO_EXPLICIT;
    flags.set(PARTIAL_CHAIN, partial_chain);
    let store = ssl.ssl_context().cert_store();
    issuers(chain, issuer)
        .and_then(|issuers| basic.verify(&issuers, store, flags))
        .map_err(|stack| OcspFailure::failed(reason(&stack)))?;
    let status = find(&basic, leaf, issuer)
        .ok_or_else(|| OcspFailure::unknown("the response is for another certificate"))?;
    check_validity_period(&status).map_err(|stack| OcspFailure::failed(reason(&stack)))?;
    match status.status {
        OcspCertStatus::GOOD => Ok(()),
        OcspCertStatus::REVOKED => Err(OcspFailure(CERT_REVOKED, "certificate revoked".to_owned())),
        _ => Err(OcspFailure::unknown(
            "the responder does not know the certificate",
        )),
    }
}

/// The certificates that can have signed the response or its signer's certificate. Excludes the
/// leaf, because OpenSSL selects the first certificate with the signer's name.
fn issuers(chain: &StackRef<X509>, issuer: &X509Ref) -> Result<Stack<X509>, ErrorStack> {
    let mut issuers = Stack::new()?;
    issuers.push(issuer.to_owned())?;
    for certificate in chain.iter().skip(1) {
        issuers.push(certificate.to_owned())?;
    }
    Ok(issuers)
}

fn reason(stack: &ErrorStack) -> String {
    let last = stack.errors().last().and_then(|error| error.reason());
    last.unwrap_or("unknown error").to_owned()
}
