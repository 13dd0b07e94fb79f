mod serialized;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::library::{Library, ListOutcome, ScratchContext};
use super::moves::{fewest_moved, in_both};
use super::rules::{Rule, State};
use super::{
    Cipher, CipherDiff, CipherString, CipherStringError, CipherStringErrorKind, Hint, Operator,
    Part, PartKind,
};

/// The maximum number of parts of a string that is evaluated by `Method::Prefixes`.
const MAX_PREFIXES: usize = 500;

/// The effect of each part of a cipher string, from [`CipherString::explain`].
#[derive(Clone)]
pub struct Explanation {
    steps: Vec<Step>,
    ciphers: Vec<Cipher>,
    method: Method,
    security_level: u32,
    pub(super) library: Arc<Library>,
}

/// The method by which an [`Explanation`] was computed.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// This crate evaluated the string, and its list is the same as OpenSSL's.
    Rules,
    /// This crate's list differs from OpenSSL's, so OpenSSL evaluated the string up to each part.
    Prefixes,
    /// This crate evaluated the string with the table of another version; see
    /// [`KnownOpenssl`](super::KnownOpenssl).
    Table,
}

/// One part of a cipher string and its effect.
///
/// `Display` is one line: `removes 12 of 128`.
#[derive(Clone)]
pub struct Step {
    part: Part,
    effect: Effect,
    added: Box<[u16]>,
    removed: Box<[u16]>,
    moved: Box<[u16]>,
    killed: Box<[u16]>,
    before: usize,
    list: Arc<[u16]>,
    library: Arc<Library>,
}

/// The effect of a part.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Suites were put at the end of the list.
    Added,
    /// Suites left the list.
    Removed,
    /// Suites changed places.
    Moved,
    /// The list has not changed, but later parts can no longer add these suites.
    Excluded,
    /// The security level was set.
    SetsLevel(u8),
    /// No effect.
    None(NoEffect),
    /// OpenSSL does not know the name and ignored the part.
    Unknown,
}

/// Why a part has no effect.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoEffect {
    /// The linked OpenSSL has no such suite.
    NothingMatches,
    /// The names exclude each other.
    Contradiction,
    /// The suites that the part adds are in the list already.
    AlreadyListed,
    /// An earlier `!` has excluded the suites permanently.
    ExcludedBefore,
    /// The suites that the part removes or moves are not in the list.
    NotListed,
    /// The suites that the part moves are at the end already, or the list is sorted already.
    AlreadyInOrder,
    /// OpenSSL ignores the text of the part.
    Unread,
}

impl CipherString {
    /// The effect of each part, in order.
    ///
    /// The list after the last part is always the list of the linked OpenSSL for the string. A
    /// string that selects nothing is explained too.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{CipherString, Effect};
    ///
    /// let explanation = CipherString::parse("HIGH:!aNUL:!aNULL")?.explain()?;
    /// let effects: Vec<_> = explanation.steps().iter().map(|step| step.effect()).collect();
    /// assert_eq!(effects, [Effect::Added, Effect::Unknown, Effect::Removed]);
    /// assert_eq!(explanation.steps()[1].hint().unwrap().to_string(), "did you mean `aNULL`?");
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Only if OpenSSL fails (out of memory, no usable algorithms).
    pub fn explain(&self) -> Result<Explanation, CipherStringError> {
        let mut scratch = ScratchContext::new().map_err(|e| CipherStringError::library(&e))?;
        let ciphers = match scratch.set(self.as_str()) {
            ListOutcome::Listed(list) => list,
            ListOutcome::Nothing => Library::current()?.tls13.clone(),
            ListOutcome::Refused(e) => return Err(CipherStringError::library(&e)),
        };
        let real: Vec<u32> = ciphers
            .iter()
            .filter(|c| !c.is_tls13())
            .map(|c| c.id)
            .collect();
        let steps = self.steps_by_rules();
        if ends_with(&steps, &real) {
            return Ok(self.explanation(steps, ciphers, Method::Rules));
        }
        // The cached facts about the library may be outdated, because a provider has been loaded
        // since.
        let again = CipherString::parse_with(self.as_str(), Library::refresh()?)?;
        let steps = again.steps_by_rules();
        if ends_with(&steps, &real) {
            return Ok(again.explanation(steps, ciphers, Method::Rules));
        }
        // Evaluating every prefix takes quadratic time, so the number of parts is limited.
        if again.parts().len() > MAX_PREFIXES {
            return Err(CipherStringError::new(
                CipherStringErrorKind::Library,
                0..0,
                "the evaluation of the string differs from OpenSSL's, and the string is too long \
                 to ask OpenSSL for the list after each part",
            ));
        }
        let steps = again.steps_by_prefixes(&mut scratch);
        Ok(again.explanation(steps, ciphers, Method::Prefixes))
    }

    fn explanation(&self, steps: Vec<Step>, ciphers: Vec<Cipher>, method: Method) -> Explanation {
        let own = self.security_level().map(u32::from);
        Explanation {
            steps,
            ciphers,
            method,
            security_level: own.unwrap_or(self.library.security_level),
            library: self.library.clone(),
        }
    }

    /// Evaluates the string without OpenSSL, by the rules of the module `rules`, for a version that
    /// is not linked.
    pub(super) fn explain_by_rules(&self) -> Explanation {
        let steps = self.steps_by_rules();
        let listed = steps.iter().last().into_iter().flat_map(Step::list);
        let ciphers = self.library.tls13.iter().chain(listed).cloned().collect();
        self.explanation(steps, ciphers, Method::Table)
    }

    fn steps_by_rules(&self) -> Vec<Step> {
        let mut state = State::new(self.library.suites.len());
        self.steps(|part| {
            state.apply(&part.rule, &self.library.suites, &self.library.default);
            (state.listed(), state.alive().to_vec())
        })
    }

    pub(super) fn steps_by_prefixes(&self, scratch: &mut ScratchContext) -> Vec<Step> {
        self.steps(|part| {
            let prefix = &self.as_str()[..part.span().end];
            let listed = scratch.ids(prefix);
            let alive = scratch.ids(&format!("{prefix}:ALL:COMPLEMENTOFALL"));
            (self.library.indices(&listed), self.library.indices(&alive))
        })
    }

    /// Makes one step for each part. `evaluate` returns the list after the part, and all suites
    /// that have not been excluded permanently.
    fn steps(&self, mut evaluate: impl FnMut(&Part) -> (Vec<u16>, Vec<u16>)) -> Vec<Step> {
        let len = self.library.suites.len();
        let mut list: Arc<[u16]> = Arc::new([]);
        let mut alive = vec![true; len];
        let mut steps = Vec::with_capacity(self.parts().len());
        for part in self.parts() {
            let (listed, living) = evaluate(part);
            let mut still = vec![false; len];
            living.iter().for_each(|i| still[usize::from(*i)] = true);
            let killed = (0..)
                .zip(&alive)
                .zip(&still)
                .filter(|((_, was), is)| **was && !**is);
            let mut step = Step {
                part: part.clone(),
                effect: Effect::Unknown,
                added: difference(&listed, &list, len),
                removed: difference(&list, &listed, len),
                moved: moved(&list, &listed, len),
                killed: killed.map(|((i, _), _)| i).collect(),
                before: list.len(),
                list: list.clone(),
                library: self.library.clone(),
            };
            step.effect = step.find_effect(&alive);
            if *listed != *list {
                list = listed.into();
                step.list = list.clone();
            }
            alive = still;
            steps.push(step);
        }
        steps
    }
}

fn ends_with(steps: &[Step], real: &[u32]) -> bool {
    let Some(last) = steps.last() else {
        return false;
    };
    last.list.len() == real.len() && last.list().map(|c| c.id).eq(real.iter().copied())
}

fn difference(of: &[u16], without: &[u16], len: usize) -> Box<[u16]> {
    let mut there = vec![false; len];
    without.iter().for_each(|i| there[usize::from(*i)] = true);
    of.iter()
        .copied()
        .filter(|i| !there[usize::from(*i)])
        .collect()
}

/// The suites in both lists that changed places. A `+` moves suites to the end of the list and
/// keeps the order of the others. The old positions, in the new order, then decrease at one place
/// only, and the suites from this place on have moved. If they decrease at several places, the
/// result is a smallest set of suites whose move explains the new order.
fn moved(before: &[u16], after: &[u16], len: usize) -> Box<[u16]> {
    let common = in_both(before, after, len);
    let breaks: Vec<usize> = (1..common.len())
        .filter(|&k| common[k - 1].1 > common[k].1)
        .collect();
    match breaks[..] {
        [] => Box::new([]),
        [only] => common[only..].iter().map(|(i, _)| *i).collect(),
        _ => fewest_moved(before, after, len),
    }
}

impl Explanation {
    /// The parts and their effects.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// OpenSSL's own list for the whole string, TLS 1.3 first.
    pub fn ciphers(&self) -> &[Cipher] {
        &self.ciphers
    }

    /// Whether the string selects nothing, so that `set_ciphers` would fail.
    pub fn selects_nothing(&self) -> bool {
        self.ciphers.iter().all(Cipher::is_tls13)
    }

    /// The security level: the one that the string sets, or the library's default.
    pub fn security_level(&self) -> u32 {
        self.security_level
    }

    /// The difference from another explanation: of another string, or of the same string with
    /// another version of OpenSSL.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::KnownOpenssl;
    ///
    /// let on = |name| KnownOpenssl::named(name).ok_or("no table").unwrap();
    /// let before = on("3.6").explain("sslv3:AES128-SHA")?;
    /// let after = on("4.0").explain("AES128-SHA:ecdhe+aesgcm")?;
    /// assert_eq!(before.diff(&after).added().len(), 4);
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    pub fn diff(&self, other: &Explanation) -> CipherDiff {
        let levels = (self.security_level, other.security_level);
        CipherDiff::of_lists(&self.ciphers, &other.ciphers, levels)
    }

    /// The method by which the explanation was computed.
    pub fn method(&self) -> Method {
        self.method
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("steps", &self.steps)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Step {
    fn find_effect(&self, alive: &[bool]) -> Effect {
        match self.part.kind {
            PartKind::Unknown => return Effect::Unknown,
            PartKind::SecurityLevel(level) => return Effect::SetsLevel(level),
            PartKind::Contradiction => return Effect::None(NoEffect::Contradiction),
            PartKind::Unread => return Effect::None(NoEffect::Unread),
            _ => {}
        }
        if !self.added.is_empty() {
            return Effect::Added;
        }
        if !self.removed.is_empty() {
            return Effect::Removed;
        }
        if !self.moved.is_empty() {
            return Effect::Moved;
        }
        if !self.killed.is_empty() {
            return Effect::Excluded;
        }
        let (Rule::Add(selector)
        | Rule::Remove(selector)
        | Rule::MoveToEnd(selector)
        | Rule::Kill(selector)) = &self.part.rule
        else {
            return Effect::None(NoEffect::AlreadyInOrder);
        };
        let all = (0..).zip(&self.library.suites);
        let matching: Vec<u16> = all
            .filter(|(i, suite)| selector.selects(*i, &suite.properties))
            .map(|(i, _)| i)
            .collect();
        let living = || matching.iter().filter(|i| alive[usize::from(**i)]);
        Effect::None(if matching.is_empty() {
            NoEffect::NothingMatches
        } else if living().next().is_none() {
            NoEffect::ExcludedBefore
        } else if self.part.operator == Operator::Add {
            NoEffect::AlreadyListed
        } else if living().any(|i| self.list.contains(i)) {
            NoEffect::AlreadyInOrder
        } else {
            NoEffect::NotListed
        })
    }

    fn named<'a>(&'a self, suites: &'a [u16]) -> impl ExactSizeIterator<Item = &'a Cipher> {
        suites.iter().map(|i| &self.library.suite(*i).cipher)
    }

    /// Whether the part added, removed or moved suites.
    pub fn changes_list(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.moved.is_empty())
    }

    /// The part.
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// The effect of the part.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The suites that the part put into the list.
    pub fn added(&self) -> impl ExactSizeIterator<Item = &Cipher> {
        self.named(&self.added)
    }

    /// The suites that the part took out of the list.
    pub fn removed(&self) -> impl ExactSizeIterator<Item = &Cipher> {
        self.named(&self.removed)
    }

    /// The suites that the part moved within the list.
    pub fn moved(&self) -> impl ExactSizeIterator<Item = &Cipher> {
        self.named(&self.moved)
    }

    /// The suites that this part excludes permanently, also those that were not in the list before.
    pub fn killed(&self) -> impl ExactSizeIterator<Item = &Cipher> {
        self.named(&self.killed)
    }

    /// The list after the part, without the suites of TLS 1.3.
    pub fn list(&self) -> impl ExactSizeIterator<Item = &Cipher> {
        self.named(&self.list)
    }

    /// For an unknown name, the probable intention.
    pub fn hint(&self) -> Option<Hint> {
        Hint::for_part(&self.part, &self.library)
    }

    pub(super) fn killed_indices(&self) -> &[u16] {
        &self.killed
    }
}

impl fmt::Display for NoEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoEffect::NothingMatches => "this OpenSSL has no such suite",
            NoEffect::Contradiction => "the names exclude each other",
            NoEffect::AlreadyListed => "all of it is in the list already",
            NoEffect::ExcludedBefore => "an earlier `!` excluded all of it permanently",
            NoEffect::NotListed => "none of it is in the list",
            NoEffect::AlreadyInOrder => "the list is in that order already",
            NoEffect::Unread => "OpenSSL does not read it",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.effect {
            Effect::Added if self.removed.is_empty() => write!(f, "adds {}", self.added.len()),
            Effect::Added => write!(
                f,
                "adds {}, removes {}",
                self.added.len(),
                self.removed.len()
            ),
            Effect::Removed => write!(f, "removes {} of {}", self.removed.len(), self.before),
            Effect::Moved => write!(f, "moves {} of {}", self.moved.len(), self.before),
            Effect::Excluded => {
                write!(f, "excludes {} that are not in the list", self.killed.len())
            }
            Effect::SetsLevel(level) => write!(f, "sets security level {level}"),
            Effect::None(why) => write!(f, "no effect: {why}"),
            Effect::Unknown => {
                f.write_str("unknown to this OpenSSL")?;
                match self.hint() {
                    Some(hint) => write!(f, ": {hint}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |suites: &[u16]| self.named(suites).map(|c| c.name).collect::<Vec<_>>();
        f.debug_struct("Step")
            .field("part", &self.part.text())
            .field("effect", &self.effect)
            .field("added", &names(&self.added))
            .field("removed", &names(&self.removed))
            .field("moved", &names(&self.moved))
            .field("killed", &names(&self.killed))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After each part, the rule engine's list and the suites that can still be added are the same
    /// as in OpenSSL.
    #[test]
    fn the_rule_engine_selects_the_same_suites_as_openssl_after_every_part() {
        for text in [
            "HIGH:-AES128:!aNULL:AES128:+kRSA:@STRENGTH",
            "ALL:COMPLEMENTOFALL:-eNULL:+AES256:-aRSA:ALL:!SHA1:COMPLEMENTOFALL",
            "DEFAULT:+SHA1:ALL:-AES:AES128+kRSA:COMPLEMENTOFDEFAULT+HIGH",
            "DEFAULT@SECLEVEL=1:!kRSA:+DHE:PSK:-PSK:!kPSK:PSK",
            "BOGUS:RSA+ECDHE:AES128!SHA1:kRSA:RSA",
            "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH",
            "kRSA:-AES256:-CAMELLIA:-eNULL:eNULL:AES:!CBC:CBC",
        ] {
            let string = CipherString::parse(text).unwrap();
            let mut scratch = ScratchContext::new().unwrap();
            let rules = string.steps_by_rules();
            let prefixes = string.steps_by_prefixes(&mut scratch);
            assert_eq!(rules.len(), prefixes.len(), "{text}");
            for (ours, theirs) in rules.iter().zip(&prefixes) {
                assert_eq!(ours.list, theirs.list, "{text}: after {}", ours.part);
                assert_eq!(ours.killed, theirs.killed, "{text}: {}", ours.part);
                assert_eq!(ours.effect, theirs.effect, "{text}: {}", ours.part);
            }
        }
    }

    #[test]
    fn moved_suites_are_those_whose_relative_order_changed() {
        assert!(moved(&[0, 1, 2], &[0, 1, 2], 3).is_empty());
        assert_eq!(*moved(&[0, 1, 2, 3], &[0, 2, 1, 3], 4), [1, 3]);
        assert_eq!(*moved(&[0, 1, 2, 3], &[0, 1, 3, 2], 4), [2]);
        assert_eq!(moved(&[0, 1, 2, 3, 4], &[4, 3, 2, 1, 0], 5).len(), 4);
        assert_eq!(*moved(&[5, 1], &[2, 1, 5], 6), [5]);
    }
}
