//! Lists of suites, by the names of OpenSSL or of the TLS registry.

use super::text::Word;
use super::value;
use crate::cipher::{Cipher, registry};

/// A list of suites.
pub(super) enum List {
    /// A cipher string of OpenSSL.
    String(Word),
    /// Names of the registry, without those of TLS 1.3.
    Registry(Word),
    Tls13(Word),
}

/// A suite by its name in the registry, in Java or in Go.
pub(super) fn suite(name: &str) -> Option<&'static Cipher> {
    // OpenVPN writes the registry's names with dashes.
    let name = name.replace('-', "_");
    let rest = name.strip_prefix("TLS_").or(name.strip_prefix("SSL_"))?;
    let standard = format!("TLS_{rest}");
    // Go's older names of these suites lack the digest.
    let longer = format!("{standard}_SHA256");
    let named = |wanted: &str| {
        registry()
            .iter()
            .find(|suite| suite.standard_name == Some(wanted))
    };
    let chacha = standard.ends_with("CHACHA20_POLY1305");
    named(&standard).or_else(|| chacha.then(|| named(&longer))?)
}

/// The lists of suites in a value, which a program accepts in OpenSSL's form or as names of the
/// registry.
pub(super) fn suites(is_code: bool, values: &[Word]) -> Vec<List> {
    let is_constant = |word: &&Word| {
        word.quoted || word.text().starts_with("TLS_") || word.text().starts_with("SSL_")
    };
    let counts = |word: &&Word| !is_code || is_constant(word) && !is_separator(word);
    let words: Vec<Word> = values.iter().filter(counts).cloned().collect();
    let text = words.iter().map(Word::text).collect::<Vec<_>>().join(":");
    if text.is_empty() {
        return Vec::new();
    }
    if !value::is_registry_list(&text) {
        // A program accepts a list of OpenSSL's names (Elixir, Erlang) or an OpenSSL string in this
        // setting. BoringSSL puts suites of equal preference in brackets. A text with sentences is
        // not a list of suites.
        let prose = text.contains(". ")
            || text.split_whitespace().count() > 1 && !text.contains([',', ':', '!']);
        let odd = text.contains(['/', '{', '}', '<', '>', '%', '*', '?', '\\'])
            || text.contains(", ") && !text.contains('-');
        if prose || odd || is_code && !looks_like_ciphers(&text) {
            return Vec::new();
        }
        let lists = words
            .iter()
            .flat_map(|word| word.split(|c| "[|]".contains(c)));
        let mut words: Vec<_> = lists.collect();
        // Node, Erlang and others accept suites of TLS 1.3 in this list. OpenSSL has a list of its
        // own for them.
        let is_newer = |word: &Word| suite(word.text()).is_some_and(Cipher::is_tls13);
        let pieces: Vec<_> = words
            .iter()
            .flat_map(|word| word.split(|c| c == ':'))
            .collect();
        let (newer, older): (Vec<Word>, Vec<Word>) = pieces.into_iter().partition(is_newer);
        let mut all = Vec::new();
        if !newer.is_empty() {
            words = older;
            all.push(List::Tls13(value::joined(&newer)));
        }
        all.push(List::String(value::joined(&words)));
        return all;
    }
    let names = words
        .iter()
        .flat_map(|word| word.split(|c| c.is_whitespace() || ",:;\"'".contains(c)));
    // Go and Java have the suites of TLS 1.3 and the others in one list.
    let (newer, older): (Vec<Word>, Vec<Word>) =
        names.partition(|name| suite(name.text()).is_some_and(Cipher::is_tls13));
    let mut all = Vec::new();
    if !older.is_empty() {
        all.push(List::Registry(value::joined(&older)));
    }
    if !newer.is_empty() {
        all.push(List::Tls13(value::joined(&newer)));
    }
    all
}

/// Whether a string has only separators, such as the argument of a function that joins strings.
pub(super) fn is_separator(word: &Word) -> bool {
    word.text()
        .chars()
        .all(|c| matches!(c, ':' | ',' | ' ' | ';'))
}

/// Whether a string of a program is a cipher string and not a name of something else.
fn looks_like_ciphers(text: &str) -> bool {
    let known = [
        "HIGH", "MEDIUM", "LOW", "ALL", "DEFAULT", "ECDH", "DHE", "AES", "NULL", "RSA", "RC4",
        "DES", "CHACHA", "PSK", "SHA", "MD5", "@", "PROFILE", "NORMAL", "SECURE", "kEDH", "EDH",
        "CAMELLIA",
    ];
    known.iter().any(|word| text.contains(word))
        && !text.contains("CBC/")
        && !text.starts_with("aes")
}
