//! A server's side of digest authentication (RFC 7616), for the user `u` with the password `p`.

use std::collections::HashMap;

use openssl::hash::{MessageDigest, hash};

const REALM: &str = "the, realm";

/// What the server demands on a path `/digest/ALGORITHM/QOP`. The word `none` leaves a field out.
pub(crate) struct Challenge {
    algorithm: String,
    qop: String,
}

impl Challenge {
    pub(crate) fn of(path: &str) -> Challenge {
        let mut parts = path.split(['/', '?']).skip(2).map(str::to_owned);
        Challenge {
            algorithm: parts.next().unwrap_or_default(),
            qop: parts.next().unwrap_or_default().replace('+', ","),
        }
    }

    /// The header line.
    pub(crate) fn header(&self) -> String {
        let mut header = format!(
            "WWW-Authenticate: Digest realm=\"{REALM}\", nonce=\"some nonce\", opaque=\"some, opaque\""
        );
        if self.algorithm != "none" {
            header += &format!(", algorithm={}", self.algorithm);
        }
        if self.qop != "none" {
            header += &format!(", qop=\"{}\"", self.qop);
        }
        header + "\r\n"
    }

    /// Checks the credentials, and returns the parts that are not random.
    pub(crate) fn check(&self, method: &str, path: &str, authorization: &str) -> Option<String> {
        let fields = authorization.strip_prefix("Digest ")?;
        let mut is_quoted = false;
        let parts = fields.split(|c: char| {
            is_quoted ^= c == '"';
            c == ',' && !is_quoted
        });
        let pair = |part: &str| {
            let (name, value) = part.trim().split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        };
        let found: Vec<(String, String)> = parts.map(pair).collect::<Option<_>>()?;
        let names: Vec<&String> = found.iter().map(|(name, _)| name).collect();
        let found: HashMap<String, String> = found.iter().cloned().collect();
        let of = |name: &str| found.get(name).map_or("", String::as_str);
        let kind = match &*self.algorithm.to_ascii_uppercase() {
            "NONE" | "MD5" | "MD5-SESS" => MessageDigest::md5(),
            "SHA" => MessageDigest::sha1(),
            "SHA-256" => MessageDigest::sha256(),
            "SHA-512" => MessageDigest::sha512(),
            _ => return None,
        };
        let digest = |text: String| -> String {
            let bytes = hash(kind, text.as_bytes()).unwrap();
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let nonce = of("nonce");
        let mut secret = digest(format!("u:{REALM}:p"));
        if self.algorithm.eq_ignore_ascii_case("MD5-sess") {
            secret = digest(format!("{secret}:{nonce}:{}", of("cnonce")));
        }
        let request = digest(format!("{method}:{path}"));
        let expected = match of("qop") {
            "" => digest(format!("{secret}:{nonce}:{request}")),
            qop => {
                let (count, cnonce) = (of("nc"), of("cnonce"));
                digest(format!("{secret}:{nonce}:{count}:{cnonce}:{qop}:{request}"))
            }
        };
        let is_valid = of("username") == "u" && of("uri") == path && of("response") == expected;
        is_valid.then(|| format!("Digest {names:?} {:?} {:?}", of("nc"), of("opaque")))
    }
}
