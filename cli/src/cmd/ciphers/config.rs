//! Finds cipher strings in configuration files.

/// A string found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Its offset in bytes, in the text with joined lines.
    pub(super) at: usize,
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

/// A text whose continued lines are joined, with the offset of each byte in the file.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) text: String,
    offsets: Vec<usize>,
    /// Where the lines of the file start; the first one starts after a byte order mark.
    lines: Vec<usize>,
}

impl Joined {
    /// Joins lines that end with a backslash, as in Apache's files, and lines that begin with a
    /// blank after a directive of Postfix. A byte order mark is dropped.
    pub(super) fn new(file: &str) -> Joined {
        let mut joined = Joined {
            text: String::with_capacity(file.len()),
            offsets: Vec::with_capacity(file.len() + 1),
            lines: Vec::new(),
        };
        let mut at = file.len() - file.trim_start_matches('\u{feff}').len();
        let (mut continues, mut postfix) = (false, false);
        for line in file[at..].split_inclusive('\n') {
            joined.lines.push(at);
            let words = line.trim();
            let comment = words.starts_with('#') && !continues;
            if postfix && !continues && line.starts_with([' ', '\t']) && !comment {
                // The value goes on: the line break becomes a blank.
                if joined.text.ends_with('\n') && !words.is_empty() {
                    joined.text.pop();
                    joined.text.push(' ');
                }
            } else if !continues && !comment && !words.is_empty() {
                postfix = is_postfix(word(words, |c| c.is_whitespace() || c == '='));
            }
            let without_break = line.trim_end_matches(['\r', '\n']);
            continues = !comment && without_break.ends_with('\\');
            let kept = match continues {
                true => &without_break[..without_break.len() - 1],
                false => line,
            };
            if !(postfix && comment) {
                joined.text.push_str(kept);
                joined.offsets.extend(at..at + kept.len());
            }
            at += line.len();
        }
        joined.offsets.push(at);
        if joined.lines.is_empty() {
            joined.lines.push(at);
        }
        joined
    }

    /// Line and column in the file, counted from 1, for each byte of a part of the text, and for its
    /// end.
    pub(super) fn places(&self, file: &str, at: usize, length: usize) -> Vec<(usize, usize)> {
        let offsets = self.offsets.get(at..=at + length).unwrap_or_default();
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(offsets.len());
        let mut last = 0;
        for &offset in offsets {
            let line = self.lines.partition_point(|start| *start <= offset);
            let start = self.lines.get(line - 1).copied().unwrap_or(0);
            let (from, before) = match places.last() {
                Some((same, column)) if *same == line => (last, *column),
                _ => (start, 1),
            };
            let between = file.get(from..offset).unwrap_or_default();
            places.push((line, before + between.chars().count()));
            if file.is_char_boundary(offset) {
                last = offset;
            }
        }
        places
    }
}

fn is_postfix(directive: &str) -> bool {
    let lower = directive.to_ascii_lowercase();
    kind_of(directive) == Some(Kind::Excluded) || lower.ends_with("_cipherlist")
}

/// Finds the strings in a text with joined lines: the values of directives, or else, if every line
/// is one word, the lines.
pub(super) fn find(text: &str) -> Vec<Found<'_>> {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        // A value of nginx may be on the line after its directive, and has been read then.
        let read = found
            .last()
            .map_or(0, |found| found.at + found.string.len());
        let mut statement = at.max(read.min(end));
        if !line.trim_start().starts_with(['#', ';']) {
            while let Some(rest) = text
                .get(statement..end)
                .filter(|rest| !rest.trim().is_empty())
            {
                let before = found.len();
                found.extend(find_in_line(text, statement, rest));
                let read = found.get(before..).and_then(<[_]>::last);
                let read = read.map_or(statement, |found| found.at + found.string.len());
                statement = next_statement(text, read, end);
            }
        }
        at = end;
    }
    if found.is_empty() {
        return list(text);
    }
    found
}

/// The start of the next statement on a line: after `;`, `{` or `}`, but not within quotes.
fn next_statement(text: &str, from: usize, end: usize) -> usize {
    let Some(rest) = text.get(from..end) else {
        return end;
    };
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && rest[at + 1..].contains(c) => quote = Some(c),
            None if c == '#' => return end,
            None if matches!(c, ';' | '{' | '}') => return from + at + 1,
            None => {}
        }
    }
    end
}

fn list(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let word = line.trim();
        if !word.is_empty() && !word.starts_with('#') {
            if word.contains(char::is_whitespace) {
                return Vec::new();
            }
            found.push(Found {
                at: at + offset(line, word),
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
        let rest = text.get(behind..at + line.len())?.trim_start();
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
    // In nginx's files, the value may stand on the next line.
    let rest = match assigned || !directive.to_ascii_lowercase().ends_with("ssl_ciphers") {
        true => rest,
        false => rest.trim_start(),
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
        directive: Some(directive),
        kind,
        string,
    })
}

#[cfg(test)]
mod tests {
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
    fn places_count_characters_and_no_text_makes_the_reader_panic() {
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
    fn values_on_several_lines_and_several_on_one_are_found() {
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
