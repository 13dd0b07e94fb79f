"""Connections of a client, with the control flow that such programs have."""
import requests
import select
import socket
import ssl
from contextlib import closing


def connect(host, port=443, context=None, timeout=10):
    if context is None:
        context = ssl.create_default_context()
    plain = socket.create_connection((host, port), timeout)
    if ssl.HAS_SNI:
        sock = context.wrap_socket(plain, server_hostname=host)
    elif host == "localhost":
        sock = context.wrap_socket(plain)
    else:
        raise ValueError("no server name")
    if context.verify_mode == ssl.CERT_NONE and not context.check_hostname:
        print("not verified")
    return sock


def handshake(sock: ssl.SSLSocket):
    sock.setblocking(False)
    while True:
        try:
            sock.do_handshake()
            break
        except ssl.SSLWantReadError:
            select.select([sock], [], [])
        except ssl.SSLWantWriteError:
            select.select([], [sock], [])


def read_all(sock: ssl.SSLSocket):
    chunks = []
    while not sock.pending():
        try:
            data = sock.recv(4096)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
            print(error.reason)
            return b"".join(chunks)
        if not data:
            break
        chunks.append(data)
    else:
        sock.close()
    return b"".join(chunks)


def peer(host):
    context = ssl.create_default_context()
    with closing(socket.create_connection((host, 443))) as plain:
        with context.wrap_socket(plain, server_hostname=host) as sock:
            certificate = sock.getpeercert()
            session = sock.session
    if session is not None:
        print(session.timeout)
    return certificate


def versions(hosts):
    found = {}
    for host, port in hosts:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations("ca.pem")
            sock = context.wrap_socket(socket.create_connection((host, port)), server_hostname=host)
            found[host] = sock.version()
            if found[host] == "TLSv1":
                continue
        except ssl.SSLCertVerificationError as error:
            print(error.verify_message)
        except OSError:
            raise
        finally:
            print(host)
            context.set_alpn_protocols(["h2"])
    return found


def send(sock: ssl.SSLSocket, data):
    try:
        return sock.send(data)
    except ssl.SSLError as error:
        match error.reason:
            case "BAD_LENGTH":
                sock.close()
            case _:
                raise


def retry(sock: ssl.SSLSocket, count):
    for attempt in range(count):
        if attempt > 3:
            plain = sock.unwrap()
            return plain
        try:
            sock.write(b"ping")
        except ValueError:
            pass
        else:
            print(sock.cipher())
    return None


def logged_in(url, token):
    session = requests.Session()
    session.headers.update({"X-Client": "1"})
    session.headers["X-Token"] = token
    session.cookies.set("c", "1")
    try:
        response = session.get(url)
        response.raise_for_status()
    except requests.HTTPError as e:
        print(e.response)
        raise
    return response


def first(host):
    try:
        with socket.create_connection((host, 443)) as plain:
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as tls:
                if host == "old.example":
                    return None
                return tls.recv(1024)
    except ssl.SSLError as error:
        print(error.reason)
    finally:
        print(host)


def wrapped(plain, context: ssl.SSLContext):
    for attempt in range(3):
        try:
            try:
                if attempt:
                    return context.wrap_socket(plain)
            except ssl.SSLWantReadError:
                continue
        except OSError:
            break
    raise ValueError
