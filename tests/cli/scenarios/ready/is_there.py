"""Ends with 0 if what serve.py serves is there right now."""

import socket
import sys

kind, where = sys.argv[1:]
if kind in ("file", "exec"):
    with open(where, encoding="ascii") as file:
        sys.exit(0 if kind == "file" or file.read() == "well\n" else 1)
connection = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
connection.connect(where if kind == "unix" else ("127.0.0.1", int(where)))
if kind == "http":
    connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
    sys.exit(0 if b" 200 " in connection.recv(65536) else 1)
