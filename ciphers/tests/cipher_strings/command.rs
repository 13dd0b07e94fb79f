//! Compares the lists for every string of the corpus with the output of the `openssl` program of
//! the linked version, byte for byte.

use std::fmt::Write;

use pyssl_ciphers::cipher::CipherString;
use pyssl_testing::openssl_cli::OpensslBinary;
use pyssl_testing::{skip_without_openssl, skipped};

use crate::corpus;

/// The output of `openssl ciphers`, plain, with `-V`, and with `-s` for the suites that can be
/// offered; nothing if it fails.
fn theirs(openssl: &OpensslBinary, text: &str) -> Option<[String; 3]> {
    let run = |options: &[&str]| {
        // After `--`, a string may begin with a dash.
        let arguments = [&["ciphers"], options, &["--", text]].concat();
        let output = openssl.run(&arguments, b"");
        output.status.success().then_some(output.stdout)
    };
    Some([run(&[])?, run(&["-V"])?, run(&["-s"])?])
}

fn ours(text: &str) -> Option<[String; 3]> {
    let resolved = CipherString::parse(text).and_then(|string| string.resolve());
    let resolved = resolved.ok()?;
    // `explain` computes the list independently of `resolve`, so both are compared.
    let explanation = CipherString::parse(text).unwrap().explain().unwrap();
    assert_eq!(explanation.ciphers(), resolved.ciphers(), "{text:?}");
    let names = |ciphers: &[pyssl::Cipher]| {
        let names: Vec<_> = ciphers.iter().map(|c| c.name).collect();
        names.join(":") + "\n"
    };
    let mut lines = String::new();
    for c in resolved.ciphers() {
        writeln!(lines, "          {} - {}", c.hex_id(), c.description).unwrap();
    }
    let supported = resolved.supported().unwrap();
    Some([names(resolved.ciphers()), lines, names(&supported)])
}

#[test]
fn suites_match_the_command_openssl_ciphers() {
    let openssl = skip_without_openssl!();
    let linked = openssl::version::version();
    if !openssl.version().starts_with(linked) {
        skipped(format_args!(
            "the openssl program is {}, and {linked} is linked (PYSSL_ORACLE_OPENSSL)",
            openssl.version()
        ));
        return;
    }
    let strings = corpus::all(1100);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let share = strings.len().div_ceil(threads);
    let listed: usize = std::thread::scope(|scope| {
        let compare = |strings: &[String]| {
            let listed = strings.iter().filter(|text| {
                let (ours, theirs) = (ours(text), theirs(openssl, text));
                assert_eq!(ours, theirs, "{text:?}");
                ours.is_some()
            });
            listed.count()
        };
        let workers: Vec<_> = strings
            .chunks(share)
            .map(|part| scope.spawn(move || compare(part)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    println!(
        "{} strings, {listed} with a list, the same as {}",
        strings.len(),
        openssl.version()
    );
    assert!(strings.len() >= 1000 && listed >= 500);
}
