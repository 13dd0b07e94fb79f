//! Conversion between values and their Python names.

use std::fmt;

use bitflags::Flags;

use crate::error::Error;

/// The value with this name. The name may have the prefix `ssl.` or that of its class, such as
/// `TLSVersion.`.
pub(super) fn parse<T: Copy>(
    class: &str,
    known: impl Iterator<Item = (&'static str, T)> + Clone,
    text: &str,
) -> Result<T, Error> {
    let text = text.trim();
    let name = text.strip_prefix("ssl.").unwrap_or(text);
    let prefix = name.split_once('.').filter(|(before, _)| *before == class);
    let name = prefix.map_or(name, |(_, name)| name);
    if let Some((_, value)) = known.clone().find(|(known, _)| *known == name) {
        return Ok(value);
    }
    let names: Vec<_> = known.map(|(name, _)| name).collect();
    let names = names.join(", ");
    Err(Error::value(format!(
        "unknown {class} {text:?}; the known names are {names}"
    )))
}

/// Parses flags as Python writes them: names separated by `|`, and numbers for unnamed bits.
pub(super) fn parse_flags<F>(class: &str, text: &str) -> Result<F, Error>
where
    F: Flags<Bits = u64> + Copy,
{
    let named = F::FLAGS.iter().filter(|flag| !flag.name().is_empty());
    let named = named.map(|flag| (flag.name(), *flag.value()));
    let mut flags = F::empty();
    for part in text.split('|').map(str::trim) {
        let number = match part.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => part.parse(),
        };
        let one = match number {
            Ok(bits) => F::from_bits_retain(bits),
            Err(_) => parse(class, named.clone(), part)?,
        };
        flags = flags.union(one);
    }
    Ok(flags)
}

/// Writes flags in the form that [`parse_flags`] reads.
pub(super) fn write_flags<F>(flags: &F, f: &mut fmt::Formatter<'_>) -> fmt::Result
where
    F: Flags<Bits = u64> + Copy,
{
    let mut names = flags.iter_names();
    let mut parts: Vec<_> = names.by_ref().map(|(name, _)| name.to_owned()).collect();
    let rest = names.remaining().bits();
    if rest != 0 || parts.is_empty() {
        parts.push(format!("{rest:#x}"));
    }
    f.pad(&parts.join(" | "))
}

/// Implements `FromStr` and `python_name` with the names of the values. Other names that can be parsed
/// follow after a semicolon.
macro_rules! names {
    ($type:ident, $class:literal: $($name:ident)*; $($alias:literal => $aliased:ident)*) => {
        impl $type {
            const fn python_name(self) -> &'static str {
                match self {
                    $($type::$name => stringify!($name),)*
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::error::Error;

            #[doc = concat!("Reads Python's name of a value, with or without `", $class, ".` before it.")]
            ///
            /// # Errors
            ///
            /// `ValueError`, which lists the names, for any other text.
            fn from_str(text: &str) -> Result<$type, crate::error::Error> {
                let known = [$((stringify!($name), $type::$name),)* $(($alias, $type::$aliased)),*];
                crate::constants::names::parse($class, known.into_iter(), text)
            }
        }
    };
}

/// Implements `Display` with `python_name`.
macro_rules! display_names {
    ($type:ident) => {
        impl std::fmt::Display for $type {
            /// Python's name of the value.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.python_name())
            }
        }
    };
}

macro_rules! flag_names {
    ($type:ident, $class:literal) => {
        impl std::str::FromStr for $type {
            type Err = crate::error::Error;

            #[doc = concat!("Reads Python's names, with or without `", $class, ".` before them, and numbers, joined by `|`.")]
            ///
            /// # Errors
            ///
            /// `ValueError`, which lists the names, for any other text.
            fn from_str(text: &str) -> Result<$type, crate::error::Error> {
                crate::constants::names::parse_flags($class, text)
            }
        }

        impl std::fmt::Display for $type {
            /// Python's names, joined by ` | `. Bits without a name are written as one number.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                crate::constants::names::write_flags(self, f)
            }
        }
    };
}

pub(super) use {display_names, flag_names, names};

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use crate::{Options, Protocol, Purpose, TlsVersion, VerifyFlags, VerifyMode};

    fn round_trip<T: FromStr<Err = crate::Error> + ToString + PartialEq + std::fmt::Debug>(
        value: T,
    ) {
        assert_eq!(value.to_string().parse::<T>().unwrap(), value);
    }

    #[test]
    fn displayed_names_can_be_parsed() {
        (0..3).for_each(|n| round_trip(VerifyMode::try_from(n).unwrap()));
        (-2..0x305)
            .filter_map(|n| TlsVersion::try_from(n).ok())
            .for_each(round_trip);
        (0..20)
            .filter_map(|n| Protocol::try_from(n).ok())
            .for_each(round_trip);
        round_trip(Purpose::SERVER_AUTH);
        round_trip(Purpose::CLIENT_AUTH);
        for bits in (0..64)
            .map(|bit| 1 << bit)
            .chain([0, u64::MAX, 0x8000_0054, 0xc])
        {
            round_trip(Options::from_bits_retain(bits));
            round_trip(VerifyFlags::from_bits_retain(bits));
        }
    }

    #[test]
    fn names_are_parsed_with_or_without_pythons_class() {
        for prefix in ["", "ssl.", "VerifyMode.", " ssl.VerifyMode."] {
            let mode = format!("{prefix}CERT_REQUIRED").parse::<VerifyMode>();
            assert_eq!(mode.unwrap(), crate::CERT_REQUIRED);
        }
        for name in [
            "TLSv1_2",
            "TLSv1.2",
            "TLSVersion.TLSv1_2",
            "ssl.TLSVersion.TLSv1_2",
        ] {
            assert_eq!(name.parse::<TlsVersion>().unwrap(), TlsVersion::TLSv1_2);
        }
        assert_eq!(
            "PROTOCOL_SSLv23".parse::<Protocol>().unwrap(),
            crate::PROTOCOL_TLS
        );
        let options = "OP_NO_TLSv1 | ssl.OP_ALL|Options.OP_NO_SSLv2 | 0x1".parse::<Options>();
        let expected = crate::OP_NO_TLSv1 | crate::OP_ALL | Options::from_bits_retain(1);
        assert_eq!(options.unwrap(), expected);
        assert_eq!(expected.to_string(), "OP_ALL | OP_NO_TLSv1 | 0x1");
        assert_eq!(VerifyFlags::empty().to_string(), "0x0");
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_the_valid_ones() {
        let texts = [
            "required".parse::<VerifyMode>().unwrap_err(),
            "VerifyFlags.CERT_NONE".parse::<VerifyMode>().unwrap_err(),
            "".parse::<VerifyMode>().unwrap_err(),
            "OP_NO_TLSv1 | OP_NO_TSLv1_1"
                .parse::<Options>()
                .unwrap_err(),
            "OP_ALL |".parse::<Options>().unwrap_err(),
            "0x".parse::<Options>().unwrap_err(),
            "PROTOCOL_SSLv3".parse::<Protocol>().unwrap_err(),
            "TLSv1_4".parse::<TlsVersion>().unwrap_err(),
        ];
        assert!(
            texts
                .iter()
                .all(|error| error.python_class() == "ValueError")
        );
        assert_eq!(
            texts[0].to_string(),
            "unknown VerifyMode \"required\"; the known names are CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED"
        );
        let option = texts[3].to_string();
        assert!(
            option.starts_with("unknown Options \"OP_NO_TSLv1_1\"; the known names are OP_ALL, "),
            "{option}"
        );
        assert!(option.ends_with("OP_LEGACY_SERVER_CONNECT"), "{option}");
    }
}
