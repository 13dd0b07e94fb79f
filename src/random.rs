#![allow(non_snake_case, reason = "Python's names")]

use std::ffi::c_int;

use crate::error::{Error, Result};
use crate::ffi::rand;

/// Returns `num` cryptographically strong random bytes.
///
/// ```python
/// ssl.RAND_bytes(16)
/// ```
/// ```
/// # use pyssl as ssl;
/// assert_eq!(ssl::RAND_bytes(16)?.len(), 16);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Overflow`] if `num` is 2 GiB or more, as in Python; [`Error::Ssl`] if the generator
/// fails.
pub fn RAND_bytes(num: usize) -> Result<Vec<u8>> {
    if c_int::try_from(num).is_err() {
        return Err(Error::overflow("Python int too large to convert to C int"));
    }
    let mut bytes = vec![0; num];
    rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// Whether the random generator is seeded. OpenSSL seeds it automatically.
///
/// ```python
/// ssl.RAND_status()
/// ```
/// ```
/// assert!(pyssl::RAND_status());
/// ```
pub fn RAND_status() -> bool {
    rand::status()
}

/// Mixes `data` into the random generator. `entropy` is a lower bound for the entropy of `data` in
/// bytes; 0.0 is always safe.
///
/// ```python
/// ssl.RAND_add(data, 0.0)
/// ```
/// ```
/// # use pyssl as ssl;
/// # let data = [1, 2, 3];
/// ssl::RAND_add(data, 0.0);
/// ```
pub fn RAND_add(data: impl AsRef<[u8]>, entropy: f64) {
    rand::add(data.as_ref(), entropy);
}
