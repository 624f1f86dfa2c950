"""Events as supervisord puts them on a listener's stdin (supervisor/process.py, _eventEnvelope)."""

import time


def envelope(name, payload, serial=1, pool="listener", pool_serial=None, extra=""):
    """`len` counts characters while the wire carries UTF-8; nothing follows the payload."""
    pool_serial = serial if pool_serial is None else pool_serial
    header = (f"ver:3.0 server:supervisor serial:{serial} pool:{pool} poolserial:{pool_serial} "
              f"eventname:{name} {extra}len:{len(payload)}\n")
    return (header + payload).encode("utf-8")


def tick_payload(when=None):
    return f"when:{int(time.time() if when is None else when)}"


def exited_payload(process, group=None, pid=4242, expected=0, from_state="RUNNING"):
    return (f"processname:{process} groupname:{group or process} from_state:{from_state} "
            f"expected:{expected} pid:{pid}")


def fatal_payload(process, group=None):
    return f"processname:{process} groupname:{group or process} from_state:BACKOFF"
