//! Checks the signatures of requests to the ACME server (JWS, RFC 7515).

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::Value;

pub(crate) fn decode(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap_or_default();
    let mut text = text.replace('-', "+").replace('_', "/");
    while text.len() % 4 != 0 {
        text.push('=');
    }
    openssl::base64::decode_block(&text).unwrap_or_default()
}

pub(crate) fn decode_json(text: &Value) -> Value {
    serde_json::from_slice(&decode(text)).unwrap_or_default()
}

/// The text that is signed.
fn signed(jws: &Value) -> String {
    let part = |name: &str| jws[name].as_str().unwrap_or_default();
    format!("{}.{}", part("protected"), part("payload"))
}

/// Whether the request is signed by this key (ES256, RFC 7518, section 3.4).
pub(crate) fn is_signed_by(jws: &Value, jwk: &Value) -> bool {
    let check = || -> Result<bool, ErrorStack> {
        let number = |name: &str| BigNum::from_slice(&decode(&jwk[name]));
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = EcKey::from_public_key_affine_coordinates(
            group.as_ref(),
            number("x")?.as_ref(),
            number("y")?.as_ref(),
        )?;
        let signature = decode(&jws["signature"]);
        if signature.len() != 64 || decode_json(&jws["protected"])["alg"] != "ES256" {
            return Ok(false);
        }
        let half = |bytes| BigNum::from_slice(bytes);
        let signature =
            EcdsaSig::from_private_components(half(&signature[..32])?, half(&signature[32..])?)?;
        signature.verify(&sha256(signed(jws).as_bytes()), &*key)
    };
    check().unwrap_or(false)
}

/// Whether an external account is bound to this key (RFC 8555, section 7.3.4).
pub(crate) fn is_binding(binding: &Value, secret: &[u8], url: &str, jwk: &Value) -> bool {
    let header = decode_json(&binding["protected"]);
    let check = || -> Result<Vec<u8>, ErrorStack> {
        let secret = PKey::hmac(secret)?;
        let mut signer = Signer::new(MessageDigest::sha256(), &secret)?;
        signer.sign_oneshot_to_vec(signed(binding).as_bytes())
    };
    let is_signed = check().is_ok_and(|mac| mac == decode(&binding["signature"]));
    let is_right = header["alg"] == "HS256" && header["url"] == url && header["kid"].is_string();
    is_signed && is_right && header["nonce"].is_null() && decode_json(&binding["payload"]) == *jwk
}
