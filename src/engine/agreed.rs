#[cfg(not(ossl350))]
use openssl::nid::Nid;
use openssl::pkey::Id;

use super::Connection;
use crate::cipher::Cipher;
use crate::constants::TlsVersion;
use crate::ffi::view::View;

/// The results of a handshake, from [`SslObject::agreed`](crate::SslObject::agreed).
#[non_exhaustive]
#[derive(Debug, Clone, Default)]
pub struct Agreed {
    /// The protocol version. `None` before the handshake has chosen one.
    pub version: Option<TlsVersion>,
    /// The cipher suite.
    pub cipher: Option<Cipher>,
    /// The group of the key exchange, for example `x25519`, or the size of its finite-field
    /// parameters, for example `ffdh 2048`.
    pub group: Option<Box<str>>,
    /// The algorithm with which the peer signed the handshake, for example `rsa_pss_rsae_sha256`.
    pub peer_signature: Option<Box<str>>,
    /// The type and size of the key in the peer's certificate, for example `RSA 2048`.
    pub peer_key: Option<Box<str>>,
}

impl Connection {
    pub(crate) fn agreed(&self) -> Agreed {
        self.with_view(agreed).unwrap_or_default()
    }
}

fn agreed(view: &View<'_>) -> Agreed {
    let ssl = view.ssl();
    let version = match ssl.version_str() {
        "SSLv3" => Some(TlsVersion::SSLv3),
        "TLSv1" => Some(TlsVersion::TLSv1),
        "TLSv1.1" => Some(TlsVersion::TLSv1_1),
        "TLSv1.2" => Some(TlsVersion::TLSv1_2),
        "TLSv1.3" => Some(TlsVersion::TLSv1_3),
        _ => None,
    };
    let cipher = ssl.current_cipher().map(Cipher::from_ref);
    let ephemeral = cipher.as_ref().is_some_and(Cipher::forward_secret);
    let finite_field = || {
        let key = ssl.peer_tmp_key().ok()?;
        (key.id() == Id::DH).then(|| format!("ffdh {}", key.bits()))
    };
    let group = view.group().filter(|_| ephemeral);
    Agreed {
        version,
        group: group.or_else(finite_field).map(String::into_boxed_str),
        peer_signature: peer_signature(view).map(String::into_boxed_str),
        peer_key: ssl
            .peer_certificate()
            .and_then(|certificate| certificate.public_key().ok())
            .map(|key| crate::certificate::key_name(&key).into_boxed_str()),
        cipher,
    }
}

#[cfg(ossl350)]
fn peer_signature(view: &View<'_>) -> Option<String> {
    view.signature_name(true)
}

#[cfg(not(ossl350))]
fn peer_signature(view: &View<'_>) -> Option<String> {
    let (digest, kind) = view.peer_signature()?;
    let key = view.ssl().peer_certificate()?.public_key().ok()?;
    Some(signature_name(digest, kind, key.id()))
}

/// The name of a signature algorithm in the TLS registry. If the digest and the key do not
/// determine an entry of the registry, the name is made from both.
#[cfg(not(ossl350))]
fn signature_name(digest: Option<Nid>, kind: Nid, key: Id) -> String {
    let digest_name = digest.and_then(|nid| nid.short_name().ok());
    let digest_name = digest_name.map(str::to_ascii_lowercase);
    let scheme = match (kind.as_raw(), digest_name.as_deref()) {
        (raw, Some("sha256")) if raw == Id::EC.as_raw() => "ecdsa_secp256r1_sha256",
        (raw, Some("sha384")) if raw == Id::EC.as_raw() => "ecdsa_secp384r1_sha384",
        (raw, Some("sha512")) if raw == Id::EC.as_raw() => "ecdsa_secp521r1_sha512",
        (raw, Some(digest)) if raw == Id::EC.as_raw() => return format!("ecdsa_{digest}"),
        (raw, Some(digest)) if raw == Id::RSA.as_raw() => return format!("rsa_pkcs1_{digest}"),
        (raw, Some(digest)) if raw == Id::RSA_PSS.as_raw() => {
            let key = if key == Id::RSA_PSS { "pss" } else { "rsae" };
            return format!("rsa_pss_{key}_{digest}");
        }
        (raw, _) if raw == Id::ED25519.as_raw() => "ed25519",
        (raw, _) if raw == Id::ED448.as_raw() => "ed448",
        (_, digest) => {
            let kind = kind.short_name().unwrap_or("unknown").to_ascii_lowercase();
            return match digest {
                Some(digest) => format!("{kind}_{digest}"),
                None => kind,
            };
        }
    };
    scheme.to_owned()
}
