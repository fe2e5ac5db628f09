"""What an apply brings is tried before it enters the host: whatever it does there is a refusal that names it, and both books trade on
as if nobody had asked.

Usage: probe_test.py --build BUILD --cadre CADRE
"""

import os
import platform
import shutil
import threading
import time
import unittest

from walls import BARS, DAY, Walls, misbehaving, undisturbed, wait_until
from test_main import run_tests

arguments = None
TIMEOUT_S = 11.0  # ten for the agent, one for the rest


def children_of(process):
    """Those that run an agent."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
            if parent == process and "cadre-agent-host" in os.readlink(f"/proc/{entry}/exe"):
                found.append(entry)
        except OSError:
            continue  # it has ended
    return found


class Probe(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.hashes, _ = undisturbed(arguments, 60)

    def walls(self):
        walls = Walls(arguments, misbehaving("nothing"))
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        for book in ("main", "other"):
            walls.post(book, 0, DAY)
        return walls

    def apply(self, walls, adjuster):
        begun = time.monotonic()
        status, answer = walls.host.apply(walls.changed(adjuster))
        return status, answer, time.monotonic() - begun

    def refused(self, walls, does, where, *parts):
        """An apply that is refused in time with these words; the agent misbehaves on the newest day."""
        status, answer, seconds = self.apply(walls, misbehaving(does, where, day=DAY - 1))
        self.assertEqual(status, 422, answer)
        self.assertLess(seconds, TIMEOUT_S)
        for part in parts:
            self.assertIn(part, answer["detail"])
        self.assertTrue(walls.host.is_alive())
        self.assertEqual(walls.host.revision(), 1)

    def assert_undisturbed(self, walls):
        for book in ("main", "other"):
            walls.post(book, DAY, 60)
            self.assertEqual(walls.host.settled_book(book)["order_hash"], self.hashes[book], book)
        status = walls.host.status()
        self.assertEqual(status["quarantine"], [])
        self.assertTrue(status["ready"])
        self.assertEqual(walls.host.stop(), 0)

    def test_crashes_are_refusals_that_name_agent_and_call(self):
        walls = self.walls()
        who = "adjuster (walls.misbehaving 1.0.0) was tried on a copy of book main at event"
        gone = "its process is gone: killed by signal "
        self.refused(walls, "fault", "init", "walls.misbehaving 1.0.0", gone + "11")
        self.refused(walls, "fault", "observe", who, "observe answered fatal: " + gone + "11")
        self.refused(walls, "fault", "decide", who, "deciding answered fatal: " + gone + "11")
        self.refused(walls, "abort", "decide", who, "deciding answered fatal: " + gone + "6")
        self.refused(walls, "divide", "observe", who, gone + "8")
        self.refused(walls, "overflow", "decide", who, gone + "11")
        self.refused(walls, "write", "decide", who, gone + "11")
        self.assert_undisturbed(walls)

    def test_a_child_that_hangs_does_not_outlive_a_host_that_is_killed(self):
        walls = self.walls()
        apply = threading.Thread(target=lambda: self.assertRaises(Exception, self.apply, walls, misbehaving("hang", "decide", day=DAY - 1)))
        apply.start()
        children = wait_until("the agent is tried", lambda: children_of(walls.host.process.pid))
        walls.host.process.kill()
        apply.join()
        wait_until("they are gone", lambda: not any(os.path.exists(f"/proc/{child}/exe") for child in children))

    def test_hangs_are_ended_and_named_while_both_books_trade(self):
        for where, call in (("observe", "observe answered"), ("decide", "deciding answered")):
            with self.subTest(where):
                walls = self.walls()
                posted = []

                def post():
                    for bar in BARS[DAY:60]:
                        posted.append(walls.within("POST", "/v1/books/other/bars", bar)[0])

                trading = threading.Thread(target=post)
                trading.start()
                self.refused(walls, "hang", where, "adjuster (walls.misbehaving 1.0.0)", call, "it gave no answer in " + where + " before the 10000 ms of the probe were over")
                trading.join()
                self.assertEqual(set(posted), {202})
                walls.post("main", DAY, 60)
                for book in ("main", "other"):
                    self.assertEqual(walls.host.settled_book(book)["order_hash"], self.hashes[book], book)
                self.assertEqual(walls.host.stop(), 0)

    @unittest.skipUnless(platform.machine() == "x86_64", "it changes the mode by hand")
    def test_a_mode_that_is_left_changed_is_a_refusal(self):
        walls = self.walls()
        self.refused(walls, "round", "decide", "it left the floating-point mode changed")
        self.refused(walls, "round", "observe", "it left the floating-point mode changed")
        self.assert_undisturbed(walls)

    def test_what_is_written_behind_the_targets_is_a_refusal(self):
        walls = self.walls()
        self.refused(walls, "overrun", "decide", "killed by signal 11")
        self.assert_undisturbed(walls)

    def test_what_does_nothing_wrong_is_taken(self):
        walls = self.walls()
        status, answer, _ = self.apply(walls, misbehaving("nothing", version="2.0.0"))
        self.assertEqual(status, 201, answer)
        for book in ("main", "other"):
            walls.post(book, DAY, 60)
        self.assertEqual(walls.host.settled_book("main")["revision"], 2)
        self.assertEqual(walls.host.stop(), 0)


if __name__ == "__main__":
    run_tests("build", "cadre")
