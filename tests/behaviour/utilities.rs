//! PEM and DER, times, object identifiers, random bytes, paths and versions.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use pyssl as ssl;
use pyssl_testing::{skip_without_python, skip_without_same_openssl, skipped};

use crate::support::class;

const HEADER: &str = ssl::PEM_HEADER;
const FOOTER: &str = ssl::PEM_FOOTER;

/// Reads a JSON list of `[function, argument]` and prints a line for each result.
const CALL: &str = r#"
import json, ssl, sys
for name, argument in json.load(sys.stdin):
    try:
        result = eval(name)(argument)
    except UnicodeError as e:
        print("!UnicodeError:", repr(str(e)))
    except ValueError as e:
        print("!ValueError:", repr(str(e)))
    else:
        print(result.hex() if isinstance(result, bytes) else result)
"#;

/// Compares the results of `ours` with Python's.
fn compare(function: &str, arguments: &[String], ours: impl Fn(&str) -> ssl::Result<String>) {
    let python = skip_without_python!();
    let calls: Vec<_> = arguments
        .iter()
        .map(|argument| format!("[{}, {}]", json(function), json(argument)))
        .collect();
    // The script prints the `repr` of each message, so that it has one line.
    let ask = |calls: &[String]| {
        let input = format!("[{}]", calls.join(", "));
        python.script(CALL).stdin(input).run().expect_success()
    };
    let answers = ask(&calls);
    let messages: Vec<_> = arguments
        .iter()
        .map(|argument| ours(argument).map_err(|e| (e.python_class(), e.to_string())))
        .collect();
    let errors: Vec<_> = messages.iter().filter_map(|m| m.as_ref().err()).collect();
    let reprs: Vec<_> = errors
        .iter()
        .map(|(_, text)| format!("[\"repr\", {}]", json(text)))
        .collect();
    let reprs = ask(&reprs);
    let mut reprs = reprs.lines();
    let mut answers = answers.lines();
    for (argument, message) in arguments.iter().zip(messages) {
        let message = match message {
            Ok(value) => value,
            Err((class, _)) => format!("!{class}: {}", reprs.next().unwrap()),
        };
        assert_eq!(Some(&*message), answers.next(), "{function}({argument:?})");
    }
    assert_eq!(answers.next(), None);
}

fn json(text: &str) -> String {
    let escaped: String = text
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    format!("\"{escaped}\"")
}

fn generate<S: Strategy<Value = String>>(
    count: usize,
    strategy: S,
) -> impl Iterator<Item = String> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

#[test]
fn cert_time_to_seconds_accepts_the_same_texts_as_python() {
    let table = [
        "Jan  5 09:34:43 2018 GMT",
        "JaN 5 9:4:3 2018 gmt",
        "jAN  05  09:34:43  2018  Gmt",
        "Jan\u{2003}5\n09:34:43\t2018\u{1c}GMT",
        "Dec 31 23:59:60 2008 GMT",
        "Dec 31 23:59:61 9999 GMT",
        "Dec 31 23:59:62 2008 GMT",
        "Feb 29 00:00:00 2019 GMT",
        "Feb 31 00:00:00 2020 GMT",
        "Jan  1 00:00:00 0001 GMT",
        "Jan  1 00:00:00 0000 GMT",
        "Jan 32 00:00:00 2018 GMT",
        "Jan  0 00:00:00 2018 GMT",
        "Jan 00 00:00:00 2018 GMT",
        "Jan5 00:00:00 2018 GMT",
        "Jan  5 24:00:00 2018 GMT",
        "Jan  5 00:60:00 2018 GMT",
        "Jan  5 000:00:00 2018 GMT",
        "Jan  5 00:00:00 18 GMT",
        "Jan  5 00:00:00 20180 GMT",
        "Jan  5 00:00:00 2018GMT",
        "Jan  5 00:00:00 2018 UTC",
        "Jan  5 00:00:00 2018 GMT ",
        "Jan  5 00:00:00 2018 GMT'\n",
        "Jan  5 00:00 2018 GMT",
        " Jan  5 00:00:00 2018 GMT",
        "Janu  5 00:00:00 2018 GMT",
        "foo  5 00:00:00 2018 GMT",
        "",
        "Ja",
        "Jan",
        "J\u{e4}n  5 00:00:00 2018 GMT",
        "'\"",
    ];
    let month = select(vec![
        "Jan", "feb", "MAR", "Apr", "mAy", "Jun", "Jul", "Dec", "Foo",
    ]);
    let space = || select(vec![" ", " ", " ", "  ", "\t", "", "x"]);
    let number = |limit: u32| {
        (0..limit, any::<bool>()).prop_map(|(n, pad)| {
            if pad {
                format!("{n:02}")
            } else {
                n.to_string()
            }
        })
    };
    let generated = (
        (month, space(), number(33), space(), number(25)),
        (number(61), number(63), space(), 0..10_001, space()),
        select(vec!["GMT", "GMT", "GMT", "gmt", "UTC", "GMT ", ""]),
    )
        .prop_map(
            |((month, a, day, b, hour), (minute, second, c, year, d), zone)| {
                format!("{month}{a}{day}{b}{hour}:{minute}:{second}{c}{year:04}{d}{zone}")
            },
        );
    let arguments: Vec<_> = table
        .map(String::from)
        .into_iter()
        .chain(generate(500, generated))
        .collect();
    compare("ssl.cert_time_to_seconds", &arguments, |text| {
        ssl::cert_time_to_seconds(text).map(|seconds| seconds.to_string())
    });
}

#[test]
fn pem_functions_accept_the_same_texts_as_python() {
    let mut arguments = Vec::from(
        [
            "",
            "AAAA",
            "AAA=",
            "AA==",
            "AA=",
            "AA",
            "A",
            "A===",
            "=AAA",
            "====",
            "AA=A",
            "AA=A=",
            "AA==AAAA",
            "AAA=AAAA",
            "AAAAA",
            "AAAA=",
            "AAAA==AA",
            "A=A=A=A=",
            "\nAA AA\r\n",
            "A-A_A.A!A",
            "+/+/",
            "\u{e9}",
            "AA\u{e9}\u{1f600}AA\u{e9}",
            "\u{2003}",
        ]
        .map(|body| format!("{HEADER}{body}{FOOTER}")),
    );
    arguments.extend([
        "".into(),
        HEADER.into(),
        FOOTER.into(),
        format!(" {HEADER}{FOOTER}"),
        format!("{HEADER}{FOOTER} \n\t\u{2003}\u{1c}"),
        format!("{HEADER}AAAA{FOOTER}x"),
        // The header and the footer share their dashes.
        format!("{HEADER}{}", &FOOTER[5..]),
        format!("{HEADER}AA=={FOOTER}\n{HEADER}BBBB{FOOTER}"),
        format!("{HEADER}AAAA{FOOTER}\n{HEADER}BBBB{FOOTER}"),
    ]);
    arguments
        .extend(generate(300, "[A-D=\n é-]{0,12}").map(|body| format!("{HEADER}{body}{FOOTER}")));
    let python = skip_without_python!();
    let stops = "import binascii; print(len(binascii.a2b_base64(b'AA==AAAA')))";
    if !python.run(stops, &[""; 0]).status.success() {
        skipped("this Python goes on behind a complete padding");
        arguments.retain(|pem| !has_data_behind_padding(pem));
    }
    compare("ssl.PEM_cert_to_DER_cert", &arguments, |pem| {
        let der = ssl::PEM_cert_to_DER_cert(pem)?;
        Ok(der.iter().map(|byte| format!("{byte:02x}")).collect())
    });
}

/// Whether characters of the base64 alphabet follow a `=`. Later releases of Python 3.13 decode these characters.
fn has_data_behind_padding(pem: &str) -> bool {
    let body = pem.trim_start_matches(HEADER).trim_end_matches(FOOTER);
    let behind = body.split_once('=').map_or("", |(_, behind)| behind);
    behind.contains(|c: char| c.is_ascii_alphanumeric())
}

#[test]
fn object_identifiers_match_python() {
    let names = [
        "1.3.6.1.5.5.7.3.1",
        "serverAuth",
        "TLS Web Server Authentication",
        "SERVERAUTH",
        "1.2.3.4.5",
        "1",
        "1.2.",
        "9.9",
        "",
        " ",
        "rsadsi",
        "a\0b",
        "UNDEF",
        "undefined",
        "\u{e9}",
    ]
    .map(String::from)
    .into_iter()
    .chain(["\u{e9}".repeat(60), format!("x{}", "\u{e9}".repeat(60))])
    .collect::<Vec<_>>();
    let text = |object: ssl::Asn1Object| {
        let oid = object.oid.map_or("None".into(), |oid| format!("'{oid}'"));
        format!(
            "_ASN1Object(nid={}, shortname='{}', longname='{}', oid={oid})",
            object.nid, object.shortname, object.longname
        )
    };
    compare("ssl._ASN1Object", &names, |name| {
        ssl::Asn1Object::new(name).map(text)
    });
    compare("ssl._ASN1Object.fromname", &names, |name| {
        ssl::Asn1Object::fromname(name).map(text)
    });
    skip_without_same_openssl!();
    let numbers: Vec<_> = (-2..400)
        .chain([1000, 100_000])
        .map(|n: i32| n.to_string())
        .collect();
    compare("lambda n: ssl._ASN1Object.fromnid(int(n))", &numbers, |n| {
        ssl::Asn1Object::fromnid(n.parse().unwrap()).map(text)
    });
}

#[test]
fn version_and_feature_constants_match_python() {
    let expected = [
        (
            "OPENSSL_VERSION_INFO",
            format!("{:?}", *ssl::OPENSSL_VERSION_INFO),
        ),
        ("HAS_SNI", python_bool(ssl::HAS_SNI)),
        ("HAS_ECDH", python_bool(ssl::HAS_ECDH)),
        ("HAS_ALPN", python_bool(ssl::HAS_ALPN)),
        ("HAS_NPN", python_bool(ssl::HAS_NPN)),
        ("HAS_PSK", python_bool(ssl::HAS_PSK)),
        ("HAS_SSLv2", python_bool(ssl::HAS_SSLv2)),
        ("HAS_SSLv3", python_bool(ssl::HAS_SSLv3)),
        ("HAS_TLSv1", python_bool(ssl::HAS_TLSv1)),
        ("HAS_TLSv1_1", python_bool(ssl::HAS_TLSv1_1)),
        ("HAS_TLSv1_2", python_bool(ssl::HAS_TLSv1_2)),
        ("HAS_TLSv1_3", python_bool(ssl::HAS_TLSv1_3)),
        (
            "HAS_NEVER_CHECK_COMMON_NAME",
            python_bool(ssl::HAS_NEVER_CHECK_COMMON_NAME),
        ),
        (
            "CHANNEL_BINDING_TYPES",
            format!("{:?}", ssl::CHANNEL_BINDING_TYPES).replace('"', "'"),
        ),
        ("PEM_HEADER", ssl::PEM_HEADER.into()),
        ("PEM_FOOTER", ssl::PEM_FOOTER.into()),
    ];
    let script = format!(
        "import ssl\nprint(ssl.OPENSSL_VERSION)\nprint(ssl.OPENSSL_VERSION_NUMBER)\nfor n in {:?}: print(getattr(ssl, n, None))",
        expected.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    let python = skip_without_python!();
    let answers = python.script(&script).run().expect_success();
    let mut answers = answers.lines();
    let same = answers.next() == Some(*ssl::OPENSSL_VERSION);
    let number = answers.next().unwrap();
    if same {
        assert_eq!(number, ssl::OPENSSL_VERSION_NUMBER.to_string());
    }
    for ((name, ours), theirs) in expected.iter().zip(answers) {
        // Python prints `None` for a name that it is too old to have. Names about OpenSSL differ if it is linked with
        // another release.
        if theirs != "None" && (same || !name.starts_with("OPENSSL")) {
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

#[test]
fn default_verify_paths_match_python() {
    let ours = ssl::get_default_verify_paths();
    assert_eq!(ours.openssl_cafile_env, "SSL_CERT_FILE");
    assert_eq!(ours.openssl_capath_env, "SSL_CERT_DIR");
    let python = skip_without_same_openssl!();
    let script = "import ssl; print(*ssl.get_default_verify_paths()[2:], sep='\\n')";
    let theirs = python.script(script).run().expect_success();
    let ours = format!(
        "{}\n{}\n{}\n{}\n",
        ours.openssl_cafile_env,
        ours.openssl_cafile.display(),
        ours.openssl_capath_env,
        ours.openssl_capath.display()
    );
    assert_eq!(ours, theirs);
}

fn python_bool(value: bool) -> String {
    if value { "True" } else { "False" }.into()
}

#[test]
fn protocol_names_match_python() {
    let codes: Vec<_> = (-1..20).map(|code| code.to_string()).collect();
    let name = "lambda code: ssl.get_protocol_name(int(code))";
    compare(name, &codes, |code| {
        Ok(ssl::get_protocol_name(code.parse().unwrap()).to_owned())
    });
    assert_eq!(ssl::get_protocol_name(16), "PROTOCOL_TLS_CLIENT");
    assert_eq!(ssl::PROTOCOL_TLS_CLIENT.to_string(), "PROTOCOL_TLS_CLIENT");
}

#[test]
fn rand_bytes_returns_the_requested_number_of_bytes() {
    assert!(ssl::RAND_status());
    ssl::RAND_add("text", 75.0);
    ssl::RAND_add(b"bytes", f64::NAN);
    ssl::RAND_add(b"", f64::NEG_INFINITY);
    assert_eq!(ssl::RAND_bytes(0).unwrap(), b"");
    let bytes = ssl::RAND_bytes(16).unwrap();
    assert_eq!(bytes.len(), 16);
    assert_ne!(bytes, ssl::RAND_bytes(16).unwrap());
    assert_eq!(class(ssl::RAND_bytes(1 << 31)), "OverflowError");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pem_round_trips_to_der(der: Vec<u8>) {
        let pem = ssl::DER_cert_to_PEM_cert(&der);
        prop_assert!(pem.lines().all(|line| line.len() <= 64));
        prop_assert_eq!(ssl::PEM_cert_to_DER_cert(&pem).unwrap(), der);
    }

    #[test]
    fn cert_time_to_seconds_counts_86400_seconds_for_a_day(year in 1_i64..9999, month in 0_usize..12, day in 1..28) {
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month];
        let time = |day| ssl::cert_time_to_seconds(&format!("{month} {day} 00:00:00 {year:04} GMT"));
        prop_assert_eq!(time(day).unwrap() + 86400, time(day + 1).unwrap());
    }

    #[test]
    fn cert_time_to_seconds_never_panics(text: String, month in select(vec!["", "Jan", "Feb  5 00:00:00 2018 "])) {
        let _ = ssl::cert_time_to_seconds(&format!("{month}{text}"));
        let _ = ssl::PEM_cert_to_DER_cert(&format!("{HEADER}{text}{FOOTER}"));
        let _ = ssl::Asn1Object::fromname(&text);
    }
}
