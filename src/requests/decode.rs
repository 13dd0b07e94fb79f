//! Decodes compressed response bodies as urllib3 does.

use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::Error;

/// The encodings offered to servers.
pub(super) const ACCEPTED: &str = "gzip, deflate";

/// The most encodings that one response may have.
const MOST: usize = 5;

/// Decodes a body by its `Content-Encoding`, up to `max` bytes. If none of the encodings is known, the content
/// stays as it is.
pub(super) fn decode(encodings: &str, content: Vec<u8>, max: u64) -> Result<Vec<u8>, Error> {
    let encodings = encodings.to_ascii_lowercase();
    let list: Vec<&str> = encodings.split(',').map(str::trim).collect();
    let is_known = |encoding: &&str| ["gzip", "x-gzip", "deflate"].contains(encoding);
    if !list.iter().any(is_known) || content.is_empty() {
        return Ok(content);
    }
    let failed = || Error::ContentDecodingError(encodings.as_str().into());
    if list.len() > MOST {
        return Err(failed());
    }
    list.iter().rev().try_fold(content, |content, encoding| {
        let decoded = match *encoding {
            "gzip" | "x-gzip" => gzip(&content, max),
            // If any encoding of the list is known, Python decodes the unknown ones as `deflate`.
            _ => deflate(&content, max),
        };
        within(decoded.map_err(|_| failed())?, max)
    })
}

/// Returns the content if it is not too long.
pub(super) fn within(content: Vec<u8>, max: u64) -> Result<Vec<u8>, Error> {
    match content.len() as u64 > max {
        true => Err(Error::ContentTooLong(max)),
        false => Ok(content),
    }
}

/// Decodes every gzip member (RFC 1952, section 2.2). Other bytes after the first member are ignored.
fn gzip(mut rest: &[u8], max: u64) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut is_first = true;
    while !rest.is_empty() && decoded.len() as u64 <= max {
        let mut member = Vec::new();
        let mut decoder = GzDecoder::new(rest);
        let is_member = rest
            .iter()
            .zip([0x1f, 0x8b])
            .all(|(byte, magic)| *byte == magic);
        let outcome = match is_member {
            true => read(&mut decoder, &mut member, max),
            false => Err(io::ErrorKind::InvalidData.into()),
        };
        rest = decoder.into_inner();
        match outcome {
            Ok(()) => decoded.append(&mut member),
            Err(error) if is_first => return Err(error),
            Err(_) => break,
        }
        is_first = false;
    }
    Ok(decoded)
}

/// Decodes zlib data (RFC 1950), or raw deflate data (RFC 1951), which some servers send.
fn deflate(content: &[u8], max: u64) -> io::Result<Vec<u8>> {
    let mut decoded = Vec::new();
    if read(&mut ZlibDecoder::new(content), &mut decoded, max).is_err() {
        decoded.clear();
        read(&mut DeflateDecoder::new(content), &mut decoded, max)?;
    }
    Ok(decoded)
}

/// Reads up to one byte more than `max`. Like Python, accepts truncated data.
fn read(decoder: &mut impl Read, decoded: &mut Vec<u8>, max: u64) -> io::Result<()> {
    match decoder.take(max.saturating_add(1)).read_to_end(decoded) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(()),
    }
}
