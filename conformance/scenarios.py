"""Random scenarios, run step by step on the interpreter's own `_ssl` and on ours.

    python3 scenarios.py [COUNT [FIRST]]        compares the scenarios FIRST, FIRST + 1, ...
    python3 scenarios.py --trace COUNT FIRST    prints what they come to on this `_ssl`

`python3 -m pyssl` must run. A scenario makes two contexts and changes them, wraps buffers or sockets
with them, and lets both ends do what comes to mind, in the wrong order and after failures too. It
depends on its number alone. The certificates are those of the interpreter's own tests.
"""

import json
import os
import random
import re
import socket
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import ssl

CERTIFICATES = Path(os.__file__).parent / "test" / "certdata"
SERVERS = ["keycert.pem", "keycert3.pem", "keycert4.pem", "keycertecc.pem"]
IDENTITIES = SERVERS + ["keycert2.pem", "allsans.pem", "idnsans.pem", "nosan.pem"]
AUTHORITIES = ["pycacert.pem", "keycert.pem", "keycert3.pem", "ssl_cert.pem", "revocation.crl", "badcert.pem", "none.pem"]
CIPHERS = [
    "ALL", "HIGH:!aNULL", "DEFAULT", "ECDHE+AESGCM", "AES128-SHA", "NULL", "eNULL", "aNULL:@SECLEVEL=0",
    "@SECLEVEL=0:ALL", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "DHE", "ALL:!kRSA",
    "AES256-SHA256", "PSK", "HIGH:+AES:@STRENGTH",
]  # fmt: skip
# All strings select something, because a rejected string empties the list of Python's context.
HOSTS = ["example.com", "127.0.0.1", "::1", ".example.com", "", "straße.de", "a" * 70 + ".com", "LOCALHOST",
         "localhost.", "xn--a", "exa mple", None, None]  # fmt: skip
VERSIONS = list(ssl.TLSVersion)
OPTIONS = ["OP_NO_TLSv1_3", "OP_NO_TLSv1_2", "OP_NO_TICKET", "OP_ALL", "OP_NO_TLSv1", "OP_CIPHER_SERVER_PREFERENCE",
           "OP_NO_RENEGOTIATION", "OP_IGNORE_UNEXPECTED_EOF", "OP_NO_SSLv3"]  # fmt: skip
FLAGS = [ssl.VERIFY_X509_STRICT, ssl.VERIFY_CRL_CHECK_LEAF, ssl.VERIFY_X509_PARTIAL_CHAIN, ssl.VERIFY_DEFAULT]
NOISE = [b"GET / HTTP/1.0\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\0" * 10, b"\x16\x03\x01\x00\x05abcde",
         b"\x17\x03\x03\x00\x10" + b"z" * 16]  # fmt: skip


def path(name):
    return str(CERTIFICATES / name)


def plain(value):
    """A value in a form that both processes can compare. Bytes that no scenario has sent are random."""
    if isinstance(value, (bytes, bytearray)):
        return len(value) if not any(value) else "bytes"
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, ssl.SSLSession):
        return ["session", value.has_ticket, value.timeout, value.ticket_lifetime_hint]
    if value is None or isinstance(value, (int, str)):
        return value if isinstance(value, bool) else repr(value)
    return type(value).__name__


def failure(error):
    told = [type(error).__name__]
    if isinstance(error, ssl.SSLError):
        told += [error.errno, getattr(error, "library", None), getattr(error, "reason", None)]
        if isinstance(error, ssl.SSLCertVerificationError):
            told += [error.verify_code, error.verify_message]
        text = error.args[-1] if error.args else ""
    elif isinstance(error, OSError):
        told.append(error.errno)
        text = error
    else:
        text = re.sub("<.*>", "<object>", str(error))
    # Only Python's own module adds line numbers.
    return told + [re.sub(r"^_ssl\.c:\d+: | \(_ssl\.c:\d+\)", "", str(text))]


class Scenario:
    def __init__(self, number):
        self.random = random.Random(number)
        self.session = None

    def chance(self, probability):
        return self.random.random() < probability

    def step(self, label, call):
        try:
            outcome = {"value": plain(call())}
        except Exception as error:
            outcome = {"error": failure(error)}
        print(json.dumps([label, outcome]), flush=True)

    def run(self):
        client, server = self.context("c"), self.context("s")
        if self.chance(0.25):
            self.choose_by_name(server)
        for _ in range(self.random.choice([1, 1, 2])):
            link = (Buffers if self.chance(0.6) else Sockets)(self, client, server)
            if self.chance(0.85):
                link.handshake()
            for _ in range(self.random.randrange(5, 40)):
                link.act()
            for name, end in link.ends.items():
                self.step(f"{name}.end", lambda: [end.version(), end.cipher(), end.pending()])
        for name, context in ("c", client), ("s", server):
            self.step(f"{name}.session_stats", lambda: context.session_stats() | {"number": 0})

    def context(self, name):
        usual, other = ("CLIENT", "SERVER") if name == "c" else ("SERVER", "CLIENT")
        protocol = self.random.choice([f"TLS_{usual}"] * 4 + ["TLS"] * 2 + ["TLSv1_2", "TLSv1", f"TLS_{other}"])
        context = ssl.SSLContext(getattr(ssl, f"PROTOCOL_{protocol}"))
        self.step(f"{name} = {protocol}", lambda: None)
        if name == "s":
            if self.chance(0.85):
                self.load_identity(name, context, SERVERS)
            if self.chance(0.3):
                mode, authority = self.random.choice([1, 2]), self.random.choice(["pycacert.pem", "keycert.pem"])
                self.step("s.verify_mode", lambda: setattr(context, "verify_mode", mode))
                self.step("s.trust", lambda: context.load_verify_locations(path(authority)))
        elif self.chance(0.85):
            self.step("c.trust", lambda: context.load_verify_locations(path("pycacert.pem")))
            if self.chance(0.3):
                self.load_identity(name, context, SERVERS)
        for _ in range(self.random.choice([0, 0, 1, 2, 5])):
            self.change(name, context)
        self.properties(name, context)
        return context

    def load_identity(self, name, context, files):
        file = self.random.choice(files)
        self.step(f"{name}.load_cert_chain {file}", lambda: context.load_cert_chain(path(file), password="somepass"))

    def properties(self, name, context):
        self.step(f"{name}.properties", lambda: [
            int(context.verify_mode), context.check_hostname, int(context.options), int(context.minimum_version),
            int(context.maximum_version), int(context.verify_flags), context.security_level, context.num_tickets,
            context.post_handshake_auth, context.hostname_checks_common_name, context.keylog_filename,
            context.cert_store_stats(), [cipher["name"] for cipher in context.get_ciphers()],
        ])  # fmt: skip

    def change(self, name, context, connected=False):
        """Calls a setter or a getter. The suites of a live connection are not changed: they change with
        the context in CPython."""
        r = self.random

        def assign(attribute, values):
            value = r.choice(values)
            self.step(f"{name}.{attribute} = {value!r}", lambda: setattr(context, attribute, value))

        def call(method, values):
            value = r.choice(values)
            self.step(f"{name}.{method}({value!r:.40})", lambda: getattr(context, method)(value))

        def options():
            flag = getattr(ssl, r.choice(OPTIONS))
            add = r.random() < 0.6
            value = context.options | flag if add else context.options & ~flag
            self.step(f"{name}.options = {value:#x}", lambda: setattr(context, "options", value))

        def trust_text():
            file = r.choice(AUTHORITIES[:-3])
            text = Path(path(file)).read_text()
            data = r.choice([text, text + text, "broken " + text[:300], "", b"", b"abc", "invalid", "\u00e9", None])
            self.step(f"{name}.cadata {file}", lambda: context.load_verify_locations(cadata=data))
            self.step(f"{name}.stats", context.cert_store_stats)

        r.choice([
            lambda: assign("verify_mode", [0, 1, 2, 3]),
            lambda: assign("check_hostname", [True, False]),
            options,
            lambda: assign("minimum_version", VERSIONS),
            lambda: assign("maximum_version", VERSIONS),
            lambda: connected or call("set_ciphers", CIPHERS),
            lambda: call("set_alpn_protocols", [["h2"], ["h2", "http/1.1"], [], ["a" * 255], ["a" * 256], [""]]),
            lambda: self.load_identity(name, context, IDENTITIES),
            lambda: call("load_verify_locations", [path(file) for file in AUTHORITIES]),
            trust_text,
            lambda: call("set_ecdh_curve", ["prime256v1", "secp384r1", "X25519", "nope", "", b"prime256v1"]),
            lambda: assign("verify_flags", FLAGS),
            lambda: assign("num_tickets", [0, 1, 2, 5, -1, 100]),
            lambda: assign("post_handshake_auth", [True, False]),
            lambda: assign("hostname_checks_common_name", [True, False]),
            lambda: call("load_dh_params", [path(file) for file in ("ffdh3072.pem", "keycert.pem", "keycertecc.pem")]),
            lambda: self.properties(name, context),
            lambda: self.step(f"{name}.get_ca_certs", context.get_ca_certs),
        ])()  # fmt: skip

    def choose_by_name(self, server):
        other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        other.load_cert_chain(path("keycert4.pem"))
        answer = self.random.choice(["switch", "refuse", "nothing"])

        def choose(sock, name, context):
            print(json.dumps(["asked for", name, type(sock).__name__]))
            if answer == "switch":
                sock.context = other
            elif answer == "refuse":
                return ssl.ALERT_DESCRIPTION_ACCESS_DENIED

        self.step("s.sni_callback", lambda: setattr(server, "sni_callback", choose))


class Link:
    """Two ends, `c` and `s`, each of which may not exist."""

    def __init__(self, scenario, client, server):
        self.scenario, self.random, self.ends = scenario, scenario.random, {}
        self.contexts = {"c": client, "s": server}
        host = "localhost" if self.random.random() < 0.65 else self.random.choice(HOSTS)
        session = scenario.session if self.random.random() < 0.3 else None
        for name, wrap in self.wraps(host, session).items():
            scenario.step(f"{name}.wrap {host!r:.40}", lambda: self.ends.__setitem__(name, wrap()))

    def handshake(self):
        for _ in range(6):
            for name, end in self.ends.items():
                self.scenario.step(f"{name}.do_handshake", end.do_handshake)
                self.carry(name)

    def act(self):
        if not self.ends:
            return
        name = self.random.choice(list(self.ends))
        end, step, r = self.ends[name], self.scenario.step, self.random

        def data():
            return bytes(r.choice([0, 1, 100, 16384, 40000]))

        def read_into():
            buffer, size = bytearray(r.choice([0, 5, 50])), r.choice([0, 3, 50, 1024, -1])
            step(f"{name}.read({size}, {len(buffer)})", lambda: end.read(size, buffer))

        def keep():
            self.scenario.session = end.version() and end.session
            return self.scenario.session

        def chains():
            for method in "get_verified_chain", "get_unverified_chain":
                step(f"{name}.{method}", lambda: [len(der) for der in getattr(end, method)()])

        def call(method, *arguments):
            step(f"{name}.{method}{[a if isinstance(a, int) else len(a) for a in arguments]}",
                 lambda: getattr(end, method)(*arguments))  # fmt: skip

        other = self.contexts[r.choice("cs")]
        binding = r.choice(["tls-unique", "bogus"])
        usual = [
            lambda: call("do_handshake"),
            lambda: call("read", r.choice([0, 1, 10, 100000, -1])),
            read_into,
            lambda: call("write", data()),
            lambda: step(f"{name}.unwrap", lambda: type(end.unwrap()).__name__),
            lambda: call("verify_client_post_handshake"),
            # This library allows neither during a handshake.
            lambda: end.version() and step(f"{name}.context", lambda: setattr(end, "context", other)),
            lambda: step(f"{name}.session =", lambda: setattr(end, "session", self.scenario.session)),
            lambda: step(f"{name}.session", keep),
            lambda: self.scenario.change(name, self.contexts[name], connected=True),
            chains,
            lambda: step(f"{name}.getpeercert", end.getpeercert),
            lambda: step(f"{name}.getpeercert(True)", lambda: len(end.getpeercert(True) or "")),
            lambda: step(f"{name}.binding", lambda: len(end.get_channel_binding(binding) or "")),
            lambda: step(f"{name}.names", lambda: [end.server_side, end.server_hostname, end.session_reused]),
        ]
        asked = ["version", "cipher", "selected_alpn_protocol", "compression", "shared_ciphers", "pending"]
        usual += [lambda method=method: call(method) for method in asked]
        r.choice(usual + self.actions(name, end, step, call, data))()


class Buffers(Link):
    def wraps(self, host, session):
        self.incoming = {"c": ssl.MemoryBIO(), "s": ssl.MemoryBIO()}
        self.outgoing = {"c": ssl.MemoryBIO(), "s": ssl.MemoryBIO()}

        def wrap(name, **options):
            return self.contexts[name].wrap_bio(self.incoming[name], self.outgoing[name], **options)

        return {
            "c": lambda: wrap("c", server_hostname=host, session=session),
            "s": lambda: wrap("s", server_side=True),
        }

    def carry(self, name):
        other = "s" if name == "c" else "c"
        self.scenario.step(f"{name} to {other}", lambda: bool(self.incoming[other].write(self.outgoing[name].read())))

    def actions(self, name, end, step, call, data):
        rare = [lambda: None] * 3
        noise = self.random.choice(NOISE)
        rare += [lambda: self.incoming[name].write_eof()]
        rare += [lambda: step(f"{name}.noise", lambda: self.incoming[name].write(noise))]
        return [lambda: self.carry(name)] * 6 + [self.random.choice(rare)]


class Sockets(Link):
    def wraps(self, host, session):
        near, far = socket.socketpair()
        near.settimeout(0)
        far.settimeout(0)
        at_once, strict = self.random.random() < 0.05, self.random.random() < 0.5
        return {
            "c": lambda: self.contexts["c"].wrap_socket(
                near, do_handshake_on_connect=at_once, suppress_ragged_eofs=strict, server_hostname=host,
                session=session,
            ),
            "s": lambda: self.contexts["s"].wrap_socket(
                far, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=not strict
            ),
        }  # fmt: skip

    def carry(self, name):
        pass

    def actions(self, name, end, step, call, data):
        r = self.random
        refused = r.choice([
            ("recvfrom", 10), ("recvfrom_into", bytearray(4)), ("sendto", b"x", ("localhost", 1)), ("sendmsg", [b"x"]),
            ("recvmsg", 10), ("recvmsg_into", [bytearray(3)]), ("dup",), ("recv", 10, 1), ("send", b"x", 1),
        ])  # fmt: skip
        buffer, size = bytearray(r.choice([0, 5, 50])), r.choice([0, 3])
        end_of_it = [lambda: None] * 8
        end_of_it += [lambda: call("shutdown", r.choice([0, 1, 2])), lambda: step(f"{name}.close", end.close)]
        return [
            lambda: call("recv", r.choice([0, 1, 10, 100000])),
            lambda: call("recv", r.choice([0, 1, 10, 100000])),
            lambda: step(f"{name}.recv_into", lambda: end.recv_into(buffer, size)),
            lambda: call("send", data()),
            lambda: call("sendall", data()[:16384]),
            lambda: step(f"{name}.{refused[0]}", lambda: getattr(end, refused[0])(*refused[1:])),
            r.choice(end_of_it),
        ]


def expected(label, theirs, ours):
    """The reason why two outcomes may differ (vendor-notes.md), or None. The scenario ends there."""
    their_error, our_error = theirs.get("error", [""]), ours.get("error", [""])
    if their_error[0] == "AttributeError":
        return "an internal None of Python's"
    if our_error[-1] == "Cannot set session after handshake.":
        return "Python treats a failed connection as one before its handshake"
    if "ALERT" in str(their_error) and our_error[0] in ("", "SSLEOFError", "SSLZeroReturnError"):
        return "an alert of an earlier call, left in Python's error queue"
    if label.endswith((".end", ".pending[]")) and "error" not in theirs and "error" not in ours:
        return "pending after a failure, or of data read ahead"
    if label.endswith(".getpeercert") and {} in (theirs.get("value"), ours.get("value")):
        return "Python uses the context's current verify mode"
    if our_error[0] == "BrokenPipeError":
        return "ours sends pending data first"
    return None


def traces(count, first, engine):
    environment = {k: v for k, v in os.environ.items() if engine or k != "PYTHONPATH"}
    trace = [__file__, "--trace", str(count), str(first)]
    command = [sys.executable, "-W", "ignore", *engine, *trace]
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [scenario.splitlines() for scenario in process.stdout.split("#\n")[1:]]


def compare(count, first):
    stock, ours = traces(count, first, []), traces(count, first, ["-m", "pyssl"])
    known, unknown = Counter(), 0
    for number, (a, b) in enumerate(zip(stock, ours, strict=True), first):
        for step, (x, y) in enumerate(zip(a, b)):
            if x == y:
                continue
            (label, theirs), (_, mine) = json.loads(x)[:2], json.loads(y)[:2]
            why = expected(label, theirs, mine) if isinstance(theirs, dict) else None
            known[why] += 1
            if why is None:
                unknown += 1
                print(f"scenario {number}, step {step}\n  Python {x}\n  ours   {y}")
            break
    steps = sum(map(len, stock))
    print(f"{count} scenarios from {first} on, {steps} steps: {unknown} differ")
    for why, times in known.items():
        if why:
            print(f"{times:4} end early: {why}")
    return unknown


def main(arguments):
    warnings.simplefilter("ignore")
    if arguments[:1] == ["--trace"]:
        count, first = map(int, arguments[1:])
        for number in range(first, first + count):
            print("#")
            Scenario(number).run()
        return 0
    count, first = (list(map(int, arguments)) + [500, 0][len(arguments) :])[:2]
    return bool(compare(count, first))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
