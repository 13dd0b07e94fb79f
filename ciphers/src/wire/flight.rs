use std::fmt;

use super::decryption::Decryption;
use super::reader::Reader;
use crate::cipher::{Cipher, registry};

/// The maximum length of an answer. A chain of the largest certificates is shorter.
const MOST_BYTES: usize = 1 << 18;

/// The type of a ServerHello message.
const SERVER_HELLO: usize = 2;

/// The random bytes that make a ServerHello a HelloRetryRequest (RFC 8446, section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// A server's answer to a [`ClientHello`](super::ClientHello), as far as it can be read.
///
/// Bytes are [fed](ServerFlight::feed) as they arrive. The encrypted messages of TLS 1.3 are read only
/// if the flight [answers a known hello](ServerFlight::answering).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerFlight {
    /// The received part of an incomplete record.
    records: Vec<u8>,
    /// The received part of an incomplete handshake message.
    messages: Vec<u8>,
    received: usize,
    hello: Option<ServerHello>,
    certificates: Vec<Vec<u8>>,
    key_exchange: Option<KeyExchange>,
    requests_certificate: bool,
    authorities: Vec<Vec<u8>>,
    ocsp_response: Option<Vec<u8>>,
    alert: Option<u8>,
    /// The ClientHello, if it is known.
    asked: Option<Vec<u8>>,
    /// Decrypts the messages after the ServerHello of TLS 1.3.
    decryption: Option<Decryption>,
    /// The signature scheme of the CertificateVerify message.
    verify_signature: Option<u16>,
    done: bool,
}

/// The server's choices.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerHello {
    /// The number of the version: `0x0303` for TLS 1.2, `0x0304` for TLS 1.3.
    pub version: u16,
    /// The number of the suite.
    pub suite: u16,
    /// In TLS 1.3, the number of the group.
    pub group: Option<u16>,
    /// In TLS 1.3, the public key of the server. A HelloRetryRequest has none.
    pub key_share: Option<Vec<u8>>,
    /// Whether the message is a HelloRetryRequest.
    pub retry: bool,
    /// The number of the compression method; 0 for none.
    pub compression: u8,
    /// Below TLS 1.3, whether the server gives the session an id.
    pub session_id: bool,
    /// Below TLS 1.3, whether the server will send a session ticket (RFC 5077).
    pub session_ticket: bool,
    /// Below TLS 1.3, whether the master secret depends on the handshake (RFC 7627).
    pub extended_master_secret: bool,
    /// Below TLS 1.3, whether the server supports secure renegotiation (RFC 5746).
    pub secure_renegotiation: bool,
    /// Below TLS 1.3, the application protocol (ALPN).
    pub alpn: Option<String>,
}

/// The parameters of a key exchange below TLS 1.3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyExchange {
    /// The number of a named curve.
    pub group: Option<u16>,
    /// The size of a finite-field group.
    pub dh_bits: Option<u32>,
    /// The prime of a finite-field group.
    pub dh_prime: Option<Vec<u8>>,
    /// In TLS 1.2, the number of the signature scheme.
    pub signature: Option<u16>,
}

/// Why an answer cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The answer does not begin like a record of SSL or TLS.
    NotTls,
    /// A message does not have the form that the protocol demands.
    Malformed,
    /// The answer is longer than any that a server sends.
    TooLong,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WireError::NotTls => "the answer is not TLS",
            WireError::Malformed => "the answer is not well-formed TLS",
            WireError::TooLong => "the answer does not end",
        })
    }
}

impl std::error::Error for WireError {}

impl ServerFlight {
    /// An answer of which nothing has been received.
    pub fn new() -> ServerFlight {
        ServerFlight::default()
    }

    /// The answer to a ClientHello, of which nothing has been received. `hello` is what
    /// [`ClientHello::to_bytes`](super::ClientHello::to_bytes) returned.
    ///
    /// The private key of the hello's [key share](super::ClientHello::key_share) is known, so the
    /// messages of a TLS 1.3 server are decrypted (RFC 8446, section 7).
    ///
    /// ```
    /// use pyssl::TlsVersion;
    /// use pyssl_ciphers::wire::{ClientHello, ServerFlight};
    ///
    /// let hello = ClientHello::new(TlsVersion::TLSv1_3, &[0x1301]).groups(&[29]).key_share(29);
    /// let record = hello.to_bytes(&[7; 32]);
    /// let mut answer = ServerFlight::answering(&record);
    /// answer.feed(&[21, 3, 3, 0, 2, 2, 40])?; // the alert handshake_failure
    /// assert_eq!((answer.signature(), answer.alert()), (None, Some(40)));
    /// # Ok::<(), pyssl_ciphers::wire::WireError>(())
    /// ```
    pub fn answering(hello: &[u8]) -> ServerFlight {
        let mut records = Reader(hello);
        let mut message = Vec::new();
        while records.take(3).is_some() {
            let Some(body) = records.vector(2) else {
                break;
            };
            message.extend(body.0);
        }
        ServerFlight {
            asked: Some(message),
            ..ServerFlight::default()
        }
    }

    /// Reads the next bytes of the answer. Bytes after the end of the flight are ignored.
    ///
    /// # Errors
    ///
    /// [`WireError`], if the bytes are not the answer of a server of SSL 3.0 or TLS.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        // The limit is checked after each portion, so `bytes` of any length take limited memory.
        for portion in bytes.chunks(4096) {
            if self.is_complete() {
                return Ok(());
            }
            self.received += portion.len();
            self.records.extend(portion);
            self.read_records()?;
            if self.received > MOST_BYTES && !self.is_complete() {
                return Err(WireError::TooLong);
            }
        }
        Ok(())
    }

    fn read_records(&mut self) -> Result<(), WireError> {
        while !self.is_complete() {
            let [kind, major, rest @ ..] = &self.records[..] else {
                // The first byte shows whether this can be a record.
                return match self.records.first() {
                    Some(kind) if !(20..=23).contains(kind) => Err(WireError::NotTls),
                    _ => Ok(()),
                };
            };
            if !(20..=23).contains(kind) || *major != 3 {
                return Err(WireError::NotTls);
            }
            let kind = *kind;
            let [_, high, low, rest @ ..] = rest else {
                return Ok(());
            };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(body) = rest.get(..length) else {
                return Ok(());
            };
            let body = body.to_vec();
            let header: Vec<u8> = self.records.drain(..5 + length).take(5).collect();
            match kind {
                21 => self.read_alert(&body)?,
                22 => {
                    self.messages.extend(&body);
                    self.read_messages()?;
                }
                23 if self.hello.is_none() => return Err(WireError::Malformed),
                23 => self.read_encrypted(&header, &body)?,
                // A ChangeCipherSpec record is ignored.
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads an encrypted record of TLS 1.3.
    fn read_encrypted(&mut self, header: &[u8], body: &[u8]) -> Result<(), WireError> {
        let opened = self.decryption.as_mut().and_then(|d| d.open(header, body));
        let (kind, content) = opened.ok_or(WireError::Malformed)?;
        match kind {
            21 => self.read_alert(&content),
            22 => {
                self.messages.extend(content);
                self.read_messages()
            }
            _ => Err(WireError::Malformed),
        }
    }

    fn read_alert(&mut self, body: &[u8]) -> Result<(), WireError> {
        const WARNING: u8 = 1;
        const CLOSE_NOTIFY: u8 = 0;
        match body {
            // An alert of level warning is ignored, because the server may continue.
            [WARNING, description] if *description != CLOSE_NOTIFY => Ok(()),
            [_, description] => {
                self.alert = Some(*description);
                Ok(())
            }
            _ => Err(WireError::Malformed),
        }
    }

    fn read_messages(&mut self) -> Result<(), WireError> {
        while !self.is_complete() {
            let mut rest = Reader(&self.messages);
            let (Some(kind), Some(length)) = (rest.number(1), rest.number(3)) else {
                return Ok(());
            };
            if length > MOST_BYTES {
                return Err(WireError::TooLong);
            }
            let Some(body) = rest.take(length) else {
                return Ok(());
            };
            let body = body.to_vec();
            let message: Vec<u8> = self.messages.drain(..4 + length).collect();
            let read = match self.decryption {
                None => self.read_message(kind, Reader(&body)),
                Some(_) => self.read_encrypted_message(kind, Reader(&body)),
            };
            read.ok_or(WireError::Malformed)?;
            if kind == SERVER_HELLO {
                self.start_decryption(&message);
            }
        }
        Ok(())
    }

    /// Derives the keys of TLS 1.3, if the client's message is known.
    fn start_decryption(&mut self, server_hello: &[u8]) {
        let (Some(asked), Some(hello)) = (&self.asked, &self.hello) else {
            return;
        };
        let share = hello.group.zip(hello.key_share.as_deref());
        if let (0x0304, Some(share)) = (hello.version, share) {
            self.decryption = Decryption::new(asked, server_hello, hello.suite, share);
        }
    }

    /// Reads a message after the ServerHello of TLS 1.3 (RFC 8446, sections 4.4.2 and 4.4.3). Returns `None` if
    /// the message is malformed.
    fn read_encrypted_message(&mut self, kind: usize, mut body: Reader<'_>) -> Option<()> {
        match kind {
            SERVER_HELLO => return None,
            11 => {
                // Skips the context of the request, which is empty in a handshake.
                body.vector(1)?;
                let mut list = body.vector(3)?;
                while !list.is_empty() {
                    self.certificates.push(list.vector(3)?.0.to_vec());
                    // Skips the extensions of the certificate.
                    list.vector(2)?;
                }
            }
            15 => self.verify_signature = Some(body.u16()?),
            20 => self.done = true,
            _ => {}
        }
        Some(())
    }

    /// Reads a handshake message. Returns `None` if the message is malformed.
    fn read_message(&mut self, kind: usize, mut body: Reader<'_>) -> Option<()> {
        if self.hello.is_none() && kind != SERVER_HELLO && kind != 0 {
            return None;
        }
        match kind {
            SERVER_HELLO => self.hello = Some(ServerHello::read(body)?),
            11 => {
                let mut list = body.vector(3)?;
                while !list.is_empty() {
                    self.certificates.push(list.vector(3)?.0.to_vec());
                }
            }
            12 => self.key_exchange = Some(self.read_key_exchange(body)?),
            13 => {
                self.requests_certificate = true;
                // A malformed list of authorities does not invalidate the rest.
                self.authorities = self.read_authorities(body).unwrap_or_default();
            }
            22 => {
                const OCSP: usize = 1;
                if body.number(1)? == OCSP {
                    self.ocsp_response = Some(body.vector(3)?.0.to_vec());
                }
            }
            14 => self.done = true,
            _ => {}
        }
        Some(())
    }

    /// Reads the authorities of a CertificateRequest (RFC 5246, section 7.4.4).
    fn read_authorities(&self, mut body: Reader<'_>) -> Option<Vec<Vec<u8>>> {
        body.vector(1)?;
        if self.hello.as_ref()?.version >= 0x0303 {
            body.vector(2)?;
        }
        names(body.vector(2)?)
    }

    /// Reads a ServerKeyExchange (RFC 5246, section 7.4.3; RFC 8422, section 5.4; RFC 4279 and RFC
    /// 5489 for pre-shared keys).
    fn read_key_exchange(&self, mut body: Reader<'_>) -> Option<KeyExchange> {
        const NAMED_CURVE: usize = 3;
        let hello = self.hello.as_ref()?;
        let mut found = KeyExchange::default();
        let Some(suite) = suite(hello.suite) else {
            return Some(found);
        };
        let kea = suite.kea.unwrap_or("");
        if kea.ends_with("-psk") {
            // Skips the hint for the identity.
            body.vector(2)?;
        }
        match kea {
            "kx-ecdhe" | "kx-ecdhe-psk" => {
                if body.number(1)? != NAMED_CURVE {
                    return Some(found);
                }
                found.group = Some(body.u16()?);
                body.vector(1)?;
            }
            "kx-dhe" | "kx-dhe-psk" => {
                let prime = body.vector(2)?.0;
                found.dh_bits = Some(bits(prime)?);
                found.dh_prime = Some(prime.to_vec());
                body.vector(2)?;
                body.vector(2)?;
            }
            _ => return Some(found),
        }
        let signs = !matches!(suite.auth, Some("auth-null" | "auth-psk"));
        if signs && hello.version >= 0x0303 {
            found.signature = Some(body.u16()?);
        }
        Some(found)
    }

    /// Whether there is nothing more to read: the server has ended its flight or has signed in TLS 1.3,
    /// the rest cannot be decrypted, or the server has sent an alert.
    pub fn is_complete(&self) -> bool {
        let hello = self.hello.as_ref();
        let retry = hello.is_some_and(|hello| hello.retry);
        let tls13 = hello.is_some_and(|hello| hello.version >= 0x0304);
        let is_read = (tls13 && self.decryption.is_none()) || self.verify_signature.is_some();
        self.alert.is_some() || self.done || retry || is_read
    }

    /// The number of the signature scheme with which the server signed its handshake, in TLS 1.2 or 1.3.
    pub fn signature(&self) -> Option<u16> {
        let exchange = self.key_exchange.as_ref();
        self.verify_signature.or(exchange.and_then(|e| e.signature))
    }

    /// The ServerHello or HelloRetryRequest.
    pub fn hello(&self) -> Option<&ServerHello> {
        self.hello.as_ref()
    }

    /// The certificates that could be read, DER, the server's own first. Those of TLS 1.3 are encrypted: they are read if the
    /// flight [answers a known hello](ServerFlight::answering).
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// The ServerKeyExchange. Suites without ephemeral keys have none.
    pub fn key_exchange(&self) -> Option<&KeyExchange> {
        self.key_exchange.as_ref()
    }

    /// Whether a server below TLS 1.3 asks for a certificate of the client.
    pub fn requests_certificate(&self) -> bool {
        self.requests_certificate
    }

    /// The authorities whose client certificates a server below TLS 1.3 accepts, as DER.
    pub fn authorities(&self) -> &[Vec<u8>] {
        &self.authorities
    }

    /// The OCSP response that a server below TLS 1.3 has stapled, as DER.
    pub fn ocsp_response(&self) -> Option<&[u8]> {
        self.ocsp_response.as_deref()
    }

    /// The number of a fatal alert, or of `close_notify`; warnings are ignored.
    pub fn alert(&self) -> Option<u8> {
        self.alert
    }

    /// Whether a byte has arrived.
    pub fn is_empty(&self) -> bool {
        self.received == 0
    }
}

impl ServerHello {
    /// `None` if the message is malformed.
    fn read(mut body: Reader<'_>) -> Option<ServerHello> {
        let version = body.u16()?;
        let random = body.take(32)?;
        let session_id = !body.vector(1)?.is_empty();
        let suite = body.u16()?;
        let compression = *body.take(1)?.first()?;
        let mut hello = ServerHello {
            version,
            suite,
            group: None,
            key_share: None,
            retry: random == RETRY,
            compression,
            session_id,
            session_ticket: false,
            extended_master_secret: false,
            secure_renegotiation: false,
            alpn: None,
        };
        let mut extensions = match body.is_empty() {
            true => body,
            false => body.vector(2)?,
        };
        while !extensions.is_empty() {
            let kind = extensions.u16()?;
            let mut extension = extensions.vector(2)?;
            match kind {
                16 => {
                    let name = extension.vector(2)?.vector(1)?.0;
                    hello.alpn = Some(String::from_utf8_lossy(name).into_owned());
                }
                23 => hello.extended_master_secret = true,
                35 => hello.session_ticket = true,
                43 => hello.version = extension.u16()?,
                51 => {
                    hello.group = Some(extension.u16()?);
                    if !extension.is_empty() {
                        hello.key_share = Some(extension.vector(2)?.0.to_vec());
                    }
                }
                0xff01 => hello.secure_renegotiation = true,
                _ => {}
            }
        }
        Some(hello)
    }
}

/// The authorities that a CertificateRequest of TLS 1.3 names, as DER (RFC 8446, sections 4.3.2 and
/// 4.2.4). The message begins with its header. `None` if it is malformed.
///
/// ```
/// use pyssl_ciphers::wire::certificate_authorities;
///
/// let message = [13, 0, 0, 14, 0, 0, 11, 0, 47, 0, 7, 0, 5, 0, 3, 0x30, 1, 0x31];
/// assert_eq!(certificate_authorities(&message), Some(vec![vec![0x30, 1, 0x31]]));
/// assert_eq!(certificate_authorities(&message[..9]), None);
/// ```
pub fn certificate_authorities(message: &[u8]) -> Option<Vec<Vec<u8>>> {
    const CERTIFICATE_AUTHORITIES: u16 = 47;
    let mut message = Reader(message);
    message.take(1)?;
    let mut body = message.vector(3)?;
    body.vector(1)?;
    let mut extensions = body.vector(2)?;
    while !extensions.is_empty() {
        let kind = extensions.u16()?;
        let mut extension = extensions.vector(2)?;
        if kind == CERTIFICATE_AUTHORITIES {
            return names(extension.vector(2)?);
        }
    }
    Some(Vec::new())
}

/// Reads names, each of which follows its length.
fn names(mut list: Reader<'_>) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    while !list.is_empty() {
        names.push(list.vector(2)?.0.to_vec());
    }
    Some(names)
}

fn suite(number: u16) -> Option<&'static Cipher> {
    let all = registry();
    let at = all
        .binary_search_by_key(&number, Cipher::protocol_id)
        .ok()?;
    all.get(at)
}

/// The number of bits without leading zeros; `None` for zero.
fn bits(number: &[u8]) -> Option<u32> {
    let start = number.iter().position(|byte| *byte != 0)?;
    let number = number.get(start..)?;
    let first = number.first()?;
    u32::try_from(number.len() * 8)
        .ok()?
        .checked_sub(first.leading_zeros())
}
