//! Seals the public traits: other crates can use them, but not implement them. So this crate can
//! add methods and implementations without breaking other crates.

/// The supertrait of every sealed trait. Other crates cannot name it. `T` is the type that a value
/// is converted to.
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
