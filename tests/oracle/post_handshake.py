"""One side of a connection on which a server asks for a certificate after the handshake.

Prints the port (server), then what each step came to (JSON), and keeps its socket until its
standard input ends. post_handshake.rs does the same in Rust.
"""
import json
import socket
import ssl
import sys

role, port, settings = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])


def outcome(step):
    try:
        return step()
    except Exception as e:
        return f"{type(e).__name__} {getattr(e, 'reason', None)} {getattr(e, 'errno', None)}"


def context(protocol):
    context = ssl.SSLContext(protocol)
    context.load_verify_locations(settings["ca"])
    context.maximum_version = settings["maximum_version"]
    if settings[role + "_cert"]:
        context.load_cert_chain(settings[role + "_cert"])
    context.post_handshake_auth = settings[role + "_pha"]
    return context


def serve():
    ctx = context(ssl.PROTOCOL_TLS_SERVER)
    ctx.verify_mode = settings["verify_mode"]
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    conn = ctx.wrap_socket(listener.accept()[0], server_side=True)
    shown = lambda: outcome(lambda: conn.getpeercert(True) is not None)
    steps = [shown()]
    steps += [outcome(conn.verify_client_post_handshake) for _ in range(settings["asks"])]
    conn.sendall(b"down")
    steps += [outcome(lambda: conn.recv(2).decode()), shown()]
    steps.append(outcome(lambda: conn.sendall(b"end")))
    return conn, steps


def connect():
    ctx = context(ssl.PROTOCOL_TLS_CLIENT)
    plain = socket.create_connection(("127.0.0.1", port))
    conn = ctx.wrap_socket(plain, server_hostname="localhost")
    steps = [outcome(lambda: conn.recv(4).decode())]
    steps.append(outcome(conn.verify_client_post_handshake))
    steps.append(outcome(lambda: conn.sendall(b"up")))
    steps.append(outcome(lambda: conn.recv(3).decode()))
    return conn, steps


conn, steps = serve() if role == "server" else connect()
print(json.dumps(steps), flush=True)
sys.stdin.read()
