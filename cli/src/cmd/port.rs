//! `pyssl port`: the Rust lines for a Python program.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf, is_separator};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use pyssl_ciphers::cipher::Severity;
use pyssl_port::{Port, SKELETON_HEAD};

use crate::args::{FailOn, PortArgs, PortFormat};
use crate::failure::Failure;
use crate::report;

pub(crate) fn run(args: &PortArgs) -> Result<ExitCode, Failure> {
    let files = files(&args.paths)?;
    if files.is_empty() {
        return Err(Failure::Usage("there is no Python file".to_owned()));
    }
    let mut is_complete = true;
    let mut ports = Vec::new();
    for (path, port) in files.iter().zip(read_all(&files, args.skeleton.is_some())) {
        match port {
            Ok(port) => ports.push((path.display().to_string(), port)),
            Err(error) => {
                is_complete = false;
                let _ = writeln!(io::stderr(), "pyssl: {}: {error}", path.display());
            }
        }
    }
    if let Some(directory) = &args.skeleton {
        skeleton(directory, args.pyssl_path.as_deref(), &ports)?;
    }
    report::print(|out| match args.format {
        PortFormat::Text => report::port::text(out, &ports, usize::from(args.width), args.findings),
        PortFormat::Markdown => report::port::markdown(out, &ports, args.findings),
        PortFormat::Json => report::port::json(out, &ports),
        PortFormat::Sarif => report::port::sarif(out, &ports),
    })?;
    if !is_complete {
        return Ok(ExitCode::from(2));
    }
    let fail_on = args.fail_on.unwrap_or(FailOn::Error);
    let mut severities = ports
        .iter()
        .flat_map(|(_, port)| &port.findings)
        .map(|finding| finding.severity);
    let fails = severities.any(|severity: Severity| fail_on.counts(severity));
    Ok(ExitCode::from(u8::from(fails)))
}

/// The Python files of the arguments. Hidden directories and links are not followed.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let cannot = |error| Failure::Usage(format!("{}: {error}", path.display()));
        if !fs::metadata(path).map_err(cannot)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut pending = vec![path.clone()];
        let mut found = Vec::new();
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(&directory).map_err(cannot)? {
                let entry = entry.map_err(cannot)?;
                let kind = entry.file_type().map_err(cannot)?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if kind.is_dir() && !name.starts_with('.') && name != "__pycache__" {
                    pending.push(entry.path());
                } else if kind.is_file() && (name.ends_with(".py") || name.ends_with(".pyw")) {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

/// Reads the files, on all processors.
fn read_all(files: &[PathBuf], with_skeleton: bool) -> Vec<Result<Port, String>> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = mpsc::channel();
    let mut ports: Vec<(usize, Result<Port, String>)> = thread::scope(|scope| {
        for _ in 0..workers.min(files.len()) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(index) else {
                        break;
                    };
                    // The receiver lives longer than this thread.
                    let _ = sender.send((index, read(path, with_skeleton)));
                }
            });
        }
        drop(sender);
        receiver.into_iter().collect()
    });
    ports.sort_by_key(|(index, _)| *index);
    ports.into_iter().map(|(_, port)| port).collect()
}

fn read(path: &Path, with_skeleton: bool) -> Result<Port, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let port = match with_skeleton {
        true => Port::with_skeleton(&bytes),
        false => Port::of(&bytes),
    };
    port.map_err(|error| error.to_string())
}

/// Writes a Cargo project with a module for each file.
fn skeleton(
    directory: &Path,
    pyssl: Option<&Path>,
    ports: &[(String, Port)],
) -> Result<(), Failure> {
    let cannot = |error| Failure::Usage(format!("{}: {error}", directory.display()));
    if directory.join("Cargo.toml").exists() {
        return Err(cannot(io::Error::from(io::ErrorKind::AlreadyExists)));
    }
    let place = match pyssl {
        Some(path) => {
            let manifest = path.join("Cargo.toml").canonicalize().map_err(|error| {
                Failure::Usage(format!("--pyssl-path: {}: {error}", path.display()))
            })?;
            format!(
                "path = {:?}",
                manifest.with_file_name("").display().to_string()
            )
        }
        None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
    };
    let source = directory.join("src");
    fs::create_dir_all(&source).map_err(cannot)?;
    let mut modules: Vec<String> = Vec::new();
    let mut root = String::from("//! A skeleton, made by `pyssl port`.\n\n");
    let common = common_prefix(ports.iter().map(|(path, _)| path.as_str()));
    for (path, port) in ports.iter().filter(|(_, port)| !port.skeleton.is_empty()) {
        let name = module_name(path.get(common..).unwrap_or(path), &modules);
        let text = format!(
            "//! {}\n\n{SKELETON_HEAD}{}",
            path.escape_debug(),
            port.skeleton
        );
        fs::write(source.join(format!("{name}.rs")), text).map_err(cannot)?;
        root += &format!("pub mod {name};\n");
        modules.push(name);
    }
    fs::write(source.join("lib.rs"), root).map_err(cannot)?;
    let features: Vec<&str> = ["requests", "tokio"]
        .into_iter()
        .filter(|feature| uses(ports, feature))
        .collect();
    let tokio = match ports
        .iter()
        .any(|(_, port)| port.skeleton.contains("tokio::time"))
    {
        true => "tokio = { version = \"1.44\", features = [\"time\"] }\n",
        false => "",
    };
    let name = package_name(directory);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         pyssl = {{ {place}, features = {features:?} }}\n{tokio}"
    );
    fs::write(directory.join("Cargo.toml"), manifest).map_err(cannot)
}

/// A name for the package. Two packages of the same name and version would share their build in a
/// common target directory.
fn package_name(directory: &Path) -> String {
    let name = directory.canonicalize().unwrap_or_default();
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(allowed).collect();
    format!("skeleton-{name}").trim_end_matches('-').to_owned()
}

fn uses(ports: &[(String, Port)], feature: &str) -> bool {
    let mut entries = ports.iter().flat_map(|(_, port)| &port.entries);
    entries.any(|entry| entry.features.iter().any(|needed| needed == feature))
}

/// How many bytes all paths have in common, up to a separator.
fn common_prefix<'a>(mut paths: impl Iterator<Item = &'a str>) -> usize {
    let Some(first) = paths.next() else {
        return 0;
    };
    let mut end = first.rfind(is_separator).map_or(0, |slash| slash + 1);
    for path in paths {
        while !path.starts_with(&first[..end]) {
            end = first[..end.saturating_sub(1)]
                .rfind(is_separator)
                .map_or(0, |slash| slash + 1);
        }
    }
    end
}

/// A name for the module of a file that no other module has.
fn module_name(path: &str, taken: &[String]) -> String {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    let name: String = stem
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let name = format!("py_{}", name.trim_matches('_'));
    let mut candidate = name.clone();
    let mut count = 1;
    while taken.contains(&candidate) {
        count += 1;
        candidate = format!("{name}_{count}");
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_a_skeleton_have_distinct_names() {
        assert_eq!(module_name("a/b-c.py", &[]), "py_a_b_c");
        assert_eq!(
            module_name("a/b_c.py", &["py_a_b_c".to_owned()]),
            "py_a_b_c_2"
        );
        assert_eq!(common_prefix(["x/y/a.py", "x/z.py"].into_iter()), 2);
        assert_eq!(common_prefix(["a.py", "b.py"].into_iter()), 0);
    }
}
