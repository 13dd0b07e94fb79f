//! Memory of OpenSSL that a transport writes received bytes to.

use std::mem::MaybeUninit;

/// Memory that is filled from its start and need not be initialised. Only this module and
/// [`net`](super::net), which write to it, change the number of filled bytes.
pub(crate) struct ReadBuf<'a> {
    memory: &'a mut [MaybeUninit<u8>],
    filled: usize,
}

impl ReadBuf<'_> {
    pub(super) fn new(memory: &mut [MaybeUninit<u8>]) -> ReadBuf<'_> {
        ReadBuf { memory, filled: 0 }
    }

    /// Copies as many of the bytes as fit, and returns their number.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> usize {
        let free = self.free();
        let n = bytes.len().min(free.len());
        for (to, from) in free.iter_mut().zip(bytes) {
            to.write(*from);
        }
        // SAFETY: the loop has written `n` bytes.
        unsafe { self.advance(n) };
        n
    }

    /// The number of bytes that still fit.
    pub(crate) fn len(&self) -> usize {
        self.memory.len() - self.filled
    }

    /// The number of bytes that were written.
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    /// The memory after the filled bytes.
    pub(super) fn free(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.memory[self.filled..]
    }

    /// Counts bytes that were written to [`free`](Self::free).
    ///
    /// # Safety
    ///
    /// The first `n` bytes of `free` are initialised.
    pub(super) unsafe fn advance(&mut self, n: usize) {
        debug_assert!(n <= self.len());
        self.filled += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_do_not_fit_are_not_copied() {
        let mut memory = [MaybeUninit::uninit(); 4];
        let mut buf = ReadBuf::new(&mut memory);
        assert_eq!(buf.put(b"abc"), 3);
        assert_eq!(buf.put(b"def"), 1);
        assert_eq!((buf.len(), buf.filled()), (0, 4));
        // SAFETY: the two calls of `put` have written all four bytes.
        assert_eq!(memory.map(|byte| unsafe { byte.assume_init() }), *b"abcd");
    }
}
