import socket
import ssl


def start_ssl_client():
    context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    context.load_verify_locations(cafile="ca_cert.pem")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        with context.wrap_socket(sock, server_hostname='localhost') as ssl_sock:
            ssl_sock.connect(('localhost', 8443))
            ssl_sock.sendall(b'Hello from client!')
            data = ssl_sock.recv(1024)
            print(f'Received: {data.decode()}')


start_ssl_client()
