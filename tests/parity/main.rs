//! Checks that nothing of Python's module is missing, and that the tables are correct.
//!
//! `docs/parity.tsv` has every name of Python's `ssl` and the Rust name for it, or the reason why
//! there is none. `tests/behaviour/census.tsv` has every case of CPython's own suite and the tests
//! here that check the same.

mod census;
mod keywords;
mod names;
mod paths;

/// Lists names, and uses each one in code, so that a missing one does not compile.
macro_rules! mention {
    (
        types { $($type:ident,)* }
        values { $($($value:ident)::+ $(($($arg:expr),*))?,)* }
        impls { $($($bound:ident)::+ for $implementor:ty,)* }
    ) => {
        pub(crate) const MENTIONED: &[&str] = &[
            $(stringify!($type),)*
            $($crate::joined!($($value)::+),)*
            $(concat!("impl ", $crate::joined!($($bound)::+), " for ", stringify!($implementor)),)*
        ];

        #[allow(dead_code, reason = "compiled to check the names, never run")]
        #[allow(elided_lifetimes_in_paths, reason = "some of the types have one")]
        fn mention() {
            fn any<T>() -> T {
                unreachable!()
            }
            $(let _: Option<pyssl::$type> = None;)*
            $(let _ = &pyssl::$($value)::+ $(($($arg),*))?;)*
            $({
                fn implements<T: $($bound)::+>() {}
                implements::<$implementor>();
            })*
        }
    };
}

/// A path as text, without spaces.
macro_rules! joined {
    ($first:ident $(::$rest:ident)*) => {
        concat!(stringify!($first) $(, "::", stringify!($rest))*)
    };
}

pub(crate) use {joined, mention};

/// The rows of a table, without its head.
fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            fields
                .try_into()
                .unwrap_or_else(|_| panic!("not {N} columns: {line}"))
        })
        .collect()
}
