//! Finds cipher strings in configuration files.

/// A string found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Its offset in bytes.
    pub(super) at: usize,
    /// The number of its first line, counted from 1, and that line's offset.
    pub(super) line: (usize, usize),
    /// The directive's name; `None` in a file that is a list of strings.
    pub(super) directive: Option<&'a str>,
    pub(super) kind: Kind,
    pub(super) string: &'a str,
}

/// The kind of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A cipher string.
    Ciphers,
    /// A list of TLS 1.3 suites.
    Tls13,
    /// Names that Postfix excludes from its own string, as if each had a `!`.
    Excluded,
}

/// Directives at the start of a line, and the kind of their value.
const DIRECTIVES: &[(Kind, &[&str])] = &[
    (
        Kind::Ciphers,
        &[
            // nginx; the first is also PostgreSQL's
            "ssl_ciphers",
            "proxy_ssl_ciphers",
            "grpc_ssl_ciphers",
            "uwsgi_ssl_ciphers",
            // Apache
            "SSLCipherSuite",
            "SSLProxyCipherSuite",
            // HAProxy
            "ssl-default-bind-ciphers",
            "ssl-default-server-ciphers",
            // Postfix
            "tls_high_cipherlist",
            "tls_medium_cipherlist",
            "tls_low_cipherlist",
            "tls_export_cipherlist",
            "tls_null_cipherlist",
            // Dovecot, Exim, lighttpd, stunnel, Redis, MySQL, openssl.cnf
            "ssl_cipher_list",
            "tls_require_ciphers",
            "ssl.cipher-list",
            "ciphers",
            "tls-ciphers",
            "ssl_cipher",
            "ssl-cipher",
            "CipherString",
        ],
    ),
    (
        Kind::Tls13,
        &[
            // HAProxy
            "ssl-default-bind-ciphersuites",
            "ssl-default-server-ciphersuites",
            // PostgreSQL, Dovecot, MySQL, Redis, OpenVPN, stunnel, openssl.cnf
            "ssl_tls13_ciphers",
            "ssl_cipher_suites",
            "tls_ciphersuites",
            "admin_tls_ciphersuites",
            "tls-ciphersuites",
            "Ciphersuites",
        ],
    ),
    (
        Kind::Excluded,
        &[
            // Postfix
            "smtpd_tls_exclude_ciphers",
            "smtpd_tls_mandatory_exclude_ciphers",
            "smtp_tls_exclude_ciphers",
            "smtp_tls_mandatory_exclude_ciphers",
            "lmtp_tls_exclude_ciphers",
            "lmtp_tls_mandatory_exclude_ciphers",
            "tlsproxy_tls_exclude_ciphers",
            "tlsproxy_tls_mandatory_exclude_ciphers",
        ],
    ),
];

/// Directives that pass a name and a value to OpenSSL.
const COMMANDS: &[&str] = &[
    "ssl_conf_command",
    "proxy_ssl_conf_command",
    "grpc_ssl_conf_command",
    "uwsgi_ssl_conf_command",
    "SSLOpenSSLConfCmd",
];

fn kind_of(name: &str) -> Option<Kind> {
    let of = |(kind, names): &(Kind, &[&str])| {
        let is_one = names.iter().any(|n| n.eq_ignore_ascii_case(name));
        is_one.then_some(*kind)
    };
    DIRECTIVES.iter().find_map(of)
}

/// Finds the strings in a text: the values of directives, or else, if every line is one word, the
/// lines.
pub(super) fn find(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if !line.trim_start().starts_with('#') {
            let in_line = find_in_line(text, at, line).into_iter();
            // A value starts on its directive's line.
            found.extend(in_line.map(|found| Found {
                line: (number, at),
                ..found
            }));
        }
        at += line.len();
    }
    if found.is_empty() {
        return list(text);
    }
    found
}

fn list(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let word = line.trim();
        if !word.is_empty() && !word.starts_with('#') {
            if word.contains(char::is_whitespace) {
                return Vec::new();
            }
            found.push(Found {
                at: at + offset(line, word),
                line: (number, at),
                directive: None,
                kind: Kind::Ciphers,
                string: word,
            });
        }
        at += line.len();
    }
    found
}

/// The offset of a part of a text.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// HAProxy may have several strings among the words of a line; other formats have one.
fn find_in_line<'a>(text: &'a str, at: usize, line: &'a str) -> Vec<Found<'a>> {
    let mut rest = line.trim_start();
    if !matches!(
        word(rest, char::is_whitespace),
        "bind" | "server" | "default-server"
    ) {
        return find_directive(text, at, line).into_iter().collect();
    }
    let mut found = Vec::new();
    while !rest.is_empty() {
        let next = word(rest, char::is_whitespace);
        let after = rest.get(next.len()..).unwrap_or_default();
        if let ("ciphers" | "ciphersuites", Some(kind)) = (next, kind_of(next)) {
            found.extend(value(text, at + offset(line, after), next, kind));
        }
        rest = after.trim_start();
    }
    found
}

fn find_directive<'a>(text: &'a str, at: usize, line: &'a str) -> Option<Found<'a>> {
    let words = line.trim_start();
    let mut name = word(words, |c| c.is_whitespace() || c == '=');
    let mut behind = at + offset(line, words) + name.len();
    if COMMANDS
        .iter()
        .any(|command| command.eq_ignore_ascii_case(name))
    {
        let rest = text.get(behind..at + line.len())?;
        let rest = rest.trim_start();
        name = word(rest, char::is_whitespace);
        behind = offset(text, rest) + name.len();
    }
    if let Some(kind) = kind_of(name) {
        return value(text, behind, name, kind);
    }
    // A call in a program's source.
    for (call, kind) in [
        ("set_ciphers", Kind::Ciphers),
        ("set_ciphersuites", Kind::Tls13),
    ] {
        let Some(found) = line.find(&format!("{call}(")) else {
            continue;
        };
        let rest = line.get(found + call.len() + 1..)?;
        let quoted = rest.trim_start().trim_start_matches(['r', 'b', 'u']);
        let at = at + offset(line, quoted);
        let name = line.get(found..found + call.len())?;
        return quoted
            .starts_with(['"', '\''])
            .then(|| value(text, at, name, kind))?;
    }
    None
}

fn word(text: &str, ends: impl Fn(char) -> bool) -> &str {
    let end = text.find(ends).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The value at `from`: a quoted string, or after `=` the rest of the line, or else one word.
fn value<'a>(text: &'a str, from: usize, directive: &'a str, kind: Kind) -> Option<Found<'a>> {
    let blank = |c: char| c == ' ' || c == '\t';
    let rest = text.get(from..)?.trim_start_matches(blank);
    let (assigned, rest) = match rest.strip_prefix('=') {
        Some(rest) => (true, rest.trim_start_matches(blank)),
        None => (false, rest),
    };
    let string = if let Some(quoted) = rest.strip_prefix(['"', '\'']) {
        word(quoted, |c| rest.starts_with(c))
    } else if assigned {
        word(rest, |c| c == '\n').trim_end()
    } else {
        word(rest, |c| c.is_whitespace() || c == ';')
    };
    // In Apache's directive, the protocol may come first.
    if directive.to_ascii_lowercase().ends_with("ciphersuite") {
        let behind = offset(text, string) + string.len();
        if string.eq_ignore_ascii_case("TLSv1.3") {
            return value(text, behind, directive, Kind::Tls13);
        }
        if string.eq_ignore_ascii_case("SSL") {
            return value(text, behind, directive, Kind::Ciphers);
        }
    }
    let string = if assigned {
        string.trim_end_matches(';')
    } else {
        string
    };
    Some(Found {
        at: offset(text, string),
        line: (1, 0),
        directive: Some(directive),
        kind,
        string,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<&str> {
        let found = find(text);
        for f in &found {
            assert_eq!(&text[f.at..f.at + f.string.len()], f.string);
        }
        found.iter().map(|f| f.string).collect()
    }

    #[test]
    fn the_directives_of_servers_are_found() {
        let nginx = "server {\n  # ssl_ciphers OLD;\n  ssl_ciphers  HIGH:!aNULL;\n}\n";
        assert_eq!(strings(nginx), ["HIGH:!aNULL"]);
        assert_eq!(find(nginx)[0].directive, Some("ssl_ciphers"));
        assert_eq!(strings("\tssl_ciphers 'HIGH:!MD5';\r\n"), ["HIGH:!MD5"]);
        let apache = "<VirtualHost *>\nSSLCipherSuite SSL \"HIGH\"\nSSLCipherSuite TLSv1.3 TLS_A\n\
                      sslproxyciphersuite LOW\n</VirtualHost>";
        assert_eq!(strings(apache), ["HIGH", "TLS_A", "LOW"]);
        assert_eq!(find(apache)[1].kind, Kind::Tls13);
        let haproxy = "global\n ssl-default-bind-ciphers ECDHE+AESGCM\n\
                       frontend f\n bind :443 ssl crt a.pem ciphers AES:!SHA1 alpn h2\n bind :80\n";
        assert_eq!(strings(haproxy), ["ECDHE+AESGCM", "AES:!SHA1"]);
        let postfix = "smtpd_tls_ciphers = high\ntls_high_cipherlist = HIGH, !aNULL\n";
        assert_eq!(strings(postfix), ["HIGH, !aNULL"]);
        let excluded = "smtpd_tls_exclude_ciphers = aNULL, MD5 , DES\n";
        assert_eq!(strings(excluded), ["aNULL, MD5 , DES"]);
        assert_eq!(find(excluded)[0].kind, Kind::Excluded);
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
            assert_eq!(find(tls13)[0].kind, Kind::Tls13, "{tls13}");
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
    fn other_files_are_lists_of_strings_or_have_none() {
        assert_eq!(
            strings("# ours\nHIGH:!aNULL\r\n\n  AES\n"),
            ["HIGH:!aNULL", "AES"]
        );
        assert!(strings("server {\n listen 443 ssl;\n}\n").is_empty());
        assert!(strings("").is_empty());
    }
}
