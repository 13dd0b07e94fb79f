//! Sets cfgs for the version of OpenSSL that `openssl-sys` has found.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let version = std::env::var("DEP_OPENSSL_VERSION_NUMBER")
        .ok()
        .and_then(|v| u64::from_str_radix(&v, 16).ok())
        .unwrap_or(0);
    assert!(
        version >= 0x3000_0000,
        "pyssl needs OpenSSL 3.0 or newer (found version number {version:#x}); \
         LibreSSL, BoringSSL and OpenSSL 1.1 are not supported. \
         `--features vendored` builds a copy of its own."
    );
    for (cfg, least) in [
        ("ossl320", 0x3020_0000),
        ("ossl330", 0x3030_0000),
        ("ossl340", 0x3040_0000),
        ("ossl350", 0x3050_0000),
        ("ossl400", 0x4000_0000),
    ] {
        if version >= least {
            println!("cargo:rustc-cfg={cfg}");
        }
    }
    // Tests compare the declarations in `src/ffi/decl` and the table of error reasons with the
    // headers in this directory.
    if let Ok(include) = std::env::var("DEP_OPENSSL_INCLUDE") {
        println!("cargo:rustc-env=PYSSL_OPENSSL_INCLUDE={include}");
    }
    let conf = std::env::var("DEP_OPENSSL_CONF").unwrap_or_default();
    let without_methods = conf.split(',').any(|flag| {
        matches!(
            flag,
            "OPENSSL_NO_TLS1_METHOD" | "OPENSSL_NO_TLS1_1_METHOD" | "OPENSSL_NO_TLS1_2_METHOD"
        )
    });
    // OpenSSL 4.0 removed `TLSv1_2_method` and the other functions for one version.
    if version < 0x4000_0000 && !without_methods {
        println!("cargo:rustc-cfg=has_fixed_version_methods");
    }
    let lacks = |flag| conf.split(',').any(|lacking| lacking == flag);
    // OpenSSL 4.0 removed SSL 3.0.
    if version < 0x4000_0000 && !conf.is_empty() && !lacks("OPENSSL_NO_SSL3_METHOD") {
        println!("cargo:rustc-cfg=has_sslv3");
    }
    if !lacks("OPENSSL_NO_PSK") {
        println!("cargo:rustc-cfg=has_psk");
    }
}
