//! Invalid and long cipher strings: errors have a column, and parsing takes linear time.

use std::time::{Duration, Instant};

use pyssl_ciphers::cipher::{CipherString, CipherStringErrorKind as Kind};

use crate::corpus::Random;

fn refused(text: &str) -> (Kind, usize) {
    let e = CipherString::parse(text).unwrap_err();
    assert!(
        e.span().end <= text.len().max(e.span().start + 1),
        "{text:?}"
    );
    (e.kind(), e.column().unwrap())
}

#[test]
fn a_parse_error_reports_the_kind_and_the_column_of_the_fault() {
    for empty in ["", " :,;"] {
        let error = CipherString::parse(empty).unwrap_err();
        assert_eq!((error.kind(), error.column()), (Kind::Empty, None));
    }
    assert_eq!(refused("HIGH:!"), (Kind::MissingName, 7));
    assert_eq!(refused("HIGH:+:AES"), (Kind::MissingName, 7));
    assert_eq!(refused("kRSA+"), (Kind::MissingName, 6));
    assert_eq!(refused("kRSA++AES"), (Kind::InvalidCharacter, 6));
    assert_eq!(refused("HIGH:*"), (Kind::InvalidCharacter, 6));
    assert_eq!(refused("HIGH\n"), (Kind::InvalidCharacter, 5));
    assert_eq!(refused("HIGH:@BOGUS"), (Kind::UnknownCommand, 7));
    assert_eq!(refused("@SECLEVEL=99"), (Kind::SecurityLevel, 11));
    assert_eq!(refused("HIGH:@SECLEVEL=6"), (Kind::SecurityLevel, 16));
    assert_eq!(refused("@SECLEVEL="), (Kind::SecurityLevel, 11));
    let missing = CipherString::parse("@SECLEVEL=").unwrap_err();
    assert_eq!(missing.message(), "a security level from 0 to 5 is missing");
    assert_eq!(refused("HIGH:\0AES"), (Kind::Nul, 6));
    assert_eq!(refused("HIGH:Ü"), (Kind::InvalidCharacter, 6));
    assert_eq!(refused("ALLÜ:AES"), (Kind::InvalidCharacter, 4));
}

/// Any character except NUL, at any place: if OpenSSL accepts the string, it is accepted here and selects
/// the same suites.
#[test]
fn every_character_is_parsed_as_in_openssl() {
    let ascii = (1..=127_u8).map(char::from);
    let mut taken = 0;
    for c in ascii.chain(['\u{80}', 'é', 'ÿ', '漢', '\u{202e}', '\u{fffd}', '🔒']) {
        for text in [
            format!("{c}HIGH"),
            format!("HIGH{c}"),
            format!("HIGH{c}AES"),
            format!("HIGH:{c}"),
            format!("HIGH:x{c}"),
            format!("HIGH:x{c}y:!AES"),
            format!("HIGH:!x{c}+AES:-AES"),
            format!("HIGH:!{c}"),
            format!("HIGH:AES+{c}"),
            format!("HIGH:AES+x{c}"),
            format!("HIGH:@STRENGTH{c}:!SHA1"),
            format!("HIGH:@SECLEVEL=1{c}"),
            format!("HIGH:@{c}"),
            format!("DEFAULT{c}"),
            format!("DEFAULT:x{c}"),
        ] {
            let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT).unwrap();
            let openssl = context
                .set_ciphers(&text)
                .map(|()| context.get_ciphers().unwrap());
            let ours = CipherString::parse(&text).and_then(|string| string.resolve());
            match (openssl, ours) {
                (Ok(listed), Ok(resolved)) => {
                    assert_eq!(resolved.ciphers(), listed, "{text:?}");
                    let string = CipherString::parse(&text).unwrap();
                    string.explain().unwrap();
                    string.lint().unwrap();
                    taken += 1;
                }
                (Err(_), Err(_)) => {}
                (openssl, ours) => panic!("{text:?}: {openssl:?}, here {ours:?}"),
            }
        }
    }
    assert!(taken > 500, "{taken}");
    let error = CipherString::strict("HIGH:!aNÜLL").unwrap_err();
    assert_eq!((error.kind(), error.column()), (Kind::Unknown, Some(7)));
    assert!(error.message().contains("`aNÜLL`"), "{error}");
}

#[test]
fn parse_errors_convert_to_pythons_errors() {
    let of = |text| pyssl::Error::from(CipherString::parse(text).unwrap_err());
    assert_eq!(of("HIGH\0").to_string(), "embedded null character");
    assert_eq!(of("HIGH\0").python_class(), "ValueError");
    assert_eq!(of("HIGH:!").python_class(), "SSLError");
    let nothing = CipherString::parse("BOGUS").unwrap().resolve().unwrap_err();
    let nothing = pyssl::Error::from(nothing);
    assert_eq!(nothing.to_string(), "No cipher can be selected.");
    assert_eq!((nothing.errno(), nothing.library()), (None, None));
}

#[test]
fn long_strings_are_parsed_or_rejected_within_the_time_limit() {
    assert_eq!(refused(&"AES:".repeat(1 << 18)).0, Kind::TooLong);
    let longest = CipherString::MAX_LEN;
    let fill = |unit: &str| format!("ALL{}", unit.repeat((longest - 3) / unit.len()));
    let deep = format!("{}AES", "AES+".repeat(longest / 4 - 1));
    let distinct: String = (0..longest / 7).map(|n| format!(":X{n:04x}")).collect();
    for text in [
        fill(":"),
        fill(" :,;"),
        fill(":BOGUS"),
        fill(":+AES:+kRSA"),
        fill(":-AES:AES"),
        fill(":@STRENGTH"),
        fill(":a"),
        fill("!AES!kRSA"),
        fill("+"),
        "A".repeat(longest),
        "-".repeat(longest),
        format!("ALL:{deep}")[..longest]
            .trim_end_matches('+')
            .to_owned(),
        format!("ALL{distinct}"),
        "\u{1}".repeat(longest),
    ] {
        let start = Instant::now();
        if let Ok(string) = CipherString::parse(&text) {
            string.explain().unwrap();
            string.lint().unwrap();
            let _ = CipherString::strict(&text);
        }
        let taken = start.elapsed();
        println!(
            "{:>6.1?} ms  {}...",
            taken.as_millis(),
            &text[..20].escape_debug()
        );
        // Quadratic time would take many minutes. The limit is far beyond linear time on a busy machine.
        assert!(taken < Duration::from_secs(180), "{}", &text[..40]);
    }
}

#[test]
fn random_strings_never_panic() {
    const LETTERS: &[u8] = b"AEScbhkRDH:+-!@,; .=_*125\0\n\xc3";
    let mut random = Random::new(7);
    for _ in 0..3000 {
        let bytes: Vec<u8> = (0..random.below(30))
            .map(|_| LETTERS[random.below(LETTERS.len())])
            .collect();
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(string) = CipherString::parse(&text) {
            string.explain().unwrap();
            string.lint().unwrap();
        }
        let _ = CipherString::strict(&text);
    }
}
