//! Sets a cfg for OpenSSL 4.0, which registers no exit handler, unlike earlier versions.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let version = std::env::var("DEP_OPENSSL_VERSION_NUMBER").unwrap_or_default();
    if u64::from_str_radix(&version, 16).is_ok_and(|version| version >= 0x4000_0000) {
        println!("cargo:rustc-cfg=ossl400");
    }
}
