import signal
import socket
import sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    with server.accept()[0] as client:
        client.sendall(b"hello\r\n\r\n")
