//! Single lines and short files of many forms.

use pyssl_ciphers::config::{Config, ConfigCode, SettingKind};

pub(crate) fn strings(name: &str, text: &str) -> Vec<String> {
    let config = Config::parse(name, text);
    let settings = config
        .services()
        .iter()
        .flat_map(|service| service.settings());
    let lists = settings.filter(|setting| {
        !matches!(
            setting.kind(),
            SettingKind::Versions | SettingKind::Preference
        )
    });
    lists.map(|setting| setting.value().to_owned()).collect()
}

#[test]
fn cipher_settings_are_found_in_each_programs_syntax() {
    for (name, text, wanted) in [
        ("a.conf", "TLSCipherSuite A:B\n", &["A:B"][..]),
        ("a", "olcTLSCipherSuite: A:!B\n", &["A:!B"]),
        ("a", "tls-ciphers: \"A:B\"\n", &["A:B"]),
        ("a", "ciphers_tls1.3 TLS_A\n", &["TLS_A"]),
        (
            "a",
            "ssl_options.ciphers.1 = A-RSA\nssl_options.ciphers.2 = B\n",
            &["A-RSA:B"],
        ),
        (
            "a",
            "https_port 443 tls-cert=a.pem cipher=A:B options=NO_SSLv3\n",
            &["A:B"],
        ),
        (
            "a",
            "ssl.openssl.ssl-conf-cmd = (\"CipherString\" => \"A\")\nssl.cipher-list = \"B\"\n",
            &["A", "B"],
        ),
        (
            "a",
            "ssl = { key = \"k\"; ciphers = \"A:RSA\"; }\n",
            &["A:RSA"],
        ),
        (
            "a.c",
            "  if (SSL_CTX_set_cipher_list(ctx, \"A:B\") != 1) {\n",
            &["A:B"],
        ),
        (
            "a",
            "SSL_CTX_set_ciphersuites(ctx, \"TLS_A\");\n",
            &["TLS_A"],
        ),
        ("a.rs", "builder.set_cipher_list(\"A\")?;\n", &["A"]),
        (
            "a.js",
            "const o = { minVersion: 'TLSv1.2', ciphers: 'AES:B' };\n",
            &["AES:B"],
        ),
        ("a", "$o = ['ssl' => ['ciphers' => 'AES:B']];\n", &["AES:B"]),
        ("a.rb", "context.ciphers = \"HIGH\"\n", &["HIGH"]),
        (
            "a.xml",
            "<SSLHostConfig protocols=\"TLSv1.2\" ciphers=\"AES:B\">\n",
            &["AES:B"],
        ),
        ("a.json", "{\n  \"ciphers\": \"AES:B\",\n}\n", &["AES:B"]),
        (
            "a",
            "server { listen 443 ssl; ssl_ciphers A:B; }\n",
            &["A:B"],
        ),
        ("a", "ssl_protocols TLSv1.2; ssl_ciphers A;\n", &["A"]),
        (
            "a",
            "ssl_ciphers A; proxy_ssl_ciphers 'B;C'; grpc_ssl_ciphers D;\n",
            &["A", "B;C", "D"],
        ),
        (
            "a",
            "server {\n  ssl_ciphers\n    A:B;\n  proxy_ssl_ciphers C;}\n",
            &["A:B", "C"],
        ),
        (
            "a",
            "SSLCipherSuite A:\\\nB\nSSLProxyCipherSuite \\\n  C\n",
            &["A:B", "C"],
        ),
        (
            "a",
            "tls_high_cipherlist = A:\n   B\ntls_low_cipherlist =\n\tC\n",
            &["A:    B", "C"],
        ),
        (
            "a",
            "smtpd_tls_exclude_ciphers =\n   A,\n# no\n   B\nx = y\n",
            &["A,    B"],
        ),
        ("a", "\u{feff}ssl_ciphers A;\n", &["A"]),
        (
            "a",
            "; ciphers = A\nciphers = HIGH\n# ; ciphers = C\n",
            &["HIGH"],
        ),
        (
            "a",
            "log 'x; ssl_ciphers A;'; ssl_ciphers B; # ; ssl_ciphers C;\n",
            &["B"],
        ),
        (
            "a",
            "frontend x\n bind :443 ssl ciphers A alpn h2 \\\n  ciphersuites B\n",
            &["A", "B"],
        ),
        ("a", "ssl_ciphers A;\r\nssl_ciphers\r\n B;\r\n", &["A", "B"]),
        ("a", "\tssl_ciphers 'HIGH:!MD5';\r\n", &["HIGH:!MD5"]),
        (
            "a",
            "<VirtualHost *>\nSSLCipherSuite SSL \"HIGH\"\nSSLCipherSuite TLSv1.3 TLS_A\n\
             sslproxyciphersuite LOW\n</VirtualHost>",
            &["HIGH", "TLS_A", "LOW"],
        ),
        (
            "a",
            "ssl_conf_command Ciphersuites TLS_A:TLS_B;\n",
            &["TLS_A:TLS_B"],
        ),
        (
            "a",
            "SSLOpenSSLConfCmd Ciphersuites TLS_A:TLS_B\n",
            &["TLS_A:TLS_B"],
        ),
        ("a", "Ciphersuites = TLS_A:TLS_B\n", &["TLS_A:TLS_B"]),
        (
            "a.py",
            "ctx.set_ciphersuites('TLS_A:TLS_B')\n",
            &["TLS_A:TLS_B"],
        ),
        (
            "a",
            "# ours\nHIGH:!aNULL\r\n\n  AES\n",
            &["HIGH:!aNULL", "AES"],
        ),
    ] {
        assert_eq!(
            strings(name, text),
            wanted,
            "{text:?} {:?}",
            Config::parse(name, text)
        );
    }
}

#[test]
fn files_without_tls_settings_have_no_services() {
    for (name, text) in [
        ("a.yml", "x:\n  - A\n  - B c\n"),
        ("a", "the ciphers are: \"A\" and B\n"),
        ("a.c", "int ciphers = count(\"A\");\nlet x = 1;\n"),
        ("a", "server {\n listen 443 ssl;\n}\n"),
        ("a", "ssl_conf_command Options KTLS;\n"),
        ("a", ""),
        (
            "a.py",
            "\"\"\"ctx.set_ciphers('A')\"\"\"\n# ctx.set_ciphers('B')\n",
        ),
        ("a.js", "// ciphers: 'HIGH'\n/* ciphers: 'LOW' */\n"),
        ("a.xml", "<!-- <Connector ciphers=\"HIGH\"/> -->"),
    ] {
        assert_eq!(strings(name, text), [""; 0], "{text:?}");
    }
}

#[test]
fn findings_have_the_position_of_their_setting() {
    for (name, text, code, line, column) in [
        (
            "nginx.conf",
            "server {\n ssl_protocols SSLv3 TLSv1.2;\n}",
            "F001",
            2,
            16,
        ),
        ("redis.conf", "tls-protocols TLSv1.2\n", "F002", 1, 15),
        (
            "redis.conf",
            "tls-protocols TLSv1.2\ntls-ciphersuites TLS_AES_128_GCM_SHA256\n",
            "F003",
            2,
            18,
        ),
        (
            "redis.conf",
            "tls-protocols TLSv1.1\ntls-ciphers ECDHE+AESGCM\n",
            "F004",
            2,
            13,
        ),
        (
            "nginx.conf",
            "ssl_ecdh_curve X25519:nope;\nssl_ciphers HIGH;",
            "F005",
            1,
            23,
        ),
        ("nginx.conf", "ssl_ecdh_curve secp192r1;", "F006", 1, 16),
        (
            "haproxy.cfg",
            "global\n tune.ssl.default-dh-param 1024\n",
            "F007",
            2,
            28,
        ),
        (
            "a.go",
            "CipherSuites: []uint16{tls.TLS_NOPE},",
            "F008",
            1,
            28,
        ),
        (
            "a.go",
            "CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA},",
            "F009",
            1,
            28,
        ),
        (
            "nginx.conf",
            "ssl_prefer_server_ciphers off;",
            "F010",
            1,
            27,
        ),
        ("nginx.conf", "include tls.conf;", "F011", 1, 1),
        ("nginx.conf", "ssl_protocols TLSv1.2 TLSv9;", "F012", 1, 23),
        ("httpd.conf", "SSLProtocol -all\n", "F013", 1, 13),
    ] {
        let findings = Config::parse(name, text).findings();
        let found = findings
            .iter()
            .find(|finding| finding.code().code() == code);
        let found = found.unwrap_or_else(|| panic!("{code}: {findings:?}"));
        assert_eq!((found.line(), found.column()), (line, column), "{found}");
        assert!(ConfigCode::ALL.contains(&found.code()));
    }
}

#[test]
fn included_files_are_read_within_limits() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    // The two files include each other.
    std::fs::write(path("a.conf"), "include b.conf;\nssl_ciphers HIGH;\n").unwrap();
    std::fs::write(path("b.conf"), "include a.conf;\nssl_protocols TLSv1.3;\n").unwrap();
    let config = Config::read(&path("a.conf")).unwrap();
    assert_eq!(config.services().len(), 1);
    assert_eq!(config.unread(), []);
    // The chain of included files is too long.
    for n in 0..40 {
        let next = n + 1;
        let text = format!("ssl_protocols TLSv1.2;\ninclude c{next}.conf;\n");
        std::fs::write(path(&format!("c{n}.conf")), text).unwrap();
    }
    let config = Config::read(&path("c0.conf")).unwrap();
    assert!(config.unread()[0].message().contains("deep"), "{config:?}");
    // Directories and devices cannot be included.
    std::fs::write(path("d.conf"), "ssl_ciphers HIGH;\ninclude /dev/zero;\n").unwrap();
    let config = Config::read(&path("d.conf")).unwrap();
    assert_eq!(config.unread().len(), 1);
    assert!(Config::read(dir.path()).is_err());
}

#[test]
fn a_highest_version_alone_does_not_switch_old_versions_on() {
    for (name, text, wanted) in [
        (
            "a.go",
            "c := tls.Config{MaxVersion: tls.VersionTLS12}",
            &["TLSv1.2"][..],
        ),
        ("redis.conf", "tls-protocols TLSv1.1\n", &["TLSv1.1"]),
        (
            "a.js",
            "f({ maxVersion: 'TLSv1.1', ciphers: 'HIGH' })",
            &["TLSv1.1"],
        ),
        (
            "a.js",
            "f({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })",
            &["TLSv1", "TLSv1.1"],
        ),
    ] {
        let config = Config::parse(name, text);
        let versions = config.services()[0].versions().unwrap();
        let names: Vec<_> = versions.iter().map(ToString::to_string).collect();
        assert_eq!(names, wanted, "{text}");
    }
}

#[test]
fn a_file_that_only_looks_like_a_program_reports_no_missing_include() {
    let config = Config::parse("a.txt", "#include = '...'   # include file\n");
    assert_eq!((config.unread(), config.program()), (&[][..], None));
    // The value of a format string is known only when the program runs.
    assert_eq!(strings("a.py", "ctx.set_ciphers(f'HIGH:{x}')"), [""; 0]);
}

#[test]
fn every_include_that_cannot_be_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::create_dir(path("empty")).unwrap();
    std::fs::create_dir(path("links")).unwrap();
    std::fs::write(path("links/a.conf"), "ssl_ciphers HIGH;\n").unwrap();
    let unread = |name: &str, text: &str| {
        std::fs::write(path(name), text).unwrap();
        let config = Config::read(&path(name)).unwrap();
        (config.services().len(), config.unread().len())
    };
    let mysql = "[mysqld]\nssl_cipher=HIGH\n!includedir ";
    assert_eq!(unread("my.cnf", &format!("{mysql}absent\n")), (1, 1));
    assert_eq!(unread("my.cnf", &format!("{mysql}empty\n")), (1, 0));
    let nginx = "ssl_protocols TLSv1.2;\ninclude ";
    assert_eq!(unread("nginx.conf", &format!("{nginx}links/*;\n")), (1, 0));
    assert_eq!(unread("nginx.conf", &format!("{nginx}empty/*;\n")), (1, 0));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/no/such/file", path("links/b.conf")).unwrap();
        // The other file is read all the same.
        assert_eq!(unread("nginx.conf", &format!("{nginx}links/*;\n")), (1, 1));
        let config = Config::read(&path("nginx.conf")).unwrap();
        let ciphers = config.services()[0].of_kind(SettingKind::Ciphers);
        assert_eq!(ciphers.count(), 1);
    }
}

#[test]
fn a_word_that_is_no_version_is_told_with_and_without_quotes() {
    for (name, text) in [
        ("10-ssl.conf", "ssl = yes\nssl_min_protocol = TLSv9\n"),
        ("10-ssl.conf", "ssl = yes\nssl_min_protocol = \"TLSv9\"\n"),
        (
            "traefik.yaml",
            "tls:\n  options:\n    a:\n      minVersion: VersionTLS99\n",
        ),
        (
            "traefik.toml",
            "[tls.options.a]\n  minVersion = \"VersionTLS99\"\n",
        ),
        ("postgresql.conf", "ssl_min_protocol_version = 'TLSv9'\n"),
    ] {
        let findings = Config::parse(name, text).findings();
        let told = findings
            .iter()
            .any(|f| f.code() == ConfigCode::UnknownVersion);
        assert!(told, "{text}: {findings:?}");
    }
}

#[test]
fn the_size_of_parameters_in_a_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let pem = openssl::dh::Dh::get_2048_256()
        .unwrap()
        .params_to_pem()
        .unwrap();
    std::fs::write(path("dh2048.pem"), pem).unwrap();
    // A prime of 1024 bits (RFC 2409, section 6.2).
    let prime = openssl::bn::BigNum::get_rfc2409_prime_1024().unwrap();
    let two = openssl::bn::BigNum::from_u32(2).unwrap();
    let small = openssl::dh::Dh::from_pqg(prime, None, two).unwrap();
    std::fs::write(path("dh1024.pem"), small.params_to_pem().unwrap()).unwrap();
    for (file, is_small) in [("dh1024.pem", true), ("dh2048.pem", false)] {
        let text = format!("server {{\n ssl_ciphers HIGH;\n ssl_dhparam {file};\n}}\n");
        std::fs::write(path("nginx.conf"), text).unwrap();
        let findings = Config::read(&path("nginx.conf")).unwrap().findings();
        let found = findings
            .iter()
            .find(|f| f.code() == ConfigCode::SmallDhParams);
        assert_eq!(
            found.map(|found| found.line()),
            is_small.then_some(3),
            "{findings:?}"
        );
    }
}
