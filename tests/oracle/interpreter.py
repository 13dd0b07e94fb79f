"""Runs the cases that it reads (JSON) and prints the outcome of each step (JSON).

A step is a list: an operation and its arguments. What it makes has a name by which later steps
find it. An outcome is {"value": ...} or {"error": {...}}. interpreter.rs does the same in Rust.
"""
import json
import os
import re
import resource
import select
import socket
import ssl
import sys
import threading

CONTEXT_PROPERTIES = [
    "protocol", "verify_mode", "check_hostname", "options", "minimum_version", "maximum_version",
    "verify_flags", "security_level", "num_tickets", "post_handshake_auth",
    "hostname_checks_common_name",
]


def describe(e):
    """The visible attributes of an exception, without the line in CPython's source."""
    name = type(e).__name__
    if isinstance(e, ssl.SSLError):
        text = e.strerror if isinstance(e.strerror, str) else str(e.args[0])
    else:
        text = str(e)
    text = re.sub(r" \(_ssl\.c:\d+\)$", "", text)
    text = re.sub(r"^_ssl\.c:\d+: ", "", text)
    # The text of a socket differs between Python and Rust.
    text = re.sub(r"^No SSL wrapper around .*", "No SSL wrapper around it", text)
    found = {
        "class": "UnicodeError" if isinstance(e, UnicodeError) else name,
        "text": text,
    }
    for attribute in ["errno", "library", "reason", "verify_code", "verify_message"]:
        found[attribute] = getattr(e, attribute, None) if isinstance(e, OSError) else None
    return found


def plain(value):
    """Converts a result to JSON values."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (bool, str, dict, list)):
        return value
    if isinstance(value, int):
        return int(value)
    return "an object"


class End:
    """One side of a connection over memory BIOs."""

    def __init__(self, context, **options):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **options)


class Interpreter:
    def __init__(self):
        self.named = {}
        self.asked = []

    def run(self, step):
        operation, *arguments = step
        # CPython leaves OpenSSL's error queue as it is after a call that succeeded, and the next
        # failure may then be reported as that old error. A new connection empties the queue.
        if EMPTY:
            EMPTY.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())
        try:
            return {"value": plain(getattr(self, operation)(*arguments))}
        except LookupError as e:
            if e.args == ("missing",):
                return {"missing": True}
            raise
        except Exception as e:
            return {"error": describe(e)}

    def find(self, name):
        if name not in self.named:
            raise LookupError("missing")
        return self.named[name]

    # Contexts

    def context(self, name, protocol):
        self.named[name] = ssl.SSLContext(protocol)

    def default_context(self, name, purpose, locations):
        self.named[name] = ssl.create_default_context(
            purpose_of(purpose), **locations_of(locations))

    def set_default_verify_paths(self, name):
        self.find(name).set_default_verify_paths()

    def unverified_context(self, name, options):
        options = dict(options)
        if "purpose" in options:
            options["purpose"] = purpose_of(options["purpose"])
        self.named[name] = ssl._create_unverified_context(**locations_of(options))

    def set(self, name, attribute, value):
        setattr(self.find(name), attribute, value)

    def state(self, name):
        context = self.find(name)
        state = {p: plain(getattr(context, p)) for p in CONTEXT_PROPERTIES}
        state["cert_store_stats"] = context.cert_store_stats()
        state["session_stats"] = context.session_stats()
        state["ciphers"] = [c["name"] for c in context.get_ciphers()]
        return state

    def ciphers(self, name):
        return self.find(name).get_ciphers()

    def cert_store_stats(self, name):
        return self.find(name).cert_store_stats()

    def ca_certs(self, name):
        return [der.hex() for der in self.find(name).get_ca_certs(True)]

    def set_ciphers(self, name, ciphers):
        self.find(name).set_ciphers(ciphers)

    def set_alpn_protocols(self, name, protocols):
        self.find(name).set_alpn_protocols(protocols)

    def load_cert_chain(self, name, certfile, keyfile=None, password=None):
        self.find(name).load_cert_chain(certfile, keyfile, password_of(password))

    def load_verify_locations(self, name, locations):
        self.find(name).load_verify_locations(**locations_of(locations))

    def load_default_certs(self, name):
        self.find(name).load_default_certs()

    def set_ecdh_curve(self, name, curve):
        self.find(name).set_ecdh_curve(curve)

    def load_dh_params(self, name, path):
        self.find(name).load_dh_params(path)

    def refuse_names(self, name, alert):
        """Sets an SNI callback that returns an alert."""
        self.find(name).sni_callback = lambda *_: alert

    # The process

    def environ(self, name, value):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

    def starve(self, on):
        """Uses up all descriptors, or releases them again."""
        if on:
            with open(os.devnull) as file:
                lowest = file.fileno()
        else:
            lowest = DESCRIPTORS[0]
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, DESCRIPTORS[1]))

    def fifo(self, path, content):
        """Makes a named pipe; each reader that opens it gets this content."""
        def write():
            os.mkfifo(path)
            made.set()
            while True:
                pipe = os.open(path, os.O_WRONLY)
                # The next reader that opens the path gets another pipe.
                os.mkfifo(path + ".next")
                os.rename(path + ".next", path)
                data = bytes.fromhex(content)
                try:
                    while data:
                        data = data[os.write(pipe, data):]
                except BrokenPipeError:
                    pass
                os.close(pipe)

        made = threading.Event()
        threading.Thread(target=write, daemon=True).start()
        made.wait()

    def record(self, name, kind, other=None):
        """Sets a callback that records the name of this context."""
        context, key = self.find(name), b"k" * 16

        def note(text):
            if self.asked[-1:] != [text]:
                self.asked.append(text)

        if kind == "sni":
            def choose(tls, server_name, _):
                note(f"sni {name} {server_name}")
                if other:
                    tls.context = self.find(other)
            context.sni_callback = choose
        elif kind == "psk_client":
            def client(hint):
                note(f"psk_client {name} {hint}")
                return ("from " + name, key)
            context.set_psk_client_callback(client)
        elif kind == "psk_server":
            def server(identity):
                note(f"psk_server {name} {identity}")
                return key
            context.set_psk_server_callback(server, "hint of " + name)
        else:
            def show(tls, direction, *_):
                note(f"message {name} {direction}")
            context._msg_callback = show

    def log(self):
        """The records of callbacks since the last call."""
        asked, self.asked = self.asked, []
        return asked

    def key_labels(self, path):
        """The first words of the lines of a key log."""
        with open(path) as lines:
            return [line.split()[0] for line in lines if not line.startswith("#")]

    def forget(self, path):
        os.remove(path)

    # Connections in memory

    def object(self, name, context, options):
        self.named[name] = end = End(self.find(context), **options)
        return end.tls.server_hostname

    def pair(self, name, client, server, hostname, resumed=None):
        """Two ends before their handshake. The client offers the session of another connection."""
        session = self.find(resumed).tls.session if resumed else None
        client = End(self.find(client), server_hostname=hostname, session=session)
        server = End(self.find(server), server_side=True)
        self.named[name + ".client"], self.named[name + ".server"] = client, server

    def switch(self, name, context):
        self.find(name).tls.context = self.find(context)

    def handshake(self, name):
        """Moves bytes until both sides have finished, or no bytes are left to move."""
        sides = [self.find(name + ".client"), self.find(name + ".server")]
        outcomes = [None, None]
        while True:
            for i, side in enumerate(sides):
                if outcomes[i] is None:
                    try:
                        side.tls.do_handshake()
                        outcomes[i] = {"value": None}
                    except ssl.SSLWantReadError:
                        pass
                    except Exception as e:
                        outcomes[i] = {"error": describe(e)}
            if not self.pump(name) or None not in outcomes:
                return outcomes

    def pump(self, name):
        client, server = self.find(name + ".client"), self.find(name + ".server")
        up, down = client.outgoing.read(), server.outgoing.read()
        if not server.incoming.eof:
            server.incoming.write(up)
        if not client.incoming.eof:
            client.incoming.write(down)
        return bool(up or down)

    def feed(self, name, data):
        self.find(name).incoming.write(bytes.fromhex(data))

    def eof(self, name):
        self.find(name).incoming.write_eof()

    def sent(self, name):
        """The number of bytes to send, which are discarded."""
        return len(self.find(name).outgoing.read())

    def do(self, name, method, *arguments):
        """Calls a method of a connection; text arguments are bytes."""
        found = self.find(name)
        tls = found.tls if isinstance(found, End) else found
        arguments = [a.encode() if isinstance(a, str) and method in ("write", "send", "sendall")
                     else a for a in arguments]
        if method == "getpeercert":
            arguments = [True]
        value = getattr(tls, method)(*arguments)
        return "itself" if value is tls else value

    def forget_end(self, name):
        """Ends the transport without `close_notify`."""
        del self.named[name]

    def peer_is_shown(self, name):
        return bool(self.find(name).tls.getpeercert())

    def attribute(self, name, attribute):
        found = self.find(name)
        return getattr(found.tls if isinstance(found, End) else found, attribute)

    # Sockets

    def plain_socket(self, name, kind):
        kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[kind]
        self.named[name] = socket.socket(socket.AF_INET, kind)

    def listener(self, name):
        self.named[name] = sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.bind(("127.0.0.1", 0))
        sock.listen()

    def tcp_pair(self, client, server):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.named[client] = socket.create_connection(listener.getsockname())
            self.named[server] = listener.accept()[0]

    def wrap(self, name, context, sock, options):
        self.named[name] = self.find(context).wrap_socket(self.find(sock), **options)

    def connect_to(self, name, listener):
        self.find(name).connect(self.find(listener).getsockname())

    def connect_to_closed_port(self, name):
        with closed_port() as bound:
            self.find(name).connect(bound.getsockname())

    def connect_ex_to_closed_port(self, name):
        with closed_port() as bound:
            return self.find(name).connect_ex(bound.getsockname())

    def tls_pair(self, client, server, client_context, server_context, options):
        """Two connected sockets after the handshake."""
        self.tcp_pair(client, server)
        self.wrap_both(client, server, client_context, server_context, options)

    def local_tls_pair(self, client, server, client_context, server_context, options):
        """As tls_pair, over Unix sockets: data that one side has sent can be received at once."""
        self.named[client], self.named[server] = socket.socketpair()
        self.wrap_both(client, server, client_context, server_context, options)

    def wrap_both(self, client, server, client_context, server_context, options):
        wrapped = {}
        context, sock = self.find(server_context), self.find(server)

        def serve():
            wrapped["server"] = context.wrap_socket(sock, server_side=True, **options)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            self.named[client] = self.find(client_context).wrap_socket(
                self.find(client), server_hostname="localhost", **options)
        finally:
            thread.join()
        self.named[server] = wrapped["server"]

    def settimeout(self, name, seconds):
        self.find(name).settimeout(seconds)

    def shutdown(self, name, how):
        how = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}[how]
        self.find(name).shutdown(how)

    def close(self, name):
        self.find(name).close()

    def readable(self, name):
        """Whether poll reports an event."""
        poll = select.poll()
        poll.register(self.find(name), select.POLLIN)
        return bool(poll.poll(0))

    def hung_up(self, name):
        """Waits until the system knows that the peer has closed its socket."""
        poll = select.poll()
        poll.register(self.find(name), select.POLLRDHUP)
        return bool(poll.poll(60000))

    def poll_loop(self, name, size, pending_first):
        """Receives as long as poll, or pending if it is called first, reports data."""
        sock = self.find(name)
        received = []
        while len(received) < 100 and (pending_first and sock.pending() or self.readable(name)):
            try:
                data = sock.recv(size)
                received.append(data.hex())
                if not data:
                    break
            except ssl.SSLWantReadError:
                received.append("want read")
            except Exception as e:
                received.append(describe(e))
                break
        return received

    def plain_send(self, name, text):
        self.find(name).sendall(text.encode())

    def fill(self, name):
        """Sends until it would block."""
        while True:
            self.find(name).send(b"x" * 65536)


DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)
try:
    EMPTY = ssl.SSLContext(ssl.PROTOCOL_TLS)
except ssl.SSLError:
    # OpenSSL's configuration allows no context.
    EMPTY = None


def closed_port():
    """A socket that has a port and does not listen."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", 0))
    return bound


def purpose_of(name):
    return {"server": ssl.Purpose.SERVER_AUTH, "client": ssl.Purpose.CLIENT_AUTH}[name]


def locations_of(locations):
    locations = dict(locations)
    if "cadata_hex" in locations:
        locations["cadata"] = bytes.fromhex(locations.pop("cadata_hex"))
    return locations


def password_of(description):
    if not isinstance(description, dict):
        return description
    if "hex" in description:
        return bytes.fromhex(description["hex"])
    if "length" in description:
        return "x" * description["length"]
    if "returned_length" in description:
        return lambda: "x" * description["returned_length"]
    if "returns" in description:
        return lambda: description["returns"]

    def fail():
        raise Exception(description["raises"])
    return fail


def main():
    if sys.argv[1:] == ["steps"]:
        # One process runs all cases and answers each line.
        interpreter = Interpreter()
        for line in sys.stdin:
            print(json.dumps(interpreter.run(json.loads(line))))
        return
    for line in sys.stdin:
        interpreter = Interpreter()
        outcomes = [interpreter.run(step) for step in json.loads(line)]
        print(json.dumps(outcomes))


main()
