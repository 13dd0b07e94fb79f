//! Builds versions of OpenSSL that neither the system nor `--features vendored` provides.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, workspace};

/// The versions that [`build`] can build.
pub const VERSIONS: [&str; 2] = ["3.6", "4.0"];

/// Builds an OpenSSL unless it exists already, and returns the directory for `OPENSSL_DIR`. The
/// `openssl` program is in its `bin`.
///
/// # Errors
///
/// If the version is not in [`VERSIONS`], or if cargo, a C compiler, make or Perl is missing or
/// fails.
pub fn build(version: &str) -> Result<PathBuf> {
    if !VERSIONS.contains(&version) {
        return Err(format!("there is no recipe for OpenSSL {version}").into());
    }
    let name = format!("openssl-{version}");
    let manifest = workspace().join(format!("xtask/{name}/Cargo.toml"));
    let target = target_directory();
    let directory = target.join(&name);
    let installed = directory.join("install");
    // The crate's lock file identifies the patch release of a build.
    let lock = fs::read(manifest.with_file_name("Cargo.lock"))?;
    let stamp = directory.join("Cargo.lock");
    let complete = installed.join("bin/openssl").is_file();
    if fs::read(&stamp).is_ok_and(|built| built == lock) && complete {
        return Ok(installed);
    }
    fs::create_dir_all(&directory)?;
    // Standard output is only for the path of the result, and the build's output is too long for
    // standard error, so it goes to a file.
    let log = directory.join("build.log");
    let output = fs::File::create(&log)?;
    eprintln!(
        "building OpenSSL {version}; {} has the details",
        log.display()
    );
    let host = host_triple()?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let status = Command::new(cargo())
        .args(["run", "--quiet", "--locked", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(target.join("xtask").join(&name))
        .arg("--")
        .arg(&directory)
        .env("TARGET", &host)
        .env("HOST", &host)
        .env("CARGO_MAKEFLAGS", format!("-j{jobs}"))
        .stdout(Stdio::from(output.try_clone()?))
        .stderr(Stdio::from(output))
        .status()?;
    if !status.success() {
        let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let lines: Vec<_> = said.lines().collect();
        let end = lines[lines.len().saturating_sub(40)..].join("\n");
        return Err(format!("{end}\nbuilding OpenSSL {version} failed: {status}").into());
    }
    fs::remove_dir_all(directory.join("build"))?;
    fs::write(stamp, lock)?;
    Ok(installed)
}

pub(crate) fn target_directory() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    std::path::absolute(chosen.unwrap_or_else(|| workspace().join("target")))
        .unwrap_or_else(|_| Path::new("target").to_owned())
}

pub(crate) fn host_triple() -> Result<String> {
    let output = Command::new(rustc()).arg("-vV").output()?;
    String::from_utf8(output.stdout)?
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| "rustc -vV names no host".into())
}

pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

pub(crate) fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
