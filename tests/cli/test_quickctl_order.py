"""quickctl --order config: the ordered start's graph for commands, under a real supervisord."""

import unittest

from support.quickctl import Quickctl, shell
from support.scenario import moments
from support.supervisord import program

ORDERED = {"autostart": "false", "startsecs": "0", "dependent_startup": "true"}


class Order(Quickctl):
    def supervise_chain(self, **more):
        self.write("ready", "")
        self.supervise(
            program("web", "sleep 600", **ORDERED, dependent_startup_wait_for="app:running"),
            program("app", "sleep 600", **ORDERED, dependent_startup_wait_for="db migrate:exited(0)"),
            program("migrate", shell("sleep 0.3"), **ORDERED, autorestart="false", dependent_startup_wait_for="db"),
            program("db", "sleep 600", **ORDERED, keenlance_ready="file://" + str(self.dir / "ready"), **more))

    def order_of(self, moment, since=0):
        return [process for process, each in moments(self.supervisord.log)[since:] if each == moment]

    def test_start_is_forward_and_stop_in_reverse(self):
        self.supervise_chain()
        status, out, err = self.quickctl("start", "all", "--order", "config")
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual(self.order_of("spawned"), ["db", "migrate", "app", "web"])
        status, out, err = self.quickctl("stop", "all", "--order=config")
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual(self.order_of("stopped"), ["web", "app", "db"])

    def test_restart_takes_all_down_and_brings_all_up(self):
        self.supervise_chain()
        self.quickctl("start", "all", "--order", "config")
        before = len(moments(self.supervisord.log))
        status, out, err = self.quickctl("restart", "all", "--order", "config")
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual(self.order_of("stopped", before), ["web", "app", "db"])
        self.assertEqual(self.order_of("spawned", before), ["db", "migrate", "app", "web"])

    def test_what_is_not_ready_holds_back_and_fails_those_that_wait(self):
        self.supervise_chain(keenlance_start_timeout="1s")
        (self.dir / "ready").unlink()
        status, out, err = self.quickctl("start", "all", "--order", "config")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"db: ERROR \(not there within 1 s, not ready: .*\)")
        for name, culprit in (("app", "(db|migrate)"), ("migrate", "db"), ("web", "app")):
            self.assertRegex(out, rf"{name}: ERROR \(not started: it waits for {culprit}, which has failed\)")
        self.assertEqual(self.order_of("spawned"), ["db"])

    def test_the_order_is_kept_by_those_that_are_meant(self):
        self.supervise_chain()
        status, out, err = self.quickctl("start", "web", "db", "--order", "config")
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual(self.order_of("spawned"), ["db", "web"])

    def test_what_cannot_be_meant_is_refused(self):
        self.supervise_chain()
        for words, complaint in ((("start", "all", "--order", "sideways"), "'sideways' is not config"),
                                 (("start", "all", "--order", "config", "--no-wait"), "not with --no-wait"),
                                 (("status", "--order", "config"), "'--order' means nothing to status")):
            with self.subTest(words):
                status, out, err = self.quickctl(*words)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(complaint, err)


if __name__ == "__main__":
    unittest.main()
