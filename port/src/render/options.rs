//! Arguments of Python's `requests` whose Rust method depends on the value.

use super::Renderer;
use super::expressions::text_as_bytes;
use crate::given::Given;
use crate::kinds::rust_type;
use crate::literals::{Literal, literal};
use crate::names::How;
use crate::syntax::{FIELDS, children, strip};
use crate::tree::Node;
use crate::words::{one_line, quoted, quoted_bytes};

impl<'t> Renderer<'_, 't> {
    /// The methods that set an option of the kind `kind`: `.name(value)`.
    pub(super) fn option(&mut self, name: &str, kind: &str, node: Node<'t>) -> String {
        if node.kind() == "none" && is_special(kind) {
            return String::new();
        }
        match (kind, node.kind(), &children(node)[..]) {
            ("auth", ..) => self.auth(node),
            ("timeout", "tuple", [connect, read]) => {
                let mut out = String::new();
                for (method, node) in [("connect_timeout", *connect), ("read_timeout", *read)] {
                    if strip(node).kind() != "none" {
                        out += &format!(".{method}({})", self.expression(node, "seconds"));
                    }
                }
                out
            }
            ("timeout", ..) => format!(".timeout({})", self.expression(node, "seconds")),
            // Python leaves out the fields that are `None`.
            ("body", "dictionary", parts @ [_, ..]) => {
                let kept = parts.iter().copied().filter(|pair| !is_none(pair));
                let kept: Vec<Node<'t>> = kept.collect();
                format!(".form({})", self.pairs_of(&kept, node, "pairs"))
            }
            ("body", "generator_expression", _) => {
                format!(".data_reader({})", self.value_of(node, "std::io::Empty"))
            }
            ("body", ..) => match self.opened(node) {
                Some(path) => {
                    let path = self.expression(path, "path");
                    format!(".data_file(std::fs::File::open({path})?)")
                }
                None => format!(".data({})", self.expression(node, "data")),
            },
            ("files", "dictionary", parts) => self.files(parts, node),
            ("files", ..) => format!(".files({})", self.value_of(node, &rust_type(kind))),
            ("hooks", "dictionary", [pair]) => {
                let hooks = pair.child_by_field_id(FIELDS.value).unwrap_or(node);
                let hooks = match hooks.kind() {
                    "list" | "tuple" => children(hooks),
                    _ => vec![hooks],
                };
                let hooks = hooks.into_iter();
                let hooks = hooks.map(|hook| format!(".response_hook({})", self.hook(hook)));
                hooks.collect()
            }
            ("hooks", ..) => format!(".response_hook({})", self.hook(node)),
            ("methods", "false" | "none", _) => ".all_methods()".to_owned(),
            ("methods", "list" | "tuple" | "set", _) => {
                format!(".allowed_methods({})", self.array(node, "str"))
            }
            ("methods", ..) => format!(".{name}({})", self.value_of(node, "Vec<String>")),
            ("statuses", "list" | "tuple" | "set", _) => {
                format!(".{name}({})", self.array(node, "u16"))
            }
            ("statuses", ..) => format!(".{name}({})", self.value_of(node, "Vec<u16>")),
            ("hook", ..) => format!(".{name}({})", self.hook(node)),
            ("pairs", "dictionary", parts) if matches!(name, "headers" | "params") => {
                self.removing(name, parts, node)
            }
            _ => format!(".{name}({})", self.expression(node, kind)),
        }
    }

    /// Headers or parameters; those that are `None` are removed from the options of the session.
    fn removing(&mut self, name: &str, parts: &[Node<'t>], node: Node<'t>) -> String {
        let removed: Vec<Node<'t>> = parts.iter().copied().filter(is_none).collect();
        let mut names = Vec::new();
        for key in removed
            .iter()
            .map(|pair| pair.child_by_field_id(FIELDS.key))
        {
            let Some(Literal::Text(key)) = key.and_then(|key| literal(self.source, key)) else {
                return format!(".{name}({})", self.expression(node, "pairs"));
            };
            names.push(quoted(&key));
        }
        let mut out = String::new();
        let kept = parts.iter().copied().filter(|pair| !is_none(pair));
        let kept: Vec<Node<'t>> = kept.collect();
        if !kept.is_empty() || names.is_empty() {
            out += &format!(".{name}({})", self.pairs_of(&kept, node, "pairs"));
        }
        if !names.is_empty() {
            out += &format!(".without_{name}([{}])", names.join(", "));
        }
        out
    }

    /// A variable or another expression, whose type is not known.
    fn value_of(&mut self, node: Node<'t>, rust: &str) -> String {
        match self.typed {
            true => format!("py::<{rust}>({})", quoted(&one_line(self.python(node)))),
            false => self.free(node, 0),
        }
    }

    fn hook(&mut self, node: Node<'t>) -> String {
        let hook =
            "fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>";
        self.value_of(node, hook)
    }

    fn array(&mut self, node: Node<'t>, kind: &str) -> String {
        let parts = children(node);
        let parts = parts.into_iter().map(|part| self.expression(part, kind));
        format!("[{}]", parts.collect::<Vec<_>>().join(", "))
    }

    fn pair(&mut self, user: Node<'t>, password: Node<'t>) -> String {
        let both = (literal(self.source, user), literal(self.source, password));
        if let (Some(Literal::Bytes(user)), Some(Literal::Bytes(password))) = both {
            let (user, password) = (quoted_bytes(&user), quoted_bytes(&password));
            return format!(".auth_bytes({user}, {password})");
        }
        let user = self.expression(user, "str");
        format!(".auth({user}, {})", self.expression(password, "str"))
    }

    /// A pair of a user and a password, an object of `requests.auth`, or a function.
    fn auth(&mut self, node: Node<'t>) -> String {
        if let ("tuple", [user, password]) = (node.kind(), &children(node)[..]) {
            return self.pair(*user, *password);
        }
        if let Some(mark) = self.marks.get(node) {
            if let (How::Call(arguments), Some(rule)) = (&mark.how, mark.rule) {
                let given = Given::new(rule, arguments);
                let given = (given.get("username"), given.get("password"));
                if let ("requests.auth.HTTPBasicAuth", (Some(user), Some(password))) =
                    (&*mark.name, given)
                {
                    return self.pair(user, password);
                }
                if &*mark.name == "requests.auth.HTTPDigestAuth" {
                    return format!(".digest_auth({})", self.expression(node, &mark.name));
                }
            }
        }
        let is_digest = self.marks.known.get(&node.id()) == Some(&"requests.auth.HTTPDigestAuth");
        match (node.kind(), self.typed) {
            _ if is_digest => {
                let auth = self.expression(node, "requests.auth.HTTPDigestAuth");
                format!(".digest_auth(&{auth})")
            }
            // Most often a pair.
            ("identifier" | "attribute", false) => {
                let auth = self.free(node, 0);
                format!(".auth({auth}.0, {auth}.1)")
            }
            ("identifier" | "attribute", true) => {
                let name = one_line(self.python(node));
                let part = |index| quoted(&format!("{name}[{index}]"));
                format!(".auth(py::<&str>({}), py::<&str>({}))", part(0), part(1))
            }
            _ => {
                let auth = self.value_of(node, "fn(&mut ssl::requests::PreparedRequest)");
                format!(".auth_with({auth})")
            }
        }
    }

    /// The path of a call of `open`.
    pub(super) fn opened(&self, node: Node<'t>) -> Option<Node<'t>> {
        let function = node.child_by_field_id(FIELDS.function)?;
        let is_open = self.python(function) == "open";
        let arguments = children(node.child_by_field_id(FIELDS.arguments)?);
        arguments.first().copied().filter(|_| is_open)
    }

    fn files(&mut self, pairs: &[Node<'t>], whole: Node<'t>) -> String {
        let mut parts = Vec::new();
        for pair in pairs {
            let key = pair.child_by_field_id(FIELDS.key);
            let value = pair.child_by_field_id(FIELDS.value);
            let (Some(key), Some(value)) = (key, value) else {
                return format!(".files({})", self.value_of(whole, &rust_type("files")));
            };
            let (name, part) = (self.expression(key, "str"), self.file(strip(value)));
            parts.push(format!("({name}, {part})"));
        }
        format!(".files([{}])", parts.join(", "))
    }

    /// A file, or a tuple of its name, the content, its type and its headers.
    fn file(&mut self, node: Node<'t>) -> String {
        let parts = match node.kind() {
            "tuple" => children(node),
            _ => vec![],
        };
        let (name, content, rest) = match &parts[..] {
            [name, content, rest @ ..] => (Some(strip(*name)), strip(*content), rest),
            _ => (None, node, &[][..]),
        };
        let path = self.opened(content);
        let bytes = match (path, literal(self.source, content)) {
            (Some(path), _) => format!("std::fs::read({})?", self.expression(path, "path")),
            (None, Some(Literal::Text(text))) => text_as_bytes(&text),
            (None, Some(Literal::Bytes(bytes))) => quoted_bytes(&bytes),
            (None, None) => self.value_of(content, "Vec<u8>"),
        };
        let mut out = format!("ssl::requests::FilePart::new({bytes})");
        let known = path.and_then(|path| literal(self.source, path));
        match (name, known, path) {
            (Some(name), ..) if name.kind() == "none" => out += ".no_filename()",
            (Some(name), ..) => out += &format!(".filename({})", self.expression(name, "str")),
            // Python takes the last part of the path.
            (None, Some(Literal::Text(path)), _) => {
                let last = path.rsplit('/').next().unwrap_or_default();
                out += &format!(".filename({})", quoted(last));
            }
            (None, _, Some(path)) => {
                let path = self.expression(path, "path");
                out += &format!(
                    ".filename(std::path::Path::new({path}).file_name().unwrap_or_default().to_string_lossy())"
                );
            }
            _ => {}
        }
        let methods = [("content_type", "str"), ("headers", "pairs")];
        for ((method, kind), node) in methods.into_iter().zip(rest) {
            if node.kind() != "none" {
                out += &format!(".{method}({})", self.expression(*node, kind));
            }
        }
        out
    }
}

/// Whether the value of a pair of a dictionary is `None`.
fn is_none(pair: &Node<'_>) -> bool {
    let value = pair.child_by_field_id(FIELDS.value);
    value.is_some_and(|value| strip(value).kind() == "none")
}

/// Whether `None` is the same as no argument.
fn is_special(kind: &str) -> bool {
    matches!(
        kind,
        "auth" | "timeout" | "body" | "files" | "hooks" | "statuses"
    )
}
