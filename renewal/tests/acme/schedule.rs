//! When certificates are renewed.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use pyssl_renewal::acme::Event;
use pyssl_testing::acme::{AcmeServer, Fault};

use crate::faults::FAULTS;
use crate::support::{NAME, PATIENCE, Renewal, client, server};

const DAY: i64 = 24 * 60 * 60;

#[test]
fn a_stored_certificate_is_in_service_at_once_and_renewed_after_two_thirds_of_its_validity() {
    for (from, until, is_due) in [
        (-3 * DAY, 3 * DAY, false),
        (-5 * DAY, DAY, true),
        (-59 * DAY, 31 * DAY, false),
        (-64 * DAY, 26 * DAY, true),
        // The certificate has expired.
        (-7 * DAY, -DAY, true),
    ] {
        let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        acme.validity(from, until);
        client(&acme, directory.path()).obtain().unwrap();
        acme.validity(-60, 6 * DAY);
        acme.take_requests();
        let context = server();
        let fast = client(&acme, directory.path()).interval(Duration::from_millis(5));
        let watched = Renewal::start(fast, &context);
        if until > 0 {
            assert!(watched.renewal.status().is_some());
        }
        if is_due {
            watched.obtained();
            assert_eq!(acme.orders().len(), 2);
            let status = watched.renewal.wait(PATIENCE).unwrap();
            assert!(
                status
                    .path()
                    .ends_with("live/service.example/fullchain.pem")
            );
        } else {
            // The thread asks the server when it compares the clock for the first time. If the certificate were due,
            // the thread would order one before it ends.
            acme.wait_for_request("directory");
            watched.end();
            let requests = acme.take_requests();
            let is_order = |kind: &String| kind == "new-order";
            assert!(!requests.iter().any(is_order), "{from} {until}");
        }
    }
}

#[test]
fn a_certificate_of_six_days_is_not_reported_as_expiring() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    acme.validity(-60, 6 * DAY - 60);
    client(&acme, directory.path()).obtain().unwrap();
    let watched = Renewal::start(client(&acme, directory.path()), &server());
    watched.renewal.renew();
    // Fails after any other event of the reloader than `Loaded`.
    watched.renewed();
}

#[test]
fn a_stored_certificate_without_a_wanted_name_is_replaced() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&acme, directory.path()).obtain().unwrap();
    let more = client(&acme, directory.path()).domains([NAME, "more.example"]);
    let watched = Renewal::start(more, &server());
    watched.renewed();
    let leaf = openssl::x509::X509::from_der(&watched.served().unwrap()).unwrap();
    let names = leaf.subject_alt_names().unwrap();
    let names: Vec<_> = names.iter().filter_map(|name| name.dnsname()).collect();
    assert_eq!(names, [NAME, "more.example"]);
}

#[test]
fn the_servers_suggestion_decides_and_the_order_names_the_old_certificate() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&acme, directory.path()).obtain().unwrap();
    acme.suggest("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    let acme = Arc::new(acme);
    let later = Arc::clone(&acme);
    // After the renewal, the server suggests a time in the future.
    let client = client(&acme, directory.path()).on_event(move |event| {
        if let Event::Obtained { .. } = event {
            later.suggest("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z");
        }
    });
    let watched = Renewal::start(client, &server());
    watched.obtained();
    watched.renewal.renew();
    watched.obtained();
    let orders = acme.orders();
    let replaces: Vec<_> = orders
        .iter()
        .map(|order| order["replaces"].is_string())
        .collect();
    assert_eq!(replaces, [false, true, true]);
}

#[test]
fn without_the_servers_suggestion_the_dates_decide() {
    let run = |fault: Fault, is_due: bool| {
        let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        let (from, until) = if is_due { (-5, 1) } else { (-3, 3) };
        acme.validity(from * DAY, until * DAY);
        client(&acme, directory.path()).obtain().unwrap();
        acme.validity(-60, 6 * DAY);
        // The server's suggestion is the opposite, but the fault keeps it from the client.
        match is_due {
            true => acme.suggest("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z"),
            false => acme.suggest("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"),
        }
        acme.fail("renewal", fault);
        acme.take_requests();
        let fast = client(&acme, directory.path()).interval(Duration::from_millis(5));
        let watched = Renewal::start(fast, &server());
        let first = watched.served();
        acme.wait_for_request("renewal");
        if is_due {
            // The old certificate is also reported as expiring.
            let is_loaded = |event: &_| matches!(event, pyssl_renewal::Event::Loaded { .. });
            watched.obtained_and(is_loaded);
            assert_ne!(watched.served(), first, "{fault:?}");
        } else {
            // If the certificate were due, the thread would order one before it ends.
            assert!(first.is_some());
            watched.end();
        }
        assert_eq!(acme.orders().len(), 1 + usize::from(is_due), "{fault:?}");
        // The client does not ask the server each time that it checks the clock. It asks separately about each
        // certificate.
        let requests = acme.take_requests();
        let count = requests.iter().filter(|kind| *kind == "renewal").count();
        assert!((1..=8).contains(&count), "{fault:?}: {requests:?}");
    };
    std::thread::scope(|scope| {
        for is_due in [false, true] {
            scope.spawn(move || FAULTS.map(|fault| run(fault, is_due)));
        }
    });
}

#[test]
fn the_server_is_not_asked_when_to_renew_a_certificate_that_has_expired() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    acme.validity(-7 * DAY, -DAY);
    client(&acme, directory.path()).obtain().unwrap();
    acme.suggest("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z");
    acme.validity(-60, 6 * DAY);
    acme.take_requests();
    let _watched = Renewal::start(client(&acme, directory.path()), &server());
    // The client asks about the new certificate.
    acme.wait_for_request("renewal");
    let requests = acme.take_requests();
    let first = |wanted: &str| requests.iter().position(|kind| kind == wanted);
    assert!(first("certificate").is_some(), "{requests:?}");
    assert!(first("certificate") < first("renewal"), "{requests:?}");
}

#[test]
fn a_suggestion_that_is_always_in_the_past_does_not_order_certificates_in_a_loop() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    client(&acme, directory.path()).obtain().unwrap();
    acme.suggest("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    let fast = client(&acme, directory.path()).interval(Duration::from_millis(1));
    let watched = Renewal::start(fast, &server());
    watched.obtained();
    let (text, pause) = watched.failed();
    assert!(text.contains("one of the clocks is wrong"), "{text}");
    assert!(pause >= Duration::from_secs(3 * 60));
}

/// The clock of this host is behind or ahead of the server's.
#[test]
fn a_wrong_clock_keeps_the_old_certificate_and_does_not_order_in_a_loop() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let fast = client(&acme, directory.path()).interval(Duration::from_millis(1));
    let watched = Renewal::start(fast, &server());
    watched.obtained();
    assert!(watched.renewal.wait(PATIENCE).is_some());
    let first = watched.served();
    // This clock is behind: the certificate is not valid yet.
    acme.validity(DAY, 90 * DAY);
    watched.renewal.renew();
    watched.obtained_and(|event| event.to_string().contains("not valid before"));
    assert_eq!(watched.served(), first);
    // This clock is ahead: the certificate has expired when it arrives.
    acme.validity(-90 * DAY, -DAY);
    watched.renewal.renew();
    // The threads of the client and of the reloader report in any order.
    let (mut obtained, mut rejected, mut failed) = (false, false, None);
    let (text, pause) = loop {
        match watched.event() {
            Event::Obtained { .. } => obtained = true,
            Event::Failed { error, retry_in } => failed = Some((error.to_string(), retry_in)),
            Event::Reload(event) => rejected |= event.to_string().contains("expired"),
            _ => {}
        }
        if let (true, true, Some(failed)) = (obtained, rejected, &failed) {
            break failed.clone();
        }
    };
    assert!(text.contains("one of the clocks is wrong"), "{text}");
    assert!(pause >= Duration::from_secs(3 * 60));
    assert_eq!(watched.served(), first);
    // The clock of this host is right again.
    acme.validity(-60, 90 * DAY);
    watched.renewal.renew();
    watched.renewed();
    assert_ne!(watched.served(), first);
}

#[test]
fn a_listener_that_panics_does_not_end_the_renewals() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let client = client(&acme, directory.path())
        .on_event(|event| panic!("a listener's fault, on purpose: {event}"));
    let watched = Renewal::start(client, &server());
    for _ in 0..3 {
        watched.obtained();
        watched.renewal.renew();
    }
}

#[test]
fn dropping_the_renewal_ends_its_thread() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let watched = Renewal::start(client(&acme, directory.path()), &server());
    watched.obtained();
    watched.end();
}

#[test]
fn a_listener_that_takes_its_time_does_not_delay_the_certificate() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let (release, released) = mpsc::channel::<()>();
    let client = client(&acme, directory.path()).on_event(move |event| {
        if let Event::Obtained { .. } = event {
            let _ = released.recv_timeout(PATIENCE);
        }
    });
    let watched = Renewal::start(client, &server());
    assert!(watched.renewal.wait(PATIENCE / 2).is_some());
    drop(release);
    watched.obtained();
}

#[test]
fn the_longest_times_are_accepted() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    acme.fail("directory", Fault::Unavailable);
    let patient = client(&acme, directory.path())
        .retry(Duration::MAX, Duration::MAX)
        .interval(Duration::from_millis(1))
        .timeout(Duration::MAX);
    let watched = Renewal::start(patient, &server());
    watched.failed();
    // The first attempt after the pause comes with the call of `renew`.
    acme.heal();
    acme.take_requests();
    assert!(watched.renewal.wait(Duration::from_millis(300)).is_none());
    assert_eq!(acme.take_requests(), [""; 0]);
    watched.renewal.renew();
    watched.obtained();
    assert!(watched.renewal.wait(Duration::MAX).is_some());
}

#[test]
fn a_request_for_a_due_renewal_ends_a_pause_and_renews_nothing_else() {
    let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    acme.fail("new-order", Fault::HangUp);
    let watched = Renewal::start(client(&acme, directory.path()), &server());
    watched.failed();
    acme.heal();
    watched.renewal.renew_if_due();
    watched.obtained();
    // The new certificate is not due. The server is asked again.
    acme.take_requests();
    watched.renewal.renew_if_due();
    acme.wait_for_request("directory");
    // It is due when the server suggests so.
    acme.suggest("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    assert_eq!(acme.orders().len(), 1);
    watched.renewal.renew_if_due();
    watched.obtained();
    assert_eq!(acme.orders().len(), 2);
}
