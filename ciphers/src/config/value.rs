//! The meaning of values.

use pyssl::{Options, TlsVersion};

use super::programs::Kind;
use super::statement::Change;
use super::text::{Word, folded};

/// A rule that a setting states about protocol versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum VersionRule {
    Only(Vec<TlsVersion>),
    With(TlsVersion),
    Without(TlsVersion),
    /// Excludes a version, unless a lowest or a highest version is stated (HAProxy).
    WithoutIfNoLimit(TlsVersion),
    /// The option that excluded this version is taken back.
    Restore(TlsVersion),
    /// It is unknown whether an option excludes this version. `None`: any option may have been taken back.
    Doubt(Option<TlsVersion>),
    /// Every version from this one on. `None` stands for the library's lowest version.
    Min(Option<TlsVersion>),
    /// Every version up to this one. `None` stands for the newest version.
    Max(Option<TlsVersion>),
    /// The library's lowest version holds, unless another one is stated.
    LibraryMin,
    /// The lowest version is the program's default.
    DefaultMin,
    /// The versions are the program's default.
    Default,
}

/// The versions that are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Versions {
    pub(super) on: Vec<TlsVersion>,
    /// Whether some of them depend on a default of the program.
    pub(super) is_open: bool,
}

/// The lowest version that the rules state.
enum Lowest {
    Unstated,
    Default,
    Library,
    Version(TlsVersion),
}

/// The versions from which a setting that only excludes versions removes some.
pub(super) const USUAL: [TlsVersion; 4] = [
    TlsVersion::TLSv1,
    TlsVersion::TLSv1_1,
    TlsVersion::TLSv1_2,
    TlsVersion::TLSv1_3,
];

const ALL: [TlsVersion; 5] = [
    TlsVersion::SSLv3,
    TlsVersion::TLSv1,
    TlsVersion::TLSv1_1,
    TlsVersion::TLSv1_2,
    TlsVersion::TLSv1_3,
];

#[cfg(test)]
thread_local! {
    /// The number of calls of [`versions`] in this thread.
    pub(super) static CALLS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The versions that are on after these rules; none if no rule states versions.
pub(super) fn versions<'a>(
    rules: impl Iterator<Item = &'a VersionRule> + Clone,
) -> Option<Versions> {
    #[cfg(test)]
    CALLS.set(CALLS.get() + 1);
    let states =
        |rule: &VersionRule| !matches!(rule, VersionRule::Restore(_) | VersionRule::Doubt(_));
    if !rules.clone().any(states) {
        return None;
    }
    let mut on = USUAL.to_vec();
    // The versions that rules excluded, and the versions that may be on or off.
    let (mut without, mut doubtful) = (Vec::new(), Vec::new());
    let mut excluded = Vec::new();
    let (mut least, mut max) = (Lowest::Unstated, None);
    let (mut is_listed, mut is_default, mut is_library) = (false, false, false);
    for rule in rules {
        is_listed |= matches!(
            rule,
            VersionRule::Only(_) | VersionRule::With(_) | VersionRule::Without(_)
        );
        match rule {
            VersionRule::Only(versions) => {
                on.clone_from(versions);
                (without, doubtful) = (Vec::new(), Vec::new());
                (least, max, is_default) = (Lowest::Unstated, None, false);
            }
            VersionRule::With(version) => {
                on.push(*version);
                doubtful.retain(|other| other != version);
            }
            VersionRule::Without(version) => {
                if on.contains(version) || doubtful.contains(version) {
                    without.push(*version);
                }
                on.retain(|other| other != version);
                doubtful.retain(|other| other != version);
            }
            VersionRule::Restore(version) if without.contains(version) => {
                without.retain(|other| other != version);
                on.push(*version);
            }
            // The version may be off by default.
            VersionRule::Restore(version) if on.contains(version) => {}
            VersionRule::Restore(version) | VersionRule::Doubt(Some(version)) => {
                doubtful.push(*version);
            }
            VersionRule::Doubt(None) => doubtful.append(&mut without),
            VersionRule::WithoutIfNoLimit(version) => excluded.push(*version),
            VersionRule::Min(Some(version)) => least = Lowest::Version(*version),
            VersionRule::Min(None) => least = Lowest::Library,
            VersionRule::Max(version) => max = *version,
            VersionRule::LibraryMin => is_library = true,
            VersionRule::DefaultMin => least = Lowest::Default,
            VersionRule::Default => {
                on = USUAL.to_vec();
                (without, doubtful) = (Vec::new(), Vec::new());
                (least, max, is_default, is_listed) = (Lowest::Default, None, true, false);
            }
        }
    }
    let is_open = match least {
        Lowest::Default => true,
        Lowest::Unstated => {
            let excludes = max.is_none() && !excluded.is_empty();
            is_default || !is_listed && !is_library && !excludes
        }
        Lowest::Library | Lowest::Version(_) => is_default,
    };
    let min = match least {
        Lowest::Version(version) => Some(version),
        // The file does not state the program's default. It is TLS 1.2 in most current releases.
        Lowest::Default | Lowest::Unstated if is_open => {
            let newest = max.unwrap_or(TlsVersion::TLSv1_3);
            Some(newest.min(TlsVersion::TLSv1_2))
        }
        _ => None,
    };
    if matches!(least, Lowest::Unstated) && max.is_none() {
        on.retain(|version| !excluded.contains(version));
    }
    if min == Some(TlsVersion::SSLv3) {
        on.push(TlsVersion::SSLv3);
    }
    let within = |version: &TlsVersion| {
        min.is_none_or(|min| *version >= min) && max.is_none_or(|max| *version <= max)
    };
    let is_on = |version: &TlsVersion| on.contains(version) && !doubtful.contains(version);
    let on = ALL
        .into_iter()
        .filter(|version| is_on(version) && within(version))
        .collect();
    let is_open = is_open || doubtful.iter().any(within);
    Some(Versions { on, is_open })
}

/// A word that names a version.
enum Named {
    One(TlsVersion),
    /// SSL 2.0, which no supported OpenSSL has.
    Ssl2,
    Every,
    /// The program's default.
    Default,
    Nothing,
}

/// Reads names such as `TLSv1.2`, `tls1.2`, `VersionTLS12`, `TLS1_2_VERSION`, `3.3`.
fn named(word: &str) -> Option<Named> {
    let lower: String = word
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match lower.as_str() {
        "all" | "any" | "tls" | "tlsv1x" | "sslv23" | "ssl" | "minimumsupported"
        | "maximumsupported" => {
            return Some(Named::Every);
        }
        "default" | "auto" | "tlsauto" | "null" | "nil" | "undefined" => {
            return Some(Named::Default);
        }
        "none" | "0" => return Some(Named::Nothing),
        "0x0303" | "771" => return Some(Named::One(TlsVersion::TLSv1_2)),
        "0x0304" | "772" => return Some(Named::One(TlsVersion::TLSv1_3)),
        "0x0302" | "770" => return Some(Named::One(TlsVersion::TLSv1_1)),
        "0x0301" | "769" => return Some(Named::One(TlsVersion::TLSv1)),
        "0x0300" | "768" => return Some(Named::One(TlsVersion::SSLv3)),
        _ => {}
    }
    let behind = |mark: &str| lower.rfind(mark).map(|at| &lower[at + mark.len()..]);
    let (is_ssl, rest) = match (behind("tls"), behind("ssl")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) if lower.starts_with(|c: char| c.is_ascii_digit()) => (false, lower.as_str()),
        _ => return None,
    };
    let rest = rest.trim_start_matches("version").trim_start_matches('v');
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(match (is_ssl, digits.as_str()) {
        (true, "2" | "20") => Named::Ssl2,
        (true, "3" | "30") | (false, "30") => Named::One(TlsVersion::SSLv3),
        (true, "23") => Named::Every,
        (false, "1" | "10" | "31") => Named::One(TlsVersion::TLSv1),
        (false, "11" | "32") => Named::One(TlsVersion::TLSv1_1),
        (false, "12" | "33") => Named::One(TlsVersion::TLSv1_2),
        (false, "13" | "34") => Named::One(TlsVersion::TLSv1_3),
        (_, "") if lower.contains("tls") => Named::Every,
        _ => return None,
    })
}

/// The rules of a list such as `TLSv1.2 TLSv1.3`, `all -SSLv3`, `!SSLv2, !SSLv3` or `>=TLSv1.2`, and the words that do
/// not name a version.
///
/// If `replaces` is true, a word without a sign replaces the words before it, as in Apache's directive.
pub(super) fn version_list(values: &[Word], replaces: bool) -> (Vec<VersionRule>, Vec<Word>) {
    let (mut rules, mut unknown) = (Vec::new(), Vec::new());
    let mut listed = false;
    for value in values {
        for word in value.split(|c| c.is_whitespace() || ",;:|\"'()[]{}".contains(c)) {
            // `TLSv1.2+TLSv1.3` is two words, `tlsv1_2+` a minimum.
            let plus = |at: usize| {
                word.text()
                    .get(at + 1..)
                    .is_some_and(|rest| !rest.is_empty())
            };
            let cuts: Vec<usize> = word
                .text()
                .match_indices('+')
                .map(|(at, _)| at)
                .filter(|at| *at > 0 && plus(*at))
                .collect();
            let mut start = 0;
            for end in cuts.into_iter().chain([word.text().len()]) {
                let piece = word.part(start..end);
                start = end;
                let text = piece.text();
                if replaces && !text.starts_with(['+', '-']) {
                    listed = false;
                }
                match version_word(text, &mut listed) {
                    Some(rule) => rules.extend(rule),
                    None => unknown.push(piece),
                }
            }
        }
    }
    (rules, unknown)
}

fn version_word(text: &str, listed: &mut bool) -> Option<Vec<VersionRule>> {
    let minimum = text
        .strip_prefix(">=")
        .or(text.strip_suffix('+').filter(|t| !t.is_empty()));
    if let Some(word) = minimum {
        let Named::One(version) = named(word)? else {
            return Some(vec![VersionRule::Min(None)]);
        };
        return Some(vec![VersionRule::Min(Some(version))]);
    }
    if let Some(word) = text.strip_prefix("<=") {
        let Named::One(version) = named(word)? else {
            return Some(vec![VersionRule::Max(None)]);
        };
        return Some(vec![VersionRule::Max(Some(version))]);
    }
    let removed = text.strip_prefix(['!', '-']);
    let word = removed.unwrap_or(text).trim_start_matches(['+', '=']);
    let known = named(word)?;
    let first = !std::mem::replace(listed, true);
    Some(match (known, removed) {
        (Named::One(version), Some(_)) => vec![VersionRule::Without(version)],
        (Named::One(version), None) if first => vec![VersionRule::Only(vec![version])],
        (Named::One(version), None) => vec![VersionRule::With(version)],
        (Named::Every, None) => vec![VersionRule::Only(USUAL.to_vec())],
        (Named::Every, Some(_)) => vec![VersionRule::Only(Vec::new())],
        (Named::Default, None) => vec![VersionRule::Default],
        (Named::Nothing, _) | (Named::Ssl2, None) if first => vec![VersionRule::Only(Vec::new())],
        _ => Vec::new(),
    })
}

/// The rule of a setting that states the lowest or the highest version. The value 0 stands for the
/// library's lowest version if `is_library` is true, and else for the program's default.
pub(super) fn limit(
    kind: Kind,
    values: &[Word],
    is_library: bool,
) -> (Vec<VersionRule>, Vec<Word>) {
    let words = values
        .iter()
        .flat_map(|value| value.split(|c| c.is_whitespace() || "\"',;()".contains(c)));
    let words: Vec<_> = words
        .filter(|word| !matches!(word.text(), "or-highest" | "ssl" | "ctx"))
        .collect();
    let named: Vec<_> = words.iter().map(|word| named(word.text())).collect();
    let one = named.iter().find_map(|named| match named {
        Some(Named::One(version)) => Some(*version),
        _ => None,
    });
    // The last word counts, because a name such as `TLSVersion` may precede it.
    let last = named.iter().flatten().last();
    let is_zero = words.iter().any(|word| word.text() == "0");
    let rule = match (kind, one, last) {
        (_, None, None) => {
            return (Vec::new(), words);
        }
        (Kind::Max, Some(version), _) => VersionRule::Max(Some(version)),
        (Kind::Max, ..) => VersionRule::Max(None),
        (_, Some(version), _) => VersionRule::Min(Some(version)),
        (_, _, Some(Named::Default)) => VersionRule::DefaultMin,
        _ if is_zero && !is_library => VersionRule::DefaultMin,
        _ => VersionRule::Min(None),
    };
    let mut rules = vec![rule];
    if is_library {
        rules.push(VersionRule::LibraryMin);
    }
    (rules, Vec::new())
}

/// The rules and the preference of OpenSSL's options: `NO_SSLv3`, `+no_tlsv1_1`, `OP_NO_TLSv1`,
/// `ServerPreference`.
pub(super) fn options(values: &[Word], change: Change) -> (Vec<VersionRule>, Option<bool>) {
    let (mut rules, mut preference) = (Vec::new(), None);
    let takes_away = change == Change::TakesAway;
    if matches!(change, Change::Replaces | Change::Unclear) {
        rules.push(VersionRule::Doubt(None));
    }
    for value in values {
        for word in value.split(|c| c.is_whitespace() || ",:|;\"'".contains(c)) {
            let lower = folded(word.text());
            let off = lower.starts_with(['-', '!']);
            let name = lower.trim_start_matches(['+', '-', '!']);
            let option = name.trim_start_matches("ssl-op-").trim_start_matches("op-");
            if matches!(option, "cipher-server-preference" | "serverpreference") {
                preference = (change != Change::Unclear).then_some(off == takes_away);
            }
            let version = option.strip_prefix("no-");
            // The word may be a variable. Constants of OpenSSL have a prefix, or are known.
            if takes_away && version.is_none() && option == name && !is_option(option) {
                rules.push(VersionRule::Doubt(None));
            }
            let versions = match version.map(|version| (version, named(version))) {
                Some(("ssl-mask", _)) => ALL.to_vec(),
                Some((name, Some(Named::One(version)))) if name.contains('s') => vec![version],
                _ => continue,
            };
            rules.extend(versions.into_iter().map(|version| match change {
                Change::Unclear => VersionRule::Doubt(Some(version)),
                Change::TakesAway => VersionRule::Restore(version),
                Change::Adds | Change::Replaces if off => VersionRule::With(version),
                Change::Adds | Change::Replaces => VersionRule::Without(version),
            }));
        }
    }
    (rules, preference)
}

/// Whether a function of this name takes options away.
pub(super) fn clears_options(name: &str) -> bool {
    folded(name).ends_with("clear-options")
}

/// Whether a word without a prefix is an option, or stands for no option.
fn is_option(word: &str) -> bool {
    let name = format!("OP_{}", word.to_ascii_uppercase().replace('-', "_"));
    matches!(word, "" | "0") || Options::from_name(&name).is_some()
}

/// The rules of a directive whose name contains the version: `ssl_tlsv1_1=YES`.
pub(super) fn switch(name: &str, values: &[Word]) -> Vec<VersionRule> {
    let on = values
        .first()
        .is_none_or(|value| truth(value.text()) != Some(false));
    match named(name) {
        Some(Named::One(version)) if on => vec![VersionRule::With(version)],
        Some(Named::One(version)) => vec![VersionRule::Without(version)],
        _ => Vec::new(),
    }
}

/// The rules of an option of HAProxy without a value: `no-tlsv10`, `force-tlsv12`.
pub(super) fn flag(name: &str) -> (Vec<VersionRule>, Option<bool>) {
    if folded(name) == "prefer-client-ciphers" {
        return (Vec::new(), Some(false));
    }
    let version = named(name.split_once('-').map_or("", |(_, version)| version));
    let rules = match version {
        Some(Named::One(version)) if name.starts_with("no-") => {
            vec![VersionRule::WithoutIfNoLimit(version)]
        }
        Some(Named::One(version)) => {
            vec![
                VersionRule::Min(Some(version)),
                VersionRule::Max(Some(version)),
            ]
        }
        _ => Vec::new(),
    };
    (rules, None)
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" | "enable" | "enabled" | "t" | "y" | "server" => Some(true),
        "off" | "no" | "false" | "0" | "disable" | "disabled" | "f" | "n" | "client" => Some(false),
        _ => None,
    }
}

/// The names of groups, with `:` between them.
pub(super) fn groups(values: &[Word]) -> Word {
    let separates = |c: char| c.is_whitespace() || ":,;/|\"'()[]{}".contains(c);
    let mut joined = Word::at(values.first().map_or(0, Word::start));
    for value in values {
        for word in value.split(separates) {
            let word = word.trimmed(|c| matches!(c, '*' | '?'));
            // Java, Go and Erlang have names of their own for the curves of NIST.
            let lower = folded(word.text());
            let other = match lower.as_str() {
                "curvep256" | "secp256r1" => Some("P-256"),
                "curvep384" | "secp384r1" => Some("P-384"),
                "curvep521" | "secp521r1" => Some("P-521"),
                _ => None,
            };
            if !joined.is_empty() {
                joined.insert(":");
            }
            match other.filter(|_| lower.starts_with("curve")) {
                Some(other) => {
                    let mut place = Word::at(word.start());
                    place.insert(other);
                    joined.append(&place);
                }
                None => joined.append(&word),
            }
        }
    }
    joined
}

/// Joins lists of names with `:`. The result is an empty word if there are no names.
pub(super) fn joined(values: &[Word]) -> Word {
    let mut joined = Word::at(values.first().map_or(0, Word::start));
    for value in values.iter().filter(|value| !value.is_empty()) {
        if !joined.is_empty() {
            joined.insert(":");
        }
        joined.append(value);
    }
    joined
}

/// Whether this is a list of suites by the names of the TLS registry, Java or Go.
pub(super) fn is_registry_list(text: &str) -> bool {
    let mut names = text
        .split(|c: char| c.is_whitespace() || ",:;".contains(c))
        .filter(|n| !n.is_empty());
    let is = |name: &str| {
        let upper = name.trim_matches(['"', '\'']);
        upper.starts_with("TLS_")
            || upper.starts_with("SSL_")
            || upper.starts_with("TLS-") && upper.contains("-WITH-")
    };
    let first = names.next();
    first.is_some_and(|name| is(name) && names.all(is))
}
