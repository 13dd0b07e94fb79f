//! stub
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
/// s
pub enum Severity {
    /// n
    Note,
    /// w
    Warning,
    /// e
    Error,
}
