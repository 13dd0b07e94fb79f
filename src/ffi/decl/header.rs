//! Compares the declarations with the installed headers. The C compiler rejects a function with two
//! different declarations, and a static assertion that is false.

use std::fmt::Write as _;
use std::io::Write as _;
use std::mem::{offset_of, size_of};
use std::process::{Command, Stdio};

use openssl_sys as sys;

use super::{CALLBACKS, ENTRIES, FUNCTIONS, NUMBERS, X509_INFO};

const INCLUDES: &str = "\
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stddef.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
";

/// A declaration with Rust's types. For a function without a result, `result` is empty.
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) result: &'static str,
}

impl Signature {
    /// The prototype in C of a function called `name`.
    fn prototype(&self, name: &str) -> String {
        let arguments: Vec<_> = self.arguments.iter().copied().map(in_c).collect();
        let arguments = match arguments.len() {
            0 => "void".to_owned(),
            _ => arguments.join(", "),
        };
        format!("{} {name}({arguments});", in_c(self.result))
    }
}

/// A type in C. `const` follows the type that it applies to.
fn in_c(rust: &str) -> String {
    if let Some(to) = rust.strip_prefix("*mut ") {
        return format!("{} *", in_c(to));
    }
    if let Some(to) = rust.strip_prefix("*const ") {
        return format!("{} const *", in_c(to));
    }
    if let Some(function) = rust.strip_prefix("Option<") {
        return format!("{} *", function.trim_end_matches('>'));
    }
    match rust {
        "" | "c_void" => "void",
        "c_char" => "char",
        "c_int" => "int",
        "c_uint" => "unsigned int",
        "c_long" => "long",
        "c_ulong" => "unsigned long",
        "c_uchar" | "u8" => "unsigned char",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        "f64" => "double",
        stack if stack.starts_with("stack_st_") => return format!("struct {stack}"),
        other => other,
    }
    .to_owned()
}

/// The C source that the compiler checks.
fn source() -> String {
    let mut c = INCLUDES.to_owned();
    for callback in CALLBACKS {
        let pointer = callback.prototype(&format!("(*{})", callback.name));
        writeln!(c, "typedef {pointer}").unwrap();
    }
    for function in ENTRIES.iter().chain(FUNCTIONS) {
        writeln!(c, "{}", function.prototype(function.name)).unwrap();
    }
    for (name, value) in NUMBERS {
        writeln!(c, "{}", equal(name, *value)).unwrap();
    }
    // C enumerations that are declared as `int` here, and structs whose fields this crate reads.
    for (in_c, size) in [
        (
            "sizeof(OSSL_HANDSHAKE_STATE)",
            size_of::<super::OSSL_HANDSHAKE_STATE>(),
        ),
        (
            "sizeof(X509_LOOKUP_TYPE)",
            size_of::<super::X509_LOOKUP_TYPE>(),
        ),
        ("offsetof(X509_INFO, x509)", offset_of!(X509_INFO, x509)),
        ("offsetof(X509_INFO, crl)", offset_of!(X509_INFO, crl)),
        (
            "offsetof(GENERAL_NAME, type)",
            offset_of!(sys::GENERAL_NAME, type_),
        ),
        (
            "offsetof(GENERAL_NAME, d)",
            offset_of!(sys::GENERAL_NAME, d),
        ),
        (
            "offsetof(ASN1_TYPE, value)",
            offset_of!(sys::ASN1_TYPE, value),
        ),
        ("sizeof(OSSL_PARAM)", size_of::<sys::OSSL_PARAM>()),
    ] {
        writeln!(c, "{}", equal(in_c, i64::try_from(size).unwrap())).unwrap();
    }
    c
}

fn equal(c: &str, rust: i64) -> String {
    format!("_Static_assert(({c}) == {rust}, \"{c}\");")
}

/// Whether the C compiler accepts the text. It writes its errors to standard error.
fn compiles(c: &str) -> bool {
    let mut cc = Command::new("cc");
    cc.args(["-fsyntax-only", "-Werror", "-x", "c", "-"]);
    if let Some(include) = option_env!("PYSSL_OPENSSL_INCLUDE") {
        cc.arg("-I").arg(include);
    }
    let mut child = cc.stdin(Stdio::piped()).spawn().expect("a C compiler");
    child.stdin.take().unwrap().write_all(c.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

// Not on Windows: it has no C compiler to compare the declarations with.
#[cfg(unix)]
#[test]
fn declarations_match_openssls_headers() {
    assert!(compiles(&source()));
}

// Not on Windows: it has no C compiler to compare the declarations with.
#[cfg(unix)]
#[test]
fn a_wrong_type_number_or_layout_does_not_compile() {
    let not_const = Signature {
        name: "SSL_CTX_get_ciphers",
        arguments: &["*mut SSL_CTX"],
        result: "*mut stack_st_SSL_CIPHER",
    };
    for wrong in [
        not_const.prototype(not_const.name),
        equal("SSL_CTRL_CHAIN", 89),
        equal("offsetof(X509_INFO, crl)", 0),
    ] {
        assert!(!compiles(&format!("{INCLUDES}{wrong}\n")), "{wrong}");
    }
}

/// A function that takes no OpenSSL object can be the first call, so it must initialise OpenSSL.
#[test]
fn functions_without_an_openssl_object_initialise_openssl() {
    let is_object = |argument: &&'static str| {
        let pointed_to = argument.rsplit(' ').next().unwrap_or_default();
        argument.starts_with('*')
            && (pointed_to.starts_with("stack_st_")
                || pointed_to.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    for function in FUNCTIONS {
        let takes_object = function.arguments.iter().any(is_object);
        assert!(takes_object, "{}", function.name);
    }
}
