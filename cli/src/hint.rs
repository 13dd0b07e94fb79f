//! Suggests remedies for failures.

use pyssl as ssl;

use crate::attempt::{ConnectOutcome, Stage};
use crate::report::alt_name;

/// A sentence or two for the user, if there is a known remedy.
pub(crate) fn for_failure(outcome: &ConnectOutcome, error: &ssl::Error) -> Option<String> {
    if let Some(code) = error.verify_code() {
        return for_verification(outcome, code);
    }
    let text = match (error, error.python_class()) {
        (ssl::Error::Timeout(_), _) if outcome.stage == Stage::Connect => {
            "The host does not answer: a firewall may drop the packets, or the host is down."
        }
        (ssl::Error::Timeout(_), _) => {
            "The server accepts connections but does not answer: it may not speak TLS, or be \
             overloaded. --timeout waits longer."
        }
        (ssl::Error::Eof(_), _) | (_, "ConnectionResetError" | "BrokenPipeError")
            if outcome.stage == Stage::Afterwards =>
        {
            "The server accepted the handshake and closed the connection without an alert: it may \
             require a client certificate (--cert), or reject this client."
        }
        (ssl::Error::Eof(_), _) | (_, "ConnectionResetError" | "BrokenPipeError") => {
            "The server closed the connection without an alert: it may not speak TLS on this port, \
             not know the name (--server-name), or support none of our versions and ciphers."
        }
        (_, "ConnectionRefusedError") => "No server listens on that port.",
        (_, "gaierror") => "The name has no address: check its spelling, and this machine's DNS.",
        _ => return error.reason().and_then(for_reason).map(str::to_owned),
    };
    Some(text.to_owned())
}

/// The hint for one of OpenSSL's `X509_V_ERR_*`.
fn for_verification(outcome: &ConnectOutcome, code: i32) -> Option<String> {
    let alone = outcome.chain.len() == 1;
    let text = match code {
        9 => "It is not valid yet: check this machine's clock.",
        10 => {
            "It has expired: the server needs a new certificate. Or this machine's clock is wrong."
        }
        18 => {
            "The certificate is self-signed. If it is the right one, trust it with --cafile and a \
             file that contains it."
        }
        19 => {
            "The chain ends at an untrusted root. If it is the right one, trust it with --cafile and \
             a file that contains it."
        }
        20 | 21 if alone => {
            "The issuer is not trusted, or the server does not send the intermediate \
             certificates. If the issuer is the right one, trust it with --cafile."
        }
        2 | 20 | 21 => {
            "The issuer of the last certificate that the server sent is not trusted. If it is the \
             right one, trust it with --cafile."
        }
        23 => "It was revoked: the server needs a new certificate.",
        32 | 79 => "A certificate in the chain was issued by one that is not a CA certificate.",
        26 => "The certificate is not valid for servers (extended key usage).",
        62 | 64 => return Some(for_name(outcome)),
        66..=68 => {
            "A key or signature in the chain is weaker than the security level allows. --ciphers \
             DEFAULT@SECLEVEL=1 lowers the level, if there is no better server."
        }
        // X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN to X509_V_ERR_CA_CERT_MISSING_KEY_USAGE
        80..=94 => {
            "A certificate in the chain violates RFC 5280, which Python enforces since 3.13 \
             (VERIFY_X509_STRICT). Older clients accept it."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The hint for a certificate that is not valid for the server's name. It lists the names of the
/// certificate.
fn for_name(outcome: &ConnectOutcome) -> String {
    let info = outcome.chain.first().and_then(|leaf| leaf.get_info().ok());
    let names: Vec<_> = info
        .iter()
        .flat_map(|info| info.subject_alt_name())
        .filter(|name| matches!(name.kind(), "DNS" | "IP Address"))
        .map(alt_name)
        .collect();
    match names.as_slice() {
        [] => "It contains no host name.".to_owned(),
        names => format!(
            "It is for {}. Use one of them with --server-name.",
            names.join(", ")
        ),
    }
}

/// The hint for Python's `reason`.
fn for_reason(reason: &str) -> Option<&'static str> {
    // The text before `_ALERT_` depends on the alert and on the version of OpenSSL: SSLV3, TLS,
    // TLSV1, TLSV13.
    if let Some((_, alert)) = reason.split_once("_ALERT_") {
        return for_alert(alert);
    }
    Some(match reason {
        "WRONG_VERSION_NUMBER"
        | "HTTP_REQUEST"
        | "PACKET_LENGTH_TOO_LONG"
        | "RECORD_LAYER_FAILURE"
        | "UNKNOWN_PROTOCOL" => {
            "The server does not speak TLS here: it may speak plain HTTP, or a protocol that starts \
             TLS later (SMTP, FTP, PostgreSQL)."
        }
        "UNSUPPORTED_PROTOCOL" | "VERSION_TOO_LOW" => OLD_VERSIONS,
        "NO_PROTOCOLS_AVAILABLE" => {
            "--min and --max leave no usable version: versions below 1.2 need --ciphers \
             DEFAULT@SECLEVEL=0."
        }
        "NO_CIPHERS_AVAILABLE" => {
            "--ciphers leaves no suite for these versions. It does not apply to TLS 1.3; versions \
             below 1.2 need DEFAULT@SECLEVEL=0."
        }
        "TLSV1_UNRECOGNIZED_NAME" => "The server does not know the name: --server-name.",
        "DH_KEY_TOO_SMALL" | "EE_KEY_TOO_SMALL" | "CA_MD_TOO_WEAK" | "WRONG_SIGNATURE_TYPE" => {
            "The server's key or signature is weaker than the security level allows. --ciphers \
             DEFAULT@SECLEVEL=1 lowers the level, if there is no better server."
        }
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED" => {
            "The server lacks secure renegotiation (RFC 5746); it needs an update."
        }
        _ => return None,
    })
}

const OLD_VERSIONS: &str = "The server supports none of our versions. --min 1.0 --ciphers \
                            DEFAULT@SECLEVEL=0 allows old ones.";

/// The hint for the alert that the server sent.
fn for_alert(alert: &str) -> Option<&'static str> {
    Some(match alert {
        "CERTIFICATE_REQUIRED" => "The server requires a client certificate: --cert and --key.",
        "HANDSHAKE_FAILURE" => {
            "The server supports none of our settings: --ciphers or the versions may be too narrow, \
             or it requires a client certificate (--cert)."
        }
        "UNKNOWN_CA" => "The server does not know the issuer of our certificate (--cert).",
        "BAD_CERTIFICATE"
        | "CERTIFICATE_EXPIRED"
        | "CERTIFICATE_REVOKED"
        | "CERTIFICATE_UNKNOWN"
        | "UNSUPPORTED_CERTIFICATE"
        | "ACCESS_DENIED" => "The server rejects our certificate, or requires one (--cert).",
        "PROTOCOL_VERSION" => OLD_VERSIONS,
        "NO_APPLICATION_PROTOCOL" => "The server supports none of the --alpn protocols.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_know_the_alert_names_of_every_openssl_version() {
        for reason in ["SSLV3_ALERT_BAD_CERTIFICATE", "TLS_ALERT_BAD_CERTIFICATE"] {
            assert!(for_reason(reason).is_some_and(|hint| hint.contains("--cert")));
        }
        assert_eq!(for_reason("TLSV1_ALERT_INTERNAL_ERROR"), None);
    }
}
