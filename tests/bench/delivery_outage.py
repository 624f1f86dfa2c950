"""A mail server that is down for minutes, and one that stalls in each phase: a part of delivery.py."""

import concurrent.futures
import re
import time

from delivery_storm import ACKNOWLEDGED, Case
from support.rig import Rig
from support.smtp import SmtpServer, StallingSmtpServer
from support.storm import letters
from support.workspace import wait_until

CRASHES = 50
LONG = 1000.0


def pids(messages):
    return [int(re.search(r"\(pid (\d+)\)", message.get_content()).group(1)) for message in messages]


def report(title, rig, waits, messages, seconds):
    told = pids({message["Message-ID"]: message for message in reversed(messages)}.values())[::-1]
    once = sorted(set(told))
    print(f"| {title} | {len(waits)} | {max(waits) * 1000:.1f} ms | {rig.stderr.count('could not mail')} | {len(messages)} | "
          f"{len(messages) - len(told)} | {'yes' if told == once else 'NO'} | {seconds:.0f} s |", flush=True)
    return [(f"outage, {title}: the slowest acknowledgement, s", max(waits), ACKNOWLEDGED),
            (f"outage, {title}: crashes not mailed", len(waits) - len(once), 0),
            (f"outage, {title}: under a second Message-ID or out of order", int(told != once), 0)]


def crashmail(case, smtp, *options):
    spool = case.dir / "spool"
    return Rig(case, "crashmail", "--notify", f"smtp://{smtp.host}/?to=ops@example.com", "--spool", str(spool), *options,
               server_url=""), spool


def wait_until_empty(spool, rig):
    wait_until(lambda: not letters(spool), lambda: f"an empty spool, has {len(letters(spool))}; {rig.stderr[-500:]}", LONG)


def down(seconds):
    with Case() as case:
        smtp = SmtpServer(case, start=False)
        rig, spool = crashmail(case, smtp)
        began, waits = time.monotonic(), []
        for pid in range(1, CRASHES + 1):
            wait_until(lambda pid=pid: time.monotonic() >= began + seconds * pid / CRASHES, "its moment", LONG)
            waits.append(rig.exited("web", pid=pid))
        smtp.start()
        up = time.monotonic()
        wait_until_empty(spool, rig)
        return report(f"server down for {seconds:.0f} s", rig, waits, smtp.messages, time.monotonic() - up)


def stalling(phase):
    with Case() as case:
        smtp = StallingSmtpServer(case, phase)
        rig, spool = crashmail(case, smtp)
        waits = [rig.exited("web", pid=1)]
        rig.wait_for_log("could not mail|mailed", LONG)  # the reply to QUIT says nothing about the mail
        waits += [rig.exited("web", pid=pid) for pid in range(2, CRASHES + 1)]
        smtp.recover()
        up = time.monotonic()
        wait_until_empty(spool, rig)
        return report(f"server stalls {phase}", rig, waits, smtp.messages, time.monotonic() - up)


def part_outage(options):
    print("\n| a mail server in trouble, --spool | crashes | slowest acknowledgement | failed tries | mails | second "
          "copies | in order | all mailed, after it was well |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        rows = [pool.submit(down, options.outage)]
        rows += [pool.submit(stalling, phase) for phase in StallingSmtpServer.PHASES]
        return [target for row in rows for target in row.result()]
