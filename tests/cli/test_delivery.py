"""How notifications leave a listener: each kind of channel to a real server, and --test."""

import email.utils
import json
import os
import re
import subprocess
import time
import unittest

from support.mail import MailDrop
from support.rig import Rig
from support.server import Certificates, Server, answering, hanging
from support.smtp import SmtpServer
from support.workspace import PATIENCE, Workspace, binary, wait_until

SLOW = PATIENCE + 30  # a second try comes after 10 s


class Delivery(Workspace):
    def crashmail(self, *arguments, **options):
        return Rig(self, "crashmail", *arguments, **options)

    def crash(self, *arguments, **options):
        rig = self.crashmail(*arguments, **options)
        rig.exited("web", "app", pid=77)
        return rig

    def webhook(self, behaviour=answering(), **options):
        return Server(self, behaviour, **options)

    def wait_for_posts(self, server, count=1, seconds=SLOW):
        wait_until(lambda: len(server.requests) >= count, lambda: f"{count} posts, have {len(server.requests)}", seconds)
        return server.requests[:count]


class Webhooks(Delivery):
    def test_json_tells_everything_apart(self):
        server = self.webhook()
        self.crash("--notify", server.url + "/hook")
        post = self.wait_for_posts(server)[0]
        self.assertEqual((post.method, post.path, post.headers["content-type"]), ("POST", "/hook", "application/json"))
        told = json.loads(post.body)
        self.assertEqual((told["listener"], told["alert"], told["status"], told["process"], told["details"]["pid"]),
                         ("crashmail", "ProcessCrashed", "event", {"group": "app", "name": "web"}, "77"))
        self.assertIn("Process web in group app exited unexpectedly", told["body"])
        self.assertEqual(post.headers["idempotency-key"], told["id"])

    def test_slack_gets_a_text(self):
        server = self.webhook()
        self.crash("--notify-format=slack", "--notify", server.url + "/services/T0/B0/x")
        self.assertRegex(json.loads(self.wait_for_posts(server)[0].body)["text"], r"^\*web crashed at .*\*\nProcess web")

    def test_each_webhook_has_the_format_behind_it_or_before_it(self):
        def shape(post):
            told = json.loads(post.body)
            return "alertmanager" if isinstance(told, list) else "slack" if "text" in told else "json"

        for arguments, expected in (
            (("/a", "slack", "/b", "alertmanager", "/c", "json"), {"/a": "slack", "/b": "alertmanager", "/c": "json"}),
            (("slack", "/a", "alertmanager", "/b", "/c"), {"/a": "slack", "/b": "alertmanager", "/c": "alertmanager"}),
            (("/a", "/b", "slack", "/c"), {"/a": "slack", "/b": "slack", "/c": "slack"}),
        ):
            with self.subTest(arguments=arguments):
                server = self.webhook()
                rig = self.crash(*(word for each in arguments for word in (
                    ("--notify", server.url + each) if each.startswith("/") else ("--notify-format", each))))
                posts = self.wait_for_posts(server, 3)
                self.assertEqual({post.path: shape(post) for post in posts}, expected)
                for number in (1, 2, 3):  # the log keeps their paths to itself
                    rig.wait_for_log(rf"sent .* to {re.escape(server.url)}/\.\.\. \(--notify {number}\)")

    def test_alertmanager_is_told_when_it_fires_and_when_it_is_over(self):
        server = self.webhook()
        rig = self.crashmail("--notify", server.url, "--notify-format", "alertmanager")
        rig.fatal("web", "app")
        rig.send("PROCESS_STATE_RUNNING", "processname:web groupname:app from_state:STARTING pid:9")
        fires, over = self.wait_for_posts(server, 2)
        self.assertEqual(fires.path, "/api/v2/alerts")
        first, second = json.loads(fires.body)[0], json.loads(over.body)[0]
        self.assertEqual(first["labels"], second["labels"])
        self.assertEqual((first["labels"]["alertname"], first["labels"]["process"]), ("ProcessFatal", "app:web"))
        self.assertGreater(first["endsAt"], first["startsAt"])
        self.assertLess(second["endsAt"], first["endsAt"])

    def test_a_template_is_the_body(self):
        server = self.webhook()
        template = self.write("body.json", '{"message": "${subject}", "pid": ${pid}}')
        self.crash("-o", 'say "hi"', "--notify", server.url, "--notify-format", template)
        told = json.loads(self.wait_for_posts(server)[0].body)
        self.assertRegex(told["message"], 'say "hi": web crashed')
        self.assertEqual(told["pid"], 77)

    def test_what_a_server_cannot_take_now_is_sent_again_in_its_order(self):
        certificates = Certificates(self.dir)
        for status in (500, 429):
            with self.subTest(status):
                answers = [status]

                def behave(request, connection, answers=answers):
                    connection.answer(answers.pop() if answers else 200)

                server = self.webhook(behave, tls=certificates.context)
                rig = self.crash("--notify", server.url, env={"SSL_CERT_FILE": certificates.authority})
                rig.exited("next")
                posts = self.wait_for_posts(server, 3)
                told = [json.loads(post.body) for post in posts]
                self.assertEqual([each["process"]["name"] for each in told], ["web", "web", "next"])
                self.assertEqual(told[0]["id"], told[1]["id"])
                rig.wait_for_log(rf"could not send .*: the server answered {status}.*; trying again in 10 s")

    def test_a_lone_notification_that_is_refused_is_not_sent_again_at_once(self):
        times = []

        def behave(request, connection):
            times.append(time.monotonic())
            connection.answer(400, reason="Bad Request")

        rig = self.crash("--notify", self.webhook(behave).url)
        rig.wait_for_log("the server answered 400 Bad Request; trying again in 20 s", SLOW)
        self.assertGreaterEqual(times[1] - times[0], 10)

    def test_a_server_that_says_when_is_not_asked_before(self):
        certificates = Certificates(self.dir)
        for status, tls in ((429, None), (503, certificates.context)):
            with self.subTest(status):
                times = []

                def behave(request, connection, status=status, times=times):
                    times.append(time.monotonic())
                    if len(times) == 1:
                        return connection.answer(status, headers=["Retry-After: 12"])
                    connection.answer(200)

                server = self.webhook(behave, tls=tls)
                rig = self.crash("--notify", server.url, env={"SSL_CERT_FILE": certificates.authority})
                self.wait_for_posts(server, 2)
                rig.wait_for_log(rf"could not send .*: the server answered {status}.*; trying again in 12 s$")
                self.assertGreaterEqual(times[1] - times[0], 12)

    def test_a_server_may_say_when_by_date_an_hour_ahead_at_most_or_in_words_nobody_understands(self):
        in_half_an_hour = email.utils.formatdate(time.time() + 1800, usegmt=True)
        in_a_year = email.utils.formatdate(time.time() + 365 * 86400, usegmt=True)
        for status, header, words in ((503, in_half_an_hour, r"(29 min 5\d s|30 min)"), (429, in_a_year, "1 h"),
                                      (429, "86400", "1 h"), (429, "9" * 30, "1 h"), (429, "-5", "10 s"),
                                      (429, "soon", "10 s"), (429, "3", "10 s"), (500, "600", "10 s")):
            with self.subTest(status=status, header=header):
                rig = self.crash("--notify", self.webhook(answering(status, headers=[f"Retry-After: {header}"])).url)
                rig.wait_for_log(rf"could not send .*: the server answered {status}.*; trying again in {words}$")

    def test_a_server_that_asked_for_time_is_asked_once_more_at_the_end(self):
        server = self.webhook(answering(429, headers=["Retry-After: 600"]))
        rig = self.crash("--notify", server.url)
        rig.wait_for_log("trying again in 10 min")
        rig.finish()
        self.assertEqual(len(server.requests), 2)

    def test_a_server_that_does_not_answer_is_given_up_after_half_a_minute_and_asked_again(self):
        behaviours = [hanging]

        def behave(request, connection):
            (behaviours.pop() if behaviours else answering())(request, connection)

        server = self.webhook(behave)
        rig = self.crash("--notify", server.url)
        rig.exited("next")
        posts = self.wait_for_posts(server, 3, SLOW + 30)
        self.assertEqual([json.loads(post.body)["process"]["name"] for post in posts], ["web", "web", "next"])
        rig.wait_for_log("could not send .*: no complete answer within 30 s; trying again in 10 s")

    def test_https_is_verified(self):
        certificates = Certificates(self.dir)
        server = self.webhook(tls=certificates.context)
        rig = self.crash("--notify", server.url + "/secret/path")
        line = rig.wait_for_log("could not send")
        self.assertIn("SSL_CERT_FILE", line)
        self.assertNotIn("secret/path", rig.stderr)
        self.crash("--notify", server.url, env={"SSL_CERT_FILE": certificates.authority})
        self.wait_for_posts(server)


class OtherChannels(Delivery):
    def test_a_command_gets_json_and_variables(self):
        out = self.dir / "out"
        command = f'{{ cat; env | grep ^KEENLANCE_; }} > {out}.part && mv {out}.part {out}'
        self.crash("--notify", f"exec:{command}")
        wait_until(out.exists, "the command's file")
        told, *variables = out.read_text().splitlines()
        self.assertEqual(json.loads(told)["process"]["name"], "web")
        for variable in ("KEENLANCE_PROCESS=app:web", "KEENLANCE_ALERT=ProcessCrashed", "KEENLANCE_PID=77",
                         "KEENLANCE_LISTENER=crashmail"):
            self.assertIn(variable, variables)

    def test_several_channels_each_get_it_and_one_that_fails_holds_up_none(self):
        drop, server = MailDrop(self), self.webhook()
        rig = self.crash("-s", drop.command, "-m", "ops@example.com", "--notify", "exec:exit 3", "--notify", server.url,
                         "--notify", "mailto:b@example.com")
        self.wait_for_posts(server)
        self.assertEqual(sorted(mail["To"] for mail in drop.wait(2)), ["b@example.com", "ops@example.com"])
        rig.wait_for_log(r"could not send .* to exec:exit 3: the command 'exit 3' ended with status 3")

    def test_smtp_with_tls_and_a_password_from_the_secrets_file(self):
        certificates = Certificates(self.dir)
        smtp = SmtpServer(self, tls=certificates.context, login=("operator", "s3cret-word"))
        secrets = self.write("secrets", "SMTP_PASSWORD=s3cret-word\n", 0o600)
        rig = self.crash("--secrets", secrets, "--notify",
                         f"smtp://operator@{smtp.host}/?to=ops@example.com&from=sv@example.com&cacert={certificates.authority}")
        mail = smtp.wait(1)[0]
        self.assertEqual((mail["To"], mail["From"]), ("ops@example.com", "sv@example.com"))
        self.assertEqual(smtp.logins, [(("operator", "s3cret-word"), True)])
        rig.wait_for_log("mailed .* to ops@example.com")
        self.assertNotIn("s3cret", rig.stderr)

    def test_smtp_without_tls_where_the_server_has_none(self):
        smtp = SmtpServer(self)
        self.crash("--notify", f"smtp://{smtp.host}/?to=ops@example.com")
        self.assertEqual(smtp.wait(1)[0]["To"], "ops@example.com")
        self.assertFalse(smtp.envelopes[0].tls)

    def test_every_listener_has_them(self):
        server = self.webhook()
        rig = Rig(self, "crashmailbatch", "-t", "a@x", "-f", "b@x", "-H", "127.0.0.1:1", "--notify", server.url)
        rig.exited("web", "app")
        rig.exited("db", "app")
        rig.tick()
        body = json.loads(self.wait_for_posts(server)[0].body)["body"]
        self.assertEqual(len(body.splitlines()), 2)


class WrongWords(Delivery):
    def refused(self, status, *arguments):
        result = subprocess.run([binary("crashmail"), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                env={**os.environ, "SUPERVISOR_SERVER_URL": "unix:///none"}, timeout=PATIENCE)
        self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        return result.stderr

    def test_what_is_no_channel_is_refused_in_one_line(self):
        self.assertIn("mailto:", self.refused(2, "--notify", "ops@example.com"))
        self.assertIn("json, slack, alertmanager", self.refused(2, "--notify", "https://h/x", "--notify-format", "xml"))
        self.assertIn("--notify http", self.refused(2, "--notify-format", "slack"))
        for unused in (("--notify-format", "slack", "--notify", "https://h/x", "--notify-format", "json"),
                       ("--notify", "https://h/x", "--notify-format", "slack", "--notify-format", "json")):
            self.assertIn("--notify http", self.refused(2, *unused))
        self.assertIn("${NOWHERE}", self.refused(2, "--notify", "https://h/${NOWHERE}"))
        self.assertIn("10/1h", self.refused(2, "--max-notifications", "10"))
        self.assertIn("--digest", self.refused(2, "--digest", "soon"))

    def test_secrets_that_others_can_read_are_refused(self):
        secrets = self.write("secrets", "A=hunter2\n", 0o644)
        line = self.refused(2, "--secrets", secrets, "--notify", "https://h/${A}")
        self.assertIn(f"chmod 600 {secrets}", line)
        self.assertNotIn("hunter2", line)


class Sample(Delivery):
    def ask(self, *arguments, program="crashmail"):
        result = subprocess.run([binary(program), *arguments, "--test"], capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, timeout=PATIENCE)
        return result.returncode, result.stdout, result.stderr

    def test_it_says_of_each_channel_whether_it_was_accepted(self):
        drop, server = MailDrop(self), self.webhook()
        status, out, err = self.ask("-a", "-s", drop.command, "-m", "ops@example.com", "--notify", server.url)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(sorted(out.splitlines()), [f"{server.url}/: accepted", "mailto:ops@example.com: accepted"])
        self.assertEqual(drop.wait()[0]["Subject"], "crashmail: test notification")
        self.assertEqual(json.loads(self.wait_for_posts(server)[0].body)["alert"], "Test")

    def test_it_says_why_one_was_not(self):
        server = self.webhook(answering(404, b"no such hook", "Not Found"))
        status, out, _ = self.ask("-s", "echo no luck; exit 1", "-m", "ops@example.com", "--notify", server.url + "/x")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^mailto:ops@example.com: NOT accepted: .*'echo no luck; exit 1' ended with status 1: no luck$")
        self.assertRegex(out, r"(?m)^http://127.0.0.1:\d+/\.\.\.: NOT accepted: the server answered 404 Not Found: no such hook$")

    def test_every_listener_can_and_where_nobody_is_told_it_says_so(self):
        for program, arguments in (("memmon", ("-a", "1GB")), ("httpok", ("-a", "http://127.0.0.1:1/")),
                                   ("ordered-startup-listener", ()), ("essential", ("-a",))):
            with self.subTest(program):
                server = self.webhook()
                self.assertEqual(self.ask(*arguments, "--notify", server.url, program=program)[0], 0)
                self.assertEqual(json.loads(self.wait_for_posts(server)[0].body)["listener"], program)
                status, out, err = self.ask(*arguments, program=program)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("nothing to test", err)


if __name__ == "__main__":
    unittest.main()
