//! A server that reads a ClientHello and answers with given messages. It cannot finish a handshake.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyssl_testing::Scripted;

/// The offer of a client.
#[derive(Debug, Default, Clone)]
pub(crate) struct Offer {
    /// The highest version: 0x0002 for SSL 2.0, 0x0300 to 0x0304.
    pub(crate) version: u16,
    pub(crate) suites: Vec<u16>,
    pub(crate) groups: Vec<u16>,
    pub(crate) signatures: Vec<u16>,
    /// The signatures of certificates. Empty if the offer has none of its own for them.
    pub(crate) certificate_signatures: Vec<u16>,
    pub(crate) has_key_share: bool,
    /// Whether the offer has application protocols.
    pub(crate) has_alpn: bool,
    /// Whether the offer resumes a session of TLS 1.3.
    pub(crate) resumes: bool,
}

/// The server's answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Bytes(Vec<u8>),
    /// Closes the connection without sending anything.
    Close,
    /// Sends nothing until the client closes the connection.
    Hang,
    /// Passes the connection on to this server.
    Pass(SocketAddr),
}

pub(crate) fn alert(description: u8) -> Reply {
    Reply::Bytes(vec![21, 3, 3, 0, 2, 2, description])
}

/// Starts a server that answers each offer with the result of `answer`, which also gets the number
/// of the connection.
pub(crate) fn serve(answer: impl Fn(usize, &Offer) -> Reply + Send + Sync + 'static) -> Scripted {
    let count = Arc::new(AtomicUsize::new(0));
    Scripted::follows(move |socket| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let mut stream = socket.stream();
        let mut header = [0; 5];
        if stream.read_exact(&mut header).is_err() {
            return socket.finish();
        }
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        let (length, is_ssl2) = match header {
            [22, ..] => (length, false),
            // The hello of SSL 2.0 has a header of two bytes.
            [high, low, ..] => (
                usize::from(u16::from_be_bytes([high & 0x7f, low])) - 3,
                true,
            ),
        };
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).is_err() {
            return socket.finish();
        }
        let offer = match is_ssl2 {
            true => Offer {
                version: 2,
                ..Offer::default()
            },
            false => read(&body),
        };
        match answer(number, &offer) {
            Reply::Bytes(bytes) => {
                let _ = stream.write_all(&bytes);
            }
            Reply::Close => {}
            Reply::Hang => {
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
            Reply::Pass(upstream) => {
                let _ = pass(stream, upstream, &[&header[..], &body].concat());
            }
        }
        socket.finish();
    })
}

/// Passes bytes on in both directions, after the first bytes of the client.
fn pass(mut client: &TcpStream, upstream: SocketAddr, first: &[u8]) -> std::io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    (&server).write_all(first)?;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::copy(&mut &*client, &mut &server);
            let _ = server.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut &server, &mut client);
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    });
    Ok(())
}

/// Reads a whole ClientHello; panics on anything else.
fn read(message: &[u8]) -> Offer {
    let number = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
    let numbers = |from: usize, length: usize| -> Vec<u16> {
        (from..from + length).step_by(2).map(number).collect()
    };
    let mut offer = Offer {
        version: number(4),
        ..Offer::default()
    };
    let mut at = 38;
    at += 1 + usize::from(message[at]);
    let length = usize::from(number(at));
    offer.suites = numbers(at + 2, length);
    at += 2 + length;
    at += 1 + usize::from(message[at]);
    at += 2;
    while at + 4 <= message.len() {
        let (kind, length) = (number(at), usize::from(number(at + 2)));
        at += 4;
        match kind {
            10 => offer.groups = numbers(at + 2, length - 2),
            13 => offer.signatures = numbers(at + 2, length - 2),
            16 => offer.has_alpn = true,
            41 => offer.resumes = true,
            43 => offer.version = 0x0304,
            51 => offer.has_key_share = length > 2,
            50 => offer.certificate_signatures = numbers(at + 2, length - 2),
            _ => {}
        }
        at += length;
    }
    offer
}

/// The key exchange of a fake server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Exchange {
    /// Static RSA, which has no ServerKeyExchange.
    None,
    /// A named curve, and the signature scheme.
    Curve(u16, u16),
    /// A curve that has its parameters instead of a name.
    ExplicitCurve,
    /// A finite-field group of this many bytes, and the signature scheme.
    Dh(usize, u16),
}

/// The messages of a server up to its ServerHelloDone, in a version below TLS 1.3.
pub(crate) fn flight(version: u16, suite: u16, certificate: &[u8], exchange: Exchange) -> Reply {
    let mut messages = hello_and_certificate(version, suite, certificate);
    let signed = |mut body: Vec<u8>, scheme: u16| {
        if version == 0x0303 {
            body.extend(scheme.to_be_bytes());
        }
        body.extend(vector(2, &[7; 64]));
        message(12, &body)
    };
    match exchange {
        Exchange::None => {}
        Exchange::Curve(group, scheme) => {
            let mut body = vec![3];
            body.extend(group.to_be_bytes());
            body.extend(vector(1, &[9; 56]));
            messages.extend(signed(body, scheme));
        }
        Exchange::ExplicitCurve => messages.extend(message(12, &[1; 80])),
        Exchange::Dh(bytes, scheme) => {
            let mut body = vector(2, &vec![0xff; bytes]);
            body.extend(vector(2, &[2]));
            body.extend(vector(2, &vec![3; bytes]));
            messages.extend(signed(body, scheme));
        }
    }
    // The server asks for a certificate.
    messages.extend(message(13, &[1, 1, 0, 2, 4, 1, 0, 0]));
    messages.extend(message(14, &[]));
    Reply::Bytes(records(&messages))
}

/// The messages of a server that fails with an alert when it should sign.
pub(crate) fn unsigned_flight(
    version: u16,
    suite: u16,
    certificate: &[u8],
    description: u8,
) -> Reply {
    let mut out = records(&hello_and_certificate(version, suite, certificate));
    out.extend([21, 3, 3, 0, 2, 2, description]);
    Reply::Bytes(out)
}

/// The first messages of a server: its ServerHello, and its certificate if it sends one.
pub(crate) fn beginning(version: u16, suite: u16, certificate: Option<&[u8]>) -> Reply {
    let messages = match certificate {
        Some(certificate) => hello_and_certificate(version, suite, certificate),
        None => server_hello(version, suite),
    };
    Reply::Bytes(records(&messages))
}

/// The ServerHello of TLS 1.3, or the HelloRetryRequest.
pub(crate) fn tls13_hello(suite: u16, group: u16, retry: bool) -> Reply {
    const RETRY: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];
    let mut share = group.to_be_bytes().to_vec();
    if !retry {
        share.extend(vector(2, &[9; 32]));
    }
    let mut extensions = vec![0, 43, 0, 2, 3, 4, 0, 51];
    extensions.extend(vector(2, &share));
    let mut body = vec![3, 3];
    body.extend(if retry { RETRY } else { [1; 32] });
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    body.extend(vector(2, &extensions));
    Reply::Bytes(records(&message(2, &body)))
}

fn hello_and_certificate(version: u16, suite: u16, certificate: &[u8]) -> Vec<u8> {
    let mut messages = server_hello(version, suite);
    messages.extend(message(11, &vector(3, &vector(3, certificate))));
    messages
}

fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend([1; 32]);
    hello.push(0);
    hello.extend(suite.to_be_bytes());
    hello.push(0);
    message(2, &hello)
}

fn records(messages: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // The records do not end where the messages end, which TLS allows.
    for part in messages.chunks(100) {
        out.extend([22, 3, 3]);
        out.extend(vector(2, part));
    }
    out
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend(vector(3, body));
    out
}

fn vector(length_bytes: usize, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    let mut out = length[length.len() - length_bytes..].to_vec();
    out.extend(bytes);
    out
}
