import socket
import ssl


def start_ssl_server():
    context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    context.load_cert_chain(certfile="server.crt", keyfile="server.key")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0) as sock:
        sock.bind(('localhost', 8443))
        sock.listen(5)
        print('Server listening on port 8443...')
        with context.wrap_socket(sock, server_side=True) as ssl_sock:
            while True:
                conn, addr = ssl_sock.accept()
                print(f'Connected by {addr}')
                try:
                    data = conn.recv(1024)
                    if data:
                        print(f'Received: {data.decode()}')
                        conn.sendall(b'Hello from server!')
                finally:
                    conn.close()


start_ssl_server()
