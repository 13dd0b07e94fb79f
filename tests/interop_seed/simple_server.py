import socket
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
context.load_cert_chain(certfile="server.crt", keyfile="server.key")
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
ssl_sock = context.wrap_socket(sock, server_side=True)
ssl_sock.bind(('localhost', 8443))
ssl_sock.listen(5)
print('Server listening on port 8443...')
while True:
    conn, addr = ssl_sock.accept()
    print(f'Connected by {addr}')
    data = conn.recv(1024)
    if data:
        print(f'Received: {data.decode()}')
        conn.sendall(b'Hello from server!')
    conn.close()
