//! The operating system's notifications of changes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::event::Event;

/// The longest chain of symbolic links that is followed.
const LINKS: usize = 40;

/// Wakes the reloader when a watched file, a link to it or its directory changes. The reloader then reads the files to
/// find the change. Other files of the directories may change often, so their changes do not wake it.
pub(crate) struct Watch {
    watcher: notify::Result<RecommendedWatcher>,
    names: Arc<Mutex<Names>>,
    directories: HashSet<PathBuf>,
    /// Directories whose failure was reported.
    failed: HashSet<PathBuf>,
}

impl Watch {
    pub(crate) fn new(wake: SyncSender<()>) -> Watch {
        let names = Arc::new(Mutex::new(Names::default()));
        let known = Arc::clone(&names);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if event.is_ok_and(|event| !known.concern(&event)) {
                return;
            }
            let _ = wake.try_send(());
        });
        Watch {
            watcher,
            names,
            directories: HashSet::new(),
            failed: HashSet::new(),
        }
    }

    /// Watches the directories of these files, and no others. Returns an event for each that cannot be watched.
    pub(crate) fn set<'a>(&mut self, paths: impl Iterator<Item = &'a Path>) -> Vec<Event> {
        let places: Vec<PathBuf> = paths.flat_map(places).collect();
        let wanted: HashSet<PathBuf> = places
            .iter()
            .filter_map(|place| Some(place.parent()?.to_owned()))
            .collect();
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) =
            Names::of(places.iter().chain(&wanted));
        let mut events = Vec::new();
        for gone in self.directories.difference(&wanted) {
            if let Ok(watcher) = &mut self.watcher {
                // This fails if the directory was removed.
                let _ = watcher.unwatch(gone);
            }
        }
        self.directories
            .retain(|directory| wanted.contains(directory));
        for directory in wanted {
            if self.directories.contains(&directory) {
                continue;
            }
            let outcome = match &mut self.watcher {
                Ok(watcher) => watcher.watch(&directory, RecursiveMode::NonRecursive),
                Err(error) => Err(notify::Error::generic(&error.to_string())),
            };
            match outcome {
                Ok(()) => {
                    self.directories.insert(directory);
                }
                Err(error) => {
                    if self.failed.insert(directory.clone()) {
                        events.push(Event::PollingOnly {
                            path: directory,
                            reason: error.to_string(),
                        });
                    }
                }
            }
        }
        events
    }
}

/// The names whose changes are of interest.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn of<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Names {
        Names(paths.filter_map(|path| name(path)).collect())
    }

    /// Whether the reloader must read the files after this event.
    fn concern(&self, event: &notify::Event) -> bool {
        // Reading a file also causes an event, after which the reloader would read the file again.
        if event.kind.is_access() {
            return false;
        }
        // Events may have been lost, or the event does not tell which file has changed.
        if event.need_rescan() || event.paths.is_empty() {
            return true;
        }
        // The directories are not compared: the operating system may report them without their links.
        let mut names = event.paths.iter().map(|path| name(path));
        names.any(|name| name.is_none_or(|name| self.0.contains(&name)))
    }
}

/// The last part of a path. The case is ignored, as file systems of Windows and macOS ignore it.
fn name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().to_lowercase())
}

/// The file, and all symbolic links on its path and on the paths that they lead to. Their directories are watched.
fn places(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    let mut budget = LINKS;
    while let Some(path) = waiting.pop() {
        let Ok(path) = std::path::absolute(&path) else {
            continue;
        };
        found.push(path.clone());
        for ancestor in path.ancestors() {
            let (Ok(target), Some(parent)) = (std::fs::read_link(ancestor), ancestor.parent())
            else {
                continue;
            };
            if budget == 0 {
                break;
            }
            budget -= 1;
            found.push(ancestor.to_owned());
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            let mut next = parent.join(target);
            if rest != Path::new("") {
                next.push(rest);
            }
            waiting.push(next);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_cannot_be_watched_is_reported_once() {
        let (wake, _woken) = std::sync::mpsc::sync_channel(1);
        let mut watch = Watch::new(wake);
        // The limit of watches is used up.
        watch.watcher = Err(notify::Error::generic("no space left"));
        let directory = std::env::temp_dir().join("pyssl");
        let file = directory.join("cert.pem");
        let events = watch.set(std::iter::once(&*file));
        let reported = events.iter().any(|event| {
            matches!(event, Event::PollingOnly { path, reason }
                if *path == directory && reason.contains("no space left"))
        });
        assert!(reported, "{events:?}");
        assert!(watch.set(std::iter::once(&*file)).is_empty());
    }
}
