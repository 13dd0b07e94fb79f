//! Arguments accept the types that callers have, and names convert to values as in Python.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer, Files, skip_without_python};

#[test]
fn load_cert_chain_accepts_a_pair_of_paths_with_an_optional_key() {
    let files = Files::of(&Ca::new().issue("localhost"));
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    context.load_cert_chain((&files.cert, &files.key)).unwrap();
    let (cert, key): (&Path, PathBuf) = (&files.cert, files.key.clone());
    context.load_cert_chain((cert, key)).unwrap();
    let none: Option<&Path> = None;
    context.load_cert_chain((&files.combined, none)).unwrap();
    let alone = context.load_cert_chain((&files.cert, none)).unwrap_err();
    assert_eq!(alone.python_class(), "SSLError");
}

#[test]
fn a_cloned_cert_chain_calls_its_password_callback_again() {
    let files = Files::of(&Ca::new().issue("localhost"));
    let password = ssl::Password::callback(|| Ok(pyssl_testing::pki::PASSWORD));
    let chain = ssl::CertChain::new(&files.cert)
        .keyfile(&files.encrypted_key)
        .password(Some(password));
    for chain in [chain.clone(), chain] {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        context.load_cert_chain(chain).unwrap();
    }
}

/// The configuration of a program; a setting that is not configured is `None`.
struct Configured<'a> {
    cafile: Option<PathBuf>,
    capath: Option<&'a str>,
    cadata: Option<String>,
    server_hostname: Option<&'a str>,
}

fn connect(config: &Configured<'_>, port: u16) -> ssl::Result<ssl::SslSocket> {
    let options = ssl::DefaultContext::default()
        .cafile(config.cafile.as_deref())
        .capath(config.capath)
        .cadata(config.cadata.clone());
    let context = ssl::create_default_context(options)?;
    if config.server_hostname.is_none() {
        context.set_check_hostname(false)?;
    }
    let plain = ssl::create_connection(("localhost", port), Duration::from_secs(60))?;
    context.wrap_socket(plain, config.server_hostname)
}

#[test]
fn options_accept_none_for_unset_values() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let server = EchoServer::start(&leaf);
    let files = Files::of(&leaf);
    let in_file = Configured {
        cafile: Some(files.ca.clone()),
        capath: None,
        cadata: None,
        server_hostname: Some("localhost"),
    };
    connect(&in_file, server.port()).unwrap();
    let in_memory = Configured {
        cafile: None,
        cadata: Some(ca.cert_pem().to_string()),
        server_hostname: None,
        ..in_file
    };
    let sock = connect(&in_memory, server.port()).unwrap();
    assert_eq!(sock.server_hostname(), None);

    let context = ssl::create_default_context(&files.ca).unwrap();
    let plain = ssl::create_connection(("localhost", server.port()), None).unwrap();
    context.wrap_socket(plain, "localhost".to_owned()).unwrap();
    let bio = ssl::MemoryBio::new;
    assert!(context.wrap_bio(&bio(), &bio(), None).is_ok());
}

#[test]
fn makefile_shares_the_socket() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let context = ssl::create_unverified_context(()).unwrap();
    let plain = std::net::TcpStream::connect(server.addr()).unwrap();
    let sock = Arc::new(context.wrap_socket(plain, ()).unwrap());
    let mut lines = BufReader::new(sock.makefile());
    let mut writer = sock.makefile();
    std::thread::spawn(move || writer.write_all(b"one\ntwo\n").unwrap())
        .join()
        .unwrap();
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "one\n");
    // `lines` keeps the connection open, as a file of Python's `makefile` does.
    drop(sock);
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "one\ntwo\n");
    assert_ne!(lines.get_ref().get_ref().fileno(), -1);
}

#[test]
fn error_numbers_match_pythons_names() {
    let python = skip_without_python!();
    let names = python
        .run(
            "import errno
for number in range(1, 200): print(errno.errorcode.get(number, '-'))",
            &[] as &[&str],
        )
        .expect_success();
    for (number, name) in (1..).zip(names.lines()) {
        let error = ssl::Error::from(std::io::Error::from_raw_os_error(number));
        assert_eq!(error.errno_name().unwrap_or("-"), name, "{number}");
    }
}

#[test]
fn debug_of_an_error_shows_the_name_of_its_number() {
    let (number, shown) = match cfg!(windows) {
        true => (10054, "errno: 10054, name: WSAECONNRESET"),
        false => (
            104,
            "errno: 104, name: ECONNRESET, text: \"Connection reset by peer\"",
        ),
    };
    let reset = ssl::Error::from(std::io::Error::from_raw_os_error(number));
    assert!(format!("{reset:?}").contains(shown), "{reset:?}");
    let unknown = ssl::create_connection(("no.such.host.invalid", 1), None).unwrap_err();
    if let Some(name) = unknown.errno_name() {
        assert!(format!("{unknown:?}").contains(name), "{unknown:?}");
        assert!(name.starts_with("EAI_"), "{name}");
    } else {
        panic!("{unknown:?}");
    }
    assert_eq!(
        ssl::create_default_context("\0").unwrap_err().errno_name(),
        None
    );
}
