//! Runs the steps of a case on this library. `interpreter.py` runs them in Python.

mod convert;
mod record;

use std::collections::HashMap;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::process::set_environment;
use pyssl_testing::{closed_port, local_pair};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};

use convert::{
    ca_certs, cert_store_stats, cipher, default_context, describe, int, list, locations, password,
    state, text, unhex, unverified_context, wrap_bio, wrap_socket,
};

pub(crate) use convert::hex;

/// The objects that the steps of a case have created, by name.
#[derive(Default)]
pub(crate) struct Interpreter {
    contexts: HashMap<String, ssl::SslContext>,
    ends: HashMap<String, End>,
    sockets: HashMap<String, Sock>,
    complaints: Vec<String>,
    /// The calls of callbacks: the kind of each callback, its context, and its argument.
    asked: record::Asked,
}

/// One side of a connection over memory BIOs.
struct End {
    tls: ssl::SslObject,
    incoming: ssl::MemoryBio,
    outgoing: ssl::MemoryBio,
}

enum Sock {
    Plain(socket2::Socket),
    Tls(Box<ssl::SslSocket>),
    /// The socket does not exist any more: it was closed, or another wrapper owns it.
    Taken,
}

/// The reason for which a step returns no value.
enum Stop {
    /// The step needs an object that an earlier step has not created.
    Missing,
    Error(Box<ssl::Error>),
}

impl<E: Into<ssl::Error>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Error(Box::new(error.into()))
    }
}

type Outcome = Result<Value, Stop>;

impl Interpreter {
    pub(crate) fn run(&mut self, step: &Value) -> Value {
        let parts = step.as_array().expect("a step is an array");
        let before = self.state_of(parts);
        let outcome = self.step(text(&parts[0]), &parts[1..]);
        if let (Some(before), Err(Stop::Error(_))) = (before, &outcome) {
            if self.state_of(parts).as_ref() != Some(&before) {
                self.complaints
                    .push(format!("{step} failed and changed the context"));
            }
        }
        match outcome {
            Ok(value) => json!({"value": value}),
            Err(Stop::Missing) => json!({"missing": true}),
            Err(Stop::Error(error)) => json!({"error": describe(&error)}),
        }
    }

    /// Problems that do not show in an outcome, such as a context that a failed setter has changed.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// The state of the context that a step is about to change.
    fn state_of(&self, parts: &[Value]) -> Option<Value> {
        if !["set", "load"]
            .iter()
            .any(|verb| text(&parts[0]).starts_with(verb))
        {
            return None;
        }
        let context = self.contexts.get(parts.get(1)?.as_str()?)?;
        let certs: Vec<_> = ca_certs(context).ok()?;
        Some(json!([state(context).ok()?, certs]))
    }

    fn step(&mut self, operation: &str, arguments: &[Value]) -> Outcome {
        let argument = |i: usize| arguments.get(i).unwrap_or(&Value::Null);
        let name = || argument(0).as_str().unwrap_or_default().to_owned();
        match operation {
            "context" => {
                let context = ssl::SslContext::new(ssl::Protocol::try_from(int(argument(1)))?)?;
                self.contexts.insert(name(), context);
            }
            "default_context" => {
                let context = default_context(text(argument(1)), argument(2))?;
                self.contexts.insert(name(), context);
            }
            "unverified_context" => {
                let context = unverified_context(argument(1))?;
                self.contexts.insert(name(), context);
            }
            "object" => {
                let end = End::new(self.context(argument(1))?, wrap_bio(argument(2)))?;
                let hostname = json!(end.tls.server_hostname());
                self.ends.insert(name(), end);
                return Ok(hostname);
            }
            "pair" => {
                let session = match argument(4).as_str() {
                    Some(resumed) => self.end(resumed)?.tls.session(),
                    None => None,
                };
                let options = wrap_bio(&json!({"server_hostname": argument(3)})).session(session);
                let client = End::new(self.context(argument(1))?, options)?;
                let options = ssl::WrapBio::new().server_side(true);
                let server = End::new(self.context(argument(2))?, options)?;
                self.ends.insert(name() + ".client", client);
                self.ends.insert(name() + ".server", server);
            }
            "handshake" => return self.handshake(&name()),
            "pump" => return Ok(json!(self.pump(&name())?)),
            "environ" => set_environment(&name(), argument(1).as_str()),
            "starve" => starve(argument(0).as_bool().expect("a truth value"))?,
            "fifo" => fifo(&name(), unhex(text(argument(1)))),
            "feed" => {
                let data = unhex(text(argument(1)));
                self.end(&name())?.incoming.write(&data)?;
            }
            "eof" => self.end(&name())?.incoming.write_eof(),
            "sent" => return Ok(json!(self.end(&name())?.outgoing.read(None).len())),
            "do" => return self.method(&name(), text(argument(1)), argument(2)),
            "forget_end" => {
                self.ends.remove(&name());
            }
            "switch" => {
                let context = self.context(argument(1))?.clone();
                self.end(&name())?.tls.set_context(&context)?;
            }
            "record" => {
                let context = self.context(argument(0))?;
                let other = match argument(2).is_null() {
                    true => None,
                    false => Some(self.context(argument(2))?.clone()),
                };
                record::record(context, &name(), text(argument(1)), other, &self.asked)?;
            }
            "log" => return Ok(json!(record::take(&self.asked))),
            "forget" => std::fs::remove_file(text(argument(0)))?,
            "key_labels" => return Ok(json!(record::key_labels(text(argument(0)))?)),
            "peer_is_shown" => {
                let shown = self.end(&name())?.tls.getpeercert()?;
                return Ok(json!(shown.is_some_and(|cert| cert != Default::default())));
            }
            "attribute" => return self.attribute(&name(), text(argument(1))),
            _ if self.contexts.contains_key(&name()) => {
                return on_context(&self.contexts[&name()], operation, &arguments[1..]);
            }
            _ => return self.socket_step(operation, &name(), argument(1), arguments),
        }
        Ok(Value::Null)
    }

    fn context(&self, name: &Value) -> Result<&ssl::SslContext, Stop> {
        self.contexts.get(text(name)).ok_or(Stop::Missing)
    }

    fn end(&self, name: &str) -> Result<&End, Stop> {
        self.ends.get(name).ok_or(Stop::Missing)
    }

    /// Does the handshake until both sides have ended or both wait.
    fn handshake(&self, pair: &str) -> Outcome {
        let sides = [
            self.end(&format!("{pair}.client"))?,
            self.end(&format!("{pair}.server"))?,
        ];
        let mut outcomes = [Value::Null, Value::Null];
        loop {
            for (side, outcome) in sides.iter().zip(&mut outcomes) {
                if outcome.is_null() {
                    *outcome = match side.tls.do_handshake() {
                        Ok(()) => json!({"value": null}),
                        Err(ssl::Error::WantRead(_)) => Value::Null,
                        Err(error) => json!({"error": describe(&error)}),
                    };
                }
            }
            if !self.pump(pair)? || outcomes.iter().all(|outcome| !outcome.is_null()) {
                return Ok(json!(outcomes));
            }
        }
    }

    fn pump(&self, pair: &str) -> Result<bool, Stop> {
        let client = self.end(&format!("{pair}.client"))?;
        let server = self.end(&format!("{pair}.server"))?;
        let (up, down) = (client.outgoing.read(None), server.outgoing.read(None));
        for (side, bytes) in [(server, &up), (client, &down)] {
            if !side.incoming.eof() {
                side.incoming.write(bytes)?;
            }
        }
        Ok(!up.is_empty() || !down.is_empty())
    }

    fn method(&self, name: &str, method: &str, argument: &Value) -> Outcome {
        let bytes = || text(argument).as_bytes();
        let size = || usize::try_from(argument.as_u64().unwrap_or(1024)).expect("a size");
        if let Some(Sock::Tls(sock)) = self.sockets.get(name) {
            return on_socket(sock, method, argument);
        }
        let tls = &self.end(name)?.tls;
        Ok(match method {
            "do_handshake" => json!(tls.do_handshake()?),
            "read" => json!(hex(&tls.read(size())?)),
            "write" => json!(tls.write(bytes())?),
            "unwrap" => json!(tls.unwrap()?),
            "verify_client_post_handshake" => json!(tls.verify_client_post_handshake()?),
            "pending" => json!(tls.pending()),
            "version" => json!(tls.version()),
            "cipher" => json!(tls.cipher()),
            "selected_alpn_protocol" => json!(tls.selected_alpn_protocol()),
            "getpeercert" => {
                json!(tls.getpeercert_binary()?.map(|der| hex(&der)))
            }
            other => panic!("no method {other}"),
        })
    }

    fn attribute(&self, name: &str, attribute: &str) -> Outcome {
        Ok(match (self.sockets.get(name), attribute) {
            (Some(Sock::Tls(sock)), "server_hostname") => json!(sock.server_hostname()),
            (Some(Sock::Tls(sock)), "server_side") => json!(sock.server_side()),
            (Some(_), other) => panic!("no attribute {other}"),
            (None, "session_reused") => json!(self.end(name)?.tls.session_reused()),
            (None, "server_side") => json!(self.end(name)?.tls.server_side()),
            (None, _) => json!(self.end(name)?.tls.server_hostname()),
        })
    }

    fn socket_step(
        &mut self,
        operation: &str,
        name: &str,
        argument: &Value,
        arguments: &[Value],
    ) -> Outcome {
        match operation {
            "plain_socket" => {
                let kind = match text(argument) {
                    "udp" => socket2::Type::DGRAM,
                    _ => socket2::Type::STREAM,
                };
                let socket = socket2::Socket::new(socket2::Domain::IPV4, kind, None)?;
                self.sockets.insert(name.to_owned(), Sock::Plain(socket));
            }
            "listener" => {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                self.sockets
                    .insert(name.to_owned(), Sock::Plain(listener.into()));
            }
            "tcp_pair" => {
                let (client, server) = tcp_pair()?;
                let server_name = text(argument).to_owned();
                self.sockets
                    .insert(name.to_owned(), Sock::Plain(client.into()));
                self.sockets.insert(server_name, Sock::Plain(server.into()));
            }
            "wrap" => {
                let context = self.context(argument)?.clone();
                let options = wrap_socket(&arguments[3]);
                let wrapped = match self.take(text(&arguments[2]))? {
                    Sock::Plain(socket) => context.wrap_socket(socket, options)?,
                    Sock::Tls(socket) => context.wrap_socket(*socket, options)?,
                    Sock::Taken => return Err(Stop::Missing),
                };
                self.sockets
                    .insert(name.to_owned(), Sock::Tls(Box::new(wrapped)));
            }
            "tls_pair" => return self.tls_pair(arguments, tcp_pair()?),
            "local_tls_pair" => return self.tls_pair(arguments, local_pair()),
            "readable" => {
                return Ok(json!(ready(
                    self.tls(name)?,
                    PollFlags::IN,
                    Timespec::default()
                )?));
            }
            // The event may be late: a process that another thread has just forked holds the peer's descriptor until it
            // calls `exec`.
            "hung_up" => {
                let patience = Timespec {
                    tv_sec: 60,
                    tv_nsec: 0,
                };
                return Ok(json!(ready(self.tls(name)?, PollFlags::RDHUP, patience)?));
            }
            "poll_loop" => {
                let size = argument.as_u64().expect("a size");
                let pending_first = arguments[2].as_bool().expect("a bool");
                return poll_loop(
                    self.tls(name)?,
                    usize::try_from(size).expect("small"),
                    pending_first,
                );
            }
            "connect_to" => {
                let Some(Sock::Plain(listener)) = self.sockets.get(text(argument)) else {
                    return Err(Stop::Missing);
                };
                let address = listener.local_addr()?.as_socket().expect("an address");
                self.tls(name)?.connect(address)?;
            }
            "connect_to_closed_port" => self.tls(name)?.connect(closed_port().addr())?,
            "connect_ex_to_closed_port" => {
                return Ok(json!(self.tls(name)?.connect_ex(closed_port().addr())?));
            }
            "settimeout" => {
                let seconds = argument.as_f64().map(Duration::from_secs_f64);
                self.tls(name)?.settimeout(seconds)?;
            }
            "shutdown" => {
                let how = match text(argument) {
                    "read" => Shutdown::Read,
                    "write" => Shutdown::Write,
                    _ => Shutdown::Both,
                };
                self.tls(name)?.shutdown(how)?;
            }
            "close" => match self.sockets.get(name) {
                Some(Sock::Tls(sock)) => sock.close(),
                Some(_) => {
                    self.sockets.insert(name.to_owned(), Sock::Taken);
                }
                None => return Err(Stop::Missing),
            },
            "plain_send" => match self.sockets.get(name) {
                Some(Sock::Plain(socket)) => {
                    let mut socket: &socket2::Socket = socket;
                    std::io::Write::write_all(&mut socket, text(argument).as_bytes())?;
                }
                _ => self.tls(name)?.sendall(text(argument).as_bytes())?,
            },
            "fill" => loop {
                self.tls(name)?.send(&[b'x'; 65536])?;
            },
            // All other steps need a context, and the context was not made.
            _ => return Err(Stop::Missing),
        }
        Ok(Value::Null)
    }

    fn tls(&self, name: &str) -> Result<&ssl::SslSocket, Stop> {
        match self.sockets.get(name) {
            Some(Sock::Tls(sock)) => Ok(sock),
            _ => Err(Stop::Missing),
        }
    }

    fn take(&mut self, name: &str) -> Result<Sock, Stop> {
        let slot = self.sockets.get_mut(name).ok_or(Stop::Missing)?;
        Ok(std::mem::replace(slot, Sock::Taken))
    }

    /// Two connected sockets after the handshake.
    fn tls_pair(
        &mut self,
        arguments: &[Value],
        (client, server): (impl ssl::IntoSocket + Send, impl ssl::IntoSocket + Send),
    ) -> Outcome {
        let client_context = self.context(&arguments[2])?.clone();
        let server_context = self.context(&arguments[3])?.clone();
        let options = wrap_socket(&arguments[4]);
        let (client, server) = std::thread::scope(|scope| {
            let server = scope
                .spawn(|| server_context.wrap_socket(server, options.clone().server_side(true)));
            let options = options.clone().server_hostname("localhost");
            let client = client_context.wrap_socket(client, options);
            (client, server.join().expect("no panic"))
        });
        for (name, sock) in [(&arguments[0], client?), (&arguments[1], server?)] {
            self.sockets
                .insert(text(name).to_owned(), Sock::Tls(Box::new(sock)));
        }
        Ok(Value::Null)
    }
}

impl End {
    fn new(context: &ssl::SslContext, options: ssl::WrapBio) -> ssl::Result<End> {
        let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        Ok(End {
            tls: context.wrap_bio(&incoming, &outgoing, options)?,
            incoming,
            outgoing,
        })
    }
}

fn on_socket(sock: &ssl::SslSocket, method: &str, argument: &Value) -> Outcome {
    let bytes = || text(argument).as_bytes();
    let size = || usize::try_from(argument.as_u64().unwrap_or(1024)).expect("a size");
    Ok(match method {
        "do_handshake" => json!(sock.do_handshake()?),
        "recv" => json!(hex(&sock.recv(size())?)),
        "read" => json!(hex(&sock.read(size())?)),
        "send" => json!(sock.send(bytes())?),
        "sendall" => json!(sock.sendall(bytes())?),
        "write" => json!(sock.write(bytes())?),
        "pending" => json!(sock.pending()),
        "version" => json!(sock.version()),
        "cipher" => json!(sock.cipher()),
        "shared_ciphers" => json!(sock.shared_ciphers()),
        "selected_alpn_protocol" => json!(sock.selected_alpn_protocol()),
        "compression" => json!(sock.compression()),
        "getpeercert" => json!(sock.getpeercert_binary()?.map(|der| hex(&der))),
        "verify_client_post_handshake" => json!(sock.verify_client_post_handshake()?),
        "unwrap" => {
            sock.unwrap()?;
            json!("itself")
        }
        "fileno" => json!(sock.fileno()),
        "accept" => {
            sock.accept()?;
            Value::Null
        }
        "getpeername" => {
            sock.getpeername()?;
            Value::Null
        }
        other => panic!("no method {other}"),
    })
}

fn tcp_pair() -> std::io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    Ok((client, listener.accept()?.0))
}

/// Limits the process to the descriptors that it has, or removes the limit.
fn starve(on: bool) -> std::io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = match on {
        true => u64::try_from(std::fs::File::open("/dev/null")?.as_raw_fd()).ok(),
        false => limit.maximum,
    };
    Ok(setrlimit(Resource::Nofile, limit)?)
}

/// Makes a named pipe whose readers get this content.
fn fifo(path: &str, content: Vec<u8>) {
    let make = |path: &str| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.expect("there is a mkfifo").success());
    };
    make(path);
    let path = path.to_owned();
    std::thread::spawn(move || {
        loop {
            let pipe = std::fs::File::options().write(true).open(&path);
            // The path gets a new pipe for its next reader.
            let next = format!("{path}.next");
            make(&next);
            std::fs::rename(next, &path).expect("the pipe takes the other's place");
            // A reader may have closed the pipe before the end.
            let _ = pipe.and_then(|mut pipe| std::io::Write::write_all(&mut pipe, &content));
        }
    });
}

fn on_context(context: &ssl::SslContext, operation: &str, arguments: &[Value]) -> Outcome {
    let argument = |i: usize| arguments.get(i).unwrap_or(&Value::Null);
    match operation {
        "set" => set(context, text(argument(0)), argument(1))?,
        "state" => return Ok(state(context)?),
        "ciphers" => return Ok(context.get_ciphers()?.iter().map(cipher).collect()),
        "cert_store_stats" => return Ok(cert_store_stats(context)),
        "ca_certs" => return Ok(json!(ca_certs(context)?)),
        "set_ciphers" => context.set_ciphers(text(argument(0)))?,
        "set_alpn_protocols" => {
            let protocols: Vec<_> = list(argument(0)).iter().map(text).collect();
            context.set_alpn_protocols(&protocols)?;
        }
        "load_cert_chain" => {
            let mut chain = ssl::CertChain::new(text(argument(0)));
            if let Some(keyfile) = argument(1).as_str() {
                chain = chain.keyfile(keyfile);
            }
            if let Some(password) = password(argument(2)) {
                chain = chain.password(password);
            }
            context.load_cert_chain(chain)?;
        }
        "load_verify_locations" => context.load_verify_locations(locations(argument(0)))?,
        "set_default_verify_paths" => context.set_default_verify_paths()?,
        "load_default_certs" => context.load_default_certs(ssl::Purpose::SERVER_AUTH)?,
        "set_ecdh_curve" => context.set_ecdh_curve(text(argument(0)))?,
        "load_dh_params" => context.load_dh_params(text(argument(0)))?,
        "refuse_names" => {
            let alert = ssl::AlertDescription(u8::try_from(int(argument(0))).expect("a number"));
            context.set_sni_callback(move |_| Ok(ssl::SniAction::Alert(alert)))?;
        }
        other => panic!("no operation {other}"),
    }
    Ok(Value::Null)
}

fn set(context: &ssl::SslContext, property: &str, value: &Value) -> ssl::Result<()> {
    let flag = || value.as_bool().expect("a truth value");
    let bits = || value.as_u64().expect("bits");
    match property {
        "verify_mode" => context.set_verify_mode(ssl::VerifyMode::try_from(int(value))?),
        "check_hostname" => context.set_check_hostname(flag()),
        "options" => context.set_options(ssl::Options::from_bits_retain(bits())),
        "verify_flags" => context.set_verify_flags(ssl::VerifyFlags::from_bits_retain(bits())),
        "minimum_version" => context.set_minimum_version(ssl::TlsVersion::try_from(int(value))?),
        "maximum_version" => context.set_maximum_version(ssl::TlsVersion::try_from(int(value))?),
        "num_tickets" => {
            context.set_num_tickets(usize::try_from(bits()).expect("a number of tickets"))
        }
        "post_handshake_auth" => context.set_post_handshake_auth(flag()),
        "hostname_checks_common_name" => context.set_hostname_checks_common_name(flag()),
        "keylog_filename" => context.set_keylog_filename(value.as_str()),
        "sni_callback" => context.clear_sni_callback(),
        other => panic!("no property {other}"),
    }
}

/// Whether `poll` reports an event in time.
fn ready(sock: &ssl::SslSocket, flags: PollFlags, time: Timespec) -> std::io::Result<bool> {
    let mut fds = [PollFd::new(sock, flags)];
    Ok(poll(&mut fds, Some(&time))? > 0)
}

/// Receives as long as `poll`, or `pending` if it is called first, reports data.
fn poll_loop(sock: &ssl::SslSocket, size: usize, pending_first: bool) -> Outcome {
    let mut received = Vec::new();
    while received.len() < 100
        && (pending_first && sock.pending() > 0 || ready(sock, PollFlags::IN, Timespec::default())?)
    {
        match sock.recv(size) {
            Ok(data) => {
                received.push(json!(hex(&data)));
                if data.is_empty() {
                    break;
                }
            }
            Err(ssl::Error::WantRead(_)) => received.push(json!("want read")),
            Err(error) => {
                received.push(describe(&error));
                break;
            }
        }
    }
    Ok(json!(received))
}
