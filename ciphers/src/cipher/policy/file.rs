//! Policy files.

use super::{KEY_KINDS, LeastBits, Pattern, Policy, PolicyError, Stated, is_suite};
use crate::cipher::Group;
use pyssl::TlsVersion;

impl Policy {
    /// Reads a policy file; the type's documentation has the format.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the line, if a keyword, a version, a suite, a group or a weakness is
    /// unknown, or name, version or source are missing.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let mut policy = Policy {
            name: Box::default(),
            title: Box::default(),
            version: Box::default(),
            date: None,
            source: Box::default(),
            versions: Stated::default(),
            groups: Stated::default(),
            expect_groups: Stated::default(),
            allow: Stated::default(),
            forbid: Vec::new(),
            avoid: Vec::new(),
            expect: Stated::default(),
            forward_secrecy_first: None,
            keys: Vec::new(),
        };
        let mut section = None;
        let mut last = 0;
        for (number, line) in (1..).zip(text.lines()) {
            last = number;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            policy
                .read_line(line, &mut section)
                .map_err(|message| PolicyError {
                    line: number,
                    message: message.into(),
                })?;
        }
        for (what, value) in [
            ("name", &policy.name),
            ("version", &policy.version),
            ("source", &policy.source),
        ] {
            if value.is_empty() {
                let message = format!("the file states no `{what}`").into();
                return Err(PolicyError {
                    line: last,
                    message,
                });
            }
        }
        Ok(policy)
    }

    fn read_line(&mut self, line: &str, section: &mut Option<Box<str>>) -> Result<(), String> {
        let (keyword, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("`{keyword}` has no value"));
        }
        let words = value.split_whitespace();
        let patterns = |stated: &mut Vec<Stated<Pattern>>| {
            for word in words.clone() {
                let what = Pattern::new(word)?;
                stated.push(Stated {
                    section: section.clone(),
                    what,
                });
            }
            Ok::<_, String>(())
        };
        let texts = |stated: &mut Stated<Vec<Box<str>>>| {
            stated.section.clone_from(section);
            stated.what.extend(words.clone().map(Box::from));
        };
        let suites = |stated: &mut _| match words.clone().find(|word| !is_suite(word)) {
            Some(word) => Err(format!("`{word}` is no suite")),
            None => {
                texts(stated);
                Ok(())
            }
        };
        let groups = |stated: &mut _| {
            let unknown = |word: &&str| Group::named(word).is_none();
            match words.clone().find(unknown) {
                Some(word) => Err(format!("`{word}` is no group")),
                None => {
                    texts(stated);
                    Ok(())
                }
            }
        };
        match keyword {
            "name" => self.name = value.into(),
            "title" => self.title = value.into(),
            "version" => self.version = value.into(),
            "date" => self.date = Some(value.into()),
            "source" => self.source = value.into(),
            "section" => *section = Some(value.into()),
            "versions" => {
                self.versions.section.clone_from(section);
                for word in words {
                    self.versions.what.push(version(word)?);
                }
            }
            "groups" => groups(&mut self.groups)?,
            "expect-groups" => groups(&mut self.expect_groups)?,
            "allow" => suites(&mut self.allow)?,
            "expect" => suites(&mut self.expect)?,
            "forbid" => patterns(&mut self.forbid)?,
            "avoid" => patterns(&mut self.avoid)?,
            "prefer" if value == "forward-secrecy" => {
                let section = section.clone();
                self.forward_secrecy_first = Some(Stated { section, what: () });
            }
            "prefer" => return Err(format!("`{value}` is nothing to prefer")),
            "keys" => self.read_keys(words, section.as_deref())?,
            _ => return Err(format!("`{keyword}` is no keyword")),
        }
        Ok(())
    }

    fn read_keys<'a>(
        &mut self,
        mut words: impl Iterator<Item = &'a str>,
        section: Option<&str>,
    ) -> Result<(), String> {
        while let Some(kind) = words.next() {
            if !KEY_KINDS.contains(&kind) {
                return Err(format!("`{kind}` is no kind of key"));
            }
            let bits = words.next().and_then(|word| word.parse().ok());
            let bits =
                bits.ok_or_else(|| format!("behind `{kind}`, a number of bits is missing"))?;
            self.keys.push(Stated {
                section: section.map(Box::from),
                what: LeastBits {
                    key: kind.into(),
                    bits,
                },
            });
        }
        Ok(())
    }
}

/// The version of this name in policy files and in profiles.
pub(crate) fn version(word: &str) -> Result<TlsVersion, String> {
    Ok(match word {
        "SSLv3" => TlsVersion::SSLv3,
        "TLSv1" | "TLSv1.0" => TlsVersion::TLSv1,
        "TLSv1.1" => TlsVersion::TLSv1_1,
        "TLSv1.2" => TlsVersion::TLSv1_2,
        "TLSv1.3" => TlsVersion::TLSv1_3,
        _ => return Err(format!("`{word}` is no version; TLSv1.2 is")),
    })
}
