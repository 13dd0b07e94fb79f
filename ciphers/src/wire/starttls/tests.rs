use super::*;

/// Feeds answers, and returns what was sent before each of them and at the end.
fn talk(protocol: StartTls, answers: &[&[u8]]) -> Result<Vec<Vec<u8>>, StartTlsError> {
    let mut dialogue = Dialogue::new(protocol, "a&b.example");
    let mut sent = Vec::new();
    for answer in answers {
        sent.push(dialogue.outgoing());
        assert!(!dialogue.is_done());
        dialogue.feed(answer)?;
    }
    sent.push(dialogue.outgoing());
    assert!(dialogue.is_done(), "{sent:?}");
    Ok(sent)
}

fn mysql(capabilities: u16) -> Vec<u8> {
    let mut body = b"\x0a8.0.1\0".to_vec();
    body.extend([1; 12]);
    body.push(0);
    body.extend(capabilities.to_le_bytes());
    body.extend([33; 20]);
    let mut packet = vec![u8::try_from(body.len()).unwrap(), 0, 0, 0];
    packet.extend(body);
    packet
}

const FEATURES: &[u8] = b"<?xml version='1.0'?><stream:stream from='a>b' id='1'><stream:features>\
    <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";

const LDAP_SUCCESS: &[u8] = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0";

/// For each protocol, the answers of a server that changes to TLS.
fn good(protocol: StartTls) -> Vec<Vec<u8>> {
    let answers: &[&[u8]] = match protocol {
        StartTls::Smtp | StartTls::Lmtp => &[
            b"220-mx ESMTP\r\n220 ready\r\n",
            b"250-mx\r\n250-SIZE 1\r\n250-starttls\r\n250 HELP\r\n",
            b"220 2.0.0 go\r\n",
        ],
        StartTls::Imap => &[
            b"* OK [CAPABILITY IMAP4rev1] hi\r\n* 1 EXISTS\r\n",
            b"* CAPABILITY IMAP4rev1\r\na OK begin\r\n",
        ],
        StartTls::Pop3 => &[b"+OK hi <1@x>\n", b"+OK\n"],
        StartTls::Ftp => &[
            b"220-Welcome\r\n  220 not yet\r\n any\r\n220 end\r\n",
            b"234 AUTH\r\n",
        ],
        StartTls::Sieve => &[
            b"\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"hi\"\r\n",
            b"OK \"begin\"\r\n",
        ],
        StartTls::Xmpp | StartTls::XmppServer => &[
            FEATURES,
            b"<proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>",
        ],
        StartTls::Ldap => &[LDAP_SUCCESS],
        StartTls::Postgres => &[b"S"],
        StartTls::Mysql => return vec![mysql(0xffff)],
    };
    answers.iter().map(|answer| answer.to_vec()).collect()
}

fn parts(answers: &[Vec<u8>]) -> Vec<&[u8]> {
    answers.iter().map(Vec::as_slice).collect()
}

#[test]
fn each_protocol_sends_its_starttls_command() {
    for protocol in StartTls::ALL {
        let sent = talk(protocol, &parts(&good(protocol))).unwrap();
        let sent = String::from_utf8_lossy(&sent.concat()).into_owned();
        let wanted = match protocol {
            StartTls::Smtp => "EHLO [127.0.0.1]\r\nSTARTTLS\r\n",
            StartTls::Lmtp => "LHLO [127.0.0.1]\r\nSTARTTLS\r\n",
            StartTls::Imap => "a STARTTLS\r\n",
            StartTls::Pop3 => "STLS\r\n",
            StartTls::Ftp => "AUTH TLS\r\n",
            StartTls::Sieve => "STARTTLS\r\n",
            StartTls::Xmpp => "to='a&amp;b.example'",
            StartTls::XmppServer => "jabber:server",
            StartTls::Ldap => "1.3.6.1.4.1.1466.20037",
            StartTls::Postgres => "\u{4}",
            StartTls::Mysql => "\u{20}\0\0\u{1}\u{1}",
        };
        assert!(sent.contains(wanted), "{protocol}: {sent:?}");
    }
}

#[test]
fn a_starttls_dialogue_works_when_bytes_arrive_singly() {
    for protocol in StartTls::ALL {
        let mut dialogue = Dialogue::new(protocol, "a.example");
        for answer in good(protocol) {
            dialogue.outgoing();
            for byte in answer {
                assert!(!dialogue.is_done());
                dialogue.feed(&[byte]).unwrap();
            }
        }
        assert!(dialogue.is_done(), "{protocol}");
    }
}

#[test]
fn plaintext_after_the_starttls_answer_is_reported() {
    for protocol in StartTls::ALL {
        let mut answers = good(protocol);
        answers.last_mut().unwrap().extend(b"more");
        let found = talk(protocol, &parts(&answers)).unwrap_err();
        assert_eq!(found, StartTlsError::EarlyData(4), "{protocol}");
    }
}

/// The bytes are not read as another answer: `S` is PostgreSQL's go-ahead.
#[test]
fn bytes_fed_after_the_end_of_the_dialogue_are_reported() {
    for protocol in StartTls::ALL {
        let answers = good(protocol);
        for more in [&b"S"[..], b"\xb2", answers.last().unwrap()] {
            let mut dialogue = Dialogue::new(protocol, "a.example");
            for answer in &answers {
                dialogue.outgoing();
                dialogue.feed(answer).unwrap();
            }
            assert!(dialogue.is_done());
            dialogue.outgoing();
            let found = dialogue.feed(more).unwrap_err();
            assert_eq!(found, StartTlsError::EarlyData(more.len()), "{protocol}");
            assert_eq!(dialogue.outgoing(), b"", "{protocol}");
        }
    }
}

#[test]
fn answers_sent_before_their_command_are_reported() {
    for protocol in StartTls::ALL {
        let answers = good(protocol);
        if answers.len() > 1 {
            let found = talk(protocol, &[&answers.concat()]).unwrap_err();
            assert!(
                matches!(found, StartTlsError::EarlyData(_)),
                "{protocol}: {found}"
            );
        }
    }
}

#[test]
fn starttls_refusals_are_distinguished_from_other_protocols() {
    use StartTls::{Ftp, Imap, Ldap, Mysql, Pop3, Postgres, Sieve, Smtp, Xmpp};
    let no_tls = mysql(0x0001);
    let mysql_error = b"\x13\0\0\0\xff\x10\x04Too many clients";
    let postgres_error = b"E\0\0\0\x1aSFATAL\0Mtoo many\0C53300\0\0";
    let ldap = b"\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x02\x04\0\x04\x03no!";
    let cases: &[(StartTls, &[&[u8]], &str)] = &[
        (
            Smtp,
            &[b"421 too\x1b[31m many\r\n"],
            "refused STARTTLS: 421 too\\u{1b}[31m many",
        ),
        (
            Smtp,
            &[b"220 a\r\n", b"250-a\r\n250 SIZE\r\n"],
            "does not offer STARTTLS",
        ),
        (
            Smtp,
            &[b"220 STARTTLS\r\n", b"250 a\r\n"],
            "does not offer STARTTLS",
        ),
        (
            Smtp,
            &[b"220 a\r\n", b"250 STARTTLS\r\n", b"454 later\r\n"],
            "refused STARTTLS: 454",
        ),
        (Smtp, &[b"SSH-2.0-OpenSSH\r\n"], "it sent: SSH-2.0-OpenSSH"),
        (
            Ftp,
            &[b"220 a\r\n", b"530 no\r\n"],
            "refused STARTTLS: 530 no",
        ),
        (Imap, &[b"* PREAUTH hi\r\n"], "refused STARTTLS: * PREAUTH"),
        (
            Imap,
            &[b"* OK a\r\n", b"a BAD what\r\n"],
            "refused STARTTLS: a BAD",
        ),
        (Imap, &[b"220 a\r\n"], "it sent: 220 a"),
        (
            Pop3,
            &[b"+OK\r\n", b"-ERR no\r\n"],
            "refused STARTTLS: -ERR no",
        ),
        (
            Sieve,
            &[b"\"SASL\" \"PLAIN\"\r\nOK\r\n"],
            "does not offer STARTTLS",
        ),
        (Sieve, &[b"220 a\r\n"], "it sent: 220 a"),
        (
            Xmpp,
            &[b"<stream:stream><stream:features/>"],
            "does not offer STARTTLS",
        ),
        (
            Xmpp,
            &[b"<stream:stream><stream:error>"],
            "refused STARTTLS",
        ),
        (Xmpp, &[b"HTTP/1.1 400"], "it sent: HTTP/1.1 400"),
        (Xmpp, &[FEATURES, b"<failure/>"], "refused STARTTLS"),
        (Ldap, &[ldap], "refused STARTTLS: result 2: no!"),
        (Ldap, &[b"HTTP"], "it sent: HTTP"),
        (Postgres, &[b"N"], "does not offer STARTTLS"),
        (Postgres, &[b"H"], "it sent: H"),
        (Postgres, &[postgres_error], "refused STARTTLS: too many"),
        (Mysql, &[&no_tls], "does not offer STARTTLS"),
        (Mysql, &[mysql_error], "refused STARTTLS: Too many clients"),
        (Mysql, &[b"SSH-2.0"], "it sent: SSH-2.0"),
    ];
    for (protocol, answers, text) in cases {
        let found = talk(*protocol, answers).unwrap_err().to_string();
        assert!(found.contains(text), "{protocol}: {found}");
    }
}

#[test]
fn endless_answers_are_rejected() {
    for protocol in StartTls::ALL {
        let mut dialogue = Dialogue::new(protocol, "a.example");
        let start: &[u8] = match protocol {
            StartTls::Pop3 => b"+OK ",
            StartTls::Imap => b"* ",
            StartTls::Sieve => b"\"A\"\r\n",
            StartTls::Xmpp | StartTls::XmppServer => b"<a ",
            StartTls::Ldap => b"\x30\x82\x40\x00",
            StartTls::Postgres => b"E\0\0\x7f\0",
            StartTls::Mysql => b"\0\x40\0\0",
            _ => b"220-",
        };
        let parts = [start].into_iter().chain([&[b'a'; 100][..]; 1000]);
        let found = parts.into_iter().find_map(|part| dialogue.feed(part).err());
        let found = found.unwrap_or_else(|| panic!("{protocol}"));
        let is_refused = matches!(found, StartTlsError::TooLong | StartTlsError::Unexpected(_));
        assert!(is_refused, "{protocol}: {found}");
    }
}

#[test]
fn starttls_names_and_ports_are_unique() {
    for protocol in StartTls::ALL {
        assert_eq!(StartTls::named(protocol.name()), Some(protocol));
        for name in protocol.names() {
            assert_eq!(StartTls::named(name), Some(protocol));
        }
        for port in protocol.ports() {
            assert_eq!(StartTls::of_port(*port), Some(protocol));
        }
    }
}
