//! Checks the compiler's messages for Python spellings that are wrong in Rust.

use pyssl_testing::skip::skipped;

/// The version of the compiler whose messages the files contain. Other versions word them
/// differently.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn compiler_errors_for_python_names_suggest_rust_names() {
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
    // How the compiler shortens the names of types depends on the crates that are linked.
    if !cfg!(all(feature = "requests", feature = "tokio")) {
        skipped("the messages are those with the features requests and tokio");
        return;
    }
    // The messages do not depend on OpenSSL, which this test would build once more.
    if cfg!(feature = "vendored") {
        skipped("the messages are compared without the feature vendored");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/messages/*.rs");
}
