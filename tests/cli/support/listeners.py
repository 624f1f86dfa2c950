"""A command line a program, for tests that try the same thing on all of them."""

import functools

from support.workspace import BATCH_PROGRAMS, PROGRAMS, ROOT

ARGUMENTS = {
    "memmon": ("-a", "200MB"),
    "httpok": ("-p", "web", "-E", "http://127.0.0.1:9/"),
    "crashmail": ("-s", "cat > /dev/null"),
    **{program: ("-t", "a@example.com", "-f", "b@example.com", "-H", "127.0.0.1:9") for program in BATCH_PROGRAMS},
    "ordered-startup-listener": ("-c", str(ROOT / "examples/ordered-startup-listener.conf")),
}


def for_each_program(test):
    """Makes a test method that takes a program's name one that runs it for every program, each as a subtest."""
    @functools.wraps(test)
    def run(case):
        for program in PROGRAMS:
            with case.subTest(program):
                test(case, program)
    return run
