//! Chooses a context by the name that the client asks for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use pyssl::{SniAction, SslContext};

use crate::check::Checked;

/// Maps each name to its context. A name may start with `*.`.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<RwLock<HashMap<String, SslContext>>>);

impl Names {
    /// Sets an SNI callback that switches to the context for the requested name. It replaces the SNI
    /// callback of the context.
    pub(super) fn install(&self, context: &SslContext) -> pyssl::Result<()> {
        let names = self.clone();
        context.set_sni_callback(move |request| {
            let found = request.server_name().and_then(|name| names.find(name));
            Ok(found.map_or(SniAction::Continue, SniAction::Switch))
        })
    }

    fn find(&self, name: &str) -> Option<SslContext> {
        let name = name.to_ascii_lowercase();
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let wildcard = || {
            let (_, parent) = name.split_once('.')?;
            names.get(&format!("*.{parent}"))
        };
        names.get(&name).or_else(wildcard).cloned()
    }

    /// Makes the contexts for these certificates. If several certificates have a name, its context has them
    /// all, one of each key type.
    pub(super) fn replace<'a>(
        &self,
        context: &SslContext,
        certificates: impl Iterator<Item = &'a Checked>,
    ) -> pyssl::Result<()> {
        let certificates: Vec<&Checked> = certificates.collect();
        let mut of_names: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, certificate) in certificates.iter().enumerate() {
            for name in &certificate.names {
                of_names.entry(name).or_default().push(number);
            }
        }
        let mut built: HashMap<Vec<usize>, SslContext> = HashMap::new();
        let mut names = HashMap::new();
        for (name, numbers) in of_names {
            let context = match built.get(&numbers) {
                Some(context) => context.clone(),
                None => {
                    let identities = numbers.iter().map(|&number| &certificates[number].identity);
                    let variant = context.variant().without_sni_callback();
                    let context = variant.with_identities(identities).build()?;
                    built.insert(numbers, context.clone());
                    context
                }
            };
            names.insert(name.to_owned(), context);
        }
        // Dropping a context can run code of the user, so the old contexts are dropped after the lock is
        // released.
        let old = std::mem::replace(
            &mut *self.0.write().unwrap_or_else(PoisonError::into_inner),
            names,
        );
        drop(old);
        Ok(())
    }
}
