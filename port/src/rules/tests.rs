//! The rules themselves are complete and consistent.

use super::*;

#[test]
fn every_name_of_the_table_has_one_rule_and_an_answer() {
    let mut seen = HashMap::new();
    for rule in &rules().list {
        for name in &rule.names {
            assert!(seen.insert(name, ()).is_none(), "{name} has two rules");
        }
        let answered = rule.has_rust() || rule.differs.is_some() || rule.passes.is_some();
        assert!(
            answered,
            "{:?} has neither a Rust line nor a reason",
            rule.names
        );
    }
}

/// Rustdoc takes `<T>` for an HTML tag, except between backticks.
#[test]
fn generic_types_in_the_texts_of_rules_are_marked_as_code() {
    for rule in &rules().list {
        let text = rule.differs.as_deref().unwrap_or_default();
        let is_plain = text.split('`').step_by(2).all(|part| !part.contains('<'));
        assert!(is_plain, "{:?}: {text}", rule.names);
    }
}

#[test]
fn aliases_of_a_python_name_lead_to_its_rule() {
    let rules = rules();
    assert_eq!(
        rules.canonical("httplib.HTTPSConnection"),
        "http.client.HTTPSConnection"
    );
    assert_eq!(
        rules.canonical("ssl.CertificateError"),
        "ssl.SSLCertVerificationError"
    );
    assert_eq!(
        rules.canonical("requests.exceptions.SSLError"),
        "requests.SSLError"
    );
    assert_eq!(rules.canonical("ssl.CERT_NONE"), "ssl.CERT_NONE");
    assert_eq!(rules.canonical("ssl._ssl.CERT_NONE"), "ssl.CERT_NONE");
}

/// Every rule as a Python program: one function for each name, which uses it with the fewest and with
/// all arguments.
fn program() -> String {
    let mut out = String::from(
        "import asyncio, ssl, socket, requests, requests.adapters, http.client, urllib.request\n\
         import smtplib, imaplib, poplib, ftplib, urllib3, urllib3.util, aiohttp, OpenSSL.SSL\n",
    );
    for (number, rule) in rules().list.iter().enumerate() {
        for (index, name) in rule.names.iter().enumerate() {
            let (class, last) = name.rsplit_once('.').unwrap_or(("", name));
            let is_method = rules().type_of(class).is_some()
                && rule
                    .rust
                    .as_deref()
                    .or(rule.set.as_deref())
                    .is_some_and(|rust| rust.contains("{self}") || rust.contains("{owner}"));
            let known = rule
                .parameters
                .iter()
                .filter(|p| !matches!(p.kind.as_str(), "-" | "~"));
            let known: Vec<&Parameter> = known.collect();
            let (object, call) = match is_method {
                true => (format!("obj: {class}, "), format!("obj.{last}")),
                false => (String::new(), name.clone()),
            };
            let value = |p: &Parameter| match p.kind.as_str() {
                "statuses" => "range(500, 600)".to_owned(),
                "shutdown" => "socket.SHUT_WR".to_owned(),
                _ => format!("a_{}", p.name),
            };
            out += &format!("def rule_{number}_{index}({object}value, *arguments):\n    pass\n");
            if rule.arm.is_some() || rule.guard.is_some() {
                out += &match name.rsplit_once("builtins.") {
                    Some(("requests.", name)) => format!(
                        "    try: requests.get('https://a.example')\n    except {name} as e: pass\n"
                    ),
                    Some((_, name)) => format!(
                        "    try: asyncio.open_connection('a.example', 443)\n    except {name} as e: pass\n"
                    ),
                    None => {
                        format!("    try: ssl.RAND_status()\n    except {name} as e: {name}\n")
                    }
                };
            }
            let required = known
                .iter()
                .filter(|p| p.default.is_none())
                .map(|p| value(p));
            let required: Vec<String> = required.collect();
            if rule.parameters.is_empty()
                && rule.rust.is_some()
                && rule.arm.is_none()
                && rule.guard.is_none()
            {
                out += &format!("    x = {call}\n    y = {call}()\n");
            } else if rule.rust.is_some() {
                let all = known.iter().map(|p| format!("{}={}", p.name, value(p)));
                out += &format!(
                    "    x = {call}({})\n    y = {call}({})\n",
                    required.join(", "),
                    all.collect::<Vec<_>>().join(", ")
                );
                for condition in rule.forms.iter().map(|form| &form[0]) {
                    let argument = condition
                        .trim_start_matches("only ")
                        .trim_start_matches('!');
                    let argument = &match argument.split_once(['~', ':']) {
                        Some((name, "string")) => format!("{name}='text'"),
                        Some((name, last)) => format!("{name}=socket.{last}"),
                        None => argument.to_owned(),
                    };
                    let argument = match (argument.contains('='), condition.starts_with('!')) {
                        (_, true) => String::new(),
                        (true, _) => argument.to_owned(),
                        (false, _) => {
                            let names = argument.split(' ').map(|name| format!("{name}=a_{name}"));
                            names.collect::<Vec<_>>().join(", ")
                        }
                    };
                    let before = required.join(", ");
                    let twice = known
                        .iter()
                        .any(|p| p.default.is_none() && argument.contains(&format!("{}=", p.name)));
                    let separator = if before.is_empty() || argument.is_empty() {
                        ""
                    } else {
                        ", "
                    };
                    let before = if twice { "" } else { &before };
                    let separator = if twice { "" } else { separator };
                    out += &format!("    z = {call}({before}{separator}{argument})\n");
                }
            }
            for p in known.iter().filter(|_| index == 0) {
                let before = required.join(", ");
                for example in examples(&p.kind) {
                    out += &format!(
                        "    z = {call}({before}{}{}={example})\n",
                        if before.is_empty() { "" } else { ", " },
                        p.name
                    );
                }
            }
            if rule.set.as_deref().is_some_and(|set| !set.is_empty()) {
                let target = match (last, is_method) {
                    ("__setitem__", _) => "obj['key']".to_owned(),
                    (_, true) => call,
                    (_, false) => name.clone(),
                };
                out += &format!("    {target} = value\n");
                if rule.set_none.is_some() {
                    out += &format!("    {target} = None\n");
                }
            }
        }
    }
    out
}

/// Values of which each has a Rust form of its own.
fn examples(kind: &str) -> &'static [&'static str] {
    match kind {
        "auth" => &[
            "('user', 'secret')",
            "(b'user', b'secret')",
            "requests.auth.HTTPBasicAuth('user', 'secret')",
            "requests.auth.HTTPDigestAuth('user', 'secret')",
            "lambda request: request",
        ],
        "timeout" => &["(3, 4.5)", "(3, None)", "5"],
        "body" => &[
            "{'name': 'value', 'none': None}",
            "open('file', 'rb')",
            "(part for part in parts)",
            "b'body'",
        ],
        "files" => &[
            "{'a': open('a.txt', 'rb'), 'b': b'content', 'c': text}",
            "{'a': open(path, 'rb'), 'b': open(folder + '/b.txt', 'rb')}",
            "{'a': ('a.txt', open('b.txt')), 'b': (None, 'text'), 'c': ('c', b'', 'text/plain', {'X-A': 'b'})}",
        ],
        "hooks" => &[
            "{'response': hook}",
            "{'response': [first, second]}",
            "hooks",
        ],
        "methods" => &["['GET', 'PUT']", "False", "None"],
        "statuses" => &["[500, 503]", "{500}"],
        "pairs" => &["{'a': 'b', 'c': None}", "{'a': None}"],
        "retry" => &["3", "urllib3.util.Retry(3)"],
        _ => &[],
    }
}

/// Compares a file of the repository with what it is made from; with `PYSSL_BLESS`, writes it.
fn compare(path: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("PYSSL_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "{path:?} is out of date: run the test with PYSSL_BLESS=1"
    );
}

/// The file is compiled with the test `every_rule`.
#[test]
fn the_rust_lines_of_all_rules_are_those_that_are_compiled() {
    let program = program();
    let port = crate::Port::with_skeleton(program.as_bytes()).unwrap();
    assert!(!port.broken, "{program}");
    let used: std::collections::HashSet<&str> = port
        .entries
        .iter()
        .flat_map(|entry| &entry.uses)
        .map(|used| used.name.as_str())
        .collect();
    for rule in rules()
        .list
        .iter()
        .filter(|rule| rule.has_rust() && !rule.hidden && rule.passes.is_none())
    {
        for name in &rule.names {
            let canonical = rules().canonical(name);
            let canonical = match canonical.split_once(".builtins.") {
                Some((_, name)) => name,
                None => &canonical,
            };
            assert!(used.contains(canonical), "{name} is not in the program");
        }
    }
    let lines = port
        .skeleton
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let lines: Vec<&str> = lines.collect();
    let text = format!(
        "//! Every rule, made by a test of `rules.rs`.\n\n{}{}\n",
        crate::SKELETON_HEAD,
        lines.join("\n")
    );
    compare("tests/every_rule/generated.rs", &text);
}

/// Checks the generated file with the conditions of all exceptions. The test binary `every_rule` compares these
/// conditions with Python's classes.
#[test]
fn the_generated_conditions_of_exceptions_are_current() {
    let mut tables = [String::new(), String::new(), String::new()];
    for rule in &rules().list {
        for name in &rule.names {
            let (domain, python) = match name.split_once(".builtins.") {
                Some(("requests", python)) => (1, python),
                Some((_, python)) => (2, python),
                None => (usize::from(rule.family.is_some()), name.as_str()),
            };
            let found = crate::render::pattern(rule, python, "e");
            if let Some(condition) = found.filter(|_| !name.starts_with("OpenSSL")) {
                tables[domain] += &format!("    ({python:?}, |e| {condition}),\n");
            }
        }
    }
    let mut text = String::from(
        "//! The exceptions of all rules, made by a test of `rules.rs`.\n\nuse pyssl as ssl;\n",
    );
    let types = [
        ("SSL", "ssl::Error"),
        ("REQUESTS", "ssl::requests::Error"),
        ("ASYNCIO", "ssl::Error"),
    ];
    for ((name, error), rows) in types.into_iter().zip(tables) {
        text +=
            &format!("\npub(crate) const {name}: &[(&str, fn(&{error}) -> bool)] = &[\n{rows}];\n");
    }
    compare("tests/every_rule/conditions.rs", &text);
}

/// The public items of `requests` that no rule writes.
const WITHOUT_RULE: [(&str, &str); 12] = [
    ("Error::ConnectionError", "is_connection_error() matches it"),
    ("Error::ContentTooLong", "Python has no such limit"),
    ("HttpAdapter::default", "new() is written"),
    ("Verify", "a bool or a path is written for it"),
    ("ClientCert", "a path or a pair is written for it"),
    (
        "AssertHostname",
        "urllib3's argument; a text or a bool is written for it",
    ),
    ("RequestOptions::total_timeout", "Python has no such limit"),
    ("RequestOptions::max_content", "Python has no such limit"),
    ("RequestOptions::new", "in the options of other rules"),
    (
        "PreparedRequest::headers_mut",
        "Python changes the dict; the rule of the headers says it",
    ),
    ("Error::OSError", "not a class of requests"),
    ("Error::ValueError", "not a class of requests"),
];

/// Rust's functions and variants of `requests` that a Python program can use have a rule.
#[test]
fn every_public_item_of_requests_is_written_by_a_rule() {
    let listing = include_str!("../../../docs/public-api/pyssl.txt");
    let lines = include_str!("../../tests/every_rule/generated.rs");
    // A method counts as written only in a function that names its type.
    let functions: Vec<&str> = lines.split("\npub ").collect();
    let calls = |owner: &str, name: &str| {
        let owner = format!("requests::{owner}");
        let call = format!(".{name}(");
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
        functions
            .iter()
            .any(|function| function.contains(&call) && function.split(&owner).skip(1).any(ends))
    };
    let mut missing = Vec::new();
    for line in listing.lines() {
        let item = line.trim_start_matches("#[non_exhaustive] ");
        let item = item.strip_prefix("pub ").unwrap_or_default();
        let item = item.strip_prefix("fn ").unwrap_or(item);
        let Some(path) = item.strip_prefix("pyssl::requests::") else {
            continue;
        };
        let end = path
            .find(['(', '<', ':'])
            .filter(|end| !path[*end..].starts_with("::"));
        let path = match end {
            Some(end) => &path[..end],
            None => path.split(['(', '<']).next().unwrap_or(path),
        };
        let (owner, name) = path.rsplit_once("::").unwrap_or(("", path));
        let is_trait = matches!(name, "from" | "fmt" | "read");
        let is_field = line.contains(": ") && !line.contains("fn ") && owner.contains("::");
        let is_written =
            lines.contains(&format!("requests::{path}")) || !owner.is_empty() && calls(owner, name);
        let has_reason = WITHOUT_RULE
            .iter()
            .any(|(reasoned, _)| *reasoned == path || *reasoned == owner);
        if !is_trait && !is_field && !is_written && !has_reason {
            missing.push(path);
        }
    }
    assert!(missing.is_empty(), "no rule writes {missing:?}");
}

#[test]
fn the_guide_is_made_from_the_rules() {
    compare("../docs/porting.md", &crate::guide());
}

/// `docs/parity.tsv` has every name of Python's module.
#[test]
fn every_name_of_pythons_ssl_is_answered() {
    let table = include_str!("../../../docs/parity.tsv");
    let rules = rules();
    let mut missing = Vec::new();
    for row in table.lines().skip(1) {
        let mut cells = row.split('\t');
        let (Some(owner), Some(name)) = (cells.next(), cells.next()) else {
            continue;
        };
        if name.starts_with("__") {
            continue;
        }
        let full = match owner {
            "module" | "PROTOCOL_*" | "exceptions" => vec![format!("ssl.{name}")],
            "VerifyMode" | "VerifyFlags" | "Options" | "AlertDescription" | "SSLErrorNumber" => {
                vec![format!("ssl.{name}"), format!("ssl.{owner}.{name}")]
            }
            _ => vec![format!("ssl.{owner}.{name}")],
        };
        for name in full {
            let name = rules.canonical(&name);
            let (class, last) = name.rsplit_once('.').unwrap_or(("", &name));
            let found = rules.get(&name).is_some()
                || rules.type_of(&name).is_some()
                || rules.attribute(class, last).is_some();
            if !found {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
