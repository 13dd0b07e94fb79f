//! Several threads use one socket at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pyssl as ssl;
use pyssl_testing::{Ca, Files, skip_without_openssl};

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, full_listener, is_bad_fd,
    pattern, plain_socket, recv_exactly, server_options, tcp_pair, unwrap_without_waiting, waiting,
};
use crate::support::{class, client_context, server_context, told};

const MIB: usize = 1024 * 1024;

/// Receives `total` bytes, and returns whether they repeat `unit`.
fn receives(socket: &ssl::SslSocket, unit: &[u8], total: usize) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    let mut at = 0;
    let mut good = true;
    while at < total {
        let n = socket.recv_into(&mut buffer).unwrap();
        assert!(n > 0, "the end came after {at} bytes");
        let mut rest = &buffer[..n];
        while !rest.is_empty() {
            let begin = at % unit.len();
            let n = rest.len().min(unit.len() - begin);
            good &= rest[..n] == unit[begin..begin + n];
            at += n;
            rest = &rest[n..];
        }
    }
    good && at == total
}

#[test]
fn a_hundred_mb_flow_each_way_while_a_third_thread_calls_getters() {
    const TOTAL: usize = 100 * MIB;
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        let (up, down) = (pattern(1, MIB), pattern(2, MIB + 4321));
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let asker = scope.spawn(|| {
                let mut asked = 0;
                while !over.load(Ordering::Relaxed) {
                    for end in [&client, &server] {
                        assert!(end.pending() <= 16 * 1024);
                        assert!(end.cipher().is_some() && end.version().is_some());
                        assert!(!format!("{end:?}").is_empty());
                    }
                    assert!(client.getpeercert().unwrap().is_some());
                    asked += 1;
                    thread::yield_now();
                }
                asked
            });
            let readers = [
                waiting(scope, || receives(&server, &up, TOTAL)),
                waiting(scope, || receives(&client, &down, TOTAL)),
            ];
            let writers = [(&client, &up), (&server, &down)].map(|(end, unit)| {
                scope.spawn(move || {
                    let mut left = TOTAL;
                    while left > 0 {
                        let n = left.min(unit.len());
                        assert_eq!(end.send(&unit[..n]).unwrap(), n);
                        left -= n;
                    }
                })
            });
            for writer in writers {
                writer.join().unwrap();
            }
            for reader in readers {
                assert!(
                    reader.join().unwrap(),
                    "{version:?}: what came was not what went"
                );
            }
            over.store(true, Ordering::Relaxed);
            assert!(asker.join().unwrap() > 0);
        });
    }
}

#[test]
fn one_send_of_a_hundred_mb_does_not_block_a_reader() {
    const TOTAL: usize = 100 * MIB;
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    let unit = pattern(3, MIB);
    let all = unit.repeat(100);
    thread::scope(|scope| {
        // The system's buffers hold less than the data, so the sender blocks unless another thread reads the echo.
        scope.spawn(|| {
            let mut buffer = vec![0; 16 * 1024];
            let mut left = TOTAL;
            while left > 0 {
                let n = server.recv_into(&mut buffer).unwrap();
                server.sendall(&buffer[..n]).unwrap();
                left -= n;
            }
        });
        let reader = waiting(scope, || receives(&client, &unit, TOTAL));
        assert_eq!(client.send(&all).unwrap(), TOTAL);
        assert!(reader.join().unwrap());
    });
}

#[test]
fn a_thread_blocked_in_recv_does_not_block_other_calls() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            let reader = waiting(scope, || client.recv(10).unwrap());
            client.sendall(b"question").unwrap();
            assert_eq!(recv_exactly(&server, 8), b"question");
            assert_eq!(client.pending(), 0);
            assert!(client.getpeercert().unwrap().is_some());
            assert!(client.session().is_some());
            client.settimeout(None).unwrap();
            server.sendall(b"answer").unwrap();
            assert_eq!(reader.join().unwrap(), b"answer");
        });
    }
}

#[test]
fn each_record_is_received_whole_by_one_of_two_reading_threads() {
    const RECORDS: usize = 400;
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    let record = |i: usize| {
        let mut record = vec![u8::try_from(i % 251).unwrap(); 1 + i * 7 % 3000];
        record.extend_from_slice(&u32::try_from(i).unwrap().to_le_bytes());
        record
    };
    thread::scope(|scope| {
        let readers = [0, 1].map(|_| {
            scope.spawn(|| {
                let mut seen = Vec::new();
                loop {
                    let data = server.recv(16 * 1024).unwrap();
                    if data.is_empty() {
                        return seen;
                    }
                    let (_, number) = data.split_last_chunk::<4>().unwrap();
                    let number = u32::from_le_bytes(*number) as usize;
                    assert!(data == record(number), "record {number} is not whole");
                    seen.push(number);
                }
            })
        });
        for i in 0..RECORDS {
            client.sendall(&record(i)).unwrap();
        }
        unwrap_without_waiting(&client);
        let mut all: Vec<usize> = readers
            .into_iter()
            .flat_map(|r| r.join().unwrap())
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..RECORDS).collect::<Vec<_>>());
    });
}

#[test]
fn sends_of_several_threads_are_not_interleaved() {
    const MESSAGES: usize = 60;
    // A message of this length takes several records, between which another writer could send.
    const LEN: usize = 40_000;
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    thread::scope(|scope| {
        for name in [b'a', b'b'] {
            let client = &client;
            scope.spawn(move || {
                for _ in 0..MESSAGES {
                    client.sendall(&[name; LEN]).unwrap();
                }
            });
        }
        let mut count = [0; 2];
        for _ in 0..2 * MESSAGES {
            let message = recv_exactly(&server, LEN);
            let name = message[0];
            assert!(message.iter().all(|&b| b == name), "two messages are mixed");
            count[usize::from(name - b'a')] += 1;
        }
        assert_eq!(count, [MESSAGES; 2]);
    });
}

#[test]
fn writes_of_several_threads_to_an_object_are_not_interleaved() {
    // The library encrypts data of this length in several steps, between which another writer could run.
    const LEN: usize = 600_000;
    let _watchdog = Watchdog::new();
    let pair = Contexts::new().connected();
    thread::scope(|scope| {
        for name in [b'a', b'b'] {
            let client = &pair.client;
            scope.spawn(move || {
                for _ in 0..10 {
                    assert_eq!(client.write(&[name; LEN]).unwrap(), LEN);
                }
            });
        }
        for _ in 0..20 {
            let mut message = Vec::new();
            while message.len() < LEN {
                match pair.server.read(LEN - message.len()) {
                    Ok(data) => message.extend(data),
                    Err(ssl::Error::WantRead(_)) => drop(pair.pump()),
                    Err(other) => panic!("{other:?}"),
                }
            }
            assert!(
                message.iter().all(|&b| b == message[0]),
                "two messages are mixed"
            );
        }
    });
}

#[test]
fn unwrap_completes_while_another_thread_is_blocked_in_recv() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            let reader = waiting(scope, || client.recv(10));
            let peer = scope.spawn(|| {
                assert_eq!(server.recv(10).unwrap(), b"");
                server.unwrap().unwrap();
            });
            client.unwrap().unwrap();
            peer.join().unwrap();
            // As in Python, this is the error of a read after both sides have sent `close_notify`.
            assert_eq!(class(reader.join().unwrap()), "SSLZeroReturnError");
            assert_eq!(client.version(), None);
        });
    }
}

#[test]
fn close_ends_blocked_recv_and_send_calls() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    let endless = vec![0; 64 * MIB];
    thread::scope(|scope| {
        let threads = [
            waiting(scope, || client.recv(10).unwrap_err()),
            waiting(scope, || client.recv(10).unwrap_err()),
            // The server never reads.
            waiting(scope, || client.send(&endless).unwrap_err()),
            waiting(scope, || client.send(b"behind it").unwrap_err()),
        ];
        client.close();
        for thread in threads {
            let error = thread.join().unwrap();
            assert!(is_bad_fd(&error), "{error:?}");
        }
    });
    assert_eq!(client.fileno(), -1);
    drop(server);
}

#[test]
fn close_ends_a_recv_with_a_time_out() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    client.settimeout(Some(PATIENCE * 10)).unwrap();
    thread::scope(|scope| {
        let reader = waiting(scope, || client.recv(10).unwrap_err());
        client.close();
        assert!(is_bad_fd(&reader.join().unwrap()));
    });
    drop(server);
}

#[test]
fn close_ends_an_accept() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    for timeout in [None, Some(PATIENCE * 10)] {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listener = contexts
            .server
            .wrap_socket(listener, server_options())
            .unwrap();
        listener.settimeout(timeout).unwrap();
        thread::scope(|scope| {
            let acceptor = waiting(scope, || listener.accept().map(|_| ()).unwrap_err());
            listener.close();
            let error = acceptor.join().unwrap();
            assert!(is_bad_fd(&error), "{error:?}");
        });
    }
}

/// As in Python, a duplicate of the descriptor stays usable, whether or not a thread waits on the socket
/// when it is closed.
#[test]
fn close_leaves_duplicates_of_the_descriptor_open() {
    use std::io::{Read, Write};

    let _watchdog = Watchdog::new();
    for timeout in [None, Some(PATIENCE * 10)] {
        for reads in [false, true] {
            let (near, far) = tcp_pair();
            let (mut near_plain, mut far_plain) =
                (near.try_clone().unwrap(), far.try_clone().unwrap());
            let Link { client, server } = Contexts::new().wrap(near, far, client_options());
            // This read also takes in the session tickets.
            server.send(b"first").unwrap();
            assert_eq!(client.recv(5).unwrap(), b"first");
            client.settimeout(timeout).unwrap();
            thread::scope(|scope| {
                let readers = [0, 1].map(|_| reads.then(|| waiting(scope, || client.recv(10))));
                client.close();
                for reader in readers.into_iter().flatten() {
                    assert!(is_bad_fd(&reader.join().unwrap().unwrap_err()));
                }
            });
            near_plain.set_nonblocking(false).unwrap();
            {
                let (from, to) = (&mut near_plain, &mut far_plain);
                from.write_all(b"there").unwrap();
                let mut buffer = [0; 5];
                to.read_exact(&mut buffer).unwrap();
                assert_eq!(&buffer, b"there");
                to.write_all(b"and back").unwrap();
                let mut buffer = [0; 8];
                from.read_exact(&mut buffer).unwrap();
                assert_eq!(&buffer, b"and back");
            }
            // Closing the last duplicate ends the connection.
            drop(near_plain);
            assert_eq!(far_plain.read(&mut [0]).unwrap(), 0);
        }
    }
}

#[test]
fn close_leaves_duplicates_of_a_listener_open() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    for accepts in [false, true] {
        let plain = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listener = plain.try_clone().unwrap();
        let listener = contexts.server.wrap_socket(listener, server_options());
        let listener = listener.unwrap();
        thread::scope(|scope| {
            let acceptors =
                [0, 1].map(|_| accepts.then(|| waiting(scope, || listener.accept().map(|_| ()))));
            listener.close();
            for acceptor in acceptors.into_iter().flatten() {
                assert!(is_bad_fd(&acceptor.join().unwrap().unwrap_err()));
            }
        });
        let _client = std::net::TcpStream::connect(plain.local_addr().unwrap()).unwrap();
        plain.accept().unwrap();
    }
}

#[test]
fn close_wakes_only_the_threads_that_wait_on_that_socket() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    // There are more links than the library keeps descriptors for waking threads.
    let links: Vec<Link> = (0..40).map(|_| contexts.link()).collect();
    thread::scope(|scope| {
        let readers: Vec<_> = links
            .iter()
            .map(|Link { client, .. }| waiting(scope, || client.recv(10)))
            .collect();
        for (i, Link { client, server }) in links.iter().enumerate() {
            match i % 2 {
                0 => client.close(),
                _ => drop(server.send(b"data").unwrap()),
            }
        }
        for (i, reader) in readers.into_iter().enumerate() {
            match (i % 2, reader.join().unwrap()) {
                (0, closed) => assert!(is_bad_fd(&closed.unwrap_err())),
                (_, data) => assert_eq!(data.unwrap(), b"data"),
            }
        }
    });
}

/// A client's socket that is not connected yet.
fn unconnected(contexts: &Contexts) -> ssl::SslSocket {
    let wrapped = contexts
        .client
        .wrap_socket(plain_socket(), client_options());
    wrapped.unwrap()
}

#[test]
fn close_ends_a_connect_and_a_handshake() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (address, _filling) = full_listener();
    let client = unconnected(&contexts);
    thread::scope(|scope| {
        let connecting = waiting(scope, || client.connect(address).unwrap_err());
        client.close();
        let error = connecting.join().unwrap();
        assert!(is_bad_fd(&error), "{error:?}");
    });

    let (near, _silent) = tcp_pair();
    let options = client_options().do_handshake_on_connect(false);
    let client = contexts.client.wrap_socket(near, options).unwrap();
    thread::scope(|scope| {
        let handshake = waiting(scope, || client.do_handshake().unwrap_err());
        let reader = waiting(scope, || client.recv(10).unwrap_err());
        client.close();
        for thread in [handshake, reader] {
            let error = thread.join().unwrap();
            assert!(is_bad_fd(&error), "{error:?}");
        }
    });
}

// Not on Windows: the handle is closed with the socket there.
#[cfg(unix)]
#[test]
fn close_keeps_the_descriptor_number_reserved() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    let number = client.fileno();
    client.close();
    // The system assigns the lowest free number. If the number were free, one of these files would
    // get it.
    let others: Vec<_> = (0..8)
        .map(|_| std::fs::File::open("/proc/self/stat").unwrap())
        .collect();
    for other in &others {
        assert_ne!(std::os::fd::AsRawFd::as_raw_fd(other), number);
    }
    for error in [
        client.recv(1).unwrap_err(),
        client.send(b"x").unwrap_err(),
        client.getpeername().map(|_| ()).unwrap_err(),
        client.getsockname().map(|_| ()).unwrap_err(),
        client.settimeout(None).unwrap_err(),
        client.listen(1).unwrap_err(),
        client.shutdown(std::net::Shutdown::Both).unwrap_err(),
    ] {
        let class = error.python_class();
        assert!(is_bad_fd(&error) || class == "ValueError", "{error:?}");
    }
    drop(server);
}

#[test]
fn a_second_concurrent_connect_is_an_error_without_effect() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (address, _filling) = full_listener();
    let client = unconnected(&contexts);
    thread::scope(|scope| {
        let first = waiting(scope, || client.connect(address).unwrap_err());
        let text = "ValueError: attempt to connect already-connected SSLSocket!";
        assert_eq!(told(client.connect(address)), text);
        client.close();
        assert!(is_bad_fd(&first.join().unwrap()));
    });
}

#[test]
fn both_directions_continue_during_key_updates() {
    let openssl = skip_without_openssl!();
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let context = server_context(&ca.issue("localhost"));
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut peer = openssl.s_client(address, &["-tls1_3"]);
    let (plain, _) = listener.accept().unwrap();
    let server = context.wrap_socket(plain, server_options()).unwrap();
    let (start, rounds) = std::sync::mpsc::channel();
    let (seen, reader_saw) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut all = Vec::new();
            while !all.ends_with(b"round 29\n") {
                all.extend(server.recv(4096).unwrap());
                let line = String::from_utf8_lossy(&all);
                let _ = seen.send(line.trim_end().rsplit('\n').next().map(str::to_owned));
            }
        });
        let writer = scope.spawn(|| {
            let mut i = 0;
            for () in rounds {
                for _ in 0..20 {
                    server.sendall(format!("line {i}\n").as_bytes()).unwrap();
                    i += 1;
                }
            }
            server.sendall(b"the end\n").unwrap();
            i
        });
        for round in 0..30 {
            // The command `K` updates the keys of both directions, and `k` those of one. The peer discards text that it
            // reads together with a command, so the line is sent until the client has received it.
            peer.send(if round % 2 == 0 { b"K\n" } else { b"k\n" });
            start.send(()).unwrap();
            let this = format!("round {round}");
            loop {
                peer.send(format!("{this}\n").as_bytes());
                let heard = reader_saw.recv_timeout(std::time::Duration::from_millis(5));
                if heard.is_ok_and(|line| line.as_deref() == Some(&this)) {
                    break;
                }
            }
        }
        drop(start);
        let lines = writer.join().unwrap();
        let mut expected = 0;
        loop {
            let line = peer.line();
            if line == "the end" {
                break;
            }
            if let Some(number) = line.strip_prefix("line ") {
                assert_eq!(number, expected.to_string());
                expected += 1;
            }
        }
        assert_eq!(expected, lines);
    });
}

/// In a renegotiation a writer needs the peer's answer before it can write, while another thread is
/// reading already.
#[test]
fn a_reader_and_a_writer_continue_during_renegotiations() {
    let openssl = skip_without_openssl!();
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = Files::of(&leaf);
    let combined = files.combined.to_str().unwrap();
    let (mut peer, address) = openssl.s_server(&["-tls1_2", "-cert", combined, "-no_ticket"]);
    let context = client_context(&ca);
    let plain = std::net::TcpStream::connect(address).unwrap();
    let client = context.wrap_socket(plain, client_options()).unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut all = Vec::new();
            while !all.ends_with(b"the end\n") {
                all.extend(client.recv(4096).unwrap());
            }
        });
        let (sent, sender) = std::sync::mpsc::channel::<usize>();
        let writer = scope.spawn({
            let client = &client;
            move || {
                for i in sender {
                    client.sendall(format!("line {i}\n").as_bytes()).unwrap();
                }
            }
        });
        let mut expected = 0;
        for i in 0..60 {
            if i % 3 == 0 {
                peer.send(b"r\n");
            }
            sent.send(i).unwrap();
            if i % 5 == 4 {
                while expected <= i {
                    let line = peer.line();
                    if let Some(number) = line.strip_prefix("line ") {
                        assert_eq!(number, expected.to_string());
                        expected += 1;
                    }
                }
            }
        }
        drop(sent);
        writer.join().unwrap();
        peer.send(b"the end\n");
        reader.join().unwrap();
    });
    assert!(context.session_stats().connect_renegotiate > 0);
}
