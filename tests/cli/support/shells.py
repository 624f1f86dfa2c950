"""An interactive bash or zsh on a terminal of its own, in which keys are pressed."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time

from support.quickctl import BARE
from support.workspace import PATIENCE, ROOT, binary_folder

COMPLETIONS = ROOT / "completions"
SHOW, ALL = "\x18p", "\x18a"  # keys bound below: the line as it is, and every completion into it

BASH_SETUP = r"""
PS1='$ '; set +o history
bind 'set enable-bracketed-paste off'; bind 'set bell-style none'
show() { printf '%s' "$READLINE_LINE" >"$SHOWN.new"; mv "$SHOWN.new" "$SHOWN"; READLINE_LINE='' READLINE_POINT=0; }
bind -x '"\C-xp": show'
bind '"\C-xa": insert-completions'
"""

ZSH_SETUP = r"""
PS1='$ '; unsetopt zle_bracketed_paste prompt_cr prompt_sp beep 2>/dev/null; unset zle_bracketed_paste
fpath=($COMPLETIONS $fpath); autoload -Uz compinit; compinit -u -D
show() { printf '%s' "$BUFFER" >"$SHOWN.new"; mv "$SHOWN.new" "$SHOWN"; BUFFER='' }
zle -N show; bindkey '^Xp' show
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
zle -C all-matches complete-word _generic; bindkey '^Xa' all-matches
"""


class Shell:
    """`kind` is bash or zsh; `before` is run first. It ends with its terminal."""

    def __init__(self, case, kind, before="", path=None):
        self._case, self._shown = case, case.dir / "shown"
        self.transcript = b""
        options = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[kind]
        setup = {"bash": f"{before}\n. {COMPLETIONS}/quickctl.bash\n{BASH_SETUP}", "zsh": before + ZSH_SETUP}[kind]
        master, slave = pty.openpty()
        environment = {**BARE, "TERM": "dumb", "HOME": str(case.dir), "SHOWN": str(self._shown), "COLUMNS": "400",
                       "COMPLETIONS": str(COMPLETIONS), "LC_ALL": "C.UTF-8",
                       "PATH": f"{path or binary_folder()}:{BARE['PATH']}"}
        self.process = subprocess.Popen([kind, *options], stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        cwd=case.dir, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self._master = master
        case.addCleanup(self._end)
        self.press(f". {case.write('setup', setup)}\n")
        self.press("echo read''y\n")
        self._read_until(lambda: b"ready" in self.transcript)

    def press(self, keys):
        os.write(self._master, keys.encode())

    def line_after(self, keys, seconds=PATIENCE):
        """The command line that the keys make, which is emptied then."""
        self._shown.unlink(missing_ok=True)
        self._read_until(lambda: True)
        self.transcript = b""
        self.press(keys + SHOW)
        self._read_until(self._shown.exists, seconds)
        return self._shown.read_text(encoding="utf-8")

    def _read_until(self, condition, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while True:
            if select.select([self._master], [], [], 0.01)[0]:
                self.transcript += os.read(self._master, 65536)
            elif condition():
                return
            if time.monotonic() > deadline:
                self._case.fail(f"waited in vain for the shell, which shows {self.transcript!r}")

    def _end(self):
        self._case.exhibit("the terminal", self.transcript.decode(errors="replace"))
        self.process.kill()
        self.process.wait()
        os.close(self._master)
