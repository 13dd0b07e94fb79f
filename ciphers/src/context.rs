//! Methods for contexts.

use pyssl::{Result, SslContext};

use crate::audit::{self, AuditFinding, AuditOptions};
use crate::cipher::{CipherString, CipherStringError, Ciphersuites, Policy, Report};
use crate::negotiate::Role;
use crate::sealed::Sealed;

/// Methods for [`SslContext`]. Other crates cannot implement the trait.
pub trait SslContextExt: Sealed {
    /// The problems of the context and other facts about it, worst first.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl_ciphers::SslContextExt;
    /// use pyssl_ciphers::audit::AuditCode;
    ///
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_check_hostname(false)?;
    /// context.set_verify_mode(ssl::CERT_NONE)?;
    /// let findings = context.audit("example.com")?;
    /// let unverified = findings.iter().find(|f| f.code() == AuditCode::NotVerified);
    /// let unverified = unverified.ok_or("it is verified").unwrap();
    /// assert_eq!(unverified.rust(), Some("context.set_verify_mode(ssl::CERT_REQUIRED)?"));
    /// assert_eq!(unverified.python(), Some("context.verify_mode = ssl.CERT_REQUIRED"));
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The audit checks verification, versions, suites, the trust store and the certificates that
    /// are loaded, and tries handshakes in memory with a default peer (what
    /// `create_default_context` makes), one with TLS 1.2 and one with TLS 1.3 for each certificate.
    /// A handshake that fails is a finding of severity warning or error. So without such a finding,
    /// default peers connect. Notes of code [`NotTried`](crate::audit::AuditCode::NotTried) list
    /// the trials that were not possible.
    ///
    /// A default client trusts what the system and this context trust; with
    /// [`peer_cafile`](AuditOptions::peer_cafile) it trusts that file instead. A default server's
    /// certificate comes from an authority that is made for the trial.
    ///
    /// Nothing is sent over a network, the context is not changed, and its callbacks are not called.
    ///
    /// # Errors
    ///
    /// `ValueError`, `TypeError` and `UnicodeError` for an invalid host name; `OSError` and
    /// `SSLError` for a `peer_cafile` that cannot be read; `SSLError` if OpenSSL cannot make
    /// contexts.
    fn audit(&self, options: impl Into<AuditOptions>) -> Result<Vec<AuditFinding>>;

    /// Compares the context, in this role, with a guideline: the suites that its settings allow, its
    /// versions, its groups, and the sizes of its own keys and finite-field parameters.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl_ciphers::SslContextExt;
    /// use pyssl_ciphers::cipher::Policy;
    /// use pyssl_ciphers::negotiate::Role;
    ///
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")?;
    /// context.set_groups("X25519:prime256v1:secp384r1")?;
    /// let report = context.check_policy(&Policy::mozilla_intermediate(), Role::Server)?;
    /// assert!(report.conforms(), "{:?}", report.violations());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// If no groups were set, they are OpenSSL's defaults, which are read from a ClientHello of the
    /// context. A server without a certificate counts as one with certificates of every kind, and its
    /// keys are [not compared](crate::cipher::Report::not_compared).
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make contexts.
    fn check_policy(&self, policy: &Policy, role: Role) -> Result<Report>;

    /// Like [`set_ciphers`](SslContext::set_ciphers), but refuses every part that OpenSSL ignores
    /// silently, such as a misspelt name or a part without effect.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use pyssl_ciphers::SslContextExt;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_ciphers("HIGH:!aNUL:!MD5")?; // anonymous suites are on now
    /// let error = context.set_ciphers_strict("HIGH:!aNUL:!MD5").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "column 7: OpenSSL does not know `aNUL`: did you mean `aNULL`?",
    /// );
    /// context.set_ciphers_strict("HIGH:!aNULL:!MD5")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// [`CipherString::strict`] lists the errors. Python has no such method.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`], which names the first part that is refused, and its column. The
    /// context keeps its list.
    #[doc(alias = "SSL_CTX_set_strict_cipher_list")]
    fn set_ciphers_strict(&self, ciphers: &str) -> Result<(), CipherStringError>;

    /// Like [`set_ciphersuites`](SslContext::set_ciphersuites), but refuses every name that OpenSSL
    /// ignores silently, and a list that turns TLS 1.3 off.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use pyssl_ciphers::SslContextExt;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// let error = context
    ///     .set_ciphersuites_strict("TLS_AES_256_GCM_SHA384:TLS_AES_128_GMC_SHA256")
    ///     .unwrap_err();
    /// assert_eq!(error.column(), Some(24));
    /// context.set_ciphersuites_strict("TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CipherStringError`], which has the first name that is refused, and its column. The context
    /// keeps its suites.
    fn set_ciphersuites_strict(&self, ciphersuites: &str) -> Result<(), CipherStringError>;
}

impl SslContextExt for SslContext {
    fn audit(&self, options: impl Into<AuditOptions>) -> Result<Vec<AuditFinding>> {
        audit::audit(self, options.into())
    }

    fn check_policy(&self, policy: &Policy, role: Role) -> Result<Report> {
        audit::check_policy(self, policy, role)
    }

    fn set_ciphers_strict(&self, ciphers: &str) -> Result<(), CipherStringError> {
        CipherString::strict(ciphers)?;
        self.set_ciphers(ciphers)
            .map_err(|error| CipherStringError::of_context(&error))
    }

    fn set_ciphersuites_strict(&self, ciphersuites: &str) -> Result<(), CipherStringError> {
        Ciphersuites::strict(ciphersuites)?;
        self.set_ciphersuites(ciphersuites)
            .map_err(|error| CipherStringError::of_context(&error))
    }
}
