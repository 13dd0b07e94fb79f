//! Text for findings.

use pyssl::Cipher;

/// The names of the first suites, and how many there are beyond `most`: `A, B and 3 more`.
pub(crate) fn first_names<'a>(
    ciphers: impl ExactSizeIterator<Item = &'a Cipher>,
    most: usize,
) -> String {
    let more = ciphers.len().saturating_sub(most);
    let names: Vec<_> = ciphers.take(most).map(|cipher| cipher.name).collect();
    match more {
        0 => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}
