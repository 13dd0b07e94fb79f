//! Answers tls-alpn-01 challenges on the service's own listener (RFC 8737).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::sha::sha256;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Extension, X509NameBuilder};
use pyssl::{CertChain, SniAction, SslContext};

use super::challenge::{BoxError, Challenge, ChallengeHook};
use super::error::AcmeError;
use super::key::{self, KeyType};

/// The ALPN protocol of the validation, with which no data is exchanged.
const PROTOCOL: &str = "acme-tls/1";

/// The extension with the digest of the key authorisation (RFC 8737, section 6.1).
const ACME_IDENTIFIER: &str = "1.3.6.1.5.5.7.1.31";

/// The contexts of the current challenges, by the server name that the validating server sends.
#[derive(Clone, Default)]
pub(super) struct TlsAlpn(Arc<RwLock<HashMap<String, SslContext>>>);

impl TlsAlpn {
    /// Adds the challenges to the context. Its own SNI callback decides about all other connections.
    pub(super) fn install(&self, context: &SslContext) -> Result<(), AcmeError> {
        let (challenges, old) = (self.clone(), context.sni_callback());
        context.set_sni_callback(move |request| {
            // A validating server offers this protocol only.
            if request.alpn_protocols().eq([PROTOCOL.as_bytes()]) {
                let name = request.server_name().unwrap_or_default();
                if let Some(context) = challenges.find(name) {
                    return Ok(SniAction::Switch(context));
                }
            }
            match &old {
                Some(old) => old(request),
                None => Ok(SniAction::Continue),
            }
        })?;
        Ok(())
    }

    fn find(&self, name: &str) -> Option<SslContext> {
        let challenges = self.0.read().unwrap_or_else(PoisonError::into_inner);
        challenges.get(&name.to_ascii_lowercase()).cloned()
    }
}

impl ChallengeHook for TlsAlpn {
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        let context = context(challenge)?;
        let mut challenges = self.0.write().unwrap_or_else(PoisonError::into_inner);
        challenges.insert(server_name(challenge.domain()), context);
        Ok(())
    }

    fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        let mut challenges = self.0.write().unwrap_or_else(PoisonError::into_inner);
        challenges.remove(&server_name(challenge.domain()));
        Ok(())
    }
}

/// The server name that the validating server sends: the name, or the name of the address's PTR record (RFC 8738,
/// section 6).
fn server_name(domain: &str) -> String {
    match domain.parse() {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Ok(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().rev();
            let nibbles = nibbles.map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4));
            nibbles.collect::<String>() + "ip6.arpa"
        }
        Err(_) => domain.to_ascii_lowercase(),
    }
}

/// A context with the self-signed certificate of a challenge.
fn context(challenge: &Challenge) -> Result<SslContext, BoxError> {
    let key = key::generate(KeyType::EcdsaP256)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let serial = BigNum::from_u32(1)?;
    let serial = Asn1Integer::from_bn(&serial)?;
    builder.set_serial_number(&serial)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "ACME challenge")?;
    let name = name.build();
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    // The certificate is valid before now too, in case that this clock is ahead of the server's.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = i64::try_from(now.as_secs())?;
    let day = 24 * 60 * 60;
    let (from, until) = (
        Asn1Time::from_unix(now - 7 * day)?,
        Asn1Time::from_unix(now + 7 * day)?,
    );
    builder.set_not_before(&from)?;
    builder.set_not_after(&until)?;
    builder.set_pubkey(&key)?;
    let mut names = SubjectAlternativeName::new();
    match challenge.domain().parse::<IpAddr>() {
        Ok(_) => names.ip(challenge.domain()),
        Err(_) => names.dns(challenge.domain()),
    };
    let names = names.build(&builder.x509v3_context(None, None))?;
    builder.append_extension(names)?;
    // An OCTET STRING of 32 bytes.
    let mut value = vec![4, 32];
    value.extend(sha256(challenge.key_authorization().as_bytes()));
    let identifier = Asn1Object::from_str(ACME_IDENTIFIER)?;
    let value = Asn1OctetString::new_from_bytes(&value)?;
    builder.append_extension(X509Extension::new_from_der(&identifier, true, &value)?)?;
    builder.sign(&key, MessageDigest::sha256())?;

    let context = SslContext::new(pyssl::PROTOCOL_TLS_SERVER)?;
    let (certificate, key) = (builder.build().to_pem()?, key.private_key_to_pem_pkcs8()?);
    context.load_cert_chain(CertChain::from_pem(certificate, key))?;
    context.set_alpn_protocols(&[PROTOCOL])?;
    Ok(context)
}

#[cfg(test)]
mod unit_tests {
    use super::server_name;

    #[test]
    fn a_challenge_for_an_ip_address_uses_the_name_of_its_ptr_record() {
        assert_eq!(server_name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        let six = server_name("2001:db8::1");
        assert!(six.starts_with("1.0.0.0.") && six.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa"));
        assert_eq!(server_name("Example.ORG"), "example.org");
    }
}
