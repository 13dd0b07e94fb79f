//! The calls that do not use OpenSSL: those of options and of plain values.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pyssl as ssl;
use pyssl::socket2::{Domain, Type};
use pyssl::*;

use super::Call;
use super::calls::{connection, listener, os_error, value_error, want_read};

pub(super) const UNTOUCHED: &[Call] = calls! {
    "capabilities" => capabilities();
    "$type::name", "impl std::fmt::Debug for $type" => (
        TlsContentType(22).name(),
        format!("{:?} {:?}", TlsContentType(22), AlertDescription(0)),
    );
    "impl TryFrom<i32> for $type" => (
        SslErrorNumber::try_from(1),
        Protocol::try_from(16),
        TlsVersion::try_from(1),
        VerifyMode::try_from(7),
    );
    "ClientHello::parse", "ClientHello::alpn_protocols", "ClientHello::cipher_suites",
    "ClientHello::extensions", "ClientHello::groups", "ClientHello::psk_identities",
    "ClientHello::random", "ClientHello::server_name", "ClientHello::session_id",
    "ClientHello::signature_algorithms", "ClientHello::versions",
    "ClientHello::wants_ocsp_response", "impl fmt::Debug for ClientHello" => {
        let message = [&[22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3][..], &[0; 34], &[2, 0, 47, 1, 0]];
        let hello = ClientHello::parse(&message.concat()).unwrap().unwrap();
        let _ = (hello.alpn_protocols().count(), hello.psk_identities().count());
        let _ = (hello.extensions().count(), hello.groups(), hello.signature_algorithms());
        let _ = (hello.random(), hello.server_name(), hello.session_id(), hello.versions());
        (hello.wants_ocsp_response(), format!("{hello:?}"), hello.cipher_suites().len())
    };
    "Protocol::name" => (
        Protocol::PROTOCOL_TLS_CLIENT.name(),
        Protocol::PROTOCOL_TLS_CLIENT.to_string(),
    );
    "Purpose::nid", "Purpose::shortname", "Purpose::longname", "Purpose::oid",
    "impl From<()> for Purpose" => (
        Purpose::from(()),
        Purpose::SERVER_AUTH.nid(),
        Purpose::SERVER_AUTH.shortname(),
        Purpose::SERVER_AUTH.longname(),
        Purpose::SERVER_AUTH.oid(),
    );
    // Macros define these implementations, for enumerations and flags, and for arguments that may be `None`.
    "impl std::fmt::Display for $type", "impl std::str::FromStr for $type",
    "impl Optional<$target> for $source", "impl Optional<$target> for Option<$source>" => {
        let path = Optional::<PathBuf>::into_option("file");
        let text = Optional::<String>::into_option(Some("text"));
        let _ = Optional::<Password>::into_option(None::<&str>).is_none();
        let data = Optional::<CaData>::into_option("pem");
        let known = "OP_ALL".parse::<Options>().map(|options| options.to_string()).is_ok();
        let refused = "required".parse::<VerifyMode>().is_err();
        (path, text, data, known, refused, Purpose::SERVER_AUTH.to_string())
    };
    "impl Ord for TlsVersion", "impl PartialOrd for TlsVersion",
    "impl fmt::Display for TlsVersion" => (
        TlsVersion::TLSv1_2 < TlsVersion::TLSv1_3,
        TlsVersion::TLSv1_2.max(TlsVersion::TLSv1_3).to_string(),
    );
    "CertChain::new", "CertChain::from_pem", "CertChain::from_der", "CertChain::from_pkcs12",
    "CertChain::keyfile", "CertChain::password", "impl fmt::Debug for CertChain",
    "impl From<(C, K)> for CertChain", "Password::callback", "impl fmt::Debug for Password",
    "impl From<&str> for Password", "impl From<String> for Password", "impl From<&String> for Password",
    "impl From<&[u8]> for Password", "impl From<&[u8; N]> for Password",
    "impl From<Vec<u8>> for Password", "impl Drop for Password" => {
        let chain = CertChain::new("cert").keyfile("key").password("password");
        let _ = format!("{chain:?} {:?}", Password::from("password"));
        (
            CertChain::from_pem("", ""),
            CertChain::from_der(&[b""], b""),
            CertChain::from_pkcs12(b"", String::new()),
            CertChain::from("cert"),
            CertChain::from(("cert", "key")),
            Password::from(&String::new()),
            [&b"a"[..].into(), &b"a".into(), &Vec::new().into(), &Password::callback(|| Ok("a"))]
                .map(|password: &Password| format!("{password:?}")),
        )
    };
    "impl From<&str> for CaData", "impl From<String> for CaData", "impl From<&[u8]> for CaData",
    "impl From<Vec<u8>> for CaData", "VerifyLocations::new", "VerifyLocations::cafile",
    "impl From<&String> for CaData", "impl From<&Vec<u8>> for CaData", "impl From<&[u8; N]> for CaData",
    "VerifyLocations::capath", "VerifyLocations::cadata", "VerifyLocations::pem" => (
        [CaData::from(&String::new()), CaData::from(&Vec::new()), CaData::from(b"der")],
        VerifyLocations::new().cafile("file").capath("dir").cadata("pem").pem("pem"),
        VerifyLocations::from("file").cadata(String::new()),
        VerifyLocations::new().cadata(&b"der"[..]),
        VerifyLocations::new().cadata(Vec::new()),
    );
    "impl From<($identity, K)> for ClientPsk", "impl fmt::Debug for ClientPsk" => {
        format!("{:?}", ClientPsk::from(("identity", b"key")))
    };
    "impl From<[u8; TicketKey::LEN]> for TicketKey", "impl TryFrom<&[u8]> for TicketKey",
    "TicketKey::as_bytes", "impl fmt::Debug for TicketKey" => (
        TicketKey::try_from(&[0; TicketKey::LEN][..]).is_ok(),
        TicketKey::from([0; TicketKey::LEN]).as_bytes().len(),
        format!("{:?}", TicketKey::from([0; TicketKey::LEN])),
    );
    "DefaultContext::new", "DefaultContext::purpose", "DefaultContext::cafile",
    "DefaultContext::capath", "DefaultContext::cadata", "impl From<Purpose> for DefaultContext",
    "impl From<()> for DefaultContext" => (
        DefaultContext::new(Purpose::SERVER_AUTH)
            .purpose(Purpose::CLIENT_AUTH)
            .cafile("file")
            .capath("dir")
            .cadata("pem"),
        DefaultContext::from(Purpose::SERVER_AUTH),
        DefaultContext::from(()),
    );
    "UnverifiedContext::new", "UnverifiedContext::protocol", "UnverifiedContext::cert_reqs",
    "UnverifiedContext::check_hostname", "UnverifiedContext::purpose",
    "UnverifiedContext::certfile", "UnverifiedContext::keyfile", "UnverifiedContext::cafile",
    "UnverifiedContext::capath", "UnverifiedContext::cadata", "UnverifiedContext::locations",
    "impl Default for UnverifiedContext", "impl From<()> for UnverifiedContext" => (
        UnverifiedContext::new()
            .protocol(Protocol::PROTOCOL_TLS_CLIENT)
            .cert_reqs(VerifyMode::CERT_REQUIRED)
            .check_hostname(true)
            .purpose(Purpose::SERVER_AUTH)
            .certfile("cert")
            .keyfile("key")
            .cafile("file")
            .capath("dir")
            .cadata("pem")
            .locations("file"),
        UnverifiedContext::default(),
        UnverifiedContext::from(()),
    );
    "ServerCertificate::new", "ServerCertificate::ssl_version", "ServerCertificate::ca_certs",
    "ServerCertificate::timeout", "impl From<()> for ServerCertificate" => (
        ServerCertificate::new()
            .ssl_version(Protocol::PROTOCOL_TLS_CLIENT)
            .ca_certs("file")
            .timeout(Duration::from_secs(1)),
        ServerCertificate::from(()),
    );
    "Error::ssl", "Error::python_class", "Error::errno", "Error::library", "Error::reason",
    "Error::verify_code", "Error::verify_message", "impl From<io::Error> for Error",
    "impl From<Error> for io::Error", "OsError::errno", "OsError::errno_name", "Error::errno_name", "impl fmt::Debug for OsError", "OsError::kind", "OsError::filename",
    "impl fmt::Display for OsError", "impl std::error::Error for OsError", "SslError::errno",
    "SslError::library", "SslError::received_alert", "SslError::reason", "SslError::verify_code", "SslError::verify_message",
    "impl fmt::Display for SslError", "impl std::error::Error for SslError" => {
        let within = MemoryBio::new();
        within.write_eof();
        let written = within.write(b"behind the end").unwrap_err();
        for error in [value_error(), os_error(), want_read(), written] {
            if let Some(ssl) = error.ssl() {
                let _ = (ssl.errno(), ssl.library(), ssl.reason(), ssl.verify_code());
                let _ = (ssl.verify_message(), ssl.to_string());
                let _ = std::error::Error::source(ssl);
            }
            if let ssl::Error::Os(os) = &error {
                let _ = (os.errno(), os.errno_name(), error.errno_name(), format!("{os:?}"));
                let _ = (os.kind(), os.filename(), os.to_string());
                let _ = std::error::Error::source(os);
            }
            let _ = (error.python_class(), error.errno(), error.library(), error.reason());
            let _ = (error.verify_code(), error.verify_message());
            let _ = format!("{error} {error:?}");
            let _ = std::io::Error::from(error);
        }
    };
    "MemoryBio::new", "MemoryBio::read", "MemoryBio::write", "MemoryBio::write_eof",
    "MemoryBio::pending", "MemoryBio::eof", "MemoryBio::read_into", "impl Read for MemoryBio",
    "impl Read for &MemoryBio", "impl Write for MemoryBio", "impl Write for &MemoryBio", "impl fmt::Debug for MemoryBio" => {
        let bio = MemoryBio::new();
        let _ = (bio.write(b"data"), bio.read_into(&mut [0]));
        let mut stream = bio.clone();
        let _ = (Write::write(&mut stream, b"data"), Write::write(&mut &stream, b"data"));
        let _ = (Read::read(&mut stream, &mut [0]), Read::read(&mut &stream, &mut [0]));
        let _ = (bio.read(1), bio.pending(), bio.eof(), format!("{bio:?}"));
        bio.write_eof();
    };
    "$type::verify_mode", "$type::check_hostname", "$type::expected_names", "$type::ocsp_mode",
    "$type::ocsp_response", "$type::pins" => (
        WrapBio::new().verify_mode(VerifyMode::CERT_NONE).check_hostname(false),
        WrapBio::new().expected_names(["localhost"]).ocsp_mode(OcspMode::Require),
        WrapSocket::new().ocsp_response(b"none".to_vec()).pins([Pin::Certificate([0; 32])]),
    );
    "impl FromStr for Pin", "impl fmt::Display for Pin" => (
        format!("sha256//{}=", "A".repeat(43)).parse::<Pin>().map(|pin| pin.to_string()),
        "00".repeat(32).parse::<Pin>().map(|pin| pin.to_string()),
    );
    "WrapBio::new", "WrapBio::server_side", "WrapBio::server_hostname", "WrapBio::session", "WrapBio::port",
    "impl From<&str> for WrapBio", "impl From<&String> for WrapBio",
    "impl From<()> for WrapBio", "impl From<String> for WrapBio", "impl From<Option<&str>> for WrapBio" => (
        WrapBio::from(String::new()),
        WrapBio::from(Some("localhost")),
        WrapBio::new().server_side(true).server_hostname("localhost").session(None).port(443),
        WrapBio::from("localhost"),
        WrapBio::from(&String::new()),
        WrapBio::from(()),
    );
    "WrapSocket::new", "WrapSocket::server_side", "WrapSocket::do_handshake_on_connect",
    "WrapSocket::suppress_ragged_eofs", "WrapSocket::read_ahead", "WrapSocket::busy_poll", "WrapSocket::server_hostname",
    "WrapSocket::session", "impl Default for WrapSocket", "impl From<&str> for WrapSocket",
    "impl From<&String> for WrapSocket", "impl From<()> for WrapSocket", "impl From<String> for WrapSocket", "impl From<Option<&str>> for WrapSocket" => (
        WrapSocket::from(String::new()),
        WrapSocket::from(Some("localhost")),
        WrapSocket::new()
            .server_side(true)
            .do_handshake_on_connect(true)
            .suppress_ragged_eofs(true)
            .read_ahead(true)
            .busy_poll(std::time::Duration::ZERO)
            .server_hostname("localhost")
            .session(None),
        WrapSocket::default(),
        WrapSocket::from("localhost"),
        WrapSocket::from(&String::new()),
        WrapSocket::from(()),
    );
    "Address::as_inet", "Address::port", "impl fmt::Display for Address" => {
        let address = Address::Inet(([127, 0, 0, 1], 1).into());
        (address.as_inet(), address.port(), address.to_string())
    };
    "impl ToAddress for (&str, u16)", "impl ToAddress for (String, u16)",
    "impl ToAddress for (&String, u16)", "impl ToAddress for SocketAddr",
    "impl ToAddress for &Path", "impl ToAddress for PathBuf", "impl ToAddress for Address",
    "impl ToAddress for &T" => {
        let name = "127.0.0.1".to_owned();
        let address: SocketAddr = ([127, 0, 0, 1], 1).into();
        (
            ("127.0.0.1", 1).to_address(Domain::IPV4),
            (name.clone(), 1).to_address(Domain::IPV4),
            (&name, 1).to_address(Domain::IPV4),
            address.to_address(Domain::IPV4),
            Path::new("socket").to_address(Domain::UNIX),
            PathBuf::from("socket").to_address(Domain::UNIX),
            Address::Inet(address).to_address(Domain::IPV4),
        )
    };
    "impl IntoSocket for $ty", "impl IntoSocket for &$ty" => (
        (&connection()).into_socket(),
        connection().into_socket(),
        listener().into_socket(),
        socket2::Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap().into_socket(),
    );
    "get_protocol_name" => get_protocol_name(16);
};
