"""A server, as a class."""
import logging
import socket
import ssl
import threading


class Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, address, certfile, client_ca=None):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certfile)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        try:
            self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        except (AttributeError, ValueError):
            self.context.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
        self.listener = socket.create_server(address)
        self.stopped = threading.Event()

    def serve(self):
        while not self.stopped.is_set():
            conn, address = self.listener.accept()
            try:
                sock = self.context.wrap_socket(conn, server_side=True)
            except ssl.SSLError as error:
                logging.warning("%s: %s", address, error)
                conn.close()
                continue
            except OSError:
                conn.close()
            else:
                with sock:
                    self.answer(sock)

    def answer(self, sock: ssl.SSLSocket):
        def log(text):
            print(text, sock.version())

        try:
            request = sock.recv(1024)
            while b"\r\n\r\n" not in request:
                request += sock.recv(1024)
            if request.startswith(b"GET"):
                sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                return True
            sock.sendall(b"HTTP/1.0 405 no\r\n\r\n")
        finally:
            sock.unwrap()
        return False
