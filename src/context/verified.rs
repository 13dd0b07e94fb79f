use crate::constants::{OcspMode, VerifyMode};

/// The verification settings of a connection, as recorded in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VerificationSettings {
    pub(crate) verify_mode: VerifyMode,
    pub(crate) check_hostname: bool,
    pub(crate) ocsp_mode: OcspMode,
    /// The number of the context's verify callback; 0 for none.
    pub(crate) callback: u64,
    /// A hash of the pins.
    pub(crate) pins: [u8; 32],
}

/// [`VerificationSettings::pins`] of a connection without pins.
pub(crate) const NO_PINS: [u8; 32] = [0; 32];

/// [`VerificationSettings::callback`] of a decoded session that was verified with a callback. The number is
/// not stored, since it has no meaning in another process.
const OTHER_CALLBACK: u64 = u64::MAX;

/// The prefix of our application data in a session. Other programs may store different data.
const MARK: &[u8] = b"pyssl\x02";

impl VerificationSettings {
    /// Whether a connection with these settings may accept a peer that `other` rejects.
    pub(crate) fn less_than(self, other: VerificationSettings) -> bool {
        self.verify_mode < other.verify_mode
            || !self.check_hostname && other.check_hostname
            || self.ocsp_mode.verifies_less_than(other.ocsp_mode)
            // A callback can accept a peer that OpenSSL or another callback rejects, so neither of
            // two callbacks counts as stricter.
            || self.callback != other.callback
            || other.pins != NO_PINS && self.pins != other.pins
    }

    /// Encodes the settings, to be stored in a session.
    pub(crate) fn to_app_data(self) -> Vec<u8> {
        let ocsp_mode = self.ocsp_mode as u8;
        let verify_mode = self.verify_mode as u8;
        let callback = self.callback != 0;
        let settings = [
            verify_mode,
            self.check_hostname.into(),
            ocsp_mode,
            callback.into(),
        ];
        [MARK, &settings, &self.pins].concat()
    }

    /// The session id context of a server. OpenSSL resumes a session only if the session has an
    /// equal one, so a session that was verified with other settings leads to a full handshake.
    /// `names` are the expected names, one of which the client's certificate must have.
    pub(crate) fn session_id_context<'a>(self, names: impl Iterator<Item = &'a str>) -> Vec<u8> {
        if self.verify_mode == VerifyMode::CERT_NONE {
            return b"Python\0".to_vec(); // CPython uses the same value.
        }
        let mut facts = self.to_app_data();
        facts.extend(self.callback.to_be_bytes());
        for name in names {
            facts.push(0);
            facts.extend_from_slice(name.as_bytes());
        }
        openssl::sha::sha256(&facts).to_vec()
    }

    /// Decodes the data of a session; `None` if it is not ours.
    pub(super) fn from_app_data(app_data: &[u8]) -> Option<VerificationSettings> {
        let (settings, pins) = app_data.strip_prefix(MARK)?.split_first_chunk()?;
        let &[verify_mode, check_hostname, ocsp_mode, callback] = settings;
        Some(VerificationSettings {
            verify_mode: VerifyMode::try_from(i32::from(verify_mode)).ok()?,
            check_hostname: check_hostname != 0,
            ocsp_mode: [
                OcspMode::Off,
                OcspMode::Request,
                OcspMode::Check,
                OcspMode::Require,
            ]
            .into_iter()
            .find(|mode| *mode as u8 == ocsp_mode)?,
            callback: if callback == 0 { 0 } else { OTHER_CALLBACK },
            pins: pins.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verification_settings_round_trip_through_a_sessions_application_data() {
        for verify_mode in [VerifyMode::CERT_NONE, VerifyMode::CERT_REQUIRED] {
            for check_hostname in [false, true] {
                for ocsp_mode in [OcspMode::Off, OcspMode::Require] {
                    let verified = VerificationSettings {
                        verify_mode,
                        check_hostname,
                        ocsp_mode,
                        callback: 0,
                        pins: [u8::from(check_hostname); 32],
                    };
                    let app_data = verified.to_app_data();
                    assert_eq!(
                        VerificationSettings::from_app_data(&app_data),
                        Some(verified)
                    );
                    assert_eq!(VerificationSettings::from_app_data(&app_data[1..]), None);
                    assert_eq!(
                        VerificationSettings::from_app_data(&app_data[..app_data.len() - 1]),
                        None
                    );
                }
            }
        }
        assert_eq!(
            VerificationSettings::from_app_data(b"pyssl\x01\x09\x00\x00"),
            None
        );
        assert_eq!(VerificationSettings::from_app_data(b""), None);
    }
}
