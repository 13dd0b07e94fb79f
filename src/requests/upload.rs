//! Request bodies that are read while they are sent: Python's `data=file` and `data=generator`.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Error;

trait ReadSeek: Read + Seek + Send {}

impl<R: Read + Seek + Send> ReadSeek for R {}

/// The source of a body. Clones share it.
#[derive(Clone)]
pub(super) struct Upload(Arc<Mutex<Box<dyn ReadSeek>>>);

/// The body of one request: the rest of the source.
#[derive(Clone)]
pub(super) struct UploadBody {
    upload: Upload,
    /// The position at which the body begins, if the source has one.
    start: Option<u64>,
    /// `None`: until the source ends, with chunked encoding.
    pub(super) length: Option<u64>,
    /// Whether an earlier request has sent the body. Then the source must be rewound.
    was_sent: bool,
}

/// A source without a position.
struct Once<R>(R);

impl<R: Read> Read for Once<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R> Seek for Once<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Upload {
    pub(super) fn of_file(file: impl Read + Seek + Send + 'static) -> Upload {
        Upload(Arc::new(Mutex::new(Box::new(file))))
    }

    pub(super) fn of_reader(reader: impl Read + Send + 'static) -> Upload {
        Upload::of_file(Once(reader))
    }

    /// The body that begins at the present position: `requests.utils.super_len`. As in Python, an empty rest is
    /// sent with chunked encoding.
    pub(super) fn rest(&self) -> UploadBody {
        let mut source = self.lock();
        let start = source.stream_position().ok();
        let length = start.and_then(|start| {
            let end = source.seek(SeekFrom::End(0)).ok()?;
            source.seek(SeekFrom::Start(start)).ok()?;
            Some(end.saturating_sub(start))
        });
        UploadBody {
            upload: self.clone(),
            start,
            length: length.filter(|length| *length > 0),
            was_sent: false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn ReadSeek>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UploadBody {
    /// Rewinds the source to the beginning of the body: `requests.utils.rewind_body`.
    pub(super) fn rewind(&self) -> Result<(), Error> {
        let Some(start) = self.start else {
            let text = "Unable to rewind request body for redirect.";
            return Err(Error::UnrewindableBodyError(text.into()));
        };
        let sought = self.upload.lock().seek(SeekFrom::Start(start));
        sought.map(drop).map_err(|_| {
            let text = "An error occurred when rewinding request body for redirect.";
            Error::UnrewindableBodyError(text.into())
        })
    }

    /// Records that an earlier request has sent the body, so that it is rewound before the next request is sent.
    pub(super) fn rewind_later(&mut self) {
        self.was_sent = true;
    }

    /// Rewinds the source if an earlier request has sent the body.
    pub(super) fn rewind_if_sent(&self) -> Result<(), Error> {
        match self.was_sent {
            true => self.rewind(),
            false => Ok(()),
        }
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader {
            upload: &self.upload,
            left: self.length,
            was_read: false,
        }
    }
}

/// Reads a body, which must have the length that its head says.
pub(super) struct Reader<'a> {
    upload: &'a Upload,
    left: Option<u64>,
    pub(super) was_read: bool,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.was_read = true;
        let mut source = self.upload.lock();
        let Some(left) = &mut self.left else {
            return read(&mut *source, buffer);
        };
        let most = usize::try_from(*left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let count = read(&mut *source, &mut buffer[..most])?;
        if count == 0 && most > 0 {
            let text = "the body is shorter than its Content-Length";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        *left -= count as u64;
        Ok(count)
    }
}

fn read(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
