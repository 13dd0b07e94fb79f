//! Cipher strings that software ships or documents, and generated strings.

/// Defaults and recommendations of real software, past and present.
pub(crate) const SHIPPED: &[(&str, &str)] = &[
    ("OpenSSL", "DEFAULT"),
    ("OpenSSL, written out", "ALL:!COMPLEMENTOFDEFAULT:!eNULL"),
    ("OpenSSL 1.0", "ALL:!EXPORT:!LOW:!aNULL:!eNULL:!SSLv2"),
    ("Debian", "DEFAULT@SECLEVEL=2"),
    ("Debian, often seen work-around", "DEFAULT@SECLEVEL=1"),
    (
        "Debian, often seen work-around, separated",
        "DEFAULT:@SECLEVEL=0",
    ),
    ("Fedora", "PROFILE=SYSTEM"),
    (
        "Python 3.6 to 3.9",
        "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK",
    ),
    (
        "Python 3.10 and later",
        "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM",
    ),
    (
        "Python 2.7.9",
        "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:ECDH+HIGH:DH+HIGH:ECDH+3DES:DH+3DES:RSA+AESGCM:RSA+AES:RSA+HIGH:RSA+3DES:!aNULL:!eNULL:!MD5",
    ),
    (
        "Python 2.7.9 server",
        "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:ECDH+HIGH:DH+HIGH:ECDH+3DES:DH+3DES:RSA+AESGCM:RSA+AES:RSA+HIGH:RSA+3DES:!aNULL:!eNULL:!MD5:!DSS:!RC4",
    ),
    (
        "Python 3.7 with TLS 1.3 names",
        "TLS13-AES-256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES-128-GCM-SHA256:ECDH+AESGCM:ECDH+CHACHA20:DH+AESGCM:DH+CHACHA20:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:ECDH+HIGH:DH+HIGH:RSA+AESGCM:RSA+AES:RSA+HIGH:!aNULL:!eNULL:!MD5:!3DES",
    ),
    (
        "urllib3 1.26",
        "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDH+AESGCM:DH+AESGCM:ECDH+AES:DH+AES:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!DSS",
    ),
    (
        "requests, old",
        "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:ECDH+3DES:DH+3DES:RSA+AESGCM:RSA+AES:RSA+3DES:!aNULL:!MD5:!DSS",
    ),
    (
        "Twisted",
        "TLS13-AES-256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES-128-GCM-SHA256:ECDH+AESGCM:ECDH+CHACHA20:DH+AESGCM:DH+CHACHA20:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:RSA+AESGCM:RSA+AES:!aNULL:!MD5:!DSS",
    ),
    ("nginx", "HIGH:!aNULL:!MD5"),
    ("Apache httpd", "HIGH:MEDIUM:!MD5:!RC4:!3DES"),
    (
        "Apache httpd, older",
        "ALL:!aNULL:!ADH:!eNULL:!LOW:!EXP:RC4+RSA:+HIGH:+MEDIUM",
    ),
    (
        "lighttpd",
        "EECDH+AESGCM:AES256+EECDH:CHACHA20:!SHA1:!SHA256:!SHA384",
    ),
    (
        "HAProxy example",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
    ),
    (
        "HAProxy, older example",
        "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:RSA+AESGCM:RSA+AES:!aNULL:!MD5:!DSS",
    ),
    (
        "Node.js",
        "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA",
    ),
    (
        "Mozilla modern 4",
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256",
    ),
    (
        "Mozilla intermediate 5",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305",
    ),
    (
        "Mozilla old 5",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:DES-CBC3-SHA",
    ),
    (
        "Mozilla intermediate 4",
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA:DHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA:ECDHE-ECDSA-DES-CBC3-SHA:ECDHE-RSA-DES-CBC3-SHA:EDH-RSA-DES-CBC3-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:DES-CBC3-SHA:!DSS",
    ),
    (
        "Mozilla 3",
        "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:DHE-DSS-AES128-GCM-SHA256:kEDH+AESGCM:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA:DHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA:DHE-DSS-AES128-SHA256:DHE-RSA-AES256-SHA256:DHE-DSS-AES256-SHA:DHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:AES:CAMELLIA:DES-CBC3-SHA:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!aECDH:!EDH-DSS-DES-CBC3-SHA:!EDH-RSA-DES-CBC3-SHA:!KRB5-DES-CBC3-SHA",
    ),
    (
        "Cipherlist.eu",
        "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH:AES256+EDH",
    ),
    (
        "CloudFlare",
        "EECDH+CHACHA20:EECDH+AES128:RSA+AES128:EECDH+AES256:RSA+AES256:EECDH+3DES:RSA+3DES:!MD5",
    ),
    (
        "CloudFlare, with groups for BoringSSL",
        "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:ECDHE-RSA-AES128-SHA",
    ),
    ("Postfix medium", "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH"),
    ("Postfix high", "aNULL:-aNULL:HIGH:@STRENGTH"),
    ("Postfix low", "aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH"),
    ("Postfix null", "eNULL:!aNULL"),
    (
        "Postfix, excluded",
        "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!aECDH:!SRP",
    ),
    ("Exim example", "ALL:RC4+RSA:+SSLv2:+ALL:!MD5"),
    (
        "Dovecot",
        "ALL:!kRSA:!SRP:!kDHd:!DSS:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!MD5:!PSK:!RC4:!ADH:!LOW@STRENGTH",
    ),
    ("Dovecot 2.2", "ALL:!LOW:!SSLv2:!EXP:!aNULL"),
    (
        "sendmail",
        "HIGH:!aNULL:!eNULL:!EXPORT:!3DES:!DES:!MD5:!RC4",
    ),
    ("PostgreSQL", "HIGH:MEDIUM:+3DES:!aNULL"),
    (
        "MySQL",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:!aNULL:!eNULL:!EXPORT:!LOW:!MD5:!DES:!RC2:!RC4:!PSK:!kDHE:!SSLv3",
    ),
    ("MongoDB", "HIGH:!EXPORT:!aNULL@STRENGTH"),
    ("Redis example", "DEFAULT:!MEDIUM"),
    ("Varnish Hitch", "EECDH+AESGCM:EDH+AESGCM"),
    ("stunnel", "HIGH:!aNULL:!SSLv2:!DH:!kDHEPSK"),
    ("stunnel FIPS", "FIPS:!DH:!kDHEPSK"),
    ("stunnel PSK", "PSK"),
    (
        "OpenVPN",
        "DEFAULT:!EXP:!LOW:!MEDIUM:!kDH:!kECDH:!DSS:!PSK:!SRP:!kRSA",
    ),
    (
        "curl documentation",
        "ECDHE-ECDSA-AES256-CCM8:DHE-RSA-AES128-SHA",
    ),
    (
        "curl on OpenSSL 1.0",
        "ALL:!EXPORT:!EXPORT40:!EXPORT56:!aNULL:!LOW:!RC4:@STRENGTH",
    ),
    ("libwww-perl era", "ALL:!ADH:!LOW:!EXP:!MD5:@STRENGTH"),
    (
        "IO::Socket::SSL",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:EECDH+AESGCM:EDH+AESGCM:EECDH+AES:EDH+AES:ALL:!EXP:!LOW:!eNULL:!aNULL:!DES:!MD5:!PSK:!SRP:!RC4",
    ),
    ("Ruby", "ALL:!ADH:!EXPORT:!SSLv2:RC4+RSA:+HIGH:+MEDIUM:+LOW"),
    (
        "PHP",
        "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:DHE-DSS-AES128-GCM-SHA256:kEDH+AESGCM:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128:AES256:HIGH:!SSLv2:!aNULL:!eNULL:!EXPORT:!DES:!MD5:!RC4:!ADH",
    ),
    ("Tornado test-suite", "DEFAULT:!DH"),
    (
        "gRPC",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
    ),
    (
        "Erlang-like names",
        "ECDHE-ECDSA-AES256-GCM-SHA384,ECDHE-RSA-AES256-GCM-SHA384",
    ),
    (
        "Go, in the names of the registry",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    ),
    (
        "Envoy",
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
    ),
    ("hostapd", "DEFAULT:!EXP:!LOW"),
    ("wpa_supplicant", "DEFAULT@SECLEVEL=0"),
    ("FreeRADIUS", "DEFAULT"),
    (
        "BIND guide",
        "HIGH:!kRSA:!aNULL:!eNULL:!RC4:!3DES:!MD5:!EXP:!PSK:!SRP:!DSS:!SHA1:!SHA256:!SHA384",
    ),
    ("ejabberd", "HIGH:!aNULL:!eNULL:!3DES:@STRENGTH"),
    (
        "Prosody",
        "HIGH+kEECDH:HIGH+kEDH:HIGH:!CAMELLIA128:!3DES:!MD5:!RC4:!aNULL:!NULL:!EXPORT:!LOW:!MEDIUM",
    ),
    (
        "Mosquitto",
        "DEFAULT:!aNULL:!eNULL:!LOW:!EXPORT:!SSLv2:@STRENGTH",
    ),
    (
        "Squid",
        "EECDH+ECDSA+AESGCM:EECDH+aRSA+AESGCM:EECDH+ECDSA+SHA384:EECDH+ECDSA+SHA256:EECDH+aRSA+SHA384:EECDH+aRSA+SHA256:EECDH+aRSA+RC4:EECDH:EDH+aRSA:!RC4:!aNULL:!eNULL:!LOW:!3DES:!MD5:!EXP:!PSK:!SRP:!DSS",
    ),
    (
        "often copied",
        "EECDH+ECDSA+AESGCM EECDH+aRSA+AESGCM EECDH+ECDSA+SHA384 EECDH+ECDSA+SHA256 EECDH+aRSA+SHA384 EECDH+aRSA+SHA256 EECDH+aRSA+RC4 EECDH EDH+aRSA RC4 !aNULL !eNULL !LOW !3DES !MD5 !EXP !PSK !SRP !DSS",
    ),
    ("Suite B", "SUITEB128"),
    ("Suite B, 192 bits", "SUITEB192"),
    ("Suite B, only", "SUITEB128ONLY:HIGH"),
    ("Suite B, combination 2", "SUITEB128C2"),
    (
        "seed program of the module",
        "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!MD5",
    ),
    ("one letter lost", "HIGH:!aNUL:!MD5"),
    (
        "TLS 1.3 names first",
        "TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384",
    ),
    ("removed and brought back", "HIGH:-AES128:!aNULL:AES128"),
    ("killed and wanted", "HIGH:!AES128:AES128-SHA"),
    (
        "order of a conjunction that OpenSSL minds",
        "COMPLEMENTOFDEFAULT+HIGH:HIGH+COMPLEMENTOFDEFAULT",
    ),
    ("no separator", "AES128!SHA1"),
    ("no separator behind DEFAULT", "DEFAULTHIGH:!kRSA"),
    ("separators of all kinds", " ::HIGH,;!aNULL  !MD5;"),
];

/// A small generator of pseudo-random numbers. Its seed is fixed, so that a failure repeats.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed | 1)
    }

    fn next(&mut self) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.next() % bound
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const NAMES: &str = "\
    ALL COMPLEMENTOFALL COMPLEMENTOFDEFAULT HIGH MEDIUM LOW FIPS kRSA kDHE kEDH DH kECDHE kEECDH ECDH kPSK \
    kRSAPSK kECDHEPSK kDHEPSK kSRP aRSA aDSS DSS aNULL aECDSA ECDSA aPSK aSRP EDH DHE EECDH ECDHE NULL eNULL \
    RSA ADH AECDH PSK SRP 3DES RC4 IDEA SEED AES128 AES256 AES AESGCM AESCCM AESCCM8 CAMELLIA CAMELLIA128 \
    CAMELLIA256 CHACHA20 ARIA ARIAGCM ARIA128 ARIA256 CBC MD5 SHA1 SHA SHA256 SHA384 SSLv3 TLSv1 TLSv1.0 \
    TLSv1.2 DEFAULT kGOST aGOST GOST89 EDH-RSA-DES-CBC3-SHA TLSv1.1 BOGUS aNUL high";

const SUITES: &str = "\
    ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 AES128-SHA AES256-SHA256 DHE-RSA-AES256-SHA \
    NULL-SHA NULL-SHA256 NULL-MD5 PSK-NULL-SHA ECDHE-PSK-AES128-CBC-SHA256 ADH-AES128-GCM-SHA256 \
    AECDH-NULL-SHA ECDHE-ECDSA-AES128-CCM8 DHE-RSA-CHACHA20-POLY1305 CAMELLIA256-SHA TLS_AES_128_GCM_SHA256 \
    TLS_RSA_WITH_AES_128_CBC_SHA ECDHE-RSA-NULL-SHA ECDHE-PSK-NULL-SHA384 PSK-AES256-GCM-SHA384 \
    SRP-RSA-AES-128-CBC-SHA";

fn name<'a>(random: &mut Random) -> &'a str {
    if random.below(5) == 0 {
        random.pick(&SUITES.split(' ').collect::<Vec<_>>())
    } else {
        random.pick(&NAMES.split(' ').collect::<Vec<_>>())
    }
}

/// A string generated from the grammar. OpenSSL rejects some of the generated strings.
pub(crate) fn generate(random: &mut Random) -> String {
    let mut text = String::new();
    if random.below(6) == 0 {
        text.push_str(random.pick(&["DEFAULT", "DEFAULT:", "DEFAULT@SECLEVEL=1:", "SUITEB128:"]));
    }
    // Most strings begin with a name that selects suites.
    if random.below(4) > 0 {
        text.push_str(random.pick(&["ALL", "HIGH", "ALL:COMPLEMENTOFALL", "aRSA", "AES", "kRSA"]));
        text.push(':');
    }
    for number in 0..1 + random.below(9) {
        if number > 0 {
            text.push_str(random.pick(&[":", ":", ":", ":", ",", ";", " ", "::", ""]));
        }
        if random.below(12) == 0 {
            text.push_str(random.pick(&["@STRENGTH", "@STRENGTH", "@SECLEVEL=2", "@SECLEVEL=0"]));
            continue;
        }
        text.push_str(random.pick(&["", "", "", "!", "-", "+", "+"]));
        text.push_str(name(random));
        for _ in 0..random.below(5).saturating_sub(1) {
            text.push('+');
            text.push_str(name(random));
        }
        if random.below(60) == 0 {
            text.push_str(random.pick(&["*", "_", "+", "@", "\n"]));
        }
    }
    text
}

/// The strings that software ships, and the same number of generated strings.
pub(crate) fn all(generated: usize) -> Vec<String> {
    let mut random = Random::new(0x5eed);
    let shipped = SHIPPED.iter().map(|(_, text)| (*text).to_owned());
    shipped
        .chain((0..generated).map(|_| generate(&mut random)))
        .collect()
}
