//! Some strings of the corpus with the `openssl` command.

use pyssl::cipher::CipherString;
use pyssl_testing::{skip_without_openssl, skipped};

use crate::corpus;

#[test]
fn lists_are_those_of_openssl_ciphers() {
    let openssl = skip_without_openssl!();
    if !openssl.version().starts_with(openssl::version::version()) {
        skipped(format_args!("the command is {}", openssl.version()));
        return;
    }
    let mut compared = 0;
    for text in corpus::all(150) {
        let Ok(resolved) = CipherString::parse(&text).and_then(|string| string.resolve()) else {
            continue;
        };
        // An argument that begins with a dash would be an option.
        if text.starts_with('-') {
            continue;
        }
        let output = openssl.run(&["ciphers", "-V", &text], b"").expect_success();
        let theirs: Vec<Vec<&str>> = output
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let ours: Vec<String> = resolved
            .ciphers()
            .iter()
            .map(|c| format!("{} - {}", c.hex_id(), c.description))
            .collect();
        let ours: Vec<Vec<&str>> = ours
            .iter()
            .map(|l| l.split_whitespace().collect())
            .collect();
        assert_eq!(ours, theirs, "{text:?}");
        compared += 1;
    }
    println!("{compared} lists equal");
    assert!(compared >= 100);
}
