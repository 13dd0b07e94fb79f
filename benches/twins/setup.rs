//! Certificates and configuration for all subjects, and the clock.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use pyssl_testing::Files;

use crate::rows::Row;
use crate::tls::Tls;

/// The suite for TLS 1.2. `CONFIGURATION` selects the suite with the same cipher for TLS 1.3.
pub(crate) const CIPHERS: &str = "ECDHE-ECDSA-AES128-GCM-SHA256";

/// OpenSSL's configuration file for every subject, since some subjects have no API for these
/// settings.
const CONFIGURATION: &str = "\
openssl_conf = conf
[conf]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519:P-256
";

const DIRECTORY: &str = "PYSSL_BENCH_DIRECTORY";

/// The files of the run.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) ca: String,
    pub(crate) combined: String,
    /// A copy of the system's bundle of certificates.
    pub(crate) bundle: String,
    pub(crate) configuration: String,
}

impl Setup {
    /// The setup that [`run_again`](Setup::run_again) prepared, if it started this process.
    pub(crate) fn from_environment() -> Option<Setup> {
        let directory = PathBuf::from(std::env::var_os(DIRECTORY)?);
        let file = |name: &str| {
            let path = directory.join(name);
            assert!(path.is_file(), "{} is missing", path.display());
            path.into_os_string().into_string().unwrap()
        };
        Some(Setup {
            ca: file("ca.pem"),
            combined: file("combined.pem"),
            bundle: file("bundle.pem"),
            configuration: file("openssl.cnf"),
        })
    }

    /// Runs this program again with the environment that all subjects need, and returns its exit
    /// code.
    pub(crate) fn run_again() -> i32 {
        let files = Files::localhost();
        let copy = |from: &std::path::Path, name| {
            files.write(name, std::fs::read(from).unwrap());
        };
        copy(&files.ca, "ca.pem");
        copy(&files.combined, "combined.pem");
        let system = openssl_probe::probe().cert_file;
        copy(&system.expect("a bundle of certificates"), "bundle.pem");
        let configuration = files.write("openssl.cnf", CONFIGURATION);
        Command::new(std::env::current_exe().unwrap())
            .args(std::env::args_os().skip(1))
            .env(DIRECTORY, files.dir())
            .env("OPENSSL_CONF", configuration)
            .env_remove("SSLKEYLOGFILE")
            .status()
            .unwrap()
            .code()
            .unwrap_or(1)
    }
}

static CPU_TIME: OnceLock<bool> = OnceLock::new();

/// Selects the clock from the command line.
pub(crate) fn use_clock(args: &[String]) {
    let cpu = args.windows(2).any(|pair| pair == ["--clock", "cpu"]);
    CPU_TIME.set(cpu).unwrap();
}

/// The clock's name on the command line.
pub(crate) fn clock() -> &'static str {
    if CPU_TIME.get() == Some(&true) {
        "cpu"
    } else {
        "wall"
    }
}

/// Measures wall-clock time, or this process's processor time.
pub(crate) struct Stopwatch(Duration);

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch(now())
    }

    /// Elapsed seconds.
    pub(crate) fn elapsed(&self) -> f64 {
        now().saturating_sub(self.0).as_secs_f64()
    }
}

fn now() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    if CPU_TIME.get() == Some(&true) {
        use rustix::time::{ClockId, clock_gettime};
        return clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap();
    }
    START.get_or_init(Instant::now).elapsed()
}

/// Whether a program is installed, which succeeds with this argument.
pub(crate) fn is_installed(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Runs `times` repetitions of the row's work in a process under another program, and returns that program's
/// report from the standard error.
pub(crate) fn run_under<T: Tls>(command: &[&str], row: Row, times: u32) -> Option<String> {
    let output = Command::new(command.first()?)
        .args(&command[1..])
        .arg(std::env::current_exe().ok()?)
        .args(["--child", T::NAME, row.name(), &format!("{times}x")])
        .args(["--clock", clock()])
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}
