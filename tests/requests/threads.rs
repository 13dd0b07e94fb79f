//! Requests of several threads.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use pyssl::requests::{HttpAdapter, HttpDigestAuth, RequestOptions, Session};
use pyssl_testing::Scripted;

use crate::peer::Request;

/// What a strict server knows: the last count of each nonce, the challenges and the errors of clients.
#[derive(Default)]
struct Seen {
    counts: HashMap<String, u32>,
    challenges: usize,
    wrong: Vec<String>,
}

fn field(authorization: &str, name: &str) -> String {
    let (_, rest) = authorization
        .split_once(&format!("{name}="))
        .unwrap_or_default();
    rest.split(',')
        .next()
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

/// A server that accepts the counts of a nonce only in order (RFC 7616, section 3.4), and makes a nonce for each
/// challenge. `realm` is its protection space.
fn strict(realm: &'static str, seen: &Arc<Mutex<Seen>>) -> Scripted {
    let seen = Arc::clone(seen);
    Scripted::follows(move |mut socket| {
        while let Some(request) = Request::read(&mut socket) {
            let mut seen = seen.lock().unwrap();
            let authorization = request.header("authorization").unwrap_or_default();
            let nonce = field(authorization, "nonce");
            let count = u32::from_str_radix(&field(authorization, "nc"), 16).unwrap_or(0);
            let answer = match seen.counts.get(&nonce).copied() {
                Some(last) => {
                    if count != last + 1 || field(authorization, "realm") != realm {
                        let text = format!("{realm}: {authorization} after {last}");
                        seen.wrong.push(text);
                    }
                    seen.counts.insert(nonce, count);
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()
                }
                None => {
                    seen.challenges += 1;
                    let nonce = format!("{realm}-{}", seen.challenges);
                    seen.counts.insert(nonce.clone(), 0);
                    format!(
                        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"\r\n\r\n"
                    )
                }
            };
            drop(seen);
            if socket.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

const THREADS: usize = 4;
const REQUESTS: usize = 20;

#[test]
fn threads_that_share_digest_credentials_do_not_share_a_nonce() {
    let (seen, other) = (Arc::<Mutex<Seen>>::default(), Arc::<Mutex<Seen>>::default());
    let servers = [strict("one", &seen), strict("two", &other)];
    let auth = HttpDigestAuth::new("u", "p");
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (auth, barrier, servers) = (&auth, &barrier, &servers);
            scope.spawn(move || {
                let url = format!("http://{}/", servers[number % 2].addr());
                let options = RequestOptions::new().digest_auth(auth);
                let session = Session::new(options).trust_env(false);
                for _ in 0..REQUESTS {
                    // All threads send at the same time.
                    barrier.wait();
                    assert_eq!(session.get(&url, ()).unwrap().status_code(), 200);
                }
            });
        }
    });
    for seen in [seen, other] {
        let seen = seen.lock().unwrap();
        assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong);
        // As in Python, each thread is challenged once.
        assert_eq!(seen.challenges, THREADS / 2);
        let answered: usize = seen.counts.values().map(|count| *count as usize).sum();
        assert_eq!(answered, THREADS / 2 * REQUESTS);
    }
}

/// Counts its connections.
fn counting(connections: &Arc<AtomicUsize>) -> Scripted {
    let connections = Arc::clone(connections);
    Scripted::follows(move |mut socket| {
        connections.fetch_add(1, Ordering::SeqCst);
        while Request::read(&mut socket).is_some() {
            if socket
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .is_err()
            {
                return;
            }
        }
    })
}

/// The connections that four rounds of this many concurrent requests make.
fn connections(concurrent: usize, adapter: HttpAdapter) -> usize {
    let count = Arc::<AtomicUsize>::default();
    let server = counting(&count);
    let session = Session::new(()).trust_env(false).mount("http://", adapter);
    let url = format!("http://{}/", server.addr());
    for _ in 0..4 {
        // All responses of a round are open at once, so each has a connection of its own.
        let open = (0..concurrent).map(|_| session.stream("GET", &url, ()).unwrap());
        let open: Vec<_> = open.collect();
        for response in open {
            response.into_response().unwrap();
        }
    }
    count.load(Ordering::SeqCst)
}

#[test]
fn a_pool_keeps_as_many_connections_as_pythons() {
    assert_eq!(connections(10, HttpAdapter::new()), 10);
    assert_eq!(connections(12, HttpAdapter::new()), 12 + 3 * 2);
    assert_eq!(connections(12, HttpAdapter::new().pool_maxsize(12)), 12);
    assert_eq!(
        connections(3, HttpAdapter::new().pool_maxsize(1)),
        3 + 3 * 2
    );
}

#[test]
fn pool_connections_times_pool_maxsize_limits_all_idle_connections() {
    let counts: Vec<Arc<AtomicUsize>> = (0..3).map(|_| Arc::default()).collect();
    let servers: Vec<Scripted> = counts.iter().map(counting).collect();
    for (pools, size, expected) in [(3, 1, 1), (2, 1, 3), (2, 2, 1)] {
        let adapter = HttpAdapter::new()
            .pool_connections(pools)
            .pool_maxsize(size);
        let session = Session::new(()).trust_env(false).mount("http://", adapter);
        let before: Vec<usize> = counts
            .iter()
            .map(|count| count.load(Ordering::SeqCst))
            .collect();
        for _ in 0..3 {
            for server in &servers {
                session
                    .get(format!("http://{}/", server.addr()), ())
                    .unwrap();
            }
        }
        for (count, before) in counts.iter().zip(before) {
            assert_eq!(count.load(Ordering::SeqCst) - before, expected);
        }
    }
}
