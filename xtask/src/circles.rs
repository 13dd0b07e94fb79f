//! Finds circles: modules of a crate that import from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The path of a module or of an item, from the crate's root.
type Names = Vec<String>;

/// The tokens of each module.
type Modules = BTreeMap<Names, Vec<String>>;

/// The groups of modules below `src` that import from each other. Imports in tests do not count,
/// nor does an import from a module that contains the importing one.
///
/// # Errors
///
/// The error of a file that cannot be read.
pub fn circles(src: &Path) -> crate::Result<BTreeSet<BTreeSet<Names>>> {
    let mut modules = Modules::new();
    read(src, &Names::new(), &mut modules)?;
    let mut reaches = BTreeMap::new();
    for name in modules.keys() {
        let targets = imports(name, &modules).into_iter();
        let targets = targets.filter_map(|path| target(&path, &modules, 0));
        let targets: BTreeSet<Names> = targets.filter(|to| !name.starts_with(to)).collect();
        reaches.insert(name, targets);
    }
    // The transitive closure, in which a module of a circle reaches itself.
    for middle in modules.keys() {
        let further = reaches[middle].clone();
        for targets in reaches.values_mut().filter(|to| to.contains(middle)) {
            targets.extend(further.clone());
        }
    }
    let circle = |name: &Names| {
        let others = reaches[name].iter();
        others
            .filter(|to| reaches[*to].contains(name))
            .cloned()
            .collect()
    };
    Ok(modules
        .keys()
        .filter(|name| reaches[*name].contains(*name))
        .map(circle)
        .collect())
}

fn read(dir: &Path, parent: &Names, modules: &mut Modules) -> crate::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let file = entry?.path();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let mut name = parent.clone();
        if !matches!(&*stem, "lib" | "main" | "mod") {
            name.push(stem.to_string());
        }
        if file.is_dir() {
            read(&file, &name, modules)?;
        } else if file.extension().is_some_and(|end| end == "rs") && !stem.ends_with("tests") {
            let text = std::fs::read_to_string(&file)?;
            let code = text.split("#[cfg(test)]\nmod tests {").next();
            modules.insert(name, tokens(code.unwrap_or_default()));
        }
    }
    Ok(())
}

/// Names and punctuation, without comments and strings. `∷` stands for two colons.
fn tokens(code: &str) -> Vec<String> {
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n").replace("::", "∷");
    let code: String = code.split('"').step_by(2).collect();
    let spaced = code
        .chars()
        .flat_map(|c| match c.is_alphanumeric() || c == '_' {
            true => vec![c],
            false => vec![' ', c, ' '],
        });
    spaced
        .collect::<String>()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// All paths in the code of a module that begin with a module of the crate. They count as imports.
fn imports(name: &Names, modules: &Modules) -> Vec<Names> {
    let (tokens, mut paths) = (&modules[name], Vec::new());
    for (at, pair) in tokens.windows(2).enumerate() {
        let before = at.checked_sub(1).map_or("", |at| &tokens[at]);
        // Skips the middle of a path, a macro's `$crate`, and `pub(in crate::…)`.
        if pair[1] != "∷" || matches!(before, "∷" | "$" | "in") {
            continue;
        }
        let start = match &*pair[0] {
            "crate" => Names::new(),
            "self" => name.clone(),
            "super" => name[..name.len().saturating_sub(1)].to_vec(),
            child => [&name[..], &[child.to_owned()]].concat(),
        };
        if modules.contains_key(&start) {
            read_tree(&tokens[at + 2..], start, &mut paths);
        }
    }
    paths
}

/// Reads the rest of a path. Braces at its end stand for several paths.
fn read_tree(tokens: &[String], start: Names, paths: &mut Vec<Names>) {
    let (mut path, mut open, mut continues) = (Some(start), Vec::new(), true);
    for token in tokens {
        match (&**token, open.last()) {
            ("∷", _) => continues = true,
            ("{", _) if continues => open.extend(path.clone()),
            (",", Some(prefix)) => {
                paths.extend(path.replace(Names::clone(prefix)));
                continues = true;
            }
            ("}", Some(_)) => {
                paths.extend(path.take());
                open.pop();
            }
            ("super", _) if continues => drop(path.as_mut().and_then(Names::pop)),
            (name, _) if continues => {
                if let (Some(path), false) = (&mut path, matches!(name, "self" | "*")) {
                    path.push(name.to_owned());
                }
                continues = false;
            }
            (_, None) => break,
            _ => {}
        }
    }
    paths.extend(path);
}

/// The module that defines an item. Imports and re-exports of the item are followed.
fn target(path: &[String], modules: &Modules, depth: u8) -> Option<Names> {
    let length = (0..=path.len())
        .rev()
        .find(|n| modules.contains_key(&path[..*n]))?;
    let module = path[..length].to_vec();
    let item = path.get(length).filter(|_| depth < 8);
    let elsewhere = item.and_then(|item| {
        let mut imports = imports(&module, modules).into_iter();
        imports.find(|path| path.len() > 1 && path.last() == Some(item))
    });
    let elsewhere = elsewhere.and_then(|path| target(&path, modules, depth + 1));
    elsewhere.or(Some(module))
}
