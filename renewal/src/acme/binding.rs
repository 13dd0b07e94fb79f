//! Binds a new account to the customer's account with the CA (RFC 8555, section 7.3.4).
//!
//! `instant_acme` binds an account only if it also makes the account's key, which is then in memory alone until the
//! server has answered. Many CAs accept a binding once, so a process that ends before it has stored the key could not get
//! an account again. Here, the key is stored first, and the binding is added to the request.

use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};

use super::challenge::{BoxError, base64url, from_base64url};

/// The binding of an account that is being created.
pub(super) struct Binding {
    /// The identifier and the HMAC key from the CA.
    pub(super) external: (String, Vec<u8>),
    pub(super) contact: Vec<String>,
    /// The account's key, ECDSA P-256.
    pub(super) key: PKey<Private>,
}

impl Binding {
    /// Adds the binding to the body of a request (JWS, RFC 7515) if it asks for a new account. `None` for other requests.
    pub(super) fn add(&self, body: &[u8]) -> Result<Option<Vec<u8>>, BoxError> {
        let jws: Value = serde_json::from_slice(body).unwrap_or_default();
        let protected = jws["protected"].as_str().unwrap_or_default();
        let (header, mut payload) = (
            decode(protected),
            decode(jws["payload"].as_str().unwrap_or_default()),
        );
        // All other requests name the account instead of the key, or do not create one.
        if header["jwk"].is_null() || payload["onlyReturnExisting"] == true {
            return Ok(None);
        }
        let (kid, secret) = &self.external;
        let own = encode(&json!({ "alg": "HS256", "kid": kid, "url": header["url"] }));
        let jwk = encode(&header["jwk"]);
        let secret = PKey::hmac(secret)?;
        let mut signer = Signer::new(MessageDigest::sha256(), &secret)?;
        let mac = signer.sign_oneshot_to_vec(format!("{own}.{jwk}").as_bytes())?;
        payload["externalAccountBinding"] =
            json!({ "protected": own, "payload": jwk, "signature": base64url(&mac) });
        if !self.contact.is_empty() {
            payload["contact"] = json!(self.contact);
        }
        let payload = encode(&payload);
        // ES256 is the two numbers with 32 bytes each (RFC 7518, section 3.4).
        let digest = sha256(format!("{protected}.{payload}").as_bytes());
        let signature = EcdsaSig::sign(&digest, &*self.key.ec_key()?)?;
        let mut bytes = signature.r().to_vec_padded(32)?;
        bytes.extend(signature.s().to_vec_padded(32)?);
        let jws =
            json!({ "protected": protected, "payload": payload, "signature": base64url(&bytes) });
        Ok(Some(jws.to_string().into_bytes()))
    }
}

fn encode(value: &Value) -> String {
    base64url(value.to_string().as_bytes())
}

/// `Null` if the text is not JSON in base64.
fn decode(text: &str) -> Value {
    let bytes = from_base64url(text).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
