//! Servers that misbehave, and files that cannot be used.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pyssl_renewal::acme::{
    AcmeClient, AcmeError, BoxError, Challenge, ChallengeHook, Event, KeyType,
};
use pyssl_testing::acme::{AcmeServer, Fault};

use crate::support::{Believed, NAME, PATIENCE, Renewal, client, connect, service, trusting};

pub(crate) const FAULTS: [Fault; 9] = [
    Fault::Refuse,
    Fault::RateLimit(7200),
    Fault::Garbage,
    Fault::OtherJson,
    Fault::Unavailable,
    Fault::HangUp,
    Fault::LoseAnswer,
    Fault::HalfAnswer,
    Fault::Endless,
];

#[test]
fn each_fault_at_each_request_keeps_the_old_certificate_and_is_reported() {
    let kinds = [
        "directory",
        "nonce",
        "new-order",
        "order",
        "authorization",
        "challenge",
        "finalize",
        "certificate",
    ];
    thread::scope(|scope| {
        for kind in kinds {
            scope.spawn(move || {
                let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
                let context = crate::support::server();
                let watched = Renewal::start(client(&server, directory.path()), &context);
                watched.obtained();
                assert!(watched.renewal.wait(PATIENCE).is_some());
                let address = service(&context);
                let trusting = trusting(&server.ca().cert_pem());
                for fault in FAULTS {
                    // The answer with a nonce has no body.
                    let of_body = matches!(
                        fault,
                        Fault::Garbage | Fault::OtherJson | Fault::HalfAnswer | Fault::Endless
                    );
                    if kind == "nonce" && of_body {
                        continue;
                    }
                    let before = watched.served();
                    server.take_requests();
                    server.fail(kind, fault);
                    watched.renewal.renew();
                    let (text, pause) = watched.failed();
                    let what = format!("{kind}, {fault:?}: {text}");
                    assert!(text.contains("ACME server"), "{what}");
                    // The client has made the request, and has not repeated it without a pause.
                    let requests = server.take_requests();
                    let count = requests.iter().filter(|other| *other == kind).count();
                    assert!((1..=4).contains(&count), "{what}: {requests:?}");
                    match fault {
                        Fault::RateLimit(seconds) => {
                            assert!(pause >= Duration::from_secs(seconds), "{what}");
                        }
                        _ => assert!(pause >= Duration::from_secs(3 * 60), "{what}"),
                    }
                    assert_eq!(watched.served(), before, "{what}");
                    let conn = connect(&trusting, address, None).expect(&what);
                    assert_eq!(conn.getpeercert_binary().unwrap(), before, "{what}");

                    server.heal();
                    watched.renewal.renew();
                    watched.renewed();
                    assert_ne!(watched.served(), before, "{what}");
                }
            });
        }
    });
}

#[test]
fn a_fault_while_creating_the_account_is_reported_and_its_key_is_used_later() {
    for fault in FAULTS {
        let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        server.fail("account", fault);
        let context = crate::support::server();
        let watched = Renewal::start(client(&server, directory.path()), &context);
        let (text, _) = watched.failed();
        assert!(text.contains("an account"), "{fault:?}: {text}");
        assert!(watched.renewal.status().is_none());
        server.heal();
        watched.renewal.renew();
        watched.obtained();
        // If the server had created an account, it has found it by the key.
        assert_eq!(server.accounts(), 1, "{fault:?}");
    }
}

#[test]
fn a_pause_that_the_server_demands_in_any_answer_is_kept_and_cannot_overflow_the_clock() {
    for (seconds, pause) in [(7200, 7200), (u64::MAX, 24 * 60 * 60)] {
        let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        server.fail("order", Fault::Processing(seconds));
        let watched = Renewal::start(client(&server, directory.path()), &crate::support::server());
        let (text, retry_in) = watched.failed();
        assert!(text.contains("ACME server"), "{text}");
        assert!(retry_in >= Duration::from_secs(pause), "{retry_in:?}");
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let port = pyssl_testing::pebble::free_port();
    let url = format!("http://127.0.0.1:{port}/directory");
    let mut client = AcmeClient::new(url, directory.path().join("acme"))
        .domains([NAME])
        .agree_tos(true)
        .http_01(Believed);
    let error = client.obtain().unwrap_err();
    assert!(matches!(error, AcmeError::Exchange { .. }), "{error}");
}

#[test]
fn an_account_that_the_server_has_lost_is_created_again_with_its_key() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&server, directory.path()).obtain().unwrap();
    server.forget_accounts();
    client(&server, directory.path()).obtain().unwrap();
    assert_eq!(server.accounts(), 2);
    client(&server, directory.path()).obtain().unwrap();
    assert_eq!(server.accounts(), 2);
}

#[test]
fn an_unfinished_order_is_continued_after_a_rate_limit_and_given_up_after_a_refusal() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    for (fault, orders) in [
        (Fault::RateLimit(1), 1),
        (Fault::HangUp, 2),
        (Fault::Refuse, 4),
    ] {
        server.fail("finalize", fault);
        client(&server, directory.path()).obtain().unwrap_err();
        server.heal();
        client(&server, directory.path()).obtain().unwrap();
        assert_eq!(server.orders().len(), orders, "{fault:?}");
    }
}

#[test]
fn another_set_of_names_ends_an_unfinished_order() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    server.fail("finalize", Fault::HangUp);
    client(&server, directory.path()).obtain().unwrap_err();
    server.heal();
    let more = [NAME, "more.example"];
    client(&server, directory.path())
        .domains(more)
        .obtain()
        .unwrap();
    assert_eq!(server.orders().len(), 2);
}

#[test]
fn settings_that_cannot_work_are_errors_before_any_request() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let base = || AcmeClient::new(server.directory(), directory.path().join("acme"));
    let cases: [(AcmeClient, &str); 12] = [
        (base().domains([NAME]).http_01(Believed), "terms of service"),
        (base().agree_tos(true).http_01(Believed), "no domain"),
        (base().agree_tos(true).domains([NAME]), "no way to fulfil"),
        (
            client(&server, directory.path()).domains(["*.a.example"]),
            "dns-01",
        ),
        (
            client(&server, directory.path()).domains(["bücher.example"]),
            "xn--",
        ),
        (
            client(&server, directory.path()).domains(["a b"]),
            "not a host name",
        ),
        (
            client(&server, directory.path()).domains([""]),
            "not a host name",
        ),
        (
            client(&server, directory.path()).cert_name("../up"),
            "name of a directory",
        ),
        (
            client(&server, directory.path()).cert_name(".hidden"),
            "name of a directory",
        ),
        (
            client(&server, directory.path()).eab("kid", "%%%"),
            "base64",
        ),
        (
            client(&server, directory.path()).tls_alpn_01(&requiring()),
            "requires client certificates",
        ),
        (
            AcmeClient::new(
                "http://acme.example/directory",
                directory.path().join("acme"),
            )
            .domains([NAME])
            .agree_tos(true)
            .http_01(Believed),
            "not an HTTPS URL",
        ),
    ];
    for (mut client, text) in cases {
        let error = client.obtain().unwrap_err();
        assert!(matches!(error, AcmeError::Settings(_)), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(server.take_requests(), [""; 0]);
}

/// A context for servers that requires client certificates.
fn requiring() -> pyssl::SslContext {
    let context = crate::support::server();
    context.set_verify_mode(pyssl::CERT_REQUIRED).unwrap();
    context
}

#[test]
fn the_first_certificate_is_tried_again_soon_if_the_server_does_not_answer() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    server.fail("directory", Fault::HangUp);
    let watched = Renewal::start(client(&server, directory.path()), &crate::support::server());
    for seconds in [5, 10, 20, 40, 80, 160, 320] {
        let (_, pause) = watched.failed();
        let longest = Duration::from_secs(seconds);
        assert!(pause <= longest && pause >= longest / 2, "{pause:?}");
        watched.renewal.renew();
    }
    watched.failed();
    // After a refusal, the server's limits of failed attempts count.
    server.heal();
    server.fail("new-order", Fault::Refuse);
    watched.renewal.renew();
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let (_, pause) = watched.failed();
    assert!(pause <= minutes(5) && pause >= minutes(3), "{pause:?}");
    server.heal();
    watched.renewal.renew();
    watched.obtained();
    // The certificate in service leaves time.
    server.fail("directory", Fault::HangUp);
    watched.renewal.renew();
    let (_, pause) = watched.failed();
    assert!(pause <= minutes(5) && pause >= minutes(3), "{pause:?}");
}

/// Tells the test that the challenge is there, and waits for the test.
struct Held(mpsc::Sender<()>, mpsc::Receiver<()>);

impl ChallengeHook for Held {
    fn auth(&mut self, _: &Challenge) -> Result<(), BoxError> {
        self.0.send(())?;
        Ok(self.1.recv_timeout(PATIENCE)?)
    }

    fn cleanup(&mut self, _: &Challenge) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn clients_with_the_same_storage_take_turns_and_share_the_certificate() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let (begun, first_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let first = client(&server, directory.path()).http_01(Held(begun, may_go_on));
    let first = Renewal::start(first, &crate::support::server());
    first_begun.recv_timeout(PATIENCE).unwrap();

    let holder = format!("the ACME client of process {} is using", std::process::id());
    let error = client(&server, directory.path()).obtain().unwrap_err();
    assert!(matches!(error, AcmeError::Busy { .. }), "{error}");
    assert!(error.to_string().contains(&holder), "{error}");
    let third = client(&server, directory.path());
    let third = Renewal::start(third, &crate::support::server());
    let (text, pause) = third.failed();
    assert!(text.contains(&holder), "{text}");
    assert!(pause <= Duration::from_secs(5), "{pause:?}");
    third.end();
    let millisecond = Duration::from_millis(1);
    let second = client(&server, directory.path())
        .interval(millisecond)
        .retry(millisecond, millisecond);
    let second = Renewal::start(second, &crate::support::server());
    second.failed();

    go_on.send(()).unwrap();
    first.obtained();
    assert!(first.renewal.wait(PATIENCE).is_some());
    assert!(second.renewal.wait(PATIENCE).is_some());
    assert_eq!(second.served(), first.served());
    assert_eq!((server.accounts(), server.orders().len()), (1, 1));
    // The lock has ended with the order.
    client(&server, directory.path()).obtain().unwrap();
}

#[test]
fn a_forced_renewal_is_repeated_after_a_failure_until_the_certificate_is_replaced() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&server, directory.path()).obtain().unwrap();
    let (begun, first_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let first = client(&server, directory.path()).http_01(Held(begun, may_go_on));
    let first = Renewal::start(first, &crate::support::server());
    first.renewal.renew();
    first_begun.recv_timeout(PATIENCE).unwrap();
    // The first client has locked the storage, so the renewal of the second one fails.
    let millisecond = Duration::from_millis(1);
    let second = client(&server, directory.path())
        .interval(millisecond)
        .retry(millisecond, millisecond);
    let second = Renewal::start(second, &crate::support::server());
    second.renewal.renew();
    second.failed();
    // The hook of the first client fails, so this client does not replace the certificate.
    drop(go_on);
    first.failed();
    first.end();
    while !matches!(second.event(), Event::Obtained { .. }) {}
    // The server closes the connection, so the renewal fails.
    server.fail("new-order", Fault::HangUp);
    second.renewal.renew();
    second.failed();
    server.heal();
    while !matches!(second.event(), Event::Obtained { .. }) {}
    let count = server.orders().len();
    // After the success, the client does not renew again. It only asks for the time of the next renewal.
    server.take_requests();
    second.renewal.renew_if_due();
    server.wait_for_request("directory");
    second.end();
    assert_eq!(server.orders().len(), count);
}

#[test]
fn the_contact_is_sent_and_a_binding_needs_the_right_key() {
    for bound in [false, true] {
        let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        let client = || client(&server, directory.path()).email("admin@a.example");
        let client = || match bound {
            true => client().eab("customer", "c2VjcmV0"),
            false => client(),
        };
        if bound {
            server.require_eab(b"another secret");
            let error = client().obtain().unwrap_err();
            assert!(error.to_string().contains("a wrong binding"), "{error}");
            assert_eq!(server.accounts(), 0);
            server.require_eab(b"secret");
        }
        client().obtain().unwrap();
        let expected = serde_json::json!(["mailto:admin@a.example"]);
        assert_eq!(server.contacts(), [expected], "{bound}");
    }
}

#[test]
fn the_test_server_refuses_requests_without_a_right_signature() {
    let server = AcmeServer::start();
    let url = |path| server.directory().replace("directory", path);
    let nonce = pyssl::requests::get(url("nonce"), ()).unwrap();
    let nonce = nonce.headers()["replay-nonce"].to_str().unwrap().to_owned();
    let account = url("account");
    let header = serde_json::json!({"alg": "ES256", "jwk": {}, "nonce": nonce, "url": account});
    let header = openssl::base64::encode_block(header.to_string().as_bytes());
    let jws = serde_json::json!({ "protected": header, "payload": "e30", "signature": "" });
    let options = pyssl::requests::RequestOptions::new().json(&jws);
    let answer = pyssl::requests::post(account, options).unwrap();
    let text = answer.text();
    assert!(text.contains("the signature is wrong"), "{text}");
    assert_eq!((answer.status_code(), server.accounts()), (400, 0));
}

#[test]
fn a_profile_is_ordered_if_the_server_has_it() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let client = || client(&server, directory.path());
    client().preferred_profile("shortlived").obtain().unwrap();
    let error = client()
        .required_profile("shortlived")
        .obtain()
        .unwrap_err();
    assert!(
        error.to_string().contains("no profile shortlived"),
        "{error}"
    );
    server.profiles(serde_json::json!({ "shortlived": "six days" }));
    client().preferred_profile("shortlived").obtain().unwrap();
    client().required_profile("shortlived").obtain().unwrap();
    let orders = server.orders();
    let profiles: Vec<_> = orders
        .iter()
        .map(|order| order["profile"].as_str())
        .collect();
    assert_eq!(profiles, [None, Some("shortlived"), Some("shortlived")]);
}

// Not on Windows: its files have no mode.
#[cfg(unix)]
#[test]
fn storage_that_others_can_read_or_that_cannot_be_written_is_an_error() {
    use std::os::unix::fs::PermissionsExt;

    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let storage = directory.path().join("acme");
    fs::create_dir(&storage).unwrap();
    fs::set_permissions(&storage, fs::Permissions::from_mode(0o750)).unwrap();
    let error = client(&server, directory.path()).obtain().unwrap_err();
    assert!(
        error.to_string().contains("mode 750, 700 is needed"),
        "{error}"
    );
    fs::remove_dir(&storage).unwrap();

    // A file has the name of the directory that the client needs.
    fs::write(&storage, "a file").unwrap();
    let error = client(&server, directory.path()).obtain().unwrap_err();
    assert!(matches!(error, AcmeError::Storage { .. }), "{error}");
    fs::remove_file(&storage).unwrap();
    // The system refuses to create a directory in `/proc`.
    let error = AcmeClient::new(server.directory(), "/proc/acme")
        .domains([NAME])
        .agree_tos(true)
        .http_01(Believed)
        .obtain()
        .unwrap_err();
    assert!(matches!(error, AcmeError::Storage { .. }), "{error}");
    assert_eq!(server.take_requests(), [""; 0]);
}

#[test]
fn a_damaged_account_file_is_an_error() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&server, directory.path()).obtain().unwrap();
    let accounts = fs::read_dir(directory.path().join("acme/accounts")).unwrap();
    let account: PathBuf = accounts.map(|entry| entry.unwrap().path()).next().unwrap();
    let good = fs::read(&account).unwrap();
    fs::write(&account, &good[..good.len() / 2]).unwrap();
    let error = client(&server, directory.path()).obtain().unwrap_err();
    assert!(error.to_string().contains("not an account"), "{error}");
    assert_eq!(server.accounts(), 1);
}

#[test]
fn damaged_files_of_an_unfinished_order_are_replaced() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&server, directory.path()).obtain().unwrap();
    let pending = directory.path().join("acme/pending").join(NAME);
    for (file, content) in [("privkey.pem", "half a k"), ("order.json", "{\"url\":")] {
        fs::create_dir_all(&pending).unwrap();
        fs::write(pending.join(file), content).unwrap();
        client(&server, directory.path()).obtain().unwrap();
    }
}

#[test]
fn an_order_whose_key_is_lost_is_given_up() {
    for content in ["half a k", ""] {
        let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        // The server has issued the certificate of the first order.
        server.fail("certificate", Fault::HangUp);
        client(&server, directory.path()).obtain().unwrap_err();
        server.heal();
        let key = directory.path().join("acme/pending").join(NAME);
        let key = key.join("privkey.pem");
        match content {
            "" => fs::remove_file(key).unwrap(),
            _ => fs::write(key, content).unwrap(),
        }
        client(&server, directory.path()).obtain().unwrap();
        assert_eq!(server.orders().len(), 2);
    }
    // The key is of another type than that of the settings.
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    server.fail("certificate", Fault::HangUp);
    client(&server, directory.path()).obtain().unwrap_err();
    server.heal();
    let mut other = client(&server, directory.path()).key_type(KeyType::EcdsaP384);
    other.obtain().unwrap();
}

#[test]
fn a_damaged_certificate_in_service_is_renewed() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&server, directory.path()).obtain().unwrap();
    // Without links, the file in service is a copy, which would be restored from the archive.
    for folder in [format!("live/{NAME}"), format!("archive/{NAME}/1")] {
        let file = directory.path().join("acme").join(folder);
        fs::write(file.join("fullchain.pem"), "garbage").unwrap();
    }
    let context = crate::support::server();
    let watched = Renewal::start(client(&server, directory.path()), &context);
    watched.obtained();
    assert!(watched.renewal.wait(PATIENCE).is_some());
}
