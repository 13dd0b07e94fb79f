//! `load_verify_locations`: trusted certificates, and errors.

use pyssl_testing::pki::KeyKind;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, fixtures, pem};
use crate::harness::{Case, compare};
use crate::interpreter::hex;

/// Loads the locations twice, then a valid file, and compares the trust store.
fn case(name: impl Into<String>, locations: &Value) -> Case {
    let steps = json!([
        ["context", "c", 16],
        ["load_verify_locations", "c", locations],
        ["cert_store_stats", "c"],
        ["ca_certs", "c"],
        ["load_verify_locations", "c", locations],
        ["load_verify_locations", "c", {"cafile": fixtures().ca()}],
        ["cert_store_stats", "c"],
        ["ca_certs", "c"],
    ]);
    Case::new(name, steps).until_an_error()
}

/// Texts with certificates, to be loaded from files and from memory.
fn texts(files: &Fixtures) -> Vec<(&'static str, String)> {
    let ca = files.ca.cert_pem();
    let other = pyssl_testing::Ca::new().cert_pem();
    let leaf = files.leaf.cert_pem();
    let crl = files.ca.crl(&[&files.leaf]);
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let bad_base64 = other.replacen("MII", "M*I", 1);
    let bad_end = other.replace("END CERT", "END XERT");
    vec![
        ("one", ca.clone()),
        ("two", format!("{ca}{other}")),
        ("the same twice", format!("{ca}{ca}")),
        ("a leaf", leaf.clone()),
        ("a leaf and an authority", format!("{leaf}{ca}")),
        ("junk around", format!("junk\n{ca}junk\n\n{other}junk")),
        ("junk without line end before", format!("junk{ca}")),
        (
            "comments",
            format!("# Subject: x\n{ca}# Subject: y\n{other}"),
        ),
        ("CRLF", ca.replace('\n', "\r\n")),
        ("CR", ca.replace('\n', "\r")),
        ("no final line end", ca.trim_end().to_owned()),
        ("no line ends", ca.replace('\n', "")),
        ("leading blanks", ca.replace('\n', "\n  ")),
        ("trailing blanks", ca.replace('\n', "  \n")),
        ("tabs", ca.replace('\n', "\t\n")),
        (
            "long lines",
            pem("CERTIFICATE", &files.ca.der())
                .replacen('\n', "#", 1)
                .replace('\n', "")
                .replace('#', "\n")
                .replace("-----END", "\n-----END"),
        ),
        ("short lines", short_lines(&ca)),
        ("trusted label", pem("TRUSTED CERTIFICATE", &files.ca.der())),
        ("X509 label", pem("X509 CERTIFICATE", &files.ca.der())),
        ("unknown label", pem("SERTIFICATE", &files.ca.der())),
        (
            "trusted, then plain",
            format!("{}{other}", pem("TRUSTED CERTIFICATE", &files.ca.der())),
        ),
        ("CRL", crl.clone()),
        ("certificate and CRL", format!("{ca}{crl}")),
        ("CRL and certificate", format!("{crl}{ca}")),
        ("CRL twice", format!("{crl}{crl}")),
        ("broken CRL", pem("X509 CRL", b"no list")),
        (
            "certificate and broken CRL",
            format!("{ca}{}", pem("X509 CRL", b"no list")),
        ),
        ("key", files.leaf.key_pem()),
        (
            "key and certificate",
            format!("{}{ca}", files.leaf.key_pem()),
        ),
        (
            "certificate and key",
            format!("{ca}{}", files.leaf.key_pem()),
        ),
        (
            "traditional key and certificate",
            format!("{}{ca}", files.leaf.traditional_key_pem()),
        ),
        (
            "encrypted key and certificate",
            format!("{}{ca}", files.leaf.encrypted_key_pem(b"1234")),
        ),
        (
            "encrypted traditional key and certificate",
            format!("{}{ca}", files.leaf.encrypted_traditional_key_pem(b"1234")),
        ),
        (
            "broken key and certificate",
            format!("{}{ca}", pem("EC PRIVATE KEY", b"no key")),
        ),
        (
            "public key and certificate",
            format!("{}{ca}", pem("PUBLIC KEY", b"no key")),
        ),
        ("empty", String::new()),
        ("line end", "\n".to_owned()),
        ("junk", "no certificate".to_owned()),
        ("NUL", "\0".to_owned()),
        ("NUL before", format!("\0{ca}")),
        ("NUL after", format!("{ca}\0{other}")),
        ("NUL inside", ca.replacen("MII", "M\0I", 1)),
        ("non-ASCII before", format!("ä\n{ca}")),
        ("non-ASCII after", format!("{ca}ä")),
        ("non-ASCII inside", ca.replacen("MII", "MäI", 1)),
        ("byte order mark", format!("\u{feff}{ca}")),
        ("broken", broken.to_owned()),
        ("broken first", format!("{broken}{ca}")),
        ("broken second", format!("{ca}{broken}")),
        ("broken in the middle", format!("{ca}{broken}{other}")),
        ("bad base64", bad_base64.clone()),
        ("bad base64 first", format!("{bad_base64}{ca}")),
        ("bad base64 second", format!("{ca}{bad_base64}")),
        ("bad end line", bad_end.clone()),
        ("bad end line first", format!("{bad_end}{ca}")),
        ("bad end line second", format!("{ca}{bad_end}")),
        ("no end line", ca.replace("-----END CERTIFICATE-----", "")),
        (
            "no end line second",
            format!("{ca}{}", other.replace("-----END CERTIFICATE-----", "")),
        ),
        ("cut off", ca[..ca.len() / 2].to_owned()),
        (
            "cut off second",
            format!("{ca}{}", &other[..other.len() / 2]),
        ),
        (
            "begin line only",
            "-----BEGIN CERTIFICATE-----\n".to_owned(),
        ),
        (
            "begin line only second",
            format!("{ca}-----BEGIN CERTIFICATE-----\n"),
        ),
        (
            "begin and end",
            format!("{ca}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
        ),
        (
            "nothing between",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(),
        ),
        ("header lines", ca.replacen('\n', "\nA: b\n\n", 1)),
        (
            "encrypted header",
            ca.replacen(
                '\n',
                "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
                1,
            ),
        ),
        (
            "junk after DER",
            pem("CERTIFICATE", &[files.ca.der(), vec![5, 0]].concat()),
        ),
        (
            "second with junk after DER",
            ca.clone() + &pem("CERTIFICATE", &[files.ca.der(), vec![5, 0]].concat()),
        ),
        ("long line of junk", "x".repeat(10_000) + "\n" + &ca),
        ("much junk", "junk\n".repeat(10_000) + &ca),
        (
            "weak key",
            pyssl_testing::Ca::root_builder()
                .key(KeyKind::Rsa1024)
                .build_ca()
                .cert_pem(),
        ),
    ]
}

fn short_lines(pem: &str) -> String {
    let lines = pem.lines().map(|line| {
        if line.starts_with("-----") {
            return line.to_owned();
        }
        let parts = line.as_bytes().chunks(20).map(String::from_utf8_lossy);
        parts.collect::<Vec<_>>().join("\n")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn ca_pem_is_parsed_as_in_python_from_memory_and_from_files() {
    let files = fixtures();
    let mut cases = Vec::new();
    for (name, text) in texts(files) {
        let path = files.write(&format!("ca {name}"), &text);
        cases.push(case(format!("cadata {name}"), &json!({"cadata": text})));
        cases.push(case(format!("cafile {name}"), &json!({"cafile": path})));
        let bytes = json!({"cadata_hex": hex(text.as_bytes())});
        cases.push(case(format!("cadata in bytes {name}"), &bytes));
    }
    compare(cases);
}

#[test]
fn ca_der_is_parsed_as_in_python() {
    let files = fixtures();
    let (ca, leaf) = (files.ca.der(), files.leaf.der());
    let other = pyssl_testing::Ca::new().der();
    let joined = |parts: &[&[u8]]| parts.concat();
    let blobs = [
        ("one", ca.clone()),
        ("two", joined(&[&ca, &other])),
        ("the same twice", joined(&[&ca, &ca])),
        ("three", joined(&[&ca, &leaf, &other])),
        ("empty", Vec::new()),
        ("junk", b"junk".to_vec()),
        ("one byte", vec![0x30]),
        ("zero", vec![0]),
        ("zeros", vec![0; 100]),
        ("an empty sequence", vec![0x30, 0]),
        ("one and junk", joined(&[&ca, b"junk"])),
        ("one and a byte", joined(&[&ca, &[0x30]])),
        ("one and a zero", joined(&[&ca, &[0]])),
        ("one and zeros", joined(&[&ca, &[0; 50]])),
        ("one and an empty sequence", joined(&[&ca, &[0x30, 0]])),
        ("one and a number", joined(&[&ca, &[2, 1, 5]])),
        (
            "one and a long length",
            joined(&[&ca, &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]]),
        ),
        (
            "one and an indefinite length",
            joined(&[&ca, &[0x30, 0x80, 0, 0]]),
        ),
        ("junk and one", joined(&[b"junk", &ca])),
        ("truncated", ca[..ca.len() / 2].to_vec()),
        ("all but one byte", ca[..ca.len() - 1].to_vec()),
        (
            "one and a truncated one",
            joined(&[&ca, &other[..other.len() / 2]]),
        ),
        (
            "one and all but one byte",
            joined(&[&ca, &other[..other.len() - 1]]),
        ),
        (
            "a broken one between",
            joined(&[&ca, &[0x30, 3, 1, 2, 3], &other]),
        ),
        ("a key", files.leaf.key_der()),
        ("one and a key", joined(&[&ca, &files.leaf.key_der()])),
        ("a long length", vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]),
        ("a text with NUL", b"\0\0".to_vec()),
    ];
    let mut cases = Vec::new();
    for (name, der) in blobs {
        let path = files.write(&format!("der {name}"), &der);
        let memory = json!({"cadata_hex": hex(&der)});
        // Python 3.11 accepts invalid bytes after the last certificate.
        cases.push(case(format!("cadata {name}"), &memory).since(12));
        cases.push(case(format!("cafile {name}"), &json!({"cafile": path})));
    }
    compare(cases);
}

#[test]
fn cafile_capath_and_cadata_combine_as_in_python() {
    let files = fixtures();
    let other = pyssl_testing::Ca::new();
    let hashed = files.directory("hashed");
    other.write_hashed(hashed.as_ref());
    let cafiles = [
        json!(null),
        json!(files.ca()),
        json!(files.path("missing.pem")),
        json!(""),
        json!(files.directory("a directory")),
        json!("a\0b"),
        json!(files.path("key.pem")),
        json!("/dev/null"),
    ];
    let capaths = [
        json!(null),
        json!(hashed),
        json!(files.path("missing")),
        json!(""),
        json!(files.ca()),
        json!("a\0b"),
        json!(format!("{hashed}:/nonexistent")),
        json!(":"),
        json!("::"),
        json!("relative"),
    ];
    let cadatas = [
        json!(null),
        json!(other.cert_pem()),
        json!(""),
        json!("junk"),
        json!("ä"),
    ];
    let mut cases = Vec::new();
    for cafile in &cafiles {
        for capath in &capaths {
            for cadata in &cadatas {
                let locations = json!({"cafile": cafile, "capath": capath, "cadata": cadata});
                cases.push(case(
                    format!("{cafile} {capath} {:.12}", cadata.to_string()),
                    &locations,
                ));
            }
            let locations =
                json!({"cafile": cafile, "capath": capath, "cadata_hex": hex(&other.der())});
            cases.push(case(format!("{cafile} {capath} DER"), &locations));
            let locations = json!({"cafile": cafile, "capath": capath, "cadata_hex": ""});
            cases.push(case(format!("{cafile} {capath} no bytes"), &locations));
        }
    }
    compare(cases);
}

#[test]
fn certificates_of_a_directory_are_found_as_in_python() {
    let files = fixtures();
    let hashed = files.directory("hashed for handshakes");
    let ca = pyssl_testing::Ca::new();
    let between = ca.intermediate();
    ca.write_hashed(hashed.as_ref());
    let served = files.write_combined("hashed leaf.pem", &between.issue("localhost"));
    let crl_directory = files.directory("hashed with CRL");
    ca.write_hashed(crl_directory.as_ref());
    pyssl_testing::pki::write_hashed_crl(
        crl_directory.as_ref(),
        &ca,
        &ca.crl(&[between.as_leaf()]),
    );
    let mut cases = Vec::new();
    for (directory, flags) in [
        (&hashed, 0x8000),
        (&hashed, 0x800c),
        (&crl_directory, 0x8000),
        (&crl_directory, 0x8004),
        (&crl_directory, 0x800c),
    ] {
        let lists = [
            directory.clone(),
            format!("/nonexistent:{directory}"),
            format!("{directory}:{directory}"),
        ];
        for list in lists {
            let name = format!("{list} flags {flags:#x}");
            let steps = json!([
                ["context", "s", 17],
                ["load_cert_chain", "s", served],
                ["context", "c", 16],
                ["set", "c", "verify_flags", flags],
                ["load_verify_locations", "c", {"capath": list}],
                ["cert_store_stats", "c"],
                ["pair", "p", "c", "s", "localhost"],
                ["handshake", "p"],
                ["cert_store_stats", "c"],
                ["ca_certs", "c"],
                ["pair", "q", "c", "s", "localhost"],
                ["handshake", "q"],
                ["cert_store_stats", "c"],
            ]);
            cases.push(Case::new(name, steps));
        }
    }
    compare(cases);
}

#[test]
fn a_large_file_loads_as_in_python() {
    let files = fixtures();
    // OpenSSL 3.0 sorts the certificates of the store again for each added one, so 10,000
    // certificates would take twenty times as long.
    let large = files.many(2000);
    let path = files.write("many.pem", &large);
    compare(vec![
        case("cafile", &json!({"cafile": path})),
        case("cadata", &json!({"cadata": large})),
    ]);
}

#[test]
fn the_systems_certificates_match_python() {
    let steps = json!([
        ["context", "c", 16],
        ["load_default_certs", "c"],
        ["cert_store_stats", "c"],
        ["ca_certs", "c"],
        ["load_verify_locations", "c", {"cafile": fixtures().ca()}],
        ["cert_store_stats", "c"],
        ["load_default_certs", "c"],
        ["cert_store_stats", "c"],
        ["ca_certs", "c"],
    ]);
    compare(vec![Case::new("defaults", steps)]);
}

#[test]
fn a_failed_load_verify_locations_adds_no_certificates() {
    let files = fixtures();
    let ca = files.ca.cert_pem();
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let steps = json!([
        ["context", "c", 16],
        ["load_verify_locations", "c", {"cadata": format!("{ca}{broken}")}],
        ["cert_store_stats", "c"],
    ]);
    let memory = Case::new("cadata", steps);
    let steps = json!([
        ["context", "c", 16],
        ["load_verify_locations", "c", {"cafile": files.path("missing.pem"), "cadata": ca}],
        ["cert_store_stats", "c"],
    ]);
    let both = Case::new("cadata and a missing cafile", steps);
    let cases = [memory, both].map(|case| {
        case.differs("a failed setter changes nothing", |python| {
            python[2] = json!({"value": {"x509": 0, "crl": 0, "x509_ca": 0}});
        })
    });
    compare(cases.into());
}
