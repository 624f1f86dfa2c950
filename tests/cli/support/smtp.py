"""A mail server on this machine: takes, refuses, or demands a login or TLS first."""

import email
import email.policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from support.system import free_port
from support.workspace import PATIENCE, wait_until


class SmtpServer:
    """`refusals` are answers to the first messages, e.g. ["451 later"]; "at": which command is refused so."""

    def __init__(self, case, *, tls=None, login=None, refusals=(), at="DATA", address="127.0.0.1", start=True):
        self.address, self.port = address, free_port()
        self.envelopes = []
        self.logins = []
        self.attempts = 0
        self._refusals, self._at, self._login = list(refusals), at, login
        options = {"auth_required": bool(login), "auth_require_tls": bool(tls), "require_starttls": bool(tls),
                   "tls_context": tls, "authenticator": self._authenticate if login else None}
        self._controller = Controller(self, hostname=address, port=self.port, **options)
        self._started = False
        case.addCleanup(self.stop)
        if start:
            self.start()

    @property
    def host(self):
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def start(self):
        self._controller.start()
        self._started = True

    def stop(self):
        if self._started:
            self._started = False
            self._controller.stop()

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
