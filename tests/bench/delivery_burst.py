"""More crashes at once than supervisord buffers for a listener: a part of delivery.py."""

from delivery_storm import Case
from support.burst import LOST, Burst, crashmail, crashmailbatch, told_of
from support.smtp import SmtpServer
from support.storm import GatedMail

LONG = 120.0


def stopped(supervisord, told, bursts):
    for burst in range(1, bursts + 1):
        supervisord.wait_until_all_run()
        supervisord.crash_all_unheard()
        supervisord.wait_until_told(told, burst)


def before_the_first(supervisord, told, _):
    supervisord.wait_until_all_but_the_listener_run()
    supervisord.crash_all()
    supervisord.rpc.startProcess("listener", False)
    supervisord.wait_until_told(told)


def between_two(supervisord, told, _):
    supervisord.wait_until_all_run()
    supervisord.rpc.stopProcess("listener")
    supervisord.crash_all()
    supervisord.rpc.startProcess("listener", False)
    supervisord.wait_until_told(told)


def row(title, programs, live, bursts=1, *, autorestart="false", options=(), batch=False, **keys):
    with Case() as case:
        mail = GatedMail(case.dir)
        mail.open()
        smtp = SmtpServer(case) if batch else None
        section = crashmailbatch(smtp, **keys) if batch else crashmail(mail, *options, **keys)
        supervisord = Burst(case, section, programs, autorestart=autorestart)

        def text():
            return "".join(each.get_content() for each in smtp.messages) if batch else mail.text
        live(supervisord, text, bursts)
        told = told_of(text())
        missing = sum(max(0, bursts - told.get(name, 0)) for name in supervisord.names)
        print(f"| {title} | {programs} | {bursts * programs} | {supervisord.discarded} | {sum(told.values())} | "
              f"{text().count(LOST)} | {missing} |", flush=True)
        return [(f"burst, {title}: crashes not told", missing, 0)]


def part_burst(options):
    print("\n| crashes at once, buffer_size=10 | programs | crashes | events discarded | told | of those from the list | "
          "not told |\n| --- | --- | --- | --- | --- | --- | --- |")
    count, spool = options.programs, ("--spool", "%(here)s/spool", "--digest", "2s")
    return [
        *row("crashmail stopped by SIGSTOP", count, stopped),
        *row("crashmail stopped, autorestart=true", count, stopped, 3, autorestart="true"),
        *row("crashmail stopped, autorestart=true, --spool --digest", count, stopped, 3, autorestart="true", options=spool),
        *row("crashmailbatch stopped, autorestart=true", count, stopped, 2, autorestart="true", batch=True),
        *row("before crashmail's first start", count, before_the_first, autostart="false"),
        *row("before crashmailbatch's first start", count, before_the_first, autostart="false", batch=True),
        *row("while crashmail is down, between two lives", count, between_two, autorestart="false"),
    ]
