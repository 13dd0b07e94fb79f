use super::*;

fn strings(file: &str) -> Vec<String> {
    let joined = Joined::new(file);
    let found = find(&joined.text);
    for f in &found {
        assert_eq!(&joined.text[f.at..f.at + f.string.len()], f.string);
        let places = joined.places(file, f.at, f.string.len());
        assert_eq!(places.len(), f.string.len() + 1);
        // Every character of the string is in the file at the reported position.
        for (c, (line, column)) in f.string.chars().zip(&places) {
            let line = file
                .trim_start_matches('\u{feff}')
                .split('\n')
                .nth(line - 1)
                .unwrap();
            let there = line.chars().nth(column - 1);
            assert!(there == Some(c) || c == ' ', "{file:?} {c:?} {there:?}");
        }
    }
    found.iter().map(|f| f.string.to_owned()).collect()
}

#[test]
fn cipher_strings_in_server_configurations_and_source_code_are_found() {
    for (file, wanted) in [
        ("TLSCipherSuite A:B\n", &["A:B"][..]),
        ("olcTLSCipherSuite: A:!B\n", &["A:!B"]),
        ("tls-ciphers: \"A:B\"\n", &["A:B"]),
        ("ciphers_tls1.3 TLS_A\n", &["TLS_A"]),
        (
            "ssl_options.ciphers.1 = A\nssl_options.ciphers.2 = B\n",
            &["A", "B"],
        ),
        (
            "https_port 443 tls-cert=a.pem cipher=A:B options=NO_SSLv3\n",
            &["A:B"],
        ),
        (
            "ssl.openssl.ssl-conf-cmd = (\"CipherString\" => \"A\")\n\
             ssl.cipher-list = \"B\"\n",
            &["A", "B"],
        ),
        ("ssl = { key = \"k\"; ciphers = \"A:B\"; }\n", &["A:B"]),
        (
            "  if (SSL_CTX_set_cipher_list(ctx, \"A:B\") != 1) {\n",
            &["A:B"],
        ),
        ("SSL_CTX_set_ciphersuites(ctx, \"TLS_A\");\n", &["TLS_A"]),
        ("builder.set_cipher_list(\"A\")?;\n", &["A"]),
        (
            "const o = { minVersion: 'TLSv1.2', ciphers: 'A:B' };\n",
            &["A:B"],
        ),
        ("$o = ['ssl' => ['ciphers' => 'A:B']];\n", &["A:B"]),
        ("context.ciphers = \"A\"\n", &["A"]),
        (
            "<SSLHostConfig protocols=\"TLSv1.2\" ciphers=\"A:B\">\n",
            &["A:B"],
        ),
        ("{\n  \"ciphers\": \"A:B\",\n}\n", &["A:B"]),
    ] {
        assert_eq!(strings(file), wanted, "{file:?}");
    }
    // Values of other types and prose are not cipher strings.
    for file in [
        "cipher_suites:\n  - A\n  - B c\n",
        "ciphers:\n  - A\n  x: y z\n",
        "the ciphers are: \"A\" and B\n",
        "int ciphers = count(\"A\");\nlet x = 1;\n",
    ] {
        assert!(strings(file).is_empty(), "{file:?}");
    }
}

#[test]
fn positions_count_characters_and_the_reader_never_panics() {
    let file = "ssl_ciphers é:A;";
    let places = Joined::new(file).places(file, 12, 4);
    assert_eq!(places, [(1, 13), (1, 13), (1, 14), (1, 15), (1, 16)]);
    const PIECES: [&str; 14] = [
        "ssl_ciphers",
        "SSLCipherSuite SSL",
        "tls_high_cipherlist",
        "bind ",
        "ciphers",
        " ",
        "\n",
        "\\\n",
        "=",
        "\"",
        ";",
        "é",
        "#",
        "\u{feff}",
    ];
    for number in 0..PIECES.len().pow(4) {
        let piece = |place: u32| PIECES[number / PIECES.len().pow(place) % PIECES.len()];
        let file: String = (0..4).map(piece).collect();
        let joined = Joined::new(&file);
        for found in find(&joined.text) {
            let places = joined.places(&file, found.at, found.string.len());
            assert_eq!(places.len(), found.string.len() + 1, "{file:?}");
        }
    }
}

#[test]
fn values_over_several_lines_and_several_values_on_one_line_are_found() {
    for (file, wanted) in [
        (
            "server { listen 443 ssl; ssl_ciphers A:B; }\n",
            &["A:B"][..],
        ),
        ("ssl_protocols TLSv1.2; ssl_ciphers A;\n", &["A"]),
        (
            "ssl_ciphers A; proxy_ssl_ciphers 'B;C'; grpc_ssl_ciphers D;\n",
            &["A", "B;C", "D"],
        ),
        (
            "server {\n  ssl_ciphers\n    A:B;\n  proxy_ssl_ciphers C;}\n",
            &["A:B", "C"],
        ),
        (
            "SSLCipherSuite A:\\\nB\nSSLProxyCipherSuite \\\n  C\n",
            &["A:B", "C"],
        ),
        (
            "tls_high_cipherlist = A:\n   B\ntls_low_cipherlist =\n\tC\n",
            &["A:    B", "C"],
        ),
        (
            "smtpd_tls_exclude_ciphers =\n   A,\n# no\n   B\nx = y\n",
            &["A,    B"],
        ),
        ("\u{feff}ssl_ciphers A;\n", &["A"]),
        ("; ciphers = A\nciphers = B\n# ; ciphers = C\n", &["B"]),
        (
            "log 'x; ssl_ciphers A;'; ssl_ciphers B; # ; ssl_ciphers C;\n",
            &["B"],
        ),
        (
            "bind :443 ssl ciphers A alpn h2 \\\n  ciphersuites B\n",
            &["A", "B"],
        ),
        ("ssl_ciphers A;\r\nssl_ciphers\r\n B;\r\n", &["A", "B"]),
    ] {
        assert_eq!(strings(file), wanted, "{file:?}");
    }
}

#[test]
fn cipher_directives_of_each_server_are_found() {
    let nginx = "server {\n  # ssl_ciphers OLD;\n  ssl_ciphers  HIGH:!aNULL;\n}\n";
    assert_eq!(strings(nginx), ["HIGH:!aNULL"]);
    assert_eq!(find(nginx)[0].directive, Some("ssl_ciphers"));
    assert_eq!(strings("\tssl_ciphers 'HIGH:!MD5';\r\n"), ["HIGH:!MD5"]);
    let apache = "<VirtualHost *>\nSSLCipherSuite SSL \"HIGH\"\nSSLCipherSuite TLSv1.3 TLS_A\n\
                  sslproxyciphersuite LOW\n</VirtualHost>";
    assert_eq!(strings(apache), ["HIGH", "TLS_A", "LOW"]);
    assert_eq!(find(apache)[1].kind, DirectiveKind::Tls13);
    let haproxy = "global\n ssl-default-bind-ciphers ECDHE+AESGCM\n\
                   frontend f\n bind :443 ssl crt a.pem ciphers AES:!SHA1 alpn h2\n bind :80\n";
    assert_eq!(strings(haproxy), ["ECDHE+AESGCM", "AES:!SHA1"]);
    let postfix = "smtpd_tls_ciphers = high\ntls_high_cipherlist = HIGH, !aNULL\n";
    assert_eq!(strings(postfix), ["HIGH, !aNULL"]);
    let excluded = "smtpd_tls_exclude_ciphers = aNULL, MD5 , DES\n";
    assert_eq!(strings(excluded), ["aNULL, MD5 , DES"]);
    assert_eq!(find(excluded)[0].kind, DirectiveKind::Excluded);
    for tls13 in [
        "ssl_conf_command Ciphersuites TLS_A:TLS_B;\n",
        "SSLOpenSSLConfCmd Ciphersuites TLS_A:TLS_B\n",
        " ssl-default-bind-ciphersuites TLS_A:TLS_B\n",
        " bind :443 ssl ciphersuites TLS_A:TLS_B\n",
        "tls-ciphersuites TLS_A:TLS_B\n",
        "Ciphersuites = TLS_A:TLS_B\n",
        "ctx.set_ciphersuites('TLS_A:TLS_B')\n",
    ] {
        assert_eq!(strings(tls13), ["TLS_A:TLS_B"], "{tls13}");
        assert_eq!(find(tls13)[0].kind, DirectiveKind::Tls13, "{tls13}");
    }
    let both = " bind :443 ssl ciphers HIGH ciphersuites TLS_A alpn h2\n";
    assert_eq!(strings(both), ["HIGH", "TLS_A"]);
    assert_eq!(strings("ssl_conf_command CipherString HIGH;\n"), ["HIGH"]);
    assert!(strings("ssl_conf_command Options KTLS;\n").is_empty());
    assert_eq!(strings("ssl_ciphers = 'HIGH' # x\n"), ["HIGH"]);
    assert_eq!(strings("ctx.set_ciphers(\"ALL\")\n"), ["ALL"]);
    assert_eq!(strings("ssl_ciphers"), [""]);
    assert_eq!(strings("ssl_ciphers \""), [""]);
}

#[test]
fn a_file_without_directives_is_a_list_of_strings_or_has_none() {
    assert_eq!(
        strings("# ours\nHIGH:!aNULL\r\n\n  AES\n"),
        ["HIGH:!aNULL", "AES"]
    );
    assert!(strings("server {\n listen 443 ssl;\n}\n").is_empty());
    assert!(strings("").is_empty());
}
