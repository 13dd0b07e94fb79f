mod binary;
mod lines;
#[cfg(test)]
mod tests;
mod xml;

use std::fmt;

/// The most bytes of a dialogue that are read. Real greetings and lists of capabilities have a few
/// hundred.
const MOST_BYTES: usize = 1 << 14;

/// A protocol that starts in plain text and changes to TLS.
///
/// ```
/// use pyssl_ciphers::wire::StartTls;
///
/// assert_eq!(StartTls::named("smtp"), Some(StartTls::Smtp));
/// assert_eq!(StartTls::Smtp.port(), 25);
/// assert_eq!(StartTls::of_port(587), Some(StartTls::Smtp));
/// assert_eq!(StartTls::of_port(443), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartTls {
    /// Mail submission and transfer (RFC 3207).
    Smtp,
    /// Local mail delivery (RFC 2033 and RFC 3207).
    Lmtp,
    /// IMAP (RFC 9051, section 6.2.1).
    Imap,
    /// POP3 (RFC 2595, section 4).
    Pop3,
    /// FTP (RFC 4217).
    Ftp,
    /// ManageSieve (RFC 5804, section 2.2).
    Sieve,
    /// XMPP for clients (RFC 6120, section 5).
    Xmpp,
    /// XMPP between servers.
    XmppServer,
    /// LDAP (RFC 4511, section 4.14).
    Ldap,
    /// PostgreSQL (its documentation, "SSL Session Encryption").
    Postgres,
    /// MySQL and MariaDB (their documentation, "SSLRequest").
    Mysql,
}

impl StartTls {
    /// All protocols.
    pub const ALL: [StartTls; 11] = [
        StartTls::Smtp,
        StartTls::Lmtp,
        StartTls::Imap,
        StartTls::Pop3,
        StartTls::Ftp,
        StartTls::Sieve,
        StartTls::Xmpp,
        StartTls::XmppServer,
        StartTls::Ldap,
        StartTls::Postgres,
        StartTls::Mysql,
    ];

    /// The name: `"smtp"`, `"xmpp-server"`.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// The name of the protocol, followed by other names that URLs have as their scheme.
    fn names(self) -> &'static [&'static str] {
        match self {
            StartTls::Smtp => &["smtp", "submission"],
            StartTls::Lmtp => &["lmtp"],
            StartTls::Imap => &["imap"],
            StartTls::Pop3 => &["pop3", "pop"],
            StartTls::Ftp => &["ftp"],
            StartTls::Sieve => &["sieve"],
            StartTls::Xmpp => &["xmpp", "xmpp-client"],
            StartTls::XmppServer => &["xmpp-server"],
            StartTls::Ldap => &["ldap"],
            StartTls::Postgres => &["postgres", "postgresql"],
            StartTls::Mysql => &["mysql", "mariadb"],
        }
    }

    /// The protocol of this name, or of this scheme of URLs, in lower case.
    pub fn named(name: &str) -> Option<StartTls> {
        let mut all = StartTls::ALL.into_iter();
        all.find(|protocol| protocol.names().contains(&name))
    }

    /// The usual ports, of which the first is the default.
    fn ports(self) -> &'static [u16] {
        match self {
            StartTls::Smtp => &[25, 587],
            StartTls::Lmtp => &[24],
            StartTls::Imap => &[143],
            StartTls::Pop3 => &[110],
            StartTls::Ftp => &[21],
            StartTls::Sieve => &[4190],
            StartTls::Xmpp => &[5222],
            StartTls::XmppServer => &[5269],
            StartTls::Ldap => &[389],
            StartTls::Postgres => &[5432],
            StartTls::Mysql => &[3306],
        }
    }

    /// The default port.
    pub fn port(self) -> u16 {
        self.ports().first().copied().unwrap_or_default()
    }

    /// The protocol that has this as a usual port.
    pub fn of_port(port: u16) -> Option<StartTls> {
        let mut all = StartTls::ALL.into_iter();
        all.find(|protocol| protocol.ports().contains(&port))
    }
}

impl fmt::Display for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a dialogue did not lead to TLS. Texts of the server are cut, and their control characters
/// are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartTlsError {
    /// The server does not offer TLS.
    NotOffered,
    /// The server refused, with this text.
    Refused(String),
    /// The server does not speak the protocol; it sent this text.
    Unexpected(String),
    /// The greeting or an answer is longer than any that a server sends.
    TooLong,
    /// The server, or an attacker on the path, sent this many bytes without being asked: after the
    /// go-ahead and before TLS, or before a command. A client that keeps them would treat them as
    /// data from the TLS connection (as in CVE-2011-0411 and CVE-2021-23222).
    EarlyData(usize),
}

impl fmt::Display for StartTlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartTlsError::NotOffered => f.write_str("the server does not offer STARTTLS"),
            StartTlsError::Refused(text) => write!(f, "the server refused STARTTLS: {text}"),
            StartTlsError::Unexpected(text) => {
                write!(f, "the server does not speak the protocol; it sent: {text}")
            }
            StartTlsError::TooLong => f.write_str("the server's plain-text answer does not end"),
            StartTlsError::EarlyData(count) => write!(
                f,
                "{count} plain-text bytes came before TLS without a request; an attacker may \
                 have added them (see CVE-2011-0411)"
            ),
        }
    }
}

impl std::error::Error for StartTlsError {}

/// The plain-text dialogue that leads to TLS. It does no input or output: the caller sends the
/// [`outgoing`](Dialogue::outgoing) bytes and [feeds](Dialogue::feed) those that arrive.
///
/// ```
/// use pyssl_ciphers::wire::{Dialogue, StartTls, StartTlsError};
///
/// let mut dialogue = Dialogue::new(StartTls::Pop3, "mail.example");
/// assert!(dialogue.outgoing().is_empty()); // the server speaks first
/// dialogue.feed(b"+OK ready\r\n")?;
/// assert_eq!(dialogue.outgoing(), b"STLS\r\n");
/// dialogue.feed(b"+OK begin\r\n")?;
/// assert!(dialogue.is_done());
///
/// let mut dialogue = Dialogue::new(StartTls::Postgres, "db.example");
/// assert_eq!(dialogue.outgoing().len(), 8);
/// assert_eq!(dialogue.feed(b"SELECT"), Err(StartTlsError::EarlyData(5)));
/// # Ok::<(), StartTlsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dialogue {
    protocol: StartTls,
    server_name: String,
    unread: Vec<u8>,
    outgoing: Vec<u8>,
    received: usize,
    step: Step,
    /// Whether the server has offered TLS.
    offered: bool,
    /// The code of a reply of several lines.
    pending: Option<[u8; 3]>,
}

/// The kind of the server's next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Greeting,
    Capabilities,
    GoAhead,
    Done,
}

impl Dialogue {
    /// Begins a dialogue. Only XMPP sends the server's name.
    pub fn new(protocol: StartTls, server_name: &str) -> Dialogue {
        let (outgoing, step) = match protocol {
            StartTls::Xmpp => (xml::stream("jabber:client", server_name), Step::Greeting),
            StartTls::XmppServer => (xml::stream("jabber:server", server_name), Step::Greeting),
            StartTls::Ldap => (binary::LDAP_REQUEST.to_vec(), Step::GoAhead),
            StartTls::Postgres => (binary::POSTGRES_REQUEST.to_vec(), Step::GoAhead),
            _ => (Vec::new(), Step::Greeting),
        };
        Dialogue {
            protocol,
            server_name: server_name.to_owned(),
            unread: Vec::new(),
            outgoing,
            received: 0,
            step,
            offered: false,
            pending: None,
        }
    }

    /// The protocol.
    pub fn protocol(&self) -> StartTls {
        self.protocol
    }

    /// The name of the server.
    pub fn server_name(&self) -> &str {
        &self.server_name
    }

    /// Takes the bytes that must be sent now. MySQL has such bytes even when the dialogue is done.
    pub fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Whether TLS starts after the outgoing bytes.
    pub fn is_done(&self) -> bool {
        self.step == Step::Done
    }

    /// Reads the next bytes of the server.
    ///
    /// # Errors
    ///
    /// [`StartTlsError`], if the server refuses, speaks another protocol, sends too much, or sends
    /// anything between its answer to STARTTLS and TLS.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), StartTlsError> {
        if self.is_done() && !bytes.is_empty() {
            return Err(StartTlsError::EarlyData(bytes.len()));
        }
        self.unread.extend(bytes.iter().take(MOST_BYTES));
        self.received += bytes.len();
        match self.protocol {
            StartTls::Xmpp | StartTls::XmppServer => self.read_xml()?,
            StartTls::Ldap => self.read_ldap()?,
            StartTls::Postgres => self.read_postgres()?,
            StartTls::Mysql => self.read_mysql()?,
            _ => self.read_lines()?,
        }
        if self.is_done() && !self.unread.is_empty() {
            return Err(StartTlsError::EarlyData(self.unread.len()));
        }
        if self.received > MOST_BYTES {
            return Err(StartTlsError::TooLong);
        }
        Ok(())
    }

    /// Adds a command to the outgoing bytes, and sets the kind of the server's next message.
    fn send(&mut self, command: &[u8], next: Step) {
        self.outgoing.extend(command);
        self.step = next;
    }

    /// Sends the command for TLS if the server has offered it.
    fn ask_for_tls(&mut self, command: &[u8]) -> Result<(), StartTlsError> {
        if !self.offered {
            return Err(StartTlsError::NotOffered);
        }
        self.send(command, Step::GoAhead);
        Ok(())
    }
}

fn refused(text: &[u8]) -> StartTlsError {
    StartTlsError::Refused(shown(text))
}

fn unexpected(text: &[u8]) -> StartTlsError {
    StartTlsError::Unexpected(shown(text))
}

/// The beginning of a text of the server, without control characters.
fn shown(text: &[u8]) -> String {
    const MOST: usize = 120;
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    let mut out: String = text.chars().take(MOST).flat_map(escaped).collect();
    if text.chars().nth(MOST).is_some() {
        out.push_str("...");
    }
    out
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    let escape = c.is_control().then(|| c.escape_default());
    let kept = (!c.is_control()).then_some(c);
    escape.into_iter().flatten().chain(kept)
}
