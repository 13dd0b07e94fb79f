//! Findings of mistakes in the Python program itself.

use crate::port;

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
