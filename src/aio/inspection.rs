//! The getters of [`SslObject`], on the stream itself.

use super::TlsStream;
use crate::certificate::{CertDict, Certificate};
use crate::context::{SslContext, SslSession};
use crate::engine::Agreed;
use crate::error::Result;

impl<S> TlsStream<S> {
    /// See [`SslObject::selected_npn_protocol`](crate::SslObject::selected_npn_protocol).
    #[deprecated(note = "OpenSSL no longer supports NPN; use selected_alpn_protocol")]
    pub fn selected_npn_protocol(&self) -> Option<String> {
        None
    }
}

/// A cipher suite as in Python: its name, the protocol that defined it, and its secret bits.
type Suite = (&'static str, &'static str, i32);

macro_rules! forward {
    ($($(#[$note:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        /// The getters of [`object`](Self::object): the results of the handshake.
        impl<S> TlsStream<S> {
            $(
                #[doc = concat!("See [`SslObject::", stringify!($name), "`](crate::SslObject::", stringify!($name), ").")]
                $(#[$note])*
                pub fn $name(&self, $($argument: $type),*) -> $result {
                    self.object().$name($($argument),*)
                }
            )*
        }
    };
}

forward! {
    version() -> Option<&'static str>;
    cipher() -> Option<Suite>;
    shared_ciphers() -> Option<Vec<Suite>>;
    group() -> Option<String>;
    compression() -> Option<&'static str>;
    ///
    /// # Errors
    ///
    /// `NotImplementedError` before OpenSSL 3.5.
    client_sigalg() -> Result<Option<String>>;
    ///
    /// # Errors
    ///
    /// `NotImplementedError` before OpenSSL 3.5.
    server_sigalg() -> Result<Option<String>>;
    selected_alpn_protocol() -> Option<String>;
    ocsp_response() -> Option<Vec<u8>>;
    ///
    /// # Errors
    ///
    /// `OverflowError` for more than 16384 bytes; `SSLError` for a label that TLS 1.2 uses itself.
    export_keying_material(length: usize, label: &str, context: Option<&[u8]>) -> Result<Vec<u8>>;
    agreed() -> Agreed;
    context() -> SslContext;
    server_side() -> bool;
    server_hostname() -> Option<&str>;
    ///
    /// # Errors
    ///
    /// `UnicodeError` for names that are not UTF-8.
    getpeercert() -> Result<Option<CertDict>>;
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot encode the certificate.
    getpeercert_binary() -> Result<Option<Vec<u8>>>;
    get_verified_chain() -> Vec<Certificate>;
    get_unverified_chain() -> Vec<Certificate>;
    ///
    /// # Errors
    ///
    /// `ValueError` for an unknown type.
    get_channel_binding(cb_type: &str) -> Result<Option<Vec<u8>>>;
    session() -> Option<SslSession>;
    session_reused() -> bool;
    pending() -> usize;
    /// Flush the stream afterwards, so that the request is sent.
    ///
    /// # Errors
    ///
    /// The errors of `SslObject::verify_client_post_handshake`.
    verify_client_post_handshake() -> Result<()>;
}
