"""keenlance_supervisor.py inside a real supervisord and a real supervisorctl."""

import os
import re
import signal
import subprocess
import sys
import threading
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport

from support.quickctl import BARE
from support.supervisord import USER, Supervisord, program
from support.system import die_with_parent
from support.workspace import PATIENCE, Workspace, binary_folder

INTERFACE = "[rpcinterface:restarter]\nsupervisor.rpcinterface_factory=keenlance_supervisor:make_rpcinterface\n"
CTL_PLUGIN = "[ctlplugin:quick]\nsupervisor.ctl_factory=keenlance_supervisor:make_quick_controllerplugin\n"


def plugin_environment():
    """The plugin of the build under test; where that is an installed one, it is on Python's path or it is missing."""
    folder = binary_folder().parent / "python"
    return {"PYTHONPATH": str(folder)} if folder.exists() else {}


def sleeper(name, **keys):
    return program(name, "sleep 600", **keys)


class Background(threading.Thread):
    """A call that takes its time; `end()` gives what it gave, or raises what it raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self._call = lambda: function(*arguments)
        self._result = self._error = None
        self.start()

    def run(self):
        try:
            self._result = self._call()
        except Exception as error:  # pylint: disable=broad-except
            self._error = error

    def end(self):
        self.join(PATIENCE)
        if self.is_alive():
            raise AssertionError(f"no answer within {PATIENCE:g} s")
        if self._error is not None:
            raise self._error
        return self._result


class Plugin(Workspace):
    """Gives a supervisord with the RPC interface, and supervisorctl with the commands."""

    def supervise(self, *sections, interface=INTERFACE, **options):
        self.supervisord = Supervisord(self, interface, *sections, environment=plugin_environment(), **options)
        return self.supervisord

    def call(self, method, *arguments):
        """restarter.METHOD, on a connection of its own."""
        login = (USER, self.supervisord.password) if self.supervisord.password else (None, None)
        transport = SupervisorTransport(*login, self.supervisord.url)
        try:
            return getattr(xmlrpc.client.ServerProxy("http://127.0.0.1", transport).restarter, method)(*arguments)
        finally:
            if transport.connection and transport.connection.sock:
                transport.connection.sock.close()

    def restart(self, group):
        return self.call("restartProcessGroup", group)

    def begin_restart(self, group):
        return Background(self.restart, group)

    def assert_fault(self, code, text, call):
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            call()
        self.assertEqual(caught.exception.faultCode, code, caught.exception)
        self.assertRegex(caught.exception.faultString, text)

    def control(self, url=None, section="", password=None):
        """A configuration for supervisorctl; gives its path."""
        login = f"username={USER}\npassword={password}\n" if password else ""
        return self.write("ctl.conf", f"[supervisorctl]\nserverurl={url or self.supervisord.url}\n{login}"
                                      f"{CTL_PLUGIN}{section}")

    def supervisorctl(self, *arguments, config=None, env=None, stdin=None):
        """Exit code and all that is printed, stdout and stderr in the order in which it came through the one pipe."""
        process = self.begin_supervisorctl(*arguments, config=config, env=env)
        out, _ = process.communicate(stdin and stdin.encode(), timeout=2 * PATIENCE)
        self.exhibit(f"supervisorctl {' '.join(arguments)}: exit {process.returncode}", out.decode())
        self.assertFalse(re.search("Sanitizer|runtime error:|Traceback", out.decode()), out)
        return process.returncode, out.decode()

    def supervisorctl_command(self, *arguments, config=None, env=None):
        """Its words and its environment."""
        path = f"{binary_folder()}:{os.environ['PATH']}"
        return ([sys.executable, "-m", "supervisor.supervisorctl", "-c", config or self.control(), *arguments],
                {**BARE, "PATH": path, "TERM": "dumb", **plugin_environment(), **(env or {})})

    def begin_supervisorctl(self, *arguments, config=None, env=None):
        command, environment = self.supervisorctl_command(*arguments, config=config, env=env)
        process = subprocess.Popen(
            command, env=environment, cwd=self.dir,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.send_signal, signal.SIGKILL)
        return process
