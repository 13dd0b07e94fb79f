//! Names are followed through imports, functions, classes and branches; an unknown object has no
//! attribute of TLS.

use crate::names;

#[test]
fn import_aliases_are_resolved() {
    let python = "
import ssl as s
from ssl import CERT_NONE as NONE, SSLContext
from urllib3.util.ssl_ import create_urllib3_context
a = SSLContext(s.PROTOCOL_TLS_CLIENT)
a.verify_mode = NONE
b = create_urllib3_context()
b.set_ciphers(x)
";
    assert_eq!(
        names(python),
        [
            "ssl.PROTOCOL_TLS_CLIENT",
            "ssl.SSLContext",
            "ssl.CERT_NONE",
            "ssl.SSLContext.verify_mode",
            "urllib3.util.create_urllib3_context",
            "ssl.SSLContext.set_ciphers",
        ]
    );
}

#[test]
fn a_part_of_a_program_needs_no_import_of_ssl_and_requests() {
    let python = "
context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
context.set_ciphers('HIGH:!aNULL:!MD5')
requests.get(url, verify=False)
";
    let expected = [
        "ssl.PROTOCOL_TLSv1_2",
        "ssl.SSLContext",
        "ssl.SSLContext.set_ciphers",
        "requests.get",
    ];
    assert_eq!(names(python), expected);
    for bound in [
        "ssl = options.ssl",
        "from other import ssl",
        "from other import *",
        "def later():\n    global ssl\n    ssl = load()",
        "for ssl in modules: pass",
    ] {
        let python = format!("{bound}\nssl.SSLContext(ssl.PROTOCOL_TLSv1_2)\n");
        assert!(names(&python).is_empty(), "{bound}");
    }
    assert!(names("def f(ssl):\n    ssl.SSLContext()\n").is_empty());
}

#[test]
fn attributes_of_classes_are_known_in_all_methods() {
    let python = "
import ssl
class Client:
    def send(self, data):
        self.sock.sendall(data)
    def __init__(self, plain):
        self.context = self.make()
        self.sock = self.context.wrap_socket(plain)
    def make(self):
        context = ssl.create_default_context()
        return context
def use(client: Client):
    client.sock.close()
    client.other.close()
";
    assert_eq!(
        names(python),
        [
            "ssl.SSLSocket.sendall",
            "ssl.SSLContext.wrap_socket",
            "ssl.create_default_context",
            "ssl.SSLSocket.close",
        ]
    );
}

#[test]
fn annotations_and_return_types_are_followed() {
    let python = "
import ssl
from typing import Optional
def f(a: ssl.SSLContext, b: 'ssl.SSLContext | None', c: Optional[ssl.SSLContext] = None):
    a.get_ciphers()
    b.get_ciphers()
    c.get_ciphers()
    d: ssl.SSLSocket = a.x()
    d.cipher()
";
    let found = names(python);
    assert_eq!(
        found
            .iter()
            .filter(|name| name.ends_with("get_ciphers"))
            .count(),
        3,
        "{found:?}"
    );
    assert!(
        found.contains(&"ssl.SSLSocket.cipher".to_owned()),
        "{found:?}"
    );
}

#[test]
fn objects_of_unknown_type_have_no_attribute_of_tls() {
    let python = "
import ssl
def f(sock, context):
    sock.recv(1024)
    context.load_cert_chain('a')
context = other()
context.wrap_socket(sock)
sock = ssl.create_default_context().wrap_socket(plain)
sock = other()
sock.recv(1)
for ssl in range(3):
    ssl.CERT_NONE
";
    assert_eq!(
        names(python),
        ["ssl.create_default_context", "ssl.SSLContext.wrap_socket"]
    );
}

#[test]
fn a_variable_has_the_values_of_all_branches() {
    let python = "
import socket, ssl
context = None
if tls:
    context = ssl.create_default_context()
else:
    context = None
context.check_hostname = True
sock = socket.create_connection(address)
if tls:
    sock = context.wrap_socket(sock)
sock.version()
if tls:
    thing = ssl.MemoryBIO()
else:
    thing = ssl.create_default_context()
thing.read()
";
    let found = names(python);
    assert!(
        found.contains(&"ssl.SSLContext.check_hostname".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"ssl.SSLSocket.version".to_owned()),
        "{found:?}"
    );
    assert!(
        !found.contains(&"ssl.MemoryBIO.read".to_owned()),
        "{found:?}"
    );
}

#[test]
fn programs_in_python_2_are_ported() {
    let python = "
import ssl, httplib
try:
    print ssl.OPENSSL_VERSION
except ssl.SSLError, e:
    print >>out, e.reason
c = httplib.HTTPSConnection('example.com')
";
    assert_eq!(
        names(python),
        [
            "ssl.OPENSSL_VERSION",
            "ssl.SSLError",
            "ssl.SSLError.reason",
            "http.client.HTTPSConnection"
        ]
    );
}

#[test]
fn the_correct_lines_of_a_broken_program_are_ported() {
    let port =
        crate::port("import ssl\ndef f(:\n  x = = 3\ncontext = ssl.create_default_context()\n");
    assert!(port.broken);
    assert!(
        port.entries
            .iter()
            .any(|entry| entry.python.contains("create_default_context"))
    );
}

#[test]
fn unknown_names_of_ssl_have_no_rust_line() {
    let port = crate::port("import ssl\nssl.no_such_name()\ngetattr(ssl, 'OP_NO_TICKET', 0)\n");
    let uses: Vec<_> = port.entries.iter().flat_map(|entry| &entry.uses).collect();
    assert_eq!(
        (uses[1].name.as_str(), uses[1].rust),
        ("ssl.no_such_name", false)
    );
    assert_eq!(
        (uses[2].name.as_str(), uses[2].rust),
        ("ssl.OP_NO_TICKET", true)
    );
}

#[test]
fn a_parameter_has_the_type_that_callers_pass_but_not_the_constant() {
    let python = "
import ssl
def f(context, mode):
    context.verify_mode = mode
f(ssl.create_default_context(), ssl.CERT_REQUIRED)
";
    assert_eq!(
        names(python),
        [
            "ssl.SSLContext.verify_mode",
            "ssl.create_default_context",
            "ssl.CERT_REQUIRED",
        ]
    );
}

#[test]
fn a_union_with_another_type_has_no_attribute_of_tls() {
    let python = "
import ssl
def f(options: dict | ssl.SSLContext):
    options.get('a')
    print(ssl.OPENSSL_VERSION.startswith('x'))
";
    assert_eq!(names(python), ["ssl.SSLContext", "ssl.OPENSSL_VERSION"]);
}

#[test]
fn a_guess_at_an_attribute_of_another_class_is_not_a_use() {
    let python = "
import ssl
def f(error: ssl.SSLError):
    getattr(error, 'exception', None)
    hasattr(error, 'exception')
    getattr(error, 'reason', None)
    error.exception
";
    assert_eq!(
        names(python),
        [
            "ssl.SSLError",
            "ssl.SSLError.reason",
            "ssl.SSLError.exception"
        ]
    );
}

/// A property has no Rust line for `del`.
#[test]
fn a_use_without_a_rust_line_does_not_count_as_ported() {
    let python = b"import ssl\ndef f(context: ssl.SSLContext):\n    del context.sni_callback\n";
    let port = pyssl_port::Port::of(python).unwrap();
    let entry = port.entries.last().unwrap();
    assert!(entry.rust.is_empty());
    assert!(!entry.uses[0].rust);
    let reason = entry.uses[0].reason.as_deref();
    assert_eq!(reason, Some("There is no Rust line for this use of it."));
}
