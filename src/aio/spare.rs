//! Buffers that the streams of a thread share. An idle stream has none.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::thread::LocalKey;

/// The number of empty buffers of each kind that a thread keeps.
const KEPT: usize = 4;

/// The empty buffers of one kind.
pub(super) type Spare = RefCell<Vec<VecDeque<u8>>>;

thread_local! {
    /// For bytes from inner streams.
    pub(super) static RECEIVED: Spare = const { RefCell::new(Vec::new()) };
    /// For bytes to inner streams.
    pub(super) static SENT: Spare = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, with the memory of an earlier one if there is one.
pub(super) fn take(spare: &'static LocalKey<Spare>) -> VecDeque<u8> {
    let buffer = spare.try_with(|spare| spare.borrow_mut().pop());
    buffer.ok().flatten().unwrap_or_default()
}

/// Keeps an empty buffer for later, unless it has more than `largest` bytes of memory.
pub(super) fn put(spare: &'static LocalKey<Spare>, buffer: VecDeque<u8>, largest: usize) {
    if buffer.is_empty() && (1..=largest).contains(&buffer.capacity()) {
        // When the thread ends, the buffer is dropped.
        let _ = spare.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < KEPT {
                spare.push(buffer);
            }
        });
    }
}
