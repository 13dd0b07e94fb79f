//! The Rust lines have the user's names and arguments.

use pyssl_port::Entry;

use crate::{port, rust};

#[test]
fn keyword_arguments_become_methods_of_options() {
    let python = r#"
import ssl
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="ca.pem")
context.load_cert_chain(CERT, keyfile="key.pem", password=None)
sock = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=True)
"#;
    assert_eq!(
        rust(python),
        [
            r#"let context = ssl::create_default_context(ssl::DefaultContext::new(ssl::Purpose::CLIENT_AUTH).cafile("ca.pem"))?;"#,
            r#"context.load_cert_chain(ssl::CertChain::new(CERT).keyfile("key.pem"))?;"#,
            "let sock = context.wrap_socket(plain, ssl::WrapSocket::new().server_side(true))?;",
        ]
        .map(|line| line.replace(".password(None)", ""))
    );
}

#[test]
fn properties_become_getters_and_setters() {
    let python = "
import ssl
context = ssl.create_default_context()
context.check_hostname = False
context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
context.verify_flags &= ~ssl.VERIFY_X509_STRICT
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.keylog_filename = None
print(context.verify_mode)
";
    assert_eq!(
        rust(python)[1..],
        [
            "context.set_check_hostname(false)?;",
            "context.set_options(context.options() | ssl::OP_NO_TICKET | ssl::OP_NO_COMPRESSION)?;",
            "context.set_verify_flags(context.verify_flags() & !ssl::VERIFY_X509_STRICT)?;",
            "context.set_minimum_version(ssl::TlsVersion::TLSv1_2)?;",
            "context.set_keylog_filename(None::<&str>)?;",
            "context.verify_mode();",
        ]
    );
}

#[test]
fn exceptions_become_match_arms() {
    let python = "
import ssl
try:
    sock.connect(address)
except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
    pass
except ssl.CertificateError as error:
    print(error.verify_code, error.reason)
except ssl.SSLError as error:
    raise
";
    assert_eq!(
        rust(python),
        [
            "Err(e @ (ssl::Error::WantRead(_) | ssl::Error::WantWrite(_))) => {",
            "Err(error @ ssl::Error::CertVerification(_)) => {",
            "error.verify_code();",
            "error.reason();",
            "Err(error) if error.ssl().is_some() => {",
        ]
    );
}

#[test]
fn the_arguments_of_sockets_are_those_of_the_program() {
    let python = "
import ssl, socket
for af, kind, proto, name, address in socket.getaddrinfo(host, 443):
    a = socket.socket(af, kind, proto)
b = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
c = socket.socket(type=socket.SOCK_STREAM)
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
c.setsockopt(level, option, value)
tls = ssl.create_default_context().wrap_socket(c, server_hostname=name)
tls.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, False)
tls.recv(10, socket.MSG_PEEK)
tls.recv(10, 0)
";
    let expected = [
        "let a = ssl::socket2::Socket::new(ssl::socket2::Domain::from(af), ssl::socket2::Type::from(kind), Some(ssl::socket2::Protocol::from(proto)))?;",
        "let b = ssl::socket2::Socket::new(ssl::socket2::Domain::IPV6, ssl::socket2::Type::DGRAM, None)?;",
        "let c = ssl::socket2::Socket::new(ssl::socket2::Domain::IPV4, ssl::socket2::Type::STREAM, None)?;",
        "ssl::socket2::SockRef::from(&c).set_tcp_nodelay(true)?;",
        "ssl::socket2::SockRef::from(&c).set_recv_buffer_size(size)?;",
        "let tls = ssl::create_default_context(())?.wrap_socket(c, name)?;",
        "ssl::socket2::SockRef::from(&tls).set_keepalive(false)?;",
        "tls.recv(10)?;",
        "tls.recv(10)?;",
    ];
    assert_eq!(rust(python), expected);
    let entries = port(python).entries;
    let left_out = entries.iter().filter(|entry| {
        let mut texts = entry.differs.iter();
        texts.any(|text| text.contains("leaves out `flags`"))
    });
    let lines: Vec<&str> = left_out.map(|entry| entry.python.as_str()).collect();
    assert_eq!(lines, ["tls.recv(10, socket.MSG_PEEK)"]);
}

#[test]
fn starttls_checks_the_name_of_the_server_of_the_program() {
    let python = "
import ssl, smtplib, imaplib
context = ssl.create_default_context()
server = smtplib.SMTP('mail.own.example', 587)
server.starttls(context=context)
class Client:
    def __init__(self, name):
        self.imap = imaplib.IMAP4(host=name)
    def start(self):
        self.imap.starttls(ssl_context=context)
def f(server: smtplib.SMTP):
    server.starttls(context=context)
with smtplib.SMTP('b.example') as b:
    b.starttls(context=context)
if x: c = smtplib.SMTP('c.example')
else: c = smtplib.SMTP('d.example')
c.starttls(context=context)
";
    let lines = rust(python).into_iter();
    let lines: Vec<String> = lines.filter(|line| line.contains("wrap_socket")).collect();
    let expected = [
        "context.wrap_socket(server.try_clone()?, \"mail.own.example\")?;",
        "context.wrap_socket(self.imap.try_clone()?, name)?;",
        "context.wrap_socket(server.try_clone()?, host)?;",
        "context.wrap_socket(b.try_clone()?, \"b.example\")?;",
        "context.wrap_socket(c.try_clone()?, host)?;",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn contexts_of_urllib3_and_aiohttp_have_the_arguments_of_the_program() {
    let python = "
import ssl, aiohttp, OpenSSL.SSL
from urllib3.util.ssl_ import create_urllib3_context, ssl_wrap_socket
a = create_urllib3_context(ciphers='HIGH', cert_reqs=ssl.CERT_NONE, options=ssl.OP_NO_TICKET)
b = create_urllib3_context(ssl_version=ssl.PROTOCOL_TLS_SERVER, cert_reqs=None)
c = ssl_wrap_socket(sock, ca_certs='ca.pem', server_hostname=name)
d = aiohttp.TCPConnector(verify_ssl=False)
def f(e: OpenSSL.SSL.Connection):
    e.set_tlsext_host_name(b'own.example')
    e.set_tlsext_host_name(name.encode('idna'))
";
    let expected = [
        "let a = { let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?; context.set_check_hostname(ssl::CERT_NONE == ssl::CERT_REQUIRED)?; context.set_verify_mode(ssl::CERT_NONE)?; context.set_options(context.options() | ssl::OP_NO_TICKET)?; context.set_ciphers(\"HIGH\")?; context };",
        "let b = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;",
        "let c = ({ let context = ssl::create_default_context(())?; context.load_verify_locations(\"ca.pem\")?; context }).wrap_socket(sock, ssl::WrapSocket::new().server_hostname(name))?;",
        "let d = ssl::requests::HttpAdapter::new().ssl_context(&ssl::create_unverified_context(())?);",
        "ssl::WrapSocket::new().server_hostname(\"own.example\");",
        "ssl::WrapSocket::new().server_hostname(name);",
    ];
    let lines = rust(python).into_iter();
    let lines: Vec<String> = lines.filter(|line| line != "ssl::SslSocket").collect();
    assert_eq!(lines, expected);
}

#[test]
fn questions_about_names_and_deletions_are_no_calls() {
    let python = "
import asyncio, ssl
class Context(ssl.SSLContext):
    def limit(self, flags):
        super(Context, Context).verify_flags.__set__(self, flags)
        return super().verify_flags.__get__(self)
async def f(host, ctx: ssl.SSLContext):
    reader, stream = await asyncio.open_connection(host, 443)
    if hasattr(stream, 'wait_closed'): pass
    x = hasattr(ssl, 'OP_NO_TLSv1_3') and hasattr(ssl, 'match_hostname')
    del ctx.sni_callback
";
    let entries = port(python).entries;
    let lines = entries
        .iter()
        .filter(|entry| !entry.python.starts_with("import"));
    let lines: Vec<String> = lines.flat_map(|entry| entry.rust.clone()).collect();
    let expected = [
        "ssl::SslContext",
        "self.set_verify_flags(flags)?;",
        "return Ok(self.verify_flags());",
        "ssl::SslContext",
        "let (reader, stream) = ssl::aio::asyncio::open_connection((host, 443), ()).await?;",
        "/* hasattr(stream, 'wait_closed') */ true;",
        "/* hasattr(ssl, 'OP_NO_TLSv1_3') */ true;",
        "/* hasattr(ssl, 'match_hostname') */ false;",
    ];
    assert_eq!(lines, expected);
    let last = entries.last().unwrap();
    let note = "Rust cannot delete the property `ssl.SSLContext.sni_callback`.";
    assert_eq!(
        (&*last.python, &last.differs[..]),
        ("del ctx.sni_callback", &[note.to_owned()][..])
    );
}

/// For each `except` clause: its Rust arm, and the number of classes that the arm does not match.
fn arms(body: &str, clauses: &str) -> Vec<(Vec<String>, usize)> {
    let python = format!(
        "import asyncio, ssl, socket, requests\nasync def f():\n  try:\n    {body}\n{clauses}"
    );
    let entries = port(&python).entries.into_iter();
    let entries = entries.filter(|entry| entry.python.starts_with("except"));
    let missing = |entry: &Entry| {
        let texts = entry.differs.iter();
        texts
            .filter(|text| text.starts_with("The arm does not match"))
            .count()
    };
    entries
        .map(|entry| (entry.rust.clone(), missing(&entry)))
        .collect()
}

#[test]
fn every_class_of_an_except_clause_is_in_the_arm_or_named() {
    const OS: &str = "e.ssl().is_some() || matches!(e, ssl::Error::Os(_) | ssl::Error::Timeout(_))";
    let sock = "ssl.SSLContext().wrap_socket(s)";
    let requests = "requests.get(url)";
    for (body, classes, expected, missing) in [
        (sock, "(OSError, ssl.SSLError)", OS, 0),
        (sock, "(ssl.SSLError, IOError)", OS, 0),
        (sock, "OSError", OS, 0),
        (sock, "socket.error", OS, 0),
        (
            sock,
            "(ssl.CertificateError, ConnectionResetError)",
            "matches!(e, ssl::Error::CertVerification(_)) || e.python_class() == \"ConnectionResetError\"",
            0,
        ),
        (
            sock,
            "(ssl.SSLError, ValueError, KeyError, own.Error)",
            "matches!(e, ssl::Error::Value(_) | ssl::Error::Unicode(_) | ssl::Error::CertVerification(_)) || e.ssl().is_some()",
            2,
        ),
        (
            sock,
            "(socket.timeout, asyncio.TimeoutError)",
            "e.python_class() == \"TimeoutError\"",
            0,
        ),
        (
            requests,
            "(requests.Timeout, ssl.SSLError)",
            "e.is_timeout()",
            1,
        ),
        (
            requests,
            "OSError",
            "!matches!(e, ssl::requests::Error::ValueError(_))",
            0,
        ),
        (
            "await (await asyncio.open_connection(h, 1))[0].readexactly(2)",
            "EOFError",
            "ssl::aio::asyncio::IncompleteReadError::of(&e).is_some()",
            0,
        ),
    ] {
        let found = arms(body, &format!("  except {classes}:\n    pass\n"));
        let expected = vec![format!("Err(e) if {expected} => {{")];
        assert_eq!(found, [(expected, missing)], "{classes}");
    }
}

#[test]
fn a_clause_that_catches_everything_becomes_an_arm_without_a_condition() {
    let body = "ssl.SSLContext().wrap_socket(s)";
    for clause in [
        "except:",
        "except Exception:",
        "except (ssl.SSLError, Exception):",
    ] {
        let found = arms(body, &format!("  {clause}\n    pass\n"));
        assert_eq!(found, [(vec!["Err(e) => {".to_owned()], 0)], "{clause}");
    }
}

#[test]
fn clauses_without_tls_are_not_shown() {
    for clause in ["except KeyError:", "except own.Error:", "except OSError:"] {
        let found = arms("open(path).read()", &format!("  {clause}\n    pass\n"));
        assert_eq!(found, [], "{clause}");
    }
    let own = "  except OSError: pass\nclass OSError(Exception): pass\n";
    assert_eq!(arms("ssl.SSLContext().wrap_socket(s)", own), []);
}

#[test]
fn a_with_statement_becomes_a_block() {
    let python = "
import socket, ssl
context = ssl.create_default_context()
with socket.create_connection((host, 443), timeout=2.5) as plain:
    with context.wrap_socket(plain, server_hostname=host) as sock:
        sock.sendall('GET /'.encode())
";
    assert_eq!(
        rust(python)[1..],
        [
            "let plain = ssl::create_connection((host, 443), Duration::from_millis(2500))?; // closed at the end of its scope",
            "let sock = context.wrap_socket(plain, host)?; // closed at the end of its scope",
            "sock.sendall(b\"GET /\")?;",
        ]
    );
}

#[test]
fn rust_lines_for_requests_and_asyncio_name_their_features() {
    let python = "
import asyncio, requests, ssl
async def fetch(context):
    reader, writer = await asyncio.open_connection('localhost', 8443, ssl=True)
    writer.write(b'x')
    line = await reader.readline()
requests.get(url, verify='ca.pem', timeout=5)
";
    let entries = port(python).entries;
    let entries: Vec<_> = entries
        .iter()
        .filter(|entry| !entry.python.contains("import"))
        .collect();
    assert_eq!(entries[0].features, ["tokio"]);
    assert_eq!(
        entries[0].rust,
        [
            "let (reader, writer) = ssl::aio::asyncio::open_connection((\"localhost\", 8443), &ssl::create_default_context(())?).await?;"
        ]
    );
    assert_eq!(entries[2].rust, ["let line = reader.readline().await?;"]);
    assert_eq!(entries[3].features, ["requests"]);
    assert_eq!(
        entries[3].rust,
        [
            "ssl::requests::get(url, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)).verify(\"ca.pem\"))?;"
        ]
    );
}

#[test]
fn a_port_reports_names_that_python_has_removed() {
    let port = port(
        "import ssl\nsock = ssl.wrap_socket(plain, certfile='c.pem', ssl_version=ssl.PROTOCOL_TLSv1_2)\n",
    );
    let entry = &port.entries[1];
    assert_eq!(entry.gone, ["ssl.wrap_socket was removed in Python 3.12"]);
    assert_eq!(
        entry.rust,
        [
            "let sock = ssl::create_unverified_context(ssl::UnverifiedContext::new().protocol(ssl::PROTOCOL_TLSv1_2).certfile(\"c.pem\"))?.wrap_socket(plain, ())?;"
        ]
    );
}

#[test]
fn a_port_reports_arguments_without_a_counterpart() {
    let port = port(
        "import ssl\nctx = ssl.create_default_context()\nctx.wrap_socket(plain, **options, *(1,\n 2))\n",
    );
    assert_eq!(
        port.entries[2].differs,
        [
            "The Rust line leaves out `**options`.",
            "The Rust line leaves out `*(1, 2)`."
        ]
    );
}

#[test]
fn mail_and_file_servers_are_reached_at_the_port_of_their_protocol() {
    let python = "
import ftplib, imaplib, poplib, smtplib, ssl
imaplib.IMAP4_SSL(host, ssl_context=context)
poplib.POP3_SSL(host, context=context)
smtplib.SMTP_SSL(host, context=context)
imaplib.IMAP4(host)
poplib.POP3(host)
ftplib.FTP(host, user)
";
    let ports = ["993", "995", "465", "143", "110", "21"];
    let lines = rust(python);
    assert_eq!(lines.len(), ports.len(), "{lines:?}");
    for (line, port) in lines.iter().zip(ports) {
        assert!(line.contains(&format!("(host, {port})")), "{line}");
    }
}

#[test]
fn methods_that_are_not_called_become_closures_and_paths() {
    let python = "
import ssl
from functools import partial
class Connection(ssl.SSLSocket):
    def recv(self, *args):
        return self.run(super().recv, *args)
def f(obj: ssl.SSLObject, data, bio: ssl.MemoryBIO):
    run(partial(obj.write, data))
    run(obj.read, 5)
    run(obj.do_handshake)
    version = obj.version
    eof = bio.write_eof
    run(bio.pending)
    getattr(obj, 'version')()
    receive = ssl.SSLSocket.recv
    options = ssl.SSLContext.options
";
    let expected = [
        "ssl::SslSocket",
        "|| self.recv(1024);",
        "ssl::SslObject",
        "ssl::MemoryBio",
        "|data| obj.write(data);",
        "|| obj.read(1024);",
        "|| obj.do_handshake();",
        "let version = || obj.version();",
        "let eof = || bio.write_eof();",
        "bio.pending();",
        "obj.version();",
        "let receive = ssl::SslSocket::recv;",
        "let options = ssl::SslContext::options;",
    ];
    assert_eq!(rust(python), expected);
}

#[test]
fn exceptions_of_pyopenssl_are_raised_and_exception_alone_is_caught() {
    let python = "
import requests
from OpenSSL import SSL
def f(session: requests.Session):
    try:
        session.get(url)
    except Exception as e:
        raise SSL.Error('closed')
    raise SSL.WantReadError()
";
    let lines = rust(python);
    for line in [
        "Err(e) => {",
        "return Err(ssl::Error::Ssl(Box::new(ssl::SslError::new(\"closed\"))).into());",
        "return Err(ssl::Error::WantRead(Box::new(ssl::SslError::new(\"\"))).into());",
    ] {
        assert!(lines.iter().any(|found| found == line), "{lines:#?}");
    }
}

#[test]
fn assignments_without_a_rust_line_have_a_reason() {
    let python = "
import ssl, requests
from ssl import create_connection
from asyncio import timeout, wait_for
class Failure(requests.HTTPError):
    def __init__(self, response):
        self.response = response
def f(error: ssl.SSLError):
    error.reason = 'own'
    ssl.SSLContext = Other
";
    let entries = port(python).entries;
    let uses = entries.into_iter().flat_map(|entry| entry.uses);
    let without: Vec<_> = uses
        .filter(|used| !used.rust)
        .map(|used| (used.name, used.reason.unwrap_or_default()))
        .collect();
    let expected = [
        ("ssl.SSLError.reason", "Rust reads it only."),
        (
            "ssl.SSLContext",
            "Rust cannot replace a name of a module: pass the object to the code that uses it.",
        ),
    ];
    let expected = expected.map(|(name, reason)| (name.to_owned(), reason.to_owned()));
    assert_eq!(without, expected);
}
