"""A real supervisord in a folder of its own, and its RPC interface."""

import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from support.system import descendants, die_with_parent, is_alive, is_asleep, kill_all, rss_bytes
from support.workspace import PATIENCE, wait_until

ACTOR = Path(__file__).with_name("actor.py")
USER, PASSWORD = "operator", "s3cret/é"


def section(kind, name, command, **keys):
    """One [kind:name] of supervisord.conf, its output kept where Supervisord.stderr_of finds it."""
    keys.setdefault("startsecs", 0)
    if kind == "program":
        keys.setdefault("stdout_logfile", "NONE")
    keys.setdefault("stderr_logfile", "%(here)s/logs/%(group_name)s-%(program_name)s-%(process_num)d.err")
    lines = [f"[{kind}:{name}]", f"command={command}"]
    lines += [f"{key}={value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def program(name, command, **keys):
    return section("program", name, command, **keys)


def actor(name, part, **keys):
    """A program that plays a part of support/actor.py: "hold 60", "exit 3 0.5" and so on."""
    return program(name, f"{sys.executable} -S -E {ACTOR} {part}", **keys)


def listener(name, command, events, **keys):
    return section("eventlistener", name, command, events=events, **keys)


class _Calls:
    def __init__(self, make_transport):
        self._make_transport = make_transport

    def __getattr__(self, method):
        def call(*arguments):
            transport = self._make_transport()
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport)
            try:
                return getattr(proxy.supervisor, method)(*arguments)
            finally:
                if transport.connection and transport.connection.sock:
                    transport.connection.sock.close()
        return call


class Supervisord:
    """Runs in the foreground until the test is over; whatever it started is gone afterwards.

    It listens on a unix socket, and on the port `inet` where one is given; with a password, both ask for it.
    """

    def __init__(self, case, *sections, unix=True, inet=None, password=None, loglevel="info", prefix=(),
                 environment=None):
        self.dir = case.dir / f"supervisord-{len(list(case.dir.glob('supervisord-*')))}"
        (self.dir / "logs").mkdir(parents=True)
        self.socket = str(self.dir / "s.sock") if unix else None
        self.port = inet
        self.password = password
        self.config = str(self.dir / "supervisord.conf")
        self._loglevel = loglevel
        self._case = case
        self._seen = set()
        Path(self.config).write_text(self._configuration(sections), encoding="utf-8")
        self.process = self._spawn(prefix, environment)
        case.addCleanup(self.stop)
        self._wait_until_up()

    def _configuration(self, sections):
        login = f"username={USER}\npassword={self.password}\n" if self.password else ""
        text = (f"[supervisord]\nlogfile={self.dir}/supervisord.log\npidfile={self.dir}/supervisord.pid\n"
                f"childlogdir={self.dir}/logs\nminfds=256\nminprocs=10\nloglevel={self._loglevel}\n"
                "[rpcinterface:supervisor]\n"
                "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n")
        if self.socket:
            text += f"[unix_http_server]\nfile={self.socket}\n{login}"
        if self.port:
            text += f"[inet_http_server]\nport=127.0.0.1:{self.port}\n{login}"
        return text + "\n".join(sections)

    def _spawn(self, prefix, environment):
        with open(self.dir / "console", "wb") as console:
            return subprocess.Popen(
                [*prefix, sys.executable, "-m", "supervisor.supervisord", "-n", "-c", self.config],
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})}, preexec_fn=die_with_parent)

    def _wait_until_up(self):
        def up():
            if self.process.poll() is not None:
                raise AssertionError(f"supervisord ended: {(self.dir / 'console').read_text()}")
            try:
                return self.rpc.getState()["statename"] == "RUNNING"
            except (OSError, xmlrpc.client.Error):
                return False
        wait_until(up, "supervisord's socket")

    @property
    def url(self):
        """What supervisord gives its children as SUPERVISOR_SERVER_URL: the unix socket first."""
        return f"unix://{self.socket}" if self.socket else self.inet_url

    @property
    def inet_url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def rpc(self):
        """`rpc.getState()` and so on: each call on a connection of its own."""
        login = (USER, self.password) if self.password else (None, None)
        return _Calls(lambda: SupervisorTransport(*login, self.url))

    def info(self, name):
        return self.rpc.getProcessInfo(name)

    def state(self, name):
        return self.info(name)["statename"]

    def pid(self, name):
        """Of the running process; 0 when there is none."""
        pid = self.info(name)["pid"]
        self._seen.add(pid)
        return pid

    def wait_for_state(self, name, state, seconds=PATIENCE):
        wait_until(lambda: self.state(name) == state, lambda: f"{name} to be {state}, is {self.state(name)}", seconds)
        return self.pid(name)

    def wait_for_size(self, name, megabytes):
        """Until `name` runs and holds that much: from then on its size does not change. Gives its pid."""
        pid = self.wait_for_state(name, "RUNNING")
        wait_until(lambda: rss_bytes(pid) > megabytes << 20 and is_asleep(pid), f"{name} to hold {megabytes} MB")
        return pid

    def wait_for_restart(self, name, old_pid, seconds=PATIENCE):
        """Until another pid than `old_pid` is RUNNING under that name; gives it."""
        def renewed():
            info = self.info(name)
            return info["statename"] == "RUNNING" and info["pid"] not in (0, old_pid) and info["pid"]
        pid = wait_until(renewed, lambda: f"a new process of {name}, which is {self.info(name)}", seconds)
        self._seen.add(pid)
        return pid

    def stderr_of(self, name, number=0):
        group, _, process = name.partition(":")
        path = self.dir / "logs" / f"{group}-{process or group}-{number}.err"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def calls_answered(self, method):
        """How often supervisord answered a call; only with loglevel="trace"."""
        return self.log.count(f"XML-RPC method {method}() returned")

    @property
    def log(self):
        path = self.dir / "supervisord.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self):
        if self.process.returncode is not None:
            return
        began = self._seen | set(descendants(self.process.pid))
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 8
        while self.process.poll() is None and time.monotonic() < deadline:
            self._poke()
            time.sleep(0.02)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        kill_all(pid for pid in began if pid and is_alive(pid))
        self._keep_evidence()

    def _poke(self):
        """supervisord looks at its signals when something wakes it, else once a second."""
        try:
            self.rpc.getState()
        except (OSError, xmlrpc.client.Error):
            pass

    def _keep_evidence(self):
        self._case.exhibit("supervisord.log", self.log)
        for path in sorted((self.dir / "logs").glob("*.err")):
            text = path.read_text(errors="replace")
            if text:
                self._case.exhibit(path.name, text)
            if "Sanitizer" in text or "runtime error:" in text:
                self._case.fail(f"{path.name}: {text}")
