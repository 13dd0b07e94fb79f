//! Input that the command reads itself, up to a limit: a device that never ends must not fill the memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The maximum number of bytes that are read from one file or from standard input.
const LIMIT: u64 = 16 << 20;

/// The bytes of a file; `-` is standard input.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file == Path::new("-") {
        return limited(io::stdin());
    }
    limited(File::open(file)?)
}

/// The text of a file.
pub(crate) fn read_text(file: &Path) -> io::Result<String> {
    String::from_utf8(read(file)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

fn limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= LIMIT => Ok(bytes),
        _ => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 16 MiB",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_input_is_an_error() {
        assert_eq!(
            limited(io::repeat(b'x')).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
        assert_eq!(
            limited(io::repeat(b'x').take(LIMIT))
                .map(|bytes| bytes.len())
                .ok(),
            Some(16 << 20)
        );
    }
}
