"""An instance of a service to roll: python3 -S instance.py PORT FILE. It answers 200, or 503 while FILE is there.

SIGHUP makes it write its process id to FILE.hup; each request leaves a line in FILE.requests.
"""

import os
import signal
import socket
import sys


def note(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def main(port, ill):
    signal.signal(signal.SIGHUP, lambda *_: note(ill + ".hup", os.getpid()))
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", int(port)))
        listening.listen(16)
        while True:
            connection, _ = listening.accept()
            with connection:
                request = connection.recv(4096).decode("latin-1")
                if request:
                    status = "503 Ill" if os.path.exists(ill) else "200 OK"
                    connection.sendall(f"HTTP/1.0 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                    note(ill + ".requests", request.split("\r\n")[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
