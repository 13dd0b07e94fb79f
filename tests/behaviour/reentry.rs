//! Callbacks that use their own connection, and other connections. A test hangs if threads deadlock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;

use pyssl as ssl;

use crate::link::{BOTH_VERSIONS, Contexts, Watchdog, client_options, pattern, waiting};
use crate::support::told;

type Called = Box<dyn Fn() + Send + Sync>;

/// Sets a message callback. If the test puts a function into the returned place, the callback calls it once.
fn call_once_in_a_message(context: &ssl::SslContext) -> Arc<Mutex<Option<Called>>> {
    let place: Arc<Mutex<Option<Called>>> = Arc::default();
    let here = Arc::clone(&place);
    let set = context.set_message_callback(move |_| {
        let called = here.lock().unwrap().take();
        if let Some(called) = called {
            called();
        }
        Ok(())
    });
    set.unwrap();
    place
}

/// Makes the next callback try operations while another thread is in a write. The callback waits at the barrier twice:
/// the first wait tells the test that the callback runs, and the second one ends when the other thread writes.
fn try_beside_a_writer<const N: usize>(
    place: &Mutex<Option<Called>>,
    operations: impl Fn() -> [String; N] + Send + Sync + 'static,
) -> (Arc<Barrier>, Receiver<[String; N]>) {
    let both = Arc::new(Barrier::new(2));
    let (results, received) = channel();
    let (inside, results) = (Arc::clone(&both), Mutex::new(results));
    *place.lock().unwrap() = Some(Box::new(move || {
        inside.wait();
        inside.wait();
        results.lock().unwrap().send(operations()).unwrap();
    }));
    (both, received)
}

const REFUSED: &str = "SSLError: a callback cannot use the connection that has called it";

#[test]
fn a_callback_cannot_read_its_own_connection_while_another_thread_reads() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let place = call_once_in_a_message(&contexts.client);
        let link = Arc::new(contexts.link());
        link.server.send(b"first").unwrap();
        assert_eq!(link.client.recv(5).unwrap(), b"first");
        let (tell, answers) = channel();
        let tell = Mutex::new(tell);
        thread::scope(|scope| {
            let reader = waiting(scope, || link.client.recv(10).unwrap());
            let own = Arc::downgrade(&link);
            *place.lock().unwrap() = Some(Box::new(move || {
                let client = &own.upgrade().unwrap().client;
                let all = [
                    told(client.recv(1)),
                    told(client.recv_into(&mut [0])),
                    told(client.unwrap()),
                    told(client.do_handshake()),
                ];
                tell.lock().unwrap().send(all).unwrap();
            }));
            link.client.send(b"sent").unwrap();
            assert_eq!(answers.recv().unwrap(), [REFUSED; 4]);
            link.server.send(b"next").unwrap();
            assert_eq!(reader.join().unwrap(), b"next");
        });
        assert_eq!(link.server.recv(10).unwrap(), b"sent");
    }
}

#[test]
fn a_callback_cannot_write_to_its_own_connection_while_another_thread_writes() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let place = call_once_in_a_message(&contexts.client);
        let link = Arc::new(contexts.link());
        link.server.send(b"first").unwrap();
        assert_eq!(link.client.recv(5).unwrap(), b"first");
        let own = Arc::downgrade(&link);
        let (both, answers) = try_beside_a_writer(&place, move || {
            let client = &own.upgrade().unwrap().client;
            [
                told(client.send(b"x")),
                told(client.send_close_notify()),
                told(client.verify_client_post_handshake()),
            ]
        });
        thread::scope(|scope| {
            let reader = scope.spawn(|| link.client.recv(10).unwrap());
            link.server.send(b"next").unwrap();
            both.wait();
            let writer = waiting(scope, || link.client.send(b"sent").unwrap());
            both.wait();
            assert_eq!(answers.recv().unwrap(), [REFUSED; 3]);
            assert_eq!(reader.join().unwrap(), b"next");
            assert_eq!(writer.join().unwrap(), 4);
        });
        assert_eq!(link.server.recv(10).unwrap(), b"sent");
    }
}

#[test]
fn a_callback_cannot_write_to_its_own_object_while_another_thread_writes() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let place = call_once_in_a_message(&contexts.client);
    let pair = Arc::new(contexts.connected());
    pair.talk();
    pair.server.write(b"next").unwrap();
    pair.pump();
    let own = Arc::downgrade(&pair);
    let (both, answers) = try_beside_a_writer(&place, move || {
        let client = &own.upgrade().unwrap().client;
        [
            told(client.write(b"x")),
            told(client.send_close_notify()),
            told(client.verify_client_post_handshake()),
        ]
    });
    thread::scope(|scope| {
        let reader = scope.spawn(|| pair.client.read(10).unwrap());
        both.wait();
        let writer = waiting(scope, || pair.client.write(b"sent").unwrap());
        both.wait();
        assert_eq!(answers.recv().unwrap(), [REFUSED; 3]);
        assert_eq!(reader.join().unwrap(), b"next");
        assert_eq!(writer.join().unwrap(), 4);
    });
}

/// As in CPython, callbacks can do this. The new context applies after the callback has returned.
#[test]
fn callbacks_can_set_the_contexts_of_each_others_connections() {
    let _watchdog = Watchdog::new();
    let both = Arc::new(Barrier::new(2));
    let contexts: Vec<_> = (0..2).map(|_| Contexts::new()).collect();
    let others: Vec<_> = contexts
        .iter()
        .map(|it| it.client.copy().unwrap())
        .collect();
    let places: Vec<_> = contexts
        .iter()
        .map(|it| call_once_in_a_message(&it.client))
        .collect();
    let links: Vec<_> = contexts.iter().map(|it| Arc::new(it.link())).collect();
    let outcomes: [Arc<OnceLock<String>>; 2] = Default::default();
    let asked = Arc::new(AtomicBool::new(false));
    for i in 0..2 {
        links[i].server.send(b"first").unwrap();
        assert_eq!(links[i].client.recv(5).unwrap(), b"first");
        let seen = Arc::clone(&asked);
        let set = others[i].set_message_callback(move |_| {
            seen.store(true, Ordering::SeqCst);
            Ok(())
        });
        set.unwrap();
        let (link, other) = (Arc::clone(&links[1 - i]), others[1 - i].clone());
        let (inside, outcome) = (Arc::clone(&both), Arc::clone(&outcomes[i]));
        *places[i].lock().unwrap() = Some(Box::new(move || {
            inside.wait();
            outcome.set(told(link.client.set_context(&other))).unwrap();
            inside.wait();
        }));
    }
    thread::scope(|scope| {
        for link in &links {
            scope.spawn(|| link.client.send(b"sent").unwrap());
        }
    });
    for i in 0..2 {
        assert!(outcomes[i].get().unwrap().starts_with("ok"), "{outcomes:?}");
        asked.store(false, Ordering::SeqCst);
        links[i].client.send(b"more").unwrap();
        assert!(asked.load(Ordering::SeqCst));
    }
}

/// A write that a panic has interrupted continues at the same byte.
#[test]
fn a_callback_panic_during_a_write_sends_no_data_twice() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        // The callback panics in the first of several steps, in a later one, or in the last.
        for at in [1, 20, 33, 40, 64] {
            let contexts = Contexts::of(version);
            let left = Arc::new(Mutex::new(None));
            let count = Arc::clone(&left);
            let set = contexts.client.set_message_callback(move |_| {
                let mut left = count.lock().unwrap_or_else(|p| p.into_inner());
                *left = left.map(|n: u32| n.saturating_sub(1));
                if *left == Some(0) {
                    *left = None;
                    drop(left);
                    panic!("in the callback");
                }
                Ok(())
            });
            set.unwrap();
            let link = contexts.link_with(client_options());
            let data = pattern(9, 1 << 20);
            thread::scope(|scope| {
                let heard = scope.spawn(|| {
                    let mut all = Vec::new();
                    loop {
                        match link.server.recv(16384).unwrap() {
                            piece if piece.is_empty() => return all,
                            piece => all.extend(piece),
                        }
                    }
                });
                *left.lock().unwrap() = Some(at);
                let interrupted = catch_unwind(AssertUnwindSafe(|| link.client.send(&data)));
                let half_way = told(link.client.send(b"x"));
                assert!(interrupted.is_err(), "{at}");
                if half_way.contains("BAD_LENGTH") {
                    link.client.send(&data).unwrap();
                }
                link.client.send_close_notify().unwrap();
                let all = heard.join().unwrap();
                let begun = all.strip_suffix(b"x").unwrap_or(&all);
                assert!(data.starts_with(begun), "{at}: {} bytes", all.len());
                if half_way.contains("BAD_LENGTH") {
                    assert_eq!(begun.len(), data.len(), "{at}");
                }
            });
        }
    }
}

/// Calls getters of a connection when it is dropped.
struct AsksWhenDropped(
    Arc<OnceLock<std::sync::Weak<ssl::SslSocket>>>,
    Arc<Mutex<u32>>,
);

impl Drop for AsksWhenDropped {
    fn drop(&mut self) {
        let socket = self.0.get().and_then(std::sync::Weak::upgrade);
        if let Some(socket) = socket {
            // This thread waits for another one that calls getters, so a lock held during the drop would be a deadlock.
            let asker = Arc::clone(&socket);
            thread::spawn(move || (asker.version(), asker.context().protocol()))
                .join()
                .unwrap();
            let _ = (socket.version(), socket.context());
            *self.1.lock().unwrap() += 1;
        }
    }
}

#[test]
fn a_value_dropped_by_a_context_switch_can_use_the_connection() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let link = contexts.link();
    let client = Arc::new(link.client);
    let place: Arc<OnceLock<_>> = Arc::default();
    place.set(Arc::downgrade(&client)).unwrap();
    let dropped = Arc::new(Mutex::new(0));
    let asking = |context: &ssl::SslContext| {
        let owned = AsksWhenDropped(Arc::clone(&place), Arc::clone(&dropped));
        let set = context.set_message_callback(move |_| {
            let _ = &owned;
            Ok(())
        });
        set.unwrap();
    };
    let (first, second) = (
        contexts.client.copy().unwrap(),
        contexts.client.copy().unwrap(),
    );
    asking(&first);
    client.set_context(&first).unwrap();
    // The connection keeps the settings that it took from `first` earlier, so only the context has this second
    // callback.
    asking(&first);
    drop(first);
    assert_eq!(*dropped.lock().unwrap(), 0);
    // The switch drops the last reference to `first` and to those settings, and with them both callbacks.
    client.set_context(&second).unwrap();
    assert_eq!(*dropped.lock().unwrap(), 2);
}
