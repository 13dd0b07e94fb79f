//! Reads included files, within limits.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::text::Source;

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
    /// The files that are being read. Each one includes the next one.
    open: Vec<PathBuf>,
    /// The contents of included files, by their paths. Each file is read once.
    texts: HashMap<PathBuf, Arc<Source>>,
    /// The number of inclusions so far.
    files: usize,
    /// How many directives were followed.
    directives: usize,
}

impl Includes {
    pub(super) fn new(file: &Path, follow: bool) -> Includes {
        Includes {
            follow,
            base: file.parent().unwrap_or(Path::new("")).to_owned(),
            root: None,
            open: Vec::new(),
            texts: HashMap::new(),
            files: 0,
            directives: 0,
        }
    }

    pub(super) fn set_root(&mut self, root: &str) {
        self.root = Some(PathBuf::from(root));
    }

    /// Whether included files, and files that settings name, are read.
    pub(super) fn follow(&self) -> bool {
        self.follow
    }

    /// Records that a file is being read. Until [`close`](Self::close), it cannot be included again.
    pub(super) fn open(&mut self, file: &Path) {
        self.open.push(file.to_owned());
    }

    /// The number of files that are being read.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// The files that a pattern names, and a message for each file that was not read.
    pub(super) fn find(
        &mut self,
        from: &Path,
        pattern: &str,
        directory: bool,
        optional: bool,
    ) -> (Vec<Arc<Source>>, Vec<String>) {
        let failed = |why: String| (Vec::new(), vec![why]);
        if !self.follow {
            return match optional {
                true => Default::default(),
                false => failed("included files are not read here".to_owned()),
            };
        }
        self.directives += 1;
        if self.directives > FILES || self.files > FILES {
            return failed(format!("more than {FILES} files are included"));
        }
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for path in self.paths(from, pattern, directory, optional) {
            match path {
                Ok(path) if self.open.contains(&path) => {}
                Ok(path) => match self.text(&path) {
                    Ok(source) => found.push(source),
                    Err(_) if optional => {}
                    Err(error) => unread.push(format!("{}: {error}", path.display())),
                },
                Err(why) => unread.push(why),
            }
        }
        (found, unread)
    }

    fn text(&mut self, path: &Path) -> io::Result<Arc<Source>> {
        self.files += 1;
        if let Some(source) = self.texts.get(path) {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(Source::new(path, &read(path)?));
        self.texts.insert(path.to_owned(), Arc::clone(&source));
        Ok(source)
    }

    /// The files that a pattern names, and the reasons why others cannot be found.
    fn paths(
        &self,
        from: &Path,
        pattern: &str,
        directory: bool,
        optional: bool,
    ) -> Vec<Result<PathBuf, String>> {
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
        let mut is_there = pattern.contains(['*', '?', '[']);
        let candidates = candidates.iter();
        for candidate in candidates.filter(|path| !path.as_os_str().is_empty()) {
            is_there |= candidate.exists();
            let pattern = match directory || candidate.is_dir() {
                true => candidate.join("*"),
                false => candidate.clone(),
            };
            let Some(text) = pattern.to_str() else {
                continue;
            };
            let found = match glob::glob(text) {
                Ok(found) => found,
                Err(error) => return vec![Err(error.to_string())],
            };
            let files = found.filter_map(|path| match path {
                // The directory cannot be read.
                Err(error) => (!optional).then(|| Err(error.to_string())),
                Ok(path) => {
                    let name = path.file_name().unwrap_or_default();
                    let hidden = name.to_string_lossy().starts_with('.');
                    // A link may name no file. Then reading it fails, and the reason is reported.
                    (!path.is_dir() && !hidden).then_some(Ok(path))
                }
            });
            let files: Vec<_> = files.take(FILES).collect();
            if !files.is_empty() {
                return files;
            }
        }
        match is_there || optional {
            true => Vec::new(),
            false if directory => vec![Err("there is no such directory".to_owned())],
            false => vec![Err("there is no such file".to_owned())],
        }
    }
}
