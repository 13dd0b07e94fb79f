//! Python's rules that hold for contexts and for single connections.

use crate::constants::{OcspMode, Protocol};
use crate::error::{Error, Result};

/// An error if a server's connection is to be made from a context for clients, or the reverse.
pub(crate) fn require_role(protocol: Protocol, server_side: bool) -> Result<()> {
    let (socket, context) = match (protocol, server_side) {
        (Protocol::PROTOCOL_TLS_CLIENT, true) => ("server", "CLIENT"),
        (Protocol::PROTOCOL_TLS_SERVER, false) => ("client", "SERVER"),
        _ => return Ok(()),
    };
    Err(Error::ssl_text(format!(
        "Cannot create a {socket} socket with a PROTOCOL_TLS_{context} context"
    )))
}

/// An error if a setting does not allow `CERT_NONE`, because it needs verification.
pub(crate) fn require_no_verification(
    check_hostname: bool,
    ocsp_mode: OcspMode,
    has_callback: bool,
) -> Result<()> {
    let setting = if check_hostname {
        "check_hostname is enabled"
    } else if ocsp_mode.verifies() {
        "ocsp_mode is Check or Require"
    } else if has_callback {
        "a verify callback is set"
    } else {
        return Ok(());
    };
    Err(Error::value(format!(
        "Cannot set verify_mode to CERT_NONE when {setting}."
    )))
}
