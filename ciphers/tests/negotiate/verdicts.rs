//! Compares the audit's verdict on a server's certificate with an independent client: the plain
//! `openssl` crate, with the settings of Python's `create_default_context`.

use pyssl_ciphers::SslContextExt;
use std::io::{Read, Write};
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::extension::{BasicConstraints, SubjectKeyIdentifier};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags};
use openssl::x509::{X509, X509NameBuilder};
use pyssl as ssl;
use pyssl_ciphers::audit::{AuditCode, AuditOptions};
use pyssl_ciphers::cipher::{CipherString, Severity};
use pyssl_testing::pki::{CertBuilder, DistinguishedName, KeyKind, San, odd};
use pyssl_testing::{Ca, Leaf, local_pair};

/// A server and what its clients trust.
struct Case {
    name: String,
    /// The certificates that are sent, the server's own first.
    sent: Vec<X509>,
    key: PKey<Private>,
    roots: Vec<X509>,
    host: &'static str,
    /// Whether clients must be able to connect, if this is known in advance.
    connects: Option<bool>,
}

impl Case {
    fn new(name: impl Into<String>, leaf: &Leaf, root: &Ca) -> Case {
        let mut sent = vec![leaf.cert().clone()];
        sent.extend(leaf.intermediates().iter().cloned());
        Case {
            name: name.into(),
            sent,
            key: leaf.key().clone(),
            roots: vec![root.cert().clone()],
            host: "localhost",
            connects: None,
        }
    }

    fn made(name: &str, certificate: X509, key: PKey<Private>, root: &Ca) -> Case {
        Case {
            name: name.to_owned(),
            sent: vec![certificate],
            key,
            roots: vec![root.cert().clone()],
            host: "localhost",
            connects: None,
        }
    }

    fn sending(mut self, sent: Vec<X509>) -> Case {
        self.sent = sent;
        self
    }

    fn host(mut self, host: &'static str) -> Case {
        self.host = host;
        self
    }

    fn trusting(mut self, roots: &[&X509]) -> Case {
        self.roots = roots.iter().map(|root| (*root).clone()).collect();
        self
    }

    fn connects(mut self, connects: bool) -> Case {
        self.connects = Some(connects);
        self
    }

    fn chain_pem(&self) -> Vec<u8> {
        self.sent.iter().flat_map(|x| x.to_pem().unwrap()).collect()
    }

    fn roots_pem(&self) -> Vec<u8> {
        self.roots
            .iter()
            .flat_map(|x| x.to_pem().unwrap())
            .collect()
    }

    /// Whether the server accepts the certificate, and a client of this version connects.
    fn handshake(&self, version: SslVersion, level: u32) -> Result<bool, ErrorStack> {
        let server = self.server(level)?;
        let client = self.client(version)?;
        let (near, far) = local_pair();
        for stream in [&near, &far] {
            stream
                .set_read_timeout(Some(Duration::from_secs(60)))
                .unwrap();
        }
        let peer = std::thread::spawn(move || {
            let Ok(mut stream) = Ssl::new(&server).unwrap().accept(far) else {
                return;
            };
            let mut byte = [0];
            if stream.read_exact(&mut byte).is_ok() {
                let _ = stream.write_all(&byte);
            }
        });
        let mut ssl = Ssl::new(&client)?;
        match self.host.parse() {
            Ok(ip) => ssl.param_mut().set_ip(ip)?,
            Err(_) => {
                ssl.set_hostname(self.host)?;
                ssl.param_mut().set_host(self.host)?;
            }
        }
        let connected = ssl.connect(near).is_ok_and(|mut stream| {
            let mut byte = [0];
            stream.write_all(b"x").is_ok() && stream.read_exact(&mut byte).is_ok()
        });
        peer.join().unwrap();
        Ok(connected)
    }

    fn server(&self, level: u32) -> Result<SslContext, ErrorStack> {
        let mut server = SslContextBuilder::new(SslMethod::tls_server())?;
        server.set_security_level(level);
        server.set_certificate(&self.sent[0])?;
        server.set_private_key(&self.key)?;
        for certificate in &self.sent[1..] {
            server.add_extra_chain_cert(certificate.clone())?;
        }
        Ok(server.build())
    }

    fn client(&self, version: SslVersion) -> Result<SslContext, ErrorStack> {
        let mut client = SslContextBuilder::new(SslMethod::tls_client())?;
        client.set_cipher_list(CipherString::PYTHON_DEFAULT)?;
        client.set_min_proto_version(Some(version))?;
        client.set_max_proto_version(Some(version))?;
        client.set_verify(SslVerifyMode::PEER);
        let param = client.verify_param_mut();
        param.set_flags(
            X509VerifyFlags::TRUSTED_FIRST
                | X509VerifyFlags::PARTIAL_CHAIN
                | X509VerifyFlags::X509_STRICT,
        )?;
        param.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
        for root in &self.roots {
            client.cert_store_mut().add_cert(root.clone())?;
        }
        Ok(client.build())
    }
}

fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A certificate for `localhost` with any key, digest and version.
fn made(ca: &Ca, key: &PKey<Private>, digest: MessageDigest, version: i32) -> X509 {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, "leaf").unwrap();
    let mut x509 = X509::builder().unwrap();
    let serial = BigNum::from_u32(77).unwrap();
    x509.set_version(version).unwrap();
    x509.set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    x509.set_subject_name(&name.build()).unwrap();
    x509.set_issuer_name(ca.cert().subject_name()).unwrap();
    x509.set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    x509.set_not_after(&Asn1Time::days_from_now(300).unwrap())
        .unwrap();
    x509.set_pubkey(key).unwrap();
    if version == 2 {
        use openssl::x509::extension::{AuthorityKeyIdentifier, SubjectAlternativeName};
        x509.append_extension(BasicConstraints::new().build().unwrap())
            .unwrap();
        let context = x509.x509v3_context(Some(ca.cert()), None);
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .build(&context)
            .unwrap();
        let own = SubjectKeyIdentifier::new().build(&context).unwrap();
        let issuer = AuthorityKeyIdentifier::new()
            .keyid(true)
            .build(&context)
            .unwrap();
        for extension in [names, own, issuer] {
            x509.append_extension(extension).unwrap();
        }
    }
    x509.sign(ca.key(), digest).unwrap();
    x509.build()
}

/// Changes the signed part of a certificate (TBSCertificate), and signs it again with the authority's key.
fn forged(ca: &Ca, certificate: &X509, change: impl FnOnce(&mut Vec<u8>)) -> X509 {
    let der = certificate.to_der().unwrap();
    let (outer, _) = element(&der);
    let (_, mut rest) = element(outer);
    let tbs_len = outer.len() - rest.len();
    let mut tbs = outer[..tbs_len].to_vec();
    let (_, after_algorithm) = element(rest);
    let algorithm = rest[..rest.len() - after_algorithm.len()].to_vec();
    rest = after_algorithm;
    assert!(!rest.is_empty());
    change(&mut tbs);
    let mut signer = Signer::new(MessageDigest::sha256(), ca.key()).unwrap();
    let signature = signer.sign_oneshot_to_vec(&tbs).unwrap();
    let mut bits = vec![0];
    bits.extend(signature);
    let body = [tbs, algorithm, wrapped(0x03, &bits)].concat();
    X509::from_der(&wrapped(0x30, &body)).unwrap()
}

/// The content of the first DER element, and the rest.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match der[1] {
        short @ 0..=0x7f => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 0x7f);
            let bytes = &der[2..2 + count];
            let length = bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
            (length, 2 + count)
        }
    };
    der[start..].split_at(length)
}

fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut der = vec![tag, 0x84];
    der.extend(length);
    der.extend(content);
    der
}

/// Replaces notBefore (0) or notAfter (1), which are UTCTimes.
fn with_time(number: usize, text: &'static [u8; 13]) -> impl FnOnce(&mut Vec<u8>) {
    move |tbs| {
        let times: Vec<_> = (0..tbs.len() - 2)
            .filter(|at| tbs[*at..].starts_with(&[0x17, 13]))
            .collect();
        let at = times[number] + 2;
        tbs[at..at + 13].copy_from_slice(text);
    }
}

fn certificates() -> Vec<Case> {
    let ca = Ca::new();
    let plain = || ca.builder().san("localhost");
    let of = |name: &str, builder: CertBuilder| Case::new(name, &builder.build(), &ca);
    let usage = |oids: &[u8]| wrapped(0x30, oids);
    let any = [6, 4, 0x55, 0x1d, 0x25, 0];
    let key = || ec(Nid::X9_62_PRIME256V1);
    let with_key = |name: &str, key: PKey<Private>| {
        let certificate = made(&ca, &key, MessageDigest::sha256(), 2);
        Case::made(name, certificate, key, &ca)
    };
    let mut cases = vec![
        of("plain", plain()).connects(true),
        of("rsa 2048", plain().key(KeyKind::Rsa2048)).connects(true),
        of("p-384", plain().key(KeyKind::EcP384)).connects(true),
        of("ed25519", plain().key(KeyKind::Ed25519)).connects(true),
        with_key("ed448", PKey::generate_ed448().unwrap()),
        with_key("p-521", ec(Nid::SECP521R1)).connects(true),
        with_key("p-224", ec(Nid::SECP224R1)).connects(false),
        with_key("secp256k1", ec(Nid::SECP256K1)).connects(false),
        with_key("brainpool", ec(Nid::BRAINPOOL_P256R1)).connects(false),
        with_key("dsa", PKey::from_dsa(Dsa::generate(2048).unwrap()).unwrap()).connects(false),
        with_key(
            "rsa 512",
            PKey::from_rsa(Rsa::generate(512).unwrap()).unwrap(),
        ),
        with_key(
            "rsa 1024",
            PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap(),
        ),
        with_key(
            "rsa 2047",
            PKey::from_rsa(Rsa::generate(2047).unwrap()).unwrap(),
        ),
        of("no purpose", plain().without_extended_key_usage()).connects(true),
        of("clients only", plain().client_only()).connects(false),
        of(
            "any purpose",
            plain()
                .without_extended_key_usage()
                .extension("2.5.29.37", false, &usage(&any)),
        )
        .connects(false),
        of(
            "unknown critical extension",
            plain().extension("1.2.3.4.5", true, &[5, 0]),
        )
        .connects(false),
        of(
            "unknown extension",
            plain().extension("1.2.3.4.5", false, &[5, 0]),
        )
        .connects(true),
        of(
            "must staple",
            plain().extension("1.3.6.1.5.5.7.1.24", false, &[0x30, 3, 2, 1, 5]),
        ),
        of(
            "signs only certificates",
            plain()
                .without_key_usage()
                .extension("2.5.29.15", true, &[3, 2, 2, 4]),
        ),
        of(
            "encrypts only",
            plain().key(KeyKind::Rsa2048).without_key_usage().extension(
                "2.5.29.15",
                true,
                &[3, 2, 5, 0x20],
            ),
        ),
        of("no key usage", plain().without_key_usage()).connects(true),
        of("expired", plain().expired()).connects(false),
        of("not yet valid", plain().not_yet_valid()).connects(false),
        of("sha-1", plain().sha1()),
        of("other host", plain())
            .host("other.example")
            .connects(false),
        of("address only", ca.builder().san("127.0.0.1")).connects(false),
        of("address", ca.builder().san("127.0.0.1"))
            .host("127.0.0.1")
            .connects(true),
        of("other address", ca.builder().san("127.0.0.1"))
            .host("127.0.0.2")
            .connects(false),
        of("common name only", ca.builder().common_name("localhost")).connects(true),
        of("wildcard", ca.builder().san("*.example.com"))
            .host("a.example.com")
            .connects(true),
        of("wildcard of two labels", ca.builder().san("*.example.com"))
            .host("a.b.example.com")
            .connects(false),
        of("wildcard in the middle", ca.builder().san("a.*.com"))
            .host("a.example.com")
            .connects(false),
        of("wildcard of a part", ca.builder().san("a*.example.com"))
            .host("ab.example.com")
            .connects(false),
        of("wildcard of everything", ca.builder().san("*"))
            .host("localhost")
            .connects(false),
        of("wildcard of a top level", ca.builder().san("*.com"))
            .host("example.com")
            .connects(false),
        of("a-label", ca.builder().san("xn--bcher-kva.example"))
            .host("xn--bcher-kva.example")
            .connects(true),
        of("upper case", ca.builder().san("LOCALHOST")).connects(true),
        of("final dot", ca.builder().san(San::Dns("localhost.".into()))),
        of(
            "name with NUL",
            ca.builder().san(San::Dns("localhost\0.example".into())),
        )
        .connects(false),
        of(
            "name with blank",
            ca.builder().san(San::Dns(" localhost".into())),
        )
        .connects(false),
        of(
            "mail address",
            ca.builder().san(San::Email("a@localhost".into())),
        )
        .connects(false),
        of("empty subject", plain().subject(DistinguishedName::new())),
        of("huge serial", plain().serial(&"7f".repeat(60))),
        of("negative serial", plain().serial("-2a")),
        of("zero serial", plain().serial("0")),
        of("no authority key identifier", plain().without_aki()),
        of("no subject key identifier", plain().without_ski()),
        of("crl point", plain().crl_point("http://crl.example/a.crl")).connects(true),
        of(
            "critical names",
            plain().extension("1.3.6.1.5.5.7.1.1", true, &[0x30, 0]),
        ),
        of(
            "malformed constraints",
            plain().extension("2.5.29.30", true, &[4, 0]),
        ),
        of(
            "twice the same extension",
            plain().extension("2.5.29.17", false, &{
                let name = [
                    0x82, 9, b'l', b'o', b'c', b'a', b'l', b'h', b'o', b's', b't',
                ];
                wrapped(0x30, &name)
            }),
        ),
        Case::new("authority as server", ca.as_leaf(), &ca),
        Case::new("authority with name", plain().build_ca().as_leaf(), &ca),
    ];
    let names = (0..5000).map(|n| San::Dns(format!("host-{n}.some-long-domain.example.com")));
    cases.push(of("100 KiB of names", plain().sans(names)).connects(false));
    let alone = CertBuilder::self_signed().san("localhost").build();
    cases.push(Case::new("self-signed", &alone, &ca).connects(false));
    cases.push(Case::new("self-signed and trusted", &alone, &ca).trusting(&[alone.cert()]));

    // Certificates with unusual versions and digests, and with malformed fields.
    let (k, md5, sha256) = (key(), MessageDigest::md5(), MessageDigest::sha256());
    cases.push(Case::made("version 1", made(&ca, &k, sha256, 0), k.clone(), &ca).connects(false));
    let rsa = Ca::rsa();
    cases.push(Case::made("md5", made(&rsa, &k, md5, 2), k.clone(), &rsa));
    let good = made(&ca, &k, sha256, 2);
    for (name, number, time) in [
        ("malformed start", 0, b"2X0101000000Z"),
        ("malformed end", 1, b"400101000000X"),
        ("month 13", 1, b"401301000000Z"),
        ("30 February", 1, b"400230000000Z"),
        ("end before start", 1, b"010101000000Z"),
    ] {
        let forged = forged(&ca, &good, with_time(number, time));
        cases.push(Case::made(name, forged, k.clone(), &ca));
    }
    let stranger = forged(&Ca::new(), &good, |_| {});
    cases.push(Case::made("wrong signature", stranger, k.clone(), &ca).connects(false));

    // Certificates with chains of several kinds.
    let middle = ca.intermediate();
    let leaf = middle.issue("localhost");
    let (own, issuer) = (leaf.cert().clone(), middle.cert().clone());
    let (top, other) = (ca.cert().clone(), Ca::new());
    let chain = |name: &str, sent: Vec<X509>| Case::new(name, &leaf, &ca).sending(sent);
    cases.push(chain("chain", vec![own.clone(), issuer.clone()]).connects(true));
    cases.push(
        chain(
            "chain with root",
            vec![own.clone(), issuer.clone(), top.clone()],
        )
        .connects(true),
    );
    cases.push(chain("missing intermediate", vec![own.clone()]).connects(false));
    cases.push(chain(
        "wrong order",
        vec![own.clone(), top.clone(), issuer.clone()],
    ));
    cases.push(chain(
        "stranger in the chain",
        vec![own.clone(), other.cert().clone(), issuer.clone()],
    ));
    cases.push(
        chain("unknown root", vec![own.clone(), issuer.clone()])
            .trusting(&[other.cert()])
            .connects(false),
    );
    cases.push(
        chain("intermediate trusted", vec![own.clone()])
            .trusting(&[&issuer])
            .connects(true),
    );
    let constrained = |name: &str, value: &[u8]| {
        let constraints = wrapped(0x30, value);
        let authority = ca
            .builder()
            .extension("2.5.29.30", true, &constraints)
            .build_ca();
        Case::new(name, &authority.issue("localhost"), &ca)
    };
    let host = [
        0x30, 11, 0x82, 9, b'l', b'o', b'c', b'a', b'l', b'h', b'o', b's', b't',
    ];
    let excluded = wrapped(0xa1, &host);
    let permitted = wrapped(0xa0, &host);
    let mut example = host;
    example[4] = b'x';
    cases.push(constrained("excluded name", &excluded).connects(false));
    cases.push(constrained("permitted name", &permitted).connects(true));
    cases.push(constrained("other name permitted", &wrapped(0xa0, &example)).connects(false));
    let short = ca.builder().path_len(0).build_ca();
    let below = short.intermediate().issue("localhost");
    cases.push(Case::new("path too long", &below, &ca).connects(false));
    let old = ca.builder().expired().build_ca().issue("localhost");
    cases.push(Case::new("expired intermediate", &old, &ca).connects(false));
    let weak = ca
        .builder()
        .key(KeyKind::Rsa1024)
        .build_ca()
        .issue("localhost");
    cases.push(Case::new("weak intermediate", &weak, &ca).connects(false));
    let broken = ca.builder().sha1().build_ca().issue("localhost");
    cases.push(Case::new("intermediate signed with SHA-1", &broken, &ca).connects(false));
    let not_ca = ca.builder().san("localhost").build();
    let fake = made(&ca, &key(), sha256, 2);
    cases.push(
        chain(
            "leaf as intermediate",
            vec![own.clone(), not_ca.cert().clone(), fake],
        )
        .connects(false),
    );
    let mut deep = ca.clone();
    for _ in 0..103 {
        deep = deep.intermediate();
    }
    cases.push(Case::new("103 intermediates", &deep.issue("localhost"), &ca).connects(false));
    let root = Ca::root_builder().expired().build_ca();
    cases.push(Case::new("expired root", &root.issue("localhost"), &root).connects(false));
    cases.push(Case::new("rsa root", &rsa.issue("localhost"), &rsa).connects(true));
    for (name, leaf) in odd::all(&ca) {
        cases.push(Case::new(format!("odd: {name}"), &leaf, &ca));
    }
    if let Some(key) = rsa_pss() {
        cases.push(with_key("rsa-pss", key));
    }
    cases
}

/// A key for RSA-PSS alone, which not every version of the `openssl` crate can make.
fn rsa_pss() -> Option<PKey<Private>> {
    let mut context = PkeyCtx::new_id(Id::RSA_PSS).ok()?;
    context.keygen_init().ok()?;
    context.set_rsa_keygen_bits(2048).ok()?;
    context.keygen().ok()
}

/// The audit says "nothing to correct" only if clients of TLS 1.2 and of TLS 1.3 connect, and reports a
/// failing handshake only if one of them fails.
#[test]
fn clients_of_the_openssl_crate_connect_if_an_audit_has_no_findings() {
    let cases = certificates();
    assert!(cases.len() > 40);
    let directory = tempfile::tempdir().unwrap();
    let trusted = directory.path().join("roots.pem");
    let mut wrong = Vec::new();
    let mut nothings = 0;
    for case in cases.iter() {
        let name = &case.name;
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        let key = case.key.private_key_to_pem_pkcs8().unwrap();
        let load = || context.load_cert_chain(ssl::CertChain::from_pem(case.chain_pem(), &key));
        let mut level = 2;
        if load().is_err() {
            // Security level 2 refuses to load some of the certificates, so these are loaded at level 0.
            level = 0;
            context.set_ciphers("DEFAULT:@SECLEVEL=0").unwrap();
            if load().is_err() {
                continue;
            }
        }
        std::fs::write(&trusted, case.roots_pem()).unwrap();
        let options = AuditOptions::new()
            .server_hostname(case.host)
            .peer_cafile(&trusted);
        let findings = context
            .audit(options)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let nothing = findings.iter().all(|f| f.severity() < Severity::Warning);
        let fails = findings
            .iter()
            .any(|f| f.code() == AuditCode::HandshakeFails);
        let tls12 = case.handshake(SslVersion::TLS1_2, level).unwrap();
        let tls13 = case.handshake(SslVersion::TLS1_3, level).unwrap();
        let connects = tls12 && tls13;
        nothings += usize::from(nothing);
        if let Some(known) = case.connects {
            if connects != known {
                wrong.push(format!("{name}: a client connects: {connects}"));
            }
        }
        if (nothing && !connects) || (fails && connects) {
            wrong.push(format!(
                "{name}: TLS 1.2 {tls12}, TLS 1.3 {tls13}, {findings:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(nothings > 15, "{nothings} of {}", cases.len());
}
