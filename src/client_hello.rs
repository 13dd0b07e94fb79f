//! [`ClientHello`]: a client's first message, read before a context is chosen.

use std::fmt;

use crate::constants::TlsVersion;
use crate::error::{Error, Result, SslError};

/// A client's first message: what it offers, before the server has answered.
///
/// A server can read it and then choose the context. On tokio's streams,
/// `aio::LazyConfigAcceptor` does the reading. Python has no equivalent; its `sni_callback` sees
/// the server name only, and cannot wait.
///
/// ```
/// # use pyssl as ssl;
/// # let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// # client.set_alpn_protocols(&["h2"])?;
/// # let (incoming, received) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
/// # let _ = client.wrap_bio(&incoming, &received, "localhost")?.do_handshake();
/// # let received = received.read(None);
/// let hello = ssl::ClientHello::parse(&received)?.expect("the message is complete");
/// assert_eq!(hello.server_name(), Some("localhost"));
/// assert!(hello.alpn_protocols().eq([b"h2"]));
/// assert!(hello.versions().contains(&ssl::TlsVersion::TLSv1_3));
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// The message is neither encrypted nor authenticated: it may contain anything. OpenSSL checks it in
/// the handshake. A malformed extension, which OpenSSL refuses, counts as absent here.
///
/// Source: RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientHello {
    legacy_version: u16,
    random: [u8; 32],
    session_id: Vec<u8>,
    cipher_suites: Vec<u16>,
    extensions: Vec<(u16, Vec<u8>)>,
    server_name: Option<String>,
}

/// The error for a message whose length fields contradict the bytes that follow them.
struct Malformed;

type Parsed<T> = std::result::Result<T, Malformed>;

/// The most bytes of a ClientHello with its record headers. OpenSSL accepts about twice as many.
pub(crate) const LIMIT: usize = 64 * 1024;

const HEADER: usize = 5;
const RECORD_MAX: usize = 16 * 1024;
/// The longest fragment of an encrypted record of TLS 1.2. OpenSSL accepts this length before it
/// checks whether the record is encrypted.
const ENCRYPTED_MAX: usize = RECORD_MAX + 2048;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

// Source: the IANA registry "TLS ExtensionType Values".
const SERVER_NAME: u16 = 0;
const STATUS_REQUEST: u16 = 5;
const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;

impl ClientHello {
    /// Reads the message from the first bytes of a connection. Returns `None` if more bytes are
    /// needed. Bytes after the message are ignored.
    ///
    /// The handshake needs the same bytes: write them to the incoming
    /// [`MemoryBio`](crate::MemoryBio) of an [`SslObject`](crate::SslObject), or get them with `peek`
    /// before `wrap_socket`.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(context: &ssl::SslContext, bytes: &[u8]) -> ssl::Result<()> {
    /// let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    /// incoming.write(bytes)?;
    /// if let Some(hello) = ssl::ClientHello::parse(bytes)? {
    ///     println!("{:?}", hello.server_name());
    ///     let server = ssl::WrapBio::new().server_side(true);
    ///     let obj = context.wrap_bio(&incoming, &outgoing, server)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` with OpenSSL's reason: `HTTP_REQUEST`, `HTTPS_PROXY_REQUEST` and
    /// `WRONG_VERSION_NUMBER` for bytes that are not TLS, `DATA_LENGTH_TOO_LONG` for a record that is
    /// too long, `UNEXPECTED_MESSAGE` for another message, `LENGTH_MISMATCH` for a malformed one,
    /// `EXCESSIVE_MESSAGE_SIZE` beyond 64 KiB, `UNSUPPORTED_PROTOCOL` for SSL 2.0.
    pub fn parse(received: &[u8]) -> Result<Option<ClientHello>> {
        HelloReader::default().read(received)
    }

    fn parse_message(body: &[u8]) -> Parsed<ClientHello> {
        let mut rest = body;
        let legacy_version = take_u16(&mut rest)?;
        let random = *take(&mut rest, 32)?.first_chunk().ok_or(Malformed)?;
        let session_id = take_vector8(&mut rest)?.to_vec();
        let cipher_suites = numbers(take_vector16(&mut rest)?)?;
        take_vector8(&mut rest)?; // compression methods
        let mut extensions = Vec::new();
        // A ClientHello of SSL 3.0 or TLS 1.0 may have no extensions.
        if !rest.is_empty() {
            let mut list = take_vector16(&mut rest)?;
            while !list.is_empty() {
                let kind = take_u16(&mut list)?;
                extensions.push((kind, take_vector16(&mut list)?.to_vec()));
            }
        }
        if !rest.is_empty() {
            return Err(Malformed);
        }
        let mut hello = ClientHello {
            legacy_version,
            random,
            session_id,
            cipher_suites,
            extensions,
            server_name: None,
        };
        hello.server_name = hello.extension(SERVER_NAME).and_then(host_name);
        Ok(hello)
    }

    fn extension(&self, kind: u16) -> Option<&[u8]> {
        let mut found = self.extensions.iter().filter(|(other, _)| *other == kind);
        found.next().map(|(_, data)| data.as_slice())
    }

    /// The host name that the client asks for (SNI, RFC 6066), as it was sent. `None` if the client
    /// sent no name, or one that is not ASCII.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The application protocols that the client offers (ALPN, RFC 7301), in its order.
    pub fn alpn_protocols(&self) -> impl Iterator<Item = &[u8]> {
        let list = self.extension(ALPN).and_then(whole_vector16);
        vectors(list.unwrap_or_default(), |rest| take_vector8(rest))
    }

    /// The versions that the client offers, in its order. Versions that this library does not know
    /// are left out. A client without TLS 1.3 sends only its highest version.
    pub fn versions(&self) -> Vec<TlsVersion> {
        let offered = match self.extension(SUPPORTED_VERSIONS) {
            Some(mut list) => take_vector8(&mut list)
                .and_then(numbers)
                .unwrap_or_default(),
            None => vec![self.legacy_version],
        };
        let known = |number: u16| TlsVersion::try_from(i32::from(number)).ok();
        offered.into_iter().filter_map(known).collect()
    }

    /// The numbers of the cipher suites that the client offers, in its order (IANA registry "TLS
    /// Cipher Suites"). [`Cipher::id`](crate::Cipher::id) has the same number in its lower 16 bits.
    pub fn cipher_suites(&self) -> &[u16] {
        &self.cipher_suites
    }

    /// The numbers of the groups for the key exchange, in the client's order (IANA registry "TLS
    /// Supported Groups").
    pub fn groups(&self) -> Vec<u16> {
        self.numbers(SUPPORTED_GROUPS)
    }

    /// The numbers of the signature algorithms that the client accepts, in its order (IANA registry
    /// "TLS SignatureScheme").
    pub fn signature_algorithms(&self) -> Vec<u16> {
        self.numbers(SIGNATURE_ALGORITHMS)
    }

    fn numbers(&self, kind: u16) -> Vec<u16> {
        let list = self.extension(kind).and_then(whole_vector16);
        list.and_then(|list| numbers(list).ok()).unwrap_or_default()
    }

    /// The identities of the pre-shared keys that the client offers in TLS 1.3, in its order.
    /// Session tickets are among them. In TLS 1.2, the client sends its identity later in the
    /// handshake.
    pub fn psk_identities(&self) -> impl Iterator<Item = &[u8]> {
        // The binders follow the identities.
        let mut data = self.extension(PRE_SHARED_KEY).unwrap_or_default();
        let list = take_vector16(&mut data).unwrap_or_default();
        vectors(list, |rest| {
            let identity = take_vector16(rest)?;
            take(rest, 4)?; // the ticket's age
            Ok(identity)
        })
    }

    /// Whether the client asks for a stapled OCSP response (RFC 6066, section 8).
    pub fn wants_ocsp_response(&self) -> bool {
        const OCSP: u8 = 1;
        let data = self.extension(STATUS_REQUEST);
        data.and_then(<[u8]>::first) == Some(&OCSP)
    }

    /// The numbers of the extensions, in the client's order (IANA registry "TLS ExtensionType
    /// Values").
    pub fn extensions(&self) -> impl Iterator<Item = u16> {
        self.extensions.iter().map(|(kind, _)| *kind)
    }

    /// The client's random value.
    pub fn random(&self) -> &[u8; 32] {
        &self.random
    }

    /// The id of the session that the client wants to resume in TLS 1.2. Most clients of TLS 1.3
    /// send random bytes instead.
    pub fn session_id(&self) -> &[u8] {
        &self.session_id
    }
}

/// Finds the message in records, which may arrive in pieces.
#[derive(Debug, Default)]
pub(crate) struct HelloReader {
    /// The position of the first record that was not read yet.
    at: usize,
    message: Vec<u8>,
}

impl HelloReader {
    /// Continues to read `received`, which has all bytes of the connection so far.
    pub(crate) fn read(&mut self, received: &[u8]) -> Result<Option<ClientHello>> {
        while let Some((header, rest)) = received[self.at..].split_first_chunk::<HEADER>() {
            let length = record_length(header)?;
            let Some(fragment) = rest.get(..length) else {
                break;
            };
            if length > RECORD_MAX {
                return Err(reason("DATA_LENGTH_TOO_LONG", "data length too long"));
            }
            match (header[0], fragment) {
                (HANDSHAKE, _) => self.message.extend_from_slice(fragment),
                // Servers ignore empty records, and warnings except for `close_notify`.
                (_, []) => {}
                (ALERT, &[1, number]) if number != 0 => {}
                _ => return Err(unexpected()),
            }
            self.at += HEADER + length;
            if let Some(hello) = self.message()? {
                return Ok(Some(hello));
            }
        }
        match received.len() < LIMIT {
            true => Ok(None),
            false => Err(reason("EXCESSIVE_MESSAGE_SIZE", "excessive message size")),
        }
    }

    fn message(&self) -> Result<Option<ClientHello>> {
        let Some((&[kind, a, b, c], rest)) = self.message.split_first_chunk() else {
            return Ok(None);
        };
        if kind != CLIENT_HELLO {
            return Err(unexpected());
        }
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > LIMIT {
            return Err(reason("EXCESSIVE_MESSAGE_SIZE", "excessive message size"));
        }
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        let hello = ClientHello::parse_message(body);
        hello
            .map(Some)
            .map_err(|Malformed| reason("LENGTH_MISMATCH", "length mismatch"))
    }
}

/// The length of the record with this header.
fn record_length(header: &[u8; HEADER]) -> Result<usize> {
    let &[kind, major, _, high, low] = header;
    let length = usize::from(u16::from_be_bytes([high, low]));
    // An SSL 2.0 record: the first two bytes are a length with the highest bit set, and the third
    // is the message type.
    if kind & 0x80 != 0 && header[2] == CLIENT_HELLO {
        return Err(reason("UNSUPPORTED_PROTOCOL", "unsupported protocol"));
    }
    if major != 3 {
        let starts = |methods: &[&[u8]]| methods.iter().any(|method| header.starts_with(method));
        return Err(if starts(&[b"GET ", b"POST ", b"HEAD ", b"PUT "]) {
            reason("HTTP_REQUEST", "http request")
        } else if starts(&[b"CONNE"]) {
            reason("HTTPS_PROXY_REQUEST", "https proxy request")
        } else {
            reason("WRONG_VERSION_NUMBER", "wrong version number")
        });
    }
    if length > ENCRYPTED_MAX {
        return Err(reason("PACKET_LENGTH_TOO_LONG", "packet length too long"));
    }
    Ok(length)
}

fn reason(reason: &'static str, text: &str) -> Error {
    Error::Ssl(Box::new(SslError::ssl_reason(reason, text)))
}

fn unexpected() -> Error {
    reason("UNEXPECTED_MESSAGE", "unexpected message")
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Parsed<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = left;
    Ok(taken)
}

fn take_u16(rest: &mut &[u8]) -> Parsed<u16> {
    let bytes = take(rest, 2)?;
    Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// The content of a vector whose length is in one byte.
fn take_vector8<'a>(rest: &mut &'a [u8]) -> Parsed<&'a [u8]> {
    let length = take(rest, 1)?[0];
    take(rest, usize::from(length))
}

/// The content of a vector whose length is in two bytes.
fn take_vector16<'a>(rest: &mut &'a [u8]) -> Parsed<&'a [u8]> {
    let length = take_u16(rest)?;
    take(rest, usize::from(length))
}

/// The content of a vector whose length is in two bytes; `None` if other bytes follow the vector.
fn whole_vector16(mut data: &[u8]) -> Option<&[u8]> {
    take_vector16(&mut data).ok().filter(|_| data.is_empty())
}

/// A list of numbers of two bytes.
fn numbers(list: &[u8]) -> Parsed<Vec<u16>> {
    let pairs = list.chunks_exact(2);
    match pairs.remainder() {
        [] => Ok(pairs
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect()),
        _ => Err(Malformed),
    }
}

/// The items of a list. If one item is malformed, the result is empty.
fn vectors<'a>(
    list: &'a [u8],
    take_item: impl Fn(&mut &'a [u8]) -> Parsed<&'a [u8]>,
) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = list;
    let mut items = Vec::new();
    while !rest.is_empty() {
        match take_item(&mut rest) {
            Ok(item) => items.push(item),
            Err(Malformed) => return Vec::new().into_iter(),
        }
    }
    items.into_iter()
}

/// The name in the extension `server_name`, under OpenSSL's rules: one entry, no longer than 255
/// bytes.
fn host_name(data: &[u8]) -> Option<String> {
    let mut list = whole_vector16(data)?;
    let kind = take(&mut list, 1).ok()?;
    let name = whole_vector16(list)?;
    let valid = kind == [0]
        && (1..=255).contains(&name.len())
        && name.iter().all(|byte| byte.is_ascii() && *byte != 0);
    valid.then(|| String::from_utf8_lossy(name).into_owned())
}

impl fmt::Debug for ClientHello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocols: Vec<_> = self.alpn_protocols().map(String::from_utf8_lossy).collect();
        f.debug_struct("ClientHello")
            .field("server_name", &self.server_name)
            .field("alpn_protocols", &protocols)
            .field("versions", &self.versions())
            .field("cipher_suites", &self.cipher_suites)
            .field("groups", &self.groups())
            .field("signature_algorithms", &self.signature_algorithms())
            .finish_non_exhaustive()
    }
}
