//! Generates certificates with random fields.

use proptest::prelude::*;
use proptest::sample::select;

use crate::der::{self, *};

/// A certificate with a few entries of every kind.
pub(super) fn certificate() -> impl Strategy<Value = Parts> {
    let names = || prop::collection::vec(prop::collection::vec(any_attribute(), 1..3), 0..5);
    let uris = || prop::collection::vec(location(), 0..3);
    (
        (names(), names()),
        prop::collection::vec(any::<u8>(), 1..21),
        (any_time(), any_time()),
        prop::option::of(prop::collection::vec(alt_name(), 0..5)),
        prop::collection::vec((select(vec![OCSP, CA_ISSUERS, "1.2.3"]), location()), 0..4),
        prop::collection::vec(uris(), 0..3),
    )
        .prop_map(|(names, serial, times, alt_names, access, points)| Parts {
            version: Some(2),
            serial: minimal(serial),
            issuer: name(&names.0),
            subject: name(&names.1),
            not_before: times.0,
            not_after: times.1,
            extensions: [
                alt_names.map(|names| subject_alt_name(&names)),
                (!access.is_empty()).then(|| authority_info(&access)),
                (!points.is_empty()).then(|| {
                    let points: Vec<_> = points.iter().map(|uris| full_name(uris)).collect();
                    crl_distribution_points(&points)
                }),
            ]
            .into_iter()
            .flatten()
            .collect(),
        })
}

/// DER allows no superfluous first byte in an INTEGER.
fn minimal(mut integer: Vec<u8>) -> Vec<u8> {
    while let [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] = integer[..] {
        integer.remove(0);
    }
    integer
}

fn any_attribute() -> impl Strategy<Value = Vec<u8>> {
    let kind = select(vec![
        COMMON_NAME,
        "2.5.4.6",
        "2.5.4.7",
        "2.5.4.10",
        "2.5.4.11",
        "2.5.4.5",
        "2.5.4.12",
        "1.2.840.113549.1.9.1",
        "0.9.2342.19200300.100.1.25",
        "1.3.6.1.4.1.99999.1.2.3",
    ]);
    let value = prop_oneof![
        text().prop_map(|text| (UTF8_STRING, text.into_bytes())),
        "[ -~]{0,20}".prop_map(|text| (PRINTABLE_STRING, text.into_bytes())),
        "[ -~]{0,20}".prop_map(|text| (IA5_STRING, text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| (T61_STRING, bytes)),
        prop::collection::vec(any::<u8>(), 1..5)
            .prop_map(|bytes| (BIT_STRING, [&[0], &bytes[..]].concat())),
        text().prop_map(|text| {
            let text = text.replace(|c| c > '\u{ffff}', "");
            (
                BMP_STRING,
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            )
        }),
        text().prop_map(|text| {
            let text = text.chars().flat_map(|c| u32::from(c).to_be_bytes());
            (UNIVERSAL_STRING, text.collect())
        }),
    ];
    (kind, value).prop_map(|(kind, (tag, value))| attribute(kind, tag, &value))
}

/// Text of characters that exist in the Unicode version of every supported Python, so that both
/// agree on which are printable.
fn text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        prop::char::range('\0', '\u{24f}'),
        prop::char::range('\u{4e00}', '\u{9fa5}'),
        select(vec![
            '\u{301}',
            '\u{5d0}',
            '\u{600}',
            '\u{e33}',
            '\u{115f}',
            '\u{2028}',
            '\u{200d}',
            '\u{20ac}',
            '\u{3000}',
            '\u{e000}',
            '\u{feff}',
            '\u{ffff}',
            '\u{10330}',
            '\u{1f600}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{10ffff}',
        ]),
    ];
    prop::collection::vec(char, 0..12).prop_map(String::from_iter)
}

fn any_time() -> impl Strategy<Value = Vec<u8>> {
    (
        1_u16..=9999,
        1..=12,
        1..=28,
        0..24,
        0..60,
        0..60,
        any::<bool>(),
    )
        .prop_map(|(year, month, day, hour, minute, second, short)| {
            let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
            if short {
                element(UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())
            } else {
                element(GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
            }
        })
}

fn alt_name() -> impl Strategy<Value = Vec<u8>> {
    let text = || text().prop_map(String::into_bytes);
    prop_oneof![
        text().prop_map(|text| dns(&text)),
        text().prop_map(|text| email(&text)),
        text().prop_map(|text| uri(&text)),
        any::<[u8; 4]>().prop_map(|bytes| ip(&bytes)),
        any::<[u8; 16]>().prop_map(|bytes| ip(&bytes)),
        prop::collection::vec(prop::collection::vec(any_attribute(), 1..3), 0..3)
            .prop_map(|rdns| der::directory(&name(&rdns))),
        (0_u8..2, 0_u8..40, any::<u64>())
            .prop_map(|(a, b, c)| registered_id(&format!("{a}.{b}.{c}"))),
        (
            select(vec![UPN, XMPP, SMTP_UTF8, NAI_REALM, "1.2.3"]),
            "[^\0\n\r]{0,20}"
        )
            .prop_map(|(kind, text)| other_name(kind, UTF8_STRING, text.as_bytes())),
    ]
}

fn location() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => text().prop_map(|text| uri(text.as_bytes())),
        1 => Just(dns(b"not.a.uri")),
    ]
}
