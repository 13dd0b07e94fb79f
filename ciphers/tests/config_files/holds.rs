//! The settings that a server uses, and the settings that the file does not determine.

use pyssl_ciphers::config::{Config, Service, SettingKind};

/// Each service with its versions. A `?` follows if the file does not determine them.
fn versions(config: &Config) -> Vec<String> {
    let line = |service: &Service| {
        let versions = service.versions().unwrap_or_default();
        let names: Vec<_> = versions.iter().map(ToString::to_string).collect();
        let open = match service.is_open(SettingKind::Versions) {
            true => "?",
            false => "",
        };
        let text = format!("{}: {}{open}", service.name(), names.join(" "));
        text.trim_start_matches(": ").to_owned()
    };
    config.services().iter().map(line).collect()
}

pub(crate) fn of(name: &str, text: &str) -> Vec<String> {
    versions(&Config::parse(name, text))
}

#[test]
fn a_lowest_version_of_any_replaces_an_earlier_one() {
    const ALL: &str = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";
    let open = |name: &str| format!("{name}: TLSv1.2 TLSv1.3?");
    for (name, text, wanted) in [
        (
            "dovecot.conf",
            "ssl_min_protocol = TLSv1.2\nssl_min_protocol = ANY\n",
            ALL.to_owned(),
        ),
        (
            "stunnel.conf",
            "sslVersionMin = TLSv1.2\n[c]\naccept = 1\nsslVersionMin = all\n",
            format!("c: {ALL}"),
        ),
        (
            "a.c",
            "void f(SSL_CTX *a) { SSL_CTX_set_min_proto_version(a, TLS1_2_VERSION); SSL_CTX_set_min_proto_version(a, 0); }",
            format!("a: {ALL}"),
        ),
        (
            "a.rs",
            "fn f() { a.set_min_proto_version(Some(SslVersion::TLS1_2)); a.set_min_proto_version(None); }",
            format!("a: {ALL}"),
        ),
        (
            "a.py",
            "ctx.minimum_version = ssl.TLSVersion.TLSv1_2\nctx.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED\n",
            format!("ctx: {ALL}"),
        ),
        (
            "openssl.cnf",
            "openssl_conf = i\n[i]\nssl_conf = r\n[r]\nsystem_default = s\n[s]\nMinProtocol = TLSv1.2\nMinProtocol = None\n",
            format!("s: {ALL}"),
        ),
        (
            "main.cf",
            "smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_protocols =\n",
            format!("(smtpd): {ALL}"),
        ),
        // These words stand for the program's default, which the file does not state.
        (
            "redis.conf",
            "tls-protocols TLSv1.3\ntls-protocols \"\"\n",
            "TLSv1.2 TLSv1.3?".to_owned(),
        ),
        (
            "a.go",
            "func f() {\n c := &tls.Config{}\n c.MinVersion = tls.VersionTLS13\n c.MinVersion = 0\n}",
            open("Config"),
        ),
        (
            "a.js",
            "f({ minVersion: 'DEFAULT', ciphers: 'HIGH' })",
            open("f"),
        ),
        (
            "envoy.yaml",
            "static_resources:\n tls_params:\n  tls_minimum_protocol_version: TLS_AUTO\n  cipher_suites: HIGH\n",
            open("tls_params"),
        ),
        // A later setting states a version.
        (
            "dovecot.conf",
            "ssl_min_protocol = ANY\nssl_min_protocol = TLSv1.2\n",
            "TLSv1.2 TLSv1.3".to_owned(),
        ),
        (
            "redis.conf",
            "tls-protocols \"\"\ntls-protocols TLSv1.3\n",
            "TLSv1.3".to_owned(),
        ),
    ] {
        assert_eq!(of(name, text), [wanted], "{text}");
    }
}

#[test]
fn a_highest_version_alone_leaves_the_lowest_to_the_program() {
    for (name, text, wanted) in [
        // OpenSSL itself sets no lowest version.
        (
            "openssl.cnf",
            "openssl_conf = i\n[i]\nssl_conf = r\n[r]\nsystem_default = s\n[s]\nMaxProtocol = TLSv1.2\n",
            "s: TLSv1 TLSv1.1 TLSv1.2",
        ),
        (
            "openssl.cnf",
            "openssl_conf = i\n[i]\nssl_conf = r\n[r]\nsystem_default = s\n[s]\nMinProtocol = None\nMaxProtocol = TLSv1.2\n",
            "s: TLSv1 TLSv1.1 TLSv1.2",
        ),
        (
            "a.c",
            "void f() { SSL_CTX_set_max_proto_version(a, TLS1_2_VERSION); }",
            "a: TLSv1 TLSv1.1 TLSv1.2",
        ),
        // The defaults of other programs depend on their release.
        (
            "postgresql.conf",
            "ssl_max_protocol_version = 'TLSv1.2'\n",
            "TLSv1.2?",
        ),
        (
            "a.go",
            "c := tls.Config{MaxVersion: tls.VersionTLS13}",
            "Config: TLSv1.2 TLSv1.3?",
        ),
        (
            "nginx.conf",
            "server { listen 443 ssl; ssl_conf_command MaxProtocol TLSv1.2; }",
            "server 443 ssl: TLSv1.2?",
        ),
        (
            "a.go",
            "c := tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS13}",
            "Config: TLSv1.2 TLSv1.3",
        ),
    ] {
        assert_eq!(of(name, text), [wanted], "{text}");
    }
}

/// HAProxy ignores `no-tlsv10` and similar options if a lowest or a highest version is set.
#[test]
fn limits_of_haproxy_take_precedence_over_excluded_versions() {
    let head = "frontend f\n bind :443 ssl crt x";
    for (text, wanted) in [
        (
            format!("{head} ssl-min-ver TLSv1.0 no-tlsv10 no-tlsv11\n"),
            "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        ),
        (
            format!("{head} no-tlsv10 no-tlsv11 ssl-max-ver TLSv1.2 ssl-min-ver TLSv1.1\n"),
            "TLSv1.1 TLSv1.2",
        ),
        (
            format!(
                "global\n ssl-default-bind-options no-tlsv10 no-tlsv11\n{head} ssl-min-ver TLSv1.0\n"
            ),
            "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        ),
        (format!("{head} no-tlsv10 no-tlsv11\n"), "TLSv1.2 TLSv1.3"),
        // The lowest version is the default of the release.
        (
            format!("{head} no-tlsv10 no-tlsv11 ssl-max-ver TLSv1.2\n"),
            "TLSv1.2?",
        ),
        (
            format!("global\n ssl-default-bind-options force-tlsv12\n{head} ssl-min-ver TLSv1.0\n"),
            "TLSv1 TLSv1.1 TLSv1.2",
        ),
        (format!("{head} force-tlsv12\n"), "TLSv1.2"),
    ] {
        let found = of("haproxy.cfg", &text);
        let wanted = format!("bind :443: {wanted}");
        assert_eq!(found.last(), Some(&wanted), "{text}");
    }
}

/// In Apache's directive, a word without a sign replaces those before it.
#[test]
fn words_without_a_sign_replace_apaches_earlier_words() {
    for (value, wanted) in [
        ("TLSv1.2 TLSv1.3", "TLSv1.3"),
        ("TLSv1.2 +TLSv1.3", "TLSv1.2 TLSv1.3"),
        ("-all +TLSv1.2 +TLSv1.3", "TLSv1.2 TLSv1.3"),
        ("all -TLSv1 -TLSv1.1", "TLSv1.2 TLSv1.3"),
        ("-TLSv1 all", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("+TLSv1 TLSv1.2", "TLSv1.2"),
    ] {
        assert_eq!(
            of("httpd.conf", &format!("SSLProtocol {value}\n")),
            [wanted],
            "{value}"
        );
        // In ProFTPD's and nginx's directives, all words count.
        if value == "TLSv1.2 TLSv1.3" {
            assert_eq!(
                of("proftpd.conf", &format!("TLSProtocol {value}\n")),
                [value]
            );
            assert_eq!(
                of("nginx.conf", &format!("ssl_protocols {value};\n")),
                [value]
            );
        }
    }
}

#[test]
fn a_file_that_several_servers_include_is_read_for_each() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let read = |name: &str, text: &str| {
        std::fs::write(path(name), text).unwrap();
        let config = Config::read(&path(name)).unwrap();
        assert_eq!(config.unread(), [], "{text}");
        versions(&config)
    };
    std::fs::write(path("tls.conf"), "ssl_protocols TLSv1.3;\n").unwrap();
    std::fs::write(path("old.conf"), "SSLProtocol all\n").unwrap();
    let server = |name: &str| {
        format!("server {{ listen 443 ssl; server_name {name}; include tls.conf; }}\n")
    };
    let text = format!("http {{ {}{} }}", server("a"), server("b"));
    assert_eq!(
        read("nginx.conf", &text),
        ["server a: TLSv1.3", "server b: TLSv1.3"]
    );
    // A file is included at the outermost level and in a server.
    let text = format!(
        "include tls.conf;\n{}server {{ listen 444 ssl; ssl_ciphers HIGH; }}\n",
        server("a")
    );
    assert_eq!(
        read("nginx.conf", &text),
        ["server a: TLSv1.3", "server 444 ssl: TLSv1.3"]
    );
    let host = |name: &str| {
        format!(
            "<VirtualHost {name}>\nSSLEngine on\nSSLProtocol -all +TLSv1.3\nInclude old.conf\n</VirtualHost>\n"
        )
    };
    let all = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";
    assert_eq!(
        read("httpd.conf", &format!("{}{}", host("a"), host("b"))),
        [
            format!("VirtualHost a: {all}"),
            format!("VirtualHost b: {all}")
        ],
    );
    // Each file includes the next one twice. The reader limits the number of inclusions.
    for n in 0..16 {
        let line = format!("include d{}.conf;\n", n + 1);
        std::fs::write(path(&format!("d{n}.conf")), line.repeat(2)).unwrap();
    }
    std::fs::write(path("d16.conf"), "ssl_protocols TLSv1.3;\n").unwrap();
    let config = Config::read(&path("d0.conf")).unwrap();
    assert!(
        config.unread()[0].message().contains("1000 files"),
        "{:?}",
        config.unread()[0]
    );
}

/// A server without settings of its own has those of the blocks around it, or the program's defaults.
#[test]
fn servers_without_settings_of_their_own_are_listed() {
    const STRONG: &str = "ECDHE+AESGCM";
    for (name, text, wanted) in [
        (
            "nginx.conf",
            format!(
                "http {{ ssl_protocols TLSv1;\n server {{ listen 443 ssl; server_name a; ssl_protocols TLSv1.3; ssl_ciphers {STRONG}; }}\n \
                 server {{ listen 443 ssl; server_name b; }}\n server {{ listen 80; server_name c; }} }}"
            ),
            &["server a: TLSv1.3", "server b: TLSv1"][..],
        ),
        (
            "nginx.conf",
            format!(
                "http {{\n server {{ listen 443 ssl; server_name a; ssl_protocols TLSv1.3; ssl_ciphers {STRONG}; }}\n \
                 server {{ listen 443; server_name b; ssl_certificate c.pem; }} }}"
            ),
            &["server a: TLSv1.3", "server b: "],
        ),
        (
            "nginx.conf",
            "http { proxy_ssl_protocols TLSv1;\n server { listen 443 ssl; server_name a; ssl_protocols TLSv1.3;\n \
             location /x { proxy_ssl_protocols TLSv1.3; proxy_pass https://x; }\n location /y { proxy_pass https://y; } } }"
                .to_owned(),
            &["server a: TLSv1.3", "location /x of server a (proxy): TLSv1.3", "location /y of server a (proxy): TLSv1"],
        ),
        (
            "httpd.conf",
            format!(
                "SSLEngine on\n<VirtualHost a>\nSSLEngine on\nSSLProtocol TLSv1.3\nSSLCipherSuite {STRONG}\n</VirtualHost>\n\
                 <VirtualHost b>\nSSLEngine on\n</VirtualHost>\n<VirtualHost c>\nServerName c\n</VirtualHost>\n"
            ),
            &["", "VirtualHost a: TLSv1.3", "VirtualHost b: "],
        ),
        (
            "haproxy.cfg",
            format!("frontend f\n bind :443 ssl crt x ssl-min-ver TLSv1.3 ciphers {STRONG}\n bind :444 ssl crt x\n bind :80\n"),
            &["bind :443: TLSv1.3", "bind :444: "],
        ),
        (
            "main.cf",
            "smtpd_tls_security_level = may\nsmtpd_tls_protocols = >=TLSv1.2\nsmtp_tls_security_level = encrypt\n".to_owned(),
            &["(smtpd): TLSv1.2 TLSv1.3", "(smtp-mandatory): "],
        ),
        (
            "dovecot.conf",
            "ssl = required\nssl_min_protocol = TLSv1\nlocal 192.0.2.1 {\n ssl_min_protocol = TLSv1.3\n}\n".to_owned(),
            &["TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "local 192.0.2.1: TLSv1.3"],
        ),
        (
            "lighttpd.conf",
            "ssl.engine = \"enable\"\n$SERVER[\"socket\"] == \":444\" {\n ssl.engine = \"enable\"\n \
             ssl.openssl.ssl-conf-cmd = (\"MinProtocol\" => \"TLSv1.3\")\n}\n"
                .to_owned(),
            &["", "SERVER[socket]==:444: TLSv1.3"],
        ),
        (
            "proftpd.conf",
            "<VirtualHost a>\nTLSEngine on\nTLSProtocol TLSv1.3\n</VirtualHost>\n<VirtualHost b>\nTLSEngine on\n</VirtualHost>\n"
                .to_owned(),
            &["VirtualHost a: TLSv1.3", "VirtualHost b: "],
        ),
        (
            "mosquitto.conf",
            "listener 8883\ncertfile a\ntls_version tlsv1.3\nlistener 8884\ncertfile a\nlistener 1883\n".to_owned(),
            &["listener 8883: TLSv1.3", "listener 8884: "],
        ),
        (
            "stunnel.conf",
            "sslVersionMin = TLSv1\n[a]\naccept = 1\nsslVersionMin = TLSv1.3\n[b]\naccept = 2\n".to_owned(),
            &["a: TLSv1.3", "b: TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"],
        ),
        (
            "squid.conf",
            format!("https_port 443 tls-cert=a tls-min-version=1.3 cipher={STRONG}\nhttps_port 444 tls-cert=a\nhttp_port 80\n"),
            &["https_port 443: TLSv1.3", "https_port 444: "],
        ),
        (
            "server.xml",
            "<Server><Service><Connector port=\"1\" SSLEnabled=\"true\"><SSLHostConfig hostName=\"a\" protocols=\"TLSv1.3\"/>\
             <SSLHostConfig hostName=\"b\"/></Connector><Connector port=\"2\" SSLEnabled=\"true\"><SSLHostConfig hostName=\"c\">\
             <Certificate certificateKeystoreFile=\"x\"/></SSLHostConfig></Connector></Service></Server>"
                .to_owned(),
            &["SSLHostConfig a: TLSv1.3", "SSLHostConfig b: ", "SSLHostConfig c: "],
        ),
    ] {
        assert_eq!(of(name, &text), wanted, "{text}");
    }
}

/// A setting under a condition may hold or not. The versions of both cases are listed.
#[test]
fn settings_under_a_condition_leave_their_kind_open() {
    const OLD: &str = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3?";
    for (name, text, wanted) in [
        (
            "exim.conf",
            ".ifdef A\nopenssl_options = +no_tlsv1 +no_tlsv1_1\n.else\nopenssl_options = +no_sslv3\n.endif\n",
            OLD.to_owned(),
        ),
        (
            "httpd.conf",
            "SSLProtocol all\n<IfDefine STRICT>\nSSLProtocol -all +TLSv1.3\n</IfDefine>\n",
            OLD.to_owned(),
        ),
        (
            "haproxy.cfg",
            "global\n.if defined(A)\n ssl-default-bind-options ssl-min-ver TLSv1.0\n.else\n \
             ssl-default-bind-options ssl-min-ver TLSv1.2\n.endif\nfrontend f\n bind :443 ssl crt x\n",
            format!("bind :443: {OLD}"),
        ),
        (
            "a.py",
            "if legacy:\n    ctx.minimum_version = ssl.TLSVersion.TLSv1\nelse:\n    ctx.minimum_version = ssl.TLSVersion.TLSv1_2\n",
            format!("ctx: {OLD}"),
        ),
        (
            "a.py",
            "ctx.minimum_version = ssl.TLSVersion.TLSv1\nwhile strict:\n    ctx.minimum_version = ssl.TLSVersion.TLSv1_2\n",
            format!("ctx: {OLD}"),
        ),
        (
            "a.py",
            "ctx.minimum_version = ssl.TLSVersion.TLSv1\ntry:\n    ctx.minimum_version = ssl.TLSVersion.TLSv1_2\nexcept ValueError:\n    pass\n",
            format!("ctx: {OLD}"),
        ),
        (
            "a.c",
            "void f(int a) { SSL_CTX_set_min_proto_version(c, TLS1_VERSION);\n while (a) {\n SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION); }\n}",
            format!("c: {OLD}"),
        ),
        (
            "a.rb",
            "ctx.min_version = :TLS1_2\nctx.min_version = :TLS1 if legacy\n",
            format!("ctx: {OLD}"),
        ),
        (
            "a.c",
            "void f(int a) { SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);\n#ifdef OLD\n \
             SSL_CTX_set_min_proto_version(c, TLS1_VERSION);\n#endif\n}",
            format!("c: {OLD}"),
        ),
        (
            "a.c",
            "void f(int a) { SSL_CTX_set_min_proto_version(c, TLS1_VERSION);\n if (a)\n SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);\n}",
            format!("c: {OLD}"),
        ),
        (
            "a.c",
            "void f(int a) { SSL_CTX_set_min_proto_version(c, TLS1_VERSION);\n if (a)\n {\n SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION); }\n}",
            format!("c: {OLD}"),
        ),
        (
            "a.go",
            "func f() {\n c := &tls.Config{MinVersion: tls.VersionTLS10}\n if a := b(); a {\n  c.MinVersion = tls.VersionTLS12\n }\n}",
            format!("Config: {OLD}"),
        ),
        (
            "nginx.conf.j2",
            "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n{% if strict %}\nssl_protocols TLSv1.3;\n{% endif %}\n",
            OLD.to_owned(),
        ),
        // The condition makes no difference, or is not a condition on the settings.
        (
            "exim.conf",
            ".ifdef A\nopenssl_options = +no_tlsv1 +no_tlsv1_1\n.endif\nopenssl_options = +no_tlsv1 +no_tlsv1_1\n",
            "TLSv1.2 TLSv1.3".to_owned(),
        ),
        (
            "httpd.conf",
            "<IfModule mod_ssl.c>\nSSLProtocol -all +TLSv1.3\n</IfModule>\n",
            "TLSv1.3".to_owned(),
        ),
        (
            "a.h",
            "#ifndef A_H\n#define A_H\nvoid f() { if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1) { abort(); } }\n#endif\n",
            "c: TLSv1.3".to_owned(),
        ),
        (
            "a.py",
            "if __name__ == '__main__':\n    ctx.minimum_version = ssl.TLSVersion.TLSv1_3\n",
            "ctx: TLSv1.3".to_owned(),
        ),
    ] {
        let found = of(name, text);
        assert_eq!(found.last(), Some(&wanted), "{text}");
    }
    for (name, text) in [
        ("a.js", "f({ ciphers: legacy ? 'ALL' : 'HIGH' })"),
        ("a.js", "f({ ciphers: process.env.CIPHERS || 'HIGH' })"),
        ("a.py", "ctx.set_ciphers('ALL' if legacy else 'HIGH')\n"),
        (
            "exim.conf",
            "tls_require_ciphers = HIGH\n.ifdef A\ntls_require_ciphers = ALL\n.endif\n",
        ),
    ] {
        let config = Config::parse(name, text);
        assert!(config.services()[0].is_open(SettingKind::Ciphers), "{text}");
    }
    for (name, text) in [
        (
            "a.rs",
            "fn f() -> R { b.set_cipher_list(\"HIGH\")?; Ok(()) }",
        ),
        ("a.js", "f({ ciphers: 'HIGH' })"),
    ] {
        let config = Config::parse(name, text);
        assert!(
            !config.services()[0].is_open(SettingKind::Ciphers),
            "{text}"
        );
    }
}

/// nginx and lighttpd inherit the commands of OpenSSL only if a block has none of its own.
#[test]
fn commands_of_a_server_replace_those_around_it() {
    let nginx = |inner: &str| {
        format!(
            "http {{ ssl_protocols TLSv1 TLSv1.2; ssl_conf_command MinProtocol TLSv1.2;\n server {{ listen 443 ssl; server_name a; {inner} }} }}"
        )
    };
    for (inner, wanted) in [
        ("", "TLSv1.2"),
        ("ssl_conf_command Curves X25519;", "TLSv1 TLSv1.2"),
        ("ssl_conf_command Options KTLS;", "TLSv1 TLSv1.2"),
        ("ssl_protocols TLSv1 TLSv1.3;", "TLSv1.3"),
    ] {
        assert_eq!(
            of("nginx.conf", &nginx(inner)),
            [format!("server a: {wanted}")],
            "{inner}"
        );
    }
    let lighttpd = "ssl.engine = \"enable\"\nssl.openssl.ssl-conf-cmd = (\"MinProtocol\" => \"TLSv1.3\")\n\
                    $SERVER[\"socket\"] == \":444\" {\n ssl.engine = \"enable\"\n \
                    ssl.openssl.ssl-conf-cmd = (\"Curves\" => \"X25519\")\n}\n";
    assert_eq!(
        of("lighttpd.conf", lighttpd),
        ["TLSv1.3", "SERVER[socket]==:444: "]
    );
    let apache = "SSLOpenSSLConfCmd MinProtocol TLSv1.3\n<VirtualHost a>\nSSLEngine on\nSSLOpenSSLConfCmd Curves X25519\n</VirtualHost>\n";
    assert_eq!(of("httpd.conf", apache), ["VirtualHost a: TLSv1.3"]);
}

#[test]
fn postfix_uses_the_list_of_its_grade() {
    let head = "tls_high_cipherlist = ECDHE+AESGCM\nsmtpd_tls_security_level = may\n";
    let lists = |name: &str, text: &str| {
        let config = Config::parse(name, text);
        let mut services = config.services().iter();
        let service = services.find(|service| !service.name().is_empty()).unwrap();
        let values = service
            .of_kind(SettingKind::Ciphers)
            .map(|list| list.value().to_owned());
        (
            values.collect::<Vec<_>>(),
            service.is_open(SettingKind::Ciphers),
        )
    };
    // The default grade is medium, and its default list is not in the file.
    assert_eq!(lists("main.cf", head), (Vec::new(), true));
    let high = format!("{head}smtpd_tls_ciphers = high\n");
    assert_eq!(
        lists("main.cf", &high),
        (vec!["ECDHE+AESGCM".to_owned()], false)
    );
    let medium = format!("{head}tls_medium_cipherlist = HIGH\n");
    assert_eq!(lists("main.cf", &medium), (vec!["HIGH".to_owned()], false));
    let other = format!("{head}smtpd_tls_mandatory_ciphers = high\n");
    assert_eq!(lists("main.cf", &other), (Vec::new(), true));
    let master = "smtps inet n - n - - smtpd\n  -o tls_high_cipherlist=HIGH -o smtpd_tls_security_level=encrypt\n";
    assert_eq!(lists("master.cf", master), (vec!["HIGH".to_owned()], true));
    let master = format!("{master}  -o smtpd_tls_mandatory_ciphers=high\n");
    assert_eq!(
        lists("master.cf", &master),
        (vec!["HIGH".to_owned()], false)
    );
}

#[test]
fn sections_that_openssl_does_not_read_are_open() {
    let text = "[d]\nssl_conf = s\n[s]\nsystem_default = sd\n[sd]\nMinProtocol = TLSv1.2\nCipherString = HIGH\n[old]\nCipherString = ALL\n";
    for (head, name, is_used) in [
        ("openssl_conf = d\n", Some("sd"), true),
        ("# openssl_conf = d\n", None, false),
        ("openssl_conf = other\n", None, false),
    ] {
        let config = Config::parse("openssl.cnf", &format!("{head}{text}"));
        assert_eq!(config.system_default().map(Service::name), name, "{head}");
        let service = |name: &str| {
            let mut services = config.services().iter();
            services.find(|service| service.name() == name).unwrap()
        };
        for kind in [
            SettingKind::Ciphers,
            SettingKind::Versions,
            SettingKind::Groups,
        ] {
            assert_eq!(service("sd").is_open(kind), !is_used, "{head}");
            assert!(service("old").is_open(kind));
        }
    }
}
