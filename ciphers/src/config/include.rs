//! Reads included files, within limits.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The limits of the size of a file in bytes, and of the number of included files.
const SIZE: u64 = 4 << 20;
const FILES: usize = 1000;

/// The text of a regular file; bytes that are not UTF-8 are replaced.
pub(super) fn read(file: &Path) -> io::Result<String> {
    // Only regular files are opened, because opening a pipe waits for its writer.
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(SIZE + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= SIZE => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is larger than 4 MiB",
        )),
    }
}

/// The files that are included by a file.
#[derive(Debug)]
pub(super) struct Includes {
    follow: bool,
    /// The directory of the first file.
    base: PathBuf,
    root: Option<PathBuf>,
    seen: HashSet<PathBuf>,
    /// How many directives were followed.
    directives: usize,
}

impl Includes {
    pub(super) fn new(file: &Path, follow: bool) -> Includes {
        Includes {
            follow,
            base: file.parent().unwrap_or(Path::new("")).to_owned(),
            root: None,
            seen: HashSet::from([file.to_owned()]),
            directives: 0,
        }
    }

    pub(super) fn set_root(&mut self, root: &str) {
        self.root = Some(PathBuf::from(root));
    }

    /// The files that a pattern names, with their texts.
    pub(super) fn find(
        &mut self,
        from: &Path,
        pattern: &str,
        directory: bool,
        optional: bool,
    ) -> Result<Vec<(PathBuf, String)>, String> {
        if !self.follow {
            return match optional {
                true => Ok(Vec::new()),
                false => Err("included files are not read here".to_owned()),
            };
        }
        self.directives += 1;
        if self.directives > FILES || self.seen.len() > FILES {
            return Err(format!("more than {FILES} files are included"));
        }
        let paths = self.paths(from, pattern, directory)?;
        if paths.is_empty() && !optional && !directory && !pattern.contains(['*', '?', '[']) {
            return Err("there is no such file".to_owned());
        }
        let mut found = Vec::new();
        for path in paths {
            if !self.seen.insert(path.clone()) {
                continue;
            }
            match read(&path) {
                Ok(text) => found.push((path, text)),
                Err(_) if optional => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(found)
    }

    fn paths(&self, from: &Path, pattern: &str, directory: bool) -> Result<Vec<PathBuf>, String> {
        let pattern = match pattern.strip_prefix("dir:") {
            Some(rest) => rest,
            None => pattern,
        };
        let wanted = Path::new(pattern);
        let own = from.parent().unwrap_or(Path::new(""));
        let root = self.root.clone().unwrap_or_default();
        let candidates = match wanted.is_absolute() {
            true => vec![wanted.to_owned()],
            false => vec![root.join(wanted), self.base.join(wanted), own.join(wanted)],
        };
        for candidate in candidates
            .iter()
            .filter(|path| !path.as_os_str().is_empty())
        {
            let pattern = match directory || candidate.is_dir() {
                true => candidate.join("*"),
                false => candidate.clone(),
            };
            let Some(text) = pattern.to_str() else {
                continue;
            };
            let found = glob::glob(text).map_err(|error| error.to_string())?;
            let files = found.filter_map(Result::ok).filter(|path| {
                let hidden = path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with('.'));
                path.is_file() && !hidden
            });
            let files: Vec<_> = files.take(FILES).collect();
            if !files.is_empty() {
                return Ok(files);
            }
        }
        Ok(Vec::new())
    }
}
