//! Explanations for serde.

use serde::{Serialize, Serializer};

use super::{Effect, Explanation, Step};
use crate::serial::fields;

/// The maximum number of steps whose lists of suites are serialized. The lists of an explanation
/// with more steps could take a hundred megabytes.
const MOST_LISTS: usize = 1000;

fields! {
    /// `method`, `lists_left_out` (true for more than a thousand steps) and `steps`.
    Explanation, this:
    method = this.method,
    lists_left_out = this.steps.len() > MOST_LISTS,
    steps = serialized(&this.steps),
}

/// A step, and whether its list is serialized.
struct StepFields<'a>(&'a Step, bool);

fn serialized(steps: &[Step]) -> Vec<StepFields<'_>> {
    let lists = steps.len() <= MOST_LISTS;
    steps.iter().map(|step| StepFields(step, lists)).collect()
}

fields! {
    StepFields<'_>, this:
    part = this.0.part.text(),
    column = this.0.part.column(),
    effect = this.0.effect,
    text = this.0.to_string(),
    hint = this.hint(),
    added = this.names(&this.0.added),
    removed = this.names(&this.0.removed),
    moved = this.names(&this.0.moved),
    killed = this.names(&this.0.killed),
    // The list is `None` if it has not changed, or if lists are left out.
    list = (this.1 && this.0.changes_list()).then(|| this.names(&this.0.list)),
}

impl StepFields<'_> {
    fn hint(&self) -> Option<String> {
        let unknown = self.0.effect == Effect::Unknown;
        let hint = if unknown { self.0.hint() } else { None };
        hint.map(|hint| hint.to_string())
    }

    fn names(&self, suites: &[u16]) -> Vec<&str> {
        self.0.named(suites).map(|cipher| cipher.name).collect()
    }
}

impl Serialize for Effect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Effect::Added => "added",
            Effect::Removed => "removed",
            Effect::Moved => "moved",
            Effect::Excluded => "excluded",
            Effect::SetsLevel(_) => "sets-level",
            Effect::None(_) => "none",
            Effect::Unknown => "unknown",
        })
    }
}
