"""Becomes ready some time after its start, as its arguments say: tcp PORT, http PORT, unix PATH, file PATH, exec PATH."""

import socket
import sys
import time

kind, where = sys.argv[1:]
time.sleep(0.3)
if kind in ("file", "exec"):
    with open(where, "w", encoding="ascii") as file:
        time.sleep(0.2)  # there, and nothing in it
        file.write("well\n")
    time.sleep(600)
listening = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
listening.bind(where if kind == "unix" else ("127.0.0.1", int(where)))
time.sleep(0.2)  # bound, and nobody can connect
listening.listen(8)
began = time.monotonic()
while True:
    connection = listening.accept()[0]
    if kind == "http":
        connection.recv(65536)
        well = time.monotonic() > began + 0.4
        status = "200 OK" if well else "503 Not yet"
        connection.sendall(f"HTTP/1.0 {status}\r\nContent-Length: 0\r\n\r\n".encode("ascii"))
    connection.close()
