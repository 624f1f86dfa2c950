"""A server that behaves as badly as asked: HTTP over TCP, IPv6, TLS or a unix socket.

A behaviour is a function of (request, connection): it may answer, answer wrongly, or not answer.
"""

import base64
import os
import socket
import ssl
import subprocess
import threading
import xmlrpc.client

from support.system import free_port


class Request:
    """The head and body of one HTTP request; `method` and `path` are empty for what is none."""

    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path = (lines[0].split(" ") + ["", ""])[:2]
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.body = body

    @property
    def login(self):
        """user:password of basic authentication, as text; nothing without."""
        scheme, _, code = self.headers.get("authorization", "").partition(" ")
        return base64.b64decode(code).decode("utf-8") if scheme == "Basic" else None


class Server:
    """Serves each connection in a thread until the test is over; `requests` tells what came."""

    def __init__(self, case, behaviour, *, host="127.0.0.1", port=None, path=None, tls=None, start=True):
        self.behaviour = behaviour
        self.requests = []
        self.connections = 0
        self.host, self.path, self.tls = host, path, tls
        self.port = None if path else (port or free_port())
        self.stopping = threading.Event()
        self._open = set()
        self._listening = None
        case.addCleanup(self.stop)
        if start:
            self.start()

    @property
    def url(self):
        if self.path:
            return f"unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def start(self):
        if self.path:
            self._listening = socket.socket(socket.AF_UNIX)
            self._listening.bind(self.path)
        else:
            self._listening = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listening.bind((self.host, self.port))
        self._listening.listen(256)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain):
        connection = plain
        try:
            if self.tls:
                connection = self.tls.wrap_socket(plain, server_side=True)
                self._open.add(connection)
            request = self._read(connection)
            if request:
                self.requests.append(request)
                self.behaviour(request, Connection(self, connection))
        except (OSError, ssl.SSLError):
            pass
        finally:
            for each in (connection, plain):
                self._open.discard(each)
                each.close()

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        request = Request(head, body)
        missing = int(request.headers.get("content-length", 0)) - len(body)
        while missing > 0:
            piece = connection.recv(missing)
            if not piece:
                return None
            request.body += piece
            missing -= len(piece)
        return request

    def stop(self):
        self.stopping.set()
        if self._listening:
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone would not wake accept()
            self._listening.close()
            self._listening = None
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)


class Connection:
    """What a behaviour answers through."""

    def __init__(self, server, connection):
        self.server = server
        self._connection = connection

    def send(self, data):
        self._connection.sendall(data)

    def answer(self, status=200, body=b"", reason="OK", headers=(), length=None):
        head = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body) if length is None else length}",
                "Connection: close", *headers]
        self.send("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)

    def wait(self, seconds=None):
        """Until the test is over, or for that long."""
        return self.server.stopping.wait(seconds)


# --- behaviours ---

def answering(status=200, body=b"", reason="OK", headers=(), length=None):
    return lambda request, connection: connection.answer(status, body, reason, headers, length)


def hanging(request, connection):
    connection.wait()


def hanging_up(request, connection):
    """Closes without a word."""


def dripping(request, connection):
    """A byte of an answer now and then, for ever: no single wait is ever long."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not connection.wait(0.05):
        connection.send(b"x")


def endless(head=b"", piece=b"<value>" * 9000):
    """An answer as fast as it is taken, without an end."""
    def behave(request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n" + head)
        while not connection.wait(0):
            connection.send(piece)
    return behave


def saying(data):
    """These bytes instead of HTTP."""
    return lambda request, connection: connection.send(data)


def demanding_login(user, password):
    def behave(request, connection):
        if request.login == f"{user}:{password}":
            connection.answer()
        else:
            connection.answer(401, b"who are you?", "Unauthorized", ['WWW-Authenticate: Basic realm="x"'])
    return behave


def answering_rpc(methods):
    """XML-RPC: `methods` maps names to functions; system.multicall works; a Fault that is raised is answered."""
    def call(name, parameters):
        if name == "system.multicall":
            return [_shielded(call, each["methodName"], each["params"]) for each in parameters[0]]
        if name not in methods:
            raise xmlrpc.client.Fault(1, "UNKNOWN_METHOD")
        return methods[name](*parameters)

    def behave(request, connection):
        parameters, name = xmlrpc.client.loads(request.body)
        try:
            text = xmlrpc.client.dumps((call(name, parameters),), methodresponse=True)
        except xmlrpc.client.Fault as fault:
            text = xmlrpc.client.dumps(fault, methodresponse=True)
        connection.answer(200, text.encode(), headers=["Content-Type: text/xml"])
    return behave


def _shielded(call, name, parameters):
    try:
        return [call(name, parameters)]
    except xmlrpc.client.Fault as fault:
        return {"faultCode": fault.faultCode, "faultString": fault.faultString}


# --- certificates ---

class Certificates:
    """A self-made authority (`authority`, a file for SSL_CERT_FILE) and a server's context for this machine."""

    def __init__(self, folder):
        self.authority = str(folder / "authority.pem")
        key, certificate, request, extension = (str(folder / name) for name in ("key", "cert", "request", "extension"))
        with open(extension, "w", encoding="ascii") as file:
            file.write("subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self._openssl("req", "-x509", *new_key, "-days", "2", "-subj", "/CN=test authority",
                      "-keyout", f"{key}.authority", "-out", self.authority)
        self._openssl("req", *new_key, "-subj", "/CN=localhost", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", f"{key}.authority",
                      "-CAcreateserial", "-days", "2", "-extfile", extension, "-out", certificate)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
