//! Runs the fuzz targets with stable Rust, on the files of their corpus and on slightly changed
//! copies. `fuzz/` runs the same targets under a fuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an error fails the test"
)]

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "the file is also the library of fuzz/")]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

/// The names of the entries of a directory, sorted.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(directory)
        .unwrap_or_else(|e| panic!("{}: {e}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

#[test]
fn every_fuzz_target_has_a_corpus_and_a_wrapper() {
    let names: Vec<_> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    let file_names = |directory: &Path| -> Vec<String> {
        let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        entries(directory).iter().map(stem).collect()
    };
    let mut sorted: Vec<_> = names.iter().map(ToString::to_string).collect();
    sorted.sort();
    assert_eq!(file_names(&corpus()), sorted);
    assert_eq!(file_names(&corpus().with_file_name("fuzz_targets")), sorted);
    let manifest = fs::read_to_string(corpus().with_file_name("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn fuzz_targets_do_not_panic_on_their_corpus() {
    for (name, run) in targets::TARGETS {
        run(b"");
        for path in entries(&corpus().join(name)) {
            let data = fs::read(&path).unwrap();
            // libtest shows what is printed only if the target panics.
            println!("{}", path.display());
            run(&data);
        }
    }
}

/// Runs the targets on truncated files, and on files with one wrong bit.
#[test]
fn fuzz_targets_do_not_panic_on_altered_corpus_files() {
    /// The number of positions of a file that are changed.
    const PLACES: usize = 60;
    for (name, run) in targets::TARGETS {
        for path in entries(&corpus().join(name)) {
            let data = fs::read(&path).unwrap();
            let step = data.len().div_ceil(PLACES).max(1);
            for place in (0..data.len()).step_by(step) {
                println!("{}, at {place}", path.display());
                run(&data[..place]);
                let mut wrong = data.clone();
                wrong[place] ^= 1 << (place % 8);
                run(&wrong);
            }
        }
    }
}
