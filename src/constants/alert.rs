use super::numbers::numbers;

numbers! {
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
    AlertDescription(u8);
    CLOSE_NOTIFY = 0;
    UNEXPECTED_MESSAGE = 10;
    BAD_RECORD_MAC = 20;
    RECORD_OVERFLOW = 22;
    DECOMPRESSION_FAILURE = 30;
    HANDSHAKE_FAILURE = 40;
    BAD_CERTIFICATE = 42;
    UNSUPPORTED_CERTIFICATE = 43;
    CERTIFICATE_REVOKED = 44;
    CERTIFICATE_EXPIRED = 45;
    CERTIFICATE_UNKNOWN = 46;
    ILLEGAL_PARAMETER = 47;
    UNKNOWN_CA = 48;
    ACCESS_DENIED = 49;
    DECODE_ERROR = 50;
    DECRYPT_ERROR = 51;
    PROTOCOL_VERSION = 70;
    INSUFFICIENT_SECURITY = 71;
    INTERNAL_ERROR = 80;
    USER_CANCELLED = 90;
    NO_RENEGOTIATION = 100;
    UNSUPPORTED_EXTENSION = 110;
    CERTIFICATE_UNOBTAINABLE = 111;
    UNRECOGNIZED_NAME = 112;
    BAD_CERTIFICATE_STATUS_RESPONSE = 113;
    BAD_CERTIFICATE_HASH_VALUE = 114;
    UNKNOWN_PSK_IDENTITY = 115;
    CERTIFICATE_REQUIRED = 116;
    NO_APPLICATION_PROTOCOL = 120;
}
