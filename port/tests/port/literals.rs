//! Every literal of Python becomes a Rust literal of the same value.
//!
//! CPython and the Rust compiler evaluate the literals, so that no part of this crate is its own judge.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use pyssl_port::Port;
use pyssl_testing::python::python_or_skip;

use crate::rust;

/// Pieces of literals. `{q}` is the quote.
const PIECES: [&str; 46] = [
    "a",
    "Z",
    " ",
    "0",
    "7",
    "8",
    "{",
    "}",
    "\u{e4}",
    "\u{20ac}",
    "\u{1f600}",
    "\u{202e}",
    "\u{85}",
    "\t",
    "/*",
    "*/",
    "//",
    "\\\\",
    "\\'",
    "\\\"",
    "\\n",
    "\\r",
    "\\t",
    "\\a",
    "\\b",
    "\\f",
    "\\v",
    "\\\n",
    "\\\r\n",
    "\\0",
    "\\07",
    "\\101",
    "\\377",
    "\\400",
    "\\777",
    "\\8",
    "\\x00",
    "\\x41",
    "\\x7f",
    "\\xff",
    "\\u0041",
    "\\u20ac",
    "\\U0001f600",
    "\\d",
    "\\%",
    "\\N{DASH}",
];

/// Pieces that only literals with three quotes may have, or that are errors.
const ODD: [&str; 8] = [
    "\n",
    "\r\n",
    "\r",
    "\"",
    "'",
    "\\x4",
    "\\ud800",
    "\\U00110000",
];

const PREFIXES: [&str; 16] = [
    "", "", "r", "R", "u", "U", "b", "B", "br", "Rb", "bR", "rb", "f", "F", "fr", "Rf",
];

/// A linear congruence (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn literal(&mut self) -> String {
        let prefix = PREFIXES[self.below(PREFIXES.len())];
        let quote = ["'", "\"", "'''", "\"\"\""][self.below(4)];
        let is_format = prefix.to_lowercase().contains('f');
        let mut text = format!("{prefix}{quote}");
        for _ in 0..self.below(6) {
            text += match (self.below(8), is_format) {
                (0, _) => ODD[self.below(ODD.len())],
                (1 | 2, true) => {
                    ["{name}", "{{", "}}", "{type}", "{name!r}", "{name=}"][self.below(6)]
                }
                _ => PIECES[self.below(PIECES.len())],
            };
        }
        text + quote
    }
}

/// Prints the value of each literal as hex digits: `s` and UTF-8, or `b` and bytes; or `-` if it is an error or has a
/// surrogate.
const EVALUATE: &str = r#"
import ast, sys, warnings
warnings.simplefilter("ignore")
name, type, DASH = "a{b", "T", "D"
for line in open(sys.argv[1], "rb").read().split(b"\0"):
    # compile() reads the ends of lines as a file's, if it gets bytes.
    try:
        tree = compile(b"(" + line + b")", "literal", "eval", ast.PyCF_ONLY_AST)
        is_format = isinstance(tree.body, ast.JoinedStr)
        value = eval(compile(tree, "literal", "eval")) if is_format else ast.literal_eval(tree)
        print("b" + value.hex() if isinstance(value, bytes) else "s" + value.encode().hex())
    except (SyntaxError, UnicodeError, ValueError):
        print("-")
"#;

#[test]
fn literals_have_the_same_value_in_rust() {
    let Some(python) = python_or_skip() else {
        return;
    };
    let mut numbers = Numbers(1);
    let literals: Vec<String> = (0..1_500).map(|_| numbers.literal()).collect();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("literals"), literals.join("\0")).unwrap();
    let evaluated = python.run(EVALUATE, &[path("literals")]).expect_success();
    let expected: Vec<&str> = evaluated.lines().collect();
    assert_eq!(expected.len(), literals.len());

    // The literals that become Rust literals, as a program.
    let mut program = String::from(
        "#![allow(text_direction_codepoint_in_literal)]\n\
         fn text(value: &str) { print!(\"s\"); bytes(value.as_bytes()); }\n\
         fn binary(value: &[u8]) { print!(\"b\"); bytes(value); }\n\
         fn bytes(value: &[u8]) { for byte in value { print!(\"{byte:02x}\"); } println!(); }\n\
         #[allow(non_snake_case)] fn main() { let (name, r#type, DASH) = (\"a{b\", \"T\", \"D\");\n",
    );
    let mut rendered = Vec::new();
    let mut refused = 0;
    for (literal, expected) in literals.iter().zip(&expected) {
        let call = match literal.to_lowercase().split(['\'', '"']).next() {
            Some(prefix) if prefix.contains('b') => "RAND_add",
            _ => "cert_time_to_seconds",
        };
        let python = format!("import ssl\nssl.{call}({literal})\n");
        let lines = rust(&python);
        // The literal is an error in Python, or has a surrogate, so no Rust line may have its value. If the parser
        // reports the error, the string may end earlier, and its value is not checked.
        if *expected == "-" {
            let is_value = |line: &String| {
                let rest = line.strip_prefix(&format!("ssl::{call}("));
                rest.is_some_and(|rest| {
                    rest.starts_with(['"', 'b']) || rest.starts_with("&format!(")
                })
            };
            let is_broken = Port::of(python.as_bytes()).unwrap().broken;
            let has_value = !is_broken && lines.iter().any(is_value);
            assert!(!has_value, "{literal:?} became {lines:?}");
            refused += 1;
            continue;
        }
        let [line] = &lines[..] else {
            panic!("{literal:?}: {lines:?}");
        };
        let rust = line
            .strip_prefix(&format!("ssl::{call}("))
            .and_then(|rest| rest.rsplit_once(['?', ';'])?.0.rsplit_once(')'))
            .map(|(rust, _)| rust.trim_end_matches(", entropy"))
            .unwrap_or_else(|| panic!("{literal:?}: {line}"));
        let function = match rust {
            rust if rust.starts_with("&format!(\"") || rust.starts_with('"') => "text",
            rust if rust.starts_with("b\"") => "binary",
            // A comment: an expression that is not understood.
            _ => {
                let is_covered = !literal.contains("\\N{")
                    && !literal.contains("{name!r}")
                    && !literal.contains("{name=}");
                assert!(!is_covered, "{literal:?} has no Rust literal: {line}");
                continue;
            }
        };
        writeln!(program, "{function}({rust});").unwrap();
        rendered.push((literal, *expected, rust.to_owned()));
    }
    program.push('}');
    assert!(rendered.len() > literals.len() / 2, "{}", rendered.len());
    assert!(refused > literals.len() / 20, "{refused}");
    fs::write(path("literals.rs"), program).unwrap();
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let compiled = Command::new(compiler)
        .args(["--edition=2024", "-Copt-level=0", "-o"])
        .args([path("program"), path("literals.rs")])
        .output()
        .unwrap();
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    let output = Command::new(path("program")).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.lines().count(), rendered.len());
    for ((literal, expected, rust), value) in rendered.iter().zip(output.lines()) {
        assert_eq!(value, *expected, "{literal:?} became {rust}");
    }
}

#[test]
fn encoded_texts_keep_their_encoding() {
    for (python, expected) in [
        ("'a'.encode()", "b\"a\""),
        ("'\u{e4}'.encode('UTF-8')", "\"\u{e4}\".as_bytes()"),
        ("'a'.encode('latin-1')", "b\"a\""),
        (
            "'\u{e4}'.encode('latin-1')",
            "&\"\u{e4}\".encode(\"latin-1\")",
        ),
        ("'a'.encode('utf-16')", "&\"a\".encode(\"utf-16\")"),
    ] {
        let line = rust(&format!("import ssl\nssl.RAND_add({python}, 0.0)\n"));
        assert_eq!(line, [format!("ssl::RAND_add({expected}, 0.0f64);")]);
    }
}

#[test]
fn numbers_are_rust_numbers() {
    for (python, expected) in [
        ("0XFF", "0xff"),
        ("0o17", "0o17"),
        ("0777", "0o777"),
        ("1_000", "1_000"),
        ("10L", "10"),
        ("0", "0"),
    ] {
        let line = rust(&format!("import ssl\nssl.RAND_bytes({python})\n"));
        assert_eq!(line, [format!("ssl::RAND_bytes({expected})?;")]);
    }
    for (python, expected) in [
        (".5", "0.5"),
        ("1.", "1.0"),
        ("1E3", "1e3"),
        ("1_0.2_5", "10.25"),
        ("7", "7"),
    ] {
        let line = rust(&format!("import ssl\nssl.RAND_add(b'', {python})\n"));
        assert_eq!(line, [format!("ssl::RAND_add(b\"\", {expected}f64);")]);
    }
}
