//! Checks the compiler's messages for Python spellings that are wrong in Rust.

use pyssl_testing::skip::skipped;

/// The compiler's own wording differs between versions.
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
    // The dependencies decide how the compiler shortens the names of types.
    if !cfg!(all(feature = "requests", feature = "tokio")) {
        skipped("the messages are those with the features requests and tokio");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/messages/*.rs");
}
