use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::ffi::bio::Transport;
use crate::ffi::read_buf::ReadBuf;

/// A buffer in memory from which an [`SslObject`](crate::SslObject) reads, or to which it writes: Python's
/// `ssl.MemoryBIO`.
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
/// A `MemoryBio` is a handle to a queue of bytes: clones share the bytes, and several threads may
/// use them at the same time.
///
/// `MemoryBio` and `&MemoryBio` also implement [`Read`] and [`Write`]. [`Read`] returns an error of
/// the kind [`WouldBlock`](io::ErrorKind::WouldBlock) for an empty buffer whose end was not marked,
/// because a result of 0 means the end of a stream.
///
/// ```
/// # use pyssl as ssl;
/// use std::io::{Read, Write};
///
/// let bio = ssl::MemoryBio::new();
/// write!(&bio, "from the {}", "network")?;
/// bio.write_eof();
/// let mut text = String::new();
/// (&bio).read_to_string(&mut text)?;
/// assert_eq!(text, "from the network");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The time of an operation does not depend on how many bytes the buffer contains. An empty buffer keeps up
/// to 4 MiB of memory for later bytes, and frees the rest.
#[doc(alias = "MemoryBIO")]
#[derive(Clone, Default)]
pub struct MemoryBio(Arc<Mutex<Queue>>);

/// A ring buffer. Bytes are copied in and out, and move within it only if its capacity changes. The
/// capacity doubles and halves, so the total cost is proportional to the number of bytes.
#[derive(Default)]
struct Queue {
    bytes: VecDeque<u8>,
    eof: bool,
}

/// The capacity that an empty queue keeps. The records of a write of almost 4 MiB fit into it.
const KEPT: usize = 4 * 1024 * 1024;

impl Queue {
    fn take(&mut self, buf: &mut [u8]) -> usize {
        let n = self.bytes.len().min(buf.len());
        let (front, back) = self.bytes.as_slices();
        let first = n.min(front.len());
        buf[..first].copy_from_slice(&front[..first]);
        buf[first..n].copy_from_slice(&back[..n - first]);
        self.advance(n);
        n
    }

    fn take_vec(&mut self, size: usize) -> Vec<u8> {
        let n = self.bytes.len().min(size);
        let (front, back) = self.bytes.as_slices();
        let first = n.min(front.len());
        let bytes = [&front[..first], &back[..n - first]].concat();
        self.advance(n);
        bytes
    }

    fn advance(&mut self, n: usize) {
        self.bytes.drain(..n);
        // Frees the memory of a burst when most of it was read.
        if self.bytes.capacity() > KEPT && self.bytes.len() < self.bytes.capacity() / 4 {
            self.bytes.shrink_to(KEPT.max(self.bytes.len() * 2));
        }
    }
}

impl MemoryBio {
    /// An empty buffer.
    pub fn new() -> MemoryBio {
        MemoryBio::default()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up to `size` bytes out of the buffer, or all bytes for `None`. Never waits.
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
        self.lock().take_vec(size.into().unwrap_or(usize::MAX))
    }

    /// Takes bytes out of the buffer into a slice, and returns their number: 0 if the buffer is
    /// empty. Never waits.
    ///
    /// Python has no such method; [`read`](Self::read) makes a new vector each time.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let bio = ssl::MemoryBio::new();
    /// bio.write(b"record")?;
    /// let mut buffer = [0; 4];
    /// assert_eq!(bio.read_into(&mut buffer), 4);
    /// assert_eq!(&buffer, b"reco");
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn read_into(&self, buffer: &mut [u8]) -> usize {
        self.lock().take(buffer)
    }

    /// Appends bytes, and returns their number.
    ///
    /// # Errors
    ///
    /// `SSLError` after [`write_eof`](Self::write_eof).
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        let mut queue = self.lock();
        if queue.eof {
            return Err(Error::ssl_bare("cannot write() after write_eof()"));
        }
        queue.bytes.extend(data);
        Ok(data.len())
    }

    /// Marks the end: nothing can be written afterwards.
    pub fn write_eof(&self) {
        self.lock().eof = true;
    }

    /// Python's `bio.pending`: the number of bytes in the buffer.
    pub fn pending(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Python's `bio.eof`: whether the end was marked and all bytes were read.
    pub fn eof(&self) -> bool {
        let queue = self.lock();
        queue.eof && queue.bytes.is_empty()
    }
}

impl Read for &MemoryBio {
    /// Returns the error `WouldBlock` if the buffer is empty and
    /// [`write_eof`](MemoryBio::write_eof) was not called.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut queue = self.lock();
        if queue.bytes.is_empty() && !queue.eof && !buf.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(queue.take(buf))
    }
}

impl Write for &MemoryBio {
    /// Like [`MemoryBio::write`].
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(MemoryBio::write(self, buf)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for MemoryBio {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, buf)
    }
}

impl Write for MemoryBio {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self, buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

/// The two buffers of an [`SslObject`](crate::SslObject).
pub(super) struct BioTransport {
    pub(super) incoming: MemoryBio,
    pub(super) outgoing: MemoryBio,
}

impl Transport for BioTransport {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let mut queue = self.incoming.lock();
        if queue.bytes.is_empty() && !queue.eof {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let (front, back) = queue.bytes.as_slices();
        let n = buf.put(front) + buf.put(back);
        queue.advance(n);
        Ok(())
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // As in Python, the connection can still write after `write_eof` was called on this buffer.
        self.outgoing.lock().bytes.extend(buf);
        Ok(buf.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_bio_returns_bytes_in_order() {
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
    fn eof_is_true_after_all_data_was_read() {
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

    /// Counts the bytes that a queue moves within its memory. A byte was moved if it is at another
    /// address after a step. Without a limit on moves, the total time can grow with the square of
    /// the number of bytes.
    #[derive(Default)]
    struct Watched {
        bio: MemoryBio,
        moved: usize,
        capacity: usize,
    }

    impl Watched {
        fn step(&mut self, read: usize, step: impl FnOnce(&MemoryBio)) {
            let expected = self.bio.lock().bytes.get(read).map(std::ptr::from_ref);
            let kept = self.bio.pending().saturating_sub(read);
            step(&self.bio);
            let queue = self.bio.lock();
            let front = queue.bytes.front().map(std::ptr::from_ref);
            // A `VecDeque` that changes its size may move only the part that wraps around, and then
            // its first byte keeps its address.
            let resized = queue.bytes.capacity() != self.capacity;
            if resized || (expected.is_some() && front != expected) {
                self.moved += kept;
            }
            self.capacity = queue.bytes.capacity();
        }

        fn write(&mut self, data: &[u8]) {
            self.step(0, |bio| assert_eq!(bio.write(data).unwrap(), data.len()));
        }

        fn read(&mut self, size: usize) {
            let mut buffer = vec![0; size];
            self.step(size, |bio| assert!(bio.read_into(&mut buffer) <= size));
        }
    }

    #[test]
    fn memory_bio_moves_each_byte_a_bounded_number_of_times() {
        const TOTAL: usize = 16 * 1024 * 1024;
        const PIECE: usize = 16 * 1024;
        let piece = [7; PIECE];
        let one = [7; 1];
        let mut moved = Vec::new();
        let mut pattern = |name: &'static str, run: &dyn Fn(&mut Watched)| {
            let mut watched = Watched::default();
            run(&mut watched);
            moved.push((name, watched.moved));
        };
        pattern("everything in, everything out", &|bio| {
            (0..TOTAL / PIECE).for_each(|_| bio.write(&piece));
            (0..TOTAL / PIECE).for_each(|_| bio.read(PIECE));
        });
        pattern("one write, many reads", &|bio| {
            bio.write(&vec![7; TOTAL]);
            (0..TOTAL / PIECE).for_each(|_| bio.read(PIECE));
        });
        pattern("in turn", &|bio| {
            for _ in 0..TOTAL / PIECE {
                bio.write(&piece);
                bio.read(PIECE);
            }
        });
        pattern("in turn, behind a backlog", &|bio| {
            bio.write(&vec![7; TOTAL / 2]);
            for _ in 0..TOTAL / PIECE {
                bio.write(&piece);
                bio.read(PIECE);
            }
        });
        pattern("in turn, one byte stays", &|bio| {
            bio.write(&one);
            for _ in 0..TOTAL / PIECE {
                bio.write(&piece);
                bio.read(PIECE);
            }
        });
        pattern("byte by byte out of much", &|bio| {
            bio.write(&vec![7; TOTAL / 32]);
            (0..TOTAL / 32).for_each(|_| bio.read(1));
        });
        pattern("byte by byte", &|bio| {
            (0..TOTAL / 32).for_each(|_| bio.write(&one));
            (0..TOTAL / 32).for_each(|_| bio.read(1));
        });
        pattern("bursts, each drained in part", &|bio| {
            for _ in 0..4 {
                bio.write(&vec![7; TOTAL / 4]);
                (0..TOTAL / PIECE / 5).for_each(|_| bio.read(PIECE));
            }
        });
        pattern("up and down around the size that is kept", &|bio| {
            for _ in 0..8 {
                bio.write(&vec![7; KEPT + PIECE]);
                bio.read(KEPT / 2);
                bio.read(KEPT / 2);
                bio.read(PIECE);
            }
        });
        for (name, moved) in moved {
            assert!(moved <= 3 * TOTAL, "{name}: {moved} bytes moved");
        }
    }

    #[test]
    fn memory_of_a_burst_is_freed_while_it_is_read() {
        const BURST: usize = 64 * 1024 * 1024;
        let bio = MemoryBio::new();
        bio.write(&vec![7; BURST]).unwrap();
        while bio.pending() > 0 {
            assert!(bio.read(1_000_000).iter().all(|&byte| byte == 7));
            let queue = bio.lock();
            assert!(queue.bytes.capacity() <= KEPT.max(queue.bytes.len() * 4 + 1_000_000));
        }
        assert!(bio.lock().bytes.capacity() <= KEPT);
    }

    #[test]
    fn the_memory_of_records_is_used_again() {
        for size in [1 << 10, 64 << 10, 256 << 10, 1 << 20] {
            let bio = MemoryBio::new();
            let (data, mut buffer) = (vec![7; size], vec![0; 16 << 10]);
            let mut capacities = Vec::new();
            for _ in 0..3 {
                bio.write(&data).unwrap();
                while bio.read_into(&mut buffer) > 0 {
                    capacities.push(bio.lock().bytes.capacity());
                }
            }
            assert!(capacities.iter().all(|&now| now == capacities[0]), "{size}");
        }
    }

    #[test]
    fn bytes_that_wrap_around_the_ring_keep_their_order() {
        let bio = MemoryBio::new();
        let mut bytes = (0..=u8::MAX).cycle();
        let (mut written, mut read) = (Vec::<u8>::new(), Vec::new());
        for round in 0..200 {
            let more: Vec<u8> = bytes.by_ref().take(round * 7 % 300).collect();
            bio.write(&more).unwrap();
            written.extend(&more);
            match round % 3 {
                0 => read.extend(bio.read(round * 5 % 200)),
                1 => {
                    let mut buffer = [0; 100];
                    let n = bio.read_into(&mut buffer);
                    read.extend(&buffer[..n]);
                }
                _ => {}
            }
        }
        read.extend(bio.read(None));
        assert_eq!(read, written);
    }

    #[test]
    fn reading_an_empty_bio_would_block_before_write_eof() {
        let bio = MemoryBio::new();
        let mut buffer = [0; 8];
        let error = (&bio).take(8).read(&mut buffer).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(Read::read(&mut &bio, &mut []).unwrap(), 0);
        assert_eq!(bio.read_into(&mut buffer), 0);
        io::copy(&mut &b"abc"[..], &mut &bio).unwrap();
        bio.write_eof();
        let mut all = Vec::new();
        bio.clone().read_to_end(&mut all).unwrap();
        assert_eq!(all, b"abc");
        let refused = Write::write(&mut &bio, b"d").unwrap_err();
        assert_eq!(refused.to_string(), "cannot write() after write_eof()");
    }
}
