use std::fmt;

use super::library::Library;
use super::{Part, names};

/// The probable intention of a name that the linked OpenSSL does not know.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The most similar name that OpenSSL knows.
    Nearest(Box<str>),
    /// The name comes from the TLS registry or from Java. OpenSSL has this name for the suite.
    OpensslName(&'static str),
    /// The name is a suite of TLS 1.3, which a cipher string cannot contain.
    Tls13Suite,
    /// `DEFAULT` has a meaning only at the start of a string.
    DefaultNotFirst,
    /// Other versions or builds of OpenSSL know the name. The linked one has no such suites.
    NotInThisBuild,
    /// The name comes from the TLS registry or from Java. OpenSSL has this name for the suite, but the linked OpenSSL
    /// does not have the suite.
    OpensslNameOfOtherBuilds(&'static str),
    /// A `-` between two names makes them one name; probably a separator is missing.
    MissingSeparator,
    /// The name belongs to GnuTLS's priority strings.
    GnuTls,
    /// Only the OpenSSL of some distributions knows the name (`PROFILE=SYSTEM`). The string is a name with a similar
    /// meaning that every OpenSSL knows.
    Distribution(&'static str),
    /// The name is that of a security policy of s2n or of a cloud provider.
    SecurityPolicy,
    /// The name is a version of the protocol, which a cipher string does not choose.
    ProtocolVersion,
    /// The name is a signalling cipher suite value (SCSV), which OpenSSL sends automatically.
    Signal,
    /// The name is a group of the key exchange, which a cipher string does not choose.
    Group,
    /// The name of a setting was copied along with its value.
    Setting,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::Nearest(name) => write!(f, "did you mean `{name}`?"),
            Hint::OpensslName(name) => write!(f, "OpenSSL calls it `{name}`"),
            Hint::Tls13Suite => {
                f.write_str("TLS 1.3 suites have a list of their own (set_ciphersuites)")
            }
            Hint::DefaultNotFirst => f.write_str("`DEFAULT` has a meaning only at the start"),
            Hint::NotInThisBuild => f.write_str("this OpenSSL has no such suites"),
            Hint::OpensslNameOfOtherBuilds(name) => {
                write!(
                    f,
                    "OpenSSL calls it `{name}`; this OpenSSL has no such suites"
                )
            }
            Hint::MissingSeparator => f.write_str("a `-` joins two names; write `:-`"),
            Hint::GnuTls => f.write_str("this is from a priority string of GnuTLS"),
            Hint::Distribution(word) => write!(
                f,
                "only the OpenSSL of some distributions knows it; elsewhere, write `{word}`"
            ),
            Hint::SecurityPolicy => {
                f.write_str("this is the name of a security policy of s2n or of a cloud provider")
            }
            Hint::ProtocolVersion => {
                f.write_str("versions are set elsewhere (minimum_version, maximum_version)")
            }
            Hint::Signal => {
                f.write_str("this is a signalling value, which OpenSSL sends automatically")
            }
            Hint::Group => f.write_str("groups have a list of their own (set_groups)"),
            Hint::Setting => f.write_str("this is the name of a setting, not part of its value"),
        }
    }
}

impl Hint {
    /// Whether other versions or builds of OpenSSL have the suites of this name.
    pub(super) fn is_of_other_builds(&self) -> bool {
        matches!(
            self,
            Hint::NotInThisBuild | Hint::OpensslNameOfOtherBuilds(_)
        )
    }

    pub(super) fn for_part(part: &Part, library: &Library) -> Option<Hint> {
        let name = part.unknown()?.text();
        Hint::of_known_name(name, library)
            .or_else(|| library.nearest(name).map(|name| Hint::Nearest(name.into())))
    }

    /// The hint for a name that is known, but not as a name in cipher strings of this OpenSSL.
    pub(super) fn of_known_name(name: &str, library: &Library) -> Option<Hint> {
        if name == "DEFAULT" {
            return Some(Hint::DefaultNotFirst);
        }
        // Drafts of TLS 1.3 used names that begin with `TLS13-`.
        if names::is_tls13_suite(name) || name.starts_with("TLS13-") {
            return Some(Hint::Tls13Suite);
        }
        if let Some(hint) = Hint::for_registry_name(name, library) {
            return Some(hint);
        }
        if names::was_known(name) {
            return Some(Hint::NotInThisBuild);
        }
        if names::is_gnutls(name) {
            return Some(Hint::GnuTls);
        }
        if let Some(word) = names::of_distribution(name) {
            return Some(Hint::Distribution(word));
        }
        if names::is_security_policy(name) {
            return Some(Hint::SecurityPolicy);
        }
        if names::is_version(name) {
            return Some(Hint::ProtocolVersion);
        }
        if names::is_group(name) {
            return Some(Hint::Group);
        }
        if names::is_setting(name) {
            return Some(Hint::Setting);
        }
        let joined = name.match_indices('-').any(|(at, _)| {
            names::alias(&name[..at]).is_some() && names::alias(&name[at + 1..]).is_some()
        });
        joined.then_some(Hint::MissingSeparator)
    }

    /// The hint for a name of the TLS registry, of Java, where old names begin with `SSL_`, of
    /// OpenVPN, which writes dashes, or of Go, which leaves out the digest after ChaCha20-Poly1305.
    fn for_registry_name(name: &str, library: &Library) -> Option<Hint> {
        let name = match name.starts_with("TLS-") || name.starts_with("SSL-") {
            true => name.replace('-', "_"),
            false => name.to_owned(),
        };
        let rest = name.strip_prefix("TLS_").or(name.strip_prefix("SSL_"))?;
        let digest = match rest.ends_with("_CHACHA20_POLY1305") {
            true => "_SHA256",
            false => "",
        };
        if rest.ends_with("_SCSV") {
            return Some(Hint::Signal);
        }
        let standard = format!("TLS_{rest}{digest}");
        if let Some(suite) = library.suite_with_standard_name(&standard) {
            return Some(Hint::OpensslName(suite.cipher.name));
        }
        match names::of_other_builds(&standard) {
            Some(name) => Some(Hint::OpensslNameOfOtherBuilds(name)),
            None => rest.contains("_WITH_").then_some(Hint::NotInThisBuild),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cipher::CipherString;

    fn hint(text: &str) -> Option<String> {
        let explanation = CipherString::parse(text).unwrap().explain().unwrap();
        let hint = explanation.steps().iter().find_map(|step| step.hint());
        hint.map(|hint| hint.to_string())
    }

    #[test]
    fn words_from_other_settings_and_other_software_get_a_hint() {
        for (text, expected) in [
            ("TLSv1.3", "versions are set elsewhere"),
            ("HIGH:!TLSv1.1", "versions are set elsewhere"),
            ("TLS1.2", "versions are set elsewhere"),
            ("NORMAL:-VERS-TLS1.0", "GnuTLS"),
            (
                "TLS13-AES-256-GCM-SHA384",
                "a list of their own (set_ciphersuites)",
            ),
            ("TLS_FALLBACK_SCSV:AES", "automatically"),
            ("X25519:AES", "set_groups"),
            ("AES:P-256", "set_groups"),
            ("ssl_ciphers HIGH", "the name of a setting"),
            ("SSLCipherSuite=HIGH", "the name of a setting"),
            ("SSL_RSA_WITH_RC4_128_MD5", "calls it `RC4-MD5`; this"),
            ("SSL_RSA_WITH_3DES_EDE_CBC_SHA", "calls it `DES-CBC3-SHA`"),
            (
                "SSL_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
                "calls it `EXP-EDH-RSA-DES-CBC-SHA`",
            ),
            ("TLS_KRB5_WITH_DES_CBC_SHA", "has no such suites"),
            ("SSL_RSA_WITH_AES_128_CBC_SHA", "calls it `AES128-SHA`"),
            (
                "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256",
                "calls it `ECDHE-RSA-AES128-GCM-SHA256`",
            ),
            (
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
                "calls it `ECDHE-RSA-CHACHA20-POLY1305`",
            ),
            ("PROFILE=SYSTEM", "elsewhere, write `DEFAULT`"),
            ("ELBSecurityPolicy-TLS13-1-2-2021-06", "a security policy"),
            ("20240503", "a security policy"),
            ("SSLv2:AES", "has no such suites"),
            ("DES-CBC3-SHA", "has no such suites"),
        ] {
            let found = hint(text).unwrap_or_default();
            assert!(found.contains(expected), "{text}: {found}");
        }
        assert_eq!(hint("HIGH:QUANTUM"), None);
    }
}
