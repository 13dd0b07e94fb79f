use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::{Lazy, OnceCell};

use super::refusal::Refusal;
use super::{NegotiateOptions, Negotiation, negotiate};
use crate::cipher::{CipherString, Group, is_suite, version_named};
use pyssl::SslContext;
use pyssl::{Error, Result};
use pyssl::{Protocol, TlsVersion, VerifyMode};

/// A client and what it offers: versions, suites in order, groups. Facts with their source.
///
/// ```
/// use pyssl_ciphers::negotiate::Profile;
///
/// let firefox = Profile::named("firefox-137").ok_or("no such profile").unwrap();
/// println!("{firefox}: {}", firefox.source());
/// assert_eq!(firefox.ciphers().next(), Some("TLS_AES_128_GCM_SHA256"));
/// ```
///
/// A file of your own can be read with [`Profile::parse`]; one statement a line, a keyword and its
/// values, `#` begins a comment, and `profile` begins a client:
///
/// ```text
/// profile  terminal
/// title    Our payment terminals
/// released 2016
/// source   captured in the laboratory
/// versions TLSv1.1 TLSv1.2
/// ciphers  ECDHE-RSA-AES128-SHA AES128-SHA
/// groups   prime256v1
/// sni      no
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    name: Box<str>,
    title: Box<str>,
    released: Box<str>,
    source: Box<str>,
    versions: Vec<TlsVersion>,
    ciphers: Vec<Box<str>>,
    groups: Vec<Box<str>>,
    level: Option<u32>,
    sends_name: bool,
}

/// Why a file of profiles could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ProfileError {
    line: usize,
    message: Box<str>,
}

impl ProfileError {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl Profile {
    /// The profiles that come with the crate: browsers, phones, languages and libraries of the
    /// last years, and some old ones.
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    pub fn all() -> &'static [Profile] {
        static ALL: Lazy<Vec<Profile>> = Lazy::new(|| {
            Profile::parse(include_str!("profiles.txt")).expect("the crate's file of profiles")
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
    /// [`ProfileError`] with the line, if a keyword, a suite, a group or another value is unknown,
    /// or if a profile states no source, no versions or no suites.
    pub fn parse(text: &str) -> Result<Vec<Profile>, ProfileError> {
        let mut profiles: Vec<Profile> = Vec::new();
        let mut last = 0;
        for (number, line) in (1..).zip(text.lines()) {
            last = number;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (keyword, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let failed = |message: String| ProfileError {
                line: number,
                message: message.into(),
            };
            if keyword == "profile" {
                if let Some(before) = profiles.last() {
                    before.check().map_err(failed)?;
                }
                profiles.push(Profile::new(value.trim()));
            } else if let Some(profile) = profiles.last_mut() {
                profile.read_line(keyword, value.trim()).map_err(failed)?;
            } else {
                return Err(failed(format!("`{keyword}` stands before any `profile`")));
            }
        }
        if let Some(before) = profiles.last() {
            before.check().map_err(|message| ProfileError {
                line: last,
                message: message.into(),
            })?;
        }
        Ok(profiles)
    }

    fn new(name: &str) -> Profile {
        Profile {
            name: name.into(),
            title: name.into(),
            released: Box::default(),
            source: Box::default(),
            versions: Vec::new(),
            ciphers: Vec::new(),
            groups: Vec::new(),
            level: None,
            sends_name: true,
        }
    }

    fn read_line(&mut self, keyword: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err(format!("`{keyword}` has no value"));
        }
        let words = value.split_whitespace();
        match keyword {
            "title" => self.title = value.into(),
            "released" => self.released = value.into(),
            "source" => self.source = value.into(),
            "versions" => {
                for word in words {
                    self.versions.push(version_named(word)?);
                }
                self.versions.sort_unstable();
            }
            "ciphers" => {
                if let Some(word) = words.clone().find(|word| !is_suite(word)) {
                    return Err(format!("`{word}` is no suite"));
                }
                self.ciphers.extend(words.map(Box::from));
            }
            "groups" => {
                if let Some(word) = words.clone().find(|word| Group::named(word).is_none()) {
                    return Err(format!("`{word}` is no group"));
                }
                self.groups.extend(words.map(Box::from));
            }
            "level" => match value.parse() {
                Ok(level @ 0..=5) => self.level = Some(level),
                _ => return Err(format!("`{value}` is no security level")),
            },
            "sni" => {
                self.sends_name = match value {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(format!("`sni {value}` is neither `yes` nor `no`")),
                }
            }
            _ => return Err(format!("`{keyword}` is no keyword")),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        for (what, missing) in [
            ("name", self.name.is_empty()),
            ("source", self.source.is_empty()),
            ("versions", self.versions.is_empty()),
            ("ciphers", self.ciphers.is_empty()),
        ] {
            if missing {
                return Err(format!("the profile `{}` states no `{what}`", self.name));
            }
        }
        Ok(())
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

    /// The versions that it speaks, lowest first.
    pub fn versions(&self) -> &[TlsVersion] {
        &self.versions
    }

    /// The suites that it offers, in order, under OpenSSL's names. No OpenSSL of today has them
    /// all.
    pub fn ciphers(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ciphers.iter().map(|name| &**name)
    }

    /// The groups that it offers, in order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.groups.iter().map(|name| &**name)
    }

    /// Whether it sends the name of the server.
    pub fn sends_server_name(&self) -> bool {
        self.sends_name
    }

    /// A client's context that offers the same, as far as the linked OpenSSL can: suites and
    /// groups that it does not have are left out. It verifies nothing.
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
    /// `None` if OpenSSL has none of its suites or versions. What it accepts of signatures is not
    /// part of a profile; neither are extensions.
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

    /// What this client would agree on with a server, or why nothing.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl_ciphers::negotiate::{NegotiateOptions, Profile};
    ///
    /// let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// let firefox = Profile::named("firefox-137").ok_or("no such profile").unwrap();
    /// let lend = NegotiateOptions::new().lend_certificates(true);
    /// println!("{firefox}: {}", firefox.negotiate(&server, lend)?);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The profile stands in for the client, so the verification of certificates is not part of
    /// it, nor are signature algorithms.
    ///
    /// # Errors
    ///
    /// As [`negotiate()`].
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

/// What each client of [`Profile::all`] would agree on with this server, or why nothing.
///
/// ```
/// use pyssl as ssl;
/// use pyssl_ciphers::negotiate::{NegotiateOptions, negotiate_profiles};
///
/// let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// let lend = NegotiateOptions::new().lend_certificates(true);
/// for (profile, found) in negotiate_profiles(&server, lend)? {
///     println!("{:40} {found}", profile.title());
/// }
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// See [`Profile::negotiate`].
///
/// # Errors
///
/// As [`negotiate()`].
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
        // Those that a new context does not have on, but can have.
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
