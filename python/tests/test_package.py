"""Tests of the installed package. Run with the Python that has it:

    python -m unittest discover python/tests

They need no certificates: handshakes use anonymous cipher suites.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import tomllib
import unittest
from pathlib import Path

IS_OURS = "import ssl; print(hasattr(ssl._ssl, '_ENGINE_VERSION'))"


def python(*arguments, text="", **environment):
    """Runs this interpreter in an empty folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as directory:
        return subprocess.run(
            [sys.executable, *arguments],
            env=inherited | environment,
            cwd=directory,
            input=text,
            capture_output=True,
            text=True,
            timeout=300,
        )


class Case(unittest.TestCase):
    def output(self, *arguments, **options):
        done = python(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def script(self, text):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = Path(directory.name).resolve() / "app.py"
        path.write_text(textwrap.dedent(text))
        return str(path)


class CommandTests(Case):
    def test_without_the_command_a_program_gets_the_interpreters_engine(self):
        self.assertEqual(self.output("-c", IS_OURS), "False")

    def test_a_script_runs_as_without_the_command(self):
        app = self.script("""\
            import os, sys
            print(__name__, __file__, sys.argv, sys.path[0], __spec__, sys.modules["__main__"] is not None)
            sys.exit(int(sys.stdin.read()))
        """)
        plain = python(app, "-x", "--check", "a b", text="7")
        ours = python("-m", "pyssl", app, "-x", "--check", "a b", text="7")
        self.assertEqual((ours.stdout, ours.returncode), (plain.stdout, 7))

    def test_a_script_gets_this_engine(self):
        self.assertEqual(self.output("-m", "pyssl", self.script(IS_OURS)), "True")

    def test_code_and_modules_get_this_engine(self):
        self.assertEqual(self.output("-m", "pyssl", "-c", IS_OURS), "True")
        app = self.script(IS_OURS)
        found = self.output("-m", "pyssl", "-m", "app", PYTHONPATH=str(Path(app).parent))
        self.assertEqual(found, "True")

    def test_code_on_standard_input_gets_this_engine(self):
        self.assertEqual(self.output("-m", "pyssl", "-", text=IS_OURS), "True")
        self.assertEqual(self.output("-m", "pyssl", text=IS_OURS), "True")

    def test_a_traceback_has_only_the_programs_own_lines(self):
        app = self.script("raise LookupError('gone')")
        plain, ours = python(app), python("-m", "pyssl", app)
        self.assertEqual(ours.stderr, plain.stderr)

    def test_options_of_the_interpreter_stay_in_force(self):
        code = "import sys; print(sys.flags.optimize, sys.warnoptions, sys._xoptions, sys.flags.safe_path)"
        options = ["-O", "-W", "error::DeprecationWarning", "-X", "dev", "-P"]
        expected = self.output(*options, "-c", code)
        self.assertEqual(self.output(*options, "-m", "pyssl", "-c", code), expected)
        self.assertEqual(self.output(*options, "-mpyssl", "-c", code), expected)
        self.assertEqual(self.output(*options[:-1], "-Pm", "pyssl", "-c", code), expected)

    def test_processes_that_the_program_starts_get_this_engine(self):
        app = self.script(f"""\
            import multiprocessing, subprocess, sys
            def ours():
                import ssl
                return hasattr(ssl._ssl, "_ENGINE_VERSION")
            if __name__ == "__main__":
                print(subprocess.run([sys.executable, "-c", {IS_OURS!r}], capture_output=True, text=True).stdout.strip())
                for method in "fork", "spawn", "forkserver":
                    with multiprocessing.get_context(method).Pool(1) as pool:
                        print(pool.apply(ours))
        """)
        self.assertEqual(self.output("-m", "pyssl", app).split(), ["True"] * 4)

    def test_isolated_mode_is_refused_since_it_ignores_pythonpath(self):
        for option in "-I", "-E":
            done = python(option, "-m", "pyssl", "-c", IS_OURS)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("PYTHONPATH", done.stderr)

    def test_the_check_names_the_engine_and_openssl(self):
        lines = self.output("-m", "pyssl", "--check")
        version = self.output("-m", "pyssl", "-c", "import ssl; print(ssl.OPENSSL_VERSION)")
        self.assertIn("pyssl 0.", lines)
        self.assertIn(version, lines)

    def test_the_package_has_the_version_of_the_library(self):
        manifest = Path(__file__).resolve().parents[2] / "Cargo.toml"
        version = tomllib.loads(manifest.read_text())["workspace"]["package"]["version"]
        self.assertIn(f"pyssl {version} ", self.output("-m", "pyssl", "--check"))

    def test_the_check_fails_if_programs_get_another_engine(self):
        # A sitecustomize that imports another `_ssl` is the last chance to precede this engine.
        app = self.script("import sys; sys.path = [p for p in sys.path if 'pyssl' not in p]; import ssl")
        site = Path(app).with_name("sitecustomize.py")
        Path(app).rename(site)
        done = python("-m", "pyssl", "--check", PYTHONPATH=str(site.parent))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("do not get this engine", done.stderr)

    def test_an_unknown_option_is_refused(self):
        done = python("-m", "pyssl", "--chek")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage:", done.stderr)


class InstallTests(Case):
    def test_install_replaces_the_engine_before_the_first_import(self):
        code = "import pyssl; pyssl.install(); pyssl.install(); " + IS_OURS
        self.assertEqual(self.output("-c", code), "True")
        # `-I` and `-E` do not matter, since install() does not use PYTHONPATH.
        self.assertEqual(self.output("-I", "-c", code), "True")

    def test_install_does_not_change_the_search_path(self):
        code = "import pyssl, sys; before = list(sys.path); pyssl.install(); import ssl; print(sys.path == before)"
        self.assertEqual(self.output("-c", code), "True")

    def test_install_within_the_command_does_nothing(self):
        self.assertEqual(self.output("-m", "pyssl", "-c", "import pyssl; pyssl.install(); " + IS_OURS), "True")
        code = "import ssl, pyssl; before = ssl._ssl; pyssl.install(); import _ssl; print(before is _ssl)"
        self.assertEqual(self.output("-m", "pyssl", "-c", code), "True")

    def test_install_after_an_import_names_the_modules_that_use_ssl(self):
        done = python("-c", "import http.client, pyssl; pyssl.install()")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"RuntimeError: pyssl\.install\(\) must be called before .*http\.client")
        done = python("-c", "import _ssl, pyssl; pyssl.install()")
        self.assertIn("RuntimeError", done.stderr)


class EngineTests(Case):
    def test_two_contexts_connect_and_exchange_data(self):
        app = self.script("""\
            import ssl
            client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
            for context in client, server:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.set_ciphers("aNULL:@SECLEVEL=0")
            up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
            ends = client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True)
            done = set()
            while len(done) < 2:
                for end in ends:
                    try:
                        end.do_handshake()
                        done.add(end)
                    except ssl.SSLWantReadError:
                        pass
            ends[0].write(b"over the engine")
            print(ends[1].read().decode(), ends[1].version(), hasattr(ssl._ssl, "_ENGINE_VERSION"))
        """)
        self.assertEqual(self.output("-m", "pyssl", app), "over the engine TLSv1.2 True")

    def test_the_standard_librarys_modules_find_every_name_of_the_engine(self):
        names = "import _ssl, json; print(json.dumps(sorted(n for n in dir(_ssl) if not n.startswith('__'))))"
        stock, ours = self.output("-c", names), self.output("-m", "pyssl", "-c", names)
        # Python 3.11's tables of error codes, which nothing in its standard library reads.
        tables = {"err_codes_to_names", "err_names_to_codes", "lib_codes_to_names"}
        self.assertEqual(set(json.loads(stock)) - set(json.loads(ours)) - tables, set())


# Two ends of a TLS connection over a pair of sockets: `client` and `server`.
CONNECTED = """\
import os, socket, ssl, threading
contexts = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
contexts[0].check_hostname, contexts[0].verify_mode = False, ssl.CERT_NONE
for context in contexts:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def connect():
    pair = socket.socketpair()
    for end in pair:
        end.settimeout(60)
    ends = [c.wrap_socket(s, server_side=i == 1, do_handshake_on_connect=False) for i, (c, s) in enumerate(zip(contexts, pair))]
    thread = threading.Thread(target=ends[1].do_handshake)
    thread.start()
    ends[0].do_handshake()
    thread.join()
    return ends

def tell(operation):
    try:
        print(operation())
    except Exception as error:
        print(type(error).__name__, getattr(error, "errno", None))

client, server = connect()
"""


# What a program sees of every operation after the socket was closed, detached or collected. In each row: the time-out,
# what happened to the socket, the object (`_sslobj` or the socket), the operation, and its result or error.
RELEASED = r'''
import gc

def describe(operation):
    """Everything that a program can see of a result or an error."""
    try:
        return repr(operation())
    except Exception as error:
        facts = [getattr(error, name, "none") for name in ("errno", "strerror", "reason", "library", "args")]
        return f"{type(error).__module__}.{type(error).__qualname__} {facts}"

OPERATIONS = {
    "read": lambda s: s.read(10), "read into": lambda s: s.read(10, bytearray(10)),
    "read 0": lambda s: s.read(0), "write": lambda s: s.write(b"x"), "write nothing": lambda s: s.write(b""),
    "recv": lambda s: s.recv(10), "recv 0": lambda s: s.recv(0), "recv_into": lambda s: s.recv_into(bytearray(5)),
    "send": lambda s: s.send(b"x"), "sendall": lambda s: s.sendall(b"x"),
    "do_handshake": lambda s: s.do_handshake(), "unwrap": lambda s: s.unwrap(), "shutdown": lambda s: s.shutdown(),
    "pending": lambda s: s.pending(), "version": lambda s: s.version(), "cipher": lambda s: s.cipher()[0],
    "shared_ciphers": lambda s: s.shared_ciphers() is None, "compression": lambda s: s.compression(),
    "getpeercert": lambda s: s.getpeercert(), "getpeercert der": lambda s: s.getpeercert(True),
    "chain": lambda s: s.get_verified_chain(), "unverified chain": lambda s: s.get_unverified_chain(),
    "alpn": lambda s: s.selected_alpn_protocol(), "binding": lambda s: len(s.get_channel_binding("tls-unique")),
    "context": lambda s: type(s.context).__name__, "session": lambda s: type(s.session).__name__,
    "session_reused": lambda s: s.session_reused, "server_hostname": lambda s: s.server_hostname,
    "server_side": lambda s: s.server_side, "owner": lambda s: type(s.owner).__name__,
    "post handshake": lambda s: s.verify_client_post_handshake(),
    "set context": lambda s: setattr(s, "context", contexts[0]),
}

def close(s): s.close()
def detach(s): kept.append(s.detach())
def lose(s): pass

kept = []
for mode in None, 5, 0:
    for end in close, detach, lose:
        for face in "engine", "socket":
            for name, operation in OPERATIONS.items():
                ends = connect()
                for s in ends:
                    s.settimeout(mode)
                subject = ends[0]._sslobj if face == "engine" else ends[0]
                if end is lose and face == "socket":
                    continue
                end(ends[0])
                peer = ends.pop()
                if end is not close: peer.close()
                if end is lose:
                    ends.clear(); gc.collect()
                try:
                    print(mode, end.__name__, face, name, describe(lambda: operation(subject)))
                finally:
                    for number in kept: os.close(number)
                    kept.clear(); ends.clear(); del subject; peer.close()
'''


class DescriptorTests(Case):
    """The engine works on the descriptor of Python's socket, as the interpreter's own engine does."""

    def alike(self, program):
        app = self.script(CONNECTED + textwrap.dedent(program))
        expected = self.output(app)
        self.assertEqual(self.output("-m", "pyssl", app), expected)
        return expected

    def test_a_connection_has_one_descriptor(self):
        # The first connections let each engine open what all connections share.
        found = self.alike("""
            first = [connect() for _ in range(40)]
            before = descriptors()
            more = [connect() for _ in range(20)]
            print(descriptors() - before)
        """)
        self.assertEqual(found, "40")

    def test_a_descriptor_closed_beneath_is_an_error(self):
        self.alike("""
            server.sendall(b"never read")
            os.close(client.fileno())
            tell(lambda: client.recv(10))
            tell(lambda: client.send(b"x"))
            tell(lambda: client.do_handshake())
            tell(lambda: client.version())
            tell(lambda: server.recv(10))
            client.detach()

            client, server = connect()
            os.close(client.fileno())
            tell(lambda: client.unwrap())
            client.detach()
        """)

    def test_the_peer_sees_the_end_when_the_socket_is_closed_although_the_engines_object_lives(self):
        self.alike("""
            held = client._sslobj
            client.close()
            tell(lambda: server.recv(10))
            tell(lambda: held.read(10))
            tell(lambda: held.version())
        """)

    def test_a_descriptor_that_now_is_another_socket_is_used(self):
        self.alike("""
            spare, far = socket.socketpair()
            spare.settimeout(60)
            far.settimeout(60)
            os.dup2(spare.fileno(), client.fileno())
            tell(lambda: client.send(b"for the other socket"))
            record = far.recv(1000)
            print(record[:3], len(record))
            tell(lambda: server.recv(10))
            far.sendall(b"no record of TLS")
            tell(lambda: client.recv(10))
        """)

    def test_a_detached_descriptor_stays_open_and_in_clear_text(self):
        self.alike("""
            held = client._sslobj
            number = client.detach()
            tell(lambda: held.write(b"x"))
            plain = socket.socket(fileno=number)
            plain.sendall(b"clear text that is no record at all")
            tell(lambda: server.recv(10))
        """)

    def test_every_operation_on_a_released_socket_has_the_interpreters_own_result(self):
        app = self.script(CONNECTED + RELEASED)
        # The places in the sources differ.
        stock, ours = (re.sub(r" \((_ssl\.c|pyssl)[^)]*\)", "", text).splitlines()
                       for text in (self.output("-W", "ignore", app), self.output("-W", "ignore", "-m", "pyssl", app)))
        self.assertGreater(len(stock), 400)
        self.assertEqual(ours, stock)

    def test_a_closed_sockets_number_is_not_used_for_another_file(self):
        app = self.script(CONNECTED + textwrap.dedent("""
            held, number = client._sslobj, client.fileno()
            client.settimeout(None)
            client.close()
            spare, far = socket.socketpair()
            os.dup2(spare.fileno(), number)
            far.setblocking(False)
            tell(lambda: held.write(b"for the closed socket"))
            tell(lambda: far.recv(1))
        """))
        # The interpreter's own engine writes the record to the other file.
        self.assertEqual(self.output(app).splitlines(), ["21", "b'\\x17'"])
        # Before 3.12.3, Python reports failed system calls of a write as the end of the connection.
        failed = "SSLEOFError 8" if sys.version_info < (3, 12, 3) else "OSError 9"
        self.assertEqual(self.output("-m", "pyssl", app).splitlines(), [failed, "BlockingIOError 11"])

    def test_a_post_handshake_request_waits_for_a_write_no_longer_than_the_sockets_time_out(self):
        found = self.output("-m", "pyssl", self.script(CONNECTED + textwrap.dedent("""
            import select
            def send():
                while True:
                    try:
                        server.sendall(bytes(1 << 26))
                    except OSError:
                        pass
            # The peer reads nothing, so the thread waits in a call of `send`, which began without a time-out.
            server.settimeout(None)
            threading.Thread(target=send, daemon=True).start()
            while select.select([], [server], [], 0)[1]:
                pass
            server.settimeout(0.1)
            while True:
                try:
                    server.verify_client_post_handshake()
                except TimeoutError:
                    break
                except ssl.SSLError:
                    pass
            print("timed out", flush=True)
            os._exit(0)
        """)))
        self.assertEqual(found, "timed out")

    def test_a_thread_that_waits_gets_data_after_its_context_is_gone(self):
        self.alike("""
            import gc, weakref
            reader = threading.Thread(target=lambda: tell(lambda: client.recv(10)))
            reader.start()
            del contexts
            gc.collect()
            server.sendall(b"late")
            reader.join()
        """)


if __name__ == "__main__":
    unittest.main()
