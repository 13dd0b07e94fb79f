//! CPython as the reference: tests run the same scenario there and compare the results.
//!
//! ```
//! use pyssl_testing::{python, skip_without_python};
//!
//! fn python_knows_the_default_port() {
//!     let python = skip_without_python!();
//!     let printed = python.run("import sys; print(sys.argv[1].upper())", &["https"]).expect_success();
//!     assert_eq!(printed, "HTTPS\n");
//! }
//! # python_knows_the_default_port();
//! ```

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::process::{Output, Process, clean_command};
use crate::skip::skipped;

/// A CPython 3 with the `ssl` module.
#[derive(Clone, Debug)]
pub struct Python {
    executable: PathBuf,
    version: (u32, u32, u32),
    openssl_version: String,
    /// Whether new contexts have the cipher string and minimum version of CPython's default build, not OpenSSL's.
    has_pythons_defaults: bool,
}

/// Gives new contexts the defaults of CPython's default build, in an interpreter that was built with OpenSSL's defaults
/// (`--with-ssl-default-suites=openssl`), such as Debian's and Ubuntu's.
const PYTHONS_DEFAULTS: &str = "\
def _python_defaults():
    import ssl
    new = ssl.SSLContext.__new__
    any_version = ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER
    def __new__(cls, protocol=None, *args, **kwargs):
        context = new(cls, protocol, *args, **kwargs)
        context.set_ciphers(
            '@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM')
        if protocol is None or protocol in any_version:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context
    ssl.SSLContext.__new__ = __new__
_python_defaults()
";

/// The Python to compare with: `$PYSSL_ORACLE_PYTHON`, or the newest 3.13 of pyenv, or the newest other 3.x of
/// pyenv, or `python3`. Interpreters without `ssl` are skipped, and so are those older than 3.12 unless the
/// variable names one.
pub fn python() -> Option<&'static Python> {
    static FOUND: OnceLock<Option<Python>> = OnceLock::new();
    FOUND.get_or_init(find).as_ref()
}

/// The Python to compare with. If there is none, prints that the test is skipped.
/// [`skip_without_python!`](crate::skip_without_python) calls this.
pub fn python_or_skip() -> Option<&'static Python> {
    let found = python();
    if found.is_none() {
        skipped("no Python 3.12 or newer found (PYSSL_ORACLE_PYTHON names one, of any version)");
    }
    found
}

/// The Python to compare with, if it uses the same OpenSSL release; otherwise prints that the test is skipped.
/// [`skip_without_same_openssl!`](crate::skip_without_same_openssl) calls this.
pub fn same_openssl_or_skip() -> Option<&'static Python> {
    let python = python_or_skip()?;
    let (theirs, ours) = (python.openssl_version(), openssl::version::version());
    if theirs != ours {
        skipped(format_args!("Python has {theirs}, we have {ours}"));
        return None;
    }
    Some(python)
}

impl Python {
    /// The Python at this path, if it is a CPython 3 with `ssl`.
    pub fn at(path: &Path) -> Option<Self> {
        const PROBE: &str = "import sys, ssl; assert sys.version_info >= (3,) \
            and sys.implementation.name == 'cpython'; \
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); \
            print(sys.executable, *sys.version_info[:3], ssl.OPENSSL_VERSION, \
                int(getattr(context, 'minimum_version', 0x303)), sep='\\n')";
        let output = probe(path).args(["-I", "-c", PROBE]).output().ok()?;
        let text = String::from_utf8(output.stdout)
            .ok()
            .filter(|_| output.status.success())?;
        let mut lines = text.lines();
        let executable = PathBuf::from(lines.next()?);
        let mut number = || lines.next()?.parse().ok();
        let version = (number()?, number()?, number()?);
        Some(Self {
            executable,
            version,
            openssl_version: lines.next()?.to_owned(),
            has_pythons_defaults: lines.next()? == "771",
        })
    }

    /// The path of the interpreter itself, never of a pyenv shim.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// Python's version, for example `(3, 13, 0)`.
    pub fn version(&self) -> (u32, u32, u32) {
        self.version
    }

    /// `ssl.OPENSSL_VERSION`.
    pub fn openssl_version(&self) -> &str {
        &self.openssl_version
    }

    /// Runs a script with arguments (`sys.argv[1:]`) to completion.
    pub fn run<A: AsRef<OsStr>>(&self, script: &str, args: &[A]) -> Output {
        self.script(script).args(args).run()
    }

    /// Starts a script that keeps running, such as a server that prints its port ([`Process::port`]).
    pub fn spawn_script<A: AsRef<OsStr>>(&self, script: &str, args: &[A]) -> Process {
        self.script(script).args(args).spawn()
    }

    /// A script, to which input and environment variables can be added.
    ///
    /// It runs isolated (`-I`), without warnings (`-W ignore`), unbuffered, and without the environment variables
    /// that affect `ssl` (such as `SSL_CERT_FILE`).
    pub fn script(&self, script: &str) -> Script {
        let mut command = clean_command(&self.executable);
        command.args(["-I", "-u", "-X", "utf8", "-W", "ignore", "-c"]);
        match self.has_pythons_defaults {
            true => command.arg(script),
            false => command.arg(format!("{PYTHONS_DEFAULTS}{script}")),
        };
        Script {
            command,
            stdin: Vec::new(),
        }
    }
}

/// A script that has not started yet.
#[derive(Debug)]
pub struct Script {
    command: Command,
    stdin: Vec<u8>,
}

impl Script {
    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: &[A]) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    pub fn env<V: AsRef<OsStr>>(mut self, name: &str, value: V) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the standard input.
    pub fn stdin<B: Into<Vec<u8>>>(mut self, input: B) -> Self {
        self.stdin = input.into();
        self
    }

    /// Runs the script to completion.
    pub fn run(self) -> Output {
        self.spawn().finish()
    }

    /// Starts the script. Its input stays open.
    pub fn spawn(mut self) -> Process {
        let mut process = Process::spawn(&mut self.command);
        process.send(&self.stdin);
        process
    }
}

/// A command for an interpreter that may be a shim of pyenv. The shim needs the variables of pyenv to find the
/// interpreter.
fn probe(python: &Path) -> Command {
    let mut command = clean_command(python);
    for name in ["PYENV_ROOT", "PYENV_VERSION"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

fn find() -> Option<Python> {
    if let Some(path) = std::env::var_os("PYSSL_ORACLE_PYTHON") {
        let path = PathBuf::from(path);
        return Some(Python::at(&path).unwrap_or_else(|| {
            panic!(
                "PYSSL_ORACLE_PYTHON: {} is not a CPython 3 with the ssl module",
                path.display()
            )
        }));
    }
    let pyenv = pyenv_pythons();
    pyenv
        .into_iter()
        .chain([PathBuf::from("python3")])
        .filter_map(|path| Python::at(&path))
        .find(|python| python.version() >= OLDEST)
}

/// The oldest version to compare with. Older versions lack features, and also behave differently.
const OLDEST: (u32, u32, u32) = (3, 12, 0);

/// The 3.x interpreters of pyenv: 3.13 first, then the others, newest first.
fn pyenv_pythons() -> Vec<PathBuf> {
    let mut found = pyenv_versions();
    found.retain(|(version, _)| version.first() == Some(&3));
    found.sort_by_key(|(version, _)| version.get(1) == Some(&13));
    found.into_iter().rev().map(|(_, python)| python).collect()
}

/// The interpreters of pyenv with their versions, oldest first.
fn pyenv_versions() -> Vec<(Vec<u32>, PathBuf)> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let Some(root) = root.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))
    else {
        return Vec::new();
    };
    let entries = fs::read_dir(root.join("versions"))
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version: Vec<u32> = name
                .split('.')
                .map_while(|part| part.parse().ok())
                .collect();
            (!version.is_empty()).then(|| (version, entry.path().join("bin/python")))
        })
        .collect();
    found.sort();
    found
}

/// Every interpreter with the `ssl` module, including Python 2: those of pyenv, and `python3`. Tests use them as peers,
/// and compare results with [`python`] only.
pub fn every_python() -> Vec<PathBuf> {
    let pyenv = pyenv_versions().into_iter().map(|(_, python)| python);
    pyenv
        .chain([PathBuf::from("python3")])
        .filter(|python| {
            let has_ssl = ["-c", "import ssl; ssl.create_default_context"];
            let output = probe(python).args(has_ssl).output();
            output.is_ok_and(|output| output.status.success())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_arguments_input_and_variables() {
        let python = crate::skip_without_python!();
        let script = "import os, sys; print(sys.argv[1:], sys.stdin.read(), os.environ.get('SSL_CERT_FILE'))";
        let output = python
            .script(script)
            .args(&["a", "b"])
            .stdin("input")
            .env("SSL_CERT_FILE", "/x")
            .run();
        assert_eq!(output.expect_success(), "['a', 'b'] input /x\n");
        assert_eq!(python.run(script, &["c"]).expect_success(), "['c']  None\n");
    }

    #[test]
    fn a_running_script_prints_its_port_and_ends_with_its_input() {
        let python = crate::skip_without_python!();
        let mut process =
            python.spawn_script("import sys; print(4433); print(sys.stdin.read())", &[""; 0]);
        assert_eq!(process.port(), 4433);
        process.send(b"done");
        assert_eq!(process.finish().expect_success(), "done\n");
    }

    #[test]
    fn a_script_that_never_ends_is_killed() {
        let python = crate::skip_without_python!();
        let mut process = python.spawn_script("print(1, flush=True)\nwhile True: pass", &[""; 0]);
        process.line();
        assert!(!process.kill().status.success());
    }

    #[test]
    fn a_failure_shows_the_traceback() {
        let python = crate::skip_without_python!();
        let output = python.run("raise ValueError('why')", &[""; 0]);
        assert!(!output.status.success());
        assert!(output.stderr.contains("ValueError: why"));
    }

    #[test]
    fn other_programs_are_not_accepted_as_python() {
        assert!(Python::at(Path::new("/bin/true")).is_none());
        assert!(Python::at(Path::new("/no/such/python")).is_none());
    }
}
