use std::time::{Duration, SystemTime};

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;

const DAY: i64 = 24 * 60 * 60;

/// The longest pause or validity in a calculation: a hundred years. A longer time of the user's could not be added to
/// a clock.
pub(crate) const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Converts an ASN.1 time to a `SystemTime`.
pub(crate) fn system_time(time: &Asn1TimeRef) -> Result<SystemTime, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since.days) * DAY + i64::from(since.secs);
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    Ok(match seconds {
        0.. => epoch + distance,
        // Windows has no times before 1601.
        _ => epoch.checked_sub(distance).unwrap_or(epoch),
    })
}

/// Whole days from one time to another, negative if `to` is earlier.
pub(crate) fn days(from: SystemTime, to: SystemTime) -> i64 {
    let whole =
        |time: Duration| i64::try_from(time.as_secs() / DAY.unsigned_abs()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(left) => whole(left),
        Err(past) => -whole(past.duration()) - 1,
    }
}
