"""An agent inside the process writes behind an output, or leaves the way doubles are rounded changed: it is named, its answer is
not used, the orders are those of a book without it, and nobody else notices.

Usage: memory_test.py --build BUILD --cadre CADRE
"""

import platform
import shutil
import unittest

from walls import DAY, Walls, misbehaving, undisturbed
from test_main import run_tests

arguments = None
ROUNDS = "it left the floating-point mode changed"


class Memory(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.hashes, _ = undisturbed(arguments, 60)

    def trade(self, adjuster):
        walls = Walls(arguments, adjuster)
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        for begin, end in ((0, DAY + 1), (DAY + 1, 60)):
            walls.post("main", begin, end)
            walls.post("other", begin, end)
        for book in ("main", "other"):
            self.assertEqual(walls.host.settled_book(book)["order_hash"], self.hashes[book], book)
        return walls

    def assert_named(self, walls, call, why):
        stage = next(s for s in walls.host.settled_book("main")["stages"] if s["stage"] == "adjuster")
        self.assertEqual(stage["failures"], 1)
        self.assertIn(f"{call}: rejected: {why}", stage["last_failure"])
        event, = walls.events("agent_failed")
        self.assertEqual(event["stage"], "adjuster")
        self.assertIn(why, str(event))
        self.assertIn(why, walls.host.command("status").stdout.replace("\n", " "))
        self.assertEqual(walls.host.stop(), 0)

    def test_what_is_written_behind_the_targets_is_found_and_nothing_of_it_is_kept(self):
        walls = self.trade(misbehaving("overrun", on_failure="bypass"))
        self.assert_named(walls, "decide", "it wrote behind the end of its targets")

    @unittest.skipUnless(platform.machine() == "x86_64", "it changes the mode by hand")
    def test_a_rounding_mode_that_is_left_changed_is_put_back(self):
        for where in ("decide", "observe"):
            with self.subTest(where):
                walls = self.trade(misbehaving("round", where, on_failure="bypass"))
                self.assert_named(walls, where, ROUNDS)


if __name__ == "__main__":
    run_tests("build", "cadre")
