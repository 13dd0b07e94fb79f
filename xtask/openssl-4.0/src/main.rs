//! Builds an OpenSSL (static, with headers and the `openssl` program) into `<directory>/install`.
//!
//! `openssl-src` takes the target, the host and make's flags from the environment, as in a build
//! script; `cargo xtask openssl` sets them. It does not build the programs, and removes the sources
//! afterwards. So this program also acts as a wrapper for `make`: before the libraries are
//! installed it builds the `openssl` program too.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// The `PATH` without our wrapper.
const REAL_PATH: &str = "PYSSL_REAL_PATH";
const INSTALL: &str = "PYSSL_INSTALL";

fn main() {
    let mut arguments = env::args_os();
    let program = PathBuf::from(arguments.next().unwrap_or_default());
    match env::var_os(REAL_PATH) {
        Some(path) if program.file_stem() == Some(OsStr::new("make")) => exit(make(&path)),
        before => {
            let Some(directory) = arguments.next().map(PathBuf::from) else {
                eprintln!("usage: build-openssl <directory>");
                exit(2);
            };
            match before {
                Some(_) => drop(openssl_src::Build::new().out_dir(directory).build()),
                None => exit(again(&directory)),
            }
        }
    }
}

/// Runs this program again, with its wrapper for make first in the `PATH`.
fn again(directory: &Path) -> i32 {
    let run = |path| {
        Command::new(env::current_exe()?)
            .arg(directory)
            .env(REAL_PATH, env::var_os("PATH").unwrap_or_default())
            .env(INSTALL, directory.join("install"))
            .env("PATH", path)
            .status()
    };
    match stand_in(directory).and_then(run) {
        Ok(status) => status.code().unwrap_or(1),
        Err(error) => {
            eprintln!("cannot install the wrapper for make: {error}");
            1
        }
    }
}

/// Installs this program as `make` in a directory, and returns a `PATH` that starts with it.
fn stand_in(directory: &Path) -> std::io::Result<OsString> {
    let bin = directory.join("make");
    fs::create_dir_all(&bin)?;
    fs::copy(env::current_exe()?, bin.join("make"))?;
    let old = env::var_os("PATH").unwrap_or_default();
    let paths = [bin].into_iter().chain(env::split_paths(&old));
    env::join_paths(paths).map_err(std::io::Error::other)
}

fn make(path: &OsStr) -> i32 {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    if arguments.iter().any(|argument| argument == "install_dev") {
        let built = run(path, &["apps/openssl".into()]);
        if built != 0 {
            return built;
        }
        let bin = PathBuf::from(env::var_os(INSTALL).unwrap_or_default()).join("bin");
        let copied =
            fs::create_dir_all(&bin).and_then(|()| fs::copy("apps/openssl", bin.join("openssl")));
        if let Err(error) = copied {
            eprintln!("cannot install the openssl program: {error}");
            return 1;
        }
    }
    run(path, &arguments)
}

fn run(path: &OsStr, arguments: &[OsString]) -> i32 {
    let mut command = Command::new("make");
    command
        .args(arguments)
        .env("PATH", path)
        .env_remove(REAL_PATH);
    match command.status() {
        Ok(status) => status.code().unwrap_or(1),
        Err(error) => {
            eprintln!("cannot run make: {error}");
            1
        }
    }
}
