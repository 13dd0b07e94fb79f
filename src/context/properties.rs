//! Getters and setters: Python's properties of `SSLContext`, and its `set_*` methods.

use std::sync::Arc;

use super::{SslContext, rules};
use crate::constants::{Options, Protocol, TlsVersion, VerifyFlags, VerifyMode};
use crate::error::{Error, Result, codec};

impl SslContext {
    /// How the peer's certificate is verified. Python's `context.verify_mode`.
    ///
    /// ```python
    /// context.verify_mode
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// assert_eq!(context.verify_mode(), ssl::CERT_REQUIRED);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn verify_mode(&self) -> VerifyMode {
        self.read(|settings| settings.verify_mode)
    }

    /// Sets how the peer's certificate is verified.
    ///
    /// ```python
    /// context.verify_mode = ssl.CERT_REQUIRED
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
    /// context.set_verify_mode(ssl::CERT_REQUIRED)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `ValueError` if `mode` is `CERT_NONE` and `check_hostname` or the OCSP check is on: switch
    /// that off first.
    #[doc(alias = "set_verify")]
    pub fn set_verify_mode(&self, mode: VerifyMode) -> Result<()> {
        self.edit(
            |next| -> Result<()> {
                if mode == VerifyMode::CERT_NONE {
                    let has_callback = next.verify_callback.is_some();
                    rules::require_no_verification(
                        next.check_hostname,
                        next.ocsp_mode,
                        has_callback,
                    )?;
                }
                next.verify_mode = mode;
                Ok(())
            },
            |ctx, next| next.apply_verify_mode(ctx),
        )
    }

    /// Whether a client checks that the server's certificate matches the host name. Python's
    /// `context.check_hostname`.
    ///
    /// ```python
    /// context.check_hostname
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// assert!(context.check_hostname());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn check_hostname(&self) -> bool {
        self.read(|settings| settings.check_hostname)
    }

    /// Sets whether a client checks the host name. Switching it on changes `CERT_NONE` to
    /// `CERT_REQUIRED`; switching it off does not change the verify mode.
    ///
    /// ```python
    /// context.check_hostname = False
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_check_hostname(false)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    #[doc(alias = "check_hostname")]
    pub fn set_check_hostname(&self, on: bool) -> Result<()> {
        self.edit(
            |next| {
                next.check_hostname = on;
                if on && next.verify_mode == VerifyMode::CERT_NONE {
                    next.verify_mode = VerifyMode::CERT_REQUIRED;
                }
            },
            |ctx, next| next.apply_verify_mode(ctx),
        )
    }

    /// How names in certificates are matched: Python's private `context._host_flags`, OpenSSL's
    /// `X509_CHECK_FLAG_*` (manual page `X509_check_host`).
    ///
    /// ```python
    /// context._host_flags
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// assert_eq!(context.host_flags(), 4); // no partial wildcards
    /// # Ok::<(), ssl::Error>(())
    /// ```
    #[doc(alias = "_host_flags")]
    pub fn host_flags(&self) -> u32 {
        self.read(|settings| settings.host_flags)
    }

    /// Sets how names in certificates are matched. Replaces all flags.
    ///
    /// ```python
    /// context._host_flags |= 0x2  # no wildcards
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_host_flags(context.host_flags() | 0x2)?; // no wildcards
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    #[doc(alias = "_host_flags")]
    pub fn set_host_flags(&self, flags: u32) -> Result<()> {
        self.edit(
            |next| next.host_flags = flags,
            |ctx, next| ctx.set_hostflags(next.host_flags),
        )
    }

    /// Whether the host name is checked against the common name if the certificate has no DNS
    /// names. Python's `context.hostname_checks_common_name`.
    pub fn hostname_checks_common_name(&self) -> bool {
        self.read(|settings| settings.hostname_checks_common_name())
    }

    /// Sets whether the host name is checked against the common name if the certificate has no DNS
    /// names.
    ///
    /// ```python
    /// context.hostname_checks_common_name = False
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_hostname_checks_common_name(false)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn set_hostname_checks_common_name(&self, on: bool) -> Result<()> {
        self.edit(
            |next| next.set_hostname_checks_common_name(on),
            |ctx, next| ctx.set_hostflags(next.host_flags),
        )
    }

    /// The lowest enabled TLS version. Python's `context.minimum_version`.
    pub fn minimum_version(&self) -> TlsVersion {
        self.read(|settings| settings.minimum_version)
            .filter(|_| self.takes_versions())
            .unwrap_or(TlsVersion::MINIMUM_SUPPORTED)
    }

    /// Sets the lowest enabled TLS version.
    ///
    /// ```python
    /// context.minimum_version = ssl.TLSVersion.TLSv1_3
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_minimum_version(ssl::TlsVersion::TLSv1_3)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// If the range is empty, the handshake fails (`NO_PROTOCOLS_AVAILABLE`), as in Python.
    ///
    /// # Errors
    ///
    /// `ValueError` if the context has one fixed version, or OpenSSL does not support `version`.
    #[doc(alias = "set_min_proto_version")]
    pub fn set_minimum_version(&self, version: TlsVersion) -> Result<()> {
        self.require_version_range()?;
        self.edit(
            |next| next.minimum_version = Some(version),
            |ctx, next| {
                if version == TlsVersion::SSLv3 {
                    ctx.set_options(ctx.options() & !Options::OP_NO_SSLv3.bits());
                }
                next.apply_versions(ctx)
            },
        )
    }

    /// The highest enabled TLS version. Python's `context.maximum_version`.
    pub fn maximum_version(&self) -> TlsVersion {
        self.read(|settings| settings.maximum_version)
            .filter(|_| self.takes_versions())
            .unwrap_or(TlsVersion::MAXIMUM_SUPPORTED)
    }

    /// Sets the highest enabled TLS version.
    ///
    /// ```python
    /// context.maximum_version = ssl.TLSVersion.TLSv1_2
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_maximum_version(ssl::TlsVersion::TLSv1_2)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `ValueError` if the context has one fixed version, or OpenSSL does not support `version`.
    #[doc(alias = "set_max_proto_version")]
    pub fn set_maximum_version(&self, version: TlsVersion) -> Result<()> {
        self.require_version_range()?;
        self.edit(
            |next| next.maximum_version = Some(version),
            |ctx, next| next.apply_versions(ctx),
        )
    }

    fn takes_versions(&self) -> bool {
        self.protocol().fixed_version().is_none()
    }

    fn require_version_range(&self) -> Result<()> {
        if self.takes_versions() {
            return Ok(());
        }
        Err(Error::value(
            "The context's protocol doesn't support modification of highest and lowest version.",
        ))
    }

    /// The protocol options. Python's `context.options`.
    pub fn options(&self) -> Options {
        Options::from_bits_retain(self.read(|settings| settings.options))
    }

    /// Sets these protocol options, and clears all others.
    ///
    /// ```python
    /// context.options |= ssl.OP_NO_TLSv1_3
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_options(context.options() | ssl::OP_NO_TLSv1_3)?;
    /// # context.set_options(ssl::Options::empty())?;
    /// # assert!(context.options().is_empty());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn set_options(&self, options: Options) -> Result<()> {
        self.edit(
            |next| next.options = options.bits(),
            |ctx, next| ctx.set_options(next.options),
        )
    }

    /// How certificates are verified. Python's `context.verify_flags`.
    pub fn verify_flags(&self) -> VerifyFlags {
        VerifyFlags::from_bits_retain(self.read(|settings| settings.verify_flags))
    }

    /// Sets the verification flags.
    ///
    /// ```python
    /// context.verify_flags |= ssl.VERIFY_X509_STRICT
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_verify_flags(context.verify_flags() | ssl::VERIFY_X509_STRICT)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL rejects the flags.
    pub fn set_verify_flags(&self, flags: VerifyFlags) -> Result<()> {
        self.edit(
            |next| next.verify_flags = flags.bits(),
            |ctx, next| ctx.set_verify_flags(next.verify_flags),
        )
    }

    /// OpenSSL's security level (0 to 5), which `@SECLEVEL=n` in a cipher string sets. Python's
    /// `context.security_level`.
    ///
    /// ```python
    /// context.security_level
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// assert_eq!(context.security_level(), 2);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Source: `SSL_CTX_set_security_level`(3).
    pub fn security_level(&self) -> u32 {
        self.read(|settings| settings.security_level).unwrap_or(0)
    }

    /// Sets the application protocols (ALPN) that a client offers, or a server accepts, in order of
    /// preference.
    ///
    /// ```python
    /// context.set_alpn_protocols(["h2", "http/1.1"])
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_alpn_protocols(&["h2", "http/1.1"])?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// If the two sides have no protocol in common, the handshake continues without one. An empty
    /// list switches ALPN off. Source: RFC 7301.
    ///
    /// # Errors
    ///
    /// `SSLError` if a name is empty or longer than 255 bytes; `UnicodeError` if a name is not
    /// ASCII.
    #[doc(alias = "set_alpn_protos")]
    pub fn set_alpn_protocols<S: AsRef<str>>(&self, protocols: &[S]) -> Result<()> {
        let mut wire = Vec::new();
        for protocol in protocols {
            let protocol = protocol.as_ref();
            codec::ascii(protocol)?;
            match u8::try_from(protocol.len()) {
                Ok(length @ 1..) => wire.push(length),
                _ => return Err(Error::ssl_bare("ALPN protocols must be 1 to 255 in length")),
            }
            wire.extend_from_slice(protocol.as_bytes());
        }
        let wire: Arc<[u8]> = wire.into();
        self.edit(
            |next| next.alpn = Arc::clone(&wire),
            |ctx, next| ctx.set_alpn(&next.alpn),
        )
    }

    /// The number of TLS 1.3 session tickets that a server sends after a full handshake. Python's
    /// `context.num_tickets`.
    pub fn num_tickets(&self) -> usize {
        self.read(|settings| settings.num_tickets).unwrap_or(0)
    }

    /// Sets the number of TLS 1.3 session tickets that a server sends; 0 disables them.
    ///
    /// ```python
    /// context.num_tickets = 0
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_num_tickets(0)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `ValueError` unless the protocol is `PROTOCOL_TLS_SERVER`.
    pub fn set_num_tickets(&self, tickets: usize) -> Result<()> {
        if self.protocol() != Protocol::PROTOCOL_TLS_SERVER {
            return Err(Error::value("SSLContext is not a server context."));
        }
        self.edit(
            |next| next.num_tickets = Some(tickets),
            |ctx, _| ctx.set_num_tickets(tickets),
        )
    }

    /// Whether post-handshake client authentication (TLS 1.3) is enabled. Python's
    /// `context.post_handshake_auth`.
    pub fn post_handshake_auth(&self) -> bool {
        self.read(|settings| settings.post_handshake_auth)
    }

    /// Enables or disables post-handshake client authentication (TLS 1.3). If it is enabled, a
    /// server that verifies clients requests their certificates only in
    /// `verify_client_post_handshake`.
    ///
    /// ```python
    /// context.post_handshake_auth = True
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_post_handshake_auth(true)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn set_post_handshake_auth(&self, on: bool) -> Result<()> {
        // New connections read the value from the settings, so the `SSL_CTX` does not change.
        self.edit(|next| next.post_handshake_auth = on, |_, _| ())
    }
}
