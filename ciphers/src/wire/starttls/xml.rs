//! The dialogue of XMPP (RFC 6120, section 5.4.2).

use super::{Dialogue, StartTlsError, Step, refused, unexpected};

/// Opens a stream.
pub(super) fn stream(namespace: &str, to: &str) -> Vec<u8> {
    let mut name = String::new();
    for c in to.chars() {
        match c {
            '&' => name.push_str("&amp;"),
            '<' => name.push_str("&lt;"),
            '>' => name.push_str("&gt;"),
            '\'' => name.push_str("&apos;"),
            '"' => name.push_str("&quot;"),
            c => name.push(c),
        }
    }
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' \
         xmlns:stream='http://etherx.jabber.org/streams' to='{name}' version='1.0'>"
    )
    .into_bytes()
}

/// A tag of XML. Its name is without the namespace prefix.
struct Tag<'a> {
    name: &'a [u8],
    closes: bool,
    is_empty: bool,
    /// Where the text after the tag begins.
    end: usize,
}

impl<'a> Tag<'a> {
    /// The first tag; none if it is not complete. The text before the tag is ignored.
    fn first(text: &'a [u8]) -> Option<Tag<'a>> {
        let start = text.iter().position(|byte| *byte == b'<')? + 1;
        let mut quote = None;
        let is_end = |byte: &u8| match (quote, *byte) {
            (None, b'>') => true,
            (None, b'\'' | b'"') => {
                quote = Some(*byte);
                false
            }
            (Some(open), byte) => {
                if open == byte {
                    quote = None;
                }
                false
            }
            _ => false,
        };
        let inside = text.get(start..)?;
        let length = inside.iter().position(is_end)?;
        let inside = inside.get(..length)?;
        let closes = inside.first() == Some(&b'/');
        let inside = inside.get(usize::from(closes)..)?;
        let ends_name = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        let name = inside.split(ends_name).next()?;
        Some(Tag {
            name: name.rsplit(|byte| *byte == b':').next()?,
            closes,
            is_empty: inside.last() == Some(&b'/'),
            end: start + length + 1,
        })
    }
}

impl Dialogue {
    pub(super) fn read_xml(&mut self) -> Result<(), StartTlsError> {
        while !self.is_done() {
            let text = self.unread.trim_ascii_start();
            if text.first().is_some_and(|byte| *byte != b'<')
                && self.step == Step::Greeting
                && self.received == self.unread.len()
            {
                return Err(unexpected(text));
            }
            let Some(tag) = Tag::first(&self.unread) else {
                return Ok(());
            };
            let (end, whole) = (tag.end, tag.closes || tag.is_empty);
            let asked = self.step == Step::GoAhead;
            if asked && !self.outgoing.is_empty() {
                return Err(StartTlsError::EarlyData(self.unread.len()));
            }
            match tag.name {
                b"error" | b"failure" => return Err(refused(&self.unread)),
                b"stream" if tag.closes => return Err(refused(&self.unread)),
                b"starttls" => self.offered = true,
                b"features" if whole && !asked => {
                    let request = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
                    self.ask_for_tls(request)?;
                }
                b"proceed" if whole && asked => self.step = Step::Done,
                _ => {}
            }
            self.unread.drain(..end);
        }
        Ok(())
    }
}
