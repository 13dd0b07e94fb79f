//! The message callback: a look at what goes over the wire.

use std::sync::Arc;

use super::SslContext;
use crate::constants::{TlsAlertType, TlsContentType, TlsMessageType, TlsVersion};
use crate::error::{BoxError, Result};
use crate::ffi::hooks::RawMessage;

/// Which way a message goes: Python's `'read'` and `'write'`.
#[allow(clippy::exhaustive_enums, reason = "there are two directions")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer.
    Read,
    /// To the peer.
    Write,
}

/// What kind of message it is; which of these depends on the content type.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A message of the handshake, or `ChangeCipherSpec`.
    Message(TlsMessageType),
    /// An alert.
    Alert(TlsAlertType),
    /// The header of a record, with what the record carries.
    Header(TlsContentType),
    /// What an encrypted record of TLS 1.3 carries.
    Inner(TlsContentType),
    /// None of these.
    Other,
}

/// A message or the header of a record, as [`SslContext::set_message_callback`] shows it.
#[derive(Debug)]
pub struct TlsMessage<'a> {
    direction: Direction,
    version: i32,
    content_type: TlsContentType,
    kind: MessageKind,
    data: &'a [u8],
}

impl<'a> TlsMessage<'a> {
    fn new(raw: &RawMessage<'a>) -> TlsMessage<'a> {
        let content_type = TlsContentType(raw.content_type);
        let byte = |at: usize| raw.data.get(at).copied().map(i32::from);
        let (mut kind, mut version) = (None, raw.version);
        match content_type {
            TlsContentType::CHANGE_CIPHER_SPEC => {
                kind = Some(MessageKind::Message(TlsMessageType::CHANGE_CIPHER_SPEC));
            }
            // The level, then the alert.
            TlsContentType::ALERT => kind = byte(1).map(|n| MessageKind::Alert(TlsAlertType(n))),
            TlsContentType::HANDSHAKE => {
                kind = byte(0).map(|n| MessageKind::Message(TlsMessageType(n)));
            }
            // The content type, then the version.
            TlsContentType::HEADER => {
                kind = byte(0).map(|n| MessageKind::Header(TlsContentType(n)));
                if let (Some(major), Some(minor)) = (byte(1), byte(2)) {
                    version = major << 8 | minor;
                }
            }
            TlsContentType::INNER_CONTENT_TYPE => {
                kind = byte(0).map(|n| MessageKind::Inner(TlsContentType(n)));
            }
            _ => {}
        }
        TlsMessage {
            direction: if raw.sent {
                Direction::Write
            } else {
                Direction::Read
            },
            version,
            content_type,
            kind: kind.unwrap_or(MessageKind::Other),
            data: raw.data,
        }
    }

    /// Which way it goes.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The number of the protocol's version: for a header the one that stands in it.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The protocol's version, if the number is one.
    pub fn tls_version(&self) -> Option<TlsVersion> {
        TlsVersion::try_from(self.version).ok()
    }

    /// What it is part of.
    pub fn content_type(&self) -> TlsContentType {
        self.content_type
    }

    /// Python's `msg_type`.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Its bytes. Those of application data are never shown.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }
}

type MessageFunction = dyn Fn(&TlsMessage<'_>) -> Result<(), BoxError> + Send + Sync;

/// The callback as a context holds it.
pub(crate) struct MessageCallback(Box<MessageFunction>);

impl MessageCallback {
    pub(crate) fn show(&self, message: &RawMessage<'_>) -> Result<(), BoxError> {
        (self.0)(&TlsMessage::new(message))
    }
}

impl SslContext {
    /// Calls this for every handshake message, alert and record header of new connections, to find
    /// out what they do.
    ///
    /// ```python
    /// def show(conn, direction, version, content_type, msg_type, data):
    ///     print(direction, version, content_type, msg_type, len(data))
    /// context._msg_callback = show
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_message_callback(|m| {
    ///     println!("{:?} {:?} {:?} {:?}", m.direction(), m.tls_version(), m.kind(), m.data().len());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// An error that the callback returns does not stop the operation; when that is over, the call
    /// that ran it returns [`Error::Callback`](crate::Error::Callback), unless the operation itself
    /// has failed. In Python this is private.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make a context.
    #[doc(alias = "_msg_callback")]
    pub fn set_message_callback(
        &self,
        callback: impl Fn(&TlsMessage<'_>) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Result<()> {
        self.replace_message_callback(Some(Arc::new(MessageCallback(Box::new(callback)))))
    }

    /// The callback, to be called by another one that takes its place, or to be set again. Python's
    /// `context._msg_callback`.
    #[doc(alias = "_msg_callback")]
    pub fn message_callback(
        &self,
    ) -> Option<impl Fn(&TlsMessage<'_>) -> Result<(), BoxError> + Clone + Send + Sync + use<>>
    {
        let callback = self.read(|settings| settings.message_callback.clone())?;
        Some(move |message: &TlsMessage<'_>| (callback.0)(message))
    }

    /// Removes the callback. Python's `context._msg_callback = None`.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make a context.
    pub fn clear_message_callback(&self) -> Result<()> {
        self.replace_message_callback(None)
    }

    fn replace_message_callback(&self, callback: Option<Arc<MessageCallback>>) -> Result<()> {
        self.edit(
            |next| {
                next.message_callback = callback;
                Ok(())
            },
            |ctx, next| {
                ctx.set_messages(next.message_callback.is_some());
                Ok(())
            },
        )
    }
}
