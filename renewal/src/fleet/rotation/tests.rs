use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::fleet::StoreError;

const HOUR: Duration = Duration::from_secs(3600);

/// A store in memory, which can be made to fail.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<(HashMap<u64, TicketKey>, bool)>>);

impl TicketKeyStore for Memory {
    fn get_or_insert(
        &mut self,
        period: u64,
        candidate: &TicketKey,
        expires: SystemTime,
    ) -> Result<TicketKey, StoreError> {
        let mut state = self.0.lock().unwrap();
        if state.1 {
            return Err("the store is down".into());
        }
        assert_eq!(
            expires,
            UNIX_EPOCH + HOUR * u32::try_from(period + 3).unwrap()
        );
        Ok(state
            .0
            .entry(period)
            .or_insert_with(|| candidate.clone())
            .clone())
    }
}

struct Server {
    rotation: Rotation,
    store: Memory,
    context: SslContext,
}

fn server(store: &Memory) -> Server {
    let context = SslContext::new(pyssl::PROTOCOL_TLS_SERVER).unwrap();
    Server {
        rotation: Rotation::new(context.clone(), HOUR),
        store: store.clone(),
        context,
    }
}

impl Server {
    /// Asks the store and sets the keys, as the threads do it. Returns the store's error.
    fn step(&mut self, now: SystemTime) -> Result<(), RotationError> {
        let question = self.rotation.question(now);
        let outcome = question.put_to(&mut self.store, &mut self.rotation.keys);
        self.rotation.advance(now).unwrap();
        outcome
    }
}

fn at(hours: u32) -> SystemTime {
    UNIX_EPOCH + HOUR * hours + Duration::from_secs(7)
}

#[test]
fn servers_have_the_same_keys_in_each_period() {
    let store = Memory::default();
    let (mut one, mut two) = (server(&store), server(&store));
    for hour in 100..110 {
        one.step(at(hour)).unwrap();
        two.step(at(hour)).unwrap();
        let keys = one.context.ticket_keys();
        assert_eq!(keys, two.context.ticket_keys());
        let state = store.0.lock().unwrap();
        let of = |period: u32| state.0[&u64::from(period)].clone();
        assert_eq!(keys, [of(hour), of(hour - 1), of(hour + 1)]);
    }
}

#[test]
fn servers_share_keys_for_one_period_after_the_store_fails_and_then_use_their_own() {
    let store = Memory::default();
    let (mut one, mut two) = (server(&store), server(&store));
    for server in [&mut one, &mut two] {
        server.step(at(100)).unwrap();
        store.0.lock().unwrap().1 = false;
    }
    let before = one.context.ticket_keys();
    store.0.lock().unwrap().1 = true;
    for server in [&mut one, &mut two] {
        // The servers got the next period's key before the store failed.
        server.step(at(101)).unwrap_err();
    }
    let first = |server: &Server| server.context.ticket_keys()[0].clone();
    assert_eq!(first(&one), first(&two));
    for server in [&mut one, &mut two] {
        server.step(at(102)).unwrap_err();
    }
    assert!(first(&one) != first(&two));
    for server in [&mut one, &mut two] {
        server.step(at(103)).unwrap_err();
        for key in server.context.ticket_keys() {
            assert!(!before.contains(&key));
        }
    }
    // Tickets of the servers' own keys stay valid when the store answers again.
    let own = first(&one);
    store.0.lock().unwrap().1 = false;
    for server in [&mut one, &mut two] {
        server.step(at(103)).unwrap();
    }
    assert_eq!(first(&one), first(&two));
    assert!(one.context.ticket_keys().contains(&own));
    one.step(at(105)).unwrap();
    assert!(!one.context.ticket_keys().contains(&own));
}

#[test]
fn ticket_keys_follow_a_clock_that_is_changed() {
    let store = Memory::default();
    let (mut jumping, mut right) = (server(&store), server(&store));
    for hour in [100, 500, 100, 0, 99, 101] {
        jumping.step(at(hour)).unwrap();
        right.step(at(hour)).unwrap();
        assert_eq!(
            jumping.context.ticket_keys(),
            right.context.ticket_keys(),
            "{hour}"
        );
    }
    jumping.step(UNIX_EPOCH - HOUR).unwrap();
}

#[test]
fn the_longest_period_has_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let store = crate::fleet::DirectoryStore::new(directory.path().join("keys")).unwrap();
    let context = SslContext::new(pyssl::PROTOCOL_TLS_SERVER).unwrap();
    let builder = TicketRotation::builder(&context, store).period(Duration::MAX);
    let _rotation = builder.start().unwrap();
    assert!(!context.ticket_keys().is_empty());
}

/// A store that fails in some other way than with an error, from the fourth key on.
struct Broken<F> {
    given: usize,
    fail: F,
}

impl<F: FnMut() + Send> TicketKeyStore for Broken<F> {
    fn get_or_insert(
        &mut self,
        _period: u64,
        candidate: &TicketKey,
        _expires: SystemTime,
    ) -> Result<TicketKey, StoreError> {
        self.given += 1;
        if self.given > 3 {
            (self.fail)();
        }
        Ok(candidate.clone())
    }
}

/// Waits until the context encrypts with a key that is not in `old`.
fn wait_for_a_key_that_is_not_among(context: &SslContext, old: &[TicketKey]) {
    let begin = std::time::Instant::now();
    while old.contains(&context.ticket_keys()[0]) {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "the keys did not change"
        );
        thread::yield_now();
    }
}

#[test]
fn the_keys_change_in_time_while_the_store_does_not_return() {
    let context = SslContext::new(pyssl::PROTOCOL_TLS_SERVER).unwrap();
    let (end, ended) = mpsc::channel::<()>();
    let fail = move || {
        let _ = ended.recv();
    };
    let _rotation = TicketRotation::builder(&context, Broken { given: 0, fail })
        .period(Duration::from_secs(1))
        .start()
        .unwrap();
    let old = context.ticket_keys();
    wait_for_a_key_that_is_not_among(&context, &old);
    drop(end);
}

#[test]
fn the_keys_change_in_time_while_the_store_and_the_listener_panic() {
    let context = SslContext::new(pyssl::PROTOCOL_TLS_SERVER).unwrap();
    let fail = || panic!("a store that panics");
    let (told, errors) = mpsc::channel();
    let _rotation = TicketRotation::builder(&context, Broken { given: 0, fail })
        .period(Duration::from_secs(1))
        .on_error(move |error| {
            told.send(error.to_string()).unwrap();
            panic!("a listener that panics")
        })
        .start()
        .unwrap();
    let old = context.ticket_keys();
    wait_for_a_key_that_is_not_among(&context, &old);
    // The store is asked again, and its next panic is reported, too.
    for _ in 0..2 {
        let error = errors.recv().unwrap();
        assert_eq!(error, "the store of ticket keys: it panicked");
    }
}

/// Gives the rotation an answer of the store, and returns the periods for which it asks the store at once.
fn asked_after(keys: &[u64], failed: bool) -> Vec<u64> {
    let context = SslContext::new(pyssl::PROTOCOL_TLS_SERVER).unwrap();
    let (events, received) = mpsc::channel();
    let (requests, requested) = mpsc::channel();
    let keys = keys
        .iter()
        .map(|period| (*period, TicketKey::generate().unwrap()))
        .collect();
    events.send(Event::Answer { keys, failed }).unwrap();
    events.send(Event::Stop).unwrap();
    Rotation::new(context, HOUR).run(&received, &requests);
    let questions = requested.try_iter().map(|request| match request {
        Request::Ask(question) => question.missing,
        Request::Tell(error) => panic!("{error}"),
    });
    questions.flatten().map(|(period, _)| period).collect()
}

#[test]
fn a_store_that_answers_after_its_period_is_asked_at_once_for_the_current_key() {
    let hours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let current = hours.as_secs() / HOUR.as_secs();
    let asked = asked_after(&[current - 4, current - 3, current - 2], false);
    assert!(asked.contains(&current), "{asked:?}");
    // The period may change while the test runs, so the store also gives the key of the next period.
    let in_time = [current - 1, current, current + 1];
    assert_eq!(asked_after(&in_time, false), [0; 0]);
    // After a failure, the store is asked again only after a pause.
    assert_eq!(asked_after(&[], true), [0; 0]);
}
