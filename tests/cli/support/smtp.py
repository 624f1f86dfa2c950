"""A mail server on this machine: takes, refuses, or demands a login or TLS first."""

import email
import email.policy
import select
import socket
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from support.system import free_port
from support.workspace import PATIENCE, wait_until


class SmtpServer:
    """`refusals` are answers to the first messages, e.g. ["451 later"]; "at": which command is refused so."""

    def __init__(self, case, *, tls=None, login=None, refusals=(), at="DATA", address="127.0.0.1", start=True):
        self.address = address
        self.port = self._listening_port = free_port()
        self.envelopes = []
        self.logins = []
        self.attempts = 0
        self._refusals, self._at, self._login = list(refusals), at, login
        self._options = {"auth_required": bool(login), "auth_require_tls": bool(tls), "require_starttls": bool(tls),
                         "tls_context": tls, "authenticator": self._authenticate if login else None}
        self._controller = None
        case.addCleanup(self.stop)
        if start:
            self.start()

    @property
    def host(self):
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def start(self):
        """Also again, on the same port."""
        # Else it asks the name service for its own name, with each connection.
        self._controller = Controller(self, hostname=self.address, port=self._listening_port,
                                      server_hostname="localhost", **self._options)
        self._controller.start()

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    def _authenticate(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.logins.append((given, session.ssl is not None))
        return AuthResult(success=given == self._login, handled=False)

    def _refuse(self, command):
        return self._refusals.pop(0) if command == self._at and self._refusals else None

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        self.attempts += 1
        refusal = self._refuse("MAIL")
        if refusal:
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        refusal = self._refuse("RCPT")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        refusal = self._refuse("DATA")
        if refusal:
            return refusal
        envelope.tls = session.ssl is not None
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def messages(self):
        return [email.message_from_bytes(envelope.content, policy=email.policy.default)
                for envelope in self.envelopes]

    def wait(self, count=1, seconds=PATIENCE):
        wait_until(lambda: len(self.envelopes) >= count,
                   lambda: f"{count} mails by SMTP, have {len(self.envelopes)}", seconds)
        return self.messages[:count]


class StallingSmtpServer(SmtpServer):
    """Says nothing more from a phase on, until it recovers; a port that does so, and a server behind it."""

    PHASES = {"before its greeting": 0, "after EHLO": 1, "after MAIL": 2, "after RCPT": 3, "after DATA": 4,
              "after the message": 5, "after QUIT": 6}

    def __init__(self, case, phase):
        super().__init__(case)
        self.stalled = 0
        self.port = free_port()
        self._answers = self.PHASES[phase]  # lines that it says before it stalls
        self._well = threading.Event()
        self._listening = socket.create_server((self.address, self.port))
        case.addCleanup(self._end)
        threading.Thread(target=self._accept, daemon=True).start()

    def recover(self):
        """For connections from now on."""
        self._well.set()

    def _end(self):
        self._listening.shutdown(socket.SHUT_RDWR)  # closing alone would not wake accept()
        self._listening.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection((self.address, self._listening_port))
            most = None if self._well.is_set() else self._answers
            threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
            threading.Thread(target=self._pass_answers, args=(server, client, most), daemon=True).start()

    @staticmethod
    def _pass(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _pass_answers(self, server, client, most):
        """Answer by answer: of several lines only the last has no dash behind its number."""
        try:
            with client, server, server.makefile("rb") as answers:
                for line in answers:
                    if most == 0:
                        self.stalled += 1
                        return self._hang(client)
                    client.sendall(line)
                    if most is not None and line[3:4] != b"-":
                        most -= 1
        except OSError:
            pass

    @staticmethod
    def _hang(client):
        """Until the other side has had enough."""
        poller = select.poll()
        poller.register(client, select.POLLRDHUP)
        poller.poll()
