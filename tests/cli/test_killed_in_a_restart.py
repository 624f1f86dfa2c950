"""memmon and httpok killed with -9 in the middle of a restart: the next life tells it, and nobody waits for it before."""

from support.rig import Rig
from support.server import Server
from support.storm import letters
from support.supervisord import actor, program
from support.system import kill_all
from support.workspace import wait_until
from test_httpok import ADDRESS, BROKEN, Httpok
from test_memmon import Memmon

STUBBORN = actor("stubborn", "ignore-sigterm 60", stopwaitsecs=600)


class KilledMemmon(Memmon):
    def setUp(self):
        super().setUp()
        self.spool = self.dir / "spool"

    def over(self, *names):
        """Each of them over its limit, watched; the stubborn one does not stop."""
        self.supervise(*(STUBBORN if name == "stubborn" else actor(name, "hold 60") for name in names))
        for name in names:
            pid = self.supervisord.wait_for_size(name, 60)
            if name == "stubborn":
                self.addCleanup(kill_all, [pid])
        return self.live(*names)

    def live(self, *names):
        limits = (word for name in names for word in ("-p", f"{name}=50MB"))
        return self.memmon(*limits, *ADDRESS, "--spool", str(self.spool))

    def test_the_next_life_tells_the_restart_and_others_are_told_meanwhile(self):
        rig = self.over("stubborn", "web")
        rig.tick()
        self.mail.wait_for_subject("memmon: process web:web restarted")
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        self.assertEqual(self.mail.attempts, 1)
        wait_until(lambda: len(letters(self.spool)) == 1, lambda: f"the word alone, have {letters(self.spool)}")
        rig.die()
        rig = self.live("stubborn", "web")
        rig.wait_for_log("1 notification from before waits in")
        mail = self.mail.wait_for_subject("memmon: restart of process stubborn:stubborn begun, outcome unknown")
        text = " ".join(mail.get_content().split())
        self.assertRegex(text, r"memmon began to restart the process named stubborn:stubborn at .* because it was "
                               r"consuming too much memory \(\d+ bytes RSS\).* is over -p stubborn=50MB.* memmon was "
                               r"ended itself before it knew what came of it")
        rig.finish()
        self.assertEqual((self.mail.attempts, letters(self.spool)), (2, []))

    def test_of_a_restart_that_comes_to_its_end_only_that_is_told(self):
        rig = self.over("web")
        rig.tick()
        self.mail.wait_for_subject("memmon: process web:web restarted")
        wait_until(lambda: not letters(self.spool), "an empty spool")
        rig.die()
        self.live("web").finish()
        self.assertEqual(self.mail.attempts, 1)

    def test_a_restart_that_is_not_mailed_leaves_nothing_behind(self):
        self.supervise(actor("web", "hold 60"))
        pid = self.supervisord.wait_for_size("web", 60)
        wait_until(lambda: (info := self.supervisord.info("web"))["now"] - info["start"] > 1, "web to be a second old")
        rig = self.memmon("-p", "web=50MB", "-u", "1", *ADDRESS, "--spool", str(self.spool))
        rig.tick()
        self.supervisord.wait_for_restart("web", pid)
        rig.wait_for_log("restarted web:web")
        wait_until(lambda: not letters(self.spool), "an empty spool")
        rig.finish()
        self.assertEqual(self.mail.attempts, 0)

    def test_without_an_address_nothing_is_left(self):
        self.over("stubborn").die()
        rig = Rig(self, "memmon", "-p", "stubborn=50MB", "--spool", str(self.spool), server_url=self.supervisord)
        rig.tick()
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        self.assertEqual(letters(self.spool), [])


class KilledHttpok(Httpok):
    def setUp(self):
        super().setUp()
        self.spool = self.dir / "spool"

    def supervise_stubborn_and_web(self):
        self.supervise(STUBBORN, program("web", "sleep 600"))
        pid = self.supervisord.wait_for_size("stubborn", 60)  # from then on it ignores SIGTERM
        self.addCleanup(kill_all, [pid])

    def live(self, *arguments):
        return self.httpok(*arguments, *ADDRESS, "--spool", str(self.spool))

    def test_the_next_life_tells_the_restart(self):
        server = Server(self, BROKEN)
        self.supervise_stubborn_and_web()
        rig = self.live("-p", "web", "-p", "stubborn", server.url)
        rig.tick()
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        self.assertEqual((self.mail.attempts, len(letters(self.spool))), (0, 1))
        rig.die()
        rig = self.live("-p", "web", "-p", "stubborn", server.url)
        mail = self.mail.wait()[0]
        self.assertEqual(mail["Subject"],
                         f"httpok: {server.url}: bad status returned; what came of the restart is not known")
        text = " ".join(mail.get_content().split())
        self.assertIn("stubborn is in RUNNING state, restarting", text)
        self.assertTrue(text.endswith("httpok was ended itself before it knew what came of the restart."), text)
        rig.finish()
        self.assertEqual((self.mail.attempts, letters(self.spool)), (1, []))

    def test_a_check_whose_restart_takes_long_holds_up_no_other(self):
        server = Server(self, BROKEN)
        self.supervise_stubborn_and_web()
        rig = self.live("--check", f"stubborn={server.url}/slow", "--check", f"web={server.url}/quick")
        rig.tick()
        mail = self.mail.wait()[0]
        self.assertEqual(mail["Subject"], f"httpok: {server.url}/quick: bad status returned")
        self.supervisord.wait_for_state("stubborn", "STOPPING")
        wait_until(lambda: len(letters(self.spool)) == 1, "the word of the slow restart alone in the spool")
        rig.die()
        self.live("--check", f"stubborn={server.url}/slow").finish()
        self.assertEqual(self.mail.wait(2)[1]["Subject"], f"httpok: {server.url}/slow: bad status returned; what came "
                                                          "of the restart is not known")
        self.assertEqual((self.mail.attempts, letters(self.spool)), (2, []))

    def test_of_a_restart_that_comes_to_its_end_only_that_is_told(self):
        server = Server(self, BROKEN)
        self.supervise()
        rig = self.live("-p", "web", server.url)
        rig.tick()
        self.assertEqual(self.mail.wait()[0]["Subject"], f"httpok: {server.url}: bad status returned")
        self.assert_restarted("web:web")
        wait_until(lambda: not letters(self.spool), "an empty spool")
        rig.die()
        self.live("-p", "web", server.url).finish()
        self.assertEqual(self.mail.attempts, 1)
