//! Finds cipher strings in configuration files.

/// A string found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Its offset in bytes, in the text with joined lines.
    pub(super) at: usize,
    /// The directive's name; `None` in a file that is a list of strings.
    pub(super) directive: Option<&'a str>,
    pub(super) kind: DirectiveKind,
    pub(super) string: &'a str,
}

/// The kind of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DirectiveKind {
    /// A cipher string.
    Ciphers,
    /// A list of TLS 1.3 suites.
    Tls13,
    /// Names that Postfix excludes from its own string, as if each had a `!`.
    Excluded,
}

/// Directives at the start of a line, and the kind of their value.
const DIRECTIVES: &[(DirectiveKind, &[&str])] = &[
    (
        DirectiveKind::Ciphers,
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
            // ProFTPD, OpenLDAP, squid
            "TLSCipherSuite",
            "olcTLSCipherSuite",
            "sslproxy_cipher",
        ],
    ),
    (
        DirectiveKind::Tls13,
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
            // mosquitto
            "ciphers_tls1.3",
        ],
    ),
    (
        DirectiveKind::Excluded,
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

/// Directives of squid with options such as `cipher=HIGH`.
const SQUID: &[&str] = &[
    "http_port",
    "https_port",
    "tls_outgoing_options",
    "cache_peer",
];

/// Calls in programs; their first quoted argument is the string.
const CALLS: &[(&str, DirectiveKind)] = &[
    // C, Python, Rust
    ("SSL_CTX_set_cipher_list", DirectiveKind::Ciphers),
    ("SSL_set_cipher_list", DirectiveKind::Ciphers),
    ("SSL_CTX_set_ciphersuites", DirectiveKind::Tls13),
    ("SSL_set_ciphersuites", DirectiveKind::Tls13),
    ("set_ciphers", DirectiveKind::Ciphers),
    ("set_cipher_list", DirectiveKind::Ciphers),
    ("set_ciphersuites", DirectiveKind::Tls13),
];

/// Directives that pass a name and a value to OpenSSL.
const COMMANDS: &[&str] = &[
    "ssl_conf_command",
    "proxy_ssl_conf_command",
    "grpc_ssl_conf_command",
    "uwsgi_ssl_conf_command",
    "SSLOpenSSLConfCmd",
    "ssl.openssl.ssl-conf-cmd",
];

fn kind_of(name: &str) -> Option<DirectiveKind> {
    let of = |(kind, names): &(DirectiveKind, &[&str])| {
        let is_one = names.iter().any(|n| n.eq_ignore_ascii_case(name));
        is_one.then_some(*kind)
    };
    // RabbitMQ numbers the suites of its list.
    let rabbit = name.starts_with("ssl_options.ciphers.") || name.contains(".ssl_options.ciphers.");
    let all = DIRECTIVES.iter().find_map(of);
    all.or(rabbit.then_some(DirectiveKind::Ciphers))
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
                // The value continues on this line, so the line break becomes a blank.
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
    kind_of(directive) == Some(DirectiveKind::Excluded) || lower.ends_with("_cipherlist")
}

/// Finds the strings in a text with joined lines: the values of directives, or else, if every line
/// is one word, the lines.
pub(super) fn find(text: &str) -> Vec<Found<'_>> {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        // Skips a value of nginx that was on the line after its directive and has been read with
        // it.
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
                kind: DirectiveKind::Ciphers,
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

/// HAProxy and squid may have several strings among the words of a line; other formats have one.
fn find_in_line<'a>(text: &'a str, at: usize, line: &'a str) -> Vec<Found<'a>> {
    let mut rest = line.trim_start();
    let first = word(rest, char::is_whitespace);
    let squid = SQUID.contains(&first);
    if !squid && !matches!(first, "bind" | "server" | "default-server") {
        return find_directive(text, at, line).into_iter().collect();
    }
    let mut found = Vec::new();
    while !rest.is_empty() {
        let next = word(rest, char::is_whitespace);
        let after = rest.get(next.len()..).unwrap_or_default();
        if squid && next.starts_with("cipher=") {
            let string = next.get("cipher=".len()..).unwrap_or_default();
            found.push(Found {
                at: offset(text, string),
                directive: next.get(.."cipher".len()),
                kind: DirectiveKind::Ciphers,
                string,
            });
        } else if let ("ciphers" | "ciphersuites", Some(kind)) = (next, kind_of(next)) {
            found.extend(value(text, at + offset(line, after), next, kind));
        }
        rest = after.trim_start();
    }
    found
}

fn find_directive<'a>(text: &'a str, at: usize, line: &'a str) -> Option<Found<'a>> {
    let (mut name, mut behind) = name_at(line, 0)?;
    if COMMANDS
        .iter()
        .any(|command| command.eq_ignore_ascii_case(name))
    {
        // lighttpd has a list of pairs in parentheses.
        let rest = line
            .get(behind..)?
            .trim_start_matches([' ', '\t', '=', '(']);
        (name, behind) = name_at(line, offset(line, rest))?;
    }
    if let Some(kind) = kind_of(name) {
        return value(text, at + behind, name, kind);
    }
    // A call in a program's source.
    for (call, kind) in CALLS {
        let open = line.match_indices(call).find(|(found, _)| {
            let behind = line.get(found + call.len()..).unwrap_or_default();
            behind.starts_with('(')
        });
        let Some((found, name)) = open else {
            continue;
        };
        let quoted = line.get(found + call.len()..)?.find(['"', '\''])? + found + call.len();
        return value(text, at + quoted, name, *kind);
    }
    // A quoted value of a key in a program's source, in JSON or in an element of XML.
    let mut keys = line.match_indices("cipher").filter_map(|(found, _)| {
        let before = line.get(..found)?.chars().next_back();
        let starts = before.is_none_or(|c| c.is_whitespace() || ",{([<\"'.".contains(c));
        let (name, behind) = name_at(line, found).filter(|_| starts)?;
        let kind = match name.to_ascii_lowercase().as_str() {
            "cipher" | "ciphers" | "cipher_list" => DirectiveKind::Ciphers,
            "ciphersuites" => DirectiveKind::Tls13,
            _ => return None,
        };
        let quote = before.filter(|c| matches!(c, '"' | '\''));
        let rest = line.get(behind..)?;
        let rest = quote
            .and_then(|quote| rest.strip_prefix(quote))
            .unwrap_or(rest);
        let (assigned, value_text) = assignment(rest);
        let is_quoted = assigned && value_text.starts_with(['"', '\'']);
        is_quoted.then(|| value(text, at + offset(line, rest), name, kind))?
    });
    keys.next()
}

/// The name at `from`, perhaps in quotes, and where it ends.
fn name_at(line: &str, from: usize) -> Option<(&str, usize)> {
    let words = line.get(from..)?.trim_start();
    let quote = words.chars().next().filter(|c| matches!(c, '"' | '\''));
    let words = words.get(quote.map_or(0, char::len_utf8)..)?;
    let ends = |c: char| c.is_whitespace() || "=:,()<>".contains(c) || Some(c) == quote;
    let name = word(words, |c| {
        ends(c) || quote.is_none() && matches!(c, '"' | '\'')
    });
    let behind = offset(line, words) + name.len();
    let closed =
        quote.is_some_and(|quote| line.get(behind..).is_some_and(|l| l.starts_with(quote)));
    Some((name, behind + usize::from(closed)))
}

/// Whether a value is assigned with `=`, `=>` or `:`, and the text behind that.
fn assignment(text: &str) -> (bool, &str) {
    let blank = |c: char| c == ' ' || c == '\t';
    let text = text.trim_start_matches(blank);
    let rest = ["=>", "=", ":"]
        .iter()
        .find_map(|sign| text.strip_prefix(sign));
    match rest {
        Some(rest) => (true, rest.trim_start_matches(blank)),
        None => (false, text),
    }
}

fn word(text: &str, ends: impl Fn(char) -> bool) -> &str {
    let end = text.find(ends).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The value at `from`: a quoted string, or after an assignment the rest of the line, or else one
/// word.
fn value<'a>(
    text: &'a str,
    from: usize,
    directive: &'a str,
    kind: DirectiveKind,
) -> Option<Found<'a>> {
    let (assigned, rest) = assignment(text.get(from..)?);
    // In nginx's files, the value may stand on the next line.
    let rest = match assigned || !directive.to_ascii_lowercase().ends_with("ssl_ciphers") {
        true => rest,
        false => rest.trim_start(),
    };
    let string = if let Some(quoted) = rest.strip_prefix(['"', '\'']) {
        word(quoted, |c| rest.starts_with(c))
    } else if assigned {
        let line = word(rest, |c| c == '\n').trim_end();
        // The value is a YAML list on the next lines.
        if line.is_empty() && !text.get(from..)?.trim_start().starts_with('=') {
            return None;
        }
        line
    } else {
        word(rest, |c| c.is_whitespace() || c == ';')
    };
    // In Apache's directive, the protocol may come first.
    if directive.to_ascii_lowercase().ends_with("ciphersuite") {
        let behind = offset(text, string) + string.len();
        if string.eq_ignore_ascii_case("TLSv1.3") {
            return value(text, behind, directive, DirectiveKind::Tls13);
        }
        if string.eq_ignore_ascii_case("SSL") {
            return value(text, behind, directive, DirectiveKind::Ciphers);
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
mod tests;
