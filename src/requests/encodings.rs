//! Decodes texts by the names of Python's codecs.

use encoding_rs::*;

use super::text::latin_1;

/// The way in which a text is decoded.
#[derive(Clone, Copy)]
enum Codec {
    Ascii,
    Latin1,
    /// As in the WHATWG Encoding Standard.
    Same(&'static Encoding),
    /// As `Same`, but a byte-order mark determines the byte order and is removed.
    Marked(&'static Encoding),
    Utf8Sig,
    /// As `Same`, but bytes that the code page does not define become U+FFFD and not control characters.
    Windows(&'static Encoding),
    /// As `Same`, but the bytes from 80 to 9F are control characters.
    WithControls(&'static Encoding),
}

/// The names of Python's codecs and their aliases (`encodings.aliases`), as [`normalized`] returns them.
const NAMES: &[(Codec, &str)] = &[
    (
        Codec::Ascii,
        "646 ansi_x3.4_1968 ansi_x3.4_1986 ansi_x3_4_1968 ascii cp367 csascii ibm367 iso646_us \
         iso_646.irv_1991 iso_ir_6 us us_ascii",
    ),
    (
        Codec::Latin1,
        "8859 cp819 csisolatin1 ibm819 iso8859 iso8859_1 iso_8859_1 iso_8859_1_1987 iso_ir_100 l1 latin \
         latin1 latin_1",
    ),
    (Codec::Marked(UTF_16LE), "u16 utf16 utf_16"),
    (Codec::Utf8Sig, "utf_8_sig"),
    (
        Codec::Same(BIG5),
        "950 big5 big5_hkscs big5_tw big5hkscs cp950 csbig5 hkscs ms950 x_mac_trad_chinese",
    ),
    (Codec::Same(EUC_JP), "euc_jp eucjp u_jis ujis"),
    (
        Codec::Same(EUC_KR),
        "949 cp949 euc_kr euckr korean ks_c_5601 ks_c_5601_1987 ks_x_1001 ksc5601 ksx1001 ms949 uhc \
         x_mac_korean",
    ),
    (Codec::Same(GB18030), "gb18030 gb18030_2000"),
    (
        Codec::Same(GBK),
        "936 chinese cp936 csiso58gb231280 euc_cn euccn eucgb2312_cn gb2312 gb2312_1980 gb2312_80 gbk \
         iso_ir_58 ms936 x_mac_simp_chinese",
    ),
    (Codec::Same(IBM866), "866 cp866 csibm866 ibm866"),
    (
        Codec::Same(ISO_2022_JP),
        "csiso2022jp iso2022_jp iso2022jp iso_2022_jp",
    ),
    (
        Codec::Same(ISO_8859_10),
        "csisolatin6 iso8859_10 iso_8859_10 iso_8859_10_1992 iso_ir_157 l6 latin6",
    ),
    (Codec::Same(ISO_8859_13), "iso8859_13 iso_8859_13 l7 latin7"),
    (
        Codec::Same(ISO_8859_14),
        "iso8859_14 iso_8859_14 iso_8859_14_1998 iso_celtic iso_ir_199 l8 latin8",
    ),
    (Codec::Same(ISO_8859_15), "iso8859_15 iso_8859_15 l9 latin9"),
    (
        Codec::Same(ISO_8859_16),
        "iso8859_16 iso_8859_16 iso_8859_16_2001 iso_ir_226 l10 latin10",
    ),
    (
        Codec::Same(ISO_8859_2),
        "csisolatin2 iso8859_2 iso_8859_2 iso_8859_2_1987 iso_ir_101 l2 latin2",
    ),
    (
        Codec::Same(ISO_8859_3),
        "csisolatin3 iso8859_3 iso_8859_3 iso_8859_3_1988 iso_ir_109 l3 latin3",
    ),
    (
        Codec::Same(ISO_8859_4),
        "csisolatin4 iso8859_4 iso_8859_4 iso_8859_4_1988 iso_ir_110 l4 latin4",
    ),
    (
        Codec::Same(ISO_8859_5),
        "csisolatincyrillic cyrillic iso8859_5 iso_8859_5 iso_8859_5_1988 iso_ir_144",
    ),
    (
        Codec::Same(ISO_8859_6),
        "arabic asmo_708 csisolatinarabic ecma_114 iso8859_6 iso_8859_6 iso_8859_6_1987 iso_ir_127",
    ),
    (
        Codec::Same(ISO_8859_7),
        "csisolatingreek ecma_118 elot_928 greek greek8 iso8859_7 iso_8859_7 iso_8859_7_1987 iso_ir_126",
    ),
    (
        Codec::Same(ISO_8859_8),
        "csisolatinhebrew hebrew iso8859_8 iso_8859_8 iso_8859_8_1988 iso_ir_138",
    ),
    (Codec::Same(KOI8_R), "cskoi8r koi8_r"),
    (Codec::Same(KOI8_U), "koi8_u"),
    (Codec::Same(MACINTOSH), "mac_roman macintosh macroman"),
    (
        Codec::Same(SHIFT_JIS),
        "932 cp932 csshiftjis ms932 ms_kanji mskanji s_jis shift_jis shiftjis sjis windows_31j x_mac_japanese",
    ),
    (
        Codec::Same(UTF_16BE),
        "unicodebigunmarked utf_16_be utf_16be",
    ),
    (
        Codec::Same(UTF_16LE),
        "unicodelittleunmarked utf_16_le utf_16le",
    ),
    (
        Codec::Same(UTF_8),
        "cp65001 u8 utf utf8 utf8_ucs2 utf8_ucs4 utf_8",
    ),
    (Codec::Same(X_MAC_CYRILLIC), "mac_cyrillic maccyrillic"),
    (Codec::Windows(WINDOWS_1250), "1250 cp1250 windows_1250"),
    (Codec::Windows(WINDOWS_1251), "1251 cp1251 windows_1251"),
    (Codec::Windows(WINDOWS_1252), "1252 cp1252 windows_1252"),
    (Codec::Windows(WINDOWS_1253), "1253 cp1253 windows_1253"),
    (Codec::Windows(WINDOWS_1254), "1254 cp1254 windows_1254"),
    (Codec::Windows(WINDOWS_1255), "1255 cp1255 windows_1255"),
    (Codec::Windows(WINDOWS_1256), "1256 cp1256 windows_1256"),
    (Codec::Windows(WINDOWS_1257), "1257 cp1257 windows_1257"),
    (Codec::Windows(WINDOWS_1258), "1258 cp1258 windows_1258"),
    (Codec::Windows(WINDOWS_874), "cp874"),
    (
        Codec::WithControls(WINDOWS_1254),
        "csisolatin5 iso8859_9 iso_8859_9 iso_8859_9_1989 iso_ir_148 l5 latin5",
    ),
    (
        Codec::WithControls(WINDOWS_874),
        "iso8859_11 iso_8859_11 iso_8859_11_2001 iso_ir_166 thai tis620 tis_620 tis_620_0 tis_620_2529_0 \
         tis_620_2529_1",
    ),
];

/// Decodes a text: Python's `str(bytes, encoding, errors="replace")`. An unknown encoding counts as UTF-8, as in
/// `Response.text`.
pub(super) fn decode(bytes: &[u8], encoding: &str) -> String {
    let name = normalized(encoding);
    let is_named = |names: &str| names.split(' ').any(|other| other == name);
    let found = NAMES.iter().find(|(_, names)| is_named(names));
    let plain = |encoding: &'static Encoding, bytes| {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        text.into_owned()
    };
    match found.map_or(Codec::Same(UTF_8), |(codec, _)| *codec) {
        Codec::Latin1 => latin_1(bytes),
        Codec::Ascii => {
            let ascii = |byte: &u8| match byte.is_ascii() {
                true => char::from(*byte),
                false => '\u{fffd}',
            };
            bytes.iter().map(ascii).collect()
        }
        Codec::Same(encoding) => plain(encoding, bytes),
        Codec::Marked(encoding) => match bytes {
            [0xfe, 0xff, rest @ ..] => plain(UTF_16BE, rest),
            [0xff, 0xfe, rest @ ..] => plain(UTF_16LE, rest),
            _ => plain(encoding, bytes),
        },
        Codec::Utf8Sig => UTF_8.decode_with_bom_removal(bytes).0.into_owned(),
        Codec::Windows(encoding) => {
            let text = plain(encoding, bytes);
            text.replace(|c| ('\u{80}'..'\u{a0}').contains(&c), "\u{fffd}")
        }
        Codec::WithControls(encoding) => {
            let control = |byte: &u8| (0x80..0xa0).contains(byte);
            let parts = bytes.chunk_by(|a, b| control(a) == control(b));
            let decoded = parts.map(|part| match control(&part[0]) {
                true => latin_1(part),
                false => plain(encoding, part),
            });
            decoded.collect()
        }
    }
}

/// The name in lower case, with one `_` for each run of other characters than letters, digits and dots:
/// `encodings.normalize_encoding`.
fn normalized(encoding: &str) -> String {
    let mut name = String::new();
    let mut is_apart = false;
    for c in encoding.chars() {
        if !c.is_alphanumeric() && c != '.' {
            is_apart = true;
            continue;
        }
        if std::mem::take(&mut is_apart) && !name.is_empty() {
            name.push('_');
        }
        if c.is_ascii() {
            name.push(c.to_ascii_lowercase());
        }
    }
    name
}
