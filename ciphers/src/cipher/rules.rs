//! The evaluation of a string: how each part changes OpenSSL's list.
//!
//! OpenSSL's list has every suite, enabled or not. A part without an operator enables suites and
//! puts them at the end of the list. `-` disables suites and puts them at its start, so that a
//! later part adds the suites that were disabled last before others. `+` moves enabled suites to
//! its end. `!` removes suites from it permanently.

use super::Cipher;
use super::selector::Selector;

/// A suite that a string can select, and its properties.
pub(super) struct Suite {
    pub(super) cipher: Cipher,
    pub(super) properties: Selector,
}

/// The order of all suites, and which of them are enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    order: Vec<u16>,
    active: Box<[bool]>,
}

/// A change of the list by a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// Start from `DEFAULT`.
    Default,
    Add(Selector),
    Remove(Selector),
    MoveToEnd(Selector),
    Kill(Selector),
    /// Enable these suites, in this order.
    Enable(Box<[u16]>),
    SortByStrength,
    /// A command or name that does not change the list.
    Nothing,
}

impl State {
    /// All `len` suites in their initial order, none enabled.
    pub(super) fn new(len: usize) -> State {
        State {
            order: (0..).take(len).collect(),
            active: vec![false; len].into(),
        }
    }

    /// Builds the state from the enabled suites and from all suites that can still be enabled, both
    /// in order.
    pub(super) fn from_lists(len: usize, listed: &[u16], alive: &[u16]) -> State {
        let mut state = State::new(len);
        for &i in listed {
            state.active[usize::from(i)] = true;
        }
        let sleeping = alive.iter().filter(|i| !state.active[usize::from(**i)]);
        state.order = sleeping.chain(listed).copied().collect();
        state
    }

    /// The enabled suites, in order.
    pub(super) fn listed(&self) -> Vec<u16> {
        let listed = self.order.iter().filter(|i| self.is_active(**i));
        listed.copied().collect()
    }

    /// All suites that have not been excluded permanently, in order.
    pub(super) fn alive(&self) -> &[u16] {
        &self.order
    }

    fn is_active(&self, index: u16) -> bool {
        self.active[usize::from(index)]
    }

    /// Changes the list. `default` is the state after a leading `DEFAULT`.
    pub(super) fn apply(&mut self, rule: &Rule, suites: &[Suite], default: &State) {
        let suite = |i: u16| &suites[usize::from(i)];
        let selects = |s: &Selector, i: u16| s.selects(i, &suite(i).properties);
        match rule {
            Rule::Nothing => {}
            Rule::Default => self.clone_from(default),
            Rule::Add(s) => self.append(|state, i| !state.is_active(i) && selects(s, i)),
            Rule::MoveToEnd(s) => self.append(|state, i| state.is_active(i) && selects(s, i)),
            Rule::Remove(s) => {
                let (mut gone, rest) = self.split(|state, i| state.is_active(i) && selects(s, i));
                for &i in &gone {
                    self.active[usize::from(i)] = false;
                }
                gone.extend(rest);
                self.order = gone;
            }
            Rule::Kill(s) => {
                let (gone, rest) = self.split(|_, i| selects(s, i));
                for i in gone {
                    self.active[usize::from(i)] = false;
                }
                self.order = rest;
            }
            Rule::Enable(suites) => {
                for &only in suites {
                    self.append(|state, i| !state.is_active(i) && i == only);
                }
            }
            Rule::SortByStrength => {
                let (mut listed, mut all) = self.split(State::is_active);
                listed.sort_by_key(|&i| -suite(i).cipher.strength_bits);
                all.extend(listed);
                self.order = all;
            }
        }
    }

    fn split(&self, chosen: impl Fn(&State, u16) -> bool) -> (Vec<u16>, Vec<u16>) {
        self.order.iter().partition(|i| chosen(self, **i))
    }

    /// Enables the chosen suites, and puts them at the end of the order.
    fn append(&mut self, chosen: impl Fn(&State, u16) -> bool) {
        let (moved, mut rest) = self.split(chosen);
        for &i in &moved {
            self.active[usize::from(i)] = true;
        }
        rest.extend(moved);
        self.order = rest;
    }
}
