//! The kinds of arguments in `rules.toml` (`str`, `path`, `context` and others): their Rust types, and
//! the Python values that fit them.

use crate::rules::rules;
use crate::value::Value;

/// Whether a Python value of the type `returns` can be an argument of the kind `kind`.
pub(crate) fn same_type(returns: &str, kind: &str, value: &Value) -> bool {
    let class = match value {
        Value::Instance(class) => class,
        _ => returns,
    };
    match kind {
        "any" => true,
        "context" => class == "ssl.SSLContext",
        "socket" => {
            matches!(class, "socket.connection" | "socket.socket")
                || rules().inherits(class, "socket.socket")
        }
        "session" => returns.ends_with("ssl.SSLSession"),
        "retry" => class == "urllib3.util.Retry",
        _ => {
            class == kind && !returns.starts_with('?')
                || rules().type_of(kind).is_some_and(|kind| {
                    rules()
                        .type_of(class)
                        .is_some_and(|class| class.rust == kind.rust)
                        && !returns.starts_with('?')
                })
        }
    }
}

/// The Rust type of a kind.
pub(crate) fn rust_type(kind: &str) -> String {
    match kind {
        "str" | "path" | "cadata" | "password" | "verify" => "&str",
        "bytes" => "&[u8]",
        "data" => "Vec<u8>",
        "cert" => "&str",
        "buffer" => "&mut [u8]",
        "seconds" => "f64",
        "addr" => "(&str, u16)",
        "strs" => "&[&str]",
        "socket" => "std::net::TcpStream",
        "shutdown" => "std::net::Shutdown",
        "file" => "std::fs::File",
        "domain" => "ssl::socket2::Domain",
        "socktype" => "ssl::socket2::Type",
        "protocol" => "ssl::socket2::Protocol",
        "context" => "ssl::SslContext",
        "session" => "ssl::SslSession",
        "pairs" => "Vec<(String, String)>",
        "auth" => "(&str, &str)",
        "timeout" => "f64",
        "body" => "Vec<u8>",
        "files" => "Vec<(String, ssl::requests::FilePart)>",
        "retry" => "ssl::requests::Retry",
        "json" => "std::collections::HashMap<String, String>",
        "any" => "()",
        "usize" | "u16" | "u32" | "u64" | "i32" | "f64" | "bool" => kind,
        _ => {
            return rules()
                .type_of(kind)
                .map_or_else(|| "()".to_owned(), |kind| kind.rust.clone());
        }
    }
    .to_owned()
}

/// The Rust types that a name for an argument of this kind can have.
pub(crate) fn possible_types(kind: &str) -> Vec<String> {
    let mut types = vec![rust_type(kind)];
    match kind {
        "bytes" => types.push("Vec<u8>".to_owned()),
        "data" => types.push("&[u8]".to_owned()),
        "retry" => types.push("u32".to_owned()),
        "socket" => types.push("ssl::socket2::Socket".to_owned()),
        "session" => types.push("Option<ssl::SslSession>".to_owned()),
        // A variable of these kinds holds Python's number.
        "domain" | "socktype" | "protocol" => types = vec!["i32".to_owned()],
        _ => {}
    }
    types
}
