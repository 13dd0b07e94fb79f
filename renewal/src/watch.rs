//! The operating system's notifications of changes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::event::Event;

/// The longest chain of symbolic links that is followed.
const LINKS: usize = 40;

/// Wakes the reloader when something changes in a directory. The reloader then reads the files to find the
/// change.
pub(crate) struct Watch {
    watcher: notify::Result<RecommendedWatcher>,
    directories: HashSet<PathBuf>,
    /// Directories whose failure was reported.
    failed: HashSet<PathBuf>,
}

impl Watch {
    pub(crate) fn new(wake: SyncSender<()>) -> Watch {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file also causes an event. Such an event must not wake the reloader, which
            // would read the file again.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                let _ = wake.try_send(());
            }
        });
        Watch {
            watcher,
            directories: HashSet::new(),
            failed: HashSet::new(),
        }
    }

    /// Watches the directories of these files, and no others. Returns an event for each that cannot be watched.
    pub(crate) fn set<'a>(&mut self, paths: impl Iterator<Item = &'a Path>) -> Vec<Event> {
        let wanted: HashSet<PathBuf> = paths.flat_map(directories).collect();
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

/// The directories to watch: that of the file, and those of all symbolic links on its path.
fn directories(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    let mut budget = LINKS;
    while let Some(path) = waiting.pop() {
        let Ok(path) = std::path::absolute(&path) else {
            continue;
        };
        if let Some(parent) = path.parent() {
            found.push(parent.to_owned());
        }
        for ancestor in path.ancestors() {
            let (Ok(target), Some(parent)) = (std::fs::read_link(ancestor), ancestor.parent())
            else {
                continue;
            };
            if budget == 0 {
                break;
            }
            budget -= 1;
            found.push(parent.to_owned());
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
