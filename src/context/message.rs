//! The message callback, for debugging TLS messages.

use std::sync::Arc;

use super::SslContext;
use crate::constants::{TlsAlertType, TlsContentType, TlsMessageType, TlsVersion};
use crate::error::{BoxError, Result};
use crate::ffi::hooks::RawMessage;

/// The direction of a message: Python's `'read'` and `'write'`.
#[allow(clippy::exhaustive_enums, reason = "there are two directions")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer.
    Read,
    /// To the peer.
    Write,
}

/// The type of a message. The possible variants depend on the content type.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A handshake message, or `ChangeCipherSpec`.
    Message(TlsMessageType),
    /// An alert.
    Alert(TlsAlertType),
    /// A record header, with the content type of the record.
    Header(TlsContentType),
    /// The inner content type of an encrypted TLS 1.3 record.
    Inner(TlsContentType),
    /// Any other message.
    Other,
}

/// A message or a record header; see [`SslContext::set_message_callback`].
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
            // An alert has two bytes: its level and its description.
            TlsContentType::ALERT => kind = byte(1).map(|n| MessageKind::Alert(TlsAlertType(n))),
            TlsContentType::HANDSHAKE => {
                kind = byte(0).map(|n| MessageKind::Message(TlsMessageType(n)));
            }
            // A record header begins with the content type and the two bytes of the version.
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

    /// The direction of the message.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The protocol version as a number. For a record header, the version in the header.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The protocol version, if the number is a known one.
    pub fn tls_version(&self) -> Option<TlsVersion> {
        TlsVersion::try_from(self.version).ok()
    }

    /// The content type.
    pub fn content_type(&self) -> TlsContentType {
        self.content_type
    }

    /// Python's `msg_type`.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The bytes of the message. Application data is never passed to the callback.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }
}

type MessageFunction = dyn Fn(&TlsMessage<'_>) -> Result<(), BoxError> + Send + Sync;

/// The stored callback.
pub(crate) struct MessageCallback(Box<MessageFunction>);

impl MessageCallback {
    pub(crate) fn show(&self, message: &RawMessage<'_>) -> Result<(), BoxError> {
        (self.0)(&TlsMessage::new(message))
    }
}

impl SslContext {
    /// Sets a callback for every handshake message, alert and record header of new connections, for
    /// debugging.
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
    /// An error that the callback returns does not stop the operation. Afterwards, the call returns
    /// [`Error::Callback`](crate::Error::Callback), unless the operation itself has failed. In
    /// Python this callback is private.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    #[doc(alias = "_msg_callback")]
    pub fn set_message_callback(
        &self,
        callback: impl Fn(&TlsMessage<'_>) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Result<()> {
        self.replace_message_callback(Some(Arc::new(MessageCallback(Box::new(callback)))))
    }

    /// The message callback, which can be called or set again. Python's `context._msg_callback`.
    #[doc(alias = "_msg_callback")]
    pub fn message_callback(
        &self,
    ) -> Option<impl Fn(&TlsMessage<'_>) -> Result<(), BoxError> + Clone + Send + Sync + use<>>
    {
        let callback = self.read(|settings| settings.message_callback.clone())?;
        Some(move |message: &TlsMessage<'_>| (callback.0)(message))
    }

    /// Removes the message callback. Python's `context._msg_callback = None`.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn clear_message_callback(&self) -> Result<()> {
        self.replace_message_callback(None)
    }

    fn replace_message_callback(&self, callback: Option<Arc<MessageCallback>>) -> Result<()> {
        self.edit(
            |next| next.message_callback = callback,
            |ctx, next| ctx.set_messages(next.message_callback.is_some()),
        )
    }
}
