use super::names::{display_names, names};

/// The purpose of a context: Python's `ssl.Purpose`.
///
/// ```python
/// context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
/// ```
/// ```
/// # use pyssl as ssl;
/// let context = ssl::create_default_context(ssl::Purpose::CLIENT_AUTH)?;
/// # Ok::<(), ssl::Error>(())
/// ```
#[allow(non_camel_case_types, reason = "Python's spelling")]
#[allow(clippy::exhaustive_enums, reason = "Python's two values")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Purpose {
    /// Authenticates servers; for client contexts.
    #[default]
    SERVER_AUTH,
    /// Authenticates clients; for server contexts.
    CLIENT_AUTH,
}

impl Purpose {
    /// OpenSSL's number for the extended key usage.
    pub const fn nid(self) -> i32 {
        match self {
            Purpose::SERVER_AUTH => 129,
            Purpose::CLIENT_AUTH => 130,
        }
    }

    /// OpenSSL's short name.
    pub const fn shortname(self) -> &'static str {
        match self {
            Purpose::SERVER_AUTH => "serverAuth",
            Purpose::CLIENT_AUTH => "clientAuth",
        }
    }

    /// OpenSSL's long name.
    pub const fn longname(self) -> &'static str {
        match self {
            Purpose::SERVER_AUTH => "TLS Web Server Authentication",
            Purpose::CLIENT_AUTH => "TLS Web Client Authentication",
        }
    }

    /// The object identifier of the extended key usage (RFC 5280, section 4.2.1.12).
    pub const fn oid(self) -> &'static str {
        match self {
            Purpose::SERVER_AUTH => "1.3.6.1.5.5.7.3.1",
            Purpose::CLIENT_AUTH => "1.3.6.1.5.5.7.3.2",
        }
    }
}

names! { Purpose, "Purpose": SERVER_AUTH CLIENT_AUTH; }

display_names! { Purpose }

impl From<()> for Purpose {
    /// Python's default.
    fn from((): ()) -> Purpose {
        Purpose::default()
    }
}
