//! Files without an end, huge files, pipes and devices are read as in Python.

use std::fs::File;
use std::process::Command;

use pyssl as ssl;
use serde_json::{Value, json};

use crate::fixtures::{dh_params, fixtures, pem};
use crate::harness::{Case, compare};
use crate::interpreter::hex;

/// The steps that load a file, one for each function that takes a path, with a name.
fn roles(path: &str) -> Vec<(&'static str, Value)> {
    let certificate = fixtures().path("cert.pem");
    vec![
        (
            "cafile",
            json!(["load_verify_locations", "c", {"cafile": path}]),
        ),
        ("certfile", json!(["load_cert_chain", "c", path])),
        (
            "keyfile",
            json!(["load_cert_chain", "c", certificate, path]),
        ),
        ("DH parameters", json!(["load_dh_params", "c", path])),
    ]
}

fn cases(name: &str, path: &str) -> Vec<Case> {
    let cases = roles(path).into_iter().map(|(role, load)| {
        let steps = json!([
            ["context", "c", 17],
            load,
            ["cert_store_stats", "c"],
            ["ca_certs", "c"],
        ]);
        Case::new(format!("{name} as {role}"), steps).until_an_error()
    });
    cases.collect()
}

#[test]
fn loading_from_devices_and_directories_behaves_as_in_python() {
    let directory = fixtures().directory("odd directory");
    let paths = ["/dev/zero", "/dev/null", "/dev/full", &directory];
    compare(paths.iter().flat_map(|path| cases(path, path)).collect());
}

#[test]
fn long_and_malformed_pem_files_behave_as_in_python() {
    let files = fixtures();
    let (ca, leaf) = (files.ca.cert_pem(), files.leaf.combined_pem());
    let all = ca.clone() + &leaf + &dh_params();
    let unended = "A".repeat(64) + "\n";
    let texts = [
        ("nothing", String::new()),
        ("one NUL", "\0".to_owned()),
        ("a line of NULs", "\0".repeat(300) + "\n" + &all),
        ("a line that ends in NUL", format!("line\0\n{all}")),
        ("NULs in a long line", "x\0".repeat(1000) + "\n" + &all),
        (
            "a NUL in the line that begins a block",
            all.replace("BEGIN", "BE\0GIN"),
        ),
        ("a NUL after a block", all.replace("-----\n", "-----\0\n")),
        ("an endless line", "x".repeat(1 << 20)),
        ("an endless line of dashes", "-".repeat(1 << 20)),
        ("a long line first", "x".repeat(1 << 20) + "\n" + &all),
        ("a line of 253", "x".repeat(253) + "\n" + &all),
        ("a line of 254", "x".repeat(254) + "\n" + &all),
        ("a line of 255", "x".repeat(255) + "\n" + &all),
        ("a block after 254 without line end", "x".repeat(254) + &all),
        (
            "much text first",
            "some text on a line\n".repeat(20_000) + &all,
        ),
        (
            "much text after",
            all.clone() + &"some text on a line\n".repeat(20_000),
        ),
        (
            "a buffer's length, then blocks",
            "x".repeat(8191) + "\n" + &all,
        ),
        (
            "a block across the end of a buffer",
            "x".repeat(8190) + "\n" + &all,
        ),
        (
            "a block without end",
            "-----BEGIN CERTIFICATE-----\n".to_owned() + &unended.repeat(3000),
        ),
        (
            "a certificate, then a block without end",
            all.clone() + "-----BEGIN CERTIFICATE-----\n" + &unended.repeat(3000),
        ),
        (
            "a large block of another kind",
            pem("SOMETHING", &[7; 1 << 17]) + &all,
        ),
        (
            "a large block that is no certificate",
            pem("CERTIFICATE", &[7; 1 << 17]) + &all,
        ),
        ("cut off", all[..all.len() - 40].to_owned()),
        ("300 certificates", files.many(300)),
    ];
    let mut all = Vec::new();
    for (name, text) in texts {
        let path = files.write(&format!("odd {name}"), text);
        all.extend(cases(name, &path));
    }
    // Only the first role is tested, because in the other roles Python asks for the password on a
    // terminal.
    let path = files.write("odd encrypted", encrypted(&ca));
    all.extend(
        cases("encrypted with the empty password", &path)
            .into_iter()
            .take(1),
    );
    compare(all);
}

/// The certificate in a block whose header says that it is encrypted.
fn encrypted(certificate: &str) -> String {
    let header =
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n";
    certificate.replacen('\n', header, 1)
}

#[test]
fn loading_from_pipes_behaves_as_in_python() {
    let files = fixtures();
    let (ca, leaf) = (files.ca.cert_pem(), files.leaf.combined_pem());
    let contents = [
        ("an authority", ca.clone()),
        ("a key and a certificate", leaf.clone()),
        ("parameters", dh_params()),
        ("all of them", leaf.clone() + &ca + &dh_params()),
        ("junk", "junk\n".to_owned()),
        ("nothing", String::new()),
        (
            "more than a pipe holds",
            "some text on a line\n".repeat(20_000) + &leaf,
        ),
        (
            "more than is read",
            leaf + "\0\n" + &"some text on a line\n".repeat(20_000),
        ),
    ];
    let mut all = Vec::new();
    for (number, (name, content)) in contents.into_iter().enumerate() {
        for role in 0..4 {
            // Each case has its own pipe, because a writer waits for the next reader of its pipe.
            let path = files.path(&format!("pipe {number} {role}"));
            let (role, load) = roles(&path).swap_remove(role);
            let steps = json!([
                ["fifo", path, hex(content.as_bytes())],
                ["context", "c", 17],
                load,
                ["cert_store_stats", "c"],
                ["forget", path],
            ]);
            all.push(Case::new(format!("{name} in a pipe as {role}"), steps));
        }
    }
    compare(all);
}

#[test]
fn key_logs_on_special_files_behave_as_in_python() {
    let paths = [
        "/dev/full",
        "/dev/null",
        "/proc/self/environ",
        "/proc/self/maps",
        "/proc/self",
        "/proc/self/nothing",
    ];
    let cases = paths.into_iter().map(|path| {
        let steps = json!([["context", "c", 16], ["set", "c", "keylog_filename", path],]);
        Case::new(format!("{path} as key log"), steps)
    });
    compare(cases.collect());
}

const INNER: &str = "PYSSL_TEST_INNER";

/// The most memory that this process has had, in MiB.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024)
}

#[test]
fn files_are_not_read_into_memory_as_a_whole() {
    if let Some(directory) = std::env::var_os(INNER) {
        let directory = std::path::Path::new(&directory);
        for name in ["zeros", "text", "line"] {
            let path = directory.join(name);
            let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
            let certificate = directory.join("cert.pem");
            context.load_verify_locations(&path).unwrap_err();
            context.load_cert_chain(&path).unwrap_err();
            let with_key = ssl::CertChain::new(certificate).keyfile(&path);
            context.load_cert_chain(with_key).unwrap_err();
            context.load_dh_params(&path).unwrap_err();
        }
        context_that_trusts_the_system();
        println!("memory {}", most_memory().unwrap_or(0));
        return;
    }
    let files = tempfile::tempdir().unwrap();
    // A sparse file that is larger than the disk and the memory.
    let zeros = File::create(files.path().join("zeros")).unwrap();
    zeros
        .set_len(1 << 40)
        .or_else(|_| zeros.set_len(1 << 34))
        .unwrap();
    let write = |name: &str, text: &str| std::fs::write(files.path().join(name), text).unwrap();
    write("text", &"some text on a line\n".repeat(1_000_000));
    write("line", &"x".repeat(20_000_000));
    write("cert.pem", &fixtures().leaf.cert_pem());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("odd_files::files_are_not_read_into_memory_as_a_whole")
        .env(INNER, files.path())
        .env("SSL_CERT_FILE", files.path().join("text"))
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}");
    let (_, memory) = printed.split_once("memory ").unwrap();
    let memory: u64 = memory.lines().next().unwrap().trim().parse().unwrap();
    assert!(memory < 30, "{memory} MiB: {printed}");
}

fn context_that_trusts_the_system() {
    let context = ssl::create_default_context(()).unwrap();
    assert_eq!(context.cert_store_stats().x509, 0);
}
