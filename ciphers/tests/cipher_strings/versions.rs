//! The tables of other versions.

use pyssl as ssl;
use pyssl_ciphers::cipher::{CipherString, Explanation, KnownOpenssl, Method};

use pyssl_testing::skipped;

use crate::corpus;

fn names(openssl: &str, string: &str) -> Result<Vec<&'static str>, String> {
    let openssl = KnownOpenssl::named(openssl).unwrap();
    let explanation = openssl.explain(string).map_err(|e| e.to_string())?;
    let selected = explanation.ciphers().iter().filter(|c| !c.is_tls13());
    Ok(selected.map(|c| c.name).collect())
}

#[test]
fn the_table_of_the_linked_version_resolves_as_the_library_does() {
    let linked = KnownOpenssl::all()
        .iter()
        .find(|known| known.version() == *ssl::OPENSSL_VERSION);
    let Some(linked) = linked else {
        skipped(format_args!(
            "there is no table of {}",
            *ssl::OPENSSL_VERSION
        ));
        return;
    };
    let all = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    let suites = |explanation: &Explanation| -> Vec<u32> {
        let mut ids: Vec<_> = explanation.ciphers().iter().map(|c| c.id).collect();
        ids.sort_unstable();
        ids
    };
    let of_library = CipherString::parse(all).and_then(|string| string.explain());
    let (known, real) = (
        suites(&linked.explain(all).unwrap()),
        suites(&of_library.unwrap()),
    );
    if known != real {
        // On Windows there are many builds of OpenSSL, and some have more suites.
        assert!(
            cfg!(all(windows, not(feature = "vendored")))
                || real.iter().all(|id| known.contains(id)),
            "the table of {linked:?} lacks suites of the library"
        );
        skipped(format_args!("this build has other suites than {linked:?}"));
        return;
    }
    for text in corpus::all(2_000) {
        let by_table = linked.explain(&text);
        let real = CipherString::parse(&text).and_then(|string| string.explain());
        match (by_table, real) {
            (Ok(by_table), Ok(real)) => {
                assert_eq!(by_table.ciphers(), real.ciphers(), "{text:?}");
                assert_eq!(by_table.method(), Method::Table);
            }
            (Err(by_table), Err(real)) => assert_eq!(by_table, real, "{text:?}"),
            (by_table, real) => panic!("{text:?}: {by_table:?}, {real:?}"),
        }
    }
}

#[test]
fn suites_of_openssl_versions_differ_as_their_manuals_say() {
    let found: Vec<_> = KnownOpenssl::all().iter().map(KnownOpenssl::name).collect();
    assert_eq!(found, ["1.1.1", "3.0", "3.5", "3.6", "4.0"]);
    // Names are compared without regard to case since 4.0.
    assert_eq!(names("3.6", "ecdhe+aesgcm").unwrap(), [""; 0]);
    assert_eq!(
        names("4.0", "ecdhe+aesgcm").unwrap(),
        names("4.0", "ECDHE+AESGCM").unwrap()
    );
    // Since 3.2, OpenSSL also accepts the names of the IANA registry.
    let registry = "TLS_RSA_WITH_AES_128_CBC_SHA";
    assert_eq!(names("3.0", registry).unwrap_or_default(), [""; 0]);
    assert_eq!(names("3.6", registry).unwrap(), ["AES128-SHA"]);
    // OpenSSL 4.0 removed SSL 3.0 and its name.
    assert!(!names("3.6", "SSLv3").unwrap().is_empty());
    assert!(names("4.0", "SSLv3").unwrap().is_empty());
    // The table of 3.0 is that of Debian's build, which has CAMELLIA. The table of 3.6 is that of
    // the `openssl-src` crate, which does not build it.
    assert!(!names("3.0", "CAMELLIA").unwrap().is_empty());
    assert!(names("3.6", "CAMELLIA").unwrap().is_empty());
    assert_eq!(names("3.0", "HIGH:!aNULL:!MD5").unwrap().len(), 125);
    assert_eq!(names("3.6", "HIGH:!aNULL:!MD5").unwrap().len(), 91);
}

#[test]
fn explain_suggests_anull_for_anul_in_every_openssl_version() {
    let string = CipherString::parse("HIGH:!aNUL:!MD5").unwrap();
    for known in KnownOpenssl::all() {
        let explanation = known.explain(string.as_str()).unwrap();
        let hint = explanation.steps()[1].hint().unwrap();
        assert_eq!(hint.to_string(), "did you mean `aNULL`?", "{known}");
    }
}

/// Each line of the files has a cipher string, the number of suites that the library of that version
/// selects with the string, and a checksum of them. `xtask/ciphers.py --lists` wrote the files.
#[test]
fn tables_of_versions_that_are_not_linked_resolve_as_the_libraries_do() {
    for (name, text) in [
        ("1.1.1", include_str!("openssl-1.1.1.tsv")),
        ("3.5", include_str!("openssl-3.5.tsv")),
    ] {
        let openssl = KnownOpenssl::named(name).unwrap();
        let mut checked = 0;
        for line in text.lines() {
            let [string, count, sum] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let found = openssl.explain(string);
            let suites = found.as_ref().map_or(&[][..], |found| found.ciphers());
            let ids: Vec<_> = suites
                .iter()
                .filter(|c| !c.is_tls13())
                .map(|c| c.id)
                .collect();
            let text: String = ids.iter().map(|id| format!("{id:08x}\n")).collect();
            assert_eq!(ids.len().to_string(), count, "{name}: {string}");
            assert_eq!(checksum(&text), sum, "{name}: {string}");
            checked += 1;
        }
        assert!(checked > 300, "{name}: {checked}");
    }
}

/// FNV-1a.
fn checksum(text: &str) -> String {
    let step = |value: u64, byte| (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let value = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    format!("{value:016x}")
}
