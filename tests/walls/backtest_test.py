"""A backtest whose agent misbehaves within its process: the run ends with it, or waits for it, and says whose fault it is.

Usage: backtest_test.py --build BUILD --cadre CADRE
"""

import os
import shutil
import signal
import subprocess
import unittest

from walls import misbehaving, new_folder, scenario, wait_until, write_json
from test_main import run_tests

arguments = None


class Backtest(unittest.TestCase):
    def started(self, does, where="decide", **keys):
        """(process, the file of its standard error)"""
        root = new_folder("walls")
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        file = write_json(os.path.join(root, "scenario.json"), scenario("main", [{**misbehaving(does, where), **keys}]))
        log = os.path.join(root, "log")
        agents = [word for name in ("agents", "walls_agents") for word in ("--agents", os.path.join(arguments.build, name))]
        with open(log, "wb") as errors:
            process = subprocess.Popen([arguments.cadre, *agents, "backtest", file], stdout=subprocess.DEVNULL, stderr=errors)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, log

    def said(self, log):
        with open(log, encoding="utf-8") as file:
            return file.read()

    def test_an_agent_that_ends_the_process_is_named_by_it(self):
        for does, where, ended_by in (("fault", "decide", signal.SIGSEGV), ("abort", "observe", signal.SIGABRT), ("divide", "decide", signal.SIGFPE)):
            process, log = self.started(does, where)
            self.assertEqual(process.wait(), -ended_by, self.said(log))
            self.assertRegex(self.said(log), rf"crashed: adjuster \(walls\.misbehaving 1\.0\.0\) in {where} at event [1-9]\d* of book main: "
                             rf"{ended_by.name}; .*\[AGENT_CRASHED\]")

    def test_one_in_a_process_of_its_own_ends_its_stage_and_not_the_run(self):
        process, log = self.started("fault", isolation="process")
        self.assertEqual(process.wait(), 0, self.said(log))
        self.assertNotIn("[AGENT_CRASHED]", self.said(log))
        self.assertIn("[RUN_AGENT_QUARANTINED]", self.said(log))

    def test_an_agent_that_does_not_come_back_is_named_while_the_run_waits_for_it(self):
        process, log = self.started("hang")
        wait_until("the agent is named", lambda: "adjuster (walls.misbehaving 1.0.0) in decide at event " in self.said(log))
        self.assertIsNone(process.poll())


if __name__ == "__main__":
    run_tests("build", "cadre")
