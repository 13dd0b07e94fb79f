//! Settings in source code: values that are constants, and values that are not in the file.

use pyssl_ciphers::config::{Config, ConfigCode, SettingKind};

use crate::forms::strings;
use crate::holds::of;

#[test]
fn values_in_source_code_that_cannot_be_read_are_told() {
    for (name, text) in [
        (
            "a.c",
            "SSL_CTX_set_cipher_list(ctx, conf->ciphers);\nSSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);",
        ),
        (
            "a.c",
            "void f(SSL_CTX *ctx, char *user) { SSL_CTX_set_cipher_list(ctx, user); SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION); }",
        ),
        (
            "a.go",
            "var c = &tls.Config{ CipherSuites: preferred(), MinVersion: tls.VersionTLS12 }",
        ),
        (
            "a.py",
            "ctx.set_ciphers(f'HIGH:{x}')\nctx.minimum_version = ssl.TLSVersion.TLSv1_2",
        ),
    ] {
        let config = Config::parse(name, text);
        assert_eq!(config.services().len(), 1, "{text}: {config:?}");
        let findings = config.findings();
        let told = findings.iter().find(|f| f.code() == ConfigCode::NotRead);
        assert!(
            told.is_some_and(|told| told.line() == 1),
            "{text}: {config:?}"
        );
    }
}

/// The lines with a value that was not read completely.
fn unread_lines(name: &str, text: &str) -> Vec<usize> {
    let findings = Config::parse(name, text).findings();
    let unread = findings.iter().filter(|f| f.code() == ConfigCode::NotRead);
    unread
        .map(pyssl_ciphers::config::ConfigFinding::line)
        .collect()
}

#[test]
fn variables_within_a_value_of_source_code_are_told() {
    for (name, text) in [
        ("a.py", "ctx.set_ciphers('HIGH:' + extra)"),
        ("a.py", "ctx.set_ciphers(extra + ':HIGH')"),
        ("a.py", "ctx.set_ciphers('HIGH:' + settings.extra)"),
        ("a.py", "ctx.set_ciphers('HIGH:' + extra())"),
        ("a.py", "ctx.set_ciphers('HIGH:' +\n  extra)"),
        ("a.py", "ctx.set_ciphers(':'.join(['ECDHE+AESGCM', extra]))"),
        (
            "a.py",
            "ctx.set_ciphers(':'.join(['ECDHE+AESGCM', settings.extra]))",
        ),
        (
            "a.py",
            "ctx.set_ciphers(':'.join(['ECDHE+AESGCM'] + extra))",
        ),
        (
            "a.py",
            "ctx.set_ciphers(':'.join(['ECDHE+AESGCM', *extra]))",
        ),
        (
            "a.js",
            "f({ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', ...extra].join(':')})",
        ),
        ("a.php", "$o = ['ciphers' => 'HIGH:' . $extra];"),
        ("a.lua", "ciphers = \"HIGH:\" .. extra"),
        (
            "a.go",
            "c := tls.Config{CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, extra}}",
        ),
        (
            "A.java",
            "e.setEnabledProtocols(new String[] {\"TLSv1.2\", extra});",
        ),
        (
            "a.go",
            "c := tls.Config{MinVersion: cfg.Lowest, MaxVersion: tls.VersionTLS13}",
        ),
        (
            "a.go",
            "c := tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: cfg.Highest}",
        ),
        ("a.js", "f({minVersion: 'TLSv1.2', ecdhCurve: curve})"),
    ] {
        assert_eq!(unread_lines(name, text), [1], "{text}");
    }
    // These values are known.
    for (name, text) in [
        ("a.py", "ctx.set_ciphers('HIGH:' + '!aNULL')"),
        ("a.py", "EXTRA = '!aNULL'\nctx.set_ciphers('HIGH:' + EXTRA)"),
        (
            "a.py",
            "ctx.set_ciphers(':'.join(['ECDHE+AESGCM', 'DHE+AESGCM']))",
        ),
        (
            "a.js",
            "f({ciphers: 'HIGH:!aNULL'.split(':').join(':'), minVersion: 'TLSv1.2'})",
        ),
        (
            "a.js",
            "f({minVersion: 'DEFAULT', maxVersion: null, ecdhCurve: 'auto', ciphers: 'HIGH'})",
        ),
        (
            "a.go",
            "c := tls.Config{CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, other.TLS_AES_128_GCM_SHA256}}",
        ),
        (
            "a.c",
            "SSL_CTX_set_cipher_list(ctx, \"HIGH\");\nSSL_CTX_set_max_proto_version(ctx, 0);",
        ),
    ] {
        assert_eq!(unread_lines(name, text), [0; 0], "{text}");
    }
}

/// A value that depends on a condition is not known: the last alternative is read, and the finding says so.
#[test]
fn values_that_depend_on_a_condition_are_told() {
    for (name, text) in [
        ("a.js", "f({ciphers: x || 'HIGH', a: 1})"),
        ("a.js", "f({ciphers: process.env.CIPHERS || 'HIGH'})"),
        ("a.js", "f({ciphers: process.env['CIPHERS'] ?? 'HIGH'})"),
        ("a.js", "f({ciphers: options?.ciphers ?? 'HIGH'})"),
        ("a.js", "f({ciphers: (old ? 'ALL' : 'HIGH')})"),
        ("a.js", "f({ciphers: [x || 'ALL', 'HIGH'].pop() || 'HIGH'})"),
        ("a.py", "ctx.set_ciphers(os.environ.get('C') or 'HIGH')"),
        ("a.py", "ctx.set_ciphers(os.environ.get('C', 'HIGH'))"),
        ("a.py", "ctx.set_ciphers(os.getenv('C', 'HIGH'))"),
        ("a.py", "ctx.set_ciphers('ALL' if old else 'HIGH')"),
        (
            "a.py",
            "CIPHERS = os.environ.get('C', 'HIGH')\nctx.set_ciphers(CIPHERS)",
        ),
        ("a.rb", "ctx.ciphers = ENV['C'] || 'HIGH'"),
        ("a.rb", "ctx.ciphers = ENV.fetch('C', 'HIGH')"),
        ("a.rb", "ctx.ciphers = 'HIGH' if modern"),
        ("a.php", "$o = ['ciphers' => $c ?: 'HIGH'];"),
        ("a.php", "$o = ['ciphers' => $c ?? 'HIGH', 'x' => 1];"),
        ("a.php", "$o = ['ciphers' => $old ? 'ALL' : 'HIGH'];"),
        (
            "a.rs",
            "c.set_ciphers(&env::var(\"C\").unwrap_or_else(|_| \"HIGH\".into()))?;",
        ),
        (
            "a.rs",
            "c.set_ciphers(if old { \"ALL\" } else { \"HIGH\" })?;",
        ),
        (
            "a.c",
            "SSL_CTX_set_cipher_list(ctx, old ? \"ALL\" : \"HIGH\");",
        ),
    ] {
        let config = Config::parse(name, text);
        let last = text.matches('\n').count() + 1;
        assert!(
            unread_lines(name, text).contains(&last),
            "{text}: {config:?}"
        );
        let strings: Vec<_> = config
            .services()
            .iter()
            .flat_map(|service| service.of_kind(SettingKind::Ciphers))
            .map(|setting| setting.value())
            .collect();
        assert_eq!(strings, ["HIGH"], "{text}");
    }
    for (name, text) in [
        ("a.js", "f({minVersion: x || 'TLSv1.2', ciphers: 'HIGH'})"),
        ("a.js", "f({ecdhCurve: x || 'P-256', ciphers: 'HIGH'})"),
        (
            "a.js",
            "f({ciphers: process.env.CIPHERS, minVersion: 'TLSv1.2'})",
        ),
        (
            "a.py",
            "ctx.set_ciphers(os.getenv('C'))\nctx.minimum_version = ssl.TLSVersion.TLSv1_2",
        ),
        (
            "a.rb",
            "ctx.ciphers = ENV['C']\nctx.min_version = OpenSSL::SSL::TLS1_2_VERSION",
        ),
    ] {
        assert_eq!(unread_lines(name, text), [1], "{text}");
    }
    // The conditions belong to other settings.
    let text = "f({rejectUnauthorized: x || false, ciphers: 'HIGH', key: a ? b : c})";
    assert_eq!(unread_lines("a.js", text), [0; 0], "{text}");
}

#[test]
fn constants_with_short_names_are_resolved() {
    for (name, text) in [
        (
            "a.c",
            "#define CS \"AES128-SHA\"\nvoid f(SSL_CTX *ctx) { SSL_CTX_set_cipher_list(ctx, CS); }",
        ),
        (
            "a.rs",
            "const C: &str = \"AES128-SHA\";\nfn f() { builder.set_cipher_list(C).unwrap(); }",
        ),
        ("a.rb", "CI = \"AES128-SHA\"\nctx.ciphers = CI\n"),
        (
            "a.php",
            "<?php $c = 'AES128-SHA'; stream_context_create(['ssl' => ['ciphers' => $c]]);",
        ),
    ] {
        assert_eq!(strings(name, text), ["AES128-SHA"], "{text}");
    }
    let java = "class X { static final String[] S = {\"TLS_RSA_WITH_AES_128_CBC_SHA\"}; void f() { engine.setEnabledCipherSuites(S); } }";
    assert_eq!(strings("X.java", java), ["TLS_RSA_WITH_AES_128_CBC_SHA"]);
}

#[test]
fn members_set_after_a_literal_belong_to_its_object() {
    let text = "func f() *tls.Config {\n c := &tls.Config{MinVersion: tls.VersionTLS10}\n \
                c.CipherSuites = []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}\n return c\n}\n";
    let config = Config::parse("a.go", text);
    assert_eq!(config.services().len(), 1, "{config:?}");
    assert_eq!(config.services()[0].settings().len(), 2, "{config:?}");
}

/// The only setting of each file has a value that is not in the file.
#[test]
fn a_file_whose_only_value_cannot_be_read_has_a_server_with_unknown_suites() {
    for (name, text) in [
        ("a.py", "ctx.set_ciphers(os.getenv('CIPHERS'))\n"),
        ("a.py", "ctx.set_ciphers(settings.ciphers)\n"),
        (
            "a.c",
            "void f(SSL_CTX *ctx) { SSL_CTX_set_cipher_list(ctx, getenv(\"CIPHERS\")); }",
        ),
        (
            "a.js",
            "tls.createServer({ ciphers: process.env.CIPHERS });\n",
        ),
        (
            "a.rs",
            "fn f() { builder.set_cipher_list(&std::env::var(\"CIPHERS\").unwrap()).unwrap(); }",
        ),
    ] {
        let config = Config::parse(name, text);
        let [service] = config.services() else {
            panic!("{text}: {config:?}");
        };
        assert!(service.is_open(SettingKind::Ciphers), "{text}");
        assert_eq!(unread_lines(name, text), [1], "{text}");
    }
    assert_eq!(Config::parse("a.py", "print('TLS')\n").services().len(), 0);
}

/// Compares the versions of each text. A `?` follows if the file does not determine them.
fn assert_versions(cases: &[(&str, &str, &str)]) {
    for (name, text, wanted) in cases {
        let found = of(name, text);
        assert_eq!(found, [*wanted], "{text}");
    }
}

#[test]
fn options_that_are_taken_back_bring_their_versions_back() {
    const C: &str = "void f(SSL_CTX *ctx) { SSL_CTX_set_options(ctx, SSL_OP_NO_SSLv3|SSL_OP_NO_TLSv1|SSL_OP_NO_TLSv1_1);";
    let c = |rest: &str| format!("{C} {rest} }}");
    let python =
        |rest: &str| format!("ctx.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1\n{rest}\n");
    let rust = |rest: &str| {
        format!("fn f() {{ b.set_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1); {rest} }}")
    };
    let all = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";
    let one = "TLSv1 TLSv1.2 TLSv1.3";
    let new = "TLSv1.2 TLSv1.3";
    for (name, object, text, wanted) in [
        (
            "a.c",
            "ctx",
            c("SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1|SSL_OP_NO_TLSv1_1);"),
            all,
        ),
        (
            "a.c",
            "ctx",
            c("SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1);"),
            one,
        ),
        (
            "a.c",
            "ctx",
            c("SSL_clear_options(ctx, SSL_OP_NO_TLSv1);"),
            one,
        ),
        (
            "a.c",
            "ctx",
            c("SSL_CTX_clear_options(ctx, SSL_OP_NO_SSL_MASK);"),
            "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3?",
        ),
        (
            "a.c",
            "ctx",
            c(
                "SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1); SSL_CTX_set_options(ctx, SSL_OP_NO_TLSv1);",
            ),
            new,
        ),
        (
            "a.py",
            "ctx",
            python("ctx.options &= ~ssl.OP_NO_TLSv1"),
            one,
        ),
        (
            "a.py",
            "ctx",
            python("ctx.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)"),
            all,
        ),
        ("a.py", "ctx", python("ctx.options -= ssl.OP_NO_TLSv1"), one),
        (
            "a.rb",
            "ctx",
            python("ctx.options &= ~OpenSSL::SSL::OP_NO_TLSv1"),
            one,
        ),
        (
            "a.rs",
            "b",
            rust("b.clear_options(SslOptions::NO_TLSV1);"),
            one,
        ),
        // A lowest version is stated.
        (
            "a.c",
            "ctx",
            c(
                "SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION); SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1);",
            ),
            new,
        ),
        (
            "a.py",
            "ctx",
            python("ctx.minimum_version = ssl.TLSVersion.TLSv1_2\nctx.options &= ~ssl.OP_NO_TLSv1"),
            new,
        ),
        // The options that are taken back, or added, are of another kind.
        (
            "a.c",
            "ctx",
            c("SSL_CTX_clear_options(ctx, SSL_OP_NO_COMPRESSION|SSL_OP_ALL);"),
            new,
        ),
        ("a.c", "ctx", c("SSL_CTX_clear_options(ctx, 0);"), new),
        (
            "a.rs",
            "b",
            rust("b.clear_options(SslOptions::CIPHER_SERVER_PREFERENCE);"),
            new,
        ),
        (
            "a.py",
            "ctx",
            python("ctx.options &= ~ssl.OP_NO_TICKET"),
            new,
        ),
        (
            "a.py",
            "ctx",
            python("ctx.options = ctx.options | ssl.OP_NO_TICKET"),
            new,
        ),
        (
            "a.rs",
            "b",
            rust("b.set_options(b.options() | SslOptions::NO_TICKET);"),
            new,
        ),
        (
            "a.py",
            "ctx",
            python("ctx.options = ssl.OP_ALL | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1"),
            new,
        ),
    ] {
        assert_versions(&[(name, &text, &format!("{object}: {wanted}"))]);
    }
}

#[test]
fn options_that_are_replaced_or_masked_leave_the_versions_open() {
    const C: &str =
        "void f(SSL_CTX *ctx) { SSL_CTX_set_options(ctx, SSL_OP_NO_TLSv1|SSL_OP_NO_TLSv1_1);";
    for rest in [
        "SSL_CTX_clear_options(ctx, mask);",
        "SSL_CTX_clear_options(ctx, LEGACY_MASK);",
        "SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));",
        "SSL_CTX_clear_options(ctx, ~0);",
        "SSL_CTX_clear_options(ctx, 0x04000000);",
        "SSL_CTX_clear_options(ctx, SSL_OP_ALL & ~SSL_OP_NO_TLSv1);",
        // SSL 3.0 may be on, which depends on the build of OpenSSL.
        "SSL_CTX_clear_options(ctx, SSL_OP_NO_SSLv3);",
    ] {
        let text = format!("{C} {rest} }}");
        assert_versions(&[("a.c", &text, "ctx: TLSv1.2 TLSv1.3?")]);
    }
    for rest in [
        "ctx.options &= mask",
        "ctx.options &= ~mask",
        "ctx.options &= ~ssl.OP_NO_TICKET & ~ssl.OP_NO_TLSv1",
        "ctx.options &= ~ssl.OP_NO_TICKET | ssl.OP_NO_TLSv1",
        "ctx.options ^= ssl.OP_NO_TLSv1",
        "ctx.options -= legacy",
        "ctx.options = ssl.OP_ALL",
        "ctx.options = saved",
        "ctx.options = options",
        "ctx.options = other.options | ssl.OP_NO_TICKET",
        "ctx.options = 0",
        "ctx.options = ctx.options & ~ssl.OP_NO_TLSv1",
        "ctx.options = ctx.options - ssl.OP_NO_TLSv1",
        "ctx.options = ssl.Options(0)",
    ] {
        let text = format!("ctx.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1\n{rest}\n");
        assert_versions(&[("a.py", &text, "ctx: TLSv1.2 TLSv1.3?")]);
        let text = format!("ctx.minimum_version = ssl.TLSVersion.TLSv1_2\n{text}");
        assert_versions(&[("a.py", &text, "ctx: TLSv1.2 TLSv1.3")]);
    }
    assert_versions(&[(
        "a.py",
        "ctx.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1\nif old:\n    ctx.options &= ~ssl.OP_NO_TLSv1\n",
        "ctx: TLSv1 TLSv1.2 TLSv1.3?",
    )]);
    // An option within a mask may be set or not.
    assert_versions(&[(
        "a.py",
        "ctx.options |= ssl.OP_NO_TLSv1_1\nctx.options |= ssl.OP_ALL & ~ssl.OP_NO_TLSv1\n",
        "ctx: TLSv1.2 TLSv1.3?",
    )]);
}

/// Options that are only taken back do not state which versions are on.
#[test]
fn a_file_that_only_takes_options_back_has_no_known_versions() {
    let text =
        "SSL_CTX_set_cipher_list(ctx, \"HIGH\");\nSSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1);";
    let config = Config::parse("a.c", text);
    let [service] = config.services() else {
        panic!("{config:?}");
    };
    assert_eq!(service.versions(), None);
    // The context of another function is a part of its own.
    let text = "void f(SSL_CTX *a) { SSL_CTX_set_options(a, SSL_OP_NO_TLSv1); }\n\
                void g(SSL_CTX *b) { SSL_CTX_clear_options(b, SSL_OP_NO_TLSv1); }";
    let config = Config::parse("a.c", text);
    let versions = config
        .services()
        .iter()
        .map(|s| (s.name(), s.versions().is_some()));
    assert_eq!(versions.collect::<Vec<_>>(), [("a", true), ("b", false)]);
    // The names and signs of other programs' options.
    for text in [
        "options = parse_args()\nflags = options & 3\nself.options = options\noptions &= ~FLAG\n",
        "ctx.set_ciphers('HIGH')\nctx.options = options\n",
    ] {
        let config = Config::parse("a.py", text);
        let settings = config
            .services()
            .iter()
            .flat_map(|service| service.settings());
        assert!(
            settings
                .map(|s| s.kind())
                .all(|kind| kind == SettingKind::Ciphers),
            "{config:?}"
        );
    }
}
