//! Cipher suites.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use openssl::error::ErrorStack;
use openssl::ssl::{SslCipherRef, SslContextBuilder, SslRef};

use crate::ffi;
use crate::ffi::ctx::CtxHandle;

/// A cipher suite: an entry of Python's `SSLContext.get_ciphers()`.
///
/// The fields have the names, values and order of Python's dict, plus
/// [`standard_name`](Cipher::standard_name).
///
/// ```python
/// [c["name"] for c in context.get_ciphers() if c["aead"]]
/// ```
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// let ciphers = context.get_ciphers()?;
/// let names: Vec<_> = ciphers.iter().filter(|c| c.aead).map(|c| c.name).collect();
/// # assert!(names.contains(&"ECDHE-RSA-AES128-GCM-SHA256"));
/// # Ok::<(), pyssl::Error>(())
/// ```
///
/// In OpenSSL: `SSL_CIPHER_get_id`, `SSL_CIPHER_get_name` and similar functions.
#[doc(alias = "SSL_CIPHER")]
#[doc(alias = "get_ciphers")]
#[non_exhaustive]
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Cipher {
    /// OpenSSL's number: `0x03000000` plus the two bytes of the TLS registry.
    pub id: u32,
    /// OpenSSL's name: `"ECDHE-RSA-AES128-GCM-SHA256"`.
    pub name: &'static str,
    /// The protocol that introduced the suite, not the one in use: `"TLSv1.2"`.
    pub protocol: &'static str,
    /// OpenSSL's one-line description.
    pub description: Box<str>,
    /// The security of the symmetric cipher in bits.
    pub strength_bits: i32,
    /// The key length of the symmetric cipher in bits.
    pub alg_bits: i32,
    /// Whether one algorithm encrypts and authenticates (GCM, CCM, ChaCha20-Poly1305).
    pub aead: bool,
    /// The symmetric cipher: `"aes-128-gcm"`; `None` for a suite without encryption.
    pub symmetric: Option<&'static str>,
    /// The digest of the MAC: `"sha1"`; `None` for an AEAD suite.
    pub digest: Option<&'static str>,
    /// The key exchange: `"kx-ecdhe"`.
    pub kea: Option<&'static str>,
    /// The authentication of the server: `"auth-rsa"`.
    pub auth: Option<&'static str>,
    /// The name in the TLS registry: `"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"`.
    pub standard_name: Option<&'static str>,
}

/// The default cipher string of Python's contexts since 3.10.
///
/// Source: `PY_SSL_DEFAULT_CIPHER_STRING` in CPython's `Modules/_ssl.c`.
pub const PYTHON_DEFAULT_CIPHERS: &str =
    "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM";

/// The meaning of `DEFAULT` in a cipher string of the linked OpenSSL.
///
/// In OpenSSL: `OSSL_default_cipher_list`.
#[doc(alias = "OSSL_default_cipher_list")]
pub fn openssl_default_ciphers() -> &'static str {
    ffi::cipher::default_list()
}

impl Cipher {
    /// The suites of a context of the `openssl` crate, in order.
    ///
    /// ```
    /// use openssl::ssl::{SslContextBuilder, SslMethod};
    ///
    /// let mut builder = SslContextBuilder::new(SslMethod::tls())?;
    /// builder.set_cipher_list("ECDHE+AESGCM")?;
    /// let suites = pyssl::Cipher::list(&builder);
    /// assert!(suites.iter().all(|suite| suite.aead));
    /// # Ok::<(), openssl::error::ErrorStack>(())
    /// ```
    ///
    /// In OpenSSL: `SSL_CTX_get_ciphers`.
    #[doc(alias = "SSL_CTX_get_ciphers")]
    pub fn list(context: &SslContextBuilder) -> Vec<Cipher> {
        let mut list = Vec::with_capacity(32);
        ffi::cipher::each_of_builder(context, |c| list.push(Cipher::from_ref(c)));
        list
    }

    /// The suites that an `Ssl` of the `openssl` crate can offer with its versions and security
    /// level. Suites that need a callback (PSK, SRP) are left out if the callback is not set.
    ///
    /// ```
    /// use openssl::ssl::{Ssl, SslContext, SslMethod};
    ///
    /// let context = SslContext::builder(SslMethod::tls())?.build();
    /// let mut ssl = Ssl::new(&context)?;
    /// assert!(!pyssl::Cipher::supported(&mut ssl).is_empty());
    /// # Ok::<(), openssl::error::ErrorStack>(())
    /// ```
    ///
    /// In OpenSSL: `SSL_get1_supported_ciphers`.
    #[doc(alias = "SSL_get1_supported_ciphers")]
    pub fn supported(ssl: &mut SslRef) -> Vec<Cipher> {
        let mut list = Vec::new();
        ffi::cipher::each_supported(ssl, |c| list.push(Cipher::from_ref(c)));
        list
    }

    /// OpenSSL's answers never change and are slow, so they are cached.
    pub(crate) fn from_ref(cipher: &SslCipherRef) -> Cipher {
        static KNOWN: RwLock<BTreeMap<u32, Cipher>> = RwLock::new(BTreeMap::new());
        let id = ffi::cipher::id(cipher);
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&id) {
            return known.clone();
        }
        drop(known);
        let asked = Cipher::ask(cipher);
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(id, asked.clone());
        asked
    }

    fn ask(cipher: &SslCipherRef) -> Cipher {
        let bits = cipher.bits();
        let [symmetric, digest, kea, auth] = ffi::cipher::algorithms(cipher);
        Cipher {
            id: ffi::cipher::id(cipher),
            name: cipher.name(),
            protocol: cipher.version(),
            description: ffi::cipher::description(cipher),
            strength_bits: bits.secret,
            alg_bits: bits.algorithm,
            aead: ffi::cipher::is_aead(cipher),
            symmetric,
            digest,
            kea,
            auth,
            standard_name: cipher.standard_name(),
        }
    }

    /// The two bytes of the TLS registry: `0xc02f`.
    pub fn protocol_id(&self) -> u16 {
        let [_, _, high, low] = self.id.to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// The two bytes in the format of the registry and of `openssl ciphers -V`: `"0xC0,0x2F"`.
    pub fn hex_id(&self) -> String {
        let [high, low] = self.protocol_id().to_be_bytes();
        format!("0x{high:02X},0x{low:02X}")
    }

    /// Whether this is a TLS 1.3 suite. Cipher strings do not affect TLS 1.3 suites.
    pub fn is_tls13(&self) -> bool {
        self.protocol == "TLSv1.3"
    }

    /// Whether the suite has forward secrecy: session keys stay secret if the server's key leaks.
    ///
    /// True for TLS 1.3 and for ephemeral Diffie-Hellman, with or without a PSK.
    pub fn forward_secret(&self) -> bool {
        self.is_tls13()
            || matches!(
                self.kea,
                Some("kx-ecdhe" | "kx-dhe" | "kx-ecdhe-psk" | "kx-dhe-psk")
            )
    }
}

/// The suites of a context, in order, as in Python's `get_ciphers()`.
pub(crate) fn ciphers_of_handle(ctx: &CtxHandle) -> Vec<Cipher> {
    let mut list = Vec::with_capacity(32);
    ctx.each_cipher(|c| list.push(Cipher::from_ref(c)));
    list
}

/// The suites of the context's list that a security level allows, for any version.
pub(crate) fn ciphers_at_level(ctx: &CtxHandle, level: u32) -> Result<Vec<Cipher>, ErrorStack> {
    let mut list = Vec::new();
    ctx.each_cipher_at_level(level, |c| list.push(Cipher::from_ref(c)))?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ssl::{Ssl, SslContextBuilder, SslMethod};

    fn builder(string: &str) -> SslContextBuilder {
        let mut builder = SslContextBuilder::new(SslMethod::tls()).unwrap();
        builder.set_cipher_list(string).unwrap();
        builder
    }

    #[test]
    fn a_cipher_has_pythons_id_digest_and_aead() {
        let list = Cipher::list(&builder("ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"));
        let [.., gcm, cbc] = &list[..] else {
            panic!("{list:?}")
        };
        assert_eq!(gcm.id, 0x0300_c02f);
        assert_eq!(gcm.hex_id(), "0xC0,0x2F");
        assert_eq!(
            gcm.standard_name,
            Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
        );
        assert_eq!(
            (gcm.digest, gcm.aead, gcm.forward_secret()),
            (None, true, true)
        );
        assert_eq!(
            (cbc.digest, cbc.aead, cbc.forward_secret()),
            (Some("sha1"), false, false)
        );
        assert!(!cbc.description.ends_with('\n'));
        assert!(list[0].is_tls13());
    }

    #[test]
    fn a_suite_without_its_psk_callback_is_listed_but_not_supported() {
        let mut builder = builder("AES128-SHA:PSK-AES128-CBC-SHA");
        builder.set_ciphersuites("").unwrap();
        let listed = Cipher::list(&builder);
        let mut ssl = Ssl::new(&builder.build()).unwrap();
        let names = |l: Vec<Cipher>| l.iter().map(|c| c.name).collect::<Vec<_>>();
        assert_eq!(names(listed), ["AES128-SHA", "PSK-AES128-CBC-SHA"]);
        assert_eq!(names(Cipher::supported(&mut ssl)), ["AES128-SHA"]);
    }
}
