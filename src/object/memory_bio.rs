use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::ffi::bio::Transport;

/// Bytes on their way to or from an [`SslObject`](crate::SslObject): Python's `ssl.MemoryBIO`.
///
/// ```python
/// incoming = ssl.MemoryBIO()
/// incoming.write(data)
/// ```
/// ```
/// # use pyssl as ssl;
/// let incoming = ssl::MemoryBio::new();
/// incoming.write(b"from the network")?;
/// assert_eq!(incoming.read(4), b"from");
/// assert_eq!(incoming.pending(), 12);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// First in, first out. It is a handle: clones share the bytes, and threads may use it at once.
#[doc(alias = "MemoryBIO")]
#[derive(Clone, Default)]
pub struct MemoryBio(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// How much of `bytes` was read already.
    start: usize,
    eof: bool,
}

impl Queue {
    fn pending(&self) -> usize {
        self.bytes.len() - self.start
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        let n = self.pending().min(buf.len());
        buf[..n].copy_from_slice(&self.bytes[self.start..self.start + n]);
        self.advance(n);
        n
    }

    fn advance(&mut self, n: usize) {
        self.start += n;
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
            // Room for a few records stays; what a burst needed goes back.
            self.bytes.shrink_to(64 * 1024);
        } else if self.start > 64 * 1024 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}

impl MemoryBio {
    /// An empty queue.
    pub fn new() -> MemoryBio {
        MemoryBio::default()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up to `size` bytes out, or all with `None`. Never waits.
    ///
    /// ```python
    /// bio.read(); bio.read(10)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let bio = ssl::MemoryBio::new();
    /// bio.read(None); bio.read(10);
    /// ```
    pub fn read(&self, size: impl Into<Option<usize>>) -> Vec<u8> {
        let mut queue = self.lock();
        let n = size.into().unwrap_or(usize::MAX).min(queue.pending());
        let start = queue.start;
        let bytes = queue.bytes[start..start + n].to_vec();
        queue.advance(n);
        bytes
    }

    /// Puts bytes in and returns how many.
    ///
    /// # Errors
    ///
    /// `SSLError` after [`write_eof`](Self::write_eof).
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        let mut queue = self.lock();
        if queue.eof {
            return Err(Error::ssl_bare("cannot write() after write_eof()"));
        }
        queue.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    /// Marks the end of what is written.
    pub fn write_eof(&self) {
        self.lock().eof = true;
    }

    /// Python's `bio.pending`: how many bytes are in the queue.
    pub fn pending(&self) -> usize {
        self.lock().pending()
    }

    /// Python's `bio.eof`: whether the end was marked and all before it was read.
    pub fn eof(&self) -> bool {
        let queue = self.lock();
        queue.eof && queue.pending() == 0
    }
}

impl fmt::Debug for MemoryBio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBio")
            .field("pending", &self.pending())
            .field("eof", &self.eof())
            .finish()
    }
}

/// The two queues of an [`SslObject`](crate::SslObject).
pub(super) struct BioTransport {
    pub(super) incoming: MemoryBio,
    pub(super) outgoing: MemoryBio,
}

impl Transport for BioTransport {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut queue = self.incoming.lock();
        match queue.take(buf) {
            0 if !queue.eof => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // An end marked on the outgoing side does not stop the connection, as in Python.
        self.outgoing.lock().bytes.extend_from_slice(buf);
        Ok(buf.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_the_order_they_went_in() {
        let bio = MemoryBio::new();
        assert_eq!(bio.write(b"foo").unwrap(), 3);
        bio.write(b"bar").unwrap();
        assert_eq!(bio.pending(), 6);
        assert_eq!(bio.read(4), b"foob");
        assert_eq!(bio.read(None), b"ar");
        assert_eq!(bio.read(None), b"");
        assert_eq!(bio.read(0), b"");
    }

    #[test]
    fn the_end_shows_when_all_is_read() {
        let bio = MemoryBio::new();
        bio.write(b"x").unwrap();
        bio.write_eof();
        assert!(!bio.eof());
        bio.read(1);
        assert!(bio.eof());
        bio.write_eof();
        let error = bio.write(b"").unwrap_err();
        assert_eq!(error.to_string(), "cannot write() after write_eof()");
        assert_eq!(error.errno(), None);
    }

    #[test]
    fn long_queues_give_their_memory_back() {
        let bio = MemoryBio::new();
        for _ in 0..64 {
            bio.write(&[7; 4096]).unwrap();
        }
        while bio.pending() > 0 {
            assert!(bio.read(1000).iter().all(|&b| b == 7));
        }
        assert!(bio.lock().bytes.capacity() <= 64 * 1024);
    }
}
