//! The public functions, read from the sources in the layout of rustfmt.

use std::collections::BTreeSet;

use crate::security_record::sources;

/// The names of all public functions, and of implementations of traits, that may be called before
/// a value of one of the types in `made` exists: `SslContext::new`, `RAND_bytes`,
/// `impl FromStr for CipherString`.
pub(super) fn functions(made: &BTreeSet<&str>) -> BTreeSet<String> {
    let files: Vec<_> = sources(&["src"])
        .into_iter()
        .filter(|(path, _)| !path.starts_with("src/ffi") && !path.ends_with("tests.rs"))
        // These functions exist on Windows only, and do not call OpenSSL.
        .filter(|(path, _)| !path.ends_with("src/stores.rs"))
        .filter(|(path, _)| cfg!(feature = "requests") || !path.starts_with("src/requests"))
        .map(|(_, text)| before_tests(&text))
        .collect();
    let public: BTreeSet<&str> = files.iter().flat_map(|text| public_types(text)).collect();
    let mut found = BTreeSet::new();
    for text in &files {
        read(text, &public, made, &mut found);
    }
    assert!(found.len() > 150, "{found:#?}");
    found
}

fn before_tests(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].to_owned()
}

fn public_types(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("pub ")?;
        ["struct ", "enum ", "trait "]
            .iter()
            .find_map(|kind| rest.strip_prefix(kind))
            .map(word)
    })
}

/// The identifier at the beginning.
fn word(text: &str) -> &str {
    // `$type` in a macro also counts as an identifier.
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    &text[..end.unwrap_or(text.len())]
}

/// An implementation whose braces are open.
struct Implementation {
    indent: usize,
    /// `Trait for Type`, or `Type`.
    head: String,
    of_trait: bool,
    /// The type, without `&` and without its arguments.
    of: String,
    public: bool,
}

impl Implementation {
    fn read(line: &str, public: &BTreeSet<&str>) -> Option<Implementation> {
        let rest = line.trim_start().strip_prefix("impl")?;
        let rest = rest.trim_end().trim_end_matches('{').trim_end();
        let head = match rest.chars().next()? {
            ' ' => rest[1..].to_owned(),
            '<' => rest[closing(rest)? + 1..].trim_start().to_owned(),
            _ => return None,
        };
        let (of_trait, of) = match head.split_once(" for ") {
            Some((name, of)) => (Some(name.to_owned()), of),
            None => (None, head.as_str()),
        };
        let of = of.trim_start_matches("&'a ").trim_start_matches('&');
        let path = of.split('<').next().unwrap_or(of);
        let of = word(path.rsplit("::").next().unwrap_or(path)).to_owned();
        let trait_is_ours = of_trait
            .as_deref()
            .is_some_and(|name| public.contains(word(name)));
        Some(Implementation {
            indent: line.len() - line.trim_start().len(),
            // `ureq` gets the values of these types from a function of a private type, so they are
            // not first calls.
            public: (public.contains(of.as_str()) && !path.starts_with("ureq::")) || trait_is_ours,
            of_trait: of_trait.is_some(),
            of,
            head,
        })
    }
}

/// The position of the bracket that closes the bracket at the beginning of the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        before = c;
    }
    None
}

fn read(text: &str, public: &BTreeSet<&str>, made: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    let mut open: Vec<Implementation> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if code.starts_with('}') && open.last().is_some_and(|last| last.indent == indent) {
            open.pop();
        }
        if !code.ends_with('}') {
            open.extend(Implementation::read(line, public));
        }
        if let Some(name) = code.strip_prefix("pub static ") {
            found.insert(word(name).to_owned());
        }
        let is_public = code.starts_with("pub ");
        let code = code.strip_prefix("pub ").unwrap_or(code);
        let Some(name) = code
            .strip_prefix("const ")
            .unwrap_or(code)
            .strip_prefix("fn ")
        else {
            continue;
        };
        let mut signature = code.to_owned();
        while !signature.ends_with(['{', ';']) && !signature.ends_with("{}") {
            signature.push(' ');
            signature.push_str(lines.next().unwrap_or(";").trim());
        }
        let arguments = signature.split("->").next().unwrap_or_default();
        let takes = |type_name: &str| {
            let mut types = arguments.split(": ").skip(1);
            types.any(|taken| {
                word(taken.trim_start_matches("&").trim_start_matches("mut ")) == type_name
            })
        };
        if made.iter().any(|type_name| takes(type_name)) {
            continue;
        }
        let Some(of) = open.last() else {
            if is_public {
                found.insert(word(name).to_owned());
            }
            continue;
        };
        let has_self = arguments.split(',').next().is_some_and(|first| {
            first
                .split(|c: char| !c.is_alphanumeric())
                .any(|w| w == "self")
        });
        if !of.public || (has_self && made.contains(of.of.as_str())) {
            continue;
        }
        if of.of_trait {
            found.insert(format!("impl {}", of.head));
        } else if is_public {
            let name = format!("{}::{}", of.of, word(name));
            if !made.contains(name.as_str()) {
                found.insert(name);
            }
        }
    }
}
