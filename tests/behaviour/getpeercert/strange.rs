//! Certificates with one unusual field each.

use crate::der::*;

pub(super) fn strange() -> Vec<Parts> {
    let text = "Zürich 日本 \u{1f600} '\"\\\n\u{200b}";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf32: Vec<u8> = text
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    let bmp: Vec<u8> = "Zürich 日本"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let subject = |tag, value: &[u8]| Parts::subject(&[vec![attribute(COMMON_NAME, tag, value)]]);
    let cn = |value| attribute(COMMON_NAME, UTF8_STRING, value);
    let serial = |bytes: &[u8]| Parts {
        serial: bytes.to_vec(),
        ..Parts::default()
    };
    let time = |tag, text: &[u8]| Parts {
        not_before: element(tag, text),
        ..Parts::default()
    };
    let version = |version| Parts {
        version,
        ..Parts::default()
    };
    let long_oid = format!(
        "1.2{}",
        ".340282366920938463463374607431768211455".repeat(9)
    );
    let mut all = vec![
        Parts::default(),
        Parts::subject(&[]),
        // Certificates with strings of every kind.
        subject(UTF8_STRING, text.as_bytes()),
        subject(UTF8_STRING, b"a\0b"),
        subject(UTF8_STRING, b""),
        subject(UTF8_STRING, b"\xff"),
        subject(UTF8_STRING, b"\xed\xa0\x80"),
        subject(UTF8_STRING, b"\xf4\x90\x80\x80"),
        subject(BMP_STRING, &bmp),
        subject(BMP_STRING, &utf16),
        subject(BMP_STRING, b"odd"),
        subject(UNIVERSAL_STRING, &utf32),
        subject(UNIVERSAL_STRING, b"\0\x11\0\0"),
        subject(T61_STRING, b"Z\xfcrich"),
        subject(IA5_STRING, b"Z\xfcrich"),
        subject(PRINTABLE_STRING, b"not @ printable\xfc"),
        subject(BIT_STRING, b"\0\x01\xff'\""),
        subject(BIT_STRING, b"\x04\xf0"),
        subject(4, b"octets"),
        subject(2, b"\x01"),
        subject(0x30, b""),
        // Certificates with unusual attributes and RDNs.
        Parts::subject(&[vec![attribute("1.2.3.4.5", UTF8_STRING, b"x")]]),
        Parts::subject(&[vec![attribute(&long_oid, UTF8_STRING, b"x")]]),
        Parts::subject(&[
            vec![cn(b"a"), attribute("2.5.4.10", UTF8_STRING, b"b")],
            vec![cn(b"c")],
        ]),
        Parts::subject(&[vec![], vec![cn(b"a")], vec![]]),
        // Certificates with unusual serial numbers, times and versions.
        serial(b"\0"),
        serial(b"\x7f"),
        serial(b"\0\xff"),
        serial(b"\xff"),
        serial(b"\x80\0"),
        serial(b"\xff\x01"),
        serial(&[0x11].repeat(20)),
        serial(&[0x11].repeat(35)),
        serial(b""),
        time(UTC_TIME, b"500101000000Z"),
        time(UTC_TIME, b"491231235959Z"),
        time(UTC_TIME, b"2001010000Z"),
        time(UTC_TIME, b"200101000000+0100"),
        time(UTC_TIME, b"201301000000Z"),
        time(UTC_TIME, b"nonsense"),
        time(UTC_TIME, b""),
        time(GENERALIZED_TIME, b"00010101000000Z"),
        time(GENERALIZED_TIME, b"99991231235959Z"),
        time(GENERALIZED_TIME, b"20200101000000.125Z"),
        time(GENERALIZED_TIME, b"20200229000000Z"),
        time(GENERALIZED_TIME, b"20210229000000Z"),
        version(None),
        version(Some(0)),
        version(Some(1)),
        version(Some(9)),
        version(Some(0x80)),
        // Certificates whose extensions cannot be decoded, or are present twice.
        Parts::alt_names(&[]),
        Parts::extension(extension("2.5.29.17", b"\x30\x05")),
        Parts::extension(extension("2.5.29.17", b"")),
        Parts::extension(extension("2.5.29.31", b"\x04\0")),
        Parts::extension(extension("1.3.6.1.5.5.7.1.1", b"\x30\x01\0")),
        Parts {
            extensions: vec![
                subject_alt_name(&[dns(b"a")]),
                subject_alt_name(&[dns(b"b")]),
            ],
            ..Parts::default()
        },
        // Certificates with unusual distribution points and access descriptions.
        Parts::extension(crl_distribution_points(&[])),
        Parts::extension(crl_distribution_points(&[sequence([])])),
        Parts::extension(crl_distribution_points(&[sequence([element(
            0x81,
            &[0, 0x80],
        )])])),
        Parts::extension(crl_distribution_points(&[full_name(&[])])),
        Parts::extension(crl_distribution_points(&[full_name(&[uri(b"\xff")])])),
        Parts::extension(authority_info(&[])),
        Parts::extension(authority_info(&[(OCSP, dns(b"x"))])),
        Parts::extension(authority_info(&[("1.2.3", uri(b"x"))])),
        Parts::extension(authority_info(&[
            (CA_ISSUERS, uri(b"\xff")),
            (OCSP, uri(b"\xfe")),
        ])),
    ];
    // Certificates with one alternative name each.
    all.extend(
        [
            dns(b""),
            dns(b"a\0b"),
            dns("ü.example".as_bytes()),
            dns(b"\xff"),
            dns(b"a\xe2\x82"),
            email(b"a\n'\"b"),
            uri(b"\x7f\x1b"),
            ip(b""),
            ip(&[1, 2, 3]),
            ip(&[255, 0, 1, 2]),
            ip(&[0; 8]),
            ip(&[0; 16]),
            ip(&[0xfe; 16]),
            ip(&[0; 32]),
            directory(&name(&[])),
            directory(&name(&[
                vec![cn("ü\0".as_bytes()), cn(b"b")],
                vec![cn(b"c")],
            ])),
            directory(&name(&[vec![attribute(
                COMMON_NAME,
                BIT_STRING,
                b"\0\xff",
            )]])),
            registered_id("1.2.3.4.5"),
            registered_id(COMMON_NAME),
            registered_id(&long_oid),
            other_name(UPN, UTF8_STRING, "ü@example".as_bytes()),
            other_name(UPN, IA5_STRING, b"x"),
            other_name(UPN, UTF8_STRING, b""),
            other_name(UPN, UTF8_STRING, b"\xff"),
            other_name(UPN, 5, b""),
            other_name(UPN, 1, b"\xff"),
            other_name(UPN, 0x30, b""),
            other_name(XMPP, UTF8_STRING, b"a:b"),
            other_name(SRV, IA5_STRING, b"_sip.example"),
            other_name(SRV, UTF8_STRING, b"_sip.example"),
            other_name(SMTP_UTF8, UTF8_STRING, "ü@ü".as_bytes()),
            other_name(NAI_REALM, UTF8_STRING, b"realm"),
            other_name("1.2.3", UTF8_STRING, b"x"),
            other_name("1.2.3", 4, b"x"),
            // x400Address, ediPartyName
            constructed(3, &sequence([])),
            constructed(5, &constructed(1, &element(UTF8_STRING, b"party"))),
        ]
        .map(|name| Parts::alt_names(&[dns(b"first"), name, dns(b"last")])),
    );
    all
}
