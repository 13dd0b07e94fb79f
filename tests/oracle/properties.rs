//! Every setter, with valid and invalid values.

use serde_json::{Value, json};

use crate::fixtures::{dh_params, fixtures, pem, weak_dh_params};
use crate::harness::{Case, compare};

const PROTOCOLS: [i32; 6] = [2, 3, 4, 5, 16, 17];
/// The protocols that have a range of versions.
const RANGED: [i32; 3] = [2, 16, 17];

/// A case that makes a context, runs the steps, and compares the state of the context after each step.
fn case(name: impl Into<String>, protocol: i32, steps: &[Value]) -> Case {
    let mut all = vec![json!(["context", "c", protocol])];
    for step in steps {
        all.push(step.clone());
        all.push(json!(["state", "c"]));
    }
    Case::new(format!("protocol {protocol}: {}", name.into()), json!(all))
}

fn set(property: &str, value: impl Into<Value>) -> Value {
    json!(["set", "c", property, value.into()])
}

#[test]
fn verify_mode_and_check_hostname_setters_match_python() {
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        let (mut settings, mut names) = (Vec::new(), Vec::new());
        for mode in [0, 1, 2, 3, -1] {
            settings.push(set("verify_mode", mode));
            names.push(format!("verify_mode {mode}"));
        }
        for check in [true, false] {
            settings.push(set("check_hostname", check));
            names.push(format!("check_hostname {check}"));
        }
        for (first, first_name) in settings.iter().zip(&names) {
            for (second, second_name) in settings.iter().zip(&names) {
                let steps = [first.clone(), second.clone()];
                let name = format!("{first_name}, {second_name}");
                cases.push(case(name, protocol, &steps));
            }
        }
    }
    compare(cases);
}

#[test]
fn version_range_setters_match_python() {
    let versions = [-2, -1, 0x300, 0x301, 0x302, 0x303, 0x304];
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        for version in versions {
            for property in ["minimum_version", "maximum_version"] {
                let name = format!("{property} {version:#x}");
                // For protocols without a range of versions, Python's setter first changes the options and then fails.
                cases.push(case(name, protocol, &[set(property, version)]).until_an_error());
            }
        }
    }
    for protocol in RANGED {
        for minimum in versions {
            for maximum in versions {
                let steps = [
                    set("minimum_version", minimum),
                    set("maximum_version", maximum),
                    set("minimum_version", maximum),
                ];
                let name = format!("versions {minimum:#x} to {maximum:#x}");
                cases.push(case(name, protocol, &steps));
            }
        }
        for number in [0, 1, -3, 0x2ff, 0x305, 0xfeff, i32::MAX, i32::MIN] {
            let steps = [
                set("minimum_version", number),
                set("maximum_version", number),
            ];
            cases.push(case(format!("version {number:#x}"), protocol, &steps));
        }
    }
    compare(cases);
}

#[test]
fn options_setters_match_python() {
    let mut values: Vec<u64> = (0..64).map(|bit| 1 << bit).collect();
    values.extend([
        0,
        u64::MAX,
        0x8252_0050,
        0xffff_ffff,
        0x3e00_0000,
        0x8000_0050,
    ]);
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        for &value in &values {
            let steps = [set("options", value), set("options", 0)];
            let case = case(format!("options {value:#x}"), protocol, &steps);
            // Python 3.11 accepts no more than C's `long`.
            let since = if value > i64::MAX as u64 { 12 } else { 10 };
            cases.push(case.since(since));
        }
    }
    compare(cases);
}

#[test]
fn verify_flags_setters_match_python() {
    let mut values: Vec<u64> = (0..32).map(|bit| 1 << bit).collect();
    values.extend([0, 0xffff_ffff, u64::MAX, 1 << 32, 1 << 63, 0x8_8020, 0xc]);
    let mut cases = Vec::new();
    for protocol in [2, 16, 17] {
        for &value in &values {
            let steps = [set("verify_flags", value), set("verify_flags", 0)];
            cases.push(case(format!("verify_flags {value:#x}"), protocol, &steps));
        }
    }
    compare(cases);
}

#[test]
fn other_property_setters_match_python() {
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        for tickets in [0_u64, 1, 2, 255, 65_536] {
            let steps = [set("num_tickets", tickets)];
            cases.push(case(format!("num_tickets {tickets}"), protocol, &steps));
        }
        for property in ["post_handshake_auth", "hostname_checks_common_name"] {
            let steps = [
                set(property, true),
                set(property, false),
                set(property, true),
            ];
            cases.push(case(property, protocol, &steps));
        }
        let steps = [set("sni_callback", Value::Null)];
        cases.push(case("sni_callback None", protocol, &steps));
        let missing = "/nonexistent/directory/keys.txt";
        let steps = [set("keylog_filename", missing), set("keylog_filename", "/")];
        cases.push(case("keylog_filename", protocol, &steps));
    }
    compare(cases);
}

#[test]
fn set_alpn_protocols_matches_python() {
    let long = |length| "a".repeat(length);
    let lists = [
        json!([]),
        json!(["h2"]),
        json!(["h2", "http/1.1"]),
        json!([""]),
        json!(["h2", ""]),
        json!([long(255)]),
        json!([long(256)]),
        json!(["ä"]),
        json!(["h2", "aäöb"]),
        json!(["a\u{1f600}"]),
        json!(["\u{7f}", "\u{80}"]),
        json!(["a\u{0}b"]),
        json!(["h2", "h2"]),
        json!((0..100).map(|i| i.to_string()).collect::<Vec<_>>()),
        json!(vec![long(255); 300]),
    ];
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        for list in &lists {
            let steps = [json!(["set_alpn_protocols", "c", list])];
            let name: String = list.to_string().chars().take(60).collect();
            cases.push(case(format!("ALPN {name}"), protocol, &steps));
        }
    }
    compare(cases);
}

#[test]
fn set_ecdh_curve_and_load_dh_params_match_python() {
    const CURVES: &[&str] = &[
        "prime256v1",
        "secp384r1",
        "secp521r1",
        "X25519",
        "X448",
        "ffdhe2048",
        "ffdhe8192",
        "secp256k1",
        "brainpoolP256r1",
        "P-256",
        "secp256r1",
        "x25519",
        "",
        "RSA",
        "rsaEncryption",
        "CN",
        "UNDEF",
        "prime256v1:X25519",
        "nonsense",
        "it's",
        "\"",
        "ä",
        "a\0b",
        "\n",
        "\u{1f600}",
        "\u{ad}",
        "sect163k1",
        "prime192v1",
        "DH",
        "ED25519",
    ];
    let files = fixtures();
    let dh = dh_params();
    let key = files.leaf.key_pem();
    let curve = pem("EC PARAMETERS", &[6, 8, 42, 134, 72, 206, 61, 3, 1, 7]);
    let paths = [
        files.write("dh.weak", weak_dh_params()),
        files.write("dh.curve", &curve),
        files.write(
            "dh.after curve",
            curve.clone() + &dh.replace('\n', "\r\n") + "trailing",
        ),
        files.combined(),
        files.write("dh.right", &dh),
        files.write("dh.with junk", format!("junk\n{dh}junk")),
        files.write("dh.after key", format!("{key}{dh}")),
        files.write("dh.key", key),
        files.write("dh.empty", ""),
        files.write("dh.cut", &dh[..dh.len() / 2]),
        files.write("dh.bad base64", dh.replacen("MII", "M*I", 1)),
        files.write("dh.broken", pem("DH PARAMETERS", b"no parameters")),
        files.write("dh.label", pem("X9.42 DH PARAMETERS", b"no parameters")),
        files.path("missing.pem"),
        files.path("missing 'quoted'.pem"),
        files.path("missing \"quoted\".pem"),
        files.path("missing 'both\".pem"),
        files.path("missing \\ \n \t \u{7f} ä \u{ad} \u{1f600}.pem"),
        files.directory("a directory"),
        String::new(),
        "a\0b".to_owned(),
        "/dev/null".to_owned(),
    ];
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        for curve in CURVES {
            let steps = [json!(["set_ecdh_curve", "c", curve])];
            // Python 3.10 supports only elliptic curves.
            cases.push(case(format!("curve {curve:?}"), protocol, &steps).since(11));
        }
        for path in &paths {
            let steps = [json!(["load_dh_params", "c", path])];
            cases.push(case(format!("parameters {path:?}"), protocol, &steps));
        }
    }
    compare(cases);
}

#[test]
fn set_ciphers_matches_python() {
    /// Cipher strings that contain no space, separated by spaces. Those with spaces follow below.
    const STRINGS: &str = "\
        HIGH:!aNULL:!MD5 DEFAULT ALL COMPLEMENTOFALL COMPLEMENTOFDEFAULT HIGH MEDIUM LOW EXPORT eNULL NULL \
        aNULL kRSA aRSA RSA kDHE kEDH DH DHE EDH ADH kECDHE kEECDH ECDH ECDHE EECDH AECDH aDSS DSS aECDSA \
        ECDSA TLSv1.2 TLSv1.0 TLSv1 SSLv3 SSLv2 AES128 AES256 AES AESGCM AESCCM AESCCM8 ARIA128 ARIA256 ARIA \
        CAMELLIA128 CAMELLIA256 CAMELLIA CHACHA20 3DES DES RC4 RC2 IDEA SEED MD5 SHA1 SHA SHA256 SHA384 \
        aGOST PSK kPSK kECDHEPSK kDHEPSK kRSAPSK aPSK SUITEB128 SUITEB128ONLY SUITEB192 CBC SRP ECCdraft : \
        !ALL -ALL +ALL @STRENGTH @SECLEVEL=0 @SECLEVEL=3 @SECLEVEL=6 @SECLEVEL=9 @SECLEVEL=x @SECLEVEL \
        @UNKNOWN ALL:@SECLEVEL=0 ALL:@SECLEVEL=5 DEFAULT@SECLEVEL=1 DEFAULT:@SECLEVEL=4:eNULL nonsense \
        HIGH:nonsense nonsense:HIGH TLS_AES_128_GCM_SHA256 AES256-SHA AES256-SHA:TLS_AES_128_GCM_SHA256 \
        ECDHE+AESGCM:!aNULL kECDHE+AES+AESGCM HIGH,!aNULL HIGH;!aNULL high HIGH:!aNUL HIGH::!aNULL \
        ALL:!ADH:@STRENGTH ALL:-AES:AES ALL:+RSA:+AES DEFAULT:!DEFAULT DEFAULT:DEFAULT !aNULL:HIGH \
        ECDHE-RSA-AES128-GCM-SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 \
        ECDHE-RSA-AES128-GCM-SHA256:!AES128 PROFILE=SYSTEM @SECLEVEL=2:ECDH+AESGCM \
        COMPLEMENTOFDEFAULT:@SECLEVEL=0";
    const ODD: &[&str] = &[
        "",
        " ",
        "HIGH !aNULL",
        "ä",
        "HIGH:ä",
        "a\0b",
        "\0",
        "HIGH\0",
    ];
    let mut cases = Vec::new();
    for string in STRINGS.split(' ').chain(ODD.iter().copied()) {
        let setting = json!(["set_ciphers", "c", string]);
        for protocol in [16, 17] {
            let steps = json!([["context", "c", protocol], setting]);
            let name = format!("protocol {protocol}: {string:?} alone");
            cases.push(Case::new(name, steps));
        }
        let all = json!([
            ["context", "c", 16],
            setting,
            ["state", "c"],
            ["ciphers", "c"],
        ]);
        // After a failure, Python's context has lost its list of suites. `interpreter.rs` checks that a context of this
        // library keeps it.
        cases.push(Case::new(format!("{string:?}"), all).until_an_error());
    }
    compare(cases);
}

#[test]
fn a_rejected_cipher_string_has_no_effect() {
    let steps = json!([
        ["context", "c", 16],
        ["set_ciphers", "c", "AES128-SHA:@SECLEVEL=1"],
        ["set_ciphers", "c", "nonsense"],
        ["state", "c"],
    ]);
    let case = Case::new("nonsense", steps).differs("a failed setter changes nothing", |python| {
        let ciphers = python[3]["value"]["ciphers"].as_array_mut().unwrap();
        ciphers.push(json!("AES128-SHA"));
    });
    compare(vec![case]);
}
