//! Host names in ASCII: IDNA 2003 (RFC 3490, 3491), as Python's `idna` codec does it.
//!
//! The later standards (IDNA 2008, UTS 46) convert `ß`, `ς` and joiners differently and reject
//! names that Python accepts. A ported program would then request a different server.

use std::borrow::Cow;

use super::nameprep::{self, is_left_to_right, is_right_to_left};
use super::punycode;
use crate::error::{Result, codec};
use crate::text::Repr;

const CODEC: &str = "idna";

/// The exclusive upper limit for the length of a label, in bytes.
const LABEL_END: usize = 64;

/// An error in a label: the characters that are wrong, and the reason.
struct LabelError {
    start: usize,
    end: usize,
    reason: String,
}

/// Converts a name to A-labels. ASCII names are not changed.
pub(super) fn to_ascii(name: &str) -> Result<Cow<'_, str>> {
    if name.is_ascii() {
        return check_ascii(name).map(|()| name.into());
    }
    // Full stops of other scripts separate labels too (RFC 3490, section 3.1).
    let mut labels: Vec<&str> = name
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .collect();
    let trailing_dot = labels.last().is_some_and(|last| last.is_empty());
    if trailing_dot {
        labels.pop();
    }
    let mut ascii = String::with_capacity(name.len());
    let mut offset = 0;
    for label in labels {
        if offset > 0 {
            ascii.push('.');
        }
        let converted = label_to_ascii(label).map_err(|error| {
            let (start, end) = (offset + error.start, offset + error.end);
            codec::cannot_encode(CODEC, name, start, end, &error.reason)
        })?;
        ascii.push_str(&converted);
        offset += label.chars().count() + 1;
    }
    if trailing_dot {
        ascii.push('.');
    }
    Ok(ascii.into())
}

/// Rejects empty labels, except the root label, and long labels.
fn check_ascii(name: &str) -> Result<()> {
    let mut offset = 0;
    let mut long = None;
    for label in name.split('.') {
        let end = offset + label.len();
        if label.is_empty() && end < name.len() {
            return Err(codec::cannot_encode(
                CODEC,
                name,
                offset,
                offset + 1,
                "label empty",
            ));
        }
        if label.len() >= LABEL_END {
            long = long.or(Some((offset, end)));
        }
        offset = end + 1;
    }
    // As in Python, an empty label anywhere is reported before a long one.
    match long {
        Some((start, end)) => Err(codec::cannot_encode(
            CODEC,
            name,
            start,
            end,
            "label too long",
        )),
        None => Ok(()),
    }
}

/// ToASCII (RFC 3490, section 4.1), with AllowUnassigned and without UseSTD3ASCIIRules.
fn label_to_ascii(label: &str) -> Result<String, LabelError> {
    let label: Vec<char> = if label.is_ascii() {
        label.chars().collect()
    } else {
        nameprep(label)?
    };
    let error = |start, end, reason: &str| LabelError {
        start,
        end,
        reason: reason.to_owned(),
    };
    let too_long = || error(0, label.len(), "label too long");
    if label.is_empty() {
        return Err(error(0, 1, "label empty"));
    }
    if label.iter().all(char::is_ascii) {
        return match label.len() {
            ..LABEL_END => Ok(label.iter().collect()),
            _ => Err(too_long()),
        };
    }
    let prefix: String = label.iter().take(4).collect();
    if prefix.to_lowercase() == "xn--" {
        return Err(error(0, 4, "Label starts with ACE prefix"));
    }
    let encoded = punycode::encode(&label).ok_or_else(too_long)?;
    let ascii = format!("xn--{encoded}");
    if ascii.len() < LABEL_END {
        Ok(ascii)
    } else {
        Err(too_long())
    }
}

/// Maps, normalizes and checks a label (RFC 3491).
fn nameprep(label: &str) -> Result<Vec<char>, LabelError> {
    let prepared = nameprep::prepare(label);
    if let Some(at) = prepared.iter().position(|&c| nameprep::is_prohibited(c)) {
        return Err(LabelError {
            start: at,
            end: at + 1,
            reason: format!("Invalid character {}", Repr(&prepared[at].to_string())),
        });
    }
    check_direction(&prepared)?;
    Ok(prepared)
}

/// Checks that a label with right-to-left letters has no left-to-right letters, and begins and ends
/// with a right-to-left letter (RFC 3454, section 6).
fn check_direction(label: &[char]) -> Result<(), LabelError> {
    if !label.iter().any(|&c| is_right_to_left(c)) {
        return Ok(());
    }
    let last = label.len() - 1;
    let (at, requirement) = if let Some(at) = label.iter().position(|&c| is_left_to_right(c)) {
        (at, 2)
    } else if !is_right_to_left(label[0]) {
        (0, 3)
    } else if !is_right_to_left(label[last]) {
        (last, 3)
    } else {
        return Ok(());
    };
    Err(LabelError {
        start: at,
        end: at + 1,
        reason: format!("Violation of BIDI requirement {requirement}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pyssl_testing::python::python_or_skip;

    const EVERY_CHARACTER: &str = "
import sys
from encodings.idna import nameprep
results = []
for c in range(0x80, 0x110000):
    if 0xd800 <= c < 0xe000:
        continue
    try:
        results.append(nameprep(chr(c)))
    except UnicodeError as e:
        results.append(f'error at {e.start} to {e.end}: {e.reason}')
sys.stdout.buffer.write('\\n'.join(results).encode())
";

    #[test]
    fn nameprep_maps_every_character_as_in_python() {
        // Python 3.12 does not report where the error is, and Python 3.14 has a newer Unicode.
        let Some(python) = python_or_skip().filter(|python| python.version().1 == 13) else {
            pyssl_testing::skipped("the tables are those of Python 3.13");
            return;
        };
        let output = python.run(EVERY_CHARACTER, &[] as &[&str]);
        let mut expected = output.stdout.split('\n');
        for c in '\u{80}'..=char::MAX {
            let prepared = nameprep(&c.to_string()).map_or_else(
                |e| format!("error at {} to {}: {}", e.start, e.end, e.reason),
                String::from_iter,
            );
            assert_eq!(Some(&prepared[..]), expected.next(), "{c:?}");
        }
        assert_eq!(expected.next(), None);
    }
}
