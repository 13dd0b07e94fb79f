//! Where cipher strings stand in configuration files.

/// A string in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// The line in which it begins, counted from 1, and where that begins.
    pub(super) line: (usize, usize),
    /// The name before it; none in a file that is a list of strings.
    pub(super) directive: Option<&'a str>,
    pub(super) string: &'a str,
}

/// Directives whose value is a cipher string of OpenSSL, at the start of a line.
const DIRECTIVES: &[&str] = &[
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
    // Dovecot, Exim, lighttpd, stunnel, Redis, MySQL, openssl.cnf
    "ssl_cipher_list",
    "tls_require_ciphers",
    "ssl.cipher-list",
    "ciphers",
    "tls-ciphers",
    "ssl_cipher",
    "ssl-cipher",
    "CipherString",
];

/// The strings in a text: the values of directives, or else, if every line is one word, the lines.
pub(super) fn find(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if !line.trim_start().starts_with('#') {
            let place = (number, at);
            found.extend(find_in_line(text, place, line));
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
                string: word,
            });
        }
        at += line.len();
    }
    found
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn find_in_line<'a>(text: &'a str, place: (usize, usize), line: &'a str) -> Option<Found<'a>> {
    let (_, at) = place;
    // A value begins in the line of its directive.
    let value = |from, name| {
        Some(Found {
            line: place,
            ..value(text, from, name)?
        })
    };
    let words = line.trim_start();
    let name = word(words, |c| c.is_whitespace() || c == '=');
    let is_directive = DIRECTIVES.iter().any(|d| d.eq_ignore_ascii_case(name));
    if is_directive {
        return value(at + offset(line, words) + name.len(), name);
    }
    // A call in a program.
    if let Some((before, rest)) = line.split_once("set_ciphers(") {
        let quoted = rest.trim_start().trim_start_matches(['r', 'b', 'u']);
        let at = at + offset(line, quoted);
        let name = line.get(before.len()..before.len() + "set_ciphers".len())?;
        return quoted.starts_with(['"', '\'']).then(|| value(at, name))?;
    }
    // HAProxy has it among the words of a line.
    if matches!(name, "bind" | "server" | "default-server") {
        let mut rest = words;
        loop {
            let next = word(rest, char::is_whitespace);
            let after = rest.get(next.len()..)?;
            if next == "ciphers" {
                return value(at + offset(line, after), next);
            }
            rest = after.trim_start();
            if rest.is_empty() {
                return None;
            }
        }
    }
    None
}

fn word(text: &str, ends: impl Fn(char) -> bool) -> &str {
    let end = text.find(ends).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The value that follows at `from`: quoted, or after `=` the rest of the line, or else a word.
fn value<'a>(text: &'a str, from: usize, directive: &'a str) -> Option<Found<'a>> {
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
    // Apache says which protocol it is for; TLS 1.3 has no cipher string.
    if directive.to_ascii_lowercase().ends_with("ciphersuite") {
        if string.eq_ignore_ascii_case("TLSv1.3") {
            return None;
        }
        if string.eq_ignore_ascii_case("SSL") {
            return value(text, offset(text, string) + string.len(), directive);
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
        assert_eq!(strings(apache), ["HIGH", "LOW"]);
        let haproxy = "global\n ssl-default-bind-ciphers ECDHE+AESGCM\n\
                       frontend f\n bind :443 ssl crt a.pem ciphers AES:!SHA1 alpn h2\n bind :80\n";
        assert_eq!(strings(haproxy), ["ECDHE+AESGCM", "AES:!SHA1"]);
        let postfix = "smtpd_tls_ciphers = high\ntls_high_cipherlist = HIGH, !aNULL\n";
        assert_eq!(strings(postfix), ["HIGH, !aNULL"]);
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
