//! Explanations for serde.

use serde::{Serialize, Serializer};

use super::{Effect, Explanation, Method, Step};

/// With more steps, their lists are left out of serialized explanations: they would take a hundred
/// megabytes.
const MOST_LISTS: usize = 1000;

impl Serialize for Explanation {
    /// `method`, `lists_left_out` (true for more than a thousand steps) and `steps`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            method: Method,
            lists_left_out: bool,
            steps: Vec<StepFields<'a>>,
        }
        let lists = self.steps.len() <= MOST_LISTS;
        let fields = Fields {
            method: self.method,
            lists_left_out: !lists,
            steps: self.steps.iter().map(|s| s.fields(lists)).collect(),
        };
        fields.serialize(serializer)
    }
}

/// A step as it is serialized.
#[derive(Serialize)]
struct StepFields<'a> {
    part: &'a str,
    column: usize,
    effect: Effect,
    text: String,
    hint: Option<String>,
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
    moved: Vec<&'a str>,
    killed: Vec<&'a str>,
    /// The list after the step; none if it has not changed or lists are left out.
    list: Option<Vec<&'a str>>,
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

impl Step {
    fn fields(&self, list: bool) -> StepFields<'_> {
        let names = |suites| self.named(suites).map(|c| c.name).collect::<Vec<_>>();
        let unknown = self.effect == Effect::Unknown;
        let hint = if unknown { self.hint() } else { None };
        StepFields {
            part: self.part.text(),
            column: self.part.column(),
            effect: self.effect,
            text: self.to_string(),
            hint: hint.map(|hint| hint.to_string()),
            added: names(&self.added),
            removed: names(&self.removed),
            moved: names(&self.moved),
            killed: names(&self.killed),
            list: (list && self.changes_list()).then(|| names(&self.list)),
        }
    }
}
