//! Facts about the linked OpenSSL: its suites, their initial order, and its names.
//!
//! All facts are determined by calls of the library and not by its version number, so that a
//! patched, reduced or newer OpenSSL is described correctly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl::ssl::{SslContextBuilder, SslMethod};

use super::names::{self, ALIASES};
use super::rules::{State, Suite};
use super::selector::{Bits, Selector, kx, strong};
use super::{Cipher, CipherStringError};

/// A character that shows whether OpenSSL knows the name before it. After a known name, OpenSSL
/// refuses the string, because the character is not allowed there. An unknown name is skipped
/// together with the character.
const POISON: char = '*';

/// `SSL_R_NO_CIPHER_MATCH`.
const NO_CIPHER_MATCH: i32 = 185;

pub(super) struct Library {
    /// Every suite that a string can select, in OpenSSL's initial order.
    pub(super) suites: Vec<Suite>,
    /// The suites of TLS 1.3 that a new context has.
    pub(super) tls13: Vec<Cipher>,
    /// The state after a leading `DEFAULT`.
    pub(super) default: State,
    /// The security level of a new context.
    pub(super) security_level: u32,
    /// Whether names are compared without regard to letter case (since OpenSSL 4.0).
    pub(super) ignores_case: bool,
    /// Whether a name may contain `_` (since OpenSSL 3.2).
    pub(super) underscore: bool,
    /// Whether a leading `PROFILE=SYSTEM` is supported (Fedora and related distributions).
    pub(super) profiles: bool,
    /// Whether cipher strings may also use the names of the TLS registry for suites (since OpenSSL 3.2).
    pub(super) standard_names: bool,
    /// Whether the facts are from the table of another version. Then the linked OpenSSL is not
    /// called.
    pub(super) from_table: bool,
    pub(super) suite_names: HashMap<Box<str>, u16>,
    /// The names that can be suggested for a misspelt one.
    pub(super) useful: OnceCell<Vec<&'static str>>,
    /// A cache of the suites that each name selects, for names other than suite names. `None` stands for an unknown
    /// name.
    pub(super) asked: Mutex<HashMap<Box<str>, Option<Arc<Selector>>>>,
}

/// The names in a string that the library knows and that select several suites.
///
/// They are copied from the cache of the library, because another thread can empty the cache at any
/// time.
pub(super) struct Known(HashMap<Box<str>, Arc<Selector>>);

/// The result of `SSL_CTX_set_cipher_list`.
pub(super) enum ListOutcome {
    /// The whole list, with the TLS 1.3 suites first.
    Listed(Vec<Cipher>),
    /// The string selects no suite. Only those of TLS 1.3 are left.
    Nothing,
    /// The string is invalid.
    Refused(ErrorStack),
}

/// A temporary context, on which cipher strings are tried.
pub(super) struct ScratchContext(pub(super) SslContextBuilder);

impl ScratchContext {
    pub(super) fn new() -> Result<ScratchContext, ErrorStack> {
        SslContextBuilder::new(SslMethod::tls()).map(ScratchContext)
    }

    /// Sets the cipher string, which must not contain a NUL.
    pub(super) fn set(&mut self, text: &str) -> ListOutcome {
        match self.0.set_cipher_list(text) {
            Ok(()) => ListOutcome::Listed(Cipher::list(&self.0)),
            Err(e) if reason(&e) == Some(NO_CIPHER_MATCH) => ListOutcome::Nothing,
            Err(e) => ListOutcome::Refused(e),
        }
    }

    /// The suite that this name adds to the list for TLS 1.3, if any. OpenSSL 3.0 also accepts TLS
    /// 1.2 suites in that list.
    pub(super) fn tls13_suite(&mut self, name: &str) -> Option<Cipher> {
        self.0.set_ciphersuites(name).ok()?;
        Cipher::list(&self.0).into_iter().next()
    }

    /// The numbers of the suites that `text` selects; none if it selects nothing.
    pub(super) fn ids(&mut self, text: &str) -> Vec<u32> {
        match self.0.set_cipher_list(text) {
            Ok(()) => Cipher::list(&self.0).iter().map(|c| c.id).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// Whether OpenSSL knows at least one of these names. One call tests all of them.
    fn knows_any(&mut self, names: &[&str]) -> bool {
        let mut text = String::new();
        for name in names {
            // The `+` keeps OpenSSL from reading a `-` at the start of the name as an operator.
            text.push('+');
            text.push_str(name);
            text.extend([POISON, ':']);
        }
        match self.0.set_cipher_list(&text) {
            Ok(()) => false,
            Err(e) => reason(&e) != Some(NO_CIPHER_MATCH),
        }
    }
}

fn reason(stack: &ErrorStack) -> Option<i32> {
    stack.errors().last().map(|e| e.reason_code())
}

static CURRENT: RwLock<Option<Arc<Library>>> = RwLock::new(None);

impl Library {
    /// The facts about the linked library. They are collected once per process.
    pub(super) fn current() -> Result<Arc<Library>, CipherStringError> {
        if let Some(library) = &*CURRENT.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(library.clone());
        }
        Library::refresh()
    }

    /// Collects the facts again: loading a provider changes them.
    pub(super) fn refresh() -> Result<Arc<Library>, CipherStringError> {
        let learned = Library::learn().map_err(|e| CipherStringError::library(&e))?;
        let library = Arc::new(learned);
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(library.clone());
        Ok(library)
    }

    fn learn() -> Result<Library, ErrorStack> {
        let mut scratch = ScratchContext::new()?;
        let everything = match scratch.set("ALL:COMPLEMENTOFALL") {
            ListOutcome::Listed(list) => list,
            ListOutcome::Nothing => Vec::new(),
            ListOutcome::Refused(e) => return Err(e),
        };
        let (tls13, ciphers) = everything.into_iter().partition(Cipher::is_tls13);
        let ciphers = initial_order(ciphers);
        let mut suites: Vec<Suite> = ciphers
            .into_iter()
            .map(|cipher| Suite {
                properties: Selector::of_suite(&cipher),
                cipher,
            })
            .collect();
        learn_classes(&mut scratch, &mut suites);

        let ignores_case = scratch.knows_any(&["all"]);
        let standard = suites.iter().find_map(|s| s.cipher.standard_name);
        let mut library = Library {
            default: State::new(suites.len()),
            suites,
            tls13,
            security_level: 0,
            ignores_case,
            underscore: !scratch.knows_any(&["ALL_"]),
            profiles: matches!(scratch.set("PROFILE=SYSTEM"), ListOutcome::Listed(_)),
            standard_names: standard.is_some_and(|name| scratch.knows_any(&[name])),
            from_table: false,
            suite_names: HashMap::new(),
            useful: OnceCell::new(),
            asked: Mutex::default(),
        };
        library.name_suites();
        let listed = library.indices(&scratch.ids("DEFAULT"));
        let alive = library.indices(&scratch.ids("DEFAULT:ALL:COMPLEMENTOFALL"));
        library.default = State::from_lists(library.suites.len(), &listed, &alive);
        library.security_level = scratch.0.build().security_level();
        Ok(library)
    }

    /// Fills the map of the suites' names.
    pub(super) fn name_suites(&mut self) {
        let mut named = HashMap::new();
        for (index, suite) in (0..).zip(&self.suites) {
            let names = [
                Some(suite.cipher.name),
                suite.cipher.standard_name.filter(|_| self.standard_names),
            ];
            for name in names.into_iter().flatten() {
                named.entry(self.fold(name)).or_insert(index);
            }
        }
        self.suite_names = named;
    }

    /// A name in the form in which this library compares names: in lower case if letter case does
    /// not matter.
    pub(super) fn fold(&self, name: &str) -> Box<str> {
        if self.ignores_case {
            name.to_ascii_lowercase().into()
        } else {
            name.into()
        }
    }

    /// The suite with this name, if there is one.
    pub(super) fn suite_named(&self, name: &str) -> Option<u16> {
        self.suite_names.get(&self.fold(name)).copied()
    }

    /// Whether `name` is a name of the suite.
    pub(super) fn names_suite(&self, name: &str, cipher: &Cipher) -> bool {
        let index = self.suite_named(name);
        index.is_some_and(|index| self.suite(index).cipher.id == cipher.id)
    }

    /// The suites with these numbers; those of TLS 1.3 are left out.
    pub(super) fn indices(&self, ids: &[u32]) -> Vec<u16> {
        let by_id: HashMap<u32, u16> = self.suites.iter().map(|s| s.cipher.id).zip(0..).collect();
        ids.iter().filter_map(|id| by_id.get(id).copied()).collect()
    }

    pub(super) fn suite(&self, index: u16) -> &Suite {
        &self.suites[usize::from(index)]
    }

    /// The suites that a name selects; `None` if this library does not know it. A name for several
    /// suites must have been passed to [`ask`](Self::ask) before.
    pub(super) fn selector(&self, name: &str, known: &Known) -> Option<Arc<Selector>> {
        if let Some(index) = self.suite_named(name) {
            let mut selector = self.suite(index).properties.clone();
            selector.suite = Some(index);
            selector.protocol = None;
            return Some(Arc::new(selector));
        }
        known.0.get(&self.fold(name)).cloned()
    }

    /// Determines which of these names, other than suite names, the library knows. One call of
    /// OpenSSL tests all new names.
    pub(super) fn ask<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Known, CipherStringError> {
        let mut names: Vec<&str> = names.filter(|n| self.suite_named(n).is_none()).collect();
        names.sort_unstable();
        names.dedup();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.from_table {
            self.learn_names(&names, &mut asked)?;
        }
        let known = names.into_iter().filter_map(|name| {
            let name = self.fold(name);
            let selector = asked.get(&name).cloned().flatten()?;
            Some((name, selector))
        });
        Ok(Known(known.collect()))
    }

    fn learn_names(
        &self,
        names: &[&str],
        asked: &mut HashMap<Box<str>, Option<Arc<Selector>>>,
    ) -> Result<(), CipherStringError> {
        // Limits the memory that untrusted strings can use.
        if asked.len() > 10_000 {
            asked.clear();
        }
        let new = names.iter().copied();
        let new: Vec<&str> = new.filter(|n| !asked.contains_key(&self.fold(n))).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut scratch = ScratchContext::new().map_err(|e| CipherStringError::library(&e))?;
        // Names that are probably known are tried one by one. The others are tried together, and if
        // one of them is known, in halves.
        let (likely, unlikely): (Vec<&str>, Vec<&str>) =
            new.into_iter().partition(|n| self.alias(n).is_some());
        let mut groups: Vec<Vec<&str>> = likely.into_iter().map(|n| vec![n]).collect();
        groups.push(unlikely);
        while let Some(mut group) = groups.pop() {
            if group.is_empty() {
                continue;
            }
            if !scratch.knows_any(&group) {
                asked.extend(group.iter().map(|n| (self.fold(n), None)));
            } else if let [name] = group[..] {
                let selector = match self.alias(name) {
                    Some(alias) => alias.selector(),
                    None => Selector {
                        listed: Some(self.indices(&scratch.ids(name)).into()),
                        ..Selector::default()
                    },
                };
                asked.insert(self.fold(name), Some(Arc::new(selector)));
            } else {
                groups.push(group.split_off(group.len() / 2));
                groups.push(group);
            }
        }
        Ok(())
    }

    /// The name for several suites, in a spelling that this library accepts.
    pub(super) fn alias(&self, name: &str) -> Option<&'static names::Alias> {
        if self.ignores_case {
            ALIASES.iter().find(|a| a.name.eq_ignore_ascii_case(name))
        } else {
            names::alias(name)
        }
    }

    /// The nearest name that this library knows and that selects something.
    pub(super) fn nearest(&self, name: &str) -> Option<&'static str> {
        let useful = self.useful.get_or_init(|| {
            let selects = |alias: &&names::Alias| {
                let wanted = alias.selector();
                (0..)
                    .zip(&self.suites)
                    .any(|(i, s)| wanted.selects(i, &s.properties))
            };
            let groups = ALIASES.iter().filter(selects).map(|alias| alias.name);
            let own = self.suites.iter().map(|s| s.cipher.name);
            groups.chain(own).chain(["DEFAULT"]).collect()
        });
        names::nearest(name, useful.iter().copied())
    }

    /// The suite with this name in the TLS registry.
    pub(super) fn suite_with_standard_name(&self, name: &str) -> Option<&Suite> {
        self.suites.iter().find(|s| {
            s.cipher
                .standard_name
                .is_some_and(|standard| standard.eq_ignore_ascii_case(name))
        })
    }
}

/// Whether this is a suite's name, in the TLS registry or in any OpenSSL.
pub(crate) fn is_suite(name: &str) -> bool {
    let linked = |library: &Library| library.suites.iter().any(|s| s.cipher.name == name);
    names::suites().contains(name) || Library::current().is_ok_and(|library| linked(&library))
}

/// Puts the suites without encryption, which `COMPLEMENTOFALL` listed last, where OpenSSL's own
/// order has them.
///
/// OpenSSL's order: suites with ephemeral key exchange and AEAD, others with ephemeral key exchange,
/// others with AEAD, the rest. Within each of these groups, suites of TLS 1.2 come first. Then the
/// strength decides, so suites without encryption come last.
fn initial_order(mut ciphers: Vec<Cipher>) -> Vec<Cipher> {
    ciphers.sort_by_key(|cipher| {
        let properties = Selector::of_suite(cipher);
        let ephemeral = properties.kx & (kx::DHE | kx::ECDHE) != 0;
        let group = match (ephemeral, cipher.aead) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        let encrypts = cipher.symmetric.is_some();
        (group, cipher.protocol != "TLSv1.2", !encrypts)
    });
    ciphers
}

/// Sets the strength classes of all suites. OpenSSL has no getter for them, so they are determined
/// from the suites that the names of the classes select.
fn learn_classes(scratch: &mut ScratchContext, suites: &mut [Suite]) {
    let classes: [(&str, Bits); 4] = [
        ("LOW", strong::LOW),
        ("MEDIUM", strong::MEDIUM),
        ("HIGH", strong::HIGH),
        ("FIPS", strong::FIPS),
    ];
    let mut position: HashMap<u32, &mut Suite> =
        suites.iter_mut().map(|s| (s.cipher.id, s)).collect();
    for (name, bit) in classes {
        for id in scratch.ids(name) {
            if let Some(suite) = position.get_mut(&id) {
                suite.properties.strong |= bit;
            }
        }
    }
    for id in scratch.ids("COMPLEMENTOFDEFAULT") {
        if let Some(suite) = position.get_mut(&id) {
            suite.properties.not_default = true;
        }
    }
    for suite in suites {
        if suite.properties.strong & (strong::LOW | strong::MEDIUM | strong::HIGH) == 0 {
            suite.properties.strong |= strong::NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_stay_known_after_another_thread_empties_the_cache() {
        let library = Library::current().expect("the library answers");
        let known = library.ask(["HIGH", "kRSA", "NOT-A-NAME"].into_iter());
        let known = known.expect("the library answers");
        let many: Vec<String> = (0..10_001).map(|n| format!("NAME{n}")).collect();
        // The first call fills the cache. The second one starts with a full cache, as if another
        // thread had filled it.
        for _ in 0..2 {
            let names = many.iter().map(String::as_str);
            assert!(library.ask(names).is_ok_and(|known| known.0.is_empty()));
        }
        assert!(library.selector("HIGH", &known).is_some());
        assert!(library.selector("kRSA", &known).is_some());
        assert!(library.selector("NOT-A-NAME", &known).is_none());
    }
}
