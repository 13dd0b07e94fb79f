//! Texts, lines and JSON of responses, compared with Python's `requests`.

use pyssl_testing::skipped;
use serde_json::{Value, json};

use crate::peer::{answers, unhex};
use crate::scene::{compare, python_with_requests};

fn answer(content_type: &str, body: &[u8]) -> Vec<u8> {
    let content_type = match content_type {
        "" => String::new(),
        text => format!("Content-Type: {text}\r\n"),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\n{content_type}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn utf_16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let units = mark
        .then_some(0xfeff)
        .into_iter()
        .chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

#[test]
fn texts_are_decoded_as_in_python() {
    let every: Vec<u8> = (0x20..=0xff).collect();
    let mut all = Vec::new();
    for label in [
        "iso-8859-1",
        "ISO_8859-1",
        "latin1",
        "Latin_1",
        "l1",
        "ascii",
        "us-ascii",
        "utf-8",
        "UTF8",
        "utf_8",
        "utf-8-sig",
        "nonsense",
        "",
        "cp1252",
        "windows-1252",
        "windows-1251",
        "koi8-r",
        "iso-8859-2",
        "iso-8859-15",
    ] {
        for body in [
            &every[..],
            "caf\u{e9} \u{20ac}".as_bytes(),
            b"\xef\xbb\xbfmark",
            b"\xff\xfea\0",
            b"\xc3(",
            b"",
        ] {
            all.push(answer(&format!("text/plain; charset={label}"), body));
        }
    }
    for (label, mark, big) in [
        ("utf-16", true, false),
        ("utf-16", true, true),
        ("utf-16", false, false),
        ("utf-16le", true, false),
        ("utf-16be", false, true),
        ("utf-16-le", true, false),
        ("UTF-16-BE", false, true),
    ] {
        all.push(answer(
            &format!("text/plain; charset={label}"),
            &utf_16("caf\u{e9} \u{1f600}", mark, big),
        ));
    }
    for label in [
        "shift_jis",
        "cp932",
        "euc-jp",
        "gbk",
        "gb2312",
        "big5",
        "euc-kr",
    ] {
        let label = format!("text/plain; charset={label}");
        all.push(answer(&label, b"plain"));
        all.push(answer(&label, b"\xb0\xa1\xb0\xa2"));
    }
    // The mark of UTF-8 is no mark of UTF-16.
    all.push(answer("text/plain; charset=utf-16", b"\xef\xbb\xbfab"));
    // The last charset counts.
    all.push(answer("text/plain; charset=utf-8; charset=latin-1", &every));
    all.push(answer("text/html", &every));
    all.push(answer("text/html", b"\xef\xbb\xbfmark"));
    all.push(answer("application/json", "\u{feff}1".as_bytes()));
    let count = all.len();
    let server = answers(all);
    let scene = |number| json!({"steps": [{"url": format!("http://{}/{number}", server.addr())}]});
    let scenes: Vec<Value> = (0..count).map(scene).collect();
    compare(&[], &scenes);
}

/// Python's codecs for texts that this library does not have. The documentation of `Response::set_encoding` lists them.
const MISSING: &str = "utf_7 utf_32 utf_32_be utf_32_le hz johab kz1048 ptcp154 hp_roman8 cp037 cp1026 cp1125 cp1140 \
    cp273 cp424 cp437 cp500 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp869 mac_greek \
    mac_iceland mac_latin2 mac_turkish iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext \
    iso2022_kr euc_jis_2004 euc_jisx0213 shift_jis_2004 shift_jisx0213";

/// Each name of Python's codecs for texts, and a text in this encoding: all bytes, or letters of the language.
const CODECS: &str = r#"
import codecs, encodings.aliases as all, json, sys
missing = sys.argv[1].split()
bodies = []
for name, codec in sorted({**all.aliases, **{codec: codec for codec in all.aliases.values()}}.items()):
    try:
        info = codecs.lookup(codec)
    except LookupError:
        continue
    if codec in missing or not info._is_text_encoding:
        continue
    table = getattr(__import__("encodings." + codec, fromlist=["_"]), "decoding_table", None)
    text = "\uac00\ub098 x" if codec in ("euc_kr", "cp949") else "\u4e2d\u6587 x" if "b" in codec else "\u65e5\u672c x"
    body = bytes(range(256)) if table or codec in ("ascii", "latin_1") else text.encode(codec)
    # These bytes are undefined in Python only.
    body = body.translate(None, {"cp1255": b"\xca", "tis_620": b"\xa0"}.get(codec, b""))
    bodies.append([name.upper().replace("_", "-"), body.hex()])
    bodies.append([name, body.hex()])
print(json.dumps(bodies))
"#;

#[test]
fn the_names_of_pythons_codecs_are_known() {
    let Some(python) = python_with_requests() else {
        skipped("no Python with requests found");
        return;
    };
    let output = python.run(CODECS, &[MISSING]);
    let all: Vec<[String; 2]> = serde_json::from_str(&output.expect_success()).unwrap();
    assert!(all.len() > 400, "{}", all.len());
    let answers_of = all.iter().map(|[name, body]| {
        let body = unhex(body).unwrap();
        answer(&format!("text/plain; charset={name}"), &body)
    });
    let server = answers(answers_of.collect());
    let scene = |number| json!({"steps": [{"url": format!("http://{}/{number}", server.addr())}]});
    let scenes: Vec<Value> = (0..all.len()).map(scene).collect();
    compare(&[], &scenes);
}

#[test]
fn json_is_decoded_as_in_python() {
    let mut all = Vec::new();
    let bodies = [
        "{\"a\": \"caf\u{e9} \u{20ac}\"}".as_bytes().to_vec(),
        b"{\"a\": \"\xe9\"}".to_vec(),
        b"1".to_vec(),
        b"[1]".to_vec(),
        b"".to_vec(),
        b"nothing".to_vec(),
        b"[1] 2".to_vec(),
        utf_16("{\"a\": 1}", false, false),
        utf_16("{\"a\": 1}", false, true),
        utf_16("{\"a\": 1}", true, false),
    ];
    for content_type in [
        "",
        "application/json",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/vnd.api+json",
        "text/plain",
        "text/plain; charset=utf-8",
    ] {
        for body in &bodies {
            // Python guesses the encoding of a text that is not UTF-8.
            let is_guessed =
                body.contains(&0xe9) && !body.contains(&0) && content_type.contains("+json");
            let is_short = content_type.is_empty() && body.contains(&0xe9) && body.len() < 12;
            if !(is_guessed || is_short) {
                all.push(answer(content_type, body));
            }
        }
    }
    let count = all.len();
    let server = answers(all);
    let scene = |number| json!({"steps": [{"url": format!("http://{}/{number}", server.addr()), "json": true}]});
    let scenes: Vec<Value> = (0..count).map(scene).collect();
    compare(&[], &scenes);
}

#[test]
fn lines_of_a_whole_body_are_those_of_python() {
    let bodies = [
        "",
        "a",
        "a\n",
        "a\nb",
        "a\r\nb\rc\n\nd\r\n",
        "\n",
        "\r\n\r\n",
        "\r\r\n",
        "a\x0bb\x0cc\u{85}d\u{2028}e",
    ];
    let server = answers(
        bodies
            .map(|body| answer("text/plain; charset=utf-8", body.as_bytes()))
            .into(),
    );
    let scene = |number| json!({"steps": [{"url": format!("http://{}/{number}", server.addr()), "lines": true}]});
    let scenes: Vec<Value> = (0..bodies.len()).map(scene).collect();
    compare(&[], &scenes);
}
