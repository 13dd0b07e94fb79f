//! The dialogues that consist of lines: SMTP, LMTP, FTP, IMAP, POP3 and ManageSieve.

use super::{Dialogue, StartTls, StartTlsError, Step, refused, unexpected};

impl Dialogue {
    pub(super) fn read_lines(&mut self) -> Result<(), StartTlsError> {
        while !self.is_done() {
            let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') else {
                return Ok(());
            };
            let mut line: Vec<u8> = self.unread.drain(..=end).collect();
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            // This line arrived before the command that it would answer was sent. Only IMAP servers
            // may send lines (untagged responses) at any time.
            let remark = self.protocol == StartTls::Imap && line.starts_with(b"* ");
            if !self.outgoing.is_empty() && !remark {
                return Err(StartTlsError::EarlyData(self.unread.len() + end + 1));
            }
            match self.protocol {
                StartTls::Imap => self.imap(&line)?,
                StartTls::Pop3 => self.pop3(&line)?,
                StartTls::Sieve => self.sieve(&line)?,
                _ => self.coded(&line)?,
            }
        }
        Ok(())
    }

    /// A line of SMTP, LMTP or FTP: a code of three digits, then `-` if more lines follow.
    fn coded(&mut self, line: &[u8]) -> Result<(), StartTlsError> {
        let (code, rest) = match (self.pending, line.split_first_chunk::<3>()) {
            (None, Some((code, rest))) if code.iter().all(u8::is_ascii_digit) => (*code, rest),
            (None, _) => return Err(unexpected(line)),
            (Some(pending), Some((code, rest))) if *code == pending => (pending, rest),
            // FTP allows any text between the first and the last line (RFC 959, section 4.2).
            (Some(_), _) => return Ok(()),
        };
        let word = rest.get(1..).unwrap_or_default();
        let word = word.split(|byte| *byte == b' ').next().unwrap_or_default();
        self.offered |= word.eq_ignore_ascii_case(b"STARTTLS");
        if rest.first() == Some(&b'-') {
            self.pending = Some(code);
            return Ok(());
        }
        self.pending = None;
        let ftp = self.protocol == StartTls::Ftp;
        match (self.step, &code) {
            (Step::Greeting, b"220") if ftp => self.send(b"AUTH TLS\r\n", Step::GoAhead),
            (Step::Greeting, b"220") => {
                self.offered = false;
                // The client sends an address literal, because it has no host name.
                let lmtp = self.protocol == StartTls::Lmtp;
                let hello: &[u8] = match lmtp {
                    true => b"LHLO [127.0.0.1]\r\n",
                    false => b"EHLO [127.0.0.1]\r\n",
                };
                self.send(hello, Step::Capabilities);
            }
            (Step::Capabilities, b"250") => return self.ask_for_tls(b"STARTTLS\r\n"),
            (Step::GoAhead, b"234") if ftp => self.step = Step::Done,
            (Step::GoAhead, b"220") if !ftp => self.step = Step::Done,
            (_, [b'4' | b'5', ..]) => return Err(refused(line)),
            _ => return Err(unexpected(line)),
        }
        Ok(())
    }

    fn pop3(&mut self, line: &[u8]) -> Result<(), StartTlsError> {
        match self.step {
            _ if line.starts_with(b"-ERR") => return Err(refused(line)),
            _ if !line.starts_with(b"+OK") => return Err(unexpected(line)),
            Step::Greeting => self.send(b"STLS\r\n", Step::GoAhead),
            _ => self.step = Step::Done,
        }
        Ok(())
    }

    fn imap(&mut self, line: &[u8]) -> Result<(), StartTlsError> {
        let upper = line.to_ascii_uppercase();
        // A server that has authenticated the client already refuses TLS (RFC 9051, section 6.2.1).
        if upper.starts_with(b"* BYE") || upper.starts_with(b"* PREAUTH") {
            return Err(refused(line));
        }
        match self.step {
            Step::Greeting if upper.starts_with(b"* OK") => {
                self.send(b"a STARTTLS\r\n", Step::GoAhead);
            }
            Step::GoAhead if upper.starts_with(b"* ") => {}
            Step::GoAhead if upper.starts_with(b"A OK") => self.step = Step::Done,
            Step::GoAhead if upper.starts_with(b"A NO") || upper.starts_with(b"A BAD") => {
                return Err(refused(line));
            }
            _ => return Err(unexpected(line)),
        }
        Ok(())
    }

    /// A line of ManageSieve: a capability in quotes, or `OK`, `NO` or `BYE`, which ends an answer.
    fn sieve(&mut self, line: &[u8]) -> Result<(), StartTlsError> {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with(b"\"") {
            self.offered |= upper.starts_with(b"\"STARTTLS\"");
            return Ok(());
        }
        match self.step {
            _ if upper.starts_with(b"NO") || upper.starts_with(b"BYE") => Err(refused(line)),
            _ if !upper.starts_with(b"OK") => Err(unexpected(line)),
            Step::Greeting => self.ask_for_tls(b"STARTTLS\r\n"),
            _ => {
                self.step = Step::Done;
                Ok(())
            }
        }
    }
}
