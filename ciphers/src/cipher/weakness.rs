use std::fmt;

use super::{Cipher, Severity};
use crate::sealed::Sealed;

/// Why a suite should not be used.
///
/// ```
/// use pyssl_ciphers::CipherExt;
/// use pyssl_ciphers::cipher::{CipherString, Weakness};
///
/// let suites = CipherString::parse("AES128-SHA:@SECLEVEL=0")?.resolve()?.into_ciphers();
/// let last = suites.last().map(|suite| suite.weaknesses());
/// assert_eq!(last, Some(vec![Weakness::CbcSha1, Weakness::StaticRsa]));
/// # Ok::<(), pyssl::Error>(())
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weakness {
    /// No encryption at all.
    NoEncryption,
    /// The server is not authenticated, so anyone can impersonate it.
    Anonymous,
    /// Weakened for the export rules of the 1990s.
    Export,
    /// Keys of less than 112 bits (single DES, RC2).
    ShortKey,
    /// RC4, which RFC 7465 forbids.
    Rc4,
    /// Blocks of 64 bits (3DES, IDEA): collisions in long connections (Sweet32).
    SmallBlock,
    /// MD5 as MAC.
    Md5,
    /// CBC with HMAC-SHA1: padding-oracle attacks (Lucky 13) and an outdated hash.
    CbcSha1,
    /// CBC with HMAC-SHA2: padding-oracle attacks unless both sides use encrypt-then-MAC.
    Cbc,
    /// Static RSA key exchange: no forward secrecy, and a target of Bleichenbacher's attack.
    StaticRsa,
    /// No forward secrecy for another reason than static RSA.
    NoForwardSecrecy,
    /// Tags of 8 bytes (CCM-8).
    ShortTag,
    /// A DSA certificate, which no authority issues.
    Dsa,
    /// Needs a pre-shared key: unusable without a PSK callback.
    NeedsPsk,
    /// Needs SRP: unusable without its callbacks.
    NeedsSrp,
}

impl Weakness {
    pub(super) const ALL: [Weakness; 15] = [
        Weakness::NoEncryption,
        Weakness::Anonymous,
        Weakness::Export,
        Weakness::ShortKey,
        Weakness::Rc4,
        Weakness::SmallBlock,
        Weakness::Md5,
        Weakness::CbcSha1,
        Weakness::Cbc,
        Weakness::StaticRsa,
        Weakness::NoForwardSecrecy,
        Weakness::ShortTag,
        Weakness::Dsa,
        Weakness::NeedsPsk,
        Weakness::NeedsSrp,
    ];

    /// The name in policy files and in JSON: `"cbc-sha1"`.
    pub fn slug(self) -> &'static str {
        match self {
            Weakness::NoEncryption => "no-encryption",
            Weakness::Anonymous => "anonymous",
            Weakness::Export => "export",
            Weakness::ShortKey => "short-key",
            Weakness::Rc4 => "rc4",
            Weakness::SmallBlock => "small-block",
            Weakness::Md5 => "md5",
            Weakness::CbcSha1 => "cbc-sha1",
            Weakness::Cbc => "cbc",
            Weakness::StaticRsa => "static-rsa",
            Weakness::NoForwardSecrecy => "no-forward-secrecy",
            Weakness::ShortTag => "short-tag",
            Weakness::Dsa => "dsa",
            Weakness::NeedsPsk => "needs-psk",
            Weakness::NeedsSrp => "needs-srp",
        }
    }

    /// The weakness with this [`slug`](Self::slug).
    pub fn from_slug(slug: &str) -> Option<Weakness> {
        Weakness::ALL
            .into_iter()
            .find(|weakness| weakness.slug() == slug)
    }

    /// The severity of the weakness: an error for broken algorithms, a warning for outdated ones,
    /// otherwise a note.
    pub fn severity(self) -> Severity {
        match self {
            Weakness::NoEncryption
            | Weakness::Anonymous
            | Weakness::Export
            | Weakness::ShortKey
            | Weakness::Rc4
            | Weakness::SmallBlock
            | Weakness::Md5 => Severity::Error,
            Weakness::CbcSha1
            | Weakness::StaticRsa
            | Weakness::NoForwardSecrecy
            | Weakness::ShortTag
            | Weakness::Dsa => Severity::Warning,
            Weakness::Cbc | Weakness::NeedsPsk | Weakness::NeedsSrp => Severity::Note,
        }
    }

    /// Whether the suite cannot be used without a callback.
    pub fn needs_callback(self) -> bool {
        matches!(self, Weakness::NeedsPsk | Weakness::NeedsSrp)
    }

    /// The part of a cipher string that excludes such suites; none if there is no such part.
    pub fn excluded_by(self) -> Option<&'static str> {
        Some(match self {
            Weakness::NoEncryption => "!eNULL",
            Weakness::Anonymous => "!aNULL",
            Weakness::Rc4 => "!RC4",
            Weakness::SmallBlock => "!3DES:!IDEA",
            Weakness::Md5 => "!MD5",
            Weakness::CbcSha1 => "!SHA1",
            Weakness::Cbc => "!SHA256:!SHA384",
            Weakness::StaticRsa => "!kRSA:!kRSAPSK",
            Weakness::NoForwardSecrecy => "!kPSK:!kSRP",
            Weakness::ShortTag => "!AESCCM8",
            Weakness::Dsa => "!aDSS",
            Weakness::NeedsPsk => "!PSK",
            Weakness::NeedsSrp => "!SRP",
            Weakness::Export | Weakness::ShortKey => return None,
        })
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Weakness::NoEncryption => "no encryption",
            Weakness::Anonymous => "anonymous",
            Weakness::Export => "export grade",
            Weakness::ShortKey => "key below 112 bits",
            Weakness::Rc4 => "RC4",
            Weakness::SmallBlock => "64-bit blocks",
            Weakness::Md5 => "MD5",
            Weakness::CbcSha1 => "CBC with SHA-1",
            Weakness::Cbc => "CBC",
            Weakness::StaticRsa => "static RSA",
            Weakness::NoForwardSecrecy => "no forward secrecy",
            Weakness::ShortTag => "8-byte tag",
            Weakness::Dsa => "DSA",
            Weakness::NeedsPsk => "needs a PSK callback",
            Weakness::NeedsSrp => "needs SRP",
        })
    }
}

/// Whether the rule on the order of suites applies to a suite. It does not apply to broken suites, because forward
/// secrecy does not make them preferable.
pub(super) fn is_in_order(cipher: &Cipher) -> bool {
    let bad = |w: &Weakness| w.needs_callback() || w.severity() == Severity::Error;
    !cipher.is_tls13() && !cipher.weaknesses().iter().any(bad)
}

/// The first suite without forward secrecy that is preferred to a suite with forward secrecy, and
/// that second suite. TLS 1.3 suites, broken suites and those that need a callback do not count.
pub(super) fn out_of_order<'a>(
    ciphers: impl Iterator<Item = &'a Cipher>,
) -> Option<(&'a Cipher, &'a Cipher)> {
    let mut usable = ciphers.filter(|c| is_in_order(c));
    let worse = usable.find(|c| !c.forward_secret())?;
    let better = usable.find(|c| c.forward_secret())?;
    Some((worse, better))
}

/// The weaknesses of a suite. Other crates cannot implement the trait.
pub trait CipherExt: Sealed {
    /// The severity of the worst weakness; none for a good suite.
    ///
    /// A suite that needs a callback has the severity of a note, unless it is broken:
    ///
    /// ```
    /// use pyssl_ciphers::CipherExt;
    /// use pyssl_ciphers::cipher::{CipherString, Severity};
    ///
    /// let worst = |string| -> pyssl::Result<_> {
    ///     let suites = CipherString::parse(string)?.resolve()?.into_ciphers();
    ///     Ok(suites.last().and_then(|suite| suite.severity()))
    /// };
    /// assert_eq!(worst("ECDHE-RSA-AES128-GCM-SHA256")?, None);
    /// assert_eq!(worst("AES128-GCM-SHA256")?, Some(Severity::Warning));
    /// assert_eq!(worst("PSK-AES128-GCM-SHA256")?, Some(Severity::Note));
    /// assert_eq!(worst("PSK-NULL-SHA256:@SECLEVEL=0")?, Some(Severity::Error));
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    fn severity(&self) -> Option<Severity>;

    /// Why the suite should not be used, worst first; empty for a good one.
    fn weaknesses(&self) -> Vec<Weakness>;
}

impl CipherExt for Cipher {
    fn severity(&self) -> Option<Severity> {
        let weaknesses = self.weaknesses();
        let worst = weaknesses.iter().map(|w| w.severity()).max()?;
        let callback = weaknesses.iter().any(|w| w.needs_callback());
        Some(if callback && worst < Severity::Error {
            Severity::Note
        } else {
            worst
        })
    }

    fn weaknesses(&self) -> Vec<Weakness> {
        let symmetric = self.symmetric.unwrap_or("");
        let kea = self.kea.unwrap_or("");
        let auth = self.auth.unwrap_or("");
        let cbc = symmetric.ends_with("-cbc");
        let psk = kea.ends_with("-psk");
        let srp = kea == "kx-srp";
        let short_tag = ["CCM8", "CCM_8", "CCM_8_SHA256"]
            .iter()
            .any(|end| self.name.ends_with(end));
        let static_rsa = matches!(kea, "kx-rsa" | "kx-rsa-psk");
        [
            (self.strength_bits == 0, Weakness::NoEncryption),
            (auth == "auth-null", Weakness::Anonymous),
            (
                self.name.starts_with("EXP") || self.name.contains("_EXPORT"),
                Weakness::Export,
            ),
            (
                // For CCM-8 suites, `strength_bits` is the length of the key in OpenSSL 3.0, and of
                // the tag (64) in 3.6 and 4.0.
                (1..112).contains(&self.strength_bits) && !short_tag,
                Weakness::ShortKey,
            ),
            (symmetric.starts_with("rc4"), Weakness::Rc4),
            (
                matches!(
                    symmetric,
                    "des-ede3-cbc" | "idea-cbc" | "des-cbc" | "rc2-cbc"
                ) || symmetric.starts_with("gost89"),
                Weakness::SmallBlock,
            ),
            (self.digest == Some("md5"), Weakness::Md5),
            (cbc && self.digest == Some("sha1"), Weakness::CbcSha1),
            (cbc && self.digest != Some("sha1"), Weakness::Cbc),
            (static_rsa, Weakness::StaticRsa),
            (
                !static_rsa && !self.forward_secret(),
                Weakness::NoForwardSecrecy,
            ),
            (short_tag, Weakness::ShortTag),
            (auth == "auth-dss", Weakness::Dsa),
            (psk, Weakness::NeedsPsk),
            (srp || auth == "auth-srp", Weakness::NeedsSrp),
        ]
        .into_iter()
        .filter_map(|(applies, weakness)| applies.then_some(weakness))
        .collect()
    }
}
