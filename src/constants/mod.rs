//! Enumerations and flags, and a constant with Python's spelling for each of their values.

mod alert;
mod message;
mod names;
mod numbers;
mod ocsp_mode;
mod options;
mod protocol;
mod purpose;
pub(crate) mod python;
mod tls_version;
mod verify_flags;
mod verify_mode;

pub use alert::AlertDescription;
pub use message::{TlsAlertType, TlsContentType, TlsMessageType};
pub(crate) use numbers::from_number;
pub use ocsp_mode::OcspMode;
pub use options::Options;
pub use protocol::Protocol;
pub use purpose::Purpose;
pub use tls_version::TlsVersion;
pub use verify_flags::VerifyFlags;
pub use verify_mode::VerifyMode;
