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
