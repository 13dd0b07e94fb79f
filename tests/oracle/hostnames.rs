//! The conversion of server names to the form that is sent.

use pyssl as ssl;
use serde_json::{Value, json};

use crate::harness::{Case, compare, compare_with_any_openssl};

/// Names with characters that the standards for host names treat specially.
const NAMES: &[&str] = &[
    "localhost",
    "LOCALhost",
    "localhost.",
    "a_b c.example",
    "*.example",
    "xn--l8j.jp",
    "XN--L8J.jp",
    "xn--",
    "-a-.example",
    "a-",
    "1.2.3",
    "0x7f.1",
    "",
    ".",
    "..",
    ".example.com",
    "a..b",
    "a.b..",
    "a\0b",
    "\0",
    "a\tb",
    "a\u{7f}b",
    "königsgäßchen.example",
    "straße.de",
    "STRASSE.de",
    "STRAẞE.de",
    "βόλος.com",
    "ΒΌΛΟΣ.com",
    "σς.gr",
    "نامه\u{200c}ای.com",
    "a\u{200d}b.com",
    "ශ\u{dca}\u{200d}ර.com",
    "ⅷ.com",
    "ﬁ.com",
    "①②.com",
    "あ.jp",
    "あ。jp",
    "あ．jp",
    "あ｡jp",
    "ｅｘａｍｐｌｅ．ｃｏｍ",
    "。",
    "あ。。い",
    "。あ",
    "あ。",
    "\u{ad}",
    "a\u{ad}b.com",
    "あ\u{ad}b.com",
    "\u{ad}あ",
    "e\u{301}.fr",
    "é.fr",
    "\u{301}a.fr",
    "\u{1100}\u{1161}.kr",
    "가.kr",
    "İstanbul.tr",
    "ıi.tr",
    "ǅ.hr",
    "Ⴀ.ge",
    "Ꭰ.us",
    "𐐀.us",
    "😀.example",
    "\u{1f468}\u{200d}\u{1f469}.example",
    "❤\u{fe0f}.example",
    "🄀.example",
    "Ａ\u{1f100}ß.example",
    "\u{1ace}a.example",
    "A\u{2c2f}.example",
    "\u{a7ae}.example",
    "אב.il",
    "א1.il",
    "1א.il",
    "אa.il",
    "aא.il",
    "א-ב.il",
    "א-.il",
    "ا1.example",
    "اa.example",
    "א😀.il",
    "\u{590}.example",
    "\u{10c00}a.example",
    "a\u{a0}b.example",
    "a\u{3000}b.example",
    "a\u{1680}b",
    "a\u{2028}b",
    "a\u{200e}b",
    "a\u{e000}b",
    "a\u{fdd0}b",
    "a\u{fffd}b",
    "a\u{2ff0}b",
    "a\u{85}b",
    "a\u{e0001}b",
    "a\u{1ffff}b",
    "a\u{10ffff}b",
    "a\u{340}b",
    "a\u{341}b",
    "\u{37a}.gr",
    "ª.example",
    "xn--ä.example",
    "Xn--ä.example",
    "ｘｎ--ä.example",
    "ｘｎ－－l8j.jp",
    "㎁.example",
    "Ω.example",
    "µ.example",
    "ﷺ.example",
    "㏇.example",
    "\u{2024}あ.example",
    "ä\u{2024}b",
    "…あ.example",
    "а.рф",
    "例え.テスト",
    "ไทย.th",
    "தமிழ்.in",
    "\u{0}あ",
    "あ\0",
    "あ b",
    "あ_b",
    "ä:443",
    "[あ]",
    "ẞ",
    "ŉ.za",
    "ΐ.gr",
    "ﬃ.com",
    "Å.se",
    "\u{1e9b}\u{323}.ie",
    "\u{f900}.jp",
    "\u{2f869}.jp",
    "ք.am",
    "և.am",
];

/// Letters that got a lower case in Unicode 16 or 17. This library has the tables of Python 3.13 (Unicode 15.1). Later
/// versions of Python map these letters.
const NEW_LETTERS: [char; 9] = [
    '\u{1c89}',
    '\u{a7cb}',
    '\u{a7cc}',
    '\u{a7ce}',
    '\u{a7d2}',
    '\u{a7d4}',
    '\u{a7da}',
    '\u{a7dc}',
    '\u{16eaf}',
];

const ADDRESSES: &[&str] = &[
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "01.02.03.04",
    "1.2.3",
    "256.1.1.1",
    "1.2.3.4.5",
    "0x7f.0.0.1",
    "127.1",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1.",
    "1.2.3.4a",
    "+1.2.3.4",
    "0177.0.0.1",
    "1.2.3.0004",
    "::1",
    "::",
    "1::",
    "fe80::1",
    "::ffff:1.2.3.4",
    "::1.2.3.4",
    "0:0:0:0:0:0:0:1",
    "00000::1",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    ":::",
    "1::2::3",
    "::1%lo",
    "[::1]",
    "::FFFF",
    "::g",
    "１.2.3.4",
    "1。2。3。4",
    "1.2.3.４",
];

fn long_names() -> Vec<String> {
    let name = |length: usize| {
        let mut name = "a234567890123456789012345678901234567890123456789.".repeat(length / 50);
        name.push_str(&"b".repeat(length % 50));
        name
    };
    let mut names: Vec<String> = [249, 252, 253, 254, 255, 256, 257, 300].map(name).into();
    names.extend([1, 62, 63, 64, 65, 255, 256, 10_000].map(|length| "c".repeat(length)));
    names
        .extend([1, 10, 52, 53, 54, 56, 57, 58, 59, 60, 64, 3000].map(|length| "ä".repeat(length)));
    names.extend([57, 58, 59, 60, 3000].map(|n| "a".repeat(n) + "ä"));
    names.push(format!("{}.{}", "d".repeat(63), "e".repeat(64)));
    names.push(format!("{}.あ", "f".repeat(64)));
    names.push(format!("あ.{}", "g".repeat(64)));
    names.push("x.".repeat(127) + "y");
    names.push("x.".repeat(128) + "y");
    names.push("x.".repeat(126) + "あ");
    names
}

#[test]
fn server_names_are_sent_as_in_python() {
    let mut names: Vec<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    names.extend(ADDRESSES.iter().map(|&name| name.to_owned()));
    names.extend(long_names());
    let mut cases = Vec::new();
    for name in &names {
        for (protocol, server_side) in [(16, false), (2, false), (2, true)] {
            let options = json!({"server_hostname": name, "server_side": server_side});
            let steps = json!([
                ["context", "c", protocol],
                ["object", "o", "c", options],
                ["attribute", "o", "server_hostname"],
            ]);
            let shown: String = name.chars().take(70).collect();
            let name = format!("{shown:?} protocol {protocol} server {server_side}");
            cases.push(Case::new(name, steps).since(13));
        }
    }
    // OpenSSL 4.0 refuses names that no certificate can have. Older versions accept them and find no match, so Python
    // may be linked with any of these.
    if *ssl::OPENSSL_VERSION_INFO >= (4, 0, 0, 0, 0) {
        compare(cases);
    } else {
        compare_with_any_openssl(cases);
    }
}

#[test]
fn idna_maps_every_character_as_in_python() {
    let characters = (0x80..0x3400)
        .chain(0xa000..0xac10)
        .chain(0xf900..0x10800)
        .chain((0x10800..0x30000).step_by(97))
        .chain(0xe0000..0xe0200)
        .filter_map(char::from_u32)
        .filter(|c| !NEW_LETTERS.contains(c));
    let mut cases = Vec::new();
    let mut steps = vec![json!(["context", "c", 2])];
    for (i, c) in characters.enumerate() {
        let name = if i % 2 == 0 {
            format!("{c}")
        } else {
            format!("a{c}")
        };
        steps.push(json!(["object", "o", "c", {"server_hostname": name}]));
        if steps.len() == 500 {
            let finished = std::mem::replace(&mut steps, vec![json!(["context", "c", 2])]);
            cases.push(Case::new(format!("up to {c:?}"), json!(finished)).since(13));
        }
    }
    cases.push(Case::new("the rest", json!(steps)).since(13));
    compare_with_any_openssl(cases);
}

/// Characters whose order and composition normalization decides: letters, combining marks of several
/// classes (three of them newer than Unicode 3.2), Hangul, and characters that are decomposed.
const COMBINING: [char; 24] = [
    'a',
    'E',
    'o',
    'w',
    '\u{1100}',
    '\u{1161}',
    '\u{11a7}',
    '\u{11a8}',
    '\u{ac00}',
    '\u{e4}',
    '\u{1ec7}',
    '\u{212b}',
    '\u{1100}',
    '\u{300}',
    '\u{301}',
    '\u{308}',
    '\u{323}',
    '\u{327}',
    '\u{338}',
    '\u{345}',
    '\u{1dc4}',
    '\u{1dc2}',
    '\u{a806}',
    '\u{11099}',
];

#[test]
fn idna_normalizes_combining_marks_as_in_python() {
    // All sequences of a letter and three others exist. The test uses one in 23.
    let n = COMBINING.len();
    let names = (0..n.pow(4)).step_by(23).map(|number| {
        let mut name = String::from("x");
        let mut rest = number;
        for _ in 0..4 {
            name.push(COMBINING[rest % n]);
            rest /= n;
        }
        name
    });
    let mut cases = Vec::new();
    for (i, names) in names.collect::<Vec<_>>().chunks(500).enumerate() {
        let mut steps = vec![json!(["context", "c", 2])];
        for name in names {
            steps.push(json!(["object", "o", "c", {"server_hostname": name}]));
            steps.push(json!(["attribute", "o", "server_hostname"]));
        }
        cases.push(Case::new(format!("part {i}"), json!(steps)).since(13));
    }
    compare_with_any_openssl(cases);
}

#[test]
fn invalid_server_names_are_rejected_before_a_socket_is_wrapped() {
    let long = "x.".repeat(128) + "y";
    let names: Vec<Value> = vec![
        json!(null),
        json!(""),
        json!("."),
        json!(".a"),
        json!("a..b"),
        json!("a\0b"),
        json!("ä"),
        json!("127.0.0.1"),
        json!("::1"),
        json!("a\u{a0}b"),
        json!("א1"),
        json!("straße.de"),
        json!(long),
    ];
    let mut cases = Vec::new();
    for name in &names {
        for protocol in [16, 17, 2] {
            for server_side in [false, true] {
                let options = json!({"server_hostname": name, "server_side": server_side});
                let steps = json!([
                    ["context", "c", protocol],
                    ["plain_socket", "s", "tcp"],
                    ["wrap", "t", "c", "s", options],
                    ["attribute", "t", "server_hostname"],
                    ["listener", "l"],
                ]);
                let name = format!("{name} protocol {protocol} server {server_side}");
                cases.push(Case::new(name, steps).since(13));
            }
        }
    }
    compare_with_any_openssl(cases);
}
