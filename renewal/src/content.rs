//! Reads files, and detects whether they have changed.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use openssl::sha::Sha256;
use zeroize::Zeroizing;

use crate::error::ReloadError;

/// The longest file that is read.
const LONGEST: u64 = 16 << 20;

/// Identifies the result of reading the files: their content, or the error. Modification times are
/// not compared: their resolution is coarse, and tools that copy files set them to old values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State([u8; 32]);

/// The content of some files, or why it could not be read.
pub(crate) struct Reading {
    pub(crate) state: State,
    pub(crate) files: Result<Vec<Zeroizing<Vec<u8>>>, ReloadError>,
}

impl Reading {
    pub(crate) fn of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Reading {
        let files: Result<Vec<_>, _> = paths.into_iter().map(read).collect();
        let mut sum = Sha256::new();
        match &files {
            Ok(files) => {
                for file in files {
                    sum.update(&file.len().to_le_bytes());
                    sum.update(file);
                }
            }
            Err(error) => sum.update(error.to_string().as_bytes()),
        }
        Reading {
            state: State(sum.finish()),
            files,
        }
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, ReloadError> {
    let failed = |source| ReloadError::Read {
        path: path.to_owned(),
        source,
    };
    // Opening a named pipe would block until a writer opens it.
    let kind = std::fs::metadata(path).map_err(failed)?.file_type();
    if !kind.is_file() {
        return Err(failed(io::Error::other("it is not a regular file")));
    }
    let file = File::open(path).map_err(failed)?;
    let mut content = Zeroizing::new(Vec::with_capacity(16 << 10));
    let length = file
        .take(LONGEST + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if length as u64 > LONGEST {
        return Err(failed(io::Error::other("it is larger than 16 MiB")));
    }
    Ok(content)
}
