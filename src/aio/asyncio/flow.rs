//! The limits of the bytes that were written and not sent yet, with which asyncio decides when
//! `drain` waits.

use crate::error::{Error, Result};

/// The limits, and whether `drain` waits.
#[derive(Debug)]
pub(super) struct Flow {
    tls: bool,
    low: usize,
    high: usize,
    pub(super) paused: bool,
}

impl Flow {
    /// Asyncio's defaults.
    pub(super) fn new(tls: bool) -> Flow {
        let high = if tls { 512 * 1024 } else { 64 * 1024 };
        Flow {
            tls,
            low: high / 4,
            high,
            paused: false,
        }
    }

    /// Records how many bytes are unsent after a write. As in asyncio, `drain` waits if they reach the limit under TLS,
    /// or exceed the limit in clear text. Unlike asyncio, it does not wait if no byte is unsent. Under TLS with the
    /// limit 0, asyncio's `drain` then waits until the peer sends something.
    pub(super) fn written(&mut self, unsent: usize) {
        self.paused |= unsent > 0 && unsent + usize::from(self.tls) > self.high;
    }

    /// Notes how many bytes are left after some were sent.
    pub(super) fn sent(&mut self, unsent: usize) {
        self.paused &= unsent > self.low;
    }

    /// The limits as `(low, high)`.
    pub(super) fn limits(&self) -> (usize, usize) {
        (self.low, self.high)
    }

    /// Sets the limits, with asyncio's rules for those that are not given.
    pub(super) fn set(&mut self, high: Option<usize>, low: Option<usize>) -> Result<()> {
        let default = || match low {
            Some(low) => low.saturating_mul(4),
            None => Flow::new(self.tls).high,
        };
        let high = high.unwrap_or_else(default);
        let low = low.unwrap_or(high / 4);
        if low > high {
            let text = format!("high ({high}) must be >= low ({low}) must be >= 0");
            return Err(Error::value(text));
        }
        (self.low, self.high) = (low, high);
        Ok(())
    }
}
