use std::sync::mpsc::{self, Receiver};

use pyssl_testing::pki::ocsp::OcspBuilder;
use pyssl_testing::responder::Responder;
use pyssl_testing::{Ca, Leaf};
use zeroize::Zeroizing;

use super::*;
use crate::files::CertFiles;

#[test]
fn retry_pauses_double_from_a_minute_to_an_hour() {
    for (failures, minutes) in [(0, 1), (1, 2), (5, 32), (6, 60), (40, 60)] {
        let least = Duration::from_secs(minutes * 60);
        let pause = pause(failures);
        assert!(
            pause >= least && pause <= least + least / 5,
            "{failures}: {pause:?}"
        );
    }
}

/// A fetcher without its thread. The test runs each step.
struct Steps {
    ca: Ca,
    leaf: Leaf,
    checked: Checked,
    responder: Responder,
    fetcher: Fetcher,
    events: Receiver<Event>,
}

impl Steps {
    fn new() -> Steps {
        let (ca, responder) = (Ca::new(), Responder::start());
        let leaf = ca.builder().san("localhost").ocsp(responder.url()).build();
        let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_SERVER).unwrap();
        let files = CertFiles::new("chain.pem").keyfile("key.pem");
        let content = [leaf.chain_pem() + &ca.cert_pem(), leaf.key_pem()]
            .map(|pem| Zeroizing::new(pem.into_bytes()));
        let checked = crate::check::check(&context, &files, &content).unwrap();
        let (told, events) = mpsc::channel();
        let listener = move |event: &Event| drop(told.send(event.clone()));
        let shared = Arc::new(Shared::new(vec![Box::new(listener)]));
        Steps {
            ca,
            leaf,
            checked,
            responder,
            fetcher: Fetcher::new(shared, Staples::default()),
            events,
        }
    }

    fn response(&self) -> OcspBuilder {
        self.ca.ocsp(&self.leaf)
    }

    /// Runs one step, and returns the text of its event. `None` means that the responder was not asked.
    fn step(&mut self) -> Option<String> {
        let before = self.responder.requests();
        self.fetcher.refresh(&self.checked);
        let event = self.events.try_recv().ok();
        let asked = self.responder.requests() - before;
        assert_eq!(asked, usize::from(event.is_some()));
        event.map(|event| event.to_string())
    }

    /// Staples a response that was fetched earlier.
    fn staple(&mut self, der: &[u8]) {
        let staple = Staple::check(Path::new("earlier"), der, &self.checked).unwrap();
        let leaf = self.checked.leaf();
        self.fetcher.staples.insert(leaf, staple).unwrap();
    }

    /// Whether the stapled response has this `thisUpdate`, in seconds from now, to within five minutes.
    fn is_stapled(&self, from: i64) -> bool {
        let staple = self.fetcher.staples.staple(self.checked.leaf()).unwrap();
        let age = SystemTime::now().duration_since(staple.this_update);
        age.unwrap().as_secs().abs_diff(from.unsigned_abs()) < 300
    }

    /// Ends the pause after a failure, and returns its length in minutes.
    fn end_pause(&mut self) -> u64 {
        let failures = self.fetcher.failures.values_mut().next().unwrap();
        let now = Instant::now();
        let pause = failures.next.saturating_duration_since(now);
        failures.next = now;
        pause.as_secs().div_ceil(60)
    }
}

#[test]
fn a_response_is_fetched_again_after_half_of_its_validity_before_it_expires() {
    for (from, until, is_due) in [
        (-1000, Some(9000), false),
        (-4000, Some(6000), false),
        (-6000, Some(4000), true),
        (-9000, Some(1000), true),
        // Without nextUpdate, a response is used for an hour.
        (-3000, None, false),
        (-4200, None, true),
    ] {
        let mut steps = Steps::new();
        steps.staple(&steps.response().valid(from, until).build());
        steps
            .responder
            .answer(steps.response().valid(-60, Some(9000)).build());
        assert_eq!(steps.step().is_some(), is_due, "{from} {until:?}");
        let expected = if is_due { -60 } else { from };
        assert!(steps.is_stapled(expected), "{from} {until:?}");
        // The new response is fresh.
        assert_eq!(steps.step(), None, "{from} {until:?}");
    }
}

#[test]
fn a_responder_that_fails_is_asked_again_after_a_pause_that_doubles() {
    let mut steps = Steps::new();
    steps
        .responder
        .answer(pyssl_testing::pki::ocsp::try_later());
    for minutes in [1..=2, 2..=3, 4..=5] {
        let text = steps.step().unwrap();
        assert!(text.contains("error status"), "{text}");
        assert_eq!(steps.step(), None);
        let pause = steps.end_pause();
        assert!(minutes.contains(&pause), "{pause}");
    }
    // A response is stapled even if half of its validity has passed. After a pause, the responder is asked for a newer
    // one.
    let old = steps.response().valid(-6000, Some(4000)).build();
    steps.responder.answer(old);
    let text = steps.step().unwrap();
    assert!(text.contains("past half of its validity"), "{text}");
    assert!(steps.is_stapled(-6000));
    assert_eq!(steps.step(), None);
    steps.end_pause();
    let new = steps.response().valid(-60, Some(9000)).build();
    steps.responder.answer(new);
    steps.step().unwrap();
    assert!(steps.is_stapled(-60));
    // A success resets the pause.
    assert!(steps.fetcher.failures.is_empty());
}
