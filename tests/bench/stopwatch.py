"""Makes a supervisord tell how long each XML-RPC request holds it: reading, doing, and writing down the answer.

    [rpcinterface:stopwatch]
    supervisor.rpcinterface_factory = stopwatch:make_stopwatch
    log = FILE

with this folder in PYTHONPATH. A line of FILE is a request, as JSON: when it began (CLOCK_MONOTONIC), for how many
seconds it held supervisord, and how often it called each method, those inside a multicall included. supervisord's own
trace has neither: it stops its clock before the answer is written as XML, which for a long list is most of the time.
"""

import collections
import json
import re
import time

from supervisor.xmlrpc import supervisor_xmlrpc_handler

METHOD = re.compile(r"<methodName>\s*([\w.]+)\s*</methodName>|<name>methodName</name>\s*<value>(?:<string>)?([\w.]+)")


def make_stopwatch(_supervisord, log):
    plain = supervisor_xmlrpc_handler.continue_request
    book = open(log, "w", encoding="ascii", buffering=1)  # pylint: disable=consider-using-with

    def continue_request(handler, data, request):
        began = time.monotonic()
        plain(handler, data, request)
        held = time.monotonic() - began
        methods = collections.Counter(first or second for first, second in METHOD.findall(data))
        book.write(json.dumps([began, held, methods]) + "\n")

    supervisor_xmlrpc_handler.continue_request = continue_request
    return object()
