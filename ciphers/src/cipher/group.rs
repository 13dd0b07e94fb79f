//! The groups of the key exchange, by number and by all of their names.

use once_cell::sync::Lazy;
use serde::Deserialize;

use crate::data;

/// A group of the TLS registry ("TLS Supported Groups").
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) number: u16,
    /// The name of the group in the registry.
    pub(crate) name: Box<str>,
    /// The kind of key in a policy's `keys` that limits the group's size; none if policies do not
    /// limit it.
    kind: Option<Box<str>>,
    bits: Option<u32>,
    #[serde(default)]
    aliases: Vec<Box<str>>,
}

impl Group {
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    pub(crate) fn all() -> &'static [Group] {
        #[derive(Deserialize)]
        struct File {
            group: Vec<Group>,
        }
        static ALL: Lazy<Vec<Group>> = Lazy::new(|| {
            let file: Result<File, _> = data::read(include_str!("tables/groups.toml"));
            file.expect("the crate's file of groups").group
        });
        &ALL
    }

    /// The kind of key in a policy's `keys` that limits the group's size, and the size.
    pub(crate) fn size(&self) -> Option<(&str, u32)> {
        self.kind.as_deref().zip(self.bits)
    }

    /// The group that has this name in the registry, or in OpenSSL; letter case does not matter.
    pub(crate) fn named(name: &str) -> Option<&'static Group> {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        let mut all = Group::all().iter();
        all.find(|group| is(&group.name) || group.aliases.iter().any(|alias| is(alias)))
    }

    /// The group with this number.
    pub(crate) fn numbered(number: u16) -> Option<&'static Group> {
        Group::all().iter().find(|group| group.number == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_found_by_name_and_by_number() {
        for group in Group::all() {
            assert_eq!(Group::named(&group.name), Some(group));
            assert_eq!(Group::numbered(group.number), Some(group));
            assert_eq!(group.kind.is_some(), group.bits.is_some(), "{group:?}");
        }
        assert_eq!(Group::named("p-256").map(|g| g.number), Some(23));
        assert_eq!(Group::named(""), None);
    }

    #[test]
    fn every_group_of_the_linked_openssl_is_in_the_table() {
        let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT).unwrap();
        for name in context.get_groups(true).unwrap_or_default() {
            assert!(Group::named(&name).is_some(), "{name}");
        }
    }
}
