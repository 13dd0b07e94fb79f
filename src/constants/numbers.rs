//! Conversion between values and numbers.

/// Implements `TryFrom<i32>`, with the text of the error for any other number.
macro_rules! from_number {
    ($type:ident, $error:expr; $($name:ident)*) => {
        impl TryFrom<i32> for $type {
            type Error = $crate::error::Error;

            /// # Errors
            ///
            /// `ValueError` if this is not the number of a value.
            fn try_from(number: i32) -> Result<$type, $crate::error::Error> {
                let error: fn(i32) -> String = $error;
                let values = [$($type::$name),*];
                let value = values.into_iter().find(|value| *value as i32 == number);
                value.ok_or_else(|| $crate::error::Error::value(error(number)))
            }
        }
    };
}

/// Defines a type that wraps a number of the TLS protocol, and names the known values.
macro_rules! numbers {
    ($(#[$doc:meta])* $type:ident($number:ty); $($name:ident = $value:literal;)*) => {
        $(#[$doc])*
        #[allow(clippy::exhaustive_structs, reason = "an open set of numbers")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(
            /// The number.
            pub $number,
        );

        impl $type {
            $(
                #[doc = concat!("Number ", $value, ".")]
                pub const $name: $type = $type($value);
            )*

            /// Python's name, without the prefix of its class, if the number has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($type), "({})"), self.0),
                }
            }
        }
    };
}

pub(crate) use from_number;
pub(super) use numbers;
