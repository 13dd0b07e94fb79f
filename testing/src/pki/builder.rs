//! Describes and signs certificates.

use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension};

use super::der;
use super::key::KeyKind;
use super::leaf::Leaf;
use super::name::{Attribute, DistinguishedName, San};

pub(super) const DAY: i64 = 24 * 60 * 60;

/// The description of a certificate. [`Ca::builder`](super::Ca::builder) or [`CertBuilder::self_signed`] creates it,
/// [`build`](Self::build) or [`build_ca`](Self::build_ca) issues the certificate.
#[derive(Clone, Debug)]
pub struct CertBuilder {
    issuer: Option<Leaf>,
    is_ca: bool,
    key: Key,
    subject: Option<DistinguishedName>,
    sans: Vec<San>,
    not_before: i64,
    not_after: i64,
    path_len: Option<u32>,
    server_auth: bool,
    client_auth: bool,
    key_usage: bool,
    ski: bool,
    aki: bool,
    constraints_critical: bool,
    serial: Option<String>,
    sha1: bool,
    extensions: Vec<(String, bool, Vec<u8>)>,
    ocsp: Vec<String>,
    ca_issuers: Vec<String>,
    crl_points: Vec<String>,
}

#[derive(Clone, Debug)]
enum Key {
    Kind(KeyKind),
    Given(PKey<Private>),
}

impl CertBuilder {
    /// Describes a self-signed certificate.
    pub fn self_signed() -> Self {
        Self::new(None)
    }

    pub(super) fn new(issuer: Option<&Leaf>) -> Self {
        let now = now();
        Self {
            issuer: issuer.cloned(),
            is_ca: false,
            key: Key::Kind(KeyKind::default()),
            subject: None,
            sans: Vec::new(),
            not_before: now - DAY,
            not_after: now + 365 * DAY,
            path_len: None,
            server_auth: true,
            client_auth: true,
            key_usage: true,
            ski: true,
            aki: true,
            constraints_critical: true,
            serial: None,
            sha1: false,
            extensions: Vec::new(),
            ocsp: Vec::new(),
            ca_issuers: Vec::new(),
            crl_points: Vec::new(),
        }
    }

    /// Adds a name to subjectAltName. The kind of a text is guessed ([`San::guess`]).
    pub fn san<N: Into<San>>(mut self, name: N) -> Self {
        self.sans.push(name.into());
        self
    }

    /// Adds several names to subjectAltName.
    pub fn sans<I: IntoIterator<Item: Into<San>>>(mut self, names: I) -> Self {
        self.sans.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets the subject to this common name alone. The default is an organization without a common name.
    pub fn common_name(self, name: &str) -> Self {
        self.subject(DistinguishedName::new().with("CN", name))
    }

    /// Replaces the subject.
    pub fn subject(mut self, name: DistinguishedName) -> Self {
        self.subject = Some(name);
        self
    }

    /// The kind of key. The default is [`KeyKind::EcP256`].
    pub fn key(mut self, kind: KeyKind) -> Self {
        self.key = Key::Kind(kind);
        self
    }

    /// Uses the key of another certificate, as a renewal does.
    pub fn same_key_as(mut self, other: &Leaf) -> Self {
        self.key = Key::Given(other.key().clone());
        self
    }

    /// Sets the validity in seconds since 1970. The default is one year from yesterday.
    pub fn valid(mut self, not_before: i64, not_after: i64) -> Self {
        (self.not_before, self.not_after) = (not_before, not_after);
        self
    }

    /// Sets a validity of this many days that began yesterday.
    pub fn valid_for_days(self, days: i64) -> Self {
        self.valid(now() - DAY, now() + (days - 1) * DAY)
    }

    /// Sets a validity of 30 days that ended yesterday.
    pub fn expired(self) -> Self {
        self.valid(now() - 31 * DAY, now() - DAY)
    }

    /// Sets a validity of 30 days that begins tomorrow.
    pub fn not_yet_valid(self) -> Self {
        self.valid(now() + DAY, now() + 31 * DAY)
    }

    /// Sets the extended key usage to servers only. The default is servers and clients.
    pub fn server_only(mut self) -> Self {
        (self.server_auth, self.client_auth) = (true, false);
        self
    }

    /// Sets the extended key usage to clients only.
    pub fn client_only(mut self) -> Self {
        (self.server_auth, self.client_auth) = (false, true);
        self
    }

    /// Omits the extended key usage.
    pub fn without_extended_key_usage(mut self) -> Self {
        (self.server_auth, self.client_auth) = (false, false);
        self
    }

    /// Omits the key usage. `X509_V_FLAG_X509_STRICT` rejects an authority without it.
    pub fn without_key_usage(mut self) -> Self {
        self.key_usage = false;
        self
    }

    /// Omits the subject key identifier.
    pub fn without_ski(mut self) -> Self {
        self.ski = false;
        self
    }

    /// Omits the authority key identifier. `X509_V_FLAG_X509_STRICT` rejects a certificate without it.
    pub fn without_aki(mut self) -> Self {
        self.aki = false;
        self
    }

    /// Makes the basic constraints not critical. `X509_V_FLAG_X509_STRICT` rejects such an authority, except in OpenSSL
    /// 4.0.
    pub fn noncritical_constraints(mut self) -> Self {
        self.constraints_critical = false;
        self
    }

    /// Sets the path length constraint: how many intermediates may be between this authority and a leaf.
    pub fn path_len(mut self, length: u32) -> Self {
        self.path_len = Some(length);
        self
    }

    /// The serial number in hexadecimal. The default has 127 random bits.
    pub fn serial(mut self, hex: &str) -> Self {
        self.serial = Some(hex.to_owned());
        self
    }

    /// Signs with SHA-1, which OpenSSL's security levels 1 and above refuse since 3.0.
    pub fn sha1(mut self) -> Self {
        self.sha1 = true;
        self
    }

    /// Adds an OCSP responder to authorityInfoAccess.
    pub fn ocsp(mut self, uri: &str) -> Self {
        self.ocsp.push(uri.to_owned());
        self
    }

    /// Adds a URI for the issuer's certificate (caIssuers) to authorityInfoAccess.
    pub fn ca_issuers(mut self, uri: &str) -> Self {
        self.ca_issuers.push(uri.to_owned());
        self
    }

    /// Adds a CRL distribution point.
    pub fn crl_point(mut self, uri: &str) -> Self {
        self.crl_points.push(uri.to_owned());
        self
    }

    /// Adds any extension: its OID, whether it is critical, and its value as DER.
    pub fn extension(mut self, oid: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions
            .push((oid.to_owned(), critical, value.to_vec()));
        self
    }

    /// Issues the certificate.
    pub fn build(self) -> Leaf {
        let key = match &self.key {
            Key::Kind(kind) => kind.key(),
            Key::Given(key) => key.clone(),
        };
        let cert = self.sign(&key);
        Leaf::new(cert, key, self.issuer.as_ref())
    }

    /// Issues the certificate of an authority.
    pub(super) fn build_authority(mut self) -> Leaf {
        self.is_ca = true;
        (self.server_auth, self.client_auth) = (false, false);
        self.build()
    }

    fn sign(&self, key: &PKey<Private>) -> X509 {
        let mut x509 = X509::builder().expect("OpenSSL makes a certificate");
        self.fill(&mut x509, key);
        self.extend(&mut x509, key);
        let signer = self.issuer.as_ref().map_or(key, Leaf::key);
        x509.sign(signer, digest_for(signer, self.sha1))
            .expect("the issuer signs");
        x509.build()
    }

    fn fill(&self, x509: &mut X509Builder, key: &PKey<Private>) {
        let subject = self.subject_or_default().to_x509();
        let issuer = self
            .issuer
            .as_ref()
            .map_or(&*subject, |issuer| issuer.cert().subject_name());
        let serial = match &self.serial {
            Some(hex) => BigNum::from_hex_str(hex).expect("the serial number is hexadecimal"),
            None => random_serial(),
        };
        let serial = Asn1Integer::from_bn(&serial).expect("a number is an INTEGER");
        x509.set_version(2).expect("version 3 exists");
        x509.set_serial_number(&serial)
            .expect("OpenSSL takes the serial number");
        x509.set_subject_name(&subject)
            .expect("OpenSSL takes the subject");
        x509.set_issuer_name(issuer)
            .expect("OpenSSL takes the issuer");
        x509.set_not_before(&time(self.not_before))
            .expect("OpenSSL takes the time");
        x509.set_not_after(&time(self.not_after))
            .expect("OpenSSL takes the time");
        x509.set_pubkey(key).expect("OpenSSL takes the key");
    }

    fn extend(&self, x509: &mut X509Builder, key: &PKey<Private>) {
        let mut add = |extension| {
            x509.append_extension(extension)
                .expect("OpenSSL takes the extension")
        };

        let mut constraints = BasicConstraints::new();
        if self.constraints_critical {
            constraints.critical();
        }
        if self.is_ca {
            constraints.ca();
        }
        if let Some(length) = self.path_len {
            constraints.pathlen(length);
        }
        add(constraints
            .build()
            .expect("the basic constraints are valid"));

        if self.key_usage {
            let mut usage = KeyUsage::new();
            usage.critical();
            if self.is_ca {
                usage.key_cert_sign().crl_sign();
            } else {
                usage.digital_signature();
                if key.id() == Id::RSA {
                    usage.key_encipherment();
                }
            }
            add(usage.build().expect("the key usage is valid"));
        }
        if self.server_auth || self.client_auth {
            let mut usage = ExtendedKeyUsage::new();
            if self.server_auth {
                usage.server_auth();
            }
            if self.client_auth {
                usage.client_auth();
            }
            add(usage.build().expect("the extended key usage is valid"));
        }
        if !self.sans.is_empty() {
            let names = der::sequence(self.sans.iter().map(San::to_der));
            // If the subject is empty, subjectAltName must be critical (RFC 5280, section 4.1.2.6).
            add(extension(
                "subjectAltName",
                self.subject_or_default().is_empty(),
                &names,
            ));
        }
        if !self.ocsp.is_empty() || !self.ca_issuers.is_empty() {
            let ocsp = self.ocsp.iter().map(|uri| ("OCSP", uri));
            let issuers = self.ca_issuers.iter().map(|uri| ("caIssuers", uri));
            let access = ocsp.chain(issuers).map(|(method, uri)| {
                let location = San::Uri(uri.clone()).to_der();
                der::sequence([der::object_identifier(method), location])
            });
            add(extension(
                "authorityInfoAccess",
                false,
                &der::sequence(access),
            ));
        }
        if !self.crl_points.is_empty() {
            let points = self.crl_points.iter().map(|uri| {
                let full_name = der::constructed(0, &San::Uri(uri.clone()).to_der());
                der::sequence([der::constructed(0, &full_name)])
            });
            add(extension(
                "crlDistributionPoints",
                false,
                &der::sequence(points),
            ));
        }
        for (oid, critical, value) in &self.extensions {
            add(extension(oid, *critical, value));
        }
        self.add_key_identifiers(x509);
    }

    fn add_key_identifiers(&self, x509: &mut X509Builder) {
        if self.ski {
            let ski = SubjectKeyIdentifier::new().build(&x509.x509v3_context(None, None));
            x509.append_extension(ski.expect("a key has an identifier"))
                .expect("OpenSSL takes the extension");
        }
        let issuer = self.issuer.as_ref().map(Leaf::cert);
        let issuer_has_one = issuer.map_or(self.ski, |cert| cert.subject_key_id().is_some());
        if self.aki && issuer_has_one {
            let context = x509.x509v3_context(issuer.map(|cert| &**cert), None);
            let aki = AuthorityKeyIdentifier::new().keyid(true).build(&context);
            x509.append_extension(aki.expect("the issuer has a key identifier"))
                .expect("OpenSSL takes the extension");
        }
    }

    fn subject_or_default(&self) -> DistinguishedName {
        if let Some(name) = &self.subject {
            return name.clone();
        }
        let name = DistinguishedName::new().with("O", "pyssl testing");
        match self.is_ca {
            // OpenSSL looks for an issuer by its name, so two authorities with one name would be confused.
            true => name.with_rdn([Attribute::new("CN", &format!("Test CA {}", random_text()))]),
            false => name.with("OU", "Test certificate"),
        }
    }
}

/// Now, in seconds since 1970.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("the clock is past 1970").as_secs();
    i64::try_from(now).expect("seconds fit")
}

/// A time of a certificate. The `gmtime` of Windows, which `Asn1Time::from_unix` needs, ends at 1970 and at 3000.
pub(super) fn time(seconds: i64) -> Asn1Time {
    Asn1Time::from_str_x509(&time_text(seconds)).expect("OpenSSL can express the time")
}

/// A time in the form `20261231235959Z`.
pub(super) fn time_text(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Count from 1 March of the year 0, so that leap days come last (Richards' algorithm).
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!(
        "{:04}{month:02}{day:02}{:02}{:02}{:02}Z",
        era * 400 + year + carry,
        rest / 3600,
        rest / 60 % 60,
        rest % 60,
    )
}

pub(super) fn digest_for(signer: &PKey<Private>, sha1: bool) -> MessageDigest {
    match signer.id() {
        Id::ED25519 => MessageDigest::null(),
        _ if sha1 => MessageDigest::sha1(),
        _ => MessageDigest::sha256(),
    }
}

pub(super) fn extension(oid: &str, critical: bool, value: &[u8]) -> X509Extension {
    let oid = Asn1Object::from_str(oid).expect("the OID of the extension is valid");
    let value = Asn1OctetString::new_from_bytes(value).expect("bytes are an OCTET STRING");
    X509Extension::new_from_der(&oid, critical, &value).expect("OpenSSL takes the extension")
}

fn random_serial() -> BigNum {
    let mut serial = BigNum::new().expect("OpenSSL makes a number");
    serial
        .rand(127, MsbOption::ONE, false)
        .expect("OpenSSL has random numbers");
    serial
}

fn random_text() -> String {
    let mut bytes = [0; 8];
    openssl::rand::rand_bytes(&mut bytes).expect("OpenSSL has random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_openssl_across_leap_days_and_centuries() {
        assert_eq!(time_text(0), "19700101000000Z");
        assert_eq!(time_text(951_782_399), "20000228235959Z");
        assert_eq!(time_text(951_782_400), "20000229000000Z");
        assert_eq!(time_text(1_767_225_599), "20251231235959Z");
        if cfg!(not(windows)) {
            // From 1950 to 9999.
            for seconds in (-631_152_000..253_402_300_800).step_by(1_234_567) {
                let expected = Asn1Time::from_unix(seconds).unwrap();
                assert!(time(seconds) == expected, "{seconds}");
            }
        }
    }
}
