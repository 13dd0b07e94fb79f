//! The dialogues of LDAP, PostgreSQL and MySQL.

use super::super::reader::Reader;
use super::{Dialogue, MOST_BYTES, StartTlsError, Step, refused, unexpected};

/// The StartTLS request of LDAP: an extended request with the name 1.3.6.1.4.1.1466.20037 and
/// message id 1.
pub(super) const LDAP_REQUEST: &[u8] =
    b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// `SSLRequest`: its length, and 80877103.
pub(super) const POSTGRES_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

impl Dialogue {
    pub(super) fn read_ldap(&mut self) -> Result<(), StartTlsError> {
        if self.unread.first().is_some_and(|first| *first != 0x30) {
            return Err(unexpected(&self.unread));
        }
        let mut rest = Reader(&self.unread);
        let Some(message) = element(&mut rest, 0x30)? else {
            return Ok(());
        };
        let left = rest.0.len();
        let read = || -> Option<(usize, &[u8])> {
            let mut message = Reader(message);
            element(&mut message, 0x02).ok()??;
            let mut response = Reader(element(&mut message, 0x78).ok()??);
            let code = element(&mut response, 0x0a).ok()??;
            let code = code.iter().fold(0, |n: usize, b| n << 8 | usize::from(*b));
            element(&mut response, 0x04).ok()??;
            Some((code, element(&mut response, 0x04).ok()??))
        };
        match read() {
            Some((0, _)) => {}
            Some((code, text)) => {
                let text = String::from_utf8_lossy(text);
                return Err(refused(format!("result {code}: {text}").as_bytes()));
            }
            None => return Err(unexpected(&self.unread)),
        }
        self.unread.drain(..self.unread.len() - left);
        self.step = Step::Done;
        Ok(())
    }

    pub(super) fn read_postgres(&mut self) -> Result<(), StartTlsError> {
        match self.unread.first() {
            None => return Ok(()),
            Some(b'S') => {}
            Some(b'N') => return Err(StartTlsError::NotOffered),
            Some(b'E') => {
                // An ErrorResponse: the letter, the length (which includes its own four bytes), and
                // fields, each of which is a letter and a text.
                let mut rest = Reader(&self.unread);
                rest.take(1);
                let Some(length) = rest.number(4) else {
                    return Ok(());
                };
                let Some(fields) = length.checked_sub(4).map(|length| rest.take(length)) else {
                    return Err(unexpected(&self.unread));
                };
                let Some(fields) = fields else {
                    return too_long(length);
                };
                let mut fields = fields.split(|byte| *byte == 0);
                let message = fields.find_map(|field| field.strip_prefix(b"M"));
                return Err(refused(message.unwrap_or(b"an error")));
            }
            Some(_) => return Err(unexpected(&self.unread)),
        }
        self.unread.drain(..1);
        self.step = Step::Done;
        Ok(())
    }

    /// The client answers the greeting with `SSLRequest`, and starts TLS without a go-ahead.
    pub(super) fn read_mysql(&mut self) -> Result<(), StartTlsError> {
        const CLIENT_SSL: u16 = 0x0800;
        /// `CLIENT_LONG_PASSWORD`, `CLIENT_PROTOCOL_41`, `CLIENT_SSL`, `CLIENT_SECURE_CONNECTION`.
        const CAPABILITIES: u32 = 0x0000_8a01;
        const UTF8: u8 = 33;
        let &[low, middle, high, _, ref rest @ ..] = &self.unread[..] else {
            return Ok(());
        };
        let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        let Some((greeting, after)) = rest.split_at_checked(length) else {
            // If the server sent a text instead of a packet, the first three letters are taken for
            // a length, which exceeds the limit.
            return match length > MOST_BYTES {
                true => Err(unexpected(&self.unread)),
                false => Ok(()),
            };
        };
        let mut body = Reader(greeting);
        match body.number(1) {
            Some(10) => {}
            Some(255) => return Err(refused(greeting.get(3..).unwrap_or_default())),
            _ => return Err(unexpected(&self.unread)),
        }
        let read = |mut body: Reader<'_>| {
            let version = body.0.iter().position(|byte| *byte == 0)?;
            // Skips the version, the number of the thread, 8 random bytes and a zero.
            body.take(version + 1)?;
            body.take(4 + 8 + 1)?;
            Some(body.u16()?.swap_bytes())
        };
        let Some(capabilities) = read(body) else {
            return Err(unexpected(&self.unread));
        };
        if capabilities & CLIENT_SSL == 0 {
            return Err(StartTlsError::NotOffered);
        }
        self.unread = after.to_vec();
        let mut request = vec![32, 0, 0, 1];
        request.extend(CAPABILITIES.to_le_bytes());
        request.extend((1_u32 << 24).to_le_bytes());
        request.push(UTF8);
        request.extend([0; 23]);
        self.send(&request, Step::Done);
        Ok(())
    }
}

fn too_long(length: usize) -> Result<(), StartTlsError> {
    match length > MOST_BYTES {
        true => Err(StartTlsError::TooLong),
        false => Ok(()),
    }
}

/// The content of an element of BER with this tag; none if it is not complete.
fn element<'a>(rest: &mut Reader<'a>, tag: usize) -> Result<Option<&'a [u8]>, StartTlsError> {
    let all = rest.0;
    let Some(found) = rest.number(1) else {
        return Ok(None);
    };
    if found != tag {
        return Err(unexpected(all));
    }
    let Some(first) = rest.number(1) else {
        return Ok(None);
    };
    let length = match first {
        0..=0x7f => first,
        // The length of the length.
        0x81..=0x84 => match rest.number(first - 0x80) {
            Some(length) => length,
            None => return Ok(None),
        },
        _ => return Err(unexpected(all)),
    };
    match rest.take(length) {
        Some(content) => Ok(Some(content)),
        None => too_long(length).map(|()| None),
    }
}
