//! Which names of classes are methods, and which are properties.

use super::rules;

/// Prints `name method` or `name property` for each name. Names that this Python does not have are left out, and so are
/// attributes that only instances have.
const SCRIPT: &str = "
import asyncio, importlib, socket, ssl, sys
OWN = {'socket.connection': socket.socket, 'socket.listener': socket.socket, 'socket.unix': socket.socket}
def find(path):
    if path in OWN:
        return OWN[path]
    parts = path.split('.')
    for end in range(len(parts) - 1, 0, -1):
        try:
            value = importlib.import_module('.'.join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            value = getattr(value, part)
        return value
for name in sys.argv[1].split():
    path, last = name.rsplit('.', 1)
    try:
        found = getattr(find(path), last)
    except AttributeError:
        continue
    print(name, 'method' if callable(found) else 'property')
";

#[test]
fn methods_of_the_rules_are_methods_in_python() {
    let Some(python) = pyssl_testing::python::python_or_skip() else {
        return;
    };
    let mut kinds = Vec::new();
    for rule in &rules().list {
        let rust = rule.rust.as_deref().unwrap_or_default();
        for name in rule.names.iter().filter(|_| rust.contains("{self}")) {
            kinds.push((name.as_str(), rule.is_method()));
        }
    }
    let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
    let printed = python.run(SCRIPT, &[&names.join(" ")]).expect_success();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in printed.lines() {
        let (name, kind) = line.split_once(' ').unwrap();
        let found = kinds.iter().find(|(known, _)| *known == name).unwrap();
        count += 1;
        if found.1 != (kind == "method") {
            wrong.push(line);
        }
    }
    assert!(count > 80, "{printed}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A comment between two expressions says nothing to the compiler, so a line with it alone has no effect.
#[test]
fn comments_in_templates_stand_in_blocks_only() {
    let mut wrong = Vec::new();
    for rule in &rules().list {
        let comments = rule.parameters.iter().filter(|p| p.kind == "comment");
        let comments: Vec<String> = comments.map(|p| format!("{{{}}}", p.name)).collect();
        let forms = rule.forms.iter().filter_map(|form| form.get(1));
        for template in rule.rust.iter().chain(forms) {
            let mut places = comments.iter().filter_map(|place| template.find(place));
            if places.any(|place| !template[..place].ends_with("{ ")) {
                wrong.push((&rule.names[0], template));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
