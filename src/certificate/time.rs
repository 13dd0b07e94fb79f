use crate::error::{Error, Result};
use crate::text::{Repr, is_space};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const FORMAT: &str = " %d %H:%M:%S %Y GMT";

/// Converts a time in the format of `notBefore` and `notAfter` to seconds since 1970.
///
/// The month name is English and case-insensitive. Leading zeros are optional. A leap second counts
/// as the next second, and a day past the end of a month as a day of the next month.
///
/// ```python
/// ssl.cert_time_to_seconds("Jan  5 09:34:43 2018 GMT")
/// ```
/// ```
/// # use pyssl as ssl;
/// assert_eq!(ssl::cert_time_to_seconds("Jan  5 09:34:43 2018 GMT")?, 1515144883);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// Unlike Python, it accepts only ASCII digits.
///
/// # Errors
///
/// [`Error::Value`] with Python's text if `cert_time` has another format, or the year is 0.
pub fn cert_time_to_seconds(cert_time: &str) -> Result<i64> {
    let no_month = || {
        Error::value(format!(
            "time data {} does not match format \"%b{FORMAT}\"",
            Repr(cert_time)
        ))
    };
    let end = cert_time
        .char_indices()
        .nth(3)
        .map_or(cert_time.len(), |(index, _)| index);
    let (month, rest) = cert_time.split_at(end);
    let month = MONTHS
        .iter()
        .position(|name| name.eq_ignore_ascii_case(month))
        .ok_or_else(no_month)?;
    let (time, left) = parse(rest).ok_or_else(|| {
        Error::value(format!(
            "time data {} does not match format '{FORMAT}'",
            Repr(rest)
        ))
    })?;
    if !left.is_empty() {
        return Err(Error::value(format!("unconverted data remains: {left}")));
    }
    if time.year == 0 {
        return Err(Error::value("year 0 is out of range"));
    }
    let days = days_to_month(time.year, month) + time.day - 1;
    Ok(((days * 24 + time.hour) * 60 + time.minute) * 60 + time.second)
}

struct Time {
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    year: i64,
}

/// Matches `FORMAT` at the beginning of `text`, as `strptime` does. Also returns the rest.
fn parse(text: &str) -> Option<(Time, &str)> {
    let (day, text) = number(spaces(text)?, 2, 1..=31)?;
    let (hour, text) = number(spaces(text)?, 2, 0..=23)?;
    let (minute, text) = number(text.strip_prefix(':')?, 2, 0..=59)?;
    let (second, text) = number(text.strip_prefix(':')?, 2, 0..=61)?;
    let text = spaces(text)?;
    let (year, text) = number(text, 4, 0..=9999)?;
    let text = spaces(text)?;
    let zone = text.get(..3)?;
    zone.eq_ignore_ascii_case("GMT").then_some((
        Time {
            day,
            hour,
            minute,
            second,
            year,
        },
        &text[3..],
    ))
}

/// Skips one or more white-space characters and returns the rest.
fn spaces(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(is_space);
    (rest.len() < text.len()).then_some(rest)
}

/// Parses a number of at most `width` digits. A number with `width` 4 is a year, which must have
/// four digits.
fn number(text: &str, width: usize, range: std::ops::RangeInclusive<i64>) -> Option<(i64, &str)> {
    let digits = text
        .bytes()
        .take(width)
        .take_while(u8::is_ascii_digit)
        .count();
    let (digits, rest) = text.split_at(digits);
    if width == 4 && digits.len() < width {
        return None;
    }
    let value = digits.parse().ok()?;
    range.contains(&value).then_some((value, rest))
}

/// The days from 1970 to the first day of a month (0 to 11), in the Gregorian calendar.
fn days_to_month(year: i64, month: usize) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    /// The days from the start of year 1 to 1970, in the Gregorian calendar.
    const EPOCH: i64 = 719_162;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400 + BEFORE[month] + i64::from(leap && month > 1)
        - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cert_time_to_seconds_matches_python() {
        for (text, seconds) in [
            ("Jan  5 09:34:43 2018 GMT", 1_515_144_883),
            ("JaN 5\t9:34:43\n2018 gmt", 1_515_144_883),
            ("Dec 31 23:59:60 2008 GMT", 1_230_768_000),
            ("Dec 31 23:59:59 9999 GMT", 253_402_300_799),
            ("Jan  1 00:00:00 1970 GMT", 0),
            ("Jan  1 00:00:00 0001 GMT", -62_135_596_800),
            ("Feb 29 00:00:00 2019 GMT", 1_551_398_400),
            ("Feb 31 09:34:43 2018 GMT", 1_520_069_683),
        ] {
            assert_eq!(cert_time_to_seconds(text).unwrap(), seconds, "{text}");
        }
    }

    #[test]
    fn errors_for_malformed_times_match_python() {
        for (text, error) in [
            (
                "foo  5 09:34:43 2018 GMT",
                r#"time data 'foo  5 09:34:43 2018 GMT' does not match format "%b %d %H:%M:%S %Y GMT""#,
            ),
            (
                "",
                r#"time data '' does not match format "%b %d %H:%M:%S %Y GMT""#,
            ),
            (
                "Jan  5 09:34 2018 GMT",
                "time data '  5 09:34 2018 GMT' does not match format ' %d %H:%M:%S %Y GMT'",
            ),
            (
                "Jan  5 09:34:43 2018 UTC",
                "time data '  5 09:34:43 2018 UTC' does not match format ' %d %H:%M:%S %Y GMT'",
            ),
            ("Jan  5 09:34:43 2018 GMT ", "unconverted data remains:  "),
            ("Jan  5 09:34:43 0000 GMT", "year 0 is out of range"),
        ] {
            assert_eq!(
                cert_time_to_seconds(text).unwrap_err().to_string(),
                error,
                "{text}"
            );
        }
    }
}
