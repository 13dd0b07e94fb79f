use crate::constants::{OcspMode, VerifyMode};

/// What a connection verifies of its peer, as far as sessions carry it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) verify_mode: VerifyMode,
    pub(crate) check_hostname: bool,
    pub(crate) ocsp_mode: OcspMode,
}

/// Stands before the rest in a session's note; others may have put something else there.
const MARK: &[u8] = b"pyssl\x01";

impl Verified {
    /// Whether a connection like this may come to trust a peer that one like the other does not.
    pub(crate) fn less_than(self, other: Verified) -> bool {
        self.verify_mode < other.verify_mode
            || !self.check_hostname && other.check_hostname
            || self.ocsp_mode.verifies_less_than(other.ocsp_mode)
    }

    /// As bytes that a session takes along.
    pub(crate) fn to_note(self) -> Vec<u8> {
        let ocsp_mode = self.ocsp_mode as u8;
        let verify_mode = self.verify_mode as u8;
        [MARK, &[verify_mode, self.check_hostname.into(), ocsp_mode]].concat()
    }

    /// Out of a session's note; `None` if it is none of ours.
    pub(super) fn from_note(note: &[u8]) -> Option<Verified> {
        let &[verify_mode, check_hostname, ocsp_mode] = note.strip_prefix(MARK)? else {
            return None;
        };
        Some(Verified {
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
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_what_was_verified() {
        for verify_mode in [VerifyMode::CERT_NONE, VerifyMode::CERT_REQUIRED] {
            for check_hostname in [false, true] {
                for ocsp_mode in [OcspMode::Off, OcspMode::Require] {
                    let verified = Verified {
                        verify_mode,
                        check_hostname,
                        ocsp_mode,
                    };
                    let note = verified.to_note();
                    assert_eq!(Verified::from_note(&note), Some(verified));
                    assert_eq!(Verified::from_note(&note[1..]), None);
                    assert_eq!(Verified::from_note(&note[..note.len() - 1]), None);
                }
            }
        }
        assert_eq!(Verified::from_note(b"pyssl\x01\x09\x00\x00"), None);
        assert_eq!(Verified::from_note(b""), None);
    }
}
