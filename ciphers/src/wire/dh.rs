use std::fmt::Write;

use openssl::sha::sha256;

/// The primes of RFC 2409 and RFC 3526 (from the digits of pi) and of RFC 7919 (from those of e):
/// the name, and the SHA-256 digest of the prime without leading zeros.
const GROUPS: [(&str, &str); 13] = [
    (
        "RFC 2409 group 1",
        "b52ba6a3026520a6c49d37e4587601801bee500123b3259b6bf03e7cecc3e63d",
    ),
    (
        "RFC 2409 group 2",
        "3f35a3f5f6c4376a744acad409bb22f8d897f949d2311d885adaa890981b67a0",
    ),
    (
        "RFC 3526 group 5",
        "64fcc83ec403930bf18393dbc883ccaa1fbb08ac876f77f7aa99748ca945019b",
    ),
    (
        "RFC 3526 group 14",
        "d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e",
    ),
    (
        "RFC 3526 group 15",
        "48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c",
    ),
    (
        "RFC 3526 group 16",
        "4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33",
    ),
    (
        "RFC 3526 group 17",
        "d1bfe6d0925ce7e4da262b62861514a7755e35831e429f343e7b864848657efd",
    ),
    (
        "RFC 3526 group 18",
        "39ab4feab950a3128fb71accb9fc3965d857012e081998a85996e3ea8b3c3bcf",
    ),
    (
        "ffdhe2048",
        "9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966",
    ),
    (
        "ffdhe3072",
        "0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17",
    ),
    (
        "ffdhe4096",
        "4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e",
    ),
    (
        "ffdhe6144",
        "227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7",
    ),
    (
        "ffdhe8192",
        "770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833",
    ),
];

/// The name of a public finite-field group with this prime: `"ffdhe2048"` (RFC 7919), or
/// `"RFC 3526 group 14"`.
///
/// ```
/// use openssl::bn::BigNum;
/// use pyssl_ciphers::wire::dh_group_name;
///
/// let prime = BigNum::get_rfc3526_prime_2048().unwrap().to_vec();
/// assert_eq!(dh_group_name(&prime), Some("RFC 3526 group 14"));
/// assert_eq!(dh_group_name(&[7]), None);
/// ```
pub fn dh_group_name(prime: &[u8]) -> Option<&'static str> {
    let start = prime.iter().position(|byte| *byte != 0)?;
    let mut digest = String::new();
    for byte in sha256(prime.get(start..)?) {
        let _ = write!(digest, "{byte:02x}");
    }
    let known = GROUPS.iter().find(|(_, known)| *known == digest);
    known.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use openssl::bn::{BigNum, BigNumContext};

    use super::*;

    #[test]
    fn primes_of_rfc_2409_and_rfc_3526_are_known() {
        for (prime, name) in [
            (BigNum::get_rfc2409_prime_768(), "RFC 2409 group 1"),
            (BigNum::get_rfc2409_prime_1024(), "RFC 2409 group 2"),
            (BigNum::get_rfc3526_prime_1536(), "RFC 3526 group 5"),
            (BigNum::get_rfc3526_prime_2048(), "RFC 3526 group 14"),
            (BigNum::get_rfc3526_prime_3072(), "RFC 3526 group 15"),
            (BigNum::get_rfc3526_prime_4096(), "RFC 3526 group 16"),
            (BigNum::get_rfc3526_prime_6144(), "RFC 3526 group 17"),
            (BigNum::get_rfc3526_prime_8192(), "RFC 3526 group 18"),
        ] {
            let mut prime = prime.unwrap().to_vec();
            assert_eq!(dh_group_name(&prime), Some(name));
            prime.insert(0, 0);
            assert_eq!(dh_group_name(&prime), Some(name));
            prime.pop();
            assert_eq!(dh_group_name(&prime), None);
        }
        assert_eq!(dh_group_name(&[]), None);
    }

    /// RFC 7919, appendix A: p = 2^b - 2^(b-64) + ((2^(b-130) * e) + X) * 2^64 - 1.
    #[test]
    fn primes_of_rfc_7919_are_known() {
        for (bits, x, name) in [
            (2048, 560_316, "ffdhe2048"),
            (3072, 2_625_351, "ffdhe3072"),
            (4096, 5_736_041, "ffdhe4096"),
            (6144, 15_705_020, "ffdhe6144"),
            (8192, 10_965_728, "ffdhe8192"),
        ] {
            let mut context = BigNumContext::new().unwrap();
            let power = |exponent: i32| {
                let mut power = BigNum::new().unwrap();
                power.set_bit(exponent).unwrap();
                power
            };
            // e is the sum of 1/k!. The computation has 64 more bits, because each term is rounded.
            let mut e = power(bits - 130 + 64);
            let mut term = power(bits - 130 + 64);
            for k in 1_u32.. {
                let rest = term.div_word(k).unwrap();
                assert!(rest < u64::from(k));
                if term.num_bits() == 0 {
                    break;
                }
                e = &e + &term;
            }
            let mut middle = BigNum::new().unwrap();
            middle.rshift(&e, 64).unwrap();
            middle.add_word(x).unwrap();
            let mut shifted = BigNum::new().unwrap();
            shifted
                .checked_mul(&middle, &power(64), &mut context)
                .unwrap();
            let mut prime = &(&power(bits) - &power(bits - 64)) + &shifted;
            prime.sub_word(1).unwrap();
            assert_eq!(dh_group_name(&prime.to_vec()), Some(name));
        }
    }
}
