//! The codes of findings.

/// Makes an enumeration of codes.
macro_rules! codes {
    ($(#[$about:meta])* $codes:ident { $($name:ident = $code:literal, $what:literal;)* }) => {
        $(#[$about])*
        /// The codes keep their meaning from release to release.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $codes { $(
            #[doc = concat!("`", $code, "`: ", $what, ".")]
            $name,
        )* }

        impl $codes {
            /// All codes.
            pub const ALL: &[$codes] = &[$($codes::$name),*];

            /// The stable code: a letter and three digits.
            pub fn code(self) -> &'static str {
                match self { $($codes::$name => $code,)* }
            }

            /// The subject in a few words.
            pub fn summary(self) -> &'static str {
                match self { $($codes::$name => $what,)* }
            }
        }

        impl serde::Serialize for $codes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl std::fmt::Display for $codes {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use codes;
