//! The fuzz targets as plain functions: each accepts any bytes and must not panic.
//!
//! `cargo +nightly fuzz run cipher_string` in the crate's root runs one. The crate's own tests
//! include this file and replay the corpus with stable Rust (`tests/fuzz_corpus.rs`).

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{CertificateFacts, CipherString, Ciphersuites, KnownOpenssl, Policy};
use pyssl_ciphers::config::Config;
use pyssl_ciphers::negotiate::Profile;
use pyssl_ciphers::wire::{
    ClientHello, Dialogue, ServerFlight, Ssl2Answer, StartTls, certificate_authorities,
};

/// A target: its name, which is also the name of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("cipher_string", cipher_string),
    ("policy", policy),
    ("config_file", config_file),
    ("server_flight", server_flight),
    ("ssl2_answer", ssl2_answer),
    ("starttls", starttls),
    ("pem_certificate", pem_certificate),
    ("der_certificate", der_certificate),
    ("certificate_time", certificate_time),
    ("trusted_certificates", trusted_certificates),
    ("host_name", host_name),
    ("session", session),
    ("peer_messages", peer_messages),
    ("client_hello", client_hello),
];

/// Parses, explains and lints a cipher string, also in strict mode and for other versions of OpenSSL. The explanation must end with the list that OpenSSL
/// selects.
pub fn cipher_string(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS).expect("a context");
    if let Ok(list) = Ciphersuites::parse(text) {
        let taken = context.copy().expect("a copy").set_ciphersuites(text);
        assert!(taken.is_ok() || list.ciphers().is_empty(), "{text:?}");
        for finding in list.lint() {
            assert!(finding.span().end <= text.len());
        }
    }
    for openssl in KnownOpenssl::all() {
        if let Err(error) = openssl.explain(text) {
            assert!(error.span().end <= text.len(), "{openssl}: {text:?}");
        }
    }
    let set = context.set_ciphers(text);
    let strict = CipherString::strict(text);
    let string = match CipherString::parse(text) {
        Ok(string) => string,
        Err(error) => {
            assert!(error.span().end <= text.len());
            assert!(strict.is_err());
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let Ok(explanation) = string.explain() else {
        return;
    };
    assert_eq!(set.is_ok(), !explanation.selects_nothing(), "{text:?}");
    if set.is_ok() {
        let listed = context.get_ciphers().expect("a list");
        assert_eq!(listed, explanation.ciphers(), "{text:?}");
    } else {
        assert!(strict.is_err());
    }
    for finding in string.lint().expect("an explanation was possible") {
        assert!(finding.span().end <= text.len());
        assert!(!finding.to_string().is_empty());
    }
}

/// Reads a configuration file. The first line is its name, which decides on the grammar. Every value must have a line
/// and a column of the file.
pub fn config_file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (name, text) = text.split_once('\n').unwrap_or(("", &text));
    let config = Config::parse(name, text);
    let lines = text.matches('\n').count() + 1;
    for setting in config
        .services()
        .iter()
        .flat_map(|service| service.settings())
    {
        for byte in 0..=setting.value().len() {
            let (line, column) = setting.place(byte);
            assert!((1..=lines).contains(&line) && column >= 1, "{setting:?}");
        }
        let _ = setting.line_with("HIGH");
    }
    for finding in config.findings() {
        assert!(finding.line() <= lines && !finding.message().is_empty());
    }
}

/// Reads a policy file and compares it with a list of suites, and reads the same text as a file of
/// profiles.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let lines = text.matches('\n').count() + 1;
    match Policy::parse(text) {
        Ok(policy) => {
            let suites = CipherString::parse("ALL").and_then(|all| all.resolve());
            policy.check(suites.expect("a list").ciphers(), &[]);
        }
        Err(error) => assert!((1..=lines).contains(&error.line()), "{error}"),
    }
    if let Err(error) = Profile::parse(text) {
        assert!((1..=lines).contains(&error.line()), "{error}");
    }
}

/// Reads a server's answer to a ClientHello with a key share: whole, and byte by byte with the same result.
pub fn server_flight(data: &[u8]) {
    // This function reads a decrypted CertificateRequest of TLS 1.3.
    let _ = certificate_authorities(data);
    let hello = ClientHello::new(TlsVersion::TLSv1_3, &[0x1301]);
    let hello = hello.key_share(29).to_bytes(&[7; 32]);
    let seen = |portion: usize| {
        let mut flight = ServerFlight::answering(&hello);
        let parts = data.chunks(portion);
        let read: Result<Vec<()>, _> = parts.map(|part| flight.feed(part)).collect();
        let choices = (flight.hello().cloned(), flight.key_exchange().cloned());
        let certificates = flight.certificates().to_vec();
        (
            read.err(),
            choices,
            certificates,
            flight.alert(),
            flight.signature(),
            flight.is_complete(),
        )
    };
    // The limit of the length is checked after each portion. So the results of different portions may differ for longer
    // data.
    if data.len() < 1 << 16 {
        assert_eq!(seen(data.len().max(1)), seen(1));
    }
}

/// Reads an answer to the hello of SSL 2.0. Once the beginning of an answer has decided the result, more bytes do not
/// change it.
pub fn ssl2_answer(data: &[u8]) {
    let mut last = Ok(Ssl2Answer::Incomplete);
    for length in 0..=data.len().min(1 << 12) {
        let now = Ssl2Answer::read(&data[..length]);
        assert!(last == Ok(Ssl2Answer::Incomplete) || last == now);
        last = now;
    }
}

/// Reads the plain-text answers of a server before TLS, whole and byte by byte with the same
/// result. The first byte chooses the protocol.
pub fn starttls(data: &[u8]) {
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let protocol = StartTls::ALL[usize::from(*first) % StartTls::ALL.len()];
    let seen = |portion: usize| {
        let mut dialogue = Dialogue::new(protocol, "a.example");
        let mut parts = data.chunks(portion);
        let failed = parts.find_map(|part| dialogue.feed(part).err());
        if let Some(error) = &failed {
            assert!(!error.to_string().contains(char::is_control));
        }
        let kind = failed.as_ref().map(std::mem::discriminant);
        (kind, dialogue.is_done(), dialogue.outgoing())
    };
    // The limit of the length is checked after each portion. So the results of different portions may differ for longer
    // data.
    if data.len() < 1 << 12 {
        assert_eq!(seen(data.len().max(1)), seen(1));
    }
}

/// Converts a PEM certificate to DER and back.
pub fn pem_certificate(data: &[u8]) {
    let _ = ssl::Certificate::from_pem(data);
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(der) = ssl::PEM_cert_to_DER_cert(text) {
            let pem = ssl::DER_cert_to_PEM_cert(&der);
            let again = ssl::PEM_cert_to_DER_cert(&pem).expect("it is PEM now");
            assert_eq!(again, der);
        }
    }
}

/// Converts a certificate to Python's dict, and to JSON.
pub fn der_certificate(data: &[u8]) {
    let Ok(certificate) = ssl::Certificate::from_der(data) else {
        return;
    };
    let _ = certificate.is_ca();
    if let Ok(facts) = CertificateFacts::of(&certificate) {
        let _ = Policy::mozilla_modern().check_certificate(&facts);
    }
    assert!(certificate.to_string().is_ascii());
    if let Ok(dict) = certificate.get_info() {
        assert!(dict.to_json().is_ascii());
        assert!(dict.to_string().starts_with('{'));
        let _ = ssl::cert_time_to_seconds(dict.not_after());
    }
    if let Ok(der) = certificate.to_der() {
        let again = ssl::Certificate::from_der(&der).expect("OpenSSL has encoded it");
        assert!(again == certificate);
    }
}

/// Converts a certificate's time to seconds.
pub fn certificate_time(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = ssl::cert_time_to_seconds(text);
    }
}

/// Loads trusted certificates from memory, as PEM and DER; a failure changes nothing.
pub fn trusted_certificates(data: &[u8]) {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    let mut forms = vec![ssl::CaData::from(data)];
    forms.extend(std::str::from_utf8(data).ok().map(ssl::CaData::from));
    for form in forms {
        let before = context.cert_store_stats().x509;
        let loaded = context.load_verify_locations(ssl::VerifyLocations::new().cadata(form));
        if loaded.is_err() {
            assert_eq!(context.cert_store_stats().x509, before);
        }
        for certificate in context.get_ca_certs() {
            let _ = certificate.get_info();
        }
    }
}

/// Converts a server name to the form that is sent, and sends it in a ClientHello.
pub fn host_name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().server_hostname(text);
    if let Ok(client) = context.wrap_bio(&incoming, &outgoing, options) {
        assert!(client.server_hostname().is_some_and(str::is_ascii));
        let started = client.do_handshake();
        assert!(
            matches!(started, Err(ssl::Error::WantRead(_))),
            "{started:?}"
        );
    }
}

/// Reads a saved session, and offers it in a handshake.
pub fn session(data: &[u8]) {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    let Ok(session) = ssl::SslSession::from_der(&context, data) else {
        return;
    };
    let _ = (session.id(), session.time(), session.timeout());
    let _ = (session.has_ticket(), session.ticket_lifetime_hint());
    let _ = (session.is_resumable(), session.to_der());
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().session(session);
    if let Ok(client) = context.wrap_bio(&incoming, &outgoing, options) {
        let _ = client.do_handshake();
    }
}

/// Lets a client and a server read arbitrary bytes from the peer.
pub fn peer_messages(data: &[u8]) {
    for server_side in [false, true] {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS).expect("a context");
        context
            .set_alpn_protocols(&["h2", "http/1.1"])
            .expect("names");
        context
            .set_sni_callback(|_| Ok(ssl::SniAction::Continue))
            .expect("both roles");
        let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        let options = ssl::WrapBio::new().server_side(server_side);
        let end = context
            .wrap_bio(&incoming, &outgoing, options)
            .expect("a context for both roles");
        let _ = end.do_handshake();
        incoming.write(data).expect("open");
        let done = end.do_handshake();
        assert!(done.is_err(), "a handshake cannot succeed without a peer");
        let _ = (end.pending(), end.read(100), end.getpeercert());
        incoming.write_eof();
        assert!(end.do_handshake().is_err());
    }
}

/// Reads a ClientHello. If the parser refuses a ClientHello, OpenSSL must refuse it too, except for the reasons in
/// `STRICTER`.
pub fn client_hello(data: &[u8]) {
    /// The reasons for which only the parser refuses: its limit of the length is lower, and it does not support the
    /// format of SSL 2.0.
    const STRICTER: [&str; 2] = ["EXCESSIVE_MESSAGE_SIZE", "UNSUPPORTED_PROTOCOL"];
    match ssl::ClientHello::parse(data) {
        Ok(Some(hello)) => {
            assert!(!format!("{hello:?}").is_empty());
            assert!(hello.server_name().is_none_or(str::is_ascii));
            let _ = (hello.psk_identities().count(), hello.wants_ocsp_response());
            let _ = (
                hello.extensions().count(),
                hello.random(),
                hello.session_id(),
            );
            // Bytes after the ClientHello do not change the result.
            let more = [data, b"more"].concat();
            assert!(ssl::ClientHello::parse(&more).expect("as before") == Some(hello));
        }
        Ok(None) => {}
        Err(error) => {
            if error
                .reason()
                .is_some_and(|reason| STRICTER.contains(&reason))
            {
                return;
            }
            let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).expect("a context");
            let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
            let options = ssl::WrapBio::new().server_side(true);
            let server = context.wrap_bio(&incoming, &outgoing, options);
            incoming.write(data).expect("open");
            let done = server.expect("a server's context").do_handshake();
            assert!(!matches!(done, Err(ssl::Error::WantRead(_))), "{error}");
            let refused = done.expect_err("the server has no certificate");
            assert_ne!(refused.reason(), Some("NO_SHARED_CIPHER"), "{error}");
        }
    }
}
