"""A command line a program, for tests that try the same thing on all of them."""

import functools

from support.workspace import BATCH_PROGRAMS, COMMANDS, PROGRAMS, ROOT

ARGUMENTS = {
    "memmon": ("-a", "200MB"),
    "httpok": ("-p", "web", "-E", "http://127.0.0.1:9/"),
    "crashmail": ("-s", "cat > /dev/null"),
    **{program: ("-t", "a@example.com", "-f", "b@example.com", "-H", "127.0.0.1:9") for program in BATCH_PROGRAMS},
    "essential": ("-p", "web"),
    "ordered-startup-listener": ("-c", str(ROOT / "examples/ordered-startup-listener.conf")),
    "quickctl": ("restart", "all"),
    "supervisorctl_restart_group": ("app",),
}


def _for_each(programs):
    def decorate(test):
        @functools.wraps(test)
        def run(case):
            for program in programs:
                with case.subTest(program):
                    test(case, program)
        return run
    return decorate


# Each makes a test method that takes a program's name one that runs it for every program, as a subtest.
for_each_program = _for_each(PROGRAMS)
for_each_program_and_command = _for_each(PROGRAMS + COMMANDS)
