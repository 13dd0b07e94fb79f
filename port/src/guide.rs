//! `docs/porting.md`: the guide, and a table of all rules.

use crate::rules::{Rule, rules};

/// The text of `docs/porting.md`, made from the rules.
///
/// ```
/// assert!(pyssl_port::guide().contains("| `ssl.SSLContext.load_cert_chain` |"));
/// ```
pub fn guide() -> String {
    let mut out = rules().guide.clone();
    out += "\n# Every name\n\nThe rules of `pyssl port`, which writes these lines with your own names and arguments. Names with one line \
            in common stand together.\n";
    let mut module = "";
    for rule in &rules().list {
        if rule.hidden || rule.passes.is_some() && rule.rust.is_none() {
            continue;
        }
        let first = rule.names.first().map_or("", String::as_str);
        let own = heading(first);
        if own != module {
            module = own;
            out += &format!("\n## {module}\n\n| Python | Rust | |\n|---|---|---|\n");
        }
        out += &row(rule);
    }
    out
}

/// The module of a name: `ssl`, `requests`, ...
fn heading(name: &str) -> &str {
    match name {
        name if name.starts_with("http.") || name.starts_with("urllib.") => {
            "http.client and urllib"
        }
        name if name.starts_with("requests.builtins.") => "Python's own exceptions, of requests",
        name if name.starts_with("asyncio.builtins.") => "Python's own exceptions, of asyncio",
        name if name.starts_with("OpenSSL") => "pyOpenSSL",
        name if name.starts_with("socket.") => "socket",
        name => match name.split('.').next().unwrap_or(name) {
            "smtplib" | "imaplib" | "poplib" | "ftplib" => "smtplib, imaplib, poplib and ftplib",
            "urllib3" | "aiohttp" => "urllib3 and aiohttp",
            first if first == name => "Python's own exceptions",
            first => first,
        },
    }
}

fn row(rule: &Rule) -> String {
    let names = rule.names.iter().map(|name| {
        let name = name
            .split_once(".builtins.")
            .map_or(&**name, |(_, name)| name);
        format!("`{name}`")
    });
    let names: Vec<String> = names.collect();
    let mut lines = Vec::new();
    for template in [&rule.rust, &rule.set].into_iter().flatten() {
        if !template.is_empty() {
            lines.push(line(rule, template));
        }
    }
    lines.extend(rule.arm.as_ref().map(|arm| match arm.as_str() {
        "_" => "Err(e)".to_owned(),
        arm if arm.contains(" | ") => format!("Err(e @ ({arm}))"),
        arm => format!("Err(e @ {arm})"),
    }));
    lines.extend(rule.guard.as_ref().map(|guard| {
        format!(
            "Err(e) if {}",
            guard.replace("{e}", "e").replace("{name}", "NAME")
        )
    }));
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("`{}`", line.replace('|', "\\|")))
        .collect();
    let mut notes: Vec<String> = rule.differs.clone().into_iter().collect();
    for [_, note] in &rule.notes {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    notes.extend(
        rule.gone
            .as_ref()
            .map(|version| format!("Removed in Python {version}.")),
    );
    notes.extend(
        rule.old
            .as_ref()
            .map(|version| format!("Deprecated since Python {version}.")),
    );
    notes.extend(
        rule.feature
            .as_ref()
            .map(|feature| format!("Feature `{feature}`.")),
    );
    format!(
        "| {} | {} | {} |\n",
        names.join(", "),
        lines.join("<br>"),
        notes.join(" ").replace('|', "\\|")
    )
}

/// A template with the names of the parameters in place of arguments.
fn line(rule: &Rule, template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out += &rest[..start];
        let inner = &rest[start + 1..];
        let Some(end) = inner.find('}').filter(|_| !inner.starts_with(' ')) else {
            out.push('{');
            rest = inner;
            continue;
        };
        let place = &inner[..end];
        rest = &inner[end + 1..];
        let name = place.split(['|', ':']).next().unwrap_or(place);
        out += &match name {
            "self" => receiver(rule).to_owned(),
            "owner" => "session".to_owned(),
            "options" => rule
                .options
                .as_ref()
                .map_or(String::new(), |[_, long]| line(rule, long) + "…"),
            "context" if rule.context.is_some() => {
                line(rule, rule.context.as_deref().unwrap_or_default())
            }
            "name" | "bare" | "proto" | "upper" if rule.names.len() > 1 => "NAME".to_owned(),
            "name" | "bare" | "proto" => {
                let last = rule.names.first().and_then(|name| name.rsplit('.').next());
                last.unwrap_or_default().trim_start_matches('_').to_owned()
            }
            "type" => "Type".to_owned(),
            name => name.trim_start_matches('?').replace('&', ""),
        };
    }
    out + rest
}

/// A name for the object of a method.
fn receiver(rule: &Rule) -> &'static str {
    let class = rule.names.first().map_or("", String::as_str);
    let class = class.rsplit('.').nth(1).unwrap_or_default();
    match class {
        "SSLContext" | "Context" => "context",
        "SSLSocket" | "socket" | "connection" | "Connection" => "sock",
        "SSLObject" => "object",
        "MemoryBIO" => "bio",
        "SSLSession" | "Session" | "PoolManager" | "ClientSession" => "session",
        "StreamReader" => "reader",
        "StreamWriter" => "writer",
        "Response" => "response",
        "SSLError" => "e",
        "Server" => "server",
        _ => "value",
    }
}
