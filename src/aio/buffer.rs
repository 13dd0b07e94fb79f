//! Buffers of bytes. An empty buffer holds no memory. The streams of a thread share the memory of
//! emptied buffers.

use std::cell::RefCell;
use std::thread::LocalKey;

/// The number of empty vectors of each kind that a thread keeps.
const KEPT: usize = 4;

/// The memory for one kind of buffer.
pub(super) type Spare = RefCell<Vec<Vec<u8>>>;

thread_local! {
    /// The memory of [`Buffer::received`].
    static RECEIVED: Spare = const { RefCell::new(Vec::new()) };
    /// The memory of [`Buffer::sent`].
    static SENT: Spare = const { RefCell::new(Vec::new()) };
}

/// A queue of bytes.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// The number of bytes at the front that were already taken.
    start: usize,
    spare: &'static LocalKey<Spare>,
    /// The most bytes of memory that a vector may have to be kept.
    largest: usize,
}

impl Buffer {
    /// A buffer for bytes from an inner stream.
    pub(super) fn received(largest: usize) -> Buffer {
        Buffer::new(&RECEIVED, largest)
    }

    /// A buffer for bytes to an inner stream.
    pub(super) fn sent(largest: usize) -> Buffer {
        Buffer::new(&SENT, largest)
    }

    fn new(spare: &'static LocalKey<Spare>, largest: usize) -> Buffer {
        Buffer {
            bytes: Vec::new(),
            start: 0,
            spare,
            largest,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// The vector, for appending bytes. Call [`take`](Self::take) afterwards.
    pub(super) fn vec(&mut self) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            let spare = self.spare.try_with(|spare| spare.borrow_mut().pop());
            self.bytes = spare.ok().flatten().unwrap_or_default();
        } else if self.start >= self.bytes.len().div_ceil(2) {
            // This moves at most as many bytes as were taken, so the average cost is constant.
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        &mut self.bytes
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.vec().extend_from_slice(bytes);
        }
    }

    /// Removes `n` bytes from the front. A buffer that becomes empty gives its memory to the
    /// thread's list, for other buffers.
    pub(super) fn take(&mut self, n: usize) {
        self.start += n;
        if !self.is_empty() {
            return;
        }
        self.start = 0;
        let mut bytes = std::mem::take(&mut self.bytes);
        if (1..=self.largest).contains(&bytes.capacity()) {
            bytes.clear();
            // A thread that is ending has no list any more. Then the memory is freed.
            let _ = self.spare.try_with(|spare| {
                let mut spare = spare.borrow_mut();
                if spare.len() < KEPT {
                    spare.push(bytes);
                }
            });
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_their_order_and_an_empty_buffer_has_no_memory() {
        let mut buffer = Buffer::sent(1 << 20);
        let mut next = (0..=u8::MAX).cycle();
        let (mut pushed, mut taken) = (Vec::new(), Vec::new());
        for round in 0..500 {
            let more: Vec<u8> = next.by_ref().take(round * 7 % 300).collect();
            buffer.push(&more);
            // The memory of taken bytes is used again.
            let left = buffer.bytes().len();
            assert!(buffer.bytes.len() <= 2 * left + more.len());
            pushed.extend(more);
            let n = buffer.bytes().len().min(round * 5 % 290);
            taken.extend_from_slice(&buffer.bytes()[..n]);
            buffer.take(n);
        }
        let rest = buffer.bytes().len();
        taken.extend_from_slice(buffer.bytes());
        buffer.take(rest);
        assert!(taken == pushed);
        assert_eq!(buffer.capacity(), 0);
        // The memory is kept for the next buffer.
        let mut other = Buffer::sent(1 << 20);
        other.push(b"x");
        assert!(other.capacity() > 8);
    }
}
