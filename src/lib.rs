//! Python's `ssl` module for Rust.
#![deny(unsafe_code)]

mod certificate;
pub mod cipher;
mod constants;
mod context;
mod default;
mod engine;
mod error;
mod ffi;
mod hostname;
mod object;
mod paths;
mod random;
mod socket;
mod version;

pub use certificate::{
    Asn1Object, AttributeValue, CertDict, Certificate, DER_cert_to_PEM_cert, DistinguishedName,
    PEM_FOOTER, PEM_HEADER, PEM_cert_to_DER_cert, Rdn, SubjectAltName, cert_time_to_seconds,
};
pub use cipher::Cipher;
pub use constants::python::*;
pub use constants::{
    AlertDescription, Options, Protocol, Purpose, SslErrorNumber, TlsVersion, VerifyFlags,
    VerifyMode,
};
pub use context::{
    CaData, CertChain, CertStoreStats, Password, SessionStats, SniAction, SniRequest, SslContext,
    SslSession, VerifyLocations,
};
pub use default::{
    DefaultContext, ServerCertificate, UnverifiedContext, create_connection,
    create_default_context, create_stdlib_context, create_unverified_context,
    get_server_certificate,
};
pub use error::{Error, OsError, Result, SslError};
pub use object::{MemoryBio, SslObject, WrapBio};
pub use paths::{DefaultVerifyPaths, get_default_verify_paths};
pub use random::{RAND_add, RAND_bytes, RAND_status};
pub use socket::{Address, IntoSocket, ReadTarget, SslSocket, ToAddress, WrapSocket};
pub use version::{
    CHANNEL_BINDING_TYPES, HAS_ALPN, HAS_ECDH, HAS_NEVER_CHECK_COMMON_NAME, HAS_NPN, HAS_PHA,
    HAS_PSK, HAS_PSK_TLS13, HAS_SNI, HAS_SSLv2, HAS_SSLv3, HAS_TLSv1, HAS_TLSv1_1, HAS_TLSv1_2,
    HAS_TLSv1_3, OPENSSL_VERSION, OPENSSL_VERSION_INFO, OPENSSL_VERSION_NUMBER, get_protocol_name,
};

// Its `Socket` is what `wrap_socket` takes for Python's `socket.socket`.
pub use socket2;
