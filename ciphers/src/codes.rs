//! What findings are about, each with a code of its own.

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
            /// Every code there is.
            pub const ALL: &[$codes] = &[$($codes::$name),*];

            /// The stable code: a letter and three digits.
            pub fn code(self) -> &'static str {
                match self { $($codes::$name => $code,)* }
            }

            /// What it is about, in a few words.
            pub fn summary(self) -> &'static str {
                match self { $($codes::$name => $what,)* }
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
