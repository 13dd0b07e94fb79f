//! `pyssl serve` with many or hostile clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use pyssl_testing::{ClientConfig, EchoClient};
use socket2::{Domain, Socket, Type};

use crate::support::{PATIENCE, Server, World};

fn connect_from(address: &str, world: &World, server: &Server) -> std::io::Result<EchoClient> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let from: SocketAddr = format!("{address}:0").parse().unwrap();
    socket.bind(&from.into())?;
    socket.connect(&server.address.into())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    ClientConfig::new()
        .ca(&world.ca)
        .handshake("localhost", socket.into())
}

#[test]
fn an_address_gets_at_most_max_per_address_connections_and_others_are_served() {
    let world = World::new();
    let args = ["--echo", "--max-per-address", "2", "--timeout", "3600"];
    let server = Server::start(&world.server, &args);
    let mut first = connect_from("127.0.0.1", &world, &server).unwrap();
    // A client that sends nothing also counts for the limit of its address.
    let silent = TcpStream::connect(server.address).unwrap();
    assert!(connect_from("127.0.0.1", &world, &server).is_err());
    let line = server.log_line();
    assert!(
        line.starts_with("127.0.0.1:") && line.contains("--max-per-address"),
        "{line}"
    );

    let mut other = connect_from("127.0.0.2", &world, &server).unwrap();
    assert_eq!(other.echo(b"other").unwrap(), b"other");
    assert_eq!(first.echo(b"first").unwrap(), b"first");

    drop(silent);
    let line = server.log_line();
    assert!(!line.contains("--max-per-address"), "{line}");
    // The slot is free once the server has noticed that the client closed.
    let end = Instant::now() + PATIENCE;
    let mut again = loop {
        if let Ok(client) = connect_from("127.0.0.1", &world, &server) {
            break client;
        }
        assert!(Instant::now() < end, "the slot is still in use");
    };
    assert_eq!(again.echo(b"again").unwrap(), b"again");
}

#[test]
fn the_limit_for_each_address_is_at_least_one() {
    let output = crate::support::run([
        "serve",
        "127.0.0.1:0",
        "--cert",
        "a",
        "--max-per-address",
        "0",
    ]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("--max-per-address"), "{output:?}");
}

#[test]
fn slow_handshakes_do_not_block_others() {
    let world = World::new();
    let server = Server::start(&world.server, &["--echo", "--timeout", "3600"]);
    // The start of a ClientHello, and nothing more.
    let mut slow: Vec<_> = (0..50)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    for stream in &mut slow {
        stream.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    }
    let mut client = connect_from("127.0.0.1", &world, &server).unwrap();
    assert_eq!(client.echo(b"hi").unwrap(), b"hi");
    for stream in &slow {
        let mut stream = stream;
        stream.set_nonblocking(true).unwrap();
        let waits = stream.read(&mut [0]).unwrap_err().kind();
        assert_eq!(waits, std::io::ErrorKind::WouldBlock);
    }
}

// Not on Windows: a process cannot be suspended or limited in the same way there.
#[cfg(unix)]
mod unix {
    use std::process::{Command, Stdio};

    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    use socket2::SockRef;

    use super::*;
    use crate::support::{Signal, path};

    /// Connects, sends one byte, and resets the connection.
    fn poke(server: &Server) {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(b"x").unwrap();
        SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    #[test]
    fn clients_that_reset_the_connection_do_not_block_others() {
        const ROUNDS: u32 = 3;
        const POKES: u32 = 100;
        let world = World::new();
        let server = Server::start(&world.server, &["--echo"]);
        let start = Instant::now();
        for _ in 0..ROUNDS {
            // While the server is stopped, all of these connections are queued and reset. The good
            // client is queued after them.
            server.child.signal(Signal::STOP);
            for _ in 0..POKES {
                poke(&server);
            }
            let good = TcpStream::connect(server.address).unwrap();
            server.child.signal(Signal::CONT);
            good.set_read_timeout(Some(PATIENCE)).unwrap();
            let client = ClientConfig::new().ca(&world.ca);
            let mut client = client.handshake("localhost", good).unwrap();
            assert_eq!(client.echo(b"hi").unwrap(), b"hi");
        }
        // With a pause of 50 ms after each failed connection, the rounds would take 15 s.
        let most = Duration::from_millis(25) * ROUNDS * POKES;
        assert!(start.elapsed() < most, "{:?}", start.elapsed());
        // The server logs one line for each failed connection.
        for _ in 0..ROUNDS * POKES {
            server.log_line();
        }
    }

    /// Starts a server that may open `most` files.
    fn start_with_descriptors(most: u32, world: &World) -> Server {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {most}; exec \"$@\""), "sh"])
            .arg(env!("CARGO_BIN_EXE_pyssl"))
            .args(["serve", "127.0.0.1:0", "--echo", "--timeout", "3600"])
            .args(["--cert", path(&world.server.combined)])
            .stdin(Stdio::null());
        Server::spawn(&mut command)
    }

    #[test]
    fn one_address_cannot_use_all_descriptors() {
        let world = World::new();
        let server = start_with_descriptors(64, &world);
        assert!(server.log_line().contains("at most 24 clients"));
        let _crowd: Vec<_> = (0..100)
            .map(|_| TcpStream::connect(server.address).unwrap())
            .collect();
        let mut client = connect_from("127.0.0.2", &world, &server).unwrap();
        assert_eq!(client.echo(b"hi").unwrap(), b"hi");
    }

    #[test]
    fn as_many_clients_as_the_server_allows_do_not_use_up_its_descriptors() {
        let world = World::new();
        let server = start_with_descriptors(64, &world);
        assert!(server.log_line().contains("at most 24 clients"));
        let mut clients: Vec<_> = (0..24)
            .map(|i| connect_from(&format!("127.0.0.{}", 2 + i % 4), &world, &server).unwrap())
            .collect();
        for client in &mut clients {
            assert_eq!(client.echo(b"hi").unwrap(), b"hi");
        }
        drop(clients);
        let (_, rest) = server.stop(Signal::TERM);
        assert!(
            !rest.iter().any(|line| line.contains("[Errno 24]")),
            "{rest:?}"
        );
    }

    #[test]
    fn serve_continues_after_it_ran_out_of_descriptors() {
        let world = World::new();
        let server = start_with_descriptors(64, &world);
        server.log_line();
        // The limit changes under the running server.
        let few = Rlimit {
            current: Some(20),
            maximum: Some(64),
        };
        let process = Pid::from_child(&server.child.0);
        prlimit(Some(process), Resource::Nofile, few).unwrap();
        let crowd: Vec<_> = (0..40)
            .map(|_| TcpStream::connect(server.address).unwrap())
            .collect();
        let line = server.log_line();
        assert!(line.contains("[Errno 24]"), "{line}");
        drop(crowd);
        let mut client = connect_from("127.0.0.1", &world, &server).unwrap();
        assert_eq!(client.echo(b"hi").unwrap(), b"hi");
        drop(client);
        // The shortage was not logged for each connection.
        let (_, rest) = server.stop(Signal::TERM);
        let shortages = rest.iter().filter(|line| line.contains("[Errno 24]"));
        assert!(shortages.count() < 40, "{rest:?}");
    }
}
