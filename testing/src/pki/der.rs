//! Encodes DER, for certificates that the `openssl` crate cannot make.

use openssl::asn1::Asn1Object;

/// The tag of an INTEGER.
pub const INTEGER: u8 = 0x02;
/// The tag of an OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// The tag of an OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// The tag of a UTF8String.
pub const UTF8_STRING: u8 = 0x0c;
/// The tag of a PrintableString.
pub const PRINTABLE_STRING: u8 = 0x13;
/// The tag of a TeletexString (T61String), which OpenSSL reads as Latin-1.
pub const T61_STRING: u8 = 0x14;
/// The tag of an IA5String.
pub const IA5_STRING: u8 = 0x16;
/// The tag of a BMPString.
pub const BMP_STRING: u8 = 0x1e;
/// The tag of a SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// The tag of a SET.
pub const SET: u8 = 0x31;

/// One element: tag, length, content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    match length {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).expect("a usize has at most eight bytes"));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A SEQUENCE of encoded elements.
pub fn sequence<I: IntoIterator<Item = Vec<u8>>>(elements: I) -> Vec<u8> {
    element(SEQUENCE, &elements.into_iter().collect::<Vec<_>>().concat())
}

/// A SET OF encoded elements, which DER requires to be sorted.
pub fn set_of<I: IntoIterator<Item = Vec<u8>>>(elements: I) -> Vec<u8> {
    let mut elements: Vec<_> = elements.into_iter().collect();
    elements.sort();
    element(SET, &elements.concat())
}

/// The content of a primitive type, with the IMPLICIT tag `[number]`.
pub fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    element(0x80 | number, content)
}

/// Encoded elements with the tag `[number]`: an EXPLICIT tag, or the IMPLICIT tag of a constructed type.
pub fn constructed(number: u8, content: &[u8]) -> Vec<u8> {
    element(0xa0 | number, content)
}

/// An object identifier, given in digits (`1.3.6.1.5.5.7.48.1`) or by a name that OpenSSL knows (`CN`).
pub fn object_identifier(text: &str) -> Vec<u8> {
    element(OBJECT_IDENTIFIER, &object_identifier_content(text))
}

/// The content of [`object_identifier`], without tag and length.
pub fn object_identifier_content(text: &str) -> Vec<u8> {
    Asn1Object::from_str(text)
        .unwrap_or_else(|_| panic!("{text:?} is not an object identifier"))
        .as_slice()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_lengths_below_128_take_one_byte() {
        assert_eq!(element(OCTET_STRING, &[]), [4, 0]);
        assert_eq!(element(OCTET_STRING, &[0; 127])[..2], [4, 127]);
        assert_eq!(element(OCTET_STRING, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(OCTET_STRING, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn object_identifiers_are_encoded_from_names_and_from_digits() {
        assert_eq!(object_identifier("CN"), [6, 3, 0x55, 4, 3]);
        assert_eq!(object_identifier("2.5.4.3"), [6, 3, 0x55, 4, 3]);
    }
}
