//! Enumerations and flags have Python's members and numbers.

use std::collections::BTreeMap;

use bitflags::Flags;
use pyssl as ssl;
use pyssl_testing::skip_without_python;

use crate::link::{BOTH_VERSIONS, Contexts};

type Members = BTreeMap<String, i64>;

/// Every member of an enumeration of Python's, aliases too.
const ASK: &str = "import ssl, sys
for name, member in getattr(ssl, sys.argv[1]).__members__.items(): print(name, int(member))";

/// Compares an enumeration with Python's. Older versions of Python may lack the names in `newer`.
fn same(name: &str, ours: &Members, newer: &[&str]) {
    let python = skip_without_python!();
    let theirs: Members = python
        .run(ASK, &[name])
        .expect_success()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect();
    for (member, value) in ours {
        match theirs.get(member) {
            Some(theirs) => assert_eq!(value, theirs, "{name}.{member}"),
            None => assert!(newer.contains(&member.as_str()), "{name}.{member}"),
        }
    }
    for member in theirs.keys() {
        assert!(ours.contains_key(member), "{name}.{member} is missing");
    }
}

/// The members of a type that also has values without a name.
fn named(prefix: &str, name: impl Fn(i32) -> Option<&'static str>) -> Members {
    (0..=0x200)
        .filter_map(|number| Some((format!("{prefix}{}", name(number)?), number.into())))
        .collect()
}

/// The members of an enumeration that has no other values. Their names are those that `Debug`
/// prints.
fn closed<T: TryFrom<i32> + std::fmt::Debug>(numbers: impl Iterator<Item = i32>) -> Members {
    numbers
        .filter_map(|number| Some((format!("{:?}", T::try_from(number).ok()?), number.into())))
        .collect()
}

fn flags<F: Flags<Bits = u64> + 'static>() -> Members {
    F::FLAGS
        .iter()
        .filter(|flag| !flag.name().is_empty())
        .map(|flag| {
            let bits = i64::try_from(flag.value().bits()).expect("no flag is negative in Python");
            (flag.name().to_owned(), bits)
        })
        .collect()
}

#[test]
fn content_message_and_alert_types_match_python() {
    let alerts = named("", |n| ssl::TlsAlertType(n).name());
    assert_eq!(alerts.len(), 34);
    same("_TLSAlertType", &alerts, &[]);
    let contents = named("", |n| ssl::TlsContentType(n).name());
    assert_eq!(contents.len(), 6);
    same("_TLSContentType", &contents, &[]);
    let messages = named("", |n| ssl::TlsMessageType(n).name());
    assert_eq!(messages.len(), 22);
    same("_TLSMessageType", &messages, &[]);
}

#[test]
fn alert_descriptions_match_python() {
    let ours = named("ALERT_DESCRIPTION_", |n| {
        ssl::AlertDescription(n.try_into().ok()?).name()
    });
    // Alerts of TLS 1.3 and ALPN, which Python names in _TLSAlertType only.
    let more = [
        "ALERT_DESCRIPTION_CERTIFICATE_REQUIRED",
        "ALERT_DESCRIPTION_NO_APPLICATION_PROTOCOL",
    ];
    same("AlertDescription", &ours, &more);
}

#[test]
fn error_numbers_and_verify_modes_match_python() {
    same(
        "SSLErrorNumber",
        &closed::<ssl::SslErrorNumber>(-1..100),
        &[],
    );
    same("VerifyMode", &closed::<ssl::VerifyMode>(-1..100), &[]);
}

#[test]
fn versions_and_protocols_match_python() {
    same("TLSVersion", &closed::<ssl::TlsVersion>(-9..0x400), &[]);
    same("_SSLMethod", &closed::<ssl::Protocol>(-1..100), &[]);
    assert_eq!(ssl::PROTOCOL_SSLv23, ssl::PROTOCOL_TLS);
}

#[test]
fn options_and_verify_flags_match_python() {
    let newer = ["OP_ENABLE_KTLS", "OP_LEGACY_SERVER_CONNECT"];
    same("Options", &flags::<ssl::Options>(), &newer);
    same("VerifyFlags", &flags::<ssl::VerifyFlags>(), &[]);
}

#[test]
fn the_three_openssl_version_constants_agree() {
    let number = *ssl::OPENSSL_VERSION_NUMBER;
    assert!((0x3000_0000..0x5000_0000).contains(&number), "{number:#x}");
    let (major, minor, fix, patch, status) = *ssl::OPENSSL_VERSION_INFO;
    assert_eq!(
        number,
        major << 28 | minor << 20 | fix << 12 | patch << 4 | status
    );
    let words = format!("OpenSSL {major}.{minor}.{patch}");
    assert!(ssl::OPENSSL_VERSION.starts_with(&words), "{words}");
}

#[test]
fn displayed_tls_versions_match_version_of_a_connection() {
    let contexts = BOTH_VERSIONS.map(Contexts::of);
    for (contexts, version) in contexts.iter().zip(BOTH_VERSIONS) {
        let link = contexts.link();
        assert_eq!(link.client.version(), Some(&*version.to_string()));
    }
    assert_eq!(format!("{:>8}", ssl::TlsVersion::TLSv1), "   TLSv1");
    let open = ssl::TlsVersion::MAXIMUM_SUPPORTED;
    assert_eq!(open.to_string(), "MAXIMUM_SUPPORTED");
}

/// Parses every name of a Python enumeration, with and without the class, and compares the number.
fn parses<T>(class: &str, number: impl Fn(&T) -> i64)
where
    T: std::str::FromStr<Err = ssl::Error>,
{
    let python = skip_without_python!();
    let theirs = python.run(ASK, &[class]).expect_success();
    let mut count = 0;
    for line in theirs.lines() {
        let (name, value) = line.split_once(' ').unwrap();
        for text in [
            name.to_owned(),
            format!("{class}.{name}"),
            format!("ssl.{name}"),
        ] {
            let parsed = text.parse::<T>().map(|parsed| number(&parsed));
            assert_eq!(parsed.ok(), value.parse().ok(), "{text}");
        }
        count += 1;
    }
    assert!(count > 2);
}

#[test]
fn constants_are_parsed_from_pythons_names() {
    parses::<ssl::VerifyMode>("VerifyMode", |mode| i64::from(*mode as i32));
    parses::<ssl::TlsVersion>("TLSVersion", |version| i64::from(*version as i32));
    parses::<ssl::Options>("Options", |options| options.bits() as i64);
    parses::<ssl::VerifyFlags>("VerifyFlags", |flags| flags.bits() as i64);
}
