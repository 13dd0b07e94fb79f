//! Punycode (RFC 3492), the encoding after `xn--`.

/// The parameters of the encoding (RFC 3492, section 5).
const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// Encodes a label. `None` if a number overflows; such a label is far too long for a host name.
pub(super) fn encode(label: &[char]) -> Option<String> {
    let mut encoded: String = label.iter().filter(|c| c.is_ascii()).collect();
    let basic = u32::try_from(encoded.len()).ok()?;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0_u32, INITIAL_BIAS, basic);
    while let Some(next) = label
        .iter()
        .map(|&c| u32::from(c))
        .filter(|&c| c >= n)
        .min()
    {
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for c in label.iter().map(|&c| u32::from(c)) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                push_number(&mut encoded, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(encoded)
}

/// Appends a number of variable length (RFC 3492, section 3.3).
fn push_number(encoded: &mut String, mut number: u32, bias: u32) {
    for k in (BASE..).step_by(BASE as usize) {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if number < t {
            break;
        }
        encoded.push(digit(t + (number - t) % (BASE - t)));
        number = (number - t) / (BASE - t);
    }
    encoded.push(digit(number));
}

/// `a` to `z`, then `0` to `9`.
fn digit(value: u32) -> char {
    char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[value as usize])
}

/// The bias for the next number (RFC 3492, section 3.4).
fn adapted(delta: u32, handled: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / handled;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punycode_encodes_the_examples_of_rfc_3492() {
        // RFC 3492, section 7.1: (A), (L), (N), (Q), (S).
        for (text, expected) in [
            ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
            ("3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"),
            (
                "Hello-Another-Way-それぞれの場所",
                "Hello-Another-Way--fc4qua05auwb3674vfr0b",
            ),
            ("パフィーdeルンバ", "de-jg4avhby1noc0d"),
            ("-> $1.00 <-", "-> $1.00 <--"),
        ] {
            let label: Vec<_> = text.chars().collect();
            assert_eq!(encode(&label).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_punycode_overflow_is_an_error() {
        let mut label = vec!['a'; 5000];
        label.extend(['\u{10ffff}'; 2]);
        assert_eq!(encode(&label), None);
    }
}
