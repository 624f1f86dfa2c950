"""What supervisord and supervisorctl must import to have keenlance inside of them; see keenlance_supervisor(7).

    [rpcinterface:restarter]
    supervisor.rpcinterface_factory = keenlance_supervisor:make_rpcinterface

    [ctlplugin:quick]
    supervisor.ctl_factory = keenlance_supervisor:make_quick_controllerplugin
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import traceback

from supervisor.http import NOT_DONE_YET
from supervisor.states import ProcessStates, STOPPED_STATES, SupervisorStates, getProcessStateDescription
from supervisor.xmlrpc import Faults, RPCError

API_VERSION = "3.0"
VERSION = "@PROJECT_VERSION@"
PROGRAMS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "@keenlance_python_to_bin@")

BAD_GROUP, BAD_STATE, TIMEOUT, START_FAILED, STOP_FAILED = 0x400, 0x410, 0x420, 0x430, 0x431
_NAMES = {BAD_GROUP: "BAD_GROUP", BAD_STATE: "BAD_STATE", TIMEOUT: "TIMEOUT", START_FAILED: "START_FAILED",
          STOP_FAILED: "STOP_FAILED"}

_SLICE = 0.02  # seconds of work in one turn of supervisord's loop: a group of hundreds must not hold it up
_LINGER = 1.0  # seconds for the answers, after the end
_MARGIN = 10.0  # seconds beyond what a group's own configuration allows
_TOLD = 20  # processes that a message names


def _fault(code, extra=None):
    fault = RPCError(code, extra)
    if code in _NAMES:  # RPCError knows supervisor's own only
        fault.text = _NAMES[code] if extra is None else "%s: %s" % (_NAMES[code], extra)
    return fault


class _Turns:
    """Gives each restart a turn whenever supervisord's loop turns, and keeps the loop turning.

    It stands before the poll() that the loop sleeps in, as long as there is something to restart. Nothing else comes at
    the right time: a process cannot be started from within the event that says it has stopped, the next tick may be 5
    seconds away, and the caller, whose answer medusa would ask us for, may have gone.
    """

    @classmethod
    def of(cls, poller):
        turns = vars(poller).get("poll")
        return turns if isinstance(turns, cls) else cls(poller)

    def __init__(self, poller):
        self.restarts = {}
        self._poller, self._poll = poller, poller.poll
        poller.poll = self

    def __call__(self, timeout):
        for name, restart in list(self.restarts.items()):
            rest = restart.turn()
            if rest is None:
                del self.restarts[name]
            else:
                timeout = min(timeout, rest)
        if not self.restarts and vars(self._poller).get("poll") is self:
            del self._poller.poll
        return self._poll(timeout)


class _Restart:
    """A group on its way. It is asked for nothing and goes on by itself until each process is up, or has failed."""

    def __init__(self, supervisord, group, delay, stagger):
        self._supervisord, self._group, self._delay, self._stagger = supervisord, group, delay, stagger
        self._logger = supervisord.options.logger
        self._order = sorted(group.processes, key=lambda name: (group.processes[name].config.priority, name))

    def is_of(self, group):
        return self._group is group

    def begin(self):
        """All processes, from now: who asks in the middle of a restart wants none left that began before."""
        self.errors, self.aborted, self.began, self._ended = {}, False, time.monotonic(), None
        self._old = {name: process.pid for name, process in self._group.processes.items()}
        self._started = set()
        self.pending = set(self._order)
        self.deadline = self.began + self._longest()
        self._logger.info("restarter: restarting group %s" % self._group.config.name)

    def _longest(self):
        """What the group's own configuration allows; supervisord looks at each step once a second."""
        def longest(config):
            tries = min(config.startretries, 1000) + 1
            return config.stopwaitsecs + tries * (config.startsecs + 2) + tries * (tries - 1) / 2
        longest_process = max((longest(process.config) for process in self._group.processes.values()), default=0)
        return longest_process + self._stagger * self._delay + _MARGIN

    def turn(self):
        """Seconds until the next one is wanted; None: never."""
        try:
            if self.pending and not self._advance_all():
                return 0
        except Exception:  # an exception here would end supervisord
            self._logger.critical(traceback.format_exc())
            for name in list(self.pending):
                self._fail(name, Faults.FAILED, "unexpected exception, see supervisord's log")
        now = time.monotonic()
        if self._ended is None and not self.pending:
            self._ended = now
            self._tell_end()
        return None if self._ended is not None and now > self._ended + _LINGER else self._delay

    def _advance_all(self):
        """False: there is more to do at once."""
        if self._supervisord.options.mood < SupervisorStates.RUNNING:
            self.aborted = True
            self.pending.clear()
        elif self._supervisord.process_groups.get(self._group.config.name) is not self._group:
            for name in list(self.pending):
                self._fail(name, BAD_GROUP, "the group was removed in the middle")
        now = time.monotonic()
        stopped_by_now = int((now - self.began) / self._delay)
        steps = [(self._stop, name) for place, name in reversed(list(enumerate(self._order)))
                 if name in self.pending and self._is_old(name) and place % self._stagger <= stopped_by_now]
        steps += [(self._renew, name) for name in self._order if name in self.pending and not self._is_old(name)]
        for step, name in steps:
            step(name, self._group.processes[name])
            if time.monotonic() - now > _SLICE:
                return False
        return True

    def _is_old(self, name):
        """It is still the process that ran when it all began."""
        pid = self._group.processes[name].pid
        return pid and pid == self._old[name]

    def _stop(self, name, process):
        if process.get_state() in (ProcessStates.RUNNING, ProcessStates.STARTING):
            problem = process.stop()
            if problem is not None:
                self._fail(name, STOP_FAILED, problem)

    def _renew(self, name, process):
        if name not in self._started:
            if process.get_state() == ProcessStates.BACKOFF:
                process.stop()  # ends supervisord's tries with what was there before
            if process.get_state() in STOPPED_STATES and not self._start(name, process):
                return
        state = process.get_state()
        if state in (ProcessStates.RUNNING, ProcessStates.EXITED):  # EXITED is reached through RUNNING only
            self.pending.remove(name)
        elif state == ProcessStates.FATAL:
            self._fail(name, START_FAILED, "it is FATAL: %s" % process.spawnerr)
        elif state == ProcessStates.STOPPED:
            self._fail(name, START_FAILED, "somebody else stopped it")
        elif state == ProcessStates.UNKNOWN:
            self._fail(name, BAD_STATE, "its state is UNKNOWN")

    def _start(self, name, process):
        if process.get_state() == ProcessStates.UNKNOWN:
            return self._fail(name, BAD_STATE, "its state is UNKNOWN")
        self._started.add(name)
        try:
            process.spawn()
        except Exception as error:  # the socket of a FastCGI group
            return self._fail(name, Faults.SPAWN_ERROR, error)
        if not process.pid:
            return self._fail(name, Faults.SPAWN_ERROR, process.spawnerr)
        process.transition()  # with startsecs=0 it is RUNNING
        return True

    def _fail(self, name, code, why):
        self.errors[name] = _fault(code, "%s: %s" % (name, why))
        self.pending.remove(name)
        return False

    def _tell_end(self):
        name, seconds = self._group.config.name, time.monotonic() - self.began
        if self.aborted:
            self._logger.warn("restarter: supervisord is going down; restart of group %s is given up" % name)
        elif self.errors:
            self._logger.warn("restarter: group %s: %s" % (name, "; ".join(e.text for e in self.errors.values())))
        else:
            self._logger.info("restarter: restarted group %s in %.1f seconds" % (name, seconds))

    def faults(self):
        return [self.errors[name] for name in self._order if name in self.errors]

    def what_is_pending(self):
        told = []
        for name in [name for name in self._order if name in self.pending][:_TOLD]:
            process = self._group.processes[name]
            state = getProcessStateDescription(process.get_state())
            if process.get_state() == ProcessStates.BACKOFF:
                state += ", " + str(process.spawnerr)
            told.append("%s (%s)" % (name, state))
        if len(self.pending) > _TOLD:
            told.append("and %d more" % (len(self.pending) - _TOLD))
        return ", ".join(told)


class RestarterRPCInterface:
    def __init__(self, supervisord, delay, timeout, stagger):
        self._supervisord, self._delay, self._timeout, self._stagger = supervisord, delay, timeout, stagger

    def _update(self):
        if self._supervisord.options.mood < SupervisorStates.RUNNING:
            raise _fault(Faults.SHUTDOWN_STATE)

    def getAPIVersion(self):
        """ Return the version of the RPC API of this plugin

        @return string version  version id
        """
        self._update()
        return API_VERSION

    def getPluginVersion(self):
        """ Return the version of the plugin, which is that of keenlance

        @return string version  version id
        """
        self._update()
        return VERSION

    def restartProcessGroup(self, name):
        """ Restart all processes of the group named 'name' at once, each the moment it is down; those that are down
        already are started. Returns a list of faults (structs of code and text) where some failed.

        @param string name      The group name
        @return boolean result  Always true unless error
        """
        self._update()
        group = self._supervisord.process_groups.get(name)
        if group is None:
            raise _fault(BAD_GROUP)
        turns = _Turns.of(self._supervisord.options.poller)
        restart = turns.restarts.get(name)
        if restart is None or not restart.is_of(group):
            restart = turns.restarts[name] = _Restart(self._supervisord, group, self._delay, self._stagger)
        restart.begin()
        began = time.monotonic()

        def answer():
            if restart.aborted:
                raise _fault(Faults.SHUTDOWN_STATE, "supervisord is going down in the middle of the restart")
            faults = restart.faults()
            if restart.pending:
                now = time.monotonic()
                if now < (restart.deadline if self._timeout is None else began + self._timeout):
                    return NOT_DONE_YET
                late = _fault(TIMEOUT, "timeout expired after %.1f seconds; the restart goes on; pending: %s"
                              % (now - began, restart.what_is_pending()))
                if not faults:
                    raise late
                faults.append(late)
            return [{"code": fault.code, "text": fault.text} for fault in faults] or True

        answer.delay = min(self._delay, 0.05)
        answer.rpcinterface = self
        return answer  # deferred


def _number(config, option, convert, least, default):
    text = config.get(option)
    if text is None:
        return default
    try:
        number = convert(text)
        if least <= number < 1e9:  # and neither is nan
            return number
    except ValueError:
        pass
    message = "option %s of keenlance_supervisor:make_rpcinterface: '%s' is no %s of %g or more" % (
        option, text, "whole number" if convert is int else "number of seconds", least)
    # supervisord says on stderr only which interface could not be made, and logs the exception.
    sys.stderr.write("Error: %s\n" % message)
    raise ValueError(message)


def make_rpcinterface(supervisord, **config):
    return RestarterRPCInterface(supervisord, max(_number(config, "delay", float, 0, 0.2), 0.01),
                                 _number(config, "timeout", float, 0, None),
                                 _number(config, "stagger_factor", int, 1, 1))


def make_quick_controllerplugin(controller, quickctl=None, **config):
    # Not for supervisord to load.
    from supervisor.supervisorctl import ControllerPluginBase, LSBInitExitStatuses

    class QuickControllerPlugin(ControllerPluginBase):
        name = "quick"

        def _find(self):
            if quickctl:
                return quickctl
            return shutil.which("quickctl") or os.path.join(PROGRAMS, "quickctl")

        def _environment(self):
            """A password never goes through argv. Those of supervisorctl count, not those of its environment."""
            options = self.ctl.options
            return dict(os.environ, SUPERVISOR_USERNAME=options.username or "",
                        SUPERVISOR_PASSWORD=options.password or "")

        def _quick(self, verb, arg):
            words = arg.split()
            if not words:
                self.ctl.output("Error: quick%s requires a process name" % verb)
                self.ctl.exitstatus = LSBInitExitStatuses.INVALID_ARGS
                getattr(self, "help_quick" + verb)()
                return
            if not self.ctl.upcheck():  # as supervisorctl's own commands do; it asks for a password
                return
            self.ctl.stdout.flush()
            # Ctrl-C is for quickctl, which tells what is done and what is not. A handler, unlike SIG_IGN, is not
            # inherited.
            ours = signal.getsignal(signal.SIGINT)
            if ours is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, lambda number, frame: None)
            program = self._find()
            try:
                status = subprocess.Popen([program, "-s", self.ctl.options.serverurl, verb] + words,
                                          env=self._environment(), stdin=subprocess.DEVNULL).wait()
            except OSError as error:
                self.ctl.output("Error: cannot run %s: %s; set quickctl=/path/to/quickctl in the section [ctlplugin:%s]"
                                % (program, error.strerror, self.name))
                self.ctl.exitstatus = LSBInitExitStatuses.NOT_INSTALLED
                return
            finally:
                signal.signal(signal.SIGINT, ours)
            if status == 2:
                self.ctl.exitstatus = LSBInitExitStatuses.INVALID_ARGS
            elif status != 0:
                self.ctl.exitstatus = LSBInitExitStatuses.GENERIC

        def do_quickstart(self, arg):
            self._quick("start", arg)

        def do_quickstop(self, arg):
            self._quick("stop", arg)

        def do_quickrestart(self, arg):
            self._quick("restart", arg)

        def do_quickroll(self, arg):
            self._quick("roll", arg)

        def _help(self, verb, what):
            self.ctl.output("quick%s <name>...\t%s, all at once; a name, group:, pattern (ap*, *:web) or all"
                            % (verb, what))

        def help_quickstart(self):
            self._help("start", "Start processes")

        def help_quickstop(self):
            self._help("stop", "Stop processes")

        def help_quickrestart(self):
            self._help("restart", "Restart processes")

        def help_quickroll(self):
            self.ctl.output("quickroll <name>...\tRestart processes a few at a time; see quickctl(1) for its options")

    return QuickControllerPlugin(controller)
