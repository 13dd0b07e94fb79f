//! When a certificate is renewed, and when a failed attempt is repeated.

use std::time::{Duration, SystemTime};

use crate::time::LONGEST;

/// A time window that the server suggests for the renewal (RFC 9773).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
}

/// The length of the window of renewals, as a part of the validity, if the server suggests no time.
const SPREAD: f64 = 1.0 / 30.0;

/// The time at which a certificate is renewed. `share` is the certificate's [`share`], its place in the window.
///
/// Without a suggestion of the server, the window begins after two thirds of the validity. It is a thirtieth of the
/// validity long, so that certificates of the same age are not renewed at the same time.
pub(super) fn due(
    not_before: SystemTime,
    not_after: SystemTime,
    window: Option<Window>,
    share: f64,
) -> SystemTime {
    let lifetime = not_after.duration_since(not_before).unwrap_or_default();
    match window {
        Some(Window { start, end }) => {
            let length = end.duration_since(start).unwrap_or_default();
            let chosen = start.checked_add(length.mul_f64(share)).unwrap_or(start);
            // The server may suggest a time shortly before the certificate expires. The renewal starts earlier, so that
            // a failed attempt can be repeated.
            chosen.min(not_before + lifetime.mul_f64(0.9))
        }
        None => not_before + lifetime.mul_f64(2.0 / 3.0 + SPREAD * share),
    }
}

/// The pause after a number of failures: it doubles, and varies at random by a quarter.
pub(super) fn pause(
    first: Duration,
    longest: Duration,
    failures: u32,
    retry_after: Option<Duration>,
) -> Duration {
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(30));
    let varied = doubled
        .min(longest)
        .min(LONGEST)
        .mul_f64(1.0 - random() / 4.0);
    // If the server demands a pause, the client waits up to a tenth longer, so that clients that were refused at the
    // same time do not return at the same time.
    match retry_after {
        Some(wanted) => varied.max(wanted.mul_f64(1.0 + random() / 10.0)),
        None => varied,
    }
}

/// A random number from 0 to 1.
fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without random numbers, which OpenSSL reports only if it has no entropy, all clients wait equally long.
    let _ = openssl::rand::rand_bytes(&mut bytes);
    fraction(bytes)
}

/// A number from 0 to 1. It depends on the certificate alone, so it is the same after a restart and in each client with
/// the same storage. Keys and serial numbers are random, so the numbers of a fleet's certificates are evenly
/// distributed.
pub(super) fn share(der: &[u8]) -> f64 {
    let [a, b, c, d, ..] = openssl::sha::sha256(der);
    fraction([a, b, c, d])
}

fn fraction(bytes: [u8; 4]) -> f64 {
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn at(hours: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + HOUR * hours
    }

    #[test]
    fn certificates_are_renewed_between_two_thirds_and_seven_tenths_of_their_validity() {
        let close = |one: SystemTime, other: SystemTime| {
            let apart = one
                .duration_since(other)
                .or_else(|_| other.duration_since(one));
            apart.unwrap() < Duration::from_secs(1)
        };
        for (days, first, last) in [(90, 60 * 24, 63 * 24), (30, 20 * 24, 21 * 24), (5, 80, 84)] {
            let due = |share| due(at(24), at(24 + 24 * days), None, share);
            assert!(close(due(0.0), at(24 + first)), "{days}");
            assert!(close(due(1.0), at(24 + last)), "{days}");
        }
        // A certificate without a validity is due at once.
        assert_eq!(due(at(5), at(4), None, 0.5), at(5));
    }

    #[test]
    fn certificates_of_the_same_age_are_not_renewed_at_the_same_time() {
        let ca = pyssl_testing::Ca::new();
        let shares: Vec<f64> = (0..30)
            .map(|_| {
                let der = ca.issue("localhost").der();
                // A second look at the same certificate gives the same time.
                assert_eq!(share(&der).to_bits(), share(&der).to_bits());
                share(&der)
            })
            .collect();
        let least = shares.iter().copied().fold(1.0, f64::min);
        let most = shares.iter().copied().fold(0.0, f64::max);
        assert!(
            0.0 <= least && most <= 1.0 && most - least > 0.3,
            "{shares:?}"
        );
    }

    #[test]
    fn the_servers_suggestion_sets_the_renewal_time_unless_it_is_too_late() {
        let window = |start, end| {
            Some(Window {
                start: at(start),
                end: at(end),
            })
        };
        assert_eq!(due(at(0), at(100), window(10, 20), 0.0), at(10));
        assert_eq!(due(at(0), at(100), window(10, 20), 0.5), at(15));
        assert_eq!(due(at(0), at(100), window(200, 300), 0.5), at(90));
        // A window that ends before it starts.
        assert_eq!(due(at(0), at(100), window(20, 10), 1.0), at(20));
    }

    #[test]
    fn pauses_after_failures_double_and_vary_and_are_not_shorter_than_retry_after() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let (first, longest) = (minutes(5), minutes(360));
        for (failures, expected) in [
            (1, 5),
            (2, 10),
            (3, 20),
            (7, 320),
            (8, 360),
            (u32::MAX, 360),
        ] {
            for _ in 0..100 {
                let pause = pause(first, longest, failures, None);
                assert!(pause <= minutes(expected) && pause >= minutes(expected) * 3 / 4);
            }
        }
        let endless = pause(Duration::MAX, Duration::MAX, 1, None);
        assert!(endless >= LONGEST * 3 / 4 && endless <= LONGEST);
        let demanded = pause(first, longest, 1, Some(minutes(600)));
        assert!(demanded >= minutes(600) && demanded <= minutes(660));
        assert!(pause(first, longest, 5, Some(minutes(1))) >= minutes(60));
        let many: Vec<_> = (0..20).map(|_| pause(first, longest, 1, None)).collect();
        assert!(many.iter().any(|pause| *pause != many[0]));
    }
}
