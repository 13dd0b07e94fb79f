//! Findings of mistakes in the Python program itself.

use crate::{port, rust};

fn codes(python: &str) -> Vec<(usize, String)> {
    let findings = port(python).findings;
    findings
        .into_iter()
        .map(|finding| (finding.line, finding.code))
        .collect()
}

#[test]
fn contexts_that_verify_nothing_are_found() {
    let python = "
import ssl, requests
a = ssl.create_default_context()
a.check_hostname = False
a.verify_mode = ssl.CERT_NONE
b = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
b.load_verify_locations('ca.pem')
b.verify_mode = ssl.VerifyMode.CERT_NONE
c = ssl._create_unverified_context()
ssl._create_default_https_context = ssl._create_unverified_context
requests.get(url, verify=False)
d = ssl._create_unverified_context(cert_reqs=ssl.CERT_REQUIRED)
";
    let expected = [
        (4, "A003"),
        (5, "A002"),
        (8, "A001"),
        (9, "A002"),
        (10, "A002"),
        (11, "A002"),
    ];
    assert_eq!(
        codes(python),
        expected.map(|(line, code)| (line, code.to_owned()))
    );
}

#[test]
fn old_protocols_and_removed_functions_are_findings() {
    let python = "
import ssl
a = ssl.SSLContext(ssl.PROTOCOL_TLSv1)
a.options |= ssl.OP_NO_SSLv3
b = ssl.wrap_socket(plain, cert_reqs=ssl.CERT_REQUIRED)
";
    let expected = [
        (3, "A005"),
        (3, "P001"),
        (4, "P001"),
        (5, "A003"),
        (5, "P002"),
    ];
    let mut found = codes(python);
    found.sort();
    assert_eq!(found, expected.map(|(line, code)| (line, code.to_owned())));
}

#[test]
fn findings_explain_cipher_strings() {
    let python = "
import ssl
CIPHERS = 'HIGH:!SSLv3'
a = ssl.create_default_context()
a.set_ciphers('ALL')
a.set_ciphers(CIPHERS)
a.set_ciphers('no such string')
a.set_ciphers(other)
";
    let found = codes(python);
    for line in [5, 6, 7] {
        assert!(
            found
                .iter()
                .any(|(at, code)| *at == line && code.starts_with('C')),
            "{line}: {found:?}"
        );
    }
    assert!(found.iter().all(|(line, _)| *line != 8), "{found:?}");
}

#[test]
fn a_careful_program_has_no_finding() {
    let python = "
import ssl, smtplib
context = ssl.create_default_context()
context.minimum_version = ssl.TLSVersion.TLSv1_2
server = smtplib.SMTP_SSL('mail.example', context=context)
";
    assert_eq!(codes(python), []);
}

#[test]
fn a_verified_context_does_not_hide_the_findings_of_others() {
    let head = "import ssl\ndef f(x):\n";
    for (body, expected) in [
        // Two names.
        (
            "a = ssl.SSLContext(ssl.PROTOCOL_TLS)\nb = ssl.SSLContext(ssl.PROTOCOL_TLS)\nb.verify_mode = ssl.CERT_REQUIRED",
            &[3][..],
        ),
        // One name for two contexts.
        (
            "a = ssl.SSLContext(ssl.PROTOCOL_TLS)\na.verify_mode = ssl.CERT_REQUIRED\na = ssl.SSLContext(ssl.PROTOCOL_TLS)",
            &[5],
        ),
        (
            "a = ssl.SSLContext(ssl.PROTOCOL_TLS)\na = other()\na.verify_mode = ssl.CERT_REQUIRED",
            &[3],
        ),
        // A context without a name.
        (
            "b = ssl.SSLContext(ssl.PROTOCOL_TLS)\nb.verify_mode = ssl.CERT_REQUIRED\nreturn ssl.SSLContext(ssl.PROTOCOL_TLS)",
            &[5],
        ),
        // Contexts of two branches, of which one is verified; and of which both are.
        (
            "if x: a = ssl.SSLContext(ssl.PROTOCOL_TLS)\nelse:\n  a = ssl.SSLContext(ssl.PROTOCOL_TLS)\n  a.verify_mode = x",
            &[3],
        ),
        (
            "if x: a = ssl.SSLContext(ssl.PROTOCOL_TLS)\nelse: a = ssl.SSLContext(ssl.PROTOCOL_TLS)\na.verify_mode = x",
            &[],
        ),
        // The protocol has a name.
        (
            "p = ssl.PROTOCOL_TLS\na = ssl.SSLContext(p)\na.verify_mode = x",
            &[],
        ),
        (
            "p = ssl.PROTOCOL_TLS\na = ssl.SSLContext(p)\nb = ssl.SSLContext(p)\nb.verify_mode = x",
            &[3, 4],
        ),
        (
            "a = self.b = ssl.SSLContext(protocol=ssl.PROTOCOL_TLS)\nself.b.verify_mode = ssl.CERT_OPTIONAL",
            &[],
        ),
    ] {
        let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
        let found = codes(&format!("{head}{body}"));
        let found = found.into_iter().filter(|(_, code)| code == "A002");
        let lines: Vec<usize> = found.map(|(line, _)| line).collect();
        assert_eq!(lines, expected, "{body}");
    }
}

#[test]
fn the_certificates_of_another_context_do_not_count() {
    let python = "
import ssl
a = ssl.create_default_context()
a.verify_mode = ssl.CERT_NONE
a.verify_mode = ssl.CERT_NONE
a = ssl.create_default_context()
a.load_verify_locations('ca.pem')
b = ssl.create_default_context()
b.load_verify_locations('ca.pem')
b.verify_mode = ssl.CERT_NONE
b.verify_mode = ssl.CERT_NONE
";
    let expected = [(4, "A002"), (5, "A002"), (10, "A001"), (11, "A001")];
    assert_eq!(
        codes(python),
        expected.map(|(line, code)| (line, code.to_owned()))
    );
}

/// The codes of the findings in a method with these lines, in a program with some definitions.
fn codes_of(lines: &str) -> Vec<String> {
    let head = "
import ssl as tls, requests, urllib3, aiohttp, smtplib
import OpenSSL.SSL
from ssl import CERT_NONE
from urllib3.util.ssl_ import create_urllib3_context
OFF, ZERO, NONE, REQUIRED = False, 0, tls.CERT_NONE, tls.CERT_REQUIRED
WEAK = 'ALL'
PARTS = ['HIGH', 'ALL']
class Client:
    MODE = tls.CERT_NONE
    CHECK = OFF
    CIPHERS = 'ALL'
    def __init__(self):
        self.mode = CERT_NONE
        self.ciphers = WEAK
    def connect(self, ctx: tls.SSLContext, old: OpenSSL.SSL.Context, session: requests.Session, given, *rest):
";
    let lines: String = lines
        .split("; ")
        .map(|line| format!("        {line}\n"))
        .collect();
    let python = format!("{head}{lines}");
    let findings = port(&python).findings;
    findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn findings_depend_on_the_value_and_not_on_its_spelling() {
    let off = [
        "tls.CERT_NONE",
        "CERT_NONE",
        "tls.VerifyMode.CERT_NONE",
        "tls.VerifyMode(0)",
        "tls.VerifyMode['CERT_NONE']",
        "getattr(tls, 'CERT_NONE')",
        "0",
        "0x0",
        "False",
        "(tls.CERT_NONE)",
        "NONE",
        "ZERO",
        "OFF",
        "self.MODE",
        "self.mode",
        "Client.MODE",
        "int(NONE)",
        "not True",
    ];
    let on = [
        "tls.CERT_REQUIRED",
        "tls.VerifyMode(2)",
        "2",
        "REQUIRED",
        "given",
        "rest[0]",
        "unknown",
        "self.unknown",
        "tls.CERT_REQUIRED if given else tls.CERT_NONE",
        "NONE + given",
        "given(tls.CERT_NONE)",
    ];
    let modes = [
        ("ctx.verify_mode = {}", &["A002"][..], &[][..]),
        ("setattr(ctx, 'verify_mode', {})", &["A002"], &[]),
        ("ctx.verify_mode, x = {}, 1", &["A002"], &[]),
        ("x = ctx.verify_mode = {}", &["A002"], &[]),
        ("mode = {}; ctx.verify_mode = mode", &["A002"], &[]),
        (
            "ctx.load_verify_locations(given); ctx.verify_mode = {}",
            &["A001"],
            &[],
        ),
        (
            "c = tls.create_default_context(cafile=given); c.verify_mode = {}",
            &["A001"],
            &[],
        ),
        (
            "tls._create_unverified_context(cert_reqs={})",
            &["A002"],
            &[],
        ),
        (
            "tls._create_unverified_context(cert_reqs={}, cafile='ca.pem')",
            &["A001"],
            &[],
        ),
        (
            "c = tls._create_unverified_context(cert_reqs={}); c.load_verify_locations('ca.pem')",
            &["A001"],
            &[],
        ),
        (
            "tls.wrap_socket(given, cert_reqs={})",
            &["A002", "P002"],
            &["A003", "P002"],
        ),
        (
            "tls.wrap_socket(given, cert_reqs={}, ca_certs='ca.pem')",
            &["A001", "P002"],
            &["A003", "P002"],
        ),
        ("create_urllib3_context(cert_reqs={})", &["A002"], &[]),
        (
            "urllib3.HTTPSConnectionPool('h', cert_reqs={})",
            &["A002"],
            &[],
        ),
        (
            "urllib3.PoolManager(cert_reqs={}, ca_certs='ca.pem')",
            &["A001"],
            &[],
        ),
        ("old.set_verify({})", &["A002"], &[]),
    ];
    let falses = [
        "False",
        "OFF",
        "not True",
        "bool(0)",
        "self.CHECK",
        "(False)",
    ];
    let unknown = ["True", "given", "not given", "None or True", "rest"];
    let truths = [
        (
            "requests.get('https://h', verify={})",
            &["A002"][..],
            &[][..],
        ),
        ("session.verify = {}", &["A002"], &[]),
        ("ctx.check_hostname = {}", &["A003"], &[]),
        ("ctx.check_hostname, x = {}, 1", &["A003"], &[]),
        ("urllib3.PoolManager(assert_hostname={})", &["A003"], &[]),
        ("aiohttp.TCPConnector(verify_ssl={})", &["A002"], &[]),
        ("aiohttp.TCPConnector(ssl={})", &["A002"], &[]),
    ];
    // Python takes these for false.
    let zeros = ["0", "''", "ZERO", "int(False)", "0x0"];
    let of_zeros = [
        (
            "requests.get('https://h', verify={})",
            &["A002"][..],
            &[][..],
        ),
        ("ctx.check_hostname = {}", &["A003"], &[]),
        // urllib3 and aiohttp compare with `is False`.
        ("urllib3.PoolManager(assert_hostname={})", &[], &[]),
        ("aiohttp.TCPConnector(ssl={})", &[], &[]),
    ];
    let none: [&str; 0] = [];
    let all = [
        (&modes[..], &off[..], &on[..]),
        (&truths, &falses, &unknown),
        (&of_zeros, &zeros, &none),
    ];
    let mut wrong = Vec::new();
    for (templates, bad, good) in all {
        for (template, of_bad, of_good) in templates {
            for (values, expected) in [(bad, of_bad), (good, of_good)] {
                for value in values {
                    let line = template.replace("{}", value);
                    let mut found = codes_of(&line);
                    found.sort();
                    // `wrap_socket` has a finding for the name in any case.
                    if found.iter().any(|code| code == "P002") && expected[0] != "A003" {
                        found.retain(|code| code != "A003");
                    }
                    if found != *expected {
                        wrong.push((line, found));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn cipher_strings_are_explained_whichever_way_they_are_written() {
    let weak = [
        "'ALL'",
        "u'ALL'",
        "f'ALL'",
        "'A' 'LL'",
        "'AL' + 'L'",
        "WEAK",
        "self.CIPHERS",
        "self.ciphers",
        "Client.CIPHERS",
        "':'.join(['HIGH', 'ALL'])",
        "':'.join(('HIGH', 'ALL'))",
        "':'.join(PARTS)",
        "'HIGH:' + ':'.join(PARTS)",
        "(WEAK)",
        "str('ALL')",
        "'al'.upper() + 'L'",
        "'A LL'.replace(' ', '')",
        "'HIGH' if given else 'ALL'",
        "b'ALL'.decode()",
    ];
    let fine = [
        "given",
        "self.unknown",
        "given + 'ALL'",
        "':'.join(given)",
        "f'{given}:ALL'",
        "'ALL'.join(given)",
        "WEAK.swapcase(given)",
        "'%s' % given",
    ];
    let lines = [
        "ctx.set_ciphers({})",
        "ciphers = {}; ctx.set_ciphers(ciphers)",
        "create_urllib3_context(ciphers={})",
        "old.set_cipher_list({})",
    ];
    let has_finding = |line: &str| codes_of(line).iter().any(|code| code.starts_with('C'));
    for template in lines {
        for value in weak {
            let line = template.replace("{}", value);
            assert!(has_finding(&line), "{line}");
        }
        for value in fine {
            let line = template.replace("{}", value);
            assert!(!has_finding(&line), "{line}");
        }
    }
    assert!(has_finding("old.set_cipher_list(b'ALL')"));
    assert!(has_finding("old.set_cipher_list('ALL'.encode('ascii'))"));
}

#[test]
fn a_name_with_an_unknown_binding_is_no_constant() {
    for program in [
        "def f(c: ssl.SSLContext, mode=ssl.CERT_NONE):\n    c.verify_mode = mode",
        "mode = ssl.CERT_NONE\ndef f(c: ssl.SSLContext):\n    for mode in modes:\n        c.verify_mode = mode",
        "mode = ssl.CERT_NONE\ndef g():\n    global mode\n    mode = ssl.CERT_REQUIRED\ndef f(c: ssl.SSLContext):\n    c.verify_mode = mode",
        "mode = ssl.CERT_NONE\nmode |= x\nc = ssl.create_default_context()\nc.verify_mode = mode",
        "from settings import mode\nc = ssl.create_default_context()\nc.verify_mode = mode",
        "with f() as mode: pass\nc = ssl.create_default_context()\nc.verify_mode = mode",
        "mode = mode\nc = ssl.create_default_context()\nc.verify_mode = mode",
        "class A:\n    mode = ssl.CERT_NONE\n    def f(self, c: ssl.SSLContext):\n        c.verify_mode = mode",
        "class A:\n    mode = ssl.CERT_NONE\n    def g(self, mode):\n        self.mode = mode\n    def f(self, c: ssl.SSLContext):\n        c.verify_mode = self.mode",
    ] {
        assert_eq!(codes(&format!("import ssl\n{program}\n")), [], "{program}");
    }
    // Sums that double at each step, and a list that holds itself.
    let mut python = "import ssl\nx0 = 'A'\n".to_owned();
    for number in 1..60 {
        python += &format!("x{number} = x{0} + x{0}\n", number - 1);
    }
    python += "c = ssl.create_default_context()\nc.set_ciphers(x59)\n";
    assert_eq!(codes(&python), []);
}

#[test]
fn an_assignment_to_two_properties_has_a_line_for_each() {
    let python = "
import ssl
ctx = ssl.create_default_context()
ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
";
    let expected = [
        "let ctx = ssl::create_default_context(())?;",
        "ctx.set_check_hostname(false)?;",
        "ctx.set_verify_mode(ssl::CERT_NONE)?;",
    ];
    assert_eq!(rust(python), expected);
    assert_eq!(
        codes(python),
        [(4, "A003".to_owned()), (4, "A002".to_owned())]
    );
}
