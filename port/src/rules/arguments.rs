//! Tests that each argument of a rule is in the Rust line, or that the report names it as left out.

use super::{Rule, rules};
use crate::Port;

/// A program that calls a rule's function with its required arguments and the argument `extra`.
fn call(rule: &Rule, class: &str, last: &str, extra: &str) -> String {
    let parameters = rule.parameters.iter();
    let required = parameters.filter(|p| p.default.is_none() && p.name != extra);
    let mut arguments: Vec<String> = required.map(|p| format!("{0}=a_{0}", p.name)).collect();
    arguments.push(format!("{extra}=marker"));
    let is_method = rules().type_of(class).is_some()
        && (rule.rust.as_deref()).is_some_and(|rust| rust.contains("{self}"));
    let (parameter, function) = match is_method {
        true => (format!("obj: {class}"), format!("obj.{last}")),
        false => (String::new(), format!("{class}.{last}")),
    };
    format!(
        "import asyncio, ssl, socket, requests, requests.adapters, http.client, urllib.request\n\
         import smtplib, imaplib, poplib, ftplib, urllib3, urllib3.util, aiohttp, OpenSSL.SSL\n\
         ssl.RAND_status()\n\
         def f({parameter}):\n    return {function}({})\n",
        arguments.join(", ")
    )
}

#[test]
fn every_argument_of_a_rule_is_in_the_rust_line_or_named() {
    let mut wrong = Vec::new();
    let mut count = 0;
    // The line of an empty template depends on the arguments; asyncio's functions are shown with their coroutine only.
    let is_fixed = |rule: &&Rule| rule.rust.as_deref() != Some("") && rule.passes.is_none();
    for rule in rules().list.iter().filter(is_fixed) {
        // Rust never needs an argument of the kind `~`, unless its default has no effect and another value is given.
        let needless = ["0", "False", "None"].map(Some);
        let parameters = rule
            .parameters
            .iter()
            .filter(|p| p.kind != "~" || needless.contains(&p.default.as_deref()));
        for parameter in parameters {
            for name in &rule.names {
                let Some((class, last)) = name.rsplit_once('.').filter(|_| rule.rust.is_some())
                else {
                    continue;
                };
                let python = call(rule, class, last, &parameter.name);
                let port = Port::of(python.as_bytes()).unwrap();
                let entry = port.entries.last().unwrap();
                let note = format!("leaves out `{}`", parameter.name);
                let is_named = entry.differs.iter().any(|text| text.contains(&note));
                let has_line = entry.rust.iter().any(|line| line.contains("marker"));
                count += 1;
                if entry.rust.is_empty() || is_named == has_line {
                    wrong.push((name, &parameter.name, entry.rust.clone()));
                }
            }
        }
    }
    assert!(count > 500, "{count}");
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
}

/// The functions whose templates have a fixed text or number, and its meaning.
const FIXED: [(&str, &str); 9] = [
    (
        "ssl.SSLContext.set_psk_client_callback",
        "an error, until the callback is ported",
    ),
    (
        "ssl.SSLContext.set_psk_server_callback",
        "an error, until the callback is ported",
    ),
    ("http.client.HTTPSConnection", "the URLs of the adapter"),
    ("urllib.request.urlopen", "the URLs of the adapter"),
    ("urllib.request.build_opener", "the URLs of the adapter"),
    ("urllib3.PoolManager", "the URLs of the adapter"),
    ("urllib3.HTTPSConnectionPool", "the URLs of the adapter"),
    ("aiohttp.ClientSession", "the URLs of the adapter"),
    (
        "ftplib.FTP",
        "the port, for which FTP's constructor has no argument",
    ),
];

/// The text of a template outside of its placeholders.
fn fixed(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out += before;
        rest = match after.split_once('}') {
            Some((place, rest)) if !place.starts_with(' ') && !place.is_empty() => rest,
            _ => after,
        };
    }
    out + rest
}

#[test]
fn no_template_has_a_value_in_place_of_an_argument() {
    let mut wrong = Vec::new();
    for rule in &rules().list {
        let forms = rule.forms.iter().filter(|form| !form[0].contains("=None"));
        let templates = [&rule.rust, &rule.set, &rule.set_none, &rule.context];
        let templates = templates.into_iter().flatten();
        let templates = templates.chain(forms.filter_map(|form| form.get(1)));
        let templates = templates.chain(rule.options.iter().flatten());
        let templates = templates.chain(rule.setters.iter().map(|[_, setter]| setter));
        for template in templates {
            let text = fixed(template);
            let is_number = |word: &str| word.parse::<u32>().is_ok();
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            let has_value = text.replace("\"\"", "").contains('"') || words.any(is_number);
            let name = rule.names[0].as_str();
            let is_fixed = FIXED.iter().any(|(fixed, _)| name.starts_with(fixed));
            if has_value && !is_fixed {
                wrong.push((name, template));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
