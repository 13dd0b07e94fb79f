//! What users of the library see, one module for each subject.

mod der;
mod getpeercert;
mod oracle;
mod utilities;
