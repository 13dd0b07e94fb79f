//! Detection of plain certificates, which OpenSSL is certain to decode.
//!
//! OpenSSL rejects a whole file if it cannot decode one certificate. So a certificate may stay
//! undecoded only if decoding it later is certain to succeed. A certificate with a form that this
//! module does not recognise is not plain, but may be valid.

pub(super) const INTEGER: u8 = 0x02;
const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const T61_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
pub(super) const UNIVERSAL_STRING: u8 = 0x1c;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0] EXPLICIT`
const VERSION: u8 = 0xa0;
/// `[3] EXPLICIT`
const EXTENSIONS: u8 = 0xa3;

/// The subject of a plain certificate (RFC 5280, section 4.1), in DER with its tag and length.
/// `None` if the certificate is not plain.
pub(super) fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let mut outer = Elements(content(certificate, SEQUENCE)?);
    let mut tbs = Elements(outer.take(SEQUENCE)?);
    algorithm(outer.take(SEQUENCE)?)?;
    bits(outer.take(BIT_STRING)?)?;
    outer.end()?;
    let version_3 = tbs.0.first() == Some(&VERSION);
    if version_3 {
        let version = content(tbs.take(VERSION)?, INTEGER)?;
        (version == [2]).then_some(())?;
    }
    serial(tbs.take(INTEGER)?)?;
    algorithm(tbs.take(SEQUENCE)?)?;
    name(tbs.take(SEQUENCE)?)?;
    let mut validity = Elements(tbs.take(SEQUENCE)?);
    time(validity.next()?)?;
    time(validity.next()?)?;
    validity.end()?;
    let from_subject = tbs.0;
    name(tbs.take(SEQUENCE)?)?;
    let subject = &from_subject[..from_subject.len() - tbs.0.len()];
    let mut key = Elements(tbs.take(SEQUENCE)?);
    algorithm(key.take(SEQUENCE)?)?;
    bits(key.take(BIT_STRING)?)?;
    key.end()?;
    if version_3 && !tbs.0.is_empty() {
        extensions(content(tbs.take(EXTENSIONS)?, SEQUENCE)?)?;
    }
    tbs.end()?;
    Some(subject)
}

/// Accepts a non-negative number in the shortest form.
fn serial(content: &[u8]) -> Option<()> {
    match content {
        [0] | [1..=0x7f, ..] => Some(()),
        [0, next, ..] if *next >= 0x80 => Some(()),
        _ => None,
    }
}

/// Accepts an algorithm identifier with common types of parameters.
fn algorithm(content: &[u8]) -> Option<()> {
    let mut elements = Elements(content);
    identifier(elements.take(OBJECT_IDENTIFIER)?)?;
    if !elements.0.is_empty() {
        match elements.next()? {
            (NULL, []) | (SEQUENCE, _) => {}
            (OBJECT_IDENTIFIER, curve) => identifier(curve)?,
            _ => return None,
        }
    }
    elements.end()
}

fn identifier(content: &[u8]) -> Option<()> {
    let mut begins = true;
    for &byte in content {
        // A component must not begin with the padding byte 0x80 (X.690, section 8.19.2).
        if begins && byte == 0x80 {
            return None;
        }
        begins = byte < 0x80;
    }
    (begins && !content.is_empty()).then_some(())
}

/// Accepts a bit string of whole bytes.
fn bits(content: &[u8]) -> Option<()> {
    matches!(content, [0, _, ..]).then_some(())
}

fn name(content: &[u8]) -> Option<()> {
    let mut rdns = Elements(content);
    while !rdns.0.is_empty() {
        let mut attributes = Elements(rdns.take(SET)?);
        // Each RDN must have at least one attribute: a name with an empty set is not plain.
        while {
            let mut attribute = Elements(attributes.take(SEQUENCE)?);
            identifier(attribute.take(OBJECT_IDENTIFIER)?)?;
            string(attribute.next()?)?;
            attribute.end()?;
            !attributes.0.is_empty()
        } {}
    }
    Some(())
}

fn string((tag, value): (u8, &[u8])) -> Option<()> {
    let known = !value.is_empty()
        && match tag {
            PRINTABLE_STRING | T61_STRING | IA5_STRING => true,
            UTF8_STRING => std::str::from_utf8(value).is_ok(),
            BMP_STRING => is_text::<2>(value),
            UNIVERSAL_STRING => is_text::<4>(value),
            _ => false,
        };
    known.then_some(())
}

/// Whether each unit of `N` bytes is a character.
fn is_text<const N: usize>(value: &[u8]) -> bool {
    let number = |unit: &[u8]| unit.iter().fold(0_u32, |n, &byte| n << 8 | u32::from(byte));
    let mut units = value.chunks_exact(N);
    units.all(|unit| char::from_u32(number(unit)).is_some()) && units.remainder().is_empty()
}

fn time((tag, value): (u8, &[u8])) -> Option<()> {
    let length = match tag {
        UTC_TIME => 13,
        GENERALIZED_TIME => 15,
        _ => return None,
    };
    let (zone, digits) = value.split_last()?;
    let plain = *zone == b'Z' && value.len() == length && digits.iter().all(u8::is_ascii_digit);
    plain.then_some(())
}

fn extensions(content: &[u8]) -> Option<()> {
    let mut all = Elements(content);
    while {
        let mut extension = Elements(all.take(SEQUENCE)?);
        identifier(extension.take(OBJECT_IDENTIFIER)?)?;
        if extension.0.first() == Some(&BOOLEAN) {
            (extension.take(BOOLEAN)? == [0xff]).then_some(())?;
        }
        extension.take(OCTET_STRING)?;
        extension.end()?;
        !all.0.is_empty()
    } {}
    Some(())
}

/// The content of `der`, which must be a single element with this tag.
pub(super) fn content(der: &[u8], tag: u8) -> Option<&[u8]> {
    let mut elements = Elements(der);
    let content = elements.take(tag)?;
    elements.end()?;
    Some(content)
}

/// A sequence of DER elements. Tags of more than one byte and lengths of more than three bytes do
/// not occur in certificates.
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Elements<'a> {
    /// The tag and the content of the next element.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes.iter().fold(0, |n, &byte| n << 8 | usize::from(byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, if it has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .and_then(|(found, content)| (found == tag).then_some(content))
    }

    /// Returns `None` if more elements follow.
    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use openssl::x509::X509;
    use proptest::prelude::*;
    use pyssl_testing::pki::KeyKind;
    use pyssl_testing::{Ca, skipped};

    use super::*;

    /// Generated CA certificates, and the CA certificates of the system.
    fn certificates() -> Vec<Vec<u8>> {
        let kinds = [KeyKind::EcP256, KeyKind::Rsa2048, KeyKind::Ed25519];
        let make = |kind| Ca::root_builder().key(kind).build_ca().der();
        let mut all: Vec<_> = kinds.into_iter().map(make).collect();
        match std::fs::read(crate::paths::system_locations().file) {
            Ok(pem) => {
                let system = X509::stack_from_pem(&pem).unwrap();
                all.extend(system.iter().map(|x| x.to_der().unwrap()));
            }
            _ => skipped("this system has no bundle"),
        }
        all
    }

    #[test]
    fn every_certificate_of_the_system_is_plain() {
        for der in certificates() {
            let x509 = X509::from_der(&der).unwrap();
            let name = x509.subject_name().to_der().unwrap();
            assert_eq!(subject(&der), Some(&*name), "{:?}", x509.subject_name());
        }
    }

    #[test]
    fn a_truncated_certificate_is_not_plain() {
        let der = Ca::new().der();
        for length in 0..der.len() {
            assert_eq!(subject(&der[..length]), None);
        }
        assert_eq!(subject(&[&der[..], &[0]].concat()), None);
    }

    /// Replaces each byte by values with a meaning in DER.
    #[test]
    fn openssl_decodes_each_one_byte_change_that_stays_plain() {
        let der = Ca::new().der();
        let (mut plain, mut refused) = (0, 0);
        for at in 0..der.len() {
            let near = [
                der[at].wrapping_sub(1),
                der[at].wrapping_add(1),
                der[at] ^ 0x80,
            ];
            for value in near
                .into_iter()
                .chain([0, 1, 2, 3, 5, 6, 12, 22, 28, 30, 0x80, 0xff])
            {
                let mut changed = der.clone();
                changed[at] = value;
                if subject(&changed).is_some() {
                    plain += 1;
                    assert!(X509::from_der(&changed).is_ok(), "byte {at} is {value:#x}");
                } else {
                    refused += 1;
                }
            }
        }
        assert!(plain > 1000 && refused > 1000, "{plain} {refused}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn openssl_decodes_each_random_change_that_stays_plain(
            which in any::<prop::sample::Index>(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            static ALL: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(certificates);
            let mut der = which.get(&ALL).clone();
            for (at, value) in changes {
                let at = at.index(der.len());
                der[at] = value;
            }
            if subject(&der).is_some() {
                prop_assert!(X509::from_der(&der).is_ok());
            }
        }

        #[test]
        fn the_plain_certificate_parser_accepts_or_rejects_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = subject(&bytes);
        }
    }
}
