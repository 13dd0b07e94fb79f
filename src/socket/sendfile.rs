use std::io::{Read, Seek, SeekFrom};

use super::SslSocket;
use crate::error::{Error, Result};

/// How much is read from the file at a time: 16 full records, which are sent in few system calls.
const BLOCK: usize = 256 * 1024;

impl SslSocket {
    /// Sends a file from `offset` to its end, or at most `count` bytes. Returns the number of bytes sent.
    ///
    /// ```python
    /// with open("page.html", "rb") as f:
    ///     sock.sendfile(f)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// let f = std::fs::File::open("page.html")?;
    /// sock.sendfile(&f, 0, None)?;
    /// # Ok(()) }
    /// ```
    ///
    /// As in Python, an offset of 0 means the file's current position. After the call, the file's position is
    /// `offset` plus the number of bytes sent, wherever it was before. The time-out limits each block of
    /// 256 KiB.
    ///
    /// # Errors
    ///
    /// `ValueError` for a count of 0 and on non-blocking sockets; `OSError` from reading the file; otherwise as
    /// [`send`](Self::send).
    pub fn sendfile<F: Read + Seek>(
        &self,
        mut file: F,
        offset: u64,
        count: Option<u64>,
    ) -> Result<u64> {
        if count == Some(0) {
            return Err(Error::value("count must be a positive integer (got 0)"));
        }
        if !self.getblocking() {
            return Err(Error::value("non-blocking sockets are not supported"));
        }
        if offset > 0 {
            file.seek(SeekFrom::Start(offset))?;
        }
        let mut sent = 0;
        let outcome = self.send_blocks(&mut file, count.unwrap_or(u64::MAX), &mut sent);
        if sent > 0 {
            file.seek(SeekFrom::Start(offset.saturating_add(sent)))?;
        }
        outcome.map(|()| sent)
    }

    fn send_blocks(&self, file: &mut impl Read, count: u64, sent: &mut u64) -> Result<()> {
        let mut block = vec![0; BLOCK];
        while *sent < count {
            let left = usize::try_from(count - *sent).unwrap_or(BLOCK).min(BLOCK);
            let n = match file.read(&mut block[..left]) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            self.sendall(&block[..n])?;
            *sent += n as u64;
        }
        Ok(())
    }
}
