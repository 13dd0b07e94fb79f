use std::fmt;

use serde::{Serialize, Serializer};

use super::moves::fewest_moved;
use super::{Cipher, CipherString, CipherStringError, Severity, Weakness};
use crate::CipherExt;
use crate::serial::fields;

/// The difference between two cipher strings, from [`CipherString::diff`].
#[derive(Debug, Clone)]
pub struct CipherDiff {
    added: Vec<Cipher>,
    removed: Vec<Cipher>,
    reordered: Vec<Reordered>,
    security_levels: (u32, u32),
    weakenings: Vec<Weakening>,
}

/// A suite that both strings select, at different places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reordered {
    /// The suite.
    #[serde(rename = "name", serialize_with = "name")]
    pub cipher: Cipher,
    /// The suite's place in the old list, counted from 1.
    pub from: usize,
    /// The suite's place in the new list, counted from 1.
    pub to: usize,
}

/// A way in which the second string is weaker than the first.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakening {
    /// A weak suite was added.
    WeakSuiteAdded {
        /// The suite.
        cipher: Cipher,
        /// Why it is weak.
        why: Vec<Weakness>,
    },
    /// The weakest suite has fewer bits than before.
    FewerBits {
        /// The fewest bits in the old string.
        from: i32,
        /// The fewest bits in the new string.
        to: i32,
    },
    /// No suite with forward secrecy is left, apart from those that need a PSK.
    ForwardSecrecyLost,
    /// The most preferred suite is weak, and was not before.
    WeakFirstChoice {
        /// The first suite of the new string.
        cipher: Cipher,
        /// Why it is weak.
        why: Vec<Weakness>,
    },
    /// The security level is lower.
    LowerSecurityLevel {
        /// The level of the old string.
        from: u32,
        /// The level of the new string.
        to: u32,
    },
    /// A weak suite moved before a good one.
    WeakSuitePreferred {
        /// The weak suite.
        cipher: Cipher,
        /// The good suite to which the weak one is preferred now.
        before: Cipher,
    },
}

impl CipherString {
    /// The changes if `other` replaces this string.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::CipherString;
    ///
    /// let old = CipherString::parse("ECDHE+AESGCM")?;
    /// let new = CipherString::parse("ECDHE+AESGCM:AES128-SHA")?;
    /// let diff = old.diff(&new)?;
    /// assert_eq!(diff.added()[0].name, "AES128-SHA");
    /// assert!(diff.is_weaker());
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `No cipher can be selected.` if one of the strings selects no suite.
    pub fn diff(&self, other: &CipherString) -> Result<CipherDiff, CipherStringError> {
        let (old, new) = (self.resolve()?, other.resolve()?);
        let levels = (old.security_level(), new.security_level());
        Ok(CipherDiff::of_lists(old.ciphers(), new.ciphers(), levels))
    }
}

impl CipherDiff {
    /// The difference between two lists.
    pub(super) fn of_lists(old: &[Cipher], new: &[Cipher], levels: (u32, u32)) -> CipherDiff {
        let without = |of: &[Cipher], other: &[Cipher]| -> Vec<Cipher> {
            let gone = of.iter().filter(|c| other.iter().all(|o| o.id != c.id));
            gone.cloned().collect()
        };
        let mut diff = CipherDiff {
            added: without(new, old),
            removed: without(old, new),
            reordered: reordered(old, new),
            security_levels: levels,
            weakenings: Vec::new(),
        };
        diff.find_weakenings(old, new);
        diff
    }

    fn find_weakenings(&mut self, old: &[Cipher], new: &[Cipher]) {
        let found = &mut self.weakenings;
        for cipher in &self.added {
            let why = bad(cipher);
            if !why.is_empty() {
                let cipher = cipher.clone();
                found.push(Weakening::WeakSuiteAdded { cipher, why });
            }
        }
        // For CCM-8 suites, `strength_bits` is the key length in OpenSSL 3.0, and the tag length (64) in
        // 3.6 and 4.0. `alg_bits` is the same in all.
        let bits = |c: &Cipher| match c.weaknesses().contains(&Weakness::ShortTag) {
            true => c.alg_bits,
            false => c.strength_bits,
        };
        let least = |list: &[Cipher]| list.iter().map(bits).min();
        if let (Some(from), Some(to)) = (least(old), least(new)) {
            if to < from {
                found.push(Weakening::FewerBits { from, to });
            }
        }
        let secret = |list: &[Cipher]| {
            let mut governed = list.iter().filter(|c| !c.is_tls13());
            governed.any(|c| c.forward_secret() && !c.weaknesses().contains(&Weakness::NeedsPsk))
        };
        if secret(old) && !secret(new) {
            found.push(Weakening::ForwardSecrecyLost);
        }
        let first = |list: &[Cipher]| list.iter().find(|c| !c.is_tls13()).cloned();
        if let (Some(before), Some(now)) = (first(old), first(new)) {
            let why = bad(&now);
            if bad(&before).is_empty() && !why.is_empty() {
                found.push(Weakening::WeakFirstChoice { cipher: now, why });
            }
        }
        let (from, to) = self.security_levels;
        if to < from {
            found.push(Weakening::LowerSecurityLevel { from, to });
        }
        let place = |list: &[Cipher], c: &Cipher| list.iter().position(|o| o.id == c.id);
        for moved in &self.reordered {
            let cipher = &moved.cipher;
            if bad(cipher).is_empty() {
                continue;
            }
            let overtaken = new.iter().skip(moved.to).find(|other| {
                let stood_before = place(old, other).is_some_and(|at| at + 1 < moved.from);
                stood_before && bad(other).is_empty()
            });
            if let Some(before) = overtaken {
                found.push(Weakening::WeakSuitePreferred {
                    cipher: cipher.clone(),
                    before: before.clone(),
                });
            }
        }
    }

    /// Suites that only the new string selects.
    pub fn added(&self) -> &[Cipher] {
        &self.added
    }

    /// Suites that only the old string selects.
    pub fn removed(&self) -> &[Cipher] {
        &self.removed
    }

    /// Suites that both strings select, but in another order. The list has as few suites as
    /// possible: if these are moved, the old order becomes the new one.
    pub fn reordered(&self) -> &[Reordered] {
        &self.reordered
    }

    /// The security level before and after.
    pub fn security_levels(&self) -> (u32, u32) {
        self.security_levels
    }

    /// The ways in which the new string is weaker; empty if it is not weaker.
    pub fn weakenings(&self) -> &[Weakening] {
        &self.weakenings
    }

    /// Whether the new string is weaker in any way.
    pub fn is_weaker(&self) -> bool {
        !self.weakenings.is_empty()
    }

    /// Whether both strings select the same suites in the same order, at the same security level.
    pub fn is_empty(&self) -> bool {
        let same_level = self.security_levels.0 == self.security_levels.1;
        self.added.is_empty() && self.removed.is_empty() && self.reordered.is_empty() && same_level
    }
}

/// The weaknesses that are errors or warnings.
fn bad(cipher: &Cipher) -> Vec<Weakness> {
    if cipher.severity() < Some(Severity::Warning) {
        return Vec::new();
    }
    let mut why = cipher.weaknesses();
    why.retain(|w| w.severity() >= Severity::Warning);
    why
}

fn reordered(old: &[Cipher], new: &[Cipher]) -> Vec<Reordered> {
    // Suites are compared by their indices in `old`, which fit into 16 bits: a list has a few
    // hundred suites at most.
    let place = |c: &Cipher| old.iter().position(|o| o.id == c.id);
    let after: Vec<u16> = new
        .iter()
        .filter_map(place)
        .filter_map(|at| u16::try_from(at).ok())
        .collect();
    let before: Vec<u16> = (0..).take(old.len()).collect();
    let moved = fewest_moved(&before, &after, old.len());
    let entry = |&index: &u16| {
        let from = usize::from(index);
        let cipher = old.get(from)?.clone();
        let to = new.iter().position(|c| c.id == cipher.id)?;
        Some(Reordered {
            cipher,
            from: from + 1,
            to: to + 1,
        })
    };
    moved.iter().filter_map(entry).collect()
}

fn name<S: Serializer>(cipher: &Cipher, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cipher.name)
}

fn names(ciphers: &[Cipher]) -> Vec<&str> {
    ciphers.iter().map(|cipher| cipher.name).collect()
}

fields! {
    /// `added` and `removed` (names), `reordered`, the two security levels, `weaker`, and `weakenings` in
    /// words.
    CipherDiff, this:
    added = names(&this.added),
    removed = names(&this.removed),
    reordered = this.reordered,
    security_level_from = this.security_levels.0,
    security_level_to = this.security_levels.1,
    weaker = this.is_weaker(),
    weakenings = this.weakenings,
}

impl Serialize for Weakening {
    /// The text of `Display`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |why: &[Weakness]| {
            let words: Vec<_> = why.iter().map(Weakness::to_string).collect();
            words.join(", ")
        };
        match self {
            Weakening::WeakSuiteAdded { cipher, why } => {
                write!(f, "{} was added ({})", cipher.name, list(why))
            }
            Weakening::FewerBits { from, to } => {
                write!(f, "the weakest suite has {to} bits, before {from}")
            }
            Weakening::ForwardSecrecyLost => f.write_str("no suite with forward secrecy is left"),
            Weakening::WeakFirstChoice { cipher, why } => {
                write!(f, "the first choice is {} ({})", cipher.name, list(why))
            }
            Weakening::LowerSecurityLevel { from, to } => {
                write!(f, "the security level went from {from} to {to}")
            }
            Weakening::WeakSuitePreferred { cipher, before } => {
                write!(f, "{} is preferred to {} now", cipher.name, before.name)
            }
        }
    }
}
