//! Compares every string of the corpus with Python, in one Python process.

use pyssl_ciphers::cipher::CipherString;
use pyssl_testing::skip_without_same_openssl;

use crate::corpus;

const SCRIPT: &str = r"
import json, ssl, sys
for line in sys.stdin.buffer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.set_ciphers(json.loads(line))
    except ssl.SSLError as e:
        print(json.dumps(str(e)))
    else:
        print(json.dumps([context.get_ciphers(), context.security_level]))
";

/// A list of suites, and the security level.
#[derive(serde::Serialize)]
struct Listed<'a>(
    #[serde(serialize_with = "pyssl_ciphers::serial::dicts")] &'a [pyssl::Cipher],
    u32,
);

#[test]
fn suites_error_texts_and_security_levels_match_python() {
    let python = skip_without_same_openssl!();
    let strings = corpus::all(1500);
    let input: String = strings.iter().map(|s| format!("{s:?}\n")).collect();
    let output = python.script(SCRIPT).stdin(input).run().expect_success();
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), strings.len());
    let mut lists = 0;
    for (text, theirs) in strings.iter().zip(lines) {
        let resolved = CipherString::parse(text).and_then(|string| string.resolve());
        let ours = match resolved {
            Ok(resolved) => {
                lists += 1;
                let list = Listed(resolved.ciphers(), resolved.security_level());
                serde_json::to_value(list).unwrap()
            }
            Err(e) => {
                let text = pyssl::Error::from(e).to_string();
                let (first, _) = text.split_once(": column").unwrap_or((&text, ""));
                let dot = if first.ends_with('.') { "" } else { "." };
                format!("('{first}{dot}',)").into()
            }
        };
        let theirs: serde_json::Value = serde_json::from_str(theirs).unwrap();
        assert_eq!(ours, theirs, "{text:?}");
    }
    println!(
        "{lists} of {} strings have a list, all equal",
        strings.len()
    );
    assert!(lists >= 400);
}
