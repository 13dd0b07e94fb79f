"""Does the measured work in Python. Each line on standard input has a number of seconds;
the answer is one line with the result."""
import collections, resource, socket, ssl, struct, sys, tempfile, threading, time

row, ca, combined, bundle, ciphers, clock = sys.argv[1:]
now = time.process_time if clock == "cpu" else time.monotonic
BATCH, MESSAGE, WARM_UP, PAIRS = 16 << 20, 64, 50, 300
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def limit(context, version):
    context.maximum_version = context.minimum_version = version
    context.set_ciphers(ciphers)
    return context


def server_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(combined)
    return limit(context, version)


def client_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    return limit(context, version)


def serve(version, work, in_threads=False):
    context, listener = server_context(version), socket.create_server(("127.0.0.1", 0), backlog=128)

    def run():
        while True:
            sock = listener.accept()[0]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if in_threads:
                threading.Thread(target=handle, args=(sock,), daemon=True).start()
            else:
                handle(sock)

    def handle(sock):
        try:
            work(context.wrap_socket(sock, server_side=True))
        except ConnectionError:
            pass

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()


def connect(context, addr, session=None):
    while True:
        try:
            sock = socket.create_connection(addr)
            break
        except OSError:
            time.sleep(0)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return context.wrap_socket(sock, server_hostname="localhost", session=session)


def recv_exact(sock, view):
    while view:
        n = sock.recv_into(view)
        assert n, "the peer went away"
        view = view[n:]


def repeat(op, amount=1):
    def work(seconds):
        start, count = now(), 0
        while now() - start < seconds:
            op()
            count += amount
        return count / (now() - start)

    return work


def handshakes(version, resumed):
    def word(sock):
        with sock:
            sock.sendall(b"!")
            while sock.recv(16):
                pass

    addr, context = serve(version, word), client_context(version)

    def one(session=None):
        sock = connect(context, addr, session)
        recv_exact(sock, memoryview(bytearray(1)))
        return sock

    if not resumed:
        return repeat(lambda: one().close())
    with one() as sock:
        state = [sock.session]

    def resume():
        with one(state[0]) as sock:
            assert sock.session_reused
            state[0] = sock.session

    return repeat(resume)


def eight_clients():
    def answer(sock):
        with sock:
            recv_exact(sock, memoryview(bytearray(MESSAGE)))
            sock.sendall(bytes(1 << 10))
            while sock.recv(16):
                pass

    addr, context = serve(V13, answer, in_threads=True), client_context(V13)

    def client():
        for _ in range(4):
            with connect(context, addr) as sock:
                sock.sendall(bytes(MESSAGE))
                recv_exact(sock, memoryview(bytearray(1 << 10)))

    def all_clients():
        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return repeat(all_clients, 32)


def bulk(chunk, buffered=False):
    # Small writes take longer.
    batch = BATCH if buffered or chunk >= 16 << 10 else BATCH // 16

    def take(sock):
        view, left = memoryview(bytearray(64 << 10)), batch
        while n := sock.recv_into(view):
            left -= n
            if left == 0:
                sock.sendall(b"!")
                left = batch

    sock, data = connect(client_context(V13), serve(V13, take)), bytes(chunk)

    file = sock.makefile("wb", 16 << 10) if buffered else None
    send_one = file.write if buffered else sock.sendall

    def send():
        for _ in range(batch // chunk):
            send_one(data)
        if file:
            # A full buffer is only written at the next call of write().
            file.flush()
        recv_exact(sock, memoryview(bytearray(1)))

    return repeat(send, batch)


def send_file():
    def take(sock):
        view, left = memoryview(bytearray(64 << 10)), BATCH
        while n := sock.recv_into(view):
            left -= n
            if left == 0:
                sock.sendall(b"!")
                left = BATCH

    sock, file = connect(client_context(V13), serve(V13, take)), tempfile.TemporaryFile()
    file.write(bytes(BATCH))

    def send():
        file.seek(0)
        sock.sendfile(file)
        recv_exact(sock, memoryview(bytearray(1)))

    return repeat(send, BATCH)


def ping_pong(idle=0):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * idle + 500)), hard))
    others = []

    def echo(sock):
        if len(others) < idle:
            return others.append(sock)
        view, filled = memoryview(bytearray(MESSAGE)), 0
        while n := sock.recv_into(view[filled:]):
            filled += n
            if filled == MESSAGE:
                sock.sendall(view)
                filled = 0

    addr, context, view = serve(V13, echo), client_context(V13), memoryview(bytearray(MESSAGE))
    kept = [connect(context, addr) for _ in range(idle)]
    sock = connect(context, addr)

    def trip():
        assert len(kept) == idle
        sock.sendall(view)
        recv_exact(sock, view)

    return repeat(trip)


def first(op):
    def work(_):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        start = now()
        op()
        return 1 / (now() - start)

    return work


def with_bundle():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    return context


def get_ca_certs():
    context = with_bundle()
    return repeat(lambda: context.get_ca_certs(binary_form=True))


def set_ciphers_live():
    context, lists = client_context(V13), ["HIGH:!aNULL:!MD5", "HIGH:!aNULL"]
    listener, kept = socket.create_server(("127.0.0.1", 0), backlog=128), collections.deque(maxlen=200)
    accept = lambda: [kept.append(listener.accept()[0]) for _ in iter(int, 1)]
    threading.Thread(target=accept, daemon=True).start()

    def open_one():
        sock = socket.create_connection(listener.getsockname())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return context.wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False)

    connections = collections.deque((open_one() for _ in range(100)), maxlen=100)

    def work(seconds):
        start, count, total = now(), 0, 0
        while now() - start < seconds:
            connections.append(open_one())
            begin = now()
            context.set_ciphers(lists[count % 2])
            total += now() - begin
            count += 1
        return count / total

    return work


def wrap_and_drop():
    context = client_context(V13)
    listener = socket.create_server(("127.0.0.1", 0))
    plain = socket.create_connection(listener.getsockname())

    # The listener must stay open: closing it resets the connection.
    def one(_listener=listener):
        context.wrap_socket(
            plain.dup(), server_hostname="localhost", do_handshake_on_connect=False).close()

    return repeat(one)


def memory(exchanged):
    def resident():
        return int(open("/proc/self/statm").read().split()[1]) * 4096

    def work(_):
        accepted, arrived = [], threading.Semaphore(0)

        def keep(sock):
            accepted.append(sock)
            arrived.release()

        addr, context, view = serve(V13, keep), client_context(V13), memoryview(bytearray(exchanged))

        def pair():
            client = connect(context, addr)
            arrived.acquire()
            server = accepted[-1]
            if exchanged:
                client.sendall(view)
                recv_exact(server, view)
                server.sendall(view)
                recv_exact(client, view)
            return client

        pairs = [pair() for _ in range(WARM_UP)]
        before = resident()
        pairs += [pair() for _ in range(PAIRS)]
        return (resident() - before) / PAIRS

    return work


def in_memory(chunk=None):
    client, server = client_context(V13), server_context(V13)

    def done(obj):
        try:
            obj.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    def handshake():
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        a = client.wrap_bio(to_client, to_server, server_hostname="localhost")
        b = server.wrap_bio(to_server, to_client, server_side=True)
        a_done = b_done = False
        while not (a_done and b_done):
            a_done = a_done or done(a)
            b_done = b_done or done(b)
        return a, b

    if chunk is None:
        return repeat(handshake)
    (a, b), data, buffer = handshake(), bytes(chunk), bytearray(64 << 10)

    def transfer():
        a.write(data)
        left = chunk
        while left:
            left -= b.read(len(buffer), buffer)

    return repeat(transfer, chunk)


def on_context(op):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return repeat(lambda: op(context))


work = {
    "full-handshake-1.3": lambda: handshakes(V13, False),
    "full-handshake-1.2": lambda: handshakes(V12, False),
    "resumed-handshake-1.3": lambda: handshakes(V13, True),
    "resumed-handshake-1.2": lambda: handshakes(V12, True),
    "session-cache-1.3": lambda: handshakes(V13, False),
    "session-cache-1.2": lambda: handshakes(V12, False),
    "eight-clients-1.3": eight_clients,
    "bulk-64B-writes": lambda: bulk(64),
    "bulk-256B-writes": lambda: bulk(256),
    "bulk-1KiB-writes": lambda: bulk(1 << 10),
    "bulk-4KiB-writes": lambda: bulk(4 << 10),
    "bulk-16KiB-writes": lambda: bulk(16 << 10),
    "bulk-1MiB-writes": lambda: bulk(1 << 20),
    "bulk-64B-buffered": lambda: bulk(64, buffered=True),
    "bulk-1KiB-buffered": lambda: bulk(1 << 10, buffered=True),
    "sendfile-16MiB": send_file,
    "ping-pong-64B": ping_pong,
    "ping-pong-64B-recv": ping_pong,
    "ping-pong-64B-busy-poll": ping_pong,
    "ping-pong-64B-1000-idle": lambda: ping_pong(1000),
    "default-context-first": lambda: first(ssl.create_default_context),
    "default-context-next": lambda: repeat(ssl.create_default_context),
    "cafile-first": lambda: first(with_bundle),
    "cafile-next": lambda: repeat(with_bundle),
    "bare-context": lambda: repeat(lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
    # Python cannot copy a context.
    "copy-context": lambda: repeat(lambda: client_context(V13)),
    "get-ciphers": lambda: on_context(lambda context: context.get_ciphers()),
    "get-ca-certs-der": get_ca_certs,
    "set-ciphers": lambda: on_context(lambda context: context.set_ciphers("HIGH:!aNULL:!MD5")),
    "set-ciphers-100-open": set_ciphers_live,
    "wrap-and-drop": wrap_and_drop,
    "memory-idle-pair": lambda: memory(0),
    "memory-pair-after-16KiB": lambda: memory(16 << 10),
    "memory-bio-handshake-1.3": in_memory,
    "memory-bio-64B-writes": lambda: in_memory(64),
    "memory-bio-1KiB-writes": lambda: in_memory(1 << 10),
    "memory-bio-4KiB-writes": lambda: in_memory(4 << 10),
    "memory-bio-16KiB-writes": lambda: in_memory(16 << 10),
    "memory-bio-64KiB-writes": lambda: in_memory(64 << 10),
    "memory-bio-256KiB-writes": lambda: in_memory(256 << 10),
    "memory-bio-1MiB-writes": lambda: in_memory(1 << 20),
}[row]()
for line in sys.stdin:
    print(work(float(line)))
