use std::fmt;

use super::library::Library;
use super::{Part, Term, names};

/// What was probably meant by a name that the linked OpenSSL does not know.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The nearest name that it knows.
    Nearest(Box<str>),
    /// The name is the TLS registry's; OpenSSL's own is this.
    OpensslName(&'static str),
    /// The name is a suite of TLS 1.3, which a cipher string cannot hold.
    Tls13Suite,
    /// `DEFAULT` means something only at the start.
    DefaultNotFirst,
    /// Other versions or builds of OpenSSL know the name; this one has nothing for it.
    NotInThisBuild,
    /// A `-` between two names makes them one; a separator was probably meant.
    MissingSeparator,
    /// The name belongs to GnuTLS's priority strings.
    GnuTls,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::Nearest(name) => write!(f, "did you mean `{name}`?"),
            Hint::OpensslName(name) => write!(f, "OpenSSL calls it `{name}`"),
            Hint::Tls13Suite => f.write_str("TLS 1.3 suites have a list of their own"),
            Hint::DefaultNotFirst => f.write_str("`DEFAULT` counts only at the start"),
            Hint::NotInThisBuild => f.write_str("this OpenSSL has no such suites"),
            Hint::MissingSeparator => f.write_str("a `-` joins two names; write `:-`"),
            Hint::GnuTls => f.write_str("this is a name of GnuTLS"),
        }
    }
}

impl Hint {
    pub(super) fn for_part(part: &Part, library: &Library) -> Option<Hint> {
        Hint::for_term(part.unknown()?, library)
    }

    fn for_term(term: &Term, library: &Library) -> Option<Hint> {
        let name = term.text();
        if name == "DEFAULT" {
            return Some(Hint::DefaultNotFirst);
        }
        if name.contains('_') && names::is_tls13_suite(name) {
            return Some(Hint::Tls13Suite);
        }
        if let Some(suite) = library.suite_with_standard_name(name) {
            return Some(Hint::OpensslName(suite.cipher.name));
        }
        if names::was_known(name) {
            return Some(Hint::NotInThisBuild);
        }
        if matches!(
            name,
            "NORMAL"
                | "PERFORMANCE"
                | "SECURE128"
                | "SECURE192"
                | "SECURE256"
                | "PFS"
                | "LEGACY"
                | "NONE"
        ) || name.starts_with("VERS-")
            || name.starts_with("SIGN-")
        {
            return Some(Hint::GnuTls);
        }
        let joined = name.match_indices('-').any(|(at, _)| {
            names::alias(&name[..at]).is_some() && names::alias(&name[at + 1..]).is_some()
        });
        if joined {
            return Some(Hint::MissingSeparator);
        }
        library.nearest(name).map(|name| Hint::Nearest(name.into()))
    }
}
