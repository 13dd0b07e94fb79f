//! Three servers, each a process of its own, that share their ticket keys.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails is a failed test"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_renewal::fleet::{DirectoryStore, StoreError, TicketKeyStore, TicketRotation};
use pyssl_testing::{Ca, Files};

const PERIOD: Duration = Duration::from_secs(3);
/// The environment variable that makes a test process a server. Its value names the store of the ticket keys.
const SERVER: &str = "PYSSL_RENEWAL_TEST_SERVER";
const IDENTITY: &str = "PYSSL_RENEWAL_TEST_IDENTITY";

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(store: &str, identity: &Path) -> Server {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_process_serves_until_its_stdin_closes",
                "--nocapture",
            ])
            .env(SERVER, store)
            .env(IDENTITY, identity)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| line.unwrap().split("port ").nth(1)?.parse().ok());
        Server {
            process,
            port: port.expect("a port"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The server process of the other tests. Without the environment variable that they set, it does nothing.
#[test]
fn child_process_serves_until_its_stdin_closes() {
    let Ok(store) = std::env::var(SERVER) else {
        return;
    };
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let identity = std::env::var(IDENTITY).unwrap();
    context.load_cert_chain(&identity).unwrap();
    let _rotation = start(&context, &store);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("port {}", listener.local_addr().unwrap().port());
    // The process ends when the test ends, because that closes the pipe.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    for stream in listener.incoming() {
        let options = ssl::WrapSocket::new().server_side(true);
        let mut socket = context.wrap_socket(stream.unwrap(), options).unwrap();
        socket.write_all(b"x").unwrap();
        let _ = socket.unwrap();
    }
}

fn start(context: &ssl::SslContext, store: &str) -> TicketRotation {
    let builder = match store.split_once(' ') {
        #[cfg(feature = "redis")]
        Some(("redis", address)) => {
            let store = pyssl_renewal::fleet::RedisStore::new(address, "test:").unwrap();
            TicketRotation::builder(context, store)
        }
        _ => TicketRotation::builder(context, DirectoryStore::new(store).unwrap()),
    };
    builder.period(PERIOD).start().unwrap()
}

/// The number of clients that connect at the same time.
const CLIENTS: usize = 8;

/// Connects to a server, and returns the new session and whether the given one was resumed.
fn connect(
    client: &ssl::SslContext,
    server: &Server,
    session: Option<&ssl::SslSession>,
) -> (ssl::SslSession, bool) {
    let tcp = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let options = ssl::WrapSocket::from("localhost").session(session.cloned());
    let mut socket = client.wrap_socket(tcp, options).unwrap();
    socket.read_exact(&mut [0]).unwrap();
    let reused = socket.session_reused() == Some(true);
    (socket.session().unwrap(), reused)
}

/// Several clients connect for several periods. Each connection goes to another server than the one before, and offers
/// the session of the one before. In the end, the servers must refuse the first session.
fn sessions_resume_everywhere(store: &str) {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::of(&leaf);
    let servers: [Server; 3] = std::array::from_fn(|_| Server::start(store, &files.combined));
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let locations = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    client.load_verify_locations(locations).unwrap();
    let begin = Instant::now();
    let (first, _) = connect(&client, &servers[0], None);
    let one_client = |number: usize| {
        let (mut resumed, mut full) = (0, 0);
        let mut last: Option<(ssl::SslSession, Instant)> = None;
        for turn in 0.. {
            if begin.elapsed() > 3 * PERIOD {
                break;
            }
            let session = last.as_ref().map(|(session, _)| session);
            let (session, reused) = connect(&client, &servers[(number + turn) % 3], session);
            // A ticket is accepted for at least a period. A server on a busy machine may change its keys late.
            if let Some((_, made)) = &last {
                assert!(reused || made.elapsed() > PERIOD / 2, "turn {turn}");
            }
            resumed += usize::from(reused);
            full += usize::from(!reused);
            last = Some((session, Instant::now()));
        }
        println!("{resumed} sessions resumed, {full} did not");
        assert!(resumed > 5, "{resumed} resumed, {full} did not");
    };
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            scope.spawn(move || one_client(number));
        }
    });
    // The key of the first session is at least two periods old.
    for server in &servers {
        while connect(&client, server, Some(&first)).1 {
            assert!(
                begin.elapsed() < Duration::from_secs(90),
                "an old ticket is still accepted"
            );
        }
    }
}

#[test]
fn sessions_resume_on_each_server_while_keys_change_in_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys");
    sessions_resume_everywhere(keys.to_str().unwrap());
    // The files of three periods are left, and possibly one that was made in the meantime.
    let left = std::fs::read_dir(&keys).unwrap().count();
    assert!(left <= 4, "{left}");
}

fn key(byte: u8) -> ssl::TicketKey {
    ssl::TicketKey::from([byte; 80])
}

/// Checks a store: two servers get the same key, data that is no key is an error, and keys of old periods are removed.
fn check(store: &mut impl TicketKeyStore, spoil: impl FnOnce()) {
    let later = std::time::SystemTime::now() + Duration::from_secs(60);
    assert_eq!(store.get_or_insert(7, &key(1), later).unwrap(), key(1));
    assert_eq!(store.get_or_insert(7, &key(2), later).unwrap(), key(1));
    assert_eq!(store.get_or_insert(8, &key(3), later).unwrap(), key(3));
    spoil();
    let error: StoreError = store.get_or_insert(9, &key(4), later).unwrap_err();
    assert!(
        error.to_string().contains("a ticket key has 80 bytes"),
        "{error}"
    );
    assert_eq!(store.get_or_insert(8, &key(5), later).unwrap(), key(3));
}

#[test]
fn a_directory_keeps_the_first_key_of_each_period() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    let mut store = DirectoryStore::new(&path).unwrap();
    check(&mut store, || {
        std::fs::write(path.join("9.key"), "foreign").unwrap()
    });
    std::fs::write(path.join("notes.txt"), "").unwrap();
    std::fs::write(path.join("3.99.ThreadId(1).new"), "").unwrap();
    store.remove_before(8).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["8.key", "9.key", "notes.txt"]);
}

// Not on Windows: its files have no mode.
#[cfg(unix)]
#[test]
fn a_directory_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let error = DirectoryStore::new(dir.path()).unwrap_err();
    assert!(
        error.to_string().contains("mode 750, 700 is needed"),
        "{error}"
    );
}

#[cfg(feature = "redis")]
mod redis_server {
    use std::thread::JoinHandle;

    use super::*;
    use pyssl_renewal::fleet::RedisStore;

    /// A Redis of the test's own, on a socket in a directory of its own.
    struct Redis {
        process: Child,
        dir: tempfile::TempDir,
    }

    impl Redis {
        fn start() -> Option<Redis> {
            let dir = tempfile::tempdir().unwrap();
            let process = Command::new("redis-server")
                .args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"])
                .current_dir(dir.path())
                .stdout(Stdio::piped())
                .spawn();
            let Ok(mut process) = process else {
                pyssl_testing::skipped("redis-server is not installed");
                return None;
            };
            let output = BufReader::new(process.stdout.take().unwrap());
            let mut lines = output.lines().map(Result::unwrap);
            lines
                .find(|line| line.contains("ready to accept connections"))
                .expect("a server");
            // Redis would block if nobody read its further output from the pipe.
            std::thread::spawn(move || lines.for_each(drop));
            Some(Redis { process, dir })
        }

        fn address(&self) -> String {
            format!(
                "redis+unix://{}",
                self.dir.path().join("redis.sock").display()
            )
        }
    }

    impl Drop for Redis {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    #[test]
    fn redis_keeps_the_first_key_of_each_period() {
        let Some(redis) = Redis::start() else { return };
        let mut store = RedisStore::new(&redis.address(), "keys:").unwrap();
        check(&mut store, || {
            let mut plain = redis::Client::open(redis.address())
                .unwrap()
                .get_connection()
                .unwrap();
            let () = redis::Commands::set(&mut plain, "keys:9", "foreign").unwrap();
            // Redis forgets the key when it expires.
            let left: i64 = redis::Commands::ttl(&mut plain, "keys:7").unwrap();
            assert!((1..=60).contains(&left), "{left}");
        });
    }

    /// Starts a server that does TLS handshakes and then only reads. Its error, or the end of the connection, is the
    /// thread's result.
    fn silent_tls_server(leaf: &pyssl_testing::Leaf) -> (String, JoinHandle<ssl::Result<()>>) {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        let files = Files::of(leaf);
        context.load_cert_chain(&*files.combined).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (tcp, _) = listener.accept().unwrap();
            let socket = context.wrap_socket(tcp, ssl::WrapSocket::new().server_side(true))?;
            while matches!(socket.recv(1 << 10), Ok(data) if !data.is_empty()) {}
            Ok(())
        });
        (format!("rediss://localhost:{port}"), server)
    }

    #[test]
    fn the_certificate_of_a_rediss_address_is_verified() {
        let (address, server) = silent_tls_server(&Ca::new().issue("localhost"));
        let mut store = RedisStore::new(&address, "keys:").unwrap();
        let later = std::time::SystemTime::now() + Duration::from_secs(60);
        let error = store.get_or_insert(1, &key(1), later).unwrap_err();
        assert!(
            error.to_string().contains("certificate verify failed"),
            "{error}"
        );
        server.join().unwrap().unwrap_err();
        RedisStore::new(&format!("{address}#insecure"), "keys:").unwrap_err();
    }

    #[test]
    fn a_redis_that_does_not_answer_is_an_error_and_the_context_of_the_caller_is_used() {
        let ca = Ca::new();
        let (address, server) = silent_tls_server(&ca.issue("localhost"));
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        let locations = ssl::VerifyLocations::new().cadata(ca.cert_pem());
        context.load_verify_locations(locations).unwrap();
        let mut store = RedisStore::new(&address, "keys:")
            .unwrap()
            .context(&context);
        let later = std::time::SystemTime::now() + Duration::from_secs(60);
        let error = store.get_or_insert(1, &key(1), later).unwrap_err();
        assert!(error.to_string().contains("did not answer"), "{error}");
        drop(store);
        server.join().unwrap().unwrap();
    }

    /// Passes the bytes of a TLS connection on to a Redis, and back.
    fn tls_in_front_of(redis: &Redis, leaf: &pyssl_testing::Leaf) -> u16 {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        context.load_cert_chain(&*Files::of(leaf).combined).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let path = redis.dir.path().join("redis.sock");
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                let options = ssl::WrapSocket::new().server_side(true);
                let socket = context.wrap_socket(tcp.unwrap(), options).unwrap();
                let socket = std::sync::Arc::new(socket);
                let plain = std::os::unix::net::UnixStream::connect(&path).unwrap();
                let (from, mut to) = (std::sync::Arc::clone(&socket), plain.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut &*from, &mut to));
                std::thread::spawn(move || std::io::copy(&mut &plain, &mut &*socket));
            }
        });
        port
    }

    #[test]
    fn keys_are_stored_over_tls_with_a_password_also_within_a_runtime() {
        let Some(redis) = Redis::start() else { return };
        let client = redis::Client::open(redis.address()).unwrap();
        let mut plain = client.get_connection().unwrap();
        let () = redis::cmd("CONFIG")
            .arg(&["SET", "requirepass", "secret"])
            .query(&mut plain)
            .unwrap();
        let ca = Ca::new();
        let port = tls_in_front_of(&redis, &ca.issue("localhost"));
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        let locations = ssl::VerifyLocations::new().cadata(ca.cert_pem());
        context.load_verify_locations(locations).unwrap();
        let store = |password: &str| {
            let address = format!("rediss://:{password}@localhost:{port}");
            RedisStore::new(&address, "keys:")
                .unwrap()
                .context(&context)
        };
        let exchange = || {
            let later = std::time::SystemTime::now() + Duration::from_secs(60);
            let mut first = store("secret");
            assert_eq!(first.get_or_insert(1, &key(1), later).unwrap(), key(1));
            assert_eq!(first.get_or_insert(2, &key(2), later).unwrap(), key(2));
            assert_eq!(
                store("secret").get_or_insert(1, &key(3), later).unwrap(),
                key(1)
            );
            store("wrong").get_or_insert(1, &key(3), later).unwrap_err();
        };
        exchange();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let () = redis::cmd("DEL")
            .arg("keys:1")
            .arg("keys:2")
            .query(&mut plain)
            .unwrap();
        runtime.block_on(async { exchange() });
    }

    #[test]
    fn a_stopped_redis_is_an_error_and_is_used_again_after_it_restarts() {
        let Some(redis) = Redis::start() else { return };
        let mut store = RedisStore::new(&redis.address(), "keys:").unwrap();
        let later = std::time::SystemTime::now() + Duration::from_secs(60);
        store.get_or_insert(1, &key(1), later).unwrap();
        let dir = redis.dir.path().to_owned();
        let mut redis = redis;
        redis.process.kill().unwrap();
        redis.process.wait().unwrap();
        store.get_or_insert(1, &key(2), later).unwrap_err();
        store.get_or_insert(1, &key(2), later).unwrap_err();
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"])
            .current_dir(&dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        lines
            .find(|line| line.contains("ready to accept connections"))
            .expect("a server");
        redis.process = process;
        assert_eq!(store.get_or_insert(1, &key(2), later).unwrap(), key(2));
        // Redis closes the kept connection. The same call opens another one.
        let mut plain = ::redis::Client::open(redis.address()).unwrap();
        let kill = ["KILL", "TYPE", "normal"];
        let closed: i64 = ::redis::cmd("CLIENT").arg(&kill).query(&mut plain).unwrap();
        assert_eq!(closed, 1);
        assert_eq!(store.get_or_insert(1, &key(3), later).unwrap(), key(2));
    }

    #[test]
    fn sessions_resume_on_each_server_while_keys_change_in_redis() {
        let Some(redis) = Redis::start() else { return };
        sessions_resume_everywhere(&format!("redis {}", redis.address()));
    }
}
