use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::{Lazy, OnceCell};
use pyssl::{Error, Protocol, Result, SslContext, TlsVersion, VerifyMode};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{NegotiateOptions, Negotiation, negotiate};
use crate::cipher::CipherString;
use crate::data::{self, DataError};
use crate::words::{GroupName, Suite, Text, Version};

/// A client and its offer: versions, suites in order, groups. Each profile names the source of
/// its facts.
///
/// ```
/// use pyssl_ciphers::negotiate::Profile;
///
/// let firefox = Profile::named("firefox-137").ok_or("no such profile").unwrap();
/// println!("{firefox}: {}", firefox.source());
/// assert_eq!(firefox.ciphers().next(), Some("TLS_AES_128_GCM_SHA256"));
/// ```
///
/// [`Profile::parse`] reads a file of your own. It is TOML:
///
/// ```
/// # let profiles = pyssl_ciphers::negotiate::Profile::parse(r#"
/// [[profile]]
/// name = "terminal"
/// title = "Our payment terminals"
/// released = "2016"
/// source = "captured in the laboratory"
/// versions = ["TLSv1.1", "TLSv1.2"]
/// ciphers = ["ECDHE-RSA-AES128-SHA", "AES128-SHA"]
/// groups = ["prime256v1"]
/// sni = false
/// level = 1
/// # "#)?;
/// # assert_eq!(profiles[0].name(), "terminal");
/// # Ok::<(), pyssl_ciphers::DataError>(())
/// ```
///
/// `name`, `source`, `versions` and `ciphers` are required. `sni` says whether the client sends
/// the server's name (by default it does), `level` is OpenSSL's security level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    name: Box<str>,
    title: Box<str>,
    released: Box<str>,
    source: Box<str>,
    #[serde(skip)]
    versions: Vec<TlsVersion>,
    #[serde(skip)]
    ciphers: Vec<Box<str>>,
    #[serde(skip)]
    groups: Vec<Box<str>>,
    #[serde(skip)]
    level: Option<u32>,
    #[serde(skip)]
    sends_name: bool,
}

/// A file of profiles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "data::list")]
    profile: Vec<Entry>,
}

/// One `[[profile]]` of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Text,
    title: Option<Text>,
    #[serde(default)]
    released: Box<str>,
    source: Text,
    #[serde(deserialize_with = "data::list")]
    versions: Vec<Version>,
    #[serde(deserialize_with = "data::list")]
    ciphers: Vec<Suite>,
    #[serde(default, deserialize_with = "data::list")]
    groups: Vec<GroupName>,
    level: Option<Level>,
    #[serde(default = "yes")]
    sni: bool,
}

fn yes() -> bool {
    true
}

/// A security level of OpenSSL.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
struct Level(u32);

impl TryFrom<i64> for Level {
    type Error = String;

    fn try_from(level: i64) -> std::result::Result<Level, String> {
        match u32::try_from(level) {
            Ok(level @ 0..=5) => Ok(Level(level)),
            _ => Err(format!(
                "`{level}` is not a security level; the levels are 0 to 5"
            )),
        }
    }
}

impl From<Entry> for Profile {
    fn from(entry: Entry) -> Profile {
        let mut versions: Vec<_> = entry.versions.into_iter().map(|v| v.0).collect();
        versions.sort_unstable();
        Profile {
            title: entry
                .title
                .map_or_else(|| entry.name.0.clone(), |title| title.0),
            name: entry.name.0,
            released: entry.released,
            source: entry.source.0,
            versions,
            ciphers: entry.ciphers.into_iter().map(|suite| suite.0).collect(),
            groups: entry.groups.into_iter().map(|group| group.0).collect(),
            level: entry.level.map(|level| level.0),
            sends_name: entry.sni,
        }
    }
}

impl Profile {
    /// The profiles that come with the crate: recent browsers, phones, languages and libraries, and
    /// some old ones.
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    pub fn all() -> &'static [Profile] {
        static ALL: Lazy<Vec<Profile>> = Lazy::new(|| {
            Profile::parse(include_str!("profiles.toml")).expect("the crate's file of profiles")
        });
        &ALL
    }

    /// The profile of this name among those that come with the crate.
    pub fn named(name: &str) -> Option<&'static Profile> {
        Profile::all().iter().find(|profile| &*profile.name == name)
    }

    /// Reads a file of profiles; the type's documentation has the format.
    ///
    /// # Errors
    ///
    /// [`DataError`] with the line, if the text is not TOML, if a key, suite, group, version or
    /// another value is unknown, or if a profile has no name, source, versions or suites.
    pub fn parse(text: &str) -> std::result::Result<Vec<Profile>, DataError> {
        let file: File = data::read(text)?;
        Ok(file.profile.into_iter().map(Profile::from).collect())
    }

    /// The short name: `"firefox-137"`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name in words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The year in which the client appeared; empty if it is not stated.
    pub fn released(&self) -> &str {
        &self.released
    }

    /// Where the facts are from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The versions that the client supports, lowest first.
    pub fn versions(&self) -> &[TlsVersion] {
        &self.versions
    }

    /// The suites that the client offers, in order, under OpenSSL's names. No current OpenSSL has
    /// all of them.
    pub fn ciphers(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ciphers.iter().map(|name| &**name)
    }

    /// The groups that the client offers, in order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.groups.iter().map(|name| &**name)
    }

    /// OpenSSL's security level of the client; none if it is not known.
    pub fn security_level(&self) -> Option<u32> {
        self.level
    }

    /// Whether the client sends the name of the server (SNI).
    pub fn sends_server_name(&self) -> bool {
        self.sends_name
    }

    /// A context that makes the client's offer. Suites and groups that the linked OpenSSL does not
    /// have are left out. The context does not verify certificates.
    ///
    /// ```
    /// use pyssl_ciphers::negotiate::Profile;
    ///
    /// for profile in Profile::all() {
    ///     match profile.client_context()? {
    ///         Some(context) => println!("{profile}: {}", context.get_ciphers()?.len()),
    ///         None => println!("{profile}: nothing that this OpenSSL has"),
    ///     }
    /// }
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    ///
    /// `None` if OpenSSL has none of the client's suites or versions. Signature algorithms and
    /// extensions are not part of a profile.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make contexts.
    pub fn client_context(&self) -> Result<Option<SslContext>> {
        let known = known_suites()?;
        let has = |name: &&str| known.contains(*name);
        let (tls13, older): (Vec<&str>, Vec<&str>) = self
            .ciphers()
            .filter(has)
            .partition(|name| name.starts_with("TLS_"));
        let speaks = |version: &TlsVersion| *version != TlsVersion::SSLv3 || pyssl::HAS_SSLv3;
        let mut versions: Vec<_> = self.versions.iter().copied().filter(speaks).collect();
        versions.retain(|version| match version {
            TlsVersion::TLSv1_3 => !tls13.is_empty(),
            _ => !older.is_empty(),
        });
        let (Some(lowest), Some(highest)) = (versions.first(), versions.last()) else {
            return Ok(None);
        };
        let context = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT)?;
        context.set_check_hostname(false)?;
        context.set_verify_mode(VerifyMode::CERT_NONE)?;
        let level = self.level.unwrap_or(0);
        if older.is_empty() {
            context.set_ciphers(&format!("ALL:@SECLEVEL={level}"))?;
        } else {
            context.set_ciphers(&format!("{}:@SECLEVEL={level}", older.join(":")))?;
        }
        context.set_ciphersuites(&tls13.join(":"))?;
        context.set_minimum_version(*lowest)?;
        context.set_maximum_version(*highest)?;
        let groups: Vec<_> = self.groups().filter(|name| knows_group(name)).collect();
        if !groups.is_empty() {
            context.set_groups(&groups.join(":"))?;
        }
        Ok(Some(context))
    }

    /// Negotiates between this client and a server.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl_ciphers::negotiate::{NegotiateOptions, Profile};
    ///
    /// let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// let firefox = Profile::named("firefox-137").ok_or("no such profile").unwrap();
    /// let options = NegotiateOptions::new().test_keys(true);
    /// println!("{firefox}: {}", firefox.negotiate(&server, options)?);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Certificates are not verified, and signature algorithms are not part of a profile.
    ///
    /// # Errors
    ///
    /// The same as [`negotiate()`].
    pub fn negotiate(
        &self,
        server: &SslContext,
        options: impl Into<NegotiateOptions>,
    ) -> Result<Negotiation> {
        let mut options = options.into().verify(false);
        let Some(client) = self.client_context()? else {
            return Ok(Negotiation::Refused(Box::new(Refusal::nothing_known(
                &self.versions,
                server,
            )?)));
        };
        if !self.sends_name {
            options.server_hostname = None;
        }
        negotiate(&client, server, options)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

/// Negotiates between each client of [`Profile::all`] and a server.
///
/// ```
/// use pyssl as ssl;
/// use pyssl_ciphers::negotiate::{NegotiateOptions, negotiate_profiles};
///
/// let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// let options = NegotiateOptions::new().test_keys(true);
/// for (profile, found) in negotiate_profiles(&server, options)? {
///     println!("{:40} {found}", profile.title());
/// }
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// See [`Profile::negotiate`].
///
/// # Errors
///
/// The same as [`negotiate()`].
pub fn negotiate_profiles(
    server: &SslContext,
    options: impl Into<NegotiateOptions>,
) -> Result<Vec<(&'static Profile, Negotiation)>> {
    let options = options.into();
    let with =
        |profile: &'static Profile| Ok((profile, profile.negotiate(server, options.clone())?));
    Profile::all().iter().map(with).collect()
}

/// The names of all suites that the library has.
fn known_suites() -> Result<&'static HashSet<&'static str>> {
    static KNOWN: OnceCell<HashSet<&'static str>> = OnceCell::new();
    KNOWN.get_or_try_init(|| {
        let all = CipherString::parse("ALL:COMPLEMENTOFALL:@SECLEVEL=0")?.resolve()?;
        let mut names: HashSet<_> = all.ciphers().iter().map(|cipher| cipher.name).collect();
        // Suites that a new context does not enable, but can enable.
        let context = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT)?;
        for name in ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"] {
            if context.set_ciphersuites(name).is_ok() {
                names.insert(name);
            }
        }
        Ok::<_, Error>(names)
    })
}

/// Whether the library has a group of this name.
fn knows_group(name: &str) -> bool {
    static KNOWN: Lazy<Mutex<HashMap<Box<str>, bool>>> = Lazy::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(name) {
        return *known;
    }
    let takes = |context: SslContext| context.set_groups(name).is_ok();
    let takes = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).is_ok_and(takes);
    known.insert(name.into(), takes);
    takes
}
