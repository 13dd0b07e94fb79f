//! Builds OpenSSL 4.0 (static, with headers) into `<directory>/install`.
//!
//! `openssl-src` takes the target, the host and make's flags from the environment, as in a build
//! script; `cargo xtask openssl 4.0` sets them.

fn main() {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: build-openssl-4-0 <directory>");
        std::process::exit(2);
    };
    openssl_src::Build::new().out_dir(directory).build();
}
