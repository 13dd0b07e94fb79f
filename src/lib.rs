//! Python's `ssl` module for Rust, on OpenSSL.
//!
//! The names, defaults, errors and cipher strings are those of Python's `ssl`. An [`SslContext`]
//! holds the settings. [`SslContext::wrap_socket`] starts TLS on a socket; [`SslContext::wrap_bio`]
//! runs TLS over two memory buffers.
//!
//! ```python
//! import ssl, socket
//! context = ssl.create_default_context()
//! with socket.create_connection(("example.com", 443)) as sock:
//!     with context.wrap_socket(sock, server_hostname="example.com") as ssock:
//!         print(ssock.version())
//! ```
//! ```no_run
//! use pyssl as ssl;
//! let context = ssl::create_default_context(())?;
//! let sock = ssl::create_connection(("example.com", 443), None)?;
//! let ssock = context.wrap_socket(sock, "example.com")?;
//! println!("{:?}", ssock.version());
//! # Ok::<(), ssl::Error>(())
//! ```
//!
//! # From Python to Rust
//!
//! - Type names follow Rust's conventions: `SSLContext` is [`SslContext`], `MemoryBIO` is
//!   [`MemoryBio`]. Constants keep Python's spelling: [`PROTOCOL_TLS_CLIENT`], [`CERT_REQUIRED`],
//!   [`OP_NO_TLSv1_3`].
//! - Methods keep their names. A property `x` is read with `x()` and written with `set_x(...)`.
//! - Optional arguments become an options value with Python's defaults: [`WrapSocket`],
//!   [`WrapBio`], [`CertChain`], [`VerifyLocations`], [`DefaultContext`]. The most common argument
//!   can be passed directly: `wrap_socket(sock, "example.com")`.
//! - Exceptions are the variants of [`Error`], with `library()`, `reason()` and `verify_code()`.
//! - `with` becomes a scope: a socket is closed when it is dropped.
//!
//! [`recipes`] has Rust code for common tasks. [`porting`] lists every name of the Python module
//! with its Rust form. [`troubleshooting`] explains common errors. [`crates`] says how hyper, axum, redis and
//! other crates use a context.
//!
//! # Threads
//!
//! Contexts, sockets and objects are `Send` and `Sync` and take `&self`. A context can be changed
//! while connections use it; see [`SslContext`]. One thread can receive while another sends; see
//! [`SslSocket`].
//!
//! # Beyond Python
//!
//! - [`SslContext::to_openssl`]: a copy of a context for crates that take the `openssl` crate's types.
//! - OCSP stapling: [`SslContext::set_ocsp_response`] on servers, [`OcspMode`] on clients.
//! - [`WrapSocket::pins`] and [`SslContext::set_verify_callback`]: own rules for the peer's certificate.
//! - [`SslContext::set_client_session_cache`]: connections resume earlier sessions by themselves.
//! - [`SslSocket::close_within`]: closes a connection with a time limit.
//!
//! The crate `pyssl-ciphers` explains and lints cipher strings, predicts what contexts would
//! negotiate, reports the weaknesses of a context, and has assertions for your own tests. The crate `pyssl-renewal`
//! puts renewed certificates into service.
//!
//! # Features
//!
//! - `vendored`: builds OpenSSL from source and links it statically. Without it, the system's
//!   OpenSSL (3.0 or newer) is linked, or the one that `OPENSSL_DIR` names.
//! - `tokio`: the module `aio`, TLS on tokio's streams.
//! - `ureq`: the module `ureq`, connections of that HTTP client with a context of this crate.
//! - `requests`: the module `requests`, Python's `requests.get(url, verify=...)` on top of this crate.
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]
#![deny(unsafe_code)]

#[cfg(feature = "tokio")]
pub mod aio;
mod capabilities;
mod certificate;
mod cipher;
mod client_hello;
mod constants;
mod context;
pub mod crates;
mod deadline;
mod default;
mod engine;
mod error;
mod ffi;
mod hostname;
mod lock;
mod lookup;
mod object;
mod optional;
mod paths;
pub mod porting;
mod random;
pub mod recipes;
#[cfg(feature = "requests")]
pub mod requests;
mod sealed;
mod socket;
#[cfg(windows)]
mod stores;
mod sys;
mod text;
pub mod troubleshooting;
#[cfg(feature = "ureq")]
pub mod ureq;
mod version;

pub use capabilities::{Capabilities, capabilities};
pub use certificate::{
    Asn1Object, AttributeValue, CertDict, Certificate, DER_cert_to_PEM_cert, DistinguishedName,
    PEM_FOOTER, PEM_HEADER, PEM_cert_to_DER_cert, Pin, Rdn, SubjectAltName, cert_time_to_seconds,
};
pub use cipher::{Cipher, PYTHON_DEFAULT_CIPHERS, openssl_default_ciphers};
pub use client_hello::ClientHello;
pub use constants::python::*;
pub use constants::{
    AlertDescription, OcspMode, Options, Protocol, Purpose, TlsAlertType, TlsContentType,
    TlsMessageType, TlsVersion, VerifyFlags, VerifyMode,
};
pub use context::{
    CaData, CertChain, CertStoreStats, ClientPsk, ContextSettings, Direction, Identity,
    MessageKind, OcspRequest, Password, PeerVerification, SessionStats, SniAction, SniRequest,
    SslContext, SslSession, TicketKey, TlsMessage, Variant, VerifyDecision, VerifyError,
    VerifyLocations, get_sigalgs,
};
pub use default::{
    DefaultContext, ServerCertificate, UnverifiedContext, create_connection,
    create_default_context, create_default_https_context, create_stdlib_context,
    create_unverified_context, get_server_certificate,
};
pub use engine::Agreed;
pub use error::{BoxError, Error, OsError, Result, SslError, SslErrorNumber};
pub use object::{MemoryBio, SslObject, WrapBio};
pub use optional::Optional;
pub use paths::{DefaultVerifyPaths, get_default_verify_paths};
pub use random::{RAND_add, RAND_bytes, RAND_status};
pub use socket::{
    Address, Closed, IntoSocket, ReadTarget, SocketFile, SslSocket, ToAddress, WrapSocket,
};
#[cfg(windows)]
pub use stores::{StoreEncoding, StoreTrust, enum_certificates, enum_crls};
pub use version::{
    CHANNEL_BINDING_TYPES, HAS_ALPN, HAS_ECDH, HAS_NEVER_CHECK_COMMON_NAME, HAS_NPN, HAS_PHA,
    HAS_PSK, HAS_PSK_TLS13, HAS_SNI, HAS_SSLv2, HAS_SSLv3, HAS_TLSv1, HAS_TLSv1_1, HAS_TLSv1_2,
    HAS_TLSv1_3, OPENSSL_VERSION, OPENSSL_VERSION_INFO, OPENSSL_VERSION_NUMBER, get_protocol_name,
};

// The types that `SslContext::to_openssl` and similar methods return.
pub use openssl;
// `socket2::Socket`, which `wrap_socket` takes, corresponds to Python's `socket.socket`.
pub use socket2;

/// Compiles and runs the code in the README.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
}
