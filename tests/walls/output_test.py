"""What isolated agents write, and what they keep, is seen: in the log, in status and metrics, and in the sentence how they ended.

Usage: output_test.py --build BUILD --cadre CADRE
"""

import os
import platform
import re
import shutil
import unittest

from walls import DAY, Walls, misbehaving, new_folder, own_copy, undisturbed, wait_until
from test_main import run_tests

arguments = None
MIB = 1 << 20


@unittest.skipUnless(platform.machine() == "x86_64", "it writes by hand")
class Output(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.hashes, _ = undisturbed(arguments, 60)

    def walls(self, does, where="observe", agents=None, **keys):
        walls = Walls(arguments, dict(misbehaving(does, where, **keys), isolation="process_alone"), agents=agents)
        self.addCleanup(shutil.rmtree, walls.root, ignore_errors=True)
        self.addCleanup(walls.host.end)
        walls.host.start()
        return walls

    def logged(self, walls, event):
        """What follows the name of such an event on its lines."""
        return re.findall(rf"^\S+Z warning: {event}: (.*)$", walls.host.log_text(), re.MULTILINE)

    def test_lines_are_in_the_log_with_the_book_and_the_agent_and_steer_no_terminal(self):
        walls = self.walls("talk")
        walls.post("main", 0, 60)
        self.assertEqual(walls.host.settled_book("main")["order_hash"], self.hashes["main"])
        lines = wait_until("both lines are logged", lambda: len(self.logged(walls, "agent_output")) == 2 and self.logged(walls, "agent_output"))
        self.assertEqual(lines, ["book main, agents adjuster, line one \\x1b[2J line",
                                 "book main, agents adjuster, line and another, with hunter2hunter2"])
        process, = walls.book("main")["processes"]
        self.assertEqual((process["output_lines"], process["output_left_out"]), (2, 0))
        self.assertIn("nothing is wrong", walls.host.command("status").stdout)

    def test_a_flood_costs_the_log_a_hundred_lines_a_second_and_is_named(self):
        walls = self.walls("flood")
        walls.post("main", 0, 60)
        self.assertEqual(walls.host.settled_book("main")["order_hash"], self.hashes["main"])
        process = wait_until("all have been read", lambda: next(p for p in walls.book("main")["processes"] if p["output_lines"] == 20000))
        self.assertEqual(process["output_left_out"] + len(self.logged(walls, "agent_output")), 20000)
        self.assertGreater(process["output_left_out"], 10000)
        self.assertIn("the process of adjuster writes more than the log takes", " ".join(walls.host.command("status").stdout.split()))
        self.assertIn(f'cadre_agent_output_left_out{{book="main",stages="adjuster"}} {process["output_left_out"]}', walls.within("GET", "/metrics")[1])
        wait_until("the count is logged", lambda: self.logged(walls, "agent_output_left_out"))

    def test_its_last_lines_say_how_it_ended(self):
        walls = self.walls("talk_and_abort", "decide", on_failure="bypass")
        walls.post("main", 0, 60)
        walls.host.settled_book("main")
        stage = next(s for s in walls.book("main")["stages"] if s["stage"] == "adjuster")
        self.assertIn('killed by signal 6 (Aborted); it wrote "a table of 7 rows is empty | nothing to do"', stage["last_failure"])
        self.assertIn("a table of 7 rows is empty", " ".join(walls.host.command("status").stdout.split()))

    def test_a_leak_is_told_by_the_process_that_grows_before_it_fails(self):
        walls = self.walls("leak")
        walls.post("main", 0, DAY)
        before, = walls.book("main")["processes"]
        walls.post("main", DAY, 80)
        walls.host.settled_book("main")
        after, = walls.book("main")["processes"]
        leaked = 80 - DAY
        self.assertGreater(after["grown_bytes"] - before["grown_bytes"], (leaked - 4) * MIB)
        self.assertLess(after["grown_bytes"] - before["grown_bytes"], (leaked + 8) * MIB)
        self.assertLess(after["data_bytes"], after["data_bytes_most"])
        metrics = walls.within("GET", "/metrics")[1]
        own = float(re.search(r'cadre_agent_own_bytes\{book="main",stages="adjuster"\} (\S+)', metrics).group(1))
        self.assertGreater(own, leaked * MIB)
        ratio = float(re.search(r'cadre_agent_memory_ratio\{book="main",stages="adjuster"\} (\S+)', metrics).group(1))
        self.assertAlmostEqual(ratio, after["data_bytes"] / after["data_bytes_most"], delta=0.05)
        shown = walls.host.command("status").stdout
        self.assertIn("nothing is wrong", shown)
        self.assertRegex(shown, rf"{after['pid']}\s+adjuster\s+\d+\s+\d+\s+{round(after['grown_bytes'] / MIB)}\b")

    def test_one_that_has_nearly_all_it_may_have_is_named_before_it_fails(self):
        folder = os.path.join(new_folder("agents"), "own")
        self.addCleanup(shutil.rmtree, os.path.dirname(folder), ignore_errors=True)
        own_copy(arguments.build, folder, limits={"memory_mb": 48})
        walls = self.walls("leak", agents=folder)
        walls.post("main", 0, DAY)
        for day in range(DAY, 80):
            walls.post("main", day, day + 1)
            main = walls.host.settled_book("main")
            stage = next(s for s in main["stages"] if s["stage"] == "adjuster")
            self.assertEqual(stage["failures"], 0, stage["last_failure"])
            shown = " ".join(walls.host.command("status").stdout.split())
            if "it will fail when it asks for more" in shown:
                break
        self.assertRegex(shown, r"main: the process of adjuster has \d+ of the 48 MiB that it may have \(memory_mb\)")
        self.assertNotIn("nothing is wrong", shown)


if __name__ == "__main__":
    run_tests("build", "cadre")
