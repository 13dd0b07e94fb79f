use std::fmt;

macro_rules! alerts {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl AlertDescription {
            $($(#[$doc])* pub const $name: AlertDescription = AlertDescription($value);)*

            /// Python's name, without `ALERT_DESCRIPTION_`, if the number has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

/// An alert of the TLS protocol: Python's `ssl.AlertDescription`.
///
/// ```python
/// return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
/// ```
/// ```
/// # use pyssl as ssl;
/// assert_eq!(ssl::ALERT_DESCRIPTION_ACCESS_DENIED, ssl::AlertDescription::ACCESS_DENIED);
/// assert_eq!(ssl::AlertDescription(49).name(), Some("ACCESS_DENIED"));
/// ```
///
/// The set is open (RFC 8446, section 6, and the IANA registry), so this type wraps a number.
#[allow(clippy::exhaustive_structs, reason = "an open set of numbers")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertDescription(
    /// The number on the wire.
    pub u8,
);

alerts! {
    /// `close_notify`
    CLOSE_NOTIFY = 0;
    /// `unexpected_message`
    UNEXPECTED_MESSAGE = 10;
    /// `bad_record_mac`
    BAD_RECORD_MAC = 20;
    /// `record_overflow`
    RECORD_OVERFLOW = 22;
    /// `decompression_failure`
    DECOMPRESSION_FAILURE = 30;
    /// `handshake_failure`
    HANDSHAKE_FAILURE = 40;
    /// `bad_certificate`
    BAD_CERTIFICATE = 42;
    /// `unsupported_certificate`
    UNSUPPORTED_CERTIFICATE = 43;
    /// `certificate_revoked`
    CERTIFICATE_REVOKED = 44;
    /// `certificate_expired`
    CERTIFICATE_EXPIRED = 45;
    /// `certificate_unknown`
    CERTIFICATE_UNKNOWN = 46;
    /// `illegal_parameter`
    ILLEGAL_PARAMETER = 47;
    /// `unknown_ca`
    UNKNOWN_CA = 48;
    /// `access_denied`
    ACCESS_DENIED = 49;
    /// `decode_error`
    DECODE_ERROR = 50;
    /// `decrypt_error`
    DECRYPT_ERROR = 51;
    /// `protocol_version`
    PROTOCOL_VERSION = 70;
    /// `insufficient_security`
    INSUFFICIENT_SECURITY = 71;
    /// `internal_error`
    INTERNAL_ERROR = 80;
    /// `user_cancelled`
    USER_CANCELLED = 90;
    /// `no_renegotiation`
    NO_RENEGOTIATION = 100;
    /// `unsupported_extension`
    UNSUPPORTED_EXTENSION = 110;
    /// `certificate_unobtainable`
    CERTIFICATE_UNOBTAINABLE = 111;
    /// `unrecognized_name`
    UNRECOGNIZED_NAME = 112;
    /// `bad_certificate_status_response`
    BAD_CERTIFICATE_STATUS_RESPONSE = 113;
    /// `bad_certificate_hash_value`
    BAD_CERTIFICATE_HASH_VALUE = 114;
    /// `unknown_psk_identity`
    UNKNOWN_PSK_IDENTITY = 115;
    /// `certificate_required` (TLS 1.3)
    CERTIFICATE_REQUIRED = 116;
    /// `no_application_protocol`
    NO_APPLICATION_PROTOCOL = 120;
}

impl fmt::Debug for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "AlertDescription({})", self.0),
        }
    }
}
