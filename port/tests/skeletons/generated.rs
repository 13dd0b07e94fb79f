//! Skeletons, made by a test.

pub mod client {
#![allow(unused, unreachable_code, deprecated, non_snake_case, bindings_with_variant_name, clippy::all, reason = "a skeleton")]

use std::time::Duration;

use pyssl as ssl;

type AnyError = Box<dyn std::error::Error>;

/// A Python expression that is not ported yet.
fn py<T>(python: &str) -> T {
    todo!("{python}")
}

/// How the lines of a `try` are left.
enum Leave<T = ()> {
    /// By their end.
    No,
    Break,
    Continue,
    Return(T),
}

/// The error of a `try`, if it is an `E`. Other errors are passed on.
fn caught<T, E>(result: Result<T, AnyError>) -> Result<Result<T, E>, AnyError>
where
    E: std::error::Error + 'static,
{
    let error = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(error) => error,
    };
    let error: AnyError = match error.downcast::<std::io::Error>() {
        Ok(error) => Box::new(ssl::Error::from(*error)),
        Err(error) => error,
    };
    error.downcast::<E>().map(|error| Err(*error))
}

pub fn module() -> Result<(), AnyError> {
    // """Connections of a client, with the control flow that such programs have."""
    // import requests
    // import select
    // import socket
    // import ssl
    // from contextlib import closing
    // def connect(host, port=443, context=None, timeout=10):
    // def handshake(sock: ssl.SSLSocket):
    // def read_all(sock: ssl.SSLSocket):
    // def peer(host):
    // def versions(hosts):
    // def send(sock: ssl.SSLSocket, data):
    // def retry(sock: ssl.SSLSocket, count):
    // def logged_in(url, token):
    // def first(host):
    // def wrapped(plain, context: ssl.SSLContext):
    Ok(())
}

pub fn connect(mut context: ssl::SslContext, host: &str, port: u16, timeout: f64) -> Result<ssl::SslSocket, AnyError> {
    // def connect(host, port=443, context=None, timeout=10):
    // if context is None:
    if py::<bool>("context is None") {
        // context = ssl.create_default_context()
        context = ssl::create_default_context(())?;
    }
    // plain = socket.create_connection((host, port), timeout)
    let plain = ssl::create_connection((host, port), Duration::from_secs_f64(timeout))?;
    // if ssl.HAS_SNI:
    let sock;
    if ssl::HAS_SNI {
        // sock = context.wrap_socket(plain, server_hostname=host)
        sock = context.wrap_socket(&plain, host)?;
    } else if py::<bool>("host == \"localhost\"") {
        // elif host == "localhost":
        // sock = context.wrap_socket(plain)
        sock = context.wrap_socket(&plain, ())?;
    } else {
        // else:
        // raise ValueError("no server name")
        return Err(py("raise ValueError(\"no server name\")"));
    }
    // if context.verify_mode == ssl.CERT_NONE and not context.check_hostname:
    if context.verify_mode() == ssl::CERT_NONE && !context.check_hostname() {
        // print("not verified")
    }
    // return sock
    return Ok(sock);
}

pub fn handshake(sock: ssl::SslSocket) -> Result<(), AnyError> {
    // def handshake(sock: ssl.SSLSocket):
    // sock.setblocking(False)
    sock.setblocking(false)?;
    // while True:
    loop {
        // try:
        // sock.do_handshake()
        match sock.do_handshake() {
            Ok(_) => break,
            Err(e @ ssl::Error::WantRead(_)) => {
                // except ssl.SSLWantReadError:
                // select.select([sock], [], [])
            }
            Err(e @ ssl::Error::WantWrite(_)) => {
                // except ssl.SSLWantWriteError:
                // select.select([], [sock], [])
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

pub fn read_all(sock: ssl::SslSocket) -> Result<(), AnyError> {
    // def read_all(sock: ssl.SSLSocket):
    // chunks = []
    // while not sock.pending():
    while !(sock.pending() != 0) {
        // try:
        // data = sock.recv(4096)
        let data = match sock.recv(4096) {
            Ok(data) => data,
            Err(error @ (ssl::Error::ZeroReturn(_) | ssl::Error::Eof(_))) => {
                // except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
                // print(error.reason)
                error.reason();
                // return b"".join(chunks)
                return Ok(());
            }
            Err(e) => return Err(e.into()),
        };
        // if not data:
        if data.is_empty() {
            // break
            break;
        }
        // chunks.append(data)
    }
    // else:
    // sock.close()
    sock.close();
    // return b"".join(chunks)
    return Ok(());
}

pub fn peer(host: &str, plain: std::net::TcpStream) -> Result<(), AnyError> {
    // def peer(host):
    // context = ssl.create_default_context()
    let context = ssl::create_default_context(())?;
    // with closing(socket.create_connection((host, 443))) as plain:
    let session;
    {
        ssl::create_connection((host, 443), None)?;
        // with context.wrap_socket(plain, server_hostname=host) as sock:
        {
            let sock = context.wrap_socket(&plain, host)?;
            // certificate = sock.getpeercert()
            let certificate = sock.getpeercert()?;
            // session = sock.session
            session = sock.session();
        }
    }
    // if session is not None:
    if session.is_some() {
        // print(session.timeout)
        let session: ssl::SslSession = py("session");
        session.timeout();
    }
    // return certificate
    return Ok(());
}

pub fn versions() -> Result<(), AnyError> {
    // def versions(hosts):
    // found = {}
    // for host, port in hosts:
    for (host, port) in py::<Vec<(&str, u16)>>("hosts") {
        // context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
        let tried = (|| -> Result<Leave, AnyError> {
            // try:
            let tried = (|| -> Result<Leave, AnyError> {
                // context.load_verify_locations("ca.pem")
                context.load_verify_locations("ca.pem")?;
                // sock = context.wrap_socket(socket.create_connection((host, port)), server_hostname=host)
                let sock = context.wrap_socket(ssl::create_connection((host, port), None)?, host)?;
                // found[host] = sock.version()
                sock.version();
                // if found[host] == "TLSv1":
                if py::<bool>("found[host] == \"TLSv1\"") {
                    // continue
                    return Ok(Leave::Continue);
                }
                Ok(Leave::No)
            })();
            match caught::<_, ssl::Error>(tried)? {
                Ok(Leave::Continue) => return Ok(Leave::Continue),
                Ok(_) => {}
                Err(error @ ssl::Error::CertVerification(_)) => {
                    // except ssl.SSLCertVerificationError as error:
                    // print(error.verify_message)
                    error.verify_message();
                }
                Err(e) if e.ssl().is_some() || matches!(e, ssl::Error::Os(_) | ssl::Error::Timeout(_)) => {
                    // except OSError:
                    // raise
                    return Err(e.into());
                }
                Err(e) => return Err(e.into()),
            }
            Ok(Leave::No)
        })();
        // finally:
        // print(host)
        // context.set_alpn_protocols(["h2"])
        context.set_alpn_protocols(&["h2"])?;
        match tried? {
            Leave::Continue => continue,
            _ => {}
        }
    }
    // return found
    return Ok(());
}

pub fn send(sock: ssl::SslSocket, data: &[u8]) -> Result<(), AnyError> {
    // def send(sock: ssl.SSLSocket, data):
    // try:
    // return sock.send(data)
    match sock.send(&data) {
        Ok(value) => return Ok(()),
        Err(error) if error.ssl().is_some() => {
            // except ssl.SSLError as error:
            // match error.reason:
            error.reason();
            if py::<bool>("match error.reason: case \"BAD_LENGTH\"") {
                //     case "BAD_LENGTH":
                // sock.close()
                sock.close();
            } else {
                //     case _:
                // raise
                return Err(error.into());
            }
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn retry(sock: ssl::SslSocket) -> Result<(), AnyError> {
    // def retry(sock: ssl.SSLSocket, count):
    // for attempt in range(count):
    for attempt in py::<Vec<()>>("range(count)") {
        // if attempt > 3:
        if py::<bool>("attempt > 3") {
            // plain = sock.unwrap()
            sock.unwrap()?;
            // return plain
            return Ok(());
        }
        // try:
        // sock.write(b"ping")
        match sock.write(b"ping") {
            Ok(_) => {
                // else:
                // print(sock.cipher())
                sock.cipher();
            }
            Err(e @ (ssl::Error::Value(_) | ssl::Error::Unicode(_) | ssl::Error::CertVerification(_))) => {
                // except ValueError:
                // pass
            }
            Err(e) => return Err(e.into()),
        }
    }
    // return None
    return Ok(());
}

pub fn logged_in(token: &str, url: &str) -> Result<ssl::requests::Response, AnyError> {
    // def logged_in(url, token):
    // session = requests.Session()
    let mut session = ssl::requests::Session::new(());
    // session.headers.update({"X-Client": "1"})
    session.update(|options| options.headers([("X-Client", "1")]));
    // session.headers["X-Token"] = token
    session.update(|options| options.headers([("X-Token", token)]));
    // session.cookies.set("c", "1")
    session.set_cookie("c", "1");
    // try:
    let tried = (|| -> Result<_, AnyError> {
        // response = session.get(url)
        let mut response = session.get(url, ())?;
        // response.raise_for_status()
        response.raise_for_status()?;
        Ok(response)
    })();
    let mut response = match caught::<_, ssl::requests::Error>(tried)? {
        Ok(response) => response,
        Err(e @ ssl::requests::Error::HTTPError { .. }) => {
            // except requests.HTTPError as e:
            // print(e.response)
            e.response();
            // raise
            return Err(e.into());
        }
        Err(e) => return Err(e.into()),
    };
    // return response
    return Ok(response);
}

pub fn first(host: &str) -> Result<Option<Vec<u8>>, AnyError> {
    // def first(host):
    // try:
    let tried = (|| -> Result<Leave<_>, AnyError> {
        // with socket.create_connection((host, 443)) as plain:
        {
            let plain = ssl::create_connection((host, 443), None)?;
            // with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as tls:
            {
                let tls = ssl::create_default_context(())?.wrap_socket(&plain, host)?;
                // if host == "old.example":
                if py::<bool>("host == \"old.example\"") {
                    // return None
                    return Ok(Leave::Return(None));
                }
                // return tls.recv(1024)
                return Ok(Leave::Return(Some(tls.recv(1024)?)));
            }
        }
        Ok(Leave::No)
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(Leave::Return(value)) => return Ok(value),
        Ok(_) => {}
        Err(error) if error.ssl().is_some() => {
            // except ssl.SSLError as error:
            // print(error.reason)
            error.reason();
        }
        Err(e) => return Err(e.into()),
    }
    // finally:
    //     print(host)
    Ok(None)
}

pub fn wrapped(context: ssl::SslContext, plain: std::net::TcpStream) -> Result<ssl::SslSocket, AnyError> {
    // def wrapped(plain, context: ssl.SSLContext):
    // for attempt in range(3):
    for attempt in py::<Vec<()>>("range(3)") {
        // try:
        let tried = (|| -> Result<Leave<_>, AnyError> {
            // try:
            let tried = (|| -> Result<Leave<_>, AnyError> {
                // if attempt:
                if py::<bool>("attempt") {
                    // return context.wrap_socket(plain)
                    return Ok(Leave::Return(context.wrap_socket(&plain, ())?));
                }
                Ok(Leave::No)
            })();
            match caught::<_, ssl::Error>(tried)? {
                Ok(Leave::Return(value)) => return Ok(Leave::Return(value)),
                Ok(_) => {}
                Err(e @ ssl::Error::WantRead(_)) => {
                    // except ssl.SSLWantReadError:
                    // continue
                    return Ok(Leave::Continue);
                }
                Err(e) => return Err(e.into()),
            }
            Ok(Leave::No)
        })();
        match caught::<_, ssl::Error>(tried)? {
            Ok(Leave::Continue) => continue,
            Ok(Leave::Return(value)) => return Ok(value),
            Ok(_) => {}
            Err(e) if e.ssl().is_some() || matches!(e, ssl::Error::Os(_) | ssl::Error::Timeout(_)) => {
                // except OSError:
                // break
                break;
            }
            Err(e) => return Err(e.into()),
        }
    }
    // raise ValueError
    return Err(py("raise ValueError"));
}

}

pub mod server {
#![allow(unused, unreachable_code, deprecated, non_snake_case, bindings_with_variant_name, clippy::all, reason = "a skeleton")]

use std::time::Duration;

use pyssl as ssl;

type AnyError = Box<dyn std::error::Error>;

/// A Python expression that is not ported yet.
fn py<T>(python: &str) -> T {
    todo!("{python}")
}

/// How the lines of a `try` are left.
enum Leave<T = ()> {
    /// By their end.
    No,
    Break,
    Continue,
    Return(T),
}

/// The error of a `try`, if it is an `E`. Other errors are passed on.
fn caught<T, E>(result: Result<T, AnyError>) -> Result<Result<T, E>, AnyError>
where
    E: std::error::Error + 'static,
{
    let error = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(error) => error,
    };
    let error: AnyError = match error.downcast::<std::io::Error>() {
        Ok(error) => Box::new(ssl::Error::from(*error)),
        Err(error) => error,
    };
    error.downcast::<E>().map(|error| Err(*error))
}

pub fn module() -> Result<(), AnyError> {
    // """A server, as a class."""
    // import logging
    // import socket
    // import ssl
    // import threading
    // class Server:
    // context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    // def __init__(self, address, certfile, client_ca=None):
    // def serve(self):
    // def answer(self, sock: ssl.SSLSocket):
    Ok(())
}

pub fn Server___init(certfile: &str, client_ca: &str, address: (&str, u16)) -> Result<(), AnyError> {
    // def __init__(self, address, certfile, client_ca=None):
    // self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    let self_context = ssl::create_default_context(ssl::Purpose::CLIENT_AUTH)?;
    // self.context.load_cert_chain(certfile)
    self_context.load_cert_chain(certfile)?;
    // if client_ca:
    if py::<bool>("client_ca") {
        // self.context.load_verify_locations(client_ca)
        self_context.load_verify_locations(client_ca)?;
        // self.context.verify_mode = ssl.CERT_REQUIRED
        self_context.set_verify_mode(ssl::CERT_REQUIRED)?;
    }
    // try:
    // self.context.minimum_version = ssl.TLSVersion.TLSv1_3
    match self_context.set_minimum_version(ssl::TlsVersion::TLSv1_3) {
        Ok(_) => {}
        Err(e @ (ssl::Error::Value(_) | ssl::Error::Unicode(_) | ssl::Error::CertVerification(_))) => {
            // except (AttributeError, ValueError):
            // self.context.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
            self_context.set_options(self_context.options() | ssl::OP_NO_TLSv1 | ssl::OP_NO_TLSv1_1)?;
        }
        Err(e) => return Err(e.into()),
    }
    // self.listener = socket.create_server(address)
    let self_listener = std::net::TcpListener::bind(address)?;
    // self.stopped = threading.Event()
    Ok(())
}

pub fn Server_serve(self_listener: std::net::TcpListener, self_context: ssl::SslContext) -> Result<(), AnyError> {
    // def serve(self):
    // while not self.stopped.is_set():
    while py::<bool>("not self.stopped.is_set()") {
        // conn, address = self.listener.accept()
        let (conn, address) = self_listener.accept()?;
        // try:
        // sock = self.context.wrap_socket(conn, server_side=True)
        let sock = match self_context.wrap_socket(&conn, ssl::WrapSocket::new().server_side(true)) {
            Ok(sock) => {
                // else:
                // with sock:
                //     self.answer(sock)
                sock
            }
            Err(error) if error.ssl().is_some() => {
                // except ssl.SSLError as error:
                // logging.warning("%s: %s", address, error)
                // conn.close()
                // continue
                continue;
            }
            Err(e) if e.ssl().is_some() || matches!(e, ssl::Error::Os(_) | ssl::Error::Timeout(_)) => {
                // except OSError:
                // conn.close()
                py("sock")
            }
            Err(e) => return Err(e.into()),
        };
    }
    Ok(())
}

pub fn Server_answer(sock: ssl::SslSocket) -> Result<(), AnyError> {
    // def answer(self, sock: ssl.SSLSocket):
    // def log(text):
    // try:
    let tried = (|| -> Result<Leave<_>, AnyError> {
        // request = sock.recv(1024)
        let request = sock.recv(1024)?;
        // while b"\r\n\r\n" not in request:
        while py::<bool>("b\"\\r\\n\\r\\n\" not in request") {
            // request += sock.recv(1024)
            sock.recv(1024)?;
        }
        // if request.startswith(b"GET"):
        if py::<bool>("request.startswith(b\"GET\")") {
            // sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n")?;
            // return True
            return Ok(Leave::Return(()));
        }
        // sock.sendall(b"HTTP/1.0 405 no\r\n\r\n")
        sock.sendall(b"HTTP/1.0 405 no\r\n\r\n")?;
        Ok(Leave::No)
    })();
    // finally:
    // sock.unwrap()
    sock.unwrap()?;
    match tried? {
        Leave::Return(value) => return Ok(value),
        _ => {}
    }
    // return False
    return Ok(());
}

pub fn Server_answer_log(sock: ssl::SslSocket) -> Result<(), AnyError> {
    // def log(text):
    // print(text, sock.version())
    sock.version();
    Ok(())
}

}

pub mod asynchronous {
#![allow(unused, unreachable_code, deprecated, non_snake_case, bindings_with_variant_name, clippy::all, reason = "a skeleton")]

use std::time::Duration;

use pyssl as ssl;

type AnyError = Box<dyn std::error::Error>;

/// A Python expression that is not ported yet.
fn py<T>(python: &str) -> T {
    todo!("{python}")
}

/// How the lines of a `try` are left.
enum Leave<T = ()> {
    /// By their end.
    No,
    Break,
    Continue,
    Return(T),
}

/// The error of a `try`, if it is an `E`. Other errors are passed on.
fn caught<T, E>(result: Result<T, AnyError>) -> Result<Result<T, E>, AnyError>
where
    E: std::error::Error + 'static,
{
    let error = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(error) => error,
    };
    let error: AnyError = match error.downcast::<std::io::Error>() {
        Ok(error) => Box::new(ssl::Error::from(*error)),
        Err(error) => error,
    };
    error.downcast::<E>().map(|error| Err(*error))
}

pub fn module() -> Result<(), AnyError> {
    // """asyncio, requests and the modules for mail."""
    // import asyncio
    // import ssl
    // import requests
    // import smtplib
    // async def fetch(host):
    // async def first(reader: asyncio.StreamReader, server: asyncio.Server, limit):
    // def get(urls, session=None):
    // def post(url):
    // def mail(host, message):
    Ok(())
}

pub async fn fetch(host: &str) -> Result<(), AnyError> {
    // async def fetch(host):
    // context = ssl.create_default_context()
    let context = ssl::create_default_context(())?;
    // try:
    let tried: Result<_, AnyError> = async {
        // reader, writer = await asyncio.open_connection(host, 443, ssl=context)
        let (mut reader, mut writer) = ssl::aio::asyncio::open_connection((host, 443), &context).await?;
        Ok((reader, writer))
    }.await;
    let (mut reader, mut writer) = match caught::<_, ssl::Error>(tried)? {
        Ok((reader, writer)) => (reader, writer),
        Err(error @ ssl::Error::CertVerification(_)) => {
            // except ssl.SSLCertVerificationError as error:
            // return error.verify_message
            let _ = error.verify_message();
            return Ok(());
        }
        Err(e) => return Err(e.into()),
    };
    // try:
    let tried: Result<(), AnyError> = async {
        // writer.write(b"GET / HTTP/1.0\r\n\r\n")
        writer.write(b"GET / HTTP/1.0\r\n\r\n");
        // await writer.drain()
        writer.drain().await?;
        // async for line in reader:
        //     print(line)
        // while True:
        loop {
            // data = await reader.read(1024)
            let data = reader.read(1024).await?;
            // if not data:
            if data.is_empty() {
                // break
                break;
            }
        }
        Ok(())
    }.await;
    // finally:
    // writer.close()
    writer.close();
    // await writer.wait_closed()
    writer.wait_closed().await?;
    tried?;
    Ok(())
}

pub async fn first(limit: f64, mut reader: ssl::aio::asyncio::StreamReader, mut server: ssl::aio::asyncio::Server) -> Result<Option<Vec<u8>>, AnyError> {
    // async def first(reader: asyncio.StreamReader, server: asyncio.Server, limit):
    // try:
    // line = await asyncio.wait_for(reader.readline(), timeout=limit)
    match tokio::time::timeout(Duration::from_secs_f64(limit), reader.readline()).await.unwrap_or(Err(ssl::Error::Timeout(""))).map_err(ssl::Error::from) {
        Ok(_) => {}
        Err(e) if e.python_class() == "TimeoutError" => {
            // except asyncio.TimeoutError:
            // return None
            return Ok(None);
        }
        Err(e) => return Err(e.into()),
    }
    // await asyncio.wait_for(server.wait_closed(), 5)
    tokio::time::timeout(Duration::from_secs(5), async { Ok(server.wait_closed().await) }).await.unwrap_or(Err(ssl::Error::Timeout("")))?;
    // await asyncio.wait_for(asyncio.wait_for(reader.read(1), 2), None)
    tokio::time::timeout(Duration::from_secs(2), reader.read(1)).await.unwrap_or(Err(ssl::Error::Timeout("")))?;
    // return await asyncio.wait_for(reader.read(5), 3)
    return Ok(Some(tokio::time::timeout(Duration::from_secs(3), reader.read(5)).await.unwrap_or(Err(ssl::Error::Timeout("")))?));
}

pub fn get(mut session: ssl::requests::Session) -> Result<(), AnyError> {
    // def get(urls, session=None):
    // if session is None:
    if py::<bool>("session is None") {
        // session = requests.Session()
        session = ssl::requests::Session::new(());
    }
    // session.verify = "ca.pem"
    session.update(|options| options.verify("ca.pem"));
    // for url in urls:
    for url in py::<Vec<&str>>("urls") {
        // try:
        let tried = (|| -> Result<_, AnyError> {
            // response = session.get(url, timeout=5)
            let mut response = session.get(url, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)))?;
            // response.raise_for_status()
            response.raise_for_status()?;
            Ok(response)
        })();
        let mut response = match caught::<_, ssl::requests::Error>(tried)? {
            Ok(response) => {
                // else:
                // print(response.text)
                response.text();
                response
            }
            Err(e @ ssl::requests::Error::SSLError(_)) => {
                // except requests.exceptions.SSLError:
                // print("TLS")
                py("response")
            }
            Err(error) if error.is_timeout() => {
                // except requests.Timeout as error:
                // raise RuntimeError(url) from error
                return Err(py("raise RuntimeError(url) from error"));
            }
            Err(e) if py::<bool>("except ssl.SSLError") => {
                // except ssl.SSLError:
                // return None
                return Ok(());
            }
            Err(e) => return Err(e.into()),
        };
    }
    Ok(())
}

pub fn post(url: &str) -> Result<Option<ssl::requests::Response>, AnyError> {
    // def post(url):
    // try:
    // return requests.post(url, data=b"x")
    match ssl::requests::post(url, ssl::requests::RequestOptions::new().data(b"x")) {
        Ok(value) => return Ok(Some(value)),
        Err(e) if !matches!(e, ssl::requests::Error::OSError(_) | ssl::requests::Error::ValueError(_)) => {
            // except requests.RequestException:
            // return None
            return Ok(None);
        }
        Err(e) => return Err(e.into()),
    }
}

pub fn mail(host: &str) -> Result<(), AnyError> {
    // def mail(host, message):
    // with smtplib.SMTP(host) as server:
    {
        let server = ssl::create_connection((host, 25), None)?;
        // if server.has_extn("starttls"):
        if py::<bool>("server.has_extn(\"starttls\")") {
            // server.starttls(context=ssl.create_default_context())
            ssl::create_default_context(())?.wrap_socket(server.try_clone()?, host)?;
        }
        // server.send_message(message)
    }
    Ok(())
}

}
