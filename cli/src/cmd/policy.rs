//! The guidelines of `--policy`: those of the crate, files, and the system's crypto policy.

use std::io;
use std::path::{Path, PathBuf};

use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{CipherString, Ciphersuites, Policy};
use pyssl_ciphers::config::{Config, Service, SettingKind};
use pyssl_ciphers::wire::{group_number, signature_name, signature_number};

use crate::failure::{Failure, WithContext};
use crate::input;
use crate::level::Level;

/// The name of the system's crypto policy.
const SYSTEM: &str = "system";

/// OpenSSL's word for its own cipher string.
const OPENSSL_DEFAULT: &str = "DEFAULT";

/// Whether the linked OpenSSL is 3.0, where a security level alone does not turn off TLS 1.1.
fn is_openssl_3_0() -> bool {
    *pyssl::OPENSSL_VERSION_INFO < (3, 1, 0, 0, 0)
}

/// The versions of OpenSSL's default settings.
const VERSIONS: [TlsVersion; 4] = [
    TlsVersion::TLSv1,
    TlsVersion::TLSv1_1,
    TlsVersion::TLSv1_2,
    TlsVersion::TLSv1_3,
];

/// Where update-crypto-policies(8) puts what OpenSSL's configuration includes, and its name.
const BACK_END: &str = "/etc/crypto-policies/back-ends/opensslcnf.config";
const STATE: &str = "/etc/crypto-policies/state/current";

/// Finds a policy by name, or reads it from a file.
pub(crate) fn read_policy(name: &str) -> Result<Policy, Failure> {
    if let Some(policy) = Policy::named(name) {
        return Ok(policy);
    }
    if name == SYSTEM {
        return system();
    }
    let text = match input::read_text(Path::new(name)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::Usage(format!(
                "--policy: '{}' is not a file, and none of {SYSTEM}, {}",
                name.escape_debug(),
                Policy::names().join(", ")
            )));
        }
        error @ Err(_) => error.with_context(|| format!("cannot read the policy {name}"))?,
    };
    Policy::parse(&text).map_err(|error| Failure::Usage(format!("--policy {name}: {error}")))
}

/// The policy of this system. Like OpenSSL, it reads the file that `OPENSSL_CONF` names before any
/// other.
fn system() -> Result<Policy, Failure> {
    let own = std::env::var_os("OPENSSL_CONF").map(PathBuf::from);
    let back_end = Path::new(BACK_END);
    let (file, config) = match own {
        None if back_end.is_file() => {
            let text = input::read_text(back_end)
                .with_context(|| format!("--policy {SYSTEM}: cannot read {BACK_END}"))?;
            (back_end.to_owned(), of_back_end(&text))
        }
        own => {
            let file = own.unwrap_or_else(default_file);
            let config = Config::read(&file).with_context(|| {
                let file = file.display();
                format!("--policy {SYSTEM}: cannot read {file}, and there is no {BACK_END}")
            })?;
            (file, config)
        }
    };
    let Some(service) = config.system_default() else {
        return Err(Failure::Usage(format!(
            "--policy {SYSTEM}: {} has no system_default section with settings for TLS",
            file.display()
        )));
    };
    // The name of the policy belongs to the back end's file only.
    let is_back_end = file == Path::new(BACK_END);
    let version = is_back_end.then(|| std::fs::read_to_string(STATE).ok());
    let version = version.flatten();
    let version = version.as_deref().map_or("unknown", str::trim);
    of_service(service, &file, version)
        .map_err(|error| Failure::Usage(format!("--policy {SYSTEM}: {}: {error}", file.display())))
}

/// Reads the settings of the back end. Its file is included within a section of another file, so it
/// has no section itself. The lines of `head` put it into a section.
fn of_back_end(text: &str) -> Config {
    let head = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = crypto_policy\n\
                [crypto_policy]\n";
    // The lines for DTLS state other versions.
    let of_tls = |line: &&str| !line.trim_start().starts_with("DTLS.");
    let lines = text.lines().filter(of_tls).map(|line| {
        let line = line.trim_start();
        line.strip_prefix("TLS.").unwrap_or(line)
    });
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    Config::parse("openssl.cnf", &format!("{head}{text}"))
}

/// The configuration file of the linked OpenSSL.
fn default_file() -> PathBuf {
    let dir = openssl::version::dir();
    let dir = dir.split('"').nth(1).unwrap_or("/etc/ssl");
    Path::new(dir).join("openssl.cnf")
}

/// The policy file for these settings. Everything that they allow is allowed: suites, versions, groups and signatures, and
/// keys and certificates of the security level.
fn of_service(service: &Service, file: &Path, version: &str) -> Result<Policy, String> {
    fn quoted<S: AsRef<str>>(names: &[S]) -> String {
        let names = names.iter().map(|name| format!("\"{}\"", name.as_ref()));
        names.collect::<Vec<_>>().join(", ")
    }
    let mut rules = String::new();
    let mut rule = |key: &str, names: String| {
        // A policy cannot have an empty list, and without the list it would allow everything.
        if names.is_empty() {
            return Err(format!("with these settings, the list `{key}` is empty"));
        }
        rules.push_str(&format!("{key} = [{names}]\n"));
        Ok(())
    };
    let string = service.of_kind(SettingKind::Ciphers).last();
    let newer = service.of_kind(SettingKind::Ciphersuites).last();
    // Without `CipherString`, OpenSSL's default list holds.
    let text = string.map_or(OPENSSL_DEFAULT, |string| string.value());
    let list = CipherString::parse(text).map_err(|error| error.to_string())?;
    let resolved = list.resolve().map_err(|error| error.to_string())?;
    let level = string.and_then(|_| Level::new(resolved.security_level()));
    let newer = newer.map(|newer| Ciphersuites::parse(newer.value()));
    let newer = newer.transpose().map_err(|error| error.to_string())?;
    let selected = resolved.ciphers().iter();
    let selected = selected.filter(|suite| newer.is_none() || !suite.is_tls13());
    let newer = newer.iter().flat_map(|newer| newer.ciphers());
    let all = newer.chain(selected);
    let all = all.filter(|suite| level.is_none_or(|level| level.accepts_suite(suite)));
    rule(
        "allow",
        quoted(&all.map(|suite| suite.name).collect::<Vec<_>>()),
    )?;
    let stated = service.versions();
    let accepts = |version: &TlsVersion| {
        level.is_none_or(|level| {
            // OpenSSL 3.0 accepts older versions, and newer releases only at level 0.
            let by_release = *version >= TlsVersion::TLSv1_2 || is_openssl_3_0();
            level.accepts_version(*version) && (by_release || !level.has_limits())
        })
    };
    if stated.is_some() || !VERSIONS.iter().all(accepts) {
        let mut versions = stated.unwrap_or_else(|| VERSIONS.to_vec());
        versions.retain(accepts);
        rule(
            "versions",
            quoted(&versions.iter().map(ToString::to_string).collect::<Vec<_>>()),
        )?;
    }
    if let Some(groups) = service.groups() {
        // In OpenSSL's lists, `-` removes a group. OpenSSL ignores unknown groups after `?`.
        let is_removed = |name: &str| {
            let mut groups = groups.iter();
            name.starts_with('-') || groups.any(|group| group.strip_prefix('-') == Some(name))
        };
        let kept = groups.iter().filter(|name| !is_removed(name));
        let is_accepted = |name: &&&str| {
            let number = group_number(name);
            number.is_some_and(|number| level.is_none_or(|level| level.accepts_group(number)))
        };
        rule(
            "groups",
            quoted(&kept.filter(is_accepted).collect::<Vec<_>>()),
        )?;
    }
    let accepts = |name: &String| level.is_none_or(|level| level.accepts_signature(name));
    let schemes: Option<Vec<u16>> = match service.signatures() {
        Some(names) => Some(names.into_iter().filter_map(signature_number).collect()),
        None => level.map(Level::signatures),
    };
    if let Some(schemes) = schemes {
        let names = schemes.into_iter().map(signature_name);
        rule(
            "signatures",
            quoted(&names.filter(accepts).collect::<Vec<_>>()),
        )?;
    }
    if let Some(level) = level.filter(|level| level.has_limits()) {
        let [field, curve] = level.least_bits();
        let signatures = quoted(&level.certificate_signatures().collect::<Vec<_>>());
        rules.push_str(&format!(
            "keys = {{ rsa = {field}, dsa = {field}, dh = {field}, ec = {curve} }}\n\
             certificates = {{ signatures = [{signatures}] }}\n"
        ));
    }
    let (file, version) = (file.display().to_string(), version.escape_default());
    let text = format!(
        "name = \"{SYSTEM}\"\ntitle = \"The crypto policy of this system\"\nversion = \"{version}\"\n\
         source = {file:?}\n[[rule]]\n{rules}"
    );
    Policy::parse(&text).map_err(|error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use pyssl_ciphers::cipher::{Aspect, CertificateFacts};

    use super::*;

    #[test]
    fn the_back_end_of_crypto_policies_is_read() {
        let text = "CipherString = @SECLEVEL=2:kEECDH:-aDSS:-3DES:!RC4:!aNULL\n\
                    Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256\n\
                    TLS.MinProtocol = TLSv1.2\nTLS.MaxProtocol = TLSv1.3\n\
                    DTLS.MinProtocol = DTLSv1.2\nDTLS.MaxProtocol = DTLSv1.2\n\
                    SignatureAlgorithms = ECDSA+SHA256:RSA+SHA256\n\
                    Groups = X25519:secp256r1:ffdhe2048:X448:-X448\n";
        let config = of_back_end(text);
        let service = config.services().first().unwrap();
        let policy = of_service(service, Path::new(BACK_END), "DEFAULT").unwrap();
        assert_eq!((policy.name(), policy.version()), (SYSTEM, "DEFAULT"));
        assert_eq!(
            policy.versions(),
            [TlsVersion::TLSv1_2, TlsVersion::TLSv1_3]
        );
        let groups: Vec<_> = policy.groups().collect();
        assert_eq!(groups, ["X25519", "secp256r1", "ffdhe2048"]);
        let check = |text: &str| {
            let suites = CipherString::parse(text).unwrap().resolve().unwrap();
            let report = policy.check(suites.selected(), &[]);
            report.conforms()
        };
        assert!(check("ECDHE-RSA-AES128-GCM-SHA256"));
        assert!(!check("DHE-RSA-AES128-GCM-SHA256"));
    }

    /// The policy of a back end with these lines.
    fn policy(lines: &str) -> Policy {
        let config = of_back_end(lines);
        let service = config.services().first().unwrap();
        of_service(service, Path::new(BACK_END), "DEFAULT").unwrap()
    }

    fn messages(report: &pyssl_ciphers::cipher::Report) -> String {
        let all = report.violations().iter().map(ToString::to_string);
        all.collect::<Vec<_>>().join("\n")
    }

    /// Without the list, the policy would allow everything.
    #[test]
    fn settings_that_empty_a_list_are_an_error() {
        for (lines, list) in [
            (
                "CipherString = @SECLEVEL=5:AES128-SHA256:ECDHE-RSA-AES128-GCM-SHA256\n\
              Ciphersuites = TLS_AES_128_GCM_SHA256",
                "allow",
            ),
            (
                "CipherString = @SECLEVEL=4:HIGH\nTLS.MinProtocol = TLSv1\nTLS.MaxProtocol = TLSv1",
                "versions",
            ),
            (
                "TLS.MinProtocol = TLSv1.3\nTLS.MaxProtocol = TLSv1.2",
                "versions",
            ),
            (
                "CipherString = @SECLEVEL=5:HIGH\nGroups = X25519:secp256r1",
                "groups",
            ),
            ("Groups = ?unknown", "groups"),
            ("Groups = X25519:-X25519", "groups"),
            (
                "CipherString = @SECLEVEL=3:HIGH\nSignatureAlgorithms = RSA+SHA1:RSA+SHA224",
                "signatures",
            ),
            ("SignatureAlgorithms = ?none", "signatures"),
        ] {
            let config = of_back_end(&format!("{lines}\n"));
            let service = config.services().first().unwrap();
            let read = of_service(service, Path::new(BACK_END), "DEFAULT");
            let expected = format!("with these settings, the list `{list}` is empty");
            assert_eq!(read.err(), Some(expected), "{lines}");
        }
    }

    #[test]
    fn the_security_level_of_the_back_end_is_compared() {
        for (level, least, curve) in [(1, 1024, 160), (2, 2048, 224), (3, 3072, 256)] {
            let policy = policy(&format!("CipherString = @SECLEVEL={level}:HIGH:!aNULL\n"));
            for aspect in [Aspect::Keys, Aspect::Certificates] {
                assert!(policy.covers(aspect), "{aspect}");
            }
            for (kind, bits) in [("rsa", least), ("dh", least), ("ec", curve)] {
                assert!(policy.check_key(kind, bits).conforms());
                assert!(!policy.check_key(kind, bits - 1).conforms());
            }
            let sha1 = CertificateFacts::new("rsa", "sha1WithRSAEncryption", 90);
            assert!(!policy.check_certificate(&sha1).conforms());
            let sha256 = CertificateFacts::new("rsa", "sha256WithRSAEncryption", 90);
            assert!(policy.check_certificate(&sha256).conforms());
            // If the key exchange is not signed, OpenSSL 3.0 connects with these versions.
            let conforms = |version| policy.check(&[], &[version]).conforms();
            assert_eq!(conforms(TlsVersion::TLSv1_1), is_openssl_3_0());
            assert_eq!(conforms(TlsVersion::TLSv1), is_openssl_3_0() && level < 3);
            assert!(!policy.check_signatures(&["rsa_pkcs1_sha1"]).conforms());
            // Level 3 demands forward secrecy.
            let suites = CipherString::parse("AES128-GCM-SHA256")
                .unwrap()
                .resolve()
                .unwrap();
            let report = policy.check(suites.selected(), &[]);
            assert_eq!(report.conforms(), level < 3, "{}", messages(&report));
        }
    }

    #[test]
    fn the_signatures_of_the_back_end_are_compared() {
        let policy = policy(
            "CipherString = @SECLEVEL=2:kEECDH:-aDSS\n\
             SignatureAlgorithms = ECDSA+SHA256:?mldsa65:?none:rsa_pss_rsae_sha256:RSA+SHA1\n",
        );
        let check = |names: &[&str]| policy.check_signatures(names).conforms();
        assert!(check(&["ecdsa_secp256r1_sha256", "mldsa65", "PSS+SHA256"]));
        assert!(!check(&["rsa_pkcs1_sha256"]));
        // The security level forbids SHA-1.
        assert!(!check(&["rsa_pkcs1_sha1"]));
        let report = policy.check(&[], &[]);
        assert!(report.not_compared().contains(&Aspect::Signatures));
    }

    #[test]
    fn a_back_end_with_suites_of_tls_1_3_only_leaves_the_others_to_openssl() {
        let policy = policy("Ciphersuites = TLS_AES_256_GCM_SHA384\n");
        let check = |text: &str| {
            let list = Ciphersuites::parse(text).unwrap();
            policy.check(list.ciphers(), &[]).conforms()
        };
        assert!(check("TLS_AES_256_GCM_SHA384"));
        assert!(!check("TLS_AES_128_GCM_SHA256"));
        let check = |text: &str| {
            let suites = CipherString::parse(text).unwrap().resolve().unwrap();
            policy.check(suites.selected(), &[]).conforms()
        };
        assert!(check("ECDHE-RSA-AES128-GCM-SHA256"));
        assert!(!check("NULL-SHA256:@SECLEVEL=0"));
    }

    /// Back ends in the form that crypto-policies writes: of old and new releases, with further sections, with groups that
    /// OpenSSL may ignore, and with its FIPS policy.
    #[test]
    fn back_ends_of_several_releases_are_read() {
        let new = "CipherString = @SECLEVEL=2:kEECDH:kRSA:kEDH:-aDSS:-3DES:!DES:!RC4:!eNULL:!aNULL:!MD5:-CAMELLIA:-AESCCM8\n\
                   Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256\n\
                   TLS.MinProtocol = TLSv1.2\nTLS.MaxProtocol = TLSv1.3\n\
                   DTLS.MinProtocol = DTLSv1.2\nDTLS.MaxProtocol = DTLSv1.2\n\
                   SignatureAlgorithms = ?mldsa44:ECDSA+SHA256:ed25519:rsa_pss_pss_sha256:RSA+SHA256:RSA+SHA224\n\
                   Groups = ?*X25519MLKEM768/?SecP256r1MLKEM768:*X25519:secp256r1:?unknown\n\n\
                   [openssl_init]\nalg_section = evp_properties\n\n[evp_properties]\n\
                   rh-allow-sha1-signatures = no\n";
        let fips = "CipherString = @SECLEVEL=2:kEECDH:kEDH:-kRSA:-aDSS:-CHACHA20-POLY1305:!aNULL:!eNULL\n\
                    Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256\n\
                    MinProtocol = TLSv1.2\nMaxProtocol = TLSv1.3\n\
                    SignatureAlgorithms = ECDSA+SHA256:RSA+SHA256:RSA+SHA224\n";
        for text in [new, fips] {
            let policy = policy(text);
            assert_eq!(
                policy.versions(),
                [TlsVersion::TLSv1_2, TlsVersion::TLSv1_3]
            );
            for aspect in [
                Aspect::Suites,
                Aspect::Signatures,
                Aspect::Keys,
                Aspect::Certificates,
            ] {
                assert!(policy.covers(aspect), "{aspect}");
            }
        }
        let groups = policy(new);
        let groups: Vec<_> = groups.groups().collect();
        assert_eq!(
            groups,
            ["X25519MLKEM768", "SecP256r1MLKEM768", "X25519", "secp256r1"]
        );
    }
}
