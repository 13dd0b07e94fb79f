//! The guidelines of `--policy`: those of the crate, files, and the system's crypto policy.

use std::io;
use std::path::{Path, PathBuf};

use pyssl_ciphers::cipher::{CipherString, Ciphersuites, Policy};
use pyssl_ciphers::config::{Config, Service, SettingKind};

use crate::failure::{Failure, WithContext};
use crate::input;

/// The name of the system's crypto policy.
const SYSTEM: &str = "system";

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
    let services = config.services();
    let service = services
        .iter()
        .find(|s| s.name().contains("system_default"));
    let Some(service) = service.or(services.first()) else {
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

/// The policy file for these settings: every suite that they select is allowed.
fn of_service(service: &Service, file: &Path, version: &str) -> Result<Policy, String> {
    let quoted = |names: &[String]| {
        let names = names.iter().map(|name| format!("\"{name}\""));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut rules = String::new();
    let mut suites: Vec<String> = Vec::new();
    let newer = service.of_kind(SettingKind::Ciphersuites).last();
    if let Some(newer) = newer {
        let list = Ciphersuites::parse(newer.value()).map_err(|error| error.to_string())?;
        suites.extend(list.ciphers().iter().map(|suite| suite.name.to_owned()));
    }
    if let Some(list) = service.of_kind(SettingKind::Ciphers).last() {
        let string = CipherString::parse(list.value()).map_err(|error| error.to_string())?;
        let resolved = string.resolve().map_err(|error| error.to_string())?;
        let selected = resolved.ciphers().iter();
        let selected = selected.filter(|suite| newer.is_none() || !suite.is_tls13());
        suites.extend(selected.map(|suite| suite.name.to_owned()));
    }
    if service.of_kind(SettingKind::Ciphers).next().is_some() {
        rules.push_str(&format!("allow = [{}]\n", quoted(&suites)));
    }
    if let Some(versions) = service.versions() {
        let versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
        rules.push_str(&format!("versions = [{}]\n", quoted(&versions)));
    }
    if let Some(groups) = service.groups() {
        // In OpenSSL's lists, `-` removes a group.
        let is_removed = |name: &str| {
            let mut groups = groups.iter();
            name.starts_with('-') || groups.any(|group| group.strip_prefix('-') == Some(name))
        };
        let kept = groups.iter().filter(|name| !is_removed(name));
        let groups: Vec<String> = kept.map(|name| (*name).to_owned()).collect();
        rules.push_str(&format!("groups = [{}]\n", quoted(&groups)));
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
    use pyssl::TlsVersion;

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
}
