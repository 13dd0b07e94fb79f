//! `load_cert_chain`, with valid and invalid files.

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::skipped;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, fixtures, leaf_with, password, pem};
use crate::harness::{Case, compare};

/// A file's name and content.
type File = (&'static str, Vec<u8>);

/// Files that are passed as the certificate.
fn certificate_files(files: &Fixtures) -> Vec<File> {
    let leaf = &files.leaf;
    let (cert, key) = (leaf.cert_pem(), leaf.key_pem());
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let text = |content: String| content.into_bytes();
    vec![
        ("key first", text(key.clone() + &cert)),
        ("certificate first", text(cert.clone() + &key)),
        ("certificate only", text(cert.clone())),
        ("key only", text(key.clone())),
        ("empty", Vec::new()),
        ("one line end", text("\n".to_owned())),
        ("garbage", text("this is no certificate\n".to_owned())),
        ("binary garbage", (0..=255).cycle().take(4096).collect()),
        ("DER", leaf.der()),
        (
            "DER and PEM",
            [leaf.der(), text(cert.clone() + &key)].concat(),
        ),
        ("truncated", text(cert[..cert.len() / 2].to_owned())),
        (
            "truncated before the end line",
            text(cert[..cert.len() - 26].to_owned()),
        ),
        (
            "truncated end line",
            text(cert[..cert.len() - 4].to_owned()),
        ),
        (
            "without final line end",
            text((key.clone() + &cert).trim_end().to_owned()),
        ),
        ("CRLF", text((key.clone() + &cert).replace('\n', "\r\n"))),
        ("CR", text((key.clone() + &cert).replace('\n', "\r"))),
        (
            "indented",
            text((key.clone() + &cert).replace('\n', "\n  ")),
        ),
        (
            "blanks at line ends",
            text((key.clone() + &cert).replace('\n', "  \n")),
        ),
        (
            "byte order mark",
            text("\u{feff}".to_owned() + &cert + &key),
        ),
        (
            "text around",
            text(format!("Subject: x\n{cert}\nmore\n{key}\nend")),
        ),
        ("NUL between", text(format!("{key}\0{cert}"))),
        (
            "NUL inside",
            text(key.clone() + &cert.replacen('M', "\0", 1)),
        ),
        (
            "bad base64",
            text(key.clone() + &cert.replacen("MII", "M*I", 1)),
        ),
        (
            "other end",
            text(key.clone() + &cert.replace("END CERT", "END XERT")),
        ),
        (
            "no end",
            text(key.clone() + &cert.replace("-----END CERTIFICATE-----", "")),
        ),
        ("cut DER", text(key.clone() + broken)),
        (
            "junk after DER",
            text(key.clone() + &pem("CERTIFICATE", &[leaf.der(), vec![5, 0]].concat())),
        ),
        (
            "X509 label",
            text(key.clone() + &pem("X509 CERTIFICATE", &leaf.der())),
        ),
        (
            "trusted label",
            text(key.clone() + &pem("TRUSTED CERTIFICATE", &leaf.der())),
        ),
        (
            "unknown label",
            text(key.clone() + &pem("SERTIFICATE", &leaf.der())),
        ),
        (
            "lower case label",
            text(key.clone() + &pem("certificate", &leaf.der())),
        ),
        (
            "blank line inside",
            text(key.clone() + &cert.replacen('\n', "\n\n", 2)),
        ),
        (
            "header lines",
            text(key.clone() + &cert.replacen('\n', "\nA: b\n\n", 1)),
        ),
        ("broken second", text(format!("{key}{cert}{broken}"))),
        (
            "broken second, good third",
            text(format!("{key}{cert}{broken}{cert}")),
        ),
        (
            "second with bad base64",
            text(format!("{key}{cert}{}", cert.replacen("MII", "M*I", 1))),
        ),
        (
            "truncated second",
            text(format!("{key}{cert}{}", &cert[..cert.len() / 2])),
        ),
        (
            "second with other end",
            text(format!(
                "{key}{cert}{}",
                cert.replace("END CERT", "END XERT")
            )),
        ),
        (
            "second of another kind",
            text(format!("{key}{cert}{}", pem("X509 CRL", b"crl"))),
        ),
        (
            "nothing in the first",
            text(format!("{key}{NOTHING}{cert}")),
        ),
        (
            "nothing in the second",
            text(format!("{key}{cert}{NOTHING}")),
        ),
        (
            "trusted second",
            text(format!(
                "{key}{cert}{}",
                pem("TRUSTED CERTIFICATE", &leaf.der())
            )),
        ),
        (
            "CRL first",
            text(format!("{}{key}{cert}", files.ca.crl(&[]))),
        ),
        ("the same twice", text(format!("{key}{cert}{cert}"))),
        ("chain", text(format!("{key}{cert}{}", files.ca.cert_pem()))),
        (
            "chain backwards",
            text(format!("{key}{}{cert}", files.ca.cert_pem())),
        ),
        (
            "key between",
            text(format!("{cert}{key}{}", files.ca.cert_pem())),
        ),
        (
            "two keys",
            text(format!(
                "{key}{}{cert}",
                leaf_with(KeyKind::EcP256).key_pem()
            )),
        ),
        (
            "EC parameters first",
            text(format!(
                "{}{key}{cert}",
                pem("EC PARAMETERS", &[6, 8, 42, 134, 72, 206, 61, 3, 1, 7])
            )),
        ),
    ]
}

const NOTHING: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/// Files that are passed as the key.
fn key_files(files: &Fixtures) -> Vec<File> {
    let leaf = &files.leaf;
    let key = leaf.key_pem();
    let text = |content: String| content.into_bytes();
    let rsa = leaf_with(KeyKind::Rsa2048);
    let other = leaf_with(KeyKind::EcP256);
    let public = leaf.key().public_key_to_pem().unwrap();
    vec![
        ("key.right", text(key.clone())),
        ("key.traditional", text(leaf.traditional_key_pem())),
        ("key.other", text(other.key_pem())),
        (
            "key.other curve",
            text(leaf_with(KeyKind::EcP384).key_pem()),
        ),
        ("key.rsa", text(rsa.key_pem())),
        ("key.rsa traditional", text(rsa.traditional_key_pem())),
        ("key.ed25519", text(leaf_with(KeyKind::Ed25519).key_pem())),
        ("key.certificate", text(leaf.cert_pem())),
        ("key.public", public),
        ("key.empty", Vec::new()),
        ("key.garbage", text("garbage".to_owned())),
        ("key.der", leaf.key_der()),
        ("key.truncated", text(key[..key.len() / 2].to_owned())),
        ("key.bad base64", text(key.replacen("MI", "M*", 1))),
        ("key.bad DER", text(pem("PRIVATE KEY", b"no key"))),
        (
            "key.bad traditional DER",
            text(pem("EC PRIVATE KEY", b"no key")),
        ),
        (
            "key.label of RSA",
            text(pem("RSA PRIVATE KEY", &leaf.key_der())),
        ),
        (
            "key.bad encrypted DER",
            text(pem("ENCRYPTED PRIVATE KEY", b"no key")),
        ),
        (
            "key.unknown label",
            text(pem("ANY PRIVATE KEY", &leaf.key_der())),
        ),
        (
            "key.broken, then right",
            text(pem("PRIVATE KEY", b"no key") + &key),
        ),
        (
            "key.nothing",
            text("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".to_owned()),
        ),
        ("key.CRLF", text(key.replace('\n', "\r\n"))),
        ("key.with junk", text(format!("junk\n{key}junk"))),
    ]
}

/// Loads the files into a server context, and tries a handshake.
fn load(certfile: &str, keyfile: Value, password: Value) -> Value {
    json!([
        ["context", "s", 17],
        ["load_cert_chain", "s", certfile, keyfile, password],
        ["context", "c", 16],
        ["load_verify_locations", "c", {"cafile": fixtures().ca()}],
        ["pair", "p", "c", "s", "localhost"],
        ["handshake", "p"],
        ["do", "p.client", "getpeercert"],
        ["state", "s"],
    ])
}

/// A case of loading. The state of Python's context after a failure is not compared.
fn case(name: impl Into<String>, certfile: &str, keyfile: Value, password: Value) -> Case {
    Case::new(name, load(certfile, keyfile, password)).until_an_error()
}

#[test]
fn load_cert_chain_accepts_the_same_files_as_python() {
    let files = fixtures();
    let key = json!(files.path("key.pem"));
    let mut cases = Vec::new();
    for (name, content) in certificate_files(files) {
        let path = files.write(&format!("chain {name}"), content);
        cases.push(case(name, &path, json!(null), json!(null)));
        cases.push(case(
            format!("{name}, key apart"),
            &path,
            key.clone(),
            json!(null),
        ));
        cases.push(case(
            format!("{name} as key"),
            &files.path("cert.pem"),
            json!(path),
            json!(null),
        ));
    }
    for (name, content) in key_files(files) {
        let path = files.write(name, content);
        let certificates = [files.path("cert.pem"), files.combined()];
        for certfile in &certificates {
            cases.push(case(name, certfile, json!(path), json!(null)));
        }
        cases.push(case(
            format!("{name} as certificate"),
            &path,
            key.clone(),
            json!(null),
        ));
    }
    compare(cases);
}

#[test]
fn unreadable_paths_are_os_errors_as_in_python() {
    let files = fixtures();
    let good = files.combined();
    let mut paths = vec![
        files.path("missing.pem"),
        files.path("missing/missing.pem"),
        files.path("cert.pem/inside a file"),
        files.directory("a directory"),
        String::new(),
        "/dev/null".to_owned(),
        "a\0b".to_owned(),
        good.clone() + "\0",
        "\0".to_owned(),
        "/".to_owned() + &"n".repeat(5000),
        "/".to_owned() + &"n".repeat(300),
    ];
    let both = "missing, key with NUL";
    let (missing, nul) = (json!(files.path("missing.pem")), json!("a\0b"));
    let unreadable = unreadable(files);
    if std::fs::File::open(&unreadable).is_ok() {
        skipped("a file without permissions, which root reads all the same");
    } else {
        paths.push(unreadable);
    }
    let mut cases = vec![case(both, missing.as_str().unwrap(), nul, json!(null))];
    for path in &paths {
        let shown: String = path.chars().take(60).collect();
        cases.push(case(shown.clone(), path, json!(null), json!(null)));
        cases.push(case(
            format!("{shown} as key"),
            &good,
            json!(path),
            json!(null),
        ));
        cases.push(case(
            format!("{shown}, good key"),
            path,
            json!(files.path("key.pem")),
            json!(null),
        ));
        cases.push(case(
            format!("{shown} twice"),
            path,
            json!(path),
            json!("password"),
        ));
    }
    compare(cases);
}

fn unreadable(files: &Fixtures) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = files.write("unreadable.pem", files.leaf.combined_pem());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    path
}

#[test]
fn key_passwords_behave_as_in_python() {
    let files = fixtures();
    let leaf = &files.leaf;
    let cert = files.path("cert.pem");
    let empty = files.write("pkcs8.empty", leaf.encrypted_key_pem(b"1"));
    let longest = "x".repeat(1024);
    let mut keys = vec![
        files.path("key.pem"),
        files.path("key.encrypted.pem"),
        files.write(
            "traditional",
            leaf.encrypted_traditional_key_pem(password().as_bytes()),
        ),
        files.write("longest", leaf.encrypted_key_pem(longest.as_bytes())),
        files.write(
            "traditional longest",
            leaf.encrypted_traditional_key_pem(longest.as_bytes()),
        ),
        files.write("utf8", leaf.encrypted_key_pem("pä\u{1f600}".as_bytes())),
        files.write("binary", leaf.encrypted_key_pem(b"p\x00\xffq")),
        empty,
    ];
    let mixed = leaf.cert_pem() + &leaf.encrypted_key_pem(password().as_bytes());
    keys.push(files.write("encrypted.combined", mixed));
    let passwords = [
        json!(password()),
        json!("wrong"),
        json!(""),
        json!("1"),
        json!("pä\u{1f600}"),
        json!("a\0b"),
        json!({"hex": "736f6d6570617373"}),
        json!({"hex": ""}),
        json!({"hex": "7000ff71"}),
        json!({"hex": "70"}),
        json!({"length": 1023}),
        json!({"length": 1024}),
        json!({"length": 1025}),
        json!({"length": 100_000}),
        json!({"returns": password()}),
        json!({"returns": "wrong"}),
        json!({"returns": ""}),
        json!({"returned_length": 1024}),
        json!({"returned_length": 1025}),
        json!({"raises": "no password today"}),
    ];
    let mut cases = Vec::new();
    for key in &keys {
        for password in &passwords {
            let name = format!("{} {password}", &key[key.rfind('/').unwrap()..]);
            cases.push(case(name, &cert, json!(key), password.clone()));
        }
    }
    compare(cases);
}

#[test]
fn an_encrypted_key_without_a_password_is_an_error_without_a_prompt() {
    let files = fixtures();
    let steps = json!([
        ["context", "s", 17],
        [
            "load_cert_chain",
            "s",
            files.path("cert.pem"),
            files.path("key.encrypted.pem"),
            null
        ],
    ]);
    let case = Case::new("no password", steps).differs("nobody is asked on a terminal", |python| {
        python[1] = json!({"error": {
            "class": "ValueError",
            "text": "the private key is encrypted, and no password was given",
            "errno": null, "library": null, "reason": null,
            "verify_code": null, "verify_message": null,
        }});
    });
    compare(vec![case]);
}

#[test]
fn security_levels_reject_weak_keys_as_in_python() {
    let files = fixtures();
    let weak = files.write_combined("weak.pem", &leaf_with(KeyKind::Rsa1024));
    let strong = files.write_combined("strong.pem", &leaf_with(KeyKind::Rsa2048));
    let sha1 = files.ca.builder().san("localhost").sha1().build();
    let sha1 = files.write_combined("sha1.pem", &sha1);
    let mut chain = leaf_with(KeyKind::EcP256).combined_pem();
    chain.push_str(&leaf_with(KeyKind::Rsa1024).cert_pem());
    let weak_chain = files.write("weak chain.pem", chain);
    let weak_ca = pyssl_testing::Ca::root_builder()
        .key(KeyKind::Rsa1024)
        .build_ca();
    let under_weak = files.write_combined("under weak.pem", &weak_ca.issue("localhost"));
    let ed25519 = files.write_combined("ed25519.pem", &leaf_with(KeyKind::Ed25519));
    let no_key = files.write("no key.pem", "nothing\n");
    let mut cases = Vec::new();
    for level in 0..=5 {
        for path in [
            &weak,
            &strong,
            &sha1,
            &weak_chain,
            &under_weak,
            &ed25519,
            &files.combined(),
        ] {
            let steps = json!([
                ["context", "s", 17],
                ["set_ciphers", "s", format!("ALL:@SECLEVEL={level}")],
                // The certificate is loaded first, so its errors take precedence over those of the
                // key.
                ["load_cert_chain", "s", path, no_key],
                ["load_cert_chain", "s", path, files.path("missing.pem")],
                ["load_cert_chain", "s", path],
                ["set_ciphers", "s", "ALL:@SECLEVEL=0"],
                ["load_cert_chain", "s", path],
                ["set_ciphers", "s", format!("ALL:@SECLEVEL={level}")],
                ["state", "s"],
                ["load_cert_chain", "s", files.combined()],
                ["state", "s"],
            ]);
            let name = format!("{} at level {level}", &path[path.rfind('/').unwrap()..]);
            cases.push(Case::new(name, steps));
        }
    }
    compare(cases);
}

#[test]
fn certificates_with_different_key_types_combine_as_in_python() {
    let files = fixtures();
    let kinds = [
        KeyKind::EcP256,
        KeyKind::Rsa2048,
        KeyKind::EcP384,
        KeyKind::Ed25519,
    ];
    let paths = kinds.map(|kind| files.write_combined(&format!("{kind:?}.pem"), &leaf_with(kind)));
    let mut cases = Vec::new();
    for first in &paths {
        for second in &paths {
            let mut steps = vec![
                json!(["context", "c", 16]),
                json!(["load_verify_locations", "c", {"cafile": files.ca()}]),
                json!(["context", "s", 17]),
                json!(["load_cert_chain", "s", first]),
                json!(["load_cert_chain", "s", second]),
            ];
            for (i, suites) in ["ECDHE+aECDSA", "ECDHE+aRSA"].into_iter().enumerate() {
                let pair = format!("p{i}");
                steps.extend([
                    json!(["set", "c", "maximum_version", 0x303]),
                    json!(["set_ciphers", "c", suites]),
                    json!(["pair", pair, "c", "s", "localhost"]),
                    json!(["handshake", pair]),
                    json!(["do", format!("{pair}.client"), "getpeercert"]),
                    json!(["do", format!("{pair}.client"), "cipher"]),
                ]);
            }
            let name = |path: &str| path[path.rfind('/').unwrap()..].to_owned();
            let name = format!("{} then {}", name(first), name(second));
            cases.push(Case::new(name, json!(steps)));
        }
    }
    compare(cases);
}

#[test]
fn a_chain_of_ten_thousand_certificates_loads_as_in_python() {
    let files = fixtures();
    let content = files.leaf.combined_pem() + &files.many(10_000);
    let path = files.write("many chain.pem", content);
    compare(vec![Case::new(
        "10,000",
        json!([
            ["context", "s", 17],
            ["load_cert_chain", "s", path],
            ["state", "s"],
        ]),
    )]);
}

/// CPython does not promise that a failed call leaves the context as it was: such a call may leave a certificate
/// without its key. So this test does not compare with CPython, but it uses the files of this module.
#[test]
fn a_failed_load_cert_chain_keeps_the_old_certificate() {
    let files = fixtures();
    let client = ssl::create_default_context(ssl::DefaultContext::default().cafile(files.ca()));
    let client = client.unwrap();
    let served = |server: &ssl::SslContext| {
        let bio = ssl::MemoryBio::new;
        let (up, down) = (bio(), bio());
        let client = client.wrap_bio(&down, &up, "localhost").unwrap();
        let options = ssl::WrapBio::new().server_side(true);
        let server = server.wrap_bio(&up, &down, options).unwrap();
        for _ in 0..3 {
            let _ = (client.do_handshake(), server.do_handshake());
        }
        client.getpeercert_binary().unwrap().unwrap()
    };
    let mut failures = 0;
    let certificates = certificate_files(files);
    let keys = key_files(files);
    for (name, content) in certificates.iter().chain(&keys) {
        let path = files.write(&format!("after {name}"), content);
        let other = leaf_with(KeyKind::EcP256);
        let other = files.write("after.cert", other.cert_pem());
        for chain in [
            ssl::CertChain::new(&path),
            ssl::CertChain::new(&other).keyfile(&path),
            ssl::CertChain::new(&path).keyfile(files.path("missing.pem")),
        ] {
            let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
            server.load_cert_chain(files.combined()).unwrap();
            if server.load_cert_chain(chain).is_err() {
                failures += 1;
                assert_eq!(served(&server), files.leaf.der(), "{name}");
            }
        }
    }
    assert!(failures > 100, "{failures}");
}
