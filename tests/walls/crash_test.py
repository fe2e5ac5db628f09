"""An agent inside the process crashes the host: the next start names it, leaves it out, and goes on with the rest.

Usage: crash_test.py --build BUILD --cadre CADRE
"""

import shutil
import signal
import unittest

from walls import BARS, DATES, DAY, GONE, Journal, Walls, change, misbehaving, undisturbed
from test_main import run_tests

arguments = None


class Crash(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.hashes, cls.orders = undisturbed(arguments, 60)

    def walls(self, adjuster):
        walls = Walls(arguments, adjuster)
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        return walls

    def crash(self, does, where, number):
        """Both books trade until the agent of main ends the process."""
        walls = self.walls(misbehaving(does, where))
        walls.host.start()
        walls.post("main", 0, DAY)
        walls.post("other", 0, DAY + 3)
        with self.assertRaises(GONE):
            walls.post_and_go("main", BARS[DAY]).getresponse()
        self.assertEqual(walls.host.wait(), -number)
        return walls

    def assert_named(self, walls, where, number):
        """The host that came after says who it was, and runs the other book."""
        name = signal.Signals(number).name
        call = {"decide": "decide", "observe": "observe"}[where]
        log = walls.host.log_text()
        for part in ("HOST_CRASHED", "adjuster (walls.misbehaving 1.0.0) in " + call, "of book main", name):
            self.assertIn(part, log)
        status = walls.host.status()
        self.assertEqual(status["last_run"]["end"], "crashed")
        self.assertIn(name, status["last_run"]["what"])
        held, = status["quarantine"]
        self.assertEqual((held["agent"], held["version"], held["stage"], held["call"], held["book"]),
                         ("walls.misbehaving", "1.0.0", "adjuster", call, "main"))
        main = walls.book("main")
        self.assertEqual(main["state"], "halted")
        self.assertIn("quarantine 1", main["reason"])
        stage = next(s for s in main["stages"] if s["stage"] == "adjuster")
        self.assertIn(name, stage["left_out"])
        self.assertFalse(status["ready"])
        ready, why = walls.within("GET", "/readyz")
        self.assertEqual(ready, 503)
        self.assertIn("adjuster (walls.misbehaving 1.0.0)", str(why))
        metrics = walls.host.ask("GET", "/metrics")[1]
        self.assertIn("cadre_agents_quarantined 1", metrics)
        self.assertIn("cadre_ready 0", metrics)
        self.assertEqual(len(walls.events("crashed")), 1)
        shown = walls.host.command("status")
        self.assertIn("is without adjuster", " ".join(shown.stdout.split()))
        self.assertNotIn("nothing is wrong", shown.stdout)

    def assert_other_runs(self, walls):
        walls.post("other", DAY + 3, 60)
        self.assertEqual(walls.host.settled_book("other")["order_hash"], self.hashes["other"])

    def test_each_fatal_signal_is_named_at_the_restart_and_its_agent_left_out(self):
        cases = [("fault", "decide", signal.SIGSEGV), ("fault", "observe", signal.SIGSEGV), ("abort", "decide", signal.SIGABRT),
                 ("divide", "observe", signal.SIGFPE), ("overflow", "decide", signal.SIGSEGV), ("write", "decide", signal.SIGSEGV),
                 ("write", "observe", signal.SIGSEGV), ("write_table", "decide", signal.SIGSEGV), ("run_wild", "decide", signal.SIGSEGV)]
        for does, where, number in cases:
            with self.subTest(does=does, where=where):
                walls = self.crash(does, where, number)
                walls.start_unready()
                self.assert_named(walls, where, number)
                before = walls.book("main")
                walls.post("main", DAY, DAY + 5)  # the market is followed past the day, nothing is decided
                after = walls.host.settled_book("main")
                self.assertEqual((after["date"], after["orders"]), (DATES[DAY + 4], before["orders"]))
                self.assertNotEqual(after["equity"], before["equity"])
                self.assert_other_runs(walls)
                self.assertEqual(walls.host.stop(), 0)

    def test_it_stays_out_over_restarts_until_it_is_released_and_then_decides_after_a_resume(self):
        walls = self.crash("fault", "decide", signal.SIGSEGV)
        walls.start_unready()
        walls.post("main", DAY, DAY + 2)
        self.assertEqual(walls.host.stop(), 0)
        walls.start_unready()
        self.assertEqual(walls.host.status()["last_run"]["end"], "told")
        self.assertEqual(walls.book("main")["state"], "halted")

        refused = walls.host.command("resume", "--reason", "go on")
        self.assertEqual(refused.returncode, 4, refused.stdout)
        self.assertIn("BOOK_QUARANTINED", refused.stderr)
        self.assertEqual(walls.book("main")["state"], "halted")
        listed = walls.host.command("quarantine", "list")
        self.assertIn("walls.misbehaving 1.0.0", listed.stdout)
        unknown = walls.host.command("quarantine", "release", "7", "--reason", "no")
        self.assertNotEqual(unknown.returncode, 0)
        self.assertIn("QUARANTINE_UNKNOWN", unknown.stderr)
        released = walls.host.command("quarantine", "release", "1", "--reason", "that day is over")
        self.assertEqual(released.returncode, 0, released.stderr)
        self.assertEqual(walls.host.status()["quarantine"], [])
        main = walls.book("main")
        self.assertEqual(main["state"], "halted")
        self.assertIsNone(next(s for s in main["stages"] if s["stage"] == "adjuster")["left_out"])
        self.assertEqual(walls.host.command("resume", "--reason", "go on").returncode, 0)
        self.assertTrue(walls.host.status()["ready"])
        walls.post("main", DAY + 2, 60)
        after = walls.host.settled_book("main")
        self.assertEqual(after["state"], "deciding")
        self.assertGreater(after["decisions"], main["decisions"])
        self.assertEqual(walls.host.stop(), 0)
        walls.host.start()
        self.assertEqual(walls.book("main")["state"], "deciding")
        self.assertEqual(walls.host.stop(), 0)

    def test_a_mended_version_takes_its_place_and_the_bad_one_is_refused(self):
        walls = self.crash("abort", "observe", signal.SIGABRT)
        walls.start_unready()
        walls.post("main", DAY, DAY + 1)
        status, answer = walls.host.apply(walls.changed(misbehaving("abort", "observe", version="2.0.0")))
        self.assertEqual(status, 201, answer)
        self.assertEqual(walls.book("main")["state"], "halted")
        status, answer = walls.host.apply(walls.changed(misbehaving("abort", "observe")))
        self.assertEqual(status, 422, answer)
        self.assertEqual([p["code"] for p in answer["problems"]], ["AGENT_QUARANTINED"])
        self.assertEqual(walls.within("POST", "/v1/revisions:rollback", change(), {"If-Match": '"2"'})[0], 422)
        self.assertEqual(walls.within("POST", "/v1/resume", change(book="main"))[0], 200)
        walls.post("main", DAY + 1, 60)
        self.assertEqual(walls.host.settled_book("main")["state"], "deciding")
        walls.post("other", DAY + 3, 60)
        self.assertEqual(walls.host.stop(), 0)
        self.assertEqual(Journal(walls.host.journal("other")).orders_without_ids(), self.orders["other"])

    def test_other_settings_of_the_same_bytes_are_let_in(self):
        walls = self.crash("fault", "decide", signal.SIGSEGV)
        walls.start_unready()
        status, answer = walls.host.apply(walls.changed(misbehaving("nothing")))
        self.assertEqual(status, 201, answer)
        self.assertEqual(walls.within("POST", "/v1/resume", change(book="main"))[0], 200)
        walls.post("main", DAY, 60)
        walls.host.settled_book("main")
        self.assertEqual(walls.host.stop(), 0)
        # As if nothing had happened: the bar that crashed it is decided now.
        self.assertEqual(Journal(walls.host.journal("main")).orders_without_ids(), self.orders["main"])

    def test_a_change_of_the_other_book_leaves_it_out_as_it_is(self):
        walls = self.crash("fault", "decide", signal.SIGSEGV)
        walls.start_unready()
        changed = walls.host.document()
        changed["books"][1]["scenario"]["chain"]["position_sizer"]["config"]["max_position_size"] = 0.2
        status, answer = walls.host.apply(changed)
        self.assertEqual(status, 201, answer)
        self.assertEqual([s["stage"] for s in answer["stages"]], ["position_sizer"])
        self.assertEqual(walls.book("main")["state"], "halted")
        self.assertEqual(walls.host.stop(), 0)

    def test_one_that_crashes_while_it_is_made_enters_neither_by_a_change_nor_by_a_first_start(self):
        gone = "its process is gone: killed by signal 11"
        walls = self.walls(misbehaving("nothing"))
        walls.host.start()
        walls.post("main", 0, 30)
        status, answer = walls.host.apply(walls.changed(misbehaving("fault", "init")))
        self.assertEqual(status, 422, answer)
        self.assertIn(gone, answer["detail"])
        self.assertEqual((walls.host.revision(), walls.host.status()["quarantine"]), (1, []))
        self.assertEqual(walls.host.stop(), 0)

        walls = self.walls(misbehaving("fault", "init"))
        self.assertEqual(walls.host.spawn().wait(), 3)
        walls.host.expect_logged(gone)

    def test_a_signal_from_outside_and_a_kill_blame_nobody(self):
        for number in (signal.SIGSEGV, signal.SIGKILL):
            with self.subTest(number=number):
                walls = self.walls(misbehaving("hang"))
                walls.host.start()
                walls.post("main", 0, DAY)
                connection = walls.post_and_go("main", BARS[DAY])
                walls.until_stuck()
                walls.host.process.send_signal(number)
                self.assertEqual(walls.host.wait(), -number)
                connection.close()
                walls.host.start()
                status = walls.host.status()
                self.assertEqual(status["quarantine"], [])
                self.assertIn("adjuster (walls.misbehaving 1.0.0) in decide", status["last_run"]["suspects"][0])
                walls.host.expect_logged("AGENT_SUSPECT")
                self.assertEqual(walls.book("main")["state"], "deciding")
                self.assertEqual(walls.host.stop(), 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
