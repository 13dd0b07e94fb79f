//! Lends the inner stream of an asynchronous connection to its `BIO` for the duration of one call.
//!
//! The stream is part of a value that a program owns and moves, and need not be `Send`. So the
//! connection cannot own the stream, and the `BIO` finds it in a variable of the thread.

use std::cell::Cell;
use std::io;

use super::read_buf::ReadBuf;

/// The operations that a connection needs of the stream that it has borrowed. If there is no data
/// to read, the error is `WouldBlock`.
pub(crate) trait LentStream {
    /// Reads bytes into `buf`. If it writes none, the stream has ended.
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()>;

    /// Sends or keeps all of `buf`.
    fn write(&mut self, buf: &[u8]);
}

/// A loan: the number of the borrower, and the stream.
type Loan = (usize, *mut (dyn LentStream + 'static));

thread_local! {
    /// The loan of the innermost [`lend`] on this thread.
    static LENT: Cell<Option<Loan>> = const { Cell::new(None) };
}

/// When dropped, sets the thread's loan back to an earlier one.
struct Restore(Option<Loan>);

impl Drop for Restore {
    fn drop(&mut self) {
        LENT.set(self.0.take());
    }
}

/// Calls `f`. During this call, [`borrow`] finds `stream` by the borrower's number.
pub(crate) fn lend<R>(borrower: usize, stream: &mut dyn LentStream, f: impl FnOnce() -> R) -> R {
    let stream: *mut (dyn LentStream + '_) = stream;
    // SAFETY: the types differ in the lifetime only. The pointer is used in `borrow` only, during this
    // function: `Restore` removes it before this function returns or unwinds.
    let stream = unsafe {
        std::mem::transmute::<*mut (dyn LentStream + '_), *mut (dyn LentStream + 'static)>(stream)
    };
    let _restore = Restore(LENT.replace(Some((borrower, stream))));
    f()
}

/// Calls `f` with the stream that was lent to this borrower. Returns `None` if the innermost loan of this thread is for
/// another borrower. While `f` runs, the thread has no loan.
pub(crate) fn borrow<R>(borrower: usize, f: impl FnOnce(&mut dyn LentStream) -> R) -> Option<R> {
    let (owner, stream) = LENT.get()?;
    if owner != borrower {
        return None;
    }
    let _restore = Restore(LENT.take());
    // SAFETY: `lend` is running on this thread, further up the stack, and holds the only reference
    // to the stream. `lend` does not use that reference before `f` has returned. A nested call of
    // this function gets no second reference, since the loan was taken out of `LENT`, and `Restore`
    // puts it back after `f`.
    Some(f(unsafe { &mut *stream }))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(usize);

    impl LentStream for Count {
        fn read(&mut self, _buf: &mut ReadBuf<'_>) -> io::Result<()> {
            Err(io::ErrorKind::WouldBlock.into())
        }

        fn write(&mut self, buf: &[u8]) {
            self.0 += buf.len();
        }
    }

    fn write(borrower: usize) -> bool {
        borrow(borrower, |stream| stream.write(b"x")).is_some()
    }

    #[test]
    fn only_the_borrower_of_the_innermost_loan_finds_its_stream() {
        let (mut outer, mut inner) = (Count(0), Count(0));
        assert!(!write(1));
        lend(1, &mut outer, || {
            assert!(write(1));
            assert!(!write(2));
            // Loans are nested like this when one TLS connection runs inside another.
            let nested = borrow(1, |_| {
                assert!(!write(1));
                lend(2, &mut inner, || assert!(write(2) && !write(1)));
                assert!(!write(2));
            });
            assert!(nested.is_some());
            assert!(write(1));
        });
        assert!(!write(1));
        assert_eq!((outer.0, inner.0), (2, 1));
    }

    #[test]
    fn a_loan_ends_when_its_call_panics() {
        let mut stream = Count(0);
        let panicking = std::panic::AssertUnwindSafe(|| {
            lend(1, &mut stream, || {
                borrow(1, |_| panic!("in the stream"));
            });
        });
        assert!(std::panic::catch_unwind(panicking).is_err());
        assert!(!write(1));
    }

    #[test]
    fn another_thread_does_not_find_the_stream() {
        lend(1, &mut Count(0), || {
            let found = std::thread::spawn(|| write(1)).join().unwrap();
            assert!(!found);
        });
    }
}
