//! What the compiler says to lines that Python has and Rust has not.

use pyssl_testing::skip::skipped;

/// The wording around our own lines differs from one compiler to the next.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn the_compiler_leads_from_pythons_lines_to_ours() {
    let version = std::process::Command::new("rustc")
        .arg("--version")
        .output();
    let version = version.expect("rustc runs").stdout;
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(COMPILER) {
        skipped(format_args!(
            "messages of another compiler: {}",
            version.trim()
        ));
        return;
    }
    // The compiler shortens the names of types by what else the dependencies define.
    if !cfg!(all(feature = "requests", feature = "tokio")) {
        skipped("the messages are those with the features requests and tokio");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/messages/*.rs");
}
