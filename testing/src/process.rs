//! Child processes that cannot hang a test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long to wait for a peer before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The environment variables that a child inherits. Others could change the behaviour of OpenSSL or
/// Python.
const KEPT: [&str; 10] = [
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "SystemRoot",
    "TEMP",
];

/// The result of a process that has ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit status.
    pub status: ExitStatus,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Output {
    /// Returns the standard output.
    ///
    /// # Panics
    ///
    /// If the process failed; the message has its standard error.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert!(
            self.status.success(),
            "{}\n--- stdout ---\n{}\n--- stderr ---\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self.stdout
    }
}

/// A child process whose output can be read while it runs. On drop it is killed and reaped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<thread::JoinHandle<String>>,
}

impl Process {
    /// Starts a program with pipes for its input and output.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{:?} does not start: {e}", command.get_program()));
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let mut stderr = child.stderr.take().expect("stderr is a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                if sender
                    .send(String::from_utf8_lossy(&line).into_owned())
                    .is_err()
                {
                    break;
                }
                line.clear();
            }
        });
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Self {
            stdin: child.stdin.take(),
            child,
            lines,
            stderr: Some(stderr),
        }
    }

    /// Waits for the next line of output, and returns it without its line end.
    ///
    /// # Panics
    ///
    /// If the process ends instead; the message has its standard error.
    #[track_caller]
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line.trim_end_matches(['\r', '\n']).to_owned(),
            Err(why) => {
                let _ = self.child.kill();
                let status = self.child.wait();
                panic!("no line came ({why}), {status:?}: {}", self.join_stderr());
            }
        }
    }

    /// Reads the next line as a port number.
    #[track_caller]
    pub fn port(&mut self) -> u16 {
        let line = self.line();
        line.trim()
            .parse()
            .unwrap_or_else(|_| panic!("{line:?} is not a port"))
    }

    /// Writes to the process's standard input, and leaves it open. It is not an error if the
    /// process no longer reads.
    pub fn send(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes).and_then(|()| stdin.flush());
        }
    }

    /// Closes the standard input, waits until the process ends, and returns what it printed since the last
    /// [`line`](Self::line).
    ///
    /// # Panics
    ///
    /// If the process does not end within three minutes. It is killed then.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        drop(self.stdin.take());
        let mut stdout = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => stdout.push_str(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("the process does not end: {stdout}{}", self.join_stderr());
                }
            }
        }
        let status = self.child.wait().expect("a child can be waited for");
        Output {
            status,
            stdout,
            stderr: self.join_stderr(),
        }
    }

    /// Ends the process by force, and returns what it printed since the last [`line`](Self::line).
    pub fn kill(mut self) -> Output {
        let _ = self.child.kill();
        self.finish()
    }

    fn join_stderr(&mut self) -> String {
        let reader = self.stderr.take();
        reader
            .and_then(|reader| reader.join().ok())
            .unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command whose environment does not affect TLS.
pub(crate) fn clean_command<S: AsRef<OsStr>>(program: S) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(
        KEPT.iter()
            .filter_map(|name| Some((*name, std::env::var_os(name)?))),
    );
    command
}

/// Sets or removes an environment variable of this process.
///
/// Call this only in a test process without other active threads. A thread that calls `getenv` at the same time would
/// read freed memory.
pub fn set_environment(name: &str, value: Option<&str>) {
    // SAFETY: the documentation requires that no other thread is active.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}
