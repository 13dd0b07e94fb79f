//! Asks CPython.

use std::io::Write;
use std::process::{Command, Stdio};

/// What `script` prints for `input`, or `None`, said aloud, where there is no Python 3.12 or newer.
/// `PYSSL_PYTHON` names another interpreter than `python3`.
pub(crate) fn python(script: &str, input: &[u8]) -> Option<String> {
    let names = [std::env::var("PYSSL_PYTHON").ok()]
        .into_iter()
        .flatten()
        .chain(["python3.13".into(), "python3".into()]);
    let Some(python) = names.into_iter().find(|name| is_new_enough(name)) else {
        eprintln!("SKIPPED: no Python 3.12 or newer with an ssl module to compare with");
        return None;
    };
    let mut child = Command::new(python)
        .args(["-I", "-X", "utf8", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "Python failed");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn is_new_enough(name: &str) -> bool {
    Command::new(name)
        .args([
            "-c",
            "import ssl, sys; sys.exit(sys.version_info < (3, 12))",
        ])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
