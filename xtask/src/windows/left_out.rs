//! The tests that are not run on Windows, found in the sources.

use std::fmt;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::str::Chars;

use crate::{Result, workspace};

/// The marker of tests that are not compiled for Windows. The reason follows.
const MARKER: &str = "// Not on Windows: ";

/// The folders whose tests are looked at.
const FOLDERS: &[&str] = &["ciphers", "cli", "port", "renewal", "src", "tests"];

/// A test that is not run on Windows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct LeftOut {
    /// The file, relative to the root of the repository.
    pub file: PathBuf,
    /// The name of the function.
    pub name: String,
    /// The reason, if the source states one.
    pub reason: Option<String>,
}

impl LeftOut {
    fn new(file: &Path, name: String, reason: Option<String>) -> LeftOut {
        LeftOut {
            file: file.strip_prefix(workspace()).unwrap_or(file).to_owned(),
            name,
            reason,
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason.as_deref().unwrap_or("no reason is stated");
        write!(f, "{}: {}: {reason}", self.file.display(), self.name)
    }
}

/// The tests that are not run on Windows: their `cfg` is false there, or they are ignored there.
///
/// # Errors
///
/// If a file cannot be read.
pub fn left_out() -> Result<Vec<LeftOut>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&workspace().join(folder), &mut files)?;
    }
    let mut found = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file)?;
        for test in tests(&text) {
            match test {
                Item::Test(name, reason) => found.push(LeftOut::new(file, name, reason)),
                Item::File(module, reason) => {
                    let file = module_file(file, &module);
                    let text = std::fs::read_to_string(&file)?;
                    let all = all(&text);
                    found.extend(all.map(|name| LeftOut::new(&file, name, reason.clone())));
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The number of all tests in the folders of [`left_out`], without those of the test binaries that do not run on
/// Windows.
///
/// # Errors
///
/// If a file cannot be read.
pub fn all_tests() -> Result<usize> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&workspace().join(folder), &mut files)?;
    }
    let mut count = 0;
    for file in &files {
        let is_of = |(binary, _): &(&str, &str)| {
            let folder = Path::new("tests").join(binary);
            file.ends_with(folder.with_extension("rs"))
                || file.ancestors().any(|path| path.ends_with(&folder))
        };
        if !super::OTHER_TESTS.iter().any(is_of) {
            count += all(&std::fs::read_to_string(file)?).count();
        }
    }
    Ok(count)
}

/// The file of a module that is declared in another file.
fn module_file(parent: &Path, module: &str) -> PathBuf {
    let is_root = ["main.rs", "lib.rs", "mod.rs"].map(|name| parent.ends_with(name));
    let directory = match is_root.contains(&true) {
        true => parent.with_file_name(""),
        false => parent.with_extension(""),
    };
    let file = directory.join(module).with_extension("rs");
    match file.exists() {
        true => file,
        false => directory.join(module).join("mod.rs"),
    }
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// What a file leaves out on Windows, with the reason.
#[derive(Debug, PartialEq, Eq)]
enum Item {
    Test(String, Option<String>),
    /// The tests of a module in a file of its own.
    File(String, Option<String>),
}

/// A module or a file that is left out on Windows.
struct Block<'a> {
    /// The line that ends it.
    end: String,
    reason: Option<&'a str>,
}

/// Finds the tests that this text leaves out. The text is formatted by rustfmt.
fn tests(text: &str) -> Vec<Item> {
    let mut found = Vec::new();
    let mut block: Option<Block<'_>> = None;
    // The comments and attributes before an item.
    let mut head: Vec<&str> = Vec::new();
    for line in text.lines() {
        let code = line.trim();
        if block.as_ref().is_some_and(|block| block.end == line) {
            block = None;
        }
        if code.starts_with("//") || code.starts_with("#[") || code.starts_with("#![") {
            head.push(code);
            continue;
        }
        let marker = head.iter().find_map(|line| line.strip_prefix(MARKER));
        let excluded = head.iter().any(|line| excludes(line));
        let ignored = head.iter().find_map(|line| ignored(line));
        let reason = marker.or(ignored);
        let own = excluded || ignored.is_some();
        if code.is_empty() {
            // The attributes of the whole file come before an empty line.
            if excluded && head.iter().any(|line| line.starts_with("#![cfg(")) {
                let end = "no line is like this".to_owned();
                block = Some(Block { end, reason });
            }
        } else if let Some(name) = head
            .iter()
            .any(|line| is_test(line))
            .then(|| function(code))
        {
            let inherited = block.as_ref().map(|block| block.reason);
            if let Some(reason) = own.then_some(reason).or(inherited) {
                let name = name.unwrap_or(code).to_owned();
                found.push(Item::Test(name, reason.map(str::to_owned)));
            }
        } else if let Some((_, module)) = code.split_once("mod ").filter(|_| excluded) {
            if let Some(name) = module.strip_suffix(';') {
                found.push(Item::File(name.to_owned(), reason.map(str::to_owned)));
            } else if block.is_none() {
                let indent = &line[..line.len() - line.trim_start().len()];
                let end = format!("{indent}}}");
                block = Some(Block { end, reason });
            }
        }
        head.clear();
    }
    found
}

/// The names of all tests of a file.
fn all(text: &str) -> impl Iterator<Item = String> {
    let outside = format!("#![cfg(not(windows))]\n\n{text}");
    tests(&outside).into_iter().filter_map(|item| match item {
        Item::Test(name, _) => Some(name),
        Item::File(..) => None,
    })
}

/// The name of the function that starts on this line.
fn function(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn ")?;
    Some(&rest[..rest.find(['(', '<'])?])
}

fn is_test(attribute: &str) -> bool {
    let path = attribute.trim_start_matches("#[");
    let path = &path[..path.find(['(', ']']).unwrap_or(path.len())];
    attribute.starts_with("#[") && (path == "test" || path.ends_with("::test"))
}

/// The reason why the attribute ignores a test on Windows.
fn ignored(attribute: &str) -> Option<&str> {
    let rest = attribute.strip_prefix("#[cfg_attr(")?;
    let (condition, rest) = rest.split_once(", ignore = \"")?;
    holds(condition).then(|| rest.trim_end_matches("\")]"))
}

/// Whether the attribute leaves its item out on Windows.
fn excludes(attribute: &str) -> bool {
    let condition = attribute.strip_prefix("#![cfg(");
    let condition = condition.or_else(|| attribute.strip_prefix("#[cfg("));
    condition.is_some_and(|condition| !holds(condition))
}

/// Whether a condition of `cfg` holds on Windows if everything else in it does. Text after the condition is ignored.
fn holds(condition: &str) -> bool {
    evaluate(&mut condition.chars().peekable())
}

fn evaluate(text: &mut Peekable<Chars<'_>>) -> bool {
    let mut word = String::new();
    while let Some(next) = text.next_if(|next| !matches!(next, '(' | ')' | ',')) {
        word.push(next);
    }
    let mut inner = Vec::new();
    if text.next_if_eq(&'(').is_some() {
        while text.peek().is_some_and(|next| *next != ')') {
            inner.push(evaluate(text));
            text.next_if_eq(&',');
        }
        text.next();
    }
    match word.trim() {
        "not" => !inner.contains(&true),
        "any" => inner.contains(&true),
        "all" => !inner.contains(&false),
        "unix" => false,
        value => match value.split_once('=') {
            Some((key, value)) if ["target_os", "target_family"].contains(&key.trim()) => {
                value.trim() == "\"windows\""
            }
            _ => true,
        },
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn each_test_that_is_not_run_on_windows_has_a_reason() {
        let found = left_out().unwrap();
        assert!(found.len() > 20, "{found:?}");
        let stated = |test: &&LeftOut| test.reason.as_ref().is_some_and(|text| text.len() > 10);
        let silent: Vec<_> = found.iter().filter(|test| !stated(test)).collect();
        assert!(silent.is_empty(), "without `{MARKER}reason`: {silent:#?}");
    }

    #[test]
    fn at_least_19_of_20_tests_are_run_on_windows() {
        let (left_out, all) = (left_out().unwrap().len(), all_tests().unwrap());
        assert!(left_out * 20 <= all, "{left_out} of {all}");
    }

    #[test]
    fn the_readme_states_how_many_tests_are_not_run_on_windows() {
        let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
        let stated = format!(
            "the tests that are not run on Windows ({})",
            left_out().unwrap().len()
        );
        assert!(readme.contains(&stated), "README.md lacks: {stated}");
    }

    #[test]
    fn every_form_of_a_left_out_test_is_found() {
        let text = r#"
// Not on Windows: it has none.
#[cfg(unix)]
#[test]
fn marked() {}

#[test]
#[cfg(all(feature = "a", any(target_os = "linux", not(windows))))]
fn silent() {}

#[cfg_attr(windows, ignore = "it is slow")]
#[tokio::test(flavor = "multi_thread")]
async fn ignored() {}

#[cfg(any(windows, unix))]
#[test]
fn everywhere() {}

#[cfg(unix)]
fn helper() {}

#[cfg(unix)]
mod inner {
    #[test]
    fn nested() {
        body();
    }
}

#[test]
fn after() {}

#[cfg(not(target_family = "windows"))]
mod file;
"#;
        let test = |name: &str, reason: Option<&str>| {
            Item::Test(name.to_owned(), reason.map(str::to_owned))
        };
        let expected = [
            test("marked", Some("it has none.")),
            test("silent", None),
            test("ignored", Some("it is slow")),
            test("nested", None),
            Item::File("file".to_owned(), None),
        ];
        assert_eq!(tests(text), expected);
        let whole =
            "// Not on Windows: no.\n#![cfg(target_os = \"linux\")]\n\n#[test]\nfn one() {}";
        assert_eq!(tests(whole), [test("one", Some("no."))]);
    }
}
