//! Buffers for bulk data, which connections borrow for as long as something is in them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The size of each: four full records.
pub(super) const BUFFER: usize = 66 * 1024;

/// How many are kept. What is asked for beyond is made anew: slower, since the system clears it.
const KEPT: usize = 16;

static POOL: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn pool() -> MutexGuard<'static, Vec<Vec<u8>>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty buffer with room for [`BUFFER`] bytes.
pub(super) fn take() -> Vec<u8> {
    let kept = pool().pop();
    kept.unwrap_or_else(|| Vec::with_capacity(BUFFER))
}

/// Gives a buffer back; one of another size is freed.
pub(super) fn give(mut buffer: Vec<u8>) {
    if buffer.capacity() == BUFFER {
        buffer.clear();
        let mut pool = pool();
        if pool.len() < KEPT {
            pool.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_no_more_of_them_than_are_kept() {
        let mut buffers: Vec<_> = (0..2 * KEPT).map(|_| take()).collect();
        for mut buffer in buffers.drain(..) {
            buffer.push(7);
            give(buffer);
        }
        give(vec![7; 10]);
        assert!(pool().len() <= KEPT);
        let buffer = take();
        assert!(buffer.is_empty() && buffer.capacity() >= BUFFER);
    }
}
