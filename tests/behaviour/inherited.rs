//! Attributes that a TLS socket inherits from the plain socket, and old names of methods.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{Ca, errno};
use socket2::{Domain, SockRef, Socket, Type};

use crate::link::{Contexts, is_bad_fd};
use crate::support::{Pair, client_context, outcome, server_context};

fn wrapped(domain: Domain) -> ssl::SslSocket {
    let plain = Socket::new(domain, Type::STREAM, None).unwrap();
    let context = client_context(&Ca::new());
    context.wrap_socket(plain, "localhost").unwrap()
}

#[test]
fn family_and_type_match_the_plain_socket() {
    // Wine has no Unix sockets.
    let domains = [Domain::IPV4, Domain::IPV6, Domain::UNIX];
    for domain in domains.into_iter().take(if cfg!(windows) { 2 } else { 3 }) {
        let sock = wrapped(domain);
        assert_eq!(sock.family().unwrap(), domain);
        assert_eq!(sock.r#type().unwrap(), Type::STREAM);
        sock.close();
        assert_eq!(sock.family().unwrap_err().errno(), Some(errno::CLOSED));
    }
}

#[test]
fn set_inheritable_controls_inheritance_of_the_descriptor() {
    let sock = wrapped(Domain::IPV4);
    assert!(!sock.get_inheritable().unwrap());
    sock.set_inheritable(true).unwrap();
    assert!(sock.get_inheritable().unwrap());
    sock.set_inheritable(false).unwrap();
    assert!(!sock.get_inheritable().unwrap());
    sock.close();
    assert!(is_bad_fd(&sock.set_inheritable(true).unwrap_err()));
    assert!(is_bad_fd(&sock.get_inheritable().unwrap_err()));
}

#[test]
fn socket_options_can_be_set_on_a_wrapped_socket() {
    let sock = wrapped(Domain::IPV4);
    SockRef::from(&sock).set_tcp_nodelay(true).unwrap();
    assert!(SockRef::from(&sock).tcp_nodelay().unwrap());
}

/// Python's `test_timeout`: wrapping keeps `None`, zero and five seconds.
#[test]
fn wrap_socket_keeps_the_sockets_time_out() {
    let context = client_context(&Ca::new());
    for timeout in [None, Some(Duration::ZERO), Some(Duration::from_secs(5))] {
        let sock = wrapped(Domain::IPV4);
        sock.settimeout(timeout).unwrap();
        assert_eq!((sock.timeout(), sock.gettimeout()), (timeout, timeout));
        let blocking = timeout != Some(Duration::ZERO);
        assert_eq!(sock.getblocking(), blocking);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let connect = || TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let unfinished = ssl::WrapSocket::from("localhost").do_handshake_on_connect(false);
    let kept = |plain: TcpStream| {
        let sock = context.wrap_socket(plain, unfinished.clone()).unwrap();
        sock.timeout()
    };
    assert_eq!(kept(connect()), None);
    let plain = connect();
    plain.set_nonblocking(true).unwrap();
    // Windows does not report the mode of a socket.
    let expected = (!cfg!(windows)).then_some(Duration::ZERO);
    assert_eq!(kept(plain), expected);
    let plain = connect();
    plain
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    assert_eq!(kept(plain), Some(Duration::from_secs(5)));
}

#[test]
fn host_flags_control_wildcard_matching() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("*.example.com"));
    let client = client_context(&ca);
    let connect = || {
        let pair = Pair::new(&client, &server, "www.example.com").unwrap();
        outcome(&pair.handshake().0)
    };
    assert_eq!(client.host_flags(), 4);
    assert_eq!(connect(), "ok");
    // X509_CHECK_FLAG_NO_WILDCARDS
    client.set_host_flags(0x2).unwrap();
    assert_eq!(client.host_flags(), 0x2);
    assert_eq!(
        connect(),
        "SSLCertVerificationError:CERTIFICATE_VERIFY_FAILED"
    );
    // `set_hostname_checks_common_name` sets X509_CHECK_FLAG_NEVER_CHECK_SUBJECT.
    client.set_hostname_checks_common_name(false).unwrap();
    assert_eq!(client.host_flags(), 0x22);
    client.set_host_flags(0).unwrap();
    assert!(client.hostname_checks_common_name());
    assert_eq!(connect(), "ok");
}

#[test]
#[allow(deprecated, reason = "the test calls a deprecated function")]
fn selected_npn_protocol_is_none() {
    let pair = Contexts::new().connected();
    const { assert!(!ssl::HAS_NPN) };
    assert_eq!(pair.client.selected_npn_protocol(), None);
    assert_eq!(wrapped(Domain::IPV4).selected_npn_protocol(), None);
}

#[test]
fn set_servername_callback_sets_the_sni_callback() {
    let contexts = Contexts::new();
    let asked = contexts
        .server
        .set_servername_callback(|_| Err("asked".into()));
    asked.unwrap();
    let refused = contexts.pair().handshake().1.unwrap_err();
    assert_eq!(refused.to_string(), "asked");
    contexts.server.clear_sni_callback().unwrap();
    contexts.connected();
}
