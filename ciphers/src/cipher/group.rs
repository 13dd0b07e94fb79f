//! The groups of the key exchange, by number and by all of their names.

use once_cell::sync::Lazy;

/// A group of the TLS registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) number: u16,
    /// Its name in the registry.
    pub(crate) name: &'static str,
    /// What a policy's `keys` call its kind, and its size; none where the size is beyond doubt.
    pub(super) size: Option<(&'static str, u32)>,
    aliases: Vec<&'static str>,
}

impl Group {
    fn all() -> &'static [Group] {
        static ALL: Lazy<Vec<Group>> = Lazy::new(|| {
            let lines = include_str!("tables/groups.tsv").lines();
            lines.filter_map(Group::read).collect()
        });
        &ALL
    }

    fn read(line: &'static str) -> Option<Group> {
        let mut fields = line.split('\t');
        let number = fields.next()?.parse().ok()?;
        let name = fields.next()?;
        let (kind, bits) = (fields.next()?, fields.next()?.parse().ok()?);
        Some(Group {
            number,
            name,
            size: (kind != "-").then_some((kind, bits)),
            aliases: fields.next().unwrap_or("").split_whitespace().collect(),
        })
    }

    /// The group that has this name in the registry, or in OpenSSL; letter case does not matter.
    pub(crate) fn named(name: &str) -> Option<&'static Group> {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        let mut all = Group::all().iter();
        all.find(|group| is(group.name) || group.aliases.iter().any(|alias| is(alias)))
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
    fn every_line_of_the_table_is_read() {
        let text = include_str!("tables/groups.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(Group::all().len(), lines.count());
        for group in Group::all() {
            assert_eq!(Group::named(group.name), Some(group));
            assert_eq!(Group::numbered(group.number), Some(group));
        }
        assert_eq!(Group::named("p-256").map(|g| g.number), Some(23));
        assert_eq!(Group::named(""), None);
    }

    /// What the linked OpenSSL calls its groups.
    #[test]
    fn every_group_of_the_linked_openssl_has_a_line() {
        let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT).unwrap();
        for name in context.get_groups(true).unwrap_or_default() {
            assert!(Group::named(&name).is_some(), "{name}");
        }
    }
}
