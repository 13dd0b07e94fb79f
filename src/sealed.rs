//! Seals the public traits: other crates can use them, but not implement them. So methods can be
//! added to them, and types that they are implemented for.

/// The supertrait of every public trait, which other crates cannot name. A value of the type
/// becomes a `T`.
#[expect(
    unnameable_types,
    reason = "it is private, so other crates cannot implement it"
)]
pub trait Sealed<T> {}

/// Implements [`Sealed`] for types.
macro_rules! seal {
    ($target:ty: $($source:ty),* $(,)?) => {
        $(impl $crate::sealed::Sealed<$target> for $source {})*
    };
}

pub(crate) use seal;
