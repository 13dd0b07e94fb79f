//! Decrypts the handshake messages of a TLS 1.3 server.

use openssl::cipher::{Cipher, CipherRef};
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::md::{Md, MdRef};
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::pkey_ctx::{HkdfMode, PkeyCtx};

use super::hello::shared_secret;

/// The length of the nonce of every suite of TLS 1.3.
const NONCE: usize = 12;

/// The state of a server's handshake traffic (RFC 8446, sections 5.2, 5.3 and 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decryption {
    suite: u16,
    key: Vec<u8>,
    nonce: Vec<u8>,
    /// The number of records that were decrypted.
    records: u64,
}

/// The algorithms of a suite.
struct Algorithms {
    cipher: &'static CipherRef,
    digest: MessageDigest,
    md: &'static MdRef,
    tag_length: usize,
}

impl Algorithms {
    fn of(suite: u16) -> Option<Algorithms> {
        let (cipher, tag_length) = match suite {
            0x1301 => (Cipher::aes_128_gcm(), 16),
            0x1302 => (Cipher::aes_256_gcm(), 16),
            0x1303 => (Cipher::chacha20_poly1305(), 16),
            0x1304 => (Cipher::aes_128_ccm(), 16),
            0x1305 => (Cipher::aes_128_ccm(), 8),
            _ => return None,
        };
        let sha384 = suite == 0x1302;
        Some(Algorithms {
            cipher,
            digest: match sha384 {
                true => MessageDigest::sha384(),
                false => MessageDigest::sha256(),
            },
            md: if sha384 { Md::sha384() } else { Md::sha256() },
            tag_length,
        })
    }

    /// Decrypts a record into `out`, which is as long as `sealed`. The tag also authenticates `header`.
    fn decrypt(
        &self,
        (key, nonce): (&[u8], &[u8]),
        header: &[u8],
        sealed: &[u8],
        tag: &[u8],
        out: &mut [u8],
    ) -> Result<(), ErrorStack> {
        let mut context = CipherCtx::new()?;
        // CCM needs the lengths before the key (EVP_EncryptInit(3)).
        context.decrypt_init(Some(self.cipher), None, None)?;
        context.set_iv_length(nonce.len())?;
        context.set_tag(tag)?;
        context.decrypt_init(None, Some(key), Some(nonce))?;
        let ccm = self.cipher.nid() == Nid::AES_128_CCM;
        if ccm {
            context.set_data_len(sealed.len())?;
        }
        context.cipher_update(header, None)?;
        context.cipher_update(sealed, Some(out))?;
        if !ccm {
            // CCM has checked the tag already.
            context.cipher_final(&mut [])?;
        }
        Ok(())
    }
}

impl Decryption {
    /// The keys that follow from a ClientHello, whose key share is a generator, and from the
    /// ServerHello. Both messages begin with their header. `None` if the suite or the key share
    /// cannot be used.
    pub(super) fn new(
        client_hello: &[u8],
        server_hello: &[u8],
        suite: u16,
        (group, share): (u16, &[u8]),
    ) -> Option<Decryption> {
        let algorithms = Algorithms::of(suite)?;
        let secret = shared_secret(group, share)?;
        Decryption::derive(&algorithms, suite, client_hello, server_hello, secret).ok()
    }

    fn derive(
        algorithms: &Algorithms,
        suite: u16,
        client_hello: &[u8],
        server_hello: &[u8],
        secret: &[u8],
    ) -> Result<Decryption, ErrorStack> {
        let Algorithms { digest, md, .. } = *algorithms;
        let zeros = vec![0; digest.size()];
        let early = extract(md, &zeros, &zeros)?;
        let empty = hash(digest, &[])?;
        let derived = expand(md, &early, "derived", &empty, digest.size())?;
        let handshake = extract(md, &derived, secret)?;
        let transcript = hash(digest, &[client_hello, server_hello].concat())?;
        let server = expand(md, &handshake, "s hs traffic", &transcript, digest.size())?;
        Ok(Decryption {
            suite,
            key: expand(md, &server, "key", &[], algorithms.cipher.key_length())?,
            nonce: expand(md, &server, "iv", &[], NONCE)?,
            records: 0,
        })
    }

    /// The type and the content of the next record. `None` if it was not encrypted with these keys.
    pub(super) fn open(&mut self, header: &[u8], body: &[u8]) -> Option<(u8, Vec<u8>)> {
        let algorithms = Algorithms::of(self.suite)?;
        let sealed = body.len().checked_sub(algorithms.tag_length)?;
        let (sealed, tag) = body.split_at_checked(sealed)?;
        let mut nonce = self.nonce.clone();
        let number = self.records.to_be_bytes();
        for (byte, mask) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *byte ^= mask;
        }
        self.records += 1;
        let mut text = vec![0; sealed.len()];
        algorithms
            .decrypt((&self.key, &nonce), header, sealed, tag, &mut text)
            .ok()?;
        // The last byte that is not zero is the type of the content. Zeros after it are padding.
        let last = text.iter().rposition(|byte| *byte != 0)?;
        let kind = *text.get(last)?;
        text.truncate(last);
        Some((kind, text))
    }
}

/// HKDF-Extract (RFC 5869).
fn extract(md: &MdRef, salt: &[u8], key: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut context = PkeyCtx::new_id(Id::HKDF)?;
    context.derive_init()?;
    context.set_hkdf_mode(HkdfMode::EXTRACT_ONLY)?;
    context.set_hkdf_md(md)?;
    context.set_hkdf_salt(salt)?;
    context.set_hkdf_key(key)?;
    let mut out = vec![0; md.size()];
    context.derive(Some(&mut out))?;
    Ok(out)
}

/// HKDF-Expand-Label (RFC 8446, section 7.1).
fn expand(
    md: &MdRef,
    secret: &[u8],
    label: &str,
    context: &[u8],
    length: usize,
) -> Result<Vec<u8>, ErrorStack> {
    // The lengths are far below 256.
    let byte = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    let label = format!("tls13 {label}");
    let mut info = vec![0, byte(length), byte(label.len())];
    info.extend(label.as_bytes());
    info.push(byte(context.len()));
    info.extend(context);
    let mut hkdf = PkeyCtx::new_id(Id::HKDF)?;
    hkdf.derive_init()?;
    hkdf.set_hkdf_mode(HkdfMode::EXPAND_ONLY)?;
    hkdf.set_hkdf_md(md)?;
    hkdf.set_hkdf_key(secret)?;
    hkdf.add_hkdf_info(&info)?;
    let mut out = vec![0; length];
    hkdf.derive(Some(&mut out))?;
    Ok(out)
}
