//! Valid, unusual and invalid configuration files.

use crate::fixtures::fixtures;

/// Lines of the section that every new `SSL_CTX` applies.
const SYSTEM_DEFAULTS: [&str; 68] = [
    "",
    "Protocol = -ALL",
    "MinProtocol = DTLSv1.2\nMaxProtocol = TLSv1.2",
    "CipherString = ALL:eNULL:@SECLEVEL=0\nMaxProtocol = TLSv1.2",
    "CipherString = TLS_AES_128_GCM_SHA256",
    "Ciphersuites = TLS_AES_128_GCM_SHA256\nCiphersuites = TLS_AES_256_GCM_SHA384",
    "Groups = P-256\nCurves = P-384",
    "VerifyMode = RequirePostHandshake",
    "Certificate = /dev/zero",
    "1.MaxProtocol = TLSv1.2",
    "NumTickets = -1",
    "Options = UnsafeLegacyServerConnect",
    "Options = UnsafeLegacyRenegotiation",
    "Options = -SessionTicket",
    "Options = SessionTicket",
    "Options = ServerPreference",
    "Options = -ServerPreference",
    "Options = NoRenegotiation",
    "Options = -EncryptThenMac",
    "Options = -ExtendedMasterSecret",
    "Options = -MiddleboxCompat",
    "Options = Bugs",
    "Options = -Bugs",
    "Options = NoResumptionOnRenegotiation, PrioritizeChaCha",
    "Options = AllowNoDHEKEX, -AntiReplay, -CANames",
    "Options = Compression",
    "Options = ECDHSingle, DHSingle",
    "Options = KTLS",
    "Options = nonsense",
    "Options = UnsafeLegacyServerConnect, nonsense",
    "Protocol = -TLSv1.3",
    "Protocol = TLSv1.2",
    "Protocol = -ALL, TLSv1.3",
    "Protocol = ALL",
    "Protocol = ALL, -TLSv1.3",
    "Protocol = nonsense",
    "MinProtocol = TLSv1.3",
    "MinProtocol = TLSv1",
    "MinProtocol = None",
    "MaxProtocol = TLSv1.2",
    "MaxProtocol = TLSv1.1",
    "MaxProtocol = TLSv1.3",
    "MinProtocol = TLSv1.3\nMaxProtocol = TLSv1.2",
    "MaxProtocol = nonsense",
    "CipherString = DEFAULT@SECLEVEL=0",
    "CipherString = ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=3",
    "CipherString = nonsense",
    "Ciphersuites = TLS_AES_128_GCM_SHA256",
    "Ciphersuites = TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
    "Ciphersuites =",
    "Ciphersuites = nonsense",
    "Groups = P-256",
    "Curves = X25519",
    "Groups = secp384r1:X25519",
    "Groups = nonsense",
    "SignatureAlgorithms = ECDSA+SHA256",
    "SignatureAlgorithms = RSA+SHA256:RSA-PSS+SHA256",
    "SignatureAlgorithms = nonsense",
    "ClientSignatureAlgorithms = RSA+SHA512",
    "VerifyMode = Peer, Require",
    "VerifyMode = Request",
    "NumTickets = 0",
    "NumTickets = 7",
    "RecordPadding = 64",
    "nonsense = nonsense",
    "nonsense = nonsense\nMaxProtocol = TLSv1.2",
    "MaxProtocol = TLSv1.2\nMaxProtocol = TLSv1.3\nnonsense",
    "Options = UnsafeLegacyServerConnect\nMinProtocol = TLSv1.2\nMaxProtocol = TLSv1.2\n\
     CipherString = DEFAULT:@SECLEVEL=1\nGroups = P-256:P-384",
];

fn with_system_default(lines: &str) -> String {
    format!("openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n{lines}\n")
}

/// All files, as names and paths.
pub(super) fn all() -> Vec<(String, String)> {
    let mut texts: Vec<(String, Vec<u8>)> = SYSTEM_DEFAULTS
        .iter()
        .map(|lines| (lines.replace('\n', "; "), with_system_default(lines).into()))
        .collect();
    let fixtures = fixtures();
    let write = |name: &str, text: &str| fixtures.write(name, text);
    let included = write("included.cnf", "MaxProtocol = TLSv1.2\n");
    let directory = fixtures.directory("conf.d");
    write("conf.d/one.cnf", &with_system_default("Groups = P-384"));
    let missing = fixtures.path("missing.cnf");
    let credentials = format!(
        "Certificate = {0}\nPrivateKey = {0}\nVerifyCAFile = {1}\nChainCAFile = {1}\nRequestCAFile = {1}",
        fixtures.combined(),
        fixtures.ca()
    );
    let dh = fixtures.write("dh for conf.pem", crate::fixtures::dh_params());
    let more: [(&str, String); 30] = [
        ("diagnostics and a certificate that is missing", format!("config_diagnostics = 1\n{}", with_system_default("Certificate = /nowhere"))),
        ("diagnostics and unknown groups", format!("config_diagnostics = 1\n{}", with_system_default("Groups = nonsense"))),
        ("files", with_system_default(&credentials)),
        ("DHParameters", with_system_default(&format!("DHParameters = {dh}"))),
        ("included line", with_system_default(&format!(".include {included}"))),
        ("included file that is missing", with_system_default(&format!(".include {missing}\nMaxProtocol = TLSv1.2"))),
        ("included directory", format!(".include {directory}\n")),
        ("empty", String::new()),
        ("blank", "\n\n# nothing\n".to_owned()),
        ("no openssl_conf", "[s]\nsystem_default = d\n[d]\nMaxProtocol = TLSv1.2\n".to_owned()),
        ("openssl_conf without its section", "openssl_conf = i\n".to_owned()),
        ("ssl_conf without its section", "openssl_conf = i\n[i]\nssl_conf = s\n".to_owned()),
        ("ssl_conf that is empty", "openssl_conf = i\n[i]\nssl_conf = s\n[s]\n".to_owned()),
        ("ssl_conf without system_default", "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nother = d\n[d]\nMaxProtocol = TLSv1.2\n".to_owned()),
        ("system_default without its section", "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n".to_owned()),
        ("a section that does not end", "openssl_conf = i\n[i\nssl_conf = s\n".to_owned()),
        ("a line without value", "openssl_conf\n".to_owned()),
        ("an unknown variable", with_system_default("MaxProtocol = $nothing")),
        ("a variable", format!("v = TLSv1.2\n{}", with_system_default("MaxProtocol = $ENV::PATH")).replace("$ENV::PATH", "${v}")),
        ("an unknown module", "openssl_conf = i\n[i]\nnonsense = s\n[s]\na = b\n".to_owned()),
        ("an unknown module behind ssl_conf", with_system_default("MaxProtocol = TLSv1.2").replace("[s]\n", "nonsense = n\n[s]\n")),
        ("diagnostics and an unknown command", format!("config_diagnostics = 1\n{}", with_system_default("nonsense = n\nMaxProtocol = TLSv1.2"))),
        ("diagnostics and an unknown module", "config_diagnostics = 1\nopenssl_conf = i\n[i]\nnonsense = s\n[s]\na = b\n".to_owned()),
        ("diagnostics and nothing wrong", format!("config_diagnostics = 1\n{}", with_system_default("MaxProtocol = TLSv1.2"))),
        ("legacy and default providers", "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = on\nlegacy = on\n[on]\nactivate = 1\n".to_owned()),
        ("the legacy provider only", "openssl_conf = i\n[i]\nproviders = p\n[p]\nlegacy = on\n[on]\nactivate = 1\n".to_owned()),
        ("the base provider only", "openssl_conf = i\n[i]\nproviders = p\n[p]\nbase = on\n[on]\nactivate = 1\n".to_owned()),
        ("a provider that does not exist", "openssl_conf = i\n[i]\nproviders = p\n[p]\nnonsense = on\n[on]\nactivate = 1\n".to_owned()),
        ("a default provider that is not active", "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = off\n[off]\nactivate = 0\n".to_owned()),
        ("approved algorithms only", "openssl_conf = i\n[i]\nalg_section = a\n[a]\ndefault_properties = fips=yes\n".to_owned()),
    ];
    texts.extend(more.map(|(name, text)| (name.to_owned(), text.into_bytes())));
    texts.push(("bytes".to_owned(), (0..=255).collect()));
    let mut files: Vec<_> = texts
        .into_iter()
        .enumerate()
        .map(|(i, (name, text))| (name, fixtures.write(&format!("{i}.cnf"), text)))
        .collect();
    files.push(("a file that is missing".to_owned(), missing));
    files.push(("a directory".to_owned(), directory));
    files.push(("no name".to_owned(), String::new()));
    files
}
