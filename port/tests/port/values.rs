//! The values and the arguments of Rust lines for sockets, `asyncio` and `Retry`.

use pyssl_port::Entry;

use crate::{port, rust};

#[test]
fn a_time_out_of_asyncio_is_that_of_the_rust_line() {
    let python = "
import asyncio
async def f(limit, w: asyncio.StreamWriter):
    r, own = await asyncio.wait_for(asyncio.open_connection('own.example', 443, ssl=True), timeout=limit)
    x = await asyncio.wait_for(r.read(5), 3)
    await asyncio.wait_for(w.drain(), timeout=None)
    await asyncio.wait_for(asyncio.shield(w.drain()), 0.5)
    await asyncio.wait_for(other(), 3)
    y = await asyncio.shield(r.readline())
    later = r.readline()
    async with asyncio.timeout(5):
        return await asyncio.wait_for(fut=r.read(5), timeout=3)
";
    let timeout = |limit: &str, call: &str| {
        format!(
            "tokio::time::timeout(Duration::{limit}, {call}).await.unwrap_or(Err(ssl::Error::Timeout(\"\")))?"
        )
    };
    let connect = "ssl::aio::asyncio::open_connection((\"own.example\", 443), \
                   &ssl::create_default_context(())?)";
    let expected = [
        format!(
            "let (r, own) = {};",
            timeout("from_secs_f64(limit)", connect)
        ),
        format!("let x = {};", timeout("from_secs(3)", "r.read(5)")),
        "w.drain().await?;".to_owned(),
        format!("{};", timeout("from_millis(500)", "w.drain()")),
        "let y = r.readline().await?;".to_owned(),
        "let later = r.readline();".to_owned(),
        format!("return Ok({});", timeout("from_secs(3)", "r.read(5)")),
    ];
    let lines = rust(python).into_iter();
    let lines: Vec<String> = lines
        .filter(|line| line != "ssl::aio::asyncio::StreamWriter")
        .collect();
    assert_eq!(lines, expected);
    let entries = port(python).entries;
    let block = entries
        .iter()
        .find(|entry| entry.python.contains("asyncio.timeout("));
    let differs = block.unwrap().differs.join(" ");
    assert!(differs.contains("tokio::time::timeout"), "{differs}");
}

#[test]
fn the_number_of_sent_bytes_is_the_value_of_the_rust_line() {
    let python = "
import socket, ssl
def f(data, tls: ssl.SSLSocket, other: socket.socket):
    sock = socket.create_connection(('own.example', 1))
    sock.sendall(data)
    n = sock.send(data)
    m = tls.send(data)
    return other.send(data)
";
    let expected = [
        "std::io::Write::write_all(&mut &sock, &data)?;",
        "let n = std::io::Write::write(&mut &sock, &data)?;",
        "let m = tls.send(&data)?;",
        "return Ok(std::io::Write::write(&mut &other, &data)?);",
    ];
    assert_eq!(rust(python)[3..], expected);
}

/// Python's `False` and `True` are 0 and 1.
#[test]
fn booleans_for_numbers_are_numbers() {
    let python = "
import requests, ssl
from urllib3.util import Retry
Retry(False)
Retry(total=True, read=False, backoff_factor=False)
requests.adapters.HTTPAdapter(max_retries=False)
sock = ssl.create_default_context().wrap_socket(plain)
sock.recv(True)
";
    let expected = [
        "ssl::requests::Retry::new(0);",
        "ssl::requests::Retry::new(1).read(0).backoff_factor(0f64);",
        "ssl::requests::HttpAdapter::new().max_retries(0);",
        "sock.recv(1)?;",
    ];
    let lines = rust(python).into_iter();
    let lines: Vec<String> = lines.filter(|line| !line.contains("wrap_socket")).collect();
    assert_eq!(lines, expected);
    let entries = port(python).entries;
    let with_note = entries
        .iter()
        .filter(|entry| entry.differs.join(" ").contains("MaxRetryError"));
    let with_note: Vec<&str> = with_note.map(|entry| entry.python.as_str()).collect();
    assert_eq!(
        with_note,
        [
            "Retry(False)",
            "Retry(total=True, read=False, backoff_factor=False)"
        ]
    );
}

#[test]
fn addresses_of_unix_sockets_are_paths() {
    let python = "
import socket, ssl
def f(path, other: socket.socket, tls: ssl.SSLSocket):
    a = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    a.bind(path)
    a.connect('/run/own')
    other.connect('/run/own')
    tls.connect('/run/own')
    other.bind(path)
    other.bind(('', 1))
";
    let lines = rust(python);
    let expected = [
        "a.bind(&ssl::socket2::SockAddr::unix(path)?)?;",
        "a.connect(&ssl::socket2::SockAddr::unix(\"/run/own\")?)?;",
        "other.connect(&ssl::socket2::SockAddr::unix(\"/run/own\")?)?;",
        "tls.connect(std::path::Path::new(\"/run/own\"))?;",
    ];
    assert_eq!(lines[3..7], expected);
    let entries = port(python).entries;
    let with_note = entries
        .iter()
        .filter(|entry| entry.differs.join(" ").contains("SockAddr::unix"));
    let with_note: Vec<&str> = with_note.map(|entry| entry.python.as_str()).collect();
    assert_eq!(with_note, ["other.bind(path)"]);
}

#[test]
fn options_of_sockets_that_are_variables_have_a_reason_and_no_line() {
    let python = "
import socket, ssl
def f(tls: ssl.SSLSocket, plain: socket.socket, option, options):
    tls.setsockopt(socket.SOL_SOCKET, option, 1)
    plain.setsockopt(*options)
    tls.getsockopt(socket.SOL_SOCKET, option)
    error = tls.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
";
    let entries = port(python).entries;
    let entries: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.python.contains("sockopt"))
        .collect();
    for entry in &entries[..3] {
        assert_eq!(entry.rust, [""; 0], "{}", entry.python);
        let differs = entry.differs.join(" ");
        assert!(!differs.contains("leaves out"), "{differs}");
        let reason = entry.uses[0].reason.as_deref().unwrap_or_default();
        assert!(
            reason.starts_with("socket2::SockRef has a method"),
            "{reason}"
        );
    }
    assert_eq!(
        entries[3].rust,
        ["let error = ssl::socket2::SockRef::from(&tls).take_error()?;"]
    );
}

#[test]
fn coroutines_that_become_tasks_have_a_note() {
    let python = "
import asyncio
async def f(r: asyncio.StreamReader, w: asyncio.StreamWriter):
    task = asyncio.create_task(r.read(5))
    await asyncio.gather(r.readline(), w.drain())
    await w.drain()
    await asyncio.shield(w.drain())
";
    let entries = port(python).entries;
    let with_note = entries
        .iter()
        .filter(|entry| entry.differs.join(" ").contains("tokio::join!"));
    let with_note: Vec<&str> = with_note.map(|entry| entry.python.as_str()).collect();
    assert_eq!(
        with_note,
        [
            "task = asyncio.create_task(r.read(5))",
            "await asyncio.gather(r.readline(), w.drain())"
        ]
    );
}

/// The place of an argument after `*args` is not known.
#[test]
fn arguments_after_a_splat_are_no_parameters_of_the_rust_line() {
    let python = "
import ssl
def f(ctx: ssl.SSLContext, parts, plain, name):
    ctx.wrap_socket(*parts, plain, server_hostname=name)
    ctx.wrap_socket(*parts, ssl.create_default_context())
";
    let entries = port(python).entries;
    let entries = &entries[2..];
    assert_eq!(
        entries[0].rust,
        ["ctx.wrap_socket(sock, ssl::WrapSocket::new().server_hostname(name))?;"]
    );
    assert_eq!(
        entries[0].differs,
        [
            "The Rust line leaves out `*parts`.",
            "The Rust line leaves out `plain`."
        ]
    );
    let names: Vec<&str> = entries[1]
        .uses
        .iter()
        .map(|used| used.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["ssl.create_default_context", "ssl.SSLContext.wrap_socket"]
    );
}
