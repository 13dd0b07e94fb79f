//! Runs the command, and ends it if it hangs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use pyssl_testing::process::Process;
use pyssl_testing::{Ca, Files};

/// How long to wait for anything before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The command, without environment variables that affect TLS.
pub(crate) fn pyssl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyssl"));
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// The result of the command.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command to completion.
pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    run_command(pyssl().args(args))
}

pub(crate) fn run_command(command: &mut Command) -> Output {
    run_with_input(command, b"")
}

/// Runs a command with this input.
pub(crate) fn run_with_input(command: &mut Command, input: &[u8]) -> Output {
    let mut process = Process::spawn(command);
    process.send(input);
    let output = process.finish();
    Output {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

#[cfg(unix)]
pub(crate) use rustix::process::Signal;

/// The one signal that the tests send on Windows.
#[cfg(windows)]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    TERM,
}

/// A child process that is killed on drop.
pub(crate) struct Killed(pub(crate) Child);

impl Killed {
    /// Waits for the process, and returns its exit code. A process that does not end is killed:
    /// `None`.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            if begin.elapsed() > PATIENCE {
                let _ = self.0.kill();
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.0), signal).unwrap();
    }

    /// Windows has no signals, so the process is ended. Its exit code is then 1.
    #[cfg(windows)]
    pub(crate) fn signal(&mut self, _signal: Signal) {
        self.0.kill().unwrap();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `pyssl serve`.
pub(crate) struct Server {
    pub(crate) child: Killed,
    pub(crate) address: SocketAddr,
    log: Receiver<String>,
}

impl Server {
    /// Starts on a free port of this address, for example `127.0.0.1:0`.
    pub(crate) fn start_on<A: AsRef<OsStr>>(
        address: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Server {
        Server::spawn(pyssl().arg("serve").arg(address).args(args))
    }

    /// Runs a command that starts `pyssl serve`.
    pub(crate) fn spawn(command: &mut Command) -> Server {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Killed(command.spawn().unwrap());
        let stderr = BufReader::new(child.0.stderr.take().unwrap());
        let (sender, log) = channel();
        thread::spawn(move || {
            for line in stderr.lines() {
                let _ = sender.send(line.unwrap());
            }
        });
        let stdout = child.0.stdout.take().unwrap();
        let address = listening_on(stdout)
            .unwrap_or_else(|line| panic!("{line:?}, {:?}", log.recv_timeout(PATIENCE)));
        Server {
            address,
            child,
            log,
        }
    }

    /// Starts with a certificate for localhost.
    pub(crate) fn start(files: &Files, args: &[&str]) -> Server {
        let mut all = vec!["--cert", path(&files.combined)];
        all.extend(args);
        Server::start_on("127.0.0.1:0", all)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The target for `connect`, with the name that is in the certificate.
    pub(crate) fn target(&self) -> String {
        format!("localhost:{}", self.port())
    }

    /// The next line of the log.
    pub(crate) fn log_line(&self) -> String {
        self.log.recv_timeout(PATIENCE).unwrap()
    }

    /// Tells the server to load the certificate now. Windows has no signal for this; the server watches the file.
    pub(crate) fn reload(&self) {
        #[cfg(unix)]
        self.child.signal(Signal::HUP);
    }

    /// Stops the server, and returns its exit code and the rest of its log.
    pub(crate) fn stop(mut self, signal: Signal) -> (Option<i32>, Vec<String>) {
        self.child.signal(signal);
        let code = self.child.wait();
        (code, self.log.iter().collect())
    }
}

/// The address in the first line that `pyssl serve` prints. If there is none, `Err` has the line.
pub(crate) fn listening_on(output: impl Read) -> Result<SocketAddr, String> {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening on ");
    address.and_then(|a| a.parse().ok()).ok_or(line)
}

/// Runs `pyssl connect --brief` with more arguments, and returns the line and the exit code.
pub(crate) fn brief(target: &str, args: &[&str]) -> (String, Option<i32>) {
    let output = run(["connect", target, "--brief"].iter().chain(args));
    assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    (output.stdout.trim_end().to_owned(), output.code)
}

/// The exit code of a server that the test has stopped.
pub(crate) const STOPPED: Option<i32> = Some(if cfg!(windows) { 1 } else { 0 });

/// The reading and writing ends of a pipe; children do not inherit them.
#[cfg(unix)]
pub(crate) fn pipe() -> (std::os::fd::OwnedFd, std::os::fd::OwnedFd) {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap()
}

pub(crate) fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// An authority, and its certificates for a server and a client.
pub(crate) struct World {
    pub(crate) ca: Ca,
    pub(crate) server: Files,
    pub(crate) client: Files,
}

impl World {
    pub(crate) fn new() -> World {
        let ca = Ca::new();
        World {
            server: Files::new(&ca, &ca.issue_for(&["localhost", "127.0.0.1", "::1"])),
            client: Files::new(&ca, &ca.issue("client.example")),
            ca,
        }
    }

    pub(crate) fn cafile(&self) -> &str {
        path(&self.server.ca)
    }
}
