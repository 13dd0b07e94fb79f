//! Host names in ASCII: IDNA 2003 (RFC 3490, 3491), as Python's `idna` codec does it.
//!
//! The later standards (IDNA 2008, UTS 46) convert `ß`, `ς` and joiners differently and reject
//! names that Python accepts. A ported program would then request a different server.

use std::borrow::Cow;

use stringprep::tables;
use unicode_normalization::UnicodeNormalization;

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

/// Maps and checks a label (RFC 3491): folds case and normalises equivalent characters.
fn nameprep(label: &str) -> Result<Vec<char>, LabelError> {
    let mapped = label
        .chars()
        .filter(|&c| !tables::commonly_mapped_to_nothing(c))
        .flat_map(fold);
    let prepared = normalized(mapped);
    if let Some(at) = prepared.iter().position(|&c| is_prohibited(c)) {
        return Err(LabelError {
            start: at,
            end: at + 1,
            reason: format!("Invalid character {}", Repr(&prepared[at].to_string())),
        });
    }
    check_direction(&prepared)?;
    Ok(prepared)
}

/// Folds the case of a character (RFC 3454, table B.2). As in Python, this includes letters that
/// got a lower case after Unicode 3.2, the version of the table.
fn fold(c: char) -> Vec<char> {
    let folded: Vec<char> = tables::case_fold_for_nfkc(c).collect();
    if folded != [c] {
        return folded;
    }
    let lower: Vec<char> = c.to_lowercase().collect();
    // RFC 3454, appendix B.2, defines the table: folding must be stable under NFKC.
    let once = normalized(lower.iter().copied());
    let twice = normalized(once.iter().copied().flat_map(tables::case_fold_for_nfkc));
    if once == twice { lower } else { twice }
}

/// NFKC of Unicode 3.2. Characters added later are not changed.
fn normalized(text: impl Iterator<Item = char>) -> Vec<char> {
    let text: Vec<char> = text.collect();
    let mut normalized = Vec::with_capacity(text.len());
    for part in text.chunk_by(|&a, &b| is_later(a) == is_later(b)) {
        if part.iter().copied().any(is_later) {
            normalized.extend(part);
        } else {
            normalized.extend(part.iter().copied().nfkc());
        }
    }
    normalized
}

/// Whether the character was added after Unicode 3.2.
fn is_later(c: char) -> bool {
    tables::unassigned_code_point(c)
}

fn is_prohibited(c: char) -> bool {
    tables::non_ascii_space_character(c)
        || tables::non_ascii_control_character(c)
        || tables::private_use(c)
        || tables::non_character_code_point(c)
        || tables::inappropriate_for_plain_text(c)
        || tables::inappropriate_for_canonical_representation(c)
        || tables::change_display_properties_or_deprecated(c)
        || tables::tagging_character(c)
}

/// A label with right-to-left letters must not contain left-to-right letters, and must begin and
/// end with a right-to-left letter (RFC 3454, section 6).
fn check_direction(label: &[char]) -> Result<(), LabelError> {
    let right_to_left = |c: char| !is_later(c) && tables::bidi_r_or_al(c);
    if !label.iter().copied().any(right_to_left) {
        return Ok(());
    }
    let left_to_right = |c: char| !is_later(c) && tables::bidi_l(c);
    let last = label.len() - 1;
    let (at, requirement) = if let Some(at) = label.iter().position(|&c| left_to_right(c)) {
        (at, 2)
    } else if !right_to_left(label[0]) {
        (0, 3)
    } else if !right_to_left(label[last]) {
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
