//! The getters that `SslSocket` and `SslObject` have in common.

/// Python's methods for the results of the handshake.
///
/// `$type` has `connection()`, which returns the connection if there is one, and `wrapped()`, which
/// returns Python's error if there is none.
macro_rules! inspection_methods {
    ($type:ident, $name:literal) => {
        /// The results of the handshake.
        impl $type {
            #[doc = concat!("Python's `", $name, ".version()`: `\"TLSv1.3\"`; `None` without a finished handshake.")]
            ///
            /// ```python
            #[doc = concat!($name, ".version()")]
            /// ```
            /// ```
            /// # use pyssl as ssl;
            #[doc = concat!("# fn f(", $name, ": &ssl::", stringify!($type), ") {")]
            #[doc = concat!("if ", $name, ".version() == Some(\"TLSv1.3\") { println!(\"the newest\"); }")]
            /// # }
            /// ```
            pub fn version(&self) -> Option<&'static str> {
                self.connection()?.version()
            }

            #[doc = concat!("Python's `", $name, ".cipher()`: the name of the cipher suite, the protocol version that")]
            /// defined it, and the number of secret bits.
            ///
            /// ```python
            #[doc = concat!("name, protocol, bits = ", $name, ".cipher()")]
            /// ```
            /// ```
            /// # use pyssl as ssl;
            #[doc = concat!("# fn f(", $name, ": &ssl::", stringify!($type), ") {")]
            #[doc = concat!("if let Some((name, protocol, bits)) = ", $name, ".cipher() { println!(\"{name} {protocol} {bits}\"); }")]
            /// # }
            /// ```
            pub fn cipher(&self) -> Option<(&'static str, &'static str, i32)> {
                self.connection()?.cipher()
            }

            #[doc = concat!("Python's `", $name, ".shared_ciphers()`: the cipher suites that both sides support, in the")]
            /// order of this server. `None` on clients and before the handshake.
            pub fn shared_ciphers(&self) -> Option<Vec<(&'static str, &'static str, i32)>> {
                self.connection()?.shared_ciphers()
            }

            #[doc = concat!("Python's `", $name, ".group()` (3.15): the group of the key exchange, by its name in TLS:")]
            /// `"x25519"`, `"secp256r1"`, `"X25519MLKEM768"`. `None` before the handshake, and if the
            /// key exchange used no group (TLS 1.2 without ECDHE).
            ///
            /// ```python
            #[doc = concat!($name, ".group()")]
            /// ```
            /// ```
            /// # use pyssl as ssl;
            #[doc = concat!("# fn f(", $name, ": &ssl::", stringify!($type), ") {")]
            #[doc = concat!("if let Some(group) = ", $name, ".group() { println!(\"{group}\"); }")]
            /// # }
            /// ```
            ///
            /// Python needs OpenSSL 3.2 for this. This crate does not.
            pub fn group(&self) -> Option<String> {
                self.connection()?.group()
            }

            #[doc = concat!("Python's `", $name, ".compression()`: `None`, unless OpenSSL was built with compression and")]
            /// the context allows it.
            pub fn compression(&self) -> Option<&'static str> {
                self.connection()?.compression()
            }

            #[doc = concat!("Python's `", $name, ".client_sigalg()` (3.15): the signature algorithm of the client. `None`")]
            /// before the handshake, and if the client sent no certificate.
            ///
            /// # Errors
            ///
            /// `NotImplementedError` before OpenSSL 3.5
            /// ([`Capabilities::client_sigalg`](crate::Capabilities::client_sigalg)).
            pub fn client_sigalg(&self) -> Result<Option<String>> {
                self.connection().map_or(Ok(None), |tls| tls.sigalg(true))
            }

            #[doc = concat!("Python's `", $name, ".server_sigalg()` (3.15): the signature algorithm of the server. `None`")]
            /// before the handshake, and on resumed sessions.
            ///
            /// # Errors
            ///
            /// `NotImplementedError` before OpenSSL 3.5
            /// ([`Capabilities::server_sigalg`](crate::Capabilities::server_sigalg)).
            pub fn server_sigalg(&self) -> Result<Option<String>> {
                self.connection().map_or(Ok(None), |tls| tls.sigalg(false))
            }

            #[doc = concat!("Python's `", $name, ".selected_alpn_protocol()`.")]
            pub fn selected_alpn_protocol(&self) -> Option<String> {
                self.connection()?.selected_alpn_protocol()
            }

            #[doc = concat!("Python's `", $name, ".selected_npn_protocol()`: always `None`, as in Python since 3.10.")]
            #[deprecated(note = "OpenSSL no longer supports NPN; use selected_alpn_protocol")]
            pub fn selected_npn_protocol(&self) -> Option<String> {
                None
            }

            /// The OCSP response (DER) that the server stapled to the handshake, if the client's
            /// [`ocsp_mode`](crate::SslContext::set_ocsp_mode) asked for one. `None` on servers and on
            /// resumed sessions. Not in Python.
            ///
            /// ```
            /// # use pyssl as ssl;
            #[doc = concat!("# fn f(", $name, ": &ssl::", stringify!($type), ") {")]
            #[doc = concat!("if let Some(der) = ", $name, ".ocsp_response() { println!(\"{} bytes\", der.len()); }")]
            /// # }
            /// ```
            pub fn ocsp_response(&self) -> Option<Vec<u8>> {
                self.connection()?.ocsp_response()
            }

            /// Derives secret bytes for another protocol. The peer derives the same bytes from the same label
            /// and context (RFC 5705; RFC 8446, section 7.5). Not in Python.
            ///
            /// ```
            /// # use pyssl as ssl;
            #[doc = concat!("# fn f(", $name, ": &ssl::", stringify!($type), ") -> ssl::Result<()> {")]
            #[doc = concat!("let key = ", $name, ".export_keying_material(32, \"EXPORTER-my-protocol\", None)?;")]
            /// # Ok(()) }
            /// ```
            ///
            /// In TLS 1.2, no context and an empty context give different bytes.
            ///
            /// # Errors
            ///
            /// `ValueError` before the handshake is done and without a TLS connection; `OverflowError` for
            /// more than 16384 bytes; `SSLError` for a label that TLS 1.2 itself uses.
            pub fn export_keying_material(
                &self,
                length: usize,
                label: &str,
                context: Option<&[u8]>,
            ) -> Result<Vec<u8>> {
                self.wrapped()?.export_keying_material(length, label, context)
            }
        }
    };
}

pub(crate) use inspection_methods;
