use crate::cipher::registry;

/// OpenSSL's prefixes of a suite's name, and the registry's words for them.
const KEY_EXCHANGES: [(&str, &str); 21] = [
    ("ECDHE-ECDSA-", "ECDHE_ECDSA"),
    ("ECDHE-RSA-", "ECDHE_RSA"),
    ("ECDHE-PSK-", "ECDHE_PSK"),
    ("ECDH-ECDSA-", "ECDH_ECDSA"),
    ("ECDH-RSA-", "ECDH_RSA"),
    ("AECDH-", "ECDH_anon"),
    ("DHE-RSA-", "DHE_RSA"),
    ("EDH-RSA-", "DHE_RSA"),
    ("DHE-DSS-", "DHE_DSS"),
    ("EDH-DSS-", "DHE_DSS"),
    ("DHE-PSK-", "DHE_PSK"),
    ("DH-RSA-", "DH_RSA"),
    ("DH-DSS-", "DH_DSS"),
    ("ADH-", "DH_anon"),
    ("RSA-PSK-", "RSA_PSK"),
    ("PSK-", "PSK"),
    ("SRP-RSA-", "SRP_SHA_RSA"),
    ("SRP-DSS-", "SRP_SHA_DSS"),
    ("SRP-", "SRP_SHA"),
    ("KRB5-", "KRB5"),
    ("", "RSA"),
];

/// OpenSSL's word for an encryption, and the registry's words for it: with the usual key, and in
/// export suites with keys of 40 and of 56 bits.
const ENCRYPTIONS: [(&str, [&str; 3]); 17] = [
    ("AES128-GCM", ["AES_128_GCM", "", ""]),
    ("AES256-GCM", ["AES_256_GCM", "", ""]),
    ("AES128", ["AES_128_CBC", "", ""]),
    ("AES256", ["AES_256_CBC", "", ""]),
    ("ARIA128-GCM", ["ARIA_128_GCM", "", ""]),
    ("ARIA256-GCM", ["ARIA_256_GCM", "", ""]),
    ("CAMELLIA128", ["CAMELLIA_128_CBC", "", ""]),
    ("CAMELLIA256", ["CAMELLIA_256_CBC", "", ""]),
    ("DES-CBC3", ["3DES_EDE_CBC", "", ""]),
    ("3DES-EDE-CBC", ["3DES_EDE_CBC", "", ""]),
    ("DES-CBC", ["DES_CBC", "DES40_CBC", "DES_CBC"]),
    ("RC4", ["RC4_128", "RC4_40", "RC4_56"]),
    ("RC2-CBC", ["", "RC2_CBC_40", "RC2_CBC_56"]),
    ("IDEA-CBC", ["IDEA_CBC", "", ""]),
    ("IDEA", ["IDEA_CBC", "", ""]),
    ("SEED", ["SEED_CBC", "", ""]),
    ("NULL", ["NULL", "", ""]),
];

/// The number of a suite, by its name in the TLS registry or in any release of OpenSSL.
///
/// ```
/// use pyssl_ciphers::wire::suite_number;
///
/// assert_eq!(suite_number("ECDHE-RSA-AES128-GCM-SHA256"), Some(0xc02f));
/// assert_eq!(suite_number("TLS_RSA_WITH_RC4_128_SHA"), Some(5));
/// assert_eq!(suite_number("RC4-SHA"), Some(5)); // OpenSSL 1.0
/// assert_eq!(suite_number("HIGH"), None);
/// ```
pub fn suite_number(name: &str) -> Option<u16> {
    let number = |name: &str| {
        let is = |other: Option<&str>| other == Some(name);
        let mut all = registry().iter();
        let found = all.find(|suite| is(Some(suite.name)) || is(suite.standard_name));
        found.map(|suite| suite.protocol_id())
    };
    match name {
        "GOST2001-GOST89-GOST89" => Some(0x0081),
        "GOST2012256-GOST89-GOST89" => Some(0xff85),
        _ => number(name).or_else(|| number(&standard_name(name)?)),
    }
}

/// The name in the registry of a suite, by its name in a former release of OpenSSL.
fn standard_name(name: &str) -> Option<String> {
    let (export, rest) = match (name.strip_prefix("EXP-"), name.strip_prefix("EXP1024-")) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (2, rest),
        (None, None) => (0, name),
    };
    let mut exchanges = KEY_EXCHANGES.iter();
    let (rest, exchange) =
        exchanges.find_map(|(prefix, word)| Some((rest.strip_prefix(prefix)?, word)))?;
    let (encryption, mac) = rest.rsplit_once('-')?;
    let mut encryptions = ENCRYPTIONS.iter();
    let (_, words) = encryptions.find(|(word, _)| *word == encryption)?;
    let mark = ["", "_EXPORT", "_EXPORT1024"].get(export)?;
    let encryption = words.get(export)?;
    Some(format!("TLS_{exchange}{mark}_WITH_{encryption}_{mac}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::negotiate::Profile;

    #[test]
    fn every_suite_of_a_profile_has_a_number() {
        let all = Profile::all().iter().flat_map(Profile::ciphers);
        let unknown: Vec<_> = all.filter(|name| suite_number(name).is_none()).collect();
        assert_eq!(unknown, [] as [&str; 0]);
    }

    #[test]
    fn names_of_former_releases_have_numbers() {
        // From ssl3.h and tls1.h of OpenSSL 1.0.2, and the TLS registry.
        for (name, number) in [
            ("EXP-RC4-MD5", 0x0003),
            ("RC4-MD5", 0x0004),
            ("EXP-RC2-CBC-MD5", 0x0006),
            ("IDEA-CBC-SHA", 0x0007),
            ("EXP-DES-CBC-SHA", 0x0008),
            ("DES-CBC-SHA", 0x0009),
            ("DES-CBC3-SHA", 0x000a),
            ("EDH-DSS-DES-CBC3-SHA", 0x0013),
            ("DHE-RSA-DES-CBC3-SHA", 0x0016),
            ("ADH-RC4-MD5", 0x0018),
            ("EXP1024-DES-CBC-SHA", 0x0062),
            ("EXP1024-RC4-SHA", 0x0064),
            ("PSK-3DES-EDE-CBC-SHA", 0x008b),
            ("SEED-SHA", 0x0096),
            ("ECDH-ECDSA-RC4-SHA", 0xc002),
            ("ECDHE-RSA-RC4-SHA", 0xc011),
            ("ECDH-RSA-AES256-GCM-SHA384", 0xc032),
            ("DH-RSA-CAMELLIA128-SHA", 0x0043),
        ] {
            assert_eq!(suite_number(name), Some(number), "{name}");
        }
    }
}
